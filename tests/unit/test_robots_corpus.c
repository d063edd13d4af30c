/* SPDX-License-Identifier: Apache-2.0 */
/* test_robots_corpus.c - how far we agree about robots.txt with the answers that
 * come with other parsers' tests and with real files.
 *
 * OPTOUT_CORPUS names the folder; without it everything is skipped, and said to
 * be. Prints TAP, one line per source. A disagreement that is not in the table
 * below fails, and so does a row of the table that explains nothing. */
#include "unit.h"

#include "robots_fixture.h"

#include "core/buf.h"

#include <dirent.h>

#include <jansson.h>

#define INDEX_HTML "RFC 9309 knows no rule by which index.html is its folder; Google's own"
#define ENCODED \
    "RFC 9309 section 2.2.2: octets outside of ASCII are encoded on both sides; Google encodes " \
    "the pattern alone"
#define DECODED "RFC 9309 section 2.2.2: encoded unreserved characters are decoded first"
#define NOT_IN_URLS \
    "a character that no URL holds: reserved or not, it is left as written (http/url_path.h)"

/* Disagreements that are meant, with what the samples have in common. */
static struct known {
    const char *source; /* end of the file's name */
    const char *text;   /* part of the robots.txt; NULL: any */
    const char *agent;  /* NULL: any */
    const char *url;    /* how it begins; NULL: any */
    bool wanted;        /* what the sample says */
    const char *reason;
    unsigned used;
} known[] = {
    { "google_robotstxt.jsonl", "/index.html", NULL, "http://foo.com/allowed-slash/", true,
      INDEX_HTML, 0 },
    { "google_spec_test.jsonl", "/index.html", NULL, "http://foo.com/allowed-slash/", true,
      INDEX_HTML, 0 },
    { "protego.jsonl", "/index.html", NULL, "http://foo.com/allowed-slash/", true, INDEX_HTML, 0 },
    { "google_robotstxt.jsonl", "Allow: /foo/bar/\xE3\x83\x84", NULL,
      "http://foo.bar/foo/bar/\xE3", false, ENCODED, 0 },
    { "google_spec_test.jsonl", "Allow: /foo/bar/\xE3\x83\x84", NULL,
      "http://foo.bar/foo/bar/\xE3", false, ENCODED, 0 },
    { "google_robotstxt.jsonl", "%62%61%7A", NULL, "http://foo.bar/foo/bar/baz", false, DECODED,
      0 },
    { "google_spec_test.jsonl", "%62%61%7A", NULL, "http://foo.bar/foo/bar/baz", false, DECODED,
      0 },
    { "google_spec_test.jsonl", NULL, NULL, "http://m.example.com/robots.txt", false,
      "RFC 9309 section 2.2.2: /robots.txt may always be fetched", 0 },
    { "protego.jsonl", "user-agent: foo*bot", NULL, NULL, false,
      "RFC 9309 section 2.2.1: product tokens are compared, they are no patterns", 0 },
    { "protego.jsonl", "/a%3c*", "*", "https://www.site.local/a<", true, NOT_IN_URLS, 0 },
    { "protego.jsonl", "/a<*", "*", "https://www.site.local/a%3c", true, NOT_IN_URLS, 0 },
    { "samclarke.jsonl", NULL, NULL, "http://www.example.com:443/", false,
      "the file is of another authority, which that parser refuses to answer about; here the "
      "file is looked up by authority, and never asked about another", 0 },
    { "thirdparty_suite.jsonl", "Content-Usage: /ai-ok/ train-ai=y", NULL, "/ai-ok/", true,
      "outside of groups attach-05 knows no rule: read as a weak one, which allows nothing", 0 },
};

static const char *root;
static unsigned points, bad_points;

struct tally {
    const char *name;
    unsigned total, agree, known, wrong, unscored;
};

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), k = strlen(end);
    return n >= k && strcmp(s + n - k, end) == 0;
}

static bool contains(struct slice s, const char *part)
{
    return slice_find_nocase(s, slice_cstr(part)) < s.n;
}

static const char *reason_for(const char *source, struct slice text, const char *agent,
                              const char *url, bool wanted)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct known *k = &known[i];
        if (!k->source || !ends_with(source, k->source) || k->wanted != wanted ||
            (k->text && !contains(text, k->text)) || (k->agent && strcmp(agent, k->agent) != 0) ||
            (k->url && strncmp(url, k->url, strlen(k->url)) != 0))
            continue;
        k->used++;
        return k->reason;
    }
    return NULL;
}

static void disagree(struct tally *t, const char *source, struct slice text, const char *agent,
                     const char *url, const char *want, const char *got, const char *reason)
{
    struct buf shown;
    buf_init(&shown, 4096);
    for (size_t i = 0; i < text.n && i < 400; i++)
        buf_puts(&shown, text.p[i] == '\n' ? "\\n" : (char[2]){ (char)text.p[i], 0 });
    printf("# %s %s: agent '%s' url '%s': want %s, got %s: %s\n", reason ? "known" : "WRONG",
           source, agent, url, want, got, reason ? reason : "not explained");
    if (!reason)
        printf("#     %.*s\n", SLICE_FMT(shown));
    t->known += reason != NULL;
    t->wrong += reason == NULL;
    buf_free(&shown);
}

static void point(const struct tally *t)
{
    bool good = t->wrong == 0 && t->total > 0;
    points++;
    bad_points += !good;
    printf("%sok %u - %s: %u of %u agree, %u known, %u wrong, %u not scored\n",
           good ? "" : "not ", points, t->name, t->agree, t->total, t->known, t->wrong,
           t->unscored);
}

static const char *text_of(json_t *record, const char *key)
{
    return json_string_value(json_object_get(record, key));
}

static uint8_t *corpus_file(const char *name, size_t *n)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", root, name);
    return test_read_file(path, n);
}

static void each_line(const char *name, struct tally *t,
                      void (*fn)(struct tally *t, const char *source, json_t *record))
{
    size_t n;
    uint8_t *bytes = corpus_file(name, &n);
    struct slice rest = slice_of(bytes, n), line;
    while (slice_split(&rest, '\n', &line)) {
        json_error_t e;
        json_t *record = json_loadb((const char *)line.p, line.n, JSON_ALLOW_NUL, &e);
        if (record) {
            fn(t, name, record);
        } else if (line.n) {
            printf("# %s: %s\n", name, e.text);
            t->wrong++;
        }
        json_decref(record);
    }
    free(bytes);
}

/* The bytes of base64 text, RFC 4648 section 4. */
static size_t unbase64(const char *text, uint8_t *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = 0;
    size_t n = 0, k = 0;
    for (; *text && *text != '='; text++) {
        const char *at = strchr(digits, *text);
        if (!at)
            continue;
        bits = bits << 6 | (uint32_t)(at - digits);
        if (++k % 4 != 1)
            out[n++] = (uint8_t)(bits >> (k % 4 == 2 ? 4 : k % 4 == 3 ? 2 : 0));
    }
    return n;
}

/* The robots.txt of a record: text, base64 or a file. Free it. */
static struct slice robots_of(json_t *record)
{
    json_t *text = json_object_get(record, "robots");
    const char *base64 = text_of(record, "robots_b64"), *file = text_of(record, "robots_file");
    uint8_t *p;
    size_t n;
    if (file) {
        char name[512];
        snprintf(name, sizeof name, "robots/real-commoncrawl/%s", file);
        p = corpus_file(name, &n);
    } else if (base64) {
        p = malloc(strlen(base64) + 1);
        n = unbase64(base64, p);
    } else {
        n = json_string_length(text);
        p = malloc(n + 1);
        memcpy(p, json_string_value(text), n);
    }
    return slice_of(p, n);
}

static const char *access_word(bool allowed)
{
    return allowed ? "allow" : "deny";
}

/* To matchers every token is a crawler. To us an opt-out token refuses a use, and
 * no fetching: a Disallow for it has to be found there. */
static bool permits(const char *agent, const struct robots_answer *a)
{
    char token[64] = "";
    for (size_t i = 0; agent[i] && i + 1 < sizeof token; i++)
        token[i] = (char)ascii_lower((uint8_t)agent[i]);
    const struct agent_entry *e = agents_find(agents_builtin(), slice_cstr(token));
    bool refused = e && a->named.of[USAGE_TRAIN_AI] == PREF_DENY;
    return a->v.allowed && !refused;
}

static void score(struct tally *t, const char *source, struct slice text, const char *agent,
                  const char *url, bool want)
{
    struct robots r;
    struct robots_answer a = { .said = { { 0 } } };
    robots_open(&r, text);
    t->total++;
    bool html = r.rc == OPTOUT_E_SYNTAX; /* no file of this kind: no rules */
    bool got = html;
    if (!html && (r.rc != OPTOUT_OK || robots_ask(&r, slice_cstr(agent), slice_cstr(url), &a) !=
                                           OPTOUT_OK))
        disagree(t, source, text, agent, url, access_word(want), "no answer", NULL);
    else if ((got = html || permits(agent, &a)) == want)
        t->agree++;
    else
        disagree(t, source, text, agent, url, access_word(want), access_word(got),
                 reason_for(source, text, agent, url, want));
    robots_close(&r);
}

static void vector_case(struct tally *t, const char *source, json_t *record)
{
    json_t *allowed = json_object_get(record, "allowed");
    if (!json_is_boolean(allowed)) {
        t->unscored++;
        return;
    }
    struct slice text = robots_of(record);
    score(t, source, text, text_of(record, "agent"), text_of(record, "url"),
          json_is_true(allowed));
    free((void *)(uintptr_t)text.p);
}

/* What two matchers say of one agent and path of a real file. */
static void real_case(struct tally *t, const char *source, json_t *record)
{
    const char *file = text_of(record, "file"), *agent, *path;
    char name[512];
    json_t *paths, *both;
    size_t n;
    (void)source;
    snprintf(name, sizeof name, "robots/%s", file);
    uint8_t *bytes = corpus_file(name, &n);
    json_object_foreach(json_object_get(record, "allowed"), agent, paths) {
        json_object_foreach(paths, path, both) {
            bool google = json_is_true(json_object_get(both, "google"));
            bool protego = json_is_true(json_object_get(both, "protego"));
            if (google == protego) {
                score(t, file, slice_of(bytes, n), agent, path, google);
                continue;
            }
            struct tally aside = { .name = "" };
            score(&aside, file, slice_of(bytes, n), agent, path, google);
            printf("# differ %s: agent %s path %s: one says %s, the other %s; we say %s\n", file,
                   agent, path, access_word(google), access_word(protego),
                   access_word(aside.agree ? google : protego));
            t->unscored++;
        }
    }
    free(bytes);
}

static const char *usage_word(uint8_t p)
{
    return p == PREF_DENY ? "no" : p == PREF_ALLOW ? "yes" : "unknown";
}

static const struct {
    const char *key;
    enum usage usage;
} usages[] = {
    { "train-ai", USAGE_TRAIN_AI }, { "ai-use", USAGE_AI_USE }, { "search", USAGE_SEARCH },
    { "ai-train", USAGE_TRAIN_AI }, { "ai-input", USAGE_AI_USE },
};

/* `want` in the words of Content-Signal or Content-Usage; rows from `first`. */
static void score_usages(struct tally *t, const char *source, struct slice text,
                         const char *agent, const char *path, json_t *want, size_t first)
{
    struct robots r;
    struct robots_answer a = { .said = { { 0 } } };
    bool agree = true;
    robots_open(&r, text);
    t->total++;
    if (r.rc != OPTOUT_OK ||
        robots_ask(&r, slice_cstr(agent), slice_cstr(path), &a) != OPTOUT_OK) {
        disagree(t, source, text, agent, path, "an answer", "none", NULL);
        agree = false;
    }
    for (size_t i = first; agree && i < first + 3; i++) {
        const char *key = usages[i == 5 ? 2 : i].key;
        const char *word = json_string_value(json_object_get(want, key));
        bool yes = word && (strcmp(word, "yes") == 0 || strcmp(word, "allow") == 0);
        bool no = word && (strcmp(word, "no") == 0 || strcmp(word, "disallow") == 0);
        const char *wanted = yes ? "yes" : no ? "no" : "unknown";
        const char *got = usage_word(a.said.of[usages[i == 5 ? 2 : i].usage]);
        if (strcmp(wanted, got) == 0)
            continue;
        disagree(t, source, text, agent, path, wanted, got,
                 reason_for(source, text, agent, path, yes));
        agree = false;
    }
    t->agree += agree;
    robots_close(&r);
}

static void content_signal_case(struct tally *t, const char *source, json_t *record)
{
    json_t *want = json_object_get(record, "content_signal");
    const char *agent = text_of(want, "agent");
    score_usages(t, source, slice_cstr(text_of(record, "robots")), agent ? agent : "examplebot",
                 "/", want, 3);
    /* The by-name one: nothing is said to others. */
    json_t *none = json_object();
    if (agent)
        score_usages(t, source, slice_cstr(text_of(record, "robots")), "examplebot", "/", none, 3);
    json_decref(none);
}

static void usage_case(struct tally *t, const char *source, json_t *record)
{
    const char *kind = text_of(record, "kind"), *agent = text_of(record, "agent");
    struct slice text = slice_cstr(text_of(record, "input"));
    if (!kind || strcmp(kind, "robots") != 0)
        return;
    if (json_is_boolean(json_object_get(record, "crawl")))
        score(t, source, text, agent, text_of(record, "path"),
              json_is_true(json_object_get(record, "crawl")));
    score_usages(t, source, text, agent ? agent : "examplebot", text_of(record, "path"),
                 json_object_get(record, "expect"), 0);
}

/* ---- all real files are read, or told to be no robots.txt ---- */

struct folder {
    unsigned files, not_robots, wrong;
};

static void read_one(struct folder *in, const char *name, struct slice text)
{
    struct robots r;
    robots_open(&r, text);
    in->files++;
    in->not_robots += r.rc == OPTOUT_E_SYNTAX;
    if (r.rc != OPTOUT_OK && r.rc != OPTOUT_E_SYNTAX) {
        printf("# %s: error %d\n", name, r.rc);
        in->wrong++;
    }
    robots_close(&r);
}

static void read_folder(struct folder *in, const char *folder)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/robots/%s", root, folder);
    DIR *d = opendir(path);
    const struct dirent *e;
    if (!d)
        return;
    while ((e = readdir(d)) != NULL) {
        if (!ends_with(e->d_name, ".txt"))
            continue;
        char name[1024];
        size_t n;
        snprintf(name, sizeof name, "robots/%s/%s", folder, e->d_name);
        uint8_t *bytes = corpus_file(name, &n);
        read_one(in, e->d_name, slice_of(bytes, n));
        free(bytes);
    }
    closedir(d);
}

static void read_all(void)
{
    static const char *const folders[] = {
        "real-news", "real-wayback", "real-top10k", "real-commoncrawl", "parser-fixtures",
        "content-signal",
    };
    struct folder all = { 0 };
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        read_folder(&all, folders[i]);
    bool good = all.files && all.wrong == 0;
    points++;
    bad_points += !good;
    printf("%sok %u - every file is read, or no robots.txt: %u files (%u no robots.txt), "
           "%u wrong\n",
           good ? "" : "not ", points, all.files, all.not_robots, all.wrong);
}

static void run(const char *file, void (*fn)(struct tally *, const char *, json_t *))
{
    struct tally t = { .name = file };
    each_line(file, &t, fn);
    point(&t);
}

static void check_known(void)
{
    unsigned idle = 0;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].source && !known[i].used) {
            printf("# explains nothing: %s: %s\n", known[i].source, known[i].reason);
            idle++;
        }
    points++;
    bad_points += idle != 0;
    printf("%sok %u - every known disagreement is there\n", idle ? "not " : "", points);
}

int main(void)
{
    char probe[4096];
    root = getenv("OPTOUT_CORPUS");
    snprintf(probe, sizeof probe, "%s/robots/expected.jsonl", root ? root : "");
    FILE *f = root && *root ? fopen(probe, "r") : NULL;
    if (!f) {
        printf("1..0 # SKIP no samples of robots.txt: OPTOUT_CORPUS is %s\n",
               root && *root ? "a folder without them" : "not set");
        return 0;
    }
    fclose(f);
    run("robots/vectors/google_robotstxt.jsonl", vector_case);
    run("robots/vectors/google_spec_test.jsonl", vector_case);
    run("robots/vectors/protego.jsonl", vector_case);
    run("robots/vectors/samclarke.jsonl", vector_case);
    run("robots/vectors/texting_robots.jsonl", vector_case);
    run("robots/expected.jsonl", real_case);
    run("robots/content_signals.jsonl", content_signal_case);
    run("aipref/draft_examples.jsonl", usage_case);
    run("aipref/thirdparty_suite.jsonl", usage_case);
    read_all();
    check_known();
    printf("1..%u\n", points);
    return bad_points ? 1 : 0;
}
