/* SPDX-License-Identifier: Apache-2.0 */
/* vectors.c - runs the vector files and prints TAP, one line per vector.
 *
 * usage: vectors [FILE...]; without files, every tests/conformance/<standard>/
 * *.vec under OPTOUT_SRCDIR, and the examples of docs/decisions.md, and every rule of decision
 * must be reached. The format of the files is told in README.md of this folder. */
#include "recorded.h"
#include "rules_walk.h"
#include "sources.h"
#include "vector.h"

#include "core/clock.h"
#include "http/structured.h"
#include "policy/decide.h"
#include "policy/profile_line.h"
#include "policy/rules.h"
#include "standards/natural_language.h"
#include "standards/standard.h"

#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define CLOCK 1764000000000 /* 2025-11-24T16:00:00Z */

static unsigned counted, failed;

static bool same(const struct prefs *want, const struct prefs *got, const char *of)
{
    bool good = true;
    for (unsigned u = 0; u < USAGE_COUNT; u++) {
        if (want->of[u] == got->of[u])
            continue;
        printf("# %s%s: want %s, got %s\n", of, usage_name((enum usage)u),
               preference_name((enum preference)want->of[u]),
               preference_name((enum preference)got->of[u]));
        good = false;
    }
    return good;
}

static bool matches(const struct expectation *e, const struct signal *s)
{
    struct slice agent = s->agent.n ? s->agent : SLICE_OF("*");
    struct slice note = slice_cstr(s->note ? s->note : "");
    return slice_eq(e->standard, slice_cstr(standards[s->standard]->name)) &&
           slice_eq(e->confidence, slice_cstr(confidence_name((enum confidence)s->confidence))) &&
           slice_eq(e->agent, agent) &&
           slice_eq(e->scope, slice_cstr(scope_name((enum scope)s->scope))) &&
           (e->note.n == 0 || slice_find_nocase(note, e->note) < note.n);
}

static bool same_signals(const struct vector *v, const struct signals *got)
{
    bool good = v->n_signals == got->n;
    for (size_t i = 0; good && i < got->n; i++)
        good = matches(&v->signal[i], &got->v[i]);
    if (good)
        return true;
    printf("# want %zu signals, got %zu:\n", v->n_signals, got->n);
    for (size_t i = 0; i < got->n; i++) {
        const struct signal *s = &got->v[i];
        printf("#   %s %s %.*s %s %s\n", standards[s->standard]->name,
               confidence_name((enum confidence)s->confidence),
               SLICE_FMT((s->agent.n ? s->agent : SLICE_OF("*"))),
               scope_name((enum scope)s->scope), s->note ? s->note : "");
    }
    return false;
}

static bool read_sources(const struct vector *v, const struct hook_input *in,
                         const struct view *view, undecided_set *unread)
{
    struct signals *out = in->out;
    bool good = true;
    for (size_t i = 0; i < v->n_sources; i++) {
        const struct source *s = &v->source[i];
        struct slice text = slice_sub(buf_slice(&v->texts), s->from, s->to - s->from);
        if (s->kind == SOURCE_PROPERTY)
            source_property(s->ns, s->name, s->value, v->format, in);
        else if (s->kind == SOURCE_WORDS)
            good = signals_add(out, &s->words) == OPTOUT_OK && good;
        else if (s->kind == SOURCE_SITE)
            good = source_site(s->name, text, in->x, view, out, unread) && good;
        else if (s->kind == SOURCE_FEED)
            good = source_feed(text, in, unread) && good;
        else if (s->kind == SOURCE_PAGE)
            good = source_page(s->name, text, out) && good;
        else
            good = source_assertion(s->name, text, in, unread) && good;
    }
    return good && !out->overflow;
}

/* The profile that the filter begins with, changed by the vector's keys. */
static bool make_profile(const struct vector *v, struct profile *out)
{
    static struct config c;
    char text[sizeof v->profile];
    const char *argv[16] = { "training" };
    struct config_error e = { .line = 0 };
    int argc = 1;
    config_init(&c);
    memcpy(text, v->profile, sizeof text);
    for (char *key = strtok(text, " "); key && argc < 16; key = strtok(NULL, " "))
        argv[argc++] = key;
    bool good = profile_line_apply(&c, argc, argv, &e) == OPTOUT_OK;
    if (!good)
        printf("# profile: %s\n", e.reason);
    *out = c.profile[0];
    return good;
}

/* The vector's own tokens and those of its profile. */
static struct view view_of(const struct vector *v, const struct profile *p)
{
    struct view view = v->view;
    view.user = p->user;
    view.country = slice_cstr(p->country);
    view.others = p->others;
    for (size_t i = 0; i < p->n_agents && view.n < AGENTS_MAX; i++)
        view.agent[view.n++] = slice_cstr(p->agent[i]);
    return view;
}

/* ---- the decision, and why ---- */

static bool same_words(const char *what, const char *want, struct buf *got)
{
    bool good = slice_eq(buf_slice(got), slice_cstr(want));
    if (!good)
        printf("# want %s \"%s\", got \"%.*s\"\n", what, want, (int)got->n,
               (const char *)got->p);
    buf_clear(got);
    return good;
}

/* Who decides, as the tag of the response names them. */
static bool print_by(const struct decision *d, const struct profile *p, struct arena *a,
                     struct buf *out)
{
    struct buf tag;
    struct sf_list members;
    buf_init(&tag, 4096);
    decision_print_tag(d, p, "01HF7YAT31JZHZ0RKZGJ5V7S9C", &tag);
    bool good = sf_parse_dictionary(a, buf_slice(&tag), &members) == OPTOUT_OK;
    const struct sf_item *by = good ? sf_get(&members, "by") : NULL;
    for (size_t i = 0; by && i < by->n_items; i++)
        buf_printf(out, "%s%.*s", i ? " " : "", SLICE_FMT(by->items[i].text));
    buf_free(&tag);
    return good;
}

/* While the page may go on, only what no later statement can lift is final. */
static bool is_known_early(const struct profile *p, const struct signals *s)
{
    struct signals open = *s;
    struct decision d;
    open.settled = false;
    decide(p, &open, 0, &d);
    return d.final;
}

/* Once everything is read, what a strong statement restricts is final. */
static bool is_final_as_it_should(const struct decision *d, const struct profile *p)
{
    bool strong = false;
    for (size_t i = 0; i < d->n_by; i++)
        strong = strong || d->by[i]->confidence != CONF_WEAK ||
                 (p->natural_binding && natural_grade(d->by[i]) == PHRASE_PLAIN &&
                  d->by[i]->scope != SCOPE_COMPONENT);
    if (d->final != strong)
        printf("# %s at the end\n", d->final ? "final" : "not final");
    return d->final == strong;
}

static bool same_reasons(const struct vector *v, const struct profile *p,
                         const struct signals *s, const struct decision *d)
{
    struct buf text;
    buf_init(&text, 4096);
    bool good = print_by(d, p, s->arena, &text) && is_final_as_it_should(d, p);
    good = same_words("by", strcmp(v->by, "nobody") == 0 ? "" : v->by, &text) && good;
    buf_printf(&text, "%.*s", SLICE_FMT(d->contact));
    good = same_words("contact", v->contact, &text) && good;
    for (unsigned u = 0; u < USAGE_COUNT; u++)
        if (d->conflicts & usage_bit((enum usage)u))
            buf_printf(&text, "%s%s", text.n ? " " : "", usage_name((enum usage)u));
    good = same_words("conflict", v->conflicts, &text) && good;
    buf_puts(&text, is_known_early(p, s) ? "yes" : "no");
    good = same_words("early", v->early ? "yes" : "no", &text) && good;
    buf_free(&text);
    return good;
}

/* ---- what happened, and the rules ---- */

static bool happens(const struct vector *v, enum event e)
{
    return v->events >> e & 1;
}

static undecided_set unread_by_event(const struct vector *v)
{
    return (happens(v, EVENT_LEFT) ? undecided_bit(UNDECIDED_ABORTED) : 0) |
           (happens(v, EVENT_BROKEN) ? undecided_bit(UNDECIDED_TRUNCATED) : 0) |
           (happens(v, EVENT_TUNNEL) ? undecided_bit(UNDECIDED_TUNNEL) : 0);
}

/* As the judge makes another answer of it. */
static void apply_events(const struct vector *v, struct decision *d)
{
    if (happens(v, EVENT_SITE_FILE))
        decision_become(d, POLICY_RULE_SITE_FILE, ACTION_PASS);
    if (happens(v, EVENT_REMEMBERED))
        decision_become(d, POLICY_RULE_REMEMBERED, ACTION_BLOCK);
    if (happens(v, EVENT_REFUSED))
        decision_become(d, POLICY_RULE_REFUSED_LATE, ACTION_BLOCK);
    if (happens(v, EVENT_TUNNEL) && d->action == ACTION_TAG)
        decision_become(d, d->rule, ACTION_PASS);
}

static enum action what_is_done(const struct vector *v, const struct decision *d)
{
    bool cut = happens(v, EVENT_LEFT) || happens(v, EVENT_BROKEN) ||
               (happens(v, EVENT_BEGUN) && d->action == ACTION_BLOCK);
    return cut ? ACTION_CUT : d->action;
}

static struct rule_case case_of(const struct vector *v, const struct profile *p,
                                const struct signals *s, const struct decision *d)
{
    bool request = happens(v, EVENT_REQUEST) || happens(v, EVENT_REMEMBERED);
    return (struct rule_case){
        .profile = p,
        .signals = s,
        .decision = d,
        .done = what_is_done(v, d),
        .happened = (request ? HAPPENED_BEFORE_FETCH : 0u) |
                    (happens(v, EVENT_KNOWN) ? HAPPENED_KNOWN : 0u) |
                    (happens(v, EVENT_STALE) ? HAPPENED_STALE : 0u) |
                    (happens(v, EVENT_STOPPED) ? HAPPENED_STOPPED : 0u) |
                    (happens(v, EVENT_NO_RECORD) ? HAPPENED_AUDIT_FAILED : 0u),
    };
}

/* The one that decided first. */
static bool same_rules(const struct vector *v, const struct rule_case *c)
{
    struct buf text;
    enum policy_rule first = rule_that_decided(c);
    rule_set set = rules_that_took_part(c);
    buf_init(&text, 1024);
    buf_puts(&text, policy_rules[first].id);
    for (unsigned r = 0; r < POLICY_RULE_COUNT; r++)
        if (r != first && (set >> r & 1))
            buf_printf(&text, " %s", policy_rules[r].id);
    bool good = same_words("rule", v->rules, &text);
    buf_free(&text);
    if (good)
        rules_walk_reached(set);
    return good;
}

static bool same_decision(const struct vector *v, const struct profile *p,
                          const struct exchange *x, struct signals *s, undecided_set unread)
{
    struct decision d;
    struct buf text;
    s->settled = true; /* everything was read */
    decide(p, s, unread | unread_by_event(v), &d);
    apply_events(v, &d);
    struct rule_case c = case_of(v, p, s, &d);
    buf_init(&text, 256);
    buf_printf(&text, "%s %s", decision_name(d.kind), action_name(c.done));
    bool good = same_words("decision", v->decision, &text);
    buf_puts(&text, action_name(d.would));
    good = same_words("would", v->would[0] ? v->would : action_name(d.action), &text) && good;
    buf_free(&text);
    good = (!v->rules[0] || same_rules(v, &c)) && good;
    good = recorded_is_same(v, x, &c) && good;
    return (!v->says_why || same_reasons(v, p, s, &d)) && good;
}

static bool same_usages(const struct vector *v, const struct signals *s, const struct view *view)
{
    struct view images = *view;
    struct prefs got;
    images.images = true;
    evaluate_resolve(s, view, &got);
    bool good = same(&v->want, &got, "");
    evaluate_resolve(s, &images, &got);
    return same(&v->want_images, &got, "images: ") && good;
}

static const char *what_is_wrong(const struct vector *v)
{
    if (v->broken)
        return v->broken;
    if (!(v->says_what || v->decision[0]))
        return "the vector expects nothing";
    if ((v->says_why || v->would[0] || v->rules[0] || v->events) && !v->decision[0])
        return "no decision is expected, which the vector explains";
    if ((v->contact[0] || v->conflicts[0] || v->early) && !v->says_why)
        return "the vector does not say by whom it is decided";
    return NULL;
}

static bool vector_holds(const struct vector *v)
{
    struct profile profile;
    const char *why = what_is_wrong(v);
    if (why) {
        printf("# %s\n", why);
        return false;
    }
    if (!make_profile(v, &profile))
        return false;
    struct arena a;
    arena_init(&a, 64u << 20, NULL, 0);
    struct exchange x = { .url = slice_cstr(v->url) };
    struct signals s;
    struct view view = view_of(v, &profile);
    undecided_set unread = v->unread;
    struct words words = { .phrases = phrases_builtin(), .arena = &a, .undecided = &unread };
    struct hook_input in = { &x, &s, &words };
    bool good = evaluate(&a, v->status, buf_slice(&v->head), buf_slice(&v->page), &words, &x, &s);
    good = good && read_sources(v, &in, &view, &unread);
    if (!good)
        puts("# could not be evaluated");
    if (v->says_what)
        good = same_usages(v, &s, &view) && good;
    if (v->says_signals)
        good = same_signals(v, &s) && good;
    if (v->decision[0])
        good = same_decision(v, &profile, &x, &s, unread) && good;
    arena_reset(&a);
    return good;
}

static void vector_end(struct vector *v)
{
    if (v->line == 0)
        return; /* nothing but comments since the last one */
    bool good = vector_holds(v);
    counted++;
    failed += !good;
    const char *file = strrchr(v->file, '/');
    while (file && file > v->file && file[-1] != '/')
        file--; /* with its folder */
    printf("%s %u - %s:%u %s\n", good ? "ok" : "not ok", counted, file ? file : v->file, v->line,
           v->title);
}

static void run_text(struct vector *v, const char *file, struct slice text)
{
    struct slice rest = text, line;
    vector_begin(v, file);
    for (unsigned n = 1; slice_split(&rest, '\n', &line); n++) {
        if (slice_eq(slice_trim_space(line), SLICE_OF("---"))) {
            vector_end(v);
            vector_begin(v, file);
        } else if (line.n && line.p[0] == '#') {
            v->in_text = false;
            struct slice title = slice_trim_ows(slice_from(line, 1));
            if (!v->title[0])
                snprintf(v->title, sizeof v->title, "%.*s", SLICE_FMT(title));
        } else {
            const char *why = vector_read_line(v, line);
            if (!v->line && slice_trim_space(line).n)
                v->line = n;
            if (why && !v->broken)
                v->broken = why;
        }
    }
    vector_end(v);
}

static struct slice read_file(const char *path)
{
    static char text[1u << 20];
    FILE *f = fopen(path, "rb");
    if (!f) {
        printf("Bail out! cannot open %s\n", path);
        exit(1);
    }
    size_t n = fread(text, 1, sizeof text, f);
    fclose(f);
    return slice_of(text, n);
}

static void run_example(void *v, const char *path, struct slice text)
{
    run_text(v, path, text);
}

static void tell(bool good, const char *what)
{
    counted++;
    failed += !good;
    printf("%s %u - %s\n", good ? "ok" : "not ok", counted, what);
}

/* The examples of the page, which are vectors, and the page against the table of rules. */
static void run_document(struct vector *v, const char *dir)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/docs/decisions.md", dir);
    tell(rules_walk_document(path, read_file(path), run_example, v),
         "docs/decisions.md has one section for each rule, with its name and an example of it");
    tell(rules_walk_all_reached(), "every rule is reached by a vector that names it");
}

int main(int argc, char **argv)
{
    struct vector v = { 0 };
    vector_init(&v);
    clock_freeze(CLOCK);
    glob_t g = { 0 };
    const char *dir = getenv("OPTOUT_SRCDIR");
    dir = dir ? dir : ".";
    if (argc < 2) {
        char pattern[4096];
        snprintf(pattern, sizeof pattern, "%s/tests/conformance/*/*.vec", dir);
        glob(pattern, 0, NULL, &g);
    }
    for (int i = 1; i < argc; i++)
        run_text(&v, argv[i], read_file(argv[i]));
    for (size_t i = 0; i < g.gl_pathc; i++)
        run_text(&v, g.gl_pathv[i], read_file(g.gl_pathv[i]));
    globfree(&g);
    if (argc < 2)
        run_document(&v, dir);
    vector_free(&v);
    printf("1..%u\n", counted);
    if (counted == 0)
        puts("Bail out! no vectors found");
    return failed || counted == 0;
}
