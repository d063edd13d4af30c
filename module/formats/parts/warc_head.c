/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/parts/warc_head.h"

#include <stddef.h>

static const char *const type_names[WARC_TYPE_COUNT] = {
    "unknown", "warcinfo", "response", "resource", "request",
    "metadata", "revisit", "conversion", "continuation",
};

const char *warc_type_name(enum warc_type t)
{
    return type_names[t];
}

size_t warc_head_end(struct slice s)
{
    size_t line = 0;
    while (line < s.n) {
        size_t end = line + slice_find(slice_from(s, line), '\n');
        if (end >= s.n)
            return 0;
        size_t n = end - line;
        if (n == 0 || (n == 1 && s.p[line] == '\r'))
            return end + 1;
        line = end + 1;
    }
    return 0;
}

bool warc_head_begins(struct slice s)
{
    return s.n > 5 && memcmp(s.p, "WARC/", 5) == 0 && ascii_is_digit(s.p[5]);
}

/* ---- fields ---- */

struct field {
    struct slice name;
    size_t at; /* of the slice in struct warc_head */
};

#define FIELD(name, member) { SLICE(name), offsetof(struct warc_head, member) }
static const struct field fields[] = {
    FIELD("WARC-Type", type_name),
    FIELD("WARC-Record-ID", id),
    FIELD("WARC-Date", date),
    FIELD("WARC-Target-URI", url),
    FIELD("Content-Type", media),
    FIELD("WARC-Payload-Digest", payload_digest),
    FIELD("WARC-Block-Digest", block_digest),
    FIELD("WARC-Refers-To", refers_to),
    FIELD("WARC-Refers-To-Target-URI", refers_to_url),
    FIELD("WARC-Refers-To-Date", refers_to_date),
    FIELD("WARC-Profile", profile),
    FIELD("WARC-Concurrent-To", concurrent),
    FIELD("WARC-Truncated", truncated),
    FIELD("WARC-Segment-Number", segment),
    FIELD("WARC-Segment-Origin-ID", segment_origin),
    FIELD("WARC-Segment-Total-Length", segment_total),
    FIELD("WARC-Filename", filename),
    FIELD("WARC-Identified-Payload-Type", payload_type),
};

static struct slice without_brackets(struct slice s)
{
    return s.n >= 2 && s.p[0] == '<' && s.p[s.n - 1] == '>' ? slice_sub(s, 1, s.n - 2) : s;
}

static enum optout_rc refuse(struct warc_head *h, const char *why)
{
    h->why = why;
    return OPTOUT_E_SYNTAX;
}

static enum optout_rc take_length(struct warc_head *h, struct slice value)
{
    uint64_t n;
    if (!slice_to_u64(value, &n))
        return refuse(h, "its Content-Length is no number");
    if (h->has_length && n != h->length)
        return refuse(h, "it has two lengths");
    h->length = n;
    h->has_length = true;
    return OPTOUT_OK;
}

/* The first of equal fields counts; lines without a colon are none. */
static enum optout_rc take_field(struct warc_head *h, struct slice line)
{
    size_t colon = slice_find(line, ':');
    if (colon == line.n)
        return OPTOUT_OK;
    struct slice name = slice_trim_ows(slice_sub(line, 0, colon));
    struct slice value = slice_trim_space(slice_from(line, colon + 1));
    if (slice_eq_nocase(name, SLICE_OF("Content-Length")))
        return take_length(h, value);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (!slice_eq_nocase(name, fields[i].name))
            continue;
        struct slice *to = (struct slice *)(void *)((char *)h + fields[i].at);
        if (!to->p)
            *to = without_brackets(value);
        break;
    }
    return OPTOUT_OK;
}

/* Lines that begin with a blank go on the one before: joined by one blank, in place. */
static size_t unfold(uint8_t *text, size_t n)
{
    size_t to = 0;
    for (size_t i = 0; i < n; i++) {
        bool folds = text[i] == '\n' && i + 1 < n && (text[i + 1] == ' ' || text[i + 1] == '\t');
        if (!folds) {
            text[to++] = text[i];
            continue;
        }
        while (to && (text[to - 1] == '\r' || text[to - 1] == ' ' || text[to - 1] == '\t'))
            to--;
        while (i + 1 < n && (text[i + 1] == ' ' || text[i + 1] == '\t'))
            i++;
        text[to++] = ' ';
    }
    return to;
}

static bool is_folded(struct slice s)
{
    for (size_t at = 0; (at += slice_find(slice_from(s, at), '\n') + 1) < s.n;)
        if (s.p[at] == ' ' || s.p[at] == '\t')
            return true;
    return false;
}

static void end_head(struct warc_head *h)
{
    for (unsigned t = WARC_WARCINFO; t < WARC_TYPE_COUNT; t++)
        if (slice_eq_nocase(h->type_name, slice_cstr(type_names[t])))
            h->type = (enum warc_type)t;
    h->old = !slice_eq(h->version, SLICE_OF("WARC/1.0")) &&
             !slice_eq(h->version, SLICE_OF("WARC/1.1"));
}

enum optout_rc warc_head_read(struct warc_head *h, uint8_t *text, size_t n)
{
    *h = (struct warc_head){ .type = WARC_UNKNOWN };
    if (is_folded(slice_of(text, n)))
        n = unfold(text, n);
    struct slice rest = slice_of(text, n), line;
    if (!warc_head_begins(rest) || !slice_split(&rest, '\n', &line))
        return refuse(h, "no WARC head begins here");
    h->loose_lines = line.p[line.n - 1] != '\r';
    h->version = slice_trim_space(line);
    for (size_t lines = 0; slice_split(&rest, '\n', &line); lines++) {
        if (slice_trim_space(line).n == 0)
            break;
        if (lines == WARC_FIELDS_MAX) {
            h->why = "it has more than 256 fields";
            return OPTOUT_E_LIMIT;
        }
        enum optout_rc rc = take_field(h, line);
        if (rc != OPTOUT_OK)
            return rc;
    }
    end_head(h);
    return h->has_length ? OPTOUT_OK : refuse(h, "it has no Content-Length");
}

/* ---- what it means ---- */

static bool may_be_http(enum warc_type t)
{
    return t == WARC_RESPONSE || t == WARC_REQUEST || t == WARC_REVISIT;
}

bool warc_head_is_http(const struct warc_head *h, struct slice block)
{
    if (!may_be_http(h->type))
        return false;
    if (slice_starts_nocase(h->media, SLICE_OF("application/http")) ||
        slice_starts_nocase(h->media, SLICE_OF("message/http")))
        return true;
    bool web = slice_starts_nocase(h->url, SLICE_OF("http:")) ||
               slice_starts_nocase(h->url, SLICE_OF("https:"));
    return web && block.n >= 5 && memcmp(block.p, "HTTP/", 5) == 0;
}
