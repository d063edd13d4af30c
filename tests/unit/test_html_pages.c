/* SPDX-License-Identifier: Apache-2.0 */
/* test_html_pages.c - real pages, and real pages into which one tag was put,
 * against the reading of a full HTML parser: the metas named robots, tdm-* or
 * after a crawler and the links that name a licence must be the same ones, in
 * the same order, with the same content, in the same part of the page. No
 * difference is known or allowed; what a template holds is in no page. */
#include "unit.h"

#include "page/html.h"

#include <jansson.h>
#include <unistd.h>

static const char *const crawlers[] = {
    "robots",    "googlebot", "googlebot-news", "googlebot-image", "bingbot", "gptbot",
    "ccbot",     "slurp",     "msnbot",         "anthropic-ai",    "claudebot",
    "yandex",    "baiduspider",
};

static json_t *text_of(struct slice s)
{
    json_t *t = json_stringn((const char *)s.p, s.n);
    if (t)
        return t;
    char *latin = malloc(2 * s.n + 1); /* a page in windows-1252 or the like */
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] >= 0x80)
            latin[n++] = (char)(0xC0 | s.p[i] >> 6);
        latin[n++] = (char)(s.p[i] < 0x80 ? s.p[i] : 0x80 | (s.p[i] & 0x3F));
    }
    t = json_stringn_nocheck(latin, n);
    free(latin);
    return t;
}

static bool is_robot_name(struct slice name)
{
    if (slice_starts_nocase(name, SLICE_OF("tdm-")))
        return true;
    for (size_t i = 0; i < sizeof crawlers / sizeof crawlers[0]; i++)
        if (slice_eq_nocase(name, slice_cstr(crawlers[i])))
            return true;
    return false;
}

static json_t *lower(struct slice s)
{
    uint8_t low[128];
    assert_true(s.n < sizeof low);
    for (size_t i = 0; i < s.n; i++)
        low[i] = ascii_lower(s.p[i]);
    return text_of(slice_of(low, s.n));
}

struct page {
    json_t *meta, *links;
};

static bool has_license(struct slice rel)
{
    struct slice word, want = SLICE_OF("license");
    while (slice_split(&rel, ' ', &word))
        if (slice_eq_nocase(slice_trim_space(word), want))
            return true;
    return false;
}

static void on_page(void *ctx, const struct page_statement *s)
{
    struct page *page = ctx;
    struct slice name = slice_trim_space(page_attr(s, "name")), rel = page_attr(s, "rel");
    assert_false(s->cut);
    if (!name.n)
        name = slice_trim_space(page_attr(s, "property"));
    if (s->kind == PAGE_META && is_robot_name(name)) {
        struct slice content = page_attr(s, "content"), value = page_attr(s, "value");
        json_t *meta = json_pack("{s:o,s:o,s:b}", "name", lower(name), "content",
                                 content.p ? text_of(content) : json_pack("n"), "in_head",
                                 (int)s->in_head);
        if (!content.p && value.p)
            json_object_set_new(meta, "value", text_of(value));
        json_array_append_new(page->meta, meta);
    } else if ((s->kind == PAGE_LINK || s->kind == PAGE_ANCHOR) && has_license(rel)) {
        struct slice href = page_attr(s, "href");
        json_array_append_new(page->links,
                              json_pack("{s:o,s:o}", "rel", text_of(rel), "href",
                                        href.p ? text_of(href) : json_pack("n")));
    }
}

static void scan(const char *path, struct page *page, size_t piece)
{
    size_t n;
    uint8_t *bytes = test_read_file(path, &n);
    struct slice in = slice_of(bytes, n);
    struct arena a = test_arena();
    struct html_options o = { .page = on_page, .ctx = page };
    struct html *h = html_open(&a, &o);
    page->meta = json_array();
    page->links = json_array();
    while (in.n) {
        struct slice part = slice_sub(in, 0, piece);
        assert_true(html_feed(h, part) >= 0);
        in = slice_from(in, part.n);
    }
    assert_int_equal(html_end(h), OPTOUT_DONE);
    arena_reset(&a);
    free(bytes);
}

/* The labels list what templates hold, and the kinds of links by name. */
static void as_we_say_it(json_t *label)
{
    size_t i;
    json_t *links = json_object_get(label, "links"), *meta = json_object_get(label, "meta");
    for (i = 0; i < json_array_size(links); i++)
        json_object_del(json_array_get(links, i), "tag");
    for (i = json_array_size(meta); i-- > 0;)
        if (json_is_true(json_object_get(json_array_get(meta, i), "in_template")))
            json_array_remove(meta, i);
}

static bool same(json_t *got, json_t *want, const char *file, const char *what)
{
    if (json_equal(got, want))
        return true;
    char *g = json_dumps(got, JSON_COMPACT), *w = json_dumps(want, JSON_COMPACT);
    fprintf(stderr, "%s: %s\n  got  %s\n  want %s\n", file, what, g, w);
    free(g);
    free(w);
    return false;
}

static void pages_agree(void **state)
{
    (void)state;
    const char *corpus = getenv("OPTOUT_CORPUS");
    char path[4096], line[65536];
    snprintf(path, sizeof path, "%s/html/expected.jsonl", corpus ? corpus : "");
    FILE *f = fopen(path, "r");
    if (!f)
        fail_msg("cannot open %s", path);
    unsigned pages = 0, metas = 0, links = 0, wrong = 0;
    while (fgets(line, sizeof line, f)) {
        json_error_t error;
        json_t *label = json_loads(line, 0, &error);
        assert_non_null(label);
        const char *file = json_string_value(json_object_get(label, "file"));
        struct page whole, pieces;
        snprintf(path, sizeof path, "%s/%s", corpus, file);
        scan(path, &whole, SIZE_MAX);
        scan(path, &pieces, 13);
        as_we_say_it(label);
        json_t *meta = json_object_get(label, "meta");
        bool ok = same(pieces.meta, whole.meta, file, "meta, fed in pieces") &&
                  same(pieces.links, whole.links, file, "links, fed in pieces");
        ok = same(whole.meta, meta, file, "meta") && ok;
        ok = same(whole.links, json_object_get(label, "links"), file, "links") && ok;
        pages++;
        metas += (unsigned)json_array_size(whole.meta);
        links += (unsigned)json_array_size(whole.links);
        wrong += !ok;
        json_decref(whole.meta);
        json_decref(whole.links);
        json_decref(pieces.meta);
        json_decref(pieces.links);
        json_decref(label);
    }
    fclose(f);
    fprintf(stderr, "%u pages, %u metas, %u licence links, %u pages disagree\n", pages, metas,
            links, wrong);
    assert_true(pages > 0);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(pages_agree) };
    const char *corpus = getenv("OPTOUT_CORPUS");
    char path[4096];
    snprintf(path, sizeof path, "%s/html/expected.jsonl", corpus ? corpus : "");
    if (access(path, R_OK) != 0) {
        printf("1..0 # SKIP no html/expected.jsonl: OPTOUT_CORPUS is %s\n",
               corpus ? corpus : "not set");
        return 0;
    }
    return cmocka_run_group_tests_name("html pages", tests, NULL, NULL);
}
