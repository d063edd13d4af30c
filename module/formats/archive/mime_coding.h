/* SPDX-License-Identifier: Apache-2.0 */
/* mime_coding.h - content transfer encodings undone (RFC 2045 section 6), in pieces of any
 * size: base64 with whatever stands between its letters left out (section 6.8), quoted-printable
 * with broken escapes kept as they are (section 6.7). */
#ifndef OPTOUT_FORMATS_ARCHIVE_MIME_CODING_H
#define OPTOUT_FORMATS_ARCHIVE_MIME_CODING_H

#include "syntax/base64.h"

enum mime_coding_kind { MIME_AS_IT_IS, MIME_BASE64, MIME_QUOTED, MIME_UNKNOWN };

/* Of a Content-Transfer-Encoding field. */
enum mime_coding_kind mime_coding_of(struct slice value);

/* All zero but the kind to begin with. */
struct mime_coding {
    enum mime_coding_kind kind;
    struct base64 base64;
    uint8_t held[2]; /* '=' and what follows it */
    uint8_t n_held;
};

/* False: no more is wanted. */
typedef bool mime_sink(void *ctx, struct slice bytes);

/* Both answer what the sink did. */
bool mime_coding_feed(struct mime_coding *c, struct slice bytes, mime_sink *sink, void *ctx);
bool mime_coding_end(struct mime_coding *c, mime_sink *sink, void *ctx);

#endif
