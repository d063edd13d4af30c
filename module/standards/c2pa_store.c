/* SPDX-License-Identifier: Apache-2.0 */
/* c2pa_store.c - what is kept of a manifest store while its boxes go by: manifests, training
 * and metadata assertions, claims and ingredients. C2PA 2.4 sections 10, 11 and 18.
 *
 * Limits: those of c2pa_internal.h, cbor.h and metadata/jumbf.h. */
#include "standards/c2pa_internal.h"

#define LABEL_MAX 256
#define TEXT_MAX 2048

struct c2pa_store *c2pa_store_open(struct arena *arena, const struct property *base,
                                   property_visit *visit, void *ctx)
{
    struct c2pa_store *s = arena_alloc(arena, sizeof *s);
    if (!s)
        return NULL;
    s->arena = s->pool.arena = arena;
    s->base = *base;
    s->base.carrier = CARRIER_JUMBF;
    s->visit = visit;
    s->ctx = ctx;
    return s;
}

void c2pa_failed(struct c2pa_store *s, enum optout_rc rc)
{
    if (s->rc == OPTOUT_OK)
        s->rc = rc;
}

void *c2pa_keep(struct c2pa_store *s, size_t n)
{
    if (n > C2PA_KEPT_MAX - s->kept) {
        c2pa_failed(s, OPTOUT_E_LIMIT);
        return NULL;
    }
    void *p = arena_alloc(s->arena, n);
    if (!p)
        c2pa_failed(s, OPTOUT_E_NOMEM);
    else
        s->kept += n;
    return p;
}

struct slice c2pa_keep_text(struct c2pa_store *s, struct slice text, size_t max)
{
    size_t n = text.n < max ? text.n : max;
    uint8_t *p = n ? c2pa_keep(s, n) : NULL;
    if (!p)
        return SLICE_EMPTY;
    memcpy(p, text.p, n);
    return slice_of(p, n);
}

/* ---- JUMBF URIs (C2PA 2.4 section 8.4.1) ---- */

/* "self#jumbf=/c2pa/<manifest>/c2pa.assertions/<label>", or "self#jumbf=c2pa.assertions/…"
 * within a manifest. Either may come out empty. */
static void read_uri(struct slice uri, struct slice *manifest, struct slice *label)
{
    struct slice piece, mark = SLICE("jumbf=");
    bool store = false, assertions = false;
    *manifest = *label = SLICE_EMPTY;
    size_t at = slice_find_nocase(uri, mark);
    if (at == uri.n)
        return;
    struct slice rest = slice_from(uri, at + mark.n);
    slice_take(&rest, '/');
    for (int i = 0; i < 8 && slice_split(&rest, '/', &piece); i++) {
        if (i == 0 && slice_eq(piece, SLICE_OF("c2pa")))
            store = true;
        else if (store && i == 1)
            *manifest = piece;
        else if (!assertions)
            assertions = slice_eq(piece, SLICE_OF("c2pa.assertions"));
        else
            *label = piece;
    }
}

static bool may_state(struct slice label)
{
    bool cawg;
    return training_label(label, &cawg) || jpt_rights_label(label) || c2pa_is_metadata(label);
}

/* ---- claims ---- */

static void read_ref(struct c2pa_store *s, const struct cbor_item *i, struct slice alg)
{
    struct slice manifest, label;
    read_uri(cbor_get_text(i, "url"), &manifest, &label);
    if (!may_state(label))
        return;
    struct c2pa_ref *r = c2pa_keep(s, sizeof *r);
    if (!r)
        return;
    const struct cbor_item *hash = cbor_get(i, "hash", CBOR_BYTES);
    struct slice own = cbor_get_text(i, "alg");
    r->alg = c2pa_keep_text(s, own.n ? own : alg, 16);
    r->manifest = c2pa_keep_text(s, manifest, LABEL_MAX);
    r->label = c2pa_keep_text(s, label, LABEL_MAX);
    r->is_sha256 = slice_eq_nocase(r->alg, SLICE_OF("sha256")) && hash && hash->text.n == 32;
    if (r->is_sha256)
        memcpy(r->sha256, hash->text.p, 32);
    r->next = s->in->refs;
    s->in->refs = r;
}

static void read_redaction(struct c2pa_store *s, const struct cbor_item *i)
{
    struct slice manifest, label;
    read_uri(i->kind == CBOR_TEXT ? i->text : SLICE_EMPTY, &manifest, &label);
    if (!may_state(label) || manifest.n == 0)
        return;
    struct c2pa_ref *r = c2pa_keep(s, sizeof *r);
    if (!r)
        return;
    r->manifest = c2pa_keep_text(s, manifest, LABEL_MAX);
    r->label = c2pa_keep_text(s, label, LABEL_MAX);
    r->next = s->in->redactions;
    s->in->redactions = r;
}

static void read_claim(struct c2pa_store *s, const struct cbor_item *root)
{
    static const char *const lists[] = { "assertions", "created_assertions",
                                         "gathered_assertions" };
    struct slice alg = cbor_get_text(root, "alg");
    s->in->has_claim = true;
    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
        const struct cbor_item *list = cbor_get(root, lists[k], CBOR_ARRAY);
        for (const struct cbor_item *i = list ? list->first : NULL; i; i = i->next)
            read_ref(s, i, alg);
    }
    const struct cbor_item *gone = cbor_get(root, "redacted_assertions", CBOR_ARRAY);
    for (const struct cbor_item *i = gone ? gone->first : NULL; i; i = i->next)
        read_redaction(s, i);
}

/* ---- ingredients ---- */

static void read_ingredient(struct c2pa_store *s, const struct cbor_item *root)
{
    const struct cbor_item *at = cbor_get(root, "activeManifest", CBOR_MAP);
    struct slice manifest, label;
    if (!at)
        at = cbor_get(root, "c2pa_manifest", CBOR_MAP);
    read_uri(cbor_get_text(at, "url"), &manifest, &label);
    if (manifest.n == 0)
        return;
    struct c2pa_link *l = c2pa_keep(s, sizeof *l);
    if (!l)
        return;
    l->manifest = c2pa_keep_text(s, manifest, LABEL_MAX);
    l->parent = slice_eq(cbor_get_text(root, "relationship"), SLICE_OF("parentOf"));
    l->next = s->in->links;
    s->in->links = l;
}

static bool is_ingredient(struct slice label)
{
    static const struct slice name = SLICE("c2pa.ingredient");
    return label.n >= name.n && !memcmp(label.p, name.p, name.n) &&
           (label.n == name.n || label.p[name.n] == '.' || label.p[name.n] == '_');
}

/* ---- assertions ---- */

static void read_training(struct c2pa_store *s, const struct cbor_item *root)
{
    struct training *t = &s->scratch;
    if (s->assertion->rights)
        jpt_rights_read(root, t);
    else
        training_read(root, t);
    if (t->overflow)
        c2pa_failed(s, OPTOUT_E_LIMIT);
    struct training *kept = c2pa_keep(s, sizeof *t);
    if (!kept)
        return;
    *kept = *t;
    for (size_t i = 0; i < kept->n; i++) {
        struct training_entry *e = &kept->v[i];
        e->key = c2pa_keep_text(s, e->key, LABEL_MAX);
        e->use = c2pa_keep_text(s, e->use, LABEL_MAX);
        e->info = c2pa_keep_text(s, e->info, TEXT_MAX);
    }
    s->assertion->says = kept;
}

static void read_item(struct c2pa_store *s, const struct cbor_item *root, bool json)
{
    if (s->in_claim)
        read_claim(s, root);
    else if (s->in_ingredient)
        read_ingredient(s, root);
    else if (s->assertion->training || s->assertion->rights)
        read_training(s, root);
    else if (json)
        c2pa_metadata_read(s, s->assertion, root);
}

/* A redacted assertion holds this UUID and nothing (C2PA 2.4 section 6.8). */
static bool is_redaction(struct slice bytes)
{
    static const uint8_t id[16] = { 0xca, 0xa9, 0x8e, 0xee, 0x9d, 0x4d, 0xf8, 0x0e,
                                    0x86, 0xad, 0x4d, 0xff, 0xca, 0x26, 0x39, 0x73 };
    return bytes.n >= 16 && !memcmp(bytes.p, id, 16);
}

static enum optout_rc on_content(void *ctx, const uint8_t type[4], struct slice bytes, bool cut)
{
    struct c2pa_store *s = ctx;
    struct cbor_item *root = NULL;
    enum optout_rc rc = OPTOUT_DONE;
    bool json = !memcmp(type, "json", 4);
    if (!memcmp(type, "uuid", 4) && s->assertion && is_redaction(bytes))
        s->assertion->redacted = true;
    if (!json && memcmp(type, "cbor", 4) != 0)
        return OPTOUT_OK;
    if (!json)
        rc = cbor_read(&s->pool, bytes, &root);
    else if (!s->in_claim && !s->in_ingredient)
        rc = c2pa_json_items(s, bytes, &root);
    if (rc == OPTOUT_DONE && cut)
        rc = OPTOUT_E_LIMIT;
    if (rc < 0)
        c2pa_failed(s, rc);
    if (rc < 0 && s->assertion)
        s->assertion->unreadable = true;
    if (rc < 0 && s->in_claim)
        s->in->claim_bad = true;
    if (root)
        read_item(s, root, json);
    c2pa_json_free(s);
    return s->rc == OPTOUT_E_NOMEM ? OPTOUT_E_NOMEM : OPTOUT_OK;
}

/* ---- boxes ---- */

static bool is_uuid(const struct jumbf_superbox *b, const char *four)
{
    static const uint8_t rest[12] = { 0x00, 0x11, 0x00, 0x10, 0x80, 0x00,
                                      0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71 };
    return !memcmp(b->uuid, four, 4) && !memcmp(b->uuid + 4, rest, 12);
}

static enum optout_rc open_manifest(struct c2pa_store *s, const struct jumbf_superbox *b,
                                    enum jumbf_want *want)
{
    bool update = is_uuid(b, "c2um");
    s->in = NULL;
    if (!update && !is_uuid(b, "c2ma") && !is_uuid(b, "c2md"))
        return OPTOUT_OK;
    if (s->n == C2PA_MANIFESTS_MAX) {
        c2pa_failed(s, OPTOUT_E_LIMIT);
        return OPTOUT_OK;
    }
    struct c2pa_manifest *m = c2pa_keep(s, sizeof *m);
    if (!m)
        return s->rc;
    m->label = c2pa_keep_text(s, b->label, LABEL_MAX);
    m->update = update;
    m->rank = C2PA_ORPHAN;
    s->manifest[s->n++] = s->in = m;
    *want = JUMBF_ENTER;
    return OPTOUT_OK;
}

static void open_assertion(struct c2pa_store *s, const struct jumbf_superbox *b,
                           enum jumbf_want *want)
{
    struct c2pa_manifest *m = s->in;
    bool cawg = false;
    s->assertion = NULL;
    s->in_ingredient = is_ingredient(b->label);
    if (++m->n_assertions > C2PA_ASSERTIONS_MAX) {
        c2pa_failed(s, OPTOUT_E_LIMIT);
        return;
    }
    if (s->in_ingredient) {
        *want = JUMBF_KEEP;
        return;
    }
    if (!may_state(b->label))
        return;
    struct c2pa_assertion *a = c2pa_keep(s, sizeof *a);
    if (!a)
        return;
    a->training = training_label(b->label, &cawg);
    a->cawg = cawg;
    a->rights = jpt_rights_label(b->label);
    a->label = c2pa_keep_text(s, b->label, LABEL_MAX);
    struct c2pa_assertion **last = &m->assertions;
    while (*last)
        last = &(*last)->next;
    *last = s->assertion = a;
    *want = JUMBF_KEEP_HASH;
}

static enum optout_rc on_open(void *ctx, const struct jumbf_superbox *b, enum jumbf_want *want,
                              size_t *keep_max)
{
    struct c2pa_store *s = ctx;
    *want = JUMBF_SKIP;
    *keep_max = C2PA_ASSERTION_MAX;
    if (b->depth == 1) {
        *want = is_uuid(b, "c2pa") ? JUMBF_ENTER : JUMBF_SKIP;
        return OPTOUT_OK;
    }
    if (b->depth == 2)
        return open_manifest(s, b, want);
    if (!s->in)
        return OPTOUT_OK;
    if (b->depth == 3 && is_uuid(b, "c2as"))
        *want = JUMBF_ENTER;
    if (b->depth == 3 && is_uuid(b, "c2cl")) {
        *want = JUMBF_KEEP;
        *keep_max = C2PA_CLAIM_MAX;
        s->in_claim = true;
    }
    if (b->depth == 4)
        open_assertion(s, b, want);
    return s->rc == OPTOUT_E_NOMEM ? OPTOUT_E_NOMEM : OPTOUT_OK;
}

static enum optout_rc on_close(void *ctx, unsigned depth, bool whole, const uint8_t *sha256)
{
    struct c2pa_store *s = ctx;
    if (depth == 4) {
        if (s->assertion) {
            s->assertion->whole = whole;
            s->assertion->hashed = sha256 != NULL;
            if (sha256)
                memcpy(s->assertion->sha256, sha256, 32);
        }
        s->assertion = NULL;
        s->in_ingredient = false;
    } else if (depth == 3) {
        s->in_claim = false;
    } else if (depth == 2) {
        if (s->in)
            s->in->whole = whole;
        s->in = NULL;
    }
    return OPTOUT_OK;
}

const struct jumbf_events c2pa_store_events = { on_open, on_content, on_close };

enum optout_rc c2pa_store_end(struct c2pa_store *s, enum optout_rc rc, struct signals *out)
{
    if (rc >= 0 && s->rc != OPTOUT_OK)
        rc = s->rc;
    c2pa_verdict(s, rc < 0, out);
    if (rc >= 0 && s->rc != OPTOUT_OK) /* ingredients could not be followed to their end */
        rc = s->rc;
    return rc < 0 ? rc : OPTOUT_DONE;
}
