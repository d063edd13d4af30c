/* SPDX-License-Identifier: Apache-2.0 */
/* html_inner.c - text that a browser does not take for markup, and other readers do: that
 * of a noscript where no scripts run, of the fallback elements where frames and plug-ins are
 * not known, of raw elements where it is not sure that they are ones.
 *
 * A second scanner reads it beside the first, as the content of a body. What it reports
 * says so (`lenient`). Inside of it raw text is raw text: there is no third scanner.
 *
 * MAX: one scanner, of the size of the first. */
#include "page/html_internal.h"

void html_inner_begin(struct html *h, bool noscript, const char *lenient)
{
    if (h->lenient || h->pure || h->templates || h->mute || h->o.start_tag || h->text_reader)
        return;
    if (!h->inner)
        h->inner = arena_take(h->arena, sizeof *h->inner);
    if (!h->inner) {
        h->no_memory = true;
        return;
    }
    struct html *in = h->inner;
    memset(in, 0, offsetof(struct html, tag));
    in->o.page = h->o.page;
    in->o.ctx = h->o.ctx;
    in->arena = h->arena;
    in->mode = MODE_BODY;
    in->inner_noscript = noscript;
    in->lenient = lenient;
    in->images = h->images;
    h->raw_inner = true;
}

/* A piece of the run of the first scanner: places are counted there. */
void html_inner_text(struct html *h, const uint8_t *p, const uint8_t *end)
{
    h->inner->run = h->run;
    if (!h->inner->done)
        html_step(h->inner, p, end);
}
