/* SPDX-License-Identifier: Apache-2.0 */
/* compiled.h - a site file's rules in a flat form that is matched where it lies.
 *
 * Written once by whoever fetched the document, kept in the store, and matched
 * straight out of the store's copy by every request: no parse, no allocation
 * except for the signals found, no lock. The form is native-endian and versioned;
 * it holds offsets, no pointers.
 *
 * Damaged bytes: the checksum of the store's value finds them before anybody
 * looks (store_value.h). compiled_apply bounds every access all the same, so that
 * any bytes give a wrong answer at worst, never a fault or an endless loop. */
#ifndef OPTOUT_SITE_COMPILED_H
#define OPTOUT_SITE_COMPILED_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/signal.h"
#include "standards/agents.h"
#include "standards/site_rules.h"

#define COMPILED_VERSION 4 /* the store's values name it: rules of another are not there */
#define COMPILED_MAX (16u << 20)   /* bytes of one compiled document */
#define COMPILED_WORK_MAX (4u << 20) /* bytes of path looked at per look-up; more is
                                        OPTOUT_E_LIMIT */

/* Compiles; the result is appended to `out` (8-byte aligned start expected at a
 * multiple of 8 of out->n). Groups that name the same token are merged. Tokens
 * get their meaning from the catalogue: opt-out and policy tokens become usage
 * preferences. Training crawlers that are refused the whole site are counted.
 * OPTOUT_E_LIMIT when the result would exceed COMPILED_MAX or the list is not whole
 * (rules->overflow), OPTOUT_E_SYNTAX when a rule has a kind or group that is not
 * there, OPTOUT_E_NOMEM; `out` is then as it was. Works in rules->arena; linear but
 * for sorting, and for tokens that stand in different groups each. `agents` may be
 * NULL: then no token is known. */
enum optout_rc compiled_make(const struct site_rules *rules, const struct agents *agents,
                             struct buf *out) OPTOUT_CHECKED;

/* Who asks, and for what. */
struct rules_query {
    struct slice origin;       /* "https://example.com" (url_split) */
    struct slice path;         /* normal form (url_path_normal) */
    const struct slice *agent; /* the profile's tokens, lower case */
    size_t n_agents;
    uint8_t user;              /* enum rsl_user */
    struct slice country;      /* "DE"; empty: not told */
    uint32_t others;           /* so many training crawlers refused the path are a weak denial of
                                  train-ai; 0: they are told, and deny nothing */
    bool no_words;             /* what comments say in words is left out */
    bool all_tokens;           /* also opt-out tokens the profile does not list (never set in
                                  flight) */
};

/* Which rule spoke, for records and for `optout robots`. */
struct rules_verdict {
    bool access_found;    /* an Allow or Disallow decided */
    bool allowed;         /* RULE_ACCESS: fetching is allowed */
    uint32_t access_line; /* of the deciding rule; 0: none */
    struct slice group;   /* token whose group holds for access: "gptbot", "*"; empty: none.
                             Points into the query. */
    uint32_t first_line;  /* of the rule that is the strictest of all kinds, weak ones left
                             out; 0: none */
    uint32_t training_refused; /* training crawlers that a group names and refuses the path */
    struct prefs prefs;   /* of all rules that spoke, joined; acquire included; weak
                             ones left out */
    struct slice url;     /* of the strictest rule that has one; in the signals' arena */
    uint32_t license_lines; /* RULE_LICENSE rules that spoke */
};

/* Appends what the document says about the query to `out`: one signal for every
 * rule that speaks (carrier site-file, place line, scope path or site; agent set
 * when a group that names a token spoke). RULE_LICENSE gives a signal with empty
 * preferences whose url is the document's; property 0.
 * OPTOUT_E_LIMIT: the work limit was reached, what was found is in `out` and must
 * not be called clear. OPTOUT_E_SYNTAX: damaged. `bytes.p` 8-byte aligned. The
 * signals copy what they need: the bytes may go away afterwards. */
enum optout_rc compiled_apply(struct slice bytes, const struct rules_query *q,
                              struct signals *out, struct rules_verdict *v) OPTOUT_CHECKED;

/* Bytes of somebody who is not trusted: they are one document of this version and nothing more.
 * What its rules say may be wrong all the same; compiled_apply bounds it. */
bool compiled_is_whole(struct slice bytes);

/* The URLs of all RULE_LICENSE rules, pointing into `bytes`, in document order; at
 * most `max`. For discovery: groups are not looked at. */
size_t compiled_licenses(struct slice bytes, struct slice *url, size_t max);

#endif
