/* SPDX-License-Identifier: Apache-2.0 */
/* c_icap.h - the one door to c-icap's headers, and the few places where its
 * 0.5 and 0.6 releases differ. */
#ifndef OPTOUT_ICAP_C_ICAP_H
#define OPTOUT_ICAP_C_ICAP_H

#include <c_icap/c-icap.h>
#include <c_icap/service.h>
#include <c_icap/header.h>
#include <c_icap/body.h>
#include <c_icap/request.h>
#include <c_icap/simple_api.h>
#include <c_icap/commands.h>
#include <c_icap/debug.h>
#include <c_icap/stats.h>
#include <c_icap/txtTemplate.h>

/* The log level of c-icap that is always written. */
#define LOG_ALWAYS 1

/* The macro is a bare if: it needs braces of its own. */
#define log_line(level, ...)                     \
    do {                                         \
        ci_debug_printf((level), __VA_ARGS__);   \
    } while (0)

static inline ci_headers_list_t *icap_request_headers(ci_request_t *req)
{
    return req->request_header;
}

#endif
