/* SPDX-License-Identifier: Apache-2.0 */
/* carriers.h - packets to put into files of several formats, and what holds for all of them:
 * the same packets however the body is cut, and no clear result of a body that ended early. */
#ifndef OPTOUT_TESTS_CARRIERS_H
#define OPTOUT_TESTS_CARRIERS_H

#include "findings.h"
#include "unit.h"

#include <dirent.h>

#define XMP_TEXT                                                                            \
    "<?xpacket begin=\"\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?><x:xmpmeta "                     \
    "xmlns:x=\"adobe:ns:meta/\"><rdf:RDF "                                                  \
    "xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><rdf:Description "           \
    "rdf:about=\"\" xmlns:plus=\"http://ns.useplus.org/ldf/xmp/1.0/\" "                     \
    "plus:DataMining=\"http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED\"/></rdf:RDF>"        \
    "</x:xmpmeta><?xpacket end=\"w\"?>"

/* An unsigned manifest store with a training and data mining assertion. */
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

#define STORE_SIZE 350

static inline struct slice store(void)
{
    static uint8_t bytes[STORE_SIZE];
    for (size_t i = 0; i < STORE_SIZE; i++) {
        unsigned v = 0;
        assert_int_equal(sscanf(store_hex + 2 * i, "%2x", &v), 1);
        bytes[i] = (uint8_t)v;
    }
    return slice_of(bytes, STORE_SIZE);
}

static inline void put(struct buf *b, const void *p, size_t n)
{
    put_slice(b, slice_of(p, n));
}

static inline struct buf new_body(void)
{
    struct buf b;
    buf_init(&b, 64u << 20);
    return b;
}

static inline void check_packet(const struct findings *f, enum packet_kind kind, size_t n,
                                enum packet_role role, struct slice bytes, const char *where)
{
    const struct finding *v = findings_get(f, kind, n);
    assert_non_null(v);
    assert_int_equal(v->packet.role, role);
    assert_int_equal(v->end, PACKET_WHOLE);
    assert_string_equal(v->where, where);
    assert_int_equal(v->bytes.n, bytes.n);
    assert_memory_equal(v->bytes.p, bytes.p, bytes.n);
}

static inline void check_text(const struct findings *f, size_t n, const char *field,
                              const char *text)
{
    const struct finding *v = findings_get(f, PACKET_TEXT, n);
    assert_non_null(v);
    assert_string_equal(v->field, field);
    assert_slice(buf_slice(&v->bytes), text);
}

/* Runs it, in pieces too. */
static inline struct findings *find_all(const struct format *format, struct slice body)
{
    assert_true(format->sniff(slice_sub(body, 0, FORMAT_SNIFF)));
    assert_true(findings_same_in_pieces(format, body, NULL));
    return findings_of(format, body, 0, NULL);
}

/* Cut at every byte: it is said to be broken, or all packets were found whole. `good` is how
 * many packets the body has. */
static inline void check_cuts(const struct format *format, struct slice body, size_t good)
{
    for (size_t n = 0; n < body.n; n++) {
        struct findings *f = findings_of(format, slice_sub(body, 0, n), 0, NULL);
        if (f->rc == OPTOUT_DONE) {
            assert_int_equal(f->n, good);
            for (size_t i = 0; i < f->n; i++)
                assert_int_equal(f->v[i].end, PACKET_WHOLE);
        }
        findings_free(f);
    }
    assert_true(findings_cuts_are_told(format, body, NULL));
}

/* Feeds every file of a folder of samples whose first bytes are of the format, in pieces.
 * Returns how many there were. */
static inline size_t check_folder(const struct format *format, const char *folder)
{
    char path[4096];
    const char *root = getenv("OPTOUT_CORPUS");
    snprintf(path, sizeof path, "%s/%s", root ? root : "", folder);
    DIR *d = root ? opendir(path) : NULL;
    size_t count = 0;
    for (struct dirent *e; d && (e = readdir(d)) != NULL;) {
        if (e->d_name[0] == '.' || e->d_type == DT_DIR)
            continue;
        size_t n;
        snprintf(path, sizeof path, "%s/%s/%s", root, folder, e->d_name);
        uint8_t *p = test_read_file(path, &n);
        if (n < (1u << 20) && format->sniff(slice_sub(slice_of(p, n), 0, FORMAT_SNIFF))) {
            if (!findings_same_in_pieces(format, slice_of(p, n), NULL))
                fail_msg("%s depends on where it is cut", path);
            count++;
        }
        free(p);
    }
    if (d)
        closedir(d);
    return count;
}

static inline void check_samples(const struct format *format)
{
    static const char *const folders[] = {
        "media/derived/matrix",  "media/derived/special", "media/real/exiftool",
        "media/real/exiv2",      "media/real/stegoeggo",  "c2pa/derived",
        "c2pa/real/c2pa-rs",     "hostile/exiv2",         "hostile/gofuzz/png",
        "hostile/gofuzz/gif",    "hostile/gofuzz/webp",   "bench/images",
    };
    size_t count = 0;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        count += check_folder(format, folders[i]);
    if (count == 0) {
        printf("# SKIP no sample files of %s: OPTOUT_CORPUS is not set, or holds none\n",
               format->name);
        skip();
    }
    printf("# %zu sample files of %s\n", count, format->name);
}

#endif
