/* SPDX-License-Identifier: Apache-2.0 */
#include "core/signal.h"

#include <stdio.h>

#define AGENT_MAX 64 /* bytes of a product token that are kept */
#define NAME_MAX_KEPT 64 /* the same of a field's name */
#define SIGNALS_FIRST 8

static const char *const carrier_names[CARRIER_COUNT] = {
    "http-header", "http-status", "html", "site-file", "xmp", "jumbf", "iim", "epub", "text",
};
static const char *const scope_names[SCOPE_COUNT] = {
    "asset", "page", "path", "site", "embedded-images", "component",
};
static const char *const confidence_names[CONF_COUNT] = { "weak", "lax", "exact" };

void signals_init(struct signals *s, struct arena *arena)
{
    *s = (struct signals){ .arena = arena };
}

static bool signals_grow(struct signals *s)
{
    size_t size = s->size ? s->size * 2 : SIGNALS_FIRST;
    struct signal *v = arena_array(s->arena, size, sizeof *v);
    if (!v)
        return false;
    if (s->n)
        memcpy(v, s->v, s->n * sizeof *v);
    s->v = v;
    s->size = size;
    return true;
}

/* False when the bytes are there but memory is not. */
static bool keep(struct arena *a, struct slice *s, size_t max)
{
    if (s->n == 0)
        return true;
    *s = arena_copy(a, *s, max);
    return s->p != NULL;
}

enum optout_rc signals_add(struct signals *s, const struct signal *sig)
{
    if (s->n >= SIGNALS_MAX || (s->n == s->size && !signals_grow(s))) {
        s->overflow = true;
        return OPTOUT_E_LIMIT;
    }
    struct signal kept = *sig;
    kept.raw_cut = sig->raw.n > SIGNAL_RAW_MAX;
    if (!keep(s->arena, &kept.agent, AGENT_MAX) ||
        !keep(s->arena, &kept.name, NAME_MAX_KEPT) ||
        !keep(s->arena, &kept.raw, SIGNAL_RAW_MAX) ||
        !keep(s->arena, &kept.url, SIGNAL_URL_MAX) ||
        !keep(s->arena, &kept.part, SIGNAL_PART_MAX)) {
        s->overflow = true;
        return OPTOUT_E_LIMIT;
    }
    s->v[s->n++] = kept;
    return OPTOUT_OK;
}

const char *carrier_name(enum carrier c)
{
    return (unsigned)c < CARRIER_COUNT ? carrier_names[c] : "?";
}

const char *scope_name(enum scope s)
{
    return (unsigned)s < SCOPE_COUNT ? scope_names[s] : "?";
}

const char *confidence_name(enum confidence c)
{
    return (unsigned)c < CONF_COUNT ? confidence_names[c] : "?";
}

void signal_place(const struct signal *sig, char out[PLACE_TEXT])
{
    static const char *const kinds[] = { "", "header line", "byte", "line" };
    unsigned kind = sig->place_kind;
    out[0] = '\0';
    if (kind == PLACE_PART) {
        size_t n = sig->part.n < PLACE_TEXT ? sig->part.n : PLACE_TEXT - 1;
        for (size_t i = 0; i < n; i++)
            out[i] = sig->part.p[i] < 0x20 || sig->part.p[i] > 0x7E ? '?' : (char)sig->part.p[i];
        out[n] = '\0';
    } else if (kind > PLACE_NONE && kind <= PLACE_LINE)
        snprintf(out, PLACE_TEXT, "%s %llu", kinds[kind], (unsigned long long)sig->at);
}
