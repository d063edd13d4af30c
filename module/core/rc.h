/* SPDX-License-Identifier: Apache-2.0 */
/* rc.h - the one result type of every function that can fail.
 *
 * Unknown, absent and truncated are values of their own types, never errors;
 * an error here says only why a piece of work could not be finished. */
#ifndef OPTOUT_CORE_RC_H
#define OPTOUT_CORE_RC_H

enum optout_rc {
    OPTOUT_OK = 0,
    OPTOUT_MORE = 1,      /* fed all there is, more bytes are wanted */
    OPTOUT_DONE = 2,      /* no later byte can change the result */
    OPTOUT_E_SYNTAX = -1, /* the input breaks its grammar */
    OPTOUT_E_LIMIT = -2,  /* a stated limit was reached */
    OPTOUT_E_NOMEM = -3,  /* memory, or an arena's share of it, is used up */
    OPTOUT_E_UNSUP = -4,  /* well-formed but of a kind we do not read */
    OPTOUT_E_IO = -5      /* the operating system refused; errno says why */
};

/* A result that is dropped is a bug: the compiler says so. */
#define OPTOUT_CHECKED __attribute__((warn_unused_result))

#endif
