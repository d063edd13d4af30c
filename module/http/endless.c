/* SPDX-License-Identifier: Apache-2.0 */
#include "http/endless.h"

#include "http/media_type.h"

/* Server-sent events (HTML section 9.2), streams of JSON values (RFC 7464, RFC 8142, and what
 * is written without a specification), pictures that replace each other. */
static bool is_stream_type(struct slice type)
{
    static const char *const types[] = {
        "text/event-stream",        "application/x-ndjson",     "application/ndjson",
        "application/x-jsonlines",  "application/jsonlines",    "application/jsonl",
        "application/x-json-stream", "application/stream+json", "application/json-seq",
        "application/geo+json-seq", "application/json+stream",  "multipart/x-mixed-replace",
        NULL
    };
    for (size_t i = 0; types[i]; i++)
        if (slice_eq_nocase(type, slice_cstr(types[i])))
            return true;
    return false;
}

static bool is_sound_or_film(struct slice type)
{
    static const struct slice audio = SLICE("audio/"), video = SLICE("video/");
    return slice_starts_nocase(type, audio) || slice_starts_nocase(type, video) ||
           slice_eq_nocase(type, SLICE_OF("application/ogg"));
}

/* SHOUTcast and Icecast name the station in fields of their own. */
static bool is_broadcast(const struct headers *h)
{
    static const struct slice icy = SLICE("icy-"), ice = SLICE("ice-"), icecast = SLICE("icecast"),
                              shoutcast = SLICE("shoutcast");
    for (size_t i = 0; i < h->n; i++) {
        const struct header *f = &h->v[i];
        if (slice_starts_nocase(f->name, icy) || slice_starts_nocase(f->name, ice))
            return true;
        if (slice_eq_nocase(f->name, SLICE_OF("server")) &&
            (slice_starts_nocase(f->value, icecast) || slice_starts_nocase(f->value, shoutcast)))
            return true;
    }
    return false;
}

bool exchange_is_endless(const struct exchange *x)
{
    if (!x->has_body || exchange_content_length(x) >= 0)
        return false;
    const struct header *h = headers_find(&x->response, "content-type");
    struct slice type = media_type_parse(h ? h->value : SLICE_EMPTY).essence;
    return is_stream_type(type) || (is_sound_or_film(type) && is_broadcast(&x->response));
}
