/* SPDX-License-Identifier: Apache-2.0 */
/* warc.c - web archives: WARC 1.1 (ISO 28500:2017) sections 4 to 7, and its drafts.
 *
 * Records, each a head and a block of told length. Of responses the block is an HTTP answer
 * with a head of its own, which states what it stated when it was fetched; resources and
 * conversions are bodies. Requests and what the archive says of itself are none.
 *
 * Heads are read by parts/warc_head.c, as by module/warc, which reads archives as files. The
 * framing is apart: here bytes are pushed that nobody can look ahead of, and what is wrong ends
 * it; there they are pulled, have members and places, and it goes on behind.
 *
 * Limits: WARC_HEAD_MAX of a head, of a record or of the answer in it. */
#include "core/member.h"
#include "formats/parts/chunked.h"
#include "formats/parts/warc_head.h"
#include "formats/rows.h"
#include "http/exchange.h"

#define WARC_HEAD_MAX (32u << 10)
#define HEAD_ARENA_MAX (128u << 10) /* to parse one in */

enum warc_state { WARC_HEAD, WARC_HTTP_HEAD, WARC_BODY, WARC_BETWEEN };

struct warc {
    const struct format_env *env;
    enum warc_state state;
    uint64_t pos;  /* of the next byte */
    uint64_t left; /* of the block */
    uint8_t *head; /* WARC_HEAD_MAX */
    size_t n;
    bool line_empty; /* nothing of the line was met but CR */
    bool over;       /* the head is longer than what is kept */
    uint8_t url[MEMBER_NAME_MAX * 4];
    size_t n_url;
    uint8_t type[MEMBER_NAME_MAX];
    size_t n_type;
    bool bodiless; /* a revisit: the body is said to be the same as another's */
    bool reading, inside, is_cut, is_chunked;
    struct chunked chunked;
};

static size_t warc_keep(uint8_t *to, size_t size, struct slice s)
{
    size_t n = s.n < size ? s.n : size;
    if (n)
        memcpy(to, s.p, n);
    return n;
}

/* ---- members ---- */

static void begin_member(struct warc *w, struct slice head, int status)
{
    struct member m = {
        .name = slice_of(w->url, w->n_url),
        .url = slice_of(w->url, w->n_url),
        .type = slice_of(w->type, w->n_type),
        .head = head,
        .status = status,
        .bodiless = w->bodiless || w->left == 0,
        .at = w->pos,
        .in_place = !w->is_chunked,
    };
    w->reading = member_begin(w->env->members, &m);
    w->inside = true;
}

static enum optout_rc warc_put(void *ctx, struct slice bytes)
{
    struct warc *w = ctx;
    return member_bytes(w->env->members, bytes) ? OPTOUT_OK : OPTOUT_DONE;
}

static void take_body(struct warc *w, struct slice bytes)
{
    if (!w->reading)
        return;
    enum optout_rc rc =
        w->is_chunked ? chunked_feed(&w->chunked, bytes, warc_put, w) : warc_put(w, bytes);
    if (rc == OPTOUT_OK)
        return;
    member_end(w->env->members, true);
    w->reading = false;
}

static void end_block(struct warc *w, bool whole)
{
    if (w->reading && w->is_chunked)
        (void)chunked_end(&w->chunked, warc_put, w);
    if (w->reading)
        member_end(w->env->members, whole && !w->is_cut);
    if (w->inside && w->is_cut)
        member_missed(w->env->members);
    w->reading = w->inside = false;
    w->state = WARC_BETWEEN;
    w->n = 0;
    w->over = false;
}

/* ---- heads ---- */

/* Takes bytes up to the end of the empty line; true when that was met. */
static bool take_head(struct warc *w, struct slice *s)
{
    size_t i = 0;
    bool ended = false;
    while (i < s->n && !ended) {
        uint8_t c = s->p[i++];
        ended = c == '\n' && w->line_empty;
        if (c == '\n')
            w->line_empty = true;
        else if (c != '\r')
            w->line_empty = false;
    }
    size_t room = WARC_HEAD_MAX - w->n;
    w->over |= i > room;
    w->n += warc_keep(w->head + w->n, room, slice_sub(*s, 0, i));
    w->pos += i;
    *s = slice_from(*s, i);
    return ended;
}

static void begin_head(struct warc *w, enum warc_state state)
{
    w->state = state;
    w->n = 0;
    w->over = false;
    w->line_empty = false;
}

static struct slice value_of(const struct headers *h, const char *name)
{
    const struct header *line = headers_find(h, name);
    return line ? slice_trim_space(line->value) : SLICE_EMPTY;
}

static void open_block(struct warc *w, const struct warc_head *h)
{
    w->n_url = warc_keep(w->url, sizeof w->url, h->url);
    w->n_type = warc_keep(w->type, sizeof w->type, h->media);
    w->bodiless = h->type == WARC_REVISIT;
    w->is_chunked = false;
    w->is_cut = h->truncated.p || h->segment.p;
    bool answer = h->media.n == 0 ||
                  slice_starts_nocase(h->media, SLICE_OF("application/http")) ||
                  slice_starts_nocase(h->media, SLICE_OF("message/http"));
    bool body = h->type == WARC_RESOURCE || h->type == WARC_CONVERSION || h->type == WARC_RESPONSE;
    if (h->type == WARC_CONTINUATION)
        member_missed(w->env->members);
    if (answer && (h->type == WARC_RESPONSE || w->bodiless)) {
        begin_head(w, WARC_HTTP_HEAD);
        w->n_type = 0;
        return;
    }
    w->state = WARC_BODY;
    if (body)
        begin_member(w, SLICE_EMPTY, 0);
}

static enum optout_rc end_head(struct warc *w)
{
    struct warc_head h;
    if (w->over)
        return OPTOUT_E_LIMIT;
    enum optout_rc rc = warc_head_read(&h, w->head, w->n);
    if (rc != OPTOUT_OK)
        return rc;
    w->left = h.length;
    open_block(w, &h);
    if (w->left == 0)
        end_block(w, true);
    return OPTOUT_MORE;
}

/* Many archives keep the field and not the chunks: chunked_feed tells. */
static void end_http_head(struct warc *w)
{
    struct arena arena;
    struct headers h = { NULL, 0 };
    int status = 0;
    struct slice head = slice_of(w->head, w->n);
    size_t line = slice_find(head, '\n');
    (void)exchange_status_line(slice_sub(head, 0, line), &status);
    if (status)
        head = slice_from(head, line + 1);
    arena_init(&arena, HEAD_ARENA_MAX, NULL, 0);
    if (w->over || headers_parse(&h, &arena, head) != OPTOUT_OK)
        member_missed(w->env->members);
    struct slice coding = value_of(&h, "transfer-encoding");
    w->is_chunked = slice_find_nocase(coding, SLICE_OF("chunked")) < coding.n;
    w->chunked = (struct chunked){ .state = 0 };
    w->state = WARC_BODY;
    begin_member(w, head, status);
    arena_reset(&arena);
}

/* ---- the row ---- */

static void *warc_open(const struct format_env *env)
{
    struct warc *w = arena_alloc(env->arena, sizeof *w);
    if (!w)
        return NULL;
    w->env = env;
    w->head = arena_take(env->arena, WARC_HEAD_MAX);
    begin_head(w, WARC_HEAD);
    return w->head ? w : NULL;
}

/* Within a block: no further than its end. */
static void take_block(struct warc *w, struct slice *s)
{
    size_t n = w->left < s->n ? (size_t)w->left : s->n;
    struct slice piece = slice_sub(*s, 0, n);
    *s = slice_from(*s, n);
    w->left -= n;
    if (w->state == WARC_HTTP_HEAD) {
        bool ended = take_head(w, &piece);
        w->left += piece.n; /* what follows the head is the body */
        if (ended || w->left == 0)
            end_http_head(w);
        w->left -= piece.n;
    }
    if (piece.n) {
        w->pos += piece.n;
        take_body(w, piece);
    }
    if (w->left == 0)
        end_block(w, true);
}

static enum optout_rc warc_feed(void *state, struct slice s)
{
    struct warc *w = state;
    while (s.n) {
        if (w->state == WARC_HEAD) {
            enum optout_rc rc = take_head(w, &s) ? end_head(w) : OPTOUT_MORE;
            if (rc != OPTOUT_MORE)
                return rc;
        } else if (w->state != WARC_BETWEEN) {
            take_block(w, &s);
        } else if (s.p[0] == '\r' || s.p[0] == '\n') {
            s = slice_from(s, 1);
            w->pos++;
        } else {
            begin_head(w, WARC_HEAD);
        }
    }
    return OPTOUT_MORE;
}

static enum optout_rc warc_end(void *state)
{
    struct warc *w = state;
    bool broken = w->state != WARC_BETWEEN;
    if (w->state == WARC_HTTP_HEAD)
        end_http_head(w);
    end_block(w, !broken);
    return broken ? OPTOUT_E_SYNTAX : OPTOUT_DONE;
}

static bool warc_sniff(struct slice head)
{
    static const struct slice mark = SLICE("WARC/");
    return head.n > mark.n && slice_eq(slice_sub(head, 0, mark.n), mark) &&
           ascii_is_digit(head.p[mark.n]);
}

static const char *const warc_types[] = {
    "application/warc", "application/x-warc", "application/x-webarchive+warc", NULL
};

const struct format format_warc = {
    .name = "warc",
    .title = "WARC web archives",
    .reads = "the answers in it, heads and bodies, and its resources; not requests; to the end",
    .types = warc_types,
    .sniff = warc_sniff,
    .by_type = true,
    .to_end = true,
    .contains = true,
    .open = warc_open,
    .feed = warc_feed,
    .end = warc_end,
};
