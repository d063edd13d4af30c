/* SPDX-License-Identifier: Apache-2.0 */
/* respmod.c - when the verdict comes, and what may still be done then.
 *
 * Most verdicts fall in the preview: 204 passes, a 206 without our copy of the
 * body tags, a 206 with a page of ours blocks, and nothing more is uploaded.
 *
 * When more of the body is wanted it is held back. While nothing has been
 * answered (locked) every outcome is still possible. Squid before 6.13 stops
 * reading the origin when it has buffered 64 KiB without an answer, so there
 * the head must leave at 48 KiB (unlocked): what follows is withheld up to
 * HoldMax and then released with a lag, and a denial can only break the
 * transfer off. A response that leaves before its verdict
 *   - loses its Content-Length, so that no client takes a cut for an end (but a
 *     range keeps it, or Squid would not end it at all), and is broken off when
 *     the origin breaks off, whenever the verdict fell;
 *   - says decision=pending and the id of the record that will tell;
 *   - is never given to a client that would not tell a cut from an end: HTTP/1.0
 *     without a length, and those of conf/clients.tsv.
 *
 *   READING --verdict--> STREAM (pass, tag)   bytes go through, in order
 *                        PAGE   (block)       ours goes out, theirs is dropped
 *                        CUT    (block, but the answer has begun)
 *                        ENDED  (204, 206, or no body: nothing is ours to send) */
#include "icap/respmod.h"

#include "core/clock.h"
#include "http/endless.h"
#include "icap/answer.h"
#include "icap/counting.h"
#include "icap/fields.h"
#include "policy/hold_format_line.h"

#include <sys/socket.h>

#define LOCKED_MAX (48u << 10)  /* body bytes before Squid 5.7 must have an answer */
#define LOCKED_KNOWN_MAX 60000u /* the same when the length is known to be no more */
#define STREAM_QUEUE (1u << 20) /* bytes in a queue whose reader is slow */

/* A stream is not waited for: it is judged by its head and its first bytes. What they leave
 * open is too long to be held. */
static enum action settle_endless(struct transaction *t)
{
    inspect_close(t->judge.inspection, INSPECT_STOPPED);
    if (inspect_reads_on(t->judge.inspection))
        inspect_add_undecided(t->judge.inspection, UNDECIDED_LIMIT_SIZE);
    return transaction_settle(t, INSPECT_STOPPED, false);
}

/* ---- preview ---- */

static enum inspect_end how_it_ended(const struct transaction *t)
{
    return t->judge.announced >= 0 && t->arrived < (uint64_t)t->judge.announced ? INSPECT_TRUNCATED
                                                                    : INSPECT_WHOLE;
}

/* How much may be held back before the answer must begin, and before it must
 * begin to leave. */
static void set_limits(struct transaction *t)
{
    const struct config *c = &t->snapshot->config;
    int64_t length = t->judge.record.length;
    bool locked = c->hold_mode == HOLD_LOCKED || (c->hold_mode == HOLD_AUTO && t->proxy_waits);
    t->hold_max = locked || c->hold_max < UNLOCKED_HOLD_MAX ? c->hold_max : UNLOCKED_HOLD_MAX;
    t->format_max = hold_format_limit(c, inspect_formats(t->judge.inspection));
    if (locked)
        t->lock_limit = c->hold_max;
    else if (length >= 0 && length <= LOCKED_KNOWN_MAX)
        t->lock_limit = LOCKED_KNOWN_MAX;
    else
        t->lock_limit = LOCKED_MAX;
}

static int look_at_preview(struct transaction *t, ci_request_t *req, struct slice preview)
{
    bool body = ci_req_hasbody(req);
    t->arrived = preview.n;
    bool whole = !body || ci_req_hasalldata(req);
    if (!whole && judge_is_decided(&t->judge)) /* by the head alone: the body need not be read */
        return answer_in_preview(t, req, transaction_settle(t, INSPECT_STOPPED, false), preview);
    enum optout_rc rc = preview.n ? judge_feed(&t->judge, preview) : OPTOUT_MORE;
    if (whole) {
        t->input_ended = true;
        judge_hash(&t->judge, preview);
        enum inspect_end end = body ? how_it_ended(t) : INSPECT_WHOLE;
        return answer_in_preview(t, req, transaction_settle(t, end, false), preview);
    }
    if (rc == OPTOUT_DONE || inspect_head_only(t->judge.inspection) || judge_is_decided(&t->judge))
        return answer_in_preview(t, req, transaction_settle(t, INSPECT_STOPPED, false), preview);
    t->endless = !t->judge.site_file && exchange_is_endless(&t->judge.exchange);
    if (t->endless && preview.n)
        return answer_in_preview(t, req, settle_endless(t), preview);
    count(METRIC_HELD);
    judge_hash(&t->judge, preview);
    set_limits(t);
    if (t->format_max <= t->arrived) {
        inspect_add_undecided(t->judge.inspection, UNDECIDED_LIMIT_SIZE);
        return answer_in_preview(t, req, transaction_settle(t, INSPECT_STOPPED, false), preview);
    }
    if (hold_append(&t->hold, preview) != OPTOUT_OK) {
        inspect_add_undecided(t->judge.inspection, UNDECIDED_LIMIT_MEMORY);
        hold_free(&t->hold);
        return answer_in_preview(t, req, transaction_settle(t, INSPECT_STOPPED, false), preview);
    }
    return CI_MOD_CONTINUE;
}

int respmod_preview(struct transaction *t, ci_request_t *req, struct slice preview)
{
    t->preview = preview;
    int answer = look_at_preview(t, req, preview);
    t->preview = SLICE_EMPTY;
    return answer;
}

/* ---- body arriving ---- */

static bool settle_now(struct transaction *t, ci_request_t *req, bool refuse)
{
    return answer_held(t, req, transaction_settle(t, INSPECT_STOPPED, refuse));
}

static bool give_up(struct transaction *t, ci_request_t *req, enum undecided reason, bool refuse)
{
    inspect_add_undecided(t->judge.inspection, reason);
    return settle_now(t, req, refuse);
}

/* How an answer may begin whose end may have to be a cut. */
enum framing {
    FRAMING_NONE,   /* not at all: this client would take the cut for an end */
    FRAMING_CHUNKED, /* without a length */
    FRAMING_LENGTH
};

/* A break of a chunked body is noticed by nearly all who speak HTTP/1.1. Of a range Squid
 * counts the bytes that were promised: without a length it never sends the last chunk, and
 * the client waits for ever. */
static enum framing framing_for(const struct transaction *t)
{
    const struct header *agent = headers_find(&t->judge.exchange.request, "user-agent");
    unsigned notices = clients_notice(t->snapshot->clients, agent ? agent->value : SLICE_EMPTY);
    bool range = exchange_range_length(&t->judge.exchange) >= 0;
    if (t->judge.exchange.minor > 0 && !range && (notices & CLIENT_NOTICES_CHUNKED))
        return FRAMING_CHUNKED;
    bool length = t->judge.announced >= 0 && (notices & CLIENT_NOTICES_LENGTH);
    return length ? FRAMING_LENGTH : FRAMING_NONE;
}

/* The head has to leave. False: it must not, or could not. */
static bool begin_answer(struct transaction *t, ci_request_t *req)
{
    enum framing framing = framing_for(t);
    bool at_hold_max = t->lock_limit >= t->hold_max;
    if (framing == FRAMING_NONE || (at_hold_max && t->judge.profile->late == LATE_REFUSE))
        return give_up(t, req, UNDECIDED_LIMIT_SIZE, true);
    if (!transaction_note_pending(t)) {
        t->audit_failed = true;
        count_verdict(&t->judge, ACTION_BLOCK, t->arrived);
        t->recorded = true; /* that nothing was delivered is what the gap will tell */
        return answer_held(t, req, ACTION_BLOCK);
    }
    if (!fields_pending(t, req, framing == FRAMING_CHUNKED))
        return false;
    answer_unlock(t, req);
    return true;
}

/* The first bytes of a stream decide. c-icap waits for more input before it begins an answer,
 * and there may be none for a long time; but not while input that it has offered was not
 * taken. So the last byte is left to be offered again. */
static bool read_first(struct transaction *t, ci_request_t *req, struct slice bytes, int *taken)
{
    struct slice now = slice_sub(bytes, 0, bytes.n - 1);
    (void)judge_feed(&t->judge, bytes);
    *taken = (int)now.n;
    t->arrived += now.n;
    enum optout_rc held = hold_keep(&t->hold, now);
    if (held != OPTOUT_OK)
        return give_up(t, req, UNDECIDED_LIMIT_MEMORY, held != OPTOUT_E_LIMIT);
    return answer_held(t, req, settle_endless(t));
}

static bool read_more(struct transaction *t, ci_request_t *req, struct slice bytes)
{
    t->arrived += bytes.n;
    judge_hash(&t->judge, bytes);
    enum optout_rc rc = judge_feed(&t->judge, bytes), held = hold_keep(&t->hold, bytes);
    if (held != OPTOUT_OK) /* bytes that were lost must not be missed unnoticed */
        return give_up(t, req, UNDECIDED_LIMIT_MEMORY, held != OPTOUT_E_LIMIT);
    if (rc == OPTOUT_DONE || judge_is_decided(&t->judge))
        return settle_now(t, req, false);
    if (t->arrived > t->format_max)
        return give_up(t, req, UNDECIDED_LIMIT_SIZE, false);
    if (t->deadline_us && clock_mono_us() > t->deadline_us)
        return give_up(t, req, UNDECIDED_LIMIT_TIME, false);
    if (!t->unlocked && t->arrived >= t->lock_limit &&
        !(t->judge.record.length >= 0 && (uint64_t)t->judge.record.length <= t->lock_limit))
        return begin_answer(t, req);
    if (t->unlocked && t->hold.size > t->hold_max && t->judge.profile->late == LATE_REFUSE)
        return give_up(t, req, UNDECIDED_LIMIT_SIZE, true);
    return true;
}

/* Takes what it can of the bytes; false ends the transaction with an error. */
static bool take_input(struct transaction *t, ci_request_t *req, struct slice bytes, int *taken)
{
    *taken = (int)bytes.n;
    if (t->phase == PHASE_READING && t->endless)
        return read_first(t, req, bytes, taken);
    if (t->phase == PHASE_READING)
        return read_more(t, req, bytes);
    if (t->phase != PHASE_STREAM)
        return true; /* thrown away */
    if (t->hold.size >= STREAM_QUEUE) {
        *taken = 0; /* until the reader has caught up */
        return true;
    }
    t->arrived += bytes.n;
    enum optout_rc rc = hold_keep(&t->hold, bytes);
    return rc == OPTOUT_OK || rc == OPTOUT_E_LIMIT;
}

/* ---- body leaving ---- */

static int write_page(struct transaction *t, char *wbuf, int room)
{
    size_t n = t->page.n - t->page_at;
    if (n == 0)
        return CI_EOF;
    n = n < (size_t)room ? n : (size_t)room;
    memcpy(wbuf, t->page.p + t->page_at, n);
    t->page_at += n;
    return (int)n;
}

/* While the verdict is open: nothing up to HoldMax, then all but a lag. */
static uint64_t releasable(const struct transaction *t)
{
    uint64_t lag = t->hold_max / 2;
    if (t->arrived <= t->hold_max || t->hold.size <= lag)
        return 0;
    return t->hold.size - lag;
}

static int write_held(struct transaction *t, char *wbuf, int room)
{
    bool reading = t->phase == PHASE_READING;
    uint64_t n = reading ? releasable(t) : t->hold.size;
    size_t got = 0;
    if (n == 0 && !reading && t->broken)
        t->phase = PHASE_CUT; /* all there was has left; it must not look like all there is */
    if (n == 0)
        return reading || !t->input_ended ? 0 : t->broken ? CI_ERROR : CI_EOF;
    n = n < (uint64_t)room ? n : (uint64_t)room;
    if (hold_read(&t->hold, wbuf, (size_t)n, &got) != OPTOUT_OK)
        return CI_ERROR;
    return (int)got;
}

/* Breaks the connection so that the proxy sees an error, never an end. A reset
 * is not counted as a failure of the service; with input unread the kernel
 * sends one anyway. */
static int cut(struct transaction *t, ci_request_t *req, int *wlen)
{
    struct linger now = { .l_onoff = 1, .l_linger = 0 };
    if (t->input_ended && req->connection)
        (void)setsockopt(req->connection->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    if (wlen)
        *wlen = CI_ERROR;
    return CI_ERROR;
}

int respmod_io(struct transaction *t, ci_request_t *req, char *wbuf, int *wlen, const char *rbuf,
               int *rlen)
{
    int room = wbuf && wlen ? *wlen : 0;
    if (rbuf && rlen && *rlen > 0 &&
        !take_input(t, req, slice_of(rbuf, (size_t)*rlen), rlen))
        return cut(t, req, wlen);
    if (t->phase == PHASE_CUT)
        return cut(t, req, wlen);
    if (!wlen)
        return CI_OK;
    if (room <= 0)
        *wlen = 0;
    else if (t->phase == PHASE_PAGE)
        *wlen = write_page(t, wbuf, room);
    else if (t->phase == PHASE_ENDED)
        *wlen = CI_EOF;
    else
        *wlen = t->unlocked ? write_held(t, wbuf, room) : 0;
    return *wlen == CI_ERROR ? cut(t, req, wlen) : CI_OK;
}

/* ---- end of the body ---- */

int respmod_end_of_data(struct transaction *t, ci_request_t *req)
{
    t->input_ended = true;
    /* A verdict that fell before has let it go; its length went before that. */
    t->broken = t->length_gone && how_it_ended(t) == INSPECT_TRUNCATED;
    if (t->phase != PHASE_READING)
        return CI_MOD_DONE;
    enum action action = transaction_settle(t, how_it_ended(t), false);
    if (!t->unlocked)
        return answer_at_end(t, req, action);
    return answer_held(t, req, action) ? CI_MOD_DONE : CI_ERROR;
}
