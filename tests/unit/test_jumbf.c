/* SPDX-License-Identifier: Apache-2.0 */
/* test_jumbf.c - boxes in, events out: "(label" and ")" of a superbox, "type=bytes" of a
 * content box, '~' what is cut, '#' a hash. Every store is fed whole, in pieces of 7 bytes and
 * byte by byte. */
#include "unit.h"

#include "syntax/digest.h"
#include "findings.h"
#include "formats/rows.h"
#include "manifest_fixture.h"

static enum optout_rc on_open(void *ctx, const struct jumbf_superbox *s, enum jumbf_want *want,
                              size_t *keep_max)
{
    struct buf *out = ctx;
    buf_printf(out, "(%u%s%.*s", s->depth, s->compressed ? "z" : "", SLICE_FMT(s->label));
    *want = slice_begins(s->label, 's')   ? JUMBF_SKIP
            : slice_begins(s->label, 'k') ? JUMBF_KEEP
            : slice_begins(s->label, 'h') ? JUMBF_KEEP_HASH : JUMBF_ENTER;
    *keep_max = 8;
    return slice_begins(s->label, '!') ? OPTOUT_E_NOMEM : OPTOUT_OK;
}

static enum optout_rc on_content(void *ctx, const uint8_t type[4], struct slice bytes, bool cut)
{
    buf_printf(ctx, " %.4s=%.*s%s", (const char *)type, SLICE_FMT(bytes), cut ? "~" : "");
    return OPTOUT_OK;
}

static enum optout_rc on_close(void *ctx, unsigned depth, bool whole, const uint8_t *sha256)
{
    buf_printf(ctx, ")%u%s", depth, whole ? "" : "~");
    if (sha256)
        buf_printf(ctx, "#%02x%02x", sha256[0], sha256[1]);
    return OPTOUT_OK;
}

static enum optout_rc walk(struct slice in, size_t piece, struct buf *out)
{
    static const struct jumbf_events events = { on_open, on_content, on_close };
    struct arena a = test_arena();
    struct jumbf *j = jumbf_open(&a, &events, out);
    assert_non_null(j);
    enum optout_rc rc = OPTOUT_MORE;
    while (in.n && rc == OPTOUT_MORE) {
        size_t n = in.n < piece ? in.n : piece;
        uint8_t *copy = malloc(n);
        assert_non_null(copy);
        memcpy(copy, in.p, n);
        rc = jumbf_feed(j, slice_of(copy, n));
        free(copy);
        in = slice_from(in, n);
    }
    enum optout_rc end = jumbf_end(j);
    arena_reset(&a);
    return end;
}

static void expect_slice(struct slice in, enum optout_rc rc, const char *want)
{
    static const size_t pieces[] = { SIZE_MAX, 7, 1 };
    for (size_t i = 0; i < 3; i++) {
        struct buf out;
        buf_init(&out, 1u << 20);
        assert_int_equal(walk(in, pieces[i], &out), rc);
        if (want)
            assert_slice(buf_slice(&out), want);
        buf_free(&out);
    }
}

static void expect(struct buf *b, enum optout_rc rc, const char *want)
{
    expect_slice(buf_slice(b), rc, want);
    buf_clear(b);
}

static struct buf new_buf(void)
{
    struct buf b;
    buf_init(&b, 16u << 20);
    return b;
}

static void boxes(void **state)
{
    (void)state;
    struct buf b = new_buf();
    size_t store = super_begin(&b, "c2pa", "c2pa"), one = super_begin(&b, "c2ma", "m");
    put_box(&b, "cbor", "hidden", 6);
    size_t kept = super_begin(&b, "cbor", "keep");
    put_box(&b, "cbor", "12345678", 8);
    put_box(&b, "json", "123456789", 9);
    put_box(&b, "uuid", "", 0);
    box_end(&b, kept);
    size_t skipped = super_begin(&b, "cbor", "skip"), inside = super_begin(&b, "cbor", "in");
    box_end(&b, inside);
    box_end(&b, skipped);
    box_end(&b, one);
    box_end(&b, store);
    buf_puts(&b, "trailing");
    expect(&b, OPTOUT_DONE,
           "(1c2pa(2m(3keep cbor=12345678 json=12345678~ uuid=)3(3skip)3)2)1");
    buf_free(&b);
}

static void hash_of_what_follows_the_header(void **state)
{
    (void)state;
    struct buf b = new_buf();
    size_t store = super_begin(&b, "c2pa", "c2pa"), at = super_begin(&b, "cbor", "hash");
    put_box(&b, "cbor", "1234", 4);
    size_t in = super_begin(&b, "cbor", "hinner");
    put_box(&b, "cbor", "5", 1);
    box_end(&b, in);
    box_end(&b, at);
    uint8_t outer[32], inner[32];
    struct digest *d = digest_open();
    digest_feed(d, slice_of(b.p + at + 8, b.n - at - 8));
    assert_true(digest_close(d, outer));
    d = digest_open();
    digest_feed(d, slice_of(b.p + in + 8, b.n - in - 8));
    assert_true(digest_close(d, inner));
    box_end(&b, store);
    char want[128];
    snprintf(want, sizeof want,
             "(1c2pa(2hash cbor=1234(3hinner cbor=5)3#%02x%02x)2#%02x%02x)1", inner[0], inner[1],
             outer[0], outer[1]);
    expect(&b, OPTOUT_DONE, want);
    buf_free(&b);
}

static void long_and_open_sizes(void **state)
{
    (void)state;
    struct buf b = new_buf();
    size_t store = super_begin(&b, "c2pa", "c2pa"), at = super_begin(&b, "cbor", "keep");
    fixture_be32(&b, 1);
    buf_puts(&b, "cbor");
    fixture_be32(&b, 0);
    fixture_be32(&b, 18);
    buf_puts(&b, "xy");
    box_end(&b, at);
    memset(b.p + store, 0, 4); /* LBox 0: to the end */
    expect(&b, OPTOUT_DONE, "(1c2pa(2keep cbor=xy)2)1");
    store = super_begin(&b, "c2pa", "c2pa");
    at = super_begin(&b, "cbor", "keep");
    put_box(&b, "cbor", "xy", 2);
    box_end(&b, at);
    box_end(&b, store);
    memset(b.p + at, 0, 4); /* but only the outermost */
    expect(&b, OPTOUT_E_SYNTAX, "(1c2pa)1");
    buf_free(&b);
}

static void toggles(void **state)
{
    static const struct {
        uint8_t toggles;
        const char *rest;
        size_t n;
        enum optout_rc rc;
        const char *want;
    } rows[] = {
        { 0x03, "k\0", 2, OPTOUT_DONE, "(1c2pa(2k cbor=x)2)1" },
        { 0x01, "", 0, OPTOUT_DONE, "(1c2pa(2)2)1" },
        { 0x07, "k\0id..", 6, OPTOUT_DONE, "(1c2pa(2k cbor=x)2)1" },
        { 0x07, "k\0id", 4, OPTOUT_E_SYNTAX, "(1c2pa)1" },
        { 0x0b, "k\0short", 7, OPTOUT_E_SYNTAX, "(1c2pa)1" },
        { 0x13, "k\0\0\0\0\x18" "c2sh0123456789abcdef", 26, OPTOUT_DONE,
          "(1c2pa(2k cbor=x)2)1" },
        { 0x03, "k", 1, OPTOUT_E_SYNTAX, "(1c2pa)1" },
    };
    (void)state;
    struct buf b = new_buf();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t store = super_begin(&b, "c2pa", "c2pa"), at = box_begin(&b, "jumb");
        size_t jumd = box_begin(&b, "jumd");
        buf_append(&b, "0123456789abcdef", 16);
        buf_putc(&b, (char)rows[i].toggles);
        buf_append(&b, rows[i].rest, rows[i].n);
        box_end(&b, jumd);
        put_box(&b, "cbor", "x", 1);
        box_end(&b, at);
        box_end(&b, store);
        expect(&b, rows[i].rc, rows[i].want);
    }
    buf_free(&b);
}

/* What is broken is passed over, what follows is read. */
static void broken_boxes(void **state)
{
    (void)state;
    struct buf b = new_buf();
    size_t store = super_begin(&b, "c2pa", "c2pa"), bad = box_begin(&b, "jumb");
    put_box(&b, "cbor", "no description", 14);
    box_end(&b, bad);
    size_t good = super_begin(&b, "cbor", "keep");
    put_box(&b, "cbor", "x", 1);
    box_end(&b, good);
    fixture_be32(&b, 4); /* shorter than a header */
    buf_puts(&b, "free....");
    box_end(&b, store);
    expect(&b, OPTOUT_E_SYNTAX, "(1c2pa(2keep cbor=x)2)1");
    store = super_begin(&b, "c2pa", "c2pa");
    good = super_begin(&b, "cbor", "hash");
    size_t content = box_begin(&b, "cbor");
    buf_puts(&b, "abc");
    box_end(&b, good);
    box_end(&b, store);
    b.p[content + 3] = 200; /* longer than its parent */
    expect(&b, OPTOUT_E_SYNTAX, NULL);
    expect_slice(SLICE_OF("\0\0\0\x10" "free12345678"), OPTOUT_E_SYNTAX, "");
    expect_slice(SLICE_OF("\0\0\0\x08" "jumb"), OPTOUT_E_SYNTAX, "");
    expect_slice(SLICE_OF("\0\0\0\x01" "jumb\xff\xff\xff\xff\xff\xff\xff\xff"), OPTOUT_E_SYNTAX,
                 "");
    expect_slice(SLICE_EMPTY, OPTOUT_E_SYNTAX, "");
    buf_free(&b);
}

static void limits(void **state)
{
    (void)state;
    struct buf b = new_buf();
    size_t at[JUMBF_DEPTH_MAX + 1];
    for (size_t i = 0; i <= JUMBF_DEPTH_MAX; i++)
        at[i] = super_begin(&b, "c2pa", "c");
    for (size_t i = JUMBF_DEPTH_MAX + 1; i-- > 0;)
        box_end(&b, at[i]);
    expect(&b, OPTOUT_E_LIMIT, NULL);
    at[0] = super_begin(&b, "c2pa", "c2pa");
    for (size_t i = 0; i <= JUMBF_BOXES_MAX; i++)
        put_box(&b, "free", "", 0);
    box_end(&b, at[0]);
    expect(&b, OPTOUT_E_LIMIT, NULL);
    char label[JUMBF_LABEL_MAX + 2];
    memset(label, 'k', sizeof label);
    label[JUMBF_LABEL_MAX + 1] = '\0';
    at[0] = super_begin(&b, "c2pa", "c2pa");
    at[1] = super_begin(&b, "cbor", label);
    box_end(&b, at[1]);
    box_end(&b, at[0]);
    expect(&b, OPTOUT_E_LIMIT, "(1c2pa)1");
    at[0] = super_begin(&b, "c2pa", "!");
    box_end(&b, at[0]);
    expect(&b, OPTOUT_E_NOMEM, NULL);
    buf_free(&b);
}

/* A Brotli stream of one stored block (RFC 7932 section 9.2). */
static void put_stored(struct buf *b, struct slice data)
{
    uint32_t head = (uint32_t)(data.n - 1) << 4 | 1u << 20;
    for (unsigned i = 0; i < 3; i++)
        buf_putc(b, (char)(head >> (8 * i)));
    buf_append(b, data.p, data.n);
    buf_putc(b, 3);
}

static void compressed_manifests(void **state)
{
    (void)state;
    struct buf inner = new_buf(), b = new_buf();
    size_t m = super_begin(&inner, "c2ma", "m"), kept = super_begin(&inner, "cbor", "keep");
    put_box(&inner, "cbor", "x", 1);
    box_end(&inner, kept);
    box_end(&inner, m);
    for (int broken = 0; broken < 3; broken++) {
        size_t store = super_begin(&b, "c2pa", "c2pa"), c = super_begin(&b, "c2cm", "m");
        size_t brob = box_begin(&b, "brob"), from = b.n;
        put_stored(&b, slice_of(inner.p, inner.n - (broken == 2)));
        box_end(&b, brob);
        box_end(&b, c);
        size_t after = super_begin(&b, "cbor", "keep2");
        box_end(&b, after);
        box_end(&b, store);
        if (broken == 1)
            memset(b.p + from, 0xff, 3);
        expect(&b, broken ? OPTOUT_E_SYNTAX : OPTOUT_DONE,
               broken == 0   ? "(1c2pa(2zm(3zkeep cbor=x)3)2(2keep2)2)1"
               : broken == 1 ? "(1c2pa(2keep2)2)1"
                             : "(1c2pa(2zm(3zkeep cbor=~)3~)2~(2keep2)2)1");
    }
    size_t store = super_begin(&b, "c2pa", "c2pa"), c = super_begin(&b, "c2cm", "m");
    put_slice(&b, buf_slice(&inner)); /* as it is */
    box_end(&b, c);
    box_end(&b, store);
    expect(&b, OPTOUT_E_SYNTAX, "(1c2pa)1");
    buf_free(&inner);
    buf_free(&b);
}

static void truncation(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof minimal_store; n++)
        expect_slice(slice_of(minimal_store, n), OPTOUT_E_SYNTAX, NULL);
}

static void standalone(void **state)
{
    (void)state;
    struct slice body = slice_of(minimal_store, sizeof minimal_store);
    assert_true(format_c2pa.sniff(body));
    assert_false(format_c2pa.sniff(slice_from(body, 30)));
    assert_true(format_c2pa.sniff(slice_sub(body, 0, 20))); /* the type's name is there */
    assert_false(format_c2pa.sniff(slice_sub(body, 0, 19)));
    for (size_t n = 0; n <= body.n; n++) {
        struct slice part = slice_sub(body, 0, n);
        struct findings *f = findings_of(&format_c2pa, part, 0, NULL);
        assert_int_equal(f->rc, n == body.n ? OPTOUT_DONE : OPTOUT_E_SYNTAX);
        if (n >= 8) {
            assert_int_equal(f->v[0].end, n == body.n ? PACKET_WHOLE : PACKET_CUT);
            assert_true(slice_eq(buf_slice(&f->v[0].bytes), part));
        }
        findings_free(f);
        assert_true(findings_same_in_pieces(&format_c2pa, part, NULL));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boxes),
        cmocka_unit_test(hash_of_what_follows_the_header),
        cmocka_unit_test(long_and_open_sizes),
        cmocka_unit_test(toggles),
        cmocka_unit_test(broken_boxes),
        cmocka_unit_test(limits),
        cmocka_unit_test(compressed_manifests),
        cmocka_unit_test(truncation),
        cmocka_unit_test(standalone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
