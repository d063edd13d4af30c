/* SPDX-License-Identifier: Apache-2.0 */
/* test_html5lib.c - the html5lib tokenizer suite: the scanner must see the same
 * start tags with the same attributes, however the input is cut; and character
 * references in text, which it only needs in attributes, must decode the same. */
#include "unit.h"

#include "page/html_internal.h"

#include <dirent.h>
#include <jansson.h>

#define PIECES 3
static const size_t piece_sizes[PIECES] = { SIZE_MAX, 1, 7 };

struct run {
    json_t *tags; /* ["name", {attributes}, self closing] */
};

static json_t *json_of(struct slice s)
{
    return json_stringn_nocheck((const char *)s.p, s.n);
}

static void on_tag(void *ctx, struct slice name, const struct page_attr *attr, size_t n_attr,
                   bool self_closing)
{
    struct run *r = ctx;
    json_t *attrs = json_object();
    for (size_t i = 0; i < n_attr; i++)
        json_object_setn_new_nocheck(attrs, (const char *)attr[i].name.p, attr[i].name.n,
                                     json_of(attr[i].value));
    json_array_append_new(r->tags, json_pack("[o,o,b]", json_of(name), attrs, (int)self_closing));
}

static void on_page(void *ctx, const struct page_statement *s)
{
    (void)ctx;
    (void)s;
    fail_msg("the bare tokenizer reported a statement");
}

static json_t *tags_of(struct slice input, struct slice initial, size_t piece)
{
    struct run r = { json_array() };
    struct arena a = test_arena();
    struct html_options o = { .page = on_page,
                              .ctx = &r,
                              .charset = SLICE("utf-8"),
                              .start_tag = on_tag,
                              .initial_text_of = initial };
    struct html *h = html_open(&a, &o);
    assert_non_null(h);
    while (input.n) {
        struct slice part = slice_sub(input, 0, piece);
        assert_true(html_feed(h, part) >= 0);
        input = slice_from(input, part.n);
    }
    assert_int_equal(html_end(h), OPTOUT_DONE);
    arena_reset(&a);
    return r.tags;
}

/* "\uXXXX" as six characters in what is marked doubleEscaped; surrogates that
 * stand alone become what a decoder would never give, three bytes each. */
static char *unescape(const char *s, size_t n, size_t *out_n)
{
    char *out = malloc(n + 1);
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned c, low;
        if (s[i] != '\\' || i + 5 >= n || s[i + 1] != 'u' || sscanf(s + i + 2, "%4x", &c) != 1) {
            out[k++] = s[i];
            continue;
        }
        i += 5;
        if (c >= 0xD800 && c < 0xDC00 && i + 6 < n && sscanf(s + i + 1, "\\u%4x", &low) == 1 &&
            low >= 0xDC00 && low < 0xE000) {
            c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
            i += 6;
            out[k++] = (char)(0xF0 | c >> 18);
            out[k++] = (char)(0x80 | (c >> 12 & 0x3F));
        } else if (c >= 0x800) {
            out[k++] = (char)(0xE0 | c >> 12);
        }
        if (c >= 0x800)
            out[k++] = (char)(0x80 | (c >> 6 & 0x3F));
        else if (c >= 0x80)
            out[k++] = (char)(0xC0 | c >> 6);
        out[k++] = (char)(c < 0x80 ? c : 0x80 | (c & 0x3F));
    }
    *out_n = k;
    return out;
}

static json_t *plain(json_t *string, bool escaped)
{
    size_t n;
    if (!escaped)
        return json_incref(string);
    char *s = unescape(json_string_value(string), json_string_length(string), &n);
    json_t *made = json_stringn_nocheck(s, n);
    free(s);
    return made;
}

static bool is_token(json_t *token, const char *kind)
{
    return json_is_array(token) && !strcmp(json_string_value(json_array_get(token, 0)), kind);
}

static json_t *expected_tags(json_t *output, bool escaped)
{
    json_t *want = json_array(), *token, *value;
    size_t i;
    json_array_foreach(output, i, token) {
        if (!is_token(token, "StartTag"))
            continue;
        json_t *attrs = json_object(), *name = plain(json_array_get(token, 1), escaped);
        const char *key;
        json_object_foreach(json_array_get(token, 2), key, value) {
            size_t n;
            char *k = unescape(key, strlen(key), &n);
            json_object_setn_new_nocheck(attrs, escaped ? k : key, escaped ? n : strlen(key),
                                         plain(value, escaped));
            free(k);
        }
        json_array_append_new(want, json_pack("[o,o,b]", name, attrs,
                                              (int)json_is_true(json_array_get(token, 3))));
    }
    return want;
}

static struct slice initial_text(const char *state, struct slice last)
{
    static const struct slice unending = SLICE("-");
    if (!strcmp(state, "Data state"))
        return slice_of("", 0);
    if (!strcmp(state, "PLAINTEXT state"))
        return SLICE_OF("plaintext");
    if (!strcmp(state, "CDATA section state"))
        return SLICE_OF("![CDATA[");
    return last.n ? last : unending;
}

/* Input that is all characters: what it decodes to. */
static bool text_agrees(struct slice input, json_t *output, bool escaped)
{
    json_t *token;
    size_t i, n, want_n = 0;
    static uint8_t want[4096], got[4096];
    json_array_foreach(output, i, token) {
        if (!is_token(token, "Character"))
            return true;
        json_t *text = plain(json_array_get(token, 1), escaped);
        assert_true(json_string_length(text) < sizeof want - want_n);
        memcpy(want + want_n, json_string_value(text), json_string_length(text));
        want_n += json_string_length(text);
        json_decref(text);
    }
    /* In text a NUL stays; only values turn it into U+FFFD. */
    if (memchr(input.p, 0, input.n))
        return true;
    assert_true(html_decode(input, false, got, sizeof got, &n));
    return n == want_n && !memcmp(got, want, n);
}

struct count {
    unsigned cases, runs, texts, wrong;
};

static void run_case(json_t *test, bool texts, struct count *count)
{
    bool escaped = json_is_true(json_object_get(test, "doubleEscaped"));
    json_t *input = plain(json_object_get(test, "input"), escaped);
    json_t *output = json_object_get(test, "output"), *states, *state;
    json_t *want = expected_tags(output, escaped);
    struct slice in = slice_of(json_string_value(input), json_string_length(input));
    struct slice last = slice_cstr(json_string_value(json_object_get(test, "lastStartTag")));
    states = json_object_get(test, "initialStates");
    states = states ? json_incref(states) : json_pack("[s]", "Data state");
    size_t i;
    count->cases++;
    json_array_foreach(states, i, state) {
        const char *name = json_string_value(state);
        struct slice text = initial_text(name, last);
        if (texts && !strcmp(name, "Data state") && memchr(in.p, '<', in.n) == NULL) {
            count->texts++;
            if (!text_agrees(in, output, escaped)) {
                print_error("text: %s\n", json_string_value(json_object_get(test, "description")));
                count->wrong++;
            }
        }
        for (size_t k = 0; k < PIECES; k++) {
            json_t *got = tags_of(in, text, piece_sizes[k]);
            count->runs++;
            if (!json_equal(got, want)) {
                char *g = json_dumps(got, JSON_COMPACT), *w = json_dumps(want, JSON_COMPACT);
                print_error("%s (%s, pieces of %zu):\n  got  %s\n  want %s\n",
                            json_string_value(json_object_get(test, "description")), name,
                            piece_sizes[k], g, w);
                free(g);
                free(w);
                count->wrong++;
            }
            json_decref(got);
        }
    }
    json_decref(states);
    json_decref(want);
    json_decref(input);
}

static void run_file(void **state)
{
    const char *path = *state;
    json_error_t error;
    json_t *root = json_load_file(path, JSON_ALLOW_NUL, &error), *test;
    if (!root)
        fail_msg("%s: %s", path, error.text);
    json_t *tests = json_object_get(root, "tests");
    struct count count = { 0 };
    size_t i;
    /* One file is made for tokenizers that mend text which XML cannot hold; of
     * it only the tags count. */
    bool texts = tests != NULL;
    if (!tests)
        tests = json_object_get(root, "xmlViolationTests");
    json_array_foreach(tests, i, test)
        run_case(test, texts, &count);
    fprintf(stderr, "%s: %u cases, %u runs, %u texts decoded, %u disagree\n",
            strrchr(path, '/') + 1, count.cases, count.runs, count.texts, count.wrong);
    json_decref(root);
    assert_true(count.cases > 0);
    assert_int_equal(count.wrong, 0);
}

static int is_test(const struct dirent *e)
{
    size_t n = strlen(e->d_name);
    return n > 5 && !strcmp(e->d_name + n - 5, ".test");
}

int main(void)
{
    const char *corpus = getenv("OPTOUT_CORPUS");
    char folder[4096];
    struct dirent **entries = NULL;
    snprintf(folder, sizeof folder, "%s/html/html5lib/tokenizer", corpus ? corpus : "");
    int n = scandir(folder, &entries, is_test, alphasort);
    if (n <= 0) {
        /* Said as a plan: the TAP driver takes cmocka's own skips for failures. */
        printf("1..0 # SKIP no html/html5lib/tokenizer/*.test: OPTOUT_CORPUS is %s\n",
               corpus ? corpus : "not set");
        return 0;
    }
    struct CMUnitTest tests[64];
    if (n > 64) {
        fprintf(stderr, "more test files than this runner holds\n");
        return 1;
    }
    for (int i = 0; i < n; i++) {
        char *path = malloc(strlen(folder) + strlen(entries[i]->d_name) + 2);
        sprintf(path, "%s/%s", folder, entries[i]->d_name);
        tests[i] = (struct CMUnitTest){ entries[i]->d_name, run_file, NULL, NULL, path };
    }
    int failed = _cmocka_run_group_tests("html5lib", tests, (size_t)n, NULL, NULL);
    for (int i = 0; i < n; i++) {
        free(tests[i].initial_state);
        free(entries[i]);
    }
    free(entries);
    return failed;
}
