/* SPDX-License-Identifier: Apache-2.0 */
/* sizing_store.c - sizing_store N DIR REDIS: what N origins take, written as the daemon writes them.
 *
 * Puts into the store at DIR what it keeps of them, with the originals, and into the file REDIS the commands by
 * which a node shares the same answers. The mix, by the number of the origin: a quarter has no robots.txt;
 * most others have one of ten rules, some of forty, few of hundreds; one in fifty has a tdmrep.json; nobody
 * has the other files. Prints lines `name TAB value TAB unit`. For tests/bench/sizing. */
#include "bench_util.h"

#include "core/clock.h"
#include "daemon/share_value.h"
#include "site/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_MAX (64u << 20)
#define TEXT_MAX (1u << 20)

static unsigned pick(unsigned i, unsigned of)
{
    return (unsigned)((i * UINT64_C(2654435761) >> 8) % of);
}

static unsigned rules_of(unsigned i)
{
    unsigned r = pick(i, 100);
    return r < 25 ? 0 : r < 72 ? 10 : r < 93 ? 40 : r < 99 ? 200 : 1500;
}

static void print_robots(unsigned i, struct buf *out)
{
    unsigned rules = rules_of(i);
    buf_clear(out);
    if (!rules)
        return;
    buf_printf(out, "# robots.txt of host %u\nUser-agent: *\n", i);
    for (unsigned k = 0; k < rules; k++) {
        if (k && k % 20 == 0)
            buf_printf(out, "\nUser-agent: Bot%u\n", k / 20);
        buf_printf(out, "Disallow: /section-%u/part-%u%s\n", (i + k) % 97, k, k % 5 ? "/" : "/*.php$");
    }
    if (i % 4 == 0)
        buf_puts(out, "\nUser-agent: GPTBot\nUser-agent: CCBot\nUser-agent: ClaudeBot\nDisallow: /\n");
    buf_printf(out, "\nSitemap: https://www.host-%06u.example/sitemap.xml\n", i);
}

static void make_answer(unsigned i, enum site_kind kind, struct slice body, const char *origin, char url[160],
                        const struct headers *headers, struct site_answer *a)
{
    snprintf(url, 160, "%s%s", origin, site_kind_path(kind));
    *a = (struct site_answer){ .kind = kind, .origin = slice_cstr(origin), .url = slice_cstr(url),
                               .agent = SLICE_OF("ExampleBot/1.0 (+https://bot.example/)"),
                               .status = body.n ? 200 : 404, .headers = headers, .body = body,
                               .source = SITE_FETCHED, .now_ms = clock_wall_ms() + (int)pick(i, 1000) };
}

static void share(FILE *redis, const char *origin, const struct site_answer *a)
{
    struct buf value;
    char key[256];
    buf_init(&value, TEXT_MAX + 65536);
    if (share_value_print(a, &value) != OPTOUT_OK)
        abort();
    int n = snprintf(key, sizeof key, "optout:1:doc:%s:%s", site_kind_name(a->kind), origin);
    fprintf(redis, "*5\r\n$3\r\nSET\r\n$%d\r\n%s\r\n$%zu\r\n", n, key, value.n);
    fwrite(value.p, 1, value.n, redis);
    fputs("\r\n$2\r\nPX\r\n$8\r\n86400000\r\n", redis);
    buf_free(&value);
}

static void put(struct store *s, FILE *redis, unsigned i, struct buf *robots)
{
    static const struct site_lifetimes lifetimes = SITE_LIFETIMES_PRESET;
    static const enum site_kind kinds[] = { SITE_ROBOTS, SITE_TDMREP, SITE_AI_TXT, SITE_AI_WELL_KNOWN,
                                            SITE_TRUST, SITE_TRUST_WELL_KNOWN };
    static const char tdmrep[] = "[{\"location\": \"/\", \"tdm-reservation\": 1}]\n";
    enum { KINDS = sizeof kinds / sizeof *kinds };
    struct site_document d[KINDS];
    struct headers headers = { NULL, 0 };
    struct arena a;
    char origin[64], url[KINDS][160];
    snprintf(origin, sizeof origin, "https://www.host-%06u.example", i);
    print_robots(i, robots);
    arena_init(&a, ARENA_MAX, NULL, 0);
    if (headers_parse(&headers, &a,
                      SLICE_OF("Content-Type: text/plain\r\nCache-Control: max-age=86400\r\n"
                               "ETag: \"5f3-1a2b3c4d5e6f\"\r\n"
                               "Last-Modified: Tue, 03 Nov 2026 10:00:00 GMT\r\n")) != OPTOUT_OK)
        abort();
    for (unsigned k = 0; k < KINDS; k++) {
        struct slice body = kinds[k] == SITE_ROBOTS                          ? buf_slice(robots)
                            : kinds[k] == SITE_TDMREP && pick(i, 50) == 0 ? SLICE_OF(tdmrep)
                                                                             : SLICE_EMPTY;
        struct site_answer answer;
        make_answer(i, kinds[k], body, origin, url[k], &headers, &answer);
        if (document_read(&answer, NULL, &lifetimes, &a, &d[k]) != OPTOUT_OK)
            abort();
        if (body.n && store_keep_original(s, d[k].sha256, body) != OPTOUT_OK)
            abort();
        share(redis, origin, &answer);
    }
    if (store_write(s, slice_cstr(origin), d, KINDS, true) != OPTOUT_OK)
        abort();
    arena_reset(&a);
}

int main(int argc, char **argv)
{
    char why[256];
    struct store *s = NULL;
    struct store_stat st;
    struct buf robots;
    unsigned n = argc == 4 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
    FILE *redis = n ? fopen(argv[3], "wb") : NULL;
    if (!redis) {
        fprintf(stderr, "usage: sizing_store N DIR REDIS\n");
        return 2;
    }
    struct store_options o = { .dir = argv[2], .size_max = 4 * STORE_SIZE_PRESET };
    if (store_open(&o, &s, why, sizeof why) != OPTOUT_OK) {
        fprintf(stderr, "%s: %s\n", argv[2], why);
        return 1;
    }
    buf_init(&robots, TEXT_MAX);
    for (unsigned i = 0; i < n; i++)
        put(s, redis, i, &robots);
    store_stat(s, &st);
    printf("store.keys\t%llu\tkeys\n", (unsigned long long)st.keys);
    printf("store.used\t%llu\tbytes\n", (unsigned long long)st.bytes_used);
    printf("store.evicted\t%llu\tkeys\n", (unsigned long long)st.evicted);
    store_close(s);
    buf_free(&robots);
    return fclose(redis) == 0 ? 0 : 1;
}
