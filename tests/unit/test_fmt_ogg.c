/* SPDX-License-Identifier: Apache-2.0 */
/* test_fmt_ogg.c - formats/av/ogg.c, vorbis_comment.c. */
#include "unit.h"

#include "findings.h"
#include "formats/rows.h"

#include <glob.h>

#define FIRST 2u
#define CONTINUED 1u

/* One page; `open`: its last packet goes on, `data` is a multiple of 255 then. */
static void put_page(struct buf *b, unsigned flags, uint32_t serial, uint32_t number,
                     struct slice data, bool open)
{
    size_t n = data.n / 255 + (open ? 0 : 1);
    put_text(b, "OggS");
    put_be(b, 0, 1);
    put_be(b, flags, 1);
    put_le(b, 0, 8);
    put_le(b, serial, 4);
    put_le(b, number, 4);
    put_le(b, 0, 4);
    put_be(b, n, 1);
    for (size_t i = 0; i < n; i++)
        put_be(b, !open && i == n - 1 ? data.n % 255 : 255, 1);
    put_slice(b, data);
}

static struct buf body(void)
{
    struct buf b;
    buf_init(&b, 1u << 20);
    return b;
}

static struct buf comments(struct slice magic)
{
    struct buf b = body();
    put_slice(&b, magic);
    put_le(&b, 2, 4);
    put_text(&b, "me");
    put_le(&b, 3, 4);
    put_le(&b, 0, 4);
    put_le(&b, 5, 4);
    put_text(&b, "A=b=c");
    put_le(&b, 15, 4);
    put_text(&b, "Copyright=2024x");
    return b;
}

static void comment_headers(void **state)
{
    (void)state;
    static const struct {
        struct slice first, second;
    } cases[] = {
        { SLICE("\x01vorbis........"), SLICE("\x03vorbis") },
        { SLICE("OpusHead"), SLICE("OpusTags") },
        { SLICE("\x80theora...."), SLICE("\x81theora") },
        { SLICE("\x7f" "FLAC\1\0\0\1fLaC"), SLICE("\4\0\0\x32") },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf b = body(), c = comments(cases[i].second);
        put_page(&b, FIRST, 7, 0, cases[i].first, false);
        put_page(&b, 0, 7, 1, buf_slice(&c), false);
        size_t whole = b.n;
        for (int k = 0; k < 100; k++)
            put_page(&b, 0, 7, 2, SLICE_OF("sound"), false);
        assert_true(format_ogg.sniff(buf_slice(&b)));
        assert_true(findings_same_in_pieces(&format_ogg, buf_slice(&b), NULL));
        struct findings *f = findings_of(&format_ogg, buf_slice(&b), 16, NULL);
        assert_int_equal(f->rc, OPTOUT_DONE);
        assert_true(f->done && f->fed < whole + 16);
        assert_int_equal(f->n, 1);
        assert_string_equal(f->v[0].field, "COPYRIGHT");
        assert_slice(buf_slice(&f->v[0].bytes), "2024x");
        findings_free(f);
        for (size_t n = 0; n < whole - 16; n++) {
            f = findings_of(&format_ogg, slice_sub(buf_slice(&b), 0, n), 0, NULL);
            assert_int_equal(f->rc, OPTOUT_E_SYNTAX);
            findings_free(f);
        }
        assert_true(findings_cuts_are_told(&format_ogg, buf_slice(&b), NULL));
        buf_free(&b);
        buf_free(&c);
    }
}

/* A store of 1000 bytes over three pages between those of the sound. */
static struct buf with_store(uint32_t third)
{
    static uint8_t store[1005];
    memset(store, 's', sizeof store);
    memcpy(store, "\0c2pa", 5);
    struct buf b = body(), c = comments(SLICE_OF("OpusTags"));
    put_page(&b, FIRST, 1, 0, SLICE_OF("OpusHead"), false);
    put_page(&b, FIRST, 2, 0, slice_of(store, 255), true);
    put_page(&b, 0, 1, 1, buf_slice(&c), false);
    put_page(&b, CONTINUED, 2, 1, slice_of(store + 255, 510), true);
    put_page(&b, CONTINUED, 2, third, slice_of(store + 765, 240), false);
    put_page(&b, 0, 1, 2, SLICE_OF("sound"), false);
    buf_free(&c);
    return b;
}

static void a_store_over_several_pages(void **state)
{
    (void)state;
    struct buf b = with_store(2);
    assert_true(findings_same_in_pieces(&format_ogg, buf_slice(&b), NULL));
    struct findings *f = findings_of(&format_ogg, buf_slice(&b), 1, NULL);
    assert_int_equal(f->rc, OPTOUT_DONE);
    assert_true(f->done);
    const struct finding *v = findings_get(f, PACKET_C2PA, 0);
    assert_non_null(v);
    assert_int_equal(v->bytes.n, 1000);
    assert_int_equal(v->end, PACKET_WHOLE);
    assert_string_equal(v->where, "C2PA stream 00000002");
    assert_non_null(findings_get(f, PACKET_TEXT, 0));
    size_t whole = (size_t)f->fed;
    findings_free(f);
    for (size_t n = 0; n < whole; n++) {
        f = findings_of(&format_ogg, slice_sub(buf_slice(&b), 0, n), 0, NULL);
        assert_int_equal(f->rc, OPTOUT_E_SYNTAX);
        v = findings_get(f, PACKET_C2PA, 0);
        assert_true(!v || v->end == PACKET_CUT);
        findings_free(f);
    }
    assert_true(findings_cuts_are_told(&format_ogg, buf_slice(&b), NULL));
    buf_free(&b);
    b = with_store(3); /* a page is missing */
    f = findings_of(&format_ogg, buf_slice(&b), 0, NULL);
    assert_int_equal(f->rc, OPTOUT_E_SYNTAX);
    assert_int_equal(findings_get(f, PACKET_C2PA, 0)->end, PACKET_CUT);
    findings_free(f);
    buf_free(&b);
}

static void nothing_to_read_is_done_at_the_first_page_of_data(void **state)
{
    (void)state;
    struct buf b = body();
    put_page(&b, FIRST, 1, 0, SLICE_OF("fishead\0"), false);
    put_page(&b, FIRST, 2, 0, SLICE_OF(""), false);
    put_page(&b, 0, 1, 1, SLICE_OF("data"), false);
    put_page(&b, FIRST, 3, 0, SLICE_OF("\0c2palater"), false);
    struct findings *f = findings_of(&format_ogg, buf_slice(&b), 1, NULL);
    assert_true(f->done);
    assert_int_equal(f->rc, OPTOUT_DONE);
    assert_int_equal(f->n, 0);
    findings_free(f);
    buf_free(&b);
}

static void hostile_pages(void **state)
{
    (void)state;
    struct buf b = body();
    for (uint32_t i = 0; i < 100; i++)
        put_page(&b, FIRST, i, 0, SLICE_OF("nobody knows"), false);
    put_page(&b, 0, 1, 1, SLICE_OF("data"), false);
    assert_true(findings_same_in_pieces(&format_ogg, buf_slice(&b), NULL));
    struct findings *f = findings_of(&format_ogg, buf_slice(&b), 0, NULL);
    assert_int_equal(f->rc, OPTOUT_E_LIMIT);
    findings_free(f);
    buf_clear(&b);
    put_page(&b, FIRST, 1, 0, SLICE_OF("OpusHead"), false);
    put_page(&b, 0, 1, 1, SLICE_OF("OpusTags\xff\xff\xff\xff" "abc"), false);
    f = findings_of(&format_ogg, buf_slice(&b), 0, NULL);
    assert_int_equal(f->rc, OPTOUT_E_SYNTAX);
    findings_free(f);
    buf_clear(&b);
    put_page(&b, FIRST, 1, 0, SLICE_OF("OpusHead"), false);
    put_text(&b, "no page");
    f = findings_of(&format_ogg, buf_slice(&b), 0, NULL);
    assert_int_equal(f->rc, OPTOUT_E_SYNTAX);
    findings_free(f);
    buf_free(&b);
}

static void corpus(void **state)
{
    (void)state;
    const char *root = getenv("OPTOUT_CORPUS");
    size_t n = 0;
    char pattern[1024];
    glob_t g;
    snprintf(pattern, sizeof pattern, "%s/media/*/*/*.og[gav]", root ? root : "");
    if (root && glob(pattern, 0, NULL, &g) == 0) {
        for (size_t k = 0; k < g.gl_pathc; k++, n++) {
            size_t size;
            uint8_t *p = test_read_file(g.gl_pathv[k], &size);
            assert_true(findings_same_in_pieces(&format_ogg, slice_of(p, size), NULL));
            free(p);
        }
        globfree(&g);
    }
    if (n == 0) {
        print_message("SKIP: OPTOUT_CORPUS names no folder with Ogg files\n");
        skip();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comment_headers),
        cmocka_unit_test(a_store_over_several_pages),
        cmocka_unit_test(nothing_to_read_is_done_at_the_first_page_of_data),
        cmocka_unit_test(hostile_pages),
        cmocka_unit_test(corpus),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
