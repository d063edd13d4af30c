/* SPDX-License-Identifier: Apache-2.0 */
/* jumbf.h - walks a C2PA manifest store as it arrives, without keeping it.
 *
 * ISO/IEC 19566-5 (JUMBF), C2PA 2.4 section 11. Keeps only what is asked for. Sizes are
 * checked against what is left of the parent; depth, boxes and labels are bounded. A
 * compressed manifest (brob) is unpacked and walked as if it stood there. */
#ifndef OPTOUT_METADATA_JUMBF_H
#define OPTOUT_METADATA_JUMBF_H

#include "core/arena.h"
#include "core/manifest.h"

#define JUMBF_DEPTH_MAX 16
#define JUMBF_BOXES_MAX 4096        /* of one store */
#define JUMBF_LABEL_MAX 256
#define JUMBF_UNPACKED_MAX (8u << 20)

struct jumbf;

struct jumbf *jumbf_open(struct arena *arena, const struct jumbf_events *events, void *ctx);
/* OPTOUT_MORE; OPTOUT_DONE after the store; OPTOUT_E_SYNTAX, _LIMIT, _NOMEM, _UNSUP. */
enum optout_rc jumbf_feed(struct jumbf *j, struct slice bytes) OPTOUT_CHECKED;
/* Closes what is open and frees what is not the arena's. OPTOUT_DONE when the store came to
 * its end, else why not. */
enum optout_rc jumbf_end(struct jumbf *j) OPTOUT_CHECKED;

#endif
