/* SPDX-License-Identifier: Apache-2.0 */
/* c2pa_verdict.c - whose word in a manifest store counts, and how far it was checked.
 *
 * C2PA 2.4 section 15.5.1: the last manifest is the active one. What it says it says of this
 * asset. An update manifest leaves the content as it is, so that its parent's statement goes
 * on to fit. Of the parent of a standard manifest that states nothing itself, a denial counts
 * (the asset was made from what was denied), an allowance does not. Ingredients that are parts
 * or inputs, and what a later manifest has superseded, are reported as weak. Manifests that
 * nothing leads to state nothing; only when the store is broken, so that what leads to them
 * may be missing, their denials count.
 *
 * Signatures are not verified. The hash of an assertion is compared with its claim: C2PA 2.4
 * section 15.10.3.
 *
 * Limits: C2PA_WALK_MAX; each manifest is walked once for each rank. */
#include "standards/c2pa_internal.h"

#include <stdio.h>

/* ---- the walk ---- */

static bool has_training(const struct c2pa_manifest *m)
{
    for (const struct c2pa_assertion *a = m->assertions; a; a = a->next)
        if (a->training)
            return true;
    return false;
}

static enum c2pa_rank rank_through(const struct c2pa_manifest *m, const struct c2pa_link *l)
{
    if (!l->parent)
        return C2PA_INGREDIENT;
    if (m->rank > C2PA_PARENT)
        return (enum c2pa_rank)m->rank;
    if (has_training(m))
        return C2PA_SUPERSEDED;
    return m->update ? (enum c2pa_rank)m->rank : C2PA_PARENT;
}

/* Later manifests hide earlier ones of the same label. */
static struct c2pa_manifest *manifest_find(const struct c2pa_store *s, struct slice label)
{
    for (size_t i = s->n; i-- > 0;)
        if (label.n && slice_eq(s->manifest[i]->label, label))
            return s->manifest[i];
    return NULL;
}

static void follow(struct c2pa_store *s, struct c2pa_manifest *m)
{
    m->walked = true;
    for (const struct c2pa_link *l = m->links; l; l = l->next) {
        struct c2pa_manifest *to = manifest_find(s, l->manifest);
        enum c2pa_rank rank = rank_through(m, l);
        if (!to || to->walked || rank >= (enum c2pa_rank)to->rank)
            continue;
        if (m->depth == C2PA_WALK_MAX) {
            c2pa_failed(s, OPTOUT_E_LIMIT);
            continue;
        }
        to->rank = (uint8_t)rank;
        to->depth = (uint8_t)(m->depth + 1);
    }
}

/* Ranks never get better along a link, so those of the best are final first. */
static void walk(struct c2pa_store *s)
{
    if (s->n == 0)
        return;
    s->manifest[s->n - 1]->rank = C2PA_OWN;
    for (unsigned rank = C2PA_OWN; rank < C2PA_ORPHAN; rank++) {
        bool more = true;
        while (more) {
            more = false;
            for (size_t i = s->n; i-- > 0;) {
                struct c2pa_manifest *m = s->manifest[i];
                if (m->walked || m->rank != rank)
                    continue;
                follow(s, m);
                more = true;
            }
        }
    }
}

/* ---- how far it was checked ---- */

struct check {
    bool denies_only;
    const char *note;
};

static const struct c2pa_ref *ref_to(const struct c2pa_manifest *m,
                                     const struct c2pa_assertion *a)
{
    for (const struct c2pa_ref *r = m->refs; r; r = r->next)
        if (slice_eq(r->label, a->label) &&
            (r->manifest.n == 0 || slice_eq(r->manifest, m->label)))
            return r;
    return NULL;
}

static struct check check_hash(const struct c2pa_manifest *m, const struct c2pa_assertion *a)
{
    static const struct check
        broken = { true, "the assertion cannot be read whole: denies, never allows" },
        unclaimed = { true, "no claim: denies, never allows" },
        bad_claim = { true, "the claim cannot be read: denies, never allows" },
        unlisted = { true, "not listed by the claim: denies, never allows" },
        unchecked = { false, "hash of another kind than SHA-256 not checked" },
        differs = { true, "hash does not match the claim: denies, never allows" };
    const struct c2pa_ref *r = ref_to(m, a);
    if (a->unreadable || !a->whole)
        return broken;
    if (!r)
        return m->claim_bad ? bad_claim : m->has_claim ? unlisted : unclaimed;
    if (!r->is_sha256 || !a->hashed)
        return slice_eq_nocase(r->alg, SLICE_OF("sha256")) ? differs : unchecked;
    if (memcmp(r->sha256, a->sha256, 32) != 0)
        return differs;
    return (struct check){ false, NULL };
}

static bool is_redacted(const struct c2pa_store *s, const struct c2pa_manifest *m,
                        const struct c2pa_assertion *a)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct c2pa_manifest *by = s->manifest[i];
        if (by == m || by->rank == C2PA_ORPHAN)
            continue;
        for (const struct c2pa_ref *r = by->redactions; r; r = r->next)
            if (slice_eq(r->manifest, m->label) && slice_eq(r->label, a->label))
                return true;
    }
    return a->redacted;
}

/* ---- signals ---- */

struct spot {
    char text[SIGNAL_PART_MAX];
    struct slice slice;
};

/* Where it stands; of what is too long the end is kept, which tells most. */
static void place(struct spot *out, const struct c2pa_store *s, struct slice manifest,
                  struct slice label)
{
    char all[PACKET_WHERE_MAX + 2 * 256 + 64];
    struct slice where = slice_sub(s->base.where, 0, PACKET_WHERE_MAX);
    int n = snprintf(all, sizeof all, "%.*s%sbox c2pa/%.*s/c2pa.assertions/%.*s",
                     SLICE_FMT(where), where.n ? ", " : "", SLICE_FMT(manifest),
                     SLICE_FMT(label));
    size_t len = n < 0 ? 0 : (size_t)n < sizeof all ? (size_t)n : sizeof all - 1;
    size_t from = len > SIGNAL_PART_MAX ? len - SIGNAL_PART_MAX : 0;
    memcpy(out->text, all + from, len - from);
    out->slice = slice_of(out->text, len - from);
}

static struct signal begin(const struct c2pa_store *s, bool cawg, const struct spot *at)
{
    struct signal sig = signal_from_property(cawg ? STD_CAWG : STD_C2PA, &s->base);
    sig.part = at->slice;
    sig.name = sig.raw = SLICE_EMPTY;
    return sig;
}

static bool is_url(struct slice s)
{
    return slice_starts_nocase(s, SLICE_OF("https://")) ||
           slice_starts_nocase(s, SLICE_OF("http://"));
}

/* What follows from where the manifest stands in the store. */
static void weigh(struct signal *sig, const struct c2pa_store *s, enum c2pa_rank rank,
                  bool broken)
{
    switch (rank) {
    case C2PA_OWN:
        if (broken) {
            signal_lax(sig, "the store is broken: denies, never allows");
            prefs_drop_allow(&sig->prefs);
        }
        break;
    case C2PA_PARENT:
        signal_lax(sig, "stated of what this was made from: denies, never allows");
        prefs_drop_allow(&sig->prefs);
        break;
    case C2PA_SUPERSEDED:
        signal_weak(sig, "superseded by a later manifest");
        break;
    case C2PA_INGREDIENT:
        sig->scope = SCOPE_COMPONENT;
        signal_weak(sig, "stated of an ingredient, not the whole");
        break;
    default:
        if (broken) {
            signal_lax(sig, "the store is broken: denies, never allows");
            prefs_drop_allow(&sig->prefs);
        } else {
            signal_weak(sig, "nothing leads to its manifest: without effect");
            sig->prefs = (struct prefs){ { 0 } };
        }
    }
    if (sig->confidence == CONF_WEAK || property_denies_only(&s->base))
        prefs_drop_allow(&sig->prefs);
}

static void add_entry(struct c2pa_store *s, const struct c2pa_manifest *m,
                      const struct c2pa_assertion *a, size_t i, bool broken,
                      struct signals *out)
{
    const struct training_entry *e = &a->says->v[i];
    struct check check = check_hash(m, a);
    char raw[SIGNAL_RAW_MAX + 64];
    struct spot at;
    place(&at, s, m->label, a->label);
    struct signal sig = begin(s, a->cawg, &at);
    int n = snprintf(raw, sizeof raw, "%.*s=%.*s%s%.*s", SLICE_FMT(e->key), SLICE_FMT(e->use),
                     e->info.n ? ", constraint_info=" : "", SLICE_FMT(e->info));
    sig.raw_cut = n >= (int)sizeof raw;
    sig.raw = slice_of(raw, n < 0 ? 0 : sig.raw_cut ? sizeof raw - 1 : (size_t)n);
    sig.property = (uint8_t)e->which;
    sig.prefs = training_prefs(a->says, i);
    if (e->value == PREF_CONDITIONAL && is_url(e->info))
        sig.url = e->info;
    if (e->which == TRAINING_CUSTOM)
        signal_weak(&sig, "not a key of the specification");
    else if (e->value == PREF_UNKNOWN)
        signal_weak(&sig, "not a value of the specification");
    /* A weaker place is the better reason to give. */
    if (m->rank != C2PA_OWN)
        weigh(&sig, s, (enum c2pa_rank)m->rank, broken);
    if (check.note && check.denies_only)
        prefs_drop_allow(&sig.prefs);
    if (check.note)
        signal_lax(&sig, check.note);
    if (a->rights)
        jpt_rights_weigh(a->says, &sig);
    weigh(&sig, s, (enum c2pa_rank)m->rank, broken);
    if (!sig.note)
        sig.note = "hash matches the claim; signature not verified";
    (void)signals_add(out, &sig); /* says overflow itself */
}

static void add_remark(struct c2pa_store *s, bool cawg, struct slice manifest,
                       struct slice label, const char *note, struct signals *out)
{
    struct spot at;
    place(&at, s, manifest, label);
    struct signal sig = begin(s, cawg, &at);
    sig.raw = label;
    signal_weak(&sig, NULL);
    sig.note = note;
    (void)signals_add(out, &sig);
}

static void add_training(struct c2pa_store *s, const struct c2pa_manifest *m,
                         const struct c2pa_assertion *a, bool broken, struct signals *out)
{
    if (is_redacted(s, m, a)) {
        add_remark(s, a->cawg, m->label, a->label, "redacted by a later manifest", out);
        return;
    }
    for (size_t i = 0; a->says && i < a->says->n; i++)
        add_entry(s, m, a, i, broken, out);
    if (!a->says || a->says->shapeless || (a->unreadable && a->says->n == 0))
        add_remark(s, a->cawg, m->label, a->label, "the assertion cannot be read", out);
}

/* ---- properties ---- */

static void visit(struct c2pa_store *s, const struct c2pa_manifest *m,
                  const struct c2pa_assertion *a, bool broken)
{
    struct property base = s->base;
    struct spot at;
    enum c2pa_rank rank = (enum c2pa_rank)m->rank;
    if (is_redacted(s, m, a) || (rank == C2PA_ORPHAN && !broken))
        return;
    place(&at, s, m->label, a->label);
    base.where = at.slice;
    base.nested = rank == C2PA_INGREDIENT;
    if (base.role == PACKET_MAIN && rank == C2PA_SUPERSEDED)
        base.role = PACKET_STALE;
    else if (base.role == PACKET_MAIN &&
             (rank != C2PA_OWN || broken || check_hash(m, a).denies_only))
        base.role = PACKET_SALVAGED;
    for (const struct c2pa_property *p = a->properties; p; p = p->next) {
        base.ns = p->ns;
        base.name = p->name;
        base.top_ns = p->top_ns;
        base.top_name = p->top_name;
        base.value = p->value;
        s->visit(s->ctx, &base);
    }
}

/* Statements that were taken out altogether. */
static void add_missing(struct c2pa_store *s, const struct c2pa_manifest *by,
                        struct signals *out)
{
    bool cawg;
    for (const struct c2pa_ref *r = by->redactions; r; r = r->next) {
        const struct c2pa_manifest *m = manifest_find(s, r->manifest);
        const struct c2pa_assertion *a = m ? m->assertions : NULL;
        while (a && !slice_eq(a->label, r->label))
            a = a->next;
        if (!a && m != by && (training_label(r->label, &cawg) || jpt_rights_label(r->label)))
            add_remark(s, cawg, r->manifest, r->label, "redacted by a later manifest", out);
    }
}

void c2pa_verdict(struct c2pa_store *s, bool broken, struct signals *out)
{
    enum optout_rc before = s->rc;
    walk(s);
    broken = broken || s->rc != before;
    for (size_t i = s->n; i-- > 0;) {
        const struct c2pa_manifest *m = s->manifest[i];
        for (const struct c2pa_assertion *a = m->assertions; a; a = a->next) {
            if (a->training || a->rights)
                add_training(s, m, a, broken, out);
            else if (a->properties && s->visit)
                visit(s, m, a, broken);
        }
        if (m->rank != C2PA_ORPHAN)
            add_missing(s, m, out);
    }
}
