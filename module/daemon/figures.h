/* SPDX-License-Identifier: Apache-2.0 */
/* figures.h - what the daemon knows of itself, put into its file of counters (metrics/). */
#ifndef OPTOUT_DAEMON_FIGURES_H
#define OPTOUT_DAEMON_FIGURES_H

#include "daemon/inquiry.h"
#include "daemon/polite.h"
#include "daemon/server.h"

/* Borrowed; all of them are there. */
struct figures_of {
    const struct intake *intake;
    struct polite *polite;
    struct inquiries *inquiries;
    struct discovery *discovery;
    struct server *server;
};
void figures_put(const struct figures_of *f);

#endif
