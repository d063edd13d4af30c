/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/rows.h"

static const char *const ogg_types[] = { NULL };

const struct format format_ogg = { .name = "ogg", .title = "ogg", .reads = "nothing yet", .types = ogg_types };
