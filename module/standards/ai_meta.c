/* SPDX-License-Identifier: Apache-2.0 */
/* ai_meta.c - meta names about AI that pages use and no specification defines.
 *
 * What is met mostly comes from templates and mostly says yes, so a yes counts
 * for nothing, and a no is weak: whoever decides may heed it.
 *
 * MAX_* limits: none of its own; one signal per element. */
#include "standards/common.h"

static const char *const names[] = {
    "ai-training",      "ai-train",        "ai-training-permission", "ai-training-permissions",
    "ai-training-policy", "ai-usage",      "ai-usage-policy",        "ai-use-policy",
    "ai-content-usage", "ai-content-declaration", "openai-gpt",      "permit-training",
    "content-usage",    "content-signal",  NULL,
};

static const char *const negative[] = {
    "no",      "n",        "none",     "false",       "prohibited",  "disallow", "disallowed",
    "deny",    "denied",   "forbidden", "opt-out",    "optout",      "noai",     "not allowed",
    "not-allowed", "not permitted", "not-permitted", NULL,
};

static const char *const positive[] = {
    "yes", "y", "true", "allow", "allowed", "permit", "permitted", "allowed-with-attribution",
    "all", NULL,
};

/* Names that are those of header fields may have the values of these. */
static bool pairs_refuse(struct arena *a, struct slice name, struct slice value)
{
    struct signal from = { .note = NULL }, read[AIPREF_READ_MAX];
    bool overflow = false;
    size_t n = 1;
    read[0] = from;
    if (slice_eq_nocase(name, SLICE_OF("content-signal")))
        content_signal_read(value, CONTENT_SIGNAL_HEADER, &read[0]);
    else
        n = aipref_read(a, value, &from, read, &overflow);
    for (size_t i = 0; i < n; i++)
        if (read[i].prefs.of[USAGE_TRAIN_AI] > PREF_ALLOW)
            return true;
    return false;
}

static void ai_meta_page(const struct page_statement *s, const struct hook_input *r)
{
    bool by_property;
    struct signal sig;
    if (!meta_of_nobody(STD_AI_META, s, names, r->out, &sig))
        return;
    struct slice value = sig.raw;
    if (word_in(value, negative) ||
        pairs_refuse(r->out->arena, meta_name(s, &by_property), value)) {
        sig.prefs.of[USAGE_TRAIN_AI] = PREF_DENY;
        signal_weak(&sig, "no specification defines this name");
    } else if (word_in(value, positive)) {
        signal_weak(&sig, "no specification defines this name; a yes allows nothing");
    } else {
        signal_weak(&sig, "no specification defines this name; the value is not understood");
    }
    signals_add(r->out, &sig);
}

const struct standard standard_ai_meta = {
    .name = "ai-meta",
    .title = "Meta names about AI that no specification defines",
    .spec = "none",
    .version = "as met in pages",
    .reads = "HTML meta",
    .meta_names = names,
    .page = ai_meta_page,
};
