/* SPDX-License-Identifier: Apache-2.0 */
#include "recorded.h"

#include "answers/explain_case.h"
#include "audit/record.h"
#include "policy/config.h"

#include <stdio.h>

#define ID "01HF7YAT31JZHZ0RKZGJ5V7S9C"
#define EARLIER "01HF7YAT31JZHZ0RKZGJ5V7S9A"
#define LINES_MAX (4u << 20)

static bool happens(const struct vector *v, enum event e)
{
    return v->events >> e & 1;
}

/* The filter's own configuration, with the vector's profile. */
static bool make_config(struct config *c, const struct profile *p, struct buf *settings)
{
    uint8_t sha256[32];
    struct config_error e = { .line = 0 };
    config_init(c);
    c->profile[0] = *p;
    return config_digest(c, settings, sha256, &e) == OPTOUT_OK;
}

static void fill(struct record *r, const struct vector *v, const struct rule_case *c,
                 struct site_result *site)
{
    r->profile = c->profile;
    r->signals = c->signals;
    r->decision = c->decision;
    r->action = c->done;
    r->wall_ms = 1764000000000;
    r->inspected = happens(v, EVENT_SITE_FILE) ? "site-file" : "html";
    r->request = c->happened & HAPPENED_BEFORE_FETCH;
    r->length = happens(v, EVENT_STOPPED) ? 1000 : -1;
    r->seen = 10;
    memcpy(r->id, ID, sizeof r->id);
    if (happens(v, EVENT_KNOWN) || happens(v, EVENT_REMEMBERED))
        memcpy(r->earlier, EARLIER, sizeof r->earlier);
    if (happens(v, EVENT_STALE)) {
        site->n = 1;
        site->reliance[0] = (struct site_reliance){ .bundle = SLICE_OF("{}"), .stale = 1 };
        memset(site->reliance[0].id, 'a', sizeof site->reliance[0].id);
        r->site = site;
    }
}

static bool print_lines(const struct record *r, struct buf *out)
{
    struct reference_list refs;
    record_references(r, &refs);
    for (size_t i = 0; i < refs.n; i++)
        refs.of[i].print(&refs.of[i], out);
    return record_print(r, out) == OPTOUT_OK;
}

static bool explains_the_same(struct slice lines, const struct rule_case *c)
{
    struct explain_case got;
    enum optout_rc rc = explain_case_read(lines, NULL, &got);
    if (rc != OPTOUT_OK) {
        printf("# its record cannot be read: %d\n", rc);
        return false;
    }
    rule_set want = rules_that_took_part(c), has = rules_that_took_part(&got.rules);
    for (unsigned r = 0; r < POLICY_RULE_COUNT; r++)
        if (((want ^ has) >> r) & 1)
            printf("# its record is explained %s %s\n", has >> r & 1 ? "with" : "without",
                   policy_rules[r].id);
    if (!got.is_same || !got.has_settings || got.n_unknown)
        printf("# its record is decided otherwise: %s %s\n", decision_name(got.decision.kind),
               action_name(got.decision.action));
    bool good = want == has && got.is_same && got.has_settings && !got.n_unknown &&
                got.decision.rule == c->decision->rule;
    explain_case_free(&got);
    return good;
}

bool recorded_is_same(const struct vector *v, const struct exchange *x, const struct rule_case *c)
{
    static struct config config;
    static struct site_result site;
    struct buf settings, lines;
    struct exchange exchange = *x;
    struct record r = { .config = &config, .exchange = &exchange };
    if (happens(v, EVENT_NO_RECORD))
        return true; /* there is none */
    exchange.method = SLICE_OF("GET");
    if (happens(v, EVENT_KNOWN))
        exchange.status = 206;
    site = (struct site_result){ .n = 0 };
    buf_init(&settings, CONFIG_TEXT_MAX);
    buf_init(&lines, LINES_MAX);
    bool good = make_config(&config, c->profile, &settings);
    r.settings = buf_slice(&settings);
    fill(&r, v, c, &site);
    good = good && print_lines(&r, &lines) && explains_the_same(buf_slice(&lines), c);
    buf_free(&lines);
    buf_free(&settings);
    return good;
}
