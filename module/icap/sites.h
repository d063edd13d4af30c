/* SPDX-License-Identifier: Apache-2.0 */
/* sites.h - site rules for one exchange: the store and the daemon, seen from a
 * transaction. */
#ifndef OPTOUT_ICAP_SITES_H
#define OPTOUT_ICAP_SITES_H

#include "icap/transaction.h"

/* True when what is asked for is a site file itself: those always pass, and may
 * teach. Only with a store configured. */
bool sites_is_site_file(const struct transaction *t);
/* What the site files of the origin say of the URL: statements to `out`, what
 * they rest on to t->site. May wait. Does nothing without a store. */
void sites_look(struct transaction *t, struct signals *out);
/* The licences that a response's own pointers name. May wait. */
void sites_look_licences(struct transaction *t, struct signals *out);
/* Hands on a site file whose body was seen whole. Before inspect_close. */
void sites_learn(struct transaction *t);

#endif
