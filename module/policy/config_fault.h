/* SPDX-License-Identifier: Apache-2.0 */
/* config_fault.h - what is wrong with a configuration, as values.
 *
 * Whoever reads a file goes on after an error and adds it to a list; whoever asked prints
 * the list, or has room for one error and shows the first. */
#ifndef OPTOUT_POLICY_CONFIG_FAULT_H
#define OPTOUT_POLICY_CONFIG_FAULT_H

#include "core/buf.h"
#include "core/rc.h"

#define CONFIG_PATH_MAX 1024 /* bytes of a path or URL, with its NUL */
#define CONFIG_ERRORS_MAX 50 /* that the tools show at most; more are counted */

struct config_error {
    char file[CONFIG_PATH_MAX]; /* empty: not from a file */
    unsigned line;              /* from 1; 0: not known */
    char directive[64];
    char reason[256];
    char remedy[256];
};

/* Those of one file in the order of its lines. The room is the caller's. */
struct config_errors {
    struct config_error *listed; /* room for `max` */
    size_t max;
    size_t n; /* that there are: what exceeds `max` is not listed */
};

/* Room for one error: what is added first stays. */
struct config_errors config_first_error(struct config_error *e);
size_t config_errors_listed(const struct config_errors *all);
/* A copy; what is listed already, to the letter, is not added. */
void config_errors_add(struct config_errors *all, const struct config_error *e);
/* Whether an error of this directive is listed; letters' case does not count. */
bool config_errors_name(const struct config_errors *all, const char *directive);

/* "FILE:LINE: DIRECTIVE: REASON; REMEDY" */
void config_error_print(const struct config_error *e, struct buf *out);

/* Fills reason and remedy (printf-like, cut to fit) and returns OPTOUT_E_SYNTAX. */
enum optout_rc config_fail(struct config_error *e, const char *remedy, const char *reason, ...)
    __attribute__((format(printf, 3, 4)));

#endif
