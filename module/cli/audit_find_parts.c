/* SPDX-License-Identifier: Apache-2.0 */
/* audit_find_parts.c - what one segment answers, and how the answers of all become one. */
#include "cli/audit_find.h"

#include "cli/cli.h"
#include "core/clock.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PART_BYTES (1u << 20) /* of rows, after which they are printed */
#define TOLD_MAX 20u          /* faults of a segment that are told one by one */
#define TOLD_BYTES (64u << 10)
#define FIRST_PROGRESS_MS 1000

struct part {
    const struct find *find;
    uint64_t file; /* its number in the list */
    struct query_printer printer;
    struct buf out, told;
    size_t *ends, n, room; /* of rows, offsets in `out` */
    struct tally tally;
    struct row_list rows;
    size_t found, rows_all, faults, gaps;
    enum optout_rc failed;
};

void *find_part_begin(const void *self, const struct segment_file *file)
{
    struct part *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->find = self;
    p->file = (uint64_t)(file - p->find->list.file);
    buf_init(&p->out, PART_BYTES + 2 * (size_t)QUERY_ROW_MAX);
    buf_init(&p->told, TOLD_BYTES);
    if (query_printer_init(&p->printer, &p->find->form))
        return p;
    find_part_drop(NULL, p);
    return NULL;
}

void find_part_drop(void *self, void *part)
{
    struct part *p = part;
    (void)self;
    query_printer_free(&p->printer);
    buf_free(&p->out);
    buf_free(&p->told);
    free(p->ends);
    tally_free(&p->tally);
    row_list_free(&p->rows);
    free(p);
}

/* ---- lines ---- */

/* Shown where it is told, whoever wrote it. */
static void tell(struct part *p, const struct scan_line *line, const char *what)
{
    if (line->number)
        buf_printf(&p->told, "%.*s:%llu: %s\n", SLICE_FMT(line->segment),
                   (unsigned long long)line->number, what);
    else
        buf_printf(&p->told, "%.*s: %s\n", SLICE_FMT(line->segment), what);
}

static void take_damage(struct part *p, const struct scan_line *line)
{
    if (++p->faults <= TOLD_MAX)
        tell(p, line, line->damage);
}

/* "records may be missing: write-failed, at most 3, node-1, 2026-…" */
static void tell_gap(struct part *p, const struct scan_line *line)
{
    static const enum record_field shown[] = { FIELD_REASON, FIELD_NODE, FIELD_TIME };
    struct buf text;
    buf_init(&text, 4096);
    buf_puts(&text, "records may be missing here");
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        struct slice said = record_text(&line->view, shown[i], &p->printer.scratch);
        buf_puts(&text, i == 0 ? ": " : i == 1 ? ", of " : ", found at ");
        buf_append(&text, said.p, said.n < 64 ? said.n : 64);
    }
    int64_t lost = record_number(&line->view, FIELD_LOST, -1);
    if (lost >= 0)
        buf_printf(&text, ", at most %lld", (long long)lost);
    buf_putc(&text, '\0');
    if (text.failed == OPTOUT_OK)
        tell(p, line, (const char *)text.p);
    buf_free(&text);
}

/* "12 records from … to … were removed on …, as AuditKeep says (age)" */
static void tell_removal(struct part *p, const struct scan_line *line)
{
    struct buf text, *scratch = &p->printer.scratch;
    buf_init(&text, 4096);
    buf_printf(&text, "%lld records", (long long)record_number(&line->view, FIELD_RECORDS, 0));
    static const struct {
        const char *before;
        enum record_field f;
    } shown[] = { { " from ", FIELD_FROM }, { " to ", FIELD_TO }, { " were removed on ", FIELD_TIME },
                  { ", by the rule ", FIELD_RULE } };
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        struct slice said = record_text(&line->view, shown[i].f, scratch);
        buf_puts(&text, shown[i].before);
        buf_append(&text, said.p, said.n < 64 ? said.n : 64);
    }
    buf_putc(&text, '\0');
    if (text.failed == OPTOUT_OK)
        tell(p, line, (const char *)text.p);
    buf_free(&text);
}

static bool end_row(struct part *p)
{
    size_t room = p->room ? p->room * 2 : 256;
    if (p->n == p->room) {
        size_t *more = realloc(p->ends, room * sizeof *more);
        if (!more)
            return false;
        p->ends = more;
        p->room = room;
    }
    p->ends[p->n++] = p->out.n;
    return true;
}

static enum scan_next take_gap(struct part *p, const struct scan_line *line)
{
    const struct find *f = p->find;
    bool removed = line->kind == SCAN_REMOVED;
    if (removed ? !question_meets_removal(f->question, line) : !question_meets_gap(f->question, line))
        return SCAN_ON;
    if (++p->gaps <= TOLD_MAX)
        (removed ? tell_removal : tell_gap)(p, line);
    if (f->gaps && f->mode == FIND_ROWS) {
        query_print_line(&f->form, line->raw, &p->out);
        if (!end_row(p))
            p->failed = OPTOUT_E_NOMEM;
    }
    return SCAN_ON;
}

static bool count_group(void *to, struct slice group)
{
    struct part *p = to;
    p->failed = tally_add(&p->tally, group, 1);
    return p->failed == OPTOUT_OK;
}

static enum optout_rc sort_row(struct part *p, const struct scan_line *line)
{
    const struct find *f = p->find;
    struct buf key;
    buf_clear(&p->out);
    query_print_row(&p->printer, line, &p->out);
    buf_init(&key, QUERY_ROW_MAX);
    struct slice text = column_text(f->sort, line, &f->form.context, &key);
    enum optout_rc rc = p->out.failed ? p->out.failed
                                      : row_list_add(&p->rows, &f->order, text, buf_slice(&p->out),
                                                     p->file, line->number);
    buf_free(&key);
    buf_clear(&p->out);
    return rc;
}

static enum scan_next take_record(struct part *p, const struct scan_line *line)
{
    const struct find *f = p->find;
    if (!question_matches(f->question, line, &p->printer.scratch))
        return SCAN_ON;
    p->found++;
    if (f->mode == FIND_COUNTS) {
        if (!column_groups(f->form.column, f->form.n_columns, line, &f->form.context, count_group, p) &&
            p->failed == OPTOUT_OK)
            p->failed = OPTOUT_E_NOMEM;
    } else if (f->mode == FIND_SORTED) {
        p->failed = sort_row(p, line);
    } else {
        query_print_row(&p->printer, line, &p->out);
        p->failed = p->out.failed ? p->out.failed : end_row(p) ? OPTOUT_OK : OPTOUT_E_NOMEM;
        if (f->limit && ++p->rows_all == f->limit)
            return SCAN_ENOUGH;
    }
    return p->failed ? SCAN_ENOUGH : p->out.n >= PART_BYTES ? SCAN_FULL : SCAN_ON;
}

enum scan_next find_part_line(void *part, const struct scan_line *line)
{
    struct part *p = part;
    switch (line->kind) {
    case SCAN_DAMAGE: take_damage(p, line); return SCAN_ON;
    case SCAN_GAP:
    case SCAN_REMOVED: return take_gap(p, line);
    case SCAN_RECORD:
    case SCAN_PENDING: break;
    }
    return take_record(p, line);
}

/* ---- merging ---- */

bool find_flush(struct find *f)
{
    find_end_progress(f);
    bool ok = cli_write(&f->out);
    buf_clear(&f->out);
    f->failed |= !ok;
    return ok;
}

static void tell_all(struct find *f, struct part *p)
{
    struct slice rest = buf_slice(&p->told), line;
    size_t more = (p->faults > TOLD_MAX ? p->faults - TOLD_MAX : 0) +
                  (p->gaps > TOLD_MAX ? p->gaps - TOLD_MAX : 0);
    if (rest.n || more)
        find_end_progress(f);
    while (rest.n && slice_split(&rest, '\n', &line))
        if (line.n)
            cli_error("%.*s", SLICE_FMT(line));
    if (more)
        cli_error("and %zu more like these in that segment", more);
    f->damaged |= p->faults != 0;
    f->gaps_met += p->gaps;
    buf_clear(&p->told);
    p->faults = p->gaps = 0;
}

static bool is_full(const struct find *f)
{
    return f->limit && f->printed >= f->limit;
}

/* False: no more are wanted, or they cannot be written. */
static bool print_rows(struct find *f, struct part *p)
{
    size_t n = p->n;
    if (f->limit && n > f->limit - f->printed)
        n = f->limit - f->printed;
    size_t bytes = n ? p->ends[n - 1] : 0;
    f->printed += n;
    if (bytes && !f->headed)
        query_print_header(&f->form, NULL, &f->out);
    f->headed |= bytes != 0;
    buf_append(&f->out, p->out.p, bytes);
    p->n = 0;
    buf_clear(&p->out);
    return (f->out.n < PART_BYTES || find_flush(f)) && !is_full(f);
}

static enum optout_rc add_counts(struct find *f, const struct tally *from)
{
    enum optout_rc rc = OPTOUT_OK;
    for (size_t i = 0; i < from->n && rc == OPTOUT_OK; i++)
        rc = tally_add(&f->tally, slice_of(from->entry[i].text, from->entry[i].n),
                       from->entry[i].count);
    return rc;
}

static void complain(struct find *f, enum optout_rc rc)
{
    find_end_progress(f);
    f->failed = true;
    if (rc == OPTOUT_E_LIMIT)
        cli_error("%s", f->mode == FIND_COUNTS ? "there are too many groups to count: ask for fewer"
                        : f->mode == FIND_SORTED
                            ? "there are too many rows to sort: give --limit, or ask for fewer"
                            : "a row is too long");
    else
        cli_error("out of memory");
}

bool find_part_merge(void *self, void *part, bool last)
{
    struct find *f = self;
    struct part *p = part;
    enum optout_rc rc = p->failed;
    bool more = true;
    tell_all(f, p);
    f->found += p->found;
    p->found = 0;
    if (rc == OPTOUT_OK && f->mode == FIND_COUNTS && last)
        rc = add_counts(f, &p->tally);
    else if (rc == OPTOUT_OK && f->mode == FIND_SORTED)
        rc = row_list_take(&f->rows, &f->order, &p->rows);
    else if (rc == OPTOUT_OK && f->mode == FIND_ROWS)
        more = print_rows(f, p);
    if (rc != OPTOUT_OK)
        complain(f, rc);
    if (last)
        find_part_drop(self, part);
    return more && !f->failed;
}

/* ---- progress ---- */

void find_end_progress(struct find *f)
{
    if (f->progress_shown)
        cli_write_error(SLICE_OF("\r\033[K"));
    f->progress_shown = false;
}

void find_progress(void *self, uint64_t done, uint64_t all)
{
    struct find *f = self;
    char text[128];
    int64_t spent = clock_wall_ms() - f->begun_ms;
    if (f->quiet || spent < FIRST_PROGRESS_MS || done >= all)
        return;
    double gb = (double)done / 1e9;
    snprintf(text, sizeof text, "\r\033[K%3.0f %% of %.1f GB, %.2f GB/s, %zu found",
             100.0 * (double)done / (double)all, (double)all / 1e9, gb * 1000 / (double)spent, f->found);
    cli_write_error(slice_cstr(text));
    f->progress_shown = true;
}
