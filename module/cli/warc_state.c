/* SPDX-License-Identifier: Apache-2.0 */
/* warc_state.c - a file that grows by a line whenever something was written for good: one JSON
 * object with file, its size, where to go on, and how long each output was then. A run that
 * was killed goes on behind the last whole line; outputs that are files are cut back to what
 * they were, so that each record is there once. */
#include "cli/warc.h"

#include "cli/cli.h"
#include "core/file.h"
#include "syntax/json.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define STATE_MAX (256u << 20)
#define OUTPUTS_MAX 2

struct warc_state {
    int fd;
    int out[OUTPUTS_MAX];
    size_t n_out;
    json_t *files; /* name -> the last line of it */
    struct buf line;
};

static uint64_t member(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    return json_is_integer(v) && json_integer_value(v) > 0 ? (uint64_t)json_integer_value(v) : 0;
}

/* The output was longer when the run was killed than when it wrote this line. */
static bool cut_output(int fd, const json_t *o)
{
    struct stat st;
    if (!json_is_object(o) || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
        member(o, "inode") != st.st_ino || member(o, "device") != st.st_dev ||
        member(o, "size") >= (uint64_t)st.st_size)
        return true;
    if (ftruncate(fd, (off_t)member(o, "size")) == 0)
        return lseek(fd, 0, SEEK_END) >= 0;
    cli_error("an output cannot be cut back to where the state is: %s", strerror(errno));
    return false;
}

static bool read_lines(struct warc_state *s, struct slice text)
{
    struct slice line;
    json_t *last = NULL;
    bool ok = true;
    while (slice_find(text, '\n') < text.n && slice_split(&text, '\n', &line)) {
        json_t *o = json_loadb((const char *)line.p, line.n, 0, NULL);
        const char *name = json_string_value(json_object_get(o, "file"));
        if (name) {
            json_object_set(s->files, name, o);
            json_decref(last);
            last = json_incref(o);
        }
        json_decref(o);
    }
    const json_t *out = json_object_get(last, "outputs");
    for (size_t i = 0; ok && last && i < s->n_out; i++)
        ok = cut_output(s->out[i], json_array_get(out, i));
    json_decref(last);
    return ok;
}

struct warc_state *warc_state_open(const char *path, const int fd[], size_t n_fd)
{
    struct buf text;
    struct warc_state *s = calloc(1, sizeof *s);
    if (!s || !(s->files = json_object())) {
        cli_error("out of memory");
        free(s);
        return NULL;
    }
    for (size_t i = 0; i < n_fd && i < OUTPUTS_MAX; i++)
        s->out[s->n_out++] = fd[i];
    buf_init(&s->line, 64u << 10);
    buf_init(&text, STATE_MAX);
    s->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    bool ok = s->fd >= 0 && file_read_fd(s->fd, &text) == OPTOUT_OK;
    if (!ok)
        cli_error("%s: %s", path, text.failed ? "too long, or out of memory" : strerror(errno));
    ok = ok && read_lines(s, buf_slice(&text));
    if (ok && text.n && text.p[text.n - 1] != '\n')
        ok = write(s->fd, "\n", 1) == 1; /* behind half a line */
    if (ok && !text.n) /* what the outputs were before anything */
        ok = warc_state_keep(s, "", 0, false);
    buf_free(&text);
    if (ok)
        return s;
    warc_state_close(s);
    return NULL;
}

void warc_state_close(struct warc_state *s)
{
    if (!s)
        return;
    if (s->fd >= 0)
        close(s->fd);
    json_decref(s->files);
    buf_free(&s->line);
    free(s);
}

uint64_t warc_state_of(const struct warc_state *s, const char *file)
{
    struct stat st;
    const json_t *o = json_object_get(s->files, file);
    if (!o || stat(file, &st) != 0)
        return 0;
    if (json_is_true(json_object_get(o, "done")) && member(o, "size") == (uint64_t)st.st_size)
        return UINT64_MAX;
    uint64_t offset = member(o, "offset");
    return offset <= (uint64_t)st.st_size ? offset : 0; /* it is another one now */
}

static void print_outputs(const struct warc_state *s, struct json *j)
{
    struct stat st;
    json_open(j, "outputs", '[');
    for (size_t i = 0; i < s->n_out; i++) {
        if (fstat(s->out[i], &st) != 0 || !S_ISREG(st.st_mode)) {
            json_nil(j, NULL);
            continue;
        }
        json_open(j, NULL, '{');
        json_int(j, "device", (int64_t)st.st_dev);
        json_int(j, "inode", (int64_t)st.st_ino);
        json_int(j, "size", (int64_t)st.st_size);
        json_close(j, '}');
    }
    json_close(j, ']');
}

bool warc_state_keep(struct warc_state *s, const char *file, uint64_t offset, bool done)
{
    struct stat st;
    struct json j = json_to(&s->line);
    buf_clear(&s->line);
    json_open(&j, NULL, '{');
    json_str(&j, "file", file);
    json_int(&j, "size", stat(file, &st) == 0 ? (int64_t)st.st_size : 0);
    json_int(&j, "offset", (int64_t)offset);
    json_bool(&j, "done", done);
    print_outputs(s, &j);
    json_close(&j, '}');
    buf_putc(&s->line, '\n');
    if (s->line.failed == OPTOUT_OK &&
        write(s->fd, s->line.p, s->line.n) == (ssize_t)s->line.n)
        return true;
    cli_error("the state cannot be written: %s", strerror(errno));
    return false;
}
