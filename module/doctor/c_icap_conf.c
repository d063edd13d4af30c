/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/c_icap_conf.h"

#include "policy/directive.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define LINE_MAX_BYTES 8192
#define DEPTH_MAX 5
#define FILES_MAX 1000
#define FILTER "srv_optout.so"

struct reading {
    struct c_icap_conf *conf;
    const char *folder; /* of the main file */
    size_t files;
    char *why;
    size_t why_size;
};

static bool fail(struct reading *r, const char *file, unsigned line, const char *reason)
{
    if (line)
        snprintf(r->why, r->why_size, "%s:%u: %s", file, line, reason);
    else
        snprintf(r->why, r->why_size, "%s: %s", file, reason);
    return false;
}

bool host_is_loopback(const char *host)
{
    return strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0 ||
           strcasecmp(host, "localhost") == 0;
}

/* ---- the directives that are looked at ------------------------------------- */

static void text(char *field, size_t size, const char *value)
{
    snprintf(field, size, "%.*s", (int)size - 1, value);
}

/* As atoi does for c-icap; below 0 is none. */
static unsigned number(const char *value)
{
    long n = strtol(value, NULL, 10);
    return n < 0 ? 0 : n > 1000000 ? 1000000u : (unsigned)n;
}

/* [HOST:]PORT, where HOST may stand in brackets. */
static void take_port(struct c_icap_conf *c, const char *value, unsigned line)
{
    if (c->n_ports == C_ICAP_PORTS_MAX)
        return;
    struct c_icap_port *p = &c->port[c->n_ports++];
    *p = (struct c_icap_port){ .line = line };
    const char *colon = strrchr(value, ':');
    size_t n = colon ? (size_t)(colon - value) : 0;
    bool bracketed = n > 1 && value[0] == '[' && value[n - 1] == ']';
    snprintf(p->host, sizeof p->host, "%.*s", (int)(bracketed ? n - 2 : n), value + bracketed);
    if (strcmp(p->host, "*") == 0 || strcmp(p->host, "0.0.0.0") == 0 || strcmp(p->host, "::") == 0)
        p->host[0] = '\0';
    p->port = number(colon ? colon + 1 : value) & 0xffff;
}

static void take_service(struct c_icap_conf *c, int argc, const char *const *word)
{
    if (argc < 3 || !strstr(word[2], FILTER))
        return;
    c->loads_filter = true;
    text(c->service, sizeof c->service, word[1]);
    text(c->filter_path, sizeof c->filter_path, word[2]);
}

static void take_simple(struct c_icap_conf *c, const char *name, const char *value, unsigned line)
{
    const struct {
        const char *name;
        unsigned *count;
        unsigned *line;
    } counts[] = {
        { "StartServers", &c->start_servers, &c->line_of_start },
        { "MaxServers", &c->max_servers, &c->line_of_max },
        { "ThreadsPerChild", &c->threads_per_child, &c->line_of_threads },
        { "DebugLevel", &c->debug_level, &c->line_of_debug },
        { "Timeout", &c->timeout_s, NULL },
        { "KeepAliveTimeout", &c->keepalive_timeout_s, NULL },
    };
    const struct {
        const char *name;
        char *field;
        size_t size;
    } texts[] = {
        { "PidFile", c->pid_file, sizeof c->pid_file },
        { "CommandsSocket", c->pipe, sizeof c->pipe },
        { "TmpDir", c->tmp_dir, sizeof c->tmp_dir },
        { "ServerLog", c->server_log, sizeof c->server_log },
        { "ServicesDir", c->services_dir, sizeof c->services_dir },
        { "User", c->user, sizeof c->user },
        { "Group", c->group, sizeof c->group },
    };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (strcasecmp(name, counts[i].name) == 0) {
            *counts[i].count = number(value);
            if (counts[i].line)
                *counts[i].line = line;
        }
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcasecmp(name, texts[i].name) == 0)
            text(texts[i].field, texts[i].size, value);
}

static void take(struct c_icap_conf *c, int argc, const char *const *word, unsigned line)
{
    if (strcasecmp(word[0], "Service") == 0) {
        take_service(c, argc, word);
    } else if (strcasecmp(word[0], "Port") == 0) {
        take_port(c, word[1], line);
    } else if (strcasecmp(word[0], "MaxKeepAliveRequests") == 0) {
        c->max_keepalive_requests = strtol(word[1], NULL, 10);
        c->line_of_keepalive = line;
    } else if (strcasecmp(word[0], "AccessLog") == 0) {
        c->access_log = true;
        c->line_of_access = line;
    } else {
        take_simple(c, word[0], word[1], line);
    }
}

/* ---- files ------------------------------------------------------------------ */

static bool read_file(struct reading *r, const char *path, const char *from, unsigned line,
                      int depth);

static bool include(struct reading *r, const char *name, const char *from, unsigned line,
                    int depth)
{
    char path[2 * CONFIG_PATH_MAX + 2];
    if (depth == DEPTH_MAX)
        return fail(r, from, line, "Include is nested more than 5 deep");
    if (r->files == FILES_MAX)
        return fail(r, from, line, "more than 1000 files are included");
    /* As the filter's own directives are read: beside the main file, or where c-icap looks. */
    snprintf(path, sizeof path, "%s/%s", r->folder, name);
    if (name[0] == '/')
        snprintf(path, sizeof path, "%s", name);
    else if (access(path, F_OK) != 0)
        snprintf(path, sizeof path, OPTOUT_CONFIGDIR "/%s", name);
    return read_file(r, path, from, line, depth + 1);
}

/* The line into `out`, whatever its length; false at the end of the file. */
static bool next_line(FILE *f, char out[LINE_MAX_BYTES], bool *fits)
{
    size_t n = 0;
    int c;
    while ((c = getc_unlocked(f)) != EOF && c != '\n')
        if (n++ < LINE_MAX_BYTES - 1)
            out[n - 1] = c ? (char)c : ' ';
    *fits = n < LINE_MAX_BYTES - 1;
    out[*fits ? n : LINE_MAX_BYTES - 1] = '\0';
    return n || c != EOF;
}

static bool read_lines(struct reading *r, FILE *f, const char *path, int depth)
{
    char line[LINE_MAX_BYTES];
    const char *word[DIRECTIVE_WORDS_MAX];
    bool fits;
    for (unsigned at = 1; next_line(f, line, &fits); at++) {
        if (!fits)
            return fail(r, path, at, "the line is longer than 8190 bytes");
        int argc = directive_words(line, word);
        if (argc < 0)
            return fail(r, path, at, "the line cannot be split into words");
        if (argc < 2)
            continue;
        if (strcasecmp(word[0], "Include") != 0)
            take(r->conf, argc, word, depth ? 0 : at);
        else if (!include(r, word[1], path, at, depth))
            return false;
    }
    return !ferror(f) || fail(r, path, 0, strerror(errno));
}

static bool read_file(struct reading *r, const char *path, const char *from, unsigned line,
                      int depth)
{
    char reason[CONFIG_PATH_MAX + 100];
    FILE *f = fopen(path, "re");
    r->files++;
    if (!f) {
        snprintf(reason, sizeof reason, "%.*s: %s", CONFIG_PATH_MAX, path, strerror(errno));
        return from ? fail(r, from, line, reason) : fail(r, path, 0, strerror(errno));
    }
    bool good = read_lines(r, f, path, depth);
    fclose(f);
    return good;
}

/* The presets of c-icap 0.5.10 (cfg_param.c, and the FIFO and PID file of Debian's build). */
static void preset(struct c_icap_conf *c)
{
    *c = (struct c_icap_conf){ .start_servers = 5,
                               .max_servers = 10,
                               .threads_per_child = 30,
                               .max_keepalive_requests = 100,
                               .debug_level = 1,
                               .timeout_s = 300,
                               .keepalive_timeout_s = 600,
                               .service = "optout",
                               .pid_file = "/var/run/c-icap/c-icap.pid",
                               .pipe = "/var/run/c-icap/c-icap.ctl",
                               .tmp_dir = "/var/tmp/" };
}

/* A name without a folder is in ServicesDir. */
static void place_filter(struct c_icap_conf *c)
{
    char whole[2 * CONFIG_PATH_MAX + 2];
    if (!c->filter_path[0] || c->filter_path[0] == '/' || !c->services_dir[0])
        return;
    snprintf(whole, sizeof whole, "%s/%s", c->services_dir, c->filter_path);
    if (strlen(whole) < sizeof c->filter_path)
        text(c->filter_path, sizeof c->filter_path, whole);
}

bool c_icap_conf_read(struct c_icap_conf *c, const char *path, char *why, size_t why_size)
{
    char copy[CONFIG_PATH_MAX];
    preset(c);
    text(copy, sizeof copy, path);
    struct reading r = { .conf = c, .folder = dirname(copy), .why = why, .why_size = why_size };
    why[0] = '\0';
    if (!read_file(&r, path, NULL, 0, 0))
        return false;
    place_filter(c);
    return true;
}
