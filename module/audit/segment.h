/* SPDX-License-Identifier: Apache-2.0 */
/* segment.h - the append-only files that records go to.
 *
 * Each process writes a segment of its own: `<node>-<UTC time>-<pid>-<n>.jsonl.open`
 * while it is written, without `.open` once closed. A record is one write(2)
 * with O_APPEND. The open file is flock()ed: an `.open` file that can be locked
 * was left by a process that died; whoever finds it repairs a torn last line,
 * appends a gap record and closes it. Thread-safe. */
#ifndef OPTOUT_AUDIT_SEGMENT_H
#define OPTOUT_AUDIT_SEGMENT_H

#include "audit/reference.h"
#include "core/rc.h"
#include "core/slice.h"

struct audit;
struct config;
struct config_error;

/* Reads audit_dir, node, audit_sync, audit_batch_ms and the rotation limits of
 * `c` (copied); starts a thread where something is due without an append. Makes the folder (mode 0750) when missing, adopts orphans, opens
 * a segment (mode 0640). On failure NULL and a reason in `e`. Call after fork. */
struct audit *audit_open(const struct config *c, struct config_error *e);
/* Appends one line (LF included), and before it, in the same write, what it refers to as
 * far as the segment does not hold that yet (`refs` NULL: nothing); rotates first when due, and syncs as
 * configured. OPTOUT_E_IO when it is not safely down, OPTOUT_E_NOMEM: the caller must then
 * fail closed. A short write is undone (ftruncate) before the error is returned. */
enum optout_rc audit_append(struct audit *a, struct slice line,
                            const struct reference_list *refs) OPTOUT_CHECKED;
#define AUDIT_ROOM (64u << 10) /* bytes, some hundred records */

/* Whether records can be written, asked before there is one by who was refused the last: writes the gap
 * record that is due and sees that there is room for AUDIT_ROOM bytes more (where the file system can
 * tell). As audit_append. */
enum optout_rc audit_try(struct audit *a) OPTOUT_CHECKED;
/* An exchange was refused for that reason, without a record of its own: the next gap counts it. */
void audit_note_refused(struct audit *a, uint64_t n);
/* Closes the segment and opens the next (after log shipping moved files, on a
 * signal or command); the old one stays in use when the new cannot be opened. */
enum optout_rc audit_reopen(struct audit *a) OPTOUT_CHECKED;
void audit_close(struct audit *a); /* NULL is fine */

/* Lines and bytes written, failures, rotations: for metrics. */
struct audit_counters {
    uint64_t lines, bytes, failures, rotations, adopted;
};
void audit_count(struct audit *a, struct audit_counters *out);

#endif
