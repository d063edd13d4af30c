/* SPDX-License-Identifier: Apache-2.0 */
#include "icap/page_internal.h"

#include "core/clock.h"
#include "standards/standard.h"
#include "syntax/json.h"

#define RULE_TEXT_MAX (16u << 10) /* bytes; what a sentence names is counted in hundreds */

/* What is not known is null. */
static void add_member(struct json *j, const char *key, struct slice value)
{
    if (value.n)
        json_slice(j, key, value);
    else
        json_nil(j, key);
}

static void add_text(struct json *j, const char *key, const char *value)
{
    add_member(j, key, slice_cstr(value));
}

static void add_evidence(struct json *j, const struct page_evidence *e)
{
    json_open(j, NULL, '{');
    json_str(j, "standard", e->standard->name);
    json_str(j, "carrier", e->carrier);
    json_str(j, "place", e->place);
    if (e->grade)
        json_str(j, "grade", e->grade);
    if (e->name.n)
        json_slice(j, e->grade ? "phrase" : "name", e->name);
    json_slice(j, "raw", e->raw);
    json_close(j, '}');
}

static void add_decision(const struct transaction *t, struct json *j)
{
    add_text(j, "decision", decision_name(t->judge.decision.kind));
    add_text(j, "reason", page_reason(t));
}

static void add_rule(const struct transaction *t, struct json *j)
{
    struct buf text;
    buf_init(&text, RULE_TEXT_MAX);
    page_rule_text(t, &text);
    json_open(j, "rule", '{');
    json_str(j, "id", page_rule(t));
    json_slice(j, "text", buf_slice(&text));
    json_close(j, '}');
    buf_free(&text);
}

static void add_purpose(const struct transaction *t, struct json *j)
{
    struct buf list;
    page_purpose(t, &list);
    add_member(j, "purpose", buf_slice(&list));
    buf_free(&list);
}

static void add_signals(const struct transaction *t, struct json *j)
{
    json_open(j, "signals", '[');
    for (size_t i = 0; i < page_evidence_count(t); i++) {
        struct page_evidence e = page_evidence(t, i);
        add_evidence(j, &e);
    }
    json_close(j, ']');
}

/* AUDIT says nothing of a decision that has no record, and only BLOCK is final. */
void page_print_json(const struct transaction *t, struct buf *out)
{
    static const char *const types[PAGE_COUNT] = { "blocked", "later", "audit-failure" };
    const enum own_page page = page_which(t);
    char time[CLOCK_TEXT];
    struct json j = json_to(out);
    clock_text(t->judge.record.wall_ms, time);
    json_open(&j, NULL, '{');
    json_str(&j, "type", types[page]);
    add_member(&j, "url", slice_sub(t->judge.exchange.url, 0, URL_SHOWN_MAX));
    json_bool(&j, "fetched", page_was_fetched(t));
    if (page != PAGE_BLOCK)
        json_int(&j, "retry_after", t->retry_after);
    if (page != PAGE_AUDIT)
        add_decision(t, &j);
    add_rule(t, &j);
    add_text(&j, "profile", t->judge.profile->name);
    if (page != PAGE_AUDIT)
        add_purpose(t, &j);
    if (page == PAGE_BLOCK)
        add_member(&j, "contact", slice_sub(t->judge.decision.contact, 0, SIGNAL_URL_MAX));
    add_text(&j, "operator", t->snapshot->config.contact);
    add_text(&j, "id", t->judge.record.id);
    if (page == PAGE_BLOCK)
        add_text(&j, "earlier", t->judge.record.earlier);
    json_str(&j, "time", time);
    if (page == PAGE_BLOCK)
        add_signals(t, &j);
    json_close(&j, '}');
    buf_putc(out, '\n');
}
