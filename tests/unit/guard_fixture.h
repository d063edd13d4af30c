/* SPDX-License-Identifier: Apache-2.0 */
/* guard_fixture.h - the store's handlers of faults stay where a test opens stores: cmocka
 * puts its own in their place before each case, and the store installs its once. */
#ifndef OPTOUT_TESTS_GUARD_FIXTURE_H
#define OPTOUT_TESTS_GUARD_FIXTURE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

/* After each store_open, before there are threads. */
static inline void keep_store_guard(void)
{
    static const int faults[] = { SIGBUS, SIGSEGV };
    static struct sigaction of_store[2];
    static bool known;
    for (size_t i = 0; i < 2; i++)
        sigaction(faults[i], known ? &of_store[i] : NULL, known ? NULL : &of_store[i]);
    known = true;
}

#endif
