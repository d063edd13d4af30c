/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/rows.h"

static const char *const mp4_types[] = { NULL };

const struct format format_mp4 = { .name = "mp4", .title = "mp4", .reads = "nothing yet", .types = mp4_types };
