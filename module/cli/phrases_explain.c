/* SPDX-License-Identifier: Apache-2.0 */
/* optout phrases explain: what was found in a text, and what came of it. */
#include "cli/phrases.h"

#include "core/file.h"

#include <errno.h>

#define TEXT_MAX (16u << 20)
#define READER_ARENA (1u << 20)

struct explaining {
    struct buf *out;
    const char *language; /* alone */
    bool silent;          /* the language that is looked at is another */
    bool hit;
};

static const char *const fields[FIELD_COUNT] = { "here", "before", "block", "heading", "page" };

static void on_sentence(void *ctx, struct slice text, unsigned facts,
                        const struct phrase_language *l, unsigned words, bool skipped)
{
    static const char *const names[] = { " question", " heading", " item", " quote" };
    struct explaining *e = ctx;
    e->silent = e->language ? strcmp(e->language, l->code) != 0 : skipped;
    if (e->silent)
        return;
    buf_puts(e->out, "sentence: ");
    visible_append(e->out, text, 0);
    buf_printf(e->out, "\n  %s: %u function words%s;", l->code, words,
               skipped ? ", another language has more: not looked at" : "");
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        buf_puts(e->out, facts >> i & 1 ? names[i] : "");
    buf_putc(e->out, '\n');
}

static void on_found(void *ctx, const struct phrase_language *l, const struct phrase_rule *rule,
                     const struct phrase_rule *by)
{
    struct explaining *e = ctx;
    if (e->silent)
        return;
    buf_printf(e->out, "  %s %s %s", l->code, phrase_grade_name((enum phrase_grade)rule->grade),
               rule->name);
    if (!by)
        buf_puts(e->out, ": hit\n");
    else if (by == rule)
        buf_puts(e->out, ": but a set of its 'unless' occurs\n");
    else
        buf_printf(e->out, ": defeated by %s\n", by->name);
}

static void on_spans(void *ctx, const struct phrase_language *l, const struct phrase_set *set,
                     unsigned field, struct slice text)
{
    struct explaining *e = ctx;
    if (e->silent)
        return;
    buf_printf(e->out, "    %s %-8s %.*s: ", l->code, fields[field], SLICE_FMT(set->name));
    visible_append(e->out, text, 0);
    buf_putc(e->out, '\n');
}

static void on_hit(void *ctx, const struct phrase_hit *hit)
{
    struct explaining *e = ctx;
    buf_printf(e->out, "%s: %s/%s version %u, usages", phrase_grade_name(hit->grade),
               hit->language, hit->phrase, hit->version);
    for (unsigned u = 0; u < USAGE_COUNT; u++)
        if (hit->usages & usage_bit((enum usage)u))
            buf_printf(e->out, " %s", usage_name((enum usage)u));
    buf_puts(e->out, "\n  ");
    visible_append(e->out, hit->text, 0);
    buf_putc(e->out, '\n');
    e->hit = e->hit || hit->grade > PHRASE_PERMISSION;
}

static bool read_text(const struct phrase_args *a, struct buf *text)
{
    if (strcmp(a->text, "-") != 0)
        return buf_puts(text, a->text) == OPTOUT_OK;
    enum optout_rc rc = file_read_fd(0, text);
    if (rc != OPTOUT_OK)
        cli_error("cannot read standard input: %s",
                  rc == OPTOUT_E_IO ? strerror(errno) : "it is too long");
    return rc == OPTOUT_OK;
}

int phrases_explain(const struct phrase_files *f, const struct phrase_args *a, struct buf *out)
{
    struct explaining e = { .out = out, .language = a->language };
    struct phrase_trace trace = { &e, on_sentence, on_found, on_spans };
    struct arena arena;
    struct buf text;
    int status = CLI_FAILED;
    arena_init(&arena, READER_ARENA, NULL, 0);
    buf_init(&text, TEXT_MAX);
    struct phrase_reader *r = phrase_reader_open(&arena, f->phrases, on_hit, &e);
    if (r && read_text(a, &text)) {
        phrase_reader_trace(r, &trace);
        enum optout_rc rc = phrase_reader_plain(r, buf_slice(&text), 0);
        if (rc == OPTOUT_MORE)
            rc = phrase_reader_end(r);
        if (rc != OPTOUT_DONE)
            buf_puts(out, "not read to its end: more than is looked at\n");
        if (!e.hit)
            buf_puts(out, "no reservation\n");
        status = e.hit ? CLI_RESERVED : CLI_CLEAR;
    }
    buf_free(&text);
    arena_reset(&arena);
    return status;
}
