/* SPDX-License-Identifier: Apache-2.0 */
/* pdf_doc.c - which of the packets of a PDF is the document's own: ISO 32000-2 sections
 * 7.5.5 (trailer), 7.5.6 (incremental updates), 7.6 (encryption), 14.3.2 (metadata);
 * C2PA 2.4 annex on PDF.
 *
 * The last definition of an object counts. The governing metadata stream is the one that
 * the catalog names, the catalog is the object that the last trailer names; what a trailer
 * or catalog says is known only at the end, so all roles are told there.
 *
 * Limits: PDF_STREAMS_MAX, PDF_PACKETS_MAX, PDF_CATALOGS_MAX, PDF_COMPONENTS_MAX,
 * PDF_FILES_MAX, PDF_ENCRYPTIONS_MAX, PDF_VALUES_MAX. */
#include "formats/doc/pdf_internal.h"

#define PACKETS_ALL 200  /* until so many are read, all are */
#define PACKETS_ROOT 250 /* from here on only what a catalog names */

bool pdf_doc_open(struct pdf_doc *d, const struct format_env *env)
{
    d->env = env;
    d->entries = arena_array(env->arena, PDF_STREAMS_MAX, sizeof *d->entries);
    d->components = arena_array(env->arena, PDF_COMPONENTS_MAX, sizeof *d->components);
    return d->entries && d->components;
}

static uint64_t *defined_word(struct pdf_doc *d, uint32_t num, uint64_t *bit)
{
    *bit = (uint64_t)1 << (num & 63);
    return &d->defined[num >> 6 & 63];
}

void pdf_doc_define(struct pdf_doc *d, uint32_t num)
{
    uint64_t bit;
    for (size_t i = 0; i < d->n_values; i++)
        if (d->values[i].num == num)
            d->values[i].num = 0;
    if (!(*defined_word(d, num, &bit) & bit))
        return;
    for (size_t i = 0; i < d->n; i++)
        if (d->entries[i].num == num)
            d->entries[i].stale = true;
}

/* The slot of `num`, or the free one where it would be. */
static uint32_t *component_slot(const struct pdf_doc *d, uint32_t num)
{
    size_t i = (num * 2654435761u) % PDF_COMPONENTS_MAX;
    while (d->components[i] && d->components[i] != num)
        i = (i + 1) % PDF_COMPONENTS_MAX;
    return &d->components[i];
}

void pdf_doc_component(struct pdf_doc *d, uint32_t num)
{
    if (num == 0 || d->n_components >= PDF_COMPONENTS_MAX / 4 * 3)
        return;
    uint32_t *slot = component_slot(d, num);
    d->n_components += *slot == 0;
    *slot = num;
}

static bool is_component(const struct pdf_doc *d, uint32_t num)
{
    return num && *component_slot(d, num) == num;
}

void pdf_doc_file(struct pdf_doc *d, uint32_t spec, uint32_t inside, uint32_t file)
{
    if (d->n_files == PDF_FILES_MAX) {
        d->limit = true;
        return;
    }
    d->files[d->n_files].spec = spec;
    d->files[d->n_files].inside = inside;
    d->files[d->n_files++].file = file;
}

static void put_catalog(struct pdf_doc *d, const struct pdf_object *o)
{
    size_t at = 0;
    while (at < d->n_catalogs && d->catalogs[at].num != o->num)
        at++;
    if (at == PDF_CATALOGS_MAX)
        for (size_t i = at = 0; i < d->n_catalogs; i++)
            if (d->catalogs[i].order < d->catalogs[at].order)
                at = i;
    if (at == d->n_catalogs)
        d->n_catalogs++;
    d->catalogs[at].num = o->num;
    d->catalogs[at].metadata = o->metadata;
    memcpy(d->catalogs[at].af, o->af, sizeof o->af);
    d->catalogs[at].n_af = o->n_af;
    d->catalogs[at].order = ++d->order;
}

static void put_encryption(struct pdf_doc *d, const struct pdf_object *o)
{
    size_t at = 0;
    while (at < d->n_encryptions && d->encryptions[at].num != o->num)
        at++;
    if (at == PDF_ENCRYPTIONS_MAX)
        return;
    if (at == d->n_encryptions)
        d->n_encryptions++;
    d->encryptions[at].num = o->num;
    d->encryptions[at].clear = o->metadata_clear;
}

void pdf_doc_object(struct pdf_doc *d, const struct pdf_object *o, bool trailer)
{
    if (!o->is_dict)
        return;
    if (trailer || o->type == PDF_XREF) {
        if (o->root)
            d->root = o->root;
        if (o->encrypt || o->encrypt_direct) {
            d->encrypted = true;
            d->encrypt = o->encrypt;
            d->direct_clear = o->metadata_told && o->metadata_clear;
        }
        return;
    }
    if (o->linearized)
        d->file_length = o->file_length;
    if (o->metadata_told)
        put_encryption(d, o);
    if (o->type == PDF_CATALOG || (o->type == PDF_TYPE_NONE && o->pages))
        put_catalog(d, o);
    else
        pdf_doc_component(d, o->metadata);
}

/* ---- filters that are objects ---- */

/* Names and numbers that nothing but filters has. */
static bool is_about_filters(const struct pdf_filters *f)
{
    bool parameters = false;
    for (size_t i = 0; i < f->n; i++)
        if (f->v[i].kind >= PDF_FILTER_REF)
            return false;
    for (size_t i = 0; i < PDF_FILTERS_MAX; i++) {
        const struct pdf_parms *p = &f->parms[i];
        parameters = parameters || p->predictor || p->columns || p->late_change;
    }
    return f->n || parameters;
}

void pdf_doc_value(struct pdf_doc *d, const struct pdf_object *o)
{
    if (o->num == 0 || !is_about_filters(&o->filters))
        return;
    size_t at = 0;
    while (at < d->n_values && d->values[at].num)
        at++;
    if (at == PDF_VALUES_MAX)
        return; /* the streams that name it are not read */
    if (at == d->n_values)
        d->n_values++;
    d->values[at].num = o->num;
    d->values[at].filters = o->filters;
}

static const struct pdf_filters *value_of(const struct pdf_doc *d, uint32_t num)
{
    for (size_t i = 0; i < d->n_values; i++)
        if (num && d->values[i].num == num)
            return &d->values[i].filters;
    return NULL;
}

void pdf_doc_resolve(const struct pdf_doc *d, struct pdf_filters *f)
{
    struct pdf_filters out = { .too_many = f->too_many };
    const struct pdf_filters *all = value_of(d, f->parms[0].ref);
    memcpy(out.parms, f->parms, sizeof out.parms);
    for (size_t i = 0; i < PDF_FILTERS_MAX; i++) {
        const struct pdf_filters *v = value_of(d, f->parms[i].ref);
        if (v)
            out.parms[i] = v->parms[0];
        else if (all && i > 0)
            out.parms[i] = all->parms[i]; /* the object is the array of them */
    }
    for (size_t i = 0; i < f->n; i++) {
        const struct pdf_filters *v =
            f->v[i].kind == PDF_FILTER_REF ? value_of(d, f->v[i].ref) : NULL;
        size_t n = v && v->n ? v->n : 1;
        for (size_t k = 0; k < n; k++) {
            if (out.n == PDF_FILTERS_MAX)
                out.too_many = true;
            else
                out.v[out.n++] = v && v->n ? v->v[k] : f->v[i];
        }
        out.too_many = out.too_many || (v && v->too_many);
    }
    *f = out;
}

/* ---- packets ---- */

bool pdf_doc_names(const struct pdf_doc *d, uint32_t num)
{
    for (size_t i = 0; i < d->n_catalogs; i++)
        if (num && d->catalogs[i].metadata == num)
            return true;
    return false;
}

struct pdf_entry *pdf_doc_stream(struct pdf_doc *d, const struct pdf_object *o,
                                 enum packet_kind kind)
{
    if (d->n == PDF_STREAMS_MAX) {
        d->lost = true;
        return NULL;
    }
    uint64_t bit;
    *defined_word(d, o->num, &bit) |= bit;
    struct pdf_entry *e = &d->entries[d->n++];
    *e = (struct pdf_entry){ .num = o->num, .kind = (uint8_t)kind };
    if (d->begun >= PDF_PACKETS_MAX)
        e->skipped = true;
    else if (kind == PACKET_XMP && d->begun >= PACKETS_ALL && !pdf_doc_names(d, o->num))
        e->skipped = d->begun >= PACKETS_ROOT || is_component(d, o->num);
    return e;
}

void pdf_doc_begin(struct pdf_doc *d, struct pdf_entry *e, const struct pdf_object *o,
                   uint64_t offset)
{
    if (e->skipped)
        return;
    struct packet p = { .kind = (enum packet_kind)e->kind,
                        .role = PACKET_PENDING,
                        .offset = offset,
                        .where = format_where(d->env->arena, "object %u %u", o->num, o->gen) };
    d->begun++;
    e->handle = d->env->out->begin(d->env->out->ctx, &p);
}

static void tell(const struct pdf_doc *d, const struct pdf_entry *e, enum packet_role role)
{
    if (e->handle)
        d->env->out->role(d->env->out->ctx, e->handle, role);
}

/* ---- at the end ---- */

/* Index of the catalog in force, or n_catalogs. */
static size_t the_catalog(const struct pdf_doc *d)
{
    size_t last = d->n_catalogs;
    for (size_t i = 0; i < d->n_catalogs; i++) {
        if (d->root && d->catalogs[i].num == d->root)
            return i;
        if (last == d->n_catalogs || d->catalogs[i].order > d->catalogs[last].order)
            last = i;
    }
    return d->root ? d->n_catalogs : last;
}

static bool metadata_is_clear(const struct pdf_doc *d)
{
    if (!d->encrypted || d->direct_clear)
        return true;
    for (size_t i = 0; i < d->n_encryptions; i++)
        if (d->encrypt && d->encryptions[i].num == d->encrypt)
            return d->encryptions[i].clear;
    return false;
}

/* The last metadata stream of object `num`; 0: of any that nothing but a catalog names. */
static struct pdf_entry *last_metadata(const struct pdf_doc *d, uint32_t num, size_t *found)
{
    struct pdf_entry *last = NULL;
    *found = 0;
    for (size_t i = 0; i < d->n; i++) {
        struct pdf_entry *e = &d->entries[i];
        if (e->kind != PACKET_XMP || e->stale)
            continue;
        if (num ? e->num == num : !is_component(d, e->num)) {
            last = e;
            ++*found;
        }
    }
    return last;
}

static enum optout_rc readable(const struct pdf_entry *e)
{
    if (e->skipped)
        return OPTOUT_E_LIMIT;
    if (e->unsupported)
        return OPTOUT_E_LIMIT;
    return e->unreadable ? OPTOUT_E_SYNTAX : OPTOUT_DONE;
}

/* Which metadata stream governs, in what role, and whether that is for certain. */
static enum optout_rc choose(const struct pdf_doc *d, struct pdf_entry **main,
                             enum packet_role *role)
{
    size_t catalog = the_catalog(d), found;
    bool known = catalog < d->n_catalogs, clear = metadata_is_clear(d);
    uint32_t named = known ? d->catalogs[catalog].metadata : 0;
    *main = NULL;
    *role = clear ? PACKET_MAIN : PACKET_SALVAGED;
    if (known && named == 0)
        return OPTOUT_DONE;
    *main = last_metadata(d, named, &found);
    if (named && *main && (*main)->clear) {
        clear = true;
        *role = PACKET_MAIN;
    }
    if (named && *main)
        return clear ? readable(*main) : OPTOUT_E_UNSUP;
    if (named) {
        *main = last_metadata(d, 0, &found);
        *role = PACKET_SALVAGED;
        return d->lost ? OPTOUT_E_LIMIT : OPTOUT_E_SYNTAX;
    }
    /* The catalog was not seen: it is encrypted in an object stream, or the file broken. */
    if (d->encrypted && found == 0 && !d->lost)
        return OPTOUT_DONE;
    if (d->encrypted && clear && found == 1)
        return readable(*main);
    *role = PACKET_SALVAGED;
    return d->encrypted ? OPTOUT_E_UNSUP : OPTOUT_E_SYNTAX;
}

static enum optout_rc settle_metadata(struct pdf_doc *d)
{
    struct pdf_entry *main;
    enum packet_role role;
    enum optout_rc rc = choose(d, &main, &role);
    for (size_t i = 0; i < d->n; i++) {
        const struct pdf_entry *e = &d->entries[i];
        if (e->kind != PACKET_XMP)
            continue;
        bool component = is_component(d, e->num) && !pdf_doc_names(d, e->num);
        tell(d, e, e == main ? role : component ? PACKET_COMPONENT : PACKET_STALE);
        /* That it is not the document's own is not known of one that nothing names. */
        if (e->skipped && !component)
            d->limit = true;
    }
    return rc;
}

/* Of the manifest stores: 2: the catalog's own, 1: a file specification says so, 0: by its
 * bytes only. */
static int store_rank(const struct pdf_doc *d, const struct pdf_entry *e)
{
    size_t catalog = the_catalog(d);
    int rank = 0;
    for (size_t i = 0; i < d->n_files; i++) {
        if (d->files[i].file != e->num)
            continue;
        rank = rank ? rank : 1;
        if (catalog == d->n_catalogs)
            continue;
        if (d->files[i].inside && d->files[i].inside == d->catalogs[catalog].num)
            return 2;
        for (size_t k = 0; d->files[i].spec && k < d->catalogs[catalog].n_af; k++)
            if (d->catalogs[catalog].af[k] == d->files[i].spec)
                return 2;
    }
    return rank;
}

/* The last of the highest rank is the active store. */
static enum optout_rc settle_stores(const struct pdf_doc *d)
{
    const struct pdf_entry *main = NULL;
    int best = -1;
    for (size_t i = 0; i < d->n; i++) {
        const struct pdf_entry *e = &d->entries[i];
        int rank = e->kind == PACKET_C2PA && !e->stale ? store_rank(d, e) : -1;
        if (rank >= 0 && rank >= best) {
            best = rank;
            main = e;
        }
    }
    for (size_t i = 0; i < d->n; i++) {
        const struct pdf_entry *e = &d->entries[i];
        if (e->kind == PACKET_C2PA)
            tell(d, e, e == main ? PACKET_MAIN
                       : store_rank(d, e) || best == 0 ? PACKET_STALE : PACKET_COMPONENT);
    }
    enum optout_rc rc = main ? readable(main) : OPTOUT_DONE;
    for (size_t i = 0; i < d->n_files && rc == OPTOUT_DONE; i++) {
        bool there = false;
        for (size_t k = 0; k < d->n && !there; k++)
            there = d->entries[k].kind == PACKET_C2PA && d->entries[k].num == d->files[i].file;
        if (!there)
            rc = d->lost        ? OPTOUT_E_LIMIT
                 : d->encrypted ? OPTOUT_E_UNSUP
                                : OPTOUT_E_SYNTAX;
    }
    return rc;
}

enum optout_rc pdf_doc_settle(struct pdf_doc *d, bool whole)
{
    enum optout_rc metadata = settle_metadata(d);
    enum optout_rc stores = settle_stores(d);
    bool objects = !d->encrypted; /* else they could not be read anyway */
    if (d->no_memory)
        return OPTOUT_E_NOMEM;
    if (d->limit || (objects && d->objstm_limit))
        return OPTOUT_E_LIMIT;
    if (!whole || d->broken || d->root == 0)
        return OPTOUT_E_SYNTAX;
    if (objects && d->objstm_unsupported)
        return OPTOUT_E_LIMIT;
    if (metadata != OPTOUT_DONE)
        return metadata;
    if (stores != OPTOUT_DONE)
        return stores;
    return objects && d->objstm_broken ? OPTOUT_E_SYNTAX : OPTOUT_DONE;
}
