/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/rows.h"

static const char *const png_types[] = { NULL };

const struct format format_png = { .name = "png", .title = "png", .reads = "nothing yet", .types = png_types };
