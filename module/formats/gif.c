/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/rows.h"

static const char *const gif_types[] = { NULL };

const struct format format_gif = { .name = "gif", .title = "gif", .reads = "nothing yet", .types = gif_types };
