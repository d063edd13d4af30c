/* SPDX-License-Identifier: Apache-2.0 */
/* probe_clock.c - whether somebody keeps this machine's clock. */
#include "doctor/doctor.h"

#include <sys/timex.h>

/* In a container or beneath a hypervisor that sets it, the kernel does not know, so this is no
 * more than worth knowing. */
void probe_clock(struct doctor *d)
{
    struct timex t = { .modes = 0 };
    if (adjtimex(&t) < 0 || (t.status & STA_UNSYNC))
        findings_add(d->findings, FOUND_CLOCK_OFF, FINDING_NOTICE,
                     "the kernel does not know that anybody synchronizes its clock", NULL, NULL);
    else
        findings_ok(d->findings, FOUND_CLOCK_OFF, "synchronized, within %ld ms",
                    t.maxerror / 1000);
}
