/* SPDX-License-Identifier: Apache-2.0 */
/* An index never says no to what is there, whatever is asked; what is no index, or no longer
 * fits, is none; and any byte that is changed shows. */
#include "folder.h"

#include "answers/segment_index.h"

#include <sys/stat.h>

#define RECORDS 2000

static struct domains *domains;
static char path[128];
static struct segment_file file;

static void write_records(unsigned n, const char *more)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    fprintf(f, "{\"v\":2,\"event\":\"config\",\"id\":\"0123456789abcdef0123456789abcdef\",\"node\":\"n\","
               "\"profile\":\"train\",\"profiles\":[]}\n");
    for (unsigned i = 0; i < n; i++)
        fprintf(f,
                "{\"v\":2,\"id\":\"%026u\",\"time\":\"2026-03-01T10:%02u:%02u.000Z\",\"url\":\"https://a%u.b%u.co.uk/\","
                "\"inspected\":\"html\",\"decision\":\"%s\",\"config\":\"0123456789abcdef0123456789abcdef\",\"micros\":1}\n",
                i, i / 60 % 60, i % 60, i, i / 10, i % 2 ? "clear" : "reserved");
    fputs(more, f);
    assert_int_equal(fclose(f), 0);
}

static int set_up(void **state)
{
    if (make_dir(state) != 0)
        return -1;
    domains = domains_new();
    snprintf(path, sizeof path, "%s/x.jsonl", dir);
    file = (struct segment_file){ .name = path, .path = path };
    return domains ? 0 : -1;
}

static int tear_down(void **state)
{
    domains_free(domains);
    return drop_dir(state);
}

static bool may_have(const struct segment_index *ix, enum asked kind, const char *value)
{
    struct question *q = question_new(domains);
    assert_int_equal(question_add(q, kind, slice_cstr(value)), OPTOUT_OK);
    bool may = segment_index_may_have(ix, q);
    question_free(q);
    return may;
}

static void what_is_there_is_never_denied(void **state)
{
    (void)state;
    char text[64];
    unsigned wrong = 0;
    write_records(RECORDS, "");
    assert_int_equal(segment_index_make(&file), OPTOUT_OK);
    struct segment_index *ix = segment_index_open(&file);
    assert_non_null(ix);
    for (unsigned i = 0; i < RECORDS; i++) {
        snprintf(text, sizeof text, "A%u.b%u.co.uk.", i, i / 10);
        assert_true(may_have(ix, ASKED_HOST, text));
        assert_true(may_have(ix, ASKED_DOMAIN, text));
        snprintf(text, sizeof text, ".b%u.co.uk", i / 10);
        assert_true(may_have(ix, ASKED_HOST, text));
        snprintf(text, sizeof text, "https://a%u.b%u.co.uk/", i, i / 10);
        assert_true(may_have(ix, ASKED_URL, text));
        for (size_t n = 1; n <= strlen(text); n++) {
            struct question *q = question_new(domains);
            assert_int_equal(question_add(q, ASKED_URL_PREFIX, slice_of(text, n)), OPTOUT_OK);
            assert_true(segment_index_may_have(ix, q));
            question_free(q);
        }
        snprintf(text, sizeof text, "%026u", i);
        assert_true(may_have(ix, ASKED_ID, text));
        snprintf(text, sizeof text, "a%u.b%u.co.uk", i, i / 10 + 1);
        wrong += may_have(ix, ASKED_HOST, text);
    }
    assert_true(wrong < RECORDS / 100); /* else it were no filter */
    assert_true(may_have(ix, ASKED_HOST, ".co.uk"));
    assert_true(may_have(ix, ASKED_ACTION, "pass"));
    assert_true(may_have(ix, ASKED_PROFILE, "train"));
    assert_false(may_have(ix, ASKED_ACTION, "block"));
    assert_false(may_have(ix, ASKED_ID, "7ZZZZZZZZZZZZZZZZZZZZZZZZZ"));
    segment_index_free(ix);
}

static void times_have_borders(void **state)
{
    (void)state;
    static const struct {
        const char *since, *until;
        bool may;
    } cases[] = {
        { "2026-03-01T10:01:39.000Z", "", true }, { "2026-03-01T10:01:39.001Z", "", false },
        { "", "2026-03-01T10:00:00.000Z", false }, { "", "2026-03-01T10:00:00.001Z", true },
        { "", "", true },
    };
    write_records(100, "");
    assert_int_equal(segment_index_make(&file), OPTOUT_OK);
    struct segment_index *ix = segment_index_open(&file);
    assert_non_null(ix);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct question *q = question_new(domains);
        char time[CLOCK_TEXT] = "";
        if (*cases[i].since)
            question_since(q, memcpy(time, cases[i].since, CLOCK_TEXT));
        if (*cases[i].until)
            question_until(q, memcpy(time, cases[i].until, CLOCK_TEXT));
        assert_int_equal(segment_index_may_have(ix, q), cases[i].may);
        question_free(q);
    }
    segment_index_free(ix);
}

static void gaps_and_damage_are_always_read(void **state)
{
    (void)state;
    static const char *const more[] = {
        "{\"v\":2,\"event\":\"gap\",\"id\":\"00000000000000000000000000\",\"time\":\"2026-03-01T10:00:00.000Z\",\"reason\":\"write-failed\"}\n",
        "{\"v\":2", "x\n",
        "{\"v\":2,\"id\":\"short\",\"time\":\"2026-03-01T10:00:00.000Z\",\"url\":\"x\",\"config\":\"0123456789abcdef0123456789abcdef\"}\n",
    };
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        write_records(10, more[i]);
        assert_int_equal(segment_index_make(&file), OPTOUT_OK);
        struct segment_index *ix = segment_index_open(&file);
        assert_non_null(ix);
        assert_true(may_have(ix, ASKED_HOST, "nowhere.example"));
        segment_index_free(ix);
    }
}

static void an_index_fits_one_segment(void **state)
{
    (void)state;
    write_records(10, "");
    assert_null(segment_index_open(&file));
    assert_int_equal(segment_index_make(&file), OPTOUT_OK);
    struct segment_index *ix = segment_index_open(&file);
    assert_non_null(ix);
    segment_index_free(ix);
    write_records(11, "");
    assert_null(segment_index_open(&file));
    char open[160];
    snprintf(open, sizeof open, "%s.open", path);
    struct segment_file growing = { .name = path, .path = open };
    assert_int_equal(segment_index_make(&growing), OPTOUT_E_UNSUP);
}

static void each_byte_counts(void **state)
{
    (void)state;
    struct stat st;
    size_t n;
    char name[160];
    write_records(20, "");
    assert_int_equal(segment_index_make(&file), OPTOUT_OK);
    snprintf(name, sizeof name, "%s.idx", path);
    uint8_t *bytes = test_read_file(name, &n);
    assert_int_equal(stat(path, &st), 0);
    int64_t seconds = st.st_mtim.tv_sec, nanoseconds = st.st_mtim.tv_nsec;
    struct segment_index *ix = segment_index_parse(slice_of(bytes, n), (uint64_t)st.st_size, seconds, nanoseconds);
    assert_non_null(ix);
    segment_index_free(ix);
    for (size_t i = 0; i < n; i++) {
        bytes[i] ^= 1;
        assert_null(segment_index_parse(slice_of(bytes, n), (uint64_t)st.st_size, seconds, nanoseconds));
        bytes[i] ^= 1;
        assert_null(segment_index_parse(slice_of(bytes, i), (uint64_t)st.st_size, seconds, nanoseconds));
    }
    assert_null(segment_index_parse(slice_of(bytes, n), (uint64_t)st.st_size, seconds, nanoseconds + 1));
    free(bytes);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_is_there_is_never_denied), CASE(times_have_borders),
        CASE(gaps_and_damage_are_always_read), CASE(an_index_fits_one_segment),
        CASE(each_byte_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
