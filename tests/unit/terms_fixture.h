/* SPDX-License-Identifier: Apache-2.0 */
/* terms_fixture.h - an origin whose pages of terms are kept in a store of its own. */
#ifndef OPTOUT_TESTS_TERMS_FIXTURE_H
#define OPTOUT_TESTS_TERMS_FIXTURE_H

#include "unit.h"

#include "core/clock.h"
#include "folder.h"
#include "policy/config.h"
#include "site/site.h"
#include "site/terms.h"
#include "standards/phrases.h"
#include "verdict/judge.h"
#include "verdict/url_set.h"

#define SENTENCE "Wir behalten uns das Text und Data Mining unserer Inhalte vor."
#define META "<meta name=copyright content='" SENTENCE "'>"

#define ORIGIN "https://site.example"
#define TERMS ORIGIN "/agb"
#define DAY (24 * 3600 * 1000ll)

static struct site *site;
static struct config config;
static struct url_set *linked;
static int64_t now;

static inline struct terms_page page_of(const char *url, unsigned mark, size_t n)
{
    struct terms_page p = { .url = slice_cstr(url), .has_sha256 = true, .sha256 = { (uint8_t)mark },
                            .fetched_ms = now, .expires_ms = now + 10 * DAY, .n = n };
    memset(p.id, 'A' + (int)(mark % 20), sizeof p.id - 1);
    for (size_t i = 0; i < n; i++) {
        p.hit[i] = (struct terms_hit){ .grade = PHRASE_PLAIN, .at = 100 + i,
                                       .name = SLICE("de/reserved@1"),
                                       .text = slice_cstr(i ? "Zweiter Satz." : "Wir behalten uns das vor.") };
        p.hit[i].prefs.of[USAGE_TRAIN_AI] = PREF_DENY;
    }
    return p;
}

static inline void put_at(const char *origin, const struct terms_page *p)
{
    assert_int_equal(terms_put(site_store(site), slice_cstr(origin), p, now), OPTOUT_OK);
}

static inline void put_page(const char *url, unsigned mark, size_t n)
{
    struct terms_page p = page_of(url, mark, n);
    put_at(ORIGIN, &p);
}

struct found {
    struct arena arena;
    struct signals signals;
    struct site_result result;
};

static size_t look(struct found *f, const char *url)
{
    struct site_query q = { .url = slice_cstr(url) };
    struct site_options how = { .socket = "", .meaning = config.site_choice, .terms = true };
    memset(f, 0, sizeof *f);
    f->arena = test_arena();
    signals_init(&f->signals, &f->arena);
    site_look(site, &how, &q, &f->arena, &f->signals, &f->result);
    return f->signals.n;
}

static inline size_t told(const char *url)
{
    struct found f;
    size_t n = look(&f, url);
    assert_true(f.result.n == 1 || n == 0);
    arena_reset(&f.arena);
    return n;
}

static int begin(void **state)
{
    char why[256];
    clock_freeze(1700000000000);
    now = clock_wall_ms();
    if (make_dir(state) != 0)
        return 1;
    config_init(&config);
    linked = url_set_make();
    snprintf(config.site_store, sizeof config.site_store, "/somewhere");
    site = site_get(dir, 8u << 20, NULL, why, sizeof why);
    return site == NULL;
}

static int end(void **state)
{
    url_set_free(linked);
    return drop_dir(state);
}

/* One page from its head to what is kept of it. */
static inline void pass(const char *url, const char *html, const char *method, unsigned status, bool whole)
{
    struct arena a = test_arena();
    struct judge j;
    struct judge_basis basis = { .config = &config, .site = site, .learns = true,
                                 .phrases = phrases_builtin(), .linked = linked };
    memset(&j, 0, sizeof j);
    judge_begin(&j, &basis, config_profile(&config, SLICE_EMPTY), &a);
    j.exchange.method = slice_cstr(method);
    j.exchange.url = slice_cstr(url);
    j.exchange.status = (int)status;
    j.exchange.has_body = true;
    assert_int_equal(headers_parse(&j.exchange.response, &a,
                                   SLICE_OF("Content-Type: text/html; charset=utf-8\r\n")), OPTOUT_OK);
    assert_int_equal(judge_open(&j), OPTOUT_OK);
    (void)judge_feed(&j, slice_cstr(html));
    enum inspect_end how = whole ? INSPECT_WHOLE : INSPECT_TRUNCATED;
    judge_settle(&j, how, false);
    judge_close_record(&j, how, j.decision.action, 0);
    judge_remember(&j, how);
    arena_reset(&a);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)

#endif
