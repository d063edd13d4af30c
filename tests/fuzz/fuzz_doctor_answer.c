/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_doctor_answer.c - an answer of HTTP or ICAP, whole and in pieces: the same comes of it, within
 * its limits. The first byte says how large the pieces are, and whether a body is awaited. */
#include "doctor/answer.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum optout_rc feed(struct answer *a, struct slice bytes, size_t step)
{
    enum optout_rc rc = OPTOUT_MORE;
    for (; bytes.n && rc == OPTOUT_MORE; bytes = slice_from(bytes, step))
        rc = answer_feed(a, slice_sub(bytes, 0, step));
    return rc == OPTOUT_MORE ? answer_end(a) : rc;
}

static void check(bool good)
{
    if (!good)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct answer whole, parts;
    if (size == 0)
        return 0;
    struct slice bytes = slice_of(data + 1, size - 1);
    bool no_body = data[0] & 1;
    answer_init(&whole, no_body);
    answer_init(&parts, no_body);
    enum optout_rc rc = feed(&whole, bytes, SIZE_MAX);
    check(feed(&parts, bytes, (size_t)(data[0] >> 1) + 1) == rc);
    check(whole.whole == parts.whole && whole.whole == (rc == OPTOUT_DONE));
    check(rc == OPTOUT_DONE || rc < OPTOUT_OK);
    check(whole.head.n <= ANSWER_HEAD_MAX && whole.body_n <= ANSWER_BODY_MAX);
    check(whole.body.n <= whole.body_n && whole.body.n <= ANSWER_KEPT_MAX);
    if (rc == OPTOUT_DONE) {
        check(whole.status == parts.status && whole.body_n == parts.body_n);
        check(slice_eq(buf_slice(&whole.body), buf_slice(&parts.body)));
        check(whole.status >= 200 || whole.status == 101);
        struct slice field = answer_field(&whole, "preview");
        check(field.n <= whole.head.n);
    }
    answer_free(&whole);
    answer_free(&parts);
    return 0;
}
