/* SPDX-License-Identifier: Apache-2.0 */
/* test_images.c - what a page says of its images, and the exchanges that it reaches. */
#include "unit.h"

#include "core/clock.h"
#include "policy/config.h"
#include "standards/phrases.h"
#include "verdict/images.h"
#include "verdict/image_map.h"

#include <stdlib.h>

#define PAGE "http://h.example/p"
#define NOIMAGEAI "<meta name=robots content=noimageai>"
#define GIF "GIF89a\1\0\1\0\0\0\0;"

static struct config config;
static struct image_map *map;
static const struct phrases *phrases;

struct ask {
    const char *url, *referer, *head; /* of the answer; NULL: an image's */
    struct slice body;                /* p NULL: none */
    unsigned status;                  /* 0: 200 */
    const char *profile;
    enum inspect_end end;
};

static void begin(struct judge *j, struct arena *a, const struct ask *q)
{
    struct judge_basis basis = { .config = &config, .images = map, .phrases = phrases };
    char request[512];
    memset(j, 0, sizeof *j);
    judge_begin(j, &basis, config_profile(&config, slice_cstr(q->profile)), a);
    j->exchange.method = SLICE_OF("GET");
    j->exchange.url = slice_cstr(q->url);
    snprintf(request, sizeof request, "%s%s\r\n", q->referer ? "Referer: " : "X: ",
             q->referer ? q->referer : "");
    assert_int_equal(headers_parse(&j->exchange.request, a,
                                   arena_copy(a, slice_cstr(request), SIZE_MAX)), OPTOUT_OK);
}

/* One exchange from its head to what is kept of it. */
static void answer(struct judge *j, struct arena *a, struct ask q)
{
    begin(j, a, &q);
    j->exchange.status = q.status ? (int)q.status : 200;
    j->exchange.has_body = q.body.p != NULL;
    const char *head = q.head ? q.head : "Content-Type: image/gif\r\n";
    assert_int_equal(headers_parse(&j->exchange.response, a, slice_cstr(head)), OPTOUT_OK);
    assert_int_equal(judge_open(j), OPTOUT_OK);
    for (size_t at = 0; at < q.body.n; at += 1000) /* as the network brings it */
        (void)judge_feed(j, slice_sub(q.body, at, 1000));
    judge_settle(j, q.end, false);
    judge_close_record(j, q.end, j->decision.action, 0);
    judge_remember(j, q.end);
}

static void page_with(const char *head, const char *body)
{
    struct arena a = test_arena();
    struct judge j;
    answer(&j, &a, (struct ask){ .url = PAGE, .head = head, .body = slice_cstr(body) });
    assert_int_equal(j.decision.kind, DECISION_CLEAR); /* of itself it said nothing */
    arena_reset(&a);
}

static void page(const char *body)
{
    page_with("Content-Type: text/html\r\n", body);
}

static void expect(enum decision_kind kind, struct ask q)
{
    struct arena a = test_arena();
    struct judge j;
    answer(&j, &a, q);
    if (j.decision.kind != kind)
        fail_msg("%s (%s): %s", q.url, q.referer ? q.referer : "", decision_name(j.decision.kind));
    arena_reset(&a);
}

#define DENIED(...) expect(DECISION_RESERVED, (struct ask){ __VA_ARGS__ })
#define CLEAR(...) expect(DECISION_CLEAR, (struct ask){ __VA_ARGS__ })

static int fresh_map(void **state)
{
    (void)state;
    config_init(&config);
    struct config_error e;
    static const char *const search[] = { "search", "purpose=search" };
    static const char *const bot[] = { "bot", "purpose=train-ai", "agents=ccbot" };
    assert_int_equal(config_apply(&config, "Profile", 2, search, &e), OPTOUT_OK);
    assert_int_equal(config_apply(&config, "Profile", 3, bot, &e), OPTOUT_OK);
    map = image_map_make(config.image_map);
    clock_freeze(1700000000000);
    return map == NULL;
}

static int free_map(void **state)
{
    (void)state;
    image_map_free(map);
    return 0;
}

/* ---- which images ---- */

static void an_image_has_what_its_page_says(void **state)
{
    struct arena a = test_arena();
    struct judge j;
    char id[ULID_TEXT];
    (void)state;
    answer(&j, &a, (struct ask){ .url = PAGE, .head = "Content-Type: text/html\r\n",
                                 .body = SLICE(NOIMAGEAI "<body><img src=a.gif>") });
    assert_int_equal(j.decision.kind, DECISION_CLEAR);
    memcpy(id, j.record.id, sizeof id);
    answer(&j, &a, (struct ask){ .url = "http://h.example/a.gif", .body = SLICE(GIF) });
    assert_int_equal(j.decision.kind, DECISION_RESERVED);
    assert_int_equal(j.decision.action, ACTION_BLOCK);
    assert_int_equal(j.decision.n_by, 1);
    const struct signal *s = j.decision.by[0];
    assert_int_equal(s->standard, STD_ROBOTS_META);
    assert_int_equal(s->carrier, CARRIER_HTML);
    assert_int_equal(s->scope, SCOPE_EMBEDDED_IMAGES);
    assert_slice(s->page, PAGE);
    assert_slice(s->raw, "noimageai");
    assert_string_equal(j.record.earlier, id);
    arena_reset(&a);
    CLEAR(.url = "http://h.example/b.gif", .body = SLICE(GIF));
    CLEAR(.url = "http://h.example/a.gif", .body = SLICE(GIF), .profile = "search");
}

/* Before a byte of the body was read. */
static void the_head_of_the_answer_is_enough(void **state)
{
    struct arena a = test_arena();
    struct judge j;
    (void)state;
    page(NOIMAGEAI "<img src=a.gif>");
    struct ask q = { .url = "http://h.example/a.gif" };
    begin(&j, &a, &q);
    j.exchange.status = 200;
    j.exchange.has_body = true;
    assert_int_equal(headers_parse(&j.exchange.response, &a, SLICE_OF("Content-Type: image/png\r\n")),
                     OPTOUT_OK);
    assert_int_equal(judge_open(&j), OPTOUT_OK);
    assert_int_equal(inspect_signals(j.inspection)->n, 1);
    assert_int_equal(inspect_signals(j.inspection)->v[0].weight, WEIGHT_DENIAL);
    judge_settle(&j, INSPECT_STOPPED, false);
    assert_int_equal(j.decision.kind, DECISION_RESERVED);
    arena_reset(&a);
}

static void all_that_embeds_is_found(void **state)
{
    (void)state;
    page("<base href='//cdn.example/x/'><meta property=og:image content=og.gif>" NOIMAGEAI
         "<link rel=preload as=image href=pre.gif><body><picture><source srcset='s1.gif 1x, s2.gif 2x'>"
         "<img src='/a b.gif' srcset='i1.gif 100w,i2.gif 200w'></picture><video src=v.gif poster=po.gif>"
         "</video><noscript><img src=../n.gif></noscript><svg><image xlink:href='svg.gif'/></svg>"
         "<img data-src=lazy.gif src='data:image/gif;base64,AA'><a href=linked.gif>");
    DENIED(.url = "http://cdn.example/x/og.gif");
    DENIED(.url = "http://cdn.example/x/pre.gif");
    DENIED(.url = "http://cdn.example/x/s1.gif");
    DENIED(.url = "http://cdn.example/x/s2.gif");
    DENIED(.url = "http://cdn.example/a%20b.gif");
    DENIED(.url = "http://cdn.example/x/i1.gif");
    DENIED(.url = "http://cdn.example/x/i2.gif");
    DENIED(.url = "http://cdn.example/x/po.gif");
    DENIED(.url = "http://cdn.example/n.gif");
    DENIED(.url = "http://cdn.example/x/svg.gif");
    DENIED(.url = "http://cdn.example/x/lazy.gif");
    CLEAR(.url = "http://cdn.example/x/v.gif");
    CLEAR(.url = "http://cdn.example/x/linked.gif");
    CLEAR(.url = "https://cdn.example/x/s1.gif");
}

static void a_header_says_it_of_all(void **state)
{
    (void)state;
    page_with("Content-Type: text/html\r\nX-Robots-Tag: noimageai\r\n", "<img src=a.gif>");
    DENIED(.url = "http://h.example/a.gif");
}

/* What stood before the statement is known by the Referer alone. */
static void a_late_statement_reaches_what_follows(void **state)
{
    (void)state;
    page("<body><img src=a.gif>" NOIMAGEAI "<img src=b.gif>");
    CLEAR(.url = "http://h.example/a.gif");
    DENIED(.url = "http://h.example/b.gif");
    DENIED(.url = "http://h.example/a.gif", .referer = PAGE);
}

static void a_referer_is_a_page_not_an_origin(void **state)
{
    struct arena a = test_arena();
    struct judge j;
    (void)state;
    page(NOIMAGEAI);
    DENIED(.url = "http://cdn.example/a.gif", .referer = PAGE);
    DENIED(.url = "http://cdn.example/a.gif", .referer = PAGE "#top");
    CLEAR(.url = "http://cdn.example/a.gif", .referer = PAGE "?x");
    CLEAR(.url = "http://cdn.example/a.gif", .referer = "http://h.example/");
    CLEAR(.url = "http://cdn.example/a.gif");
    answer(&j, &a, (struct ask){ .url = "http://h.example/", .head = "Content-Type: text/html\r\n",
                                 .body = SLICE(NOIMAGEAI) });
    CLEAR(.url = "http://cdn.example/a.gif", .referer = "http://h.example/");
    DENIED(.url = "http://h.example/a.gif", .referer = "http://h.example/");
    arena_reset(&a);
}

/* A link that is followed has a Referer too, and a page may call anything an image. */
static void what_is_no_image_is_left_alone(void **state)
{
    static const char html[] = "Content-Type: text/html\r\n";
    (void)state;
    page(NOIMAGEAI "<img src=/story>");
    CLEAR(.url = "http://h.example/story", .head = html, .body = SLICE("<p>text"));
    CLEAR(.url = "http://h.example/other", .head = html, .body = SLICE("<p>text"), .referer = PAGE);
    CLEAR(.url = "http://h.example/film", .head = "Content-Type: text/css\r\n", .referer = PAGE);
    DENIED(.url = "http://h.example/story", .head = html, .body = SLICE(GIF)); /* it lies */
    DENIED(.url = "http://h.example/story", .head = "X: y\r\n");
    DENIED(.url = "http://h.example/story", .head = "Content-Type: application/octet-stream\r\n");
}

static void a_redirect_passes_it_on(void **state)
{
    (void)state;
    page(NOIMAGEAI "<img src=a.gif>");
    DENIED(.url = "http://h.example/a.gif", .status = 302,
           .head = "Location: http://cdn.example/z.gif\r\n");
    DENIED(.url = "http://cdn.example/z.gif");
    CLEAR(.url = "http://h.example/next", .status = 302, .head = "Location: /y\r\n", .referer = PAGE);
}

/* ---- what is said ---- */

static void a_robot_is_told_of_what_is_said_to_it(void **state)
{
    (void)state;
    page("<meta name=ccbot content=noimageai><img src=a.gif>");
    CLEAR(.url = "http://h.example/a.gif");
    DENIED(.url = "http://h.example/a.gif", .profile = "bot");
}

static void rsl_is_of_the_images_that_it_names(void **state)
{
    (void)state;
    page("<script type=application/rsl+xml><rsl xmlns=\"https://rslstandard.org/rsl\">"
         "<content url=\"/img/*.gif$\"><license><prohibits type=\"usage\">ai-train</prohibits></license>"
         "</content></rsl></script><img src=img/a.gif><img src=img/b.gif?x><img src=c.gif>"
         "<img src=http://o.example/img/a.gif>");
    DENIED(.url = "http://h.example/img/a.gif");
    CLEAR(.url = "http://h.example/img/b.gif?x");
    CLEAR(.url = "http://h.example/c.gif");
    CLEAR(.url = "http://o.example/img/a.gif");
    CLEAR(.url = "http://h.example/img/z.gif", .referer = PAGE); /* the page embeds it not */
}

/* JSON-LD says it of one; of one that it does not name nobody is told. */
static void structured_data_is_of_the_image_that_it_names(void **state)
{
#define NOTICE "\"copyrightNotice\":\"No part of this may be used to train artificial intelligence.\""
    (void)state;
    phrases = phrases_builtin();
    page("<base href=/x/><script type=application/ld+json>[{\"@context\":\"https://schema.org\","
         "\"@type\":\"ImageObject\",\"contentUrl\":\"a.gif\"," NOTICE "},"
         "{\"@context\":\"https://schema.org\",\"@type\":\"ImageObject\"," NOTICE "}]</script>"
         "<img src=a.gif><img src=b.gif>");
    DENIED(.url = "http://h.example/x/a.gif");
    CLEAR(.url = "http://h.example/x/b.gif");
    CLEAR(.url = "http://h.example/x/b.gif", .referer = PAGE);
    phrases = NULL;
}

/* Its own permission lifts nothing, and a page that says nothing of its images allows nothing. */
static void it_restricts_and_never_allows(void **state)
{
    (void)state;
    page(NOIMAGEAI "<img src=a.gif>");
    DENIED(.url = "http://h.example/a.gif",
           .head = "Content-Type: image/gif\r\nContent-Usage: train-ai=y\r\ntdm-reservation: 0\r\n");
    DENIED(.url = "http://h.example/z.gif", .head = "Content-Type: image/gif\r\nX-Robots-Tag: noai\r\n",
           .referer = PAGE);
}

static void more_than_is_kept_is_undecided(void **state)
{
    char body[4096] = "";
    (void)state;
    for (unsigned i = 0; i <= IMAGE_STATEMENTS; i++) {
        size_t n = strlen(body);
        snprintf(body + n, sizeof body - n, "<meta name=bot%u content=noimageai>", i);
    }
    strcat(body, "<img src=a.gif>");
    page(body);
    expect(DECISION_UNDECIDED, (struct ask){ .url = "http://h.example/a.gif" });
    expect(DECISION_UNDECIDED, (struct ask){ .url = "http://h.example/b.gif", .referer = PAGE });
}

/* ---- how long ---- */

static void a_page_that_says_it_no_more_frees_them(void **state)
{
    (void)state;
    page(NOIMAGEAI "<img src=a.gif>");
    DENIED(.url = "http://h.example/a.gif");
    struct ask half = { .url = PAGE, .head = "Content-Type: text/html\r\n",
                        .body = SLICE("<img src=a.gif>"), .end = INSPECT_TRUNCATED };
    expect(DECISION_UNDECIDED, half);
    DENIED(.url = "http://h.example/a.gif"); /* half a page says not what the rest says */
    page("<img src=a.gif>");
    CLEAR(.url = "http://h.example/a.gif");
    CLEAR(.url = "http://h.example/a.gif", .referer = PAGE);
}

/* Half of a page, or its head, says nothing of the images behind; two whole ones do. */
static void a_page_that_is_read_in_part_frees_none(void **state)
{
    struct ask half = { .url = PAGE, .head = "Content-Type: text/html\r\n",
                        .body = SLICE(NOIMAGEAI "<img src=b.gif>"), .end = INSPECT_TRUNCATED };
    (void)state;
    page(NOIMAGEAI "<img src=a.gif>");
    for (int i = 0; i < 3; i++) {
        clock_advance(1000);
        expect(DECISION_UNDECIDED, half);
        expect(DECISION_CLEAR, (struct ask){ .url = PAGE, .head = "X-Robots-Tag: noimageai\r\n" });
        DENIED(.url = "http://h.example/a.gif");
    }
    DENIED(.url = "http://h.example/b.gif");
    clock_advance(1000);
    page(NOIMAGEAI "<img src=c.gif>");
    DENIED(.url = "http://h.example/a.gif");
    clock_advance(1000);
    page(NOIMAGEAI "<img src=c.gif>");
    CLEAR(.url = "http://h.example/a.gif");
    DENIED(.url = "http://h.example/c.gif");
}

static void it_is_over_with_the_page(void **state)
{
    (void)state;
    page_with("Content-Type: text/html\r\nCache-Control: max-age=600\r\n", NOIMAGEAI "<img src=a.gif>");
    clock_advance(599 * 1000);
    DENIED(.url = "http://h.example/a.gif");
    /* An unchanged page goes on to say it. */
    expect(DECISION_UNDECIDED, (struct ask){ .url = PAGE, .status = 304,
                                             .head = "Cache-Control: max-age=600\r\n" });
    clock_advance(599 * 1000);
    DENIED(.url = "http://h.example/a.gif");
    clock_advance(2000);
    CLEAR(.url = "http://h.example/a.gif");
    CLEAR(.url = "http://h.example/a.gif", .referer = PAGE);
    page_with("Content-Type: text/html\r\nCache-Control: no-store\r\n", NOIMAGEAI "<img src=a.gif>");
    clock_advance(299 * 1000);
    DENIED(.url = "http://h.example/a.gif");
    clock_advance(2000);
    CLEAR(.url = "http://h.example/a.gif");
    page_with("Content-Type: text/html\r\nCache-Control: max-age=999999\r\n", NOIMAGEAI "<img src=a.gif>");
    clock_advance(86399u * 1000);
    DENIED(.url = "http://h.example/a.gif");
    clock_advance(2000);
    CLEAR(.url = "http://h.example/a.gif");
}

/* ---- before anything is fetched ---- */

static bool refuses(const char *url, const char *head, const char *method)
{
    struct arena a = test_arena();
    struct judge j;
    struct ask q = { .url = url };
    begin(&j, &a, &q);
    j.exchange.method = slice_cstr(method);
    assert_int_equal(headers_parse(&j.exchange.request, &a, slice_cstr(head)), OPTOUT_OK);
    judge_open_request(&j);
    bool refused = judge_settle_site(&j);
    if (refused) {
        assert_int_equal(j.record.signals->n, 1);
        assert_slice(j.record.signals->v[0].page, PAGE);
    }
    arena_reset(&a);
    return refused;
}

static void a_request_for_an_image_is_refused(void **state)
{
    (void)state;
    page(NOIMAGEAI "<img src=a.gif?v=1><img src=/b>");
    assert_true(refuses("http://h.example/a.gif?v=1", "X: y\r\n", "GET"));
    assert_true(refuses("http://h.example/b", "Sec-Fetch-Dest: image\r\n", "GET"));
    assert_true(refuses("http://h.example/b", "Accept: image/avif,*/*\r\n", "HEAD"));
    assert_true(refuses("http://h.example/z.jpg", "Referer: " PAGE "\r\n", "GET"));
    assert_false(refuses("http://h.example/b", "X: y\r\n", "GET"));
    assert_false(refuses("http://h.example/b", "Accept: */*\r\n", "GET"));
    assert_false(refuses("http://h.example/a.gif?v=1", "Sec-Fetch-Dest: document\r\n", "GET"));
    assert_false(refuses("http://h.example/a.gif?v=1", "X: y\r\n", "POST"));
    assert_false(refuses("http://h.example/c.gif", "X: y\r\n", "GET"));
}

/* ---- hostile ---- */

static void a_hundred_thousand_images_stay_bounded(void **state)
{
    (void)state;
    struct arena a = test_arena();
    struct judge j;
    size_t n = 0, size = 8u << 20;
    char *body = malloc(size);
    assert_non_null(body);
    n += (size_t)snprintf(body, size, NOIMAGEAI);
    for (unsigned i = 0; i < 100000; i++)
        n += (size_t)snprintf(body + n, size - n, "<img src=/%u.gif srcset='/s%u.gif 1x'>", i, i);
    uint64_t began = clock_mono_us();
    answer(&j, &a, (struct ask){ .url = PAGE, .head = "Content-Type: text/html\r\n",
                                 .body = slice_of(body, n) });
    uint64_t took = clock_mono_us() - began;
    assert_true(a.used < 1u << 20);
    assert_int_equal(image_map_take_lost(map), 200000 - IMAGES_OF_PAGE_MAX);
    assert_true(took < 5000000); /* some 0.1 s; the machine may be busy */
    print_message("200000 images in %llu us\n", (unsigned long long)took);
    arena_reset(&a);
    free(body);
    DENIED(.url = "http://h.example/0.gif");
    CLEAR(.url = "http://h.example/99999.gif");
    DENIED(.url = "http://h.example/99999.gif", .referer = PAGE);
}

static void without_a_map_nothing_is_told(void **state)
{
    (void)state;
    image_map_free(map);
    map = NULL;
    page(NOIMAGEAI "<img src=a.gif>");
    CLEAR(.url = "http://h.example/a.gif", .referer = PAGE);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, fresh_map, free_map)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(an_image_has_what_its_page_says),
        CASE(the_head_of_the_answer_is_enough),
        CASE(all_that_embeds_is_found),
        CASE(a_header_says_it_of_all),
        CASE(a_late_statement_reaches_what_follows),
        CASE(a_referer_is_a_page_not_an_origin),
        CASE(what_is_no_image_is_left_alone),
        CASE(a_redirect_passes_it_on),
        CASE(a_robot_is_told_of_what_is_said_to_it),
        CASE(rsl_is_of_the_images_that_it_names),
        CASE(structured_data_is_of_the_image_that_it_names),
        CASE(it_restricts_and_never_allows),
        CASE(more_than_is_kept_is_undecided),
        CASE(a_page_that_says_it_no_more_frees_them),
        CASE(a_page_that_is_read_in_part_frees_none),
        CASE(it_is_over_with_the_page),
        CASE(a_request_for_an_image_is_refused),
        CASE(a_hundred_thousand_images_stay_bounded),
        CASE(without_a_map_nothing_is_told),
    };
    return cmocka_run_group_tests_name("images", tests, NULL, NULL);
}
