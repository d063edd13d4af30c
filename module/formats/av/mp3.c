/* SPDX-License-Identifier: Apache-2.0 */
/* mp3.c - the rows of MPEG audio and FLAC: ID3v2 tags in front, then RFC 9639 section 8 when
 * "fLaC" follows. C2PA section A.3.5. Without a tag the sound itself must tell.
 *
 * Limits: MAX_TAGS one after the other, ZEROS_MAX zero bytes before the first or before the sound;
 * those of id3.c, sound.c and vorbis_comment.c. */
#include "formats/av/id3.h"
#include "formats/rows.h"
#include "formats/av/sound.h"
#include "formats/av/vorbis_comment.h"

#define MAX_TAGS 8
#define ZEROS_MAX (64u << 10)

#define BLOCK_COMMENT 4
#define BLOCK_LAST 0x80u

enum stage { LOOK, TAG, SOUND, BLOCK_HEAD, BLOCK, OVER };

struct audio {
    const struct format_env *env;
    enum optout_rc rc; /* worst so far, else OPTOUT_DONE */
    enum stage stage;
    uint64_t pos;
    uint8_t head[4];
    size_t head_n;
    struct id3 *tag;
    unsigned tags;
    struct sound *sound;
    bool flac;
    uint32_t left; /* bytes of the block to come */
    bool last;
    struct vorbis_comment *comments;
};

static void note(struct audio *a, enum optout_rc rc)
{
    if (a->rc == OPTOUT_DONE)
        a->rc = rc;
}

static void *audio_open(const struct format_env *env)
{
    struct audio *a = arena_alloc(env->arena, sizeof *a);
    if (!a)
        return NULL;
    a->env = env;
    a->rc = OPTOUT_DONE;
    return a;
}

static bool collect(struct audio *a, struct slice *b)
{
    while (a->head_n < 4 && b->n) {
        a->head[a->head_n++] = *b->p++;
        b->n--;
        a->pos++;
    }
    return a->head_n == 4;
}

/* Padding in front of everything. */
static enum optout_rc skip_zeros(struct audio *a, struct slice *b)
{
    while (a->stage == LOOK && !a->tags && !a->head_n && b->n && b->p[0] == 0) {
        *b = slice_from(*b, 1);
        if (++a->pos > ZEROS_MAX) {
            note(a, OPTOUT_E_SYNTAX);
            return a->rc;
        }
    }
    return OPTOUT_MORE;
}

static enum optout_rc feed_sound(struct audio *a, struct slice *b)
{
    enum optout_rc rc = sound_feed(a->sound, *b);
    a->pos += b->n;
    *b = SLICE_EMPTY;
    if (rc < 0)
        note(a, rc);
    return rc == OPTOUT_MORE ? rc : a->rc;
}

static enum optout_rc begin_sound(struct audio *a)
{
    a->sound = sound_open(a->env->arena);
    if (!a->sound) {
        note(a, OPTOUT_E_NOMEM);
        return a->rc;
    }
    a->stage = SOUND;
    return sound_feed(a->sound, slice_of(a->head, 4)); /* too few to tell */
}

static enum optout_rc feed_tag(struct audio *a, struct slice *b)
{
    size_t used;
    enum optout_rc rc = id3_feed(a->tag, *b, &used);
    *b = slice_from(*b, used);
    a->pos += used;
    if (rc == OPTOUT_MORE)
        return rc;
    a->tag = NULL;
    a->stage = LOOK;
    if (rc < 0)
        note(a, rc);
    return rc == OPTOUT_E_SYNTAX && a->tags == 1 ? a->rc : OPTOUT_MORE;
}

/* The first four bytes, or those behind a tag: what goes on there? */
static enum optout_rc look(struct audio *a)
{
    a->head_n = 0;
    if (memcmp(a->head, "fLaC", 4) == 0) {
        a->flac = true;
        a->stage = BLOCK_HEAD;
        return OPTOUT_MORE;
    }
    if (memcmp(a->head, "ID3", 3) != 0) /* nothing more that counts: behind a tag, sound */
        return a->tags || memcmp(a->head, "ADIF", 4) == 0 ? a->rc : begin_sound(a);
    if (a->tags++ == MAX_TAGS) {
        note(a, OPTOUT_E_LIMIT);
        return a->rc;
    }
    a->tag = id3_open(a->env, PACKET_MAIN, a->pos - 4);
    if (!a->tag) {
        note(a, OPTOUT_E_NOMEM);
        return a->rc;
    }
    a->stage = TAG;
    struct slice head = slice_of(a->head, 4);
    size_t used;
    enum optout_rc rc = id3_feed(a->tag, head, &used); /* four bytes of a header of ten */
    return rc == OPTOUT_MORE ? rc : a->rc;
}

static enum optout_rc begin_block(struct audio *a)
{
    unsigned type = a->head[0] & 0x7Fu;
    a->last = a->head[0] & BLOCK_LAST;
    a->left = be32(a->head) & 0xFFFFFFu;
    a->head_n = 0;
    a->stage = BLOCK;
    if (type == 0x7F) {
        note(a, OPTOUT_E_SYNTAX);
        return a->rc;
    }
    if (type == BLOCK_COMMENT && a->left) {
        a->comments = vorbis_comment_open(a->env, "VORBIS_COMMENT block");
        if (!a->comments) {
            note(a, OPTOUT_E_NOMEM);
            return a->rc;
        }
    }
    return OPTOUT_MORE;
}

static enum optout_rc feed_block(struct audio *a, struct slice *b)
{
    struct slice own = slice_sub(*b, 0, a->left);
    if (a->comments && own.n) {
        enum optout_rc rc = vorbis_comment_feed(a->comments, own, a->pos);
        if (rc < 0)
            note(a, rc);
        if (rc != OPTOUT_MORE)
            return a->rc;
    }
    *b = slice_from(*b, own.n);
    a->pos += own.n;
    a->left -= (uint32_t)own.n;
    if (a->left)
        return OPTOUT_MORE;
    if (a->comments)
        note(a, OPTOUT_E_SYNTAX); /* it ended before its list did */
    if (a->comments || a->last)
        return a->rc;
    a->stage = BLOCK_HEAD;
    return OPTOUT_MORE;
}

static enum optout_rc audio_feed(void *state, struct slice bytes)
{
    struct audio *a = state;
    enum optout_rc rc = OPTOUT_MORE;
    while (rc == OPTOUT_MORE) {
        if (a->stage == TAG) {
            if (bytes.n == 0)
                break;
            rc = feed_tag(a, &bytes);
        } else if (a->stage == SOUND) {
            if (bytes.n == 0)
                break;
            rc = feed_sound(a, &bytes);
        } else if (a->stage == BLOCK) {
            if (bytes.n == 0 && a->left)
                break;
            rc = feed_block(a, &bytes);
        } else if ((rc = skip_zeros(a, &bytes)) != OPTOUT_MORE || !collect(a, &bytes)) {
            break;
        } else {
            rc = a->stage == LOOK ? look(a) : begin_block(a);
        }
    }
    if (rc != OPTOUT_MORE) { /* nothing is open any more, at the end nothing is missing */
        a->stage = OVER;
        a->flac = false;
    }
    return rc;
}

static enum optout_rc audio_end(void *state)
{
    struct audio *a = state;
    if (a->tag) {
        enum optout_rc rc = id3_end(a->tag);
        if (rc < 0)
            note(a, rc);
    }
    bool tag_begun = a->stage == LOOK && a->head_n && a->head_n < 4 &&
                     memcmp(a->head, "ID3", a->head_n < 3 ? a->head_n : 3) == 0;
    bool nothing = a->stage == LOOK && !a->tags && (a->pos || a->head_n);
    if (a->stage == SOUND && sound_end(a->sound) < 0)
        note(a, OPTOUT_E_SYNTAX);
    if (a->flac || tag_begun || nothing)
        note(a, OPTOUT_E_SYNTAX);
    return a->rc;
}

static bool mp3_sniff(struct slice head)
{
    return head.n >= 6 && memcmp(head.p, "ID3", 3) == 0 && head.p[3] < 0xFF && head.p[4] < 0xFF;
}

static bool flac_sniff(struct slice head)
{
    return head.n >= 4 && memcmp(head.p, "fLaC", 4) == 0;
}

static const char *const mp3_types[] = { "audio/mpeg",   "audio/mp3",    "audio/x-mp3",
                                         "audio/mpeg3",  "audio/x-mpeg", "audio/x-mpeg-3",
                                         "audio/mpg",    "audio/aac",    "audio/aacp",
                                         "audio/x-aac",  NULL };

const struct format format_mp3 = {
    .name = "mp3",
    .title = "MP3 and AAC with ID3v2 tags",
    .reads = "XMP, C2PA and the texts of the ID3v2 tags in front (2.2 to 2.4), and what is read "
             "of FLAC when that follows; without one the first frames, which tell that it is "
             "sound; tags at the end are not looked for",
    .types = mp3_types,
    .sniff = mp3_sniff,
    .by_type = true,
    .open = audio_open,
    .feed = audio_feed,
    .end = audio_end,
};

static const char *const flac_types[] = { "audio/flac", "audio/x-flac", NULL };

const struct format format_flac = {
    .name = "flac",
    .title = "FLAC",
    .reads = "COPYRIGHT and LICENSE of the comment block; up to that block, or the sound",
    .types = flac_types,
    .sniff = flac_sniff,
    .open = audio_open,
    .feed = audio_feed,
    .end = audio_end,
};
