/* SPDX-License-Identifier: Apache-2.0 */
/* wrapped_libraries.h - other libraries, whose memory fails as well: those that parsers use. */
#ifndef OPTOUT_TESTS_WRAPPED_LIBRARIES_H
#define OPTOUT_TESTS_WRAPPED_LIBRARIES_H

#include "wrapped.h"

#include <brotli/decode.h>
#include <jansson.h>
#include <libxml/parser.h>
#include <openssl/evp.h>
#include <zlib.h>
#include <zstd.h>

WRAPPED(int, inflateInit2_, (z_streamp z, int bits, const char *v, int size), (z, bits, v, size),
        Z_MEM_ERROR)
WRAPPED(BrotliDecoderState *, BrotliDecoderCreateInstance,
        (brotli_alloc_func a, brotli_free_func f, void *ctx), (a, f, ctx), NULL)
WRAPPED(ZSTD_DCtx *, ZSTD_createDCtx, (void), (), NULL)
WRAPPED(EVP_MD_CTX *, EVP_MD_CTX_new, (void), (), NULL)

/* libxml2 itself leaks when it has no memory for the text of an entity. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libxml2\n";
}

static void *lib_malloc(size_t n) { return __wrap_malloc(n); }
static void *lib_realloc(void *p, size_t n) { return __wrap_realloc(p, n); }
static char *lib_strdup(const char *s)
{
    size_t n = strlen(s) + 1;
    char *copy = __wrap_malloc(n);
    return copy ? memcpy(copy, s, n) : NULL;
}

/* libxml2 and jansson ask here. Before anything else. */
static inline bool wrap_libraries(void)
{
    json_set_alloc_funcs(lib_malloc, free);
    return xmlMemSetup(free, lib_malloc, lib_realloc, lib_strdup) == 0;
}

#endif
