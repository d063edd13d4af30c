/* SPDX-License-Identifier: Apache-2.0 */
/* All standards over one property of metadata inside a file. The first byte chooses role and
 * carrier, the second the property, the third flags; the rest is its value. */
#include "standards/natural_language.h"
#include "standards/standard.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
    const char *ns, *name;
} names[] = {
    { "http://ns.useplus.org/ldf/xmp/1.0/", "DataMining" },
    { "http://ns.useplus.org/ldf/xmp/1.0/", "OtherConstraints" },
    { "http://iptc.org/std/Iptc4xmpExt/2008-02-29/", "LinkedRightsExpr" },
    { "http://iptc.org/std/Iptc4xmpExt/2008-02-29/", "EncRightsExpr" },
    { "http://iptc.org/std/Iptc4xmpExt/2008-02-29/", "DMI-Prohibited" },
    { "http://www.w3.org/ns/tdmrep/", "reservation" },
    { "http://www.w3.org/ns/tdmrep#", "policy" },
    { "http://www.w3.org/ns/tdm/", "reservation" },
    { "https://rslstandard.org/rsl", "rsl" },
    { "https://rslstandard.org/rsl", "license" },
    { "http://creativecommons.org/ns#", "license" },
    { "http://ns.adobe.com/xap/1.0/rights/", "UsageTerms" },
    { "http://ns.adobe.com/xap/1.0/rights/", "WebStatement" },
    { "http://purl.org/dc/elements/1.1/", "rights" },
    { "http://purl.org/dc/terms/", "provenance" },
    { "", "2:40" },
    { "", "c2pa-manifest" },
    { "", "Comment" },
};

static void check(const struct signals *s, const struct property *p)
{
    const struct signal *all[SIGNALS_MAX];
    bool never = p->nested || p->refines || p->role != PACKET_MAIN;
    for (size_t i = 0; i < s->n; i++) {
        const struct signal *sig = &s->v[i];
        all[i] = sig;
        if (sig->carrier != p->carrier || sig->standard >= STD_COUNT ||
            sig->confidence >= CONF_COUNT || sig->raw.n > SIGNAL_RAW_MAX ||
            sig->url.n > SIGNAL_URL_MAX || sig->at != 7 || sig->place_kind != PLACE_PART)
            abort();
        for (size_t u = 0; u < USAGE_COUNT; u++)
            if (sig->prefs.of[u] >= PREF_COUNT ||
                ((sig->confidence == CONF_WEAK || never) && sig->prefs.of[u] == PREF_ALLOW))
                abort();
    }
    struct prefs p_all;
    for (unsigned id = 0; id < STD_COUNT; id++)
        standard_resolve((enum standard_id)id, all, s->n, &p_all);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t carriers[] = { CARRIER_XMP, CARRIER_IIM, CARRIER_EPUB, CARRIER_JUMBF, CARRIER_FEED,
                                        CARRIER_TEXT };
    static const char *const formats[] = { "pdf", "jpeg", "zip", "text" };
    if (size < 3 || size - 3 > PROPERTY_VALUE_MAX)
        return 0;
    size_t n = data[1] % (sizeof names / sizeof *names);
    struct property p = {
        .carrier = (enum carrier)carriers[data[0] % sizeof carriers],
        .role = (enum packet_role)((data[0] >> 4) % PACKET_PENDING),
        .ns = slice_cstr(names[n].ns),
        .name = slice_cstr(names[n].name),
        .value = slice_of(data + 3, size - 3),
        .nested = data[2] & 1,
        .refines = data[2] & 2,
        .cut = data[2] & 4,
        .format = formats[data[2] >> 6],
        .where = SLICE_OF("APP1 segment 1"),
        .offset = 7,
    };
    struct arena a;
    struct exchange x = { .status = 200, .url = SLICE_OF("https://a.example/x") };
    struct signals s;
    arena_init(&a, 4u << 20, NULL, 0);
    signals_init(&s, &a);
    struct words words = { .phrases = phrases_builtin(), .arena = &a };
    standards_read_property(&p, &(struct hook_input){ &x, &s, &words });
    check(&s, &p);
    arena_reset(&a);
    return 0;
}
