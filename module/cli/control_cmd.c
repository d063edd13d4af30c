/* SPDX-License-Identifier: Apache-2.0 */
/* optout reload, optout reopen: a command to the running filter, and its answer.
 *
 * c-icap reads commands from a pipe and says nothing back. Every process of the
 * filter notes its outcome on a board beside the pipe (policy/board.h), under the
 * name by which this command called itself; that is waited for. Nothing blocks: the
 * pipe is opened and written without waiting. */
#include "cli/cli.h"
#include "core/clock.h"
#include "policy/board.h"
#include "policy/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_CONFIG OPTOUT_CONFIGDIR "/c-icap.conf"
#define DEFAULT_PIPE "/var/run/c-icap/c-icap.ctl" /* c-icap's own */
#define WAIT_MS 10000u
#define PAUSE_US 20000
#define BOARD_FILE_MAX (1u << 20)

static const char help_text[] =
    "Usage: optout reload [OPTION]...\n"
    "  or:  optout reopen [OPTION]...\n"
    "reload makes the running filter read its configuration again, and waits until all\n"
    "of its processes run what the file says. A wrong file is told of and not sent.\n"
    "reopen makes it close its audit segments and begin new ones.\n\n"
    "Options:\n"
    "  -c, --config FILE  c-icap's configuration [" DEFAULT_CONFIG "]\n"
    "      --pipe PATH    c-icap's command pipe [CommandsSocket of FILE, or\n"
    "                     " DEFAULT_PIPE "]\n"
    "      --wait SECONDS how long to wait for all processes [10]\n"
    "  -h, --help         show this help\n"
    "      --version      show the version\n\n"
    "Exit status: 0 done by all processes, 1 refused, the old configuration stays,\n"
    "2 usage or file error, c-icap does not run, or not all have answered.\n";

struct control {
    const char *config_path, *pipe;
    char pipe_text[1024];
    unsigned wait_ms;
    bool reload;
    char hash[65]; /* of the file; reload */
    char asked[BOARD_ASKED_MAX];
};

/* The last CommandsSocket of c-icap's own file. */
static void find_pipe(struct control *c)
{
    char line[8192], name[64], value[1024];
    snprintf(c->pipe_text, sizeof c->pipe_text, "%s", DEFAULT_PIPE);
    FILE *f = c->pipe ? NULL : fopen(c->config_path, "re");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, " %63s %1023s", name, value) == 2 &&
            slice_eq_nocase(slice_cstr(name), SLICE_OF("CommandsSocket")))
            snprintf(c->pipe_text, sizeof c->pipe_text, "%s", value);
    if (f)
        fclose(f);
    if (!c->pipe)
        c->pipe = c->pipe_text;
}

/* ---- asking ---- */

static int pipe_error(const struct control *c, int error)
{
    cli_error("%s: %s", c->pipe,
              error == ENXIO    ? "nobody reads it: c-icap does not run"
              : error == EAGAIN ? "c-icap does not read its commands"
              : error == ENOENT ? "there is no such pipe: c-icap does not run, or has another"
                                : strerror(error));
    return CLI_FAILED;
}

/* Two commands at once would run into one another: one at a time. */
static int open_pipe(const struct control *c, uint64_t until_us)
{
    struct stat st;
    int fd = open(c->pipe, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int error = fstat(fd, &st) != 0 ? errno : S_ISFIFO(st.st_mode) ? 0 : EINVAL;
    while (!error && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK || clock_mono_us() > until_us)
            error = errno;
        usleep(PAUSE_US);
    }
    if (!error)
        return fd;
    close(fd);
    errno = error;
    return -1;
}

/* Without a line end: c-icap would take it for a part of the word. */
static bool send_command(const struct control *c, int fd)
{
    char text[100];
    int n = snprintf(text, sizeof text, "%s %s", c->reload ? "optout_reload" : "optout_reopen",
                     c->asked);
    return write(fd, text, (size_t)n) == n;
}

/* ---- the answer ---- */

static bool is_alive(long pid)
{
    return kill((pid_t)pid, 0) == 0 || errno == EPERM;
}

/* The master has no segments to reopen. */
static bool concerns(const struct control *c, const struct board_line *l)
{
    return is_alive(l->pid) && (c->reload || l->child);
}

struct tally {
    size_t done, refused, others, silent; /* others: run another configuration */
};

/* One look at the board; `tell` says what is wrong with whom. */
static struct tally look(const struct control *c, bool tell)
{
    struct tally t = { 0, 0, 0, 0 };
    struct board_line l;
    struct buf text;
    buf_init(&text, BOARD_FILE_MAX);
    enum optout_rc rc = board_read(c->pipe, &text);
    struct slice rest = buf_slice(&text);
    while (rc == OPTOUT_OK && board_next(&rest, &l)) {
        if (!concerns(c, &l))
            continue;
        bool answered = strcmp(l.asked, c->asked) == 0;
        bool same = !c->reload || strcmp(l.configuration, c->hash) == 0;
        size_t *count = !answered ? &t.silent : l.refused ? &t.refused : same ? &t.done : &t.others;
        *count += 1;
        if (tell && answered && l.refused)
            cli_error("refused by process %ld: %s", l.pid, l.why);
        else if (tell && answered && !same)
            cli_error("process %ld runs configuration %.16s, the file is %.16s", l.pid,
                      l.configuration, c->hash);
        else if (tell && !answered)
            cli_error("process %ld has not answered", l.pid);
    }
    if (tell && rc != OPTOUT_OK)
        cli_error("%s%s: %s; see c-icap's log", c->pipe, BOARD_SUFFIX, strerror(errno));
    buf_free(&text);
    return t;
}

static int conclude(const struct control *c, const struct tally *t)
{
    char text[160];
    if (t->silent || t->done + t->refused + t->others == 0) {
        cli_error("not all processes have answered within %u ms", c->wait_ms);
        return CLI_FAILED;
    }
    if (t->refused || t->others)
        return CLI_FOUND;
    if (c->reload)
        snprintf(text, sizeof text, "reloaded by %zu processes, configuration %.16s\n", t->done,
                 c->hash);
    else
        snprintf(text, sizeof text, "reopened by %zu processes\n", t->done);
    return cli_write_text(text);
}

static int ask(struct control *c)
{
    uint64_t until = clock_mono_us() + c->wait_ms * 1000ull;
    snprintf(c->asked, sizeof c->asked, "%ld-%llx", (long)getpid(),
             (unsigned long long)clock_wall_ms());
    int fd = open_pipe(c, until);
    if (fd < 0)
        return pipe_error(c, errno);
    if (!send_command(c, fd)) {
        int error = errno;
        close(fd);
        return pipe_error(c, error);
    }
    struct tally t;
    do {
        usleep(PAUSE_US);
        t = look(c, false);
    } while ((t.silent || t.done + t.refused + t.others == 0) && clock_mono_us() < until);
    close(fd); /* others may ask now */
    t = look(c, true);
    return conclude(c, &t);
}

/* A file that is wrong is not sent: those who run it would only refuse it. */
static int check_file(struct control *c)
{
    struct snapshot *s = cli_load_config(c->config_path);
    snprintf(c->hash, sizeof c->hash, "%s", s ? s->config.hash : "");
    cli_free_config(s);
    return s ? -1 : CLI_FOUND;
}

static int control(int argc, char **argv, bool reload)
{
    enum { PIPE = 256, WAIT, VERSION };
    static const struct option options[] = {
        { "config", required_argument, NULL, 'c' }, { "pipe", required_argument, NULL, PIPE },
        { "wait", required_argument, NULL, WAIT },  { "help", no_argument, NULL, 'h' },
        { "version", no_argument, NULL, VERSION },  { NULL, 0, NULL, 0 },
    };
    struct control c = { .config_path = DEFAULT_CONFIG, .wait_ms = WAIT_MS, .reload = reload };
    uint64_t seconds = WAIT_MS / 1000;
    for (int o; (o = getopt_long(argc, argv, "c:h", options, NULL)) != -1;) {
        switch (o) {
        case 'c': c.config_path = optarg; break;
        case PIPE: c.pipe = optarg; break;
        case WAIT:
            if (!slice_to_u64(slice_cstr(optarg), &seconds) || seconds < 1 || seconds > 600)
                return cli_misuse(argv[0], "--wait: '%s' is no number from 1 to 600", optarg);
            break;
        case 'h': return cli_write_text(help_text);
        case VERSION: return cli_write_version();
        default: return cli_misuse_hint(argv[0]);
        }
    }
    if (optind < argc)
        return cli_misuse(argv[0], "takes no argument, got '%s'", argv[optind]);
    c.wait_ms = (unsigned)seconds * 1000;
    find_pipe(&c);
    int status = reload ? check_file(&c) : -1;
    return status >= 0 ? status : ask(&c);
}

int reload_command(int argc, char **argv)
{
    return control(argc, argv, true);
}

int reopen_command(int argc, char **argv)
{
    return control(argc, argv, false);
}
