/* SPDX-License-Identifier: Apache-2.0 */
/* All standards over a response head of lines "Name: value". The first byte
 * chooses the status. */
#include "standards/standard.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct signals *s)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct signal *sig = &s->v[i];
        bool good = sig->standard < STD_COUNT && sig->carrier < CARRIER_COUNT &&
                    sig->scope < SCOPE_COUNT && sig->confidence < CONF_COUNT &&
                    sig->raw.n <= SIGNAL_RAW_MAX && sig->url.n <= SIGNAL_URL_MAX &&
                    sig->agent.n <= 64;
        for (size_t u = 0; u < USAGE_COUNT; u++)
            good = good && sig->prefs.of[u] < PREF_COUNT;
        for (size_t k = 0; k < sig->agent.n; k++)
            good = good && sig->agent.p[k] == ascii_lower(sig->agent.p[k]);
        /* weak statements never allow */
        for (size_t u = 0; u < USAGE_COUNT; u++)
            good = good && (sig->confidence != CONF_WEAK || sig->prefs.of[u] != PREF_ALLOW);
        if (!good)
            abort();
    }
}

static void resolve_all(const struct signals *s)
{
    for (unsigned id = 0; id < STD_COUNT; id++) {
        const struct signal *mine[SIGNALS_MAX];
        size_t n = 0;
        for (size_t i = 0; i < s->n; i++)
            if (s->v[i].standard == id)
                mine[n++] = &s->v[i];
        struct prefs p;
        standard_resolve((enum standard_id)id, mine, n, &p);
        if (n == 0 && !prefs_empty(&p))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = { 200, 401, 402, 403, 451 };
    if (size == 0)
        return 0;
    struct arena a;
    arena_init(&a, 8u << 20, NULL, 0);
    struct exchange x = { .status = statuses[data[0] % 5], .minor = 1 };
    struct signals s;
    signals_init(&s, &a);
    enum optout_rc rc = headers_parse(&x.response, &a, slice_of(data + 1, size - 1));
    if (rc == OPTOUT_OK || rc == OPTOUT_E_LIMIT) {
        standards_read_headers(&(struct hook_input){ &x, &s, NULL });
        check(&s);
        resolve_all(&s);
    }
    arena_reset(&a);
    return 0;
}
