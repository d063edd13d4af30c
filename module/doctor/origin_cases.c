/* SPDX-License-Identifier: Apache-2.0 */
/* origin_cases.c - what the doctor's origin answers, case by case.
 *
 * A page is reserved for every purpose and in several ways, so that any profile has to see
 * it; of codings the page alone says so, for a head is never coded. */
#include "doctor/origin.h"

#include "doctor/coded.h"
#include "http/headers.h"
#include "site/kinds.h"

#include <stdio.h>
#include <time.h>

#define PAGE_MAX (2u << 20)
#define RESERVED_META                                                                        \
    "<meta name=\"tdm-reservation\" content=\"1\">"                                          \
    "<meta name=\"robots\" content=\"noai, noimageai, noindex\">"
#define RESERVED_HEAD                                                                        \
    "tdm-reservation: 1\r\n"                                                                 \
    "X-Robots-Tag: noai, noimageai, noindex\r\n"                                             \
    "Content-Usage: train-ai=n, search=n\r\n"

/* --- pages ----------------------------------------------------------------- */

static void put_page(const char *meta, const char *inner, struct buf *out)
{
    buf_puts(out, "<!DOCTYPE html><html lang=\"en\"><head><title>optout doctor</title>");
    buf_puts(out, meta);
    buf_puts(out, "</head><body><p>A page of optout doctor.</p>");
    buf_puts(out, inner);
    buf_puts(out, "</body></html>\n");
}

/* Of exactly that size. */
static void put_sized(size_t size, struct buf *out)
{
    static const char end[] = "</body></html>\n";
    buf_puts(out, "<!DOCTYPE html><html lang=\"en\"><head><title>optout doctor</title></head><body>");
    for (unsigned line = 0; out->n + sizeof end - 1 + 64 < size; line++)
        buf_printf(out, "<p>Line %07u of a page that says nothing of its use.</p>\n", line);
    while (out->n + sizeof end - 1 < size)
        buf_putc(out, ' ');
    buf_puts(out, end);
}

/* A cache keeps nothing that has no date. */
static void put_status(const char *status, struct buf *out)
{
    char date[64] = "";
    time_t now = time(NULL);
    struct tm tm;
    if (gmtime_r(&now, &tm))
        (void)strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    buf_printf(out, "HTTP/1.1 %s\r\nDate: %s\r\nConnection: close\r\n", status, date);
}

static void put_whole(const char *status, const char *fields, struct slice body, struct buf *out)
{
    put_status(status, out);
    buf_printf(out, "%sContent-Length: %zu\r\n\r\n", fields, body.n);
    buf_append(out, body.p, body.n);
}

#define HTML "Content-Type: text/html; charset=utf-8\r\n"
#define FRESH "Cache-Control: no-store\r\n"

/* --- cases ----------------------------------------------------------------- */

typedef void case_body(struct slice page, struct buf *out);

static void as_it_is(struct slice page, struct buf *out)
{
    buf_append(out, page.p, page.n);
}

/* Two members, cut where what matters stands in the second. */
static void gzip_twice(struct slice page, struct buf *out)
{
    coded_gzip(slice_sub(page, 0, 20), out);
    coded_gzip(slice_from(page, 20), out);
}

static void gzip_in_brotli(struct slice page, struct buf *out)
{
    struct buf inner;
    buf_init(&inner, PAGE_MAX);
    coded_gzip(page, &inner);
    coded_brotli(buf_slice(&inner), out);
    buf_free(&inner);
}

static const struct {
    const char *name, *fields, *meta, *inner;
    case_body *code;
} pages[] = {
    { "clean", HTML FRESH, "", "", as_it_is },
    { "together", HTML FRESH, "", "", as_it_is },
    { "fields", HTML FRESH, "", "", as_it_is },
    { "plain-text", HTML FRESH, "", "", as_it_is },
    { "cacheable", HTML "Cache-Control: public, max-age=3600\r\n", "", "", as_it_is },
    { "reserved", HTML FRESH RESERVED_HEAD, RESERVED_META, "", as_it_is },
    { "coding/none", HTML FRESH, RESERVED_META, "", as_it_is },
    { "coding/gzip", HTML FRESH "Content-Encoding: gzip\r\n", RESERVED_META, "", coded_gzip },
    { "coding/gzip-members", HTML FRESH "Content-Encoding: gzip\r\n", RESERVED_META, "",
      gzip_twice },
    { "coding/br", HTML FRESH "Content-Encoding: br\r\n", RESERVED_META, "", coded_brotli },
    { "coding/zstd", HTML FRESH "Content-Encoding: zstd\r\n", RESERVED_META, "", coded_zstd },
    { "coding/gzip-br", HTML FRESH "Content-Encoding: gzip, br\r\n", RESERVED_META, "",
      gzip_in_brotli },
    { "coding/mislabelled", HTML FRESH "Content-Encoding: br\r\n", RESERVED_META, "", coded_gzip },
    { "coding/unlabelled", HTML FRESH, RESERVED_META, "", coded_gzip },
    { "gallery", HTML FRESH, "<meta name=\"robots\" content=\"noimageai\">",
      "<img src=\"picture.svg\">", as_it_is },
    { "picture.svg", "Content-Type: image/svg+xml\r\n" FRESH, NULL,
      "<svg xmlns=\"http://www.w3.org/2000/svg\"/>\n", as_it_is },
    { "forbidden", HTML FRESH, "", "", as_it_is },
};

static bool answer_page(struct slice name, struct buf *out)
{
    size_t i = 0;
    while (i < sizeof pages / sizeof *pages && !slice_eq(name, slice_cstr(pages[i].name)))
        i++;
    if (i == sizeof pages / sizeof *pages)
        return false;
    struct buf page, coded;
    buf_init(&page, PAGE_MAX);
    buf_init(&coded, PAGE_MAX);
    if (pages[i].meta)
        put_page(pages[i].meta, pages[i].inner, &page);
    else
        buf_puts(&page, pages[i].inner);
    pages[i].code(buf_slice(&page), &coded);
    put_whole("200 OK", pages[i].fields, buf_slice(&coded), out);
    buf_free(&page);
    buf_free(&coded);
    return true;
}

/* "size/65536", and the same in chunks, "chunked/1048576". */
static bool answer_sized(struct slice name, struct buf *out)
{
    size_t slash = slice_find(name, '/');
    bool chunked = slice_eq(slice_sub(name, 0, slash), SLICE_OF("chunked"));
    uint64_t size;
    if ((!chunked && !slice_eq(slice_sub(name, 0, slash), SLICE_OF("size"))) ||
        !slice_to_u64(slice_from(name, slash + 1), &size) || size > PAGE_MAX)
        return false;
    struct buf page;
    buf_init(&page, PAGE_MAX);
    put_sized((size_t)size, &page);
    if (!chunked) {
        put_whole("200 OK", HTML FRESH, buf_slice(&page), out);
    } else {
        put_status("200 OK", out);
        buf_puts(out, HTML FRESH "Transfer-Encoding: chunked\r\n\r\n");
        for (size_t at = 0; at < page.n; at += 8192) {
            struct slice part = slice_sub(buf_slice(&page), at, 8192);
            buf_printf(out, "%zx\r\n", part.n);
            buf_append(out, part.p, part.n);
            buf_puts(out, "\r\n");
        }
        buf_puts(out, "0\r\n\r\n");
    }
    buf_free(&page);
    return true;
}

/* The first ten bytes of a reserved page, as asked; without Range all of it. */
static void answer_range(bool asked, struct buf *out)
{
    struct buf page;
    char fields[128];
    buf_init(&page, PAGE_MAX);
    put_page(RESERVED_META, "", &page);
    snprintf(fields, sizeof fields, HTML FRESH "Content-Range: bytes 0-9/%zu\r\n", page.n);
    if (asked)
        put_whole("206 Partial Content", fields, slice_sub(buf_slice(&page), 0, 10), out);
    else
        put_whole("200 OK", HTML FRESH, buf_slice(&page), out);
    buf_free(&page);
}

static bool head_has(struct slice head, const char *name)
{
    struct arena arena;
    struct headers h = { .n = 0 };
    arena_init(&arena, 1u << 20, NULL, 0);
    bool has = headers_parse(&h, &arena, head) == OPTOUT_OK && headers_find(&h, name);
    arena_reset(&arena);
    return has;
}

void origin_answer(struct slice name, struct slice request_head, struct buf *out)
{
    if (slice_eq(name, SLICE_OF("range")))
        answer_range(head_has(request_head, "range"), out);
    else if (slice_eq(name, SLICE_OF("upgrade")) && head_has(request_head, "upgrade"))
        buf_puts(out, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                      "Connection: Upgrade\r\n\r\n");
    else if (!answer_page(name, out) && !answer_sized(name, out))
        put_whole("404 Not Found", "Content-Type: text/plain\r\n", SLICE_OF("not here\n"), out);
}

bool origin_site_answer(struct slice path, struct buf *out)
{
    enum site_kind kind;
    if (!site_kind_of_path(path, &kind))
        return false;
    if (kind == SITE_ROBOTS)
        put_whole("200 OK", "Content-Type: text/plain\r\nCache-Control: max-age=300\r\n",
                  SLICE_OF("User-agent: *\nDisallow: " ORIGIN_FORBIDDEN "\n"), out);
    else
        put_whole("404 Not Found", "Content-Type: text/plain\r\nCache-Control: max-age=300\r\n",
                  SLICE_OF("not here\n"), out);
    return true;
}
