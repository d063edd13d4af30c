/* SPDX-License-Identifier: Apache-2.0 */
/* eps.c - Encapsulated PostScript, Illustrator and PostScript files.
 *
 * Adobe XMP Specification part 3, section 2.6 (PS, EPS): packets are found by scanning. Which
 * of several is the file's own is told by %ADO_ContainsXMP: MainFirst, MainLast or NoMain;
 * where it is not, none of them may allow.
 *
 * Limits: MAX_PACKETS. */
#include "formats/rows.h"

#define MAX_PACKETS 16
#define MAX_MARK 32 /* bytes that a needle may be cut by */

enum main_packet { MAIN_NOT_TOLD, MAIN_FIRST, MAIN_LAST, MAIN_NONE };

struct eps {
    const struct format_env *env;
    uint8_t tail[MAX_MARK]; /* the last bytes, in which a needle may have begun */
    size_t n_tail;
    uint64_t offset;        /* of tail[0] */
    unsigned open;          /* handle of the packet */
    bool in_packet, ending; /* in its body; in the instruction that ends it */
    bool too_long;
    unsigned handle[MAX_PACKETS];
    size_t n;
    uint8_t main_packet; /* enum main_packet */
    enum optout_rc rc;
};

static const struct slice begin_mark = SLICE("<?xpacket begin=");
static const struct slice end_mark = SLICE("<?xpacket end=");
static const struct slice told_mark = SLICE("%ADO_ContainsXMP: Main");
static const struct slice none_mark = SLICE("%ADO_ContainsXMP: NoMa");

static bool eps_sniff(struct slice head)
{
    static const uint8_t dos[] = { 0xC5, 0xD0, 0xD3, 0xC6 };
    return slice_eq(slice_sub(head, 0, 11), SLICE_OF("%!PS-Adobe-")) ||
           slice_eq(slice_sub(head, 0, sizeof dos), slice_of(dos, sizeof dos));
}

static void *eps_open(const struct format_env *env)
{
    struct eps *e = arena_alloc(env->arena, sizeof *e);
    if (e) {
        e->env = env;
        e->rc = OPTOUT_MORE;
    }
    return e;
}

static void begin_packet(struct eps *e, uint64_t at)
{
    e->in_packet = true;
    e->ending = false;
    e->open = 0;
    if (e->n == MAX_PACKETS) {
        e->too_long = true;
        return;
    }
    struct packet p = { .kind = PACKET_XMP, .role = PACKET_PENDING, .offset = at,
                        .where = format_where(e->env->arena, "packet %zu", e->n + 1) };
    e->open = e->env->out->begin(e->env->out->ctx, &p);
    e->handle[e->n++] = e->open;
}

static void end_packet(struct eps *e, enum packet_end how)
{
    if (e->open)
        e->env->out->end(e->env->out->ctx, e->open, how);
    e->open = 0;
    e->in_packet = false;
}

static void eps_put(struct eps *e, struct slice bytes)
{
    if (e->open && bytes.n && !e->env->out->bytes(e->env->out->ctx, e->open, bytes))
        e->open = 0;
}

static bool at(struct slice s, struct slice mark)
{
    return s.n >= mark.n && memcmp(s.p, mark.p, mark.n) == 0;
}

static size_t next_of(struct slice s, size_t from, size_t to, uint8_t c)
{
    return from + slice_find(slice_sub(s, from, to - from), c);
}

/* Reads one stretch; the last `keep` bytes of it may begin a needle and are left. Returns
 * how many were read. */
static size_t scan(struct eps *e, struct slice s, uint64_t offset, size_t keep)
{
    size_t i = 0, from = 0;
    size_t tag = next_of(s, 0, s.n - keep, '<'), percent = next_of(s, 0, s.n - keep, '%');
    while (s.n - i > keep) {
        if (e->ending) {
            size_t close = slice_find(slice_from(s, i), '>');
            bool found = close < s.n - i - keep;
            i += found ? close + 1 : s.n - i - keep;
            if (!found)
                break;
            eps_put(e, slice_sub(s, from, i - from));
            from = i;
            e->ending = false;
            end_packet(e, PACKET_WHOLE);
            continue;
        }
        /* Each is looked for once, or many of one would be a search for the other each. */
        size_t to = s.n - keep;
        if (tag < i)
            tag = next_of(s, i, to, '<');
        if (percent < i)
            percent = next_of(s, i, to, '%');
        i = e->in_packet || tag < percent ? tag : percent;
        if (i == to)
            break;
        struct slice here = slice_from(s, i);
        if (!e->in_packet && at(here, begin_mark)) {
            from = i;
            begin_packet(e, offset + i);
        } else if (e->in_packet && at(here, end_mark)) {
            e->ending = true;
        } else if (!e->in_packet && at(here, none_mark)) {
            e->main_packet = MAIN_NONE;
        } else if (!e->in_packet && at(here, told_mark) && here.n > told_mark.n) {
            e->main_packet = here.p[told_mark.n] == 'L' ? MAIN_LAST : MAIN_FIRST;
        }
        i++;
    }
    if (e->in_packet)
        eps_put(e, slice_sub(s, from, i - from));
    return i;
}

static enum optout_rc eps_feed(void *state, struct slice bytes)
{
    struct eps *e = state;
    uint8_t seam[2 * MAX_MARK];
    while (bytes.n) {
        size_t more = MAX_MARK < bytes.n ? MAX_MARK : bytes.n;
        size_t n = e->n_tail;
        memcpy(seam, e->tail, n);
        memcpy(seam + n, bytes.p, more);
        size_t done = scan(e, slice_of(seam, n + more), e->offset,
                           n + more < MAX_MARK ? n + more : MAX_MARK);
        e->offset += done;
        if (done < n || more == bytes.n) { /* still all of it in the seam */
            e->n_tail = n + more - done;
            memcpy(e->tail, seam + done, e->n_tail);
            return OPTOUT_MORE;
        }
        bytes = slice_from(bytes, done - n);
        e->n_tail = 0;
        if (bytes.n <= MAX_MARK) {
            memcpy(e->tail, bytes.p, bytes.n);
            e->n_tail = bytes.n;
            return OPTOUT_MORE;
        }
        done = scan(e, bytes, e->offset, MAX_MARK);
        e->offset += done;
        bytes = slice_from(bytes, done);
        memcpy(e->tail, bytes.p, bytes.n);
        e->n_tail = bytes.n;
        return OPTOUT_MORE;
    }
    return OPTOUT_MORE;
}

static enum packet_role role_of(const struct eps *e, size_t i)
{
    size_t main_at = e->main_packet == MAIN_LAST ? e->n - 1 : 0;
    if (e->main_packet == MAIN_NONE)
        return PACKET_COMPONENT;
    if (e->main_packet == MAIN_NOT_TOLD)
        return PACKET_SALVAGED;
    return i == main_at ? PACKET_MAIN : PACKET_COMPONENT;
}

static enum optout_rc eps_end(void *state)
{
    struct eps *e = state;
    e->offset += scan(e, slice_of(e->tail, e->n_tail), e->offset, 0);
    bool cut = e->in_packet;
    if (cut)
        end_packet(e, PACKET_CUT);
    for (size_t i = 0; i < e->n; i++)
        if (e->handle[i])
            e->env->out->role(e->env->out->ctx, e->handle[i], role_of(e, i));
    if (e->too_long)
        return OPTOUT_E_LIMIT;
    /* A main packet was told of that never came: the file was cut before it. */
    bool lost = e->n == 0 && (e->main_packet == MAIN_FIRST || e->main_packet == MAIN_LAST);
    return cut || lost ? OPTOUT_E_SYNTAX : OPTOUT_DONE;
}

static const char *const eps_types[] = { "application/postscript", "application/eps",
                                         "application/x-eps", "image/eps", "image/x-eps", NULL };

const struct format format_eps = {
    .name = "eps",
    .title = "PostScript, EPS, Illustrator",
    .reads = "XMP packets, by scanning to the end; %ADO_ContainsXMP tells which is the file's own",
    .types = eps_types,
    .sniff = eps_sniff,
    .to_end = true,
    .open = eps_open,
    .feed = eps_feed,
    .end = eps_end,
};
