/* SPDX-License-Identifier: Apache-2.0 */
/* zip_texts.c - the small XML parts of ZIP packages: META-INF/container.xml (EPUB OCF 3.3 section
 * 4.2.6.3.1), docProps/core.xml and custom.xml (ECMA-376 part 2 section 8, part 1 section
 * 22.3), meta.xml (ODF 1.3 part 3 section 4.3).
 *
 * Limits: ZIP_ROOTFILES_MAX, ZIP_PROPERTY_TEXTS, PACKET_TEXT_MAX, those of syntax/xml_sax.h. */
#include "syntax/xml_sax.h"
#include "formats/parts/rights_name.h"
#include "formats/archive/zip_internal.h"

static enum optout_rc nothing(void *ctx, unsigned depth)
{
    (void)ctx;
    (void)depth;
    return OPTOUT_OK;
}

static enum optout_rc no_text(void *ctx, unsigned depth, struct slice text)
{
    (void)text;
    return nothing(ctx, depth);
}

static enum optout_rc rootfile(void *ctx, const struct xml_element *e)
{
    struct zip *z = ctx;
    struct slice path = slice_trim_space(xml_attr(e, "full-path"));
    struct slice type = slice_trim_space(xml_attr(e, "media-type"));
    if (!slice_eq_nocase(e->name, SLICE_OF("rootfile")) || path.n == 0)
        return OPTOUT_OK;
    /* Renditions may be of other kinds: a PDF, say. */
    if (type.n && !slice_eq_nocase(type, SLICE_OF("application/oebps-package+xml")))
        return OPTOUT_OK;
    if (z->n_rootfile == ZIP_ROOTFILES_MAX)
        return OPTOUT_E_LIMIT;
    struct slice copy = arena_copy(z->env->arena, path, ZIP_NAME_MAX);
    if (!copy.p)
        return OPTOUT_E_NOMEM;
    z->rootfile[z->n_rootfile++] = copy;
    return OPTOUT_OK;
}

void zip_read_container(struct zip *z, struct slice document)
{
    const struct xml_events events = { rootfile, no_text, nothing, z };
    enum optout_rc rc = xml_sax_parse(document, z->env->arena, &events);
    z->container = true;
    if (rc < 0)
        zip_note(z, rc);
}

/* ---- document properties ---- */

struct texts {
    struct zip *z;
    unsigned depth; /* of the property whose text is collected; 0: none */
    struct slice field;
    uint8_t *text;
    size_t n;
    bool cut;
    unsigned count;
};

static enum optout_rc property_open(void *ctx, const struct xml_element *e)
{
    struct texts *t = ctx;
    if (t->depth)
        return OPTOUT_OK;
    struct slice name = SLICE_EMPTY;
    for (size_t i = 0; i < e->n_attr; i++)
        if (slice_eq(e->attr[i].name, SLICE_OF("name")))
            name = e->attr[i].value;
    if (slice_eq(e->name, SLICE_OF("rights")))
        name = e->name;
    if (name.n == 0 || !rights_name(name))
        return OPTOUT_OK;
    t->field = arena_copy(t->z->env->arena, name, PACKET_WHERE_MAX);
    if (!t->text)
        t->text = arena_take(t->z->env->arena, PACKET_TEXT_MAX);
    if (!t->field.p || !t->text)
        return OPTOUT_E_NOMEM;
    t->depth = e->depth;
    t->n = 0;
    t->cut = false;
    return OPTOUT_OK;
}

static enum optout_rc property_text(void *ctx, unsigned depth, struct slice text)
{
    struct texts *t = ctx;
    (void)depth;
    if (!t->depth)
        return OPTOUT_OK;
    size_t room = PACKET_TEXT_MAX - t->n;
    size_t n = text.n < room ? text.n : room;
    if (n)
        memcpy(t->text + t->n, text.p, n);
    t->n += n;
    t->cut |= n < text.n;
    return OPTOUT_OK;
}

static enum optout_rc property_close(void *ctx, unsigned depth)
{
    struct texts *t = ctx;
    if (!t->depth || depth != t->depth)
        return OPTOUT_OK;
    t->depth = 0;
    struct slice text = slice_trim_space(slice_of(t->text, t->n));
    if (text.n == 0)
        return OPTOUT_OK;
    if (t->count++ == ZIP_PROPERTY_TEXTS)
        return OPTOUT_E_LIMIT;
    struct packet p = { .kind = PACKET_TEXT, .role = PACKET_MAIN, .offset = t->z->data,
                        .where = t->z->now->name, .field = t->field };
    (void)packet_put(t->z->env->out, &p, text, t->cut ? PACKET_LIMIT : PACKET_WHOLE);
    return OPTOUT_OK;
}

void zip_read_texts(struct zip *z, struct slice document)
{
    struct texts t = { .z = z };
    const struct xml_events events = { property_open, property_text, property_close, &t };
    enum optout_rc rc = xml_sax_parse(document, z->env->arena, &events);
    if (rc < 0)
        zip_note(z, rc);
}
