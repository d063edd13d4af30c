/* SPDX-License-Identifier: Apache-2.0 */
/* content_signals.c - Content-Signal: a line of robots.txt, seen as a header too.
 *
 * https://contentsignals.org/ defines the line for robots.txt; as a header
 * field it is a vendor's habit, sent with "yes" for everything by default. So
 * what a header refuses is reported (weak), what it allows is not. Of a pair
 * given twice the more restrictive value counts.
 *
 * MAX_* limits: none of its own; one signal per line. */
#include "standards/common.h"

#define NOTE_UNREADABLE "pairs that cannot be read are left out"

static const struct pair {
    const char *key;
    const char *value;
    bool yes; /* says yes, and refuses nothing */
    struct prefs prefs;
} pairs[] = {
    { "search", "no", false, { { [USAGE_SEARCH] = PREF_DENY } } },
    { "search", "yes", true, { { [USAGE_SEARCH] = PREF_ALLOW } } },
    { "ai-input", "no", false, { { [USAGE_AI_USE] = PREF_DENY } } },
    { "ai-input", "yes", true, { { [USAGE_AI_USE] = PREF_ALLOW } } },
    { "ai-train", "no", false, { { [USAGE_TRAIN_AI] = PREF_DENY } } },
    { "ai-train", "yes", true, { { [USAGE_TRAIN_AI] = PREF_ALLOW } } },
    { "use", "immediate", false,
      { { [USAGE_TRAIN_AI] = PREF_DENY, [USAGE_SEARCH] = PREF_DENY,
          [USAGE_AI_USE] = PREF_CONDITIONAL } } },
    { "use", "reference", false,
      { { [USAGE_TRAIN_AI] = PREF_DENY, [USAGE_SEARCH] = PREF_ALLOW,
          [USAGE_AI_USE] = PREF_CONDITIONAL } } },
    { "use", "full", true,
      { { [USAGE_SEARCH] = PREF_ALLOW, [USAGE_AI_USE] = PREF_ALLOW } } },
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

struct pairs_read {
    bool yes, unread, salvaged;
};

static struct pairs_read read_pairs(struct slice value, struct prefs *prefs)
{
    struct pairs_read r = { false, false, false };
    struct slice rest = value, part, piece;
    while (slice_split(&rest, ',', &part)) {
        r.salvaged = r.salvaged || slice_find(part, ';') < part.n;
        while (slice_split(&part, ';', &piece)) {
            piece = slice_trim_ows(piece);
            if (piece.n == 0)
                continue;
            const struct pair *pair = pair_find(piece);
            if (!pair) {
                r.unread = true;
                continue;
            }
            prefs_join(prefs, &pair->prefs);
            r.yes = r.yes || pair->yes;
        }
    }
    return r;
}

void content_signal_read(struct slice value, enum content_signal_place place,
                         struct signal *sig)
{
    struct pairs_read r = read_pairs(value, &sig->prefs);
    if (place == CONTENT_SIGNAL_HEADER || r.salvaged)
        prefs_drop_allow(&sig->prefs);
    if (place == CONTENT_SIGNAL_HEADER) {
        if (r.unread)
            signal_weak(sig, NOTE_UNREADABLE);
        if (r.salvaged)
            signal_weak(sig, "pairs are parted by a semicolon");
        if (r.yes)
            signal_weak(sig, "a header's yes is a vendor default and allows nothing");
        signal_weak(sig, "not defined as a header field");
        return;
    }
    if (r.salvaged)
        signal_lax(sig, "pairs are parted by a semicolon; none of them allows anything");
    if (r.unread && !sig->note)
        sig->note = NOTE_UNREADABLE;
}

static void content_signals_headers(const struct hook_input *r)
{
    const struct header *h;
    for (size_t i = 0; (h = headers_next(&r->x->response, "content-signal", &i)) != NULL;) {
        struct signal sig = signal_from_header(STD_CONTENT_SIGNALS, h, i - 1);
        content_signal_read(h->value, CONTENT_SIGNAL_HEADER, &sig);
        signals_add(r->out, &sig);
    }
}

static void content_signals_page(const struct page_statement *s, const struct hook_input *r)
{
    if (!slice_eq_nocase(meta_field(s), SLICE_OF("content-signal")))
        return;
    struct signal sig = signal_from_page(STD_CONTENT_SIGNALS, s);
    sig.raw = meta_content(s, &sig);
    if (meta_content_cut(s))
        r->out->overflow = true;
    if (!sig.raw.p)
        return;
    content_signal_read(sig.raw, CONTENT_SIGNAL_HEADER, &sig);
    signals_add(r->out, &sig);
}

const struct standard standard_content_signals = {
    .name = "content-signals",
    .title = "Content Signals",
    .spec = "https://contentsignals.org/",
    .version = "2025-09-24, with use= of 2026",
    .reads = "HTTP header, HTML meta, site file",
    .fields = FIELDS("content-signal"),
    .headers = content_signals_headers,
    .page = content_signals_page,
};
