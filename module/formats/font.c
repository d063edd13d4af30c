/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/rows.h"

static const char *const font_types[] = { NULL };

const struct format format_font = { .name = "font", .title = "font", .reads = "nothing yet", .types = font_types };
