/* SPDX-License-Identifier: Apache-2.0 */
/* pdf.c - PDF: ISO 32000-2 section 7.5 (file structure), read forwards.
 *
 * The cross-reference table is at the end and need not be right, so all that looks like
 * "N G obj" is read as it comes by and the last definition of an object counts. Metadata
 * streams and manifest stores are never inside of object streams, and in encrypted files
 * their dictionaries are in the clear. Streams that cannot be packets are passed over by
 * their length; when "endstream" does not follow, they are looked at again through the
 * lookback, and after WRONG_MAX such cases lengths are not believed any more.
 *
 * Limits: WRONG_MAX; those of pdf_lex.h and pdf_internal.h. */
#include "formats/rows.h"

#include "formats/doc/pdf_internal.h"

#define WRONG_MAX 4
#define TRAILING_MAX 1024 /* bytes that may follow %%EOF, white space not counted */
#define BLOCK 4096        /* of what is looked at again */
#define OBJECT_NUMBER_MAX ((1u << 31) - 1)

enum state { TOKENS, STREAM_EOL, STREAM_LF, STREAM };

struct pdf {
    const struct format_env *env;
    uint64_t pos, fed; /* next byte to read; bytes that came */
    enum state state;
    struct pdf_lex lex;
    struct pdf_dict dict;
    bool in_object, trailer;
    uint64_t number[2]; /* the last two integers, when nothing came after them */
    unsigned numbers;
    unsigned wrong;     /* lengths that were */
    bool header;
    unsigned header_matched;
    bool ended;         /* startxref or %%EOF was the last thing that counts */
    uint64_t junk;      /* bytes of ink since then */
    struct pdf_doc doc;
    struct pdf_body body;
};

static const char *const pdf_types[] = { "application/pdf", "application/x-pdf", NULL };

static bool pdf_sniff(struct slice head)
{
    struct slice rest = slice_sub(head, 0, FORMAT_SNIFF);
    static const char mark[] = "%PDF-";
    if (rest.n >= 5 && memcmp(rest.p, mark, 5) == 0)
        return true;
    while (rest.n >= 8) {
        size_t at = slice_find(rest, '%');
        rest = slice_from(rest, at);
        if (rest.n >= 8 && memcmp(rest.p, mark, 5) == 0 &&
            (rest.p[5] == '1' || rest.p[5] == '2') && rest.p[6] == '.' &&
            ascii_is_digit(rest.p[7]))
            return true;
        rest = slice_from(rest, 1);
    }
    return false;
}

static void *pdf_open(const struct format_env *env)
{
    struct pdf *p = arena_alloc(env->arena, sizeof *p);
    if (!p || !pdf_doc_open(&p->doc, env))
        return NULL;
    p->env = env;
    p->lex.loose = true;
    p->body.doc = &p->doc;
    return p;
}

/* ---- tokens ---- */

static void leave_object(struct pdf *p)
{
    p->in_object = false;
    p->lex.loose = true;
    p->numbers = 0;
}

/* The object, whole or not, has come to its end. */
static void finish_object(struct pdf *p)
{
    if (p->dict.depth || p->dict.broken)
        p->doc.broken = true;
    pdf_doc_object(&p->doc, &p->dict.object, p->trailer);
    if (!p->trailer)
        pdf_doc_value(&p->doc, &p->dict.object);
    leave_object(p);
}

static void begin_object(struct pdf *p, bool trailer)
{
    uint32_t num = 0, gen = 0;
    if (!trailer) {
        if (p->number[0] > OBJECT_NUMBER_MAX || p->number[1] > UINT16_MAX)
            return;
        num = (uint32_t)p->number[0];
        gen = (uint32_t)p->number[1];
        pdf_doc_define(&p->doc, num);
    }
    pdf_dict_begin(&p->dict, &p->doc, num, gen);
    p->trailer = trailer;
    p->in_object = true;
    p->lex.loose = false;
    p->ended = false;
    p->numbers = 0;
}

static void mark_end(struct pdf *p)
{
    p->ended = true;
    p->junk = 0;
}

/* A keyword that is one wherever it stands. False: it is none. */
static bool structural(struct pdf *p, struct slice word)
{
    bool obj = slice_eq(word, SLICE_OF("obj")) && p->numbers == 2;
    bool trailer = slice_eq(word, SLICE_OF("trailer"));
    bool startxref = slice_eq(word, SLICE_OF("startxref"));
    bool xref = slice_eq(word, SLICE_OF("xref"));
    if (!obj && !trailer && !startxref && !xref)
        return false;
    if (p->in_object)
        finish_object(p);
    if (obj) {
        /* leave_object forgets that there are two, not which */
        begin_object(p, false);
    } else if (trailer) {
        begin_object(p, true);
    } else if (startxref) {
        mark_end(p);
    } else {
        p->ended = false;
    }
    return true;
}

/* "endobj12" happens where a line end is missing: the number of the next object. */
static void glued_number(struct pdf *p, struct slice word)
{
    uint64_t n;
    if (slice_to_u64(slice_from(word, 6), &n)) {
        p->number[0] = n;
        p->numbers = 1;
    }
}

static void on_keyword(struct pdf *p)
{
    struct slice word = pdf_lex_text(&p->lex);
    bool endobj = word.n >= 6 && memcmp(word.p, "endobj", 6) == 0;
    if (structural(p, word)) {
        p->numbers = 0;
        return;
    }
    if (p->in_object && endobj) {
        finish_object(p);
    } else if (p->in_object && p->dict.depth == 0 && slice_eq(word, SLICE_OF("stream"))) {
        if (!p->dict.object.is_dict || p->trailer) {
            p->doc.broken = true;
            leave_object(p);
        } else {
            p->state = STREAM_EOL;
        }
    } else if (p->in_object) {
        pdf_dict_token(&p->dict, PDF_KEYWORD, &p->lex);
    }
    p->numbers = 0;
    if (endobj)
        glued_number(p, word);
}

static void on_token(struct pdf *p, enum pdf_token token)
{
    if (token == PDF_KEYWORD) {
        on_keyword(p);
        return;
    }
    if (token == PDF_NUMBER && p->lex.integer) {
        if (p->numbers == 2) {
            p->number[0] = p->number[1];
            p->numbers = 1;
        }
        p->number[p->numbers++] = p->lex.number;
    } else {
        p->numbers = 0;
    }
    if (token == PDF_EOF) {
        if (p->in_object)
            finish_object(p);
        mark_end(p);
    } else if (token == PDF_BAD) {
        p->doc.broken = true;
        leave_object(p);
    } else if (p->in_object) {
        pdf_dict_token(&p->dict, token, &p->lex);
        if (p->trailer && p->dict.complete)
            finish_object(p);
    }
}

/* ---- bytes ---- */

/* The header should be in the first 1024 bytes, but readers find it behind more: a letter's
 * head, or the output of a script. */
static void look_for_header(struct pdf *p, struct slice s)
{
    static const char mark[] = "%PDF-";
    for (size_t i = 0; i < s.n && !p->header; i++) {
        uint8_t c = s.p[i];
        if (c == (uint8_t)mark[p->header_matched])
            p->header_matched++;
        else
            p->header_matched = c == '%';
        p->header = p->header_matched == 5;
    }
}

static size_t read_tokens(struct pdf *p, struct slice s)
{
    enum pdf_token token;
    size_t n = pdf_lex_feed(&p->lex, s, &token);
    if (p->ended && p->junk <= TRAILING_MAX)
        for (size_t i = 0; i < n; i++)
            p->junk += !pdf_is_white(s.p[i]);
    p->pos += n;
    if (token != PDF_NONE)
        on_token(p, token);
    return n;
}

static void begin_stream(struct pdf *p)
{
    pdf_doc_resolve(&p->doc, &p->dict.object.filters);
    pdf_doc_object(&p->doc, &p->dict.object, false);
    p->state = STREAM;
    pdf_body_begin(&p->body, &p->dict.object, p->pos, p->wrong < WRONG_MAX);
}

/* After "stream": CR LF or LF; CR alone and blanks before happen. */
static void read_stream_eol(struct pdf *p, uint8_t c)
{
    bool lf = c == '\n', cr = c == '\r' && p->state == STREAM_EOL;
    bool blank = c == ' ' && p->state == STREAM_EOL;
    if (lf || cr || blank)
        p->pos++;
    if (cr)
        p->state = STREAM_LF;
    else if (!blank)
        begin_stream(p);
}

static void read_body(struct pdf *p, struct slice s)
{
    enum pdf_event event;
    p->pos += pdf_body_feed(&p->body, s, &event);
    if (event == PDF_WRONG) {
        p->pos = p->body.from;
        pdf_body_search(&p->body);
    }
    if (event != PDF_GO_ON)
        p->wrong += p->body.wrong;
    if (event == PDF_ENDED) {
        p->state = TOKENS;
        leave_object(p);
    }
    if (event != PDF_GO_ON)
        p->body.wrong = false;
}

static void pdf_step(struct pdf *p, struct slice s)
{
    switch (p->state) {
    case TOKENS:
        (void)read_tokens(p, s);
        break;
    case STREAM_EOL:
    case STREAM_LF:
        read_stream_eol(p, s.p[0]);
        break;
    case STREAM:
        read_body(p, s);
        break;
    }
}

/* Up to p->fed; `chunk` are the last bytes before it. */
static void go(struct pdf *p, struct slice chunk)
{
    uint64_t base = p->fed - chunk.n;
    uint8_t block[BLOCK];
    while (p->pos < p->fed) {
        uint64_t idle = p->state == STREAM ? pdf_body_idle(&p->body) : 0;
        if (idle) {
            uint64_t n = idle < p->fed - p->pos ? idle : p->fed - p->pos;
            pdf_body_pass(&p->body, n);
            p->pos += n;
            continue;
        }
        if (p->pos >= base) {
            pdf_step(p, slice_from(chunk, (size_t)(p->pos - base)));
            continue;
        }
        size_t n = base - p->pos < BLOCK ? (size_t)(base - p->pos) : BLOCK;
        if (p->env->back.read &&
            p->env->back.read(p->env->back.ctx, p->pos, block, n) == OPTOUT_OK) {
            uint64_t from = p->pos;
            do /* what was read may hold more than one token */
                pdf_step(p, slice_of(block + (p->pos - from), n - (size_t)(p->pos - from)));
            while (p->pos >= from && p->pos < from + n &&
                   !(p->state == STREAM && pdf_body_idle(&p->body)));
        } else { /* what stood there is lost */
            p->doc.broken = true;
            p->pos = base;
        }
    }
}

static enum optout_rc pdf_feed(void *state, struct slice bytes)
{
    struct pdf *p = state;
    look_for_header(p, bytes);
    p->fed += bytes.n;
    go(p, bytes);
    return p->doc.no_memory ? OPTOUT_E_NOMEM : OPTOUT_MORE;
}

/* The body ended in a stream: when its length was wrong, there may be more behind it. */
static void end_stream(struct pdf *p)
{
    p->doc.broken = true;
    while (p->state == STREAM && p->body.mode != PDF_SEARCH && p->body.want == PDF_SKIP &&
           p->wrong < WRONG_MAX) {
        p->wrong++;
        p->pos = p->body.from;
        pdf_body_search(&p->body);
        go(p, SLICE_EMPTY);
    }
    if (p->state == STREAM)
        pdf_body_cut(&p->body);
}

/* A metadata stream whose filters were said behind it. */
static void read_again(struct pdf *p, struct pdf_entry *entry, const struct pdf_object *o,
                       uint64_t from)
{
    uint8_t block[BLOCK];
    enum pdf_event event = PDF_GO_ON;
    pdf_body_again(&p->body, o, from, entry);
    for (p->pos = from; p->pos < p->fed && event == PDF_GO_ON && p->body.want != PDF_SKIP;) {
        size_t n = p->fed - p->pos < BLOCK ? (size_t)(p->fed - p->pos) : BLOCK;
        if (!p->env->back.read ||
            p->env->back.read(p->env->back.ctx, p->pos, block, n) != OPTOUT_OK) {
            entry->unsupported = true;
            break;
        }
        p->pos += pdf_body_feed(&p->body, slice_of(block, n), &event);
    }
    if (event != PDF_ENDED)
        pdf_body_cut(&p->body);
}

static void read_waiting(struct pdf *p)
{
    for (size_t i = 0; i < p->doc.n_waiting; i++) {
        struct pdf_object *o = &p->doc.waiting[i].object;
        pdf_doc_resolve(&p->doc, &o->filters);
        if (!p->doc.waiting[i].entry->stale && pdf_filters_are_read(&o->filters))
            read_again(p, p->doc.waiting[i].entry, o, p->doc.waiting[i].from);
    }
}

static enum optout_rc pdf_end(void *state)
{
    struct pdf *p = state;
    /* The last token ends with the file. */
    if (p->state == TOKENS) {
        enum pdf_token token;
        (void)pdf_lex_feed(&p->lex, SLICE_OF("\n"), &token);
        if (token != PDF_NONE)
            on_token(p, token);
    }
    if (p->state == STREAM)
        end_stream(p);
    if (p->in_object || p->state != TOKENS)
        p->doc.broken = true;
    read_waiting(p);
    bool whole = p->header && p->ended && p->junk <= TRAILING_MAX &&
                 p->fed >= p->doc.file_length;
    return pdf_doc_settle(&p->doc, whole);
}

const struct format format_pdf = {
    .name = "pdf",
    .title = "PDF",
    .reads = "the XMP metadata stream that the catalog names and C2PA manifest stores, in all "
             "revisions of the file; not in encrypted files, unless their metadata is in the "
             "clear, nor behind filters of pictures",
    .types = pdf_types,
    .sniff = pdf_sniff,
    .by_type = true,
    .supersedes = true,
    .to_end = true,
    .open = pdf_open,
    .feed = pdf_feed,
    .end = pdf_end,
};
