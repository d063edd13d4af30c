/* SPDX-License-Identifier: Apache-2.0 */
/* test_faults.c - memory that runs out at every place where a parser asks for some. The
 * linker leads all such calls of the library through this file, and libxml2 and jansson are
 * told to ask here. What comes out of a failure is what came out without it, or it is
 * undecided: never clear over a statement that got lost. Inputs are the fuzz targets' seeds.
 *
 * OPTOUT_LONG=1: every place of every input; else up to PLACES of each. */
#include "unit.h"

#include "http/exchange.h"
#include "http/url_path.h"
#include "inspect/inspect.h"
#include "policy/clients.h"
#include "site/compiled.h"
#include "site/document.h"
#include "standards/agents.h"
#include "wrapped_libraries.h"

#include <dirent.h>
#include <stdio.h>

#define PLACES 48
#define FILE_MAX (256u << 10)

/* ---- what fails --------------------------------------------------------------- */

static unsigned long asked;   /* times that memory was asked for */
static unsigned long fail_at; /* the one that fails; 0: none */
static bool all_after;        /* and all after it */

static bool call_fails(const char *name)
{
    (void)name;
    asked++;
    return fail_at && (asked == fail_at || (all_after && asked > fail_at));
}

/* ---- inputs --------------------------------------------------------------------- */

struct input {
    const char *kind; /* a folder of seeds */
    const char *type; /* the Content-Type of what is in it, "" for none */
};

/* Folders whose files are whole bodies. */
static const struct input bodies[] = {
    { "html", "text/html" },
    { "xmp", "application/rdf+xml" },
    { "svg", "image/svg+xml" },
    { "feed", "application/rss+xml" },
    { "text", "text/plain; charset=utf-8" },
    { "eps", "application/postscript" },
    { "aiff", "" }, { "avi", "" }, { "flac", "" }, { "font", "" }, { "gif", "" },
    { "heif", "" }, { "jp2", "" }, { "jpeg", "" }, { "jxl", "" }, { "mp3", "" },
    { "mp4", "" }, { "ogg", "" }, { "pdf", "" }, { "png", "" }, { "psd", "" },
    { "tiff", "" }, { "wav", "" }, { "webp", "" }, { "zip", "" }, { "tar", "" },
    { "warc", "" }, { "sxg", "application/signed-exchange;v=b3" },
    { "mime", "multipart/related; boundary=b" },
};

static struct slice read_seed(const char *path, uint8_t *to)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(to, 1, FILE_MAX, f);
    fclose(f);
    return slice_of(to, n);
}

typedef void seed_visit(const char *name, struct slice bytes, const char *type);

static unsigned each_seed(const char *kind, const char *type, seed_visit *visit)
{
    static uint8_t bytes[FILE_MAX];
    const char *top = getenv("OPTOUT_SRCDIR");
    char path[1024];
    unsigned n = 0;
    snprintf(path, sizeof path, "%s/tests/fuzz/seeds/%s", top ? top : ".", kind);
    DIR *d = opendir(path);
    if (!d)
        fail_msg("no seeds: %s", path);
    for (struct dirent *e; (e = readdir(d));)
        if (e->d_name[0] != '.') {
            snprintf(path, sizeof path, "%s/tests/fuzz/seeds/%s/%s", top ? top : ".", kind,
                     e->d_name);
            visit(path, read_seed(path, bytes), type);
            n++;
        }
    closedir(d);
    return n;
}

/* Calls `again` with every place failing, alone and with all that follow. */
static void fail_everywhere(void (*again)(void *ctx), void *ctx, unsigned long places)
{
    unsigned long step = getenv("OPTOUT_LONG") || places <= PLACES ? 1 : places / PLACES;
    for (unsigned long at = 1; at <= places; at += step)
        for (int all = 0; all < 2; all++) {
            asked = 0;
            fail_at = at;
            all_after = all;
            again(ctx);
            fail_at = 0;
        }
}

/* ---- a body ----------------------------------------------------------------------- */

struct reading_of {
    const char *name, *type;
    struct slice body;
    struct inspection *clean; /* without a failure */
    unsigned long places;
};

static struct inspection *inspect_once(const struct reading_of *r, struct arena *a)
{
    struct exchange x = { .status = 200, .minor = 1, .has_body = true };
    struct inspect_options o = { .expand_max = 1u << 20, .expand_ratio = 1000 };
    char head[128];
    snprintf(head, sizeof head, "%s%s\n", *r->type ? "content-type: " : "server: x", r->type);
    if (headers_parse(&x.response, a, slice_cstr(head)) != OPTOUT_OK)
        return NULL;
    struct inspection *i = inspect_open(a, &x, &o);
    if (!i)
        return NULL;
    enum optout_rc rc = OPTOUT_MORE;
    for (struct slice rest = r->body; rest.n && rc == OPTOUT_MORE; rest = slice_from(rest, 1000))
        rc = inspect_feed(i, slice_sub(rest, 0, 1000));
    inspect_close(i, INSPECT_WHOLE);
    return i;
}

static bool states_the_same(const struct signals *a, const struct signals *b)
{
    if (a->n != b->n)
        return false;
    for (size_t k = 0; k < a->n; k++)
        if (a->v[k].standard != b->v[k].standard ||
            memcmp(&a->v[k].prefs, &b->v[k].prefs, sizeof a->v[k].prefs) != 0)
            return false;
    return true;
}

static void inspect_again(void *ctx)
{
    const struct reading_of *r = ctx;
    struct arena a;
    arena_init(&a, 8u << 20, NULL, 0);
    struct inspection *i = inspect_once(r, &a);
    /* A list that overflowed is undecided too: decide() says so. */
    if (i && inspect_undecided(i) == 0 && !inspect_signals(i)->overflow &&
        !states_the_same(inspect_signals(i), inspect_signals(r->clean)))
        fail_msg("%s: memory failed at place %lu%s, statements differ, nothing is undecided",
                 r->name, fail_at, all_after ? " and after" : "");
    arena_reset(&a);
}

static unsigned long tried;

static void visit_body(const char *name, struct slice bytes, const char *type)
{
    struct reading_of r = { .name = name, .type = type, .body = bytes };
    struct arena a;
    arena_init(&a, 8u << 20, NULL, 0);
    asked = 0;
    r.clean = inspect_once(&r, &a);
    assert_non_null(r.clean);
    r.places = asked;
    tried += r.places;
    fail_everywhere(inspect_again, &r, r.places);
    arena_reset(&a);
}

static void bodies_without_memory(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof bodies / sizeof *bodies; k++)
        assert_true(each_seed(bodies[k].kind, bodies[k].type, visit_body) > 0);
    assert_true(tried > 500);
}

/* ---- site files --------------------------------------------------------------------- */

struct document_of {
    const char *name;
    enum site_kind kind;
    struct slice body, clean;
};

static enum optout_rc document_once(const struct document_of *o, struct arena *a,
                                    struct site_document *d)
{
    static const struct site_lifetimes l = SITE_LIFETIMES_PRESET;
    struct headers h = { NULL, 0 };
    struct site_answer answer = {
        .kind = o->kind, .origin = SLICE_OF("https://example.com"),
        .url = SLICE_OF("https://example.com/file"), .status = 200, .body = o->body,
        .headers = &h, .now_ms = 1700000000000,
    };
    return document_read(&answer, NULL, &l, a, d);
}

static struct prefs said_of(struct slice rules, const char *path)
{
    struct prefs all = { { 0 } };
    struct rules_verdict verdict;
    struct signals s;
    struct arena a;
    arena_init(&a, 1u << 20, NULL, 0);
    struct rules_query q = { .path = url_path_normal(&a, slice_cstr(path)) };
    signals_init(&s, &a);
    if (rules.n)
        assert_int_equal(compiled_apply(rules, &q, &s, &verdict), OPTOUT_OK);
    for (size_t k = 0; k < s.n; k++)
        prefs_join(&all, &s.v[k].prefs);
    arena_reset(&a);
    return all;
}

/* A JSON reader without memory calls its text broken, which is read leniently then: other
 * rules, but none that restrict less. */
static bool restricts_less(struct slice rules, struct slice clean)
{
    static const char *const paths[] = { "/", "/a/b.pdf", "/private/x", "/x%24" };
    for (size_t k = 0; k < sizeof paths / sizeof *paths; k++) {
        struct prefs now = said_of(rules, paths[k]), before = said_of(clean, paths[k]);
        for (size_t u = 0; u < USAGE_COUNT; u++)
            if (before.of[u] > PREF_ALLOW ? now.of[u] < before.of[u]
                                          : now.of[u] == PREF_ALLOW && now.of[u] != before.of[u])
                return true;
    }
    return false;
}

static void document_again(void *ctx)
{
    const struct document_of *o = ctx;
    struct site_document d;
    struct arena a;
    arena_init(&a, 64u << 20, NULL, 0);
    if (document_once(o, &a, &d) == OPTOUT_OK && d.state == SITE_PUBLISHED &&
        !slice_eq(d.rules, o->clean)) {
        unsigned long at = fail_at;
        fail_at = 0;
        if (restricts_less(d.rules, o->clean))
            fail_msg("%s as %d: memory failed at place %lu%s, rules that restrict less came out",
                     o->name, (int)o->kind, at, all_after ? " and after" : "");
    }
    arena_reset(&a);
}

static void visit_document(const char *name, struct slice bytes, const char *type)
{
    (void)type;
    /* A seed may begin with bytes that choose something: every kind reads all of it. */
    for (int kind = 0; kind < SITE_KIND_COUNT; kind++) {
        struct document_of o = { .name = name, .kind = (enum site_kind)kind, .body = bytes };
        struct site_document d;
        struct arena a;
        arena_init(&a, 64u << 20, NULL, 0);
        asked = 0;
        if (document_once(&o, &a, &d) == OPTOUT_OK && d.state == SITE_PUBLISHED)
            o.clean = d.rules;
        unsigned long places = asked;
        tried += places;
        fail_everywhere(document_again, &o, places);
        arena_reset(&a);
    }
}

static void site_files_without_memory(void **state)
{
    static const char *const kinds[] = { "robots_txt", "rsl_document", "tdmrep_json", "ai_txt",
                                         "trust_txt" };
    (void)state;
    tried = 0;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        assert_true(each_seed(kinds[k], "", visit_document) > 0);
    assert_true(tried > 100);
}

/* ---- data files of the configuration -------------------------------------------------- */

static void agents_again(void *ctx)
{
    struct agents *agents = NULL;
    unsigned line = 0;
    const char *why = NULL;
    if (agents_parse_text(*(struct slice *)ctx, &agents, &line, &why) == OPTOUT_OK)
        agents_free(agents);
}

static void clients_again(void *ctx)
{
    struct clients *clients = NULL;
    unsigned line = 0;
    const char *why = NULL;
    if (clients_parse_text(*(struct slice *)ctx, &clients, &line, &why) == OPTOUT_OK)
        clients_free(clients);
}

static void visit_agents(const char *name, struct slice bytes, const char *type)
{
    (void)name, (void)type;
    fail_everywhere(agents_again, &bytes, 8);
}

static void visit_clients(const char *name, struct slice bytes, const char *type)
{
    (void)name, (void)type;
    fail_everywhere(clients_again, &bytes, 8);
}

static void data_files_without_memory(void **state)
{
    (void)state;
    assert_true(each_seed("agents", "", visit_agents) > 0);
    assert_true(each_seed("clients", "", visit_clients) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_without_memory),
        cmocka_unit_test(site_files_without_memory),
        cmocka_unit_test(data_files_without_memory),
    };
    assert_true(wrap_libraries());
    return cmocka_run_group_tests(tests, NULL, NULL);
}
