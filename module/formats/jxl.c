/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/rows.h"

static const char *const jxl_types[] = { NULL };

const struct format format_jxl = { .name = "jxl", .title = "jxl", .reads = "nothing yet", .types = jxl_types };
