/* SPDX-License-Identifier: Apache-2.0 */
/* outside_log.c - the records of the visits.
 *
 * Before the visits the ends of all segments are noted; afterwards only what was written since is
 * read, at most LOG_NEW_MAX bytes of a segment and LOG_SEGMENTS_MAX segments. */
#include "doctor/outside.h"

#include "core/clock.h"
#include "core/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOG_SEGMENTS_MAX 4096u
#define LOG_NEW_MAX (64u << 20)
#define LOG_WAIT_US 1500000u /* for the record of a visit that ended just now */
#define LOG_PAUSE_US 50000u

struct segment_end {
    ino_t inode; /* a segment that is closed has another name and the same inode */
    off_t size;
};

struct log_mark {
    char folder[CONFIG_PATH_MAX];
    struct segment_end *end;
    size_t n;
};

static bool is_segment(const char *name)
{
    struct slice s = slice_cstr(name), open = SLICE_OF(".jsonl.open"), closed = SLICE_OF(".jsonl");
    return s.n > open.n && s.p[0] != '.' &&
           (slice_eq(slice_from(s, s.n - open.n), open) ||
            slice_eq(slice_from(s, s.n - closed.n), closed));
}

/* Calls for each segment, with its open file; false: errno says why. */
static bool each_segment(const char *folder, void (*take)(void *, int, const struct stat *),
                         void *ctx)
{
    DIR *dir = opendir(folder);
    if (!dir)
        return false;
    size_t n = 0;
    bool good = true;
    for (struct dirent *e; (e = readdir(dir)) && n < LOG_SEGMENTS_MAX;) {
        struct stat st;
        if (!is_segment(e->d_name))
            continue;
        int fd = openat(dirfd(dir), e->d_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        if (fd < 0) {
            good &= errno == ENOENT; /* closed in this moment, and under its new name later */
            continue;
        }
        if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
            take(ctx, fd, &st);
        close(fd);
        n++;
    }
    int error = errno;
    closedir(dir);
    errno = error;
    return good;
}

static void mark_one(void *ctx, int fd, const struct stat *st)
{
    struct log_mark *m = ctx;
    (void)fd;
    m->end[m->n++] = (struct segment_end){ st->st_ino, st->st_size };
}

struct log_mark *outside_log_mark(const struct doctor *d)
{
    struct log_mark *m = d->config ? calloc(1, sizeof *m) : NULL;
    if (!m)
        return NULL;
    snprintf(m->folder, sizeof m->folder, "%s", d->config->audit_dir);
    m->end = calloc(LOG_SEGMENTS_MAX, sizeof *m->end);
    if (m->end)
        (void)each_segment(m->folder, mark_one, m); /* what is wrong shows when it is read */
    return m;
}

void outside_log_free(struct log_mark *m)
{
    if (m)
        free(m->end);
    free(m);
}

/* --- lines ----------------------------------------------------------------- */

static void copy(const json_t *record, const char *key, char *to, size_t size)
{
    const char *value = json_string_value(json_object_get(record, key));
    snprintf(to, size, "%s", value ? value : "");
}

static void take_record(const json_t *record, struct visit *v)
{
    struct visit_record *r = &v->record;
    if (json_object_get(record, "event"))
        return; /* pending: the final one comes */
    r->there = true;
    copy(record, "id", r->id, sizeof r->id);
    copy(record, "decision", r->decision, sizeof r->decision);
    copy(record, "action", r->action, sizeof r->action);
    copy(record, "profile", r->profile, sizeof r->profile);
    copy(record, "agent", r->agent, sizeof r->agent);
    copy(record, "transaction", r->transaction, sizeof r->transaction);
    copy(record, "client", r->client, sizeof r->client);
    copy(record, "time", r->time, sizeof r->time);
}

/* By the end of its URL, in which the token and the case stand. */
static void take_line(struct outside *o, struct slice line)
{
    json_t *record = json_loadb((const char *)line.p, line.n, 0, NULL);
    const char *url = json_string_value(json_object_get(record, "url"));
    bool tls = url && strncmp(url, "https:", 6) == 0;
    const char *at = url ? strstr(url, origin_token(o->origin)) : NULL;
    const char *name = at ? at + strlen(origin_token(o->origin)) : "";
    name += *name == '/';
    if (at && !*name)
        name = "forbidden";
    for (size_t i = 0; at && i < VISITS; i++)
        if (o->visit[i].tls == tls && strcmp(o->visit[i].name, name) == 0)
            take_record(record, &o->visit[i]);
    json_decref(record);
}

struct log_reading {
    struct outside *o;
    const struct log_mark *mark;
    bool cut;
};

static off_t known_end(const struct log_mark *m, const struct stat *st)
{
    for (size_t i = 0; i < m->n; i++)
        if (m->end[i].inode == st->st_ino)
            return m->end[i].size <= st->st_size ? m->end[i].size : 0;
    return 0;
}

static void read_new(void *ctx, int fd, const struct stat *st)
{
    struct log_reading *r = ctx;
    off_t from = known_end(r->mark, st);
    struct buf bytes;
    buf_init(&bytes, LOG_NEW_MAX);
    if (from < st->st_size)
        r->cut |= lseek(fd, from, SEEK_SET) != from || file_read_fd(fd, &bytes) != OPTOUT_OK;
    struct slice rest = buf_slice(&bytes), line, token = slice_cstr(origin_token(r->o->origin));
    while (rest.n && slice_split(&rest, '\n', &line)) {
        r->o->log_lines += line.n > 0;
        if (memmem(line.p, line.n, token.p, token.n))
            take_line(r->o, line);
    }
    buf_free(&bytes);
}

static bool all_there(const struct outside *o)
{
    for (size_t i = 0; i < VISITS; i++)
        if (o->visit[i].tagged && !o->visit[i].record.there)
            return false;
    return true;
}

void outside_log_read(struct outside *o, const struct log_mark *mark)
{
    if (!mark || !mark->end) {
        snprintf(o->log_why, sizeof o->log_why, "no configuration names AuditDir; see --config");
        return;
    }
    struct log_reading r = { .o = o, .mark = mark };
    for (uint64_t end = clock_mono_us() + LOG_WAIT_US;;) {
        o->log_lines = 0;
        o->log_read = each_segment(mark->folder, read_new, &r);
        if (!o->log_read || all_there(o) || clock_mono_us() >= end)
            break;
        usleep(LOG_PAUSE_US);
    }
    if (!o->log_read)
        snprintf(o->log_why, sizeof o->log_why, "%.160s cannot be read: %s", mark->folder,
                 strerror(errno));
    else if (r.cut)
        snprintf(o->log_why, sizeof o->log_why, "a segment cannot be read, or grew too fast");
    o->log_read &= !r.cut;
}
