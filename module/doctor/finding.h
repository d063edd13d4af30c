/* SPDX-License-Identifier: Apache-2.0 */
/* finding.h - what the doctor found: one value for each thing that was looked at.
 *
 * What can be found stands in one table (finding.c), a row each: a stable id, how bad it is,
 * what it means and what mends it. Each row has a section of its name in
 * docs/troubleshooting.md. Probes add findings from any thread; what cannot be looked at is
 * a finding too, never silence. */
#ifndef OPTOUT_DOCTOR_FINDING_H
#define OPTOUT_DOCTOR_FINDING_H

#include "core/buf.h"

#define FINDINGS_MAX 1000          /* kept; more are counted */
#define FINDING_EVIDENCE_MAX 2048u /* bytes of what was seen */

enum finding_state {
    FINDING_OK,      /* looked at, and fine */
    FINDING_NOTICE,  /* worth knowing, nothing to mend */
    FINDING_UNKNOWN, /* could not be looked at; the evidence says why */
    FINDING_WARNING,
    FINDING_ERROR /* content can pass unfiltered or unrecorded, or nothing passes at all */
};

enum finding_id {
    FOUND_NONE, /* ends lists */
    /* through the proxy */
    FOUND_PROXY_UNREACHABLE,
    FOUND_ORIGIN_REFUSED,
    FOUND_FILTER_NOT_IN_PATH,
    FOUND_RECORD_MISSING,
    FOUND_REQMOD_MISSING,
    FOUND_HTTPS_NOT_OPENED,
    FOUND_HTTPS_UNFILTERED,
    FOUND_CA_NOT_TRUSTED,
    FOUND_CA_OLD,
    FOUND_TUNNEL_UNREAD,
    FOUND_STALL_64K,
    FOUND_CACHE_ON,
    FOUND_RANGE_PASSES,
    FOUND_CODING_PASSES,
    FOUND_UPGRADE_PASSES,
    FOUND_SECOND_WAY_OUT,
    FOUND_TRANSACTION_MISSING,
    FOUND_FIELDS_LEAKED,
    FOUND_CLIENT_LEAKED,
    FOUND_CLOCK_OFF,
    FOUND_AGENT_UNKNOWN,
    FOUND_SLOW_TOGETHER,
    FOUND_HTTP2_EXPECTED,
    /* asked of the filter itself, by OPTIONS */
    FOUND_ICAP_UNREACHABLE,
    FOUND_ICAP_SERVICE_UNKNOWN,
    FOUND_ICAP_SERVICE_FAILS,
    FOUND_ICAP_PREVIEW,
    FOUND_ICAP_ANSWERS,
    FOUND_ICAP_OPEN,
    FOUND_ICAP_CONNECTIONS,
    /* of this machine */
    FOUND_CONFIG_UNREADABLE,
    FOUND_METRICS_UNREACHABLE,
    /* squid.conf */
    FOUND_SQUID_CONF_BROKEN,
    FOUND_SQUID_UNFILTERED,
    FOUND_SQUID_SERVICE_UNKNOWN,
    FOUND_SQUID_PROFILE_UNKNOWN,
    FOUND_SQUID_BYPASS,
    FOUND_SQUID_FAILURE_LIMIT,
    FOUND_SQUID_REQMOD,
    FOUND_SQUID_CACHE,
    FOUND_SQUID_VERSION,
    FOUND_SQUID_UNREAD,
    FOUND_SQUID_OWN_PORT,
    FOUND_SQUID_SPLICE,
    FOUND_SQUID_WAITS,
    FOUND_SQUID_SLOW,
    FOUND_SQUID_LOCALHOST,
    FOUND_SQUID_LOGS,
    /* the proxy's own CA */
    FOUND_CA_UNUSABLE,
    FOUND_CA_EXPIRES,
    FOUND_CA_KEY_OPEN,
    FOUND_CA_MIXED,
    /* c-icap and its processes */
    FOUND_C_ICAP_SERVERS,
    FOUND_C_ICAP_LOGS,
    FOUND_UNIT_DISABLED,
    FOUND_LIMITS_LOW,
    FOUND_TEMPORARY_FULL,
    FOUND_VERSIONS_DIFFER,
    FOUND_CONFIGURATION_OLD,
    FOUND_MODULE_REPLACED,
    /* the audit log */
    FOUND_AUDIT_FOLDER,
    FOUND_AUDIT_OPEN,
    FOUND_AUDIT_DISK,
    FOUND_AUDIT_PLACE,
    FOUND_AUDIT_FAILURE_PASSES,
    FOUND_AUDIT_LOGROTATE,
    FOUND_AUDIT_GAPS,
    FOUND_AUDIT_DAMAGED,
    FOUND_AUDIT_LEFT_OPEN,
    /* optoutd and what it keeps */
    FOUND_DAEMON_CONFIG,
    FOUND_DAEMON_AWAY,
    FOUND_DAEMON_SLOW,
    FOUND_DAEMON_SOCKET,
    FOUND_SITE_STORE,
    FOUND_SITE_STORE_FULL,
    FOUND_REDIS_AWAY,
    FOUND_REDIS_OPEN,
    FOUND_REDIS_EVICTION,
    FOUND_CATALOGUE_OLD,
    FOUND_COUNT
};

struct finding_kind {
    const char *id;              /* stable, and the heading of its section */
    enum finding_state severity; /* when it is found */
    const char *title;           /* what is so when it is found */
    const char *effect;
    const char *remedy;
};

extern const struct finding_kind finding_kinds[FOUND_COUNT]; /* the first has no id */

/* The row of that id, or NULL. */
const struct finding_kind *finding_kind_named(const char *id);

struct finding {
    const struct finding_kind *kind;
    enum finding_state state;
    char *evidence; /* what was seen; may hold text of strangers, and may be empty */
    char *effect;   /* NULL: as the kind says */
    char *remedy;   /* the same */
};

/* All functions may be called from any thread, but for init, free, and what reads it. */
/* `only`: what is of another kind is not kept; NULL keeps all. NULL: memory is used up. */
struct findings *findings_new(const struct finding_kind *only);
void findings_free(struct findings *f);

/* It is as it should be; the text says what was seen. */
void findings_ok(struct findings *f, enum finding_id id, const char *seen, ...)
    __attribute__((format(printf, 3, 4)));
/* It is not; with the severity of its row. */
void findings_found(struct findings *f, enum finding_id id, const char *seen, ...)
    __attribute__((format(printf, 3, 4)));
/* It could not be looked at; the text says why. */
void findings_unknown(struct findings *f, enum finding_id id, const char *why, ...)
    __attribute__((format(printf, 3, 4)));
/* In other words than the row's: NULL for effect or remedy leaves the row's. All are copied. */
void findings_add(struct findings *f, enum finding_id id, enum finding_state state,
                  const char *seen, const char *effect, const char *remedy);

/* In the order of the table, and those of a row as they were added. Not while probes run. */
size_t findings_count(const struct findings *f);
const struct finding *findings_at(const struct findings *f, size_t i);
/* So many could not be kept: there were too many, or memory was used up. */
size_t findings_lost(const struct findings *f);
void findings_sort(struct findings *f);

/* What the admin knows and lives with: findings of this kind are not kept. Before probes run. */
void findings_skip(struct findings *f, const struct finding_kind *kind);

/* 0 fine, 1 warnings, 2 errors, 3 something could not be looked at, as monitors have it (Nagios and its heirs: UNKNOWN
 * is 3). The worst counts, in this order: errors, warnings, what could not be looked at; one thing that was
 * not seen may be an error, so it is not fine. What was lost is an error. */
int findings_status(const struct findings *f);

struct findings_style {
    bool quiet;  /* only what is not as it should be */
    bool colour; /* for a terminal */
};
/* The worst first; strangers' bytes are made visible. */
void findings_print(const struct findings *f, const struct findings_style *style, struct buf *out);
/* A line of JSON for each. */
void findings_print_json(const struct findings *f, bool quiet, struct buf *out);

#endif
