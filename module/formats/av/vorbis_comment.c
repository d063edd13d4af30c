/* SPDX-License-Identifier: Apache-2.0 */
/* vorbis_comment.c - Vorbis I section 5.2: vendor string and comments, each with a length in
 * front of it, little-endian.
 *
 * Limits: MAX_COMMENTS; PACKET_TEXT_MAX of a text, MAX_TEXTS of them. */
#include "formats/av/vorbis_comment.h"

#define MAX_COMMENTS 65536
#define MAX_TEXTS 16
#define MAX_NAME 16 /* bytes of a name and its '=' that are looked at */

enum stage { VENDOR_LENGTH, VENDOR, COUNT, LENGTH, NAME, SKIP, VALUE, ENDED };

struct vorbis_comment {
    const struct format_env *env;
    struct slice where;
    enum stage stage;
    enum optout_rc rc;
    uint8_t head[MAX_NAME];
    size_t head_n;
    uint32_t left;  /* bytes of the vendor string or comment */
    uint32_t count; /* comments to come */
    unsigned texts;
    struct slice field;
    uint64_t offset; /* of the value */
    uint8_t *value;
    size_t value_n;
    bool cut;
};

struct vorbis_comment *vorbis_comment_open(const struct format_env *env, const char *where)
{
    struct vorbis_comment *v = arena_alloc(env->arena, sizeof *v);
    if (!v)
        return NULL;
    v->env = env;
    v->where = slice_cstr(where);
    v->rc = OPTOUT_MORE;
    return v;
}

static bool take_le32(struct vorbis_comment *v, struct slice *in, uint32_t *to)
{
    while (v->head_n < 4 && in->n) {
        v->head[v->head_n++] = *in->p++;
        in->n--;
    }
    if (v->head_n < 4)
        return false;
    *to = le32(v->head);
    v->head_n = 0;
    return true;
}

static void put_text(struct vorbis_comment *v)
{
    if (v->texts++ >= MAX_TEXTS) {
        v->rc = OPTOUT_E_LIMIT;
        return;
    }
    struct packet p = { .kind = PACKET_TEXT, .role = PACKET_MAIN, .offset = v->offset,
                        .where = v->where, .field = v->field };
    (void)packet_put(v->env->out, &p, slice_of(v->value, v->value_n),
                     v->cut ? PACKET_LIMIT : PACKET_WHOLE);
}

static void next_comment(struct vorbis_comment *v)
{
    v->stage = v->count ? LENGTH : ENDED;
    v->head_n = 0;
    if (v->stage == ENDED && v->rc == OPTOUT_MORE)
        v->rc = OPTOUT_DONE;
}

/* The name is read byte by byte up to its '='. */
static void take_name(struct vorbis_comment *v, struct slice *in, uint64_t end)
{
    static const struct slice names[] = { SLICE("COPYRIGHT"), SLICE("LICENSE"), SLICE("LICENCE") };
    uint8_t c = *in->p++;
    in->n--;
    v->left--;
    if (c != '=') {
        v->head[v->head_n++] = c;
        v->stage = v->head_n == MAX_NAME ? SKIP : NAME;
        return;
    }
    v->stage = SKIP;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!slice_eq_nocase(slice_of(v->head, v->head_n), names[i]))
            continue;
        if (!v->value && !(v->value = arena_take(v->env->arena, PACKET_TEXT_MAX))) {
            v->rc = OPTOUT_E_NOMEM;
            return;
        }
        v->field = names[i];
        v->offset = end - in->n;
        v->value_n = 0;
        v->cut = false;
        v->stage = VALUE;
    }
}

static void take_bytes(struct vorbis_comment *v, struct slice *in)
{
    size_t n = in->n < v->left ? in->n : v->left;
    if (v->stage == VALUE) {
        size_t room = PACKET_TEXT_MAX - v->value_n;
        size_t k = n < room ? n : room;
        memcpy(v->value + v->value_n, in->p, k);
        v->value_n += k;
        v->cut |= k < n;
    }
    *in = slice_from(*in, n);
    v->left -= (uint32_t)n;
}

static void vorbis_step(struct vorbis_comment *v, struct slice *in, uint64_t end)
{
    switch (v->stage) {
    case VENDOR_LENGTH:
        if (take_le32(v, in, &v->left))
            v->stage = v->left ? VENDOR : COUNT;
        break;
    case VENDOR:
        take_bytes(v, in);
        if (v->left == 0)
            v->stage = COUNT;
        break;
    case COUNT:
        if (!take_le32(v, in, &v->count))
            break;
        if (v->count > MAX_COMMENTS)
            v->rc = OPTOUT_E_LIMIT;
        next_comment(v);
        break;
    case LENGTH:
        if (!take_le32(v, in, &v->left))
            break;
        v->count--;
        v->stage = NAME;
        if (v->left == 0)
            next_comment(v);
        break;
    case NAME:
        take_name(v, in, end);
        if (v->left == 0)
            next_comment(v); /* an empty value says nothing */
        break;
    case SKIP:
    case VALUE:
        take_bytes(v, in);
        if (v->left)
            break;
        if (v->stage == VALUE)
            put_text(v);
        next_comment(v);
        break;
    case ENDED:
        break;
    }
}

enum optout_rc vorbis_comment_feed(struct vorbis_comment *v, struct slice bytes, uint64_t offset)
{
    uint64_t end = offset + bytes.n;
    while (v->rc == OPTOUT_MORE && bytes.n)
        vorbis_step(v, &bytes, end);
    return v->rc;
}
