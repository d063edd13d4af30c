/* SPDX-License-Identifier: Apache-2.0 */
/* optout phrases test: do the lines of the files hold, and how good are they on passages? */
#include "cli/phrases.h"

#include "core/file.h"
#include "page/html.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>

#define PASSAGES_MAX (64u << 20)
#define TEXT_MAX (256u << 10)
#define READER_ARENA (1u << 20)
#define SHOWN_COLUMNS 400
#define FOUND_MAX 64

/* What one text gave. */
struct outcome {
    enum phrase_grade grade; /* the best */
    char language[12];
    const char *phrase;
    usage_set usages;
    enum optout_rc rc;
    struct {
        const struct phrase_rule *rule, *by;
    } found[FOUND_MAX];
    size_t n_found;
    const char *asked_for; /* a language; was it asked? */
    bool asked;
};

static void on_hit(void *ctx, const struct phrase_hit *hit)
{
    struct outcome *o = ctx;
    if (hit->grade <= o->grade)
        return;
    o->grade = hit->grade;
    o->phrase = hit->phrase;
    o->usages = hit->usages;
    memcpy(o->language, hit->language, strlen(hit->language) + 1);
}

static void on_sentence(void *ctx, struct slice text, unsigned facts,
                        const struct phrase_language *l, unsigned words, bool skipped)
{
    struct outcome *o = ctx;
    (void)text, (void)facts, (void)words;
    o->asked = o->asked || (!skipped && o->asked_for && strcmp(o->asked_for, l->code) == 0);
}

static void on_found(void *ctx, const struct phrase_language *l, const struct phrase_rule *rule,
                     const struct phrase_rule *by)
{
    (void)l;
    struct outcome *o = ctx;
    if (o->n_found == FOUND_MAX)
        return;
    o->found[o->n_found].rule = rule;
    o->found[o->n_found++].by = by;
}

static void on_spans(void *ctx, const struct phrase_language *l, const struct phrase_set *set,
                     unsigned field, struct slice text)
{
    (void)ctx, (void)l, (void)set, (void)field, (void)text;
}

struct reading {
    struct phrase_reader *r;
    enum optout_rc rc;
};

static void on_block(void *ctx, const struct text_block *b)
{
    struct reading *x = ctx;
    if (x->rc == OPTOUT_MORE)
        x->rc = phrase_reader_block(x->r, b);
}

static enum optout_rc read_page(struct phrase_reader *r, struct slice page)
{
    struct arena arena;
    struct reading x = { r, OPTOUT_MORE };
    struct html_options o = { .charset = SLICE("utf-8"), .text = on_block, .text_ctx = &x };
    arena_init(&arena, READER_ARENA, NULL, 0);
    enum optout_rc rc = html_text(&arena, page, &o);
    arena_reset(&arena);
    return rc == OPTOUT_DONE ? x.rc : rc;
}

/* `language`: of which it is said whether it was asked. `page`: it is HTML. */
static struct outcome read_text(const struct phrases *p, const char *language, struct slice text,
                                bool page)
{
    struct outcome o = { .rc = OPTOUT_E_NOMEM, .asked_for = language };
    struct phrase_trace trace = { &o, on_sentence, on_found, on_spans };
    struct arena arena;
    arena_init(&arena, READER_ARENA, NULL, 0);
    struct phrase_reader *r = phrase_reader_open(&arena, p, on_hit, &o);
    if (r) {
        phrase_reader_trace(r, &trace);
        o.rc = page ? read_page(r, text) : phrase_reader_plain(r, text, 0);
        if (o.rc == OPTOUT_MORE)
            o.rc = phrase_reader_end(r);
    }
    arena_reset(&arena);
    return o;
}

static void print_text(struct buf *out, struct slice text)
{
    buf_puts(out, "      ");
    visible_append(out, text, SHOWN_COLUMNS);
    buf_putc(out, '\n');
}

static void print_found(struct buf *out, const struct outcome *o)
{
    if (o->n_found)
        buf_puts(out, "      found:");
    for (size_t i = 0; i < o->n_found; i++) {
        const struct phrase_rule *by = o->found[i].by;
        buf_printf(out, " %s%s%s", o->found[i].rule->name, by ? " < " : "",
                   !by ? "" : by == o->found[i].rule ? "unless" : by->name);
        buf_puts(out, i + 1 < o->n_found ? "," : "\n");
    }
}

/* --- lines of the files --- */

/* \n stands for the end of a line. */
static struct slice unescape(struct slice s, uint8_t *room)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        bool end = s.p[i] == '\\' && i + 1 < s.n && s.p[i + 1] == 'n';
        room[n++] = end ? '\n' : s.p[i];
        i += end;
    }
    return slice_of(room, n);
}

static bool is_found(const struct outcome *o, const struct phrase_rule *rule,
                     const struct phrase_rule *by, bool defeated)
{
    for (size_t i = 0; i < o->n_found; i++) {
        if (defeated && o->found[i].by == by && o->found[i].rule != by)
            return true;
        if (!defeated && o->found[i].rule == rule && !o->found[i].by)
            return true;
    }
    return false;
}

/* NULL, or what is wrong. */
static const char *judge_sample(const struct phrase_language *l, const struct phrase_rule *rule,
                                const struct phrase_sample *s, const struct outcome *o)
{
    bool reserved = o->grade > PHRASE_PERMISSION, own = strcmp(o->language, l->code) == 0;
    if (o->rc != OPTOUT_DONE)
        return "is not read to its end";
    if (s->hit && rule->defeats)
        return reserved ? NULL : "is no hit";
    if (s->hit && o->grade >= rule->grade && !own &&
        (!o->asked || is_found(o, rule, NULL, false)))
        return NULL; /* of another language, which is as likely */
    if (s->hit && o->grade && !own)
        return "is a hit of another language";
    if (s->hit)
        return is_found(o, rule, NULL, false) ? NULL : "is no hit of this phrase";
    if (rule->defeats && !reserved && !o->asked)
        return NULL; /* another language was likelier, and knew better */
    if (rule->defeats && !is_found(o, NULL, rule, true))
        return reserved ? "is a hit, and the defeater finds nothing"
                        : "is no hit even without the defeater";
    if (rule->defeats || rule->grade > PHRASE_PERMISSION)
        return reserved ? "is a hit" : NULL;
    return is_found(o, rule, NULL, false) ? "is a hit" : NULL;
}

static size_t test_samples(const struct phrases *p, const struct phrase_language *l,
                           const struct phrase_rule *rule, size_t *n, struct buf *out)
{
    size_t bad = 0;
    for (const struct phrase_sample *s = rule->first_sample; s; s = s->next) {
        uint8_t room[PHRASE_LINE_MAX];
        struct slice text = unescape(s->text, room);
        struct outcome o = read_text(p, l->code, text, false);
        const char *why = judge_sample(l, rule, s, &o);
        *n += 1;
        if (!why)
            continue;
        buf_printf(out, "%s:%u: '%s' of %s %s", l->path, s->line, s->hit ? "hit" : "miss",
                   rule->name, why);
        if (o.grade)
            buf_printf(out, ": %s/%s %s", o.language, o.phrase, phrase_grade_name(o.grade));
        buf_putc(out, '\n');
        print_text(out, text);
        print_found(out, &o);
        bad++;
    }
    return bad;
}

static size_t test_lines(const struct phrases *p, const struct phrase_args *a, struct buf *out)
{
    size_t bad = 0, n = 0;
    for (size_t i = 0; i < p->n; i++) {
        const struct phrase_language *l = &p->language[i];
        for (size_t k = 0; k < l->n_rules; k++)
            if (!a->language || strcmp(a->language, l->code) == 0)
                bad += test_samples(p, l, &l->rule[k], &n, out);
    }
    buf_printf(out, "%zu lines of the files, %zu do not hold\n", n, bad);
    return bad;
}

/* --- passages --- */

struct figures {
    char language[12];
    unsigned right, missed, wrong, clear, limited; /* reserve: hit, not; not-reserve: hit, not */
};

struct tally {
    const struct phrases *p;
    const struct phrase_args *a;
    struct buf *out;
    struct figures by[LANGUAGES_MAX + 16];
    size_t n;
    unsigned with_html, ambiguous;
};

static struct figures *figures_of(struct tally *t, const char *language)
{
    for (size_t i = 0; i < t->n; i++)
        if (strcmp(t->by[i].language, language) == 0)
            return &t->by[i];
    if (t->n < sizeof t->by / sizeof *t->by)
        t->n++;
    struct figures *f = &t->by[t->n - 1];
    size_t len = strlen(language);
    memcpy(f->language, language, len < sizeof f->language ? len : sizeof f->language - 1);
    return f;
}

static void judge_passage(struct tally *t, const char *id, const char *language, bool reserve,
                          struct slice text, bool page)
{
    struct figures *f = figures_of(t, language);
    struct outcome o = read_text(t->p, language, text, page);
    bool hit = o.grade >= PHRASE_LIKELY;
    *(reserve ? hit ? &f->right : &f->missed : hit ? &f->wrong : &f->clear) += 1;
    f->limited += o.rc != OPTOUT_DONE;
    if (hit == reserve || t->a->quiet)
        return;
    buf_printf(t->out, "%s %s %s", hit ? "FALSE " : "MISSED", id, language);
    if (o.grade)
        buf_printf(t->out, "  %s/%s %s", o.language, o.phrase, phrase_grade_name(o.grade));
    buf_putc(t->out, '\n');
    print_text(t->out, text);
    print_found(t->out, &o);
}

static void take_passage(struct tally *t, const json_t *o)
{
    const char *id = json_string_value(json_object_get(o, "id"));
    const char *language = json_string_value(json_object_get(o, "lang"));
    const char *label = json_string_value(json_object_get(o, "label"));
    const json_t *text = json_object_get(o, "text"), *html = json_object_get(o, "html");
    if (!id || !language || !label || !json_is_string(text))
        return;
    if (t->a->language && strcmp(t->a->language, language) != 0)
        return;
    if (strcmp(label, "ambiguous") == 0) {
        t->ambiguous++;
        return;
    }
    bool page = json_is_string(html);
    t->with_html += page;
    text = page ? html : text;
    judge_passage(t, id, language, strcmp(label, "reserve") == 0,
                  slice_of(json_string_value(text), json_string_length(text)), page);
}

static bool take_json(struct tally *t, const char *path, unsigned n, struct slice line)
{
    json_error_t error;
    json_t *o = json_loadb((const char *)line.p, line.n, 0, &error);
    if (o)
        take_passage(t, o);
    else
        cli_error("%s:%u: %s", path, n, error.text);
    json_decref(o);
    return o != NULL;
}

/* "de" of "DIR/de.txt", unless --lang says otherwise. */
static void language_of(const struct tally *t, const char *path, char out[12])
{
    const char *slash = strrchr(path, '/');
    const char *name = t->a->language ? t->a->language : slash ? slash + 1 : path;
    size_t n = strcspn(name, t->a->language ? "" : ".");
    snprintf(out, 12, "%.*s", (int)(n < 11 ? n : 11), name);
}

static bool take_line(struct tally *t, const char *path, unsigned n, struct slice line)
{
    char id[24], language[12];
    struct slice text = slice_trim_space(slice_from(line, 1));
    if (line.p[0] == '#')
        return true;
    if (!strchr("+-?", line.p[0])) {
        cli_error("%s:%u: a line begins with +, -, ? or #", path, n);
        return false;
    }
    snprintf(id, sizeof id, "%u", n);
    language_of(t, path, language);
    if (line.p[0] == '?')
        t->ambiguous++;
    else
        judge_passage(t, id, language, line.p[0] == '+', text, false);
    return true;
}

static bool read_passages(struct tally *t, const char *path, bool plain)
{
    struct buf text;
    buf_init(&text, PASSAGES_MAX);
    enum optout_rc rc = file_read(path, &text);
    if (rc != OPTOUT_OK)
        cli_error("cannot read %s: %s", path,
                  rc == OPTOUT_E_IO ? strerror(errno) : "it is too long");
    struct slice rest = buf_slice(&text), line;
    bool ok = rc == OPTOUT_OK;
    for (unsigned n = 1; ok && slice_split(&rest, '\n', &line); n++)
        if (slice_trim_space(line).n)
            ok = plain ? take_line(t, path, n, line) : take_json(t, path, n, line);
    buf_free(&text);
    return ok;
}

static void print_share(struct buf *out, unsigned part, unsigned other)
{
    if (part + other)
        buf_printf(out, "  %5.3f", (double)part / (double)(part + other));
    else
        buf_puts(out, "      -");
}

static void print_figures(struct buf *out, const struct figures *f)
{
    buf_printf(out, "%-5s  %8u %7u", f->language, f->right + f->missed, f->wrong + f->clear);
    buf_printf(out, " %7u %7u", f->missed, f->wrong);
    print_share(out, f->right, f->wrong);
    print_share(out, f->right, f->missed);
    if (f->limited)
        buf_printf(out, "  %u not read to their end", f->limited);
    buf_putc(out, '\n');
}

static bool is_less(unsigned part, unsigned other, double least)
{
    return least > 0 && (part == 0 || (double)part < least * (double)(part + other));
}

/* False: a file could not be read. *bad: not good enough. */
static bool test_passages(struct tally *t, bool *bad)
{
    for (size_t i = 0; i < t->a->n_passages; i++)
        if (!read_passages(t, t->a->passages[i], t->a->plain[i]))
            return false;
    struct figures all = { .language = "all" };
    buf_puts(t->out, "lang    reserve   other  missed   false  prec.  recall\n");
    for (size_t i = 0; i < t->n; i++) {
        const struct figures *f = &t->by[i];
        print_figures(t->out, f);
        all.right += f->right;
        all.missed += f->missed;
        all.wrong += f->wrong;
        all.clear += f->clear;
        all.limited += f->limited;
    }
    print_figures(t->out, &all);
    buf_printf(t->out, "%u ambiguous passages are not counted", t->ambiguous);
    if (t->with_html)
        buf_printf(t->out, "; %u were read as HTML", t->with_html);
    buf_putc(t->out, '\n');
    *bad = is_less(all.right, all.wrong, t->a->precision) ||
           is_less(all.right, all.missed, t->a->recall);
    return true;
}

int phrases_test(const struct phrase_files *f, const struct phrase_args *a, struct buf *out)
{
    struct tally t = { .p = f->phrases, .a = a, .out = out };
    bool bad = !a->passages_only && test_lines(f->phrases, a, out) != 0, poor = false;
    if (a->n_passages && !test_passages(&t, &poor))
        return CLI_FAILED;
    return bad || poor ? CLI_FOUND : CLI_CLEAR;
}
