/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_joins.c - a page with its images that anybody may have written to Redis. What is read restricts,
 * prints as something that reads the same, and goes into a map. */
#include "verdict/joins.h"

#include <stdlib.h>

#define NOW 1795500000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t take_images(struct slice list, size_t statements, struct join_image image[JOINS_IMAGES])
{
    size_t n = 0;
    while (n < JOINS_IMAGES && joins_next(&list, &image[n]))
        if (image[n++].mask >> statements)
            abort();
    if (list.n)
        abort();
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct join_image image[JOINS_IMAGES];
    static struct joins j, again;
    static struct image_map *map;
    struct buf out, twice;
    if (!joins_read(slice_of(data, size), NOW, &j))
        return 0;
    if (j.page.n > IMAGE_STATEMENTS || j.page.n_url > IMAGE_PAGE_URL || j.page.until_ms <= NOW)
        abort();
    for (size_t i = 0; i < j.page.n; i++)
        for (size_t u = 0; u < USAGE_COUNT; u++)
            if (j.page.of[i].prefs.of[u] == PREF_ALLOW || j.page.of[i].prefs.of[u] >= PREF_COUNT)
                abort();
    size_t n = take_images(j.images, j.page.n, image);
    buf_init(&out, JOINS_MAX);
    buf_init(&twice, JOINS_MAX);
    if (joins_print(&j, image, n, &out) != OPTOUT_OK || out.n != size ||
        !joins_read(buf_slice(&out), NOW, &again) ||
        joins_print(&again, image, n, &twice) != OPTOUT_OK ||
        !slice_eq(buf_slice(&out), buf_slice(&twice)))
        abort();
    buf_free(&out);
    buf_free(&twice);
    if (!map)
        map = image_map_make(0);
    if (map)
        (void)joins_apply(&j, map, NOW);
    return 0;
}
