/* SPDX-License-Identifier: Apache-2.0 */
/* rsl.c - where a response or a page points to its RSL licence, and the
 * challenge by which a server asks for one.
 *
 * Really Simple Licensing 1.0, section 4 (discovery), Crawler Authorization
 * Protocol (WWW-Authenticate: License). Documents elsewhere are found and reported;
 * one that a page holds in a script, or a file in its XMP or its package document, is read.
 *
 * MAX_* limits: those of http/link.h and rsl_document.c, RSL_SCRIPT_MEMORY; every
 * field line is looked at once. */
#include "standards/common.h"
#include "standards/rsl_terms.h"

#include "http/link.h"
#include "http/url_path.h"

#define NOTE_POINTER "RSL document not evaluated"
#define RSL_SCRIPT_MEMORY (4u << 20) /* for the rules of one script, PAGE_SCRIPT_MAX long */

/* A URL that is cut leads to another document. */
static void add_url(struct signals *out, const struct signal *sig)
{
    if (sig->url.n > SIGNAL_URL_MAX)
        out->overflow = true;
    signals_add(out, sig);
}

struct pointers {
    struct signals *out;
    struct signal first; /* its URL is empty when there is none */
};

static void add_pointer(void *ctx, const struct link_value *link, const struct header *h,
                        size_t at)
{
    struct pointers *p = ctx;
    if (!type_is_rsl(link->type))
        return;
    struct signal sig = signal_from_header(STD_RSL, h, at);
    sig.raw = sig.url = link->target;
    sig.note = NOTE_POINTER;
    if (!p->first.url.n)
        p->first = sig;
    add_url(p->out, &sig);
}

/* RSL 1.0 section 4.10: with 401 or 402 the link alone asks for a licence. It is a statement
 * beside the link, which stays one that leads to a document. */
static void add_refusal(struct pointers *p)
{
    struct signal sig = p->first;
    sig.note = NULL;
    sig.prefs.of[USAGE_ACQUIRE] = PREF_CONDITIONAL;
    signals_add(p->out, &sig);
}

static void first_url(void *ctx, const struct link_value *link, const struct header *h, size_t at)
{
    (void)h;
    (void)at;
    struct slice *url = ctx;
    if (!url->p)
        *url = link->target;
}

/* The next comma outside quoted strings (RFC 9110 section 5.6.4). */
static size_t challenge_end(struct slice s)
{
    bool quoted = false;
    for (size_t i = 0; i < s.n; i++) {
        if (quoted && s.p[i] == '\\')
            i++;
        else if (s.p[i] == '"')
            quoted = !quoted;
        else if (s.p[i] == ',' && !quoted)
            return i;
    }
    return s.n;
}

/* The name of a parameter; empty when the piece begins a challenge. */
static struct slice parameter_name(struct slice piece)
{
    size_t at = slice_find(piece, '=');
    struct slice name = slice_trim_ows(slice_sub(piece, 0, at));
    return at < piece.n && slice_find(name, ' ') == name.n ? name : SLICE_EMPTY;
}

enum challenge { CHALLENGE_NONE, CHALLENGE_BARE, CHALLENGE_ERROR };

/* RFC 9110 section 11.6.1: a field may hold several challenges, and schemes
 * and parameters share its commas. `License` is a scheme unless "=" follows. */
static enum challenge challenge_of(struct slice value)
{
    static const struct slice scheme = SLICE("license");
    enum challenge found = CHALLENGE_NONE;
    bool inside = false; /* of a License challenge */
    while (value.n) {
        size_t end = challenge_end(value);
        struct slice piece = slice_trim_ows(slice_sub(value, 0, end));
        value = slice_from(value, end + 1);
        if (!parameter_name(piece).n) {
            struct slice after = slice_from(piece, scheme.n);
            struct slice next = slice_trim_ows(after);
            inside = slice_starts_nocase(piece, scheme) && (after.n == 0 || next.n < after.n);
            piece = next;
        }
        if (inside && found == CHALLENGE_NONE)
            found = CHALLENGE_BARE;
        if (inside && slice_eq_nocase(parameter_name(piece), SLICE_OF("error")))
            return CHALLENGE_ERROR;
    }
    return found;
}

static void rsl_headers(const struct hook_input *r)
{
    struct pointers p = { .out = r->out };
    links_each(r->x, r->out, "license", add_pointer, &p);
    struct slice url = SLICE_EMPTY;
    bool looked = false;
    const struct header *h;
    for (size_t i = 0; (h = headers_next(&r->x->response, "www-authenticate", &i)) != NULL;) {
        enum challenge challenge = challenge_of(h->value);
        if (challenge == CHALLENGE_NONE)
            continue;
        if (!looked)
            links_each(r->x, r->out, "license", first_url, &url);
        looked = true;
        struct signal sig = signal_from_header(STD_RSL, h, i - 1);
        sig.prefs.of[USAGE_ACQUIRE] = PREF_CONDITIONAL;
        sig.url = url;
        if (challenge == CHALLENGE_BARE && !p.first.url.n)
            signal_lax(&sig, "neither error nor RSL link: perhaps another scheme of that name");
        signals_add(r->out, &sig);
    }
    if (!looked && p.first.url.n && (r->x->status == 401 || r->x->status == 402))
        add_refusal(&p);
}

/* Where the page is, to compare with the url of a content element. */
struct place {
    struct slice origin, path; /* both empty: not known */
};

static struct place place_of(struct arena *a, struct slice url)
{
    struct place p = { SLICE_EMPTY, SLICE_EMPTY };
    struct slice path;
    if (url_split(a, url, &p.origin, &path))
        p.path = url_path_normal(a, path);
    else
        p.origin = SLICE_EMPTY;
    return p;
}

/* A page whose own URL is not known is taken for the one that is meant. */
static bool is_about(const struct site_rule *rule, const struct place *p)
{
    if (p->path.n == 0)
        return true;
    return (rule->origin.n == 0 || slice_eq(rule->origin, p->origin)) &&
           url_pattern_match(rule->pattern, p->path);
}

/* Who uses the page, and where, is the profile's to say and not known here: what
 * is licensed to some is conditional, what is prohibited may be so to them all. */
static struct rsl_grant before_user(const struct site_rule *r)
{
    struct rsl_terms t = { .prefs = r->prefs, .usage_prohibits = r->usage_prohibits,
                           .payment = r->payment, .server = r->server,
                           .encrypted = r->encrypted };
    bool restricted = r->user_permits || r->user_prohibits || r->geo_permits.n ||
                      r->geo_prohibits.n;
    if (restricted)
        t.encrypted = true; /* any condition will do */
    return rsl_terms_for(&t, RSL_USER_COUNT, SLICE_EMPTY);
}

/* Fills the signal from the rules of one content element, rule[from] the first;
 * returns where the next begins. */
static uint32_t read_content(const struct site_rules *rules, uint32_t from, struct signal *sig)
{
    const struct site_rule *rule = &rules->rule[from];
    struct rsl_grant all = before_user(rule);
    uint32_t i = from + 1;
    sig->confidence = rule->confidence;
    sig->note = rule->note;
    sig->url = rule->url;
    for (; i < rules->n_rules && rules->rule[i].content == rule->content; i++) {
        struct rsl_grant other = before_user(&rules->rule[i]);
        rsl_grant_either(&all, &other);
        if (rules->rule[i].confidence < sig->confidence)
            signal_lax(sig, rules->rule[i].note);
    }
    sig->prefs = rsl_grant_prefs(&all);
    return i;
}

/* RSL 1.0 section 4.4: a document inside of the body is about the element it stands
 * in, so what it permits is not permitted of the page. */
static void confine(struct signal *sig)
{
    for (size_t u = 0; u < USAGE_COUNT; u++)
        if (sig->prefs.of[u] == PREF_ALLOW)
            sig->prefs.of[u] = PREF_UNKNOWN;
    if (!sig->note)
        sig->note = "about a part of the page: denies, never allows";
}

/* A content that names other URLs than the page's: of the images that the page embeds, those
 * whose URL it matches are licensed so. `image` is origin and pattern. */
static bool add_images(const struct site_rule *rule, const struct place *place, struct arena *a,
                       struct signal sig, struct signals *out)
{
    struct slice origin = rule->origin.n ? rule->origin : place->origin;
    uint8_t *p = arena_take(a, origin.n + rule->pattern.n + 1);
    prefs_drop_allow(&sig.prefs);
    if (!signal_restricts(&sig) || !p || !origin.n || !rule->pattern.n)
        return false;
    memcpy(p, origin.p, origin.n);
    memcpy(p + origin.n, rule->pattern.p, rule->pattern.n);
    sig.image = slice_of(p, origin.n + rule->pattern.n);
    sig.scope = SCOPE_EMBEDDED_IMAGES;
    if (!sig.note)
        sig.note = "RSL content of other URLs: of those that the page embeds as images";
    if (sig.image.n > SIGNAL_URL_MAX)
        out->overflow = true;
    else
        signals_add(out, &sig);
    return true;
}

static void add_contents(const struct site_rules *rules, const struct signal *base,
                         const struct exchange *x, bool in_head, struct signals *out)
{
    struct place place = place_of(rules->arena, x->url);
    bool found = false;
    for (uint32_t i = 0; i < rules->n_rules;) {
        const struct site_rule *rule = &rules->rule[i];
        struct signal sig = *base;
        i = read_content(rules, i, &sig);
        if (slice_eq(sig.url, x->url))
            sig.url = SLICE_EMPTY;
        if (!is_about(rule, &place)) {
            found |= add_images(rule, &place, rules->arena, sig, out);
            continue;
        }
        found = true;
        if (rule->content > 0)
            signal_lax(&sig, "more than one content element");
        if (!in_head && rule->pattern.n == 0)
            confine(&sig);
        signals_add(out, &sig);
    }
    if (found)
        return;
    struct signal sig = *base;
    sig.note = "RSL content is about another URL";
    signals_add(out, &sig);
}

/* RSL 1.0 section 3.1.1: what cannot be read licenses nothing. */
static void add_unreadable(const struct signal *base, struct signals *out)
{
    struct signal sig = *base;
    sig.prefs.of[USAGE_TRAIN_AI] = PREF_DENY;
    sig.prefs.of[USAGE_AI_USE] = PREF_DENY;
    signal_lax(&sig, "RSL document cannot be read: not licensed");
    signals_add(out, &sig);
}

typedef void document_visit(const struct site_rules *rules, const struct signal *base,
                            const struct exchange *x, bool flag, struct signals *out);

/* A document in hand, sig->raw; `cut`: it is not whole. `flag` is the visit's own. */
static void read_document(struct signal *sig, bool cut, const struct exchange *x, bool flag,
                          document_visit *visit, struct signals *out)
{
    struct arena arena; /* what the rules take is given back at once */
    arena_init(&arena, RSL_SCRIPT_MEMORY, NULL, 0);
    struct site_rules *rules = arena_take(&arena, sizeof *rules);
    enum optout_rc rc = OPTOUT_E_NOMEM;
    if (rules) {
        site_rules_init(rules, &arena);
        rc = cut ? OPTOUT_E_LIMIT : rsl_document_parse(sig->raw, x->url, rules);
    }
    if (rc == OPTOUT_E_NOMEM)
        out->overflow = true;
    if (rc == OPTOUT_OK)
        visit(rules, sig, x, flag, out);
    else
        add_unreadable(sig, out);
    arena_reset(&arena);
}

static void read_script(const struct page_statement *s, const struct exchange *x,
                        struct signals *out)
{
    struct signal sig = signal_from_page(STD_RSL, s);
    sig.raw = slice_trim_space(s->text);
    read_document(&sig, s->cut, x, s->in_head, add_contents, out);
}

static void rsl_page(const struct page_statement *s, const struct hook_input *r)
{
    if ((s->kind != PAGE_LINK && s->kind != PAGE_SCRIPT) || !type_is_rsl(page_attr(s, "type")))
        return;
    if (s->kind == PAGE_SCRIPT) {
        read_script(s, r->x, r->out);
        return;
    }
    struct slice url = slice_trim_space(page_attr(s, "href"));
    if (url.n == 0 || !link_rel_has(page_attr(s, "rel"), "license"))
        return;
    struct signal sig = signal_from_page(STD_RSL, s);
    sig.note = NOTE_POINTER;
    sig.raw = sig.url = url;
    if (page_attr_cut(s, "href"))
        r->out->overflow = true;
    add_url(r->out, &sig);
}

/* RSL 1.0 section 4.8: one content, whose URL is the file's lasting one; the file may be
 * got from another. Of several contents those that are about where it was got count, or,
 * when none is, all. Section 4.5: in the item of a feed they are about that item, which has a
 * URL of its own. */
static void add_file_contents(const struct site_rules *rules, const struct signal *base,
                              const struct exchange *x, bool denies_only, struct signals *out)
{
    struct place place = place_of(rules->arena, x->url);
    bool about = false, item = base->carrier == CARRIER_FEED && base->scope == SCOPE_COMPONENT;
    for (uint32_t i = 0; i < rules->n_rules && !item; i++)
        about = about || is_about(&rules->rule[i], &place);
    for (uint32_t i = 0; i < rules->n_rules;) {
        const struct site_rule *rule = &rules->rule[i];
        struct signal sig = *base;
        i = read_content(rules, i, &sig);
        if (about && !is_about(rule, &place))
            continue;
        if (base->confidence < sig.confidence) {
            sig.confidence = base->confidence;
            sig.note = base->note;
        }
        if (rule->content > 0 || rules->rule[rules->n_rules - 1].content > 0)
            signal_lax(&sig, "more than one content element");
        if (!about && !item)
            signal_lax(&sig, "content of another URL: taken for the file it stands in");
        if (slice_eq(sig.url, x->url))
            sig.url = SLICE_EMPTY;
        if (denies_only || sig.confidence == CONF_WEAK)
            prefs_drop_allow(&sig.prefs);
        signals_add(out, &sig);
    }
    if (rules->n_rules == 0)
        signals_add(out, base);
}

static bool is_url(struct slice s)
{
    return slice_starts_nocase(s, SLICE_OF("https://")) ||
           slice_starts_nocase(s, SLICE_OF("http://"));
}

static void rsl_property(const struct property *p, const struct hook_input *r)
{
    if (!property_ns_is(p->ns, "https://rslstandard.org/rsl"))
        return;
    struct signal sig = signal_from_property(STD_RSL, p);
    if (slice_eq(p->name, SLICE_OF("rsl"))) {
        if (p->carrier == CARRIER_FEED)
            signal_lax(&sig, "of the feed itself: RSL has it in items alone");
        read_document(&sig, p->cut, r->x, property_denies_only(p), add_file_contents, r->out);
    } else if (slice_eq(p->name, SLICE_OF("license")) && p->value.n) {
        /* Not as RSL writes it: text where a document should stand. */
        signal_lax(&sig, "license without its document: not evaluated");
        if (is_url(p->value) || slice_begins(p->value, '/'))
            sig.url = property_url(p, r);
        signals_add(r->out, &sig);
    }
}

const struct standard standard_rsl = {
    .name = "rsl",
    .title = "Really Simple Licensing",
    .spec = "https://rslstandard.org/rsl",
    .version = "1.0",
    .reads = "HTTP header, HTML link and script, site file, XMP, EPUB, feeds, "
             "structured data of pages",
    .fields = FIELDS("link", "www-authenticate"),
    .headers = rsl_headers,
    .page = rsl_page,
    .property = rsl_property,
};
