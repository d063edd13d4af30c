/* SPDX-License-Identifier: Apache-2.0 */
/* optout setup: see node.h. Files of ours are written, lines in files of others are told, or added
 * by the leave of the admin; a second run changes nothing. */
#include "cli/node.h"
#include "doctor/squid_survey.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define OPTIONS_MAX 64
#define TOLD_MAX (64u << 10)

static const char help_text[] =
    "Usage: optout setup [OPTION]...\n"
    "Makes this machine a filtering node: asks on a terminal, or takes options, and writes\n"
    "the configurations of c-icap, the filter, optoutd and Squid, and a CA for HTTPS. Files\n"
    "that others have written or changed are kept. A second run changes nothing, but what\n"
    "is answered otherwise; what was answered is remembered.\n\n"
    "Answers:\n"
    "      --fleet NAME        the fleet's name, which its CA bears\n"
    "      --user-agent TEXT   what its crawlers send as User-Agent; needed\n"
    "      --agent TOKEN       another product token that it obeys; more than once\n"
    "      --purpose [NAME=]PURPOSE[,PURPOSE]\n"
    "                          what is crawled for: tdm, train-ml, train-ai, ai-use, search;\n"
    "                          each is a profile, the first that of crawlers which name none\n"
    "      --network CIDR      where crawlers come from; more than once\n"
    "      --https, --no-https whether Squid opens HTTPS with a CA of the fleet\n"
    "      --redis URL         what the nodes of the fleet share; empty for none\n"
    "      --contact TEXT      whom the block page names\n"
    "      --node NAME         the node's name in records; the host's, if empty\n"
    "      --port N            the proxy's port (3128)\n\n"
    "Options:\n"
    "  -y, --yes               ask nothing: what was answered before, or is usual, counts\n"
    "      --edit              add the lines to c-icap.conf and squid.conf, too; marked, so\n"
    "                          that --undo can take them out\n"
    "  -n, --dry-run           say what would be done, and do nothing\n"
    "      --start             enable and start the services (systemd), then run the doctor\n"
    "      --undo              take out what setup wrote; CA and log stay\n"
    "      --root DIR          set up what lies below DIR, as for an image\n"
    "      --squid-version V   in the place of what `squid -v` says\n"
    "  -h, --help              show this help\n"
    "      --version           show the version\n\n"
    "Exit status: 0 done, 1 done but for what it says is left to you, or what the doctor\n"
    "found, 2 usage or file error.\n";

/* Answers as they were given, to be taken when the remembered ones are known. */
struct given {
    enum node_answer_id id;
    const char *value;
};

struct request {
    struct given given[OPTIONS_MAX];
    size_t n_given;
    bool yes, edit, dry, start, undo;
    const char *root, *squid_version;
};

/* --- saying ------------------------------------------------------------------------ */

void node_say(const struct node *n, const char *what, const char *path, const char *more)
{
    struct buf line;
    buf_init(&line, TOLD_MAX);
    buf_printf(&line, "  %s%-9s ", n->dry && strcmp(what, "same") != 0 ? "would " : "", what);
    visible_append(&line, slice_cstr(n->root), 0);
    visible_append(&line, slice_cstr(path), 0);
    if (more) {
        buf_puts(&line, ": ");
        visible_append(&line, slice_cstr(more), 0);
    }
    printf("%.*s\n", SLICE_FMT(buf_slice(&line)));
    buf_free(&line);
}

void node_leave(struct node *n, const char *fmt, ...)
{
    char text[3 * NODE_PATH_MAX];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    n->left++;
    buf_puts(&n->told, "  ");
    visible_append(&n->told, slice_cstr(text), 0);
    buf_putc(&n->told, '\n');
}

static void say_left(struct node *n)
{
    if (n->left)
        printf("\nLeft to you:\n%.*s", SLICE_FMT(buf_slice(&n->told)));
    n->left = 0;
    buf_clear(&n->told);
}

/* --- what is there already ------------------------------------------------------------ */

static bool is_there(const struct node *n, const char *path, const char *remedy)
{
    if (node_exists(n, path))
        return true;
    cli_error("%s%s is not there; %s", n->root, path, remedy);
    return false;
}

static bool wants_https(const struct node *n)
{
    return strcmp(n->answers.text[NODE_HTTPS], "yes") == 0;
}

/* All of it before anything is written. */
static bool is_ready(const struct node *n)
{
    if (!n->dry && !*n->root && geteuid() != 0) {
        cli_error("only root can set this machine up; run it as root, or look first with "
                  "--dry-run");
        return false;
    }
    return is_there(n, NODE_C_ICAP_CONF, "apt install c-icap") &&
           is_there(n, OPTOUT_CONFIGDIR "/srv_optout.conf", "apt install libc-icap-mod-optout") &&
           is_there(n, NODE_OPTOUTD_CONF, "apt install optoutd") &&
           is_there(n, NODE_SQUID_CONF, "apt install squid-openssl") &&
           (!wants_https(n) || is_there(n, NODE_CERTGEN, "apt install squid-openssl, for the "
                                                         "package squid cannot open HTTPS; or "
                                                         "say --no-https"));
}

/* --- writing --------------------------------------------------------------------------- */

static bool put_text(struct node *n, const struct node_facts *f, const char *path,
                     struct slice template, bool *changed)
{
    struct buf text;
    buf_init(&text, NODE_FILE_MAX);
    enum optout_rc rc = node_render(template, &n->answers, f, &text);
    if (rc != OPTOUT_OK)
        cli_error("%s cannot be put together", path);
    bool good = rc == OPTOUT_OK && node_file_put(n, path, buf_slice(&text), changed);
    buf_free(&text);
    return good;
}

/* Files that are others', as they are now. */
struct others {
    struct buf c_icap, optoutd, squid;
};

static bool read_others(const struct node *n, struct others *o)
{
    bool there;
    return node_file_read(n, NODE_C_ICAP_CONF, &o->c_icap, &there) &&
           node_file_read(n, NODE_OPTOUTD_CONF, &o->optoutd, &there) &&
           node_file_read(n, NODE_SQUID_CONF, &o->squid, &there);
}

static bool put_filter(struct node *n, const struct node_facts *f, const struct others *o)
{
    struct node_changes c_icap = { .n = 0 }, optoutd = { .n = 0 };
    node_c_icap_changes(buf_slice(&o->c_icap), &c_icap);
    node_optoutd_changes(buf_slice(&o->optoutd), &optoutd);
    return put_text(n, f, NODE_FILTER_CONF, node_filter_text, &n->c_icap_changed) &&
           node_lines_put(n, NODE_C_ICAP_CONF, buf_slice(&o->c_icap), &c_icap, n->edit,
                          &n->c_icap_changed) &&
           put_text(n, f, NODE_DAEMON_CONF, node_daemon_text, &n->daemon_changed) &&
           node_lines_put(n, NODE_OPTOUTD_CONF, buf_slice(&o->optoutd), &optoutd, true,
                          &n->daemon_changed);
}

static bool put_https(struct node *n)
{
    return node_folder(n, NODE_CA_DIR, 0755) && node_ca_make(n) &&
           node_file_seed(n, NODE_NEVER_BUMP, node_never_bump_text, &n->changed) &&
           node_certificates_make(n);
}

/* The snippet comes last: it names the others. */
static bool put_squid(struct node *n, const struct node_facts *f, const struct others *o)
{
    struct node_changes squid = { .n = 0 };
    node_squid_changes(n, buf_slice(&o->squid), &squid);
    return (!wants_https(n) || put_https(n)) && node_folder(n, NODE_SQUID_DIR "/conf.d", 0755) &&
           node_lines_put(n, NODE_SQUID_CONF, buf_slice(&o->squid), &squid, n->edit,
                          &n->changed) &&
           put_text(n, f, NODE_SNIPPET, node_squid_text, &n->changed);
}

static bool put_all(struct node *n)
{
    struct others o;
    uint64_t port = 0;
    buf_init(&o.c_icap, NODE_FILE_MAX);
    buf_init(&o.optoutd, NODE_FILE_MAX);
    buf_init(&o.squid, NODE_FILE_MAX);
    bool good = read_others(n, &o) && slice_to_u64(slice_cstr(n->answers.text[NODE_PORT]), &port);
    struct node_facts f = {
        .icap_port = node_icap_port(buf_slice(&o.c_icap)),
        .own_port = !wants_https(n) && !node_squid_has_port(buf_slice(&o.squid), (unsigned)port),
        .squid_version = n->squid_version,
    };
    node_squid_listen(buf_slice(&o.squid), (unsigned)port, f.listen, sizeof f.listen);
    good = good && put_filter(n, &f, &o) && put_squid(n, &f, &o);
    buf_free(&o.c_icap);
    buf_free(&o.optoutd);
    buf_free(&o.squid);
    return good;
}

static bool drop_all(struct node *n)
{
    bool changed = false;
    return node_file_drop(n, NODE_SNIPPET, &changed) &&
           node_lines_drop(n, NODE_SQUID_CONF, &changed) &&
           node_lines_drop(n, NODE_C_ICAP_CONF, &changed) &&
           node_file_drop(n, NODE_FILTER_CONF, &changed) &&
           node_lines_drop(n, NODE_OPTOUTD_CONF, &changed) &&
           node_file_drop(n, NODE_DAEMON_CONF, &changed) &&
           node_file_unseed(n, NODE_NEVER_BUMP, node_never_bump_text);
}

/* --- the command ------------------------------------------------------------------------ */

static bool take_given(struct node *n, const struct request *r)
{
    for (size_t i = 0; i < r->n_given; i++) {
        struct config_error e = { .line = 0 };
        const struct given *g = &r->given[i];
        if (node_answer_set(&n->answers, g->id, slice_cstr(g->value), &e) == OPTOUT_OK)
            continue;
        cli_error("--%s: %s; %s", node_answer_table[g->id].name, e.reason, e.remedy);
        return false;
    }
    return true;
}

static bool recall(struct node *n)
{
    struct buf old;
    bool there;
    node_answers_preset(&n->answers, n->root);
    buf_init(&old, NODE_FILE_MAX);
    bool good = node_file_read(n, NODE_FILTER_CONF, &old, &there);
    if (good && there)
        node_answers_recall(&n->answers, buf_slice(&old));
    buf_free(&old);
    return good;
}

/* A dress rehearsal shows what would be done; then it may be done. */
static bool confirm(struct node *n)
{
    printf("\nThis would be done:\n");
    n->dry = true;
    if (!put_all(n))
        return false;
    n->dry = n->changed = n->c_icap_changed = n->daemon_changed = false;
    if (n->left && !n->edit) {
        say_left(n);
        n->edit = node_ask_yes("May setup write these lines itself, marked, so that --undo can "
                               "take them out?",
                               true);
    }
    n->left = 0;
    buf_clear(&n->told);
    if (!node_ask_yes("Do it?", true)) {
        cli_error("nothing was written");
        return false;
    }
    if (!n->start && !*n->root && node_has_systemd())
        n->start = node_ask_yes("Start the services then, and ask the doctor?", true);
    return true;
}

static bool answer(struct node *n, const struct request *r)
{
    if (!recall(n) || !take_given(n, r))
        return false;
    if (!r->yes && !isatty(STDIN_FILENO)) {
        cli_error("there is no terminal to ask on; say --yes, and what is not as usual by options");
        return false;
    }
    if (!r->yes && !node_ask(&n->answers))
        return false;
    if (!n->answers.text[NODE_USER_AGENT][0]) {
        cli_error("--user-agent is needed: robots.txt speaks to crawlers by their names");
        return false;
    }
    return is_ready(n) && (r->yes || n->dry || confirm(n));
}

static void say_next(const struct node *n)
{
    if (n->dry || n->start || *n->root)
        return;
    printf("\nNext, when no line is left to you:\n"
           "  optout config check " NODE_C_ICAP_CONF "\n"
           "  squid -k parse && optout config squid " NODE_SQUID_CONF "\n"
           "  optout setup --yes --start\n");
    if (wants_https(n))
        printf("Every crawler has to trust " NODE_CA_CERT "\n");
}

/* Services are given a moment: Squid reads its file again in the background. */
#define BEFORE_THE_DOCTOR_S 3

static int ask_doctor(void)
{
    printf("\n");
    fflush(stdout);
    sleep(BEFORE_THE_DOCTOR_S);
    return cli_run("doctor");
}

/* The doctor has the last word. */
static int start(struct node *n)
{
    if (n->left) {
        node_leave(n, "nothing was started: write the lines above, or say --edit; then run optout "
                      "setup --yes --start");
        return CLI_FOUND;
    }
    if (!node_services_start(n))
        return CLI_FAILED;
    return n->left || ask_doctor() != CLI_CLEAR ? CLI_FOUND : CLI_CLEAR;
}

static int set_up(struct node *n, const struct request *r)
{
    if (!answer(n, r))
        return CLI_FAILED;
    printf("\n");
    if (!put_all(n))
        return CLI_FAILED;
    if (!n->changed)
        printf("\nNothing is changed: all is as it should be.\n");
    int status = n->start && !n->dry ? start(n) : CLI_CLEAR;
    if (n->left)
        status = status == CLI_FAILED ? CLI_FAILED : CLI_FOUND;
    say_left(n);
    say_next(n);
    return status;
}

static int take_down(struct node *n)
{
    if (!n->dry && !*n->root && geteuid() != 0) {
        cli_error("only root can undo it; run it as root, or look first with --dry-run");
        return CLI_FAILED;
    }
    if (!drop_all(n))
        return CLI_FAILED;
    if (!n->changed)
        printf("Nothing is changed: setup has written nothing here.\n");
    else if (!n->dry)
        printf("\nNext:\n  squid -k parse && squid -k reconfigure\n"
               "  systemctl restart c-icap optoutd\n");
    if (node_exists(n, NODE_CA_KEY))
        printf("The CA stays in %s%s, and the certificates that Squid made with it in %s%s.\n",
               n->root, NODE_CA_DIR, n->root, NODE_CERTIFICATES);
    int status = n->left ? CLI_FOUND : CLI_CLEAR;
    say_left(n);
    return status;
}

static const struct option options[] = {
    { "fleet", required_argument, NULL, 256 + NODE_FLEET },
    { "user-agent", required_argument, NULL, 256 + NODE_USER_AGENT },
    { "agent", required_argument, NULL, 256 + NODE_AGENTS },
    { "purpose", required_argument, NULL, 256 + NODE_PROFILES },
    { "network", required_argument, NULL, 256 + NODE_NETWORKS },
    { "redis", required_argument, NULL, 256 + NODE_REDIS },
    { "contact", required_argument, NULL, 256 + NODE_CONTACT },
    { "node", required_argument, NULL, 256 + NODE_NAME },
    { "port", required_argument, NULL, 256 + NODE_PORT },
    { "https", no_argument, NULL, 't' },
    { "no-https", no_argument, NULL, 'T' },
    { "yes", no_argument, NULL, 'y' },
    { "edit", no_argument, NULL, 'e' },
    { "dry-run", no_argument, NULL, 'n' },
    { "start", no_argument, NULL, 's' },
    { "undo", no_argument, NULL, 'u' },
    { "root", required_argument, NULL, 'r' },
    { "squid-version", required_argument, NULL, 'q' },
    { "help", no_argument, NULL, 'h' },
    { "version", no_argument, NULL, 'V' },
    { NULL, 0, NULL, 0 },
};

static bool give(struct request *r, enum node_answer_id id, const char *value)
{
    if (r->n_given == OPTIONS_MAX) {
        cli_error("more than %d answers", OPTIONS_MAX);
        return false;
    }
    r->given[r->n_given++] = (struct given){ id, value };
    return true;
}

static bool take_option(struct request *r, int c)
{
    switch (c) {
    case 't': return give(r, NODE_HTTPS, "yes");
    case 'T': return give(r, NODE_HTTPS, "no");
    case 'y': r->yes = true; return true;
    case 'e': r->edit = true; return true;
    case 'n': r->dry = true; return true;
    case 's': r->start = true; return true;
    case 'u': r->undo = true; return true;
    case 'r': r->root = optarg; return true;
    case 'q': r->squid_version = optarg; return true;
    default: return c >= 256 && give(r, (enum node_answer_id)(c - 256), optarg);
    }
}

/* What does not go together. */
static const char *refuse(const struct request *r)
{
    if (r->root[0] && r->root[0] != '/')
        return "--root: name an absolute path";
    if (strlen(r->root) >= CONFIG_PATH_MAX)
        return "--root: the path is too long";
    if (r->undo && (r->start || r->n_given))
        return "--undo goes with --root and --dry-run only";
    if (r->start && r->root[0])
        return "--start goes with this machine only, not with --root";
    return NULL;
}

int setup_command(int argc, char **argv)
{
    struct request r = { .root = "" };
    char version[SQUID_VERSION_MAX];
    int c, status;
    while ((c = getopt_long(argc, argv, "hny", options, NULL)) != -1) {
        if (c == 'h')
            return cli_write_text(help_text);
        if (c == 'V')
            return cli_write_version();
        if (c == '?' || !take_option(&r, c))
            return cli_misuse_hint(argv[0]);
    }
    const char *wrong = optind < argc ? "setup takes no argument" : refuse(&r);
    if (wrong)
        return cli_misuse(argv[0], "%s", wrong);
    struct node *n = calloc(1, sizeof *n);
    if (!n) {
        cli_error("out of memory");
        return CLI_FAILED;
    }
    n->root = strcmp(r.root, "/") == 0 ? "" : r.root;
    n->edit = r.edit, n->dry = r.dry, n->start = r.start, n->undo = r.undo;
    squid_installed(version);
    /* 5.7 is what does no harm where a later one runs. */
    n->squid_version = r.squid_version ? r.squid_version : *version && !*n->root ? version : "5.7";
    buf_init(&n->told, TOLD_MAX);
    status = r.undo ? take_down(n) : set_up(n, &r);
    buf_free(&n->told);
    free(n);
    fflush(stdout);
    return status;
}
