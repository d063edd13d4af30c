/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_charset.c - the first byte chooses a label, the rest is a page. The
 * bytes given, and where they are said to come from, must not depend on where
 * the input is cut. */
#include "page/charset.h"

#include <stdlib.h>

static void check(bool ok)
{
    if (!ok)
        abort();
}

struct result {
    uint8_t *p;
    uint64_t *at;
    size_t n;
};

static void take(struct result *r, struct charset_run *run, size_t size)
{
    check(run->n > 0);
    for (size_t i = 0; i < run->n; i++) {
        bool inside = run->utf16 && (run->p[i] & 0xC0) == 0x80; /* a character */
        uint64_t at = inside ? 0 : charset_offset(run, run->p + i);
        check(inside || at < size);
        r->p[r->n] = run->p[i];
        r->at[r->n++] = at;
    }
}

static struct result read_all(struct slice in, struct slice label, bool xml, size_t piece)
{
    size_t size = in.n;
    struct result r = { malloc(3 * size + 16), calloc(3 * size + 16, sizeof(uint64_t)), 0 };
    struct charset *c = malloc(sizeof *c);
    check(r.p && r.at && c);
    charset_open(c, label, xml);
    struct charset_run run;
    while (in.n) {
        struct slice part = slice_sub(in, 0, piece), rest = part;
        while (charset_next(c, &rest, &run))
            take(&r, &run, size);
        check(rest.n == 0);
        in = slice_from(in, part.n);
    }
    charset_end(c);
    struct slice none = SLICE_EMPTY;
    while (charset_next(c, &none, &run))
        take(&r, &run, size);
    free(c);
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const labels[4] = { "", "utf-16be", "utf-16", "iso-2022-jp" };
    if (size < 1 || size > 65536)
        return 0;
    struct slice label = slice_cstr(labels[data[0] & 3]), in = slice_of(data + 1, size - 1);
    struct result whole = read_all(in, label, data[0] & 4, SIZE_MAX);
    for (size_t piece = 1; piece < 8; piece += 3) {
        struct result cut = read_all(in, label, data[0] & 4, piece);
        check(cut.n == whole.n && !memcmp(cut.p, whole.p, cut.n));
        check(!memcmp(cut.at, whole.at, cut.n * sizeof cut.at[0]));
        free(cut.p);
        free(cut.at);
    }
    free(whole.p);
    free(whole.at);
    enum charset_kind kind;
    enum charset_code code;
    charset_label(in, &kind, &code);
    return 0;
}
