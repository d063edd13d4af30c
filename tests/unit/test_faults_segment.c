/* SPDX-License-Identifier: Apache-2.0 */
/* test_faults_segment.c - memory and the disk fail at every place where the log asks for
 * something. A line that was acknowledged is there once and whole; one that was refused was
 * told with a reason and is not there; no line is half a line. */
#include <sys/stat.h>

#include "folder.h"
#include "faults_fixture.h"

#include "audit/segment.h"
#include "policy/config.h"

#include <dirent.h>
#include <pthread.h>
#include <unistd.h>

WRAPPED(int, ftruncate, (int fd, off_t n), (fd, n), (errno = EIO, -1))
WRAPPED(int, fdatasync, (int fd), (fd), (errno = EIO, -1))
WRAPPED(int, fsync, (int fd), (fd), (errno = EIO, -1))
WRAPPED(int, faccessat, (int d, const char *p, int mode, int flags), (d, p, mode, flags),
        (errno = EIO, -1))
WRAPPED(int, renameat2, (int d, const char *from, int e, const char *to, unsigned flags),
        (d, from, e, to, flags), (errno = EIO, -1))
WRAPPED(int, unlinkat, (int d, const char *path, int flags), (d, path, flags), (errno = EIO, -1))

int __real_openat(int d, const char *path, int flags, mode_t mode);
__attribute__((visibility("default"))) int __wrap_openat(int d, const char *path, int flags,
                                                         mode_t mode);
int __wrap_openat(int d, const char *path, int flags, mode_t mode)
{
    return call_fails("openat") ? (errno = EMFILE, -1) : __real_openat(d, path, flags, mode);
}

#define LINES 6

static struct config config;

static struct audit *open_log(void)
{
    struct config_error e = { .reason = "" };
    struct audit *a = audit_open(&config, &e);
    if (!a && !e.reason[0])
        fail_msg("audit_open fails without a word, %s failed", failed_call);
    return a;
}

static enum optout_rc append(struct audit *a, unsigned i)
{
    char line[64];
    int n = snprintf(line, sizeof line, "{\"line\":%u,\"end\":1}\n", i);
    errno = 0;
    enum optout_rc rc = audit_append(a, slice_of(line, (size_t)n), NULL);
    if (rc != OPTOUT_OK && rc != OPTOUT_E_NOMEM && errno == 0)
        fail_msg("audit_append fails without a reason, %s failed", failed_call);
    return rc;
}

/* Which lines were acknowledged. */
struct said {
    bool opened, line[LINES];
    unsigned refused;
};

static struct said use_log(void)
{
    struct said said = { .opened = false };
    struct audit *a = open_log();
    said.opened = a != NULL;
    for (unsigned i = 0; a && i < LINES; i++) {
        if (i == LINES / 2 && audit_reopen(a) != OPTOUT_OK)
            said.refused++;
        said.line[i] = append(a, i) == OPTOUT_OK;
        said.refused += !said.line[i];
    }
    audit_close(a);
    return said;
}

static void take_line(const char *line, unsigned times[LINES])
{
    unsigned i = LINES, end = 0;
    size_t n = strlen(line);
    if (n == 0 || line[n - 1] != '\n')
        fail_msg("%s failed: half a line: %s", failed_call, line);
    if (sscanf(line, "{\"line\":%u,\"end\":%u}\n", &i, &end) == 2 && end == 1 && i < LINES)
        times[i]++;
    else if (!strstr(line, "\"gap\""))
        fail_msg("%s failed: a strange line: %s", failed_call, line);
}

/* What a shipper of logs finds: closed segments, whole. */
static void read_closed(unsigned times[LINES], unsigned *open_files)
{
    DIR *d = opendir(dir);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        char path[400], line[4096];
        size_t n = strlen(e->d_name);
        if (n < 7 || strcmp(e->d_name + n - 6, ".jsonl") != 0) {
            *open_files += n > 5 && strcmp(e->d_name + n - 5, ".open") == 0;
            continue;
        }
        snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
        FILE *f = fopen(path, "r");
        assert_non_null(f);
        while (fgets(line, sizeof line, f))
            take_line(line, times);
        fclose(f);
    }
    closedir(d);
}

static void check_log(const struct said *said)
{
    unsigned times[LINES] = { 0 }, open_files = 0;
    atomic_store(&failing_call, 0);
    audit_close(open_log()); /* whoever starts next adopts what was left */
    read_closed(times, &open_files);
    if (open_files)
        fail_msg("%s failed: a segment is left open for ever", failed_call);
    for (unsigned i = 0; i < LINES; i++)
        if (times[i] != said->line[i])
            fail_msg("%s failed: line %u was %s and is there %u times", failed_call, i,
                     said->line[i] ? "acknowledged" : "refused", times[i]);
}

static void fail_each_call(enum audit_sync sync)
{
    unsigned long refused = 0;
    config = (struct config){ .audit_sync = (uint8_t)sync };
    snprintf(config.node, sizeof config.node, "node");
    snprintf(config.audit_dir, sizeof config.audit_dir, "%s", dir);
    fail_call(0);
    struct said said = use_log();
    unsigned long places = atomic_load(&calls);
    assert_true(said.opened && said.refused == 0);
    check_log(&said);
    assert_true(places > 20);
    for (unsigned long n = 1; n <= places; n++) {
        clear_dir();
        unsigned descriptors = open_descriptors();
        fail_call(n);
        said = use_log();
        if (open_descriptors() != descriptors)
            fail_msg("%s failed: a descriptor is left open", failed_call);
        refused += !said.opened || said.refused;
        check_log(&said);
    }
    print_message("# %lu places, %lu of them refuse something\n", places, refused);
    assert_true(refused > places / 4);
}

static void every_call_may_fail(void **state)
{
    (void)state;
    fail_each_call(AUDIT_SYNC_WRITE);
}

static void every_call_may_fail_where_each_line_is_synced(void **state)
{
    (void)state;
    fail_each_call(AUDIT_SYNC_EACH);
}

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, make_dir, drop_dir)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIR(every_call_may_fail),
        IN_DIR(every_call_may_fail_where_each_line_is_synced),
    };
    return cmocka_run_group_tests_name("faults_segment", tests, NULL, NULL);
}
