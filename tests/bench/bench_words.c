/* SPDX-License-Identifier: Apache-2.0 */
/* bench_words.c - what reading words adds to the scan of pages, on one core.
 *
 * usage: bench_words [--looking] FILE...
 *
 * --looking: the first figure alone, for a profile.
 * Every file is fed in pieces of 32 KiB, as a proxy would; a round is all files, in turn with and
 * without; the figures are the medians of the rounds. The literals are those that the phrase
 * files of the source look for. */
#include "bench_util.h"

#include "page/html.h"
#include "standards/phrases_builtin.h"
#include "syntax/literals.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#ifdef HAVE_HS
#include <hs.h>
#endif

#define ROUNDS 9
#define PIECE (32u << 10)
#define LITERALS_MAX 2048

struct file {
    struct slice bytes;
    bool candidate;
};

static struct literal literal[LITERALS_MAX];
static size_t n_literals;
static struct literals *literals;
static const struct phrases *phrases;
static struct file *files;
static size_t n_files;
static unsigned long told, hits;

/* ---- literals ---- */

static bool is_known(const struct literal *l)
{
    for (size_t i = 0; i < n_literals; i++)
        if (literal[i].exact == l->exact && slice_eq(literal[i].bytes, l->bytes))
            return true;
    return false;
}

static void take_line(struct slice line)
{
    struct slice word;
    line = slice_sub(line, 0, slice_find(line, '\n'));
    line = slice_sub(line, 0, slice_find(line, '#'));
    while (slice_split(&line, ' ', &word)) {
        bool exact = slice_take(&word, '=');
        struct literal l = { slice_trim_space(word), exact };
        if (l.bytes.n >= 2 && n_literals < LITERALS_MAX && !is_known(&l))
            literal[n_literals++] = l;
    }
}

static void take_literals(void)
{
    for (size_t i = 0; i < phrases_builtin_count; i++) {
        struct slice rest = phrases_builtin_texts[i].text, line;
        while (slice_split(&rest, '\n', &line))
            if (slice_starts_nocase(line, SLICE_OF("look-for ")))
                take_line(slice_from(line, 9));
    }
}

/* ---- what is measured ---- */

static void on_page(void *ctx, const struct page_statement *s)
{
    (void)ctx;
    (void)s;
}

static void on_candidate(void *ctx)
{
    (void)ctx;
    told++;
}

static void on_hit(void *ctx, const struct phrase_hit *hit)
{
    (void)ctx;
    hits += hit->grade >= PHRASE_LIKELY;
}

static void drop_text(void *ctx, const struct text_block *b)
{
    (void)ctx;
    bench_keep(b->text.n);
}

static void read_words(void *ctx, const struct text_block *b)
{
    (void)!phrase_reader_block(ctx, b);
}

enum way { SCAN, LOOK, TEXT, WORDS, ALL };

static void read_file(const struct file *f, enum way way);

/* As a proxy does it: most pages are looked at alone. */
static void read_as_proxy(const struct file *f)
{
    unsigned long before = told;
    read_file(f, LOOK);
    if (told > before)
        read_file(f, WORDS);
}

static void read_file(const struct file *f, enum way way)
{
    if (way == ALL) {
        read_as_proxy(f);
        return;
    }
    static _Alignas(16) uint8_t first[256u << 10];
    struct arena a;
    arena_init(&a, 8u << 20, first, sizeof first);
    struct html_options o = { .page = on_page, .charset = SLICE("utf-8") };
    struct phrase_reader *r = NULL;
    if (way == LOOK) {
        o.literals = literals;
        o.worth = phrase_probe;
        o.worth_ctx = phrase_probe_open(&a, phrases);
        o.candidate = on_candidate;
    } else if (way >= TEXT) {
        if (way == WORDS && !(r = phrase_reader_open(&a, phrases, on_hit, NULL)))
            abort();
        o.text = way == WORDS ? read_words : drop_text;
        o.text_ctx = r;
    }
    struct html *h = html_open(&a, &o);
    enum optout_rc rc = h ? OPTOUT_MORE : OPTOUT_E_NOMEM;
    for (struct slice s = f->bytes; s.n && rc == OPTOUT_MORE; s = slice_from(s, PIECE))
        rc = html_feed(h, slice_sub(s, 0, PIECE));
    if (rc < 0 || html_end(h) < 0)
        abort();
    if (r)
        (void)!phrase_reader_end(r);
    arena_reset(&a);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double v[ROUNDS])
{
    qsort(v, ROUNDS, sizeof v[0], by_value);
    return v[ROUNDS / 2];
}

/* Both ways over the files that are candidates, or are none, or all; GB/s of either. */
static void compare(const char *what, enum way one, enum way other, bool clean, bool candidates)
{
    double rate[2][ROUNDS], ratio[ROUNDS];
    size_t bytes = 0;
    for (size_t i = 0; i < n_files; i++)
        bytes += files[i].candidate ? candidates * files[i].bytes.n : clean * files[i].bytes.n;
    for (int r = 0; r < ROUNDS; r++) {
        uint64_t t[2];
        for (int k = 0; k < 2; k++) {
            uint64_t from = bench_ns();
            for (size_t i = 0; i < n_files; i++)
                if (files[i].candidate ? candidates : clean)
                    read_file(&files[i], k ? other : one);
            t[k] = bench_ns() - from + 1;
            rate[k][r] = (double)bytes / (double)t[k];
        }
        ratio[r] = (double)t[1] / (double)t[0];
    }
    printf("words, %s\t%.3f\ttimes the scan (%.2f and %.2f GB/s, %zu bytes)\n", what,
           median(ratio), median(rate[0]), median(rate[1]), bytes);
}

/* ---- the same literals, by others ---- */

static void tell_rate(const char *what, uint64_t ns, size_t found)
{
    size_t bytes = 0;
    for (size_t i = 0; i < n_files; i++)
        bytes += files[i].bytes.n;
    printf("words, literals in whole pages, %s\t%.2f\tGB/s (%zu found)\n", what,
           (double)bytes / (double)ns, found);
}

static void all_of_ours(void)
{
    size_t found = 0;
    uint64_t from = bench_ns();
    for (size_t i = 0; i < n_files; i++)
        for (size_t at = 0; (at = literals_find(literals, files[i].bytes, at)) < files[i].bytes.n; at++)
            found++;
    tell_rate("optout", bench_ns() - from, found);
}

static void all_of_pcre2(void)
{
    static char pattern[LITERALS_MAX * 64];
    size_t n = 0;
    for (size_t i = 0; i < n_literals; i++) {
        struct slice s = literal[i].bytes;
        bool word = literal[i].exact && s.n == 2 && ascii_is_alpha(s.p[0]);
        n += (size_t)snprintf(pattern + n, sizeof pattern - n, "%s%s\\Q%.*s\\E%s", i ? "|" : "",
                              word ? "(?<![A-Za-z0-9])" : literal[i].exact ? "" : "(?i:",
                              SLICE_FMT(s), word ? "(?![A-Za-z0-9])" : literal[i].exact ? "" : ")");
    }
    int error;
    PCRE2_SIZE where;
    pcre2_code *c = pcre2_compile((PCRE2_SPTR)pattern, n, 0, &error, &where, NULL);
    pcre2_match_data *m = c ? pcre2_match_data_create(4, NULL) : NULL;
    if (!m || pcre2_jit_compile(c, PCRE2_JIT_COMPLETE) < 0)
        return;
    size_t found = 0;
    uint64_t from = bench_ns();
    for (size_t i = 0; i < n_files; i++)
        for (size_t at = 0; pcre2_jit_match(c, files[i].bytes.p, files[i].bytes.n, at, 0, m, NULL) > 0;
             at = pcre2_get_ovector_pointer(m)[0] + 1)
            found++;
    tell_rate("PCRE2, JIT", bench_ns() - from, found);
    pcre2_match_data_free(m);
    pcre2_code_free(c);
}

#ifdef HAVE_HS
static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                    void *ctx)
{
    (void)id;
    (void)from;
    (void)to;
    (void)flags;
    ++*(size_t *)ctx;
    return 0;
}

static void all_of_hyperscan(void)
{
    static const char *text[LITERALS_MAX];
    static unsigned flags[LITERALS_MAX], ids[LITERALS_MAX];
    static size_t length[LITERALS_MAX];
    for (size_t i = 0; i < n_literals; i++) {
        text[i] = (const char *)literal[i].bytes.p;
        length[i] = literal[i].bytes.n;
        flags[i] = literal[i].exact ? 0 : HS_FLAG_CASELESS;
        ids[i] = (unsigned)i;
    }
    hs_database_t *db;
    hs_compile_error_t *error;
    hs_scratch_t *scratch = NULL;
    if (hs_compile_lit_multi(text, flags, ids, length, (unsigned)n_literals, HS_MODE_BLOCK, NULL,
                             &db, &error) != HS_SUCCESS ||
        hs_alloc_scratch(db, &scratch) != HS_SUCCESS)
        return;
    size_t found = 0;
    uint64_t from = bench_ns();
    for (size_t i = 0; i < n_files; i++)
        (void)hs_scan(db, (const char *)files[i].bytes.p, (unsigned)files[i].bytes.n, 0, scratch,
                      on_match, &found);
    tell_rate("hyperscan, words of two letters anywhere", bench_ns() - from, found);
    hs_free_scratch(scratch);
    hs_free_database(db);
}
#endif

/* ---- files ---- */

static bool load(const char *path, struct file *f)
{
    FILE *in = fopen(path, "rb");
    if (!in || fseek(in, 0, SEEK_END))
        return false;
    size_t n = (size_t)ftell(in);
    uint8_t *p = malloc(n + 1);
    rewind(in);
    bool ok = p && fread(p, 1, n, in) == n;
    fclose(in);
    f->bytes = slice_of(p, n);
    unsigned long before = told;
    read_file(f, LOOK);
    f->candidate = told > before;
    return ok;
}

int main(int argc, char **argv)
{
    bool looking = argc > 1 && strcmp(argv[1], "--looking") == 0;
    if (argc < 2 + looking) {
        fprintf(stderr, "usage: bench_words [--looking] FILE...\n");
        return 2;
    }
    take_literals();
    literals = literals_compile_for_text(literal, n_literals);
    phrases = phrases_builtin();
    files = calloc((size_t)argc, sizeof *files);
    if (!literals || !phrases || !files || !phrases_ready(phrases)) /* with JIT, as a service has them */
        return 1;
    for (int i = 1 + looking; i < argc; i++)
        if (!load(argv[i], &files[n_files++])) {
            perror(argv[i]);
            return 1;
        }
    printf("# %zu literals; of %zu pages %lu are worth reading\n", n_literals, n_files,
           told);
    compare("looking, pages without a candidate", SCAN, LOOK, true, false);
    if (looking)
        return 0;
    compare("text, pages with a candidate", SCAN, TEXT, false, true);
    compare("text and phrases, pages with a candidate", SCAN, WORDS, false, true);
    compare("all that it costs, all pages", SCAN, ALL, true, true);
    printf("# %lu reservations found in these rounds\n", hits);
    all_of_ours();
    all_of_pcre2();
#ifdef HAVE_HS
    all_of_hyperscan();
#endif
    for (size_t i = 0; i < n_files; i++)
        free((void *)(uintptr_t)files[i].bytes.p);
    free(files);
    literals_free(literals);
    return 0;
}
