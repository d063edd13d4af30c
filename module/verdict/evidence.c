/* SPDX-License-Identifier: Apache-2.0 */
#include "verdict/evidence.h"

static uint8_t evidence_keep(char *to, size_t room, struct slice from)
{
    size_t n = from.n < room ? from.n : room;
    if (n)
        memcpy(to, from.p, n);
    return (uint8_t)n;
}

static struct slice kept(const char *from, uint8_t n, size_t room)
{
    return slice_of(from, n < room ? n : room);
}

void evidence_of(struct evidence *e, const struct signal *s)
{
    *e = (struct evidence){
        .prefs = s->prefs,
        .standard = s->standard,
        .carrier = s->carrier,
        .scope = s->scope,
        .confidence = s->confidence,
        .property = s->property,
        .place_kind = s->place_kind,
        .aside = s->aside,
        .raw_cut = s->raw_cut || s->raw.n > sizeof e->raw,
        .at = s->at,
    };
    e->n_agent = evidence_keep(e->agent, sizeof e->agent, s->agent);
    e->n_name = evidence_keep(e->name, sizeof e->name, s->name);
    e->n_raw = evidence_keep(e->raw, sizeof e->raw, s->raw);
    e->n_part = evidence_keep(e->part, sizeof e->part, s->part);
    if (s->url.n <= sizeof e->url)
        e->n_url = evidence_keep(e->url, sizeof e->url, s->url);
}

static bool is_of_head(const struct signal *s)
{
    return s->carrier == CARRIER_HTTP_HEADER || s->carrier == CARRIER_HTTP_STATUS;
}

/* The gravest first: when there is room for few, they must decide alone as all did. */
static bool is_graver(const struct profile *p, const struct signal *a, const struct signal *b)
{
    bool strong_a = !decision_takes_weakly(p, a), strong_b = !decision_takes_weakly(p, b);
    unsigned worst_a = 0, worst_b = 0;
    if (strong_a != strong_b)
        return strong_a;
    for (unsigned u = 0; u < USAGE_COUNT; u++) {
        worst_a = a->prefs.of[u] > worst_a ? a->prefs.of[u] : worst_a;
        worst_b = b->prefs.of[u] > worst_b ? b->prefs.of[u] : worst_b;
    }
    if (worst_a != worst_b || strong_a)
        return worst_a > worst_b;
    return decision_for_weak(p, a) > decision_for_weak(p, b);
}

void evidence_take(struct evidence_list *to, const struct decision *d, const struct profile *p,
                   bool head)
{
    const struct signal *best[EVIDENCE_KEPT] = { NULL };
    size_t n = 0;
    for (size_t i = 0; i < d->n_by; i++) {
        const struct signal *s = d->by[i];
        if (s->page.n || s->carrier == CARRIER_SITE_FILE || (is_of_head(s) && !head))
            continue;
        if (n < EVIDENCE_KEPT)
            best[n++] = s;
        else if (is_graver(p, s, best[EVIDENCE_KEPT - 1]))
            best[EVIDENCE_KEPT - 1] = s;
        for (size_t k = n - 1; k > 0 && is_graver(p, best[k], best[k - 1]); k--) {
            const struct signal *other = best[k];
            best[k] = best[k - 1];
            best[k - 1] = other;
        }
    }
    *to = (struct evidence_list){ .n = (uint8_t)n };
    for (size_t i = 0; i < n; i++)
        evidence_of(&to->of[i], best[i]);
}

struct signal evidence_signal(const struct evidence *e)
{
    return (struct signal){
        .prefs = e->prefs,
        .standard = e->standard,
        .carrier = e->carrier,
        .scope = e->scope,
        .confidence = e->confidence,
        .property = e->property,
        .place_kind = e->place_kind,
        .aside = e->aside,
        .at = e->at,
        .name = kept(e->name, e->n_name, sizeof e->name),
        .agent = kept(e->agent, e->n_agent, sizeof e->agent),
        .raw = kept(e->raw, e->n_raw, sizeof e->raw),
        .part = kept(e->part, e->n_part, sizeof e->part),
        .url = kept(e->url, e->n_url, sizeof e->url),
    };
}

void evidence_give(const struct evidence_list *from, struct signals *to)
{
    for (size_t i = 0; i < from->n && i < EVIDENCE_KEPT; i++) {
        struct signal s = evidence_signal(&from->of[i]);
        if (signals_add(to, &s) == OPTOUT_OK) /* else `overflow` tells */
            to->v[to->n - 1].raw_cut |= from->of[i].raw_cut;
    }
}
