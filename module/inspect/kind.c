/* SPDX-License-Identifier: Apache-2.0 */
/* kind.c - types and first bytes, MIME Sniffing sections 5 and 7.
 *
 * Limits: FORMAT_SNIFF first bytes, SNIFF_OTHER of types that no format reads. */
#include "inspect/kind.h"

#include "core/packet.h"
#include "formats/format.h"
#include "http/media_type.h"

#define SNIFF_OTHER 64 /* bytes looked at of types that only lie when they hold a file */

static bool type_is_one_of(struct slice type, const char *const *names)
{
    for (; *names; names++)
        if (slice_eq(type, slice_cstr(*names)))
            return true;
    return false;
}

/* Texts of programs and data: no reservation is written in them. */
static bool is_unread_text(struct slice type)
{
    static const char *const unread[] = {
        "text/css", "text/javascript", "text/ecmascript", "text/csv", "text/event-stream",
        "text/vtt", "text/calendar", "text/tab-separated-values", NULL
    };
    return type_is_one_of(type, unread);
}

/* MIME Sniffing section 5: types that servers send when they do not know, and those of
 * files, which may be an error page as well. */
static enum page_hint hint_for(struct slice type)
{
    static const char *const untold[] = {
        "", "unknown/unknown", "application/unknown", "*/*", "application/octet-stream",
        "binary/octet-stream", "application/x-unknown-content-type", "text/xml",
        "application/xml", NULL
    };
    static const struct slice text = SLICE("text/");
    if (slice_eq(type, SLICE_OF("text/html")))
        return PAGE_HTML;
    if (slice_eq(type, SLICE_OF("application/xhtml+xml")))
        return PAGE_XHTML;
    if (type_is_one_of(type, untold))
        return PAGE_IF_IT_LOOKS_LIKE_ONE;
    const struct format *f = slice_starts_nocase(type, text) ? NULL : format_of_type(type);
    return f ? PAGE_IF_IT_LOOKS_LIKE_ONE : PAGE_NEVER;
}

static struct slice lower(struct arena *a, struct slice s)
{
    struct slice copy = arena_copy(a, s, PACKET_WHERE_MAX);
    for (size_t k = 0; k < copy.n; k++)
        ((uint8_t *)(uintptr_t)copy.p)[k] = ascii_lower(copy.p[k]);
    return copy;
}

bool kind_of_head(struct body_kind *k, const struct exchange *x, struct arena *arena)
{
    const struct header *type = headers_find(&x->response, "content-type");
    struct media_type t = media_type_parse(type ? type->value : SLICE_EMPTY);
    k->charset = t.charset;
    k->declared = lower(arena, t.essence);
    k->file = is_unread_text(k->declared) ? SLICE_EMPTY : k->declared;
    k->page = hint_for(k->declared);
    k->read = k->page != PAGE_NEVER || (k->file.n && format_of_type(k->file));
    k->sniff_max = k->read ? FORMAT_SNIFF : SNIFF_OTHER;
    return k->declared.p != NULL;
}

bool kind_begins_page(const struct body_kind *k, struct slice head)
{
    static const struct slice mark = SLICE("\xEF\xBB\xBF");
    if (k->page < PAGE_HTML)
        return false;
    if (slice_eq(slice_sub(head, 0, mark.n), mark))
        head = slice_from(head, mark.n);
    while (head.n && ascii_is_space(head.p[0]))
        head = slice_from(head, 1);
    return slice_begins(head, '<');
}

bool kind_is_page(const struct body_kind *k, struct slice head)
{
    return k->page >= PAGE_HTML ||
           (k->page == PAGE_IF_IT_LOOKS_LIKE_ONE && media_sniff_html(head));
}

bool kind_is_middle(const struct exchange *x)
{
    const struct header *h = headers_find(&x->response, "content-range");
    static const struct slice front = SLICE("bytes 0-");
    const struct header *type = headers_find(&x->response, "content-type");
    if (type && slice_starts_nocase(type->value, SLICE_OF("multipart/")))
        return false; /* several, each with a head of its own */
    return x->status == 206 && !(h && slice_starts_nocase(h->value, front));
}
