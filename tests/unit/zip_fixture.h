/* SPDX-License-Identifier: Apache-2.0 */
/* zip_fixture.h - builds ZIP archives for tests. */
#ifndef OPTOUT_TESTS_ZIP_FIXTURE_H
#define OPTOUT_TESTS_ZIP_FIXTURE_H

#include "findings.h"

#include <zlib.h>

#define IN_DEFLATE 1u    /* compressed */
#define IN_DESCRIPTOR 2u /* sizes behind the data */
#define IN_ZIP64 4u      /* sizes in a ZIP64 field */
#define IN_ENCRYPTED 8u  /* said to be */
#define IN_UNLISTED 16u  /* not in the central directory */
#define IN_DISGUISE 32u  /* with another name in front of the data */
#define IN_UNSIGNED 64u  /* descriptor without a signature */

struct archive {
    struct buf zip, central;
    unsigned n;
    size_t prefix; /* bytes in front that offsets do not count */
};

static inline void archive_init(struct archive *a)
{
    memset(a, 0, sizeof *a);
    buf_init(&a->zip, 64u << 20);
    buf_init(&a->central, 16u << 20);
}

static inline void archive_free(struct archive *a)
{
    buf_free(&a->zip);
    buf_free(&a->central);
}

static inline void archive_fields(struct buf *b, unsigned how, uint32_t crc, size_t packed,
                                  size_t size)
{
    put_le(b, (how & IN_ENCRYPTED ? 1u : 0u) | (how & IN_DESCRIPTOR ? 8u : 0u), 2);
    put_le(b, how & IN_DEFLATE ? 8 : 0, 2);
    put_le(b, 0, 4);
    put_le(b, crc, 4);
    put_le(b, packed, 4);
    put_le(b, size, 4);
}

static inline void archive_add(struct archive *a, const char *name, struct slice data, unsigned how)
{
    size_t at = a->zip.n - a->prefix, size = data.n;
    uint8_t *packed = NULL;
    uint32_t crc = (uint32_t)crc32(0, data.p, (uInt)data.n);
    if (how & IN_DEFLATE) {
        z_stream z = { 0 };
        size_t room = data.n + data.n / 100 + 64;
        packed = malloc(room);
        findings_require(packed && deflateInit2(&z, 9, Z_DEFLATED, -15, 8, 0) == Z_OK);
        z.next_in = (Bytef *)(uintptr_t)data.p;
        z.avail_in = (uInt)data.n;
        z.next_out = packed;
        z.avail_out = (uInt)room;
        findings_require(deflate(&z, Z_FINISH) == Z_STREAM_END);
        data = slice_of(packed, z.total_out);
        deflateEnd(&z);
    }
    bool later = how & IN_DESCRIPTOR, wide = how & IN_ZIP64;
    const char *front = how & IN_DISGUISE ? "x" : name;
    put_le(&a->zip, 0x04034B50, 4);
    put_le(&a->zip, 20, 2);
    archive_fields(&a->zip, how, later ? 0 : crc, wide ? UINT32_MAX : later ? 0 : data.n,
                   wide ? UINT32_MAX : later ? 0 : size);
    put_le(&a->zip, strlen(front), 2);
    put_le(&a->zip, wide ? 25 : 0, 2);
    put_text(&a->zip, front);
    if (wide) {
        put_le(&a->zip, 0x9999, 2); /* another field first */
        put_le(&a->zip, 1, 2);
        put_le(&a->zip, 7, 1);
        put_le(&a->zip, 1, 2);
        put_le(&a->zip, 16, 2);
        put_le(&a->zip, later ? 0 : size, 8);
        put_le(&a->zip, later ? 0 : data.n, 8);
    }
    put_slice(&a->zip, data);
    if (later) {
        if (!(how & IN_UNSIGNED))
            put_le(&a->zip, 0x08074B50, 4);
        put_le(&a->zip, crc, 4);
        put_le(&a->zip, data.n, wide ? 8 : 4);
        put_le(&a->zip, size, wide ? 8 : 4);
    }
    if (!(how & IN_UNLISTED)) {
        put_le(&a->central, 0x02014B50, 4);
        put_le(&a->central, 20, 2);
        put_le(&a->central, 20, 2);
        archive_fields(&a->central, how, crc, data.n, size);
        put_le(&a->central, strlen(name), 2);
        put_le(&a->central, 0, 2);
        put_le(&a->central, 0, 2);
        put_le(&a->central, 0, 8);
        put_le(&a->central, at, 4);
        put_text(&a->central, name);
        a->n++;
    }
    free(packed);
}

static inline struct slice archive_end(struct archive *a, const char *comment)
{
    size_t at = a->zip.n - a->prefix;
    put_slice(&a->zip, buf_slice(&a->central));
    put_le(&a->zip, 0x06054B50, 4);
    put_le(&a->zip, 0, 4);
    put_le(&a->zip, a->n > 65535 ? 65535 : a->n, 2);
    put_le(&a->zip, a->n > 65535 ? 65535 : a->n, 2);
    put_le(&a->zip, a->central.n, 4);
    put_le(&a->zip, at, 4);
    put_le(&a->zip, strlen(comment), 2);
    put_text(&a->zip, comment);
    return buf_slice(&a->zip);
}

#endif
