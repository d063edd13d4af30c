/* SPDX-License-Identifier: Apache-2.0 */
#include "icap_request.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define NUMBER_DIGITS 8
#define CHUNK_MAX (64u << 10)     /* Squid has no more of a body at hand at once */
#define KNOWN_MAX 65535u          /* bytes of a body of which Squid keeps a copy, so that a 204 */
                                  /* may come when all of it has left */
#define LAST_CHUNK "0\r\n\r\n"
#define LAST_CHUNK_WHOLE "0; ieof\r\n\r\n"

struct text {
    char *p;
    size_t n, size;
    bool full;
};

__attribute__((format(printf, 2, 3))) static void print(struct text *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(t->p + t->n, t->size - t->n, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= t->size - t->n)
        t->full = true;
    else
        t->n += (size_t)n;
}

size_t icap_options(char *to, size_t size, unsigned port, const char *service)
{
    struct text t = { .p = to, .size = size };
    print(&t, "OPTIONS icap://127.0.0.1:%u/%s ICAP/1.0\r\nHost: 127.0.0.1:%u\r\n"
              "Allow: 206, trailers\r\n\r\n", port, service, port);
    return t.full ? 0 : t.n;
}

static bool field_holds(const char *head, const char *name, const char *word)
{
    size_t n = 0, length = strlen(word);
    const char *value = icap_field(head, name, &n);
    for (size_t i = 0; value && i + length <= n; i++)
        if (strncasecmp(value + i, word, length) == 0)
            return true;
    return false;
}

bool icap_service_read(struct icap_service *s, const char *head)
{
    int status = 0;
    size_t n = 0;
    if (sscanf(head, "ICAP/1.0 %3d", &status) != 1 || status != 200)
        return false;
    const char *preview = icap_field(head, "Preview", &n);
    s->preview = preview ? strtol(preview, NULL, 10) : -1;
    s->allow_204 = field_holds(head, "Allow", "204");
    s->allow_206 = field_holds(head, "Allow", "206");
    s->reqmod = field_holds(head, "Methods", "REQMOD");
    s->respmod = field_holds(head, "Methods", "RESPMOD");
    return true;
}

/* ---- heads ---- */

static void print_request_head(struct text *t, const struct icap_page *page)
{
    const char *host = strstr(page->url, "://");
    host = host ? host + 3 : page->url;
    print(t, "GET %s HTTP/1.1\r\nUser-Agent: optout-bench/1.0\r\nAccept: */*\r\nHost: %.*s\r\n\r\n",
          page->url, (int)strcspn(host, "/"), host);
}

static void print_response_head(struct text *t, const struct icap_page *page, const char *date)
{
    print(t, "HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: %s\r\nContent-Type: %s\r\n"
             "Content-Length: %zu\r\nLast-Modified: %s\r\nAccept-Ranges: bytes\r\n", date,
          page->type, page->body_n, date);
    for (size_t i = 0; i < page->fields_n; i++)
        print(t, "%s\r\n", page->fields[i]);
    print(t, "\r\n");
}

/* Preview and Allow, where Squid sends them. */
static void print_terms(struct text *t, bool reqmod, const struct icap_service *s, size_t body_n)
{
    size_t preview = s->preview < 0 ? 0 : (size_t)s->preview;
    if (reqmod)
        body_n = 0;
    if (s->preview >= 0)
        print(t, "Preview: %zu\r\n", body_n < preview ? body_n : preview);
    bool known = body_n <= KNOWN_MAX;
    print(t, "Allow: %s%strailers\r\n", s->allow_204 && known ? "204, " : "",
          s->allow_206 && !reqmod && (known || s->preview >= 0) ? "206, " : "");
}

static bool print_head(struct icap_request *r, bool reqmod, unsigned port, const char *service,
                       const struct icap_service *s, const struct icap_page *page)
{
    char http[ICAP_HEAD_MAX], date[64];
    struct text inner = { .p = http, .size = sizeof http };
    struct text t = { .p = r->head, .size = sizeof r->head };
    time_t now = time(NULL);
    struct tm tm;
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &tm));

    print_request_head(&inner, page);
    size_t response_at = inner.n;
    if (!reqmod)
        print_response_head(&inner, page, date);
    print(&t, "%s icap://127.0.0.1:%u/%s ICAP/1.0\r\nHost: 127.0.0.1:%u\r\nDate: %s\r\n",
          reqmod ? "REQMOD" : "RESPMOD", port, service, port, date);
    if (reqmod)
        print(&t, "Encapsulated: req-hdr=0, null-body=%zu\r\n", inner.n);
    else
        print(&t, "Encapsulated: req-hdr=0, res-hdr=%zu, res-body=%zu\r\n", response_at, inner.n);
    print_terms(&t, reqmod, s, page->body_n);
    print(&t, "X-Client-IP: 127.0.0.1\r\n%s%sX-Squid-Xact: ",
          page->icap_field ? page->icap_field : "", page->icap_field ? "\r\n" : "");
    r->number_at = t.n;
    print(&t, "%0*d\r\n\r\n%s", NUMBER_DIGITS, 0, http);
    r->head_n = t.n;
    return !inner.full && !t.full;
}

void icap_request_number(char *head, size_t number_at, uint64_t number)
{
    for (size_t i = NUMBER_DIGITS; i-- > 0; number /= 10)
        head[number_at + i] = (char)('0' + number % 10);
}

/* ---- bodies ---- */

/* The bytes in chunks, and the end. NULL: out of memory. */
static char *chunked(const char *bytes, size_t n, const char *end, size_t *length)
{
    size_t size = n + (n / CHUNK_MAX + 1) * 16 + strlen(end) + 1;
    struct text t = { .p = malloc(size), .size = size };
    if (!t.p)
        return NULL;
    for (size_t at = 0; at < n;) {
        size_t step = n - at < CHUNK_MAX ? n - at : CHUNK_MAX;
        print(&t, "%zx\r\n", step);
        memcpy(t.p + t.n, bytes + at, step);
        t.n += step;
        at += step;
        print(&t, "\r\n");
    }
    print(&t, "%s", end);
    *length = t.n;
    return t.p;
}

bool icap_request_build(struct icap_request *r, bool reqmod, unsigned port, const char *service,
                        const struct icap_service *s, const struct icap_page *page)
{
    *r = (struct icap_request){ .kind = ICAP_PASS };
    if (!print_head(r, reqmod, port, service, s, page))
        return false;
    if (reqmod)
        return true;
    size_t preview = s->preview < 0 ? page->body_n : (size_t)s->preview;
    bool whole = page->body_n <= preview;
    size_t first = whole ? page->body_n : preview;
    r->first = chunked(page->body, first, s->preview >= 0 && whole ? LAST_CHUNK_WHOLE : LAST_CHUNK,
                       &r->first_n);
    if (!whole)
        r->rest = chunked(page->body + first, page->body_n - first, LAST_CHUNK, &r->rest_n);
    return r->first && (whole || r->rest);
}

void icap_request_free(struct icap_request *r)
{
    free(r->first);
    free(r->rest);
    r->first = r->rest = NULL;
}
