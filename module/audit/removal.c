/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/removal.h"

#include "audit/line.h"
#include "audit/ulid.h"
#include "core/clock.h"
#include "core/hex.h"
#include "syntax/json.h"

_Static_assert(CLOCK_TEXT == sizeof ((struct removal *)0)->from, "a time with its NUL");

static void print_count(struct json *j, const char *name, uint64_t n)
{
    if (n)
        json_int(j, name, (int64_t)n);
}

enum optout_rc removal_print(const struct removal *r, struct buf *out)
{
    size_t start = out->n;
    int64_t now = clock_wall_ms();
    char id[ULID_TEXT], time[CLOCK_TEXT], hex[65];
    if (out->failed != OPTOUT_OK)
        return out->failed;
    ulid_make(now, id);
    clock_text(now, time);
    hex_print(hex, r->sha256, sizeof r->sha256);
    hex[64] = '\0';

    struct json j = json_to(out);
    json_open(&j, NULL, '{');
    json_int(&j, "v", AUDIT_VERSION);
    json_str(&j, "event", "removed");
    json_str(&j, "id", id);
    json_str(&j, "time", time);
    json_str(&j, "node", r->node);
    json_str(&j, "segment", r->segment);
    json_str(&j, "rule", r->rule);
    json_str(&j, "limit", r->limit);
    json_str(&j, "sha256", hex);
    json_int(&j, "bytes", (int64_t)r->bytes);
    json_int(&j, "records", (int64_t)r->records);
    print_count(&j, "pending", r->pending);
    print_count(&j, "gaps", r->gaps);
    print_count(&j, "removals", r->removals);
    if (r->from[0]) {
        json_str(&j, "from", r->from);
        json_str(&j, "to", r->to);
    }
    json_close(&j, '}');
    return line_finish(out, start);
}
