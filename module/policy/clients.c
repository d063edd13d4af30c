/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/clients.h"

#include <stdlib.h>

#define PATTERN_MAX 64      /* bytes */
#define USER_AGENT_MAX 1024 /* bytes that are looked at */

struct client {
    uint8_t n; /* bytes of the pattern */
    uint8_t notices;
    char pattern[PATTERN_MAX]; /* lower case */
};

struct clients {
    size_t n;
    struct client row[CLIENTS_MAX];
};

static bool parse_notices(struct slice word, uint8_t *out)
{
    static const char *const words[] = { "none", "chunked", "length", "both" };
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++) {
        if (slice_eq(word, slice_cstr(words[i]))) {
            *out = (uint8_t)i;
            return true;
        }
    }
    return false;
}

static const char *parse_row(struct slice line, struct client *to)
{
    struct slice rest = line, pattern = SLICE_EMPTY, notices = SLICE_EMPTY;
    (void)slice_split(&rest, '\t', &pattern);
    (void)slice_split(&rest, '\t', &notices);
    if (pattern.n == 0 || pattern.n > PATTERN_MAX)
        return "the pattern must have 1 to 64 bytes";
    if (!parse_notices(notices, &to->notices))
        return "after the pattern and a tab: chunked, length, both or none";
    to->n = (uint8_t)pattern.n;
    for (size_t i = 0; i < pattern.n; i++)
        to->pattern[i] = (char)ascii_lower(pattern.p[i]);
    return NULL;
}

enum optout_rc clients_parse_text(struct slice text, struct clients **out, unsigned *line,
                                  const char **why)
{
    struct clients *c = calloc(1, sizeof *c);
    struct slice rest = text, row;
    *line = 0;
    if (!c) {
        *why = "out of memory";
        return OPTOUT_E_NOMEM;
    }
    while (slice_next_row(&rest, &row, line)) {
        *why = c->n == CLIENTS_MAX ? "more than 512 rows" : parse_row(row, &c->row[c->n]);
        if (*why) {
            free(c);
            return OPTOUT_E_SYNTAX;
        }
        c->n++;
    }
    *out = c;
    return OPTOUT_OK;
}

void clients_free(struct clients *c)
{
    free(c);
}

static bool stands_in(const struct client *c, struct slice text)
{
    for (size_t i = 0; i + c->n <= text.n; i++) {
        size_t k = 0;
        while (k < c->n && ascii_lower(text.p[i + k]) == (uint8_t)c->pattern[k])
            k++;
        if (k == c->n)
            return true;
    }
    return false;
}

unsigned clients_notice(const struct clients *c, struct slice user_agent)
{
    unsigned notices = CLIENT_NOTICES_BOTH;
    struct slice seen = slice_sub(user_agent, 0, USER_AGENT_MAX);
    for (size_t i = 0; c && i < c->n; i++)
        if (stands_in(&c->row[i], seen))
            notices &= c->row[i].notices;
    return notices;
}
