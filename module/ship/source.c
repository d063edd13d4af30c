/* SPDX-License-Identifier: Apache-2.0 */
#include "ship/source.h"

#include "core/hex.h"
#include "core/log.h"
#include "syntax/digest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), k = strlen(end);
    return n > k && strcmp(s + n - k, end) == 0;
}

/* Its name may change between the look and the opening: twice is enough, for it is closed once
 * and then compressed. */
static bool open_reader(struct source *s, const struct folder *f)
{
    for (unsigned turn = 0; turn < 3; turn++) {
        s->path = folder_path_of(f, s->segment);
        if (!s->path)
            return false;
        enum optout_rc rc = segment_reader_open(s->path, &s->reader);
        if (rc == OPTOUT_OK) {
            s->packed = ends_with(s->path, ".zst");
            return true;
        }
        int why = rc == OPTOUT_E_NOMEM ? ENOMEM : errno;
        free(s->path);
        s->path = NULL;
        errno = why;
        if (why != ENOENT)
            return false;
    }
    return false;
}

static void close_reader(struct source *s)
{
    segment_reader_close(s->reader);
    s->reader = NULL;
    free(s->path);
    s->path = NULL;
    s->has_line = false;
}

/* From the position on. */
static void begin(struct source *s)
{
    window_begin(&s->window, s->position.lines);
    s->skip = s->position.lines;
    s->bytes = 0;
    s->at_end = s->caught_up = s->damaged = false;
    s->since = 0;
}

struct source *source_open(const struct folder *f, struct segment *segment)
{
    struct source *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->segment = segment;
    if (!open_reader(s, f)) {
        int why = errno;
        free(s);
        errno = why;
        return NULL;
    }
    enum optout_rc rc = position_load(f->state, segment->name, &s->position);
    if (rc == OPTOUT_E_SYNTAX || rc == OPTOUT_E_IO)
        log_event_on(LOG_SEGMENT_TROUBLE, slice_cstr(segment->name),
                     "%s" POSITION_SUFFIX ": %s; the segment is shipped from its beginning",
                     segment->name, rc == OPTOUT_E_IO ? strerror(errno) : "this is no position of it");
    if (rc != OPTOUT_OK)
        s->position = (struct position){ .state = POSITION_OPEN };
    s->saved = s->position.lines;
    begin(s);
    return s;
}

void source_close(struct source *s)
{
    if (!s)
        return;
    close_reader(s);
    free(s);
}

bool source_rewind(struct source *s, const struct folder *f)
{
    if (window_is_empty(&s->window) && !s->has_line)
        return true;
    close_reader(s);
    if (!open_reader(s, f))
        return false;
    s->position.lines = s->window.taken;
    begin(s);
    return true;
}

/* ---- reading ---- */

static void first_of(struct slice line, char out[POSITION_FIRST])
{
    uint8_t sum[32];
    memset(out, 0, POSITION_FIRST);
    if (digest_of(line, sum))
        hex_print(out, sum, (POSITION_FIRST - 1) / 2);
}

/* A segment of that name, but another one: nothing of it was shipped. */
static void check_first(struct source *s, struct slice line)
{
    char first[POSITION_FIRST];
    first_of(line, first);
    if (s->position.lines && strcmp(first, s->position.first) != 0) {
        log_event_on(LOG_SEGMENT_TROUBLE, slice_cstr(s->segment->name),
                     "%s: another segment than the one of that name that was shipped before; it is "
                     "shipped from its beginning", s->segment->name);
        s->position.lines = 0;
        begin(s);
    }
    memcpy(s->position.first, first, sizeof first);
}

static enum optout_rc end_damaged(struct source *s, const char *what)
{
    log_event_on(LOG_SEGMENT_TROUBLE, slice_cstr(s->segment->name), "%s:%llu: %s", s->segment->name,
                 (unsigned long long)segment_reader_line(s->reader), what);
    s->at_end = s->damaged = true;
    return OPTOUT_DONE;
}

/* Lines that were taken are there for ever, in a segment that nobody has tampered with. */
static bool was_cut(const struct source *s)
{
    struct stat st;
    if (s->skip)
        return true;
    return !s->packed && stat(s->path, &st) == 0 && (uint64_t)st.st_size < s->bytes;
}

static enum optout_rc end_of_reading(struct source *s, enum optout_rc rc)
{
    s->caught_up = rc == OPTOUT_MORE || rc == OPTOUT_DONE || rc == OPTOUT_E_SYNTAX;
    switch (rc) {
    case OPTOUT_MORE:
        return was_cut(s) ? end_damaged(s, "lines that were shipped are no more there: it was cut")
                          : OPTOUT_MORE;
    case OPTOUT_DONE:
        if (s->skip)
            return end_damaged(s, "lines that were shipped are no more there: it was cut");
        s->at_end = true;
        return OPTOUT_DONE;
    case OPTOUT_E_SYNTAX: return end_damaged(s, "what follows is no whole line: cut or damaged");
    default: return rc;
    }
}

enum optout_rc source_next(struct source *s)
{
    if (s->has_line)
        return OPTOUT_OK;
    if (s->at_end)
        return OPTOUT_DONE;
    s->caught_up = false;
    for (;;) {
        struct slice line = SLICE_EMPTY;
        enum optout_rc rc = segment_reader_next(s->reader, &line);
        if (rc != OPTOUT_OK && rc != OPTOUT_E_LIMIT)
            return end_of_reading(s, rc);
        s->bytes += line.n + 1;
        s->unreadable = rc == OPTOUT_E_LIMIT;
        if (segment_reader_line(s->reader) == 1)
            check_first(s, s->unreadable ? SLICE_EMPTY : line);
        if (s->skip) {
            s->skip--;
            continue;
        }
        s->line = s->unreadable ? SLICE_EMPTY : line;
        s->has_line = true;
        return OPTOUT_OK;
    }
}

/* ---- what is under way ---- */

void source_sent(struct source *s, int64_t now)
{
    s->window.sent++;
    s->has_line = false;
    if (!s->since)
        s->since = now;
}

void source_taken(struct source *s, uint64_t line, int64_t now)
{
    if (window_take(&s->window, line)) {
        s->position.lines = s->window.taken;
        s->since = window_is_empty(&s->window) ? 0 : now;
    }
}

bool source_is_done(const struct source *s)
{
    return s->at_end && window_is_empty(&s->window);
}

bool source_save(struct source *s, const struct folder *f)
{
    enum position_state state = !source_is_done(s) ? POSITION_OPEN
                                : s->damaged       ? POSITION_DAMAGED
                                                   : POSITION_DONE;
    if (s->saved == s->position.lines && s->position.state == state)
        return true;
    struct position p = s->position;
    p.state = state;
    if (!position_save(f->state, s->segment->name, &p))
        return false;
    s->saved = p.lines;
    s->position.state = state;
    return true;
}
