/* SPDX-License-Identifier: Apache-2.0 */
/* report.h - what was found in one input, for programs and for people. */
#ifndef OPTOUT_CLI_REPORT_H
#define OPTOUT_CLI_REPORT_H

#include "core/buf.h"
#include "core/signal.h"
#include "http/exchange.h"
#include "policy/decide.h"
#include "site/site.h"

struct report {
    const char *file; /* NULL: there was no body to read */
    const struct exchange *exchange;
    const struct profile *profile;
    const struct signals *signals;
    const struct decision *decision;
    const struct site_result *site; /* the site files that were looked at; NULL: none */
    const char *inspected; /* "html", "headers" */
    const char *packed;    /* "gzip", "zstd": what the file itself is in; NULL: nothing */
};

/* What is said of the exchange, from its status on, as members of an object that is open. */
struct json;
void report_members(const struct report *r, struct json *j);
/* One JSON object and its LF. */
void report_json(const struct report *r, struct buf *out);
/* A verdict line, what follows from it, one row per statement. */
void report_text(const struct report *r, bool colour, struct buf *out);

#endif
