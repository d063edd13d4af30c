/* SPDX-License-Identifier: Apache-2.0 */
/* html_text.c - characters become blocks of text: references decoded, white space collapsed,
 * quotation marks around what an element quotes.
 *
 * What the bytes stand for is told beforehand (charset_guess.h). Where that is UTF-8, windows-1252 or
 * nothing, bytes that are no UTF-8 are taken for windows-1252, one by one: who does not say what a
 * page is written in means that, and who says it wrongly means it as often.
 *
 * MAX: TEXT_BLOCK_MAX bytes of a block, in one part. */
#include "page/html_scan.h"
#include "page/html_text.h"

#include "syntax/unicode.h"
#include "syntax/utf8.h"

#define ROOM (TEXT_BLOCK_MAX - 1) /* a quotation mark that is open can always be closed */

struct html_text *html_text_open(struct arena *arena, const struct html_options *o)
{
    struct html_text *t = arena_take(arena, sizeof *t);
    if (!t)
        return NULL;
    memset(t, 0, offsetof(struct html_text, text)); /* the text is what is put there */
    t->visit = o->text;
    t->ctx = o->text_ctx;
    t->page = o->page;
    t->page_ctx = o->ctx;
    t->table = o->code == CODE_1252 ? NULL : charset_table(o->code);
    return t;
}

void html_read_as(struct html *h, enum charset_kind kind, enum charset_code code)
{
    struct html_text *t = h->text_reader;
    if (t)
        t->table = code == CODE_1252 ? NULL : charset_table(code);
    if (kind == CHARSET_ISO2022JP && h->charset.kind == CHARSET_BYTES)
        h->charset.kind = (uint8_t)kind;
}

/* ---- blocks ---- */

static void emit(struct html_text *t, size_t n, bool goes_on)
{
    bool item = t->at.kind == TEXT_ITEM, sample = t->only_code && t->at.voice == VOICE_OWN;
    struct text_block b = {
        .text = slice_of(t->text, n),
        .offset = t->offset,
        .kind = t->at.kind,
        .voice = sample ? VOICE_SAMPLE : t->at.voice,
        .depth = !item ? 0 : t->at.depth < TEXT_DEPTH_MAX ? t->at.depth : TEXT_DEPTH_MAX,
        .goes_on = goes_on,
    };
    if (n)
        t->visit(t->ctx, &b);
}

static void forget(struct html_text *t)
{
    t->n = t->word = 0;
    t->blank = t->quoted = false;
    t->joint = JOINT_NONE;
    t->breaks = 0;
}

void html_text_flush(struct html *h)
{
    struct html_text *t = h->text_reader;
    if (t->quoted)
        t->text[t->n++] = '"';
    if (t->n_property)
        html_property_blank(t, "\n\n");
    emit(t, t->n, false);
    forget(t);
}

/* There is no room for what comes, at `offset`. */
static void cut(struct html_text *t, uint64_t offset)
{
    if (t->word == 0) {
        emit(t, t->n, true);
        t->n = 0;
        t->offset = offset;
        return;
    }
    emit(t, t->word - 1, true);
    t->n -= t->word;
    memmove(t->text, t->text + t->word, t->n);
    t->offset = t->n ? t->word_offset : offset;
    t->word = 0;
}

static void append_char(struct html_text *t, const uint8_t *p, size_t n, uint64_t offset)
{
    while (t->n + n > ROOM)
        cut(t, offset);
    memcpy(t->text + t->n, p, n);
    t->n += n;
}

static void append_ascii(struct html_text *t, const uint8_t *p, size_t n, uint64_t offset)
{
    while (n) {
        if (t->n >= ROOM || (t->word && n > ROOM - t->n))
            cut(t, offset);
        size_t k = ROOM - t->n < n ? ROOM - t->n : n;
        memcpy(t->text + t->n, p, k);
        t->n += k;
        p += k;
        n -= k;
        offset += k;
    }
}

/* Something that is no blank follows: what is due goes before it. */
static void begin_char(struct html *h, uint64_t offset)
{
    struct html_text *t = h->text_reader;
    bool ends = t->joint == JOINT_END, other = t->at.voice != t->now.voice;
    if (t->n && (ends || other)) {
        html_text_flush(h);
        t->split = t->split || (ends && t->now.kind == TEXT_ROW);
    }
    if (t->n == 0) {
        forget(t);
        t->at = t->now;
        if (t->at.kind == TEXT_ROW && t->split)
            t->at.kind = TEXT_PARAGRAPH;
        t->offset = offset;
        t->only_code = true;
    } else if (t->joint == JOINT_CELL) {
        const char *by = t->text[t->n - 1] == ':' ? "" : ":";
        append_char(t, (const uint8_t *)by, strlen(by), offset);
        t->blank = true;
    }
    t->joint = JOINT_NONE;
    t->breaks = 0;
    t->only_code = t->only_code && t->codes && !t->quotes;
    if (t->blank && t->n) {
        if (t->n >= ROOM) {
            t->word = 0;
            cut(t, offset);
        } else {
            t->text[t->n++] = ' ';
            t->word = t->n;
            t->word_offset = offset;
        }
    }
    t->blank = false;
    if ((t->quotes || t->codes) && !t->quoted) {
        append_char(t, (const uint8_t *)"\"", 1, offset);
        t->quoted = true;
    }
}

void html_text_unquote(struct html_text *t)
{
    if (t->quoted && !t->quotes && !t->codes) {
        t->text[t->n++] = '"';
        t->quoted = false;
    }
}

/* ---- characters ---- */

/* What is white space to a reader, if not to HTML. */
static bool is_blank(const uint8_t *p, size_t n)
{
    if (n == 1)
        return ascii_is_space(*p);
    if (n == 2)
        return p[0] == 0xC2 && (p[1] == 0xA0 || p[1] == 0x85);
    if (n != 3)
        return false;
    uint32_t c = (p[0] & 0x0Fu) << 12 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu);
    return (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
           c == 0x205F || c == 0x1680 || c == 0x3000;
}

static void put(struct html *h, const uint8_t *p, size_t n, uint64_t offset)
{
    struct html_text *t = h->text_reader;
    bool blank = is_blank(p, n);
    if (t->n_property && blank)
        html_property_blank(t, " ");
    else if (t->n_property && *p)
        html_property_char(h, p, n);
    if (t->now.skip)
        return;
    if (blank) {
        t->blank = true;
    } else if (*p) {
        begin_char(h, offset);
        append_char(t, p, n, offset);
    }
}

static void put_code(struct html *h, uint32_t code, uint64_t offset)
{
    uint8_t utf8[4];
    put(h, utf8, unicode_encode(code, utf8), offset);
}

static void put_single(struct html *h, uint8_t byte, uint64_t offset)
{
    put_code(h, html_windows_1252(byte), offset);
}

/* The first `n` bytes of the character at hand are told; ASCII among them stands for itself. */
static void take_part(struct html *h, size_t n, uint32_t ch)
{
    struct html_text *t = h->text_reader;
    put_code(h, ch, t->part_offset);
    t->n_part = (uint8_t)(t->n_part - n);
    memmove(t->part, t->part + n, t->n_part);
    t->part_offset += n;
}

/* A byte of a page in a legacy encoding that more than one may make a character with. */
static const uint8_t *table_part(struct html *h, const uint8_t *p)
{
    struct html_text *t = h->text_reader;
    uint32_t ch;
    t->part[t->n_part++] = *p;
    while (t->n_part) {
        bool ascii = t->part[0] < 0x80;
        if (ascii && t->n_part == 1) { /* the byte at hand: it may be more than a character */
            t->n_part = 0;
            return p;
        }
        size_t n = ascii ? 1 : charset_char(t->table, t->part, t->n_part, &ch);
        if (n == 0)
            break;
        take_part(h, n, ascii ? t->part[0] : ch);
    }
    return p + 1;
}

static const uint8_t *table_chars(struct html *h, const uint8_t *p, const uint8_t *end)
{
    struct html_text *t = h->text_reader;
    uint32_t ch;
    if (!t->n_part && end - p >= CHARSET_CHAR_MAX) {
        size_t n = charset_char(t->table, p, CHARSET_CHAR_MAX, &ch);
        put_code(h, ch, charset_offset(&h->run, p));
        return p + n;
    }
    if (!t->n_part)
        t->part_offset = charset_offset(&h->run, p);
    return table_part(h, p);
}

static void end_part(struct html *h)
{
    struct html_text *t = h->text_reader;
    size_t n = t->n_part;
    while (t->table && t->n_part)
        take_part(h, 1, t->part[0] < 0x80 ? t->part[0] : 0xFFFD);
    if (t->table)
        return;
    t->n_part = 0;
    if (n && utf8_length(slice_of(t->part, n)) == n) {
        put(h, t->part, n, t->part_offset);
        return;
    }
    for (size_t i = 0; i < n; i++)
        put_single(h, t->part[i], t->part_offset + i);
}

static size_t length_by_first(uint8_t c)
{
    return c < 0xC2 || c > 0xF4 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
}

static const uint8_t *high_chars(struct html *h, const uint8_t *p, const uint8_t *end)
{
    struct html_text *t = h->text_reader;
    if (t->table && !h->run.utf16)
        return table_chars(h, p, end);
    uint64_t at = charset_offset(&h->run, p);
    size_t n = t->n_part ? 0 : utf8_length(slice_of(p, (size_t)(end - p)));
    if (n) {
        put(h, p, n, at);
        return p + n;
    }
    if (t->n_part && (*p & 0xC0) != 0x80) {
        end_part(h);
        return p;
    }
    if (t->n_part == 0)
        t->part_offset = at;
    t->part[t->n_part++] = *p;
    if (t->n_part == length_by_first(t->part[0]))
        end_part(h);
    return p + 1;
}

static void end_ref(struct html *h)
{
    struct html_text *t = h->text_reader;
    uint8_t out[sizeof t->ref + 8];
    size_t n, k;
    html_decode(slice_of(t->ref, t->n_ref), false, out, sizeof out, &n);
    t->n_ref = 0;
    for (size_t i = 0; i < n; i += k) {
        k = utf8_length(slice_of(out + i, n - i));
        k = k ? k : 1;
        put(h, out + i, k, t->ref_offset);
    }
}

/* Digits beyond those that fit make a character that there is not, whatever they are. */
static const uint8_t *ref_chars(struct html *h, const uint8_t *p, const uint8_t *end)
{
    struct html_text *t = h->text_reader;
    for (; p < end; p++) {
        bool number = t->n_ref > 1 && t->ref[1] == '#';
        bool hex = number && t->n_ref > 2 && (t->ref[2] | 0x20) == 'x';
        if (!ascii_is_alnum(*p) && !(*p == '#' && t->n_ref == 1))
            break;
        bool leads = number && t->n_ref == 3u + hex && t->ref[t->n_ref - 1] == '0';
        if (leads && ascii_is_digit(*p))
            t->ref[t->n_ref - 1] = *p;
        else if (t->n_ref < sizeof t->ref - 1)
            t->ref[t->n_ref++] = *p;
        else if (!number)
            break;
    }
    if (p == end)
        return p;
    if (*p == ';')
        t->ref[t->n_ref++] = *p++;
    end_ref(h);
    return p;
}

void html_text_stop(struct html *h)
{
    if (h->text_reader->n_ref)
        end_ref(h);
    if (h->text_reader->n_part)
        end_part(h);
}

/* Printable, of ASCII, and nothing more than that. */
static bool is_plain(uint8_t c)
{
    return c > ' ' && c < 0x7F && c != '&';
}

/* Where words with one blank between them end. p is at a word. */
static const uint8_t *words_end(const uint8_t *p, const uint8_t *end)
{
#ifdef __SSE2__
    const __m128i blank = _mm_set1_epi8(' '), amp = _mm_set1_epi8('&'), del = _mm_set1_epi8(0x7F);
    unsigned before = 0;
    for (; end - p >= 16; p += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        unsigned blanks = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, blank));
        __m128i other = _mm_or_si128(_mm_cmpeq_epi8(v, amp), _mm_cmpeq_epi8(v, del));
        other = _mm_or_si128(other, _mm_cmplt_epi8(v, blank)); /* 0x80 and more, too */
        unsigned stop = (unsigned)_mm_movemask_epi8(other) | (blanks & (blanks << 1 | before));
        if (stop) {
            p += __builtin_ctz(stop);
            return p[-1] == ' ' ? p - 1 : p;
        }
        before = blanks >> 15;
    }
    if (before)
        return p - 1;
#endif
    while (p < end && (is_plain(*p) || (*p == ' ' && p + 1 < end && is_plain(p[1]))))
        p++;
    return p;
}

/* The words that fit, or the one that does not. No further is looked than there is room: what
 * is long would be looked at again for each of its words. */
static const uint8_t *put_words(struct html *h, const uint8_t *p, const uint8_t *end)
{
    struct html_text *t = h->text_reader;
    uint64_t at = charset_offset(&h->run, p);
    begin_char(h, at);
    size_t room = ROOM - (t->n < ROOM ? t->n : ROOM);
    bool more = (size_t)(end - p) > room;
    const uint8_t *limit = more ? p + room : end, *to = words_end(p, limit);
    if (more && to == limit)
        to = memrchr(p, ' ', room);
    if (!to) {
        for (to = p; to < end && is_plain(*to);)
            to++;
        append_ascii(t, p, (size_t)(to - p), at);
        return to;
    }
    memcpy(t->text + t->n, p, (size_t)(to - p));
    const uint8_t *last = memrchr(p, ' ', (size_t)(to - p));
    if (last) {
        t->word = t->n + (size_t)(last + 1 - p);
        t->word_offset = charset_offset(&h->run, last + 1);
    }
    t->n += (size_t)(to - p);
    return to;
}

void html_text_chars(struct html *h, const uint8_t *p, const uint8_t *end)
{
    struct html_text *t = h->text_reader;
    t->now = html_text_place(h);
    if (t->now.skip && !t->n_property)
        return;
    while (p < end) {
        if (t->n_ref) {
            p = ref_chars(h, p, end);
        } else if (*p >= 0x80 || t->n_part) {
            p = high_chars(h, p, end);
        } else if (is_plain(*p) && !t->n_property) {
            p = put_words(h, p, end);
        } else if (ascii_is_space(*p) && !t->n_property) {
            t->blank = true;
            p++;
        } else if (*p == '&' && t->raw != RAW_PLAIN) {
            t->ref_offset = charset_offset(&h->run, p);
            t->ref[t->n_ref++] = *p++;
        } else {
            put(h, p, 1, charset_offset(&h->run, p));
            p++;
        }
    }
}

void html_text_less(struct html *h)
{
    html_text_stop(h);
    h->text_reader->now = html_text_place(h);
    if (!h->text_reader->now.skip || h->text_reader->n_property)
        put(h, (const uint8_t *)"<", 1, h->lt_known ? h->tag_at : charset_offset(&h->run, h->lt));
}

/* ---- raw text and CDATA ---- */

/* What looked like the end tag and was none. */
static void put_back(struct html *h, uint8_t before)
{
    struct html_text *t = h->text_reader;
    html_text_stop(h);
    put(h, (const uint8_t *)"<", 1, t->held_offset);
    if (before != HTML_RAW_LESS)
        put(h, (const uint8_t *)"/", 1, t->held_offset + 1);
    for (size_t i = 0; before == HTML_RAW_END_NAME && i < h->word_at; i++)
        put(h, (const uint8_t *)&h->raw_name[i], 1, t->held_offset + 2 + i);
}

void html_text_raw(struct html *h, uint8_t before, const uint8_t *p, const uint8_t *end)
{
    struct html_text *t = h->text_reader;
    if (t->raw == RAW_NONE)
        return;
    if (before == HTML_RAW) {
        bool held = h->state == HTML_RAW_LESS;
        html_text_chars(h, p, end - held);
        if (held)
            t->held_offset = charset_offset(&h->run, end - 1);
    } else if (h->state == HTML_RAW && !t->now.skip) {
        put_back(h, before);
    }
}

void html_text_cdata(struct html *h, const uint8_t *p, const uint8_t *end)
{
    struct html_text *t = h->text_reader;
    uint8_t raw = t->raw;
    t->raw = RAW_PLAIN;
    for (; p < end; p++) {
        uint64_t at = charset_offset(&h->run, p);
        if (*p == ']' && t->brackets < 2) {
            t->brackets++;
            continue;
        }
        if (*p == '>' && t->brackets == 2) {
            t->brackets = 0;
            continue;
        }
        t->now = html_text_place(h);
        for (; t->brackets && *p != ']' && !t->now.skip; t->brackets--)
            put(h, (const uint8_t *)"]", 1, at - t->brackets);
        html_text_chars(h, p, p + 1);
    }
    t->raw = raw;
}
