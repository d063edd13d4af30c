/* SPDX-License-Identifier: Apache-2.0 */
/* pdf_dict.c - what counts of the objects of a PDF, token by token: ISO 32000-2 sections
 * 7.3.7 (dictionaries), 7.3.8 (streams), 7.6 (encryption), 7.7.2 (catalog), 7.11 (file
 * specifications), 14.3.2 (metadata streams); C2PA 2.4 annex on PDF.
 *
 * Limits: PDF_DEPTH_MAX, PDF_AF_MAX. A dictionary may be of any size: nothing is kept of
 * it but this. */
#include "formats/pdf_internal.h"

enum key {
    KEY_NONE,
    KEY_OTHER,
    KEY_TYPE,
    KEY_SUBTYPE,
    KEY_LENGTH,
    KEY_FILTER,
    KEY_PARMS,
    KEY_PREDICTOR,
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

static void name_value(struct pdf_dict *d, struct pdf_frame *f, struct slice name)
{
    struct pdf_object *o = &d->object;
    enum key key = value_key(f);
    if (key == KEY_RELATIONSHIP && f->dict)
        f->c2pa = slice_eq(name, SLICE_OF("C2PA_Manifest"));
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
    } else if (key == KEY_FILTER && !slice_eq(name, SLICE_OF("Crypt"))) {
        bool flate = slice_eq(name, SLICE_OF("FlateDecode")) || slice_eq(name, SLICE_OF("Fl"));
        o->filter = flate && o->filter == PDF_PLAIN ? PDF_FLATE : PDF_FILTER_OTHER;
    }
}

static void number_value(struct pdf_dict *d, struct pdf_frame *f)
{
    struct pdf_object *o = &d->object;
    uint64_t v = d->number[0];
    if (f->key == KEY_PREDICTOR && f->owner == KEY_PARMS && v > 1)
        o->predictor = true;
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
    if (!is_top(d))
        return;
    if (key == KEY_ROOT)
        o->root = num;
    else if (key == KEY_ENCRYPT)
        o->encrypt = num;
    else if (key == KEY_LENGTH)
        o->has_length = false;
    else if (key == KEY_FILTER)
        o->filter = PDF_FILTER_OTHER;
    else if (key == KEY_AF && o->n_af < PDF_AF_MAX)
        o->af[o->n_af++] = num;
}

static void keyword(struct pdf_dict *d, struct pdf_frame *f, struct slice word)
{
    if (slice_eq(word, SLICE_OF("R"))) {
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
    if (d->depth == 1 && f->key == KEY_PAGES)
        d->object.pages = true;
    if (d->depth == 1 && f->key == KEY_LINEARIZED)
        d->object.linearized = true;
}

static void open_frame(struct pdf_dict *d, bool dict)
{
    const struct pdf_frame *f = frame(d);
    uint8_t owner = f ? (uint8_t)value_key(f) : KEY_NONE;
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
