/* SPDX-License-Identifier: Apache-2.0 */
/* gif.c - packets in the application extensions of a GIF file.
 *
 * GIF89a specification (CompuServe, 1990), sections 17 to 26. XMP: ISO 16684-3, "GIF":
 * application extension "XMP DataXMP", in which the packet is not cut into sub-blocks but
 * stands as it is, with 258 bytes after it that lead any reader of sub-blocks to the end of
 * the extension. So the walk over sub-blocks tells where it ends, and the length bytes are
 * data. Some writers cut it into sub-blocks all the same. C2PA 2.4, "GIF": application
 * extension "C2PA_GIF", the store in sub-blocks.
 *
 * MAX_TEXTS  32   comments that are handed on
 * A file may have any number of blocks; each is walked by its length. */
#include "formats/packet_out.h"
#include "formats/rows.h"

#define MAX_TEXTS 32
#define TRAILER 258 /* bytes after a raw packet, the terminator of the extension included */
#define HEADER 13   /* signature, version, logical screen descriptor */

enum stage {
    STAGE_HEADER,
    STAGE_SKIP,      /* a colour table */
    STAGE_BLOCK,     /* the first byte of a block */
    STAGE_IMAGE,     /* the nine bytes of an image descriptor */
    STAGE_LABEL,     /* label of an extension, and the size of its first sub-block */
    STAGE_APP,       /* the identifier of an application extension */
    STAGE_XMP_START, /* the first two bytes, by which raw and cut packets are told apart */
    STAGE_LENGTH,    /* the length of a sub-block */
    STAGE_DATA       /* a sub-block */
};

/* What becomes of the bytes of sub-blocks. */
enum use { USE_NONE, USE_FLOW, USE_RAW, USE_TEXT };

struct gif {
    const struct format_env *env;
    struct packet_out flow;
    enum stage stage;
    enum use use;
    uint64_t at;   /* offset of the next byte */
    uint64_t from; /* offset of the packet */
    size_t left;   /* of the colour table or sub-block */
    enum optout_rc rc;
    size_t n_head; /* bytes of what is read in one piece */
    uint8_t head[HEADER];
    bool done;     /* the trailer was met */
    unsigned n_texts;
    size_t n_text, n_tail;
    uint8_t text[PACKET_TEXT_MAX + 1];
    uint8_t tail[TRAILER]; /* the last bytes of a raw packet, which may be the trailer */
};

static size_t colour_table(uint8_t flags)
{
    return flags & 0x80 ? (size_t)3 << ((flags & 7) + 1) : 0;
}

static void go(struct gif *g, enum stage stage)
{
    g->stage = stage;
    g->n_head = 0;
}

static void skip_table(struct gif *g, uint8_t flags)
{
    g->left = colour_table(flags);
    go(g, STAGE_SKIP);
}

static void begin(struct gif *g, enum packet_kind kind, uint64_t offset)
{
    static const struct slice where[PACKET_KIND_COUNT] = {
        [PACKET_XMP] = SLICE("application extension XMP DataXMP"),
        [PACKET_C2PA] = SLICE("application extension C2PA_GIF"),
    };
    struct packet p = { .kind = kind, .role = PACKET_MAIN, .offset = offset,
                        .where = where[kind] };
    packet_out_begin(&g->flow, g->env->out, &p);
}

/* ---- raw XMP ---- */

static void raw_bytes(struct gif *g, struct slice s)
{
    size_t all = g->n_tail + s.n;
    size_t out = all > TRAILER ? all - TRAILER : 0;
    size_t old = out < g->n_tail ? out : g->n_tail;
    packet_out_bytes(&g->flow, slice_of(g->tail, old));
    packet_out_bytes(&g->flow, slice_sub(s, 0, out - old));
    s = slice_from(s, out - old);
    memmove(g->tail, g->tail + old, g->n_tail - old);
    g->n_tail -= old;
    if (s.n)
        memcpy(g->tail + g->n_tail, s.p, s.n);
    g->n_tail += s.n;
}

static bool is_trailer(const struct gif *g)
{
    bool is = g->n_tail == TRAILER && g->tail[0] == 1 && g->tail[TRAILER - 1] == 0;
    for (size_t i = 1; is && i < TRAILER - 1; i++)
        is = g->tail[i] == 256 - i;
    return is;
}

/* The packet's own part of a tail that is not the trailer: to the last '>' before what
 * looks like a piece of one. */
static size_t own_part(const struct gif *g)
{
    size_t n = g->n_tail;
    for (size_t i = 0; i + 3 <= g->n_tail && n == g->n_tail; i++)
        if (g->tail[i] == 0xFF && g->tail[i + 1] == 0xFE && g->tail[i + 2] == 0xFD)
            n = i;
    while (n > 0 && g->tail[n - 1] != '>')
        n--;
    return n;
}

static void end_raw(struct gif *g, bool ended)
{
    bool cut = !ended || !is_trailer(g);
    if (cut)
        packet_out_bytes(&g->flow, slice_of(g->tail, own_part(g)));
    if (cut && g->rc == OPTOUT_DONE)
        g->rc = OPTOUT_E_SYNTAX;
    packet_out_end(&g->flow, cut ? PACKET_CUT : PACKET_WHOLE);
    g->n_tail = 0;
}

/* ---- sub-blocks ---- */

static void end_text(struct gif *g, enum packet_end how)
{
    struct packet p = { .kind = PACKET_TEXT, .role = PACKET_MAIN, .offset = g->from,
                        .where = SLICE_OF("comment extension"),
                        .field = SLICE_OF("Comment") };
    if (g->n_text && g->n_texts < MAX_TEXTS) {
        g->n_texts++;
        packet_out_text(g->env->out, &p, slice_of(g->text, g->n_text), how);
    }
    g->n_text = 0;
}

static void end_use(struct gif *g, bool ended)
{
    if (g->use == USE_RAW)
        end_raw(g, ended);
    else if (g->use == USE_TEXT)
        end_text(g, ended ? PACKET_WHOLE : PACKET_CUT);
    else
        packet_out_end(&g->flow, ended ? PACKET_WHOLE : PACKET_CUT);
    g->use = USE_NONE;
}

static void use_bytes(struct gif *g, struct slice s)
{
    if (g->use == USE_RAW) {
        raw_bytes(g, s);
    } else if (g->use == USE_FLOW) {
        packet_out_bytes(&g->flow, s);
    } else if (g->use == USE_TEXT) {
        if (g->n_text == 0)
            g->from = g->at;
        s = slice_sub(s, 0, sizeof g->text - g->n_text);
        if (s.n)
            memcpy(g->text + g->n_text, s.p, s.n);
        g->n_text += s.n;
    }
}

static void on_length(struct gif *g, uint8_t length)
{
    g->left = length;
    if (g->use == USE_RAW)
        raw_bytes(g, slice_of(&length, 1));
    if (length) {
        g->stage = STAGE_DATA;
        return;
    }
    end_use(g, true);
    go(g, STAGE_BLOCK);
}

/* ---- blocks ---- */

/* The size byte of the identifier was read before; other sizes than 11 are met in nothing
 * that matters. */
static void on_app(struct gif *g)
{
    static const struct slice xmp = SLICE("XMP DataXMP"), c2pa = SLICE("C2PA_GIF");
    go(g, STAGE_LENGTH);
    if (!memcmp(g->head, xmp.p, xmp.n)) {
        g->from = g->at + 1;
        go(g, STAGE_XMP_START);
    } else if (!memcmp(g->head, c2pa.p, c2pa.n)) {
        begin(g, PACKET_C2PA, g->at + 2);
        g->use = USE_FLOW;
    }
}

static void on_label(struct gif *g)
{
    uint8_t label = g->head[0], size = g->head[1];
    if (label == 0xFF && size == 11) {
        go(g, STAGE_APP);
        return;
    }
    g->use = label == 0xFE ? USE_TEXT : USE_NONE;
    go(g, STAGE_LENGTH);
    on_length(g, size);
}

/* A packet that stands as it is begins with '<', or with a byte order mark; one in
 * sub-blocks has a length in front of that. */
static void on_xmp_start(struct gif *g)
{
    bool blocks = g->head[1] == '<' || (g->head[1] == 0xEF && g->head[0] != 0xEF);
    begin(g, PACKET_XMP, blocks ? g->from + 1 : g->from);
    g->use = blocks ? USE_FLOW : USE_RAW;
    g->left = g->head[0];
    if (!blocks)
        raw_bytes(g, slice_of(g->head, 2));
    else
        packet_out_bytes(&g->flow, slice_of(g->head + 1, 1));
    g->left--;
    go(g, g->left ? STAGE_DATA : STAGE_LENGTH);
}

static enum optout_rc on_block(struct gif *g, uint8_t c)
{
    if (c == 0x3B)
        return OPTOUT_DONE;
    if (c == 0x21)
        go(g, STAGE_LABEL);
    else if (c == 0x2C)
        go(g, STAGE_IMAGE);
    else if (c != 0) /* some writers pad with zeros */
        return OPTOUT_E_SYNTAX;
    return OPTOUT_MORE;
}

/* The bytes of the stage are all in g->head. */
static void on_head(struct gif *g)
{
    if (g->stage == STAGE_HEADER)
        skip_table(g, g->head[10]);
    else if (g->stage == STAGE_IMAGE)
        skip_table(g, g->head[8]);
    else if (g->stage == STAGE_LABEL)
        on_label(g);
    else if (g->stage == STAGE_APP)
        on_app(g);
    else
        on_xmp_start(g);
}

/* How many bytes a stage reads in one piece. An image descriptor is followed by its colour
 * table and then by one byte more, which is skipped with the table. */
static size_t head_size(const struct gif *g)
{
    static const uint8_t size[] = {
        [STAGE_HEADER] = HEADER, [STAGE_IMAGE] = 9, [STAGE_LABEL] = 2, [STAGE_APP] = 11,
        [STAGE_XMP_START] = 2,   [STAGE_DATA] = 0,
    };
    return size[g->stage];
}

static enum optout_rc read_head(struct gif *g, uint8_t c)
{
    /* an XMP extension of no sub-blocks at all */
    if (g->stage == STAGE_XMP_START && g->n_head == 0 && c == 0) {
        g->rc = g->rc == OPTOUT_DONE ? OPTOUT_E_SYNTAX : g->rc;
        go(g, STAGE_BLOCK);
        return OPTOUT_MORE;
    }
    bool image = g->stage == STAGE_IMAGE;
    g->head[g->n_head++] = c;
    if (g->n_head < head_size(g))
        return OPTOUT_MORE;
    on_head(g);
    if (g->stage != STAGE_SKIP)
        return OPTOUT_MORE;
    g->use = USE_NONE;
    g->n_head = image; /* remembered until the table is over */
    if (image)
        g->left++; /* LZW minimum code size */
    if (g->left == 0)
        go(g, STAGE_BLOCK);
    return OPTOUT_MORE;
}

static void *gif_open(const struct format_env *env)
{
    struct gif *g = arena_alloc(env->arena, sizeof *g);
    if (!g)
        return NULL;
    g->env = env;
    g->rc = OPTOUT_DONE;
    return g;
}

/* A stretch of a colour table or a sub-block. */
static size_t take_run(struct gif *g, struct slice s)
{
    size_t n = s.n < g->left ? s.n : g->left;
    if (g->stage == STAGE_DATA)
        use_bytes(g, slice_sub(s, 0, n));
    g->left -= n;
    if (g->left)
        return n;
    if (g->stage == STAGE_DATA || g->n_head)
        go(g, STAGE_LENGTH);
    else
        go(g, STAGE_BLOCK);
    return n;
}

static enum optout_rc gif_feed(void *state, struct slice s)
{
    struct gif *g = state;
    enum optout_rc rc = OPTOUT_MORE;
    while (s.n && rc == OPTOUT_MORE) {
        size_t n = 1;
        if (g->stage == STAGE_SKIP || g->stage == STAGE_DATA)
            n = take_run(g, s);
        else if (g->stage == STAGE_BLOCK)
            rc = on_block(g, s.p[0]);
        else if (g->stage == STAGE_LENGTH)
            on_length(g, s.p[0]);
        else
            rc = read_head(g, s.p[0]);
        g->at += n;
        s = slice_from(s, n);
    }
    g->done = rc == OPTOUT_DONE;
    if (rc < 0)
        g->rc = rc;
    return rc;
}

static enum optout_rc gif_end(void *state)
{
    struct gif *g = state;
    end_use(g, false);
    if (!g->done && g->rc == OPTOUT_DONE)
        g->rc = OPTOUT_E_SYNTAX;
    return g->rc;
}

static bool gif_sniff(struct slice head)
{
    return head.n >= 6 && (!memcmp(head.p, "GIF87a", 6) || !memcmp(head.p, "GIF89a", 6));
}

static const char *const gif_types[] = { "image/gif", NULL };

const struct format format_gif = {
    .name = "gif",
    .title = "GIF",
    .reads = "XMP and C2PA in application extensions, comments; to the trailer, wherever they "
             "stand; pictures are skipped",
    .types = gif_types,
    .sniff = gif_sniff,
    .to_end = true,
    .open = gif_open,
    .feed = gif_feed,
    .end = gif_end,
};
