/* SPDX-License-Identifier: Apache-2.0 */
/* natural_language.c - what people wrote for people: the text of pages, and the fields of
 * metadata, metas and headers that are about rights or hold instructions.
 *
 * No specification: what is looked for stands in phrase files (phrases.h). A hit is weak and
 * denies; it names no licence, so nothing is conditional. A permission is told and allows
 * nothing.
 *
 * Limits: those of the phrase reader; SIGNAL_RAW_MAX of a sentence are kept. */
#include "standards/natural_language.h"

#include "standards/common.h"
#include "syntax/utf8.h"

#include <stdio.h>

#define NOTE_WORDS "words for people"
#define NOTE_PERMISSION "words for people: a permission, which allows nothing here"

/* ---- one hit ---- */

void natural_name(const struct phrase_hit *hit, char out[PHRASE_NAME_MAX])
{
    snprintf(out, PHRASE_NAME_MAX, "%.7s/%.40s@%u", hit->language, hit->phrase, hit->version);
}

struct prefs natural_prefs(const struct phrase_hit *hit)
{
    struct prefs p = { { 0 } };
    for (unsigned u = 0; hit->grade != PHRASE_PERMISSION && u < USAGE_COUNT; u++)
        if (hit->usages & usage_bit((enum usage)u))
            p.of[u] = PREF_DENY;
    prefs_spread(&p);
    return p;
}

/* `sig` has what is known of the place. */
static void add_hit(const struct phrase_hit *hit, struct signal sig, struct signals *out)
{
    char name[PHRASE_NAME_MAX];
    const struct signal *kept;
    natural_name(hit, name);
    sig.standard = STD_NATURAL_LANGUAGE;
    sig.property = (uint8_t)hit->grade;
    sig.prefs = natural_prefs(hit);
    sig.name = slice_cstr(name);
    sig.raw = utf8_clip(hit->text, SIGNAL_RAW_MAX);
    signal_weak(&sig, hit->grade == PHRASE_PERMISSION ? NOTE_PERMISSION : NOTE_WORDS);
    if (signals_keep(out, &sig, &kept) == OPTOUT_OK && kept && sig.raw.n < hit->text.n)
        out->v[kept - out->v].raw_cut = true; /* else `overflow` tells */
}

static void tell(const struct words *w, enum optout_rc rc)
{
    if (rc < 0 && w->undecided)
        *w->undecided |= undecided_bit(rc == OPTOUT_E_NOMEM ? UNDECIDED_LIMIT_MEMORY
                                                            : UNDECIDED_LIMIT_PHRASES);
}

/* ---- fields ---- */

static void on_field_hit(void *ctx, const struct phrase_hit *hit)
{
    const struct words *w = ctx;
    add_hit(hit, *w->like, w->out);
}

void words_field(struct words *w, struct slice text, const struct signal *like,
                 struct signals *out)
{
    if (!w || !w->phrases || text.n == 0)
        return;
    if (!w->fields)
        w->fields = phrase_reader_open(w->arena, w->phrases, on_field_hit, w);
    if (!w->fields) {
        tell(w, OPTOUT_E_NOMEM);
        return;
    }
    w->like = like;
    w->out = out;
    enum optout_rc rc = phrase_reader_plain(w->fields, text, like->at);
    enum optout_rc end = phrase_reader_end(w->fields);
    tell(w, rc < 0 ? rc : end);
}

/* ---- texts ---- */

static void on_text_hit(void *ctx, const struct phrase_hit *hit)
{
    const struct words_text *t = ctx;
    add_hit(hit, (struct signal){
        .carrier = (uint8_t)t->carrier,
        .scope = (uint8_t)t->scope,
        .confidence = CONF_WEAK,
        .place_kind = PLACE_BYTE,
        .at = hit->offset,
    }, t->out);
}

void words_text_block(void *text, const struct text_block *b)
{
    struct words_text *t = text;
    if (!t->reader && !t->failed)
        t->reader = phrase_reader_open(t->words->arena, t->words->phrases, on_text_hit, t);
    if (t->failed)
        return;
    enum optout_rc rc = t->reader ? phrase_reader_block(t->reader, b) : OPTOUT_E_NOMEM;
    t->failed = rc < 0;
    tell(t->words, rc);
}

void words_text_end(struct words_text *t)
{
    if (t->reader && !t->failed)
        tell(t->words, phrase_reader_end(t->reader));
    t->reader = NULL;
}

/* ---- metadata ---- */

static bool is_read(const struct property *p)
{
    static const struct {
        const char *ns;
        struct slice name;
    } known[] = {
        { "http://ns.adobe.com/xap/1.0/rights", SLICE("UsageTerms") },
        { "http://purl.org/dc/elements/1.1", SLICE("rights") },
        { "http://purl.org/dc/terms", SLICE("rights") },
        { "http://purl.org/dc/terms", SLICE("accessRights") },
        { "http://ns.useplus.org/ldf/xmp/1.0", SLICE("OtherConstraints") },
        { "http://ns.adobe.com/photoshop/1.0", SLICE("Instructions") },
        { "http://ns.adobe.com/photoshop/1.0", SLICE("Credit") },
    };
    if (p->carrier == CARRIER_TEXT || p->carrier == CARRIER_FEED || p->carrier == CARRIER_HTML)
        return true;
    if (p->carrier == CARRIER_IIM)
        return slice_eq(p->name, SLICE_OF("2:40")) || slice_eq(p->name, SLICE_OF("2:116"));
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (slice_eq(p->name, known[i].name) && property_ns_is(p->ns, known[i].ns))
            return true;
    return false;
}

/* The phrase has the place of the name: the field is told with the packet. */
static struct slice place_of(const struct property *p, char out[SIGNAL_PART_MAX])
{
    int n = snprintf(out, SIGNAL_PART_MAX, "%.*s%s%.*s", (int)(p->where.n < 160 ? p->where.n : 160),
                     (const char *)p->where.p, p->where.n ? ": " : "",
                     (int)(p->name.n < 64 ? p->name.n : 64), (const char *)p->name.p);
    return slice_of(out, n > 0 ? (size_t)n : 0);
}

static void natural_language_property(const struct property *p, const struct hook_input *r)
{
    char place[SIGNAL_PART_MAX];
    if (p->value.n == 0 || p->shown || !is_read(p))
        return;
    struct signal sig = signal_from_property(STD_NATURAL_LANGUAGE, p);
    sig.part = place_of(p, place);
    words_field(r->words, p->value, &sig, r->out);
}

/* ---- what stands in the head of a page, or in front of it ---- */

static const char *const meta_names[] = {
    "copyright", "rights", "dc.rights", "dcterms.rights", "dcterms.accessrights", NULL,
};

bool words_meta_is_legacy(const struct page_statement *s)
{
    bool by_property;
    return s->kind == PAGE_META && word_in(meta_name(s, &by_property), meta_names) &&
           !utf8_is_valid(page_attr(s, "content"));
}

static void natural_language_page(const struct page_statement *s, const struct hook_input *r)
{
    struct signal value;
    if (r->words && !s->later && meta_of_nobody(STD_NATURAL_LANGUAGE, s, meta_names, r->out, &value))
        words_field(r->words, value.raw, &value, r->out);
}

void words_meta(const struct page_statement *s, const struct hook_input *r)
{
    natural_language_page(s, r);
}

static const char *const fields[] = { "x-content-license", NULL };

static void natural_language_headers(const struct hook_input *r)
{
    const struct header *h;
    for (size_t i = 0; (h = headers_next(&r->x->response, fields[0], &i)) != NULL;) {
        struct signal value = signal_from_header(STD_NATURAL_LANGUAGE, h, i - 1);
        words_field(r->words, h->value, &value, r->out);
    }
}

const struct standard standard_natural_language = {
    .name = "natural-language",
    .title = "Words for people",
    .spec = "none",
    .version = "phrase files",
    .reads = "HTML text and meta, HTTP header, site file, XMP, IIM, text fields, feeds, "
             "structured data of pages",
    .fields = fields,
    .meta_names = meta_names,
    .headers = natural_language_headers,
    .page = natural_language_page,
    .property = natural_language_property,
};
