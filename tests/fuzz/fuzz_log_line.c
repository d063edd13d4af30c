/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_log_line.c - one line of the log with any bytes in it, read forward: accepted when
 * jansson accepts it, with the same members and the same texts; and what is asked of it ends. */
#include "answers/columns.h"
#include "answers/question.h"
#include "syntax/json.h"
#include "syntax/json_scan.h"

#include <jansson.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct domains *domains;
static struct question *question;

static void check(bool ok)
{
    if (!ok)
        abort();
}

static void make_question(void)
{
    domains = domains_new();
    question = question_new(domains);
    check(question_add(question, ASKED_HOST, SLICE_OF(".example")) == OPTOUT_OK &&
          question_add(question, ASKED_STANDARD, SLICE_OF("tdmrep")) == OPTOUT_OK &&
          question_add(question, ASKED_DECISION, SLICE_OF("reserved")) == OPTOUT_OK &&
          question_add(question, ASKED_URL_PREFIX, SLICE_OF("https://")) == OPTOUT_OK &&
          question_ready(question) == OPTOUT_OK);
}

/* The values lie one behind the other in the text. */
static bool walk(struct slice text)
{
    struct json_scan s;
    struct slice name, value;
    const uint8_t *at = text.p;
    bool open = json_scan_open(&s, text);
    while (json_scan_next(&s, &name, &value)) {
        check(value.n && value.p >= at && value.p + value.n <= text.p + text.n);
        at = value.p + value.n;
    }
    check(s.ended != s.broken && (open || s.broken));
    return s.ended;
}

/* jansson cannot read what is right: numbers beyond its own, and halves of pairs. */
static bool is_beyond_jansson(struct slice text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] == 'e' || text.p[i] == 'E' || text.p[i] == 'u' ||
            (i >= 17 && ascii_is_digit(text.p[i]) && ascii_is_digit(text.p[i - 17])))
            return true;
    return false;
}

static bool is_deep(struct slice text)
{
    return !json_is_bounded(text, JSON_SCAN_DEPTH, SIZE_MAX);
}

/* What jansson says of a member that is a text. */
static void compare_texts(const struct record_view *v, const json_t *object)
{
    struct buf scratch;
    struct slice inner;
    buf_init(&scratch, 1u << 20);
    for (unsigned f = 0; f < FIELD_COUNT; f++) {
        const json_t *value = json_object_get(object, record_field_name((enum record_field)f));
        check((v->value[f].n != 0) == (value && !json_is_null(value)));
        if (!json_is_string(value)) {
            check(!json_is_text(v->value[f], &inner));
            continue;
        }
        struct slice text = record_text(v, (enum record_field)f, &scratch);
        struct slice want = slice_of(json_string_value(value), json_string_length(value));
        if (!memchr(want.p, 0, want.n))
            check(slice_eq(text, want));
    }
    buf_free(&scratch);
}

static bool take_group(void *to, struct slice group)
{
    ++*(size_t *)to;
    check(group.n >= 3 && group.p[group.n - 1] == 0);
    return true;
}

static void ask(const struct record_view *v, struct slice text)
{
    static const enum column group[] = { COLUMN_STANDARD, COLUMN_UNDECIDED_REASON, COLUMN_DOMAIN };
    struct scan_line line = { .kind = SCAN_GAP, .raw = text, .view = *v };
    struct column_context context = { domains, false };
    struct buf scratch;
    size_t groups = 0;
    buf_init(&scratch, 1u << 20);
    (void)question_meets_gap(question, &line);
    (void)question_meets_removal(question, &line);
    struct signal_list list = { .deciding = false };
    struct signal_view signal;
    while (question_next_signal(v, &list, &signal))
        check(signal.standard.n <= text.n);
    for (unsigned c = 0; c < COLUMN_COUNT; c++) {
        if (c == FIELD_PROFILE || c == FIELD_MODE || c == FIELD_NODE || c == FIELD_PURPOSE)
            continue; /* those ask the segment */
        struct slice said = column_text((enum column)c, &line, &context, &scratch);
        check(said.n <= text.n + 32);
    }
    check(column_groups(group, 3, &line, &context, take_group, &groups) && groups > 0);
    buf_free(&scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_of(data, size);
    struct record_view v;
    if (!domains)
        make_question();
    bool whole = walk(text), record = record_view_read(&v, text);
    check(!record || whole);
    bool nul = size && memchr(data, 0, size) != NULL; /* it takes one behind a number */
    json_t *j = size ? json_loadb((const char *)data, size, JSON_ALLOW_NUL, NULL) : NULL;
    if (nul)
        check(!whole);
    else if (j)
        check(whole || is_deep(text));
    else
        check(!whole || is_beyond_jansson(text));
    if (record && j)
        compare_texts(&v, j);
    json_decref(j);
    if (record)
        ask(&v, text);
    struct buf plain;
    buf_init(&plain, 1u << 20);
    json_unescape(text, &plain); /* of anything */
    buf_free(&plain);
    return 0;
}
