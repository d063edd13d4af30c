/* SPDX-License-Identifier: Apache-2.0 */
/* Syntax: logrotate.conf(5) of logrotate 3.21. */
#include "doctor/logrotate.h"

#include <fnmatch.h>

enum where { OUTSIDE, INSIDE, SCRIPT };

static bool begins_script(struct slice line)
{
    static const char *const words[] = { "prerotate", "postrotate", "firstaction", "lastaction",
                                         "preremove" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (slice_eq(line, slice_cstr(words[i])))
            return true;
    return false;
}

/* The next word, or what stands in quotation marks; a brace is a word of its own. */
static bool next_word(struct slice *rest, struct slice *word)
{
    *rest = slice_trim_space(*rest);
    if (!rest->n || rest->p[0] == '#')
        return false;
    uint8_t c = rest->p[0];
    size_t n = 1, skip = 0;
    if (c == '"' || c == '\'') {
        skip = 1;
        n = slice_find(slice_from(*rest, 1), c) + 1;
    } else if (c != '{' && c != '}') {
        while (n < rest->n && !ascii_is_space(rest->p[n]) && rest->p[n] != '{')
            n++;
    }
    *word = slice_sub(*rest, skip, n - skip);
    *rest = slice_from(*rest, n + skip);
    return true;
}

static bool takes(struct slice word, const char *path, char pattern[LOGROTATE_PATTERN_MAX])
{
    if (word.n >= LOGROTATE_PATTERN_MAX || !slice_begins(word, '/'))
        return false;
    memcpy(pattern, word.p, word.n);
    pattern[word.n] = '\0';
    return fnmatch(pattern, path, FNM_PATHNAME | FNM_PERIOD) == 0;
}

bool logrotate_takes(struct slice text, const char *path, char pattern[LOGROTATE_PATTERN_MAX],
                     unsigned *line)
{
    enum where where = OUTSIDE;
    struct slice row, word;
    *line = 0;
    while (text.p && slice_split(&text, '\n', &row)) {
        *line += 1;
        row = slice_trim_space(row);
        if (where == SCRIPT) {
            where = slice_eq(row, SLICE_OF("endscript")) ? INSIDE : SCRIPT;
            continue;
        }
        if (where == INSIDE && begins_script(row)) {
            where = SCRIPT;
            continue;
        }
        while (next_word(&row, &word)) {
            if (slice_eq(word, SLICE_OF("{")))
                where = INSIDE;
            else if (slice_eq(word, SLICE_OF("}")))
                where = OUTSIDE;
            else if (where == OUTSIDE && takes(word, path, pattern))
                return true;
        }
    }
    return false;
}
