/* SPDX-License-Identifier: Apache-2.0 */
/* learn.c - a site file that a crawler fetched anyway is known without a request
 * of our own. */
#include "site/site.h"

#include "core/clock.h"
#include "http/url_path.h"
#include "site/message.h"

#include <stdio.h>

#define HEAD_MAX (64u << 10) /* bytes of a head that are handed on */

static bool teaches(const struct exchange *x)
{
    bool get = slice_eq(x->method, SLICE_OF("GET"));
    bool final = (x->status >= 200 && x->status < 300 && x->status != 206) || x->status >= 400;
    return get && final;
}

static struct slice user_agent(const struct exchange *x)
{
    const struct header *h = headers_find(&x->request, "user-agent");
    return h ? slice_sub(h->value, 0, SITE_AGENT_MAX) : SLICE_EMPTY;
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

static bool keep(struct store *store, const struct site_answer *a, const struct agents *agents,
                 struct arena *scratch)
{
    static const struct site_lifetimes lifetimes = SITE_LIFETIMES_PRESET;
    struct site_document d;
    if (document_read(a, agents, &lifetimes, scratch, &d) != OPTOUT_OK)
        return false;
    if (d.has_sha256 && store_keep_original(store, d.sha256, a->body) != OPTOUT_OK)
        return false; /* what cannot be shown later is not relied on */
    struct slice key = store_key_origin(scratch, a->origin, SLICE_EMPTY);
    return store_write(store, key, &d, 1, false) == OPTOUT_OK;
}

void site_learn(struct site *s, const struct site_rules_of *rules, const struct exchange *x,
                struct slice body, bool body_cut, const struct agents *agents,
                struct arena *scratch)
{
    struct slice origin, path;
    struct site_answer a = { .status = x->status, .headers = &x->response, .url = x->url,
                             .agent = user_agent(x), .body = body, .body_cut = body_cut,
                             .source = SITE_PASSIVE, .now_ms = clock_wall_ms() };
    if (!teaches(x) || !url_split(scratch, x->url, &origin, &path) ||
        !site_kind_of_path(path, &a.kind))
        return;
    a.origin = origin;
    if (rules->socket[0] && !body_cut && hand_over(rules->socket, &a))
        return;
    (void)keep(site_store(s), &a, agents, scratch); /* the next one teaches again */
}
