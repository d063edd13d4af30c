/* SPDX-License-Identifier: Apache-2.0 */
/* test_charset_guess.c - texts in legacy encodings, made by iconv(3): what they are is told, with
 * nothing declared, and they are read as what they were made of, however they are cut. */
#include "unit.h"

#include "core/buf.h"
#include "inspect/page_text.h"
#include "page/charset_guess.h"
#include "page/charset_table.h"

#include <iconv.h>

static const char german[] =
    "Die Nutzung unserer Inhalte für da"
    "s Training künstlicher Intelligenz"
    " ist nicht gestattet. Für Rückfrag"
    "en wenden Sie sich bitte an die Re"
    "daktion, täglich geöffnet von früh"
    " bis spät.";
static const char polish[] =
    "Wydawca sprzeciwia się wykorzystyw"
    "aniu swoich treści do uczenia sztu"
    "cznej inteligencji. Zażółć gęślą j"
    "aźń, proszę państwa.";
static const char czech[] =
    "Použití našeho obsahu k trénování "
    "umělé inteligence je zakázáno. Pří"
    "liš žluťoučký kůň úpěl ďábelské ód"
    "y.";
static const char russian[] =
    "Использование материалов сайта для"
    " обучения искусственного интеллект"
    "а запрещено. Все права защищены, р"
    "едакция оставляет за собой право н"
    "а ответ.";
static const char ukrainian[] =
    "Використання матеріалів сайту для "
    "навчання штучного інтелекту заборо"
    "нено. Усі права захищено, редакція"
    " залишає за собою це право.";
static const char greek[] =
    "Απαγορεύεται η χρήση του περιεχομέ"
    "νου μας για την εκπαίδευση συστημά"
    "των τεχνητής νοημοσύνης. Όλα τα δι"
    "καιώματα διατηρούνται.";
static const char turkish[] =
    "İçeriklerimizin yapay zekâ eğitimi"
    " için kullanılması yasaktır. Bütün"
    " hakları saklıdır, lütfen bizimle "
    "iletişime geçiniz.";
static const char japanese[] =
    "掲載写真をAIの学習データに加えることはご遠慮ください。当社は、本サ"
    "イトに関するテキスト・データマイニングの権利を留保します。";
static const char chinese[] =
    "未经许可，禁止将本网站的内容用于训练人工智能模型。本网站的所有内容均"
    "受著作权法保护，任何人不得以任何方式使用。";
static const char traditional[] =
    "未經授權，禁止將本網站的內容用於訓練人工智慧模型。本網站的所有內容均"
    "受著作權法保護，任何人不得以任何方式使用。";
static const char korean[] =
    "본 사이트의 콘텐츠를 인공지능 학습에 이용하는 것을 금지합니다"
    ". 모든 저작권은 당사에 있으며 무단으로 사용할 수 없습니다.";

static const struct row {
    const char *text, *name; /* of iconv */
    enum charset_code code;
} rows[] = {
    { german, "CP1252", CODE_1252 },
    { polish, "CP1250", CODE_1250 },
    { polish, "ISO-8859-2", CODE_LATIN2 },
    { czech, "CP1250", CODE_1250 },
    { czech, "ISO-8859-2", CODE_LATIN2 },
    { russian, "CP1251", CODE_1251 },
    { russian, "KOI8-R", CODE_KOI8U },
    { russian, "ISO-8859-5", CODE_8859_5 },
    { russian, "CP866", CODE_866 },
    { ukrainian, "CP1251", CODE_1251 },
    { ukrainian, "KOI8-U", CODE_KOI8U },
    { greek, "CP1253", CODE_1253 },
    { greek, "ISO-8859-7", CODE_8859_7 },
    { turkish, "CP1254", CODE_1254 },
    { japanese, "CP932", CODE_SJIS },
    { japanese, "EUC-JP", CODE_EUCJP },
    { chinese, "GBK", CODE_GBK },
    { traditional, "BIG5", CODE_BIG5 },
    { korean, "CP949", CODE_EUCKR },
    { russian, "UTF-8", CODE_UTF8 },
};
#define ROWS (sizeof rows / sizeof *rows)

/* `text` in that encoding, between tags. What it does not have is left out of both. */
static void make_page(const struct row *r, const char *head, struct buf *page, struct buf *text)
{
    char bytes[2048], back[2048], *in = (char *)(uintptr_t)r->text, *out = bytes, *back_out = back;
    size_t n = strlen(r->text), room = sizeof bytes, back_room = sizeof back;
    iconv_t cd = iconv_open(r->name, "UTF-8");
    assert_true(cd != (iconv_t)-1);
    while (n && iconv(cd, &in, &n, &out, &room) == (size_t)-1)
        for (in++, n--; n && (*in & 0xC0) == 0x80; n--)
            in++;
    iconv_close(cd);
    buf_init(page, 1u << 20);
    buf_init(text, 1u << 20);
    buf_printf(page, "<!DOCTYPE html><html><head>%s<title></title><body><p>", head);
    buf_append(page, bytes, (size_t)(out - bytes));
    buf_puts(page, "</p></body></html>");
    cd = iconv_open("UTF-8", r->name);
    in = bytes;
    n = (size_t)(out - bytes);
    assert_true(iconv(cd, &in, &n, &back_out, &back_room) != (size_t)-1);
    iconv_close(cd);
    buf_append(text, back, (size_t)(back_out - back));
}

static void on_text(void *ctx, const struct text_block *b)
{
    buf_append(ctx, b->text.p, b->text.n);
}

static void read_page(struct slice page, struct slice tld, size_t piece, struct buf *out, bool *untold)
{
    struct arena a = test_arena();
    struct html_options o = { .text = on_text, .text_ctx = out };
    struct page_text *t = page_text_open(&a, &o, tld);
    assert_non_null(t);
    buf_init(out, 1u << 20);
    page_text_begin(t);
    for (; page.n; page = slice_from(page, piece)) {
        struct slice part = slice_sub(page, 0, piece);
        uint8_t *copy = malloc(part.n); /* so that no byte beyond it is read */
        memcpy(copy, part.p, part.n);
        assert_int_equal(page_text_feed(t, slice_of(copy, part.n)), OPTOUT_MORE);
        free(copy);
    }
    assert_int_equal(page_text_end(t), OPTOUT_DONE);
    *untold = page_text_is_untold(t);
    arena_reset(&a);
}

static void expect_text(const struct row *r, const char *head, const char *tld)
{
    static const size_t pieces[] = { 1, 2, 5, SIZE_MAX };
    struct buf page, want, got;
    bool untold;
    make_page(r, head, &page, &want);
    for (size_t i = 0; i < 4; i++) {
        read_page(buf_slice(&page), slice_cstr(tld), pieces[i], &got, &untold);
        if (!slice_eq(buf_slice(&got), buf_slice(&want)))
            fail_msg("%s %s in pieces of %zu\ngot  %.*s\nwant %.*s", r->name, head, pieces[i],
                     SLICE_FMT(buf_slice(&got)), SLICE_FMT(buf_slice(&want)));
        assert_false(untold);
        buf_free(&got);
    }
    buf_free(&page);
    buf_free(&want);
}

static void undeclared_texts_are_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++)
        expect_text(&rows[i], "", "");
}

static void declared_texts_are_what_they_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        char meta[64];
        const char *name = strcmp(rows[i].name, "CP949") == 0 ? "euc-kr" : rows[i].name;
        name = strcmp(name, "CP932") == 0 ? "shift_jis" : name;
        snprintf(meta, sizeof meta, "<meta charset=%s>", name);
        expect_text(&rows[i], meta, "");
    }
}

/* A text in UTF-8 under another label is UTF-8 all the same. */
static void utf8_is_utf8_whatever_is_declared(void **state)
{
    static const struct row row = { russian, "UTF-8", CODE_UTF8 };
    (void)state;
    expect_text(&row, "<meta charset=windows-1251>", "");
    expect_text(&row, "<meta charset=shift_jis>", "ru");
}

/* A few letters say little: where the page is from says the rest. */
static void the_place_tells_what_letters_do_not(void **state)
{
    static const struct row hungarian = { "T\xC5\xB1z \xC3\xA9s er\xC5\x91", "CP1250", CODE_1250 };
    static const struct row french = { "Un caf\xC3\xA9 \xC3\xA0 No\xC3\xABl", "CP1252", CODE_1252 };
    (void)state;
    expect_text(&hungarian, "", "hu");
    expect_text(&french, "", "");
    expect_text(&french, "", "fr");
}

static void what_cannot_be_told_is_said_so(void **state)
{
    struct buf got;
    bool untold;
    uint8_t page[400] = "<p>";
    (void)state;
    for (size_t i = 3; i < sizeof page; i++)
        page[i] = (uint8_t)(0x80 + (i * 7919u >> 3) % 0x60);
    read_page(slice_of(page, sizeof page), SLICE_EMPTY, SIZE_MAX, &got, &untold);
    assert_true(untold);
    buf_free(&got);
}

static void the_language_of_a_page(void **state)
{
    (void)state;
    assert_true(slice_eq(charset_lang(SLICE_OF("<html xml:lang=\"pl-PL\">")), SLICE_OF("pl")));
    assert_true(slice_eq(charset_lang(SLICE_OF("<a hreflang=de><html lang='tr'>")), SLICE_OF("tr")));
    assert_int_equal(charset_lang(SLICE_OF("<html lang=>")).n, 0);
}

/* Every pair of bytes, and every cut of three, makes what a whole look makes. */
static void characters_do_not_depend_on_what_follows(void **state)
{
    (void)state;
    for (unsigned code = 0; code < CODE_COUNT; code++) {
        const struct charset_table *t = charset_table((enum charset_code)code);
        assert_true(t || code == CODE_NONE || code == CODE_UTF8);
        for (unsigned i = 0x8000; t && i < 0x10000; i++) {
            uint8_t b[4] = { (uint8_t)(i >> 8), (uint8_t)i, 0x81, '0' };
            uint32_t ch, again;
            size_t n = charset_char(t, b, 4, &ch);
            assert_true(n >= 1 && n <= 4 && ch < 0x10000);
            for (size_t k = 1; k < 4; k++) {
                size_t m = charset_char(t, b, k, &again);
                assert_true(m == 0 || (m == n && again == ch));
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(undeclared_texts_are_told),
        cmocka_unit_test(declared_texts_are_what_they_say),
        cmocka_unit_test(utf8_is_utf8_whatever_is_declared),
        cmocka_unit_test(the_place_tells_what_letters_do_not),
        cmocka_unit_test(what_cannot_be_told_is_said_so),
        cmocka_unit_test(the_language_of_a_page),
        cmocka_unit_test(characters_do_not_depend_on_what_follows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
