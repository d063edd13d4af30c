/* SPDX-License-Identifier: Apache-2.0 */
/* catalogue.h - since when the catalogue of agents is in force.
 *
 * Rules are compiled with the catalogue of their time, and a 304 would prolong that
 * for ever. So what was got before the catalogue changed is asked for whole when its
 * time is over. DIR/agents keeps the digest of the catalogue and the time, so that a
 * restart with the same one costs nobody a byte, and one with another, or with other
 * built-in agents, is noticed. */
#ifndef OPTOUT_DAEMON_CATALOGUE_H
#define OPTOUT_DAEMON_CATALOGUE_H

#include "core/slice.h"

/* Wall clock, ms: now, unless DIR/agents says that `text` (the file; empty: the
 * built-in agents alone) was in force already. Writes it down; a folder that cannot be
 * written is logged and does no harm. */
int64_t catalogue_since(const char *dir, struct slice text);

#endif
