/* SPDX-License-Identifier: Apache-2.0 */
/* pdf_body.c - the bytes of a stream: ISO 32000-2 section 7.3.8 (where it ends).
 *
 * /Length is believed while "endstream" follows it. A stream that is read is searched for
 * "endstream" all along; within its length only "endstream" and "endobj" together end it,
 * for its text may hold the word.
 *
 * Limits: PACKET_XMP_MAX, PACKET_C2PA_MAX, PDF_OBJSTM_MAX, PDF_OBJSTM_FREE, PDF_WORK_FREE,
 * PDF_WORK. */
#include "formats/doc/pdf_internal.h"

#include "formats/looks.h"

#define LENGTH_MAX ((uint64_t)1 << 40)

static const char end_word[] = "endstreamendobj"; /* "endobj" follows after white space */
#define END_STREAM 9
#define END_OBJECT 15

/* ---- what is in it ---- */

/* XML in any encoding: white space, a byte order mark and zero bytes, then '<', if not
 * beyond what is looked at. */
static bool is_xml(struct slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        if (c == '<')
            return true;
        if (!pdf_is_white(c) && c != 0xef && c != 0xbb && c != 0xbf && c != 0xfe && c != 0xff)
            return false;
    }
    return true;
}

static void close_decode(struct pdf_body *b)
{
    if (b->decode)
        b->doc->worked += pdf_decode_worked(b->decode);
    pdf_decode_close(b->decode);
    b->decode = NULL;
}

/* Nothing more of it is wanted. */
static void body_finish(struct pdf_body *b, enum packet_end how)
{
    if (b->open && b->entry->handle)
        b->doc->env->out->end(b->doc->env->out->ctx, b->entry->handle, how);
    if (b->entry && !b->open && how != PACKET_WHOLE)
        b->entry->unreadable = true;
    if (b->want == PDF_OBJECTS) {
        bool fine = pdf_objstm_end(b->objects) && how == PACKET_WHOLE;
        if (how == PACKET_LIMIT)
            b->doc->objstm_limit = true;
        else if (!fine)
            b->doc->objstm_broken = true;
    }
    b->open = false;
    b->want = PDF_SKIP;
}

static void body_put(struct pdf_body *b, struct slice s)
{
    const struct packet_sink *out = b->doc->env->out;
    if (b->entry->handle && s.n && !out->bytes(out->ctx, b->entry->handle, s))
        body_finish(b, PACKET_LIMIT);
}

/* Begins the packet that the first bytes are of, if they are. */
static void tell_head(struct pdf_body *b)
{
    struct slice head = slice_of(b->head, b->n_head);
    b->told = true;
    if (b->want == PDF_PEEK) {
        bool untyped = b->object.type == PDF_TYPE_NONE &&
                       b->object.subtype == PDF_SUBTYPE_NONE;
        bool xmp = untyped && head.n && looks_xmp_at(head, 0) == 0;
        b->want = looks_like_store(head) ? PDF_STORE : xmp ? PDF_XMP : PDF_SKIP;
        if (b->want == PDF_SKIP)
            return;
    }
    if (!b->entry)
        b->entry = pdf_doc_stream(b->doc, &b->object,
                                  b->want == PDF_STORE ? PACKET_C2PA : PACKET_XMP);
    if (!b->entry || (b->want == PDF_XMP && !is_xml(head))) {
        if (b->entry && head.n)
            b->entry->unreadable = true;
        b->want = PDF_SKIP;
        return;
    }
    pdf_doc_begin(b->doc, b->entry, &b->object, b->from);
    b->open = true;
    if (b->entry->handle)
        body_put(b, head);
    else
        body_finish(b, PACKET_LIMIT); /* nobody wants it: it need not be decoded */
}

static enum optout_rc decoded(void *ctx, struct slice s)
{
    struct pdf_body *b = ctx;
    if (b->want == PDF_OBJECTS) {
        pdf_objstm_feed(b->objects, s);
        b->doc->unpacked += s.n;
        return OPTOUT_OK;
    }
    if (!b->told) {
        size_t need = PDF_HEAD - b->n_head;
        struct slice some = slice_sub(s, 0, need);
        memcpy(b->head + b->n_head, some.p, some.n);
        b->n_head += some.n;
        s = slice_from(s, some.n);
        if (b->n_head < PDF_HEAD)
            return OPTOUT_OK;
        tell_head(b);
    }
    if (b->want != PDF_SKIP && s.n)
        body_put(b, s);
    return b->want == PDF_SKIP ? OPTOUT_E_UNSUP : OPTOUT_OK; /* the rest is not decoded */
}

/* The filters have come to their end. */
static void decode_ended(struct pdf_body *b, enum optout_rc rc)
{
    if (b->want != PDF_SKIP && !b->told && b->n_head && b->want != PDF_OBJECTS)
        tell_head(b);
    b->doc->no_memory = b->doc->no_memory || rc == OPTOUT_E_NOMEM;
    if (b->want != PDF_SKIP)
        body_finish(b, rc == OPTOUT_DONE      ? PACKET_WHOLE
                       : rc == OPTOUT_E_LIMIT ? PACKET_LIMIT
                                              : PACKET_CORRUPT);
    close_decode(b);
}

static void decode_block(struct pdf_body *b)
{
    enum optout_rc rc = pdf_decode_feed(b->decode, slice_of(b->block, b->n_block));
    b->n_block = 0;
    if (rc != OPTOUT_MORE)
        decode_ended(b, rc);
}

/* Bytes of the stream, without what ends it. */
static void data(struct pdf_body *b, struct slice s)
{
    if (b->want == PDF_SKIP)
        return;
    if (b->object.filters.n == 0 && s.n)
        (void)decoded(b, s);
    while (b->decode && s.n) {
        struct slice some = slice_sub(s, 0, PDF_BLOCK - b->n_block);
        memcpy(b->block + b->n_block, some.p, some.n);
        b->n_block += some.n;
        s = slice_from(s, some.n);
        if (b->n_block == PDF_BLOCK)
            decode_block(b);
    }
}

static void at_end(struct pdf_body *b, bool whole)
{
    if (b->decode && b->n_block)
        decode_block(b);
    enum optout_rc rc = b->decode ? pdf_decode_end(b->decode) : OPTOUT_DONE;
    b->doc->no_memory = b->doc->no_memory || rc == OPTOUT_E_NOMEM;
    if (b->want != PDF_SKIP && !b->told && b->n_head && b->want != PDF_OBJECTS)
        tell_head(b);
    if (b->want != PDF_SKIP && b->want != PDF_PEEK)
        body_finish(b, rc == OPTOUT_E_LIMIT ? PACKET_LIMIT
                       : !whole || rc != OPTOUT_DONE ? PACKET_CUT
                                                     : PACKET_WHOLE);
    b->want = PDF_SKIP;
    close_decode(b);
}

/* ---- what to do with it ---- */

static enum pdf_want wanted(struct pdf_doc *d, const struct pdf_object *o)
{
    bool readable = pdf_filters_are_read(&o->filters);
    if (o->type == PDF_OBJSTM) {
        if (readable)
            return PDF_OBJECTS;
        d->objstm_unsupported = true;
        return PDF_SKIP;
    }
    if (o->type == PDF_METADATA || o->subtype == PDF_XML || pdf_doc_names(d, o->num))
        return PDF_XMP;
    if (o->subtype == PDF_C2PA)
        return PDF_STORE;
    bool packed = o->filters.n && readable && o->type == PDF_EMBEDDED;
    bool plain = o->filters.n == 0 && !o->filters.too_many && o->type != PDF_XREF;
    return packed || plain ? PDF_PEEK : PDF_SKIP;
}

static uint64_t unpack_max(const struct pdf_body *b)
{
    if (b->want != PDF_OBJECTS)
        return b->want == PDF_XMP ? PACKET_XMP_MAX : PACKET_C2PA_MAX;
    uint64_t all = PDF_OBJSTM_FREE + 2 * b->from;
    uint64_t left = all > b->doc->unpacked ? all - b->doc->unpacked : 0;
    return left < PDF_OBJSTM_MAX ? left : PDF_OBJSTM_MAX;
}

static bool names_an_object(const struct pdf_filters *f)
{
    for (size_t i = 0; i < f->n; i++)
        if (f->v[i].kind == PDF_FILTER_REF || f->parms[i].ref)
            return true;
    return false;
}

/* Its filters may be said later: the last such streams are remembered. */
static void wait_for_filters(struct pdf_doc *d, struct pdf_entry *e, const struct pdf_body *b)
{
    size_t at = d->n_waiting;
    if (at == PDF_WAITING_MAX) {
        memmove(d->waiting, d->waiting + 1, (PDF_WAITING_MAX - 1) * sizeof *d->waiting);
        at--;
    }
    d->waiting[at].entry = e;
    d->waiting[at].object = b->object;
    d->waiting[at].from = b->from;
    d->n_waiting = at + 1;
}

/* A metadata stream or manifest store. */
static void prepare_packet(struct pdf_body *b)
{
    const struct pdf_object *o = &b->object;
    const struct pdf_filters *f = &o->filters;
    struct pdf_entry *e =
        pdf_doc_stream(b->doc, o, b->want == PDF_XMP ? PACKET_XMP : PACKET_C2PA);
    bool readable = pdf_filters_are_read(f);
    b->entry = e;
    if (e) {
        e->unsupported = !readable;
        e->clear = f->n && f->v[0].kind == PDF_CRYPT && !f->parms[0].not_identity &&
                   !f->parms[0].ref;
    }
    if (e && !e->skipped && !readable && names_an_object(f))
        wait_for_filters(b->doc, e, b);
    if (!e || e->skipped || !readable)
        b->want = PDF_SKIP;
}

static void open_decode(struct pdf_body *b)
{
    struct pdf_doc *d = b->doc;
    if (b->want == PDF_SKIP || b->object.filters.n == 0)
        return;
    uint64_t all = PDF_WORK_FREE + PDF_WORK * b->from;
    b->decode = pdf_decode_open(&b->object.filters, unpack_max(b),
                                all > d->worked ? all - d->worked : 0, decoded, b);
    if (!b->decode) {
        d->no_memory = true;
        b->want = PDF_SKIP;
    }
}

static void prepare(struct pdf_body *b)
{
    if (b->want == PDF_XMP || b->want == PDF_STORE)
        prepare_packet(b);
    if (b->want == PDF_OBJECTS) {
        if (!b->objects)
            b->objects = pdf_objstm_new(b->doc);
        if (b->objects)
            pdf_objstm_begin(b->objects, &b->object);
    }
    if (b->want == PDF_OBJECTS && !b->objects) {
        b->doc->no_memory = true;
        b->want = PDF_SKIP;
    }
    open_decode(b);
}

static void begin(struct pdf_body *b, const struct pdf_object *o, uint64_t from, bool trust)
{
    b->object = *o;
    b->from = from;
    bool by_length = trust && o->has_length && o->length <= LENGTH_MAX;
    b->mode = by_length ? PDF_BY_LENGTH : PDF_SEARCH;
    b->left = by_length ? o->length : 0;
    b->carried = b->wrong = b->told = b->open = false;
    b->n_held = b->n_head = b->n_block = 0;
    b->matched = 0;
    b->entry = NULL;
}

void pdf_body_begin(struct pdf_body *b, const struct pdf_object *o, uint64_t from, bool trust)
{
    begin(b, o, from, trust);
    b->want = wanted(b->doc, o);
    prepare(b);
}

void pdf_body_again(struct pdf_body *b, const struct pdf_object *o, uint64_t from,
                    struct pdf_entry *entry)
{
    begin(b, o, from, true);
    b->entry = entry;
    b->want = entry->kind == PACKET_XMP ? PDF_XMP : PDF_STORE;
    entry->unsupported = false;
    open_decode(b);
}

/* ---- where it ends ---- */

static void let_go(struct pdf_body *b, size_t keep)
{
    data(b, slice_of(b->held, b->n_held - keep));
    memmove(b->held, b->held + b->n_held - keep, keep);
    b->n_held = keep;
}

static bool hold(struct pdf_body *b, uint8_t c)
{
    if (b->n_held == PDF_HELD)
        return false;
    b->held[b->n_held++] = c;
    return true;
}

/* A byte that does not continue what is held. */
static enum pdf_event restart(struct pdf_body *b, uint8_t c)
{
    if (b->mode == PDF_TAIL && !b->carried) {
        b->wrong = true;
        if (b->want == PDF_SKIP)
            return PDF_WRONG;
        b->mode = PDF_SEARCH;
    }
    b->carried = false;
    /* "endstre" may be an 'e' that begins "endstream". */
    bool e = b->matched == 7 && c == 'n';
    let_go(b, e ? 1 : 0);
    b->matched = e ? 1 : 0;
    return PDF_GO_ON;
}

/* True when c was taken: held, or part of what is held already. */
static bool continues(struct pdf_body *b, uint8_t c)
{
    if (b->matched >= END_STREAM && b->matched < END_OBJECT && pdf_is_white(c) &&
        b->matched == END_STREAM)
        return hold(b, c);
    if (c == (uint8_t)end_word[b->matched] && hold(b, c)) {
        b->matched++;
        return true;
    }
    if (b->matched)
        return false;
    if (b->mode == PDF_TAIL)
        return pdf_is_white(c) && b->n_held < PDF_HELD / 2 && hold(b, c);
    if (c == '\r' || (c == '\n' && b->n_held != 1) || (c == '\n' && b->held[0] != '\r')) {
        let_go(b, 0);
        return hold(b, c);
    }
    return c == '\n' && hold(b, c);
}

static enum pdf_event one_byte(struct pdf_body *b, uint8_t c)
{
    for (int again = 0; again < 3 && !continues(b, c); again++) {
        if (b->n_held == 0 && b->mode != PDF_TAIL) {
            data(b, slice_of(&c, 1));
            return PDF_GO_ON;
        }
        if (restart(b, c) == PDF_WRONG)
            return PDF_WRONG;
    }
    bool within = b->mode == PDF_BY_LENGTH;
    return b->matched == (within ? END_OBJECT : END_STREAM) ? PDF_ENDED : PDF_GO_ON;
}

/* The length is over: what is held is data, but for a word that has begun. */
static enum pdf_event length_over(struct pdf_body *b)
{
    b->mode = PDF_TAIL;
    if (b->matched >= END_STREAM)
        return PDF_ENDED;
    if (b->matched == 0)
        let_go(b, 0);
    b->carried = b->matched > 0;
    return PDF_GO_ON;
}

/* Bytes that cannot begin anything, at once. */
static size_t run(const struct pdf_body *b, struct slice s)
{
    if (b->n_held || b->mode == PDF_TAIL)
        return 0;
    size_t max = b->mode == PDF_BY_LENGTH && b->left < s.n ? (size_t)b->left : s.n;
    if (b->want == PDF_SKIP) {
        const uint8_t *e = memchr(s.p, 'e', max);
        return e ? (size_t)(e - s.p) : max;
    }
    size_t n = 0;
    while (n < max && s.p[n] != 'e' && s.p[n] != '\r' && s.p[n] != '\n')
        n++;
    return n;
}

size_t pdf_body_feed(struct pdf_body *b, struct slice s, enum pdf_event *event)
{
    size_t at = 0;
    *event = PDF_GO_ON;
    while (at < s.n && *event == PDF_GO_ON) {
        if (b->mode == PDF_BY_LENGTH && b->left == 0) {
            *event = length_over(b);
            continue;
        }
        if (pdf_body_idle(b))
            break;
        size_t n = run(b, slice_from(s, at));
        data(b, slice_of(s.p + at, n));
        if (n == 0) {
            *event = one_byte(b, s.p[at]);
            n = *event == PDF_WRONG ? 0 : 1;
        }
        at += n;
        if (b->mode == PDF_BY_LENGTH && n)
            b->left -= n;
    }
    if (*event == PDF_ENDED)
        at_end(b, true);
    return at;
}

uint64_t pdf_body_idle(const struct pdf_body *b)
{
    return b->want == PDF_SKIP && b->mode == PDF_BY_LENGTH && b->n_held == 0 ? b->left : 0;
}

void pdf_body_pass(struct pdf_body *b, uint64_t n)
{
    b->left -= n;
}

void pdf_body_search(struct pdf_body *b)
{
    b->mode = PDF_SEARCH;
    b->want = PDF_SKIP;
    b->left = 0;
    b->wrong = true;
    b->carried = false;
    b->n_held = 0;
    b->matched = 0;
}

void pdf_body_cut(struct pdf_body *b)
{
    if (b->n_held)
        let_go(b, 0);
    at_end(b, false);
}
