/* SPDX-License-Identifier: Apache-2.0 */
/* tell.c - what the operator gets to know: lines of the log, figures for Prometheus, and a
 * note of each line that was not shipped. */
#include "ship/shipper_internal.h"

#include "audit/line.h"
#include "core/log.h"
#include "ship/line.h"
#include "syntax/json.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define TELL_MS 60000
#define METRICS_MS 10000
#define FULL_SAID_MS 5000 /* a queue that is full for a moment is at work */
#define ASIDE_FILE "optout-ship.unshipped"

/* ---- lines that were not shipped ---- */

static void print_stand_in(const struct source *from, uint64_t line, const char *reason,
                           struct buf *out)
{
    char time[CLOCK_TEXT];
    struct json j = json_to(out);
    struct ship_line said = ship_line_look(from->line);
    clock_text(clock_wall_ms(), time);
    json_open(&j, NULL, '{');
    json_int(&j, "v", AUDIT_VERSION);
    json_str(&j, "event", "unshipped");
    if (said.id.n)
        json_slice(&j, "id", slice_sub(said.id, 0, 64));
    json_str(&j, "time", time);
    json_str(&j, "segment", from->segment->name);
    json_int(&j, "line", (int64_t)line);
    if (from->line.n)
        json_int(&j, "bytes", (int64_t)from->line.n);
    json_str(&j, "reason", reason);
    json_close(&j, '}');
}

/* The line itself stays in its segment; this names it. */
static bool write_aside(const struct shipper *s, struct slice text)
{
    char path[PATH_MAX], row[2048];
    int k = snprintf(path, sizeof path, "%s/" ASIDE_FILE, s->o->state);
    int n = snprintf(row, sizeof row, "%.*s\n", SLICE_FMT(text));
    if (k < 0 || k >= PATH_MAX || n < 0 || (size_t)n >= sizeof row)
        return false;
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    bool ok = fd >= 0 && write(fd, row, (size_t)n) == (ssize_t)n && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return ok;
}

bool ship_set_aside(struct shipper *s, struct source *from, unsigned tag, const char *reason)
{
    struct buf text;
    struct slice name = slice_cstr(from->segment->name);
    uint64_t line = from->window.sent + 1;
    buf_init(&text, 2000);
    print_stand_in(from, line, reason, &text);
    struct outbox_message m = {
        .topic = s->o->topic,
        .key = ship_node_of(name),
        .value = buf_slice(&text),
        .segment = name,
        .event = SLICE_OF("unshipped"),
        .line = line,
        .tag = tag,
    };
    bool sent = text.failed == OPTOUT_OK && outbox_send(s->outbox, &m) == OUTBOX_SENT;
    if (sent) {
        if (!write_aside(s, buf_slice(&text)))
            log_event(LOG_POSITIONS_NOT_WRITTEN, "%s/" ASIDE_FILE ": %s", s->o->state, strerror(errno));
        log_event_on(LOG_LINE_SET_ASIDE, name, "%s:%llu: not shipped, %s: %zu bytes",
                     from->segment->name, (unsigned long long)line, reason, from->line.n);
        s->set_aside++;
        source_sent(from, ship_now());
    }
    buf_free(&text);
    return sent;
}

/* ---- how it stands ---- */

struct standing {
    uint64_t bytes; /* that are there and not read */
    double seconds; /* since the oldest line that is not yet taken was there to be read */
    unsigned in_hand;
};

static struct standing stand(const struct shipper *s, int64_t now)
{
    int64_t oldest, wall = clock_wall_ms();
    struct standing t = { folder_waiting_bytes(&s->folder, &oldest), 0, 0 };
    if (oldest && oldest * 1000 < wall)
        t.seconds = (double)(wall - oldest * 1000) / 1000;
    for (unsigned i = 0; i < SHIP_SOURCES; i++) {
        const struct source *from = s->sources[i];
        struct stat st;
        if (!from)
            continue;
        t.in_hand++;
        if (from->path && !from->packed && stat(from->path, &st) == 0 &&
            (uint64_t)st.st_size > from->bytes)
            t.bytes += (uint64_t)st.st_size - from->bytes;
        double waits = from->since ? (double)(now - from->since) / 1000 : 0;
        t.seconds = waits > t.seconds ? waits : t.seconds;
    }
    return t;
}

static void print_metrics(const struct shipper *s, const struct standing *t, struct buf *out)
{
    const struct {
        const char *name, *kind, *help;
        double value;
    } rows[] = {
        { "lines_total", "counter", "Lines that Kafka has taken.", (double)s->lines },
        { "sent_bytes_total", "counter", "Bytes of lines sent.", (double)s->bytes },
        { "unshipped_total", "counter", "Lines set aside.", (double)s->set_aside },
        { "lost_segments_total", "counter", "Segments gone before they were shipped.",
          (double)s->folder.lost },
        { "damaged_segments_total", "counter", "Segments that are cut or damaged.",
          (double)s->damaged },
        { "renewals_total", "counter", "New producers after errors.", (double)s->renewals },
        { "standstill_seconds_total", "counter", "Time that reading waited for Kafka.",
          (double)s->full_ms / 1000 },
        { "under_way", "gauge", "Lines sent and not yet taken.",
          (double)outbox_under_way(s->outbox) },
        { "segments_waiting", "gauge", "Segments not yet in hand.",
          (double)folder_waiting(&s->folder) },
        { "segments_in_hand", "gauge", "Segments in hand.", (double)t->in_hand },
        { "lag_bytes", "gauge", "Bytes of segments not yet read.", (double)t->bytes },
        { "oldest_unshipped_seconds", "gauge", "Age of the oldest line not yet taken.",
          t->seconds },
        { "reachable", "gauge", "0 while Kafka refuses or is not there.",
          outbox_trouble(s->outbox) ? 0 : 1 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        buf_printf(out, "# HELP optout_ship_%s %s\n# TYPE optout_ship_%s %s\noptout_ship_%s %.15g\n",
                   rows[i].name, rows[i].help, rows[i].name, rows[i].kind, rows[i].name,
                   rows[i].value);
}

static void write_metrics(const struct shipper *s, const struct standing *t)
{
    char made[PATH_MAX];
    struct buf text;
    int n = snprintf(made, sizeof made, "%s.new", s->o->metrics);
    buf_init(&text, 64u << 10);
    print_metrics(s, t, &text);
    int fd = n < 0 || n >= PATH_MAX || text.failed != OPTOUT_OK
                 ? -1
                 : open(made, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    bool ok = fd >= 0 && write(fd, text.p, text.n) == (ssize_t)text.n;
    if (fd >= 0)
        ok = close(fd) == 0 && ok && rename(made, s->o->metrics) == 0;
    if (!ok)
        log_event(LOG_POSITIONS_NOT_WRITTEN, "%s: %s", s->o->metrics, strerror(errno));
    buf_free(&text);
}

void ship_tell(struct shipper *s, int64_t now, bool at_end)
{
    bool metrics = s->o->metrics && (now >= s->metrics_at || at_end);
    bool line = at_end || now >= s->tell_at;
    if (!metrics && !line)
        return;
    struct standing t = stand(s, now);
    if (metrics) {
        write_metrics(s, &t);
        s->metrics_at = now + METRICS_MS;
    }
    if (!line)
        return;
    uint64_t under_way = outbox_under_way(s->outbox);
    if (at_end || (s->tell_at && (s->lines != s->told_lines || under_way || t.bytes)))
        log_event(LOG_SHIP_FIGURES,
                  "%llu lines taken, %llu under way, %zu segments and %llu bytes to be read, "
                  "oldest %.0f s; %llu set aside",
                  (unsigned long long)s->lines, (unsigned long long)under_way,
                 folder_waiting(&s->folder), (unsigned long long)t.bytes, t.seconds,
                 (unsigned long long)s->set_aside);
    s->told_lines = s->lines;
    s->tell_at = now + TELL_MS;
}

void ship_note_full(struct shipper *s, bool full, int64_t now)
{
    if (full && !s->full_since)
        s->full_since = now;
    if (!s->full_since)
        return;
    if (full && !s->full_said && now - s->full_since >= FULL_SAID_MS) {
        log_event(LOG_KAFKA_TROUBLE,
                  "Kafka does not take lines as fast as they come: reading stands still");
        s->full_said = true;
    }
    if (full)
        return;
    s->full_ms += (uint64_t)(now - s->full_since);
    if (s->full_said)
        log_event(LOG_KAFKA_BACK, "reading goes on, after %lld s",
                  (long long)((now - s->full_since) / 1000));
    s->full_since = 0;
    s->full_said = false;
}

void ship_note_trouble(struct shipper *s)
{
    const char *trouble = outbox_trouble(s->outbox);
    if (trouble && !s->trouble_said && !outbox_is_broken(s->outbox))
        log_event(LOG_KAFKA_TROUBLE, "Kafka: %s", trouble);
    if (!trouble && s->trouble_said)
        log_event(LOG_KAFKA_BACK, "Kafka takes lines again");
    s->trouble_said = trouble != NULL;
}
