/* SPDX-License-Identifier: Apache-2.0 */
/* url_path.c - paths and path patterns in one form, and their match.
 *
 * RFC 9309 sections 2.2.2, 2.2.3; RFC 3986 sections 2.3, 3.2.
 *
 * Limits: URL_PATH_MAX; ports up to 65535. Every function looks at each byte
 * of its input a fixed number of times; memmem of the C library is linear. */
#include "http/url_path.h"

#include "core/hex.h"

#define PORT_MAX 65535

static const char hex_digits[] = "0123456789ABCDEF";

/* Bytes that do not simply stay as they are. */
static const bool special[256] = {
    ['%'] = true, ['*'] = true, ['$'] = true, [0x80 ... 0xff] = true,
};

/* Bytes that no host has. A colon it may have in brackets. */
static const bool strange[256] = {
    [0 ... ' '] = true, [0x7f] = true, ['"'] = true, ['#'] = true,  ['/'] = true,
    ['<'] = true,       ['>'] = true,  ['?'] = true, ['@'] = true,  ['['] = true,
    ['\\'] = true,      [']'] = true,  ['^'] = true, ['`'] = true,  ['{'] = true,
    ['|'] = true,       ['}'] = true,
};

/* ---- URL ---- */

static bool take_scheme(struct slice *url, bool *secure)
{
    static const struct slice http = SLICE("http://"), https = SLICE("https://");
    *secure = slice_starts_nocase(*url, https);
    if (!*secure && !slice_starts_nocase(*url, http))
        return false;
    *url = slice_from(*url, *secure ? https.n : http.n);
    return true;
}

/* Cuts ":port" off; *port is 0 when there is none. */
static bool take_port(struct slice *host, uint64_t *port)
{
    size_t colon = host->n;
    *port = 0;
    while (colon && ascii_is_digit(host->p[colon - 1]))
        colon--;
    if (colon == 0 || host->p[colon - 1] != ':')
        return true; /* the digits are the host's own */
    struct slice digits = slice_from(*host, colon);
    host->n = colon - 1;
    return digits.n == 0 || (slice_to_u64(digits, port) && *port && *port <= PORT_MAX);
}

/* A reg-name, an IPv4 address or an IP literal in brackets. Strange bytes are
 * refused: an origin is a key and goes into requests. */
static bool host_is_plain(struct slice host)
{
    bool literal = slice_begins(host, '[');
    if (literal && (host.n < 3 || host.p[host.n - 1] != ']'))
        return false;
    struct slice rest = literal ? slice_sub(host, 1, host.n - 2) : host;
    for (size_t i = 0; i < rest.n; i++)
        if (strange[rest.p[i]] || (rest.p[i] == ':' && !literal))
            return false;
    return rest.n != 0;
}

static struct slice origin_of(struct arena *a, bool secure, struct slice host, uint64_t port)
{
    struct slice scheme = secure ? SLICE_OF("https://") : SLICE_OF("http://");
    uint8_t *p = arena_take(a, scheme.n + host.n + sizeof ":65535");
    if (!p)
        return SLICE_EMPTY;
    size_t n = scheme.n;
    memcpy(p, scheme.p, scheme.n);
    for (size_t i = 0; i < host.n; i++)
        p[n++] = ascii_lower(host.p[i]);
    if (port && port != (secure ? 443u : 80u)) {
        uint8_t digit[5];
        size_t k = 0;
        for (; port; port /= 10)
            digit[k++] = (uint8_t)('0' + port % 10);
        p[n++] = ':';
        while (k)
            p[n++] = digit[--k];
    }
    return slice_of(p, n);
}

bool url_split(struct arena *a, struct slice url, struct slice *origin, struct slice *path)
{
    bool secure;
    uint64_t port;
    if (!take_scheme(&url, &secure))
        return false;
    url = slice_sub(url, 0, slice_find(url, '#'));
    size_t end = slice_find(url, '/');
    end = slice_find(slice_sub(url, 0, end), '?');
    struct slice host = slice_sub(url, 0, end);
    url = slice_from(url, end);
    for (size_t at; (at = slice_find(host, '@')) < host.n;)
        host = slice_from(host, at + 1);
    if (!take_port(&host, &port) || !host_is_plain(host))
        return false;
    *origin = origin_of(a, secure, host, port);
    *path = url;
    if (url.n == 0) {
        *path = SLICE_OF("/");
    } else if (url.p[0] == '?') {
        uint8_t *p = arena_take(a, url.n + 1);
        if (!p)
            return false;
        p[0] = '/';
        memcpy(p + 1, url.p, url.n);
        *path = slice_of(p, url.n + 1);
    }
    return origin->p != NULL;
}

/* ---- Normal forms ---- */

static bool is_unreserved(int c)
{
    uint8_t u = (uint8_t)c;
    return ascii_is_alnum(u) || u == '-' || u == '.' || u == '_' || u == '~';
}

static size_t put_triplet(uint8_t *out, unsigned c)
{
    out[0] = '%';
    out[1] = (uint8_t)hex_digits[c >> 4 & 15];
    out[2] = (uint8_t)hex_digits[c & 15];
    return 3;
}

/* Writes what the byte at s.p[*i] becomes, at most 3 bytes; moves on. */
static size_t put_octet(struct slice s, size_t *i, uint8_t *out)
{
    uint8_t c = s.p[*i];
    int high = -1, low = -1;
    if (c == '%' && s.n - *i > 2) {
        high = hex_value(s.p[*i + 1]);
        low = hex_value(s.p[*i + 2]);
    }
    ++*i;
    if (high >= 0 && low >= 0) {
        *i += 2;
        int value = high << 4 | low;
        if (!is_unreserved(value))
            return put_triplet(out, (unsigned)value);
        *out = (uint8_t)value;
        return 1;
    }
    if (special[c] && c != '%')
        return put_triplet(out, c);
    *out = c;
    return 1;
}

/* Room for the normal form: what is special may become three bytes. */
static size_t normal_room(struct slice s)
{
    size_t n = s.n;
    for (size_t i = 0; i < s.n; i++)
        n += special[s.p[i]] ? 2 : 0;
    return n;
}

/* Every "." or ".." of a path follows a slash; so does the name of a hidden file. */
static bool may_have_dots(const uint8_t *p, size_t n)
{
    const uint8_t *dot = memchr(p, '.', n);
    while (dot && dot[-1] != '/') /* p[0] is a slash */
        dot = memchr(dot + 1, '.', n - (size_t)(dot + 1 - p));
    return dot;
}

/* RFC 3986 section 5.2.4, in place: servers resolve "/a/../b" and serve "/b", so a
 * rule about "/b" speaks of it. The query is left alone. */
static size_t remove_dot_segments(uint8_t *p, size_t n)
{
    size_t end = slice_find(slice_of(p, n), '?'), to = 0, i = 0;
    if (!n || p[0] != '/' || !may_have_dots(p, end))
        return n;
    while (i < end) { /* p[i] is a slash */
        size_t next = i + 1;
        while (next < end && p[next] != '/')
            next++;
        size_t length = next - i;
        bool one = length == 2 && p[i + 1] == '.';
        bool two = length == 3 && p[i + 1] == '.' && p[i + 2] == '.';
        if (two)
            while (to && p[--to] != '/')
                continue;
        if (!one && !two) {
            memmove(p + to, p + i, length);
            to += length;
        } else if (next == end) {
            p[to++] = '/'; /* what it names is a folder */
        }
        i = next;
    }
    memmove(p + to, p + end, n - end);
    return to + (n - end);
}

struct slice url_path_normal(struct arena *a, struct slice path)
{
    path = slice_sub(path, 0, URL_PATH_MAX);
    size_t room = normal_room(path);
    uint8_t *out = arena_take(a, room);
    if (!out)
        return SLICE_EMPTY;
    if (room == path.n) {
        if (room)
            memcpy(out, path.p, room);
        return slice_of(out, remove_dot_segments(out, room));
    }
    size_t n = 0;
    for (size_t i = 0; i < path.n;) {
        if (special[path.p[i]])
            n += put_octet(path, &i, out + n);
        else
            out[n++] = path.p[i++];
    }
    n = remove_dot_segments(out, n < URL_PATH_MAX ? n : URL_PATH_MAX);
    return slice_of(out, n);
}

struct slice url_pattern_normal(struct arena *a, struct slice pattern)
{
    uint8_t *out = arena_take(a, normal_room(pattern));
    if (!out)
        return SLICE_EMPTY;
    size_t n = 0;
    for (size_t i = 0; i < pattern.n;) {
        uint8_t c = pattern.p[i];
        bool mark = c == '*' || (c == '$' && i + 1 == pattern.n);
        if (!mark) {
            n += put_octet(pattern, &i, out + n);
            continue;
        }
        if (c == '$' || n == 0 || out[n - 1] != '*')
            out[n++] = c;
        i++;
    }
    if (n && out[n - 1] == '*')
        n--;
    return slice_of(out, n);
}

/* ---- Match ---- */

size_t url_pattern_literal(struct slice pattern)
{
    size_t n = slice_find(pattern, '*');
    if (n == pattern.n && n && pattern.p[n - 1] == '$')
        n--;
    return n;
}

static bool begins_with(struct slice s, struct slice what)
{
    return what.n <= s.n && (what.n == 0 || memcmp(s.p, what.p, what.n) == 0);
}

bool url_pattern_match(struct slice pattern, struct slice path)
{
    size_t literal = url_pattern_literal(pattern);
    if (!begins_with(path, slice_sub(pattern, 0, literal)))
        return false;
    pattern = slice_from(pattern, literal);
    path = slice_from(path, literal);
    while (slice_take(&pattern, '*')) {
        struct slice run = slice_sub(pattern, 0, url_pattern_literal(pattern));
        pattern = slice_from(pattern, run.n);
        if (pattern.n == 1 && pattern.p[0] == '$') /* the last run stands at the end */
            return run.n <= path.n && begins_with(slice_from(path, path.n - run.n), run);
        if (run.n == 0)
            continue;
        const uint8_t *hit = path.n ? memmem(path.p, path.n, run.p, run.n) : NULL;
        if (!hit)
            return false;
        path = slice_from(path, (size_t)(hit - path.p) + run.n);
    }
    return pattern.n == 0 || path.n == 0; /* left over: nothing, or `$` */
}
