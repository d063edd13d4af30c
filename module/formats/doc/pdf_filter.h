/* SPDX-License-Identifier: Apache-2.0 */
/* pdf_filter.h - the filters of a PDF stream, one behind the other, pushed: ISO 32000-2
 * section 7.4.
 *
 * Read are ASCIIHexDecode, ASCII85Decode, LZWDecode, FlateDecode, RunLengthDecode and the
 * predictors of LZW and Flate; those of pictures are not. What comes out does not depend on
 * how the input was cut; only where `most` ends it does: feed it blocks of a fixed size.
 * Memory: 64 KiB for each Flate, 24 KiB for each LZW, and the rows of each predictor. */
#ifndef OPTOUT_FORMATS_DOC_PDF_FILTER_H
#define OPTOUT_FORMATS_DOC_PDF_FILTER_H

#include "formats/parts/unpack.h"

#define PDF_FILTERS_MAX 8          /* of one stream */
#define PDF_ROW_MAX (64u << 10)    /* bytes of a predictor's row */

enum pdf_filter_kind {
    PDF_ASCII_HEX,
    PDF_ASCII_85,
    PDF_LZW,
    PDF_FLATE,
    PDF_RUN_LENGTH,
    PDF_CRYPT,      /* which changes nothing where the document is not encrypted */
    PDF_FILTER_REF, /* an object that was not met yet */
    PDF_FILTER_OTHER
};

/* What a dictionary of DecodeParms says; 0: the default. */
struct pdf_parms {
    uint32_t predictor, colors, bits, columns;
    uint32_t ref;       /* it is this object; 0: it stands there */
    bool late_change;   /* /EarlyChange 0 */
    bool not_identity;  /* /Name of a crypt filter that is not Identity */
};

struct pdf_filter {
    uint8_t kind; /* enum pdf_filter_kind */
    uint32_t ref; /* PDF_FILTER_REF */
};

struct pdf_filters {
    struct pdf_filter v[PDF_FILTERS_MAX];
    struct pdf_parms parms[PDF_FILTERS_MAX];
    uint8_t n;
    bool too_many;
};

/* "FlateDecode", "Fl" … */
enum pdf_filter_kind pdf_filter_of(struct slice name);
/* All of them are read, and with these parameters. */
bool pdf_filters_are_read(const struct pdf_filters *f);

struct pdf_decode;

/* NULL when memory is used up. Only of filters that are read. `max`: of bytes that come out
 * at last; `most`: of those that all the filters together put out. */
struct pdf_decode *pdf_decode_open(const struct pdf_filters *f, uint64_t max, uint64_t most,
                                   unpack_sink *sink, void *ctx);
/* As unpack_feed: OPTOUT_MORE; OPTOUT_DONE at the end of the data; OPTOUT_E_SYNTAX, _E_LIMIT,
 * _E_NOMEM; or what the sink answered. Then the same for ever. */
enum optout_rc pdf_decode_feed(struct pdf_decode *d, struct slice bytes) OPTOUT_CHECKED;
/* No more comes. OPTOUT_DONE; OPTOUT_E_SYNTAX when Flate data have no end (the others need
 * none); else as pdf_decode_feed. */
enum optout_rc pdf_decode_end(struct pdf_decode *d) OPTOUT_CHECKED;
/* Bytes that all of them put out so far. */
uint64_t pdf_decode_worked(const struct pdf_decode *d);
void pdf_decode_close(struct pdf_decode *d); /* NULL is fine */

#endif
