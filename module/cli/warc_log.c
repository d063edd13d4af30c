/* SPDX-License-Identifier: Apache-2.0 */
/* warc_log.c - the audit log beside WARC files: its lines, and what it says of sites. */
#include "cli/warc.h"

#include "answers/record_view.h"
#include "answers/segments.h"
#include "audit/reader.h"
#include "cli/cli.h"

#include <errno.h>

/* ---- lines ---- */

static bool read_segment(struct segment_file *f, warc_log_line *take, void *ctx)
{
    struct segment_reader *in;
    struct slice line;
    bool goes_on = true;
    enum optout_rc rc = segment_reader_open(f->path, &in);
    if (rc == OPTOUT_E_IO && errno == ENOENT && segment_find_again(f))
        rc = segment_reader_open(f->path, &in);
    if (rc != OPTOUT_OK) {
        cli_error("%s: %s", f->path, rc == OPTOUT_E_IO ? strerror(errno) : "out of memory");
        return false;
    }
    while (goes_on &&
           ((rc = segment_reader_next(in, &line)) == OPTOUT_OK || rc == OPTOUT_E_LIMIT))
        if (rc == OPTOUT_OK)
            goes_on = take(ctx, line);
    if (rc == OPTOUT_E_SYNTAX)
        cli_error("%s: damaged at its end; see 'optout audit cat'", f->path);
    segment_reader_close(in);
    return goes_on && (rc == OPTOUT_DONE || rc == OPTOUT_MORE || rc == OPTOUT_E_SYNTAX);
}

bool warc_log_read(const char *const *log, size_t n, warc_log_line *take, void *ctx)
{
    struct segment_list list = { .n = 0 };
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++) {
        ok = segment_list_add(&list, log[i]);
        if (!ok)
            cli_error("%s: %s", log[i], strerror(errno));
    }
    for (size_t i = 0; ok && i < list.n; i++)
        ok = read_segment(&list.file[i], take, ctx);
    segment_list_free(&list);
    return ok;
}

/* ---- what was known of sites ---- */

#define EVENT_LOOKED_AT 64 /* bytes of a line: its event is its second member */

struct filling {
    struct site_log *log;
    size_t changed;
};

static bool is_named_rightly(const struct record_view *v)
{
    char id[BUNDLE_ID_SIZE];
    struct slice said = v->value[FIELD_ID]; /* in quotes */
    return bundle_id(v->value[FIELD_BUNDLE], id) && said.n == sizeof id + 2 &&
           memcmp(said.p + 1, id, sizeof id) == 0;
}

static bool take_bundle(void *ctx, struct slice line)
{
    struct filling *f = ctx;
    struct record_view v;
    struct slice event = SLICE_OF("\"site\""), front = slice_sub(line, 0, EVENT_LOOKED_AT);
    if (!memmem(front.p, front.n, event.p, event.n) || !record_view_read(&v, line) ||
        !slice_eq(v.value[FIELD_EVENT], event))
        return true;
    enum optout_rc rc = is_named_rightly(&v) ? site_log_add(f->log, v.value[FIELD_BUNDLE])
                                             : OPTOUT_E_SYNTAX;
    if (rc == OPTOUT_E_LIMIT)
        cli_error("the log knows more versions of site files than are kept (%u): name segments of "
                  "the time in question alone", SITE_LOG_FILES);
    else if (rc == OPTOUT_E_NOMEM)
        cli_error("out of memory");
    f->changed += rc == OPTOUT_E_SYNTAX;
    return rc == OPTOUT_OK || rc == OPTOUT_E_SYNTAX;
}

struct site_log *warc_log_sites(const char *const *log, size_t n, struct store *originals,
                                const struct agents *agents)
{
    struct filling f = { .log = site_log_new(originals, agents) };
    if (!f.log)
        cli_error("out of memory");
    if (f.log && warc_log_read(log, n, take_bundle, &f)) {
        if (f.changed)
            cli_error("%zu lines about sites in the log were changed or cut: not used", f.changed);
        site_log_sort(f.log);
        return f.log;
    }
    site_log_free(f.log);
    return NULL;
}
