/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/directive.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool is_wrong_already(const struct directive_check *k, const struct config_errors *all)
{
    return config_errors_name(all, k->directive) ||
           (k->rests_on && config_errors_name(all, k->rests_on));
}

enum optout_rc directives_check(const struct directive_set *set,
                                const struct directive_check *checks, const void *target,
                                const char *path, struct config_errors *all)
{
    enum optout_rc first = OPTOUT_OK;
    for (const struct directive_check *k = checks; k->directive; k++) {
        const struct directive *d = directive_find(set, k->directive);
        struct config_error e = { .line = 0 };
        if (!d)
            abort(); /* the list itself is wrong; any test that loads makes every check */
        if (is_wrong_already(k, all))
            continue;
        snprintf(e.directive, sizeof e.directive, "%s", d->name);
        enum optout_rc rc = k->check(d, target, &e);
        if (rc == OPTOUT_OK)
            continue;
        if (path)
            directives_locate(set, path, &e);
        config_errors_add(all, &e);
        first = first == OPTOUT_OK ? rc : first;
    }
    return first;
}

enum optout_rc directive_is_absolute(const struct directive *d, const void *target,
                                     struct config_error *e)
{
    const char *path = directive_text(d, target);
    if (path[0] == '/')
        return OPTOUT_OK;
    return config_fail(e, "write an absolute path", "\"%.60s\" is not absolute", path);
}

enum optout_rc directive_is_absolute_or_empty(const struct directive *d, const void *target,
                                              struct config_error *e)
{
    return *directive_text(d, target) ? directive_is_absolute(d, target, e) : OPTOUT_OK;
}

enum optout_rc directive_names_node(const struct directive *d, const void *target,
                                    struct config_error *e)
{
    const char *node = directive_text(d, target);
    for (const char *p = node; *p; p++)
        if (!ascii_is_alnum((uint8_t)*p) && *p != '-' && *p != '.' && *p != '_')
            return config_fail(e, "use letters, digits, '-', '.' and '_'",
                               "\"%.60s\" cannot name a node", node);
    return OPTOUT_OK;
}

void node_preset(char *node, size_t size)
{
    if (!node[0] && (gethostname(node, size - 1) != 0 || !node[0]))
        snprintf(node, size, "localhost");
}
