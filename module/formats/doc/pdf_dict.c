/* SPDX-License-Identifier: Apache-2.0 */
/* pdf_dict.c - what counts of the objects of a PDF, token by token: ISO 32000-2 sections
 * 7.3.7 (dictionaries), 7.3.8 (streams), 7.6 (encryption), 7.7.2 (catalog), 7.11 (file
 * specifications), 14.3.2 (metadata streams); C2PA 2.4 annex on PDF.
 *
 * Limits: PDF_DEPTH_MAX, PDF_AF_MAX. A dictionary may be of any size: nothing is kept of
 * it but this. */
#include "formats/doc/pdf_internal.h"

enum key {
    KEY_NONE,
    KEY_OTHER,
    KEY_TYPE,
    KEY_SUBTYPE,
    KEY_LENGTH,
    KEY_FILTER,
    KEY_PARMS,
    KEY_PREDICTOR,
    KEY_COLORS,
    KEY_BITS,
    KEY_COLUMNS,
    KEY_EARLY_CHANGE,
    KEY_NAME,
    KEY_METADATA,
    KEY_N,
    KEY_FIRST,
    KEY_RELATIONSHIP,
    KEY_EF,
    KEY_FILE,
    KEY_AF,
    KEY_ENCRYPT,
    KEY_CLEAR,
    KEY_ROOT,
    KEY_PAGES,
    KEY_LINEARIZED,
    KEY_L,
};

static const struct {
    struct slice name;
    enum key key;
} keys[] = {
    { SLICE("Type"), KEY_TYPE },
    { SLICE("Subtype"), KEY_SUBTYPE },
    { SLICE("Length"), KEY_LENGTH },
    { SLICE("Filter"), KEY_FILTER },
    { SLICE("DecodeParms"), KEY_PARMS },
    { SLICE("DP"), KEY_PARMS },
    { SLICE("Predictor"), KEY_PREDICTOR },
    { SLICE("Colors"), KEY_COLORS },
    { SLICE("BitsPerComponent"), KEY_BITS },
    { SLICE("Columns"), KEY_COLUMNS },
    { SLICE("EarlyChange"), KEY_EARLY_CHANGE },
    { SLICE("Name"), KEY_NAME },
    { SLICE("Metadata"), KEY_METADATA },
    { SLICE("N"), KEY_N },
    { SLICE("First"), KEY_FIRST },
    { SLICE("AFRelationship"), KEY_RELATIONSHIP },
    { SLICE("EF"), KEY_EF },
    { SLICE("F"), KEY_FILE },
    { SLICE("UF"), KEY_FILE },
    { SLICE("AF"), KEY_AF },
    { SLICE("Encrypt"), KEY_ENCRYPT },
    { SLICE("EncryptMetadata"), KEY_CLEAR },
    { SLICE("Root"), KEY_ROOT },
    { SLICE("Pages"), KEY_PAGES },
    { SLICE("Linearized"), KEY_LINEARIZED },
    { SLICE("L"), KEY_L },
};

static const struct {
    struct slice name;
    enum pdf_type type;
} types[] = {
    { SLICE("Catalog"), PDF_CATALOG },
    { SLICE("Metadata"), PDF_METADATA },
    { SLICE("ObjStm"), PDF_OBJSTM },
    { SLICE("XRef"), PDF_XREF },
    { SLICE("EmbeddedFile"), PDF_EMBEDDED },
};

static const struct {
    struct slice name;
    enum pdf_subtype subtype;
} subtypes[] = {
    { SLICE("XML"), PDF_XML },
    { SLICE("application/c2pa"), PDF_C2PA },
    { SLICE("application/x-c2pa-manifest-store"), PDF_C2PA },
};

#define COUNT(table) (sizeof(table) / sizeof *(table))

void pdf_dict_begin(struct pdf_dict *d, struct pdf_doc *doc, uint32_t num, uint32_t gen)
{
    d->doc = doc;
    d->object = (struct pdf_object){ .num = num, .gen = gen };
    d->depth = 0;
    d->complete = d->broken = false;
    d->numbers = 0;
}

static struct pdf_frame *frame(struct pdf_dict *d)
{
    return d->depth && d->depth <= PDF_DEPTH_MAX ? &d->frames[d->depth - 1] : NULL;
}

/* A value of the object's own dictionary, or in an array that is such a value. */
static bool is_top(const struct pdf_dict *d)
{
    return d->depth == 1 || (d->depth == 2 && !d->frames[1].dict);
}

static enum key value_key(const struct pdf_frame *f)
{
    return (enum key)(f->dict ? f->key : f->owner);
}

/* ---- filters ---- */

/* What the dictionary says when it is one of DecodeParms: that of a stream, a member of their
 * array, or an object that may be either. NULL: it is not. */
static struct pdf_parms *parms_of(struct pdf_dict *d, const struct pdf_frame *f)
{
    const struct pdf_frame *outer = d->depth > 1 ? &d->frames[d->depth - 2] : NULL;
    size_t i = outer && !outer->dict ? outer->at - 1u : 0;
    bool direct = d->depth == 2 && (!outer->dict || f->owner == KEY_PARMS);
    bool member = d->depth == 3 && !outer->dict && f->owner == KEY_PARMS;
    bool is = f->dict && (d->depth == 1 || direct || member);
    return is && i < PDF_FILTERS_MAX ? &d->object.filters.parms[i] : NULL;
}

static void add_filter(struct pdf_object *o, enum pdf_filter_kind kind, uint32_t ref)
{
    struct pdf_filters *f = &o->filters;
    if (f->n == PDF_FILTERS_MAX)
        f->too_many = true;
    else
        f->v[f->n++] = (struct pdf_filter){ .kind = (uint8_t)kind, .ref = ref };
}

/* A number that a filter's parameter is; those that could not be one are none that is known. */
static void parameter(struct pdf_parms *p, enum key key, uint64_t v)
{
    uint32_t n = v < UINT32_MAX ? (uint32_t)v : UINT32_MAX;
    switch (key) {
    case KEY_PREDICTOR: p->predictor = n; break;
    case KEY_COLORS: p->colors = n; break;
    case KEY_BITS: p->bits = n; break;
    case KEY_COLUMNS: p->columns = n; break;
    case KEY_EARLY_CHANGE: p->late_change = n == 0; break;
    default: break;
    }
}

static bool is_parameter(enum key key)
{
    return key >= KEY_PREDICTOR && key <= KEY_EARLY_CHANGE;
}

/* Filters or their parameters are another object. */
static void filter_ref(struct pdf_dict *d, struct pdf_frame *f, enum key key, uint32_t num)
{
    struct pdf_parms *p = parms_of(d, f);
    if (p && is_parameter(key))
        p->ref = num;
    if (!is_top(d))
        return;
    size_t i = f->dict || f->at == 0 ? 0 : f->at - 1u;
    if (key == KEY_FILTER)
        add_filter(&d->object, PDF_FILTER_REF, num);
    else if (key == KEY_PARMS && i < PDF_FILTERS_MAX)
        d->object.filters.parms[i].ref = num;
}

/* ---- values ---- */

static void name_value(struct pdf_dict *d, struct pdf_frame *f, struct slice name)
{
    struct pdf_object *o = &d->object;
    enum key key = value_key(f);
    struct pdf_parms *p = parms_of(d, f);
    if (key == KEY_RELATIONSHIP && f->dict)
        f->c2pa = slice_eq(name, SLICE_OF("C2PA_Manifest"));
    if (key == KEY_NAME && p)
        p->not_identity = !slice_eq(name, SLICE_OF("Identity"));
    if (d->depth == 1 && !f->dict) /* an object that is an array of filters */
        add_filter(o, pdf_filter_of(name), 0);
    if (!is_top(d))
        return;
    if (key == KEY_TYPE && f->dict) {
        o->type = PDF_TYPE_OTHER;
        for (size_t i = 0; i < COUNT(types); i++)
            if (slice_eq(name, types[i].name))
                o->type = types[i].type;
    } else if (key == KEY_SUBTYPE && f->dict) {
        o->subtype = PDF_SUBTYPE_OTHER;
        for (size_t i = 0; i < COUNT(subtypes); i++)
            if (slice_eq_nocase(name, subtypes[i].name))
                o->subtype = subtypes[i].subtype;
    } else if (key == KEY_FILTER) {
        add_filter(o, pdf_filter_of(name), 0);
    }
}

static void number_value(struct pdf_dict *d, struct pdf_frame *f)
{
    struct pdf_object *o = &d->object;
    uint64_t v = d->number[0];
    struct pdf_parms *p = parms_of(d, f);
    if (p)
        parameter(p, (enum key)f->key, v);
    if (d->depth != 1)
        return;
    switch ((enum key)f->key) {
    case KEY_LENGTH:
        o->length = v;
        o->has_length = true;
        break;
    case KEY_N:
        o->n = v;
        break;
    case KEY_FIRST:
        o->first = v;
        break;
    case KEY_L:
        o->file_length = v;
        break;
    default:
        break;
    }
}

static void ref_value(struct pdf_dict *d, struct pdf_frame *f)
{
    struct pdf_object *o = &d->object;
    if (d->number[0] > UINT32_MAX)
        return;
    uint32_t num = (uint32_t)d->number[0];
    enum key key = value_key(f);
    if (f->owner == KEY_EF && key == KEY_FILE && d->depth > 1 && f->dict)
        d->frames[d->depth - 2].file = num;
    if (key == KEY_METADATA && f->dict) {
        if (d->depth == 1)
            o->metadata = num;
        else
            pdf_doc_component(d->doc, num);
    }
    filter_ref(d, f, key, num);
    if (!is_top(d))
        return;
    if (key == KEY_ROOT)
        o->root = num;
    else if (key == KEY_ENCRYPT)
        o->encrypt = num;
    else if (key == KEY_LENGTH)
        o->has_length = false;
    else if (key == KEY_AF && o->n_af < PDF_AF_MAX)
        o->af[o->n_af++] = num;
}

static void keyword(struct pdf_dict *d, struct pdf_frame *f, struct slice word)
{
    bool ref = slice_eq(word, SLICE_OF("R"));
    if (!f->dict && f->at < UINT8_MAX && (ref || slice_eq(word, SLICE_OF("null"))))
        f->at++;
    if (ref) {
        if (d->numbers >= 2)
            ref_value(d, f);
    } else if (f->dict && f->key == KEY_CLEAR && (d->depth == 1 || f->owner == KEY_ENCRYPT)) {
        d->object.metadata_told = true;
        d->object.metadata_clear = slice_eq(word, SLICE_OF("false"));
    }
    if (f->dict)
        f->key = KEY_NONE;
}

static void name(struct pdf_dict *d, struct pdf_frame *f, struct slice text)
{
    if (f->dict && f->key != KEY_NONE && d->numbers == 0) {
        name_value(d, f, text);
        f->key = KEY_NONE;
        return;
    }
    if (!f->dict) {
        name_value(d, f, text);
        return;
    }
    if (f->key != KEY_NONE)
        number_value(d, f);
    f->key = KEY_OTHER;
    for (size_t i = 0; i < COUNT(keys); i++)
        if (slice_eq(text, keys[i].name))
            f->key = (uint8_t)keys[i].key;
    if (d->depth == 1 && f->key == KEY_FILTER && d->object.filters.n)
        d->object.filters.too_many = true; /* said twice */
    if (d->depth == 1 && f->key == KEY_PAGES)
        d->object.pages = true;
    if (d->depth == 1 && f->key == KEY_LINEARIZED)
        d->object.linearized = true;
}

static void open_frame(struct pdf_dict *d, bool dict)
{
    struct pdf_frame *f = frame(d);
    uint8_t owner = f ? (uint8_t)value_key(f) : KEY_NONE;
    if (f && !f->dict && f->at < UINT8_MAX)
        f->at++;
    if (d->depth == 0)
        d->object.is_dict = dict;
    if (d->depth == 1 && dict && owner == KEY_ENCRYPT)
        d->object.encrypt_direct = true;
    d->depth++;
    d->numbers = 0;
    struct pdf_frame *inner = frame(d);
    if (inner)
        *inner = (struct pdf_frame){ .dict = dict, .owner = owner };
}

static void close_frame(struct pdf_dict *d, bool dict)
{
    struct pdf_frame *f = frame(d);
    if (d->depth == 0) {
        d->broken = true;
        return;
    }
    if (f && f->dict != dict)
        d->broken = true;
    if (f && f->dict && f->key != KEY_NONE && d->numbers)
        number_value(d, f);
    if (f && f->c2pa && f->file)
        pdf_doc_file(d->doc, d->depth == 1 ? d->object.num : 0,
                     f->owner == KEY_AF ? d->object.num : 0, f->file);
    d->depth--;
    d->numbers = 0;
    struct pdf_frame *outer = frame(d);
    if (outer && outer->dict)
        outer->key = KEY_NONE;
    d->complete = d->depth == 0;
}

void pdf_dict_token(struct pdf_dict *d, enum pdf_token token, const struct pdf_lex *l)
{
    if (d->complete)
        return;
    bool opens = token == PDF_DICT_OPEN || token == PDF_ARRAY_OPEN;
    if (opens || token == PDF_DICT_CLOSE || token == PDF_ARRAY_CLOSE) {
        if (opens)
            open_frame(d, token == PDF_DICT_OPEN);
        else
            close_frame(d, token == PDF_DICT_CLOSE);
        return;
    }
    struct pdf_frame *f = frame(d);
    if (d->depth == 0 && token == PDF_NAME) /* an object that is a name: a filter's */
        add_filter(&d->object, pdf_filter_of(pdf_lex_text(l)), 0);
    if (!f)
        return;
    if (token == PDF_NUMBER) {
        /* The last two: the others of an array are no reference. */
        if (d->numbers == 2) {
            d->number[0] = d->number[1];
            d->numbers = 1;
        }
        d->number[d->numbers++] = l->integer ? l->number : UINT64_MAX;
        return;
    }
    if (token == PDF_NAME)
        name(d, f, pdf_lex_text(l));
    else if (token == PDF_KEYWORD)
        keyword(d, f, pdf_lex_text(l));
    else if (f->dict)
        f->key = KEY_NONE;
    d->numbers = 0;
}
