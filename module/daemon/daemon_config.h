/* SPDX-License-Identifier: Apache-2.0 */
/* daemon_config.h - optoutd.conf as one value: `optoutd.Directive value …`, read by
 * the same reader as the filter's own configuration. */
#ifndef OPTOUT_DAEMON_DAEMON_CONFIG_H
#define OPTOUT_DAEMON_DAEMON_CONFIG_H

#include "policy/directive.h"
#include "site/document.h"

#define DAEMON_SOCKET_MAX 108 /* sun_path, with its NUL */

struct daemon_config {
    /* where */
    char store_dir[CONFIG_PATH_MAX];
    uint64_t store_size;
    char socket[DAEMON_SOCKET_MAX];
    uint8_t socket_mode; /* index into daemon_socket_modes */
    char socket_group[64];
    char agents_file[CONFIG_PATH_MAX];
    char metrics_listen[DAEMON_SOCKET_MAX]; /* as listen_address_read takes it */

    /* asking */
    uint32_t site_files; /* bit 1 << enum site_kind */
    bool site_terms;     /* pages that are linked as terms are fetched */
    char phrases[CONFIG_PATH_MAX]; /* what is looked for in them */
    char user_agent[SITE_AGENT_MAX];
    char proxy[CONFIG_PATH_MAX];
    char ca_file[CONFIG_PATH_MAX];
    bool allow_private;
    uint32_t timeout_s, connect_timeout_s;
    uint32_t concurrency, host_connections, host_delay_ms;

    /* how long it holds, seconds */
    struct site_lifetimes lifetimes;
    uint32_t stale_max_s;

    /* sharing */
    char share[CONFIG_PATH_MAX];
    char share_user[128];
    char share_password_file[CONFIG_PATH_MAX];
    char share_ca_file[CONFIG_PATH_MAX];
    uint32_t share_lease_s;
    uint32_t share_images; /* of pages that reserve them, known of other nodes; 0: they are not shared */
    char node[64];
};

extern const struct directive daemon_directives[];
extern const struct directive_set daemon_directive_set;
extern const unsigned daemon_socket_modes[];

void daemon_config_init(struct daemon_config *c);
/* Defaults, the file (NULL: none), and what concerns several directives. Everything that is
 * wrong is added to `all`. */
enum optout_rc daemon_config_load(struct daemon_config *c, const char *path,
                                  struct config_errors *all) OPTOUT_CHECKED;
/* "Name ARGS", "    Default: …", "    Help": every directive, for people. */
void daemon_config_explain(struct buf *out);

#endif
