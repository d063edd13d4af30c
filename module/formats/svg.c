/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/rows.h"

static const char *const svg_types[] = { NULL };

const struct format format_svg = { .name = "svg", .title = "svg", .reads = "nothing yet", .types = svg_types };

static const char *const svgz_types[] = { NULL };

const struct format format_svgz = { .name = "svgz", .title = "svgz", .reads = "nothing yet", .types = svgz_types };
