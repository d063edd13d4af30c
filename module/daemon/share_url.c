/* SPDX-License-Identifier: Apache-2.0 */
/* share_url.c - RFC 3986 section 3 as far as a Redis URL needs it. Lengths: the
 * SHARE_*_MAX of the header; database numbers up to SHARE_DB_MAX. */
#include "daemon/share_url.h"

#include "core/hex.h"

#include <stdio.h>

#define PORT_PRESET "6379"

/* Decoded into `out`; false when it does not fit, a % stands alone or a NUL
 * would come out. */
static bool decode(struct slice s, char *out, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        int c = s.p[i];
        if (c == '%') {
            if (s.n - i < 3 || hex_value(s.p[i + 1]) < 0 || hex_value(s.p[i + 2]) < 0)
                return false;
            c = hex_value(s.p[i + 1]) * 16 + hex_value(s.p[i + 2]);
            i += 2;
        }
        if (c == 0 || n + 1 >= size)
            return false;
        out[n++] = (char)c;
    }
    out[n] = '\0';
    return true;
}

static bool read_db(struct slice s, unsigned *db)
{
    uint64_t v = 0;
    if (!slice_to_u64(s, &v) || v > SHARE_DB_MAX)
        return false;
    *db = (unsigned)v;
    return true;
}

static bool read_port(struct slice s, char port[6])
{
    uint64_t v = 0;
    if (!slice_to_u64(s, &v) || v == 0 || v > 65535)
        return false;
    snprintf(port, 6, "%u", (unsigned)v);
    return true;
}

/* What may stand in a host name or an address; a zone of IPv6 as well. */
static bool read_host(struct slice s, char *out, bool in_brackets)
{
    if (s.n == 0 || s.n >= SHARE_HOST_MAX)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        bool good = ascii_is_alnum(c) || c == '.' || c == '-' || c == '_';
        if (!good && !(in_brackets && (c == ':' || c == '%')))
            return false;
    }
    memcpy(out, s.p, s.n);
    out[s.n] = '\0';
    return true;
}

static const char *read_user(struct slice s, struct share_address *out)
{
    size_t colon = slice_find(s, ':');
    if (!decode(slice_sub(s, 0, colon), out->user, sizeof out->user))
        return "the user cannot be read";
    if (!decode(slice_from(s, colon + 1), out->password, sizeof out->password))
        return "the password cannot be read";
    return NULL;
}

static const char *read_authority(struct slice s, struct share_address *out)
{
    size_t at = s.n;
    while (at > 0 && s.p[at - 1] != '@')
        at--;
    if (at > 0) {
        const char *wrong = read_user(slice_sub(s, 0, at - 1), out);
        if (wrong)
            return wrong;
        s = slice_from(s, at);
    }
    bool in_brackets = slice_take(&s, '[');
    size_t end = slice_find(s, in_brackets ? ']' : ':');
    if (in_brackets && end == s.n)
        return "a bracket is not closed";
    if (!read_host(slice_sub(s, 0, end), out->host, in_brackets))
        return "the host cannot be read";
    s = slice_from(s, end + in_brackets);
    if (s.n == 0)
        return NULL;
    if (!slice_take(&s, ':') || !read_port(s, out->port))
        return "the port is not a number from 1 to 65535";
    return NULL;
}

static const char *read_host_url(struct slice s, struct share_address *out)
{
    strcpy(out->port, PORT_PRESET);
    size_t slash = slice_find(s, '/');
    const char *wrong = read_authority(slice_sub(s, 0, slash), out);
    if (wrong)
        return wrong;
    struct slice db = slice_from(s, slash + 1);
    if (db.n && !read_db(db, &out->db))
        return "the database is not a number from 0 to 65535";
    return NULL;
}

static const char *read_unix_url(struct slice s, struct share_address *out)
{
    if (s.n > 2 && s.p[0] == '/' && s.p[1] == '/')
        s = slice_from(s, 2); /* unix:///path */
    size_t query = slice_find(s, '?');
    if (!slice_begins(s, '/') || !decode(slice_sub(s, 0, query), out->path, sizeof out->path))
        return "the socket's path is not absolute, or longer than 107 bytes";
    struct slice q = slice_from(s, query + 1);
    if (q.n == 0)
        return NULL;
    if (!slice_starts_nocase(q, SLICE_OF("db=")) || !read_db(slice_from(q, 3), &out->db))
        return "only ?db=N may follow the socket's path";
    return NULL;
}

bool share_url_read(const char *url, struct share_address *out, char *why, size_t why_size)
{
    static const struct {
        struct slice scheme;
        bool tls;
        const char *(*read)(struct slice rest, struct share_address *out);
    } schemes[] = {
        { SLICE("redis://"), false, read_host_url },
        { SLICE("rediss://"), true, read_host_url },
        { SLICE("unix:"), false, read_unix_url },
    };
    struct slice s = slice_cstr(url);
    *out = (struct share_address){ .tls = false };
    const char *wrong = "it begins with none of redis://, rediss:// and unix:/";
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
        if (slice_starts_nocase(s, schemes[i].scheme)) {
            out->tls = schemes[i].tls;
            wrong = schemes[i].read(slice_from(s, schemes[i].scheme.n), out);
            break;
        }
    if (wrong)
        snprintf(why, why_size, "not a Redis URL: %s", wrong);
    return !wrong;
}
