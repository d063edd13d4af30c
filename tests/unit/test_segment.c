/* SPDX-License-Identifier: Apache-2.0 */
/* Segments: several writers at once, writers that die, disks that fail. */
#include "segment_fixture.h"

#include "metrics/metrics.h"

#include "core/clock.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

static void segments_are_named_locked_and_closed(void **state)
{
    struct place *p = *state;
    struct stat st;
    umask(022);
    snprintf(p->config.node, sizeof p->config.node, "../no de");
    struct audit *a = open_log(p);
    assert_int_equal(put(a, "one"), OPTOUT_OK);
    struct tally t = tally(p);
    assert_int_equal(t.open, 1);
    assert_int_equal(t.closed, 0);
    audit_close(a);
    t = tally(p);
    assert_int_equal(t.open, 0);
    assert_int_equal(t.closed, 1);
    assert_int_equal(t.other, 0);
    assert_memory_equal(t.segment, "_._no_de-20", 11);
    assert_int_equal(stat(p->config.audit_dir, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0750);
    assert_int_equal(stat(path_of(p, t.segment), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
}

static void nothing_is_left_of_an_idle_writer(void **state)
{
    struct place *p = *state;
    audit_close(open_log(p));
    audit_close(NULL);
    struct tally t = tally(p);
    assert_int_equal(t.closed + t.open + t.other, 0);
}

static void only_whole_lines_are_taken(void **state)
{
    struct place *p = *state;
    struct audit *a = open_log(p);
    assert_int_equal(audit_append(a, SLICE_EMPTY, NULL), OPTOUT_E_SYNTAX);
    assert_int_equal(audit_append(a, SLICE_OF("{}"), NULL), OPTOUT_E_SYNTAX);
    audit_close(a);
}

static void a_folder_that_cannot_be_is_explained(void **state)
{
    struct place *p = *state;
    strcat(p->config.audit_dir, "/no/such");
    assert_null(audit_open(&p->config, &p->error));
    assert_string_equal(p->error.directive, "AuditDir");
    assert_non_null(strstr(p->error.reason, "/no/such: No such file or directory"));
    assert_true(p->error.remedy[0]);
}

#define EACH_THREAD 1500

static void *append_many(void *arg)
{
    for (int i = 0; i < EACH_THREAD; i++)
        if (put(arg, "0123456789012345678901234567890123456789") != OPTOUT_OK)
            return arg;
    return NULL;
}

/* Two processes, two threads each, with rotation and a batch thread. */
static void writers_do_not_disturb_each_other(void **state)
{
    struct place *p = *state;
    p->config.audit_rotate_size = 16384;
    p->config.audit_sync = AUDIT_SYNC_BATCH;
    p->config.audit_batch_ms = 1;
    pid_t child[2];
    for (int i = 0; i < 2; i++) {
        child[i] = fork();
        assert_true(child[i] >= 0);
        if (child[i] > 0)
            continue;
        struct audit *a = audit_open(&p->config, &p->error);
        pthread_t thread[2];
        void *failed[2];
        for (int k = 0; a && k < 2; k++)
            pthread_create(&thread[k], NULL, append_many, a);
        for (int k = 0; a && k < 2; k++)
            pthread_join(thread[k], &failed[k]);
        audit_close(a);
        _exit(!a || failed[0] || failed[1]);
    }
    for (int i = 0; i < 2; i++) {
        int status;
        assert_int_equal(waitpid(child[i], &status, 0), child[i]);
        assert_int_equal(status, 0);
    }
    struct tally t = tally(p);
    assert_int_equal(t.bad, 0);
    assert_int_equal(t.gaps, 0);
    assert_int_equal(t.finals, 4 * EACH_THREAD);
    assert_int_equal(t.open, 0);
    assert_true(t.closed > 10);
}

static void a_killed_writer_loses_nothing_acknowledged(void **state)
{
    struct place *p = *state;
    atomic_uint *acked =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(acked != MAP_FAILED);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct audit *a = audit_open(&p->config, &p->error);
        while (a && put(a, "x") == OPTOUT_OK)
            ++*acked;
        _exit(1);
    }
    while (*acked < 1000)
        usleep(100);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    struct tally t = tally(p);
    assert_int_equal(t.open, 1);
    struct audit *a = open_log(p);
    struct audit_counters c;
    audit_count(a, &c);
    assert_int_equal(c.adopted, 1);
    audit_close(a);
    t = tally(p);
    assert_int_equal(t.open, 0);
    assert_int_equal(t.closed, 1);
    assert_int_equal(t.bad, 0);
    assert_int_equal(t.gaps, 1);
    assert_string_equal(t.reason, "writer-died");
    assert_true(t.finals >= *acked && t.finals <= *acked + 1);
    munmap(acked, 4096);
}

static void torn_lines_are_cut_off_and_kept(void **state)
{
    struct place *p = *state;
    char big[40000]; /* longer than what the repair reads at once */
    memset(big, 'z', sizeof big);
    big[sizeof big - 1] = '\0';
    write_file(p, "a-1.jsonl.open", "{\"event\":\"final\"}\n{\"event\":\"fi");
    write_file(p, "b-1.jsonl.open", "");
    write_file(p, "c-1.jsonl.open", big);
    write_file(p, "d-1.jsonl.open", "{\"event\":\"final\"}\n");
    write_file(p, ".new-e-1.jsonl.open", "");
    assert_int_equal(symlink("/etc/passwd", path_of(p, "f-1.jsonl.open")), 0);
    struct audit *a = open_log(p);
    struct audit_counters c;
    audit_count(a, &c);
    assert_int_equal(c.adopted, 4);
    audit_close(a);
    unlink(path_of(p, "f-1.jsonl.open"));
    struct tally t = tally(p);
    assert_int_equal(t.closed, 4);
    assert_int_equal(t.open + t.other + t.bad, 0);
    assert_int_equal(t.gaps, 4);
    assert_int_equal(t.finals, 2);
    assert_int_equal(t.torn_files, 2);
    size_t n;
    char *torn = (char *)test_read_file(path_of(p, "a-1.jsonl.torn"), &n);
    assert_slice(slice_of(torn, n), "{\"event\":\"fi");
    free(torn);
    free(test_read_file(path_of(p, "c-1.jsonl.torn"), &n));
    assert_int_equal(n, sizeof big - 1);
    t = (struct tally){ 0 };
    tally_file(&t, path_of(p, "a-1.jsonl"));
    assert_int_equal(t.torn_bytes, 12);
    assert_int_equal(t.lost, -1);
}

static void repairs_wait_for_room(void **state)
{
    struct place *p = *state;
    write_file(p, "a-1.jsonl.open", "{\"event\":\"final\"}\n{\"ev");
    fault.write_errno = ENOSPC;
    audit_close(open_log(p));
    assert_int_equal(tally(p).open, 1);
    fault.write_errno = 0;
    audit_close(open_log(p));
    struct tally t = tally(p);
    assert_int_equal(t.open + t.bad, 0);
    assert_int_equal(t.gaps, 1);
    assert_int_equal(t.torn_bytes, 4);
}

#define ORPHANS 40

/* However many start at once, each orphan is adopted by one of them. */
static void orphans_are_adopted_once(void **state)
{
    struct place *p = *state;
    for (int i = 0; i < ORPHANS; i++) {
        char name[64];
        snprintf(name, sizeof name, "o-%d.jsonl.open", i);
        write_file(p, name, "{\"event\":\"final\"}\n{");
    }
    pid_t child[4];
    int adopted = 0;
    for (int i = 0; i < 4; i++) {
        child[i] = fork();
        assert_true(child[i] >= 0);
        if (child[i] == 0) {
            struct audit *a = audit_open(&p->config, &p->error);
            struct audit_counters c = { 0 };
            if (!a)
                _exit(255);
            audit_count(a, &c);
            audit_close(a);
            _exit((int)c.adopted);
        }
    }
    for (int i = 0; i < 4; i++) {
        int status;
        waitpid(child[i], &status, 0);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= ORPHANS);
        adopted += WEXITSTATUS(status);
    }
    struct tally t = tally(p);
    assert_int_equal(adopted, ORPHANS);
    assert_int_equal(t.gaps, ORPHANS);
    assert_int_equal(t.finals, ORPHANS);
    assert_int_equal(t.closed, ORPHANS);
    assert_int_equal(t.torn_files, ORPHANS);
    assert_int_equal(t.open + t.other + t.bad, 0);
}

/* Between the opening of an orphan and the lock on it, another one adopted it. */
static void late_adopters_leave_it_alone(void **state)
{
    struct place *p = *state;
    char from[2048];
    write_file(p, "a-1.jsonl.open", "{\"event\":\"final\"}\n");
    snprintf(from, sizeof from, "%.1000s/a-1.jsonl.open", p->config.audit_dir);
    fault.rename_to = path_of(p, "a-1.jsonl");
    fault.rename_from = from;
    struct audit *a = open_log(p);
    struct audit_counters c;
    audit_count(a, &c);
    assert_null(fault.rename_from);
    assert_int_equal(c.adopted, 0);
    audit_close(a);
    struct tally t = tally(p);
    assert_int_equal(t.closed, 1);
    assert_int_equal(t.lines, 1);
}

static void living_writers_are_left_alone(void **state)
{
    struct place *p = *state;
    struct audit *a = open_log(p), *b = open_log(p);
    struct audit_counters c;
    audit_count(b, &c);
    assert_int_equal(c.adopted, 0);
    assert_int_equal(put(a, "a"), OPTOUT_OK);
    assert_int_equal(put(b, "b"), OPTOUT_OK);
    assert_int_equal(tally(p).open, 2);
    audit_close(a);
    audit_close(b);
    struct tally t = tally(p);
    assert_int_equal(t.closed, 2);
    assert_int_equal(t.gaps, 0);
}

static void segments_rotate_by_size(void **state)
{
    struct place *p = *state;
    p->config.audit_rotate_size = 100; /* three lines of 32 bytes */
    struct audit *a = open_log(p);
    for (int i = 0; i < 9; i++)
        assert_int_equal(put(a, "123"), OPTOUT_OK);
    struct tally t = tally(p);
    assert_int_equal(t.closed, 2);
    assert_int_equal(t.open, 1);
    char longer[300];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_int_equal(put(a, longer), OPTOUT_OK); /* longer than the limit: alone */
    assert_int_equal(put(a, "123"), OPTOUT_OK);
    struct audit_counters c;
    audit_count(a, &c);
    assert_int_equal(c.rotations, 4);
    assert_int_equal(c.lines, 11);
    assert_true(c.bytes > 9 * 32);
    audit_close(a);
    t = tally(p);
    assert_int_equal(t.closed, 5);
    assert_int_equal(t.finals, 11);
}

static void segments_rotate_by_age(void **state)
{
    struct place *p = *state;
    p->config.audit_rotate_age_s = 3600;
    struct audit *a = open_log(p);
    assert_int_equal(put(a, "old"), OPTOUT_OK);
    assert_int_equal(put(a, "old"), OPTOUT_OK);
    clock_advance(3600 * 1000);
    assert_int_equal(tally(p).closed, 0);
    assert_int_equal(put(a, "new"), OPTOUT_OK);
    struct tally t = tally(p);
    assert_int_equal(t.closed, 1);
    assert_int_equal(t.open, 1);
    audit_close(a);
}

static void reopening_starts_a_segment(void **state)
{
    struct place *p = *state;
    struct audit *a = open_log(p);
    assert_int_equal(put(a, "1"), OPTOUT_OK);
    assert_int_equal(audit_reopen(a), OPTOUT_OK);
    assert_int_equal(put(a, "2"), OPTOUT_OK);
    assert_int_equal(tally(p).closed, 1);
    /* The folder became a file: the old segment serves on. */
    char moved[2048];
    snprintf(moved, sizeof moved, "%.900s/moved", p->base);
    assert_int_equal(rename(p->config.audit_dir, moved), 0);
    FILE *f = fopen(p->config.audit_dir, "w");
    assert_non_null(f);
    fclose(f);
    assert_int_equal(audit_reopen(a), OPTOUT_E_IO);
    assert_int_equal(put(a, "3"), OPTOUT_OK);
    assert_int_equal(unlink(p->config.audit_dir), 0);
    assert_int_equal(rename(moved, p->config.audit_dir), 0);
    audit_close(a);
    struct tally t = tally(p);
    assert_int_equal(t.finals, 3);
    assert_int_equal(t.closed, 2);
    assert_int_equal(t.open + t.gaps, 0);
}

static void interrupted_writes_go_on(void **state)
{
    struct place *p = *state;
    struct audit *a = open_log(p);
    fault.write_eintr = 3;
    assert_int_equal(put(a, "1"), OPTOUT_OK);
    fault.write_eintr = 100000; /* not for ever */
    assert_int_equal(put(a, "2"), OPTOUT_E_IO);
    fault.write_eintr = 0;
    assert_int_equal(put(a, "3"), OPTOUT_OK);
    audit_close(a);
    struct tally t = tally(p);
    assert_int_equal(t.finals, 2);
    assert_int_equal(t.gaps, 1);
}

static void a_full_disk_is_undone_and_recovers(void **state)
{
    struct place *p = *state;
    struct audit *a = open_log(p);
    assert_int_equal(put(a, "1"), OPTOUT_OK);
    for (int i = 0; i < 3; i++) {
        fault.write_short = 7;
        fault.write_errno = ENOSPC;
        errno = 0;
        assert_int_equal(put(a, "2"), OPTOUT_E_IO);
        assert_int_equal(errno, ENOSPC);
        struct tally t = tally(p);
        assert_int_equal(t.lines, 1);
        assert_int_equal(t.bad, 0);
    }
    fault.write_errno = 0;
    assert_int_equal(put(a, "3"), OPTOUT_OK);
    struct audit_counters c;
    audit_count(a, &c);
    assert_int_equal(c.failures, 3);
    assert_int_equal(c.lines, 3);
    assert_int_equal(c.rotations, 0);
    audit_close(a);
    struct tally t = tally(p);
    assert_int_equal(t.finals, 2);
    assert_int_equal(t.gaps, 1);
    assert_string_equal(t.reason, "write-failed");
    assert_int_equal(t.lost, 3);
    assert_int_equal(t.closed, 1);
}

/* What is refused without trying is counted, and a trial leaves nothing but the gap. */
static void a_trial_says_whether_records_can_be_written(void **state)
{
    struct place *p = *state;
    struct audit *a = open_log(p);
    assert_int_equal(put(a, "1"), OPTOUT_OK);
    assert_int_equal(audit_try(a), OPTOUT_OK);
    assert_int_equal(tally(p).lines, 1);
    fault.write_errno = ENOSPC;
    assert_int_equal(put(a, "2"), OPTOUT_E_IO);
    assert_int_equal(audit_try(a), OPTOUT_E_IO);
    assert_int_equal(errno, ENOSPC);
    audit_note_refused(a, 3);
    fault.write_errno = 0;
    assert_int_equal(audit_try(a), OPTOUT_OK);
    struct tally t = tally(p);
    assert_int_equal(t.gaps, 1);
    assert_string_equal(t.reason, "write-failed");
    assert_int_equal(t.lost, 4);
    assert_int_equal(put(a, "3"), OPTOUT_OK);
    assert_int_equal(audit_try(a), OPTOUT_OK);
    audit_close(a);
    t = tally(p);
    assert_int_equal(t.finals, 2);
    assert_int_equal(t.gaps, 1);
    assert_int_equal(t.bad, 0);
}

static void a_trial_finds_the_folder_back(void **state)
{
    struct place *p = *state;
    char command[2100];
    struct audit *a = open_log(p);
    assert_int_equal(put(a, "1"), OPTOUT_OK);
    snprintf(command, sizeof command, "rm -rf '%s' && touch '%s'", p->config.audit_dir,
             p->config.audit_dir);
    assert_int_equal(system(command), 0);
    assert_int_equal(audit_try(a), OPTOUT_E_IO);
    assert_int_equal(errno, ENOTDIR);
    assert_int_equal(unlink(p->config.audit_dir), 0);
    assert_int_equal(audit_try(a), OPTOUT_OK);
    struct tally t = tally(p);
    assert_int_equal(t.gaps, 1);
    assert_string_equal(t.reason, "segment-removed");
    assert_int_equal(t.lost, 1);
    audit_close(a);
}

/* Short write and no way to undo it: nothing may follow in that line. */
static void a_torn_segment_is_given_up(void **state)
{
    struct place *p = *state;
    struct audit *a = open_log(p);
    assert_int_equal(put(a, "1"), OPTOUT_OK);
    fault.write_short = 7;
    fault.write_errno = EIO;
    fault.truncate_errno = EIO;
    assert_int_equal(put(a, "2"), OPTOUT_E_IO);
    fault.write_errno = 0;
    assert_int_equal(put(a, "3"), OPTOUT_OK);
    audit_close(a);
    struct tally t = tally(p);
    assert_int_equal(t.bad, 1);
    assert_int_equal(t.open, 1); /* the torn one waits for repair */
    fault.truncate_errno = 0;
    audit_close(open_log(p));
    t = tally(p);
    assert_int_equal(t.bad + t.open, 0);
    assert_int_equal(t.finals, 2);
    assert_int_equal(t.gaps, 2);
    assert_int_equal(t.torn_files, 1);
}

static void a_gap_that_was_not_written_is_not_forgotten(void **state)
{
    struct place *p = *state;
    struct audit *a = open_log(p);
    fault.write_errno = ENOSPC;
    assert_int_equal(put(a, "1"), OPTOUT_E_IO);
    audit_close(a);
    fault.write_errno = 0;
    assert_int_equal(tally(p).open, 1);
    audit_close(open_log(p));
    struct tally t = tally(p);
    assert_int_equal(t.gaps, 1);
    assert_int_equal(t.open, 0);
}

static void removed_files_are_noticed(void **state)
{
    struct place *p = *state;
    char command[2100];
    struct audit *a = open_log(p);
    assert_int_equal(put(a, "1"), OPTOUT_OK);
    assert_int_equal(put(a, "2"), OPTOUT_OK);
    snprintf(command, sizeof command, "rm -rf '%s'", p->config.audit_dir);
    assert_int_equal(system(command), 0);
    clock_advance(1000);
    assert_int_equal(put(a, "3"), OPTOUT_OK);
    audit_close(a);
    struct tally t = tally(p);
    assert_int_equal(t.finals, 1);
    assert_int_equal(t.gaps, 1);
    assert_int_equal(t.lost, 2);
    assert_string_equal(t.reason, "segment-removed");
}

static void batch_syncs_in_the_background(void **state)
{
    struct place *p = *state;
    p->config.audit_sync = AUDIT_SYNC_BATCH;
    p->config.audit_batch_ms = 20;
    struct audit *a = open_log(p);
    for (int i = 0; i < 100; i++)
        assert_int_equal(put(a, "1"), OPTOUT_OK);
    for (int i = 0; i < 4000 && !fault.syncs; i++)
        usleep(5000);
    assert_in_range(fault.syncs, 1, 99); /* not one for each record */
    usleep(100000); /* nothing new, nothing to do */
    int syncs = fault.syncs;
    usleep(100000);
    assert_int_equal(fault.syncs, syncs);

    fault.sync_errno = EIO;
    assert_int_equal(put(a, "2"), OPTOUT_OK);
    struct audit_counters c = { 0 };
    for (int i = 0; i < 4000 && !c.failures; i++) {
        usleep(5000);
        audit_count(a, &c);
    }
    assert_int_equal(c.failures, 1);
    fault.sync_errno = 0;
    errno = 0;
    assert_int_equal(put(a, "3"), OPTOUT_E_IO);
    assert_int_equal(errno, EIO);
    assert_int_equal(put(a, "4"), OPTOUT_OK);
    audit_close(a);
    struct tally t = tally(p);
    assert_int_equal(t.finals, 102);
    assert_int_equal(t.closed, 2);
    assert_int_equal(t.gaps, 1);
    assert_string_equal(t.reason, "sync-failed");
    assert_int_equal(t.lost, 2);
}

static void each_record_is_synced_or_not_there(void **state)
{
    struct place *p = *state;
    p->config.audit_sync = AUDIT_SYNC_EACH;
    struct audit *a = open_log(p);
    fault.syncs = 0;
    assert_int_equal(put(a, "1"), OPTOUT_OK);
    assert_int_equal(put(a, "2"), OPTOUT_OK);
    assert_int_equal(fault.syncs, 2);
    fault.sync_errno = EIO;
    assert_int_equal(put(a, "3"), OPTOUT_E_IO);
    assert_int_equal(tally(p).finals, 2);
    fault.sync_errno = 0;
    assert_int_equal(put(a, "4"), OPTOUT_OK);
    audit_close(a);
    struct tally t = tally(p);
    assert_int_equal(t.finals, 3);
    assert_int_equal(t.gaps, 1);
    assert_int_equal(t.closed, 2);
}

/* The kernel itself says no; in a child, since limits stay. */
static void file_size_limits_are_survived(void **state)
{
    struct place *p = *state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rlimit low = { 100, RLIM_INFINITY }, high = { RLIM_INFINITY, RLIM_INFINITY };
        signal(SIGXFSZ, SIG_IGN);
        struct audit *a = audit_open(&p->config, &p->error);
        bool ok = a && setrlimit(RLIMIT_FSIZE, &low) == 0;
        int written = 0, refused = 0;
        for (int i = 0; ok && i < 10; i++)
            *(put(a, "123") == OPTOUT_OK ? &written : &refused) += 1;
        ok = ok && written == 3 && refused == 7 && tally(p).bad == 0 && tally(p).lines == 3;
        ok = ok && setrlimit(RLIMIT_FSIZE, &high) == 0 && put(a, "456") == OPTOUT_OK;
        audit_close(a);
        _exit(!ok);
    }
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    struct tally t = tally(p);
    assert_int_equal(t.bad, 0);
    assert_int_equal(t.finals, 4);
    assert_int_equal(t.lost, 7);
}

#define NO_MOUNT 77

/* In a mount namespace of its own; returns what the child is to exit with. */
static int fill_small_disk(struct place *p)
{
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", p->base, "tmpfs", 0, "size=256k") != 0)
        return NO_MOUNT;
    struct audit *a = audit_open(&p->config, &p->error);
    unsigned written = 0;
    while (a && written < 10000 && put(a, "0123456789012345678901234567890") == OPTOUT_OK)
        written++;
    struct tally t = tally(p);
    if (written == 0 || written == 10000 || t.bad || t.finals != written)
        return 1;
    if (audit_try(a) == OPTOUT_OK)
        return 5;
    if (audit_reopen(a) != OPTOUT_OK || unlink(path_of(p, tally(p).segment)) != 0)
        return 2;
    if (audit_try(a) != OPTOUT_OK)
        return 6;
    if (put(a, "room") != OPTOUT_OK)
        return 3;
    audit_close(a);
    t = tally(p);
    return t.bad || t.finals != 1 || t.gaps != 1 || t.lost != 1 ? 4 : 0;
}

static void a_real_full_disk_recovers(void **state)
{
    struct place *p = *state;
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(fill_small_disk(p));
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == NO_MOUNT) {
        print_message("# SKIP: a tmpfs cannot be mounted here, the full disk was only imitated\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, place_make, place_clear)

/* Cells of metrics.h, since this process began. */
static const unsigned told[] = { METRIC_AUDIT_LINES, METRIC_AUDIT_BYTES, METRIC_AUDIT_SEGMENTS,
                                 METRIC_AUDIT_GAPS, METRIC_AUDIT_ADOPTED,
                                 METRIC_AUDIT_SYNC_FAILURES };
#define TOLD (sizeof told / sizeof *told)

static void look(uint64_t at[TOLD])
{
    for (size_t i = 0; i < TOLD; i++)
        at[i] = metrics_own(told[i]);
}

static void metrics_tell_what_was_written(void **state)
{
    struct place *p = *state;
    uint64_t before[TOLD], after[TOLD];
    struct audit_counters c;
    p->config.audit_sync = AUDIT_SYNC_BATCH;
    p->config.audit_batch_ms = 60000;
    write_file(p, "a-1.jsonl.open", "{\"event\":\"final\"}\n");
    look(before);
    struct audit *a = open_log(p);
    for (int i = 0; i < 5; i++)
        assert_int_equal(put(a, "x"), OPTOUT_OK);
    assert_int_equal(metrics_own(METRIC_AUDIT_UNSYNCED), 5);
    assert_int_equal(audit_reopen(a), OPTOUT_OK);
    assert_int_equal(metrics_own(METRIC_AUDIT_UNSYNCED), 0);
    assert_int_equal(put(a, "x"), OPTOUT_OK);
    audit_count(a, &c);
    audit_close(a);
    look(after);
    assert_int_equal(after[0] - before[0], 6 + 1); /* and the gap of the one that was adopted */
    assert_int_equal(after[1] - before[1], c.bytes);
    assert_int_equal(after[2] - before[2], 2);
    assert_int_equal(after[3] - before[3], 1);
    assert_int_equal(after[4] - before[4], 1);
    assert_int_equal(after[5] - before[5], 0);
    assert_int_equal(metrics_own(METRIC_AUDIT_UNSYNCED), 0);
    assert_true(metrics_own(METRIC_AUDIT_SIZE_BYTES) > metrics_own(METRIC_AUDIT_FREE_BYTES));
    assert_true(metrics_own(METRIC_AUDIT_FREE_BYTES) > 0);
}

/* Others fill the disk, too: who watches must see it though nothing is recorded. */
static void room_is_told_while_nothing_is_written(void **state)
{
    struct place *p = *state;
    p->config.audit_sync = AUDIT_SYNC_WRITE;
    p->config.audit_rotate_age_s = 0;
    struct audit *a = open_log(p);
    metrics_set(METRIC_AUDIT_FREE_BYTES, 1);
    for (int i = 0; i < 100 && metrics_own(METRIC_AUDIT_FREE_BYTES) == 1; i++)
        usleep(100000);
    assert_true(metrics_own(METRIC_AUDIT_FREE_BYTES) > 1);
    audit_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(metrics_tell_what_was_written),
        TEST(room_is_told_while_nothing_is_written),
        TEST(segments_are_named_locked_and_closed),
        TEST(nothing_is_left_of_an_idle_writer),
        TEST(only_whole_lines_are_taken),
        TEST(a_folder_that_cannot_be_is_explained),
        TEST(writers_do_not_disturb_each_other),
        TEST(a_killed_writer_loses_nothing_acknowledged),
        TEST(torn_lines_are_cut_off_and_kept),
        TEST(repairs_wait_for_room),
        TEST(orphans_are_adopted_once),
        TEST(late_adopters_leave_it_alone),
        TEST(living_writers_are_left_alone),
        TEST(segments_rotate_by_size),
        TEST(segments_rotate_by_age),
        TEST(reopening_starts_a_segment),
        TEST(interrupted_writes_go_on),
        TEST(a_full_disk_is_undone_and_recovers),
        TEST(a_trial_says_whether_records_can_be_written),
        TEST(a_trial_finds_the_folder_back),
        TEST(a_torn_segment_is_given_up),
        TEST(a_gap_that_was_not_written_is_not_forgotten),
        TEST(removed_files_are_noticed),
        TEST(batch_syncs_in_the_background),
        TEST(each_record_is_synced_or_not_there),
        TEST(file_size_limits_are_survived),
        TEST(a_real_full_disk_recovers),
    };
    return cmocka_run_group_tests_name("segment", tests, NULL, NULL);
}
