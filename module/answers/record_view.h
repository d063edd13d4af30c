/* SPDX-License-Identifier: Apache-2.0 */
/* record_view.h - one line of the log, its members found, nothing copied.
 *
 * Knows versions 1 and 2 of the format (docs/audit-format.md), and what a member means that
 * is left out. A view lives as long as the line it points into. Pure: any thread. */
#ifndef OPTOUT_ANSWERS_RECORD_VIEW_H
#define OPTOUT_ANSWERS_RECORD_VIEW_H

#include "core/buf.h"

/* In the order in which they are documented; what the configuration says comes last. */
#define RECORD_FIELDS(X)                                                                     \
    X(V, "v") X(EVENT, "event") X(ID, "id") X(TIME, "time") X(VECTOR, "vector")              \
    X(PROFILE, "profile") X(CLIENT, "client") X(AGENT, "agent")                              \
    X(TRANSACTION, "transaction") X(METHOD, "method") X(URL, "url") X(URL_CUT, "url_cut")    \
    X(STATUS, "status") X(MEDIA_TYPE, "media_type") X(LENGTH, "length") X(SEEN, "seen")      \
    X(WHOLE, "whole") X(SHA256, "sha256") X(SEEN_SHA256, "seen_sha256")                      \
    X(INSPECTED, "inspected") X(DECISION, "decision") X(ACTION, "action") X(WOULD, "would")  \
    X(MODE, "mode") X(UNDECIDED, "undecided") X(USAGE, "usage") X(SIGNALS, "signals")        \
    X(SIGNALS_OMITTED, "signals_omitted") X(CONFLICTS, "conflicts") X(SITE, "site")          \
    X(CONTACT, "contact") X(EARLIER, "earlier") X(RELEASED, "released")                      \
    X(CONFIG, "config") X(MICROS, "micros")                                                  \
    /* of gaps, of what was removed, and of version 1 */                                     \
    X(NODE, "node") X(REASON, "reason") X(SEGMENT, "segment") X(TORN_BYTES, "torn_bytes")    \
    X(LOST, "lost") X(RULE, "rule") X(RECORDS, "records") X(FROM, "from") X(TO, "to")      \
    X(PURPOSE, "purpose") X(BUNDLE, "bundle") X(PROFILES, "profiles")

enum record_field {
#define X(id, name) FIELD_##id,
    RECORD_FIELDS(X)
#undef X
    FIELD_COUNT
};

const char *record_field_name(enum record_field f);
/* False: no member is called so. */
bool record_field_from_name(struct slice name, enum record_field *f);

struct record_view {
    struct slice line;
    struct slice value[FIELD_COUNT]; /* as JSON; empty: left out, or null */
};

/* False: the line is not one whole JSON object. */
bool record_view_read(struct record_view *v, struct slice line);

/* What a member says, as text: of a string its characters, else the JSON. Left out, what
 * that means: "final", "respmod", "GET", "200", "pass", "enforce", "0", "false"; empty where
 * it means that there is nothing. `profile`, `mode` and `node` stand with the configuration:
 * ask scan_text() of segment_scan.h. Points into the line, into a literal or, where there are
 * escapes, into `scratch`, which it empties. */
struct slice record_text(const struct record_view *v, enum record_field f, struct buf *scratch);
/* A count; `missing` where it is left out and no default is documented, or is none. */
int64_t record_number(const struct record_view *v, enum record_field f, int64_t missing);
/* True for `true`. */
bool record_is(const struct record_view *v, enum record_field f);
/* The whole body was seen. */
bool record_is_whole(const struct record_view *v);
/* Of the URL as recorded, the host without port, brackets of IPv6 kept, in the letters that
 * stand there; of CONNECT that of host:port. Empty: none. */
struct slice record_host(struct slice url);

#endif
