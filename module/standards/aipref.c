/* SPDX-License-Identifier: Apache-2.0 */
/* aipref.c - the Content-Usage field of the IETF AI Preferences drafts.
 *
 * draft-ietf-aipref-vocab-08 (labels, syntax), draft-ietf-aipref-attach-05
 * (header). The value is a Dictionary of RFC 9651; all lines are one value,
 * and a value that does not parse says nothing at all, but for pairs that are parted by
 * blanks or semicolons in place of commas: what these refuse is read.
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

/* ---- statements parted by blanks or semicolons ---- */

/* The next piece of a value between commas, semicolons and blanks; counts the commas in front
 * of it. */
static struct slice next_piece(struct slice *rest, size_t *commas)
{
    size_t i = 0, end;
    *commas = 0;
    for (; i < rest->n && (ascii_is_space(rest->p[i]) || rest->p[i] == ';' || rest->p[i] == ',');
         i++)
        *commas += rest->p[i] == ',';
    for (end = i; end < rest->n && !ascii_is_space(rest->p[end]) && rest->p[end] != ';' &&
                  rest->p[end] != ',';)
        end++;
    struct slice piece = slice_sub(*rest, i, end - i);
    *rest = slice_from(*rest, end);
    return piece;
}

static bool is_key(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!(s.p[i] >= 'a' && s.p[i] <= 'z') && !(i && (ascii_is_digit(s.p[i]) ||
                                                        s.p[i] == '-' || s.p[i] == '_')))
            return false;
    return s.n != 0;
}

/* key=n, key=y and nothing else make a statement that anybody can read. */
static bool read_pair(struct slice piece, struct prefs *refused)
{
    size_t eq = slice_find(piece, '=');
    struct slice key = slice_sub(piece, 0, eq), v = slice_from(piece, eq + 1);
    if (!is_key(key) || (!slice_eq(v, SLICE_OF("y")) && !slice_eq(v, SLICE_OF("n"))))
        return false;
    if (slice_eq(v, SLICE_OF("y")))
        return true;
    for (size_t i = 0; i < CURRENT_N; i++)
        if (slice_eq(key, slice_cstr(current[i].label)))
            refused->of[current[i].usage] = PREF_DENY;
    for (size_t i = 0; i < LEGACY_N; i++) {
        if (!slice_eq(key, slice_cstr(legacy[i].label)))
            continue;
        struct prefs one = { { 0 } };
        one.of[legacy[i].usage] = PREF_DENY;
        prefs_spread(&one);
        if (legacy[i].search != SEARCH_NO)
            one.of[USAGE_SEARCH] = PREF_DENY;
        prefs_join(refused, &one);
    }
    return true;
}

/* "train-ai=n search=y" is no Dictionary, and in "search=y;train-ai=n" the second is a
 * parameter of the first: what such a value refuses is plain, and what it allows is not heeded. */
static bool read_loosely(struct slice value, const struct prefs *strict, struct signal *sig)
{
    struct prefs refused = { { 0 } };
    struct slice piece;
    size_t commas, pairs = 0;
    bool parted_wrong = false;
    sig->prefs = (struct prefs){ { 0 } };
    for (; (piece = next_piece(&value, &commas)).n; pairs++) {
        if (!read_pair(piece, &refused))
            return false;
        parted_wrong = parted_wrong || (pairs && commas == 0);
    }
    if (!parted_wrong)
        return false;
    for (size_t u = 0; u < USAGE_COUNT; u++)
        if (refused.of[u] == PREF_DENY && strict->of[u] != PREF_DENY)
            sig->prefs.of[u] = PREF_DENY;
    if (prefs_empty(&sig->prefs))
        return false;
    signal_lax(sig, "not parted by commas; what it refuses is plain");
    return true;
}

/* As read_loosely, where the value has parsed: something stands behind a semicolon. */
static bool read_parameters(struct slice value, const struct prefs *strict, struct signal *sig)
{
    return slice_find(value, ';') < value.n && read_loosely(value, strict, sig);
}

size_t aipref_read(struct arena *a, struct slice value, const struct signal *from,
                   struct signal out[AIPREF_READ_MAX], bool *overflow)
{
    struct sf_list d = { 0 };
    struct signal sig = *from, old = *from, loose = *from;
    const struct prefs none = { { 0 } };
    enum optout_rc rc = value.p ? sf_parse_dictionary(a, value, &d) : OPTOUT_E_NOMEM;
    out[0] = sig;
    if (rc == OPTOUT_E_SYNTAX && read_loosely(value, &none, &loose)) {
        out[0] = loose;
        return 1;
    }
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
    struct prefs strict = sig.prefs;
    prefs_join(&strict, &old.prefs);
    if (read_parameters(value, &strict, &loose))
        out[n++] = loose;
    return n;
}

static void aipref_headers(const struct hook_input *r)
{
    size_t i = 0;
    const struct header *first = headers_next(&r->x->response, "content-usage", &i);
    if (!first)
        return;
    struct signal sig = signal_from_header(STD_AIPREF, first, i - 1), read[AIPREF_READ_MAX];
    struct slice value = headers_join(&r->x->response, r->out->arena, "content-usage");
    if (value.p)
        sig.raw = value;
    size_t n = aipref_read(r->out->arena, value, &sig, read, &r->out->overflow);
    if (n == 0)
        n = 1; /* what cannot be read is evidence all the same */
    for (size_t k = 0; k < n; k++)
        signals_add(r->out, &read[k]);
}

/* <meta http-equiv=Content-Usage>: the drafts have no such thing. */
static void aipref_page(const struct page_statement *s, const struct hook_input *r)
{
    if (!slice_eq_nocase(meta_field(s), SLICE_OF("content-usage")))
        return;
    struct signal sig = signal_from_page(STD_AIPREF, s), read[AIPREF_READ_MAX];
    signal_lax(&sig, NOTE_FIELD);
    struct slice value = sig.raw = meta_content(s, &sig);
    if (meta_content_cut(s))
        r->out->overflow = true;
    if (!value.p)
        return;
    size_t n = aipref_read(r->out->arena, value, &sig, read, &r->out->overflow);
    n = n ? n : 1;
    for (size_t k = 0; k < n; k++) {
        prefs_drop_allow(&read[k].prefs);
        signals_add(r->out, &read[k]);
    }
}

const struct standard standard_aipref = {
    .name = "aipref",
    .title = "IETF AI Preferences",
    .spec = "draft-ietf-aipref-vocab, draft-ietf-aipref-attach (datatracker.ietf.org)",
    .version = "vocab-08, attach-05",
    .reads = "HTTP header, HTML meta, site file",
    .fields = FIELDS("content-usage"),
    .headers = aipref_headers,
    .page = aipref_page,
};
