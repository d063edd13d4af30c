/* SPDX-License-Identifier: Apache-2.0 */
/* The catalogue of agent tokens: what loads is sorted, found again and holds the
 * built-in tokens; what does not says why. */
#include "standards/agents.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

static void check_all(const struct agents *a)
{
    for (size_t i = 0; i < agents_count(a); i++) {
        const struct agent_entry *e = agents_at(a, i);
        bool speaks = e->kind == AGENT_OPT_OUT_TOKEN || e->kind == AGENT_POLICY_TOKEN;
        check(e->kind > AGENT_UNKNOWN && e->kind < AGENT_KIND_COUNT);
        check(speaks == !prefs_empty(&e->denies));
        check(agents_find(a, slice_cstr(e->token)) == e);
        check(i == 0 || strcmp(agents_at(a, i - 1)->token, e->token) < 0);
    }
    const struct agents *b = agents_builtin();
    for (size_t i = 0; i < agents_count(b); i++)
        check(agents_find(a, slice_cstr(agents_at(b, i)->token)) != NULL);
    check(agents_at(a, agents_count(a)) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct agents *a;
    unsigned line;
    const char *why;
    enum optout_rc rc = agents_parse_text(slice_of(data, size), &a, &line, &why);
    check((rc == OPTOUT_OK) == (a != NULL) && (a != NULL) == (why == NULL));
    if (a) {
        check_all(a);
        agents_find(a, slice_of(data, size));
    }
    agents_free(a);
    return 0;
}
