/* SPDX-License-Identifier: Apache-2.0 */
/* wrapped.h - calls that fail on demand: the linker leads those of the library through whoever
 * includes this (-Wl,--wrap, lists in tests/wrapped.mk). Which of them fail the includer says:
 *
 *     static bool call_fails(const char *name);
 *
 * Here are memory and what other libraries take some for: what parsers meet. */
#ifndef OPTOUT_TESTS_WRAPPED_H
#define OPTOUT_TESTS_WRAPPED_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static bool call_fails(const char *name);

#define WRAPPED(type, name, parameters, arguments, failed)                \
    type __real_##name parameters;                                        \
    __attribute__((visibility("default"))) type __wrap_##name parameters; \
    type __wrap_##name parameters                                         \
    {                                                                     \
        return call_fails(#name) ? failed : __real_##name arguments;      \
    }

WRAPPED(void *, malloc, (size_t n), (n), (errno = ENOMEM, NULL))
WRAPPED(void *, calloc, (size_t n, size_t size), (n, size), (errno = ENOMEM, NULL))
WRAPPED(void *, realloc, (void *p, size_t n), (p, n), (errno = ENOMEM, NULL))

#endif
