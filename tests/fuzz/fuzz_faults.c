/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_faults.c - memory that runs out: the linker leads what the library asks for through this file,
 * and libxml2 and jansson are told to ask here. Two bytes choose the place that fails, the highest bit
 * of the first whether all after it fail as well; the third chooses a site file (odd) or a response: a
 * head, an empty line, a body. It is read without a failure, and with it: what comes out then is the
 * same, or undecided, or restricts no less. tests/unit/test_faults.c tries every place of all seeds. */
#include "http/exchange.h"
#include "http/url_path.h"
#include "inspect/inspect.h"
#include "site/compiled.h"
#include "site/document.h"
#include "standards/phrases.h"
#include "wrapped_libraries.h"

#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEAD_BYTES 3

/* ---- what fails ---- */

static bool counting;         /* only what is asked for between begin and end */
static unsigned long asked;   /* times that memory was asked for */
static unsigned long fail_at; /* the one that fails; 0: none */
static bool all_after;        /* and all after it */

static bool call_fails(const char *name)
{
    (void)name;
    if (!counting)
        return false;
    asked++;
    return fail_at && (asked == fail_at || (all_after && asked > fail_at));
}

static void check(bool good)
{
    if (!good)
        abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    check(wrap_libraries());
    return 0;
}

struct fault {
    uint16_t place;
    bool all_after;
    unsigned long asked; /* of the reading without one */
};

static void begin(const struct fault *f, bool fails)
{
    asked = 0;
    fail_at = fails && f->asked ? 1 + f->place % f->asked : 0;
    all_after = f->all_after;
    counting = true;
}

static void end(void)
{
    counting = false;
    fail_at = 0;
}

/* ---- a response ---- */

struct response {
    struct slice head, body;
};

static struct inspection *inspect_once(const struct response *r, struct arena *a)
{
    struct exchange x = { .status = 200, .minor = 1, .has_body = true };
    struct inspect_options o = { .expand_max = 256u << 10, .expand_ratio = 1000 };
    enum optout_rc rc = headers_parse(&x.response, a, r->head);
    if (rc != OPTOUT_OK)
        return NULL;
    struct inspection *i = inspect_open(a, &x, &o);
    if (!i)
        return NULL;
    rc = OPTOUT_MORE;
    for (struct slice rest = r->body; rest.n && rc == OPTOUT_MORE; rest = slice_from(rest, 500))
        rc = inspect_feed(i, slice_sub(rest, 0, 500));
    inspect_close(i, INSPECT_WHOLE);
    return i;
}

static bool state_the_same(const struct signals *a, const struct signals *b)
{
    if (a->n != b->n)
        return false;
    for (size_t k = 0; k < a->n; k++)
        if (a->v[k].standard != b->v[k].standard ||
            memcmp(&a->v[k].prefs, &b->v[k].prefs, sizeof a->v[k].prefs) != 0)
            return false;
    return true;
}

static void try_response(struct slice in, struct fault *f)
{
    size_t at = slice_find_nocase(in, SLICE_OF("\n\n"));
    struct response r = { slice_sub(in, 0, at + 1), slice_from(in, at + 2) };
    struct arena a, b;
    arena_init(&a, 8u << 20, NULL, 0);
    arena_init(&b, 8u << 20, NULL, 0);
    begin(f, false);
    struct inspection *clean = inspect_once(&r, &a);
    f->asked = asked;
    end();
    if (clean) {
        begin(f, true);
        struct inspection *i = inspect_once(&r, &b);
        end();
        check(!i || inspect_undecided(i) || inspect_signals(i)->overflow ||
              state_the_same(inspect_signals(i), inspect_signals(clean)));
    }
    arena_reset(&a);
    arena_reset(&b);
}

/* ---- a site file ---- */

static bool document_once(struct slice body, enum site_kind kind, struct arena *a,
                          struct site_document *d)
{
    static const struct site_lifetimes l = SITE_LIFETIMES_PRESET;
    struct headers h = { NULL, 0 };
    struct site_answer answer = {
        .kind = kind, .origin = SLICE_OF("https://example.com"),
        .url = SLICE_OF("https://example.com/file"), .status = 200, .body = body,
        .headers = &h, .now_ms = 1700000000000,
    };
    return document_read(&answer, NULL, &l, a, d) == OPTOUT_OK && d->state == SITE_PUBLISHED;
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
        check(compiled_apply(rules, &q, &s, &verdict) == OPTOUT_OK);
    for (size_t k = 0; k < s.n; k++)
        prefs_join(&all, &s.v[k].prefs);
    arena_reset(&a);
    return all;
}

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

static void try_document(struct slice body, enum site_kind kind, struct fault *f)
{
    struct site_document clean, d;
    struct arena a, b;
    arena_init(&a, 64u << 20, NULL, 0);
    arena_init(&b, 64u << 20, NULL, 0);
    begin(f, false);
    bool published = document_once(body, kind, &a, &clean);
    f->asked = asked;
    end();
    begin(f, true);
    bool again = document_once(body, kind, &b, &d);
    end();
    if (again)
        check(!restricts_less(d.rules, published ? clean.rules : SLICE_EMPTY));
    arena_reset(&a);
    arena_reset(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < HEAD_BYTES)
        return 0;
    struct fault f = { .place = (uint16_t)((data[0] & 0x7F) << 8 | data[1]),
                       .all_after = data[0] & 0x80 };
    struct slice in = slice_of(data + HEAD_BYTES, size - HEAD_BYTES);
    if (data[2] & 1)
        try_document(in, (enum site_kind)((data[2] >> 1) % SITE_KIND_COUNT), &f);
    else
        try_response(in, &f);
    return 0;
}
