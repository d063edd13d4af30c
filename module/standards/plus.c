/* SPDX-License-Identifier: Apache-2.0 */
/* plus.c - PLUS Data Mining and what stands beside it.
 *
 * PLUS LDF 2.0.1, property DataMining and its vocabulary; IPTC Photo Metadata 2023.1 and
 * later (Embedded and Linked Encoded Rights Expression). A code that denies is taken from
 * anywhere; one that allows only as the bare code or from useplus.org.
 *
 * Limits: CODE_MAX bytes of a code, LABEL_MAX of a label; what is longer is neither. */
#include "standards/common.h"

#define PLUS_NS "http://ns.useplus.org/ldf/xmp/1.0"
#define IPTC_EXT_NS "http://iptc.org/std/Iptc4xmpExt/2008-02-29"
#define CODE_MAX 96
#define LABEL_MAX 128

/* signal.property */
enum { DATA_MINING = 1, OTHER_CONSTRAINTS, EMBEDDED_RIGHTS, LINKED_RIGHTS, LICENSOR, LEGACY };

struct code {
    const char *name;  /* after "DMI-" */
    const char *label; /* lower case */
    struct prefs prefs;
};

#define U PREF_UNKNOWN
#define A PREF_ALLOW
#define C PREF_CONDITIONAL
#define D PREF_DENY

/* tdm, train-ml, train-ai, ai-use, search, acquire */
static const struct code codes[] = {
    { "UNSPECIFIED", "unspecified - no prohibition defined", { { U, U, U, U, U, U } } },
    { "ALLOWED", "allowed", { { A, A, A, U, A, U } } },
    { "PROHIBITED-AIMLTRAINING", "prohibited for ai/ml training", { { U, D, D, U, U, U } } },
    { "PROHIBITED-GENAIMLTRAINING", "prohibited for generative ai/ml training",
      { { U, U, D, U, U, U } } },
    { "PROHIBITED-EXCEPTSEARCHENGINEINDEXING", "prohibited except for search engine indexing",
      { { D, D, D, D, A, U } } },
    { "PROHIBITED", "prohibited", { { D, D, D, D, D, U } } },
    { "PROHIBITED-SEECONSTRAINT", "prohibited, see other constraints", { { C, C, C, C, C, U } } },
    { "PROHIBITED-SEEEMBEDDEDRIGHTSEXPR", "prohibited, see embedded encoded rights expression",
      { { C, C, C, C, C, U } } },
    { "PROHIBITED-SEELINKEDRIGHTSEXPR", "prohibited, see linked encoded rights expression",
      { { C, C, C, C, C, U } } },
};

#undef U
#undef A
#undef C
#undef D

static const struct code *code_named(struct slice name)
{
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (slice_eq_nocase(name, slice_cstr(codes[i].name)))
            return &codes[i];
    return NULL;
}

static bool has(struct slice s, const char *word)
{
    return slice_find_nocase(s, slice_cstr(word)) < s.n;
}

/* "DMI-PROHIBITED…" that the vocabulary does not have, by the words in it. */
static const struct code *code_like(struct slice rest)
{
    const char *name = "PROHIBITED";
    if (has(rest, "SEARCH"))
        name = "PROHIBITED-EXCEPTSEARCHENGINEINDEXING";
    else if (has(rest, "GEN") && !has(rest, "AIML"))
        name = "PROHIBITED-GENAIMLTRAINING";
    else if (has(rest, "AI") || has(rest, "TRAIN"))
        name = "PROHIBITED-AIMLTRAINING";
    return code_named(slice_cstr(name));
}

/* Runs of space are one; a dash is a dash, however long it is. */
static const struct code *code_labelled(struct slice s)
{
    static const struct slice dash = SLICE("\xe2\x80\x93");
    uint8_t text[LABEL_MAX];
    size_t n = 0;
    if (s.n > LABEL_MAX)
        return NULL;
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = ascii_lower(s.p[i]);
        if (slice_eq(slice_sub(s, i, dash.n), dash)) {
            c = '-';
            i += dash.n - 1;
        }
        if (ascii_is_space(c))
            c = ' ';
        if (c != ' ' || (n && text[n - 1] != ' '))
            text[n++] = c;
    }
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (slice_eq(slice_of(text, n), slice_cstr(codes[i].label)))
            return &codes[i];
    return slice_eq(slice_of(text, n), SLICE_OF("unspecified")) ? &codes[0] : NULL;
}

static bool is_of_plus(struct slice value, size_t code_at)
{
    static const struct slice vocabulary = SLICE("ns.useplus.org/");
    if (code_at == 0)
        return true;
    struct slice host = value;
    if (slice_starts_nocase(value, SLICE_OF("https://")))
        host = slice_from(value, 8);
    else if (slice_starts_nocase(value, SLICE_OF("http://")))
        host = slice_from(value, 7);
    return slice_starts_nocase(host, vocabulary);
}

/* Where the last step of the path begins. */
static size_t last_step(struct slice v)
{
    size_t i = v.n;
    while (i > 0 && v.p[i - 1] != '/' && v.p[i - 1] != '#')
        i--;
    return i;
}

static void read_value(struct signal *sig, struct slice value, bool *allow_trusted)
{
    static const struct slice dmi = SLICE("DMI-"), prohibited = SLICE("PROHIBITED");
    static const char official[] = "ns.useplus.org/ldf/vocab/";
    struct slice v = value;
    while (v.n && (ascii_is_space(v.p[v.n - 1]) || v.p[v.n - 1] == 0))
        v.n--;
    v = slice_trim_space(v);
    if (v.n && v.p[v.n - 1] == '/')
        v.n--;
    size_t from = last_step(v);
    struct slice word = slice_from(v, from);
    const struct code *code = NULL;
    *allow_trusted = is_of_plus(v, from);
    if (word.n <= CODE_MAX && slice_starts_nocase(word, dmi)) {
        struct slice rest = slice_from(word, dmi.n);
        code = code_named(rest);
        if (!code && slice_starts_nocase(rest, prohibited)) {
            code = code_like(rest);
            signal_lax(sig, "code that the vocabulary does not have, read by its words");
        } else if (code && from > 0 && !has(slice_sub(v, 0, from), official)) {
            signal_lax(sig, "code outside of the vocabulary's own name space");
        } else if (code && !slice_eq(rest, slice_cstr(code->name))) {
            signal_lax(sig, "code not in upper case");
        } else if (code && from == 0) {
            signal_lax(sig, "code without the vocabulary's name space");
        }
    } else if ((code = code_labelled(v)) != NULL) {
        *allow_trusted = false;
        signal_lax(sig, "label in place of the code");
    }
    if (code)
        sig->prefs = code->prefs;
    else
        signal_weak(sig, "no code of the vocabulary");
}

static void data_mining(const struct property *p, struct signals *out)
{
    struct signal sig = signal_from_property(STD_PLUS, p);
    bool trusted = true;
    sig.property = DATA_MINING;
    read_value(&sig, p->value, &trusted);
    if (p->carrier == CARRIER_HTML) {
        signal_lax(&sig, "in a page, which the vocabulary does not name");
        trusted = false;
    }
    if (!trusted || property_denies_only(p) || sig.confidence == CONF_WEAK)
        prefs_drop_allow(&sig.prefs);
    signals_add(out, &sig);
}

static const struct {
    const char *ns;
    struct slice name;
    const char *top_ns; /* the structure it is a field of; NULL: none */
    struct slice top;
    uint8_t property;
    bool is_url;
    const char *note;
} companions[] = {
    { PLUS_NS, SLICE("OtherConstraints"), NULL, SLICE(""), OTHER_CONSTRAINTS, false,
      "constraint for people, not evaluated" },
    { IPTC_EXT_NS, SLICE("EncRightsExpr"), IPTC_EXT_NS, SLICE("EmbdEncRightsExpr"),
      EMBEDDED_RIGHTS, false, "rights expression not evaluated" },
    { IPTC_EXT_NS, SLICE("LinkedRightsExpr"), IPTC_EXT_NS, SLICE("LinkedEncRightsExpr"),
      LINKED_RIGHTS, true, "rights expression not fetched" },
    { PLUS_NS, SLICE("LicensorURL"), PLUS_NS, SLICE("Licensor"), LICENSOR, true,
      "where to ask for a licence" },
};

static void companion(const struct property *p, struct signals *out)
{
    for (size_t i = 0; i < sizeof companions / sizeof *companions; i++) {
        if (!slice_eq(p->name, companions[i].name) || !property_ns_is(p->ns, companions[i].ns))
            continue;
        if (companions[i].top_ns && (!slice_eq(p->top_name, companions[i].top) ||
                                     !property_ns_is(p->top_ns, companions[i].top_ns)))
            continue;
        struct signal sig = signal_from_property(STD_PLUS, p);
        sig.property = companions[i].property;
        if (companions[i].is_url)
            sig.url = p->value;
        if (!sig.note)
            sig.note = companions[i].note;
        signals_add(out, &sig);
        return;
    }
}

/* Attributes that a tool invented before there was a standard. */
static void legacy(const struct property *p, struct signals *out)
{
    struct signal sig = signal_from_property(STD_PLUS, p);
    sig.property = LEGACY;
    signal_weak(&sig, "property that IPTC does not have");
    signals_add(out, &sig);
}

static void plus_property(const struct property *p, const struct hook_input *r)
{
    static const struct slice name = SLICE("DataMining"), dmi = SLICE("DMI");
    if (p->carrier != CARRIER_XMP && p->carrier != CARRIER_JUMBF && p->carrier != CARRIER_HTML)
        return;
    if (p->value.n == 0)
        return;
    if (slice_eq(p->name, name) && property_ns_is(p->ns, PLUS_NS))
        data_mining(p, r->out);
    else if (slice_eq(slice_sub(p->name, 0, dmi.n), dmi) && property_ns_is(p->ns, IPTC_EXT_NS))
        legacy(p, r->out);
    else
        companion(p, r->out);
}

const struct standard standard_plus = {
    .name = "plus",
    .title = "PLUS Data Mining, also of IPTC Photo Metadata",
    .spec = "http://ns.useplus.org/LDF/ldf-XMPSpecification, IPTC Photo Metadata 2025.1",
    .version = "LDF 2.0.1",
    .reads = "XMP, C2PA metadata assertion, structured data of pages",
    .property = plus_property,
};
