/* SPDX-License-Identifier: Apache-2.0 */
/* logrotate.h - which files a configuration of logrotate would touch. Pure. */
#ifndef OPTOUT_DOCTOR_LOGROTATE_H
#define OPTOUT_DOCTOR_LOGROTATE_H

#include "core/slice.h"

#define LOGROTATE_PATTERN_MAX 1024

/* The first pattern of the text, before the braces of its rules, that takes `path`, into
 * `pattern`; false when there is none. *line, from 1, is where it stands. */
bool logrotate_takes(struct slice text, const char *path, char pattern[LOGROTATE_PATTERN_MAX],
                     unsigned *line);

#endif
