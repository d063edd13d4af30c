/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/rows.h"

static const char *const tiff_types[] = { NULL };

const struct format format_tiff = { .name = "tiff", .title = "tiff", .reads = "nothing yet", .types = tiff_types };
