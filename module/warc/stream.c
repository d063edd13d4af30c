/* SPDX-License-Identifier: Apache-2.0 */
/* stream.c - RFC 1952, RFC 8878, iipc.github.io/warc-specifications (zstd 1.0).
 *
 * Limits: stream.h; RESYNC_PROOF decoded bytes must show a record behind damage. */
#include "warc/stream.h"

#include "core/bytes.h"
#include "warc/stream_decode.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define RESYNC_PROOF 512u
#define SMALL_MEMBER (128u << 10)  /* stored bytes that are waited for before one is looked at */
#define STEP_MAX (128u << 10)      /* decoded at a time, so that it is still near when it is read */
#define EXPANSION_FREE (10u << 20) /* decoded bytes of a member at any ratio */
#define EXPANSION_MAX 200u         /* decoded bytes for a stored one, beyond that */

/* ---- stored bytes ---- */

/* Moves what is left to the front and reads behind it. False with errno. */
static bool fill_input(struct stream *s)
{
    size_t left = s->in_n - s->in_at;
    if (s->in_at && left)
        memmove(s->in, s->in + s->in_at, left);
    s->in_offset += s->in_at;
    s->in_at = 0;
    s->in_n = left;
    while (!s->in_end && s->in_n < STREAM_INPUT) {
        ssize_t n = read(s->fd, s->in + s->in_n, STREAM_INPUT - s->in_n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        s->in_end = n == 0;
        s->in_n += (size_t)n;
    }
    return true;
}

static struct slice input(const struct stream *s)
{
    return slice_of(s->in + s->in_at, s->in_n - s->in_at);
}

/* At least `n` stored bytes, or all that are left. False with errno. */
static bool want_input(struct stream *s, size_t n)
{
    return s->in_n - s->in_at >= n || s->in_end || fill_input(s);
}

static uint64_t input_offset(const struct stream *s)
{
    return s->in_offset + s->in_at;
}

/* ---- life ---- */

enum optout_rc stream_open(struct stream *s, int fd, struct slice side_dictionary)
{
    struct stat st;
    *s = (struct stream){ .fd = fd, .size = UINT64_MAX, .side_dictionary = side_dictionary };
    s->in = malloc(STREAM_INPUT);
    s->window = malloc(STREAM_WINDOW);
    s->d = decoders_new();
    if (!s->in || !s->window || !s->d)
        return OPTOUT_E_NOMEM;
    off_t at = lseek(fd, 0, SEEK_CUR);
    s->seekable = at >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    if (s->seekable) {
        s->size = (uint64_t)st.st_size;
        s->in_offset = (uint64_t)at;
    }
    if (!fill_input(s))
        return OPTOUT_E_IO;
    s->kind = (uint8_t)decoders_tell(input(s));
    s->member = input_offset(s);
    return s->kind == STREAM_ZSTD ? decoders_dictionary(s) : OPTOUT_OK;
}

void stream_close(struct stream *s)
{
    decoders_free(s->d);
    free(s->window);
    free(s->in);
}

/* ---- members ---- */

static void move_window(struct stream *s)
{
    if (s->at && s->n > s->at)
        memmove(s->window, s->window + s->at, s->n - s->at);
    s->n -= s->at;
    s->at = 0;
}

static enum optout_rc more_plain(struct stream *s, size_t room)
{
    size_t n;
    if (!want_input(s, 1))
        return OPTOUT_E_IO;
    n = s->in_n - s->in_at;
    if (n == 0) {
        s->inside = false;
        s->ended = true;
        return OPTOUT_DONE;
    }
    n = n < room ? n : room;
    memcpy(s->window + s->n, s->in + s->in_at, n);
    s->n += n;
    s->in_at += n;
    return OPTOUT_OK;
}

static enum optout_rc cut(struct stream *s)
{
    s->why = "the file ends within it";
    s->inside = false;
    errno = 0;
    return OPTOUT_E_IO;
}

/* Most members are small: those that are in the buffer whole are decoded at once. False: this
 * one is not, or is broken. */
static bool whole_member(struct stream *s)
{
    size_t used, made;
    s->fresh = false;
    if (s->at != s->n || !want_input(s, SMALL_MEMBER))
        return false;
    move_window(s);
    if (decoders_whole(s, input(s), s->window, STREAM_WINDOW, &used, &made) != OPTOUT_DONE)
        return false;
    s->in_at += used;
    s->n = made;
    s->ended = true;
    s->inside = false;
    return true;
}

/* Decodes until there is something to take or the member ends. */
static enum optout_rc more_coded(struct stream *s, size_t room)
{
    for (;;) {
        size_t used = 0, made = 0;
        if (!want_input(s, s->in_at == s->in_n ? 1 : 0))
            return OPTOUT_E_IO;
        enum optout_rc rc = decoders_step(s, input(s), s->window + s->n, room, &used, &made);
        s->in_at += used;
        s->n += made;
        s->ended = rc == OPTOUT_DONE;
        s->inside = rc == OPTOUT_OK;
        if (rc < 0)
            return rc;
        if (made)
            return OPTOUT_OK;
        if (s->ended)
            return OPTOUT_MORE;
        if (s->in_at == s->in_n && s->in_end)
            return cut(s);
        if (used == 0 && s->in_at != s->in_n && !fill_input(s))
            return OPTOUT_E_IO;
    }
}

static bool is_bomb(const struct stream *s)
{
    return s->taken > EXPANSION_FREE &&
           s->taken / EXPANSION_MAX > input_offset(s) - s->member;
}

enum optout_rc stream_more(struct stream *s)
{
    if (s->kind != STREAM_PLAIN && s->ended)
        return OPTOUT_MORE;
    if (!s->inside && s->kind != STREAM_PLAIN)
        return stream_next_member(s);
    if (s->at == s->n || STREAM_WINDOW - s->n < STREAM_WINDOW / 4)
        move_window(s);
    size_t room = STREAM_WINDOW - s->n;
    room = room < STEP_MAX ? room : STEP_MAX;
    if (room == 0)
        return OPTOUT_E_LIMIT;
    if (s->kind != STREAM_PLAIN && is_bomb(s)) {
        s->why = "it decodes to more than 200 times its size";
        return OPTOUT_E_UNSUP;
    }
    if (s->fresh && whole_member(s))
        return s->n ? OPTOUT_OK : OPTOUT_MORE;
    return s->kind == STREAM_PLAIN ? more_plain(s, room) : more_coded(s, room);
}

/* Zeros pad files to blocks; only zeros to the end are no damage. */
static enum optout_rc pass_zeros(struct stream *s)
{
    for (;;) {
        while (s->in_at < s->in_n && s->in[s->in_at] == 0)
            s->in_at++;
        if (s->in_at < s->in_n)
            return OPTOUT_OK;
        if (s->in_end)
            return OPTOUT_DONE;
        if (!fill_input(s))
            return OPTOUT_E_IO;
    }
}

enum optout_rc stream_next_member(struct stream *s)
{
    if (s->kind == STREAM_PLAIN)
        return s->in_at == s->in_n && s->in_end ? OPTOUT_DONE : OPTOUT_OK;
    for (;;) {
        if (!want_input(s, DECODERS_LOOK))
            return OPTOUT_E_IO;
        s->member = input_offset(s);
        s->taken = 0;
        enum optout_rc rc = pass_zeros(s);
        if (rc != OPTOUT_OK)
            return rc;
        if (!want_input(s, DECODERS_LOOK))
            return OPTOUT_E_IO;
        uint64_t skip = 0;
        rc = decoders_begin(s, input(s), &skip);
        if (rc == OPTOUT_OK) {
            s->member = input_offset(s);
            s->inside = s->fresh = true;
            s->ended = s->none = false;
            return OPTOUT_OK;
        }
        s->none = rc == OPTOUT_E_SYNTAX;
        if (rc != OPTOUT_MORE)
            return rc;
        rc = stream_skip(s, skip); /* a frame that is to be passed over */
        if (rc != OPTOUT_OK)
            return rc == OPTOUT_DONE ? cut(s) : rc;
    }
}

uint64_t stream_offset(const struct stream *s)
{
    return input_offset(s) - (s->kind == STREAM_PLAIN ? s->n - s->at : 0);
}

/* ---- elsewhere ---- */

enum optout_rc stream_seek(struct stream *s, uint64_t offset)
{
    s->at = s->n = 0;
    s->taken = 0;
    s->inside = s->ended = s->fresh = false;
    s->member = offset;
    if (offset >= s->in_offset && offset - s->in_offset <= s->in_n) {
        s->in_at = (size_t)(offset - s->in_offset);
        return OPTOUT_OK;
    }
    if (!s->seekable || lseek(s->fd, (off_t)offset, SEEK_SET) < 0)
        return OPTOUT_E_IO;
    s->in_offset = offset;
    s->in_at = s->in_n = 0;
    s->in_end = false;
    return OPTOUT_OK;
}

enum optout_rc stream_stored(struct stream *s, void *to, size_t n)
{
    uint8_t *out = to;
    while (n) {
        if (!want_input(s, s->in_at == s->in_n ? 1 : 0))
            return OPTOUT_E_IO;
        size_t have = s->in_n - s->in_at;
        have = have < n ? have : n;
        if (have == 0)
            return OPTOUT_DONE;
        memcpy(out, s->in + s->in_at, have);
        s->in_at += have;
        out += have;
        n -= have;
    }
    return OPTOUT_OK;
}

/* Stored bytes are passed over, and with plain files what stands in the window. */
enum optout_rc stream_skip(struct stream *s, uint64_t n)
{
    size_t have = s->kind == STREAM_PLAIN ? s->n - s->at : 0;
    have = n < have ? (size_t)n : have;
    stream_take(s, have);
    n -= have;
    while (n) {
        size_t here = s->in_n - s->in_at;
        here = n < here ? (size_t)n : here;
        s->in_at += here;
        n -= here;
        if (n == 0)
            break;
        if (s->in_end)
            return OPTOUT_DONE;
        if (s->seekable && n > STREAM_INPUT) {
            uint64_t to = input_offset(s) + n;
            to = to < s->size ? to : s->size;
            n -= to - input_offset(s);
            enum optout_rc rc = stream_seek(s, to);
            if (rc != OPTOUT_OK)
                return rc;
            if (n)
                return OPTOUT_DONE;
            break;
        }
        if (!fill_input(s))
            return OPTOUT_E_IO;
    }
    return OPTOUT_OK;
}

/* A member that begins with a record stands at the front of the input. */
static bool begins_a_record(struct stream *s)
{
    uint8_t out[RESYNC_PROOF];
    size_t used, made, n = 0, at = 0;
    uint64_t skip;
    if (!want_input(s, STREAM_INPUT / 4) || decoders_begin(s, input(s), &skip) != OPTOUT_OK)
        return false;
    enum optout_rc rc = OPTOUT_OK;
    while (rc == OPTOUT_OK && n < sizeof out) {
        rc = decoders_step(s, slice_from(input(s), at), out + n, sizeof out - n, &used, &made);
        at += used;
        n += made;
        if (used == 0 && made == 0)
            break;
    }
    size_t from = 0;
    while (from < n && (out[from] == '\r' || out[from] == '\n'))
        from++;
    struct slice head = slice_of(out + from, n - from);
    return rc >= 0 && head.n > 8 && memcmp(head.p, "WARC/", 5) == 0 &&
           slice_find_nocase(head, SLICE_OF("\nwarc-")) < head.n;
}

enum optout_rc stream_resync(struct stream *s)
{
    if (s->kind == STREAM_PLAIN)
        return OPTOUT_OK;
    uint64_t from = s->member + 1;
    if (from >= s->in_offset || s->seekable) {
        enum optout_rc rc = stream_seek(s, from);
        if (rc != OPTOUT_OK)
            return rc;
    }
    s->at = s->n = 0;
    s->inside = s->ended = false;
    for (;;) {
        if (!want_input(s, DECODERS_LOOK))
            return OPTOUT_E_IO;
        struct slice here = input(s);
        if (here.n < 4)
            return OPTOUT_DONE;
        size_t i = decoders_find(s, here);
        s->in_at += i;
        if (i < here.n && begins_a_record(s))
            return stream_seek(s, input_offset(s));
        if (i < here.n)
            s->in_at++;
        else
            s->in_at -= s->in_end ? 0 : 3; /* a magic that is cut by the end of the buffer */
        if (s->in_at + 4 > s->in_n && s->in_end)
            return OPTOUT_DONE;
        if (s->in_at + 4 > s->in_n && !fill_input(s))
            return OPTOUT_E_IO;
    }
}
