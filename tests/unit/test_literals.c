/* SPDX-License-Identifier: Apache-2.0 */
/* Many literals at once: what counts as a hit, and the same as one literal after the other. */
#include "unit.h"

#include "syntax/literals.h"

#define ANY(text) { SLICE(text), false }
#define EXACT(text) { SLICE(text), true }

static size_t find_in(const struct literals *l, const char *text)
{
    return literals_find(l, slice_cstr(text), 0);
}

static void letters_match_in_both_cases_unless_exact(void **state)
{
    static const struct literal v[] = { ANY("mining"), EXACT("GPT"), ANY("k\xC3\xBCnstlich") };
    struct literals *l = literals_compile(v, 3);
    (void)state;
    assert_non_null(l);
    assert_int_equal(literals_longest(l), 10);
    assert_int_equal(find_in(l, "data MiNiNg"), 5);
    assert_int_equal(find_in(l, "Datamining"), 4);
    assert_int_equal(find_in(l, "a GPT"), 2);
    assert_int_equal(find_in(l, "a gpt"), 5);
    assert_int_equal(find_in(l, "aGPTs"), 1); /* three letters may stand in a word */
    assert_int_equal(find_in(l, "K\xC3\xBCNSTLICHE"), 0);
    assert_int_equal(find_in(l, "K\xC3\x9CNSTLICHE"), 11); /* other letters have one case */
    assert_int_equal(find_in(l, "minin"), 5);
    assert_int_equal(find_in(l, ""), 0);
    literals_free(l);
}

static void two_exact_letters_are_a_word(void **state)
{
    static const struct literal v[] = { EXACT("AI"), ANY("ki") };
    struct literals *l = literals_compile(v, 2);
    (void)state;
    assert_non_null(l);
    assert_int_equal(find_in(l, "AI"), 0);
    assert_int_equal(find_in(l, "an AI, or"), 3);
    assert_int_equal(find_in(l, "\xE3\x80\x81""AI\xE3"), 3);
    assert_int_equal(find_in(l, "MAIN AId 9AI AI9"), 16);
    assert_int_equal(find_in(l, "MAINAI-"), 7);
    assert_int_equal(find_in(l, "skip"), 1); /* not exact: anywhere */
    assert_int_equal(literals_find(l, SLICE_OF("xAI"), 1), 3);
    assert_int_equal(literals_find(l, SLICE_OF("-AI"), 1), 1);
    assert_int_equal(literals_find(l, SLICE_OF("-AI AI"), 2), 4);
    assert_int_equal(literals_find(l, SLICE_OF("AI"), 2), 2);
    literals_free(l);
}

static void what_cannot_be_compiled_is_refused(void **state)
{
    static const uint8_t letters[256];
    struct literal v[2] = { ANY("x"), ANY("yz") };
    (void)state;
    assert_null(literals_compile(v, 2));
    v[0].bytes = slice_of(letters, 256);
    assert_null(literals_compile(v, 2));
    struct literals *none = literals_compile(NULL, 0);
    assert_non_null(none);
    assert_int_equal(find_in(none, "mining"), 6);
    assert_int_equal(literals_longest(none), 0);
    literals_free(none);
    literals_free(NULL);
}

static void what_hides_a_word_counts_in_text(void **state)
{
    static const struct literal v[] = { ANY("mining") };
    struct literals *l = literals_compile_for_text(v, 1);
    (void)state;
    assert_non_null(l);
    assert_int_equal(find_in(l, "data mining"), 5);
    assert_int_equal(find_in(l, "min\xC2\xADing"), 3);
    assert_int_equal(find_in(l, "m\xE2\x80\x8Bining"), 1);
    assert_int_equal(find_in(l, "\xEF\xBC\xAD\xEF\xBC\xA9ning"), 0);
    assert_int_equal(find_in(l, "e\xCC\x81"), 1);
    assert_int_equal(find_in(l, "a\xE2\x80\x93z\xC2\xA0\xEF\xBC\x88\xC3\xA9"), 12);
    literals_free(l);
}

/* ---- against one literal after the other ---- */

static uint32_t seed = 1;

static unsigned draw(unsigned below)
{
    seed = seed * 1103515245u + 12345u;
    return (seed >> 12) % below;
}

static bool naive_at(const struct literal *v, struct slice s, size_t at)
{
    if (v->bytes.n > s.n - at)
        return false;
    struct slice part = slice_sub(s, at, v->bytes.n);
    if (v->exact ? !slice_eq(part, v->bytes) : !slice_eq_nocase(part, v->bytes))
        return false;
    bool word = v->exact && v->bytes.n == 2 && ascii_is_alpha(v->bytes.p[0]) &&
                ascii_is_alpha(v->bytes.p[1]);
    return !word || !((at && ascii_is_alnum(s.p[at - 1])) ||
                      (at + 2 < s.n && ascii_is_alnum(s.p[at + 2])));
}

static size_t naive(const struct literal *v, size_t n, struct slice s, size_t from)
{
    for (size_t at = from; at < s.n; at++)
        for (size_t i = 0; i < n; i++)
            if (naive_at(&v[i], s, at))
                return at;
    return s.n;
}

#define LITERALS 160
#define TEXT 700

/* `letters`: how many different bytes there are; few make many near misses. */
static void random_bytes(uint8_t *p, size_t n, unsigned letters)
{
    static const uint8_t set[] = "aAiIkKeEnN tT9-\xD0\xBC\xE5\xAD\xB8\xE3\x81@`[{mMgGsS<>zZ/\"=;&";
    for (size_t i = 0; i < n; i++)
        p[i] = letters > sizeof set ? (uint8_t)draw(256) : set[draw(letters)];
}

static void compare_all_places(const struct literal *v, size_t n, const struct literals *l,
                               struct slice s)
{
    size_t from = draw(4), want;
    do {
        want = naive(v, n, s, from);
        size_t got = literals_find(l, s, from);
        if (got != want)
            fail_msg("from %zu: got %zu, want %zu", from, got, want);
        from = want + 1;
    } while (want < s.n);
}

/* Of a piece that words end at, too. */
static void compare_pieces(const struct literal *v, size_t n, const struct literals *l,
                           struct slice s)
{
    for (int i = 0; i < 20 && s.n; i++) {
        size_t to = draw((unsigned)s.n + 1), from = draw((unsigned)to + 1);
        bool want = naive(v, n, slice_sub(s, 0, to), from) < to;
        assert_int_equal(literals_within(l, s, from, to), want);
    }
}

static void as_one_after_the_other_on_random_bytes(void **state)
{
    static uint8_t text[LITERALS][16];
    (void)state;
    for (int round = 0; round < 600; round++) {
        struct literal v[LITERALS];
        unsigned letters = 2 + (round % 8 ? draw(46) : 0) + (round % 13 ? 0 : 200);
        size_t n = draw(round % 3 ? LITERALS : 5), size = draw(TEXT);
        for (size_t i = 0; i < n; i++) {
            v[i].bytes = slice_of(text[i], 2 + draw(round % 2 ? 4 : 12));
            v[i].exact = draw(3) == 0;
            random_bytes(text[i], v[i].bytes.n, letters);
        }
        struct literals *l = literals_compile(v, n);
        assert_non_null(l);
        uint8_t *s = malloc(size + 1); /* so that no byte beyond it is read */
        random_bytes(s, size, letters);
        for (int k = 0; k < 3 && n && size > 16; k++) { /* some are there */
            const struct literal *one = &v[draw((unsigned)n)];
            memcpy(s + draw((unsigned)(size - one->bytes.n)), one->bytes.p, one->bytes.n);
        }
        compare_all_places(v, n, l, slice_of(s, size));
        compare_pieces(v, n, l, slice_of(s, size));
        free(s);
        literals_free(l);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_match_in_both_cases_unless_exact),
        cmocka_unit_test(two_exact_letters_are_a_word),
        cmocka_unit_test(what_cannot_be_compiled_is_refused),
        cmocka_unit_test(what_hides_a_word_counts_in_text),
        cmocka_unit_test(as_one_after_the_other_on_random_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
