/* SPDX-License-Identifier: Apache-2.0 */
/* What records refer to: in their segment before them, in the same write, once; whatever
 * happened to the segments and writes before. And segments that nobody appends to. */
#include "segment_fixture.h"

#include "audit/reader.h"
#include "core/clock.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

/* ---- records that refer ---- */

static void print_reference(const struct reference *r, struct buf *out)
{
    const char *kind = r->what;
    buf_printf(out, "{\"v\":2,\"event\":\"%s\",\"id\":\"%.32s\"}\n", kind, r->id);
}

static void refer(struct reference_list *to, const char *kind, unsigned id)
{
    char hex[REFERENCE_ID_SIZE + 1];
    struct reference *r = &to->of[to->n++];
    snprintf(hex, sizeof hex, "%08x%024x", id * 2654435761u, id);
    memcpy(r->id, hex, REFERENCE_ID_SIZE);
    r->print = print_reference;
    r->what = kind;
}

/* A record that was made under configuration `config` and knew `n` sites from `site` on. */
static enum optout_rc put_with(struct audit *a, unsigned config, unsigned site, unsigned n)
{
    struct reference_list refs = { .n = 0 };
    struct buf line;
    buf_init(&line, 65536);
    refer(&refs, "config", 1000000 + config);
    buf_puts(&line, "{\"v\":2,\"id\":\"r\",\"site\":[");
    for (unsigned i = 0; i < n; i++) {
        refer(&refs, "site", site + i);
        buf_printf(&line, "%s{\"id\":\"%.32s\"}", i ? "," : "", refs.of[i + 1].id);
    }
    buf_printf(&line, "],\"config\":\"%.32s\"}\n", refs.of[0].id);
    enum optout_rc rc = audit_append(a, buf_slice(&line), &refs);
    int why = errno;
    buf_free(&line);
    errno = why;
    return rc;
}

/* What the segments of a folder hold, as their reader sees it: within one segment, and with
 * no more memory than `struct references` has. */
struct seen {
    unsigned records, configs, sites, gaps, torn;
    unsigned dangling; /* records that refer to what is not there */
};

static bool has(const struct references *refs, const json_t *id)
{
    return references_find(refs, slice_cstr(json_string_value(id))).n != 0;
}

static void see_line(struct seen *seen, struct references *refs, struct slice line)
{
    size_t i;
    json_t *entry, *j = json_loadb((const char *)line.p, line.n, 0, NULL);
    const char *event = json_string_value(json_object_get(j, "event"));
    assert_non_null(j);
    if (references_take(refs, line)) {
        *(strcmp(event, "config") == 0 ? &seen->configs : &seen->sites) += 1;
    } else if (event) {
        assert_string_equal(event, "gap");
        seen->gaps++;
    } else {
        bool whole = has(refs, json_object_get(j, "config"));
        json_array_foreach(json_object_get(j, "site"), i, entry)
            whole = has(refs, json_object_get(entry, "id")) && whole;
        seen->dangling += !whole;
        seen->records++;
    }
    json_decref(j);
}

static void see_file(struct seen *seen, const char *path)
{
    struct segment_reader *r;
    struct references *refs = references_new();
    struct slice line;
    enum optout_rc rc;
    assert_int_equal(segment_reader_open(path, &r), OPTOUT_OK);
    while ((rc = segment_reader_next(r, &line)) == OPTOUT_OK)
        see_line(seen, refs, line);
    seen->torn += rc == OPTOUT_E_SYNTAX;
    segment_reader_close(r);
    references_free(refs);
}

static struct seen see(const struct place *p)
{
    struct seen seen = { 0 };
    DIR *d = opendir(p->config.audit_dir);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        if (ends_with(e->d_name, ".jsonl") || ends_with(e->d_name, ".jsonl.open"))
            see_file(&seen, path_of(p, e->d_name));
    closedir(d);
    return seen;
}

static void expect_seen(const struct place *p, unsigned records, unsigned configs, unsigned sites,
                        unsigned gaps)
{
    struct seen seen = see(p);
    assert_int_equal(seen.dangling, 0);
    assert_int_equal(seen.torn, 0);
    assert_int_equal(seen.records, records);
    assert_int_equal(seen.configs, configs);
    assert_int_equal(seen.sites, sites);
    assert_int_equal(seen.gaps, gaps);
}

/* Lines of the last write that begin so, in this order, and no more. */
static void expect_written(const char *const *fronts, size_t n)
{
    const char *at = fault.written, *end = at + fault.written_n;
    for (size_t i = 0; i < n; i++) {
        const char *lf = memchr(at, '\n', (size_t)(end - at));
        assert_non_null(lf);
        if (strncmp(at, fronts[i], strlen(fronts[i])) != 0)
            fail_msg("line %zu: %.*s", i + 1, (int)(lf - at), at);
        at = lf + 1;
    }
    assert_ptr_equal(at, end);
}

#define A_GAP "{\"v\":2,\"event\":\"gap\""
#define A_CONFIG "{\"v\":2,\"event\":\"config\""
#define A_SITE "{\"v\":2,\"event\":\"site\""
#define A_RECORD "{\"v\":2,\"id\":\"r\""
#define EXPECT_WRITTEN(...)                                         \
    do {                                                            \
        static const char *const fronts_[] = { __VA_ARGS__ };       \
        expect_written(fronts_, sizeof fronts_ / sizeof *fronts_);  \
    } while (0)

/* ---- once in each segment ---- */

static void a_line_stands_once_before_its_first_record_in_the_same_write(void **state)
{
    struct place *p = *state;
    struct audit *a = open_log(p);
    assert_int_equal(put_with(a, 1, 10, 2), OPTOUT_OK);
    assert_int_equal(fault.writes, 1);
    EXPECT_WRITTEN(A_CONFIG, A_SITE, A_SITE, A_RECORD);
    assert_int_equal(put_with(a, 1, 11, 1), OPTOUT_OK);
    EXPECT_WRITTEN(A_RECORD);
    assert_int_equal(put_with(a, 1, 11, 2), OPTOUT_OK); /* one is known, one is new */
    EXPECT_WRITTEN(A_SITE, A_RECORD);
    assert_int_equal(put_with(a, 2, 10, 3), OPTOUT_OK); /* another configuration */
    EXPECT_WRITTEN(A_CONFIG, A_RECORD);
    assert_int_equal(put_with(a, 1, 10, 3), OPTOUT_OK); /* and back */
    EXPECT_WRITTEN(A_RECORD);
    assert_int_equal(put_with(a, 1, 20, REFERENCES_MAX - 1), OPTOUT_OK);
    assert_int_equal(fault.writes, 6);
    audit_close(a);
    expect_seen(p, 6, 2, 3 + REFERENCES_MAX - 1, 0);
}

static void a_new_segment_has_them_again(void **state)
{
    struct place *p = *state;
    p->config.audit_rotate_age_s = 3600;
    p->config.audit_rotate_size = 4000;
    struct audit *a = open_log(p);
    assert_int_equal(put_with(a, 1, 1, 1), OPTOUT_OK);
    assert_int_equal(audit_reopen(a), OPTOUT_OK);
    assert_int_equal(put_with(a, 1, 1, 1), OPTOUT_OK);
    EXPECT_WRITTEN(A_CONFIG, A_SITE, A_RECORD);
    clock_advance(3600 * 1000);
    assert_int_equal(put_with(a, 1, 1, 1), OPTOUT_OK);
    EXPECT_WRITTEN(A_CONFIG, A_SITE, A_RECORD);
    expect_seen(p, 3, 3, 3, 0);
    struct audit_counters c;
    unsigned records = 3;
    do {
        assert_int_equal(put_with(a, 1, 1, 1), OPTOUT_OK);
        records++;
        audit_count(a, &c);
    } while (c.rotations < 5);
    EXPECT_WRITTEN(A_CONFIG, A_SITE, A_RECORD); /* the one that did not fit any more */
    audit_close(a);
    expect_seen(p, records, 6, 6, 0);
}

/* No segment is larger than it may be with what is printed again for being in a new one. */
static void lines_count_for_the_size_of_a_segment(void **state)
{
    struct place *p = *state;
    struct stat st;
    p->config.audit_rotate_size = 3000;
    struct audit *a = open_log(p);
    for (unsigned i = 0; i < 300; i++)
        assert_int_equal(put_with(a, i / 100, i / 3, 1 + i % 4), OPTOUT_OK);
    audit_close(a);
    struct seen seen = see(p);
    assert_int_equal(seen.dangling, 0);
    assert_int_equal(seen.records, 300);
    DIR *d = opendir(p->config.audit_dir);
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        if (ends_with(e->d_name, ".jsonl")) {
            assert_int_equal(stat(path_of(p, e->d_name), &st), 0);
            assert_in_range(st.st_size, 1, 3000);
        }
    closedir(d);
}

/* ---- more than is remembered ---- */

/* Records of many sites, all under one configuration, whose line was printed first. */
static void more_lines_than_are_remembered_are_printed_again(void **state)
{
    struct place *p = *state;
    struct audit *a = open_log(p);
    for (unsigned i = 0; i < PRINTED_MAX - 1; i++)
        assert_int_equal(put_with(a, 1, i, 1), OPTOUT_OK);
    assert_int_equal(put_with(a, 1, 0, 1), OPTOUT_OK);
    EXPECT_WRITTEN(A_RECORD);
    assert_int_equal(put_with(a, 1, PRINTED_MAX, 1), OPTOUT_OK); /* one too many */
    EXPECT_WRITTEN(A_CONFIG, A_SITE, A_RECORD);
    assert_int_equal(put_with(a, 1, PRINTED_MAX, 1), OPTOUT_OK);
    EXPECT_WRITTEN(A_RECORD);
    assert_int_equal(put_with(a, 1, 0, 1), OPTOUT_OK);
    EXPECT_WRITTEN(A_SITE, A_RECORD);
    for (unsigned i = 0; i < 5 * PRINTED_MAX; i++)
        assert_int_equal(put_with(a, 1, 10000 + i, 1), OPTOUT_OK);
    audit_close(a);
    struct seen seen = see(p);
    assert_int_equal(seen.dangling, 0);
    assert_int_equal(seen.records, 6 * PRINTED_MAX + 3);
    assert_in_range(seen.configs, 6, 7);
}

/* As many as there is room for, in turns: nothing is printed twice. */
static void as_many_as_are_remembered_are_printed_once(void **state)
{
    struct place *p = *state;
    struct audit *a = open_log(p);
    for (unsigned turn = 0; turn < 3; turn++)
        for (unsigned i = 0; i < PRINTED_MAX - 1; i += 7)
            assert_int_equal(put_with(a, 1, i, i + 7 < PRINTED_MAX ? 7 : PRINTED_MAX - 1 - i),
                             OPTOUT_OK);
    audit_close(a);
    expect_seen(p, 3 * ((PRINTED_MAX - 1 + 6) / 7), 1, PRINTED_MAX - 1, 0);
}

/* A site is used again just when the memory of lines is begun anew, each time. */
static void a_line_is_never_relied_on_for_long(void **state)
{
    struct place *p = *state;
    struct audit *a = open_log(p);
    for (unsigned i = 0; i < 4 * PRINTED_MAX; i += 5) {
        assert_int_equal(put_with(a, 1, 100 + i, 5), OPTOUT_OK);
        assert_int_equal(put_with(a, 1, i % 3, 2), OPTOUT_OK);
    }
    audit_close(a);
    assert_int_equal(see(p).dangling, 0);
}

static void long_lines_are_relied_on_for_fewer(void **state)
{
    (void)state;
    struct printed_ids *ids = printed_new();
    for (unsigned i = 0; i < 30; i++) {
        struct reference_list refs = { .n = 0 };
        refer(&refs, "site", i);
        printed_make_room(ids, &refs);
        assert_false(printed_has(ids, refs.of[0].id));
        printed_add(ids, &refs, 1u << 20);
        assert_true(printed_has(ids, refs.of[0].id));
        printed_make_room(ids, &refs); /* nothing is missing: no reason to forget */
        assert_true(printed_has(ids, refs.of[0].id));
    }
    struct reference_list first = { .n = 0 }, late = { .n = 0 };
    refer(&first, "site", 0);
    refer(&late, "site", 29);
    assert_false(printed_has(ids, first.of[0].id)); /* 24 MiB later */
    assert_true(printed_has(ids, late.of[0].id));
    printed_free(ids);
    printed_free(NULL);
}

/* ---- refused records ---- */

/* What a refused write had is not in the segment: the next record brings it. */
static void expect_refusal(struct place *p, struct audit *a, unsigned id)
{
    struct seen before = see(p);
    assert_int_not_equal(put_with(a, 1, id, 2), OPTOUT_OK);
    struct seen after = see(p);
    assert_int_equal(after.records, before.records);
    assert_int_equal(after.configs, before.configs);
    assert_int_equal(after.sites, before.sites);
    assert_int_equal(after.dangling, 0);
}

static void a_full_disk_marks_nothing_as_printed(void **state)
{
    struct place *p = *state;
    struct audit *a = open_log(p);
    static const int shorts[] = { 0, 1, 59, 60, 61, 130, 200 }; /* within each of the lines */
    for (size_t i = 0; i < sizeof shorts / sizeof *shorts; i++) {
        fault.write_short = shorts[i];
        fault.write_errno = ENOSPC;
        expect_refusal(p, a, 10);
    }
    fault.write_errno = 0;
    fault.writes = 0;
    assert_int_equal(put_with(a, 1, 10, 2), OPTOUT_OK);
    assert_int_equal(fault.writes, 1); /* all of it is one */
    EXPECT_WRITTEN(A_GAP, A_CONFIG, A_SITE, A_SITE, A_RECORD);
    fault.write_short = 100;
    fault.write_errno = ENOSPC;
    expect_refusal(p, a, 12);
    fault.write_errno = 0;
    assert_int_equal(put_with(a, 1, 12, 1), OPTOUT_OK);
    EXPECT_WRITTEN(A_GAP, A_SITE, A_RECORD);
    assert_int_equal(put_with(a, 1, 10, 4), OPTOUT_OK);
    EXPECT_WRITTEN(A_SITE, A_RECORD); /* the one that was refused with the first */
    audit_close(a);
    expect_seen(p, 3, 1, 4, 2);
}

static void an_error_of_the_disk_marks_nothing_as_printed(void **state)
{
    struct place *p = *state;
    struct audit *a = open_log(p);
    assert_int_equal(put_with(a, 1, 1, 1), OPTOUT_OK);
    fault.write_short = 100;
    fault.write_errno = EIO;
    expect_refusal(p, a, 2);
    fault.write_errno = 0;
    assert_int_equal(put_with(a, 1, 1, 1), OPTOUT_OK); /* in another segment */
    EXPECT_WRITTEN(A_GAP, A_CONFIG, A_SITE, A_RECORD);
    audit_close(a);
    expect_seen(p, 2, 2, 2, 1);
}

/* Lines that are whole in a write that fell short and cannot be undone are there for
 * readers; what comes next does not rely on them. */
static void a_torn_segment_is_not_relied_on(void **state)
{
    struct place *p = *state;
    struct audit *a = open_log(p);
    assert_int_equal(put_with(a, 1, 1, 1), OPTOUT_OK);
    fault.write_short = 150;
    fault.write_errno = EIO;
    fault.truncate_errno = EIO;
    assert_int_equal(put_with(a, 1, 2, 3), OPTOUT_E_IO);
    fault.write_errno = 0;
    assert_int_equal(put_with(a, 1, 2, 1), OPTOUT_OK);
    EXPECT_WRITTEN(A_GAP, A_CONFIG, A_SITE, A_RECORD);
    audit_close(a);
    fault.truncate_errno = 0;
    audit_close(open_log(p)); /* repairs it */
    struct seen seen = see(p);
    assert_int_equal(seen.dangling + seen.torn, 0);
    assert_int_equal(seen.records, 2);
    assert_int_equal(seen.gaps, 2);
}

static void a_failed_sync_marks_nothing_as_printed(void **state)
{
    struct place *p = *state;
    p->config.audit_sync = AUDIT_SYNC_EACH;
    struct audit *a = open_log(p);
    assert_int_equal(put_with(a, 1, 1, 1), OPTOUT_OK);
    fault.sync_errno = EIO;
    expect_refusal(p, a, 2);
    fault.sync_errno = 0;
    assert_int_equal(put_with(a, 1, 2, 1), OPTOUT_OK);
    EXPECT_WRITTEN(A_GAP, A_CONFIG, A_SITE, A_RECORD);
    audit_close(a);
    expect_seen(p, 2, 2, 2, 1);
}

static void a_batch_that_was_lost_is_not_relied_on(void **state)
{
    struct place *p = *state;
    p->config.audit_sync = AUDIT_SYNC_BATCH;
    p->config.audit_batch_ms = 1;
    struct audit *a = open_log(p);
    struct audit_counters c = { 0 };
    fault.sync_errno = EIO;
    assert_int_equal(put_with(a, 1, 1, 1), OPTOUT_OK);
    for (int i = 0; i < 4000 && !c.failures; i++) {
        usleep(5000);
        audit_count(a, &c);
    }
    fault.sync_errno = 0;
    assert_int_equal(put_with(a, 1, 1, 1), OPTOUT_E_IO); /* the first to hear of it */
    assert_int_equal(put_with(a, 1, 1, 1), OPTOUT_OK);
    EXPECT_WRITTEN(A_GAP, A_CONFIG, A_SITE, A_RECORD);
    audit_close(a);
    expect_seen(p, 2, 2, 2, 1);
}

static void print_too_much(const struct reference *r, struct buf *out)
{
    (void)r;
    for (unsigned i = 0; i < 17; i++)
        buf_printf(out, "%1048576s", "x");
}

static void a_line_that_cannot_be_printed_refuses_its_record(void **state)
{
    struct place *p = *state;
    struct audit *a = open_log(p);
    struct reference_list refs = { .n = 0 };
    refer(&refs, "site", 1);
    refer(&refs, "site", 2);
    refs.of[1].print = print_too_much;
    assert_int_equal(audit_append(a, SLICE_OF("{\"v\":2}\n"), &refs), OPTOUT_E_NOMEM);
    assert_int_equal(fault.writes, 0);
    assert_int_equal(put_with(a, 1, 1, 1), OPTOUT_OK);
    EXPECT_WRITTEN(A_GAP, A_CONFIG, A_SITE, A_RECORD);
    audit_close(a);
    expect_seen(p, 1, 1, 1, 1);
}

/* ---- writers that die ---- */

/* Killed at any byte of a write: what is whole explains itself, and so does it after the
 * repair. */
static void every_cut_leaves_what_explains_itself(void **state)
{
    struct place *p = *state;
    struct audit *a = open_log(p);
    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(put_with(a, i / 3, i, i % 4), OPTOUT_OK);
    audit_close(a);
    struct tally t = tally(p);
    size_t n;
    uint8_t *whole = test_read_file(path_of(p, t.segment), &n);
    assert_int_equal(unlink(path_of(p, t.segment)), 0);
    unsigned most = 0;
    for (size_t cut = 0; cut <= n; cut++) {
        FILE *f = fopen(path_of(p, "cut.jsonl.open"), "wb");
        assert_non_null(f);
        assert_true(fwrite(whole, 1, cut, f) == cut && fclose(f) == 0);
        struct seen seen = see(p);
        assert_int_equal(seen.dangling, 0);
        assert_true(seen.records >= most);
        most = seen.records;
        if (cut % 64 == 0) {
            audit_close(open_log(p));
            struct seen repaired = see(p);
            assert_int_equal(repaired.dangling + repaired.torn, 0);
            assert_int_equal(repaired.records, seen.records);
            assert_int_equal(repaired.gaps, 1);
            assert_int_equal(unlink(path_of(p, "cut.jsonl")), 0);
        }
    }
    assert_int_equal(most, 8);
    free(whole);
}

static void killed_writers_leave_what_explains_itself(void **state)
{
    struct place *p = *state;
    atomic_uint *acked =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(acked != MAP_FAILED);
    p->config.audit_rotate_size = 20000;
    for (unsigned round = 0; round < 10; round++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            struct audit *a = audit_open(&p->config, &p->error);
            for (unsigned i = 0; a && put_with(a, i / 50, i, i % 10) == OPTOUT_OK; i++)
                ++*acked;
            _exit(1);
        }
        for (unsigned before = *acked; *acked < before + 100;)
            usleep(50);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
    audit_close(open_log(p));
    struct seen seen = see(p);
    assert_int_equal(seen.dangling + seen.torn, 0);
    assert_in_range(seen.gaps, 10, 20); /* two where a rotation was under way */
    assert_in_range(seen.records, *acked, *acked + 10);
    munmap(acked, 4096);
}

/* ---- segments that nobody appends to ---- */

/* Waits for so many rotations, at most 10 s. */
static void wait_for_rotations(struct audit *a, uint64_t n)
{
    struct audit_counters c = { 0 };
    for (int i = 0; i < 1000 && c.rotations < n; i++) {
        usleep(10000);
        audit_count(a, &c);
    }
    assert_int_equal(c.rotations, n);
}

static void an_idle_segment_is_closed_by_age(void **state)
{
    struct place *p = *state;
    p->config.audit_rotate_age_s = 1;
    struct audit *a = open_log(p);
    assert_int_equal(put_with(a, 1, 1, 1), OPTOUT_OK);
    assert_int_equal(tally(p).closed, 0);
    wait_for_rotations(a, 1);
    assert_int_equal(tally(p).closed, 1);
    usleep(1500000); /* an empty one has no age */
    struct audit_counters c;
    audit_count(a, &c);
    assert_int_equal(c.rotations, 1);
    assert_int_equal(put_with(a, 1, 1, 1), OPTOUT_OK);
    EXPECT_WRITTEN(A_CONFIG, A_SITE, A_RECORD);
    wait_for_rotations(a, 2);
    audit_close(a);
    struct tally t = tally(p);
    assert_int_equal(t.closed, 2);
    assert_int_equal(t.open + t.other, 0);
    expect_seen(p, 2, 2, 2, 0);
}

static void a_writer_with_nothing_to_write_leaves_nothing(void **state)
{
    struct place *p = *state;
    p->config.audit_rotate_age_s = 1;
    struct audit *a = open_log(p);
    usleep(1200000);
    struct tally t = tally(p);
    assert_int_equal(t.open, 1);
    assert_int_equal(t.closed, 0);
    audit_close(a);
    t = tally(p);
    assert_int_equal(t.open + t.closed + t.other, 0);
}

/* There can be no new segment: the old one serves on, and it is tried again. */
static void an_idle_rotation_that_fails_is_tried_again(void **state)
{
    struct place *p = *state;
    char moved[2048];
    struct audit_counters c = { 0 };
    p->config.audit_rotate_age_s = 1;
    struct audit *a = open_log(p);
    assert_int_equal(put_with(a, 1, 1, 1), OPTOUT_OK);
    snprintf(moved, sizeof moved, "%.900s/moved", p->base);
    assert_int_equal(rename(p->config.audit_dir, moved), 0);
    FILE *f = fopen(p->config.audit_dir, "w");
    assert_non_null(f);
    fclose(f);
    for (int i = 0; i < 1000 && c.failures < 2; i++) {
        usleep(10000);
        audit_count(a, &c);
    }
    assert_in_range(c.failures, 2, 3); /* once a second, not once a turn */
    assert_int_equal(c.rotations, 0);
    assert_int_equal(put_with(a, 1, 1, 1), OPTOUT_OK);
    EXPECT_WRITTEN(A_RECORD);
    assert_int_equal(unlink(p->config.audit_dir), 0);
    assert_int_equal(rename(moved, p->config.audit_dir), 0);
    wait_for_rotations(a, 1);
    audit_close(a);
    struct tally t = tally(p);
    assert_int_equal(t.closed, 1);
    assert_int_equal(t.open + t.other, 0);
    expect_seen(p, 2, 1, 1, 0);
}

/* Whoever rotates is the last who can notice. */
static void a_segment_that_was_removed_while_idle_is_noticed(void **state)
{
    struct place *p = *state;
    char command[2100];
    p->config.audit_rotate_age_s = 1;
    struct audit *a = open_log(p);
    assert_int_equal(put_with(a, 1, 1, 1), OPTOUT_OK);
    snprintf(command, sizeof command, "rm -f '%s'/*.open", p->config.audit_dir);
    assert_int_equal(system(command), 0);
    wait_for_rotations(a, 1);
    assert_int_equal(put_with(a, 1, 1, 1), OPTOUT_OK);
    EXPECT_WRITTEN(A_GAP, A_CONFIG, A_SITE, A_RECORD);
    assert_int_equal(system(command), 0);
    audit_close(a); /* and so is who ends */
    struct tally t = tally(p);
    assert_int_equal(t.gaps, 1);
    assert_string_equal(t.reason, "segment-removed");
    assert_int_equal(t.closed, 1);
}

static void an_empty_segment_that_was_removed_is_no_loss(void **state)
{
    struct place *p = *state;
    char command[2100];
    struct audit *a = open_log(p);
    snprintf(command, sizeof command, "rm -f '%s'/*.open", p->config.audit_dir);
    assert_int_equal(system(command), 0);
    clock_advance(1000);
    assert_int_equal(put_with(a, 1, 1, 1), OPTOUT_OK);
    EXPECT_WRITTEN(A_CONFIG, A_SITE, A_RECORD);
    assert_int_equal(audit_reopen(a), OPTOUT_OK);
    assert_int_equal(system(command), 0);
    audit_close(a);
    struct tally t = tally(p);
    assert_int_equal(t.gaps + t.open, 0);
    assert_int_equal(t.closed, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, place_make, place_clear)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_line_stands_once_before_its_first_record_in_the_same_write),
        TEST(a_new_segment_has_them_again),
        TEST(lines_count_for_the_size_of_a_segment),
        TEST(more_lines_than_are_remembered_are_printed_again),
        TEST(as_many_as_are_remembered_are_printed_once),
        TEST(a_line_is_never_relied_on_for_long),
        cmocka_unit_test(long_lines_are_relied_on_for_fewer),
        TEST(a_full_disk_marks_nothing_as_printed),
        TEST(an_error_of_the_disk_marks_nothing_as_printed),
        TEST(a_torn_segment_is_not_relied_on),
        TEST(a_failed_sync_marks_nothing_as_printed),
        TEST(a_batch_that_was_lost_is_not_relied_on),
        TEST(a_line_that_cannot_be_printed_refuses_its_record),
        TEST(every_cut_leaves_what_explains_itself),
        TEST(killed_writers_leave_what_explains_itself),
        TEST(an_idle_segment_is_closed_by_age),
        TEST(a_writer_with_nothing_to_write_leaves_nothing),
        TEST(an_idle_rotation_that_fails_is_tried_again),
        TEST(a_segment_that_was_removed_while_idle_is_noticed),
        TEST(an_empty_segment_that_was_removed_is_no_loss),
    };
    return cmocka_run_group_tests_name("segment references", tests, NULL, NULL);
}
