/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_loose_tags.c - any text as tags: each lies inside of it, and behind the one before. */
#include "findings.h"
#include "metadata/loose_tags.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require_inside(struct slice part, struct slice whole)
{
    findings_require(part.n == 0 ||
                     (part.p >= whole.p && part.p + part.n <= whole.p + whole.n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice s = slice_of(data, size);
    struct loose_tag t;
    size_t before = 0;
    for (size_t at = 0; loose_tag_next(s, &at, &t); before = at) {
        findings_require(at > before && at <= size);
        require_inside(t.prefix, s);
        require_inside(t.name, s);
        require_inside(t.inside, s);
        require_inside(t.text, s);
        require_inside(loose_tag_attr(&t, "property"), t.inside);
    }
    return 0;
}
