/* SPDX-License-Identifier: Apache-2.0 */
/* segment_index_make.c - an index is made of what a scan of its segment hands out. */
#include "answers/segment_index.h"

#include "answers/segment_index_internal.h"
#include "core/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define BITS_PER_KEY 16u /* one in about a thousand is taken for one that is there */
#define LABELS_MAX 32u   /* names above a host */
#define SCRATCH_MAX READER_LINE_MAX

/* Hashes of keys, each once: open addressing, half full at most; 0 is no hash. */
struct key_set {
    uint64_t *slot;
    size_t n, slots;
};

struct index_builder {
    char *path, *to;
    struct stat segment;
    struct key_set keys;
    struct buf scratch;
    uint32_t flags;
    uint64_t records;
    char first_time[INDEX_TIME], last_time[INDEX_TIME], first_id[INDEX_ID], last_id[INDEX_ID];
    enum optout_rc failed;
};

/* ---- keys ---- */

static bool grow(struct key_set *set)
{
    size_t slots = set->slots ? set->slots * 2 : 1024;
    uint64_t *more = calloc(slots, sizeof *more);
    if (!more)
        return false;
    for (size_t i = 0; i < set->slots; i++) {
        size_t at = set->slot[i] & (slots - 1);
        while (set->slot[i] && more[at])
            at = (at + 1) & (slots - 1);
        if (set->slot[i])
            more[at] = set->slot[i];
    }
    free(set->slot);
    set->slot = more;
    set->slots = slots;
    return true;
}

static void add_key(struct index_builder *b, enum index_kind kind, struct slice text)
{
    struct key_set *set = &b->keys;
    uint64_t hash = index_hash(kind, text);
    if (set->n * 2 >= set->slots && !grow(set)) {
        b->failed = OPTOUT_E_NOMEM;
        return;
    }
    size_t at = hash & (set->slots - 1);
    while (set->slot[at] && set->slot[at] != hash)
        at = (at + 1) & (set->slots - 1);
    if (set->slot[at])
        return;
    if (set->n == INDEX_KEYS_MAX) {
        b->failed = OPTOUT_E_LIMIT;
        return;
    }
    set->slot[at] = hash;
    set->n++;
}

/* The host and every name above it. */
static void add_host(struct index_builder *b, struct slice url)
{
    char room[DOMAIN_HOST_MAX + 1];
    struct slice host = domain_plain_host(record_host(url), room);
    unsigned labels = 0;
    if (host.p != (const uint8_t *)room) {
        b->flags |= INDEX_ALL_HOSTS; /* too long to be one */
        return;
    }
    add_key(b, KEY_HOST, host);
    add_key(b, KEY_BELOW, host);
    for (size_t dot; (dot = slice_find(host, '.')) < host.n; labels++) {
        host = slice_from(host, dot + 1);
        if (labels == LABELS_MAX) {
            b->flags |= INDEX_ALL_HOSTS;
            return;
        }
        add_key(b, KEY_BELOW, host);
    }
}

/* ---- lines ---- */

static void widen(char *first, char *last, struct slice text, size_t n, struct index_builder *b)
{
    if (text.n != n) {
        b->flags |= INDEX_READ_ALWAYS; /* the filter writes none like this */
        return;
    }
    if (!*first || memcmp(text.p, first, n) < 0)
        memcpy(first, text.p, n);
    if (!*last || memcmp(text.p, last, n) > 0)
        memcpy(last, text.p, n);
}

static void add_lists(struct index_builder *b, const struct record_view *v)
{
    struct signal_list list = { .deciding = false };
    struct signal_view signal;
    struct json_scan reasons;
    struct slice none, one, reason;
    while (question_next_signal(v, &list, &signal)) {
        add_key(b, KEY_STANDARD, signal.standard);
        add_key(b, KEY_CARRIER, signal.carrier);
    }
    (void)json_scan_open(&reasons, v->value[FIELD_UNDECIDED]);
    while (json_scan_next(&reasons, &none, &one))
        if (json_is_text(one, &reason))
            add_key(b, KEY_REASON, reason);
}

static void add_record(struct index_builder *b, const struct scan_line *line)
{
    const struct record_view *v = &line->view;
    struct slice earlier;
    b->records++;
    widen(b->first_time, b->last_time, record_text(v, FIELD_TIME, &b->scratch), INDEX_TIME, b);
    widen(b->first_id, b->last_id, record_text(v, FIELD_ID, &b->scratch), INDEX_ID, b);
    add_host(b, record_text(v, FIELD_URL, &b->scratch));
    add_key(b, KEY_DECISION, line->kind == SCAN_PENDING
                                 ? SLICE_OF("pending")
                                 : record_text(v, FIELD_DECISION, &b->scratch));
    add_key(b, KEY_ACTION, record_text(v, FIELD_ACTION, &b->scratch));
    add_key(b, KEY_PROFILE, scan_text(line, FIELD_PROFILE, &b->scratch));
    earlier = record_text(v, FIELD_EARLIER, &b->scratch);
    if (earlier.n)
        add_key(b, KEY_EARLIER, earlier);
    add_lists(b, v);
}

bool index_builder_line(void *builder, const struct scan_line *line)
{
    struct index_builder *b = builder;
    if (line->kind == SCAN_GAP || line->kind == SCAN_REMOVED || line->kind == SCAN_DAMAGE || line->open)
        b->flags |= INDEX_READ_ALWAYS;
    if (line->kind == SCAN_RECORD || line->kind == SCAN_PENDING)
        add_record(b, line);
    if (b->scratch.failed)
        b->flags |= INDEX_READ_ALWAYS;
    return b->failed == OPTOUT_OK;
}

/* ---- files ---- */

struct index_builder *index_builder_new(const struct segment_file *file)
{
    struct index_builder *b = calloc(1, sizeof *b);
    size_t n = strlen(file->path);
    if (!b)
        return NULL;
    buf_init(&b->scratch, SCRATCH_MAX);
    b->path = strdup(file->path);
    b->to = segment_index_path(file);
    int why = b->path && b->to ? 0 : ENOMEM;
    if (!why && n > 5 && strcmp(file->path + n - 5, ".open") == 0)
        why = EBUSY;
    else if (!why && stat(file->path, &b->segment) != 0)
        why = errno;
    if (!why)
        return b;
    index_builder_free(b);
    errno = why;
    return NULL;
}

void index_builder_free(struct index_builder *b)
{
    if (!b)
        return;
    free(b->path);
    free(b->to);
    free(b->keys.slot);
    buf_free(&b->scratch);
    free(b);
}

static void put_head(const struct index_builder *b, uint8_t *p, size_t blocks)
{
    memcpy(p, INDEX_MAGIC, 8);
    put_number(p + AT_VERSION, INDEX_VERSION, 4);
    put_number(p + AT_FLAGS, b->flags, 4);
    put_number(p + AT_SIZE, (uint64_t)b->segment.st_size, 8);
    put_number(p + AT_SECONDS, (uint64_t)b->segment.st_mtim.tv_sec, 8);
    put_number(p + AT_NANOSECONDS, (uint64_t)b->segment.st_mtim.tv_nsec, 8);
    put_number(p + AT_RECORDS, b->records, 8);
    put_number(p + AT_BLOCKS, blocks, 8);
    memcpy(p + AT_FIRST_TIME, b->first_time, INDEX_TIME);
    memcpy(p + AT_LAST_TIME, b->last_time, INDEX_TIME);
    memcpy(p + AT_FIRST_ID, b->first_id, INDEX_ID);
    memcpy(p + AT_LAST_ID, b->last_id, INDEX_ID);
}

static void put_keys(const struct index_builder *b, uint8_t *filter, size_t blocks)
{
    for (size_t i = 0; i < b->keys.slots; i++) {
        uint64_t hash = b->keys.slot[i];
        if (!hash)
            continue;
        uint8_t *block = filter + INDEX_BLOCK * index_block(hash, blocks);
        for (unsigned word = 0; word < 8; word++)
            put_number(block + 4 * word, get_number(block + 4 * word, 4) | index_bit(hash, word), 4);
    }
}

static uint8_t *print(const struct index_builder *b, size_t *n)
{
    size_t blocks = b->keys.n * BITS_PER_KEY / (8 * INDEX_BLOCK) + 1;
    *n = INDEX_HEAD + blocks * INDEX_BLOCK + INDEX_TAIL;
    uint8_t *bytes = *n <= INDEX_BYTES_MAX ? calloc(1, *n) : NULL;
    if (!bytes)
        return NULL;
    put_head(b, bytes, blocks);
    put_keys(b, bytes + INDEX_HEAD, blocks);
    put_number(bytes + *n - INDEX_TAIL, crc32(0, bytes, (uInt)(*n - INDEX_TAIL)), 4);
    return bytes;
}

/* A name that no reader of the folder takes for a segment, in the same folder. */
static char *temporary_path(const char *to)
{
    const char *last = strrchr(to, '/');
    int folder = last ? (int)(last - to) + 1 : 0;
    char *path = NULL;
    return asprintf(&path, "%.*s.%s.XXXXXX", folder, to, to + folder) < 0 ? NULL : path;
}

/* Whoever may read the segment may read its index. */
static enum optout_rc write_file(const struct index_builder *b, const uint8_t *bytes, size_t n)
{
    char *path = temporary_path(b->to);
    int fd = path ? mkostemp(path, O_CLOEXEC) : -1;
    bool ok = fd >= 0 && file_write_all(fd, slice_of(bytes, n)) && fchmod(fd, b->segment.st_mode & 0666) == 0;
    int why = errno;
    if (fd >= 0 && close(fd) != 0 && ok) {
        why = errno;
        ok = false;
    }
    if (ok && rename(path, b->to) != 0) {
        why = errno;
        ok = false;
    }
    if (!ok && fd >= 0)
        unlink(path);
    free(path);
    errno = why;
    return ok ? OPTOUT_OK : OPTOUT_E_IO;
}

enum optout_rc index_builder_write(struct index_builder *b)
{
    struct stat now;
    size_t n;
    if (b->failed != OPTOUT_OK)
        return b->failed;
    if (stat(b->path, &now) != 0)
        return OPTOUT_E_IO;
    if (now.st_size != b->segment.st_size || now.st_ino != b->segment.st_ino ||
        now.st_mtim.tv_sec != b->segment.st_mtim.tv_sec ||
        now.st_mtim.tv_nsec != b->segment.st_mtim.tv_nsec)
        return OPTOUT_E_UNSUP;
    uint8_t *bytes = print(b, &n);
    if (!bytes)
        return n > INDEX_BYTES_MAX ? OPTOUT_E_LIMIT : OPTOUT_E_NOMEM;
    enum optout_rc rc = write_file(b, bytes, n);
    free(bytes);
    return rc;
}

enum optout_rc segment_index_make(const struct segment_file *file)
{
    struct index_builder *b = index_builder_new(file);
    struct segment_scan *scan = NULL;
    if (!b)
        return errno == ENOMEM ? OPTOUT_E_NOMEM : errno == EBUSY ? OPTOUT_E_UNSUP : OPTOUT_E_IO;
    struct scan_reader to = { .line = index_builder_line, .part = b };
    enum optout_rc rc = segment_scan_open(file->path, &scan);
    if (rc == OPTOUT_OK)
        rc = segment_scan_read(scan, &to, true);
    if (rc == OPTOUT_DONE)
        rc = index_builder_write(b);
    segment_scan_close(scan);
    index_builder_free(b);
    return rc;
}
