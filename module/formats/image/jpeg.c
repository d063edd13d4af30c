/* SPDX-License-Identifier: Apache-2.0 */
/* jpeg.c - ITU-T T.81 annex B: the marker segments up to the first scan.
 *
 * XMP Specification Part 3 section 1.1.3 (APP1, extended XMP in jpeg_xmp.c), Exif (APP1), C2PA
 * (APP11, jpeg_box.c), Photoshop image resources (APP13), comments. A segment is read when it
 * is whole: in place when a piece of the input holds it, else from a copy. Garbage between
 * segments is passed over as decoders do; what comes after it is salvaged. The first
 * scan ends it: what looks like segments behind it is none. Files of Exiv2 (.exv) are the same
 * segments without a picture. */
#include "formats/image/jpeg_internal.h"

#include "formats/looks.h"
#include "formats/parts/exif.h"
#include "formats/parts/photoshop.h"
#include "formats/rows.h"
#include "syntax/utf8.h"

#define MAX_SEGMENTS 4096
#define MAX_GARBAGE (64u << 10) /* bytes between segments, all together */
#define MAX_COMMENTS 16         /* that are reported; they are hints only */
#define MAX_EXIF 16             /* blocks that are read */
#define FRONT 128               /* bytes of a segment where XMP with a strange signature begins */
#define MIN_COPY 4096u          /* first size of the copy; grows to 64 KiB by doubling */

enum marker {
    M_TEM = 0x01, M_RST0 = 0xD0, M_RST7 = 0xD7, M_SOI = 0xD8, M_EOI = 0xD9, M_SOS = 0xDA,
    M_APP1 = 0xE1, M_APP11 = 0xEB, M_APP13 = 0xED, M_COM = 0xFE
};

enum state { START, EXV_NAME, BETWEEN, MARKER, LENGTH, PAYLOAD, SKIP, ENDED };

struct jpeg {
    struct jpeg_common c;
    struct jpeg_xmp xmp;
    struct jpeg_boxes boxes;
    struct photoshop *resources; /* of the APP13 segments */
    enum state state;
    uint64_t at; /* of the next byte in the body */
    bool exv;
    unsigned segments, n_app1, n_app11, n_app13, n_comments, n_exif;
    uint32_t garbage;
    uint8_t marker;
    uint8_t head[5]; /* of START, EXV_NAME, LENGTH */
    unsigned have;
    uint32_t left;   /* of PAYLOAD or SKIP */
    uint8_t *copy;   /* of PAYLOAD */
    size_t copy_size, copied;
    enum optout_rc rc; /* once ENDED */
};

static const char *const jpeg_types[] = { "image/jpeg", "image/jpg", "image/pjpeg", "image/x-exv",
                                          NULL };

static const struct slice exv_start = SLICE("\xFF\x01" "Exiv2");

static bool jpeg_sniff(struct slice head)
{
    return (head.n >= 3 && memcmp(head.p, "\xFF\xD8\xFF", 3) == 0) ||
           slice_eq(slice_sub(head, 0, exv_start.n), exv_start);
}

static void *jpeg_open(const struct format_env *env)
{
    struct jpeg *j = arena_alloc(env->arena, sizeof *j);
    if (j)
        j->c.env = env;
    return j;
}

/* `whole`: the segments ended where they should. */
static void jpeg_finish(struct jpeg *j, bool whole)
{
    if (!whole)
        jpeg_fail(&j->c, OPTOUT_E_SYNTAX);
    jpeg_box_end(&j->boxes, &j->c, whole);
    jpeg_xmp_end(&j->xmp, &j->c);
    if (j->resources) {
        enum optout_rc rc = photoshop_end(j->resources);
        if (rc < 0)
            jpeg_fail(&j->c, rc);
    }
    j->rc = j->c.failed == OPTOUT_OK ? OPTOUT_DONE : j->c.failed;
    j->state = ENDED;
}

static void fail_and_finish(struct jpeg *j, enum optout_rc rc)
{
    jpeg_fail(&j->c, rc);
    jpeg_finish(j, false);
}

static void resync(struct jpeg *j)
{
    j->c.resynced = true;
    jpeg_fail(&j->c, OPTOUT_E_SYNTAX);
    j->state = BETWEEN;
}

/* ---- segments ---- */

static enum packet_role role_of(const struct jpeg *j)
{
    return j->c.resynced ? PACKET_SALVAGED : PACKET_MAIN;
}

/* Takes a signature and its NUL off the front; some writers have a space for the NUL. */
static bool take_signature(struct slice *s, const char *signature)
{
    size_t n = strlen(signature);
    if (s->n <= n || memcmp(s->p, signature, n) != 0 || (s->p[n] != 0 && s->p[n] != ' '))
        return false;
    *s = slice_from(*s, n + 1);
    return true;
}

static void put_main(struct jpeg *j, struct slice xmp, uint64_t at, bool whole,
                     enum packet_role role)
{
    struct packet p = { .kind = PACKET_XMP, .role = role, .offset = at,
                        .where = format_where(j->c.env->arena, "APP1 segment %u", j->n_app1) };
    if (!whole)
        jpeg_fail(&j->c, OPTOUT_E_SYNTAX);
    packet_put(j->c.env->out, &p, xmp, whole ? PACKET_WHOLE : PACKET_CUT);
    jpeg_xmp_main(&j->xmp, &j->c, xmp);
}

/* XMP with a signature of somebody's own, near the front. */
static bool find_stray_xmp(struct slice *s)
{
    struct slice front = slice_sub(*s, 0, FRONT);
    size_t at = looks_xmp_at(front, 0);
    *s = slice_from(*s, at);
    return at < front.n;
}

static void read_app1(struct jpeg *j, struct slice payload, uint64_t at, bool whole)
{
    struct slice rest = payload;
    j->n_app1++;
    if (take_signature(&rest, "http://ns.adobe.com/xap/1.0/")) {
        put_main(j, rest, at + (payload.n - rest.n), whole, role_of(j));
    } else if (take_signature(&rest, "http://ns.adobe.com/xmp/extension/")) {
        jpeg_xmp_part(&j->xmp, &j->c, rest, at + (payload.n - rest.n));
    } else if (payload.n >= 6 && memcmp(payload.p, "Exif\0", 5) == 0) {
        if (j->n_exif++ < MAX_EXIF)
            exif_read(j->c.env, role_of(j),
                      format_where(j->c.env->arena, "APP1 segment %u", j->n_app1), at, payload);
    } else if (find_stray_xmp(&rest)) {
        put_main(j, rest, at + (payload.n - rest.n), whole, PACKET_SALVAGED);
    }
}

static void read_app13(struct jpeg *j, struct slice payload, uint64_t at)
{
    static const char old[] = "Adobe_Photoshop2.5:";
    struct slice rest = payload;
    j->n_app13++;
    if (payload.n >= 27 && memcmp(payload.p, old, sizeof old - 1) == 0)
        rest = slice_from(payload, 27); /* its header */
    else if (!take_signature(&rest, "Photoshop 3.0"))
        return;
    at += payload.n - rest.n;
    struct slice where = format_where(j->c.env->arena, "APP13 segment %u", j->n_app13);
    enum optout_rc rc = OPTOUT_MORE;
    if (j->resources)
        rc = photoshop_continue(j->resources, where, at);
    else if (!(j->resources = photoshop_open(j->c.env, role_of(j), where, at)))
        rc = OPTOUT_E_NOMEM;
    if (rc == OPTOUT_MORE)
        rc = photoshop_feed(j->resources, rest);
    if (rc < 0)
        jpeg_fail(&j->c, rc);
}

static void read_comment(struct jpeg *j, struct slice payload, uint64_t at, bool whole)
{
    if (j->n_comments++ >= MAX_COMMENTS || payload.n == 0)
        return;
    uint8_t room[PACKET_TEXT_MAX];
    struct packet p = { .kind = PACKET_TEXT, .role = role_of(j), .offset = at,
                        .where = format_where(j->c.env->arena, "COM segment %u", j->n_comments),
                        .field = SLICE_OF("Comment") };
    struct slice text = utf8_from_latin1(payload, room, sizeof room);
    packet_put(j->c.env->out, &p, text,
               !whole ? PACKET_CUT : payload.n > sizeof room ? PACKET_LIMIT : PACKET_WHOLE);
}

/* The payload, or what there is of it when the body ends inside. */
static void read_segment(struct jpeg *j, struct slice payload, bool whole)
{
    uint64_t at = j->at - payload.n;
    switch (j->marker) {
    case M_APP1:
        read_app1(j, payload, at, whole);
        break;
    case M_APP11:
        jpeg_box_part(&j->boxes, &j->c, payload, at, ++j->n_app11);
        break;
    case M_APP13:
        read_app13(j, payload, at);
        break;
    default:
        read_comment(j, payload, at, whole);
    }
}

static bool is_read(uint8_t marker)
{
    return marker == M_APP1 || marker == M_APP11 || marker == M_APP13 || marker == M_COM;
}

/* ---- the walk ---- */

static void read_marker(struct jpeg *j, uint8_t byte)
{
    j->marker = byte;
    if (byte == 0xFF) /* fill */
        return;
    if (byte == M_SOS || (byte == M_EOI && j->exv)) {
        jpeg_finish(j, true);
    } else if (byte == M_EOI) {
        jpeg_finish(j, false);
    } else if (byte == 0 || byte == M_SOI) {
        resync(j);
    } else if (byte == M_TEM || (byte >= M_RST0 && byte <= M_RST7)) {
        j->state = BETWEEN;
    } else if (++j->segments > MAX_SEGMENTS) {
        fail_and_finish(j, OPTOUT_E_LIMIT);
    } else {
        j->state = LENGTH;
        j->have = 0;
    }
}

static void read_length(struct jpeg *j)
{
    uint32_t length = be16(j->head);
    if (length < 2) {
        resync(j);
        return;
    }
    j->left = length - 2;
    j->copied = 0;
    j->state = j->left == 0 ? BETWEEN : is_read(j->marker) ? PAYLOAD : SKIP;
}

/* One byte of START, EXV_NAME or LENGTH. */
static void collect(struct jpeg *j, uint8_t byte)
{
    j->head[j->have++] = byte;
    if (j->have < (j->state == EXV_NAME ? exv_start.n - 2 : 2))
        return;
    j->have = 0;
    if (j->state == LENGTH) {
        read_length(j);
        return;
    }
    if (j->state == START && memcmp(j->head, exv_start.p, 2) == 0) {
        j->exv = true;
        j->state = EXV_NAME;
    } else if (j->state == START ? memcmp(j->head, "\xFF\xD8", 2) == 0
                                 : memcmp(j->head, exv_start.p + 2, exv_start.n - 2) == 0) {
        j->state = BETWEEN;
    } else {
        fail_and_finish(j, OPTOUT_E_SYNTAX);
    }
}

/* Passes over what is no marker; returns how many bytes were taken. */
static size_t between(struct jpeg *j, struct slice s)
{
    size_t n = slice_find(s, 0xFF);
    if (n == 0) {
        j->state = MARKER;
        return 1;
    }
    /* No loss: cameras' firmware leaves some zeros, and every decoder passes over them. */
    j->c.resynced = true;
    if (n > MAX_GARBAGE - j->garbage)
        jpeg_finish(j, false);
    else
        j->garbage += (uint32_t)n;
    return n;
}

static bool jpeg_keep(struct jpeg *j, struct slice bytes)
{
    size_t size = j->copied + j->left, grown = MIN_COPY;
    if (size > j->copy_size) {
        while (grown < size)
            grown *= 2;
        j->copy = arena_take(j->c.env->arena, grown);
        j->copy_size = j->copy ? grown : 0;
    }
    if (!j->copy)
        return false;
    memcpy(j->copy + j->copied, bytes.p, bytes.n);
    j->copied += bytes.n;
    return true;
}

/* Takes what is there of PAYLOAD. */
static void take_payload(struct jpeg *j, struct slice bytes)
{
    bool complete = bytes.n == j->left;
    if (!complete || j->copied) {
        if (!jpeg_keep(j, bytes)) {
            fail_and_finish(j, OPTOUT_E_NOMEM);
            return;
        }
        bytes = slice_of(j->copy, j->copied);
    }
    if (complete) {
        j->state = BETWEEN;
        read_segment(j, bytes, true);
    }
}

static enum optout_rc jpeg_feed(void *state, struct slice bytes)
{
    struct jpeg *j = state;
    while (bytes.n && j->state != ENDED) {
        size_t n = 1;
        if (j->state == PAYLOAD || j->state == SKIP) {
            n = bytes.n < j->left ? bytes.n : j->left;
            j->at += n;
            if (j->state == PAYLOAD)
                take_payload(j, slice_sub(bytes, 0, n));
            j->left -= (uint32_t)n;
            if (j->state == SKIP && j->left == 0)
                j->state = BETWEEN;
        } else {
            if (j->state == BETWEEN)
                n = between(j, bytes);
            else if (j->state == MARKER)
                read_marker(j, bytes.p[0]);
            else
                collect(j, bytes.p[0]);
            j->at += n;
        }
        bytes = slice_from(bytes, n);
    }
    return j->state == ENDED ? j->rc : OPTOUT_MORE;
}

static enum optout_rc jpeg_end(void *state)
{
    struct jpeg *j = state;
    if (j->state == PAYLOAD && j->copied)
        read_segment(j, slice_of(j->copy, j->copied), false);
    if (j->state != ENDED)
        jpeg_finish(j, false);
    return j->rc;
}

const struct format format_jpeg = {
    .name = "jpeg",
    .title = "JPEG",
    .reads = "XMP and extended XMP, C2PA, IPTC-IIM, Exif texts and comments, to the first scan; "
             "pictures and videos behind the first one are not read.",
    .types = jpeg_types,
    .sniff = jpeg_sniff,
    .open = jpeg_open,
    .feed = jpeg_feed,
    .end = jpeg_end,
};
