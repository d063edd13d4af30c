/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/av/sound.h"

#include <stdint.h>
#include <string.h>

#define HEAD 6        /* bytes of a header that are looked at */
#define FRAMES 3      /* one behind the other */
#define FRAME_MAX 8191 /* ADTS: 13 bits */

struct sound {
    uint8_t kept[SOUND_SEARCH + (FRAMES - 1) * FRAME_MAX + HEAD];
    size_t n;
    size_t at; /* no frame begins before */
};

/* ---- headers ---- */

static bool is_adts(const uint8_t *p)
{
    return p[0] == 0xFF && (p[1] & 0xF6u) == 0xF0;
}

static size_t adts_length(const uint8_t *p)
{
    size_t n = (size_t)(p[3] & 3u) << 11 | (size_t)p[4] << 3 | p[5] >> 5;
    return (p[2] >> 2 & 15u) < 13 && n >= 7 ? n : 0;
}

static size_t mpeg_length(const uint8_t *p)
{
    static const uint16_t kbit[5][14] = {
        { 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448 },
        { 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384 },
        { 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320 },
        { 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256 },
        { 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160 },
    };
    static const uint16_t hertz[] = { 44100, 48000, 32000 };
    unsigned version = p[1] >> 3 & 3u, layer = 4 - (p[1] >> 1 & 3u);
    unsigned rate = p[2] >> 4, frequency = p[2] >> 2 & 3u, pad = p[2] >> 1 & 1u;
    bool first = version == 3;
    if (p[0] != 0xFF || (p[1] & 0xE0u) != 0xE0 || version == 1 || layer == 4 || rate == 0 ||
        rate == 15 || frequency == 3 || (p[3] & 3u) == 2)
        return 0;
    unsigned row = first ? layer - 1 : layer == 1 ? 3 : 4;
    unsigned per_second = hertz[frequency] / (first ? 1u : version == 2 ? 2u : 4u);
    unsigned bits = kbit[row][rate - 1] * 1000u;
    if (layer == 1)
        return (12u * bits / per_second + pad) * 4;
    return (layer == 3 && !first ? 72u : 144u) * bits / per_second + pad;
}

static size_t frame_length(const uint8_t *p)
{
    return is_adts(p) ? adts_length(p) : mpeg_length(p);
}

/* What does not change within a stream: version, layer, profile, frequency. */
static bool same_stream(const uint8_t *a, const uint8_t *b)
{
    unsigned mask = is_adts(a) ? 0xFCu : 0x0Cu;
    return a[0] == b[0] && (a[1] & 0xFEu) == (b[1] & 0xFEu) && (a[2] & mask) == (b[2] & mask);
}

/* How many frames stand one behind the other from `at`; *end: behind the last of them, where
 * something else stands or nothing yet. */
static unsigned frames_from(const struct sound *s, size_t at, size_t *end)
{
    unsigned n = 0;
    *end = at;
    while (n < FRAMES && *end + HEAD <= s->n) {
        const uint8_t *p = s->kept + *end;
        size_t length = frame_length(p);
        if (!length || !same_stream(s->kept + at, p))
            break;
        *end += length;
        n++;
    }
    return n;
}

/* ---- life ---- */

struct sound *sound_open(struct arena *arena)
{
    return arena_alloc(arena, sizeof(struct sound));
}

static enum optout_rc look(struct sound *s)
{
    for (; s->at < SOUND_SEARCH; s->at++) {
        size_t end;
        unsigned n = frames_from(s, s->at, &end);
        if (n == FRAMES)
            return OPTOUT_DONE;
        if (end + HEAD > s->n)
            return OPTOUT_MORE;
    }
    return OPTOUT_E_SYNTAX;
}

enum optout_rc sound_feed(struct sound *s, struct slice bytes)
{
    size_t n = sizeof s->kept - s->n;
    n = n < bytes.n ? n : bytes.n;
    if (n)
        memcpy(s->kept + s->n, bytes.p, n);
    s->n += n;
    return look(s);
}

/* Tags that stand at the end. */
static bool is_tail(struct slice s)
{
    static const char *const tags[] = { "TAG", "APETAGEX", "LYRICSBEGIN", "ID3" };
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        if (slice_eq(slice_sub(s, 0, strlen(tags[i])), slice_cstr(tags[i])))
            return true;
    while (s.n && s.p[0] == 0)
        s = slice_from(s, 1);
    return s.n == 0;
}

enum optout_rc sound_end(const struct sound *s)
{
    size_t end;
    unsigned n = frames_from(s, 0, &end);
    bool whole = n && end <= s->n && is_tail(slice_from(slice_of(s->kept, s->n), end));
    return whole || n > 1 ? OPTOUT_DONE : OPTOUT_E_SYNTAX;
}
