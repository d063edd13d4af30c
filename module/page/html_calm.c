/* SPDX-License-Identifier: Apache-2.0 */
/* html_calm.c - most of a page is text and tags that state nothing and change nothing. Where
 * the processor has AVX2 they are run over here, 64 bytes at a glance; what is not plain is
 * left to html_tag.c, which decides alone what any tag means.
 *
 * Where a tag ends. A quoted value is opened only by a quote behind '=' and blanks, and closed
 * by the next of its kind. So if in front of a tag's first '>' the last `"` does not stand
 * behind '=' or a blank, and neither does the last `'`, then behind every quote that opened a
 * value there is one that closed it, and this '>' is the end of the tag. Else it may be, and
 * the tag is not plain. */
#include "page/html_internal.h"
#include "page/html_look.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,bmi,bmi2")))
/* A window that is passed by address, then, need not lie in memory. */
#define AVX2_INLINE __attribute__((target("avx2,bmi,bmi2"), always_inline))
#define WINDOW 64
#define ROOM (WINDOW + 48) /* bytes that are read from a tag's '<' on, or may be */

/* Names that html_name_may_matter lets pass, and the end tag of a template: what follows '<',
 * by its first two bytes. Names that begin so are taken for them; 'a' has no row. */
struct row {
    char name[8];
    uint64_t rest; /* bits of the eight bytes that are not compared */
};
#define SLOT(first, second) ((2 * (first) + (second)) % 32)
#define ROW(first, second, name) [SLOT(first, second)] = { name, 64 - 8 * (sizeof name - 1) }
static const struct row rows[32] = {
    ROW('a', 'r', "area"),   ROW('b', 'a', "base"),     ROW('i', 'f', "iframe"),
    ROW('l', 'i', "link"),   ROW('m', 'a', "math"),     ROW('m', 'e', "meta"),
    ROW('n', 'o', "no"),     ROW('p', 'l', "plaintex"), ROW('s', 'c', "script"),
    ROW('s', 't', "style"),  ROW('s', 'v', "svg"),      ROW('t', 'e', "te"),
    ROW('t', 'i', "title"),  ROW('x', 'm', "xmp"),      ROW('/', 't', "/templat"),
};

static const bool before_value[256] = {
    ['='] = true, [' '] = true, ['\t'] = true, ['\n'] = true, ['\f'] = true, ['\r'] = true,
};

/* Where in 64 bytes each of these stands, the first byte in the lowest bit. */
struct window {
    uint64_t less, greater, twice, once;
};

AVX2 static inline __m256i load(const uint8_t *p)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

AVX2 static inline uint64_t places(__m256i low, __m256i high, char what)
{
    const __m256i v = _mm256_set1_epi8(what);
    uint32_t first = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, v));
    uint32_t second = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, v));
    return first | (uint64_t)second << 32;
}

AVX2 static inline struct window look(const uint8_t *p)
{
    __m256i low = load(p), high = load(p + 32);
    return (struct window){ places(low, high, '<'), places(low, high, '>'),
                            places(low, high, '"'), places(low, high, '\'') };
}

static inline unsigned last_bit(uint64_t bits)
{
    return 63 - (unsigned)__builtin_clzll(bits);
}

/* The lowest bit that is set and all below it; all bits when none is set. */
static inline uint64_t up_to_first(uint64_t bits)
{
    return bits ^ (bits - 1);
}

/* The next '<'; without one, where there is no room any more. */
AVX2 static const uint8_t *next_less(const uint8_t *p, const uint8_t *end)
{
    const __m256i less = _mm256_set1_epi8('<');
    for (; end - p >= ROOM; p += 32) {
        unsigned hit = (unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(load(p), less));
        if (hit)
            return p + __builtin_ctz(hit);
    }
    return p;
}

/* Whether an attribute of an anchor may be called rel or itemprop: the first letters of the name
 * behind something that may end what precedes it. Reads from p - 1 to end + 34. */
AVX2 static bool may_have_link_attr(const uint8_t *p, const uint8_t *end)
{
    const __m256i lower = _mm256_set1_epi8(0x20), slash = _mm256_set1_epi8('/');
    const __m256i r = _mm256_set1_epi8('r'), e = _mm256_set1_epi8('e'), l = _mm256_set1_epi8('l');
    const __m256i t = _mm256_set1_epi8('t');
    for (; p < end; p += 32) {
        __m256i before = load(p - 1); /* blanks, quotes and '/' are none above '/' */
        __m256i first = _mm256_or_si256(load(p), lower), second = _mm256_or_si256(load(p + 1), lower),
                third = _mm256_or_si256(load(p + 2), lower);
        __m256i rel = _mm256_and_si256(_mm256_cmpeq_epi8(first, r), _mm256_cmpeq_epi8(second, e));
        rel = _mm256_and_si256(rel, _mm256_cmpeq_epi8(third, l));
        /* Few other names have these letters there. */
        __m256i item = _mm256_and_si256(_mm256_cmpeq_epi8(second, t), _mm256_cmpeq_epi8(third, e));
        __m256i hit = _mm256_cmpeq_epi8(_mm256_min_epu8(before, slash), before);
        hit = _mm256_and_si256(hit, _mm256_or_si256(rel, item));
        if (_mm256_movemask_epi8(hit))
            return true;
    }
    return false;
}

/* What follows '<', letters in lower case. No other byte becomes a letter by that. */
static inline uint64_t name_at(const uint8_t *less)
{
    uint64_t name;
    memcpy(&name, less + 1, sizeof name);
    return name | 0x2020202020202020u;
}

/* Whether html_tag.c is to look at the tag, or the comment, by its name. */
static inline bool name_matters(const uint8_t *less, uint64_t name)
{
    const struct row *row = &rows[SLOT((uint8_t)name, (uint8_t)(name >> 8))];
    uint64_t known;
    memcpy(&known, row->name, sizeof known);
    return !ascii_is_alpha(less[1 + (less[1] == '/')]) || (name ^ known) << row->rest == 0;
}

/* The tag at `p` fills the window `w` and goes on. Goes to the window in which it ends; false
 * when it is not plain, or there is no room. */
AVX2_INLINE static inline bool end_of_long_tag(const uint8_t **p, const uint8_t *end, struct window *w)
{
    const uint8_t *at = *p, *twice = at + 1, *once = at + 1;
    for (;;) {
        uint64_t in = up_to_first(w->greater);
        twice = w->twice & in ? at + last_bit(w->twice & in) : twice;
        once = w->once & in ? at + last_bit(w->once & in) : once;
        if (w->greater)
            break;
        at += WINDOW;
        if (end - at < ROOM)
            return false;
        *w = look(at);
    }
    *p = at;
    return !before_value[twice[-1]] && !before_value[once[-1]];
}

/* Whether the tag that ends in its first window is plain. Bit 1 is no quote, but stands in for
 * the one that is not there: before it lies '<', or the first letter of the name. */
static inline bool short_tag_is_plain(const uint8_t *p, const struct window *w)
{
    uint64_t in = up_to_first(w->greater), once = w->once & in;
    return !before_value[p[last_bit((w->twice & in) | 2) - 1]] &&
           (once == 0 || !before_value[p[last_bit(once) - 1]]);
}

/* The window from `n` bytes further on; zeros move in at its end. */
AVX2 static inline struct window moved(struct window w, unsigned n)
{
    return (struct window){ w.less >> n, w.greater >> n, w.twice >> n, w.once >> n };
}

/* True when it stops at a tag that is not for here. `looks`: at text, too. */
AVX2_INLINE static inline bool run(struct html *h, const uint8_t **from, const uint8_t *end,
                                   bool looks)
{
    const uint8_t *text = *from, *p = next_less(*from, end), *seen = p;
    struct window w = { 0, 0, 0, 0 }; /* of what lies between p and `seen` */
    while (end - p >= ROOM) {
        const uint8_t *less = *from = p;
        uint64_t name = name_at(less);
        if (looks && h->look)
            html_look_add(h, text, less, end);
        if (name_matters(less, name))
            return true;
        if (!w.greater) { /* else the tag ends in what was seen of it */
            w = look(p);
            seen = p + WINDOW;
        }
        bool plain = w.greater ? short_tag_is_plain(p, &w) : end_of_long_tag(&p, end, &w);
        if (!plain)
            return true;
        const uint8_t *gt = p + __builtin_ctzll(w.greater);
        if ((uint8_t)name == 'a' && !ascii_is_alnum(less[2]) && may_have_link_attr(less + 2, gt) &&
            html_may_hold_word(less + 2, gt))
            return true;
        text = gt + 1;
        uint64_t next = w.less & ~up_to_first(w.greater);
        if (next) {
            seen = p == less ? seen : p + WINDOW;
            p += __builtin_ctzll(next);
            w = moved(w, (unsigned)__builtin_ctzll(next));
        } else {
            p = next_less(p == less ? seen : p + WINDOW, end);
            w.greater = 0;
        }
    }
    if (looks && h->look)
        html_look_add(h, text, p, end);
    *from = p;
    return false;
}

AVX2 static bool run_only(struct html *h, const uint8_t **from, const uint8_t *end)
{
    return run(h, from, end, false);
}

AVX2 static bool run_and_look(struct html *h, const uint8_t **from, const uint8_t *end)
{
    return run(h, from, end, true);
}

static bool is_wide(const uint8_t *p, const uint8_t *end)
{
    return end - p >= ROOM && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
}

bool html_calm_skip(struct html *h, const uint8_t **p, const uint8_t *end)
{
    return is_wide(*p, end) && (h->look ? run_and_look(h, p, end) : run_only(h, p, end));
}

AVX2 static const uint8_t *plain_end(const uint8_t *p, const uint8_t *end)
{
    struct window w = look(p);
    bool plain = w.greater ? short_tag_is_plain(p, &w) : end_of_long_tag(&p, end, &w);
    return plain ? p + __builtin_ctzll(w.greater) : NULL;
}

const uint8_t *html_plain_end(const uint8_t *name, const uint8_t *end)
{
    return is_wide(name, end) ? plain_end(name, end) : NULL;
}

#else

bool html_calm_skip(struct html *h, const uint8_t **p, const uint8_t *end)
{
    (void)h;
    (void)p;
    (void)end;
    return false;
}

const uint8_t *html_plain_end(const uint8_t *name, const uint8_t *end)
{
    (void)name;
    (void)end;
    return NULL;
}

#endif
