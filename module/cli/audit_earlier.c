/* SPDX-License-Identifier: Apache-2.0 */
/* audit_earlier.c - the records that refusals out of memory rest on.
 *
 * Two runs before the one that prints: one learns which ids are named by what matches, the
 * other gets those lines. A ULID has its time in it, and an id stands at a known place of
 * its line, so the second looks at a few bytes of each. */
#include "cli/audit_find.h"

#include "answers/segment_index.h"
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

#define EARLIER_BYTES_MAX ((size_t)1 << 30)

struct earlier_records {
    struct find *find;
    struct tally ids; /* entry i is of line[i] */
    struct slice *line;
    struct slice *sorted; /* ids, in their order */
    size_t bytes;
    enum optout_rc failed;
};

/* What one segment has: ids that are named, or lines, each behind its id and NUL. */
struct found {
    const struct earlier_records *all;
    struct tally texts;
    struct buf text;
    enum optout_rc failed;
};

static void *begin(const void *self, const struct segment_file *file)
{
    struct found *f = calloc(1, sizeof *f);
    (void)file;
    if (!f)
        return NULL;
    f->all = self;
    buf_init(&f->text, 2 * (size_t)READER_LINE_MAX);
    return f;
}

static void drop(void *self, void *part)
{
    struct found *f = part;
    (void)self;
    tally_free(&f->texts);
    buf_free(&f->text);
    free(f);
}

static enum scan_next next_of(const struct found *f)
{
    return f->failed == OPTOUT_OK ? SCAN_ON : SCAN_ENOUGH;
}

/* ---- which ids ---- */

static bool wants_match(const void *self, struct slice raw, const struct scan_head *head)
{
    return question_wants(((const struct earlier_records *)self)->find->question, raw, head);
}

static enum scan_next take_id(void *part, const struct scan_line *line)
{
    struct found *f = part;
    struct slice id;
    if (line->kind != SCAN_RECORD ||
        !question_matches(f->all->find->question, line, &f->text) ||
        !json_is_text(line->view.value[FIELD_EARLIER], &id) || !id.n)
        return SCAN_ON;
    f->failed = tally_add(&f->texts, id, 1);
    return next_of(f);
}

static bool merge_ids(void *self, void *part, bool last)
{
    struct earlier_records *all = self;
    struct found *f = part;
    if (all->failed == OPTOUT_OK)
        all->failed = f->failed;
    for (size_t i = 0; i < f->texts.n && all->failed == OPTOUT_OK; i++)
        all->failed = tally_add(&all->ids, slice_of(f->texts.entry[i].text, f->texts.entry[i].n), 1);
    if (last)
        drop(self, part);
    return all->failed == OPTOUT_OK;
}

/* ---- their lines ---- */

static bool wants_id(const void *self, struct slice raw, const struct scan_head *head)
{
    const struct earlier_records *all = self;
    (void)raw;
    return !head->pending && tally_find(&all->ids, head->id) != NULL;
}

static enum scan_next take_record(void *part, const struct scan_line *line)
{
    struct found *f = part;
    struct slice id;
    if (line->kind != SCAN_RECORD || !json_is_text(line->view.value[FIELD_ID], &id) ||
        !tally_find(&f->all->ids, id))
        return SCAN_ON;
    buf_clear(&f->text);
    buf_append(&f->text, id.p, id.n);
    buf_putc(&f->text, '\0');
    buf_append(&f->text, line->raw.p, line->raw.n);
    f->failed = f->text.failed ? f->text.failed : tally_add(&f->texts, buf_slice(&f->text), 1);
    return next_of(f);
}

static enum optout_rc keep_record(struct earlier_records *all, struct slice text)
{
    size_t end = slice_find(text, '\0');
    const struct tally_entry *e = tally_find(&all->ids, slice_sub(text, 0, end));
    struct slice line = slice_from(text, end + 1);
    if (!e || all->line[e - all->ids.entry].n)
        return OPTOUT_OK;
    if (line.n > EARLIER_BYTES_MAX - all->bytes)
        return OPTOUT_E_LIMIT;
    uint8_t *copy = malloc(line.n);
    if (!copy)
        return OPTOUT_E_NOMEM;
    memcpy(copy, line.p, line.n);
    all->line[e - all->ids.entry] = slice_of(copy, line.n);
    all->bytes += line.n;
    return OPTOUT_OK;
}

static bool merge_records(void *self, void *part, bool last)
{
    struct earlier_records *all = self;
    struct found *f = part;
    if (all->failed == OPTOUT_OK)
        all->failed = f->failed;
    for (size_t i = 0; i < f->texts.n && all->failed == OPTOUT_OK; i++)
        all->failed = keep_record(all, slice_of(f->texts.entry[i].text, f->texts.entry[i].n));
    if (last)
        drop(self, part);
    return all->failed == OPTOUT_OK;
}

/* ---- all of it ---- */

static bool skips_matches(const void *self, const struct segment_file *file)
{
    return find_skips(((const struct earlier_records *)self)->find, file);
}

static int by_id(const void *left, const void *right)
{
    const struct slice *a = left, *b = right;
    int c = memcmp(a->p, b->p, a->n < b->n ? a->n : b->n);
    return c ? c : a->n < b->n ? -1 : a->n > b->n;
}

/* An id has its time in it. The first that is not below those of the segment tells. */
static bool skips_ids(const void *self, const struct segment_file *file)
{
    const struct earlier_records *all = self;
    struct segment_index *ix = all->find->use_index ? segment_index_open(file) : NULL;
    size_t from = 0, to = all->ids.n;
    static const struct slice last = SLICE("ZZZZZZZZZZZZZZZZZZZZZZZZZZ");
    static const struct slice first = SLICE("00000000000000000000000000");
    while (ix && from < to) { /* below: none from it on to the end */
        size_t at = from + (to - from) / 2;
        if (segment_index_may_have_ids(ix, first, all->sorted[at]))
            to = at;
        else
            from = at + 1;
    }
    bool any = !ix || (from < all->ids.n && segment_index_may_have_ids(ix, all->sorted[from], last));
    segment_index_free(ix);
    return !any;
}

static bool sort_ids(struct earlier_records *all)
{
    all->sorted = calloc(all->ids.n, sizeof *all->sorted);
    if (!all->sorted)
        return false;
    for (size_t i = 0; i < all->ids.n; i++)
        all->sorted[i] = slice_of(all->ids.entry[i].text, all->ids.entry[i].n);
    qsort(all->sorted, all->ids.n, sizeof *all->sorted, by_id);
    return true;
}

static void run(struct earlier_records *all, struct scan_job job)
{
    job.begin = begin;
    job.drop = drop;
    job.self = all;
    job.threads = all->find->threads;
    enum optout_rc rc = scan_segments(&all->find->list, &job);
    if (all->failed == OPTOUT_OK)
        all->failed = rc;
}

struct earlier_records *earlier_collect(struct find *f)
{
    struct earlier_records *all = calloc(1, sizeof *all);
    if (!all)
        return NULL;
    all->find = f;
    run(all, (struct scan_job){ .skips = skips_matches, .wants = wants_match, .line = take_id,
                                .merge = merge_ids });
    if (all->failed == OPTOUT_OK && all->ids.n) {
        all->line = calloc(all->ids.n, sizeof *all->line);
        if (all->line && sort_ids(all))
            run(all, (struct scan_job){ .skips = skips_ids, .wants = wants_id, .line = take_record,
                                        .merge = merge_records });
        else
            all->failed = OPTOUT_E_NOMEM;
    }
    if (all->failed == OPTOUT_OK)
        return all;
    cli_error("%s", all->failed == OPTOUT_E_LIMIT
                        ? "there are too many records that others rest on: ask for fewer"
                        : "out of memory");
    earlier_free(all);
    return NULL;
}

struct slice earlier_find(const void *earlier, struct slice id)
{
    const struct earlier_records *all = earlier;
    const struct tally_entry *e = all ? tally_find(&all->ids, id) : NULL;
    return e && all->line ? all->line[e - all->ids.entry] : SLICE_EMPTY;
}

void earlier_free(struct earlier_records *e)
{
    for (size_t i = 0; e && e->line && i < e->ids.n; i++)
        free((void *)(uintptr_t)e->line[i].p);
    if (e) {
        free(e->line);
        free(e->sorted);
        tally_free(&e->ids);
    }
    free(e);
}
