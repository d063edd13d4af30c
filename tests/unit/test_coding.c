/* SPDX-License-Identifier: Apache-2.0 */
/* test_coding.c - content codings. Deflate data is made here with zlib; br and
 * zstd data were made with their encoders and are kept as bytes. */
#include "unit.h"

#include <zlib.h>

#include "core/buf.h"
#include "http/coding.h"

static const char page[] = "<!DOCTYPE html><title>noai</title>";
#define PAGE (sizeof page - 1)

static const uint8_t page_br[] = { 0x1B, 0x21, 0x00, 0xF8, 0x8D, 0xD4, 0x48, 0xAD, 0x3D, 0xAB,
                                   0x7C, 0x71, 0x7B, 0x4B, 0x9E, 0xB0, 0xB4, 0x2C, 0x84, 0x16,
                                   0x62, 0x72, 0x01, 0x15, 0xD6, 0x19, 0xD7, 0x95, 0x6E, 0x00 };
/* With a checksum. */
static const uint8_t page_zstd[] = { 0x28, 0xB5, 0x2F, 0xFD, 0x24, 0x22, 0x11, 0x01, 0x00, 0x3C,
                                     0x21, 0x44, 0x4F, 0x43, 0x54, 0x59, 0x50, 0x45, 0x20, 0x68,
                                     0x74, 0x6D, 0x6C, 0x3E, 0x3C, 0x74, 0x69, 0x74, 0x6C, 0x65,
                                     0x3E, 0x6E, 0x6F, 0x61, 0x69, 0x3C, 0x2F, 0x74, 0x69, 0x74,
                                     0x6C, 0x65, 0x3E, 0xE6, 0x0E, 0xE4, 0xF7 };
/* The page in gzip, then in br. */
static const uint8_t page_gzip_br[] = {
    0x0B, 0x18, 0x80, 0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xB3,
    0x51, 0x74, 0xF1, 0x77, 0x0E, 0x89, 0x0C, 0x70, 0x55, 0xC8, 0x28, 0xC9, 0xCD, 0xB1,
    0xB3, 0x29, 0xC9, 0x2C, 0xC9, 0x49, 0xB5, 0xCB, 0xCB, 0x4F, 0xCC, 0xB4, 0xD1, 0x87,
    0xB0, 0x01, 0xF8, 0xF7, 0x87, 0x24, 0x22, 0x00, 0x00, 0x00, 0x03
};
/* 8 MiB of NUL. */
static const uint8_t bomb_br[] = { 0xCB, 0xFF, 0xFF, 0x3F, 0xF8, 0x27, 0x00,
                                   0xE2, 0xB1, 0x40, 0x20, 0xF7, 0xFE, 0x6F };
/* 300 KiB of NUL. */
static const uint8_t zeros_zstd[] = { 0x28, 0xB5, 0x2F, 0xFD, 0x04, 0x68, 0x4C, 0x00, 0x00, 0x08,
                                      0x00, 0x01, 0x00, 0xFC, 0xFF, 0x39, 0x10, 0x02, 0x02, 0x00,
                                      0x10, 0x00, 0x03, 0x80, 0x05, 0x00, 0xAB, 0xD7, 0x4F, 0x15 };
/* A skippable frame of three bytes (RFC 8878 section 3.1.2). */
static const uint8_t skip_zstd[] = { 0x50, 0x2A, 0x4D, 0x18, 0x03, 0x00, 0x00, 0x00, 1, 2, 3 };
/* An empty frame whose window is 16 MiB. */
static const uint8_t wide_zstd[] = { 0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x70, 0x01, 0x00, 0x00 };

struct collector {
    struct buf got;
    size_t enough;       /* answers OPTOUT_DONE from so many bytes on; 0: never */
    size_t largest;      /* piece */
    enum optout_rc fail; /* answers this instead, if it is an error */
};

static enum optout_rc collect(void *ctx, struct slice bytes)
{
    struct collector *c = ctx;
    if (bytes.n > c->largest)
        c->largest = bytes.n;
    if (c->fail < 0)
        return c->fail;
    if (buf_append(&c->got, bytes.p, bytes.n) != OPTOUT_OK)
        return OPTOUT_E_NOMEM;
    return c->enough && c->got.n >= c->enough ? OPTOUT_DONE : OPTOUT_OK;
}

static struct coding_limits limits = { 64u << 20, 0 };

struct result {
    enum optout_rc fed, finished;
    struct collector c;
};

/* Decodes all of `bytes`, `step` at a time; free the result's buffer. */
static struct result decode(const char *value, const void *bytes, size_t n, size_t step)
{
    struct result r = { OPTOUT_MORE, OPTOUT_OK, { .enough = 0 } };
    struct coding *coding;
    buf_init(&r.c.got, 64u << 20);
    assert_int_equal(coding_open(slice_cstr(value), &limits, collect, &r.c, &coding), OPTOUT_OK);
    assert_non_null(coding);
    struct slice rest = slice_of(bytes, n);
    while (rest.n && r.fed == OPTOUT_MORE) {
        r.fed = coding_feed(coding, slice_sub(rest, 0, step));
        rest = slice_from(rest, step);
    }
    r.finished = coding_finish(coding);
    /* What has ended stays so. */
    if (r.fed != OPTOUT_MORE)
        assert_int_equal(coding_feed(coding, SLICE_OF("x")), r.fed);
    coding_close(coding);
    return r;
}

/* Deflates into `out` (8 KiB); wbits as zlib has them. */
static size_t deflated(int wbits, const void *bytes, size_t n, uint8_t *out)
{
    z_stream z = { 0 };
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, wbits, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (Bytef *)(uintptr_t)bytes;
    z.avail_in = (uInt)n;
    z.next_out = out;
    z.avail_out = 8192;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    size_t made = z.total_out;
    deflateEnd(&z);
    return made;
}

/* Whole, and byte by byte, the bytes are `times` the page. */
static void check_page(const char *value, const void *bytes, size_t n, size_t times)
{
    static const size_t steps[] = { 1, 3, 1u << 20 };
    for (size_t i = 0; i < 3; i++) {
        struct result r = decode(value, bytes, n, steps[i]);
        if (r.fed != OPTOUT_MORE || r.finished != OPTOUT_OK || r.c.got.n != times * PAGE)
            fail_msg("%s by %zu: fed %d, finished %d, %zu bytes", value, steps[i], r.fed,
                     r.finished, r.c.got.n);
        for (size_t k = 0; k < times; k++)
            assert_memory_equal(r.c.got.p + k * PAGE, page, PAGE);
        buf_free(&r.c.got);
    }
}

static void each_coding_is_undone(void **state)
{
    (void)state;
    uint8_t z[8192];
    size_t n = deflated(15 + 16, page, PAGE, z);
    check_page("gzip", z, n, 1);
    check_page("X-GZip", z, n, 1);
    check_page("identity, gzip,", z, n, 1);
    check_page("deflate", z, n, 1); /* mislabelled, but it says what it is */
    n = deflated(15, page, PAGE, z);
    check_page("deflate", z, n, 1);
    n = deflated(-15, page, PAGE, z);
    check_page("deflate", z, n, 1);
    check_page("br", page_br, sizeof page_br, 1);
    check_page(" Zstd ", page_zstd, sizeof page_zstd, 1);
}

static void stacked_codings_are_undone_from_the_last(void **state)
{
    (void)state;
    uint8_t inner[8192], outer[8192];
    check_page("gzip, br", page_gzip_br, sizeof page_gzip_br, 1);
    size_t n = deflated(15 + 16, page_zstd, sizeof page_zstd, inner);
    check_page("zstd,gzip", inner, n, 1);
    n = deflated(15, inner, n, outer);
    check_page("zstd, gzip, identity, deflate", outer, n, 1);
}

static void members_and_frames_follow_each_other(void **state)
{
    (void)state;
    uint8_t z[8192];
    size_t n = deflated(15 + 16, page, PAGE, z);
    memcpy(z + n, z, n);
    check_page("gzip", z, 2 * n, 2);
    memcpy(z + 2 * n, "\0\0\0garbage", 10);
    check_page("gzip", z, 2 * n + 10, 2);
    memcpy(z + n, "\x1Fx", 2);
    check_page("gzip", z, n + 2, 1);

    memcpy(z, skip_zstd, sizeof skip_zstd);
    n = sizeof skip_zstd;
    for (int i = 0; i < 2; i++, n += sizeof page_zstd)
        memcpy(z + n, page_zstd, sizeof page_zstd);
    check_page("zstd", z, n, 2);
    memcpy(z + n, "garbage", 7);
    check_page("zstd", z, n + 7, 2);
    memcpy(z, page_br, sizeof page_br);
    memcpy(z + sizeof page_br, "garbage", 7);
    check_page("br", z, sizeof page_br + 7, 1);
}

static void truncation_is_told_from_the_end(void **state)
{
    (void)state;
    uint8_t gzip[8192], zlib[8192], raw[8192];
    const struct {
        const char *coding;
        const uint8_t *p;
        size_t n;
    } cases[] = {
        { "gzip", gzip, deflated(15 + 16, page, PAGE, gzip) },
        { "deflate", zlib, deflated(15, page, PAGE, zlib) },
        { "deflate", raw, deflated(-15, page, PAGE, raw) },
        { "br", page_br, sizeof page_br },
        { "zstd", page_zstd, sizeof page_zstd },
        { "gzip, br", page_gzip_br, sizeof page_gzip_br },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (size_t cut = 1; cut < cases[i].n; cut++) {
            struct result r = decode(cases[i].coding, cases[i].p, cut, 7);
            if (r.fed != OPTOUT_MORE || r.finished != OPTOUT_E_SYNTAX)
                fail_msg("%s cut at %zu: fed %d, finished %d", cases[i].coding, cut, r.fed,
                         r.finished);
            buf_free(&r.c.got);
        }
        struct result r = decode(cases[i].coding, "", 0, 1);
        assert_int_equal(r.finished, OPTOUT_OK); /* no byte at all: an empty body */
        buf_free(&r.c.got);
    }
}

/* A second member that breaks off is a loss too. */
static void truncated_later_members_count(void **state)
{
    (void)state;
    uint8_t z[8192];
    size_t n = deflated(15 + 16, page, PAGE, z);
    memcpy(z + n, z, n);
    for (size_t cut = n + 1; cut < 2 * n; cut++) {
        struct result r = decode("gzip", z, cut, 5);
        assert_int_equal(r.finished, OPTOUT_E_SYNTAX);
        buf_free(&r.c.got);
    }
    memcpy(z, page_zstd, sizeof page_zstd);
    memcpy(z + sizeof page_zstd, page_zstd, sizeof page_zstd);
    for (size_t cut = sizeof page_zstd + 1; cut < 2 * sizeof page_zstd; cut++) {
        struct result r = decode("zstd", z, cut, 5);
        assert_int_equal(r.finished, OPTOUT_E_SYNTAX);
        buf_free(&r.c.got);
    }
}

static void corrupt_data_is_reported(void **state)
{
    (void)state;
    static const char *const codings[] = { "gzip", "deflate", "br", "zstd" };
    static const char plain[] = "\xFF<html>this is not coded at all, whatever the label says";
    uint8_t z[8192];
    for (size_t i = 0; i < 4; i++) {
        struct result r = decode(codings[i], plain, sizeof plain - 1, 1u << 20);
        assert_int_equal(r.fed, OPTOUT_E_SYNTAX);
        assert_int_equal(r.finished, OPTOUT_E_SYNTAX);
        buf_free(&r.c.got);
    }
    size_t n = deflated(15 + 16, page, PAGE, z);
    z[n - 6] ^= 1; /* checksum; what came before it was handed over */
    struct result r = decode("gzip", z, n, n);
    assert_int_equal(r.fed, OPTOUT_E_SYNTAX);
    assert_int_equal(r.c.got.n, PAGE);
    buf_free(&r.c.got);
    memcpy(z, page_zstd, sizeof page_zstd);
    z[sizeof page_zstd - 1] ^= 1;
    r = decode("zstd", z, sizeof page_zstd, 1);
    assert_int_equal(r.fed, OPTOUT_E_SYNTAX);
    buf_free(&r.c.got);
}

static void output_has_a_ceiling(void **state)
{
    (void)state;
    limits.output_max = 1000000;
    struct result r = decode("br", bomb_br, sizeof bomb_br, 1);
    assert_int_equal(r.fed, OPTOUT_E_LIMIT);
    assert_int_equal(r.finished, OPTOUT_E_LIMIT);
    assert_int_equal(r.c.got.n, 1000000);
    assert_true(r.c.largest <= 16384);
    buf_free(&r.c.got);
    limits.output_max = 300 << 10; /* exactly what there is */
    r = decode("zstd", zeros_zstd, sizeof zeros_zstd, 1);
    assert_int_equal(r.finished, OPTOUT_OK);
    assert_int_equal(r.c.got.n, 300 << 10);
    buf_free(&r.c.got);
    limits.output_max--;
    r = decode("zstd", zeros_zstd, sizeof zeros_zstd, 1);
    assert_int_equal(r.fed, OPTOUT_E_LIMIT);
    buf_free(&r.c.got);
    limits.output_max = 64u << 20;
}

static void the_ratio_has_a_ceiling(void **state)
{
    (void)state;
    limits.ratio_max = 200;
    struct result r = decode("br", bomb_br, sizeof bomb_br, 64);
    assert_int_equal(r.fed, OPTOUT_E_LIMIT);
    assert_in_range(r.c.got.n, 1 << 20, (1 << 20) + 16384); /* free up to 1 MiB */
    buf_free(&r.c.got);
    limits.ratio_max = 1000000;
    r = decode("br", bomb_br, sizeof bomb_br, 64);
    assert_int_equal(r.finished, OPTOUT_OK);
    assert_int_equal(r.c.got.n, 8 << 20);
    buf_free(&r.c.got);
    limits.ratio_max = 0;
}

/* The middle of a stack must not be a bomb whose bytes the next layer, having
 * ended, ignores. */
static void inner_layers_are_limited_too(void **state)
{
    (void)state;
    enum { MIDDLE = 500000 };
    uint8_t z[8192], *middle = calloc(1, MIDDLE);
    memcpy(middle, page_br, sizeof page_br);
    size_t n = deflated(15 + 16, middle, MIDDLE, z);
    free(middle);
    limits.output_max = MIDDLE;
    check_page("br, gzip", z, n, 1);
    limits.output_max = MIDDLE - 1;
    struct result r = decode("br, gzip", z, n, 64);
    assert_int_equal(r.fed, OPTOUT_E_LIMIT);
    assert_int_equal(r.c.got.n, PAGE);
    buf_free(&r.c.got);
    limits.output_max = 64u << 20;
}

static void wide_windows_are_refused(void **state)
{
    (void)state;
    struct result r = decode("zstd", wide_zstd, sizeof wide_zstd, 64);
    assert_int_equal(r.fed, OPTOUT_E_LIMIT);
    buf_free(&r.c.got);
}

static void the_sink_may_stop(void **state)
{
    (void)state;
    struct collector c = { .enough = 20000 };
    struct coding *coding;
    buf_init(&c.got, 64u << 20);
    assert_int_equal(coding_open(SLICE_OF("br"), &limits, collect, &c, &coding), OPTOUT_OK);
    assert_int_equal(coding_feed(coding, slice_of(bomb_br, sizeof bomb_br)), OPTOUT_DONE);
    assert_int_equal(c.got.n, 32768); /* the second piece */
    assert_int_equal(coding_feed(coding, SLICE_OF("more")), OPTOUT_DONE);
    assert_int_equal(c.got.n, 32768);
    assert_int_equal(coding_finish(coding), OPTOUT_OK);
    coding_close(coding);

    c.fail = OPTOUT_E_NOMEM; /* an error of the sink is the result */
    assert_int_equal(coding_open(SLICE_OF("br"), &limits, collect, &c, &coding), OPTOUT_OK);
    assert_int_equal(coding_feed(coding, slice_of(page_br, sizeof page_br)), OPTOUT_E_NOMEM);
    assert_int_equal(coding_finish(coding), OPTOUT_E_NOMEM);
    coding_close(coding);
    buf_free(&c.got);
}

static void names_are_judged(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        enum optout_rc rc;
        bool open;
    } cases[] = {
        { "", OPTOUT_OK, false },
        { "identity", OPTOUT_OK, false },
        { " , Identity ,,", OPTOUT_OK, false },
        { "gzip", OPTOUT_OK, true },
        { "gzip, br, zstd", OPTOUT_OK, true },
        { "gzip, identity, br, zstd", OPTOUT_OK, true },
        { "gzip, br, zstd, gzip", OPTOUT_E_UNSUP, false },
        { "compress", OPTOUT_E_UNSUP, false },
        { "x-compress", OPTOUT_E_UNSUP, false },
        { "gzip, compress", OPTOUT_E_UNSUP, false },
        { "dcb", OPTOUT_E_UNSUP, false },
        { "x-gzip;q=1", OPTOUT_OK, true },
        { "\"gzip\"", OPTOUT_OK, true },
        { "gzip br", OPTOUT_OK, true },
        { "UTF-8", OPTOUT_OK, false },
        { "none", OPTOUT_OK, false },
        { "text/html; charset=utf-8", OPTOUT_OK, false },
        { "aws-chunked", OPTOUT_OK, false },
        { "aws-chunked, gzip", OPTOUT_OK, true },
        { "rot13", OPTOUT_E_UNSUP, false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct collector c = { .enough = 0 };
        struct coding *coding;
        enum optout_rc rc =
            coding_open(slice_cstr(cases[i].value), &limits, collect, &c, &coding);
        if (rc != cases[i].rc || (coding != NULL) != cases[i].open)
            fail_msg("\"%s\": %d", cases[i].value, rc);
        coding_close(coding);
    }
    struct coding *coding;
    assert_int_equal(coding_open(SLICE_EMPTY, &limits, collect, NULL, &coding), OPTOUT_OK);
    assert_null(coding);
}

/* ---- what is really there ---- */

#define NOISE "\x01\x9E\xFF\x00\x03\x85\xC4\x11\x90\xEE\x02\x07\xF3\xAA\x1C\xD8"

static void append_deflated(struct buf *b, struct slice plain, int wbits)
{
    z_stream z = { .next_in = (Bytef *)(uintptr_t)plain.p, .avail_in = (uInt)plain.n };
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, wbits, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_out = buf_room(b, 4096);
    z.avail_out = 4096;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    b->n += 4096 - z.avail_out;
    deflateEnd(&z);
}

static enum optout_rc undo(const char *value, struct slice body, struct slice want)
{
    struct buf kept;
    buf_init(&kept, 1u << 20);
    enum optout_rc rc = coding_undo(slice_cstr(value), &limits, NULL, NULL, &body, &kept);
    if (want.p && !slice_eq(body, want))
        fail_msg("\"%s\" gave %zu bytes: %.*s", value, body.n, (int)body.n, (const char *)body.p);
    buf_free(&kept);
    return rc;
}

static void what_is_no_coding_changes_nothing(void **state)
{
    static const char *const names[] = {
        "", "identity", "UTF-8", "utf8", "none", "binary", "8bit", "7bit", "text/html",
        "aws-chunked", "ISO-8859-1", "application/pdf", "windows-1252", "gzip", "x-gzip;q=1",
        "gzip deflate", "deflate", "br", "zstd", "gzip, br", "compress", "rot13", ",,", "'gzip'",
    };
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(undo(names[i], slice_of(page, PAGE), slice_of(page, PAGE)), OPTOUT_OK);
}

static void layers_are_undone_under_any_name(void **state)
{
    static const char *const names[] = { "", "gzip", "x-gzip", "GZIP;q=1.0", "gzip deflate",
                                         "deflate", "br", "zstd", "UTF-8", "none", "compress",
                                         "gzip, deflate, br", "\"gzip\"", "application/gzip" };
    struct slice plain = slice_of(page, PAGE);
    struct buf gz, twice, z;
    (void)state;
    buf_init(&gz, 1u << 16);
    buf_init(&twice, 1u << 16);
    buf_init(&z, 1u << 16);
    append_deflated(&gz, plain, 31);
    append_deflated(&twice, buf_slice(&gz), 31);
    append_deflated(&z, plain, 15);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_int_equal(undo(names[i], buf_slice(&gz), plain), OPTOUT_OK);
        assert_int_equal(undo(names[i], buf_slice(&twice), plain), OPTOUT_OK);
        assert_int_equal(undo(names[i], buf_slice(&z), plain), OPTOUT_OK);
        assert_int_equal(undo(names[i], slice_of(page_br, sizeof page_br), plain), OPTOUT_OK);
        assert_int_equal(undo(names[i], slice_of(page_zstd, sizeof page_zstd), plain), OPTOUT_OK);
        assert_int_equal(undo(names[i], slice_of(page_gzip_br, sizeof page_gzip_br), plain),
                         OPTOUT_OK);
    }
    gz.n -= 9;
    assert_int_equal(undo("", buf_slice(&gz), SLICE_EMPTY), OPTOUT_E_SYNTAX);
    assert_int_equal(undo("gzip", buf_slice(&gz), SLICE_EMPTY), OPTOUT_E_SYNTAX);
    buf_free(&gz);
    buf_free(&twice);
    buf_free(&z);
}

/* A raw deflate stream is undone where it is named; nobody takes it for one otherwise. */
static void raw_deflate_has_to_be_named(void **state)
{
    struct slice plain = slice_of(page, PAGE);
    struct buf raw;
    (void)state;
    buf_init(&raw, 1u << 16);
    append_deflated(&raw, plain, -15);
    assert_int_equal(undo("deflate", buf_slice(&raw), plain), OPTOUT_OK);
    assert_int_equal(undo("gzip, deflate", buf_slice(&raw), plain), OPTOUT_OK);
    assert_int_equal(undo("", buf_slice(&raw), buf_slice(&raw)), OPTOUT_OK);
    buf_free(&raw);
}

static void noise_under_a_name_is_lost(void **state)
{
    static const char *const lost[] = { "gzip", "br", "zstd", "compress", "rot13", "deflate" };
    static const char *const none[] = { "", "none", "utf-8", "image/jpeg", "identity" };
    struct slice noise = slice_of(NOISE, sizeof NOISE - 1);
    (void)state;
    for (size_t i = 0; i < sizeof lost / sizeof *lost; i++)
        if (undo(lost[i], noise, SLICE_EMPTY) != OPTOUT_E_SYNTAX)
            fail_msg("%s", lost[i]);
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(undo(none[i], noise, noise), OPTOUT_OK);
}

/* Words that begin as zlib data would, and texts in other forms. */
static void texts_are_left_alone(void **state)
{
    static const struct slice texts[] = {
        SLICE("x^2 + y^2"), SLICE("hCard\n"), SLICE("Hjalmar"), SLICE("(\n"), SLICE("P*M\x18"),
        SLICE("U\0s\0e\0r\0-\0a\0"), SLICE("\xFF\xFEU\0s\0"), SLICE("\0U\0s\0e\0r"),
        SLICE("K"), SLICE("c\n"), SLICE("S: 1\nK: 2\n"),
    };
    static const char *const names[] = { "", "deflate", "br", "gzip", "zstd" };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (size_t k = 0; k < sizeof names / sizeof *names; k++)
            if (i != 4 || k == 0) /* that one is not a text */
                assert_int_equal(undo(names[k], texts[i], texts[i]), OPTOUT_OK);
}

/* Layers without end, one inside the other. */
static void layers_are_counted(void **state)
{
    struct buf a, b;
    (void)state;
    buf_init(&a, 1u << 16);
    buf_puts(&a, page);
    for (unsigned n = 1; n <= CODING_LAYERS_MAX + 1; n++) {
        buf_init(&b, 1u << 16);
        append_deflated(&b, buf_slice(&a), 31);
        buf_free(&a);
        a = b;
        bool most = n > CODING_LAYERS_MAX;
        assert_int_equal(undo("gzip", buf_slice(&a), most ? SLICE_EMPTY : slice_of(page, PAGE)),
                         most ? OPTOUT_E_SYNTAX : OPTOUT_OK);
    }
    buf_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_coding_is_undone),
        cmocka_unit_test(stacked_codings_are_undone_from_the_last),
        cmocka_unit_test(members_and_frames_follow_each_other),
        cmocka_unit_test(truncation_is_told_from_the_end),
        cmocka_unit_test(truncated_later_members_count),
        cmocka_unit_test(corrupt_data_is_reported),
        cmocka_unit_test(output_has_a_ceiling),
        cmocka_unit_test(the_ratio_has_a_ceiling),
        cmocka_unit_test(inner_layers_are_limited_too),
        cmocka_unit_test(wide_windows_are_refused),
        cmocka_unit_test(the_sink_may_stop),
        cmocka_unit_test(names_are_judged),
        cmocka_unit_test(what_is_no_coding_changes_nothing),
        cmocka_unit_test(layers_are_undone_under_any_name),
        cmocka_unit_test(raw_deflate_has_to_be_named),
        cmocka_unit_test(noise_under_a_name_is_lost),
        cmocka_unit_test(texts_are_left_alone),
        cmocka_unit_test(layers_are_counted),
    };
    return cmocka_run_group_tests_name("coding", tests, NULL, NULL);
}
