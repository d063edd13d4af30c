/* SPDX-License-Identifier: Apache-2.0 */
/* outbox.h - messages on their way to Kafka: an idempotent producer of librdkafka.
 *
 * Belongs to one thread; all callbacks come from within outbox_serve, outbox_stop and
 * outbox_renew. Memory: queue.buffering.max.kbytes and .max.messages, below which the
 * outbox says OUTBOX_FULL. Tells nothing of a message but whether the cluster has taken it. */
#ifndef OPTOUT_SHIP_OUTBOX_H
#define OPTOUT_SHIP_OUTBOX_H

#include "core/rc.h"
#include "core/slice.h"

#define OUTBOX_TAGS 256u           /* senders that are told apart: sources */
#define OUTBOX_LINE_MAX (1ull << 48)
#define OUTBOX_MESSAGES 20000      /* presets; the configuration may say otherwise */
#define OUTBOX_KBYTES 65536

struct outbox;
struct outbox_settings; /* of librdkafka, by their own names */

/* ---- settings ---- */

struct outbox_settings *outbox_settings_new(void); /* with the presets; NULL: memory */
void outbox_settings_free(struct outbox_settings *s);
/* False: `why` says what is wrong with it. */
bool outbox_set(struct outbox_settings *s, const char *name, const char *value, char *why,
                size_t size);
/* A file of `name=value` rows, as Kafka's own programs read them: # and ! begin remarks. What
 * is secret must not be for others to read. */
bool outbox_read_settings(struct outbox_settings *s, const char *path, char *why, size_t size);
bool outbox_setting_is_secret(const char *name);
/* False: no bootstrap.servers. */
bool outbox_settings_name_servers(const struct outbox_settings *s);

/* ---- messages ---- */

struct outbox_message {
    const char *topic;
    struct slice key, value;       /* copied */
    struct slice segment, event, id;
    uint64_t line;                 /* below OUTBOX_LINE_MAX */
    unsigned tag;                  /* below OUTBOX_TAGS */
};

enum outbox_fate {
    OUTBOX_TAKEN,   /* by all brokers that have to */
    OUTBOX_LARGE,   /* larger than a broker takes; with it the whole batch is refused */
    OUTBOX_REFUSED, /* not now: rights, an unknown topic, ... */
};

struct outbox_reports {
    void (*report)(void *ctx, unsigned tag, uint64_t line, enum outbox_fate fate,
                   const char *why);
    void *ctx;
};

/* Copies the settings. NULL: `why` says what librdkafka has against them. */
struct outbox *outbox_open(const struct outbox_settings *s, struct outbox_reports reports,
                           char *why, size_t size);
/* Lets go of what is not yet taken; no more reports. */
void outbox_close(struct outbox *o);

enum outbox_sent { OUTBOX_SENT, OUTBOX_FULL, OUTBOX_TOO_LARGE, OUTBOX_BROKEN };
/* FULL: nothing can be sent before outbox_serve has made room. TOO_LARGE: beyond
 * message.max.bytes. BROKEN: renew it. */
enum outbox_sent outbox_send(struct outbox *o, const struct outbox_message *m);

/* Gives out reports, and waits for them at most `ms`. */
void outbox_serve(struct outbox *o, int ms);
/* The same, and nothing lingers for a batch to fill. */
void outbox_hurry(struct outbox *o, int ms);
/* Messages whose report has not come. */
uint64_t outbox_under_way(const struct outbox *o);
/* It cannot go on: a message was refused, or the producer has failed. Renew it. */
bool outbox_is_broken(const struct outbox *o);
/* Why it broke, or no broker was reached, until a message is taken again; else NULL. */
const char *outbox_trouble(const struct outbox *o);

/* Waits at most `ms` until all is taken; then lets go of the rest. True: all was taken. */
bool outbox_stop(struct outbox *o, int ms);
/* Lets go of what is under way, and begins with a new producer. False: `why`; try again. */
bool outbox_renew(struct outbox *o, char *why, size_t size);

#endif
