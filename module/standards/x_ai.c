/* SPDX-License-Identifier: Apache-2.0 */
/* x_ai.c - X-AI-Training, X-AI-License-Required and X-AI-License-Contact: response header
 * fields that sites send and no specification defines.
 *
 * The word of a refusal is plain, so it denies, lax. A yes comes from templates and allows
 * nothing. What a licence is required for the field does not say: weak.
 *
 * Limits: CONTACT_MAX bytes of a contact; one signal per field line. */
#include "standards/common.h"

#include <string.h>

#define CONTACT_MAX 256

static const char *const negative[] = {
    "prohibited", "disallow", "disallowed", "no",      "disabled",  "deny",     "denied",
    "forbidden",  "false",    "none",       "opt-out", "optout",    "opted-out", "not-allowed",
    "not allowed", "not-permitted", "not permitted", "noai", "refused", "off", "0", NULL,
};

static const char *const required[] = { "true", "yes", "required", "1", "on", NULL };

/* Any word of a list, and what stands before parameters, may refuse. */
static bool refuses(struct slice value)
{
    struct slice part;
    while (value.n && slice_split(&value, ',', &part)) {
        struct slice word = slice_trim_space(slice_sub(part, 0, slice_find(part, ';')));
        if (word_in(word, negative))
            return true;
    }
    return false;
}

/* A URL as it is, an address as one of mail; empty for anything else. */
static struct slice contact_url(struct slice value, struct arena *a)
{
    static const char scheme[] = "mailto:";
    value = slice_trim_space(value);
    if (value.n > CONTACT_MAX || slice_find(value, ' ') < value.n)
        return SLICE_EMPTY;
    if (slice_starts_nocase(value, SLICE_OF("https://")) ||
        slice_starts_nocase(value, SLICE_OF("http://")) ||
        slice_starts_nocase(value, slice_cstr(scheme)))
        return value;
    uint8_t *url = slice_find(value, '@') < value.n
                       ? arena_take(a, sizeof scheme - 1 + value.n) : NULL;
    if (!url)
        return SLICE_EMPTY;
    memcpy(url, scheme, sizeof scheme - 1);
    memcpy(url + sizeof scheme - 1, value.p, value.n);
    return slice_of(url, sizeof scheme - 1 + value.n);
}

static void read_training(const struct hook_input *r)
{
    const struct header *h;
    for (size_t i = 0; (h = headers_next(&r->x->response, "x-ai-training", &i)) != NULL;) {
        struct signal sig = signal_from_header(STD_X_AI, h, i - 1);
        if (refuses(h->value)) {
            sig.prefs.of[USAGE_TRAIN_AI] = PREF_DENY;
            signal_lax(&sig, "no specification defines this field; the word is plain");
        } else {
            signal_weak(&sig, "no specification defines this field; it allows nothing");
        }
        signals_add(r->out, &sig);
    }
}

static void x_ai_headers(const struct hook_input *r)
{
    size_t line = 0;
    const struct header *contact = headers_next(&r->x->response, "x-ai-license-contact", &line), *h;
    struct slice url = contact ? contact_url(contact->value, r->out->arena) : SLICE_EMPTY;
    bool told = false;
    read_training(r);
    for (size_t i = 0; (h = headers_next(&r->x->response, "x-ai-license-required", &i)) != NULL;) {
        struct signal sig = signal_from_header(STD_X_AI, h, i - 1);
        if (word_in(slice_trim_space(h->value), required)) {
            sig.prefs.of[USAGE_TRAIN_AI] = PREF_CONDITIONAL;
            sig.url = url;
            told = true;
        }
        signal_weak(&sig, "no specification defines this field");
        signals_add(r->out, &sig);
    }
    if (!told && url.n) {
        struct signal sig = signal_from_header(STD_X_AI, contact, line - 1);
        sig.url = url;
        signal_weak(&sig, "whom to ask for a licence");
        signals_add(r->out, &sig);
    }
}

const struct standard standard_x_ai = {
    .name = "x-ai",
    .title = "Header fields X-AI-Training and X-AI-License-…",
    .spec = "none",
    .version = "as met in responses",
    .reads = "HTTP header",
    .fields = FIELDS("x-ai-training", "x-ai-license-required", "x-ai-license-contact"),
    .headers = x_ai_headers,
};
