/* SPDX-License-Identifier: Apache-2.0 */
/* json_feed.c - JSON Feed 1.0 and 1.1: all of it is one packet, which metadata/json_feed.c
 * reads.
 *
 * It is told by the URL of its version, which the specification wants at its very top. */
#include "formats/rows.h"

struct json_feed_file {
    const struct format_env *env;
    unsigned handle; /* of the packet; 0: nobody wants it, or no more of it */
    bool begun;
};

static void *json_feed_open(const struct format_env *env)
{
    struct json_feed_file *f = arena_alloc(env->arena, sizeof *f);
    if (f)
        f->env = env;
    return f;
}

static enum optout_rc json_feed_feed(void *state, struct slice bytes)
{
    struct json_feed_file *f = state;
    const struct packet_sink *out = f->env->out;
    if (!f->begun) {
        struct packet p = { .kind = PACKET_JSON_FEED, .role = PACKET_MAIN, .where = SLICE("feed") };
        f->handle = out->begin(out->ctx, &p);
        f->begun = true;
    }
    if (f->handle && !out->bytes(out->ctx, f->handle, bytes))
        f->handle = 0;
    return f->handle ? OPTOUT_MORE : OPTOUT_DONE;
}

static enum optout_rc json_feed_end(void *state)
{
    struct json_feed_file *f = state;
    if (f->handle)
        f->env->out->end(f->env->out->ctx, f->handle, PACKET_WHOLE);
    return OPTOUT_DONE;
}

/* Slashes may be escaped. */
static bool json_feed_sniff(struct slice head)
{
    static const struct slice plain = SLICE("//jsonfeed.org/version/"),
                              www = SLICE("//www.jsonfeed.org/version/"),
                              escaped = SLICE("jsonfeed.org\\/version\\/");
    struct slice text = slice_trim_space(slice_skip_bom(head));
    return slice_begins(text, '{') &&
           (slice_find_nocase(text, plain) < text.n || slice_find_nocase(text, www) < text.n ||
            slice_find_nocase(text, escaped) < text.n);
}

static const char *const json_feed_types[] = { "application/feed+json", NULL };

const struct format format_jsonfeed = {
    .name = "jsonfeed",
    .title = "JSON Feed",
    .reads = "rights, licences and TDMRep of the feed and of its items, to the end, up to 4 MiB",
    .types = json_feed_types,
    .sniff = json_feed_sniff,
    .to_end = true,
    .open = json_feed_open,
    .feed = json_feed_feed,
    .end = json_feed_end,
};
