/* SPDX-License-Identifier: Apache-2.0 */
/* peac_txt.c - /.well-known/peac.txt and /peac.txt: PEAC policy 0.1, whether content is open to
 * machines or under conditions, for which purposes, and where to negotiate.
 *
 * Lines "name: value" of a subset of YAML, or JSON. `usage: conditional` is a condition, lax, for the
 * purposes named, for all if none is that we know; `usage: open` states nothing, another usage
 * cannot be read. Anchors and aliases are refused, as the specification asks. A text without its
 * version is not this kind.
 *
 * Limits: those of site_lines.h; PEAC_MAX bytes. */
#include "standards/site_lines.h"
#include "standards/site_text.h"
#include "standards/standard.h"

#include <jansson.h>
#include <string.h>

#define PEAC_MAX (256u << 10)

static const struct {
    struct slice purpose;
    enum usage usage;
} purposes[] = {
    { SLICE("train"), USAGE_TRAIN_AI },    { SLICE("inference"), USAGE_AI_USE },
    { SLICE("ai_input"), USAGE_AI_USE },   { SLICE("ai_index"), USAGE_AI_USE },
    { SLICE("index"), USAGE_SEARCH },      { SLICE("search"), USAGE_SEARCH },
    { SLICE("crawl"), USAGE_ACQUIRE },
};

/* Whom to turn to, the best first. */
static const char *const leads[] = { "negotiate", "license", "payment_endpoint", "contact" };
#define LEADS (sizeof leads / sizeof *leads)

struct peac {
    bool version, conditional, unknown, any_purpose, in_purposes;
    uint32_t line; /* of the usage */
    struct slice raw, lead[LEADS];
    struct prefs prefs;
};

static struct slice unquoted(struct slice s)
{
    s = slice_trim_space(s);
    bool quoted = s.n > 1 && (s.p[0] == '"' || s.p[0] == '\'') && s.p[s.n - 1] == s.p[0];
    return quoted ? slice_sub(s, 1, s.n - 2) : s;
}

static void add_purpose(struct peac *p, struct slice word)
{
    word = unquoted(slice_sub(word, 0, slice_find(word, '#')));
    for (size_t i = 0; i < sizeof purposes / sizeof *purposes; i++)
        if (slice_eq_nocase(word, purposes[i].purpose)) {
            p->prefs.of[purposes[i].usage] = PREF_CONDITIONAL;
            p->any_purpose = true;
        }
    /* What a person does is none of the usages. */
    p->any_purpose = p->any_purpose || slice_eq_nocase(word, SLICE_OF("user_action"));
}

/* "[train, search]", or a part of it: a list may go on on the next line. */
static void add_list(struct peac *p, struct slice value)
{
    struct slice word;
    if (slice_begins(value, '['))
        value = slice_from(value, 1);
    value = slice_sub(value, 0, slice_find(value, ']'));
    while (value.n && slice_split(&value, ',', &word))
        add_purpose(p, word);
}

static void add_member(struct peac *p, struct slice name, struct slice value, uint32_t line,
                       struct slice raw)
{
    if (slice_eq_nocase(name, SLICE_OF("version"))) {
        p->version = p->version || slice_starts_nocase(value, SLICE_OF("peac-policy/"));
    } else if (slice_eq_nocase(name, SLICE_OF("usage"))) {
        bool conditional = slice_eq_nocase(value, SLICE_OF("conditional"));
        p->conditional = p->conditional || conditional; /* said twice: the stricter */
        p->unknown = p->unknown || (!conditional && !slice_eq_nocase(value, SLICE_OF("open")));
        p->line = line;
        p->raw = raw;
    }
    for (size_t i = 0; i < LEADS; i++)
        if (slice_eq_nocase(name, slice_cstr(leads[i])) && !p->lead[i].n)
            p->lead[i] = value;
}

/* False for what the specification refuses: "a: &x 1", "b: *x". */
static bool read_line(struct peac *p, const struct site_line *line)
{
    struct slice item = line->whole, value = unquoted(line->value);
    if (line->blank)
        return true;
    if (!line->name.n) {
        if (p->in_purposes)
            add_list(p, slice_begins(item, '-') ? slice_from(item, 1) : item);
        return true;
    }
    if (slice_begins(line->value, '&') || slice_begins(line->value, '*'))
        return false;
    p->in_purposes = slice_eq_nocase(line->name, SLICE_OF("purposes"));
    if (p->in_purposes)
        add_list(p, line->value);
    else
        add_member(p, line->name, value, line->number, line->whole);
    return true;
}

static enum optout_rc conclude(const struct peac *p, struct site_rules *out)
{
    if (!p->version)
        return OPTOUT_E_UNSUP;
    if (!p->conditional)
        return p->unknown ? OPTOUT_E_SYNTAX : OPTOUT_OK;
    struct site_rule rule = {
        .kind = RULE_PEAC, .confidence = CONF_LAX, .group = RULE_GROUP_FILE,
        .line = p->line ? p->line : 1, .pattern = SLICE_OF(""), .raw = p->raw,
        .note = "usage: conditional", .prefs = p->prefs,
    };
    for (size_t i = 0; !p->any_purpose && i < sizeof purposes / sizeof *purposes; i++)
        rule.prefs.of[purposes[i].usage] = PREF_CONDITIONAL;
    for (size_t i = 0; i < LEADS && !rule.url.n; i++)
        rule.url = p->lead[i];
    return site_rules_add(out, &rule) ? OPTOUT_OK : OPTOUT_E_NOMEM;
}

/* A copy that outlives the JSON value. */
static struct slice kept(const json_t *v, struct arena *a)
{
    const char *s = json_string_value(v);
    return s ? arena_copy(a, slice_of(s, json_string_length(v)), SIGNAL_RAW_MAX) : SLICE_EMPTY;
}

static enum optout_rc read_json(struct slice text, struct site_rules *out)
{
    struct peac p = { .version = false };
    json_error_t error;
    json_t *root = json_loadb((const char *)text.p, text.n, JSON_ALLOW_NUL, &error), *v, *item;
    const char *name;
    size_t i;
    if (!root) /* broken, but of this kind */
        return slice_find_nocase(text, SLICE_OF("peac-policy/")) < text.n ? OPTOUT_E_SYNTAX
                                                                           : OPTOUT_E_UNSUP;
    json_object_foreach(root, name, v) {
        if (strcmp(name, "purposes") == 0) {
            json_array_foreach(v, i, item)
                add_purpose(&p, kept(item, out->arena));
        } else if (json_is_string(v)) {
            struct slice value = kept(v, out->arena);
            add_member(&p, slice_cstr(name), value, 1, value);
        }
    }
    json_decref(root);
    return conclude(&p, out);
}

enum optout_rc peac_txt_parse(struct slice text, struct site_rules *out)
{
    struct site_lines lines;
    struct site_line line;
    struct peac p = { .version = false };
    bool odd;
    if (text.n > PEAC_MAX)
        return OPTOUT_E_LIMIT;
    enum optout_rc rc = site_text_read(out->arena, &text, &odd);
    struct slice start = slice_trim_space(slice_skip_bom(text));
    if (rc == OPTOUT_OK && slice_begins(start, '{'))
        return read_json(start, out);
    rc = rc == OPTOUT_OK ? site_lines_open(out->arena, text, &lines) : rc;
    if (rc != OPTOUT_OK)
        return rc;
    bool whole = true;
    while (site_lines_next(&lines, ':', &line))
        whole = read_line(&p, &line) && !line.cut && whole;
    if (!whole)
        return p.version ? OPTOUT_E_SYNTAX : OPTOUT_E_UNSUP;
    rc = conclude(&p, out);
    return rc == OPTOUT_OK ? site_lines_end(&lines, out) : rc;
}

const struct standard standard_peac = {
    .name = "peac",
    .title = "PEAC policies",
    .spec = "https://github.com/peacprotocol/peac",
    .version = "0.1",
    .reads = "site file",
};
