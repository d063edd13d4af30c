/* SPDX-License-Identifier: Apache-2.0 */
/* Segments of many nodes as answers are made of them: JSON read forward, what members mean
 * that are left out, pending records joined with their ends, damage and gaps handed out, and
 * parts merged in order whatever the threads do. */
#include "folder.h"

#include "answers/domain.h"
#include "answers/scan.h"
#include "syntax/json_scan.h"
#include "syntax/needle.h"

#include <stdatomic.h>
#include <sys/stat.h>

#define CONFIG_ID "0123456789abcdef0123456789abcdef"
#define SITE_ID "11111111111111111111111111111111"
#define TIME "\"time\":\"2026-11-30T10:00:00.000Z\""
#define ID(c) "\"id\":\"0000000000000000000000000" c "\""
#define CONFIG_LINE                                                                          \
    "{\"v\":2,\"event\":\"config\",\"id\":\"" CONFIG_ID "\",\"node\":\"node-1\","           \
    "\"profile\":\"train\",\"profiles\":[{\"name\":\"look\",\"purpose\":[\"search\"],"      \
    "\"mode\":\"monitor\"},{\"name\":\"train\",\"purpose\":[\"train-ai\"],\"mode\":"        \
    "\"enforce\"}]}\n"
#define SITE_LINE "{\"v\":2,\"event\":\"site\",\"id\":\"" SITE_ID "\",\"bundle\":{}}\n"
#define FINAL(c, more)                                                                       \
    "{\"v\":2," ID(c) "," TIME "," more "\"config\":\"" CONFIG_ID "\",\"micros\":5}\n"
#define PENDING(c) "{\"v\":2,\"event\":\"pending\"," ID(c) "," TIME ",\"config\":\"" CONFIG_ID "\"}\n"
#define REMOVED(c) "{\"v\":2,\"event\":\"removed\"," ID(c) "," TIME ",\"node\":\"n\",\"records\":3}\n"
#define GAP(c) "{\"v\":2,\"event\":\"gap\"," ID(c) "," TIME ",\"node\":\"n\",\"reason\":\"writer-died\"}\n"

/* ---- JSON ---- */

static size_t members_of(const char *text, bool *whole)
{
    struct json_scan s;
    struct slice name, value;
    size_t n = 0;
    (void)json_scan_open(&s, slice_cstr(text));
    while (json_scan_next(&s, &name, &value))
        n++;
    *whole = s.ended;
    return n;
}

static void json_is_read_by_its_grammar(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t n;
        bool whole;
    } cases[] = {
        { "{}", 0, true },
        { " [ ] ", 0, true },
        { "{\"a\":1,\"b\":[{},[],{\"c\":[1,-2.5e+3,\"x\"]}]}", 2, true },
        { "[true,false,null,0,-0,1.5,1E5]", 7, true },
        { "[\"\\u00e9\\n\\\\\\\"\"]", 1, true },
        { "{\"a\":1,}", 1, false },
        { "{\"a\" 1}", 0, false },
        { "{\"a\":1 \"b\":2}", 1, false },
        { "{a:1}", 0, false },
        { "[1,]", 1, false },
        { "[,1]", 0, false },
        { "[01]", 0, false },
        { "[1.]", 0, false },
        { "[+1]", 0, false },
        { "[\"\\x\"]", 0, false },
        { "[\"a", 0, false },
        { "[\"\t\"]", 0, false },
        { "[\"\xff\"]", 0, false },
        { "[1", 1, false },
        { "[[1,]]", 0, false },
        { "[{\"a\":}]", 0, false },
        { "[[}]", 0, false },
        { "{} x", 0, false },
        { "{}{}", 0, false },
        { "", 0, false },
        { "1", 0, false },
        { "[tru]", 0, false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool whole;
        size_t n = members_of(cases[i].text, &whole);
        if (n != cases[i].n || whole != cases[i].whole)
            fail_msg("%s: %zu members, %s", cases[i].text, n, whole ? "whole" : "broken");
    }
}

static void nesting_has_an_end(void **state)
{
    (void)state;
    char text[2 * JSON_SCAN_DEPTH + 8] = "[";
    bool whole;
    memset(text + 1, '[', JSON_SCAN_DEPTH);
    memset(text + 1 + JSON_SCAN_DEPTH, ']', JSON_SCAN_DEPTH + 1);
    assert_int_equal(members_of(text, &whole), 1);
    assert_true(whole);
    memset(text + 1, '[', JSON_SCAN_DEPTH + 1);
    memset(text + 2 + JSON_SCAN_DEPTH, ']', JSON_SCAN_DEPTH + 2);
    assert_int_equal(members_of(text, &whole), 0);
    assert_false(whole);
}

static void escapes_become_utf8(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 1024);
    json_unescape(SLICE_OF("a\\u00e9\\ud83d\\ude00\\ud83dx\\u0000\\n\\/\\\"\\u20AC"), &out);
    assert_slice(buf_slice(&out), "a\xC3\xA9\xF0\x9F\x98\x80\xEF\xBF\xBDx\xEF\xBF\xBD\n/\"\xE2\x82\xAC");
    buf_free(&out);
}

/* In every place of texts of every length, and nowhere else. */
static void a_word_is_found_wherever_it_stands(void **state)
{
    (void)state;
    static const char *const words[] = { "ab", "News.Example", "aaaa", "\"x\"", "zq" };
    uint8_t text[160];
    for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
        struct slice word = slice_cstr(words[w]);
        struct needle exact = needle_of(word, true), any = needle_of(word, false);
        for (size_t n = 0; n <= sizeof text; n++) {
            memset(text, word.p[0], n); /* much that begins like it */
            struct slice all = slice_of(text, n);
            bool same = n >= word.n && memcmp(text, word.p, word.n) == 0;
            assert_int_equal(needle_is_in(&exact, all), same);
            for (size_t at = 0; at + word.n <= n; at++) {
                memset(text, '.', n);
                memcpy(text + at, word.p, word.n);
                assert_true(needle_is_in(&exact, all));
                for (size_t i = 0; i < n; i++)
                    text[i] = ascii_is_alpha(text[i]) ? text[i] ^ 0x20 : text[i];
                assert_true(needle_is_in(&any, all));
                assert_int_equal(needle_is_in(&exact, all), !ascii_is_alpha(word.p[0]) && !ascii_is_alpha(word.p[1]));
            }
        }
    }
}

/* ---- views ---- */

static void what_is_left_out_has_its_meaning(void **state)
{
    (void)state;
    struct record_view v;
    struct buf scratch;
    buf_init(&scratch, 1024);
    assert_true(record_view_read(&v, SLICE_OF("{\"v\":2,\"id\":\"x\",\"sha256\":\"00\",\"seen\":7}")));
    assert_slice(record_text(&v, FIELD_EVENT, &scratch), "final");
    assert_slice(record_text(&v, FIELD_METHOD, &scratch), "GET");
    assert_slice(record_text(&v, FIELD_STATUS, &scratch), "200");
    assert_slice(record_text(&v, FIELD_ACTION, &scratch), "pass");
    assert_slice(record_text(&v, FIELD_WHOLE, &scratch), "true");
    assert_int_equal(record_number(&v, FIELD_LENGTH, -1), 7);
    assert_int_equal(record_number(&v, FIELD_RELEASED, -1), -1);
    assert_true(record_view_read(&v, SLICE_OF("{\"v\":2,\"event\":\"pending\",\"vector\":\"reqmod\","
                                              "\"ur\\u006c\":\"a\\tb\",\"status\":null}")));
    assert_slice(record_text(&v, FIELD_ACTION, &scratch), "");
    assert_slice(record_text(&v, FIELD_STATUS, &scratch), "");
    assert_slice(record_text(&v, FIELD_URL, &scratch), "a\tb");
    assert_false(record_view_read(&v, SLICE_OF("{\"v\":2")));
    assert_false(record_view_read(&v, SLICE_OF("[2]")));
    buf_free(&scratch);
}

static void hosts_are_found_in_urls(void **state)
{
    (void)state;
    assert_slice(record_host(SLICE_OF("https://a.example:8443/x://y")), "a.example");
    assert_slice(record_host(SLICE_OF("a.example:443")), "a.example");
    assert_slice(record_host(SLICE_OF("http://[::1]:80/")), "[::1]");
    assert_slice(record_host(SLICE_OF("http://a.example?x=http://b/")), "a.example");
    assert_slice(record_host(SLICE_OF("/x")), "");
    assert_slice(record_host(SLICE_OF("")), "");
}

static void hosts_have_domains(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "www.Example.CO.UK.", "example.co.uk" }, { "example.com", "example.com" },
        { "a.b.example.com", "example.com" },      { "co.uk", "co.uk" },
        { "192.0.2.7", "192.0.2.7" },              { "[2001:db8::1]", "[2001:db8::1]" },
        { "localhost", "localhost" },              { "", "" },
        { ".", "." },
    };
    struct domains *d = domains_new();
    char room[DOMAIN_HOST_MAX + 1], longer[400];
    assert_non_null(d);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_slice(domain_of(d, slice_cstr(cases[i][0]), room), cases[i][1]);
    assert_slice(domain_of(d, slice_of("a.\0b.example", 12), room).n == 12 ? SLICE_OF("whole")
                                                                           : SLICE_EMPTY, "whole");
    memset(longer, 'a', sizeof longer);
    assert_int_equal(domain_of(d, slice_of(longer, sizeof longer), room).n, sizeof longer);
    domains_free(d);
}

/* ---- segments ---- */

static void write_segment(const char *name, const char *text)
{
    char path[256];
    (void)mkdir(dir, 0700);
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

/* What came, one letter a line: its kind and the last character of its id. */
struct seen {
    char text[4096];
    size_t n;
    const char *full_at; /* the kind of lines after which the part is full */
};

static void note(struct seen *s, const struct scan_line *line)
{
    static const char kinds[] = "RPGXD"; /* X: removed */
    struct buf scratch;
    buf_init(&scratch, 1024);
    struct slice id = line->kind == SCAN_DAMAGE ? SLICE_EMPTY
                                                : record_text(&line->view, FIELD_ID, &scratch);
    char kind = line->open ? 'p' : kinds[line->kind];
    s->n += (size_t)snprintf(s->text + s->n, sizeof s->text - s->n, "%c%c ", kind,
                             id.n ? (char)id.p[id.n - 1] : '-');
    buf_free(&scratch);
}

static bool note_line(void *part, const struct scan_line *line)
{
    note(part, line);
    return true;
}

static bool no_record_of_host_b(const void *self, struct slice raw, const struct scan_head *head)
{
    (void)self;
    assert_int_equal(head->time.n, 24);
    return !memmem(raw.p, raw.n, "b.example", 9);
}

static void expect_segment(const char *name, const char *text, const char *want, bool filtered)
{
    struct seen seen = { .n = 0 };
    struct scan_reader to = { .wants = filtered ? no_record_of_host_b : NULL, .line = note_line, .part = &seen };
    struct segment_scan *s;
    char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    write_segment(name, text);
    assert_int_equal(segment_scan_open(path, &s), OPTOUT_OK);
    enum optout_rc rc = segment_scan_read(s, &to, true);
    assert_int_equal(rc, strstr(name, ".open") ? OPTOUT_MORE : OPTOUT_DONE);
    assert_string_equal(seen.text, want);
    segment_scan_close(s);
}

static void pending_and_final_are_one(void **state)
{
    (void)state;
    static const char text[] = CONFIG_LINE PENDING("1") PENDING("2") FINAL("1", "") GAP("9")
        PENDING("3") FINAL("3", "");
    expect_segment("a.jsonl", text, "R1 G9 R3 P2 ", false);
    expect_segment("b.jsonl.open", text, "R1 G9 R3 p2 ", false);
}

/* The final record of a wanted pending one may be one that nobody wants. */
static void an_end_that_is_passed_over_is_an_end(void **state)
{
    (void)state;
    expect_segment("a.jsonl",
                   CONFIG_LINE PENDING("1") FINAL("1", "\"url\":\"http://b.example/\",")
                       FINAL("2", "\"url\":\"http://b.example/\",") FINAL("3", ""),
                   "R3 ", true);
}

static void damage_is_handed_out(void **state)
{
    (void)state;
    expect_segment("a.jsonl", CONFIG_LINE "x\n" FINAL("1", "") "{\"v\":2", "D- R1 D- ", false);
    expect_segment("b.jsonl", FINAL("1", ""), "R1 D- ", false); /* no configuration */
    expect_segment("c.jsonl", CONFIG_LINE FINAL("1", "\"site\":[{\"id\":\"" SITE_ID "\"}],"),
                   "R1 D- ", false);
    expect_segment("d.jsonl", CONFIG_LINE SITE_LINE FINAL("1", "\"site\":[{\"id\":\"" SITE_ID "\"}],"),
                   "R1 ", false);
    expect_segment("f.jsonl", REMOVED("1") GAP("2") REMOVED("3"), "X1 G2 X3 ", false);
    expect_segment("g.jsonl", REMOVED("1"), "X1 ", true); /* whatever is asked for */
    expect_segment("e.jsonl", CONFIG_LINE "{\"v\":2," ID("1") "," TIME ",b.example\n", "D- ", true);
}

static bool check_profile(void *part, const struct scan_line *line)
{
    struct buf scratch;
    buf_init(&scratch, 1024);
    bool look = line->view.value[FIELD_PROFILE].n != 0;
    assert_slice(scan_text(line, FIELD_NODE, &scratch), "node-1");
    assert_slice(scan_text(line, FIELD_PROFILE, &scratch), look ? "look" : "train");
    assert_slice(scan_text(line, FIELD_MODE, &scratch), look ? "monitor" : "enforce");
    assert_slice(scan_text(line, FIELD_PURPOSE, &scratch), look ? "[\"search\"]" : "[\"train-ai\"]");
    ++*(unsigned *)part;
    buf_free(&scratch);
    return true;
}

static void the_configuration_says_what_is_left_out(void **state)
{
    (void)state;
    unsigned n = 0;
    struct scan_reader to = { .line = check_profile, .part = &n };
    struct segment_scan *s;
    char path[256];
    snprintf(path, sizeof path, "%s/a.jsonl", dir);
    write_segment("a.jsonl", CONFIG_LINE FINAL("1", "") FINAL("2", "\"profile\":\"look\","));
    assert_int_equal(segment_scan_open(path, &s), OPTOUT_OK);
    assert_int_equal(segment_scan_read(s, &to, true), OPTOUT_DONE);
    assert_int_equal(n, 2);
    segment_scan_close(s);
}

/* ---- many segments ---- */

struct all {
    struct seen seen;
    size_t merges, stop_after;
    unsigned every; /* parts are full after so many lines; 0: never */
    atomic_int alive;
};

struct part {
    struct seen seen;
    unsigned lines, every;
    atomic_int *alive;
};

static void *part_begin(const void *self, const struct segment_file *file)
{
    struct all *all = (struct all *)(uintptr_t)self;
    struct part *p = calloc(1, sizeof *p);
    assert_non_null(file->name);
    p->alive = &all->alive;
    p->every = all->every;
    atomic_fetch_add(p->alive, 1);
    return p;
}

static enum scan_next part_line(void *part, const struct scan_line *line)
{
    struct part *p = part;
    note(&p->seen, line);
    p->lines++;
    return p->every && p->lines % p->every == 0 ? SCAN_FULL : SCAN_ON;
}

static void part_drop(void *self, void *part)
{
    struct part *p = part;
    (void)self;
    atomic_fetch_sub(p->alive, 1);
    free(p);
}

static bool part_merge(void *self, void *part, bool last)
{
    struct all *all = self;
    struct part *p = part;
    all->seen.n += (size_t)snprintf(all->seen.text + all->seen.n, sizeof all->seen.text - all->seen.n,
                                    "%s", p->seen.text);
    p->seen = (struct seen){ .n = 0 };
    if (last)
        part_drop(self, part);
    return ++all->merges != all->stop_after;
}

static void part_progress(void *self, uint64_t done, uint64_t bytes)
{
    (void)self;
    assert_true(done <= bytes);
}

static void run_scan(struct all *all, struct segment_list *list, unsigned threads)
{
    struct scan_job job = { .begin = part_begin, .line = part_line, .merge = part_merge,
                            .drop = part_drop, .progress = part_progress, .self = all,
                            .threads = threads };
    assert_int_equal(scan_segments(list, &job), OPTOUT_OK);
    assert_int_equal(atomic_load(&all->alive), 0);
}

static void make_segments(struct segment_list *list, char *want)
{
    static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    *want = '\0';
    for (unsigned i = 0; i < 26; i++) {
        char name[32], text[2048], one[1024];
        snprintf(name, sizeof name, "n-%02u.jsonl", i);
        snprintf(text, sizeof text, "%s", CONFIG_LINE);
        for (unsigned k = 0; k <= i % 4; k++) {
            snprintf(one, sizeof one, FINAL("%c", ""), letters[(i + k) % 32]);
            strcat(text, one);
            sprintf(want + strlen(want), "R%c ", letters[(i + k) % 32]);
        }
        write_segment(name, text);
    }
    assert_true(segment_list_add(list, dir));
    assert_int_equal(list->n, 26);
}

static void parts_are_merged_in_order_by_threads(void **state)
{
    (void)state;
    struct segment_list list = { .n = 0 };
    char want[4096];
    make_segments(&list, want);
    for (unsigned threads = 1; threads <= 8; threads *= 2) {
        for (unsigned every = 0; every < 3; every++) {
            struct all all = { .every = every };
            run_scan(&all, &list, threads);
            assert_string_equal(all.seen.text, want);
        }
    }
    segment_list_free(&list);
}

static void a_scan_of_threads_ends_when_merge_says_so(void **state)
{
    (void)state;
    struct segment_list list = { .n = 0 };
    char want[4096];
    make_segments(&list, want);
    for (unsigned i = 1; i < 30; i++) {
        struct all all = { .every = i % 3, .stop_after = i };
        run_scan(&all, &list, 1 + i % 5);
        assert_int_equal(strncmp(all.seen.text, want, all.seen.n), 0);
        assert_true(all.merges <= i || i > 26);
    }
    segment_list_free(&list);
}

/* A segment may be full between a pending record and its end. */
static void an_end_is_found_in_the_next_segment(void **state)
{
    (void)state;
    struct segment_list list = { .n = 0 };
    struct all all = { .every = 0 };
    write_segment("n-1-20261130T100000.000Z-7-000001.jsonl", CONFIG_LINE PENDING("1") PENDING("2") PENDING("3"));
    write_segment("n-1-20261130T110000.000Z-7-000002.jsonl", CONFIG_LINE FINAL("4", ""));
    write_segment("n-1-20261130T110000.000Z-8-000001.jsonl", CONFIG_LINE FINAL("3", "")); /* another process */
    write_segment("n-1-20261130T120000.000Z-7-000010.jsonl.open", CONFIG_LINE FINAL("2", "") PENDING("5"));
    assert_true(segment_list_add(&list, dir));
    run_scan(&all, &list, 2);
    assert_string_equal(all.seen.text, "P1 P3 R4 R3 R2 p5 ");
    write_segment("n-1-20261130T100000.000Z-7-000001.jsonl", CONFIG_LINE PENDING("2") GAP("9"));
    all = (struct all){ .every = 0 };
    run_scan(&all, &list, 2); /* who has died wrote nothing more */
    assert_string_equal(all.seen.text, "G9 P2 R4 R3 R2 p5 ");
    write_segment("n-1-20261130T100000.000Z-7-000001.jsonl", CONFIG_LINE PENDING("2") PENDING("4"));
    write_segment("n-1-20261130T110000.000Z-7-000002.jsonl",
                  CONFIG_LINE "{\"v\":2," ID("6") ",\"time\":\"2026-12-01T10:00:00.001Z\",\"config\":\"" CONFIG_ID
                              "\"}\n" FINAL("4", ""));
    all = (struct all){ .every = 0 };
    run_scan(&all, &list, 2); /* no exchange takes longer than a day */
    assert_string_equal(all.seen.text, "P2 P4 R6 R4 R3 R2 p5 ");
    write_segment("n-1-20261130T110000.000Z-7-000002.jsonl", CONFIG_LINE FINAL("4", ""));
    struct scan_job alone = { .begin = part_begin, .line = part_line, .merge = part_merge, .drop = part_drop,
                              .self = &all, .threads = 1, .alone = true };
    write_segment("n-1-20261130T100000.000Z-7-000001.jsonl", CONFIG_LINE PENDING("2"));
    all = (struct all){ .every = 0 };
    assert_int_equal(scan_segments(&list, &alone), OPTOUT_OK);
    assert_string_equal(all.seen.text, "P2 R4 R3 R2 p5 ");
    segment_list_free(&list);
}

static void a_segment_that_cannot_be_opened_is_damage(void **state)
{
    (void)state;
    struct segment_list list = { .n = 0 };
    struct all all = { .every = 0 };
    char path[256];
    write_segment("a.jsonl", CONFIG_LINE FINAL("1", ""));
    write_segment("b.jsonl", CONFIG_LINE FINAL("2", ""));
    write_segment("c.jsonl.open", CONFIG_LINE FINAL("3", ""));
    assert_true(segment_list_add(&list, dir));
    snprintf(path, sizeof path, "%s/a.jsonl", dir);
    assert_int_equal(unlink(path), 0);
    char closed[256];
    snprintf(path, sizeof path, "%s/c.jsonl.open", dir);
    snprintf(closed, sizeof closed, "%s/c.jsonl", dir);
    assert_int_equal(rename(path, closed), 0);
    run_scan(&all, &list, 2);
    assert_string_equal(all.seen.text, "D- R2 R3 ");
    segment_list_free(&list);
    assert_true(segment_list_add(&list, path)); /* under its new name */
    assert_int_equal(list.n, 1);
    segment_list_free(&list);
    assert_false(segment_list_add(&list, "/nowhere"));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, make_dir, drop_dir)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(json_is_read_by_its_grammar),
        CASE(nesting_has_an_end),
        CASE(escapes_become_utf8),
        CASE(a_word_is_found_wherever_it_stands),
        CASE(what_is_left_out_has_its_meaning),
        CASE(hosts_are_found_in_urls),
        CASE(hosts_have_domains),
        CASE(pending_and_final_are_one),
        CASE(an_end_that_is_passed_over_is_an_end),
        CASE(damage_is_handed_out),
        CASE(the_configuration_says_what_is_left_out),
        CASE(parts_are_merged_in_order_by_threads),
        CASE(a_scan_of_threads_ends_when_merge_says_so),
        CASE(an_end_is_found_in_the_next_segment),
        CASE(a_segment_that_cannot_be_opened_is_damage),
    };
    test_threads_alone();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
