/* SPDX-License-Identifier: Apache-2.0 */
/* format.h - a file format is one row of a static table: how it is told from its
 * first bytes, and a push parser that finds the metadata packets in it.
 *
 * open → feed (decoded bytes in pieces of any size) … → end. A format does no I/O and
 * keeps no global state. Output must not depend on where the input was cut. Memory is
 * the arena's, or libraries' contexts that `end` frees, with a stated limit: at most
 * 2 MiB for one open format. Work is linear in the input; nothing recurses on input.
 * To add one: docs/architecture.md.
 *
 * `feed` answers OPTOUT_DONE as soon as no later byte could hold a packet that counts:
 * this is what frees a response in its preview. Bytes that cannot hold metadata are
 * skipped by their length, not looked at. */
#ifndef OPTOUT_FORMATS_FORMAT_H
#define OPTOUT_FORMATS_FORMAT_H

#include "core/arena.h"
#include "core/bytes.h"
#include "core/format_list.h"
#include "core/member.h"
#include "core/packet.h"
#include "core/rc.h"

#define FORMAT_SNIFF 1024 /* first bytes of the body that `sniff` is shown, or all there are */

/* Bytes of the body that went by. NULL `read`: none are kept. */
struct lookback {
    /* Exactly n bytes from `offset`, both inside of what was fed before; OPTOUT_OK, or
     * OPTOUT_E_LIMIT when they are no longer to be had. */
    enum optout_rc (*read)(void *ctx, uint64_t offset, void *to, size_t n);
    void *ctx;
};

struct format_env {
    struct arena *arena;
    const struct packet_sink *out;
    struct lookback back;
    struct slice declared; /* media type of the Content-Type field, lower case, without
                              parameters; may be empty */
    uint64_t length;       /* announced length of the body; UINT64_MAX: not known */
    /* Of formats that contain files: */
    const struct member_sink *members; /* NULL: nobody looks into them */
    struct slice content_type;         /* the Content-Type field as sent */
};

struct format {
    const char *name;  /* "jpeg": what records call it; lower case */
    const char *title; /* "JPEG" */
    const char *reads; /* for people: what is found, and how far it is read */
    const char *const *types; /* its media types, lower case, NULL at the end; "text" followed
                                 by a slash and a star stands for a whole type */
    /* True when the body is, or may well be, of this format. More than one may say so:
     * a body is read as everything it is. NULL: never by its bytes. */
    bool (*sniff)(struct slice head);
    /* It is also opened when no format's sniff said yes and the header names one of
     * its types (formats that may begin with anything: text, archives with a prefix). */
    bool by_type;
    /* What it states of TDMRep supersedes header fields (TDMRep section 6: EPUB and PDF). */
    bool supersedes;
    /* Metadata may stand at the very end, so that the whole body has to be read. */
    bool to_end;
    /* It hands out the files inside. */
    bool contains;
    /* A state from the arena, or NULL when memory is used up. `env` outlives it. */
    void *(*open)(const struct format_env *env);
    /* OPTOUT_MORE; OPTOUT_DONE; or why reading on is of no use:
     * OPTOUT_E_SYNTAX   the container is broken so that what follows cannot be found
     * OPTOUT_E_LIMIT    a stated limit was reached, or it is of a kind that is not read
     * OPTOUT_E_UNSUP    encrypted
     * OPTOUT_E_NOMEM    the arena is used up
     * After anything but MORE it is not fed again. Whatever the answer, packets found
     * before it stand. */
    enum optout_rc (*feed)(void *state, struct slice bytes);
    /* The body has ended, or nothing more will come: ends open packets as cut, settles
     * roles, frees what is not the arena's. Called exactly once for each open. Answers
     * OPTOUT_DONE when everything that counts was read, else as feed does (E_SYNTAX when
     * the body ended before the format did). */
    enum optout_rc (*end)(void *state);
};

extern const struct format *const formats[]; /* in the order of enum format_id; NULL at the end */
format_set format_bit(const struct format *f);

/* The formats, and nothing else, that are told by these first bytes. Returns how many. */
#define FORMATS_OPEN_MAX 4 /* read at once of one body; more are reported as a limit */
size_t formats_sniff(struct slice head, const struct format *out[FORMATS_OPEN_MAX]);
/* The first format with this media type (lower case, without parameters), or NULL. */
const struct format *format_of_type(struct slice type);

/* ---- for the formats ---- */

/* "<word> <number>" and the like into the arena; an empty slice when it is used up. */
struct slice format_where(struct arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
