/* SPDX-License-Identifier: Apache-2.0 */
/* optout audit query: questions to the log. */
#include "cli/audit_find.h"

#include "answers/when.h"
#include "cli/cli.h"
#include "policy/config.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help_text[] =
    "Usage: optout audit query [OPTION]... [FILE|FOLDER]...\n"
    "Finds records of the audit log: segments as they are written, closed or compressed\n"
    "with zstd, of any number of nodes. Without an argument, AuditDir of the\n"
    "configuration. A pending record is shown only if its final one is not there.\n\n"
    "Which (one given twice: either; different ones: both):\n"
    "      --since TIME       from then on: 2026-11-30, 2026-11-30T10:00Z, 7d, today\n"
    "      --until TIME       before then\n"
    "      --host HOST        of the URL; .example.com: that and all below it\n"
    "      --domain HOST      all hosts of its registrable domain\n"
    "      --url URL          as it was recorded\n"
    "      --url-prefix URL   what it begins with\n"
    "      --decision WORD    clear, reserved, conditional, licensed, undecided, pending\n"
    "      --action WORD      pass, tag, block, cut\n"
    "      --standard NAME    a statement by that standard was found\n"
    "      --carrier NAME     there; with --standard, the same statement\n"
    "      --deciding         only statements that decided count for these\n"
    "      --profile NAME     of the crawl\n"
    "      --reason NAME      why it was not read to its end, or is undecided\n"
    "      --id ID            of the record\n"
    "      --earlier ID       of the record that it rests on\n\n"
    "How:\n"
    "      --format FORMAT    table, csv or jsonl [table]\n"
    "      --columns LIST     of names, with commas; --columns help lists them\n"
    "      --resolve          jsonl with all that a record leaves out and refers to\n"
    "      --count-by LIST    how many there are of each\n"
    "      --sort COLUMN      in that order; -COLUMN: the other way round\n"
    "      --limit N          so many rows\n"
    "      --gaps             jsonl: gaps of that time among the lines\n"
    "  -f, --follow           go on with what is written from now on\n"
    "      --index            make the index of segments that have none, see audit index\n"
    "      --no-index         read segments whatever their index says\n"
    "  -j, --jobs N           threads [one a core]\n"
    "  -c, --config FILE      where AuditDir stands\n"
    "  -h, --help             show this help\n"
    "      --version          show the version\n\n"
    "Exit status: 0 found, 1 nothing found, 2 usage or file error, 3 something in the\n"
    "log is damaged or missing, which is said: the answer may not be whole.\n";

struct options {
    struct find find;
    const char *columns, *count_by, *sort, *config_path;
    bool format_given;
    int64_t now_ms;
};

enum { STATUS_FOUND = 0, STATUS_NOTHING = 1, STATUS_FAILED = 2, STATUS_DAMAGED = 3 };

/* ---- columns ---- */

static int list_columns(void)
{
    struct buf out;
    buf_init(&out, CLI_OUTPUT_MAX);
    for (unsigned c = 0; c < COLUMN_COUNT; c++) {
        enum column found;
        if (column_from_name(slice_cstr(column_name((enum column)c)), &found) && found == c)
            buf_printf(&out, "%s\n", column_name((enum column)c));
    }
    bool ok = cli_write(&out);
    buf_free(&out);
    return ok ? STATUS_FOUND : STATUS_FAILED;
}

static bool read_columns(struct query_form *form, const char *text, size_t max)
{
    struct slice rest = slice_cstr(text), name;
    form->n_columns = 0;
    while (slice_split(&rest, ',', &name)) {
        name = slice_trim_space(name);
        if (form->n_columns == max) {
            cli_error("there are more than %zu columns", max);
            return false;
        }
        if (!column_from_name(name, &form->column[form->n_columns++])) {
            cli_error("no column is called '%.*s': see --columns help", SLICE_FMT(name));
            return false;
        }
    }
    return form->n_columns != 0;
}

static bool has_column(const struct query_form *form, enum column c)
{
    for (size_t i = 0; i < form->n_columns; i++)
        if (form->column[i] == c)
            return true;
    return false;
}

static bool read_sort(struct options *o)
{
    const char *name = o->sort;
    struct find *f = &o->find;
    if (!name)
        return true;
    f->order.descending = *name == '-';
    name += *name == '-';
    f->sort_count = o->count_by && strcmp(name, "count") == 0;
    if (f->sort_count)
        return true;
    if (!column_from_name(slice_cstr(name), &f->sort)) {
        cli_error("no column is called '%s': see --columns help", name);
        return false;
    }
    f->order.number = column_is_number(f->sort);
    if (o->count_by && !has_column(&f->form, f->sort)) {
        cli_error("--sort takes count or a column of --count-by, not '%s'", name);
        return false;
    }
    return true;
}

/* The table that is shown when nobody says which. */
static const char usual_columns[] = "time,decision,action,why,id,url";

static bool read_form(struct options *o)
{
    struct find *f = &o->find;
    const char *columns = o->count_by ? o->count_by : o->columns;
    if (!columns && f->form.format != QUERY_JSONL)
        columns = usual_columns;
    if (columns && !read_columns(&f->form, columns, o->count_by ? GROUP_COLUMNS_MAX : QUERY_COLUMNS_MAX))
        return false;
    f->mode = o->count_by ? FIND_COUNTS : o->sort ? FIND_SORTED : FIND_ROWS;
    if (o->count_by && !o->sort) { /* the most first */
        f->sort_count = true;
        f->order.descending = true;
    }
    if (!read_sort(o))
        return false;
    f->order.number |= f->sort_count;
    f->order.limit = f->limit;
    f->form.terminal = isatty(STDOUT_FILENO);
    f->form.context.deciding = question_is_deciding(f->question);
    if (f->form.resolve || (!o->count_by && has_column(&f->form, COLUMN_FIRST)))
        f->form.find_earlier = earlier_find;
    return true;
}

/* ---- options ---- */

enum {
    SINCE = 256, UNTIL, FORMAT, COLUMNS, RESOLVE, COUNT_BY, SORT, LIMIT, GAPS, DECIDING,
    INDEX, NO_INDEX, VERSION, ASKED /* and the kinds behind it */
};

#define ASKS(name, kind) { name, required_argument, NULL, ASKED + (kind) }
static const struct option options[] = {
    { "since", required_argument, NULL, SINCE },
    { "until", required_argument, NULL, UNTIL },
    ASKS("host", ASKED_HOST), ASKS("domain", ASKED_DOMAIN), ASKS("url", ASKED_URL),
    ASKS("url-prefix", ASKED_URL_PREFIX), ASKS("decision", ASKED_DECISION),
    ASKS("action", ASKED_ACTION), ASKS("standard", ASKED_STANDARD),
    ASKS("carrier", ASKED_CARRIER), ASKS("profile", ASKED_PROFILE),
    ASKS("reason", ASKED_REASON), ASKS("id", ASKED_ID), ASKS("earlier", ASKED_EARLIER),
    { "deciding", no_argument, NULL, DECIDING },
    { "format", required_argument, NULL, FORMAT },
    { "columns", required_argument, NULL, COLUMNS },
    { "resolve", no_argument, NULL, RESOLVE },
    { "count-by", required_argument, NULL, COUNT_BY },
    { "sort", required_argument, NULL, SORT },
    { "limit", required_argument, NULL, LIMIT },
    { "gaps", no_argument, NULL, GAPS },
    { "follow", no_argument, NULL, 'f' },
    { "index", no_argument, NULL, INDEX },
    { "no-index", no_argument, NULL, NO_INDEX },
    { "jobs", required_argument, NULL, 'j' },
    { "config", required_argument, NULL, 'c' },
    { "help", no_argument, NULL, 'h' },
    { "version", no_argument, NULL, VERSION },
    { NULL, 0, NULL, 0 },
};

static bool read_time(struct options *o, const char *text, bool until)
{
    int64_t wall_ms;
    char time[CLOCK_TEXT];
    if (!when_read(slice_cstr(text), o->now_ms, &wall_ms)) {
        cli_error("'%s' is no time: 2026-11-30, 2026-11-30T10:00Z, 7d, today", text);
        return false;
    }
    clock_text(wall_ms, time);
    if (until)
        question_until(o->find.question, time);
    else
        question_since(o->find.question, time);
    return true;
}

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(text, *words) == 0)
            return true;
    return false;
}

/* ULIDs are read in either case (the ULID specification). */
static bool read_id(const char *text, char id[27])
{
    size_t n = strlen(text);
    for (size_t i = 0; i < n && i < 26; i++) {
        if (!ascii_is_alnum((uint8_t)text[i]))
            return false;
        id[i] = (char)(ascii_is_alpha((uint8_t)text[i]) ? text[i] & ~0x20 : text[i]);
    }
    id[26] = '\0';
    return n == 26;
}

static bool read_asked(struct options *o, enum asked kind, const char *text)
{
    static const char *const decisions[] = { "clear", "reserved", "conditional", "licensed",
                                             "undecided", "pending", NULL };
    static const char *const actions[] = { "pass", "tag", "block", "cut", NULL };
    char id[27];
    bool fine = kind == ASKED_DECISION ? is_one_of(text, decisions)
                : kind == ASKED_ACTION ? is_one_of(text, actions)
                : kind == ASKED_ID || kind == ASKED_EARLIER ? read_id(text, id)
                                                            : true;
    if (!fine) {
        cli_error("'%s' is no %s", text, kind == ASKED_DECISION ? "decision"
                                         : kind == ASKED_ACTION ? "action"
                                                                : "id of a record");
        return false;
    }
    if (kind == ASKED_ID || kind == ASKED_EARLIER)
        text = id;
    enum optout_rc rc = question_add(o->find.question, kind, slice_cstr(text));
    if (rc != OPTOUT_OK)
        cli_error("%s", rc == OPTOUT_E_NOMEM ? "out of memory" : "a value is empty or too long");
    return rc == OPTOUT_OK;
}

static bool read_format(struct options *o, const char *text)
{
    static const char *const names[] = { "table", "csv", "jsonl", NULL };
    if (!is_one_of(text, names)) {
        cli_error("'%s' is no format: table, csv or jsonl", text);
        return false;
    }
    o->find.form.format = *text == 't' ? QUERY_TABLE : *text == 'c' ? QUERY_CSV : QUERY_JSONL;
    o->format_given = true;
    return true;
}

static bool read_count(const char *text, const char *what, uint64_t max, uint64_t *n)
{
    if (slice_to_u64(slice_cstr(text), n) && *n && *n <= max)
        return true;
    cli_error("%s takes a number from 1 to %llu, not '%s'", what, (unsigned long long)max, text);
    return false;
}

/* False: said what is wrong. */
static bool take_option(struct options *o, int option, const char *text)
{
    struct find *f = &o->find;
    uint64_t n = 0;
    bool ok = true;
    switch (option) {
    case SINCE:
    case UNTIL: return read_time(o, text, option == UNTIL);
    case FORMAT: return read_format(o, text);
    case COLUMNS: o->columns = text; break;
    case COUNT_BY: o->count_by = text; break;
    case SORT: o->sort = text; break;
    case RESOLVE: f->form.resolve = true; break;
    case GAPS: f->gaps = true; break;
    case DECIDING: question_deciding(f->question); break;
    case INDEX: f->make_index = true; break;
    case NO_INDEX: f->use_index = false; break;
    case 'f': f->follow = true; break;
    case 'c': o->config_path = text; break;
    case LIMIT:
        ok = read_count(text, "--limit", 1000000000, &n);
        f->limit = n;
        break;
    case 'j':
        ok = read_count(text, "--jobs", SCAN_THREADS_MAX, &n);
        f->threads = (unsigned)n;
        break;
    default: return read_asked(o, (enum asked)(option - ASKED), text);
    }
    return ok;
}

/* What cannot be had together. */
static const char *find_clash(struct options *o)
{
    struct find *f = &o->find;
    if (f->form.resolve && !o->format_given)
        f->form.format = QUERY_JSONL;
    if (f->gaps && !o->format_given && !o->count_by)
        f->form.format = QUERY_JSONL;
    if (f->form.resolve && (f->form.format != QUERY_JSONL || o->columns || o->count_by))
        return "--resolve is for --format jsonl, without --columns and --count-by";
    if (f->gaps && (f->form.format != QUERY_JSONL || o->count_by || o->sort))
        return "--gaps is for --format jsonl, without --count-by and --sort";
    if (o->columns && o->count_by)
        return "--count-by names its columns itself: leave --columns out";
    if (f->follow && (o->count_by || o->sort || f->limit))
        return "--follow has no end: leave --count-by, --sort and --limit out";
    return NULL;
}

/* -1: go on; else the exit status. */
static int read_options(int argc, char **argv, struct options *o)
{
    for (int c; (c = getopt_long(argc, argv, "c:fhj:", options, NULL)) != -1;) {
        switch (c) {
        case 'h': return cli_write_text(help_text);
        case VERSION: return cli_write_version();
        case '?': return cli_misuse_hint(argv[0]);
        default:
            if (!take_option(o, c, optarg))
                return cli_misuse_hint(argv[0]);
        }
    }
    if (o->columns && strcmp(o->columns, "help") == 0)
        return list_columns();
    const char *clash = find_clash(o);
    if (clash)
        return cli_misuse(argv[0], "%s", clash);
    return read_form(o) ? -1 : cli_misuse_hint(argv[0]);
}

/* ---- running ---- */

static bool find_segments(struct find *f, char **paths, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (segment_list_add(&f->list, paths[i]))
            continue;
        cli_error("%s: %s", paths[i], strerror(errno));
        return false;
    }
    return true;
}

static int answer(struct options *o, char **paths, int n)
{
    struct find *f = &o->find;
    char *dir = n ? NULL : cli_audit_folder(o->config_path);
    if (n == 0 && !dir)
        return STATUS_FAILED;
    if (dir) {
        paths = &dir;
        n = 1;
    }
    f->quiet = !isatty(STDERR_FILENO);
    buf_init(&f->out, (size_t)1 << 28);
    bool ok = find_segments(f, paths, (size_t)n) && question_ready(f->question) == OPTOUT_OK &&
              (f->follow ? find_follow(f, paths, (size_t)n) : find_run(f));
    free(dir);
    return !ok || f->failed ? STATUS_FAILED
           : f->damaged     ? STATUS_DAMAGED
           : f->found       ? STATUS_FOUND
                            : STATUS_NOTHING;
}

static void free_all(struct options *o, struct domains *domains)
{
    struct find *f = &o->find;
    segment_list_free(&f->list);
    buf_free(&f->out);
    tally_free(&f->tally);
    row_list_free(&f->rows);
    earlier_free(f->earlier);
    question_free(f->question);
    domains_free(domains);
}

int audit_query(int argc, char **argv)
{
    struct options o = { .now_ms = clock_wall_ms(), .find.use_index = true };
    struct domains *domains = domains_new();
    int status = STATUS_FAILED;
    o.find.question = domains ? question_new(domains) : NULL;
    o.find.form.context.domains = domains;
    if (o.find.question) {
        status = read_options(argc, argv, &o);
        if (status < 0)
            status = answer(&o, argv + optind, argc - optind);
    } else {
        cli_error("out of memory");
    }
    free_all(&o, domains);
    return status;
}
