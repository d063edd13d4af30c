/* SPDX-License-Identifier: Apache-2.0 */
/* srv_callgrind.c - a c-icap service that tells callgrind, under which c-icap runs, when to count.
 *
 * The benchmark asks it by OPTIONS: ?zero forgets what was counted, ?dump writes it. A request to
 * the program itself needs neither a debugger's rights nor that the process is the one that
 * valgrind started; callgrind_control needs both. Without valgrind it does nothing. */
#include <string.h>

#include <c_icap/c-icap.h>
#include <c_icap/service.h>
#include <c_icap/request.h>
#include <c_icap/simple_api.h>

#if defined(__has_include) && __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else /* nothing can be told; the benchmark finds nothing written and says so */
#define CALLGRIND_ZERO_STATS (void)0
#define CALLGRIND_DUMP_STATS (void)0
#endif

static void *callgrind_open(ci_request_t *req)
{
    if (strcmp(req->args, "zero") == 0)
        CALLGRIND_ZERO_STATS;
    else if (strcmp(req->args, "dump") == 0)
        CALLGRIND_DUMP_STATS;
    return NULL;
}

static int callgrind_preview(char *bytes, int n, ci_request_t *req)
{
    (void)bytes;
    (void)n;
    (void)req;
    return CI_MOD_ALLOW204;
}

CI_DECLARE_MOD_DATA ci_service_module_t service = {
    "srv_callgrind",      /* mod_name */
    "Tells callgrind",    /* mod_short_descr */
    ICAP_REQMOD,          /* mod_type */
    NULL,                 /* mod_init_service */
    NULL,                 /* mod_post_init_service */
    NULL,                 /* mod_close_service */
    callgrind_open,       /* mod_init_request_data */
    NULL,                 /* mod_release_request_data */
    callgrind_preview,    /* mod_check_preview_handler */
    NULL,                 /* mod_end_of_data_handler */
    NULL,                 /* mod_service_io */
    NULL,                 /* mod_conf_table */
    NULL                  /* mod_data */
};
