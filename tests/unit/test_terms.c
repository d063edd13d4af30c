/* SPDX-License-Identifier: Apache-2.0 */
/* test_terms.c - what pages of terms say, kept for an origin and told to its other pages. */
#include "terms_fixture.h"

#define MINUTE 60000u

static void what_terms_say_counts_for_the_other_pages(void **state)
{
    struct found f;
    (void)state;
    put_page(TERMS, 1, 2);
    assert_int_equal(look(&f, ORIGIN "/story"), 2);
    const struct signal *s = &f.signals.v[0];
    assert_int_equal(s->standard, STD_NATURAL_LANGUAGE);
    assert_int_equal(s->scope, SCOPE_SITE);
    assert_int_equal(s->confidence, CONF_WEAK);
    assert_int_equal(s->property, PHRASE_PLAIN);
    assert_int_equal(s->prefs.of[USAGE_TRAIN_AI], PREF_DENY);
    assert_slice(s->page, TERMS);
    assert_slice(s->name, "de/reserved@1");
    assert_slice(s->raw, "Wir behalten uns das vor.");
    assert_int_equal(s->at, 100);
    assert_string_equal(f.result.terms_id, "BBBBBBBBBBBBBBBBBBBBBBBBBB");
    assert_int_equal(f.result.n, 1);
    assert_true(slice_find_nocase(f.result.reliance[0].bundle,
                                  SLICE_OF("\"url\":\"" TERMS "\"")) < f.result.reliance[0].bundle.n);
    assert_true(slice_find_nocase(f.result.reliance[0].bundle, SLICE_OF("\"sha256\":\"01")) <
                f.result.reliance[0].bundle.n);
    assert_true(slice_find_nocase(f.result.reliance[0].bundle, SLICE_OF("\"origin\":\"" ORIGIN "\"")) <
                f.result.reliance[0].bundle.n);
    arena_reset(&f.arena);
    assert_int_equal(told(TERMS), 0); /* it says so itself */
    assert_int_equal(told("http://site.example/story"), 0);
    assert_int_equal(told("https://other.example/story"), 0);
    assert_int_equal(told("nonsense"), 0);
}

static void a_later_version_replaces_it(void **state)
{
    (void)state;
    put_page(TERMS, 1, 2);
    put_page(TERMS, 2, 1);
    assert_int_equal(told(ORIGIN "/"), 1);
    put_page(ORIGIN "/impressum", 3, 1);
    assert_int_equal(told(ORIGIN "/"), 2);
    put_page(ORIGIN "/impressum", 4, 0);
    assert_int_equal(told(ORIGIN "/"), 1);
    put_page(TERMS, 5, 0);
    assert_int_equal(told(ORIGIN "/"), 0);
}

static void visit_nothing(void *ctx, const struct store_value *v)
{
    *(unsigned *)ctx = v->d[SITE_ROBOTS].state * 16u + v->d[SITE_TERMS].state;
}

/* Site files of the origin stay what they are, and do not end with its terms. */
static void it_stands_beside_site_files(void **state)
{
    struct site_document robots = { .kind = SITE_ROBOTS, .state = SITE_NONE, .status = 404,
                                    .fetched_ms = now, .expires_ms = now + 1000 };
    unsigned states = 0;
    (void)state;
    assert_int_equal(store_write(site_store(site), SLICE_OF(ORIGIN), &robots, 1, true), OPTOUT_OK);
    put_page(TERMS, 1, 1);
    assert_true(store_read(site_store(site), SLICE_OF(ORIGIN), visit_nothing, &states));
    assert_int_equal(states, SITE_NONE * 16u + SITE_PUBLISHED);
    assert_int_equal(store_write(site_store(site), SLICE_OF(ORIGIN), &robots, 1, true), OPTOUT_OK);
    assert_int_equal(told(ORIGIN "/"), 1);
    clock_advance(2000); /* robots.txt has to be asked for again; terms have not */
    assert_int_equal(told(ORIGIN "/"), 1);
    put_page(TERMS, 1, 0);
    assert_int_equal(told(ORIGIN "/"), 0);
    assert_int_equal(terms_forget(site_store(site), SLICE_OF(ORIGIN)), OPTOUT_OK);
    assert_true(store_read(site_store(site), SLICE_OF(ORIGIN), visit_nothing, &states));
    assert_int_equal(states, SITE_NONE * 16u + SITE_NOT_ASKED);
}

static void it_ends(void **state)
{
    (void)state;
    put_page(TERMS, 1, 1);
    clock_advance((uint32_t)(10 * DAY - 1000));
    assert_int_equal(told(ORIGIN "/"), 1);
    clock_advance(2000);
    assert_int_equal(told(ORIGIN "/"), 0);
    now = clock_wall_ms();
    put_page(ORIGIN "/legal", 2, 1);
    assert_int_equal(told(ORIGIN "/"), 1); /* the other is gone */
}

static void count_pages(void *ctx, const struct store_value *v)
{
    struct slice list = v->d[SITE_TERMS].rules;
    struct terms_page p;
    uint64_t *serial = ctx;
    serial[0] = v->serial;
    while (terms_next(&list, &p))
        serial[1]++;
}

static void nothing_is_written_without_need(void **state)
{
    uint64_t first[2] = { 0 }, second[2] = { 0 };
    (void)state;
    put_page(TERMS, 1, 1);
    assert_true(store_read(site_store(site), SLICE_OF(ORIGIN), count_pages, first));
    put_page(TERMS, 1, 1);
    put_page(ORIGIN "/other", 1, 0);
    clock_advance(50 * MINUTE);
    now = clock_wall_ms();
    put_page(TERMS, 1, 1);
    assert_true(store_read(site_store(site), SLICE_OF(ORIGIN), count_pages, second));
    assert_int_equal(first[0], second[0]);
    clock_advance(20 * MINUTE);
    now = clock_wall_ms();
    put_page(TERMS, 1, 1); /* when it was seen is right to an hour */
    assert_true(store_read(site_store(site), SLICE_OF(ORIGIN), count_pages, second));
    assert_int_not_equal(first[0], second[0]);
}

static void an_origin_has_so_many_and_no_more(void **state)
{
    uint64_t seen[2] = { 0 };
    char url[64];
    (void)state;
    for (unsigned i = 0; i < 3 * TERMS_PAGES; i++) {
        snprintf(url, sizeof url, ORIGIN "/%u", i);
        clock_advance(1000);
        now = clock_wall_ms();
        put_page(url, i, 1);
    }
    assert_true(store_read(site_store(site), SLICE_OF(ORIGIN), count_pages, seen));
    assert_int_equal(seen[1], TERMS_PAGES);
    char text[TERMS_URL_MAX + 2];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    struct terms_page p = page_of(text, 1, 1);
    assert_int_equal(terms_put(site_store(site), SLICE_OF(ORIGIN), &p, now), OPTOUT_E_LIMIT);
}

/* Any bytes where a list should stand, and each of its beginnings. */
static void hostile_lists_end(void **state)
{
    struct buf list;
    struct terms_page p = page_of(TERMS, 1, TERMS_HITS), got;
    (void)state;
    buf_init(&list, 1u << 16);
    assert_int_equal(terms_print(&p, &list), OPTOUT_OK);
    for (size_t n = 0; n < list.n; n++) {
        struct slice cut = slice_of(list.p, n);
        assert_false(terms_next(&cut, &got));
    }
    struct slice whole = buf_slice(&list);
    assert_true(terms_next(&whole, &got));
    assert_int_equal(got.n, TERMS_HITS);
    assert_int_equal(whole.n, 0);
    for (size_t i = 0; i < list.n; i++) {
        uint8_t *bytes = malloc(list.n), was = list.p[i];
        assert_non_null(bytes);
        list.p[i] ^= 0xFF;
        memcpy(bytes, list.p, list.n); /* so that no byte beyond it is read */
        list.p[i] = was;
        struct slice any = slice_of(bytes, list.n);
        while (terms_next(&any, &got))
            assert_true(got.n <= TERMS_HITS && got.url.n <= TERMS_URL_MAX);
        free(bytes);
    }
    buf_free(&list);
}

/* ---- pages as they pass by ---- */

/* A page is what the pages of its origin call it. */
static void links_teach(void)
{
    pass(ORIGIN "/x/1", META "<p>x", "GET", 200, true);
    pass("https://other.example/", "<a rel=terms-of-service href='" ORIGIN "/x/1'>T</a>", "GET", 200, true);
    pass(ORIGIN "/x/1", META "<p>x", "GET", 200, true);
    assert_int_equal(told(ORIGIN "/"), 2);
    pass(ORIGIN "/story", "<base href=/x/><p>x<a rel='nofollow terms-of-service' href=1>T</a>", "GET", 200,
         true);
    pass(ORIGIN "/x/1", META "<p>x", "GET", 200, true);
    assert_int_equal(told(ORIGIN "/"), 3);
    pass(ORIGIN "/x/1", "<p>x", "GET", 200, true);
    assert_int_equal(told(ORIGIN "/"), 2);
    pass(ORIGIN "/story", "<p>x<a rel=copyright href=/x/2>C</a>", "GET", 200, true);
    pass(ORIGIN "/x/2", META "<p>x", "GET", 200, true);
    assert_int_equal(told(ORIGIN "/"), 3);
    pass(ORIGIN "/x/2", "<p>x", "GET", 200, true);
    assert_int_equal(told(ORIGIN "/"), 2);
}

static void pages_of_terms_teach(void **state)
{
    (void)state;
    pass(ORIGIN "/story", META "<p>x", "GET", 200, true);
    pass(ORIGIN "/agb", META "<p>x", "POST", 200, true);
    pass(ORIGIN "/agb", META "<p>x", "GET", 404, true);
    pass(ORIGIN "/agb", "<p>x", "GET", 200, true);
    config.site_terms = false;
    pass(ORIGIN "/agb", META "<p>x", "GET", 200, true);
    config.site_terms = true;
    assert_int_equal(told(ORIGIN "/"), 0);
    pass(ORIGIN "/s/1", "<title>AGB | Verlag</title>" META "<p>x", "GET", 200, true);
    assert_int_equal(told(ORIGIN "/"), 1);
    pass(ORIGIN "/agb#top", META "<p>x", "GET", 200, false); /* what it says it says */
    assert_int_equal(told(ORIGIN "/"), 2);
    assert_int_equal(told(ORIGIN "/agb"), 1);
    links_teach();
    pass(ORIGIN "/s/1", "<title>AGB</title><p>x", "GET", 200, true);
    pass(ORIGIN "/agb", "<p>x", "GET", 200, false); /* one that was cut takes nothing back */
    assert_int_equal(told(ORIGIN "/"), 1);
    pass(ORIGIN "/impressum", "<p>x", "GET", 200, true); /* what it is told it does not say */
    pass(ORIGIN "/agb", "<p>x", "GET", 200, true);
    assert_int_equal(told(ORIGIN "/"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_terms_say_counts_for_the_other_pages),
        CASE(a_later_version_replaces_it),
        CASE(it_stands_beside_site_files),
        CASE(it_ends),
        CASE(nothing_is_written_without_need),
        CASE(an_origin_has_so_many_and_no_more),
        CASE(hostile_lists_end),
        CASE(pages_of_terms_teach),
    };
    return cmocka_run_group_tests_name("terms", tests, NULL, NULL);
}
