/* SPDX-License-Identifier: Apache-2.0 */
/* training_mining.c - CAWG training and data mining 1.1, C2PA 1.3 section 17.20.
 *
 * Read leniently, for writers followed schemas that had lost a level: the keys may stand
 * without `entries` around them, with the prefix of the other assertion or none, and a value
 * may be the bare word.
 *
 * Limits: TRAINING_ENTRIES_MAX, KEY_MAX and INFO_MAX bytes of what is kept. */
#include "standards/training_mining.h"

#define KEY_MAX 128
#define INFO_MAX 2048

static struct slice after(struct slice s, const char *prefix)
{
    struct slice p = slice_cstr(prefix);
    return s.n >= p.n && !memcmp(s.p, p.p, p.n) ? slice_from(s, p.n) : SLICE_EMPTY;
}

/* `mark` and a decimal number at the front of *s are taken off. */
static void take_number(struct slice *s, const char *mark)
{
    struct slice rest = after(*s, mark);
    size_t n = 0;
    while (n < rest.n && ascii_is_digit(rest.p[n]))
        n++;
    if (n)
        *s = slice_from(rest, n);
}

bool training_label(struct slice label, bool *cawg)
{
    struct slice rest = after(label, "cawg.training-mining");
    *cawg = rest.p != NULL;
    if (!rest.p)
        rest = after(label, "c2pa.training-mining");
    if (!rest.p)
        return false;
    take_number(&rest, ".v");
    take_number(&rest, "__");
    return rest.n == 0;
}

static enum training_key which(struct slice key)
{
    static const struct {
        struct slice name;
        enum training_key key;
    } names[] = {
        { SLICE("data_mining"), TRAINING_DATA_MINING },
        { SLICE("ai_inference"), TRAINING_AI_INFERENCE },
        { SLICE("ai_training"), TRAINING_AI_TRAINING },
        { SLICE("ai_generative_training"), TRAINING_AI_GENERATIVE },
    };
    if (slice_starts_nocase(key, SLICE_OF("cawg.")) || slice_starts_nocase(key, SLICE_OF("c2pa.")))
        key = slice_from(key, 5);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (slice_eq_nocase(key, names[i].name))
            return names[i].key;
    return TRAINING_CUSTOM;
}

/* Without usable information a constraint is a prohibition, say both specifications. */
static enum preference value_of(struct slice use, struct slice info)
{
    if (slice_eq_nocase(use, SLICE_OF("allowed")))
        return PREF_ALLOW;
    if (slice_eq_nocase(use, SLICE_OF("notAllowed")))
        return PREF_DENY;
    if (slice_eq_nocase(use, SLICE_OF("constrained")))
        return info.n ? PREF_CONDITIONAL : PREF_DENY;
    return PREF_UNKNOWN;
}

static void read_entry(const struct cbor_item *i, struct training *t)
{
    struct training_entry e = { .key = slice_sub(i->key, 0, KEY_MAX), .which = which(i->key) };
    if (i->kind == CBOR_TEXT) {
        e.use = i->text;
    } else {
        e.use = cbor_get_text(i, "use");
        e.info = cbor_get_text(i, "constraint_info");
        if (e.info.n == 0)
            e.info = cbor_get_text(i, "constraints_info");
    }
    e.use = slice_sub(slice_trim_space(e.use), 0, KEY_MAX);
    e.info = slice_sub(slice_trim_space(e.info), 0, INFO_MAX);
    e.value = value_of(e.use, e.info);
    if (e.value > t->said[e.which])
        t->said[e.which] = (uint8_t)e.value;
    if (t->n < TRAINING_ENTRIES_MAX)
        t->v[t->n++] = e;
    else
        t->overflow = true;
}

static bool is_entry(const struct cbor_item *i)
{
    return i->key.p && i->key.n && (i->kind == CBOR_MAP || i->kind == CBOR_TEXT);
}

void training_read(const struct cbor_item *root, struct training *t)
{
    memset(t, 0, sizeof *t);
    bool wrapped = false;
    if (!root || root->kind != CBOR_MAP) {
        t->shapeless = true;
        return;
    }
    for (const struct cbor_item *i = root->first; i; i = i->next) {
        bool entries = i->kind == CBOR_MAP && i->key.p && slice_eq(i->key, SLICE_OF("entries"));
        wrapped = wrapped || entries;
        for (const struct cbor_item *e = entries ? i->first : NULL; e; e = e->next)
            if (is_entry(e))
                read_entry(e, t);
        if (!entries && is_entry(i) && which(i->key) != TRAINING_CUSTOM)
            read_entry(i, t);
    }
    t->shapeless = !wrapped && t->n == 0;
}

struct prefs training_prefs(const struct training *t, size_t i)
{
    static const enum usage usages[] = {
        [TRAINING_DATA_MINING] = USAGE_TDM,
        [TRAINING_AI_INFERENCE] = USAGE_AI_USE,
        [TRAINING_AI_TRAINING] = USAGE_TRAIN_ML,
        [TRAINING_AI_GENERATIVE] = USAGE_TRAIN_AI,
    };
    struct prefs p = { 0 };
    const struct training_entry *e = &t->v[i];
    if (e->which == TRAINING_CUSTOM || e->value == PREF_UNKNOWN)
        return p;
    uint8_t v = (uint8_t)e->value;
    p.of[usages[e->which]] = v;
    if (v == PREF_ALLOW) /* speaks of itself alone */
        return p;
    bool mining = e->which == TRAINING_DATA_MINING;
    if ((mining || e->which == TRAINING_AI_TRAINING) && !t->said[TRAINING_AI_GENERATIVE])
        p.of[USAGE_TRAIN_AI] = v;
    if (mining && !t->said[TRAINING_AI_TRAINING])
        p.of[USAGE_TRAIN_ML] = v;
    if (mining && !t->said[TRAINING_AI_INFERENCE])
        p.of[USAGE_AI_USE] = v;
    return p;
}
