/* SPDX-License-Identifier: Apache-2.0 */
/* charset_table.c - Encoding standard sections 9 to 13, as far as words need them: characters of
 * the supplementary planes, of JIS X 0212 and of four bytes in GB18030 are U+FFFD. */
#include "page/charset_table.h"

#include <iconv.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define LEADS 0x7F  /* from 0x80 on */
#define TRAILS 0xC0 /* from 0x40 on */
#define WRONG 0xFFFD

struct charset_table {
    enum charset_code code;
    uint16_t single[0x80]; /* of the byte from 0x80 on; 0: it leads */
    uint16_t twofold[];    /* LEADS * TRAILS; none of single bytes */
};

static const char *const names[CODE_COUNT] = { /* of iconv */
    [CODE_1250] = "CP1250", [CODE_1251] = "CP1251", [CODE_1252] = "CP1252",
    [CODE_1253] = "CP1253", [CODE_1254] = "CP1254", [CODE_1255] = "CP1255",
    [CODE_1256] = "CP1256", [CODE_1257] = "CP1257", [CODE_1258] = "CP1258",
    [CODE_866] = "CP866", [CODE_874] = "CP874", [CODE_LATIN2] = "ISO-8859-2",
    [CODE_LATIN3] = "ISO-8859-3", [CODE_LATIN4] = "ISO-8859-4", [CODE_8859_5] = "ISO-8859-5",
    [CODE_8859_6] = "ISO-8859-6", [CODE_8859_7] = "ISO-8859-7", [CODE_8859_8] = "ISO-8859-8",
    [CODE_LATIN6] = "ISO-8859-10", [CODE_8859_13] = "ISO-8859-13",
    [CODE_8859_14] = "ISO-8859-14", [CODE_LATIN9] = "ISO-8859-15",
    [CODE_8859_16] = "ISO-8859-16", [CODE_KOI8R] = "KOI8-R", [CODE_KOI8U] = "KOI8-U",
    [CODE_MAC] = "MACINTOSH", [CODE_MAC_CYRILLIC] = "MAC-CYRILLIC", [CODE_SJIS] = "CP932",
    [CODE_EUCJP] = "EUC-JP", [CODE_GBK] = "GBK", [CODE_BIG5] = "BIG5-HKSCS",
    [CODE_EUCKR] = "CP949",
};

static struct charset_table *_Atomic tables[CODE_COUNT];
static atomic_bool missing[CODE_COUNT];
static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;

/* The one character that these bytes are; WRONG when they are none, or more than one. */
static uint16_t ask(iconv_t cd, const uint8_t *bytes, size_t n)
{
    char in[2], *from = in;
    uint8_t out[8];
    char *to = (char *)out;
    size_t left = n, room = sizeof out;
    memcpy(in, bytes, n);
    (void)iconv(cd, NULL, NULL, NULL, NULL);
    if (iconv(cd, &from, &left, &to, &room) == (size_t)-1 || left ||
        iconv(cd, NULL, NULL, &to, &room) == (size_t)-1 || room != sizeof out - 2)
        return WRONG;
    unsigned ch = out[0] | (unsigned)out[1] << 8;
    return (uint16_t)(ch == 0 || (ch >= 0xD800 && ch < 0xE000) ? WRONG : ch);
}

static void fill(struct charset_table *t, iconv_t cd)
{
    bool twofold = t->code >= CODE_DOUBLE;
    for (unsigned lead = 0x80; lead < 0x100; lead++) {
        uint8_t bytes[2] = { (uint8_t)lead };
        uint16_t ch = ask(cd, bytes, 1);
        bool leads = twofold && ch == WRONG && lead > 0x80 && lead < 0xFF;
        t->single[lead - 0x80] = leads ? 0 : ch;
        for (unsigned trail = 0x40; leads && trail < 0x100; trail++) {
            bytes[1] = (uint8_t)trail;
            t->twofold[(lead - 0x80) * TRAILS + trail - 0x40] = ask(cd, bytes, 2);
        }
    }
}

static struct charset_table *make(enum charset_code code)
{
    iconv_t cd = iconv_open("UTF-16LE", names[code]);
    if (cd == (iconv_t)-1)
        return NULL;
    size_t n = code >= CODE_DOUBLE ? (size_t)LEADS * TRAILS : 0;
    struct charset_table *t = calloc(1, sizeof *t + n * sizeof t->twofold[0]);
    if (t) {
        t->code = code;
        fill(t, cd);
    }
    (void)iconv_close(cd);
    return t;
}

const struct charset_table *charset_table(enum charset_code code)
{
    struct charset_table *t = atomic_load(&tables[code]);
    if (t || !names[code] || atomic_load(&missing[code]))
        return t;
    pthread_mutex_lock(&making);
    t = atomic_load(&tables[code]);
    if (!t && (t = make(code)) == NULL)
        atomic_store(&missing[code], true);
    atomic_store(&tables[code], t);
    pthread_mutex_unlock(&making);
    return t;
}

void charset_tables_ready(void)
{
    for (unsigned code = 0; code < CODE_COUNT; code++)
        (void)charset_table((enum charset_code)code);
}

bool charset_leads(const struct charset_table *t, uint8_t c)
{
    return t->single[c - 0x80] == 0;
}

size_t charset_char(const struct charset_table *t, const uint8_t *p, size_t n, uint32_t *ch)
{
    *ch = t->single[p[0] - 0x80];
    if (*ch)
        return 1;
    *ch = WRONG;
    if (n < 2)
        return 0;
    if (t->code == CODE_EUCJP && p[0] == 0x8F)
        return p[1] < 0xA1 ? 1 : n < 3 ? 0 : p[2] < 0xA1 ? 1 : 3;
    if (t->code == CODE_GBK && p[1] >= '0' && p[1] <= '9')
        return n < 4 && (n < 3 || p[2] >= 0x81) ? 0 : p[2] >= 0x81 && p[3] >= '0' && p[3] <= '9' ? 4 : 1;
    if (p[1] < 0x40)
        return 1;
    *ch = t->twofold[(p[0] - 0x80) * TRAILS + p[1] - 0x40];
    return *ch == WRONG && p[1] < 0x80 ? 1 : 2;
}
