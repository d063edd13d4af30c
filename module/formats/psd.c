/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/rows.h"

static const char *const psd_types[] = { NULL };

const struct format format_psd = { .name = "psd", .title = "psd", .reads = "nothing yet", .types = psd_types };
