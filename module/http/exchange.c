/* SPDX-License-Identifier: Apache-2.0 */
/* exchange.c - start lines and framing, RFC 9112 sections 3 and 4. */
#include "http/exchange.h"
#include "http/date.h"

/* "HTTP/" DIGIT [ "." DIGIT ] at the start of `s`; returns its length or 0. */
static size_t version_at(struct slice s, unsigned *minor)
{
    if (s.n < 6 || memcmp(s.p, "HTTP/", 5) != 0 || !ascii_is_digit(s.p[5]))
        return 0;
    /* The minor version matters only for HTTP/1.0. */
    *minor = 1;
    if (s.n < 8 || s.p[6] != '.' || !ascii_is_digit(s.p[7]))
        return 6;
    if (s.p[5] == '1')
        *minor = (unsigned)(s.p[7] - '0');
    return 8;
}

bool exchange_status_line(struct slice line, int *status)
{
    unsigned minor;
    uint64_t code;
    line = slice_trim_space(line);
    size_t version = version_at(line, &minor);
    struct slice rest = slice_from(line, version);
    if (version == 0 || slice_empty(rest) || rest.p[0] != ' ')
        return false;
    rest = slice_trim_ows(rest);
    struct slice digits = slice_sub(rest, 0, slice_find(rest, ' '));
    if (digits.n != 3 || !slice_to_u64(digits, &code) || code < 100)
        return false;
    *status = (int)code;
    return true;
}

bool exchange_request_line(struct slice line, struct slice *method, struct slice *url,
                           unsigned *minor)
{
    line = slice_trim_space(line);
    size_t first = slice_find(line, ' ');
    size_t last = line.n;
    while (last > first && line.p[last - 1] != ' ')
        last--;
    if (first == 0 || last <= first + 1)
        return false;
    struct slice version = slice_from(line, last);
    struct slice target = slice_trim_ows(slice_sub(line, first, last - first));
    unsigned found;
    if (slice_empty(target) || version_at(version, &found) != version.n)
        return false;
    *method = slice_sub(line, 0, first);
    *url = target;
    *minor = found;
    return true;
}

int64_t exchange_content_length(const struct exchange *x)
{
    const struct header *line;
    int64_t length = -1;
    for (size_t i = 0; (line = headers_next(&x->response, "Content-Length", &i)) != NULL;) {
        struct slice rest = line->value, piece;
        while (slice_split(&rest, ',', &piece)) {
            uint64_t value;
            if (!slice_to_u64(slice_trim_ows(piece), &value) || value > INT64_MAX)
                return -1;
            if (length >= 0 && (uint64_t)length != value)
                return -1;
            length = (int64_t)value;
        }
    }
    return length;
}

/* The first max-age of all Cache-Control lines. False: there is none. A value
 * that is no number is 0 (RFC 9111 section 4.2.1). */
static bool max_age(const struct headers *response, int64_t *seconds, bool *numeric)
{
    static const struct slice name = SLICE("max-age=");
    const struct header *h;
    for (size_t i = 0; (h = headers_next(response, "cache-control", &i)) != NULL;) {
        struct slice rest = h->value, piece;
        while (slice_split(&rest, ',', &piece)) {
            uint64_t value;
            piece = slice_trim_ows(piece);
            if (!slice_starts_nocase(piece, name))
                continue;
            piece = slice_from(piece, name.n);
            if (piece.n >= 2 && piece.p[0] == '"' && piece.p[piece.n - 1] == '"')
                piece = slice_sub(piece, 1, piece.n - 2);
            size_t digits = 0;
            while (digits < piece.n && ascii_is_digit(piece.p[digits]))
                digits++;
            *numeric = piece.n > 0 && digits == piece.n;
            /* What overflows is a very long time, RFC 9111 section 1.2.2. */
            if (!slice_to_u64(piece, &value) || value > INT32_MAX)
                value = INT32_MAX;
            *seconds = *numeric ? (int64_t)value : 0;
            return true;
        }
    }
    return false;
}

int64_t exchange_max_age(const struct exchange *x)
{
    int64_t seconds;
    bool numeric;
    return max_age(&x->response, &seconds, &numeric) && numeric ? seconds : -1;
}

/* A directive without a value: "no-cache=\"set-cookie\"" speaks of that field only. */
static bool cache_directive(const struct headers *response, struct slice name)
{
    const struct header *h;
    for (size_t i = 0; (h = headers_next(response, "cache-control", &i)) != NULL;) {
        struct slice rest = h->value, piece;
        while (slice_split(&rest, ',', &piece))
            if (slice_eq_nocase(slice_trim_ows(piece), name))
                return true;
    }
    return false;
}

int64_t headers_freshness(const struct headers *h, int64_t now)
{
    int64_t seconds, date = now;
    uint64_t spent = 0;
    bool numeric;
    if (cache_directive(h, SLICE_OF("no-store")) || cache_directive(h, SLICE_OF("no-cache")))
        return 0;
    if (!max_age(h, &seconds, &numeric)) {
        const struct header *expires = headers_find(h, "expires");
        const struct header *sent = headers_find(h, "date");
        if (!expires)
            return -1;
        if (!sent || !date_parse(sent->value, now, &date))
            date = now;
        if (!date_parse(expires->value, now, &seconds) || seconds <= date)
            return 0;
        seconds -= date;
    }
    const struct header *age = headers_find(h, "age");
    if (age && slice_to_u64(age->value, &spent))
        seconds = spent < (uint64_t)seconds ? seconds - (int64_t)spent : 0;
    return seconds;
}

int64_t exchange_range_length(const struct exchange *x)
{
    static const struct slice unit = SLICE("bytes");
    const struct header *h = headers_find(&x->response, "content-range");
    uint64_t first, last;
    if (x->status != 206 || !h || !slice_starts_nocase(h->value, unit))
        return -1;
    struct slice range = slice_sub(h->value, unit.n, slice_find(h->value, '/') - unit.n);
    struct slice from = slice_sub(range, 0, slice_find(range, '-'));
    if (!slice_to_u64(slice_trim_ows(from), &first) ||
        !slice_to_u64(slice_trim_ows(slice_from(range, from.n + 1)), &last))
        return -1;
    return last < first || last - first >= INT64_MAX ? -1 : (int64_t)(last - first + 1);
}

/* "bytes 0-99/100". */
static bool is_whole_range(struct slice value)
{
    static const struct slice front = SLICE("bytes 0-");
    uint64_t last, length;
    if (!slice_starts_nocase(value, front))
        return false;
    value = slice_trim_space(slice_from(value, front.n));
    size_t slash = slice_find(value, '/');
    return slice_to_u64(slice_sub(value, 0, slash), &last) &&
           slice_to_u64(slice_from(value, slash + 1), &length) && length && last == length - 1;
}

bool exchange_is_part(int status, const struct headers *response)
{
    const struct header *h;
    size_t n = 0;
    if (status != 206 || !response)
        return status == 206;
    for (size_t i = 0; (h = headers_next(response, "content-range", &i)) != NULL; n++)
        if (!is_whole_range(h->value))
            return true;
    return n != 1;
}

bool exchange_body_is_unseen(const struct exchange *x)
{
    if (x->has_body)
        return false;
    if (x->status == 304)
        return true;
    return slice_eq(x->method, SLICE_OF("HEAD")) && x->status >= 200 && x->status < 300 &&
           x->status != 204 && x->status != 205;
}
