/* SPDX-License-Identifier: Apache-2.0 */
/* put_terms.c - put_terms DIR ORIGIN MILLISECONDS [AGO [silent]]: puts a page of terms of this origin,
 * which holds so long and was read so many milliseconds ago, into the store at DIR, as a filter beside
 * the daemon does. put_terms DIR ORIGIN: prints how many sentences the store has of its pages that
 * hold, and how many pages. For test_optoutd.sh. */
#include "core/clock.h"
#include "site/terms.h"
#include "standards/phrases.h"

#include <stdio.h>
#include <stdlib.h>

static enum optout_rc show(struct store *s, struct slice origin, int64_t now_ms)
{
    struct terms_page p;
    struct buf list;
    size_t sentences = 0, pages = 0;
    buf_init(&list, 1u << 20);
    if (terms_list(s, origin, &list) != OPTOUT_OK)
        return OPTOUT_E_IO;
    for (struct slice rest = buf_slice(&list); terms_next(&rest, &p); pages++)
        sentences += p.expires_ms > now_ms ? p.n : 0;
    printf("%zu %zu\n", sentences, pages);
    buf_free(&list);
    return OPTOUT_OK;
}

int main(int argc, char **argv)
{
    char why[256], url[TERMS_URL_MAX];
    struct store *store;
    if (argc < 3)
        return 2;
    struct store_options o = { .dir = argv[1], .size_max = 64u << 20 };
    int64_t now_ms = clock_wall_ms();
    snprintf(url, sizeof url, "%s/agb", argv[2]);
    int64_t read_ms = now_ms - (argc > 4 ? atoi(argv[4]) : 0);
    struct terms_page p = { .url = slice_cstr(url), .fetched_ms = read_ms,
                            .expires_ms = read_ms + (argc > 3 ? atoi(argv[3]) : 0), .n = argc < 6 };
    p.hit[0].text = SLICE_OF("Wir behalten uns das vor.");
    p.hit[0].grade = PHRASE_PLAIN;
    p.hit[0].prefs.of[USAGE_TRAIN_AI] = PREF_DENY;
    if (store_open(&o, &store, why, sizeof why) != OPTOUT_OK) {
        fprintf(stderr, "%s\n", why);
        return 1;
    }
    enum optout_rc rc = argc == 3 ? show(store, slice_cstr(argv[2]), now_ms)
                                  : terms_put(store, slice_cstr(argv[2]), &p, now_ms);
    store_close(store);
    return rc == OPTOUT_OK ? 0 : 1;
}
