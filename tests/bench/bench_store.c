/* SPDX-License-Identifier: Apache-2.0 */
/* bench_store.c - the store of site rules with 1,000 and with 100,000 origins: its
 * size, what a read costs, what a reader keeps in memory, how fast it is written.
 * Prints lines `name TAB value TAB unit`. The folder is in OPTOUT_BENCH_DIR, in
 * /dev/shm by default: writes then cost no disk. */
#include "bench_util.h"

#include "core/clock.h"
#include "site/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MANY 100000u
#define FEW 1000u
#define READS 400000u
#define RUNS 5
#define DISK_WRITES 200u
#define RULES_MAX 16384
#define KEY_SIZE 64

static char dir[256];

static struct slice key_of(unsigned i, char key[KEY_SIZE])
{
    int n = snprintf(key, KEY_SIZE, "https://www.host-%06u.example", i);
    return slice_of(key, (size_t)n);
}

/* Sizes of compiled robots.txt files: half of them are below 1.5 KiB, a few
 * are ten times as long. */
static size_t rules_size(unsigned i)
{
    unsigned r = i * 2654435761u >> 16;
    return (r % 100 < 90 ? 400 + r % 2200 : 3000 + r % 12000) / 8 * 8;
}

static struct store *open_store(bool read_only)
{
    char why[256];
    struct store *s = NULL;
    struct store_options o = { .dir = dir, .size_max = STORE_SIZE_PRESET,
                               .read_only = read_only };
    if (store_open(&o, &s, why, sizeof why) != OPTOUT_OK) {
        fprintf(stderr, "%s\n", why);
        exit(1);
    }
    return s;
}

static void write_some(struct store *s, unsigned from, unsigned to)
{
    static _Alignas(8) uint8_t rules[RULES_MAX];
    char key[KEY_SIZE];
    for (unsigned i = from; i < to; i++) {
        memset(rules, (int)i, 64);
        struct site_document d[3] = {
            { .kind = SITE_ROBOTS, .state = SITE_PUBLISHED, .status = 200, .has_sha256 = true,
              .fetched_ms = 1, .expires_ms = 86400000 + i, .agent = SLICE_OF("ExampleBot/1.0"),
              .url = SLICE_OF("https://www.example.com/robots.txt"),
              .rules = slice_of(rules, rules_size(i)) },
            { .kind = SITE_TDMREP, .state = SITE_NONE, .status = 404, .expires_ms = 3600000 },
            { .kind = SITE_AI_TXT, .state = SITE_NONE, .status = 404, .expires_ms = 3600000 },
        };
        if (store_write(s, key_of(i, key), d, 3, true) != OPTOUT_OK)
            abort();
    }
}

static void count(void *ctx, const struct store_value *value)
{
    uint64_t *sum = ctx;
    *sum += value->d[SITE_ROBOTS].rules.p[0] + value->asked;
}

static double read_ns(struct store *s, unsigned origins, unsigned reads)
{
    static char keys[FEW][KEY_SIZE]; /* chosen beforehand: printing is not measured */
    struct slice key[FEW];
    uint64_t best = UINT64_MAX, sum = 0;
    for (unsigned i = 0; i < FEW; i++)
        key[i] = key_of((uint32_t)((uint64_t)i * 48271u % origins), keys[i]);
    for (int run = 0; run < RUNS; run++) {
        uint64_t start = bench_ns();
        for (unsigned i = 0; i < reads; i++)
            if (!store_read(s, key[i % FEW], count, &sum))
                abort();
        uint64_t spent = bench_ns() - start;
        best = spent < best ? spent : best;
    }
    bench_keep(sum);
    return (double)best / reads;
}

static void read_all(struct store *s)
{
    uint64_t sum = 0;
    char key[KEY_SIZE];
    for (unsigned i = 0; i < MANY; i++)
        if (!store_read(s, key_of(i, key), count, &sum))
            abort();
    bench_keep(sum);
}

static long status_kib(const char *name)
{
    char line[128];
    long kib = 0;
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, name, strlen(name)) == 0)
            kib = strtol(line + strlen(name), NULL, 10);
    if (f)
        fclose(f);
    return kib;
}

/* In a process of its own, as a reader is: what it keeps after a read of every
 * origin. File pages are shared with all other processes. */
static void measure_reader(void)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        struct store *s = open_store(true);
        read_all(s);
        printf("store.reader.own-memory\t%ld\tKiB\n", status_kib("RssAnon:"));
        printf("store.reader.mapped-shared\t%ld\tKiB\n",
               status_kib("RssFile:") + status_kib("RssShmem:"));
        fflush(stdout);
        _exit(0);
    }
    waitpid(child, NULL, 0);
}

static void measure_disk(void)
{
    char was[sizeof dir];
    memcpy(was, dir, sizeof was);
    snprintf(dir, sizeof dir, "/var/tmp/optout-bench-XXXXXX");
    if (mkdtemp(dir)) {
        struct store *s = open_store(false);
        uint64_t start = clock_mono_us();
        write_some(s, 0, DISK_WRITES);
        double seconds = (double)(clock_mono_us() - start) / 1e6;
        printf("store.write.disk\t%.0f\t/s\n", DISK_WRITES / seconds);
        store_close(s);
        char command[300];
        snprintf(command, sizeof command, "rm -rf '%s'", dir);
        if (system(command) != 0)
            exit(1);
    }
    memcpy(dir, was, sizeof dir);
}

int main(void)
{
    const char *base = getenv("OPTOUT_BENCH_DIR");
    char command[300], path[300];
    struct store_stat st;
    struct stat file;
    snprintf(dir, sizeof dir, "%s/optout-bench-XXXXXX", base ? base : "/dev/shm");
    if (!mkdtemp(dir)) {
        perror(dir);
        return 1;
    }
    struct store *s = open_store(false);
    write_some(s, 0, FEW);
    printf("store.read.1k-origins\t%.0f\tns\n", read_ns(s, FEW, READS));
    uint64_t start = clock_mono_us();
    write_some(s, FEW, MANY);
    double seconds = (double)(clock_mono_us() - start) / 1e6;
    printf("store.write.memory\t%.0f\t/s\n", (MANY - FEW) / seconds);
    printf("store.read.100k-origins\t%.0f\tns\n", read_ns(s, MANY, READS));
    store_stat(s, &st);
    snprintf(path, sizeof path, "%s/rules/data.mdb", dir);
    printf("store.size.100k-origins\t%.1f\tMiB\n",
           stat(path, &file) == 0 ? (double)file.st_size / 1048576 : 0.0);
    printf("store.size.used\t%.1f\tMiB\n", (double)st.bytes_used / 1048576);
    printf("store.evicted\t%llu\tkeys\n", (unsigned long long)st.evicted);
    store_close(s);
    measure_reader();
    measure_disk();
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command) != 0;
}
