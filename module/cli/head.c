/* SPDX-License-Identifier: Apache-2.0 */
/* The head of a stored response: RFC 9112 sections 2 and 4, with the line ends
 * and the several heads in a row that `curl -D` writes.
 *
 * Limits: HEAD_MAX bytes, HEADERS_MAX lines. */
#include "cli/head.h"

#include "cli/cli.h"
#include "core/file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define HEAD_ARENA_MAX (16u << 20)

int input_open(const char *path)
{
    if (strcmp(path, "-") == 0)
        return STDIN_FILENO;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        cli_error("%s: %s", path, strerror(errno));
    return fd;
}

ssize_t input_read(int fd, const char *path, void *to, size_t size)
{
    size_t got = 0;
    while (got < size) {
        ssize_t n = read(fd, (uint8_t *)to + got, size - got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            cli_error("%s: %s", path, strerror(errno));
            return -1;
        }
        if (n == 0)
            break;
        got += (size_t)n;
    }
    return (ssize_t)got;
}

void input_close(int fd)
{
    if (fd > STDERR_FILENO)
        close(fd);
}

static bool read_text(struct buf *text, const char *path)
{
    int fd = input_open(path);
    if (fd < 0)
        return false;
    enum optout_rc rc = file_read_fd(fd, text);
    if (rc == OPTOUT_E_IO)
        cli_error("%s: %s", path, strerror(errno));
    else if (rc != OPTOUT_OK)
        cli_error("%s: longer than a response head may be (%u bytes)", path, HEAD_MAX);
    input_close(fd);
    return rc == OPTOUT_OK;
}

/* The line at the front of `s` without its end; *next is what follows it. */
static struct slice take_line(struct slice s, struct slice *next)
{
    size_t end = slice_find(s, '\n');
    *next = slice_from(s, end < s.n ? end + 1 : end);
    if (end && s.p[end - 1] == '\r')
        end--;
    return slice_sub(s, 0, end);
}

/* Offset behind the empty line that ends the head, or s.n. */
static size_t head_length(struct slice s)
{
    struct slice rest = s;
    while (rest.n) {
        struct slice line = take_line(rest, &rest);
        if (line.n == 0)
            return s.n - rest.n;
    }
    return s.n;
}

static bool starts_with_status(struct slice s)
{
    struct slice next;
    int status;
    return exchange_status_line(take_line(s, &next), &status);
}

/* Of several heads in a row (redirects, 1xx, a proxy's answer to CONNECT) the
 * last is the response's. */
static bool find_last_head(struct slice text, const char *path, struct slice *head)
{
    *head = text;
    for (;;) {
        size_t n = head_length(*head);
        struct slice rest = slice_from(*head, n);
        if (slice_trim_space(rest).n == 0)
            break;
        if (!starts_with_status(rest)) {
            cli_error("%s: something follows the head; a response's body is a FILE of its own",
                      path);
            return false;
        }
        *head = rest;
    }
    *head = slice_sub(*head, 0, head_length(*head));
    return true;
}

static bool parse_file(struct head *h, const struct head_options *o)
{
    struct slice head, next;
    if (!read_text(&h->text, o->file) || !find_last_head(buf_slice(&h->text), o->file, &head))
        return false;
    bool has_status = exchange_status_line(take_line(head, &next), &h->x.status);
    if (has_status)
        head = next;
    enum optout_rc rc = headers_parse(&h->x.response, &h->arena, head);
    if (rc != OPTOUT_OK) {
        cli_error("%s: %s", o->file,
                  rc == OPTOUT_E_LIMIT ? "too many header lines" : "cannot be read as a head");
        return false;
    }
    if (!has_status && h->x.response.n == 0 && slice_trim_space(head).n) {
        cli_error("%s: no header field in it", o->file);
        return false;
    }
    return true;
}

static bool make_room(struct head *h, struct headers *to, size_t lines)
{
    if (lines > HEADERS_MAX - to->n) {
        cli_error("more header lines than a message may have (%d)", HEADERS_MAX);
        return false;
    }
    if (headers_reserve(to, &h->arena, to->n + lines) == OPTOUT_OK)
        return true;
    cli_error("out of memory");
    return false;
}

static bool append_line(struct head *h, struct headers *to, const char *option, const char *line)
{
    enum optout_rc rc = OPTOUT_E_SYNTAX;
    if (!strpbrk(line, "\r\n"))
        rc = headers_append(to, &h->arena, slice_cstr(line));
    if (rc == OPTOUT_OK)
        return true;
    cli_error("%s '%s': %s", option, line,
              rc == OPTOUT_E_SYNTAX ? "not of the form 'Name: value'" : "out of memory");
    return false;
}

/* Every Content-Type line says the type, so that no place of another changes. */
static void set_content_type(struct head *h, const char *type)
{
    struct headers *r = &h->x.response;
    bool found = false;
    for (size_t i = 0; i < r->n; i++) {
        if (slice_eq_nocase(r->v[i].name, SLICE_OF("Content-Type"))) {
            r->v[i].value = slice_cstr(type);
            found = true;
        }
    }
    if (!found)
        r->v[r->n++] = (struct header){ SLICE("Content-Type"), slice_cstr(type) };
}

static bool status_has_body(int status)
{
    return status >= 200 && status != 204 && status != 304;
}

bool head_build(struct head *h, const struct head_options *o)
{
    *h = (struct head){ .x = { .minor = 1 } };
    arena_init(&h->arena, HEAD_ARENA_MAX, NULL, 0);
    buf_init(&h->text, HEAD_MAX);
    h->x.method = slice_cstr(o->method ? o->method : "GET");
    h->x.url = slice_cstr(o->url);
    if (o->file && !parse_file(h, o))
        return false;
    if (!make_room(h, &h->x.response, o->n_lines + 1) || /* + 1: a Content-Type */
        !make_room(h, &h->x.request, o->n_request_lines))
        return false;
    for (size_t i = 0; i < o->n_lines; i++)
        if (!append_line(h, &h->x.response, "--header", o->line[i]))
            return false;
    for (size_t i = 0; i < o->n_request_lines; i++)
        if (!append_line(h, &h->x.request, "--request-header", o->request_line[i]))
            return false;
    if (o->content_type)
        set_content_type(h, o->content_type);
    if (o->status)
        h->x.status = o->status;
    else if (h->x.status == 0)
        h->x.status = 200;
    h->x.has_body = !o->no_body && !slice_eq(h->x.method, SLICE_OF("HEAD")) &&
                    status_has_body(h->x.status);
    return true;
}

void head_free(struct head *h)
{
    arena_reset(&h->arena);
    buf_free(&h->text);
}
