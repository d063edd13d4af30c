/* SPDX-License-Identifier: Apache-2.0 */
/* lead_way.h - what a statement in a record says of how a licence can be had.
 *
 * Only what the record carries; nothing is fetched and nothing guessed. Pure: any thread. */
#ifndef OPTOUT_ANSWERS_LEAD_WAY_H
#define OPTOUT_ANSWERS_LEAD_WAY_H

#include "answers/line_view.h"

/* In the order in which one would try them. */
#define WAY_KINDS(X)                                                                       \
    X(OFFER, "offer")             /* a page or address that offers licences */             \
    X(MAIL, "mail")               /* an address of mail */                                 \
    X(PHONE, "phone")                                                                      \
    X(LICENSOR, "licensor")       /* PLUS: the licensor's URL */                           \
    X(SERVER, "licence-server")   /* RSL: its server, or the terms that it names */        \
    X(PRICE, "price")             /* pay per crawl: a price */                             \
    X(PAYMENT, "payment")         /* 402, x402: payment is wanted */                       \
    X(DOCUMENT, "licence-document") /* RSL: the document itself */                         \
    X(POLICY, "policy")           /* TDMRep, CAWG and C2PA: where conditions are written */ \
    X(TERMS, "terms")             /* of ai.txt and others */                               \
    X(PAGE, "licence-page")       /* a licence that the page links */                      \
    X(CONTACT, "contact")         /* where the record says to turn to */

enum way_kind {
#define WAY_ID(id, name) WAY_##id,
    WAY_KINDS(WAY_ID)
#undef WAY_ID
    WAY_COUNT
};

#define WAYS_OF_STATEMENT 3
#define WAY_TARGET_MAX 2048 /* bytes; a longer one, or one with control characters, is none */

struct lead_way {
    enum way_kind kind;
    struct slice target; /* http:, https:, mailto: or tel:; of a price "USD 0.01"; of a payment
                            what was sent */
};

const char *way_kind_name(enum way_kind k);
/* Fills what `v->signal[i]` says; `room` of WAY_TARGET_MAX holds a target that had to be put
 * together. Returns how many. */
size_t lead_ways(const struct line_view *v, size_t i, char *room,
                 struct lead_way out[WAYS_OF_STATEMENT]);
/* True when it can be a way: scheme, length, characters. */
bool way_target_is_fine(struct slice url);

#endif
