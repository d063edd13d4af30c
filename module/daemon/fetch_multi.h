/* SPDX-License-Identifier: Apache-2.0 */
/* fetch_multi.h - libcurl's multi handle, driven by the loop. */
#ifndef OPTOUT_DAEMON_FETCH_MULTI_H
#define OPTOUT_DAEMON_FETCH_MULTI_H

#include "daemon/loop.h"

struct fetch_multi;

/* An easy handle whose CURLOPT_PRIVATE is this struct. */
struct fetch_handle {
    void *easy; /* CURL * */
    bool added;
    void (*done)(void *ctx, int result); /* CURLcode; never from inside of libcurl */
    void *ctx;
};

struct fetch_multi *fetch_multi_new(struct loop *loop, unsigned keep);
void fetch_multi_free(struct fetch_multi *m);
bool fetch_multi_add(struct fetch_multi *m, struct fetch_handle *h);
void fetch_multi_remove(struct fetch_multi *m, struct fetch_handle *h); /* if it is added */
void fetch_multi_drop(struct fetch_multi *m, struct fetch_handle *h);   /* and cleans it up */

#endif
