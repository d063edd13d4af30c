/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_terms_value.c - terms that anybody may have written to Redis. What is read is of its origin,
 * restricts, and prints as something that reads the same. */
#include "daemon/terms_value.h"

#include "standards/phrases.h"

#include <stdlib.h>

#define NOW 1795500000000
#define ORIGIN SLICE_OF("https://a.test")

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct terms_page *p)
{
    if (!slice_eq(slice_sub(p->url, 0, ORIGIN.n), ORIGIN) || p->n > TERMS_HITS || !p->shared ||
        p->expires_ms <= NOW || (p->unread && p->n))
        abort();
    for (size_t i = 0; i < p->n; i++) {
        if (p->hit[i].grade <= PHRASE_PERMISSION || p->hit[i].grade >= PHRASE_GRADE_COUNT)
            abort();
        for (size_t u = 0; u < USAGE_COUNT; u++)
            if (p->hit[i].prefs.of[u] == PREF_ALLOW || p->hit[i].prefs.of[u] >= PREF_COUNT)
                abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct terms_value v, again;
    struct buf out;
    if (!terms_value_read(slice_of(data, size), ORIGIN, NOW, &v))
        return 0;
    for (size_t i = 0; i < v.n; i++)
        check(&v.page[i]);
    buf_init(&out, TERMS_VALUE_MAX);
    if (terms_value_print(&v, &out) != OPTOUT_OK || out.n > size ||
        !terms_value_read(buf_slice(&out), ORIGIN, NOW, &again) || again.n != v.n)
        abort();
    for (size_t i = 0; i < v.n; i++)
        if (again.page[i].n != v.page[i].n || !slice_eq(again.page[i].url, v.page[i].url))
            abort();
    buf_free(&out);
    return 0;
}
