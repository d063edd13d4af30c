/* SPDX-License-Identifier: Apache-2.0 */
#include "icap/page.h"

#include "core/clock.h"
#include "icap/page_internal.h"
#include "policy/rules.h"
#include "standards/natural_language.h"
#include "standards/standard.h"
#include "syntax/utf8.h"

#define SERVICE_FOLDER "srv_optout"
#define EVIDENCE_MAX 8   /* deciding statements shown */
#define PURPOSE_MAX 256  /* bytes of the names of all usages */
#define TEXT_MAX (64u << 10)
#define NO_TEMPLATE "ERROR: Unable to find specified template" /* c-icap's page, with the path */
#define TEMPLATE_SLACK 8 /* bytes of c-icap's template buffer that it keeps to itself */

enum own_page page_which(const struct transaction *t)
{
    return t->audit_failed ? PAGE_AUDIT : t->retry_after ? PAGE_LATER : PAGE_BLOCK;
}

bool page_was_fetched(const struct transaction *t)
{
    return !t->judge.record.request;
}

const char *page_reason(const struct transaction *t)
{
    undecided_set u = t->judge.decision.undecided;
    return u ? undecided_name(undecided_first(u)) : "";
}

void page_purpose(const struct transaction *t, struct buf *list)
{
    buf_init(list, PURPOSE_MAX);
    for (unsigned u = 0; u < USAGE_COUNT; u++)
        if (t->judge.profile->purpose & (1u << u))
            buf_printf(list, "%s%s", list->n ? ", " : "", usage_name((enum usage)u));
}

static struct rule_case rule_case_of(const struct transaction *t)
{
    return (struct rule_case){
        .profile = t->judge.profile,
        .signals = t->judge.record.signals,
        .decision = &t->judge.decision,
        .happened = t->audit_failed ? HAPPENED_AUDIT_FAILED : 0u,
    };
}

const char *page_rule(const struct transaction *t)
{
    struct rule_case c = rule_case_of(t);
    return policy_rules[rule_that_decided(&c)].id;
}

void page_rule_text(const struct transaction *t, struct buf *out)
{
    struct rule_case c = rule_case_of(t);
    rule_print(rule_that_decided(&c), &c, out);
}

size_t page_evidence_count(const struct transaction *t)
{
    return t->judge.decision.n_by < EVIDENCE_MAX ? t->judge.decision.n_by : EVIDENCE_MAX;
}

struct page_evidence page_evidence(const struct transaction *t, size_t i)
{
    const struct signal *s = t->judge.decision.by[i];
    struct page_evidence shown = {
        .standard = standards[s->standard],
        .carrier = carrier_name(s->carrier),
        .grade = natural_grade(s) ? phrase_grade_name(natural_grade(s)) : NULL,
        .name = utf8_clip(s->name, SHOWN_MAX), /* "1" alone says nothing */
        .raw = utf8_clip(s->raw, SHOWN_MAX),
    };
    signal_place(s, shown.place);
    return shown;
}

/* ---- escaping ---- */

static void escape_html(struct buf *out, struct slice s, size_t max)
{
    s = slice_sub(s, 0, max);
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

static void escape_text(struct buf *out, const char *text)
{
    escape_html(out, slice_cstr(text), TEXT_MAX);
}

/* ---- the values a template may name ---- */

static void value_url(const struct transaction *t, struct buf *out)
{
    escape_html(out, t->judge.exchange.url, URL_SHOWN_MAX);
}

static void value_decision(const struct transaction *t, struct buf *out)
{
    escape_text(out, decision_name(t->judge.decision.kind));
}

/* What the refusal rests on, as a heading. */
static void value_title(const struct transaction *t, struct buf *out)
{
    static const char *const titles[DECISION_COUNT] = {
        [DECISION_RESERVED] = "Not delivered: the publisher reserves the rights",
        [DECISION_CONDITIONAL] = "Not delivered: the publisher makes it a matter of a licence",
        [DECISION_UNDECIDED] = "Not delivered: what the publisher wants could not be read",
    };
    const char *title = titles[t->judge.decision.kind];
    escape_text(out, title ? title : "Not delivered");
}

static void value_fetched(const struct transaction *t, struct buf *out)
{
    buf_puts(out, page_was_fetched(t) ? "It was fetched and read here, and not handed on."
                                 : "It was not fetched: the site was not asked for it.");
}

static void value_retry(const struct transaction *t, struct buf *out)
{
    buf_printf(out, "%u", t->retry_after);
}

static void value_reason(const struct transaction *t, struct buf *out)
{
    escape_text(out, page_reason(t));
}

/* The sentence of the rule, and its id, under which docs/decisions.md tells more. */
static void value_rule(const struct transaction *t, struct buf *out)
{
    struct buf text;
    buf_init(&text, TEXT_MAX);
    page_rule_text(t, &text);
    escape_html(out, buf_slice(&text), TEXT_MAX);
    buf_printf(out, " <code>%s</code>", page_rule(t));
    buf_free(&text);
}

static void value_profile(const struct transaction *t, struct buf *out)
{
    escape_text(out, t->judge.profile->name);
}

static void value_purpose(const struct transaction *t, struct buf *out)
{
    struct buf list;
    page_purpose(t, &list);
    escape_html(out, buf_slice(&list), TEXT_MAX);
    buf_free(&list);
}

static void value_id(const struct transaction *t, struct buf *out)
{
    escape_text(out, t->judge.record.id);
}

static void value_earlier(const struct transaction *t, struct buf *out)
{
    escape_text(out, t->judge.record.earlier);
}

static void value_time(const struct transaction *t, struct buf *out)
{
    char text[CLOCK_TEXT];
    clock_text(t->judge.record.wall_ms, text);
    escape_text(out, text);
}

static void value_contact(const struct transaction *t, struct buf *out)
{
    escape_html(out, t->judge.decision.contact, SIGNAL_URL_MAX);
}

/* The same as a link, but only for URLs that a browser may follow. */
static void value_link(const struct transaction *t, struct buf *out)
{
    struct slice url = t->judge.decision.contact;
    if (url.n == 0) {
        buf_puts(out, "nothing was named");
        return;
    }
    if (!slice_starts_nocase(url, SLICE_OF("http://")) &&
        !slice_starts_nocase(url, SLICE_OF("https://"))) {
        escape_html(out, url, SIGNAL_URL_MAX);
        return;
    }
    buf_puts(out, "<a href=\"");
    escape_html(out, url, SIGNAL_URL_MAX);
    buf_puts(out, "\">");
    escape_html(out, url, SIGNAL_URL_MAX);
    buf_puts(out, "</a>");
}

static void value_operator(const struct transaction *t, struct buf *out)
{
    const char *who = t->snapshot->config.contact;
    escape_text(out, *who ? who : "not named");
}

static void print_evidence(const struct page_evidence *e, struct buf *out)
{
    buf_printf(out, "<li><b>%s</b> (%s%s%s%s%s): <code>", e->standard->title, e->carrier,
               *e->place ? ", " : "", e->place, e->grade ? ", " : "", e->grade ? e->grade : "");
    if (e->name.n) {
        escape_html(out, e->name, SHOWN_MAX);
        buf_puts(out, ": ");
    }
    escape_html(out, e->raw, SHOWN_MAX);
    buf_puts(out, "</code></li>\n");
}

static void value_signals(const struct transaction *t, struct buf *out)
{
    if (t->judge.record.earlier[0])
        buf_printf(out, "<li>Denied when it was last fetched: record <code>%s</code></li>\n",
                   t->judge.record.earlier);
    else if (page_evidence_count(t) == 0)
        buf_puts(out, "<li>Nothing that decided was stated.</li>\n");
    for (size_t i = 0; i < page_evidence_count(t); i++) {
        struct page_evidence e = page_evidence(t, i);
        print_evidence(&e, out);
    }
}

/* ---- c-icap's templates ---- */

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
EMITTER(rule)
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
    { "%Xrule", "the rule that decided", emit_rule },
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

/* The answer does not depend on a file. */
static void print_plain(struct transaction *t, unsigned status)
{
    buf_printf(&t->page,
               "<!DOCTYPE html>\n<html lang=\"en\">\n<title>%u</title>\n<h1>%u</h1>\n<p>", status,
               status);
    value_fetched(t, &t->page);
    buf_puts(&t->page, t->retry_after ? " Try again later." : "");
    buf_puts(&t->page, " Decision: ");
    value_decision(t, &t->page);
    buf_puts(&t->page, "</p>\n<p>");
    value_rule(t, &t->page);
    buf_puts(&t->page, "</p>\n<ul>\n");
    value_signals(t, &t->page);
    buf_printf(&t->page, "</ul>\n<p>Record %s</p>\n", t->judge.record.id);
}

static void print_html(struct transaction *t, ci_request_t *req, unsigned status)
{
    static const char *const names[PAGE_COUNT] = { "BLOCK.html", "LATER.html", "AUDIT.html" };
    tame_language(req);
    t->page_too_long = false;
    const char *name = names[page_which(t)];
    ci_membuf_t *m = ci_txt_template_build_content(req, SERVICE_FOLDER, name, codes);
    if (m) {
        uint8_t *room = buf_room(&t->page, (size_t)ci_membuf_size(m));
        int n = room ? icap_membuf_read_all(m, room) : 0;
        /* Two NULs of the builder's count as content: stop before them. */
        if (n > 0)
            t->page.n = strnlen((const char *)room, (size_t)n);
        ci_membuf_free(m);
    }
    /* c-icap cuts what does not fit its buffer: half a page is worse than a short one. */
    if (t->page_too_long || t->page.n + TEMPLATE_SLACK >= (size_t)TEMPLATE_MEMBUF_SIZE ||
        slice_starts_nocase(buf_slice(&t->page), SLICE_OF(NO_TEMPLATE)))
        buf_clear(&t->page);
    if (t->page.n == 0)
        print_plain(t, status);
}

bool page_print(struct transaction *t, ci_request_t *req, unsigned status)
{
    buf_clear(&t->page);
    if (t->page_is_json)
        page_print_json(t, &t->page);
    else
        print_html(t, req, status);
    return t->page.failed == OPTOUT_OK;
}
