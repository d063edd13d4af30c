/* SPDX-License-Identifier: Apache-2.0 */
/* jpt_rights.c - the rights declaration of JPEG Trust (ISO/IEC 21617-1), an assertion
 * "jpt.rights" of a manifest store: ODRL in JSON-LD.
 *
 * JPEG Trust defines no words for mining. A declaration that has those of TDMRep (tdm:mine)
 * denies what it prohibits; whatever else it says of mining is a condition. One without them
 * names terms for people. Prefixes are taken with and without, contexts are not fetched.
 *
 * Limits: those of the tree (syntax/cbor.h: depth, items). */
#include "standards/c2pa_internal.h"

bool jpt_rights_label(struct slice label)
{
    struct slice name = SLICE_OF("jpt.rights"), rest = slice_from(label, name.n);
    return slice_eq(slice_sub(label, 0, name.n), name) &&
           (rest.n == 0 || rest.p[0] == '_' || rest.p[0] == '.');
}

/* What stands behind the prefix, or behind the last '/' or '#' of an IRI. */
static struct slice local_name(struct slice name)
{
    size_t n = name.n;
    while (n && name.p[n - 1] != ':' && name.p[n - 1] != '/' && name.p[n - 1] != '#')
        n--;
    return slice_from(name, n);
}

static bool is_named(struct slice name, const char *local)
{
    return slice_eq(local_name(name), slice_cstr(local));
}

static struct slice text_of(const struct cbor_item *i)
{
    return i->kind == CBOR_TEXT ? i->text : cbor_get_text(i, "@id");
}

/* An action: a name, or one with its refinements beside it. */
static bool names_mining(const struct cbor_item *action, bool use)
{
    bool map = action->kind == CBOR_MAP;
    for (const struct cbor_item *i = map ? action->first : action; i; i = map ? i->next : NULL) {
        struct slice name = text_of(i);
        if (is_named(name, "mine") || (use && is_named(name, "use")))
            return true;
    }
    return false;
}

/* One or a list of them; `use` has mining in it. */
static bool acts(const struct cbor_item *action, bool use)
{
    bool list = action->kind == CBOR_ARRAY;
    for (const struct cbor_item *i = list ? action->first : action; i; i = list ? i->next : NULL)
        if (names_mining(i, use))
            return true;
    return false;
}

/* Whether a rule of this item, itself or one of a list, is about mining; `all`: one without an
 * action is. */
static bool is_about_mining(const struct cbor_item *rules, bool all)
{
    bool list = rules->kind == CBOR_ARRAY;
    for (const struct cbor_item *r = list ? rules->first : rules; r; r = list ? r->next : NULL) {
        bool acting = false;
        for (const struct cbor_item *f = r->kind == CBOR_MAP ? r->first : NULL; f; f = f->next) {
            if (!is_named(f->key, "action"))
                continue;
            acting = true;
            if (acts(f, all))
                return true;
        }
        if (all && !acting && r->kind == CBOR_MAP)
            return true;
    }
    return false;
}

static const struct slice terms = SLICE("terms");

void jpt_rights_read(const struct cbor_item *root, struct training *t)
{
    bool mining = false, prohibited = false;
    memset(t, 0, sizeof *t);
    t->shapeless = root->kind != CBOR_MAP;
    if (t->shapeless)
        return;
    for (const struct cbor_item *i = root->first; i; i = i->next) {
        mining = mining || is_about_mining(i, false);
        prohibited = prohibited || (is_named(i->key, "prohibition") && is_about_mining(i, true));
    }
    bool denied = mining && prohibited;
    t->v[t->n++] = (struct training_entry){
        .key = SLICE_OF("jpt.rights"),
        .use = denied ? SLICE_OF("prohibition") : mining ? SLICE_OF("mining") : terms,
        .which = TRAINING_DATA_MINING,
        .value = denied ? PREF_DENY : PREF_CONDITIONAL,
    };
    t->said[TRAINING_DATA_MINING] = (uint8_t)t->v[0].value;
}

void jpt_rights_weigh(const struct training *t, struct signal *sig)
{
    if (t->n && slice_eq(t->v[0].use, terms))
        signal_weak(sig, "terms of JPEG Trust that do not name mining, for people");
    else
        signal_lax(sig, "terms of JPEG Trust, in words of TDMRep");
}
