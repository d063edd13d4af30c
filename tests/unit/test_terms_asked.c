/* SPDX-License-Identifier: Apache-2.0 */
/* test_terms_asked.c - pages of terms that optoutd is told of, by the filter and by other nodes, and what
 * it finds. */
#include "terms_fixture.h"

#include "site/message.h"
#include "verdict/terms.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* ---- pages that are asked for ---- */

static struct terms_page asked_page(const char *url, unsigned mark, size_t n)
{
    struct terms_page p = page_of(url, mark, n);
    memset(p.id, 0, sizeof p.id);
    p.asked = p.fetched = true;
    return p;
}

static struct terms_known known(const char *url)
{
    return terms_known(site_store(site), SLICE_OF(ORIGIN), slice_cstr(url), clock_wall_ms());
}

static void assert_bundle(const char *want)
{
    struct found f;
    look(&f, ORIGIN "/story");
    struct slice text = f.result.n ? f.result.reliance[0].bundle : SLICE_EMPTY;
    if (slice_find_nocase(text, slice_cstr(want)) >= text.n)
        fail_msg("%.*s lacks %s", SLICE_FMT(text), want);
    arena_reset(&f.arena);
}

static void what_was_asked_for_is_known_to_say_nothing(void **state)
{
    struct terms_page nothing = asked_page(ORIGIN "/legal", 1, 0);
    (void)state;
    assert_false(known(ORIGIN "/legal").fresh);
    assert_int_equal(known(ORIGIN "/legal").asked, 0);
    put_at(ORIGIN, &nothing);
    assert_true(known(ORIGIN "/legal").fresh);
    assert_false(known(TERMS).fresh);
    assert_int_equal(known(TERMS).asked, 1);
    assert_int_equal(told(ORIGIN "/"), 0);
    assert_bundle("\"state\":\"none\",\"url\":\"" ORIGIN "/legal\"");
    put_page(ORIGIN "/legal", 2, 1); /* a client got it: it is still one that was asked for */
    assert_int_equal(told(ORIGIN "/"), 1);
    assert_bundle("\"source\":\"passive\"");
    put_page(ORIGIN "/legal", 3, 0);
    assert_true(known(ORIGIN "/legal").fresh);
    assert_int_equal(known(TERMS).asked, 1);
    clock_advance((uint32_t)(10 * DAY + 1000));
    assert_false(known(ORIGIN "/legal").fresh);
    assert_int_equal(known(TERMS).asked, 0);
}

static void who_read_it_first_is_right(void **state)
{
    struct terms_page lost = asked_page(TERMS, 9, 0), late = asked_page(ORIGIN "/legal", 8, 2);
    (void)state;
    lost.unread = true;
    lost.has_sha256 = false;
    put_page(TERMS, 1, 1);
    put_at(ORIGIN, &lost); /* asked for meanwhile, and not had */
    assert_int_equal(told(ORIGIN "/"), 1);
    lost.url = SLICE_OF(ORIGIN "/lost");
    put_at(ORIGIN, &lost);
    assert_true(known(ORIGIN "/lost").fresh);
    assert_bundle("\"state\":\"unreachable\",\"url\":\"" ORIGIN "/lost\"");
    put_at(ORIGIN, &late);
    assert_int_equal(told(ORIGIN "/"), 3);
    assert_bundle("\"source\":\"fetched\"");
}

/* However many others there are. */
static void what_was_asked_for_stays(void **state)
{
    char url[64];
    (void)state;
    for (unsigned i = 0; i < TERMS_ASKED_MAX; i++) {
        snprintf(url, sizeof url, ORIGIN "/asked/%u", i);
        struct terms_page p = asked_page(url, i, 0);
        p.expires_ms = now + DAY; /* the first to end */
        put_at(ORIGIN, &p);
    }
    for (unsigned i = 0; i < 3 * TERMS_PAGES; i++) {
        snprintf(url, sizeof url, ORIGIN "/%u", i);
        put_page(url, i, 1);
    }
    assert_int_equal(known(TERMS).asked, TERMS_ASKED_MAX);
    assert_int_equal(told(ORIGIN "/"), TERMS_PAGES - TERMS_ASKED_MAX);
}

static struct terms_page read_page(const char *head, int status, const char *body, bool whole,
                                   struct arena *a)
{
    struct exchange x = { .method = SLICE("GET"), .url = SLICE(TERMS), .minor = 1,
                          .status = status, .has_body = true };
    struct terms_page page;
    assert_int_equal(headers_parse(&x.response, a, slice_cstr(head)), OPTOUT_OK);
    struct terms_reading r = { &x, slice_cstr(body), whole, phrases_builtin(), now };
    assert_int_equal(terms_read(a, &r, &page), OPTOUT_OK);
    return page;
}

static void fetched_pages_are_read_as_passing_ones(void **state)
{
    static const char html[] = "Content-Type: text/HTML; charset=utf-8\r\n";
    struct arena a = test_arena();
    struct terms_page p = read_page(html, 200, "<p>" SENTENCE, true, &a);
    (void)state;
    assert_int_equal(p.n, 1);
    assert_slice(p.hit[0].text, SENTENCE);
    assert_int_equal(p.hit[0].prefs.of[USAGE_TRAIN_AI], PREF_DENY);
    assert_true(p.fetched && p.has_sha256 && !p.unread);
    assert_int_equal(p.expires_ms, now + 30 * DAY);
    p = read_page("Content-Type: text/html\r\nCache-Control: max-age=60\r\n", 200, "<p>x", true, &a);
    assert_true(!p.n && !p.unread);
    assert_int_equal(p.expires_ms, now + 7 * DAY);
    p = read_page(html, 200, "<p>" SENTENCE "<p>x", false, &a); /* what it says it says */
    assert_true(p.n == 1 && !p.unread);
    p = read_page(html, 200, "<p>x", false, &a);
    assert_true(p.unread);
    assert_int_equal(p.expires_ms, now + DAY);
    p = read_page(html, 404, "<p>" SENTENCE, true, &a);
    assert_true(!p.n && p.unread);
    p = read_page("Content-Type: text/plain\r\n", 200, SENTENCE, true, &a);
    assert_true(!p.n && p.unread);
    p = read_page("", 200, "<p>" SENTENCE, true, &a);
    assert_true(!p.n && p.unread);
    arena_reset(&a);
}

/* ---- what other nodes tell ---- */

static void put_shared(const char *url, int64_t read_ms, size_t n)
{
    struct terms_page p = page_of(url, 7, n);
    p.expires_ms += read_ms - p.fetched_ms;
    p.fetched_ms = read_ms;
    p.shared = true;
    put_at(ORIGIN, &p);
}

static void advance(int64_t ms)
{
    clock_advance((uint32_t)ms);
    now = clock_wall_ms();
}

/* Whoever still has what was read before. */
static void what_was_read_last_counts(void **state)
{
    int64_t begun = now;
    (void)state;
    put_page(TERMS, 1, 1);
    advance(DAY);
    put_page(TERMS, 2, 0);
    assert_int_equal(told(ORIGIN "/"), 0);
    put_shared(TERMS, begun, 1);
    put_shared(TERMS, now - 1, 1);
    assert_int_equal(told(ORIGIN "/"), 0);
    put_shared(TERMS, now + 1, 1); /* a clock that is ahead */
    assert_int_equal(told(ORIGIN "/"), 1);
    put_page(TERMS, 2, 0); /* what is seen here goes before what comes from the future */
    assert_int_equal(told(ORIGIN "/"), 0);
    advance(12 * DAY); /* longer than it would have said anything */
    put_shared(TERMS, now - 12 * DAY - 1, 1);
    assert_int_equal(told(ORIGIN "/"), 0);
    put_shared(TERMS, now - 1, 1);
    assert_int_equal(told(ORIGIN "/"), 1);
    put_shared(TERMS, now, 0);
    assert_int_equal(told(ORIGIN "/"), 0);
    put_shared(ORIGIN "/unknown", now, 0); /* as another node saw it */
    put_shared(ORIGIN "/unknown", now - 1, 1);
    assert_int_equal(told(ORIGIN "/"), 0);
}

/* It could not be had: that is no newer sight. */
static void what_could_not_be_read_is_no_sight(void **state)
{
    struct terms_page unread = page_of(TERMS, 3, 0);
    (void)state;
    put_page(TERMS, 1, 1);
    put_page(TERMS, 2, 0);
    advance(11 * DAY);
    unread.unread = unread.asked = true;
    unread.fetched_ms = now;
    unread.expires_ms = now + DAY;
    put_at(ORIGIN, &unread);
    struct terms_known known = terms_known(site_store(site), SLICE_OF(ORIGIN), SLICE_OF(TERMS), now);
    assert_true(known.fresh && known.asked == 1);
    assert_int_equal(known.fetched_ms, now - 11 * DAY);
    advance(2 * DAY);
    put_shared(TERMS, now - 13 * DAY - 1, 1);
    assert_int_equal(told(ORIGIN "/"), 0);
}

/* However many say nothing, those that reserve have their places. */
static void silence_takes_no_place(void **state)
{
    char url[64];
    (void)state;
    for (unsigned i = 0; i < TERMS_PAGES; i++) {
        snprintf(url, sizeof url, ORIGIN "/%u", i);
        put_page(url, i, 1);
        put_page(url, i, i % 2);
    }
    for (unsigned i = 0; i < TERMS_PAGES / 2; i++) {
        snprintf(url, sizeof url, ORIGIN "/new/%u", i);
        put_page(url, i, 1);
    }
    assert_int_equal(told(ORIGIN "/"), TERMS_PAGES);
}

/* ---- what the daemon is told ---- */

static int listen_at(const char *path)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0 && strlen(path) < sizeof to.sun_path);
    memcpy(to.sun_path, path, strlen(path) + 1);
    assert_int_equal(bind(fd, (struct sockaddr *)&to, sizeof to), 0);
    assert_int_equal(listen(fd, 8), 0);
    return fd;
}

/* The next message on the connection that this thread keeps, opened when first told; false: none. */
static bool next_message(int at, int *peer, uint8_t *room, size_t size, struct message *m)
{
    struct pollfd waits = { .fd = at, .events = POLLIN };
    size_t used;
    if (*peer < 0 && poll(&waits, 1, 0) == 1)
        *peer = accept(at, NULL, NULL);
    ssize_t n = *peer < 0 ? -1 : recv(*peer, room, size, MSG_DONTWAIT);
    if (n <= 0)
        return false;
    assert_int_equal(message_read(slice_of(room, (size_t)n), m, &used), OPTOUT_OK);
    assert_int_equal(used, (size_t)n); /* and no other behind it */
    return true;
}

#define LINK(to) "<p>x<a rel=terms-of-service href='" to "'>T</a>"

static void the_daemon_is_told_of_links(void **state)
{
    struct site_document robots = { .kind = SITE_ROBOTS, .state = SITE_NONE, .status = 404,
                                    .fetched_ms = now, .expires_ms = now + DAY };
    uint8_t room[4096];
    struct message m;
    int peer = -1;
    (void)state;
    assert_int_equal(store_write(site_store(site), SLICE_OF(ORIGIN), &robots, 1, true), OPTOUT_OK);
    snprintf(config.site_socket, sizeof config.site_socket, "%s/sock", dir);
    int at = listen_at(config.site_socket);
    pass(ORIGIN "/a", LINK("/agb?x=1#top"), "GET", 200, true);
    assert_true(next_message(at, &peer, room, sizeof room, &m));
    assert_int_equal(m.verb, MESSAGE_TERMS);
    assert_int_equal(m.n, 3);
    assert_slice(m.field[0], ORIGIN "/agb?x=1");
    pass(ORIGIN "/b", LINK("/agb?x=1"), "GET", 200, true); /* not each time */
    pass(ORIGIN "/b", LINK("https://other.example/agb"), "GET", 200, true);
    put_page(TERMS, 1, 1);
    pass(ORIGIN "/b", LINK("/agb"), "GET", 200, true); /* known */
    assert_false(next_message(at, &peer, room, sizeof room, &m));
    clock_advance(301 * 1000);
    pass(ORIGIN "/b", LINK("/agb?x=1"), "GET", 200, true);
    assert_true(next_message(at, &peer, room, sizeof room, &m));
    close(peer);
    close(at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_was_asked_for_is_known_to_say_nothing),
        CASE(who_read_it_first_is_right),
        CASE(what_was_asked_for_stays),
        CASE(fetched_pages_are_read_as_passing_ones),
        CASE(what_was_read_last_counts),
        CASE(what_could_not_be_read_is_no_sight),
        CASE(silence_takes_no_place),
        CASE(the_daemon_is_told_of_links),
    };
    return cmocka_run_group_tests_name("terms_asked", tests, NULL, NULL);
}
