/* SPDX-License-Identifier: Apache-2.0 */
/* zip_directory.c - APPNOTE 6.3.10 sections 4.3.12 to 4.3.16: the central directory, which is
 * what readers go by, against the members that were met. What it names and was not read is
 * read by look-back.
 *
 * Limits: ZIP_LISTED_MAX; look-backs of PIECE bytes. */
#include "formats/archive/zip_internal.h"

#define PIECE 4096

struct directory {
    uint64_t from, to; /* in the body */
    uint64_t base;     /* of offsets: length of what stands in front of the archive */
};

/* False: its fields contradict each other. */
static bool find_directory(const struct zip *z, struct directory *d)
{
    uint64_t n = le32(z->end + 12), at = le32(z->end + 16);
    d->to = z->end_at;
    bool wide = n == UINT32_MAX || at == UINT32_MAX || le16(z->end + 10) == UINT16_MAX;
    if (wide && z->end64_seen && z->end64_at < z->end_at) {
        n = le64(z->end64 + 40);
        at = le64(z->end64 + 48);
        d->to = z->end64_at;
    }
    if (n > d->to || at > d->to - n)
        return false;
    d->from = d->to - n;
    d->base = d->from - at;
    return true;
}

/* Walks bytes that went by once more. */
static bool walk_back(struct zip *z, uint64_t from, uint64_t to)
{
    uint8_t piece[PIECE];
    z->pos = from;
    z->state = ZIP_SIGNATURE;
    z->fixed_n = z->back_n = 0;
    enum optout_rc rc = OPTOUT_OK;
    while (from < to && rc == OPTOUT_OK) {
        size_t n = to - from < PIECE ? (size_t)(to - from) : PIECE;
        const struct lookback *back = &z->env->back;
        rc = back->read ? back->read(back->ctx, from, piece, n) : OPTOUT_E_LIMIT;
        if (rc == OPTOUT_OK)
            zip_walk(z, slice_of(piece, n));
        from += n;
    }
    zip_member_end(z, false); /* one that stands where the directory was said to be */
    if (rc != OPTOUT_OK)
        zip_note(z, OPTOUT_E_LIMIT);
    return rc == OPTOUT_OK;
}

static bool was_read(const struct zip *z, uint64_t offset, struct slice name)
{
    for (size_t i = 0; i < z->n_read; i++)
        if (z->read[i].offset == offset && zip_same_name(z->read[i].name, name))
            return true;
    return false;
}

/* The local header at `offset` tells where the data is; the rest is as the directory says. */
static void read_member(struct zip *z, const struct zip_listed *l, uint64_t offset, uint64_t end)
{
    uint8_t h[ZIP_LOCAL_HEAD];
    const struct lookback *back = &z->env->back;
    if (offset > end || end - offset < sizeof h) {
        zip_note(z, OPTOUT_E_SYNTAX);
        return;
    }
    if (!back->read || back->read(back->ctx, offset, h, sizeof h) != OPTOUT_OK) {
        zip_note(z, OPTOUT_E_LIMIT);
        return;
    }
    uint64_t data = offset + sizeof h + le16(h + 26) + le16(h + 28);
    if (le32(h) != 0x04034B50u || data > end || l->packed > end - data) {
        zip_note(z, OPTOUT_E_SYNTAX);
        return;
    }
    z->head = (struct zip_head){ .at = offset, .flags = l->flags, .method = l->method,
                                 .packed = l->packed, .name_kept = (unsigned)l->name.n };
    memcpy(z->head.name, l->name.p, l->name.n);
    z->data = data;
    if (!zip_member_begin(z, zip_kind_of(z, l->name)))
        return;
    uint8_t piece[PIECE];
    bool more = true;
    for (uint64_t done = 0; more && done < l->packed;) {
        size_t n = l->packed - done < PIECE ? (size_t)(l->packed - done) : PIECE, used;
        if (back->read(back->ctx, data + done, piece, n) != OPTOUT_OK) {
            zip_note(z, OPTOUT_E_LIMIT);
            zip_member_end(z, false);
            return;
        }
        more = zip_member_bytes(z, slice_of(piece, n), &used);
        done += n;
    }
    zip_member_end(z, true);
}

static void read_missing(struct zip *z, const struct directory *d)
{
    for (size_t i = 0; i < z->n_listed; i++) {
        const struct zip_listed *l = &z->listed[i];
        uint64_t offset = d->base + l->offset;
        /* Some that were put behind a program count from its beginning. */
        if (was_read(z, offset, l->name) || was_read(z, l->offset, l->name))
            continue;
        read_member(z, l, offset, d->from);
    }
}

static bool rootfile_missing(const struct zip *z)
{
    for (size_t i = 0; i < z->n_rootfile; i++) {
        bool found = false;
        for (size_t k = 0; k < z->n_read; k++)
            found |= zip_same_name(z->read[k].name, z->rootfile[i]);
        if (!found)
            return true;
    }
    return false;
}

void zip_check_directory(struct zip *z)
{
    struct directory d;
    if (!z->end_seen || z->end_at + ZIP_END_HEAD + le16(z->end + 20) > z->pos ||
        !find_directory(z, &d)) {
        zip_note(z, OPTOUT_E_SYNTAX);
        return;
    }
    bool met = z->central_from == d.from && z->central_to == d.to;
    if (!met || d.from == d.to) {
        z->n_listed = 0;
        z->central_to = 0;
        if (!walk_back(z, d.from, d.to))
            return;
    }
    read_missing(z, &d);
    if (!rootfile_missing(z))
        return;
    /* Named by a container.xml that came after them, with names that nobody expected. */
    z->n_listed = 0;
    z->central_to = 0;
    if (d.from < d.to && walk_back(z, d.from, d.to))
        read_missing(z, &d);
    if (rootfile_missing(z))
        zip_note(z, OPTOUT_E_SYNTAX);
}
