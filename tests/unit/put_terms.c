/* SPDX-License-Identifier: Apache-2.0 */
/* put_terms.c - put_terms DIR ORIGIN MILLISECONDS: puts a page of terms of this origin, which holds so
 * long, into the store at DIR, as a filter beside the daemon does. For test_optoutd.sh. */
#include "core/clock.h"
#include "site/terms.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    char why[256], url[TERMS_URL_MAX];
    struct store *store;
    if (argc != 4)
        return 2;
    struct store_options o = { .dir = argv[1], .size_max = 64u << 20 };
    int64_t now_ms = clock_wall_ms();
    snprintf(url, sizeof url, "%s/agb", argv[2]);
    struct terms_page p = { .url = slice_cstr(url), .fetched_ms = now_ms,
                            .expires_ms = now_ms + atoi(argv[3]), .n = 1 };
    p.hit[0].text = SLICE_OF("Wir behalten uns das vor.");
    p.hit[0].prefs.of[USAGE_TRAIN_AI] = PREF_DENY;
    if (store_open(&o, &store, why, sizeof why) != OPTOUT_OK) {
        fprintf(stderr, "%s\n", why);
        return 1;
    }
    enum optout_rc rc = terms_put(store, slice_cstr(argv[2]), &p, now_ms);
    store_close(store);
    return rc == OPTOUT_OK ? 0 : 1;
}
