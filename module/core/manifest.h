/* SPDX-License-Identifier: Apache-2.0 */
/* manifest.h - what the reader of JUMBF boxes hands to the standard that knows what they
 * mean. ISO/IEC 19566-5. */
#ifndef OPTOUT_CORE_MANIFEST_H
#define OPTOUT_CORE_MANIFEST_H

#include "core/rc.h"
#include "core/slice.h"

/* What is wanted of a superbox that has just been opened. */
enum jumbf_want {
    JUMBF_SKIP, /* nothing of it, nor of what is inside */
    JUMBF_ENTER,/* the superboxes inside; of content boxes nothing */
    JUMBF_KEEP, /* also its content boxes, whole, up to `keep_max` */
    JUMBF_KEEP_HASH /* the same, and the SHA-256 of its bytes after its own header */
};

struct jumbf_superbox {
    unsigned depth;     /* the manifest store: 1 */
    const uint8_t *uuid; /* 16 bytes: its content type */
    struct slice label; /* empty: none */
    uint64_t offset;    /* of its LBox, in bytes of the store */
    bool compressed;    /* inside a brob box */
};

/* Valid during the calls only. Every `open` is followed by a `close`, also when the store is
 * cut; `content` comes between them. Anything but OPTOUT_OK ends the reading with that. */
struct jumbf_events {
    enum optout_rc (*open)(void *ctx, const struct jumbf_superbox *s, enum jumbf_want *want,
                           size_t *keep_max);
    /* A content box ("cbor", "json", "uuid", "bfdb") of the innermost open superbox. `cut`:
     * longer than keep_max, or the store ended in it. */
    enum optout_rc (*content)(void *ctx, const uint8_t type[4], struct slice bytes, bool cut);
    /* `whole`: all bytes of the superbox were there. `sha256` NULL unless asked for and whole. */
    enum optout_rc (*close)(void *ctx, unsigned depth, bool whole, const uint8_t *sha256);
};

#endif
