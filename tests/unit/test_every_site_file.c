/* SPDX-License-Identifier: Apache-2.0 */
/* test_every_site_file.c - a site file of every kind, from its text through the store to the
 * judge: what it states is found, one that states nothing is clear, one that cannot be read
 * is undecided, for a reason. */
#include "unit.h"

#include "core/clock.h"
#include "policy/config.h"
#include "site/document.h"
#include "site/site.h"
#include "verdict/judge.h"

#include <stdlib.h>

#define ORIGIN "http://h.example"
#define LICENCE ORIGIN "/l.xml"
#define RSL(content) "<rsl xmlns=\"https://rslstandard.org/rsl\">" content "</rsl>"
#define PEAC "version: peac-policy/0.1\n"

enum fault { WHOLE, CUT /* longer than is read */, FAILS /* the server does */ };

struct row {
    const char *states;  /* that training is not allowed */
    const char *nothing; /* read, and nothing of this URL is said */
    const char *broken;  /* NULL: `nothing`, with the fault */
    enum fault fault;
    undecided_set reason; /* 0: what cannot be read is not licensed */
};

static const undecided_set unparseable = 1u << UNDECIDED_SITE_UNPARSEABLE;
static const undecided_set unreachable = 1u << UNDECIDED_ROBOTS_UNREACHABLE;

static const struct row rows[SITE_KIND_COUNT] = {
    [SITE_ROBOTS] = { "User-agent: *\nContent-Usage: train-ai=n\n",
                      "User-agent: *\nDisallow: /b\n", NULL, FAILS, unreachable },
    [SITE_TDMREP] = { "[{\"location\": \"/*\", \"tdm-reservation\": 1}]",
                      "[{\"location\": \"/b/*\", \"tdm-reservation\": 1}]",
                      "[{\"location\": \"/*\", \"tdm-res", WHOLE, unparseable },
    [SITE_AI_TXT] = { "User-Agent: *\nDisallow: /\n", "User-Agent: *\nDisallow: /b\n",
                      NULL, CUT, unparseable },
    [SITE_AI_WELL_KNOWN] = { "User-Agent: *\nDisallow: /\n", "User-Agent: *\nDisallow: /b\n",
                             NULL, CUT, unparseable },
    [SITE_TRUST] = { "datatrainingallowed=no\n", "member=https://a.example/\n",
                     NULL, CUT, unparseable },
    [SITE_TRUST_WELL_KNOWN] = { "datatrainingallowed=no\n", "member=https://a.example/\n",
                                NULL, CUT, unparseable },
    [SITE_LICENCE] = { RSL("<content url=\"/\"><license><prohibits type=\"usage\">ai-train"
                           "</prohibits></license></content>"),
                       RSL("<content url=\"/\"><license><permits type=\"usage\">all</permits>"
                           "</license></content>"),
                       RSL("<content url=\"/\">"), WHOLE, 0 },
    [SITE_PEAC_WELL_KNOWN] = { PEAC "usage: conditional\npurposes: [train]\n",
                               PEAC "usage: open\n", NULL, CUT, unparseable },
    [SITE_PEAC] = { PEAC "usage: conditional\npurposes: [train]\n", PEAC "usage: open\n",
                    NULL, CUT, unparseable },
};

struct scene {
    char dir[64];
    struct config config;
    struct site *site;
};

static int make_scene(void **state)
{
    static struct scene s;
    char why[256];
    snprintf(s.dir, sizeof s.dir, "/tmp/optout-sites-XXXXXX");
    config_init(&s.config);
    if (!mkdtemp(s.dir))
        return -1;
    snprintf(s.config.site_store, sizeof s.config.site_store, "%s", s.dir);
    s.site = site_get(s.dir, STORE_SIZE_PRESET, NULL, why, sizeof why);
    *state = &s;
    return s.site ? 0 : -1;
}

static int end_scene(void **state)
{
    const struct scene *s = *state;
    char command[100];
    snprintf(command, sizeof command, "rm -r %s", s->dir);
    return system(command);
}

/* As it was fetched just now; `text` NULL: there is none. */
static struct site_document read_file(struct arena *a, enum site_kind kind, const char *text,
                                      enum fault fault)
{
    static const struct site_lifetimes lifetimes = SITE_LIFETIMES_PRESET;
    static const struct headers none = { 0 };
    struct site_document d;
    char url[100];
    snprintf(url, sizeof url, "%s", LICENCE);
    if (kind != SITE_LICENCE)
        snprintf(url, sizeof url, ORIGIN "%s", site_kind_path(kind));
    struct site_answer answer = { .kind = kind, .origin = SLICE_OF(ORIGIN),
                                  .url = arena_copy(a, slice_cstr(url), SIZE_MAX),
                                  .status = !text ? 404 : fault == FAILS ? 503 : 200,
                                  .headers = &none, .body = slice_cstr(text),
                                  .body_cut = fault == CUT,
                                  .now_ms = clock_wall_ms() };
    assert_int_equal(document_read(&answer, agents_builtin(), &lifetimes, a, &d), OPTOUT_OK);
    return d;
}

static void publish(const struct scene *s, struct arena *a, enum site_kind kind,
                    const char *text, enum fault fault)
{
    struct store *store = site_store(s->site);
    struct site_document d[SITE_KIND_COUNT];
    size_t n = 0;
    for (unsigned k = 0; k < SITE_KIND_COUNT; k++)
        if (k != SITE_LICENCE && site_kind_is_file((enum site_kind)k))
            d[n++] = read_file(a, (enum site_kind)k, k == kind ? text : NULL, fault);
    struct slice key = store_key_origin(a, SLICE_OF(ORIGIN), SLICE_EMPTY);
    assert_int_equal(store_write(store, key, d, n, true), OPTOUT_OK);
    if (kind == SITE_LICENCE) {
        d[0] = read_file(a, kind, text, fault);
        key = store_key_licence(a, SLICE_OF(LICENCE));
        assert_int_equal(store_write(store, key, d, 1, true), OPTOUT_OK);
    }
}

/* Of a page that states nothing but where its licence is. */
static struct decision judge(const struct scene *s, struct arena *a, bool licensed)
{
    struct judge j = { 0 };
    struct judge_basis basis = { .config = &s->config, .site = s->site };
    struct slice head = licensed ? SLICE_OF("Link: <" LICENCE ">; rel=\"license\"; "
                                            "type=\"application/rsl+xml\"\r\n") : SLICE_EMPTY;
    judge_begin(&j, &basis, &s->config.profile[0], a);
    j.exchange.method = SLICE_OF("GET");
    j.exchange.url = SLICE_OF(ORIGIN "/a");
    j.exchange.status = 200;
    assert_int_equal(headers_parse(&j.exchange.response, a, head), OPTOUT_OK);
    assert_int_equal(judge_open(&j), OPTOUT_OK);
    judge_settle(&j, INSPECT_WHOLE, false);
    return j.decision;
}

static void check(const struct scene *s, enum site_kind kind, const char *text, enum fault fault,
                  enum decision_kind want, undecided_set reason)
{
    struct arena a = test_arena();
    publish(s, &a, kind, text, fault);
    struct decision d = judge(s, &a, kind == SITE_LICENCE);
    if (d.kind != want || d.undecided != reason)
        fail_msg("%s: %s, %#x; want %s, %#x: %.200s", site_kind_name(kind), decision_name(d.kind),
                 d.undecided, decision_name(want), reason, text);
    arena_reset(&a);
}

static void run_kind(const struct scene *s, enum site_kind kind)
{
    const struct row *r = &rows[kind];
    bool asks = kind == SITE_PEAC || kind == SITE_PEAC_WELL_KNOWN;
    assert_non_null(r->states);
    check(s, kind, r->states, WHOLE, asks ? DECISION_CONDITIONAL : DECISION_RESERVED, 0);
    check(s, kind, r->nothing, WHOLE, DECISION_CLEAR, 0);
    check(s, kind, r->broken ? r->broken : r->nothing, r->fault,
          r->reason ? DECISION_UNDECIDED : DECISION_RESERVED, r->reason);
}

static void every_kind_states_is_clear_and_is_broken(void **state)
{
    for (unsigned k = 0; k < SITE_KIND_COUNT && site_kind_is_file((enum site_kind)k); k++)
        run_kind(*state, (enum site_kind)k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_states_is_clear_and_is_broken),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, make_scene, end_scene);
}
