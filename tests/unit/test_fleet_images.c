/* SPDX-License-Identifier: Apache-2.0 */
/* test_fleet_images.c - what a page says of its images on one node reaches them on another: what the
 * filter tells its daemon, and what it finds in the map that the daemon of the other node keeps. */
#include "unit.h"

#include "core/clock.h"
#include "folder.h"
#include "policy/config.h"
#include "site/message.h"
#include "verdict/fleet_images.h"
#include "verdict/images.h"
#include "verdict/joins.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PAGE "http://h.example/p"
#define NOIMAGEAI "<meta name=robots content=noimageai><p>"
#define NOW 1795500000000

/* The node that speaks has a socket of a daemon, the other a folder with what it was told. */
static struct config config;
static struct image_map *local, *fleet;
static int listener = -1;

static void answer(struct judge *j, struct arena *a, const char *url, const char *request,
                   const char *head, const char *body, int status)
{
    struct judge_basis basis = { .config = &config, .images = local, .learns = true };
    memset(j, 0, sizeof *j);
    judge_begin(j, &basis, config_profile(&config, SLICE_EMPTY), a);
    j->exchange.method = SLICE_OF("GET");
    j->exchange.url = slice_cstr(url);
    j->exchange.status = status;
    j->exchange.has_body = true;
    assert_int_equal(headers_parse(&j->exchange.request, a, slice_cstr(request)), OPTOUT_OK);
    assert_int_equal(headers_parse(&j->exchange.response, a, slice_cstr(head)), OPTOUT_OK);
    assert_int_equal(judge_open(j), OPTOUT_OK);
    (void)judge_feed(j, slice_cstr(body));
    judge_settle(j, INSPECT_WHOLE, false);
    judge_close_record(j, INSPECT_WHOLE, j->decision.action, 0);
    judge_remember(j, INSPECT_WHOLE);
}

static void page(const char *url, const char *body)
{
    struct arena a = test_arena();
    struct judge j;
    snprintf(config.site_socket, sizeof config.site_socket, "%s/sock", dir);
    config.site_store[0] = '\0';
    answer(&j, &a, url, "X: \r\n", "Content-Type: text/html\r\n", body, 200);
    arena_reset(&a);
}

/* How many statements of pages an image has on the other node. */
static size_t statements(const char *url, const char *request, const char *head, int status)
{
    struct arena a = test_arena();
    struct judge j;
    size_t n = 0;
    config.site_socket[0] = '\0';
    snprintf(config.site_store, sizeof config.site_store, "%s", dir);
    answer(&j, &a, url, request, head, "GIF89a\1", status);
    const struct signals *s = inspect_signals(j.inspection);
    for (size_t i = 0; i < s->n; i++)
        if (s->v[i].scope == SCOPE_EMBEDDED_IMAGES && s->v[i].page.n) {
            assert_int_equal(s->v[i].prefs.of[USAGE_TRAIN_AI], PREF_DENY);
            n++;
        }
    arena_reset(&a);
    return n;
}

#define IMAGE_HEAD "Content-Type: image/gif\r\n"
static size_t image(const char *url)
{
    return statements(url, "X: \r\n", IMAGE_HEAD, 200);
}

/* What the daemon is told since it was asked last; false: nothing. */
static bool told(struct joins *j, struct buf *in)
{
    struct message m;
    size_t used;
    buf_clear(in);
    int fd = accept(listener, NULL, NULL);
    if (fd < 0)
        return false;
    for (uint8_t *p; (p = buf_room(in, 65536));) {
        ssize_t n = recv(fd, p, 65536, MSG_DONTWAIT);
        if (n <= 0)
            break;
        in->n += (size_t)n;
    }
    close(fd);
    if (message_read(buf_slice(in), &m, &used) != OPTOUT_OK || used != in->n)
        return false;
    assert_int_equal(m.verb, MESSAGE_IMAGES);
    assert_int_equal(m.n, 1);
    assert_true(joins_read(m.field[0], clock_wall_ms(), j));
    return true;
}

static bool tell(struct joins *j)
{
    static struct buf in;
    buf_free(&in);
    buf_init(&in, 1u << 20);
    if (!told(j, &in))
        return false;
    assert_true(joins_apply(j, fleet, clock_wall_ms()));
    return true;
}

static int begin(void **state)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    char path[128];
    make_dir(state);
    config_init(&config);
    clock_freeze(NOW);
    snprintf(at.sun_path, sizeof at.sun_path, "%s/sock", dir);
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(listener, 16), 0);
    snprintf(path, sizeof path, "%s/%s", dir, FLEET_IMAGES_FILE);
    fleet = image_map_create(path, 0);
    local = image_map_make(0);
    clock_advance(1001); /* the file of the case before is another */
    return !fleet || !local;
}

static int end(void **state)
{
    close(listener);
    image_map_free(local);
    image_map_free(fleet);
    return drop_dir(state);
}

/* The other node has nothing in its own map. */
static void to_other_node(void)
{
    image_map_free(local);
    local = image_map_make(0);
    assert_non_null(local);
}

static void an_image_is_known_on_another_node(void **state)
{
    struct joins j;
    (void)state;
    page(PAGE, NOIMAGEAI "<img src=a.gif><img src=http://cdn.example/b.gif>");
    assert_true(tell(&j));
    assert_true(j.whole);
    assert_slice(slice_of(j.page.url, j.page.n_url), PAGE);
    to_other_node();
    assert_int_equal(image("http://h.example/a.gif"), 1);
    assert_int_equal(image("http://cdn.example/b.gif"), 1);
    assert_int_equal(image("http://cdn.example/c.gif"), 0);
    assert_int_equal(statements("http://cdn.example/c.gif", "Referer: " PAGE "\r\n", IMAGE_HEAD, 200), 1);
}

static void an_image_that_leads_on_leads_what_is_said_on(void **state)
{
    struct joins j;
    (void)state;
    page(PAGE, NOIMAGEAI "<img src=a.gif>");
    assert_true(tell(&j));
    to_other_node();
    (void)statements("http://h.example/a.gif", "X: \r\n", "Location: http://x.example/y.gif\r\n", 302);
    assert_int_equal(image("http://x.example/y.gif"), 1);
    clock_advance(301000);
    assert_int_equal(image("http://x.example/y.gif"), 0);
}

static void a_silent_page_is_told_where_it_spoke(void **state)
{
    struct joins j;
    (void)state;
    page(PAGE, "<p><img src=a.gif>"); /* it never said anything */
    assert_false(tell(&j));
    page(PAGE, NOIMAGEAI "<img src=a.gif>");
    assert_true(tell(&j));
    to_other_node();
    assert_int_equal(image("http://h.example/a.gif"), 1);
    clock_advance(1000);
    struct arena a = test_arena();
    struct judge judge;
    snprintf(config.site_socket, sizeof config.site_socket, "%s/sock", dir);
    answer(&judge, &a, PAGE, "X: \r\n", "Content-Type: text/html\r\n", "<p><img src=a.gif>", 200);
    arena_reset(&a);
    assert_true(tell(&j));
    assert_int_equal(j.page.n, 0);
    assert_int_equal(image("http://h.example/a.gif"), 0);
}

/* The map of the node itself, where the page was read before, has it still. */
static void what_another_node_saw_later_counts(void **state)
{
    struct joins j;
    (void)state;
    page(PAGE, NOIMAGEAI "<img src=a.gif>");
    assert_true(tell(&j));
    assert_int_equal(image("http://h.example/a.gif"), 1);
    clock_advance(1000);
    struct joins silent = { .of = j.of, .page = j.page, .read_ms = clock_wall_ms(), .whole = true };
    silent.page.n = silent.page.general = 0;
    assert_true(joins_apply(&silent, fleet, clock_wall_ms()));
    assert_int_equal(image("http://h.example/a.gif"), 0);
    assert_int_equal(statements("http://h.example/z.gif", "Referer: " PAGE "\r\n", IMAGE_HEAD, 200), 0);
    assert_false(joins_apply(&j, fleet, clock_wall_ms()));
    clock_advance(1000);
    page(PAGE, NOIMAGEAI "<img src=a.gif>");
    assert_int_equal(image("http://h.example/a.gif"), 1);
    assert_true(tell(&j));
    to_other_node();
    assert_int_equal(image("http://h.example/a.gif"), 1);
}

static void it_ends_with_this_nodes_time(void **state)
{
    struct joins j;
    (void)state;
    page(PAGE, NOIMAGEAI "<img src=a.gif>");
    assert_true(tell(&j));
    to_other_node();
    config.image_time_s = 400;
    assert_int_equal(image("http://h.example/a.gif"), 1);
    clock_advance(400000);
    assert_int_equal(image("http://h.example/a.gif"), 0);
    assert_int_equal(statements("http://h.example/z.gif", "Referer: " PAGE "\r\n", IMAGE_HEAD, 200), 0);
}

static void a_query_that_is_not_kept_is_not_told(void **state)
{
    struct joins j;
    (void)state;
    config.audit_query = AUDIT_QUERY_DROP;
    page(PAGE "?who=me", NOIMAGEAI "<img src=a.gif>");
    assert_true(tell(&j));
    assert_slice(slice_of(j.page.url, j.page.n_url), PAGE);
    to_other_node();
    assert_int_equal(image("http://h.example/a.gif"), 1);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(an_image_is_known_on_another_node),
        CASE(an_image_that_leads_on_leads_what_is_said_on),
        CASE(a_silent_page_is_told_where_it_spoke),
        CASE(what_another_node_saw_later_counts),
        CASE(it_ends_with_this_nodes_time),
        CASE(a_query_that_is_not_kept_is_not_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
