/* SPDX-License-Identifier: Apache-2.0 */
/* exif.c - CIPA DC-008 (Exif 3.0) section 4.6: IFD0 and the Exif IFD of a TIFF structure.
 * Nothing else of it is followed, so there are no loops. A block that is broken is read as
 * far as it goes: it holds weak hints only. */
#include "formats/parts/exif.h"

#include "syntax/utf8.h"

#define MAX_ENTRIES 1024 /* of an IFD that are looked at */

#define TAG_XMP 700
#define TAG_EXIF_IFD 0x8769

enum text_form { FORM_ASCII, FORM_COMMENT, FORM_UTF16LE };

static const struct exif_text {
    uint16_t tag;
    uint8_t form; /* enum text_form */
    const char *name;
} exif_texts[] = {
    { 0x010E, FORM_ASCII, "ImageDescription" },
    { 0x8298, FORM_ASCII, "Copyright" },
    { 0x9286, FORM_COMMENT, "UserComment" },
    { 0x9C9C, FORM_UTF16LE, "XPComment" },
};

struct exif {
    const struct format_env *env;
    enum packet_role role;
    struct slice where;
    uint64_t offset; /* of the byte order mark in the body */
    struct slice block;
    bool little;
    unsigned seen; /* bit: text of the table; the one after them: XMP */
    uint32_t exif_ifd;
};

static uint16_t get16(const struct exif *e, size_t at)
{
    return e->little ? le16(e->block.p + at) : be16(e->block.p + at);
}

static uint32_t get32(const struct exif *e, size_t at)
{
    return e->little ? le32(e->block.p + at) : be32(e->block.p + at);
}

/* Of each tag only the first counts, so that many entries cannot name the same bytes. */
static bool first_time(struct exif *e, unsigned bit)
{
    bool first = !(e->seen & 1u << bit);
    e->seen |= 1u << bit;
    return first;
}

/* An ASCII value may be two strings (photographer, editor), and ends in NUL. */
static struct slice ascii_value(struct slice s, uint8_t *room, size_t size)
{
    while (s.n && s.p[s.n - 1] == 0)
        s.n--;
    struct slice text = utf8_from_latin1(s, room, size);
    if (slice_find(text, 0) == text.n)
        return text;
    memmove(room, text.p, text.n);
    for (size_t i = 0; i < text.n; i++)
        room[i] = room[i] ? room[i] : ' ';
    return slice_of(room, text.n);
}

/* UserComment begins with the name of its character code, eight bytes. */
static struct slice comment_value(const struct exif *e, struct slice s, uint8_t *room,
                                  size_t size)
{
    if (s.n < 8)
        return SLICE_EMPTY;
    struct slice text = slice_from(s, 8);
    if (memcmp(s.p, "UNICODE\0", 8) == 0)
        return utf8_from_utf16(text, e->little, room, size);
    return ascii_value(text, room, size);
}

static void put_value(struct exif *e, const struct exif_text *t, size_t at, struct slice raw,
                      bool cut)
{
    uint8_t room[PACKET_TEXT_MAX];
    struct slice text = t->form == FORM_UTF16LE ? utf8_from_utf16(raw, true, room, sizeof room)
                        : t->form == FORM_COMMENT ? comment_value(e, raw, room, sizeof room)
                                                  : ascii_value(raw, room, sizeof room);
    while (text.n && (text.p[text.n - 1] == 0 || ascii_is_space(text.p[text.n - 1])))
        text.n--;
    if (text.n == 0)
        return;
    struct packet p = { .kind = PACKET_TEXT, .role = e->role, .offset = e->offset + at,
                        .field = slice_cstr(t->name) };
    p.where = format_where(e->env->arena, "%.*s, EXIF", SLICE_FMT(slice_sub(e->where, 0, 80)));
    packet_put(e->env->out, &p, text, cut ? PACKET_CUT : PACKET_WHOLE);
}

static void put_xmp(struct exif *e, size_t at, struct slice raw, bool cut)
{
    struct packet p = { .kind = PACKET_XMP, .role = PACKET_SALVAGED, .offset = e->offset + at };
    p.where = format_where(e->env->arena, "%.*s, EXIF tag 700",
                           SLICE_FMT(slice_sub(e->where, 0, 80)));
    packet_put(e->env->out, &p, raw, cut ? PACKET_CUT : PACKET_WHOLE);
}

/* TIFF 6.0 section 2: bytes of one value of each type. */
static const uint8_t type_size[] = { 0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8 };

static void read_entry(struct exif *e, size_t at)
{
    uint16_t tag = get16(e, at), type = get16(e, at + 2);
    if (tag == TAG_EXIF_IFD) {
        e->exif_ifd = get32(e, at + 8);
        return;
    }
    size_t i = 0, n_texts = sizeof exif_texts / sizeof *exif_texts;
    while (i < n_texts && exif_texts[i].tag != tag)
        i++;
    if (i == n_texts && tag != TAG_XMP)
        return;
    /* Exif 3.0 adds type 129, UTF-8 */
    uint64_t width = type == 129 ? 1 : type < sizeof type_size ? type_size[type] : 0;
    uint64_t size = width * get32(e, at + 4);
    uint64_t from = size <= 4 ? at + 8 : get32(e, at + 8);
    if (size == 0 || from >= e->block.n || !first_time(e, (unsigned)i))
        return;
    bool cut = size > e->block.n - from;
    struct slice raw = slice_sub(e->block, (size_t)from, (size_t)size);
    if (tag == TAG_XMP)
        put_xmp(e, (size_t)from, raw, cut);
    else
        put_value(e, &exif_texts[i], (size_t)from, raw, cut);
}

static void read_ifd(struct exif *e, uint32_t at)
{
    if (at < 8 || e->block.n < 2 || at > e->block.n - 2)
        return;
    unsigned n = get16(e, at);
    size_t entry = (size_t)at + 2;
    for (unsigned i = 0; i < n && i < MAX_ENTRIES && e->block.n - entry >= 12; i++, entry += 12)
        read_entry(e, entry);
}

void exif_read(const struct format_env *env, enum packet_role role, struct slice where,
               uint64_t offset, struct slice block)
{
    if (block.n >= 6 && memcmp(block.p, "Exif\0", 5) == 0) {
        block = slice_from(block, 6);
        offset += 6;
    }
    block = slice_sub(block, 0, EXIF_MAX);
    struct exif e = { .env = env, .role = role, .where = where, .offset = offset,
                      .block = block };
    if (block.n < 8 || (memcmp(block.p, "II", 2) != 0 && memcmp(block.p, "MM", 2) != 0))
        return;
    e.little = block.p[0] == 'I';
    read_ifd(&e, get32(&e, 4));
    if (e.exif_ifd)
        read_ifd(&e, e.exif_ifd);
}
