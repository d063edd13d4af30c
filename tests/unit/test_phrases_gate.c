/* SPDX-License-Identifier: Apache-2.0 */
/* The gate lets through what the reader finds: every passage of tests/conformance/phrases in which
 * there is something, as a page, at other places of a row each. And holds back what is like it. */
#include "phrases_fixture.h"

#include "page/html.h"
#include "standards/phrases.h"
#include "syntax/literals.h"

#include <dirent.h>

#define PAGE_MAX (64u << 10)
#define FILL 9000 /* bytes before a passage, at most: two rows and more */

static const char filler[] = "Bread is baked on Monday and sold on Tuesday, and on Wednesday it is hard. ";

static void on_page(void *ctx, const struct page_statement *s)
{
    (void)ctx;
    (void)s;
}

static void on_candidate(void *ctx)
{
    *(bool *)ctx = true;
}

static const struct phrases *all_ready(void)
{
    const struct phrases *p = phrases_builtin();
    assert_true(p && phrases_ready(p));
    return p;
}

static bool is_candidate(const struct phrases *p, struct slice page)
{
    struct arena arena;
    bool told = false;
    arena_init(&arena, 4u << 20, NULL, 0);
    struct html_options o = { .page = on_page, .charset = SLICE("utf-8"),
                              .literals = phrases_literals(p), .worth = phrase_probe,
                              .worth_ctx = phrase_probe_open(&arena, p),
                              .candidate = on_candidate, .candidate_ctx = &told };
    struct html *h = html_open(&arena, &o);
    assert_non_null(h);
    assert_true(html_feed(h, page) >= 0);
    assert_true(html_end(h) >= 0);
    arena_reset(&arena);
    return told;
}

static size_t put_text(char *page, size_t n, struct slice text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] == '\\' && i + 1 < text.n && text.p[i + 1] == 'n') {
            n += (size_t)sprintf(page + n, "</p>\n<p>");
            i++;
        } else if (text.p[i] == '&' || text.p[i] == '<') {
            n += (size_t)sprintf(page + n, text.p[i] == '&' ? "&amp;" : "&lt;");
        } else {
            page[n++] = (char)text.p[i];
        }
    return n;
}

/* The passage in a page, with text in front of it and behind. */
static struct slice page_of(struct slice passage, size_t before, char page[PAGE_MAX])
{
    size_t n = (size_t)sprintf(page, "<!DOCTYPE html><title>Bread</title>\n<p>");
    for (size_t i = 0; i < before; i++)
        page[n++] = filler[i % (sizeof filler - 1)];
    n += (size_t)sprintf(page + n, "</p>\n<p>");
    n = put_text(page, n, passage);
    n += (size_t)sprintf(page + n, "</p>\n<p>%s</p>", filler);
    return slice_of(page, n);
}

static size_t hits_in(const struct phrases *p, struct slice passage)
{
    static char text[PAGE_MAX];
    size_t n = 0;
    for (size_t i = 0; i < passage.n; i++)
        if (passage.p[i] == '\\' && i + 1 < passage.n && passage.p[i + 1] == 'n') {
            text[n++] = '\n';
            text[n++] = '\n';
            i++;
        } else {
            text[n++] = (char)passage.p[i];
        }
    return hits_of_plain(p, slice_of(text, n)).n;
}

struct told {
    size_t passages, with_hits, let_through, lost;
};

static void check_line(const struct phrases *p, struct slice line, struct told *t)
{
    static char page[PAGE_MAX];
    if (line.n < 3 || line.p[0] == '#' || line.p[1] != ' ' || line.n > 8000)
        return;
    struct slice passage = slice_from(line, 2);
    bool hit = hits_in(p, passage) != 0;
    bool told = is_candidate(p, page_of(passage, line.n * 7919 % FILL, page));
    t->passages++;
    t->with_hits += hit;
    t->let_through += told;
    if (hit && !told) {
        t->lost++;
        print_message("# lost: %.*s\n", SLICE_FMT(passage));
    }
}

static void check_file(const struct phrases *p, const char *path, struct told *t)
{
    static char text[2u << 20];
    FILE *in = fopen(path, "rb");
    assert_non_null(in);
    size_t n = fread(text, 1, sizeof text, in);
    fclose(in);
    assert_true(n < sizeof text);
    struct slice rest = slice_of(text, n), line;
    while (slice_split(&rest, '\n', &line))
        check_line(p, line, t);
}

static void passages_are_let_through(void **state)
{
    (void)state;
    char folder[512], path[1024];
    const struct phrases *p = all_ready();
    struct told t = { 0 };
    snprintf(folder, sizeof folder, "%s/tests/conformance/phrases", getenv("OPTOUT_SRCDIR"));
    DIR *d = opendir(folder);
    assert_non_null(d);
    for (struct dirent *e = readdir(d); e; e = readdir(d)) {
        if (!strstr(e->d_name, ".txt"))
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        check_file(p, path, &t);
    }
    closedir(d);
    print_message("# of %zu passages %zu with hits, %zu let through, %zu lost\n", t.passages, t.with_hits,
                  t.let_through, t.lost);
    assert_true(t.with_hits > 1000);
    assert_int_equal(t.lost, 0);
}

static void ordinary_pages_are_not(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "The train to Data City leaves from platform two, and the machines are in the museum.",
        "Our machines are trained by hand, and the training of the staff takes a year.",
        "This model has an automatic gearbox, and the generation before it had none.",
        "Models of ships are shown upstairs. Data about them is kept in a drawer.",
    };
    static char page[PAGE_MAX];
    const struct phrases *p = all_ready();
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (is_candidate(p, page_of(slice_cstr(texts[i]), 100, page)))
            fail_msg("%s", texts[i]);
}

static void words_may_stand_apart(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "You may not use it to t\xC2\xADrain an A\xE2\x80\x8BI.", /* soft hyphen, zero width space */
        "You may not use it to \xEF\xBD\x94rain a language model.",  /* full-width t */
        "You may not use it\n\n   to   train\n      a\n   language\n  model.",
    };
    static char page[PAGE_MAX];
    const struct phrases *p = all_ready();
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_true(is_candidate(p, page_of(slice_cstr(texts[i]), 4000, page)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passages_are_let_through),
        cmocka_unit_test(ordinary_pages_are_not),
        cmocka_unit_test(words_may_stand_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
