/* SPDX-License-Identifier: Apache-2.0 */
/* xml_write.c - XML 1.0 (fifth edition), Namespaces in XML 1.0.
 *
 * Limits: XML_WRITE_DEPTH_MAX, NAMES_MAX, the limit of the caller's buffer. */
#include "syntax/xml_write.h"

#define NAMES_MAX (64u << 10) /* bytes of the names of all open elements */

void xml_write_init(struct xml_write *w, struct buf *out)
{
    *w = (struct xml_write){ .out = out };
    buf_init(&w->names, NAMES_MAX);
}

void xml_write_free(struct xml_write *w)
{
    buf_free(&w->names);
}

enum optout_rc xml_write_text(struct xml_write *w, struct slice s)
{
    size_t from = 0;
    if (s.n == 0)
        return w->out->failed;
    for (size_t i = 0; i < s.n; i++) {
        const char *as = s.p[i] == '&'    ? "&amp;"
                         : s.p[i] == '<'  ? "&lt;"
                         : s.p[i] == '>'  ? "&gt;"
                         : s.p[i] == '"'  ? "&quot;"
                         : s.p[i] == '\r' ? "&#13;"
                                          : NULL;
        if (!as)
            continue;
        (void)buf_append(w->out, s.p + from, i - from);
        (void)buf_puts(w->out, as);
        from = i + 1;
    }
    (void)buf_append(w->out, s.p + from, s.n - from);
    return w->out->failed;
}

static void write_put(struct xml_write *w, struct slice s)
{
    (void)buf_append(w->out, s.p, s.n);
}

static void attribute(struct xml_write *w, const struct xml_attr *a, size_t n)
{
    static const struct slice xml = SLICE("http://www.w3.org/XML/1998/namespace");
    bool is_xml = slice_eq(a->ns, xml);
    if (a->ns.n && !is_xml) {
        (void)buf_printf(w->out, " xmlns:a%zu=\"", n);
        (void)xml_write_text(w, a->ns);
        (void)buf_printf(w->out, "\" a%zu:", n);
    } else {
        (void)buf_puts(w->out, is_xml ? " xml:" : " ");
    }
    write_put(w, a->name);
    (void)buf_puts(w->out, "=\"");
    (void)xml_write_text(w, a->value);
    (void)buf_putc(w->out, '"');
}

enum optout_rc xml_write_open(struct xml_write *w, const struct xml_element *e)
{
    if (w->depth == XML_WRITE_DEPTH_MAX && w->out->failed == OPTOUT_OK)
        w->out->failed = OPTOUT_E_LIMIT;
    else if (buf_append(&w->names, e->name.p, e->name.n) != OPTOUT_OK)
        w->out->failed = w->names.failed;
    if (w->out->failed != OPTOUT_OK)
        return w->out->failed;
    w->length[w->depth++] = e->name.n;
    (void)buf_putc(w->out, '<');
    write_put(w, e->name);
    (void)buf_puts(w->out, " xmlns=\"");
    (void)xml_write_text(w, e->ns);
    (void)buf_putc(w->out, '"');
    for (size_t i = 0; i < e->n_attr; i++)
        attribute(w, &e->attr[i], i);
    (void)buf_putc(w->out, '>');
    return w->out->failed;
}

enum optout_rc xml_write_close(struct xml_write *w)
{
    if (w->out->failed != OPTOUT_OK || w->depth == 0)
        return w->out->failed;
    size_t n = w->length[--w->depth];
    w->names.n -= n;
    (void)buf_puts(w->out, "</");
    (void)buf_append(w->out, w->names.p + w->names.n, n);
    (void)buf_putc(w->out, '>');
    return w->out->failed;
}
