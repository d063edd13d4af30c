/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/outside.h"

#include "core/clock.h"

#include <stdio.h>

#define REQUEST_MAX (8u << 10)

/* "Optout: decision=reserved; …": Structured Fields would be more than is needed of our own. */
static void take_tag(struct visit *v, const struct answer *a)
{
    struct slice tag = answer_field(a, "optout"), key = SLICE_OF("decision=");
    v->tagged = tag.n > 0;
    size_t at = slice_find_nocase(tag, key);
    struct slice word = slice_from(tag, at + key.n);
    size_t n = 0;
    while (at < tag.n && n < word.n && ascii_is_alpha(word.p[n]))
        n++;
    snprintf(v->decision, sizeof v->decision, "%.*s", (int)(n < 32 ? n : 32), word.p ? (const char *)word.p : "");
}

static void take_answer(struct visit *v, const struct answer *a)
{
    struct slice error = answer_field(a, "x-squid-error");
    v->status = a->status;
    v->body_n = a->body_n;
    take_tag(v, a);
    error = slice_sub(error, 0, slice_find(error, ' '));
    snprintf(v->squid_error, sizeof v->squid_error, "%.*s", SLICE_FMT(slice_sub(error, 0, 60)));
}

static enum visit_end read_answer(struct wire *w, struct answer *a)
{
    uint8_t bytes[16384];
    enum optout_rc rc = OPTOUT_MORE;
    while (rc == OPTOUT_MORE) {
        ssize_t n = wire_read(w, bytes, sizeof bytes);
        if (n < 0)
            return w->timed_out ? VISIT_TIMED_OUT : VISIT_CUT;
        rc = n ? answer_feed(a, slice_of(bytes, (size_t)n)) : answer_end(a);
    }
    return rc == OPTOUT_DONE ? VISIT_WHOLE : VISIT_CUT;
}

static const char *user_agent(const struct outside *o)
{
    return o->d->options->user_agent ? o->d->options->user_agent : "optout-doctor/1";
}

static bool ask(struct outside *o, struct wire *w, const char *target, const struct wire_place *at,
                const char *fields)
{
    struct buf request;
    buf_init(&request, REQUEST_MAX);
    bool six = strchr(at->host, ':') != NULL;
    buf_printf(&request,
               "GET %s HTTP/1.1\r\nHost: %s%s%s:%u\r\nUser-Agent: %s\r\nAccept: text/html, */*\r\n"
               "%sConnection: %s\r\n\r\n",
               target, six ? "[" : "", at->host, six ? "]" : "", at->port, user_agent(o), fields,
               strstr(fields, "Upgrade:") ? "Upgrade" : "close");
    bool good = request.failed == OPTOUT_OK && wire_write(w, buf_slice(&request));
    buf_free(&request);
    return good;
}

bool outside_connect(struct outside *o, struct wire *w, const struct wire_place *to,
                     uint64_t end_us, int *status)
{
    struct buf request;
    struct answer a;
    *status = 0;
    if (!wire_dial(w, &o->proxy, end_us))
        return false;
    bool six = strchr(to->host, ':') != NULL;
    buf_init(&request, REQUEST_MAX);
    answer_init(&a, true);
    for (int i = 0; i < 2; i++)
        buf_printf(&request, "%s%s%s%s:%u%s", i ? "\r\nHost: " : "CONNECT ", six ? "[" : "",
                   to->host, six ? "]" : "", to->port, i ? "" : " HTTP/1.1");
    buf_printf(&request, "\r\nUser-Agent: %s\r\n\r\n", user_agent(o));
    /* What follows the head is not ours to speak first, so nothing of it is read here. */
    if (wire_write(w, buf_slice(&request)) && read_answer(w, &a) == VISIT_WHOLE)
        *status = a.status;
    buf_free(&request);
    answer_free(&a);
    return *status >= 200 && *status < 300;
}

static bool open_way(struct outside *o, struct wire *w, bool tls, uint64_t end_us, struct visit *v)
{
    struct wire_place at = origin_place(o->origin, true);
    bool good = tls ? outside_connect(o, w, &at, end_us, &v->status) &&
                          wire_shake(w, o->tls, at.host)
                    : wire_dial(w, &o->proxy, end_us);
    if (!good)
        v->end = w->timed_out ? VISIT_TIMED_OUT : tls ? VISIT_CUT : VISIT_NO_PROXY;
    return good;
}

static void visit_target(struct outside *o, struct visit *v, const char *path, bool tls,
                         const char *fields, unsigned seconds)
{
    uint64_t begun = clock_mono_us();
    struct wire_place at = origin_place(o->origin, tls);
    struct buf target;
    struct wire w = WIRE_NONE;
    struct answer a;
    buf_init(&target, 1024);
    answer_init(&a, false);
    if (!tls)
        origin_url(o->origin, false, &target);
    buf_puts(&target, path);
    buf_putc(&target, '\0');
    v->tls = tls;
    if (open_way(o, &w, tls, begun + seconds * 1000000ull, v)) {
        v->end = ask(o, &w, (const char *)target.p, &at, fields) ? read_answer(&w, &a)
                                                                 : VISIT_CUT;
        take_answer(v, &a);
    }
    v->micros = clock_mono_us() - begun;
    v->wall_ms = clock_wall_ms();
    wire_close(&w);
    answer_free(&a);
    buf_free(&target);
}

void outside_visit(struct outside *o, struct visit *v, const char *name, bool tls,
                   const char *fields, unsigned seconds)
{
    char path[256];
    bool forbidden = strcmp(name, "forbidden") == 0;
    snprintf(v->name, sizeof v->name, "%s", name);
    snprintf(path, sizeof path, "%s%s%s%s", forbidden ? ORIGIN_FORBIDDEN : ORIGIN_PATH,
             origin_token(o->origin), forbidden ? "" : "/", forbidden ? "" : name);
    visit_target(o, v, path, tls, fields, seconds);
}

void outside_visit_path(struct outside *o, struct visit *v, const char *path, bool tls,
                        unsigned seconds)
{
    *v = (struct visit){ .end = VISIT_NOT_MADE };
    snprintf(v->name, sizeof v->name, "%s", path);
    visit_target(o, v, path, tls, "", seconds);
}

void outside_print(const struct outside *o, const struct visit *v, struct buf *out)
{
    static const char *const ends[] = { "was not made", "", ", broken off", ", timed out",
                                        "no answer: the proxy does not take the connection" };
    (void)o;
    buf_printf(out, "%s %s: ", v->tls ? "https" : "http", v->name);
    if (v->status)
        buf_printf(out, "%d%s", v->status, ends[v->end]);
    else
        buf_puts(out, v->end == VISIT_WHOLE ? "no status" : ends[v->end] + (ends[v->end][0] == ','));
    if (v->squid_error[0])
        buf_printf(out, " (%s)", v->squid_error);
    if (v->tagged)
        buf_printf(out, " (filter: %s)", v->decision[0] ? v->decision : "pending");
    if (v->record.there)
        buf_printf(out, " (record %s: %s)", v->record.id, v->record.decision);
}
