/* SPDX-License-Identifier: Apache-2.0 */
/* headers.c - field lines of a message head, RFC 9112 section 5.
 *
 * Limits: HEADERS_MAX lines. A line may be as long as the head. */
#include "http/headers.h"

static bool is_ows(uint8_t c)
{
    return c == ' ' || c == '\t';
}

/* Names are not held to the token grammar, since a proxy may let odd ones
 * through, but white space and controls inside one mean that the line is
 * something else: a start line, or the rest of a broken field. */
static bool name_plausible(struct slice name)
{
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] <= ' ' || name.p[i] == 0x7F)
            return false;
    return name.n > 0;
}

/* Length of the line end at `at` (LF or CRLF) when white space follows, which
 * makes it an obs-fold; else 0. */
static size_t fold_at(struct slice s, size_t at)
{
    size_t i = at;
    if (i < s.n && s.p[i] == '\r')
        i++;
    if (i + 1 < s.n && s.p[i] == '\n' && is_ows(s.p[i + 1]))
        return i + 1 - at;
    return 0;
}

/* obs-fold = OWS CRLF RWS (RFC 9112 section 5.2), each replaced by one SP. */
static enum optout_rc unfold(struct arena *arena, struct slice *value)
{
    struct slice s = *value;
    size_t first = slice_find(s, '\n'); /* nearly always none */
    if (first > 0 && first < s.n && s.p[first - 1] == '\r')
        first--;
    while (first < s.n && fold_at(s, first) == 0)
        first++;
    if (first == s.n)
        return OPTOUT_OK;
    uint8_t *to = arena_alloc(arena, s.n);
    if (!to)
        return OPTOUT_E_NOMEM;
    size_t n = 0;
    for (size_t i = 0; i < s.n;) {
        size_t fold = fold_at(s, i);
        if (fold == 0) {
            to[n++] = s.p[i++];
            continue;
        }
        while (n && is_ows(to[n - 1]))
            n--;
        to[n++] = ' ';
        for (i += fold; i < s.n && is_ows(s.p[i]);)
            i++;
    }
    *value = slice_of(to, n);
    return OPTOUT_OK;
}

enum optout_rc headers_reserve(struct headers *h, struct arena *arena, size_t lines)
{
    if (lines > HEADERS_MAX)
        lines = HEADERS_MAX;
    if (lines < h->n)
        lines = h->n;
    struct header *v = arena_array(arena, lines, sizeof *v);
    if (!v)
        return OPTOUT_E_NOMEM;
    if (h->n)
        memcpy(v, h->v, h->n * sizeof *v);
    h->v = v;
    return OPTOUT_OK;
}

enum optout_rc headers_append(struct headers *h, struct arena *arena, struct slice line)
{
    size_t colon = slice_find(line, ':');
    struct slice name = slice_trim_ows(slice_sub(line, 0, colon));
    if (colon == line.n || is_ows(line.p[0]) || !name_plausible(name))
        return OPTOUT_E_SYNTAX;
    if (h->n >= HEADERS_MAX)
        return OPTOUT_E_LIMIT;
    struct slice value = slice_from(line, colon + 1);
    enum optout_rc rc = unfold(arena, &value);
    if (rc == OPTOUT_OK)
        h->v[h->n++] = (struct header){ name, slice_trim_ows(value) };
    return rc;
}

/* Cuts the next line, with all that is folded onto it, off the front. */
static bool next_line(struct slice *rest, struct slice *line)
{
    size_t end = 0;
    if (slice_empty(*rest))
        return false;
    for (;;) {
        end += slice_find(slice_from(*rest, end), '\n');
        if (end + 1 >= rest->n || end == 0 || !is_ows(rest->p[end + 1]))
            break;
        if (end == 1 && rest->p[0] == '\r') /* the empty line folds nothing */
            break;
        end++;
    }
    *line = slice_sub(*rest, 0, end);
    if (line->n && line->p[line->n - 1] == '\r')
        line->n--;
    *rest = slice_from(*rest, end + 1);
    return line->n > 0;
}

enum optout_rc headers_parse(struct headers *h, struct arena *arena, struct slice block)
{
    struct slice rest = block, line;
    size_t lines = 0;
    *h = (struct headers){ NULL, 0 };
    while (lines < HEADERS_MAX && next_line(&rest, &line))
        lines++;
    enum optout_rc rc = headers_reserve(h, arena, lines);
    rest = block;
    while (rc == OPTOUT_OK && next_line(&rest, &line)) {
        rc = headers_append(h, arena, line);
        if (rc == OPTOUT_E_SYNTAX)
            rc = OPTOUT_OK;
    }
    return rc;
}

const struct header *headers_next(const struct headers *h, const char *name, size_t *i)
{
    struct slice wanted = slice_cstr(name);
    while (*i < h->n) {
        const struct header *line = &h->v[(*i)++];
        if (slice_eq_nocase(line->name, wanted))
            return line;
    }
    return NULL;
}

const struct header *headers_find(const struct headers *h, const char *name)
{
    size_t i = 0;
    return headers_next(h, name, &i);
}

bool headers_list_has(const struct headers *h, const char *name, const char *word)
{
    const struct header *line;
    for (size_t i = 0; (line = headers_next(h, name, &i)) != NULL;) {
        struct slice rest = line->value, piece;
        while (slice_split(&rest, ',', &piece))
            if (slice_eq_nocase(slice_trim_ows(piece), slice_cstr(word)))
                return true;
    }
    return false;
}

struct slice headers_join(const struct headers *h, struct arena *arena, const char *name)
{
    const struct header *line, *first = NULL;
    size_t lines = 0, bytes = 0;
    for (size_t i = 0; (line = headers_next(h, name, &i)) != NULL; lines++) {
        if (!first)
            first = line;
        bytes += line->value.n + 2;
    }
    if (lines < 2)
        return first ? first->value : SLICE_EMPTY;
    uint8_t *to = arena_alloc(arena, bytes);
    if (!to)
        return SLICE_EMPTY;
    size_t n = 0;
    for (size_t i = 0; (line = headers_next(h, name, &i)) != NULL;) {
        if (line != first) {
            to[n++] = ',';
            to[n++] = ' ';
        }
        if (line->value.n)
            memcpy(to + n, line->value.p, line->value.n);
        n += line->value.n;
    }
    return slice_of(to, n);
}
