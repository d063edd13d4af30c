/* SPDX-License-Identifier: Apache-2.0 */
/* shipper.c - the loop.
 *
 * Each turn takes segments in hand, hands the outbox what it has room for, serves it, and
 * once a second writes down how far all of it was taken. When a message was refused or the
 * producer failed, everything that is under way is taken back; after a pause, which doubles,
 * all segments are read again from behind what was taken. */
#include "ship/shipper_internal.h"

#include "core/log.h"
#include "ship/line.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define TURN_LINES 512    /* of one source, before the next one has its turn */
#define IDLE_MS 100
#define SECOND_MS 1000
#define PAUSE_MAX_MS 60000
#define CLOSED_AT_A_TIME 4 /* closed segments that are read, or wait for reports */

/* ---- reports ---- */

static void on_report(void *ctx, unsigned tag, uint64_t line, enum outbox_fate fate,
                      const char *why)
{
    struct shipper *s = ctx;
    struct source *from = s->sources[tag];
    if (!from)
        return;
    if (fate == OUTBOX_TAKEN) {
        source_taken(from, line, ship_now());
        s->lines++;
        s->pause_ms = 0;
        return;
    }
    log_event(LOG_KAFKA_SAID, "%s:%llu: refused: %s", from->segment->name, (unsigned long long)line, why);
    /* The whole batch is refused with the one that is meant; alone it is that one. */
    if (fate == OUTBOX_LARGE && from->one_by_one >= line)
        from->too_large = line;
    else if (fate == OUTBOX_LARGE)
        from->one_by_one = line;
}

/* ---- sending ---- */

static struct outbox_message message_of(const struct shipper *s, const struct source *from,
                                        unsigned tag)
{
    struct ship_line said = ship_line_look(from->line);
    struct slice name = slice_cstr(from->segment->name);
    bool apart = s->o->references && ship_line_is_reference(&said) && said.id.n;
    return (struct outbox_message){
        .topic = apart ? s->o->references : s->o->topic,
        .key = apart ? said.id : ship_node_of(name),
        .value = from->line,
        .segment = name,
        .event = said.event,
        .id = said.id,
        .line = from->window.sent + 1,
        .tag = tag,
    };
}

/* False: nothing more can be sent now. */
static bool send_line(struct shipper *s, struct source *from, unsigned tag)
{
    uint64_t line = from->window.sent + 1;
    if (from->unreadable)
        return ship_set_aside(s, from, tag, "too-long");
    if (from->too_large == line)
        return ship_set_aside(s, from, tag, "too-large");
    struct outbox_message m = message_of(s, from, tag);
    switch (outbox_send(s->outbox, &m)) {
    case OUTBOX_SENT:
        s->bytes += from->line.n;
        source_sent(from, ship_now());
        return true;
    case OUTBOX_TOO_LARGE: return ship_set_aside(s, from, tag, "too-large");
    case OUTBOX_FULL: ship_note_full(s, true, ship_now()); return false;
    default: return false;
    }
}

/* A line too large was in a batch of several: each goes alone, until it is found. */
static bool is_careful(const struct shipper *s)
{
    for (unsigned i = 0; i < SHIP_SOURCES; i++)
        if (s->sources[i] && s->sources[i]->window.taken < s->sources[i]->one_by_one)
            return true;
    return false;
}

static bool must_wait(const struct shipper *s, const struct source *from)
{
    return window_is_full(&from->window) || (s->careful && outbox_under_way(s->outbox) > 0);
}

static void let_go(struct shipper *s, unsigned tag, enum segment_fate fate)
{
    struct source *from = s->sources[tag];
    if (fate == SEGMENT_WAITS)
        folder_put_back(&s->folder, from->segment);
    else
        from->segment->fate = fate;
    source_close(from);
    s->sources[tag] = NULL;
}

enum turn { NOTHING, SOME, NO_ROOM };

static enum turn read_source(struct shipper *s, unsigned tag)
{
    struct source *from = s->sources[tag];
    for (unsigned i = 0; i < TURN_LINES; i++) {
        if (must_wait(s, from))
            return i ? SOME : NOTHING;
        enum optout_rc rc = source_next(from);
        if (rc == OPTOUT_E_IO || rc == OPTOUT_E_NOMEM) {
            log_event_on(LOG_SEGMENT_TROUBLE, slice_cstr(from->segment->name), "%s: %s",
                         from->segment->name,
                         rc == OPTOUT_E_IO ? strerror(errno) : "out of memory");
            if (window_is_empty(&from->window))
                let_go(s, tag, SEGMENT_WAITS);
            return NOTHING;
        }
        if (rc != OPTOUT_OK)
            return i ? SOME : NOTHING;
        if (!send_line(s, from, tag))
            return NO_ROOM;
    }
    return SOME;
}

static enum turn read_all(struct shipper *s)
{
    enum turn all = NOTHING;
    s->careful = is_careful(s);
    for (unsigned i = 0; i < SHIP_SOURCES && all != NO_ROOM; i++) {
        enum turn one = s->sources[i] ? read_source(s, i) : NOTHING;
        all = one > all ? one : all;
    }
    if (all != NO_ROOM)
        ship_note_full(s, false, ship_now());
    return all;
}

/* ---- segments ---- */

static unsigned free_tag(const struct shipper *s)
{
    unsigned i = 0;
    while (i < SHIP_SOURCES && s->sources[i])
        i++;
    return i;
}

static unsigned closed_in_hand(const struct shipper *s)
{
    unsigned n = 0;
    for (unsigned i = 0; i < SHIP_SOURCES; i++)
        n += s->sources[i] && !s->sources[i]->segment->growing;
    return n;
}

/* False: no more now. */
static bool take_one(struct shipper *s, bool growing)
{
    unsigned tag = free_tag(s);
    if (tag == SHIP_SOURCES || (!growing && closed_in_hand(s) >= CLOSED_AT_A_TIME))
        return false;
    struct segment *segment = folder_take(&s->folder, growing);
    if (!segment)
        return false;
    s->sources[tag] = source_open(&s->folder, segment);
    if (s->sources[tag])
        return true;
    if (errno != ENOENT)
        log_event_on(LOG_SEGMENT_TROUBLE, slice_cstr(segment->name), "%s: %s", segment->name,
                     strerror(errno));
    folder_put_back(&s->folder, segment); /* if it is gone, the next look says so */
    return false;
}

static void take_in_hand(struct shipper *s, int64_t now)
{
    if (now < s->look_at)
        return;
    if (!folder_look(&s->folder))
        log_event(LOG_SEGMENT_TROUBLE, "%s: %s", s->o->folder, strerror(errno));
    s->look_at = now + SECOND_MS;
    while (take_one(s, true))
        ;
}

static void finish_sources(struct shipper *s)
{
    for (unsigned i = 0; i < SHIP_SOURCES; i++) {
        struct source *from = s->sources[i];
        if (!from || !source_is_done(from))
            continue;
        if (!source_save(from, &s->folder))
            continue; /* save_positions says so */
        s->damaged += from->damaged;
        log_event_on(LOG_SEGMENT_SHIPPED, slice_cstr(from->segment->name),
                     "%s: shipped, %llu lines", from->segment->name,
                     (unsigned long long)from->position.lines);
        let_go(s, i, SEGMENT_SHIPPED);
    }
}

/* Closed ones as soon as others are done, those that grow when there are any new. */
static void turn_over(struct shipper *s, int64_t now)
{
    take_in_hand(s, now);
    finish_sources(s);
    while (take_one(s, false))
        ;
}

static bool save_positions(struct shipper *s)
{
    bool good = true;
    for (unsigned i = 0; i < SHIP_SOURCES; i++)
        if (s->sources[i] && !source_save(s->sources[i], &s->folder))
            good = false;
    if (!good && !s->cannot_save)
        log_event(LOG_POSITIONS_NOT_WRITTEN,
                  "%s: positions cannot be written: %s; after a restart more is sent twice",
                  s->o->state, strerror(errno));
    s->cannot_save = !good;
    return good;
}

/* ---- when it breaks ---- */

static void rewind_all(struct shipper *s)
{
    for (unsigned i = 0; i < SHIP_SOURCES; i++) {
        struct source *from = s->sources[i];
        if (!from || source_rewind(from, &s->folder))
            continue;
        /* What was read and not taken of it is there no more, or not now. */
        log_event_on(LOG_SEGMENT_TROUBLE, slice_cstr(from->segment->name),
                     "%s: cannot be read again: %s", from->segment->name, strerror(errno));
        (void)source_save(from, &s->folder);
        let_go(s, i, SEGMENT_WAITS);
    }
}

/* True: it works. */
static bool mend(struct shipper *s, int64_t now)
{
    char why[512];
    if (!outbox_is_broken(s->outbox))
        return true;
    if (!s->retry_at) {
        s->pause_ms = !s->pause_ms ? SECOND_MS : s->pause_ms * 2;
        s->pause_ms = s->pause_ms > PAUSE_MAX_MS ? PAUSE_MAX_MS : s->pause_ms;
        s->retry_at = now + s->pause_ms;
        log_event(LOG_KAFKA_TROUBLE, "Kafka: %s; from the last line that was taken again in %lld s",
                  outbox_trouble(s->outbox), (long long)(s->pause_ms / SECOND_MS));
    }
    if (now < s->retry_at)
        return false;
    s->retry_at = 0;
    int64_t pause = s->pause_ms; /* late reports are no reason to hurry */
    s->renewals++;
    bool good = outbox_renew(s->outbox, why, sizeof why);
    s->pause_ms = pause;
    if (!good)
        log_event(LOG_KAFKA_TROUBLE, "Kafka: %s", why);
    rewind_all(s);
    return good;
}

/* ---- the run ---- */

static bool is_all_shipped(const struct shipper *s)
{
    if (outbox_under_way(s->outbox) || outbox_is_broken(s->outbox) ||
        folder_waiting(&s->folder))
        return false;
    for (unsigned i = 0; i < SHIP_SOURCES; i++)
        if (s->sources[i] &&
            !(s->sources[i]->caught_up && window_is_empty(&s->sources[i]->window)))
            return false;
    return true;
}

static void idle(struct shipper *s, bool busy)
{
    if (outbox_is_broken(s->outbox)) {
        struct timespec pause = { 0, IDLE_MS * 1000000L };
        nanosleep(&pause, NULL);
        return;
    }
    if (s->careful)
        outbox_hurry(s->outbox, IDLE_MS);
    else
        outbox_serve(s->outbox, busy ? 0 : IDLE_MS);
}

static void run(struct shipper *s, const volatile sig_atomic_t *stop)
{
    while (!*stop) {
        int64_t now = ship_now();
        enum turn turn = NOTHING;
        turn_over(s, now);
        if (mend(s, now))
            turn = read_all(s);
        idle(s, turn == SOME);
        ship_note_trouble(s);
        if (now >= s->save_at) {
            (void)save_positions(s);
            s->save_at = now + SECOND_MS;
        }
        ship_tell(s, now, false);
        if (s->o->once && turn == NOTHING && is_all_shipped(s)) {
            finish_sources(s);
            return;
        }
    }
}

/* Two of them would ship everything twice. */
static bool take_lock(struct shipper *s)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/.optout-ship.lock", s->o->state);
    s->lock = n < 0 || n >= PATH_MAX ? -1 : open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (s->lock >= 0 && flock(s->lock, LOCK_EX | LOCK_NB) == 0)
        return true;
    log_event(LOG_REFUSED_TO_START, "%s: %s", path,
              s->lock >= 0 && errno == EWOULDBLOCK ? "another optout-ship is at work there"
                                                  : strerror(errno));
    return false;
}

static enum ship_end end(struct shipper *s)
{
    bool all = outbox_stop(s->outbox, s->o->stop_ms);
    bool kept = save_positions(s);
    ship_tell(s, ship_now(), true);
    if (!kept)
        return SHIP_FAILED;
    return all && !s->set_aside && !s->damaged && !s->folder.lost ? SHIP_GOOD : SHIP_UNSURE;
}

static enum ship_end begin_and_run(struct shipper *s, const struct outbox_settings *settings,
                                   const volatile sig_atomic_t *stop)
{
    char why[512];
    if (!take_lock(s))
        return SHIP_FAILED;
    if (!folder_look(&s->folder)) {
        log_event(LOG_REFUSED_TO_START, "%s: %s", s->o->folder, strerror(errno));
        return SHIP_FAILED;
    }
    s->outbox = outbox_open(settings, (struct outbox_reports){ on_report, s }, why, sizeof why);
    if (!s->outbox) {
        log_event(LOG_REFUSED_TO_START, "librdkafka: %s", why);
        return SHIP_FAILED;
    }
    log_event(LOG_STARTED, "shipping %s to topic %s, %zu segments wait", s->o->folder, s->o->topic,
              folder_waiting(&s->folder));
    run(s, stop);
    return end(s);
}

enum ship_end ship_run(const struct ship_options *o, const struct outbox_settings *settings,
                       const volatile sig_atomic_t *stop)
{
    struct shipper *s = calloc(1, sizeof *s);
    if (!s)
        return SHIP_FAILED;
    s->o = o;
    s->lock = -1;
    s->folder = (struct folder){ .path = o->folder, .state = o->state };
    enum ship_end how = begin_and_run(s, settings, stop);
    outbox_close(s->outbox);
    for (unsigned i = 0; i < SHIP_SOURCES; i++)
        source_close(s->sources[i]);
    folder_free(&s->folder);
    if (s->lock >= 0)
        close(s->lock);
    free(s);
    return how;
}
