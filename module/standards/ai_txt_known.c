/* SPDX-License-Identifier: Apache-2.0 */
/* ai_txt_known.c - /.well-known/ai.txt of draft-car-ai-txt-wellknown-00.
 *
 * "Key: value" lines for the site; indented lines below "Agent: token" override
 * them for that agent. Training, Scraping, Indexing and Caching are allow, deny
 * or conditional; Training-Allow and Training-Deny are path patterns, the more
 * specific wins.
 *
 *   Training   train-ai; not stated: deny by the draft's own default. Files that
 *              never meant this draft hold Site-Name too, so that is weak.
 *   Scraping   acquire
 *   Indexing   ai-use, for an index that a model is fed from; an allowance may
 *              mean any index and is not read
 *   Caching    no usage of ours
 *
 * Where rules are matched the longest pattern alone speaks, for the agent's
 * group alone if it has one. So each group holds all that is in force for its
 * agent, and each pattern what the site says of other usages.
 *
 * MAX_* limits: ENTRIES_MAX, PATTERNS_MAX, AGENTS_MAX (more: OPTOUT_E_LIMIT). */
#include "standards/ai_txt.h"
#include "standards/common.h"

#include "http/url_path.h"

#define ENTRIES_MAX 16384u /* lines that state something */
#define PATTERNS_MAX 1024u /* Training-Allow and -Deny, of all blocks */
#define AGENTS_MAX 1024u   /* blocks */

enum key {
    KEY_TRAINING,
    KEY_SCRAPING,
    KEY_INDEXING,
    KEY_POLICIES, /* how many of the keys are policies */
    KEY_ALLOW = KEY_POLICIES,
    KEY_DENY,
    KEY_FEE,
    KEY_LICENSE,
    KEY_SITE,
    KEY_AGENT,
    KEY_OTHER
};

static const struct {
    struct slice name;
    enum key key;
} keys[] = {
    { SLICE("training"), KEY_TRAINING },     { SLICE("scraping"), KEY_SCRAPING },
    { SLICE("indexing"), KEY_INDEXING },     { SLICE("training-allow"), KEY_ALLOW },
    { SLICE("training-deny"), KEY_DENY },    { SLICE("training-fee"), KEY_FEE },
    { SLICE("site-name"), KEY_SITE },        { SLICE("training-license"), KEY_LICENSE },
    { SLICE("site-url"), KEY_SITE },         { SLICE("training-licence"), KEY_LICENSE },
    { SLICE("agent"), KEY_AGENT },
};

/* Keys that other generators write for Training, and what they then say. Plain enough to
 * deny by, lax; none of them allows. */
static const struct slice training_keys[] = {
    SLICE("ai-training"), SLICE("ai training"),  SLICE("aitraining"),   SLICE("ai-train"),
    SLICE("policy"),      SLICE("ai-policy"),    SLICE("train"),        SLICE("ai"),
    SLICE("ai_training"), SLICE("genai"),        SLICE("llm-training"), SLICE("ml-training"),
    SLICE("usage-policy"), SLICE("training-policy"),
};
static const char *const training_denials[] = {
    "disallow-ai-training", "disallow-training", "disallow-ai", "disallowaitraining",
    "no-ai-training", "no-training", "no-ai", "noai", "no ai training", "no ai", "notrain",
    "deny-ai-training", "deny-training", "deny-ai", "disallow ai training", "no-train",
    "prohibit-ai-training", "ai-training-disallowed", "ai-training=no", "ai-train=no",
    "train-ai=n", "disallow-generative-ai", "no-generative-ai", NULL
};

static const uint8_t usage_of[KEY_POLICIES] = {
    [KEY_TRAINING] = USAGE_TRAIN_AI,
    [KEY_SCRAPING] = USAGE_ACQUIRE,
    [KEY_INDEXING] = USAGE_AI_USE,
};

static const struct {
    struct slice word;
    uint8_t preference, confidence;
} words[] = {
    { SLICE("allow"), PREF_ALLOW, CONF_EXACT },      { SLICE("deny"), PREF_DENY, CONF_EXACT },
    { SLICE("allowed"), PREF_ALLOW, CONF_LAX },      { SLICE("denied"), PREF_DENY, CONF_LAX },
    { SLICE("yes"), PREF_ALLOW, CONF_LAX },          { SLICE("no"), PREF_DENY, CONF_LAX },
    { SLICE("conditional"), PREF_CONDITIONAL, CONF_EXACT },
    { SLICE("disallow"), PREF_DENY, CONF_LAX },      { SLICE("disallowed"), PREF_DENY, CONF_LAX },
    { SLICE("none"), PREF_DENY, CONF_LAX },          { SLICE("forbidden"), PREF_DENY, CONF_LAX },
};

struct entry {
    enum key key;
    uint8_t preference; /* of a policy; PREF_UNKNOWN: cannot be read */
    uint8_t confidence;
    uint32_t line;
    struct slice raw, value;
    const char *note;
};

struct entries {
    struct entry *v;
    uint32_t n;
};

/* The document: what is said for the site, then block by block. KEY_AGENT
 * entries begin the blocks. */
struct known {
    struct site_rules *out;
    struct entries site, blocks;
    uint32_t n_patterns, n_agents;
    uint32_t first_line;    /* of the first line of the draft */
    struct slice first_raw;
    bool is_known;          /* there is a line that only this draft has */
};

/* ---- Lines ---- */

static enum key key_of(struct slice name)
{
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (slice_eq_nocase(name, keys[i].name))
            return keys[i].key;
    return KEY_OTHER;
}

static bool is_training_key(struct slice name)
{
    for (size_t i = 0; i < sizeof training_keys / sizeof *training_keys; i++)
        if (slice_eq_nocase(name, training_keys[i]))
            return true;
    return false;
}

/* A list of policies denies by any of its words. "disallow" by itself is plain of AI-Training,
 * and of Policy it is not said what is disallowed. */
static bool denies_training(struct slice name, struct slice value)
{
    static const char *const plain[] = { "disallow", "disallowed", "deny", "denied", "no", "false",
                                         "none", "off", "forbidden", "prohibited", "0", NULL };
    bool policy = slice_find_nocase(name, SLICE_OF("policy")) < name.n;
    struct slice piece;
    while (slice_split(&value, ',', &piece)) {
        piece = slice_trim_space(piece);
        if (word_in(piece, training_denials) || (!policy && word_in(piece, plain)))
            return true;
    }
    return false;
}

/* The key of a line; one that stands for Training counts only for what it denies. */
static enum key key_of_line(const struct site_line *line)
{
    enum key key = key_of(line->name);
    bool denial = key == KEY_OTHER && is_training_key(line->name) &&
                  denies_training(line->name, line->value);
    return denial ? KEY_TRAINING : key;
}

static struct entry entry_of(const struct site_line *line, enum key key)
{
    struct entry e = {
        .key = key,
        .confidence = CONF_EXACT,
        .line = line->number,
        .raw = line->whole,
        .value = line->value,
    };
    if (key >= KEY_POLICIES)
        return e;
    if (key_of(line->name) == KEY_OTHER) {
        e.preference = PREF_DENY;
        e.confidence = CONF_LAX;
        e.note = "want Training: deny";
        return e;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!slice_eq_nocase(e.value, words[i].word))
            continue;
        e.preference = words[i].preference;
        e.confidence = words[i].confidence;
        e.note = e.confidence == CONF_LAX ? "want allow, deny or conditional" : NULL;
    }
    return e;
}

static void warn_of(struct known *k, const struct site_line *line, const struct entry *e)
{
    if (line->cut)
        site_rules_warn(k->out, SITE_WARN_CUT, e->line, "longer than what is read of a line");
    if (e->key < KEY_POLICIES && e->preference == PREF_UNKNOWN)
        site_rules_warn(k->out, SITE_WARN_BAD_VALUE, e->line,
                        "neither allow, deny nor conditional");
    else if (e->note)
        site_rules_warn(k->out, SITE_WARN_MISSPELT, e->line, e->note);
}

/* Where an indented line belongs, and one that was to be indented. */
enum place { AT_SITE, IN_BLOCK, BELOW_AGENT };

/* Puts the entry where it belongs. One that stands below an Agent line without
 * being indented is the site's by the letter and the agent's by its looks: what
 * it refuses is taken for both, what it allows for the agent. */
static void known_keep(struct known *k, enum place place, struct entry e)
{
    bool policy = e.key < KEY_POLICIES;
    if (policy && e.preference == PREF_UNKNOWN)
        return;
    if (place == BELOW_AGENT && e.key != KEY_SITE) {
        e.confidence = CONF_LAX;
        e.note = "below an Agent line, not indented";
    }
    bool allows = e.key == KEY_ALLOW || (policy && e.preference == PREF_ALLOW);
    k->n_patterns += e.key == KEY_ALLOW || e.key == KEY_DENY;
    k->is_known = k->is_known || policy || e.key == KEY_ALLOW || e.key == KEY_DENY ||
                  e.key == KEY_SITE;
    if (place != AT_SITE)
        k->blocks.v[k->blocks.n++] = e;
    if (place == AT_SITE || (place == BELOW_AGENT && !allows))
        k->site.v[k->site.n++] = e;
}

static void read_lines(struct site_lines lines, struct known *k)
{
    struct site_line line;
    enum place below = AT_SITE; /* of lines that are not indented */
    bool in_block = false;      /* of lines that are */
    while (site_lines_next(&lines, ':', &line)) {
        enum key key = key_of_line(&line);
        if (!line.blank && !line.indented && below == AT_SITE)
            in_block = false;
        if (line.blank || line.indented)
            below = AT_SITE;
        if (key == KEY_OTHER)
            continue;
        struct entry e = entry_of(&line, key);
        warn_of(k, &line, &e);
        if (k->first_line == 0) {
            k->first_line = e.line;
            k->first_raw = e.raw;
        }
        if (key == KEY_AGENT) {
            /* `*` is everybody: its lines are the site's. */
            in_block = !slice_eq(e.value, SLICE_OF("*")) && e.value.n;
            below = in_block ? BELOW_AGENT : AT_SITE;
            if (in_block) {
                k->blocks.v[k->blocks.n++] = e;
                k->n_agents++;
            }
            continue;
        }
        known_keep(k, line.indented ? (in_block ? IN_BLOCK : AT_SITE) : below, e);
    }
}

static uint32_t count_lines(struct site_lines lines)
{
    struct site_line line;
    uint32_t n = 0;
    while (site_lines_next(&lines, ':', &line))
        n += key_of_line(&line) != KEY_OTHER;
    return n;
}

/* ---- Rules ---- */

/* What is in force for the site or for one agent. */
struct level {
    struct entry policy[KEY_POLICIES]; /* line 0: not stated */
    struct slice fee, license;
    uint32_t group;
};

/* The entries over what is inherited; of several equal keys the most
 * restrictive. */
static void level_read(struct level *l, const struct entry *e, uint32_t n)
{
    bool own[KEY_POLICIES] = { false };
    for (uint32_t i = 0; i < n; i++) {
        if (e[i].key == KEY_FEE)
            l->fee = e[i].value;
        else if (e[i].key == KEY_LICENSE)
            l->license = e[i].value;
        if (e[i].key >= KEY_POLICIES)
            continue;
        struct entry *at = &l->policy[e[i].key];
        if (!own[e[i].key] || e[i].preference > at->preference)
            *at = e[i];
        own[e[i].key] = true;
    }
}

static bool is_url(struct slice s)
{
    return slice_starts_nocase(s, SLICE_OF("https://")) ||
           slice_starts_nocase(s, SLICE_OF("http://"));
}

static struct slice terms_of(const struct level *l)
{
    return is_url(l->fee) ? l->fee : is_url(l->license) ? l->license : SLICE_EMPTY;
}

static void set_policy(const struct entry *e, struct prefs *p)
{
    if (e->line == 0 || (e->key == KEY_INDEXING && e->preference == PREF_ALLOW))
        return;
    p->of[usage_of[e->key]] = e->preference;
}

static struct site_rule rule_of(const struct level *l, const struct entry *e)
{
    return (struct site_rule){
        .kind = RULE_AI_POLICY,
        .confidence = e->confidence,
        .group = l->group,
        .line = e->line,
        .pattern = SLICE_OF(""),
        .raw = e->raw,
        .note = e->note,
    };
}

static bool add_policies(struct known *k, const struct level *l)
{
    for (unsigned i = 0; i < KEY_POLICIES; i++) {
        const struct entry *e = &l->policy[i];
        struct site_rule rule = rule_of(l, e);
        if (e->line == 0)
            continue;
        set_policy(e, &rule.prefs);
        if (i == KEY_TRAINING && e->preference == PREF_CONDITIONAL)
            rule.url = terms_of(l);
        if (!site_rules_add(k->out, &rule))
            return false;
    }
    return true;
}

static bool is_rooted(struct slice s)
{
    return slice_begins(s, '/') || slice_begins(s, '*');
}

static bool add_pattern(struct known *k, const struct level *l, const struct entry *e,
                        struct slice path)
{
    struct site_rule rule = rule_of(l, e);
    if (!is_rooted(path)) {
        uint8_t *p = arena_take(k->out->arena, path.n + 1);
        if (!p)
            return false;
        p[0] = '/';
        memcpy(p + 1, path.p, path.n);
        path = slice_of(p, path.n + 1);
        rule.confidence = CONF_LAX;
        rule.note = "path without its leading slash";
    }
    for (unsigned i = 0; i < KEY_POLICIES; i++)
        set_policy(&l->policy[i], &rule.prefs);
    rule.prefs.of[USAGE_TRAIN_AI] = e->key == KEY_DENY ? PREF_DENY : PREF_ALLOW;
    rule.pattern = url_pattern_normal(k->out->arena, path);
    rule.weight = (uint32_t)rule.pattern.n + 1; /* more than the policies, which have none */
    return rule.pattern.p && site_rules_add(k->out, &rule);
}

/* "/a, /b" are two patterns, "/a,b" is one. */
static bool is_list(struct slice value)
{
    struct slice piece;
    while (slice_split(&value, ',', &piece))
        if (!is_rooted(slice_trim_space(piece)))
            return false;
    return true;
}

static bool add_patterns(struct known *k, const struct level *l, const struct entry *e)
{
    struct slice rest = e->value, piece;
    if (!is_list(rest))
        return rest.n == 0 || add_pattern(k, l, e, rest);
    while (slice_split(&rest, ',', &piece)) {
        piece = slice_trim_space(piece);
        if (piece.n && !add_pattern(k, l, e, piece))
            return false;
    }
    return true;
}

static bool is_pattern(const struct entry *e)
{
    return e->key == KEY_ALLOW || e->key == KEY_DENY;
}

/* The block says something of the very same paths. */
static bool is_overridden(const struct entry *site, const struct entry *own, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (is_pattern(&own[i]) && slice_eq(own[i].value, site->value))
            return true;
    return false;
}

/* Paths that the site refuses stay refused to an agent that is allowed the rest,
 * unless its block names them; paths that the site allows do not stay allowed to
 * an agent that the block speaks of. */
static bool add_block(struct known *k, const struct level *site, const struct entry *own,
                      uint32_t n)
{
    struct level l = *site;
    struct slice token = ai_txt_token(k->out->arena, own[0].value);
    if (!token.p || !site_rules_group(k->out, own[0].line) ||
        !site_rules_agent(k->out, token, own[0].line))
        return false;
    l.group = k->out->n_groups - 1;
    level_read(&l, own, n);
    bool speaks = l.policy[KEY_TRAINING].line > own[0].line &&
                  l.policy[KEY_TRAINING].line <= own[n - 1].line;
    bool ok = add_policies(k, &l);
    for (uint32_t i = 0; ok && i < k->site.n; i++) {
        const struct entry *e = &k->site.v[i];
        if (is_pattern(e) && !(e->key == KEY_ALLOW && speaks) && !is_overridden(e, own, n))
            ok = add_patterns(k, &l, e);
    }
    for (uint32_t i = 1; ok && i < n; i++)
        if (is_pattern(&own[i]))
            ok = add_patterns(k, &l, &own[i]);
    return ok;
}

static bool add_blocks(struct known *k, const struct level *site)
{
    for (uint32_t from = 0, to; from < k->blocks.n; from = to) {
        for (to = from + 1; to < k->blocks.n && k->blocks.v[to].key != KEY_AGENT;)
            to++;
        if (!add_block(k, site, &k->blocks.v[from], to - from))
            return false;
    }
    return true;
}

static bool add_rules(struct known *k)
{
    struct level site = { .group = RULE_GROUP_FILE };
    site.policy[KEY_TRAINING] = (struct entry){
        .key = KEY_TRAINING,
        .preference = PREF_DENY,
        .confidence = CONF_WEAK,
        .line = k->first_line,
        .raw = k->first_raw,
        .note = "Training is not stated, and its default is deny",
    };
    level_read(&site, k->site.v, k->site.n);
    bool ok = add_policies(k, &site);
    for (uint32_t i = 0; ok && i < k->site.n; i++)
        if (is_pattern(&k->site.v[i]))
            ok = add_patterns(k, &site, &k->site.v[i]);
    return ok && add_blocks(k, &site);
}

enum optout_rc ai_txt_known(struct site_lines lines, struct site_rules *out)
{
    struct known k = { .out = out };
    uint32_t n = count_lines(lines);
    if (n == 0)
        return OPTOUT_OK;
    if (n > ENTRIES_MAX)
        return OPTOUT_E_LIMIT;
    k.site.v = arena_array(out->arena, n, sizeof *k.site.v);
    k.blocks.v = arena_array(out->arena, n, sizeof *k.blocks.v);
    if (!k.site.v || !k.blocks.v)
        return OPTOUT_E_NOMEM;
    read_lines(lines, &k);
    if (!k.is_known)
        return OPTOUT_OK;
    if (k.n_patterns > PATTERNS_MAX || k.n_agents > AGENTS_MAX)
        return OPTOUT_E_LIMIT;
    return add_rules(&k) ? OPTOUT_OK : ai_txt_full(out);
}
