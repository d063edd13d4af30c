/* SPDX-License-Identifier: Apache-2.0 */
/* sources.h - statements that do not come with the message: those of site files, and those of
 * metadata inside the file. */
#ifndef OPTOUT_TESTS_SOURCES_H
#define OPTOUT_TESTS_SOURCES_H

#include "evaluate.h"

#include "core/undecided.h"
#include "standards/standard.h"

/* What the file under `path` of the origin says of the exchange's URL to whom `view` is, as
 * the filter would read it had it been fetched with status 200. A path that is none of a site
 * file is that of an RSL document. A file that cannot be read is a reason in *unread. */
bool source_site(struct slice path, struct slice text, const struct exchange *x,
                 const struct view *view, struct signals *out, undecided_set *unread);

/* `ns`: a name space of XMP, "iim" or "text". `format`: the file that it stands in. */
void source_property(struct slice ns, struct slice name, struct slice value, const char *format,
                     const struct hook_input *in);

/* RSS, Atom or JSON Feed, as the body of the response. */
bool source_feed(struct slice text, const struct hook_input *in, undecided_set *unread);

/* What a page of this URL, HTML, says of the images that it embeds, of which the exchange's is
 * one. */
bool source_page(struct slice url, struct slice html, struct signals *out);

/* One assertion, JSON, of a manifest store with one manifest, whose claim lists the assertion
 * with its right hash. */
bool source_assertion(struct slice label, struct slice json, const struct hook_input *in,
                      undecided_set *unread);

#endif
