/* SPDX-License-Identifier: Apache-2.0 */
/* test_members.c - inspect/members.c: files inside containers, as the inspection of the
 * container reports them. */
#include "unit.h"

#include "inspect/inspect.h"
#include "inspect/member_type.h"
#include "policy/decide.h"
#include "zip_fixture.h"

#define NOAI "<!doctype html><meta name=robots content=noai><p>x"
#define CLEAN "<!doctype html><title>x</title><p>x"
#define RESERVED1 "<!doctype html><meta name=tdm-reservation content=1>"
#define ALLOWED "<!doctype html><meta name=tdm-reservation content=0>"

struct run {
    struct arena arena;
    struct exchange x;
    struct inspection *i;
    const struct signals *s;
    struct decision d;
};

static void inspect_in(struct run *r, const char *head, struct slice body, size_t step)
{
    static struct profile p;
    struct inspect_options o = { .expand_max = 64u << 20, .expand_ratio = 1000 };
    arena_init(&r->arena, 8u << 20, NULL, 0);
    r->x = (struct exchange){ .url = SLICE("https://o.example/d/f"), .status = 200, .minor = 1,
                              .has_body = true };
    assert_int_equal(headers_parse(&r->x.response, &r->arena, slice_cstr(head)), OPTOUT_OK);
    r->i = inspect_open(&r->arena, &r->x, &o);
    assert_non_null(r->i);
    enum optout_rc rc = OPTOUT_MORE;
    for (struct slice rest = body; rest.n && rc == OPTOUT_MORE; rest = slice_from(rest, step))
        rc = inspect_feed(r->i, slice_sub(rest, 0, step));
    inspect_close(r->i, INSPECT_WHOLE);
    r->s = inspect_signals(r->i);
    profile_init(&p);
    decide(&p, r->s, inspect_undecided(r->i), &r->d);
}

static void inspect(struct run *r, const char *head, struct slice body)
{
    inspect_in(r, head, body, SIZE_MAX);
}

static void done(struct run *r)
{
    arena_reset(&r->arena);
}

static bool is_undecided(const struct run *r, enum undecided u)
{
    return inspect_undecided(r->i) == undecided_bit(u);
}

static struct slice zip_of(struct archive *a, const char *const *names, const char *const *data,
                           size_t n, unsigned how)
{
    archive_init(a);
    for (size_t i = 0; i < n; i++)
        archive_add(a, names[i], slice_cstr(data[i]), how);
    return archive_end(a, "");
}

static struct slice zip_one(struct archive *a, const char *name, const char *data)
{
    return zip_of(a, &name, &data, 1, IN_DEFLATE);
}

static void what_a_member_states_is_of_a_component(void **state)
{
    (void)state;
    static const char *const names[] = { "css/a.css", "index.html" };
    static const char *const data[] = { "body{}", NOAI };
    static const unsigned ways[] = { 0, IN_DEFLATE, IN_DEFLATE | IN_DESCRIPTOR, IN_DESCRIPTOR };
    for (size_t i = 0; i < 4; i++) {
        struct archive a;
        struct run r;
        struct slice body = zip_of(&a, names, data, 2, ways[i]);
        inspect_in(&r, "Content-Type: application/zip\n", body, i % 2 ? 7 : SIZE_MAX);
        assert_int_equal(inspect_undecided(r.i), 0);
        assert_int_equal(r.s->n, 1);
        const struct signal *s = &r.s->v[0];
        assert_int_equal(s->standard, STD_ROBOTS_META);
        assert_int_equal(s->scope, SCOPE_COMPONENT);
        assert_int_equal(s->confidence, CONF_WEAK);
        assert_int_equal(s->place_kind, PLACE_PART);
        assert_slice(s->part, "index.html: byte 15");
        assert_int_equal(r.d.kind, DECISION_RESERVED);
        assert_int_equal(r.d.action, ACTION_TAG); /* weak=tag, as of any component */
        done(&r);
        archive_free(&a);
    }
}

static void members_that_state_nothing_are_clear(void **state)
{
    (void)state;
    static const char *const names[] = { "a/", "a/index.html", "a/x.js", "a/empty" };
    static const char *const data[] = { "", CLEAN, "x()", "" };
    struct archive a;
    struct run r;
    inspect(&r, "Content-Type: application/zip\n", zip_of(&a, names, data, 4, 0));
    assert_int_equal(inspect_undecided(r.i), 0);
    assert_int_equal(r.s->n, 0);
    done(&r);
    archive_free(&a);
}

static void a_member_never_allows_and_the_root_does(void **state)
{
    (void)state;
    static const char *const mhtml =
        "From: <Saved by x>\nMIME-Version: 1.0\nContent-Type: multipart/related; boundary=b\n\n"
        "--b\nContent-Type: text/html\n\n%s\n--b\nContent-Type: text/html\n\n%s\n--b--\n";
    char text[1024];
    struct archive a;
    struct run r;
    inspect(&r, "Content-Type: application/zip\n", zip_one(&a, "i.html", ALLOWED));
    assert_int_equal(r.s->n, 1);
    for (unsigned u = 0; u < USAGE_COUNT; u++)
        assert_int_not_equal(r.s->v[0].prefs.of[u], PREF_ALLOW);
    done(&r);
    archive_free(&a);

    snprintf(text, sizeof text, mhtml, ALLOWED, CLEAN);
    inspect(&r, "Content-Type: multipart/related\n", slice_cstr(text));
    assert_int_equal(r.s->n, 1);
    assert_int_equal(r.s->v[0].prefs.of[USAGE_TDM], PREF_ALLOW);
    assert_int_equal(r.s->v[0].confidence, CONF_EXACT);
    done(&r);

    snprintf(text, sizeof text, mhtml, RESERVED1, CLEAN);
    inspect(&r, "Content-Type: application/octet-stream\n", slice_cstr(text));
    assert_int_equal(r.d.kind, DECISION_RESERVED);
    assert_int_equal(r.d.action, ACTION_BLOCK);
    done(&r);

    snprintf(text, sizeof text, mhtml, CLEAN, RESERVED1); /* a frame of the page */
    inspect(&r, "Content-Type: application/octet-stream\n", slice_cstr(text));
    assert_int_equal(r.d.kind, DECISION_RESERVED);
    assert_int_equal(r.d.action, ACTION_TAG);
    done(&r);
}

/* More members than statements are kept, each with one of its own that restricts nothing, or
 * all with the same that does. */
static void many_members_crowd_out_nothing(void **state)
{
    enum { MANY = SIGNALS_MAX + 50 };
    (void)state;
    for (int same = 0; same < 2; same++) {
        struct archive a;
        struct run r;
        archive_init(&a);
        for (unsigned i = 0; i < MANY; i++) {
            char name[20], page[100];
            snprintf(name, sizeof name, "p%u.html", i);
            snprintf(page, sizeof page, "<!doctype html><meta name=tdm-policy content=/p%u>", i);
            archive_add(&a, name, same ? SLICE_OF(NOAI) : slice_cstr(page), IN_DEFLATE);
        }
        archive_add(&a, "last.html", SLICE_OF(RESERVED1), 0);
        inspect(&r, "Content-Type: application/zip\n", archive_end(&a, ""));
        assert_int_equal(inspect_undecided(r.i), 0);
        assert_int_equal(r.s->n, same ? 2 : SIGNALS_MAX);
        assert_int_equal(r.s->dropped > 0, !same);
        assert_int_equal(r.d.kind, DECISION_RESERVED);
        assert_slice(slice_sub(r.s->v[r.s->n - 1].part, 0, 9), "last.html");
        done(&r);
        archive_free(&a);
    }
}

static void a_container_inside_is_read_and_no_deeper(void **state)
{
    (void)state;
    struct archive a, b, c;
    struct run r;
    struct slice one = zip_one(&a, "i.html", NOAI);
    archive_init(&b);
    archive_add(&b, "one.zip", one, IN_DEFLATE);
    struct slice two = archive_end(&b, "");
    inspect(&r, "", two);
    assert_int_equal(r.s->n, 1);
    assert_slice(r.s->v[0].part, "one.zip: i.html: byte 15");
    assert_int_equal(inspect_undecided(r.i), 0);
    done(&r);
    archive_init(&c);
    archive_add(&c, "two.zip", two, 0);
    inspect(&r, "", archive_end(&c, ""));
    assert_int_equal(r.s->n, 0);
    assert_true(is_undecided(&r, UNDECIDED_CONTAINER));
    done(&r);
    archive_free(&a);
    archive_free(&b);
    archive_free(&c);
}

static void what_is_not_looked_into_is_undecided(void **state)
{
    (void)state;
    struct archive a;
    struct run r;
    archive_init(&a);
    archive_add(&a, "i.html", SLICE_OF(NOAI), IN_ENCRYPTED);
    inspect(&r, "Content-Type: application/zip\n", archive_end(&a, ""));
    assert_true(is_undecided(&r, UNDECIDED_CONTAINER));
    done(&r);
    archive_free(&a);

    inspect(&r, "Content-Type: application/signed-exchange;v=b3\n", SLICE_OF("sxg1-b3\0xxxxxx"));
    assert_true(is_undecided(&r, UNDECIDED_CONTAINER));
    done(&r);
    inspect(&r, "", SLICE_OF("sxg1-b3\0xxxxxx"));
    assert_true(is_undecided(&r, UNDECIDED_CONTAINER));
    done(&r);
}

#define CONTAINER_XML                                                                  \
    "<container xmlns='urn:oasis:names:tc:opendocument:xmlns:container'><rootfiles>"   \
    "<rootfile full-path='b.opf' media-type='application/oebps-package+xml'/>"         \
    "</rootfiles></container>"
#define OPF "<package xmlns='http://www.idpf.org/2007/opf'><metadata/></package>"

static void documents_are_not_archives(void **state)
{
    (void)state;
    static const char *const names[] = { "mimetype", "c.xhtml", "META-INF/container.xml", "b.opf" };
    static const char *const book[] = { "application/epub+zip", NOAI, CONTAINER_XML, OPF };
    static const char *const office[] = { "[Content_Types].xml", "x.html", "_rels/.rels" };
    static const char *const data[] = { "<Types/>", NOAI, "<x/>" };
    struct archive a;
    struct run r;
    for (size_t from = 0; from < 2; from++) { /* also without the type in front */
        inspect(&r, "Content-Type: application/zip\n",
                zip_of(&a, names + from, book + from, 4 - from, IN_DEFLATE));
        assert_int_equal(r.s->n, 0);
        assert_int_equal(inspect_undecided(r.i), 0);
        done(&r);
        archive_free(&a);
    }
    inspect(&r, "", zip_of(&a, office, data, 3, 0));
    assert_int_equal(r.s->n, 0);
    assert_int_equal(inspect_undecided(r.i), 0);
    done(&r);
    archive_free(&a);
}

/* An EPUB in an archive is read by its own rules. */
static void a_book_inside_is_read(void **state)
{
    (void)state;
    static const char *const names[] = { "mimetype", "META-INF/container.xml", "b.opf" };
    static const char *const book[] = {
        "application/epub+zip", CONTAINER_XML,
        ("<package xmlns='http://www.idpf.org/2007/opf' prefix='tdm: http://www.w3.org/ns/tdmrep#'>"
         "<metadata><meta property='tdm:reservation'>1</meta></metadata></package>")
    };
    struct archive a, b;
    struct run r;
    struct slice epub = zip_of(&a, names, book, 3, 0);
    archive_init(&b);
    archive_add(&b, "book.epub", epub, 0);
    inspect(&r, "Content-Type: application/zip\n", archive_end(&b, ""));
    assert_int_equal(r.s->n, 1);
    assert_int_equal(r.s->v[0].standard, STD_TDMREP);
    assert_int_equal(r.s->v[0].scope, SCOPE_COMPONENT);
    assert_int_equal(inspect_undecided(r.i), 0);
    done(&r);
    archive_free(&a);
    archive_free(&b);
}

static void the_head_of_an_archived_answer_counts(void **state)
{
    (void)state;
    struct run r;
    static const char block[] = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
                                "X-Robots-Tag: noai\r\ntdm-reservation: 1\r\n\r\n" CLEAN;
    char text[1024];
    snprintf(text, sizeof text, "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://o/p\r\n"
             "Content-Type: application/http\r\nContent-Length: %zu\r\n\r\n%s\r\n\r\n",
             sizeof block - 1, block);
    inspect(&r, "Content-Type: application/warc\n", slice_cstr(text));
    assert_int_equal(r.s->n, 2);
    assert_int_equal(r.s->v[0].scope, SCOPE_COMPONENT);
    assert_int_equal(r.d.kind, DECISION_RESERVED);
    assert_int_equal(inspect_undecided(r.i), 0);
    done(&r);
}

static void parts_of_a_range_answer_are_read(void **state)
{
    (void)state;
    struct run r;
    struct inspect_options o = { .expand_max = 1u << 20, .expand_ratio = 1000 };
    arena_init(&r.arena, 8u << 20, NULL, 0);
    r.x = (struct exchange){ .status = 206, .minor = 1, .has_body = true };
    assert_int_equal(headers_parse(&r.x.response, &r.arena, SLICE_OF(
        "Content-Type: multipart/byteranges; boundary=b\n")), OPTOUT_OK);
    r.i = inspect_open(&r.arena, &r.x, &o);
    assert_non_null(r.i);
    (void)inspect_feed(r.i, SLICE_OF("--b\nContent-Type: text/html\nContent-Range: bytes 0-9/99\n\n"
                                     RESERVED1 "\n--b--\n"));
    inspect_close(r.i, INSPECT_WHOLE);
    assert_true(inspect_undecided(r.i) == undecided_bit(UNDECIDED_PARTIAL));
    assert_int_equal(inspect_signals(r.i)->n, 1);
    assert_int_not_equal(inspect_signals(r.i)->v[0].scope, SCOPE_COMPONENT);
    done(&r);
}

static void many_members_take_little_and_are_limited(void **state)
{
    (void)state;
    static const unsigned counts[] = { 9999, 10001 };
    for (size_t k = 0; k < 2; k++) {
        struct archive a;
        struct run r;
        archive_init(&a);
        for (unsigned i = 0; i < counts[k]; i++) {
            char name[32];
            snprintf(name, sizeof name, "%u.html", i);
            archive_add(&a, name, SLICE_OF(NOAI), 0);
        }
        inspect(&r, "Content-Type: application/zip\n", archive_end(&a, ""));
        assert_int_equal(r.s->n, 1); /* what all say counts once */
        assert_int_equal(inspect_undecided(r.i), k ? undecided_bit(UNDECIDED_CONTAINER) : 0);
        assert_true(r.arena.used < 1u << 20);
        done(&r);
        archive_free(&a);
    }
}

static void names_tell_types(void **state)
{
    (void)state;
    assert_slice(member_type_of_name(SLICE_OF("a/B.HTML")), "text/html");
    assert_slice(member_type_of_name(SLICE_OF("x.min.js")), "text/javascript");
    assert_slice(member_type_of_name(SLICE_OF("html")), "");
    assert_slice(member_type_of_name(SLICE_OF(".html")), "");
    assert_slice(member_type_of_name(SLICE_OF("a.jpg")), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_member_states_is_of_a_component),
        cmocka_unit_test(members_that_state_nothing_are_clear),
        cmocka_unit_test(a_member_never_allows_and_the_root_does),
        cmocka_unit_test(many_members_crowd_out_nothing),
        cmocka_unit_test(a_container_inside_is_read_and_no_deeper),
        cmocka_unit_test(what_is_not_looked_into_is_undecided),
        cmocka_unit_test(documents_are_not_archives),
        cmocka_unit_test(a_book_inside_is_read),
        cmocka_unit_test(the_head_of_an_archived_answer_counts),
        cmocka_unit_test(parts_of_a_range_answer_are_read),
        cmocka_unit_test(many_members_take_little_and_are_limited),
        cmocka_unit_test(names_tell_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
