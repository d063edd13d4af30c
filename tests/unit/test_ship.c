/* SPDX-License-Identifier: Apache-2.0 */
/* What optout-ship can do without Kafka: lines, the window, positions, the folder, and a segment
 * that is renamed, compressed, cut and replaced while it is read. */
#include "unit.h"

#include "ship/folder.h"
#include "ship/line.h"
#include "ship/source.h"
#include "ship/window.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "node-1-20261130T100000.000Z-77-1.jsonl"

/* ---- lines ---- */

static void assert_line(const char *text, const char *event, const char *id)
{
    struct ship_line l = ship_line_look(slice_cstr(text));
    assert_slice(l.event, event);
    assert_slice(l.id, id);
}

static void lines_say_what_they_are(void **state)
{
    (void)state;
    assert_line("{\"v\":2,\"id\":\"01K\",\"time\":\"x\"}", "final", "01K");
    assert_line("{\"v\":2,\"event\":\"pending\",\"id\":\"01K\"}", "pending", "01K");
    assert_line("{\"v\":1,\"event\":\"final\",\"id\":\"01K\"}", "final", "01K");
    assert_line("{\"v\":2,\"event\":\"config\",\"id\":\"ab\"}", "config", "ab");
    assert_line("{\"v\":2,\"event\":\"site", "", "");
    assert_line("{\"v\":2,\"id\":\"a\\\"b\"}", "final", "");
    assert_line("{\"v\":2", "final", "");
    assert_line("", "final", "");
    assert_line("no record", "final", "");
}

static void nodes_stand_before_three_dashes(void **state)
{
    (void)state;
    assert_slice(ship_node_of(SLICE_OF(NAME)), "node-1");
    assert_slice(ship_node_of(SLICE_OF("n-1-2-3.jsonl")), "n");
    assert_slice(ship_node_of(SLICE_OF("other.jsonl")), "other.jsonl");
    assert_slice(ship_node_of(SLICE_OF("-1-2-3.jsonl")), "-1-2-3.jsonl");
}

/* ---- the window ---- */

static void the_window_moves_without_holes(void **state)
{
    static struct window w;
    (void)state;
    window_begin(&w, 10);
    assert_true(window_is_empty(&w));
    w.sent = 15;
    assert_false(window_take(&w, 12));
    assert_false(window_take(&w, 13));
    assert_false(window_take(&w, 10)); /* taken before */
    assert_false(window_take(&w, 16)); /* never sent */
    assert_true(window_take(&w, 11));
    assert_int_equal(w.taken, 13);
    assert_true(window_take(&w, 14));
    assert_true(window_take(&w, 15));
    assert_true(window_is_empty(&w));
}

static void the_window_wraps(void **state)
{
    static struct window w;
    (void)state;
    window_begin(&w, 0);
    for (unsigned round = 0; round < 3; round++) {
        uint64_t from = w.taken;
        while (!window_is_full(&w))
            w.sent++;
        for (uint64_t line = w.sent; line > from + 1; line--)
            assert_false(window_take(&w, line));
        assert_true(window_take(&w, from + 1));
        assert_true(window_is_empty(&w));
    }
    assert_int_equal(w.taken, 3 * (WINDOW_LINES - 1));
}

/* ---- positions ---- */

#define FIRST "00112233445566778899aabbccddeeff"
#define TEXT(first, lines, state) \
    "optout-ship 1\nsegment " NAME "\nfirst " first "\nlines " lines "\nstate " state "\n"

static bool parses(const char *text)
{
    struct position p;
    return position_parse(slice_cstr(text), SLICE_OF(NAME), &p);
}

static void positions_are_read_whole_or_not(void **state)
{
    (void)state;
    assert_true(parses(TEXT(FIRST, "1234", "done")));
    assert_true(parses(TEXT("", "0", "open")));
    assert_false(parses(TEXT("", "3", "open")));
    assert_false(parses(TEXT(FIRST, "-1", "open")));
    assert_false(parses(TEXT(FIRST, "", "open")));
    assert_false(parses(TEXT(FIRST, "99999999999999999999", "open")));
    assert_false(parses(TEXT("00", "1", "open")));
    assert_false(parses(TEXT(FIRST, "1", "else")));
    assert_false(parses(TEXT(FIRST, "1", "open") "more\n"));
    assert_false(parses(""));
    const char *whole = TEXT(FIRST, "1234", "damaged");
    for (size_t n = 0; n < strlen(whole); n++) {
        struct position p;
        assert_false(position_parse(slice_of(whole, n), SLICE_OF(NAME), &p));
    }
    struct position p;
    assert_false(position_parse(slice_cstr(whole), SLICE_OF("x.jsonl"), &p));
}

/* ---- a folder ---- */

static int place_make(void **state)
{
    static char base[1024];
    const char *build = getenv("OPTOUT_BUILDDIR");
    snprintf(base, sizeof base, "%s/ship-XXXXXX", build ? build : "/tmp");
    *state = base;
    return mkdtemp(base) ? 0 : -1;
}

static int place_clear(void **state)
{
    char command[1100];
    snprintf(command, sizeof command, "rm -rf '%s'", (char *)*state);
    return system(command);
}

static const char *at(const char *dir, const char *name)
{
    static char path[2][2048];
    static unsigned turn;
    turn ^= 1;
    snprintf(path[turn], sizeof path[turn], "%s/%s", dir, name);
    return path[turn];
}

static void add(const char *dir, const char *name, const char *text)
{
    FILE *f = fopen(at(dir, name), "ab");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0 && fclose(f) == 0);
}

static struct folder look(const char *dir)
{
    struct folder f = { .path = dir, .state = dir };
    assert_true(folder_look(&f));
    return f;
}

static void positions_are_kept(void **state)
{
    struct position p = { 77, POSITION_DAMAGED, FIRST }, got;
    assert_int_equal(position_load(*state, NAME, &got), OPTOUT_DONE);
    assert_true(position_save(*state, NAME, &p));
    assert_int_equal(position_load(*state, NAME, &got), OPTOUT_OK);
    assert_int_equal(got.lines, 77);
    assert_int_equal(got.state, POSITION_DAMAGED);
    assert_string_equal(got.first, FIRST);
    add(*state, NAME POSITION_SUFFIX, "x");
    assert_int_equal(position_load(*state, NAME, &got), OPTOUT_E_SYNTAX);
    assert_true(position_remove(*state, NAME));
}

static void a_folder_knows_segments_by_one_name(void **state)
{
    add(*state, "a-1-1-1.jsonl", "x\n");
    add(*state, "a-1-1-1.jsonl.zst", "x\n");
    add(*state, "b-1-1-1.jsonl.open", "x\n");
    add(*state, "c.jsonl.torn", "x\n");
    add(*state, "c.jsonl.shipped", "x\n");
    add(*state, ".new-1.jsonl.open", "x\n");
    struct folder f = look(*state);
    assert_int_equal(folder_waiting(&f), 2);
    struct segment *b = folder_take(&f, true), *a = folder_take(&f, false);
    assert_string_equal(b->name, "b-1-1-1.jsonl");
    assert_string_equal(a->name, "a-1-1-1.jsonl");
    assert_null(folder_take(&f, false));
    assert_int_equal(rename(at(*state, "b-1-1-1.jsonl.open"), at(*state, "b-1-1-1.jsonl")), 0);
    folder_put_back(&f, b);
    assert_true(folder_look(&f));
    assert_ptr_equal(folder_take(&f, false), b);
    folder_free(&f);
}

static void a_segment_that_goes_is_lost_unless_it_was_shipped(void **state)
{
    struct position done = { 1, POSITION_DONE, FIRST };
    add(*state, "a-1-1-1.jsonl", "x\n");
    add(*state, "b-1-1-1.jsonl", "x\n");
    assert_true(position_save(*state, "a-1-1-1.jsonl", &done));
    struct folder f = look(*state);
    assert_int_equal(folder_waiting(&f), 1);
    assert_int_equal(unlink(at(*state, "a-1-1-1.jsonl")), 0);
    assert_int_equal(unlink(at(*state, "b-1-1-1.jsonl")), 0);
    assert_true(folder_look(&f));
    assert_int_equal(f.lost, 1);
    assert_int_equal(folder_waiting(&f), 0);
    assert_int_not_equal(access(at(*state, "a-1-1-1.jsonl" POSITION_SUFFIX), F_OK), 0);
    folder_free(&f);
}

/* ---- a segment ---- */

/* Sends what there is and takes all of it; how many lines. */
static unsigned ship_all(struct source *s, enum optout_rc end)
{
    unsigned n = 0;
    enum optout_rc rc;
    while ((rc = source_next(s)) == OPTOUT_OK) {
        source_sent(s, 1);
        source_taken(s, s->window.sent, 1);
        n++;
    }
    assert_int_equal(rc, end);
    return n;
}

static struct source *open_one(struct folder *f, bool growing)
{
    struct segment *segment = folder_take(f, growing);
    assert_non_null(segment);
    struct source *s = source_open(f, segment);
    assert_non_null(s);
    return s;
}

static void a_segment_is_read_over_its_closing(void **state)
{
    add(*state, NAME ".open", "one\ntwo\nthr");
    struct folder f = look(*state);
    struct source *s = open_one(&f, true);
    assert_int_equal(ship_all(s, OPTOUT_MORE), 2);
    add(*state, NAME ".open", "ee\nfour\n");
    assert_int_equal(rename(at(*state, NAME ".open"), at(*state, NAME)), 0);
    assert_int_equal(unlink(at(*state, NAME)), 0); /* as after compression */
    assert_int_equal(ship_all(s, OPTOUT_DONE), 2);
    assert_true(source_is_done(s) && !s->damaged);
    assert_true(source_save(s, &f));
    source_close(s);
    folder_free(&f);
}

static void another_run_goes_on_where_it_was(void **state)
{
    add(*state, NAME ".open", "one\ntwo\nthree\n");
    struct folder f = look(*state);
    struct source *s = open_one(&f, true);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(source_next(s), OPTOUT_OK);
        source_sent(s, 1);
    }
    source_taken(s, 1, 1);
    source_taken(s, 3, 1); /* a hole */
    assert_true(source_save(s, &f));
    source_close(s);
    folder_free(&f);

    f = look(*state);
    s = open_one(&f, true);
    assert_int_equal(source_next(s), OPTOUT_OK);
    assert_slice(s->line, "two");
    assert_int_equal(ship_all(s, OPTOUT_MORE), 2);
    source_close(s);
    folder_free(&f);
}

static void what_was_not_taken_is_read_again(void **state)
{
    add(*state, NAME, "one\ntwo\nthree\n");
    struct folder f = look(*state);
    struct source *s = open_one(&f, false);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(source_next(s), OPTOUT_OK);
        source_sent(s, 1);
    }
    source_taken(s, 1, 1);
    source_taken(s, 3, 1);
    assert_true(source_rewind(s, &f));
    assert_int_equal(ship_all(s, OPTOUT_DONE), 2);
    source_close(s);
    folder_free(&f);
}

static void another_segment_of_that_name_is_shipped_from_its_beginning(void **state)
{
    struct position p = { 2, POSITION_OPEN, FIRST };
    add(*state, NAME, "one\ntwo\nthree\n");
    assert_true(position_save(*state, NAME, &p));
    struct folder f = look(*state);
    struct source *s = open_one(&f, false);
    assert_int_equal(ship_all(s, OPTOUT_DONE), 3);
    source_close(s);
    folder_free(&f);
}

static void a_segment_that_was_cut_is_told(void **state)
{
    add(*state, NAME ".open", "one\ntwo\nthree\n");
    struct folder f = look(*state);
    struct source *s = open_one(&f, true);
    assert_int_equal(ship_all(s, OPTOUT_MORE), 3);
    assert_true(source_save(s, &f));
    assert_int_equal(truncate(at(*state, NAME ".open"), 4), 0);
    assert_int_equal(ship_all(s, OPTOUT_DONE), 0);
    assert_true(s->damaged);
    source_close(s);
    folder_free(&f);

    f = look(*state); /* and by another run */
    s = open_one(&f, true);
    assert_int_equal(ship_all(s, OPTOUT_DONE), 0);
    assert_true(s->damaged);
    source_close(s);
    folder_free(&f);
}

static void a_torn_end_is_damage(void **state)
{
    add(*state, NAME, "one\ntwo\nthr");
    struct folder f = look(*state);
    struct source *s = open_one(&f, false);
    assert_int_equal(ship_all(s, OPTOUT_DONE), 2);
    assert_true(source_is_done(s) && s->damaged);
    assert_true(source_save(s, &f));
    assert_int_equal(s->position.state, POSITION_DAMAGED);
    source_close(s);
    folder_free(&f);
}

#define PLACED(test) cmocka_unit_test_setup_teardown(test, place_make, place_clear)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_say_what_they_are),
        cmocka_unit_test(nodes_stand_before_three_dashes),
        cmocka_unit_test(the_window_moves_without_holes),
        cmocka_unit_test(the_window_wraps),
        cmocka_unit_test(positions_are_read_whole_or_not),
        PLACED(positions_are_kept),
        PLACED(a_folder_knows_segments_by_one_name),
        PLACED(a_segment_that_goes_is_lost_unless_it_was_shipped),
        PLACED(a_segment_is_read_over_its_closing),
        PLACED(another_run_goes_on_where_it_was),
        PLACED(what_was_not_taken_is_read_again),
        PLACED(another_segment_of_that_name_is_shipped_from_its_beginning),
        PLACED(a_segment_that_was_cut_is_told),
        PLACED(a_torn_end_is_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
