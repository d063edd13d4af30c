/* SPDX-License-Identifier: Apache-2.0 */
/* redis.h - asks the Redis of a fleet how it is, once and with a deadline. Any thread. */
#ifndef OPTOUT_DOCTOR_REDIS_H
#define OPTOUT_DOCTOR_REDIS_H

#include "daemon/share_url.h"

struct redis_said {
    bool answered;   /* PING was answered */
    bool told;       /* INFO too; else an ACL forbids it */
    uint64_t memory; /* maxmemory; 0: no limit */
    char policy[64]; /* maxmemory-policy */
    char why[256];   /* not answered, or not told: because */
};

/* Connects, with TLS for rediss:// (`ca_file` "": the system's certificates), names itself and
 * asks. Waits `ms` in all, look-up of the name aside. Never repeats a password. */
void redis_ask(const struct share_address *a, const char *ca_file, unsigned ms,
               struct redis_said *said);

/* The lines of INFO into `said`. For tests. */
void redis_read_info(struct slice info, struct redis_said *said);

#endif
