/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_document.c - an answer of an origin: one byte for the kind, one for the
 * status, the head up to an empty line, the body. What is published must be whole
 * rules, and every answer must hold for a time within its bounds. */
#include <stdlib.h>

#include "site/document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const int statuses[] = { 200, 404, 429, 503, 302, 206, 204, 0 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct site_lifetimes l = SITE_LIFETIMES_PRESET;
    struct arena arena;
    struct headers h = { NULL, 0 };
    struct site_document d;
    struct slice url[8];
    if (size < 2)
        return 0;
    struct slice rest = slice_of(data + 2, size - 2);
    size_t head = slice_find_nocase(rest, SLICE_OF("\n\n"));
    arena_init(&arena, 64u << 20, NULL, 0);
    struct site_answer a = {
        .kind = (enum site_kind)(data[0] % SITE_KIND_COUNT),
        .origin = SLICE_OF("https://example.com"),
        .url = SLICE_OF("https://example.com/file"),
        .status = statuses[data[1] % (sizeof statuses / sizeof *statuses)],
        .body = slice_from(rest, head + 2),
        .body_cut = data[1] >= 0x80,
        .now_ms = 1700000000000,
    };
    if (headers_parse(&h, &arena, slice_sub(rest, 0, head)) == OPTOUT_OK)
        a.headers = &h;
    if (document_read(&a, NULL, &l, &arena, &d) == OPTOUT_OK) {
        int64_t life = d.expires_ms - d.fetched_ms;
        if (life < l.floor * 1000 || life > (int64_t)l.ceiling * 1000)
            abort();
        if (d.state == SITE_NOT_ASKED || (d.state == SITE_PUBLISHED) != (d.rules.n > 0))
            abort();
        struct rules_query q = { .path = SLICE("/a") };
        struct rules_verdict v;
        struct signals s;
        signals_init(&s, &arena);
        if (d.rules.n && compiled_apply(d.rules, &q, &s, &v) == OPTOUT_E_SYNTAX)
            abort();
        (void)document_licences(&d, url, 8);
        document_renew(&d, &a, &l);
    }
    arena_reset(&arena);
    return 0;
}
