/* SPDX-License-Identifier: Apache-2.0 */
/* text_internal.h - what text.c, which searches, and text_wrapper.c and text_delimited.c,
 * which read what was found, share. */
#ifndef OPTOUT_FORMATS_DOC_TEXT_INTERNAL_H
#define OPTOUT_FORMATS_DOC_TEXT_INTERNAL_H

#include "syntax/base64.h"
#include "page/charset.h"
#include "formats/rows.h"

#define WRAPPED_MAX (8u << 20)
#define BASE64_MAX (12u << 20)
#define REFERENCE_MAX 2048

enum text_state {
    TEXT_SEARCH,
    TEXT_WRAPPER,
    TEXT_BEGIN,     /* in "EGIN C2PA MANIFEST---" */
    TEXT_REFERENCE, /* what follows that, until its kind is known */
    TEXT_BASE64,
    TEXT_URL
};

struct text {
    const struct packet_sink *out;
    enum text_state state;
    enum optout_rc rc; /* OPTOUT_DONE, or the first thing that went wrong */
    bool begun, utf16;
    uint8_t head[2];
    size_t n_head;
    uint8_t last[2]; /* the bytes in front of here */
    uint64_t at;     /* offset of the piece */
    uint64_t mark_at;
    unsigned handle;
    size_t n; /* of the delimiter or the reference: bytes so far */

    /* wrapper */
    uint8_t unit[4];
    uint8_t n_unit;
    bool open;      /* magic and length were read */
    uint64_t n_bytes; /* decoded so far, header included */
    uint64_t length;
    uint8_t header[13];

    /* delimiters */
    uint8_t dashes;
    struct base64 base64;
    uint64_t n_base64;

    size_t n_decoded;
    struct charset_run piece; /* .p: the bytes at hand */
    struct charset charset;   /* UTF-16 only */
    uint8_t decoded[1024];
    uint8_t reference[REFERENCE_MAX];
};

uint64_t text_offset(struct text *t, const uint8_t *p);
unsigned text_begin_packet(struct text *t, enum packet_kind kind, const char *where,
                           const char *field);
void text_flush(struct text *t); /* hands on what is decoded */
void text_end_packet(struct text *t, enum packet_end how);

/* text_wrapper.c; a step consumes from p and may set t->state to TEXT_SEARCH */
void text_wrapper_open(struct text *t);
const uint8_t *text_wrapper_step(struct text *t, const uint8_t *p, const uint8_t *end);
void text_wrapper_cut(struct text *t);

/* text_delimited.c */
const uint8_t *text_delimited_step(struct text *t, const uint8_t *p, const uint8_t *end);
void text_delimited_cut(struct text *t);

#endif
