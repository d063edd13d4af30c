/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_share_url.c - a Redis URL of any bytes but NUL. */
#include "daemon/share_url.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct share_address a;
    char why[200] = "", *url = malloc(size + 1);
    if (!url)
        return 0;
    if (size)
        memcpy(url, data, size);
    url[size] = '\0';
    bool good = share_url_read(url, &a, why, sizeof why);
    if (good == (why[0] != '\0'))
        abort();
    if (good) {
        /* One place, and each text ends. */
        if ((a.host[0] != '\0') == (a.path[0] != '\0') || (a.path[0] && a.path[0] != '/'))
            abort();
        if (strlen(a.host) >= sizeof a.host || strlen(a.path) >= sizeof a.path ||
            strlen(a.user) >= sizeof a.user || strlen(a.password) >= sizeof a.password)
            abort();
        if (a.host[0] && (atoi(a.port) < 1 || atoi(a.port) > 65535))
            abort();
        if (a.db > SHARE_DB_MAX || (a.tls && a.path[0]))
            abort();
    }
    free(url);
    return 0;
}
