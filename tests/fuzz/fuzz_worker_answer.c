/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_worker_answer.c - what a reader says that a document has taken over. Whatever is taken for
 * an answer has texts within their bounds, rules that can be applied without a fault, and
 * prints as what was read. */
#include <stdlib.h>

#include "daemon/worker_wire.h"
#include "standards/phrases.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_site(const struct worker_answer *a, struct arena *arena, struct buf *again)
{
    const struct site_body *b = &a->body;
    struct rules_query q = { .path = SLICE("/a"), .origin = SLICE("https://example.com") };
    struct rules_verdict v;
    struct signals s;
    struct slice url[4];
    if (b->state == SITE_NOT_ASKED || b->state >= SITE_STATE_COUNT || b->why.n > SITE_WHY_MAX ||
        (b->state == SITE_PUBLISHED) != (b->rules.n > 0))
        abort();
    for (size_t i = 0; i < b->why.n; i++)
        if (b->why.p[i] < 0x20 || b->why.p[i] > 0x7E)
            abort();
    signals_init(&s, arena);
    struct slice rules = arena_copy(arena, b->rules, COMPILED_MAX);
    if (rules.n && compiled_apply(rules, &q, &s, &v) == OPTOUT_OK)
        (void)compiled_licenses(rules, url, 4);
    if (worker_site_print(a->serial, b, again) != OPTOUT_OK)
        abort();
}

static void check_terms(const struct worker_answer *a, struct buf *again)
{
    const struct terms_page *p = &a->page;
    if (p->n > TERMS_HITS || p->url.n || p->asked || !p->fetched)
        abort();
    for (size_t i = 0; i < p->n; i++)
        if (p->hit[i].text.n > TERMS_TEXT_MAX || p->hit[i].grade >= PHRASE_GRADE_COUNT)
            abort();
    if (worker_terms_print(a->serial, p, again) != OPTOUT_OK)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct worker_answer a, b;
    struct arena arena;
    struct buf again;
    size_t n, m;
    arena_init(&arena, 64u << 20, NULL, 0);
    buf_init(&again, WORKER_ANSWER_MAX);
    enum optout_rc rc = worker_answer_read(slice_of(data, size), &a, &n);
    if (rc == OPTOUT_OK && n <= size && a.task != WORKER_HELLO) {
        if (a.task == WORKER_SITE)
            check_site(&a, &arena, &again);
        else
            check_terms(&a, &again);
        if (worker_answer_read(buf_slice(&again), &b, &m) != OPTOUT_OK || b.task != a.task ||
            m != again.n)
            abort();
    } else if (rc == OPTOUT_OK ? n > size : rc != OPTOUT_MORE && rc != OPTOUT_E_SYNTAX) {
        abort();
    }
    if (rc == OPTOUT_MORE && n && n <= size)
        abort();
    buf_free(&again);
    arena_reset(&arena);
    return 0;
}
