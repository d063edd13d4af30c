/* SPDX-License-Identifier: Apache-2.0 */
/* The table of clients, and a User-Agent that is looked up in it: what does not load says
 * why, and a client of no table notices all. */
#include "policy/clients.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size ? memchr(data, '\0', size) : NULL;
    size_t n = end ? (size_t)(end - data) : size;
    struct slice agent = slice_of(data + n, size - n);
    struct clients *c = NULL;
    unsigned line;
    const char *why = NULL;
    enum optout_rc rc = clients_parse_text(slice_of(data, n), &c, &line, &why);
    check((rc == OPTOUT_OK) == (c != NULL) && (c != NULL) == (why == NULL));
    check(clients_notice(NULL, agent) == CLIENT_NOTICES_BOTH);
    if (c)
        check(clients_notice(c, agent) <= CLIENT_NOTICES_BOTH);
    clients_free(c);
    return 0;
}
