/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/rows.h"

static const char *const text_types[] = { NULL };

const struct format format_text = { .name = "text", .title = "text", .reads = "nothing yet", .types = text_types };
