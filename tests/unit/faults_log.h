/* SPDX-License-Identifier: Apache-2.0 */
/* faults_log.h - the audit log on a disk that fails. A line that was acknowledged is there once
 * and whole; one that was refused was told with a reason and is not there; no line is half a
 * line. */
#ifndef OPTOUT_TESTS_FAULTS_LOG_H
#define OPTOUT_TESTS_FAULTS_LOG_H

#include "faults_fixture.h"

#include "audit/segment.h"
#include "policy/config.h"

#define LINES 6

static struct config log_config;

static void prepare_log(enum audit_sync sync)
{
    log_config = (struct config){ .audit_sync = (uint8_t)sync };
    snprintf(log_config.node, sizeof log_config.node, "node");
    snprintf(log_config.audit_dir, sizeof log_config.audit_dir, "%s/log", dir); /* it is made */
}

static inline void prepare_written_log(void) { prepare_log(AUDIT_SYNC_WRITE); }
static inline void prepare_synced_log(void) { prepare_log(AUDIT_SYNC_EACH); }

static struct audit *open_log(void)
{
    struct config_error e = { .reason = "" };
    struct audit *a = audit_open(&log_config, &e);
    if (!a && !e.reason[0])
        fail_msg("audit_open fails without a word, %s", what_failed());
    return a;
}

static enum optout_rc append_line(struct audit *a, unsigned i)
{
    char line[64];
    int n = snprintf(line, sizeof line, "{\"line\":%u,\"end\":1}\n", i);
    errno = 0;
    enum optout_rc rc = audit_append(a, slice_of(line, (size_t)n), NULL);
    if (rc != OPTOUT_OK && rc != OPTOUT_E_NOMEM && errno == 0)
        fail_msg("audit_append fails without a reason, %s", what_failed());
    return rc;
}

/* Which lines were acknowledged. */
struct log_said {
    bool opened, line[LINES];
    unsigned refused;
};

static struct log_said log_said;

static bool use_log(void)
{
    log_said = (struct log_said){ .opened = false };
    struct audit *a = open_log();
    log_said.opened = a != NULL;
    for (unsigned i = 0; a && i < LINES; i++) {
        if (i == LINES / 2 && audit_reopen(a) != OPTOUT_OK)
            log_said.refused++;
        log_said.line[i] = append_line(a, i) == OPTOUT_OK;
        log_said.refused += !log_said.line[i];
    }
    audit_close(a);
    return !log_said.opened || log_said.refused;
}

static void take_line(const char *line, unsigned times[LINES])
{
    unsigned i = LINES, end = 0;
    size_t n = strlen(line);
    if (n == 0 || line[n - 1] != '\n')
        fail_msg("%s: half a line: %s", what_failed(), line);
    if (sscanf(line, "{\"line\":%u,\"end\":%u}\n", &i, &end) == 2 && end == 1 && i < LINES)
        times[i]++;
    else if (!strstr(line, "\"gap\""))
        fail_msg("%s: a strange line: %s", what_failed(), line);
}

/* What a shipper of logs finds: closed segments, whole. */
static void read_closed(unsigned times[LINES], unsigned *open_files)
{
    DIR *d = opendir(log_config.audit_dir);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        char path[CONFIG_PATH_MAX + 300], line[4096];
        size_t n = strlen(e->d_name);
        if (n < 7 || strcmp(e->d_name + n - 6, ".jsonl") != 0) {
            *open_files += n > 5 && strcmp(e->d_name + n - 5, ".open") == 0;
            continue;
        }
        snprintf(path, sizeof path, "%s/%s", log_config.audit_dir, e->d_name);
        FILE *f = fopen(path, "r");
        assert_non_null(f);
        while (fgets(line, sizeof line, f))
            take_line(line, times);
        fclose(f);
    }
    closedir(d);
}

/* A line that is refused is taken back; on a disk that refuses that too, it stays. `said`: those that
 * were acknowledged. */
static void check_lines(const bool said[LINES])
{
    unsigned times[LINES] = { 0 }, open_files = 0;
    audit_close(open_log()); /* whoever starts next adopts what was left */
    read_closed(times, &open_files);
    if (open_files)
        fail_msg("%s: a segment is left open for ever", what_failed());
    for (unsigned i = 0; i < LINES; i++)
        if (times[i] != said[i] && !(times[i] == 1 && several_fail()))
            fail_msg("%s: line %u was %s and is there %u times", what_failed(), i,
                     said[i] ? "acknowledged" : "refused", times[i]);
}

static void check_log(void)
{
    check_lines(log_said.line);
}

static const struct faulty faulty_log = { "log", prepare_written_log, use_log, check_log };
static const struct faulty faulty_synced_log = { "log, each line synced", prepare_synced_log,
                                                 use_log, check_log };

#endif
