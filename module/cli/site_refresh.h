/* SPDX-License-Identifier: Apache-2.0 */
/* site_refresh.h - asking the daemon again for all that the store holds and that is old. */
#ifndef OPTOUT_CLI_SITE_REFRESH_H
#define OPTOUT_CLI_SITE_REFRESH_H

#include "core/slice.h"

struct site;

#define REFRESH_JOBS 16u
#define REFRESH_JOBS_MAX 256u

struct refresh_options {
    struct site *site;  /* its store; read-only will do */
    const char *socket; /* the daemon's */
    const char *prefix; /* of the origins that are meant; "": all */
    uint64_t age_s;     /* documents that are older */
    unsigned jobs;      /* questions at a time */
    bool json;          /* a line for each origin */
};

/* "90s" "30m" "6h" "7d"; false: none of these, or too much. */
bool refresh_age(const char *text, uint64_t *seconds);

/* The exit status. SIGINT and SIGTERM end it when what is under way has been answered; begun again it goes on
 * with what is still old. */
int refresh_all(const struct refresh_options *o);

#endif
