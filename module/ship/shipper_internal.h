/* SPDX-License-Identifier: Apache-2.0 */
/* shipper_internal.h - what the shipper's files share. */
#ifndef OPTOUT_SHIP_SHIPPER_INTERNAL_H
#define OPTOUT_SHIP_SHIPPER_INTERNAL_H

#include "core/clock.h"
#include "ship/folder.h"
#include "ship/shipper.h"
#include "ship/source.h"

struct shipper {
    const struct ship_options *o;
    struct outbox *outbox;
    struct folder folder;
    struct source *sources[SHIP_SOURCES]; /* by the outbox's tag; NULL: free */
    int lock;

    int64_t look_at, save_at, tell_at, metrics_at, retry_at; /* ship_now() */
    int64_t pause_ms;  /* before the next retry; 0: none is due */
    int64_t full_since; /* reading stands still since then; 0: it does not */
    bool full_said, trouble_said, cannot_save;
    bool careful; /* one message at a time */

    uint64_t lines, bytes;
    uint64_t set_aside, damaged, renewals, full_ms, told_lines;
};

/* The monotonic clock, ms: nobody sets it back. */
static inline int64_t ship_now(void)
{
    return (int64_t)(clock_mono_us() / 1000);
}

/* A line that cannot be shipped is put on record, and a stand-in goes in its place. False: not
 * now. */
bool ship_set_aside(struct shipper *s, struct source *from, unsigned tag, const char *reason);

/* What stands where, once in a while and at an end. */
void ship_tell(struct shipper *s, int64_t now, bool at_end);
/* Reading stands still, or goes on. */
void ship_note_full(struct shipper *s, bool full, int64_t now);
void ship_note_trouble(struct shipper *s);

#endif
