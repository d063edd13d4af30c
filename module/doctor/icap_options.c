/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/icap_options.h"

#include <errno.h>
#include <stdio.h>

bool icap_url_read(const char *url, struct icap_url *out)
{
    struct slice rest;
    if (!wire_url_read(url, "icap", ICAP_PORT, &out->at, &rest) || rest.n >= sizeof out->path)
        return false;
    for (size_t i = 0; i < rest.n; i++)
        if (rest.p[i] <= ' ' || rest.p[i] == 0x7f)
            return false;
    snprintf(out->path, sizeof out->path, "%.*s", SLICE_FMT(rest));
    return true;
}

static enum optout_rc read_answer(struct wire *w, struct answer *a)
{
    uint8_t bytes[4096];
    enum optout_rc rc = OPTOUT_MORE;
    while (rc == OPTOUT_MORE) {
        ssize_t n = wire_read(w, bytes, sizeof bytes);
        if (n < 0)
            return OPTOUT_E_IO;
        rc = n ? answer_feed(a, slice_of(bytes, (size_t)n)) : answer_end(a);
    }
    return rc;
}

bool icap_options(const struct icap_url *to, uint64_t end_us, struct answer *a, bool *timed_out)
{
    struct wire w = WIRE_NONE;
    struct buf request;
    bool good = false, six = strchr(to->at.host, ':') != NULL;
    answer_init(a, true); /* a body that it may have tells nothing */
    buf_init(&request, 4096);
    buf_printf(&request, "OPTIONS icap://%s%s%s:%u%s ICAP/1.0\r\nHost: %s%s%s:%u\r\n"
               "Allow: 206\r\nEncapsulated: null-body=0\r\n\r\n",
               six ? "[" : "", to->at.host, six ? "]" : "", to->at.port, to->path,
               six ? "[" : "", to->at.host, six ? "]" : "", to->at.port);
    errno = EPROTO;
    if (wire_dial(&w, &to->at, end_us) && wire_write(&w, buf_slice(&request))) {
        good = read_answer(&w, a) == OPTOUT_DONE &&
               slice_starts_nocase(buf_slice(&a->head), SLICE_OF("ICAP/"));
        errno = good || errno ? errno : EPROTO;
    }
    *timed_out = w.timed_out;
    int error = errno;
    wire_close(&w);
    buf_free(&request);
    errno = error;
    return good;
}
