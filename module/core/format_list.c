/* SPDX-License-Identifier: Apache-2.0 */
#include "core/format_list.h"

#define NAME(name) #name,
const char *const format_names[FORMATS_COUNT] = { FORMAT_ROWS(NAME) };
