/* SPDX-License-Identifier: Apache-2.0 */
/* The log as its readers see it: segments that grow, are closed, compressed or damaged, and
 * the lines that records refer to. */
#include "unit.h"

#include "audit/reader.h"
#include "audit/reference.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#define CLOSED "node-20261130T100000.000Z-1-000001.jsonl"
#define OPEN CLOSED ".open"
#define PACKED CLOSED ".zst"

/* One folder per test, emptied afterwards. */
struct place {
    char dir[1024], path[1200];
    char reading[1200]; /* what the one reader borrows */
};

static int place_make(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    const char *build = getenv("OPTOUT_BUILDDIR");
    snprintf(p->dir, sizeof p->dir, "%.900s/reader-XXXXXX", build ? build : "/tmp");
    *state = p;
    return mkdtemp(p->dir) ? 0 : -1;
}

static int place_clear(void **state)
{
    struct place *p = *state;
    char command[1200];
    snprintf(command, sizeof command, "rm -rf '%s'", p->dir);
    int rc = system(command);
    free(p);
    return rc;
}

static const char *path_of(struct place *p, const char *name)
{
    snprintf(p->path, sizeof p->path, "%s/%s", p->dir, name);
    return p->path;
}

static void write_bytes(struct place *p, const char *name, const char *mode, const void *at, size_t n)
{
    FILE *f = fopen(path_of(p, name), mode);
    assert_non_null(f);
    assert_int_equal(fwrite(at, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static void append(struct place *p, const char *name, const char *text)
{
    write_bytes(p, name, "ab", text, strlen(text));
}

static void rename_in(struct place *p, const char *from, const char *to)
{
    char old[1200];
    snprintf(old, sizeof old, "%s", path_of(p, from));
    assert_int_equal(rename(old, path_of(p, to)), 0);
}

static struct segment_reader *open_segment(struct place *p, const char *name)
{
    struct segment_reader *r;
    snprintf(p->reading, sizeof p->reading, "%s", path_of(p, name));
    assert_int_equal(segment_reader_open(p->reading, &r), OPTOUT_OK);
    return r;
}

static void expect_line(struct segment_reader *r, const char *text)
{
    struct slice line;
    uint64_t before = segment_reader_line(r);
    assert_int_equal(segment_reader_next(r, &line), OPTOUT_OK);
    assert_slice(line, text);
    assert_int_equal(segment_reader_line(r), before + 1);
}

static void expect(struct segment_reader *r, enum optout_rc rc)
{
    struct slice line;
    assert_int_equal(segment_reader_next(r, &line), rc);
}

/* The end is the end, however often it is asked for. */
static void expect_end(struct segment_reader *r, enum optout_rc rc)
{
    expect(r, rc);
    expect(r, OPTOUT_DONE);
    expect(r, OPTOUT_DONE);
    segment_reader_close(r);
}

/* ---- one segment ---- */

static void lines_of_a_closed_segment(void **state)
{
    struct place *p = *state;
    append(p, CLOSED, "one\n\nthree\n");
    struct segment_reader *r = open_segment(p, CLOSED);
    assert_slice(segment_reader_name(r), CLOSED);
    assert_int_equal(segment_reader_line(r), 0);
    expect_line(r, "one");
    expect_line(r, "");
    expect_line(r, "three");
    expect_end(r, OPTOUT_DONE);
}

static void an_empty_segment_has_no_lines(void **state)
{
    struct place *p = *state;
    append(p, CLOSED, "");
    expect_end(open_segment(p, CLOSED), OPTOUT_DONE);
    append(p, PACKED, "");
    expect_end(open_segment(p, PACKED), OPTOUT_DONE);
}

static void a_closed_segment_without_its_last_lf_is_torn(void **state)
{
    struct place *p = *state;
    append(p, CLOSED, "one\ntw");
    struct segment_reader *r = open_segment(p, CLOSED);
    expect_line(r, "one");
    assert_int_equal(segment_reader_line(r), 1);
    expect_end(r, OPTOUT_E_SYNTAX);
}

/* Only LF ends a line, whatever else stands in it. */
static void any_byte_may_stand_in_a_line(void **state)
{
    static const char bytes[] = "a\r\n\0b\0\n\r\r\n\xff\xfe\x1a\n";
    struct place *p = *state;
    write_bytes(p, CLOSED, "wb", bytes, sizeof bytes - 1);
    struct segment_reader *r = open_segment(p, CLOSED);
    struct slice line;
    expect_line(r, "a\r");
    assert_int_equal(segment_reader_next(r, &line), OPTOUT_OK);
    assert_int_equal(line.n, 3);
    assert_memory_equal(line.p, "\0b\0", 3);
    expect_line(r, "\r\r");
    expect_line(r, "\xff\xfe\x1a");
    expect_end(r, OPTOUT_DONE);
}

static void what_is_not_there_is_an_error_with_its_reason(void **state)
{
    struct place *p = *state;
    struct segment_reader *r = NULL;
    errno = 0;
    assert_int_equal(segment_reader_open(path_of(p, CLOSED), &r), OPTOUT_E_IO);
    assert_int_equal(errno, ENOENT);
    assert_null(r);
    assert_int_equal(mkdir(path_of(p, "folder"), 0700), 0);
    errno = 0;
    assert_int_equal(segment_reader_open(path_of(p, "folder"), &r), OPTOUT_E_IO);
    assert_int_equal(errno, EISDIR);
    assert_null(r);
    segment_reader_close(NULL);
}

static void a_growing_segment_is_read_as_it_grows(void **state)
{
    struct place *p = *state;
    append(p, OPEN, "");
    struct segment_reader *r = open_segment(p, OPEN);
    assert_slice(segment_reader_name(r), CLOSED);
    expect(r, OPTOUT_MORE);
    append(p, OPEN, "one\ntwo\nthr");
    expect_line(r, "one");
    expect_line(r, "two");
    expect(r, OPTOUT_MORE);
    expect(r, OPTOUT_MORE);
    append(p, OPEN, "ee");
    expect(r, OPTOUT_MORE);
    append(p, OPEN, "\nfour\n");
    expect_line(r, "three");
    expect_line(r, "four");
    assert_int_equal(segment_reader_line(r), 4);
    expect(r, OPTOUT_MORE);
    segment_reader_close(r);
}

/* A line longer than what is read at once, in two halves. */
static void a_long_line_grows(void **state)
{
    struct place *p = *state;
    size_t n = 700000;
    char *text = malloc(n + 2);
    for (size_t i = 0; i < n; i++)
        text[i] = (char)('a' + i % 26);
    memcpy(text + n, "\n", 2);
    append(p, OPEN, "first\n");
    write_bytes(p, OPEN, "ab", text, 300000);
    struct segment_reader *r = open_segment(p, OPEN);
    expect_line(r, "first");
    expect(r, OPTOUT_MORE);
    write_bytes(p, OPEN, "ab", text + 300000, n + 1 - 300000);
    append(p, OPEN, "last\n");
    text[n] = '\0';
    expect_line(r, text);
    expect_line(r, "last");
    expect(r, OPTOUT_MORE);
    segment_reader_close(r);
    free(text);
}

static void a_segment_that_is_closed_is_read_to_its_end(void **state)
{
    struct place *p = *state;
    append(p, OPEN, "one\n");
    struct segment_reader *r = open_segment(p, OPEN);
    expect_line(r, "one");
    expect(r, OPTOUT_MORE);
    /* Written after the reader had seen the end, and then closed. */
    append(p, OPEN, "two\nthree\n");
    rename_in(p, OPEN, CLOSED);
    expect_line(r, "two");
    expect_line(r, "three");
    expect_end(r, OPTOUT_DONE);
}

static void a_closed_segment_that_nobody_continues_has_ended(void **state)
{
    struct place *p = *state;
    append(p, OPEN, "one\n");
    struct segment_reader *r = open_segment(p, OPEN);
    expect_line(r, "one");
    rename_in(p, OPEN, CLOSED);
    append(p, OPEN, "another segment\n"); /* the name was taken anew */
    expect_end(r, OPTOUT_DONE);

    rename_in(p, CLOSED, OPEN);
    r = open_segment(p, OPEN);
    expect_line(r, "one");
    append(p, OPEN, "half");
    expect(r, OPTOUT_MORE);
    assert_int_equal(unlink(p->reading), 0);
    expect_end(r, OPTOUT_E_SYNTAX);
}

/* A disk that was full, or a writer that died: the half of a line is cut off, and what
 * comes in its place is not joined to it. */
static void a_half_that_is_cut_off_again_was_never_there(void **state)
{
    struct place *p = *state;
    append(p, OPEN, "one\nhalf of a rec");
    struct segment_reader *r = open_segment(p, OPEN);
    expect_line(r, "one");
    expect(r, OPTOUT_MORE);
    assert_int_equal(truncate(p->reading, 4), 0);
    expect(r, OPTOUT_MORE);
    append(p, OPEN, "gap\na record, longer than what was cut\nha");
    expect_line(r, "gap");
    expect_line(r, "a record, longer than what was cut");
    expect(r, OPTOUT_MORE);
    /* Another process repairs and closes it before the reader looks again. */
    assert_int_equal(truncate(p->reading, 43), 0);
    append(p, OPEN, "writer-died\n");
    rename_in(p, OPEN, CLOSED);
    expect_line(r, "writer-died");
    expect_end(r, OPTOUT_DONE);
}

/* ---- lines that are too long ---- */

static char *many(size_t n)
{
    char *text = malloc(n + 1);
    memset(text, 'x', n);
    text[n] = '\0';
    return text;
}

static void a_line_that_is_too_long_is_passed_over(void **state)
{
    struct place *p = *state;
    static const size_t beyond[] = { 0, 1, 2, 131072, 3u << 20 };
    for (size_t i = 0; i < sizeof beyond / sizeof *beyond; i++) {
        char *text = many(READER_LINE_MAX + beyond[i]);
        append(p, CLOSED, "before\n");
        append(p, CLOSED, text);
        append(p, CLOSED, "\nafter\n");
        struct segment_reader *r = open_segment(p, CLOSED);
        expect_line(r, "before");
        if (beyond[i] == 0)
            expect_line(r, text);
        else
            expect(r, OPTOUT_E_LIMIT);
        assert_int_equal(segment_reader_line(r), 2);
        expect_line(r, "after");
        assert_int_equal(segment_reader_line(r), 3);
        expect_end(r, OPTOUT_DONE);
        assert_int_equal(unlink(path_of(p, CLOSED)), 0);
        free(text);
    }
}

static void garbage_without_an_end_is_torn(void **state)
{
    struct place *p = *state;
    char *text = many(5u << 20);
    append(p, CLOSED, "before\n");
    append(p, CLOSED, text);
    struct segment_reader *r = open_segment(p, CLOSED);
    expect_line(r, "before");
    expect_end(r, OPTOUT_E_SYNTAX);
    /* Growing, it is waited for its end. */
    append(p, OPEN, text);
    r = open_segment(p, OPEN);
    expect(r, OPTOUT_MORE);
    expect(r, OPTOUT_MORE);
    append(p, OPEN, "x\nafter\n");
    expect(r, OPTOUT_E_LIMIT);
    expect_line(r, "after");
    expect(r, OPTOUT_MORE);
    segment_reader_close(r);
    free(text);
}

/* ---- zstd ---- */

#define PACKED_LINES 20000

static char *numbered_lines(size_t *n)
{
    char *text = malloc(PACKED_LINES * 64), *at = text;
    for (unsigned i = 0; i < PACKED_LINES; i++)
        at += sprintf(at, "line %u %u\n", i, i * 2654435761u);
    *n = (size_t)(at - text);
    return text;
}

static size_t expect_numbered(struct segment_reader *r, unsigned from, unsigned to)
{
    struct slice line;
    char text[64];
    for (unsigned i = from; i < to; i++) {
        enum optout_rc rc = segment_reader_next(r, &line);
        if (rc != OPTOUT_OK)
            return i;
        snprintf(text, sizeof text, "line %u %u", i, i * 2654435761u);
        assert_slice(line, text);
    }
    return to;
}

/* With a checksum behind it, and without. */
static size_t pack(const void *text, size_t n, bool checksum, uint8_t *out, size_t room)
{
    ZSTD_CCtx *c = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, checksum);
    size_t k = ZSTD_compress2(c, out, room, text, n);
    ZSTD_freeCCtx(c);
    assert_false(ZSTD_isError(k));
    return k;
}

static void compressed_segments_are_read(void **state)
{
    struct place *p = *state;
    size_t n, room = ZSTD_compressBound(PACKED_LINES * 64);
    char *text = numbered_lines(&n);
    uint8_t *out = malloc(room);
    for (int checksum = 0; checksum < 2; checksum++) {
        write_bytes(p, PACKED, "wb", out, pack(text, n, checksum, out, room));
        struct segment_reader *r = open_segment(p, PACKED);
        assert_slice(segment_reader_name(r), CLOSED);
        assert_int_equal(expect_numbered(r, 0, PACKED_LINES), PACKED_LINES);
        expect_end(r, OPTOUT_DONE);
        /* Told by its bytes, whatever it is called. */
        rename_in(p, PACKED, CLOSED);
        r = open_segment(p, CLOSED);
        assert_int_equal(expect_numbered(r, 0, PACKED_LINES), PACKED_LINES);
        expect_end(r, OPTOUT_DONE);
    }
    free(out);
    free(text);
}

#define SMALL_LINE 96
#define BLOCK 131072 /* zstd decodes so much at once */

/* What makes much of little: all that went in is read before all came out. */
static void a_small_frame_of_large_text_is_read(void **state)
{
    struct place *p = *state;
    size_t n = 24 * BLOCK, room = ZSTD_compressBound(n), lines = 0;
    char *text = malloc(n);
    uint8_t *out = malloc(room);
    for (size_t i = 0; i < n; i++)
        text[i] = i % SMALL_LINE == SMALL_LINE - 1 ? '\n' : 'y';
    for (int checksum = 0; checksum < 2; checksum++) {
        write_bytes(p, PACKED, "wb", out, pack(text, n, checksum, out, room));
        struct segment_reader *r = open_segment(p, PACKED);
        struct slice line;
        for (lines = 0; lines < n / SMALL_LINE && segment_reader_next(r, &line) == OPTOUT_OK; lines++)
            assert_int_equal(line.n, SMALL_LINE - 1);
        assert_int_equal(lines, n / SMALL_LINE);
        expect_end(r, OPTOUT_DONE);
    }
    free(out);
    free(text);
}

static void several_frames_are_one_segment(void **state)
{
    struct place *p = *state;
    size_t n, room = ZSTD_compressBound(PACKED_LINES * 64);
    char *text = numbered_lines(&n);
    uint8_t *out = malloc(room);
    unlink(path_of(p, PACKED));
    for (size_t at = 0, part; at < n; at += part) { /* cut within lines */
        part = n - at < 77777 ? n - at : 77777;
        write_bytes(p, PACKED, "ab", out, pack(text + at, part, true, out, room));
        write_bytes(p, PACKED, "ab", out, pack("", 0, true, out, room)); /* an empty one */
        write_bytes(p, PACKED, "ab", "\x50\x2a\x4d\x18\x03\0\0\0abc", 11); /* skipped by all */
    }
    struct segment_reader *r = open_segment(p, PACKED);
    assert_int_equal(expect_numbered(r, 0, PACKED_LINES), PACKED_LINES);
    expect_end(r, OPTOUT_DONE);
    free(out);
    free(text);
}

/* Wherever it is cut, what comes out is what was put in, and the cut is told. */
static void a_frame_that_is_cut_is_told(void **state)
{
    struct place *p = *state;
    char text[4096];
    uint8_t out[8192];
    size_t n = 0;
    for (unsigned i = 0; i < 100; i++)
        n += (size_t)sprintf(text + n, "line %u %u\n", i, i * 2654435761u);
    size_t k = pack(text, n, true, out, sizeof out);
    for (size_t cut = 1; cut < k; cut++) {
        write_bytes(p, PACKED, "wb", out, cut);
        struct segment_reader *r = open_segment(p, PACKED);
        size_t got = 0;
        struct slice line;
        enum optout_rc rc = OPTOUT_OK;
        if (cut >= 4) {
            while ((rc = segment_reader_next(r, &line)) == OPTOUT_OK) {
                char want[64];
                snprintf(want, sizeof want, "line %zu %u", got, (unsigned)got * 2654435761u);
                assert_slice(line, want);
                got++;
            }
            assert_int_equal(rc, OPTOUT_E_SYNTAX);
            expect(r, OPTOUT_DONE);
        } else { /* not yet known to be zstd: bytes without LF */
            expect(r, OPTOUT_E_SYNTAX);
        }
        segment_reader_close(r);
    }
}

/* Damaged bytes: an error or other lines, never a fault, and always an end. */
static void a_frame_that_is_damaged_ends(void **state)
{
    struct place *p = *state;
    char text[4096];
    uint8_t out[8192];
    size_t n = 0;
    unsigned told = 0;
    for (unsigned i = 0; i < 100; i++)
        n += (size_t)sprintf(text + n, "line %u %u\n", i, i * 2654435761u);
    size_t k = pack(text, n, true, out, sizeof out);
    for (size_t at = 4; at < k; at++) {
        out[at] ^= 0x55;
        write_bytes(p, PACKED, "wb", out, k);
        out[at] ^= 0x55;
        struct segment_reader *r = open_segment(p, PACKED);
        struct slice line;
        enum optout_rc rc;
        while ((rc = segment_reader_next(r, &line)) == OPTOUT_OK || rc == OPTOUT_E_LIMIT)
            ;
        assert_true(rc == OPTOUT_E_SYNTAX || rc == OPTOUT_DONE);
        told += rc == OPTOUT_E_SYNTAX;
        expect(r, OPTOUT_DONE);
        segment_reader_close(r);
    }
    assert_true(told + 4 >= k - 4); /* the checksum: a bit that nobody looks at may stay */
    /* A frame and then none. */
    write_bytes(p, PACKED, "wb", out, k);
    append(p, PACKED, "no frame\n");
    struct segment_reader *r = open_segment(p, PACKED);
    assert_int_equal(expect_numbered(r, 0, 100), 100);
    expect_end(r, OPTOUT_E_SYNTAX);
}

/* ---- what records refer to ---- */

static struct slice reference_line(char *to, const char *event, unsigned i, size_t n)
{
    size_t k = (size_t)sprintf(to, "{\"v\":2,\"event\":\"%s\",\"id\":\"%032x\",\"x\":\"", event, i);
    if (k + 2 < n) {
        memset(to + k, 'y', n - k - 2);
        k = n - 2;
    }
    memcpy(to + k, "\"}", 2);
    return slice_of(to, k + 2);
}

static struct slice find(const struct references *r, unsigned i)
{
    char id[40];
    snprintf(id, sizeof id, "%032x", i);
    return references_find(r, slice_cstr(id));
}

static void lines_are_found_by_id(void **state)
{
    (void)state;
    char a[256], b[256];
    struct references *r = references_new();
    struct slice site = reference_line(a, "site", 1, 0), config = reference_line(b, "config", 2, 0);
    assert_true(references_take(r, site));
    assert_true(references_take(r, config));
    assert_true(slice_eq(find(r, 1), site));
    assert_true(slice_eq(find(r, 2), config));
    assert_true(find(r, 1).p != site.p); /* kept, not borrowed */
    assert_int_equal(find(r, 3).n, 0);
    assert_int_equal(references_find(r, SLICE_EMPTY).n, 0);
    assert_int_equal(references_find(r, SLICE_OF("0000000000000000000000000000000")).n, 0);
    assert_int_equal(references_find(r, SLICE_OF("000000000000000000000000000000011")).n, 0);
    references_free(r);
    references_free(NULL);
}

static void the_last_lines_are_kept(void **state)
{
    (void)state;
    char line[256];
    struct references *r = references_new();
    for (unsigned i = 0; i < 10000; i++)
        assert_true(references_take(r, reference_line(line, "site", i, 0)));
    for (unsigned i = 10000 - 4096; i < 10000; i++)
        assert_true(slice_eq(find(r, i), reference_line(line, "site", i, 0)));
    assert_int_equal(find(r, 10000 - 4097).n, 0);
    references_free(r);
}

/* A writer that prints a line again relies on that one. */
static void a_line_that_is_printed_again_is_new(void **state)
{
    (void)state;
    char line[512];
    struct references *r = references_new();
    for (unsigned i = 0; i < 3000; i++)
        references_take(r, reference_line(line, "site", i, 0));
    references_take(r, reference_line(line, "site", 0, 0));
    references_take(r, reference_line(line, "config", 1, 300)); /* and the newest is found */
    for (unsigned i = 3000; i < 6000; i++)
        references_take(r, reference_line(line, "site", i, 0));
    assert_true(slice_eq(find(r, 0), reference_line(line, "site", 0, 0)));
    assert_int_equal(find(r, 1).n, 300);
    assert_int_equal(find(r, 2).n, 0);
    references_free(r);
}

static void the_bytes_of_lines_are_bounded(void **state)
{
    (void)state;
    size_t big = 1u << 20, kept = REFERENCES_BYTES_MAX / big;
    char *line = malloc(big + 64);
    struct references *r = references_new();
    for (unsigned i = 0; i < 100; i++)
        references_take(r, reference_line(line, "site", i, big));
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(find(r, i).n, i < 100 - kept ? 0 : big);
    references_take(r, reference_line(line, "site", 100, 0)); /* one more byte is too many */
    assert_int_equal(find(r, (unsigned)(100 - kept)).n, 0);
    assert_int_equal(find(r, (unsigned)(101 - kept)).n, big);
    references_free(r);
    free(line);
}

static void other_lines_are_not_kept(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "",
        "{",
        "{\"v\":2,\"event\":\"site\",\"id\":\"",
        "{\"v\":2,\"event\":\"site\",\"id\":\"0000000000000000000000000000001\"}",   /* 31 digits */
        "{\"v\":2,\"event\":\"site\",\"id\":\"000000000000000000000000000000001\"}", /* 33 */
        "{\"v\":2,\"event\":\"site\",\"id\":\"00000000000000000000000000000001",     /* its end */
        "{\"v\":2,\"event\":\"gap\",\"id\":\"00000000000000000000000000000001\"}",
        "{\"v\":1,\"event\":\"site\",\"id\":\"00000000000000000000000000000001\"}",
        "{\"v\":2,\"id\":\"00000000000000000000000000000001\",\"event\":\"site\"}",
        " {\"v\":2,\"event\":\"site\",\"id\":\"00000000000000000000000000000001\"}",
        "{\"v\":2,\"event\":\"pending\",\"id\":\"00000000000000000000000000000001\"}",
    };
    struct references *r = references_new();
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (references_take(r, slice_cstr(lines[i])))
            fail_msg("taken: %s", lines[i]);
    assert_int_equal(find(r, 1).n, 0);
    /* Any 32 bytes are an id: it is compared, never used. */
    struct slice odd = SLICE_OF("{\"v\":2,\"event\":\"site\",\"id\":\"\\\"\0\n/../../../../../../../../etc\"");
    assert_true(references_take(r, odd));
    assert_true(slice_eq(references_find(r, slice_sub(odd, 28, 32)), odd));
    references_free(r);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, place_make, place_clear)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lines_of_a_closed_segment),
        TEST(an_empty_segment_has_no_lines),
        TEST(a_closed_segment_without_its_last_lf_is_torn),
        TEST(any_byte_may_stand_in_a_line),
        TEST(what_is_not_there_is_an_error_with_its_reason),
        TEST(a_growing_segment_is_read_as_it_grows),
        TEST(a_long_line_grows),
        TEST(a_segment_that_is_closed_is_read_to_its_end),
        TEST(a_closed_segment_that_nobody_continues_has_ended),
        TEST(a_half_that_is_cut_off_again_was_never_there),
        TEST(a_line_that_is_too_long_is_passed_over),
        TEST(garbage_without_an_end_is_torn),
        TEST(compressed_segments_are_read),
        TEST(a_small_frame_of_large_text_is_read),
        TEST(several_frames_are_one_segment),
        TEST(a_frame_that_is_cut_is_told),
        TEST(a_frame_that_is_damaged_ends),
        cmocka_unit_test(lines_are_found_by_id),
        cmocka_unit_test(the_last_lines_are_kept),
        cmocka_unit_test(a_line_that_is_printed_again_is_new),
        cmocka_unit_test(the_bytes_of_lines_are_bounded),
        cmocka_unit_test(other_lines_are_not_kept),
    };
    return cmocka_run_group_tests_name("audit reader", tests, NULL, NULL);
}
