/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_segment_index.c - any bytes as the index of a segment: none, or one that answers. With
 * its sum set right, so that what is behind it is reached. */
#include "answers/segment_index.h"
#include "answers/segment_index_internal.h"

#include <stdlib.h>
#include <zlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct domains *domains;
static struct question *question;

static void make_question(void)
{
    static const char *const values[ASKED_KINDS] = {
        "a.example", "b.example", "https://a.example/x", "https://b.example/", "clear", "pass", "tdmrep",
        "html", "train", "unread", "01KAV9FT3V85Q1245GQ713XPNX", "01KAV9FT3V85Q1245GQ713XPNX",
    };
    domains = domains_new();
    question = question_new(domains);
    for (unsigned kind = 0; kind < ASKED_KINDS; kind++)
        if (question_add(question, (enum asked)kind, slice_cstr(values[kind])) != OPTOUT_OK)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!domains)
        make_question();
    segment_index_free(segment_index_parse(slice_of(data, size), 1, 2, 3));
    if (size < INDEX_HEAD + INDEX_TAIL)
        return 0;
    uint8_t *copy = malloc(size);
    if (!copy)
        return 0;
    memcpy(copy, data, size);
    put_number(copy + size - INDEX_TAIL, crc32(0, copy, (uInt)(size - INDEX_TAIL)), 4);
    struct segment_index *ix =
        segment_index_parse(slice_of(copy, size), get_number(copy + AT_SIZE, 8),
                            (int64_t)get_number(copy + AT_SECONDS, 8),
                            (int64_t)get_number(copy + AT_NANOSECONDS, 8));
    if (ix) {
        (void)segment_index_may_have(ix, question);
        (void)segment_index_may_have_ids(ix, SLICE_OF("00000000000000000000000000"),
                                         SLICE_OF("01KAV9FT3V85Q1245GQ713XPNX"));
    }
    segment_index_free(ix);
    free(copy);
    return 0;
}
