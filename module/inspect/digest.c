/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/digest.h"

#include <openssl/evp.h>
#include <pthread.h>

/* Fetching an algorithm takes OpenSSL longer than hashing a small page; it is
 * done once per process and never freed. */
static EVP_MD *sha256;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fetch(void)
{
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
}

struct digest *digest_open(void)
{
    pthread_once(&once, fetch);
    EVP_MD_CTX *c = sha256 ? EVP_MD_CTX_new() : NULL;
    if (c && EVP_DigestInit_ex2(c, sha256, NULL) != 1) {
        EVP_MD_CTX_free(c);
        c = NULL;
    }
    return (struct digest *)c;
}

void digest_feed(struct digest *d, struct slice bytes)
{
    if (d)
        (void)EVP_DigestUpdate((EVP_MD_CTX *)d, bytes.p, bytes.n);
}

bool digest_close(struct digest *d, uint8_t out[32])
{
    if (!d)
        return false;
    unsigned n = 0;
    uint8_t all[EVP_MAX_MD_SIZE];
    bool good = EVP_DigestFinal_ex((EVP_MD_CTX *)d, all, &n) == 1 && n == 32;
    if (good)
        memcpy(out, all, 32);
    EVP_MD_CTX_free((EVP_MD_CTX *)d);
    return good;
}
