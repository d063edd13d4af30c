/* SPDX-License-Identifier: Apache-2.0 */
/* record_url.h - a URL as a record may hold it: without credentials and fragment, its
 * query kept, hashed or left out (docs/audit-format.md, "URLs"). */
#ifndef OPTOUT_AUDIT_RECORD_URL_H
#define OPTOUT_AUDIT_RECORD_URL_H

#include "policy/config.h"
#include "syntax/json.h"

#define RECORD_URL_MAX 16384 /* bytes; longer ones are cut, and said to be */

/* Prints the members `url` and, when it was cut, `url_cut`; nothing for an empty URL. */
void record_print_url(struct json *j, struct slice url, enum audit_query choice);

#endif
