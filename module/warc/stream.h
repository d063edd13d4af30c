/* SPDX-License-Identifier: Apache-2.0 */
/* stream.h - the stored bytes of a WARC file as the bytes of its records.
 *
 * Plain, gzip (RFC 1952) or zstd (IIPC proposal "WARC zstd" 1.0, with the dictionary in the
 * first skippable frame), told by the first bytes. A gzip member or zstd frame is a *member*:
 * well-made files have one record in each, and its borders are the second witness of where a
 * record ends. A plain file is one member.
 *
 * The decoded bytes stand in a window of fixed size: STREAM_WINDOW. Memory beside it:
 * STREAM_INPUT, what zlib and zstd need (window 8 MiB at most) and a dictionary of 8 MiB at
 * most. One stream belongs to one thread. */
#ifndef OPTOUT_WARC_STREAM_H
#define OPTOUT_WARC_STREAM_H

#include "core/rc.h"
#include "core/slice.h"

#define STREAM_WINDOW (1u << 20)
#define STREAM_INPUT (512u << 10)
#define STREAM_DICTIONARY_MAX (8u << 20)

enum stream_kind { STREAM_PLAIN, STREAM_GZIP, STREAM_ZSTD };

struct stream_decoders; /* zlib's, zstd's and libdeflate's own */

struct stream {
    int fd;         /* borrowed */
    bool seekable;  /* offsets are those of the file; what was read can be read again */
    uint64_t size;  /* bytes of the file; UINT64_MAX: not known */
    uint8_t kind;   /* enum stream_kind */
    uint8_t *in;
    size_t in_at, in_n;
    uint64_t in_offset; /* in the file, of in[0] */
    bool in_end;        /* the file has ended behind in[in_n] */
    uint8_t *window;
    size_t at, n;       /* decoded and not taken: window[at..n) */
    uint64_t member;    /* offset in the file at which the member in hand begins */
    uint64_t taken;     /* decoded bytes of it that were taken */
    bool inside;        /* of a member */
    bool fresh;         /* nothing of it was decoded yet */
    bool none;          /* what stands at `member` is none */
    bool ended;         /* its last byte is in the window, its check was right */
    const char *why;    /* static; what is wrong, for people */
    char why_text[96];
    struct stream_decoders *d;
    struct slice side_dictionary; /* --zstd-dict; borrowed */
};

/* From where `fd` stands, which is the beginning of the file. OPTOUT_E_NOMEM,
 * OPTOUT_E_IO (errno), OPTOUT_E_UNSUP (s->why). Close in either case. */
enum optout_rc stream_open(struct stream *s, int fd, struct slice side_dictionary) OPTOUT_CHECKED;
void stream_close(struct stream *s);

/* More bytes in the window, all of one member:
 *   OPTOUT_OK        there are more
 *   OPTOUT_MORE      the member has ended; stream_next_member goes on
 *   OPTOUT_DONE      the file has ended, between members
 *   OPTOUT_E_LIMIT   the window is full: take some first
 *   OPTOUT_E_SYNTAX  the member is damaged, s->why says how; stream_resync goes on
 *   OPTOUT_E_UNSUP   what is not read: a window or dictionary that is too large, a dictionary
 *                    that is missing, a bomb; s->why. stream_resync goes on
 *   OPTOUT_E_NOMEM, OPTOUT_E_IO (also: the file ended within a member: errno is 0) */
enum optout_rc stream_more(struct stream *s) OPTOUT_CHECKED;
/* Takes bytes off the front of the window. */
static inline void stream_take(struct stream *s, size_t n)
{
    s->at += n;
    s->taken += n;
}
static inline struct slice stream_window(const struct stream *s)
{
    return slice_of(s->window + s->at, s->n - s->at);
}
/* Begins the next member, behind the one that has ended. What is left in the window stays
 * in front of its bytes. Empty members are passed over. As stream_more, but OPTOUT_OK: there
 * is one, and stream_more tells its bytes. OPTOUT_E_SYNTAX: what follows is none. */
enum optout_rc stream_next_member(struct stream *s) OPTOUT_CHECKED;
/* Offset in the file behind the member that has ended: where the next begins. Of a plain
 * file that of the next byte of the window. */
uint64_t stream_offset(const struct stream *s);
/* Behind damage: drops the window and looks from one byte behind `s->member` on, or from
 * where reading has come to, for a member that begins with a record. OPTOUT_OK: s->member is
 * its place; OPTOUT_DONE: there is none; or as stream_more. */
enum optout_rc stream_resync(struct stream *s) OPTOUT_CHECKED;
/* Drops everything and reads on at this place of a file that can be sought: a member that
 * begins there, or any byte of a plain file. */
enum optout_rc stream_seek(struct stream *s, uint64_t offset) OPTOUT_CHECKED;
/* Stored bytes, as they are. OPTOUT_DONE: there are not so many. */
enum optout_rc stream_stored(struct stream *s, void *to, size_t n) OPTOUT_CHECKED;
/* Stored bytes, and of plain files those in the window: passes over so many without
 * reading what need not be read. OPTOUT_DONE: there are not so many. */
enum optout_rc stream_skip(struct stream *s, uint64_t n) OPTOUT_CHECKED;

#endif
