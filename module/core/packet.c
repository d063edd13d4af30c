/* SPDX-License-Identifier: Apache-2.0 */
#include "core/packet.h"

const char *packet_kind_name(enum packet_kind k)
{
    static const char *const names[PACKET_KIND_COUNT] = {
        [PACKET_XMP] = "xmp", [PACKET_C2PA] = "c2pa", [PACKET_IIM] = "iim",
        [PACKET_OPF] = "opf", [PACKET_RSL] = "rsl",   [PACKET_FEED] = "feed",
        [PACKET_JSON_FEED] = "json-feed", [PACKET_TEXT] = "text",
    };
    return (unsigned)k < PACKET_KIND_COUNT ? names[k] : "?";
}

const uint32_t packet_max[PACKET_KIND_COUNT] = {
    [PACKET_XMP] = PACKET_XMP_MAX, [PACKET_C2PA] = PACKET_C2PA_MAX,
    [PACKET_IIM] = PACKET_IIM_MAX, [PACKET_OPF] = PACKET_OPF_MAX,
    [PACKET_RSL] = PACKET_RSL_MAX, [PACKET_FEED] = PACKET_FEED_MAX,
    [PACKET_JSON_FEED] = PACKET_JSON_FEED_MAX, [PACKET_TEXT] = PACKET_TEXT_MAX,
};
