/* SPDX-License-Identifier: Apache-2.0 */
/* test_snapshot_threads.c - requests in many threads while the configuration is read again:
 * each keeps the one that it began with, with its log and its store, until it is done. Built
 * once more with ThreadSanitizer by test_threads.sh, with a log of its own in place of
 * c-icap's. */
#include "unit.h"

#include "icap/log.h"
#include "icap/snapshot.h"
#include "site/site.h"

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#define REQUESTERS 5
#define RELOADS 40
#define NODES 2 /* configurations that take turns */

static char dir[64], file[NODES][96], hash[NODES][65];

static void write_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void write_config(unsigned i)
{
    char text[512], agents[96];
    snprintf(agents, sizeof agents, "%s/agents-%u.tsv", dir, i);
    snprintf(text, sizeof text, "bot%u\ttrain\t-\tBot Inc\thttps://bot.example/\n", i);
    write_text(agents, text);
    snprintf(text, sizeof text,
             "optout.Node node-%u\noptout.AuditDir %s/log\noptout.Agents %s\n"
             "optout.SiteStore %s/store\n", i, dir, agents, dir);
    snprintf(file[i], sizeof file[i], "%s/%u.conf", dir, i);
    write_text(file[i], text);
}

static struct snapshot *open_config(unsigned i)
{
    struct config_error e = { .reason = "" };
    struct snapshot *s = snapshot_open(file[i], &e);
    if (!s)
        fail_msg("%s", e.reason);
    return s;
}

static int make_dir(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/optout-snapshot-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    for (unsigned i = 0; i < NODES; i++) {
        write_config(i);
        struct snapshot *s = open_config(i);
        memcpy(hash[i], s->config.hash, sizeof hash[i]);
        snapshot_put(s);
    }
    return 0;
}

static int drop_dir(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command);
}

static atomic_bool reloading;
static atomic_uint lines, wrong;

/* Node, digest and catalogue belong together. */
static bool is_one(const struct snapshot *s)
{
    char name[16];
    unsigned i = strcmp(s->config.node, "node-1") == 0;
    snprintf(name, sizeof name, "bot%u", i);
    return strcmp(s->config.hash, hash[i]) == 0 && agents_find(s->agents, slice_cstr(name));
}

static void see(void *ctx, const struct store_value *value)
{
    (void)value;
    *(bool *)ctx = true;
}

/* What a request does with its configuration. */
static bool handle(struct snapshot *s)
{
    struct config_error e = { .reason = "" };
    bool seen = false;
    struct site_document d = { .kind = SITE_ROBOTS, .state = SITE_NONE, .expires_ms = 1 };
    struct slice key = slice_cstr(s->config.node);
    struct audit *a = snapshot_audit(s, &e);
    struct site *site = snapshot_site(s);
    struct slice line = SLICE_OF("{\"event\":\"final\"}\n");
    bool good = a && site && audit_append(a, line, NULL) == OPTOUT_OK;
    if (good)
        atomic_fetch_add(&lines, 1);
    if (good && !store_read(site_store(site), key, see, &seen))
        good = store_write(site_store(site), key, &d, 1, true) == OPTOUT_OK;
    return good && is_one(s);
}

static void *request(void *ctx)
{
    (void)ctx;
    while (atomic_load(&reloading)) {
        struct snapshot *s = snapshot_get();
        if (!s || !is_one(s) || !handle(s))
            atomic_fetch_add(&wrong, 1);
        snapshot_put(s);
    }
    return NULL;
}

static unsigned lines_on_disk(void)
{
    char path[96];
    unsigned n = 0;
    snprintf(path, sizeof path, "%s/log", dir);
    DIR *d = opendir(path);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        char name[400], line[256];
        if (e->d_name[0] == '.')
            continue;
        snprintf(name, sizeof name, "%s/%s", path, e->d_name);
        FILE *f = fopen(name, "r");
        assert_non_null(f);
        while (fgets(line, sizeof line, f))
            n++;
        fclose(f);
    }
    closedir(d);
    return n;
}

static void requests_keep_what_they_began_with(void **state)
{
    pthread_t thread[REQUESTERS];
    struct config_error e = { .reason = "" };
    (void)state;
    snapshot_install(open_config(0));
    atomic_store(&reloading, true);
    for (size_t i = 0; i < REQUESTERS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, request, NULL), 0);
    for (unsigned i = 1; i <= RELOADS; i++) {
        struct snapshot *s = open_config(i % NODES);
        if (!snapshot_audit(s, &e))
            fail_msg("%s", e.reason);
        snapshot_keep(s);
        snapshot_install(s);
        usleep(1000);
    }
    atomic_store(&reloading, false);
    for (size_t i = 0; i < REQUESTERS; i++)
        pthread_join(thread[i], NULL);
    snapshot_install(NULL);
    assert_null(snapshot_get());
    assert_int_equal(atomic_load(&wrong), 0);
    assert_true(atomic_load(&lines) > RELOADS);
    assert_int_equal(lines_on_disk(), atomic_load(&lines));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(requests_keep_what_they_began_with, make_dir, drop_dir),
    };
    return cmocka_run_group_tests_name("snapshot_threads", tests, NULL, NULL);
}
