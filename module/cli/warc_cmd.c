/* SPDX-License-Identifier: Apache-2.0 */
/* optout warc: stored WARC files, record by record, through the filter's engine. */
#include "cli/warc.h"

#include "cli/cli.h"
#include "cli/head.h"
#include "core/clock.h"
#include "core/file.h"
#include "standards/phrases.h"
#include "warc/captures.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FLUSH_SIZE (256u << 10) /* bytes of lines that are written at once */
#define PROGRESS_US 500000u
#define EXIT_DAMAGE 3
#define READY_BYTES (1u << 20)

/* ---- the run ---- */

struct run {
    const struct warc_args *args;
    struct warc_files files;
    struct judging_options judging;
    struct warc_captures *captures; /* --site then; NULL else */
    struct store *store;            /* beside them; NULL: none is known */
    struct site_log *log;           /* --log; NULL: none */
    struct warc_index *index;       /* of all files; NULL: as they come */
    struct warc_resolved *resolved;
    struct warc_state *state;
    struct buf dictionary;
    int metadata;                   /* -1: none */
    /* of all threads: */
    pthread_mutex_t lock;           /* outputs, state and progress */
    atomic_size_t next;             /* file */
    atomic_bool failed, damaged;
    atomic_uint_fast64_t bytes, records;
    uint64_t begun_us, told_us;
    bool terminal;
};

/* One file in one thread. */
struct work {
    struct run *run;
    struct judging *judging;
    const char *file;
    struct buf lines, members, scratch;
    struct warc_counts counts;
    uint64_t next;  /* place behind the last record in the buffers */
    bool unplaced;  /* records have no places of their own */
    uint64_t counted; /* bytes of the file that are in run->bytes */
};

/* ---- output ---- */

/* Under the lock. */
static void tell_progress(struct run *r, bool last)
{
    uint64_t now = clock_mono_us();
    if (!r->terminal || (!last && now - r->told_us < PROGRESS_US))
        return;
    r->told_us = now;
    double seconds = (double)(now - r->begun_us + 1) / 1e6;
    double mb = (double)atomic_load(&r->bytes) / 1e6;
    size_t file = atomic_load(&r->next);
    fprintf(stderr, "\r%zu of %zu files, %.0f MB read, %.1f MB/s, %llu records\033[K%s",
            file < r->files.n ? file : r->files.n, r->files.n, mb, mb / seconds,
            (unsigned long long)atomic_load(&r->records), last ? "\n" : "");
}

/* Whole lines, then how far that is: what is in the state is in the outputs. */
static bool flush(struct work *w, bool done)
{
    struct run *r = w->run;
    bool ok = w->lines.failed == OPTOUT_OK && w->members.failed == OPTOUT_OK;
    if (!ok)
        cli_error("cannot put the output together: out of memory");
    pthread_mutex_lock(&r->lock);
    ok = ok && cli_write(&w->lines);
    if (ok && w->members.n && !file_write_all(r->metadata, buf_slice(&w->members))) {
        cli_error("%s: %s", r->args->metadata, strerror(errno));
        ok = false;
    }
    if (ok && r->state && (done || !w->unplaced))
        ok = warc_state_keep(r->state, w->file, w->next, done);
    tell_progress(r, false);
    pthread_mutex_unlock(&r->lock);
    buf_clear(&w->lines);
    buf_clear(&w->members);
    if (!ok)
        atomic_store(&r->failed, true);
    return ok;
}

static void on_damage(void *ctx, enum warc_damage d, uint64_t from, uint64_t to, const char *why)
{
    struct work *w = ctx;
    w->counts.damaged++;
    atomic_store(&w->run->damaged, true);
    if (!w->run->args->list)
        warc_print_damage(w->file, d, from, to, why, &w->lines);
    else
        cli_error("%s: byte %llu: %s%s%s", w->file, (unsigned long long)from,
                  warc_damage_name(d), why ? ", " : "", why ? why : "");
}

static bool print_record(struct work *w, const struct warc_record *rec, const struct judged *v)
{
    const struct warc_args *a = w->run->args;
    const struct decision *d = &v->judge->decision;
    w->counts.decision[d->kind]++;
    if (v->block == CHECK_MISMATCH) {
        w->counts.damaged++;
        atomic_store(&w->run->damaged, true);
    }
    bool ok = true;
    if (w->run->metadata >= 0)
        ok = warc_print_metadata(w->file, rec, v, &w->scratch, &w->members);
    if (!ok)
        cli_error("out of memory");
    if (a->list)
        w->counts.listed += warc_print_removal(a->list, w->file, rec, v, &w->lines);
    else if (!a->quiet || d->kind != DECISION_CLEAR || rec->damage)
        warc_print_record(w->file, rec, v, w->run->resolved, &w->lines);
    return ok;
}

/* ---- one file ---- */

static void count_bytes(struct work *w, const struct warc_reader *r)
{
    uint64_t now = stream_offset(&r->s);
    if (now > w->counted)
        atomic_fetch_add(&w->run->bytes, now - w->counted);
    w->counted = now;
}

static bool judge_one(struct work *w, struct warc_reader *r)
{
    struct judged v;
    enum optout_rc rc = judging_record(w->judging, r, &v);
    bool ok = rc == OPTOUT_OK;
    if (!ok)
        cli_error("%s: %s", w->file, rc == OPTOUT_E_IO ? strerror(errno) : "out of memory");
    w->counts.records++;
    atomic_fetch_add(&w->run->records, 1);
    if (ok && v.skip != SKIP_NOT)
        w->counts.skipped[v.skip]++;
    else if (ok)
        ok = print_record(w, &r->record, &v);
    w->counts.judged = w->counts.records;
    judging_done(w->judging);
    w->unplaced |= r->record.shared;
    w->next = r->record.offset + r->record.length;
    count_bytes(w, r);
    return ok && (w->lines.n + w->members.n < FLUSH_SIZE || flush(w, false));
}

static bool read_file(struct work *w, struct warc_reader *r)
{
    enum optout_rc rc = OPTOUT_OK;
    bool ok = true;
    while (ok && !atomic_load_explicit(&w->run->failed, memory_order_relaxed) &&
           (rc = warc_next(r)) == OPTOUT_OK)
        ok = judge_one(w, r);
    if (rc < 0) {
        cli_error("%s: %s", w->file, rc == OPTOUT_E_IO ? strerror(errno) : "out of memory");
        return false;
    }
    w->counts.judged = 0;
    for (unsigned d = 0; d < DECISION_COUNT; d++)
        w->counts.judged += w->counts.decision[d];
    if (ok && !w->run->args->list)
        warc_print_file(w->file, r, &w->counts, &w->lines);
    w->next = stream_offset(&r->s);
    count_bytes(w, r);
    return ok && rc == OPTOUT_DONE && flush(w, true);
}

/* What people take for a WARC file, and what to do with it; NULL: nothing of that. */
static const char *other_archive(const struct warc_reader *r)
{
    struct slice head = slice_of(r->s.in + r->s.in_at, r->s.in_n - r->s.in_at);
    if (r->s.kind != STREAM_PLAIN)
        return NULL;
    if (slice_starts_nocase(head, SLICE_OF("filedesc://")))
        return "an ARC file, which is not read";
    if (slice_starts_nocase(head, SLICE_OF("PK\003\004")))
        return "a ZIP file; of a WACZ: unzip -p FILE 'archive/*' | optout warc -";
    return NULL;
}

static bool open_and_read(struct work *w, int fd, uint64_t from, uint64_t limit)
{
    struct warc_reader r;
    struct run *run = w->run;
    enum optout_rc rc = warc_open(&r, fd, from, limit, buf_slice(&run->dictionary), on_damage, w);
    bool ok = rc == OPTOUT_OK;
    const char *other = ok ? other_archive(&r) : NULL;
    if (other) {
        cli_error("%s: %s", w->file, other);
        ok = false;
    } else if (!ok) {
        cli_error("%s: %s", w->file, rc == OPTOUT_E_UNSUP ? r.s.why
                                     : rc == OPTOUT_E_IO ? strerror(errno) : "out of memory");
    }
    if (ok) {
        size_t file = 0;
        while (run->files.path[file] != w->file)
            file++;
        judging_file(w->judging, (uint32_t)file, &r);
        ok = read_file(w, &r);
    }
    warc_close(&r);
    return ok;
}

static bool do_file(struct work *w, const char *path)
{
    const struct warc_args *a = w->run->args;
    uint64_t from = a->offset;
    uint64_t limit = a->length > UINT64_MAX - from ? UINT64_MAX : from + a->length;
    w->file = path;
    w->counts = (struct warc_counts){ .records = 0 };
    w->counted = w->next = 0;
    w->unplaced = false;
    if (w->run->state) {
        from = warc_state_of(w->run->state, path);
        if (from == UINT64_MAX)
            return true;
        w->counted = from;
    }
    int fd = input_open(path);
    if (fd < 0)
        return false;
    bool ok = open_and_read(w, fd, from, limit);
    input_close(fd);
    return ok;
}

/* ---- threads ---- */

static void *work_on(void *ctx)
{
    struct run *r = ctx;
    struct work w = { .run = r };
    struct judging_options o = r->judging;
    struct warc_moment *moment = NULL;
    if (r->captures) {
        moment = warc_moment_new(r->captures);
        o.moment = moment;
        o.basis.site = moment ? warc_moment_site(moment) : NULL;
    }
    w.judging = r->captures && !moment ? NULL : judging_new(&o);
    buf_init(&w.lines, CLI_OUTPUT_MAX);
    buf_init(&w.members, CLI_OUTPUT_MAX);
    buf_init(&w.scratch, CLI_OUTPUT_MAX);
    if (!w.judging) {
        cli_error("out of memory");
        atomic_store(&r->failed, true);
    }
    bool wrong = false; /* a file that cannot be read does not stop the others */
    while (w.judging && !atomic_load(&r->failed)) {
        size_t i = atomic_fetch_add(&r->next, 1);
        if (i >= r->files.n)
            break;
        wrong |= !do_file(&w, r->files.path[i]);
        buf_clear(&w.lines);
        buf_clear(&w.members);
    }
    buf_free(&w.scratch);
    buf_free(&w.members);
    buf_free(&w.lines);
    judging_free(w.judging);
    warc_moment_free(moment);
    return wrong ? r : NULL;
}

static unsigned how_many(const struct run *r)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t n = r->args->jobs ? r->args->jobs : cores > 0 ? (size_t)cores : 1;
    n = n < r->files.n ? n : r->files.n;
    return (unsigned)(n < WARC_JOBS_MAX ? n : WARC_JOBS_MAX);
}

static bool run_threads(struct run *r)
{
    pthread_t thread[WARC_JOBS_MAX];
    unsigned n = how_many(r), begun = 0;
    bool wrong = false;
    while (begun + 1 < n && pthread_create(&thread[begun], NULL, work_on, r) == 0)
        begun++;
    wrong = work_on(r) != NULL;
    for (unsigned i = 0; i < begun; i++) {
        void *result = NULL;
        pthread_join(thread[i], &result);
        wrong |= result != NULL;
    }
    tell_progress(r, true);
    return !wrong && !atomic_load(&r->failed);
}

/* ---- before ---- */

static bool open_metadata(struct run *r)
{
    struct buf scratch, out;
    struct stat st;
    const char *path = r->args->metadata;
    int how = r->args->state ? O_APPEND : O_TRUNC;
    if (!path)
        return true;
    r->metadata = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | how, 0666);
    if (r->metadata < 0 || fstat(r->metadata, &st) != 0) {
        cli_error("%s: %s", path, strerror(errno));
        return false;
    }
    if (st.st_size)
        return true; /* it goes on */
    buf_init(&scratch, CLI_OUTPUT_MAX);
    buf_init(&out, CLI_OUTPUT_MAX);
    bool ok = warc_print_warcinfo(&scratch, &out) && file_write_all(r->metadata, buf_slice(&out));
    if (!ok)
        cli_error("%s: cannot be written", path);
    buf_free(&out);
    buf_free(&scratch);
    return ok;
}

static bool open_state(struct run *r)
{
    int fd[2] = { STDOUT_FILENO, r->metadata };
    if (!r->args->state)
        return true;
    r->state = warc_state_open(r->args->state, fd, r->metadata >= 0 ? 2 : 1);
    return r->state;
}

static bool read_dictionary(struct run *r)
{
    if (!r->args->dictionary || file_read(r->args->dictionary, &r->dictionary) == OPTOUT_OK)
        return true;
    cli_error("%s: %s", r->args->dictionary,
              r->dictionary.failed ? "larger than a dictionary may be (8 MiB)" : strerror(errno));
    return false;
}

/* The first pass: where originals and parts of records stand, and what sites said. */
static bool first_pass(struct run *r)
{
    const struct warc_args *a = r->args;
    if (!a->two_passes && a->site != WARC_SITE_THEN)
        return true;
    r->index = warc_index_new();
    if (a->site == WARC_SITE_THEN)
        r->captures = warc_captures_new(r->judging.basis.agents, r->store);
    if (!r->index || (a->site == WARC_SITE_THEN && !r->captures)) {
        cli_error("out of memory");
        return false;
    }
    if (r->log)
        warc_captures_use_log(r->captures, r->log, r->judging.basis.config->site_terms);
    for (size_t i = 0; i < r->files.n; i++) {
        enum optout_rc rc = warc_first_pass(r->files.path[i], (uint32_t)i, r->index, r->captures,
                                            &r->judging);
        if (rc == OPTOUT_E_NOMEM) {
            cli_error("out of memory");
            return false;
        }
    }
    r->judging.shared = r->index;
    if (r->captures)
        warc_captures_sort(r->captures);
    if (r->captures && warc_captures_over(r->captures))
        cli_error("more site files than are kept: some sites are not known");
    return true;
}

/* What sites said then, of which the files hold nothing. */
static bool read_log(struct run *r)
{
    const struct warc_args *a = r->args;
    if (!a->n_log)
        return true;
    if (!r->store) {
        cli_error("--log: no store is known, which has the originals; name it with --store");
        return false;
    }
    r->log = warc_log_sites(a->log, a->n_log, r->store, r->judging.basis.agents);
    return r->log;
}

static bool choose_site(struct run *r, struct config *c)
{
    const struct warc_args *a = r->args;
    if (a->site == WARC_SITE_THEN) { /* site files are taken for what they are */
        const char *dir = a->setup.store ? a->setup.store : c->site_store;
        struct site *site = dir[0] ? cli_open_store(dir) : NULL;
        if (a->setup.store && !site)
            return false;
        r->store = site ? site_store(site) : NULL;
        snprintf(c->site_store, sizeof c->site_store, "-");
        snprintf(c->site_socket, sizeof c->site_socket, "-"); /* what was not captured is not known */
        c->site_waiters = 0;
        return true;
    }
    struct setup_options o = a->setup;
    o.no_site = a->site == WARC_SITE_NONE;
    if (a->site == WARC_SITE_NOW && !o.store && !c->site_store[0]) {
        cli_error("--site now: no store is known; name it with --store");
        return false;
    }
    return setup_site(&o, true, c, &r->judging.basis);
}

/* Phrases made ready cost a fraction of a second, and are several times as quick: where much is read.
 * Of a pipe nobody knows. */
static bool make_ready(const struct run *r)
{
    uint64_t bytes = 0;
    struct stat st;
    for (size_t i = 0; i < r->files.n && bytes < READY_BYTES; i++)
        bytes += stat(r->files.path[i], &st) == 0 && S_ISREG(st.st_mode) ? (uint64_t)st.st_size
                                                                         : READY_BYTES;
    return bytes < READY_BYTES || !r->judging.basis.phrases ||
           phrases_ready(r->judging.basis.phrases);
}

static int run(struct run *r, struct snapshot *s, char *const *name, size_t n)
{
    const struct warc_args *a = r->args;
    struct profile profile;
    r->judging.basis = setup_basis(s);
    r->judging.profile = &profile;
    r->judging.digests = a->digests;
    r->begun_us = clock_mono_us();
    r->terminal = isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO);
    if (!setup_profile(&a->setup, &s->config, &profile) || !setup_depth(&a->setup, &s->config) ||
        !choose_site(r, &s->config) || !read_log(r) || !read_dictionary(r) ||
        !warc_files_find(&r->files, name, n))
        return CLI_FAILED;
    r->judging.side_dictionary = buf_slice(&r->dictionary);
    r->judging.files = (struct judging_files){ (const char *const *)r->files.path, r->files.n };
    if (a->n_resolve && !(r->resolved = warc_resolved_new(a->resolve, a->n_resolve)))
        return CLI_FAILED;
    if (!make_ready(r)) {
        cli_error("out of memory");
        return CLI_FAILED;
    }
    if (!first_pass(r) || !open_metadata(r) || !open_state(r) || !run_threads(r))
        return CLI_FAILED;
    if (r->log && site_log_over(r->log))
        cli_error("more originals than are kept: some sites are not known");
    return atomic_load(&r->damaged) ? EXIT_DAMAGE : CLI_CLEAR;
}

static void run_free(struct run *r)
{
    warc_state_close(r->state);
    if (r->metadata >= 0)
        close(r->metadata);
    warc_resolved_free(r->resolved);
    warc_captures_free(r->captures);
    site_log_free(r->log);
    warc_index_free(r->index);
    warc_files_free(&r->files);
    buf_free(&r->dictionary);
}

int warc_command(int argc, char **argv)
{
    struct warc_args a = { .jobs = 0 };
    struct run r = { .args = &a, .metadata = -1, .lock = PTHREAD_MUTEX_INITIALIZER };
    int status = CLI_FAILED;
    const char **agent = calloc((size_t)argc, sizeof *agent);
    a.resolve = calloc((size_t)argc, sizeof *a.resolve);
    a.log = calloc((size_t)argc, sizeof *a.log);
    buf_init(&r.dictionary, STREAM_DICTIONARY_MAX);
    struct snapshot *snapshot = NULL;
    if (!agent || !a.resolve || !a.log) {
        cli_error("out of memory");
    } else if (warc_args_parse(&a, agent, argc, argv, &status) &&
               (snapshot = cli_load_config(a.setup.config_file)) != NULL) {
        status = run(&r, snapshot, argv + optind, (size_t)(argc - optind));
    }
    run_free(&r);
    cli_free_config(snapshot);
    free(a.log);
    free(a.resolve);
    free(agent);
    return status;
}
