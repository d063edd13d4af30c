/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluate.h"

#include "page/html.h"
#include "http/media_type.h"
#include "standards/natural_language.h"
#include "standards/standard.h"

static void on_statement(void *ctx, const struct page_statement *s)
{
    standards_read_page(s, ctx);
}

/* What people read in it. */
static bool read_text(struct arena *a, struct slice page, struct html_options o,
                      const struct hook_input *in)
{
    struct words_text t = { .words = in->words, .out = in->out, .carrier = CARRIER_HTML,
                            .scope = SCOPE_PAGE };
    if (!in->words)
        return true;
    o.text = words_text_block;
    o.text_ctx = &t;
    enum optout_rc rc = html_text(a, page, &o);
    words_text_end(&t);
    return rc != OPTOUT_E_NOMEM;
}

static bool read_page(struct arena *a, struct slice page, struct hook_input *in)
{
    const struct header *h = headers_find(&in->x->response, "content-type");
    struct media_type type = media_type_parse(h ? h->value : SLICE_EMPTY);
    struct html_options o = {
        .xml = media_type_is(&type, "application/xhtml+xml"),
        .charset = type.charset,
        .page = on_statement,
        .ctx = in,
    };
    struct html *html = html_open(a, &o);
    if (!html)
        return false;
    enum optout_rc rc = html_feed(html, page);
    if (rc == OPTOUT_E_NOMEM || html_end(html) == OPTOUT_E_NOMEM)
        return false;
    return read_text(a, page, o, in);
}

bool evaluate(struct arena *a, int status, struct slice head, struct slice page,
              struct words *words, struct exchange *x, struct signals *out)
{
    struct hook_input in = { x, out, words };
    *x = (struct exchange){ .url = x->url, .status = status ? status : 200, .minor = 1 };
    signals_init(out, a);
    if (headers_parse(&x->response, a, head) != OPTOUT_OK)
        return false;
    standards_read_headers(&in);
    if (page.n && !read_page(a, page, &in))
        return false;
    return !out->overflow;
}

static bool applies(const struct signal *sig, const struct view *view)
{
    if (signal_is_of_images(sig) != view->images)
        return false;
    if (sig->agent.n == 0)
        return true;
    for (size_t i = 0; i < view->n; i++)
        if (slice_eq(sig->agent, view->agent[i]))
            return true;
    return false;
}

void evaluate_resolve(const struct signals *s, const struct view *view, struct prefs *out)
{
    *out = (struct prefs){ { 0 } };
    for (unsigned id = 0; id < STD_COUNT; id++) {
        const struct signal *mine[SIGNALS_MAX];
        size_t n = 0;
        for (size_t i = 0; i < s->n && n < SIGNALS_MAX; i++)
            if (s->v[i].standard == id && applies(&s->v[i], view))
                mine[n++] = &s->v[i];
        struct prefs p;
        standard_resolve((enum standard_id)id, mine, n, &p);
        prefs_join(out, &p);
    }
}
