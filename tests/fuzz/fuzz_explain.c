/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_explain.c - a record and what it refers to, any bytes, as `optout explain` tells it: what
 * is printed is whole, a terminal obeys nothing of it, and programs can read it; twice the same. */
#include "answers/explain.h"

#include <jansson.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(struct slice text)
{
    if (text.n == 0 || text.p[text.n - 1] != '\n')
        abort();
    for (size_t i = 0; i < text.n; i++) {
        const uint8_t *p = text.p + i;
        bool control = (*p < 0x20 && *p != '\n') || *p == 0x7F;
        bool c1 = i && p[-1] == 0xC2 && *p < 0xA0;
        bool turns = i > 1 && p[-2] == 0xE2 && p[-1] == 0x80 && *p >= 0xA8 && *p <= 0xAE;
        if (control || c1 || turns)
            abort();
    }
}

static void check_json(struct slice text)
{
    json_t *j = json_loadb((const char *)text.p, text.n, JSON_ALLOW_NUL, NULL);
    if (!json_is_object(j) || slice_find(text, '\n') != text.n - 1)
        abort();
    json_decref(j);
}

static bool tell(struct slice lines, struct buf *text)
{
    struct explain_input in = { .lines = lines, .earlier = lines };
    struct explanation e;
    struct buf json;
    if (explain_record(&in, &e) != OPTOUT_OK)
        return false;
    buf_init(&json, 64u << 20);
    explanation_print(&e, false, text);
    explanation_print_json(&e, &json);
    if (text->failed != OPTOUT_OK || json.failed != OPTOUT_OK)
        abort();
    check_text(buf_slice(text));
    check_json(buf_slice(&json));
    buf_free(&json);
    explanation_free(&e);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice lines = slice_of(size ? data : (const uint8_t *)"", size);
    struct buf first, again;
    buf_init(&first, 64u << 20);
    buf_init(&again, 64u << 20);
    if (tell(lines, &first) != tell(lines, &again) ||
        !slice_eq(buf_slice(&first), buf_slice(&again)))
        abort();
    buf_free(&first);
    buf_free(&again);
    return 0;
}
