/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_html.c - the first byte sets the options, images among them, the rest is the page. What is
 * reported must be the same however the page is cut, and keep its promises. Whole pages are
 * run over by html_calm.c where there is AVX2, pieces of a byte never. */
#include "page/html.h"

#include <stdlib.h>

#define ARENA_MAX (1u << 20)

struct digest {
    uint64_t hash;
    uint64_t last;
    uint64_t size; /* of the page */
    bool utf8;
};

static void add(struct digest *d, const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    for (size_t i = 0; i < n; i++)
        d->hash = (d->hash ^ p[i]) * 0x100000001B3u;
    d->hash = (d->hash ^ n) * 0x100000001B3u;
}

static void check(bool ok)
{
    if (!ok)
        abort();
}

static bool is_utf8(struct slice s)
{
    for (size_t i = 0; i < s.n;) {
        uint8_t c = s.p[i++];
        size_t more = c < 0x80 ? 0 : c < 0xC2 ? 4 : c < 0xE0 ? 1 : c < 0xF0 ? 2 : c < 0xF5 ? 3 : 4;
        if (more == 4 || more > s.n - i)
            return false;
        for (; more; more--)
            if ((s.p[i++] & 0xC0) != 0x80)
                return false;
    }
    return true;
}

static void on_page(void *ctx, const struct page_statement *s)
{
    struct digest *d = ctx;
    check(s->n_attr <= PAGE_ATTRS_MAX && s->text.n <= PAGE_SCRIPT_MAX);
    check(s->offset < d->size && s->offset >= d->last);
    d->last = s->offset;
    add(d, &s->kind, sizeof s->kind);
    add(d, &s->offset, sizeof s->offset);
    uint8_t flags = (uint8_t)(s->in_head | s->in_noscript << 1 | s->cut << 2 |
                              (s->lenient != NULL) << 3);
    add(d, &flags, 1);
    for (size_t i = 0; i < s->n_attr; i++) {
        check(s->attr[i].name.n > 0 && s->attr[i].value.n <= PAGE_VALUE_MAX && s->attr[i].value.p);
        check(!d->utf8 || (is_utf8(s->attr[i].name) && is_utf8(s->attr[i].value)));
        add(d, s->attr[i].name.p, s->attr[i].name.n);
        add(d, s->attr[i].value.p, s->attr[i].value.n);
        for (size_t k = 0; k < i; k++)
            check(!slice_eq(s->attr[i].name, s->attr[k].name));
    }
    add(d, s->text.p, s->text.n);
}

static struct digest scan(struct slice page, uint8_t options, size_t piece)
{
    static const char *const charsets[4] = { "", "utf-8", "utf-16le", "iso-2022-jp" };
    struct arena a;
    struct digest d = { 14695981039346656037u, 0, page.n, (options >> 2 & 3) == 2 };
    /* A byte order mark beats the label. */
    if (page.n >= 3 && page.p[0] == 0xEF && page.p[1] == 0xBB && page.p[2] == 0xBF)
        d.utf8 = false;
    /* Bytes that are plainly none of it beat it too. */
    if (page.n && !memchr(page.p, 0, page.n < 1024 ? page.n : 1024))
        d.utf8 = false;
    struct html_options o = { .xml = options & 1,
                              .head_only = options & 2,
                              .charset = slice_cstr(charsets[options >> 2 & 3]),
                              .page = on_page,
                              .ctx = &d };
    arena_init(&a, ARENA_MAX, NULL, 0);
    struct html *h = html_open(&a, &o);
    check(h != NULL);
    if (options & 0x80)
        html_report_images(h);
    enum optout_rc rc = OPTOUT_MORE;
    while (page.n && rc == OPTOUT_MORE) {
        struct slice part = slice_sub(page, 0, piece);
        uint8_t *copy = malloc(part.n); /* so that no byte beyond it is read */
        check(copy != NULL);
        memcpy(copy, part.p, part.n);
        rc = html_feed(h, slice_of(copy, part.n));
        free(copy);
        page = slice_from(page, part.n);
    }
    check(rc >= 0 && html_end(h) == OPTOUT_DONE);
    bool closed = html_head_closed(h);
    add(&d, &closed, sizeof closed);
    arena_reset(&a);
    return d;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct slice page = slice_of(data + 1, size - 1);
    struct digest whole = scan(page, data[0], SIZE_MAX);
    check(scan(page, data[0], 1).hash == whole.hash);
    check(scan(page, data[0], 2 + (data[0] >> 4)).hash == whole.hash);
    return 0;
}
