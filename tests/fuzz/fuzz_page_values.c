/* SPDX-License-Identifier: Apache-2.0 */
/* All standards over one element of a page. The first byte is its kind and
 * flags, every line after it is "attribute TAB value"; a script's text is all
 * of the input. */
#include "standards/standard.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct signals *s)
{
    const struct signal *all[SIGNALS_MAX];
    for (size_t i = 0; i < s->n; i++) {
        const struct signal *sig = &s->v[i];
        all[i] = sig;
        if (sig->carrier != CARRIER_HTML || sig->standard >= STD_COUNT ||
            sig->scope >= SCOPE_COUNT || sig->confidence >= CONF_COUNT ||
            sig->raw.n > SIGNAL_RAW_MAX || sig->url.n > SIGNAL_URL_MAX || sig->at != 7)
            abort();
        for (size_t u = 0; u < USAGE_COUNT; u++)
            if (sig->prefs.of[u] >= PREF_COUNT ||
                (sig->confidence == CONF_WEAK && sig->prefs.of[u] == PREF_ALLOW))
                abort();
    }
    struct prefs p;
    for (unsigned id = 0; id < STD_COUNT; id++)
        standard_resolve((enum standard_id)id, all, s->n, &p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct page_attr attr[PAGE_ATTRS_MAX];
    struct page_statement st = {
        .kind = (enum page_kind)(data[0] % 5),
        .attr = attr,
        .text = slice_of(data, size),
        .offset = 7,
        .in_head = data[0] & 0x20,
        .in_noscript = data[0] & 0x40,
        .cut = data[0] & 0x80,
    };
    struct slice rest = slice_of(data + 1, size - 1), line;
    while (st.n_attr < PAGE_ATTRS_MAX && slice_split(&rest, '\n', &line)) {
        size_t tab = slice_find(line, '\t');
        struct slice value = slice_from(line, tab + 1);
        attr[st.n_attr++] = (struct page_attr){ .name = slice_sub(line, 0, tab),
                                                .value = slice_sub(value, 0, PAGE_VALUE_MAX),
                                                .cut = value.n > PAGE_VALUE_MAX };
    }
    struct arena a;
    arena_init(&a, 1u << 20, NULL, 0);
    struct exchange x = { .status = 200 };
    struct signals s;
    signals_init(&s, &a);
    standards_read_page(&st, &(struct hook_input){ &x, &s, NULL });
    check(&s);
    arena_reset(&a);
    return 0;
}
