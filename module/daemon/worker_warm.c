/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/worker_warm.h"

#include "core/clock.h"
#include "page/charset_table.h"
#include "site/document.h"
#include "syntax/digest.h"
#include "verdict/terms.h"

#include <iconv.h>
#include <stdlib.h>
#include <time.h>

#define WARM_ARENA (64u << 20)

/* Those of the Encoding standard that glibc has, which loads a file for each; never closed. A
 * document in another one ends its reader: it is unparseable, and that is said. */
static void warm_charsets(void)
{
    static const char *const names[] = {
        "ISO-8859-1", "ISO-8859-2", "ISO-8859-3", "ISO-8859-4", "ISO-8859-5", "ISO-8859-6",
        "ISO-8859-7", "ISO-8859-8", "ISO-8859-9", "ISO-8859-10", "ISO-8859-13", "ISO-8859-14",
        "ISO-8859-15", "ISO-8859-16", "WINDOWS-1250", "WINDOWS-1251", "WINDOWS-1252",
        "WINDOWS-1253", "WINDOWS-1254", "WINDOWS-1255", "WINDOWS-1256", "WINDOWS-1257",
        "WINDOWS-1258", "WINDOWS-874", "IBM866", "KOI8-R", "KOI8-U", "MACINTOSH", "SHIFT_JIS",
        "WINDOWS-31J", "EUC-JP", "ISO-2022-JP", "EUC-KR", "UHC", "GBK", "GB2312", "GB18030",
        "BIG5", "BIG5-HKSCS", "UTF-16", "UTF-32", "UTF-7", "IBM037", "EBCDIC-US",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)iconv_open("UTF-8", names[i]);
        (void)iconv_open(names[i], "UTF-8");
    }
    charset_tables_ready();
}

/* One document of each kind, as far as it goes. */
static void warm_site_files(struct arena *arena)
{
    static const char *const bodies[] = {
        "User-agent: *\nDisallow: /a\nAllow: /b\nContent-Usage: train-ai=n\n",
        "[{\"location\":\"/\",\"tdm-reservation\":1}]",
        "<?xml version=\"1.0\" encoding=\"windows-1252\"?><rsl xmlns=\"https://rslstandard.org/rsl\">"
        "<content url=\"/\"><license><prohibits type=\"usage\">train-ai</prohibits></license>"
        "</content></rsl>",
    };
    for (unsigned kind = 0; kind < SITE_KIND_COUNT; kind++)
        for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
            struct site_body out;
            struct site_answer a = { .kind = (enum site_kind)kind, .status = 200,
                                     .url = SLICE("https://example.com/file"),
                                     .body = slice_cstr(bodies[i]) };
            if (site_kind_is_file((enum site_kind)kind) &&
                document_read_body(&a, NULL, arena, &out) != OPTOUT_OK)
                return;
        }
}

static void warm_terms(struct arena *arena, const struct phrases *phrases)
{
    static const char page[] =
        "<!DOCTYPE html><html lang=\"en\"><head><title>Terms</title>"
        "<script type=\"application/ld+json\">{\"@context\":\"https://schema.org\","
        "\"@type\":\"WebPage\",\"license\":\"https://example.com/l\"}</script></head>"
        "<body><p>We reserve the right of text and data mining. All rights reserved.</p></body>";
    struct exchange x = { .method = SLICE("GET"), .url = SLICE("https://example.com/terms"),
                          .status = 200, .minor = 1, .has_body = true };
    struct terms_page out;
    if (headers_parse(&x.response, arena, SLICE_OF("Content-Type: text/html\r\n")) != OPTOUT_OK)
        return;
    struct terms_reading r = { &x, SLICE_OF(page), true, phrases, clock_wall_ms() };
    (void)(terms_read(arena, &r, &out) == OPTOUT_OK);
}

static int by_value(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

void worker_warm(const struct phrases *phrases)
{
    struct arena arena;
    uint8_t digest[32];
    int many[1024] = { 1 }; /* more than qsort sorts on its stack */
    tzset();
    qsort(many, sizeof many / sizeof *many, sizeof *many, by_value);
    (void)digest_of(SLICE_OF("warm"), digest);
    warm_charsets();
    arena_init(&arena, WARM_ARENA, NULL, 0);
    warm_site_files(&arena);
    if (phrases)
        warm_terms(&arena, phrases);
    arena_reset(&arena);
}
