/* SPDX-License-Identifier: Apache-2.0 */
/* rsl_terms.c - the words of Really Simple Licensing 1.0: usages, users, places,
 * payment; and what they leave for one operator.
 *
 * RSL 1.0 section 3.1.1 (evaluation) and section 3.4 ff. (vocabularies); draft 0.9
 * for comma lists and `inference`. Every word is looked at once.
 *
 * Limits: none of its own; texts are bounded by rsl_document.c. */
#include "standards/rsl_terms.h"

/* RSL's columns. A list of permits that leaves one of them out does not license it. */
#define AI_TRAIN (1u << USAGE_TRAIN_AI)
#define AI_INPUT (1u << USAGE_AI_USE)
#define SEARCH (1u << USAGE_SEARCH)
#define AI_ALL (AI_TRAIN | AI_INPUT)
#define COLUMNS (AI_ALL | SEARCH)
#define ALL (COLUMNS | 1u << USAGE_TDM | 1u << USAGE_TRAIN_ML)

#define USERS_ALL ((1u << RSL_USER_COUNT) - 1)

static const struct {
    struct slice word;
    usage_set covers;
    const char *note;
    bool lax;
} usage_words[] = {
    { SLICE("all"), ALL, NULL, false },
    { SLICE("ai-all"), AI_ALL, NULL, false },
    { SLICE("ai-train"), AI_TRAIN, NULL, false },
    { SLICE("ai-input"), AI_INPUT, NULL, false },
    { SLICE("ai-index"), AI_INPUT, "ai-index is read as ai-use", false },
    { SLICE("search"), SEARCH, NULL, false },
    { SLICE("inference"), AI_INPUT, "word of RSL 0.9", true },
    { SLICE("ai-inference"), AI_INPUT, "word of RSL 0.9", true },
    { SLICE("train-ai"), AI_TRAIN, "word of another standard", true },
    { SLICE("train"), AI_TRAIN, "word of another standard", true },
    { SLICE("ai-training"), AI_TRAIN, "word of another standard", true },
    { SLICE("ai-use"), AI_INPUT, "word of another standard", true },
    { SLICE("ai-search"), AI_INPUT, "word of another standard", true },
};

static const struct slice user_words[RSL_USER_COUNT] = {
    [RSL_USER_COMMERCIAL] = SLICE("commercial"),
    [RSL_USER_NON_COMMERCIAL] = SLICE("non-commercial"),
    [RSL_USER_EDUCATION] = SLICE("education"),
    [RSL_USER_GOVERNMENT] = SLICE("government"),
    [RSL_USER_PERSONAL] = SLICE("personal"),
};

static const struct slice payment_words[RSL_PAY_COUNT] = {
    [RSL_PAY_FREE] = SLICE("free"),
    [RSL_PAY_ATTRIBUTION] = SLICE("attribution"),
    [RSL_PAY_PURCHASE] = SLICE("purchase"),
    [RSL_PAY_SUBSCRIPTION] = SLICE("subscription"),
    [RSL_PAY_TRAINING] = SLICE("training"),
    [RSL_PAY_CRAWL] = SLICE("crawl"),
    [RSL_PAY_USE] = SLICE("use"),
    [RSL_PAY_CONTRIBUTION] = SLICE("contribution"),
    [RSL_PAY_OTHER] = SLICE("other"),
};

/* Member states of the European Union, ISO 3166-1 alpha-2. */
static const char eu_members[][3] = {
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU",
    "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
};

/* Codes that people write and ISO 3166-1 does not have. */
static const char misnomers[][2][3] = { { "UK", "GB" }, { "EL", "GR" } };

#define NOWHERE "--" /* no country: a list that names none, or a place that is not known */
#define EVERYWHERE "*"

static void lax(struct rsl_reading *r, const char *why)
{
    if (!r->lax)
        r->lax = why;
}

bool rsl_term_from_type(struct slice type, enum rsl_term *term, bool *is_lax)
{
    static const struct slice types[RSL_TERM_COUNT] = {
        [RSL_TERM_USAGE] = SLICE("usage"),
        [RSL_TERM_USER] = SLICE("user"),
        [RSL_TERM_GEO] = SLICE("geo"),
    };
    struct slice trimmed = slice_trim_space(type);
    for (size_t i = 0; i < RSL_TERM_COUNT; i++) {
        if (!slice_eq_nocase(trimmed, types[i]))
            continue;
        *term = (enum rsl_term)i;
        *is_lax = !slice_eq(trimmed, types[i]);
        return true;
    }
    return false;
}

static void read_usage(struct rsl_reading *r, enum rsl_side side, struct slice word)
{
    for (size_t i = 0; i < sizeof usage_words / sizeof *usage_words; i++) {
        if (!slice_eq_nocase(word, usage_words[i].word))
            continue;
        r->usage[side] |= usage_words[i].covers;
        if (usage_words[i].lax)
            lax(r, usage_words[i].note);
        else if (!r->note)
            r->note = usage_words[i].note;
        if (!slice_eq(word, usage_words[i].word))
            lax(r, "word not in lower case");
        return;
    }
    lax(r, "unknown usage");
    if (side == RSL_PROHIBITS)
        r->usage[side] |= AI_ALL;
}

static void read_user(struct rsl_reading *r, enum rsl_side side, struct slice word)
{
    enum rsl_user user;
    if (rsl_user_from_name(word, &user)) {
        r->user[side] |= (uint8_t)(1u << user);
        if (!slice_eq(word, user_words[user]))
            lax(r, "word not in lower case");
        return;
    }
    lax(r, "unknown user class");
    if (side == RSL_PROHIBITS || slice_eq_nocase(word, SLICE_OF("all")))
        r->user[side] |= USERS_ALL;
    else
        r->user[side] |= 1u << RSL_USER_OTHER;
}

static void read_geo(struct rsl_reading *r, enum rsl_side side, struct slice word)
{
    if (word.n == 2 && ascii_is_alpha(word.p[0]) && ascii_is_alpha(word.p[1])) {
        uint8_t code[2] = { word.p[0] & 0xDF, word.p[1] & 0xDF };
        if (memcmp(code, word.p, 2) != 0)
            lax(r, "country not in upper case");
        for (size_t i = 0; i < sizeof misnomers / sizeof *misnomers; i++) {
            if (memcmp(code, misnomers[i][0], 2) != 0)
                continue;
            memcpy(code, misnomers[i][1], 2);
            lax(r, "no country code of ISO 3166-1");
        }
        unsigned n = (unsigned)(code[0] - 'A') * 26 + (unsigned)(code[1] - 'A');
        r->geo[side][n / 8] |= (uint8_t)(1u << n % 8);
        return;
    }
    lax(r, "no country code of ISO 3166-1");
    if (side == RSL_PROHIBITS || slice_eq_nocase(word, SLICE_OF("all")) ||
        slice_eq(word, SLICE_OF(EVERYWHERE)))
        r->geo_all[side] = true;
    else
        r->geo_other = true;
}

static bool is_separator(uint8_t c)
{
    return ascii_is_space(c) || c == ',';
}

/* The next word, or an empty slice at the end. */
static struct slice next_word(struct slice *rest, bool *comma)
{
    size_t i = 0;
    while (i < rest->n && is_separator(rest->p[i]))
        *comma |= rest->p[i++] == ',';
    size_t from = i;
    while (i < rest->n && !is_separator(rest->p[i]))
        i++;
    struct slice word = slice_sub(*rest, from, i - from);
    *rest = slice_from(*rest, i);
    return word;
}

void rsl_terms_read(struct rsl_reading *r, enum rsl_side side, enum rsl_term term,
                    struct slice text)
{
    static void (*const read[RSL_TERM_COUNT])(struct rsl_reading *, enum rsl_side,
                                              struct slice) = {
        [RSL_TERM_USAGE] = read_usage,
        [RSL_TERM_USER] = read_user,
        [RSL_TERM_GEO] = read_geo,
    };
    bool comma = false;
    struct slice word;
    if (r->stated[side][term])
        lax(r, "two lists of one type");
    r->stated[side][term] = true;
    while ((word = next_word(&text, &comma)).n)
        if (slice_find(word, ':') == word.n)
            read[term](r, side, word);
    if (comma)
        lax(r, "comma list of RSL 0.9");
}

void rsl_payment_read(struct rsl_reading *r, struct slice type)
{
    uint8_t found = RSL_PAY_OTHER;
    type = slice_trim_space(type);
    for (uint8_t p = RSL_PAY_FREE; p < RSL_PAY_OTHER; p++)
        if (slice_eq_nocase(type, payment_words[p]))
            found = p;
    if (!slice_eq(type, payment_words[found]) || found == RSL_PAY_OTHER)
        lax(r, "unknown payment type");
    if (found > r->payment)
        r->payment = found;
}

static bool payment_is_condition(uint8_t payment)
{
    return payment != RSL_PAY_NONE && payment != RSL_PAY_FREE && payment != RSL_PAY_ATTRIBUTION;
}

/* A licence without a list of permits is open for every usage that it does not
 * prohibit. It then has a column of which nothing is said. */
static bool is_open(const struct prefs *p)
{
    for (size_t u = 0; u < USAGE_COUNT; u++)
        if ((COLUMNS >> u & 1) && p->of[u] == PREF_UNKNOWN)
            return true;
    return false;
}

/* What is licensed is licensed on a condition. */
static void make_conditional(struct prefs *p)
{
    bool open = is_open(p);
    for (size_t u = 0; u < USAGE_COUNT; u++) {
        bool left_open = open && (ALL >> u & 1) && p->of[u] == PREF_UNKNOWN;
        if (left_open || p->of[u] == PREF_ALLOW)
            p->of[u] = PREF_CONDITIONAL;
    }
}

static void make_unlicensed(struct prefs *p)
{
    for (size_t u = 0; u < USAGE_COUNT; u++) {
        bool left_open = (COLUMNS >> u & 1) && p->of[u] == PREF_UNKNOWN;
        if (left_open || p->of[u] == PREF_ALLOW || p->of[u] == PREF_CONDITIONAL)
            p->of[u] = PREF_DENY;
    }
}

struct prefs rsl_usage_prefs(const struct rsl_reading *r)
{
    struct prefs p = { .of = { 0 } };
    bool listed = r->stated[RSL_PERMITS][RSL_TERM_USAGE];
    for (size_t u = 0; u < USAGE_COUNT; u++) {
        if (r->usage[RSL_PROHIBITS] >> u & 1)
            p.of[u] = PREF_DENY;
        else if (r->usage[RSL_PERMITS] >> u & 1)
            p.of[u] = PREF_ALLOW;
        else if (listed && (COLUMNS >> u & 1))
            p.of[u] = PREF_DENY;
    }
    prefs_spread(&p);
    if (payment_is_condition(r->payment) || r->server || r->encrypted || r->reporting)
        make_conditional(&p);
    return p;
}

/* "DE FR" into the arena; empty when the list is not there. */
static bool print_geo(const struct rsl_reading *r, enum rsl_side side, struct arena *a,
                      struct slice *out)
{
    uint8_t text[RSL_CODES * 3 + sizeof NOWHERE];
    size_t n = 0;
    *out = SLICE_EMPTY;
    if (!r->stated[side][RSL_TERM_GEO])
        return true;
    for (unsigned c = 0; c < RSL_CODES && !r->geo_all[side]; c++) {
        if (!(r->geo[side][c / 8] >> c % 8 & 1))
            continue;
        if (n)
            text[n++] = ' ';
        text[n++] = (uint8_t)('A' + c / 26);
        text[n++] = (uint8_t)('A' + c % 26);
    }
    if (side == RSL_PERMITS && (n == 0 || r->geo_other)) {
        memcpy(text + n, n ? " " NOWHERE : NOWHERE, sizeof NOWHERE);
        n += n ? sizeof NOWHERE : sizeof NOWHERE - 1;
    }
    struct slice list = r->geo_all[side] ? SLICE_OF(EVERYWHERE) : slice_of(text, n);
    *out = arena_copy(a, list, list.n);
    return out->p != NULL;
}

bool rsl_terms_rule(const struct rsl_reading *r, struct arena *a, struct site_rule *rule)
{
    rule->prefs = rsl_usage_prefs(r);
    rule->usage_prohibits = r->usage[RSL_PROHIBITS];
    rule->user_permits = r->user[RSL_PERMITS];
    rule->user_prohibits = r->user[RSL_PROHIBITS];
    /* No bits would say that there is no list. */
    if (r->stated[RSL_PERMITS][RSL_TERM_USER] && rule->user_permits == 0)
        rule->user_permits = 1u << RSL_USER_OTHER;
    rule->payment = r->payment;
    rule->server = r->server;
    rule->encrypted = r->encrypted;
    rule->confidence = r->lax ? CONF_LAX : CONF_EXACT;
    rule->note = r->lax ? r->lax : r->note;
    if (!rule->note && r->reporting)
        rule->note = "reporting is owed";
    return print_geo(r, RSL_PERMITS, a, &rule->geo_permits) &&
           print_geo(r, RSL_PROHIBITS, a, &rule->geo_prohibits);
}

void rsl_grant_either(struct rsl_grant *into, const struct rsl_grant *other)
{
    /* How well a licence covers a usage. Of a column nothing said means open; of
     * the umbrellas, which few licences mention, it means not covered. */
    static const uint8_t column[PREF_COUNT] = {
        [PREF_ALLOW] = 3, [PREF_UNKNOWN] = 2, [PREF_CONDITIONAL] = 1, [PREF_DENY] = 0,
    };
    static const uint8_t umbrella[PREF_COUNT] = {
        [PREF_ALLOW] = 3, [PREF_CONDITIONAL] = 2, [PREF_DENY] = 1, [PREF_UNKNOWN] = 0,
    };
    for (size_t u = 0; u < USAGE_COUNT; u++) {
        const uint8_t *rank = COLUMNS >> u & 1 ? column : umbrella;
        if (rank[other->prefs.of[u]] > rank[into->prefs.of[u]])
            into->prefs.of[u] = other->prefs.of[u];
    }
    into->prohibited |= other->prohibited;
}

struct prefs rsl_grant_prefs(const struct rsl_grant *all)
{
    struct prefs p = all->prefs;
    for (size_t u = 0; u < USAGE_COUNT; u++)
        if (all->prohibited >> u & 1)
            p.of[u] = PREF_DENY;
    return p;
}

static bool is_member(struct slice country)
{
    for (size_t i = 0; i < sizeof eu_members / sizeof *eu_members; i++)
        if (slice_eq_nocase(country, slice_cstr(eu_members[i])))
            return true;
    return false;
}

/* `either_way`: a place that may lie within a listed one counts as well, and one that is
 * not known may be any. */
static bool geo_lists(struct slice list, struct slice country, bool either_way)
{
    static const struct slice eu = SLICE("EU");
    struct slice word;
    if (list.n == 0)
        return false;
    while (slice_split(&list, ' ', &word)) {
        if (slice_eq_nocase(word, country) || slice_eq(word, SLICE_OF(EVERYWHERE)) ||
            (slice_eq(word, eu) && is_member(country)) ||
            (either_way && slice_eq_nocase(country, eu) && is_member(word)) ||
            (either_way && slice_eq(word, SLICE_OF(NOWHERE))))
            return true;
    }
    return false;
}

static bool user_is_licensed(const struct rsl_terms *t, uint8_t user)
{
    if (t->user_permits == 0 && t->user_prohibits == 0)
        return true;
    if (user >= RSL_USER_COUNT || (t->user_prohibits >> user & 1))
        return false;
    return t->user_permits == 0 || (t->user_permits >> user & 1);
}

static bool place_is_licensed(const struct rsl_terms *t, struct slice country)
{
    if (t->geo_permits.n == 0 && t->geo_prohibits.n == 0)
        return true;
    if (country.n == 0 || geo_lists(t->geo_prohibits, country, true))
        return false;
    return t->geo_permits.n == 0 || geo_lists(t->geo_permits, country, false);
}

/* Its lists of users and places surely leave the operator out. A list of whom it is not for
 * speaks to those very people, and leaves nobody out. */
static bool is_for_others(const struct rsl_terms *t, uint8_t user, struct slice country)
{
    bool other_user = t->user_permits && user < RSL_USER_COUNT &&
                      !(t->user_permits & (1u << user | 1u << RSL_USER_OTHER));
    bool other_place = t->geo_permits.n && country.n && !geo_lists(t->geo_permits, country, true);
    return other_user || other_place;
}

struct rsl_grant rsl_terms_for(const struct rsl_terms *t, uint8_t user, struct slice country)
{
    struct rsl_grant g = { .prefs = t->prefs };
    if (payment_is_condition(t->payment) || t->server || t->encrypted)
        make_conditional(&g.prefs);
    if (!user_is_licensed(t, user) || !place_is_licensed(t, country))
        make_unlicensed(&g.prefs);
    if (!is_for_others(t, user, country))
        g.prohibited = t->usage_prohibits;
    return g;
}

struct rsl_terms rsl_terms_of(const struct site_rule *r)
{
    return (struct rsl_terms){
        .prefs = r->prefs, .usage_prohibits = r->usage_prohibits,
        .user_permits = r->user_permits, .user_prohibits = r->user_prohibits,
        .payment = r->payment, .server = r->server, .encrypted = r->encrypted,
        .geo_permits = r->geo_permits, .geo_prohibits = r->geo_prohibits,
    };
}

const char *rsl_payment_name(enum rsl_payment p)
{
    if (p == RSL_PAY_NONE || (unsigned)p >= RSL_PAY_COUNT)
        return NULL;
    return (const char *)payment_words[p].p;
}

bool rsl_user_from_name(struct slice name, enum rsl_user *u)
{
    for (size_t i = 0; i < RSL_USER_COUNT; i++) {
        if (!slice_eq_nocase(name, user_words[i]))
            continue;
        *u = (enum rsl_user)i;
        return true;
    }
    return false;
}
