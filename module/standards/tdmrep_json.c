/* SPDX-License-Identifier: Apache-2.0 */
/* tdmrep_json.c - /.well-known/tdmrep.json.
 *
 * TDM Reservation Protocol, W3C Community Group Final Report of 2024-05-10,
 * section 6.1: an array of { location, tdm-reservation, tdm-policy }; the first
 * element whose location matches the path is in force.
 *
 * What breaks the protocol counts as unset. A publisher's plain wish is not
 * thrown away for its spelling, though: "1" is 1 (lax), a location without its
 * slash gets one (lax), one object in place of the array, or an element without
 * a location, speaks for the site (weak). So that a slip cannot hide a later
 * element that is whole, weak elements come behind all that are whole, and
 * those whose reservation cannot be read (they state nothing, and are kept to
 * be seen) behind these: "first" then chooses among the whole ones first.
 *
 * A text that is no JSON, or not only, may be TDMRep with a slip: a notice of the server
 * around it, a comment, a comma too many. Such a text is read for what it denies. Where
 * something looks like TDMRep and cannot be read, the document is broken; where nothing
 * does, an error message stands in its place.
 *
 * The JSON parser allocates for itself and calls itself for what is nested.
 * Depth and number of values are counted before it sees the text.
 *
 * MAX_* limits: SITE_FILE_MAX, TDM_DEPTH_MAX, TDM_VALUES_MAX, TDM_RULES_MAX, TDM_TRIES_MAX. */
#include "standards/common.h"
#include "standards/site_rules.h"
#include "standards/site_text.h"
#include "standards/tdmrep_mend.h"

#include "http/url_path.h"
#include "syntax/json.h"

#include <jansson.h>

#define TDM_DEPTH_MAX 32u
#define TDM_VALUES_MAX 100000u /* of the whole text; the parser takes up to 250 bytes for each */
#define TDM_RULES_MAX 10000u   /* elements of the array */
#define TDM_TRIES_MAX 16u      /* places at which JSON may begin inside of something else */

enum { RESERVATION = 1 }; /* signal.property, as in tdmrep.c */

enum reservation { NOT_THERE, MALFORMED, FREE, RESERVED };

/* How well an element can be taken at its word: the order of the rules. */
enum rank { RANK_WHOLE, RANK_WEAK, RANK_MALFORMED, RANK_COUNT };

/* ---- One element ---- */

static void lower(struct site_rule *rule, enum confidence to, const char *note)
{
    if (rule->confidence > to)
        rule->confidence = (uint8_t)to;
    if (!rule->note)
        rule->note = note;
}

/* The same letters, whatever is between and around them. */
static bool is_like(struct slice key, struct slice name)
{
    size_t k = 0;
    for (size_t i = 0; i < key.n; i++) {
        while (k < name.n && name.p[k] == '-')
            k++;
        if (memchr("-_: .", key.p[i], 5))
            continue;
        if (k == name.n || ascii_lower(key.p[i]) != name.p[k++])
            return false;
    }
    return k == name.n;
}

/* The member of that name; when there is none as written, one in other letters, then one
 * with other separators (*odd), such as tdm_reservation. */
static json_t *member(json_t *element, const char *name, struct site_rule *rule, bool *odd)
{
    json_t *value = json_object_get(element, name), *like = NULL, *other;
    const char *key;
    *odd = false;
    if (value)
        return value;
    json_object_foreach(element, key, other) {
        if (slice_eq_nocase(slice_cstr(key), slice_cstr(name))) {
            lower(rule, CONF_LAX, "name in other letters");
            return other;
        }
        if (!like && is_like(slice_cstr(key), slice_cstr(name)))
            like = other;
    }
    if (like) {
        lower(rule, CONF_LAX, "name with other separators");
        *odd = true;
    }
    return like;
}

static struct slice string_of(const json_t *value)
{
    return json_is_string(value) ? slice_of(json_string_value(value), json_string_length(value))
                                 : SLICE_EMPTY;
}

static enum reservation reservation_of(const json_t *value, struct site_rule *rule)
{
    double number = json_number_value(value);
    if (!value)
        return NOT_THERE;
    if (json_is_number(value)) {
        if (json_is_real(value))
            lower(rule, CONF_LAX, "a number with a fraction");
        return number == 1 ? RESERVED : number == 0 ? FREE : MALFORMED;
    }
    static const char *const wishes[] = { "true", "yes", "reserved", NULL };
    struct slice text = slice_trim_space(string_of(value));
    if (json_is_true(value) || word_in(text, wishes)) {
        lower(rule, CONF_LAX, "a word in place of a number");
        return RESERVED;
    }
    if (text.n != 1 || (text.p[0] != '0' && text.p[0] != '1'))
        return MALFORMED;
    lower(rule, CONF_LAX, "a string in place of a number");
    return text.p[0] == '1' ? RESERVED : FREE;
}

/* http(s), or relative to the site; anything else is no policy to go to. */
static bool is_policy(struct slice url)
{
    for (size_t i = 0; i < url.n; i++)
        if (url.p[i] <= ' ' || url.p[i] == 0x7f)
            return false;
    return url.n && url.n <= SIGNAL_URL_MAX &&
           (url.p[0] == '/' || slice_starts_nocase(url, SLICE_OF("https://")) ||
            slice_starts_nocase(url, SLICE_OF("http://")));
}

/* `location` as a pattern. False when memory is used up. */
static bool set_pattern(struct site_rules *out, const json_t *value, struct site_rule *rule)
{
    struct slice at = slice_trim_space(string_of(value)), origin, path;
    rule->pattern = SLICE_OF("");
    if (at.n == 0) {
        lower(rule, CONF_WEAK, "no location; taken for the whole site");
        return true;
    }
    if (at.p[0] != '/' && at.p[0] != '*') {
        if (url_split(out->arena, at, &origin, &path)) {
            lower(rule, CONF_LAX, "a URL in place of a path");
            at = path;
        } else {
            lower(rule, CONF_LAX, "location without its leading slash");
            uint8_t *p = arena_take(out->arena, at.n + 1);
            if (!p)
                return false;
            p[0] = '/';
            memcpy(p + 1, at.p, at.n);
            at = slice_of(p, at.n + 1);
        }
    }
    rule->pattern = url_pattern_normal(out->arena, at);
    rule->weight = (uint32_t)rule->pattern.n;
    return rule->pattern.p != NULL;
}

/* The element on one line, not as the document breaks it. */
static bool set_raw(struct site_rules *out, const json_t *element, struct site_rule *rule)
{
    char text[SIGNAL_RAW_MAX];
    size_t n = json_dumpb(element, text, sizeof text, JSON_COMPACT | JSON_PRESERVE_ORDER);
    rule->raw = arena_copy(out->arena, slice_of(text, n < sizeof text ? n : sizeof text),
                           sizeof text);
    return rule->raw.p != NULL;
}

static bool set_prefs(struct site_rules *out, json_t *element, enum reservation r,
                      struct site_rule *rule)
{
    bool odd;
    struct slice policy = slice_trim_space(string_of(member(element, "tdm-policy", rule, &odd)));
    rule->prefs.of[USAGE_TDM] = r == RESERVED ? PREF_DENY : PREF_ALLOW;
    prefs_spread(&rule->prefs);
    if (r == RESERVED && is_policy(policy)) {
        rule->url = arena_copy(out->arena, policy, SIGNAL_URL_MAX);
        if (!rule->url.p)
            return false;
    }
    if (rule->confidence == CONF_WEAK)
        prefs_drop_allow(&rule->prefs);
    return true;
}

/* The rule of an element. False: it has none (*rank is RANK_COUNT), or memory
 * is used up (out->overflow). */
static bool read_element(struct site_rules *out, json_t *element, uint32_t number,
                         struct site_rule *rule, enum rank *rank)
{
    *rule = (struct site_rule){
        .kind = RULE_TDM,
        .confidence = CONF_EXACT,
        .property = RESERVATION,
        .group = RULE_GROUP_FILE,
        .line = number,
    };
    bool odd, odd_location;
    *rank = RANK_COUNT;
    if (!json_is_object(element))
        return false;
    json_t *value = member(element, "tdm-reservation", rule, &odd);
    enum reservation r = reservation_of(value, rule);
    if (r == NOT_THERE)
        return false;
    if (odd && r == FREE) /* may deny, and neither allows nor hides */
        r = MALFORMED;
    if (r == MALFORMED)
        lower(rule, CONF_LAX, "malformed, treated as unset");
    value = member(element, "location", rule, &odd_location);
    bool ok = set_pattern(out, value, rule) &&
              set_raw(out, element, rule) &&
              (r == MALFORMED || set_prefs(out, element, r, rule));
    if (!ok) {
        out->overflow = true;
        return false;
    }
    *rank = r == MALFORMED                   ? RANK_MALFORMED
            : rule->confidence == CONF_WEAK ? RANK_WEAK
                                            : RANK_WHOLE;
    return true;
}

static void warn_of(struct site_rules *out, const struct site_rule *rule, enum rank rank)
{
    if (rank == RANK_COUNT)
        site_rules_warn(out, SITE_WARN_BAD_VALUE, rule->line,
                        "not an object with a tdm-reservation");
    else if (rule->note)
        site_rules_warn(out, rank == RANK_WHOLE ? SITE_WARN_MISSPELT : SITE_WARN_BAD_VALUE,
                        rule->line, rule->note);
}

/* ---- The document ---- */

static enum optout_rc read_array(json_t *array, struct site_rules *out)
{
    size_t n = json_array_size(array);
    if (n > TDM_RULES_MAX)
        return OPTOUT_E_LIMIT;
    struct site_rule *rule = arena_array(out->arena, n + 1, sizeof *rule);
    uint8_t *rank = arena_alloc(out->arena, n + 1);
    if (!rule || !rank)
        return OPTOUT_E_NOMEM;
    for (size_t i = 0; i < n; i++) {
        enum rank r;
        read_element(out, json_array_get(array, i), (uint32_t)i + 1, &rule[i], &r);
        if (out->overflow)
            return OPTOUT_E_NOMEM;
        warn_of(out, &rule[i], r);
        rank[i] = (uint8_t)r;
    }
    for (unsigned r = RANK_WHOLE; r < RANK_COUNT; r++)
        for (size_t i = 0; i < n; i++)
            if (rank[i] == r && !site_rules_add(out, &rule[i]))
                return OPTOUT_E_NOMEM;
    return OPTOUT_OK;
}

/* An object where the array should be. Without a reservation it is another
 * document. */
static enum optout_rc read_object(json_t *object, struct site_rules *out)
{
    struct site_rule rule;
    enum rank rank;
    if (!read_element(out, object, 1, &rule, &rank))
        return out->overflow ? OPTOUT_E_NOMEM : OPTOUT_E_SYNTAX;
    lower(&rule, CONF_WEAK, NULL);
    rule.note = "an object in place of the array";
    prefs_drop_allow(&rule.prefs);
    warn_of(out, &rule, RANK_WEAK);
    return site_rules_add(out, &rule) ? OPTOUT_OK : OPTOUT_E_NOMEM;
}

/* ---- What is no JSON, or not only ---- */

/* A text in which JSON is looked for. */
struct search {
    struct site_rules *out;
    struct slice text;
    size_t done;   /* everything before was read, or is no TDMRep */
    long open;     /* brackets left open in what is no JSON */
    bool broken;   /* something that looks like TDMRep is in there */
    unsigned tries;
};

static void pass_over(struct search *s, size_t to)
{
    struct slice between = slice_sub(slice_from(s->text, s->done), 0, to - s->done);
    for (size_t i = 0; i < between.n; i++)
        s->open += memchr("[{", between.p[i], 2) ? 1 : memchr("]}", between.p[i], 2) ? -1 : 0;
    s->broken = s->broken || tdmrep_looks_like(between);
    s->done = to;
}

/* Reads the value that begins at `at`, if it is one with rules. */
static enum optout_rc try_value(struct search *s, size_t at)
{
    struct slice text = slice_from(s->text, at);
    uint32_t before = s->out->n_rules;
    json_error_t error;
    s->tries++;
    if (!json_is_bounded(text, TDM_DEPTH_MAX, TDM_VALUES_MAX))
        return OPTOUT_OK;
    json_t *root = json_loadb((const char *)text.p, text.n,
                              JSON_ALLOW_NUL | JSON_DISABLE_EOF_CHECK, &error);
    if (!root)
        return json_error_code(&error) == json_error_out_of_memory ? OPTOUT_E_NOMEM : OPTOUT_OK;
    enum optout_rc rc = json_is_array(root) ? read_array(root, s->out) : read_object(root, s->out);
    json_decref(root);
    if (s->out->n_rules > before) {
        pass_over(s, at);
        s->done = at + (size_t)error.position;
    }
    return rc == OPTOUT_E_SYNTAX ? OPTOUT_OK : rc;
}

/* All values that begin with `bracket`. OPTOUT_OK: there are rules, and all that looks like
 * TDMRep was read. */
static enum optout_rc search(struct slice text, uint8_t bracket, struct site_rules *out)
{
    struct search s = { .out = out, .text = text };
    for (size_t i = 0; i < text.n && s.tries < TDM_TRIES_MAX;) {
        i += slice_find(slice_from(text, i), bracket);
        enum optout_rc rc = i < text.n ? try_value(&s, i) : OPTOUT_OK;
        if (rc != OPTOUT_OK)
            return rc;
        i = s.done > i ? s.done : i + 1;
    }
    pass_over(&s, text.n);
    /* Elements without their array may be what was left of a longer one. */
    bool whole = out->n_rules && !s.broken && (bracket == '[' || s.open == 0);
    if (!whole)
        out->n_rules = 0;
    return whole ? OPTOUT_OK : OPTOUT_E_SYNTAX;
}

/* Its members are named, or an array of objects begins. */
static bool may_be_tdmrep(struct slice text)
{
    struct slice inside = slice_trim_space(slice_from(text, 1));
    return tdmrep_looks_like(text) ||
           (slice_begins(text, '[') && (!inside.n || inside.p[0] == '{'));
}

static enum optout_rc read_lax(struct slice text, struct site_rules *out)
{
    if (!may_be_tdmrep(text))
        return OPTOUT_E_UNSUP;
    struct slice mended = tdmrep_mended(out->arena, text);
    if (!mended.p)
        return OPTOUT_E_NOMEM;
    enum optout_rc rc = OPTOUT_E_SYNTAX;
    for (size_t i = 0; i < 4 && rc == OPTOUT_E_SYNTAX; i++)
        rc = search(i % 2 ? mended : text, i < 2 ? '[' : '{', out);
    if (rc == OPTOUT_OK)
        site_rules_doubt(out, "JSON with a slip, or with something around it");
    return rc;
}

static enum optout_rc read_strict(struct slice text, struct site_rules *out)
{
    json_error_t error;
    if (!slice_begins(text, '[') && !slice_begins(text, '{'))
        return OPTOUT_E_SYNTAX;
    enum optout_rc rc =
        json_is_bounded(text, TDM_DEPTH_MAX, TDM_VALUES_MAX) ? OPTOUT_OK : OPTOUT_E_LIMIT;
    if (rc != OPTOUT_OK)
        return may_be_tdmrep(text) ? rc : OPTOUT_E_UNSUP;
    json_t *root = json_loadb((const char *)text.p, text.n, JSON_ALLOW_NUL, &error);
    if (!root)
        return json_error_code(&error) == json_error_out_of_memory ? OPTOUT_E_NOMEM
                                                                    : OPTOUT_E_SYNTAX;
    rc = json_is_array(root) ? read_array(root, out) : read_object(root, out);
    json_decref(root);
    if (rc == OPTOUT_OK && !out->n_rules && tdmrep_names_reservation(text))
        rc = OPTOUT_E_SYNTAX; /* a name that is misspelt, or nested somewhere */
    return rc;
}

enum optout_rc tdmrep_json_parse(struct slice text, struct site_rules *out)
{
    static const struct slice bom = SLICE("\xef\xbb\xbf");
    bool odd;
    if (text.n > SITE_FILE_MAX)
        return OPTOUT_E_LIMIT;
    enum optout_rc rc = site_text_read(out->arena, &text, &odd);
    if (rc != OPTOUT_OK)
        return rc;
    if (slice_eq(slice_sub(text, 0, bom.n), bom))
        text = slice_from(text, bom.n);
    text = slice_trim_space(text);
    rc = read_strict(text, out);
    if (rc == OPTOUT_OK && odd)
        site_rules_doubt(out, NOTE_ODD_TEXT);
    return rc == OPTOUT_E_SYNTAX ? read_lax(text, out) : rc;
}
