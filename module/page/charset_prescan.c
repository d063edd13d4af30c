/* SPDX-License-Identifier: Apache-2.0 */
/* charset_prescan.c - HTML standard section 13.2.3.2, "prescan a byte stream to
 * determine its encoding", and the labels of the Encoding standard section 4.2.
 * Reads the first CHARSET_PRESCAN_MAX bytes once; no other limits. */
#include "page/charset.h"

/* The labels that matter; below all others between spaces, the usual ones first. */
static const struct {
    struct slice label;
    enum charset_kind kind;
} special[] = {
    { SLICE("utf-16"), CHARSET_UTF16LE },
    { SLICE("utf-16le"), CHARSET_UTF16LE },
    { SLICE("utf-16be"), CHARSET_UTF16BE },
    { SLICE("unicode"), CHARSET_UTF16LE },
    { SLICE("csunicode"), CHARSET_UTF16LE },
    { SLICE("iso-10646-ucs-2"), CHARSET_UTF16LE },
    { SLICE("ucs-2"), CHARSET_UTF16LE },
    { SLICE("unicodefeff"), CHARSET_UTF16LE },
    { SLICE("unicodefffe"), CHARSET_UTF16BE },
    { SLICE("iso-2022-jp"), CHARSET_ISO2022JP },
    { SLICE("csiso2022jp"), CHARSET_ISO2022JP },
};

/* The labels that hand bytes over as they are, between spaces; the usual ones first. */
static const struct {
    enum charset_code code;
    const char *labels;
} others[] = {
    { CODE_UTF8,
      " utf-8 utf8 unicode-1-1-utf-8 unicode11utf8 unicode20utf8"
      " x-unicode20utf8 " },
    { CODE_1252,
      " iso-8859-1 windows-1252 ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1"
      " ibm819 iso-ir-100 iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 l1"
      " latin1 us-ascii x-cp1252 " },
    { CODE_1251,
      " windows-1251 cp1251 x-cp1251 " },
    { CODE_LATIN9,
      " csisolatin9 iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9 " },
    { CODE_LATIN2,
      " iso-8859-2 csisolatin2 iso-ir-101 iso8859-2 iso88592 iso_8859-2"
      " iso_8859-2:1987 l2 latin2 " },
    { CODE_1250,
      " cp1250 windows-1250 x-cp1250 " },
    { CODE_1253,
      " cp1253 windows-1253 x-cp1253 " },
    { CODE_1254,
      " cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9"
      " iso_8859-9:1989 l5 latin5 windows-1254 x-cp1254 " },
    { CODE_1255,
      " cp1255 windows-1255 x-cp1255 " },
    { CODE_1256,
      " cp1256 windows-1256 x-cp1256 " },
    { CODE_1257,
      " cp1257 windows-1257 x-cp1257 " },
    { CODE_1258,
      " cp1258 windows-1258 x-cp1258 " },
    { CODE_866,
      " 866 cp866 csibm866 ibm866 " },
    { CODE_LATIN3,
      " csisolatin3 iso-8859-3 iso-ir-109 iso8859-3 iso88593 iso_8859-3"
      " iso_8859-3:1988 l3 latin3 " },
    { CODE_LATIN4,
      " csisolatin4 iso-8859-4 iso-ir-110 iso8859-4 iso88594 iso_8859-4"
      " iso_8859-4:1988 l4 latin4 " },
    { CODE_8859_5,
      " csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso8859-5 iso88595"
      " iso_8859-5 iso_8859-5:1988 " },
    { CODE_8859_6,
      " arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114"
      " iso-8859-6 iso-8859-6-e iso-8859-6-i iso-ir-127 iso8859-6 iso88596"
      " iso_8859-6 iso_8859-6:1987 " },
    { CODE_8859_7,
      " csisolatingreek ecma-118 elot_928 greek greek8 iso-8859-7 iso-ir-126"
      " iso8859-7 iso88597 iso_8859-7 iso_8859-7:1987 sun_eu_greek " },
    { CODE_8859_8,
      " csiso88598e csisolatinhebrew hebrew iso-8859-8 iso-8859-8-e iso-ir-138"
      " iso8859-8 iso88598 iso_8859-8 iso_8859-8:1988 visual csiso88598i"
      " iso-8859-8-i logical " },
    { CODE_LATIN6,
      " csisolatin6 iso-8859-10 iso-ir-157 iso8859-10 iso885910 l6 latin6 " },
    { CODE_8859_13,
      " iso-8859-13 iso8859-13 iso885913 " },
    { CODE_8859_14,
      " iso-8859-14 iso8859-14 iso885914 " },
    { CODE_8859_16,
      " iso-8859-16 " },
    { CODE_KOI8R,
      " cskoi8r koi koi8 koi8-r koi8_r " },
    { CODE_KOI8U,
      " koi8-ru koi8-u " },
    { CODE_MAC,
      " csmacintosh mac macintosh x-mac-roman " },
    { CODE_874,
      " dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 windows-874 " },
    { CODE_MAC_CYRILLIC,
      " x-mac-cyrillic x-mac-ukrainian " },
    { CODE_GBK,
      " chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 gbk iso-"
      " ir-58 x-gbk gb18030 " },
    { CODE_BIG5,
      " big5 big5-hkscs cn-big5 csbig5 x-x-big5 " },
    { CODE_EUCJP,
      " cseucpkdfmtjapanese euc-jp x-euc-jp " },
    { CODE_SJIS,
      " csshiftjis ms932 ms_kanji shift-jis shift_jis sjis windows-31j x-sjis " },
    { CODE_EUCKR,
      " cseuckr csksc56011987 euc-kr iso-ir-149 korean ks_c_5601-1987"
      " ks_c_5601-1989 ksc5601 ksc_5601 windows-949 " },
    { CODE_NONE,
      " csiso2022kr hz-gb-2312 iso-2022-cn iso-2022-cn-ext iso-2022-kr"
      " replacement x-user-defined " },
};

bool charset_label(struct slice label, enum charset_kind *kind, enum charset_code *code)
{
    label = slice_trim_space(label);
    for (size_t i = 0; i < sizeof special / sizeof special[0]; i++)
        if (slice_eq_nocase(label, special[i].label)) {
            *kind = special[i].kind;
            *code = *kind == CHARSET_ISO2022JP ? CODE_EUCJP : CODE_UTF8; /* as it is handed over */
            return true;
        }
    uint8_t word[32] = { ' ' };
    if (label.n == 0 || label.n > sizeof word - 2 || slice_find(label, ' ') != label.n)
        return false;
    memcpy(word + 1, label.p, label.n);
    word[label.n + 1] = ' ';
    *kind = CHARSET_BYTES;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct slice all = slice_cstr(others[i].labels);
        *code = others[i].code;
        if (slice_find_nocase(all, slice_of(word, label.n + 2)) < all.n)
            return true;
    }
    return false;
}

struct scan {
    const uint8_t *p;
    const uint8_t *end;
};

static void skip_past(struct scan *s, uint8_t byte)
{
    const uint8_t *hit = memchr(s->p, byte, (size_t)(s->end - s->p));
    s->p = hit ? hit + 1 : s->end;
}

/* "Get an attribute": false when there is none. Name and value as written. */
static bool get_attribute(struct scan *s, struct slice *name, struct slice *value)
{
    while (s->p < s->end && (ascii_is_space(*s->p) || *s->p == '/'))
        s->p++;
    if (s->p == s->end || *s->p == '>')
        return false;
    const uint8_t *from = s->p++;
    while (s->p < s->end && !ascii_is_space(*s->p) && *s->p != '/' && *s->p != '>' && *s->p != '=')
        s->p++;
    *name = slice_of(from, (size_t)(s->p - from));
    *value = slice_of(s->p, 0);
    while (s->p < s->end && ascii_is_space(*s->p))
        s->p++;
    if (s->p == s->end || *s->p != '=')
        return s->p < s->end;
    s->p++;
    while (s->p < s->end && ascii_is_space(*s->p))
        s->p++;
    if (s->p == s->end)
        return false;
    if (*s->p == '"' || *s->p == '\'') {
        uint8_t quote = *s->p++;
        from = s->p;
        skip_past(s, quote);
        if (s->p[-1] != quote || s->p == from)
            return false;
        *value = slice_of(from, (size_t)(s->p - 1 - from));
        return true;
    }
    from = s->p;
    while (s->p < s->end && !ascii_is_space(*s->p) && *s->p != '>')
        s->p++;
    *value = slice_of(from, (size_t)(s->p - from));
    return s->p < s->end;
}

/* "Extracting a character encoding from a meta element". */
static bool charset_of_content(struct slice s, enum charset_kind *kind, enum charset_code *code)
{
    for (;;) {
        size_t at = slice_find_nocase(s, SLICE_OF("charset"));
        if (at == s.n)
            return false;
        s = slice_from(s, at + 7);
        size_t i = 0;
        while (i < s.n && ascii_is_space(s.p[i]))
            i++;
        if (i < s.n && s.p[i] == '=') {
            s = slice_from(s, i + 1);
            break;
        }
    }
    s = slice_trim_space(s);
    if (s.n && (s.p[0] == '"' || s.p[0] == '\'')) {
        size_t close = slice_find(slice_from(s, 1), s.p[0]);
        return close < s.n - 1 && charset_label(slice_sub(s, 1, close), kind, code);
    }
    size_t n = 0;
    while (n < s.n && !ascii_is_space(s.p[n]) && s.p[n] != ';')
        n++;
    return charset_label(slice_sub(s, 0, n), kind, code);
}

static bool read_meta(struct scan *s, enum charset_kind *kind, enum charset_code *code)
{
    enum { HTTP_EQUIV = 1, CONTENT = 2, CHARSET = 4 };
    unsigned seen = 0;
    bool pragma = false, found = false, by_content = false;
    struct slice name, value;
    while (get_attribute(s, &name, &value)) {
        if (slice_eq_nocase(name, SLICE_OF("http-equiv")) && !(seen & HTTP_EQUIV)) {
            seen |= HTTP_EQUIV;
            pragma = slice_eq_nocase(value, SLICE_OF("content-type"));
        } else if (slice_eq_nocase(name, SLICE_OF("content")) && !(seen & CONTENT)) {
            seen |= CONTENT;
            if (!found && charset_of_content(value, kind, code))
                found = by_content = true;
        } else if (slice_eq_nocase(name, SLICE_OF("charset")) && !(seen & CHARSET)) {
            seen |= CHARSET;
            found = charset_label(value, kind, code);
            by_content = false;
        }
    }
    return found && (pragma || !by_content);
}

/* A page that can be read as ASCII so far is not UTF-16, whatever it says. */
static bool not_utf16(enum charset_kind *kind)
{
    if (*kind == CHARSET_UTF16LE || *kind == CHARSET_UTF16BE)
        *kind = CHARSET_BYTES;
    return true;
}

static bool xml_declaration(struct slice b, enum charset_kind *kind, enum charset_code *code)
{
    if (!slice_starts_nocase(b, SLICE_OF("<?xml")))
        return false;
    b = slice_sub(b, 0, slice_find(b, '>'));
    b = slice_from(b, slice_find_nocase(b, SLICE_OF("encoding")) + 8);
    b = slice_trim_space(b);
    if (b.n == 0 || b.p[0] != '=')
        return false;
    b = slice_trim_space(slice_from(b, 1));
    if (b.n == 0 || (b.p[0] != '"' && b.p[0] != '\''))
        return false;
    size_t close = slice_find(slice_from(b, 1), b.p[0]);
    return close < b.n - 1 && charset_label(slice_sub(b, 1, close), kind, code) && not_utf16(kind);
}

static bool starts(const struct scan *s, struct slice what)
{
    return slice_starts_nocase(slice_of(s->p, (size_t)(s->end - s->p)), what);
}

static void skip_tag(struct scan *s)
{
    struct slice name, value;
    while (s->p < s->end && !ascii_is_space(*s->p) && *s->p != '>')
        s->p++;
    while (get_attribute(s, &name, &value))
        ;
}

bool charset_prescan(struct slice b, bool xml, enum charset_kind *kind, enum charset_code *code)
{
    static const struct slice le = SLICE("<\0?\0x\0"), be = SLICE("\0<\0?\0x");
    if (b.n >= 6 && (!memcmp(b.p, le.p, 6) || !memcmp(b.p, be.p, 6))) {
        *kind = b.p[0] ? CHARSET_UTF16LE : CHARSET_UTF16BE;
        *code = CODE_UTF8;
        return true;
    }
    struct scan s = { b.p, b.p + b.n };
    while (!xml && s.p < s.end) {
        skip_past(&s, '<');
        if (s.end - s.p < 3)
            break;
        if (starts(&s, SLICE_OF("!--"))) {
            do {
                s.p++;
                skip_past(&s, '>');
            } while (s.p < s.end && (s.p[-2] != '-' || s.p[-3] != '-'));
        } else if (starts(&s, SLICE_OF("meta")) && s.end - s.p > 4 &&
                   (ascii_is_space(s.p[4]) || s.p[4] == '/')) {
            s.p += 4;
            if (read_meta(&s, kind, code))
                return not_utf16(kind);
        } else if (ascii_is_alpha(*s.p) || (*s.p == '/' && ascii_is_alpha(s.p[1]))) {
            skip_tag(&s);
        } else if (*s.p == '!' || *s.p == '/' || *s.p == '?') {
            skip_past(&s, '>');
        }
    }
    return xml_declaration(b, kind, code);
}
