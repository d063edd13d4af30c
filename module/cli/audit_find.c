/* SPDX-License-Identifier: Apache-2.0 */
/* audit_find.c - a question is put to all segments; what was found is put in order. */
#include "cli/audit_find.h"

#include "answers/segment_index.h"
#include "cli/cli.h"
#include "core/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OUTPUT_AT (1u << 20)
#define PAUSE_MS 200 /* between two looks at a log that is quiet */

/* ---- in the end ---- */

/* The text by which a group is sorted: one of its parts. */
static struct slice part_of(struct slice group, size_t at)
{
    for (; at; at--)
        group = slice_from(group, slice_find(group, '\0') + 1);
    return slice_sub(group, 0, slice_find(group, '\0'));
}

static enum optout_rc add_group(struct find *f, const struct tally_entry *e, struct slice key)
{
    struct buf row;
    buf_init(&row, QUERY_ROW_MAX);
    query_print_count(&f->form, slice_of(e->text, e->n), e->count, &row);
    /* Of those that are equal in count, by their text. */
    enum optout_rc rc = row.failed ? row.failed
                                   : row_list_add(&f->rows, &f->order, key, buf_slice(&row), 0, 0);
    buf_free(&row);
    return rc;
}

static int by_text(const void *left, const void *right)
{
    const struct tally_entry *a = left, *b = right;
    int c = memcmp(a->text, b->text, a->n < b->n ? a->n : b->n);
    return c ? c : a->n < b->n ? -1 : a->n > b->n;
}

/* Entries in the order of their texts, so that equal counts come in it. */
static enum optout_rc sort_counts(struct find *f)
{
    enum optout_rc rc = OPTOUT_OK;
    char digits[24];
    size_t at = 0;
    while (!f->sort_count && at < f->form.n_columns && f->form.column[at] != f->sort)
        at++;
    if (f->tally.n)
        qsort(f->tally.entry, f->tally.n, sizeof *f->tally.entry, by_text);
    for (size_t i = 0; i < f->tally.n && rc == OPTOUT_OK; i++) {
        const struct tally_entry *e = &f->tally.entry[i];
        snprintf(digits, sizeof digits, "%llu", (unsigned long long)e->count);
        rc = add_group(f, e, f->sort_count ? slice_cstr(digits) : part_of(slice_of(e->text, e->n), at));
        if (rc == OPTOUT_OK)
            f->rows.row[f->rows.n - 1].line = i;
    }
    return rc;
}

static bool print_sorted(struct find *f)
{
    row_list_sort(&f->rows, &f->order);
    if (f->rows.n)
        query_print_header(&f->form, f->mode == FIND_COUNTS ? "count" : NULL, &f->out);
    for (size_t i = 0; i < f->rows.n; i++) {
        struct slice text = row_text(&f->rows.row[i]);
        buf_append(&f->out, text.p, text.n);
        if (f->out.n >= OUTPUT_AT && !find_flush(f))
            return false;
    }
    row_list_free(&f->rows);
    return true;
}

static bool print_end(struct find *f)
{
    enum optout_rc rc = f->mode == FIND_COUNTS ? sort_counts(f) : OPTOUT_OK;
    if (rc != OPTOUT_OK) {
        cli_error("%s", rc == OPTOUT_E_LIMIT ? "there are too many groups to sort: give --limit"
                                             : "out of memory");
        return false;
    }
    return (f->mode == FIND_ROWS || print_sorted(f)) && find_flush(f);
}

/* ---- all segments ---- */

static bool wants(const void *self, struct slice raw, const struct scan_head *head)
{
    return question_wants(((const struct find *)self)->question, raw, head);
}

static bool join_earlier(struct find *f)
{
    if (!f->form.find_earlier)
        return true;
    f->earlier = earlier_collect(f);
    f->form.self = f->earlier;
    return f->earlier != NULL;
}

bool find_skips(const void *self, const struct segment_file *file)
{
    const struct find *f = self;
    struct segment_index *ix = f->use_index ? segment_index_open(file) : NULL;
    if (f->use_index && f->make_index && !ix) {
        if (segment_index_make(file) == OPTOUT_E_IO)
            atomic_store(&((struct find *)(uintptr_t)f)->index_failed, errno);
        ix = segment_index_open(file);
    }
    bool skips = ix && !segment_index_may_have(ix, f->question);
    segment_index_free(ix);
    return skips;
}

bool find_run(struct find *f)
{
    struct scan_job job = { .skips = find_skips,      .begin = find_part_begin, .wants = wants,
                            .line = find_part_line,   .merge = find_part_merge,
                            .drop = find_part_drop,   .progress = find_progress,
                            .self = f,                .threads = f->threads };
    f->begun_ms = clock_wall_ms();
    if (!join_earlier(f))
        return false;
    enum optout_rc rc = scan_segments(&f->list, &job);
    find_end_progress(f);
    if (f->index_failed)
        cli_error("an index could not be written: %s", strerror(f->index_failed));
    if (rc != OPTOUT_OK && !f->failed)
        cli_error("out of memory, or of threads");
    return rc == OPTOUT_OK && !f->failed && print_end(f);
}

/* ---- following ---- */

struct followed {
    struct find *find;
    struct segment_scan *scan; /* NULL: not yet opened, or read to its end */
    void *part;
    bool ended;
};

static bool on_line(void *followed, const struct scan_line *line)
{
    struct followed *one = followed;
    if (find_part_line(one->part, line) == SCAN_FULL)
        (void)find_part_merge(one->find, one->part, false);
    return !one->find->failed;
}

static bool open_followed(struct find *f, struct followed *one, struct segment_file *file)
{
    if (one->scan || one->ended)
        return one->scan != NULL;
    enum optout_rc rc = segment_scan_open(file->path, &one->scan);
    if (rc == OPTOUT_E_IO && errno == ENOENT && segment_find_again(file))
        rc = segment_scan_open(file->path, &one->scan);
    if (rc == OPTOUT_OK && !one->part)
        one->part = find_part_begin(f, file);
    if (rc == OPTOUT_OK && one->part)
        return true;
    if (rc == OPTOUT_E_IO && errno == ENOENT)
        return false; /* it may come back */
    cli_error("%s: %s", file->path, rc == OPTOUT_E_IO ? strerror(errno) : "out of memory");
    one->ended = f->damaged = true;
    return false;
}

/* True when there was anything. */
static bool read_followed(struct find *f, struct followed *one)
{
    size_t found = f->found;
    struct scan_reader to = { .wants = question_wants, .line = on_line, .self = f->question, .part = one };
    bool more = segment_scan_read(one->scan, &to, false) == OPTOUT_MORE;
    (void)find_part_merge(f, one->part, !more);
    if (!more) {
        segment_scan_close(one->scan);
        *one = (struct followed){ .find = f, .ended = true };
    }
    return f->found != found;
}

static bool read_all(struct find *f, struct followed **list, size_t *n)
{
    bool any = false;
    struct followed *more = realloc(*list, (f->list.n + 1) * sizeof *more);
    if (!more)
        return f->failed = true;
    *list = more;
    for (; *n < f->list.n; ++*n)
        more[*n] = (struct followed){ .find = f };
    for (size_t i = 0; i < *n && !f->failed; i++)
        if (open_followed(f, &more[i], &f->list.file[i]))
            any |= read_followed(f, &more[i]);
    return any;
}

/* False: nobody reads the output any more. */
static bool pause_quietly(void)
{
    struct pollfd out = { .fd = STDOUT_FILENO };
    return poll(&out, 1, PAUSE_MS) <= 0;
}

bool find_follow(struct find *f, char **paths, size_t n)
{
    struct followed *list = NULL;
    size_t n_list = 0;
    do {
        bool any = read_all(f, &list, &n_list);
        if (!f->failed)
            (void)find_flush(f);
        if (f->failed || (!any && !pause_quietly()))
            break;
        for (size_t i = 0; i < n; i++)
            if (!segment_list_add(&f->list, paths[i]))
                continue; /* gone, it may come back */
    } while (!f->failed);
    for (size_t i = 0; i < n_list; i++) {
        segment_scan_close(list[i].scan);
        if (list[i].part)
            find_part_drop(f, list[i].part);
    }
    free(list);
    return !f->failed;
}
