/* SPDX-License-Identifier: Apache-2.0 */
#include "answers/explain_case.h"

#include "policy/profile_line.h"
#include "standards/license_link.h"
#include "standards/natural_language.h"
#include "standards/standard.h"
#include "syntax/json.h"

#define ARENA_MAX (16u << 20)  /* bytes of texts; those of a record are 1 MiB at most */
#define DEPTH_MAX 32           /* of a line */
#define VALUES_MAX 200000u     /* of a line */

const char *explain_text(const json_t *o, const char *name, const char *otherwise)
{
    const char *text = json_string_value(json_object_get(o, name));
    return text ? text : otherwise;
}

static struct slice text_of(const json_t *o, const char *name)
{
    const json_t *s = json_object_get(o, name);
    return slice_of(json_string_value(s), json_string_length(s));
}

/* The number of a name among `n`; -1: there is none. */
static int number_of(const char *name, unsigned n, const char *(*name_of)(unsigned))
{
    for (unsigned i = 0; name && i < n; i++)
        if (strcmp(name, name_of(i)) == 0)
            return (int)i;
    return -1;
}

static const char *standard_at(unsigned i)
{
    return standards[i]->name;
}

static const char *carrier_at(unsigned i)
{
    return carrier_name((enum carrier)i);
}

static const char *scope_at(unsigned i)
{
    return scope_name((enum scope)i);
}

static const char *confidence_at(unsigned i)
{
    return confidence_name((enum confidence)i);
}

static const char *decision_at(unsigned i)
{
    return decision_name((enum decision_kind)i);
}

static const char *action_at(unsigned i)
{
    return action_name((enum action)i);
}

static const char *preference_at(unsigned i)
{
    return preference_name((enum preference)i);
}

static const char *place_at(unsigned i)
{
    static const char *const names[] = { "", "header-line", "byte", "line", "part" };
    return names[i];
}

/* ---- statements ---- */

static void read_prefs(struct explain_case *c, json_t *o, struct prefs *to)
{
    const char *key;
    json_t *value;
    json_object_foreach(o, key, value) {
        enum usage u;
        int p = number_of(json_string_value(value), PREF_COUNT, preference_at);
        if (p < 0 || !usage_from_name(slice_cstr(key), &u))
            c->n_unknown++;
        else
            to->of[u] = (uint8_t)p;
    }
}

static void read_place(const json_t *place, struct signal *s)
{
    int kind = number_of(explain_text(place, "kind", NULL), PLACE_PART + 1, place_at);
    json_int_t at = json_integer_value(json_object_get(place, "at"));
    s->place_kind = kind > 0 ? (uint8_t)kind : PLACE_NONE;
    s->at = at > 0 ? (uint64_t)at : 0;
    s->part = text_of(place, "part");
}

/* What standards need of their own to combine statements, and the record says otherwise. */
static void read_property(const json_t *o, struct signal *s)
{
    enum phrase_grade grade;
    if (phrase_grade_from_name(text_of(o, "grade"), &grade)) {
        s->property = (uint8_t)grade;
        s->name = text_of(o, "phrase");
    }
    if (s->standard == STD_LICENSE_LINK && s->note && strstr(s->note, "licence can be had"))
        s->property = LICENCE_OFFER;
    s->aside = s->scope == SCOPE_COMPONENT || (s->note && strstr(s->note, "superseded by a later"));
}

/* False: this version cannot weigh it. Texts are the record's. */
static bool read_signal(struct explain_case *c, const json_t *o, struct signal *s)
{
    int standard = number_of(explain_text(o, "standard", NULL), STD_COUNT, standard_at);
    int carrier = number_of(explain_text(o, "carrier", NULL), CARRIER_COUNT, carrier_at);
    int scope = number_of(explain_text(o, "scope", NULL), SCOPE_COUNT, scope_at);
    int confidence = number_of(explain_text(o, "confidence", "exact"), CONF_COUNT, confidence_at);
    *s = (struct signal){ .standard = STD_COUNT };
    if (standard < 0 || carrier < 0 || scope < 0 || confidence < 0)
        return false;
    s->standard = (uint8_t)standard;
    s->carrier = (uint8_t)carrier;
    s->scope = (uint8_t)scope;
    s->confidence = (uint8_t)confidence;
    s->agent = text_of(o, "agent");
    s->raw = text_of(o, "raw");
    s->raw_cut = json_is_true(json_object_get(o, "raw_cut"));
    s->url = text_of(o, "url");
    s->image = text_of(o, "image");
    s->page = text_of(o, "page");
    s->note = explain_text(o, "note", NULL);
    read_place(json_object_get(o, "place"), s);
    read_prefs(c, json_object_get(o, "preferences"), &s->prefs);
    read_property(o, s);
    return true;
}

static enum optout_rc read_signals(struct explain_case *c)
{
    const json_t *list = json_object_get(c->record, "signals");
    size_t n = json_array_size(list);
    signals_init(&c->signals, &c->arena);
    c->signals.settled = true; /* all is read that was */
    if (n > SIGNALS_MAX)
        return OPTOUT_E_LIMIT;
    c->signals.v = arena_array(&c->arena, n + 1, sizeof *c->signals.v);
    if (!c->signals.v)
        return OPTOUT_E_NOMEM;
    c->signals.size = n;
    for (size_t i = 0; i < n; i++) {
        if (read_signal(c, json_array_get(list, i), &c->signals.v[c->signals.n]))
            c->signals.n++;
        else
            c->n_unknown++;
    }
    return OPTOUT_OK;
}

/* ---- the profile ---- */

static usage_set read_usages(struct explain_case *c, const json_t *list)
{
    usage_set set = 0;
    size_t i;
    json_t *name;
    json_array_foreach(list, i, name) {
        enum usage u;
        if (json_is_string(name) && usage_from_name(slice_cstr(json_string_value(name)), &u))
            set |= usage_bit(u);
        else
            c->n_unknown++;
    }
    return set;
}

/* Its purpose and mode, where nothing else is known of it. */
static void read_profile_of(struct explain_case *c, const json_t *o)
{
    usage_set purpose = read_usages(c, json_object_get(o, "purpose"));
    if (purpose)
        c->profile.purpose = purpose;
    c->profile.monitor = strcmp(explain_text(o, "mode", "enforce"), "monitor") == 0;
}

static struct slice profile_named(const struct explain_case *c)
{
    struct slice name = text_of(c->record, "profile");
    return name.n ? name : text_of(c->config, "profile");
}

static void read_profile(struct explain_case *c, const struct profile *given)
{
    struct slice name = profile_named(c);
    size_t i;
    json_t *p;
    c->has_settings = true;
    if (given) {
        c->profile = *given;
        return;
    }
    if (profile_of_settings(c->settings, name, &c->profile))
        return;
    c->has_settings = false;
    profile_init(&c->profile);
    size_t n = name.n < sizeof c->profile.name ? name.n : sizeof c->profile.name - 1;
    if (name.n)
        memcpy(c->profile.name, name.p, n);
    c->profile.name[n] = '\0';
    read_profile_of(c, c->record); /* version 1, or resolved */
    json_array_foreach(json_object_get(c->config, "profiles"), i, p)
        if (slice_eq(text_of(p, "name"), name))
            read_profile_of(c, p);
}

/* ---- the decision ---- */

static undecided_set read_undecided(struct explain_case *c)
{
    undecided_set set = 0;
    size_t i;
    json_t *name;
    json_array_foreach(json_object_get(c->record, "undecided"), i, name) {
        enum undecided u;
        if (json_is_string(name) && undecided_from_name(slice_cstr(json_string_value(name)), &u))
            set |= undecided_bit(u);
        else
            c->n_unknown++;
    }
    return set;
}

static bool has_page(const struct explain_case *c)
{
    for (size_t i = 0; i < c->signals.n; i++)
        if (c->signals.v[i].page.n)
            return true;
    return false;
}

static bool rests_on_earlier(const struct explain_case *c)
{
    return *explain_text(c->record, "earlier", "") && !has_page(c);
}

/* What could not be held is refused, or cut when its answer had begun; a cut for another reason
 * is one of a body that broke off. */
static bool was_refused_late(const struct explain_case *c)
{
    const struct decision *d = &c->decision;
    const undecided_set limits = undecided_bit(UNDECIDED_LIMIT_SIZE) |
                                 undecided_bit(UNDECIDED_LIMIT_MEMORY) |
                                 undecided_bit(UNDECIDED_LIMIT_TIME);
    const undecided_set broken = undecided_bit(UNDECIDED_TRUNCATED) |
                                 undecided_bit(UNDECIDED_ABORTED);
    if (c->request || c->profile.monitor || d->action >= ACTION_BLOCK || d->kind != c->said ||
        c->n_unknown)
        return false;
    if (c->done == ACTION_CUT)
        return (d->undecided & limits) && !(d->undecided & broken);
    return c->done == ACTION_BLOCK && c->has_settings;
}

/* The answers that are not the profile's, told by what the record says (verdict/judge.c). */
static void take_what_happened(struct explain_case *c)
{
    struct decision *d = &c->decision;
    if (c->request && rests_on_earlier(c)) {
        d->kind = c->said;
        decision_become(d, POLICY_RULE_REMEMBERED, ACTION_BLOCK);
    } else if (strcmp(explain_text(c->record, "inspected", ""), "site-file") == 0) {
        decision_become(d, POLICY_RULE_SITE_FILE, ACTION_PASS);
    } else if ((d->undecided & undecided_bit(UNDECIDED_TUNNEL)) && d->action == ACTION_TAG) {
        decision_become(d, d->rule, ACTION_PASS);
    } else if (was_refused_late(c)) {
        decision_become(d, POLICY_RULE_REFUSED_LATE, ACTION_BLOCK);
    }
}

/* Only an announced length tells that there was more. */
static bool was_stopped(const struct explain_case *c)
{
    json_int_t length = json_integer_value(json_object_get(c->record, "length"));
    json_int_t seen = json_integer_value(json_object_get(c->record, "seen"));
    return !c->request && c->done == ACTION_BLOCK && length > seen && !c->decision.undecided;
}

static bool any_stale(const struct explain_case *c)
{
    size_t i;
    json_t *site;
    json_array_foreach(json_object_get(c->record, "site"), i, site)
        if (json_array_size(json_object_get(site, "stale")))
            return true;
    return false;
}

static unsigned what_happened(const struct explain_case *c)
{
    return (c->request ? HAPPENED_BEFORE_FETCH : 0u) |
           (!c->request && rests_on_earlier(c) ? HAPPENED_KNOWN : 0u) |
           (any_stale(c) ? HAPPENED_STALE : 0u) | (was_stopped(c) ? HAPPENED_STOPPED : 0u);
}

void explain_case_decide(const struct explain_case *c, const struct profile *p,
                         const struct signals *s, undecided_set undecided, struct decision *out)
{
    decide(p, s, undecided, out);
    out->contact = text_of(c->record, "contact");
}

static bool is_as_said(const struct explain_case *c)
{
    const struct decision *d = &c->decision;
    if (d->kind != c->said)
        return false;
    return c->done == ACTION_CUT || c->done == d->action;
}

/* Of a profile that is not known, what was done tells what it does in such a case. */
static bool guess_action(struct explain_case *c)
{
    struct profile *p = &c->profile;
    const struct decision *d = &c->decision;
    uint8_t choice = c->done == ACTION_BLOCK ? WEAK_BLOCK
                     : c->done == ACTION_TAG ? WEAK_TAG
                                             : WEAK_IGNORE;
    if (c->has_settings || p->monitor || d->kind != c->said || d->action == c->done ||
        c->done == ACTION_CUT)
        return false;
    if (d->rule == POLICY_RULE_WEAK && choice != WEAK_IGNORE)
        p->weak = choice;
    else if (d->rule == POLICY_RULE_WORDS && choice != WEAK_IGNORE)
        p->natural[PHRASE_HINT] = p->natural[PHRASE_LIKELY] = p->natural[PHRASE_PLAIN] = choice;
    else
        p->on[d->kind] = (uint8_t)c->done;
    for (unsigned u = 0; u < UNDECIDED_COUNT; u++)
        if (d->undecided & undecided_bit((enum undecided)u))
            p->on_undecided[u] = (uint8_t)c->done;
    return true;
}

static void read_verdict(struct explain_case *c)
{
    int kind = number_of(explain_text(c->record, "decision", NULL), DECISION_COUNT, decision_at);
    int done = number_of(explain_text(c->record, "action", "pass"), ACTION_COUNT, action_at);
    undecided_set undecided = read_undecided(c);
    c->request = strcmp(explain_text(c->record, "vector", "respmod"), "reqmod") == 0;
    c->has_verdict = kind >= 0;
    c->said = kind >= 0 ? (enum decision_kind)kind : DECISION_CLEAR;
    c->done = done >= 0 ? (enum action)done : ACTION_PASS;
    explain_case_decide(c, &c->profile, &c->signals, undecided, &c->decision);
    if (c->has_verdict && guess_action(c))
        explain_case_decide(c, &c->profile, &c->signals, undecided, &c->decision);
    if (c->has_verdict)
        take_what_happened(c);
    c->rules = (struct rule_case){
        .profile = &c->profile,
        .signals = &c->signals,
        .decision = &c->decision,
        .done = c->done,
        .happened = what_happened(c),
    };
    c->is_same = c->has_verdict && is_as_said(c);
}

/* ---- lines ---- */

static bool is_record(const json_t *line)
{
    const char *event = explain_text(line, "event", NULL);
    bool version = json_is_integer(json_object_get(line, "v"));
    return version && (!event || strcmp(event, "final") == 0 || strcmp(event, "pending") == 0);
}

static void take_line(struct explain_case *c, json_t *line)
{
    const char *event = explain_text(line, "event", "");
    const char *id = explain_text(line, "id", NULL);
    if (is_record(line)) {
        json_decref(c->record);
        c->record = json_incref(line);
    } else if (strcmp(event, "config") == 0) {
        json_decref(c->config);
        c->config = json_incref(line);
    } else if (strcmp(event, "site") == 0 && id) {
        (void)json_object_set(c->sites, id, json_object_get(line, "bundle"));
    }
}

static enum optout_rc read_lines(struct explain_case *c, struct slice lines)
{
    struct slice text;
    while (slice_split(&lines, '\n', &text)) {
        if (slice_empty(text))
            continue;
        if (!json_is_bounded(text, DEPTH_MAX, VALUES_MAX))
            return OPTOUT_E_LIMIT;
        json_t *line = json_loadb((const char *)text.p, text.n, JSON_ALLOW_NUL, NULL);
        if (json_is_object(line))
            take_line(c, line);
        json_decref(line);
    }
    return c->record ? OPTOUT_OK : OPTOUT_E_SYNTAX;
}

enum optout_rc explain_case_read(struct slice lines, const struct profile *profile,
                                 struct explain_case *c)
{
    *c = (struct explain_case){ .record = NULL };
    arena_init(&c->arena, ARENA_MAX, NULL, 0);
    c->sites = json_object();
    enum optout_rc rc = c->sites ? read_lines(c, lines) : OPTOUT_E_NOMEM;
    if (rc == OPTOUT_OK) {
        c->settings = text_of(c->config, "settings");
        read_profile(c, profile);
        rc = read_signals(c);
    }
    if (rc == OPTOUT_OK)
        read_verdict(c);
    else
        explain_case_free(c);
    return rc;
}

void explain_case_free(struct explain_case *c)
{
    json_decref(c->record);
    json_decref(c->config);
    json_decref(c->sites);
    arena_reset(&c->arena);
    *c = (struct explain_case){ .record = NULL };
}
