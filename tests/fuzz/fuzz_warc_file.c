/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_warc_file.c - a WARC file, plain or packed. The first byte says where it is cut in two: the
 * records that begin in either part are together those of the whole, each once. Packed files say
 * the same when they come through a pipe, which cannot be sought. Places never go back. */
#include "warc/date.h"
#include "warc/judging.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define RECORDS_MAX 4096
#define STEPS_MAX (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    uint64_t offset, block;
    size_t n;
    uint8_t type, damage;
};

struct list {
    struct seen v[RECORDS_MAX];
    size_t n;
};

static void check(bool good)
{
    if (!good)
        abort();
}

static void told(void *ctx, enum warc_damage d, uint64_t from, uint64_t to, const char *why)
{
    (void)why;
    uint64_t *last = ctx;
    check(d > WARC_WHOLE && d < WARC_DAMAGE_COUNT && from <= to);
    *last = from;
}

static void read_facts(const struct warc_head *h)
{
    struct warc_digest d;
    int64_t ms;
    check(!warc_digest_read(&d, h->block_digest) || (d.n && d.n <= WARC_DIGEST_MAX));
    (void)warc_date_read(h->date, &ms);
    check(h->has_length && h->type < WARC_TYPE_COUNT);
}

static void read_record(struct warc_reader *r, struct list *to)
{
    struct seen s = { .offset = r->record.offset, .type = (uint8_t)r->record.head.type };
    struct arena arena;
    struct warc_http http;
    struct slice piece;
    uint64_t h = 0xcbf29ce484222325u;
    read_facts(&r->record.head);
    arena_init(&arena, 1u << 20, NULL, 0);
    if (warc_head_is_http(&r->record.head, warc_peek(r))) {
        check(warc_http_head(r, &arena, &http, NULL) == OPTOUT_OK);
        h += http.line.n + http.fields.n * 31;
        s.n += http.body.n;
    }
    while (warc_block(r, &piece) == OPTOUT_OK) {
        for (size_t i = 0; i < piece.n; i++)
            h = (h ^ piece.p[i]) * 0x100000001b3u;
        s.n += piece.n;
    }
    check(warc_end(r) == OPTOUT_OK);
    s.block = h;
    s.damage = r->record.damage;
    arena_reset(&arena);
    if (to->n < RECORDS_MAX)
        to->v[to->n++] = s;
}

/* The records of a file that begin in [from, limit); what kind of file it is. */
static unsigned read_all(int fd, uint64_t from, uint64_t limit, struct list *to)
{
    struct warc_reader r;
    uint64_t last = 0;
    size_t steps = 0;
    enum optout_rc rc = warc_open(&r, fd, from, limit, SLICE_EMPTY, told, &last);
    while (rc == OPTOUT_OK && (rc = warc_next(&r)) == OPTOUT_OK) {
        check(r.record.offset >= from && r.record.offset < limit);
        check(to->n == 0 || to->v[to->n - 1].offset <= r.record.offset);
        read_record(&r, to);
        check(++steps < STEPS_MAX);
    }
    check(rc == OPTOUT_DONE || rc == OPTOUT_E_UNSUP || rc == OPTOUT_E_NOMEM);
    unsigned kind = r.s.kind;
    warc_close(&r);
    return kind;
}

static bool same(const struct list *a, const struct list *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (a->v[i].offset != b->v[i].offset || a->v[i].block != b->v[i].block ||
            a->v[i].n != b->v[i].n || a->v[i].type != b->v[i].type ||
            a->v[i].damage != b->v[i].damage)
            return false;
    return true;
}

static void through_a_pipe(const uint8_t *data, size_t size, const struct list *whole)
{
    static struct list piped;
    int fd[2];
    piped.n = 0;
    if (size > 60000 || pipe(fd) != 0)
        return;
    check(write(fd[1], data, size) == (ssize_t)size);
    close(fd[1]);
    (void)read_all(fd[0], 0, UINT64_MAX, &piped);
    close(fd[0]);
    check(same(whole, &piped));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct list whole, parts;
    if (size < 2)
        return 0;
    uint64_t at = (uint64_t)data[0] * (size - 1) / 255;
    data++;
    size--;
    int fd = memfd_create("warc", MFD_CLOEXEC);
    check(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    whole.n = parts.n = 0;
    lseek(fd, 0, SEEK_SET);
    bool packed = read_all(fd, 0, UINT64_MAX, &whole) != STREAM_PLAIN;
    lseek(fd, 0, SEEK_SET);
    (void)read_all(fd, 0, at, &parts);
    lseek(fd, 0, SEEK_SET);
    (void)read_all(fd, at, UINT64_MAX, &parts);
    if (!packed) /* of a packed file a part may begin in bytes that only look like a member */
        check(same(&whole, &parts));
    else
        through_a_pipe(data, size, &whole);
    close(fd);
    return 0;
}
