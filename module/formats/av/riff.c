/* SPDX-License-Identifier: Apache-2.0 */
/* riff.c - WebP, WAV (BWF, RF64, BW64) and AVI: the chunks that hold metadata.
 *
 * RFC 9649 (WebP); EBU Tech 3285 (BWF), 3306 (RF64), ITU-R BS.2088 (BW64); OpenDML AVI 1.02;
 * ISO 16684-3 (XMP in "_PMX"); C2PA 2.4, "RIFF". XMP that a VP8X header announces and
 * that never comes was not read. "JUNQ" holds what an XMP packet was before, and is skipped.
 *
 * Limits: those of iff.c. */
#include "formats/parts/iff.h"
#include "formats/rows.h"

static const struct iff_chunk riff_chunks[] = {
    { "XMP ", IFF_PACKET, PACKET_XMP, "", "XMP chunk" },
    { "XMP\0", IFF_PACKET, PACKET_XMP, "", "XMP chunk, id wrong" },
    { "_PMX", IFF_PACKET, PACKET_XMP, "", "_PMX chunk" },
    { "C2PA", IFF_PACKET, PACKET_C2PA, "", "C2PA chunk" },
    { "EXIF", IFF_EXIF, PACKET_TEXT, "", "EXIF chunk" },
    { "id3 ", IFF_ID3, PACKET_TEXT, "", "id3 chunk" },
    { "ID3 ", IFF_ID3, PACKET_TEXT, "", "ID3 chunk" },
    { "LIST", IFF_LIST, PACKET_TEXT, "INFO", "LIST INFO" },
    { "ICOP", IFF_TEXT, PACKET_TEXT, "", "LIST INFO" },
    { "ds64", IFF_SIZES, PACKET_TEXT, "", "ds64 chunk" },
    { "data", IFF_MEDIA, PACKET_TEXT, "", "" },
    /* so that they are known when a pad byte is missing */
    { "JUNQ", IFF_SKIP, PACKET_TEXT, "", "" },
    { "JUNK", IFF_SKIP, PACKET_TEXT, "", "" },
    { "VP8X", IFF_VP8X, PACKET_TEXT, "", "VP8X chunk" },
    { "VP8 ", IFF_SKIP, PACKET_TEXT, "", "" },
    { "VP8L", IFF_SKIP, PACKET_TEXT, "", "" },
    { "ALPH", IFF_SKIP, PACKET_TEXT, "", "" },
    { "ICCP", IFF_SKIP, PACKET_TEXT, "", "" },
    { "ANIM", IFF_SKIP, PACKET_TEXT, "", "" },
    { "ANMF", IFF_SKIP, PACKET_TEXT, "", "" },
    { "fmt ", IFF_SKIP, PACKET_TEXT, "", "" },
    { "fact", IFF_SKIP, PACKET_TEXT, "", "" },
    { "bext", IFF_SKIP, PACKET_TEXT, "", "" },
    { "iXML", IFF_SKIP, PACKET_TEXT, "", "" },
    { "axml", IFF_SKIP, PACKET_TEXT, "", "" },
    { "cue ", IFF_SKIP, PACKET_TEXT, "", "" },
    { "idx1", IFF_SKIP, PACKET_TEXT, "", "" },
};

#define N_CHUNKS (sizeof riff_chunks / sizeof *riff_chunks)

static const struct iff_kind riff = { riff_chunks, N_CHUNKS, false, false };
static const struct iff_kind riff_and_more = { riff_chunks, N_CHUNKS, false, true };

static bool is_form(struct slice head, const char *id, const char *form)
{
    return head.n >= 12 && !memcmp(head.p, id, 4) && !memcmp(head.p + 8, form, 4);
}

static bool webp_sniff(struct slice head)
{
    return is_form(head, "RIFF", "WEBP");
}

static bool wav_sniff(struct slice head)
{
    return is_form(head, "RIFF", "WAVE") || is_form(head, "RF64", "WAVE") ||
           is_form(head, "BW64", "WAVE");
}

static bool avi_sniff(struct slice head)
{
    return is_form(head, "RIFF", "AVI ");
}

static void *riff_open(const struct format_env *env)
{
    return iff_open(env, &riff);
}

static void *avi_open(const struct format_env *env)
{
    return iff_open(env, &riff_and_more);
}

static const char *const webp_types[] = { "image/webp", NULL };

const struct format format_webp = {
    .name = "webp",
    .title = "WebP",
    .reads = "XMP, C2PA and EXIF chunks, to the end of the RIFF chunk, and chunks behind it; "
             "pictures are skipped",
    .types = webp_types,
    .sniff = webp_sniff,
    .to_end = true,
    .open = riff_open,
    .feed = iff_feed,
    .end = iff_end,
};

static const char *const wav_types[] = {
    "audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave", NULL,
};

const struct format format_wav = {
    .name = "wav",
    .title = "WAV, Broadcast WAV, RF64, BW64",
    .reads = "XMP (_PMX), C2PA and ID3 chunks and the copyright of LIST INFO, to the end of the "
             "RIFF chunk, and chunks behind it; sound is skipped",
    .types = wav_types,
    .sniff = wav_sniff,
    .to_end = true,
    .open = riff_open,
    .feed = iff_feed,
    .end = iff_end,
};

static const char *const avi_types[] = {
    "video/x-msvideo", "video/avi", "video/msvideo", "video/vnd.avi", NULL,
};

const struct format format_avi = {
    .name = "avi",
    .title = "AVI",
    .reads = "XMP (_PMX) and C2PA chunks and the copyright of LIST INFO, to the end of the last "
             "RIFF chunk, and chunks behind it; sound and pictures are skipped",
    .types = avi_types,
    .sniff = avi_sniff,
    .to_end = true,
    .open = avi_open,
    .feed = iff_feed,
    .end = iff_end,
};
