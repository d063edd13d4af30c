/* SPDX-License-Identifier: Apache-2.0 */
/* feed.c - RSS and Atom: all of it is one packet, which metadata/feed.c reads.
 *
 * RSS 0.90, 0.91, 1.0, 2.0; RFC 4287. They are told by their root, whatever type they come
 * with. */
#include "formats/rows.h"
#include "syntax/unicode.h"
#include "syntax/xml_sax.h"

struct feed_file {
    const struct format_env *env;
    unsigned handle; /* of the packet; 0: nobody wants it, or no more of it */
    bool begun;
};

static void *feed_file_open(const struct format_env *env)
{
    struct feed_file *f = arena_alloc(env->arena, sizeof *f);
    if (f)
        f->env = env;
    return f;
}

static enum optout_rc feed_file_feed(void *state, struct slice bytes)
{
    struct feed_file *f = state;
    const struct packet_sink *out = f->env->out;
    if (!f->begun) {
        struct packet p = { .kind = PACKET_FEED, .role = PACKET_MAIN, .where = SLICE("feed") };
        f->handle = out->begin(out->ctx, &p);
        f->begun = true;
    }
    if (f->handle && !out->bytes(out->ctx, f->handle, bytes))
        f->handle = 0;
    return f->handle ? OPTOUT_MORE : OPTOUT_DONE;
}

static enum optout_rc feed_file_end(void *state)
{
    struct feed_file *f = state;
    if (f->handle)
        f->env->out->end(f->env->out->ctx, f->handle, PACKET_WHOLE);
    return OPTOUT_DONE;
}

/* ---- the root ---- */

static bool begins(struct slice s, const char *what)
{
    return slice_eq(slice_sub(s, 0, strlen(what)), slice_cstr(what));
}

static bool holds(struct slice s, const char *what)
{
    return slice_find_nocase(s, slice_cstr(what)) < s.n;
}

static struct slice skip_blank(struct slice s)
{
    while (s.n && ascii_is_space(s.p[0]))
        s = slice_from(s, 1);
    return s;
}

/* Behind instructions, comments and a document type without declarations of its own. */
static struct slice skip_prolog(struct slice s)
{
    s = skip_blank(slice_skip_bom(s));
    while (begins(s, "<?") || begins(s, "<!")) {
        struct slice end = begins(s, "<?")      ? SLICE_OF("?>")
                           : begins(s, "<!--") ? SLICE_OF("-->")
                                               : SLICE_OF(">");
        s = skip_blank(slice_from(s, slice_find_nocase(s, end) + end.n));
    }
    return s;
}

static bool feed_file_sniff(struct slice head)
{
    uint8_t text[2 * FORMAT_SNIFF + UNICODE_OUT_MAX];
    bool prefixed;
    struct slice all = unicode_head(slice_sub(head, 0, FORMAT_SNIFF), text, sizeof text);
    struct slice root = skip_prolog(all);
    if (!slice_begins(root, '<'))
        return false;
    struct slice name = xml_tag_name(root, &prefixed);
    if (slice_eq_nocase(name, SLICE_OF("RDF")))
        return holds(root, "purl.org/rss/1.0") || holds(root, "my.netscape.com/rdf/simple");
    return (slice_eq_nocase(name, SLICE_OF("rss")) && !prefixed) ||
           slice_eq(name, SLICE_OF("feed"));
}

static const char *const feed_types[] = {
    "application/rss+xml", "application/atom+xml", "application/x-rss+xml", NULL,
};

const struct format format_feed = {
    .name = "feed",
    .title = "RSS and Atom",
    .reads = "rights, licences, RSL and TDMRep of the feed and of its items, to the end, up to "
             "32 MiB",
    .types = feed_types,
    .sniff = feed_file_sniff,
    .to_end = true,
    .open = feed_file_open,
    .feed = feed_file_feed,
    .end = feed_file_end,
};
