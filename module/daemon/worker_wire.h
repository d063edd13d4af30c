/* SPDX-License-Identifier: Apache-2.0 */
/* worker_wire.h - what the daemon and its reader say to each other over their socket.
 *
 * A head of fixed size, then the texts that it counts. Both are the same program on the same
 * machine, so numbers are its own. What the reader gets holds hostile documents but a head that
 * can be trusted; what comes back is hostile altogether, for a document may have taken the reader
 * over: worker_answer_read believes nothing of it. */
#ifndef OPTOUT_DAEMON_WORKER_WIRE_H
#define OPTOUT_DAEMON_WORKER_WIRE_H

#include "site/document.h"
#include "site/terms.h"

enum worker_task {
    WORKER_HELLO,  /* of the reader, once: whether the filter holds */
    WORKER_AGENTS, /* the catalogue from now on; not answered */
    WORKER_SITE,   /* document_read_body */
    WORKER_TERMS,  /* terms_read */
    WORKER_TASK_COUNT
};

struct worker_job_head {
    uint32_t serial, task;
    uint32_t kind;     /* enum site_kind */
    uint32_t status;   /* HTTP */
    uint32_t body_cut;
    uint32_t n_url, n_head, n_body;
    int64_t now_ms;
};

struct worker_job_text {
    struct slice url, head, body;
};
#define WORKER_BODY_MAX (4u << 20) /* bytes of a body, or of a catalogue */
#define WORKER_HEAD_MAX (64u << 10)

/* Appends; the head's counts are filled in. OPTOUT_E_LIMIT: too long, `out` is as it was. */
enum optout_rc worker_job_print(struct worker_job_head *head, const struct worker_job_text *text,
                                struct buf *out) OPTOUT_CHECKED;

struct worker_answer_head {
    uint32_t serial, task;
    uint32_t state;     /* enum site_state; of WORKER_HELLO: 1 when the filter holds, or 0 */
    uint32_t max_age_s; /* of WORKER_HELLO: errno */
    uint32_t n_why;
    uint32_t n_payload; /* compiled rules, or one page of a list of terms */
};
#define WORKER_PAYLOAD_MAX COMPILED_MAX
#define WORKER_ANSWER_MAX (sizeof(struct worker_answer_head) + SITE_WHY_MAX + WORKER_PAYLOAD_MAX)

enum optout_rc worker_site_print(uint32_t serial, const struct site_body *b,
                                 struct buf *out) OPTOUT_CHECKED;
enum optout_rc worker_terms_print(uint32_t serial, const struct terms_page *p,
                                  struct buf *out) OPTOUT_CHECKED;

/* One answer at the front of `in`: OPTOUT_MORE when it is not all there yet (`*size`: bytes that it
 * will have, 0: not known yet), OPTOUT_E_SYNTAX when no reader of ours says such a thing. */
struct worker_answer {
    uint32_t serial;
    enum worker_task task;
    bool filtered;          /* of WORKER_HELLO */
    int why_not;            /* errno */
    struct site_body body;  /* of WORKER_SITE; slices are borrowed from `in`, rules unaligned */
    struct terms_page page; /* of WORKER_TERMS; no URL, times as the reader says */
};
enum optout_rc worker_answer_read(struct slice in, struct worker_answer *out,
                                  size_t *size) OPTOUT_CHECKED;

#endif
