/* SPDX-License-Identifier: Apache-2.0 */
/* shipper.h - the segments of a folder, line by line, to Kafka; at least once.
 *
 * One thread. Reads only: nothing here can hold up whoever writes the log. Memory: the
 * outbox's, SHIP_SOURCES readers, and a little for each segment of the folder. */
#ifndef OPTOUT_SHIP_SHIPPER_H
#define OPTOUT_SHIP_SHIPPER_H

#include "ship/outbox.h"

#include <signal.h>

#define SHIP_SOURCES 256u /* segments in hand at a time; those that grow come first */

struct ship_options {
    const char *folder;     /* AuditDir */
    const char *state;      /* where positions are */
    const char *topic;
    const char *references; /* topic of what records refer to; NULL: with them */
    const char *metrics;    /* a file for Prometheus' textfile collector; NULL: none */
    bool once;              /* end when all that is there is shipped */
    int stop_ms;            /* how long an ordered end waits for Kafka */
};

enum ship_end {
    SHIP_GOOD,   /* all that was read is shipped */
    SHIP_UNSURE, /* lines were set aside or lost, segments damaged, or some wait to be taken */
    SHIP_FAILED  /* it could not begin, or not keep positions; said why */
};

/* Until *stop, or the end of `once`. */
enum ship_end ship_run(const struct ship_options *o, const struct outbox_settings *s,
                       const volatile sig_atomic_t *stop);

#endif
