/* SPDX-License-Identifier: Apache-2.0 */
/* robots_txt.c - robots.txt and the lines that others have put into it.
 *
 * RFC 9309 section 2.2: groups, Allow, Disallow; spellings as Google's
 * open-source parser takes them. draft-ietf-aipref-attach-05 section 3:
 * Content-Usage. https://contentsignals.org/: Content-Signal.
 * draft-canel-robots-ai-control-00: DisallowAITraining. RSL 1.0 section 4.4:
 * License. Beyond these, hints that no specification knows.
 *
 * A list of User-agent lines ends at an Allow or Disallow alone (RFC 9309
 * section 2.2.4), although attach-05 counts Content-Usage as a rule. So in
 *   User-agent: *
 *   Content-Usage: train-ai=n
 *   User-agent: GPTBot
 *   Disallow: /
 * both lines after the first are said of both agents. This is warned of.
 *
 * A line that cannot be read is no line: it neither states anything nor stands
 * in the way of a shorter rule that does.
 *
 * MAX_* limits: those of robots_txt_lines.h and site_rules.h. */
#include "standards/common.h"
#include "core/hex.h"
#include "standards/robots_txt_lines.h"
#include "standards/site_comments.h"
#include "standards/site_text.h"

#include "http/url_path.h"

struct reader {
    struct site_rules *out;
    uint32_t group;   /* of the rules to come, or RULE_GROUP_FILE */
    bool listing;     /* a User-agent line now adds to the group */
    bool usage_seen;  /* since the list began: it may have been meant to end there */
    bool agents_seen; /* what makes a text that looks like HTML a robots.txt */
    bool rules_seen;
};

static struct site_rule rule_new(const struct reader *r, const struct robots_line *line,
                                 enum rule_kind kind)
{
    return (struct site_rule){
        .kind = (uint8_t)kind,
        .confidence = CONF_EXACT,
        .group = r->group,
        .line = line->number,
        .pattern = SLICE_OF(""),
        .raw = slice_sub(line->whole, 0, SIGNAL_RAW_MAX),
    };
}

/* The confidence falls, never rises; weak rules allow nothing. */
static void rule_lower(struct site_rule *rule, enum confidence to, const char *note)
{
    if (rule->confidence > to)
        rule->confidence = (uint8_t)to;
    if (!rule->note)
        rule->note = note;
    if (to == CONF_WEAK)
        prefs_drop_allow(&rule->prefs);
}

static void warn(const struct reader *r, const struct robots_line *line,
                 enum site_warning_kind kind, const char *text)
{
    site_rules_warn(r->out, kind, line->number, text);
}

static void rule_add(struct reader *r, const struct site_rule *rule)
{
    site_rules_add(r->out, rule); /* overflow is looked at line by line */
    if (rule->kind != RULE_ACCESS && r->listing)
        r->usage_seen = true;
    if (rule->kind != RULE_HINT && rule->kind != RULE_LICENSE)
        r->rules_seen = true;
}

static bool is_unreserved(uint8_t c)
{
    return ascii_is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

/* Bytes of the encoded pattern, RFC 9309 section 2.2.2, with every `*` that
 * was written: "/p*" is longer than "/p", as it is to Google. */
static uint32_t pattern_octets(struct slice s)
{
    uint32_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        int high = s.p[i] == '%' && i + 2 < s.n ? hex_value(s.p[i + 1]) : -1;
        int low = high >= 0 ? hex_value(s.p[i + 2]) : -1;
        if (low >= 0)
            i += 2;
        bool triplet = low >= 0 ? !is_unreserved((uint8_t)(high << 4 | low)) : s.p[i] >= 0x80;
        n += triplet ? 3 : 1;
    }
    return n;
}

/* False when the pattern can match nothing, which is warned of. */
static bool set_pattern(struct reader *r, const struct robots_line *line, struct slice path,
                        struct site_rule *rule)
{
    if (!slice_begins(path, '/') && !slice_begins(path, '*')) {
        warn(r, line, SITE_WARN_BAD_VALUE, "a pattern that starts with neither / nor * never "
                                           "matches");
        return false;
    }
    rule->pattern = url_pattern_normal(r->out->arena, path);
    rule->weight = pattern_octets(path);
    if (!rule->pattern.p)
        r->out->overflow = true;
    return rule->pattern.p != NULL;
}

/* Cuts "/path " off the front of `*value`. False when nothing follows it. */
static bool take_path(struct slice *value, struct slice *path)
{
    *path = SLICE_EMPTY;
    if (!slice_begins(*value, '/'))
        return true;
    size_t n = 0;
    while (n < value->n && value->p[n] != ' ' && value->p[n] != '\t')
        n++;
    *path = slice_sub(*value, 0, n);
    *value = robots_trim(slice_from(*value, n));
    return value->n != 0;
}

static struct slice folded(struct reader *r, struct slice s)
{
    uint8_t *p = s.n ? arena_take(r->out->arena, s.n) : NULL;
    if (!p)
        return SLICE_EMPTY;
    for (size_t i = 0; i < s.n; i++)
        p[i] = ascii_lower(s.p[i]);
    return slice_of(p, s.n);
}

/* Only the version goes: tokens hold digits, dots and spaces. */
static struct slice token_of(struct reader *r, struct slice value)
{
    bool star = slice_begins(value, '*') &&
                (value.n == 1 || value.p[1] == ' ' || value.p[1] == '\t');
    if (star)
        return SLICE_OF("*");
    return folded(r, robots_trim(slice_sub(value, 0, slice_find(value, '/'))));
}

static bool is_name_char(uint8_t c)
{
    return ascii_is_alnum(c) || c == '-' || c == '_' || c == '.' || c == '*';
}

/* The next name of a value that may be a list, a remark or a whole User-Agent: what stands
 * between characters that no token has, without its version and without marks at its ends. */
static bool next_name(struct slice *rest, struct slice *name)
{
    size_t n = 0;
    while (rest->n && !is_name_char(rest->p[0]))
        *rest = slice_from(*rest, 1);
    while (n < rest->n && is_name_char(rest->p[n]))
        n++;
    *name = slice_sub(*rest, 0, n);
    bool version = n < rest->n && rest->p[n] == '/';
    *rest = slice_from(*rest, n);
    while (version && rest->n && (rest->p[0] == '/' || is_name_char(rest->p[0])))
        *rest = slice_from(*rest, 1);
    if (n == 1 && name->p[0] == '*')
        return true;
    while (name->n && !ascii_is_alnum(name->p[0]) && name->p[0] != '_')
        *name = slice_from(*name, 1);
    while (name->n && !ascii_is_alnum(name->p[name->n - 1]) && name->p[name->n - 1] != '_')
        name->n--;
    return n != 0;
}

static bool has_letter(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (ascii_is_alpha(s.p[i]) || s.p[i] == '*')
            return true;
    return false;
}

/* Google's parser ends a name at the first character that RFC 9309 does not give it, and
 * people write lists: each name of the value hears what the group refuses. */
static void add_names(struct reader *r, const struct robots_line *line, struct slice value,
                      struct slice whole)
{
    struct slice name;
    bool more = false;
    while (next_name(&value, &name)) {
        if (!has_letter(name) || slice_eq_nocase(name, whole))
            continue;
        struct slice token = folded(r, name);
        if (!token.p || !site_rules_loose_agent(r->out, token, line->number)) {
            r->out->overflow = true;
            return;
        }
        more = true;
    }
    if (more)
        warn(r, line, SITE_WARN_MISSPELT,
             "more than a product token: each name in it is refused what the group refuses");
}

static void on_user_agent(struct reader *r, const struct robots_line *line)
{
    if (!r->listing) {
        if (!site_rules_group(r->out, line->number))
            return;
        r->group = r->out->n_groups - 1;
        r->usage_seen = false;
    } else if (r->usage_seen) {
        warn(r, line, SITE_WARN_AMBIGUOUS_GROUP,
             "no Allow or Disallow before it: joins the group above, usage lines and all");
        r->usage_seen = false;
    }
    r->listing = true;
    r->agents_seen = true;
    struct slice value = robots_visible(r->out->arena, line->value);
    struct slice token = token_of(r, value);
    if (token.n)
        site_rules_agent(r->out, token, line->number);
    else
        warn(r, line, SITE_WARN_BAD_VALUE, "no product token");
    add_names(r, line, value, token);
}

static void on_access(struct reader *r, const struct robots_line *line, enum preference to)
{
    r->listing = false;
    if (r->group == RULE_GROUP_FILE) {
        warn(r, line, SITE_WARN_OUTSIDE_GROUP, "ignored: it stands before any User-agent");
        return;
    }
    struct site_rule rule = rule_new(r, line, RULE_ACCESS);
    rule.prefs.of[USAGE_ACQUIRE] = (uint8_t)to;
    r->rules_seen = true;
    if (line->value.n && set_pattern(r, line, line->value, &rule))
        rule_add(r, &rule);
}

static void on_allow(struct reader *r, const struct robots_line *line)
{
    on_access(r, line, PREF_ALLOW);
}

static void on_disallow(struct reader *r, const struct robots_line *line)
{
    on_access(r, line, PREF_DENY);
}

static void note_outside(struct reader *r, const struct robots_line *line,
                         struct site_rule *rule, enum confidence to)
{
    if (r->group != RULE_GROUP_FILE)
        return;
    rule_lower(rule, to, "outside of groups, applied to the file");
    warn(r, line, SITE_WARN_OUTSIDE_GROUP, "outside of groups, applied to the file");
}

static void on_content_usage(struct reader *r, const struct robots_line *line)
{
    struct slice value = line->value, path;
    struct site_rule rule = rule_new(r, line, RULE_USAGE);
    const struct signal from = { .confidence = CONF_EXACT };
    struct signal said[AIPREF_READ_MAX];
    if (!take_path(&value, &path) || value.n == 0) {
        warn(r, line, SITE_WARN_BAD_VALUE, "no statement");
        return;
    }
    size_t n = aipref_read(r->out->arena, value, &from, said, &r->out->overflow);
    if (n == 0)
        warn(r, line, SITE_WARN_BAD_VALUE, "not a structured-field dictionary");
    if (n == 0 || (path.n && !set_pattern(r, line, path, &rule)))
        return;
    for (size_t i = 0; i < n; i++) {
        struct site_rule one = rule;
        one.prefs = said[i].prefs;
        one.confidence = said[i].confidence;
        one.note = said[i].note;
        note_outside(r, line, &one, CONF_WEAK);
        rule_add(r, &one);
    }
}

static void on_content_signal(struct reader *r, const struct robots_line *line)
{
    struct slice value = line->value, path;
    struct site_rule rule = rule_new(r, line, RULE_CONTENT_SIGNAL);
    struct signal said = { .confidence = CONF_EXACT };
    bool there = take_path(&value, &path);
    content_signal_read(there ? value : SLICE_EMPTY, CONTENT_SIGNAL_ROBOTS, &said);
    if (prefs_empty(&said.prefs)) {
        warn(r, line, SITE_WARN_BAD_VALUE, "no pair that can be read");
        return;
    }
    if (path.n && !set_pattern(r, line, path, &rule))
        return;
    rule.prefs = said.prefs;
    rule.confidence = said.confidence;
    rule.note = said.note;
    if (line->name.n != strlen("content-signal"))
        rule_lower(&rule, CONF_LAX, "the directive is misspelt");
    note_outside(r, line, &rule, CONF_LAX);
    rule_add(r, &rule);
}

static void on_ai_training(struct reader *r, const struct robots_line *line, enum preference to)
{
    struct site_rule rule = rule_new(r, line, RULE_AI_TRAINING);
    if (line->value.n == 0 || !set_pattern(r, line, line->value, &rule))
        return;
    rule.prefs.of[USAGE_TRAIN_AI] = (uint8_t)to;
    note_outside(r, line, &rule, CONF_LAX);
    rule_add(r, &rule);
}

static void on_allow_training(struct reader *r, const struct robots_line *line)
{
    on_ai_training(r, line, PREF_ALLOW);
}

static void on_disallow_training(struct reader *r, const struct robots_line *line)
{
    on_ai_training(r, line, PREF_DENY);
}

/* Plugins write the words of ai-license where the URL of a document belongs. */
static bool on_license_words(struct reader *r, const struct robots_line *line)
{
    struct site_rule rule = rule_new(r, line, RULE_HINT);
    struct signal said = { .confidence = CONF_LAX };
    ai_license_read(line->value, &said);
    if (prefs_empty(&said.prefs))
        return false;
    rule.prefs = said.prefs;
    rule_lower(&rule, CONF_LAX, said.note);
    rule_add(r, &rule);
    return true;
}

/* An absolute URI, alone on its line; a path is resolved by whoever fetches. */
static void on_license(struct reader *r, const struct robots_line *line)
{
    struct site_rule rule = rule_new(r, line, RULE_LICENSE);
    bool secure = slice_starts_nocase(line->value, SLICE_OF("https://"));
    bool plain = slice_starts_nocase(line->value, SLICE_OF("http://"));
    bool relative = slice_begins(line->value, '/');
    for (size_t i = 0; i < line->value.n; i++)
        relative = relative && line->value.p[i] > ' ';
    if ((!secure && !plain && !relative) || line->value.n > SIGNAL_URL_MAX) {
        if (!on_license_words(r, line))
            warn(r, line, SITE_WARN_BAD_VALUE, "License wants the URL of a document");
        return;
    }
    rule.url = line->value;
    if (relative)
        rule_lower(&rule, CONF_LAX, "not an absolute URI");
    else if (plain)
        rule_lower(&rule, CONF_LAX, "a licence document has to be served by https");
    rule_add(r, &rule);
}

static void hint(struct reader *r, const struct robots_line *line, enum usage usage,
                 struct slice path, const char *note)
{
    struct site_rule rule = rule_new(r, line, RULE_HINT);
    if (path.n && !set_pattern(r, line, path, &rule))
        return;
    rule.prefs.of[usage] = PREF_DENY;
    prefs_spread(&rule.prefs);
    rule_lower(&rule, CONF_WEAK, note);
    rule_add(r, &rule);
}

static void on_tdm_reservation(struct reader *r, const struct robots_line *line)
{
    if (slice_eq(line->value, SLICE_OF("1")))
        hint(r, line, USAGE_TDM, SLICE_EMPTY, "misplaced tdmrep");
    else
        warn(r, line, SITE_WARN_OTHER, "TDM-Reservation has no place here; only 1 is heeded");
}

static void on_tdm_policy(struct reader *r, const struct robots_line *line)
{
    struct site_rule rule = rule_new(r, line, RULE_HINT);
    if (line->value.n == 0 || line->value.n > SIGNAL_URL_MAX)
        return;
    rule.url = line->value;
    rule_lower(&rule, CONF_WEAK, "misplaced tdmrep");
    rule_add(r, &rule);
}

#define NOTE_INVENTED "no specification has this line"

static void on_noai(struct reader *r, const struct robots_line *line)
{
    bool path = slice_begins(line->value, '/') || slice_begins(line->value, '*');
    static const char *const words[] = { "1", "true", "yes", "on", NULL };
    if (line->bare || path || word_in(line->value, words))
        hint(r, line, USAGE_TRAIN_AI, path ? line->value : SLICE_EMPTY, NOTE_INVENTED);
}

static void on_ai(struct reader *r, const struct robots_line *line)
{
    static const char *const words[] = { "disallow", "disallowed", "deny", "no", "none", NULL };
    if (word_in(line->value, words))
        hint(r, line, USAGE_TRAIN_AI, SLICE_EMPTY, NOTE_INVENTED);
}

static void on_noindex(struct reader *r, const struct robots_line *line)
{
    if (line->value.n)
        hint(r, line, USAGE_SEARCH, line->value, "Noindex in robots.txt was never specified");
}

static void on_nothing(struct reader *r, const struct robots_line *line)
{
    (void)r;
    (void)line;
}

/* How much of a line's name a row's name has to be. */
enum name_match { WHOLE, FRONT, TYPO };

/* In this order: the first row that fits. Rows of Google's parser take a name
 * that only begins so, with a space for the colon; the others do not. */
static const struct directive {
    const char *name;
    enum name_match match;
    void (*read)(struct reader *r, const struct robots_line *line);
} directives[] = {
    { "content-usage", WHOLE, on_content_usage },
    { "content-signal", WHOLE, on_content_signal },
    { "content-signals", WHOLE, on_content_signal },
    { "disallowaitraining", WHOLE, on_disallow_training },
    { "disallow-ai-training", WHOLE, on_disallow_training },
    { "allowaitraining", WHOLE, on_allow_training },
    { "allow-ai-training", WHOLE, on_allow_training },
    { "license", WHOLE, on_license },
    { "tdm-reservation", WHOLE, on_tdm_reservation },
    { "tdmrep", WHOLE, on_tdm_reservation },
    { "tdm-policy", WHOLE, on_tdm_policy },
    { "noai", WHOLE, on_noai },
    { "ai", WHOLE, on_ai },
    { "noindex", WHOLE, on_noindex },
    { "user-agent-purpose", WHOLE, on_nothing }, /* draft-illyes-rep-purpose, expired */
    { "user-agent", FRONT, on_user_agent },
    { "useragent", TYPO, on_user_agent },
    { "user agent", TYPO, on_user_agent },
    { "disallow", FRONT, on_disallow },
    { "dissallow", TYPO, on_disallow },
    { "dissalow", TYPO, on_disallow },
    { "disalow", TYPO, on_disallow },
    { "diasllow", TYPO, on_disallow },
    { "disallaw", TYPO, on_disallow },
    { "allow", FRONT, on_allow },
};

static const struct directive *directive_of(const struct robots_line *line)
{
    for (size_t i = 0; i < sizeof directives / sizeof *directives; i++) {
        const struct directive *d = &directives[i];
        if ((uint8_t)d->name[0] != line->name.p[0])
            continue;
        struct slice name = slice_cstr(d->name);
        bool fits = d->match == WHOLE ? slice_eq(line->name, name)
                                      : slice_starts_nocase(line->name, name);
        if (fits && (line->colon || d->match != WHOLE || d->read == on_noai))
            return d;
    }
    return NULL;
}

static void read_line(struct reader *r, const struct robots_line *line)
{
    if (line->cut)
        warn(r, line, SITE_WARN_CUT, "longer than 16,664 bytes; the rest of the line is not read");
    const struct directive *d = line->name.n ? directive_of(line) : NULL;
    /* One word alone is no directive; "noai" is the one that people write so. */
    if (!d || (line->bare && d->read != on_noai))
        return;
    if (line->odd_name)
        warn(r, line, SITE_WARN_MISSPELT, "invisible or full-width characters in the directive");
    else if (d->match == TYPO || (d->match == FRONT && line->name.n != strlen(d->name)))
        warn(r, line, SITE_WARN_MISSPELT, "misspelt, taken for what it resembles");
    else if (!line->colon && !line->bare)
        warn(r, line, SITE_WARN_MISSPELT, "the colon is missing");
    d->read(r, line);
}

static bool looks_like_html(struct slice text)
{
    while (text.n && (ascii_is_space(text.p[0]) || text.p[0] == '\v'))
        text = slice_from(text, 1);
    return slice_begins(text, '<');
}

enum optout_rc robots_txt_parse(struct slice text, struct site_rules *out)
{
    struct robots_text t;
    struct robots_line line;
    struct reader r = { .out = out, .group = RULE_GROUP_FILE };
    enum optout_rc rc = robots_text_open(text, out, &t);
    if (rc != OPTOUT_OK)
        return rc;
    struct slice all = t.rest;
    bool html = looks_like_html(all);
    while (!out->overflow && robots_text_next(&t, &line))
        read_line(&r, &line);
    if (!out->overflow)
        site_comments_read(all, out);
    if (out->overflow) {
        bool full = out->n_rules >= SITE_RULES_MAX || out->n_agents >= SITE_AGENTS_MAX ||
                    out->n_groups >= SITE_AGENTS_MAX;
        return full ? OPTOUT_E_LIMIT : OPTOUT_E_NOMEM;
    }
    if (t.odd)
        site_rules_doubt(out, NOTE_ODD_TEXT);
    return html && !(r.agents_seen && r.rules_seen) ? OPTOUT_E_SYNTAX : OPTOUT_OK;
}

const struct standard standard_robots_txt = {
    .name = "robots-txt",
    .title = "Robots Exclusion Protocol, with DisallowAITraining and purpose tokens",
    .spec = "RFC 9309, draft-canel-robots-ai-control",
    .version = "RFC, -00",
    .reads = "site file",
};
