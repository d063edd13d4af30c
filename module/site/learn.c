/* SPDX-License-Identifier: Apache-2.0 */
/* learn.c - a site file that a crawler fetched anyway is known without a request
 * of our own. */
#include "site/site.h"

#include "core/clock.h"
#include "http/url_path.h"
#include "site/message.h"

#include <stdio.h>

#define HEAD_MAX (64u << 10) /* bytes of a head that are handed on */

static struct slice user_agent(const struct exchange *x)
{
    const struct header *h = headers_find(&x->request, "user-agent");
    return h ? slice_sub(h->value, 0, SITE_AGENT_MAX) : SLICE_EMPTY;
}

/* What was said to one who showed who he is, or to another agent than the one that the
 * site would be asked as, is nobody else's rules (RFC 9110 section 12.5.5). */
static bool is_for_everybody(const struct exchange *x, struct slice asked_as)
{
    static const char *const personal[] = { "cookie", "cookie2", "authorization", NULL };
    for (const char *const *name = personal; *name; name++)
        if (headers_find(&x->request, *name))
            return false;
    if (headers_list_has(&x->response, "vary", "*"))
        return false;
    return !headers_list_has(&x->response, "vary", "user-agent") ||
           slice_eq(user_agent(x), slice_sub(asked_as, 0, SITE_AGENT_MAX));
}

/* A chunked body that its origin broke off looks whole behind Squid 5.7: only a length that
 * was reached tells (of an error the status is enough). With no daemon to ask, rules that
 * may not be all are more than none. */
static bool is_whole(const struct exchange *x, const struct site_passed *p, bool daemon)
{
    return x->status >= 400 || x->status == 204 || p->measured || p->cut || !daemon;
}

static void print_head(const struct headers *headers, struct buf *out)
{
    for (size_t i = 0; i < headers->n; i++) {
        (void)buf_append(out, headers->v[i].name.p, headers->v[i].name.n);
        buf_puts(out, ": ");
        (void)buf_append(out, headers->v[i].value.p, headers->v[i].value.n);
        buf_puts(out, "\r\n");
    }
}

static bool hand_over(const char *socket_path, const struct site_answer *a)
{
    struct buf head;
    char status[16];
    buf_init(&head, HEAD_MAX);
    print_head(a->headers, &head);
    snprintf(status, sizeof status, "%d", a->status);
    struct message m = { .verb = MESSAGE_LEARN, .n = 7 };
    m.field[0] = slice_cstr(site_kind_name(a->kind));
    m.field[1] = a->origin;
    m.field[2] = a->url;
    m.field[3] = a->agent;
    m.field[4] = slice_cstr(status);
    m.field[5] = buf_slice(&head);
    m.field[6] = a->body;
    bool told = head.failed == OPTOUT_OK && message_tell(socket_path, &m);
    buf_free(&head);
    return told;
}

struct known {
    enum site_kind kind;
    struct site_document d; /* without its slices */
};

static void take_known(void *ctx, const struct store_value *v)
{
    struct known *k = ctx;
    k->d.state = v->d[k->kind].state;
    k->d.expires_ms = v->d[k->kind].expires_ms;
}

static bool learn_keep(struct store *store, const struct site_answer *a,
                       const struct agents *agents, struct arena *scratch)
{
    static const struct site_lifetimes lifetimes = SITE_LIFETIMES_PRESET;
    struct site_document d;
    struct known known = { .kind = a->kind };
    struct slice key = store_key_origin(scratch, a->origin, SLICE_EMPTY);
    if (store_read(store, key, take_known, &known) &&
        !document_is_news(&known.d, a->status, a->now_ms))
        return false;
    if (document_read(a, agents, &lifetimes, scratch, &d) != OPTOUT_OK)
        return false;
    if (d.has_sha256 && store_keep_original(store, d.sha256, a->body) != OPTOUT_OK)
        return false; /* what cannot be shown later is not relied on */
    return store_write(store, key, &d, 1, false) == OPTOUT_OK;
}

/* A source knows for itself what teaches. */
static void give_source(const struct site_documents *to, struct site_answer *a,
                        const struct agents *agents, struct arena *scratch)
{
    struct slice path;
    if (url_split(scratch, a->url, &a->origin, &path) && site_kind_of_path(path, &a->kind))
        to->learn(to->ctx, a, agents, scratch);
}

void site_learn(struct site *s, const struct site_options *how, const struct exchange *x,
                const struct site_passed *passed, const struct agents *agents,
                struct arena *scratch)
{
    struct slice origin, path;
    bool daemon = how->socket[0] != '\0';
    struct site_answer a = { .status = x->status, .headers = &x->response, .url = x->url,
                             .agent = user_agent(x), .body = passed->body,
                             .body_cut = passed->cut, .source = SITE_PASSIVE,
                             .now_ms = clock_wall_ms() };
    if (site_documents(s)) {
        give_source(site_documents(s), &a, agents, scratch);
        return;
    }
    if (!slice_eq(x->method, SLICE_OF("GET")) || !document_teaches(x->status) ||
        !is_for_everybody(x, passed->user_agent) || !is_whole(x, passed, daemon) ||
        !url_split(scratch, x->url, &origin, &path) || !site_kind_of_path(path, &a.kind))
        return;
    a.origin = origin;
    if (daemon && !passed->cut && hand_over(how->socket, &a))
        return;
    (void)learn_keep(site_store(s), &a, agents, scratch); /* the next one teaches again */
}
