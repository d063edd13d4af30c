/* SPDX-License-Identifier: Apache-2.0 */
/* counting.h - what the filter counts: into the metrics, and of that the main figures once more on
 * c-icap's info page. Any thread. */
#ifndef OPTOUT_ICAP_COUNTING_H
#define OPTOUT_ICAP_COUNTING_H

#include "metrics/metrics.h"
#include "verdict/judge.h"

void counting_register(void); /* at init only, before fork */
/* In a child, before its threads: counts into a file beside the store, when there is one. */
void counting_open(const struct config *c);
/* The configuration that is in force from now on. */
void counting_config(const struct config *c);

/* n more in a cell of metrics.h. */
void count_more(unsigned cell, uint64_t n);
static inline void count(unsigned cell)
{
    count_more(cell, 1);
}

/* A record that was written. */
void count_record(const struct record *r);
/* How an exchange ended, whose record is filled: once. `action`: what is done in the end;
 * `arrived`: bytes of its body so far. */
void count_verdict(const struct judge *j, enum action action, uint64_t arrived);
/* A request that nothing is recorded of, and the filter's time for it. */
void count_passed_request(uint64_t us);

#endif
