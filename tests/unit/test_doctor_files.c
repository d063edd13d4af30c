/* SPDX-License-Identifier: Apache-2.0 */
/* test_doctor_files.c - the doctor's readers of files that are not ours, and what it works out of
 * modes, rooms and processes. */
#include "folder.h"

#include "core/clock.h"
#include "doctor/c_icap_conf.h"
#include "doctor/command.h"
#include "doctor/folder.h"
#include "doctor/logrotate.h"
#include "doctor/process.h"
#include "doctor/redis.h"
#include "doctor/sockets.h"
#include "doctor/squid_port.h"
#include "doctor/squid_survey.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

static char *in_dir(const char *name)
{
    static char path[4][128];
    static unsigned at;
    char *p = path[at++ % 4];
    snprintf(p, sizeof path[0], "%s/%s", dir, name);
    return p;
}

static const char *file(const char *name, const char *text)
{
    const char *path = in_dir(name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    return path;
}

/* ---- sockets ---- */

#define ROW(address, port, state) \
    "   0: " address ":" port " 00000000:0000 " state " 00000000:00000000 00:00000000 00000000 0 0 1\n"

static struct listening sockets(const char *text)
{
    struct listening l = { .open = false };
    sockets_read(slice_cstr(text), 1344, &l);
    return l;
}

static void ports_are_found(void **state)
{
    (void)state;
    struct listening l = sockets("  sl  local_address rem_address   st\n" ROW("0100007F", "0540", "0A"));
    assert_true(l.loopback && !l.open);
    l = sockets(ROW("3305007F", "0540", "0A"));
    assert_true(l.loopback && !l.open);
    l = sockets(ROW("00000000", "0540", "0A"));
    assert_true(!l.loopback && l.open);
    l = sockets(ROW("0A00000A", "0540", "0A"));
    assert_true(!l.loopback && l.open);
    l = sockets(ROW("00000000000000000000000001000000", "0540", "0A"));
    assert_true(l.loopback && !l.open);
    l = sockets(ROW("0000000000000000FFFF00000100007F", "0540", "0A"));
    assert_true(l.loopback && !l.open);
    l = sockets(ROW("00000000000000000000000000000000", "0540", "0A"));
    assert_true(!l.loopback && l.open);
}

static void others_are_not(void **state)
{
    (void)state;
    struct listening l = sockets(ROW("00000000", "0541", "0A") ROW("00000000", "0540", "01"));
    assert_true(!l.loopback && !l.open); /* another port; a connection */
    l = sockets("nonsense\n0: x:y\n\n");
    assert_true(!l.loopback && !l.open);
}

/* ---- Redis ---- */

static void info_of_redis(void **state)
{
    (void)state;
    struct redis_said said = { .told = false };
    redis_read_info(SLICE_OF("# Memory\r\nused_memory:9\r\nmaxmemory:67108864\r\n"
                             "maxmemory_policy:noeviction\r\n"), &said);
    assert_true(said.told && said.memory == 67108864);
    assert_string_equal(said.policy, "noeviction");
    said = (struct redis_said){ .told = false };
    redis_read_info(SLICE_OF("maxmemory:lots\r\n"), &said);
    assert_false(said.told);
}

/* ---- logrotate ---- */

static unsigned takes(const char *text)
{
    char pattern[LOGROTATE_PATTERN_MAX];
    unsigned line;
    return logrotate_takes(slice_cstr(text), "/var/log/o/n.jsonl", pattern, &line) ? line : 0;
}

static void patterns_of_logrotate(void **state)
{
    (void)state;
    assert_int_equal(takes("weekly\n/var/log/o/*.jsonl {\n}\n"), 2);
    assert_int_equal(takes("/var/log/a /var/log/o/* {\n}\n"), 1);
    assert_int_equal(takes("/var/log/a\n\"/var/log/*/*\"\n{\n}\n"), 2);
    assert_int_equal(takes("/var/log/*/n.jsonl{\n}\n"), 1);
    assert_int_equal(takes("/a {\n}\n/var/log/o/n.jsonl {\n}\n"), 3);
    /* A star takes no slash; rules, scripts and comments are no patterns. */
    assert_int_equal(takes("/var/log/* {\n}\n"), 0);
    assert_int_equal(takes("# /var/log/o/*\n/a { # /var/log/o/*\n}\n"), 0);
    assert_int_equal(takes("/a {\n  olddir /var/log/o/n.jsonl\n}\n"), 0);
    assert_int_equal(takes("/a {\n  postrotate\n    } /var/log/o/*\n  endscript\n}\n"), 0);
    assert_int_equal(takes("/a {\n  postrotate\n  endscript\n}\n/var/log/o/* {\n}\n"), 5);
    assert_int_equal(takes(""), 0);
}

/* ---- c-icap.conf ---- */

static void c_icap_is_read(void **state)
{
    (void)state;
    struct c_icap_conf c;
    char why[1500];
    file("more.conf", "StartServers 7\n accesslog /x\nUser \"c icap\"\n");
    const char *path = file("c-icap.conf",
                            "# a comment\nPidFile /p # and another\nStartServers 2\nMaxServers 4\n"
                            "Port 1344\nport [::1]:1345\nPort 127.0.0.1:1346\nPort 0.0.0.0:1347\n"
                            "ServicesDir /lib/c_icap\nService watcher srv_optout.so\n"
                            "Include more.conf\nDebugLevel -1\n");
    assert_true(c_icap_conf_read(&c, path, why, sizeof why));
    assert_int_equal(c.start_servers, 7); /* the last counts */
    assert_int_equal(c.max_servers, 4);
    assert_int_equal(c.threads_per_child, 30); /* nobody says */
    assert_int_equal(c.max_keepalive_requests, 100);
    assert_int_equal(c.debug_level, 0);
    assert_true(c.access_log && c.loads_filter);
    assert_string_equal(c.service, "watcher");
    assert_string_equal(c.filter_path, "/lib/c_icap/srv_optout.so");
    assert_string_equal(c.user, "c icap");
    assert_string_equal(c.pid_file, "/p");
    assert_int_equal(c.n_ports, 4);
    assert_string_equal(c.port[0].host, "");
    assert_string_equal(c.port[1].host, "::1");
    assert_string_equal(c.port[2].host, "127.0.0.1");
    assert_string_equal(c.port[3].host, "");
    assert_int_equal(c.port[3].port, 1347);
    assert_true(host_is_loopback("::1") && host_is_loopback("127.1.2.3"));
    assert_false(host_is_loopback("") || host_is_loopback("10.0.0.1"));
}

static void c_icap_that_cannot_be_read(void **state)
{
    (void)state;
    struct c_icap_conf c;
    char why[1500];
    assert_false(c_icap_conf_read(&c, in_dir("none"), why, sizeof why));
    assert_non_null(strstr(why, "No such file"));
    const char *loop = file("loop.conf", "DebugLevel 1\nInclude loop.conf\n");
    assert_false(c_icap_conf_read(&c, loop, why, sizeof why));
    assert_non_null(strstr(why, "loop.conf:2: Include is nested"));
    assert_false(c_icap_conf_read(&c, file("open", "A b\nUser \"x\n"), why, sizeof why));
    assert_non_null(strstr(why, "open:2: "));
}

/* ---- lists of hosts that are passed through ---- */

static struct splice_size measured(const char *acl, const char *line)
{
    struct squid_splices s = { .n_acls = 0 };
    struct squid_place at = { "f", 1, 1 };
    struct splice_size size;
    squid_splices_take_acl(&s, slice_cstr(acl));
    squid_splices_take_bump(&s, &at, slice_cstr(line));
    assert_int_equal(s.n_lines, 1);
    squid_splice_measure(&s, &s.line[0], &size);
    return size;
}

static void lists_are_measured(void **state)
{
    (void)state;
    char acl[256];
    struct splice_size size = measured("a dstdomain -n .example.org b.example", "splice a");
    assert_true(size.known && size.values == 2 && !size.wide);
    size = measured("a ssl::server_name .com", "none A");
    assert_true(size.known && size.wide);
    size = measured("a src 10.0.0.0/8", "splice a");
    assert_true(!size.known && strstr(size.why, "no list of hosts"));
    snprintf(acl, sizeof acl, "a dstdomain \"%s\"", file("hosts", "# x\n\na.example # y\n.\n"));
    size = measured(acl, "splice a");
    assert_true(size.known && size.values == 2 && size.wide);
    size = measured("a dstdomain \"/nowhere\"", "splice a");
    assert_true(!size.known && strstr(size.why, "No such file"));
}

/* ---- who may what ---- */

static bool may(uid_t uid, gid_t group, mode_t mode)
{
    struct user u = { .uid = uid, .gid = 7, .groups = { 8 }, .n_groups = 1, .known = true };
    struct stat st = { .st_uid = 5, .st_gid = group, .st_mode = mode };
    return user_may(&u, &st, 2);
}

static void modes_are_read_as_the_kernel_does(void **state)
{
    (void)state;
    assert_true(may(5, 9, 0200) && may(6, 7, 0020) && may(6, 8, 0020) && may(6, 9, 0002));
    assert_true(may(0, 9, 0));
    /* The first class that fits decides. */
    assert_false(may(5, 7, 0022) || may(6, 7, 0202) || may(6, 9, 0220));
}

static void room_is_the_scarcer(void **state)
{
    (void)state;
    struct room r = { .bytes = 1000000, .free = 500000, .files = 1000, .free_files = 10 };
    assert_in_range(room_left(&r), 5, 10);
    r.free_files = 1000;
    assert_in_range(room_left(&r), 490, 500);
    r = (struct room){ .bytes = 1000000, .free = 0, .files = 0 };
    assert_int_equal(room_left(&r), 0);
    r = (struct room){ .bytes = 100, .free = 100, .files = 0 };
    assert_in_range(room_left(&r), 100, 1000); /* too small for per mille: not "full" */
}

static void writing_is_tried(void **state)
{
    (void)state;
    struct user u = { .uid = geteuid(), .gid = getegid(), .known = true };
    assert_int_equal(folder_try(dir, &u), TRIED_GOOD);
    assert_int_equal(folder_try(in_dir("none"), &u), TRIED_BAD);
    assert_int_equal(errno, ENOENT);
    u.known = false;
    assert_int_equal(folder_try(dir, &u), TRIED_UNKNOWN);
    char command[200];
    snprintf(command, sizeof command, "test -z \"$(ls -A '%s' | grep doctor)\"", dir);
    assert_int_equal(system(command), 0); /* and leaves nothing */
}

/* ---- processes and programs ---- */

static void processes_are_found(void **state)
{
    (void)state;
    struct process p, children[8];
    char path[256], text[32];
    uint64_t limit;
    assert_true(process_get(getpid(), &p));
    assert_int_equal(p.parent, getppid());
    assert_in_range(p.started, clock_wall_ms() / 1000 - 600, clock_wall_ms() / 1000 + 1);
    assert_true(process_file_limit(getpid(), &limit) && limit > 3);
    assert_int_equal(process_maps(getpid(), "no-such.so", path, sizeof path), MAPPED_NOT);
    snprintf(text, sizeof text, "%ld\n", (long)getpid());
    assert_true(process_of_file(file("pid", text), &p));
    assert_false(process_of_file(file("pid", "none\n"), &p));
    pid_t pid = fork();
    if (pid == 0) {
        pause();
        _exit(0);
    }
    assert_int_equal(process_children(getpid(), children, 8), 1);
    assert_int_equal(children[0].pid, pid);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* A file of the name that is mapped to be executed. */
static void replaced_files_are_noticed(void **state)
{
    (void)state;
    char path[256];
    const char *so = file("mapped.so", "some bytes");
    FILE *f = fopen(so, "r");
    assert_non_null(f);
    void *at = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fileno(f), 0);
    fclose(f);
    if (at == MAP_FAILED)
        skip(); /* the folder forbids it */
    assert_int_equal(process_maps(getpid(), "mapped.so", path, sizeof path), MAPPED);
    assert_string_equal(path, so);
    assert_int_equal(rename(so, in_dir("mapped.so.old")), 0);
    assert_int_equal(process_maps(getpid(), "mapped.so", path, sizeof path), MAPPED_REPLACED);
    assert_int_equal(unlink(in_dir("mapped.so.old")), 0);
    assert_int_equal(process_maps(getpid(), "mapped.so", path, sizeof path), MAPPED_REPLACED);
    munmap(at, 4096);
}

static enum command_end command(const char *script, unsigned ms, struct buf *out, int *status)
{
    const char *argv[] = { "/bin/sh", "-c", script, NULL };
    buf_init(out, 100);
    return command_run(argv, ms, out, status);
}

static void programs_end_in_time(void **state)
{
    (void)state;
    struct buf out;
    int status;
    char path[COMMAND_PATH_MAX];
    assert_int_equal(command("echo a; echo b >&2; exit 3", 5000, &out, &status), COMMAND_ENDED);
    assert_int_equal(status, 3);
    assert_true(slice_eq(buf_slice(&out), SLICE_OF("a\nb\n")));
    buf_free(&out);
    assert_int_equal(command("kill -9 $$", 5000, &out, &status), COMMAND_ENDED);
    assert_int_equal(status, 128 + SIGKILL);
    buf_free(&out);
    assert_int_equal(command("yes | head -c 100000; exit 0", 5000, &out, &status), COMMAND_ENDED);
    assert_true(status == 0 && out.n <= 100); /* what is more is not kept */
    buf_free(&out);
    uint64_t began = clock_mono_us();
    assert_int_equal(command("exec sleep 30", 100, &out, &status), COMMAND_LATE);
    assert_in_range((clock_mono_us() - began) / 1000, 50, 5000);
    buf_free(&out);
    const char *argv[] = { "/nowhere/program", NULL };
    buf_init(&out, 100);
    assert_int_equal(command_run(argv, 100, &out, &status), COMMAND_NOT_RUN);
    buf_free(&out);
    assert_true(command_find("sh", path) && path[0] == '/');
    assert_false(command_find("no-such-program-anywhere", path));
}

/* Which port a client on this machine is to ask: not one for others, and before others one that opens https. */
static void ports_for_clients(void **state)
{
    static const struct {
        const char *text;
        unsigned port;
    } cases[] = {
        { "http_port 3128\n", 3128 },
        { "http_port 3199 require-proxy-header\nhttp_port 3128\n", 3128 },
        { "http_port 3199 intercept\nhttp_port 80 accel vhost\nhttp_port 127.0.0.1:3130\n", 3130 },
        { "http_port 3128\nhttp_port 3129 ssl-bump tls-cert=/x.crt\n", 3129 },
        { "http_port 3199 require-proxy-header\n", 0 },
        { "https_port 3130\n", 0 },
    };
    struct client_port p;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        squid_port_find(file("squid.conf", cases[i].text), &p);
        assert_int_equal(p.at.port, cases[i].port);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ports_are_found),
        cmocka_unit_test(others_are_not),
        cmocka_unit_test(info_of_redis),
        cmocka_unit_test(patterns_of_logrotate),
        cmocka_unit_test(c_icap_is_read),
        cmocka_unit_test(c_icap_that_cannot_be_read),
        cmocka_unit_test(lists_are_measured),
        cmocka_unit_test(modes_are_read_as_the_kernel_does),
        cmocka_unit_test(room_is_the_scarcer),
        cmocka_unit_test(writing_is_tried),
        cmocka_unit_test(processes_are_found),
        cmocka_unit_test(replaced_files_are_noticed),
        cmocka_unit_test(programs_end_in_time),
        cmocka_unit_test(ports_for_clients),
    };
    return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
