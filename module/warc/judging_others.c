/* SPDX-License-Identifier: Apache-2.0 */
/* judging_others.c - records that others refer to, read again where they stand. */
#include "warc/judging_internal.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

void others_close(struct judging *w)
{
    if (w->other_fd < 0)
        return;
    warc_close(&w->other);
    close(w->other_fd);
    w->other_fd = -1;
}

static bool open_other(struct judging *w, uint32_t file)
{
    if (w->other_fd >= 0 && w->other_file == file)
        return true;
    others_close(w);
    if (file >= w->o.files.n)
        return false;
    int fd = open(w->o.files.path[file], O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return false;
    w->other_fd = fd;
    w->other_file = file;
    if (warc_open(&w->other, fd, 0, UINT64_MAX, w->o.side_dictionary, NULL, NULL) == OPTOUT_OK)
        return true;
    others_close(w);
    return false;
}

/* The record at that place, in w->other. */
static bool read_other(struct judging *w, enum index_key key, struct slice a, struct slice b)
{
    struct warc_place at;
    const struct warc_index *x = w->o.shared ? w->o.shared : w->own;
    return warc_index_find(x, key, a, b, &at) && open_other(w, at.file) &&
           warc_at(&w->other, at.offset) == OPTOUT_OK;
}

static bool same_digest(struct slice a, struct slice b)
{
    struct warc_digest x, y;
    return warc_digest_read(&x, a) && warc_digest_read(&y, b) && x.n == y.n &&
           memcmp(x.value, y.value, x.n) == 0;
}

static bool is_whole_entity(const struct warc_head *h)
{
    return h->type == WARC_RESPONSE || h->type == WARC_RESOURCE;
}

static bool by_id(struct judging *w, const struct warc_head *h)
{
    return read_other(w, KEY_ID, h->refers_to, SLICE_EMPTY) &&
           is_whole_entity(&w->other.record.head) &&
           slice_eq(w->other.record.head.id, h->refers_to);
}

static bool by_capture(struct judging *w, const struct warc_head *h)
{
    return read_other(w, KEY_CAPTURE, h->refers_to_url, h->refers_to_date) &&
           is_whole_entity(&w->other.record.head) &&
           slice_eq(w->other.record.head.url, h->refers_to_url) &&
           slice_eq(w->other.record.head.date, h->refers_to_date);
}

static bool by_digest(struct judging *w, const struct warc_head *h)
{
    return read_other(w, KEY_DIGEST, h->payload_digest, SLICE_EMPTY) &&
           is_whole_entity(&w->other.record.head) &&
           same_digest(w->other.record.head.payload_digest, h->payload_digest);
}

/* Whether the original of a revisit or conversion stands in w->other now. What an id names
 * may be the request of the same capture: that is none. */
bool others_original(struct judging *w, const struct warc_head *h)
{
    bool same = h->type == WARC_REVISIT && slice_find_nocase(h->profile,
                    SLICE_OF("/revisit/server-not-modified")) == h->profile.n;
    bool found = (same && by_digest(w, h)) || by_id(w, h) || by_capture(w, h);
    w->out->notes |= 1u << (found ? NOTE_ORIGINAL : NOTE_NO_ORIGINAL);
    return found;
}

bool others_segment(struct judging *w, const struct warc_head *first, unsigned n)
{
    char text[16];
    snprintf(text, sizeof text, "%u", n);
    struct slice number = slice_cstr(text);
    return read_other(w, KEY_SEGMENT, first->id, number) &&
           w->other.record.head.type == WARC_CONTINUATION &&
           slice_eq(w->other.record.head.segment_origin, first->id) &&
           slice_eq(w->other.record.head.segment, number);
}
