/* SPDX-License-Identifier: Apache-2.0 */
/* probe_segments.c - the segments of the last days: gaps, damage, and those that nobody writes to
 * any more. The newest first, as far as SCAN_US reaches. */
#include "audit/reader.h"
#include "core/clock.h"
#include "doctor/doctor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SCAN_US 1000000u
#define SEGMENTS_MAX 65536
#define RECENT_S (7 * 86400)   /* older segments are not read */
#define FRESH_MS 86400000      /* a gap that is older is worth a notice alone */
#define TOLD_MAX 5             /* of each kind */

struct segment_seen {
    char name[256];
    int64_t changed_s;
};

struct scan {
    struct doctor *d;
    const char *folder;
    int dir;
    struct segment_seen *list;
    size_t n, room;
    size_t looked_at, gaps, old_gaps, damaged, left_open, torn;
};

static bool ends_with(const char *name, const char *end)
{
    size_t n = strlen(name), k = strlen(end);
    return n > k && strcmp(name + n - k, end) == 0;
}

/* ---- what the folder holds -------------------------------------------------------- */

static void add(struct scan *s, const char *name, int64_t changed_s)
{
    if (s->n == s->room) {
        size_t room = s->room ? 2 * s->room : 64;
        void *more = room <= SEGMENTS_MAX ? realloc(s->list, room * sizeof *s->list) : NULL;
        if (!more)
            return;
        s->list = more;
        s->room = room;
    }
    snprintf(s->list[s->n].name, sizeof s->list[s->n].name, "%s", name);
    s->list[s->n++].changed_s = changed_s;
}

/* Whoever writes holds the lock. It is asked for as a reader and given back at once. */
static void look_at_lock(struct scan *s, const char *name)
{
    struct stat mine, there;
    int fd = openat(s->dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return;
    bool alone = flock(fd, LOCK_SH | LOCK_NB) == 0;
    bool still = fstat(fd, &mine) == 0 && fstatat(s->dir, name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
                 mine.st_ino == there.st_ino;
    close(fd);
    if (alone && still && s->left_open++ < TOLD_MAX)
        findings_found(s->d->findings, FOUND_AUDIT_LEFT_OPEN, "%s/%s", s->folder, name);
}

/* What is being compressed has both names until that is done. */
static bool is_in_the_making(const struct scan *s, const char *name)
{
    char plain[256];
    size_t n = strlen(name);
    if (!ends_with(name, ".zst") || n >= sizeof plain)
        return false;
    memcpy(plain, name, n - 4);
    plain[n - 4] = '\0';
    return faccessat(s->dir, plain, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void look_at_name(struct scan *s, const char *name)
{
    struct stat st;
    if (name[0] == '.' || fstatat(s->dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISREG(st.st_mode))
        return;
    bool recent = st.st_mtime >= clock_wall_ms() / 1000 - RECENT_S;
    if (ends_with(name, ".jsonl.open"))
        look_at_lock(s, name);
    else if (recent && ends_with(name, ".jsonl.torn"))
        s->torn++;
    else if (recent && !is_in_the_making(s, name) &&
             (ends_with(name, ".jsonl") || ends_with(name, ".jsonl.zst")))
        add(s, name, st.st_mtime);
}

static int newest_first(const void *a, const void *b)
{
    const struct segment_seen *x = a, *y = b;
    return (x->changed_s < y->changed_s) - (x->changed_s > y->changed_s);
}

/* ---- what segments say ------------------------------------------------------------- */

static void tell_gap(struct scan *s, const char *name, struct slice line)
{
    static const struct slice time_member = SLICE("\"time\":\"");
    char time[CLOCK_TEXT] = "", seen[FINDING_EVIDENCE_MAX];
    int64_t at;
    size_t from = slice_find_nocase(line, time_member);
    struct slice text = slice_sub(line, from + time_member.n, CLOCK_TEXT - 1);
    if (text.n == CLOCK_TEXT - 1)
        memcpy(time, text.p, text.n);
    bool old = clock_read(time, &at) && at < clock_wall_ms() - FRESH_MS;
    size_t *count = old ? &s->old_gaps : &s->gaps;
    snprintf(seen, sizeof seen, "%s: %.*s", name, SLICE_FMT(slice_sub(line, 0, 400)));
    if ((*count)++ < TOLD_MAX)
        findings_add(s->d->findings, FOUND_AUDIT_GAPS, old ? FINDING_NOTICE : FINDING_WARNING, seen,
                     NULL, NULL);
}

static void tell_damage(struct scan *s, const char *path, uint64_t line, const char *what)
{
    if (s->damaged++ < TOLD_MAX)
        findings_found(s->d->findings, FOUND_AUDIT_DAMAGED, "%s:%llu: %s", path,
                       (unsigned long long)line, what);
}

/* A segment in whole: its lines begin and end as records do. */
static void read_segment(struct scan *s, const struct segment_seen *seen, uint64_t until_us)
{
    static const struct slice gap = SLICE("\"event\":\"gap\"");
    char path[CONFIG_PATH_MAX + 300];
    struct segment_reader *r;
    struct slice line;
    enum optout_rc rc = OPTOUT_OK;
    snprintf(path, sizeof path, "%s/%s", s->folder, seen->name);
    if (segment_reader_open(path, &r) != OPTOUT_OK)
        return;
    bool told = false;
    for (size_t n = 0; (n++ & 255) || clock_mono_us() < until_us;) {
        rc = segment_reader_next(r, &line);
        if (rc != OPTOUT_OK)
            break;
        if (!told && (line.n < 2 || line.p[0] != '{' || line.p[line.n - 1] != '}')) {
            tell_damage(s, path, segment_reader_line(r), "is no record");
            told = true;
        } else if (slice_find_nocase(slice_sub(line, 0, 64), gap) < slice_sub(line, 0, 64).n) {
            tell_gap(s, seen->name, line);
        }
    }
    if (rc == OPTOUT_E_SYNTAX || rc == OPTOUT_E_LIMIT)
        tell_damage(s, path, segment_reader_line(r) + 1,
                    rc == OPTOUT_E_LIMIT ? "is too long for a record" : "breaks off");
    segment_reader_close(r);
    s->looked_at++;
}

static void tell_rest(struct scan *s)
{
    struct findings *f = s->d->findings;
    if (!s->gaps && !s->old_gaps)
        findings_ok(f, FOUND_AUDIT_GAPS, "none in %zu of %zu segments of the last 7 days",
                    s->looked_at, s->n);
    if (s->gaps > TOLD_MAX)
        findings_found(f, FOUND_AUDIT_GAPS, "and %zu more", s->gaps - TOLD_MAX);
    if (s->torn)
        findings_add(f, FOUND_AUDIT_GAPS, FINDING_NOTICE,
                     "there are .torn files: last lines of writers that died", NULL, NULL);
    if (!s->damaged)
        findings_ok(f, FOUND_AUDIT_DAMAGED, "none in %zu of %zu segments of the last 7 days",
                    s->looked_at, s->n);
    if (!s->left_open)
        findings_ok(f, FOUND_AUDIT_LEFT_OPEN, "%s", s->folder);
    if (s->left_open > TOLD_MAX)
        findings_found(f, FOUND_AUDIT_LEFT_OPEN, "and %zu more", s->left_open - TOLD_MAX);
}

static void scan_folder(struct scan *s, DIR *all)
{
    uint64_t until = clock_mono_us() + SCAN_US;
    size_t names = 0;
    for (struct dirent *e; names < SEGMENTS_MAX && (e = readdir(all)) != NULL; names++)
        look_at_name(s, e->d_name);
    if (s->n)
        qsort(s->list, s->n, sizeof *s->list, newest_first);
    for (size_t i = 0; i < s->n && clock_mono_us() < until; i++)
        read_segment(s, &s->list[i], until);
    tell_rest(s);
    free(s->list);
}

void probe_segments(struct doctor *d)
{
    static const enum finding_id ids[] = { FOUND_AUDIT_GAPS, FOUND_AUDIT_DAMAGED,
                                           FOUND_AUDIT_LEFT_OPEN };
    const char *folder = d->config ? d->config->audit_dir : NULL;
    DIR *all = folder ? opendir(folder) : NULL;
    int error = errno;
    for (size_t i = 0; !all && i < sizeof ids / sizeof *ids; i++)
        if (folder && error == ENOENT)
            findings_ok(d->findings, ids[i], "there are no segments yet");
        else
            findings_unknown(d->findings, ids[i], "%s: %s", folder ? folder : "AuditDir",
                             folder ? strerror(error) : "the filter's configuration cannot be read");
    if (!all)
        return;
    struct scan s = { .d = d, .folder = folder, .dir = dirfd(all) };
    scan_folder(&s, all);
    closedir(all);
}
