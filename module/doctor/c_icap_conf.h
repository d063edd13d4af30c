/* SPDX-License-Identifier: Apache-2.0 */
/* c_icap_conf.h - what c-icap's own file says of the server: processes, threads, ports, logs.
 *
 * The filter's directives in it are config_load's. Read as c-icap 0.5.10 does (cfg_param.c): the
 * last line of a name counts, names in any case, Include beside the main file or in c-icap's own
 * folder; what is not said has c-icap's preset. Pure: one call, no state. */
#ifndef OPTOUT_DOCTOR_C_ICAP_CONF_H
#define OPTOUT_DOCTOR_C_ICAP_CONF_H

#include "core/rc.h"
#include "policy/config_fault.h"

#include <stdbool.h>

#define C_ICAP_PORTS_MAX 16
#define C_ICAP_HOST_MAX 64

struct c_icap_port {
    char host[C_ICAP_HOST_MAX]; /* "": all addresses; without brackets */
    unsigned port;              /* 0: not a number */
    unsigned line;
};

struct c_icap_conf {
    unsigned start_servers, max_servers, threads_per_child;
    long max_keepalive_requests; /* 0 and below: no limit */
    unsigned debug_level;
    unsigned timeout_s, keepalive_timeout_s;
    struct c_icap_port port[C_ICAP_PORTS_MAX];
    size_t n_ports;
    bool access_log;   /* there is one */
    bool loads_filter; /* a Service line loads srv_optout.so */
    char service[64];  /* its name there; "optout" unless another one is given */
    char pid_file[CONFIG_PATH_MAX], pipe[CONFIG_PATH_MAX], tmp_dir[CONFIG_PATH_MAX];
    char server_log[CONFIG_PATH_MAX], services_dir[CONFIG_PATH_MAX];
    char filter_path[CONFIG_PATH_MAX]; /* of srv_optout.so, with its folder where that is known */
    char user[64], group[64];
    /* where the last line of these stands; 0: nowhere. For evidence */
    unsigned line_of_start, line_of_max, line_of_threads, line_of_keepalive, line_of_debug,
        line_of_access;
};

/* False when the file, or one that it includes, cannot be read or is beyond the limits (line
 * 8192 bytes, 5 files deep, 1000 in all); `why` says "FILE:LINE: REASON". What was read before is
 * in `c`, and no more can be said of it. */
bool c_icap_conf_read(struct c_icap_conf *c, const char *path, char *why, size_t why_size)
    OPTOUT_CHECKED;

/* 127.0.0.0/8, ::1 or localhost. */
bool host_is_loopback(const char *host);

#endif
