/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/audit_keep.h"

#include "audit/reader.h"
#include "answers/record_view.h"
#include "core/hex.h"
#include "syntax/digest.h"
#include "syntax/json_scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define BEGUN_TEXT 20u /* "20261124T150405.678Z" */

/* ---- the folder ---- */

static bool ends_with(const char *s, size_t n, const char *end)
{
    size_t k = strlen(end);
    return n > k && memcmp(s + n - k, end, k) == 0;
}

static const char *last_hyphen(const char *s, const char *end)
{
    while (end > s && end[-1] != '-')
        end--;
    return end > s ? end - 1 : NULL;
}

/* "NODE-TIME-PID-NUMBER.jsonl": the length of NODE, and the time. 0: it is called otherwise. */
static size_t take_name_apart(const char *name, size_t n, char begun[BEGUN_TEXT + 1])
{
    static const char form[] = "ddddddddTdddddd.dddZ";
    const char *at = name + n;
    for (int i = 0; i < 2; i++) /* number, process */
        if ((at = last_hyphen(name, at)) == NULL)
            return 0;
    const char *time = last_hyphen(name, at);
    if (!time || time == name || (size_t)(at - time - 1) != BEGUN_TEXT)
        return 0;
    for (size_t i = 0; i < BEGUN_TEXT; i++)
        if (form[i] == 'd' ? !ascii_is_digit((uint8_t)time[1 + i]) : time[1 + i] != form[i])
            return 0;
    memcpy(begun, time + 1, BEGUN_TEXT);
    begun[BEGUN_TEXT] = '\0';
    return (size_t)(time - name);
}

static bool add_segment(struct kept_folder *f, const char *folder, const char *name, const struct stat *st)
{
    struct kept_segment s = { .bytes = (uint64_t)st->st_size, .mtime_s = st->st_mtim.tv_sec };
    size_t n = strlen(name);
    s.open = ends_with(name, n, ".open");
    n -= s.open ? 5 : ends_with(name, n, ".zst") ? 4 : 0;
    if (!ends_with(name, n, ".jsonl") || name[0] == '.' || n > 255)
        return true;
    if (!take_name_apart(name, n, s.begun)) {
        f->foreign++;
        return true;
    }
    if (f->n == f->room) {
        size_t room = f->room ? f->room * 2 : 64;
        struct kept_segment *more = realloc(f->v, room * sizeof *more);
        if (!more)
            return false;
        f->v = more;
        f->room = room;
    }
    if (asprintf(&s.path, "%s/%s", folder, name) < 0)
        return false;
    s.name = s.path + strlen(folder) + 1;
    s.name_n = n;
    f->v[f->n++] = s;
    return true;
}

static int by_time(const void *left, const void *right)
{
    const struct kept_segment *a = left, *b = right;
    int c = strcmp(a->begun, b->begun);
    return c ? c : strcmp(a->name, b->name);
}

static size_t node_length(const struct kept_segment *s)
{
    char begun[BEGUN_TEXT + 1];
    return take_name_apart(s->name, s->name_n, begun);
}

static bool same_node(const struct kept_segment *a, const struct kept_segment *b)
{
    size_t n = node_length(a);
    return n == node_length(b) && memcmp(a->name, b->name, n) == 0;
}

/* The same segment stands beside itself while it is compressed; it is begun at one time, so both are neighbours
 * but for others of that millisecond. */
static void mark(struct kept_folder *f)
{
    for (size_t i = 0; i < f->n; i++) {
        struct kept_segment *s = &f->v[i];
        for (size_t k = i + 1; k < f->n && strcmp(f->v[k].begun, s->begun) == 0; k++)
            if (f->v[k].name_n == s->name_n && memcmp(f->v[k].name, s->name, s->name_n) == 0)
                s->twice = f->v[k].twice = true;
        s->newest = !s->open;
        for (size_t k = f->n; s->newest && k-- > i + 1;)
            s->newest = f->v[k].open || !same_node(&f->v[k], s);
    }
}

bool kept_folder_read(struct kept_folder *f, const char *folder)
{
    DIR *d = opendir(folder);
    bool ok = d != NULL;
    struct stat st;
    for (const struct dirent *e; ok && (e = readdir(d)) != NULL;) {
        if (fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
            continue;
        f->bytes += (uint64_t)st.st_size;
        f->has_positions |= ends_with(e->d_name, strlen(e->d_name), ".jsonl.shipped");
        ok = add_segment(f, folder, e->d_name, &st);
    }
    int why = errno;
    if (d)
        closedir(d);
    if (f->n)
        qsort(f->v, f->n, sizeof *f->v, by_time);
    mark(f);
    errno = why;
    return ok;
}

void kept_folder_free(struct kept_folder *f)
{
    for (size_t i = 0; i < f->n; i++)
        free(f->v[i].path);
    free(f->v);
    *f = (struct kept_folder){ .v = NULL };
}

/* ---- one segment ---- */

static void count_event(struct removal *r, const struct record_view *v)
{
    struct slice event;
    if (!json_is_text(v->value[FIELD_EVENT], &event) || slice_eq(event, SLICE_OF("final")))
        r->records++;
    else if (slice_eq(event, SLICE_OF("pending")))
        r->pending++;
    else if (slice_eq(event, SLICE_OF("gap")))
        r->gaps++;
    else if (slice_eq(event, SLICE_OF("removed")))
        r->removals++;
}

static void take_line(struct survey *s, struct digest *d, struct slice line)
{
    struct record_view v;
    struct slice time;
    digest_feed(d, line);
    digest_feed(d, SLICE_OF("\n"));
    if (s->lines++ == 0) {
        uint8_t sha256[32];
        if (digest_of(line, sha256))
            hex_print(s->first, sha256, 16);
    }
    if (!record_view_read(&v, line)) {
        s->damage = "a line of it is no record";
        return;
    }
    count_event(&s->removal, &v);
    if (!json_is_text(v.value[FIELD_TIME], &time) || time.n != sizeof s->removal.to - 1)
        return;
    /* Threads write as they come: the first line need not be the earliest. */
    if (!s->removal.from[0] || memcmp(time.p, s->removal.from, time.n) < 0)
        memcpy(s->removal.from, time.p, time.n);
    if (!s->removal.to[0] || memcmp(time.p, s->removal.to, time.n) > 0)
        memcpy(s->removal.to, time.p, time.n);
}

enum optout_rc survey_segment(const struct kept_segment *file, char name[256], struct survey *out)
{
    struct segment_reader *reader = NULL;
    struct digest *d = digest_open();
    struct slice line;
    *out = (struct survey){ .removal = { .bytes = file->bytes, .segment = name } };
    snprintf(name, 256, "%.*s", (int)file->name_n, file->name);
    enum optout_rc rc = d ? segment_reader_open(file->path, &reader) : OPTOUT_E_NOMEM;
    while (rc == OPTOUT_OK || rc == OPTOUT_E_LIMIT) {
        rc = segment_reader_next(reader, &line);
        if (rc == OPTOUT_OK)
            take_line(out, d, line);
        else if (rc == OPTOUT_E_LIMIT)
            out->damage = "a line of it is too long to be a record";
        else if (rc == OPTOUT_E_SYNTAX)
            out->damage = "its end is no whole line: cut or damaged";
    }
    int why = errno;
    segment_reader_close(reader);
    if (!digest_close(d, out->removal.sha256) && rc != OPTOUT_E_NOMEM)
        rc = OPTOUT_E_NOMEM;
    errno = why;
    return rc == OPTOUT_DONE || rc == OPTOUT_E_SYNTAX || rc == OPTOUT_MORE ? OPTOUT_OK : rc;
}
