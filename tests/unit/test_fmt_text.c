/* SPDX-License-Identifier: Apache-2.0 */
/* test_fmt_text.c - manifests in text: wrapped in variation selectors, and between
 * delimiters. */
#include "unit.h"

#include "findings.h"
#include "formats/rows.h"
#include "manifest_fixture.h"

static struct buf new_buf(void)
{
    struct buf b;
    buf_init(&b, 32u << 20);
    return b;
}

static void put_cp(struct buf *b, uint32_t c, bool utf16)
{
    if (utf16 && c >= 0x10000) {
        put_le(b, 0xd800 + ((c - 0x10000) >> 10), 2);
        put_le(b, 0xdc00 + (c & 0x3ff), 2);
    } else if (utf16) {
        put_le(b, c, 2);
    } else if (c < 0x80) {
        put_be(b, c, 1);
    } else if (c < 0x10000) {
        put_be(b, 0xe0 | c >> 12, 1);
        put_be(b, 0x80 | (c >> 6 & 0x3f), 1);
        put_be(b, 0x80 | (c & 0x3f), 1);
    } else {
        put_be(b, 0xf0 | c >> 18, 1);
        put_be(b, 0x80 | (c >> 12 & 0x3f), 1);
        put_be(b, 0x80 | (c >> 6 & 0x3f), 1);
        put_be(b, 0x80 | (c & 0x3f), 1);
    }
}

static void put_byte(struct buf *b, uint8_t v, bool utf16)
{
    put_cp(b, v < 16 ? 0xfe00u + v : 0xe0100u + v - 16, utf16);
}

static void put_wrapper(struct buf *b, struct slice store, uint32_t length, bool utf16)
{
    static const uint8_t magic[] = { 'C', '2', 'P', 'A', 'T', 'X', 'T', 0, 1 };
    put_cp(b, 0xfeff, utf16);
    for (size_t i = 0; i < sizeof magic; i++)
        put_byte(b, magic[i], utf16);
    for (unsigned i = 0; i < 4; i++)
        put_byte(b, (uint8_t)(length >> (24 - 8 * i)), utf16);
    for (size_t i = 0; i < store.n; i++)
        put_byte(b, store.p[i], utf16);
}

static void put_base64(struct buf *b, struct slice s)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < s.n; i += 3) {
        uint32_t v = (uint32_t)s.p[i] << 16;
        v |= i + 1 < s.n ? (uint32_t)s.p[i + 1] << 8 : 0;
        v |= i + 2 < s.n ? s.p[i + 2] : 0;
        put_be(b, (uint8_t)digits[v >> 18], 1);
        put_be(b, (uint8_t)digits[v >> 12 & 63], 1);
        put_be(b, (uint8_t)(i + 1 < s.n ? digits[v >> 6 & 63] : '='), 1);
        put_be(b, (uint8_t)(i + 2 < s.n ? digits[v & 63] : '='), 1);
    }
}

static const struct slice store = { minimal_store, sizeof minimal_store };

/* `ends`: one letter per packet: w whole, c cut, l limit, x corrupt, u a URL. */
static void expect(struct buf *b, enum optout_rc rc, const char *ends)
{
    struct findings *f = findings_of(&format_text, buf_slice(b), 0, "text/plain");
    char got[FINDINGS_MAX + 1] = "";
    for (size_t i = 0; i < f->n; i++) {
        const struct finding *v = &f->v[i];
        bool url = v->packet.kind == PACKET_TEXT;
        got[i] = url ? 'u' : "wclx"[v->end];
        if (got[i] == 'w' && !slice_eq(buf_slice(&v->bytes), store))
            fail_msg("packet %zu is not the store", i);
    }
    assert_string_equal(got, ends);
    assert_int_equal(f->rc, rc);
    assert_false(f->done);
    findings_free(f);
    assert_true(findings_same_in_pieces(&format_text, buf_slice(b), "text/plain"));
    buf_clear(b);
}

static void wrappers(void **state)
{
    (void)state;
    struct buf b = new_buf();
    put_wrapper(&b, store, 350, false);
    expect(&b, OPTOUT_DONE, "w");
    put_text(&b, "before \xef\xbb\xbf""after ");
    put_wrapper(&b, store, 350, false);
    put_text(&b, "between\xef\xbb\xbf");
    put_wrapper(&b, store, 350, false);
    put_byte(&b, 0, false);
    put_text(&b, "after");
    struct findings *f = findings_of(&format_text, buf_slice(&b), 0, NULL);
    assert_int_equal(f->v[0].packet.offset, 16);
    assert_string_equal(f->v[0].where, "text wrapper");
    findings_free(f);
    expect(&b, OPTOUT_DONE, "ww");
    put_text(&b, "no magic \xef\xbb\xbf");
    put_byte(&b, 'C', false);
    put_byte(&b, '2', false);
    put_text(&b, " and an emoji \xe2\x9d\xa4\xef\xb8\x8f");
    expect(&b, OPTOUT_DONE, "");
    buf_free(&b);
}

static void broken_wrappers(void **state)
{
    (void)state;
    struct buf b = new_buf();
    put_wrapper(&b, slice_sub(store, 0, 100), 350, false);
    put_text(&b, " text ");
    put_wrapper(&b, store, 350, false);
    expect(&b, OPTOUT_E_SYNTAX, "xw");
    put_wrapper(&b, slice_sub(store, 0, 100), 350, false);
    expect(&b, OPTOUT_E_SYNTAX, "c");
    put_wrapper(&b, store, 0x7fffffff, false);
    expect(&b, OPTOUT_E_LIMIT, "l");
    put_wrapper(&b, SLICE_EMPTY, 0, false);
    expect(&b, OPTOUT_E_SYNTAX, "x");
    buf_free(&b);
}

static void utf16(void **state)
{
    (void)state;
    struct buf b = new_buf();
    put_le(&b, 0xfeff, 2);
    for (int i = 0; i < 700; i++)
        put_cp(&b, i % 7 ? 'a' : 0x1f600, true);
    put_wrapper(&b, store, 350, true);
    struct findings *f = findings_of(&format_text, buf_slice(&b), 0, NULL);
    assert_int_equal(f->v[0].packet.offset, 2 + 2 * 700 + 2 * 100);
    findings_free(f);
    expect(&b, OPTOUT_DONE, "w");
    put_wrapper(&b, store, 350, true); /* its mark is the text's own */
    put_cp(&b, 'x', true);
    expect(&b, OPTOUT_DONE, "w");
    buf_free(&b);
}

static void delimiters(void **state)
{
    (void)state;
    struct buf b = new_buf();
    put_text(&b, "# -----BEGIN C2PA MANIFEST----- data:application/c2pa;base64,");
    put_base64(&b, store);
    put_text(&b, " -----END C2PA MANIFEST-----\nprint()\n");
    struct findings *f = findings_of(&format_text, buf_slice(&b), 0, NULL);
    assert_string_equal(f->v[0].where, "C2PA delimiters");
    findings_free(f);
    expect(&b, OPTOUT_DONE, "w");
    put_text(&b, "---\n-----BEGIN C2PA MANIFEST-----\nhttps://e.test/a-b.c2pa\n"
                 "-----END C2PA MANIFEST-----\n---\n");
    f = findings_of(&format_text, buf_slice(&b), 0, NULL);
    assert_slice(buf_slice(&f->v[0].bytes), "https://e.test/a-b.c2pa");
    assert_string_equal(f->v[0].field, "c2pa-manifest");
    findings_free(f);
    expect(&b, OPTOUT_DONE, "u");
    put_text(&b, "---BEGIN C2PA MANIFEST---\n");
    put_base64(&b, store);
    put_text(&b, "\n---END C2PA MANIFEST---\n");
    expect(&b, OPTOUT_DONE, "w");
    put_text(&b, "-----BEGIN C2PA MANIFEST-----https://e.test/-----END C2PA MANIFEST-----\n");
    expect(&b, OPTOUT_DONE, "u");
    put_text(&b, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n--BEGIN C2PA");
    expect(&b, OPTOUT_DONE, "");
    buf_free(&b);
}

static void broken_delimiters(void **state)
{
    (void)state;
    struct buf b = new_buf();
    put_text(&b, "-----BEGIN C2PA MANIFEST----- data:application/c2pa;base64,AAAA!BBBB");
    expect(&b, OPTOUT_E_SYNTAX, "x");
    put_text(&b, "-----BEGIN C2PA MANIFEST----- data:application/c2pa,AAAA -----END");
    expect(&b, OPTOUT_E_SYNTAX, "x");
    put_text(&b, "-----BEGIN C2PA MANIFEST----- data:application/c2pa;base64,AAAA");
    expect(&b, OPTOUT_E_SYNTAX, "c");
    put_text(&b, "-----BEGIN C2PA MANIFEST----- https://e.test/");
    expect(&b, OPTOUT_E_SYNTAX, "c");
    put_text(&b, "-----BEGIN C2PA MANIFEST----- https://e.test/");
    for (int i = 0; i < 3000; i++)
        put_text(&b, "x");
    expect(&b, OPTOUT_E_LIMIT, "l");
    buf_free(&b);
}

/* Cut anywhere, what is missing is said to be missing. */
static void truncation(void **state)
{
    (void)state;
    struct buf b = new_buf();
    put_text(&b, "x");
    put_wrapper(&b, store, 350, false);
    size_t magic = 1 + 3 + 8 * 4; /* about as long as the beginning is */
    for (size_t n = magic; n < b.n; n++) {
        struct findings *f = findings_of(&format_text, slice_of(b.p, n), 0, NULL);
        assert_int_equal(f->rc, OPTOUT_E_SYNTAX);
        assert_int_equal(f->v[0].end, PACKET_CUT);
        findings_free(f);
    }
    assert_true(findings_cuts_are_told(&format_text, buf_slice(&b), NULL));
    buf_free(&b);
}

static void short_texts(void **state)
{
    (void)state;
    struct buf b = new_buf();
    expect(&b, OPTOUT_DONE, "");
    put_text(&b, "a");
    expect(&b, OPTOUT_DONE, "");
    put_text(&b, "\xef\xbb\xbf");
    expect(&b, OPTOUT_DONE, "");
    put_text(&b, "\xff\xfe");
    expect(&b, OPTOUT_DONE, "");
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrappers),
        cmocka_unit_test(broken_wrappers),
        cmocka_unit_test(utf16),
        cmocka_unit_test(delimiters),
        cmocka_unit_test(broken_delimiters),
        cmocka_unit_test(truncation),
        cmocka_unit_test(short_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
