/* SPDX-License-Identifier: Apache-2.0 */
/* manifest_fixture.h - manifest stores for tests: a builder, a minimal store, and a way from
 * its bytes to signals. */
#ifndef OPTOUT_TESTS_MANIFEST_FIXTURE_H
#define OPTOUT_TESTS_MANIFEST_FIXTURE_H

#include "core/buf.h"
#include "syntax/digest.h"
#include "metadata/jumbf.h"
#include "standards/c2pa_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One unsigned manifest without a claim: generative training not allowed, training
 * constrained by https://e.test/p. */
static const uint8_t minimal_store[350] = {
    0x00, 0x00, 0x01, 0x5e, 0x6a, 0x75, 0x6d, 0x62, 0x00, 0x00, 0x00, 0x1e, 0x6a, 0x75,
    0x6d, 0x64, 0x63, 0x32, 0x70, 0x61, 0x00, 0x11, 0x00, 0x10, 0x80, 0x00, 0x00, 0xaa,
    0x00, 0x38, 0x9b, 0x71, 0x03, 0x63, 0x32, 0x70, 0x61, 0x00, 0x00, 0x00, 0x01, 0x38,
    0x6a, 0x75, 0x6d, 0x62, 0x00, 0x00, 0x00, 0x47, 0x6a, 0x75, 0x6d, 0x64, 0x63, 0x32,
    0x6d, 0x61, 0x00, 0x11, 0x00, 0x10, 0x80, 0x00, 0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71,
    0x03, 0x75, 0x72, 0x6e, 0x3a, 0x63, 0x32, 0x70, 0x61, 0x3a, 0x31, 0x31, 0x31, 0x31,
    0x31, 0x31, 0x31, 0x31, 0x2d, 0x31, 0x31, 0x31, 0x31, 0x2d, 0x34, 0x31, 0x31, 0x31,
    0x2d, 0x38, 0x31, 0x31, 0x31, 0x2d, 0x31, 0x31, 0x31, 0x31, 0x31, 0x31, 0x31, 0x31,
    0x31, 0x31, 0x31, 0x31, 0x00, 0x00, 0x00, 0x00, 0xe9, 0x6a, 0x75, 0x6d, 0x62, 0x00,
    0x00, 0x00, 0x29, 0x6a, 0x75, 0x6d, 0x64, 0x63, 0x32, 0x61, 0x73, 0x00, 0x11, 0x00,
    0x10, 0x80, 0x00, 0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71, 0x03, 0x63, 0x32, 0x70, 0x61,
    0x2e, 0x61, 0x73, 0x73, 0x65, 0x72, 0x74, 0x69, 0x6f, 0x6e, 0x73, 0x00, 0x00, 0x00,
    0x00, 0xb8, 0x6a, 0x75, 0x6d, 0x62, 0x00, 0x00, 0x00, 0x2e, 0x6a, 0x75, 0x6d, 0x64,
    0x63, 0x62, 0x6f, 0x72, 0x00, 0x11, 0x00, 0x10, 0x80, 0x00, 0x00, 0xaa, 0x00, 0x38,
    0x9b, 0x71, 0x03, 0x63, 0x61, 0x77, 0x67, 0x2e, 0x74, 0x72, 0x61, 0x69, 0x6e, 0x69,
    0x6e, 0x67, 0x2d, 0x6d, 0x69, 0x6e, 0x69, 0x6e, 0x67, 0x00, 0x00, 0x00, 0x00, 0x82,
    0x63, 0x62, 0x6f, 0x72, 0xa1, 0x67, 0x65, 0x6e, 0x74, 0x72, 0x69, 0x65, 0x73, 0xa2,
    0x78, 0x1b, 0x63, 0x61, 0x77, 0x67, 0x2e, 0x61, 0x69, 0x5f, 0x67, 0x65, 0x6e, 0x65,
    0x72, 0x61, 0x74, 0x69, 0x76, 0x65, 0x5f, 0x74, 0x72, 0x61, 0x69, 0x6e, 0x69, 0x6e,
    0x67, 0xa1, 0x63, 0x75, 0x73, 0x65, 0x6a, 0x6e, 0x6f, 0x74, 0x41, 0x6c, 0x6c, 0x6f,
    0x77, 0x65, 0x64, 0x70, 0x63, 0x61, 0x77, 0x67, 0x2e, 0x61, 0x69, 0x5f, 0x74, 0x72,
    0x61, 0x69, 0x6e, 0x69, 0x6e, 0x67, 0xa2, 0x63, 0x75, 0x73, 0x65, 0x6b, 0x63, 0x6f,
    0x6e, 0x73, 0x74, 0x72, 0x61, 0x69, 0x6e, 0x65, 0x64, 0x6f, 0x63, 0x6f, 0x6e, 0x73,
    0x74, 0x72, 0x61, 0x69, 0x6e, 0x74, 0x5f, 0x69, 0x6e, 0x66, 0x6f, 0x70, 0x68, 0x74,
    0x74, 0x70, 0x73, 0x3a, 0x2f, 0x2f, 0x65, 0x2e, 0x74, 0x65, 0x73, 0x74, 0x2f, 0x70,
};

/* ---- to build ---- */

static inline void fixture_be32(struct buf *b, uint32_t v)
{
    uint8_t p[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };
    (void)buf_append(b, p, 4);
}

/* Begins a box; give the result to box_end. */
static inline size_t box_begin(struct buf *b, const char *type)
{
    size_t at = b->n;
    fixture_be32(b, 0);
    (void)buf_append(b, type, 4);
    return at;
}

static inline void box_end(struct buf *b, size_t at)
{
    uint32_t n = (uint32_t)(b->n - at);
    for (unsigned i = 0; i < 4; i++)
        b->p[at + i] = (uint8_t)(n >> (24 - 8 * i));
}

static inline size_t super_begin(struct buf *b, const char *four, const char *label)
{
    static const uint8_t rest[12] = { 0x00, 0x11, 0x00, 0x10, 0x80, 0x00,
                                      0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71 };
    size_t at = box_begin(b, "jumb"), jumd = box_begin(b, "jumd");
    (void)buf_append(b, four, 4);
    (void)buf_append(b, rest, 12);
    (void)buf_putc(b, 3);
    (void)buf_append(b, label, strlen(label) + 1);
    box_end(b, jumd);
    return at;
}

static inline void put_box(struct buf *b, const char *type, const void *p, size_t n)
{
    size_t at = box_begin(b, type);
    (void)buf_append(b, p, n);
    box_end(b, at);
}

/* Hexadecimal digits, and characters between quotes, into bytes: "a1 67 'entries'". */
static inline void put_hex(struct buf *b, const char *s)
{
    for (; *s; s++) {
        if (*s == '\'') {
            for (s++; *s != '\''; s++)
                (void)buf_putc(b, *s);
        } else if (*s != ' ' && s[1]) {
            char digits[3] = { s[0], s[1], 0 };
            (void)buf_putc(b, (char)strtoul(digits, NULL, 16));
            s++;
        }
    }
}

/* ---- to build a whole manifest with one assertion ---- */

enum hash { NO_CLAIM, UNLISTED, GOOD, WRONG, SHA512 };

struct plan {
    const char *four;    /* c2ma, c2um */
    const char *label;   /* of the manifest */
    const char *name;    /* of the assertion; NULL: none */
    const char *content; /* as for put_hex; "{…": JSON */
    enum hash hash;
    const char *parent;    /* label of the ingredient's manifest */
    const char *component; /* the same */
    const char *redacts;   /* URI */
};

static inline void put_string(struct buf *b, uint8_t major, const void *p, size_t n)
{
    (void)buf_putc(b, (char)(major << 5 | 25));
    (void)buf_putc(b, (char)(n >> 8));
    (void)buf_putc(b, (char)n);
    (void)buf_append(b, p, n);
}

static inline void put_cstr(struct buf *b, const char *s)
{
    put_string(b, 3, s, strlen(s));
}

static inline void put_ingredient(struct buf *b, const char *name, const char *relation,
                           const char *label)
{
    char uri[300];
    size_t box = super_begin(b, "cbor", name), at = box_begin(b, "cbor");
    snprintf(uri, sizeof uri, "self#jumbf=/c2pa/%s", label);
    put_hex(b, "a2");
    put_cstr(b, "relationship");
    put_cstr(b, relation);
    put_cstr(b, "activeManifest");
    put_hex(b, "a1");
    put_cstr(b, "url");
    put_cstr(b, uri);
    box_end(b, at);
    box_end(b, box);
}

static inline void put_claim(struct buf *b, const struct plan *p, const uint8_t sha256[32])
{
    char uri[300];
    size_t box = super_begin(b, "c2cl", "c2pa.claim.v2"), at = box_begin(b, "cbor");
    put_hex(b, p->redacts ? "a3" : "a2");
    put_cstr(b, "alg");
    put_cstr(b, p->hash == SHA512 ? "sha512" : "sha256");
    put_cstr(b, "gathered_assertions");
    put_hex(b, p->name && p->hash != UNLISTED ? "81" : "80");
    if (p->name && p->hash != UNLISTED) {
        snprintf(uri, sizeof uri, "self#jumbf=c2pa.assertions/%s", p->name);
        put_hex(b, "a2");
        put_cstr(b, "url");
        put_cstr(b, uri);
        put_cstr(b, "hash");
        put_string(b, 2, sha256, 32);
    }
    if (p->redacts) {
        put_cstr(b, "redacted_assertions");
        put_hex(b, "81");
        put_cstr(b, p->redacts);
    }
    box_end(b, at);
    box_end(b, box);
}

static inline void put_manifest(struct buf *b, const struct plan *p)
{
    uint8_t sha256[32] = { 0 };
    size_t manifest = super_begin(b, p->four, p->label);
    size_t all = super_begin(b, "c2as", "c2pa.assertions");
    if (p->name) {
        bool json = p->content[0] == '{' || p->content[0] == '[';
        size_t box = super_begin(b, json ? "json" : "cbor", p->name);
        size_t at = box_begin(b, json ? "json" : "cbor");
        if (json)
            buf_puts(b, p->content);
        else
            put_hex(b, p->content);
        box_end(b, at);
        box_end(b, box);
        struct digest *d = digest_open();
        digest_feed(d, slice_of(b->p + box + 8, b->n - box - 8));
        if (!digest_close(d, sha256))
            abort();
        sha256[0] ^= p->hash == WRONG;
    }
    if (p->parent)
        put_ingredient(b, "c2pa.ingredient.v3", "parentOf", p->parent);
    if (p->component)
        put_ingredient(b, "c2pa.ingredient.v3__1", "componentOf", p->component);
    box_end(b, all);
    if (p->hash != NO_CLAIM)
        put_claim(b, p, sha256);
    box_end(b, manifest);
}

/* ---- to read ---- */

struct reading_of_store {
    struct arena arena;
    struct signals signals;
    struct buf properties; /* "name=value role;" */
    enum optout_rc rc;
    size_t memory;
};

static inline void fixture_property(void *ctx, const struct property *p)
{
    struct buf *b = ctx;
    (void)buf_printf(b, "%.*s%s%.*s=%.*s %d%s;", SLICE_FMT(p->top_name), p->top_name.n ? "/" : "",
                     SLICE_FMT(p->name), SLICE_FMT(p->value), (int)p->role,
                     p->nested ? " nested" : "");
}

/* `piece` 0: all at once. */
static inline struct reading_of_store *read_store(struct slice store, size_t piece,
                                                  enum packet_role role)
{
    struct reading_of_store *r = calloc(1, sizeof *r);
    if (!r)
        abort();
    arena_init(&r->arena, 8u << 20, NULL, 0);
    signals_init(&r->signals, &r->arena);
    buf_init(&r->properties, 1u << 20);
    struct property base = { .carrier = CARRIER_JUMBF, .role = role,
                             .where = SLICE("APP11 segment 3"), .format = "jpeg" };
    struct c2pa_store *s = c2pa_store_open(&r->arena, &base, fixture_property, &r->properties);
    struct jumbf *j = s ? jumbf_open(&r->arena, &c2pa_store_events, s) : NULL;
    if (!j)
        abort();
    enum optout_rc rc = OPTOUT_MORE;
    while (store.n && rc == OPTOUT_MORE) {
        size_t n = piece && piece < store.n ? piece : store.n;
        uint8_t *copy = malloc(n);
        if (!copy)
            abort();
        memcpy(copy, store.p, n);
        rc = jumbf_feed(j, slice_of(copy, n));
        free(copy);
        store = slice_from(store, n);
    }
    rc = jumbf_end(j);
    r->rc = c2pa_store_end(s, rc, &r->signals);
    r->memory = r->arena.used;
    return r;
}

static inline void free_reading(struct reading_of_store *r)
{
    buf_free(&r->properties);
    arena_reset(&r->arena);
    free(r);
}

/* All signals as text, one a line: "cawg ai_training=notAllowed exact asset --D--- note". */
static inline void print_reading(const struct reading_of_store *r, struct buf *out)
{
    for (size_t i = 0; i < r->signals.n; i++) {
        const struct signal *s = &r->signals.v[i];
        (void)buf_printf(out, "%s %.*s %s %s ", s->standard == STD_CAWG ? "cawg" : "c2pa",
                         SLICE_FMT(s->raw), confidence_name((enum confidence)s->confidence),
                         scope_name((enum scope)s->scope));
        for (unsigned u = 0; u < USAGE_COUNT; u++)
            (void)buf_putc(out, "-ACD"[s->prefs.of[u]]);
        (void)buf_printf(out, " %s\n", s->note ? s->note : "");
    }
    (void)buf_append(out, r->properties.p, r->properties.n);
}

#endif
