/* SPDX-License-Identifier: Apache-2.0 */
/* bench_site_look.c - what a request pays for site rules that are known: what the judge
 * does with them (URL, store, rules of two files, what it rests on, decision), and that
 * part printed for the record. The store is in OPTOUT_BENCH_DIR, in /dev/shm by default.
 * Prints lines `name TAB value TAB unit`, best of several runs. */
#include "bench_util.h"

#include "core/clock.h"
#include "policy/config.h"
#include "site/site.h"
#include "syntax/json.h"
#include "verdict/judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROUNDS 20000
#define RUNS 9
#define FIRST_BLOCK 16384
#define ARENA_MAX (8u << 20)

static char dir[256];

static void robots_text(struct buf *out)
{
    buf_puts(out, "User-agent: *\nDisallow: /refused/\n");
    for (int i = 0; i < 30; i++)
        buf_printf(out, "Disallow: /section-%d/%s\n", i, i % 3 ? "" : "*/print$");
    for (int i = 0; i < 10; i++)
        buf_printf(out, "\nUser-agent: bot-%d\nDisallow: /\n", i);
}

static void make_document(struct arena *a, enum site_kind kind, const char *path, struct slice body,
                          struct site_document *d)
{
    static const struct site_lifetimes lifetimes = SITE_LIFETIMES_PRESET;
    struct headers none = { .n = 0 };
    char url[256];
    int n = snprintf(url, sizeof url, "https://www.example.com%s", path);
    struct site_answer answer = {
        .kind = kind,
        .origin = SLICE_OF("https://www.example.com"),
        .url = arena_copy(a, slice_of(url, (size_t)n), sizeof url),
        .agent = SLICE_OF("ExampleBot/1.0"),
        .status = body.n ? 200 : 404,
        .headers = &none,
        .body = body,
        .now_ms = clock_wall_ms(),
    };
    if (document_read(&answer, agents_builtin(), &lifetimes, a, d) != OPTOUT_OK)
        abort();
}

static void fill(struct site *s)
{
    struct arena a;
    struct buf text;
    struct site_document d[6];
    arena_init(&a, ARENA_MAX, NULL, 0);
    buf_init(&text, 65536);
    robots_text(&text);
    make_document(&a, SITE_ROBOTS, "/robots.txt", buf_slice(&text), &d[0]);
    make_document(&a, SITE_TDMREP, "/.well-known/tdmrep.json",
                  SLICE_OF("[{\"location\": \"/*\", \"tdm-reservation\": 0}]"), &d[1]);
    make_document(&a, SITE_AI_TXT, "/ai.txt", SLICE_EMPTY, &d[2]);
    make_document(&a, SITE_AI_WELL_KNOWN, "/.well-known/ai.txt", SLICE_EMPTY, &d[3]);
    make_document(&a, SITE_TRUST, "/trust.txt", SLICE_EMPTY, &d[4]);
    make_document(&a, SITE_TRUST_WELL_KNOWN, "/.well-known/trust.txt", SLICE_EMPTY, &d[5]);
    if (store_write(site_store(s), SLICE_OF("https://www.example.com"), d, 6, true) != OPTOUT_OK)
        abort();
    buf_free(&text);
    arena_reset(&a);
}

static void open_request(const struct config *c, struct site *s, const char *url,
                         struct arena *a, struct judge *j)
{
    struct judge_basis basis = { .config = c, .site = s };
    memset(j, 0, sizeof *j);
    judge_begin(j, &basis, &c->profile[0], a);
    j->exchange.method = SLICE_OF("GET");
    j->exchange.url = slice_cstr(url);
    judge_open_request(j);
}

/* Is it refused, or does it pass? */
static void settle(struct judge *j)
{
    j->site = (struct site_result){ .n = 0 };
    bench_keep(judge_settle_site(j) + j->site.n);
    if (!j->site.known || j->site.waited)
        abort();
}

static void measure(const struct config *c, struct site *s, const char *name, const char *url)
{
    static uint8_t first[FIRST_BLOCK] __attribute__((aligned(16)));
    struct arena a;
    struct judge j;
    struct buf text;
    uint64_t best = UINT64_MAX, best_print = UINT64_MAX;
    size_t signals = 0;
    buf_init(&text, 65536);
    open_request(c, s, url, &a, &j);
    for (int run = 0; run < RUNS; run++) {
        uint64_t start = bench_ns();
        for (int i = 0; i < ROUNDS; i++) {
            arena_init(&a, ARENA_MAX, first, sizeof first);
            settle(&j);
            arena_reset(&a);
        }
        uint64_t spent = bench_ns() - start;
        best = spent < best ? spent : best;
        arena_init(&a, ARENA_MAX, first, sizeof first);
        settle(&j);
        signals = j.record.signals->n;
        start = bench_ns();
        for (int i = 0; i < ROUNDS; i++) {
            struct json out = json_to(&text);
            buf_clear(&text);
            record_print_site(&out, &j.site);
            bench_keep(text.n);
        }
        spent = bench_ns() - start;
        best_print = spent < best_print ? spent : best_print;
        arena_reset(&a);
    }
    printf("site-request.%s.%zu-signals\t%.0f\tns\n", name, signals, (double)best / ROUNDS);
    printf("site-request.%s.print\t%.0f\tns\n", name, (double)best_print / ROUNDS);
    printf("site-request.%s.printed\t%zu\tbytes\n", name, text.n);
    buf_free(&text);
}

/* Nobody listens at the socket: a question would be seen. */
static void configure(struct config *c)
{
    config_init(c);
    snprintf(c->site_store, sizeof c->site_store, "%s", dir);
    snprintf(c->site_socket, sizeof c->site_socket, "/nonexistent");
    snprintf(c->profile[0].user_agent, sizeof c->profile[0].user_agent, "ExampleBot/1.0");
}

int main(void)
{
    const char *base = getenv("OPTOUT_BENCH_DIR");
    char command[300], why[256];
    struct config c;
    snprintf(dir, sizeof dir, "%s/optout-bench-XXXXXX", base ? base : "/dev/shm");
    if (!mkdtemp(dir)) {
        perror(dir);
        return 1;
    }
    struct site *s = site_get(dir, STORE_SIZE_PRESET, NULL, why, sizeof why);
    if (!s) {
        fprintf(stderr, "%s\n", why);
        return 1;
    }
    configure(&c);
    fill(s);
    measure(&c, s, "passes", "https://www.example.com/news/2026/11/24/an-article-42.html?ref=front");
    measure(&c, s, "refused", "https://www.example.com/refused/2026/11/24/an-article-42.html");
    store_close(site_store(s));
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command) != 0;
}
