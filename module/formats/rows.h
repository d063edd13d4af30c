/* SPDX-License-Identifier: Apache-2.0 */
/* rows.h - the rows of the formats that core/format_list.h lists. */
#ifndef OPTOUT_FORMATS_ROWS_H
#define OPTOUT_FORMATS_ROWS_H

#include "core/format_list.h"
#include "formats/format.h"

#define FORMAT_DECLARE(name) extern const struct format format_##name;
FORMAT_ROWS(FORMAT_DECLARE)
#undef FORMAT_DECLARE

#endif
