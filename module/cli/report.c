/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report.h"

#include "audit/record.h"
#include "cli/cli.h"
#include "cli/table.h"
#include "syntax/json.h"
#include "standards/natural_language.h"
#include "standards/standard.h"

#define RAW_COLUMNS 72 /* characters of a raw value that people are shown */

enum { COL_MARK, COL_STANDARD, COL_WHERE, COL_SAYS, COL_RAW, COLUMNS };

static void json_usages(struct json *j, const char *key, usage_set set)
{
    json_open(j, key, '[');
    for (unsigned u = 0; u < USAGE_COUNT; u++)
        if (set & (1u << u))
            json_str(j, NULL, usage_name((enum usage)u));
    json_close(j, ']');
}

static void json_optional(struct json *j, const char *key, struct slice s)
{
    if (s.n)
        json_slice(j, key, s);
    else
        json_nil(j, key);
}

static struct slice media_type_of(const struct exchange *x)
{
    const struct header *h = headers_find(&x->response, "Content-Type");
    return h ? h->value : SLICE_EMPTY;
}

static void json_undecided(struct json *j, undecided_set set)
{
    json_str(j, "undecided", set ? undecided_name(undecided_first(set)) : NULL);
    json_open(j, "undecided_all", '[');
    for (unsigned i = 0; i < UNDECIDED_COUNT; i++)
        if (set & (1u << i))
            json_str(j, NULL, undecided_name((enum undecided)i));
    json_close(j, ']');
}

void report_members(const struct report *r, struct json *j)
{
    const struct decision *d = r->decision;
    json_int(j, "status", r->exchange->status);
    json_optional(j, "media_type", media_type_of(r->exchange));
    json_str(j, "profile", r->profile->name);
    json_usages(j, "purpose", r->profile->purpose);
    json_str(j, "decision", decision_name(d->kind));
    json_str(j, "action", action_name(d->action));
    record_print_usage(j, &d->usage);
    record_print_signals(j, r->signals, d);
    json_undecided(j, d->undecided);
    json_usages(j, "conflicts", d->conflicts);
    json_optional(j, "contact", d->contact);
    json_str(j, "inspected", r->inspected);
    if (r->site)
        record_print_site(j, r->site);
}

void report_json(const struct report *r, struct buf *out)
{
    struct json j = json_to(out);
    json_open(&j, NULL, '{');
    json_str(&j, "file", r->file);
    json_optional(&j, "url", r->exchange->url);
    if (r->packed)
        json_str(&j, "packed", r->packed);
    report_members(r, &j);
    json_close(&j, '}');
    buf_putc(out, '\n');
}

static void text_usages(struct buf *out, usage_set set)
{
    const char *between = "";
    for (unsigned u = 0; u < USAGE_COUNT; u++) {
        if (!(set & (1u << u)))
            continue;
        buf_printf(out, "%s%s", between, usage_name((enum usage)u));
        between = ", ";
    }
}

static usage_set usages_with(const struct prefs *p, unsigned preference)
{
    usage_set set = 0;
    for (unsigned u = 0; u < USAGE_COUNT; u++)
        if (p->of[u] == preference)
            set |= usage_bit((enum usage)u);
    return set;
}

/* "deny train-ml, train-ai; allow search", the gravest first. */
static void text_prefs(struct buf *out, const struct prefs *p)
{
    const char *between = "";
    for (unsigned v = PREF_COUNT - 1; v > PREF_UNKNOWN; v--) {
        usage_set set = usages_with(p, v);
        if (!set)
            continue;
        buf_printf(out, "%s%s ", between, preference_name((enum preference)v));
        text_usages(out, set);
        between = "; ";
    }
}

static void text_verdict(const struct report *r, bool colour, struct buf *out)
{
    static const char *const colours[DECISION_COUNT] = {
        [DECISION_CLEAR] = "\033[32m",       [DECISION_RESERVED] = "\033[31m",
        [DECISION_CONDITIONAL] = "\033[33m", [DECISION_LICENSED] = "\033[32m",
        [DECISION_UNDECIDED] = "\033[33m",
    };
    const struct decision *d = r->decision;
    if (!r->file)
        buf_puts(out, "(no body)");
    else if (strcmp(r->file, "-") == 0)
        buf_puts(out, "standard input");
    else
        visible_append(out, slice_cstr(r->file), 0);
    buf_printf(out, ": %s%s%s for ", colour ? colours[d->kind] : "", decision_name(d->kind),
               colour ? "\033[0m" : "");
    text_usages(out, r->profile->purpose);
    buf_printf(out, " (profile %s: %s", r->profile->name, action_name(d->action));
    if (d->would != d->action)
        buf_printf(out, ", without monitor mode: %s", action_name(d->would));
    buf_puts(out, ")\n");
}

static void text_consequences(const struct report *r, struct buf *out)
{
    const struct decision *d = r->decision;
    buf_puts(out, "  usage: ");
    if (prefs_empty(&d->usage))
        buf_puts(out, "nothing stated");
    text_prefs(out, &d->usage);
    buf_putc(out, '\n');
    if (d->conflicts) {
        buf_puts(out, "  conflict between standards: ");
        text_usages(out, d->conflicts);
        buf_putc(out, '\n');
    }
    if (d->undecided) {
        buf_puts(out, "  not read to the end:");
        for (unsigned i = 0; i < UNDECIDED_COUNT; i++)
            if (d->undecided & (1u << i))
                buf_printf(out, " %s", undecided_name((enum undecided)i));
        buf_putc(out, '\n');
    }
    if (d->contact.n) {
        buf_puts(out, "  contact: ");
        visible_append(out, d->contact, 0);
        buf_putc(out, '\n');
    }
}

static bool is_deciding(const struct decision *d, const struct signal *s)
{
    for (size_t i = 0; i < d->n_by; i++)
        if (d->by[i] == s)
            return true;
    return false;
}

/* "line 3" says which carrier it is in; a place in a page or none does not. */
static void text_where(const struct signal *s, struct buf *out)
{
    char place[PLACE_TEXT];
    signal_place(s, place);
    if (s->place_kind == PLACE_HEADER) {
        buf_puts(out, place);
        return;
    }
    buf_puts(out, carrier_name((enum carrier)s->carrier));
    if (place[0])
        buf_printf(out, " %s", place);
}

static void remark(struct buf *out, const char *text, struct slice what)
{
    if (out->n)
        buf_puts(out, "; ");
    buf_puts(out, text);
    visible_append(out, what, 0);
}

/* What the columns do not say. */
static void text_remarks(const struct signal *s, struct buf *out)
{
    if (natural_grade(s)) {
        remark(out, phrase_grade_name(natural_grade(s)), SLICE_EMPTY);
        if (s->name.n)
            remark(out, "phrase ", s->name);
    }
    if (s->agent.n)
        remark(out, "only to ", s->agent);
    if (s->scope != SCOPE_ASSET && s->scope != SCOPE_PAGE)
        remark(out, "about ", slice_cstr(scope_name((enum scope)s->scope)));
    if (s->image.n)
        remark(out, "only of ", s->image);
    if (s->page.n)
        remark(out, "said by ", s->page);
    if (s->confidence != CONF_EXACT)
        remark(out, "", slice_cstr(confidence_name((enum confidence)s->confidence)));
    if (s->note)
        remark(out, "", slice_cstr(s->note));
    if (s->url.n && (!slice_eq(s->url, s->raw) || s->url.n > RAW_COLUMNS))
        remark(out, "see ", s->url);
}

/* Adds one statement. Its cells are put together in `text`. */
static void add_signal(struct table *t, const struct report *r, const struct signal *s,
                       struct buf *text)
{
    size_t end[COLUMNS];
    buf_clear(text);
    buf_puts(text, is_deciding(r->decision, s) ? "*" : " ");
    end[COL_MARK] = text->n;
    buf_puts(text, standards[s->standard]->name);
    end[COL_STANDARD] = text->n;
    text_where(s, text);
    end[COL_WHERE] = text->n;
    if (prefs_empty(&s->prefs))
        buf_puts(text, "-");
    text_prefs(text, &s->prefs);
    end[COL_SAYS] = text->n;
    visible_append(text, s->raw, RAW_COLUMNS);
    end[COL_RAW] = text->n;
    struct slice cell[COLUMNS], all = buf_slice(text);
    for (size_t i = 0, at = 0; i < COLUMNS; at = end[i], i++)
        cell[i] = slice_sub(all, at, end[i] - at);
    bool ok = !text->failed && table_add(t, cell);
    buf_clear(text);
    text_remarks(s, text);
    if (ok && text->n)
        ok = !text->failed && table_add_note(t, buf_slice(text));
    if (!ok)
        cli_error("a statement is not shown whole: out of memory");
}

static bool is_read_as(const struct report *r, const char *name)
{
    struct slice rest = slice_cstr(r->inspected), one;
    while (slice_split(&rest, '+', &one))
        if (slice_eq(one, slice_cstr(name)))
            return true;
    return false;
}

/* What holds other files is said to be that, and who reads it better. */
static void text_kind(const struct report *r, struct buf *out)
{
    static const struct {
        const char *name, *text;
    } kinds[] = {
        { "warc", "a WARC file, whose records 'optout warc' judges one by one" },
        { "zip", "a ZIP file" },
        { "tar", "a tar archive, whose files are judged together" },
        { "mime", "a message of parts" },
    };
    const char *text = NULL;
    for (size_t i = 0; !text && i < sizeof kinds / sizeof *kinds; i++)
        if (is_read_as(r, kinds[i].name))
            text = kinds[i].text;
    if (text && r->packed)
        buf_printf(out, "  this is %s, packed with %s\n", text, r->packed);
    else if (text || r->packed)
        buf_printf(out, "  this is %s%s\n", text ? text : "packed with ", text ? "" : r->packed);
}

void report_text(const struct report *r, bool colour, struct buf *out)
{
    text_verdict(r, colour, out);
    text_kind(r, out);
    text_consequences(r, out);
    if (r->signals->n == 0) {
        buf_printf(out, "  no statement found (read: %s)\n", r->inspected);
        return;
    }
    struct arena arena;
    struct table t;
    struct buf text;
    arena_init(&arena, CLI_OUTPUT_MAX, NULL, 0);
    buf_init(&text, CLI_OUTPUT_MAX);
    table_init(&t, &arena, COLUMNS);
    const char *const head[] = { " ", "STANDARD", "WHERE", "SAYS", "RAW" };
    if (!table_add_text(&t, head))
        cli_error("out of memory");
    for (size_t i = 0; i < r->signals->n; i++)
        add_signal(&t, r, &r->signals->v[i], &text);
    table_print(&t, "", out);
    buf_free(&text);
    arena_reset(&arena);
}
