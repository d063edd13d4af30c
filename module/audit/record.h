/* SPDX-License-Identifier: Apache-2.0 */
/* record.h - what is written down of one exchange: one JSON object, one line.
 *
 * The schema is docs/audit-format.md and docs/audit-record.schema.json; a field
 * is never renamed or given another meaning within one value of "v". */
#ifndef OPTOUT_AUDIT_RECORD_H
#define OPTOUT_AUDIT_RECORD_H

#include "audit/reference.h"
#include "audit/ulid.h"
#include "core/buf.h"
#include "core/signal.h"
#include "http/exchange.h"
#include "policy/decide.h"
#include "site/site.h"

#define RECORD_MAX (1u << 20) /* bytes of one line; signals are left out, and counted, to fit */
#define SETTINGS_PRINTED_MAX (128u << 10) /* bytes; longer settings are named by SHA-256 alone */

enum record_event {
    RECORD_FINAL,   /* how the exchange ended */
    RECORD_PENDING  /* the head has to leave before the verdict; a final one follows */
};

struct config;

struct record {
    enum record_event event;
    char id[ULID_TEXT];
    int64_t wall_ms;
    const struct config *config;
    struct slice settings;    /* what config->hash is taken over; may be empty */
    const struct profile *profile;
    const struct exchange *exchange;
    const struct signals *signals;
    const struct decision *decision; /* NULL for RECORD_PENDING */
    enum action action;     /* what really happened; ACTION_CUT when cut */
    struct slice client;    /* address; printed only when config->audit_client */
    struct slice transaction; /* the proxy's own id of the exchange; may be empty */
    struct slice media_type;  /* as the origin sent it */
    bool request;           /* judged before the origin was asked */
    const char *inspected;  /* "html", "headers" (no reader for the type), "none" */
    int64_t length;         /* announced Content-Length, -1 unknown */
    uint64_t seen;          /* body bytes that were seen */
    char earlier[ULID_TEXT]; /* id of the record that this decision rests on; empty: none */
    const struct site_result *site; /* the site files it rests on; NULL: none were looked at */
    uint64_t released;      /* body bytes that had left before a cut */
    bool whole;             /* the whole body was seen, and that is sure */
    bool has_sha256;        /* it came to an end; not `whole`: one that nobody vouches for */
    uint8_t sha256[32];     /* of the body as sent (content coding included) */
    uint64_t micros;        /* spent in the filter */
};

/* Appends the line with its LF. OPTOUT_E_LIMIT or OPTOUT_E_NOMEM, and `out` is
 * then as it was. */
enum optout_rc record_print(const struct record *r, struct buf *out) OPTOUT_CHECKED;
/* What the line refers to, for whoever appends it; borrows from `r`. */
void record_references(const struct record *r, struct reference_list *to);

/* The usage map, the signal list and what is known of the site as JSON members, for the
 * command line tool: it says the same, in the same words. */
struct json;
void record_print_usage(struct json *j, const struct prefs *usage);
void record_print_site(struct json *j, const struct site_result *site); /* NULL: none */
void record_print_signals(struct json *j, const struct signals *s, const struct decision *d);

#endif
