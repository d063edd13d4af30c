/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_site_file.c - the small site files, a target each by its name. */
#include "fuzz_rows.h"
#include "site_file.h"

#define SITE_FILES(FILE) \
    FILE(ai_txt) \
    FILE(tdmrep_json) \
    FILE(trust_txt)

#define NAME(name) #name,
#define PARSER(name) name##_parse,
static const char *const names[] = { SITE_FILES(NAME) NULL };
static site_file_parser *const parsers[] = { SITE_FILES(PARSER) };
static site_file_parser *parse;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    parse = parsers[fuzz_row(*argc, *argv, names)];
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return site_file_fuzz(parse, data, size);
}
