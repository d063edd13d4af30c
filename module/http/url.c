/* SPDX-License-Identifier: Apache-2.0 */
/* url.c - URI references resolved, RFC 3986 section 5.2.
 *
 * Limits: URL_RESOLVED_MAX. The result is never longer than base, reference and
 * one slash. */
#include "http/url.h"

/* RFC 3986 section 3. A part that is absent has a NULL pointer: "a?" has a
 * query, which is empty, "a" has none. */
struct parts {
    struct slice scheme;
    struct slice authority;
    struct slice path; /* never absent */
    struct slice query;
    struct slice fragment;
};

/* Length of "name:" at the start, without the colon; 0 when there is none. */
static size_t scheme_length(struct slice s)
{
    size_t n = 0;
    if (s.n == 0 || !ascii_is_alpha(s.p[0]))
        return 0;
    while (n < s.n && (ascii_is_alnum(s.p[n]) || s.p[n] == '+' || s.p[n] == '-' || s.p[n] == '.'))
        n++;
    return n < s.n && s.p[n] == ':' ? n : 0;
}

/* Cuts off and returns what follows the first `mark`; absent when there is none. */
static struct slice cut_after(struct slice *s, uint8_t mark)
{
    size_t at = slice_find(*s, mark);
    struct slice tail = at < s->n ? slice_from(*s, at + 1) : SLICE_EMPTY;
    *s = slice_sub(*s, 0, at);
    return tail;
}

/* The regular expression of appendix B, which matches anything. */
static struct parts take_apart(struct slice s)
{
    struct parts p = { .scheme = SLICE_EMPTY };
    size_t scheme = scheme_length(s);
    if (scheme) {
        p.scheme = slice_sub(s, 0, scheme);
        s = slice_from(s, scheme + 1);
    }
    p.fragment = cut_after(&s, '#');
    p.query = cut_after(&s, '?');
    if (s.n >= 2 && s.p[0] == '/' && s.p[1] == '/') {
        s = slice_from(s, 2);
        size_t end = slice_find(s, '/');
        p.authority = slice_sub(s, 0, end);
        s = slice_from(s, end);
    }
    p.path = s;
    return p;
}

static bool is_web(const struct parts *p)
{
    return p->authority.n && (slice_eq_nocase(p->scheme, SLICE_OF("http")) ||
                              slice_eq_nocase(p->scheme, SLICE_OF("https")));
}

struct text {
    uint8_t *p;
    size_t n;
};

static void url_put(struct text *t, struct slice s)
{
    if (s.n)
        memcpy(t->p + t->n, s.p, s.n);
    t->n += s.n;
}

static void put_part(struct text *t, const char *mark, struct slice part)
{
    if (!part.p)
        return;
    url_put(t, slice_cstr(mark));
    url_put(t, part);
}

/* Section 5.2.4 in place, from `start` on, where a path stands that is empty
 * or begins with a slash. What is written never overtakes what is read. */
static void remove_dot_segments(struct text *t, size_t start)
{
    struct slice path = slice_of(t->p + start, t->n - start);
    t->n = start;
    while (path.n) {
        size_t end = 1 + slice_find(slice_from(path, 1), '/');
        struct slice segment = slice_sub(path, 1, end - 1);
        bool one = slice_eq(segment, SLICE_OF("."));
        bool two = slice_eq(segment, SLICE_OF(".."));
        if (two)
            while (t->n > start && t->p[--t->n] != '/')
                ;
        if (!one && !two) {
            memmove(t->p + t->n, path.p, end);
            t->n += end;
        } else if (end == path.n) {
            t->p[t->n++] = '/';
        }
        path = slice_from(path, end);
    }
}

/* Section 5.2.3: everything of the base's path up to its last slash. */
static void put_merged(struct text *t, const struct parts *base, const struct parts *r)
{
    size_t n = base->path.n;
    while (n && base->path.p[n - 1] != '/')
        n--;
    url_put(t, n ? slice_sub(base->path, 0, n) : SLICE_OF("/"));
    url_put(t, r->path);
}

struct slice url_resolve(struct arena *a, struct slice base, struct slice reference)
{
    struct parts b = take_apart(base), r = take_apart(reference);
    if (r.scheme.n || !is_web(&b) || base.n > URL_RESOLVED_MAX ||
        reference.n > URL_RESOLVED_MAX - base.n)
        return reference;
    struct text t = { arena_alloc(a, base.n + reference.n + 1), 0 };
    if (!t.p)
        return reference;

    url_put(&t, b.scheme);
    put_part(&t, "://", r.authority.p ? r.authority : b.authority);
    size_t path = t.n;
    if (r.authority.p || (r.path.n && r.path.p[0] == '/')) {
        url_put(&t, r.path);
        remove_dot_segments(&t, path);
    } else if (r.path.n) {
        put_merged(&t, &b, &r);
        remove_dot_segments(&t, path);
    } else {
        url_put(&t, b.path);
        if (!r.query.p)
            r.query = b.query;
    }
    put_part(&t, "?", r.query);
    put_part(&t, "#", r.fragment);
    return slice_of(t.p, t.n);
}

/* Encoded in a path; in a query those above 1 alone. */
static const uint8_t unsafe[256] = {
    [0 ... ' '] = 2, ['"'] = 2, ['<'] = 2, ['>'] = 2, ['`'] = 1, ['{'] = 1, ['}'] = 1, [0x7f] = 2,
};

struct slice url_as_sent(struct arena *a, struct slice url)
{
    static const char digits[] = "0123456789ABCDEF";
    while (url.n && url.p[0] <= ' ')
        url = slice_from(url, 1);
    while (url.n && url.p[url.n - 1] <= ' ')
        url.n--;
    uint8_t *p = url.n < SIZE_MAX / 3 ? arena_take(a, url.n * 3 + 1) : NULL;
    size_t n = 0;
    unsigned least = 1;
    for (size_t i = 0; p && i < url.n; i++) {
        uint8_t c = url.p[i];
        if (c == '?' || c == '#')
            least = 2;
        if (c == '\\' && least == 1)
            c = '/';
        if (c == '\t' || c == '\n' || c == '\r')
            continue;
        if (unsafe[c] >= least) {
            p[n++] = '%';
            p[n++] = (uint8_t)digits[c >> 4];
            p[n++] = (uint8_t)digits[c & 15];
        } else {
            p[n++] = c;
        }
    }
    return slice_of(p, n);
}
