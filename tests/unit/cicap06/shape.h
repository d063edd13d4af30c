/* SPDX-License-Identifier: Apache-2.0 */
/* shape.h - what the filter sees of c-icap 0.6, for a compiler on a machine that has no 0.6: the
 * names that module/icap and the bench services use, with the types that 0.6 gives them, and
 * nothing else. Written from what its headers say (0.6.x and the branch after it); where 0.5.10
 * has another type, a line says so. What is laid out here in memory is not what c-icap lays out:
 * it is to compile against, never to link.
 *
 * With SHAPE_CALLS_ONLY defined the types are left to real headers, and what remains are
 * declarations that a compiler holds against theirs: test_cicap06.sh does so where a 0.6 is. */
#ifndef OPTOUT_TEST_CICAP06_SHAPE_H
#define OPTOUT_TEST_CICAP06_SHAPE_H

#ifndef SHAPE_CALLS_ONLY
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>

/* ---- c-icap.h, c-icap-conf.h ---- */

#define C_ICAP_HEX_VERSION 0x000000060004 /* 0.5.10: 0x00000005000A */
#define CI_DECLARE_MOD_DATA __attribute__((visibility("default")))

/* ---- header.h ---- */

#define ICAP_OPTIONS 0x01 /* 0.5.10: these three in c-icap.h */
#define ICAP_REQMOD 0x02
#define ICAP_RESPMOD 0x04

typedef struct ci_headers_list {
    int used;
    char **headers;
    int packed;
} ci_headers_list_t;

/* ---- service.h ---- */

enum { CI_MOD_DONE = 1, CI_MOD_CONTINUE = 100, CI_MOD_ALLOW204 = 204, CI_MOD_ALLOW206 = 206 };
enum { CI_XCLIENTIP = 1, CI_SERVICE_ISTAG_SIZE = 26 };

struct ci_request;
typedef struct ci_service_xdata { /* 0.5.10: it, too, shows more than this one */
    int max_connections;
} ci_service_xdata_t;

struct ci_server_conf { /* 0.5.10: the same */
    char *COMMANDS_SOCKET;
    char *cfg_file;
    int MAX_SERVERS;
    int THREADS_PER_CHILD;
};

struct ci_conf_entry { /* 0.5.10: the same */
    const char *name;
    void *data;
    int (*action)(const char *name, const char **argv, void *setdata);
    const char *msg;
};

typedef struct ci_service_module { /* 0.5.10: the same */
    const char *mod_name, *mod_short_descr;
    int mod_type;
    int (*mod_init_service)(ci_service_xdata_t *, struct ci_server_conf *);
    int (*mod_post_init_service)(ci_service_xdata_t *, struct ci_server_conf *);
    void (*mod_close_service)(void);
    void *(*mod_init_request_data)(struct ci_request *);
    void (*mod_release_request_data)(void *);
    int (*mod_check_preview_handler)(char *, int, struct ci_request *);
    int (*mod_end_of_data_handler)(struct ci_request *);
    int (*mod_service_io)(char *, int *, char *, int *, int, struct ci_request *);
    struct ci_conf_entry *mod_conf_table;
    void *mod_data;
} ci_service_module_t;

/* ---- body.h ---- */

typedef struct ci_membuf ci_membuf_t; /* its fields are int in 0.5.10, size_t in 0.6 */

/* ---- request.h ---- */

enum { CI_OK = 1, CI_ERROR = -1, CI_EOF = -2 };

typedef struct ci_sockaddr { /* 0.5.10: the same; with IPv6 a sockaddr_storage */
    struct sockaddr_in sockaddr;
} ci_sockaddr_t;

typedef struct ci_connection {
    int fd;
    ci_sockaddr_t claddr;
} ci_connection_t;

typedef struct ci_request { /* of its fields these two alone are used */
    ci_connection_t *connection;
    char args[256];
} ci_request_t;

/* ---- txt_format.h ---- */

struct ci_fmt_entry { /* 0.5.10: the same */
    const char *directive, *description;
    int (*format)(ci_request_t *, char *, int, const char *);
};

/* ---- commands.h ---- */

enum { CI_CMD_MONITOR_PROC = 1, CI_CMD_CHILDS_PROC = 2, CI_CMD_CHILD_START = 8 };

/* ---- stats.h ---- */

typedef enum ci_stat_type { /* 0.5.10: STAT_INT64_T and STAT_KBS_T, no typedef */
    CI_STAT_INT64_T,
    CI_STAT_KBS_T,
    STAT_INT64_T = CI_STAT_INT64_T,
    STAT_KBS_T = CI_STAT_KBS_T
} ci_stat_type_t;

/* ---- debug.h ---- */

extern int CI_DEBUG_LEVEL, CI_DEBUG_STDOUT;
extern void (*__log_error)(void *req, const char *format, ...);
#define ci_debug_printf(level, ...)                 \
    if ((level) <= CI_DEBUG_LEVEL && __log_error) { \
        (*__log_error)(NULL, __VA_ARGS__);          \
    }
#endif

/* ---- what is called ----
 * Names in brackets, and extern: in either release some are macros or inline functions. */

extern void(ci_service_set_istag)(ci_service_xdata_t *, const char *);
extern void(ci_service_set_xopts)(ci_service_xdata_t *, uint64_t);
extern void(ci_service_set_transfer_preview)(ci_service_xdata_t *, const char *);
extern void(ci_service_set_preview)(ci_service_xdata_t *, int);
extern void(ci_service_set_max_connections)(ci_service_xdata_t *, int);
extern void(ci_service_enable_204)(ci_service_xdata_t *);
extern void(ci_service_enable_206)(ci_service_xdata_t *);
extern void(ci_service_set_options_ttl)(ci_service_xdata_t *, int);

/* 0.5.10: macros over fields of the request, to which could be assigned. */
extern void *(ci_service_data)(const ci_request_t *);
extern int(ci_req_type)(const ci_request_t *);
extern int(ci_req_hasbody)(const ci_request_t *);
extern int(ci_req_hasalldata)(const ci_request_t *);
extern int(ci_req_sent_data)(const ci_request_t *);
extern int(ci_req_preview_size)(const ci_request_t *);
extern int(ci_req_allow204)(const ci_request_t *);
extern int(ci_req_allow206)(const ci_request_t *);
extern int(ci_req_allow206_outside_preview)(const ci_request_t *);
extern void(ci_req_unlock_data)(ci_request_t *);
extern void(ci_req_lock_data)(ci_request_t *);
extern int(ci_request_206_origin_body)(ci_request_t *, uint64_t);

/* 0.5.10 has no ci_icap_request_headers: the field request_header. */
extern ci_headers_list_t *(ci_icap_request_headers)(ci_request_t *);
extern ci_headers_list_t *(ci_http_request_headers)(ci_request_t *);
extern ci_headers_list_t *(ci_http_response_headers)(ci_request_t *);
extern const char *(ci_headers_value)(const ci_headers_list_t *, const char *); /* 0.5.10: not const */
extern int(ci_http_response_create)(ci_request_t *, int, int);
extern const char *(ci_http_response_add_header)(ci_request_t *, const char *);
extern int(ci_http_response_remove_header)(ci_request_t *, const char *);
extern int(ci_http_request_remove_header)(ci_request_t *, const char *);
extern const char *(ci_icap_add_xheader)(ci_request_t *, const char *);

/* 0.5.10: ci_membuf_size is a macro over an int, the length is an int. */
extern int(ci_membuf_size)(ci_membuf_t *);
extern int(ci_membuf_read)(ci_membuf_t *, char *, size_t);
extern void(ci_membuf_free)(ci_membuf_t *);
extern ci_membuf_t *(ci_txt_template_build_content)(const ci_request_t *, const char *, const char *,
                                                    struct ci_fmt_entry *);
extern int TEMPLATE_MEMBUF_SIZE;

/* 0.5.10: (char *, int, char *), and (int, int). */
extern int(ci_stat_entry_register)(const char *, ci_stat_type_t, const char *);
extern void(ci_stat_uint64_inc)(int, uint64_t);

extern void(ci_command_register_ctl_cmd)(const char *, int,
                                         void (*)(const char *, int, const char **));
extern void(ci_command_register_action)(const char *, int, void *,
                                        void (*)(const char *, int, void *));
extern void(ci_command_register_child_cleanup)(const char *, void *,
                                               void (*)(const char *, pid_t, int, void *));
#endif
