/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "core/buf.h"
#include "core/clock.h"
#include "syntax/json.h"
#include "core/signal.h"
#include "core/usage.h"

static void slices_split_and_trim(void **state)
{
    (void)state;
    struct slice rest = SLICE_OF("a,, b\t"), piece;
    assert_true(slice_split(&rest, ',', &piece));
    assert_slice(piece, "a");
    assert_true(slice_split(&rest, ',', &piece));
    assert_slice(piece, "");
    assert_true(slice_split(&rest, ',', &piece));
    assert_slice(slice_trim_ows(piece), "b");
    assert_false(slice_split(&rest, ',', &piece));
}

static void slices_compare_without_case(void **state)
{
    (void)state;
    assert_true(slice_eq_nocase(SLICE_OF("TDM-Reservation"), SLICE_OF("tdm-reservation")));
    assert_false(slice_eq_nocase(SLICE_OF("a[b"), SLICE_OF("a{b")));
    assert_int_equal(slice_find_nocase(SLICE_OF("xxLicense"), SLICE_OF("license")), 2);
    assert_int_equal(slice_find_nocase(SLICE_OF("lic"), SLICE_OF("license")), 3);
}

static void numbers_overflow_is_refused(void **state)
{
    (void)state;
    uint64_t v;
    assert_true(slice_to_u64(SLICE_OF("18446744073709551615"), &v));
    assert_true(v == UINT64_MAX);
    assert_false(slice_to_u64(SLICE_OF("18446744073709551616"), &v));
    assert_false(slice_to_u64(SLICE_OF(""), &v));
    assert_false(slice_to_u64(SLICE_OF("-1"), &v));
}

static void arena_has_a_ceiling(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 20000, NULL, 0);
    assert_non_null(arena_alloc(&a, 10000));
    assert_null(arena_alloc(&a, 15000));
    assert_non_null(arena_alloc(&a, 5000));
    arena_reset(&a);
    assert_non_null(arena_alloc(&a, 15000));
    arena_reset(&a);
}

static void arena_uses_the_first_block(void **state)
{
    (void)state;
    _Alignas(16) uint8_t first[256];
    struct arena a;
    arena_init(&a, 0, first, sizeof first);
    uint8_t *p = arena_alloc(&a, 100);
    assert_true(p >= first && p < first + sizeof first);
    assert_null(arena_alloc(&a, 200));
    arena_reset(&a);
}

static void buffers_stop_at_their_limit(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 10);
    assert_int_equal(buf_puts(&b, "12345678"), OPTOUT_OK);
    assert_int_equal(buf_puts(&b, "abc"), OPTOUT_E_LIMIT);
    assert_slice(buf_slice(&b), "12345678");
    assert_int_equal(b.failed, OPTOUT_E_LIMIT);
    buf_free(&b);
}

/* Eight bytes are looked at together: each value at each place must be seen. */
static void json_escapes_at_every_place(void **state)
{
    (void)state;
    for (size_t place = 0; place < 17; place++)
        for (unsigned c = 0; c < 256; c++)
            for (unsigned around = 0x20; around < 0x7F; around += 0x5E) {
                uint8_t text[17];
                struct buf b;
                memset(text, (int)around, sizeof text);
                text[place] = (uint8_t)c;
                buf_init(&b, 256);
                json_quote(&b, slice_of(text, sizeof text));
                bool plain = c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
                assert_int_equal(b.n == sizeof text + 2, plain);
                assert_int_equal(memcmp(b.p + 1, text, place), 0);
                buf_free(&b);
            }
}

static void json_escapes_hostile_bytes(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 4096);
    struct json j = json_to(&b);
    json_open(&j, NULL, '{');
    json_slice(&j, "a", slice_of("\"\\\n\x01\xC3\xA4\xFF\xED\xA0\x80", 10));
    json_int(&j, "b", -5);
    json_open(&j, "c", '[');
    json_bool(&j, NULL, true);
    json_nil(&j, NULL);
    json_close(&j, ']');
    json_close(&j, '}');
    assert_slice(buf_slice(&b), "{\"a\":\"\\\"\\\\\\n\\u0001\xC3\xA4\\ufffd\\ufffd\\ufffd\\ufffd\","
                                "\"b\":-5,\"c\":[true,null]}");
    buf_free(&b);
}

static void umbrellas_spread_downwards_only(void **state)
{
    (void)state;
    struct prefs p = { { [USAGE_TDM] = PREF_DENY, [USAGE_TRAIN_AI] = PREF_ALLOW } };
    prefs_spread(&p);
    assert_int_equal(p.of[USAGE_TRAIN_ML], PREF_DENY);
    assert_int_equal(p.of[USAGE_TRAIN_AI], PREF_ALLOW);
    assert_int_equal(p.of[USAGE_AI_USE], PREF_DENY);
    assert_int_equal(p.of[USAGE_SEARCH], PREF_UNKNOWN);
    struct prefs q = { { [USAGE_TRAIN_AI] = PREF_DENY } };
    prefs_spread(&q);
    assert_int_equal(q.of[USAGE_TDM], PREF_UNKNOWN);
}

/* So many statements that differ in what was written. */
static void fill(struct signals *s, const struct signal *like, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        char text[16];
        struct signal one = *like;
        snprintf(text, sizeof text, "%u", i);
        one.raw = slice_cstr(text);
        assert_int_equal(signals_add(s, &one), OPTOUT_OK);
    }
}

static void signals_are_bounded(void **state)
{
    (void)state;
    struct arena a = test_arena();
    struct signals s;
    signals_init(&s, &a);
    struct signal one = { .raw = SLICE_OF("x") }, two = { .raw = SLICE_OF("y") };
    one.prefs.of[USAGE_TDM] = two.prefs.of[USAGE_TDM] = PREF_DENY;
    fill(&s, &one, SIGNALS_MAX);
    assert_int_equal(s.n, SIGNALS_MAX);
    assert_false(s.overflow);
    assert_int_equal(signals_add(&s, &two), OPTOUT_E_LIMIT);
    assert_true(s.overflow);
    arena_reset(&a);
}

static void equal_statements_count_once(void **state)
{
    (void)state;
    struct arena a = test_arena();
    struct signals s;
    signals_init(&s, &a);
    struct signal one = { .raw = SLICE_OF("x"), .at = 1, .note = "why" }, other = one;
    for (int i = 0; i < 2 * SIGNALS_MAX; i++, one.at++)
        assert_int_equal(signals_add(&s, &one), OPTOUT_OK);
    assert_int_equal(s.n, 1);
    assert_int_equal(s.v[0].at, 1);
    other.note = NULL;
    assert_int_equal(signals_add(&s, &other), OPTOUT_OK);
    assert_int_equal(s.n, 2);
    assert_int_equal(s.dropped, 0);
    arena_reset(&a);
}

static void what_restricts_displaces_what_does_not(void **state)
{
    (void)state;
    struct arena a = test_arena();
    struct signals s;
    const struct signal *kept;
    signals_init(&s, &a);
    struct signal neutral = { .raw = SLICE_OF("n") }, other = { .agent = SLICE_OF("bot") };
    struct signal denial = { .raw = SLICE_OF("d"), .confidence = CONF_EXACT };
    other.prefs.of[USAGE_TDM] = denial.prefs.of[USAGE_TDM] = PREF_DENY;
    fill(&s, &neutral, SIGNALS_MAX + 44);
    assert_int_equal(s.dropped, 44);
    fill(&s, &other, SIGNALS_MAX);
    assert_int_equal(s.dropped, 44 + SIGNALS_MAX);
    assert_false(s.overflow); /* nothing that was lost restricts */
    assert_int_equal(signals_keep(&s, &denial, &kept), OPTOUT_OK);
    assert_ptr_equal(kept, &s.v[SIGNALS_MAX - 1]);
    assert_true(s.overflow); /* perhaps the other bot is whoever decides */
    assert_int_equal(s.n, SIGNALS_MAX);
    arena_reset(&a);
}

static void clock_prints_utc(void **state)
{
    (void)state;
    char text[CLOCK_TEXT];
    clock_text(1764000000123, text);
    assert_string_equal(text, "2025-11-24T16:00:00.123Z");
    assert_true(clock_from_civil(2025, 11, 24, 16, 0, 0) == 1764000000);
    assert_true(clock_from_civil(2000, 2, 29, 0, 0, 0) == 951782400);
    assert_true(clock_from_civil(1969, 12, 31, 23, 59, 59) == -1);
}

static void clock_reads_what_it_prints(void **state)
{
    (void)state;
    static const int64_t good[] = {
        0, 1, 999, 1000, 951782400000, 1764000000123, 4102444799999, 253402300799999,
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        char text[CLOCK_TEXT];
        int64_t back = -1;
        clock_text(good[i], text);
        assert_true(clock_read(text, &back));
        assert_true(back == good[i]);
    }
    for (int64_t day = 0; day < 366 * 150; day++) { /* every day, leap days among them */
        char text[CLOCK_TEXT];
        int64_t back = -1;
        clock_text(day * 86400000 + 86399999, text);
        assert_true(clock_read(text, &back));
        assert_true(back == day * 86400000 + 86399999);
    }
}

static void clock_reads_no_other_form(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "2026",
        "2026-11-30T10:00:00.000",     /* no zone */
        "2026-11-30T10:00:00.000z",
        "2026-11-30T10:00:00.000+00",
        "2026-11-30T10:00:00.000ZZ",
        "2026-11-30T10:00:00.000Z ",
        " 2026-11-30T10:00:00.000Z",
        "2026-11-30T10:00:00Z",        /* no milliseconds */
        "2026-11-30T10:00:00.00Z",
        "2026-11-30T10:00:00.0000Z",
        "2026-11-30 10:00:00.000Z",
        "2026-1-030T10:00:00.000Z",
        "2026-11-3T010:00:00.000Z",
        "2026-11-30T 9:00:00.000Z",    /* a blank, a sign */
        "2026-11-30T+9:00:00.000Z",
        "2026-11-30T10:-1:00.000Z",
        "+026-11-30T10:00:00.000Z",
        "2026-00-30T10:00:00.000Z",    /* no such time */
        "2026-13-30T10:00:00.000Z",
        "2026-11-00T10:00:00.000Z",
        "2026-11-31T10:00:00.000Z",
        "2026-02-30T10:00:00.000Z",
        "2025-02-29T10:00:00.000Z",
        "2100-02-29T10:00:00.000Z",
        "2026-11-30T24:00:00.000Z",
        "2026-11-30T10:60:00.000Z",
        "2026-11-30T10:00:60.000Z",
        "1969-12-31T23:59:59.999Z",    /* before the beginning */
        "99999-11-30T10:00:00.000Z",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        int64_t ms;
        if (clock_read(wrong[i], &ms))
            fail_msg("read: \"%s\"", wrong[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_split_and_trim),
        cmocka_unit_test(slices_compare_without_case),
        cmocka_unit_test(numbers_overflow_is_refused),
        cmocka_unit_test(arena_has_a_ceiling),
        cmocka_unit_test(arena_uses_the_first_block),
        cmocka_unit_test(buffers_stop_at_their_limit),
        cmocka_unit_test(json_escapes_at_every_place),
        cmocka_unit_test(json_escapes_hostile_bytes),
        cmocka_unit_test(umbrellas_spread_downwards_only),
        cmocka_unit_test(signals_are_bounded),
        cmocka_unit_test(equal_statements_count_once),
        cmocka_unit_test(what_restricts_displaces_what_does_not),
        cmocka_unit_test(clock_prints_utc),
        cmocka_unit_test(clock_reads_what_it_prints),
        cmocka_unit_test(clock_reads_no_other_form),
    };
    return cmocka_run_group_tests_name("core", tests, NULL, NULL);
}
