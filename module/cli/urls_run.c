/* SPDX-License-Identifier: Apache-2.0 */
/* urls_run.c - the run: each row gets its answer, in the order of the input.
 *
 * DESIGN. A row whose site is known is printed at once. One whose site is not known is asked
 * for, and waits in the queue; so does, finished, what comes behind it. The head of the queue
 * is judged again as soon as the daemon has answered. When the queue is full, nothing more is
 * read before its head is gone: that is all the back-pressure there is.
 *
 * What is printed is written in blocks, and whenever there is nothing to read, so that nobody
 * at the other end is kept waiting. The state is written behind such a block, and tells of the
 * last row that is in the output. */
#include "cli/urls.h"

#include "cli/cli.h"
#include "core/clock.h"
#include "policy/config.h"
#include "site/store_value.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK (256u << 10)          /* bytes of output that are written at once */
#define OUT_MAX (8u * ROWS_LONGEST) /* a row that is escaped grows */
#define SAVE_US 2000000u            /* between two states */
#define PAUSE_MS 250                /* between two looks at signals and progress */
#define LOOK_EVERY 256              /* rows between two looks at the clock */
#define TAIL 4096u                  /* bytes of a row by which a place is known again */

volatile sig_atomic_t urls_signal;

struct run {
    struct urls_options *o;
    struct rows rows;
    struct url_judge *judge;
    struct asker *asker; /* NULL: nobody is asked */
    struct urls_queue queue;
    struct buf out;
    int fd;           /* of the output */
    uint64_t written; /* bytes, to it */
    struct urls_state at; /* behind the last row that was printed */
    uint64_t file, offset; /* of the row that comes next from the input */
    struct buf tail;  /* bytes before the place where a run goes on */
    bool checks_tail; /* they are still to be seen */
    bool sniffs;      /* the first bytes of a file tell its separator */
    bool header_due, header_printed;
    bool failed;      /* a message was printed */
    uint64_t saved_us;
    unsigned to_look;
    struct urls_teller teller;
};

/* ---- the output ---- */

static bool fail(struct run *r, const char *what, const char *why)
{
    cli_error("%s: %s", what, why);
    r->failed = true;
    return false;
}

static const char *output_name(const struct run *r)
{
    return r->o->output ? r->o->output : "standard output";
}

static bool write_out(struct run *r)
{
    struct slice rest = buf_slice(&r->out);
    if (r->out.failed)
        return fail(r, output_name(r), "out of memory");
    while (rest.n) {
        ssize_t n = write(r->fd, rest.p, rest.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return fail(r, output_name(r), n < 0 ? strerror(errno) : "nothing is taken");
        rest = slice_from(rest, (size_t)n);
    }
    r->written += r->out.n;
    buf_clear(&r->out);
    return true;
}

/* A device has nothing to sync. */
static bool sync_out(struct run *r)
{
    if (fdatasync(r->fd) == 0 || errno == EINVAL || errno == EROFS)
        return true;
    return fail(r, output_name(r), strerror(errno));
}

static bool save(struct run *r)
{
    if (!write_out(r))
        return false;
    r->saved_us = clock_mono_us();
    if (!r->o->state)
        return true;
    r->at.output = r->written;
    if (!sync_out(r))
        return false;
    if (!urls_state_write(r->o->state, &r->at))
        r->failed = true;
    return !r->failed;
}

/* ---- rows ---- */

static struct url_tally tally_of(const struct url_answer *a)
{
    return (struct url_tally){ (uint8_t)a->verdict, (uint8_t)a->kind, a->judged, a->reason };
}

/* A row is in the output, or left out of it. */
static void finish_row(struct run *r, const struct url_row *row, const struct url_tally *t)
{
    struct urls_counts *c = &r->at.counts;
    if (row->bom && c->bom++ == 0)
        urls_tell_ends(&r->teller, row, true);
    if (row->crlf && c->crlf++ == 0)
        urls_tell_ends(&r->teller, row, false);
    if (row->first) {
        c->rows++;
        c->by_verdict[t->verdict]++;
        c->malformed += !t->judged;
        if (t->judged)
            c->by_decision[t->kind]++;
        else
            urls_tell_fault(&r->teller, row, t->reason);
        if (t->reason)
            urls_count_reason(c, t->reason, 1);
    }
    if (!row->last)
        return;
    r->at.file = row->file;
    r->at.offset = row->end;
    r->at.line = row->next_line;
    r->at.tail_n = row->tail_n;
    r->at.tail_hash = row->tail_hash;
}

static void answer_row(struct run *r, const struct url_row *row, struct url_answer *a)
{
    if (row->fault)
        *a = (struct url_answer){ .verdict = URL_UNDECIDED, .reason = row->fault };
    else
        url_judge(r->judge, row->url, a);
}

static void print_row(struct run *r, const struct url_row *row, const struct url_answer *a)
{
    struct url_tally tally = tally_of(a);
    urls_print_row(r->o, row, a, &r->out);
    finish_row(r, row, &tally);
}

/* The head of the queue, which has its answer. */
static void print_head(struct run *r)
{
    struct queued *e = urls_queue_take(&r->queue);
    if (e->asked) {
        struct url_answer a;
        answer_row(r, &e->row, &a);
        print_row(r, &e->row, &a);
        asker_drop(r->asker, e->asked);
    } else {
        (void)buf_append(&r->out, e->printed.p, e->printed.n);
        finish_row(r, &e->row, &e->tally);
    }
    free(e);
}

/* As far as the queue has answers. */
static bool deliver(struct run *r)
{
    while (r->queue.head) {
        const struct queued *e = r->queue.head;
        if (e->asked && !asker_has_answer(r->asker, e->asked))
            break;
        print_head(r);
        if (r->out.n >= BLOCK && !write_out(r))
            return false;
    }
    return true;
}

static bool queue_finished(struct run *r, const struct url_row *row, const struct url_answer *a)
{
    struct url_tally tally = tally_of(a);
    struct buf text;
    buf_init(&text, OUT_MAX);
    urls_print_row(r->o, row, a, &text);
    bool ok = !text.failed && urls_queue_finished(&r->queue, row, &tally, buf_slice(&text));
    buf_free(&text);
    return ok || fail(r, output_name(r), "out of memory");
}

/* Behind those that wait, if there are any. */
static bool place_row(struct run *r, const struct url_row *row)
{
    struct url_answer a;
    answer_row(r, row, &a);
    struct asked *asked = a.not_known && r->asker ? asker_ask(r->asker, a.origin) : NULL;
    if (asked)
        return urls_queue_waiting(&r->queue, row, asked) ||
               fail(r, output_name(r), "out of memory");
    if (r->queue.head)
        return queue_finished(r, row, &a);
    print_row(r, row, &a);
    return r->out.n < BLOCK || write_out(r);
}

/* ---- waiting ---- */

static bool look_around(struct run *r)
{
    urls_show_progress(&r->teller, r->file, &r->at.counts, r->queue.n);
    if (urls_signal)
        return false;
    return !r->o->state || clock_mono_us() - r->saved_us < SAVE_US || save(r);
}

/* Until `fd` can be read (-1: none), or the daemon has answered, or for a moment. */
static bool pause_for(struct run *r, int fd)
{
    struct pollfd p[2] = { { fd, POLLIN, 0 }, { r->asker ? asker_fd(r->asker) : -1, POLLIN, 0 } };
    if (!write_out(r) || !look_around(r))
        return false;
    (void)poll(p, 2, PAUSE_MS);
    if (p[1].revents)
        asker_quiet(r->asker);
    return !urls_signal && deliver(r);
}

static bool make_room(struct run *r)
{
    while (urls_queue_is_full(&r->queue))
        if (!pause_for(r, -1))
            return false;
    return true;
}

static bool drain(struct run *r)
{
    if (!deliver(r))
        return false;
    while (r->queue.head)
        if (!pause_for(r, -1))
            return false;
    return true;
}

/* Before each read. */
static bool wait_for_input(void *ctx, int fd)
{
    struct run *r = ctx;
    struct pollfd p = { fd, POLLIN, 0 };
    if (!deliver(r))
        return false;
    while (poll(&p, 1, 0) == 0)
        if (!pause_for(r, fd))
            return false;
    return !urls_signal;
}

/* ---- the input ---- */

static const char *fault_name(enum row_fault fault)
{
    static const char *const name[ROW_FAULT_COUNT] = {
        [ROW_LONG] = "long-row",   [ROW_CUT] = "cut-row",
        [ROW_QUOTES] = "quotes",   [ROW_NO_COLUMN] = "no-column",
        [ROW_NO_JSON] = "no-json", [ROW_NO_MEMBER] = "no-member",
        [ROW_MEMBER_TWICE] = "member-twice",
    };
    return name[fault];
}

static bool take_header(struct run *r, const struct url_row *row)
{
    struct rows_form *form = &r->o->form;
    r->header_due = false;
    if (r->o->by_name && !rows_find_column(form, row->text, slice_cstr(r->o->column), &form->column))
        return fail(r, urls_file_name(r->o, r->file), "its first row has no column of that name");
    r->at.column = form->column;
    if (!r->header_printed)
        urls_print_header(r->o, row, &r->out);
    r->header_printed = true;
    r->at.offset = row->end;
    r->at.line = row->next_line;
    r->at.file = row->file;
    r->at.tail_n = row->tail_n;
    r->at.tail_hash = row->tail_hash;
    return true;
}

static enum optout_rc on_row(void *ctx, const struct row *row)
{
    struct run *r = ctx;
    r->offset += row->bytes.n;
    struct url_row u = {
        .bytes = row->bytes, .text = row->text, .url = row->value,
        .file = r->file, .line = row->line, .end = r->offset, .next_line = r->rows.line,
        .fault = fault_name(row->fault), .first = row->first, .last = row->last,
        .bom = row->bom, .crlf = row->crlf,
    };
    if (r->o->state) {
        u.tail_n = row->bytes.n < TAIL ? row->bytes.n : TAIL;
        u.tail_hash = store_hash(slice_from(row->bytes, row->bytes.n - (size_t)u.tail_n), 0);
    }
    bool ok = r->header_due ? take_header(r, &u) : place_row(r, &u);
    if (ok && r->queue.head)
        ok = deliver(r) && make_room(r);
    if (ok && ++r->to_look >= LOOK_EVERY) {
        r->to_look = 0;
        ok = look_around(r);
    }
    return ok ? OPTOUT_OK : OPTOUT_E_IO;
}

static bool ends_with(struct slice s, struct slice end)
{
    return s.n >= end.n && slice_eq(slice_from(s, s.n - end.n), end);
}

/* By the name of the file, else by its first line. */
static void choose_separator(struct run *r, struct slice bytes)
{
    static const struct slice packed[] = { SLICE(".gz"), SLICE(".zst"), SLICE(".zstd") };
    struct slice name = slice_cstr(r->o->file[r->file]);
    struct slice line = slice_sub(bytes, 0, slice_find(bytes, '\n'));
    for (size_t i = 0; i < sizeof packed / sizeof *packed; i++)
        if (ends_with(name, packed[i]))
            name = slice_sub(name, 0, name.n - packed[i].n);
    bool tab = slice_find(line, '\t') < line.n;
    if (ends_with(name, SLICE_OF(".csv")) || ends_with(name, SLICE_OF(".tsv")))
        tab = ends_with(name, SLICE_OF(".tsv"));
    r->o->form.separator = tab ? '\t' : ',';
    r->o->form.quotes = !tab;
    r->at.separator = r->o->form.separator;
    r->sniffs = false;
}

/* The row before the place where a run goes on must be the one that was there. */
static bool check_tail(struct run *r, struct slice *bytes)
{
    size_t n = (size_t)r->at.tail_n - r->tail.n;
    struct slice part = slice_sub(*bytes, 0, n);
    (void)buf_append(&r->tail, part.p, part.n);
    *bytes = slice_from(*bytes, part.n);
    if (r->tail.n < r->at.tail_n)
        return true;
    r->checks_tail = false;
    if (store_hash(buf_slice(&r->tail), 0) == r->at.tail_hash)
        return true;
    return fail(r, urls_file_name(r->o, r->file), "this is not the list that the state is of");
}

static enum optout_rc on_bytes(void *ctx, struct slice bytes)
{
    struct run *r = ctx;
    if (r->checks_tail && !check_tail(r, &bytes))
        return OPTOUT_E_IO;
    if (bytes.n == 0)
        return OPTOUT_OK;
    if (r->sniffs)
        choose_separator(r, bytes);
    enum optout_rc rc = rows_feed(&r->rows, bytes);
    if (rc == OPTOUT_E_NOMEM)
        (void)fail(r, urls_file_name(r->o, r->file), "out of memory");
    return rc;
}

/* From the place in the state on, or from its beginning. */
static void begin_file(struct run *r, struct urls_input *in)
{
    bool again = r->file == r->at.file && r->at.offset != 0;
    *in = (struct urls_input){ .path = r->o->file[r->file], .wait = wait_for_input,
                               .feed = on_bytes, .ctx = r };
    r->offset = 0;
    r->header_due = r->o->header && !again;
    r->sniffs = r->o->form.kind == ROWS_SEPARATED && !r->o->separator_given && !again;
    r->checks_tail = false;
    if (!again)
        return;
    in->skip = r->at.offset - r->at.tail_n;
    r->offset = r->at.offset;
    r->checks_tail = true;
    r->header_printed = true;
    r->rows.line = r->at.line;
    r->rows.begun = true;
    r->o->form.column = (size_t)r->at.column;
    if (!r->o->separator_given && r->at.separator) {
        r->o->form.separator = (uint8_t)r->at.separator;
        r->o->form.quotes = r->at.separator != '\t';
    }
}

static bool read_file(struct run *r)
{
    struct urls_input in;
    begin_file(r, &in);
    enum urls_input_end end = urls_input_read(&in);
    if (end == URLS_INPUT_STOPPED)
        return false;
    if (r->checks_tail)
        return fail(r, urls_file_name(r->o, r->file), "this is not the list that the state is of");
    r->failed = r->failed || end == URLS_INPUT_BROKEN;
    if (end == URLS_INPUT_BROKEN && r->o->state)
        return false; /* it may be whole at the next try */
    /* A file is gone through to its end, for the next one may have other columns. */
    return rows_end(&r->rows, end == URLS_INPUT_BROKEN) == OPTOUT_OK && drain(r);
}

/* False: the run was ended before its end. */
static bool read_files(struct run *r)
{
    for (r->file = r->at.file; r->file < r->o->n_files; r->file++)
        if (!read_file(r))
            return false;
    return true;
}

/* ---- the run ---- */

static bool open_output(struct run *r, bool again)
{
    struct stat st;
    r->fd = STDOUT_FILENO;
    if (!r->o->output)
        return true;
    r->fd = open(r->o->output, O_WRONLY | O_CREAT | O_CLOEXEC | (again ? 0 : O_TRUNC), 0666);
    if (r->fd < 0)
        return fail(r, r->o->output, strerror(errno));
    if (!again)
        return true;
    if (fstat(r->fd, &st) != 0 || (uint64_t)st.st_size < r->at.output)
        return fail(r, r->o->output, "it is shorter than the state says");
    r->written = r->at.output;
    if (ftruncate(r->fd, (off_t)r->at.output) != 0 || lseek(r->fd, 0, SEEK_END) < 0)
        return fail(r, r->o->output, strerror(errno));
    return true;
}

static bool begin(struct run *r)
{
    uint64_t key = urls_state_key(r->o);
    enum optout_rc rc = r->o->state ? urls_state_read(r->o->state, &r->at) : OPTOUT_DONE;
    if (rc < 0)
        return false;
    if (rc == OPTOUT_OK && (r->at.key != key || r->at.file >= r->o->n_files ||
                            r->at.tail_n > TAIL || r->at.tail_n > r->at.offset))
        return fail(r, r->o->state, "it is of a run with other options or files; remove it to "
                                    "begin anew");
    if (rc == OPTOUT_DONE)
        r->at = (struct urls_state){ .key = key, .line = 1 };
    r->teller.old_rows = r->at.counts.rows;
    r->header_printed = r->at.file || r->at.offset;
    return open_output(r, rc == OPTOUT_OK);
}

static int status_of(const struct run *r, bool ended)
{
    if (r->failed)
        return CLI_FAILED;
    if (!ended)
        return urls_signal ? 128 + urls_signal : CLI_FAILED;
    return r->o->strict && r->at.counts.by_verdict[URL_UNDECIDED] ? CLI_UNDECIDED : CLI_CLEAR;
}

static int run_all(struct run *r)
{
    if (!begin(r))
        return CLI_FAILED;
    r->saved_us = clock_mono_us();
    bool ended = r->at.done || read_files(r);
    r->at.done = ended && !r->failed;
    if (!r->out.failed)
        (void)save(r);
    urls_end_progress(&r->teller);
    struct asker_counts asked = { .asked = 0 };
    if (r->asker)
        asked = asker_counts(r->asker);
    if (asked.away)
        cli_error("%s: the daemon does not answer", r->judge->basis.config->site_socket);
    urls_print_summary(&r->teller, &r->at.counts, &asked);
    return status_of(r, ended);
}

static void free_run(struct run *r)
{
    while (r->queue.head)
        free(urls_queue_take(&r->queue));
    if (r->fd > STDERR_FILENO)
        close(r->fd);
    url_judge_free(r->judge);
    free(r->judge);
    rows_free(&r->rows);
    buf_free(&r->tail);
    buf_free(&r->out);
}

/* Without a daemon unknown sites are unknown all the same: nothing else was looked at. */
static const char *socket_of(struct urls_options *o, struct config *c)
{
    if (!c->site_socket[0]) {
        snprintf(c->site_socket, sizeof c->site_socket, "(none)");
        o->fetch = false;
    }
    return c->site_socket;
}

int urls_run(struct urls_options *o, struct snapshot *s)
{
    struct config *c = &s->config;
    const struct profile *p = config_profile(c, slice_cstr(o->profile));
    struct run r = { .o = o, .teller = { .o = o, .began_us = clock_mono_us(),
                                         .progress = !o->quiet && isatty(STDERR_FILENO) } };
    struct asker_options how = {
        .socket = socket_of(o, c), .wait_ms = o->wait_ms, .in_flight = o->in_flight,
        .token = p->n_agents ? slice_cstr(p->agent[0]) : SLICE_EMPTY,
        .user_agent = slice_cstr(p->user_agent),
    };
    struct judge_basis basis = { .config = c, .agents = s->agents,
                                 .phrases = phrase_folder_compiled(&s->phrases),
                                 .site = cli_open_store(c->site_store) };
    if (!basis.site)
        return CLI_FAILED;
    r.judge = calloc(1, sizeof *r.judge);
    r.asker = o->fetch ? asker_new(&how) : NULL;
    if (!r.judge || (o->fetch && !r.asker)) {
        cli_error("out of memory");
        free(r.judge);
        return CLI_FAILED;
    }
    url_judge_init(r.judge, &basis, p);
    rows_init(&r.rows, &o->form, on_row, &r);
    buf_init(&r.out, OUT_MAX);
    buf_init(&r.tail, TAIL);
    int status = run_all(&r);
    if (status < 128) /* else nobody waits for what is asked: the process ends */
        asker_free(r.asker);
    free_run(&r);
    return status;
}
