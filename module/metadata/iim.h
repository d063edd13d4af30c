/* SPDX-License-Identifier: Apache-2.0 */
/* iim.h - reads IPTC-IIM datasets: the texts for people of record 2 (special instructions,
 * credit, source, copyright notice, caption) as properties named "2:40" and so on.
 *
 * IPTC-IIM 4.2. The character set of dataset 1:90 is often missing or wrong, so what is
 * valid UTF-8 is taken as that, the rest as Latin-1. */
#ifndef OPTOUT_METADATA_IIM_H
#define OPTOUT_METADATA_IIM_H

#include "core/arena.h"
#include "core/property.h"
#include "core/rc.h"

/* All datasets in hand. OPTOUT_DONE, or OPTOUT_E_SYNTAX when they end inside a dataset. */
enum optout_rc iim_read(struct arena *arena, const struct property *base, struct slice datasets,
                        property_visit *visit, void *ctx) OPTOUT_CHECKED;

#endif
