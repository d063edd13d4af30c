/* SPDX-License-Identifier: Apache-2.0 */
/* squid_groups.h - which service of a squid.conf gets an exchange: services, their
 * sets and chains, and the lists of adaptation_access. As in Squid, of two that have
 * one name the first counts, and lines may stand in any order. */
#ifndef OPTOUT_DOCTOR_SQUID_GROUPS_H
#define OPTOUT_DOCTOR_SQUID_GROUPS_H

#include "doctor/squid_lines.h"

#define SQUID_GROUPS_MAX 256  /* services, sets and chains */
#define SQUID_MEMBERS_MAX 1024 /* of all sets and chains */
#define SQUID_NAME_MAX 128    /* bytes of a name, with NUL */
#define SQUID_ACLS_MAX 64     /* of the types that are looked into */
#define SQUID_PORTS_MAX 64
#define SQUID_EXCUSES_MAX 4   /* of one list */

/* One list of `allow`/`deny` lines, up to the first that takes everything. */
struct squid_rules {
    enum { RULES_OPEN, RULES_ALLOW_ALL, RULES_DENY_ALL } end;
    struct squid_place first_allow, first_deny, last;
    struct squid_place excused; /* the first deny of a port of this machine alone */
    size_t excuse[SQUID_EXCUSES_MAX], n_excuses; /* its ACLs */
};

struct squid_group {
    char name[SQUID_NAME_MAX];
    enum { GROUP_UNKNOWN, GROUP_SERVICE, GROUP_SET, GROUP_CHAIN } kind;
    bool reqmod, respmod, filter; /* of a service; filter: its path is that of ours */
    /* of a service by ICAP; the host without brackets */
    char host[SQUID_NAME_MAX], service[SQUID_NAME_MAX], profile[SQUID_NAME_MAX];
    unsigned port, max_conn;      /* 0: not said */
    struct squid_place defined, again, named; /* again: defined once more; named: in
                                                 adaptation_access, the first time */
    struct squid_rules access;
};

struct squid_member {
    size_t group, service;
    struct squid_place at;
};

/* An ACL of which more is known than its name. */
struct squid_acl {
    char name[SQUID_NAME_MAX];
    bool step1, port; /* all its lines are `at_step SslBump1`, or `myportname` */
    bool adapted;     /* or `proto` with schemes that Squid has adapted, and no others */
};

struct squid_port {
    struct squid_place at;
    char name[SQUID_NAME_MAX];
    bool loopback;
};

struct squid_groups {
    struct squid_group group[SQUID_GROUPS_MAX];
    size_t n;
    struct squid_member member[SQUID_MEMBERS_MAX];
    size_t n_members;
    struct squid_acl acl[SQUID_ACLS_MAX];
    size_t n_acls;
    struct {
        size_t acl;
        char port[SQUID_NAME_MAX];
    } value[SQUID_ACLS_MAX]; /* of ACLs of ports */
    size_t n_values;
    struct squid_port port[SQUID_PORTS_MAX];
    size_t n_ports;
    bool ports_left_out; /* there are more */
    char why[600];       /* squid_groups_take failed: "FILE:LINE: REASON" */
};

/* Takes a directive in; others are left alone. False when there are more than the
 * limits allow: `why` says so. */
bool squid_groups_take(struct squid_groups *g, const struct squid_place *at,
                       struct slice directive, struct slice args) OPTOUT_CHECKED;

/* A line of `allow`/`deny` lines. `g` may excuse denies; NULL: none. */
void squid_rules_add(struct squid_rules *r, struct squid_groups *g,
                     const struct squid_place *at, struct slice args);
/* Everything, but what comes through ports that this machine alone reaches. */
bool squid_takes_everything(const struct squid_groups *g, const struct squid_rules *r);

/* The port of that line is of this machine alone, and a list leaves it out: it is optoutd's. */
bool squid_port_is_excused(const struct squid_groups *g, const struct squid_place *at);

enum squid_vector { SQUID_REQMOD, SQUID_RESPMOD };
/* Some service of the group is for this vector. */
bool squid_group_serves(const struct squid_groups *g, const struct squid_group *of,
                        enum squid_vector v);
/* What the group takes at this vector passes the filter. */
bool squid_group_filters(const struct squid_groups *g, const struct squid_group *of,
                         enum squid_vector v);
/* The ACLs of a line of ssl_bump hold at the first step only. */
bool squid_first_step(const struct squid_groups *g, struct slice acls);

/* A `deny` of http_access that leaves no way round adaptation: all schemes but some that are
 * adapted, CONNECT excepted, whoever asks. */
bool squid_denies_gateways(const struct squid_groups *g, struct slice args);

/* Words of a line. */
bool squid_word_is(struct slice word, const char *text);
bool squid_has_word(struct slice args, const char *text);
bool squid_first_is(struct slice args, const char *text);

#endif
