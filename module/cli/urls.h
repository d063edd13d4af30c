/* SPDX-License-Identifier: Apache-2.0 */
/* urls.h - optout urls: a list of URLs is decided by site rules alone.
 *
 *   urls_input   bytes of the files, unpacked ─► rows (syntax/rows.h)
 *   urls_run     a row ─► urls_judge ─► known: printed; not known: asked for, and it waits
 *   urls_ask     threads that wait for optoutd, an origin each
 *   urls_queue   rows behind one that waits, so that the order is kept
 *   urls_print   what becomes of a row in the output
 *   urls_state   where a run is that may be broken off
 *
 * One thread does everything but waiting for the daemon. */
#ifndef OPTOUT_CLI_URLS_H
#define OPTOUT_CLI_URLS_H

#include "policy/snapshot.h"
#include "syntax/rows.h"
#include "verdict/judge.h"

#include <signal.h>

enum url_verdict { URL_ALLOWED, URL_REFUSED, URL_UNDECIDED, URL_VERDICT_COUNT };

enum urls_format {
    URLS_AS_IS,
    URLS_TSV,
    URLS_CSV,
    URLS_JSONL,
    URLS_LIKEWISE /* columns with the separator of the list */
};

struct urls_options {
    const char *config_path, *store, *socket, *profile;
    struct rows_form form;
    const char *column;    /* as given; a name is looked for in the first row of each file */
    bool by_name, header;  /* the first row of each file holds names */
    bool separator_given;  /* else the file's name or its first row tells */
    unsigned print;        /* bit 1 << enum url_verdict */
    enum urls_format format;
    const char *output, *state; /* NULL: standard output, none */
    bool fetch, strict, summary_json, no_summary, quiet;
    unsigned in_flight, wait_ms;
    char **file;
    size_t n_files;
};

/* ---- urls_judge.c ---- */

/* What is said of a URL. Slices hold until the next one is judged. */
struct url_answer {
    enum url_verdict verdict;
    bool judged;             /* else the row or its URL is at fault: `reason` says how */
    enum decision_kind kind;
    const char *reason;      /* why nothing forbids for sure, or why it is not judged; or NULL */
    const char *standard;    /* whose rule decided; or NULL */
    struct slice place, rule, contact;
    struct slice origin;
    bool not_known;          /* the site is not known, or too old: the daemon may be asked */
};

struct url_judge {
    struct judge_basis basis;
    const struct profile *profile;
    struct arena arena;
    struct judge judge;
    char place[PLACE_TEXT];
    _Alignas(16) uint8_t first[32768];
};

void url_judge_init(struct url_judge *u, const struct judge_basis *basis,
                    const struct profile *profile);
/* The same as the proxy decides before it fetches. Never waits. */
void url_judge(struct url_judge *u, struct slice url, struct url_answer *a);
void url_judge_free(struct url_judge *u);

const char *url_verdict_name(enum url_verdict v); /* "allowed" "refused" "undecided" */

/* ---- urls_print.c ---- */

/* A row that is to be printed; borrowed. */
struct url_row {
    struct slice bytes, text, url;
    uint64_t file, line;
    uint64_t end, next_line;    /* bytes of its file up to behind it, and the line there */
    uint64_t tail_n, tail_hash; /* its last bytes, by which its place is known again */
    const char *fault; /* static: why there is no URL; or NULL */
    bool first, last;  /* of its pieces */
    bool bom, crlf;
};

/* What is counted of an answer. */
struct url_tally {
    uint8_t verdict, kind;
    bool judged;
    const char *reason;
};

void urls_print_header(const struct urls_options *o, const struct url_row *row, struct buf *out);
void urls_print_row(const struct urls_options *o, const struct url_row *row,
                    const struct url_answer *a, struct buf *out);

/* ---- urls_ask.c ---- */

struct asker;
struct asked; /* one origin */

struct asker_options {
    const char *socket;
    unsigned wait_ms;   /* for one origin */
    unsigned in_flight; /* origins at a time */
    struct slice token, user_agent;
};

/* NULL: no memory. Borrows the options. */
struct asker *asker_new(const struct asker_options *o);
/* Asks for the origin, with all others that want it. NULL: it was asked for lately, and what
 * the store holds now is all there will be; or there is no memory. */
struct asked *asker_ask(struct asker *a, struct slice origin);
bool asker_has_answer(struct asker *a, struct asked *q);
void asker_drop(struct asker *a, struct asked *q); /* whoever asked needs it no more */
int asker_fd(const struct asker *a); /* becomes readable with each answer */
void asker_quiet(struct asker *a);   /* makes it unreadable again */
struct asker_counts {
    uint64_t asked, failed;
    bool away; /* nobody answers at the socket */
};
struct asker_counts asker_counts(struct asker *a);
/* What is still asked for is given up; waits for what is under way. NULL is fine. */
void asker_free(struct asker *a);

/* ---- urls_queue.c ---- */

#define URLS_QUEUE_BYTES (64u << 20)
#define URLS_QUEUE_ROWS (1u << 18)

/* What stands behind a row that waits, in the order of the input. */
struct queued {
    struct queued *next;
    struct asked *asked;     /* NULL: it is finished */
    struct url_row row;      /* of one that waits its bytes, too */
    struct slice printed;    /* of one that is finished, and what is counted of it */
    struct url_tally tally;
    size_t size;
    uint8_t bytes[];
};

struct urls_queue {
    struct queued *head, *tail;
    size_t n, bytes;
};

/* Both copy. False: no memory. */
bool urls_queue_waiting(struct urls_queue *q, const struct url_row *row, struct asked *asked);
bool urls_queue_finished(struct urls_queue *q, const struct url_row *row,
                         const struct url_tally *tally, struct slice printed);
bool urls_queue_is_full(const struct urls_queue *q);
/* Takes the head off; whoever takes it frees it. */
struct queued *urls_queue_take(struct urls_queue *q);

/* ---- urls_state.c ---- */

#define URLS_REASONS_MAX 48
#define URLS_REASON_MAX 32 /* bytes of one, with a NUL */

struct urls_counts {
    uint64_t rows, by_verdict[URL_VERDICT_COUNT], by_decision[DECISION_COUNT];
    uint64_t malformed, crlf, bom;
    struct {
        char name[URLS_REASON_MAX];
        uint64_t n;
    } reason[URLS_REASONS_MAX]; /* of rows that are not judged, or undecided */
    size_t n_reasons;
};

struct json;
void urls_counts_print(struct json *j, const struct urls_counts *c); /* members */
void urls_count_reason(struct urls_counts *c, const char *reason, uint64_t n);

/* How far a run has come: all before this is in the output. */
struct urls_state {
    uint64_t key;     /* of the options and files: others are another run */
    uint64_t file, offset, line, column, separator;
    uint64_t tail_n, tail_hash; /* of the row before the offset */
    uint64_t output;  /* bytes */
    bool done;
    struct urls_counts counts;
};

uint64_t urls_state_key(const struct urls_options *o);
/* OPTOUT_DONE: there is none. On failure a message was printed. */
enum optout_rc urls_state_read(const char *path, struct urls_state *s) OPTOUT_CHECKED;
/* In one piece, or not at all; on the disk when it returns. */
bool urls_state_write(const char *path, const struct urls_state *s) OPTOUT_CHECKED;

/* ---- urls_input.c ---- */

struct urls_input {
    const char *path; /* "-": standard input */
    uint64_t skip;    /* bytes, unpacked, that are passed over */
    /* Before each piece is waited for; false ends the reading. */
    bool (*wait)(void *ctx, int fd);
    enum optout_rc (*feed)(void *ctx, struct slice bytes);
    void *ctx;
};

enum urls_input_end {
    URLS_INPUT_ENDED,
    URLS_INPUT_STOPPED, /* by wait or feed */
    URLS_INPUT_BROKEN   /* a message was printed */
};

enum urls_input_end urls_input_read(const struct urls_input *in);

/* ---- urls_tell.c ---- */

/* What people are told on standard error. */
struct urls_teller {
    const struct urls_options *o;
    bool progress;
    unsigned told; /* rows at fault that were named */
    uint64_t began_us, shown_us, old_rows;
};

const char *urls_file_name(const struct urls_options *o, uint64_t file);
void urls_tell_fault(struct urls_teller *t, const struct url_row *row, const char *reason);
void urls_tell_ends(const struct urls_teller *t, const struct url_row *row, bool bom);
void urls_show_progress(struct urls_teller *t, uint64_t file, const struct urls_counts *c,
                        size_t waiting);
void urls_end_progress(const struct urls_teller *t);
void urls_print_summary(const struct urls_teller *t, const struct urls_counts *c,
                        const struct asker_counts *asked);

/* ---- urls_run.c ---- */

extern volatile sig_atomic_t urls_signal; /* the signal that ends the run; 0: none */

int urls_run(struct urls_options *o, struct snapshot *s);

#endif
