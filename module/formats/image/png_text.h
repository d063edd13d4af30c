/* SPDX-License-Identifier: Apache-2.0 */
/* png_text.h - the text of a PNG text chunk, from behind its header, uncompressed: what it
 * is by its keyword and its look, to the packets in it. */
#ifndef OPTOUT_FORMATS_IMAGE_PNG_TEXT_H
#define OPTOUT_FORMATS_IMAGE_PNG_TEXT_H

#include "formats/packet_out.h"
#include "formats/parts/photoshop.h"

#define PNG_KEYWORD_MAX 79         /* PNG 3, section 11.3.3.1 */
#define PNG_HOLD_MAX (64u << 10)   /* of a text, until it is known to be XMP; EXIF blocks */
#define PNG_TEXTS_MAX 32           /* comments that are handed on */
#define PNG_PROFILES_MAX 16        /* raw profiles that are lists of image resources or EXIF */

enum png_text_use {
    PNG_TEXT_NONE,
    PNG_TEXT_FLOW,    /* a packet, which is begun */
    PNG_TEXT_XMP,     /* XMP by its keyword, nothing of it seen */
    PNG_TEXT_LOOK,    /* held: a comment, or XMP by its look */
    PNG_TEXT_PROFILE  /* a raw profile in hexadecimal */
};

/* What a raw profile is, by its keyword. */
enum png_profile { PNG_PROFILE_XMP, PNG_PROFILE_APP1, PNG_PROFILE_IPTC, PNG_PROFILE_EXIF };

/* Where in the text of a raw profile reading is. */
enum png_raw_stage { PNG_RAW_START, PNG_RAW_NAME, PNG_RAW_LENGTH, PNG_RAW_HEX, PNG_RAW_OVER };

struct png_text {
    const struct format_env *env;
    struct packet_out flow;
    enum optout_rc rc; /* the first failure, or OPTOUT_DONE */
    enum png_text_use use;
    enum png_profile profile;
    enum png_raw_stage raw;
    struct slice where;
    uint64_t offset;   /* of the text in the body */
    size_t n_keyword;
    uint8_t keyword[PNG_KEYWORD_MAX + 1];
    bool comment;      /* the keyword is one of those for people */
    bool missing;      /* a carrier by its keyword, and no packet of it yet */
    unsigned n_texts, n_profiles;
    /* a raw profile */
    uint64_t announced, decoded; /* bytes */
    bool counted;                /* it announced a length */
    int high;                    /* first digit of a byte, or -1 */
    struct photoshop *photoshop;
    size_t n_start;
    uint8_t start[40];           /* its first bytes, until they tell what it is */
    bool exif;
    /* what is held */
    size_t n_hold, searched, lead;
    uint8_t *hold;
};

void png_text_init(struct png_text *t, const struct format_env *env);
/* A text chunk whose keyword is in t->keyword. */
void png_text_begin(struct png_text *t, struct slice where, uint64_t offset);
/* OPTOUT_MORE; OPTOUT_DONE when no more of this text is wanted. */
enum optout_rc png_text_bytes(struct png_text *t, struct slice bytes) OPTOUT_CHECKED;
/* The text has ended, or cannot be read further. */
void png_text_end(struct png_text *t, enum packet_end how);
/* Is this a carrier of packets by its keyword? */
bool png_text_is_carrier(const struct png_text *t);

/* An EXIF block, or what else is held and belongs together; shared with the chunk walker.
 * False when memory is used up. */
bool png_hold(struct png_text *t, struct slice bytes);
void png_fail(struct png_text *t, enum optout_rc rc);

#endif
