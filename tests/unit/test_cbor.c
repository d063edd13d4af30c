/* SPDX-License-Identifier: Apache-2.0 */
/* test_cbor.c - CBOR and base64: bytes in, a tree or bytes out. */
#include "unit.h"

#include "syntax/base64.h"
#include "core/buf.h"
#include "syntax/cbor.h"
#include "manifest_fixture.h"

static void print_item(const struct cbor_item *i, struct buf *out)
{
    if (i->key.p)
        buf_printf(out, "%.*s:", SLICE_FMT(i->key));
    if (i->kind == CBOR_TEXT || i->kind == CBOR_BYTES)
        buf_printf(out, "%c%.*s", i->kind == CBOR_TEXT ? '\'' : '#', SLICE_FMT(i->text));
    else
        buf_puts(out, i->kind == CBOR_MAP ? "{" : i->kind == CBOR_ARRAY ? "[" : "?");
    for (const struct cbor_item *c = i->first; c; c = c->next) {
        print_item(c, out);
        buf_puts(out, c->next ? "," : "");
    }
    if (i->kind == CBOR_MAP || i->kind == CBOR_ARRAY)
        buf_puts(out, i->kind == CBOR_MAP ? "}" : "]");
}

static void expect(const char *hex, enum optout_rc rc, const char *want)
{
    struct arena a = test_arena();
    struct cbor_pool pool = { .arena = &a };
    struct cbor_item *root;
    struct buf in, out;
    buf_init(&in, 1u << 20);
    buf_init(&out, 1u << 20);
    put_hex(&in, hex);
    uint8_t *exact = malloc(in.n + 1);
    assert_non_null(exact);
    if (in.n)
        memcpy(exact, in.p, in.n);
    assert_int_equal(cbor_read(&pool, slice_of(exact, in.n), &root), rc);
    if (root)
        print_item(root, &out);
    assert_slice(buf_slice(&out), want);
    free(exact);
    buf_free(&in);
    buf_free(&out);
    arena_reset(&a);
}

static void kinds(void **state)
{
    (void)state;
    expect("00", OPTOUT_DONE, "?");
    expect("3903e7", OPTOUT_DONE, "?");
    expect("fb3ff199999999999a", OPTOUT_DONE, "?");
    expect("63'abc'", OPTOUT_DONE, "'abc");
    expect("7803'abc'", OPTOUT_DONE, "'abc");
    expect("7b0000000000000003'abc'", OPTOUT_DONE, "'abc");
    expect("7f 61'a' 60 62'bc' ff", OPTOUT_DONE, "'abc");
    expect("42'xy'", OPTOUT_DONE, "#xy");
    expect("5f 41'x' ff", OPTOUT_DONE, "#x");
    expect("83 01 61'a' 80", OPTOUT_DONE, "[?,'a,[]]");
    expect("9f 01 a0 ff", OPTOUT_DONE, "[?,{}]");
    expect("a2 61'k' 61'v' 01 61'w'", OPTOUT_DONE, "{k:'v,'w}");
    expect("bf 61'k' bf ff ff", OPTOUT_DONE, "{k:{}}");
    expect("c1 d9d9f7 a1 c0 61'k' c0 f6", OPTOUT_DONE, "{k:?}");
    expect("a1 61'k' 01 'rest'", OPTOUT_DONE, "{k:?}");
}

static void refusals(void **state)
{
    (void)state;
    expect("", OPTOUT_E_SYNTAX, "");
    expect("ff", OPTOUT_E_SYNTAX, "");
    expect("1c", OPTOUT_E_SYNTAX, "");
    expect("1f", OPTOUT_E_SYNTAX, "");
    expect("df", OPTOUT_E_SYNTAX, "");
    expect("63'ab'", OPTOUT_E_SYNTAX, "");
    expect("7bffffffffffffffff'ab'", OPTOUT_E_SYNTAX, "");
    expect("9bffffffffffffffff", OPTOUT_E_SYNTAX, "");
    expect("a1 61'k'", OPTOUT_E_SYNTAX, "{}");
    expect("bf 61'k' ff", OPTOUT_E_SYNTAX, "{}");
    expect("a1 80 01", OPTOUT_E_SYNTAX, "{}");
    expect("7f 41'a' ff", OPTOUT_E_SYNTAX, "");
    expect("7f 7f ff ff", OPTOUT_E_SYNTAX, "");
    expect("82 61'a'", OPTOUT_E_SYNTAX, "['a]");
}

static void limits(void **state)
{
    (void)state;
    struct arena a = test_arena();
    struct cbor_pool pool = { .arena = &a };
    struct cbor_item *root;
    static uint8_t deep[CBOR_DEPTH_MAX + 2], many[CBOR_ITEMS_MAX + 8], text[CBOR_STRING_MAX + 8];
    memset(deep, 0x81, sizeof deep);
    deep[CBOR_DEPTH_MAX] = 0;
    assert_int_equal(cbor_read(&pool, slice_of(deep, sizeof deep), &root), OPTOUT_DONE);
    deep[CBOR_DEPTH_MAX] = 0x81;
    assert_int_equal(cbor_read(&pool, slice_of(deep, sizeof deep), &root), OPTOUT_E_LIMIT);
    memset(many, 0xc1, sizeof many);
    assert_int_equal(cbor_read(&pool, slice_of(many, sizeof many), &root), OPTOUT_E_LIMIT);
    memset(many, 0x00, sizeof many);
    many[0] = 0x9f;
    assert_int_equal(cbor_read(&pool, slice_of(many, sizeof many), &root), OPTOUT_E_LIMIT);
    memcpy(text, "\x7a\x00\x01\x00\x01", 5);
    assert_int_equal(cbor_read(&pool, slice_of(text, sizeof text), &root), OPTOUT_E_LIMIT);
    arena_reset(&a);
}

static void base64(void **state)
{
    static const struct {
        const char *in, *out, *rest;
        bool whole;
    } rows[] = {
        { "", "", "", true },           { "Zg==", "f", "", true },
        { "Zm8=", "fo", "", true },     { "Zm9v", "foo", "", true },
        { "Zm9vYg", "foob", "", true }, { " Z\nm 9\tv\r\n", "foo", "", true },
        { "Zm9vY", "foo", "", false },  { "Zg=", "f", "", false },
        { "Zg==Zg==", "f", "Zg==", true }, { "Zm9v<x", "foo", "<x", true },
        { "=", "", "=", true },         { "Zm9v-_", "foo", "-_", true },
        { "Zg===", "f", "=", true },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t piece = 1; piece < 9; piece++) {
            struct base64 b = { 0 };
            struct slice all = slice_cstr(rows[i].in), in = SLICE_EMPTY;
            uint8_t out[64], rest[2];
            size_t n = 0;
            while (all.n && !b.stopped) {
                in = slice_sub(all, 0, piece);
                size_t before = in.n;
                n += base64_feed(&b, &in, out + n, 4);
                all = slice_from(all, before - in.n);
            }
            size_t k = base64_finish(&b, rest);
            memcpy(out + n, rest, k);
            assert_slice(slice_of(out, n + k), rows[i].out);
            assert_slice(all, rows[i].rest);
            assert_int_equal(base64_is_whole(&b), rows[i].whole);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds),
        cmocka_unit_test(refusals),
        cmocka_unit_test(limits),
        cmocka_unit_test(base64),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
