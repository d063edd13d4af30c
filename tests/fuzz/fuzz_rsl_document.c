/* SPDX-License-Identifier: Apache-2.0 */
/* RSL documents: the XML reader, the rules made from a document, and what is left
 * of them for an operator. A document cut before its last byte that is not space
 * must never be read. */
#include "standards/rsl_terms.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct slice countries[] = { SLICE(""), SLICE("DE"), SLICE("US"), SLICE("EU") };

static void check_terms(const struct site_rule *r)
{
    struct rsl_terms t = rsl_terms_of(r);
    for (uint8_t user = 0; user <= RSL_USER_COUNT; user++) {
        for (size_t c = 0; c < sizeof countries / sizeof *countries; c++) {
            struct rsl_grant g = rsl_terms_for(&t, user, countries[c]);
            /* User and place never make a licence milder. */
            for (size_t u = 0; u < USAGE_COUNT; u++)
                if (g.prefs.of[u] >= PREF_COUNT || g.prefs.of[u] < r->prefs.of[u])
                    abort();
        }
    }
}

/* Another licence beside it lifts no prohibition, whichever comes first. */
static void check_pair(const struct site_rule *a, const struct site_rule *b)
{
    struct rsl_terms first = rsl_terms_of(a), second = rsl_terms_of(b);
    for (uint8_t user = 0; user <= RSL_USER_COUNT; user++) {
        for (size_t c = 0; c < sizeof countries / sizeof *countries; c++) {
            struct rsl_grant one = rsl_terms_for(&first, user, countries[c]);
            struct rsl_grant two = rsl_terms_for(&second, user, countries[c]);
            struct rsl_grant ab = one, ba = two;
            rsl_grant_either(&ab, &two);
            rsl_grant_either(&ba, &one);
            struct prefs p = rsl_grant_prefs(&ab), q = rsl_grant_prefs(&ba);
            for (size_t u = 0; u < USAGE_COUNT; u++)
                if (p.of[u] != q.of[u] ||
                    (((one.prohibited | two.prohibited) >> u & 1) && p.of[u] != PREF_DENY))
                    abort();
        }
    }
}

static void check(const struct site_rules *rules)
{
    for (uint32_t i = 0; i < rules->n_rules; i++) {
        const struct site_rule *r = &rules->rule[i];
        if (r->kind != RULE_RSL || r->confidence >= CONF_COUNT || r->payment >= RSL_PAY_COUNT ||
            r->raw.n > SIGNAL_RAW_MAX || r->url.n > SIGNAL_URL_MAX || r->line == 0 ||
            r->weight != r->pattern.n || (i && r->content < r[-1].content) ||
            (r->confidence < CONF_EXACT && !r->note))
            abort();
        check_terms(r);
        if (i && r->content == r[-1].content)
            check_pair(&r[-1], r);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct site_rules rules;
    struct slice text = slice_of(data, size);
    arena_init(&arena, 16u << 20, NULL, 0);
    site_rules_init(&rules, &arena);
    enum optout_rc rc = rsl_document_parse(text, SLICE_OF("https://e.example/l.xml"), &rules);
    if (rc != OPTOUT_OK && rules.n_rules)
        abort();
    check(&rules);
    struct slice trimmed = slice_trim_space(text);
    if (rc == OPTOUT_OK && trimmed.n && trimmed.p[trimmed.n - 1] == '>' && trimmed.p[0] == '<' &&
        slice_find(text, '\0') == text.n && slice_find_nocase(text, SLICE_OF("<!--")) == text.n &&
        slice_find_nocase(text, SLICE_OF("<?")) == text.n) {
        struct slice cut = slice_sub(trimmed, 0, trimmed.n - 1);
        if (rsl_document_parse(cut, SLICE_EMPTY, &rules) == OPTOUT_OK)
            abort();
    }
    arena_reset(&arena);
    return 0;
}
