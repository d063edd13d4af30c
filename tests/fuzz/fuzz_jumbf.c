/* SPDX-License-Identifier: Apache-2.0 */
/* Boxes, and manifest stores that are files of their own. */
#include "findings.h"
#include "metadata/jumbf.h"

#include <stdio.h>

static enum optout_rc on_open(void *ctx, const struct jumbf_superbox *s, enum jumbf_want *want,
                              size_t *keep_max)
{
    unsigned *log = ctx;
    findings_require(s->depth >= 1 && s->depth <= JUMBF_DEPTH_MAX);
    findings_require(s->depth == log[0] + 1 && s->label.n <= JUMBF_LABEL_MAX);
    log[0]++;
    log[1] = log[1] * 31 + s->uuid[0] + (unsigned)s->label.n + (unsigned)s->offset;
    *want = (enum jumbf_want)(s->uuid[3] % 4);
    *keep_max = 1000;
    return OPTOUT_OK;
}

static enum optout_rc on_content(void *ctx, const uint8_t type[4], struct slice bytes, bool cut)
{
    unsigned *log = ctx;
    findings_require(bytes.n <= 1000 && log[0]);
    for (size_t i = 0; i < bytes.n; i++)
        log[1] = log[1] * 31 + bytes.p[i];
    log[1] = log[1] * 31 + type[0] + cut;
    return OPTOUT_OK;
}

static enum optout_rc on_close(void *ctx, unsigned depth, bool whole, const uint8_t *sha256)
{
    unsigned *log = ctx;
    findings_require(depth == log[0]);
    log[0]--;
    log[1] = log[1] * 31 + whole + (sha256 ? sha256[0] + 7u : 0);
    return OPTOUT_OK;
}

static enum optout_rc walk(const uint8_t *data, size_t size, size_t piece, unsigned log[2])
{
    static const struct jumbf_events events = { on_open, on_content, on_close };
    struct arena a;
    arena_init(&a, 1u << 20, NULL, 0);
    struct jumbf *j = jumbf_open(&a, &events, log);
    findings_require(j);
    for (size_t at = 0; at < size; at += piece) {
        size_t n = size - at < piece ? size - at : piece;
        if (jumbf_feed(j, slice_of(data + at, n)) != OPTOUT_MORE)
            break;
    }
    enum optout_rc rc = jumbf_end(j);
    findings_require(log[0] == 0);
    arena_reset(&a);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned whole[2] = { 0, 0 }, bytes[2] = { 0, 0 };
    enum optout_rc rc = walk(data, size, size + 1, whole);
    findings_require(walk(data, size, 1, bytes) == rc);
    findings_require(whole[1] == bytes[1]);
    return 0;
}
