/* SPDX-License-Identifier: Apache-2.0 */
/* outbox.c - librdkafka as this program uses it.
 *
 * A message that is under way carries as its opaque whose it is and which line: no memory of
 * ours for it. Once a message was refused, later ones of the same segment may still be taken:
 * to keep the order, everything is taken back and sent again by a new producer. The same
 * after a fatal error of the idempotent producer (INTRODUCTION.md of librdkafka, Idempotent
 * Producer). */
#include "ship/outbox.h"

#include "core/log.h"
#include "ship/outbox_settings.h"

#include <stdio.h>
#include <stdlib.h>

#define TAG_SHIFT 48
#define RELEASE_MS 1000 /* for the reports of messages that were taken back */

struct outbox {
    rd_kafka_t *rk;
    rd_kafka_conf_t *conf; /* to make another one */
    struct outbox_reports reports;
    uint64_t under_way;
    bool broken;
    bool unreachable; /* no broker is there */
    bool releasing;   /* reports of what was taken back are nobody's */
    char trouble[512]; /* the last one; empty as soon as a message is taken again */
};

/* ---- what librdkafka calls ---- */

static enum outbox_fate fate_of(rd_kafka_resp_err_t err)
{
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
        return OUTBOX_TAKEN;
    return err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ? OUTBOX_LARGE : OUTBOX_REFUSED;
}

static void on_report(rd_kafka_t *rk, const rd_kafka_message_t *m, void *ctx)
{
    struct outbox *o = ctx;
    uint64_t opaque = (uint64_t)(uintptr_t)m->_private;
    (void)rk;
    o->under_way--;
    if (m->err == RD_KAFKA_RESP_ERR__PURGE_QUEUE || m->err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT)
        return;
    enum outbox_fate fate = fate_of(m->err);
    if (fate != OUTBOX_TAKEN) {
        if (o->releasing)
            return;
        if (!o->broken)
            snprintf(o->trouble, sizeof o->trouble, "%s", rd_kafka_err2str(m->err));
        o->broken = true;
    } else if (!o->broken) {
        o->unreachable = false;
        o->trouble[0] = '\0';
    }
    o->reports.report(o->reports.ctx, (unsigned)(opaque >> TAG_SHIFT),
                      opaque & (OUTBOX_LINE_MAX - 1), fate, rd_kafka_err2str(m->err));
}

static void on_error(rd_kafka_t *rk, int err, const char *reason, void *ctx)
{
    struct outbox *o = ctx;
    char text[512];
    if (err == RD_KAFKA_RESP_ERR__FATAL) {
        (void)rd_kafka_fatal_error(rk, text, sizeof text);
        snprintf(o->trouble, sizeof o->trouble, "%s", text);
        o->broken = true;
    } else if (err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && !o->unreachable) {
        if (!o->broken)
            snprintf(o->trouble, sizeof o->trouble, "no broker can be reached: %s", reason);
        o->unreachable = true;
    }
    log_event(LOG_KAFKA_SAID, "Kafka: %s: %s", rd_kafka_err2name((rd_kafka_resp_err_t)err), reason);
}

static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    (void)rk;
    log_event(LOG_KAFKA_SAID, "librdkafka: %d %s: %s", level, facility, text);
}

/* ---- the producer ---- */

static bool begin(struct outbox *o, char *why, size_t size)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_dup(o->conf);
    rd_kafka_conf_set_opaque(conf, o);
    rd_kafka_conf_set_dr_msg_cb(conf, on_report);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_log_cb(conf, on_log);
    o->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, size);
    if (!o->rk) {
        rd_kafka_conf_destroy(conf);
        return false;
    }
    (void)rd_kafka_set_log_queue(o->rk, NULL); /* our thread prints it */
    return true;
}

struct outbox *outbox_open(const struct outbox_settings *s, struct outbox_reports reports,
                           char *why, size_t size)
{
    struct outbox *o = calloc(1, sizeof *o);
    if (!o) {
        snprintf(why, size, "out of memory");
        return NULL;
    }
    o->conf = rd_kafka_conf_dup(s->conf);
    o->reports = reports;
    if (begin(o, why, size))
        return o;
    rd_kafka_conf_destroy(o->conf);
    free(o);
    return NULL;
}

/* Takes back what is under way. Reports that say "taken" are still given out. */
static void release(struct outbox *o)
{
    o->releasing = true;
    if (o->rk) {
        (void)rd_kafka_purge(o->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        (void)rd_kafka_flush(o->rk, RELEASE_MS);
        rd_kafka_destroy(o->rk);
        o->rk = NULL;
    }
    o->under_way = 0;
    o->releasing = false;
}

void outbox_close(struct outbox *o)
{
    if (!o)
        return;
    release(o);
    rd_kafka_conf_destroy(o->conf);
    free(o);
}

bool outbox_renew(struct outbox *o, char *why, size_t size)
{
    release(o);
    o->unreachable = false;
    o->broken = !begin(o, why, size);
    return !o->broken;
}

bool outbox_stop(struct outbox *o, int ms)
{
    if (o->rk && !o->broken)
        (void)rd_kafka_flush(o->rk, ms);
    bool all = o->under_way == 0 && !o->broken;
    release(o);
    o->broken = true; /* until it is renewed */
    return all;
}

/* ---- messages ---- */

static enum outbox_sent sent_of(rd_kafka_resp_err_t err)
{
    switch (err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR: return OUTBOX_SENT;
    case RD_KAFKA_RESP_ERR__QUEUE_FULL: return OUTBOX_FULL;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE: return OUTBOX_TOO_LARGE;
    default: return OUTBOX_BROKEN;
    }
}

enum outbox_sent outbox_send(struct outbox *o, const struct outbox_message *m)
{
    char line[24];
    if (o->broken || !o->rk)
        return OUTBOX_BROKEN;
    int n = snprintf(line, sizeof line, "%llu", (unsigned long long)m->line);
    uint64_t opaque = (uint64_t)m->tag << TAG_SHIFT | m->line;
    rd_kafka_resp_err_t err = rd_kafka_producev(
        o->rk, RD_KAFKA_V_TOPIC(m->topic), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY(m->key.p, m->key.n),
        RD_KAFKA_V_VALUE((void *)(uintptr_t)m->value.p, m->value.n),
        RD_KAFKA_V_HEADER("segment", m->segment.p, (ssize_t)m->segment.n),
        RD_KAFKA_V_HEADER("line", line, n),
        RD_KAFKA_V_HEADER("event", m->event.p, (ssize_t)m->event.n),
        RD_KAFKA_V_HEADER("id", m->id.p ? m->id.p : (const void *)"", (ssize_t)m->id.n),
        RD_KAFKA_V_OPAQUE((void *)(uintptr_t)opaque), RD_KAFKA_V_END);
    enum outbox_sent sent = sent_of(err);
    if (sent == OUTBOX_SENT)
        o->under_way++;
    if (sent == OUTBOX_BROKEN) {
        snprintf(o->trouble, sizeof o->trouble, "%s", rd_kafka_err2str(err));
        o->broken = true;
    }
    return sent;
}

void outbox_serve(struct outbox *o, int ms)
{
    if (o->rk)
        (void)rd_kafka_poll(o->rk, ms);
}

void outbox_hurry(struct outbox *o, int ms)
{
    if (o->rk)
        (void)rd_kafka_flush(o->rk, ms);
}

uint64_t outbox_under_way(const struct outbox *o)
{
    return o->under_way;
}

bool outbox_is_broken(const struct outbox *o)
{
    return o->broken;
}

const char *outbox_trouble(const struct outbox *o)
{
    return o->trouble[0] ? o->trouble : NULL;
}
