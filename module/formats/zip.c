/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/rows.h"

static const char *const zip_types[] = { NULL };

const struct format format_zip = { .name = "zip", .title = "zip", .reads = "nothing yet", .types = zip_types };
