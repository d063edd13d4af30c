/* SPDX-License-Identifier: Apache-2.0 */
/* optout site: what is known of an origin, and asking for it again. */
#include "cli/cli.h"
#include "cli/site_refresh.h"
#include "cli/table.h"
#include "core/clock.h"
#include "core/hex.h"
#include "syntax/json.h"
#include "http/url_path.h"
#include "policy/snapshot.h"
#include "site/message.h"
#include "standards/standard.h"
#include "verdict/judge.h"

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define DEFAULT_CONFIG OPTOUT_CONFIGDIR "/srv_optout.conf"
#define ARENA_MAX (32u << 20)
#define FETCH_WAIT_MS 60000u
#define ANSWER_MAX (1u << 20)

static const char help_text[] =
    "Usage: optout site show [OPTION]... ORIGIN|URL\n"
    "  or:  optout site fetch [OPTION]... ORIGIN\n"
    "  or:  optout site fetch --all [--older AGE] [OPTION]... [PREFIX]\n"
    "  or:  optout site forget [OPTION]... ORIGIN\n"
    "  or:  optout site list [OPTION]... [PREFIX]\n"
    "  or:  optout site original [OPTION]... SHA256\n"
    "  or:  optout site status [OPTION]...\n"
    "show tells what is known of the site files of an origin (https://example.com),\n"
    "and what they say of the URL to a profile. fetch forgets that and asks again\n"
    "now; with --older only for what is older, and nothing is forgotten before there\n"
    "is newer; with --all for every origin of the store, the oldest first. forget makes the next request ask. list names every origin of the store.\n"
    "original prints a site file as it was, by the SHA-256 of a record. status asks\n"
    "the daemon how it is.\n\n"
    "Options:\n"
    "  -c, --config FILE   where SiteStore, SiteSocket and profiles stand\n"
    "                      [" DEFAULT_CONFIG "]\n"
    "      --store DIR     the store, in place of SiteStore\n"
    "      --socket PATH   the daemon's socket, in place of SiteSocket\n"
    "  -p, --profile NAME  show: the profile that asks [the default profile]\n"
    "      --older AGE     fetch: 90s, 30m, 6h or 7d\n"
    "      --all           fetch: every origin (that begins with PREFIX)\n"
    "  -j, --jobs N        fetch --all: so many questions at a time, 1 to 256 [16]\n"
    "      --json          JSON; list, fetch --all: an object a line\n"
    "  -h, --help          show this help\n"
    "      --version       show the version\n\n"
    "Exit status: 0 known and nothing forbids (show), or done; 1 show: reserved or\n"
    "conditional; 2 usage, configuration or file error; 3 show: not known, or\n"
    "undecided; fetch --all: not all is known anew.\n";

struct site_args {
    const char *config_path, *store, *socket, *profile;
    const char *older; /* as given; NULL: not */
    uint64_t older_s;
    unsigned jobs; /* 0: as preset */
    bool json, all;
    struct snapshot *snapshot;
    struct config *config; /* of the snapshot */
    struct arena arena;
    struct buf out;
};

/* ---- show ---- */

static const char *age_text(int64_t ms, char out[32])
{
    long long s = ms / 1000;
    if (s < 0)
        snprintf(out, 32, "in %llds", -s);
    else if (s < 120)
        snprintf(out, 32, "%llds", s);
    else if (s < 7200)
        snprintf(out, 32, "%lldm", s / 60);
    else
        snprintf(out, 32, "%lldh", s / 3600);
    return out;
}

static const char *text_member(const json_t *file, const char *name, const char *otherwise)
{
    const char *text = json_string_value(json_object_get(file, name));
    return text ? text : otherwise;
}

static int64_t age_of(const json_t *file)
{
    int64_t ms;
    return clock_wall_ms() - (clock_read(text_member(file, "fetched_at", ""), &ms) ? ms : 0);
}

static bool add_file(struct table *t, const struct site_reliance *r, const json_t *file)
{
    char status[16] = "-", line[16] = "-", age[32], url[512];
    struct buf safe;
    enum site_kind kind;
    const char *name = text_member(file, "file", "?");
    int code = (int)json_integer_value(json_object_get(file, "status"));
    if (!site_kind_from_name(slice_cstr(name), &kind))
        return true;
    if (code)
        snprintf(status, sizeof status, "%d", code);
    if (r->line[kind])
        snprintf(line, sizeof line, "%u", r->line[kind]);
    buf_init(&safe, sizeof url - 1);
    visible_append(&safe, slice_cstr(text_member(file, "url", "")), 100);
    snprintf(url, sizeof url, "%.*s", SLICE_FMT(buf_slice(&safe)));
    buf_free(&safe);
    const char *const row[] = { name,
                                r->stale & 1u << kind ? "stale" : text_member(file, "state", "?"),
                                status, age_text(age_of(file), age),
                                text_member(file, "source", "?"), line, url };
    return table_add_text(t, row);
}

static bool print_files(const struct site_result *r, struct buf *out)
{
    struct arena arena;
    struct table t;
    arena_init(&arena, CLI_OUTPUT_MAX, NULL, 0);
    table_init(&t, &arena, 7);
    const char *const head[] = { "FILE", "STATE", "STATUS", "AGE", "SOURCE", "LINE", "URL" };
    bool ok = table_add_text(&t, head);
    for (size_t i = 0; i < r->n; i++) {
        struct slice text = r->reliance[i].bundle;
        json_t *bundle = json_loadb((const char *)text.p, text.n, JSON_ALLOW_NUL, NULL), *file;
        size_t k;
        ok = ok && bundle;
        json_array_foreach(json_object_get(bundle, "files"), k, file)
            ok = add_file(&t, &r->reliance[i], file) && ok;
        json_decref(bundle);
    }
    table_print(&t, "", out);
    arena_reset(&arena);
    return ok;
}

static void print_signals(const struct signals *s, struct buf *out)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct signal *sig = &s->v[i];
        char place[PLACE_TEXT];
        signal_place(sig, place);
        buf_printf(out, "  %s %s %s:", standards[sig->standard]->name, place,
                   confidence_name((enum confidence)sig->confidence));
        for (unsigned u = 0; u < USAGE_COUNT; u++)
            if (sig->prefs.of[u])
                buf_printf(out, " %s=%s", usage_name((enum usage)u),
                           preference_name((enum preference)sig->prefs.of[u]));
        buf_puts(out, "  ");
        visible_append(out, sig->raw, 100);
        if (sig->page.n) {
            buf_puts(out, "  in ");
            visible_append(out, sig->page, 100);
        }
        if (sig->note)
            buf_printf(out, "  (%s)", sig->note);
        buf_putc(out, '\n');
    }
}

static void print_json(const struct site_result *r, const struct signals *s,
                       const struct decision *d, const struct profile *p, struct buf *out)
{
    struct json j = json_to(out);
    json_open(&j, NULL, '{');
    json_bool(&j, "known", r->known);
    json_str(&j, "profile", p->name);
    json_str(&j, "decision", decision_name(d->kind));
    json_str(&j, "would", action_name(d->would));
    record_print_usage(&j, &d->usage);
    record_print_signals(&j, s, d);
    record_print_site(&j, r);
    json_close(&j, '}');
    buf_putc(out, '\n');
}

static int show_status(const struct site_result *r, const struct decision *d)
{
    if (d->kind == DECISION_RESERVED || d->kind == DECISION_CONDITIONAL)
        return CLI_RESERVED;
    return !r->known || d->kind == DECISION_UNDECIDED ? CLI_UNDECIDED : CLI_CLEAR;
}

struct site *cli_open_store(const char *dir)
{
    char why[256];
    if (access(dir, R_OK | X_OK) != 0) {
        cli_error("%s: %s", dir, strerror(errno));
        return NULL;
    }
    struct site *s = site_get_read_only(dir, why, sizeof why);
    if (!s)
        cli_error("%s: %s", dir, why);
    return s;
}

/* The store holds what begins with a scheme. -1: it does. */
static int check_url(struct site_args *a, const char *url)
{
    struct slice origin, path;
    if (url_split(&a->arena, slice_cstr(url), &origin, &path))
        return -1;
    if (strstr(url, "://"))
        return cli_misuse("optout site", "'%s' is no http or https URL", url);
    return cli_misuse("optout site", "'%s' is no http or https URL; write https://%s", url, url);
}

static int show(struct site_args *a, const char *url)
{
    int wrong = check_url(a, url);
    if (wrong >= 0)
        return wrong;
    const struct profile *p = config_profile(a->config, slice_cstr(a->profile));
    if (!p)
        return cli_misuse("optout site", "there is no profile '%s'", a->profile);
    struct site *site = cli_open_store(a->store);
    if (!site)
        return CLI_FAILED;
    struct judge j = { .profile = NULL };
    judge_begin(&j, &(struct judge_basis){ .config = a->config, .agents = a->snapshot->agents,
                                           .phrases = phrase_folder_compiled(&a->snapshot->phrases),
                                           .site = site, .never_waits = true },
                p, &a->arena);
    j.exchange.url = slice_cstr(url);
    judge_open_request(&j);
    (void)judge_settle_site(&j);
    const struct signals *s = j.record.signals;
    const struct site_result *r = &j.site;
    const struct decision *d = &j.decision;
    if (a->json) {
        print_json(r, s, d, p, &a->out);
    } else if (!s || !print_files(r, &a->out)) {
        cli_error("out of memory");
        return CLI_FAILED;
    } else {
        buf_printf(&a->out, "%s: %s (profile %s would %s)%s\n", url, decision_name(d->kind),
                   p->name, action_name(d->would), r->known ? "" : ", not everything was asked for");
        print_signals(s, &a->out);
    }
    return show_status(r, d);
}

/* ---- list ---- */

struct listing {
    struct site_args *a;
    struct slice prefix;
};

static void list_states(struct json *j, const struct site_document *d)
{
    json_open(j, "files", '{');
    for (unsigned kind = 0; kind < SITE_KIND_COUNT; kind++)
        if (d[kind].state != SITE_NOT_ASKED)
            json_str(j, site_kind_name((enum site_kind)kind),
                     site_state_name((enum site_state)d[kind].state));
    json_close(j, '}');
}

static bool list_one(void *ctx, const struct store_value *v)
{
    struct listing *l = ctx;
    struct slice key = v->key;
    const struct site_document *d = v->d;
    struct buf *out = &l->a->out;
    if (key.n < l->prefix.n || memcmp(key.p, l->prefix.p, l->prefix.n) != 0)
        return key.n < l->prefix.n || memcmp(key.p, l->prefix.p, l->prefix.n) < 0;
    if (l->a->json) {
        struct json j = json_to(out);
        json_open(&j, NULL, '{');
        json_slice(&j, "key", key);
        json_bool(&j, "asked", v->asked);
        list_states(&j, d);
        json_close(&j, '}');
    } else {
        visible_append(out, key, 0);
        for (unsigned kind = 0; kind < SITE_KIND_COUNT; kind++)
            if (d[kind].state > SITE_NONE)
                buf_printf(out, " %s=%s", site_kind_name((enum site_kind)kind),
                           site_state_name((enum site_state)d[kind].state));
        if (!v->asked)
            buf_puts(out, " (passing traffic only)");
    }
    buf_putc(out, '\n');
    if (out->n < CLI_OUTPUT_MAX / 2)
        return true;
    bool ok = cli_write(out);
    buf_clear(out);
    return ok;
}

/* Every key begins with one of these. */
static bool may_begin_a_key(const char *prefix)
{
    static const char *const fronts[] = { "http://", "https://", "rsl " };
    for (size_t i = 0; i < sizeof fronts / sizeof *fronts; i++) {
        size_t n = strlen(prefix), front = strlen(fronts[i]);
        if (strncmp(prefix, fronts[i], n < front ? n : front) == 0)
            return true;
    }
    return false;
}

static int list(struct site_args *a, const char *prefix)
{
    if (!may_begin_a_key(prefix))
        return cli_misuse("optout site", "no origin begins with '%s'; write https://%s", prefix,
                          prefix);
    struct site *site = cli_open_store(a->store);
    struct listing l = { a, slice_cstr(prefix) };
    if (!site)
        return CLI_FAILED;
    store_each(site_store(site), l.prefix, list_one, &l);
    return CLI_CLEAR;
}

/* ---- the daemon ---- */

static int call(struct site_args *a, struct message *m, unsigned wait_ms, struct message *answer,
                struct buf *storage)
{
    if (!a->socket[0]) {
        cli_error("no daemon: SiteSocket is not set; name it with --socket");
        return CLI_FAILED;
    }
    if (message_call(a->socket, m, wait_ms, answer, storage) == OPTOUT_OK && answer->n)
        return CLI_CLEAR;
    cli_error("%s: the daemon does not answer", a->socket);
    return CLI_FAILED;
}

static bool said(const struct message *answer, const char *word)
{
    return slice_eq(answer->field[0], slice_cstr(word));
}

static int forget(struct site_args *a, const char *what, struct buf *storage)
{
    int wrong = check_url(a, what);
    if (wrong >= 0)
        return wrong;
    struct message m = { .verb = MESSAGE_FORGET, .n = 1 }, answer;
    m.field[0] = slice_cstr(what);
    int status = call(a, &m, FETCH_WAIT_MS, &answer, storage);
    if (status == CLI_CLEAR && !said(&answer, "done")) {
        cli_error("%s: %.*s", what, SLICE_FMT(answer.field[answer.n - 1]));
        status = CLI_FAILED;
    }
    return status;
}

static int fetch(struct site_args *a, const char *url, struct buf *storage)
{
    struct slice origin, path;
    int wrong = check_url(a, url);
    if (wrong >= 0 || !url_split(&a->arena, slice_cstr(url), &origin, &path))
        return CLI_FAILED;
    const struct profile *p = config_profile(a->config, slice_cstr(a->profile));
    if (!p)
        return cli_misuse("optout site", "there is no profile '%s'", a->profile);
    char text[1024], wait[16], age[32];
    snprintf(text, sizeof text, "%.*s", SLICE_FMT(origin));
    int status = a->older ? CLI_CLEAR : forget(a, text, storage);
    if (status != CLI_CLEAR)
        return status;
    snprintf(wait, sizeof wait, "%u", FETCH_WAIT_MS);
    snprintf(age, sizeof age, "%llu", (unsigned long long)a->older_s);
    struct message m = { .verb = MESSAGE_ASK, .n = a->older ? 5 : 4 }, answer;
    m.field[4] = slice_cstr(age);
    m.field[0] = origin;
    m.field[1] = p->n_agents ? slice_cstr(p->agent[0]) : SLICE_EMPTY;
    m.field[2] = slice_cstr(p->user_agent);
    m.field[3] = slice_cstr(wait);
    buf_clear(storage);
    status = call(a, &m, FETCH_WAIT_MS, &answer, storage);
    if (status != CLI_CLEAR)
        return status;
    if (said(&answer, "known"))
        return show(a, url);
    cli_error("%s: %.*s", text, SLICE_FMT(answer.field[answer.n - 1]));
    return CLI_FAILED;
}

static int fetch_all(struct site_args *a, const char *prefix)
{
    if (!may_begin_a_key(prefix))
        return cli_misuse("optout site", "no origin begins with '%s'; write https://%s", prefix, prefix);
    if (!a->socket[0]) {
        cli_error("no daemon: SiteSocket is not set; name it with --socket");
        return CLI_FAILED;
    }
    struct refresh_options o = { .site = cli_open_store(a->store), .socket = a->socket, .prefix = prefix,
                                 .age_s = a->older_s, .jobs = a->jobs ? a->jobs : REFRESH_JOBS, .json = a->json };
    return o.site ? refresh_all(&o) : CLI_FAILED;
}

static int daemon_status(struct site_args *a, struct buf *storage)
{
    struct message m = { .verb = MESSAGE_STATUS }, answer;
    int status = call(a, &m, 5000, &answer, storage);
    if (status == CLI_CLEAR) {
        (void)buf_append(&a->out, answer.field[answer.n - 1].p, answer.field[answer.n - 1].n);
        buf_putc(&a->out, '\n');
    }
    return status;
}

/* ---- originals ---- */

static int original(struct site_args *a, const char *hex)
{
    uint8_t sha256[32];
    bool good = strlen(hex) == 64;
    for (size_t i = 0; good && i < 32; i++) {
        int high = hex_value((uint8_t)hex[2 * i]), low = hex_value((uint8_t)hex[2 * i + 1]);
        good = high >= 0 && low >= 0;
        sha256[i] = (uint8_t)(good ? high << 4 | low : 0);
    }
    if (!good)
        return cli_misuse("optout site", "'%s' is no SHA-256 (64 hexadecimal digits)", hex);
    struct site *site = cli_open_store(a->store);
    if (!site)
        return CLI_FAILED;
    if (store_original(site_store(site), sha256, &a->out) == OPTOUT_OK)
        return CLI_CLEAR;
    cli_error("%s: there is no such original in %s", hex, a->store);
    return CLI_FAILED;
}

/* ---- arguments ---- */

static int read_options(int argc, char **argv, struct site_args *a)
{
    enum { STORE = 256, SOCKET, JSON, OLDER, ALL, VERSION };
    uint64_t n;
    static const struct option options[] = {
        { "config", required_argument, NULL, 'c' },  { "store", required_argument, NULL, STORE },
        { "socket", required_argument, NULL, SOCKET }, { "profile", required_argument, NULL, 'p' },
        { "older", required_argument, NULL, OLDER }, { "all", no_argument, NULL, ALL },
        { "jobs", required_argument, NULL, 'j' },
        { "json", no_argument, NULL, JSON },         { "help", no_argument, NULL, 'h' },
        { "version", no_argument, NULL, VERSION },   { NULL, 0, NULL, 0 },
    };
    for (int c; (c = getopt_long(argc, argv, "c:p:hj:", options, NULL)) != -1;) {
        switch (c) {
        case 'c': a->config_path = optarg; break;
        case 'p': a->profile = optarg; break;
        case STORE: a->store = optarg; break;
        case SOCKET: a->socket = optarg; break;
        case JSON: a->json = true; break;
        case ALL: a->all = true; break;
        case OLDER:
            a->older = optarg;
            if (!refresh_age(optarg, &a->older_s))
                return cli_misuse(argv[0], "--older takes a time such as 90s, 30m, 6h or 7d, not '%s'", optarg);
            break;
        case 'j':
            if (!slice_to_u64(slice_cstr(optarg), &n) || !n || n > REFRESH_JOBS_MAX)
                return cli_misuse(argv[0], "--jobs takes a number from 1 to %u, not '%s'", REFRESH_JOBS_MAX, optarg);
            a->jobs = (unsigned)n;
            break;
        case 'h': return cli_write_text(help_text);
        case VERSION: return cli_write_version();
        default: return cli_misuse_hint(argv[0]);
        }
    }
    return -1;
}

/* Without a file at the usual place the built-in configuration serves. */
static bool load(struct site_args *a)
{
    if (!a->config_path && access(DEFAULT_CONFIG, R_OK) == 0)
        a->config_path = DEFAULT_CONFIG;
    a->snapshot = cli_load_config(a->config_path);
    if (!a->snapshot)
        return false;
    struct config *c = a->config = &a->snapshot->config;
    if (a->store)
        snprintf(c->site_store, sizeof c->site_store, "%s", a->store);
    if (a->socket)
        snprintf(c->site_socket, sizeof c->site_socket, "%s", a->socket);
    a->store = c->site_store;
    a->socket = c->site_socket;
    return true;
}

static int run(struct site_args *a, const char *verb, const char *what, struct buf *storage)
{
    bool fetches = strcmp(verb, "fetch") == 0;
    if (!fetches && (a->all || a->older || a->jobs))
        return cli_misuse("optout site", "--all, --older and --jobs are for fetch");
    bool needs_store = strcmp(verb, "forget") != 0 && strcmp(verb, "status") != 0;
    if (needs_store && !a->store[0]) {
        cli_error("there is no store: SiteStore is not set; name it with --store");
        return CLI_FAILED;
    }
    if (strcmp(verb, "list") == 0)
        return list(a, what ? what : "");
    if (strcmp(verb, "status") == 0)
        return daemon_status(a, storage);
    if (fetches && a->all)
        return fetch_all(a, what ? what : "");
    if (!what)
        return cli_misuse("optout site", "%s takes one argument", verb);
    if (strcmp(verb, "show") == 0)
        return show(a, what);
    if (strcmp(verb, "fetch") == 0)
        return fetch(a, what, storage);
    if (strcmp(verb, "forget") == 0)
        return forget(a, what, storage);
    if (strcmp(verb, "original") == 0)
        return original(a, what);
    return cli_misuse("optout site", "there is no command '%s'", verb);
}

int site_command(int argc, char **argv)
{
    struct site_args a = { .profile = "" };
    int status = read_options(argc, argv, &a);
    if (status >= 0)
        return status;
    if (optind >= argc || argc - optind > 2)
        return cli_misuse(argv[0], "name show, fetch, forget, list, original or status");
    arena_init(&a.arena, ARENA_MAX, NULL, 0);
    buf_init(&a.out, CLI_OUTPUT_MAX);
    struct buf storage;
    buf_init(&storage, ANSWER_MAX);
    status = load(&a) ? run(&a, argv[optind], optind + 1 < argc ? argv[optind + 1] : NULL, &storage)
                      : CLI_FAILED;
    if (!cli_write(&a.out))
        status = CLI_FAILED;
    buf_free(&storage);
    buf_free(&a.out);
    arena_reset(&a.arena);
    cli_free_config(a.snapshot);
    return status;
}
