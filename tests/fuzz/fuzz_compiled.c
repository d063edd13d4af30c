/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled site rules. The first byte chooses: bytes taken for a compiled document
 * as they are; rules made from the bytes, compiled, looked up and held against
 * the plain reading of tests/unit/naive_rules.h; or the same document with bytes of the
 * input laid over it. */
#include "../unit/naive_rules.h"

#include "site/compiled.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    const uint8_t *p;
    size_t n;
};

static uint8_t next(void *ctx)
{
    struct input *in = ctx;
    if (in->n == 0)
        return 0;
    in->n--;
    return *in->p++;
}

static enum optout_rc look(struct slice bytes, struct arena *a, struct slice path,
                           const struct slice *agent, size_t n_agents, struct signals *out,
                           struct rules_verdict *v)
{
    struct rules_query q = {
        .origin = SLICE("https://example.com"),
        .path = path,
        .agent = agent,
        .n_agents = n_agents,
        .country = SLICE("DE"),
    };
    signals_init(out, a);
    return compiled_apply(bytes, &q, out, v);
}

/* Whatever the bytes are, reading them does no harm. */
static void look_anywhere(struct slice bytes, struct arena *a)
{
    static const struct slice agent[] = { SLICE("abot"), SLICE("google-extended") };
    struct signals s;
    struct rules_verdict v;
    struct slice url[4];
    compiled_licenses(bytes, url, 4);
    if (look(bytes, a, SLICE_OF("/a/b/aab"), agent, 2, &s, &v) == OPTOUT_OK && s.overflow)
        abort();
}

static void differ(struct naive_source src, struct buf *out, struct arena *a)
{
    static struct naive want;
    struct site_rules r;
    struct signals s;
    struct rules_verdict v;
    struct slice agent[4];
    naive_rules(src, &r, a);
    enum optout_rc rc = compiled_make(&r, agents_builtin(), out);
    if (rc != OPTOUT_OK)
        abort();
    for (int i = 0; i < 4; i++) {
        size_t n = naive_agents(src, agent);
        struct slice path = naive_text(src, a, false);
        naive_apply(&want, &r, agents_builtin(), path, agent, n);
        if (look(buf_slice(out), a, path, agent, n, &s, &v) != OPTOUT_OK ||
            !naive_agrees(&want, &s) || v.allowed != want.allowed ||
            v.access_found != want.access_found)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = { data, size };
    uint8_t way = next(&in);
    struct arena a;
    struct buf b;
    arena_init(&a, 8u << 20, NULL, 0);
    buf_init(&b, COMPILED_MAX);
    if (way % 4 == 0) {
        if (buf_append(&b, in.p, in.n) == OPTOUT_OK && b.n)
            look_anywhere(buf_slice(&b), &a);
    } else {
        differ((struct naive_source){ next, &in }, &b, &a);
        while (way % 4 == 1 && in.n > 3) { /* bytes laid over the document */
            size_t at = (size_t)(next(&in) | next(&in) << 8) % b.n;
            b.p[at] = next(&in);
        }
        look_anywhere(buf_slice(&b), &a);
    }
    buf_free(&b);
    arena_reset(&a);
    return 0;
}
