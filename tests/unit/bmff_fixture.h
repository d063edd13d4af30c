/* SPDX-License-Identifier: Apache-2.0 */
/* bmff_fixture.h - builds boxes, cuts bodies, runs over real files. */
#ifndef OPTOUT_TESTS_BMFF_FIXTURE_H
#define OPTOUT_TESTS_BMFF_FIXTURE_H

#include "unit.h"

#include "findings.h"
#include "formats/rows.h"

#include <ftw.h>
#include <zlib.h>

#define XMP_TEXT                                                          \
    "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf="             \
    "'http://www.w3.org/1999/02/22-rdf-syntax-ns#'/></x:xmpmeta>"
#define UUID_XMP "BE7ACFCB97A942E89C71999491E3AFAC"
#define UUID_C2PA "D8FEC3D61B0E483C92975828877EC481"

/* A manifest store without a claim: generative training not allowed, training constrained. */
#define STORE_HEX                                                         \
    "0000015e6a756d620000001e6a756d646332706100110010800000aa00389b71"    \
    "036332706100000001386a756d62000000476a756d6463326d61001100108000"    \
    "00aa00389b710375726e3a633270613a31313131313131312d313131312d3431"    \
    "31312d383131312d31313131313131313131313100000000e96a756d62000000"    \
    "296a756d646332617300110010800000aa00389b7103633270612e6173736572"    \
    "74696f6e7300000000b86a756d620000002e6a756d6463626f72001100108000"    \
    "00aa00389b7103636177672e747261696e696e672d6d696e696e670000000082"    \
    "63626f72a167656e7472696573a2781b636177672e61695f67656e6572617469"    \
    "76655f747261696e696e67a1637573656a6e6f74416c6c6f7765647063617767"    \
    "2e61695f747261696e696e67a2637573656b636f6e73747261696e65646f636f"    \
    "6e73747261696e745f696e666f7068747470733a2f2f652e746573742f70"
#define STORE_SIZE 350

static inline void put_hex(struct buf *b, const char *hex)
{
    for (; *hex; hex += 2) {
        unsigned v;
        assert_int_equal(sscanf(hex, "%2x", &v), 1);
        put_be(b, v, 1);
    }
}

static inline void put_zeros(struct buf *b, size_t n)
{
    while (n--)
        put_be(b, 0, 1);
}

/* A box whose size is filled in by box_end. */
static inline size_t box_begin(struct buf *b, const char *type)
{
    size_t at = b->n;
    put_be(b, 0, 4);
    assert_int_equal(buf_append(b, type, 4), OPTOUT_OK);
    return at;
}

static inline void set_be32(struct buf *b, size_t at, size_t v)
{
    for (int i = 0; i < 4; i++)
        b->p[at + (size_t)i] = (uint8_t)(v >> (24 - 8 * i));
}

static inline void box_end(struct buf *b, size_t at)
{
    set_be32(b, at, b->n - at);
}

static inline void put_box(struct buf *b, const char *type, const char *text)
{
    size_t at = box_begin(b, type);
    put_text(b, text);
    box_end(b, at);
}

static inline void put_xmp_uuid(struct buf *b)
{
    size_t at = box_begin(b, "uuid");
    put_hex(b, UUID_XMP);
    put_text(b, XMP_TEXT);
    box_end(b, at);
}

static inline void put_c2pa_uuid(struct buf *b, const char *purpose, bool offset, size_t padding)
{
    size_t at = box_begin(b, "uuid");
    put_hex(b, UUID_C2PA);
    put_be(b, 0, 4);
    put_text(b, purpose);
    put_be(b, 0, 1);
    if (offset)
        put_be(b, 0, 8);
    put_hex(b, STORE_HEX);
    put_zeros(b, padding);
    box_end(b, at);
}

static inline void put_zlib(struct buf *b, struct slice s)
{
    uint8_t out[4096];
    uLongf n = sizeof out;
    assert_int_equal(compress(out, &n, s.p, s.n), Z_OK);
    put_slice(b, slice_of(out, n));
}

static inline struct findings *run(const struct format *f, const struct buf *b)
{
    assert_true(f->sniff(slice_sub(buf_slice(b), 0, FORMAT_SNIFF)));
    assert_true(findings_same_in_pieces(f, buf_slice(b), NULL));
    return findings_of(f, buf_slice(b), 0, NULL);
}

static inline void check_packet(const struct findings *f, enum packet_kind kind, size_t n,
                                const char *text, const char *where, enum packet_role role)
{
    const struct finding *v = findings_get(f, kind, n);
    assert_non_null(v);
    assert_slice(buf_slice(&v->bytes), text);
    assert_string_equal(v->where, where);
    assert_int_equal(v->packet.role, role);
    assert_int_equal(v->end, PACKET_WHOLE);
}

static inline void check_store(const struct findings *f, size_t n)
{
    struct buf want;
    const struct finding *v = findings_get(f, PACKET_C2PA, n);
    assert_non_null(v);
    assert_int_equal(v->end, PACKET_WHOLE);
    buf_init(&want, 1024);
    put_hex(&want, STORE_HEX);
    assert_int_equal(v->bytes.n, STORE_SIZE);
    assert_memory_equal(v->bytes.p, want.p, STORE_SIZE);
    buf_free(&want);
}

/* Cut at every byte, a body that lacks a packet is whole only at `borders`, the ends of its
 * boxes (0 at the end of the list); one with a packet cut never is. */
static inline void check_cuts(const struct format *f, const struct buf *b, const size_t *borders)
{
    struct findings *whole = findings_of(f, buf_slice(b), 0, NULL);
    for (size_t n = 12; n < b->n; n++) {
        bool border = false;
        for (const size_t *p = borders; *p; p++)
            border = border || *p == n;
        struct findings *cut = findings_of(f, slice_of(b->p, n), 0, NULL);
        for (size_t i = 0; i < cut->n; i++)
            if (cut->v[i].end != PACKET_WHOLE)
                assert_int_not_equal(cut->rc, OPTOUT_DONE);
        if (cut->n < whole->n && !border)
            assert_int_not_equal(cut->rc, OPTOUT_DONE);
        assert_true(findings_same_in_pieces(f, slice_of(b->p, n), NULL));
        findings_free(cut);
    }
    assert_true(whole->n == 0 || findings_cuts_are_told(f, buf_slice(b), NULL));
    findings_free(whole);
}

/* ---- real files ---- */

static const char *const *corpus_ends;
static const struct format *corpus_format;
static size_t corpus_seen, corpus_xmp, corpus_c2pa;

static inline int corpus_file(const char *path, const struct stat *st, int kind)
{
    bool wanted = false;
    for (const char *const *e = corpus_ends; *e; e++)
        wanted = wanted || (strlen(path) > strlen(*e) &&
                            strcmp(path + strlen(path) - strlen(*e), *e) == 0);
    if (kind != FTW_F || !wanted || st->st_size > 4 << 20)
        return 0;
    size_t n;
    uint8_t *p = test_read_file(path, &n);
    struct slice body = slice_of(p, n);
    if (corpus_format->sniff(slice_sub(body, 0, FORMAT_SNIFF))) {
        if (!findings_same_in_pieces(corpus_format, body, NULL))
            fail_msg("%s depends on pieces", path);
        struct findings *f = findings_of(corpus_format, body, 0, NULL);
        if (f->rc != OPTOUT_DONE && !strstr(path, "/hostile/"))
            fail_msg("%s: %d", path, (int)f->rc);
        const struct finding *xmp = findings_get(f, PACKET_XMP, 0);
        if (strstr(path, "/matrix/") && !(xmp && xmp->end == PACKET_WHOLE))
            fail_msg("%s: no XMP", path);
        if (strstr(path, "/c2pa/derived/") && !findings_get(f, PACKET_C2PA, 0))
            fail_msg("%s: no store", path);
        corpus_seen++;
        corpus_xmp += xmp != NULL;
        corpus_c2pa += findings_get(f, PACKET_C2PA, 0) != NULL;
        findings_free(f);
    }
    free(p);
    return 0;
}

static inline void run_corpus(const struct format *f, const char *const *ends)
{
    const char *root = getenv("OPTOUT_CORPUS");
    corpus_format = f;
    corpus_ends = ends;
    corpus_seen = corpus_xmp = corpus_c2pa = 0;
    static const char *const folders[] = { "media", "c2pa", "hostile", "bench" };
    for (size_t i = 0; root && i < sizeof folders / sizeof *folders; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", root, folders[i]);
        (void)ftw(path, corpus_file, 16);
    }
    if (corpus_seen == 0) {
        print_message("# SKIP no %s files: OPTOUT_CORPUS is unset or holds none\n", f->name);
        skip();
    }
    print_message("# %s: %zu files, %zu with XMP, %zu with a store\n", f->name, corpus_seen,
                  corpus_xmp, corpus_c2pa);
}

#endif
