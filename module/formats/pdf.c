/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/rows.h"

static const char *const pdf_types[] = { NULL };

const struct format format_pdf = { .name = "pdf", .title = "pdf", .reads = "nothing yet", .types = pdf_types };
