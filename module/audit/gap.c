/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/gap.h"

#include "audit/line.h"
#include "audit/ulid.h"
#include "core/clock.h"
#include "syntax/json.h"

enum optout_rc gap_print(const struct gap *g, struct buf *out)
{
    size_t start = out->n;
    int64_t now = clock_wall_ms();
    char id[ULID_TEXT], time[CLOCK_TEXT];
    if (out->failed != OPTOUT_OK)
        return out->failed;
    ulid_make(now, id);
    clock_text(now, time);

    struct json j = json_to(out);
    json_open(&j, NULL, '{');
    json_int(&j, "v", AUDIT_VERSION);
    json_str(&j, "event", "gap");
    json_str(&j, "id", id);
    json_str(&j, "time", time);
    json_str(&j, "node", g->node);
    json_str(&j, "reason", g->reason);
    json_str(&j, "segment", g->segment);
    if (g->torn_bytes)
        json_int(&j, "torn_bytes", (int64_t)g->torn_bytes);
    if (g->lost >= 0)
        json_int(&j, "lost", g->lost);
    json_close(&j, '}');
    return line_finish(out, start);
}
