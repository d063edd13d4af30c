/* SPDX-License-Identifier: Apache-2.0 */
/* text_delimited.c - C2PA 2.4 section A.8: a reference between
 * "-----BEGIN C2PA MANIFEST-----" and "-----END C2PA MANIFEST-----": a URL, or the store in
 * a data URI. With three dashes, and base64 without a URI, in older files.
 *
 * Limits: REFERENCE_MAX, BASE64_MAX. */
#include "formats/doc/text_internal.h"

static const char word[] = "EGIN C2PA MANIFEST---";
#define WORD (sizeof word - 1)
#define WHERE "C2PA delimiters"

/* After this many bytes without a colon it is no URL. */
#define SCHEME_MAX 16

static void refuse(struct text *t, enum packet_end how)
{
    text_begin_packet(t, PACKET_C2PA, WHERE, "");
    text_end_packet(t, how);
    t->state = TEXT_SEARCH;
}

static const uint8_t *begin_step(struct text *t, const uint8_t *p, const uint8_t *end)
{
    for (; p < end && t->n < WORD; p++, t->n++) {
        if (*p != (uint8_t)word[t->n]) {
            t->state = TEXT_SEARCH;
            return p;
        }
    }
    if (t->n == WORD) {
        t->state = TEXT_REFERENCE;
        t->n = 0;
        t->dashes = 3;
    }
    return p;
}

static void drain(struct text *t, struct slice *in)
{
    do {
        t->n_decoded += base64_feed(&t->base64, in, t->decoded + t->n_decoded,
                                    sizeof t->decoded - t->n_decoded);
        if (t->n_decoded + 3 > sizeof t->decoded)
            text_flush(t);
    } while (in->n && !t->base64.stopped);
}

static void begin_base64(struct text *t, struct slice already)
{
    t->base64 = (struct base64){ 0 };
    t->n_base64 = already.n;
    t->state = TEXT_BASE64;
    text_begin_packet(t, PACKET_C2PA, WHERE, "");
    drain(t, &already);
    if (t->base64.stopped) {
        text_end_packet(t, PACKET_CORRUPT);
        t->state = TEXT_SEARCH;
    }
}

static void end_base64(struct text *t, bool delimited)
{
    uint8_t rest[2];
    size_t n = base64_finish(&t->base64, rest);
    text_flush(t);
    memcpy(t->decoded, rest, n);
    t->n_decoded = n;
    text_end_packet(t, delimited && base64_is_whole(&t->base64) ? PACKET_WHOLE : PACKET_CORRUPT);
    t->state = TEXT_SEARCH;
}

static const uint8_t *base64_step(struct text *t, const uint8_t *p, const uint8_t *end)
{
    struct slice in = slice_of(p, (size_t)(end - p));
    drain(t, &in);
    t->n_base64 += (size_t)(in.p - p);
    if (t->base64.stopped) {
        end_base64(t, *in.p == '-'); /* of "-----END" */
    } else if (t->n_base64 > BASE64_MAX) {
        text_end_packet(t, PACKET_LIMIT);
        t->state = TEXT_SEARCH;
    }
    return in.p;
}

/* "data:application/c2pa;base64," */
static bool is_data_uri(struct slice s)
{
    return slice_starts_nocase(s, SLICE_OF("data:"));
}

static void end_url(struct text *t)
{
    struct slice url = slice_of(t->reference, t->n);
    size_t end = slice_find_nocase(url, SLICE_OF("---END"));
    url = slice_sub(url, 0, end);
    while (url.n && end < t->n && url.p[url.n - 1] == '-')
        url.n--;
    text_begin_packet(t, PACKET_TEXT, WHERE, "c2pa-manifest");
    if (t->handle)
        t->out->bytes(t->out->ctx, t->handle, url);
    text_end_packet(t, PACKET_WHOLE);
    t->state = TEXT_SEARCH;
}

/* One more byte of the reference: is it known by now what it is? */
static void classify(struct text *t, uint8_t c)
{
    struct slice s = slice_of(t->reference, t->n);
    size_t colon = slice_find(s, ':');
    if (colon == s.n) {
        if (s.n > SCHEME_MAX)
            begin_base64(t, s);
    } else if (!is_data_uri(s)) {
        t->state = TEXT_URL;
    } else if (c == ',') {
        if (slice_find_nocase(s, SLICE_OF(";base64")) == s.n)
            refuse(t, PACKET_CORRUPT);
        else
            begin_base64(t, SLICE_EMPTY);
    }
}

static const uint8_t *reference_step(struct text *t, const uint8_t *p, const uint8_t *end)
{
    while (p < end && (t->state == TEXT_REFERENCE || t->state == TEXT_URL)) {
        uint8_t c = *p;
        bool ends = c <= ' ' || c == '"' || c == '<' || c == '>';
        if (t->n == 0 && c == '-' && t->dashes < 5) {
            t->dashes++;
        } else if (t->n == 0 && (ends || c == '#' || c == '*' || c == '/' || c == ';')) {
            ; /* signs of comment lines */
        } else if (ends) {
            if (t->state == TEXT_URL)
                end_url(t);
            else
                refuse(t, PACKET_CORRUPT);
        } else if (t->n == REFERENCE_MAX) {
            refuse(t, PACKET_LIMIT);
        } else {
            t->reference[t->n++] = c;
            if (t->state == TEXT_REFERENCE)
                classify(t, c);
        }
        p++;
    }
    return p;
}

const uint8_t *text_delimited_step(struct text *t, const uint8_t *p, const uint8_t *end)
{
    switch (t->state) {
    case TEXT_BEGIN:
        return begin_step(t, p, end);
    case TEXT_BASE64:
        return base64_step(t, p, end);
    default:
        return reference_step(t, p, end);
    }
}

void text_delimited_cut(struct text *t)
{
    if (t->state == TEXT_BASE64)
        text_end_packet(t, PACKET_CUT);
    else if (t->state == TEXT_URL && t->n)
        refuse(t, PACKET_CUT);
    else if (t->state == TEXT_REFERENCE)
        refuse(t, PACKET_CUT);
}
