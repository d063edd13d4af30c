/* SPDX-License-Identifier: Apache-2.0 */
#include "core/signal.h"

#include <stdio.h>

#define AGENT_MAX 64 /* bytes of a product token that are kept */
#define NAME_MAX_KEPT 64 /* the same of a field's name */
#define SIGNALS_FIRST 8

static const char *const carrier_names[CARRIER_COUNT] = {
    "http-header", "http-status", "html", "site-file", "xmp", "jumbf", "iim", "epub",
    "feed", "text",
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
static bool keep_text(struct arena *a, struct slice *s, size_t max)
{
    if (s->n == 0)
        return true;
    *s = arena_copy(a, *s, max);
    return s->p != NULL;
}

/* ---- weights ---- */

bool signal_is_of_images(const struct signal *sig)
{
    return sig->scope == SCOPE_EMBEDDED_IMAGES && !sig->page.n;
}

bool signal_restricts(const struct signal *sig)
{
    for (unsigned u = 0; u < USAGE_COUNT; u++)
        if (sig->prefs.of[u] > PREF_ALLOW)
            return true;
    return false;
}

static enum signal_weight by_confidence(const struct signal *sig, enum preference gravest)
{
    if (gravest <= PREF_ALLOW)
        return WEIGHT_NONE;
    if (sig->confidence == CONF_WEAK)
        return WEIGHT_WEAK;
    return gravest == PREF_DENY ? WEIGHT_DENIAL : WEIGHT_CONDITION;
}

enum signal_weight signal_weigh(const struct signal *sig, usage_set matter)
{
    enum preference gravest = PREF_UNKNOWN;
    if (signal_is_of_images(sig))
        return WEIGHT_NONE;
    if (sig->standard == STD_RSL && sig->url.n && prefs_empty(&sig->prefs))
        return WEIGHT_POINTER;
    for (unsigned u = 0; u < USAGE_COUNT; u++)
        if ((matter & usage_bit((enum usage)u)) && sig->prefs.of[u] > gravest)
            gravest = (enum preference)sig->prefs.of[u];
    return by_confidence(sig, gravest);
}

/* For nobody in particular every restriction counts; what is addressed to somebody may be
 * somebody else's. */
static enum signal_weight weigh(const struct signals *s, const struct signal *sig)
{
    if (s->scale.of)
        return s->scale.of(s->scale.ctx, sig);
    enum signal_weight w = signal_weigh(sig, (1u << USAGE_COUNT) - 1);
    return sig->agent.n && w > WEIGHT_WEAK ? WEIGHT_WEAK : w;
}

/* ---- equal statements ---- */

static uint64_t mix(uint64_t h, uint64_t word)
{
    h = (h ^ word) * 0x9e3779b97f4a7c15u;
    return h ^ h >> 32;
}

/* Of a text, its length and what it begins and ends with. */
static uint64_t mix_text(uint64_t h, struct slice s)
{
    uint64_t first = 0, last = 0;
    if (s.n >= sizeof first) {
        memcpy(&first, s.p, sizeof first);
        memcpy(&last, s.p + s.n - sizeof last, sizeof last);
    }
    for (size_t i = 0; s.n < sizeof first && i < s.n; i++)
        first = first << 8 | s.p[i];
    return mix(mix(h ^ s.n, first), last);
}

/* Tells most statements apart; those of one digest are compared. */
static uint32_t digest_of(const struct signal *s)
{
    uint64_t h = (uint64_t)s->standard << 32 | (uint64_t)s->carrier << 24 |
                 (uint64_t)s->scope << 16 | (uint64_t)s->confidence << 8 | s->property;
    h = mix_text(h, slice_of(s->prefs.of, sizeof s->prefs.of));
    h = mix_text(h, s->agent);
    h = mix_text(h, s->raw);
    h = mix_text(h, s->image);
    h = mix_text(h, s->page);
    return (uint32_t)mix_text(h, s->url);
}

static bool same_note(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

/* All but the place, of which the first is told; the lines of a site file are rules of
 * their own. */
static bool same_statement(const struct signal *a, const struct signal *b)
{
    return a->digest == b->digest && a->standard == b->standard && a->carrier == b->carrier &&
           a->scope == b->scope && a->confidence == b->confidence &&
           a->property == b->property && a->raw_cut == b->raw_cut &&
           !memcmp(&a->prefs, &b->prefs, sizeof a->prefs) && slice_eq(a->agent, b->agent) &&
           (a->place_kind != PLACE_LINE || a->at == b->at) && slice_eq(a->name, b->name) &&
           slice_eq(a->raw, b->raw) && slice_eq(a->url, b->url) && slice_eq(a->image, b->image) &&
           slice_eq(a->page, b->page) && same_note(a->note, b->note);
}

static const struct signal *find_same(const struct signals *s, const struct signal *sig)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->v[i].digest == sig->digest && same_statement(&s->v[i], sig))
            return &s->v[i];
    return NULL;
}

/* ---- the list ---- */

/* Where to put a statement of this weight: behind the others, or in a full list in place of
 * the last of the lightest, when these weigh less. SIGNALS_MAX: nowhere. */
static size_t find_place(const struct signals *s, enum signal_weight weight)
{
    size_t at = 0;
    if (s->n < SIGNALS_MAX)
        return s->n;
    for (size_t i = 1; i < s->n; i++)
        if (s->v[i].weight <= s->v[at].weight)
            at = i;
    return s->v[at].weight < weight ? at : SIGNALS_MAX;
}

/* It restricts nothing of what was asked for, but perhaps the images that it embeds. */
static void drop_light(struct signals *s, const struct signal *sig)
{
    s->dropped++;
    s->images_dropped |= signal_is_of_images(sig) && signal_restricts(sig);
}

static void make_way(struct signals *s, size_t at)
{
    if (s->v[at].weight == WEIGHT_NONE)
        drop_light(s, &s->v[at]);
    else
        s->overflow = true;
    memmove(s->v + at, s->v + at + 1, (--s->n - at) * sizeof *s->v);
}

static bool copy_slices(struct arena *a, struct signal *sig)
{
    return keep_text(a, &sig->agent, AGENT_MAX) && keep_text(a, &sig->name, NAME_MAX_KEPT) &&
           keep_text(a, &sig->raw, SIGNAL_RAW_MAX) && keep_text(a, &sig->url, SIGNAL_URL_MAX) &&
           keep_text(a, &sig->part, SIGNAL_PART_MAX) && keep_text(a, &sig->image, SIGNAL_URL_MAX) &&
           keep_text(a, &sig->page, SIGNAL_URL_MAX);
}

enum optout_rc signals_keep(struct signals *s, const struct signal *sig,
                            const struct signal **kept)
{
    struct signal own = *sig;
    *kept = NULL;
    own.weight = (uint8_t)weigh(s, sig);
    if (s->n >= SIGNALS_MAX && own.weight == WEIGHT_NONE) {
        drop_light(s, sig);
        return OPTOUT_OK;
    }
    own.raw_cut = sig->raw.n > SIGNAL_RAW_MAX;
    own.agent.n = own.agent.n < AGENT_MAX ? own.agent.n : AGENT_MAX;
    own.name.n = own.name.n < NAME_MAX_KEPT ? own.name.n : NAME_MAX_KEPT;
    own.raw.n = own.raw_cut ? SIGNAL_RAW_MAX : own.raw.n;
    own.url.n = own.url.n < SIGNAL_URL_MAX ? own.url.n : SIGNAL_URL_MAX;
    own.image.n = own.image.n < SIGNAL_URL_MAX ? own.image.n : SIGNAL_URL_MAX;
    own.page.n = own.page.n < SIGNAL_URL_MAX ? own.page.n : SIGNAL_URL_MAX;
    own.digest = digest_of(&own);
    *kept = find_same(s, &own);
    if (*kept)
        return OPTOUT_OK;
    size_t at = find_place(s, (enum signal_weight)own.weight);
    if (at == SIGNALS_MAX || !copy_slices(s->arena, &own) ||
        (at == s->size && !signals_grow(s))) {
        s->overflow = true;
        return OPTOUT_E_LIMIT;
    }
    if (at < s->n)
        make_way(s, at);
    s->changes++;
    s->v[s->n] = own;
    *kept = &s->v[s->n++];
    return OPTOUT_OK;
}

enum optout_rc signals_add(struct signals *s, const struct signal *sig)
{
    const struct signal *kept;
    return signals_keep(s, sig, &kept);
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

static void lower(struct signal *sig, enum confidence to, const char *note)
{
    if (sig->confidence > to)
        sig->confidence = (uint8_t)to;
    if (!sig->note)
        sig->note = note;
}

void signal_lax(struct signal *sig, const char *note)
{
    lower(sig, CONF_LAX, note);
}

void signal_weak(struct signal *sig, const char *note)
{
    lower(sig, CONF_WEAK, note);
}

void signal_demote(struct signal *sig, enum packet_role role)
{
    if (role != PACKET_COMPONENT && role != PACKET_STALE && role != PACKET_SALVAGED)
        return;
    sig->note = NULL; /* of several reasons this one weighs most */
    prefs_drop_allow(&sig->prefs);
    if (role == PACKET_SALVAGED) {
        signal_lax(sig, "found without a pointer of the format, or broken: denies, never allows");
    } else if (role == PACKET_STALE) {
        sig->aside = true;
        signal_weak(sig, "superseded by a later packet");
    } else {
        sig->aside = true;
        sig->scope = SCOPE_COMPONENT;
        signal_weak(sig, "about a part or an ingredient, not the whole");
    }
}
