/* SPDX-License-Identifier: Apache-2.0 */
/* bmff.h - walks the boxes of ISO base media files (and QuickTime, JPEG 2000, JPEG XL) as
 * they arrive, and hands packets on.
 *
 * ISO/IEC 14496-12 section 4.2. The user says of each box what is wanted of it; what is not
 * wanted is passed over by its length. Everything the user hears of is told after the byte
 * that settles it, so that it does not depend on how the input was cut. */
#ifndef OPTOUT_FORMATS_PARTS_BMFF_H
#define OPTOUT_FORMATS_PARTS_BMFF_H

#include "formats/format.h"
#include "formats/packet_out.h"
#include "formats/parts/unpack.h"

#define BMFF_DEPTH_MAX 8
#define BMFF_BOXES_MAX 4096       /* inside other boxes */
#define BMFF_TOP_BOXES_MAX 65536  /* at top level: a fragmented movie has thousands */
#define BMFF_KEEP_MAX (1u << 20)  /* bytes of a payload that can be asked for at once */

#define BMFF_TYPE(a, b, c, d) \
    ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

/* A box whose header was read. */
struct bmff_box {
    uint32_t type;
    uint64_t offset; /* of its header in what was fed */
    uint64_t left;   /* bytes of the payload that were not read yet; UINT64_MAX: to the end
                        of the body */
    uint8_t header[16];
    unsigned header_n; /* 8 or 16 */
    size_t keep;       /* set by the user with BMFF_KEEP */
    uint32_t context;  /* the user's own; of top-level boxes' parent: 0 */
};

enum bmff_do {
    BMFF_SKIP,
    BMFF_ENTER,      /* its boxes are wanted */
    BMFF_ENTER_META, /* the same, of a box that has version and flags in ISO files and none
                        in QuickTime */
    BMFF_KEEP,       /* its first box->keep bytes, or all there are, are wanted at once */
    BMFF_PASS        /* its bytes are wanted as they come */
};

struct bmff_user {
    /* A box begins inside one with context `parent`; 0: at top level. */
    enum bmff_do (*box)(void *ctx, uint32_t parent, struct bmff_box *b);
    /* The bytes asked for; fewer when the payload is shorter. BMFF_SKIP or BMFF_PASS for what
     * is left. Not called when the body ends before. */
    enum bmff_do (*kept)(void *ctx, struct bmff_box *b, struct slice bytes);
    void (*bytes)(void *ctx, struct bmff_box *b, struct slice bytes);
    /* A box that passed, or was entered, is over. `whole`: all its bytes were there. */
    void (*end)(void *ctx, struct bmff_box *b, bool whole);
    void *ctx;
};

struct bmff {
    struct arena *arena;
    struct bmff_user user;
    enum optout_rc failed; /* OPTOUT_DONE, or what was met first: sizes that do not fit */
    enum { BMFF_IN_HEADER, BMFF_IN_KEPT, BMFF_IN_PASSED, BMFF_IN_SKIPPED } state;
    uint64_t at; /* bytes consumed */
    struct bmff_box box;
    bool maybe_full; /* the next four bytes may be version and flags */
    unsigned depth;
    struct bmff_box in[BMFF_DEPTH_MAX]; /* entered; left counts down */
    size_t boxes, top_boxes;
    uint8_t *kept;
    size_t kept_n, kept_size;
};

void bmff_init(struct bmff *w, struct arena *arena, const struct bmff_user *user);
/* Consumes one step: at least one byte, until the next thing happened. Returns how many. */
size_t bmff_step(struct bmff *w, struct slice bytes);
/* Repeats it. OPTOUT_MORE, or why no more can be read. */
enum optout_rc bmff_feed(struct bmff *w, struct slice bytes) OPTOUT_CHECKED;
/* Remembers a failure, unless there was one before; reading goes on. */
void bmff_fail(struct bmff *w, enum optout_rc rc);
/* True when what follows cannot be found any more. */
bool bmff_stuck(const struct bmff *w);
/* The body is over: closes what is open. OPTOUT_DONE when it ended at the end of a box. */
enum optout_rc bmff_end(struct bmff *w) OPTOUT_CHECKED;
/* "moov/udta/XMP_" into the arena. */
struct slice bmff_where(const struct bmff *w);

/* By the first bytes of a body: a box at top level of one of the `types` (four letters each),
 * behind whatever others. Its payload, as far as it is there. */
bool bmff_head_box(struct slice head, const char *types, struct slice *payload);

/* What is packed, in blocks of one size: what a decoder hands out before it finds an error
 * depends on how much it was given at once. */
#define BMFF_UNPACK_BLOCK 512

struct bmff_unpack {
    struct unpack *unpack; /* NULL: none is open */
    uint8_t block[BMFF_UNPACK_BLOCK];
    size_t n;
};

/* OPTOUT_OK or OPTOUT_E_NOMEM. */
enum optout_rc bmff_unpack_begin(struct bmff_unpack *u, enum unpack_kind kind, uint64_t max,
                                 unpack_sink *sink, void *ctx) OPTOUT_CHECKED;
/* False when no more of it is of use. */
bool bmff_unpack_bytes(struct bmff_unpack *u, struct slice bytes);
/* Closes it: OPTOUT_DONE when it came to its end, OPTOUT_MORE when it did not, or the error. */
enum optout_rc bmff_unpack_end(struct bmff_unpack *u) OPTOUT_CHECKED;
/* How a packet ended whose unpacking did so. */
enum packet_end bmff_unpack_how(enum optout_rc rc);

/* The first bytes of a manifest store are looked at to tell it. */
#define BMFF_STORE_HEAD 38
/* Begins a C2PA packet whose first bytes these are; its length is that of the superbox. */
void bmff_store_begin(struct packet_out *o, const struct format_env *env, uint64_t offset,
                      struct slice where, struct slice first);
/* A jumb box whose first BMFF_STORE_HEAD bytes were kept: begins the packet, which has the
 * box's own header in it, and asks for the rest, or skips a box that is no store. */
enum bmff_do bmff_store_box(struct packet_out *o, const struct format_env *env,
                            const struct bmff_box *b, struct slice kept);
extern const uint8_t bmff_uuid_xmp[16];

#endif
