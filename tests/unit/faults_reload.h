/* SPDX-License-Identifier: Apache-2.0 */
/* faults_reload.h - a configuration is read again and put in the place of the one in force, on a machine
 * that fails: the new one is in force as a whole, with its log, or the old one stays as it was, and why is
 * told; records go on in either case. */
#ifndef OPTOUT_TESTS_FAULTS_RELOAD_H
#define OPTOUT_TESTS_FAULTS_RELOAD_H

#include "faults_log.h"

#include "icap/snapshot.h"

static bool reload_said[LINES]; /* lines that were acknowledged */

static void write_reloaded(const char *contact)
{
    char text[CONFIG_PATH_MAX + 400];
    snprintf(text, sizeof text, "optout.Node node\noptout.AuditDir %s\noptout.AuditSync write\n"
             "optout.Contact %s\noptout.Agents %s/agents\n", log_config.audit_dir, contact, dir);
    write_text("main.conf", slice_cstr(text));
    snprintf(text, sizeof text, "%s\ttrain\t-\tBot Inc\thttps://bot.example/\n", contact);
    write_text("agents", slice_cstr(text));
}

/* As a child does. */
static struct snapshot *renew(struct config_error *e)
{
    char path[160];
    snprintf(path, sizeof path, "%s/main.conf", dir);
    return snapshot_renew(path, true, e);
}

static void prepare_reload(void)
{
    prepare_written_log();
    assert_int_equal(mkdir(log_config.audit_dir, 0700), 0);
    memset(reload_said, 0, sizeof reload_said);
}

/* A record by the configuration in force, as a request writes it. */
static bool record(unsigned line)
{
    struct config_error e = { .reason = "" };
    struct snapshot *s = snapshot_get();
    assert_non_null(s);
    struct audit *a = snapshot_audit(s, &e);
    reload_said[line] = a && append_line(a, line) == OPTOUT_OK;
    snapshot_put(s);
    return reload_said[line];
}

/* Everything of it is there: its name, its digest and the file that it names belong together. */
static void is_in_force(const char *contact)
{
    struct snapshot *s = snapshot_get();
    assert_non_null(s);
    bool whole = s->agents && strcmp(s->config.contact, contact) == 0;
    size_t i = 0;
    while (i < s->n_files && !slice_starts_nocase(buf_slice(&s->file[i].text), slice_cstr(contact)))
        i++;
    if (!whole || i == s->n_files)
        fail_msg("%s: %s should be in force, and is %s", what_failed(), contact, s->config.contact);
    snapshot_put(s);
}

static void begin_with_first(void)
{
    struct config_error e = { .reason = "" };
    write_reloaded("first");
    struct snapshot *s = renew(&e);
    if (!s)
        fail_msg("no configuration: %s", e.reason);
    snapshot_install(s);
    if (!record(0))
        fail_msg("no record can be written");
    write_reloaded("second");
}

static bool use_reload(void)
{
    struct config_error e = { .reason = "" };
    atomic_store(&counting, false);
    begin_with_first();
    atomic_store(&counting, true);
    struct snapshot *s = renew(&e);
    if (!s && !e.reason[0])
        fail_msg("a reload is refused without a word, %s", what_failed());
    if (s)
        snapshot_install(s);
    bool written = record(1);
    atomic_store(&counting, false);
    is_in_force(s ? "second" : "first");
    if (!record(2) && !record(3)) /* the first may be told what failed before */
        fail_msg("%s: no record can be written after it", what_failed());
    snapshot_install(NULL);
    return !s || !written;
}

static void check_reload(void)
{
    check_lines(reload_said);
}

static const struct faulty faulty_reload = { "reload", prepare_reload, use_reload, check_reload };

#endif
