/* SPDX-License-Identifier: Apache-2.0 */
/* message.h - what the filter and the daemon say to each other on their local
 * socket (Unix, stream).
 *
 * A message is a head of 16 bytes, big-endian: "OPT1", u8 verb, u8 fields, u16
 * zero, u32 bytes that follow, u32 tag (the answer carries that of the
 * question). Then the fields, each u32 length and its bytes. Both sides bound
 * every number before they use it. One connection carries many questions, one at
 * a time. */
#ifndef OPTOUT_SITE_MESSAGE_H
#define OPTOUT_SITE_MESSAGE_H

#include "core/buf.h"
#include "core/rc.h"

enum message_verb {
    MESSAGE_ASK = 1,  /* fields: origin, product token, User-Agent, wait in ms (decimal) and,
                         optional, the age in s from which on what is known is asked for again.
                         Answered when everything is known, or the wait is over. */
    MESSAGE_ASK_LICENCE, /* licence URL, and the same */
    MESSAGE_LEARN,    /* kind name, origin, URL, User-Agent, status, head (raw lines), body.
                         Not answered. */
    MESSAGE_FORGET,   /* origin or licence URL. Answered. */
    MESSAGE_STATUS,   /* Answered with one field: JSON. */
    MESSAGE_ANSWER,   /* fields: word, text. word: known, late, refused, done, error */
    MESSAGE_TERMS,    /* URL of a page that another of its origin calls its terms, product
                         token, User-Agent. Not answered. */
    MESSAGE_IMAGES,   /* a page that says something of its images (verdict/joins.h), for the
                         other nodes. Not answered. */
    MESSAGE_TERMS_READ /* origin and URL of a page of terms whose words the store has now, or has
                         no more: the same. Not answered. */
};

#define MESSAGE_LAST MESSAGE_TERMS_READ
#define MESSAGE_FIELDS_MAX 8
#define MESSAGE_HEAD 16
#define MESSAGE_AGE_MAX_S (100ull * 366 * 86400)
#define MESSAGE_MAX ((1u << 20) + (64u << 10))

struct message {
    uint8_t verb;
    uint32_t tag;
    size_t n;
    struct slice field[MESSAGE_FIELDS_MAX];
};

/* Appends the encoded message. */
enum optout_rc message_print(const struct message *m, struct buf *out) OPTOUT_CHECKED;
/* Reads one from the front of `bytes`: OPTOUT_OK and its size in *used (fields point
 * into `bytes`), OPTOUT_MORE, or OPTOUT_E_SYNTAX: close the connection. */
enum optout_rc message_read(struct slice bytes, struct message *m, size_t *used) OPTOUT_CHECKED;

/* The filter's side: blocking, with a deadline. Connections are kept per thread and
 * opened again when the daemon was restarted. `wait_ms` is what the daemon was told
 * to wait; 100 ms more are given to its answer. The tag is set here. */
enum ask_result {
    ASK_KNOWN,  /* the store has it now */
    ASK_LATE,   /* asked for; not known within the wait */
    ASK_REFUSED, /* the daemon will not ask there (a private address, not http) */
    ASK_AWAY    /* no daemon */
};
/* The answer's word "error" counts as late. */
enum ask_result message_ask(const char *socket_path, const struct message *m, unsigned wait_ms);
/* Hands a message over without an answer; false: no daemon, or it takes no more
 * (waits 20 ms at most). */
bool message_tell(const char *socket_path, const struct message *m);
/* One question; the answer's fields point into `storage`, to which it is appended;
 * for the tool. OPTOUT_E_IO with errno: no daemon (ETIMEDOUT: no answer in time);
 * OPTOUT_E_LIMIT: the message or its answer is too long. */
enum optout_rc message_call(const char *socket_path, const struct message *m, unsigned wait_ms,
                            struct message *answer, struct buf *storage) OPTOUT_CHECKED;

#endif
