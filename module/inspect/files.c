/* SPDX-License-Identifier: Apache-2.0 */
/* files.c - formats over one body.
 *
 * Limits: FORMATS_OPEN_MAX, FILES_REPLAY_MAX. */
#include "inspect/files.h"

#include "core/buf.h"
#include "http/media_type.h"
#include "inspect/reasons.h"

struct open_format {
    const struct format *format;
    struct format_env env;
    void *state;
    struct members *members; /* of one that contains files */
    bool done;
    bool beside; /* named by the type of a body that is something else: it may be no such file */
};

struct files {
    struct arena *arena;
    struct packets *packets;
    struct members_owner owner;
    struct lookback back; /* the caller's */
    struct slice piece;   /* what is being fed, as sent */
    uint64_t piece_offset;
    struct buf replay; /* where nothing else is kept */
    struct open_format open[FORMATS_OPEN_MAX];
    size_t n, n_live;
    bool ended;
};

static void note(struct files *f, enum undecided u)
{
    *f->owner.undecided |= undecided_bit(u);
}

/* ---- looking back ---- */

static struct slice overlap(struct slice s, uint64_t at, uint64_t offset, size_t n)
{
    if (offset < at || offset - at >= s.n)
        return SLICE_EMPTY;
    return slice_sub(s, (size_t)(offset - at), n);
}

/* From what is in hand, else from the caller, else from the replay. */
static enum optout_rc look_back(void *ctx, uint64_t offset, void *to, size_t n)
{
    struct files *f = ctx;
    uint8_t *out = to;
    while (n) {
        struct slice have = overlap(f->piece, f->piece_offset, offset, n);
        if (!have.n)
            have = overlap(buf_slice(&f->replay), 0, offset, n);
        if (!have.n) {
            size_t ask = n;
            if (f->piece.n && offset < f->piece_offset && n > f->piece_offset - offset)
                ask = (size_t)(f->piece_offset - offset);
            if (!f->back.read || f->back.read(f->back.ctx, offset, out, ask) != OPTOUT_OK)
                return OPTOUT_E_LIMIT;
            have = slice_of(out, ask);
        } else {
            memcpy(out, have.p, have.n);
        }
        out += have.n;
        offset += have.n;
        n -= have.n;
    }
    return OPTOUT_OK;
}

/* ---- life ---- */

struct files *files_open(struct arena *arena, struct packets *packets, struct lookback back,
                         const struct members_owner *owner)
{
    struct files *f = arena_alloc(arena, sizeof *f);
    if (!f)
        return NULL;
    f->arena = arena;
    f->packets = packets;
    f->back = back;
    f->owner = *owner;
    buf_init(&f->replay, FILES_REPLAY_MAX);
    return f;
}

/* Of several Content-Type lines the one that names a boundary. */
static struct slice content_type(const struct headers *h)
{
    const struct header *line, *found = NULL;
    for (size_t i = 0; (line = headers_next(h, "content-type", &i)) != NULL;)
        if (!found || slice_starts_nocase(line->value, SLICE_OF("multipart/")))
            found = line;
    return found ? found->value : SLICE_EMPTY;
}

/* What is inside is looked back at as it was sent, or not at all. */
static bool open_members(struct files *f, struct open_format *o)
{
    struct lookback back = { f->back.read ? look_back : NULL, f };
    if (!o->format->contains)
        return true;
    o->members = members_open(f->arena, &f->owner, back);
    if (!o->members)
        return false;
    o->env.members = members_sink(o->members);
    o->env.content_type = content_type(&f->owner.x->response);
    return true;
}

static void open_one(struct files *f, const struct format *format, bool beside,
                     struct slice declared, uint64_t length)
{
    struct open_format *o = &f->open[f->n];
    o->beside = beside;
    o->format = format;
    o->env = (struct format_env){
        .arena = f->arena,
        .out = packets_sink(f->packets, format->name),
        .back = { look_back, f },
        .declared = declared,
        .length = length,
    };
    o->state = open_members(f, o) && format->open ? format->open(&o->env) : NULL;
    if (!o->state) {
        note(f, UNDECIDED_LIMIT_MEMORY);
        return;
    }
    f->n++;
    f->n_live++;
}

/* A comment may begin a drawing as well. */
static bool is_a_page(struct slice head)
{
    return media_sniff_html(head) && !slice_starts_nocase(slice_trim_space(head), SLICE_OF("<!--"));
}

size_t files_begin(struct files *f, struct slice head, struct slice declared, uint64_t length)
{
    const struct format *found[FORMATS_OPEN_MAX];
    size_t n = formats_sniff(head, found);
    if (n > FORMATS_OPEN_MAX) {
        note(f, UNDECIDED_LIMIT_METADATA);
        n = FORMATS_OPEN_MAX;
    }
    const struct format *named = format_of_type(declared);
    for (size_t i = 0; i < n; i++) {
        open_one(f, found[i], false, declared, length);
        if (named == found[i])
            named = NULL;
    }
    /* An archive may stand behind anything; a text that is a file is no text. */
    bool text = slice_starts_nocase(declared, SLICE_OF("text/"));
    if (named && named->by_type && n < FORMATS_OPEN_MAX && (n == 0 || !text))
        open_one(f, named, n > 0 || is_a_page(head), declared, length);
    return f->n;
}

void files_begin_named(struct files *f, struct slice head, struct slice type, uint64_t length)
{
    const struct format *named = format_of_type(type);
    for (size_t i = 0; i < f->n; i++)
        if (f->open[i].format == named)
            named = NULL;
    if (named && named->by_type && f->n < FORMATS_OPEN_MAX)
        open_one(f, named, f->n > 0 || is_a_page(head), type, length);
}

static void format_finish(struct files *f, struct open_format *o, bool judge)
{
    o->done = true;
    f->n_live--;
    enum optout_rc rc = o->format->end(o->state);
    if (o->members)
        members_close(o->members);
    if (judge && !(o->beside && rc == OPTOUT_E_SYNTAX))
        *f->owner.undecided |= reasons_of(READER_OF_FILE, rc);
}

void files_piece(struct files *f, struct slice piece, uint64_t offset)
{
    f->piece = piece;
    f->piece_offset = offset;
}

enum optout_rc files_feed(struct files *f, struct slice bytes)
{
    bool in_piece = f->piece.p && bytes.p >= f->piece.p && bytes.p < f->piece.p + f->piece.n;
    if (!(in_piece && f->back.read) && f->replay.failed == OPTOUT_OK)
        (void)buf_append(&f->replay, bytes.p, bytes.n); /* what does not fit is not there */
    for (size_t i = 0; i < f->n; i++) {
        struct open_format *o = &f->open[i];
        if (o->done)
            continue;
        enum optout_rc rc = o->format->feed(o->state, bytes);
        if (rc == OPTOUT_MORE)
            continue;
        if (!(o->beside && rc == OPTOUT_E_SYNTAX))
            *f->owner.undecided |= reasons_of(READER_OF_FILE, rc);
        format_finish(f, o, true);
    }
    f->piece = SLICE_EMPTY; /* the caller's again: what was fed is looked back at through it */
    return f->n_live ? OPTOUT_MORE : OPTOUT_DONE;
}

void files_end(struct files *f, bool judge)
{
    if (f->ended)
        return;
    f->ended = true;
    for (size_t i = 0; i < f->n; i++)
        if (!f->open[i].done)
            format_finish(f, &f->open[i], judge);
    buf_free(&f->replay);
    f->piece = SLICE_EMPTY;
}

size_t files_count(const struct files *f)
{
    return f->n;
}

const struct format *files_format(const struct files *f, size_t n)
{
    return f->open[n].format;
}
