/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/metrics_request.h"

static struct slice trim_cr(struct slice line)
{
    return line.n && line.p[line.n - 1] == '\r' ? slice_sub(line, 0, line.n - 1) : line;
}

/* An empty line ends it. */
static bool head_has_ended(struct slice bytes)
{
    struct slice line;
    bool first = true;
    while (bytes.n && memchr(bytes.p, '\n', bytes.n)) {
        (void)slice_split(&bytes, '\n', &line);
        if (!first && trim_cr(line).n == 0)
            return true;
        first = false;
    }
    return false;
}

static bool is_word(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= 0x20 || s.p[i] >= 0x7F)
            return false;
    return s.n > 0;
}

static bool is_version(struct slice s)
{
    return s.n == 8 && slice_eq(slice_sub(s, 0, 7), SLICE_OF("HTTP/1.")) && s.p[7] >= '0' && s.p[7] <= '9';
}

static unsigned status_of(struct slice method, struct slice target)
{
    struct slice path = target;
    const uint8_t *query = memchr(target.p, '?', target.n);
    if (query)
        path = slice_sub(target, 0, (size_t)(query - target.p));
    if (!slice_eq(path, SLICE_OF("/metrics")))
        return 404;
    return slice_eq(method, SLICE_OF("GET")) || slice_eq(method, SLICE_OF("HEAD")) ? 200 : 405;
}

enum optout_rc metrics_request_read(struct slice bytes, struct metrics_request *out)
{
    struct slice line, method = SLICE_EMPTY, target = SLICE_EMPTY;
    *out = (struct metrics_request){ .status = 400 };
    if (bytes.n && (bytes.p[0] < 'A' || bytes.p[0] > 'Z'))
        return OPTOUT_OK; /* no method: not what it is here for, TLS for one */
    if (!head_has_ended(slice_sub(bytes, 0, METRICS_HEAD_MAX))) {
        out->status = 431;
        return bytes.n < METRICS_HEAD_MAX ? OPTOUT_MORE : OPTOUT_OK;
    }
    (void)slice_split(&bytes, '\n', &line);
    line = trim_cr(line);
    (void)slice_split(&line, ' ', &method);
    (void)slice_split(&line, ' ', &target);
    if (is_word(method) && is_word(target) && is_version(line)) {
        out->status = status_of(method, target);
        out->head = slice_eq(method, SLICE_OF("HEAD"));
    }
    return OPTOUT_OK;
}
