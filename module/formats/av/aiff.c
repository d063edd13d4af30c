/* SPDX-License-Identifier: Apache-2.0 */
/* aiff.c - AIFF and AIFF-C: the chunks that hold metadata.
 *
 * Apple "Audio Interchange File Format AIFF-C" (1991); ISO 16684-3 (XMP in an APPL chunk of
 * type "XMP "); the chunk "ID3 " is by usage. C2PA 2.4 knows no place in AIFF.
 *
 * Limits: those of iff.c. */
#include "formats/parts/iff.h"
#include "formats/rows.h"

static const struct iff_chunk aiff_chunks[] = {
    { "APPL", IFF_TYPED, PACKET_XMP, "XMP ", "APPL chunk" },
    { "ID3 ", IFF_ID3, PACKET_TEXT, "", "ID3 chunk" },
    { "id3 ", IFF_ID3, PACKET_TEXT, "", "id3 chunk" },
    { "(c) ", IFF_TEXT, PACKET_TEXT, "", "(c) chunk" },
    { "ANNO", IFF_TEXT, PACKET_TEXT, "", "ANNO chunk" },
    { "SSND", IFF_MEDIA, PACKET_TEXT, "", "" },
    /* so that they are known when a pad byte is missing */
    { "COMM", IFF_SKIP, PACKET_TEXT, "", "" },
    { "FVER", IFF_SKIP, PACKET_TEXT, "", "" },
    { "NAME", IFF_SKIP, PACKET_TEXT, "", "" },
    { "AUTH", IFF_SKIP, PACKET_TEXT, "", "" },
    { "MARK", IFF_SKIP, PACKET_TEXT, "", "" },
    { "COMT", IFF_SKIP, PACKET_TEXT, "", "" },
};

static const struct iff_kind aiff = {
    aiff_chunks, sizeof aiff_chunks / sizeof *aiff_chunks, true, false,
};

static bool aiff_sniff(struct slice head)
{
    return head.n >= 12 && !memcmp(head.p, "FORM", 4) &&
           (!memcmp(head.p + 8, "AIFF", 4) || !memcmp(head.p + 8, "AIFC", 4));
}

static void *aiff_open(const struct format_env *env)
{
    return iff_open(env, &aiff);
}

static const char *const aiff_types[] = { "audio/aiff", "audio/x-aiff", NULL };

const struct format format_aiff = {
    .name = "aiff",
    .title = "AIFF, AIFF-C",
    .reads = "XMP (APPL) and ID3 chunks, copyright and annotation texts, to the end of the FORM "
             "chunk, and chunks behind it; sound is skipped",
    .types = aiff_types,
    .sniff = aiff_sniff,
    .to_end = true,
    .open = aiff_open,
    .feed = iff_feed,
    .end = iff_end,
};
