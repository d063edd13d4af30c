/* SPDX-License-Identifier: Apache-2.0 */
/* reader.c - lines out of a file that may be growing, or compressed.
 *
 * A segment is closed by taking `.open` from its name: at the end of what is there, a
 * reader looks whether the name is still the one it opened. */
#include "audit/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#define CHUNK (128u << 10)

struct segment_reader {
    const char *path;
    int fd;
    bool growing;  /* not yet seen to be closed */
    bool ended;    /* no more bytes will come */
    bool broken;   /* the frame is damaged, or cut */
    bool skipping; /* within a line that is too long */
    uint64_t line;
    _Atomic uint64_t bytes; /* read, less what was forgotten */

    ZSTD_DStream *zstd; /* NULL: not compressed */
    bool in_frame;
    uint8_t *packed; /* CHUNK bytes */
    size_t packed_n, packed_at;

    uint8_t *p; /* plain bytes: [at, n) are not yet returned, [at, seen) have no LF */
    size_t at, seen, n, room;
};

static bool ends_with(struct slice s, struct slice end)
{
    return s.n >= end.n && slice_eq(slice_from(s, s.n - end.n), end);
}

struct slice segment_reader_name(const struct segment_reader *r)
{
    static const struct slice ends[] = { SLICE(".open"), SLICE(".zst") };
    const char *last = strrchr(r->path, '/');
    struct slice name = slice_cstr(last ? last + 1 : r->path);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (ends_with(name, ends[i]))
            name.n -= ends[i].n;
    return name;
}

uint64_t segment_reader_line(const struct segment_reader *r)
{
    return r->line;
}

uint64_t segment_reader_bytes(const struct segment_reader *r)
{
    return atomic_load_explicit(&r->bytes, memory_order_relaxed);
}

/* One thread writes. */
static void count_bytes(struct segment_reader *r, int64_t n)
{
    uint64_t bytes = atomic_load_explicit(&r->bytes, memory_order_relaxed);
    atomic_store_explicit(&r->bytes, bytes + (uint64_t)n, memory_order_relaxed);
}

/* Compressed files are told by their first bytes (RFC 8878 section 3.1); what cannot be looked at
 * without being taken, as a pipe, is none. False: errno says why they could not be read. */
static bool look_whether_compressed(int fd, bool *compressed)
{
    static const uint8_t magic[4] = { 0x28, 0xB5, 0x2F, 0xFD };
    uint8_t first[sizeof magic];
    size_t n = 0;
    *compressed = false;
    while (n < sizeof first) {
        ssize_t k = pread(fd, first + n, sizeof first - n, (off_t)n);
        if (k < 0 && errno != EINTR)
            return errno == ESPIPE;
        if (k == 0)
            break;
        n += k > 0 ? (size_t)k : 0;
    }
    *compressed = n == sizeof first && memcmp(first, magic, sizeof magic) == 0;
    return true;
}

enum optout_rc segment_reader_open(const char *path, struct segment_reader **out)
{
    struct segment_reader *r = calloc(1, sizeof *r);
    *out = NULL;
    if (!r)
        return OPTOUT_E_NOMEM;
    r->path = path;
    bool compressed;
    r->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (r->fd < 0 || !look_whether_compressed(r->fd, &compressed)) {
        int why = errno;
        segment_reader_close(r);
        errno = why;
        return OPTOUT_E_IO;
    }
    r->growing = ends_with(slice_cstr(path), SLICE_OF(".open"));
    r->room = CHUNK;
    r->p = malloc(r->room);
    if (compressed) {
        r->zstd = ZSTD_createDStream();
        r->packed = malloc(CHUNK);
    }
    if (r->p && (!compressed || (r->packed && r->zstd))) {
        *out = r;
        return OPTOUT_OK;
    }
    segment_reader_close(r);
    return OPTOUT_E_NOMEM;
}

void segment_reader_close(struct segment_reader *r)
{
    if (!r)
        return;
    if (r->fd >= 0)
        close(r->fd);
    ZSTD_freeDStream(r->zstd);
    free(r->packed);
    free(r->p);
    free(r);
}

/* ---- bytes ---- */

static ssize_t read_some(int fd, void *to, size_t n)
{
    ssize_t k;
    do {
        k = read(fd, to, n);
    } while (k < 0 && errno == EINTR);
    return k;
}

/* Whether the name is still that of the file that is read. False: errno says why that is not known. */
static bool look_whether_written(const struct segment_reader *r, bool *written)
{
    struct stat there, here;
    *written = false;
    if (stat(r->path, &there) != 0)
        return errno == ENOENT;
    if (fstat(r->fd, &here) != 0)
        return false;
    *written = there.st_dev == here.st_dev && there.st_ino == here.st_ino;
    return true;
}

/* What follows the last LF of a segment that is written may be cut off again: its writer
 * died, or the disk was full. It is read anew, and never joined with what came later. */
static bool forget_unfinished(struct segment_reader *r)
{
    off_t n = (off_t)(r->n - r->at);
    if (n && lseek(r->fd, -n, SEEK_CUR) < 0)
        return false;
    count_bytes(r, -n);
    r->n = r->seen = r->at;
    return true;
}

/* At what was the end: more may have been written before the file was closed. */
static enum optout_rc end_of_file(struct segment_reader *r)
{
    bool written = false;
    if (r->growing && !look_whether_written(r, &written))
        return OPTOUT_E_IO;
    if (written)
        return OPTOUT_MORE;
    if (r->growing) {
        r->growing = false; /* read once more */
        return forget_unfinished(r) ? OPTOUT_OK : OPTOUT_E_IO;
    }
    r->ended = true;
    return OPTOUT_OK;
}

static enum optout_rc fill_plain(struct segment_reader *r)
{
    size_t had = r->growing ? r->n - r->at : 0;
    if (r->growing && !forget_unfinished(r))
        return OPTOUT_E_IO;
    ssize_t k = read_some(r->fd, r->p + r->n, r->room - r->n);
    if (k < 0)
        return OPTOUT_E_IO;
    r->n += (size_t)k;
    count_bytes(r, k);
    return (size_t)k > had ? OPTOUT_OK : end_of_file(r);
}

static enum optout_rc fill_packed(struct segment_reader *r)
{
    if (r->packed_at == r->packed_n) { /* zstd leaves a byte there while it holds any back */
        ssize_t k = read_some(r->fd, r->packed, CHUNK);
        if (k < 0)
            return OPTOUT_E_IO;
        count_bytes(r, k);
        r->packed_at = 0;
        r->packed_n = (size_t)k;
        if (k == 0) {
            r->ended = true;
            r->broken = r->in_frame;
            return OPTOUT_OK;
        }
    }
    ZSTD_inBuffer in = { r->packed, r->packed_n, r->packed_at };
    ZSTD_outBuffer to = { r->p, r->room, r->n };
    size_t left = ZSTD_decompressStream(r->zstd, &to, &in);
    r->packed_at = in.pos;
    r->n = to.pos;
    r->in_frame = left != 0;
    if (ZSTD_isError(left))
        r->ended = r->broken = true;
    return OPTOUT_OK;
}

/* Makes room behind what is not yet returned. */
static bool make_room(struct segment_reader *r)
{
    if (r->at) {
        memmove(r->p, r->p + r->at, r->n - r->at);
        r->n -= r->at;
        r->seen -= r->at;
        r->at = 0;
    }
    if (r->n < r->room)
        return true;
    size_t room = r->room * 2;
    uint8_t *p = room <= 2 * READER_LINE_MAX ? realloc(r->p, room) : NULL;
    if (!p)
        return false;
    r->p = p;
    r->room = room;
    return true;
}

/* ---- lines ---- */

/* A line that is there whole. False: there is none. */
static bool take_line(struct segment_reader *r, struct slice *line)
{
    const uint8_t *lf = memchr(r->p + r->seen, '\n', r->n - r->seen);
    r->seen = r->n;
    if (!lf)
        return false;
    *line = slice_of(r->p + r->at, (size_t)(lf - (r->p + r->at)));
    r->at = r->seen = (size_t)(lf - r->p) + 1;
    r->line++;
    return true;
}

static bool is_too_long(const struct segment_reader *r)
{
    return r->n - r->at > READER_LINE_MAX;
}

static enum optout_rc end_of_lines(struct segment_reader *r)
{
    bool torn = r->n > r->at || r->skipping || r->broken;
    r->at = r->seen = r->n;
    r->skipping = r->broken = false;
    return torn ? OPTOUT_E_SYNTAX : OPTOUT_DONE;
}

enum optout_rc segment_reader_next(struct segment_reader *r, struct slice *line)
{
    for (;;) {
        bool skipped = r->skipping;
        if (take_line(r, line)) {
            r->skipping = false;
            if (!skipped && line->n <= READER_LINE_MAX)
                return OPTOUT_OK;
            return OPTOUT_E_LIMIT;
        }
        if (is_too_long(r)) {
            r->skipping = true;
            r->at = r->seen = r->n;
        }
        if (r->ended)
            return end_of_lines(r);
        if (!make_room(r))
            return OPTOUT_E_NOMEM;
        enum optout_rc rc = r->zstd ? fill_packed(r) : fill_plain(r);
        if (rc != OPTOUT_OK)
            return rc;
    }
}
