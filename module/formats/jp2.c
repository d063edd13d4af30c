/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/rows.h"

static const char *const jp2_types[] = { NULL };

const struct format format_jp2 = { .name = "jp2", .title = "jp2", .reads = "nothing yet", .types = jp2_types };
