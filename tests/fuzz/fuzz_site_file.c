/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_site_file.c - the site files of site/kinds.h that have a parser of their own, a target each:
 * "ai.txt" is --target=ai_txt. robots.txt has a program of its own. */
#include "fuzz_rows.h"
#include "site/kinds.h"
#include "site_file.h"

static char texts[SITE_KIND_COUNT][64];
static const char *names[SITE_KIND_COUNT + 1];
static site_file_parser *parsers[SITE_KIND_COUNT];
static site_file_parser *parse;

/* One of each parser: the file at the shorter path. */
static bool is_target(unsigned kind)
{
    return kind != SITE_ROBOTS && site_kinds[kind].parse && !strchr(site_kinds[kind].name, '/');
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    size_t n = 0;
    for (unsigned kind = 0; kind < SITE_KIND_COUNT; kind++) {
        if (!is_target(kind))
            continue;
        snprintf(texts[n], sizeof texts[n], "%s", site_kinds[kind].name);
        for (char *dot = texts[n]; (dot = strchr(dot, '.')) != NULL;)
            *dot = '_';
        names[n] = texts[n];
        parsers[n++] = site_kinds[kind].parse;
    }
    parse = parsers[fuzz_row(*argc, *argv, names)];
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return site_file_fuzz(parse, data, size);
}
