/* SPDX-License-Identifier: Apache-2.0 */
/* opf.h - reads the package document of an EPUB 2 or 3: TDMRep metas, RSL elements, rights
 * and licence links of its metadata, as properties (carrier epub). UTF-8 or UTF-16.
 *
 * What is not well-formed is searched for tags that may deny.
 *
 * EPUB 3.3 section 5; OPF 2.0.1; TDM Reservation Protocol 2024-05-10 section 7 (EPUB). */
#ifndef OPTOUT_METADATA_OPF_H
#define OPTOUT_METADATA_OPF_H

#include "core/arena.h"
#include "core/property.h"
#include "core/rc.h"


/* The whole document in hand. OPTOUT_DONE; OPTOUT_E_SYNTAX: not well-formed to its end, or no
 * package document; OPTOUT_E_LIMIT; OPTOUT_E_NOMEM. Properties found before stand. */
enum optout_rc opf_read(struct arena *arena, const struct property *base, struct slice document,
                        property_visit *visit, void *ctx) OPTOUT_CHECKED;

#endif
