/* SPDX-License-Identifier: Apache-2.0 */
/* reader.c - WARC 1.1 (ISO 28500:2017) section 4, annex D; gzip and zstd by stream.c. */
#include "warc/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define NEWLINES_MAX 8            /* CR and LF between records; two of each are due */
#define JSON_LINE_MAX (1u << 20)  /* Browsertrix keeps certificates in one line */
#define JSON_FIELD "WARC-JSON-Metadata:"
#define SEARCH_PIECE (64u << 10)  /* read at a time when a lost record is looked for */

const char *warc_damage_name(enum warc_damage d)
{
    static const char *const names[WARC_DAMAGE_COUNT] = {
        "none", "length-mismatch", "truncated-file", "damaged", "unreadable", "bad-header",
        "garbage", "trailing-garbage",
    };
    return names[d];
}

/* ---- places and complaints ---- */

static bool is_plain(const struct warc_reader *r)
{
    return r->s.kind == STREAM_PLAIN;
}

/* Where what comes next begins. */
static uint64_t place(const struct warc_reader *r)
{
    bool behind = stream_window(&r->s).n == 0 && (r->s.ended || !r->s.inside);
    return is_plain(r) || behind ? stream_offset(&r->s) : r->s.member;
}

static void tell(struct warc_reader *r, enum warc_damage d, uint64_t from, uint64_t to,
                 const char *why)
{
    if (from < r->from || from >= r->limit)
        return; /* another reader's */
    if (r->told)
        r->told(r->ctx, d, from, to, why);
}

/* Of the record that is open; the gravest that is known first stays. */
static void blame(struct warc_reader *r, enum warc_damage d, const char *why)
{
    if (r->record.damage)
        return;
    r->record.damage = (uint8_t)d;
    r->record.why = why;
}

/* What the stream says instead of bytes becomes the damage of what is being read. */
static enum warc_damage damage_of(enum optout_rc rc)
{
    return rc == OPTOUT_E_IO ? WARC_CUT : rc == OPTOUT_E_UNSUP ? WARC_BOMB : WARC_DAMAGED;
}

static bool is_damage(enum optout_rc rc)
{
    return rc == OPTOUT_E_SYNTAX || rc == OPTOUT_E_UNSUP || (rc == OPTOUT_E_IO && errno == 0);
}

/* ---- heads ---- */

/* Where the line that nobody reads has its value, in the window; w.n: nowhere. */
static size_t json_value(struct slice w)
{
    for (size_t line = 0; line < w.n;) {
        struct slice here = slice_from(w, line);
        if (slice_starts_nocase(here, SLICE_OF(JSON_FIELD)))
            return line + sizeof JSON_FIELD - 1;
        line += slice_find(here, '\n') + 1;
    }
    return w.n;
}

/* The value is taken out of the window, as far as it is there, for it may be longer than a
 * head. False: that is not why the head is too long. */
static bool drop_json(struct warc_reader *r, size_t *dropped)
{
    struct stream *s = &r->s;
    struct slice w = stream_window(s);
    size_t from = json_value(w);
    size_t n = slice_find(slice_from(w, from), '\n');
    if (n == 0 || from >= w.n || *dropped > JSON_LINE_MAX)
        return false;
    memmove(s->window + s->at + from, s->window + s->at + from + n, w.n - from - n);
    s->n -= n;
    *dropped += n;
    return true;
}

/* Length of the head at the front of the window; *n 0: there is no end of one. */
static enum optout_rc find_head(struct warc_reader *r, size_t *n)
{
    size_t dropped = 0;
    for (;;) {
        struct slice w = stream_window(&r->s);
        *n = warc_head_end(slice_sub(w, 0, WARC_RECORD_HEAD_MAX));
        if (*n)
            return OPTOUT_OK;
        if (w.n >= WARC_RECORD_HEAD_MAX) {
            if (drop_json(r, &dropped))
                continue;
            return OPTOUT_OK;
        }
        enum optout_rc rc = stream_more(&r->s);
        if (rc == OPTOUT_MORE || rc == OPTOUT_DONE)
            return OPTOUT_OK;
        if (rc != OPTOUT_OK)
            return rc;
    }
}

static bool is_mandatory_there(const struct warc_head *h)
{
    return h->type_name.n && h->id.n && h->date.n;
}

/* Reads the head at the front of the window without taking it. */
static enum optout_rc read_head(struct warc_reader *r, const char **why)
{
    size_t n;
    enum optout_rc rc = find_head(r, &n);
    if (rc != OPTOUT_OK)
        return rc;
    *why = "its head does not end within 64 KiB";
    if (n == 0)
        return OPTOUT_E_LIMIT;
    memcpy(r->head, stream_window(&r->s).p, n);
    r->head_n = n;
    rc = warc_head_read(&r->record.head, r->head, n);
    *why = r->record.head.why;
    return rc == OPTOUT_E_SYNTAX ? OPTOUT_E_LIMIT : rc;
}

/* ---- finding a record again ---- */

/* A version line and fields, as far as they are there: each line is looked at once, for the
 * next version line ends what came before. */
static bool is_plausible(struct slice s)
{
    struct slice line;
    if (s.n > 8 && (s.p[6] != '.' || !ascii_is_digit(s.p[7])))
        return false;
    for (bool first = true; slice_split(&s, '\n', &line) && s.p; first = false) {
        if (!first && slice_trim_space(line).n == 0)
            return true;
        bool folded = line.n && (line.p[0] == ' ' || line.p[0] == '\t');
        if (first ? line.n > 16 : !folded && slice_find(line, ':') == line.n)
            return false;
    }
    return true;
}

/* Where a head may begin in the window; w.n: nowhere in what is there. */
static size_t candidate(struct slice w, bool line_begins)
{
    for (size_t i = 0; i < w.n; i++) {
        size_t k = slice_find(slice_from(w, i), 'W');
        i += k;
        if (i + 6 > w.n)
            break;
        struct slice here = slice_from(w, i);
        if (warc_head_begins(here) && (i ? w.p[i - 1] == '\n' : line_begins) &&
            is_plausible(here))
            return i;
    }
    return w.n;
}

static bool is_a_record(struct warc_reader *r)
{
    const char *why;
    return read_head(r, &why) == OPTOUT_OK && is_mandatory_there(&r->record.head);
}

/* Passes over what is no record, up to one that is or the end of the member. The record that
 * was being read keeps its facts. */
static enum optout_rc scan(struct warc_reader *r)
{
    struct warc_record kept = r->record;
    uint8_t *text = r->head;
    r->head = r->spare;
    r->spare = text;
    bool line_begins = r->s.taken == 0;
    enum optout_rc rc = OPTOUT_OK;
    bool found = false;
    while (rc == OPTOUT_OK && !found) {
        struct slice w = stream_window(&r->s);
        size_t i = candidate(w, line_begins);
        if (i < w.n) {
            stream_take(&r->s, i);
            found = is_a_record(r);
            if (!found)
                stream_take(&r->s, 5);
            line_begins = false;
            continue;
        }
        size_t pass = w.n > 6 ? w.n - 6 : 0;
        line_begins = pass ? w.p[pass - 1] == '\n' : line_begins;
        stream_take(&r->s, pass);
        rc = stream_more(&r->s);
        if (rc == OPTOUT_MORE || rc == OPTOUT_DONE)
            stream_take(&r->s, stream_window(&r->s).n);
    }
    r->spare = r->head;
    r->head = text;
    r->record = kept;
    return rc;
}

/* The same behind a member that cannot be decoded any further. */
static enum optout_rc find_member(struct warc_reader *r)
{
    r->lost = false;
    enum optout_rc rc = stream_resync(&r->s);
    return rc == OPTOUT_OK && !is_plain(r) ? stream_next_member(&r->s) : rc;
}

/* The same; what is wrong with that one, too, is for the next turn. */
static enum optout_rc find_member_again(struct warc_reader *r)
{
    enum optout_rc rc = find_member(r);
    r->lost = is_damage(rc);
    return r->lost ? OPTOUT_OK : rc;
}

/* ---- lengths ---- */

static size_t read_at(const struct warc_reader *r, uint64_t offset, uint8_t *to, size_t n)
{
    ssize_t got;
    do
        got = pread(r->s.fd, to, n, (off_t)offset);
    while (got < 0 && errno == EINTR);
    return got > 0 ? (size_t)got : 0;
}

/* Whether a record, or the end of the file, follows at this place. */
static bool border_is_at(const struct warc_reader *r, uint64_t offset)
{
    uint8_t text[NEWLINES_MAX + 6];
    size_t n = read_at(r, offset, text, sizeof text), i = 0;
    while (i < n && i < NEWLINES_MAX && (text[i] == '\r' || text[i] == '\n'))
        i++;
    return i == n || warc_head_begins(slice_of(text + i, n - i));
}

/* The head that begins at this place of the file, if a record does. */
static bool record_is_at(const struct warc_reader *r, uint64_t offset, uint8_t *text)
{
    struct warc_head h;
    size_t n = read_at(r, offset, text, WARC_RECORD_HEAD_MAX);
    size_t head = warc_head_end(slice_of(text, n));
    return head && warc_head_read(&h, text, head) == OPTOUT_OK && is_mandatory_there(&h);
}

/* The place of the first record from `from` on, or the end of the file. */
static uint64_t find_record_at(const struct warc_reader *r, uint64_t from)
{
    uint8_t *piece = malloc(SEARCH_PIECE + WARC_RECORD_HEAD_MAX);
    uint64_t at = from, found = r->s.size;
    size_t n = 0;
    while (piece && (n = read_at(r, at, piece, SEARCH_PIECE)) > 6) {
        size_t i = candidate(slice_of(piece, n), at == from);
        if (i == n) {
            at += n - 6;
        } else if (record_is_at(r, at + i, piece + SEARCH_PIECE)) {
            found = at + i;
            break;
        } else {
            at += i + 5;
        }
    }
    free(piece);
    return found;
}

/* In a file that can be sought what follows is looked at before the block is read. */
static void check_length(struct warc_reader *r)
{
    uint64_t block = stream_offset(&r->s), size = r->s.size;
    uint64_t left = block < size ? size - block : 0;
    if (!is_plain(r) || !r->s.seekable)
        return;
    bool fits = r->left <= left;
    if (fits && border_is_at(r, block + r->left))
        return;
    uint64_t end = find_record_at(r, block);
    if (end == size && !fits) {
        r->left = left;
        blame(r, WARC_CUT, "the file ends within it");
        return;
    }
    uint8_t before[4];
    r->left = end - block;
    size_t n = r->left < sizeof before ? (size_t)r->left : sizeof before;
    n = read_at(r, end - n, before, n);
    while (n && r->left && end < size && (before[n - 1] == '\r' || before[n - 1] == '\n')) {
        n--;
        r->left--;
    }
    blame(r, WARC_LENGTH_MISMATCH, "another record begins where its length does not say so");
}

/* ---- life ---- */

enum optout_rc warc_open(struct warc_reader *r, int fd, uint64_t from, uint64_t limit,
                         struct slice side_dictionary, warc_told *told, void *ctx)
{
    *r = (struct warc_reader){ .from = from, .limit = limit, .told = told, .ctx = ctx };
    r->head = malloc(WARC_RECORD_HEAD_MAX);
    r->spare = malloc(WARC_RECORD_HEAD_MAX);
    r->last_member = UINT64_MAX;
    enum optout_rc rc = stream_open(&r->s, fd, side_dictionary);
    if (!r->head || !r->spare)
        return OPTOUT_E_NOMEM;
    if (rc != OPTOUT_OK || from == 0)
        return rc;
    if (!r->s.seekable) {
        errno = ESPIPE;
        return OPTOUT_E_IO;
    }
    if (from >= r->s.size) {
        r->over = true;
    } else if (!is_plain(r)) { /* plain files are walked through from their beginning */
        r->s.member = from - 1;
        r->lost = true;
    }
    return OPTOUT_OK;
}

void warc_close(struct warc_reader *r)
{
    stream_close(&r->s);
    free(r->spare);
    free(r->head);
}

/* ---- records ---- */

/* To the next byte of the file that may begin a record. */
static enum optout_rc find_start(struct warc_reader *r)
{
    for (;;) {
        struct slice w = stream_window(&r->s);
        size_t i = 0;
        while (i < w.n && (w.p[i] == '\r' || w.p[i] == '\n'))
            i++;
        stream_take(&r->s, i);
        if (w.n - i >= 6)
            return OPTOUT_OK;
        enum optout_rc rc = stream_more(&r->s);
        if (rc == OPTOUT_OK)
            continue;
        if ((rc == OPTOUT_MORE || rc == OPTOUT_DONE) && w.n - i)
            return OPTOUT_OK; /* some bytes that are no record */
        if (rc == OPTOUT_MORE)
            rc = stream_next_member(&r->s);
        if (rc != OPTOUT_OK)
            return rc;
    }
}

/* Bytes of the file that are no record have ended. */
static void tell_garbage(struct warc_reader *r, uint64_t from, enum optout_rc rc,
                         const char *why)
{
    uint64_t to = rc == OPTOUT_DONE && r->s.seekable ? r->s.size : place(r);
    r->skipped += to - from;
    tell(r, rc == OPTOUT_DONE ? WARC_TRAILING : WARC_GARBAGE, from, to, why);
}

static enum optout_rc pass_garbage(struct warc_reader *r)
{
    uint64_t from = place(r);
    enum optout_rc rc = scan(r);
    if (rc == OPTOUT_E_NOMEM || (rc == OPTOUT_E_IO && errno))
        return rc;
    r->lost = is_damage(rc);
    rc = rc == OPTOUT_MORE ? stream_next_member(&r->s) : rc;
    if (is_damage(rc)) {
        r->lost = true;
        rc = OPTOUT_OK;
    }
    tell_garbage(r, from, rc, "no record begins here");
    return rc;
}

/* The stream cannot go on: to a member behind, if there is one. */
static enum optout_rc pass_damage(struct warc_reader *r, enum optout_rc rc)
{
    uint64_t from = r->s.member;
    enum warc_damage d = damage_of(rc);
    const char *why = r->s.why;
    bool none = rc == OPTOUT_E_SYNTAX && r->s.none;
    rc = find_member_again(r);
    if (rc != OPTOUT_OK && rc != OPTOUT_DONE)
        return rc;
    uint64_t to = rc == OPTOUT_DONE ? r->s.seekable ? r->s.size : place(r) : r->s.member;
    if (none)
        d = rc == OPTOUT_DONE ? WARC_TRAILING : WARC_GARBAGE;
    r->skipped += to - from;
    tell(r, d, from, to, why);
    return rc;
}

static enum optout_rc take_record(struct warc_reader *r)
{
    const char *why = NULL;
    uint64_t offset = place(r);
    bool first = is_plain(r) || r->s.member != r->last_member;
    enum optout_rc rc = read_head(r, &why);
    if (rc == OPTOUT_E_LIMIT) {
        stream_take(&r->s, 5);
        rc = scan(r);
        bool on = rc == OPTOUT_OK || rc == OPTOUT_MORE || rc == OPTOUT_DONE;
        tell(r, WARC_BAD_HEAD, offset, on ? stream_offset(&r->s) : offset, why);
        return on ? OPTOUT_MORE : rc;
    }
    if (rc != OPTOUT_OK)
        return rc;
    struct warc_head head = r->record.head;
    r->record = (struct warc_record){ .head = head, .offset = offset, .shared = !first };
    stream_take(&r->s, r->head_n);
    r->left = head.length;
    r->open = true;
    r->last_member = r->s.member;
    r->loose |= head.loose_lines || head.old;
    check_length(r);
    return OPTOUT_OK;
}

/* One that begins before `from` is another reader's, in a plain file that is walked through. */
static bool is_ours(const struct warc_reader *r)
{
    return r->record.offset >= r->from;
}

enum optout_rc warc_next(struct warc_reader *r)
{
    enum optout_rc rc = r->open ? warc_end(r) : OPTOUT_OK;
    while (rc >= 0 && !r->over) {
        rc = r->lost ? find_member_again(r) : OPTOUT_OK;
        if (r->lost)
            continue;
        if (rc == OPTOUT_OK)
            rc = find_start(r);
        if (is_damage(rc))
            rc = pass_damage(r, rc);
        else if (rc == OPTOUT_OK && place(r) >= r->limit)
            rc = OPTOUT_DONE;
        else if (rc == OPTOUT_OK && !warc_head_begins(stream_window(&r->s)))
            rc = pass_garbage(r);
        else if (rc == OPTOUT_OK)
            rc = take_record(r);
        if (is_damage(rc))
            rc = pass_damage(r, rc);
        r->over = rc == OPTOUT_DONE;
        if (r->open && is_ours(r)) {
            r->records++;
            return OPTOUT_OK;
        }
        if (r->open)
            rc = warc_end(r);
    }
    return rc < 0 ? rc : OPTOUT_DONE;
}

enum optout_rc warc_at(struct warc_reader *r, uint64_t offset)
{
    r->open = r->lost = r->over = false;
    enum optout_rc rc = stream_seek(&r->s, offset);
    if (rc == OPTOUT_OK)
        rc = find_start(r);
    if (rc == OPTOUT_OK && place(r) == offset && warc_head_begins(stream_window(&r->s)))
        rc = take_record(r);
    return rc == OPTOUT_OK && r->open ? OPTOUT_OK
           : rc == OPTOUT_E_NOMEM ? rc : OPTOUT_E_SYNTAX;
}

/* ---- blocks ---- */

/* The member has ended, the block has not: a record of several members, or a length that is
 * too long. */
static enum optout_rc cross(struct warc_reader *r)
{
    enum optout_rc rc = stream_next_member(&r->s);
    if (rc == OPTOUT_OK)
        rc = stream_more(&r->s);
    if (rc == OPTOUT_OK && warc_head_begins(stream_window(&r->s))) {
        blame(r, WARC_LENGTH_MISMATCH, "its member ends before its length does");
        r->left = 0;
        r->record.length = r->s.member - r->record.offset;
    } else if (rc == OPTOUT_OK) {
        r->record.spans = true;
    }
    return rc;
}

/* Bytes in the window, or the end of the block; what goes wrong is the record's damage. */
static enum optout_rc want_block(struct warc_reader *r)
{
    while (r->left && stream_window(&r->s).n == 0) {
        enum optout_rc rc = stream_more(&r->s);
        if (rc == OPTOUT_MORE)
            rc = cross(r);
        if (rc == OPTOUT_DONE) {
            blame(r, WARC_CUT, "the file ends within it");
            r->left = 0;
        } else if (is_damage(rc)) {
            blame(r, damage_of(rc), r->s.why);
            r->left = 0;
            r->lost = true;
        } else if (rc != OPTOUT_OK) {
            return rc;
        }
    }
    return OPTOUT_OK;
}

struct slice warc_peek(struct warc_reader *r)
{
    (void)want_block(r);
    struct slice w = stream_window(&r->s);
    return slice_sub(w, 0, r->left < w.n ? (size_t)r->left : w.n);
}

enum optout_rc warc_block(struct warc_reader *r, struct slice *piece)
{
    enum optout_rc rc = want_block(r);
    *piece = SLICE_EMPTY;
    if (rc != OPTOUT_OK || r->left == 0)
        return rc == OPTOUT_OK ? OPTOUT_DONE : rc;
    struct slice w = stream_window(&r->s);
    *piece = slice_sub(w, 0, r->left < w.n ? (size_t)r->left : w.n);
    stream_take(&r->s, piece->n);
    r->left -= piece->n;
    return OPTOUT_OK;
}

static enum optout_rc drain(struct warc_reader *r)
{
    struct slice piece;
    enum optout_rc rc = OPTOUT_OK;
    if (is_plain(r) && r->s.seekable && r->left > STREAM_WINDOW) {
        uint64_t n = r->left;
        r->left = 0;
        return stream_skip(&r->s, n);
    }
    while (rc == OPTOUT_OK)
        rc = warc_block(r, &piece);
    return rc == OPTOUT_DONE ? OPTOUT_OK : rc;
}

/* Behind the block: newlines, then another record or the end of the member. */
static enum optout_rc look_behind(struct warc_reader *r)
{
    size_t newlines = 0;
    for (;;) {
        struct slice w = stream_window(&r->s);
        size_t i = 0;
        while (i < w.n && newlines < NEWLINES_MAX && (w.p[i] == '\r' || w.p[i] == '\n')) {
            i++;
            newlines++;
        }
        stream_take(&r->s, i);
        struct slice rest = slice_from(w, i);
        if (rest.n >= 6)
            return warc_head_begins(rest) ? OPTOUT_OK : OPTOUT_E_SYNTAX;
        enum optout_rc rc = stream_more(&r->s);
        if (rc == OPTOUT_OK)
            continue;
        if (rc == OPTOUT_MORE || rc == OPTOUT_DONE)
            return rest.n ? OPTOUT_E_SYNTAX : rc;
        if (is_damage(rc)) {
            blame(r, damage_of(rc), r->s.why);
            r->lost = true;
            return OPTOUT_MORE;
        }
        return rc;
    }
}

static enum optout_rc find_next(struct warc_reader *r)
{
    blame(r, WARC_LENGTH_MISMATCH, "its length ends where no record does");
    enum optout_rc rc = scan(r);
    if (is_damage(rc)) {
        r->lost = true;
        rc = OPTOUT_MORE;
    }
    return rc;
}

enum optout_rc warc_end(struct warc_reader *r)
{
    struct warc_record *rec = &r->record;
    if (!r->open)
        return OPTOUT_OK;
    r->open = false;
    enum optout_rc rc = drain(r);
    bool known = rec->length; /* the next one begins there */
    if (rc == OPTOUT_OK && !known && !r->lost && rec->damage != WARC_CUT)
        rc = look_behind(r);
    if (rc == OPTOUT_E_SYNTAX)
        rc = find_next(r);
    if (rc < 0)
        return rc;
    bool more = rc == OPTOUT_OK && !known && !r->lost && !is_plain(r) && rec->damage != WARC_CUT;
    rec->shared |= more;
    r->shared |= rec->shared;
    if (!known)
        rec->length = stream_offset(&r->s) - rec->offset;
    if (r->lost && !is_plain(r)) {
        rc = find_member_again(r); /* its own bytes end where the next can be found */
        uint64_t end = rc == OPTOUT_OK ? r->s.member : r->s.seekable ? r->s.size : place(r);
        rec->length = end - rec->offset;
        r->over = rc == OPTOUT_DONE;
        if (rc < 0)
            return rc;
    }
    if (rec->damage)
        tell(r, (enum warc_damage)rec->damage, rec->offset, rec->offset + rec->length, rec->why);
    return OPTOUT_OK;
}
