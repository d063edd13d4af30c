/* SPDX-License-Identifier: Apache-2.0 */
#include "sources.h"

#include "core/clock.h"
#include "site/kinds.h"
#include "http/url.h"
#include "http/url_path.h"
#include "manifest_fixture.h"
#include "metadata/feed.h"
#include "metadata/json_feed.h"
#include "site/document.h"
#include "standards/agents.h"
#include "standards/standard.h"

/* ---- site files ---- */

/* Who asks about the training crawlers of others has a catalogue of them. */
static const struct agents *catalogue(const struct view *view)
{
    static const struct slice text = SLICE("gptbot\ttrain\t-\tA\tx\nccbot\ttrain\t-\tB\tx\n");
    static struct agents *trains;
    unsigned line;
    const char *why;
    if (view->others && !trains && agents_parse_text(text, &trains, &line, &why) != OPTOUT_OK)
        trains = NULL;
    return view->others && trains ? trains : agents_builtin();
}

static enum optout_rc read_document(struct arena *a, struct slice path, struct slice text,
                                    struct slice origin, const struct agents *agents,
                                    struct site_document *d)
{
    static const struct site_lifetimes lifetimes = SITE_LIFETIMES_PRESET;
    struct headers none = { 0 };
    struct buf url;
    buf_init(&url, SITE_URL_MAX);
    buf_printf(&url, "%.*s%.*s", SLICE_FMT(origin), SLICE_FMT(path));
    struct site_answer answer = {
        .kind = SITE_LICENCE,
        .origin = origin,
        .url = arena_copy(a, buf_slice(&url), SITE_URL_MAX),
        .status = 200,
        .headers = &none,
        .body = text,
        .now_ms = clock_wall_ms(),
    };
    buf_free(&url);
    (void)site_kind_of_path(path, &answer.kind);
    return document_read(&answer, agents, &lifetimes, a, d);
}

bool source_site(struct slice path, struct slice text, const struct exchange *x,
                 const struct view *view, struct signals *out, undecided_set *unread)
{
    struct site_document d = { 0 };
    struct rules_verdict v;
    struct rules_query q = { .agent = view->agent, .n_agents = view->n, .user = view->user,
                             .country = view->country, .others = view->others };
    size_t authority = slice_find(slice_from(x->url, 8), '/') + 8; /* of https:// */
    q.origin = slice_sub(x->url, 0, authority);
    q.path = url_path_normal(out->arena, slice_from(x->url, authority));
    if (read_document(out->arena, path, text, q.origin, catalogue(view), &d) != OPTOUT_OK)
        return false;
    if (d.state == SITE_UNPARSEABLE)
        *unread |= undecided_bit(UNDECIDED_SITE_UNPARSEABLE);
    if (d.state != SITE_PUBLISHED)
        return true;
    return compiled_apply(d.rules, &q, out, &v) == OPTOUT_OK;
}

/* ---- a page that embeds it ---- */

bool source_page(struct slice url, struct slice html, struct signals *out)
{
    struct exchange x;
    struct signals found;
    if (!evaluate(out->arena, 200, SLICE_OF("Content-Type: text/html\r\n"), html, NULL, &x, &found))
        return false;
    for (size_t i = 0; i < found.n; i++) {
        struct signal s = found.v[i];
        if (!signal_is_of_images(&s) || !signal_restricts(&s))
            continue;
        s.page = url;
        prefs_drop_allow(&s.prefs);
        (void)signals_add(out, &s);
    }
    return !out->overflow;
}

/* ---- metadata ---- */

void source_property(struct slice ns, struct slice name, struct slice value, const char *format,
                     const struct hook_input *in)
{
    struct property p = {
        .carrier = CARRIER_XMP,
        .role = PACKET_MAIN,
        .ns = ns,
        .name = name,
        .value = value,
        .format = format,
        .where = SLICE("vector"),
    };
    if (slice_eq(ns, SLICE_OF("iim")) || slice_eq(ns, SLICE_OF("text"))) {
        p.carrier = ns.n == 3 ? CARRIER_IIM : CARRIER_TEXT;
        p.ns = SLICE_EMPTY;
    }
    standards_read_property(&p, in);
}

static void on_property(void *ctx, const struct property *p)
{
    standards_read_property(p, ctx);
}

bool source_feed(struct slice text, const struct hook_input *in, undecided_set *unread)
{
    struct property base = { .carrier = CARRIER_FEED, .role = PACKET_MAIN, .format = "feed" };
    struct hook_input r = *in;
    if (slice_begins(slice_trim_space(text), '{')) {
        enum optout_rc read = json_feed_read(&base, text, on_property, &r);
        if (read == OPTOUT_E_SYNTAX)
            *unread |= undecided_bit(UNDECIDED_MALFORMED);
        return read != OPTOUT_E_NOMEM;
    }
    struct feed *f = feed_open(in->out->arena, &base, on_property, &r);
    if (!f)
        return false;
    enum optout_rc rc = feed_feed(f, text);
    enum optout_rc end = feed_end(f);
    rc = rc == OPTOUT_MORE ? end : rc;
    if (rc == OPTOUT_DONE && end < 0)
        rc = end;
    if (rc != OPTOUT_DONE)
        *unread |= undecided_bit(UNDECIDED_MALFORMED);
    return rc != OPTOUT_E_NOMEM;
}

static enum optout_rc read_manifests(struct slice store, struct hook_input *r)
{
    struct property base = { .carrier = CARRIER_JUMBF, .role = PACKET_MAIN,
                             .where = SLICE("vector"), .format = "jpeg",
                             .offset = r->out->n }; /* each store stands somewhere else */
    struct c2pa_store *s = c2pa_store_open(r->out->arena, &base, on_property, r);
    struct jumbf *j = s ? jumbf_open(r->out->arena, &c2pa_store_events, s) : NULL;
    if (!j)
        return OPTOUT_E_NOMEM;
    enum optout_rc rc = jumbf_feed(j, store);
    rc = rc < 0 ? rc : jumbf_end(j);
    return c2pa_store_end(s, rc, r->out);
}

bool source_assertion(struct slice label, struct slice json, const struct hook_input *in,
                      undecided_set *unread)
{
    char name[128];
    struct buf content, store;
    struct hook_input r = *in;
    snprintf(name, sizeof name, "%.*s", SLICE_FMT(label));
    buf_init(&content, 64u << 10);
    buf_init(&store, 256u << 10);
    (void)buf_append(&content, json.p, json.n);
    (void)buf_putc(&content, '\0');
    struct plan plan = { "c2ma", "urn:c2pa:1", name, (const char *)content.p, GOOD, NULL, NULL,
                         NULL };
    size_t at = super_begin(&store, "c2pa", "c2pa");
    put_manifest(&store, &plan);
    box_end(&store, at);
    bool built = content.failed == OPTOUT_OK && store.failed == OPTOUT_OK;
    enum optout_rc rc = built ? read_manifests(buf_slice(&store), &r) : OPTOUT_E_NOMEM;
    if (rc != OPTOUT_DONE)
        *unread |= undecided_bit(UNDECIDED_MALFORMED);
    buf_free(&content);
    buf_free(&store);
    return rc != OPTOUT_E_NOMEM;
}
