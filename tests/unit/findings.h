/* SPDX-License-Identifier: Apache-2.0 */
/* findings.h - runs a format over a body and keeps the packets it finds. For unit tests
 * (with cmocka's assertions) and fuzz targets (with abort); include core/buf.h's library. */
#ifndef OPTOUT_TESTS_FINDINGS_H
#define OPTOUT_TESTS_FINDINGS_H

#include "core/buf.h"
#include "formats/format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FINDINGS_MAX 64
#define FINDINGS_ARENA (8u << 20) /* as of an exchange in flight */

struct finding {
    struct packet packet; /* where and field point to the texts below */
    char where[PACKET_WHERE_MAX + 1], field[PACKET_WHERE_MAX + 1];
    struct buf bytes;
    enum packet_end end;
    bool ended, limited; /* limited: by the sink, and the format may end it again */
};

#define FOUND_MEMBERS_MAX 64

struct found_member {
    struct member member; /* its slices point to `texts` */
    struct buf texts, bytes;
    bool ended, whole;
};

struct findings {
    struct found_member m[FOUND_MEMBERS_MAX];
    size_t n_members, from; /* those before `from` were forgotten */
    unsigned missed;
    struct member_sink member_sink;
    struct finding v[FINDINGS_MAX];
    size_t n, open;
    bool too_many;
    enum optout_rc rc;  /* of end, or of feed when that was an error */
    bool done;          /* feed said DONE before the body was at its end */
    uint64_t fed;       /* bytes fed until then */
    size_t memory;      /* taken by the arena */
    struct slice body;  /* what look-backs read */
    struct packet_sink sink;
    struct arena arena;
};

#define findings_require(what)                                             \
    do {                                                                   \
        if (!(what)) {                                                     \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what);    \
            abort();                                                       \
        }                                                                  \
    } while (0)

static inline void findings_text(char *to, struct slice s)
{
    size_t n = s.n < PACKET_WHERE_MAX ? s.n : PACKET_WHERE_MAX;
    if (n)
        memcpy(to, s.p, n);
    to[n] = '\0';
}

static inline unsigned findings_begin(void *ctx, const struct packet *p)
{
    struct findings *f = ctx;
    findings_require(p->kind < PACKET_KIND_COUNT && p->role < PACKET_ROLE_COUNT);
    if (f->n == FINDINGS_MAX || f->open == PACKETS_OPEN_MAX) {
        f->too_many = true;
        return 0;
    }
    struct finding *v = &f->v[f->n++];
    *v = (struct finding){ .packet = *p };
    findings_text(v->where, p->where);
    findings_text(v->field, p->field);
    v->packet.where = slice_cstr(v->where);
    v->packet.field = slice_cstr(v->field);
    buf_init(&v->bytes, 64u << 20);
    f->open++;
    return (unsigned)f->n;
}

static inline void findings_end(void *ctx, unsigned handle, enum packet_end how)
{
    struct findings *f = ctx;
    if (handle == 0)
        return;
    findings_require(handle <= f->n);
    if (f->v[handle - 1].limited)
        return;
    findings_require(!f->v[handle - 1].ended);
    f->v[handle - 1].ended = true;
    f->v[handle - 1].end = how;
    f->open--;
}

static inline bool findings_bytes(void *ctx, unsigned handle, struct slice bytes)
{
    struct findings *f = ctx;
    if (handle == 0)
        return false;
    struct finding *v = &f->v[handle - 1];
    if (handle <= f->n && v->limited)
        return false;
    findings_require(handle <= f->n && !v->ended);
    struct slice read = slice_sub(bytes, 0, packet_max[v->packet.kind] - v->bytes.n);
    findings_require(buf_append(&v->bytes, read.p, read.n) == OPTOUT_OK);
    if (read.n < bytes.n) {
        findings_end(ctx, handle, PACKET_LIMIT);
        v->limited = true;
    }
    return !v->limited;
}

static inline void findings_role(void *ctx, unsigned handle, enum packet_role role)
{
    struct findings *f = ctx;
    if (handle == 0)
        return;
    findings_require(handle <= f->n && f->v[handle - 1].packet.role == PACKET_PENDING);
    findings_require(role != PACKET_PENDING);
    f->v[handle - 1].packet.role = role;
}

/* ---- members ---- */

static inline struct slice findings_keep(struct buf *b, struct slice s)
{
    size_t at = b->n;
    findings_require(buf_append(b, s.p, s.n) == OPTOUT_OK);
    return slice_of(b->p + at, s.n);
}

static inline void findings_member_end(void *ctx, bool whole)
{
    struct findings *f = ctx;
    if (f->n_members == 0 || f->m[f->n_members - 1].ended)
        return;
    f->m[f->n_members - 1].ended = true;
    f->m[f->n_members - 1].whole = whole;
}

static inline bool findings_member_begin(void *ctx, const struct member *m)
{
    struct findings *f = ctx;
    findings_require(f->n_members == 0 || f->m[f->n_members - 1].ended);
    if (f->n_members == FOUND_MEMBERS_MAX)
        return false;
    struct found_member *v = &f->m[f->n_members++];
    *v = (struct found_member){ .member = *m };
    buf_init(&v->texts, 1u << 20);
    buf_init(&v->bytes, 64u << 20);
    /* In one block, so that it does not move. */
    findings_require(buf_room(&v->texts, m->name.n + m->type.n + m->head.n + m->url.n + 1));
    v->member.name = findings_keep(&v->texts, m->name);
    v->member.type = findings_keep(&v->texts, m->type);
    v->member.head = findings_keep(&v->texts, m->head);
    v->member.url = findings_keep(&v->texts, m->url);
    return true;
}

static inline bool findings_member_bytes(void *ctx, struct slice bytes)
{
    struct findings *f = ctx;
    findings_require(f->n_members);
    struct found_member *v = &f->m[f->n_members - 1];
    if (v->ended)
        return false;
    findings_require(buf_append(&v->bytes, bytes.p, bytes.n) == OPTOUT_OK);
    return true;
}

static inline void findings_member_missed(void *ctx)
{
    ((struct findings *)ctx)->missed++;
}

static inline void findings_member_forget(void *ctx)
{
    struct findings *f = ctx;
    findings_member_end(f, false);
    f->from = f->n_members;
    f->missed = 0;
}

static inline enum optout_rc findings_look_back(void *ctx, uint64_t offset, void *to, size_t n)
{
    struct findings *f = ctx;
    if (offset > f->fed || n > f->fed - offset)
        return OPTOUT_E_LIMIT;
    if (n)
        memcpy(to, f->body.p + offset, n);
    return OPTOUT_OK;
}

/* Feeds the body in pieces of `piece` bytes (0: all at once; SIZE_MAX: of changing sizes).
 * `declared` may be NULL. The result is to be freed by findings_free. */
static inline struct findings *findings_of(const struct format *format, struct slice body,
                                           size_t piece, const char *declared)
{
    struct findings *f = calloc(1, sizeof *f);
    findings_require(f);
    f->body = body;
    f->sink = (struct packet_sink){ findings_begin, findings_bytes, findings_end, findings_role,
                                    f };
    arena_init(&f->arena, FINDINGS_ARENA, NULL, 0);
    f->member_sink = (struct member_sink){ findings_member_begin, findings_member_bytes,
                                           findings_member_end, findings_member_missed,
                                           findings_member_forget, f };
    struct format_env env = { .arena = &f->arena, .out = &f->sink,
                              .members = format->contains ? &f->member_sink : NULL,
                              .content_type = slice_cstr(declared ? declared : ""),
                              .back = { findings_look_back, f },
                              .declared = slice_cstr(declared ? declared : ""),
                              .length = UINT64_MAX };
    void *state = format->open(&env);
    findings_require(state);
    enum optout_rc rc = OPTOUT_MORE;
    uint32_t random = 12345;
    while (rc == OPTOUT_MORE && f->fed < body.n) {
        random = random * 1664525u + 1013904223u;
        size_t n = piece == 0 ? body.n : piece == SIZE_MAX ? 1 + (random >> 20) : piece;
        if (n > body.n - f->fed)
            n = body.n - (size_t)f->fed;
        /* An exact copy, so that a sanitizer sees each byte read beyond the piece. */
        uint8_t *copy = malloc(n);
        findings_require(copy);
        memcpy(copy, body.p + f->fed, n);
        f->fed += n;
        rc = format->feed(state, slice_of(copy, n));
        free(copy);
    }
    f->done = rc == OPTOUT_DONE && f->fed < body.n;
    enum optout_rc end = format->end(state);
    f->rc = rc < 0 ? rc : end;
    f->memory = f->arena.used;
    findings_require(rc == OPTOUT_MORE || rc == OPTOUT_DONE || rc < 0);
    findings_require(end == OPTOUT_DONE || end < 0);
    findings_require(f->open == 0);
    findings_require(f->n_members == 0 || f->m[f->n_members - 1].ended ||
                     f->n_members == FOUND_MEMBERS_MAX);
    return f;
}

static inline void findings_free(struct findings *f)
{
    for (size_t i = 0; i < f->n; i++)
        buf_free(&f->v[i].bytes);
    for (size_t i = 0; i < f->n_members; i++) {
        buf_free(&f->m[i].texts);
        buf_free(&f->m[i].bytes);
    }
    arena_reset(&f->arena);
    free(f);
}

static inline bool findings_members_equal(const struct findings *a, const struct findings *b)
{
    if (a->n_members != b->n_members || a->from != b->from || !a->missed != !b->missed)
        return false;
    for (size_t i = 0; i < a->n_members; i++) {
        const struct found_member *x = &a->m[i], *y = &b->m[i];
        if (x->whole != y->whole || x->member.at != y->member.at ||
            x->member.root != y->member.root || x->member.status != y->member.status ||
            x->member.bodiless != y->member.bodiless ||
            x->member.in_place != y->member.in_place ||
            !slice_eq(buf_slice(&x->texts), buf_slice(&y->texts)) ||
            !slice_eq(buf_slice(&x->bytes), buf_slice(&y->bytes)))
            return false;
    }
    return true;
}

/* Packets, members, their ends and the result; not how far was fed. */
static inline bool findings_equal(const struct findings *a, const struct findings *b)
{
    if (a->n != b->n || a->rc != b->rc || !findings_members_equal(a, b))
        return false;
    for (size_t i = 0; i < a->n; i++) {
        const struct finding *x = &a->v[i], *y = &b->v[i];
        if (x->packet.kind != y->packet.kind || x->packet.role != y->packet.role ||
            x->packet.offset != y->packet.offset || x->end != y->end ||
            strcmp(x->where, y->where) != 0 || strcmp(x->field, y->field) != 0 ||
            !slice_eq(buf_slice(&x->bytes), buf_slice(&y->bytes)))
            return false;
    }
    return true;
}

/* The same whole, byte by byte, by sevens, by 4 KiB and in changing pieces. */
static inline bool findings_same_in_pieces(const struct format *format, struct slice body,
                                           const char *declared)
{
    static const size_t pieces[] = { 1, 7, 4096, SIZE_MAX };
    struct findings *whole = findings_of(format, body, 0, declared);
    bool same = true;
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces && same; i++) {
        struct findings *f = findings_of(format, body, pieces[i], declared);
        same = findings_equal(whole, f);
        findings_free(f);
    }
    findings_free(whole);
    return same;
}

/* The n-th packet of a kind, from 0; NULL when there are fewer. */
static inline const struct finding *findings_get(const struct findings *f, enum packet_kind kind,
                                                 size_t n)
{
    for (size_t i = 0; i < f->n; i++)
        if (f->v[i].packet.kind == kind && n-- == 0)
            return &f->v[i];
    return NULL;
}

/* The member of that name, which is to be there. */
static inline const struct found_member *findings_member(const struct findings *f,
                                                         const char *name)
{
    for (size_t i = f->from; i < f->n_members; i++)
        if (slice_eq(f->m[i].member.name, slice_cstr(name)))
            return &f->m[i];
    return NULL;
}

/* ---- bodies that are cut ---- */

/* Whether a packet of that kind with those bytes is in `f`, and whole. */
static inline bool findings_has_whole(const struct findings *f, const struct finding *v)
{
    for (size_t i = 0; i < f->n; i++)
        if (f->v[i].end == PACKET_WHOLE && f->v[i].packet.kind == v->packet.kind &&
            slice_eq(buf_slice(&f->v[i].bytes), buf_slice(&v->bytes)))
            return true;
    return false;
}

static inline bool findings_has_whole_member(const struct findings *f,
                                             const struct found_member *m)
{
    for (size_t i = 0; i < f->n_members; i++)
        if (f->m[i].whole && slice_eq(buf_slice(&f->m[i].texts), buf_slice(&m->texts)) &&
            slice_eq(buf_slice(&f->m[i].bytes), buf_slice(&m->bytes)))
            return true;
    return false;
}

/* What of the cut body says that it is whole is byte for byte of the uncut one; a packet or
 * member that the cut went through cannot be. */
static inline bool findings_cut_is_told(const struct findings *uncut, const struct findings *cut)
{
    for (size_t i = 0; i < cut->n; i++)
        if (cut->v[i].end == PACKET_WHOLE && !findings_has_whole(uncut, &cut->v[i])) {
            fprintf(stderr, "cut at %llu: packet %zu of %zu bytes says that it is whole\n",
                    (unsigned long long)cut->body.n, i, cut->v[i].bytes.n);
            return false;
        }
    for (size_t i = 0; i < cut->n_members; i++)
        if (cut->m[i].whole && !findings_has_whole_member(uncut, &cut->m[i])) {
            fprintf(stderr, "cut at %llu: member %zu of %zu bytes says that it is whole\n",
                    (unsigned long long)cut->body.n, i, cut->m[i].bytes.n);
            return false;
        }
    return true;
}

/* The body cut at every byte, fed at once and in small pieces. The uncut one has to have
 * something whole, or there would be nothing to tell apart. */
static inline bool findings_cuts_are_told(const struct format *format, struct slice body,
                                          const char *declared)
{
    struct findings *uncut = findings_of(format, body, 0, declared);
    bool some = false, told = true;
    for (size_t i = 0; i < uncut->n; i++)
        some = some || (uncut->v[i].end == PACKET_WHOLE && uncut->v[i].bytes.n > 1);
    for (size_t i = 0; i < uncut->n_members; i++)
        some = some || (uncut->m[i].whole && uncut->m[i].bytes.n > 1);
    for (size_t n = 0; n < body.n && told; n++) {
        struct findings *cut = findings_of(format, slice_sub(body, 0, n), n % 3 ? 0 : 5, declared);
        told = findings_cut_is_told(uncut, cut);
        findings_free(cut);
    }
    findings_free(uncut);
    return some && told;
}

/* ---- to build bodies ---- */

static inline void put_be(struct buf *b, uint64_t v, unsigned n)
{
    while (n--)
        findings_require(buf_putc(b, (char)(v >> (8 * n))) == OPTOUT_OK);
}

static inline void put_le(struct buf *b, uint64_t v, unsigned n)
{
    for (; n--; v >>= 8)
        findings_require(buf_putc(b, (char)v) == OPTOUT_OK);
}

static inline void put_text(struct buf *b, const char *s)
{
    findings_require(buf_puts(b, s) == OPTOUT_OK);
}

static inline void put_slice(struct buf *b, struct slice s)
{
    findings_require(buf_append(b, s.p, s.n) == OPTOUT_OK);
}

#endif
