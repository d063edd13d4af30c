/* SPDX-License-Identifier: Apache-2.0 */
/* coded.h - small bodies put into content codings, as servers send them. */
#ifndef OPTOUT_DOCTOR_CODED_H
#define OPTOUT_DOCTOR_CODED_H

#include "core/buf.h"

/* Append to `out`, whose `failed` tells. */
void coded_gzip(struct slice body, struct buf *out); /* one member */
void coded_zstd(struct slice body, struct buf *out);
/* Brotli (RFC 7932) without compressing: no encoder is linked. */
void coded_brotli(struct slice body, struct buf *out);

#endif
