/* SPDX-License-Identifier: Apache-2.0 */
/* pdf_objstm.c - object streams: ISO 32000-2 section 7.5.7. Read as they are unpacked;
 * the catalog and file specifications may be in them, streams never are.
 *
 * Limits: PDF_OBJSTM_OBJECTS_MAX. */
#include "formats/doc/pdf_internal.h"

struct pdf_objstm *pdf_objstm_new(struct pdf_doc *doc)
{
    struct pdf_objstm *s = arena_alloc(doc->env->arena, sizeof *s);
    if (!s)
        return NULL;
    s->doc = doc;
    s->pairs = arena_take(doc->env->arena, 2 * PDF_OBJSTM_OBJECTS_MAX * sizeof *s->pairs);
    return s->pairs ? s : NULL;
}

void pdf_objstm_begin(struct pdf_objstm *s, const struct pdf_object *o)
{
    s->lex = (struct pdf_lex){ .loose = false };
    s->n = o->n;
    s->first = o->first;
    s->at = 0;
    s->n_pairs = s->next = 0;
    s->open = false;
    s->bad = o->n > PDF_OBJSTM_OBJECTS_MAX;
    if (s->bad)
        s->doc->objstm_limit = true;
}

static void header_token(struct pdf_objstm *s, enum pdf_token token)
{
    if (token == PDF_NONE || s->n_pairs == 2 * s->n)
        return;
    size_t i = s->n_pairs;
    bool fits = token == PDF_NUMBER && s->lex.integer && s->lex.number <= UINT32_MAX;
    if (!fits || (i % 2 && i > 1 && s->lex.number < s->pairs[i - 2])) {
        s->bad = true;
        return;
    }
    s->pairs[s->n_pairs++] = (uint32_t)s->lex.number;
}

static void read(struct pdf_objstm *s, struct slice bytes)
{
    while (bytes.n && !s->bad) {
        enum pdf_token token;
        bytes = slice_from(bytes, pdf_lex_feed(&s->lex, bytes, &token));
        if (s->next == 0)
            header_token(s, token);
        else if (token == PDF_BAD)
            s->bad = true;
        else if (token != PDF_NONE)
            pdf_dict_token(&s->dict, token, &s->lex);
    }
}

/* What is being read ends here: the table of numbers, or an object. */
static void objstm_finish(struct pdf_objstm *s)
{
    read(s, SLICE_OF(" "));
    if (s->open && !s->bad) {
        if (s->dict.depth || s->dict.broken)
            s->bad = true;
        pdf_doc_object(s->doc, &s->dict.object, false);
        pdf_doc_value(s->doc, &s->dict.object);
    }
    s->open = false;
    s->lex = (struct pdf_lex){ .loose = false };
}

static void begin_next(struct pdf_objstm *s)
{
    uint32_t num = s->pairs[2 * s->next];
    s->next++;
    s->open = true;
    pdf_doc_define(s->doc, num);
    pdf_dict_begin(&s->dict, s->doc, num, 0);
}

/* Where the next object begins; UINT64_MAX: there is none. */
static uint64_t border(const struct pdf_objstm *s)
{
    if (s->next == 0 && s->at < s->first)
        return s->first;
    if (2 * s->next >= s->n_pairs)
        return UINT64_MAX;
    return s->first + s->pairs[2 * s->next + 1];
}

void pdf_objstm_feed(struct pdf_objstm *s, struct slice bytes)
{
    while (bytes.n && !s->bad) {
        if (s->at == border(s) || (s->next == 0 && s->at == s->first)) {
            objstm_finish(s);
            if (s->bad || s->n_pairs != 2 * s->n) {
                s->bad = true;
                return;
            }
            if (s->n == 0)
                return;
            if (s->at == border(s)) {
                begin_next(s);
                continue;
            }
        }
        uint64_t room = border(s) - s->at;
        struct slice piece = slice_sub(bytes, 0, room < bytes.n ? (size_t)room : bytes.n);
        if (s->next == 0 && s->at >= s->first)
            s->at += piece.n; /* between the table and the first object */
        else {
            read(s, piece);
            s->at += piece.n;
        }
        bytes = slice_from(bytes, piece.n);
    }
}

bool pdf_objstm_end(struct pdf_objstm *s)
{
    if (!s->bad)
        objstm_finish(s);
    return !s->bad && s->n_pairs == 2 * s->n && s->next == s->n;
}
