/* SPDX-License-Identifier: Apache-2.0 */
/* packet.h - metadata inside a file, between the format that finds it and those
 * who read it.
 *
 * A format finds packets: stretches of bytes in a syntax of their own (an XMP
 * packet, a C2PA manifest store, IPTC datasets, a line of text). It takes off all
 * framing of the container, so that a packet's bytes are contiguous, decompressed
 * and complete, or are said to be cut. It does not read them. */
#ifndef OPTOUT_CORE_PACKET_H
#define OPTOUT_CORE_PACKET_H

#include "core/slice.h"

enum packet_kind {
    PACKET_XMP,  /* RDF/XML, with or without the <?xpacket?> and x:xmpmeta around it */
    PACKET_C2PA, /* a JUMBF superbox that is a manifest store, from its LBox on */
    PACKET_IIM,  /* IPTC-IIM datasets */
    PACKET_OPF,  /* the package document of an EPUB */
    PACKET_RSL,  /* an RSL document */
    PACKET_FEED, /* RSS or Atom, the whole of it */
    PACKET_JSON_FEED, /* likewise */
    PACKET_TEXT, /* the text of a field for people: comment, copyright, terms of use */
    PACKET_KIND_COUNT
};

/* Whose metadata it is. */
enum packet_role {
    PACKET_MAIN,      /* the file's own */
    PACKET_COMPONENT, /* of something inside the file: an embedded picture, one page, an
                         ingredient, a thumbnail; weak: it never allows */
    PACKET_STALE,     /* superseded by a later one, or left over; weak as well */
    PACKET_SALVAGED,  /* found by its look in a file that is broken, or by no pointer of
                         the format: it may deny, never allow */
    PACKET_PENDING,   /* not known before more was read; `role` tells, else SALVAGED */
    PACKET_ROLE_COUNT
};

enum packet_end {
    PACKET_WHOLE,   /* all its bytes were there */
    PACKET_CUT,     /* the file, or the container's own length, ended in it, or a piece was
                       missing */
    PACKET_LIMIT,   /* longer than what is read of it */
    PACKET_CORRUPT  /* it could not be decompressed or decrypted */
};

/* Bytes that are read of a packet of each kind. The sink sees to it: a longer packet ends as
 * PACKET_LIMIT with so many. */
#define PACKET_XMP_MAX (1u << 20)
#define PACKET_C2PA_MAX (16u << 20)
#define PACKET_IIM_MAX (256u << 10)
#define PACKET_OPF_MAX (4u << 20)
#define PACKET_RSL_MAX (64u << 10)
#define PACKET_FEED_MAX (32u << 20)
#define PACKET_JSON_FEED_MAX (4u << 20)
#define PACKET_TEXT_MAX (4u << 10)
extern const uint32_t packet_max[PACKET_KIND_COUNT];

/* "xmp", "c2pa", "iim", "opf", "rsl", "feed", "json-feed", "text" */
const char *packet_kind_name(enum packet_kind k);

#define PACKET_WHERE_MAX 120 /* bytes of `where` that are kept */

struct packet {
    enum packet_kind kind;
    enum packet_role role;
    uint64_t offset;    /* of its first byte (or of the first byte of its first piece) in the
                           body after content coding */
    struct slice where; /* for people, the container's own words: "APP1 segment 2",
                           "iTXt chunk", "object 12", "moov/udta/XMP_"; ASCII */
    struct slice field; /* PACKET_TEXT: the name of the field, as the format calls it:
                           "Comment", "TCOP", "2:116" */
};

/* Where packets go. Slices are read during the call only. Several packets may be
 * open at once. A handle of 0 is a packet that nobody wants: skip its bytes, end and
 * role may be called for it or not. */
#define PACKETS_OPEN_MAX 8 /* a ninth gets 0 and is reported as a limit */

struct packet_sink {
    unsigned (*begin)(void *ctx, const struct packet *p);
    /* False: no more of it is read. The sink has ended it as PACKET_LIMIT; `end` may still be
     * called, and does nothing. */
    bool (*bytes)(void *ctx, unsigned handle, struct slice bytes);
    void (*end)(void *ctx, unsigned handle, enum packet_end how);
    /* What a packet begun as PACKET_PENDING turned out to be; before or after its end. */
    void (*role)(void *ctx, unsigned handle, enum packet_role role);
    void *ctx;
};

/* A packet whose bytes are all in hand. Returns its handle. */
static inline unsigned packet_put(const struct packet_sink *s, const struct packet *p,
                                  struct slice bytes, enum packet_end how)
{
    unsigned handle = s->begin(s->ctx, p);
    if (handle) {
        (void)s->bytes(s->ctx, handle, bytes);
        s->end(s->ctx, handle, how);
    }
    return handle;
}

#endif
