/* SPDX-License-Identifier: Apache-2.0 */
/* zip_member.c - what is read of the members of a ZIP package: EPUB OCF 3.3 section 4.2, C2PA 2.3
 * section A.3.9, Adobe UCF 1.0 (META-INF/metadata.xml), document properties.
 *
 * Limits: see zip_internal.h; those of unpack.h. */
#include "metadata/opf.h"
#include "core/hex.h"
#include "formats/archive/zip_internal.h"

#define STORED 0
#define DEFLATED 8

#define FLAG_ENCRYPTED 1u

static const struct {
    struct slice name;
    enum zip_kind kind;
} names[] = {
    { SLICE("META-INF/container.xml"), ZIP_CONTAINER },
    { SLICE("META-INF/metadata.xml"), ZIP_XMP },
    { SLICE("META-INF/content_credential.c2pa"), ZIP_C2PA },
    { SLICE("docProps/core.xml"), ZIP_TEXTS },
    { SLICE("docProps/custom.xml"), ZIP_TEXTS },
    { SLICE("meta.xml"), ZIP_TEXTS },
};

static const struct {
    enum packet_kind packet;
    uint64_t max; /* of what is collected; of packets the sink knows */
    bool whole; /* collected, for it is read here */
} kinds[] = {
    [ZIP_CONTAINER] = { 0, ZIP_CONTAINER_MAX, true },
    [ZIP_OPF] = { PACKET_OPF, 0, false },
    [ZIP_XMP] = { PACKET_XMP, 0, false },
    [ZIP_C2PA] = { PACKET_C2PA, 0, false },
    [ZIP_TEXTS] = { 0, ZIP_TEXTS_MAX, true },
};

/* ---- names ---- */

static struct slice relative(struct slice s)
{
    for (;;) {
        if (s.n && (s.p[0] == '/' || s.p[0] == '\\'))
            s = slice_from(s, 1);
        else if (s.n > 1 && s.p[0] == '.' && (s.p[1] == '/' || s.p[1] == '\\'))
            s = slice_from(s, 2);
        else
            return s;
    }
}

static uint8_t next_character(struct slice *s)
{
    uint8_t c = s->p[0];
    size_t n = 1;
    if (c == '%' && s->n >= 3 && hex_value(s->p[1]) >= 0 && hex_value(s->p[2]) >= 0) {
        c = (uint8_t)(hex_value(s->p[1]) << 4 | hex_value(s->p[2]));
        n = 3;
    }
    *s = slice_from(*s, n);
    return c == '\\' ? '/' : ascii_lower(c);
}

/* As lenient readers compare: letters folded, '\' as '/', percent-encoding undone. */
bool zip_same_name(struct slice a, struct slice b)
{
    a = relative(a);
    b = relative(b);
    while (a.n && b.n)
        if (next_character(&a) != next_character(&b))
            return false;
    return a.n == b.n;
}

static bool is_rootfile(const struct zip *z, struct slice name)
{
    for (size_t i = 0; i < z->n_rootfile; i++)
        if (zip_same_name(z->rootfile[i], name))
            return true;
    return false;
}

enum zip_kind zip_kind_of(const struct zip *z, struct slice name)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (zip_same_name(names[i].name, name))
            return names[i].kind;
    if (name.n > 4 && slice_eq_nocase(slice_from(name, name.n - 4), SLICE_OF(".opf")))
        return ZIP_OPF;
    return is_rootfile(z, name) ? ZIP_OPF : ZIP_OTHER;
}

/* ---- a member ---- */

static void begin_packet(struct zip *z)
{
    struct zip_read *r = z->now;
    struct packet p = { .kind = kinds[z->kind].packet, .role = PACKET_MAIN, .offset = z->data,
                        .where = r->name };
    if (z->kind == ZIP_OPF && !is_rootfile(z, r->name)) {
        p.role = PACKET_PENDING;
        r->pending = true;
    }
    z->handle = z->env->out->begin(z->env->out->ctx, &p);
    r->handle = z->handle;
}

static enum optout_rc content(void *ctx, struct slice b)
{
    struct zip *z = ctx;
    if (z->kind == ZIP_MEMBER) {
        zip_archive_bytes(z, b);
        return OPTOUT_OK;
    }
    if (!kinds[z->kind].whole) { /* what nobody wants need not be unpacked */
        const struct packet_sink *out = z->env->out;
        return z->handle && out->bytes(out->ctx, z->handle, b) ? OPTOUT_OK : OPTOUT_E_LIMIT;
    }
    bool over = b.n > z->max - z->taken;
    b = slice_sub(b, 0, (size_t)(z->max - z->taken));
    if (b.n > z->whole_size - z->taken) {
        size_t size = z->whole_size ? z->whole_size : 16384;
        while (size - z->taken < b.n)
            size *= 2;
        uint8_t *p = arena_take(z->env->arena, size);
        if (!p)
            return OPTOUT_E_NOMEM;
        if (z->taken)
            memcpy(p, z->whole, (size_t)z->taken);
        z->whole = p;
        z->whole_size = size;
    }
    if (b.n)
        memcpy(z->whole + z->taken, b.p, b.n);
    z->taken += b.n;
    return over ? OPTOUT_E_LIMIT : OPTOUT_OK;
}

bool zip_member_unpack(struct zip *z)
{
    z->unpack = unpack_open(UNPACK_DEFLATE, UINT64_MAX, content, z);
    return z->unpack;
}

bool zip_member_begin(struct zip *z, enum zip_kind kind)
{
    const struct zip_head *h = &z->head;
    z->reading = z->sated = false;
    if (kind == ZIP_OTHER)
        return false;
    if (kind == ZIP_MEMBER) {
        z->kind = kind;
        return z->reading = zip_archive_begin(z);
    }
    if (z->count[kind]++ >= ZIP_WANTED_MAX) {
        zip_note(z, OPTOUT_E_LIMIT);
        return false;
    }
    struct slice name = arena_copy(z->env->arena, slice_of(h->name, h->name_kept), ZIP_NAME_MAX);
    if (!name.p) {
        zip_note(z, OPTOUT_E_NOMEM);
        return false;
    }
    z->now = &z->read[z->n_read++];
    *z->now = (struct zip_read){ .offset = h->at, .kind = kind, .name = name };
    z->kind = kind;
    z->taken = 0;
    z->handle = 0;
    z->max = kinds[kind].max;
    bool encrypted = h->flags & FLAG_ENCRYPTED;
    if (encrypted || (h->method != STORED && h->method != DEFLATED)) {
        zip_note(z, encrypted ? OPTOUT_E_UNSUP : OPTOUT_E_LIMIT);
        return false;
    }
    if (h->method == DEFLATED && !zip_member_unpack(z)) {
        zip_note(z, OPTOUT_E_NOMEM);
        return false;
    }
    if (!kinds[kind].whole)
        begin_packet(z);
    z->reading = true;
    return true;
}

static void member_finish(struct zip *z, enum packet_end how)
{
    unpack_close(z->unpack);
    z->unpack = NULL;
    z->reading = false;
    if (z->kind == ZIP_MEMBER) {
        zip_archive_finish(z, how);
        return;
    }
    z->member_whole = how == PACKET_WHOLE;
    if (how == PACKET_LIMIT)
        zip_note(z, OPTOUT_E_LIMIT);
    else if (how != PACKET_WHOLE)
        zip_note(z, OPTOUT_E_SYNTAX);
    struct slice document = slice_of(z->whole, (size_t)z->taken);
    if (z->handle)
        z->env->out->end(z->env->out->ctx, z->handle, how);
    else if (how == PACKET_WHOLE && z->kind == ZIP_CONTAINER)
        zip_read_container(z, document);
    else if (how == PACKET_WHOLE && z->kind == ZIP_TEXTS)
        zip_read_texts(z, document);
}

static enum packet_end end_of(enum optout_rc rc)
{
    return rc == OPTOUT_E_LIMIT || rc == OPTOUT_E_NOMEM ? PACKET_LIMIT : PACKET_CORRUPT;
}

bool zip_member_bytes(struct zip *z, struct slice bytes, size_t *used)
{
    *used = bytes.n;
    if (!z->reading)
        return false;
    if (z->unpack) {
        enum optout_rc rc = unpack_feed(z->unpack, bytes, used);
        if (rc == OPTOUT_MORE && !(z->sated && z->state == ZIP_DATA))
            return true;
        if (rc == OPTOUT_MORE) /* its length is known: the rest need not be unpacked */
            rc = OPTOUT_DONE;
        member_finish(z, rc == OPTOUT_DONE ? PACKET_WHOLE : end_of(rc));
        return false;
    }
    enum optout_rc rc = content(z, bytes);
    if (rc == OPTOUT_OK && !(z->sated && z->state == ZIP_DATA))
        return true;
    member_finish(z, rc == OPTOUT_OK ? PACKET_WHOLE : PACKET_LIMIT);
    return false;
}

void zip_member_end(struct zip *z, bool whole)
{
    if (z->reading) /* deflated data that has not come to its end is broken */
        member_finish(z, !whole ? PACKET_CUT : z->unpack ? PACKET_CORRUPT : PACKET_WHOLE);
}

/* A package document is the book's when container.xml names it. When that names none that is
 * there, or is not there itself, nobody knows which counts. */
void zip_settle_roles(struct zip *z)
{
    bool named = false;
    for (size_t i = 0; i < z->n_read; i++)
        named |= z->read[i].kind == ZIP_OPF && is_rootfile(z, z->read[i].name);
    for (size_t i = 0; i < z->n_read; i++) {
        struct zip_read *r = &z->read[i];
        if (!r->pending)
            continue;
        r->pending = false;
        enum packet_role role = is_rootfile(z, r->name) ? PACKET_MAIN
                                : named                 ? PACKET_COMPONENT
                                                        : PACKET_SALVAGED;
        if (r->handle)
            z->env->out->role(z->env->out->ctx, r->handle, role);
    }
}
