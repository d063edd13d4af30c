/* SPDX-License-Identifier: Apache-2.0 */
/* html_watch.h - whether an attribute of a page may call the text of its element a right. */
#ifndef OPTOUT_PAGE_HTML_WATCH_H
#define OPTOUT_PAGE_HTML_WATCH_H

#include "core/slice.h"

#define WATCH_AHEAD 128 /* bytes from "prop" on */

/* What was not looked at yet, for what follows it has not come. Zeroed at first. */
struct html_watch {
    size_t n, done;
    uint8_t part[4 * WATCH_AHEAD];
};

/* The next bytes. True: it may; nothing is to be asked any more. Does not depend on how the page was
 * cut. */
bool html_watch_run(struct html_watch *w, const uint8_t *p, size_t n);
/* No more come. */
bool html_watch_end(struct html_watch *w);

/* Whether names, the value of itemprop or property, may be those of a right that some standard reads. */
bool html_names_right(struct slice names);

#endif
