/* SPDX-License-Identifier: Apache-2.0 */
/* metric_table.c - the list as rows, and the members of label sets. */
#include "metrics/metrics.h"

#include <string.h>

#define ROW(ID, kind_, name_, a, b, c, help_) \
    [METRIC_FAMILY_##ID] = { \
        .name = name_, \
        .help = help_, \
        .kind = METRIC_##kind_, \
        .set = { METRIC_SET_##a, METRIC_SET_##b, METRIC_SET_##c }, \
        .first = METRIC_##ID, \
        .cells = METRIC_##kind_##_CELLS, \
    },
const struct metric metric_table[METRIC_FAMILIES] = { METRICS(ROW) };
#undef ROW

#define STANDARD_NAME(NAME, row) #row,
static const char *const standard_names[] = { STANDARDS(STANDARD_NAME) };
#undef STANDARD_NAME
static const char *const vectors[] = { "reqmod", "respmod" };
static const char *const decisions[] = { "clear", "reserved", "conditional", "licensed",
                                         "undecided" };
static const char *const actions[] = { "pass", "tag", "block", "cut" };
static const char *const outcomes[] = { "done", "refused" };
static const char *const programs[] = { "filter", "optoutd" };
static const char *const events[] = { "final", "pending" };
static const char *const answers[] = { "known", "late", "refused" };
static const char *const terms[] = { "asked", "read", "refused" };
static const char *const shared[] = { "found", "absent", "leased", "held" };
static const char *const news[] = { "told", "taken", "refused", "lost" };

#define MEMBER(set, list) \
    static const char *set##_member(unsigned i) \
    { \
        return list[i]; \
    }
MEMBER(vector, vectors)
MEMBER(decision, decisions)
MEMBER(action, actions)
MEMBER(standard, standard_names)
MEMBER(outcome, outcomes)
MEMBER(program, programs)
MEMBER(event, events)
MEMBER(answer, answers)
MEMBER(terms, terms)
MEMBER(shared, shared)
MEMBER(news, news)

static const char *carrier_member(unsigned i)
{
    return carrier_name((enum carrier)i);
}

static const char *reason_member(unsigned i)
{
    return undecided_name((enum undecided)i);
}

const struct metric_labels metric_sets[METRIC_SETS] = {
    [METRIC_SET_NONE] = { "", NULL, METRIC_NONE_SIZE },
    [METRIC_SET_VECTOR] = { "vector", vector_member, METRIC_VECTOR_SIZE },
    [METRIC_SET_DECISION] = { "decision", decision_member, METRIC_DECISION_SIZE },
    [METRIC_SET_ACTION] = { "action", action_member, METRIC_ACTION_SIZE },
    [METRIC_SET_STANDARD] = { "standard", standard_member, METRIC_STANDARD_SIZE },
    [METRIC_SET_CARRIER] = { "carrier", carrier_member, METRIC_CARRIER_SIZE },
    [METRIC_SET_REASON] = { "reason", reason_member, METRIC_REASON_SIZE },
    [METRIC_SET_OUTCOME] = { "outcome", outcome_member, METRIC_OUTCOME_SIZE },
    [METRIC_SET_PROGRAM] = { "program", program_member, METRIC_PROGRAM_SIZE },
    [METRIC_SET_EVENT] = { "event", event_member, METRIC_EVENT_SIZE },
    [METRIC_SET_ANSWER] = { "answer", answer_member, METRIC_ANSWER_SIZE },
    [METRIC_SET_TERMS] = { "what", terms_member, METRIC_TERMS_SIZE },
    [METRIC_SET_SHARED] = { "result", shared_member, METRIC_SHARED_SIZE },
    [METRIC_SET_NEWS] = { "result", news_member, METRIC_NEWS_SIZE },
};

static const uint32_t filter_bounds[] = { FILTER_BOUNDS_US };
static const uint32_t wait_bounds[] = { WAIT_BOUNDS_US };

const uint32_t *metric_bounds(enum metric_kind kind, unsigned *n)
{
    *n = kind == METRIC_FILTER_TIMES ? METRIC_FILTER_BOUNDS
         : kind == METRIC_WAIT_TIMES ? METRIC_WAIT_BOUNDS
                                     : 0;
    return kind == METRIC_FILTER_TIMES ? filter_bounds : *n ? wait_bounds : NULL;
}

/* FNV-1a, 64 bits. */
static uint64_t mix(uint64_t h, const void *p, size_t n)
{
    const unsigned char *c = p;
    for (size_t i = 0; i < n; i++)
        h = (h ^ c[i]) * 0x100000001B3u;
    return h;
}

static uint64_t mix_set(uint64_t h, const struct metric_labels *set)
{
    h = mix(h, set->name, strlen(set->name) + 1);
    for (unsigned i = 0; set->member && i < set->n; i++) {
        const char *member = set->member(i);
        h = mix(h, member, strlen(member) + 1);
    }
    return h;
}

uint64_t metric_layout(void)
{
    uint64_t h = 0xCBF29CE484222325u;
    for (unsigned f = 0; f < METRIC_FAMILIES; f++) {
        const struct metric *m = &metric_table[f];
        unsigned n;
        const uint32_t *bounds = metric_bounds(m->kind, &n);
        h = mix(h, m->name, strlen(m->name) + 1);
        h = mix(h, &m->kind, sizeof m->kind);
        for (unsigned k = 0; k < 3; k++)
            h = mix_set(h, &metric_sets[m->set[k]]);
        if (bounds)
            h = mix(h, bounds, n * sizeof *bounds);
    }
    return h;
}
