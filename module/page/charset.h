/* SPDX-License-Identifier: Apache-2.0 */
/* charset.h - from the bytes of a page to bytes in which '<' is '<'.
 *
 * The order is that of the HTML standard section 13.2.3.2: byte order mark,
 * charset of the Content-Type field, the page's own meta among its first 1024
 * bytes, windows-1252. Only what matters to a scanner of ASCII syntax is done:
 *
 * Against all of these, bytes that are plainly UTF-16 are that, and bytes that are plainly
 * ASCII are no UTF-16: a browser reads gibberish there, other readers do not.
 *
 *   UTF-16          transcoded to UTF-8; lone surrogates become U+FFFD
 *   ISO-2022-JP     escape sequences dropped, two-byte and katakana characters
 *                   given bit 7, so that no half of a kanji looks like '<'
 *                   Where nothing is declared its escape sequences tell: a browser may read gibberish
 *   all others      handed over as they are: in none of the encodings a browser
 *                   takes can a later byte of a character be one of < > " ' = & /
 *
 * UTF-7 and UTF-32 are no encodings of the web and are not detected. */
#ifndef OPTOUT_PAGE_CHARSET_H
#define OPTOUT_PAGE_CHARSET_H

#include "core/slice.h"

#define CHARSET_PRESCAN_MAX 1024 /* bytes looked at for a meta */
#define CHARSET_RUN_MAX 2048     /* bytes of one transcoded run */

enum charset_kind { CHARSET_BYTES, CHARSET_UTF16LE, CHARSET_UTF16BE, CHARSET_ISO2022JP };

/* What the bytes of a page stand for; charset_table.h. Single bytes first. */
enum charset_code {
    CODE_NONE, /* not said, or none that is read */
    CODE_UTF8, /* also what UTF-16 is handed over as */
    CODE_1250,
    CODE_1251,
    CODE_1252,
    CODE_1253,
    CODE_1254,
    CODE_1255,
    CODE_1256,
    CODE_1257,
    CODE_1258,
    CODE_866,
    CODE_874,
    CODE_LATIN2,
    CODE_LATIN3,
    CODE_LATIN4,
    CODE_8859_5,
    CODE_8859_6,
    CODE_8859_7,
    CODE_8859_8,
    CODE_LATIN6,
    CODE_8859_13,
    CODE_8859_14,
    CODE_LATIN9,
    CODE_8859_16,
    CODE_KOI8R,
    CODE_KOI8U,
    CODE_MAC,
    CODE_MAC_CYRILLIC,
    CODE_DOUBLE, /* from here on: one byte or two */
    CODE_SJIS = CODE_DOUBLE,
    CODE_EUCJP,
    CODE_GBK,
    CODE_BIG5,
    CODE_EUCKR,
    CODE_COUNT
};

struct charset {
    uint8_t kind;     /* enum charset_kind */
    bool decided;     /* kind is final */
    bool misread;     /* by the look of the bytes, against what was declared */
    bool labelled;    /* the Content-Type named an encoding we know */
    bool xml;         /* look for an XML declaration, not for a meta */
    bool ended;       /* no more input comes */
    uint64_t at;      /* offset in the body of the next byte of the input */
    size_t n_held;    /* bytes in `held` */
    size_t used_held; /* of them, handed over */
    /* UTF-16: what is left of a character that the input was cut in. */
    uint8_t part[3];
    uint8_t n_part;
    /* ISO-2022-JP */
    uint8_t esc[2]; /* of an unfinished escape sequence */
    uint8_t n_esc;
    bool high;       /* characters are to be given bit 7 */
    bool just_moved; /* an escape sequence, and nothing printed since */
    uint8_t held[CHARSET_PRESCAN_MAX];
    uint8_t out[CHARSET_RUN_MAX];
};

/* A piece of the page, valid until the next call. */
struct charset_run {
    const uint8_t *p;
    size_t n;
    uint64_t at; /* offset in the body of what became p[0] */
    bool utf16;  /* offsets count two bytes for each code unit */
    size_t seen; /* UTF-16: offset in p up to which code units were counted */
    uint64_t units;
};

/* `label` is read during the call only; empty or unknown: none was given. */
void charset_open(struct charset *c, struct slice label, bool xml);
/* Takes from the front of `*in` and gives the next run; false when more input
 * is wanted, `*in` is then empty. */
bool charset_next(struct charset *c, struct slice *in, struct charset_run *run);
/* No more input comes: charset_next gives what is still held. */
void charset_end(struct charset *c);
/* The offset in the body of the character that begins at `p` in `run`. Quick
 * when asked for rising `p`. */
uint64_t charset_offset(struct charset_run *run, const uint8_t *p);

/* Whether the first escape sequence is one of ISO-2022-JP, with characters of two bytes behind it that
 * the next one ends. */
bool charset_looks_2022(struct slice bytes);

/* What an encoding label means; false when it is no label of the Encoding standard. */
bool charset_label(struct slice label, enum charset_kind *kind, enum charset_code *code);
/* The prescan of the first bytes of a page (HTML 13.2.3.2): whether it finds
 * an encoding, and which. `xml`: only the XML declaration is looked at. */
bool charset_prescan(struct slice bytes, bool xml, enum charset_kind *kind, enum charset_code *code);

#endif
