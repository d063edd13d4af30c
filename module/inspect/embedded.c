/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/embedded.h"

typedef void image_visit(void *ctx, struct slice reference);

/* Pictures that stand in the page itself are nobody's later request. */
static bool is_inline(struct slice url)
{
    return slice_starts_nocase(url, SLICE_OF("data:")) || slice_starts_nocase(url, SLICE_OF("blob:"));
}

static void tell(struct slice url, bool cut, image_visit *image, void *ctx)
{
    url = slice_trim_space(url);
    if (url.n && !is_inline(url))
        image(ctx, cut ? SLICE_EMPTY : url);
}

/* HTML section 4.8.4.2.1, image candidate strings: a URL without blanks, then descriptors up to
 * a comma outside of parentheses. Of a list that is cut the last one is not whole. */
static void tell_set(struct slice s, bool cut, image_visit *image, void *ctx)
{
    size_t i = 0;
    while (i < s.n) {
        while (i < s.n && (ascii_is_space(s.p[i]) || s.p[i] == ','))
            i++;
        size_t from = i, depth = 0;
        while (i < s.n && !ascii_is_space(s.p[i]))
            i++;
        bool last = cut && i == s.n;
        size_t end = i;
        while (end > from && s.p[end - 1] == ',')
            end--;
        tell(slice_sub(s, from, end - from), last, image, ctx);
        bool described = end == i;
        for (; described && i < s.n && (s.p[i] != ',' || depth); i++)
            depth = s.p[i] == '(' ? 1 : s.p[i] == ')' ? 0 : depth;
    }
}

static void tell_attr(const struct page_statement *s, const char *name, image_visit *image, void *ctx)
{
    tell(page_attr(s, name), page_attr_cut(s, name), image, ctx);
}

static void tell_attr_set(const struct page_statement *s, const char *name, image_visit *image,
                          void *ctx)
{
    tell_set(page_attr(s, name), page_attr_cut(s, name), image, ctx);
}

static bool is_preview(const struct page_statement *s)
{
    static const struct slice names[] = { SLICE("og:image"), SLICE("og:image:url"),
                                          SLICE("og:image:secure_url"), SLICE("twitter:image"),
                                          SLICE("twitter:image:src") };
    struct slice name = page_attr(s, "property");
    name = slice_trim_space(name.n ? name : page_attr(s, "name"));
    for (size_t i = 0; name.n && i < sizeof names / sizeof *names; i++)
        if (slice_eq_nocase(name, names[i]))
            return true;
    return slice_eq_nocase(page_attr(s, "itemprop"), SLICE_OF("image"));
}

void embedded_images(const struct page_statement *s, image_visit *image, void *ctx)
{
    static const char *const one[] = { "poster", "href", "xlink:href" };
    static const char *const sets[] = { "srcset", "imagesrcset", "data-srcset" };
    if (s->kind == PAGE_META && is_preview(s))
        tell_attr(s, "content", image, ctx);
    if (s->kind != PAGE_IMAGE)
        return;
    if (!s->of_media) {
        tell_attr(s, "src", image, ctx);
        tell_attr(s, "data-src", image, ctx);
    }
    for (size_t i = 0; i < sizeof one / sizeof *one; i++)
        tell_attr(s, one[i], image, ctx);
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        tell_attr_set(s, sets[i], image, ctx);
    if (s->attrs_cut)
        image(ctx, SLICE_EMPTY);
}
