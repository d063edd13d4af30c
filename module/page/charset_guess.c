/* SPDX-License-Identifier: Apache-2.0 */
/* charset_guess.c - HTML standard section 13.2.3.2, steps 8 and 9: frequency analysis, then a
 * default by the user's language, in whose place the page's own language and its top-level domain
 * stand.
 *
 * What is valid as UTF-8 is that, whatever is declared: by chance no text in another encoding is. Else
 * the declared encoding is believed, but for those that servers declare of their own accord: UTF-8 is
 * believed of what is that for the most part, windows-1252 (and Latin-1, which is the same) of what is
 * in no other alphabet. Else characters beyond ASCII are read in each encoding, and those
 * that are frequent in a language written in it are counted. */
#include "page/charset_guess.h"

#include "page/charset_table.h"
#include "syntax/utf8.h"

#define AFTER 3      /* ASCII bytes kept behind one beyond; a trail byte is one of them */
#define SURE_MIN 6   /* characters, at least, of which frequencies say something */
#define COUNTED_MAX 800 /* characters that are counted in each encoding: some 20 µs for each */
#define WRONG_PART 50   /* of those one may be none */
#define ENOUGH_MIN 30 /* bytes beyond ASCII of a text that ought to have been told */

/* ---- the sample ---- */

static void put(struct charset_sample *s, uint8_t byte)
{
    if (s->n < sizeof s->v)
        s->v[s->n++] = byte;
}

static size_t ascii_at(struct slice s, size_t i)
{
    size_t from = i;
    for (uint64_t eight; s.n - i >= sizeof eight; i += sizeof eight) {
        memcpy(&eight, s.p + i, sizeof eight);
        if (eight & 0x8080808080808080u)
            break;
    }
    while (i < s.n && s.p[i] < 0x80)
        i++;
    return i - from;
}

void charset_sample(struct charset_sample *s, struct slice bytes)
{
    for (size_t i = 0; i < bytes.n && s->n < sizeof s->v; i++) {
        uint8_t c = bytes.p[i];
        if (c < 0x80 && s->after == 0) {
            i += ascii_at(bytes, i) - 1;
            s->last = bytes.p[i];
            s->gap = true;
            continue;
        }
        if (s->gap) { /* c is beyond ASCII */
            put(s, '\n');
            put(s, s->last);
            s->gap = false;
        }
        put(s, c);
        s->after = c >= 0x80 ? AFTER : (uint8_t)(s->after - 1);
    }
}

struct slice charset_lang(struct slice head)
{
    for (size_t at; (at = slice_find_nocase(head, SLICE_OF("lang="))) < head.n;) {
        bool begins = at > 0 && (ascii_is_space(head.p[at - 1]) || head.p[at - 1] == ':');
        head = slice_from(head, at + 5);
        if (head.n && (head.p[0] == '"' || head.p[0] == '\''))
            head = slice_from(head, 1);
        size_t n = 0;
        while (n < head.n && ascii_is_alpha(head.p[n]))
            n++;
        if (begins && n)
            return slice_sub(head, 0, n);
    }
    return SLICE_EMPTY;
}

/* ---- by where it is from ---- */

static enum charset_code code_of_place(struct slice name)
{
    static const struct {
        enum charset_code code;
        const char *places; /* languages and top-level domains */
    } rows[] = {
        { CODE_1250, " cs cz hu sk sl si hr ro bs " },
        { CODE_LATIN2, " pl " },
        { CODE_1251, " ru su uk ua bg be by sr rs mk kz xn--p1ai " },
        { CODE_1253, " el gr " },
        { CODE_1254, " tr " },
        { CODE_1255, " he il iw " },
        { CODE_1256, " ar fa ir sa ae eg " },
        { CODE_1257, " lt lv et ee " },
        { CODE_1258, " vi vn " },
        { CODE_874, " th " },
        { CODE_SJIS, " ja jp " },
        { CODE_EUCKR, " ko kr " },
        { CODE_GBK, " zh cn " },
        { CODE_BIG5, " tw hk mo " },
    };
    uint8_t word[16] = { ' ' };
    if (name.n < 2 || name.n > sizeof word - 2)
        return CODE_NONE;
    memcpy(word + 1, name.p, name.n);
    word[name.n + 1] = ' ';
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct slice all = slice_cstr(rows[i].places);
        if (slice_find_nocase(all, slice_of(word, name.n + 2)) < all.n)
            return rows[i].code;
    }
    return CODE_NONE;
}

static enum charset_code code_of_origin(const struct charset_origin *o)
{
    enum charset_code code = code_of_place(o->lang);
    return code != CODE_NONE ? code : code_of_place(o->tld);
}

/* ---- by what is frequent ---- */

#define PUNCTUATION u"\u2018\u2019\u201C\u201D\u201E\u201A\u2013\u2014\u2026\u00AB\u00BB\u00A0\u00A9\u00AE" \
                    u"\u2022\u00B7\u00B0\u20AC\u00A7\u2122\u2116\u00AD"

static const uint16_t punctuation[] = PUNCTUATION;

/* Letters of a text in this encoding: the frequent ones, and the others that there are. */
static const struct script {
    enum charset_code code;
    bool alone; /* no language in Latin letters: what is not frequent weighs against it */
    const uint16_t *frequent, *others;
} scripts[] = {
#define CYRILLIC u"\u043E\u0435\u0430\u0438\u043D\u0442\u0441\u0440\u0432\u043B\u0456"
#define CYRILLIC_MORE                                                                              \
    u"\u043A\u043C\u0434\u043F\u0443\u044F\u044C\u044B\u044E\u0433\u0437\u0431\u0447\u0439\u0445"  \
    u"\u0436\u0448\u0454\u0457\u0449\u0446\u0444\u044D\u0451\u0491\u044A"
    { CODE_1251, true, CYRILLIC, CYRILLIC_MORE },
    { CODE_KOI8U, true, CYRILLIC, CYRILLIC_MORE },
    { CODE_8859_5, true, CYRILLIC, CYRILLIC_MORE },
    { CODE_866, true, CYRILLIC, CYRILLIC_MORE },
    { CODE_MAC_CYRILLIC, true, CYRILLIC, CYRILLIC_MORE },
#define GREEK u"\u03B1\u03BF\u03B9\u03B5\u03C4\u03C3\u03BD\u03B7\u03C5\u03C1\u03C0\u03BA"
#define GREEK_MORE                                                                                 \
    u"\u03BC\u03BB\u03C2\u03B4\u03B3\u03C7\u03B8\u03C6\u03B2\u03BE\u03B6\u03C8\u03C9\u03AC\u03AD"  \
    u"\u03AE\u03AF\u03CC\u03CD\u03CE\u03CA\u03CB\u0390\u0386\u0388\u0389\u038A\u038C"
    { CODE_1253, true, GREEK, GREEK_MORE },
    { CODE_8859_7, true, GREEK, GREEK_MORE },
#define WESTERN u"\u00E4\u00F6\u00FC\u00DF\u00E9\u00E8\u00E0\u00EA\u00E7\u00E1\u00ED\u00F3\u00FA\u00F1"
#define WESTERN_MORE                                                                               \
    u"\u00EB\u00E2\u00E3\u00F5\u00E5\u00E6\u00F8\u00F2\u00F9\u00F4\u00EE\u00EF\u00EC\u00FB\u00C4"  \
    u"\u00D6\u00DC\u00C9\u00C0\u00C8\u00C7\u00C5\u00C6\u00D8\u00C1\u00CD\u00D3\u00DA\u00D1\u0153"  \
    u"\u00BF\u00A1\u00AA\u00BA"
    { CODE_1252, false, WESTERN, WESTERN_MORE },
#define CENTRAL u"\u00E1\u00E9\u00ED\u011B\u0161\u010D\u0159\u017E\u0142\u0119\u0105\u00F3\u017C\u0103\u0163"
#define CENTRAL_MORE                                                                               \
    u"\u0107\u0144\u015B\u017A\u00FA\u016F\u00FD\u010F\u0165\u0148\u013E\u0155\u00F4\u00E4\u00F6"  \
    u"\u0151\u00FC\u0171\u00E2\u00EE\u015F\u00C1\u00C9\u00CD\u011A\u0160\u010C\u0158\u017D\u0141"  \
    u"\u0118\u0104\u00D3\u017B\u0106\u0143\u015A\u0179\u00DA\u00DD\u00D6\u0150\u00DC\u0170\u0102"  \
    u"\u0162\u015E\u00CE\u0111"
    { CODE_1250, false, CENTRAL, CENTRAL_MORE },
    { CODE_LATIN2, false, CENTRAL, CENTRAL_MORE },
#define TURKISH u"\u0131\u015F\u00FC\u00F6\u00E7\u011F"
#define TURKISH_MORE u"\u0130\u015E\u00DC\u00D6\u00C7\u011E\u00E2\u00EE"
    { CODE_1254, false, TURKISH, TURKISH_MORE },
    /* One byte or two. */
    { CODE_SJIS, true,
      u"\u306E\u306B\u3092\u306F\u304C\u3068\u3067\u3057\u305F\u3066\u306A\u3044\u308B\u3059\u307E\u3089"
      u"\u308C\u3082\u3053\u304B\u3042\u308A\u30F3\u30FC\u30B9\u30EB\u30C8\u30A4\u30AF\u30E9\u30EA\u30C3",
      u"\u3001\u3002\u30FB\u300C\u300D\u3063\u3046\u304F\u3088\u3051\u3048\u304A\u3060\u3061\u30C7\u30BF"
      u"\u30B0\u30D7\u30C6\u30D5\u30A2\u30B7\u30B3\u30DE\u672C\u5B66\u7FD2\u7528\u5229\u8457\u4F5C\u6A29"
      u"\u30E1\u30B5\u30ED\u30E0\u30AD\u30AB" },
    { CODE_EUCJP, true, NULL, NULL }, /* as the row above */
    { CODE_GBK, true,
      u"\u7684\u4E00\u662F\u4E0D\u4E86\u5728\u4EBA\u6709\u6211\u8FD9\u4E2A\u4E2D\u6765\u4E0A\u5927\u4E3A\u548C"
      u"\u56FD\u5730\u5230\u4EE5\u8BF4\u65F6\u8981\u4F1A\u53EF\u4E5F\u5BF9\u751F\u80FD\u4E8E\u4E0B\u5E74\u53D1"
      u"\u540E\u4F5C\u7528\u884C\u6240\u5BB6\u6210\u65B9\u591A\u6CD5\u5B66\u516C\u672C",
      u"\uFF0C\u3002\u3001\uFF1A\u300A\u300B\u201C\u201D\uFF1B\uFF08\uFF09\u6216\u6570\u636E\u4F7F\u5185\u5BB9"
      u"\u6743\u8BAD\u7EC3\u7F51\u7AD9\u7981\u6B62\u4EFB\u4F55\u6587\u672A\u7ECF\u6388\u7248\u4FE1\u606F" },
    { CODE_BIG5, true,
      u"\u7684\u4E00\u662F\u4E0D\u4E86\u5728\u4EBA\u6709\u6211\u9019\u500B\u4E2D\u4F86\u4E0A\u5927\u70BA\u548C"
      u"\u570B\u5730\u5230\u4EE5\u8AAA\u6642\u8981\u6703\u53EF\u4E5F\u5C0D\u751F\u80FD\u65BC\u4E0B\u5E74\u767C"
      u"\u5F8C\u4F5C\u7528\u884C\u6240\u5BB6\u6210\u65B9\u591A\u6CD5\u5B78\u516C\u672C",
      u"\uFF0C\u3002\u3001\uFF1A\u300A\u300B\u300C\u300D\uFF1B\uFF08\uFF09\u6216\u6578\u64DA\u4F7F\u5167\u5BB9"
      u"\u6B0A\u8A13\u7DF4\u7DB2\u7AD9\u7981\u6B62\u4EFB\u4F55\u6587\u672A\u7D93\u6388\u7248\u8CC7\u6599" },
    { CODE_EUCKR, true,
      u"\uC774\uB2E4\uB294\uC758\uC5D0\uC744\uB97C\uACE0\uAC00\uD558\uC9C0\uD55C\uB85C\uC0AC\uB3C4\uAE30\uC778"
      u"\uC11C\uC790\uB9AC\uB300\uC2DC\uC815\uB098\uC5B4\uBCF4\uC544\uC77C\uC218\uADF8\uC788\uB4E4\uC740\uD574",
      u"\uC5C6\uAC83\uB4F1\uC81C\uBC0F\uC74C\uB2C8\uC2B5\uC6A9\uC704\uC804\uC8FC\uC6D0\uD559\uC2B5\uAE08\uC5F0" },
};

struct count {
    size_t chars, wrong; /* beyond ASCII */
    size_t frequent, others, strange;
};

static bool holds(const uint16_t *list, uint32_t ch)
{
    while (*list && *list != ch)
        list++;
    return *list != 0;
}

static const struct script *letters_of(const struct script *s)
{
    return s->frequent ? s : s - 1;
}

static struct count count_in(struct slice v, const struct script *s)
{
    struct count c = { 0 };
    const struct charset_table *t = charset_table(s->code);
    const struct script *of = letters_of(s);
    uint32_t ch;
    for (size_t i = 0, n; t && i < v.n && c.chars < COUNTED_MAX; i += n) {
        n = v.p[i] < 0x80 ? 1 : charset_char(t, v.p + i, v.n - i, &ch);
        if (v.p[i] < 0x80)
            continue;
        if (n == 0)
            break;
        c.chars++;
        c.wrong += ch == 0xFFFD || ch < 0xA0;
        if (c.wrong > COUNTED_MAX / WRONG_PART)
            break;
        if (holds(of->frequent, ch))
            c.frequent++;
        else if (holds(of->others, ch))
            c.others++;
        else if (!holds(punctuation, ch))
            c.strange++;
    }
    return c;
}

/* In thousandths of the characters; below 0: it is not this. */
static int score(struct count c, const struct script *s)
{
    if (c.chars == 0 || c.wrong * WRONG_PART > c.chars)
        return -1000;
    int n = (int)c.chars;
    if (s->code >= CODE_DOUBLE)
        return (int)(c.frequent + c.others) * 1000 / n;
    int points = 3 * (int)c.frequent + 2 * (int)c.others - 3 * (int)c.strange;
    return points * (s->alone ? 400 : 300) / n;
}

/* At least so much of an encoding's letters are frequent in a text that is written in it. */
#define DOUBLE_SURE 200
#define ALONE_SURE 650

static size_t beyond_ascii(struct slice v, size_t *in_a_row)
{
    size_t n = 0;
    *in_a_row = 0;
    for (size_t i = 0; i < v.n; i++) {
        n += v.p[i] >= 0x80;
        *in_a_row += i > 0 && v.p[i] >= 0x80 && v.p[i - 1] >= 0x80;
    }
    return n;
}

/* Whether it is UTF-8, but for what was cut and for little that is not; of what says that it is, for
 * less than half of it. */
static bool is_utf8(struct slice v, bool says_so)
{
    size_t good = 0, bad = 0;
    for (size_t i = 0, n; i < v.n; i += n) {
        n = v.p[i] < 0x80 ? 1 : utf8_length(slice_from(v, i));
        good += n > 1;
        bad += n == 0 && v.n - i >= 4;
        n = n ? n : 1;
    }
    return bad * (says_so ? 1 : 20) <= good;
}

enum charset_code charset_guess(const struct charset_sample *s, const struct charset_origin *o,
                                bool *untold)
{
    struct slice v = slice_of(s->v, s->n);
    size_t in_a_row, n = beyond_ascii(v, &in_a_row);
    *untold = false;
    if (is_utf8(v, o->declared == CODE_UTF8))
        return CODE_UTF8;
    if (o->declared != CODE_NONE && o->declared != CODE_UTF8 && o->declared != CODE_1252)
        return o->declared;
    enum charset_code place = code_of_origin(o), best = CODE_1252;
    bool rows = in_a_row * 2 > n; /* letters beyond ASCII side by side: no Latin ones */
    int most = -1001, western = -1001;
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        const struct script *k = &scripts[i];
        if (k->alone && !rows)
            continue;
        struct count c = count_in(v, k);
        int points = score(c, k);
        if (k->code == CODE_1252)
            western = points;
        if (k->alone && (points < (k->code >= CODE_DOUBLE ? DOUBLE_SURE : ALONE_SURE) ||
                         c.chars < SURE_MIN))
            continue;
        points += k->alone ? 1000 : k->code == place ? 100 : 0;
        if (points > most) {
            most = points;
            best = k->code;
        }
    }
    if (o->declared == CODE_1252)
        return most >= 1000 ? best : CODE_1252;
    if (most >= 1000 || !rows) /* of a few characters Latin ones are told by frequency alone */
        return most - 100 > western || best == place || most >= 1000 ? best : CODE_1252;
    *untold = place == CODE_NONE && n >= ENOUGH_MIN;
    return place != CODE_NONE ? place : CODE_1252;
}

/* ---- pages ---- */

enum charset_code charset_declared(struct slice head, struct slice label, bool xml,
                                   enum charset_kind *kind)
{
    enum charset_code code;
    head = slice_sub(head, 0, CHARSET_PRESCAN_MAX);
    *kind = CHARSET_BYTES;
    if (head.n >= 3 && !memcmp(head.p, "\xEF\xBB\xBF", 3))
        return CODE_UTF8;
    if (head.n && memchr(head.p, 0, head.n))
        return CODE_UTF8;
    if (charset_label(label, kind, &code) || charset_prescan(head, xml, kind, &code))
        return code;
    *kind = !xml && charset_looks_2022(head) ? CHARSET_ISO2022JP : CHARSET_BYTES;
    return *kind == CHARSET_ISO2022JP ? CODE_EUCJP : xml ? CODE_UTF8 : CODE_NONE;
}

enum charset_code charset_of_page(struct slice page, struct slice label, bool xml)
{
    struct charset_sample sample;
    struct charset_origin o = { .lang = charset_lang(slice_sub(page, 0, CHARSET_LANG_WITHIN)) };
    enum charset_kind kind;
    bool untold;
    o.declared = charset_declared(page, label, xml, &kind);
    if (o.declared == CODE_UTF8 || kind == CHARSET_ISO2022JP)
        return o.declared;
    memset(&sample, 0, offsetof(struct charset_sample, v));
    charset_sample(&sample, page);
    return charset_guess(&sample, &o, &untold);
}
