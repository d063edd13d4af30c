/* SPDX-License-Identifier: Apache-2.0 */
/* c2pa_store.h - what a manifest store says of training and mining.
 *
 * C2PA 1.3 to 2.4 (manifests, claims, ingredients, redaction), CAWG training and data mining
 * 1.1, CAWG metadata 1.2. Signatures and hard bindings are not checked: a signal says how
 * far its statement was checked. */
#ifndef OPTOUT_STANDARDS_C2PA_STORE_H
#define OPTOUT_STANDARDS_C2PA_STORE_H

#include "core/manifest.h"
#include "core/property.h"

struct c2pa_store;

/* For one store. `base` tells role, format, where and offset (carrier CARRIER_JUMBF);
 * `visit` gets the properties of metadata assertions (cawg.metadata: PLUS, TDMRep). NULL when
 * memory is used up. */
struct c2pa_store *c2pa_store_open(struct arena *arena, const struct property *base,
                                   property_visit *visit, void *ctx);
/* To be given to jumbf_open with the store as their ctx. */
extern const struct jumbf_events c2pa_store_events;
/* The boxes have ended with `rc` (of jumbf_end): finds the active manifest, follows
 * ingredients, adds the signals. What is denied in a store that is cut or broken is denied.
 * OPTOUT_DONE, or why the store cannot be judged whole. */
enum optout_rc c2pa_store_end(struct c2pa_store *s, enum optout_rc rc, struct signals *out)
    OPTOUT_CHECKED;

#endif
