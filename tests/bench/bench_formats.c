/* SPDX-License-Identifier: Apache-2.0 */
/* bench_formats.c - what the whole inspection of a file costs, and how much of it is
 * looked at: head parsed, body fed as the proxy delivers it.
 *
 *   bench_formats [-t TYPE] FILE…    TYPE is the Content-Type of all of them
 *
 * One line per file, its fields parted by tabs, as the line that begins with '#' names
 * them. `touched`: bytes fed before it said that no later one matters, counted in small
 * steps; `packets`: bytes of metadata handed to their readers. Times are CPU time of the
 * thread: the median of several passes and the least of them with the body in memory, and the
 * median when the file is opened and read up to where the inspection ends. formats.py makes the
 * files and the table. */
#include "bench_util.h"

#include "inspect/inspect.h"
#include "inspect/packets.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX (256u << 20) /* bytes; longer ones are left out */
#define PREVIEW 32768         /* bytes */
#define PIECE 4096            /* bytes c-icap hands over at a time after the preview */
#define STEP 256              /* bytes at a time when counting what is touched */
#define PASSES 7
#define TIME_MAX 100000000u   /* ns for all passes of a file; at least one is made */
#define ARENA_MAX (8u << 20)  /* as of an exchange in flight */
#define ARENA_FIRST (44u << 10)

struct file {
    const char *path;
    const char *type; /* NULL: no Content-Type */
    struct slice body;
};

struct result {
    uint64_t touched, packets;
    size_t signals, memory;
    undecided_set undecided;
    char format[80];
};

/* Where pieces and bytes that went by are read from: memory, or the file again. */
struct source {
    struct slice body;
    int fd; /* -1: memory */
    size_t first, piece;
};

static enum optout_rc look_back(void *ctx, uint64_t offset, void *to, size_t n)
{
    const struct source *s = ctx;
    if (offset > s->body.n || n > s->body.n - offset)
        return OPTOUT_E_LIMIT;
    if (s->fd >= 0)
        return pread(s->fd, to, n, (off_t)offset) == (ssize_t)n ? OPTOUT_OK : OPTOUT_E_IO;
    if (n)
        memcpy(to, s->body.p + offset, n);
    return OPTOUT_OK;
}

static void packet_begin(void *ctx, unsigned handle, const char *format, const struct packet *p)
{
    (void)ctx, (void)handle, (void)format, (void)p;
}

static void packet_bytes(void *ctx, unsigned handle, struct slice bytes)
{
    uint64_t *sum = ctx;
    (void)handle;
    *sum += bytes.n;
}

static void packet_end(void *ctx, unsigned handle, enum packet_end how)
{
    (void)ctx, (void)handle, (void)how;
}

/* Files are read in runs of PREVIEW bytes, which are then fed piece by piece. */
static struct slice next_piece(const struct source *s, uint64_t at)
{
    static uint8_t buffer[PREVIEW];
    struct slice piece = slice_sub(s->body, (size_t)at, at ? s->piece : s->first);
    if (s->fd < 0)
        return piece;
    struct slice run = slice_sub(s->body, (size_t)(at - at % PREVIEW), PREVIEW);
    if (at % PREVIEW == 0 && pread(s->fd, buffer, run.n, (off_t)at) != (ssize_t)run.n)
        abort();
    return slice_sub(slice_of(buffer, run.n), (size_t)(at % PREVIEW), piece.n);
}

static void feed_all(struct inspection *i, const struct source *s, struct result *r)
{
    enum optout_rc rc = OPTOUT_MORE;
    while (rc == OPTOUT_MORE && r->touched < s->body.n) {
        struct slice bytes = next_piece(s, r->touched);
        rc = inspect_feed(i, bytes);
        r->touched += bytes.n;
    }
    inspect_close(i, r->touched >= s->body.n ? INSPECT_WHOLE : INSPECT_STOPPED);
}

static struct result inspect(const struct file *f, struct source *s, bool tapped)
{
    _Alignas(16) static uint8_t first[ARENA_FIRST];
    char head[256];
    struct arena arena;
    struct result r = { .touched = 0 };
    struct exchange x = { .method = SLICE("GET"), .url = SLICE("http://example.org/a/b"),
                          .minor = 1, .status = 200, .has_body = true };
    struct packet_tap tap = { packet_begin, packet_bytes, packet_end, &r.packets };
    struct inspect_options o = { .expand_max = 64u << 20, .expand_ratio = 1000,
                                 .back = { look_back, s }, .tap = tapped ? &tap : NULL };
    arena_init(&arena, ARENA_MAX, first, sizeof first);
    snprintf(head, sizeof head, "Content-Length: %zu\r\n%s%.100s%s\r\n", s->body.n,
             f->type ? "Content-Type: " : "", f->type ? f->type : "", f->type ? "\r\n" : "");
    if (headers_parse(&x.response, &arena, slice_cstr(head)) != OPTOUT_OK)
        abort();
    struct inspection *i = inspect_open(&arena, &x, &o);
    if (!i)
        abort();
    feed_all(i, s, &r);
    r.signals = inspect_signals(i)->n;
    r.undecided = inspect_undecided(i);
    r.memory = arena.used;
    snprintf(r.format, sizeof r.format, "%s", inspect_format(i));
    arena_reset(&arena);
    return r;
}

static uint64_t pass(const struct file *f, bool from_file)
{
    struct source s = { .body = f->body, .fd = -1, .first = PREVIEW, .piece = PIECE };
    uint64_t start = bench_ns();
    if (from_file && (s.fd = open(f->path, O_RDONLY)) < 0)
        abort();
    bench_keep(inspect(f, &s, false).signals);
    if (from_file)
        close(s.fd);
    return bench_ns() - start;
}

static int by_size(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

static uint64_t median(const struct file *f, bool from_file, uint64_t *least)
{
    uint64_t ns[PASSES], sum = 0;
    size_t n = 0;
    pass(f, from_file); /* warms caches */
    while (n < PASSES && sum < TIME_MAX)
        sum += ns[n++] = pass(f, from_file);
    qsort(ns, n, sizeof *ns, by_size);
    if (least)
        *least = ns[0];
    return ns[n / 2];
}

static void print_undecided(undecided_set set)
{
    const char *between = "";
    for (unsigned u = 0; u < UNDECIDED_COUNT; u++) {
        if (!(set & undecided_bit((enum undecided)u)))
            continue;
        printf("%s%s", between, undecided_name((enum undecided)u));
        between = "+";
    }
    printf("%s\n", set ? "" : "-");
}

static void measure(const struct file *f)
{
    struct source small = { .body = f->body, .fd = -1, .first = STEP, .piece = STEP };
    struct result r = inspect(f, &small, true);
    uint64_t least, memory = median(f, false, &least), file = median(f, true, NULL);
    printf("%s\t%s\t%zu\t%llu\t%llu\t%zu\t%llu\t%llu\t%llu\t%zu\t", f->path, r.format, f->body.n,
           (unsigned long long)r.touched, (unsigned long long)r.packets, r.signals,
           (unsigned long long)memory, (unsigned long long)least, (unsigned long long)file,
           r.memory);
    print_undecided(r.undecided);
}

/* False: not measured. */
static bool load(struct file *f)
{
    struct stat st;
    if (stat(f->path, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0 ||
        st.st_size > FILE_MAX)
        return false;
    size_t n = (size_t)st.st_size;
    uint8_t *p = malloc(n);
    FILE *in = fopen(f->path, "rb");
    bool good = p && in && fread(p, 1, n, in) == n;
    if (in)
        fclose(in);
    if (!good)
        free(p);
    f->body = slice_of(good ? p : NULL, good ? n : 0);
    return good;
}

int main(int argc, char **argv)
{
    const char *type = NULL;
    int option;
    while ((option = getopt(argc, argv, "t:")) == 't')
        type = optarg;
    if (option != -1 || optind >= argc) {
        fprintf(stderr, "usage: bench_formats [-t TYPE] FILE…\n");
        return 2;
    }
    puts("# path\tformat\tbytes\ttouched\tpackets\tsignals\tns\tns least\tns from file\t"
         "memory\tundecided");
    for (int at = optind; at < argc; at++) {
        struct file f = { .path = argv[at], .type = type };
        if (!load(&f)) {
            fprintf(stderr, "bench_formats: not measured: %s\n", f.path);
            continue;
        }
        measure(&f);
        free((void *)(uintptr_t)f.body.p);
    }
    return 0;
}
