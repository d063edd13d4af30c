/* SPDX-License-Identifier: Apache-2.0 */
/* What standards read of properties: PLUS, TDMRep, RSL, licences, provenance, words. */
#include "unit.h"

#include "standards/common.h"
#include "standards/natural_language.h"

#define PLUS "http://ns.useplus.org/ldf/xmp/1.0/"
#define VOCAB "http://ns.useplus.org/ldf/vocab/"
#define TDM "http://www.w3.org/ns/tdmrep/"
#define RSL "https://rslstandard.org/rsl"

struct row {
    const char *ns, *name, *value;
    const char *format;
    /* tdm train-ml train-ai ai-use search acquire, then confidence: e l w; NULL: no signal */
    const char *want;
};

static const struct row rows[] = {
    { PLUS, "DataMining", VOCAB "DMI-UNSPECIFIED", "jpeg", "------e" },
    { PLUS, "DataMining", VOCAB "DMI-ALLOWED", "jpeg", "AAA-A-e" },
    { PLUS, "DataMining", VOCAB "DMI-PROHIBITED-AIMLTRAINING", "jpeg", "-DD---e" },
    { PLUS, "DataMining", VOCAB "DMI-PROHIBITED-GENAIMLTRAINING", "jpeg", "--D---e" },
    { PLUS, "DataMining", VOCAB "DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING", "jpeg", "DDDDA-e" },
    { PLUS, "DataMining", VOCAB "DMI-PROHIBITED", "jpeg", "DDDDD-e" },
    { PLUS, "DataMining", VOCAB "DMI-PROHIBITED-SEECONSTRAINT", "jpeg", "CCCCC-e" },
    { PLUS, "DataMining", VOCAB "DMI-PROHIBITED-SEEEMBEDDEDRIGHTSEXPR", "jpeg", "CCCCC-e" },
    { PLUS, "DataMining", VOCAB "DMI-PROHIBITED-SEELINKEDRIGHTSEXPR", "jpeg", "CCCCC-e" },
    /* spellings */
    { "https://ns.useplus.org/ldf/xmp/1.0", "DataMining", VOCAB "DMI-PROHIBITED", "jpeg",
      "DDDDD-e" },
    { PLUS, "DataMining", "https://ns.useplus.org/ldf/vocab/DMI-PROHIBITED/", "jpeg", "DDDDD-e" },
    { PLUS, "DataMining", " DMI-PROHIBITED-AIMLTRAINING \n", "jpeg", "-DD---l" },
    { PLUS, "DataMining", "dmi-prohibited", "jpeg", "DDDDD-l" },
    { PLUS, "DataMining", "http://ns.useplus.org/ldf/value/DMI-PROHIBITED", "jpeg", "DDDDD-l" },
    { PLUS, "DataMining", VOCAB "DMI-PROHIBITED-AITRAINING", "jpeg", "-DD---l" },
    { PLUS, "DataMining", VOCAB "DMI-PROHIBITED-AIGENAI", "jpeg", "--D---l" },
    { PLUS, "DataMining", VOCAB "DMI-PROHIBITED-EXCEPTSEARCHINDEXING", "jpeg", "DDDDA-l" },
    { PLUS, "DataMining", VOCAB "DMI-PROHIBITED-NEW", "jpeg", "DDDDD-l" },
    { PLUS, "DataMining", "Prohibited  for AI/ML training", "jpeg", "-DD---l" },
    { PLUS, "DataMining", "Prohibited", "jpeg", "DDDDD-l" },
    { PLUS, "DataMining", "Unspecified \xe2\x80\x93 no prohibition defined", "jpeg", "------l" },
    { PLUS, "DataMining", "https://evil.example/DMI-PROHIBITED", "jpeg", "DDDDD-l" },
    /* who may allow */
    { PLUS, "DataMining", "DMI-ALLOWED", "jpeg", "AAA-A-l" },
    { PLUS, "DataMining", "https://evil.example/DMI-ALLOWED", "jpeg", "------l" },
    { PLUS, "DataMining", "https://ns.useplus.org.evil.example/DMI-ALLOWED", "jpeg", "------l" },
    { PLUS, "DataMining", "Allowed", "jpeg", "------l" },
    { PLUS, "DataMining", "yes", "jpeg", "------w" },
    { PLUS, "DataMining", "DMI-SOMETHING", "jpeg", "------w" },
    { PLUS, "DataMining", "", "jpeg", NULL },
    { "http://other.example/", "DataMining", VOCAB "DMI-PROHIBITED", "jpeg", NULL },
    { PLUS, "OtherConstraints", "Ask us", "jpeg", "------e" },
    { "http://iptc.org/std/Iptc4xmpExt/2008-02-29/", "DMI", "Allowed", "jpeg", "------w" },
    { "http://iptc.org/std/Iptc4xmpExt/2008-02-29/", "DMI-Prohibited", "x", "jpeg", "------w" },
    /* TDMRep */
    { TDM, "reservation", "1", "pdf", "DDDD--e" },
    { TDM, "reservation", "0", "pdf", "AAAA--e" },
    { TDM, "reservation", "2", "pdf", "------l" },
    { TDM, "reservation", "true", "pdf", "DDDD--l" },
    { TDM, "reservation", "False", "pdf", "------l" },
    { "http://www.w3.org/ns/tdmrep#", "reservation", "1", "pdf", "DDDD--e" },
    { "http://www.w3.org/ns/tdmrep", "reservation", "1", "pdf", "DDDD--e" },
    { "http://www.w3.org/ns/tdm/", "reservation", "1", "pdf", "DDDD--l" },
    { "http://www.w3.org/ns/tdm/", "reservation", "0", "pdf", "------l" },
    { TDM, "reservation", "1", "jpeg", "DDDD--l" },
    { TDM, "reservation", "0", "jpeg", "AAAA--l" },
    { TDM, "policy", "https://p.example/p.json", "pdf", "------e" },
    { "https://tdm-alliance.org/ns/", "reserve_tdm", "1", "jpeg", "------w" },
    /* RSL */
    { RSL, "license", "https://a.example/license.xml", "jpeg", "------l" },
    { RSL, "rsl", "<rsl xmlns='" RSL "'><content url='https://a.example/'><license><prohibits "
      "type='usage'>ai-train</prohibits></license></content></rsl>", "jpeg", "--D---l" },
    { RSL, "rsl", "<rsl xmlns='" RSL "'><content url='/x'><license><permits type='usage'>all"
      "</permits></license></content></rsl>", "jpeg", "AAAAA-l" },
    { RSL, "rsl", "<rsl", "jpeg", "--DD--l" },
    /* licences and provenance */
    { "http://creativecommons.org/ns#", "license", "https://creativecommons.org/licenses/by/4.0/",
      "jpeg", "------e" },
    { "http://web.resource.org/cc/", "license", "x", "jpeg", "------e" },
    { "http://ns.adobe.com/xap/1.0/rights/", "WebStatement", "x", "jpeg", "------e" },
    { "http://ns.adobe.com/xap/1.0/rights/", "Certificate", "x", "jpeg", NULL },
    { "http://ns.adobe.com/xap/1.0/rights/", "Marked", "True", "jpeg", NULL },
    { "http://purl.org/dc/terms/", "provenance", "https://a.example/m.c2pa", "jpeg", "------e" },
    /* words */
    { "http://ns.adobe.com/xap/1.0/rights/", "UsageTerms", "Text und Data Mining ist untersagt.",
      "jpeg", "DDDD--w" },
    { "http://purl.org/dc/elements/1.1/", "rights", "Text und Data Mining bleibt vorbehalten.",
      "jpeg", "DDDD--w" },
    { "http://purl.org/dc/terms/", "rights", "Text und Data Mining ist untersagt.", "epub",
      "DDDD--w" },
    { "http://purl.org/dc/elements/1.1/", "rights", "(c) 2026 A. All rights reserved.", "jpeg",
      NULL },
    { "http://purl.org/dc/elements/1.1/", "rights", "no airbrush was used; noaide", "jpeg", NULL },
    { "http://purl.org/dc/elements/1.1/", "rights", "May not be used without permission", "jpeg",
      NULL },
    { "http://purl.org/dc/elements/1.1/", "rights", "For personal training plans only", "jpeg",
      NULL },
    { "http://purl.org/dc/elements/1.1/", "description", "Text und Data Mining ist untersagt.",
      "jpeg", NULL },
};

static void text_of(const struct signal *s, char out[8])
{
    for (size_t u = 0; u < USAGE_COUNT; u++)
        out[u] = "-ACD"[s->prefs.of[u]];
    out[6] = "wle"[s->confidence];
    out[7] = '\0';
}

static struct property property_of(const struct row *r)
{
    return (struct property){ .carrier = CARRIER_XMP, .ns = slice_cstr(r->ns),
                              .name = slice_cstr(r->name), .value = slice_cstr(r->value),
                              .format = r->format, .where = SLICE("test"), .offset = 7 };
}

static const struct exchange exchange = { .url = SLICE("https://b.example/file") };

static void read_property(const struct property *p, struct signals *out)
{
    struct words words = { .phrases = phrases_builtin(), .arena = out->arena };
    const struct hook_input in = { &exchange, out, &words };
    standards_read_property(p, &in);
}

static void each_property_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena a = test_arena();
        struct signals out;
        char got[8] = "";
        signals_init(&out, &a);
        struct property p = property_of(&rows[i]);
        read_property(&p, &out);
        if (out.n)
            text_of(&out.v[0], got);
        if (out.n != (rows[i].want != NULL) || strcmp(got, rows[i].want ? rows[i].want : "") != 0)
            fail_msg("%s=%s: %zu signals, %s, not %s", rows[i].name, rows[i].value, out.n, got,
                     rows[i].want ? rows[i].want : "none");
        arena_reset(&a);
    }
}

/* What is nested, superseded or salvaged allows nothing, whatever it says. */
static void lesser_roles_never_allow(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (unsigned k = 0; k < 5; k++) {
            struct arena a = test_arena();
            struct signals out;
            signals_init(&out, &a);
            struct property p = property_of(&rows[i]);
            p.role = k == 0 ? PACKET_COMPONENT : k == 1 ? PACKET_STALE
                   : k == 2 ? PACKET_SALVAGED           : PACKET_MAIN;
            p.nested = k == 3;
            p.refines = k == 4;
            read_property(&p, &out);
            for (size_t s = 0; s < out.n; s++) {
                for (size_t u = 0; u < USAGE_COUNT; u++)
                    assert_int_not_equal(out.v[s].prefs.of[u], PREF_ALLOW);
                assert_int_not_equal(out.v[s].confidence, CONF_EXACT);
            }
            arena_reset(&a);
        }
}

static void fields_have_their_structure(void **state)
{
    static const char ext[] = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/";
    struct arena a = test_arena();
    struct signals out;
    struct property p = { .carrier = CARRIER_XMP, .ns = slice_cstr(ext),
                          .name = SLICE("LinkedRightsExpr"), .value = SLICE("https://a.example/"),
                          .format = "jpeg" };
    (void)state;
    signals_init(&out, &a);
    read_property(&p, &out);
    assert_int_equal(out.n, 0);
    p.top_ns = slice_cstr(ext);
    p.top_name = SLICE_OF("LinkedEncRightsExpr");
    read_property(&p, &out);
    assert_int_equal(out.n, 1);
    assert_slice(out.v[0].url, "https://a.example/");
    arena_reset(&a);
}

static struct signal tdm(enum carrier carrier, enum preference to, enum confidence confidence)
{
    struct signal s = { .standard = STD_TDMREP, .carrier = (uint8_t)carrier, .property = 1,
                        .confidence = (uint8_t)confidence };
    s.prefs.of[USAGE_TDM] = (uint8_t)to;
    return s;
}

static enum preference tdm_of(const struct signal *v, size_t n, bool *may_lift)
{
    const struct signal *list[4];
    struct prefs out = { { 0 } };
    for (size_t i = 0; i < n; i++)
        list[i] = &v[i];
    standard_resolve(STD_TDMREP, list, n, &out);
    *may_lift = standards[STD_TDMREP]->may_lift(list, n);
    return (enum preference)out.of[USAGE_TDM];
}

static void later_carriers_supersede(void **state)
{
    static const struct {
        enum carrier carrier;
        enum preference to;
        enum confidence confidence;
        enum preference want;
        bool may_lift;
    } after_header[] = {
        { CARRIER_XMP, PREF_ALLOW, CONF_EXACT, PREF_ALLOW, true },
        { CARRIER_EPUB, PREF_ALLOW, CONF_EXACT, PREF_ALLOW, true },
        { CARRIER_XMP, PREF_UNKNOWN, CONF_LAX, PREF_DENY, true },
        { CARRIER_XMP, PREF_ALLOW, CONF_LAX, PREF_DENY, true },
        { CARRIER_XMP, PREF_DENY, CONF_LAX, PREF_DENY, false },
        { CARRIER_EPUB, PREF_DENY, CONF_EXACT, PREF_DENY, false },
    };
    bool lift;
    (void)state;
    for (size_t i = 0; i < sizeof after_header / sizeof *after_header; i++) {
        struct signal v[] = { tdm(CARRIER_HTTP_HEADER, PREF_DENY, CONF_EXACT),
                              tdm(after_header[i].carrier, after_header[i].to,
                                  after_header[i].confidence) };
        assert_int_equal(tdm_of(v, 2, &lift), after_header[i].want);
        assert_int_equal(lift, after_header[i].may_lift);
        assert_int_equal(tdm_of(v, 1, &lift), PREF_DENY);
        assert_true(lift);
    }
    struct signal v[] = { tdm(CARRIER_HTTP_HEADER, PREF_ALLOW, CONF_EXACT),
                          tdm(CARRIER_SITE_FILE, PREF_DENY, CONF_EXACT),
                          tdm(CARRIER_XMP, PREF_ALLOW, CONF_EXACT),
                          tdm(CARRIER_XMP, PREF_DENY, CONF_EXACT) };
    assert_int_equal(tdm_of(v, 2, &lift), PREF_ALLOW);
    assert_int_equal(tdm_of(v, 4, &lift), PREF_DENY);
    struct signal policy = { .standard = STD_TDMREP, .carrier = CARRIER_XMP, .property = 2,
                             .confidence = CONF_EXACT, .url = SLICE("https://p.example/") };
    struct signal both[] = { tdm(CARRIER_XMP, PREF_DENY, CONF_EXACT), policy };
    assert_int_equal(tdm_of(both, 2, &lift), PREF_CONDITIONAL);
    both[1].confidence = CONF_WEAK;
    assert_int_equal(tdm_of(both, 2, &lift), PREF_DENY);
}

static void two_stores_allow_nothing(void **state)
{
    struct signal a = { .carrier = CARRIER_JUMBF, .place_kind = PLACE_PART, .at = 1 }, b = a;
    const struct signal *list[] = { &a, &b };
    struct prefs out = { { 0 } };
    (void)state;
    a.prefs.of[USAGE_TRAIN_AI] = PREF_ALLOW;
    b.prefs.of[USAGE_AI_USE] = PREF_DENY;
    standard_resolve(STD_C2PA, list, 2, &out);
    assert_int_equal(out.of[USAGE_TRAIN_AI], PREF_ALLOW);
    b.at = 2;
    out = (struct prefs){ { 0 } };
    standard_resolve(STD_C2PA, list, 2, &out);
    assert_int_equal(out.of[USAGE_TRAIN_AI], PREF_UNKNOWN);
    assert_int_equal(out.of[USAGE_AI_USE], PREF_DENY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_property_is_read),
        cmocka_unit_test(lesser_roles_never_allow),
        cmocka_unit_test(fields_have_their_structure),
        cmocka_unit_test(later_carriers_supersede),
        cmocka_unit_test(two_stores_allow_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
