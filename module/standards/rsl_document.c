/* SPDX-License-Identifier: Apache-2.0 */
/* rsl_document.c - a Really Simple Licensing document, read into site rules.
 *
 * RSL 1.0 section 3 (document), with what draft 0.9 wrote otherwise. One rule for
 * each licence of each content element; a content without a licence, and one whose
 * URL cannot be read, license nothing. What the words mean is in rsl_terms.c.
 *
 * Limits: SITE_FILE_MAX bytes, those of xml_sax.h, RSL_LICENSES_MAX licences,
 * RSL_TEXT_MAX bytes of text in one element; beyond any of them OPTOUT_E_LIMIT. */
#include "standards/rsl_terms.h"
#include "syntax/xml_sax.h"

#include "http/url.h"
#include "http/url_path.h"

#define RSL_NAMESPACE "https://rslstandard.org/rsl"
#define RSL_LICENSES_MAX 4096
#define RSL_TEXT_MAX (64u << 10)
#define RSL_DAYS_MAX 36500 /* of max-age; more is read as this */

enum node {
    NODE_OTHER, /* nothing in it is ours */
    NODE_KNOWN, /* the specification's, without meaning here */
    NODE_ROOT,
    NODE_RSL,
    NODE_CONTENT,
    NODE_LICENSE,
    NODE_PERMITS,
    NODE_PROHIBITS,
    NODE_PAYMENT,
    NODE_STANDARD,
    NODE_CUSTOM,
    NODE_REPORTING,
};

/* parent NODE_OTHER: wherever it stands. */
static const struct {
    struct slice name;
    enum node parent, node;
} elements[] = {
    { SLICE("rsl"), NODE_ROOT, NODE_RSL },
    { SLICE("content"), NODE_RSL, NODE_CONTENT },
    { SLICE("license"), NODE_CONTENT, NODE_LICENSE },
    { SLICE("permits"), NODE_LICENSE, NODE_PERMITS },
    { SLICE("prohibits"), NODE_LICENSE, NODE_PROHIBITS },
    { SLICE("payment"), NODE_LICENSE, NODE_PAYMENT },
    { SLICE("reporting"), NODE_LICENSE, NODE_REPORTING },
    { SLICE("standard"), NODE_PAYMENT, NODE_STANDARD },
    { SLICE("custom"), NODE_PAYMENT, NODE_CUSTOM },
    { SLICE("amount"), NODE_OTHER, NODE_KNOWN },
    { SLICE("accepts"), NODE_OTHER, NODE_KNOWN },
    { SLICE("legal"), NODE_OTHER, NODE_KNOWN },
    { SLICE("schema"), NODE_OTHER, NODE_KNOWN },
    { SLICE("copyright"), NODE_OTHER, NODE_KNOWN },
    { SLICE("terms"), NODE_OTHER, NODE_KNOWN },
    { SLICE("alternate"), NODE_OTHER, NODE_KNOWN },
};

struct content {
    uint32_t number, line, licenses;
    struct slice pattern, origin, server;
    bool encrypted;
    bool skipped;    /* about no web resource */
    bool unreadable; /* its URL is: licenses nothing */
    const char *lax;
};

struct license {
    uint32_t line;
    struct rsl_reading reading;
    struct slice standard, custom; /* URLs */
    bool term_known;               /* of the permits or prohibits that is open */
    enum rsl_term term;
    uint8_t raw[SIGNAL_RAW_MAX];
    size_t raw_n;
};

struct document {
    struct slice url;
    struct site_rules *out;
    bool bare;       /* the root has no name space */
    bool unknown;    /* holds elements of the name space that RSL does not have */
    enum node stack[XML_SAX_DEPTH_MAX + 1]; /* [0] is the document itself */
    uint32_t n_contents;
    uint32_t n_rules;
    struct content content;
    struct license license;
    uint8_t *text; /* of the element that is open */
    size_t text_n, text_max;
};

/* Appends to the short form of the licence, as far as it fits; runs of space
 * become one. */
static void raw_put(struct license *l, struct slice s)
{
    bool gap = false;
    for (size_t i = 0; i < s.n && l->raw_n + 1 < sizeof l->raw; i++) {
        bool space = ascii_is_space(s.p[i]);
        if (!space && gap)
            l->raw[l->raw_n++] = ' ';
        if (!space)
            l->raw[l->raw_n++] = s.p[i];
        gap = space;
    }
    if (gap && l->raw_n < sizeof l->raw)
        l->raw[l->raw_n++] = ' ';
}

static void raw_clause(struct license *l, const char *word, struct slice type, struct slice text)
{
    raw_put(l, slice_cstr(l->raw_n ? "; " : ""));
    raw_put(l, slice_cstr(word));
    if (type.n) {
        raw_put(l, slice_cstr(" "));
        raw_put(l, type);
    }
    raw_put(l, slice_cstr(": "));
    raw_put(l, slice_trim_space(text));
}

static enum optout_rc add_rule(struct document *d, struct site_rule *rule)
{
    const struct content *c = &d->content;
    if (++d->n_rules > RSL_LICENSES_MAX)
        return OPTOUT_E_LIMIT;
    rule->kind = RULE_RSL;
    rule->group = RULE_GROUP_FILE;
    rule->content = c->number;
    rule->pattern = c->pattern;
    rule->weight = (uint32_t)c->pattern.n;
    rule->origin = c->origin;
    if (!site_rules_add(d->out, rule))
        return d->out->n_rules >= SITE_RULES_MAX ? OPTOUT_E_LIMIT : OPTOUT_E_NOMEM;
    return OPTOUT_OK;
}

static enum optout_rc add_unlicensed(struct document *d, const char *raw, const char *note)
{
    struct site_rule rule = {
        .confidence = CONF_LAX,
        .line = d->content.line,
        .raw = slice_cstr(raw),
        .url = d->content.server.n ? d->content.server : d->url,
        .server = d->content.server.n != 0,
        .note = note,
    };
    rule.prefs.of[USAGE_TRAIN_AI] = PREF_DENY;
    rule.prefs.of[USAGE_AI_USE] = PREF_DENY;
    rule.prefs.of[USAGE_SEARCH] = PREF_DENY;
    return add_rule(d, &rule);
}

static enum optout_rc end_license(struct document *d)
{
    struct license *l = &d->license;
    struct content *c = &d->content;
    struct arena *a = d->out->arena;
    c->licenses++;
    if (c->skipped || c->unreadable)
        return OPTOUT_OK;
    struct site_rule rule = { .line = l->line };
    if (!rsl_terms_rule(&l->reading, a, &rule))
        return OPTOUT_E_NOMEM;
    rule.url = c->server.n ? c->server : l->standard.n ? l->standard : l->custom;
    if (rule.url.n == 0)
        rule.url = d->url;
    rule.raw = arena_copy(a, slice_of(l->raw, l->raw_n), sizeof l->raw);
    return rule.raw.p ? add_rule(d, &rule) : OPTOUT_E_NOMEM;
}

static enum optout_rc end_content(struct document *d)
{
    if (d->content.skipped)
        return OPTOUT_OK;
    if (d->content.unreadable)
        return add_unlicensed(d, "content url", "URL cannot be read: not licensed");
    if (d->content.licenses == 0)
        return add_unlicensed(d, "content without license", "content without a licence");
    return OPTOUT_OK;
}

static bool is_web_url(struct slice url)
{
    return slice_starts_nocase(url, SLICE_OF("https://")) ||
           slice_starts_nocase(url, SLICE_OF("http://"));
}

/* "https://example.com/a*" confines the pattern to an origin. */
static void read_full_url(struct document *d, struct slice url, struct slice *path)
{
    struct content *c = &d->content;
    struct arena *a = d->out->arena;
    size_t from = slice_find(url, ':') + 3, end = from;
    while (end < url.n && url.p[end] != '/' && url.p[end] != '?' && url.p[end] != '#')
        end++;
    struct slice host = slice_sub(url, from, end - from);
    if (slice_find(host, '*') < host.n) {
        c->lax = "host with a wildcard: read as any host";
        *path = slice_from(url, end);
        *path = slice_sub(*path, 0, slice_find(*path, '#'));
    } else if (!url_split(a, url, &c->origin, path)) {
        c->unreadable = true;
    }
}

/* A path pattern, a full URL, or "": what the document is embedded in, or what
 * points to it. */
static enum optout_rc read_content_url(struct document *d, struct slice url)
{
    struct content *c = &d->content;
    struct arena *a = d->out->arena;
    if (!url.p)
        c->lax = "content without url: read as everything";
    url = slice_trim_space(url);
    if (url.n >= 2 && url.p[0] == '/' && url.p[1] == '/') {
        c->lax = "URL without a scheme";
        url = url_resolve(a, SLICE_OF("https://x/"), url);
    }
    if (is_web_url(url)) {
        struct slice full = url;
        read_full_url(d, full, &url);
    } else if (url.n == 0 || url.p[0] == '/' || url.p[0] == '*') {
        /* a pattern as it is */
    } else if (slice_find_nocase(url, SLICE_OF("://")) < url.n) {
        c->skipped = true;
        site_rules_warn(d->out, SITE_WARN_BAD_VALUE, c->line, "content is no web resource");
    } else {
        uint8_t *rooted = arena_take(a, url.n + 1);
        if (!rooted)
            return OPTOUT_E_NOMEM;
        rooted[0] = '/';
        memcpy(rooted + 1, url.p, url.n);
        url = slice_of(rooted, url.n + 1);
        c->lax = "path without its slash";
    }
    if (c->unreadable || url.n == 0)
        return OPTOUT_OK;
    c->pattern = url_pattern_normal(a, url);
    return c->pattern.p ? OPTOUT_OK : OPTOUT_E_NOMEM;
}

static bool is_true(struct slice value)
{
    static const struct slice no[] = { SLICE(""), SLICE("false"), SLICE("0"), SLICE("no") };
    value = slice_trim_space(value);
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        if (slice_eq_nocase(value, no[i]))
            return false;
    return true;
}

/* Makes a URL absolute and its own; empty when it is none. */
static enum optout_rc keep_url(struct document *d, struct slice url, struct slice *out)
{
    struct arena *a = d->out->arena;
    url = slice_trim_space(url);
    if (!is_web_url(url) && !slice_begins(url, '/'))
        return OPTOUT_OK;
    *out = arena_copy(a, url_resolve(a, d->url, url), SIGNAL_URL_MAX);
    return out->p ? OPTOUT_OK : OPTOUT_E_NOMEM;
}

static void open_rsl(struct document *d, const struct xml_element *e)
{
    uint64_t days;
    struct slice age = xml_attr(e, "max-age");
    if (!age.p)
        return;
    if (!slice_to_u64(slice_trim_space(age), &days) || days == 0) {
        site_rules_warn(d->out, SITE_WARN_BAD_VALUE, e->line, "max-age is no number of days");
        return;
    }
    d->out->max_age_s = (uint32_t)(days < RSL_DAYS_MAX ? days : RSL_DAYS_MAX) * 86400u;
}

static enum optout_rc open_content(struct document *d, const struct xml_element *e)
{
    struct content *c = &d->content;
    *c = (struct content){ .number = d->n_contents++, .line = e->line };
    c->encrypted = is_true(xml_attr(e, "encrypted"));
    struct slice server = slice_trim_space(xml_attr(e, "server"));
    if (server.n) {
        c->server = arena_copy(d->out->arena, url_resolve(d->out->arena, d->url, server),
                               SIGNAL_URL_MAX);
        if (!c->server.p)
            return OPTOUT_E_NOMEM;
    }
    return read_content_url(d, xml_attr(e, "url"));
}

static void open_license(struct document *d, const struct xml_element *e)
{
    d->license = (struct license){ .line = e->line };
    d->license.reading.server = d->content.server.n != 0;
    d->license.reading.encrypted = d->content.encrypted;
    d->license.reading.lax = d->content.lax;
}

/* Which dimension a permits or prohibits element speaks of. One without a type is
 * taken for the usage. */
static void open_term(struct document *d, const struct xml_element *e)
{
    struct license *l = &d->license;
    struct slice type = xml_attr(e, "type");
    bool is_lax = true;
    l->term = RSL_TERM_USAGE;
    l->term_known = !type.p || rsl_term_from_type(type, &l->term, &is_lax);
    if (!l->term_known)
        is_lax = slice_find(type, ':') == type.n; /* of another vocabulary */
    if (is_lax && !l->reading.lax)
        l->reading.lax = !type.p         ? "list without a type: read as usage"
                         : l->term_known ? "type not in lower case"
                                         : "list of an unknown type";
}

static void open_payment(struct document *d, const struct xml_element *e)
{
    struct slice type = xml_attr(e, "type");
    rsl_payment_read(&d->license.reading, type);
    raw_clause(&d->license, "payment", SLICE_EMPTY, type.n ? type : SLICE_OF("not said"));
}

static enum node node_of(struct document *d, const struct xml_element *e, enum node parent)
{
    bool ours = d->bare ? e->ns.n == 0 && e->prefix.n == 0
                        : slice_eq(e->ns, SLICE_OF(RSL_NAMESPACE));
    if (!ours || (parent == NODE_OTHER && e->depth > 1))
        return NODE_OTHER;
    for (size_t i = 0; i < sizeof elements / sizeof *elements; i++)
        if (slice_eq(e->name, elements[i].name) &&
            (elements[i].parent == parent || elements[i].parent == NODE_OTHER))
            return elements[i].node;
    d->unknown = true;
    return NODE_OTHER;
}

static bool keeps_text(enum node node)
{
    return node == NODE_PERMITS || node == NODE_PROHIBITS || node == NODE_STANDARD ||
           node == NODE_CUSTOM;
}

static enum optout_rc on_open(void *ctx, const struct xml_element *e)
{
    struct document *d = ctx;
    if (e->depth == 1)
        d->bare = e->ns.n == 0 && e->prefix.n == 0;
    enum node node = node_of(d, e, d->stack[e->depth - 1]);
    d->stack[e->depth] = node;
    if (keeps_text(node))
        d->text_n = 0;
    if (e->depth == 1 && node != NODE_RSL)
        return OPTOUT_E_SYNTAX;
    switch (node) {
    case NODE_RSL: open_rsl(d, e); break;
    case NODE_CONTENT: return open_content(d, e);
    case NODE_LICENSE: open_license(d, e); break;
    case NODE_PERMITS:
    case NODE_PROHIBITS: open_term(d, e); break;
    case NODE_PAYMENT: open_payment(d, e); break;
    case NODE_REPORTING: d->license.reading.reporting = true; break;
    default: break;
    }
    return OPTOUT_OK;
}

static enum optout_rc on_text(void *ctx, unsigned depth, struct slice text)
{
    struct document *d = ctx;
    if (!keeps_text(d->stack[depth]))
        return OPTOUT_OK;
    if (text.n > d->text_max - d->text_n)
        return OPTOUT_E_LIMIT;
    memcpy(d->text + d->text_n, text.p, text.n);
    d->text_n += text.n;
    return OPTOUT_OK;
}

static void end_term(struct document *d, enum rsl_side side, struct slice text)
{
    static const char *const sides[] = { "permits", "prohibits" };
    static const char *const terms[] = { "usage", "user", "geo" };
    struct license *l = &d->license;
    if (!l->term_known)
        return;
    rsl_terms_read(&l->reading, side, l->term, text);
    raw_clause(l, sides[side], slice_cstr(terms[l->term]), text);
}

static enum optout_rc on_close(void *ctx, unsigned depth)
{
    struct document *d = ctx;
    struct slice text = slice_of(d->text, d->text_n);
    switch (d->stack[depth]) {
    case NODE_CONTENT: return end_content(d);
    case NODE_LICENSE: return end_license(d);
    case NODE_PERMITS: end_term(d, RSL_PERMITS, text); break;
    case NODE_PROHIBITS: end_term(d, RSL_PROHIBITS, text); break;
    case NODE_STANDARD: return keep_url(d, text, &d->license.standard);
    case NODE_CUSTOM: return keep_url(d, text, &d->license.custom);
    default: break;
    }
    return OPTOUT_OK;
}

/* What holds for the whole document is known only at its end. */
static void soften(struct document *d, uint32_t first)
{
    const char *note = d->bare      ? "root without the name space of RSL"
                       : d->unknown ? "element that RSL does not have, or out of place"
                                    : NULL;
    if (!note)
        return;
    for (uint32_t i = first; i < d->out->n_rules; i++) {
        struct site_rule *rule = &d->out->rule[i];
        if (rule->confidence > CONF_LAX) {
            rule->confidence = CONF_LAX;
            rule->note = note;
        }
    }
}

enum optout_rc rsl_document_parse(struct slice text, struct slice url, struct site_rules *out)
{
    if (text.n > SITE_FILE_MAX)
        return OPTOUT_E_LIMIT;
    struct document *d = arena_alloc(out->arena, sizeof *d);
    if (!d)
        return OPTOUT_E_NOMEM;
    uint32_t first = out->n_rules;
    *d = (struct document){ .url = url, .out = out, .stack = { NODE_ROOT } };
    d->text_max = text.n < RSL_TEXT_MAX / 2 ? text.n * 2 : RSL_TEXT_MAX; /* UTF-16 grows */
    d->text = arena_take(out->arena, d->text_max + 1);
    if (!d->text)
        return OPTOUT_E_NOMEM;
    struct xml_events events = { on_open, on_text, on_close, d };
    enum optout_rc rc = xml_sax_parse(text, out->arena, &events);
    /* At least one content is required; without it nothing is licensed. */
    if (rc == OPTOUT_OK && d->n_contents == 0)
        rc = OPTOUT_E_SYNTAX;
    if (rc == OPTOUT_OK)
        soften(d, first);
    else
        out->n_rules = first;
    return rc;
}
