/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/node.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAMS "/usr/sbin:/usr/bin:/sbin:/bin"

static bool become(const char *name)
{
    const struct passwd *user = getpwnam(name);
    return user && initgroups(name, user->pw_gid) == 0 && setgid(user->pw_gid) == 0 &&
           setuid(user->pw_uid) == 0;
}

/* What it prints belongs to what we print, so that comes first. */
int node_run(const char *const *argv, const char *user, bool quiet)
{
    int status;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        if (setenv("PATH", PROGRAMS, 1) != 0 || (user && geteuid() == 0 && !become(user)))
            _exit(127);
        int null = quiet ? open("/dev/null", O_WRONLY) : -1;
        if (null >= 0)
            dup2(null, STDERR_FILENO);
        dup2(STDERR_FILENO, STDOUT_FILENO);
        execvp(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    if (child < 0)
        return -1;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(status) && WEXITSTATUS(status) != 127 ? WEXITSTATUS(status) : -1;
}

bool node_has_systemd(void)
{
    return access("/run/systemd/system", F_OK) == 0;
}

static bool must(const char *const *argv, const char *remedy)
{
    if (node_run(argv, NULL, false) == 0)
        return true;
    cli_error("%s %s %s failed; %s", argv[0], argv[1], argv[2], remedy);
    return false;
}

static bool systemctl(const char *verb, const char *unit)
{
    const char *argv[] = { "systemctl", verb, unit, NULL };
    char remedy[128];
    snprintf(remedy, sizeof remedy, "see: journalctl -u %s -n 20", unit);
    return must(argv, remedy);
}

/* A run before this one may have written them. */
static bool is_older(const char *mark, const char *const *files)
{
    struct stat began, st;
    if (stat(mark, &began) != 0)
        return false;
    for (; *files; files++)
        if (stat(*files, &st) == 0 && (st.st_mtim.tv_sec > began.st_mtim.tv_sec ||
                                       (st.st_mtim.tv_sec == began.st_mtim.tv_sec &&
                                        st.st_mtim.tv_nsec > began.st_mtim.tv_nsec)))
            return true;
    return false;
}

static const char *verb_for(bool changed, const char *mark, const char *const *files)
{
    return changed || is_older(mark, files) ? "restart" : "start";
}

/* A Squid that runs reads its file anew, without a gap; HUP, which `systemctl reload` sends, would
 * end it where the file is wrong. */
static bool start_squid(void)
{
    static const char *const parse[] = { "squid", "-k", "parse", NULL };
    static const char *const again[] = { "squid", "-k", "reconfigure", NULL };
    static const char *const active[] = { "systemctl", "is-active", "squid", NULL };
    if (node_run(parse, NULL, true) != 0) { /* it prints every line */
        cli_error("squid -k parse failed, and Squid is left as it is; run it, it names the line");
        return false;
    }
    if (node_run(active, NULL, true) != 0)
        return systemctl("start", "squid");
    return must(again, "see /var/log/squid/cache.log");
}

/* Restarts a c-icap that does not answer; of the packages alone. */
static bool start_watch(void)
{
    static const char timer[] = "optout-watch.timer";
    if (access("/lib/systemd/system/optout-watch.timer", F_OK) != 0)
        return true;
    return systemctl("enable", timer) && systemctl("start", timer);
}

bool node_services_start(struct node *n)
{
    /* Made when they start. */
    static const char *const filter[] = { NODE_C_ICAP_CONF, NODE_FILTER_CONF, NULL };
    static const char *const daemon[] = { NODE_OPTOUTD_CONF, NODE_DAEMON_CONF, NULL };
    const char *c_icap = verb_for(n->c_icap_changed, "/run/c-icap/c-icap.pid", filter);
    const char *optoutd = verb_for(n->daemon_changed, "/run/optout/optoutd.sock", daemon);
    if (!node_has_systemd()) {
        node_leave(n, "systemd does not run here: start optoutd, c-icap and squid as your system "
                      "does it");
        return true;
    }
    return systemctl("enable", "optoutd") && systemctl("enable", "c-icap") &&
           systemctl("enable", "squid") &&
           systemctl(optoutd, "optoutd") && systemctl(c_icap, "c-icap") && start_squid() &&
           start_watch();
}
