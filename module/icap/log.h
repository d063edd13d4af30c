/* SPDX-License-Identifier: Apache-2.0 */
/* log.h - what the service tells the operator's log. */
#ifndef OPTOUT_ICAP_LOG_H
#define OPTOUT_ICAP_LOG_H

#include "core/log_events.h"
#include "core/rc.h"

#include <stdint.h>

struct config_error;

/* Before there are threads, in the process that systemd started: its standard error tells whether
 * there is a journal; that of children is nowhere. Later calls do nothing. */
void log_begin(void);

/* A line of server.log, and a message of the journal. */
void log_server(enum log_event e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* At most one line a second of this process, with the number left out. */
void log_audit_failure(enum optout_rc rc, const char *reason);
/* No record can be written, and one can be again: each once. */
void log_gate_closed(void);
void log_gate_opened(uint64_t refused);
void log_config_error(const char *what, const struct config_error *e);

/* Images of pages that reserve them which the map has no room for: counted, and told at most once
 * a minute of this process. */
void log_images_lost(uint64_t n);

/* What the store of site rules tells of itself; for store_options. */
void log_site(void *ctx, const char *text);

#endif
