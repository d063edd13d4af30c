/* SPDX-License-Identifier: Apache-2.0 */
/* bundle.h - what the store knows of one key, as a text that records refer to.
 *
 * Most records of an origin rest on the same few documents. The text that describes them
 * is made once, when they are written to the store; a record names it by its digest, and
 * a segment of the audit log holds it before the first record that does so. The form is
 * described in docs/audit-format.md, "Bundles". */
#ifndef OPTOUT_SITE_BUNDLE_H
#define OPTOUT_SITE_BUNDLE_H

#include "core/arena.h"
#include "core/buf.h"
#include "site/document.h"

#define BUNDLE_ID_SIZE 32 /* hex digits: the first half of the SHA-256 of the text */
/* Of a text: a key and a URL for each document, every byte escaped. */
#define BUNDLE_MAX ((16u << 10) * 6 + SITE_KIND_COUNT * (SITE_URL_MAX * 6 + 512)) /* terms are less */

/* Appends the text for `d` (SITE_KIND_COUNT entries) under a key of the store: one JSON
 * object, equal for equal documents. */
enum optout_rc bundle_print(struct slice key, const struct site_document *d,
                            struct buf *out) OPTOUT_CHECKED;
/* Reads such a text back, any bytes: hands out each file with the key of the store that the
 * bundle is about. Of a document there is what the text says: kind, state, source, status,
 * fetched_ms, url, sha256, varies; of terms each page is one. Files, states and times that are
 * not known are left out. Slices are the arena's. False: it is no bundle, or memory is used up;
 * then some files may have been handed out. */
typedef void bundle_visit(void *ctx, struct slice key, const struct site_document *d);
bool bundle_read(struct slice text, struct arena *arena, bundle_visit *visit, void *ctx);
/* False: the library refused. */
bool bundle_id(struct slice text, char id[BUNDLE_ID_SIZE]) OPTOUT_CHECKED;

#endif
