/* SPDX-License-Identifier: Apache-2.0 */
/* squid_splice.h - which hosts a squid.conf passes through unread: lines of ssl_bump that splice,
 * and the lists that their ACLs name.
 *
 * Values in quotation marks are files of an ACL, one value a line, as Squid reads them. Lists
 * are read when asked, not while the file is. */
#ifndef OPTOUT_DOCTOR_SQUID_SPLICE_H
#define OPTOUT_DOCTOR_SQUID_SPLICE_H

#include "doctor/squid_lines.h"

#define SPLICE_NAME_MAX 128
#define SPLICE_PATH_MAX 1024
#define SPLICE_ACLS_MAX 64   /* of names of hosts, in the file */
#define SPLICE_LINES_MAX 32  /* of ssl_bump that splice */
#define SPLICE_FILES_MAX 64
#define SPLICE_FILE_MAX (4u << 20) /* bytes of a list */

struct squid_splices {
    struct splice_acl {
        char name[SPLICE_NAME_MAX];
        bool hosts;     /* dstdomain or ssl::server_name: values are names */
        size_t values;  /* in the file itself */
        bool wide;      /* one of them takes a whole top-level domain, or all */
    } acl[SPLICE_ACLS_MAX];
    size_t n_acls;
    struct {
        size_t acl;
        char path[SPLICE_PATH_MAX];
    } file[SPLICE_FILES_MAX];
    size_t n_files;
    struct splice_line {
        struct squid_place at;
        char acl[SPLICE_NAME_MAX]; /* the first; "": none */
    } line[SPLICE_LINES_MAX];
    size_t n_lines;
    bool more; /* than the limits: not all is known */
};

/* A line of `acl`, and one of `ssl_bump`; those that are of no interest are left alone. */
void squid_splices_take_acl(struct squid_splices *s, struct slice args);
void squid_splices_take_bump(struct squid_splices *s, const struct squid_place *at,
                             struct slice args);

struct splice_size {
    bool known;     /* it is a list of hosts, and its files could be read */
    size_t values;  /* in all */
    bool wide;
    char why[SPLICE_PATH_MAX + 128]; /* not known: because */
};
/* Reads the files of the ACL that the line names first. */
void squid_splice_measure(const struct squid_splices *s, const struct splice_line *l,
                          struct splice_size *out);

#endif
