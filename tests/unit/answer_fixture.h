/* SPDX-License-Identifier: Apache-2.0 */
/* answer_fixture.h - a transaction with a verdict and the ICAP request that is to be answered,
 * made with c-icap's own library. */
#ifndef OPTOUT_TESTS_ANSWER_FIXTURE_H
#define OPTOUT_TESTS_ANSWER_FIXTURE_H

#include "unit.h"

#include "icap/transaction.h"

#include <string.h>

/* Of c-icap's library; its headers do not say so. */
int mem_init(void);
int init_body_system(void);

#define RECORD_ID "01ARZ3NDEKTSV4RRFFQ69G5FAV"
#define EARLIER_ID "01BX5ZZKBKACTAV9WEVGEMMVRZ"

struct answering {
    ci_request_t *req;
    struct transaction *t;
    struct snapshot snapshot;
    struct hold_budget *budget;
    struct signal signal[DECISION_BY_MAX];
};

/* The head of an answer that the origin gave, as c-icap hands it over. */
static inline void give_response(struct answering *a, const char *const *line, bool body)
{
    ci_http_response_create(a->req, 1, body);
    for (; *line; line++)
        assert_non_null(ci_http_response_add_header(a->req, *line));
}

/* A GET in RESPMOD that was found reserved, in a preview that is not the whole body. */
static inline struct answering *answering_open(void)
{
    static const char *const head[] = { "HTTP/1.1 200 OK", "Content-Type: text/html", NULL };
    struct answering *a = calloc(1, sizeof *a);
    assert_non_null(a);
    a->req = ci_request_alloc(NULL);
    assert_non_null(a->req);
    a->req->type = ICAP_RESPMOD;
    a->req->hasbody = 1;
    a->req->preview = 1024;
    a->req->allow204 = a->req->allow206 = 1;
    a->req->data_locked = 1;
    a->t = calloc(1, sizeof *a->t);
    assert_non_null(a->t);
    config_init(&a->snapshot.config);
    a->t->snapshot = &a->snapshot;
    a->t->judge.profile = &a->snapshot.config.profile[0];
    arena_init(&a->t->arena, 8u << 20, NULL, 0);
    buf_init(&a->t->page, 256u << 10);
    a->budget = hold_budget_make();
    hold_init(&a->t->hold, a->budget, 1u << 20, 1u << 20, "/tmp");
    a->t->judge.exchange = (struct exchange){ .method = SLICE_OF("GET"), .minor = 1, .status = 200,
                                        .url = SLICE_OF("http://origin/page"),
                                        .has_body = true };
    a->t->judge.decision.kind = DECISION_RESERVED;
    a->t->judge.decision.rule = POLICY_RULE_DENIED;
    a->t->judge.decision.usage.of[USAGE_TRAIN_AI] = PREF_DENY;
    a->t->judge.record.action = ACTION_BLOCK;
    a->t->judge.record.length = -1;
    a->t->judge.announced = -1;
    memcpy(a->t->judge.record.id, RECORD_ID, sizeof RECORD_ID);
    a->req->service_data = a->t;
    give_response(a, head, true);
    return a;
}

static inline void answering_close(struct answering *a)
{
    a->req->service_data = NULL;
    ci_request_destroy(a->req);
    hold_free(&a->t->hold);
    hold_budget_free(a->budget);
    buf_free(&a->t->page);
    arena_reset(&a->t->arena);
    free(a->t);
    free(a);
}

/* One more statement that decided. */
static inline void state_one(struct answering *a, struct signal s)
{
    size_t n = a->t->judge.decision.n_by++;
    a->signal[n] = s;
    a->t->judge.decision.by[n] = &a->signal[n];
}

static inline void ask_with(struct answering *a, const char *line)
{
    assert_int_equal(headers_reserve(&a->t->judge.exchange.request, &a->t->arena, 8), OPTOUT_OK);
    assert_int_equal(headers_append(&a->t->judge.exchange.request, &a->t->arena, slice_cstr(line)),
                     OPTOUT_OK);
}

/* How many lines of the answer's head begin so; the first of them. */
static inline size_t lines_of(const struct answering *a, const char *start, const char **first)
{
    ci_headers_list_t *h = ci_http_response_headers(a->req);
    size_t n = 0;
    for (int i = 0; h && i < h->used; i++)
        if (slice_starts_nocase(slice_cstr(h->headers[i]), slice_cstr(start)) && n++ == 0 && first)
            *first = h->headers[i];
    return n;
}

static inline void assert_line(const struct answering *a, const char *start, const char *whole)
{
    const char *first = NULL;
    assert_int_equal(lines_of(a, start, &first), 1);
    assert_string_equal(first, whole);
}

static inline bool answer_has_body(const struct answering *a)
{
    for (size_t i = 0; i < 4 && a->req->entities[i]; i++)
        if (a->req->entities[i]->type == ICAP_RES_BODY)
            return true;
    return false;
}

#endif
