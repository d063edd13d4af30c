/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_doctor_files.c - the files that the doctor reads beside our own: a squid.conf with, after a
 * line "%%", a file that it includes, read as every worker reads it; the same bytes as a c-icap.conf,
 * a file of logrotate, /proc/net/tcp and what Redis says of itself.
 *
 * Of each line that is told there must be a file and a number within it; what cannot be read must
 * say why. */
#include "doctor/c_icap_conf.h"
#include "doctor/logrotate.h"
#include "doctor/redis.h"
#include "doctor/sockets.h"
#include "doctor/squid_survey.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FILE_MAX (64u << 10)

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[] = { "main.conf", "other.conf" };
static char folder[256];

static void check(bool good)
{
    if (!good)
        abort();
}

static void path_of(const char *name, char path[300])
{
    snprintf(path, 300, "%s/%s", folder, name);
}

static void remove_folder(void)
{
    char path[300];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        path_of(names[i], path);
        unlink(path);
    }
    rmdir(folder);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *tmp = getenv("TMPDIR");
    (void)argc;
    (void)argv;
    snprintf(folder, sizeof folder, "%.200s/fuzz-doctorXXXXXX", tmp && *tmp ? tmp : "/tmp");
    check(mkdtemp(folder) != NULL);
    return atexit(remove_folder);
}

/* With the whole path wherever the other file is named. */
static void write_file(const char *name, struct slice text)
{
    char path[300], other[300];
    path_of(name, path);
    path_of(names[1], other);
    FILE *f = fopen(path, "we");
    check(f != NULL);
    while (text.n) {
        size_t at = slice_find_nocase(text, slice_cstr(names[1]));
        check(fwrite(text.p, 1, at, f) == at);
        if (at < text.n)
            check(fputs(other, f) >= 0);
        text = slice_from(text, at + strlen(names[1]));
    }
    check(fclose(f) == 0);
}

/* include must not lead out of the folder, to devices and pipes. */
static void confine(uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = p[i] == '/' || p[i] == '~' ? '_' : p[i];
}

static size_t lines_of(struct slice text)
{
    size_t n = 1;
    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == '\n';
    return n;
}

static void read_squid(struct slice text)
{
    char path[300];
    bool good;
    path_of(names[0], path);
    struct squid_survey *s = squid_survey_new(path, "5.7", &good);
    check(s != NULL);
    check(good == !*squid_survey_why(s));
    size_t n = good ? squid_survey_count(s) : 0;
    check(!good || n <= squid_survey_errors(s) + squid_survey_warnings(s));
    for (size_t i = 0; i < n; i++) {
        const struct squid_problem *p = squid_survey_at(s, i);
        check(p->check && p->check->effect && p->check->remedy);
        check(!p->at.line || (p->at.file && p->at.line <= lines_of(text)));
        check(!i || squid_survey_at(s, i - 1)->at.order <= p->at.order);
    }
    const struct squid_facts *f = good ? squid_survey_facts(s) : NULL;
    check(!f || (f->workers <= 1000 && f->groups.n <= SQUID_GROUPS_MAX && f->debug_level <= 9));
    for (size_t i = 0; f && i < f->splices.n_lines; i++) {
        struct splice_size size;
        squid_splice_measure(&f->splices, &f->splices.line[i], &size);
        check(size.known || size.why[0]);
    }
    squid_survey_free(s);
}

static void read_others(struct slice text)
{
    char path[300], why[CONFIG_PATH_MAX + 256], pattern[LOGROTATE_PATTERN_MAX];
    struct c_icap_conf c;
    struct listening l = { .open = false };
    struct redis_said said = { .told = false };
    unsigned line;
    path_of(names[0], path);
    check(c_icap_conf_read(&c, path, why, sizeof why) || why[0]);
    check(c.n_ports <= C_ICAP_PORTS_MAX);
    for (size_t i = 0; i < c.n_ports; i++)
        check(c.port[i].port <= 65535);
    if (logrotate_takes(text, "_var_log_a.jsonl", pattern, &line))
        check(pattern[0] == '/' && line <= lines_of(text));
    sockets_read(text, 1344, &l);
    redis_read_info(text, &said);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t text[FILE_MAX];
    if (size > sizeof text)
        return 0;
    if (size)
        memcpy(text, data, size);
    read_others(slice_of(text, 0));
    confine(text, size);
    struct slice all = slice_of(text, size);
    size_t at = slice_find_nocase(all, SLICE_OF("\n%%\n"));
    write_file(names[0], slice_sub(all, 0, at + 1));
    write_file(names[1], slice_from(all, at + 4));
    read_squid(all);
    read_others(slice_of(data, size));
    return 0;
}
