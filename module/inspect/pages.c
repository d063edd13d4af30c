/* SPDX-License-Identifier: Apache-2.0 */
/* pages.c - the readers of a page. What only the second of two finds may restrict, and allows
 * nothing: lax. */
#include "inspect/pages.h"

#include "http/url.h"
#include "http/link.h"
#include "inspect/embedded.h"
#include "inspect/inspect.h"
#include "inspect/page_text.h"
#include "page/charset_guess.h"
#include "inspect/reasons.h"
#include "standards/natural_language.h"
#include "standards/standard.h"

#define LATER_MAX 8 /* metas whose words wait until it is known what the page is written in */
#define PREVIEWS_MAX 4 /* kept of a head that has said nothing of images yet */

struct reader {
    struct pages *pages;
    struct html *html;
    bool second;
    bool done; /* it has told all it will */
};

struct later {
    struct page_statement statement;
    struct page_attr attr[3];
};

struct pages {
    struct pages_env env;
    struct reader reader[2];
    size_t n;
    struct page_text *text; /* as the first of the two takes it; NULL: nobody reads it */
    struct slice base;
    struct signals found; /* by the second reader, of one statement */
    bool stopping;
    bool images;       /* something was stated of those that the page embeds: they are told */
    struct slice preview[PREVIEWS_MAX];
    size_t n_previews;
    unsigned n_linked; /* terms */
    struct later *later; /* LATER_MAX of them; NULL: none yet */
    size_t n_later;
    size_t images_at;  /* changes of `env.out` when that was looked at */
};

static void note(struct pages *p, enum undecided u)
{
    *p->env.undecided |= undecided_bit(u);
}

/* ---- statements ---- */

static bool is_there(const struct signals *all, const struct signal *s)
{
    for (size_t i = 0; i < all->n; i++) {
        const struct signal *t = &all->v[i];
        if (t->standard == s->standard && t->property == s->property && t->at == s->at &&
            t->place_kind == s->place_kind && slice_eq(t->raw, s->raw) &&
            slice_eq(t->agent, s->agent))
            return true;
    }
    return false;
}

static void take_second(struct pages *p)
{
    for (size_t i = 0; i < p->found.n; i++) {
        struct signal s = p->found.v[i];
        if (is_there(p->env.out, &s))
            continue;
        for (unsigned u = 0; u < USAGE_COUNT; u++)
            if (s.prefs.of[u] == PREF_ALLOW)
                s.prefs.of[u] = PREF_UNKNOWN;
        if (s.confidence == CONF_EXACT)
            s.confidence = CONF_LAX;
        if (!s.note)
            s.note = "read as HTML, which the document is not: denies, never allows";
        (void)signals_add(p->env.out, &s); /* says overflow itself */
    }
    p->env.out->overflow |= p->found.overflow;
    p->found.n = 0;
}

/* Entities of the document's own are not expanded: a value that refers to one is not known. */
static bool has_reference(const struct page_statement *s)
{
    for (size_t i = 0; i < s->n_attr; i++) {
        struct slice rest = s->attr[i].value;
        while ((rest = slice_from(rest, slice_find(rest, '&'))).n) {
            rest = slice_from(rest, 1);
            size_t n = 0;
            while (n < rest.n && (ascii_is_alnum(rest.p[n]) || strchr("._-:", rest.p[n])))
                n++;
            if (n && n < rest.n && rest.p[n] == ';')
                return true;
        }
    }
    return false;
}

/* ---- images ---- */

static bool speaks_of_images(const struct signals *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (signal_is_of_images(&s->v[i]) && signal_restricts(&s->v[i]) &&
            (!s->v[i].image.n || s->v[i].standard == STD_RSL)) /* else it names its image itself */
            return true;
    return s->images_dropped;
}

static void on_image(void *ctx, struct slice reference)
{
    const struct pages *p = ctx;
    p->env.image(p->env.image_ctx, p->base.p ? p->base : p->env.x->url, reference);
}

static void keep_preview(void *ctx, struct slice reference)
{
    struct pages *p = ctx;
    struct slice copy = arena_copy(p->env.arena, reference, SIGNAL_URL_MAX + 1);
    if (p->n_previews < PREVIEWS_MAX && copy.n && copy.n <= SIGNAL_URL_MAX)
        p->preview[p->n_previews++] = copy;
}

/* Of pages that say nothing of images none is looked for, but for those in metas, which may stand
 * before the one that says it. */
static void look_for_images(struct pages *p)
{
    const struct signals *s = p->env.out;
    if (p->images || !p->env.image || (p->images_at == s->changes && !s->images_dropped))
        return;
    p->images_at = s->changes;
    p->images = speaks_of_images(s);
    for (size_t i = 0; p->images && i < p->n; i++)
        html_report_images(p->reader[i].html);
    for (size_t i = 0; p->images && i < p->n_previews; i++)
        on_image(p, p->preview[i]);
}

/* ---- terms ---- */

/* Roles by which a page calls another its terms, or its word on copyright. */
static bool is_of_terms(struct slice rel)
{
    return link_rel_has(rel, "terms-of-service") || link_rel_has(rel, "license") ||
           link_rel_has(rel, "copyright");
}

static void look_for_terms(struct pages *p, const struct page_statement *s)
{
    struct slice rel = page_attr(s, "rel"), url = slice_trim_space(page_attr(s, "href"));
    if (!p->env.linked || (s->kind != PAGE_LINK && s->kind != PAGE_ANCHOR) || !url.n ||
        url.n > SIGNAL_URL_MAX || p->n_linked == LINKED_TERMS_MAX || !is_of_terms(rel))
        return;
    p->n_linked++;
    p->env.linked(p->env.linked_ctx, p->base.p ? p->base : p->env.x->url, url);
}

/* ---- metas in other encodings ---- */

static bool keep_attr(struct pages *p, struct later *l, const struct page_attr *from)
{
    struct page_attr *to = &l->attr[l->statement.n_attr++];
    *to = *from;
    to->name = arena_copy(p->env.arena, from->name, SIZE_MAX);
    to->value = arena_copy(p->env.arena, from->value, SIZE_MAX);
    to->raw = arena_copy(p->env.arena, from->raw, PAGE_VALUE_MAX);
    return to->name.p && (to->value.p || !from->value.n) && (to->raw.p || !from->raw.n);
}

/* The page's text is read then, for that tells it. True when the words are told later, or that they are
 * not. */
static bool put_off(struct pages *p, const struct page_statement *s)
{
    static const char *const names[] = { "name", "property", "content" };
    if (!p->env.words || !p->env.words->phrases || !words_meta_is_legacy(s))
        return false;
    if (!p->later)
        p->later = arena_take(p->env.arena, LATER_MAX * sizeof *p->later);
    if (!p->later || p->n_later == LATER_MAX) {
        note(p, p->later ? UNDECIDED_LIMIT_SIGNALS : UNDECIDED_LIMIT_MEMORY);
        return true;
    }
    struct later *l = &p->later[p->n_later++];
    l->statement = *s;
    l->statement.attr = l->attr;
    l->statement.n_attr = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct page_attr *a = page_attr_find(s, slice_cstr(names[i]));
        if (a && !keep_attr(p, l, a))
            note(p, UNDECIDED_LIMIT_MEMORY);
    }
    if (p->text)
        page_text_begin(p->text);
    return true;
}

/* By the page, else by the value itself. */
static enum charset_code code_of(const struct pages *p, struct slice raw)
{
    enum charset_code code = p->text ? page_text_code(p->text) : CODE_NONE;
    struct charset_sample sample;
    struct charset_origin o = { .tld = pages_tld(p->env.x->url) };
    enum charset_kind kind;
    bool untold;
    if (code != CODE_NONE && code != CODE_UTF8)
        return code;
    o.declared = charset_declared(SLICE_EMPTY, p->env.charset, false, &kind);
    memset(&sample, 0, offsetof(struct charset_sample, v));
    charset_sample(&sample, raw);
    return charset_guess(&sample, &o, &untold);
}

static void tell_later(struct pages *p)
{
    const struct hook_input in = { p->env.x, p->env.out, p->env.words };
    for (size_t i = 0; i < p->n_later; i++) {
        struct later *l = &p->later[i];
        for (size_t k = 0; k < l->statement.n_attr; k++) {
            struct page_attr *a = &l->attr[k];
            if (!slice_eq(a->name, SLICE_OF("content")))
                continue;
            a->value = slice_trim_space(html_value(p->env.arena, a->raw, code_of(p, a->raw)));
            if (!a->value.p)
                note(p, UNDECIDED_LIMIT_MEMORY);
        }
        words_meta(&l->statement, &in);
    }
    p->n_later = 0;
}

static void on_page(void *ctx, const struct page_statement *s)
{
    struct reader *r = ctx;
    struct pages *p = r->pages;
    struct page_statement later;
    if (s->kind == PAGE_META && !r->second && put_off(p, s)) {
        later = *s;
        later.later = true;
        s = &later;
    }
    struct signals *to = r->second ? &p->found : p->env.out;
    if (p->images)
        embedded_images(s, on_image, p);
    else if (s->kind == PAGE_META && p->env.image && p->n_previews < PREVIEWS_MAX)
        embedded_images(s, keep_preview, p);
    if (s->kind == PAGE_IMAGE)
        return;
    look_for_terms(p, s);
    if (s->kind == PAGE_BASE && page_attr(s, "href").n > SIGNAL_URL_MAX)
        note(p, UNDECIDED_LIMIT_SIGNALS); /* licences are named relative to it */
    if (s->kind == PAGE_BASE && !p->base.p && page_attr(s, "href").p)
        p->base = url_resolve(p->env.arena, p->env.x->url,
                              arena_copy(p->env.arena, page_attr(s, "href"), SIGNAL_URL_MAX));
    const struct hook_input in = { p->env.x, to, p->env.words };
    standards_read_page(s, &in);
    /* An icon or description that is too long states nothing that anybody reads. */
    if (!p->stopping && standards_may_miss(s))
        note(p, UNDECIDED_LIMIT_SIGNALS);
    if (html_has_entities(r->html) && has_reference(s))
        note(p, UNDECIDED_LIMIT_SIGNALS);
    if (r->second)
        take_second(p);
    look_for_images(p);
}

/* ---- life ---- */

static void on_candidate(void *ctx)
{
    const struct pages *p = ctx;
    page_text_begin(p->text);
}

/* What the text reader finds beside text. */
static void on_property(void *ctx, const struct page_statement *s)
{
    struct pages *p = ctx;
    const struct hook_input in = { p->env.x, p->env.out, p->env.words };
    standards_read_page(s, &in);
    if (!p->stopping && standards_may_miss(s))
        note(p, UNDECIDED_LIMIT_SIGNALS);
}

static bool add_text(struct pages *p, bool xml)
{
    struct html_options o = {
        .xml = xml,
        .charset = p->env.charset,
        .page = on_property,
        .ctx = p,
        .text = p->env.text,
        .text_ctx = p->env.text_ctx,
    };
    p->text = page_text_open(p->env.arena, &o, pages_tld(p->env.x->url));
    return p->text != NULL;
}

static bool add_reader(struct pages *p, bool xml, bool second)
{
    bool text = p->n == 0 && p->env.text && p->env.literals && !p->env.head_only;
    if (text && !add_text(p, xml))
        return false;
    struct reader *r = &p->reader[p->n];
    struct html_options o = {
        .xml = xml,
        .head_only = p->env.head_only,
        .charset = p->env.charset,
        .page = on_page,
        .ctx = r,
        .packets = second ? NULL : p->env.packets,
        .literals = text ? p->env.literals : NULL,
        .worth = p->env.worth,
        .worth_ctx = p->env.worth_ctx,
        .candidate = on_candidate,
        .candidate_ctx = p,
    };
    *r = (struct reader){ .pages = p, .second = second };
    r->html = html_open(p->env.arena, &o);
    p->n += r->html != NULL;
    return r->html != NULL;
}

struct pages *pages_open(const struct pages_env *env, struct kind_pages as)
{
    struct pages *p = arena_alloc(env->arena, sizeof *p);
    if (!p)
        return NULL;
    *p = (struct pages){ .env = *env, .images_at = SIZE_MAX };
    signals_init(&p->found, env->arena);
    p->found.scale = env->out->scale;
    bool both = as.html && as.xml;
    if (as.html && !(both && as.html_is_second) && !add_reader(p, false, false))
        return NULL;
    if (as.xml && !add_reader(p, true, both && !as.html_is_second))
        return NULL;
    if (both && as.html_is_second && !add_reader(p, false, true))
        return NULL;
    look_for_images(p); /* the head may have said it */
    return p;
}

static void take_result(struct pages *p, struct reader *r, enum optout_rc rc)
{
    r->done = r->done || rc != OPTOUT_MORE;
    *p->env.undecided |= reasons_of(READER_OF_PAGE, rc);
    if (html_entities_hold_markup(r->html))
        note(p, UNDECIDED_LIMIT_SIGNALS);
}

enum optout_rc pages_feed(struct pages *p, struct slice bytes)
{
    bool settled = true;
    size_t live = 0;
    for (size_t i = 0; i < p->n; i++) {
        struct reader *r = &p->reader[i];
        if (!r->done)
            take_result(p, r, html_feed(r->html, bytes));
        live += !r->done;
        settled = settled && html_head_closed(r->html);
    }
    if (p->text)
        *p->env.undecided |= reasons_of(READER_OF_PAGE, page_text_feed(p->text, bytes));
    p->env.out->settled = settled;
    return live ? OPTOUT_MORE : OPTOUT_DONE;
}

void pages_end(struct pages *p, bool stopping)
{
    p->stopping = stopping;
    for (size_t i = 0; i < p->n; i++)
        if (!p->reader[i].done)
            take_result(p, &p->reader[i], html_end(p->reader[i].html));
    if (p->text && !stopping)
        *p->env.undecided |= reasons_of(READER_OF_PAGE, page_text_end(p->text));
    tell_later(p);
    if (p->text && page_text_is_untold(p->text))
        note(p, UNDECIDED_UNREAD);
}

struct slice pages_title(const struct pages *p)
{
    struct slice title = SLICE_EMPTY;
    for (size_t i = 0; i < p->n && !title.n; i++)
        title = html_title(p->reader[i].html, p->env.arena);
    return title;
}

struct slice pages_base(const struct pages *p)
{
    return p->base;
}

struct slice pages_tld(struct slice url)
{
    struct slice rest = slice_from(url, slice_find(url, ':') + 1);
    if (!slice_take(&rest, '/') || !slice_take(&rest, '/'))
        return SLICE_EMPTY;
    size_t n = 0;
    while (n < rest.n && (ascii_is_alnum(rest.p[n]) || rest.p[n] == '.' || rest.p[n] == '-'))
        n++;
    struct slice host = slice_sub(rest, 0, n);
    for (size_t dot; (dot = slice_find(host, '.')) < host.n;)
        host = slice_from(host, dot + 1);
    return host.n && host.n < n && !ascii_is_digit(host.p[0]) ? host : SLICE_EMPTY;
}
