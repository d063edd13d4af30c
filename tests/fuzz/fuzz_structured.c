/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_structured.c - a structured field of any bytes: the first byte picks the
 * kind. Every slice of the result is read, so that one which points astray is
 * found. */
#include <stdlib.h>

#include "http/structured.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile unsigned sink; /* so that the reading is not optimised away */

static unsigned sum_of(struct slice s)
{
    unsigned sum = 0;
    for (size_t i = 0; i < s.n; i++)
        sum += s.p[i];
    return sum;
}

static unsigned read_item(const struct sf_item *item)
{
    unsigned sum = sum_of(item->key) + sum_of(item->text);
    for (size_t i = 0; i < item->n_params; i++) {
        sum += sum_of(item->params[i].key) + sum_of(item->params[i].text);
        for (size_t k = 0; k < i && i < 16; k++)
            if (slice_eq(item->params[i].key, item->params[k].key))
                abort();
    }
    return sum;
}

static unsigned read_list(const struct sf_list *list, int dictionary)
{
    unsigned sum = 0;
    for (size_t i = 0; i < list->n; i++) {
        sum += read_item(&list->v[i]);
        for (size_t k = 0; k < list->v[i].n_items; k++)
            sum += read_item(&list->v[i].items[k]);
        for (size_t k = 0; dictionary && k < i && i < 64; k++)
            if (slice_eq(list->v[i].key, list->v[k].key))
                abort();
    }
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct sf_list list = { NULL, 0 };
    struct sf_item item;
    if (size < 1)
        return 0;
    arena_init(&a, 1u << 20, NULL, 0);
    struct slice value = slice_of(data + 1, size - 1);
    enum optout_rc rc;
    switch (data[0] % 3) {
    case 0:
        rc = sf_parse_dictionary(&a, value, &list);
        break;
    case 1:
        rc = sf_parse_list(&a, value, &list);
        break;
    default:
        rc = sf_parse_item(&a, value, &item);
        if (rc == OPTOUT_OK)
            sink = read_item(&item);
    }
    if (rc != OPTOUT_OK && list.n != 0)
        abort();
    sink = read_list(&list, data[0] % 3 == 0);
    arena_reset(&a);
    return 0;
}
