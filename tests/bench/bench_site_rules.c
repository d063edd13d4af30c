/* SPDX-License-Identifier: Apache-2.0 */
/* bench_site_rules.c - what it costs to ask compiled rules about one URL, its path
 * brought to normal form included, to compile and check a document, and to read the
 * robots.txt files of $OPTOUT_CORPUS/robots/real-*. Prints lines `name TAB value TAB
 * unit`, best of several runs. */
#include "bench_util.h"

#include "http/url_path.h"
#include "site/compiled.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#define ROUNDS 20000
#define RUNS 9
#define ARENA_MAX (64u << 20)
#define FIRST_BLOCK 16384
#define FILES_MAX 1000

static uint32_t line;

static void add(struct site_rules *r, enum rule_kind kind, const char *pattern, enum usage u,
                enum preference p)
{
    struct site_rule rule = {
        .kind = (uint8_t)kind,
        .confidence = CONF_EXACT,
        .group = r->n_groups - 1,
        .line = ++line,
        .pattern = url_pattern_normal(r->arena, slice_cstr(pattern)),
    };
    rule.raw = rule.pattern;
    rule.weight = (uint32_t)rule.pattern.n;
    rule.prefs.of[u] = (uint8_t)p;
    if (!site_rules_add(r, &rule))
        abort();
}

static void group(struct site_rules *r, const char *const *token, size_t n)
{
    if (!site_rules_group(r, ++line))
        abort();
    for (size_t i = 0; i < n; i++)
        if (!site_rules_agent(r, slice_cstr(token[i]), ++line))
            abort();
}

static void access_rules(struct site_rules *r, unsigned n)
{
    char text[64];
    for (unsigned i = 0; i < n; i++) {
        snprintf(text, sizeof text, i % 8 ? "/section-%u/archive/%u/" : "/section-%u/*/print-%u$",
                 i % 37, i);
        add(r, RULE_ACCESS, text, USAGE_ACQUIRE, i % 3 ? PREF_DENY : PREF_ALLOW);
    }
}

static void measure(const char *name, struct slice bytes, const char *path, const char *token)
{
    static uint8_t first[FIRST_BLOCK] __attribute__((aligned(16)));
    struct slice agent = slice_cstr(token);
    struct rules_query q = {
        .origin = SLICE("https://example.com"),
        .agent = &agent,
        .n_agents = 1,
    };
    struct rules_verdict v;
    uint64_t best = UINT64_MAX;
    size_t signals = 0;
    for (int run = 0; run < RUNS; run++) {
        uint64_t start = bench_ns();
        for (int i = 0; i < ROUNDS; i++) {
            struct arena a;
            struct signals s;
            arena_init(&a, FIRST_BLOCK, first, sizeof first);
            signals_init(&s, &a);
            q.path = url_path_normal(&a, slice_cstr(path));
            if (compiled_apply(bytes, &q, &s, &v) != OPTOUT_OK)
                abort();
            bench_keep(s.n + v.allowed);
            signals = s.n;
            arena_reset(&a);
        }
        uint64_t spent = bench_ns() - start;
        best = spent < best ? spent : best;
    }
    printf("site-rules.%s.%zu-signals\t%.0f\tns\n", name, signals, (double)best / ROUNDS);
}

static void measure_making(const char *name, const struct site_rules *r, struct buf *out)
{
    uint64_t make = UINT64_MAX;
    for (int run = 0; run < RUNS; run++) {
        buf_clear(out);
        uint64_t start = bench_ns();
        if (compiled_make(r, agents_builtin(), out) != OPTOUT_OK)
            abort();
        uint64_t took = bench_ns() - start;
        make = took < make ? took : make;
    }
    printf("site-rules.%s.compile-per-rule\t%.0f\tns\n", name, (double)make / r->n_rules);
    printf("site-rules.%s.bytes-per-rule\t%.0f\tbytes\n", name, (double)out->n / r->n_rules);
}

/* ---- real files ---- */

struct file {
    struct buf text;
    uint64_t parse, compile; /* ns, best of the runs */
};

static bool read_file(const char *path, struct buf *out)
{
    FILE *f = fopen(path, "rb");
    size_t n = 0;
    buf_init(out, ROBOTS_TXT_MAX);
    uint8_t *p = f ? buf_room(out, ROBOTS_TXT_MAX) : NULL;
    if (p)
        n = fread(p, 1, ROBOTS_TXT_MAX, f);
    out->n = n;
    if (f)
        fclose(f);
    return p != NULL;
}

static void measure_file(struct file *f, struct buf *out)
{
    f->parse = f->compile = UINT64_MAX;
    for (int run = 0; run < RUNS; run++) {
        struct arena a;
        struct site_rules r;
        arena_init(&a, ARENA_MAX, NULL, 0);
        buf_clear(out);
        uint64_t start = bench_ns();
        site_rules_init(&r, &a);
        enum optout_rc rc = robots_txt_parse(buf_slice(&f->text), &r);
        uint64_t parsed = bench_ns();
        if (rc == OPTOUT_OK && compiled_make(&r, agents_builtin(), out) != OPTOUT_OK)
            abort();
        uint64_t compiled = bench_ns();
        f->parse = parsed - start < f->parse ? parsed - start : f->parse;
        f->compile = compiled - parsed < f->compile ? compiled - parsed : f->compile;
        arena_reset(&a);
    }
}

static void measure_corpus(void)
{
    static struct file file[FILES_MAX];
    const char *corpus = getenv("OPTOUT_CORPUS");
    char pattern[4096];
    glob_t g;
    struct buf out;
    uint64_t bytes = 0, parse = 0, compile = 0, longest = 0;
    size_t n = 0;
    snprintf(pattern, sizeof pattern, "%s/robots/real-*/*.txt", corpus ? corpus : "");
    if (!corpus || glob(pattern, 0, NULL, &g) != 0) {
        printf("# no real robots.txt: OPTOUT_CORPUS/robots/real-* is not there\n");
        return;
    }
    buf_init(&out, COMPILED_MAX);
    for (size_t i = 0; i < g.gl_pathc && n < FILES_MAX; i++)
        n += read_file(g.gl_pathv[i], &file[n].text);
    globfree(&g);
    for (size_t i = 0; i < n; i++) {
        measure_file(&file[i], &out);
        bytes += file[i].text.n;
        parse += file[i].parse;
        compile += file[i].compile;
        longest = file[i].parse + file[i].compile > longest ? file[i].parse + file[i].compile
                                                             : longest;
        buf_free(&file[i].text);
    }
    buf_free(&out);
    printf("site-rules.real.files\t%zu\tfiles\n", n);
    printf("site-rules.real.parse\t%.1f\tus/file\n", (double)parse / 1e3 / (double)n);
    printf("site-rules.real.compile\t%.1f\tus/file\n", (double)compile / 1e3 / (double)n);
    printf("site-rules.real.longest\t%.1f\tus\n", (double)longest / 1e3);
    printf("site-rules.real.rate\t%.0f\tMB/s\n",
           (double)bytes * 1e3 / (double)(parse + compile));
}

int main(void)
{
    static const char *const star[] = { "*" };
    static const char *const bots[] = { "gptbot", "ccbot", "claudebot", "bytespider" };
    static const char *const path = "/section-7/archive/2026/11/24/an-article-about-rules-42.html";
    struct arena a;
    struct site_rules r;
    struct buf out;
    arena_init(&a, ARENA_MAX, NULL, 0);
    buf_init(&out, COMPILED_MAX);

    site_rules_init(&r, &a);
    group(&r, star, 1);
    access_rules(&r, 30);
    add(&r, RULE_CONTENT_SIGNAL, "", USAGE_TRAIN_AI, PREF_DENY);
    add(&r, RULE_USAGE, "", USAGE_TRAIN_AI, PREF_DENY);
    for (size_t i = 0; i < sizeof bots / sizeof *bots; i++) {
        group(&r, &bots[i], 1);
        add(&r, RULE_ACCESS, "/", USAGE_ACQUIRE, PREF_DENY);
    }
    static const char *const own[] = { "ownbot" };
    group(&r, own, 1);
    add(&r, RULE_ACCESS, "/private/", USAGE_ACQUIRE, PREF_DENY);
    add(&r, RULE_ACCESS, "/*/print$", USAGE_ACQUIRE, PREF_DENY);
    add(&r, RULE_ACCESS, "/*?session=", USAGE_ACQUIRE, PREF_DENY);
    add(&r, RULE_ACCESS, "/private/open/", USAGE_ACQUIRE, PREF_ALLOW);
    measure_making("40-rules", &r, &out);
    measure("40-rules.star", buf_slice(&out), path, "examplebot");
    measure("40-rules.own-group", buf_slice(&out), path, "ownbot");
    measure("40-rules.refused", buf_slice(&out), path, "gptbot");

    site_rules_init(&r, &a);
    group(&r, star, 1);
    access_rules(&r, 1000);
    measure_making("1000-rules", &r, &out);
    measure("1000-rules", buf_slice(&out), path, "examplebot");
    measure("1000-rules.refused", buf_slice(&out), "/section-1/archive/1/x", "examplebot");

    site_rules_init(&r, &a);
    group(&r, star, 1);
    access_rules(&r, SITE_RULES_MAX);
    measure_making("65536-rules", &r, &out);
    measure("65536-rules", buf_slice(&out), path, "examplebot");
    buf_free(&out);
    arena_reset(&a);
    measure_corpus();
    return 0;
}
