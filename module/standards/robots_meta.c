/* SPDX-License-Identifier: Apache-2.0 */
/* robots_meta.c - robots rules of one page or response, noai among them.
 *
 * X-Robots-Tag and meta robots: no grammar was ever published, so this follows
 * what deployed parsers agree on and is careful where they do not. Every field
 * line is read by itself, because "bot: rule" is in force up to the end of its
 * line: merging lines would give rules to bots that they were not written for.
 * Robots-Tag: draft-illyes-repext-03 section 3, a List of RFC 9651.
 *
 * Commas part rules even inside quotation marks: no deployed rule has a quoted
 * string, and people quote whole values. Dates, the one value with a comma,
 * take the next piece when they do not make sense without it.
 *
 * MAX_* limits */
#define MAX_DATE_PIECES 3 /* comma-parted pieces of one date */
#define MAX_NEAR_MISSES 8 /* reported per line or element, so that they crowd out no rule */

#include "standards/common.h"

#include "core/clock.h"
#include "http/date.h"
#include "http/media_type.h"
#include "http/structured.h"

enum kind {
    RULE_PLAIN,   /* prefs, when it has any */
    RULE_ARCHIVE, /* means something to the vendors below, and only to them */
    RULE_CACHE,
    RULE_LENGTH, /* max-snippet: zero is nosnippet */
    RULE_AFTER,  /* unavailable_after: a date */
    RULE_VALUED  /* has a value, and nothing to say of any usage */
};

static const struct rule {
    struct slice name;
    enum kind kind;
    bool images; /* is about the images, not the text */
    struct prefs prefs;
} rules[] = {
    { SLICE("noai"), RULE_PLAIN, false,
      { { [USAGE_TRAIN_AI] = PREF_DENY, [USAGE_AI_USE] = PREF_DENY } } },
    { SLICE("noimageai"), RULE_PLAIN, true,
      { { [USAGE_TRAIN_AI] = PREF_DENY, [USAGE_AI_USE] = PREF_DENY } } },
    { SLICE("noml"), RULE_PLAIN, false, { { [USAGE_TDM] = PREF_DENY } } },
    { SLICE("disallowaitraining"), RULE_PLAIN, false, { { [USAGE_TRAIN_AI] = PREF_DENY } } },
    { SLICE("noindex"), RULE_PLAIN, false, { { [USAGE_SEARCH] = PREF_DENY } } },
    { SLICE("none"), RULE_PLAIN, false, { { [USAGE_SEARCH] = PREF_DENY } } },
    { SLICE("noimageindex"), RULE_PLAIN, true, { { [USAGE_SEARCH] = PREF_DENY } } },
    { SLICE("nosnippet"), RULE_PLAIN, false, { { [USAGE_AI_USE] = PREF_CONDITIONAL } } },
    { SLICE("max-snippet"), RULE_LENGTH, false, { { [USAGE_AI_USE] = PREF_CONDITIONAL } } },
    { SLICE("unavailable_after"), RULE_AFTER, false, { { [USAGE_SEARCH] = PREF_DENY } } },
    { SLICE("noarchive"), RULE_ARCHIVE, false, { { 0 } } },
    { SLICE("nocache"), RULE_CACHE, false, { { 0 } } },
    { SLICE("max-image-preview"), RULE_VALUED, false, { { 0 } } },
    { SLICE("max-video-preview"), RULE_VALUED, false, { { 0 } } },
    { SLICE("all"), RULE_PLAIN, false, { { 0 } } },
    { SLICE("index"), RULE_PLAIN, false, { { 0 } } },
    { SLICE("follow"), RULE_PLAIN, false, { { 0 } } },
    { SLICE("nofollow"), RULE_PLAIN, false, { { 0 } } },
    { SLICE("archive"), RULE_PLAIN, false, { { 0 } } },
    { SLICE("cache"), RULE_PLAIN, false, { { 0 } } },
    { SLICE("snippet"), RULE_PLAIN, false, { { 0 } } },
    { SLICE("imageindex"), RULE_PLAIN, false, { { 0 } } },
    { SLICE("notranslate"), RULE_PLAIN, false, { { 0 } } },
    { SLICE("translate"), RULE_PLAIN, false, { { 0 } } },
    { SLICE("indexifembedded"), RULE_PLAIN, false, { { 0 } } },
    { SLICE("nositelinkssearchbox"), RULE_PLAIN, false, { { 0 } } },
    { SLICE("nopagereadaloud"), RULE_PLAIN, false, { { 0 } } },
    { SLICE("nopreview"), RULE_PLAIN, false, { { 0 } } },
    { SLICE("noodp"), RULE_PLAIN, false, { { 0 } } },
    { SLICE("odp"), RULE_PLAIN, false, { { 0 } } },
    { SLICE("noydir"), RULE_PLAIN, false, { { 0 } } },
};

/* What two operators say these rules mean to their own crawlers. */
static const struct vendor {
    const char *agent;
    enum kind kind;
    struct prefs prefs;
} vendors[] = {
    { "bingbot", RULE_ARCHIVE,
      { { [USAGE_TRAIN_AI] = PREF_DENY, [USAGE_AI_USE] = PREF_DENY } } },
    { "amazonbot", RULE_ARCHIVE, { { [USAGE_TRAIN_AI] = PREF_DENY } } },
    { "bingbot", RULE_CACHE,
      { { [USAGE_TRAIN_AI] = PREF_CONDITIONAL, [USAGE_AI_USE] = PREF_CONDITIONAL } } },
};

#define RULES_N (sizeof rules / sizeof *rules)
#define VENDORS_N (sizeof vendors / sizeof *vendors)

/* Heads of "name: value" that look like a product token and are none. */
static const char *const not_agents[] = {
    "tdm-reservation", "tdm-policy", "tdm", "content-usage", "content-signal", "train-ai",
    "ai-train",        "ai-training", "ai-use", "ai-input",  "ai",             "no-ai",
    NULL,
};

/* Names of meta elements that could pass for a product token and are none, beside those
 * that other standards read. */
static const char *const not_robots[] = {
    "description", "keywords", "viewport", "author", "generator", "referrer", "rating",
    "distribution", "theme-color", "color-scheme", "google-site-verification", "google",
    "pinterest", "copyright", "rights", "language", "title", "date", "publisher", "subject",
    "audience", "category", "classification", "coverage", "abstract", "application-name",
    "revisit-after", "format-detection", "apple-mobile-web-app-capable", "mobileoptimized",
    "apple-mobile-web-app-status-bar-style", "mobile-web-app-capable", "handheldfriendly",
    "msapplication-config", "msapplication-tilecolor", "csrf-token", "csrf-param", "geo.region",
    "news_keywords", "thumbnail", "image", "url", "identifier-url", "page-topic", "page-type",
    "reply-to", "designer", "owner", "topic", "summary", "target", "googlebot-text", "monetization",
    "permissions", "version", "status", "type", "section", "license", "dc.rights",
    "dcterms.rights", "dcterms.license", "dcterms.accessrights", NULL,
};

/* What is being read: one header line, one List, or one meta element. */
struct robots_rules {
    struct signals *out;
    struct signal base; /* carrier, scope, place and confidence of it all */
    bool image;         /* the response is an image */
    struct slice agent; /* in force, as written; empty: everybody */
    unsigned near_misses;
    struct {
        struct slice raw; /* the rule as written; p NULL: not met */
        bool lax;
    } vendor[VENDORS_N];
};

static const struct rule *rule_find(struct slice name)
{
    for (size_t i = 0; i < RULES_N; i++)
        if (slice_eq_nocase(name, rules[i].name))
            return &rules[i];
    return NULL;
}

/* Without white space, quotation marks and a stray end of sentence. */
static struct slice bare(struct slice s, bool *lax)
{
    s = slice_trim_space(s);
    size_t n = s.n;
    while (s.n && (s.p[s.n - 1] == ';' || s.p[s.n - 1] == '.' || s.p[s.n - 1] == '"' ||
                   s.p[s.n - 1] == '\'' || ascii_is_space(s.p[s.n - 1])))
        s.n--;
    while (s.n && (s.p[0] == '"' || s.p[0] == '\'' || ascii_is_space(s.p[0])))
        s = slice_from(s, 1);
    if (s.n != n)
        *lax = true;
    return s;
}

static bool is_product_token(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_is_alnum(s.p[i]) && s.p[i] != '_' && s.p[i] != '.' && s.p[i] != '*' &&
            s.p[i] != '-')
            return false;
    return s.n != 0;
}

/* Cuts the next word off `rest`; white space and ';' part words. */
static bool next_word(struct slice *rest, struct slice *word)
{
    size_t i = 0, end;
    while (i < rest->n && (ascii_is_space(rest->p[i]) || rest->p[i] == ';'))
        i++;
    for (end = i; end < rest->n && !ascii_is_space(rest->p[end]) && rest->p[end] != ';';)
        end++;
    *word = slice_sub(*rest, i, end - i);
    *rest = slice_from(*rest, end);
    return word->n != 0;
}

static void add_signal(struct robots_rules *r, const struct signal *sig)
{
    uint8_t folded[AGENT_MAX];
    struct signal s = *sig;
    s.agent = agent_fold(sig->agent, folded);
    prefs_spread(&s.prefs);
    signals_add(r->out, &s);
}

static void add(struct robots_rules *r, const struct rule *rule, struct slice raw, bool lax,
                const char *note)
{
    struct signal sig = r->base;
    sig.agent = r->agent;
    sig.raw = slice_trim_space(raw);
    sig.prefs = rule->prefs;
    if (rule->images)
        sig.scope = r->image ? SCOPE_ASSET : SCOPE_EMBEDDED_IMAGES;
    if (note)
        sig.note = note;
    if (lax)
        signal_lax(&sig, "not as crawlers document it, but plain");
    add_signal(r, &sig);
}

/* A statement without effect, so that somebody sees that it was meant. */
static void add_mute(struct robots_rules *r, struct slice raw, enum confidence confidence,
                     const char *note)
{
    struct signal sig = r->base;
    sig.agent = r->agent;
    sig.raw = slice_trim_space(raw);
    if (sig.confidence > confidence)
        sig.confidence = (uint8_t)confidence;
    sig.note = note;
    add_signal(r, &sig);
}

/* True when an unknown token speaks of AI: one of the long words anywhere, or
 * "ai" as a word of its own, plural or after "no". */
static bool speaks_of_ai(struct slice s)
{
    static const struct slice words[] = { SLICE("train"), SLICE("tdm"), SLICE("llm"),
                                          SLICE("gpt") };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (slice_find_nocase(s, words[i]) < s.n)
            return true;
    for (size_t i = 0; i + 2 <= s.n; i++) {
        if (!slice_starts_nocase(slice_from(s, i), SLICE_OF("ai")))
            continue;
        struct slice before = slice_sub(s, 0, i);
        struct slice after = slice_from(s, i + 2);
        bool after_no = before.n >= 2 && slice_eq_nocase(slice_from(before, before.n - 2),
                                                         SLICE_OF("no"));
        bool starts = before.n == 0 || !ascii_is_alnum(before.p[before.n - 1]);
        bool ends = after.n == 0 || !ascii_is_alnum(after.p[0]) || ascii_lower(after.p[0]) == 's';
        if (after_no || (starts && ends))
            return true;
    }
    return false;
}

static void near_miss(struct robots_rules *r, struct slice raw)
{
    if (r->near_misses == MAX_NEAR_MISSES || !speaks_of_ai(raw))
        return;
    r->near_misses++;
    add_mute(r, raw, CONF_WEAK, "near miss: speaks of AI, but is no rule");
}

static void apply(struct robots_rules *r, const struct rule *rule, struct slice raw, bool lax)
{
    switch (rule->kind) {
    case RULE_PLAIN:
        if (!prefs_empty(&rule->prefs))
            add(r, rule, raw, lax, NULL);
        break;
    case RULE_ARCHIVE:
    case RULE_CACHE:
        for (size_t i = 0; i < VENDORS_N; i++) {
            bool meant = r->agent.n == 0 ||
                         slice_eq_nocase(r->agent, slice_cstr(vendors[i].agent));
            if (vendors[i].kind == rule->kind && meant && !r->vendor[i].raw.p) {
                r->vendor[i].raw = slice_trim_space(raw);
                r->vendor[i].lax = lax;
            }
        }
        break;
    case RULE_LENGTH:
    case RULE_AFTER:
    case RULE_VALUED:
        break; /* without its value it says nothing */
    }
}

/* At the end, for Bing reads noarchive together with nocache as nocache. */
static void apply_vendors(struct robots_rules *r)
{
    bool bing_cache = r->vendor[VENDORS_N - 1].raw.p != NULL;
    for (size_t i = 0; i < VENDORS_N; i++) {
        if (!r->vendor[i].raw.p || (i == 0 && bing_cache))
            continue;
        struct rule rule = { .prefs = vendors[i].prefs };
        r->agent = slice_cstr(vendors[i].agent);
        add(r, &rule, r->vendor[i].raw, r->vendor[i].lax,
            i != VENDORS_N - 1         ? "as the operator of this crawler reads it"
            : r->vendor[0].raw.p       ? "noarchive with nocache is read as nocache"
                                       : "as the operator of this crawler reads it");
    }
}

static void read_token(struct robots_rules *r, struct slice seg, bool lax)
{
    struct slice token = bare(seg, &lax);
    const struct rule *rule = rule_find(token);
    if (rule) {
        apply(r, rule, seg, lax);
        return;
    }
    bool any = false;
    struct slice rest = token, word;
    while (next_word(&rest, &word)) {
        rule = rule_find(bare(word, &lax));
        if (!rule)
            continue;
        apply(r, rule, word, true);
        any = true;
    }
    if (!any)
        near_miss(r, seg);
}

static bool begins_segment(struct slice seg)
{
    bool lax;
    size_t colon = slice_find(seg, ':');
    struct slice head = bare(slice_sub(seg, 0, colon), &lax);
    return rule_find(head) || (colon < seg.n && is_product_token(head));
}

/* The date may go on behind commas: `seg` grows over them and `rest` shrinks. */
static void read_date(struct robots_rules *r, const struct rule *rule, struct slice seg,
                      size_t colon, struct slice *rest)
{
    int64_t now = clock_wall_ms() / 1000, when;
    for (int pieces = 1;; pieces++) {
        bool lax = false;
        struct slice value = bare(slice_from(seg, colon + 1), &lax);
        if (date_parse(value, now, &when)) {
            if (when <= now)
                add(r, rule, seg, lax, NULL);
            else
                add_mute(r, seg, CONF_EXACT, "not yet: says nothing before its date");
            return;
        }
        struct slice after = *rest, next;
        if (pieces == MAX_DATE_PIECES || !slice_split(&after, ',', &next) || begins_segment(next))
            break;
        seg.n = (size_t)(next.p - seg.p) + next.n;
        *rest = after;
    }
    add_mute(r, seg, CONF_LAX, "the date cannot be read");
}

/* "max-snippet: 0 noai": the first word is the value, more words are rules
 * that miss their comma. */
static void read_valued(struct robots_rules *r, const struct rule *rule, struct slice seg,
                        size_t colon)
{
    bool lax = false;
    struct slice rest = slice_from(seg, colon + 1), value;
    if (!next_word(&rest, &value))
        return;
    struct slice raw = slice_of(seg.p, (size_t)(value.p - seg.p) + value.n);
    struct slice number = bare(value, &lax);
    if (rule->kind == RULE_LENGTH && slice_eq(number, SLICE_OF("0")))
        add(r, rule, raw, lax, NULL);
    if (slice_trim_space(rest).n)
        read_token(r, rest, true);
}

/* "noai: true" is plain; "noai: false" is nobody's rule. Returns true when
 * what follows the colon has still to be read. */
static bool read_answered(struct robots_rules *r, const struct rule *rule, struct slice seg,
                          size_t colon)
{
    static const char *const yes[] = { "", "1", "true", "yes", "on", NULL };
    static const char *const no[] = { "0", "false", "no", "off", NULL };
    bool lax = false;
    struct slice answer = bare(slice_from(seg, colon + 1), &lax);
    if (word_in(answer, no)) {
        near_miss(r, seg);
        return false;
    }
    apply(r, rule, slice_sub(seg, 0, colon), true);
    return !word_in(answer, yes);
}

/* One piece between commas; `rest` is what follows it. */
static void read_segment(struct robots_rules *r, struct slice seg, struct slice *rest)
{
    bool lax = false;
    for (;;) { /* every turn takes one "head:" off the front */
        seg = slice_trim_space(seg);
        size_t colon = slice_find(seg, ':');
        if (colon == seg.n)
            break;
        struct slice head = bare(slice_sub(seg, 0, colon), &lax);
        const struct rule *rule = rule_find(head);
        if (rule && rule->kind == RULE_AFTER) {
            read_date(r, rule, seg, colon, rest);
            return;
        }
        if (rule && (rule->kind == RULE_VALUED || rule->kind == RULE_LENGTH)) {
            read_valued(r, rule, seg, colon);
            return;
        }
        if (rule) {
            if (!read_answered(r, rule, seg, colon))
                return;
            lax = true;
        } else if (!is_product_token(head) || word_in(head, not_agents)) {
            break;
        } else {
            bool everybody = slice_eq(head, SLICE_OF("*")) ||
                             slice_eq_nocase(head, SLICE_OF("robots"));
            r->agent = everybody ? SLICE_EMPTY : head;
        }
        seg = slice_from(seg, colon + 1);
    }
    if (seg.n)
        read_token(r, seg, lax);
}

static void read_rules(struct robots_rules *r, struct slice value)
{
    struct slice rest = value, seg;
    while (slice_split(&rest, ',', &seg))
        read_segment(r, seg, &rest);
    apply_vendors(r);
}

/* Rules as parameters of a List item. */
static void read_params(struct robots_rules *r, const struct sf_item *item)
{
    for (size_t i = 0; i < item->n_params; i++) {
        const struct sf_param *p = &item->params[i];
        const struct rule *rule = rule_find(p->key);
        bool on = p->type == SF_BOOLEAN && p->number == 1;
        if (!rule)
            near_miss(r, p->key);
        else if (rule->kind == RULE_LENGTH && p->type == SF_INTEGER && p->number == 0)
            add(r, rule, p->key, false, NULL);
        else if (rule->kind == RULE_AFTER && p->type == SF_DATE &&
                 p->number <= clock_wall_ms() / 1000)
            add(r, rule, p->key, false, NULL);
        else if (on)
            apply(r, rule, p->key, false);
    }
}

static void read_robots_tag(struct robots_rules *r, struct slice value)
{
    struct sf_list list = { 0 };
    enum optout_rc rc = sf_parse_list(r->out->arena, value, &list);
    if (rc != OPTOUT_OK && rc != OPTOUT_E_SYNTAX)
        r->out->overflow = true; /* there may be statements that we could not hold */
    if (rc != OPTOUT_OK || list.n == 0) {
        add_mute(r, value, CONF_LAX, rc != OPTOUT_OK ? "not a structured-field list" :
                                                       "an empty list");
        return;
    }
    for (size_t i = 0; i < list.n; i++) {
        const struct sf_item *item = &list.v[i];
        if (item->type != SF_TOKEN && item->type != SF_STRING)
            continue;
        const struct rule *rule = rule_find(item->text);
        r->agent = SLICE_EMPTY;
        if (rule) { /* "Robots-Tag: noai", written as if it were the older field */
            apply(r, rule, item->text, true);
        } else if (!slice_eq(item->text, SLICE_OF("*"))) {
            r->agent = item->text;
        }
        read_params(r, item);
    }
    apply_vendors(r);
}

static void robots_meta_headers(const struct hook_input *in)
{
    const struct header *h = headers_find(&in->x->response, "content-type");
    struct media_type type = media_type_parse(h ? h->value : SLICE_EMPTY);
    bool image = slice_starts_nocase(type.essence, SLICE_OF("image/"));
    for (size_t i = 0; (h = headers_next(&in->x->response, "x-robots-tag", &i)) != NULL;) {
        struct robots_rules r = { .out = in->out, .image = image };
        r.base = signal_from_header(STD_ROBOTS_META, h, i - 1);
        read_rules(&r, h->value);
    }
    size_t i = 0;
    h = headers_next(&in->x->response, "robots-tag", &i);
    if (!h)
        return;
    struct robots_rules r = { .out = in->out, .image = image };
    r.base = signal_from_header(STD_ROBOTS_META, h, i - 1);
    struct slice value = headers_join(&in->x->response, in->out->arena, "robots-tag");
    if (value.p)
        read_robots_tag(&r, value);
    else
        in->out->overflow = true;
}

/* A meta element of another name is addressed to a robot only when there is
 * nothing but robots rules in it. */
static bool only_rules(struct slice content)
{
    struct slice rest = content, seg, word;
    while (slice_split(&rest, ',', &seg)) {
        bool lax;
        struct slice head = slice_sub(seg, 0, slice_find(seg, ':'));
        if (rule_find(bare(head, &lax)))
            continue; /* what follows a colon is its value */
        while (next_word(&seg, &word))
            if (!rule_find(bare(slice_sub(word, 0, slice_find(word, ':')), &lax)))
                return false;
    }
    return content.n != 0;
}

struct addressee {
    struct slice agent; /* empty: all */
    bool by_property, by_field;
};

/* Whom a meta element with robots rules is addressed to; false when it is none. */
static bool is_robots(const struct page_statement *s, struct slice content, struct addressee *to)
{
    static const char *const fields[] = { "x-robots-tag", "robots-tag", "robots", NULL };
    struct slice name = meta_name(s, &to->by_property), field;
    if (slice_eq_nocase(name, SLICE_OF("robots")))
        return true;
    field = meta_field(s);
    to->by_field = field.n && word_in(field, fields);
    if (to->by_field)
        return true;
    if (to->by_property || !is_product_token(name) || slice_find(name, '*') < name.n ||
        word_in(name, not_robots) || standards_read_meta(name))
        return false;
    to->agent = name;
    return only_rules(content) || (content.n == 0 && meta_content_cut(s));
}

static void robots_meta_page(const struct page_statement *s, const struct hook_input *in)
{
    struct addressee to = { SLICE_EMPTY, false, false };
    if (s->kind != PAGE_META)
        return;
    struct slice content = page_attr(s, "content");
    content = slice_trim_space(content.p ? content : page_attr(s, "value"));
    if ((content.n == 0 && !meta_content_cut(s)) || !is_robots(s, content, &to))
        return;
    struct robots_rules r = { .out = in->out, .agent = to.agent };
    r.base = signal_from_page(STD_ROBOTS_META, s);
    (void)meta_content(s, &r.base); /* says so when it is not called that */
    if (to.by_property)
        signal_lax(&r.base, "property attribute in place of name");
    if (to.by_field)
        signal_lax(&r.base, NOTE_FIELD);
    if (meta_content_cut(s)) /* who knows what rules were cut off: nobody may call that clear */
        in->out->overflow = true;
    if (content.n)
        read_rules(&r, content);
}

const struct standard standard_robots_meta = {
    .name = "robots-meta",
    .title = "Robots rules of pages and responses, noai among them",
    .spec = "https://developers.google.com/search/docs/crawling-indexing/robots-meta-tag, "
            "draft-illyes-repext, noai and noimageai as published by DeviantArt",
    .version = "2026-11, repext-03",
    .reads = "HTTP header, HTML meta",
    .fields = FIELDS("x-robots-tag", "robots-tag"),
    .headers = robots_meta_headers,
    .page = robots_meta_page,
};
