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

#include <stdint.h>

/* The log level of c-icap that is always written. */
#define LOG_ALWAYS 1

/* The macro is a bare if: it needs braces of its own. */
#define log_line(level, ...)                     \
    do {                                         \
        ci_debug_printf((level), __VA_ARGS__);   \
    } while (0)

/* ---- where 0.5 and 0.6 differ for us: docs/architecture.md has the whole list ---- */

#if C_ICAP_HEX_VERSION >= 0x000000060000
typedef uint64_t icap_count; /* what a figure of the info page is raised by */
typedef size_t icap_size;    /* bytes of c-icap's buffers */

static inline ci_headers_list_t *icap_request_headers(ci_request_t *req)
{
    return ci_icap_request_headers(req);
}
#else
typedef int icap_count;
typedef int icap_size;

static inline ci_headers_list_t *icap_request_headers(ci_request_t *req)
{
    return req->request_header;
}
#endif

/* More than an int holds is told as the largest: 0.5 cannot count further at once. */
static inline void icap_stat_add(int id, uint64_t n)
{
    ci_stat_uint64_inc(id, (icap_count)(n < INT32_MAX ? n : INT32_MAX));
}

/* `room` has the size of the whole buffer; how many bytes were read, negative for an error. */
static inline int icap_membuf_read_all(ci_membuf_t *m, uint8_t *room)
{
    return ci_membuf_read(m, (char *)room, (icap_size)ci_membuf_size(m));
}

#endif
