/* SPDX-License-Identifier: Apache-2.0 */
/* aipref.c - the Content-Usage field of the IETF AI Preferences drafts.
 *
 * draft-ietf-aipref-vocab-08 (labels, syntax), draft-ietf-aipref-attach-05
 * (header). The value is a Dictionary of RFC 9651; all lines are one value,
 * and a value that does not parse says nothing at all.
 *
 * MAX_* limits: those of http/structured.h. */
#include "standards/common.h"

#include "http/structured.h"

#define DRAFT(nn) "label of the obsolete draft-ietf-aipref-vocab-" nn

static const struct {
    const char *label;
    enum usage usage;
} current[] = {
    { "train-ai", USAGE_TRAIN_AI },
    { "ai-use", USAGE_AI_USE },
    { "search", USAGE_SEARCH },
};

/* What older drafts called things, umbrellas first. */
static const struct legacy {
    const char *label;
    enum usage usage;
    enum { SEARCH_NO, SEARCH_PARENT, SEARCH_CHILD } search; /* covers search too: as the
                                       umbrella of all, or closer than that umbrella */
    const char *note;
} legacy[] = {
    { "tdm", USAGE_TDM, SEARCH_NO, DRAFT("01") },
    { "all", USAGE_TDM, SEARCH_PARENT, DRAFT("02") },
    { "bots", USAGE_TDM, SEARCH_PARENT, DRAFT("03 and -04") },
    { "ai", USAGE_TRAIN_ML, SEARCH_NO, DRAFT("01") },
    { "genai", USAGE_TRAIN_AI, SEARCH_NO, DRAFT("01") },
    { "train-genai", USAGE_TRAIN_AI, SEARCH_NO, DRAFT("02 and -03") },
    { "inference", USAGE_AI_USE, SEARCH_NO, DRAFT("01") },
    { "ai-output", USAGE_AI_USE, SEARCH_CHILD, DRAFT("04") },
};

#define CURRENT_N (sizeof current / sizeof *current)
#define LEGACY_N (sizeof legacy / sizeof *legacy)

/* Only the Tokens y and n mean anything; all else is unknown, not an error. */
static enum preference value_of(const struct sf_item *item)
{
    if (!item || item->type != SF_TOKEN)
        return PREF_UNKNOWN;
    if (slice_eq(item->text, SLICE_OF("y")))
        return PREF_ALLOW;
    return slice_eq(item->text, SLICE_OF("n")) ? PREF_DENY : PREF_UNKNOWN;
}

/* Offset of the comma that ends the first member of a value that has parsed,
 * so that outside strings a comma can only part members. */
static size_t member_end(struct slice s)
{
    bool quoted = false, escapes = false;
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        if (quoted && escapes && c == '\\') {
            i++;
        } else if (c == '"') {
            quoted = !quoted;
            escapes = i == 0 || s.p[i - 1] != '%'; /* a Display String has none */
        } else if (c == ',' && !quoted) {
            return i;
        }
    }
    return s.n;
}

/* True when a label of today is given both y and n. Parsing keeps only the
 * last of duplicate keys, so this looks at the text again. */
static bool contradicts(struct slice value)
{
    unsigned said[CURRENT_N] = { 0 }; /* bit 0: y, bit 1: n */
    while (value.n) {
        size_t end = member_end(value);
        struct slice member = slice_trim_ows(slice_sub(value, 0, end));
        value = slice_from(value, end + 1);
        struct slice head = slice_sub(member, 0, slice_find(member, ';'));
        size_t eq = slice_find(head, '=');
        struct slice key = slice_sub(head, 0, eq), v = slice_from(head, eq + 1);
        for (size_t i = 0; i < CURRENT_N; i++) {
            if (!slice_eq(key, slice_cstr(current[i].label)))
                continue;
            said[i] |= slice_eq(v, SLICE_OF("y")) ? 1u : slice_eq(v, SLICE_OF("n")) ? 2u : 0u;
            if (said[i] == 3u)
                return true;
        }
    }
    return false;
}

/* Returns how many labels of today are there. */
static size_t read_current(const struct sf_list *d, struct signal *sig)
{
    size_t found = 0;
    bool params = false;
    for (size_t i = 0; i < CURRENT_N; i++) {
        const struct sf_item *item = sf_get(d, current[i].label);
        if (!item)
            continue;
        found++;
        enum preference p = value_of(item);
        sig->prefs.of[current[i].usage] = (uint8_t)p;
        if (p == PREF_UNKNOWN)
            sig->note = "a label has a value other than the tokens y and n: unknown";
        params = params || item->n_params != 0;
    }
    if (params && !sig->note)
        sig->note = "parameters are ignored";
    return found;
}

/* An older label fills what its own children leave open; a label of today in
 * the same field is closer than any umbrella. */
static size_t read_legacy(const struct sf_list *d, const struct prefs *today, struct signal *sig)
{
    struct prefs own = { { 0 } };
    uint8_t search = PREF_UNKNOWN;
    size_t found = 0;
    for (size_t i = 0; i < LEGACY_N; i++) {
        const struct legacy *row = &legacy[i];
        const struct sf_item *item = sf_get(d, row->label);
        if (!item)
            continue;
        if (found++ == 0)
            signal_lax(sig, row->note);
        uint8_t p = (uint8_t)value_of(item);
        if (p > own.of[row->usage])
            own.of[row->usage] = p;
        if (row->search == SEARCH_NO || p == PREF_UNKNOWN)
            continue;
        if (row->search == SEARCH_CHILD || p > search)
            search = p;
    }
    sig->prefs = own;
    prefs_spread(&sig->prefs);
    sig->prefs.of[USAGE_SEARCH] = search;
    for (size_t u = 0; u < USAGE_COUNT; u++)
        if (today->of[u] != PREF_UNKNOWN && own.of[u] == PREF_UNKNOWN)
            sig->prefs.of[u] = PREF_UNKNOWN;
    return found;
}

size_t aipref_read(struct arena *a, struct slice value, const struct signal *from,
                   struct signal out[2], bool *overflow)
{
    struct sf_list d = { 0 };
    struct signal sig = *from, old = *from;
    enum optout_rc rc = value.p ? sf_parse_dictionary(a, value, &d) : OPTOUT_E_NOMEM;
    out[0] = sig;
    if (rc != OPTOUT_OK) {
        if (rc != OPTOUT_E_SYNTAX)
            *overflow = true; /* there may be statements that we could not hold */
        signal_lax(&out[0], "not a structured-field dictionary; nothing is read from it");
        return 0;
    }
    size_t n_current = read_current(&d, &sig);
    size_t n_legacy = read_legacy(&d, &sig.prefs, &old);
    if (contradicts(value))
        sig.note = "contradicts itself; the last value of a label counts";
    if (n_current == 0 && n_legacy == 0)
        sig.note = "no label that is known";
    size_t n = 0;
    if (n_current || !n_legacy)
        out[n++] = sig;
    if (n_legacy)
        out[n++] = old;
    return n;
}

void aipref_headers(const struct exchange *x, struct signals *out)
{
    size_t i = 0;
    const struct header *first = headers_next(&x->response, "content-usage", &i);
    if (!first)
        return;
    struct signal sig = signal_from_header(STD_AIPREF, first, i - 1), read[2];
    struct slice value = headers_join(&x->response, out->arena, "content-usage");
    if (value.p)
        sig.raw = value;
    size_t n = aipref_read(out->arena, value, &sig, read, &out->overflow);
    if (n == 0)
        n = 1; /* what cannot be read is evidence all the same */
    for (size_t k = 0; k < n; k++)
        signals_add(out, &read[k]);
}
