/* SPDX-License-Identifier: Apache-2.0 */
/* A response goes in, in pieces of any size; signals and reasons come out. */
#include "unit.h"

#include "core/buf.h"
#include "formats/format.h"
#include "inspect/inspect.h"
#include "standards/phrases.h"

#include <openssl/sha.h>
#include <zlib.h>

#define HTML "Content-Type: text/html\n"
#define NOAI "<meta name=robots content=noai>"
#define PAGE "<!doctype html><title>x</title>" NOAI "<p>text"
#define EXPAND_MAX (256u << 10)

struct outcome {
    struct inspection *i;
    const struct signals *signals;
    undecided_set undecided;
    uint64_t fed_until_done; /* bytes after which it was done, or all of them */
};

static struct inspect_options options(void)
{
    return (struct inspect_options){ .expand_max = EXPAND_MAX, .expand_ratio = 1000 };
}

static void make_exchange(struct arena *a, const char *head, struct exchange *x)
{
    *x = (struct exchange){
        .url = SLICE("https://o.example/d/page"), .status = 200, .minor = 1, .has_body = true
    };
    struct slice kept = arena_copy(a, slice_cstr(head), SIZE_MAX);
    assert_int_equal(headers_parse(&x->response, a, kept), OPTOUT_OK);
}

/* Feeds in pieces of `step` bytes until it is done, and closes. */
static struct outcome run(struct arena *a, const struct exchange *x,
                          const struct inspect_options *o, struct slice body, size_t step,
                          enum inspect_end end)
{
    struct outcome r = { .i = inspect_open(a, x, o) };
    enum optout_rc rc = OPTOUT_MORE;
    assert_non_null(r.i);
    for (struct slice rest = body; rest.n && rc == OPTOUT_MORE; rest = slice_from(rest, step)) {
        struct slice piece = slice_sub(rest, 0, step);
        rc = inspect_feed(r.i, piece);
        assert_true(rc == OPTOUT_MORE || rc == OPTOUT_DONE);
        r.fed_until_done += piece.n;
    }
    assert_int_equal(inspect_seen(r.i), r.fed_until_done);
    inspect_close(r.i, end);
    r.signals = inspect_signals(r.i);
    r.undecided = inspect_undecided(r.i);
    return r;
}

static struct outcome inspect(struct arena *a, const char *head, struct slice body)
{
    static struct exchange x;
    struct inspect_options o = options();
    make_exchange(a, head, &x);
    return run(a, &x, &o, body, SIZE_MAX, INSPECT_WHOLE);
}

/* The one statement of PAGE. */
static void assert_noai(const struct outcome *r)
{
    assert_int_equal(r->signals->n, 1);
    assert_int_equal(r->signals->v[0].standard, STD_ROBOTS_META);
    assert_int_equal(r->signals->v[0].carrier, CARRIER_HTML);
    assert_int_equal(r->signals->v[0].prefs.of[USAGE_TRAIN_AI], PREF_DENY);
}

static void assert_reasons(const struct outcome *r, undecided_set want)
{
    if (r->undecided != want)
        fail_msg("undecided: got %#x, want %#x", r->undecided, want);
}

static void assert_clean(const struct outcome *r)
{
    assert_int_equal(r->signals->n, 0);
    assert_reasons(r, 0);
}

/* ---- what is read ---- */

static void header_statements_are_there_at_open(void **state)
{
    struct arena a = test_arena();
    struct exchange x;
    struct inspect_options o = options();
    (void)state;
    make_exchange(&a, "TDM-Reservation: 1\nX-Robots-Tag: noai\n" HTML, &x);
    struct inspection *i = inspect_open(&a, &x, &o);
    assert_int_equal(inspect_signals(i)->n, 2);
    assert_false(inspect_head_only(i)); /* the page may say more */
    inspect_close(i, INSPECT_WHOLE);
    arena_reset(&a);
}

static void without_a_body_the_head_is_all(void **state)
{
    struct arena a = test_arena();
    struct exchange x;
    struct inspect_options o = options();
    uint8_t digest[32];
    (void)state;
    make_exchange(&a, "TDM-Reservation: 1\nContent-Encoding: gzip\n" HTML, &x);
    x.has_body = false;
    struct outcome r = run(&a, &x, &o, SLICE_EMPTY, 1, INSPECT_WHOLE);
    assert_int_equal(r.signals->n, 1);
    assert_reasons(&r, 0);
    assert_true(inspect_head_only(r.i));
    assert_string_equal(inspect_format(r.i), "headers");
    assert_false(inspect_sha256(r.i, digest));
    arena_reset(&a);
}

static void a_page_is_read_to_its_end(void **state)
{
    struct arena a = test_arena();
    struct buf page;
    (void)state;
    buf_init(&page, 1u << 20);
    buf_puts(&page, "<!doctype html><title>x</title><body>");
    for (size_t i = 0; i < 10000; i++)
        buf_puts(&page, "<p>filler ");
    buf_puts(&page, NOAI);
    struct outcome r = inspect(&a, HTML, buf_slice(&page));
    assert_noai(&r);
    assert_int_equal(r.signals->v[0].place_kind, PLACE_BYTE);
    assert_int_equal(r.signals->v[0].at, page.n - strlen(NOAI));
    assert_reasons(&r, 0);
    assert_string_equal(inspect_format(r.i), "html");
    assert_int_equal(r.fed_until_done, page.n);
    buf_free(&page);
    arena_reset(&a);
}

static void an_empty_body_is_clear(void **state)
{
    struct arena a = test_arena();
    (void)state;
    static const char *const heads[] = { HTML, "", "Content-Type: image/png\n",
                                         HTML "Content-Encoding: gzip\n",
                                         "Content-Encoding: br\n" };
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        struct outcome r = inspect(&a, heads[i], SLICE_EMPTY);
        assert_clean(&r);
    }
    arena_reset(&a);
}

static void a_type_that_no_format_reads_needs_no_body(void **state)
{
    static const char *const types[] = { "application/json", "application/javascript",
                                         "text/csv", "text/css; charset=utf-8" };
    struct arena a = test_arena();
    struct inspect_options o = options();
    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        char head[100];
        struct exchange x;
        snprintf(head, sizeof head, "Content-Type: %s\nContent-Encoding: odd\n", types[i]);
        make_exchange(&a, head, &x);
        struct inspection *in = inspect_open(&a, &x, &o);
        assert_true(inspect_head_only(in));
        assert_int_equal(inspect_feed(in, SLICE_OF(PAGE)), OPTOUT_DONE);
        inspect_close(in, INSPECT_WHOLE);
        assert_int_equal(inspect_signals(in)->n, 0);
        assert_int_equal(inspect_undecided(in), 0);
        assert_string_equal(inspect_format(in), "headers");
    }
    arena_reset(&a);
}

static void types_of_pages_are_read(void **state)
{
    static const char *const heads[] = {
        HTML, "Content-Type: TEXT/HTML;charset=utf-8\n", "content-type:text/html\n",
        "Content-Type: application/xhtml+xml\n",
    };
    struct arena a = test_arena();
    (void)state;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        struct outcome r = inspect(&a, heads[i], SLICE_OF(
            "<html><head><meta name=\"robots\" content=\"noai\"/></head></html>"));
        assert_noai(&r);
        assert_reasons(&r, 0);
    }
    arena_reset(&a);
}

/* CDATA hides a statement in XHTML, and does not in HTML. */
static void xhtml_is_read_as_xml(void **state)
{
    static const struct slice page = SLICE("<html><head><![CDATA[>" NOAI "]]></head></html>");
    struct arena a = test_arena();
    (void)state;
    struct outcome r = inspect(&a, "Content-Type: application/xhtml+xml\n", page);
    assert_clean(&r);
    r = inspect(&a, HTML, page);
    assert_noai(&r);
    arena_reset(&a);
}

static void utf_16_is_read(void **state)
{
    struct arena a = test_arena();
    uint8_t wide[2 * sizeof PAGE];
    size_t n = 0;
    (void)state;
    for (size_t i = 0; i < sizeof PAGE - 1; i++) {
        wide[n++] = (uint8_t)PAGE[i];
        wide[n++] = 0;
    }
    struct outcome r = inspect(&a, "Content-Type: text/html; charset=utf-16le\n",
                               slice_of(wide, n));
    assert_noai(&r);
    uint8_t marked[2 * sizeof PAGE + 2] = { 0xFF, 0xFE };
    memcpy(marked + 2, wide, n);
    r = inspect(&a, HTML, slice_of(marked, n + 2));
    assert_noai(&r);
    r = inspect(&a, "", slice_of(marked, n + 2)); /* and sniffed */
    assert_noai(&r);
    arena_reset(&a);
}

static void head_only_is_done_early(void **state)
{
    struct arena a = test_arena();
    struct exchange x;
    struct inspect_options o = options();
    static const struct slice page =
        SLICE("<html><head>" NOAI "</head><body><meta name=tdm-reservation content=1><p>1234");
    (void)state;
    /* Told by the type, the encoding need not be looked for first. */
    make_exchange(&a, "Content-Type: text/html; charset=utf-8\n", &x);
    o.html_head_only = true;
    struct outcome r = run(&a, &x, &o, page, 1, INSPECT_STOPPED);
    assert_noai(&r);
    assert_reasons(&r, 0);
    assert_true(r.fed_until_done < page.n - 4);
    /* Truncation behind the point where it was done changes nothing. */
    r = run(&a, &x, &o, page, 1, INSPECT_TRUNCATED);
    assert_reasons(&r, 0);
    o.html_head_only = false;
    r = run(&a, &x, &o, page, 1, INSPECT_WHOLE);
    assert_int_equal(r.signals->n, 2);
    assert_int_equal(r.fed_until_done, page.n);
    arena_reset(&a);
}

static void urls_are_made_absolute(void **state)
{
    struct arena a = test_arena();
    (void)state;
    struct outcome r = inspect(&a, HTML "Link: <../l>; rel=license\n",
                               SLICE_OF("<meta name=tdm-policy content=p.json>"));
    assert_int_equal(r.signals->n, 2);
    assert_slice(r.signals->v[0].url, "https://o.example/l");
    assert_slice(r.signals->v[1].url, "https://o.example/d/p.json");
    r = inspect(&a, HTML "Link: <../l>; rel=license\n",
                SLICE_OF("<base href=\"//b.example/x/\"><meta name=tdm-policy content=p.json>"));
    assert_slice(r.signals->v[0].url, "https://o.example/l"); /* the base is the page's */
    assert_slice(r.signals->v[1].url, "https://b.example/x/p.json");
    arena_reset(&a);
}

/* ---- sniffing ---- */

static void a_page_without_a_telling_type_is_sniffed(void **state)
{
    static const char *const heads[] = {
        "", "Content-Type: application/octet-stream\n", "Content-Type: unknown/unknown\n",
        "Content-Type: nonsense\n",
    };
    static const size_t steps[] = { 1, 2, 3, 7, 511, 512, 513, SIZE_MAX };
    struct arena a = test_arena();
    struct inspect_options o = options();
    struct buf page;
    (void)state;
    buf_init(&page, 1u << 16);
    buf_puts(&page, " \n\t<!DOCTYPE html><title>x</title>");
    while (page.n < 500) /* the statement lies across the bytes that are sniffed */
        buf_putc(&page, ' ');
    buf_puts(&page, NOAI "<p>more");
    for (size_t h = 0; h < sizeof heads / sizeof *heads; h++)
        for (size_t s = 0; s < sizeof steps / sizeof *steps; s++) {
            struct exchange x;
            make_exchange(&a, heads[h], &x);
            struct outcome r = run(&a, &x, &o, buf_slice(&page), steps[s], INSPECT_WHOLE);
            assert_noai(&r);
            assert_int_equal(r.signals->v[0].at, 500);
            assert_string_equal(inspect_format(r.i), "html");
        }
    buf_free(&page);
    arena_reset(&a);
}

static void a_short_page_is_sniffed_at_its_end(void **state)
{
    struct arena a = test_arena();
    (void)state;
    struct outcome r = inspect(&a, "", SLICE_OF(PAGE));
    assert_noai(&r);
    assert_reasons(&r, 0);
    arena_reset(&a);
}

static void what_is_no_page_is_done_once_sniffed(void **state)
{
    struct arena a = test_arena();
    struct exchange x;
    struct inspect_options o = options();
    static uint8_t bytes[4096];
    (void)state;
    memset(bytes, 'x', sizeof bytes);
    memcpy(bytes + 1200, PAGE, sizeof PAGE - 1);
    make_exchange(&a, "", &x);
    struct outcome r = run(&a, &x, &o, slice_of(bytes, sizeof bytes), 100, INSPECT_STOPPED);
    assert_clean(&r);
    assert_int_equal(r.fed_until_done, 1100);
    assert_string_equal(inspect_format(r.i), "headers");
    r = run(&a, &x, &o, SLICE_OF("{\"a\":1}"), 2, INSPECT_WHOLE);
    assert_clean(&r);
    arena_reset(&a);
}

static void a_truncated_unknown_body_is_undecided(void **state)
{
    struct arena a = test_arena();
    struct exchange x;
    struct inspect_options o = options();
    (void)state;
    make_exchange(&a, "", &x);
    struct outcome r = run(&a, &x, &o, SLICE_OF("<htm"), 1, INSPECT_TRUNCATED);
    assert_reasons(&r, undecided_bit(UNDECIDED_TRUNCATED));
    arena_reset(&a);
}

/* ---- content codings ---- */

enum { WRAP_RAW = -15, WRAP_ZLIB = 15, WRAP_GZIP = 31 };

/* Compressed with zlib into `to`. */
static void squeeze(struct buf *to, struct slice s, int wrap)
{
    z_stream z = { .zalloc = Z_NULL };
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, wrap, 8, Z_DEFAULT_STRATEGY), Z_OK);
    size_t room = deflateBound(&z, (uLong)s.n);
    z.next_in = (Bytef *)(uintptr_t)s.p;
    z.avail_in = (uInt)s.n;
    z.next_out = buf_room(to, room);
    assert_non_null(z.next_out);
    z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    to->n += room - z.avail_out;
    deflateEnd(&z);
}

static void a_reservation_is_found_inside_codings(void **state)
{
    static const struct {
        const char *head;
        int wrap;
    } v[] = {
        { HTML "Content-Encoding: gzip\n", WRAP_GZIP },
        { HTML "Content-Encoding: X-GZIP\n", WRAP_GZIP },
        { HTML "Content-Encoding: deflate\n", WRAP_ZLIB },
        { HTML "Content-Encoding: deflate\n", WRAP_RAW },
        { HTML "Content-Encoding: identity, gzip\n", WRAP_GZIP },
        { HTML "Content-Encoding: identity\nContent-Encoding: gzip\n", WRAP_GZIP },
        { "Content-Encoding: gzip\n", WRAP_GZIP }, /* decoded, then sniffed */
    };
    struct arena a = test_arena();
    struct inspect_options o = options();
    struct buf coded;
    (void)state;
    buf_init(&coded, 1u << 16);
    for (size_t i = 0; i < sizeof v / sizeof *v; i++)
        for (size_t step = 1; step < 70; step += 4) {
            struct exchange x;
            buf_clear(&coded);
            squeeze(&coded, SLICE_OF(PAGE), v[i].wrap);
            make_exchange(&a, v[i].head, &x);
            struct outcome r = run(&a, &x, &o, buf_slice(&coded), step, INSPECT_WHOLE);
            assert_noai(&r);
            assert_int_equal(r.signals->v[0].at, strstr(PAGE, NOAI) - PAGE);
            assert_reasons(&r, 0);
        }
    buf_free(&coded);
    arena_reset(&a);
}

/* PAGE as the reference encoders give it, quality 11 and level 19. */
static const uint8_t page_br[] = {
    0x1B, 0x44, 0x00, 0x00, 0x9C, 0x07, 0x76, 0xEC, 0x1A, 0xF2, 0x75, 0xF5, 0x63, 0xBC,
    0x7C, 0x71, 0x83, 0x6B, 0x1E, 0x9F, 0x37, 0x3C, 0xE9, 0x13, 0x96, 0x56, 0x3D, 0x73,
    0xE0, 0x90, 0x03, 0x87, 0x2F, 0x0D, 0x28, 0xA2, 0xAC, 0xC0, 0x43, 0x16, 0xCA, 0x9B,
    0xD9, 0x14, 0xAA, 0x27, 0x64, 0x67, 0x30, 0x0F, 0x06, 0x1A, 0xF1, 0x25, 0xB4, 0x6A,
    0x6C, 0x2A,
};
static const uint8_t page_zstd[] = {
    0x28, 0xB5, 0x2F, 0xFD, 0x04, 0x68, 0xED, 0x01, 0x00, 0xF2, 0x43, 0x0D, 0x12, 0xA0,
    0xBB, 0x01, 0x0E, 0x69, 0xF6, 0xD4, 0xE5, 0x56, 0x6D, 0x55, 0x33, 0x19, 0x5E, 0x9A,
    0x55, 0x31, 0x08, 0x77, 0x7B, 0x5D, 0xA9, 0x68, 0x34, 0x8B, 0xF3, 0x9E, 0xBB, 0x60,
    0x7B, 0x93, 0x66, 0x62, 0xD5, 0x60, 0x1C, 0x5F, 0x95, 0x21, 0x9D, 0x6E, 0x3A, 0x7A,
    0x6A, 0x52, 0x3F, 0xB8, 0xEB, 0xBD, 0xB4, 0x01, 0x19, 0x01, 0x00, 0x71, 0x28, 0x63,
    0xC2, 0x6A, 0xAF, 0xC2,
};

static void brotli_and_zstandard_are_read(void **state)
{
    struct arena a = test_arena();
    (void)state;
    struct outcome r = inspect(&a, HTML "Content-Encoding: br\n",
                               slice_of(page_br, sizeof page_br));
    assert_noai(&r);
    assert_reasons(&r, 0);
    r = inspect(&a, HTML "Content-Encoding: zstd\n", slice_of(page_zstd, sizeof page_zstd));
    assert_noai(&r);
    assert_reasons(&r, 0);
    arena_reset(&a);
}

static void two_codings_are_undone_in_turn(void **state)
{
    struct arena a = test_arena();
    struct buf inner, outer;
    (void)state;
    buf_init(&inner, 1u << 16);
    buf_init(&outer, 1u << 16);
    squeeze(&inner, SLICE_OF(PAGE), WRAP_ZLIB);
    squeeze(&outer, buf_slice(&inner), WRAP_GZIP);
    struct outcome r = inspect(&a, HTML "Content-Encoding: deflate, gzip\n", buf_slice(&outer));
    assert_noai(&r);
    assert_reasons(&r, 0);
    /* Named wrongly, they are undone all the same: each is known by its bytes. */
    static const char *const wrong[] = { "gzip, deflate", "gzip", "deflate", "br", "zstd, gzip",
                                         "identity", "compress", "rot13" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char head[100];
        snprintf(head, sizeof head, HTML "Content-Encoding: %s\n", wrong[i]);
        r = inspect(&a, head, buf_slice(&outer));
        assert_noai(&r);
        assert_reasons(&r, 0);
    }
    /* What is cut in its inner coding is not: the page was read no further than that. */
    buf_clear(&outer);
    squeeze(&outer, slice_sub(buf_slice(&inner), 0, 12), WRAP_GZIP);
    r = inspect(&a, HTML "Content-Encoding: deflate, gzip\n", buf_slice(&outer));
    assert_int_equal(r.signals->n, 0);
    assert_reasons(&r, undecided_bit(UNDECIDED_CODING));
    buf_free(&inner);
    buf_free(&outer);
    arena_reset(&a);
}

/* No text, no page, no file: nobody can tell what it is. */
#define NOISE "\x01\x9E\xFF\x00\x03\x85\xC4\x11\x90\xEE\x02\x07\xF3\xAA\x1C\xD8"

static void an_unknown_coding_is_undecided(void **state)
{
    static const char *const values[] = { "compress", "br, aes128gcm", "gzip, gzip, gzip, gzip",
                                          "b r", "gzip", "zstd", "deflate, gzip", "rot13" };
    struct arena a = test_arena();
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char head[100];
        snprintf(head, sizeof head, HTML "Content-Encoding: %s\n", values[i]);
        struct outcome r = inspect(&a, head, slice_of(NOISE, sizeof NOISE - 1));
        assert_reasons(&r, undecided_bit(UNDECIDED_CODING));
    }
    struct outcome r = inspect(&a, "Content-Type: text/plain\nContent-Encoding: base64\n",
                               SLICE_OF("PG1ldGEgbmFtZT1yb2JvdHM+"));
    assert_reasons(&r, undecided_bit(UNDECIDED_CODING));
    arena_reset(&a);
}

/* The bytes decide, whatever is said of them. */
static void what_is_in_no_coding_is_read(void **state)
{
    static const char *const values[] = {
        "UTF-8", "none", "binary", "8bit", "text/html", "aws-chunked", "gzip;q=1", "identity",
        "gzip", "br", "zstd", "deflate", "gzip deflate", "gzip, br", "compress", "rot13", "x",
    };
    static const char *const types[] = { HTML, "", "Content-Type: application/octet-stream\n",
                                         "Content-Type: application/xhtml+xml\n" };
    static const size_t steps[] = { 1, 3, SIZE_MAX };
    struct arena a = test_arena();
    struct inspect_options o = options();
    struct exchange x;
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        for (size_t t = 0; t < sizeof types / sizeof *types; t++)
            for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
                char head[100];
                snprintf(head, sizeof head, "%sContent-Encoding: %s\n", types[t], values[i]);
                make_exchange(&a, head, &x);
                struct outcome r = run(&a, &x, &o, SLICE_OF("<html><head>" NOAI "</head></html>"),
                                       steps[k], INSPECT_WHOLE);
                assert_noai(&r);
                assert_reasons(&r, 0);
            }
    arena_reset(&a);
}

static void layers_that_nobody_named_are_undone(void **state)
{
    static const char *const heads[] = {
        HTML, "", "Content-Type: application/gzip\n", "Content-Type: application/x-gzip\n",
        HTML "Content-Encoding: gzip\n", HTML "Content-Encoding: br\n",
        HTML "Content-Encoding: utf-8\n", HTML "Content-Encoding: gzip, deflate, br\n",
        "Content-Type: image/png\nContent-Encoding: zstd\n", "Content-Type: made/up\n",
    };
    static const size_t steps[] = { 1, 7, SIZE_MAX };
    struct arena a = test_arena();
    struct inspect_options o = options();
    struct exchange x;
    struct buf once, twice, zlib;
    (void)state;
    buf_init(&once, 1u << 16);
    buf_init(&twice, 1u << 16);
    buf_init(&zlib, 1u << 16);
    squeeze(&once, SLICE_OF(PAGE), WRAP_GZIP);
    squeeze(&twice, buf_slice(&once), WRAP_GZIP);
    squeeze(&zlib, SLICE_OF(PAGE), WRAP_ZLIB);
    struct slice bodies[] = { buf_slice(&once), buf_slice(&twice), buf_slice(&zlib),
                              slice_of(page_br, sizeof page_br),
                              slice_of(page_zstd, sizeof page_zstd) };
    for (size_t b = 0; b < sizeof bodies / sizeof *bodies; b++)
        for (size_t h = 0; h < sizeof heads / sizeof *heads; h++)
            for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
                make_exchange(&a, heads[h], &x);
                struct outcome r = run(&a, &x, &o, bodies[b], steps[k], INSPECT_WHOLE);
                if (r.signals->n != 1 || r.undecided)
                    fail_msg("body %zu, head %zu: %zu, %#x", b, h, r.signals->n, r.undecided);
            }
    make_exchange(&a, "", &x);
    struct slice cut = slice_of(twice.p, twice.n - 9);
    struct outcome r = run(&a, &x, &o, cut, SIZE_MAX, INSPECT_WHOLE);
    assert_true(r.undecided & undecided_bit(UNDECIDED_CODING));
    buf_free(&once);
    buf_free(&twice);
    buf_free(&zlib);
    arena_reset(&a);
}

/* What stood before the corrupt byte is kept, whatever the pieces. */
static void corrupt_coding_keeps_what_was_read(void **state)
{
    struct arena a = test_arena();
    struct inspect_options o = options();
    struct buf page, coded;
    struct exchange x;
    (void)state;
    buf_init(&page, 1u << 20);
    buf_init(&coded, 1u << 20);
    buf_puts(&page, PAGE);
    for (unsigned i = 0, random = 1; i < 20000; i++) { /* hard to compress */
        random = random * 1103515245u + 12345u;
        buf_putc(&page, (char)('0' + (random >> 16) % 10));
    }
    squeeze(&coded, buf_slice(&page), WRAP_GZIP);
    memset(coded.p + coded.n / 2, 0xFF, 64);
    make_exchange(&a, HTML "Content-Encoding: gzip\n", &x);
    for (size_t step = 1; step < coded.n; step = step * 5 + 1) {
        struct outcome r = run(&a, &x, &o, buf_slice(&coded), step, INSPECT_WHOLE);
        assert_noai(&r);
        assert_reasons(&r, undecided_bit(UNDECIDED_CODING));
    }
    buf_free(&page);
    buf_free(&coded);
    arena_reset(&a);
}

/* Nor is anything lost of a short page, which is not scanned before its
 * encoding has been looked for. */
static void a_page_with_a_wrong_check_sum_is_read(void **state)
{
    struct arena a = test_arena();
    struct buf coded;
    (void)state;
    buf_init(&coded, 1u << 16);
    squeeze(&coded, SLICE_OF(PAGE), WRAP_GZIP);
    coded.p[coded.n - 8] ^= 0xFF;
    struct outcome r = inspect(&a, HTML "Content-Encoding: gzip\n", buf_slice(&coded));
    assert_reasons(&r, undecided_bit(UNDECIDED_CODING));
    assert_noai(&r);
    buf_free(&coded);
    arena_reset(&a);
}

/* The frame ends with a check sum, which is wrong here: the page before it is
 * read, in one piece or in many. */
static void a_zstandard_page_with_a_wrong_check_sum_is_read(void **state)
{
    static const size_t steps[] = { 1, 7, sizeof page_zstd - 4, SIZE_MAX };
    struct arena a = test_arena();
    struct inspect_options o = options();
    struct exchange x;
    uint8_t coded[sizeof page_zstd];
    (void)state;
    memcpy(coded, page_zstd, sizeof coded);
    coded[sizeof coded - 1] ^= 0xFF;
    make_exchange(&a, HTML "Content-Encoding: zstd\n", &x);
    for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
        struct outcome r = run(&a, &x, &o, slice_of(coded, sizeof coded), steps[k],
                               INSPECT_WHOLE);
        assert_reasons(&r, undecided_bit(UNDECIDED_CODING));
        assert_noai(&r);
    }
    arena_reset(&a);
}

/* A page of few bytes, coded, that ends too early: its start is read although
 * it has to be sniffed. */
static void a_sniffed_page_with_a_broken_coding_is_read_as_far_as_it_goes(void **state)
{
    struct arena a = test_arena();
    struct inspect_options o = options();
    struct buf coded;
    struct exchange x;
    (void)state;
    buf_init(&coded, 1u << 16);
    squeeze(&coded, SLICE_OF(PAGE), WRAP_GZIP);
    make_exchange(&a, "Content-Encoding: gzip\n", &x);
    struct slice cut = slice_of(coded.p, coded.n - 8); /* without its check sum */
    struct outcome r = run(&a, &x, &o, cut, SIZE_MAX, INSPECT_WHOLE);
    assert_reasons(&r, undecided_bit(UNDECIDED_CODING));
    assert_noai(&r);
    coded.p[coded.n - 8] ^= 0xFF; /* with a wrong one */
    r = run(&a, &x, &o, buf_slice(&coded), SIZE_MAX, INSPECT_WHOLE);
    assert_reasons(&r, undecided_bit(UNDECIDED_CODING));
    assert_noai(&r);
    buf_free(&coded);
    arena_reset(&a);
}

static void a_bomb_is_a_limit(void **state)
{
    struct arena a = test_arena();
    struct inspect_options o = options();
    struct buf page, coded;
    struct exchange x;
    (void)state;
    buf_init(&page, 16u << 20);
    buf_init(&coded, 16u << 20);
    buf_puts(&page, PAGE);
    memset(buf_room(&page, 8u << 20), ' ', 8u << 20);
    page.n += 8u << 20;
    squeeze(&coded, buf_slice(&page), WRAP_GZIP);
    make_exchange(&a, HTML "Content-Encoding: gzip\n", &x);
    struct outcome r = run(&a, &x, &o, buf_slice(&coded), 100, INSPECT_WHOLE);
    assert_noai(&r); /* what stood before it counts */
    assert_reasons(&r, undecided_bit(UNDECIDED_LIMIT_EXPANSION));
    assert_true(r.fed_until_done < coded.n);
    /* by its ratio alone */
    o.expand_max = 1u << 30;
    o.expand_ratio = 100;
    r = run(&a, &x, &o, buf_slice(&coded), 100, INSPECT_WHOLE);
    assert_reasons(&r, undecided_bit(UNDECIDED_LIMIT_EXPANSION));
    o.expand_ratio = 100000;
    r = run(&a, &x, &o, buf_slice(&coded), 100, INSPECT_WHOLE);
    assert_reasons(&r, 0);
    buf_free(&page);
    buf_free(&coded);
    arena_reset(&a);
}

static void exactly_the_allowed_expansion_is_no_bomb(void **state)
{
    struct arena a = test_arena();
    struct inspect_options o = options();
    struct buf coded;
    struct exchange x;
    (void)state;
    buf_init(&coded, 1u << 16);
    squeeze(&coded, SLICE_OF(PAGE), WRAP_GZIP);
    make_exchange(&a, HTML "Content-Encoding: gzip\n", &x);
    o.expand_max = sizeof PAGE - 1;
    struct outcome r = run(&a, &x, &o, buf_slice(&coded), 9, INSPECT_WHOLE);
    assert_reasons(&r, 0);
    o.expand_max--;
    r = run(&a, &x, &o, buf_slice(&coded), 9, INSPECT_WHOLE);
    assert_reasons(&r, undecided_bit(UNDECIDED_LIMIT_EXPANSION));
    buf_free(&coded);
    arena_reset(&a);
}

/* ---- what could not be read ---- */

static void part_of_a_page_is_partial(void **state)
{
    struct arena a = test_arena();
    struct exchange x;
    struct inspect_options o = options();
    (void)state;
    make_exchange(&a, HTML, &x);
    x.status = 206;
    struct outcome r = run(&a, &x, &o, SLICE_OF(PAGE), 10, INSPECT_WHOLE);
    assert_noai(&r);
    assert_reasons(&r, undecided_bit(UNDECIDED_PARTIAL));
    arena_reset(&a);
}

static void a_body_that_breaks_off_is_truncated(void **state)
{
    struct arena a = test_arena();
    struct exchange x;
    struct inspect_options o = options();
    (void)state;
    make_exchange(&a, HTML, &x);
    struct outcome r = run(&a, &x, &o, SLICE_OF(PAGE), 10, INSPECT_TRUNCATED);
    assert_noai(&r);
    assert_reasons(&r, undecided_bit(UNDECIDED_TRUNCATED));
    make_exchange(&a, "Content-Type: application/json\nContent-Encoding: gzip\n",
                  &x); /* nothing was to be read */
    r = run(&a, &x, &o, SLICE_OF(PAGE), 10, INSPECT_TRUNCATED);
    assert_reasons(&r, 0);
    arena_reset(&a);
}

/* The caller stops by a limit of its own, and adds its own reason: the coding
 * was sound as far as it was read. */
static void stopping_inside_a_coding_is_no_corrupt_coding(void **state)
{
    struct arena a = test_arena();
    struct exchange x;
    struct inspect_options o = options();
    struct buf coded;
    (void)state;
    buf_init(&coded, 1u << 16);
    squeeze(&coded, SLICE_OF(PAGE), WRAP_GZIP);
    make_exchange(&a, HTML "Content-Encoding: gzip\n", &x);
    struct inspection *i = inspect_open(&a, &x, &o);
    (void)inspect_feed(i, slice_sub(buf_slice(&coded), 0, coded.n / 2));
    inspect_add_undecided(i, UNDECIDED_LIMIT_SIZE);
    inspect_close(i, INSPECT_STOPPED);
    assert_int_equal(inspect_undecided(i), undecided_bit(UNDECIDED_LIMIT_SIZE));
    buf_free(&coded);
    arena_reset(&a);
}

static void more_statements_than_are_kept_are_a_limit(void **state)
{
    struct arena a = test_arena();
    struct buf page;
    (void)state;
    buf_init(&page, 1u << 20);
    for (size_t i = 0; i <= SIGNALS_MAX; i++) {
        char meta[64];
        snprintf(meta, sizeof meta, "<meta name=bot%zu content=noai>", i);
        buf_puts(&page, meta);
    }
    struct outcome r = inspect(&a, HTML, buf_slice(&page));
    assert_int_equal(r.signals->n, SIGNALS_MAX);
    assert_reasons(&r, undecided_bit(UNDECIDED_LIMIT_SIGNALS));
    buf_free(&page);
    arena_reset(&a);
}

/* What restricts nothing takes no place from what does, and is not missed. */
static void licence_links_crowd_out_nothing(void **state)
{
    struct arena a = test_arena();
    struct buf page;
    (void)state;
    buf_init(&page, 1u << 20);
    for (size_t i = 0; i < 400; i++)
        buf_printf(&page, "<a rel=license href=/%zu>x</a>", i);
    struct outcome r = inspect(&a, HTML, buf_slice(&page));
    assert_int_equal(r.signals->n, SIGNALS_MAX);
    assert_int_equal(r.signals->dropped, 400 - SIGNALS_MAX);
    assert_reasons(&r, 0);
    buf_puts(&page, NOAI);
    r = inspect(&a, HTML, buf_slice(&page));
    assert_slice(r.signals->v[SIGNALS_MAX - 1].raw, "noai");
    assert_reasons(&r, 0);
    buf_free(&page);
    arena_reset(&a);
}

/* A page with `before`, so many of `what`, and `after`. */
static undecided_set reasons_of(const char *before, const char *what, size_t times,
                                const char *after, size_t *n_signals)
{
    struct arena a = test_arena();
    struct buf page;
    buf_init(&page, 1u << 20);
    buf_puts(&page, before);
    while (times--)
        buf_puts(&page, what);
    buf_puts(&page, after);
    struct outcome r = inspect(&a, HTML, buf_slice(&page));
    *n_signals = r.signals->n;
    buf_free(&page);
    arena_reset(&a);
    return r.undecided;
}

static void what_is_cut_is_clear_only_where_nobody_reads_it(void **state)
{
    static const struct {
        const char *before, *what, *after;
        bool limit;
        size_t signals;
    } cases[] = {
        { "<meta name=robots content='", " ", "noai'>", false, 1 },
        { "<meta content=1 name='", "\n", "tdm-reservation'>", false, 1 },
        { "<meta content=noai", " ", "name=robots>", false, 1 },
        { "<meta name=robots content='", "&#32;", "noai'>", true, 0 },
        { "<meta content=noai name='", "&#9;", "robots'>", true, 0 },
        { "<meta name=robots content='index,", " ", "noai'>", true, 0 },
        { "<meta name=abot content='index,", " ", "noai'>", true, 0 },
        { "<meta name=tdm-reservation content='0", " ", ",1'>", true, 1 },
        { "<meta http-equiv=Content-Usage content='search=y,", " ", "train-ai=n'>", true, 1 },
        { "<meta ", "x", " name=robots content=noai>", true, 0 },
        { "<link href=/l type=application/rsl+xml rel='icon", " ", "license'>", true, 0 },
        { "<link rel=license type=application/rsl+xml href='/", "x", "'>", true, 1 },
        { "<base href='/", "x", "'>", true, 0 },
        { "<link rel=icon href='data:", "x", "'>", false, 0 },
        { "<meta name=description content='", "x ", "'>", false, 0 },
        { "<meta name=abot content='", "x ", "'>", false, 0 },
        { "<meta itemprop=x content='", "x ", "'>", false, 0 },
        { "<a rel=nofollow href='", "x", "'>", false, 0 },
        { "<meta data-x='", "{}", "' name=robots content=noai>", false, 1 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t n;
        undecided_set got = reasons_of(cases[i].before, cases[i].what, 20000, cases[i].after, &n);
        undecided_set want = cases[i].limit ? undecided_bit(UNDECIDED_LIMIT_SIGNALS) : 0;
        if (got != want || n != cases[i].signals)
            fail_msg("%s: undecided %#x, %zu signals", cases[i].before, got, n);
    }
}

/* Whatever the arena allows, the result is the whole one or says that it is not. */
static void used_up_memory_is_never_clear(void **state)
{
    static const char *const heads[] = {
        HTML "Link: <l>; rel=license\n", "Link: <l>; rel=license\n",
        "Content-Type: text/html; charset=utf-16le\n",
        HTML "Content-Encoding: identity\nContent-Encoding: unknown\n",
    };
    struct inspect_options o = options();
    (void)state;
    for (size_t h = 0; h < sizeof heads / sizeof *heads; h++) {
        struct arena heads_arena = test_arena();
        struct exchange x;
        make_exchange(&heads_arena, heads[h], &x);
        struct arena plenty = test_arena();
        struct outcome whole = run(&plenty, &x, &o, SLICE_OF(PAGE), 64, INSPECT_WHOLE);
        bool reached = false;
        for (size_t limit = 0; limit < (256u << 10) && !reached; limit += 64) {
            struct arena a;
            arena_init(&a, limit, NULL, 0);
            struct inspection *i = inspect_open(&a, &x, &o);
            if (i) {
                (void)inspect_feed(i, SLICE_OF(PAGE));
                inspect_close(i, INSPECT_WHOLE);
                reached = inspect_undecided(i) == whole.undecided;
                if (reached && inspect_signals(i)->n != whole.signals->n)
                    fail_msg("%zu bytes: %zu of %zu signals and no reason", limit,
                             inspect_signals(i)->n, whole.signals->n);
            }
            arena_reset(&a);
        }
        assert_true(reached);
        arena_reset(&plenty);
        arena_reset(&heads_arena);
    }
}

/* Two lines of Content-Encoding that cannot be joined are not no coding. */
static void codings_that_do_not_fit_in_memory_are_undecided(void **state)
{
    static char head[200000];
    struct arena big = test_arena(), a;
    struct exchange x;
    struct inspect_options o = options();
    size_t n;
    (void)state;
    snprintf(head, sizeof head, HTML "Content-Encoding: gzip\nContent-Encoding: ");
    n = strlen(head);
    memset(head + n, 'x', sizeof head - n - 1);
    make_exchange(&big, head, &x);
    arena_init(&a, 128u << 10, NULL, 0);
    struct inspection *i = inspect_open(&a, &x, &o);
    assert_non_null(i);
    (void)inspect_feed(i, SLICE_OF("\x1F\x8B garbled"));
    inspect_close(i, INSPECT_WHOLE);
    assert_int_not_equal(inspect_undecided(i), 0);
    arena_reset(&a);
    arena_reset(&big);
}

/* ---- the digest ---- */

static void the_digest_is_that_of_the_body_as_sent(void **state)
{
    struct arena a = test_arena();
    struct exchange x;
    struct inspect_options o = options();
    struct buf coded;
    uint8_t want[32], got[32];
    (void)state;
    buf_init(&coded, 1u << 16);
    squeeze(&coded, SLICE_OF(PAGE), WRAP_GZIP);
    SHA256(coded.p, coded.n, want);
    make_exchange(&a, HTML "Content-Encoding: gzip\n", &x);
    for (size_t step = 1; step < coded.n * 2; step *= 3) {
        struct inspection *i = inspect_open(&a, &x, &o);
        for (struct slice rest = buf_slice(&coded); rest.n; rest = slice_from(rest, step)) {
            (void)inspect_feed(i, slice_sub(rest, 0, step));
            inspect_hash(i, slice_sub(rest, 0, step));
        }
        inspect_close(i, INSPECT_WHOLE);
        assert_true(inspect_sha256(i, got));
        assert_memory_equal(got, want, 32);
    }
    buf_free(&coded);
    arena_reset(&a);
}

static void there_is_no_digest_of_a_part(void **state)
{
    static const enum inspect_end ends[] = { INSPECT_TRUNCATED, INSPECT_STOPPED };
    struct arena a = test_arena();
    struct exchange x;
    struct inspect_options o = options();
    uint8_t got[32];
    (void)state;
    make_exchange(&a, HTML, &x);
    for (size_t k = 0; k < 2; k++) {
        struct inspection *i = inspect_open(&a, &x, &o);
        (void)inspect_feed(i, SLICE_OF(PAGE));
        inspect_hash(i, SLICE_OF(PAGE));
        inspect_close(i, ends[k]);
        assert_false(inspect_sha256(i, got));
    }
    struct outcome r = run(&a, &x, &o, SLICE_OF(PAGE), 10, INSPECT_WHOLE);
    assert_false(inspect_sha256(r.i, got)); /* nothing was hashed */
    arena_reset(&a);
}

/* ---- pieces ---- */

static void pieces_make_no_difference(void **state)
{
    static const struct slice page = SLICE(
        "<!doctype html><html><head><meta charset=utf-8><title>a</title>"
        "<meta name='robots' content='noai, noindex'><script>if (a<b) x='<meta name=robots "
        "content=none>'</script><!-- <meta name=robots content=none> -->"
        "<meta property=tdm-reservation content=1><link rel=license href=/l>"
        "<meta name=gptbot content=noai></head><body><a rel=license href='x&amp;y'>l</a>");
    static const size_t steps[] = { 1, 2, 3, 5, 16, 100, SIZE_MAX };
    struct arena a = test_arena();
    struct exchange x;
    struct inspect_options o = options();
    (void)state;
    make_exchange(&a, HTML "TDM-Reservation: 0\n", &x);
    struct outcome whole = run(&a, &x, &o, page, SIZE_MAX, INSPECT_WHOLE);
    assert_true(whole.signals->n >= 7);
    for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
        struct outcome r = run(&a, &x, &o, page, steps[k], INSPECT_WHOLE);
        assert_int_equal(r.signals->n, whole.signals->n);
        for (size_t i = 0; i < r.signals->n; i++) {
            const struct signal *got = &r.signals->v[i], *want = &whole.signals->v[i];
            assert_int_equal(got->standard, want->standard);
            assert_int_equal(got->at, want->at);
            assert_int_equal(got->confidence, want->confidence);
            assert_memory_equal(&got->prefs, &want->prefs, sizeof got->prefs);
            assert_true(slice_eq(got->raw, want->raw));
            assert_true(slice_eq(got->url, want->url));
            assert_true(slice_eq(got->agent, want->agent));
        }
    }
    arena_reset(&a);
}

/* ---- what kind it is ---- */

#define XHTML "<html xmlns=\"http://www.w3.org/1999/xhtml\"><head><script src=\"s\"/>" \
              "<meta name=\"robots\" content=\"noai\"/></head></html>"

static void xhtml_is_found_under_any_type(void **state)
{
    static const char *const types[] = {
        "application/xml", "text/xml", "application/octet-stream", "application/x-made-up",
        "application/vnd.wap.xhtml+xml", "application/made.up+xml", "image/svg+xml", "text/xhtml",
        "image/png", "unknown", "application/xhtml+xml; charset=utf-8",
    };
    static const struct slice pages[] = {
        SLICE("<?xml version=\"1.0\"?>\n" XHTML),
        SLICE("\xEF\xBB\xBF<?xml version=\"1.0\"?>" XHTML),
        SLICE("<!-- a --><?pi ?>\n" XHTML),
        SLICE("<?xml version=\"1.0\"?><!DOCTYPE html [<!ENTITY a \"b>\"> <!-- ]> -->]>" XHTML),
#define PREFIXED 4
        SLICE("<?xml version='1.0'?><h:html xmlns:h='http://www.w3.org/1999/xhtml'><h:head>"
              "<h:meta name='robots' content='noai'/></h:head></h:html>"),
    };
    struct arena a = test_arena();
    (void)state;
    for (size_t t = 0; t < sizeof types / sizeof *types; t++)
        for (size_t p = 0; p < sizeof pages / sizeof *pages; p++) {
            char head[100];
            snprintf(head, sizeof head, "Content-Type: %s\n", types[t]);
            struct outcome r = inspect(&a, head, pages[p]);
            /* The type has it read as a drawing too, and with a prefix at its root it is none. */
            undecided_set want =
                p == PREFIXED && strcmp(types[t], "image/svg+xml") == 0
                    ? undecided_bit(UNDECIDED_MALFORMED) : 0;
            if (r.signals->n != 1 || r.undecided != want)
                fail_msg("%s, page %zu: %zu, %#x", types[t], p, r.signals->n, r.undecided);
            struct buf wide;
            buf_init(&wide, 1u << 16);
            for (size_t i = 0; i < pages[p].n && pages[p].p[0] == '<'; i++) {
                buf_putc(&wide, 0);
                buf_putc(&wide, (char)pages[p].p[i]);
            }
            r = inspect(&a, head, buf_slice(&wide));
            if (wide.n && (r.signals->n != 1 || r.undecided != want))
                fail_msg("%s, page %zu in UTF-16: %zu, %#x", types[t], p, r.signals->n,
                         r.undecided);
            buf_free(&wide);
        }
    arena_reset(&a);
}

/* A reader of HTML sees in a section of character data what no reader of XML does. */
static void what_only_html_reads_of_xhtml_may_deny(void **state)
{
    static const char front[] = "<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'>"
                                "<head>";
    static const struct {
        const char *head;
        size_t n;
        uint8_t confidence;
        uint8_t train_ai; /* what the last signal says */
    } cases[] = {
        { "<meta name='robots' content='noai'/>", 1, CONF_EXACT, PREF_DENY }, /* once */
        { "<![CDATA[><meta name='robots' content='noai'>]]>", 1, CONF_LAX, PREF_DENY },
        { "<meta name='robots' content='noai'/><![CDATA[><meta name='tdm-reservation' "
          "content='1'>]]>", 2, CONF_LAX, PREF_DENY },
        { "<![CDATA[><meta name='tdm-reservation' content='0'>]]>", 1, CONF_LAX, PREF_UNKNOWN },
    };
    struct arena a = test_arena();
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char page[400];
        snprintf(page, sizeof page, "%s%s<title>x</title></head></html>", front, cases[i].head);
        struct outcome r = inspect(&a, "Content-Type: application/xml\n", slice_cstr(page));
        assert_int_equal(r.signals->n, cases[i].n);
        const struct signal *last = &r.signals->v[r.signals->n - 1];
        assert_int_equal(last->confidence, cases[i].confidence);
        assert_int_equal(last->prefs.of[USAGE_TRAIN_AI], cases[i].train_ai);
        assert_reasons(&r, 0);
    }
    arena_reset(&a);
}

static void roots_behind_long_comments_are_found(void **state)
{
    static const size_t lengths[] = { 900, 1010, 1100, 5000, 20000, 60000, 70000, 300000 };
    static const size_t steps[] = { 100, SIZE_MAX };
    static const char *const heads[] = { "", "Content-Type: application/xml\n" };
    struct arena a = test_arena();
    struct inspect_options o = options();
    struct exchange x;
    (void)state;
    for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++)
        for (size_t s = 0; s < sizeof steps / sizeof *steps; s++)
            for (size_t h = 0; h < sizeof heads / sizeof *heads; h++) {
                struct buf b;
                buf_init(&b, 1u << 20);
                buf_puts(&b, "<?xml version=\"1.0\"?><!-- ");
                memset(buf_room(&b, lengths[l]), 'x', lengths[l]);
                b.n += lengths[l];
                buf_puts(&b, " -->" XHTML);
                make_exchange(&a, heads[h], &x);
                struct outcome r = run(&a, &x, &o, buf_slice(&b), steps[s], INSPECT_WHOLE);
                bool over = lengths[l] > 64u << 10; /* it may be anything */
                assert_reasons(&r, over ? undecided_bit(UNDECIDED_LIMIT_METADATA) : 0);
                assert_int_equal(r.signals->n, 1);
                buf_free(&b);
            }
    arena_reset(&a);
}

static void entities_of_a_page_are_a_limit(void **state)
{
    static const struct {
        const char *page;
        bool limit;
    } cases[] = {
        { "<!DOCTYPE html [<!ENTITY m '<meta name=\"robots\" content=\"noai\"/>'>]><html>&m;",
          true },
        { "<!DOCTYPE html [<!ENTITY m \"&#60;meta name='robots'/>\">]><html/>", true },
        { "<!DOCTYPE html [<!ENTITY m \"&#x0003C;meta/>\">]><html/>", true },
        { "<!DOCTYPE html [<!ENTITY % p \"<!ENTITY m '<meta/>'>\"> %p;]><html/>", true },
        { "<!DOCTYPE html [<!ENTITY n 'noai'>]><html><head><meta name='robots' content='&n;'/>",
          true },
        { "<!DOCTYPE html [<!ENTITY n 'noai'>]><html><head><meta name='robots' content='all'/>",
          false },
        { "<!DOCTYPE html [<!ENTITY l 'license'>]><html><head><link rel='&l;' href='/l'/>", true },
        { "<!DOCTYPE html [<!ENTITY l 'license'>]><html><body><a rel='&l;' href='/l'/>", true },
        { "<!DOCTYPE html [<!ENTITY l 'rsl'>]><html><head><link type='application/&l;+xml'/>", true },
        { "<!DOCTYPE html [<!ENTITY l 'x'>]><html><head><link rel='icon' href='/i'/>", false },
        { "<!DOCTYPE html [<!ENTITY nbsp '&#160;'><!ENTITY l '&#38;#60;'>]><html>&nbsp;&l;",
          false },
        { "<!DOCTYPE html [<!-- <!ENTITY m '<meta/>'> -->]><html/>", false },
        { "<!DOCTYPE html PUBLIC '-//W3C//DTD XHTML 1.0//EN' 'x.dtd'><html/>", false },
    };
    struct arena a = test_arena();
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct outcome r = inspect(&a, "Content-Type: application/xhtml+xml\n",
                                   slice_cstr(cases[i].page));
        if (r.undecided != (cases[i].limit ? undecided_bit(UNDECIDED_LIMIT_SIGNALS) : 0))
            fail_msg("%s: %#x", cases[i].page, r.undecided);
    }
    arena_reset(&a);
}

static void all_types_that_are_named_count(void **state)
{
    static const char *const heads[] = {
        "Content-Type: application/json\nContent-Type: text/html\n",
        "Content-Type: text/html\nContent-Type: application/json\n",
        "Content-Type: application/json, text/html\n", "Content-Type: text/html, text/css\n",
        "Content-Type: text/plain\nContent-Type: text/html;charset=utf-8\nContent-Type: */*\n",
        "Content-Type: text/css, broken, text/html; charset=\"a,b\"\n",
        "Content-Type: text/css\nContent-Type: text/html, image/png, video/mp4\n",
    };
    struct arena a = test_arena();
    (void)state;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        struct outcome r = inspect(&a, heads[i], SLICE_OF(PAGE));
        assert_noai(&r);
        assert_reasons(&r, 0);
    }
    struct outcome r = inspect(&a, "Content-Type: application/json, text/css\n", SLICE_OF(PAGE));
    assert_clean(&r);
    arena_reset(&a);
}

static void bodies_of_no_known_kind_are_unread(void **state)
{
    static const struct {
        const char *type;
        undecided_set want;
    } cases[] = {
        { "application/octet-stream", 1u << UNDECIDED_UNREAD },
        { "video/x-matroska", 1u << UNDECIDED_UNREAD },
        { "application/x-7z-compressed", 1u << UNDECIDED_UNREAD },
        { "text/plain", 1u << UNDECIDED_UNREAD },
        { "made-up", 1u << UNDECIDED_UNREAD },
        { "image/jpeg", 1u << UNDECIDED_MALFORMED },
        { "image/png, text/css", 1u << UNDECIDED_MALFORMED },
        { "video/mp4", 1u << UNDECIDED_MALFORMED },
        { "application/pdf", 1u << UNDECIDED_MALFORMED },
        { "application/epub+zip", 1u << UNDECIDED_MALFORMED },
        { "image/svg+xml", 1u << UNDECIDED_MALFORMED },
        { "font/woff2", 1u << UNDECIDED_MALFORMED },
        { "application/json", 0 }, { "application/javascript; x=y", 0 }, { "text/css", 0 },
        { "application/ld+json", 0 }, { "application/vnd.made.up+json", 0 }, { "text/csv", 0 },
        { "application/wasm", 0 }, { "text/css, application/json", 0 },
    };
    static const struct slice texts[] = {
        SLICE("{\"a\": 1}"), SLICE("plain words\r\n"), SLICE("<?xml version='1.0'?><rss/>"),
        SLICE("\xFF\xFEh\0i\0"), SLICE("\xE9t\xE9"),
    };
    struct arena a = test_arena();
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char head[100];
        snprintf(head, sizeof head, "Content-Type: %s\n", cases[i].type);
        struct outcome r = inspect(&a, head, slice_of(NOISE, sizeof NOISE - 1));
        if (r.undecided != cases[i].want)
            fail_msg("%s: %#x", cases[i].type, r.undecided);
        r = inspect(&a, head, SLICE_EMPTY);
        if (r.signals->n || r.undecided) /* nothing came, and there is nothing more */
            fail_msg("%s, empty: %zu, %#x", cases[i].type, r.signals->n, r.undecided);
    }
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct outcome r = inspect(&a, "", texts[i]);
        assert_clean(&r);
        r = inspect(&a, "Content-Type: text/plain\n", texts[i]);
        assert_clean(&r);
    }
    arena_reset(&a);
}

/* What a type of a row says of junk. Text is what every text type names; zero blocks are how a
 * tar archive ends, so that one of nothing else is empty; two bytes are all that there is of the
 * signature of a JPEG XL codestream, in which nothing is written. */
static bool may_be_clear(const struct format *f, const char *type, struct slice junk, bool text)
{
    bool zeros = junk.n > 8 && !memcmp(junk.p, "\0\0\0\0\0\0\0", 8);
    return junk.n == 0 || (text && !strcmp(type, "text/plain")) ||
           (zeros && !strcmp(f->name, "tar")) ||
           (slice_starts_nocase(junk, SLICE_OF("\xff\x0a")) && !strcmp(f->name, "jxl"));
}

static void check_junk(const struct format *f, struct slice junk, bool text)
{
    for (const char *const *t = f->types; *t; t++) {
        struct arena a = test_arena();
        char head[200], type[100];
        snprintf(type, sizeof type, "%s", *t);
        if (type[strlen(type) - 1] == '*') /* one of them all */
            snprintf(type, sizeof type, "%s", strncmp(*t, "text/", 5) ? "multipart/mixed"
                                                                      : "text/plain");
        snprintf(head, sizeof head, "Content-Type: %s\n", type);
        struct outcome r = inspect(&a, head, junk);
        undecided_set told = r.undecided & (undecided_bit(UNDECIDED_MALFORMED) |
                                            undecided_bit(UNDECIDED_CONTAINER) |
                                            undecided_bit(UNDECIDED_UNREAD));
        if (r.signals->n || (told == 0) != may_be_clear(f, type, junk, text))
            fail_msg("%s, %s, junk that begins with %02x %02x: %#x", f->name, type,
                     junk.n ? junk.p[0] : 0, junk.n ? junk.p[1] : 0, r.undecided);
        arena_reset(&a);
    }
}

static void junk_is_no_file_of_any_type(void **state)
{
    static const struct slice fronts[] = {
        SLICE(""), SLICE("\xff\xfb\x90\x64"), SLICE("\xff\xf1\x50\x80"), SLICE("\xff\xd8"),
        SLICE("MM\0*"), SLICE("II*\0"), SLICE("\0\1\0\0"), SLICE("PK"), SLICE("<x"),
        SLICE("\0\0\0\x18""ftypzzzz"), SLICE("\xff\x0a"), SLICE("\xef\xbb\xbf"),
        SLICE("RIFF"), SLICE("OggS"), SLICE("%!"), SLICE("GIF8"), SLICE("8BPS"), SLICE("FORM"),
        SLICE("%PD"), SLICE("\x89PNG"), SLICE("ID"), SLICE("--"),
    };
    static const uint8_t zeros[4096] = { 0 };
    uint8_t junk[4096];
    uint32_t seed = 7;
    (void)state;
    for (size_t i = 0; formats[i]; i++) {
        for (size_t k = 0; k < sizeof fronts / sizeof *fronts; k++) {
            for (size_t n = 0; n < sizeof junk; n++)
                junk[n] = (uint8_t)((seed = seed * 1664525u + 1013904223u) >> 24);
            junk[0] = 0x91; /* begins nothing */
            if (fronts[k].n)
                memcpy(junk, fronts[k].p, fronts[k].n);
            check_junk(formats[i], slice_of(junk, sizeof junk), false);
        }
        check_junk(formats[i], slice_of(zeros, sizeof zeros), false);
        check_junk(formats[i], SLICE_OF("This is text, and nothing more than that.\n"), true);
        check_junk(formats[i], SLICE_EMPTY, false);
    }
}

static void a_range_that_is_all_is_whole(void **state)
{
    static const struct {
        const char *range;
        bool part;
    } cases[] = {
        { "bytes 0-80/81", false }, { "BYTES 0-80/81", false }, { "bytes 0-80/82", true },
        { "bytes 0-80/*", true }, { "bytes 1-80/81", true }, { "bytes 0-80", true },
        { "items 0-80/81", true }, { "bytes 0-0/0", true }, { "bytes 0-/1", true },
        { "bytes 0-18446744073709551615/0", true },
        { "bytes 0-80/81\nContent-Range: bytes 0-9/81", true },
    };
    struct arena a = test_arena();
    struct inspect_options o = options();
    struct exchange x;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char head[100];
        snprintf(head, sizeof head, HTML "Content-Range: %s\n", cases[i].range);
        make_exchange(&a, head, &x);
        x.status = 206;
        struct outcome r = run(&a, &x, &o, SLICE_OF("<p>text"), 10, INSPECT_WHOLE);
        if (r.undecided != (cases[i].part ? undecided_bit(UNDECIDED_PARTIAL) : 0))
            fail_msg("%s: %#x", cases[i].range, r.undecided);
    }
    arena_reset(&a);
}

/* HoldFormat knows them by the list, records by their rows. */
static void formats_have_the_names_of_their_list(void **state)
{
    size_t n = 0;
    (void)state;
    for (; formats[n]; n++) {
        assert_string_equal(formats[n]->name, format_names[n]);
        assert_int_equal(format_bit(formats[n]), (format_set)1 << n);
    }
    assert_int_equal(n, FORMATS_COUNT);
}

#define WORDS "Der Verlag beh\xC3\xA4lt sich das Text und Data Mining im Sinne von \xC2\xA7 44b UrhG vor."

static void expect_words(const char *type, const char *body, const struct phrases *phrases,
                         size_t want)
{
    static const size_t steps[] = { SIZE_MAX, 1, 50 };
    char head[100];
    snprintf(head, sizeof head, "Content-Type: %s\n", type);
    for (size_t i = 0; i < 3; i++) {
        struct arena a = test_arena();
        struct exchange x;
        struct inspect_options o = options();
        o.phrases = phrases;
        make_exchange(&a, head, &x);
        struct outcome r = run(&a, &x, &o, slice_cstr(body), steps[i], INSPECT_WHOLE);
        assert_reasons(&r, 0);
        if (r.signals->n != want)
            fail_msg("%s: %zu signals, want %zu", type, r.signals->n, want);
        if (want) {
            assert_int_equal(r.signals->v[0].standard, STD_NATURAL_LANGUAGE);
            assert_int_equal(r.signals->v[0].at, strstr(body, "Der ") - body);
            assert_slice(r.signals->v[0].raw, WORDS);
        }
        arena_reset(&a);
    }
}

/* What people read; of programs and data nothing. */
static void words_of_pages_and_texts_are_read(void **state)
{
    static const char page[] = "<!DOCTYPE html><title>x</title><h1>y</h1><p>" WORDS "</p>";
    static const char text[] = "Impressum\n\n" WORDS "\n";
    const struct phrases *phrases = phrases_builtin();
    (void)state;
    assert_non_null(phrases);
    expect_words("text/html; charset=utf-8", page, phrases, 1);
    expect_words("text/html", page, phrases, 1);
    expect_words("text/plain", text, phrases, 1);
    expect_words("text/markdown; charset=utf-8", text, phrases, 1);
    expect_words("text/css", text, phrases, 0);
    expect_words("application/json", text, phrases, 0);
    expect_words("text/html", page, NULL, 0);
    expect_words("text/plain", text, NULL, 0);
    expect_words("text/html", "<!DOCTYPE html><pre>" WORDS "</pre>", phrases, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_have_the_names_of_their_list),
        cmocka_unit_test(header_statements_are_there_at_open),
        cmocka_unit_test(without_a_body_the_head_is_all),
        cmocka_unit_test(a_page_is_read_to_its_end),
        cmocka_unit_test(an_empty_body_is_clear),
        cmocka_unit_test(a_type_that_no_format_reads_needs_no_body),
        cmocka_unit_test(types_of_pages_are_read),
        cmocka_unit_test(xhtml_is_read_as_xml),
        cmocka_unit_test(utf_16_is_read),
        cmocka_unit_test(head_only_is_done_early),
        cmocka_unit_test(urls_are_made_absolute),
        cmocka_unit_test(a_page_without_a_telling_type_is_sniffed),
        cmocka_unit_test(a_short_page_is_sniffed_at_its_end),
        cmocka_unit_test(what_is_no_page_is_done_once_sniffed),
        cmocka_unit_test(a_truncated_unknown_body_is_undecided),
        cmocka_unit_test(a_reservation_is_found_inside_codings),
        cmocka_unit_test(brotli_and_zstandard_are_read),
        cmocka_unit_test(two_codings_are_undone_in_turn),
        cmocka_unit_test(an_unknown_coding_is_undecided),
        cmocka_unit_test(corrupt_coding_keeps_what_was_read),
        cmocka_unit_test(a_page_with_a_wrong_check_sum_is_read),
        cmocka_unit_test(a_zstandard_page_with_a_wrong_check_sum_is_read),
        cmocka_unit_test(what_is_in_no_coding_is_read),
        cmocka_unit_test(layers_that_nobody_named_are_undone),
        cmocka_unit_test(xhtml_is_found_under_any_type),
        cmocka_unit_test(what_only_html_reads_of_xhtml_may_deny),
        cmocka_unit_test(roots_behind_long_comments_are_found),
        cmocka_unit_test(entities_of_a_page_are_a_limit),
        cmocka_unit_test(all_types_that_are_named_count),
        cmocka_unit_test(bodies_of_no_known_kind_are_unread),
        cmocka_unit_test(junk_is_no_file_of_any_type),
        cmocka_unit_test(a_range_that_is_all_is_whole),
        cmocka_unit_test(a_sniffed_page_with_a_broken_coding_is_read_as_far_as_it_goes),
        cmocka_unit_test(a_bomb_is_a_limit),
        cmocka_unit_test(exactly_the_allowed_expansion_is_no_bomb),
        cmocka_unit_test(part_of_a_page_is_partial),
        cmocka_unit_test(a_body_that_breaks_off_is_truncated),
        cmocka_unit_test(stopping_inside_a_coding_is_no_corrupt_coding),
        cmocka_unit_test(more_statements_than_are_kept_are_a_limit),
        cmocka_unit_test(licence_links_crowd_out_nothing),
        cmocka_unit_test(what_is_cut_is_clear_only_where_nobody_reads_it),
        cmocka_unit_test(used_up_memory_is_never_clear),
        cmocka_unit_test(codings_that_do_not_fit_in_memory_are_undecided),
        cmocka_unit_test(the_digest_is_that_of_the_body_as_sent),
        cmocka_unit_test(there_is_no_digest_of_a_part),
        cmocka_unit_test(pieces_make_no_difference),
        cmocka_unit_test(words_of_pages_and_texts_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
