/* SPDX-License-Identifier: Apache-2.0 */
/* c2pa_metadata.c - JSON in manifests: CAWG metadata 1.2 and its relatives (JSON-LD with
 * properties of XMP as keys), schema.org CreativeWork, training assertions in JSON.
 *
 * Of JSON-LD: prefixes, terms and @vocab of a @context in the same document; @value, @id and
 * lists. Contexts elsewhere are not fetched; the usual prefixes are known without one.
 *
 * Limits: those of syntax/cbor.h (depth, items), PROPERTIES_MAX of one assertion, VALUE_MAX. */
#include "standards/c2pa_internal.h"

#include <jansson.h>

#define PROPERTIES_MAX 64
#define VALUE_MAX (32u << 10)
#define NS_MAX 256

#define NS_PLUS "http://ns.useplus.org/ldf/xmp/1.0/"
#define NS_EXT "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
#define NS_TDM "http://www.w3.org/ns/tdmrep/"
#define NS_SCHEMA "http://schema.org"

static bool ends_with(struct slice s, const char *end)
{
    struct slice e = slice_cstr(end);
    return s.n >= e.n && !memcmp(s.p + s.n - e.n, e.p, e.n);
}

/* Without the number of the instance. */
static struct slice without_instance(struct slice label)
{
    size_t n = label.n;
    while (n && ascii_is_digit(label.p[n - 1]))
        n--;
    bool numbered = n < label.n && n >= 2 && label.p[n - 1] == '_' && label.p[n - 2] == '_';
    return numbered ? slice_sub(label, 0, n - 2) : label;
}

static bool is_creative_work(struct slice label)
{
    return slice_eq(without_instance(label), SLICE_OF("stds.schema-org.CreativeWork"));
}

bool c2pa_is_metadata(struct slice label)
{
    label = without_instance(label);
    return ends_with(label, ".metadata") || slice_eq(label, SLICE_OF("stds.iptc")) ||
           slice_starts_nocase(label, SLICE_OF("stds.iptc.")) || is_creative_work(label);
}

/* ---- JSON into items ---- */

struct place_in {
    json_t *of;
    void *iter;   /* object */
    size_t index; /* array */
    struct cbor_item *item, *last;
};

static enum cbor_kind kind_of(const json_t *j)
{
    if (json_is_object(j))
        return CBOR_MAP;
    if (json_is_array(j))
        return CBOR_ARRAY;
    return json_is_string(j) ? CBOR_TEXT : CBOR_OTHER;
}

static struct cbor_item *new_item(struct c2pa_store *s, const json_t *j, enum optout_rc *rc)
{
    struct cbor_item *i = cbor_pool_item(&s->pool, rc);
    if (i) {
        i->kind = kind_of(j);
        if (i->kind == CBOR_TEXT)
            i->text = slice_of(json_string_value(j), json_string_length(j));
    }
    return i;
}

/* The next child of what is open; NULL at its end. */
static json_t *next_child(struct place_in *p, struct slice *key)
{
    *key = SLICE_EMPTY;
    if (json_is_array(p->of))
        return json_array_get(p->of, p->index++);
    p->iter = p->iter ? json_object_iter_next(p->of, p->iter) : json_object_iter(p->of);
    if (!p->iter)
        return NULL;
    *key = slice_cstr(json_object_iter_key(p->iter));
    return json_object_iter_value(p->iter);
}

static enum optout_rc convert(struct c2pa_store *s, json_t *json, struct cbor_item **root)
{
    struct place_in stack[CBOR_DEPTH_MAX];
    size_t depth = 1;
    enum optout_rc rc;
    cbor_pool_clear(&s->pool);
    *root = new_item(s, json, &rc);
    if (!*root)
        return rc;
    stack[0] = (struct place_in){ .of = json, .item = *root };
    while (depth) {
        struct place_in *p = &stack[depth - 1];
        struct slice key;
        json_t *child = next_child(p, &key);
        if (!child) {
            depth--;
            continue;
        }
        struct cbor_item *i = new_item(s, child, &rc);
        if (!i)
            return rc;
        i->key = key;
        if (p->last)
            p->last->next = i;
        else
            p->item->first = i;
        p->last = i;
        if (i->kind != CBOR_MAP && i->kind != CBOR_ARRAY)
            continue;
        if (depth == CBOR_DEPTH_MAX)
            return OPTOUT_E_LIMIT;
        stack[depth++] = (struct place_in){ .of = child, .item = i };
    }
    return OPTOUT_DONE;
}

/* Texts of the items lie in the parsed JSON, which lives as long as what is read of it. */
enum optout_rc c2pa_json_items(struct c2pa_store *s, struct slice bytes, struct cbor_item **root)
{
    json_error_t error;
    enum optout_rc twice = OPTOUT_DONE;
    *root = NULL;
    json_t *json = json_loadb((const char *)bytes.p, bytes.n,
                              JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    if (!json) { /* the last of equal keys is read, and the whole is not trusted */
        twice = OPTOUT_E_SYNTAX;
        json = json_loadb((const char *)bytes.p, bytes.n, JSON_ALLOW_NUL, &error);
    }
    if (!json)
        return OPTOUT_E_SYNTAX;
    s->json = json;
    enum optout_rc rc = convert(s, json, root);
    return rc == OPTOUT_DONE ? twice : rc;
}

void c2pa_json_free(struct c2pa_store *s)
{
    json_decref(s->json);
    s->json = NULL;
}

/* ---- JSON-LD ---- */

/* The value of a term or prefix in the document's contexts; empty: none. */
static struct slice in_context(const struct cbor_item *root, struct slice term)
{
    for (const struct cbor_item *c = root->first; c; c = c->next) {
        if (!slice_eq(c->key, SLICE_OF("@context")))
            continue;
        const struct cbor_item *map = c->kind == CBOR_ARRAY ? c->first : c;
        for (; map; map = c->kind == CBOR_ARRAY ? map->next : NULL) {
            for (const struct cbor_item *i = map->kind == CBOR_MAP ? map->first : NULL; i;
                 i = i->next) {
                if (!slice_eq(i->key, term))
                    continue;
                return i->kind == CBOR_TEXT ? i->text : cbor_get_text(i, "@id");
            }
        }
    }
    return SLICE_EMPTY;
}

static struct slice usual_prefix(struct slice prefix)
{
    static const struct {
        struct slice prefix, ns;
    } usual[] = {
        { SLICE("plus"), SLICE(NS_PLUS) },
        { SLICE("Iptc4xmpExt"), SLICE(NS_EXT) },
        { SLICE("tdm"), SLICE(NS_TDM) },
    };
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (slice_eq(prefix, usual[i].prefix))
            return usual[i].ns;
    return SLICE_EMPTY;
}

struct name {
    struct slice ns, local;
};

/* A whole IRI, split behind its last '/' or '#'. */
static struct name split_iri(struct slice iri)
{
    size_t n = iri.n;
    while (n && iri.p[n - 1] != '/' && iri.p[n - 1] != '#')
        n--;
    return (struct name){ slice_sub(iri, 0, n), slice_from(iri, n) };
}

/* A key: "prefix:name", a term of the context, a whole IRI, or of the vocabulary. */
static struct name expand(const struct cbor_item *root, struct slice key)
{
    struct slice term = in_context(root, key);
    if (term.n && !slice_eq(term, key))
        key = term;
    size_t colon = slice_find(key, ':');
    if (colon == key.n)
        return (struct name){ in_context(root, SLICE_OF("@vocab")), key };
    struct slice prefix = slice_sub(key, 0, colon), local = slice_from(key, colon + 1);
    if (local.n >= 2 && local.p[0] == '/' && local.p[1] == '/')
        return split_iri(key);
    struct slice ns = in_context(root, prefix);
    return (struct name){ ns.n ? ns : usual_prefix(prefix), local };
}

static bool is_wanted(const struct name *n)
{
    static const char *const ours[] = { NS_PLUS, NS_TDM, "http://www.w3.org/ns/tdmrep",
                                        "https://rslstandard.org/rsl" };
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (n->ns.n && property_ns_is(n->ns, ours[i]))
            return true;
    return n->ns.n && property_ns_is(n->ns, NS_EXT) &&
           slice_find_nocase(n->local, SLICE_OF("EncRightsExpr")) < n->local.n;
}

static void metadata_put(struct c2pa_store *s, struct c2pa_assertion *a, const struct name *name,
                         const struct name *in, struct slice value)
{
    value = slice_trim_space(value);
    size_t n = 0;
    struct c2pa_property **last = &a->properties;
    for (; *last; last = &(*last)->next)
        n++;
    if (n == PROPERTIES_MAX || value.n > VALUE_MAX) {
        c2pa_failed(s, OPTOUT_E_LIMIT);
        return;
    }
    struct c2pa_property *p = c2pa_keep(s, sizeof *p);
    if (!p)
        return;
    p->ns = c2pa_keep_text(s, name->ns, NS_MAX);
    p->name = c2pa_keep_text(s, name->local, NS_MAX);
    if (in) {
        p->top_ns = c2pa_keep_text(s, in->ns, NS_MAX);
        p->top_name = c2pa_keep_text(s, in->local, NS_MAX);
    }
    p->value = c2pa_keep_text(s, value, VALUE_MAX);
    *last = p;
}

/* A plain value: text, @value or @id; empty: it is a structure. */
static struct slice plain(const struct cbor_item *i)
{
    if (i->kind == CBOR_TEXT)
        return i->text;
    struct slice v = cbor_get_text(i, "@value");
    return v.n ? v : cbor_get_text(i, "@id");
}

static void put_fields(struct c2pa_store *s, struct c2pa_assertion *a,
                       const struct cbor_item *root, const struct name *in,
                       const struct cbor_item *map)
{
    for (const struct cbor_item *f = map->first; f; f = f->next) {
        struct name name = expand(root, f->key);
        struct slice v = plain(f);
        if (v.n && f->key.n && f->key.p[0] != '@')
            metadata_put(s, a, &name, in, v);
    }
}

static void put_values(struct c2pa_store *s, struct c2pa_assertion *a,
                       const struct cbor_item *root, const struct cbor_item *item)
{
    struct name name = expand(root, item->key);
    bool list = item->kind == CBOR_ARRAY;
    if (!is_wanted(&name))
        return;
    for (const struct cbor_item *i = list ? item->first : item; i; i = list ? i->next : NULL) {
        struct slice v = plain(i);
        if (v.n)
            metadata_put(s, a, &name, NULL, v);
        else if (i->kind == CBOR_MAP)
            put_fields(s, a, root, &name, i);
    }
}

static void read_creative_work(struct c2pa_store *s, struct c2pa_assertion *a,
                               const struct cbor_item *root)
{
    static const char *const names[] = { "license", "usageInfo" };
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        struct name name = { SLICE(NS_SCHEMA), slice_cstr(names[k]) };
        for (const struct cbor_item *i = root->first; i; i = i->next) {
            struct slice key = i->key;
            if (slice_starts_nocase(key, SLICE_OF("schema:")))
                key = slice_from(key, 7);
            if (!slice_eq(key, name.local))
                continue;
            struct slice v = plain(i);
            v = v.n ? v : cbor_get_text(i, "url");
            if (v.n)
                metadata_put(s, a, &name, NULL, v);
        }
    }
}

void c2pa_metadata_read(struct c2pa_store *s, struct c2pa_assertion *a,
                        const struct cbor_item *root)
{
    if (root->kind != CBOR_MAP)
        return;
    if (is_creative_work(a->label)) {
        read_creative_work(s, a, root);
        return;
    }
    for (const struct cbor_item *i = root->first; i; i = i->next)
        if (i->key.n && i->key.p[0] != '@')
            put_values(s, a, root, i);
}
