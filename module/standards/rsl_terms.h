/* SPDX-License-Identifier: Apache-2.0 */
/* rsl_terms.h - what the words of one RSL licence mean. Between rsl_document.c,
 * which finds them, rsl.c and the tool. */
#ifndef OPTOUT_STANDARDS_RSL_TERMS_H
#define OPTOUT_STANDARDS_RSL_TERMS_H

#include "standards/site_rules.h"

enum rsl_side { RSL_PERMITS, RSL_PROHIBITS, RSL_SIDE_COUNT };

/* The `type` of a permits or prohibits element. */
enum rsl_term { RSL_TERM_USAGE, RSL_TERM_USER, RSL_TERM_GEO, RSL_TERM_COUNT };

#define RSL_CODES (26 * 26) /* two letters */

/* What one licence says, while its elements are read. Start from all zero. */
struct rsl_reading {
    bool stated[RSL_SIDE_COUNT][RSL_TERM_COUNT]; /* the list is there, empty or not */
    usage_set usage[RSL_SIDE_COUNT];
    uint8_t user[RSL_SIDE_COUNT]; /* bit 1 << enum rsl_user */
    uint8_t geo[RSL_SIDE_COUNT][(RSL_CODES + 7) / 8];
    bool geo_all[RSL_SIDE_COUNT];
    bool geo_other; /* permits: a word that is no country's */
    uint8_t payment; /* enum rsl_payment; of several the most demanding */
    bool reporting;  /* a report is owed */
    bool server, encrypted;
    const char *lax;  /* static: the first word that is not the specification's */
    const char *note; /* static: a reading that people should know of */
};

/* False when the type is none of the three. */
bool rsl_term_from_type(struct slice type, enum rsl_term *term, bool *lax);
/* Adds the words of one element. Words are parted by space or commas. In doubt a
 * word licenses nothing: an unknown one permits nothing, and prohibits all that it
 * could mean. Words with a colon are of other vocabularies and are ignored. */
void rsl_terms_read(struct rsl_reading *r, enum rsl_side side, enum rsl_term term,
                    struct slice text);
void rsl_payment_read(struct rsl_reading *r, struct slice type);

/* The usage part, conditions weighed, user and place not; umbrella spread. */
struct prefs rsl_usage_prefs(const struct rsl_reading *r);
/* Fills the fields of the rule that the licence decides (prefs, usage_prohibits,
 * user, payment, server, encrypted, geo, confidence, note). False: the arena is used up. */
bool rsl_terms_rule(const struct rsl_reading *r, struct arena *a, struct site_rule *rule);

/* A licence as it is kept, to be held against an operator. */
struct rsl_terms {
    struct prefs prefs;
    usage_set usage_prohibits;
    uint8_t user_permits, user_prohibits, payment;
    bool server, encrypted;
    struct slice geo_permits, geo_prohibits;
};
struct rsl_terms rsl_terms_of(const struct site_rule *rule);

/* What licences leave for one operator. */
struct rsl_grant {
    struct prefs prefs;
    usage_set prohibited; /* whatever other licences of the same content permit */
};

/* For an operator of this user class and country ("DE"; empty: not told): W section
 * 9.2 and RSL 1.0 section 3.1.1. A class or place that is not licensed, or that is
 * not told while the licence asks for one, is denied; payment and server are
 * conditions. A licence that is surely for other classes or places than this
 * operator's prohibits it nothing. */
struct rsl_grant rsl_terms_for(const struct rsl_terms *t, uint8_t user, struct slice country);

/* `other` is another licence of the same content: for each usage the one that
 * covers it best holds; prohibitions gather. */
void rsl_grant_either(struct rsl_grant *into, const struct rsl_grant *other);
/* Of all licences of the content together: a usage that one permits and another
 * prohibits is not licensed (RSL 1.0 section 3.1.1). */
struct prefs rsl_grant_prefs(const struct rsl_grant *all);

const char *rsl_payment_name(enum rsl_payment p); /* "crawl"; "other"; NULL for none */
bool rsl_user_from_name(struct slice name, enum rsl_user *u);

#endif
