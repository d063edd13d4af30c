/* SPDX-License-Identifier: Apache-2.0 */
/* bench_inspect.c - what judging one page costs, without a server: head parsed, body
 * fed as the proxy delivers it (a preview, then small pieces) until the verdict is
 * known, decision made and the record filled, but not printed.
 *
 *   bench_inspect FOLDER    every regular file in it is a page
 *
 * Prints lines `name TAB value TAB unit`; the figure is the best of several
 * passes over all pages, because whatever else runs only ever adds. */
#include "bench_util.h"

#include "policy/config.h"
#include "verdict/judge.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define PAGES_MAX 1000
#define BYTES_MAX (64u << 20) /* of all pages; later files are left out */
#define PREVIEW 32768         /* bytes */
#define PIECE 4096            /* bytes c-icap hands over at a time after the preview */
#define PASSES 7
#define FIRST_BLOCK 16384     /* bytes of the arena that are there already */

struct page {
    struct slice bytes;
};

static struct page pages[PAGES_MAX];
static size_t n_pages;
static size_t n_bytes;

static const char head[] =
    "Server: nginx\r\n"
    "Date: Tue, 24 Nov 2026 15:04:05 GMT\r\n"
    "Content-Type: text/html; charset=utf-8\r\n"
    "Connection: keep-alive\r\n"
    "Vary: Accept-Encoding, Cookie\r\n"
    "Cache-Control: public, max-age=300, s-maxage=600\r\n"
    "Last-Modified: Tue, 24 Nov 2026 14:00:00 GMT\r\n"
    "ETag: \"65f1c0de-1f40\"\r\n"
    "X-Frame-Options: SAMEORIGIN\r\n"
    "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n"
    "Link: <https://example.org/wp-json/>; rel=\"https://api.w.org/\"\r\n"
    "Set-Cookie: session=8f3b2a; Path=/; HttpOnly; SameSite=Lax\r\n"
    "\r\n";

static bool load(const char *folder, const char *name)
{
    char path[2048];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0 ||
        (size_t)st.st_size > BYTES_MAX - n_bytes)
        return true;
    FILE *f = fopen(path, "rb");
    uint8_t *p = f ? malloc((size_t)st.st_size) : NULL;
    bool good = p && fread(p, 1, (size_t)st.st_size, f) == (size_t)st.st_size;
    if (f)
        fclose(f);
    if (!good) {
        free(p);
        fprintf(stderr, "bench_inspect: cannot read %s\n", path);
        return false;
    }
    pages[n_pages++].bytes = slice_of(p, (size_t)st.st_size);
    n_bytes += (size_t)st.st_size;
    return true;
}

static bool load_all(const char *folder)
{
    DIR *d = opendir(folder);
    if (!d) {
        fprintf(stderr, "bench_inspect: cannot open %s\n", folder);
        return false;
    }
    bool good = true;
    for (struct dirent *e; good && n_pages < PAGES_MAX && (e = readdir(d));)
        good = load(folder, e->d_name);
    closedir(d);
    return good;
}

/* One page through the judge; returns something that depends on the result. */
static unsigned judge_page(struct slice body, const struct config *c)
{
    _Alignas(16) static uint8_t first[FIRST_BLOCK];
    struct judge j = { .profile = NULL };
    struct judge_basis basis = { .config = c };
    struct arena arena;
    arena_init(&arena, JUDGE_ARENA, first, sizeof first);
    judge_begin(&j, &basis, &c->profile[0], &arena);
    j.exchange = (struct exchange){ .method = SLICE("GET"),
                                    .url = SLICE("http://example.org/a/b.html"),
                                    .minor = 1, .status = 200, .has_body = true };
    if (headers_parse(&j.exchange.response, &arena, SLICE_OF(head)) != OPTOUT_OK ||
        judge_open(&j) != OPTOUT_OK)
        abort();
    bool decided = false;
    size_t at = 0;
    for (size_t n = PREVIEW; at < body.n && (!decided || c->audit_body_hash); n = PIECE) {
        struct slice piece = slice_sub(body, at, n);
        judge_hash(&j, piece);
        decided = judge_feed(&j, piece) == OPTOUT_DONE || judge_is_decided(&j) || decided;
        at += piece.n;
    }
    enum inspect_end end = at >= body.n ? INSPECT_WHOLE : INSPECT_STOPPED;
    judge_settle(&j, end, false);
    judge_close_record(&j, end, j.decision.action, at);
    unsigned result = (unsigned)j.decision.kind + (unsigned)j.record.signals->n;
    arena_reset(&arena);
    return result;
}

static void measure(const char *name, const struct config *c)
{
    uint64_t best = UINT64_MAX;
    unsigned sum = 0;
    for (int pass = 0; pass < PASSES; pass++) {
        uint64_t start = bench_ns();
        for (size_t i = 0; i < n_pages; i++)
            sum += judge_page(pages[i].bytes, c);
        uint64_t spent = bench_ns() - start;
        best = spent < best ? spent : best;
    }
    bench_keep(sum);
    printf("inspect.%s\t%.2f\tus/page\n", name, (double)best / 1e3 / (double)n_pages);
    printf("inspect.%s.rate\t%.3f\tGB/s of page bytes\n", name, (double)n_bytes / (double)best);
}

int main(int argc, char **argv)
{
    if (argc != 2 || !load_all(argv[1]) || n_pages == 0) {
        fprintf(stderr, "usage: bench_inspect FOLDER (of pages)\n");
        return 2;
    }
    printf("# %zu pages, %zu bytes, mean %zu\n", n_pages, n_bytes, n_bytes / n_pages);
    struct config c;
    config_init(&c);
    c.audit_body_hash = false;
    c.html_depth = HTML_DEPTH_HEAD;
    measure("head", &c);
    c.html_depth = HTML_DEPTH_DOCUMENT;
    measure("document", &c);
    c.audit_body_hash = true;
    measure("document+sha256", &c);
    for (size_t i = 0; i < n_pages; i++) /* a small page: what every exchange pays */
        pages[i].bytes = slice_sub(pages[i].bytes, 0, 2048);
    n_bytes = n_pages * 2048;
    measure("first-2k", &c);
    return 0;
}
