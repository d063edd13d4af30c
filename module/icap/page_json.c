/* SPDX-License-Identifier: Apache-2.0 */
#include "icap/page_internal.h"

#include "core/clock.h"
#include "standards/standard.h"
#include "syntax/json.h"

/* What is not known is null. */
static void put_member(struct json *j, const char *key, struct slice value)
{
    if (value.n)
        json_slice(j, key, value);
    else
        json_nil(j, key);
}

static void put_text(struct json *j, const char *key, const char *value)
{
    put_member(j, key, slice_cstr(value));
}

static void put_evidence(struct json *j, const struct signal *s)
{
    char place[PLACE_TEXT];
    signal_place(s, place);
    json_open(j, NULL, '{');
    json_str(j, "standard", standards[s->standard]->name);
    json_str(j, "carrier", carrier_name(s->carrier));
    json_str(j, "place", place);
    if (s->name.n)
        json_slice(j, "name", slice_sub(s->name, 0, SHOWN_MAX));
    json_slice(j, "raw", slice_sub(s->raw, 0, SHOWN_MAX));
    json_close(j, '}');
}

static void put_decision(const struct transaction *t, struct json *j)
{
    put_text(j, "decision", decision_name(t->judge.decision.kind));
    put_text(j, "reason", page_reason(t));
}

static void put_purpose(const struct transaction *t, struct json *j)
{
    struct buf list;
    page_purpose(t, &list);
    put_member(j, "purpose", buf_slice(&list));
    buf_free(&list);
}

static void put_signals(const struct transaction *t, struct json *j)
{
    json_open(j, "signals", '[');
    for (size_t i = 0; i < page_evidence(t); i++)
        put_evidence(j, t->judge.decision.by[i]);
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
    put_member(&j, "url", slice_sub(t->judge.exchange.url, 0, URL_SHOWN_MAX));
    json_bool(&j, "fetched", page_was_fetched(t));
    if (page != PAGE_BLOCK)
        json_int(&j, "retry_after", t->retry_after);
    if (page != PAGE_AUDIT)
        put_decision(t, &j);
    put_text(&j, "profile", t->judge.profile->name);
    if (page != PAGE_AUDIT)
        put_purpose(t, &j);
    if (page == PAGE_BLOCK)
        put_member(&j, "contact", slice_sub(t->judge.decision.contact, 0, SIGNAL_URL_MAX));
    put_text(&j, "operator", t->snapshot->config.contact);
    put_text(&j, "id", t->judge.record.id);
    if (page == PAGE_BLOCK)
        put_text(&j, "earlier", t->judge.record.earlier);
    json_str(&j, "time", time);
    if (page == PAGE_BLOCK)
        put_signals(t, &j);
    json_close(&j, '}');
    buf_putc(out, '\n');
}
