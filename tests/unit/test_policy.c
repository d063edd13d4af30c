/* SPDX-License-Identifier: Apache-2.0 */
/* The decision: its tag, when it stands, and what no message shows. What is decided, by
 * whom, and why, the vectors of tests/conformance/decisions say. */
#include "unit.h"

#include "http/structured.h"
#include "inspect/inspect.h"
#include "policy/decide.h"
#include "policy/profile_line.h"
#include "standards/standard.h"

#define ID "01HF7YAT31JZHZ0RKZGJ5V7S9C"
#define META(name, content) "<meta name=" name " content=" content ">"

struct rule {
    const char *name;
    const char *profile; /* keys of the Profile directive */
    int status;          /* 0: 200 */
    const char *head;
    const char *page;
    const char *unread; /* reasons, separated by commas */
    /* what is expected */
    const char *decision; /* decision and what is done, "reserved block" */
    const char *by;       /* every deciding statement, in order */
    const char *contact;
};

/* One for each shape of a tag; and what the vectors, whose statements are not those of a whole
 * inspection, cannot show. */
static const struct rule rules[] = {
    { .name = "several decide, who is named once", .status = 402,
      .head = "Crawler-Error: CrawlerForbidden\nCrawler-Price: USD 0.01",
      .decision = "reserved block", .by = "access-status access-header access-header" },
    { .name = "usages denied and conditional",
      .head = "TDM-Reservation: 1\nTDM-Policy: https://p.example/p\nX-Robots-Tag: noai",
      .decision = "reserved block", .by = "tdmrep-header robots-meta-header",
      .contact = "https://p.example/p" },
    { .name = "usages allowed, and nobody decides",
      .head = "Content-Usage: search=y, train-ai=y\nX-Robots-Tag: noindex",
      .decision = "clear pass" },
    { .name = "only a weak statement", .head = "Content-Signal: ai-train=no",
      .decision = "reserved tag", .by = "content-signals-header" },
    { .name = "a reason, and nobody decides", .unread = "partial", .decision = "undecided tag" },
    { .name = "the first of two reasons beside who decides", .head = "Content-Usage: train-ai=n",
      .unread = "truncated,coding", .decision = "reserved block", .by = "aipref-header" },
    { .name = "a policy's URL is made absolute",
      .head = "TDM-Reservation: 1\nTDM-Policy: /policy.json", .decision = "conditional block",
      .by = "tdmrep-header", .contact = "https://o.example/policy.json" },
};

/* ---- printing what came out, to compare it as text ---- */

static void print_by(const struct signal *s, struct buf *out)
{
    static const char *const carriers[] = { "header", "status", "html", "site",
                                            "xmp",    "jumbf",  "iim",  "epub", "feed", "text" };
    buf_printf(out, "%s%s-%s", out->n ? " " : "", standards[s->standard]->name,
               carriers[s->carrier]);
}

/* Compares and empties `got`. */
static void same(const char *what, struct buf *got, const char *want)
{
    want = want ? want : "";
    if (!slice_eq(buf_slice(got), slice_cstr(want)))
        fail_msg("%s: got \"%.*s\", want \"%s\"", what, (int)got->n, (const char *)got->p, want);
    buf_clear(got);
}

/* ---- the tag ---- */

static bool in_list(const struct sf_item *list, struct slice text, size_t before)
{
    for (size_t i = 0; i < before; i++)
        if (slice_eq(list->items[i].text, text))
            return true;
    return false;
}

/* The names of `by` are strings, each once, and those of the deciding signals. */
static void check_by(const struct sf_item *by, const struct decision *d)
{
    struct buf name;
    buf_init(&name, 256);
    assert_int_equal(by != NULL, d->n_by != 0);
    for (size_t i = 0; by && i < by->n_items; i++) {
        assert_int_equal(by->items[i].type, SF_STRING);
        assert_false(in_list(by, by->items[i].text, i));
    }
    for (size_t i = 0; i < d->n_by; i++) {
        print_by(d->by[i], &name);
        assert_true(in_list(by, buf_slice(&name), by->n_items));
        buf_clear(&name);
    }
    buf_free(&name);
}

static void check_params(const struct sf_item *decision, const struct decision *d,
                         const struct profile *p)
{
    size_t n = 0;
    if (d && d->undecided) {
        assert_slice(decision->params[n].key, "reason");
        assert_int_equal(decision->params[n].type, SF_TOKEN);
        assert_slice(decision->params[n++].text, undecided_name(undecided_first(d->undecided)));
    }
    assert_slice(decision->params[n].key, "profile");
    assert_int_equal(decision->params[n].type, SF_TOKEN);
    assert_slice(decision->params[n++].text, p->name);
    assert_slice(decision->params[n].key, "id");
    assert_int_equal(decision->params[n].type, SF_STRING);
    assert_slice(decision->params[n++].text, ID);
    assert_int_equal(decision->n_params, n);
}

static void check_tag(struct arena *a, const struct decision *d, const struct profile *p)
{
    struct buf tag;
    struct sf_list members;
    size_t n = 1;
    buf_init(&tag, 4096);
    decision_print_tag(d, p, ID, &tag);
    assert_int_equal(tag.failed, OPTOUT_OK);
    assert_int_equal(sf_parse_dictionary(a, buf_slice(&tag), &members), OPTOUT_OK);
    const struct sf_item *decision = sf_get(&members, "decision");
    assert_non_null(decision);
    assert_int_equal(decision->type, SF_TOKEN);
    assert_slice(decision->text, decision_name(d->kind));
    check_params(decision, d, p);
    for (unsigned u = 0; u < USAGE_COUNT; u++) {
        static const char *const letters[] = { NULL, "y", "c", "n" };
        const struct sf_item *item = sf_get(&members, usage_name((enum usage)u));
        assert_int_equal(item != NULL, d->usage.of[u] != PREF_UNKNOWN);
        if (item) {
            assert_int_equal(item->type, SF_TOKEN);
            assert_slice(item->text, letters[d->usage.of[u]]);
            n++;
        }
    }
    check_by(sf_get(&members, "by"), d);
    assert_int_equal(members.n, n + (d->n_by != 0)); /* and nothing else */
    buf_free(&tag);
}

/* ---- running a row ---- */

static void apply_profile(struct config *c, const char *keys)
{
    char text[512];
    const char *argv[16] = { "training" };
    struct config_error e = { .line = 0 };
    int argc = 1;
    snprintf(text, sizeof text, "%s", keys);
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    if (profile_line_apply(c, argc, argv, &e) != OPTOUT_OK)
        fail_msg("profile \"%s\": %s", keys, e.reason);
}

static undecided_set reasons(const char *names)
{
    undecided_set set = 0;
    struct slice rest = slice_cstr(names), name;
    while (slice_split(&rest, ',', &name)) {
        enum undecided u;
        assert_true(undecided_from_name(name, &u));
        set |= undecided_bit(u);
    }
    return set;
}

static const struct signals *read_message(struct arena *a, const struct rule *r,
                                          struct exchange *x)
{
    static const struct inspect_options o = { .expand_max = 1u << 20, .expand_ratio = 100 };
    char head[1024];
    snprintf(head, sizeof head, "Content-Type: text/html\n%s\n", r->head ? r->head : "");
    *x = (struct exchange){
        .url = SLICE("https://o.example/page"),
        .status = r->status ? r->status : 200,
        .minor = 1,
        .has_body = true,
    };
    struct slice kept = arena_copy(a, slice_cstr(head), SIZE_MAX);
    assert_int_equal(headers_parse(&x->response, a, kept), OPTOUT_OK);
    struct inspection *i = inspect_open(a, x, &o);
    assert_non_null(i);
    (void)inspect_feed(i, slice_cstr(r->page));
    inspect_close(i, INSPECT_WHOLE);
    assert_int_equal(inspect_undecided(i), 0);
    return inspect_signals(i);
}

static void compare(const struct rule *r, const struct decision *d)
{
    struct buf text;
    buf_init(&text, 4096);
    buf_printf(&text, "%s %s", decision_name(d->kind), action_name(d->action));
    same("decision", &text, r->decision);
    for (size_t i = 0; i < d->n_by; i++)
        print_by(d->by[i], &text);
    same("by", &text, r->by);
    assert_slice(d->contact, r->contact ? r->contact : "");
    buf_free(&text);
}

static void run_rule(void **state)
{
    const struct rule *r = *state;
    struct arena a = test_arena();
    struct config *c = malloc(sizeof *c);
    assert_non_null(c);
    config_init(c);
    if (r->profile)
        apply_profile(c, r->profile);
    struct exchange x;
    struct decision d, again;
    const struct signals *s = read_message(&a, r, &x);
    undecided_set unread = r->unread ? reasons(r->unread) : 0;
    decide(&c->profile[0], s, unread, &d);
    compare(r, &d);
    assert_int_equal(d.undecided, unread);
    check_tag(&a, &d, &c->profile[0]);

    decide(&c->profile[0], s, unread, &again);
    assert_int_equal(again.kind, d.kind);
    assert_int_equal(again.n_by, d.n_by);
    free(c);
    arena_reset(&a);
}

/* ---- when reading may stop ---- */

static struct signal statement(enum standard_id id, enum confidence confidence,
                               enum preference preference)
{
    return (struct signal){
        .standard = (uint8_t)id,
        .carrier = CARRIER_HTML,
        .confidence = (uint8_t)confidence,
        .prefs = { { [USAGE_TRAIN_AI] = (uint8_t)preference } },
    };
}

static bool stands(const struct profile *p, const struct signals *s, undecided_set unread,
                   enum action *action)
{
    struct decision d;
    decide(p, s, unread, &d);
    *action = d.action;
    return decision_stands(&d, p);
}

static struct signal words(enum phrase_grade grade, bool aside)
{
    struct signal s = statement(STD_NATURAL_LANGUAGE, CONF_WEAK, PREF_DENY);
    s.property = (uint8_t)grade;
    s.aside = aside;
    return s;
}

static void assert_words_change_nothing(const char *keys, const struct profile *p,
                                        const struct signals *s, enum action action)
{
    enum action later;
    for (unsigned g = PHRASE_HINT; g < PHRASE_GRADE_COUNT; g++)
        for (unsigned aside = 0; aside < 2; aside++) {
            struct signals more = *s;
            struct signal extra = words((enum phrase_grade)g, aside);
            assert_int_equal(signals_add(&more, &extra), OPTOUT_OK);
            (void)stands(p, &more, 0, &later);
            if (later != action)
                fail_msg("\"%s\": stood at %s, then %s words gave %s", keys, action_name(action),
                         phrase_grade_name((enum phrase_grade)g), action_name(later));
        }
}

/* Everything that may still be found or go wrong, one at a time. */
static void assert_nothing_changes(const char *keys, const struct profile *p,
                                   const struct signals *s, enum action action)
{
    enum action later;
    for (unsigned c = 0; c < CONF_COUNT; c++)
        for (unsigned v = 0; v < PREF_COUNT; v++) {
            struct signals more = *s;
            struct signal extra = statement(STD_ROBOTS_META, (enum confidence)c,
                                            (enum preference)v);
            if (c == CONF_WEAK && v == PREF_ALLOW)
                continue; /* no standard says it */
            assert_int_equal(signals_add(&more, &extra), OPTOUT_OK);
            (void)stands(p, &more, 0, &later);
            if (later != action)
                fail_msg("\"%s\": stood at %s, then a %s statement of %s gave %s", keys,
                         action_name(action), confidence_name((enum confidence)c),
                         preference_name((enum preference)v), action_name(later));
        }
    for (unsigned u = 0; u < UNDECIDED_COUNT; u++) {
        if (u == UNDECIDED_SITE_UNKNOWN || u == UNDECIDED_ROBOTS_UNREACHABLE)
            continue; /* known before a body is read */
        (void)stands(p, s, undecided_bit((enum undecided)u), &later);
        if (later != action)
            fail_msg("\"%s\": stood at %s, then %s gave %s", keys, action_name(action),
                     undecided_name((enum undecided)u), action_name(later));
    }
}

static void a_decision_that_stands_is_changed_by_nothing(void **state)
{
    static const char *const reserved[] = { "reserved=pass", "reserved=tag", "reserved=block" };
    static const char *const conditional[] = { "conditional=pass", "conditional=tag",
                                               "conditional=block" };
    static const char *const weak[] = { "weak=ignore", "weak=tag", "weak=block" };
    static const char *const natural[] = { "natural=hint:block", "natural=likely:ignore",
                                           "natural=plain:block natural-binding=yes",
                                           "natural=plain:ignore,likely:ignore" };
    static const char *const unread[] = { "undecided=pass", "undecided=tag", "undecided=block",
                                          "undecided=pass undecided.coding=block" };
    struct config *c = malloc(sizeof *c);
    size_t standing = 0;
    (void)state;
    assert_non_null(c);
    for (size_t i = 0; i < 3 * 3 * 3 * 4 * 3 * 4; i++) {
        struct arena a = test_arena();
        struct signals s;
        enum action action;
        char keys[256];
        snprintf(keys, sizeof keys, "%s %s %s %s %s", reserved[i % 3], conditional[i / 3 % 3],
                 weak[i / 9 % 3], unread[i / 27 % 4], natural[i / 324]);
        config_init(c);
        apply_profile(c, keys);
        signals_init(&s, &a);
        struct signal first = statement(STD_AIPREF, CONF_EXACT,
                                        i / 108 % 3 ? PREF_CONDITIONAL : PREF_DENY);
        if (i / 108 % 3 == 2)
            first = words(PHRASE_PLAIN, false);
        assert_int_equal(signals_add(&s, &first), OPTOUT_OK);
        if (stands(&c->profile[0], &s, 0, &action)) {
            assert_nothing_changes(keys, &c->profile[0], &s, action);
            assert_words_change_nothing(keys, &c->profile[0], &s, action);
            standing++;
        }
        arena_reset(&a);
    }
    assert_true(standing > 20);
    free(c);
}

static void stands_as(const char *keys, const char *head, const char *page, bool settled,
                      bool want)
{
    struct arena a = test_arena();
    struct config *c = malloc(sizeof *c);
    struct exchange x;
    enum action action;
    const struct rule r = { .head = head, .page = page };
    assert_non_null(c);
    config_init(c);
    apply_profile(c, keys);
    struct signals s = *read_message(&a, &r, &x);
    s.settled = settled;
    if (stands(&c->profile[0], &s, 0, &action) != want)
        fail_msg("\"%s\" with \"%s\" %s", keys, head, want ? "does not stand" : "stands");
    free(c);
    arena_reset(&a);
}

static void what_stands_and_what_does_not(void **state)
{
    (void)state;
    stands_as("", "X-Robots-Tag: noai", NULL, false, true);
    stands_as("", "TDM-Reservation: 1", NULL, false, false); /* the page may lift it */
    stands_as("", "TDM-Reservation: 1", NULL, true, true);
    stands_as("", "Content-Usage: train-ai=y", NULL, true, false);
    stands_as("", "", NULL, true, false);
    stands_as("weak=block", "Content-Signal: ai-train=no", NULL, true, false);
    stands_as("mode=monitor", "X-Robots-Tag: noai", NULL, true, false);
    stands_as("reserved=tag undecided.coding=block", "X-Robots-Tag: noai", NULL, true, false);
    stands_as("conditional=tag", "Crawler-Price: USD 1", NULL, true, false);
    stands_as("conditional=tag reserved=tag", "Crawler-Price: USD 1", NULL, true, true);
    stands_as("reserved=tag undecided=tag natural=hint:block", "X-Robots-Tag: noai", NULL, true,
              false);
}

/* Words that bind end the reading as any other denial does. */
static void words_stand_where_they_bind(void **state)
{
    (void)state;
    for (unsigned binding = 0; binding < 2; binding++)
        for (unsigned g = PHRASE_PERMISSION; g < PHRASE_GRADE_COUNT; g++)
            for (unsigned aside = 0; aside < 2; aside++) {
                struct arena a = test_arena();
                struct profile p;
                struct signals s;
                enum action action;
                profile_init(&p);
                p.natural_binding = binding;
                signals_init(&s, &a);
                struct signal said = words((enum phrase_grade)g, aside);
                assert_int_equal(signals_add(&s, &said), OPTOUT_OK);
                bool binds = binding && g == PHRASE_PLAIN && !aside;
                assert_int_equal(stands(&p, &s, 0, &action), binds);
                assert_int_equal(action, binds              ? ACTION_BLOCK
                                         : g >= PHRASE_LIKELY ? ACTION_TAG
                                                              : ACTION_PASS);
                arena_reset(&a);
            }
}

/* ---- what no message shows ---- */

static struct signal denial(enum standard_id id, enum carrier carrier)
{
    return (struct signal){
        .standard = (uint8_t)id,
        .carrier = (uint8_t)carrier,
        .confidence = CONF_EXACT,
        .prefs = { { [USAGE_TRAIN_AI] = PREF_DENY } },
    };
}

/* So many that differ in what was written. */
static void add_many(struct signals *s, struct signal like, unsigned from, unsigned n)
{
    for (unsigned i = from; i < from + n; i++) {
        char text[16];
        snprintf(text, sizeof text, "%u", i);
        like.raw = slice_cstr(text);
        (void)signals_add(s, &like);
    }
}

/* More statements than are kept: what was left out may be anything. */
static void more_statements_than_are_kept_are_limit_signals(void **state)
{
    struct arena a = test_arena();
    struct signals s;
    struct profile p;
    struct decision d;
    struct signal other = { .standard = STD_ROBOTS_META, .confidence = CONF_EXACT,
                            .agent = SLICE_OF("another") };
    (void)state;
    profile_init(&p);
    signals_init(&s, &a);
    other.prefs.of[USAGE_TRAIN_AI] = PREF_DENY;
    add_many(&s, other, 0, SIGNALS_MAX);
    decide(&p, &s, 0, &d);
    assert_int_equal(d.kind, DECISION_CLEAR);
    other.raw = SLICE_OF("one more");
    assert_int_equal(signals_add(&s, &other), OPTOUT_E_LIMIT);
    decide(&p, &s, 0, &d);
    assert_int_equal(d.kind, DECISION_UNDECIDED);
    assert_int_equal(d.undecided, undecided_bit(UNDECIDED_LIMIT_SIGNALS));
    assert_int_equal(d.action, ACTION_TAG);
    check_tag(&a, &d, &p);
    s.v[3] = denial(STD_AIPREF, CARRIER_HTTP_HEADER);
    decide(&p, &s, 0, &d);
    assert_int_equal(d.kind, DECISION_RESERVED);
    assert_int_equal(d.action, ACTION_BLOCK);
    arena_reset(&a);
}

/* Collected for a profile: what is said to others, of other usages or weakly takes no place
 * from what is said to it, and what is lost of that makes nothing undecided. */
static void floods_displace_no_denial(void **state)
{
    struct arena a = test_arena();
    struct signals s;
    struct profile p;
    struct decision d;
    struct signal other = denial(STD_ROBOTS_META, CARRIER_HTML), weak = other, mine = other;
    (void)state;
    profile_init(&p);
    strcpy(p.agent[p.n_agents++], "ourbot");
    signals_init(&s, &a);
    s.scale = decision_scale(&p);
    other.agent = SLICE_OF("another");
    weak.confidence = CONF_WEAK;
    mine.agent = SLICE_OF("ourbot");
    add_many(&s, other, 0, 600);
    add_many(&s, words(PHRASE_HINT, false), 0, 600); /* ignored, so they weigh nothing */
    assert_false(s.overflow);
    decide(&p, &s, 0, &d);
    assert_int_equal(d.kind, DECISION_CLEAR);
    add_many(&s, weak, 0, 600);
    assert_true(s.overflow); /* weak ones restrict as well */
    assert_int_equal(signals_add(&s, &mine), OPTOUT_OK);
    decide(&p, &s, 0, &d);
    assert_int_equal(d.kind, DECISION_RESERVED);
    assert_slice(s.v[SIGNALS_MAX - 1].agent, "ourbot");
    p.natural_binding = true;
    struct signal bound = words(PHRASE_PLAIN, false);
    bound.raw = SLICE_OF("plain");
    add_many(&s, mine, 0, SIGNALS_MAX - 1);
    assert_slice(s.v[0].agent, "ourbot"); /* of all that is weak nothing is left */
    assert_int_equal(signals_add(&s, &bound), OPTOUT_E_LIMIT);
    s.v[0] = weak;
    s.v[0].weight = WEIGHT_WEAK;
    assert_int_equal(signals_add(&s, &bound), OPTOUT_OK);
    assert_slice(s.v[SIGNALS_MAX - 1].raw, "plain");
    assert_int_equal(d.action, ACTION_BLOCK);
    arena_reset(&a);
}

/* An overflow with an empty list: nothing fitted. */
static void an_empty_list_that_overflowed_is_not_clear(void **state)
{
    struct profile p;
    struct decision d;
    const struct signals s = { .overflow = true };
    (void)state;
    profile_init(&p);
    decide(&p, &s, 0, &d);
    assert_int_equal(d.kind, DECISION_UNDECIDED);
}

static void more_deciders_than_are_named_are_cut(void **state)
{
    struct arena a = test_arena();
    struct signals s;
    struct profile p;
    struct decision d;
    (void)state;
    profile_init(&p);
    signals_init(&s, &a);
    for (size_t i = 0; i < 3 * DECISION_BY_MAX; i++) {
        struct signal sig = denial((enum standard_id)(i % STD_COUNT),
                                   (enum carrier)(i % CARRIER_COUNT));
        assert_int_equal(signals_add(&s, &sig), OPTOUT_OK);
    }
    decide(&p, &s, 0, &d);
    assert_int_equal(d.n_by, DECISION_BY_MAX);
    assert_int_equal(d.kind, DECISION_RESERVED);
    check_tag(&a, &d, &p);
    arena_reset(&a);
}

/* No standard says yes weakly today; one that did would not be believed. */
static void a_weak_allowance_is_not_even_noted(void **state)
{
    struct arena a = test_arena();
    struct signals s;
    struct profile p;
    struct decision d;
    struct signal yes = { .standard = STD_AI_META, .prefs = { { [USAGE_TRAIN_AI] = PREF_ALLOW } } };
    struct signal no = denial(STD_AIPREF, CARRIER_HTTP_HEADER);
    (void)state;
    profile_init(&p);
    signals_init(&s, &a);
    assert_int_equal(signals_add(&s, &yes), OPTOUT_OK);
    decide(&p, &s, 0, &d);
    assert_true(prefs_empty(&d.usage));
    assert_int_equal(signals_add(&s, &no), OPTOUT_OK);
    decide(&p, &s, 0, &d);
    assert_int_equal(d.kind, DECISION_RESERVED);
    assert_int_equal(d.conflicts, 0);
    arena_reset(&a);
}

static void a_statement_to_the_star_speaks_to_everybody(void **state)
{
    struct profile p;
    (void)state;
    profile_init(&p);
    assert_true(profile_is_addressed(&p, SLICE_EMPTY));
    assert_true(profile_is_addressed(&p, SLICE_OF("*")));
    assert_false(profile_is_addressed(&p, SLICE_OF("training")));
    assert_false(profile_is_addressed(&p, SLICE_OF("**")));
}

static void a_pending_tag_says_only_who_and_when(void **state)
{
    struct arena a = test_arena();
    struct profile p;
    struct buf tag;
    struct sf_list members;
    (void)state;
    profile_init(&p);
    buf_init(&tag, 4096);
    decision_print_pending(&p, ID, &tag);
    assert_int_equal(sf_parse_dictionary(&a, buf_slice(&tag), &members), OPTOUT_OK);
    assert_int_equal(members.n, 1);
    assert_slice(members.v[0].key, "decision");
    assert_slice(members.v[0].text, "pending");
    check_params(&members.v[0], NULL, &p);
    buf_free(&tag);
    arena_reset(&a);
}

static void the_tag_reads_as_documented(void **state)
{
    struct arena a = test_arena();
    struct exchange x;
    struct profile p;
    struct decision d;
    struct buf tag;
    const struct rule r = { .head = "TDM-Reservation: 1\nX-Robots-Tag: noai",
                            .page = META("robots", "noai") };
    (void)state;
    profile_init(&p);
    buf_init(&tag, 4096);
    decide(&p, read_message(&a, &r, &x), undecided_bit(UNDECIDED_PARTIAL), &d);
    decision_print_tag(&d, &p, ID, &tag);
    assert_slice(buf_slice(&tag),
                 "decision=reserved;reason=partial;profile=training;id=\"" ID "\", tdm=n, "
                 "train-ml=n, train-ai=n, ai-use=n, "
                 "by=(\"tdmrep-header\" \"robots-meta-header\" \"robots-meta-html\")");
    buf_free(&tag);
    arena_reset(&a);
}

/* A tag for a profile of every spelling that a name may have parses. */
static void profile_names_are_tokens(void **state)
{
    static const char *const names[] = { "a", "A-b_c.d9", "abcdefghijklmnopqrstuvwxyz01234" };
    struct arena a = test_arena();
    struct config *c = malloc(sizeof *c);
    const struct signals s = { .n = 0 };
    (void)state;
    config_init(c);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct config_error e;
        struct decision d;
        assert_int_equal(profile_line_apply(c, 1, &names[i], &e), OPTOUT_OK);
        const struct profile *p = config_profile(c, slice_cstr(names[i]));
        assert_non_null(p);
        decide(p, &s, 0, &d);
        check_tag(&a, &d, p);
    }
    free(c);
    arena_reset(&a);
}

#define RULES (sizeof rules / sizeof *rules)

int main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(a_decision_that_stands_is_changed_by_nothing),
        cmocka_unit_test(what_stands_and_what_does_not),
        cmocka_unit_test(words_stand_where_they_bind),
        cmocka_unit_test(more_statements_than_are_kept_are_limit_signals),
        cmocka_unit_test(floods_displace_no_denial),
        cmocka_unit_test(an_empty_list_that_overflowed_is_not_clear),
        cmocka_unit_test(more_deciders_than_are_named_are_cut),
        cmocka_unit_test(a_weak_allowance_is_not_even_noted),
        cmocka_unit_test(a_statement_to_the_star_speaks_to_everybody),
        cmocka_unit_test(a_pending_tag_says_only_who_and_when),
        cmocka_unit_test(the_tag_reads_as_documented),
        cmocka_unit_test(profile_names_are_tokens),
    };
    struct CMUnitTest tests[RULES + sizeof others / sizeof *others];
    for (size_t i = 0; i < RULES; i++)
        tests[i] = (struct CMUnitTest){
            .name = rules[i].name,
            .test_func = run_rule,
            .initial_state = (void *)(uintptr_t)&rules[i],
        };
    memcpy(tests + RULES, others, sizeof others);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
