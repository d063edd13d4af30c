/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_sound.c - any bytes as frames of sound: the answer does not depend on the pieces. */
#include "findings.h"
#include "formats/av/sound.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum optout_rc answer(struct slice body, size_t piece)
{
    struct arena arena;
    arena_init(&arena, 1u << 20, NULL, 0);
    struct sound *s = sound_open(&arena);
    enum optout_rc rc = OPTOUT_MORE;
    findings_require(s != NULL);
    for (; body.n && rc == OPTOUT_MORE; body = slice_from(body, piece))
        rc = sound_feed(s, slice_sub(body, 0, piece));
    if (rc == OPTOUT_MORE)
        rc = sound_end(s);
    findings_require(rc == OPTOUT_DONE || rc == OPTOUT_OK || rc == OPTOUT_E_SYNTAX);
    arena_reset(&arena);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice body = slice_of(data, size);
    enum optout_rc whole = answer(body, SIZE_MAX);
    findings_require(whole == answer(body, 1) && whole == answer(body, 7));
    return 0;
}
