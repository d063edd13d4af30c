/* SPDX-License-Identifier: Apache-2.0 */
/* rsl.c - where a response or a page points to its RSL licence, and the
 * challenge by which a server asks for one.
 *
 * Really Simple Licensing 1.0, section 4 (discovery), Crawler Authorization
 * Protocol (WWW-Authenticate: License). The documents are found and reported;
 * they are not evaluated here.
 *
 * MAX_* limits: those of http/link.h; every field line is looked at once. */
#include "standards/common.h"

#include "http/link.h"

#define NOTE_POINTER "RSL document not evaluated"

static void add_pointer(void *ctx, const struct link_value *link, const struct header *h,
                        size_t at)
{
    if (!type_is_rsl(link->type))
        return;
    struct signal sig = signal_from_header(STD_RSL, h, at);
    sig.raw = sig.url = link->target;
    sig.note = NOTE_POINTER;
    signals_add(ctx, &sig);
}

static void first_url(void *ctx, const struct link_value *link, const struct header *h, size_t at)
{
    (void)h;
    (void)at;
    struct slice *url = ctx;
    if (!url->p)
        *url = link->target;
}

/* The next comma outside quoted strings (RFC 9110 section 5.6.4). */
static size_t challenge_end(struct slice s)
{
    bool quoted = false;
    for (size_t i = 0; i < s.n; i++) {
        if (quoted && s.p[i] == '\\')
            i++;
        else if (s.p[i] == '"')
            quoted = !quoted;
        else if (s.p[i] == ',' && !quoted)
            return i;
    }
    return s.n;
}

/* RFC 9110 section 11.6.1: a field may hold several challenges, and schemes
 * and parameters share its commas. `License` is a scheme unless "=" follows. */
static bool challenges_license(struct slice value)
{
    static const struct slice scheme = SLICE("license");
    while (value.n) {
        size_t end = challenge_end(value);
        struct slice piece = slice_trim_ows(slice_sub(value, 0, end));
        value = slice_from(value, end + 1);
        if (!slice_starts_nocase(piece, scheme))
            continue;
        struct slice after = slice_from(piece, scheme.n);
        struct slice next = slice_trim_ows(after);
        if (after.n == 0 || (next.n < after.n && next.p[0] != '='))
            return true;
    }
    return false;
}

void rsl_headers(const struct exchange *x, struct signals *out)
{
    links_each(x, out, "license", add_pointer, out);
    struct slice url = SLICE_EMPTY;
    bool looked = false;
    const struct header *h;
    for (size_t i = 0; (h = headers_next(&x->response, "www-authenticate", &i)) != NULL;) {
        if (!challenges_license(h->value))
            continue;
        if (!looked)
            links_each(x, out, "license", first_url, &url);
        looked = true;
        struct signal sig = signal_from_header(STD_RSL, h, i - 1);
        sig.prefs.of[USAGE_ACQUIRE] = PREF_CONDITIONAL;
        sig.url = url;
        signals_add(out, &sig);
    }
}

void rsl_page(const struct page_statement *s, const struct exchange *x, struct signals *out)
{
    (void)x;
    if ((s->kind != PAGE_LINK && s->kind != PAGE_SCRIPT) || !type_is_rsl(page_attr(s, "type")))
        return;
    struct signal sig = signal_from_page(STD_RSL, s);
    sig.note = NOTE_POINTER;
    if (s->kind == PAGE_SCRIPT) {
        sig.raw = slice_trim_space(s->text);
    } else {
        struct slice url = slice_trim_space(page_attr(s, "href"));
        if (url.n == 0 || !link_rel_has(page_attr(s, "rel"), "license"))
            return;
        sig.raw = sig.url = url;
    }
    signals_add(out, &sig);
}
