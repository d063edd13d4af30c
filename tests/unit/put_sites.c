/* SPDX-License-Identifier: Apache-2.0 */
/* put_sites.c - put_sites DIR ORIGIN ROBOTS [ORIGIN ROBOTS]…
 *               put_sites DIR --many N ROBOTS
 *               put_sites DIR --log SEGMENT TIME ORIGIN ROBOTS [ORIGIN ROBOTS]…
 * Puts origins whose robots.txt is that file, and who publish nothing else, into the store at DIR, as the
 * daemon does when it has asked for everything. --many: https://site-0.example and so on. --log: as of
 * that time, with the originals, and what is known then goes to the log as its records would have it.
 * For tests and benches of whoever reads a store. */
#include "core/clock.h"
#include "core/file.h"
#include "site/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_MAX (64u << 20)

static void make_document(struct arena *a, const char *origin, enum site_kind kind, struct slice body,
                          struct site_document *d)
{
    static const struct site_lifetimes lifetimes = SITE_LIFETIMES_PRESET;
    static const struct headers none;
    struct site_answer answer = {
        .kind = kind,
        .origin = slice_cstr(origin),
        .url = slice_cstr(origin),
        .agent = SLICE_OF("ExampleBot/1.0"),
        .status = body.n ? 200 : 404,
        .headers = &none,
        .body = body,
        .now_ms = clock_wall_ms(),
    };
    if (document_read(&answer, NULL, &lifetimes, a, d) != OPTOUT_OK)
        abort();
}

static FILE *segment; /* NULL: none */

static void log_bundle(void *ctx, const struct store_value *v)
{
    (void)ctx;
    fprintf(segment, "{\"v\":2,\"event\":\"site\",\"id\":\"%.*s\",\"bundle\":%.*s}\n", BUNDLE_ID_SIZE,
            v->bundle_id, SLICE_FMT(v->bundle));
}

static void keep_and_log(struct store *s, const char *origin, const struct site_document *robots,
                         struct slice body)
{
    if ((body.n && store_keep_original(s, robots->sha256, body) != OPTOUT_OK) ||
        !store_read(s, slice_cstr(origin), log_bundle, NULL)) {
        fprintf(stderr, "%s: not kept\n", origin);
        exit(1);
    }
}

static void put(struct store *s, const char *origin, struct slice robots)
{
    struct site_document d[SITE_KIND_COUNT];
    struct arena a;
    size_t n = 0;
    arena_init(&a, ARENA_MAX, NULL, 0);
    for (unsigned kind = 0; kind < SITE_KIND_COUNT; kind++)
        if (site_kind_is_file((enum site_kind)kind) && kind != SITE_LICENCE)
            make_document(&a, origin, (enum site_kind)kind,
                          kind == SITE_ROBOTS ? robots : SLICE_EMPTY, &d[n++]);
    if (store_write(s, slice_cstr(origin), d, n, true) != OPTOUT_OK) {
        fprintf(stderr, "%s: not written\n", origin);
        exit(1);
    }
    if (segment)
        keep_and_log(s, origin, &d[0], robots);
    arena_reset(&a);
}

static void open_segment(const char *path, const char *time)
{
    int64_t wall_ms;
    segment = clock_read(time, &wall_ms) ? fopen(path, "a") : NULL;
    if (!segment) {
        perror(path);
        exit(1);
    }
    clock_freeze(wall_ms);
}

static void read_file(const char *path, struct buf *text)
{
    buf_clear(text);
    if (file_read(path, text) != OPTOUT_OK) {
        perror(path);
        exit(1);
    }
}

int main(int argc, char **argv)
{
    char why[256], origin[64];
    struct store *s;
    struct buf robots;
    if (argc < 4)
        return 2;
    struct store_options o = { .dir = argv[1], .size_max = STORE_SIZE_PRESET };
    if (store_open(&o, &s, why, sizeof why) != OPTOUT_OK) {
        fprintf(stderr, "%s\n", why);
        return 1;
    }
    buf_init(&robots, 1u << 20);
    if (strcmp(argv[2], "--many") == 0) {
        read_file(argv[argc - 1], &robots);
        for (int i = 0; i < atoi(argv[3]); i++) {
            snprintf(origin, sizeof origin, "https://site-%d.example", i);
            put(s, origin, buf_slice(&robots));
        }
    } else {
        bool logs = strcmp(argv[2], "--log") == 0 && argc > 4;
        if (logs)
            open_segment(argv[3], argv[4]);
        for (int i = logs ? 5 : 2; i + 1 < argc; i += 2) {
            read_file(argv[i + 1], &robots);
            put(s, argv[i], buf_slice(&robots));
        }
    }
    buf_free(&robots);
    store_close(s);
    return segment && fclose(segment) != 0 ? 1 : 0;
}
