/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/record_url.h"

#include "core/hex.h"
#include "syntax/digest.h"

#define QUERY_HASH_CHARS 16 /* of the hex SHA-256 */

static bool is_slash(uint8_t c)
{
    return c == '/' || c == '\\';
}

/* Offsets of what must not be recorded: credentials in [*from, *to). The
 * authority (RFC 3986 section 3.2) starts after "//"; of CONNECT's host:port it
 * is the whole. Malformed spellings that browsers repair ("http:/u:p@h",
 * "http:\\u:p@h") are read as these do, so that a password never slips by. */
static void find_userinfo(struct slice url, size_t *from, size_t *to)
{
    size_t i = 0, at;
    *from = *to = 0;
    while (i < url.n && !is_slash(url.p[i]) && url.p[i] != '?' && url.p[i] != '#')
        i++;
    if (i < url.n && is_slash(url.p[i])) {
        bool after_scheme = i > 0 && url.p[i - 1] == ':';
        if (after_scheme || (i + 1 < url.n && is_slash(url.p[i + 1]))) {
            while (i < url.n && is_slash(url.p[i]))
                i++;
            *from = *to = i;
        } else if (i == 0) {
            return; /* a path alone */
        }
    }
    for (at = *from; at < url.n && url.p[at] != '/' && url.p[at] != '?' && url.p[at] != '#'; at++)
        if (url.p[at] == '@')
            *to = at + 1;
}

/* "?sha256=" and the first hex characters of the query's digest, none when memory
 * is used up; returns the length written. */
static size_t hash_query(struct slice query, uint8_t *out)
{
    uint8_t digest[32];
    struct slice label = SLICE("?sha256=");
    memcpy(out, label.p, label.n);
    if (!digest_of(query, digest))
        return label.n;
    hex_print(out + label.n, digest, QUERY_HASH_CHARS / 2);
    return label.n + QUERY_HASH_CHARS;
}

static void print_cut(struct json *j, struct slice url)
{
    if (url.n)
        json_slice(j, "url", slice_sub(url, 0, RECORD_URL_MAX));
}

void record_print_url(struct json *j, struct slice url, enum audit_query choice)
{
    uint8_t text[RECORD_URL_MAX];
    size_t from, to, n = 0;
    url = slice_sub(url, 0, slice_find(url, '#'));
    size_t mark = slice_find(url, '?');
    struct slice query = slice_from(url, mark < url.n ? mark + 1 : mark);
    find_userinfo(url, &from, &to);
    bool has_query = mark < url.n;
    size_t end = has_query && choice != AUDIT_QUERY_KEEP ? mark : url.n;
    bool hash = has_query && choice == AUDIT_QUERY_HASH;
    size_t room = hash ? RECORD_URL_MAX - sizeof "?sha256=" - QUERY_HASH_CHARS : RECORD_URL_MAX;

    if (from == to && !hash) { /* nothing to splice */
        print_cut(j, slice_sub(url, 0, end));
        if (end > RECORD_URL_MAX)
            json_bool(j, "url_cut", true);
        return;
    }
    struct slice head = slice_sub(slice_sub(url, 0, from), 0, room);
    struct slice kept = slice_sub(slice_sub(url, to, end - to), 0, room - head.n);
    bool cut = head.n + kept.n < end - (to - from);
    memcpy(text, head.p, head.n);
    memcpy(text + head.n, kept.p, kept.n);
    n = head.n + kept.n;
    if (hash)
        n += hash_query(query, text + n);
    print_cut(j, slice_of(text, n));
    if (cut)
        json_bool(j, "url_cut", true);
}
