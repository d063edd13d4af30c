/* SPDX-License-Identifier: Apache-2.0 */
/* ai_txt_spawning.c - ai.txt as Spawning's generator writes it.
 *
 * https://spawning.ai/ai-txt: the lines of robots.txt, with file types for
 * paths ("Disallow: *.jpg"). No rules of matching were published. The generator
 * ends each file with "Disallow: /" and "Disallow: *", whatever it allowed
 * above; so a file type speaks before these two. A path of the site is more
 * than a file type when it refuses and less when it allows: in doubt the wish
 * not to be used stands. Allow takes a refusal back and permits nothing.
 *
 * A file type is a pattern for the end of the path and for what stands before a
 * query, in the letters written and in all small and all capital ones.
 *
 * MAX_* limits: SITE_RULES_MAX; a path of 999 bytes weighs no more than one. */
#include "standards/ai_txt.h"
#include "standards/common.h"

#include "http/url_path.h"

/* weight: the bytes of the pattern and the class they count in. */
#define WEIGHT_TYPE 1000u
#define WEIGHT_PATH 20000u

struct spawning {
    struct site_rules *out;
    uint32_t group; /* of the rules to come */
    bool listing;   /* the last line named an agent */
};

/* ".jpg" of ".jpg", "*.jpg" and "*.jpg$", a slash in front or not; empty when it
 * is a path. */
static struct slice file_type_of(struct slice path)
{
    slice_take(&path, '/');
    slice_take(&path, '*');
    if (path.n && path.p[path.n - 1] == '$')
        path.n--;
    if (path.n < 2 || path.p[0] != '.')
        return SLICE_EMPTY;
    for (size_t i = 1; i < path.n; i++)
        if (!ascii_is_alnum(path.p[i]) && !memchr(".-_", path.p[i], 3))
            return SLICE_EMPTY;
    return path;
}

static bool add(struct spawning *s, const struct site_rule *rule)
{
    return rule->pattern.p && site_rules_add(s->out, rule);
}

/* Lines that others write among these: a path of the site, or a word for all of it. They say
 * what DisallowAITraining says in robots.txt, and are lax. */
static const struct {
    struct slice name;
    bool allow;
} training_lines[] = {
    { SLICE("disallow-ai-training"), false },   { SLICE("disallowaitraining"), false },
    { SLICE("disallow-generative-ai"), false }, { SLICE("disallow-training"), false },
    { SLICE("disallow-ml-training"), false },   { SLICE("disallow-llm-training"), false },
    { SLICE("disallow-ai"), false },            { SLICE("allow-ai-training"), true },
    { SLICE("allowaitraining"), true },         { SLICE("allow-training"), true },
};
#define TRAINING_LINES (sizeof training_lines / sizeof *training_lines)

static size_t training_line(struct slice name)
{
    size_t i = 0;
    while (i < TRAINING_LINES && !slice_eq_nocase(name, training_lines[i].name))
        i++;
    return i;
}

/* With a path an Allow takes back what a shorter one denies; a word is yes or no for all. */
static bool on_training(struct spawning *s, const struct site_line *line, bool allow)
{
    static const char *const yes[] = { "yes", "true", "1", "on", "all", NULL };
    static const char *const no[] = { "no", "false", "0", "off", "none", NULL };
    bool path = slice_begins(line->value, '/') || slice_begins(line->value, '*');
    struct site_rule rule = {
        .kind = RULE_AI_LINE,
        .confidence = CONF_LAX,
        .group = s->group,
        .line = line->number,
        .pattern = SLICE_OF(""),
        .raw = line->whole,
        .note = "a line of robots.txt; ai.txt has no such line",
    };
    if (!path && !word_in(line->value, allow ? no : yes))
        return true;
    if (path) {
        rule.pattern = url_pattern_normal(s->out->arena, line->value);
        rule.weight = (uint32_t)rule.pattern.n;
    }
    if (!path || !allow)
        rule.prefs.of[USAGE_TRAIN_AI] = PREF_DENY;
    return add(s, &rule);
}

static uint8_t ascii_upper(uint8_t c)
{
    return (uint8_t)(c - 'a') < 26 ? (uint8_t)(c - 32) : c;
}

enum letters { AS_WRITTEN, SMALL, CAPITAL, LETTERS_COUNT };

/* "*" type tail, in these letters. */
static struct slice type_pattern(struct arena *a, struct slice type, enum letters letters,
                                 uint8_t tail)
{
    uint8_t *p = arena_take(a, type.n + 2);
    if (!p)
        return SLICE_EMPTY;
    p[0] = '*';
    for (size_t i = 0; i < type.n; i++)
        p[i + 1] = letters == SMALL     ? ascii_lower(type.p[i])
                   : letters == CAPITAL ? ascii_upper(type.p[i])
                                        : type.p[i];
    p[type.n + 1] = tail;
    return slice_of(p, type.n + 2);
}

static bool letters_differ(struct slice type, enum letters letters)
{
    for (size_t i = 0; i < type.n; i++) {
        uint8_t c = letters == SMALL ? ascii_lower(type.p[i]) : ascii_upper(type.p[i]);
        if (c != type.p[i])
            return true;
    }
    return false;
}

static bool add_type(struct spawning *s, struct slice type, struct site_rule *rule)
{
    rule->weight = WEIGHT_TYPE + (uint32_t)type.n;
    for (unsigned l = AS_WRITTEN; l < LETTERS_COUNT; l++) {
        if (l != AS_WRITTEN && !letters_differ(type, (enum letters)l))
            continue;
        for (const char *tail = "$?"; *tail; tail++) {
            rule->pattern = type_pattern(s->out->arena, type, (enum letters)l, (uint8_t)*tail);
            if (!add(s, rule))
                return false;
        }
    }
    return true;
}

static bool add_path(struct spawning *s, struct slice path, bool allow, struct site_rule *rule)
{
    if (path.p[0] != '/' && path.p[0] != '*') {
        uint8_t *p = arena_take(s->out->arena, path.n + 1);
        if (!p)
            return false;
        p[0] = '/';
        memcpy(p + 1, path.p, path.n);
        path = slice_of(p, path.n + 1);
        rule->confidence = CONF_LAX;
        rule->note = allow ? rule->note : "path without its leading slash";
    }
    rule->pattern = url_pattern_normal(s->out->arena, path);
    bool everything = rule->pattern.n == 0 || (rule->pattern.n == 1 && rule->pattern.p[0] == '/');
    size_t n = rule->pattern.n < WEIGHT_TYPE - 1 ? rule->pattern.n : WEIGHT_TYPE - 1;
    rule->weight = everything ? 1 : (uint32_t)n + (allow ? 0 : WEIGHT_PATH);
    return add(s, rule);
}

static bool on_path(struct spawning *s, const struct site_line *line, bool allow)
{
    struct site_rule rule = {
        .kind = RULE_FILE_TYPE,
        .confidence = CONF_EXACT,
        .group = s->group,
        .line = line->number,
        .raw = line->whole,
    };
    if (line->value.n == 0)
        return true; /* "Disallow:" refuses nothing, as in robots.txt */
    if (allow)
        rule.note = "takes a Disallow back, permits nothing";
    else
        rule.prefs.of[USAGE_TRAIN_AI] = PREF_DENY;
    struct slice type = file_type_of(line->value);
    return type.n ? add_type(s, type, &rule) : add_path(s, line->value, allow, &rule);
}

/* What is said to `*` is said to everybody: it stands outside of groups, where
 * an agent finds it that has a group of its own, too. */
static bool on_agent(struct spawning *s, const struct site_line *line)
{
    struct slice token = ai_txt_token(s->out->arena, line->value);
    bool star = slice_eq(token, SLICE_OF("*"));
    if (token.n == 0)
        return token.p != NULL;
    if (!s->listing && !star && !site_rules_group(s->out, line->number))
        return false;
    if (star)
        s->group = RULE_GROUP_FILE;
    else if (!s->listing)
        s->group = s->out->n_groups - 1;
    else if (s->group == RULE_GROUP_FILE)
        return true; /* listed together with `*` */
    return star || site_rules_agent(s->out, token, line->number);
}

enum optout_rc ai_txt_spawning(struct site_lines lines, struct site_rules *out)
{
    struct spawning s = { .out = out, .group = RULE_GROUP_FILE };
    struct site_line line;
    while (site_lines_next(&lines, ':', &line)) {
        bool agent = slice_eq_nocase(line.name, SLICE_OF("user-agent"));
        bool allow = slice_eq_nocase(line.name, SLICE_OF("allow"));
        bool path = allow || slice_eq_nocase(line.name, SLICE_OF("disallow"));
        size_t training = agent || path ? TRAINING_LINES : training_line(line.name);
        if (!agent && !path && training == TRAINING_LINES)
            continue;
        if (line.cut)
            site_rules_warn(out, SITE_WARN_CUT, line.number, "longer than what is read of a line");
        bool kept = agent  ? on_agent(&s, &line)
                    : path ? on_path(&s, &line, allow)
                           : on_training(&s, &line, training_lines[training].allow);
        if (!kept)
            return ai_txt_full(out);
        s.listing = agent;
    }
    return OPTOUT_OK;
}
