/* SPDX-License-Identifier: Apache-2.0 */
#include "icap/page.h"

#include "core/clock.h"
#include "syntax/json.h"
#include "standards/standard.h"

#define SERVICE_FOLDER "srv_optout"
#define EVIDENCE_MAX 8   /* deciding statements shown */
#define SHOWN_MAX 200    /* bytes of a hostile value that are shown */
#define TEXT_MAX (64u << 10)
#define TEMPLATE_SLACK 8 /* bytes of c-icap's template buffer that it keeps to itself */

/* ---- escaping ---- */

static void put_html(struct buf *out, struct slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        switch (c) {
        case '<': buf_puts(out, "&lt;"); break;
        case '>': buf_puts(out, "&gt;"); break;
        case '&': buf_puts(out, "&amp;"); break;
        case '"': buf_puts(out, "&quot;"); break;
        case '\'': buf_puts(out, "&#39;"); break;
        default: buf_putc(out, c < 0x20 || c == 0x7F ? ' ' : (char)c);
        }
    }
}

/* A value as a template shows it: in JSON quoted, null when empty. */
static void put(const struct transaction *t, struct buf *out, struct slice s, size_t max)
{
    s = slice_sub(s, 0, max);
    if (!t->page_is_json)
        put_html(out, s);
    else if (s.n)
        json_quote(out, s);
    else
        buf_puts(out, "null");
}

static void put_text(const struct transaction *t, struct buf *out, const char *text)
{
    put(t, out, slice_cstr(text), TEXT_MAX);
}

/* ---- the values a template may name ---- */

static void value_url(const struct transaction *t, struct buf *out)
{
    put(t, out, t->exchange.url, 2 * SIGNAL_URL_MAX);
}

static void value_decision(const struct transaction *t, struct buf *out)
{
    put_text(t, out, decision_name(t->decision.kind));
}

/* What the refusal rests on, as a heading. */
static void value_title(const struct transaction *t, struct buf *out)
{
    static const char *const titles[DECISION_COUNT] = {
        [DECISION_RESERVED] = "Not delivered: the publisher reserves the rights",
        [DECISION_CONDITIONAL] = "Not delivered: the publisher makes it a matter of a licence",
        [DECISION_UNDECIDED] = "Not delivered: what the publisher wants could not be read",
    };
    const char *title = titles[t->decision.kind];
    put_text(t, out, title ? title : "Not delivered");
}

/* Whether the origin was asked at all. */
static void value_fetched(const struct transaction *t, struct buf *out)
{
    bool fetched = strcmp(t->record.vector, "respmod") == 0;
    if (t->page_is_json)
        buf_puts(out, fetched ? "true" : "false");
    else if (fetched)
        buf_puts(out, "It was fetched and read here, and not handed on.");
    else
        buf_puts(out, "It was not fetched: the site was not asked for it.");
}

static void value_retry(const struct transaction *t, struct buf *out)
{
    buf_printf(out, "%u", t->retry_after);
}

static void value_reason(const struct transaction *t, struct buf *out)
{
    undecided_set u = t->decision.undecided;
    put_text(t, out, u ? undecided_name(undecided_first(u)) : "");
}

static void value_profile(const struct transaction *t, struct buf *out)
{
    put_text(t, out, t->profile->name);
}

static void value_purpose(const struct transaction *t, struct buf *out)
{
    struct buf list;
    buf_init(&list, 256);
    for (unsigned u = 0; u < USAGE_COUNT; u++)
        if (t->profile->purpose & (1u << u))
            buf_printf(&list, "%s%s", list.n ? ", " : "", usage_name((enum usage)u));
    put(t, out, buf_slice(&list), TEXT_MAX);
    buf_free(&list);
}

static void value_id(const struct transaction *t, struct buf *out)
{
    put_text(t, out, t->record.id);
}

static void value_earlier(const struct transaction *t, struct buf *out)
{
    put_text(t, out, t->record.earlier);
}

static void value_time(const struct transaction *t, struct buf *out)
{
    char text[CLOCK_TEXT];
    clock_text(t->record.wall_ms, text);
    put_text(t, out, text);
}

static void value_contact(const struct transaction *t, struct buf *out)
{
    put(t, out, t->decision.contact, SIGNAL_URL_MAX);
}

/* The same as a link, but only for URLs that a browser may follow. */
static void value_link(const struct transaction *t, struct buf *out)
{
    struct slice url = t->decision.contact;
    if (url.n == 0) {
        buf_puts(out, "nothing was named");
        return;
    }
    if (!slice_starts_nocase(url, SLICE_OF("http://")) &&
        !slice_starts_nocase(url, SLICE_OF("https://"))) {
        put(t, out, url, SIGNAL_URL_MAX);
        return;
    }
    buf_puts(out, "<a href=\"");
    put(t, out, url, SIGNAL_URL_MAX);
    buf_puts(out, "\">");
    put(t, out, url, SIGNAL_URL_MAX);
    buf_puts(out, "</a>");
}

static void value_operator(const struct transaction *t, struct buf *out)
{
    struct slice who = slice_cstr(t->snapshot->config.contact);
    if (who.n == 0 && !t->page_is_json)
        buf_puts(out, "not named");
    else
        put(t, out, who, CONFIG_PATH_MAX);
}

static void evidence_html(const struct transaction *t, const struct signal *s, struct buf *out)
{
    char place[PLACE_TEXT];
    signal_place(s, place);
    buf_printf(out, "<li><b>%s</b> (%s%s%s): <code>", standards[s->standard].title,
               carrier_name(s->carrier), *place ? ", " : "", place);
    if (s->name.n) { /* "1" alone says nothing */
        put(t, out, s->name, SHOWN_MAX);
        buf_puts(out, ": ");
    }
    put(t, out, s->raw, SHOWN_MAX);
    buf_puts(out, "</code></li>\n");
}

static void evidence_json(const struct signal *s, struct json *j)
{
    char place[PLACE_TEXT];
    signal_place(s, place);
    json_open(j, NULL, '{');
    json_str(j, "standard", standards[s->standard].name);
    json_str(j, "carrier", carrier_name(s->carrier));
    json_str(j, "place", place);
    if (s->name.n)
        json_slice(j, "name", slice_sub(s->name, 0, SHOWN_MAX));
    json_slice(j, "raw", slice_sub(s->raw, 0, SHOWN_MAX));
    json_close(j, '}');
}

static void value_signals(const struct transaction *t, struct buf *out)
{
    const struct decision *d = &t->decision;
    size_t n = d->n_by < EVIDENCE_MAX ? d->n_by : EVIDENCE_MAX;
    if (t->record.earlier[0] && !t->page_is_json)
        buf_printf(out, "<li>Denied when it was last fetched: record <code>%s</code></li>\n",
                   t->record.earlier);
    else if (n == 0 && !t->page_is_json)
        buf_puts(out, "<li>Nothing that decided was stated.</li>\n");
    struct json j = json_to(out);
    if (t->page_is_json)
        json_open(&j, NULL, '[');
    for (size_t i = 0; i < n; i++) {
        if (t->page_is_json)
            evidence_json(d->by[i], &j);
        else
            evidence_html(t, d->by[i], out);
    }
    if (t->page_is_json)
        json_close(&j, ']');
}

/* ---- c-icap's side ---- */

/* c-icap prints "-" for a value that is empty: a blank is kinder. */
static int emit(ci_request_t *req, char *to, int room,
                void (*value)(const struct transaction *, struct buf *))
{
    struct transaction *t = ci_service_data(req);
    struct buf text;
    buf_init(&text, TEXT_MAX);
    value(t, &text);
    if (text.n == 0)
        buf_putc(&text, ' ');
    int n = room > 0 && text.failed == OPTOUT_OK && text.n < (size_t)room ? (int)text.n : 0;
    t->page_too_long = t->page_too_long || n == 0;
    if (n)
        memcpy(to, text.p, (size_t)n);
    buf_free(&text);
    return n;
}

#define EMITTER(name)                                                             \
    static int emit_##name(ci_request_t *req, char *to, int room, const char *p) \
    {                                                                             \
        (void)p;                                                                  \
        return emit(req, to, room, value_##name);                                 \
    }
EMITTER(url)
EMITTER(title)
EMITTER(fetched)
EMITTER(retry)
EMITTER(decision)
EMITTER(reason)
EMITTER(profile)
EMITTER(purpose)
EMITTER(id)
EMITTER(earlier)
EMITTER(time)
EMITTER(contact)
EMITTER(link)
EMITTER(operator)
EMITTER(signals)

/* Names begin with X: c-icap tries its own codes first, by prefix. None may be
 * the beginning of another. */
static struct ci_fmt_entry codes[] = {
    { "%Xurl", "the URL asked for", emit_url },
    { "%Xtitle", "what the refusal rests on", emit_title },
    { "%Xfetched", "whether the origin was asked for it", emit_fetched },
    { "%Xretry", "after how many seconds to try again", emit_retry },
    { "%Xdecision", "the decision", emit_decision },
    { "%Xreason", "why it is undecided", emit_reason },
    { "%Xprofile", "the profile", emit_profile },
    { "%Xpurpose", "its purpose", emit_purpose },
    { "%Xid", "the id of the record", emit_id },
    { "%Xearlier", "the id of the record that a refusal rests on", emit_earlier },
    { "%Xtime", "the time", emit_time },
    { "%Xcontact", "licence or policy URL of what decided, plain", emit_contact },
    { "%Xlink", "the same as a link", emit_link },
    { "%Xoperator", "whom to ask about the filter", emit_operator },
    { "%Xsignals", "the deciding statements", emit_signals },
    { NULL, NULL, NULL },
};

/* c-icap uses Accept-Language as part of a path. */
static void tame_language(ci_request_t *req)
{
    ci_headers_list_t *h = ci_http_request_headers(req);
    const char *value = h && !h->packed ? ci_headers_value(h, "Accept-Language") : NULL;
    if (value && (strchr(value, '/') || strchr(value, '.')))
        while (ci_http_request_remove_header(req, "Accept-Language"))
            continue;
}

enum own_page { PAGE_BLOCK, PAGE_LATER, PAGE_AUDIT, PAGE_COUNT };

static enum own_page which(const struct transaction *t)
{
    return t->audit_failed ? PAGE_AUDIT : t->retry_after ? PAGE_LATER : PAGE_BLOCK;
}

static void print_plain(struct transaction *t, unsigned status)
{
    static const char *const types[PAGE_COUNT] = { "blocked", "later", "audit-failure" };
    if (t->page_is_json) {
        buf_printf(&t->page, "{\"type\":\"%s\",\"status\":%u,\"fetched\":", types[which(t)],
                   status);
        value_fetched(t, &t->page);
        buf_puts(&t->page, ",\"decision\":");
        value_decision(t, &t->page);
        buf_puts(&t->page, ",\"signals\":");
        value_signals(t, &t->page);
        buf_printf(&t->page, ",\"id\":\"%s\"}\n", t->record.id);
        return;
    }
    buf_printf(&t->page,
               "<!DOCTYPE html>\n<html lang=\"en\">\n<title>%u</title>\n<h1>%u</h1>\n<p>", status,
               status);
    value_fetched(t, &t->page);
    buf_puts(&t->page, t->retry_after ? " Try again later." : "");
    buf_puts(&t->page, " Decision: ");
    value_decision(t, &t->page);
    buf_puts(&t->page, "</p>\n<ul>\n");
    value_signals(t, &t->page);
    buf_printf(&t->page, "</ul>\n<p>Record %s</p>\n", t->record.id);
}

bool page_print(struct transaction *t, ci_request_t *req, unsigned status)
{
    static const char *const names[PAGE_COUNT][2] = { { "BLOCK.html", "BLOCK.json" },
                                                      { "LATER.html", "LATER.json" },
                                                      { "AUDIT.html", "AUDIT.json" } };
    tame_language(req);
    buf_clear(&t->page);
    t->page_too_long = false;
    ci_membuf_t *m = ci_txt_template_build_content(
        req, SERVICE_FOLDER, names[which(t)][t->page_is_json], codes);
    if (m) {
        uint8_t *room = buf_room(&t->page, (size_t)ci_membuf_size(m));
        int n = room ? ci_membuf_read(m, (char *)room, ci_membuf_size(m)) : 0;
        /* Two NULs of the builder's count as content: stop before them. */
        if (n > 0)
            t->page.n = strnlen((const char *)room, (size_t)n);
        ci_membuf_free(m);
    }
    /* c-icap cuts what does not fit its buffer: half a page is worse than a short one. */
    if (t->page_too_long || t->page.n + TEMPLATE_SLACK >= (size_t)TEMPLATE_MEMBUF_SIZE)
        buf_clear(&t->page);
    if (t->page.n == 0)
        print_plain(t, status);
    return t->page.failed == OPTOUT_OK;
}
