/* SPDX-License-Identifier: Apache-2.0 */
/* test_share.c - three nodes and a real Redis: one fetch for all, and what happens
 * when Redis, a node or a value is not as it should be. */
#include "share_fixture.h"

#include "daemon/share_reader.h"
#include "daemon/share_url.h"

static void urls_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *url, *host, *port, *path, *user, *password;
        unsigned db;
        bool tls;
    } good[] = {
        { "redis://h", "h", "6379", "", "", "", 0, false },
        { "redis://h/", "h", "6379", "", "", "", 0, false },
        { "REDIS://h:1/7", "h", "1", "", "", "", 7, false },
        { "rediss://u:p%40%3a%2F@[::1]:6380/2", "::1", "6380", "", "u", "p@:/", 2, true },
        { "redis://:secret@10.0.0.1", "10.0.0.1", "6379", "", "", "secret", 0, false },
        { "redis://u@h", "h", "6379", "", "u", "", 0, false },
        { "redis://u:a@b@h", "h", "6379", "", "u", "a@b", 0, false },
        { "unix:/run/redis.sock", "", "", "/run/redis.sock", "", "", 0, false },
        { "unix:///run/a%20b?db=15", "", "", "/run/a b", "", "", 15, false },
    };
    static const char *const bad[] = {
        "", "h", "http://h", "redis://", "redis://:6379", "redis://h:0", "redis://h:65536",
        "redis://h:", "redis://h:1x", "redis://h/x", "redis://h/65536", "redis://[::1",
        "redis://[]", "redis://[::1]x", "redis://u%4@h", "redis://u%00@h", "redis://h h",
        "redis://h?db=1", "unix:run", "unix:", "unix://host/run", "unix:/a?db=", "unix:/a?x=1",
        "unix:/a%zz",
    };
    char why[200];
    struct share_address a;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        if (!share_url_read(good[i].url, &a, why, sizeof why))
            fail_msg("%s: %s", good[i].url, why);
        assert_string_equal(a.host, good[i].host);
        assert_string_equal(a.port, good[i].port);
        assert_string_equal(a.path, good[i].path);
        assert_string_equal(a.user, good[i].user);
        assert_string_equal(a.password, good[i].password);
        assert_int_equal(a.db, good[i].db);
        assert_int_equal(a.tls, good[i].tls);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        why[0] = '\0';
        if (share_url_read(bad[i], &a, why, sizeof why))
            fail_msg("%s is taken", bad[i]);
        assert_true(why[0] != '\0');
    }
}

static void too_long_parts_are_refused(void **state)
{
    (void)state;
    char url[2400], why[200] = "", password[2000];
    struct share_address a;
    memset(password, 'x', sizeof password - 1);
    password[sizeof password - 1] = '\0';
    snprintf(url, sizeof url, "redis://:%s@h", password);
    assert_false(share_url_read(url, &a, why, sizeof why));
    assert_null(strstr(why, "xxx"));
    snprintf(url, sizeof url, "unix:/%s", password);
    assert_false(share_url_read(url, &a, why, sizeof why));
    struct share_options o = { .url = "redis://h", .password = password };
    assert_null(share_open(&o, why, sizeof why));
    assert_non_null(strstr(why, "too long"));
}

static void replies_are_bounded(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good, whole;
    } replies[] = {
        { "*8\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n", true, true },
        { "*9\r\n", false, false },
        { "*1000000000\r\n", false, false },
        { "$100\r\nabcdef", true, false },
        { "$100\r\nabcdefghijklmnopqrstuvwxyz", false, false },
        { "$3\r\nabc\r\n", true, true },
        { "?what\r\n", false, false },
    };
    for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
        struct share_reader *r = share_reader_new(20);
        redisReply *reply = NULL;
        assert_non_null(r);
        assert_true(share_reader_feed(r, replies[i].text, strlen(replies[i].text)));
        if (share_reader_next(r, &reply) != replies[i].good || !!reply != replies[i].whole)
            fail_msg("%s", replies[i].text);
        if (reply)
            freeReplyObject(reply);
        share_reader_free(r);
    }
}

/* --- one fetch for the fleet --- */

#define KEYS 300

static struct {
    unsigned fetched[KEYS], done;
    struct task {
        size_t node, key;
        bool waits, has;
    } task[NODES][KEYS];
} fleet;

static void fleet_ask(struct task *k);

static struct slice fleet_key(size_t i, char out[40])
{
    snprintf(out, 40, "robots.txt:https://%zu.test", i);
    return slice_cstr(out);
}

static void on_fleet_answer(void *ctx, enum share_result r, struct slice value)
{
    struct task *k = ctx;
    char key[40], body[60];
    struct slice name = fleet_key(k->key, key);
    snprintf(body, sizeof body, "what %s says", key);
    k->waits = r == SHARE_HELD;
    if (r == SHARE_LEASED) {
        fleet.fetched[k->key]++;
        share_put(t.node[k->node].s, name, slice_cstr(body), FETCHED, 60000);
    } else {
        assert_true(r == SHARE_FOUND || r == SHARE_HELD);
        if (r == SHARE_FOUND)
            assert_slice(value, body);
    }
    k->has = r != SHARE_HELD;
    fleet.done += k->has;
}

static void fleet_ask(struct task *k)
{
    char key[40];
    k->waits = false;
    share_get(t.node[k->node].s, fleet_key(k->key, key), true, false, on_fleet_answer, k);
}

static void ask_again(struct node *n, struct slice key)
{
    char text[40];
    snprintf(text, sizeof text, "%.*s", SLICE_FMT(key));
    size_t i = (size_t)strtoul(text + strlen("robots.txt:https://"), NULL, 10);
    struct task *k = &fleet.task[n - t.node][i];
    if (k->waits)
        fleet_ask(k);
}

static void each_key_is_fetched_once(void **state)
{
    (void)state;
    NEEDS_REDIS();
    start_server();
    memset(&fleet, 0, sizeof fleet);
    open_fleet(NODES, &(struct share_options){ .url = tcp_url(), .timeout_ms = 2000 });
    for (size_t n = 0; n < NODES; n++)
        t.node[n].on_changed = ask_again;
    for (size_t i = 0; i < KEYS; i++)
        for (size_t n = 0; n < NODES; n++) {
            fleet.task[n][i] = (struct task){ .node = n, .key = i };
            fleet_ask(&fleet.task[n][i]);
            if (i % 50 == n)
                step();
        }
    for (int round = 0; round < 50 && fleet.done < NODES * KEYS; round++) {
        run_ms(50);
        for (size_t i = 0; i < NODES * KEYS; i++) /* a message may come before its HELD */
            if (fleet.task[i / KEYS][i % KEYS].waits)
                fleet_ask(&fleet.task[i / KEYS][i % KEYS]);
    }
    assert_int_equal(fleet.done, NODES * KEYS);
    for (size_t i = 0; i < KEYS; i++)
        assert_int_equal(fleet.fetched[i], 1);
    RUN_UNTIL(t.node[0].changed + t.node[1].changed + t.node[2].changed == 2 * KEYS, 1000);
    assert_int_equal(ADMIN("EXISTS optout:1:lease:robots.txt:https://0.test"), 0);
    assert_true(ADMIN("PTTL optout:1:doc:robots.txt:https://0.test") > 50000);
}

static void a_dead_nodes_lease_runs_out(void **state)
{
    (void)state;
    NEEDS_REDIS();
    start_server();
    open_fleet(2, &(struct share_options){ .url = tcp_url(), .lease_ms = 400 });
    assert_answer(0, "k", true, false, SHARE_LEASED);
    assert_answer(1, "k", true, false, SHARE_HELD);
    assert_answer(1, "k", false, false, SHARE_ABSENT);
    close_node(0);
    assert_answer(1, "k", true, false, SHARE_HELD);
    run_ms(450);
    assert_answer(1, "k", true, false, SHARE_LEASED);
}

static void release_gives_back_only_what_is_ours(void **state)
{
    (void)state;
    NEEDS_REDIS();
    start_server();
    open_fleet(3, &(struct share_options){ .url = tcp_url(), .lease_ms = 150 });
    assert_answer(0, "k", true, false, SHARE_LEASED);
    share_release(t.node[0].s, SLICE_OF("k"));
    RUN_UNTIL(ADMIN("EXISTS optout:1:lease:k") == 0, 140);
    assert_answer(0, "k", true, false, SHARE_LEASED);
    run_ms(200); /* lost by time */
    close_node(2);
    open_with(2, (struct share_options){ .url = tcp_url(), .lease_ms = 10000 });
    RUN_UNTIL(is_connected(2), 1000);
    assert_answer(2, "k", true, false, SHARE_LEASED);
    share_release(t.node[0].s, SLICE_OF("k"));
    run_ms(50);
    assert_answer(1, "k", true, false, SHARE_HELD);
}

static void refresh_does_not_count_what_is_there(void **state)
{
    (void)state;
    NEEDS_REDIS();
    start_server();
    open_fleet(2, &(struct share_options){ .url = tcp_url() });
    share_put(t.node[0].s, SLICE_OF("k"), SLICE_OF("old"), FETCHED, 60000);
    RUN_UNTIL(t.node[1].changed == 1, 1000);
    assert_answer(1, "k", true, false, SHARE_FOUND);
    assert_answer(1, "k", true, true, SHARE_LEASED);
    assert_answer(0, "k", true, true, SHARE_HELD);
    assert_answer(0, "k", false, true, SHARE_ABSENT);
    assert_answer(0, "k", true, false, SHARE_FOUND);
    share_put(t.node[1].s, SLICE_OF("k"), SLICE_OF("new"), FETCHED, 300);
    RUN_UNTIL(t.node[0].changed == 1, 1000);
    struct got g = ask(0, SLICE_OF("k"), false, false);
    assert_slice(slice_of(g.value, g.n), "new");
    run_ms(350);
    assert_answer(0, "k", false, false, SHARE_ABSENT);
}

static void others_are_told_of_changes(void **state)
{
    (void)state;
    NEEDS_REDIS();
    start_server();
    open_fleet(3, &(struct share_options){ .url = tcp_url() });
    static const uint8_t odd[] = "tdmrep.json:\0 \r\n*3\r\n\xff\n%s";
    struct slice key = slice_of(odd, sizeof odd - 1);
    share_put(t.node[1].s, key, slice_of("\0\r\n", 3), FETCHED, 60000);
    RUN_UNTIL(t.node[0].changed == 1 && t.node[2].changed == 1, 1000);
    assert_true(slice_eq(slice_of(t.node[0].last_key, t.node[0].last_key_n), key));
    struct got g = ask(2, key, false, false);
    assert_int_equal(g.r, SHARE_FOUND);
    assert_true(slice_eq(slice_of(g.value, g.n), slice_of("\0\r\n", 3)));
    share_forget(t.node[0].s, key);
    RUN_UNTIL(t.node[1].changed == 1 && t.node[2].changed == 2, 1000);
    assert_int_equal(ask(2, key, false, false).r, SHARE_ABSENT);
    run_ms(50);
    assert_int_equal(t.node[0].changed, 1);
    assert_int_equal(t.node[1].changed, 1);
    assert_int_equal(t.node[0].last_fetched, FETCHED);
    assert_int_equal(t.node[2].last_fetched, SHARE_FORGOTTEN);
    ADMIN("PUBLISH optout:1:changed nospace"); /* not ours: nothing happens */
    ADMIN("PUBLISH optout:1:changed %b", "x ", (size_t)2);
    run_ms(50);
    assert_int_equal(t.node[2].changed, 2);
}

static void messages_of_every_form_are_understood(void **state)
{
    (void)state;
    NEEDS_REDIS();
    static const struct {
        const char *text, *key; /* key NULL: nothing happens */
        int64_t fetched_ms;
    } said[] = {
        { "0123456789012345:node k 1", "k 1", SHARE_FORGOTTEN },
        { "0123456789012345:n@1 k", "k", SHARE_FORGOTTEN },
        { "1700000000123@0123456789012345:n k", "k", 1700000000123 },
        { "0@f k", "k", 0 },
        { "9223372036854775807@f k", "k", SHARE_FORGOTTEN },
        { "99999999999999999999999@f k", "k", SHARE_FORGOTTEN },
        { "@f k", "k", SHARE_FORGOTTEN },
        { "-1@f k", "k", SHARE_FORGOTTEN },
        { "17@", NULL, 0 },
        { "17@ ", NULL, 0 },
        { "17", NULL, 0 },
        { "17@f k 1@2 3", "k 1@2 3", 17 },
    };
    start_server();
    open_fleet(1, &(struct share_options){ .url = tcp_url() });
    struct node *n = &t.node[0];
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        unsigned before = n->changed;
        ADMIN("PUBLISH optout:1:changed %s", said[i].text);
        if (!said[i].key) {
            run_ms(30);
            assert_int_equal(n->changed, before);
            continue;
        }
        RUN_UNTIL(n->changed == before + 1, 1000);
        assert_slice(slice_of(n->last_key, n->last_key_n), said[i].key);
        assert_int_equal(n->last_fetched, said[i].fetched_ms);
    }
}

/* --- Redis away --- */

static void redis_dies_and_comes_back(void **state)
{
    (void)state;
    NEEDS_REDIS();
    start_server();
    open_fleet(2, &(struct share_options){ .url = tcp_url() });
    assert_int_equal(t.node[0].told, 1);
    struct got pending = { .calls = 0 };
    share_get(t.node[0].s, SLICE_OF("k"), true, false, on_got, &pending);
    end_server();
    RUN_UNTIL(pending.calls, TIMEOUT_MS + 100);
    assert_int_equal(pending.r, SHARE_AWAY);
    RUN_UNTIL(!is_connected(0) && !is_connected(1), 1000);
    struct got at_once = { .calls = 0 };
    share_get(t.node[1].s, SLICE_OF("k"), true, false, on_got, &at_once);
    assert_int_equal(at_once.calls, 0); /* never from within */
    step();
    assert_int_equal(at_once.calls, 1);
    assert_int_equal(at_once.r, SHARE_AWAY);
    share_put(t.node[1].s, SLICE_OF("k"), SLICE_OF("v"), FETCHED, 1000); /* without effect */
    share_release(t.node[1].s, SLICE_OF("k"));
    share_forget(t.node[1].s, SLICE_OF("k"));
    run_ms(500);
    assert_int_equal(t.node[0].told, 2);
    assert_non_null(strstr(t.node[0].text, "lost"));
    start_server();
    RUN_UNTIL(is_connected(0) && is_connected(1), 3000);
    RUN_UNTIL(subscribers() == 2, 3000);
    /* On a busy machine a try to listen may time out first, which is told as well. */
    assert_true(t.node[0].told >= 3);
    assert_answer(0, "k", true, false, SHARE_LEASED);
    share_put(t.node[0].s, SLICE_OF("k"), SLICE_OF("v"), FETCHED, 60000);
    RUN_UNTIL(t.node[1].changed == 1, 1000);
    assert_answer(1, "k", true, false, SHARE_FOUND);
    struct share_stat st;
    share_stat(t.node[0].s, &st);
    assert_true(st.lost >= 1);
    assert_int_equal(st.put, 1);
    assert_int_equal(st.leased, 1);
}

static void is_away_in_time(size_t node, struct slice key)
{
    struct got g[20] = { { .calls = 0 } };
    int64_t begin = now_ms();
    for (size_t i = 0; i < 20; i++)
        share_get(t.node[node].s, key, true, i % 2, on_got, &g[i]);
    RUN_UNTIL(g[19].calls, 8000);
    int64_t took = now_ms() - begin;
    for (size_t i = 0; i < 20; i++) {
        assert_int_equal(g[i].calls, 1);
        assert_int_equal(g[i].r, SHARE_AWAY);
    }
    assert_true(took >= TIMEOUT_MS - 20);
    begin = now_ms();
    assert_int_equal(ask(node, key, true, false).r, SHARE_AWAY);
    assert_true(now_ms() - begin < TIMEOUT_MS);
}

static void a_silent_redis_is_away_in_time(void **state)
{
    (void)state;
    NEEDS_REDIS();
    start_server();
    open_fleet(1, &(struct share_options){ .url = tcp_url() });
    kill(t.pid, SIGSTOP);
    is_away_in_time(0, SLICE_OF("k"));
    run_ms(400); /* an attempt that is accepted by the kernel and never greeted */
    assert_int_equal(t.node[0].told, 2);
    kill(t.pid, SIGCONT);
    RUN_UNTIL(is_connected(0), 3000);
    assert_int_equal(t.node[0].told, 3);
    ADMIN("DEL optout:1:lease:k"); /* the question was read when Redis woke up */
    assert_answer(0, "k", true, false, SHARE_LEASED);
    share_release(t.node[0].s, SLICE_OF("k"));
    run_ms(50);
    redisAppendCommand(t.admin, "DEBUG SLEEP 0.8");
    int done = 0;
    while (!done)
        assert_int_equal(redisBufferWrite(t.admin, &done), REDIS_OK);
    run_ms(20);
    is_away_in_time(0, SLICE_OF("k"));
    RUN_UNTIL(is_connected(0), 3000);
}

static void what_is_pending_at_the_end_is_away(void **state)
{
    (void)state;
    NEEDS_REDIS();
    start_server();
    open_fleet(1, &(struct share_options){ .url = tcp_url() });
    struct got g[3] = { { .calls = 0 } };
    share_get(t.node[0].s, SLICE_OF("a"), true, false, on_got, &g[0]);
    step();
    share_get(t.node[0].s, SLICE_OF("b"), true, true, on_got, &g[1]);
    share_get(t.node[0].s, SLICE_OF("c"), false, true, on_got, &g[2]);
    close_node(0);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(g[i].calls, 1);
    assert_int_equal(g[1].r, SHARE_AWAY);
}

static int listen_on(unsigned port)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(fd, 16), 0);
    return fd;
}

/* A server that says `text` to whoever comes; the child ends with the test. */
static pid_t hostile_server(unsigned port, const char *text, size_t n, bool again)
{
    int fd = listen_on(port);
    pid_t pid = fork();
    if (pid) {
        close(fd);
        return pid;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_IGN);
    for (;;) {
        int c = accept(fd, NULL, NULL);
        char sink[4096];
        if (read(c, sink, sizeof sink) > 0)
            do {
                if (write(c, text, n) < 0)
                    break;
            } while (again);
        if (n == 0)
            pause();
        close(c);
    }
}

static void hostile_servers_are_borne(void **state)
{
    (void)state;
    static char zeros[65536];
    static const struct {
        const char *text;
        size_t n;
        bool again;
    } says[] = {
#define SAYS(s) { s, sizeof s - 1, false }
        SAYS("HTTP/1.1 400 Bad Request\r\n\r\n"),
        SAYS("*1000000000\r\n"),
        SAYS("+PONG\r\n*9\r\n:1\r\n"),
        SAYS("*-7\r\n"),
        SAYS("$99999999999999999999\r\n"),
        SAYS("+PONG\r\n+what\r\n$3\r\nabc\r\n:1\r\n-\r\n$-1\r\n"),
        SAYS("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n"),
        SAYS("-NOAUTH \x1b[31m\a\r\n"),
        SAYS("-\r\n"),
        { "$2000000000\r\n", 14, true },
        { zeros, sizeof zeros, true },
        { "", 0, false },
    };
    for (size_t i = 0; i < sizeof says / sizeof says[0]; i++) {
        unsigned port = free_port();
        char url[64];
        pid_t pid = hostile_server(port, says[i].text, says[i].n, says[i].again);
        snprintf(url, sizeof url, "redis://127.0.0.1:%u", port);
        open_with(0, (struct share_options){ .url = url, .value_max = 1000 });
        run_ms(150);
        assert_int_equal(ask(0, SLICE_OF("k"), true, false).r, SHARE_AWAY);
        for (const char *p = t.node[0].text; *p; p++)
            assert_true(*p >= ' ');
        close_node(0);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
}

static uint32_t dice(uint32_t *seed, size_t faces)
{
    *seed = *seed * 1103515245u + 12345u;
    return (*seed >> 16) % (uint32_t)faces;
}

/* Greets as Redis does; then says what it likes, and now and then no more than the
 * beginning of it, after which it may close. */
static void answer_moodily(int c, uint32_t seed)
{
    static const char *const says[] = {
        "$3\r\nabc\r\n", "$-1\r\n", "+OK\r\n", "+OK\r\n$-1\r\n", ":1\r\n", "-ERR what\r\n",
        "*2\r\n$1\r\na\r\n:1\r\n", "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$5\r\nx key\r\n",
        "$900\r\nhalf", "*0\r\n", "*-1\r\n", "$-7\r\n", ":99999999999999999999999\r\n",
        "\r\n\r\n", "$3\r\nabcdefgh", "+OK\r\n+OK\r\n$3\r\nabc\r\n+OK\r\n:1\r\n:1\r\n",
    };
    char sink[4096];
    ssize_t got = read(c, sink, sizeof sink - 1);
    sink[got > 0 ? got : 0] = '\0';
    const char *text = strstr(sink, "PING") ? "+PONG\r\n"
                                            : "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n";
    size_t n = strlen(text);
    while (write(c, text, n) == (ssize_t)n) {
        if ((text[n] && dice(&seed, 2)) || read(c, sink, sizeof sink) <= 0)
            return;
        text = says[dice(&seed, sizeof says / sizeof says[0])];
        n = dice(&seed, 3) ? strlen(text) : 1 + dice(&seed, strlen(text));
    }
}

static pid_t moody_server(unsigned port)
{
    int fd = listen_on(port);
    pid_t pid = fork();
    if (pid) {
        close(fd);
        return pid;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_IGN);
    for (uint32_t seed = 1;; seed++) {
        int c = accept(fd, NULL, NULL);
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            answer_moodily(c, seed * 7919);
            _exit(0);
        }
        close(c);
    }
}

static void replies_may_break_off_anywhere(void **state)
{
    (void)state;
    unsigned port = free_port(), results[SHARE_AWAY + 1] = { 0 };
    char url[64];
    pid_t pid = moody_server(port);
    snprintf(url, sizeof url, "redis://127.0.0.1:%u", port);
    open_with(0, (struct share_options){ .url = url, .value_max = 1000 });
    for (int round = 0; round < 120; round++) {
        struct share *s = t.node[0].s;
        struct got g[4] = { { .calls = 0 } };
        if (!is_connected(0) && round)
            clock_advance(30000); /* until it tries again */
        for (int i = 0; i < 20 && !is_connected(0); i++)
            step();
        for (size_t i = 0; i < 4; i++)
            share_get(s, SLICE_OF("k"), i < 2, i % 2, on_got, &g[i]);
        share_put(s, SLICE_OF("k"), SLICE_OF("v"), FETCHED, 60000);
        share_forget(s, SLICE_OF("k"));
        for (int i = 0; i < 5; i++)
            step();
        clock_advance(TIMEOUT_MS);
        RUN_UNTIL(g[0].calls && g[1].calls && g[2].calls && g[3].calls, 2000);
        for (size_t i = 0; i < 4; i++) {
            assert_int_equal(g[i].calls, 1);
            results[g[i].r]++;
        }
    }
    assert_true(results[SHARE_FOUND] && results[SHARE_LEASED] && results[SHARE_HELD]);
    assert_true(results[SHARE_AWAY] > 50);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void nobody_there_is_told_once(void **state)
{
    (void)state;
    char url[64];
    snprintf(url, sizeof url, "redis://127.0.0.1:%u", free_port());
    open_url(0, url);
    open_url(1, "unix:/nonexistent/redis.sock");
    open_url(2, "redis://no-such-host.invalid");
    run_ms(1000);
    for (size_t i = 0; i < NODES; i++) {
        assert_int_equal(t.node[i].told, 1);
        assert_int_equal(ask(i, SLICE_OF("k"), true, false).r, SHARE_AWAY);
    }
    assert_non_null(strstr(t.node[0].text, "Connection refused"));
    assert_non_null(strstr(t.node[1].text, "No such file"));
}

/* --- who may --- */

static void a_wrong_password_is_told_once(void **state)
{
    (void)state;
    NEEDS_REDIS();
    start_server();
    ADMIN("CONFIG SET requirepass right");
    open_url(0, tcp_url());
    open_with(1, (struct share_options){ .url = tcp_url(), .password = "wrong" });
    open_with(2, (struct share_options){ .url = tcp_url(), .password = "right" });
    run_ms(800);
    assert_int_equal(t.node[0].told, 1);
    assert_non_null(strstr(t.node[0].text, "refused: NOAUTH"));
    assert_int_equal(t.node[1].told, 1);
    assert_non_null(strstr(t.node[1].text, "refused: WRONGPASS"));
    assert_answer(1, "k", true, false, SHARE_AWAY);
    assert_true(is_connected(2));
    assert_answer(2, "k", true, false, SHARE_LEASED);
    ADMIN("CONFIG SET requirepass wrong"); /* the remedy needs no restart of ours */
    RUN_UNTIL(is_connected(1), 4000);
}

#define ACL_KEYS                                                                     \
    "on >pw resetkeys ~optout:1:doc:* ~optout:1:lease:* resetchannels &optout:1:changed " \
    "-@all "

static void a_restricted_user_is_enough(void **state)
{
    (void)state;
    NEEDS_REDIS();
    start_server();
    ADMIN("ACL SETUSER full " ACL_KEYS
          "+auth +ping +select +getrange +get +set +del +eval +publish +subscribe");
    ADMIN("ACL SETUSER noeval " ACL_KEYS
          "+auth +ping +select +getrange +set +del +publish +subscribe");
    ADMIN("ACL SETUSER noget " ACL_KEYS
          "+auth +ping +getrange +set +del +eval +publish +subscribe");
    ADMIN("ACL SETUSER few " ACL_KEYS "+auth +getrange");
    char url[64];
    snprintf(url, sizeof url, "redis://full:pw@127.0.0.1:%u", t.port);
    open_url(0, url);
    open_with(1, (struct share_options){ .url = tcp_url(), .user = "noeval", .password = "pw" });
    open_with(2, (struct share_options){ .url = tcp_url(), .user = "few", .password = "pw" });
    RUN_UNTIL(is_connected(0) && is_connected(1) && is_connected(2), 2000);
    RUN_UNTIL(subscribers() == 2, 2000);
    for (size_t i = 0; i < 2; i++) {
        assert_answer(i, "k", true, false, SHARE_LEASED);
        assert_answer(1 - i, "k", true, false, SHARE_HELD);
        share_release(t.node[i].s, SLICE_OF("k"));
        RUN_UNTIL(ADMIN("EXISTS optout:1:lease:k") == 0, 500);
        assert_int_equal(t.node[i].told, 1); /* connected, and no error */
    }
    for (size_t i = 0; i < 2; i++) { /* not ours, neither way */
        assert_answer(i, "k", true, false, SHARE_LEASED);
        share_release(t.node[1 - i].s, SLICE_OF("k"));
        run_ms(30);
        assert_answer(1 - i, "k", true, false, SHARE_HELD);
        share_release(t.node[i].s, SLICE_OF("k"));
        RUN_UNTIL(ADMIN("EXISTS optout:1:lease:k") == 0, 500);
    }
    share_put(t.node[1].s, SLICE_OF("k"), SLICE_OF("v"), FETCHED, 60000);
    RUN_UNTIL(t.node[0].changed == 1, 1000);
    share_forget(t.node[0].s, SLICE_OF("k"));
    RUN_UNTIL(t.node[1].changed == 1, 1000);
    assert_int_equal(t.node[0].told, 1);
    assert_answer(2, "k", true, false, SHARE_AWAY);
    assert_non_null(strstr(t.node[2].text, "NOPERM"));
    close_node(2);
    open_with(2, (struct share_options){ .url = tcp_url(), .user = "noget", .password = "pw" });
    RUN_UNTIL(is_connected(2), 1000);
    assert_answer(2, "script", true, false, SHARE_LEASED);
    share_release(t.node[2].s, SLICE_OF("script"));
    RUN_UNTIL(ADMIN("EXISTS optout:1:lease:script") == 0, 500);
}

/* --- values that are not as they should be --- */

static void errors_are_away_and_told_once(void **state)
{
    (void)state;
    NEEDS_REDIS();
    start_server();
    open_fleet(2, &(struct share_options){ .url = tcp_url() });
    ADMIN("LPUSH optout:1:doc:list x");
    ADMIN("LPUSH optout:1:lease:other x");
    for (int i = 0; i < 3; i++) {
        assert_answer(0, "list", true, false, SHARE_AWAY);
        assert_int_equal(t.node[0].told, 2);
        assert_answer(0, "list", true, true, i ? SHARE_HELD : SHARE_LEASED);
        assert_answer(0, "other", true, false, SHARE_HELD);
    }
    assert_non_null(strstr(t.node[0].text, "WRONGTYPE"));
    share_put(t.node[0].s, SLICE_OF("list"), SLICE_OF("good again"), FETCHED, 60000);
    RUN_UNTIL(t.node[1].changed == 1, 1000);
    assert_answer(0, "list", true, false, SHARE_FOUND);
    ADMIN("CONFIG SET maxmemory 1");
    for (int i = 0; i < 3; i++) {
        assert_answer(1, "full", true, false, SHARE_AWAY);
        assert_answer(1, "list", true, false, SHARE_FOUND);
        share_put(t.node[1].s, SLICE_OF("full"), SLICE_OF("v"), FETCHED, 60000);
    }
    run_ms(50);
    assert_int_equal(t.node[1].told, 3); /* connected; lease refused; value refused */
    assert_non_null(strstr(t.node[1].text, "OOM"));
    ADMIN("CONFIG SET maxmemory 0");
    assert_answer(1, "full", true, false, SHARE_LEASED);
    assert_true(is_connected(0) && is_connected(1));
}

static void a_huge_value_is_refused_both_ways(void **state)
{
    (void)state;
    NEEDS_REDIS();
    start_server();
    size_t n = 8u << 20, max = 100000;
    uint8_t *huge = calloc(1, n);
    assert_non_null(huge);
    open_fleet(2, &(struct share_options){ .url = tcp_url(), .value_max = max });
    ADMIN("SET optout:1:doc:k %b", huge, n);
    assert_answer(0, "k", false, false, SHARE_ABSENT);
    assert_answer(0, "k", true, false, SHARE_LEASED);
    share_put(t.node[0].s, SLICE_OF("k"), slice_of(huge, max + 1), FETCHED, 60000);
    RUN_UNTIL(ADMIN("EXISTS optout:1:lease:k") == 0, 500);
    assert_int_equal(ADMIN("STRLEN optout:1:doc:k"), (long long)n);
    assert_answer(1, "k", true, false, SHARE_LEASED);
    share_put(t.node[1].s, SLICE_OF("k"), slice_of(huge, max), FETCHED, 60000);
    RUN_UNTIL(t.node[0].changed == 1, 1000);
    struct got g = ask(0, SLICE_OF("k"), true, false);
    assert_int_equal(g.r, SHARE_FOUND);
    assert_int_equal(g.n, max);
    /* A message without end costs the subscription, and nothing more. */
    ADMIN("PUBLISH optout:1:changed %b", huge, n);
    RUN_UNTIL(strstr(t.node[0].text, "not told of changes"), 1000);
    RUN_UNTIL(strstr(t.node[0].text, "told of changes again"), 2000);
    assert_true(is_connected(0));
    free(huge);
}

/* --- other ways to it --- */

static void unix_sockets_names_and_databases(void **state)
{
    (void)state;
    NEEDS_REDIS();
    start_server();
    char url[128];
    snprintf(url, sizeof url, "unix:%s?db=2", socket_path());
    open_url(0, url);
    snprintf(url, sizeof url, "redis://localhost:%u/2", t.port);
    open_url(1, url);
    RUN_UNTIL(is_connected(0) && is_connected(1) && subscribers() == 2, 3000);
    share_put(t.node[0].s, SLICE_OF("k"), SLICE_OF("v"), FETCHED, 60000);
    RUN_UNTIL(t.node[1].changed == 1, 1000);
    assert_answer(1, "k", false, false, SHARE_FOUND);
    assert_int_equal(ADMIN("EXISTS optout:1:doc:k"), 0);
    ADMIN("SELECT 2");
    assert_int_equal(ADMIN("EXISTS optout:1:doc:k"), 1);
    snprintf(url, sizeof url, "redis://localhost:%u/9999", t.port);
    open_url(2, url);
    RUN_UNTIL(strstr(t.node[2].text, "refused: ERR DB index"), 1000);
}

static bool make_certificate(void)
{
    char command[400];
    snprintf(command, sizeof command,
             "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
             "-subj /CN=test -addext subjectAltName=IP:127.0.0.1 "
             "-keyout %s/key.pem -out %s/cert.pem 2>/dev/null",
             t.dir, t.dir);
    return system(command) == 0;
}

static void tls_checks_who_answers(void **state)
{
    (void)state;
    NEEDS_REDIS();
    char url[64], ca[96], why[200] = "";
    struct share_options o = { .url = "rediss://127.0.0.1", .ca_file = "/nonexistent" };
    assert_null(share_open(&o, why, sizeof why));
    make_dir();
    snprintf(ca, sizeof ca, "%s/cert.pem", t.dir);
    if (!make_certificate()) {
        print_message("# SKIP no openssl command\n");
        skip();
    }
    signal(SIGPIPE, SIG_IGN);
    launch(true);
    connect_admin();
    snprintf(url, sizeof url, "rediss://127.0.0.1:%u", t.port);
    open_with(0, (struct share_options){ .url = url, .ca_file = ca, .timeout_ms = 2000 });
    open_with(1, (struct share_options){ .url = url, .timeout_ms = 2000 }); /* nobody vouches */
    snprintf(url, sizeof url, "rediss://localhost:%u", t.port);
    /* not its name */
    open_with(2, (struct share_options){ .url = url, .ca_file = ca, .timeout_ms = 2000 });
    RUN_UNTIL(is_connected(0) && t.node[1].told && t.node[2].told, 3000);
    assert_non_null(strstr(t.node[1].text, "TLS: "));
    assert_non_null(strstr(t.node[2].text, "TLS: "));
    assert_non_null(strstr(t.node[2].text, "'localhost'"));
    size_t n = 1u << 20;
    uint8_t *big = malloc(n);
    assert_non_null(big);
    memset(big, 'x', n);
    share_put(t.node[0].s, SLICE_OF("k"), slice_of(big, n), FETCHED, 60000);
    for (int i = 0; i < 5; i++)
        assert_int_equal(ask(0, SLICE_OF("k"), false, false).n, n);
    /* More than the kernel takes, and more added while the rest waits. */
    kill(t.pid, SIGSTOP);
    for (int i = 0; i < 24; i++) {
        share_put(t.node[0].s, SLICE_OF("k"), slice_of(big, n), FETCHED, 60000);
        if (i % 3 == 0)
            step();
    }
    kill(t.pid, SIGCONT);
    assert_int_equal(ask(0, SLICE_OF("k"), false, false).n, n);
    free(big);
    assert_int_equal(t.node[0].told, 1); /* and is connected still */
    assert_false(is_connected(1) || is_connected(2));
    end_server();
    RUN_UNTIL(!is_connected(0), 1000);
    launch(true);
    connect_admin();
    RUN_UNTIL(is_connected(0), 3000);
}

/* --- figures --- */

#define MANY 10000

static void many_keys(void **state)
{
    (void)state;
    NEEDS_REDIS();
    start_server();
    open_fleet(2, &(struct share_options){ .url = tcp_url(), .timeout_ms = 5000 });
    static struct got got[MANY];
    memset(got, 0, sizeof got);
    char key[40];
    uint8_t body[1000];
    memset(body, 'b', sizeof body);
    int64_t begin = now_ms();
    for (size_t i = 0; i < MANY; i++) {
        share_get(t.node[0].s, fleet_key(i, key), true, false, on_got, &got[i]);
        if (i % 500 == 499)
            step();
    }
    RUN_UNTIL(got[MANY - 1].calls, 8000);
    int64_t leased = now_ms();
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(got[i].r, SHARE_LEASED);
        share_put(t.node[0].s, fleet_key(i, key), slice_of(body, sizeof body), FETCHED, 60000);
        if (i % 500 == 499)
            step();
    }
    RUN_UNTIL(t.node[1].changed == MANY, 8000);
    int64_t put = now_ms();
    memset(got, 0, sizeof got);
    for (size_t i = 0; i < MANY; i++)
        share_get(t.node[1].s, fleet_key(i, key), true, false, on_got, &got[i]);
    RUN_UNTIL(got[MANY - 1].calls, 8000);
    int64_t found = now_ms();
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(got[i].calls, 1);
        assert_int_equal(got[i].r, SHARE_FOUND);
        assert_int_equal(got[i].n, sizeof body);
    }
    print_message("# %d keys: leased in %lld ms, put and told in %lld ms, found in %lld ms\n", MANY,
                  (long long)(leased - begin), (long long)(put - leased), (long long)(found - put));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(urls_are_read),
        TEST(too_long_parts_are_refused),
        TEST(replies_are_bounded),
        TEST(each_key_is_fetched_once),
        TEST(a_dead_nodes_lease_runs_out),
        TEST(release_gives_back_only_what_is_ours),
        TEST(refresh_does_not_count_what_is_there),
        TEST(others_are_told_of_changes),
        TEST(messages_of_every_form_are_understood),
        TEST(redis_dies_and_comes_back),
        TEST(a_silent_redis_is_away_in_time),
        TEST(what_is_pending_at_the_end_is_away),
        TEST(hostile_servers_are_borne),
        TEST(replies_may_break_off_anywhere),
        TEST(nobody_there_is_told_once),
        TEST(a_wrong_password_is_told_once),
        TEST(a_restricted_user_is_enough),
        TEST(errors_are_away_and_told_once),
        TEST(a_huge_value_is_refused_both_ways),
        TEST(unix_sockets_names_and_databases),
        TEST(tls_checks_who_answers),
        TEST(many_keys),
    };
    return cmocka_run_group_tests_name("share", tests, NULL, NULL);
}
