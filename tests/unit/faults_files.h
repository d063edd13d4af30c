/* SPDX-License-Identifier: Apache-2.0 */
/* faults_files.h - the other files that the filter and its tools read and write, on a disk that
 * fails: configuration, counters, segments as they are read, their index, the board, the
 * fleet's map of images. */
#ifndef OPTOUT_TESTS_FAULTS_FILES_H
#define OPTOUT_TESTS_FAULTS_FILES_H

#include "faults_fixture.h"

#include "answers/segment_index.h"
#include "audit/reader.h"
#include "metrics/gather.h"
#include "metrics/metrics.h"
#include "policy/board.h"
#include "policy/snapshot.h"
#include "verdict/image_map.h"

#include <zstd.h>

#define TEXT(s) SLICE_OF(s)

static const char *path_in(const char *name)
{
    static char path[160];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

/* ---- a configuration is read again: the new one as a whole, or none and why ---- */

static char config_hash[65]; /* of what is in the files */

static void prepare_config(void)
{
    char text[800];
    struct config_error e = { .line = 0 };
    struct config_errors all = config_first_error(&e);
    static struct snapshot s;
    snprintf(text, sizeof text,
             "optout.Contact first\nInclude more.conf\noptout.Agents %s/agents\n"
             "optout.Clients %s/clients\noptout.TermsPages %s/terms\noptout.Phrases %s/words\n",
             dir, dir, dir, dir);
    write_text("main.conf", slice_cstr(text));
    write_text("more.conf", TEXT("optout.BlockStatus 403\noptout.Contact second\n"));
    write_text("agents", TEXT("robo\ttrain\t-\tRobo Inc\thttps://robo.example/\n"));
    write_text("clients", TEXT("robo\tchunked\tseen\n"));
    write_text("terms", TEXT("en\tpath\tour-terms\n"));
    assert_int_equal(mkdir(path_in("words"), 0700), 0);
    write_text("words/a.phr", TEXT("language en English\n"
                                    "status partial\n"
                                    "version 1\n"
                                    "look-for mining\n"
                                    "set mining usage tdm\n"
                                    "  mining\n"
                                    "set forbid\n"
                                    "  prohibited\n"
                                    "phrase forbidden plain\n"
                                    "  for Mining is prohibited.\n"
                                    "  find mining > forbid\n"
                                    "  hit Mining is prohibited.\n"
                                    "  hit The mining of it is prohibited.\n"
                                    "  miss Mining is allowed.\n"
                                    "  miss Smoking is prohibited.\n"));
    if (snapshot_load(&s, path_in("main.conf"), &all) != OPTOUT_OK)
        fail_msg("%s:%u: %s: %s", e.file, e.line, e.directive, e.reason);
    memcpy(config_hash, s.config.hash, sizeof config_hash);
    snapshot_free(&s);
}

static bool use_config(void)
{
    struct config_error e = { .line = 0 };
    struct config_errors all = config_first_error(&e);
    static struct snapshot s;
    enum optout_rc rc = snapshot_load(&s, path_in("main.conf"), &all);
    if (rc != OPTOUT_OK && (all.n == 0 || !e.reason[0]))
        fail_msg("a configuration is refused without a word, %s", what_failed());
    if (rc == OPTOUT_OK && strcmp(s.config.hash, config_hash) != 0)
        fail_msg("another configuration is in force, %s", what_failed());
    if (rc == OPTOUT_OK)
        snapshot_free(&s);
    return rc != OPTOUT_OK;
}

static void check_nothing(void) {}

/* ---- counters: none is lost and none counts twice ---- */

#define OF_DEAD 5u
#define OF_LAST 7u
static struct metric_sums sums;
static bool metrics_opened, metrics_told;
static uint64_t metrics_seen;

/* Of two processes that are dead; one of them is in the total already. */
static void prepare_metrics(void)
{
    for (int i = 0; i < 3; i++) {
        assert_int_equal(metrics_open(dir, METRIC_FILTER, "1"), OPTOUT_OK);
        if (i < 2)
            metrics_add(METRIC_CUTS, OF_DEAD);
        metrics_close();
        if (i == 0)
            metrics_fold(dir);
        usleep(2000); /* their files are told apart by the time */
    }
}

static bool use_metrics(void)
{
    errno = 0;
    metrics_opened = metrics_open(dir, METRIC_OPTOUTD, "1") == OPTOUT_OK;
    if (!metrics_opened && errno == 0)
        fail_msg("metrics_open fails without a reason, %s", what_failed());
    metrics_add(METRIC_CUTS, OF_LAST);
    metrics_touch(1700000000000);
    metrics_fold(dir);
    errno = 0;
    metrics_told = metrics_gather(dir, &sums) == OPTOUT_OK;
    if (!metrics_told && errno == 0)
        fail_msg("metrics_gather fails without a reason, %s", what_failed());
    metrics_seen = sums.value[METRIC_CUTS];
    metrics_close();
    return !metrics_opened || !metrics_told;
}

static void check_metrics(void)
{
    uint64_t wanted = 2 * OF_DEAD + (metrics_opened ? OF_LAST : 0);
    for (int folds = 0; folds < 3; folds++) {
        assert_int_equal(metrics_gather(dir, &sums), OPTOUT_OK);
        if (sums.value[METRIC_CUTS] != wanted)
            fail_msg("%s: %u are counted instead of %u after %d folds", what_failed(),
                     (unsigned)sums.value[METRIC_CUTS], (unsigned)wanted, folds);
        metrics_fold(dir);
    }
    if (metrics_told && metrics_seen != wanted)
        fail_msg("%s: %u were told instead of %u", what_failed(), (unsigned)metrics_seen,
                 (unsigned)wanted);
}

/* ---- a segment that is read: its lines and no others, and no end before the end ---- */

#define SEGMENT_LINES 40u
static const char *read_name;
static unsigned segment_lines;

static struct slice segment_text(void)
{
    static char text[SEGMENT_LINES * 400];
    size_t n = 0;
    for (unsigned i = 0; i < SEGMENT_LINES; i++)
        n += (size_t)snprintf(text + n, sizeof text - n,
                              "{\"v\":2,\"id\":\"%026u\",\"time\":\"2026-03-01T10:00:%02u.000Z\","
                              "\"url\":\"https://a%u.example/\",\"decision\":\"clear\",\"micros\":1}\n",
                              i, i % 60, i);
    return slice_of((const uint8_t *)text, n);
}

static void prepare_plain(void)
{
    read_name = "x.jsonl";
    write_text(read_name, segment_text());
}

static void prepare_packed(void)
{
    static uint8_t packed[SEGMENT_LINES * 400];
    struct slice text = segment_text();
    size_t n = ZSTD_compress(packed, sizeof packed, text.p, text.n, 3);
    read_name = "x.jsonl.zst";
    write_text(read_name, slice_of(packed, n));
}

static bool is_line(struct slice line, unsigned i)
{
    struct slice text = segment_text();
    for (; i; i--)
        text = slice_from(text, slice_find(text, '\n') + 1);
    return slice_eq(line, slice_sub(text, 0, slice_find(text, '\n')));
}

static bool use_reader(void)
{
    struct segment_reader *r;
    struct slice line;
    char path[160];
    snprintf(path, sizeof path, "%s/%s", dir, read_name);
    segment_lines = 0;
    errno = 0;
    enum optout_rc rc = segment_reader_open(path, &r);
    if (rc == OPTOUT_E_IO && errno == 0)
        fail_msg("segment_reader_open fails without a reason, %s", what_failed());
    if (rc != OPTOUT_OK)
        return true;
    errno = 0;
    while ((rc = segment_reader_next(r, &line)) == OPTOUT_OK)
        if (!is_line(line, segment_lines++))
            fail_msg("%s: line %u is another", what_failed(), segment_lines);
    if (rc == OPTOUT_E_IO && errno == 0)
        fail_msg("segment_reader_next fails without a reason, %s", what_failed());
    if (rc == OPTOUT_DONE && segment_lines != SEGMENT_LINES)
        fail_msg("%s: the end is after %u lines", what_failed(), segment_lines);
    segment_reader_close(r);
    return rc != OPTOUT_DONE;
}

/* ---- the index of a segment: whole or none ---- */

static bool use_index(void)
{
    char path[160];
    snprintf(path, sizeof path, "%s/x.jsonl", dir);
    struct segment_file file = { .name = path, .path = path };
    errno = 0;
    enum optout_rc rc = segment_index_make(&file);
    if (rc == OPTOUT_E_IO && errno == 0)
        fail_msg("segment_index_make fails without a reason, %s", what_failed());
    struct segment_index *ix = segment_index_open(&file);
    bool missing = !ix;
    segment_index_free(ix);
    return rc != OPTOUT_OK || missing;
}

/* What is there denies no record, and nothing is left beside it. */
static void check_index(void)
{
    char path[160];
    unsigned files = 0;
    snprintf(path, sizeof path, "%s/x.jsonl", dir);
    struct segment_file file = { .name = path, .path = path };
    struct segment_index *ix = segment_index_open(&file);
    char id[27];
    for (unsigned i = 0; ix && i < SEGMENT_LINES; i++) {
        snprintf(id, sizeof id, "%026u", i);
        if (!segment_index_may_have_ids(ix, slice_cstr(id), slice_cstr(id)))
            fail_msg("%s: the index denies record %u", what_failed(), i);
    }
    files = ix ? 2 : 1;
    segment_index_free(ix);
    DIR *d = opendir(dir);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        files -= strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(d);
    if (files)
        fail_msg("%s: something is left beside the index", what_failed());
}

/* ---- the board: whoever reads it finds what was said last, or an older text ---- */

static bool use_board(void)
{
    bool refused = false;
    char pipe[160];
    snprintf(pipe, sizeof pipe, "%s/ctl", dir);
    struct board *b = board_make(pipe);
    struct buf text;
    for (long pid = 1; b && pid < 4; pid++) {
        struct board_line l = { .pid = pid, .child = pid > 1, .command = BOARD_RELOAD };
        errno = 0;
        enum optout_rc rc = board_say(b, &l);
        if (rc != OPTOUT_OK && errno == 0)
            fail_msg("board_say fails without a reason, %s", what_failed());
        refused |= rc != OPTOUT_OK;
    }
    buf_init(&text, 1 << 20);
    errno = 0;
    enum optout_rc rc = board_read(pipe, &text);
    if (rc == OPTOUT_E_IO && errno == 0)
        fail_msg("board_read fails without a reason, %s", what_failed());
    struct board_line l;
    struct slice rest = buf_slice(&text);
    for (long pid = 1; rc == OPTOUT_OK && !refused && pid < 4; pid++)
        if (!board_next(&rest, &l) || l.pid != pid)
            fail_msg("%s: what process %ld said is not there", what_failed(), pid);
    buf_free(&text);
    board_free(b);
    return !b || refused || rc != OPTOUT_OK;
}

/* ---- the map of the fleet's images: as it was, or a new one where none could stay ---- */

static struct image_key map_key;

static void prepare_map(void)
{
    struct image_page p = { .until_ms = 2000, .n = 1, .general = 1 };
    struct image_map *m = image_map_create(path_in("images.map"), 0);
    assert_non_null(m);
    assert_true(image_key_of(TEXT("https://a.example/page"), &map_key));
    image_map_put_page(m, &map_key, &p, 1000, true);
    image_map_free(m);
}

static bool has_page(struct image_map *m)
{
    struct image_page p;
    return m && image_map_page(m, &map_key, 1500, &p);
}

static bool use_map(void)
{
    errno = 0;
    struct image_map *m = image_map_create(path_in("images.map"), 0);
    if (!m && errno == 0)
        fail_msg("image_map_create fails without a reason, %s", what_failed());
    if (m && !has_page(m))
        fail_msg("%s: the map was made anew", what_failed());
    struct image_map *read = image_map_attach(path_in("images.map"));
    bool refused = !m || !read;
    image_map_free(m);
    image_map_free(read);
    return refused;
}

static void check_map(void)
{
    struct image_map *m = image_map_attach(path_in("images.map"));
    if (!has_page(m))
        fail_msg("%s: what was in the map is lost", what_failed());
    image_map_free(m);
}

static bool use_other_map(void) /* of another size: it is made anew */
{
    errno = 0;
    struct image_map *m = image_map_create(path_in("images.map"), 4000);
    bool refused = !m;
    if (refused && errno == 0)
        fail_msg("image_map_create fails without a reason, %s", what_failed());
    image_map_free(m);
    return refused;
}

static void check_other_map(void)
{
    struct image_map *m = image_map_attach(path_in("images.map"));
    if (!m)
        fail_msg("%s: no map is there", what_failed());
    image_map_free(m);
    if (access(path_in("images.map.new"), F_OK) == 0)
        fail_msg("%s: half of a map is left", what_failed());
}

static const struct faulty faulty_map = { "map of images", prepare_map, use_map, check_map };
static const struct faulty faulty_other_map = { "map of images, made anew", prepare_map, use_other_map,
                                                check_other_map };
static const struct faulty faulty_config = { "configuration", prepare_config, use_config, check_nothing };
static const struct faulty faulty_metrics = { "metrics", prepare_metrics, use_metrics, check_metrics };
static const struct faulty faulty_reader = { "segment", prepare_plain, use_reader, check_nothing };
static const struct faulty faulty_unpacking = { "packed segment", prepare_packed, use_reader,
                                                check_nothing };
static const struct faulty faulty_index = { "index", prepare_plain, use_index, check_index };
static const struct faulty faulty_board = { "board", NULL, use_board, check_nothing };

#endif
