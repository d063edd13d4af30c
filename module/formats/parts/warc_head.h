/* SPDX-License-Identifier: Apache-2.0 */
/* warc_head.h - the head of a WARC record: WARC 1.1 (ISO 28500:2017) sections 4 and 5, its
 * drafts from 0.17 on, and what writers make of them. For the archive as a body
 * (formats/archive/warc.c) and for archives as files (module/warc). Pure; any thread. */
#ifndef OPTOUT_FORMATS_WARC_HEAD_H
#define OPTOUT_FORMATS_WARC_HEAD_H

#include "core/rc.h"
#include "core/slice.h"

#define WARC_FIELDS_MAX 256 /* lines of a head that are read */

enum warc_type {
    WARC_UNKNOWN, /* none is named, or one that nobody defined: passed over */
    WARC_WARCINFO,
    WARC_RESPONSE,
    WARC_RESOURCE,
    WARC_REQUEST,
    WARC_METADATA,
    WARC_REVISIT,
    WARC_CONVERSION,
    WARC_CONTINUATION,
    WARC_TYPE_COUNT
};

/* Slices point into the text; empty where the field is not there. */
struct warc_head {
    enum warc_type type;
    uint64_t length;     /* of the block */
    bool has_length;
    bool old;            /* a draft, or a version that is not known: read as 1.1 */
    bool loose_lines;    /* lines that end in LF alone */
    struct slice version; /* "WARC/1.1" */
    struct slice type_name;
    struct slice id;     /* without its angle brackets, as all that follow */
    struct slice date, url, media, payload_digest, block_digest;
    struct slice refers_to, refers_to_url, refers_to_date, profile, concurrent;
    struct slice truncated, segment, segment_origin, segment_total, filename, payload_type;
    const char *why;     /* of OPTOUT_E_SYNTAX, for people */
};

/* Length of the head at the front of `s`, its empty line included; 0: that was not met. */
size_t warc_head_end(struct slice s);
/* Whether a version line may begin here: "WARC/" and a digit. */
bool warc_head_begins(struct slice s);
/* Reads a head up to its empty line. `text` is written over where lines are folded.
 * OPTOUT_E_SYNTAX: no WARC head, or one whose length cannot be known: missing, no number,
 * told twice and differently. OPTOUT_E_LIMIT: more than WARC_FIELDS_MAX fields. */
enum optout_rc warc_head_read(struct warc_head *h, uint8_t *text, size_t n) OPTOUT_CHECKED;
/* "response"; "unknown". */
const char *warc_type_name(enum warc_type t);
/* Whether the block is an HTTP message by what the head says; when it says nothing, the
 * block's first bytes tell. */
bool warc_head_is_http(const struct warc_head *h, struct slice block);

#endif
