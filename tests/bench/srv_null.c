/* SPDX-License-Identifier: Apache-2.0 */
/* srv_null.c - a c-icap service that inspects nothing and answers as told: the
 * floor that the benchmark measures srv_optout against.
 *
 * It shares no code with the filter. It asks for the same preview and gives the
 * same kind of answer, so that what remains between the two is what inspection,
 * decision and record cost. The ICAP URL's argument is the answer:
 *   ?p204       pass: 204 from the preview
 *   ?t206       tag: one header field more, the origin's body by 206
 *   ?b206=N     block: a 451 with a page of N bytes by 206
 *   ?hold       pass, but only after the whole body was held: begun without
 *               Content-Length once 48 KiB were taken, returned at its end
 *   ?stream     pass, through us: what has left is not kept
 *   ?q451=N     refuse: the same page of N bytes to a REQMOD request
 * All but q451 pass in REQMOD.
 * An answer that the exchange does not permit is given as a 200 instead. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <c_icap/c-icap.h>
#include <c_icap/service.h>
#include <c_icap/header.h>
#include <c_icap/body.h>
#include <c_icap/request.h>
#include <c_icap/simple_api.h>

#define NULL_PREVIEW 32768        /* bytes; the filter's default */
#define NULL_UNLOCK (48 << 10)    /* bytes held before the answer is begun */
#define NULL_PAGE_MAX (64 << 10)  /* bytes of the longest block page */
#define NULL_PAGE_DEFAULT 1500    /* bytes */

#define NULL_ID "profile=bench;id=\"01JDF00000000000000000000N\""
#define NULL_TAG "Optout: decision=reserved;" NULL_ID ", train-ai=n, by=(\"null\")"
#define NULL_PENDING "Optout: decision=pending;" NULL_ID

enum answer { ANSWER_PASS, ANSWER_TAG, ANSWER_BLOCK, ANSWER_HOLD, ANSWER_STREAM, ANSWER_REFUSE };

struct transaction {
    enum answer answer;
    uint8_t *out; /* bytes to send; grown in doubling steps */
    size_t n;     /* how many there are */
    size_t size;
    size_t sent;
    size_t taken; /* body bytes seen */
    bool keep;    /* input is kept in `out`; otherwise it is swallowed */
};

static char page[NULL_PAGE_MAX]; /* filled once before any request */

static int null_init(ci_service_xdata_t *x, struct ci_server_conf *conf)
{
    (void)conf;
    ci_service_set_preview(x, NULL_PREVIEW);
    ci_service_enable_204(x);
    ci_service_enable_206(x);
    ci_service_set_transfer_preview(x, "*");
    memset(page, '.', sizeof page);
    return CI_OK;
}

static void *null_open(ci_request_t *req)
{
    struct transaction *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    if (strncmp(req->args, "t206", 4) == 0)
        t->answer = ANSWER_TAG;
    else if (strncmp(req->args, "b206", 4) == 0)
        t->answer = ANSWER_BLOCK;
    else if (strncmp(req->args, "hold", 4) == 0)
        t->answer = ANSWER_HOLD;
    else if (strncmp(req->args, "stream", 6) == 0)
        t->answer = ANSWER_STREAM;
    else if (strncmp(req->args, "q451", 4) == 0)
        t->answer = ANSWER_REFUSE;
    return t;
}

static void null_release(void *data)
{
    struct transaction *t = data;
    free(t->out);
    free(t);
}

static bool append(struct transaction *t, const void *bytes, size_t n)
{
    if (t->size - t->n < n) {
        size_t size = t->size ? t->size : NULL_PREVIEW;
        while (size - t->n < n)
            size *= 2;
        uint8_t *out = realloc(t->out, size);
        if (!out)
            return false;
        t->out = out;
        t->size = size;
    }
    memcpy(t->out + t->n, bytes, n);
    t->n += n;
    return true;
}

/* A 206 on a body that the preview holds whole is legal only with Allow: 204. */
static bool may_206(ci_request_t *req)
{
    return ci_req_hasalldata(req) ? ci_req_allow206_outside_preview(req) : ci_req_allow206(req);
}

static int answer_page(ci_request_t *req, struct transaction *t)
{
    const char *value = strchr(req->args, '=');
    long n = value ? strtol(value + 1, NULL, 10) : NULL_PAGE_DEFAULT;
    if (n < 0 || n > NULL_PAGE_MAX)
        n = NULL_PAGE_DEFAULT;
    char length[48];
    snprintf(length, sizeof length, "Content-Length: %ld", n);
    ci_http_response_create(req, 1, 1);
    ci_http_response_add_header(req, "HTTP/1.1 451 Unavailable For Legal Reasons");
    ci_http_response_add_header(req, "Content-Type: text/html; charset=utf-8");
    ci_http_response_add_header(req, length);
    ci_http_response_add_header(req, "Cache-Control: no-store");
    ci_http_response_add_header(req, NULL_TAG);
    if (!append(t, page, (size_t)n))
        return CI_ERROR;
    if (ci_req_type(req) == ICAP_RESPMOD && may_206(req))
        return CI_MOD_ALLOW206;
    ci_req_unlock_data(req);
    return CI_MOD_CONTINUE;
}

static int null_preview(char *bytes, int n, ci_request_t *req)
{
    struct transaction *t = ci_service_data(req);
    if (!t)
        return CI_ERROR;
    if (ci_req_type(req) == ICAP_REQMOD)
        return t->answer == ANSWER_REFUSE ? answer_page(req, t) : CI_MOD_ALLOW204;
    if (t->answer == ANSWER_PASS || t->answer == ANSWER_REFUSE || !ci_req_hasbody(req))
        return CI_MOD_ALLOW204;
    if (t->answer == ANSWER_BLOCK)
        return answer_page(req, t);
    ci_http_response_add_header(req, t->answer == ANSWER_TAG ? NULL_TAG : NULL_PENDING);
    if (t->answer == ANSWER_TAG && may_206(req)) {
        ci_request_206_origin_body(req, 0);
        return CI_MOD_ALLOW206;
    }
    while (ci_http_response_remove_header(req, "Content-Length"))
        ;
    t->keep = true;
    if (n > 0 && !append(t, bytes, (size_t)n))
        return CI_ERROR;
    t->taken = (size_t)n;
    if (t->answer == ANSWER_STREAM)
        ci_req_unlock_data(req);
    return CI_MOD_CONTINUE;
}

static int null_end(ci_request_t *req)
{
    ci_req_unlock_data(req);
    return CI_MOD_DONE;
}

static int null_io(char *wbuf, int *wlen, char *rbuf, int *rlen, int iseof, ci_request_t *req)
{
    struct transaction *t = ci_service_data(req);
    if (rbuf && rlen && *rlen > 0) {
        if (t->keep && !append(t, rbuf, (size_t)*rlen))
            return CI_ERROR;
        t->taken += (size_t)*rlen;
        if (t->taken >= NULL_UNLOCK)
            ci_req_unlock_data(req);
    }
    if (!wbuf || !wlen)
        return CI_OK;
    size_t left = t->n - t->sent;
    if (t->keep && !iseof && (t->answer != ANSWER_STREAM || left == 0)) {
        *wlen = 0;
        return CI_OK;
    }
    if (left == 0) {
        *wlen = CI_EOF;
        return CI_OK;
    }
    size_t n = left < (size_t)*wlen ? left : (size_t)*wlen;
    memcpy(wbuf, t->out + t->sent, n);
    t->sent += n;
    if (t->answer == ANSWER_STREAM && t->sent == t->n)
        t->sent = t->n = 0;
    *wlen = (int)n;
    return CI_OK;
}

CI_DECLARE_MOD_DATA ci_service_module_t service = {
    "srv_null",                 /* mod_name */
    "Inspects nothing",         /* mod_short_descr */
    ICAP_RESPMOD | ICAP_REQMOD, /* mod_type */
    null_init,                  /* mod_init_service */
    NULL,                       /* mod_post_init_service */
    NULL,                       /* mod_close_service */
    null_open,                  /* mod_init_request_data */
    null_release,               /* mod_release_request_data */
    null_preview,               /* mod_check_preview_handler */
    null_end,                   /* mod_end_of_data_handler */
    null_io,                    /* mod_service_io */
    NULL,                       /* mod_conf_table */
    NULL                        /* mod_data */
};
