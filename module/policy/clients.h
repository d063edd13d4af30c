/* SPDX-License-Identifier: Apache-2.0 */
/* clients.h - which clients notice that an answer was cut off.
 *
 * A data file (conf/clients.tsv), tab separated, UTF-8, # comments:
 *   pattern  notices  why
 * pattern: stands somewhere in User-Agent, letters folded.
 * notices: "chunked" (a chunked body without its last chunk), "length" (a body shorter than
 *          its Content-Length), "both" or "none".
 * Who is in no row notices both. Loaded once, immutable, then any thread may look up. */
#ifndef OPTOUT_POLICY_CLIENTS_H
#define OPTOUT_POLICY_CLIENTS_H

#include "core/rc.h"
#include "core/slice.h"

enum client_notices {
    CLIENT_NOTICES_CHUNKED = 1,
    CLIENT_NOTICES_LENGTH = 2,
    CLIENT_NOTICES_BOTH = 3
};

#define CLIENTS_MAX 512 /* rows */

struct clients;

/* `*line` tells where a wrong row is, `*why` (static) what is wrong. Free with clients_free. */
enum optout_rc clients_parse_text(struct slice text, struct clients **out, unsigned *line,
                                  const char **why) OPTOUT_CHECKED;
void clients_free(struct clients *c); /* NULL is fine */
/* What a client of this User-Agent notices, enum client_notices: what all rows that fit agree
 * on. NULL: no file, all notice both. */
unsigned clients_notice(const struct clients *c, struct slice user_agent);

#endif
