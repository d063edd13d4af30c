/* SPDX-License-Identifier: Apache-2.0 */
/* test_schema_org.c - standards/schema_org.c, json_ld.c: what is told of whom, what is mended, and
 * what nobody could read. The vectors have what it means. */
#include "unit.h"

#include "core/buf.h"
#include "standards/schema_org.h"

#include <stdlib.h>

struct seen {
    struct buf text; /* "name=value" of each property; '~' of a part, '@URL' of an image, '!' of
                        what may only deny */
};

static void on_property(void *ctx, const struct property *p)
{
    struct seen *s = ctx;
    assert_int_equal(p->carrier, CARRIER_HTML);
    assert_true(p->value.n > 0 && p->ns.n > 0);
    assert_int_equal(buf_printf(&s->text, "%.*s%s%s=%.*s%s%.*s;", SLICE_FMT(p->name),
                                p->nested ? "~" : "", p->role == PACKET_SALVAGED ? "!" : "",
                                SLICE_FMT(p->value), p->of_image ? "@" : "",
                                SLICE_FMT(p->image)), OPTOUT_OK);
}

/* Returns whether something was left unread. */
static bool read_script(struct slice text, struct seen *s)
{
    static const struct page_attr type = { .name = SLICE("type"), .value = SLICE("application/ld+json") };
    static const struct exchange x = { .url = SLICE("https://a.test/d/page?x=1") };
    struct arena arena = test_arena();
    struct signals out;
    uint8_t *copy = malloc(text.n ? text.n : 1); /* exact: what is read beyond it is seen */
    assert_non_null(copy);
    memcpy(copy, text.p, text.n);
    signals_init(&out, &arena);
    buf_init(&s->text, 1u << 20);
    const struct page_statement script = { .kind = PAGE_SCRIPT, .attr = &type, .n_attr = 1,
                                           .text = slice_of(copy, text.n), .in_head = true };
    const struct hook_input r = { .x = &x, .out = &out };
    schema_org_read(&script, &r, on_property, s);
    free(copy);
    arena_reset(&arena);
    return out.overflow;
}

struct row {
    const char *text, *expected;
    bool unread;
};

static void check(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct seen s;
        bool unread = read_script(slice_cstr(rows[i].text), &s);
        if (unread != rows[i].unread)
            fail_msg("%s: %s", rows[i].text, unread ? "unread" : "read");
        if (!slice_eq(buf_slice(&s.text), slice_cstr(rows[i].expected)))
            fail_msg("%s: %.*s", rows[i].text, SLICE_FMT(buf_slice(&s.text)));
        buf_free(&s.text);
    }
}
#define CHECK(rows) check(rows, sizeof rows / sizeof *rows)

static void values(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "{\"license\":\"l\"}", "license=l;", false },
        { "[{\"license\":[\"l\",\"m\"]}]", "license=l;license=m;", false },
        { "{\"license\":{\"@type\":\"CreativeWork\",\"url\":\"u\",\"name\":\"n\"}}",
          "license=u;license=n;", false },
        { "{\"license\":{\"@value\":\"v\",\"@language\":\"en\"}}", "license=v;", false },
        { "{\"schema:license\":{\"@id\":\"i\"}}", "license=i;", false },
        { "{\"https://schema.org/usageInfo\":\"u\"}", "usageInfo=u;", false },
        { "{\"http://other.test/license\":\"u\"}", "", false },
        { "{\"other:license\":\"u\"}", "", false },
        { "{\"tdm:reservation\":1}", "reservation=1;", false },
        { "{\"plus:DataMining\":\"plus:DMI-PROHIBITED\"}", "DataMining=DMI-PROHIBITED;", false },
        { "{\"license\":null,\"usageInfo\":{},\"creditText\":[]}", "", false },
        { "{\"license\":\"https://a.test/license.xml?x\"}",
          "license=https://a.test/license.xml?x;", false },
        { "{\"license\":\"\\u00e9\\ud83d\\ude00\\n\\\"x\",\"k\\u20acy\":\"\\\\\"}",
          "license=\xc3\xa9\xf0\x9f\x98\x80\n\"x;", false },
        { "\xef\xbb\xbf{\"license\":\"l\"}", "license!=l;", false },
    };
    CHECK(rows);
}

static void whom_it_is_about(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "{\"@type\":\"Article\",\"url\":\"https://a.test/d/page\",\"license\":\"l\"}", "license=l;",
          false },
        { "{\"@type\":\"Article\",\"url\":\"https://www.a.test/d/page/#x\",\"license\":\"l\"}",
          "license=l;", false },
        { "{\"@type\":\"Article\",\"url\":\"https://a.test/d\",\"license\":\"l\"}", "license=l;", false },
        { "{\"@type\":\"Article\",\"url\":\"https://a.test/d/pag\",\"license\":\"l\"}", "license~=l;",
          false },
        { "{\"@type\":\"Article\",\"url\":\"https://b.test/d/page\",\"license\":\"l\"}", "license~=l;",
          false },
        { "{\"@type\":\"Article\",\"mainEntityOfPage\":{\"@id\":\"https://a.test/e\"},\"license\":\"l\"}",
          "license~=l;", false },
        { "{\"@type\":\"WebSite\",\"url\":\"https://b.test/\",\"license\":\"l\"}", "license=l;", false },
        { "{\"@type\":[\"Thing\",\"ImageObject\"],\"url\":\"https://a.test/i\",\"license\":\"l\"}",
          "license=l@https://a.test/i;", false },
        { "{\"image\":[\"x\",{\"contentUrl\":\"c\",\"url\":\"u\",\"license\":\"l\"}]}", "license=l@c;", false },
        { "{\"@graph\":[{\"license\":\"l\"},{\"mainEntity\":{\"license\":\"m\"}}]}",
          "license=l;license=m;", false },
        { "{\"video\":{\"license\":\"l\"}}", "license~=l;", false },
        { "{\"publisher\":{\"license\":\"l\"},\"license\":\"m\"}", "license=m;", false },
        { "{\"itemListElement\":[{\"item\":{\"license\":\"l\"}}]}", "license~=l;", false },
    };
    CHECK(rows);
}

/* What no parser reads: searched, where a name that matters stands in it. */
static void what_is_no_json(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "", "", false },
        { "{\"headline\":\"a\" \"b\"}", "", false },
        { "{\"a\":\"b\",}", "", false },
        { "{\"license\":\"l\",}", "license!=l;", false },
        { "{\"license\":\"l\"};", "license!=l;", false },
        { "<!-- {\"license\":\"l\"} -->", "license!=l;", false },
        { "//<![CDATA[\n{\"license\":\"l\"}\n//]]>", "license!=l;", false },
        { "{\"license\":\"a\tb\"}", "license!=a b;", false },
        { "{\"license\":\"l\"}{\"license\":\"m\"}", "license!=l;license!=m;", false },
        { "{\"license\":\"l\"}{\"license\":\"m\" oops", "license!=l;license!=m;", false },
        { "{\"license\":\"l\",\"license\":\"m\"}", "license!=m;license!=l;license!=m;", false },
        { "{\"a\":1,\"a\":2,\"license\":\"m\"}", "license!=m;license!=m;", false },
        { "{&quot;license&quot;:&quot;l&quot;}", "license!=l;", false },
        { "{'license':'l'}", "license!=l;", false },
        { "{'license':'','usageInfo':'u'}", "usageInfo!=u;", false },
        { "{\"\"@type\"\":\"\"Article\"\",\"\"license\"\":\"\"l\"\"}", "license!=l;", false },
        { "{\\\"license\\\":\\\"l\\\"}", "license!=l;", false },
        { "{\"description\":\"say \\\"license\\\": \\\"x\\\"\"}", "", false },
        { "{\"a\":\"\"b\"\",\"license\":\"l\"}", "license!=l;", false },
        { "{\"a\":\"\"b\"\",\"plus:DataMining\" : [ \"DMI-PROHIBITED\"]}", "DataMining!=DMI-PROHIBITED;",
          false },
        { "{\"a\":\"\"b\"\",\"license\":{\"url\":\"l\"}}", "", true },
        { "{\"a\":\"\"b\"\",\"license\":\"l", "", true },
        { "{\"a\":\"\"license\"\",\"b\":\"rights\"}", "", false },
        { "{\"other:license\":\"\"l\"\"}", "", false },
    };
    CHECK(rows);
}

static void put(struct buf *b, const char *what, size_t times)
{
    while (times--)
        assert_int_equal(buf_puts(b, what), OPTOUT_OK);
}

static void limits(void **state)
{
    (void)state;
    static const struct {
        const char *open, *middle, *close;
        size_t times;
        bool unread;
    } cases[] = {
        { "{\"license\":\"l\",\"a\":", "[", "", 30000, false }, /* read without a parser */
        { "{\"license\":[\"l\"", ",\"m\"", "]}", 15, false },
        { "{\"license\":[\"l\"", ",\"m\"", "]}", 16, true },
        { "{\"license\":\"l\",\"a\":[1", ",1", "]}", 20001, false },
        { "x", "\"license\":\"l\",", "", 32, false },
        { "x", "\"license\":\"l\",", "", 33, true },
        { "x", "\"license\":", "", 3, true },
        { "x", "\"license\"", "", 6000, false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf b;
        struct seen s;
        buf_init(&b, 1u << 20);
        put(&b, cases[i].open, 1);
        put(&b, cases[i].middle, cases[i].times);
        put(&b, cases[i].close, 1);
        if (read_script(buf_slice(&b), &s) != cases[i].unread)
            fail_msg("case %zu", i);
        buf_free(&s.text);
        buf_free(&b);
    }
}

static void every_cut_is_read_or_told(void **state)
{
    (void)state;
    static const char whole[] = "{\"@type\":\"Article\",\"tdm:reservation\":\"1\"}";
    size_t at = (size_t)(strstr(whole, "\"1\"") - whole);
    for (size_t n = 0; n < sizeof whole; n++) {
        struct seen s;
        bool unread = read_script(slice_of(whole, n), &s);
        bool found = s.text.n > 0, begun = n > at - 1;
        assert_true(found == (n >= at + 3));
        assert_true(unread == (begun && !found));
        buf_free(&s.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values), cmocka_unit_test(whom_it_is_about),
        cmocka_unit_test(what_is_no_json), cmocka_unit_test(limits),
        cmocka_unit_test(every_cut_is_read_or_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
