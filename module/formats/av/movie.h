/* SPDX-License-Identifier: Apache-2.0 */
/* movie.h - the boxes that MP4, QuickTime and HEIF files have in common: those at top level
 * that hold XMP and Content Credentials, and the user data of a movie.
 *
 * ISO 16684-3 (XMP), C2PA 2.4 section A.5, QuickTime File Format "User Data Atoms". */
#ifndef OPTOUT_FORMATS_AV_MOVIE_H
#define OPTOUT_FORMATS_AV_MOVIE_H

#include "formats/parts/bmff.h"

#define MOVIE_UNPACKED_MAX (8u << 20) /* of a compressed movie header */

/* Where a box stands; what is wanted of it follows from that. */
enum movie_context {
    MOVIE_TOP,
    MOVIE_MOOV,
    MOVIE_UDTA,
    MOVIE_META,
    MOVIE_ILST,
    MOVIE_ILST_TEXT,
    MOVIE_ILST_XML,
    MOVIE_TRAK,
    MOVIE_TRAK_UDTA, /* of a track, or a meta box in it */
    MOVIE_CMOV
};

struct movie {
    const struct format_env *env;
    struct bmff walk;
    struct packet_out packet;
    unsigned action;           /* what is done with the box that is kept or passed */
    bool moov;                 /* a whole moov was seen */
    bool original;             /* a store that a later one may extend */
    struct bmff_unpack unpack; /* of cmov */
    struct movie *unpacked;    /* walks what it holds */
    uint64_t outer;            /* of the movie that walks unpacked boxes: where the compressed
                                  ones stand; else UINT64_MAX */
};

/* Walks with the functions below; a format with boxes of its own sets others in walk.user,
 * which call these. */
void movie_init(struct movie *m, const struct format_env *env);
/* As of bmff_user; ctx is the movie. */
enum bmff_do movie_box(void *ctx, uint32_t parent, struct bmff_box *b);
enum bmff_do movie_kept(void *ctx, struct bmff_box *b, struct slice bytes);
void movie_bytes(void *ctx, struct bmff_box *b, struct slice bytes);
void movie_end_box(void *ctx, struct bmff_box *b, bool whole);
/* The body is over. As a format's end. */
enum optout_rc movie_end(struct movie *m) OPTOUT_CHECKED;

/* Does one of the brands of an ftyp or styp box (`payload`: from the major brand on) stand
 * in `brands`, four letters each? `compatible`: also the compatible ones. */
bool movie_brand(struct slice payload, const char *brands, bool compatible);
/* The body's ftyp, also behind other boxes, whose brands say HEIF or AVIF. */
bool heif_brands(struct slice head);

#endif
