/* SPDX-License-Identifier: Apache-2.0 */
/* journal.h - messages with fields for systemd's journal, by its native protocol.
 *
 * Source: https://systemd.io/JOURNAL_NATIVE_PROTOCOL/. One datagram is one message; what is too large
 * for a datagram goes as a sealed file in memory whose descriptor is passed. Nothing here
 * waits: what the journal does not take at once, it does not get. Any thread. */
#ifndef OPTOUT_CORE_JOURNAL_H
#define OPTOUT_CORE_JOURNAL_H

#include "core/slice.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"
#define JOURNAL_FIELDS_MAX 12

struct journal_field {
    const char *name;   /* A-Z, 0-9 and _, a letter first; the caller sees to it */
    struct slice value; /* any bytes */
};

/* $JOURNAL_STREAM names the device and the number of what `fd` is. */
bool journal_has(int fd);

/* A socket to send from; -1 with errno. It belongs to the caller. */
int journal_socket(void);

/* Sends at most JOURNAL_FIELDS_MAX fields to the socket at `path`. False: not taken, errno says why. */
bool journal_send(int fd, const char *path, const struct journal_field *fields, size_t n);

#endif
