/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/profile_line.h"

#include "standards/site_rules.h"

#include <stdio.h>
#include <stdlib.h>

#define OTHERS_MAX 1000
#define SETTINGS_LINE_MAX 8192
#define PURPOSES "tdm, train-ml, train-ai, ai-use or search, separated by commas"

/* In the order of enum rsl_user. */
static const char *const user_words[RSL_USER_COUNT] = {
    "commercial", "non-commercial", "education", "government", "personal",
};
static const char *const weak_words[] = { "ignore", "tag", "block" };
static const char *const late_words[] = { "cut", "refuse" };
static const char *const mode_words[] = { "enforce", "monitor" };
static const char *const binding_words[] = { "no", "yes" };

/* Keys whose value is one of some words; what is set is the number of the word. */
#define WORD_KEY(key, words, field, want) \
    { key, words, sizeof words / sizeof *words, offsetof(struct profile, field), want }
static const struct word_key {
    const char *key;
    const char *const *word;
    size_t n;
    size_t at; /* in struct profile: uint8_t, or a bool */
    const char *want;
} word_keys[] = {
    WORD_KEY("user", user_words, user,
             "write commercial, non-commercial, education, government or personal"),
    WORD_KEY("weak", weak_words, weak, "write ignore, tag or block"),
    WORD_KEY("natural-binding", binding_words, natural_binding, "write yes or no"),
    WORD_KEY("late", late_words, late, "write cut or refuse"),
    WORD_KEY("mode", mode_words, monitor, "write enforce or monitor"),
};
_Static_assert(sizeof(bool) == sizeof(uint8_t), "a switch is set as a word of two");

static bool is_token_char(uint8_t c)
{
    return ascii_is_alnum(c) || c == '-' || c == '_' || c == '.';
}

/* A name that can stand as a Structured Field token and in an ICAP URL. */
static bool is_name(struct slice s, size_t max)
{
    if (s.n == 0 || s.n >= max || !ascii_is_alpha(s.p[0]))
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!is_token_char(s.p[i]))
            return false;
    return true;
}

/* Product tokens of crawlers may begin with a digit, whatever RFC 9309 says. */
static bool is_agent(struct slice s)
{
    return is_name(s, PROFILE_AGENT_MAX) ||
           (s.n > 1 && ascii_is_digit(s.p[0]) && is_name(slice_from(s, 1), PROFILE_AGENT_MAX - 1));
}

enum optout_rc purpose_parse(struct slice list, usage_set *purpose, struct config_error *e)
{
    struct slice piece;
    usage_set set = 0;
    while (slice_split(&list, ',', &piece)) {
        enum usage u;
        if (!usage_from_name(slice_trim_ows(piece), &u) || u == USAGE_ACQUIRE)
            return config_fail(e, "name " PURPOSES, "\"%.*s\" is no purpose",
                               (int)(piece.n > 40 ? 40 : piece.n), (const char *)piece.p);
        set |= usage_bit(u);
    }
    *purpose = set;
    return OPTOUT_OK;
}

enum optout_rc agents_parse(struct slice list, struct profile *p, struct config_error *e)
{
    struct slice piece;
    while (slice_split(&list, ',', &piece)) {
        piece = slice_trim_ows(piece);
        if (!is_agent(piece))
            return config_fail(e, "name product tokens such as GPTBot, separated by commas",
                               "\"%.*s\" is no product token",
                               (int)(piece.n > 40 ? 40 : piece.n), (const char *)piece.p);
        if (p->n_agents == PROFILE_AGENTS_MAX)
            return config_fail(e, "split the profile", "more than %d agents", PROFILE_AGENTS_MAX);
        char *to = p->agent[p->n_agents++];
        for (size_t i = 0; i < piece.n; i++)
            to[i] = (char)ascii_lower(piece.p[i]);
        to[piece.n] = '\0';
    }
    return OPTOUT_OK;
}

static enum optout_rc parse_action(struct slice value, uint8_t *to, struct config_error *e)
{
    enum action a;
    if (!action_from_name(value, &a) || a == ACTION_CUT)
        return config_fail(e, "write pass, tag or block", "\"%.*s\" is no action",
                           (int)(value.n > 40 ? 40 : value.n), (const char *)value.p);
    *to = (uint8_t)a;
    return OPTOUT_OK;
}

static bool find_word(struct slice value, const char *const *words, size_t n, uint8_t *to)
{
    for (size_t i = 0; i < n; i++) {
        if (slice_eq_nocase(value, slice_cstr(words[i]))) {
            *to = (uint8_t)i;
            return true;
        }
    }
    return false;
}

static enum optout_rc set_action(struct profile *p, struct slice key, struct slice value,
                                 struct config_error *e)
{
    static const struct slice one_reason = SLICE("undecided.");
    if (slice_starts_nocase(key, one_reason)) {
        enum undecided u;
        if (!undecided_from_name(slice_from(key, one_reason.n), &u))
            return config_fail(e, "see srv_optout.conf(5) for the reasons",
                               "\"%.*s\" names no reason", (int)key.n, (const char *)key.p);
        return parse_action(value, &p->on_undecided[u], e);
    }
    for (unsigned d = 0; d < DECISION_COUNT; d++) {
        if (!slice_eq_nocase(key, slice_cstr(decision_name((enum decision_kind)d))))
            continue;
        enum optout_rc rc = parse_action(value, &p->on[d], e);
        for (unsigned u = 0; rc == OPTOUT_OK && d == DECISION_UNDECIDED && u < UNDECIDED_COUNT; u++)
            p->on_undecided[u] = p->on[d];
        return rc;
    }
    return config_fail(e, "see srv_optout.conf(5) for the keys of a profile",
                       "unknown key \"%.*s\"", (int)(key.n > 40 ? 40 : key.n), (const char *)key.p);
}

static enum optout_rc set_user_agent(struct profile *p, struct slice value,
                                     struct config_error *e)
{
    if (value.n >= PROFILE_USER_AGENT_MAX)
        return config_fail(e, "shorten it", "user-agent is longer than %d bytes",
                           PROFILE_USER_AGENT_MAX - 1);
    for (size_t i = 0; i < value.n; i++)
        if (value.p[i] < 0x20 || value.p[i] == 0x7F || value.p[i] == '"')
            return config_fail(e, "write it as a request would send it",
                               "user-agent holds a character that no field value has");
    memcpy(p->user_agent, value.p, value.n);
    p->user_agent[value.n] = '\0';
    return OPTOUT_OK;
}

static enum optout_rc set_country(struct profile *p, struct slice value, struct config_error *e)
{
    bool letters = value.n == 2 && ascii_is_alpha(value.p[0]) && ascii_is_alpha(value.p[1]);
    if (value.n && !letters)
        return config_fail(e, "write two letters, such as DE", "\"%.*s\" is no country code",
                           (int)(value.n > 40 ? 40 : value.n), (const char *)value.p);
    for (size_t i = 0; i < value.n; i++)
        p->country[i] = (char)(ascii_lower(value.p[i]) - 32);
    p->country[value.n] = '\0';
    return OPTOUT_OK;
}

static enum optout_rc set_others(struct profile *p, struct slice value, struct config_error *e)
{
    uint64_t n;
    if (!slice_to_u64(value, &n) || n > OTHERS_MAX)
        return config_fail(e, "write a number up to 1000, or 0 for never", "wrong value of others");
    p->others = (uint16_t)n;
    return OPTOUT_OK;
}

/* "plain:block,hint:tag": a grade that is not named stays as it is. */
static enum optout_rc set_natural(struct profile *p, struct slice list, struct config_error *e)
{
    struct slice piece;
    while (slice_split(&list, ',', &piece)) {
        enum phrase_grade grade;
        uint8_t choice;
        piece = slice_trim_ows(piece);
        struct slice name = slice_sub(piece, 0, slice_find(piece, ':'));
        if (!phrase_grade_from_name(name, &grade) || grade == PHRASE_PERMISSION ||
            !find_word(slice_from(piece, name.n + 1), weak_words, 3, &choice))
            return config_fail(e, "write plain, likely or hint, a colon, and ignore, tag or block; "
                                  "commas between them",
                               "\"%.*s\" is no choice for words",
                               (int)(piece.n > 40 ? 40 : piece.n), (const char *)piece.p);
        p->natural[grade] = choice;
    }
    return OPTOUT_OK;
}

static enum optout_rc set_word(struct profile *p, const struct word_key *k, struct slice value,
                               struct config_error *e)
{
    if (find_word(value, k->word, k->n, (uint8_t *)p + k->at))
        return OPTOUT_OK;
    return config_fail(e, k->want, "wrong value of %s", k->key);
}

static enum optout_rc apply_key(struct profile *p, struct slice key, struct slice value,
                                struct config_error *e)
{
    for (size_t i = 0; i < sizeof word_keys / sizeof *word_keys; i++)
        if (slice_eq_nocase(key, slice_cstr(word_keys[i].key)))
            return set_word(p, &word_keys[i], value, e);
    if (slice_eq_nocase(key, SLICE_OF("purpose")))
        return purpose_parse(value, &p->purpose, e);
    if (slice_eq_nocase(key, SLICE_OF("agents"))) {
        p->n_agents = 0;
        return value.n ? agents_parse(value, p, e) : OPTOUT_OK;
    }
    if (slice_eq_nocase(key, SLICE_OF("user-agent")))
        return set_user_agent(p, value, e);
    if (slice_eq_nocase(key, SLICE_OF("country")))
        return set_country(p, value, e);
    if (slice_eq_nocase(key, SLICE_OF("natural")))
        return set_natural(p, value, e);
    if (slice_eq_nocase(key, SLICE_OF("others")))
        return set_others(p, value, e);
    return set_action(p, key, value, e);
}

static struct profile *profile_of(struct config *c, struct slice name, struct config_error *e)
{
    for (size_t i = 0; i < c->n_profiles; i++)
        if (slice_eq_nocase(name, slice_cstr(c->profile[i].name)))
            return &c->profile[i];
    if (c->n_profiles == CONFIG_PROFILES_MAX) {
        (void)config_fail(e, "leave some out", "more than %d profiles", CONFIG_PROFILES_MAX);
        return NULL;
    }
    struct profile *p = &c->profile[c->n_profiles++];
    profile_init(p);
    memcpy(p->name, name.p, name.n);
    p->name[name.n] = '\0';
    return p;
}

static enum optout_rc apply_word(struct profile *p, const char *word, struct config_error *e)
{
    struct slice key = slice_cstr(word);
    size_t eq = slice_find(key, '=');
    if (eq == key.n)
        return config_fail(e, "write key=value without spaces", "\"%.40s\" is no key=value", word);
    return apply_key(p, slice_sub(key, 0, eq), slice_from(key, eq + 1), e);
}

/* The first that is wrong is told, and how many more are. */
static enum optout_rc apply_keys(struct profile *p, int n, const char *const *word,
                                 struct config_error *e)
{
    struct config_error next = { .line = 0 };
    enum optout_rc rc = OPTOUT_OK;
    size_t wrong = 0;
    for (int i = 0; i < n; i++) {
        enum optout_rc one = apply_word(p, word[i], wrong ? &next : e);
        wrong += one != OPTOUT_OK;
        rc = rc == OPTOUT_OK ? one : rc;
    }
    if (wrong > 1) {
        size_t told = strlen(e->reason);
        snprintf(e->reason + told, sizeof e->reason - told, " (and %zu more of this line)",
                 wrong - 1);
    }
    return rc;
}

enum optout_rc profile_line_apply(void *target, int argc, const char *const *argv,
                                  struct config_error *e)
{
    struct config *c = target;
    if (argc < 1)
        return config_fail(e, "write: Profile NAME purpose=train-ai …", "names no profile");
    struct slice name = slice_cstr(argv[0]);
    if (!is_name(name, PROFILE_NAME_MAX))
        return config_fail(e, "begin with a letter; letters, digits, '-', '_' and '.' follow",
                           "\"%.40s\" is no name of a profile", argv[0]);
    struct profile *p = profile_of(c, name, e);
    if (!p)
        return OPTOUT_E_SYNTAX;
    enum optout_rc rc = apply_keys(p, argc - 1, argv + 1, e);
    if (rc == OPTOUT_OK && p->purpose == 0)
        rc = config_fail(e, "name " PURPOSES, "profile \"%s\" has no purpose", p->name);
    return rc;
}

/* What is read of a line is what follows the directive. */
static bool apply_settings_line(struct config *c, struct slice line)
{
    char text[SETTINGS_LINE_MAX];
    const char *word[DIRECTIVE_WORDS_MAX];
    struct config_error e = { .line = 0 };
    if (line.n >= sizeof text || memchr(line.p, 0, line.n))
        return false;
    memcpy(text, line.p, line.n);
    text[line.n] = '\0';
    int n = directive_words(text, word);
    c->n_profiles = 0;
    return n > 0 && profile_line_apply(c, n, word, &e) == OPTOUT_OK;
}

bool profile_of_settings(struct slice settings, struct slice name, struct profile *out)
{
    static const struct slice directive = SLICE("optout.Profile ");
    struct config *c = malloc(sizeof *c);
    struct slice line;
    bool found = false;
    while (c && !found && slice_split(&settings, '\n', &line)) {
        found = slice_starts_nocase(line, directive) &&
                apply_settings_line(c, slice_from(line, directive.n)) &&
                slice_eq_nocase(name, slice_cstr(c->profile[0].name));
        if (found)
            *out = c->profile[0];
    }
    free(c);
    return found;
}

static void print_purpose(const struct profile *p, struct buf *out)
{
    const char *sep = "";
    for (unsigned u = 0; u < USAGE_COUNT; u++) {
        if (p->purpose & (1u << u)) {
            buf_puts(out, sep);
            buf_puts(out, usage_name((enum usage)u));
            sep = ",";
        }
    }
}

void profile_line_print(const struct profile *p, struct buf *out)
{
    buf_puts(out, p->name);
    buf_puts(out, " purpose=");
    print_purpose(p, out);
    buf_puts(out, " agents=");
    for (size_t i = 0; i < p->n_agents; i++)
        buf_printf(out, "%s%s", i ? "," : "", p->agent[i]);
    buf_printf(out, " user=%s country=%s \"user-agent=", user_words[p->user], p->country);
    for (const char *c = p->user_agent; *c; c++)
        buf_printf(out, "%s%c", *c == '\\' ? "\\" : "", *c);
    buf_puts(out, "\"");
    for (unsigned d = 0; d < DECISION_COUNT; d++)
        buf_printf(out, " %s=%s", decision_name((enum decision_kind)d),
                   action_name((enum action)p->on[d]));
    for (unsigned u = 0; u < UNDECIDED_COUNT; u++)
        buf_printf(out, " undecided.%s=%s", undecided_name((enum undecided)u),
                   action_name((enum action)p->on_undecided[u]));
    buf_printf(out, " weak=%s natural=plain:%s,likely:%s,hint:%s natural-binding=%s",
               weak_words[p->weak], weak_words[p->natural[PHRASE_PLAIN]],
               weak_words[p->natural[PHRASE_LIKELY]], weak_words[p->natural[PHRASE_HINT]],
               binding_words[p->natural_binding]);
    buf_printf(out, " others=%u late=%s mode=%s", p->others, late_words[p->late],
               mode_words[p->monitor]);
}
