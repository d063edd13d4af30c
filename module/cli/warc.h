/* SPDX-License-Identifier: Apache-2.0 */
/* warc.h - the parts of `optout warc`: what was asked for, which files, what is written. */
#ifndef OPTOUT_CLI_WARC_H
#define OPTOUT_CLI_WARC_H

#include "cli/setup.h"
#include "warc/judging.h"
#include "warc/site_log.h"

enum warc_site { WARC_SITE_PRESET, WARC_SITE_NOW, WARC_SITE_THEN, WARC_SITE_NONE };
enum warc_list { WARC_LIST_NOT, WARC_LIST_JSON, WARC_LIST_TSV };

struct warc_args {
    struct setup_options setup;
    enum warc_site site;
    enum warc_list list;      /* --removal-list in the place of all records */
    const char *metadata;     /* --warc-metadata */
    const char *state;        /* --state */
    const char *dictionary;   /* --zstd-dict */
    const char **resolve;     /* --resolve */
    size_t n_resolve;
    const char **log;         /* --log */
    size_t n_log;
    uint64_t offset, length;  /* of the one file; 0 and UINT64_MAX: all */
    unsigned jobs;
    bool digests, two_passes, quiet;
};

#define WARC_JOBS_MAX 256

/* Fills in what the command line says; `agent` a->resolve and a->log have room for argc texts each.
 * optind is the first FILE then. False ends the command with *status. */
bool warc_args_parse(struct warc_args *a, const char **agent, int argc, char **argv, int *status);

/* ---- files ---- */

struct warc_files {
    char **path; /* "-": standard input */
    size_t n, size;
};
/* Files as named; of folders, and of those in them, what is named *.warc, *.warc.gz and
 * *.warc.zst, in the order of their names. A message is printed when it is false. */
bool warc_files_find(struct warc_files *f, char *const *name, size_t n);
void warc_files_free(struct warc_files *f);

/* ---- one record, file or damage, as a line ---- */

struct warc_counts {
    uint64_t records, judged, damaged, bytes_skipped, listed;
    uint64_t decision[DECISION_COUNT], skipped[SKIP_COUNT];
};

struct warc_resolved;
void warc_print_record(const char *file, const struct warc_record *rec, const struct judged *v,
                       const struct warc_resolved *log, struct buf *out);
/* What has to go: a line of the list, if the record is on it. */
bool warc_print_removal(enum warc_list form, const char *file, const struct warc_record *rec,
                        const struct judged *v, struct buf *out);
void warc_print_damage(const char *file, enum warc_damage d, uint64_t from, uint64_t to,
                       const char *why, struct buf *out);
void warc_print_file(const char *file, const struct warc_reader *r, const struct warc_counts *c,
                     struct buf *out);
/* A member of a WARC file: what was decided of a record, as a metadata record. False: memory
 * is used up. */
bool warc_print_metadata(const char *file, const struct warc_record *rec, const struct judged *v,
                         struct buf *scratch, struct buf *out);
bool warc_print_warcinfo(struct buf *scratch, struct buf *out);

/* ---- the log ---- */

/* Segments, or folders of them, line by line until `take` is false. False: that, or something
 * could not be read, which is told. */
typedef bool warc_log_line(void *ctx, struct slice line);
bool warc_log_read(const char *const *log, size_t n, warc_log_line *take, void *ctx);

/* What it says was known of sites, sorted; NULL: told. */
struct site_log *warc_log_sites(const char *const *log, size_t n, struct store *originals,
                                const struct agents *agents);

/* ---- what the log says of pending records ---- */

struct warc_resolved *warc_resolved_new(const char *const *log, size_t n); /* NULL: told */
void warc_resolved_free(struct warc_resolved *r);
struct warc_outcome {
    uint8_t decision, action; /* enum decision_kind, enum action */
};
/* The outcome of the record whose id stands in an Optout field. */
bool warc_resolved_find(const struct warc_resolved *r, struct slice id, struct warc_outcome *out);

/* ---- where to go on ---- */

struct warc_state;
/* Reads what is there; `fd` are outputs that only grow: what was written to them after the
 * last line of the state is cut off. NULL with a message. */
struct warc_state *warc_state_open(const char *path, const int fd[], size_t n_fd);
void warc_state_close(struct warc_state *s);
/* Where to go on in a file; UINT64_MAX: it is done. */
uint64_t warc_state_of(const struct warc_state *s, const char *file);
/* All of the file before `offset` is in the outputs. */
bool warc_state_keep(struct warc_state *s, const char *file, uint64_t offset, bool done);

#endif
