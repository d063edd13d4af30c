/* SPDX-License-Identifier: Apache-2.0 */
/* ai_txt.c - /ai.txt and /.well-known/ai.txt, told apart by what they hold.
 *
 * Three formats bear the name: Spawning's (robots.txt lines with file types),
 * draft-car-ai-txt-wellknown-00 (policies for a site) and that of aitxt.ing
 * (Markdown about a business, which reserves nothing). A text may mix the first
 * two: each reader takes the lines it knows, so that no wish is lost to a guess.
 * The JSON form of the draft, /.well-known/ai.json, is not read.
 *
 * MAX_* limits: those of site_lines.h and of the two readers. */
#include "standards/ai_txt.h"
#include "standards/site_comments.h"
#include "standards/standard.h"

struct slice ai_txt_token(struct arena *a, struct slice value)
{
    size_t n = 0;
    while (n < value.n && value.p[n] != '/' && !ascii_is_space(value.p[n]))
        n++;
    uint8_t *token = arena_take(a, n);
    if (!token)
        return SLICE_EMPTY;
    for (size_t i = 0; i < n; i++)
        token[i] = ascii_lower(value.p[i]);
    return slice_of(token, n);
}

enum optout_rc ai_txt_full(const struct site_rules *out)
{
    bool full = out->n_rules >= SITE_RULES_MAX || out->n_agents >= SITE_AGENTS_MAX ||
                out->n_groups >= SITE_AGENTS_MAX;
    return full ? OPTOUT_E_LIMIT : OPTOUT_E_NOMEM;
}

enum optout_rc ai_txt_parse(struct slice text, struct site_rules *out)
{
    struct site_lines lines;
    enum optout_rc rc = site_lines_open(out->arena, text, &lines);
    if (rc == OPTOUT_OK)
        rc = ai_txt_spawning(lines, out);
    if (rc == OPTOUT_OK)
        rc = ai_txt_known(lines, out);
    if (rc == OPTOUT_OK && !lines.other)
        site_comments_read(lines.rest, out);
    if (rc == OPTOUT_OK && out->overflow)
        rc = ai_txt_full(out);
    return rc == OPTOUT_OK ? site_lines_end(&lines, out) : rc;
}

const struct standard standard_ai_txt = {
    .name = "ai-txt",
    .title = "ai.txt: Spawning's file types, and the well-known form",
    .spec = "https://spawning.ai/ai-txt, draft-car-ai-txt-wellknown",
    .version = "2023, -00",
    .reads = "site file",
};
