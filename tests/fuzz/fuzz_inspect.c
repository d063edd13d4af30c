/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_inspect.c - a whole exchange as the proxy judges it: a byte of options, a response
 * head up to its empty line, the body. It is judged for two profiles, at once, in pieces,
 * and stopped where the verdict is known; what comes out is printed as tag and record.
 * The fields X-Url and X-Method stand for what was asked, X-Image for an image that is asked for next,
 * with the page as its Referer, and X-Image-To for where that leads. */
#include "http/structured.h"
#include "policy/profile_line.h"
#include "verdict/image_map.h"
#include "verdict/judge.h"

#include <stdlib.h>

#define EXPAND_MAX (256u << 10)
#define PROFILES 2

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
        "natural=plain:block,hint:tag", "natural-binding=yes",
    };
    struct config_error e;
    (void)argc;
    (void)argv;
    config_init(&config);
    check(profile_line_apply(&config, 9, second, &e) == OPTOUT_OK);
    config.audit_client = true;
    config.expand_max = EXPAND_MAX;
    config.expand_ratio = 1000;
    check(config_finish(&config, &e) == OPTOUT_OK);
    return 0;
}

struct input {
    enum inspect_end end;
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
        .end = ends[o >> 2 & 3],
        .status = statuses[o >> 4 & 7],
        .head = slice_of(data + 1, size - 1),
    };
    config.html_depth = o & 1 ? HTML_DEPTH_HEAD : HTML_DEPTH_DOCUMENT;
    config.audit_body_hash = o & 2;
    config.audit_query = (uint8_t)(o % 3);
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

struct run {
    struct arena arena;
    struct judge judge;
    enum inspect_end end;
    bool decided; /* before the end, for `action` */
    enum action action;
};

static void open_run(struct run *r, const struct input *in, const struct profile *p)
{
    struct judge_basis basis = { .config = &config, .phrases = phrases_builtin(),
                                 .images = image_map_make(16) };
    struct judge *j = &r->judge;
    struct exchange *x = &j->exchange;
    memset(r, 0, sizeof *r);
    arena_init(&r->arena, JUDGE_ARENA, NULL, 0);
    judge_begin(j, &basis, p, &r->arena);
    enum optout_rc rc = headers_parse(&x->response, &r->arena, in->head);
    check(rc == OPTOUT_OK || rc == OPTOUT_E_LIMIT);
    x->request = x->response;
    x->url = value_of(&x->response, "x-url");
    x->method = value_of(&x->response, "x-method");
    x->status = in->status;
    x->has_body = in->body.n != 0;
    check(judge_open(j) == OPTOUT_OK);
}

/* Is the verdict known? Nothing that follows may change what is done. */
static void look_whether_decided(struct run *r)
{
    bool now = judge_is_decided(&r->judge);
    if (now && !r->decided)
        r->action = r->judge.decision.action;
    r->decided = r->decided || now;
}

/* Returns whether it wants more. */
static bool feed(struct judge *j, struct slice piece)
{
    uint8_t *copy = malloc(piece.n); /* so that no byte beyond it is read */
    check(copy != NULL);
    memcpy(copy, piece.p, piece.n);
    judge_hash(j, slice_of(copy, piece.n));
    enum optout_rc rc = judge_feed(j, slice_of(copy, piece.n));
    check(rc == OPTOUT_MORE || rc == OPTOUT_DONE);
    free(copy);
    return rc == OPTOUT_MORE;
}

/* `early`: reads no further than the verdict needs. */
static void judge_input(struct run *r, const struct input *in, const struct profile *p,
                        size_t step, bool early)
{
    open_run(r, in, p);
    look_whether_decided(r);
    struct slice rest = in->body;
    bool more = true;
    while (rest.n && more && !(early && r->decided)) {
        more = feed(&r->judge, slice_sub(rest, 0, step));
        rest = slice_from(rest, step);
        look_whether_decided(r);
    }
    r->end = early && rest.n ? INSPECT_STOPPED : in->end;
    judge_settle(&r->judge, r->end, false);
    check(!r->decided || r->judge.decision.action == r->action);
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

static void check_same(const struct run *one, const struct run *other)
{
    struct inspection *a = one->judge.inspection, *b = other->judge.inspection;
    const struct exchange *x = &one->judge.exchange;
    const struct signals *s = inspect_signals(a), *t = inspect_signals(b);
    if (depends_on_pieces(x, a) || depends_on_pieces(x, b))
        return;
    check(s->n == t->n && s->overflow == t->overflow && s->settled == t->settled);
    for (size_t i = 0; i < s->n; i++)
        check(same_signal(&s->v[i], &t->v[i]));
    check(inspect_undecided(a) == inspect_undecided(b));
}

/* ---- what is printed ---- */

static void check_tag(struct judge *j)
{
    const struct decision *d = &j->decision;
    struct buf tag;
    struct sf_list members;
    struct arena a;
    arena_init(&a, 1u << 20, NULL, 0);
    buf_init(&tag, 4096);
    decision_print_tag(d, j->profile, j->record.id, &tag);
    check(tag.failed == OPTOUT_OK);
    check(sf_parse_dictionary(&a, buf_slice(&tag), &members) == OPTOUT_OK);
    check(sf_get(&members, "decision") == &members.v[0]);
    check((sf_get(&members, "by") != NULL) == (d->n_by != 0));
    buf_free(&tag);
    arena_reset(&a);
}

/* One line of JSON: nothing in it can end it early. */
static void check_line(struct slice line)
{
    check(line.n >= 3 && line.p[0] == '{');
    check(line.p[line.n - 2] == '}' && line.p[line.n - 1] == '\n');
    for (size_t i = 0; i + 1 < line.n; i++)
        check(line.p[i] >= 0x20 && line.p[i] != 0x7F);
}

static void check_record(struct run *r)
{
    struct judge *j = &r->judge;
    struct buf line;
    j->record.client = value_of(&j->exchange.response, "x-client");
    j->record.transaction = value_of(&j->exchange.response, "x-transaction");
    judge_close_record(j, r->end, j->decision.action, 0);
    check(!j->record.has_sha256 || (config.audit_body_hash && r->end == INSPECT_WHOLE));
    buf_init(&line, RECORD_MAX);
    check(record_print(&j->record, &line) == OPTOUT_OK);
    check_line(buf_slice(&line));
    buf_free(&line);
}

/* What the record refers to: a line each, under an id of its own. */
static void check_references(const struct judge *j)
{
    struct reference_list to;
    record_references(&j->record, &to);
    check(to.n >= 1 && to.n <= REFERENCES_MAX);
    for (size_t i = 0; i < to.n; i++) {
        struct buf line;
        buf_init(&line, 1u << 20);
        to.of[i].print(&to.of[i], &line);
        check(line.failed == OPTOUT_OK);
        check_line(buf_slice(&line));
        buf_free(&line);
    }
}

static void check_decision(const struct decision *d, undecided_set unread)
{
    check(d->kind < DECISION_COUNT && d->action < ACTION_CUT && d->n_by <= DECISION_BY_MAX);
    check((unread & ~d->undecided) == 0);
    check(d->kind != DECISION_CLEAR || (d->undecided == 0 && d->n_by == 0));
    check((d->kind == DECISION_RESERVED || d->kind == DECISION_CONDITIONAL) == (d->n_by != 0));
    check(d->n_by || d->contact.n == 0);
}

/* ---- the images of the page ---- */

/* What the page says of them restricts, and names the page. */
static void check_embedded(const struct signals *s)
{
    for (size_t i = 0; i < s->n; i++)
        for (size_t u = 0; s->v[i].page.n && u < USAGE_COUNT; u++)
            check(s->v[i].prefs.of[u] != PREF_ALLOW);
}

static void begin_image(struct judge *j, struct arena *a, const struct run *r, struct slice image)
{
    const struct headers *head = &r->judge.exchange.response;
    struct slice page = value_of(head, "x-url"), to = value_of(head, "x-image-to");
    struct buf request, response;
    memset(j, 0, sizeof *j);
    judge_begin(j, &r->judge.basis, r->judge.profile, a);
    buf_init(&request, 1u << 16);
    buf_init(&response, 1u << 16);
    buf_printf(&request, "Accept: image/png\r\nReferer: %.*s\r\n", SLICE_FMT(slice_sub(page, 0, 4096)));
    buf_printf(&response, "Content-Type: image/png\r\nLocation: %.*s\r\n", SLICE_FMT(slice_sub(to, 0, 4096)));
    check(headers_parse(&j->exchange.request, a, arena_copy(a, buf_slice(&request), 1u << 16)) == OPTOUT_OK);
    check(headers_parse(&j->exchange.response, a, arena_copy(a, buf_slice(&response), 1u << 16)) == OPTOUT_OK);
    buf_free(&request);
    buf_free(&response);
    j->exchange.url = image;
    j->exchange.method = SLICE_OF("GET");
    j->exchange.status = to.n ? 302 : 200;
}

static void ask_for_image(const struct run *r)
{
    struct slice image = value_of(&r->judge.exchange.response, "x-image");
    struct arena a;
    static struct judge j;
    if (!image.n)
        return;
    arena_init(&a, JUDGE_ARENA, NULL, 0);
    begin_image(&j, &a, r, image);
    judge_open_request(&j);
    (void)judge_settle_site(&j);
    if (j.record.signals)
        check_embedded(j.record.signals);
    begin_image(&j, &a, r, image);
    check(judge_open(&j) == OPTOUT_OK);
    judge_settle(&j, INSPECT_WHOLE, false);
    check_embedded(inspect_signals(j.inspection));
    arena_reset(&a);
}

static void end_run(struct run *r)
{
    check_decision(&r->judge.decision, inspect_undecided(r->judge.inspection));
    check_tag(&r->judge);
    check_record(r);
    check_references(&r->judge);
    judge_remember(&r->judge, r->end); /* the images of the page, in its map */
    ask_for_image(r);
    image_map_free(r->judge.basis.images);
    arena_reset(&r->arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct input in = take_apart(data, size);
    size_t steps[PROFILES] = { 1 + data[0] % 13, 61 };
    for (size_t k = 0; k < PROFILES; k++) {
        const struct profile *p = &config.profile[k];
        static struct run whole, pieces, early;
        judge_input(&whole, &in, p, SIZE_MAX, false);
        judge_input(&pieces, &in, p, steps[k], false);
        if (in.end != INSPECT_STOPPED) /* then the words of the last piece are left */
            check_same(&whole, &pieces);
        if (pieces.decided) {
            judge_input(&early, &in, p, steps[k], true);
            check(early.judge.decision.action == pieces.action);
            end_run(&early);
        }
        end_run(&whole);
        end_run(&pieces);
    }
    return 0;
}
