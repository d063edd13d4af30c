/* SPDX-License-Identifier: Apache-2.0 */
/* probe_direct.c - whether this machine reaches the web without the proxy. Only when asked for: it
 * speaks to a stranger. */
#include "core/clock.h"
#include "doctor/doctor.h"
#include "doctor/wire.h"

#include <errno.h>

#define DIRECT_SECONDS 4u

void probe_direct(struct doctor *d)
{
    struct wire w = WIRE_NONE;
    struct wire_place at;
    struct slice rest;
    const char *url = d->options->direct;
    if (!wire_url_read(url, "http", 80, &at, &rest) && !wire_url_read(url, "https", 443, &at, &rest)) {
        findings_unknown(d->findings, FOUND_SECOND_WAY_OUT, "%s is no http:// or https:// URL", url);
        return;
    }
    /* A connection is enough: a page would be a crawl of its own. */
    if (wire_dial(&w, &at, clock_mono_us() + DIRECT_SECONDS * 1000000ull))
        findings_found(d->findings, FOUND_SECOND_WAY_OUT, "%s port %u takes connections", at.host,
                       at.port);
    else
        findings_ok(d->findings, FOUND_SECOND_WAY_OUT, "%s port %u: %s", at.host, at.port,
                    w.timed_out ? "no connection in time" : strerror(errno));
    wire_close(&w);
}
