/* SPDX-License-Identifier: Apache-2.0 */
/* ogg.c - RFC 3533 (pages); C2PA 2.3 section A.3.7: a manifest store is the first packet of a
 * logical stream of its own, after 00 'c2pa'; Vorbis I section 5, RFC 7845 section 5.2, Ogg
 * FLAC and Theora: the second packet of their stream is a comment header.
 *
 * Limits: MAX_STREAMS logical streams; PACKET_C2PA_MAX; those of vorbis_comment.c. */
#include "formats/rows.h"
#include "formats/av/vorbis_comment.h"

#define MAX_STREAMS 64
#define PAGE_HEAD 27
#define HEAD 9 /* bytes of a packet that tell its kind */

#define PAGE_CONTINUED 1u
#define PAGE_FIRST 2u

enum stream_kind { STREAM_NEW, STREAM_C2PA, STREAM_COMMENTED, STREAM_OTHER };

struct stream {
    uint32_t serial, next_page;
    enum stream_kind kind;
    unsigned packet; /* packets that have ended */
    bool lost;       /* a page of it is missing */
    uint8_t head[HEAD];
    size_t head_n, skip; /* skip: bytes in front of the comments */
    /* C2PA */
    bool open;
    unsigned handle;
    /* comments */
    struct vorbis_comment *comments;
};

struct ogg {
    const struct format_env *env;
    enum optout_rc rc;   /* what was worst so far; OPTOUT_DONE */
    uint64_t pos;        /* of the next byte */
    uint8_t page[PAGE_HEAD + 255];
    size_t page_n;
    unsigned segment;    /* the one that is being read */
    unsigned left;       /* bytes of it to come */
    bool payload, begun; /* begun: `left` is that of the segment */
    bool pages;          /* there was one */
    bool first_over;     /* a page that begins no stream was seen */
    struct stream *now;  /* NULL: nobody's */
    struct stream v[MAX_STREAMS];
    size_t n;
    unsigned pending;    /* streams that something is still wanted of */
};

static void note(struct ogg *o, enum optout_rc rc)
{
    if (o->rc == OPTOUT_DONE)
        o->rc = rc;
}

static void *ogg_open(const struct format_env *env)
{
    struct ogg *o = arena_alloc(env->arena, sizeof *o);
    if (!o)
        return NULL;
    o->env = env;
    o->rc = OPTOUT_DONE;
    return o;
}

static void settle(struct ogg *o, struct stream *s, enum packet_end how)
{
    if (s->open && s->handle)
        o->env->out->end(o->env->out->ctx, s->handle, how);
    s->open = false;
    s->kind = STREAM_OTHER;
    o->pending--;
    if (how == PACKET_CUT)
        note(o, OPTOUT_E_SYNTAX);
    if (how == PACKET_LIMIT)
        note(o, OPTOUT_E_LIMIT);
}

/* ---- packets ---- */

static const struct {
    struct slice magic;
    size_t comments; /* bytes in front of the comments in the second packet */
} codecs[] = {
    { SLICE("\x01vorbis"), 7 }, { SLICE("OpusHead"), 8 }, { SLICE("\x80theora"), 7 },
    { SLICE("Speex   "), 0 },   { SLICE("\x7f" "FLAC"), 4 },
};

/* The first packet has shown what the stream is, or has ended. */
static void tell(struct ogg *o, struct stream *s)
{
    struct slice head = slice_of(s->head, s->head_n);
    s->kind = STREAM_OTHER;
    for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++) {
        if (!slice_eq(slice_sub(head, 0, codecs[i].magic.n), codecs[i].magic))
            continue;
        s->kind = STREAM_COMMENTED;
        s->skip = codecs[i].comments;
        return;
    }
    o->pending--;
}

static void begin_store(struct ogg *o, struct stream *s, uint64_t offset)
{
    struct packet p = { .kind = PACKET_C2PA, .role = PACKET_MAIN, .offset = offset };
    p.where = format_where(o->env->arena, "C2PA stream %08x", s->serial);
    s->kind = STREAM_C2PA;
    s->handle = o->env->out->begin(o->env->out->ctx, &p);
    s->open = true;
}

static void store_bytes(struct ogg *o, struct stream *s, struct slice b)
{
    if (s->handle && b.n && !o->env->out->bytes(o->env->out->ctx, s->handle, b))
        settle(o, s, PACKET_LIMIT);
}

/* Bytes of the first packet, before it is known whose it is. */
static void first_bytes(struct ogg *o, struct stream *s, struct slice b, uint64_t offset)
{
    static const struct slice c2pa = SLICE("\0c2pa");
    while (b.n && s->head_n < HEAD) {
        s->head[s->head_n++] = *b.p++;
        b.n--;
        offset++;
        if (s->head_n == c2pa.n && slice_eq(slice_of(s->head, c2pa.n), c2pa)) {
            begin_store(o, s, offset);
            store_bytes(o, s, b);
            return;
        }
    }
    if (s->head_n == HEAD)
        tell(o, s);
}

static void comment_bytes(struct ogg *o, struct stream *s, struct slice b, uint64_t offset)
{
    size_t n = b.n < s->skip ? b.n : s->skip;
    b = slice_from(b, n);
    s->skip -= n;
    if (s->skip || b.n == 0)
        return;
    if (!s->comments && !(s->comments = vorbis_comment_open(o->env, "comment header"))) {
        note(o, OPTOUT_E_NOMEM);
        settle(o, s, PACKET_WHOLE);
        return;
    }
    enum optout_rc rc = vorbis_comment_feed(s->comments, b, offset + n);
    if (rc == OPTOUT_MORE)
        return;
    if (rc < 0)
        note(o, rc);
    settle(o, s, PACKET_WHOLE);
}

static void packet_bytes(struct ogg *o, struct slice b)
{
    struct stream *s = o->now;
    if (!s || s->lost)
        return;
    if (s->kind == STREAM_NEW)
        first_bytes(o, s, b, o->pos);
    else if (s->kind == STREAM_C2PA)
        store_bytes(o, s, b);
    else if (s->kind == STREAM_COMMENTED && s->packet == 1)
        comment_bytes(o, s, b, o->pos);
}

static void packet_end(struct ogg *o)
{
    struct stream *s = o->now;
    if (!s)
        return;
    if (s->kind == STREAM_NEW)
        tell(o, s);
    else if (s->kind == STREAM_C2PA)
        settle(o, s, s->lost ? PACKET_CUT : PACKET_WHOLE);
    else if (s->kind == STREAM_COMMENTED && s->packet == 1)
        settle(o, s, PACKET_CUT); /* it ended before its list did */
    s->packet++;
}

/* ---- pages ---- */

static void begin_stream(struct ogg *o, uint32_t serial)
{
    if (o->n == MAX_STREAMS) {
        note(o, OPTOUT_E_LIMIT);
        return;
    }
    o->now = &o->v[o->n++];
    o->now->serial = serial;
    o->pending++;
}

static void begin_page(struct ogg *o)
{
    uint8_t flags = o->page[5];
    uint32_t serial = le32(o->page + 14), number = le32(o->page + 18);
    o->pages = true;
    o->now = NULL;
    for (size_t i = 0; i < o->n; i++)
        if (o->v[i].serial == serial)
            o->now = &o->v[i];
    if (flags & PAGE_FIRST) {
        /* Streams that begin after the first are a file chained to this one. */
        if (!o->now && !o->first_over)
            begin_stream(o, serial);
    } else {
        o->first_over = true;
    }
    struct stream *s = o->now;
    if (!s)
        return;
    if (number != s->next_page && s->next_page)
        s->lost = true;
    s->next_page = number + 1;
    /* The packet that was open does not go on. */
    if (!(flags & PAGE_CONTINUED) && s->kind == STREAM_C2PA)
        settle(o, s, PACKET_CUT);
}

static bool take_page(struct ogg *o, struct slice *b)
{
    while (b->n) {
        size_t want = o->page_n < PAGE_HEAD ? PAGE_HEAD : PAGE_HEAD + (size_t)o->page[26];
        size_t n = want - o->page_n < b->n ? want - o->page_n : b->n;
        memcpy(o->page + o->page_n, b->p, n);
        o->page_n += n;
        o->pos += n;
        *b = slice_from(*b, n);
        size_t check = o->page_n < 4 ? o->page_n : 4;
        if (memcmp(o->page, "OggS", check) != 0)
            return false;
        if (o->page_n >= PAGE_HEAD && o->page_n == PAGE_HEAD + (size_t)o->page[26]) {
            begin_page(o);
            o->page_n = 0;
            o->segment = 0;
            o->begun = false;
            o->payload = true;
            return true;
        }
    }
    return true;
}

static void take_payload(struct ogg *o, struct slice *b)
{
    const uint8_t *lacing = o->page + PAGE_HEAD;
    while (o->segment < o->page[26]) {
        if (!o->begun)
            o->left = lacing[o->segment];
        o->begun = true;
        if (o->left && b->n == 0)
            return;
        size_t n = b->n < o->left ? b->n : o->left;
        if (n)
            packet_bytes(o, slice_sub(*b, 0, n));
        *b = slice_from(*b, n);
        o->pos += n;
        o->left -= (unsigned)n;
        if (o->left)
            return;
        if (lacing[o->segment] < 255)
            packet_end(o);
        o->segment++;
        o->begun = false;
    }
    o->payload = false;
}

static enum optout_rc ogg_feed(void *state, struct slice bytes)
{
    struct ogg *o = state;
    while (bytes.n || o->payload) {
        if (o->payload) {
            take_payload(o, &bytes);
            if (o->payload)
                break;
        } else if (!take_page(o, &bytes)) {
            return OPTOUT_E_SYNTAX;
        }
        if (o->first_over && o->pending == 0)
            return o->rc;
    }
    return OPTOUT_MORE;
}

static enum optout_rc ogg_end(void *state)
{
    struct ogg *o = state;
    bool missing = !o->pages || o->pending;
    for (size_t i = 0; i < o->n; i++)
        if (o->v[i].kind == STREAM_C2PA)
            settle(o, &o->v[i], PACKET_CUT);
    if (missing || !o->first_over)
        note(o, OPTOUT_E_SYNTAX);
    return o->rc;
}

static bool ogg_sniff(struct slice head)
{
    return head.n >= 5 && memcmp(head.p, "OggS", 5) == 0;
}

static const char *const ogg_types[] = { "audio/ogg", "video/ogg", "application/ogg",
                                         "audio/opus", "audio/vorbis", "audio/x-ogg",
                                         "audio/x-vorbis+ogg", "audio/x-opus+ogg",
                                         "video/x-ogg", NULL };

const struct format format_ogg = {
    .name = "ogg",
    .title = "Ogg (Vorbis, Opus, FLAC, Theora)",
    .reads = "the C2PA stream, and COPYRIGHT and LICENSE of the comment headers; up to the last "
             "of these, at least to the first page that begins no stream",
    .types = ogg_types,
    .sniff = ogg_sniff,
    .open = ogg_open,
    .feed = ogg_feed,
    .end = ogg_end,
};
