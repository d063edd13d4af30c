/* SPDX-License-Identifier: Apache-2.0 */
/* phrases_fixture.h - phrase files in a test, and what a text gives with them. */
#ifndef OPTOUT_TESTS_PHRASES_FIXTURE_H
#define OPTOUT_TESTS_PHRASES_FIXTURE_H

#include "unit.h"

#include "standards/phrases.h"

#define HITS_MAX 16

struct hits {
    size_t n;
    struct {
        enum phrase_grade grade;
        usage_set usages;
        char text[512], language[12], phrase[41];
        unsigned version;
        uint64_t offset;
    } v[HITS_MAX];
    enum optout_rc rc;
};

static inline void note_hit(void *ctx, const struct phrase_hit *hit)
{
    struct hits *h = ctx;
    if (h->n == HITS_MAX)
        return;
    snprintf(h->v[h->n].text, sizeof h->v[0].text, "%.*s", SLICE_FMT(hit->text));
    snprintf(h->v[h->n].language, sizeof h->v[0].language, "%s", hit->language);
    snprintf(h->v[h->n].phrase, sizeof h->v[0].phrase, "%s", hit->phrase);
    h->v[h->n].grade = hit->grade;
    h->v[h->n].usages = hit->usages;
    h->v[h->n].version = hit->version;
    h->v[h->n++].offset = hit->offset;
}

static inline void fail_on_fault(void *ctx, const struct phrase_fault *f)
{
    (void)ctx;
    fail_msg("%s:%u: %s; %s", f->path, f->line, f->why, f->remedy);
}

static inline struct phrases *phrases_of_texts(const char *const *text, size_t n)
{
    struct phrase_text file[8];
    struct phrases *p;
    for (size_t i = 0; i < n; i++)
        file[i] = (struct phrase_text){ "test.phr", slice_cstr(text[i]) };
    assert_int_equal(phrases_compile(file, n, false, fail_on_fault, NULL, &p), OPTOUT_OK);
    return p;
}

static inline struct phrases *phrases_of(const char *text)
{
    return phrases_of_texts(&text, 1);
}

static inline struct hits hits_of_plain(const struct phrases *p, struct slice text)
{
    struct arena arena = test_arena();
    struct hits h = { .n = 0 };
    struct phrase_reader *r = phrase_reader_open(&arena, p, note_hit, &h);
    assert_non_null(r);
    h.rc = phrase_reader_plain(r, text, 100);
    enum optout_rc end = phrase_reader_end(r);
    h.rc = h.rc == OPTOUT_MORE ? end : h.rc;
    arena_reset(&arena);
    return h;
}

/* "phrase" of the one hit, "-" for none, "+" for more. */
static inline const char *phrase_in(const struct phrases *p, const char *text)
{
    static struct hits h;
    h = hits_of_plain(p, slice_cstr(text));
    assert_int_equal(h.rc, OPTOUT_DONE);
    return h.n == 0 ? "-" : h.n > 1 ? "+" : h.v[0].phrase;
}

#define assert_phrase(p, text, want)                                                        \
    do {                                                                                    \
        const char *got_ = phrase_in(p, text);                                              \
        if (strcmp(got_, want) != 0)                                                        \
            fail_msg("%s: got %s, want %s", text, got_, want);                              \
    } while (0)

#endif
