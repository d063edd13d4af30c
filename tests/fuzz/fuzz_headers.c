/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_headers.c - a message head of any bytes; each of its values is then read
 * as everything that a value can be. */
#include <stdlib.h>

#include "http/date.h"
#include "http/exchange.h"
#include "http/link.h"
#include "http/media_type.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile unsigned sink; /* so that the reading is not optimised away */

static void touch(struct slice s)
{
    unsigned sum = 0;
    for (size_t i = 0; i < s.n; i++)
        sum += s.p[i];
    sink = sum;
}

static void read_links(struct arena *a, struct slice value)
{
    struct link_value link;
    enum optout_rc rc;
    do {
        rc = link_next(a, &value, &link);
        touch(link.target);
        touch(link.rel);
        touch(link.type);
        touch(link.anchor);
        sink = link_rel_has(link.rel, "license");
    } while (rc == OPTOUT_OK);
}

static void read_value(struct arena *a, struct slice value)
{
    int64_t seconds = 0;
    int status = 0;
    unsigned minor = 0;
    struct slice method, url;
    read_links(a, value);
    struct media_type t = media_type_parse(value);
    touch(t.essence);
    touch(t.charset);
    sink = accept_prefers_json(value);
    sink = media_sniff_html(value);
    if (date_parse(value, 1795500000, &seconds) &&
        (seconds < -62135683200 || seconds > 253402387200)) /* years 1 to 9999 and a zone */
        abort();
    if (exchange_status_line(value, &status) && (status < 100 || status > 999))
        abort();
    if (exchange_request_line(value, &method, &url, &minor)) {
        touch(method);
        touch(url);
        if (minor > 9 || url.n == 0)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct exchange x = { .status = 200 };
    arena_init(&a, 4u << 20, NULL, 0);
    read_value(&a, slice_of(data, size));
    enum optout_rc rc = headers_parse(&x.response, &a, slice_of(data, size));
    sink = (unsigned)rc;
    for (size_t i = 0; i < x.response.n; i++) {
        const struct header *line = &x.response.v[i];
        if (line->name.n == 0 || line->value.p == NULL)
            abort();
        touch(line->name);
        read_value(&a, line->value);
    }
    if (exchange_content_length(&x) < -1)
        abort();
    touch(headers_join(&x.response, &a, "a"));
    arena_reset(&a);
    return 0;
}
