/* SPDX-License-Identifier: Apache-2.0 */
/* literals_print.c - the fingerprint of a literal is four bytes of it in a row, of all there are
 * those that are seldom met; and of the buckets it goes into the one that it makes less
 * selective by the least: one that holds what looks like it. */
#include "syntax/literals_internal.h"

#include <stdlib.h>

#define WINDOWS 24 /* of a literal that are tried */
#define HIGH 3     /* buckets, the last ones, of fingerprints that begin with no ASCII */
#define COMPARED 8 /* so many times what a place costs that only looks like one */
#define ROUNDS 3   /* after the first, each literal is placed anew among the others */

/* Which nibbles each byte of a fingerprint may have. */
struct shape {
    uint16_t low[PRINT], high[PRINT];
};

struct window {
    struct shape shape;
    double cost; /* of comparing where exactly this is met */
    uint8_t back;
};

/* How often, of 10,000 bytes of text as pages have it, each of ASCII is met; others: 20. */
static const uint16_t often[128] = {
    ['\n'] = 120, [' '] = 1500, ['!'] = 10, ['"'] = 20, ['&'] = 10, ['\''] = 20, ['('] = 15,
    [')'] = 15,   [','] = 90,   ['-'] = 30, ['.'] = 100, ['/'] = 15, ['0'] = 50, ['1'] = 50,
    ['2'] = 50,   ['3'] = 25,   ['4'] = 25, ['5'] = 25, ['6'] = 20, ['7'] = 20, ['8'] = 20,
    ['9'] = 25,   [':'] = 25,   [';'] = 15, ['A'] = 40, ['B'] = 25, ['C'] = 35, ['D'] = 25,
    ['E'] = 30,   ['F'] = 20,   ['G'] = 20, ['H'] = 20, ['I'] = 30, ['J'] = 10, ['K'] = 15,
    ['L'] = 20,   ['M'] = 30,   ['N'] = 25, ['O'] = 20, ['P'] = 25, ['Q'] = 5, ['R'] = 25,
    ['S'] = 40,   ['T'] = 35,   ['U'] = 15, ['V'] = 15, ['W'] = 15, ['X'] = 5, ['Y'] = 8,
    ['Z'] = 8,    ['a'] = 600,  ['b'] = 110, ['c'] = 260, ['d'] = 270, ['e'] = 880, ['f'] = 140,
    ['g'] = 160,  ['h'] = 300,  ['i'] = 560, ['j'] = 20, ['k'] = 80, ['l'] = 310, ['m'] = 180,
    ['n'] = 560,  ['o'] = 540,  ['p'] = 170, ['q'] = 20, ['r'] = 500, ['s'] = 490, ['t'] = 610,
    ['u'] = 240,  ['v'] = 90,   ['w'] = 100, ['x'] = 25, ['y'] = 110, ['z'] = 50,
};

/* How often a letter, by its line, is met with another behind it, by its place there, of either
 * case: 'a' stands for once in 32 bytes, and each letter for 1/1.41 of the one before. */
static const char follow[26][27] = {
    "pihjrlikjrlfiesksfgfglprlo", "jqusfrrrktuktskxzljpkwtznt",
    "jsotivwdkrjmvuhxzmqkmzzzpq", "hqrpdsrrguuosqjsslmokqrzpr",
    "ijihkkjjermghcnlqcehjlklnn", "jrotikrvjxvmvrivxkrlmvuvtv",
    "kswsfwpmkzrmsnmwzjlmlzvzry", "gruteuutizrlnlitzinilvozqt",
    "jlfjelhnrslhidhmqiffrktqxm", "mzzzmxzztwzzvvoszzszmzzzzz",
    "kuywivutkzumupkvzmnkmxtzvt", "hoqkfootguphppipyskjkrsxkq",
    "hmutgtsxhyulkrjjzunolyszpy", "hkkeflfphukmojjrvqhfloqzol",
    "olkkqjlomrmiiekkxfijhmkqrp", "iuurinwnlzwksvilziommzyzqw",
    "zzzzzzzyvzzyzzzzzzzzjzzzzz", "glljemkngwklkjhpvlhhjnnwmm",
    "jogqfqpkgunnnqiitphekrozoo", "hpprdppffwrmpphpzhijjpmzmk",
    "mmjmjkmpmupkifnmzhhioqwqss", "mzzzgzzwjzzxwzjzztxwuzuzyz",
    "jzuvhzwmhzxtypkvzrmvozqzsz", "nusulpzypzxzyxzpzzzpszzvzz",
    "rsruowxzrvtqqskrztnrtztzzx", "ntwujuuxlyuqvtptzwvniwoxrt",
};

/* For each high nibble: how often bytes with it and one of these low nibbles are met, eight of
 * them at a time; shapes are compared so often that it is summed before. */
struct sums {
    uint16_t of[16][2][256];
    double pair[26][26]; /* how likely a letter is behind another */
};

static void sum_up(struct sums *t)
{
    for (unsigned high = 0; high < 16; high++)
        for (unsigned half = 0; half < 2; half++)
            for (unsigned set = 0; set < 256; set++) {
                unsigned sum = 0;
                for (unsigned n = set; n; n &= n - 1) {
                    unsigned c = high << 4 | half << 3 | (unsigned)__builtin_ctz(n);
                    sum += c < 128 ? often[c] + 1u : 20u;
                }
                t->of[high][half][set] = (uint16_t)sum;
            }
}

static void sum_pairs(struct sums *t)
{
    double step[26] = { 1 / 32.0 };
    for (int i = 1; i < 26; i++)
        step[i] = step[i - 1] / 1.41421356;
    for (int a = 0; a < 26; a++) {
        double all = 0;
        for (int b = 0; b < 26; b++)
            all += step[follow[a][b] - 'a'];
        for (int b = 0; b < 26; b++)
            t->pair[a][b] = step[follow[a][b] - 'a'] / all;
    }
}

static double share(const struct sums *t, uint16_t low, uint16_t high)
{
    unsigned sum = 0;
    for (unsigned h = high; h; h &= h - 1) {
        unsigned k = (unsigned)__builtin_ctz(h);
        sum += t->of[k][0][low & 0xFF] + t->of[k][1][low >> 8];
    }
    return sum / 12000.0;
}

/* How often a bucket of this shape is taken for a hit. */
static double rate(const struct sums *t, const struct shape *s)
{
    double all = 1;
    for (int k = 0; k < PRINT; k++)
        all *= s->low[k] ? share(t, s->low[k], s->high[k]) : 0;
    return all;
}

static struct shape both(const struct shape *a, const struct shape *b)
{
    struct shape s;
    for (int k = 0; k < PRINT; k++) {
        s.low[k] = a->low[k] | b->low[k];
        s.high[k] = a->high[k] | b->high[k];
    }
    return s;
}

static bool has_cases(const struct literal_entry *e, size_t i)
{
    return !e->exact && ascii_is_alpha(e->bytes[i]);
}

static bool is_lower(uint8_t c)
{
    return c >= 'a' && c <= 'z';
}

/* How often exactly these bytes are met. */
static double chance(const struct sums *t, const struct literal_entry *e, size_t back)
{
    double all = 1;
    for (size_t k = back; k < back + PRINT && k < e->n; k++) {
        uint8_t c = e->bytes[k], before = e->bytes[k - (k > back)];
        if (k > back && is_lower(c) && is_lower(before))
            all *= t->pair[before - 'a'][c - 'a'];
        else
            all *= (c < 128 ? often[c] + 1u : 20u) / 12000.0;
    }
    return all;
}

static struct shape shape_of(const struct literal_entry *e, size_t back)
{
    struct shape s;
    for (size_t k = 0; k < PRINT; k++) {
        if (back + k >= e->n) { /* anything */
            s.low[k] = s.high[k] = 0xFFFF;
            continue;
        }
        uint8_t c = e->bytes[back + k];
        s.low[k] = (uint16_t)(1u << (c & 15));
        s.high[k] = (uint16_t)(1u << (c >> 4));
        if (has_cases(e, back + k))
            s.high[k] |= (uint16_t)(1u << ((c ^ 0x20) >> 4));
    }
    return s;
}

static size_t windows_of(const struct sums *t, const struct literal_entry *e,
                         struct window v[WINDOWS])
{
    size_t n = e->n <= PRINT ? 1 : e->n - PRINT + 1u;
    n = n < WINDOWS ? n : WINDOWS;
    for (size_t i = 0; i < n; i++)
        v[i] = (struct window){ shape_of(e, i), COMPARED * chance(t, e, i), (uint8_t)i };
    return n;
}

struct plan {
    struct window *window; /* of each literal */
    uint8_t *bucket;
    struct shape of[BUCKETS];
    struct sums sums;
};

/* What a bucket would be without literal `without`. */
static struct shape rest(const struct literals *l, const struct plan *p, unsigned bucket,
                         size_t without)
{
    struct shape s;
    memset(&s, 0, sizeof s);
    for (size_t i = 0; i < l->n; i++)
        if (i != without && p->bucket[i] == bucket)
            s = both(&s, &p->window[i].shape);
    return s;
}

/* Text in ASCII shall have no hits with these. */
static bool is_high(const struct shape *s)
{
    return !(s->high[0] & 0xFF) && !(s->high[1] & 0xFF);
}

static void place(const struct literals *l, struct plan *p, size_t i)
{
    struct window v[WINDOWS];
    size_t n = windows_of(&p->sums, &l->entry[i], v);
    double least = -1;
    if (p->bucket[i] < BUCKETS)
        p->of[p->bucket[i]] = rest(l, p, p->bucket[i], i);
    for (unsigned b = 0; b < BUCKETS; b++) {
        double before = rate(&p->sums, &p->of[b]);
        for (size_t k = 0; k < n; k++) {
            if (is_high(&v[k].shape) != (b >= BUCKETS - HIGH))
                continue;
            struct shape s = both(&p->of[b], &v[k].shape);
            double more = rate(&p->sums, &s) - before + v[k].cost;
            if (least >= 0 && more >= least)
                continue;
            least = more;
            p->window[i] = v[k];
            p->bucket[i] = (uint8_t)b;
        }
    }
    p->of[p->bucket[i]] = both(&p->of[p->bucket[i]], &p->window[i].shape);
}

static struct literal_print print_of(const struct literals *l, const struct plan *p, size_t i)
{
    const struct literal_entry *e = &l->entry[i];
    uint8_t mask[PRINT] = { 0 }, value[PRINT] = { 0 };
    struct literal_print f = { .entry = (uint16_t)i, .back = p->window[i].back };
    for (size_t k = 0; k < PRINT && f.back + k < e->n; k++) {
        mask[k] = has_cases(e, f.back + k) ? 0xDF : 0xFF;
        value[k] = e->bytes[f.back + k];
    }
    memcpy(&f.mask, mask, sizeof mask);
    memcpy(&f.value, value, sizeof value);
    return f;
}

static void remember(struct literals *l, size_t i)
{
    struct literal_print *f = &l->print[i];
    bool whole = l->entry[f->entry].n >= PRINT;
    uint32_t hash = literal_hash(whole ? f->value : literal_short(f->value));
    uint16_t *head = &l->heads[hash >> (SIEVE_BITS - HASH_BITS)];
    l->sieve[hash >> 3] |= (uint8_t)(1u << (hash & 7));
    f->next = *head;
    *head = (uint16_t)(i + 1);
    l->back = f->back > l->back ? f->back : l->back;
}

static void write_tables(struct literals *l, const struct plan *p)
{
    for (unsigned b = 0; b < BUCKETS; b++)
        for (unsigned k = 0; k < PRINT; k++)
            for (unsigned v = 0; v < 16; v++) {
                l->low[b / 8][k][v] |= (uint8_t)((p->of[b].low[k] >> v & 1u) << b % 8);
                l->high[b / 8][k][v] |= (uint8_t)((p->of[b].high[k] >> v & 1u) << b % 8);
            }
    for (size_t i = 0; i < l->n; i++) {
        l->print[i] = print_of(l, p, i);
        remember(l, i);
    }
}

bool literals_print(struct literals *l)
{
    struct plan p;
    memset(&p, 0, sizeof p);
    sum_up(&p.sums);
    sum_pairs(&p.sums);
    l->print = calloc(l->n + 1, sizeof *l->print);
    p.window = calloc(l->n + 1, sizeof *p.window);
    p.bucket = malloc(l->n + 1);
    bool ok = l->print && p.window && p.bucket;
    if (ok) {
        memset(p.bucket, BUCKETS, l->n); /* in none */
        for (int round = 0; round < ROUNDS; round++)
            for (size_t i = 0; i < l->n; i++)
                place(l, &p, i);
        write_tables(l, &p);
    }
    free(p.window);
    free(p.bucket);
    return ok;
}
