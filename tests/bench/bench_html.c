/* SPDX-License-Identifier: Apache-2.0 */
/* bench_html.c - bytes per second of the HTML scanner on one core.
 *
 * usage: bench_html FILE...
 *
 * Every file is scanned once for its head and once as a whole, fed in pieces
 * of 32 KiB as a proxy would; a round is all files, the figure is the median of
 * the rounds. "head, of page bytes" is what a proxy cares for: bytes of pages
 * dealt with; "head, of head bytes" counts only the bytes up to the end of the
 * piece that closed the head, cut at the first byte of the body. */
#include "page/html.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS 15
#define PIECE (32u << 10)
#define FIRST (128u << 10)

struct file {
    uint8_t *p;
    size_t n;
    size_t head; /* bytes up to where the head is closed */
};

static unsigned long statements;

static void on_page(void *ctx, const struct page_statement *s)
{
    (void)ctx;
    statements += s->n_attr != 0;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static enum optout_rc feed(struct html *h, const uint8_t *p, size_t n, size_t piece)
{
    enum optout_rc rc = OPTOUT_MORE;
    for (size_t i = 0; i < n && rc == OPTOUT_MORE; i += piece)
        rc = html_feed(h, slice_of(p + i, n - i < piece ? n - i : piece));
    return rc;
}

static void scan(struct arena *a, const struct file *f, size_t n, bool head_only, size_t piece)
{
    struct html_options o = { .head_only = head_only, .page = on_page, .charset = SLICE("utf-8") };
    struct html *h = html_open(a, &o);
    if (!h || (feed(h, f->p, n, piece) == OPTOUT_MORE && html_end(h) < 0))
        abort();
    arena_reset(a);
}

/* How many bytes of the page are needed to see the head closed. */
static size_t head_length(struct arena *a, const struct file *f)
{
    struct html_options o = { .head_only = true, .page = on_page, .charset = SLICE("utf-8") };
    struct html *h = html_open(a, &o);
    size_t n = 0;
    while (h && n < f->n && html_feed(h, slice_of(f->p + n, 1)) == OPTOUT_MORE)
        n++;
    arena_reset(a);
    return n;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure(const char *what, struct arena *a, const struct file *files, int n,
                    bool head_only, bool count_head)
{
    double rounds[ROUNDS];
    size_t bytes = 0;
    for (int i = 0; i < n; i++)
        bytes += count_head ? files[i].head : files[i].n;
    int repeat = (int)((size_t)(64u << 20) / (bytes ? bytes : 1)) + 1;
    for (int r = 0; r < ROUNDS; r++) {
        double t = now();
        for (int k = 0; k < repeat; k++)
            for (int i = 0; i < n; i++)
                scan(a, &files[i], files[i].n, head_only, PIECE);
        rounds[r] = (double)bytes * repeat / (now() - t) / 1e9;
    }
    qsort(rounds, ROUNDS, sizeof rounds[0], by_value);
    printf("%-24s %7.2f GB/s  (%.2f to %.2f, %zu bytes a round)\n", what, rounds[ROUNDS / 2],
           rounds[0], rounds[ROUNDS - 1], bytes);
}

static bool load(const char *path, struct file *f)
{
    FILE *in = fopen(path, "rb");
    if (!in || fseek(in, 0, SEEK_END))
        return false;
    f->n = (size_t)ftell(in);
    f->p = malloc(f->n + 1);
    rewind(in);
    bool ok = f->p && fread(f->p, 1, f->n, in) == f->n;
    fclose(in);
    return ok;
}

int main(int argc, char **argv)
{
    static _Alignas(16) uint8_t first[FIRST];
    struct arena a;
    arena_init(&a, 1u << 20, first, sizeof first);
    struct file *files = calloc((size_t)argc, sizeof *files);
    int n = 0;
    for (int i = 1; files && i < argc; i++) {
        if (!load(argv[i], &files[n])) {
            perror(argv[i]);
            return 1;
        }
        files[n].head = head_length(&a, &files[n]);
        n++;
    }
    if (n == 0) {
        fprintf(stderr, "usage: bench_html FILE...\n");
        return 2;
    }
    measure("head, of page bytes", &a, files, n, true, false);
    measure("head, of head bytes", &a, files, n, true, true);
    measure("whole pages", &a, files, n, false, false);
    printf("%d files, %lu statements\n", n, statements);
    for (int i = 0; i < n; i++)
        free(files[i].p);
    free(files);
    return 0;
}
