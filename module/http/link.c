/* SPDX-License-Identifier: Apache-2.0 */
/* link.c - Link, RFC 8288 section 3, by the algorithm of its appendix B.2.
 *
 * Limits: none of its own; links are read one by one, values may be as long as the line.
 *
 * Of the parameters only those that we read are kept, each in its first
 * occurrence (sections 3.2 to 3.4); the list syntax allows empty elements. */
#include "http/link.h"

static bool is_ows(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static void skip_ows(struct slice *in)
{
    while (in->n && is_ows(in->p[0]))
        *in = slice_from(*in, 1);
}

/* Cuts off everything before the first of the bytes in `stops`. */
static struct slice take_until(struct slice *in, const char *stops)
{
    size_t n = 0;
    while (n < in->n && (in->p[n] == 0 || !strchr(stops, in->p[n])))
        n++;
    struct slice piece = slice_sub(*in, 0, n);
    *in = slice_from(*in, n);
    return piece;
}

/* Appendix B.4, without the opening quote. A string that never ends is taken
 * to the end of the line and OPTOUT_E_SYNTAX. */
static enum optout_rc take_quoted(struct arena *a, struct slice *in, struct slice *out)
{
    size_t n = 0, escapes = 0;
    while (n < in->n && in->p[n] != '"') {
        if (in->p[n] == '\\' && n + 1 < in->n) {
            escapes++;
            n++;
        }
        n++;
    }
    *out = slice_sub(*in, 0, n);
    enum optout_rc rc = n < in->n ? OPTOUT_OK : OPTOUT_E_SYNTAX;
    *in = slice_from(*in, n + 1);
    if (escapes == 0)
        return rc;
    uint8_t *to = arena_alloc(a, n);
    if (!to)
        return OPTOUT_E_NOMEM;
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (out->p[i] == '\\' && i + 1 < n)
            i++;
        to[kept++] = out->p[i];
    }
    *out = slice_of(to, kept);
    return rc;
}

/* The place where a parameter's value is kept, or NULL for those not read. */
static struct slice *parameter_slot(struct link_value *link, struct slice name)
{
    if (slice_eq_nocase(name, SLICE_OF("rel")))
        return &link->rel;
    if (slice_eq_nocase(name, SLICE_OF("type")))
        return &link->type;
    if (slice_eq_nocase(name, SLICE_OF("anchor")))
        return &link->anchor;
    return NULL;
}

/* Appendix B.3: parameters up to a comma or the end of the line. */
static enum optout_rc take_parameters(struct arena *a, struct slice *in, struct link_value *link)
{
    for (;;) {
        skip_ows(in);
        if (slice_empty(*in) || slice_begins(*in, ','))
            return OPTOUT_OK;
        if (!slice_take(in, ';'))
            return OPTOUT_E_SYNTAX;
        skip_ows(in);
        struct slice name = take_until(in, " \t=;,");
        struct slice value = slice_sub(*in, 0, 0);
        enum optout_rc rc = OPTOUT_OK;
        skip_ows(in);
        if (slice_take(in, '=')) {
            skip_ows(in);
            if (slice_take(in, '"'))
                rc = take_quoted(a, in, &value);
            else
                value = slice_trim_ows(take_until(in, ";,"));
        }
        struct slice *slot = parameter_slot(link, name);
        if (slot && slot->p == NULL && rc != OPTOUT_E_NOMEM)
            *slot = value;
        if (rc != OPTOUT_OK)
            return rc;
    }
}

enum optout_rc link_next(struct arena *a, struct slice *in, struct link_value *link)
{
    *link = (struct link_value){ .target = SLICE_EMPTY };
    do
        skip_ows(in);
    while (slice_take(in, ','));
    if (slice_empty(*in))
        return OPTOUT_DONE;
    if (!slice_take(in, '<'))
        return OPTOUT_E_SYNTAX;
    struct slice target = slice_sub(*in, 0, slice_find(*in, '>'));
    if (target.n == in->n)
        return OPTOUT_E_SYNTAX;
    link->target = target;
    *in = slice_from(*in, target.n + 1);
    return take_parameters(a, in, link);
}

bool link_rel_has(struct slice rel, const char *type)
{
    struct slice wanted = slice_cstr(type);
    for (size_t i = 0; i < rel.n;) {
        size_t from = i;
        while (i < rel.n && !ascii_is_space(rel.p[i]))
            i++;
        if (i > from && slice_eq_nocase(slice_sub(rel, from, i - from), wanted))
            return true;
        i++;
    }
    return false;
}
