/* SPDX-License-Identifier: Apache-2.0 */
/* icap_options.h - asks an ICAP service for its OPTIONS (RFC 3507 section 4.10). */
#ifndef OPTOUT_DOCTOR_ICAP_OPTIONS_H
#define OPTOUT_DOCTOR_ICAP_OPTIONS_H

#include "doctor/answer.h"
#include "doctor/wire.h"

#define ICAP_PORT 1344

struct icap_url {
    struct wire_place at;
    char path[1024]; /* "/optout?profile=training" */
};

bool icap_url_read(const char *url, struct icap_url *out);
/* False: nobody answers, or in no ICAP; errno or `timed_out` says why. Free the answer in
 * either case. */
bool icap_options(const struct icap_url *to, uint64_t end_us, struct answer *a,
                  bool *timed_out) OPTOUT_CHECKED;

#endif
