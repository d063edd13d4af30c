/* SPDX-License-Identifier: Apache-2.0 */
/* test_terms_value.c - terms of an origin as nodes hand them to each other, and whatever comes
 * instead; and what a node keeps of what it has told. */
#include "unit.h"

#include "daemon/terms_value.h"
#include "daemon/told.h"
#include "standards/phrases.h"

#define NOW 1795500000000
#define ORIGIN "https://site.example"

static struct terms_value one(void)
{
    struct terms_value v = { .n = 1 };
    struct terms_page *p = &v.page[0];
    *p = (struct terms_page){ .url = SLICE(ORIGIN "/agb"), .has_sha256 = true, .sha256 = { 7 },
                              .fetched_ms = NOW, .expires_ms = NOW + 1000, .n = 1 };
    memset(p->id, 'A', sizeof p->id - 1);
    p->hit[0] = (struct terms_hit){ .grade = PHRASE_PLAIN, .at = 100, .name = SLICE("de/reserved@1"),
                                    .text = SLICE("Wir behalten uns das vor.") };
    p->hit[0].prefs.of[USAGE_TRAIN_AI] = PREF_DENY;
    p->hit[0].prefs.of[USAGE_SEARCH] = PREF_ALLOW;
    return v;
}

static struct buf print(const struct terms_value *v)
{
    struct buf out;
    buf_init(&out, TERMS_VALUE_MAX);
    assert_int_equal(terms_value_print(v, &out), OPTOUT_OK);
    return out;
}

static void what_is_printed_is_read_and_allows_nothing(void **state)
{
    struct terms_value v = one(), got;
    (void)state;
    v.page[v.n] = v.page[0];
    v.page[v.n].url = SLICE_OF(ORIGIN "/old");
    v.page[v.n++].expires_ms = NOW;
    v.page[v.n++] = (struct terms_page){ .url = SLICE(ORIGIN "/older"), .expires_ms = NOW,
                                         .fetched_ms = NOW - TERMS_LIFE_MAX_MS };
    v.page[v.n++] = (struct terms_page){ .url = SLICE(ORIGIN "/silent"), .expires_ms = NOW,
                                         .fetched_ms = NOW - TERMS_LIFE_MAX_MS + 1 };
    v.page[v.n++] = (struct terms_page){ .url = SLICE(ORIGIN "/asked"), .asked = true, .unread = true,
                                         .fetched = true, .fetched_ms = NOW,
                                         .expires_ms = NOW + 1 };
    struct buf value = print(&v);
    assert_true(terms_value_read(buf_slice(&value), SLICE_OF(ORIGIN), NOW, &got));
    assert_int_equal(got.n, 3); /* what is over is left out, but not what tells that nothing is said */
    const struct terms_page *p = &got.page[0];
    assert_slice(p->url, ORIGIN "/agb");
    assert_true(p->shared && p->has_sha256 && p->sha256[0] == 7 && !p->fetched);
    assert_string_equal(p->id, "AAAAAAAAAAAAAAAAAAAAAAAAAA");
    assert_int_equal(p->n, 1);
    assert_int_equal(p->hit[0].grade, PHRASE_PLAIN);
    assert_int_equal(p->hit[0].prefs.of[USAGE_TRAIN_AI], PREF_DENY);
    assert_int_equal(p->hit[0].prefs.of[USAGE_SEARCH], PREF_UNKNOWN);
    assert_slice(p->hit[0].text, "Wir behalten uns das vor.");
    assert_slice(p->hit[0].name, "de/reserved@1");
    assert_slice(got.page[1].url, ORIGIN "/silent");
    assert_true(got.page[2].asked && got.page[2].unread && got.page[2].fetched);
    buf_free(&value);
}

static void refused(const struct terms_value *v, const char *origin, const char *what)
{
    struct terms_value got;
    struct buf value = print(v);
    if (terms_value_read(buf_slice(&value), slice_cstr(origin), NOW, &got))
        fail_msg("%s is read", what);
    buf_free(&value);
}

static void what_cannot_be_is_refused(void **state)
{
    struct terms_value v = one();
    (void)state;
    refused(&v, "https://site.exampl", "a page of a longer origin");
    refused(&v, "https://other.example", "a page of another origin");
    v.page[0].hit[0].grade = PHRASE_PERMISSION;
    refused(&v, ORIGIN, "a permission");
    v = one();
    v.page[0].hit[0].prefs.of[USAGE_TRAIN_AI] = PREF_ALLOW;
    refused(&v, ORIGIN, "what allows");
    v = one();
    v.page[0].expires_ms = NOW + TERMS_LIFE_MAX_MS + 1;
    refused(&v, ORIGIN, "what holds for ever");
    v = one();
    v.page[0].fetched_ms = NOW + TERMS_AHEAD_MS + 1;
    refused(&v, ORIGIN, "what comes from the future");
    v = one();
    v.page[0].url = SLICE_OF(ORIGIN "/a\nb");
    refused(&v, ORIGIN, "a URL of two lines");
    v = one();
    v.page[0].id[5] = '"';
    refused(&v, ORIGIN, "an id that is none");
}

static void every_shortened_or_lengthened_value_is_refused(void **state)
{
    struct terms_value v = one(), got;
    struct buf value = print(&v);
    (void)state;
    for (size_t n = 0; n < value.n; n++)
        assert_false(terms_value_read(slice_of(value.p, n), SLICE_OF(ORIGIN), NOW, &got));
    assert_int_equal(buf_putc(&value, 0), OPTOUT_OK);
    assert_false(terms_value_read(buf_slice(&value), SLICE_OF(ORIGIN), NOW, &got));
    buf_free(&value);
}

static void no_changed_byte_makes_it_allow(void **state)
{
    struct terms_value v = one(), got;
    struct buf value = print(&v);
    (void)state;
    for (size_t i = 0; i < value.n * 8; i++) {
        value.p[i / 8] ^= (uint8_t)(1u << i % 8);
        if (terms_value_read(buf_slice(&value), SLICE_OF(ORIGIN), NOW, &got))
            for (size_t k = 0; k < got.n; k++)
                for (size_t h = 0; h < got.page[k].n; h++)
                    for (size_t u = 0; u < USAGE_COUNT; u++)
                        assert_int_not_equal(got.page[k].hit[h].prefs.of[u], PREF_ALLOW);
        value.p[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    buf_free(&value);
}

/* ---- what was told ---- */

static struct slice key_of(char out[32], unsigned i)
{
    snprintf(out, 32, "images:%u", i);
    return slice_cstr(out);
}

static void what_was_told_is_bounded_and_the_oldest_goes(void **state)
{
    static uint8_t large[1u << 20];
    struct told t;
    char key[32];
    (void)state;
    told_init(&t);
    for (unsigned i = 0; i < TOLD_MAX + 10; i++) {
        struct told_value *v = told_put(&t, key_of(key, i), SLICE_OF("x"), i, 10);
        assert_non_null(v);
        v->sent = i % 2;
    }
    assert_int_equal(t.map.n, TOLD_MAX);
    assert_int_equal(t.lost, 5); /* of ten, those that were not sent */
    assert_null(told_find(&t, key_of(key, 9)));
    assert_non_null(told_find(&t, key_of(key, 10)));
    for (unsigned i = 0; i < 40; i++)
        assert_non_null(told_put(&t, key_of(key, i), slice_of(large, sizeof large), i, 10));
    assert_true(t.bytes <= TOLD_BYTES);
    assert_non_null(told_find(&t, key_of(key, 39)));
    told_free(&t);
    assert_int_equal(t.map.n, 0);
    assert_int_equal(t.bytes, 0);
}

/* A walk goes on whatever is dropped or replaced meanwhile. */
static void a_walk_outlives_what_it_stands_at(void **state)
{
    struct told t;
    char key[32];
    (void)state;
    told_init(&t);
    for (unsigned i = 0; i < 4; i++)
        assert_non_null(told_put(&t, key_of(key, i), SLICE_OF("x"), i, 10));
    t.next = t.oldest;
    told_drop(&t, t.oldest);
    assert_int_equal(t.next->read_ms, 1);
    assert_non_null(told_put(&t, key_of(key, 1), SLICE_OF("y"), 7, 10));
    assert_int_equal(t.next->read_ms, 2);
    assert_int_equal(t.newest->read_ms, 7);
    told_free(&t);
    assert_null(t.next);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_printed_is_read_and_allows_nothing),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(every_shortened_or_lengthened_value_is_refused),
        cmocka_unit_test(no_changed_byte_makes_it_allow),
        cmocka_unit_test(what_was_told_is_bounded_and_the_oldest_goes),
        cmocka_unit_test(a_walk_outlives_what_it_stands_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
