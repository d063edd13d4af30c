/* SPDX-License-Identifier: Apache-2.0 */
/* sites.h - site rules for one exchange: the store and the daemon, seen from the judge. */
#ifndef OPTOUT_VERDICT_SITES_H
#define OPTOUT_VERDICT_SITES_H

#include "verdict/judge.h"

/* True when what is asked for is a site file itself: those always pass, and may
 * teach. Only with a store configured. */
bool sites_is_site_file(const struct judge *j);
/* What the site files of the origin say of the URL: statements to `out`, what they rest
 * on to j->site. Does nothing without a store. May wait, but for hosts that never do. Not
 * `last`: false, and nothing is stated, when the site is not known or stale. */
bool sites_look(struct judge *j, struct signals *out, bool last);
/* The licences that a response's own pointers name. May wait in the same way. */
void sites_look_licences(struct judge *j, struct signals *out);
/* As whom sites are asked, on behalf of whoever fetches this. */
struct slice sites_user_agent(const struct judge *j);
/* Hands on a site file whose body was seen whole. Before inspect_close. */
void sites_learn(struct judge *j);

#endif
