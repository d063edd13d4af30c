/* SPDX-License-Identifier: Apache-2.0 */
/* share_tls.h - TLS over a socket that never blocks.
 *
 * OpenSSL itself and not hiredis' layer over it, which compares no host name with
 * the certificate and is missing before hiredis 1.0. The process must ignore
 * SIGPIPE: OpenSSL writes with write(2). */
#ifndef OPTOUT_DAEMON_SHARE_TLS_H
#define OPTOUT_DAEMON_SHARE_TLS_H

#include "core/slice.h"

#include <sys/types.h>

struct share_tls;         /* what is trusted; one for all connections */
struct share_tls_session; /* one connection */

/* `ca_file` NULL: the system's. NULL with `why`, also when this build has no TLS. */
struct share_tls *share_tls_new(const char *ca_file, char *why, size_t why_size);
void share_tls_free(struct share_tls *t);

/* The server must prove to be `host` (name or address). NULL: out of memory. */
struct share_tls_session *share_tls_open(struct share_tls *t, int fd, const char *host);
void share_tls_close(struct share_tls_session *s);

/* As read and write; -1 with errno EAGAIN when something has to be waited for: EPOLLIN or
 * EPOLLOUT, added to `*events`. share_tls_shake: 1 done, else as those. `why` of a failure. */
int share_tls_shake(struct share_tls_session *s, uint32_t *events);
ssize_t share_tls_read(struct share_tls_session *s, void *p, size_t n, uint32_t *events);
ssize_t share_tls_write(struct share_tls_session *s, const void *p, size_t n, uint32_t *events);
void share_tls_why(const struct share_tls_session *s, char *why, size_t why_size);

#endif
