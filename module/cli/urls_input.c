/* SPDX-License-Identifier: Apache-2.0 */
/* urls_input.c - the bytes of one list, whatever it is packed in.
 *
 * Limits: PIECE bytes at a time; what is packed is unpacked as it is asked for, in the fixed
 * memory of http/coding, whose zstd window is 8 MiB. */
#include "cli/urls.h"

#include "cli/cli.h"
#include "cli/head.h"
#include "http/coding.h"

#include <errno.h>
#include <unistd.h>

#define PIECE 65536u
#define SIGNATURE 6 /* bytes that tell how it is packed */

struct reading {
    const struct urls_input *in;
    int fd;
    uint64_t skip;
    bool stopped;
    struct coding *coding;
};

/* ---- bytes, unpacked ---- */

static enum optout_rc take(void *ctx, struct slice bytes)
{
    struct reading *r = ctx;
    if (r->skip >= bytes.n) {
        r->skip -= bytes.n;
        return OPTOUT_MORE;
    }
    bytes = slice_from(bytes, (size_t)r->skip);
    r->skip = 0;
    r->stopped = r->in->feed(r->in->ctx, bytes) != OPTOUT_OK;
    return r->stopped ? OPTOUT_DONE : OPTOUT_MORE;
}

static enum optout_rc feed(struct reading *r, struct slice bytes)
{
    return r->coding ? coding_feed(r->coding, bytes) : take(r, bytes);
}

/* ---- bytes, as they are ---- */

/* 0: the end; -1: a message was printed; -2: no more is wanted. */
static ssize_t read_piece(struct reading *r, uint8_t *to, size_t n)
{
    for (;;) {
        if (urls_signal || !r->in->wait(r->in->ctx, r->fd))
            return -2;
        ssize_t got = read(r->fd, to, n);
        if (got >= 0)
            return got;
        if (errno == EINTR || errno == EAGAIN)
            continue;
        cli_error("%s: %s", r->in->path, strerror(errno));
        return -1;
    }
}

static bool open_coding(struct reading *r, struct slice head)
{
    static const struct coding_limits none = { .output_max = UINT64_MAX };
    struct slice name = SLICE_EMPTY;
    if (coding_begins(CODING_GZIP, head))
        name = SLICE_OF("gzip");
    else if (coding_begins(CODING_ZSTD, head))
        name = SLICE_OF("zstd");
    if (name.n && coding_open(name, &none, take, r, &r->coding) != OPTOUT_OK) {
        cli_error("%s: out of memory", r->in->path);
        return false;
    }
    return true;
}

/* What is passed over of a file that is not packed need not be read. */
static bool seek(struct reading *r, size_t had)
{
    if (r->coding || r->skip <= had || r->fd == STDIN_FILENO ||
        lseek(r->fd, (off_t)r->skip, SEEK_SET) < 0)
        return false;
    r->skip = 0;
    return true;
}

static bool complain(const struct reading *r, enum optout_rc rc)
{
    cli_error("%s: %s", r->in->path,
              rc == OPTOUT_E_NOMEM  ? "out of memory"
              : rc == OPTOUT_E_LIMIT ? "this cannot be unpacked here; unpack it first"
                                     : "it is damaged, or not all of it is there");
    return false;
}

/* What was read may be the front of something packed that ends here. */
static bool finish(struct reading *r)
{
    enum optout_rc rc = r->coding ? coding_finish(r->coding) : OPTOUT_OK;
    return rc == OPTOUT_OK || complain(r, rc);
}

static bool read_on(struct reading *r, uint8_t *piece)
{
    for (;;) {
        ssize_t n = read_piece(r, piece, PIECE);
        if (n < 0) {
            r->stopped = n == -2;
            return false;
        }
        if (n == 0)
            return finish(r);
        enum optout_rc rc = feed(r, slice_of(piece, (size_t)n));
        if (r->stopped)
            return false;
        if (rc != OPTOUT_MORE && rc != OPTOUT_OK && rc != OPTOUT_DONE)
            return complain(r, rc);
    }
}

static bool read_all(struct reading *r)
{
    uint8_t piece[PIECE];
    size_t had = 0;
    ssize_t n = 1;
    while (had < SIGNATURE && n > 0) {
        n = read_piece(r, piece + had, sizeof piece - had);
        had += n > 0 ? (size_t)n : 0;
    }
    if (n < 0) {
        r->stopped = n == -2;
        return false;
    }
    if (!open_coding(r, slice_of(piece, had)))
        return false;
    if (!seek(r, had) && had) {
        enum optout_rc rc = feed(r, slice_of(piece, had));
        if (r->stopped)
            return false;
        if (rc < 0)
            return complain(r, rc);
    }
    return read_on(r, piece);
}

enum urls_input_end urls_input_read(const struct urls_input *in)
{
    struct reading r = { .in = in, .skip = in->skip };
    r.fd = input_open(in->path);
    if (r.fd < 0)
        return URLS_INPUT_BROKEN;
    bool ok = read_all(&r);
    coding_close(r.coding);
    input_close(r.fd);
    if (r.stopped)
        return URLS_INPUT_STOPPED;
    return ok ? URLS_INPUT_ENDED : URLS_INPUT_BROKEN;
}
