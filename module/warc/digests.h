/* SPDX-License-Identifier: Apache-2.0 */
/* digests.h - WARC-Block-Digest and WARC-Payload-Digest: WARC 1.1 sections 5.8 and 5.9, in the
 * forms that are written: base32, hex of either case, base64; "sha256" and "sha-256". */
#ifndef OPTOUT_WARC_DIGESTS_H
#define OPTOUT_WARC_DIGESTS_H

#include "core/slice.h"

#define WARC_DIGEST_MAX 64 /* bytes: SHA-512 */

struct warc_digest {
    const char *algorithm; /* OpenSSL's name; NULL: none that is known */
    uint8_t value[WARC_DIGEST_MAX];
    size_t n;
};

enum warc_check { CHECK_NONE, CHECK_OK, CHECK_DECHUNKED, CHECK_MISMATCH, CHECK_UNKNOWN };
/* "ok"; "dechunked": right for the payload without its chunks, as the standard says; else it
 * was taken over the bytes as stored. NULL: CHECK_NONE. */
const char *warc_check_name(enum warc_check c);

/* False: it cannot be read, or its algorithm is not known. */
bool warc_digest_read(struct warc_digest *d, struct slice text);

struct warc_hash; /* one body; not shared between threads */
struct warc_hash *warc_hash_open(const struct warc_digest *like); /* NULL: out of memory */
void warc_hash_feed(struct warc_hash *h, struct slice bytes);     /* NULL is fine */
/* Ends and frees it; whether it is what `like` says. */
bool warc_hash_close(struct warc_hash *h, const struct warc_digest *like);

/* "sha1:" and base32, as most tools write it; `out` holds WARC_SHA1_TEXT. */
#define WARC_SHA1_TEXT 38
void warc_sha1_text(struct slice bytes, char out[WARC_SHA1_TEXT]);

#endif
