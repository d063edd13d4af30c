/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/rows.h"

static const char *const jpeg_types[] = { NULL };

const struct format format_jpeg = { .name = "jpeg", .title = "jpeg", .reads = "nothing yet", .types = jpeg_types };
