/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_exif.c - any block: at most one packet of each field, inside of its limits. */
#include "findings.h"
#include "formats/parts/exif.h"

#define FIELDS 5 /* four texts and XMP */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct findings f = { .n = 0 };
    f.sink = (struct packet_sink){ findings_begin, findings_bytes, findings_end, findings_role,
                                   &f };
    arena_init(&f.arena, 64u << 10, NULL, 0);
    struct format_env env = { .arena = &f.arena, .out = &f.sink, .length = UINT64_MAX };
    exif_read(&env, PACKET_MAIN, SLICE_OF("APP1 segment 1"), 100, slice_of(data, size));
    findings_require(f.n <= FIELDS && f.open == 0);
    for (size_t i = 0; i < f.n; i++) {
        size_t max = f.v[i].packet.kind == PACKET_XMP ? EXIF_MAX : PACKET_TEXT_MAX;
        findings_require(f.v[i].bytes.n <= max);
        buf_free(&f.v[i].bytes);
    }
    arena_reset(&f.arena);
    return 0;
}
