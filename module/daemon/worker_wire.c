/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/worker_wire.h"

#include "standards/phrases.h"

/* ---- questions ---- */

enum optout_rc worker_job_print(struct worker_job_head *head, const struct worker_job_text *text,
                                struct buf *out)
{
    size_t before = out->n;
    if (text->url.n > SITE_URL_MAX || text->head.n > WORKER_HEAD_MAX ||
        text->body.n > WORKER_BODY_MAX)
        return OPTOUT_E_LIMIT;
    head->n_url = (uint32_t)text->url.n;
    head->n_head = (uint32_t)text->head.n;
    head->n_body = (uint32_t)text->body.n;
    enum optout_rc rc = buf_append(out, head, sizeof *head);
    const struct slice part[] = { text->url, text->head, text->body };
    for (size_t i = 0; i < sizeof part / sizeof *part && rc == OPTOUT_OK; i++)
        rc = buf_append(out, part[i].p, part[i].n);
    if (rc != OPTOUT_OK)
        out->n = before;
    return rc;
}

/* ---- answers, printed ---- */

static enum optout_rc print_answer(struct worker_answer_head *h, struct slice why,
                                   struct slice payload, struct buf *out)
{
    h->n_why = (uint32_t)why.n;
    h->n_payload = (uint32_t)payload.n;
    (void)buf_append(out, h, sizeof *h);
    (void)buf_append(out, why.p, why.n);
    (void)buf_append(out, payload.p, payload.n);
    return out->failed;
}

enum optout_rc worker_site_print(uint32_t serial, const struct site_body *b, struct buf *out)
{
    struct worker_answer_head h = { .serial = serial, .task = WORKER_SITE, .state = b->state,
                                    .max_age_s = b->max_age_s };
    if (b->rules.n > WORKER_PAYLOAD_MAX)
        return OPTOUT_E_LIMIT;
    return print_answer(&h, slice_sub(b->why, 0, SITE_WHY_MAX), b->rules, out);
}

enum optout_rc worker_terms_print(uint32_t serial, const struct terms_page *p, struct buf *out)
{
    struct worker_answer_head h = { .serial = serial, .task = WORKER_TERMS };
    struct buf list;
    buf_init(&list, WORKER_PAYLOAD_MAX);
    enum optout_rc rc = terms_print(p, &list);
    if (rc == OPTOUT_OK)
        rc = print_answer(&h, SLICE_EMPTY, buf_slice(&list), out);
    buf_free(&list);
    return rc;
}

/* ---- answers, read ---- */

/* Of texts for people: they go to the log, to records and to terminals. */
static bool is_plain(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < 0x20 || s.p[i] >= 0x7F)
            return false;
    return true;
}

static bool read_hello(const struct worker_answer_head *h, struct worker_answer *out)
{
    out->filtered = h->state == 1;
    out->why_not = h->max_age_s < 4096 ? (int)h->max_age_s : 0;
    return h->serial == 0 && h->state <= 1 && h->n_why == 0 && h->n_payload == 0;
}

static bool read_site(const struct worker_answer_head *h, struct slice why, struct slice rules,
                      struct site_body *b)
{
    bool published = h->state == SITE_PUBLISHED;
    bool is_state = published || h->state == SITE_NONE || h->state == SITE_UNREACHABLE ||
                    h->state == SITE_UNPARSEABLE;
    if (!is_state || !is_plain(why) || published != (rules.n != 0) ||
        (published && !compiled_is_whole(rules)))
        return false;
    *b = (struct site_body){ (uint8_t)h->state, h->max_age_s, why, rules };
    return true;
}

static bool read_terms(const struct worker_answer_head *h, struct slice list,
                       struct terms_page *p)
{
    if (h->state || h->max_age_s || h->n_why || !terms_next(&list, p) || list.n || p->url.n ||
        p->asked || !p->fetched || (p->unread && p->n))
        return false;
    for (size_t i = 0; i < p->n; i++)
        if (p->hit[i].grade <= PHRASE_PERMISSION || p->hit[i].grade >= PHRASE_GRADE_COUNT ||
            !is_plain(p->hit[i].name))
            return false;
    return true;
}

enum optout_rc worker_answer_read(struct slice in, struct worker_answer *out, size_t *size)
{
    struct worker_answer_head h;
    *size = 0;
    *out = (struct worker_answer){ .serial = 0 };
    if (in.n < sizeof h)
        return OPTOUT_MORE;
    memcpy(&h, in.p, sizeof h);
    if (h.task >= WORKER_TASK_COUNT || h.n_why > SITE_WHY_MAX || h.n_payload > WORKER_PAYLOAD_MAX)
        return OPTOUT_E_SYNTAX;
    *size = sizeof h + h.n_why + h.n_payload;
    if (in.n < *size)
        return OPTOUT_MORE;
    struct slice why = slice_sub(in, sizeof h, h.n_why);
    struct slice payload = slice_sub(in, sizeof h + h.n_why, h.n_payload);
    out->serial = h.serial;
    out->task = (enum worker_task)h.task;
    bool good = h.task == WORKER_HELLO  ? read_hello(&h, out)
                : h.task == WORKER_SITE ? read_site(&h, why, payload, &out->body)
                : h.task == WORKER_TERMS ? read_terms(&h, payload, &out->page)
                                         : false;
    return good ? OPTOUT_OK : OPTOUT_E_SYNTAX;
}
