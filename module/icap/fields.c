/* SPDX-License-Identifier: Apache-2.0 */
#include "icap/fields.h"

#include <stdio.h>

#define FIELD_MAX 4096 /* bytes of one field that we add */

void fields_strip(ci_request_t *req)
{
    while (ci_http_response_remove_header(req, TAG_FIELD))
        continue;
}

/* Adds "Name: <what print wrote>"; the buffer ends with a NUL for c-icap. */
static bool add_field(ci_request_t *req, struct buf *field)
{
    buf_putc(field, '\0');
    bool good = field->failed == OPTOUT_OK &&
                ci_http_response_add_header(req, (const char *)field->p) != NULL;
    buf_free(field);
    return good;
}

bool fields_need_length(const struct transaction *t)
{
    return t->judge.record.length < 0 && t->judge.announced >= 0 && t->judge.exchange.has_body;
}

bool fields_add_length(struct transaction *t, ci_request_t *req)
{
    struct buf field;
    if (!fields_need_length(t))
        return true;
    buf_init(&field, FIELD_MAX);
    while (ci_http_response_remove_header(req, "Content-Length"))
        continue; /* one that nobody can read */
    buf_printf(&field, "Content-Length: %lld", (long long)t->judge.announced);
    return add_field(req, &field);
}

static bool add_tag(struct transaction *t, ci_request_t *req)
{
    struct buf field;
    buf_init(&field, FIELD_MAX);
    buf_puts(&field, TAG_FIELD ": ");
    decision_print_tag(&t->judge.decision, t->judge.profile, t->judge.record.id, &field);
    return add_field(req, &field);
}

bool fields_tag(struct transaction *t, ci_request_t *req)
{
    fields_strip(req);
    return add_tag(t, req) && fields_add_length(t, req);
}

bool fields_pending(struct transaction *t, ci_request_t *req, bool drop_length)
{
    struct buf field;
    buf_init(&field, FIELD_MAX);
    buf_puts(&field, TAG_FIELD ": ");
    decision_print_pending(t->judge.profile, t->judge.record.id, &field);
    fields_strip(req);
    while (drop_length && ci_http_response_remove_header(req, "Content-Length"))
        t->length_gone = true;
    return add_field(req, &field) && (drop_length || fields_add_length(t, req));
}

void fields_note(struct transaction *t, ci_request_t *req)
{
    struct buf field;
    if (t->judge.decision.kind == DECISION_CLEAR && t->judge.record.action == ACTION_PASS)
        return; /* nearly every answer: not worth its cost */
    buf_init(&field, FIELD_MAX);
    buf_printf(&field, "X-Optout: %s;action=%s;id=%s", decision_name(t->judge.decision.kind),
               action_name(t->judge.record.action), t->judge.record.id);
    buf_putc(&field, '\0');
    if (field.failed == OPTOUT_OK)
        (void)ci_icap_add_xheader(req, (const char *)field.p);
    buf_free(&field);
}

static const char *reason_phrase(unsigned status)
{
    static const struct {
        unsigned status;
        const char *phrase;
    } table[] = {
        { 402, "Payment Required" },   { 403, "Forbidden" },
        { 404, "Not Found" },          { 410, "Gone" },
        { 451, "Unavailable For Legal Reasons" },
        { 503, "Service Unavailable" },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].status == status)
            return table[i].phrase;
    return "Blocked";
}

/* A URL of the publisher's in angle brackets: bytes that would end it, or a
 * field line, are left out. */
static void print_target(struct buf *field, struct slice url)
{
    buf_putc(field, '<');
    for (size_t i = 0; i < url.n && i < SIGNAL_URL_MAX; i++)
        if (url.p[i] > 0x20 && url.p[i] < 0x7F && url.p[i] != '<' && url.p[i] != '>')
            buf_putc(field, (char)url.p[i]);
    buf_putc(field, '>');
}

static bool add_links(struct transaction *t, ci_request_t *req)
{
    const struct config *c = &t->snapshot->config;
    bool good = true;
    struct buf field;
    if (c->blocked_by[0]) {
        buf_init(&field, FIELD_MAX);
        buf_puts(&field, "Link: ");
        print_target(&field, slice_cstr(c->blocked_by));
        buf_puts(&field, "; rel=\"blocked-by\"");
        good = add_field(req, &field);
    }
    if (t->judge.decision.contact.n && !t->audit_failed) {
        buf_init(&field, FIELD_MAX);
        buf_puts(&field, "Link: ");
        print_target(&field, t->judge.decision.contact);
        buf_puts(&field, "; rel=\"license\"");
        good = add_field(req, &field) && good;
    }
    return good;
}

static bool page_head(struct transaction *t, ci_request_t *req, unsigned status)
{
    char line[128];
    snprintf(line, sizeof line, "HTTP/1.1 %u %s", status, reason_phrase(status));
    bool good = ci_http_response_add_header(req, line) != NULL;
    good = ci_http_response_add_header(req, t->page_is_json
                                                ? "Content-Type: application/json"
                                                : "Content-Type: text/html; charset=utf-8") &&
           good;
    snprintf(line, sizeof line, "Content-Length: %zu", t->page.n);
    good = ci_http_response_add_header(req, line) && good;
    good = ci_http_response_add_header(req, "Cache-Control: no-store") && good;
    good = ci_http_response_add_header(req, "Vary: Accept, Accept-Language") && good;
    if (t->retry_after) {
        snprintf(line, sizeof line, "Retry-After: %u", t->retry_after);
        good = ci_http_response_add_header(req, line) && good;
    }
    return good;
}

bool fields_page(struct transaction *t, ci_request_t *req, unsigned status)
{
    bool good = page_head(t, req, status);
    if (!t->audit_failed) /* no record stands behind a tag */
        good = good && add_tag(t, req);
    return good && add_links(t, req);
}
