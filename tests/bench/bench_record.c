/* SPDX-License-Identifier: Apache-2.0 */
/* bench_record.c - what a record costs the request path.
 *
 * Usage: bench_record [DIR [RECORDS]]
 *
 * Prints microseconds per typical record (nothing stated; one reservation found in a
 * header, one in the page): made and printed, then appended with each AuditSync, into a
 * folder below DIR (default: the present one), which is removed again. Run it
 * where the log will live: `each` measures the disk. Processor time is that of
 * the calling thread and steadier than elapsed time on a busy machine. */
#include "audit/segment.h"
#include "core/clock.h"
#include "policy/config.h"
#include "verdict/judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RECORDS 200000
#define RECORDS_EACH 2000 /* every one waits for the disk */
#define ROUNDS 5          /* the best one counts: the rest is the machine's noise */

static const char request[] =
    "Host: news.example\r\n"
    "Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8\r\n"
    "User-Agent: ExampleBot/2.1 (+https://crawler.example/about)\r\n";
static const char response[] =
    "Content-Type: text/html; charset=utf-8\r\n"
    "TDM-Reservation: 1\r\n"
    "TDM-Policy: https://news.example/.well-known/tdm-policy.json\r\n";
static const char page[] =
    "<!doctype html><title>x</title><meta name=robots content=\"noai, noimageai\"><body>";
/* What most exchanges are: nothing is stated, and the site is known. */
static const char clear_response[] =
    "Content-Type: text/html; charset=utf-8\r\n"
    "Content-Length: 46\r\n";
static const char clear_page[] = "<!doctype html><title>x</title><body><p>A page";
static const char bundle[] = "{\"origin\":\"https://news.example\",\"files\":[]}";

struct scene {
    struct arena arena;
    struct config config;
    struct judge judge;
};

/* The judge makes the record as it does in the proxy. */
static void scene_init(struct scene *s, bool clear)
{
    struct slice head = clear ? SLICE_OF(clear_response) : SLICE_OF(response);
    struct slice body = clear ? SLICE_OF(clear_page) : SLICE_OF(page);
    struct judge *j = &s->judge;
    struct judge_basis basis = { .config = &s->config };
    memset(s, 0, sizeof *s);
    arena_init(&s->arena, JUDGE_ARENA, NULL, 0);
    config_init(&s->config);
    snprintf(s->config.node, sizeof s->config.node, "proxy-1.example");
    memset(s->config.hash, 'a', 64);
    judge_begin(j, &basis, &s->config.profile[0], &s->arena);
    j->exchange = (struct exchange){
        .method = SLICE("GET"),
        .url = SLICE("https://news.example/politics/2026/11/24/a-typical-article.html?ref=home"),
        .minor = 1,
        .status = 200,
        .has_body = true,
    };
    if (headers_parse(&j->exchange.request, &s->arena, SLICE_OF(request)) != OPTOUT_OK ||
        headers_parse(&j->exchange.response, &s->arena, head) != OPTOUT_OK ||
        judge_open(j) != OPTOUT_OK)
        abort();
    judge_hash(j, body);
    (void)judge_feed(j, body);
    judge_settle(j, INSPECT_WHOLE, false);
    judge_close_record(j, INSPECT_WHOLE, j->decision.action, 0);
    j->record.transaction = SLICE_OF("4711.3");
    j->record.micros = 87;
    if (j->decision.kind != (clear ? DECISION_CLEAR : DECISION_RESERVED) ||
        (!clear && j->record.signals->n < 2))
        abort(); /* it would not be the record that is spoken of */
    if (!clear)
        return;
    j->site = (struct site_result){ .n = 1, .known = true };
    j->site.reliance[0].bundle = SLICE_OF(bundle);
    if (!bundle_id(j->site.reliance[0].bundle, j->site.reliance[0].id))
        abort();
    j->record.site = &j->site;
}

struct cost {
    double elapsed, cpu; /* microseconds per record */
};

static double cpu_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

/* Prints `n` records, appending them when there is a log. */
static struct cost run(struct scene *s, struct audit *log, struct buf *line, unsigned n)
{
    struct record *r = &s->judge.record;
    struct reference_list refs;
    uint64_t start = clock_mono_us();
    double cpu = cpu_us();
    for (unsigned i = 0; i < n; i++) {
        buf_clear(line);
        r->wall_ms = clock_wall_ms();
        ulid_make(r->wall_ms, r->id);
        record_references(r, &refs);
        if (record_print(r, line) != OPTOUT_OK ||
            (log && audit_append(log, buf_slice(line), &refs) != OPTOUT_OK)) {
            perror("record");
            exit(1);
        }
    }
    return (struct cost){ (double)(clock_mono_us() - start) / n, (cpu_us() - cpu) / n };
}

static void report(const char *what, struct scene *s, struct audit *log, struct buf *line,
                   unsigned n)
{
    struct cost least = run(s, log, line, n);
    for (int i = 1; i < ROUNDS; i++) {
        struct cost c = run(s, log, line, n);
        if (c.elapsed < least.elapsed)
            least.elapsed = c.elapsed;
        if (c.cpu < least.cpu)
            least.cpu = c.cpu;
    }
    printf("%-14s %9.2f %9.2f\n", what, least.elapsed, least.cpu);
}

static void report_sync(const char *what, struct scene *s, enum audit_sync sync, struct buf *line,
                        unsigned n)
{
    struct config_error e;
    char command[CONFIG_PATH_MAX + 16];
    s->config.audit_sync = (uint8_t)sync;
    struct audit *log = audit_open(&s->config, &e);
    if (!log) {
        fprintf(stderr, "%s\n", e.reason);
        exit(1);
    }
    report(what, s, log, line, n);
    audit_close(log);
    snprintf(command, sizeof command, "rm -rf '%s'", s->config.audit_dir);
    if (system(command) != 0)
        exit(1);
}

static void measure(const char *name, bool clear, const char *dir, unsigned n)
{
    static struct scene s;
    unsigned n_each = n < RECORDS_EACH ? n : RECORDS_EACH;
    struct buf line;
    scene_init(&s, clear);
    snprintf(s.config.audit_dir, sizeof s.config.audit_dir, "%s", dir);
    buf_init(&line, RECORD_MAX);
    (void)run(&s, NULL, &line, 1);
    printf("%s record of %zu bytes, best of %d rounds, microseconds each\n", name, line.n, ROUNDS);
    printf("%-14s %9s %9s\n", "", "elapsed", "cpu");
    report("print", &s, NULL, &line, n);
    report_sync("print, write", &s, AUDIT_SYNC_WRITE, &line, n);
    report_sync("print, batch", &s, AUDIT_SYNC_BATCH, &line, n);
    report_sync("print, each", &s, AUDIT_SYNC_EACH, &line, n_each);
    buf_free(&line);
    arena_reset(&s.arena);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0); /* who asks for the sizes alone does not wait for the rest */
    unsigned n = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : RECORDS;
    char dir[512];
    snprintf(dir, sizeof dir, "%.480s/bench-record-XXXXXX", argc > 1 ? argv[1] : ".");
    if (n == 0 || !mkdtemp(dir)) {
        perror(dir);
        return 1;
    }
    measure("clear", true, dir, n);
    measure("reserved", false, dir, n);
    return 0;
}
