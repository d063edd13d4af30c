/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_inspect.c - a whole exchange: a byte of options, a response head up to
 * its empty line, the body. It is inspected at once and in pieces, decided for
 * two profiles, and printed as tag and record. The fields X-Url and X-Method
 * stand for what was asked. */
#include "audit/record.h"
#include "http/structured.h"
#include "inspect/inspect.h"
#include "policy/profile_line.h"

#include <stdlib.h>

#define ARENA_MAX (8u << 20)
#define EXPAND_MAX (256u << 10)
#define PROFILES 2
#define ID "01HF7YAT31JZHZ0RKZGJ5V7S9C"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct config config;

static void check(bool good)
{
    if (!good)
        abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const char *const second[] = {
        "second", "purpose=tdm,train-ml,train-ai,ai-use,search", "agents=gptbot,ccbot,bingbot",
        "weak=block", "undecided.coding=block", "conditional=tag", "reserved=tag",
    };
    struct config_error e;
    (void)argc;
    (void)argv;
    config_init(&config);
    check(profile_line_apply(&config, 7, second, &e) == OPTOUT_OK);
    config.audit_client = true;
    check(config_finish(&config, &e) == OPTOUT_OK);
    return 0;
}

struct input {
    struct inspect_options options;
    enum inspect_end end;
    bool hash;
    uint8_t query; /* enum audit_query */
    int status;
    struct slice head, body;
};

static struct input take_apart(const uint8_t *data, size_t size)
{
    static const int statuses[] = { 200, 206, 402, 451, 404, 301, 0, 200 };
    static const enum inspect_end ends[] = { INSPECT_WHOLE, INSPECT_TRUNCATED, INSPECT_STOPPED,
                                             INSPECT_WHOLE };
    uint8_t o = data[0];
    struct input in = {
        .options = { .html_head_only = o & 1, .expand_max = EXPAND_MAX, .expand_ratio = 1000 },
        .hash = o & 2,
        .end = ends[o >> 2 & 3],
        .query = (uint8_t)(o % 3),
        .status = statuses[o >> 4 & 7],
        .head = slice_of(data + 1, size - 1),
    };
    size_t at = slice_find_nocase(in.head, SLICE_OF("\n\n"));
    in.body = slice_from(in.head, at + 2);
    in.head = slice_sub(in.head, 0, at + 1);
    return in;
}

static struct slice value_of(const struct headers *h, const char *name)
{
    const struct header *line = headers_find(h, name);
    return line ? line->value : SLICE_EMPTY;
}

/* Once a decision stands, nothing that follows may change what is done. */
struct standing {
    bool stands;
    enum action action;
};

static void watch(struct inspection *i, struct standing v[PROFILES])
{
    for (size_t k = 0; k < PROFILES; k++) {
        const struct profile *p = &config.profile[k];
        struct decision d;
        decide(p, inspect_signals(i), inspect_undecided(i), &d);
        check(!v[k].stands || d.action == v[k].action);
        if (decision_stands(&d, p))
            v[k] = (struct standing){ true, d.action };
    }
}

static struct inspection *run(struct arena *a, const struct exchange *x, const struct input *in,
                              size_t step, struct standing v[PROFILES])
{
    struct inspection *i = inspect_open(a, x, &in->options);
    check(i != NULL);
    enum optout_rc rc = OPTOUT_MORE;
    for (struct slice rest = in->body; rest.n && rc == OPTOUT_MORE; rest = slice_from(rest, step)) {
        struct slice piece = slice_sub(rest, 0, step);
        uint8_t *copy = malloc(piece.n); /* so that no byte beyond it is read */
        check(copy != NULL);
        memcpy(copy, piece.p, piece.n);
        if (in->hash)
            inspect_hash(i, slice_of(copy, piece.n));
        rc = inspect_feed(i, slice_of(copy, piece.n));
        check(rc == OPTOUT_MORE || rc == OPTOUT_DONE);
        free(copy);
        if (v)
            watch(i, v);
    }
    inspect_close(i, in->end);
    if (v)
        watch(i, v);
    return i;
}

/* ---- the same, however it is cut ---- */

static bool same_signal(const struct signal *a, const struct signal *b)
{
    return a->standard == b->standard && a->carrier == b->carrier && a->scope == b->scope &&
           a->confidence == b->confidence && a->property == b->property &&
           a->place_kind == b->place_kind && a->at == b->at && a->raw_cut == b->raw_cut &&
           a->note == b->note && memcmp(&a->prefs, &b->prefs, sizeof a->prefs) == 0 &&
           slice_eq(a->agent, b->agent) && slice_eq(a->raw, b->raw) && slice_eq(a->url, b->url);
}

/* Of corrupt Brotli data the decoder gives only what earlier calls completed, by
 * which a body that is sniffed may have been found to be no page already. */
static bool depends_on_pieces(const struct exchange *x, struct inspection *i)
{
    size_t at = 0;
    const struct header *h;
    if (!(inspect_undecided(i) & undecided_bit(UNDECIDED_CODING)))
        return false;
    while ((h = headers_next(&x->response, "content-encoding", &at)) != NULL)
        if (slice_find_nocase(h->value, SLICE_OF("br")) < h->value.n)
            return true;
    return false;
}

static void check_same(const struct exchange *x, struct inspection *a,
                       struct inspection *b)
{
    const struct signals *s = inspect_signals(a), *t = inspect_signals(b);
    if (depends_on_pieces(x, a) || depends_on_pieces(x, b))
        return;
    check(s->n == t->n && s->overflow == t->overflow && s->settled == t->settled);
    for (size_t i = 0; i < s->n; i++)
        check(same_signal(&s->v[i], &t->v[i]));
    check(inspect_undecided(a) == inspect_undecided(b));
}

/* ---- what is printed ---- */

static void check_tag(struct arena *a, const struct decision *d, const struct profile *p)
{
    struct buf tag;
    struct sf_list members;
    buf_init(&tag, 4096);
    decision_print_tag(d, p, ID, &tag);
    check(tag.failed == OPTOUT_OK);
    check(sf_parse_dictionary(a, buf_slice(&tag), &members) == OPTOUT_OK);
    check(sf_get(&members, "decision") == &members.v[0]);
    check((sf_get(&members, "by") != NULL) == (d->n_by != 0));
    buf_free(&tag);
}

/* One line of JSON: nothing in it can end it early. */
static void check_line(struct slice line)
{
    check(line.n >= 3 && line.p[0] == '{');
    check(line.p[line.n - 2] == '}' && line.p[line.n - 1] == '\n');
    for (size_t i = 0; i + 1 < line.n; i++)
        check(line.p[i] >= 0x20 && line.p[i] != 0x7F);
}

static void check_record(const struct exchange *x, struct inspection *i,
                         const struct decision *d, const struct profile *p,
                         const struct input *in)
{
    struct config *c = &config;
    struct record r = {
        .event = RECORD_FINAL,
        .id = ID,
        .config = c,
        .profile = p,
        .exchange = x,
        .signals = inspect_signals(i),
        .decision = d,
        .action = d->action,
        .client = value_of(&x->response, "x-client"),
        .transaction = value_of(&x->response, "x-transaction"),
        .media_type = value_of(&x->response, "content-type"),
        .vector = "respmod",
        .inspected = inspect_format(i),
        .length = exchange_content_length(x),
        .seen = inspect_seen(i),
        .whole = in->end == INSPECT_WHOLE,
    };
    struct buf line;
    c->audit_query = in->query;
    r.has_sha256 = inspect_sha256(i, r.sha256);
    check(!r.has_sha256 || (in->hash && in->end == INSPECT_WHOLE));
    buf_init(&line, RECORD_MAX);
    check(record_print(&r, &line) == OPTOUT_OK);
    check_line(buf_slice(&line));
    buf_free(&line);
}

static void check_decision(const struct decision *d, undecided_set unread)
{
    check(d->kind < DECISION_COUNT && d->action < ACTION_CUT && d->n_by <= DECISION_BY_MAX);
    check((unread & ~d->undecided) == 0);
    check(d->kind != DECISION_CLEAR || (d->undecided == 0 && d->n_by == 0));
    check((d->kind == DECISION_RESERVED || d->kind == DECISION_CONDITIONAL) == (d->n_by != 0));
    check(d->n_by || d->contact.n == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct input in = take_apart(data, size);
    struct exchange x = { .status = in.status, .minor = 1, .has_body = in.body.n != 0 };
    struct standing standing[PROFILES] = { { false, ACTION_PASS } };
    struct arena a;
    arena_init(&a, ARENA_MAX, NULL, 0);
    enum optout_rc rc = headers_parse(&x.response, &a, in.head);
    check(rc == OPTOUT_OK || rc == OPTOUT_E_LIMIT);
    x.request = x.response;
    x.url = value_of(&x.response, "x-url");
    x.method = value_of(&x.response, "x-method");

    struct inspection *whole = run(&a, &x, &in, SIZE_MAX, NULL);
    struct inspection *pieces = run(&a, &x, &in, 1 + data[0] % 13, NULL);
    check_same(&x, whole, pieces);
    struct inspection *watched = run(&a, &x, &in, 61, standing);
    check_same(&x, whole, watched);
    for (size_t k = 0; k < PROFILES; k++) {
        const struct profile *p = &config.profile[k];
        struct decision d;
        decide(p, inspect_signals(whole), inspect_undecided(whole), &d);
        check_decision(&d, inspect_undecided(whole));
        check_tag(&a, &d, p);
        check_record(&x, whole, &d, p, &in);
    }
    arena_reset(&a);
    return 0;
}
