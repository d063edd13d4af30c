/* SPDX-License-Identifier: Apache-2.0 */
/* content_signals.c - Content-Signal as a response header field.
 *
 * https://contentsignals.org/ defines the line for robots.txt; as a header
 * field it is a vendor's habit, sent with "yes" for everything by default. So
 * what it refuses is reported (weak), what it allows is not.
 *
 * MAX_* limits: none of its own; one signal per line. */
#include "standards/common.h"

#define NOTE_UNREADABLE "pairs that cannot be read are left out"

static const struct pair {
    const char *key;
    const char *value;
    bool allows; /* says yes: no preference */
    struct prefs prefs;
} pairs[] = {
    { "search", "no", false, { { [USAGE_SEARCH] = PREF_DENY } } },
    { "search", "yes", true, { { 0 } } },
    { "ai-input", "no", false, { { [USAGE_AI_USE] = PREF_DENY } } },
    { "ai-input", "yes", true, { { 0 } } },
    { "ai-train", "no", false, { { [USAGE_TRAIN_AI] = PREF_DENY } } },
    { "ai-train", "yes", true, { { 0 } } },
    { "use", "immediate", false,
      { { [USAGE_TRAIN_AI] = PREF_DENY, [USAGE_SEARCH] = PREF_DENY,
          [USAGE_AI_USE] = PREF_CONDITIONAL } } },
    { "use", "reference", false,
      { { [USAGE_TRAIN_AI] = PREF_DENY, [USAGE_AI_USE] = PREF_CONDITIONAL } } },
    { "use", "full", true, { { 0 } } },
};

static const struct pair *pair_find(struct slice text)
{
    size_t eq = slice_find(text, '=');
    if (eq == text.n)
        return NULL;
    struct slice key = slice_trim_ows(slice_sub(text, 0, eq));
    struct slice value = slice_trim_ows(slice_from(text, eq + 1));
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (slice_eq_nocase(key, slice_cstr(pairs[i].key)) &&
            slice_eq_nocase(value, slice_cstr(pairs[i].value)))
            return &pairs[i];
    return NULL;
}

static void read_line(struct signal *sig)
{
    bool allows = false, unread = false, salvaged = false;
    struct slice rest = sig->raw, part, piece;
    while (slice_split(&rest, ',', &part)) {
        salvaged = salvaged || slice_find(part, ';') < part.n;
        while (slice_split(&part, ';', &piece)) {
            piece = slice_trim_ows(piece);
            if (piece.n == 0)
                continue;
            const struct pair *pair = pair_find(piece);
            if (!pair) {
                unread = true;
                continue;
            }
            prefs_join(&sig->prefs, &pair->prefs);
            allows = allows || pair->allows;
        }
    }
    if (unread)
        signal_weak(sig, NOTE_UNREADABLE);
    if (salvaged)
        signal_weak(sig, "pairs are parted by a semicolon");
    if (allows)
        signal_weak(sig, "a header's yes is a vendor default and allows nothing");
    signal_weak(sig, "not defined as a header field");
}

void content_signals_headers(const struct exchange *x, struct signals *out)
{
    const struct header *h;
    for (size_t i = 0; (h = headers_next(&x->response, "content-signal", &i)) != NULL;) {
        struct signal sig = signal_from_header(STD_CONTENT_SIGNALS, h, i - 1);
        read_line(&sig);
        signals_add(out, &sig);
    }
}
