/* SPDX-License-Identifier: Apache-2.0 */
/* segment_index.c - what an index says to a question. */
#include "answers/segment_index.h"

#include "answers/segment_index_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

struct segment_index {
    size_t blocks;
    uint32_t flags;
    uint8_t bytes[]; /* the file */
};

char *segment_index_path(const struct segment_file *file)
{
    char *path = NULL;
    return asprintf(&path, "%s.idx", file->name) < 0 ? NULL : path;
}

void segment_index_free(struct segment_index *ix)
{
    free(ix);
}

/* ---- reading ---- */

static bool is_whole(struct slice bytes)
{
    if (bytes.n < INDEX_HEAD + INDEX_TAIL || bytes.n > INDEX_BYTES_MAX ||
        memcmp(bytes.p, INDEX_MAGIC, 8) != 0 || get_number(bytes.p + AT_VERSION, 4) != INDEX_VERSION)
        return false;
    uint64_t blocks = get_number(bytes.p + AT_BLOCKS, 8);
    if (blocks == 0 || blocks != (bytes.n - INDEX_HEAD - INDEX_TAIL) / INDEX_BLOCK ||
        (bytes.n - INDEX_HEAD - INDEX_TAIL) % INDEX_BLOCK != 0)
        return false;
    size_t n = bytes.n - INDEX_TAIL;
    return crc32(0, bytes.p, (uInt)n) == get_number(bytes.p + n, 4);
}

struct segment_index *segment_index_parse(struct slice bytes, uint64_t size, int64_t seconds,
                                          int64_t nanoseconds)
{
    if (!is_whole(bytes) || get_number(bytes.p + AT_SIZE, 8) != size ||
        get_number(bytes.p + AT_SECONDS, 8) != (uint64_t)seconds ||
        get_number(bytes.p + AT_NANOSECONDS, 8) != (uint64_t)nanoseconds)
        return NULL;
    struct segment_index *ix = malloc(sizeof *ix + bytes.n);
    if (!ix)
        return NULL;
    memcpy(ix->bytes, bytes.p, bytes.n);
    ix->blocks = (bytes.n - INDEX_HEAD - INDEX_TAIL) / INDEX_BLOCK;
    ix->flags = (uint32_t)get_number(bytes.p + AT_FLAGS, 4);
    return ix;
}

static uint8_t *read_whole(const char *path, size_t *n)
{
    struct stat st;
    uint8_t *bytes = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return NULL;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
        st.st_size <= (off_t)INDEX_BYTES_MAX) {
        *n = (size_t)st.st_size;
        bytes = malloc(*n);
        if (bytes && read(fd, bytes, *n) != (ssize_t)*n) {
            free(bytes);
            bytes = NULL;
        }
    }
    close(fd);
    return bytes;
}

struct segment_index *segment_index_open(const struct segment_file *file)
{
    struct stat st;
    size_t n;
    char *path = segment_index_path(file);
    uint8_t *bytes = path && stat(file->path, &st) == 0 ? read_whole(path, &n) : NULL;
    struct segment_index *ix = NULL;
    if (bytes)
        ix = segment_index_parse(slice_of(bytes, n), (uint64_t)st.st_size, st.st_mtim.tv_sec,
                                 st.st_mtim.tv_nsec);
    free(bytes);
    free(path);
    return ix;
}

/* ---- asking ---- */

static bool has_key(const struct segment_index *ix, enum index_kind kind, struct slice text)
{
    uint64_t hash = index_hash(kind, text);
    const uint8_t *block = ix->bytes + INDEX_HEAD + INDEX_BLOCK * index_block(hash, ix->blocks);
    for (unsigned word = 0; word < 8; word++)
        if (!(get_number(block + 4 * word, 4) & index_bit(hash, word)))
            return false;
    return true;
}

/* Of a URL's beginning: its host is whole when something follows it. */
static bool has_host_of(const struct segment_index *ix, struct slice url, bool whole)
{
    char room[DOMAIN_HOST_MAX + 1];
    struct slice host = record_host(url);
    bool ends = host.n && host.p + host.n < url.p + url.n;
    if (!whole && (!ends || host.p == url.p)) /* "https" of "https:" is none */
        return true;
    return has_key(ix, KEY_HOST, domain_plain_host(host, room));
}

static bool may_have_value(const struct segment_index *ix, enum asked kind, struct slice value)
{
    bool all_hosts = ix->flags & INDEX_ALL_HOSTS;
    const uint8_t *bytes = ix->bytes;
    switch (kind) {
    case ASKED_HOST:
        return all_hosts || (slice_begins(value, '.') ? has_key(ix, KEY_BELOW, slice_from(value, 1))
                                                      : has_key(ix, KEY_HOST, value));
    case ASKED_DOMAIN: return all_hosts || has_key(ix, KEY_BELOW, value);
    case ASKED_URL: return all_hosts || has_host_of(ix, value, true);
    case ASKED_URL_PREFIX: return all_hosts || has_host_of(ix, value, false);
    case ASKED_DECISION: return has_key(ix, KEY_DECISION, value);
    case ASKED_ACTION: return has_key(ix, KEY_ACTION, value);
    case ASKED_STANDARD: return has_key(ix, KEY_STANDARD, value);
    case ASKED_CARRIER: return has_key(ix, KEY_CARRIER, value);
    case ASKED_PROFILE: return has_key(ix, KEY_PROFILE, value);
    case ASKED_REASON: return has_key(ix, KEY_REASON, value);
    case ASKED_EARLIER: return has_key(ix, KEY_EARLIER, value);
    case ASKED_ID:
        return value.n != INDEX_ID || (memcmp(value.p, bytes + AT_FIRST_ID, INDEX_ID) >= 0 &&
                                       memcmp(value.p, bytes + AT_LAST_ID, INDEX_ID) <= 0);
    case ASKED_KINDS: break;
    }
    return true;
}

static bool may_have_kind(const struct segment_index *ix, const struct question *q, enum asked kind)
{
    const struct slice *value;
    size_t n = question_values(q, kind, &value);
    for (size_t i = 0; i < n; i++)
        if (may_have_value(ix, kind, value[i]))
            return true;
    return n == 0;
}

bool segment_index_may_have(const struct segment_index *ix, const struct question *q)
{
    struct slice from = question_from(q), to = question_to(q);
    if (ix->flags & INDEX_READ_ALWAYS)
        return true;
    if (from.n == INDEX_TIME && memcmp(ix->bytes + AT_LAST_TIME, from.p, INDEX_TIME) < 0)
        return false;
    if (to.n == INDEX_TIME && memcmp(ix->bytes + AT_FIRST_TIME, to.p, INDEX_TIME) >= 0)
        return false;
    for (unsigned kind = 0; kind < ASKED_KINDS; kind++)
        if (!may_have_kind(ix, q, (enum asked)kind))
            return false;
    return true;
}

bool segment_index_may_have_ids(const struct segment_index *ix, struct slice first, struct slice last)
{
    if ((ix->flags & INDEX_READ_ALWAYS) || first.n != INDEX_ID || last.n != INDEX_ID)
        return true;
    return memcmp(last.p, ix->bytes + AT_FIRST_ID, INDEX_ID) >= 0 &&
           memcmp(first.p, ix->bytes + AT_LAST_ID, INDEX_ID) <= 0;
}
