/* SPDX-License-Identifier: Apache-2.0 */
/* looks.c - C2PA 2.4 section 11.1 (type and label of a store), ISO 16684-1 section 7.3. */
#include "formats/looks.h"

#include "core/bytes.h"

/* By the type or by the label; of the type the name decides, for writers differ in the rest. */
bool looks_like_store_content(struct slice d)
{
    if (d.n < 12 || memcmp(d.p + 4, "jumd", 4) != 0)
        return false;
    return memcmp(d.p + 8, "c2pa", 4) == 0 ||
           (d.n >= 30 && (d.p[24] & 2) && memcmp(d.p + 25, "c2pa", 5) == 0);
}

bool looks_like_store(struct slice box)
{
    return box.n >= 8 && memcmp(box.p + 4, "jumb", 4) == 0 &&
           looks_like_store_content(slice_from(box, be32(box.p) == 1 ? 16 : 8));
}

static bool has(struct slice s, const char *what)
{
    return slice_find_nocase(s, slice_cstr(what)) < s.n;
}

bool looks_like_xmp(struct slice head)
{
    /* UTF-16 and UTF-32 packets: every second byte, or three of four, is 0. */
    uint8_t flat[4096];
    size_t n = 0;
    for (size_t i = 0; i < head.n && n < sizeof flat; i++)
        if (head.p[i])
            flat[n++] = head.p[i];
    struct slice s = slice_of(flat, n);
    return has(s, "<?xpacket") || has(s, ":RDF") || has(s, "<RDF") || has(s, "xmpmeta") ||
           has(s, "xapmeta");
}

/* A name that a packet's elements have, complete, with any prefix or none. */
static bool begins_packet(struct slice name)
{
    static const struct slice locals[] = { SLICE("xmpmeta"), SLICE("xapmeta"), SLICE("RDF") };
    if (slice_starts_nocase(name, SLICE_OF("?xpacket"))) {
        /* Not while it may still become the end of one. */
        struct slice rest = slice_sub(name, 8, sizeof " end" - 1);
        return !slice_starts_nocase(SLICE_OF(" end"), rest);
    }
    size_t colon = 0;
    while (colon < name.n && (ascii_is_alnum(name.p[colon]) || name.p[colon] == '_'))
        colon++;
    struct slice local = colon < name.n && name.p[colon] == ':' ? slice_from(name, colon + 1)
                                                                : name;
    for (size_t k = 0; k < sizeof locals / sizeof *locals; k++)
        if (local.n > locals[k].n && slice_starts_nocase(local, locals[k]) &&
            !ascii_is_alnum(local.p[locals[k].n]))
            return true;
    return false;
}

size_t looks_xmp_at(struct slice s, size_t from)
{
    while (from < s.n) {
        from += slice_find(slice_from(s, from), '<');
        if (from < s.n && begins_packet(slice_sub(s, from + 1, LOOKS_XMP_NAME)))
            return from;
        from++;
    }
    return s.n;
}
