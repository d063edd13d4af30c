/* SPDX-License-Identifier: Apache-2.0 */
/* xml_write.h - writes a subtree of an XML document out again, so that it stands alone:
 * every element declares its own name space. For what one document holds of another. */
#ifndef OPTOUT_SYNTAX_XML_WRITE_H
#define OPTOUT_SYNTAX_XML_WRITE_H

#include "core/buf.h"
#include "syntax/xml_sax.h"

#define XML_WRITE_DEPTH_MAX 64

struct xml_write {
    struct buf *out;  /* the caller's, with its limit; its `failed` tells what went wrong */
    struct buf names; /* of the open elements */
    size_t length[XML_WRITE_DEPTH_MAX];
    unsigned depth; /* open elements */
};

void xml_write_init(struct xml_write *w, struct buf *out);
void xml_write_free(struct xml_write *w); /* not `out` */
/* OPTOUT_OK, or OPTOUT_E_LIMIT, OPTOUT_E_NOMEM, which stays in out->failed: what is written
 * is of no use then. */
enum optout_rc xml_write_open(struct xml_write *w, const struct xml_element *e);
enum optout_rc xml_write_text(struct xml_write *w, struct slice text);
enum optout_rc xml_write_close(struct xml_write *w);

#endif
