/* SPDX-License-Identifier: Apache-2.0 */
/* doctor.h - looks at a filter that is to work, from outside and from this machine.
 *
 * The table of probes (doctor.c) names each with what it needs and what it can find. All
 * probes run at once, each in a thread of its own, so none may rest on another or change
 * what the process shares; each has its own time limits, and none takes longer than
 * DOCTOR_SECONDS. */
#ifndef OPTOUT_DOCTOR_DOCTOR_H
#define OPTOUT_DOCTOR_DOCTOR_H

#include "doctor/finding.h"
#include "policy/config.h"

#define DOCTOR_SECONDS 20u
#define PROBE_REPORTS_MAX 32

/* Texts are borrowed; NULL: not given. */
struct doctor_options {
    const char *proxy;       /* http://HOST:PORT, to probe through */
    const char *icap;        /* icap://HOST:PORT/SERVICE, to ask */
    bool local;              /* look at this machine */
    const char *config;      /* c-icap's configuration */
    bool config_presumed;    /* nobody named it: it may be another's, and wrong */
    const char *squid_conf;
    const char *daemon_conf; /* optoutd.conf */
    const char *ca;          /* PEM: what clients of the proxy trust; NULL: the system's */
    const char *origin;      /* ADDRESS[:PORT] that the built-in origin listens on */
    const char *origin_name; /* in its URLs; NULL: the address */
    const char *origin_cert; /* PEM with certificate and key that the proxy trusts */
    const char *user_agent;  /* of the crawler */
    const char *direct;      /* URL that must not be reached without the proxy */
    const char *only;        /* the one id to look for */
};

struct doctor {
    const struct doctor_options *options;
    struct findings *findings;
    const struct config *config; /* NULL: none was found, or it is wrong */
    const struct config_error *config_wrong; /* the first thing that is; NULL: nothing */
    uint64_t end_us;             /* by clock_mono_us: when everything has to be done */
};

enum probe_needs {
    NEEDS_PROXY = 1,  /* --proxy */
    NEEDS_ICAP = 2,   /* --icap */
    NEEDS_LOCAL = 4,  /* --local */
    NEEDS_SQUID = 8,  /* a squid.conf */
    NEEDS_CONFIG = 16, /* c-icap's configuration, right or wrong */
    NEEDS_DIRECT = 32, /* --direct */
    NEEDS_DAEMON = 64  /* optoutd.conf */
};

struct probe {
    const char *name;
    unsigned needs; /* enum probe_needs; all of them */
    void (*run)(struct doctor *d);
    /* What it can find, ends with FOUND_NONE. */
    enum finding_id reports[PROBE_REPORTS_MAX];
};

extern const struct probe probes[]; /* ends with a row whose name is NULL */

/* Runs what the options ask for and sorts what was found. False: memory or threads are
 * used up. */
bool doctor_run(const struct doctor_options *o, struct findings *f) OPTOUT_CHECKED;

/* One function for each row of the table. */
void probe_config(struct doctor *d);
void probe_proxy(struct doctor *d);
void probe_icap(struct doctor *d);
void probe_icap_services(struct doctor *d);
void probe_direct(struct doctor *d);
void probe_clock(struct doctor *d);
void probe_metrics(struct doctor *d);
/* squid.conf and the CA that it names */
void probe_squid_conf(struct doctor *d);
void probe_squid_parse(struct doctor *d);
void probe_ca(struct doctor *d);
/* this machine */
void probe_c_icap_conf(struct doctor *d);
void probe_config_user(struct doctor *d);
void probe_sockets(struct doctor *d);
void probe_processes(struct doctor *d);
void probe_room(struct doctor *d);
void probe_units(struct doctor *d);
void probe_audit_folder(struct doctor *d);
void probe_segments(struct doctor *d);
void probe_logrotate(struct doctor *d);
void probe_daemon(struct doctor *d);
void probe_redis(struct doctor *d);
void probe_store(struct doctor *d);
void probe_catalogues(struct doctor *d);

#endif
