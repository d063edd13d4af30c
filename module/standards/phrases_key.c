/* SPDX-License-Identifier: Apache-2.0 */
/* phrases_key.c - sets that alternatives of objects cannot do without: what stands for artificial
 * intelligence in "used by {ai}". One look for such a set answers for all that need it. */
#include "standards/phrases_need.h"

/* Sets that any match of the alternative holds, told by a walk over what is not in a group. */
static void needed_sets(const struct phrase_language *l, const struct phrase_alternative *a,
                        uint64_t out[SETS_MAX / 64])
{
    struct slice s = a->pattern;
    memset(out, 0, SETS_MAX / 8);
    for (size_t at = 0; at < s.n;) {
        struct slice name = phrase_inclusion_at(s, at);
        bool property = at > 1 && s.p[at - 2] == '\\' && strchr("pPxo", s.p[at - 1]); /* \p{L} */
        int set = name.n && !property ? phrase_set_find(l, name) : -1;
        bool optional;
        if (s.p[at] == '|') { /* any of several */
            memset(out, 0, SETS_MAX / 8);
            return;
        }
        at = name.n           ? at + name.n + 2
             : s.p[at] == '(' ? phrase_group_end(s, at)
                              : phrase_atom_end(s, at);
        at = phrase_quantifier_end(s, at < s.n ? at : s.n, &optional);
        if (set >= 0 && set != SET_OBJECT && !optional)
            out[set / 64] |= 1ull << (set % 64);
    }
}

void phrase_keys(struct phrase_language *l)
{
    uint64_t needed[SETS_MAX / 64];
    unsigned asked[SETS_MAX] = { 0 };
    for (unsigned round = 0; round < 2; round++)
        for (size_t o = 0; o < l->n_objects; o++)
            for (struct phrase_alternative *a = l->set[l->object[o]].first; a; a = a->next) {
                unsigned key = SETS_MAX;
                needed_sets(l, a, needed);
                for (unsigned i = 0; i < l->n_sets; i++) {
                    bool is_needed = needed[i / 64] >> (i % 64) & 1;
                    asked[i] += round == 0 && is_needed;
                    if (is_needed && (key == SETS_MAX || asked[i] > asked[key]))
                        key = i;
                }
                a->key = (uint8_t)key;
                if (round && key < SETS_MAX)
                    l->set[key].key = true;
            }
}
