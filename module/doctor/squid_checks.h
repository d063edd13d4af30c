/* SPDX-License-Identifier: Apache-2.0 */
/* squid_checks.h - what is wrong with a squid.conf, as a table: which lines, or what the whole
 * file says, with effect and remedy. What each directive does is that of Squid 5.7 and 6.13.
 * squid_survey.c reads the file and makes the checks. */
#ifndef OPTOUT_DOCTOR_SQUID_CHECKS_H
#define OPTOUT_DOCTOR_SQUID_CHECKS_H

#include "doctor/finding.h"
#include "doctor/squid_groups.h"
#include "doctor/squid_splice.h"

#define SQUID_VERSION_MAX 64 /* bytes of what squid -v says, with NUL */
#define SQUID_CHECKS_MAX 48
#define SQUID_FILES_MAX 16 /* certificates and keys of ports */
#define SQUID_PATH_MAX 1024

/* What the whole file is found to say. */
struct squid_facts {
    struct squid_groups groups;
    struct squid_rules cache;
    unsigned workers;             /* processes that handle requests; 1 is usual */
    struct squid_place bump_port; /* the first */
    struct squid_place last_bump, late_peek;
    bool bumps, bumps_all;
    struct squid_place opened; /* the first http_access line that allows */
    bool gateways_denied;      /* by a line before it */
    bool tunnels_denied;       /* likewise: no CONNECT is ever allowed */
    struct squid_place claim; /* of the line that tells the filter Squid's version */
    bool claims_waiting;      /* that version can wait */
    bool resumes;             /* a delay pool takes every request */
    /* tls-cert= and tls-key= of ports that are for ssl-bump; the key may be in the first */
    struct {
        char certificate[SQUID_PATH_MAX], key[SQUID_PATH_MAX];
        struct squid_place at;
    } tls[SQUID_FILES_MAX];
    size_t n_tls;
    char certificates[SQUID_PATH_MAX]; /* folder of sslcrtd_program, -s */
    struct squid_splices splices;
    unsigned io_timeout_s; /* icap_io_timeout; 0: not said, as long as read_timeout */
    struct squid_place io_timeout, key_log, debug;
    unsigned debug_level; /* the highest of debug_options */
    bool keeps_queries;   /* strip_query_terms off */
    struct squid_place strips;
    char installed[SQUID_VERSION_MAX]; /* what squid -v says; empty: there is none */
};

enum squid_when {
    EACH_LINE,    /* of the directive */
    LAST_LINE,    /* of the directive, if there is one */
    LAST_OR_NONE, /* or the lack of a line */
    WHOLE,        /* once, at the end */
    EACH_GROUP,   /* that the file names: services, sets and chains */
    EACH_MEMBER   /* of a set or chain */
};

struct squid_check {
    const char *directive;
    bool error; /* content can pass unfiltered; else a warning */
    enum squid_when when;
    bool (*line)(struct slice args); /* the line offends */
    /* The file offends, at the place that is set, or at none. Of EACH_LINE: a line that
     * offends counts only if the file does too. */
    bool (*whole)(const struct squid_facts *f, struct squid_place *at);
    bool (*group)(const struct squid_facts *f, const struct squid_group *g,
                  struct squid_place *at);
    const char *effect;
    const char *remedy;
    enum finding_id id; /* of the doctor; FOUND_NONE: it looks closer by itself */
};

extern const struct squid_check squid_checks[];
extern const size_t squid_checks_count; /* at most SQUID_CHECKS_MAX */

#endif
