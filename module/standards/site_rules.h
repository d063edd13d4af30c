/* SPDX-License-Identifier: Apache-2.0 */
/* site_rules.h - what a site file says, as one list of rules.
 *
 * Every site file (robots.txt, tdmrep.json, ai.txt, trust.txt, RSL) is read into
 * this one form by the file of its standard; module/site compiles and matches it
 * without knowing the standards. A rule says: for this agent group, on paths
 * that match this pattern, these preferences are stated. How several rules that
 * match one path combine is a property of their kind, rule_kinds[]. */
#ifndef OPTOUT_STANDARDS_SITE_RULES_H
#define OPTOUT_STANDARDS_SITE_RULES_H

#include "core/arena.h"
#include "core/rc.h"
#include "core/signal.h"

/* Every kind of rule: standard, enum rule_choice, enum rule_fallback, needs_access. The
 * position of a kind stands in the store: new kinds go to the end. */
#define RULE_KINDS(KIND) \
    /* robots.txt Allow, Disallow */ \
    KIND(ACCESS, STD_ROBOTS_TXT, LONGEST_ALLOW, NONE, false) \
    /* robots.txt Content-Usage */ \
    KIND(USAGE, STD_AIPREF, LONGEST_STRICT, FILE, true) \
    /* robots.txt Content-Signal */ \
    KIND(CONTENT_SIGNAL, STD_CONTENT_SIGNALS, LONGEST_STRICT, STAR_FILE, false) \
    /* robots.txt DisallowAITraining, AllowAITraining */ \
    KIND(AI_TRAINING, STD_ROBOTS_TXT, LONGEST_STRICT, STAR_FILE, false) \
    /* robots.txt License: where an RSL document is */ \
    KIND(LICENSE, STD_RSL, ALL, FILE, false) \
    /* robots.txt: misplaced or invented lines, lax or weak */ \
    KIND(HINT, STD_ROBOTS_TXT, ALL, STAR_FILE, false) \
    /* tdmrep.json */ \
    KIND(TDM, STD_TDMREP, FIRST, FILE, false) \
    /* ai.txt of Spawning */ \
    KIND(FILE_TYPE, STD_AI_TXT, LONGEST_STRICT, FILE, false) \
    /* ai.txt of draft-car-ai-txt-wellknown */ \
    KIND(AI_POLICY, STD_AI_TXT, LONGEST_STRICT, FILE, false) \
    /* trust.txt datatrainingallowed */ \
    KIND(TRUST, STD_TRUST_TXT, ALL, FILE, false) \
    /* one licence of a content element of an RSL document */ \
    KIND(RSL, STD_RSL, NARROWEST, FILE, false) \
    /* ai.txt: the training lines of robots.txt */ \
    KIND(AI_LINE, STD_AI_TXT, LONGEST_STRICT, FILE, false) \
    /* peac.txt usage: conditional */ \
    KIND(PEAC, STD_PEAC, ALL, FILE, false) \
    /* comments of robots.txt and ai.txt, in words */ \
    KIND(WORDS, STD_NATURAL_LANGUAGE, ALL, FILE, false)

#define RULE_ID(id, standard, choice, fallback, needs_access) RULE_##id,
enum rule_kind { RULE_KINDS(RULE_ID) RULE_KIND_COUNT };
#undef RULE_ID

/* Which of the rules of one kind that match a path speak. */
enum rule_choice {
    CHOOSE_LONGEST_ALLOW,  /* most bytes; of equal ones the least restrictive */
    CHOOSE_LONGEST_STRICT, /* most bytes; of equal ones all, the strictest wins */
    CHOOSE_FIRST,          /* the first of the document */
    CHOOSE_ALL,
    CHOOSE_NARROWEST       /* RSL: most bytes; licences of one content are alternatives, but
                              what one of them prohibits none permits */
};

/* Where to look when the group of the agent has no matching rule. */
enum rule_fallback {
    FALLBACK_NONE,       /* the agent's group alone, `*` if it has none (RFC 9309) */
    FALLBACK_FILE,       /* the same, then the rules outside of groups */
    FALLBACK_STAR_FILE   /* its group, then `*`, then the rules outside of groups */
};

struct rule_kind_row {
    uint8_t standard; /* enum standard_id */
    uint8_t choice;   /* enum rule_choice */
    uint8_t fallback; /* enum rule_fallback */
    bool needs_access; /* says nothing of a path that may not be fetched */
};
extern const struct rule_kind_row rule_kinds[RULE_KIND_COUNT];

/* RSL 1.0: user classes, payment types; bits and values are kept in the store. */
enum rsl_user {
    RSL_USER_COMMERCIAL,
    RSL_USER_NON_COMMERCIAL,
    RSL_USER_EDUCATION,
    RSL_USER_GOVERNMENT,
    RSL_USER_PERSONAL,
    RSL_USER_COUNT,
    RSL_USER_OTHER = RSL_USER_COUNT /* the bit of a list that names none, or one of its own */
};
enum rsl_payment {
    RSL_PAY_NONE, /* no payment element */
    RSL_PAY_FREE,
    RSL_PAY_ATTRIBUTION,
    RSL_PAY_PURCHASE,
    RSL_PAY_SUBSCRIPTION,
    RSL_PAY_TRAINING,
    RSL_PAY_CRAWL,
    RSL_PAY_USE,
    RSL_PAY_CONTRIBUTION,
    RSL_PAY_OTHER, /* a type that the specification does not have */
    RSL_PAY_COUNT
};

#define RULE_GROUP_FILE UINT32_MAX /* a rule outside of every group */

struct site_rule {
    uint8_t kind;       /* enum rule_kind */
    uint8_t confidence; /* enum confidence */
    uint8_t property;   /* of the signal: the standard's own */
    struct prefs prefs; /* stated, umbrella spread; RSL: before user and geo are weighed */
    uint32_t group;     /* index of struct rule_group, or RULE_GROUP_FILE */
    uint32_t line;      /* from 1; of a JSON array: the element, from 1 */
    uint32_t content;   /* RSL: which content element, from 0; else 0 */
    struct slice pattern; /* normal form (http/url_path.h); empty: every path */
    uint32_t weight;    /* bytes of the pattern that count for "longest" */
    struct slice origin; /* RSL: "https://host" the pattern is confined to; empty: any */
    struct slice raw;   /* the line or element as written, trimmed, at most SIGNAL_RAW_MAX */
    struct slice name;  /* RULE_WORDS: of the phrase that found it; else empty */
    struct slice url;   /* policy, licence or licence server */
    const char *note;   /* static text, why it is lax, weak or without effect; or NULL */

    /* RSL only */
    usage_set usage_prohibits;            /* said to be prohibited, not merely left out */
    uint8_t user_permits, user_prohibits; /* bit 1 << enum rsl_user; 0: not stated.
                                             RSL_USER_OTHER: classes that are not told apart */
    uint8_t payment;                      /* enum rsl_payment */
    bool server;                          /* a token must be got, even if free */
    bool encrypted;
    struct slice geo_permits, geo_prohibits; /* "EU US": upper case, one space between; "--":
                                                a place that is not known */
};

/* A run of User-agent lines with the rules that follow. Kept apart as written;
 * groups that name the same token are merged when the rules are compiled. */
struct rule_group {
    uint32_t first_agent, n_agents; /* in site_rules.agent */
    uint32_t line;                  /* of its first User-agent line */
};

struct rule_agent {
    struct slice token; /* lower case, version dropped: "gptbot", "*" */
    uint32_t line;
    bool loose; /* one of the names in a longer value, of which the agent before is the whole:
                   only what the group refuses is said to it */
};

enum site_warning_kind {
    SITE_WARN_NONE,
    SITE_WARN_AMBIGUOUS_GROUP, /* User-agent lines merge across usage lines */
    SITE_WARN_CUT,             /* longer than what is read; the rest was dropped */
    SITE_WARN_MISSPELT,
    SITE_WARN_BAD_VALUE,       /* a known directive whose value cannot be read */
    SITE_WARN_OUTSIDE_GROUP,
    SITE_WARN_OTHER
};

struct site_warning {
    uint8_t kind;
    uint32_t line;
    const char *text; /* static, for people */
};

#define SITE_RULES_MAX 65536   /* rules of one document; more: OPTOUT_E_LIMIT */
#define SITE_AGENTS_MAX 65536
#define SITE_WARNINGS_MAX 64   /* kept; more are counted only */

/* A document's rules. All memory is the arena's; slices may point into the
 * document, which must outlive them. */
struct site_rules {
    struct arena *arena;
    struct site_rule *rule;
    uint32_t n_rules, rules_size;
    struct rule_group *group;
    uint32_t n_groups, groups_size;
    struct rule_agent *agent;
    uint32_t n_agents, agents_size;
    struct site_warning warning[SITE_WARNINGS_MAX];
    uint32_t n_warnings; /* may exceed what is kept */
    uint32_t max_age_s;  /* RSL max-age in seconds; 0: not stated */
    bool overflow;       /* a limit or the arena was reached: the list is not whole */
};

void site_rules_init(struct site_rules *r, struct arena *arena);
/* Append a copy of the struct (slices are borrowed). False sets `overflow`. */
bool site_rules_add(struct site_rules *r, const struct site_rule *rule);
bool site_rules_group(struct site_rules *r, uint32_t line); /* begins a new group */
/* Adds a token to the newest group. */
bool site_rules_agent(struct site_rules *r, struct slice token, uint32_t line);
bool site_rules_loose_agent(struct site_rules *r, struct slice token, uint32_t line);
void site_rules_warn(struct site_rules *r, enum site_warning_kind kind, uint32_t line,
                     const char *text);

/* The text was read with more lenience than its readers have: what is there may deny, and
 * allows nothing. Within the file rules keep their precedence. `note` is static. */
void site_rules_doubt(struct site_rules *r, const char *note);
/* Some rule, weak ones too, denies something or asks for a condition. */
bool site_rules_restrict(const struct site_rules *r);

/* The parsers, one per file. Input: the decoded document, any bytes. Results:
 *   OPTOUT_OK        read; `out` may hold no rules
 *   OPTOUT_E_UNSUP   another document in its place: nothing in it looks like this kind
 *                    (tdmrep.json, ai.txt, trust.txt)
 *   OPTOUT_E_SYNTAX  of this kind perhaps, but it cannot be read (broken JSON, no RSL root);
 *                    robots.txt: HTML
 *   OPTOUT_E_LIMIT   longer or larger than what is read (never silently cut:
 *                    robots.txt beyond 512 KiB is read up to there, and warned)
 *   OPTOUT_E_NOMEM   the arena is used up
 * They do not recurse on input, keep no state and take O(n) time. */
#define ROBOTS_TXT_MAX (512u << 10) /* RFC 9309 section 2.5 asks for 500 KiB at least */
#define SITE_FILE_MAX (1u << 20)    /* all others */

enum optout_rc robots_txt_parse(struct slice text, struct site_rules *out) OPTOUT_CHECKED;
enum optout_rc tdmrep_json_parse(struct slice text, struct site_rules *out) OPTOUT_CHECKED;
enum optout_rc ai_txt_parse(struct slice text, struct site_rules *out) OPTOUT_CHECKED;
enum optout_rc trust_txt_parse(struct slice text, struct site_rules *out) OPTOUT_CHECKED;
enum optout_rc peac_txt_parse(struct slice text, struct site_rules *out) OPTOUT_CHECKED;
/* `url`: where the document was got, for `url` attributes that are relative. */
enum optout_rc rsl_document_parse(struct slice text, struct slice url,
                                  struct site_rules *out) OPTOUT_CHECKED;

#endif
