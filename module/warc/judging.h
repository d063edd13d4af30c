/* SPDX-License-Identifier: Apache-2.0 */
/* judging.h - the records of a WARC file, judged as the proxy would have judged them.
 *
 * The body streams into the judge. Kept of a record: its HTTP head (JUDGING_HEAD_MAX), and
 * of bodies of formats that point backwards the first JUDGING_BACK_MAX bytes. A revisit has
 * the body of its original, a conversion is what it was made of; both are read again where
 * they stand, when the index knows them and their file can be sought. One of these belongs to
 * one thread. */
#ifndef OPTOUT_WARC_JUDGING_H
#define OPTOUT_WARC_JUDGING_H

#include "verdict/judge.h"
#include "warc/digests.h"
#include "warc/index.h"
#include "warc/reader.h"

#define JUDGING_HEAD_MAX (64u << 10)
#define JUDGING_BACK_MAX (16u << 20)

/* What may be said of a record beside its decision; names by judging_note_name. */
enum judging_note {
    NOTE_CHUNKS_UNDONE,
    NOTE_CHUNK_ERROR,        /* undone up to where they broke */
    NOTE_SHORT_BODY,         /* shorter than its Content-Length: maybe cut */
    NOTE_EXTRA_NEWLINES,     /* before the body: left out */
    NOTE_NO_HTTP_HEAD,       /* it should have one */
    NOTE_HEADERS_REBUILT,    /* by the archive's writer: some may be lost */
    NOTE_ORIGINAL,           /* of a revisit or conversion: read too */
    NOTE_NO_ORIGINAL,        /* it was not found */
    NOTE_UNKNOWN_PROFILE,    /* a revisit in a way that nobody defined */
    NOTE_SEGMENTS_JOINED,
    NOTE_SEGMENTS_MISSING,
    NOTE_COUNT
};
const char *judging_note_name(enum judging_note n);

enum judging_skip {
    SKIP_NOT, SKIP_WARCINFO, SKIP_REQUEST, SKIP_METADATA, SKIP_CONTINUATION, SKIP_UNKNOWN,
    SKIP_SCHEME, /* dns, whois, urn: no answer of a web server */
    SKIP_COUNT
};
const char *judging_skip_name(enum judging_skip s);

/* Where to read the files that an index names. */
struct judging_files {
    const char *const *path;
    size_t n;
};

struct judging;
struct warc_moment; /* warc/captures.h */

struct judging_options {
    struct judge_basis basis;
    const struct profile *profile;
    bool digests;                    /* are checked */
    struct slice side_dictionary;
    struct judging_files files;
    struct warc_moment *moment;      /* told of the date of each record; or NULL */
    const struct warc_index *shared; /* of all files, made before; NULL: as they come */
};

struct judged {
    enum judging_skip skip;    /* not SKIP_NOT: it was not judged, all else is empty */
    const struct judge *judge; /* settled; until judging_done */
    struct slice date;
    uint32_t notes;            /* bit 1 << enum judging_note */
    enum warc_check block, payload;
    struct slice tag;          /* the Optout field that a proxy left in the head; or empty */
};

struct judging *judging_new(const struct judging_options *o); /* NULL: memory is used up */
void judging_free(struct judging *w);
/* Begins a file; its records are indexed as they come, when there is no shared index. */
void judging_file(struct judging *w, uint32_t file, const struct warc_reader *r);
/* Judges r->record, and ends it. OPTOUT_E_NOMEM, OPTOUT_E_IO. */
enum optout_rc judging_record(struct judging *w, struct warc_reader *r,
                              struct judged *out) OPTOUT_CHECKED;
/* Gives back what `out` points to. */
void judging_done(struct judging *w);

/* The head of the HTTP message at the front of a record's block, taken into `arena`, and what
 * of the body came with it. */
struct warc_http {
    struct slice line;       /* status or request line; empty: there is none */
    struct slice fields;
    struct slice body;       /* the first bytes behind it */
    bool broken;             /* no HTTP head, or it did not end */
};
enum optout_rc warc_http_head(struct warc_reader *r, struct arena *arena, struct warc_http *out,
                              struct warc_hash *hash) OPTOUT_CHECKED;

#endif
