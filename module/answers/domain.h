/* SPDX-License-Identifier: Apache-2.0 */
/* domain.h - who is asked for a licence: hosts of one registrable domain belong together.
 *
 * By the Public Suffix List (publicsuffix.org, libpsl): the newer one of what the system has
 * and what the library was built with. For grouping answers only; the scope of a statement
 * never rests on it. */
#ifndef OPTOUT_ANSWERS_DOMAIN_H
#define OPTOUT_ANSWERS_DOMAIN_H

#include "core/slice.h"

#define DOMAIN_HOST_MAX 255u /* bytes of a host (RFC 1035 section 2.3.4, and the dot) */

struct domains; /* read only once it is made: any thread */

struct domains *domains_new(void); /* NULL: memory is used up */
void domains_free(struct domains *d); /* NULL is fine */

/* Which list that is, for people: where it is from, and a digest of it. */
#define DOMAINS_SOURCE_MAX 256
void domains_source(char out[DOMAINS_SOURCE_MAX]);

/* A host in lower case, without the dot of the root, in `room`. One that is too long is
 * returned as it is. */
struct slice domain_plain_host(struct slice host, char room[DOMAIN_HOST_MAX + 1]);
/* The registrable domain of a host, in `room`: of "a.b.example.co.uk" it is "example.co.uk".
 * Of an address, a public suffix and a host without a dot it is the host itself. */
struct slice domain_of(const struct domains *d, struct slice host,
                       char room[DOMAIN_HOST_MAX + 1]);

#endif
