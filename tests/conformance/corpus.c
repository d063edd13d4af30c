/* SPDX-License-Identifier: Apache-2.0 */
/* corpus.c - how far we agree with the answers that come with third-party
 * samples, header and page part.
 *
 * usage: corpus [--table]; OPTOUT_CORPUS names the folder. Without --table it
 * prints TAP, one line per standard, and skips with success, because a TAP
 * harness takes any other exit for an error; with --table it prints a plain
 * table and exits 77 when it has to skip. A difference that is not in the
 * table below fails the run. */
#include "evaluate.h"

#include "core/buf.h"
#include "standards/standard.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <jansson.h>

#define PAGE_FILE_MAX (16u << 20)

enum verdict { NONE, ALLOW, RESERVE };
static const char *const verdict_names[] = { "none", "allow", "reserve" };

/* Differences that we know and mean to keep. */
static const struct known {
    const char *source; /* how the name of the source begins */
    enum verdict want, got;
    const char *input[2]; /* the input holds the first and behind it the second, or NULL */
    const char *reason;
} known[] = {
    { "http/datadiligence", RESERVE, NONE, { ":", ", no" },
      "datadiligence parts at commas first and takes a rule behind \"bot: rule,\" for everybody; "
      "here an agent is in force up to the end of its line" },
};

enum row { ROW_AIPREF, ROW_TDMREP, ROW_ROBOTS_META, ROW_PAGE, ROW_COUNT };

static struct tally {
    const char *name;
    unsigned agree, total, known, bad, later, unclear;
} tally[ROW_COUNT] = {
    { .name = "aipref" },
    { .name = "tdmrep" },
    { .name = "robots-meta" },
    { .name = "pages, all standards" },
};

static struct buf differences; /* printed at the end */
static const char *root, *prefix;

static void say_difference(struct tally *t, const char *source, const char *id, const char *want,
                           const char *got, const char *reason)
{
    buf_printf(&differences, "%s%s %s: %s: want %s, got %s\n%s    %s\n", prefix,
               reason ? "known" : "WRONG", source, id, want, got, prefix,
               reason ? reason : "not in the table of known differences");
    if (reason)
        t->known++;
    else
        t->bad++;
}

static bool reserves(const struct signal *s)
{
    static const enum usage mining[] = { USAGE_TDM, USAGE_TRAIN_ML, USAGE_TRAIN_AI };
    if (s->confidence == CONF_WEAK && s->standard != STD_AI_META)
        return false;
    for (size_t i = 0; i < sizeof mining / sizeof *mining; i++)
        if (s->prefs.of[mining[i]] >= PREF_CONDITIONAL)
            return true;
    return false;
}

/* Any agent's statement counts, as do statements about images: a label is
 * about what a file says, not about who asks. TDMRep first has to settle which
 * of its carriers is in force. */
/* noarchive and nocache are about training only to two crawlers, as their
 * operators say: that is a fact about them, not a statement of the page. */
static bool is_vendors_reading(const struct signal *s)
{
    return s->standard == STD_ROBOTS_META && (slice_eq_nocase(s->raw, SLICE_OF("noarchive")) ||
                                              slice_eq_nocase(s->raw, SLICE_OF("nocache")));
}

static enum verdict judge(const struct signals *s, struct slice agent, bool any_agent)
{
    enum verdict v = NONE;
    const struct signal *tdm[SIGNALS_MAX];
    size_t n_tdm = 0;
    for (size_t i = 0; i < s->n; i++) {
        const struct signal *sig = &s->v[i];
        if (!any_agent && sig->agent.n && !slice_eq_nocase(sig->agent, agent))
            continue;
        if (any_agent && is_vendors_reading(sig))
            continue;
        if (sig->standard == STD_TDMREP)
            tdm[n_tdm++] = sig;
        else if (reserves(sig))
            v = RESERVE;
        else if (v == NONE && (sig->prefs.of[USAGE_TDM] == PREF_ALLOW ||
                               sig->prefs.of[USAGE_TRAIN_AI] == PREF_ALLOW))
            v = ALLOW;
    }
    struct prefs p;
    standard_resolve(STD_TDMREP, tdm, n_tdm, &p);
    if (p.of[USAGE_TDM] >= PREF_CONDITIONAL)
        return RESERVE;
    return v == NONE && p.of[USAGE_TDM] == PREF_ALLOW ? ALLOW : v;
}

static const char *reason_for(const char *source, enum verdict want, enum verdict got,
                              const char *input)
{
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        const struct known *d = &known[k];
        if (strncmp(source, d->source, strlen(d->source)) != 0 || d->want != want || d->got != got)
            continue;
        const char *hit = d->input[0] && input ? strstr(input, d->input[0]) : NULL;
        bool match = !d->input[0] || (hit && strstr(hit, d->input[1]));
        if (match)
            return d->reason;
    }
    return NULL;
}

/* What one sample is, and what is said of it. */
struct sample {
    enum row row;
    const char *source; /* file that holds it */
    const char *id;
    struct slice head, page;
    struct slice agent; /* p NULL: statements to any agent count */
    bool everybody;     /* only statements to everybody count */
    enum verdict want;
};

static void score(const struct sample *p)
{
    struct arena a;
    struct exchange x = { .status = 0 };
    struct signals s;
    arena_init(&a, 256u << 20, NULL, 0);
    struct tally *t = &tally[p->row];
    bool good = evaluate(&a, 200, p->head, p->page, NULL, &x, &s);
    enum verdict got = judge(&s, p->agent, !p->agent.p && !p->everybody);
    t->total++;
    if (!good)
        say_difference(t, p->source, p->id, verdict_names[p->want], "no answer", NULL);
    else if (got == p->want)
        t->agree++;
    else
        say_difference(t, p->source, p->id, verdict_names[p->want], verdict_names[got],
                       reason_for(p->source, p->want, got, p->id));
    arena_reset(&a);
}

/* "reserve", "allow", "none", "none for TDM"; false for what is not scored. */
static bool verdict_read(const char *text, enum verdict *v)
{
    if (!text)
        return false;
    for (unsigned i = NONE; i <= RESERVE; i++) {
        if (strncmp(text, verdict_names[i], strlen(verdict_names[i])) == 0) {
            *v = (enum verdict)i;
            return true;
        }
    }
    if (strcmp(text, "conditional") == 0) {
        *v = RESERVE;
        return true;
    }
    return false;
}

static void each_line(const char *name, void (*fn)(const char *source, json_t *record))
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", root, name);
    FILE *f = fopen(path, "r");
    char *line = NULL;
    size_t size = 0;
    if (!f) {
        printf("%s%s is missing\n", prefix, name);
        tally[ROW_PAGE].bad++;
        return;
    }
    while (getline(&line, &size, f) > 0) {
        json_error_t e;
        json_t *record = json_loads(line, 0, &e);
        if (record)
            fn(name, record);
        else
            printf("%s%s: %s\n", prefix, name, e.text);
        json_decref(record);
    }
    free(line);
    fclose(f);
}

static const char *text_of(json_t *record, const char *key)
{
    return json_string_value(json_object_get(record, key));
}

static void add_field(struct buf *head, const char *name, const char *value)
{
    buf_printf(head, "%s: %s\r\n", name, value);
}

/* Every input is a statement of its own; they combine by the standard's rule. */
static void aipref_prefs(json_t *inputs, struct prefs *out)
{
    struct arena a;
    arena_init(&a, 64u << 20, NULL, 0);
    const struct signal *mine[64];
    size_t n = 0, k;
    json_t *input;
    struct exchange x[16] = { { .status = 0 } };
    struct signals s[16];
    json_array_foreach(inputs, k, input) {
        if (k == 16)
            break;
        struct buf head;
        buf_init(&head, 1u << 20);
        add_field(&head, "Content-Usage", json_string_value(input));
        evaluate(&a, 200, buf_slice(&head), SLICE_EMPTY, NULL, &x[k], &s[k]);
        for (size_t i = 0; i < s[k].n && n < 64; i++) /* what the draft defines is exact */
            if (s[k].v[i].standard == STD_AIPREF && s[k].v[i].confidence == CONF_EXACT)
                mine[n++] = &s[k].v[i];
        buf_free(&head);
    }
    standard_resolve(STD_AIPREF, mine, n, out);
    arena_reset(&a);
}

static const char *aipref_word(uint8_t p)
{
    return p == PREF_DENY ? "disallow" : p == PREF_ALLOW ? "allow" : "unknown";
}

static void aipref_case(const char *source, json_t *record)
{
    static const enum usage labels[] = { USAGE_TRAIN_AI, USAGE_AI_USE, USAGE_SEARCH };
    struct tally *t = &tally[ROW_AIPREF];
    const char *kind = text_of(record, "kind");
    if (!kind || (strcmp(kind, "value") != 0 && strcmp(kind, "combine") != 0)) {
        t->later++; /* robots.txt */
        return;
    }
    json_t *inputs = json_object_get(record, "inputs");
    if (inputs)
        json_incref(inputs);
    else
        inputs = json_pack("[s]", text_of(record, "input"));
    struct prefs got;
    aipref_prefs(inputs, &got);
    bool agree = true;
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
        const char *want = text_of(json_object_get(record, "expect"), usage_name(labels[i]));
        const char *ours = aipref_word(got.of[labels[i]]);
        if (strcmp(want ? want : "unknown", ours) == 0)
            continue;
        agree = false;
        char *shown = json_dumps(inputs, 0);
        say_difference(t, source, shown ? shown : "?", want ? want : "unknown", ours, NULL);
        free(shown);
    }
    t->total++;
    t->agree += agree;
    json_decref(inputs);
}

/* A field, its value, and whether one parser would fetch for its agent. */
static void header_case(const char *source, json_t *record)
{
    const char *name = text_of(record, "header"), *value = text_of(record, "value");
    const char *agent = text_of(record, "user_agent");
    struct buf head;
    buf_init(&head, 1u << 20);
    if (value)
        add_field(&head, name, value);
    struct sample p = {
        .row = strcmp(name, "tdm-reservation") == 0 ? ROW_TDMREP : ROW_ROBOTS_META,
        .source = source,
        .id = value ? value : "(no header)",
        .head = head.p ? buf_slice(&head) : SLICE_OF(""),
        .page = SLICE_EMPTY,
        .agent = slice_cstr(agent),
        .everybody = !agent,
        .want = json_is_true(json_object_get(record, "allowed")) ? NONE : RESERVE,
    };
    /* "allowed" does not tell a permission from silence. */
    if (p.row == ROW_TDMREP && value && strcmp(value, "0") == 0)
        p.want = ALLOW;
    score(&p);
    buf_free(&head);
}

static void exchange_case(const char *source, json_t *record)
{
    const char *url = text_of(record, "url");
    json_t *response = json_object_get(json_object_get(record, "responses"), url ? url : "");
    const char *verdict = text_of(json_object_get(record, "expect"), "verdict");
    const char *body = text_of(response, "body");
    struct buf head;
    enum verdict want;
    if (!response || !verdict_read(verdict, &want)) {
        tally[ROW_PAGE].later++; /* site files */
        return;
    }
    buf_init(&head, 1u << 20);
    const char *name;
    json_t *values, *value;
    size_t i;
    json_object_foreach(json_object_get(response, "headers"), name, values)
        json_array_foreach(values, i, value)
            add_field(&head, name, json_string_value(value));
    struct sample p = {
        .row = ROW_PAGE,
        .source = source,
        .id = text_of(record, "id"),
        .head = buf_slice(&head),
        .page = slice_cstr(body),
        .want = want,
    };
    score(&p);
    buf_free(&head);
}

static void snippet_case(const char *source, json_t *record)
{
    const char *text = text_of(record, "snippet"), *verdict = text_of(record, "verdict");
    const char *kind = text_of(record, "kind");
    json_t *tags = json_object_get(record, "tags");
    struct sample p = {
        .row = ROW_PAGE,
        .source = source,
        .id = text,
        .head = SLICE_OF(""),
        .page = SLICE_EMPTY,
    };
    if (json_object_get(tags, "tdm-reservation"))
        p.row = ROW_TDMREP;
    else if (json_object_get(tags, "robots") || json_object_get(tags, "x-robots-tag"))
        p.row = ROW_ROBOTS_META;
    if (!verdict_read(verdict, &p.want)) {
        tally[p.row].unclear++;
        return;
    }
    if (kind && strcmp(kind, "headers") == 0)
        p.head = slice_cstr(text);
    else
        p.page = slice_cstr(text);
    score(&p);
}

static void suite_case(const char *source, json_t *record)
{
    const char *kind = text_of(record, "kind"), *html = text_of(record, "html");
    bool reserved = json_is_true(json_object_get(record, "reserved"));
    bool meta = kind && strcmp(kind, "tdm_meta") == 0;
    enum row row = meta ? ROW_TDMREP : ROW_PAGE;
    if (!meta && reserved) {
        tally[row].later++; /* natural language */
        return;
    }
    struct sample p = {
        .row = row,
        .source = source,
        .id = html,
        .head = SLICE_OF(""),
        .page = slice_cstr(html),
        .want = reserved ? RESERVE : NONE,
    };
    score(&p);
}

static uint8_t *read_file(const char *name, size_t *n)
{
    char path[4096];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", root, name);
    FILE *f = fopen(path, "rb");
    if (!f)
        return NULL;
    uint8_t *p = NULL;
    if (fstat(fileno(f), &st) == 0 && st.st_size <= (off_t)PAGE_FILE_MAX)
        p = malloc((size_t)st.st_size + 1);
    *n = p ? fread(p, 1, (size_t)st.st_size, f) : 0;
    fclose(f);
    return p;
}

static void file_case(const char *name, const char *verdict)
{
    struct sample p = { .row = ROW_PAGE, .source = name, .id = "as a whole" };
    if (!verdict_read(verdict, &p.want)) {
        tally[ROW_PAGE].unclear++;
        return;
    }
    size_t n;
    uint8_t *page = read_file(name, &n);
    if (!page) {
        tally[ROW_PAGE].total++;
        say_difference(&tally[ROW_PAGE], name, "file", verdict, strerror(errno), NULL);
        return;
    }
    p.head = SLICE_OF("");
    p.page = slice_of(page, n);
    score(&p);
    free(page);
}

static void page_case(const char *source, json_t *record)
{
    (void)source;
    file_case(text_of(record, "file"), text_of(record, "verdict_meta"));
}

/* The manifest's own verdicts; columns are found by their heading. */
static void manifest_cases(void)
{
    static const char *const wanted[] = { "path", "expected_verdict" };
    unsigned column[2] = { 0, 0 };
    size_t n;
    uint8_t *text = read_file("MANIFEST.tsv", &n);
    struct slice rest = text ? slice_of(text, n) : SLICE_EMPTY, line, cell;
    for (bool first = true; slice_split(&rest, '\n', &line); first = false) {
        struct slice cells = line, got[2] = { SLICE_EMPTY, SLICE_EMPTY };
        for (unsigned i = 0; slice_split(&cells, '\t', &cell); i++)
            for (unsigned k = 0; k < 2; k++)
                if (first && slice_eq(cell, slice_cstr(wanted[k])))
                    column[k] = i;
                else if (!first && column[k] == i)
                    got[k] = cell;
        bool page = slice_starts_nocase(got[0], SLICE_OF("html/derived/")) ||
                    slice_starts_nocase(got[0], SLICE_OF("bench/html/"));
        if (!page)
            continue;
        char name[1024], verdict[64];
        snprintf(name, sizeof name, "%.*s", SLICE_FMT(got[0]));
        snprintf(verdict, sizeof verdict, "%.*s", SLICE_FMT(got[1]));
        file_case(name, verdict);
    }
    free(text);
}

static void run_all(void)
{
    each_line("aipref/draft_examples.jsonl", aipref_case);
    each_line("aipref/thirdparty_suite.jsonl", aipref_case);
    each_line("http/datadiligence.jsonl", header_case);
    each_line("http/img2dataset.jsonl", header_case);
    each_line("http/thirdparty_exchanges.jsonl", exchange_case);
    each_line("html/in_the_wild.jsonl", snippet_case);
    each_line("html/thirdparty_suite.jsonl", suite_case);
    each_line("html/expected.jsonl", page_case);
    manifest_cases();
}

static bool print_result(bool tap)
{
    bool good = true;
    printf("%s%-22s %11s %6s %6s %8s %8s\n", prefix, "standard", "agree/total", "known", "wrong",
           "not yet", "unclear");
    for (unsigned i = 0; i < ROW_COUNT; i++) {
        const struct tally *t = &tally[i];
        printf("%s%-22s %5u/%-5u %6u %6u %8u %8u\n", prefix, t->name, t->agree, t->total, t->known,
               t->bad, t->later, t->unclear);
    }
    fwrite(differences.p, 1, differences.n, stdout);
    for (unsigned i = 0; i < ROW_COUNT; i++) {
        const struct tally *t = &tally[i];
        bool row_good = t->bad == 0 && t->total > 0;
        good = good && row_good;
        if (tap)
            printf("%s %u - %s: %u of %u agree, %u known differences\n",
                   row_good ? "ok" : "not ok", i + 1, t->name, t->agree, t->total, t->known);
    }
    if (tap)
        printf("1..%d\n", ROW_COUNT);
    return good;
}

int main(int argc, char **argv)
{
    bool tap = !(argc > 1 && strcmp(argv[1], "--table") == 0);
    struct stat st;
    prefix = tap ? "# " : "";
    root = getenv("OPTOUT_CORPUS");
    if (!root || stat(root, &st) != 0 || !S_ISDIR(st.st_mode)) {
        printf("1..0 # SKIP no third-party samples: OPTOUT_CORPUS %s\n",
               root ? "names no folder" : "is not set");
        return tap ? 0 : 77;
    }
    buf_init(&differences, 16u << 20);
    run_all();
    bool good = print_result(tap);
    buf_free(&differences);
    return good ? 0 : 1;
}
