/* SPDX-License-Identifier: Apache-2.0 */
/* agents.c - the catalogue of agent tokens: built in, and read from a file.
 *
 * MAX_* limits: MAX_ROWS rows, tokens and names below 64 bytes. A file with a
 * wrong row is refused as a whole: half a catalogue would be taken for all. */
#include "standards/agents.h"

#include <stdlib.h>

#define MAX_ROWS 4096
#define COLUMNS 5

struct agents {
    const struct agent_entry *v; /* sorted by token, no token twice */
    size_t n;
    struct agent_entry *own; /* v, when it has to be freed */
};

#define TRAINS [USAGE_TRAIN_AI] = PREF_DENY
#define MINES [USAGE_TDM] = PREF_DENY, [USAGE_TRAIN_ML] = PREF_DENY, TRAINS

/* By token. What the operator, or who defined the token, says it refuses:
 * https://support.apple.com/en-us/119829,
 * https://developers.google.com/search/docs/crawling-indexing/overview-google-crawlers;
 * MachineLearning reserves mining as a whole (SPIR, 2023 and 2026). */
static const struct agent_entry builtin_rows[] = {
    { "applebot-extended", AGENT_OPT_OUT_TOKEN, { { TRAINS } }, "Apple" },
    { "google-extended", AGENT_OPT_OUT_TOKEN, { { TRAINS, [USAGE_AI_USE] = PREF_DENY } },
      "Google" },
    { "machinelearning", AGENT_POLICY_TOKEN, { { MINES, [USAGE_AI_USE] = PREF_DENY } },
      "SPIR (Czech association)" },
};
#define BUILTIN_N (sizeof builtin_rows / sizeof *builtin_rows)

static const struct agents builtin = { builtin_rows, BUILTIN_N, NULL };

static const struct {
    const char *name;
    uint8_t kind;
} kinds[] = {
    { "train", AGENT_TRAIN },
    { "search", AGENT_SEARCH },
    { "user-fetch", AGENT_USER_FETCH },
    { "other", AGENT_OTHER },
    { "undocumented", AGENT_OTHER },
    { "opt-out-token", AGENT_OPT_OUT_TOKEN },
    { "policy-token", AGENT_POLICY_TOKEN },
};

const struct agents *agents_builtin(void)
{
    return &builtin;
}

/* NUL-terminated in `out`; false when it is empty or does not fit. */
static bool agent_keep(char out[64], struct slice s, bool fold)
{
    if (s.n == 0 || s.n >= 64 || slice_find(s, 0) < s.n)
        return false;
    for (size_t i = 0; i < s.n; i++)
        out[i] = (char)(fold ? ascii_lower(s.p[i]) : s.p[i]);
    out[s.n] = '\0';
    return true;
}

static bool read_kind(struct slice s, uint8_t *kind)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (!slice_eq(s, slice_cstr(kinds[i].name)))
            continue;
        *kind = kinds[i].kind;
        return true;
    }
    return false;
}

static bool read_usages(struct slice s, struct prefs *denies)
{
    struct slice one;
    enum usage u;
    while (slice_split(&s, ',', &one)) {
        if (!usage_from_name(slice_trim_ows(one), &u))
            return false;
        denies->of[u] = PREF_DENY;
    }
    prefs_spread(denies);
    return true;
}

/* NULL, or what is wrong with the row. */
static const char *read_row(struct slice line, struct agent_entry *e)
{
    struct slice column[COLUMNS], piece;
    size_t n = 0;
    *e = (struct agent_entry){ .kind = AGENT_UNKNOWN };
    while (slice_split(&line, '\t', &piece)) {
        if (n < COLUMNS)
            column[n] = slice_trim_ows(piece);
        n++;
    }
    if (n != COLUMNS)
        return "want five columns parted by a tab: token, kind, usages, operator, source";
    if (!agent_keep(e->token, column[0], true))
        return "the token is missing or longer than 63 bytes";
    if (!read_kind(column[1], &e->kind))
        return "the kind is none of train, search, user-fetch, other, undocumented, "
               "opt-out-token, policy-token";
    bool speaks = e->kind == AGENT_OPT_OUT_TOKEN || e->kind == AGENT_POLICY_TOKEN;
    bool none = slice_eq(column[2], SLICE_OF("-"));
    if (speaks == none)
        return speaks ? "an opt-out or policy token must name the usages it refuses"
                      : "a crawler refuses no usage; want '-'";
    if (speaks && !read_usages(column[2], &e->denies))
        return "a usage is none of tdm, train-ml, train-ai, ai-use, search";
    if (!agent_keep(e->name, column[3], false))
        return "the operator is missing (want '-') or longer than 63 bytes";
    return NULL;
}

static int compare(const void *a, const void *b)
{
    const struct agent_entry *x = a, *y = b;
    return strcmp(x->token, y->token);
}

/* A row with its place, so that of equal tokens the first of the file stays. */
struct placed {
    struct agent_entry entry;
    size_t at;
};

static int compare_placed(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    int c = compare(&x->entry, &y->entry);
    return c ? c : x->at < y->at ? -1 : x->at > y->at;
}

/* The rows sorted and without later duplicates, with the struct in front. */
static struct agents *collect(struct placed *rows, size_t n)
{
    struct agents *a = malloc(sizeof *a);
    struct agent_entry *v = calloc(n, sizeof *v);
    if (!a || !v) {
        free(a);
        free(v);
        return NULL;
    }
    qsort(rows, n, sizeof *rows, compare_placed);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || compare(&v[kept - 1], &rows[i].entry) != 0)
            v[kept++] = rows[i].entry;
    *a = (struct agents){ v, kept, v };
    return a;
}

/* Fills `rows`; `*line` and `*why` say where and what is wrong. */
static enum optout_rc read_rows(struct slice text, struct placed *rows, size_t *n,
                                unsigned *line, const char **why)
{
    struct slice one;
    for (*line = 0; slice_next_row(&text, &one, line);) {
        one = slice_trim_space(one);
        if (one.n == 0)
            continue;
        if (*n == MAX_ROWS) {
            *why = "more than 4096 rows";
            return OPTOUT_E_LIMIT;
        }
        *why = read_row(one, &rows[*n].entry);
        if (*why)
            return OPTOUT_E_SYNTAX;
        rows[*n].at = *n;
        ++*n;
    }
    *line = 0;
    return OPTOUT_OK;
}

enum optout_rc agents_parse_text(struct slice text, struct agents **out, unsigned *line,
                                 const char **why)
{
    size_t n = 0;
    *out = NULL;
    *line = 0;
    *why = "out of memory";
    if (!text.p)
        text = slice_of("", 0);
    text = slice_skip_bom(text);
    struct placed *rows = calloc(MAX_ROWS + BUILTIN_N, sizeof *rows);
    if (!rows)
        return OPTOUT_E_NOMEM;
    enum optout_rc rc = read_rows(text, rows, &n, line, why);
    if (rc == OPTOUT_OK) {
        for (size_t i = 0; i < BUILTIN_N; i++, n++)
            rows[n] = (struct placed){ builtin_rows[i], n };
        *out = collect(rows, n);
        rc = *out ? OPTOUT_OK : OPTOUT_E_NOMEM;
        *why = *out ? NULL : "out of memory";
    }
    free(rows);
    return rc;
}

void agents_free(struct agents *a)
{
    if (!a)
        return;
    free(a->own);
    free(a);
}

const struct agent_entry *agents_find(const struct agents *a, struct slice token)
{
    size_t low = 0, high = a->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        struct slice at = slice_cstr(a->v[mid].token);
        size_t n = at.n < token.n ? at.n : token.n;
        int c = n ? memcmp(token.p, at.p, n) : 0;
        if (c == 0 && token.n == at.n)
            return &a->v[mid];
        if (c > 0 || (c == 0 && token.n > at.n))
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

size_t agents_count(const struct agents *a)
{
    return a->n;
}

const struct agent_entry *agents_at(const struct agents *a, size_t i)
{
    return i < a->n ? &a->v[i] : NULL;
}
