/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/site_file.h"

#include "cli/cli.h"
#include "cli/head.h"
#include "http/url_path.h"

#include <unistd.h>

bool site_file_operands(int argc, char **argv, const char *url, const char **file, int *status)
{
    const char *misuse = NULL;
    if (!url)
        misuse = "--url is missing";
    else if (optind == argc)
        misuse = "a FILE is missing ('-' is standard input)";
    else if (optind + 1 < argc)
        misuse = "only one FILE can be read";
    if (misuse)
        *status = cli_misuse(argv[0], "%s", misuse);
    else
        *file = argv[optind];
    return !misuse;
}

bool site_file_read(const char *path, size_t max, struct arena *arena, struct slice *out)
{
    uint8_t *p = arena_take(arena, max + 1);
    if (!p) {
        cli_error("out of memory");
        return false;
    }
    int fd = input_open(path);
    if (fd < 0)
        return false;
    ssize_t n = input_read(fd, path, p, max + 1);
    input_close(fd);
    *out = slice_of(p, n > 0 ? (size_t)n : 0);
    return n >= 0;
}

bool site_file_url(struct arena *arena, const char *url, bool absolute, struct rules_query *q)
{
    struct slice path = slice_cstr(url);
    bool alone = !absolute && slice_begins(path, '/');
    if (!alone && !url_split(arena, path, &q->origin, &path)) {
        cli_error("--url '%s': want a URL that starts with http:// or https://%s", url,
                  absolute ? "" : ", or a path");
        return false;
    }
    path = slice_sub(path, 0, slice_find(path, '#'));
    q->path = url_path_normal(arena, path);
    if (!q->path.p)
        cli_error("out of memory");
    return q->path.p != NULL;
}

void site_file_warnings(const char *path, const char *unit, const struct site_rules *rules)
{
    uint32_t n = rules->n_warnings < SITE_WARNINGS_MAX ? rules->n_warnings : SITE_WARNINGS_MAX;
    for (uint32_t i = 0; i < n; i++)
        cli_error("%s:%s%s%s%lu: %s", path, unit ? " " : "", unit ? unit : "", unit ? " " : "",
                  (unsigned long)rules->warning[i].line, rules->warning[i].text);
    if (n < rules->n_warnings)
        cli_error("%s: %lu more", path, (unsigned long)(rules->n_warnings - n));
}
