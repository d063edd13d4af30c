/* SPDX-License-Identifier: Apache-2.0 */
/* phrases_need_table.c - words of many conditions, found in one pass over a text.
 *
 * Each word begins with two or three bytes that choose its bucket; with it stand the conditions
 * that it is of, and on which side. */
#include "standards/phrases_need.h"

#define NEED_BYTES_MAX 32 /* of a word; the rest does not tell more */
#define USES 6   /* of a word, on the average, for which there is room */
#define BYTES 16 /* likewise */

#define PAIRS_OF(buckets) ((buckets) < 8192 ? 2 * (buckets) : 8192) /* a power of two, too */

/* Words of two bytes, three, or more; behind no letter or digit, and anywhere. */
enum { PAIR_TWO = 1, PAIR_THREE = 2, PAIR_MORE = 4, PAIR_ALL = 7, PAIR_ANYWHERE = 3 /* bits further */ };

struct need_entry {
    uint32_t head; /* its first four bytes in small letters, or zeros */
    uint32_t at;     /* in the pool */
    uint32_t uses;   /* while the table is made the last one; then the first */
    uint32_t groups; /* of its conditions, as group_bits has them */
    uint16_t next;   /* of the bucket, 1 on; 0: the last */
    uint16_t n_uses;
    uint8_t n;
    bool exact : 1, begins : 1, ends : 1;
};

/* While the table is made: a list that a word is of, or a condition that a list is of, with the one
 * before it, 1 on. */
struct need_use {
    uint32_t next;
    uint16_t of;
};

/* Words of which one is needed. Many conditions have the same. Or: words of two such lists together. */
struct need_list {
    uint32_t uses; /* conditions; as those of a word */
    uint16_t n_uses;
    uint16_t pair; /* the first pair that it is half of, 1 on; 0: none */
    uint32_t groups;
};

struct need_together {
    uint16_t half[2], next[2]; /* lists; and the next pair of each */
    uint16_t list, near;
};

struct need_condition {
    uint32_t groups;
    uint16_t owner, near;
    uint16_t list[NEED_PARTS];
    uint8_t parts;
};

struct need_table {
    size_t buckets, words; /* words: for which there is room */
    size_t n, n_uses, n_lists, n_pairs, n_list_uses, n_conditions, pool_n;
    uint64_t always[NEED_OWNERS_MAX / 64]; /* owners that need nothing */
    size_t owners; /* words of bits that they take */
    bool any_always;
    size_t pairs;
    uint8_t *pair; /* by the first two bytes of words: bits of which there are */
    uint16_t *at_word; /* buckets of words that begin with a blank, or behind no letter or digit */
    uint16_t *anywhere;
    struct need_entry *entry;
    struct need_use *use, *list_use; /* while it is made */
    uint16_t *lists, *conditions;    /* then, of each in a row */
    struct need_list *list;
    uint64_t *hash; /* while it is made: of the lists */
    struct need_together *together;
    struct need_condition *condition;
    uint8_t *pool; /* small letters, but of exact ones */
};

struct need_table *need_table_make(struct arena *arena, size_t buckets, size_t words)
{
    struct need_table *t = arena_alloc(arena, sizeof *t);
    if (!t)
        return NULL;
    t->buckets = buckets;
    t->words = words;
    t->at_word = arena_alloc(arena, buckets * sizeof *t->at_word);
    t->anywhere = arena_alloc(arena, buckets * sizeof *t->anywhere);
    t->entry = arena_take(arena, words * sizeof *t->entry);
    t->use = arena_take(arena, words * USES * sizeof *t->use);
    t->pairs = PAIRS_OF(buckets);
    t->pair = arena_alloc(arena, t->pairs);
    t->list = arena_take(arena, NEED_LISTS_MAX * sizeof *t->list);
    t->hash = arena_take(arena, NEED_LISTS_MAX * sizeof *t->hash);
    t->list_use = arena_take(arena, NEED_CONDITIONS_MAX * NEED_PARTS * sizeof *t->list_use);
    t->together = arena_take(arena, NEED_CONDITIONS_MAX * sizeof *t->together);
    t->condition = arena_take(arena, NEED_CONDITIONS_MAX * sizeof *t->condition);
    t->pool = arena_take(arena, words * BYTES);
    return t->at_word && t->anywhere && t->entry && t->use && t->pair && t->list && t->hash && t->list_use &&
                   t->together && t->condition && t->pool
               ? t
               : NULL;
}

/* By the first four bytes; of shorter words there are zeros in their place. */
static size_t bucket_of(const struct need_table *t, uint32_t head)
{
    return (head * 2654435761u >> 12 ^ head) & (t->buckets - 1);
}

static size_t pair_of(const struct need_table *t, const uint8_t *p)
{
    return (p[0] ^ (unsigned)p[1] << 5) & (t->pairs - 1);
}

/* Two may share a bit: then words are looked at that need not be. */
static uint32_t group_bits(uint64_t groups)
{
    return (uint32_t)(groups | groups >> 32);
}

/* The next four bytes, or `most`, as they stand in memory; zeros in the place of others. */
static uint32_t head_at(struct slice s, size_t at, size_t most)
{
    uint32_t head = 0;
    if (s.n - at < 4) {
        memcpy(&head, s.p + at, s.n - at < most ? s.n - at : most);
        return head;
    }
    memcpy(&head, s.p + at, 4);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return head & (UINT32_MAX >> (32 - 8 * most));
#else
    return head & (UINT32_MAX << (32 - 8 * most));
#endif
}

static void may_always(struct need_table *t, unsigned owner)
{
    t->always[owner / 64] |= 1ull << (owner % 64);
    t->any_always = true;
}

/* At most NEED_BYTES_MAX bytes of it, whole characters. */
static struct need_word clipped(struct need_word w)
{
    if (w.text.n <= NEED_BYTES_MAX)
        return w;
    size_t n = NEED_BYTES_MAX;
    while (n && (w.text.p[n] & 0xC0) == 0x80)
        n--;
    w.text = slice_sub(w.text, 0, n);
    w.ends = false;
    return w;
}

static bool same_entry(const struct need_table *t, const struct need_entry *e,
                       const struct need_word *w, struct slice word, bool exact)
{
    return e->n == word.n && e->exact == exact && e->begins == w->begins && e->ends == w->ends &&
           memcmp(t->pool + e->at, word.p, word.n) == 0;
}

/* The word's entry, made if there is none; NULL: it cannot be. */
static struct need_entry *entry_of(struct need_table *t, const struct need_word *w)
{
    uint8_t lower[2 * NEED_BYTES_MAX + 8];
    size_t n = phrase_lower(w->text, lower, sizeof lower);
    bool exact = w->exact && n == w->text.n; /* else as a text of which case is not known */
    struct slice word = exact ? w->text : slice_of(lower, n);
    if (n < 2)
        return NULL;
    uint16_t *bucket = w->begins || lower[0] == ' ' ? t->at_word : t->anywhere;
    uint32_t head = head_at(slice_of(lower, n), 0, 4);
    uint16_t *first = &bucket[bucket_of(t, head)];
    for (unsigned i = *first; i; i = t->entry[i - 1].next)
        if (same_entry(t, &t->entry[i - 1], w, word, exact))
            return &t->entry[i - 1];
    if (t->n == t->words || t->pool_n + n > t->words * BYTES)
        return NULL;
    struct need_entry *e = &t->entry[t->n++];
    *e = (struct need_entry){ .head = head, .at = (uint32_t)t->pool_n, .n = (uint8_t)n, .next = *first,
                              .exact = exact, .begins = w->begins, .ends = w->ends };
    unsigned kind = n == 2 ? PAIR_TWO : n == 3 ? PAIR_THREE : PAIR_MORE;
    t->pair[pair_of(t, lower)] |= (uint8_t)(bucket == t->anywhere ? kind << PAIR_ANYWHERE : kind);
    memcpy(t->pool + t->pool_n, word.p, n);
    t->pool_n += n;
    *first = (uint16_t)t->n;
    return e;
}

static uint64_t hash_of(const struct needs *x)
{
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < x->n; i++) {
        const struct need_word *w = &x->v[i];
        h = (h ^ ((unsigned)w->exact | (unsigned)w->begins << 1 | (unsigned)w->ends << 2)) * 1099511628211u;
        for (size_t k = 0; k < w->text.n; k++)
            h = (h ^ w->text.p[k]) * 1099511628211u;
    }
    return h;
}

/* The number of the list, made if there is none; NEED_LISTS_MAX: it cannot be. */
static size_t list_of(struct need_table *t, const struct needs *x)
{
    size_t list = 0;
    uint64_t hash = hash_of(x);
    while (list < t->n_lists && t->hash[list] != hash)
        list++;
    if (list < t->n_lists || list == NEED_LISTS_MAX)
        return list;
    t->hash[t->n_lists] = hash;
    t->list[t->n_lists++] = (struct need_list){ .uses = 0 };
    for (size_t i = 0; i < x->n; i++) {
        struct need_word w = clipped(x->v[i]);
        struct need_entry *e = entry_of(t, &w);
        if (!e || t->n_uses == t->words * USES)
            return NEED_LISTS_MAX;
        if (e->uses && t->use[e->uses - 1].of == list)
            continue; /* clipped, it is the same */
        t->use[t->n_uses++] = (struct need_use){ e->uses, (uint16_t)list };
        e->uses = (uint32_t)t->n_uses;
        e->n_uses++;
    }
    return list;
}

/* The number of the list of what stands together; likewise. */
static size_t pair_of_lists(struct need_table *t, const struct need_pair *p)
{
    size_t a = list_of(t, &p->part[0]), b = list_of(t, &p->part[1]);
    if (a == NEED_LISTS_MAX || b == NEED_LISTS_MAX || t->n_lists == NEED_LISTS_MAX ||
        t->n_pairs == NEED_CONDITIONS_MAX)
        return NEED_LISTS_MAX;
    for (size_t i = 0; i < t->n_pairs; i++) {
        const struct need_together *x = &t->together[i];
        if (x->half[0] == a && x->half[1] == b && x->near == p->near)
            return x->list;
    }
    t->hash[t->n_lists] = 0;
    t->list[t->n_lists] = (struct need_list){ .uses = 0 };
    t->together[t->n_pairs++] = (struct need_together){
        { (uint16_t)a, (uint16_t)b }, { t->list[a].pair, t->list[b].pair },
        (uint16_t)t->n_lists, (uint16_t)(p->near < UINT16_MAX ? p->near : UINT16_MAX) };
    t->list[a].pair = t->list[b].pair = (uint16_t)t->n_pairs;
    return t->n_lists++;
}

void need_table_add(struct need_table *t, const struct needed *x, const struct need_owner *o)
{
    unsigned owner = o->number;
    struct need_condition c = { .owner = (uint16_t)owner, .near = (uint16_t)o->near,
                                .groups = group_bits(o->groups) };
    bool good = x->n && t->n_conditions < NEED_CONDITIONS_MAX;
    t->owners = owner / 64 < t->owners ? t->owners : owner / 64 + 1;
    while (c.parts < x->n && good) {
        size_t list = x->part[c.parts].pair ? pair_of_lists(t, x->pair)
                                            : list_of(t, &x->part[c.parts]);
        good = list < NEED_LISTS_MAX;
        c.list[c.parts++] = (uint16_t)list;
    }
    if (!good) {
        may_always(t, owner);
        return;
    }
    for (size_t i = 0; i < c.parts; i++) {
        struct need_list *l = &t->list[c.list[i]];
        t->list_use[t->n_list_uses++] = (struct need_use){ l->uses, (uint16_t)t->n_conditions };
        l->uses = (uint32_t)t->n_list_uses;
        l->n_uses++;
    }
    t->condition[t->n_conditions++] = c;
}

/* Those that are linked from `last` on, in a row. Returns where they begin. */
static uint32_t in_a_row(const struct need_use *from, uint32_t last, uint16_t *to, size_t *n)
{
    uint32_t first = (uint32_t)*n;
    for (uint32_t u = last; u; u = from[u - 1].next)
        to[(*n)++] = from[u - 1].of;
    return first;
}

/* Whose words they are: of a list those of its conditions, and of the pairs that it is half of. */
static void share_groups(const struct need_table *t)
{
    for (size_t i = 0; i < t->n_conditions; i++)
        for (size_t k = 0; k < t->condition[i].parts; k++)
            t->list[t->condition[i].list[k]].groups |= t->condition[i].groups;
    for (size_t i = 0; i < t->n_pairs; i++)
        for (size_t k = 0; k < 2; k++)
            t->list[t->together[i].half[k]].groups |= t->list[t->together[i].list].groups;
    for (size_t i = 0; i < t->n; i++)
        for (size_t k = 0; k < t->entry[i].n_uses; k++)
            t->entry[i].groups |= t->list[t->lists[t->entry[i].uses + k]].groups;
}

static void *copied(struct arena *arena, const void *p, size_t n)
{
    void *out = arena_take(arena, n + 1);
    return out && n ? memcpy(out, p, n) : out;
}

const struct need_table *need_table_keep(const struct need_table *t, struct arena *arena)
{
    struct need_table *out = copied(arena, t, sizeof *t);
    if (!out)
        return NULL;
    out->at_word = copied(arena, t->at_word, t->buckets * sizeof *t->at_word);
    out->anywhere = copied(arena, t->anywhere, t->buckets * sizeof *t->anywhere);
    out->pair = copied(arena, t->pair, t->pairs);
    out->entry = copied(arena, t->entry, t->n * sizeof *t->entry);
    out->lists = arena_take(arena, (t->n_uses + 1) * sizeof *t->lists);
    out->list = copied(arena, t->list, t->n_lists * sizeof *t->list);
    out->conditions = arena_take(arena, (t->n_list_uses + 1) * sizeof *t->conditions);
    out->together = copied(arena, t->together, t->n_pairs * sizeof *t->together);
    out->condition = copied(arena, t->condition, t->n_conditions * sizeof *t->condition);
    out->pool = copied(arena, t->pool, t->pool_n);
    if (!out->at_word || !out->anywhere || !out->pair || !out->entry || !out->lists || !out->list ||
        !out->conditions || !out->together || !out->condition || !out->pool)
        return NULL;
    out->use = out->list_use = NULL;
    out->hash = NULL;
    out->n_uses = out->n_list_uses = 0;
    for (size_t i = 0; i < t->n; i++)
        out->entry[i].uses = in_a_row(t->use, t->entry[i].uses, out->lists, &out->n_uses);
    for (size_t i = 0; i < t->n_lists; i++)
        out->list[i].uses =
            in_a_row(t->list_use, t->list[i].uses, out->conditions, &out->n_list_uses);
    share_groups(out);
    return out;
}

/* --- looking --- */

struct look {
    const struct need_table *t;
    const struct need_text *x;
    uint32_t groups;
    struct need_last *last;
    uint64_t *owners;
    need_visit *visit;
    void *ctx;
    bool stop;
};

static bool is_exactly(const struct look *k, const struct need_entry *e, size_t at)
{
    const uint8_t *word = k->t->pool + e->at;
    if (k->x->text.n)
        return memcmp(word, k->x->text.p + at, e->n) == 0;
    uint8_t lower[2 * NEED_BYTES_MAX + 8];
    phrase_lower(slice_of(word, e->n), lower, sizeof lower);
    return memcmp(lower, k->x->lower.p + at, e->n) == 0;
}

static bool stands_at(const struct look *k, const struct need_entry *e, size_t at)
{
    size_t end = at + e->n;
    if (end > k->x->lower.n)
        return false;
    if (e->exact ? !is_exactly(k, e, at) : memcmp(k->t->pool + e->at, k->x->lower.p + at, e->n) != 0)
        return false;
    if (e->ends && end < k->x->lower.n && need_is_of_word(k->x->lower, end))
        return false;
    while (e->begins && at && (k->x->lower.p[--at] & 0xC0) == 0x80)
        ;
    return !e->begins || end == e->n || !need_is_of_word(k->x->lower, at);
}

/* Where a word of the list began that is not one with that at `now`: two words of which none is part
 * of the other begin two bytes apart at least. 0: nowhere near enough. */
static unsigned partner(const struct look *k, unsigned list, unsigned now, unsigned near)
{
    const struct need_last *l = &k->last[list];
    unsigned other = l->at + 2u > now ? l->before : l->at;
    return other && now - other <= near ? other : 0;
}

/* All of the condition is there, from its first word to `now`? */
static void take_condition(struct look *k, const struct need_condition *c, unsigned list,
                           unsigned now)
{
    unsigned from = now;
    bool skipped = false; /* the list itself, once: two parts may have the same */
    for (unsigned i = 0; i < c->parts; i++) {
        if (c->list[i] == list && !skipped) {
            skipped = true;
            continue;
        }
        unsigned other = partner(k, c->list[i], now, c->near);
        if (other == 0)
            return;
        from = other < from ? other : from;
    }
    k->owners[c->owner / 64] |= 1ull << (c->owner % 64);
    k->stop = k->visit && k->visit(k->ctx, c->owner, c->near, from - 1, now - 1);
}

/* False: it was already, by another word. */
static bool note_list(struct look *k, unsigned list, unsigned now)
{
    struct need_last *last = &k->last[list];
    if (last->at == now)
        return false;
    if (last->at + 2u <= now)
        last->before = last->at;
    last->at = (uint16_t)now;
    return true;
}

static void take_conditions(struct look *k, unsigned list, unsigned now)
{
    const struct need_list *l = &k->t->list[list];
    for (size_t i = 0; i < l->n_uses && !k->stop; i++) {
        const struct need_condition *c = &k->t->condition[k->t->conditions[l->uses + i]];
        if (!(k->owners[c->owner / 64] >> (c->owner % 64) & 1))
            take_condition(k, c, list, now);
    }
}

static void take_list(struct look *k, unsigned list, unsigned now)
{
    if (!note_list(k, list, now))
        return;
    take_conditions(k, list, now);
    for (unsigned i = k->t->list[list].pair; i && !k->stop;) {
        const struct need_together *x = &k->t->together[i - 1];
        bool second = x->half[0] != list;
        if (partner(k, x->half[!second], now, x->near) && note_list(k, x->list, now))
            take_conditions(k, x->list, now);
        i = x->next[second];
    }
}

static void look_at_bucket(struct look *k, unsigned first, size_t at, uint32_t head)
{
    for (unsigned i = first; i; i = k->t->entry[i - 1].next) {
        const struct need_entry *e = &k->t->entry[i - 1];
        if (e->head != head || !(e->groups & k->groups) || !stands_at(k, e, at))
            continue;
        for (size_t u = 0; u < e->n_uses; u++)
            take_list(k, k->t->lists[e->uses + u], (unsigned)at + 1);
    }
}

/* `bits`: which words may begin at `at`. */
static void look_at(struct look *k, size_t at, unsigned bits)
{
    for (size_t length = 2; bits; length++, bits = bits >> 1 & ~(1u << (PAIR_ANYWHERE - 1))) {
        uint32_t head = head_at(k->x->lower, at, length);
        size_t b = bucket_of(k->t, head);
        if (bits & 1)
            look_at_bucket(k, k->t->at_word[b], at, head);
        if (bits >> PAIR_ANYWHERE & 1)
            look_at_bucket(k, k->t->anywhere[b], at, head);
    }
}

bool need_table_always(const struct need_table *t)
{
    return t->any_always;
}

bool need_table_look(const struct need_table *t, const struct need_text *x, struct need_last *last,
                     uint64_t *owners, need_visit *visit, void *ctx)
{
    struct look k = { .t = t, .x = x, .groups = group_bits(x->groups), .last = last, .owners = owners, .visit = visit, .ctx = ctx };
    struct slice lower = x->lower;
    bool begins = true;
    for (size_t i = 0; i < t->owners; i++)
        owners[i] |= t->always[i];
    memset(last, 0, t->n_lists * sizeof *last);
    for (size_t i = 0; i + 2 <= lower.n && !k.stop; i++) {
        unsigned bits = t->pair[pair_of(t, lower.p + i)];
        if (!begins && lower.p[i] != ' ')
            bits &= PAIR_ALL << PAIR_ANYWHERE;
        begins = !ascii_is_alnum(lower.p[i]);
        if (bits)
            look_at(&k, i, bits);
    }
    return k.stop;
}
