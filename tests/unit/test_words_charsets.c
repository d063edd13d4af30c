/* SPDX-License-Identifier: Apache-2.0 */
/* test_words_charsets.c - one reservation in each encoding, in a page, in its meta, in plain text and
 * in Markdown, declared rightly, wrongly or not at all: it is read, with the same words, however the
 * body is cut. */
#include "unit.h"

#include "core/buf.h"
#include "inspect/inspect.h"
#include "standards/natural_language.h"

#include <iconv.h>

#define RU "Использование материалов сайта для обучения искусственного интеллекта запрещено."
#define JA "当社は、本サイトに関するテキスト・データマイニングの権利を留保します。"
#define ZH "未经许可，禁止将本网站的内容用于训练人工智能模型。"
#define TW "未經授權，禁止將本網站的內容用於訓練人工智慧模型。"
#define KO "본 사이트의 콘텐츠를 인공지능 학습에 이용하는 것을 금지합니다."

static const struct row {
    const char *text, *name, *label; /* of iconv; of the web */
} rows[] = {
    { RU, "CP1251", "windows-1251" }, { RU, "KOI8-R", "koi8-r" },   { JA, "CP932", "shift_jis" },
    { JA, "EUC-JP", "euc-jp" },       { ZH, "GBK", "gbk" },         { TW, "BIG5", "big5" },
    { KO, "CP949", "euc-kr" },        { JA, "ISO-2022-JP", "iso-2022-jp" }, { RU, "UTF-8", "utf-8" },
};
#define ROWS (sizeof rows / sizeof *rows)

static void encode(const char *text, const char *name, struct buf *out)
{
    char bytes[4096], *in = (char *)(uintptr_t)text, *to = bytes;
    size_t n = strlen(text), room = sizeof bytes;
    iconv_t cd = iconv_open(name, "UTF-8");
    assert_true(cd != (iconv_t)-1);
    assert_true(iconv(cd, &in, &n, &to, &room) != (size_t)-1 &&
                iconv(cd, NULL, NULL, &to, &room) != (size_t)-1);
    iconv_close(cd);
    buf_init(out, sizeof bytes);
    buf_append(out, bytes, (size_t)(to - bytes));
}

/* What one body says; the words of the one statement that there is to be, else "". */
static void inspect(const char *type, const char *label, struct slice body, size_t piece,
                    struct buf *words, undecided_set *undecided)
{
    struct arena a = test_arena();
    struct exchange x = { .url = SLICE("https://o.example/"), .status = 200, .has_body = true };
    struct inspect_options o = { .expand_max = 1u << 20, .expand_ratio = 100,
                                 .phrases = phrases_builtin() };
    char head[100];
    snprintf(head, sizeof head, "Content-Type: %s%s%s\n", type, label[0] ? "; charset=" : "", label);
    assert_int_equal(headers_parse(&x.response, &a, arena_copy(&a, slice_cstr(head), SIZE_MAX)), OPTOUT_OK);
    struct inspection *i = inspect_open(&a, &x, &o);
    assert_non_null(i);
    for (enum optout_rc rc = OPTOUT_MORE; body.n && rc == OPTOUT_MORE; body = slice_from(body, piece))
        rc = inspect_feed(i, slice_sub(body, 0, piece));
    inspect_close(i, INSPECT_WHOLE);
    const struct signals *s = inspect_signals(i);
    buf_init(words, 4096);
    for (size_t k = 0; k < s->n; k++)
        buf_append(words, s->v[k].raw.p, s->v[k].raw.n);
    *undecided = inspect_undecided(i);
    arena_reset(&a);
}

static void expect(const struct row *r, const char *format, const char *type, const char *label)
{
    static const size_t pieces[] = { SIZE_MAX, 1, 7 };
    char text[2048];
    struct buf body, words;
    undecided_set undecided;
    int n = snprintf(text, sizeof text, format, r->text);
    assert_true(n > 0 && (size_t)n < sizeof text);
    encode(text, r->name, &body);
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        inspect(type, label, buf_slice(&body), pieces[i], &words, &undecided);
        if (!slice_eq(buf_slice(&words), slice_cstr(r->text)) || undecided)
            fail_msg("%s as %s '%s', %s, in pieces of %zu: %x %.*s", r->name, type, label, format, pieces[i],
                     undecided, SLICE_FMT(buf_slice(&words)));
        buf_free(&words);
    }
    buf_free(&body);
}

/* Declared rightly, not at all, and as UTF-8, which it is not. */
static void expect_all(const char *format, const char *type)
{
    for (size_t i = 0; i < ROWS; i++) {
        expect(&rows[i], format, type, rows[i].label);
        expect(&rows[i], format, type, "");
        expect(&rows[i], format, type, "utf-8");
    }
}

static void texts_of_pages(void **state)
{
    (void)state;
    expect_all("<!DOCTYPE html><title>x</title><body><p>%s</p>", "text/html");
    for (size_t i = 0; i < ROWS; i++) {
        char page[200];
        snprintf(page, sizeof page, "<meta charset=%s><title>x</title><p>%%s</p>", rows[i].label);
        expect(&rows[i], page, "text/html", "");
        expect(&rows[i], page, "text/html", "utf-8");
    }
}

static void metas(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        const char *format = "<title>x</title><meta name=copyright content='%s'><p>x</p>";
        bool jis = strcmp(rows[i].label, "iso-2022-jp") == 0; /* its quotation marks are characters */
        expect(&rows[i], format, "text/html", rows[i].label);
        expect(&rows[i], format, "text/html", "");
        if (!jis)
            expect(&rows[i], format, "text/html", "utf-8");
    }
    /* References are ASCII in all of them. */
    struct buf body, words;
    undecided_set undecided;
    encode("<meta name=dcterms.rights content=\"&copy;&nbsp;2026. " RU "\"><title>x</title>",
           "CP1251", &body);
    inspect("text/html", "utf-8", buf_slice(&body), 3, &words, &undecided);
    assert_true(slice_eq(buf_slice(&words), SLICE_OF(RU)));
    assert_int_equal(undecided, 0);
    buf_free(&words);
    buf_free(&body);
}

static void plain_texts(void **state)
{
    (void)state;
    expect_all("# 1\n\n%s\n", "text/plain");
    expect_all("%s", "text/plain");
    expect_all("# Terms\n\nOne_two.\n\n%s\n", "text/markdown");
    for (size_t i = 0; i < ROWS; i++)
        if (strcmp(rows[i].label, "iso-2022-jp") != 0)
            expect(&rows[i], "Terms\n\n%s\n", "text/plain", "iso-8859-1");
}

/* Lines whose head ends inside of a character. */
static void long_lines(void **state)
{
    (void)state;
    static const struct row japanese = { JA, "UTF-8", "utf-8" };
    expect(&japanese, "%s", "text/plain", "utf-8");
    expect(&japanese, "-  %s", "text/plain", "utf-8");
    expect(&japanese, "-   %s", "text/markdown", "utf-8");
}

static void what_cannot_be_told_is_undecided(void **state)
{
    struct buf words;
    undecided_set undecided;
    uint8_t text[400] = "x\n\n";
    (void)state;
    for (size_t i = 3; i < sizeof text; i++)
        text[i] = (uint8_t)(0x80 + (i * 7919u >> 3) % 0x60);
    inspect("text/plain", "", slice_of(text, sizeof text), 11, &words, &undecided);
    assert_int_equal(undecided, undecided_bit(UNDECIDED_UNREAD));
    buf_free(&words);
}

static void utf_16_and_no_utf_7(void **state)
{
    static const struct row le = { RU, "UTF-16LE", "utf-16le" }, be = { RU, "UTF-16BE", "utf-16be" };
    (void)state;
    expect(&le, "<!DOCTYPE html><p>%s</p>", "text/html", "");
    expect(&be, "<!DOCTYPE html><p>%s</p>", "text/html", "utf-8");
    expect(&le, "<!DOCTYPE html><p>%s</p>", "text/html", "utf-16le");
    expect(&le, "\xEF\xBB\xBF%s", "text/plain", "");
    expect(&be, "\xEF\xBB\xBF%s", "text/plain", "utf-8");
    expect(&le, "%s", "text/plain", "utf-16le");
    expect(&be, "Terms of use:\n\n%s", "text/plain", "");
    struct buf words;
    undecided_set undecided;
    inspect("text/html", "utf-7", SLICE_OF("<p>+BCIENQQ6BEEEQg-"), 2, &words, &undecided);
    assert_int_equal(words.n, 0);
    buf_free(&words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_of_pages),
        cmocka_unit_test(metas),
        cmocka_unit_test(plain_texts),
        cmocka_unit_test(long_lines),
        cmocka_unit_test(what_cannot_be_told_is_undecided),
        cmocka_unit_test(utf_16_and_no_utf_7),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
