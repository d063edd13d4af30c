/* SPDX-License-Identifier: Apache-2.0 */
/* outside.h - what passes through the proxy: visits to the doctor's origin, and what is made
 * of them.
 *
 * First all visits are made, at once (outside.c: errands), each in a thread with time limits;
 * then the log is read; then each row of outside_judge.c looks at the visits and adds its
 * finding. So a judge sees both what the client got and what was recorded. */
#ifndef OPTOUT_DOCTOR_OUTSIDE_H
#define OPTOUT_DOCTOR_OUTSIDE_H

#include "doctor/answer.h"
#include "doctor/doctor.h"
#include "doctor/origin.h"
#include "doctor/squid_port.h"

#define VISIT_NAME_MAX 48
#define VISIT_WORD_MAX 64

enum visit_end {
    VISIT_NOT_MADE,
    VISIT_WHOLE,
    VISIT_CUT,       /* broken off, or no HTTP */
    VISIT_TIMED_OUT,
    VISIT_NO_PROXY   /* the proxy does not take the connection */
};

/* The last record of a visit; words that are not there are empty. */
struct visit_record {
    bool there;
    char id[27];
    char decision[VISIT_WORD_MAX], action[VISIT_WORD_MAX], profile[VISIT_WORD_MAX];
    char agent[VISIT_WORD_MAX], transaction[160], client[VISIT_WORD_MAX], time[32];
};

struct visit {
    char name[VISIT_NAME_MAX]; /* of the origin's case */
    bool tls;
    enum visit_end end;
    int status;
    bool tagged;                /* it has the filter's field */
    char decision[VISIT_WORD_MAX]; /* that the field says */
    char squid_error[VISIT_WORD_MAX]; /* first word of X-Squid-Error */
    uint64_t body_n;
    uint64_t micros;            /* it took */
    int64_t wall_ms;            /* when it ended */
    struct visit_record record;
};

enum { AT_CLEAN, AT_RESERVED, AT_FIELDS, AT_CACHE_1, AT_CACHE_2, AT_RANGE, AT_UPGRADE, AT_FORBIDDEN,
       AT_GALLERY, AT_PICTURE, AT_TLS_RESERVED, AT_CODING, AT_SIZES = AT_CODING + 8,
       AT_TOGETHER = AT_SIZES + 4, VISITS = AT_TOGETHER + 33 };

/* What is spoken under a CONNECT. */
struct tunnel {
    bool made;           /* it was tried */
    int status;          /* of CONNECT; 0: no answer */
    bool raw_arrived;    /* our bytes reached the origin as they were */
    bool shaken;         /* TLS */
    bool ours;           /* with the origin's own certificate: nobody opened it */
    bool trusted;        /* by what clients trust */
    bool for_strangers;  /* signed by who says that he does not trust the origin */
    bool by_file;        /* the CA of tls-cert= signed it */
    bool file_read;      /* there is such a file */
    char issuer[256];
    char alpn[16];
    char why[256];       /* not trusted */
};

enum { TUNNEL_TLS, TUNNEL_CLOSED_PORT, TUNNEL_RAW_TLS, TUNNEL_RAW_HTTP, TUNNELS };

struct outside {
    struct doctor *d;
    struct wire_place proxy;
    struct origin *origin;
    SSL_CTX *tls;       /* of the client; verifies nothing by itself */
    X509_STORE *trust;  /* what clients trust */
    struct client_port port; /* of squid.conf */
    struct visit visit[VISITS];
    struct tunnel tunnel[TUNNELS];
    bool log_read;
    char log_why[256]; /* it was not */
    uint64_t log_lines;
};

/* --- outside_visit.c --- */

/* One GET through the proxy; `fields` end with CRLF each. Fills the visit. */
void outside_visit(struct outside *o, struct visit *v, const char *name, bool tls,
                   const char *fields, unsigned seconds);
/* A path of the origin that is no case. */
void outside_visit_path(struct outside *o, struct visit *v, const char *path, bool tls,
                        unsigned seconds);
/* A connection to the proxy that was asked to CONNECT there; false: `status` says what came. */
bool outside_connect(struct outside *o, struct wire *w, const struct wire_place *to,
                     uint64_t end_us, int *status) OPTOUT_CHECKED;

/* --- outside_tunnel.c --- */

void outside_tunnel(struct outside *o, int which);

/* --- outside_log.c --- */

/* What the log had before the visits, that only what is new need be read. */
struct log_mark;
struct log_mark *outside_log_mark(const struct doctor *d);
/* Finds the records of all visits. */
void outside_log_read(struct outside *o, const struct log_mark *mark);
void outside_log_free(struct log_mark *mark);

/* --- outside_judge.c --- */

void outside_judge(struct outside *o);
/* "GET …/reserved came back as 451 (reserved)" */
void outside_print(const struct outside *o, const struct visit *v, struct buf *out);

#endif
