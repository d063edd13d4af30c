/* SPDX-License-Identifier: Apache-2.0 */
/* urls_state.c - where a run is, in a file of its own: one JSON object.
 *
 * Written beside and renamed, and both the file and its folder are synced: after a power cut
 * there is the new state or the old one. The output is synced before. */
#include "cli/urls.h"

#include "cli/cli.h"
#include "core/file.h"
#include "site/store_value.h"
#include "syntax/json.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define STATE_MAX 65536
#define STATE_VERSION 1

uint64_t urls_state_key(const struct urls_options *o)
{
    uint64_t key = store_hash(slice_of(&o->form.kind, sizeof o->form.kind), STATE_VERSION);
    for (size_t i = 0; i < o->form.path.n; i++)
        key = store_hash(o->form.path.name[i], key);
    key = store_hash(slice_cstr(o->column), key);
    const uint8_t how[] = { o->header, o->separator_given, o->form.separator };
    key = store_hash(slice_of(how, sizeof how), key);
    key = store_hash(slice_cstr(o->profile), key);
    key = store_hash(slice_cstr(o->output), key);
    key = store_hash(slice_of(&o->print, sizeof o->print), key);
    key = store_hash(slice_of(&o->format, sizeof o->format), key);
    for (size_t i = 0; i < o->n_files; i++)
        key = store_hash(slice_cstr(o->file[i]), key);
    return key;
}

/* ---- reading ---- */

static uint64_t number(const json_t *j, const char *name)
{
    json_int_t n = json_integer_value(json_object_get(j, name));
    return n > 0 ? (uint64_t)n : 0;
}

static uint64_t hex(const json_t *j, const char *name)
{
    const char *text = json_string_value(json_object_get(j, name));
    return text ? strtoull(text, NULL, 16) : 0;
}

static void read_counts(const json_t *j, struct urls_counts *c)
{
    const char *name;
    json_t *n;
    *c = (struct urls_counts){ .rows = number(j, "rows"), .malformed = number(j, "malformed"),
                               .crlf = number(j, "crlf"), .bom = number(j, "bom") };
    for (unsigned v = 0; v < URL_VERDICT_COUNT; v++)
        c->by_verdict[v] = number(j, url_verdict_name((enum url_verdict)v));
    for (unsigned d = 0; d < DECISION_COUNT; d++)
        c->by_decision[d] = number(json_object_get(j, "decisions"),
                                   decision_name((enum decision_kind)d));
    json_object_foreach(json_object_get(j, "reasons"), name, n)
        urls_count_reason(c, name, (uint64_t)json_integer_value(n));
}

static bool take_state(const json_t *j, struct urls_state *s)
{
    if (number(j, "v") != STATE_VERSION || !json_is_integer(json_object_get(j, "output")))
        return false;
    *s = (struct urls_state){
        .key = hex(j, "key"),
        .file = number(j, "file"),
        .offset = number(j, "offset"),
        .line = number(j, "line"),
        .column = number(j, "column"),
        .separator = number(j, "separator"),
        .tail_n = number(j, "tail"),
        .tail_hash = hex(j, "tail_hash"),
        .output = number(j, "output"),
        .done = json_is_true(json_object_get(j, "done")),
    };
    read_counts(json_object_get(j, "counts"), &s->counts);
    return s->line > 0;
}

enum optout_rc urls_state_read(const char *path, struct urls_state *s)
{
    struct buf text;
    buf_init(&text, STATE_MAX);
    enum optout_rc rc = file_read(path, &text);
    if (rc == OPTOUT_E_IO && errno == ENOENT) {
        buf_free(&text);
        return OPTOUT_DONE;
    }
    if (rc == OPTOUT_E_IO) {
        cli_error("%s: %s", path, strerror(errno));
    } else {
        json_t *j = rc == OPTOUT_OK ? json_loadb((const char *)text.p, text.n, 0, NULL) : NULL;
        rc = j && take_state(j, s) ? OPTOUT_OK : OPTOUT_E_SYNTAX;
        json_decref(j);
        if (rc != OPTOUT_OK)
            cli_error("%s: this is no state of a run; remove it to begin anew", path);
    }
    buf_free(&text);
    return rc;
}

/* ---- writing ---- */

static void put_hex(struct json *j, const char *name, uint64_t n)
{
    char text[17];
    snprintf(text, sizeof text, "%016llx", (unsigned long long)n);
    json_str(j, name, text);
}

void urls_counts_print(struct json *j, const struct urls_counts *c)
{
    json_int(j, "rows", (int64_t)c->rows);
    for (unsigned v = 0; v < URL_VERDICT_COUNT; v++)
        json_int(j, url_verdict_name((enum url_verdict)v), (int64_t)c->by_verdict[v]);
    json_int(j, "malformed", (int64_t)c->malformed);
    json_int(j, "crlf", (int64_t)c->crlf);
    json_int(j, "bom", (int64_t)c->bom);
    json_open(j, "decisions", '{');
    for (unsigned d = 0; d < DECISION_COUNT; d++)
        if (c->by_decision[d])
            json_int(j, decision_name((enum decision_kind)d), (int64_t)c->by_decision[d]);
    json_close(j, '}');
    json_open(j, "reasons", '{');
    for (size_t i = 0; i < c->n_reasons; i++)
        json_int(j, c->reason[i].name, (int64_t)c->reason[i].n);
    json_close(j, '}');
}

static void print_state(const struct urls_state *s, struct buf *out)
{
    struct json j = json_to(out);
    json_open(&j, NULL, '{');
    json_int(&j, "v", STATE_VERSION);
    put_hex(&j, "key", s->key);
    json_int(&j, "file", (int64_t)s->file);
    json_int(&j, "offset", (int64_t)s->offset);
    json_int(&j, "line", (int64_t)s->line);
    json_int(&j, "column", (int64_t)s->column);
    json_int(&j, "separator", (int64_t)s->separator);
    json_int(&j, "tail", (int64_t)s->tail_n);
    put_hex(&j, "tail_hash", s->tail_hash);
    json_int(&j, "output", (int64_t)s->output);
    json_bool(&j, "done", s->done);
    json_open(&j, "counts", '{');
    urls_counts_print(&j, &s->counts);
    json_close(&j, '}');
    json_close(&j, '}');
    buf_putc(out, '\n');
}

static bool sync_folder(const char *path)
{
    char copy[4096];
    snprintf(copy, sizeof copy, "%s", path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return ok;
}

static bool write_beside(const char *path, const char *beside, struct slice text)
{
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return false;
    bool ok = write(fd, text.p, text.n) == (ssize_t)text.n && fsync(fd) == 0;
    ok = close(fd) == 0 && ok;
    return ok && rename(beside, path) == 0 && sync_folder(path);
}

bool urls_state_write(const char *path, const struct urls_state *s)
{
    char beside[4096];
    struct buf text;
    buf_init(&text, STATE_MAX);
    print_state(s, &text);
    errno = ENAMETOOLONG;
    bool ok = snprintf(beside, sizeof beside, "%s.new", path) < (int)sizeof beside &&
              !text.failed && write_beside(path, beside, buf_slice(&text));
    if (!ok)
        cli_error("%s: %s", path, strerror(errno));
    buf_free(&text);
    return ok;
}

void urls_count_reason(struct urls_counts *c, const char *reason, uint64_t n)
{
    size_t i = 0;
    while (i < c->n_reasons && strcmp(c->reason[i].name, reason) != 0)
        i++;
    if (i == URLS_REASONS_MAX || strlen(reason) >= URLS_REASON_MAX)
        return;
    if (i == c->n_reasons) {
        memcpy(c->reason[i].name, reason, strlen(reason) + 1);
        c->n_reasons++;
    }
    c->reason[i].n += n;
}
