/* SPDX-License-Identifier: Apache-2.0 */
/* vectors.c - runs the vector files and prints TAP, one line per vector.
 *
 * usage: vectors [FILE...]; without files, every tests/conformance/<standard>/
 * *.vec under OPTOUT_SRCDIR. The format of the files is told in README.md of
 * this folder. */
#include "evaluate.h"
#include "sources.h"

#include "core/buf.h"
#include "core/clock.h"
#include "policy/decide.h"
#include "policy/profile_line.h"
#include "standards/standard.h"

#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define EXPECT_MAX 32
#define TEXT_MAX (64u << 10)
#define CLOCK 1764000000000 /* 2025-11-24T16:00:00Z */

struct expectation {
    struct slice standard, confidence, agent, scope, note;
};

#define SOURCES_MAX 16
#define PAGE_URL "https://site.example/page"

/* One site file, assertion or property. */
struct source {
    enum source_kind { SOURCE_SITE, SOURCE_ASSERTION, SOURCE_PROPERTY } kind;
    struct slice name;   /* path, label or property */
    struct slice ns;     /* of a property */
    struct slice value;  /* of a property */
    size_t from, to;     /* of the other two: where their text is in `texts` */
};

struct vector {
    const char *file;
    unsigned line; /* of its first line */
    char title[160];
    int status;
    struct buf head, page, texts;
    char url[256], format[16];
    struct source source[SOURCES_MAX];
    size_t n_sources;
    bool in_text; /* the lines that are indented belong to the last source */
    struct view view; /* images is not used here */
    char profile[256];
    undecided_set unread;
    char decision[64]; /* "reserved block"; empty: any */
    struct prefs want, want_images;
    bool says_what; /* has at least one "=" line */
    struct expectation signal[EXPECT_MAX];
    size_t n_signals;
    bool says_signals;
    const char *broken; /* why the vector itself cannot be run */
};

static unsigned counted, failed;

static void vector_begin(struct vector *v, const char *file)
{
    struct buf head = v->head, page = v->page, texts = v->texts;
    *v = (struct vector){ .file = file, .head = head, .page = page, .texts = texts,
                          .url = PAGE_URL, .format = "jpeg" };
    buf_clear(&v->head);
    buf_clear(&v->page);
    buf_clear(&v->texts);
}

static int hex(uint8_t c)
{
    if (ascii_is_digit(c))
        return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* \t \n \r \\ and \xHH; false for any other escape. */
static bool append_unescaped(struct buf *out, struct slice s)
{
    static const char names[] = "tnr\\", bytes[] = "\t\n\r\\";
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != '\\') {
            buf_putc(out, (char)s.p[i]);
            continue;
        }
        const char *name = i + 1 < s.n && s.p[i + 1] ? strchr(names, s.p[i + 1]) : NULL;
        if (name) {
            buf_putc(out, bytes[name - names]);
            i++;
        } else if (i + 3 < s.n && s.p[i + 1] == 'x' && hex(s.p[i + 2]) >= 0 &&
                   hex(s.p[i + 3]) >= 0) {
            buf_putc(out, (char)(hex(s.p[i + 2]) * 16 + hex(s.p[i + 3])));
            i += 3;
        } else {
            return false;
        }
    }
    return out->failed == OPTOUT_OK;
}

static struct slice word(struct slice *rest)
{
    *rest = slice_trim_ows(*rest);
    size_t end = slice_find(*rest, ' ');
    struct slice w = slice_sub(*rest, 0, end);
    *rest = slice_from(*rest, end);
    return w;
}

static const char *read_preference(struct prefs *into, struct slice text)
{
    enum usage u;
    struct slice name = word(&text), value = word(&text);
    if (slice_eq(name, SLICE_OF("none")) && value.n == 0)
        return NULL;
    if (!usage_from_name(name, &u))
        return "no such usage";
    for (unsigned p = PREF_ALLOW; p < PREF_COUNT; p++) {
        if (slice_eq(value, slice_cstr(preference_name((enum preference)p)))) {
            into->of[u] = (uint8_t)p;
            return NULL;
        }
    }
    return "no such preference";
}

static const char *read_expectation(struct vector *v, struct slice text)
{
    v->says_signals = true;
    if (slice_eq(slice_trim_ows(text), SLICE_OF("none")))
        return NULL;
    if (v->n_signals == EXPECT_MAX)
        return "too many signals";
    struct expectation *e = &v->signal[v->n_signals++];
    e->standard = word(&text);
    e->confidence = word(&text);
    e->agent = word(&text);
    e->scope = word(&text);
    e->note = slice_trim_ows(text);
    return e->scope.n ? NULL : "a signal needs standard, confidence, agent and scope";
}

static bool field(struct slice line, const char *name, struct slice *value)
{
    struct slice n = slice_cstr(name);
    if (!slice_starts_nocase(line, n))
        return false;
    *value = slice_trim_ows(slice_from(line, n.n));
    return true;
}

/* ---- what is not in the message ---- */

static struct source *new_source(struct vector *v, enum source_kind kind)
{
    if (v->n_sources == SOURCES_MAX)
        return NULL;
    struct source *s = &v->source[v->n_sources++];
    *s = (struct source){ .kind = kind, .from = v->texts.n, .to = v->texts.n };
    return s;
}

/* "PATH:" or "LABEL:"; the text comes in lines of its own. */
static const char *begin_text(struct vector *v, enum source_kind kind, struct slice value)
{
    struct source *s = value.n > 1 && value.p[value.n - 1] == ':' ? new_source(v, kind) : NULL;
    if (!s)
        return "want a name, a colon, and the text indented below it";
    s->name = slice_sub(value, 0, value.n - 1);
    v->in_text = true;
    return NULL;
}

static const char *add_text(struct vector *v, struct slice line)
{
    struct source *s = &v->source[v->n_sources - 1];
    size_t indent = line.n && line.p[0] == '\t' ? 1 : 2;
    bool good = append_unescaped(&v->texts, slice_from(line, indent < line.n ? indent : line.n));
    buf_putc(&v->texts, '\n');
    s->to = v->texts.n;
    return good ? NULL : "bad escape";
}

/* "NS NAME: VALUE"; a name may have colons in it. */
static const char *read_property(struct vector *v, struct slice text)
{
    struct slice ns = word(&text);
    struct slice rest = slice_trim_ows(text);
    size_t end = 0;
    while (end < rest.n && !(rest.p[end] == ':' && (end + 1 == rest.n || rest.p[end + 1] == ' ')))
        end++;
    struct source *s = ns.n && end && end < rest.n ? new_source(v, SOURCE_PROPERTY) : NULL;
    if (!s)
        return "want: property NAMESPACE NAME: VALUE";
    s->ns = ns;
    s->name = slice_sub(rest, 0, end);
    s->value = slice_trim_ows(slice_from(rest, end + 1));
    return NULL;
}

static const char *read_unread(struct vector *v, struct slice name)
{
    enum undecided u;
    if (!undecided_from_name(name, &u))
        return "no such reason";
    v->unread |= undecided_bit(u);
    return NULL;
}

static bool copy_text(char *to, size_t size, struct slice s)
{
    return (size_t)snprintf(to, size, "%.*s", SLICE_FMT(s)) < size;
}

/* The lines that tell what the decision is about; *why when one of them is wrong. */
static bool read_surrounding(struct vector *v, struct slice line, const char **why)
{
    struct slice value;
    if (field(line, "site ", &value))
        *why = begin_text(v, SOURCE_SITE, value);
    else if (field(line, "assertion ", &value))
        *why = begin_text(v, SOURCE_ASSERTION, value);
    else if (field(line, "property ", &value))
        *why = read_property(v, value);
    else if (field(line, "unread:", &value))
        *why = read_unread(v, value);
    else if (field(line, "url:", &value) && slice_starts_nocase(value, SLICE_OF("https://")) &&
             slice_find(slice_from(value, 8), '/') < value.n - 8)
        *why = copy_text(v->url, sizeof v->url, value) ? NULL : "too long";
    else if (field(line, "file:", &value))
        *why = copy_text(v->format, sizeof v->format, value) ? NULL : "too long";
    else if (field(line, "profile:", &value))
        *why = copy_text(v->profile, sizeof v->profile, value) ? NULL : "too long";
    else
        return false;
    return true;
}

static const char *read_line(struct vector *v, struct slice line)
{
    struct slice value;
    uint64_t number;
    const char *why = NULL;
    if (v->in_text && (line.n == 0 || line.p[0] == '\t' ||
                       slice_eq(slice_sub(line, 0, 2), SLICE_OF("  "))))
        return add_text(v, line);
    v->in_text = false;
    if (slice_trim_space(line).n == 0 || read_surrounding(v, line, &why))
        return why;
    if (field(line, ">", &value)) {
        bool good = append_unescaped(&v->head, value);
        buf_puts(&v->head, "\r\n");
        return good ? NULL : "bad escape";
    }
    if (field(line, "html:", &value)) {
        bool good = append_unescaped(&v->page, value);
        buf_putc(&v->page, '\n');
        return good ? NULL : "bad escape";
    }
    if (field(line, "=images", &value))
        return read_preference(&v->want_images, value);
    if (field(line, "= decision ", &value))
        return copy_text(v->decision, sizeof v->decision, value) ? NULL : "too long";
    if (field(line, "=", &value)) {
        v->says_what = true;
        return read_preference(&v->want, value);
    }
    if (field(line, "~", &value))
        return read_expectation(v, value);
    if (field(line, "status:", &value) && slice_to_u64(value, &number) && number < 1000) {
        v->status = (int)number;
        return NULL;
    }
    if (field(line, "content-type:", &value)) {
        buf_printf(&v->head, "Content-Type: %.*s\r\n", SLICE_FMT(value));
        return NULL;
    }
    if (field(line, "agent:", &value) && v->view.n < AGENTS_MAX) {
        v->view.agent[v->view.n++] = value;
        return NULL;
    }
    return "line not understood";
}

static bool same(const struct prefs *want, const struct prefs *got, const char *of)
{
    bool good = true;
    for (unsigned u = 0; u < USAGE_COUNT; u++) {
        if (want->of[u] == got->of[u])
            continue;
        printf("# %s%s: want %s, got %s\n", of, usage_name((enum usage)u),
               preference_name((enum preference)want->of[u]),
               preference_name((enum preference)got->of[u]));
        good = false;
    }
    return good;
}

static bool matches(const struct expectation *e, const struct signal *s)
{
    struct slice agent = s->agent.n ? s->agent : SLICE_OF("*");
    struct slice note = slice_cstr(s->note ? s->note : "");
    return slice_eq(e->standard, slice_cstr(standards[s->standard].name)) &&
           slice_eq(e->confidence, slice_cstr(confidence_name((enum confidence)s->confidence))) &&
           slice_eq(e->agent, agent) &&
           slice_eq(e->scope, slice_cstr(scope_name((enum scope)s->scope))) &&
           (e->note.n == 0 || slice_find_nocase(note, e->note) < note.n);
}

static bool same_signals(const struct vector *v, const struct signals *got)
{
    bool good = v->n_signals == got->n;
    for (size_t i = 0; good && i < got->n; i++)
        good = matches(&v->signal[i], &got->v[i]);
    if (good)
        return true;
    printf("# want %zu signals, got %zu:\n", v->n_signals, got->n);
    for (size_t i = 0; i < got->n; i++) {
        const struct signal *s = &got->v[i];
        printf("#   %s %s %.*s %s %s\n", standards[s->standard].name,
               confidence_name((enum confidence)s->confidence),
               SLICE_FMT((s->agent.n ? s->agent : SLICE_OF("*"))),
               scope_name((enum scope)s->scope), s->note ? s->note : "");
    }
    return false;
}

static bool read_sources(const struct vector *v, const struct exchange *x,
                         const struct view *view, struct signals *out, undecided_set *unread)
{
    bool good = true;
    for (size_t i = 0; i < v->n_sources; i++) {
        const struct source *s = &v->source[i];
        struct slice text = slice_sub(buf_slice(&v->texts), s->from, s->to - s->from);
        if (s->kind == SOURCE_PROPERTY)
            source_property(s->ns, s->name, s->value, v->format, x, out);
        else if (s->kind == SOURCE_SITE)
            good = source_site(s->name, text, x, view, out, unread) && good;
        else
            good = source_assertion(s->name, text, x, out, unread) && good;
    }
    return good && !out->overflow;
}

/* The profile that the filter begins with, changed by the vector's keys. */
static bool make_profile(const struct vector *v, struct profile *out)
{
    static struct config c;
    char text[sizeof v->profile];
    const char *argv[16] = { "training" };
    struct config_error e = { .line = 0 };
    int argc = 1;
    config_init(&c);
    memcpy(text, v->profile, sizeof text);
    for (char *key = strtok(text, " "); key && argc < 16; key = strtok(NULL, " "))
        argv[argc++] = key;
    bool good = profile_line_apply(&c, argc, argv, &e) == OPTOUT_OK;
    if (!good)
        printf("# profile: %s\n", e.reason);
    *out = c.profile[0];
    return good;
}

/* The vector's own tokens and those of its profile. */
static struct view view_of(const struct vector *v, const struct profile *p)
{
    struct view view = v->view;
    for (size_t i = 0; i < p->n_agents && view.n < AGENTS_MAX; i++)
        view.agent[view.n++] = slice_cstr(p->agent[i]);
    return view;
}

static bool same_decision(const struct vector *v, const struct profile *p, struct signals *s,
                          undecided_set unread)
{
    struct decision d;
    char got[sizeof v->decision];
    s->settled = true; /* everything was read */
    decide(p, s, unread, &d);
    snprintf(got, sizeof got, "%s %s", decision_name(d.kind), action_name(d.action));
    bool good = strcmp(got, v->decision) == 0;
    if (!good)
        printf("# want decision %s, got %s\n", v->decision, got);
    return good;
}

static bool same_usages(const struct vector *v, const struct signals *s, const struct view *view)
{
    struct view images = *view;
    struct prefs got;
    images.images = true;
    evaluate_resolve(s, view, &got);
    bool good = same(&v->want, &got, "");
    evaluate_resolve(s, &images, &got);
    return same(&v->want_images, &got, "images: ") && good;
}

static bool vector_holds(const struct vector *v)
{
    struct profile profile;
    if (v->broken || !(v->says_what || v->decision[0])) {
        printf("# %s\n", v->broken ? v->broken : "the vector expects nothing");
        return false;
    }
    if (!make_profile(v, &profile))
        return false;
    struct arena a;
    arena_init(&a, 64u << 20, NULL, 0);
    struct exchange x;
    struct signals s;
    struct view view = view_of(v, &profile);
    undecided_set unread = v->unread;
    bool good = evaluate(&a, v->status, buf_slice(&v->head), buf_slice(&v->page), &x, &s);
    x.url = slice_cstr(v->url);
    good = good && read_sources(v, &x, &view, &s, &unread);
    if (!good)
        puts("# could not be evaluated");
    if (v->says_what)
        good = same_usages(v, &s, &view) && good;
    if (v->says_signals)
        good = same_signals(v, &s) && good;
    if (v->decision[0])
        good = same_decision(v, &profile, &s, unread) && good;
    arena_reset(&a);
    return good;
}

static void vector_end(struct vector *v)
{
    if (v->line == 0)
        return; /* nothing but comments since the last one */
    bool good = vector_holds(v);
    counted++;
    failed += !good;
    const char *file = strrchr(v->file, '/');
    while (file && file > v->file && file[-1] != '/')
        file--; /* with its folder */
    printf("%s %u - %s:%u %s\n", good ? "ok" : "not ok", counted, file ? file : v->file, v->line,
           v->title);
}

static void run_text(struct vector *v, const char *file, struct slice text)
{
    struct slice rest = text, line;
    vector_begin(v, file);
    for (unsigned n = 1; slice_split(&rest, '\n', &line); n++) {
        if (slice_eq(slice_trim_space(line), SLICE_OF("---"))) {
            vector_end(v);
            vector_begin(v, file);
        } else if (line.n && line.p[0] == '#') {
            v->in_text = false;
            struct slice title = slice_trim_ows(slice_from(line, 1));
            if (!v->title[0])
                snprintf(v->title, sizeof v->title, "%.*s", SLICE_FMT(title));
        } else {
            const char *why = read_line(v, line);
            if (!v->line && slice_trim_space(line).n)
                v->line = n;
            if (why && !v->broken)
                v->broken = why;
        }
    }
    vector_end(v);
}

static void run_file(struct vector *v, const char *path)
{
    static char text[1u << 20];
    FILE *f = fopen(path, "rb");
    if (!f) {
        printf("Bail out! cannot open %s\n", path);
        exit(1);
    }
    size_t n = fread(text, 1, sizeof text, f);
    fclose(f);
    run_text(v, path, slice_of(text, n));
}

int main(int argc, char **argv)
{
    struct vector v = { 0 };
    buf_init(&v.head, TEXT_MAX);
    buf_init(&v.page, TEXT_MAX);
    buf_init(&v.texts, TEXT_MAX);
    clock_freeze(CLOCK);
    glob_t g = { 0 };
    if (argc < 2) {
        const char *dir = getenv("OPTOUT_SRCDIR");
        char pattern[4096];
        snprintf(pattern, sizeof pattern, "%s/tests/conformance/*/*.vec", dir ? dir : ".");
        glob(pattern, 0, NULL, &g);
    }
    for (int i = 1; i < argc; i++)
        run_file(&v, argv[i]);
    for (size_t i = 0; i < g.gl_pathc; i++)
        run_file(&v, g.gl_pathv[i]);
    globfree(&g);
    buf_free(&v.head);
    buf_free(&v.page);
    buf_free(&v.texts);
    printf("1..%u\n", counted);
    if (counted == 0)
        puts("Bail out! no vectors found");
    return failed || counted == 0;
}
