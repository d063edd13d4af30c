/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/rows.h"

static const char *const heif_types[] = { NULL };

const struct format format_heif = { .name = "heif", .title = "heif", .reads = "nothing yet", .types = heif_types };
