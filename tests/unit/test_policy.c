/* SPDX-License-Identifier: Apache-2.0 */
/* The decision: one row a rule. Messages are read as the filter reads them,
 * then decided for a profile written as in a configuration; each row's tag is
 * parsed back. */
#include "unit.h"

#include "http/structured.h"
#include "inspect/inspect.h"
#include "policy/decide.h"
#include "policy/profile_line.h"
#include "standards/standard.h"

#define ID "01HF7YAT31JZHZ0RKZGJ5V7S9C"
#define DENY_TDM "tdm=n train-ml=n train-ai=n ai-use=n"
#define WANT_TDM "tdm=c train-ml=c train-ai=c ai-use=c"
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
    const char *usage;    /* "train-ai=n search=y" */
    const char *by;       /* every deciding statement, in order */
    const char *contact;
    const char *conflicts;
    const char *would; /* when it is not what is done */
    bool final; /* already while the head of the page is open */
};

static const struct rule rules[] = {
    /* ---- the purpose ---- */
    { .name = "a denied usage of the purpose reserves", .head = "Content-Usage: train-ai=n",
      .decision = "reserved block", .usage = "train-ai=n", .by = "aipref-header", .final = true },
    { .name = "any denied usage of a purpose of several reserves",
      .profile = "purpose=search,ai-use", .head = "Content-Usage: search=y, ai-use=n",
      .decision = "reserved block", .usage = "ai-use=n search=y", .by = "aipref-header",
      .final = true },
    { .name = "the umbrella tdm covers training", .head = "TDM-Reservation: 1",
      .decision = "reserved block", .usage = DENY_TDM, .by = "tdmrep-header" },
    { .name = "search allowed lifts nothing for search and training together",
      .profile = "purpose=search,train-ai", .head = "Content-Usage: search=y, train-ai=n",
      .decision = "reserved block", .usage = "train-ai=n search=y", .by = "aipref-header",
      .final = true },
    { .name = "noindex reserves for search", .profile = "purpose=search",
      .head = "X-Robots-Tag: noindex", .decision = "reserved block", .usage = "search=n",
      .by = "robots-meta-header", .final = true },
    { .name = "a purpose of tdm heeds the umbrella", .profile = "purpose=tdm",
      .head = "TDM-Reservation: 1", .decision = "reserved block", .usage = DENY_TDM,
      .by = "tdmrep-header" },

    /* ---- fetching at all ---- */
    { .name = "fetching matters whatever the purpose", .profile = "purpose=search",
      .status = 451, .decision = "reserved block", .usage = "acquire=n", .by = "access-status",
      .final = true },
    { .name = "payment asked for fetching is a condition", .status = 402,
      .decision = "conditional block", .usage = "acquire=c", .by = "access-status", .final = true },
    { .name = "a price is a condition", .head = "Crawler-Price: USD 0.01",
      .decision = "conditional block", .usage = "acquire=c", .by = "access-header", .final = true },
    { .name = "a denied fetch beats a price", .status = 402,
      .head = "Crawler-Error: CrawlerForbidden\nCrawler-Price: USD 0.01",
      .decision = "reserved block", .usage = "acquire=n",
      .by = "access-status access-header access-header", .final = true },

    /* ---- agents ---- */
    { .name = "a statement to one of the profile's agents counts", .profile = "agents=gptbot",
      .head = "X-Robots-Tag: GPTBot: noai", .decision = "reserved block",
      .usage = "train-ai=n ai-use=n", .by = "robots-meta-header", .final = true },
    { .name = "agents are compared without case", .profile = "agents=Other,GPTBOT",
      .head = "X-Robots-Tag: gptbot: noai", .decision = "reserved block",
      .usage = "train-ai=n ai-use=n", .by = "robots-meta-header", .final = true },
    { .name = "a statement to all counts beside one to an agent", .profile = "agents=CCBot",
      .head = "X-Robots-Tag: GPTBot: noindex\nX-Robots-Tag: noai",
      .decision = "reserved block", .usage = "train-ai=n ai-use=n", .by = "robots-meta-header",
      .final = true },
    { .name = "a page's statement to an agent counts for it alone", .profile = "agents=ccbot",
      .page = META("CCBot", "noai") META("GPTBot", "noindex"), .decision = "reserved block",
      .usage = "train-ai=n ai-use=n", .by = "robots-meta-html", .final = true },

    /* ---- scope ---- */
    { .name = "noai beside noimageai counts", .page = META("robots", "'noimageai, noai'"),
      .decision = "reserved block", .usage = "train-ai=n ai-use=n", .by = "robots-meta-html",
      .final = true },

    /* ---- inside TDMRep ---- */
    { .name = "TDMRep: the page restricts what the header allows", .head = "TDM-Reservation: 0",
      .page = META("tdm-reservation", "1"), .decision = "reserved block", .usage = DENY_TDM,
      .by = "tdmrep-html", .final = true },
    { .name = "TDMRep: header and page both named when both reserve",
      .head = "TDM-Reservation: 1", .page = META("tdm-reservation", "1"),
      .decision = "reserved block", .usage = DENY_TDM, .by = "tdmrep-header tdmrep-html",
      .final = true },
    { .name = "TDMRep: a policy makes a reservation conditional",
      .head = "TDM-Reservation: 1\nTDM-Policy: https://p.example/policy.json",
      .decision = "conditional block", .usage = WANT_TDM, .by = "tdmrep-header",
      .contact = "https://p.example/policy.json" },
    { .name = "TDMRep: the page's policy serves the header's reservation",
      .head = "TDM-Reservation: 1", .page = META("tdm-policy", "https://p.example/p"),
      .decision = "conditional block", .usage = WANT_TDM, .by = "tdmrep-header",
      .contact = "https://p.example/p" },
    { .name = "TDMRep: a plain yes denies", .head = "TDM-Reservation: \"true\"",
      .decision = "reserved block", .usage = DENY_TDM, .by = "tdmrep-header" },
    { .name = "TDMRep: a plain no lifts nothing", .head = "TDM-Reservation: 1",
      .page = META("tdm-reservation", "false"), .decision = "reserved block",
      .usage = DENY_TDM, .by = "tdmrep-header" },
    { .name = "a noscript allows nothing", .head = "TDM-Reservation: yes",
      .page = "<body><noscript>" META("tdm-reservation", "0") "</noscript>",
      .decision = "reserved block", .usage = DENY_TDM, .by = "tdmrep-header" },
    { .name = "TDMRep: a malformed page value lifts nothing", .head = "TDM-Reservation: 1",
      .page = META("tdm-reservation", "none"), .decision = "reserved block",
      .usage = DENY_TDM, .by = "tdmrep-header" },
    { .name = "TDMRep: only what is spelt as written lifts the header",
      .head = "TDM-Reservation: 1",
      .page = "<meta property=tdm-reservation content=0>" META("tdm:reservation", "0"),
      .decision = "reserved block", .usage = DENY_TDM, .by = "tdmrep-header" },
    { .name = "TDMRep: a meta element in the body lifts nothing", .head = "TDM-Reservation: 1",
      .page = "<body>" META("tdm-reservation", "0"), .decision = "reserved block",
      .usage = DENY_TDM, .by = "tdmrep-header" },
    { .name = "TDMRep: a meta element in the body reserves",
      .page = "<body>" META("tdm-reservation", "1"), .decision = "reserved block",
      .usage = DENY_TDM, .by = "tdmrep-html", .final = true },
    { .name = "TDMRep: two header lines, any 1 reserves",
      .head = "TDM-Reservation: 0\nTDM-Reservation: 1", .decision = "reserved block",
      .usage = DENY_TDM, .by = "tdmrep-header" },

    /* ---- across standards ---- */
    { .name = "across standards denial beats allowance",
      .head = "Content-Usage: train-ai=y\nX-Robots-Tag: noai", .decision = "reserved block",
      .usage = "train-ai=n ai-use=n", .by = "robots-meta-header", .conflicts = "train-ai",
      .final = true },
    { .name = "across standards denial beats condition",
      .head = "TDM-Reservation: 1\nTDM-Policy: https://p.example/p\nX-Robots-Tag: noai",
      .decision = "reserved block", .usage = "tdm=c train-ml=c train-ai=n ai-use=n",
      .by = "tdmrep-header robots-meta-header", .contact = "https://p.example/p",
      .final = true },
    { .name = "across standards condition beats allowance",
      .head = "Content-Usage: train-ai=y\nTDM-Reservation: 1\nTDM-Policy: https://p.example/p",
      .decision = "conditional block", .usage = WANT_TDM, .by = "tdmrep-header",
      .contact = "https://p.example/p", .conflicts = "train-ai" },
    { .name = "another standard's denial is not lifted by TDMRep's 0",
      .head = "X-Robots-Tag: noai", .page = META("tdm-reservation", "0"),
      .decision = "reserved block", .usage = "tdm=y train-ml=y train-ai=n ai-use=n",
      .by = "robots-meta-header", .conflicts = "train-ai ai-use", .final = true },
    { .name = "a conflict outside the purpose is noted and decides nothing",
      .head = "Content-Usage: search=y, train-ai=y\nX-Robots-Tag: noindex",
      .decision = "clear pass", .usage = "train-ai=y search=n", .conflicts = "search" },
    { .name = "agreement is no conflict",
      .head = "Content-Usage: train-ai=n\nX-Robots-Tag: noai", .decision = "reserved block",
      .usage = "train-ai=n ai-use=n", .by = "aipref-header robots-meta-header", .final = true },
    { .name = "a header that its page lifts is no conflict", .head = "TDM-Reservation: 1",
      .page = META("tdm-reservation", "0"), .profile = "purpose=tdm",
      .decision = "clear pass", .usage = "tdm=y train-ml=y train-ai=y ai-use=y" },

    /* ---- weak statements ---- */
    { .name = "weak=tag tags what is only weakly denied",
      .head = "Content-Signal: ai-train=no", .decision = "reserved tag",
      .usage = "train-ai=n", .by = "content-signals-header" },
    { .name = "weak=ignore leaves it out", .profile = "weak=ignore",
      .head = "Content-Signal: ai-train=no", .decision = "clear pass" },
    { .name = "weak=block blocks it", .profile = "weak=block",
      .head = "Content-Signal: ai-train=no", .decision = "reserved block",
      .usage = "train-ai=n", .by = "content-signals-header" },
    { .name = "weak=block blocks although reserved=tag", .profile = "weak=block reserved=tag",
      .head = "Content-Signal: ai-train=no", .decision = "reserved block",
      .usage = "train-ai=n", .by = "content-signals-header" },
    { .name = "weak=tag never softens what is strongly denied",
      .head = "Content-Usage: train-ai=n\nContent-Signal: ai-train=no",
      .decision = "reserved block", .usage = "train-ai=n",
      .by = "aipref-header content-signals-header", .final = true },
    { .name = "weak=tag still tags when reserved=pass", .profile = "reserved=pass",
      .head = "Content-Usage: train-ai=n\nContent-Signal: ai-train=no",
      .decision = "reserved tag", .usage = "train-ai=n",
      .by = "aipref-header content-signals-header", .final = true },
    { .name = "a weak yes is no conflict with a denial",
      .head = "Content-Signal: ai-train=yes\nX-Robots-Tag: noai", .decision = "reserved block",
      .usage = "train-ai=n ai-use=n", .by = "robots-meta-header", .final = true },
    { .name = "a weak denial conflicts with an allowance",
      .head = "Content-Usage: train-ai=y\nContent-Signal: ai-train=no",
      .decision = "reserved tag", .usage = "train-ai=n", .by = "content-signals-header",
      .conflicts = "train-ai" },
    { .name = "a weak condition is conditional", .profile = "purpose=ai-use",
      .head = "Content-Signal: use=reference", .decision = "conditional tag",
      .usage = "train-ai=n ai-use=c", .by = "content-signals-header" },

    /* ---- what could not be read ---- */
    { .name = "reserved stays reserved when something is unread",
      .head = "Content-Usage: train-ai=n", .unread = "truncated", .decision = "reserved block",
      .usage = "train-ai=n", .by = "aipref-header", .final = true },
    { .name = "unread never softens what is denied", .profile = "undecided=pass",
      .head = "Content-Usage: train-ai=n", .unread = "truncated,coding",
      .decision = "reserved block", .usage = "train-ai=n", .by = "aipref-header",
      .final = true },
    { .name = "unread hardens what is denied leniently",
      .profile = "reserved=tag undecided.limit-time=block", .head = "Content-Usage: train-ai=n",
      .unread = "limit-time", .decision = "reserved block", .usage = "train-ai=n",
      .by = "aipref-header", .final = true },
    { .name = "weakly denied and unread: the stricter of both",
      .profile = "undecided.aborted=block", .head = "Content-Signal: ai-train=no",
      .unread = "aborted", .decision = "reserved block", .usage = "train-ai=n",
      .by = "content-signals-header" },

    /* ---- actions ---- */
    { .name = "reserved=tag tags", .profile = "reserved=tag", .head = "X-Robots-Tag: noai",
      .decision = "reserved tag", .usage = "train-ai=n ai-use=n", .by = "robots-meta-header",
      .final = true },
    { .name = "reserved=pass passes", .profile = "reserved=pass", .head = "X-Robots-Tag: noai",
      .decision = "reserved pass", .usage = "train-ai=n ai-use=n", .by = "robots-meta-header",
      .final = true },
    { .name = "conditional has its own action", .profile = "conditional=tag",
      .head = "Crawler-Price: USD 1", .decision = "conditional tag", .usage = "acquire=c",
      .by = "access-header", .final = true },
    { .name = "monitor mode passes and says what it would do", .profile = "mode=monitor",
      .head = "X-Robots-Tag: noai", .decision = "reserved pass", .would = "block",
      .usage = "train-ai=n ai-use=n", .by = "robots-meta-header", .final = true },
    { .name = "monitor mode passes what is unread", .profile = "mode=monitor",
      .unread = "partial", .decision = "undecided pass", .would = "tag" },

    /* ---- whether reading may stop ---- */
    { .name = "a denial that a page could lift is not final", .head = "TDM-Reservation: 1",
      .decision = "reserved block", .usage = DENY_TDM, .by = "tdmrep-header" },
    { .name = "a denial outside the purpose is not final", .profile = "purpose=search",
      .head = "X-Robots-Tag: noai", .decision = "clear pass", .usage = "train-ai=n ai-use=n" },
    { .name = "a condition that nothing lifts is final", .status = 402,
      .decision = "conditional block", .usage = "acquire=c", .by = "access-status",
      .final = true },
    { .name = "a page that reserves lifts nothing of its own afterwards",
      .page = META("tdm-reservation", "1") META("tdm-reservation", "0"),
      .decision = "reserved block", .usage = DENY_TDM, .by = "tdmrep-html", .final = true },
    { .name = "a weak denial is not final", .profile = "weak=block",
      .head = "Content-Signal: ai-train=no", .decision = "reserved block",
      .usage = "train-ai=n", .by = "content-signals-header" },
    { .name = "a denial that nothing lifts is final beside one that can be lifted",
      .head = "TDM-Reservation: 1\nContent-Usage: train-ai=n", .decision = "reserved block",
      .usage = DENY_TDM, .by = "aipref-header tdmrep-header", .final = true },

    /* ---- where to turn ---- */
    { .name = "contact: a licence link serves when the deciding standard has none",
      .head = "X-Robots-Tag: noai\nLink: <https://l.example/terms>; rel=license",
      .decision = "reserved block", .usage = "train-ai=n ai-use=n", .by = "robots-meta-header",
      .contact = "https://l.example/terms", .final = true },
    { .name = "contact: the deciding standard's own URL goes before licence links",
      .head = "Link: <https://l.example/terms>; rel=license\nTDM-Reservation: 1\n"
              "TDM-Policy: https://p.example/p",
      .decision = "conditional block", .usage = WANT_TDM, .by = "tdmrep-header",
      .contact = "https://p.example/p" },
    { .name = "contact: an RSL document serves too",
      .head = "X-Robots-Tag: noai\n"
              "Link: <https://l.example/l.xml>; rel=license; type=\"application/rsl+xml\"",
      .decision = "reserved block", .usage = "train-ai=n ai-use=n", .by = "robots-meta-header",
      .contact = "https://l.example/l.xml", .final = true },
    { .name = "contact: none when nothing is restricted",
      .head = "Link: <https://l.example/terms>; rel=license", .decision = "clear pass" },
    { .name = "contact: of a policy addressed to nobody in particular, made absolute",
      .head = "TDM-Reservation: 1\nTDM-Policy: /policy.json", .decision = "conditional block",
      .usage = WANT_TDM, .by = "tdmrep-header", .contact = "https://o.example/policy.json" },
};

/* ---- printing what came out, to compare it as text ---- */

static void print_prefs(const struct prefs *p, struct buf *out)
{
    static const char letters[] = "?ycn";
    for (unsigned u = 0; u < USAGE_COUNT; u++)
        if (p->of[u])
            buf_printf(out, "%s%s=%c", out->n ? " " : "", usage_name((enum usage)u),
                       letters[p->of[u]]);
}

static void print_by(const struct signal *s, struct buf *out)
{
    static const char *const carriers[] = { "header", "status", "html", "site",
                                            "xmp",    "jumbf",  "iim",  "epub", "text" };
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

/* Once everything is read, what a strong statement restricts is final; before,
 * only what no later statement can lift. */
static void compare_final(const struct rule *r, const struct profile *p, const struct signals *s,
                          const struct decision *d)
{
    struct signals open = *s;
    struct decision early;
    bool strong = false;
    for (size_t i = 0; i < d->n_by; i++)
        strong = strong || d->by[i]->confidence != CONF_WEAK;
    assert_true(s->settled);
    assert_int_equal(d->final, strong);
    open.settled = false;
    decide(p, &open, 0, &early);
    assert_int_equal(early.final, r->final);
}

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
    if (r->would)
        assert_string_equal(action_name(d->would), r->would);
    else
        assert_int_equal(d->would, d->action);
    print_prefs(&d->usage, &text);
    same("usage", &text, r->usage);
    for (size_t i = 0; i < d->n_by; i++)
        print_by(d->by[i], &text);
    same("by", &text, r->by);
    for (unsigned u = 0; u < USAGE_COUNT; u++)
        if (d->conflicts & usage_bit((enum usage)u))
            buf_printf(&text, "%s%s", text.n ? " " : "", usage_name((enum usage)u));
    same("conflicts", &text, r->conflicts);
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
    compare_final(r, &c->profile[0], s, &d);
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
    static const char *const unread[] = { "undecided=pass", "undecided=tag", "undecided=block",
                                          "undecided=pass undecided.coding=block" };
    struct config *c = malloc(sizeof *c);
    size_t standing = 0;
    (void)state;
    assert_non_null(c);
    for (size_t i = 0; i < 3 * 3 * 3 * 4 * 2; i++) {
        struct arena a = test_arena();
        struct signals s;
        enum action action;
        char keys[256];
        snprintf(keys, sizeof keys, "%s %s %s %s", reserved[i % 3], conditional[i / 3 % 3],
                 weak[i / 9 % 3], unread[i / 27 % 4]);
        config_init(c);
        apply_profile(c, keys);
        signals_init(&s, &a);
        struct signal first = statement(STD_AIPREF, CONF_EXACT,
                                        i / 108 ? PREF_CONDITIONAL : PREF_DENY);
        assert_int_equal(signals_add(&s, &first), OPTOUT_OK);
        if (stands(&c->profile[0], &s, 0, &action)) {
            assert_nothing_changes(keys, &c->profile[0], &s, action);
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
    decide(&p, &s, 0, &d);
    assert_int_equal(d.kind, DECISION_CLEAR);
    add_many(&s, weak, 0, 600);
    assert_true(s.overflow); /* weak ones restrict as well */
    assert_int_equal(signals_add(&s, &mine), OPTOUT_OK);
    decide(&p, &s, 0, &d);
    assert_int_equal(d.kind, DECISION_RESERVED);
    assert_slice(s.v[SIGNALS_MAX - 1].agent, "ourbot");
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
