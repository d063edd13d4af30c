/* SPDX-License-Identifier: Apache-2.0 */
#include "answers/figures.h"

#include "core/clock.h"

static const char *const figure_names[FIGURE_COUNT] = {
#define FIGURE_NAME(id, name) name,
    FIGURES(FIGURE_NAME)
#undef FIGURE_NAME
};

const char *figure_name(enum figure f)
{
    return figure_names[f];
}

const char *modality_name(enum modality m)
{
    static const char *const names[MODE_COUNT] = { "text", "image", "audio", "video", "other" };
    return names[m];
}

/* What begins so, letters folded. The longer one stands first. */
static const struct {
    struct slice begin;
    enum modality modality;
} types[] = {
    { SLICE("text/"), MODE_TEXT },
    { SLICE("image/"), MODE_IMAGE },
    { SLICE("audio/"), MODE_AUDIO },
    { SLICE("video/"), MODE_VIDEO },
    { SLICE("application/xhtml+xml"), MODE_TEXT },
    { SLICE("application/pdf"), MODE_TEXT },
    { SLICE("application/epub+zip"), MODE_TEXT },
    { SLICE("application/json"), MODE_TEXT },
    { SLICE("application/ld+json"), MODE_TEXT },
    { SLICE("application/xml"), MODE_TEXT },
    { SLICE("application/rss+xml"), MODE_TEXT },
    { SLICE("application/atom+xml"), MODE_TEXT },
    { SLICE("application/rtf"), MODE_TEXT },
    { SLICE("application/msword"), MODE_TEXT },
    { SLICE("application/vnd.openxmlformats-officedocument."), MODE_TEXT },
    { SLICE("application/vnd.oasis.opendocument."), MODE_TEXT },
    { SLICE("application/postscript"), MODE_IMAGE },
    { SLICE("application/mp4"), MODE_VIDEO },
}, formats[] = {
    { SLICE("html"), MODE_TEXT }, { SLICE("pdf"), MODE_TEXT },   { SLICE("epub"), MODE_TEXT },
    { SLICE("text"), MODE_TEXT }, { SLICE("feed"), MODE_TEXT },  { SLICE("jpeg"), MODE_IMAGE },
    { SLICE("png"), MODE_IMAGE }, { SLICE("gif"), MODE_IMAGE },  { SLICE("webp"), MODE_IMAGE },
    { SLICE("tiff"), MODE_IMAGE }, { SLICE("heif"), MODE_IMAGE }, { SLICE("svg"), MODE_IMAGE },
    { SLICE("jxl"), MODE_IMAGE }, { SLICE("psd"), MODE_IMAGE },  { SLICE("mp3"), MODE_AUDIO },
    { SLICE("flac"), MODE_AUDIO }, { SLICE("ogg"), MODE_AUDIO }, { SLICE("wav"), MODE_AUDIO },
    { SLICE("mp4"), MODE_VIDEO }, { SLICE("avi"), MODE_VIDEO },
};

enum modality modality_of(const struct line_view *v)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (slice_starts_nocase(v->media_type, types[i].begin))
            return types[i].modality;
    for (size_t i = 0; i < sizeof formats / sizeof *formats && !v->media_type.n; i++)
        if (slice_starts_nocase(v->inspected, formats[i].begin))
            return formats[i].modality;
    return MODE_OTHER;
}

void figures_add(struct figures *to, const struct figures *more)
{
    for (size_t i = 0; i < FIGURE_COUNT; i++)
        to->of[i] += more->of[i];
}

/* Something of a work: neither an error page nor what a site says to crawlers. */
static bool is_content(const struct line_view *v)
{
    return !v->request && v->status >= 200 && v->status <= 299 && v->seen &&
           !slice_eq(v->inspected, SLICE_OF("site-file"));
}

/* A tag that restricts tells whoever fetched it not to use it. */
static bool may_be_kept(const struct line_view *v, bool tagged_kept)
{
    bool free = v->decision == SAID_CLEAR || v->decision == SAID_LICENSED;
    return is_content(v) && (v->action == DID_PASS ||
                             (v->action == DID_TAG && (free || tagged_kept)));
}

void figures_of(const struct line_view *v, bool tagged_kept, struct figures *out)
{
    bool refused = v->action == DID_BLOCK || v->action == DID_CUT;
    uint64_t announced = v->length > 0 ? (uint64_t)v->length : 0;
    *out = (struct figures){ { [F_RECORDS] = 1 } };
    if (v->decision != SAID_NONE)
        out->of[F_CLEAR + (v->decision - SAID_CLEAR)] = 1;
    if (v->action != DID_NONE)
        out->of[F_PASS + (v->action - DID_PASS)] = 1;
    out->of[F_WOULD] = v->monitor && (v->would == DID_BLOCK || v->would == DID_CUT);
    out->of[F_CONFLICTS] = v->conflicts != 0;
    out->of[F_RELEASED] = v->released;
    if (refused)
        out->of[F_REFUSED] = announced > v->seen ? announced : v->seen;
    if (v->request)
        return;
    out->of[F_READ] = v->seen != 0;
    out->of[F_FETCHED] = v->seen;
    out->of[F_DELIVERED] = refused ? 0 : v->seen;
    if (may_be_kept(v, tagged_kept)) {
        out->of[F_KEPT] = out->of[F_KEPT_TEXT + modality_of(v)] = v->seen;
        out->of[F_KEPT_RECORDS] = 1;
    }
}

void figures_json(struct json *j, const struct figures *f)
{
    for (unsigned i = 0; i < FIGURE_COUNT; i++)
        json_count(j, figure_name((enum figure)i), f->of[i]);
}

void figures_json_time(struct json *j, const char *key, int64_t ms)
{
    char text[CLOCK_TEXT];
    if (!ms) {
        json_nil(j, key);
        return;
    }
    clock_text(ms, text);
    json_str(j, key, text);
}
