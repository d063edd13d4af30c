/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_audit_log.c - a segment of the log with any bytes in it, as `optout audit cat` reads
 * it: the same lines whether it is closed or growing, cut anywhere; what is printed is whole,
 * and a terminal obeys nothing of it. */
#include "audit/reader.h"
#include "cli/audit_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What came of reading one segment. */
struct outcome {
    uint64_t hash, lines;
    enum optout_rc end;
};

static int fd = -1;
static char closed[64], growing[512]; /* two names of the same file */

static void make_names(void)
{
    const char *folder = getenv("TMPDIR");
    fd = memfd_create("segment", MFD_CLOEXEC);
    snprintf(closed, sizeof closed, "/proc/self/fd/%d", fd);
    snprintf(growing, sizeof growing, "%s/%ld.jsonl.open", folder ? folder : "/tmp", (long)getpid());
    if (fd < 0)
        abort();
}

static void put(struct slice bytes, off_t at)
{
    if (pwrite(fd, bytes.p, bytes.n, at) != (ssize_t)bytes.n)
        abort();
}

static void check_text(struct slice text)
{
    if (text.n && text.p[text.n - 1] != '\n')
        abort();
    for (size_t i = 0; i < text.n; i++) {
        const uint8_t *p = text.p + i;
        bool control = (*p < 0x20 && *p != '\n') || *p == 0x7F;
        bool c1 = i && p[-1] == 0xC2 && *p < 0xA0;
        bool turns = i > 1 && p[-2] == 0xE2 && p[-1] == 0x80 && *p >= 0xA8 && *p <= 0xAE;
        if (control || c1 || turns)
            abort();
    }
}

/* As the tool does it: in sentences, and as JSON again. */
static void show(const struct audit_said *said, struct slice line)
{
    (void)references_take(said->references, line);
    json_t *j = json_loadb((const char *)line.p, line.n, JSON_ALLOW_NUL, NULL);
    if (json_is_object(j)) {
        struct buf out;
        (void)audit_resolve(j, said);
        buf_init(&out, 16u << 20);
        audit_text(j, false, &out);
        if (out.failed != OPTOUT_OK)
            abort();
        check_text(buf_slice(&out));
        buf_free(&out);
        char *text = json_dumps(j, JSON_COMPACT);
        if (!text || strchr(text, '\n'))
            abort();
        free(text);
    }
    json_decref(j);
}

static void take(struct segment_reader *r, const struct audit_said *said, struct outcome *to)
{
    struct slice line;
    while ((to->end = segment_reader_next(r, &line)) == OPTOUT_OK || to->end == OPTOUT_E_LIMIT) {
        if (segment_reader_line(r) != ++to->lines)
            abort();
        for (size_t i = 0; to->end == OPTOUT_OK && i < line.n; i++)
            to->hash = (to->hash ^ line.p[i]) * 0x100000001b3u;
        to->hash = (to->hash ^ '\n') * 0x100000001b3u;
        if (said && to->end == OPTOUT_OK)
            show(said, line);
    }
}

static struct segment_reader *open_as(const char *path)
{
    struct segment_reader *r;
    if (segment_reader_open(path, &r) != OPTOUT_OK)
        abort();
    return r;
}

static struct outcome read_closed(void)
{
    struct outcome o = { .hash = 1 };
    struct audit_said said = { references_new(), audit_lines_new() };
    struct segment_reader *r = open_as(closed);
    struct slice line;
    take(r, &said, &o);
    if (segment_reader_next(r, &line) != OPTOUT_DONE)
        abort();
    segment_reader_close(r);
    references_free(said.references);
    audit_lines_free(said.lines);
    return o;
}

/* Written in two pieces, with a half that is taken back between them, and closed. */
static struct outcome read_growing(struct slice all, size_t cut)
{
    static const struct slice half = SLICE("half of a line");
    struct outcome o = { .hash = 1 };
    if (ftruncate(fd, 0) != 0 || symlink(closed, growing) != 0)
        abort();
    put(slice_sub(all, 0, cut), 0);
    struct segment_reader *r = open_as(growing);
    take(r, NULL, &o);
    if (o.end != OPTOUT_MORE)
        abort();
    put(half, (off_t)cut);
    take(r, NULL, &o);
    if (o.end != OPTOUT_MORE || ftruncate(fd, (off_t)cut) != 0)
        abort();
    put(slice_from(all, cut), (off_t)cut);
    take(r, NULL, &o);
    if (o.end != OPTOUT_MORE || unlink(growing) != 0)
        abort();
    take(r, NULL, &o);
    segment_reader_close(r);
    return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t zstd[] = { 0x28, 0xB5, 0x2F, 0xFD };
    if (fd < 0)
        make_names();
    if (ftruncate(fd, 0) != 0)
        abort();
    put(slice_of(data, size), 0);
    struct outcome a = read_closed();
    if (size >= sizeof zstd && memcmp(data, zstd, sizeof zstd) == 0)
        return 0; /* nobody compresses what is written */
    struct outcome b = read_growing(slice_of(data, size), size ? data[size - 1] * size / 256 : 0);
    if (a.hash != b.hash || a.lines != b.lines || a.end != b.end)
        abort();
    return 0;
}
