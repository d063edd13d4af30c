/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/rows.h"

static const char *const aiff_types[] = { NULL };

const struct format format_aiff = { .name = "aiff", .title = "aiff", .reads = "nothing yet", .types = aiff_types };
