/* SPDX-License-Identifier: Apache-2.0 */
/* pulse.h - whether the daemon does what it is there for: what the service manager's watchdog is
 * told. That its loop turns is shown by asking; this is the rest. */
#ifndef OPTOUT_DAEMON_PULSE_H
#define OPTOUT_DAEMON_PULSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Documents wait, and none has been read or given up for so long: each is, within the deadline of a
 * reader, twice at most (worker.h). */
#define PULSE_STILL_US (30ull * 1000000)

struct pulse {
    uint64_t documents; /* done at the last look that found more */
    uint64_t moved_us;  /* when that was, or nothing waited; 0 before the first look */
};

struct pulse_signs {
    uint64_t now_us; /* monotonic */
    bool store_is_read;
    size_t documents_waiting;
    uint64_t documents_done; /* since the start */
};

/* What is wrong, in a few words; NULL: nothing is. */
const char *pulse_trouble(struct pulse *p, const struct pulse_signs *now);

#endif
