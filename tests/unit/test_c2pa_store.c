/* SPDX-License-Identifier: Apache-2.0 */
/* test_c2pa_store.c - manifest stores in, signals out. Every store is read whole, in pieces
 * of 7 bytes and byte by byte. */
#include "unit.h"

#include "syntax/digest.h"
#include "manifest_fixture.h"

#define DENY_GEN "a1 67'entries' a1 78 1b'cawg.ai_generative_training' a1 63'use' 6a'notAllowed'"
#define ALLOW_GEN "a1 67'entries' a1 78 1b'cawg.ai_generative_training' a1 63'use' 67'allowed'"

static struct buf store_buf(void)
{
    struct buf b;
    buf_init(&b, 1u << 20);
    return b;
}

/* What the store says; the same for every way of cutting it. To be freed. */
static enum optout_rc say(struct slice store, enum packet_role role, struct buf *out)
{
    static const size_t pieces[] = { 0, 7, 1 };
    enum optout_rc rc = OPTOUT_OK;
    for (size_t i = 0; i < 3; i++) {
        struct reading_of_store *r = read_store(store, pieces[i], role);
        struct buf text = store_buf();
        print_reading(r, &text);
        assert_true(r->memory <= 1u << 20);
        if (i == 0) {
            *out = text;
            rc = r->rc;
        } else {
            assert_int_equal(r->rc, rc);
            if (!slice_eq(buf_slice(&text), buf_slice(out)))
                fail_msg("pieces of %zu: %.*s whole: %.*s", pieces[i],
                         SLICE_FMT(buf_slice(&text)), SLICE_FMT(buf_slice(out)));
            buf_free(&text);
        }
        free_reading(r);
    }
    return rc;
}

static void expect_store(struct slice store, enum packet_role role, enum optout_rc rc,
                         const char *want)
{
    struct buf got;
    assert_int_equal(say(store, role, &got), rc);
    assert_slice(buf_slice(&got), want);
    buf_free(&got);
}

static void expect_plans(const struct plan *p, size_t n, enum optout_rc rc, const char *want)
{
    struct buf b = store_buf();
    size_t store = super_begin(&b, "c2pa", "c2pa");
    for (size_t i = 0; i < n; i++)
        put_manifest(&b, &p[i]);
    box_end(&b, store);
    expect_store(buf_slice(&b), PACKET_MAIN, rc, want);
    buf_free(&b);
}

static void expect_content(const char *name, const char *content, enum optout_rc rc,
                           const char *want)
{
    struct plan p = { "c2ma", "urn:c2pa:1", name, content, GOOD, NULL, NULL, NULL };
    expect_plans(&p, 1, rc, want);
}

#define T "cawg.training-mining"
#define GOOD_NOTE " hash matches the claim; signature not verified\n"

/* ---- tests ---- */

static void minimal(void **state)
{
    (void)state;
    struct slice store = slice_of(minimal_store, sizeof minimal_store);
    expect_store(store, PACKET_MAIN, OPTOUT_DONE,
                 "cawg cawg.ai_generative_training=notAllowed lax asset --D--- "
                 "no claim: denies, never allows\n"
                 "cawg cawg.ai_training=constrained, constraint_info=https://e.test/p lax asset "
                 "-C---- no claim: denies, never allows\n");
    struct reading_of_store *r = read_store(store, 0, PACKET_MAIN);
    assert_slice(r->signals.v[0].part,
                 "APP11 segment 3, box c2pa/urn:c2pa:11111111-1111-4111-8111-111111111111/"
                 "c2pa.assertions/cawg.training-mining");
    assert_slice(r->signals.v[1].url, "https://e.test/p");
    free_reading(r);
}

static void roles(void **state)
{
    (void)state;
    struct buf b = store_buf();
    struct plan p = { "c2ma", "urn:c2pa:1", T, ALLOW_GEN, GOOD, NULL, NULL, NULL };
    size_t at = super_begin(&b, "c2pa", "c2pa");
    put_manifest(&b, &p);
    box_end(&b, at);
    expect_store(buf_slice(&b), PACKET_COMPONENT, OPTOUT_DONE,
                 "cawg cawg.ai_generative_training=allowed weak component ------ "
                 "about a part or an ingredient, not the whole\n");
    expect_store(buf_slice(&b), PACKET_STALE, OPTOUT_DONE,
                 "cawg cawg.ai_generative_training=allowed weak asset ------ "
                 "superseded by a later packet\n");
    expect_store(buf_slice(&b), PACKET_SALVAGED, OPTOUT_DONE,
                 "cawg cawg.ai_generative_training=allowed lax asset ------ found without a "
                 "pointer of the format, or broken: denies, never allows\n");
    buf_free(&b);
}

static void vectors(void **state)
{
    (void)state;
    expect_content(T, "A1 67 656E7472696573 A2 71 636177672E61695F696E666572656E6365 A1 63 757365 "
                   "6A 6E6F74416C6C6F776564 78 1B "
                   "636177672E61695F67656E657261746976655F747261696E696E67 A1 63 757365 6A "
                   "6E6F74416C6C6F776564", OPTOUT_DONE,
                   "cawg cawg.ai_inference=notAllowed exact asset ---D--" GOOD_NOTE
                   "cawg cawg.ai_generative_training=notAllowed exact asset --D---" GOOD_NOTE);
    expect_content("c2pa.training-mining",
                   "a1 67'entries' a4 70'c2pa.data_mining' a1 63'use' 6a'notAllowed' "
                   "71'c2pa.ai_inference' a1 63'use' 6a'notAllowed' "
                   "70'c2pa.ai_training' a1 63'use' 6a'notAllowed' "
                   "78 1b'c2pa.ai_generative_training' a1 63'use' 6a'notAllowed'", OPTOUT_DONE,
                   "c2pa c2pa.data_mining=notAllowed exact asset D-----" GOOD_NOTE
                   "c2pa c2pa.ai_inference=notAllowed exact asset ---D--" GOOD_NOTE
                   "c2pa c2pa.ai_training=notAllowed exact asset -D----" GOOD_NOTE
                   "c2pa c2pa.ai_generative_training=notAllowed exact asset --D---" GOOD_NOTE);
    expect_content(T, "a1 70'cawg.ai_training' a1 63'use' 6a'notAllowed'", OPTOUT_DONE,
                   "cawg cawg.ai_training=notAllowed exact asset -DD---" GOOD_NOTE);
    expect_content("c2pa.training-mining",
                   "{\"entries\":{\"c2pa.ai_training\":{\"use\":\"notAllowed\"}}}", OPTOUT_DONE,
                   "c2pa c2pa.ai_training=notAllowed exact asset -DD---" GOOD_NOTE);
    expect_content(T, "a1 67'entries' a0", OPTOUT_DONE, "");
    expect_content("com.example.training-mining", DENY_GEN, OPTOUT_DONE, "");
    expect_content(T, "a1 67'entries' a1 78 1b'cawg.ai_gener'", OPTOUT_E_SYNTAX,
                   "cawg cawg.training-mining weak asset ------ the assertion cannot be read\n");
}

static void umbrellas(void **state)
{
    (void)state;
    expect_content(T, "a1 67'entries' a2 70'cawg.data_mining' 6a'notAllowed' "
                   "70'cawg.ai_training' 67'allowed'", OPTOUT_DONE,
                   "cawg cawg.data_mining=notAllowed exact asset D-DD--" GOOD_NOTE
                   "cawg cawg.ai_training=allowed exact asset -A----" GOOD_NOTE);
    expect_content(T, "a1 67'entries' a2 70'cawg.ai_training' 6a'NOTALLOWED' "
                   "78 1b'cawg.ai_generative_training' 67'allowed'", OPTOUT_DONE,
                   "cawg cawg.ai_training=NOTALLOWED exact asset -D----" GOOD_NOTE
                   "cawg cawg.ai_generative_training=allowed exact asset --A---" GOOD_NOTE);
}

static void odd_shapes(void **state)
{
    (void)state;
    expect_content(T "__2", "bf 67'entries' bf 70'c2pa.ai_training' bf 63'use' "
                   "7f 63'not' 67'Allowed' ff ff ff ff", OPTOUT_DONE,
                   "cawg c2pa.ai_training=notAllowed exact asset -DD---" GOOD_NOTE);
    expect_content(T, "a1 67'entries' a1 6b'ai_training' a1 63'use' 6b'constrained'", OPTOUT_DONE,
                   "cawg ai_training=constrained exact asset -DD---" GOOD_NOTE);
    expect_content(T, "a1 67'entries' a1 6b'ai_training' a2 63'use' 6b'constrained' "
                   "70'constraints_info' 66'ask us'", OPTOUT_DONE,
                   "cawg ai_training=constrained, constraint_info=ask us exact asset -CC---"
                   GOOD_NOTE);
    expect_content(T, "a1 67'entries' a1 6b'ai_training' a1 63'use' 65'maybe'", OPTOUT_DONE,
                   "cawg ai_training=maybe weak asset ------ not a value of the specification\n");
    expect_content(T, "a1 67'entries' a1 69'com.x.foo' a1 63'use' 6a'notAllowed'", OPTOUT_DONE,
                   "cawg com.x.foo=notAllowed weak asset ------ not a key of the specification\n");
    expect_content(T, "a1 67'entries' a2 6b'ai_training' 67'allowed' 6b'ai_training' "
                   "6a'notAllowed'", OPTOUT_DONE,
                   "cawg ai_training=allowed exact asset -A----" GOOD_NOTE
                   "cawg ai_training=notAllowed exact asset -DD---" GOOD_NOTE);
}

static void hashes(void **state)
{
    static const struct {
        enum hash hash;
        const char *deny, *allow;
    } rows[] = {
        { WRONG, "lax asset --D--- hash does not match the claim: denies, never allows\n",
          "lax asset ------ hash does not match the claim: denies, never allows\n" },
        { UNLISTED, "lax asset --D--- not listed by the claim: denies, never allows\n",
          "lax asset ------ not listed by the claim: denies, never allows\n" },
        { NO_CLAIM, "lax asset --D--- no claim: denies, never allows\n",
          "lax asset ------ no claim: denies, never allows\n" },
        { SHA512, "lax asset --D--- hash of another kind than SHA-256 not checked\n",
          "lax asset --A--- hash of another kind than SHA-256 not checked\n" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char want[256];
        struct plan p = { "c2ma", "urn:c2pa:1", T, DENY_GEN, rows[i].hash, NULL, NULL, NULL };
        snprintf(want, sizeof want, "cawg cawg.ai_generative_training=notAllowed %s",
                 rows[i].deny);
        expect_plans(&p, 1, OPTOUT_DONE, want);
        p.content = ALLOW_GEN;
        snprintf(want, sizeof want, "cawg cawg.ai_generative_training=allowed %s", rows[i].allow);
        expect_plans(&p, 1, OPTOUT_DONE, want);
    }
}

#define SAYS(value) "cawg cawg.ai_generative_training=" value " "

static void ingredients(void **state)
{
    (void)state;
    struct plan p[3] = { { "c2ma", "A", T, DENY_GEN, GOOD, NULL, NULL, NULL },
                         { "c2um", "B", NULL, NULL, GOOD, "A", NULL, NULL } };
    expect_plans(p, 2, OPTOUT_DONE, SAYS("notAllowed") "exact asset --D---" GOOD_NOTE);
    p[1].four = "c2ma";
    expect_plans(p, 2, OPTOUT_DONE, SAYS("notAllowed") "lax asset --D--- stated of what this "
                 "was made from: denies, never allows\n");
    p[0].content = ALLOW_GEN;
    expect_plans(p, 2, OPTOUT_DONE, SAYS("allowed") "lax asset ------ stated of what this "
                 "was made from: denies, never allows\n");
    p[0].content = DENY_GEN;
    p[1].component = "A";
    p[1].parent = NULL;
    expect_plans(p, 2, OPTOUT_DONE,
                 SAYS("notAllowed") "weak component --D--- stated of an ingredient, "
                 "not the whole\n");
    p[1].component = NULL;
    expect_plans(p, 2, OPTOUT_DONE, SAYS("notAllowed") "weak asset ------ nothing leads to its "
                 "manifest: without effect\n");
    p[1] = (struct plan){ "c2ma", "B", T, ALLOW_GEN, GOOD, "A", NULL, NULL };
    expect_plans(p, 2, OPTOUT_DONE, SAYS("allowed") "exact asset --A---" GOOD_NOTE
                 SAYS("notAllowed") "weak asset --D--- superseded by a later manifest\n");
    /* A circle. */
    p[0] = (struct plan){ "c2um", "A", NULL, NULL, GOOD, "B", NULL, NULL };
    p[1] = (struct plan){ "c2um", "B", NULL, NULL, GOOD, "A", NULL, NULL };
    expect_plans(p, 2, OPTOUT_DONE, "");
}

static void chains_are_bounded(void **state)
{
    (void)state;
    struct buf b = store_buf();
    size_t store = super_begin(&b, "c2pa", "c2pa");
    for (int i = 0; i < 40; i++) {
        char own[16], parent[16];
        snprintf(own, sizeof own, "m%d", i);
        snprintf(parent, sizeof parent, "m%d", i - 1);
        struct plan p = { "c2um", own, i ? NULL : T, DENY_GEN, GOOD, i ? parent : NULL, NULL,
                          NULL };
        put_manifest(&b, &p);
    }
    box_end(&b, store);
    expect_store(buf_slice(&b), PACKET_MAIN, OPTOUT_E_LIMIT,
                 SAYS("notAllowed") "lax asset --D--- the store is broken: denies, never allows\n");
    buf_free(&b);
}

static void redactions(void **state)
{
    (void)state;
    struct plan p[2] = { { "c2ma", "A", T, DENY_GEN, GOOD, NULL, NULL, NULL },
                         { "c2um", "B", NULL, NULL, GOOD, "A", NULL,
                           "self#jumbf=/c2pa/A/c2pa.assertions/" T } };
    expect_plans(p, 2, OPTOUT_DONE,
                 "cawg " T " weak asset ------ redacted by a later manifest\n");
    p[0].name = NULL;
    expect_plans(p, 2, OPTOUT_DONE,
                 "cawg " T " weak asset ------ redacted by a later manifest\n");
    p[0] = (struct plan){ "c2ma", "A", "jpt.rights",
                          "{\"prohibition\":[{\"action\":\"tdm:mine\"}]}", GOOD, NULL, NULL,
                          NULL };
    p[1].redacts = "self#jumbf=/c2pa/A/c2pa.assertions/jpt.rights";
    expect_plans(p, 2, OPTOUT_DONE,
                 "c2pa jpt.rights weak asset ------ redacted by a later manifest\n");
    p[1].redacts = NULL;
    expect_plans(p, 2, OPTOUT_DONE, "c2pa jpt.rights=prohibition lax asset DDDD-- terms of JPEG "
                 "Trust, in words of TDMRep\n");
    /* A claim may not redact its own. */
    p[0] = (struct plan){ "c2ma", "A", T, DENY_GEN, GOOD, NULL, NULL,
                          "self#jumbf=/c2pa/A/c2pa.assertions/" T };
    expect_plans(p, 1, OPTOUT_DONE, SAYS("notAllowed") "exact asset --D---" GOOD_NOTE);
}

static void metadata(void **state)
{
    (void)state;
    expect_content("cawg.metadata",
                   "{\"@context\":{\"p\":\"http://ns.useplus.org/ldf/xmp/1.0/\"},"
                   "\"p:DataMining\":\"http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED\","
                   "\"tdm:reservation\":{\"@value\":\"1\"},"
                   "\"dc:title\":\"plus:DataMining\","
                   "\"Iptc4xmpExt:EmbdEncRightsExpr\":[{\"Iptc4xmpExt:EncRightsExpr\":\"x\"}]}",
                   OPTOUT_DONE,
                   "DataMining=http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED 0;"
                   "reservation=1 0;EmbdEncRightsExpr/EncRightsExpr=x 0;");
    expect_content("stds.schema-org.CreativeWork", "{\"license\":\"https://l.test/\"}",
                   OPTOUT_DONE, "license=https://l.test/ 0;");
    struct plan p = { "c2ma", "A", "org.example.metadata", "{\"plus:DataMining\":\"DMI-ALLOWED\"}",
                      WRONG, NULL, NULL, NULL };
    expect_plans(&p, 1, OPTOUT_DONE, "DataMining=DMI-ALLOWED 3;");
}

/* Wherever the store ends: it says so, and allows nothing. */
static void truncation(void **state)
{
    (void)state;
    struct plan p[2] = { { "c2ma", "A", T, ALLOW_GEN, GOOD, NULL, NULL, NULL },
                         { "c2um", "B", NULL, NULL, GOOD, "A", NULL, NULL } };
    struct buf b = store_buf();
    size_t store = super_begin(&b, "c2pa", "c2pa");
    put_manifest(&b, &p[0]);
    put_manifest(&b, &p[1]);
    box_end(&b, store);
    for (size_t n = 0; n < b.n; n++) {
        struct reading_of_store *r = read_store(slice_of(b.p, n), 0, PACKET_MAIN);
        assert_int_equal(r->rc, OPTOUT_E_SYNTAX);
        for (size_t i = 0; i < r->signals.n; i++)
            for (unsigned u = 0; u < USAGE_COUNT; u++)
                assert_int_not_equal(r->signals.v[i].prefs.of[u], PREF_ALLOW);
        free_reading(r);
    }
    buf_free(&b);
}

/* Denials stand in what is left of a store. */
static void denial_before_the_cut(void **state)
{
    (void)state;
    struct plan p = { "c2ma", "A", T, DENY_GEN, GOOD, NULL, NULL, NULL };
    struct buf b = store_buf();
    size_t store = super_begin(&b, "c2pa", "c2pa");
    put_manifest(&b, &p);
    box_end(&b, store);
    struct buf got;
    assert_int_equal(say(slice_of(b.p, b.n - 1), PACKET_MAIN, &got), OPTOUT_E_SYNTAX);
    assert_true(slice_find_nocase(buf_slice(&got), SLICE_OF("--D---")) < got.n);
    buf_free(&got);
    buf_free(&b);
}

/* ---- a real file ---- */

/* JUMBF of a JPEG (C2PA 2.4 section A.3.1): APP11 segments put together. */
static void reassemble(struct slice jpeg, struct buf *out)
{
    for (size_t at = 2; at + 4 <= jpeg.n && jpeg.p[at] == 0xff && jpeg.p[at + 1] != 0xda;) {
        size_t n = (size_t)(jpeg.p[at + 2] << 8 | jpeg.p[at + 3]);
        if (jpeg.p[at + 1] == 0xeb && n > 18 && at + 2 + n <= jpeg.n) {
            bool first = jpeg.p[at + 11] == 1;
            size_t skip = first ? 12 : 20;
            (void)buf_append(out, jpeg.p + at + skip, n + 2 - skip);
        }
        at += n + 2;
    }
}

static void real_file_hash(void **state)
{
    (void)state;
    const char *corpus = getenv("OPTOUT_CORPUS");
    char path[512];
    size_t n;
    if (!corpus) {
        print_message("# SKIP real_file_hash: OPTOUT_CORPUS is not set\n");
        skip();
    }
    snprintf(path, sizeof path, "%s/c2pa/real/c2pa-rs/C_with_CAWG_data.jpg", corpus);
    FILE *f = fopen(path, "rb");
    if (!f) {
        print_message("# SKIP real_file_hash: no %s\n", path);
        skip();
    }
    fclose(f);
    uint8_t *p = test_read_file(path, &n);
    struct buf b = store_buf();
    reassemble(slice_of(p, n), &b);
    expect_store(buf_slice(&b), PACKET_MAIN, OPTOUT_DONE,
                 "cawg cawg.ai_inference=notAllowed exact asset ---D--" GOOD_NOTE
                 "cawg cawg.ai_generative_training=notAllowed exact asset --D---" GOOD_NOTE);
    free(p);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(minimal),
        cmocka_unit_test(roles),
        cmocka_unit_test(vectors),
        cmocka_unit_test(umbrellas),
        cmocka_unit_test(odd_shapes),
        cmocka_unit_test(hashes),
        cmocka_unit_test(ingredients),
        cmocka_unit_test(chains_are_bounded),
        cmocka_unit_test(redactions),
        cmocka_unit_test(metadata),
        cmocka_unit_test(truncation),
        cmocka_unit_test(denial_before_the_cut),
        cmocka_unit_test(real_file_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
