/* SPDX-License-Identifier: Apache-2.0 */
/* bench_decide.c - what one decision costs, from signals to action and to the
 * text of the tag. Prints lines `name TAB value TAB unit`, best of several runs. */
#include "bench_util.h"

#include "core/buf.h"
#include "policy/decide.h"

#include <stdio.h>
#include <stdlib.h>

#define ROUNDS 20000
#define RUNS 9
#define ARENA_MAX (1u << 20)
#define AGENTS 16
#define MANY 64

static void add(struct signals *s, enum standard_id standard, enum carrier carrier,
                enum preference train_ai, const char *agent)
{
    struct signal sig = {
        .standard = (uint8_t)standard,
        .carrier = (uint8_t)carrier,
        .confidence = CONF_EXACT,
        .place_kind = PLACE_HEADER,
        .agent = slice_cstr(agent),
        .raw = SLICE("train-ai=n"),
    };
    sig.prefs.of[USAGE_TRAIN_AI] = (uint8_t)train_ai;
    if (signals_add(s, &sig) != OPTOUT_OK)
        abort();
}

static void measure(const char *name, const struct profile *p, const struct signals *s)
{
    uint64_t best = UINT64_MAX;
    struct decision d;
    for (int run = 0; run < RUNS; run++) {
        uint64_t start = bench_ns();
        for (int i = 0; i < ROUNDS; i++) {
            decide(p, s, 0, &d);
            bench_keep((uint64_t)d.kind + d.n_by);
        }
        uint64_t spent = bench_ns() - start;
        best = spent < best ? spent : best;
    }
    printf("decide.%s\t%.0f\tns\n", name, (double)best / ROUNDS);
}

static void measure_tag(const struct profile *p, const struct signals *s)
{
    uint64_t best = UINT64_MAX;
    struct decision d;
    struct buf out;
    decide(p, s, 0, &d);
    buf_init(&out, 4096);
    for (int run = 0; run < RUNS; run++) {
        uint64_t start = bench_ns();
        for (int i = 0; i < ROUNDS; i++) {
            buf_clear(&out);
            decision_print_tag(&d, p, "01JDF00000000000000000000N", &out);
            bench_keep(out.n);
        }
        uint64_t spent = bench_ns() - start;
        best = spent < best ? spent : best;
    }
    buf_free(&out);
    printf("decide.print-tag\t%.0f\tns\n", (double)best / ROUNDS);
}

int main(void)
{
    struct arena arena;
    struct signals s;
    struct profile p, crawler;
    arena_init(&arena, ARENA_MAX, NULL, 0);
    profile_init(&p);
    profile_init(&crawler);
    for (size_t i = 0; i < AGENTS; i++)
        snprintf(crawler.agent[i], sizeof crawler.agent[i], "examplebot-%02zu", i);
    crawler.n_agents = AGENTS;

    signals_init(&s, &arena);
    measure("nothing-stated", &p, &s);
    add(&s, STD_AIPREF, CARRIER_HTTP_HEADER, PREF_DENY, "");
    measure("one-denial", &p, &s);
    measure_tag(&p, &s);
    add(&s, STD_TDMREP, CARRIER_HTTP_HEADER, PREF_CONDITIONAL, "");
    add(&s, STD_TDMREP, CARRIER_HTML, PREF_ALLOW, "");
    add(&s, STD_ROBOTS_META, CARRIER_HTML, PREF_DENY, "examplebot-15");
    measure("four-standards", &crawler, &s);
    while (s.n < MANY) { /* of equal statements but one is kept */
        char agent[32];
        snprintf(agent, sizeof agent, "some-other-bot-%02zu", s.n);
        add(&s, STD_ROBOTS_META, CARRIER_HTTP_HEADER, PREF_DENY, agent);
    }
    measure("64-signals-16-agents", &crawler, &s);
    arena_reset(&arena);
    return 0;
}
