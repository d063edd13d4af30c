/* SPDX-License-Identifier: Apache-2.0 */
/* trust_txt.c - datatrainingallowed in /trust.txt.
 *
 * JournalList trust.txt specification of 2024-04-04, and
 * draft-org-trust-relationship-protocol-00: lines of `attribute=value`, names
 * without regard to case, `#` comments, at most one datatrainingallowed. Other
 * attributes say nothing about the use of content. Of several, all that differ
 * are kept, and the most restrictive wins.
 *
 * MAX_* limits: those of site_lines.h; at most two rules. */
#include "standards/site_lines.h"
#include "standards/standard.h"

static const struct {
    struct slice word;
    uint8_t preference, confidence;
} values[] = {
    { SLICE("no"), PREF_DENY, CONF_EXACT },      { SLICE("yes"), PREF_ALLOW, CONF_EXACT },
    { SLICE("false"), PREF_DENY, CONF_LAX },     { SLICE("true"), PREF_ALLOW, CONF_LAX },
    { SLICE("n"), PREF_DENY, CONF_LAX },         { SLICE("y"), PREF_ALLOW, CONF_LAX },
    { SLICE("0"), PREF_DENY, CONF_LAX },         { SLICE("1"), PREF_ALLOW, CONF_LAX },
};

/* False when the value is none of these. */
static bool set_value(struct slice value, struct site_rule *rule)
{
    value = slice_trim_space(slice_sub(value, 0, slice_find(value, '#')));
    if (value.n > 1 && value.p[0] == '"' && value.p[value.n - 1] == '"') {
        value = slice_trim_space(slice_sub(value, 1, value.n - 2));
        rule->confidence = CONF_LAX;
        rule->note = "value in quotes";
    }
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        if (!slice_eq_nocase(value, values[i].word))
            continue;
        rule->prefs.of[USAGE_TRAIN_AI] = values[i].preference;
        if (values[i].confidence == CONF_LAX) {
            rule->confidence = CONF_LAX;
            rule->note = "want yes or no";
        }
        return true;
    }
    return false;
}

/* Rules already there say the same: one of each is enough. */
static bool is_said(const struct site_rules *out, const struct site_rule *rule)
{
    for (uint32_t i = 0; i < out->n_rules; i++)
        if (out->rule[i].prefs.of[USAGE_TRAIN_AI] == rule->prefs.of[USAGE_TRAIN_AI])
            return true;
    return false;
}

/* "datatrainingallowed: no", as other files of the kind write it. */
static bool parted_by_colon(struct slice text, struct slice *value)
{
    static const struct slice name = SLICE("datatrainingallowed");
    size_t at = slice_find(text, ':');
    if (at == text.n || !slice_eq_nocase(slice_trim_space(slice_sub(text, 0, at)), name))
        return false;
    *value = slice_trim_space(slice_from(text, at + 1));
    return true;
}

static bool read_line(const struct site_line *line, struct site_rules *out)
{
    struct slice value = line->value;
    struct site_rule rule = {
        .kind = RULE_TRUST,
        .confidence = CONF_EXACT,
        .group = RULE_GROUP_FILE,
        .line = line->number,
        .pattern = SLICE_OF(""),
        .raw = line->whole,
    };
    if (!slice_eq_nocase(line->name, SLICE_OF("datatrainingallowed"))) {
        if (!parted_by_colon(line->whole, &value))
            return true;
        rule.confidence = CONF_LAX;
        rule.note = "want an equals sign";
    }
    if (!set_value(value, &rule)) {
        site_rules_warn(out, SITE_WARN_BAD_VALUE, line->number, "neither yes nor no");
        return true;
    }
    if (out->n_rules)
        site_rules_warn(out, SITE_WARN_OTHER, line->number,
                        "said more than once; the most restrictive counts");
    return is_said(out, &rule) || site_rules_add(out, &rule);
}

enum optout_rc trust_txt_parse(struct slice text, struct site_rules *out)
{
    struct site_lines lines;
    struct site_line line;
    enum optout_rc rc = site_lines_open(out->arena, text, &lines);
    while (rc == OPTOUT_OK && site_lines_next(&lines, '=', &line)) {
        if (line.cut)
            site_rules_warn(out, SITE_WARN_CUT, line.number, "longer than what is read of a line");
        if (!read_line(&line, out))
            rc = OPTOUT_E_NOMEM;
    }
    return rc == OPTOUT_OK ? site_lines_end(&lines, out) : rc;
}

const struct standard standard_trust_txt = {
    .name = "trust-txt",
    .title = "trust.txt datatrainingallowed",
    .spec = "https://journallist.net/reference-document-for-trust-txt-specifications",
    .version = "2024-04-04",
    .reads = "site file",
};
