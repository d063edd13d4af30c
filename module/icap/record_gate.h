/* SPDX-License-Identifier: Apache-2.0 */
/* record_gate.h - whether records can be written, as all children know it.
 *
 * A record that the log does not take closes the gate: from then on nothing is asked for whose
 * answer would be thrown away. One request at once, then one a second of the whole node, is told to try
 * the log, and opens it again. Any thread of any child; NULL: always open. */
#ifndef OPTOUT_ICAP_RECORD_GATE_H
#define OPTOUT_ICAP_RECORD_GATE_H

#include <stdbool.h>
#include <stdint.h>

#define GATE_TRIAL_US 1000000u /* between two trials */

enum gate_state {
    GATE_OPEN,
    GATE_TRY,   /* closed, and whoever hears this tries the log, then opens it or refuses */
    GATE_CLOSED /* refuse */
};

struct record_gate;

struct record_gate *record_gate_make(void); /* before fork; NULL on failure */
void record_gate_free(struct record_gate *g);

/* One atomic read while it is open. */
enum gate_state record_gate_ask(struct record_gate *g);
/* True: it was open. */
bool record_gate_close(struct record_gate *g);
/* A request that was refused because it is closed. */
void record_gate_count(struct record_gate *g);
/* How many were while it was closed. */
uint64_t record_gate_open(struct record_gate *g);

#endif
