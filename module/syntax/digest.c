/* SPDX-License-Identifier: Apache-2.0 */
#include "syntax/digest.h"

#include <openssl/evp.h>
#include <pthread.h>

/* Fetching an algorithm takes OpenSSL longer than hashing a small page, and so
 * does making a context: the first is done once per process and never freed, of
 * the second each thread keeps one for its next body. */
static EVP_MD *sha256;
static pthread_key_t spare;
static bool have_spare;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void free_context(void *c)
{
    EVP_MD_CTX_free(c);
}

static void prepare(void)
{
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    have_spare = pthread_key_create(&spare, free_context) == 0;
}

/* The key's destructor is code of this library: it must go before it does. */
__attribute__((destructor)) static void forget(void)
{
    if (!have_spare)
        return;
    free_context(pthread_getspecific(spare));
    pthread_key_delete(spare);
}

static EVP_MD_CTX *take_context(void)
{
    EVP_MD_CTX *c = have_spare ? pthread_getspecific(spare) : NULL;
    if (!c)
        return EVP_MD_CTX_new();
    (void)pthread_setspecific(spare, NULL);
    return c;
}

static void keep_context(EVP_MD_CTX *c)
{
    if (!have_spare || pthread_getspecific(spare) || pthread_setspecific(spare, c) != 0)
        free_context(c);
}

struct digest *digest_open(void)
{
    pthread_once(&once, prepare);
    EVP_MD_CTX *c = sha256 ? take_context() : NULL;
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
    keep_context((EVP_MD_CTX *)d);
    return good;
}

bool digest_of(struct slice bytes, uint8_t out[32])
{
    struct digest *d = digest_open();
    digest_feed(d, bytes);
    return digest_close(d, out);
}
