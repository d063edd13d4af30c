/* SPDX-License-Identifier: Apache-2.0 */
/* xml_trim.c - XML 1.0 (fifth edition), as much of it as tells where a tag, a comment, an
 * instruction and a document type end.
 *
 * Limits: XML_TRIM_*, NAME_MAX_BYTES of an entity's name, DECLARATION_MAX of what is kept
 * of a declaration. */
#include "syntax/xml_trim.h"

#include "syntax/unicode.h"

#include <stdio.h>

#define NAME_MAX_BYTES 64
#define DECLARATION_MAX (XML_TRIM_ENTITY_MAX + 256)
#define OUT_SIZE 4096

enum state {
    TEXT,
    LESS,   /* after '<' */
    BANG,   /* after "<!", until it is told apart */
    TAG,
    VALUE,  /* of an attribute */
    COMMENT,
    PI,
    CDATA,
    DOCTYPE,
    DOCTYPE_SUBSET,
    DECLARATION /* inside of the subset, from '<' on */
};

struct entity {
    struct slice name, text;
};

struct xml_trim {
    xml_trim_sink *sink;
    void *ctx;
    xml_trim_names *names; /* NULL: none */
    struct arena *arena;
    struct unicode unicode;
    uint8_t head[4]; /* until the form of the text is known */
    uint8_t n_head;
    bool told, transcoded;
    enum state state;
    bool keep_pi;      /* the XML declaration of a text that is handed on as it is */
    bool in_reference, in_value;
    uint8_t quote;     /* of the value, or of a literal in the document type; 0: none */
    uint32_t last;     /* the last bytes, newest lowest */
    uint64_t n;        /* bytes seen, as UTF-8 */
    uint64_t raw, less_at; /* bytes fed, and at the newest '<' of a tag */
    size_t value_n, tag_n, expanded;
    size_t kept_n;     /* of `kept` */
    size_t out_n, n_entities;
    struct entity entity[XML_TRIM_ENTITIES_MAX];
    uint8_t kept[DECLARATION_MAX]; /* "<!…", a reference, or a declaration */
    uint8_t out[OUT_SIZE];
};

static enum optout_rc flush(struct xml_trim *t)
{
    size_t n = t->out_n;
    t->out_n = 0;
    return n ? t->sink(t->ctx, slice_of(t->out, n)) : OPTOUT_OK;
}

static enum optout_rc trim_put(struct xml_trim *t, struct slice s)
{
    if (s.n > OUT_SIZE - t->out_n) {
        enum optout_rc rc = flush(t);
        if (rc != OPTOUT_OK)
            return rc;
    }
    memcpy(t->out + t->out_n, s.p, s.n); /* never longer than DECLARATION_MAX */
    t->out_n += s.n;
    return OPTOUT_OK;
}

static enum optout_rc put_byte(struct xml_trim *t, uint8_t c)
{
    return trim_put(t, slice_of(&c, 1));
}

static void trim_keep(struct xml_trim *t, uint8_t c)
{
    if (t->kept_n < sizeof t->kept)
        t->kept[t->kept_n] = c;
    t->kept_n++;
}

/* ---- entities ---- */

static const struct entity *entity_of(const struct xml_trim *t, struct slice name)
{
    for (size_t i = 0; i < t->n_entities; i++)
        if (slice_eq(t->entity[i].name, name))
            return &t->entity[i];
    return NULL;
}

static size_t skip_blank(struct slice s, size_t i)
{
    while (i < s.n && ascii_is_space(s.p[i]))
        i++;
    return i;
}

/* "<!ENTITY name "text">" with text that is no markup. */
static void read_entity(struct xml_trim *t)
{
    static const struct slice word = SLICE("<!ENTITY");
    struct slice s = slice_of(t->kept, t->kept_n);
    if (t->kept_n > sizeof t->kept || t->n_entities == XML_TRIM_ENTITIES_MAX ||
        !slice_eq(slice_sub(s, 0, word.n), word))
        return;
    size_t from = skip_blank(s, word.n), i = from;
    while (i < s.n && !ascii_is_space(s.p[i]))
        i++;
    struct slice name = slice_sub(s, from, i - from);
    i = skip_blank(s, i);
    if (i >= s.n || (s.p[i] != '"' && s.p[i] != '\'') || name.n > NAME_MAX_BYTES)
        return;
    struct slice text = slice_from(s, i + 1);
    text = slice_sub(text, 0, slice_find(text, s.p[i]));
    if (text.n > XML_TRIM_ENTITY_MAX || entity_of(t, name))
        return;
    for (size_t k = 0; k < text.n; k++)
        if (text.p[k] == '&' || text.p[k] == '%' || text.p[k] == '<')
            return;
    struct entity e = { arena_copy(t->arena, name, NAME_MAX_BYTES),
                        arena_copy(t->arena, text, XML_TRIM_ENTITY_MAX) };
    if (e.name.p && e.text.p)
        t->entity[t->n_entities++] = e;
}

static enum optout_rc put_entity(struct xml_trim *t, const struct entity *e)
{
    enum optout_rc rc = OPTOUT_OK;
    t->expanded += e->text.n;
    if (t->expanded > XML_TRIM_EXPANDED_MAX)
        return rc;
    for (size_t i = 0; i < e->text.n && rc == OPTOUT_OK; i++) {
        uint8_t c = e->text.p[i];
        rc = c == '"'    ? trim_put(t, SLICE_OF("&#34;"))
             : c == '\'' ? trim_put(t, SLICE_OF("&#39;"))
                         : put_byte(t, c);
    }
    return rc;
}

static enum optout_rc put_named(struct xml_trim *t, struct slice name)
{
    uint32_t code[2] = { 0, 0 };
    char text[32];
    if (!t->names || !t->names(name, code))
        return OPTOUT_OK;
    int n = snprintf(text, sizeof text, code[1] ? "&#%u;&#%u;" : "&#%u;", (unsigned)code[0],
                     (unsigned)code[1]);
    return trim_put(t, slice_of(text, n > 0 ? (size_t)n : 0));
}

/* A whole reference, "&name;", is in `kept`. */
static enum optout_rc end_reference(struct xml_trim *t)
{
    static const struct slice five[] = { SLICE("lt"), SLICE("gt"), SLICE("amp"), SLICE("quot"),
                                         SLICE("apos") };
    struct slice whole = slice_of(t->kept, t->kept_n);
    struct slice name = slice_sub(whole, 1, whole.n - 2);
    t->in_reference = false;
    if (t->state == VALUE) {
        t->value_n += whole.n;
        if (t->value_n > XML_TRIM_VALUE_MAX || t->tag_n > XML_TRIM_TAG_MAX)
            return OPTOUT_OK;
    }
    if (slice_begins(name, '#'))
        return trim_put(t, whole);
    for (size_t i = 0; i < sizeof five / sizeof *five; i++)
        if (slice_eq(name, five[i]))
            return trim_put(t, whole);
    const struct entity *e = entity_of(t, name);
    return e ? put_entity(t, e) : put_named(t, name);
}

static enum optout_rc in_reference(struct xml_trim *t, uint8_t c, bool *taken)
{
    *taken = true;
    if (c == ';') {
        trim_keep(t, c);
        return end_reference(t);
    }
    bool name = c == '#' || c == '_' || c == '-' || c == '.' || c == ':' || c >= 0x80 ||
                ascii_is_alnum(c);
    if (name && t->kept_n < NAME_MAX_BYTES) {
        trim_keep(t, c);
        return OPTOUT_OK;
    }
    t->in_reference = false; /* no reference: the parser will say so */
    *taken = false;
    return trim_put(t, slice_of(t->kept, t->kept_n));
}

static void begin_reference(struct xml_trim *t)
{
    t->in_reference = true;
    t->kept_n = 0;
    trim_keep(t, '&');
}

/* ---- markup ---- */

static enum optout_rc in_text(struct xml_trim *t, uint8_t c)
{
    if (c == '<') {
        t->state = LESS;
        t->less_at = t->raw - (t->transcoded ? unicode_width(&t->unicode) : 1);
        return OPTOUT_OK;
    }
    if (c == '&') {
        begin_reference(t);
        return OPTOUT_OK;
    }
    return put_byte(t, c);
}

static enum optout_rc after_less(struct xml_trim *t, uint8_t c)
{
    if (c == '!') {
        t->state = BANG;
        t->kept_n = 0;
        trim_keep(t, '<');
        trim_keep(t, '!');
        return OPTOUT_OK;
    }
    enum optout_rc rc = OPTOUT_OK;
    if (c == '?') {
        t->state = PI;
        t->keep_pi = t->n <= 2 && !t->transcoded; /* the very first thing */
        t->last = 0;
        return t->keep_pi ? trim_put(t, SLICE_OF("<?")) : OPTOUT_OK;
    }
    t->state = c == '>' ? TEXT : TAG;
    t->tag_n = 0;
    rc = put_byte(t, '<');
    return rc == OPTOUT_OK ? put_byte(t, c) : rc;
}

static enum optout_rc after_bang(struct xml_trim *t, uint8_t c)
{
    static const struct {
        struct slice text;
        enum state state;
    } kinds[] = {
        { SLICE("<!--"), COMMENT }, { SLICE("<![CDATA["), CDATA }, { SLICE("<!DOCTYPE"), DOCTYPE },
    };
    trim_keep(t, c);
    struct slice s = slice_of(t->kept, t->kept_n);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (!slice_eq(slice_sub(kinds[i].text, 0, s.n), s))
            continue;
        if (s.n < kinds[i].text.n)
            return OPTOUT_OK;
        t->state = kinds[i].state;
        t->last = 0;
        t->quote = 0;
        return t->state == CDATA ? trim_put(t, s) : OPTOUT_OK;
    }
    t->state = TAG;
    return trim_put(t, s);
}

static enum optout_rc in_tag(struct xml_trim *t, uint8_t c)
{
    if (c == '>') {
        t->state = TEXT;
        enum optout_rc rc = put_byte(t, c);
        return rc == OPTOUT_OK ? flush(t) : rc;
    }
    if (c == '"' || c == '\'') {
        t->state = VALUE;
        t->quote = c;
        t->value_n = 0;
    }
    return put_byte(t, c);
}

static enum optout_rc in_value(struct xml_trim *t, uint8_t c)
{
    if (c == t->quote) {
        t->state = TAG;
        return put_byte(t, c);
    }
    if (c == '&') {
        begin_reference(t);
        return OPTOUT_OK;
    }
    t->value_n++;
    t->tag_n++;
    bool over = t->value_n > XML_TRIM_VALUE_MAX || t->tag_n > XML_TRIM_TAG_MAX;
    if (!over)
        return put_byte(t, c);
    /* No character is cut in two: what continues one that was begun still goes. */
    if (t->value_n == XML_TRIM_VALUE_MAX + 1 && (c & 0xc0) == 0x80) {
        t->value_n--;
        return put_byte(t, c);
    }
    return OPTOUT_OK;
}

static enum optout_rc in_pi(struct xml_trim *t, uint8_t c)
{
    t->last = t->last << 8 | c;
    bool end = (t->last & 0xffff) == ('?' << 8 | '>');
    if (end)
        t->state = TEXT;
    return t->keep_pi ? put_byte(t, c) : OPTOUT_OK;
}

static enum optout_rc in_cdata(struct xml_trim *t, uint8_t c)
{
    t->last = t->last << 8 | c;
    if ((t->last & 0xffffff) == (']' << 16 | ']' << 8 | '>'))
        t->state = TEXT;
    return put_byte(t, c);
}

static void in_comment(struct xml_trim *t, uint8_t c)
{
    t->last = t->last << 8 | c;
    if ((t->last & 0xffffff) == ('-' << 16 | '-' << 8 | '>'))
        t->state = TEXT;
}

/* ---- the document type ---- */

static void in_doctype(struct xml_trim *t, uint8_t c)
{
    if (t->quote) {
        if (c == t->quote)
            t->quote = 0;
    } else if (c == '"' || c == '\'') {
        t->quote = c;
    } else if (c == '[') {
        t->state = DOCTYPE_SUBSET;
    } else if (c == '>') {
        t->state = TEXT;
    }
}

static void in_subset(struct xml_trim *t, uint8_t c)
{
    if (c == ']') {
        t->state = DOCTYPE;
    } else if (c == '<') {
        t->state = DECLARATION;
        t->kept_n = 0;
        t->quote = 0;
        t->last = 0;
        trim_keep(t, c);
    }
}

static void in_declaration(struct xml_trim *t, uint8_t c)
{
    trim_keep(t, c);
    t->last = t->last << 8 | c;
    bool comment = t->kept_n >= 4 && memcmp(t->kept, "<!--", 4) == 0;
    bool instruction = t->kept[1] == '?';
    bool end;
    if (comment) {
        end = t->kept_n >= 7 && (t->last & 0xffffff) == ('-' << 16 | '-' << 8 | '>');
    } else if (instruction) {
        end = (t->last & 0xffff) == ('?' << 8 | '>');
    } else if (t->quote) {
        if (c == t->quote)
            t->quote = 0;
        return;
    } else if (c == '"' || c == '\'') {
        t->quote = c;
        return;
    } else {
        end = c == '>';
    }
    if (!end)
        return;
    read_entity(t);
    t->state = DOCTYPE_SUBSET;
    t->quote = 0;
}

/* ---- bytes ---- */

static enum optout_rc trim_take(struct xml_trim *t, uint8_t c)
{
    t->n++;
    if (t->in_reference) {
        bool taken;
        enum optout_rc rc = in_reference(t, c, &taken);
        if (taken || rc != OPTOUT_OK)
            return rc;
    }
    switch (t->state) {
    case TEXT: return in_text(t, c);
    case LESS: return after_less(t, c);
    case BANG: return after_bang(t, c);
    case TAG: return in_tag(t, c);
    case VALUE: return in_value(t, c);
    case PI: return in_pi(t, c);
    case CDATA: return in_cdata(t, c);
    case COMMENT: in_comment(t, c); break;
    case DOCTYPE: in_doctype(t, c); break;
    case DOCTYPE_SUBSET: in_subset(t, c); break;
    case DECLARATION: in_declaration(t, c); break;
    }
    return OPTOUT_OK;
}

static enum optout_rc take_coded(struct xml_trim *t, uint8_t c)
{
    if (!t->transcoded)
        return trim_take(t, c);
    uint8_t out[UNICODE_OUT_MAX];
    size_t n = unicode_put(&t->unicode, c, out);
    enum optout_rc rc = OPTOUT_OK;
    for (size_t i = 0; i < n && rc == OPTOUT_OK; i++)
        rc = trim_take(t, out[i]);
    return rc;
}

static enum optout_rc tell_form(struct xml_trim *t)
{
    struct slice head = slice_of(t->head, t->n_head);
    t->told = true;
    t->unicode.form = (uint8_t)unicode_form_of(head);
    t->transcoded = t->unicode.form != UNICODE_UTF8;
    static const struct slice mark = SLICE("\xef\xbb\xbf");
    if (slice_eq(slice_sub(head, 0, mark.n), mark))
        head = slice_from(head, mark.n);
    enum optout_rc rc = OPTOUT_OK;
    t->raw -= head.n;
    for (size_t i = 0; i < head.n && rc == OPTOUT_OK; i++) {
        t->raw++;
        rc = take_coded(t, head.p[i]);
    }
    return rc;
}

struct xml_trim *xml_trim_open(struct arena *arena, xml_trim_sink *sink, void *ctx)
{
    struct xml_trim *t = arena_alloc(arena, sizeof *t);
    if (!t)
        return NULL;
    t->sink = sink;
    t->ctx = ctx;
    t->arena = arena;
    return t;
}

void xml_trim_know(struct xml_trim *t, xml_trim_names *names)
{
    t->names = names;
}

enum optout_rc xml_trim_feed(struct xml_trim *t, struct slice bytes)
{
    enum optout_rc rc = OPTOUT_OK;
    for (size_t i = 0; i < bytes.n && rc == OPTOUT_OK; i++) {
        t->raw++;
        if (t->told) {
            rc = take_coded(t, bytes.p[i]);
            continue;
        }
        t->head[t->n_head++] = bytes.p[i];
        if (t->n_head == sizeof t->head)
            rc = tell_form(t);
    }
    return rc;
}

uint64_t xml_trim_at(const struct xml_trim *t)
{
    return t->less_at;
}

enum optout_rc xml_trim_end(struct xml_trim *t)
{
    enum optout_rc rc = t->told ? OPTOUT_OK : tell_form(t);
    if (rc == OPTOUT_OK && t->state != TEXT)
        rc = put_byte(t, '<'); /* inside of something: no parser takes that for an end */
    return rc == OPTOUT_OK ? flush(t) : rc;
}
