/* SPDX-License-Identifier: Apache-2.0 */
/* font_internal.h - what the readers of font files share: the C2PA table. */
#ifndef OPTOUT_FORMATS_DOC_FONT_INTERNAL_H
#define OPTOUT_FORMATS_DOC_FONT_INTERNAL_H

#include "formats/format.h"
#include "formats/parts/unpack.h"

#define FONT_MAX_TABLES 4096
#define FONT_UNPACKED_MAX (8u << 20) /* bytes of one compressed font, or table, that are read */
#define FONT_TAG_C2PA 0x43325041u

/* ---- a C2PA table, bytes in order ---- */

#define FONT_TABLE_HEADER 20

/* A stretch of the table that is a packet. */
struct font_part {
    uint64_t begin, end; /* from the table's start; nothing when both are 0 */
    enum packet_kind kind;
    bool begun, ended;
    unsigned handle;
};

struct font_table {
    const struct format_env *env;
    uint64_t offset; /* in the body, of the table or of what it is compressed in */
    bool packed;     /* then the offset is that of all its packets */
    enum packet_role role;
    uint32_t font;   /* of a collection, from 1; 0: the file is one font */
    uint64_t at;     /* bytes fed */
    uint8_t head[FONT_TABLE_HEADER];
    struct font_part parts[2]; /* in the order of their offsets */
};

void font_table_open(struct font_table *t, const struct format_env *env, uint64_t offset,
                     bool packed, enum packet_role role, uint32_t font);
/* OPTOUT_OK to go on; OPTOUT_DONE when all its packets are read; OPTOUT_E_SYNTAX. */
enum optout_rc font_table_feed(struct font_table *t, struct slice bytes) OPTOUT_CHECKED;
/* The table is over; packets that are not get `cut`. OPTOUT_DONE, or OPTOUT_E_SYNTAX when
 * something was missing. */
enum optout_rc font_table_end(struct font_table *t, enum packet_end cut) OPTOUT_CHECKED;

/* ---- compressed data ----
 *
 * Fed to the decoder in blocks of one size, since what a decoder gives out of broken data
 * before it says so depends on how much it was given. */

#define FONT_BLOCK 1024

struct font_stream {
    struct unpack *unpack;
    uint8_t block[FONT_BLOCK];
    size_t have;
};

/* As unpack_feed; `last`: no more will come. */
enum optout_rc font_stream_feed(struct font_stream *s, struct slice bytes,
                                bool last) OPTOUT_CHECKED;
void font_stream_close(struct font_stream *s);

/* ---- WOFF2: from the first byte of the file ---- */

struct font_woff2;

struct font_woff2 *font_woff2_open(const struct format_env *env); /* NULL: no memory */
enum optout_rc font_woff2_feed(struct font_woff2 *w, struct slice bytes) OPTOUT_CHECKED;
enum optout_rc font_woff2_end(struct font_woff2 *w) OPTOUT_CHECKED;

#endif
