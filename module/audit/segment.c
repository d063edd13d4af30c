/* SPDX-License-Identifier: Apache-2.0 */
/* The writer of one process: rotation, syncing, failure and recovery.
 *
 * What the caller was told is what counts. A line that was acknowledged is in
 * the file whole; one that was refused is not in it. Where that cannot be kept
 * (a disk that lost what it had taken, a file somebody removed) the segment is
 * given up and the next line that gets through is preceded by a gap record.
 *
 * One mutex guards everything. fdatasync of `batch` runs outside it, on a
 * duplicate of the descriptor, so that a rotation cannot close it meanwhile. */
#include "audit/segment.h"

#include "audit/gap.h"
#include "audit/segment_file.h"
#include "core/clock.h"
#include "metrics/metrics.h"
#include "policy/config.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define CHECK_US 1000000u /* between two looks whether the file is still there */
#define DISK_US 3000000u  /* without an append, between two looks at the room on the disk */
#define RETRY_US 1000000u /* after a rotation that failed while the old file serves */

struct audit {
    pthread_mutex_t lock;
    pthread_cond_t wake; /* the keeper: something is due, or stop */
    pthread_t keeper;    /* syncs in batches, closes segments that nobody appends to, looks at the disk */
    bool keeper_runs, stop;

    char path[CONFIG_PATH_MAX];
    char node[SEGMENT_NODE_MAX];
    enum audit_sync sync;
    uint32_t batch_ms;
    uint64_t rotate_size, rotate_age_us;

    int dir;
    unsigned number; /* of the newest segment */
    struct segment seg;
    struct printed_ids *printed; /* what seg holds of what records refer to */
    bool given_up;       /* seg must not be written to any more */
    uint64_t first_us;   /* its first line was written then */
    uint64_t checked_us; /* it was last seen to exist then */
    uint64_t disk_us;    /* the room on its disk was last told then */
    uint64_t retry_us;   /* no rotation before that */

    bool dirty;         /* lines since the last fdatasync */
    uint64_t dirty_us;  /* since then */
    bool sync_failed;   /* not yet told to anybody */
    uint64_t unsynced;  /* acknowledged lines that may not be on the disk */
    const char *gap_reason; /* of the gap record that is due, or NULL */
    char gap_segment[SEGMENT_NAME_MAX];
    uint64_t gap_lost;

    struct audit_counters count;
};

static const struct reference_list no_references;

/* Logs that are replaced while they are used add up. */
static void set_unsynced(struct audit *a, uint64_t lines)
{
    if (a->sync == AUDIT_SYNC_BATCH)
        metrics_add(METRIC_AUDIT_UNSYNCED, lines - a->unsynced);
    a->unsynced = lines;
}

static void failed_beside(struct audit *a)
{
    a->count.failures++;
    metrics_count(METRIC_AUDIT_SYNC_FAILURES);
}

/* How much room there is, for those who watch. */
static void note_disk(struct audit *a, uint64_t now)
{
    struct statvfs disk;
    a->disk_us = now;
    if (a->dir < 0 || fstatvfs(a->dir, &disk) != 0)
        return;
    metrics_set(METRIC_AUDIT_FREE_BYTES, (uint64_t)disk.f_bavail * disk.f_frsize);
    metrics_set(METRIC_AUDIT_SIZE_BYTES, (uint64_t)disk.f_blocks * disk.f_frsize);
    metrics_touch(clock_wall_ms());
}

/* Remembers that up to `lost` records of a segment are missing. */
static void gap_note(struct audit *a, const char *reason, const char *segment, uint64_t lost)
{
    if (!a->gap_reason) {
        a->gap_reason = reason;
        snprintf(a->gap_segment, sizeof a->gap_segment, "%s", segment);
    }
    a->gap_lost += lost;
}

/* After a failed fdatasync the kernel may call the pages clean: trying again
 * proves nothing, so the segment is given up. */
static void sync_lost(struct audit *a)
{
    gap_note(a, "sync-failed", a->seg.name, a->unsynced);
    set_unsynced(a, 0);
    a->sync_failed = true;
    a->given_up = true;
    failed_beside(a);
}

/* Somebody may have removed the file, or its folder: what is written then is
 * lost, and no error says so. */
static void check_file(struct audit *a, uint64_t now)
{
    struct stat st;
    a->checked_us = now;
    note_disk(a, now);
    if (a->given_up || fstat(a->seg.fd, &st) != 0 || st.st_nlink > 0)
        return;
    if (a->seg.lines)
        gap_note(a, "segment-removed", a->seg.name, a->seg.lines);
    a->given_up = true;
}

/* Goes on in a new segment. When there can be none, nothing has changed. */
static enum optout_rc swap(struct audit *a)
{
    struct segment next;
    int dir = segment_dir(a->path);
    if (dir < 0)
        return OPTOUT_E_IO;
    if (segment_create(&next, dir, a->node, &a->number) != OPTOUT_OK) {
        int why = errno;
        close(dir);
        errno = why;
        return OPTOUT_E_IO;
    }
    check_file(a, clock_mono_us()); /* nobody will look for it later */
    if (a->sync == AUDIT_SYNC_BATCH && a->dirty && !a->given_up && fdatasync(a->seg.fd) != 0)
        sync_lost(a);
    (void)segment_finish(&a->seg, a->dir); /* what stays `.open` is adopted later */
    close(a->dir);
    a->dir = dir;
    a->seg = next;
    printed_clear(a->printed);
    a->given_up = false;
    a->dirty = false;
    set_unsynced(a, 0);
    a->checked_us = clock_mono_us();
    a->count.rotations++;
    metrics_count(METRIC_AUDIT_SEGMENTS);
    if (a->sync != AUDIT_SYNC_WRITE)
        fsync(dir);
    return OPTOUT_OK;
}

static bool rotation_due(const struct audit *a, size_t n, uint64_t now)
{
    if (a->seg.size == 0 || now < a->retry_us)
        return false;
    return (a->rotate_size && a->seg.size + n > a->rotate_size) ||
           (a->rotate_age_us && now - a->first_us >= a->rotate_age_us);
}

/* Goes on in a new segment when the old one is too large for `n` more bytes, or too old.
 * False: it is not due, or there can be none; then the old one serves on. */
static bool rotate(struct audit *a, size_t n, uint64_t now)
{
    if (!rotation_due(a, n, now))
        return false;
    if (swap(a) == OPTOUT_OK)
        return true;
    a->retry_us = now + RETRY_US;
    failed_beside(a);
    return false;
}

/* No room now is no reason to leave the file: room may come. */
static bool is_full(int why)
{
    return why == ENOSPC || why == EDQUOT || why == EFBIG;
}

static void note_written(struct audit *a, size_t bytes, unsigned lines)
{
    uint64_t now = clock_mono_us();
    bool was_empty = a->seg.size == bytes;
    if (was_empty)
        a->first_us = now;
    if (a->sync == AUDIT_SYNC_BATCH)
        set_unsynced(a, a->unsynced + lines);
    if (!a->dirty)
        a->dirty_us = now;
    if (a->keeper_runs && (was_empty || !a->dirty))
        pthread_cond_signal(&a->wake);
    a->dirty = true;
    a->count.lines += lines;
    a->count.bytes += bytes;
    metrics_add(METRIC_AUDIT_LINES, lines);
    metrics_add(METRIC_AUDIT_BYTES, bytes);
}

static enum optout_rc write_down(struct audit *a, struct slice lines, unsigned n)
{
    enum optout_rc rc = segment_write(&a->seg, lines, n);
    if (rc == OPTOUT_OK && a->sync == AUDIT_SYNC_EACH && fdatasync(a->seg.fd) != 0) {
        int why = errno;
        segment_undo(&a->seg, lines.n);
        a->given_up = true;
        errno = why;
        rc = OPTOUT_E_IO;
    }
    if (rc == OPTOUT_OK)
        note_written(a, lines.n, n);
    else if (!is_full(errno) || a->seg.torn >= 0)
        a->given_up = true;
    return rc;
}

/* The gap record that is due, what the line refers to as far as the segment does not hold
 * it, and the line: so many lines of one write. 0: out->failed tells. */
static unsigned gather(struct audit *a, struct slice line, const struct reference_list *refs,
                       struct buf *out)
{
    struct gap gap = { a->gap_reason, a->node, a->gap_segment, 0, (int64_t)a->gap_lost };
    unsigned n = line.n ? 1 : 0;
    buf_clear(out);
    printed_make_room(a->printed, refs);
    if (a->gap_reason && gap_print(&gap, out) == OPTOUT_OK)
        n++;
    for (size_t i = 0; i < refs->n; i++) {
        if (printed_has(a->printed, refs->of[i].id))
            continue;
        refs->of[i].print(&refs->of[i], out);
        n++;
    }
    if (n > 1)
        buf_append(out, line.p, line.n);
    return out->failed == OPTOUT_OK ? n : 0;
}

static void note_printed(struct audit *a, const struct reference_list *refs, size_t bytes)
{
    printed_add(a->printed, refs, bytes);
    if (a->gap_reason)
        metrics_count(METRIC_AUDIT_GAPS);
    a->gap_reason = NULL;
    a->gap_lost = 0;
}

/* A line of size 0 writes the gap record alone. */
static enum optout_rc write_with(struct audit *a, struct slice line,
                                 const struct reference_list *refs, struct buf *both)
{
    uint64_t now = clock_mono_us();
    if (now - a->checked_us >= CHECK_US)
        check_file(a, now);
    if (a->given_up) {
        enum optout_rc rc = swap(a);
        if (rc != OPTOUT_OK)
            return rc;
    }
    unsigned n = gather(a, line, refs, both);
    if (n && rotate(a, n > 1 ? both->n : line.n, now))
        n = gather(a, line, refs, both);
    if (n == 0) {
        errno = ENOMEM;
        return OPTOUT_E_NOMEM;
    }
    enum optout_rc rc = write_down(a, n > 1 || !line.n ? buf_slice(both) : line, n);
    if (rc == OPTOUT_OK && (n > 1 || !line.n))
        note_printed(a, refs, both->n);
    return rc;
}

static enum optout_rc append_locked(struct audit *a, struct slice line,
                                    const struct reference_list *refs)
{
    struct buf both;
    if (a->sync_failed) { /* the first to hear of it */
        a->sync_failed = false;
        errno = EIO;
        return OPTOUT_E_IO;
    }
    buf_init(&both, AUDIT_WRITE_MAX);
    enum optout_rc rc = write_with(a, line, refs, &both);
    int why = errno;
    buf_free(&both);
    errno = why;
    return rc;
}

enum optout_rc audit_append(struct audit *a, struct slice line, const struct reference_list *refs)
{
    if (line.n == 0 || line.p[line.n - 1] != '\n')
        return OPTOUT_E_SYNTAX;
    pthread_mutex_lock(&a->lock);
    enum optout_rc rc = append_locked(a, line, refs ? refs : &no_references);
    int why = errno;
    if (rc != OPTOUT_OK) {
        gap_note(a, "write-failed", a->seg.name, 1);
        a->count.failures++;
    }
    pthread_mutex_unlock(&a->lock);
    errno = why;
    return rc;
}

static enum optout_rc try_locked(struct audit *a)
{
    enum optout_rc rc = OPTOUT_OK;
    check_file(a, clock_mono_us());
    if (a->gap_reason)
        rc = append_locked(a, SLICE_EMPTY, &no_references);
    else if (a->given_up)
        rc = swap(a);
    /* A gap is shorter than a record: that it fits says little. */
    return rc != OPTOUT_OK ? rc : segment_has_room(&a->seg, AUDIT_ROOM) ? OPTOUT_OK : OPTOUT_E_IO;
}

enum optout_rc audit_try(struct audit *a)
{
    pthread_mutex_lock(&a->lock);
    enum optout_rc rc = try_locked(a);
    int why = errno;
    if (rc != OPTOUT_OK)
        a->count.failures++;
    pthread_mutex_unlock(&a->lock);
    errno = why;
    return rc;
}

void audit_note_refused(struct audit *a, uint64_t n)
{
    pthread_mutex_lock(&a->lock);
    gap_note(a, "write-failed", a->seg.name, n);
    pthread_mutex_unlock(&a->lock);
}

enum optout_rc audit_reopen(struct audit *a)
{
    pthread_mutex_lock(&a->lock);
    enum optout_rc rc = swap(a);
    int why = errno;
    if (rc != OPTOUT_OK)
        failed_beside(a);
    pthread_mutex_unlock(&a->lock);
    errno = why;
    return rc;
}

void audit_count(struct audit *a, struct audit_counters *out)
{
    pthread_mutex_lock(&a->lock);
    *out = a->count;
    pthread_mutex_unlock(&a->lock);
}

/* Called and left with the mutex held, which is given up for the slow part. */
static void batch_sync(struct audit *a)
{
    char name[SEGMENT_NAME_MAX];
    uint64_t rotations = a->count.rotations, lines = a->unsynced;
    int fd = fcntl(a->seg.fd, F_DUPFD_CLOEXEC, 0);
    memcpy(name, a->seg.name, sizeof name);
    a->dirty = false;
    pthread_mutex_unlock(&a->lock);
    bool ok = fd >= 0 && fdatasync(fd) == 0;
    if (fd >= 0)
        close(fd);
    pthread_mutex_lock(&a->lock);
    bool same = rotations == a->count.rotations;
    if (ok && same)
        set_unsynced(a, a->unsynced - lines);
    if (!ok && same)
        sync_lost(a);
    else if (!ok) { /* and closed meanwhile */
        gap_note(a, "sync-failed", name, lines);
        a->sync_failed = true;
        failed_beside(a);
    }
}

/* ---- what is due without an append --------------------------------------- */

#define NEVER UINT64_MAX

static uint64_t sync_due(const struct audit *a)
{
    bool waits = a->sync == AUDIT_SYNC_BATCH && a->dirty && !a->given_up;
    return waits ? a->dirty_us + a->batch_ms * 1000ull : NEVER;
}

static uint64_t rotation_due_us(const struct audit *a)
{
    if (a->seg.size == 0 || a->given_up || !a->rotate_age_us)
        return NEVER;
    uint64_t due = a->first_us + a->rotate_age_us;
    return due > a->retry_us ? due : a->retry_us;
}

static uint64_t earliest(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void wait_until(struct audit *a, uint64_t due_us, uint64_t now_us)
{
    struct timespec until;
    uint64_t us = due_us - now_us;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(us / 1000000);
    until.tv_nsec += (long)(us % 1000000) * 1000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_cond_timedwait(&a->wake, &a->lock, &until);
}

static void *keeper_run(void *arg)
{
    struct audit *a = arg;
    pthread_mutex_lock(&a->lock);
    while (!a->stop) {
        uint64_t now = clock_mono_us(), sync = sync_due(a), rotation = rotation_due_us(a);
        uint64_t disk = a->disk_us + DISK_US; /* others fill it, too, while nothing is recorded */
        if (sync <= now)
            batch_sync(a);
        else if (rotation <= now)
            (void)rotate(a, 0, now);
        else if (disk <= now)
            note_disk(a, now);
        else
            wait_until(a, earliest(disk, earliest(sync, rotation)), now);
    }
    pthread_mutex_unlock(&a->lock);
    return NULL;
}

static int keeper_start(struct audit *a)
{
    /* Signals are the server's business, not this thread's. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int why = pthread_create(&a->keeper, NULL, keeper_run, a);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    a->keeper_runs = why == 0;
    return why;
}

static void lock_init(struct audit *a)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&a->wake, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&a->lock, NULL);
}

static struct audit *open_failed(struct audit *a, const char *path, int why, const char *what,
                                 struct config_error *e)
{
    *e = (struct config_error){ .directive = "AuditDir" };
    snprintf(e->reason, sizeof e->reason, "%s: %s: %s", what, path, strerror(why));
    snprintf(e->remedy, sizeof e->remedy,
             "name a folder on a local disk that the server's user may write to");
    audit_close(a);
    return NULL;
}

struct audit *audit_open(const struct config *c, struct config_error *e)
{
    struct audit *a = calloc(1, sizeof *a);
    if (!a)
        return open_failed(NULL, c->audit_dir, ENOMEM, "cannot open the audit log", e);
    lock_init(a);
    a->dir = a->seg.fd = -1;
    snprintf(a->path, sizeof a->path, "%s", c->audit_dir);
    snprintf(a->node, sizeof a->node, "%s", c->node);
    a->sync = (enum audit_sync)c->audit_sync;
    a->batch_ms = c->audit_batch_ms;
    a->rotate_size = c->audit_rotate_size;
    a->rotate_age_us = (uint64_t)c->audit_rotate_age_s * 1000000u;

    a->printed = printed_new();
    if (!a->printed)
        return open_failed(a, c->audit_dir, ENOMEM, "cannot open the audit log", e);
    a->dir = segment_dir(a->path);
    if (a->dir < 0)
        return open_failed(a, c->audit_dir, errno, "cannot open the audit folder", e);
    a->count.adopted = segments_adopt(a->dir, a->node);
    metrics_add(METRIC_AUDIT_ADOPTED, a->count.adopted);
    metrics_add(METRIC_AUDIT_GAPS, a->count.adopted); /* each ends with one */
    metrics_add(METRIC_AUDIT_LINES, a->count.adopted);
    if (segment_create(&a->seg, a->dir, a->node, &a->number) != OPTOUT_OK)
        return open_failed(a, c->audit_dir, errno, "cannot make a segment in", e);
    if (a->sync != AUDIT_SYNC_WRITE)
        fsync(a->dir);
    metrics_count(METRIC_AUDIT_SEGMENTS);
    check_file(a, clock_mono_us());
    int why = keeper_start(a);
    return why ? open_failed(a, c->audit_dir, why, "cannot start the thread that keeps the log", e) : a;
}

void audit_close(struct audit *a)
{
    if (!a)
        return;
    if (a->keeper_runs) {
        pthread_mutex_lock(&a->lock);
        a->stop = true;
        pthread_cond_signal(&a->wake);
        pthread_mutex_unlock(&a->lock);
        pthread_join(a->keeper, NULL);
        a->keeper_runs = false;
    }
    if (a->seg.fd >= 0) {
        check_file(a, clock_mono_us());
        if (a->dirty && !a->given_up && fdatasync(a->seg.fd) != 0)
            sync_lost(a);
        /* The last chance to say what is missing. */
        if (a->gap_reason && append_locked(a, SLICE_EMPTY, &no_references) == OPTOUT_OK)
            fdatasync(a->seg.fd);
        /* Left as if this process had died, the segment gets its gap record
         * from whoever starts next. */
        if (a->gap_reason)
            close(a->seg.fd);
        else
            (void)segment_finish(&a->seg, a->dir);
        fsync(a->dir);
        set_unsynced(a, 0);
    }
    if (a->dir >= 0)
        close(a->dir);
    printed_free(a->printed);
    pthread_cond_destroy(&a->wake);
    pthread_mutex_destroy(&a->lock);
    free(a);
}
