/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/site_file_line.h"

static const char *const choice_words[] = { "clear", "undecided", "deny" };
static const uint8_t states[] = { SITE_NONE, SITE_UNREACHABLE, SITE_UNPARSEABLE };

void site_file_init(struct config *c)
{
    for (unsigned kind = 0; kind < SITE_KIND_COUNT; kind++) {
        uint8_t *choice = c->site_choice[kind];
        bool licence = kind == SITE_LICENCE;
        choice[SITE_NONE] = licence ? SITE_MEANS_DENY : SITE_MEANS_CLEAR;
        choice[SITE_UNREACHABLE] = licence ? SITE_MEANS_DENY : SITE_MEANS_UNDECIDED;
        choice[SITE_UNPARSEABLE] = licence ? SITE_MEANS_DENY : SITE_MEANS_UNDECIDED;
    }
}

static bool set_choice(uint8_t *choice, struct slice key, struct slice value)
{
    for (size_t i = 0; i < sizeof states; i++) {
        if (!slice_eq_nocase(key, slice_cstr(site_state_name((enum site_state)states[i]))))
            continue;
        for (uint8_t word = 0; word < sizeof choice_words / sizeof *choice_words; word++) {
            if (slice_eq_nocase(value, slice_cstr(choice_words[word]))) {
                choice[states[i]] = word;
                return true;
            }
        }
    }
    return false;
}

enum optout_rc site_file_line_apply(void *target, int argc, const char *const *argv,
                                    struct config_error *e)
{
    struct config *c = target;
    enum site_kind kind;
    char names[SITE_NAMES_MAX];
    if (argc < 2)
        return config_fail(e, "write: SiteFile robots.txt unreachable=undecided …",
                           "takes a site file and what its states mean");
    if (!site_kind_from_name(slice_cstr(argv[0]), &kind) || !site_kind_is_file(kind))
        return config_fail(e, "name one of those that the reason lists",
                           "\"%.40s\" is no site file; there are %s", argv[0],
                           site_kind_names(names));
    for (int i = 1; i < argc; i++) {
        struct slice word = slice_cstr(argv[i]);
        size_t eq = slice_find(word, '=');
        if (!set_choice(c->site_choice[kind], slice_sub(word, 0, eq), slice_from(word, eq + 1)))
            return config_fail(e, "write none=, unreachable= or unparseable= with clear, undecided "
                                  "or deny",
                               "\"%.40s\" is not known", argv[i]);
    }
    return OPTOUT_OK;
}

void site_file_line_print(const struct config *c, enum site_kind kind, struct buf *out)
{
    buf_puts(out, site_kind_name(kind));
    for (size_t i = 0; i < sizeof states; i++)
        buf_printf(out, " %s=%s", site_state_name((enum site_state)states[i]),
                   choice_words[c->site_choice[kind][states[i]]]);
}
