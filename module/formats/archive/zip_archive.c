/* SPDX-License-Identifier: Apache-2.0 */
/* zip_archive.c - ZIP archives that are no document of their own: each member is handed on as
 * the file it is.
 *
 * Documents are told by what their specifications ask for: the member "mimetype" in front (EPUB
 * OCF 3.3 section 4.3, ODF 1.3 part 2 section 3.3, IDML), META-INF/container.xml, or
 * [Content_Types].xml (ECMA-376 part 2 section 7.2.3). That may be known only after members
 * were handed on; then they are forgotten.
 *
 * Limits: ZIP_MET_BLOCKS, ZIP_TYPE_MAX, ZIP_DENSE_MAX; those of unpack.h. What is over one is
 * missed. */
#include "formats/archive/zip_internal.h"

#define STORED 0
#define DEFLATED 8
#define FLAG_ENCRYPTED 1u

static struct slice name_of(const struct zip *z)
{
    return slice_of(z->head.name, z->head.name_kept);
}

/* ---- documents ---- */

static void is_document(struct zip *z)
{
    const struct member_sink *s = z->env->members;
    z->document = true;
    if (s)
        s->forget(s->ctx);
}

static void look_for_package(struct zip *z)
{
    if (zip_same_name(name_of(z), SLICE_OF("[Content_Types].xml")))
        is_document(z);
}

static void judge_type(struct zip *z)
{
    static const struct slice types[] = {
        SLICE("application/epub+zip"), SLICE("application/vnd.oasis.opendocument."),
        SLICE("application/vnd.sun.xml."), SLICE("application/vnd.adobe."),
    };
    struct slice type = slice_trim_space(slice_of(z->type, z->n_type));
    for (size_t i = 0; i < sizeof types / sizeof *types && !z->document; i++)
        if (slice_starts_nocase(type, types[i])) {
            is_document(z);
            z->book = i == 0;
        }
}

/* ---- what was met ---- */

static uint64_t met(const struct zip *z, size_t i)
{
    return z->met[i / ZIP_MET_BLOCK][i % ZIP_MET_BLOCK];
}

static void remember(struct zip *z, uint64_t offset)
{
    size_t block = z->n_met / ZIP_MET_BLOCK;
    if (z->n_met && offset <= met(z, z->n_met - 1))
        return;
    if (block < ZIP_MET_BLOCKS && !z->met[block])
        z->met[block] = arena_array(z->env->arena, ZIP_MET_BLOCK, sizeof **z->met);
    if (block == ZIP_MET_BLOCKS || !z->met[block]) {
        z->met_lost = true;
        return;
    }
    z->met[block][z->n_met % ZIP_MET_BLOCK] = offset;
    z->n_met++;
}

static bool was_met(const struct zip *z, uint64_t offset)
{
    size_t from = 0, to = z->n_met;
    while (from < to) {
        size_t i = from + (to - from) / 2;
        if (met(z, i) == offset)
            return true;
        if (met(z, i) < offset)
            from = i + 1;
        else
            to = i;
    }
    return false;
}

/* Folders, and files without a byte. */
static bool is_empty(const struct zip *z)
{
    const struct zip_head *h = &z->head;
    struct slice name = name_of(z);
    return h->packed == 0 && (h->size == 0 || (name.n && name.p[name.n - 1] == '/'));
}

void zip_archive_listed(struct zip *z)
{
    uint64_t at = z->head.local;
    if (z->document || !z->env->members || is_empty(z))
        return;
    /* What stands in front of the archive is counted, or not. */
    if (!was_met(z, at) && !(z->n_met && was_met(z, at + met(z, 0))))
        z->missing++;
}

/* ---- members ---- */

enum zip_kind zip_archive_local(struct zip *z, enum zip_kind kind)
{
    bool first = z->n_met == 0;
    z->is_type = false;
    if (z->document || !z->env->members)
        return kind;
    remember(z, z->head.at);
    look_for_package(z);
    bool known_length = !(z->head.flags & 8u);
    if (z->document || kind != ZIP_OTHER || (known_length && is_empty(z)))
        return kind;
    z->is_type = first && zip_same_name(name_of(z), SLICE_OF("mimetype"));
    z->n_type = 0;
    return ZIP_MEMBER;
}

bool zip_archive_begin(struct zip *z)
{
    const struct zip_head *h = &z->head;
    z->member_whole = false;
    if ((h->flags & FLAG_ENCRYPTED) || (h->method != STORED && h->method != DEFLATED)) {
        member_missed(z->env->members);
        return false;
    }
    struct member m = { .name = name_of(z), .at = z->data, .in_place = h->method == STORED };
    if (!member_begin(z->env->members, &m) && !z->is_type)
        return false;
    if (h->method == DEFLATED && !zip_member_unpack(z)) {
        member_end(z->env->members, false);
        member_missed(z->env->members);
        return false;
    }
    if (z->unpack && z->unpacked < ZIP_DENSE_MAX)
        unpack_ratio_from(z->unpack, ZIP_DENSE_MAX - z->unpacked);
    return true;
}

void zip_archive_bytes(struct zip *z, struct slice bytes)
{
    if (z->is_type) {
        size_t room = ZIP_TYPE_MAX - z->n_type, n = bytes.n < room ? bytes.n : room;
        if (n)
            memcpy(z->type + z->n_type, bytes.p, n);
        z->n_type += n;
    }
    z->unpacked += bytes.n;
    z->sated = z->sated || !member_bytes(z->env->members, bytes);
}

void zip_archive_finish(struct zip *z, enum packet_end how)
{
    z->member_whole = how == PACKET_WHOLE;
    if (how == PACKET_LIMIT && !z->sated)
        member_missed(z->env->members);
    else if (how != PACKET_WHOLE && !z->sated)
        z->member_broken = true;
    member_end(z->env->members, how == PACKET_WHOLE || z->sated);
    if (z->is_type)
        judge_type(z);
    z->is_type = false;
}

void zip_archive_end(struct zip *z)
{
    if (!z->document && z->n_rootfile) /* an EPUB whose container.xml tells so */
        is_document(z);
    if (z->book && !z->container) /* it only says that it is one */
        member_missed(z->env->members);
    if (z->document)
        return;
    if (z->missing || z->met_lost)
        member_missed(z->env->members);
    if (z->member_broken)
        zip_note(z, OPTOUT_E_SYNTAX);
}
