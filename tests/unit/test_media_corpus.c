/* SPDX-License-Identifier: Apache-2.0 */
/* How far the whole engine agrees with the labels of third-party media files, whether it
 * says the same however a file is cut into pieces, and whether hostile files end within
 * bounded memory. OPTOUT_CORPUS names the folder. A difference that is not in the table
 * below fails the run. */
#include "core/buf.h"
#include "http/exchange.h"
#include "inspect/inspect.h"
#include "standards/phrases.h"
#include "standards/standard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum verdict { NONE, ALLOW, CONDITIONAL, RESERVE, WEAK, VERDICTS };
static const char *const verdict_names[VERDICTS] = {
    "none", "allow", "conditional", "reserve", "weak reserve",
};

#define ARENA_MAX (8u << 20)  /* as of an exchange in flight */
#define ARENA_GOAL (4u << 20) /* what a file may take of it */
#define FIELDS 13

/* Differences that we know and mean to keep. */
static const struct known {
    const char *path; /* a part of it */
    enum verdict want, got;
    const char *reason;
} known_rows[] = {
    { "special/cc-by.", ALLOW, NONE, "a Creative Commons licence is a pointer, not a permission" },
    { "derived/epub/epub", RESERVE, CONDITIONAL,
      "reserved, with a policy to turn to: conditional" },
    { "special/tdm-slash-1.", RESERVE, CONDITIONAL,
      "reserved, with a policy to turn to: conditional" },
    { "stegoeggo/canonical__canonical_independent.png", NONE, RESERVE,
      "a code outside of the vocabulary's own name space is plain enough to deny" },
    { "special/svg-cc.svg", ALLOW, NONE,
      "a Creative Commons licence is a pointer, not a permission" },
};
static bool known_seen[sizeof known_rows / sizeof *known_rows];

static const char *root;
static unsigned agree, known, wrong, unscored, pieces_differ, too_large, n_files;
static double slowest;
static char slowest_name[512];

/* ---- running ---- */

struct result {
    struct buf text; /* signals and reasons, for comparing */
    enum verdict strong;
    bool weak;
    undecided_set undecided;
    size_t memory;
    char format[80];
};

static enum optout_rc look_back(void *ctx, uint64_t offset, void *to, size_t n)
{
    const struct slice *body = ctx;
    if (offset > body->n || n > body->n - offset)
        return OPTOUT_E_LIMIT;
    if (n)
        memcpy(to, body->p + offset, n);
    return OPTOUT_OK;
}

static enum verdict verdict_of(const struct prefs *p)
{
    static const uint8_t usages[] = { USAGE_TDM, USAGE_TRAIN_ML, USAGE_TRAIN_AI, USAGE_AI_USE };
    unsigned worst = PREF_UNKNOWN;
    for (size_t i = 0; i < sizeof usages; i++)
        if (p->of[usages[i]] > worst)
            worst = p->of[usages[i]];
    return worst == PREF_DENY          ? RESERVE
           : worst == PREF_CONDITIONAL ? CONDITIONAL
           : worst == PREF_ALLOW       ? ALLOW
                                       : NONE;
}

static void judge(struct result *r, const struct signals *s)
{
    struct prefs all = { { 0 } };
    for (unsigned id = 0; id < STD_COUNT; id++) {
        const struct signal *mine[SIGNALS_MAX];
        struct prefs p;
        size_t n = 0;
        for (size_t i = 0; i < s->n; i++) {
            bool weak = s->v[i].confidence == CONF_WEAK;
            r->weak = r->weak || (weak && verdict_of(&s->v[i].prefs) > ALLOW);
            if (s->v[i].standard == id && !weak)
                mine[n++] = &s->v[i];
        }
        if (n) {
            standard_resolve((enum standard_id)id, mine, n, &p);
            prefs_join(&all, &p);
        }
    }
    r->strong = verdict_of(&all);
}

static void describe(struct result *r, const struct signals *s)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct signal *v = &s->v[i];
        char place[PLACE_TEXT];
        signal_place(v, place);
        buf_printf(&r->text, "%s %s %s %s %llu \"%.*s\" %.*s [", standards[v->standard]->name,
                   carrier_name((enum carrier)v->carrier),
                   confidence_name((enum confidence)v->confidence), place,
                   (unsigned long long)v->at, SLICE_FMT(v->raw), SLICE_FMT(v->url));
        for (unsigned u = 0; u < USAGE_COUNT; u++)
            buf_printf(&r->text, "%u", v->prefs.of[u]);
        buf_printf(&r->text, "] %s\n", v->note ? v->note : "");
    }
    for (unsigned u = 0; u < UNDECIDED_COUNT; u++)
        if (r->undecided & undecided_bit((enum undecided)u))
            buf_printf(&r->text, "undecided %s\n", undecided_name((enum undecided)u));
}

/* `piece` 0: all at once; SIZE_MAX: of changing sizes. */
static struct result run(struct slice body, size_t piece)
{
    struct arena a;
    struct result r = { .strong = NONE };
    struct exchange x = { .has_body = true, .status = 200 };
    struct inspect_options o = {
        .expand_max = 64u << 20,
        .expand_ratio = 1000,
        .back = { look_back, &body },
        .phrases = phrases_builtin(),
    };
    arena_init(&a, ARENA_MAX, NULL, 0);
    buf_init(&r.text, 16u << 20);
    struct inspection *i = inspect_open(&a, &x, &o);
    enum optout_rc rc = OPTOUT_MORE;
    uint32_t random = 7;
    for (size_t at = 0; at < body.n && rc == OPTOUT_MORE;) {
        random = random * 1664525u + 1013904223u;
        size_t n = piece == 0 ? body.n : piece == SIZE_MAX ? 1 + (random >> 18) : piece;
        struct slice bytes = slice_sub(body, at, n);
        rc = inspect_feed(i, bytes);
        at += bytes.n;
    }
    inspect_close(i, INSPECT_WHOLE);
    r.undecided = inspect_undecided(i);
    snprintf(r.format, sizeof r.format, "%s", inspect_format(i));
    judge(&r, inspect_signals(i));
    describe(&r, inspect_signals(i));
    r.memory = a.used;
    arena_reset(&a);
    return r;
}

static void check_pieces(const char *path, struct slice body, const struct result *whole)
{
    static const size_t pieces[] = { 1, 7, 4096, SIZE_MAX };
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        if (pieces[i] < 4096 && body.n > (1u << 20))
            continue; /* a minute for nothing that smaller files do not show */
        struct result r = run(body, pieces[i]);
        if (!slice_eq(buf_slice(&r.text), buf_slice(&whole->text))) {
            printf("# WRONG: %s: in pieces of %zu:\n%.*s# whole:\n%.*s", path, pieces[i],
                   SLICE_FMT(buf_slice(&r.text)), SLICE_FMT(buf_slice(&whole->text)));
            pieces_differ++;
        }
        buf_free(&r.text);
    }
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- labels ---- */

/* False: the label is not to be scored. */
static bool wanted(const char *label, enum verdict *want)
{
    static const struct { const char *begins; enum verdict verdict; } words[] = {
        { "reserve / conditional", CONDITIONAL }, { "reserve (natural", WEAK },
        { "reserve after decryption", NONE },     { "reserve", RESERVE },
        { "allow", ALLOW },                       { "conditional", CONDITIONAL },
        { "none", NONE },
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strncmp(label, words[i].begins, strlen(words[i].begins)) == 0) {
            *want = words[i].verdict;
            return true;
        }
    }
    return false;
}

static bool same_verdict(enum verdict want, const struct result *r)
{
    if (want == WEAK)
        return r->weak || r->strong >= CONDITIONAL;
    if (want == CONDITIONAL) /* "or reserve": a condition nobody has met is no permission */
        return r->strong == CONDITIONAL || r->strong == RESERVE;
    return r->strong == want;
}

static void differ(const char *path, enum verdict want, const struct result *r)
{
    for (size_t i = 0; i < sizeof known_rows / sizeof *known_rows; i++) {
        const struct known *k = &known_rows[i];
        if (!strstr(path, k->path) || k->want != want || k->got != r->strong)
            continue;
        printf("# known: %s: want %s, got %s: %s\n", path, verdict_names[want],
               verdict_names[r->strong], k->reason);
        known_seen[i] = true;
        known++;
        return;
    }
    printf("# WRONG: %s: want %s, got %s%s as %s\n%.*s", path, verdict_names[want],
           verdict_names[r->strong], r->weak ? " and a weak one" : "", r->format,
           SLICE_FMT(buf_slice(&r->text)));
    wrong++;
}

static void score(const char *path, const char *label, const struct result *r)
{
    enum verdict want;
    if (!wanted(label, &want)) {
        unscored++;
        if (!strstr(path, "hostile/"))
            printf("# not scored: %s (%s): %s%s as %s\n", path, label, verdict_names[r->strong],
                   r->undecided ? ", undecided" : "", r->format);
    } else if (same_verdict(want, r)) {
        agree++;
        if (r->undecided)
            printf("# undecided as well: %s as %s: %.*s", path, r->format,
                   SLICE_FMT(buf_slice(&r->text)));
    } else {
        differ(path, want, r);
    }
}

/* ---- the manifest ---- */

static struct slice read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return SLICE_EMPTY;
    fseek(f, 0, SEEK_END);
    long size = ftell(f);
    rewind(f);
    uint8_t *p = malloc(size > 0 ? (size_t)size : 1);
    size_t n = p && size > 0 ? fread(p, 1, (size_t)size, f) : 0;
    fclose(f);
    return slice_of(p, n);
}

static void one_file(const char *path, const char *label)
{
    char name[1024];
    snprintf(name, sizeof name, "%s/%s", root, path);
    struct slice body = read_file(name);
    if (!body.p)
        return;
    n_files++;
    double before = seconds();
    struct result r = run(body, 0);
    double per_mb = (seconds() - before) * 1e9 / (double)(body.n < 1000000 ? 1000000 : body.n);
    if (per_mb > slowest) {
        slowest = per_mb;
        snprintf(slowest_name, sizeof slowest_name, "%s", path);
    }
    if (r.memory > ARENA_GOAL) {
        printf("# WRONG: %s: took %zu bytes of the arena\n", path, r.memory);
        too_large++;
    }
    score(path, label, &r);
    check_pieces(path, body, &r);
    buf_free(&r.text);
    free((void *)(uintptr_t)body.p);
}

static void take_row(char *line)
{
    char *field[FIELDS] = { NULL };
    size_t n = 0;
    for (char *rest = line; rest && n < FIELDS;)
        field[n++] = strsep(&rest, "\t");
    if (n < 11)
        return;
    static const char *const folders[] = { "media/", "c2pa/real/", "c2pa/derived/", "hostile/" };
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (strncmp(field[0], folders[i], strlen(folders[i])) == 0)
            one_file(field[0], field[10]);
}

static void verdict_line(unsigned n, bool ok, const char *what)
{
    printf("%s %u - %s\n", ok ? "ok" : "not ok", n, what);
}

int main(void)
{
    char path[1024], *line = NULL;
    size_t size = 0;
    root = getenv("OPTOUT_CORPUS");
    snprintf(path, sizeof path, "%s/MANIFEST.tsv", root ? root : "");
    FILE *manifest = root ? fopen(path, "r") : NULL;
    if (!manifest) {
        printf("1..0 # SKIP no MANIFEST.tsv: OPTOUT_CORPUS is %s\n", root ? root : "not set");
        return 0;
    }
    while (getline(&line, &size, manifest) > 0) {
        line[strcspn(line, "\r\n")] = '\0';
        take_row(line);
    }
    fclose(manifest);
    free(line);
    if (n_files == 0) {
        printf("1..0 # SKIP no files below %s\n", root);
        return 0;
    }
    for (size_t i = 0; i < sizeof known_rows / sizeof *known_rows; i++) {
        if (!known_seen[i]) {
            printf("# WRONG: known difference no longer met: %s\n", known_rows[i].path);
            wrong++;
        }
    }
    printf("# %u files: %u agree, %u known differences, %u wrong, %u not scored\n", n_files,
           agree, known, wrong, unscored);
    printf("# slowest: %.1f ms for each MB (of at least one): %s\n", slowest, slowest_name);
    puts("1..3");
    verdict_line(1, wrong == 0, "labels of independent readers");
    verdict_line(2, pieces_differ == 0, "the same in pieces of 1, 7, 4096 and changing bytes");
    verdict_line(3, too_large == 0, "bounded memory");
    return wrong || pieces_differ || too_large;
}
