/* SPDX-License-Identifier: Apache-2.0 */
/* compiled_form.h - how compiled rules lie in memory. Only compiled*.c include it.
 *
 *   head | lists | tokens | entries | rules | pool, padded to 8
 *
 * Everything is found from the counts in the head; records have fixed sizes and
 * point by index, texts by offset into the pool.
 *
 * A *list* is what one group says after merging: one range of entries (a *set*)
 * for each kind of rule. Tokens that stand in the same groups share a list. A token may have
 * a second one, for which groups count too that name it loosely.
 * A set is sorted by the key of its entries, the literal bytes at the front of
 * the pattern. The parent of an entry is the nearest one before it whose key
 * begins this one's, or is the same. So all keys that begin a path lie on one
 * chain: that of the greatest key that is not greater than the path.
 *
 * Readers load a record as a whole and check every index they got from it. */
#ifndef OPTOUT_SITE_COMPILED_FORM_H
#define OPTOUT_SITE_COMPILED_FORM_H

#include "http/url_path.h"
#include "site/compiled.h"

#define FORM_MAGIC 0x4c52504fu /* "OPRL"; another byte order reads another number */
#define FORM_NONE UINT32_MAX

struct form_head {
    uint32_t magic, version;
    uint64_t zero; /* keeps the layout of this version */
    uint32_t total; /* bytes, with the head */
    uint32_t n_lists;
    uint32_t n_policy, n_opt_out, n_plain; /* tokens: three runs, each sorted */
    uint32_t n_entries, n_rules, pool_n;
    uint32_t star_list, file_list; /* FORM_NONE: there is none */
    uint32_t star_loose;           /* as form_token.loose */
    uint32_t training_lists;       /* the first so many lists hold training crawlers */
    uint32_t n_groups;             /* as written */
    uint32_t training_refused;
    uint32_t kinds; /* bit 1 << enum rule_kind: there are rules of it */
    uint32_t pad;
};

struct form_text {
    uint32_t at, n; /* in the pool */
};

struct form_set {
    uint32_t first, n; /* entries */
};

struct form_list {
    struct form_set set[RULE_KIND_COUNT];
    uint32_t trains; /* training crawlers of the catalogue that the list is for */
    uint32_t pad;
};

struct form_token {
    struct form_text text;
    uint32_t list; /* FORM_NONE: no group names it */
    uint32_t loose; /* the same with the groups in whose longer value it is a name; FORM_NONE:
                       there are none. Only what is refused by it counts */
    uint8_t kind;  /* enum agent_kind */
    uint8_t pad;
    uint8_t denies[USAGE_COUNT];
};

struct form_entry {
    uint32_t key_at, key_n; /* the pattern's literal bytes, in the pool */
    uint32_t tail_n;        /* what follows them in the pattern: wildcards; 0: none */
    uint32_t rule;
    uint32_t parent;   /* below this one, in the same set; or FORM_NONE */
    uint32_t weight;
    uint32_t heaviest; /* weight on the chain from here on */
    uint32_t strict;   /* the rule's most restrictive preference */
};

#define FORM_SERVER 1u
#define FORM_ENCRYPTED 2u

struct form_rule {
    uint8_t kind, confidence, property, payment;
    uint8_t user_permits, user_prohibits, flags, usage_prohibits;
    uint8_t prefs[USAGE_COUNT];
    uint8_t pad2[2];
    uint32_t line, content;
    struct form_text pattern, origin, name, raw, url, note, geo_permits, geo_prohibits;
};

/* The tables, their bounds checked. */
struct form {
    struct form_head head;
    const uint8_t *list, *token, *entry, *rule;
    struct slice pool;
};

static inline uint32_t form_tokens(const struct form_head *h)
{
    return h->n_policy + h->n_opt_out + h->n_plain;
}

/* Bytes before the pool; the counts must be below 2^28. */
static inline uint64_t form_fixed(const struct form_head *h)
{
    return sizeof *h + (uint64_t)h->n_lists * sizeof(struct form_list) +
           (uint64_t)form_tokens(h) * sizeof(struct form_token) +
           (uint64_t)h->n_entries * sizeof(struct form_entry) +
           (uint64_t)h->n_rules * sizeof(struct form_rule);
}

/* Record `i` of a table, copied; the caller has checked `i`. */
#define FORM_LOAD(table, i, to) memcpy((to), (table) + (size_t)(i) * sizeof *(to), sizeof *(to))

/* False when the head does not fit the bytes. The checksum is not looked at. */
static inline bool form_open(struct slice bytes, struct form *f)
{
    struct form_head *h = &f->head;
    if (bytes.n < sizeof *h || bytes.n > COMPILED_MAX)
        return false;
    FORM_LOAD(bytes.p, 0, h);
    uint64_t tokens = (uint64_t)h->n_policy + h->n_opt_out + h->n_plain;
    if (h->magic != FORM_MAGIC || h->version != COMPILED_VERSION || h->total > bytes.n ||
        h->n_lists > COMPILED_MAX || tokens > COMPILED_MAX || h->n_entries > COMPILED_MAX ||
        h->n_rules > COMPILED_MAX || h->training_lists > h->n_lists ||
        form_fixed(h) + h->pool_n > h->total)
        return false;
    f->list = bytes.p + sizeof *h;
    f->token = f->list + h->n_lists * sizeof(struct form_list);
    f->entry = f->token + tokens * sizeof(struct form_token);
    f->rule = f->entry + h->n_entries * sizeof(struct form_entry);
    f->pool = slice_of(f->rule + h->n_rules * sizeof(struct form_rule), h->pool_n);
    return true;
}

/* Outside of the pool: an empty slice. */
static inline struct slice form_text(const struct form *f, struct form_text t)
{
    if (t.at > f->pool.n || t.n > f->pool.n - t.at)
        return SLICE_EMPTY;
    return slice_of(f->pool.p + t.at, t.n);
}

/* Bytewise, the shorter one first. */
static inline int form_compare(struct slice a, struct slice b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.p, b.p, n) : 0;
    return c ? c : (a.n > b.n) - (a.n < b.n);
}

/* How many bytes at the front are the same. */
static inline size_t form_common(struct slice a, struct slice b)
{
    size_t n = a.n < b.n ? a.n : b.n, i = 0;
    while (i < n && a.p[i] == b.p[i])
        i++;
    return i;
}

/* Binary search in a run of tokens; false when it is not there. */
static inline bool form_find_token(const struct form *f, uint32_t first, uint32_t n,
                                   struct slice token, struct form_token *t)
{
    while (n) {
        uint32_t half = n / 2;
        FORM_LOAD(f->token, first + half, t);
        int c = form_compare(form_text(f, t->text), token);
        if (c == 0)
            return true;
        if (c < 0) {
            first += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    return false;
}

/* "", "/", "*" and the like: every path of the site. */
static inline bool form_is_site_wide(struct slice pattern)
{
    struct slice rest = pattern;
    slice_take(&rest, '/');
    if (rest.n == 0)
        return true;
    return rest.p[0] == '*' && (rest.n == 1 || (rest.n == 2 && rest.p[1] == '$'));
}

/* True when the access rules of the list refuse `path` (compiled_apply.c). */
bool form_refuses(const struct form *f, uint32_t list, struct slice path);

#endif
