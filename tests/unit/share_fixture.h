/* SPDX-License-Identifier: Apache-2.0 */
/* share_fixture.h - a Redis server per test and up to three nodes on one loop.
 * Included by test_share.c alone. */
#ifndef OPTOUT_TESTS_SHARE_FIXTURE_H
#define OPTOUT_TESTS_SHARE_FIXTURE_H

#include "unit.h"

#include "core/buf.h"
#include "core/clock.h"
#include "daemon/loop.h"
#include "daemon/share.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NODES 3
#define TIMEOUT_MS 300u
#define STEP_US 5000
#define FETCHED 1700000000000 /* of every value that is put */

struct node {
    struct share *s;
    unsigned changed, told;
    int64_t last_fetched;
    uint8_t last_key[64];
    size_t last_key_n;
    char text[400]; /* as last told */
    void (*on_changed)(struct node *n, struct slice key);
};

static struct {
    char dir[64];
    unsigned port;
    pid_t pid;
    redisContext *admin;
    struct loop *loop;
    struct node node[NODES];
} t;

struct got {
    int calls;
    enum share_result r;
    size_t n;
    uint8_t value[64]; /* the first bytes */
};

static int64_t now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* --- the server --- */

static bool have_redis(void)
{
    return system("redis-server --version >/dev/null 2>&1") == 0;
}

/* Begins a test that needs Redis, or skips it loudly. */
#define NEEDS_REDIS()                                                           \
    do {                                                                        \
        if (!have_redis()) {                                                    \
            print_message("# SKIP redis-server is missing: nothing was tested\n"); \
            skip();                                                             \
        }                                                                       \
    } while (0)

static unsigned free_port(void)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &size), 0);
    close(fd);
    return ntohs(a.sin_port);
}

static const char *socket_path(void)
{
    static char path[96];
    snprintf(path, sizeof path, "%s/redis.sock", t.dir);
    return path;
}

/* `tls`: on the port, with DIR/cert.pem and DIR/key.pem; the socket has none. */
static void launch(bool tls)
{
    char port[8], cert[96], key[96];
    snprintf(port, sizeof port, "%u", t.port);
    snprintf(cert, sizeof cert, "%s/cert.pem", t.dir);
    snprintf(key, sizeof key, "%s/key.pem", t.dir);
    pid_t parent = getpid();
    t.pid = fork();
    assert_true(t.pid >= 0);
    if (t.pid > 0)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    execlp("redis-server", "redis-server", "--port", tls ? "0" : port, "--bind", "127.0.0.1",
           "--unixsocket", socket_path(), "--save", "", "--appendonly", "no", "--dir", t.dir,
           "--logfile", "log", "--enable-debug-command", "yes", tls ? "--tls-port" : NULL, port,
           "--tls-cert-file", cert, "--tls-key-file", key, "--tls-auth-clients", "no", NULL);
    _exit(127);
}

static void connect_admin(void)
{
    int64_t end = now_ms() + 8000;
    for (;;) {
        t.admin = redisConnectUnix(socket_path());
        if (t.admin && !t.admin->err)
            break;
        if (t.admin)
            redisFree(t.admin);
        t.admin = NULL;
        if (now_ms() > end)
            fail_msg("redis-server does not start, see %s/log", t.dir);
        usleep(5000);
    }
}

static void make_dir(void)
{
    strcpy(t.dir, "/tmp/test_share.XXXXXX");
    assert_non_null(mkdtemp(t.dir));
    t.port = free_port();
}

static void start_server(void)
{
    if (!t.dir[0])
        make_dir();
    launch(false);
    connect_admin();
}

static void end_server(void)
{
    if (t.admin)
        redisFree(t.admin);
    t.admin = NULL;
    if (t.pid > 0) {
        kill(t.pid, SIGKILL);
        waitpid(t.pid, NULL, 0);
    }
    t.pid = 0;
}

/* The integer of the reply, or 1 for a status; fails on an error. */
static long long admin_int(redisReply *r)
{
    assert_non_null(r);
    if (r->type == REDIS_REPLY_ERROR)
        fail_msg("%s", r->str);
    long long v = r->type == REDIS_REPLY_INTEGER ? r->integer : r->type != REDIS_REPLY_NIL;
    freeReplyObject(r);
    return v;
}

/* hiredis' formats, of which %b is not printf's. */
static redisReply *admin(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    redisReply *r = redisvCommand(t.admin, format, ap);
    va_end(ap);
    return r;
}
#define ADMIN(...) admin_int(admin(__VA_ARGS__))

/* --- nodes --- */

static void on_changed(void *ctx, struct slice key, int64_t fetched_ms)
{
    struct node *n = ctx;
    n->changed++;
    n->last_fetched = fetched_ms;
    n->last_key_n = key.n < sizeof n->last_key ? key.n : sizeof n->last_key;
    memcpy(n->last_key, key.p, n->last_key_n);
    if (n->on_changed)
        n->on_changed(n, key);
    loop_stop(t.loop);
}

static void on_told(void *ctx, const char *text)
{
    struct node *n = ctx;
    n->told++;
    snprintf(n->text, sizeof n->text, "%s", text);
    loop_stop(t.loop);
}

static const char *tcp_url(void)
{
    static char url[64];
    snprintf(url, sizeof url, "redis://127.0.0.1:%u", t.port);
    return url;
}

static void open_with(size_t i, struct share_options o)
{
    static const char *const names[NODES] = { "node a", "node b", "node c" };
    char why[200] = "";
    struct node *n = &t.node[i];
    o.loop = t.loop;
    o.node = names[i];
    o.timeout_ms = o.timeout_ms ? o.timeout_ms : TIMEOUT_MS;
    o.changed = on_changed;
    o.told = on_told;
    o.ctx = n;
    n->s = share_open(&o, why, sizeof why);
    if (!n->s)
        fail_msg("%s", why);
}

static void open_url(size_t i, const char *url)
{
    open_with(i, (struct share_options){ .url = url });
}

static void close_node(size_t i)
{
    share_close(t.node[i].s);
    t.node[i].s = NULL;
}

/* --- the loop --- */

static void end_step(void *ctx)
{
    loop_stop(ctx);
}

/* Until somebody was told something, and no longer than STEP_US. */
static void step(void)
{
    struct timer end = { .fire = end_step, .ctx = t.loop };
    assert_true(loop_timer(t.loop, &end, STEP_US));
    loop_run(t.loop);
    loop_timer_stop(t.loop, &end);
}

static void run_ms(int64_t ms)
{
    int64_t end = now_ms() + ms;
    while (now_ms() < end)
        step();
}

#define RUN_UNTIL(cond, ms)                                                   \
    do {                                                                      \
        int64_t end_ = now_ms() + (ms);                                       \
        while (!(cond) && now_ms() < end_)                                    \
            step();                                                           \
        if (!(cond))                                                          \
            fail_msg("after %d ms still not: %s; last told: %s, %s, %s", (int)(ms), #cond, \
                     t.node[0].text, t.node[1].text, t.node[2].text);          \
    } while (0)

static bool is_connected(size_t i)
{
    struct share_stat st;
    share_stat(t.node[i].s, &st);
    return st.connected;
}

static long long subscribers(void)
{
    redisReply *r = admin("PUBSUB NUMSUB optout:1:changed");
    assert_non_null(r);
    assert_int_equal(r->type, REDIS_REPLY_ARRAY);
    long long n = r->element[1]->integer;
    freeReplyObject(r);
    return n;
}

static void open_fleet(size_t nodes, const struct share_options *o)
{
    for (size_t i = 0; i < nodes; i++)
        open_with(i, *o);
    for (size_t i = 0; i < nodes; i++)
        RUN_UNTIL(is_connected(i), 2000);
    RUN_UNTIL(subscribers() == (long long)nodes, 2000);
}

static void on_got(void *ctx, enum share_result r, struct slice value)
{
    struct got *g = ctx;
    g->calls++;
    g->r = r;
    g->n = value.n;
    memcpy(g->value, value.p ? value.p : g->value, value.n < 64 ? value.n : 64);
    loop_stop(t.loop);
}

/* Asks and waits for the answer, which must come once. */
static struct got ask(size_t node, struct slice key, bool lease, bool refresh)
{
    struct got g = { .calls = 0 };
    share_get(t.node[node].s, key, lease, refresh, on_got, &g);
    RUN_UNTIL(g.calls, 2000);
    assert_int_equal(g.calls, 1);
    return g;
}

#define assert_answer(node, key, lease, refresh, want) \
    assert_int_equal(ask(node, SLICE_OF(key), lease, refresh).r, want)

static int set_up(void **state)
{
    (void)state;
    memset(&t, 0, sizeof t);
    t.loop = loop_new();
    return t.loop ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    char command[100];
    for (size_t i = 0; i < NODES; i++)
        share_close(t.node[i].s);
    loop_free(t.loop);
    end_server();
    if (t.dir[0]) {
        snprintf(command, sizeof command, "rm -rf '%s'", t.dir);
        return system(command);
    }
    return 0;
}

#endif
