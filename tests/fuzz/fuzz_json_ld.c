/* SPDX-License-Identifier: Apache-2.0 */
/* Scripts of JSON-LD with all standards behind them: they end, and what is a part's, or was mended,
 * allows nothing. With memory at hand nothing that is parsed is lost. */
#include "standards/json_ld_text.h"
#include "standards/schema_org.h"

#include <stdlib.h>

struct run {
    struct signals signals;
    struct exchange x;
};

static void on_property(void *ctx, const struct property *p)
{
    struct run *r = ctx;
    size_t before = r->signals.n;
    if (p->value.n == 0 || p->value.n > PROPERTY_VALUE_MAX || p->ns.n == 0 ||
        p->carrier != CARRIER_HTML)
        abort();
    const struct hook_input in = { .x = &r->x, .out = &r->signals };
    standards_read_property(p, &in);
    for (size_t i = before; i < r->signals.n; i++)
        for (size_t u = 0; u < USAGE_COUNT; u++)
            if (r->signals.v[i].prefs.of[u] == PREF_ALLOW && (p->nested || p->role != PACKET_MAIN))
                abort();
}

static void check_parser(struct slice text, bool more)
{
    struct json_ld_result result;
    json_t *json = json_ld_parse(text, more, &result);
    if (result.lost || result.n > text.n)
        abort();
    json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct page_attr type = { .name = SLICE("type"), .value = SLICE("application/ld+json") };
    struct arena arena;
    struct run r = { .x = { .url = SLICE("https://a.test/d/page") } };
    if (size > PAGE_SCRIPT_MAX)
        return 0;
    check_parser(slice_of(data, size), false);
    check_parser(slice_of(data, size), true);
    arena_init(&arena, 8u << 20, NULL, 0);
    signals_init(&r.signals, &arena);
    const struct page_statement script = { .kind = PAGE_SCRIPT, .attr = &type, .n_attr = 1,
                                           .text = slice_of(data, size) };
    const struct hook_input in = { .x = &r.x, .out = &r.signals };
    schema_org_read(&script, &in, on_property, &r);
    arena_reset(&arena);
    return 0;
}
