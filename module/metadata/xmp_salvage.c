/* SPDX-License-Identifier: Apache-2.0 */
/* xmp_salvage.c - a literal search in what no XML parser reads.
 *
 * PLUS LDF 2.0.1 (codes of DataMining), TDM Reservation Protocol 2024-05-10. What is found
 * has the role PACKET_SALVAGED: it may deny, never allow.
 *
 * Limits: NEAR bytes from the name to its value, CODE_MAX, FOUND_MAX. */
#include "metadata/xmp_internal.h"

#define NEAR 512
#define CODE_MAX 64
#define FOUND_MAX 16

struct search {
    struct property property;
    property_visit *visit;
    void *ctx;
    unsigned found;
};

static bool at(struct slice s, size_t i, struct slice what)
{
    return s.n - i >= what.n && memcmp(s.p + i, what.p, what.n) == 0;
}

static void deliver(struct search *f, const char *ns, struct slice name, struct slice value)
{
    f->property.ns = slice_cstr(ns);
    f->property.name = name;
    f->property.value = value;
    if (f->found++ < FOUND_MAX)
        f->visit(f->ctx, &f->property);
}

/* The code that follows the name, and where to go on. */
static size_t plus_code(struct search *f, struct slice s, size_t from)
{
    static const struct slice name = SLICE("DataMining"), code = SLICE("DMI-");
    size_t end = s.n - from < NEAR ? s.n : from + NEAR;
    for (size_t i = from + name.n; i < end; i++) {
        if (at(s, i, name))
            return i; /* nearer to what follows */
        if (!at(s, i, code))
            continue;
        size_t n = code.n;
        while (i + n < s.n && n < CODE_MAX && (ascii_is_alnum(s.p[i + n]) || s.p[i + n] == '-'))
            n++;
        deliver(f, XMP_PLUS, name, slice_sub(s, i, n));
        return i + n;
    }
    return from + name.n;
}

static size_t skip_space(struct slice s, size_t i)
{
    while (i < s.n && ascii_is_space(s.p[i]))
        i++;
    return i;
}

/* "tdm:reservation" and then ="1", or >1<. */
static size_t reservation(struct search *f, struct slice s, size_t from)
{
    static const struct slice name = SLICE("tdm:reservation");
    size_t i = skip_space(s, from + name.n);
    bool attribute = i < s.n && s.p[i] == '=';
    if (i >= s.n || (!attribute && s.p[i] != '>'))
        return from + name.n;
    i = skip_space(s, i + 1);
    if (attribute && i < s.n && (s.p[i] == '"' || s.p[i] == '\''))
        i = skip_space(s, i + 1);
    if (i >= s.n || s.p[i] != '1')
        return i;
    size_t after = skip_space(s, i + 1);
    if (after >= s.n || s.p[after] == '<' || s.p[after] == '"' || s.p[after] == '\'')
        deliver(f, XMP_TDM, SLICE_OF("reservation"), slice_sub(s, i, 1));
    return after;
}

void xmp_salvage(struct slice s, const struct property *base, property_visit *visit, void *ctx)
{
    static const struct slice comment = SLICE("<!--"), end = SLICE("-->");
    struct search f = { *base, visit, ctx, 0 };
    if (base->role == PACKET_MAIN)
        f.property.role = PACKET_SALVAGED;
    for (size_t i = 0; i < s.n;) {
        if (s.p[i] == '<' && at(s, i, comment)) {
            while (i < s.n && !at(s, i, end))
                i++;
        } else if (s.p[i] == 'D' && at(s, i, SLICE_OF("DataMining"))) {
            i = plus_code(&f, s, i);
        } else if (s.p[i] == 't' && at(s, i, SLICE_OF("tdm:reservation"))) {
            i = reservation(&f, s, i);
        } else {
            i++;
        }
    }
}
