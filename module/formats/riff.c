/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/rows.h"

static const char *const webp_types[] = { NULL };

const struct format format_webp = { .name = "webp", .title = "webp", .reads = "nothing yet", .types = webp_types };

static const char *const wav_types[] = { NULL };

const struct format format_wav = { .name = "wav", .title = "wav", .reads = "nothing yet", .types = wav_types };

static const char *const avi_types[] = { NULL };

const struct format format_avi = { .name = "avi", .title = "avi", .reads = "nothing yet", .types = avi_types };
