/* SPDX-License-Identifier: Apache-2.0 */
/* What writers of several nodes wrote, through rotation and death, is what a scan hands out:
 * each record once, with what it refers to, and a gap for who died. */
#include "folder.h"

#include "answers/scan.h"
#include "audit/segment.h"
#include "audit/ulid.h"
#include "policy/config.h"

#include <signal.h>
#include <sys/wait.h>

#define NODES 3u
#define RECORDS 400u
#define CONFIG_ID "0123456789abcdef0123456789abcdef"

static void print_config(const struct reference *r, struct buf *out)
{
    buf_printf(out, "{\"v\":2,\"event\":\"config\",\"id\":\"" CONFIG_ID "\",\"node\":\"%s\",\"profile\":\"train\","
                    "\"profiles\":[{\"name\":\"train\",\"purpose\":[],\"mode\":\"enforce\"}]}\n",
               (const char *)r->what);
}

static struct config config_of(unsigned node)
{
    struct config c;
    memset(&c, 0, sizeof c);
    snprintf(c.node, sizeof c.node, "node-%u", node);
    snprintf(c.audit_dir, sizeof c.audit_dir, "%s/log", dir);
    c.audit_rotate_size = 2000; /* also between a pending record and its end */
    return c;
}

static void append(struct audit *a, const struct config *c, const char *id, const char *event, const char *decision)
{
    struct reference_list refs = { .n = 1 };
    char line[512];
    memcpy(refs.of[0].id, CONFIG_ID, sizeof refs.of[0].id);
    refs.of[0].print = print_config;
    refs.of[0].what = c->node;
    int n = snprintf(line, sizeof line,
                     "{\"v\":2,%s\"id\":\"%s\",\"time\":\"2026-11-30T10:00:00.000Z\",\"url\":\"https://%s.example/\","
                     "\"inspected\":\"html\",%s\"config\":\"" CONFIG_ID "\",\"micros\":1}\n",
                     event, id, c->node, decision);
    if (audit_append(a, slice_of(line, (size_t)n), &refs) != OPTOUT_OK)
        _exit(3);
}

/* Every tenth is pending first; the last one never ends. */
static void write_as(unsigned node)
{
    struct config c = config_of(node);
    struct config_error e;
    struct audit *a = audit_open(&c, &e);
    char id[ULID_TEXT];
    if (!a)
        _exit(2);
    for (unsigned i = 0; i < RECORDS; i++) {
        ulid_make(1764000000000 + i, id);
        if (i % 10 == 0)
            append(a, &c, id, "\"event\":\"pending\",", "");
        append(a, &c, id, "", i % 2 ? "\"decision\":\"clear\"," : "\"decision\":\"reserved\",");
    }
    ulid_make(1764000000000 + RECORDS, id);
    append(a, &c, id, "\"event\":\"pending\",", "");
    if (node == 1)
        kill(getpid(), SIGKILL);
    audit_close(a);
    _exit(0);
}

struct sums {
    unsigned of[NODES + 1], pending, gaps, damage, merged;
};

static void *begin(const void *self, const struct segment_file *file)
{
    (void)self;
    (void)file;
    return calloc(1, sizeof(struct sums));
}

static enum scan_next take(void *part, const struct scan_line *line)
{
    struct sums *s = part;
    struct buf scratch;
    buf_init(&scratch, 1024);
    s->gaps += line->kind == SCAN_GAP;
    s->damage += line->kind == SCAN_DAMAGE;
    s->pending += line->kind == SCAN_PENDING;
    if (line->kind == SCAN_RECORD) {
        struct slice node = scan_text(line, FIELD_NODE, &scratch);
        s->of[node.n == 6 ? (node.p[5] - '0') % (NODES + 1) : 0]++;
    }
    buf_free(&scratch);
    return SCAN_ON;
}

static void drop(void *self, void *part)
{
    (void)self;
    free(part);
}

static bool merge(void *self, void *part, bool last)
{
    struct sums *all = self;
    const struct sums *s = part;
    assert_true(last);
    for (unsigned i = 0; i <= NODES; i++)
        all->of[i] += s->of[i];
    all->pending += s->pending;
    all->gaps += s->gaps;
    all->damage += s->damage;
    all->merged++;
    free(part);
    return true;
}

static void each_record_is_handed_out_once(void **state)
{
    (void)state;
    pid_t child[NODES];
    struct sums all = { .pending = 0 };
    for (unsigned i = 0; i < NODES; i++) {
        child[i] = fork();
        assert_true(child[i] >= 0);
        if (child[i] == 0)
            write_as(i + 1);
    }
    for (unsigned i = 0; i < NODES; i++) {
        int how;
        assert_int_equal(waitpid(child[i], &how, 0), child[i]);
        assert_true(i == 0 ? WIFSIGNALED(how) : WIFEXITED(how) && WEXITSTATUS(how) == 0);
    }
    struct config c = config_of(1);
    struct config_error e;
    struct audit *next = audit_open(&c, &e); /* closes what the dead left */
    assert_non_null(next);
    struct segment_list list = { .n = 0 };
    struct scan_job job = { .begin = begin, .line = take, .merge = merge, .drop = drop, .self = &all, .threads = 4 };
    assert_true(segment_list_add(&list, c.audit_dir));
    assert_true(list.n > 2 * NODES); /* there was rotation */
    assert_int_equal(scan_segments(&list, &job), OPTOUT_OK);
    assert_int_equal(all.merged, list.n);
    for (unsigned i = 1; i <= NODES; i++)
        assert_int_equal(all.of[i], RECORDS);
    assert_int_equal(all.of[0], 0);
    assert_int_equal(all.damage, 0);
    assert_int_equal(all.gaps, 1);
    assert_int_equal(all.pending, NODES);
    audit_close(next);
    segment_list_free(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_record_is_handed_out_once, make_dir, drop_dir),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
