/* SPDX-License-Identifier: Apache-2.0 */
/* squid_survey.h - a squid.conf, read once for each process that it is for, with what is wrong
 * with it.
 *
 * `optout config squid` prints it as it is; the doctor makes findings of it, and asks it for what
 * other probes need to know. One survey belongs to one thread. */
#ifndef OPTOUT_DOCTOR_SQUID_SURVEY_H
#define OPTOUT_DOCTOR_SQUID_SURVEY_H

#include "doctor/squid_checks.h"

#define SQUID_PROBLEMS_MAX 1000 /* of each severity that are kept; more are counted */
#define SQUID_PROCESSES_MAX 64  /* workers whose conditions are looked at */

struct squid_problem {
    struct squid_place at; /* line 0: the file as a whole */
    const struct squid_check *check;
    const char *name; /* of the group; NULL: it is not about one */
};

struct squid_survey;

/* `installed`: what squid -v says, or "". NULL when memory is used up. Otherwise `*good` says
 * whether the file could be read to its end; if not, squid_survey_why says why, and nothing else is
 * to be asked of it. */
struct squid_survey *squid_survey_new(const char *path, const char *installed, bool *good);
void squid_survey_free(struct squid_survey *s); /* NULL is fine */
const char *squid_survey_why(const struct squid_survey *s);
bool squid_survey_denied(const struct squid_survey *s); /* for want of permission */

/* In the order of the file; what concerns it as a whole first. */
size_t squid_survey_count(const struct squid_survey *s);
const struct squid_problem *squid_survey_at(const struct squid_survey *s, size_t i);
size_t squid_survey_errors(const struct squid_survey *s); /* those that are not kept, too */
size_t squid_survey_warnings(const struct squid_survey *s);
/* As the first worker reads it. */
const struct squid_facts *squid_survey_facts(const struct squid_survey *s);

/* "Squid Cache: Version 6.13" -> "6.13"; "" when there is no Squid. For another machine's file
 * OPTOUT_SQUID_VERSION of the environment tells. Starts a process. */
void squid_installed(char version[SQUID_VERSION_MAX]);

#endif
