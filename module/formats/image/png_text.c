/* SPDX-License-Identifier: Apache-2.0 */
/* png_text.c - texts of PNG text chunks.
 *
 * PNG 3 (W3C), sections 11.3.3.2 to 11.3.3.4; ISO 16684-3, "PNG": keyword
 * "XML:com.adobe.xmp"; raw profiles as ImageMagick writes them: a newline, the profile's name
 * on a line, the number of its bytes on a line, and hexadecimal digits.
 *
 * Limits: those of png_text.h, packet_max. */
#include "formats/image/png_text.h"

#include "core/hex.h"
#include "formats/looks.h"
#include "formats/parts/exif.h"

void png_fail(struct png_text *t, enum optout_rc rc)
{
    if (t->rc == OPTOUT_DONE)
        t->rc = rc;
}

void png_text_init(struct png_text *t, const struct format_env *env)
{
    t->env = env;
    t->rc = OPTOUT_DONE;
}

bool png_hold(struct png_text *t, struct slice s)
{
    if (!t->hold)
        t->hold = arena_take(t->env->arena, PNG_HOLD_MAX);
    if (!t->hold) {
        png_fail(t, OPTOUT_E_NOMEM);
        return false;
    }
    s = slice_sub(s, 0, PNG_HOLD_MAX - t->n_hold);
    if (s.n)
        memcpy(t->hold + t->n_hold, s.p, s.n);
    t->n_hold += s.n;
    return true;
}

static void begin_packet(struct png_text *t, enum packet_kind kind, enum packet_role role)
{
    struct packet p = { .kind = kind, .role = role, .offset = t->offset, .where = t->where };
    packet_out_begin(&t->flow, t->env->out, &p);
    t->missing = false;
}

/* ---- keywords ---- */

static const struct {
    struct slice name;
    enum png_profile profile;
} profiles[] = {
    { SLICE("xmp"), PNG_PROFILE_XMP },   { SLICE("APP1"), PNG_PROFILE_APP1 },
    { SLICE("iptc"), PNG_PROFILE_IPTC }, { SLICE("8bim"), PNG_PROFILE_IPTC },
    { SLICE("exif"), PNG_PROFILE_EXIF },
};

static bool find_profile(const struct png_text *t, enum png_profile *profile)
{
    static const struct slice prefix = SLICE("Raw profile type ");
    struct slice k = slice_of(t->keyword, t->n_keyword);
    if (!slice_starts_nocase(k, prefix))
        return false;
    k = slice_from(k, prefix.n);
    for (size_t i = 0; i < sizeof profiles / sizeof *profiles; i++) {
        if (slice_eq_nocase(k, profiles[i].name)) {
            *profile = profiles[i].profile;
            return true;
        }
    }
    return false;
}

static bool is_xmp_keyword(const struct png_text *t)
{
    return slice_eq(slice_of(t->keyword, t->n_keyword), SLICE_OF("XML:com.adobe.xmp"));
}

static bool is_comment(const struct png_text *t)
{
    static const struct slice names[] = {
        SLICE("Comment"), SLICE("Copyright"), SLICE("Disclaimer"),
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (slice_eq_nocase(slice_of(t->keyword, t->n_keyword), names[i]))
            return true;
    return false;
}

/* EXIF is never more than a hint, so a profile of it may be missing. */
bool png_text_is_carrier(const struct png_text *t)
{
    enum png_profile profile;
    return is_xmp_keyword(t) || (find_profile(t, &profile) && profile != PNG_PROFILE_EXIF);
}

void png_text_begin(struct png_text *t, struct slice where, uint64_t offset)
{
    t->where = where;
    t->offset = offset;
    t->missing = png_text_is_carrier(t);
    t->n_hold = t->searched = t->lead = 0;
    t->comment = false;
    if (is_xmp_keyword(t)) {
        t->use = PNG_TEXT_XMP;
    } else if (find_profile(t, &t->profile)) {
        t->use = PNG_TEXT_PROFILE;
        t->raw = PNG_RAW_START;
        t->announced = t->decoded = 0;
        t->counted = t->exif = false;
        t->high = -1;
        t->n_start = 0;
        t->photoshop = NULL;
    } else {
        t->use = PNG_TEXT_LOOK;
        t->comment = is_comment(t) && t->n_texts < PNG_TEXTS_MAX;
    }
}

/* ---- raw profiles ---- */

static bool begin_photoshop(struct png_text *t)
{
    t->use = PNG_TEXT_PROFILE;
    t->photoshop = photoshop_open(t->env, PACKET_MAIN, t->where, t->offset);
    t->missing = false;
    if (!t->photoshop)
        png_fail(t, OPTOUT_E_NOMEM);
    return t->photoshop != NULL;
}

static bool starts_with(const struct png_text *t, struct slice what)
{
    return t->n_start >= what.n && !memcmp(t->start, what.p, what.n);
}

static void profile_bytes(struct png_text *t, struct slice s)
{
    if (t->photoshop) {
        enum optout_rc rc = photoshop_feed(t->photoshop, s);
        if (rc < 0)
            png_fail(t, rc);
    } else if (t->exif) {
        (void)png_hold(t, s);
    } else {
        packet_out_bytes(&t->flow, s);
    }
}

/* The first bytes tell what the profile is: writers are not exact in its name. */
static void begin_profile(struct png_text *t)
{
    static const struct slice xap = SLICE("http://ns.adobe.com/xap/1.0/");
    static const struct slice any = SLICE("http://ns.adobe.com/");
    struct slice rest = slice_of(t->start, t->n_start);
    bool tiff = starts_with(t, SLICE_OF("II*")) || starts_with(t, SLICE_OF("MM\0*"));
    bool heavy = tiff || starts_with(t, SLICE_OF("Exif")) || starts_with(t, SLICE_OF("8BIM"));
    if (heavy && t->n_profiles++ >= PNG_PROFILES_MAX) {
        png_fail(t, OPTOUT_E_LIMIT);
        t->raw = PNG_RAW_OVER;
    } else if (tiff || starts_with(t, SLICE_OF("Exif"))) {
        t->exif = true;
        t->missing = false;
    } else if (starts_with(t, SLICE_OF("8BIM"))) {
        t->raw = begin_photoshop(t) ? t->raw : PNG_RAW_OVER;
    } else if (starts_with(t, SLICE_OF("\x1C"))) {
        begin_packet(t, PACKET_IIM, PACKET_MAIN);
    } else if (starts_with(t, xap)) {
        begin_packet(t, PACKET_XMP, PACKET_MAIN);
        rest = slice_from(rest, xap.n + 1);
    } else if (t->profile != PNG_PROFILE_EXIF && !starts_with(t, any)) {
        bool iptc = t->profile == PNG_PROFILE_IPTC;
        begin_packet(t, iptc ? PACKET_IIM : PACKET_XMP, PACKET_MAIN);
    } else {
        t->missing = false; /* a kind that is not read */
        t->raw = PNG_RAW_OVER;
    }
    if (t->flow.open && !t->flow.handle) { /* nobody wants it: nor need it be unpacked */
        packet_out_end(&t->flow, PACKET_WHOLE);
        t->raw = PNG_RAW_OVER;
    }
    if (t->raw != PNG_RAW_OVER)
        profile_bytes(t, rest);
}

static void decoded_bytes(struct png_text *t, struct slice s)
{
    t->decoded += s.n;
    if (t->n_start < sizeof t->start) {
        struct slice first = slice_sub(s, 0, sizeof t->start - t->n_start);
        if (first.n)
            memcpy(t->start + t->n_start, first.p, first.n);
        t->n_start += first.n;
        s = slice_from(s, first.n);
        if (t->n_start == sizeof t->start)
            begin_profile(t);
    }
    if (s.n && t->raw != PNG_RAW_OVER)
        profile_bytes(t, s);
}

/* Ends what the profile became. */
static void end_profile(struct png_text *t, enum packet_end how)
{
    if (t->raw == PNG_RAW_HEX && t->n_start && t->n_start < sizeof t->start)
        begin_profile(t);
    if (t->counted && t->decoded < t->announced && how == PACKET_WHOLE)
        how = PACKET_CUT;
    packet_out_end(&t->flow, how);
    if (t->photoshop) {
        enum optout_rc rc = photoshop_end(t->photoshop);
        if (rc < 0)
            png_fail(t, rc);
        if (how != PACKET_WHOLE)
            png_fail(t, OPTOUT_E_SYNTAX);
        t->photoshop = NULL;
    }
    if (t->exif && t->n_hold)
        exif_read(t->env, PACKET_MAIN, t->where, t->offset, slice_of(t->hold, t->n_hold));
    t->exif = false;
    t->raw = PNG_RAW_OVER;
}

/* Digits of one profile, in runs. Bytes beyond the announced number are not its own. */
static void hex_bytes(struct png_text *t, struct slice s)
{
    uint8_t run[512];
    size_t n = 0;
    for (size_t i = 0; i < s.n && t->raw == PNG_RAW_HEX; i++) {
        int d = hex_value(s.p[i]);
        if (d < 0 && (ascii_is_space(s.p[i]) || s.p[i] == 0))
            continue;
        bool enough = t->counted && t->decoded + n >= t->announced;
        if (d < 0 || enough) {
            decoded_bytes(t, slice_of(run, n));
            end_profile(t, enough ? PACKET_WHOLE : PACKET_CORRUPT);
            return;
        }
        if (t->high < 0) {
            t->high = d;
            continue;
        }
        run[n++] = (uint8_t)(t->high << 4 | d);
        t->high = -1;
        if (n == sizeof run) {
            decoded_bytes(t, slice_of(run, n));
            n = 0;
        }
    }
    if (n)
        decoded_bytes(t, slice_of(run, n));
}

static void raw_byte(struct png_text *t, uint8_t c)
{
    if (t->raw == PNG_RAW_START) {
        /* one newline, or none */
        t->raw = PNG_RAW_NAME;
    } else if (t->raw == PNG_RAW_NAME) {
        if (c == '\n')
            t->raw = PNG_RAW_LENGTH;
    } else if (ascii_is_digit(c) && t->announced < UINT32_MAX) {
        t->announced = t->announced * 10 + (uint64_t)(c - '0');
        t->counted = true;
    } else if (c == '\n') {
        t->raw = PNG_RAW_HEX;
    }
}

static enum optout_rc raw_bytes(struct png_text *t, struct slice s)
{
    while (s.n && t->raw < PNG_RAW_HEX) {
        raw_byte(t, s.p[0]);
        s = slice_from(s, 1);
    }
    if (s.n && t->raw == PNG_RAW_HEX)
        hex_bytes(t, s);
    return t->raw == PNG_RAW_OVER ? OPTOUT_DONE : OPTOUT_MORE;
}

/* ---- XMP and comments ---- */

/* Whether the text begins as XML does; true also while that is not known. White space and
 * byte order marks in front are passed once. */
static bool may_be_xml(struct png_text *t)
{
    while (t->lead < t->n_hold) {
        uint8_t c = t->hold[t->lead];
        if (!ascii_is_space(c) && c != 0xEF && c != 0xBB && c != 0xBF)
            return c == '<';
        t->lead++;
    }
    return true;
}

/* No keyword says that it is XMP, so it can forbid only. */
static bool find_xmp(struct png_text *t)
{
    struct slice s = slice_of(t->hold, t->n_hold);
    size_t from = t->searched > LOOKS_XMP_NAME ? t->searched - LOOKS_XMP_NAME : 0;
    t->searched = s.n;
    if (looks_xmp_at(s, from) == s.n)
        return false;
    begin_packet(t, PACKET_XMP, PACKET_SALVAGED);
    packet_out_bytes(&t->flow, s);
    t->use = PNG_TEXT_FLOW;
    return true;
}

static enum optout_rc look(struct png_text *t, struct slice s)
{
    size_t before = t->n_hold;
    if (!png_hold(t, s))
        return OPTOUT_DONE;
    size_t taken = t->n_hold - before;
    bool xml = may_be_xml(t);
    if (xml && find_xmp(t)) {
        packet_out_bytes(&t->flow, slice_from(s, taken));
        return OPTOUT_MORE;
    }
    size_t enough = xml ? PNG_HOLD_MAX : t->comment ? PACKET_TEXT_MAX + 1 : 0;
    return t->n_hold >= enough ? OPTOUT_DONE : OPTOUT_MORE;
}

enum optout_rc png_text_bytes(struct png_text *t, struct slice s)
{
    if (s.n == 0)
        return OPTOUT_MORE;
    if (t->use == PNG_TEXT_XMP) {
        begin_packet(t, PACKET_XMP, PACKET_MAIN);
        t->use = PNG_TEXT_FLOW;
    }
    if (t->use == PNG_TEXT_PROFILE)
        return raw_bytes(t, s);
    if (t->use == PNG_TEXT_LOOK)
        return look(t, s);
    packet_out_bytes(&t->flow, s);
    return t->flow.open && t->flow.handle ? OPTOUT_MORE : OPTOUT_DONE;
}

void png_text_end(struct png_text *t, enum packet_end how)
{
    if (t->use == PNG_TEXT_PROFILE && t->raw != PNG_RAW_OVER)
        end_profile(t, how);
    packet_out_end(&t->flow, how);
    if (t->use == PNG_TEXT_LOOK && t->comment && t->n_hold) {
        struct packet p = { .kind = PACKET_TEXT, .role = PACKET_MAIN, .offset = t->offset,
                            .where = t->where,
                            .field = slice_of(t->keyword, t->n_keyword) };
        t->n_texts++;
        /* how much more is held depends on where the input was cut */
        size_t n = t->n_hold > PACKET_TEXT_MAX ? PACKET_TEXT_MAX + 1 : t->n_hold;
        packet_out_text(t->env->out, &p, slice_of(t->hold, n), how);
    }
    if (t->missing)
        png_fail(t, how == PACKET_LIMIT ? OPTOUT_E_LIMIT : OPTOUT_E_SYNTAX);
    t->use = PNG_TEXT_NONE;
    t->missing = false;
    t->n_hold = 0;
}
