/* SPDX-License-Identifier: Apache-2.0 */
/* reader.h - a WARC file, record by record, whatever is wrong with it.
 *
 *   warc_open, then for each record  warc_next, warc_block …, warc_end;  then warc_close
 *
 * Lengths that lie are held against a second witness: in plain files that can be sought what
 * stands behind the block, else the border of the member. What cannot be read is told with
 * its place, and reading goes on at the next record that can be found: nothing is passed over
 * in silence. Bodies are handed out in pieces, none is kept.
 *
 * Limits: WARC_RECORD_HEAD_MAX of a head, and 1 MiB of a WARC-JSON-Metadata line in it, which
 * is dropped; and those of stream.h. One reader belongs to one thread. */
#ifndef OPTOUT_WARC_READER_H
#define OPTOUT_WARC_READER_H

#include "formats/parts/warc_head.h"
#include "warc/stream.h"

#define WARC_RECORD_HEAD_MAX (64u << 10)

enum warc_damage {
    WARC_WHOLE,
    WARC_LENGTH_MISMATCH, /* its length is not that of its block */
    WARC_CUT,             /* the file ends within it */
    WARC_DAMAGED,         /* its bytes are not those that were written */
    WARC_BOMB,            /* it decodes to too much, or in a way that is not read */
    WARC_BAD_HEAD,        /* its head cannot be read */
    WARC_GARBAGE,         /* bytes that are no record */
    WARC_TRAILING,        /* the same at the end of the file */
    WARC_DAMAGE_COUNT
};
const char *warc_damage_name(enum warc_damage d); /* "truncated-file", … */

struct warc_record {
    struct warc_head head;
    uint64_t offset; /* in the file; of its member */
    uint64_t length; /* stored bytes, once it has ended */
    bool shared;     /* with other records in one member: it cannot be read alone */
    bool spans;      /* several members */
    uint8_t damage;  /* enum warc_damage, complete once it has ended */
    const char *why; /* static, or the stream's; NULL */
};

/* Told of bytes of the file from `from` to `to` that were no record or a damaged one. */
typedef void warc_told(void *ctx, enum warc_damage d, uint64_t from, uint64_t to,
                       const char *why);

struct warc_reader {
    struct stream s;
    uint64_t from, limit; /* records that begin in [from, limit) are its own */
    warc_told *told;
    void *ctx;
    struct warc_record record;
    uint8_t *head;  /* WARC_RECORD_HEAD_MAX; the text of record.head */
    uint8_t *spare; /* as large, for those that are looked at while that one stands */
    uint64_t last_member; /* in which a record was found last */
    size_t head_n;
    uint64_t left; /* of the block */
    bool open;     /* a record has not ended yet */
    bool lost;     /* reading goes on by stream_resync */
    bool over;     /* nothing more is read */
    bool shared;   /* some member held several records */
    bool loose;    /* some head had lines that end in LF alone, or strange versions */
    uint64_t records, skipped; /* records handed out; bytes that were none */
};

/* Records that begin at `from` or behind, and before `limit`; both 0 and UINT64_MAX for all.
 * For others than those the file must be one that can be sought (OPTOUT_E_IO, ESPIPE). As
 * stream_open; warc_close in either case. */
enum optout_rc warc_open(struct warc_reader *r, int fd, uint64_t from, uint64_t limit,
                         struct slice side_dictionary, warc_told *told, void *ctx) OPTOUT_CHECKED;
void warc_close(struct warc_reader *r);

/* The next record in r->record, until the next call. OPTOUT_DONE: there is none.
 * OPTOUT_E_IO (errno), OPTOUT_E_NOMEM. */
enum optout_rc warc_next(struct warc_reader *r) OPTOUT_CHECKED;
/* The next bytes of its block, until the next call of any function; OPTOUT_DONE at its end,
 * which what is wrong with it may bring early. OPTOUT_E_IO, OPTOUT_E_NOMEM. */
enum optout_rc warc_block(struct warc_reader *r, struct slice *piece) OPTOUT_CHECKED;
/* As many bytes of the block as are in hand, which is all of a small one; none are taken. */
struct slice warc_peek(struct warc_reader *r);
/* Ends the record: what is left of the block is passed over, its end is looked at. */
enum optout_rc warc_end(struct warc_reader *r) OPTOUT_CHECKED;
/* Of a file that can be sought: the record that begins at this place of it, which warc_next
 * or another told before. As warc_next; OPTOUT_E_SYNTAX: there is none now. */
enum optout_rc warc_at(struct warc_reader *r, uint64_t offset) OPTOUT_CHECKED;

#endif
