/* SPDX-License-Identifier: Apache-2.0 */
#include "answers/explain.h"

#include "answers/explain_lines.h"
#include "policy/profile_line.h"
#include "standards/natural_language.h"
#include "standards/standard.h"

#include <stdlib.h>

/* ---- sentences ---- */

struct buf *line_begin(struct explanation *e)
{
    return &e->text;
}

void line_end(struct explanation *e, enum explain_part part)
{
    size_t at = e->n ? e->line[e->n - 1].at + e->line[e->n - 1].n : 0;
    if (e->text.failed != OPTOUT_OK || e->n == EXPLAIN_LINES_MAX) {
        e->text.failed = OPTOUT_OK;
        e->text.n = at; /* none rather than half of one */
        e->cut = true;
        return;
    }
    e->line[e->n++] = (struct explain_line){ part, at, e->text.n - at };
}

void line_put(struct explanation *e, enum explain_part part, const char *text)
{
    buf_puts(line_begin(e), text);
    line_end(e, part);
}

void words_of_usages(struct buf *out, usage_set set)
{
    const char *between = "";
    for (unsigned u = 0; u < USAGE_COUNT; u++)
        if (set & usage_bit((enum usage)u)) {
            buf_printf(out, "%s%s", between, usage_name((enum usage)u));
            between = ", ";
        }
}

static const char *words_of_action(enum action a)
{
    static const char *const texts[ACTION_COUNT] = {
        [ACTION_PASS] = "it passes untouched",
        [ACTION_TAG] = "it passes with a tag",
        [ACTION_BLOCK] = "it is refused",
        [ACTION_CUT] = "it is broken off",
    };
    return texts[a];
}

void words_of_outcome(struct buf *out, enum decision_kind kind, enum action action)
{
    buf_printf(out, "%s, %s", decision_name(kind), words_of_action(action));
}

static void put_slice(struct buf *out, struct slice s)
{
    buf_append(out, s.p, s.n);
}

static int64_t number_of(const json_t *o, const char *name, int64_t missing)
{
    const json_t *n = json_object_get(o, name);
    return json_is_integer(n) ? (int64_t)json_integer_value(n) : missing;
}

/* ---- what was asked, and what came ---- */

static void tell_question(const struct explain_case *c, struct explanation *e)
{
    const json_t *r = c->record;
    struct buf *out = line_begin(e);
    buf_printf(out, "%s: %s asked for ", explain_text(r, "time", "at an unknown time"),
               explain_text(r, "agent", "somebody who gave no name"));
    buf_puts(out, explain_text(r, "url", "something without a URL"));
    buf_printf(out, " (%s)", explain_text(r, "method", "GET"));
    const char *client = explain_text(r, "client", NULL);
    if (client)
        buf_printf(out, ", from %s", client);
    line_end(e, EXPLAIN_ASKED);
    line_begin(e);
    buf_printf(out, "It was judged for profile %s, which wants it for ", c->profile.name);
    words_of_usages(out, c->profile.purpose);
    buf_printf(out, ", on node %s; record %s.",
               explain_text(r, "node", explain_text(c->config, "node", "unknown")),
               explain_text(r, "id", "without id"));
    line_end(e, EXPLAIN_ASKED);
}

static bool was_whole(const json_t *r)
{
    const json_t *whole = json_object_get(r, "whole");
    return whole ? json_is_true(whole) : json_is_string(json_object_get(r, "sha256"));
}

static void tell_body(const struct explain_case *c, struct explanation *e)
{
    const json_t *r = c->record;
    int64_t seen = number_of(r, "seen", 0), length = number_of(r, "length", -1);
    struct buf *out = line_begin(e);
    buf_printf(out, "Of its body %lld bytes were seen", (long long)seen);
    if (was_whole(r))
        buf_puts(out, ", which is all of it");
    else if (length >= 0)
        buf_printf(out, " of %lld that were announced", (long long)length);
    buf_printf(out, "; read as: %s.", explain_text(r, "inspected", "nothing"));
    const char *digest = explain_text(r, "sha256", NULL);
    if (digest)
        buf_printf(out, " SHA-256 %s.", digest);
    line_end(e, EXPLAIN_ASKED);
}

static void tell_answer(const struct explain_case *c, struct explanation *e)
{
    if (c->request) {
        line_put(e, EXPLAIN_ASKED, "It was judged before anything was asked of the origin.");
        return;
    }
    struct buf *out = line_begin(e);
    int64_t status = number_of(c->record, "status", 200);
    if (status)
        buf_printf(out, "The origin answered with status %lld", (long long)status);
    else
        buf_puts(out, "The origin answered without a status");
    buf_printf(out, ", %s.", explain_text(c->record, "media_type", "no media type"));
    line_end(e, EXPLAIN_ASKED);
    tell_body(c, e);
}

/* ---- why ---- */

static void tell_outcome(const struct explain_case *c, struct explanation *e)
{
    struct buf *out = line_begin(e);
    buf_puts(out, "Decision: ");
    words_of_outcome(out, c->said, c->done);
    int64_t released = number_of(c->record, "released", -1);
    if (released >= 0)
        buf_printf(out, ", after %lld bytes had left", (long long)released);
    buf_putc(out, '.');
    line_end(e, EXPLAIN_WHY);
}

static void tell_rule(const struct explain_case *c, struct explanation *e, unsigned rule)
{
    struct buf *out = line_begin(e);
    buf_printf(out, "%s ", policy_rules[rule].id);
    rule_print((enum policy_rule)rule, &c->rules, out);
    line_end(e, EXPLAIN_WHY);
}

static void tell_why(const struct explain_case *c, struct explanation *e)
{
    if (!c->has_verdict) {
        line_put(e, EXPLAIN_WHY, "The answer had begun before the verdict, and how it ended is not "
                                 "in the log that was read: it goes on, or it was broken off when "
                                 "its process ended.");
        return;
    }
    tell_outcome(c, e);
    tell_rule(c, e, e->rule);
    for (unsigned r = 0; r < POLICY_RULE_COUNT; r++)
        if (r != e->rule && (e->rules >> r & 1))
            tell_rule(c, e, r);
}

/* ---- what was stated ---- */

static const char *why_not_counted(const struct explain_case *c, const struct signal *s)
{
    if (signal_is_of_images(s))
        return "it is about images, not the page";
    if (!decision_counts(&c->profile, s))
        return "the profile does not answer to that token";
    if (decision_ignores(&c->profile, s))
        return "the profile ignores such weak statements";
    return NULL;
}

static bool is_deciding(const struct explain_case *c, const struct signal *s)
{
    for (size_t i = 0; i < c->decision.n_by; i++)
        if (c->decision.by[i] == s)
            return true;
    return false;
}

static void words_of_prefs(struct buf *out, const struct prefs *p)
{
    static const char *const verb[PREF_COUNT] = { "", "allows", "makes conditional", "denies" };
    const char *between = "";
    for (unsigned v = PREF_DENY; v > PREF_UNKNOWN; v--) {
        usage_set set = 0;
        for (unsigned u = 0; u < USAGE_COUNT; u++)
            set |= p->of[u] == v ? usage_bit((enum usage)u) : 0;
        if (!set)
            continue;
        buf_printf(out, "%s%s ", between, verb[v]);
        words_of_usages(out, set);
        between = ", ";
    }
    if (prefs_empty(p))
        buf_puts(out, "says nothing of any usage");
}

static void words_of_place(struct buf *out, const struct signal *s)
{
    char place[PLACE_TEXT];
    signal_place(s, place);
    buf_printf(out, "%s, %s%s%s", standards[s->standard]->name,
               carrier_name((enum carrier)s->carrier), *place ? ", " : "", place);
}

static void words_of_address(struct buf *out, const struct signal *s)
{
    if (s->agent.n) {
        buf_puts(out, ", only to ");
        put_slice(out, s->agent);
    }
    if (s->scope != SCOPE_ASSET)
        buf_printf(out, ", about %s", scope_name((enum scope)s->scope));
    if (s->image.n) {
        buf_puts(out, " ");
        put_slice(out, s->image);
    }
    if (s->page.n) {
        buf_puts(out, ", said by ");
        put_slice(out, s->page);
    }
}

static void words_of_remarks(const struct explain_case *c, struct buf *out,
                             const struct signal *s)
{
    const char *not_counted = why_not_counted(c, s);
    if (natural_grade(s)) {
        buf_printf(out, "; %s, by phrase ", phrase_grade_name(natural_grade(s)));
        put_slice(out, s->name);
    }
    if (s->confidence != CONF_EXACT)
        buf_printf(out, "; %s", confidence_name((enum confidence)s->confidence));
    if (s->note)
        buf_printf(out, ": %s", s->note);
    if (s->url.n) {
        buf_puts(out, "; see ");
        put_slice(out, s->url);
    }
    if (not_counted)
        buf_printf(out, "; does not count: %s", not_counted);
}

static void tell_statement(const struct explain_case *c, struct explanation *e,
                           const struct signal *s)
{
    struct buf *out = line_begin(e);
    if (is_deciding(c, s))
        buf_puts(out, "Decides: ");
    words_of_place(out, s);
    words_of_address(out, s);
    buf_puts(out, ": ");
    words_of_prefs(out, &s->prefs);
    buf_puts(out, "; as written: ");
    put_slice(out, s->raw);
    buf_puts(out, s->raw_cut ? "... (cut)" : "");
    words_of_remarks(c, out, s);
    line_end(e, EXPLAIN_STATED);
}

static void tell_statements(const struct explain_case *c, struct explanation *e)
{
    int64_t omitted = number_of(c->record, "signals_omitted", 0);
    for (size_t i = 0; i < c->signals.n; i++)
        tell_statement(c, e, &c->signals.v[i]);
    if (c->signals.n == 0)
        line_put(e, EXPLAIN_STATED, "Nothing that is known was stated.");
    if (omitted > 0) {
        buf_printf(line_begin(e), "%lld more statements had no room in the record.",
                   (long long)omitted);
        line_end(e, EXPLAIN_STATED);
    }
}

/* ---- where standards disagree ---- */

static bool says(const struct explain_case *c, unsigned standard, unsigned u, bool allows)
{
    for (size_t i = 0; i < c->signals.n; i++) {
        const struct signal *s = &c->signals.v[i];
        if (s->standard == standard && decision_counts(&c->profile, s) && s->prefs.of[u] &&
            (s->prefs.of[u] == PREF_ALLOW) == allows)
            return true;
    }
    return false;
}

static void words_of_side(const struct explain_case *c, struct buf *out, unsigned u, bool allows)
{
    const char *between = "";
    for (unsigned id = 0; id < STD_COUNT; id++)
        if (says(c, id, u, allows)) {
            buf_printf(out, "%s%s", between, standards[id]->name);
            between = ", ";
        }
}

static void tell_conflicts(const struct explain_case *c, struct explanation *e)
{
    for (unsigned u = 0; u < USAGE_COUNT; u++) {
        if (!(c->decision.conflicts & usage_bit((enum usage)u)))
            continue;
        struct buf *out = line_begin(e);
        buf_printf(out, "%s is allowed by ", usage_name((enum usage)u));
        words_of_side(c, out, u, true);
        buf_puts(out, " and restricted by ");
        words_of_side(c, out, u, false);
        buf_putc(out, '.');
        line_end(e, EXPLAIN_CONFLICTS);
    }
}

/* ---- what was not read ---- */

static void tell_unread(const struct explain_case *c, struct explanation *e)
{
    for (unsigned u = 0; u < UNDECIDED_COUNT; u++) {
        if (!(c->decision.undecided & undecided_bit((enum undecided)u)))
            continue;
        struct buf *out = line_begin(e);
        buf_printf(out, "%s: %s", undecided_name((enum undecided)u),
                   undecided_text((enum undecided)u));
        if (c->has_settings)
            buf_printf(out, "; the profile's action for that is %s",
                       action_name((enum action)c->profile.on_undecided[u]));
        buf_putc(out, '.');
        line_end(e, EXPLAIN_UNREAD);
    }
}

/* ---- what was known of the site ---- */

static void tell_file(const json_t *f, const json_t *site, struct explanation *e)
{
    const char *name = explain_text(f, "file", "?");
    struct buf *out = line_begin(e);
    size_t i;
    json_t *o;
    buf_printf(out, "%s: %s", name, explain_text(f, "state", "?"));
    const char *url = explain_text(f, "url", NULL), *digest = explain_text(f, "sha256", NULL);
    if (url)
        buf_printf(out, ", got from %s", url);
    if (json_is_integer(json_object_get(f, "status")))
        buf_printf(out, " with status %lld", (long long)number_of(f, "status", 0));
    buf_printf(out, " at %s (%s)", explain_text(f, "fetched_at", "?"),
               explain_text(f, "source", "?"));
    if (json_is_integer(json_object_get(f, "line"))) /* of version 1 */
        buf_printf(out, "; its strictest rule for this URL is in line %lld",
                   (long long)number_of(f, "line", 0));
    json_array_foreach(json_object_get(site, "rules"), i, o)
        if (strcmp(explain_text(o, "file", ""), name) == 0)
            buf_printf(out, "; its strictest rule for this URL is in line %lld",
                       (long long)number_of(o, "line", 0));
    json_array_foreach(json_object_get(site, "stale"), i, o)
        if (strcmp(json_is_string(o) ? json_string_value(o) : "", name) == 0)
            buf_puts(out, "; older than it should be");
    if (digest)
        buf_printf(out, "; SHA-256 %s", digest);
    line_end(e, EXPLAIN_SITE);
}

static void tell_bundle(const json_t *site, const json_t *bundle, struct explanation *e)
{
    struct buf *out = line_begin(e);
    const char *licence = explain_text(bundle, "licence", NULL);
    const char *token = explain_text(bundle, "token", NULL);
    size_t i;
    json_t *f;
    buf_printf(out, "%s%s", licence ? "Licence document " : "Of ",
               licence ? licence : explain_text(bundle, "origin", "?"));
    if (token)
        buf_printf(out, ", as it answers %s", token);
    size_t missing = 0;
    json_array_foreach(json_object_get(bundle, "files"), i, f)
        if (strcmp(explain_text(f, "state", ""), "none") == 0)
            buf_printf(out, "%s %s", missing++ ? "" : ", nothing is published as:",
                       explain_text(f, "file", "?"));
    line_end(e, EXPLAIN_SITE);
    json_array_foreach(json_object_get(bundle, "files"), i, f)
        if (strcmp(explain_text(f, "state", ""), "none") != 0)
            tell_file(f, site, e);
}

static void tell_site(const struct explain_case *c, struct explanation *e)
{
    size_t i;
    json_t *site;
    json_array_foreach(json_object_get(c->record, "site_files"), i, site)
        tell_file(site, NULL, e);
    json_array_foreach(json_object_get(c->record, "site"), i, site) {
        const char *id = explain_text(site, "id", "");
        const json_t *bundle = json_object_get(site, "bundle");
        bundle = bundle ? bundle : json_object_get(c->sites, id);
        if (bundle) {
            tell_bundle(site, bundle, e);
        } else {
            buf_printf(line_begin(e), "%s: what it says is not in the log that was read.", id);
            line_end(e, EXPLAIN_SITE);
        }
    }
}

/* ---- settings ---- */

/* Those that have a say in a decision, beside the profile. */
static bool is_told(struct slice line)
{
    static const char *const names[] = {
        "SiteFile ", "SiteTerms ", "HtmlDepth ", "Phrases ", "HoldMode ", "HoldMax ", "HoldTime ",
        "OnAuditFailure ", "BlockStatus ", "Agents ", "Clients ", "TermsPages ",
    };
    static const struct slice prefix = SLICE("optout.");
    if (!slice_starts_nocase(line, prefix))
        return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (slice_starts_nocase(slice_from(line, prefix.n), slice_cstr(names[i])))
            return true;
    return false;
}

static void tell_settings(const struct explain_case *c, struct explanation *e)
{
    struct slice rest = c->settings, line;
    struct buf *out = line_begin(e);
    buf_printf(out, "Configuration %s", explain_text(c->record, "config", "without a name"));
    const char *digest = explain_text(c->config, "sha256", NULL);
    if (digest)
        buf_printf(out, ", SHA-256 %s", digest);
    line_end(e, EXPLAIN_SETTINGS);
    if (c->has_settings) { /* as it was read, which is as the settings say it or as it was given */
        buf_puts(line_begin(e), "optout.Profile ");
        profile_line_print(&c->profile, out);
        line_end(e, EXPLAIN_SETTINGS);
    }
    while (rest.n && slice_split(&rest, '\n', &line)) {
        if (!is_told(line))
            continue;
        put_slice(line_begin(e), line);
        line_end(e, EXPLAIN_SETTINGS);
    }
}

/* ---- the record that it rests on ---- */

static void tell_earlier_record(const struct explain_case *was, struct explanation *e)
{
    struct buf *out = line_begin(e);
    const json_t *r = was->record;
    buf_printf(out, "%s of %s: %s: ", e->earlier, explain_text(r, "time", "?"),
               explain_text(r, "url", "no URL"));
    words_of_outcome(out, was->said, was->done);
    buf_putc(out, '.');
    line_end(e, EXPLAIN_EARLIER);
    for (size_t i = 0; i < was->signals.n; i++) {
        const struct signal *s = &was->signals.v[i];
        if (!is_deciding(was, s))
            continue;
        words_of_place(line_begin(e), s);
        words_of_address(out, s);
        buf_puts(out, ": ");
        words_of_prefs(out, &s->prefs);
        buf_puts(out, "; as written: ");
        put_slice(out, s->raw);
        line_end(e, EXPLAIN_EARLIER);
    }
}

static void tell_earlier(struct slice lines, struct explanation *e)
{
    struct explain_case *was = malloc(sizeof *was);
    bool found = was && lines.n && explain_case_read(lines, NULL, was) == OPTOUT_OK;
    if (found) {
        tell_earlier_record(was, e);
        explain_case_free(was);
    } else {
        buf_printf(line_begin(e), "%s is not in the log that was read.", e->earlier);
        line_end(e, EXPLAIN_EARLIER);
    }
    free(was);
}

/* ---- what is lacking ---- */

static void tell_doubts(const struct explain_case *c, struct explanation *e)
{
    struct buf *out;
    if (!c->has_settings)
        line_put(e, EXPLAIN_DOUBTS, "The settings in force are not in the log: of the profile only "
                                    "name, purpose and mode are known, all else is taken as the "
                                    "filter begins with, and as what was done tells.");
    if (c->n_unknown) {
        buf_printf(line_begin(e), "%zu things in the record are not known to this version, and "
                                  "were left out of the reckoning.", c->n_unknown);
        line_end(e, EXPLAIN_DOUBTS);
    }
    if (!c->has_verdict || c->is_same)
        return;
    out = line_begin(e);
    buf_puts(out, "Made anew from the record, the decision would be: ");
    words_of_outcome(out, c->decision.kind, c->decision.action);
    buf_puts(out, ". The rules above are those of that, not of what was recorded: another version "
                  "made the record, or not all that counted stands in it.");
    line_end(e, EXPLAIN_DOUBTS);
}

/* ---- all of it ---- */

static void copy_id(char to[32], const char *id)
{
    size_t n = strlen(id);
    n = n < 31 ? n : 31;
    memcpy(to, id, n);
    to[n] = '\0';
}

static void tell_all(const struct explain_case *c, struct slice earlier, struct explanation *e)
{
    tell_question(c, e);
    tell_answer(c, e);
    tell_why(c, e);
    tell_statements(c, e);
    tell_conflicts(c, e);
    tell_unread(c, e);
    tell_site(c, e);
    tell_settings(c, e);
    if (e->earlier[0])
        tell_earlier(earlier, e);
    if (c->has_verdict)
        explain_otherwise(c, e);
    tell_doubts(c, e);
}

enum optout_rc explain_record(const struct explain_input *in, struct explanation *e)
{
    struct explain_case *c = malloc(sizeof *c);
    *e = (struct explanation){ .has_verdict = false };
    enum optout_rc rc = c ? explain_case_read(in->lines, in->profile, c) : OPTOUT_E_NOMEM;
    e->line = rc == OPTOUT_OK ? calloc(EXPLAIN_LINES_MAX, sizeof *e->line) : NULL;
    buf_init(&e->text, EXPLAIN_TEXT_MAX);
    if (e->line) {
        copy_id(e->id, explain_text(c->record, "id", ""));
        copy_id(e->earlier, explain_text(c->record, "earlier", ""));
        e->has_verdict = c->has_verdict;
        e->rule = rule_that_decided(&c->rules);
        e->rules = rules_that_took_part(&c->rules);
        tell_all(c, in->earlier, e);
    } else if (rc == OPTOUT_OK) {
        rc = OPTOUT_E_NOMEM;
    }
    if (c && (rc == OPTOUT_OK || c->record))
        explain_case_free(c);
    free(c);
    return rc;
}

void explanation_free(struct explanation *e)
{
    free(e->line);
    buf_free(&e->text);
    *e = (struct explanation){ .has_verdict = false };
}
