/* SPDX-License-Identifier: Apache-2.0 */
/* origin_key.h - the certificate of the doctor's origin. */
#ifndef OPTOUT_DOCTOR_ORIGIN_KEY_H
#define OPTOUT_DOCTOR_ORIGIN_KEY_H

#include <openssl/ssl.h>
#include <stdbool.h>

/* A server's context. `file`: PEM with certificate (its chain behind it) and key; NULL: one is
 * made for that name or address, and signed by itself. NULL: it could not be made or read. */
SSL_CTX *origin_key_context(const char *file, const char *name);

#endif
