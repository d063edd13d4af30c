/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "findings.h"
#include "formats/rows.h"

#include <dirent.h>
#include <zlib.h>

#define XMP(value)                                                                        \
    "<?xpacket begin=\"\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?><x:xmpmeta "                   \
    "xmlns:x=\"adobe:ns:meta/\">" value "</x:xmpmeta><?xpacket end=\"w\"?>"
#define A XMP("a")
#define B XMP("b")
#define HEAD "%PDF-1.7\n%\xe2\xe3\n"
#define CATALOG "1 0 obj\n<</Type/Catalog/Pages 2 0 R/Metadata 3 0 R>>\nendobj\n"
#define META "/Type/Metadata/Subtype/XML"
#define TAIL "trailer\n<</Size 9/Root 1 0 R>>\nstartxref\n0\n%%EOF\n"

/* The manifest store of 350 bytes. */
static const char store_hex[] =
    "0000015e6a756d620000001e6a756d646332706100110010800000aa00389b71"
    "036332706100000001386a756d62000000476a756d6463326d61001100108000"
    "00aa00389b710375726e3a633270613a31313131313131312d313131312d3431"
    "31312d383131312d31313131313131313131313100000000e96a756d62000000"
    "296a756d646332617300110010800000aa00389b7103633270612e6173736572"
    "74696f6e7300000000b86a756d620000002e6a756d6463626f72001100108000"
    "00aa00389b7103636177672e747261696e696e672d6d696e696e670000000082"
    "63626f72a167656e7472696573a2781b636177672e61695f67656e6572617469"
    "76655f747261696e696e67a1637573656a6e6f74416c6c6f7765647063617767"
    "2e61695f747261696e696e67a2637573656b636f6e73747261696e65646f636f"
    "6e73747261696e745f696e666f7068747470733a2f2f652e746573742f70";

static uint8_t store_bytes[400];

static struct slice store(void)
{
    size_t n = (sizeof store_hex - 1) / 2;
    for (size_t i = 0; i < n; i++) {
        char pair[3] = { store_hex[2 * i], store_hex[2 * i + 1], 0 };
        store_bytes[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return slice_of(store_bytes, n);
}

/* ---- building ---- */

static struct buf *body_new(void)
{
    static struct buf b;
    buf_free(&b);
    buf_init(&b, 64u << 20);
    put_text(&b, HEAD);
    return &b;
}

static void put_stream(struct buf *b, unsigned num, const char *dict, struct slice data)
{
    assert_int_equal(OPTOUT_OK, buf_printf(b, "%u 0 obj\n<<%s/Length %zu>>\nstream\n", num, dict,
                                           data.n));
    put_slice(b, data);
    put_text(b, "\nendstream\nendobj\n");
}

static void put_xmp(struct buf *b, unsigned num, const char *xmp)
{
    put_stream(b, num, META, slice_cstr(xmp));
}

static struct slice deflated(struct slice s)
{
    static uint8_t out[1u << 20];
    uLongf n = sizeof out;
    assert_int_equal(Z_OK, compress(out, &n, s.p, (uLong)s.n));
    return slice_of(out, n);
}

/* Runs it, whole and in pieces; free the result. */
static struct findings *run(const struct buf *b)
{
    assert_true(findings_same_in_pieces(&format_pdf, buf_slice(b), NULL));
    return findings_of(&format_pdf, buf_slice(b), 0, NULL);
}

struct expected {
    enum packet_kind kind;
    enum packet_role role;
    const char *bytes; /* NULL: the store */
};

static void check(const struct buf *b, enum optout_rc rc, size_t n, const struct expected *want)
{
    struct findings *f = run(b);
    assert_int_equal(rc, f->rc);
    assert_int_equal(n, f->n);
    for (size_t i = 0; i < n; i++) {
        const struct finding *v = &f->v[i];
        assert_int_equal(want[i].kind, v->packet.kind);
        assert_int_equal(want[i].role, v->packet.role);
        assert_int_equal(PACKET_WHOLE, v->end);
        struct slice bytes = want[i].bytes ? slice_cstr(want[i].bytes) : store();
        assert_true(slice_eq(bytes, buf_slice(&v->bytes)));
        assert_true(v->packet.offset < b->n);
    }
    findings_free(f);
}

#define CHECK(b, rc, ...)                                                   \
    do {                                                                    \
        static const struct expected want_[] = { __VA_ARGS__ };             \
        check(b, rc, sizeof want_ / sizeof *want_, want_);                  \
    } while (0)
#define CHECK_NONE(b, rc) check(b, rc, 0, NULL)
#define X(role, bytes) { PACKET_XMP, PACKET_##role, bytes }
#define STORE(role) { PACKET_C2PA, PACKET_##role, NULL }

/* ---- metadata streams ---- */

static void plain_stream(void **state)
{
    (void)state;
    struct buf *b = body_new();
    put_text(b, CATALOG);
    put_xmp(b, 3, A);
    put_text(b, TAIL);
    struct findings *f = run(b);
    assert_slice(f->v[0].packet.where, "object 3 0");
    assert_memory_equal(b->p + f->v[0].packet.offset, A, sizeof A - 1);
    assert_false(f->done);
    findings_free(f);
    CHECK(b, OPTOUT_DONE, X(MAIN, A));
}

static void escaped_names_and_odd_spacing(void **state)
{
    (void)state;
    struct buf *b = body_new();
    put_text(b, "1 0 obj<</Lang(a\\)(b)>>)/Old<41 4>/K[1 0 R<</Metadata null>>]%c>>\n"
                "/T#79pe /Cat#61log/Metadata 3 0 R>>endobj 3\r0\tobj\r<</Length ");
    assert_int_equal(OPTOUT_OK, buf_printf(b, "%zu", sizeof A - 1));
    put_text(b, "/Type/#4detadata/Subtype/XML>>stream\r\n" A "endstream endobj " TAIL);
    CHECK(b, OPTOUT_DONE, X(MAIN, A));
}

static void packed_stream(void **state)
{
    (void)state;
    static const char *const filters[] = { "/Filter/FlateDecode", "/Filter[/FlateDecode]",
                                           "/Filter/Fl/DecodeParms<</Predictor 1>>",
                                           "/Filter[/Crypt/FlateDecode]" };
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
        struct buf *b = body_new();
        char dict[128];
        snprintf(dict, sizeof dict, META "%s", filters[i]);
        put_text(b, CATALOG);
        put_stream(b, 3, dict, deflated(slice_cstr(A)));
        put_text(b, TAIL);
        CHECK(b, OPTOUT_DONE, X(MAIN, A));
    }
}

static void filters_that_are_not_read(void **state)
{
    (void)state;
    static const char *const filters[] = {
        META "/Filter/DCTDecode",
        META "/Filter[/ASCII85Decode/JBIG2Decode]",
        META "/Filter 9 0 R",
        META "/Filter[/FlateDecode 9 0 R]",
        META "/Filter/FlateDecode/DecodeParms 9 0 R",
        META "/Filter/FlateDecode/DecodeParms<</Predictor 7>>",
        META "/Filter/FlateDecode/DecodeParms<</Predictor 9 0 R>>",
        META "/Filter/LZWDecode/DecodeParms[<</Predictor 2/Columns 99999999>>]",
        META "/Filter/FlateDecode/DecodeParms[<</Predictor 2/BitsPerComponent 3>>]",
        META "/Filter/FlateDecode/Filter/FlateDecode",
        META "/Filter[/Fl/Fl/Fl/Fl/Fl/Fl/Fl/Fl/Fl]",
    };
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
        struct buf *b = body_new();
        put_text(b, CATALOG);
        put_stream(b, 3, filters[i], slice_cstr(A));
        put_text(b, TAIL);
        CHECK_NONE(b, OPTOUT_E_LIMIT);
    }
}

/* Every filter, the names in brief, several of them, and none where a member is null. */
static void filters_that_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *dict, *data;
    } cases[] = {
        { "/Filter/ASCIIHexDecode", "3c 61 2F\n3e 2>" },
        { "/Filter/AHx", "3c612f3E2" },
        { "/Filter/ASCII85Decode", "4CKm,+9~>" },
        { "/Filter[/A85]/DecodeParms[null]", "<~4CKm,\n+9 ~ >" },
        { "/Filter/RunLengthDecode", "\x04<a/> \x80" },
        { "/Filter[/RL/Crypt]", "\x02<a/\xff" ">" "\x00 \x80" },
        { "/Filter[/ASCIIHexDecode /A85]", "34434b6d2c2b397e3e>" },
        { "/Filter[/Crypt/AHx]/DecodeParms[<</Name/Identity>>null]", "3c612f3e20>" },
        { "/Filter 7 0 R", "3c612f3e20>" },
        { "/Filter[/AHx 8 0 R]", "34434b6d2c2b397e3e>" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char dict[200];
        struct buf *b = body_new();
        /* What a stream names may stand behind it. */
        put_text(b, CATALOG "7 0 obj[/AHx]endobj\n");
        snprintf(dict, sizeof dict, META "%s", cases[i].dict);
        put_stream(b, 3, dict, slice_cstr(cases[i].data));
        put_text(b, "8 0 obj/ASCII85Decode endobj\n" TAIL);
        struct findings *f = run(b);
        assert_int_equal(OPTOUT_DONE, f->rc);
        assert_int_equal(1, f->n);
        assert_true(slice_eq(slice_sub(buf_slice(&f->v[0].bytes), 0, 4), SLICE_OF("<a/>")));
        findings_free(f);
    }
}

/* LZW made by hand: clear, '<', 'a', '/', '>', end, in codes of nine bits. */
static void lzw(void **state)
{
    (void)state;
    static const char data[] = "\x80\x0f\x0c\x22\xf1\xf4\x04";
    struct buf *b = body_new();
    put_text(b, CATALOG);
    put_stream(b, 3, META "/Filter/LZWDecode", slice_of(data, sizeof data - 1));
    put_text(b, TAIL);
    CHECK(b, OPTOUT_DONE, X(MAIN, "<a/>"));
}

/* Rows of three bytes; the data say what was done to each. */
static void predictors(void **state)
{
    (void)state;
    static const struct {
        const char *parms;
        char rows[8];
    } cases[] = {
        { "<</Predictor 12/Columns 3>>", { 2, '<', 'a', '/', 2, '>' - '<' } },
        { "<</Columns 3/Predictor 10>>", { 0, '<', 'a', '/', 0, '>' } },
        { "<</Predictor 15/Columns 3>>", { 1, '<', 'a' - '<', '/' - 'a', 3, '>' - '<' / 2 } },
        { "[<</Predictor 14/Columns 3>>]", { 4, '<', 'a' - '<', '/' - 'a', 4, '>' - '<' } },
        { "<</Predictor 2/Columns 4>>", { '<', 'a' - '<', '/' - 'a', '>' - '/' } },
        { "<</Predictor 2/Colors 2/Columns 2>>", { '<', 'a', '/' - '<', '>' - 'a' } },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char dict[200];
        size_t n = i < 4 ? 6 : 4;
        struct buf *b = body_new();
        put_text(b, CATALOG);
        snprintf(dict, sizeof dict, META "/Filter/Fl/DecodeParms%s", cases[i].parms);
        put_stream(b, 3, dict, deflated(slice_of(cases[i].rows, n)));
        put_text(b, TAIL);
        CHECK(b, OPTOUT_DONE, X(MAIN, "<a/>"));
    }
}

/* A letter's head, or what a script printed. */
static void behind_something_else(void **state)
{
    (void)state;
    struct buf *b = body_new();
    b->n = 0;
    for (unsigned i = 0; i < 100; i++)
        put_text(b, "Received: from (somewhere) <x@y>\r\n");
    put_text(b, HEAD CATALOG);
    put_xmp(b, 3, A);
    put_text(b, TAIL);
    CHECK(b, OPTOUT_DONE, X(MAIN, A));
}

static void lengths_that_are_wrong(void **state)
{
    (void)state;
    static const char *const lengths[] = { "9 0 R", "0", "10", "181", "100000", "-1", "(x)" };
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct buf *b = body_new();
        put_text(b, CATALOG);
        assert_int_equal(OPTOUT_OK, buf_printf(b, "4 0 obj<</Length %s>>stream\nabc ( endstre"
                                                  "\nendstream endobj\n", lengths[i]));
        assert_int_equal(OPTOUT_OK, buf_printf(b, "3 0 obj<<" META "/Length %s>>stream\n",
                                               lengths[i]));
        put_text(b, A "\nendstream endobj\n" TAIL);
        CHECK(b, OPTOUT_DONE, X(MAIN, A));
    }
}

/* After a few wrong lengths none is believed, so that looking again stays linear. */
static void many_wrong_lengths(void **state)
{
    (void)state;
    struct buf *b = body_new();
    for (unsigned i = 0; i < 200; i++)
        assert_int_equal(OPTOUT_OK, buf_printf(b, "%u 0 obj<</Length 5000>>stream\nx\n"
                                                  "endstream endobj\n", i + 10));
    put_text(b, CATALOG);
    put_xmp(b, 3, A);
    put_text(b, TAIL);
    CHECK(b, OPTOUT_DONE, X(MAIN, A));
}

static void words_inside_of_a_stream(void **state)
{
    (void)state;
    static const char text[] = XMP("endstre endstrendstream endstream, 4 0 obj endobj \r\n");
    struct buf *b = body_new();
    put_text(b, CATALOG);
    put_xmp(b, 3, text);
    /* An attached file, whose objects are not this file's. */
    put_stream(b, 5, "/Type/EmbeddedFile", SLICE_OF("%PDF-1.4\n3 0 obj<<" META ">>stream\n" B
                                                    "\nendstream endobj " TAIL));
    put_text(b, TAIL);
    CHECK(b, OPTOUT_DONE, X(MAIN, text));
}

/* ---- whose it is ---- */

static void the_last_revision_counts(void **state)
{
    (void)state;
    struct buf *b = body_new();
    put_text(b, CATALOG);
    put_xmp(b, 3, A);
    put_text(b, TAIL);
    put_xmp(b, 3, B);
    put_text(b, TAIL);
    CHECK(b, OPTOUT_DONE, X(STALE, A), X(MAIN, B));
    /* Another catalog, another stream. */
    b = body_new();
    put_text(b, CATALOG);
    put_xmp(b, 3, A);
    put_text(b, TAIL);
    put_xmp(b, 7, B);
    put_text(b, "1 0 obj<</Type/Catalog/Metadata 7 0 R>>endobj " TAIL);
    CHECK(b, OPTOUT_DONE, X(STALE, A), X(MAIN, B));
    /* Taken away. */
    b = body_new();
    put_text(b, CATALOG);
    put_xmp(b, 3, A);
    put_text(b, TAIL "1 0 obj<</Type/Catalog>>endobj " TAIL);
    CHECK(b, OPTOUT_DONE, X(STALE, A));
}

static void the_trailer_names_the_catalog(void **state)
{
    (void)state;
    struct buf *b = body_new();
    put_xmp(b, 7, B);
    put_text(b, CATALOG "8 0 obj<</Type/Catalog/Metadata 7 0 R>>endobj\n");
    put_xmp(b, 3, A);
    put_text(b, TAIL);
    CHECK(b, OPTOUT_DONE, X(STALE, B), X(MAIN, A));
}

static void metadata_of_a_picture(void **state)
{
    (void)state;
    struct buf *b = body_new();
    put_xmp(b, 7, B);
    put_text(b, CATALOG);
    put_stream(b, 8, "/Type/XObject/Subtype/Image/Metadata 7 0 R", SLICE_OF("\xff\xd8pixels"));
    put_xmp(b, 3, A);
    put_xmp(b, 9, B);
    put_text(b, "4 0 obj<</Type/Page/Resources<</X<</Metadata 9 0 R>>>>>>endobj " TAIL);
    CHECK(b, OPTOUT_DONE, X(COMPONENT, B), X(MAIN, A), X(COMPONENT, B));
}

static void no_catalog_to_be_seen(void **state)
{
    (void)state;
    struct buf *b = body_new();
    put_xmp(b, 3, A);
    put_xmp(b, 4, B);
    put_xmp(b, 5, B);
    put_text(b, "6 0 obj<</Metadata 5 0 R>>endobj " TAIL);
    CHECK(b, OPTOUT_E_SYNTAX, X(STALE, A), X(SALVAGED, B), X(COMPONENT, B));
    b = body_new();
    put_text(b, CATALOG);
    put_xmp(b, 4, B);
    put_text(b, TAIL);
    CHECK(b, OPTOUT_E_SYNTAX, X(SALVAGED, B));
}

static void catalog_in_an_object_stream(void **state)
{
    (void)state;
    for (int packed = 0; packed < 2; packed++) {
        static const char objects[] = "2 0 1 20 9 69  <</Type/Pages>>      "
                                      "<</Type/Catalog/Pages 2 0 R/Metadata 3 0 R>>    "
                                      "<</Metadata 4 0 R>>";
        struct buf *b = body_new();
        put_stream(b, 5, packed ? "/Type/ObjStm/N 3/First 15/Filter/FlateDecode"
                                : "/Type/ObjStm/N 3/First 15",
                   packed ? deflated(slice_cstr(objects)) : slice_cstr(objects));
        put_xmp(b, 4, B);
        put_xmp(b, 3, A);
        put_stream(b, 6, "/Type/XRef/Root 1 0 R/W[1 2 1]", SLICE_OF("\x01\x02\x03"));
        put_text(b, "startxref\n0\n%%EOF");
        CHECK(b, OPTOUT_DONE, X(COMPONENT, B), X(MAIN, A));
    }
}

static void object_streams_that_are_broken(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        { "/Type/ObjStm/N 2/First 4/Filter/FlateDecode", "no zlib" },
        { "/Type/ObjStm/N 2/First 4", "1 0 <<>>" },
        { "/Type/ObjStm/N 1/First 4", "1 0 <<" },
        { "/Type/ObjStm/N 1/First 400", "1 0 <<>>" },
        { "/Type/ObjStm/N 2/First 9", "1 5 2 0  <<>> <<>>" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct buf *b = body_new();
        put_stream(b, 5, bad[i][0], slice_cstr(bad[i][1]));
        put_text(b, CATALOG);
        put_xmp(b, 3, A);
        put_text(b, TAIL);
        CHECK(b, OPTOUT_E_SYNTAX, X(MAIN, A));
    }
    struct buf *b = body_new();
    put_stream(b, 5, "/Type/ObjStm/N 99999999/First 9", SLICE_OF("1 0 <<>>"));
    put_text(b, CATALOG TAIL);
    CHECK_NONE(b, OPTOUT_E_LIMIT);
}

static void a_bomb_costs_its_limit(void **state)
{
    (void)state;
    static uint8_t zeros[64u << 20];
    struct buf *b = body_new();
    put_text(b, CATALOG);
    memset(zeros, ' ', sizeof zeros);
    zeros[0] = '<';
    put_stream(b, 3, META "/Filter/FlateDecode", deflated(slice_of(zeros, sizeof zeros)));
    put_text(b, TAIL);
    struct findings *f = run(b);
    assert_int_equal(1, f->n);
    assert_int_equal(PACKET_LIMIT, f->v[0].end);
    assert_true(f->v[0].bytes.n <= PACKET_XMP_MAX);
    findings_free(f);
}

/* ---- encryption ---- */

#define ENCRYPTED(dict)                                                                     \
    "4 0 obj<</Filter/Standard/V 4/O(\\)\xff())" dict ">>endobj trailer<</Encrypt 4 0 R/Root 1 " \
    "0 R>>startxref\n0\n%%EOF\n"

static void encrypted_metadata(void **state)
{
    (void)state;
    struct buf *b = body_new();
    put_text(b, CATALOG);
    put_stream(b, 3, META, SLICE_OF("\x8b\x11garbage in place of text, and more of it, and more"));
    put_text(b, ENCRYPTED(""));
    CHECK_NONE(b, OPTOUT_E_UNSUP);
    b = body_new();
    put_text(b, CATALOG);
    put_xmp(b, 3, A);
    put_text(b, ENCRYPTED("/EncryptMetadata true"));
    CHECK(b, OPTOUT_E_UNSUP, X(SALVAGED, A));
    b = body_new();
    put_text(b, CATALOG);
    put_xmp(b, 3, A);
    put_text(b, ENCRYPTED("/EncryptMetadata false"));
    CHECK(b, OPTOUT_DONE, X(MAIN, A));
    b = body_new();
    put_text(b, CATALOG);
    put_xmp(b, 3, A);
    put_text(b, "trailer<</Root 1 0 R/Encrypt<</V 4/EncryptMetadata false>>>>startxref 0 %%EOF");
    CHECK(b, OPTOUT_DONE, X(MAIN, A));
    /* No metadata at all: nothing that could not be read. */
    b = body_new();
    put_text(b, "1 0 obj<</Type/Catalog>>endobj " ENCRYPTED(""));
    CHECK_NONE(b, OPTOUT_DONE);
}

/* The catalog is in an object stream that is encrypted. */
static void encrypted_catalog(void **state)
{
    (void)state;
    struct buf *b = body_new();
    put_stream(b, 1, "/Type/ObjStm/N 1/First 4/Filter/FlateDecode", SLICE_OF("\xaa\xbb\xcc"));
    put_xmp(b, 3, A);
    put_text(b, ENCRYPTED("/EncryptMetadata false"));
    CHECK(b, OPTOUT_DONE, X(MAIN, A));
    put_xmp(b, 5, B);
    put_text(b, ENCRYPTED("/EncryptMetadata false"));
    CHECK(b, OPTOUT_E_UNSUP, X(STALE, A), X(SALVAGED, B));
}

/* ---- C2PA ---- */

#define CREDENTIALS                                                                         \
    "6 0 obj<</Type/Filespec/AFRelationship/C2PA_Manifest/F(c)/EF<</F 5 0 R>>>>endobj\n"

static void manifest_stores(void **state)
{
    (void)state;
    static const char *const dicts[] = { "/Type/EmbeddedFile/Subtype/application#2Fc2pa",
                                         "/Subtype/application#2fx-c2pa-manifest-store",
                                         "/Type/EmbeddedFile", "" };
    for (size_t i = 0; i < sizeof dicts / sizeof *dicts; i++) {
        struct buf *b = body_new();
        put_stream(b, 5, dicts[i], store());
        put_text(b, "1 0 obj<</Type/Catalog/AF[6 0 R]>>endobj " CREDENTIALS TAIL);
        CHECK(b, OPTOUT_DONE, STORE(MAIN));
        b = body_new();
        put_stream(b, 5, dicts[i], store());
        put_text(b, "1 0 obj<</Type/Catalog>>endobj " TAIL);
        CHECK(b, OPTOUT_DONE, STORE(MAIN));
    }
    struct buf *b = body_new();
    put_stream(b, 5, "/Type/EmbeddedFile/Filter/FlateDecode", deflated(store()));
    put_text(b, "1 0 obj<</Type/Catalog/AF[<</AFRelationship/C2PA_Manifest/EF<</UF 5 0 R"
                ">>>>]>>endobj " TAIL);
    CHECK(b, OPTOUT_DONE, STORE(MAIN));
}

static void several_stores(void **state)
{
    (void)state;
    struct buf *b = body_new();
    put_stream(b, 5, "", store());
    put_text(b, "1 0 obj<</Type/Catalog/AF[6 0 R]>>endobj " CREDENTIALS TAIL);
    put_stream(b, 5, "", store());
    put_text(b, TAIL);
    CHECK(b, OPTOUT_DONE, STORE(STALE), STORE(MAIN));
    /* One that nothing calls a manifest store is an attachment. */
    put_stream(b, 8, "/Type/EmbeddedFile", store());
    put_text(b, TAIL);
    CHECK(b, OPTOUT_DONE, STORE(STALE), STORE(MAIN), STORE(COMPONENT));
    b = body_new();
    put_stream(b, 5, "", store());
    put_stream(b, 8, "", store());
    put_text(b, "1 0 obj<</Type/Catalog>>endobj " TAIL);
    CHECK(b, OPTOUT_DONE, STORE(STALE), STORE(MAIN));
}

static void a_store_that_cannot_be_read(void **state)
{
    (void)state;
    struct buf *b = body_new();
    put_stream(b, 5, "/Type/EmbeddedFile/Filter/DCTDecode", store());
    put_text(b, "1 0 obj<</Type/Catalog/AF[6 0 R]>>endobj " CREDENTIALS TAIL);
    CHECK_NONE(b, OPTOUT_E_SYNTAX);
}

/* ---- limits, broken files ---- */

static void hundreds_of_pictures(void **state)
{
    (void)state;
    struct buf *b = body_new();
    for (unsigned i = 0; i < 600; i++) {
        char dict[80];
        snprintf(dict, sizeof dict, "/Subtype/Image/Metadata %u 0 R", 1000 + i);
        put_stream(b, 2000 + i, dict, SLICE_OF("pixels"));
        put_xmp(b, 1000 + i, B);
    }
    put_text(b, CATALOG);
    put_xmp(b, 3, A);
    put_text(b, TAIL);
    /* The list of findings holds fewer than are read: only the result is looked at. */
    struct findings *f = run(b);
    assert_int_equal(OPTOUT_DONE, f->rc);
    assert_true(f->memory <= 2u << 20);
    findings_free(f);
    /* Those that nothing names could be anybody's. */
    b = body_new();
    put_text(b, CATALOG);
    for (unsigned i = 0; i < 600; i++)
        put_xmp(b, 1000 + i, B);
    put_xmp(b, 3, A);
    put_text(b, TAIL);
    f = run(b);
    assert_int_equal(OPTOUT_E_LIMIT, f->rc);
    findings_free(f);
}

static void an_unclosed_string(void **state)
{
    (void)state;
    struct buf *b = body_new();
    put_text(b, "9 0 obj<</Title(open>>endobj " CATALOG);
    put_xmp(b, 3, A);
    put_text(b, TAIL);
    struct findings *f = run(b);
    assert_int_equal(OPTOUT_E_SYNTAX, f->rc);
    findings_free(f);
    /* Between objects a bracket is nothing. */
    b = body_new();
    put_text(b, "( < << [ \n" CATALOG "8 0 obj<</A<zz>>>endobj 7 0 obj << /A [ 1 2 ");
    put_xmp(b, 3, A);
    put_text(b, TAIL);
    CHECK(b, OPTOUT_E_SYNTAX, X(MAIN, A));
}

static void deep_nesting(void **state)
{
    (void)state;
    struct buf *b = body_new();
    put_text(b, "9 0 obj ");
    for (int i = 0; i < 100000; i++)
        put_text(b, i % 2 ? "[" : "<</A");
    for (int i = 0; i < 100000; i++)
        put_text(b, i % 2 ? ">>" : "]");
    put_text(b, " endobj " CATALOG);
    put_xmp(b, 3, A);
    put_text(b, TAIL);
    CHECK(b, OPTOUT_DONE, X(MAIN, A));
}

static void the_end_of_the_file(void **state)
{
    (void)state;
    struct buf *b = body_new();
    put_text(b, CATALOG);
    put_xmp(b, 3, A);
    CHECK(b, OPTOUT_E_SYNTAX, X(MAIN, A));
    put_text(b, TAIL);
    CHECK(b, OPTOUT_DONE, X(MAIN, A));
    for (int i = 0; i < 3000; i++)
        put_text(b, " ");
    put_text(b, "junk");
    CHECK(b, OPTOUT_DONE, X(MAIN, A));
    for (int i = 0; i < 1100; i++)
        put_text(b, "j");
    CHECK(b, OPTOUT_E_SYNTAX, X(MAIN, A));
    /* A linearized file tells how long it is. */
    b = body_new();
    put_text(b, "4 0 obj<</Linearized 1/L 5000>>endobj " CATALOG TAIL);
    put_xmp(b, 3, A);
    put_text(b, TAIL);
    CHECK(b, OPTOUT_E_SYNTAX, X(MAIN, A));
}

static void cut_anywhere(void **state)
{
    (void)state;
    struct buf *b = body_new();
    put_text(b, CATALOG);
    put_stream(b, 8, "", SLICE_OF("pixels"));
    put_xmp(b, 3, A);
    put_stream(b, 5, "/Subtype/application#2Fc2pa", store());
    put_text(b, CREDENTIALS "xref\n0 1\n0000000000 65535 f \n" TAIL);
    size_t end = b->n - sizeof "\n0\n%%EOF\n" + 1;
    for (size_t n = 0; n < b->n; n++) {
        struct slice cut = slice_of(b->p, n);
        struct findings *f = findings_of(&format_pdf, cut, n % 3 ? 0 : 5, NULL);
        if (n < end)
            assert_int_equal(OPTOUT_E_SYNTAX, f->rc);
        else
            assert_int_equal(OPTOUT_DONE, f->rc);
        findings_free(f);
        assert_true(findings_same_in_pieces(&format_pdf, cut, NULL));
    }
    assert_true(findings_cuts_are_told(&format_pdf, buf_slice(b), NULL));
}

static void told_by_its_first_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        bool yes;
    } rows[] = {
        { "%PDF-1.4\n", true },    { "\r\n%PDF-2.0", true },      { "junk %% %PDF-1.7 ", true },
        { "%PDF", false },         { "", false },                 { "%!PS-Adobe-3.0", false },
        { "<p>%PDF-files", false }, { "see %PDF-9.1 here", false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(rows[i].yes, format_pdf.sniff(slice_cstr(rows[i].bytes)));
    struct buf b;
    buf_init(&b, 4096);
    put_text(&b, "<html>an error page</html>");
    CHECK_NONE(&b, OPTOUT_E_SYNTAX);
    buf_free(&b);
}

/* ---- real files ---- */

static size_t try_folder(const char *root, const char *folder)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", root, folder);
    DIR *dir = opendir(path);
    size_t n = 0;
    for (struct dirent *e; dir && (e = readdir(dir));) {
        size_t len = strlen(e->d_name);
        if (len < 4 || strcmp(e->d_name + len - 4, ".pdf") != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s/%s", root, folder, e->d_name);
        struct buf b = { 0 };
        b.p = test_read_file(path, &b.n);
        assert_true(format_pdf.sniff(slice_sub(buf_slice(&b), 0, FORMAT_SNIFF)));
        struct findings *f = run(&b);
        bool locked = strcmp(e->d_name, "pdf-encrypted-metadata.pdf") == 0;
        if (f->rc != (locked ? OPTOUT_E_UNSUP : OPTOUT_DONE))
            fail_msg("%s: %d", path, f->rc);
        size_t own = 0;
        for (size_t i = 0; i < f->n; i++)
            own += f->v[i].packet.role == PACKET_MAIN;
        if (strncmp(e->d_name, "DMI-", 4) == 0 && own != 1)
            fail_msg("%s: %zu packets of its own", path, own);
        findings_free(f);
        free(b.p);
        n++;
    }
    if (dir)
        closedir(dir);
    return n;
}

static void real_files(void **state)
{
    (void)state;
    static const char *const folders[] = { "media/derived/matrix", "media/derived/special",
                                           "media/real/exiftool", "media/real/sample-files",
                                           "c2pa/real/c2pa-rs" };
    const char *root = getenv("OPTOUT_CORPUS");
    size_t n = 0;
    for (size_t i = 0; root && i < sizeof folders / sizeof *folders; i++)
        n += try_folder(root, folders[i]);
    if (n == 0) {
        printf("# SKIP real PDF files: OPTOUT_CORPUS is not set, or has none\n");
        skip();
    }
    printf("# %zu real PDF files\n", n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_stream),
        cmocka_unit_test(escaped_names_and_odd_spacing),
        cmocka_unit_test(packed_stream),
        cmocka_unit_test(filters_that_are_not_read),
        cmocka_unit_test(filters_that_are_read),
        cmocka_unit_test(lzw),
        cmocka_unit_test(predictors),
        cmocka_unit_test(behind_something_else),
        cmocka_unit_test(lengths_that_are_wrong),
        cmocka_unit_test(many_wrong_lengths),
        cmocka_unit_test(words_inside_of_a_stream),
        cmocka_unit_test(the_last_revision_counts),
        cmocka_unit_test(the_trailer_names_the_catalog),
        cmocka_unit_test(metadata_of_a_picture),
        cmocka_unit_test(no_catalog_to_be_seen),
        cmocka_unit_test(catalog_in_an_object_stream),
        cmocka_unit_test(object_streams_that_are_broken),
        cmocka_unit_test(a_bomb_costs_its_limit),
        cmocka_unit_test(encrypted_metadata),
        cmocka_unit_test(encrypted_catalog),
        cmocka_unit_test(manifest_stores),
        cmocka_unit_test(several_stores),
        cmocka_unit_test(a_store_that_cannot_be_read),
        cmocka_unit_test(hundreds_of_pictures),
        cmocka_unit_test(an_unclosed_string),
        cmocka_unit_test(deep_nesting),
        cmocka_unit_test(the_end_of_the_file),
        cmocka_unit_test(cut_anywhere),
        cmocka_unit_test(told_by_its_first_bytes),
        cmocka_unit_test(real_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
