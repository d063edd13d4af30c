/* SPDX-License-Identifier: Apache-2.0 */
/* phrases_need_table.c - words of many conditions, found in one pass over a text.
 *
 * Each word begins with two or three bytes that choose its bucket; with it stand the conditions
 * that it is of, and on which side. */
#include "standards/phrases_need.h"

#include "standards/phrases_ascii.h"

#define NEED_BYTES_MAX 32 /* of a word; the rest does not tell more */
#define USES 6   /* of a word, on the average, for which there is room */
#define BYTES 16 /* likewise */

#define BUCKETS 1024       /* a power of two, as STARTS */
#define STARTS (8 * BUCKETS) /* bits */
#define WORDS 8192

struct need_entry {
    uint32_t head; /* its first four bytes in small letters, or zeros */
    uint16_t at;   /* in the pool */
    uint16_t uses; /* while the table is made the last one; then the first */
    uint16_t n_uses;
    uint8_t n;
    bool exact : 1, begins : 1, ends : 1, anywhere : 1;
};

/* While the table is made: a list that a word is of, or a condition that a list is of, with the one
 * before it, 1 on. */
struct need_use {
    uint16_t next, of;
};

/* Words of which one is needed. Many conditions have the same. Or: words of two such lists together. */
struct need_list {
    uint16_t uses, n_uses; /* conditions; as those of a word */
    uint16_t pair; /* the first pair that it is half of, 1 on; 0: none */
};

struct need_together {
    uint16_t half[2], next[2]; /* lists; and the next pair of each */
    uint16_t list, near;
};

struct need_condition {
    uint16_t owner, near;
    uint16_t list[NEED_PARTS];
    uint8_t parts;
};

struct need_table {
    size_t n, n_uses, n_lists, n_pairs, n_list_uses, n_conditions, pool_n;
    uint64_t always[NEED_OWNERS_MAX / 64]; /* owners that need nothing */
    size_t owners; /* words of bits that they take */
    bool any_always;
    /* Bits: words may begin so; those that begin with a blank, or behind no letter or digit, by their
     * first four bytes, or all; others by two. */
    uint8_t *at_word_starts, *anywhere_starts;
    /* Buckets of both. While the table is made, the last word, 1 on; then the first, and those of a
     * bucket in a row. */
    uint16_t *at_word, *anywhere;
    struct need_entry *entry;
    uint16_t *next; /* while it is made: word of the same bucket, 1 on; 0: the last */
    struct need_use *use, *list_use; /* while it is made */
    uint16_t *lists, *conditions;    /* then, of each in a row */
    struct need_list *list;
    uint64_t *hash; /* while it is made: of the lists */
    struct need_together *together;
    struct need_condition *condition;
    uint8_t *pool; /* small letters, but of exact ones */
};

struct need_table *need_table_make(struct arena *arena)
{
    struct need_table *t = arena_alloc(arena, sizeof *t);
    if (!t)
        return NULL;
    t->at_word = arena_alloc(arena, (BUCKETS + 1) * sizeof *t->at_word);
    t->anywhere = arena_alloc(arena, (BUCKETS + 1) * sizeof *t->anywhere);
    t->entry = arena_take(arena, WORDS * sizeof *t->entry);
    t->use = arena_take(arena, WORDS * USES * sizeof *t->use);
    t->at_word_starts = arena_alloc(arena, STARTS / 8);
    t->anywhere_starts = arena_alloc(arena, STARTS / 8);
    t->next = arena_take(arena, WORDS * sizeof *t->next);
    t->list = arena_take(arena, NEED_LISTS_MAX * sizeof *t->list);
    t->hash = arena_take(arena, NEED_LISTS_MAX * sizeof *t->hash);
    t->list_use = arena_take(arena, NEED_CONDITIONS_MAX * NEED_PARTS * sizeof *t->list_use);
    t->together = arena_take(arena, NEED_CONDITIONS_MAX * sizeof *t->together);
    t->condition = arena_take(arena, NEED_CONDITIONS_MAX * sizeof *t->condition);
    t->pool = arena_take(arena, WORDS * BYTES);
    return t->at_word && t->anywhere && t->at_word_starts && t->anywhere_starts && t->entry && t->next &&
                   t->use && t->list && t->hash && t->list_use && t->together && t->condition && t->pool
               ? t
               : NULL;
}

/* By the first four bytes; of shorter words there are zeros in their place. */
static size_t bucket_of(uint32_t head)
{
    return (head * 2654435761u >> 12 ^ head) & (BUCKETS - 1);
}

static size_t start_of(uint32_t head)
{
    return head * 2654435761u >> 16 & (STARTS - 1);
}

/* The first bytes of it, as they stand in memory. */
static uint32_t first_of(uint32_t head, unsigned n)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return head & (UINT32_MAX >> (32 - 8 * n));
#else
    return head & (UINT32_MAX << (32 - 8 * n));
#endif
}

/* The next four bytes, or `most`, as they stand in memory; zeros in the place of others. */
static uint32_t head_at(struct slice s, size_t at, unsigned most)
{
    uint32_t head = 0;
    if (s.n - at < 4) {
        memcpy(&head, s.p + at, s.n - at < most ? s.n - at : most);
        return head;
    }
    memcpy(&head, s.p + at, 4);
    return first_of(head, most);
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
    uint16_t *first = &bucket[bucket_of(head)];
    for (unsigned i = *first; i; i = t->next[i - 1])
        if (same_entry(t, &t->entry[i - 1], w, word, exact))
            return &t->entry[i - 1];
    if (t->n == WORDS || t->pool_n + n > WORDS * BYTES || t->pool_n > UINT16_MAX)
        return NULL;
    t->next[t->n] = *first;
    struct need_entry *e = &t->entry[t->n++];
    *e = (struct need_entry){ .head = head, .at = (uint16_t)t->pool_n, .n = (uint8_t)n,
                              .exact = exact, .begins = w->begins, .ends = w->ends };
    e->anywhere = bucket == t->anywhere;
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
        if (!e || t->n_uses == WORDS * USES || t->n_uses == UINT16_MAX)
            return NEED_LISTS_MAX;
        if (e->uses && t->use[e->uses - 1].of == list)
            continue; /* clipped, it is the same */
        t->use[t->n_uses++] = (struct need_use){ e->uses, (uint16_t)list };
        e->uses = (uint16_t)t->n_uses;
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
    struct need_condition c = { .owner = (uint16_t)owner, .near = (uint16_t)o->near };
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
        l->uses = (uint16_t)t->n_list_uses;
        l->n_uses++;
    }
    t->condition[t->n_conditions++] = c;
}

/* Those that are linked from `last` on, in a row. Returns where they begin. */
static uint16_t in_a_row(const struct need_use *from, uint16_t last, uint16_t *to, size_t *n)
{
    uint16_t first = (uint16_t)*n;
    for (uint16_t u = last; u; u = from[u - 1].next)
        to[(*n)++] = from[u - 1].of;
    return first;
}

static void note_start(uint8_t *set, size_t bit)
{
    set[bit / 8] |= (uint8_t)(1u << (bit % 8));
}

static bool may_start(const uint8_t *set, size_t bit)
{
    return set[bit / 8] >> (bit % 8) & 1;
}

static void note_starts(const struct need_table *t)
{
    for (size_t i = 0; i < t->n; i++) {
        const struct need_entry *e = &t->entry[i];
        note_start(e->anywhere ? t->anywhere_starts : t->at_word_starts, start_of(e->head));
    }
}

/* The words of each bucket in a row, behind those that are there. */
static void put_words(const struct need_table *t, const uint16_t *last, struct need_table *out,
                      uint16_t *first)
{
    for (size_t b = 0; b < BUCKETS; b++) {
        first[b] = (uint16_t)out->n;
        for (unsigned i = last[b]; i; i = t->next[i - 1])
            out->entry[out->n++] = t->entry[i - 1];
    }
    first[BUCKETS] = (uint16_t)out->n;
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
    out->at_word = arena_take(arena, (BUCKETS + 1) * sizeof *t->at_word);
    out->anywhere = arena_take(arena, (BUCKETS + 1) * sizeof *t->anywhere);
    out->at_word_starts = copied(arena, t->at_word_starts, STARTS / 8);
    out->anywhere_starts = copied(arena, t->anywhere_starts, STARTS / 8);
    out->entry = arena_take(arena, (t->n + 1) * sizeof *t->entry);
    out->lists = arena_take(arena, (t->n_uses + 1) * sizeof *t->lists);
    out->list = copied(arena, t->list, t->n_lists * sizeof *t->list);
    out->conditions = arena_take(arena, (t->n_list_uses + 1) * sizeof *t->conditions);
    out->together = copied(arena, t->together, t->n_pairs * sizeof *t->together);
    out->condition = copied(arena, t->condition, t->n_conditions * sizeof *t->condition);
    out->pool = copied(arena, t->pool, t->pool_n);
    if (!out->at_word || !out->anywhere || !out->at_word_starts || !out->anywhere_starts || !out->entry ||
        !out->lists || !out->list || !out->conditions || !out->together || !out->condition || !out->pool)
        return NULL;
    out->use = out->list_use = NULL;
    out->next = NULL;
    out->hash = NULL;
    out->n = out->n_uses = out->n_list_uses = 0;
    put_words(t, t->at_word, out, out->at_word);
    put_words(t, t->anywhere, out, out->anywhere);
    for (size_t i = 0; i < out->n; i++)
        out->entry[i].uses = in_a_row(t->use, out->entry[i].uses, out->lists, &out->n_uses);
    for (size_t i = 0; i < t->n_lists; i++)
        out->list[i].uses =
            in_a_row(t->list_use, t->list[i].uses, out->conditions, &out->n_list_uses);
    note_starts(out);
    return out;
}

/* --- looking --- */

struct look {
    const struct need_table *t;
    const struct need_text *x;
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

static void look_at_bucket(struct look *k, const uint16_t *bucket, size_t at, uint32_t head)
{
    for (unsigned i = bucket[0]; i < bucket[1]; i++) {
        const struct need_entry *e = &k->t->entry[i];
        if (e->head != head || !stands_at(k, e, at))
            continue;
        for (size_t u = 0; u < e->n_uses; u++)
            take_list(k, k->t->lists[e->uses + u], (unsigned)at + 1);
    }
}

/* Words of two bytes, of three, and longer ones. */
static void look_in(struct look *k, const uint8_t *starts, const uint16_t *buckets, size_t at, uint32_t head)
{
    for (unsigned n = 2; n <= 4; n++) {
        uint32_t first = first_of(head, n);
        if (may_start(starts, start_of(first)))
            look_at_bucket(k, &buckets[bucket_of(first)], at, first);
    }
}

/* Of the bytes from `at` on, 64 or those that are left: letters and digits of ASCII, and blanks. What comes
 * next in a text is hard to guess, so nothing branches. */
static void classify(struct slice s, size_t at, uint64_t *letters, uint64_t *blanks)
{
    size_t n = s.n - at < 64 ? s.n - at : 64, i = 0;
    *letters = *blanks = 0;
    for (; i + ASCII_BLOCK <= n; i += ASCII_BLOCK) {
        *letters |= (uint64_t)ascii_block_alnum(s.p + at + i) << i;
        *blanks |= (uint64_t)ascii_block_blanks(s.p + at + i) << i;
    }
    for (; i < n; i++) {
        *letters |= (uint64_t)ascii_is_alnum(s.p[at + i]) << i;
        *blanks |= (uint64_t)(s.p[at + i] == ' ') << i;
    }
}

static void mark_begins(struct need_text *x)
{
    uint64_t before = 0, letters, blanks; /* a letter or digit */
    for (size_t at = 0; at < x->lower.n; at += 64) {
        size_t n = x->lower.n - at;
        classify(x->lower, at, &letters, &blanks);
        uint64_t all = n < 64 ? (1ull << n) - 1 : UINT64_MAX;
        x->begins[at / 64] = (~(letters << 1 | before) | blanks) & all;
        before = letters >> 63;
    }
}

void need_text_mark(struct need_text *x, const struct need_table *t)
{
    mark_begins(x);
    memset(x->anywhere, 0, (x->lower.n / 64 + 1) * sizeof x->anywhere[0]);
    x->n_marks = SIZE_MAX;
    for (size_t i = 0; i + 2 <= x->lower.n; i++) {
        uint32_t head = head_at(x->lower, i, 4);
        uint64_t may = may_start(t->anywhere_starts, start_of(head));
        may |= may_start(t->anywhere_starts, start_of(first_of(head, 3)));
        may |= may_start(t->anywhere_starts, start_of(first_of(head, 2)));
        x->anywhere[i / 64] |= may << (i % 64);
    }
}

static size_t place_of(uint32_t head)
{
    return head * 2654435761u >> 19 & (NEED_STARTS - 1);
}

static size_t pair_of(uint8_t first, uint8_t second)
{
    return (first * 31u ^ second * 517u) & (NEED_PAIRS - 1);
}

void need_starts_add(struct need_starts *s, const struct need_table *t, uint32_t bit)
{
    for (size_t i = 0; i < t->n; i++) {
        uint8_t first[4];
        memcpy(first, &t->entry[i].head, sizeof first); /* as they stand in memory */
        if (t->entry[i].anywhere)
            s->pair[pair_of(first[0], first[1])] |= bit;
        *(t->entry[i].anywhere ? &s->anywhere[place_of(t->entry[i].head)]
                               : &s->at_word[place_of(t->entry[i].head)]) |= bit;
    }
}

/* Of which tables words of two bytes, of three, and longer ones may begin there. */
static uint32_t may_begin(const uint32_t *starts, struct slice lower, size_t at)
{
    uint32_t head = head_at(lower, at, 4);
    return starts[place_of(head)] | starts[place_of(first_of(head, 3))] |
           starts[place_of(first_of(head, 2))];
}

/* Bits of the bytes from `at` on, 64 or those that are left, with which, and the next one, a word may begin
 * anywhere. */
static uint64_t pairs_of(const struct need_starts *s, struct slice lower, size_t at, uint32_t bits)
{
    size_t n = lower.n - at <= 64 ? lower.n - at - 1 : 64;
    uint64_t out = 0;
    for (size_t i = 0; i < n; i++) {
        const uint8_t *p = lower.p + at + i;
        out |= (uint64_t)((s->pair[pair_of(p[0], p[1])] & bits) != 0) << i;
    }
    return out;
}

/* Marks, and lists, where words may begin, of the 64 bytes from `at` on. */
static void mark_block(struct need_text *x, const struct need_starts *s, size_t at, uint32_t bits)
{
    uint64_t begins = x->begins[at / 64], anywhere = pairs_of(s, x->lower, at, bits), out = 0;
    for (uint64_t left = begins | anywhere; left; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctzll(left);
        uint32_t may = begins >> i & 1 ? may_begin(s->at_word, x->lower, at + i) : 0;
        may |= anywhere >> i & 1 ? may_begin(s->anywhere, x->lower, at + i) : 0;
        if ((may &= bits) == 0)
            continue;
        out |= 1ull << i;
        if (x->n_marks < NEED_MARKED_MAX) {
            x->mark_at[x->n_marks] = (uint16_t)(at + i);
            x->mark_of[x->n_marks] = may;
        }
        x->n_marks++;
    }
    x->begins[at / 64] = begins & out;
    x->anywhere[at / 64] = anywhere & out;
}

void need_text_mark_for(struct need_text *x, const struct need_starts *s, uint32_t bits)
{
    mark_begins(x);
    x->n_marks = 0;
    for (size_t at = 0; at < x->lower.n; at += 64)
        mark_block(x, s, at, bits);
}

bool need_table_always(const struct need_table *t)
{
    return t->any_always;
}

static void look_here(struct look *k, size_t at)
{
    uint32_t head = head_at(k->x->lower, at, 4);
    if (k->x->begins[at / 64] >> (at % 64) & 1)
        look_in(k, k->t->at_word_starts, k->t->at_word, at, head);
    if (k->x->anywhere[at / 64] >> (at % 64) & 1)
        look_in(k, k->t->anywhere_starts, k->t->anywhere, at, head);
}

static void look_at_all(struct look *k)
{
    for (size_t at = 0; at < k->x->lower.n && !k->stop; at += 64)
        for (uint64_t left = k->x->begins[at / 64] | k->x->anywhere[at / 64]; left && !k->stop;
             left &= left - 1)
            look_here(k, at + (unsigned)__builtin_ctzll(left));
}

bool need_table_look(const struct need_table *t, uint32_t bits, const struct need_text *x,
                     struct need_last *last, uint64_t *owners, need_visit *visit, void *ctx)
{
    struct look k = { .t = t, .x = x, .last = last, .owners = owners, .visit = visit, .ctx = ctx };
    for (size_t i = 0; i < t->owners; i++)
        owners[i] |= t->always[i];
    memset(last, 0, t->n_lists * sizeof *last);
    if (x->n_marks > NEED_MARKED_MAX)
        look_at_all(&k);
    else
        for (size_t i = 0; i < x->n_marks && !k.stop; i++)
            if (x->mark_of[i] & bits)
                look_here(&k, x->mark_at[i]);
    return k.stop;
}
