/* SPDX-License-Identifier: Apache-2.0 */
/* bench_inspect.c - what the whole inspection of one page costs, without a
 * server: head parsed, body fed as the proxy delivers it (a preview, then small
 * pieces), decision made.
 *
 *   bench_inspect FOLDER    every regular file in it is a page
 *
 * Prints lines `name TAB value TAB unit`; the figure is the best of several
 * passes over all pages, because whatever else runs only ever adds. */
#include "bench_util.h"

#include "inspect/inspect.h"
#include "policy/decide.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define PAGES_MAX 1000
#define BYTES_MAX (64u << 20) /* of all pages; later files are left out */
#define PREVIEW 32768         /* bytes */
#define PIECE 4096            /* bytes c-icap hands over at a time after the preview */
#define PASSES 7
#define ARENA_MAX (1u << 20)

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

/* One page through the engine; returns something that depends on the result. */
static unsigned inspect_page(struct slice body, const struct inspect_options *o,
                             const struct profile *p, bool hash)
{
    _Alignas(16) static uint8_t first[16384];
    struct arena arena;
    arena_init(&arena, ARENA_MAX, first, sizeof first);
    struct exchange x = { .method = SLICE("GET"), .url = SLICE("http://example.org/a/b.html"),
                          .minor = 1, .status = 200, .has_body = true };
    unsigned result = 0;
    if (headers_parse(&x.response, &arena, SLICE_OF(head)) != OPTOUT_OK)
        abort();
    struct inspection *i = inspect_open(&arena, &x, o);
    if (!i)
        abort();
    enum optout_rc rc = inspect_feed(i, slice_sub(body, 0, PREVIEW));
    size_t at = PREVIEW;
    for (; at < body.n && (rc == OPTOUT_MORE || hash); at += PIECE)
        rc = inspect_feed(i, slice_sub(body, at, PIECE));
    if (hash)
        inspect_hash(i, body);
    inspect_close(i, at >= body.n ? INSPECT_WHOLE : INSPECT_STOPPED);
    struct decision d;
    decide(p, inspect_signals(i), inspect_undecided(i), &d);
    result = (unsigned)d.kind + (unsigned)inspect_signals(i)->n;
    arena_reset(&arena);
    return result;
}

static void measure(const char *name, const struct inspect_options *o, bool hash)
{
    struct profile p;
    uint64_t best = UINT64_MAX;
    unsigned sum = 0;
    profile_init(&p);
    for (int pass = 0; pass < PASSES; pass++) {
        uint64_t start = bench_ns();
        for (size_t i = 0; i < n_pages; i++)
            sum += inspect_page(pages[i].bytes, o, &p, hash);
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
    struct inspect_options o = { .expand_max = 64u << 20, .expand_ratio = 200 };
    o.html_head_only = true;
    measure("head", &o, false);
    o.html_head_only = false;
    measure("document", &o, false);
    measure("document+sha256", &o, true);
    for (size_t i = 0; i < n_pages; i++) /* a small page: what every exchange pays */
        pages[i].bytes = slice_sub(pages[i].bytes, 0, 2048);
    n_bytes = n_pages * 2048;
    measure("first-2k", &o, true);
    return 0;
}
