/* SPDX-License-Identifier: Apache-2.0 */
/* json_ld.c - scripts of JSON-LD.
 *
 * JSON-LD 1.1 section 7 (in HTML), as it is met: contexts are not resolved, the usual prefixes
 * are known without one. Nodes are told apart by where they stand, their @type and their URL:
 * what is about another's work, a person or a shop is nobody's here; an image of the page is
 * that; what is about something else in the page is a part of it.
 *
 * Scripts that are no JSON are frequent (comments, a comma too many, line ends in strings, a
 * CDATA section or a comment of HTML around it, quotes as entities). They are mended, and then
 * deny only. What cannot be mended is searched for the names that matter: a plain value behind
 * one is read in the same way, another is a limit. A script in which none of the names stands
 * is not parsed at all, however broken it is.
 *
 * Limits: those of json_ld_text.h, VALUES_MAX values of one name, LOOSE_MAX names of a script that
 * cannot be mended. */
#include "standards/json_ld_text.h"
#include "standards/schema_org.h"

#include "http/url_path.h"
#include "standards/common.h"

#include <stdio.h>

#define VALUES_MAX 16
#define LOOSE_MAX 32

/* ---- values ---- */

static struct slice text_of(const json_t *j)
{
    return json_is_string(j) ? slice_of(json_string_value(j), json_string_length(j))
                             : SLICE_EMPTY;
}

static struct slice member_text(const json_t *object, const char *name)
{
    const json_t *j = json_object_get(object, name);
    if (json_is_array(j))
        j = json_array_get(j, 0);
    if (json_is_object(j))
        j = json_object_get(j, json_object_get(j, "@id") ? "@id" : "url");
    return text_of(j);
}

struct script {
    const struct schema_sink *to;
    bool flawed;
    struct slice ns, local; /* of the statement whose values are read */
    struct schema_place at;
};

static void put_text(const struct script *x, struct slice value)
{
    static const struct slice curie = SLICE("plus:");
    if (slice_starts_nocase(value, curie)) /* "plus:DMI-PROHIBITED" */
        value = slice_from(value, curie.n);
    schema_put(x->to, &x->at, x->ns, x->local, value);
}

/* Text, number, or a node: its value, its URL, its words. */
static void put_value(const struct script *x, const json_t *j)
{
    static const char *const members[] = { "@value", "@id", "url", "text", "name" };
    char number[24];
    if (json_is_string(j))
        put_text(x, text_of(j));
    if (json_is_integer(j)) {
        snprintf(number, sizeof number, "%lld", (long long)json_integer_value(j));
        put_text(x, slice_cstr(number));
    }
    for (size_t i = 0; json_is_object(j) && i < sizeof members / sizeof *members; i++) {
        struct slice value = text_of(json_object_get(j, members[i]));
        if (value.n == 0)
            continue;
        put_text(x, value);
        if (i == 0)
            return;
    }
}

static void put_values(const struct script *x, const json_t *j)
{
    size_t n = json_is_array(j) ? json_array_size(j) : 1;
    if (n > VALUES_MAX) {
        x->to->r->out->overflow = true;
        n = VALUES_MAX;
    }
    for (size_t i = 0; i < n; i++)
        put_value(x, json_is_array(j) ? json_array_get(j, i) : j);
}

/* ---- nodes ---- */

static bool type_has(const json_t *node, const char *const *words)
{
    const json_t *type = json_object_get(node, "@type");
    size_t n = json_is_array(type) ? json_array_size(type) : 1;
    for (size_t i = 0; i < n && i < VALUES_MAX; i++) {
        struct slice t = text_of(json_is_array(type) ? json_array_get(type, i) : type);
        for (const char *const *w = words; *w; w++)
            if (slice_find_nocase(t, slice_cstr(*w)) < t.n)
                return true;
    }
    return false;
}

static const char *const images[] = { "ImageObject", "Photograph", NULL };
static const char *const media[] = { "VideoObject", "AudioObject", "MediaObject", "Dataset",
                                     "DataDownload", "SoftwareSourceCode", "3DModel", NULL };
static const char *const sites[] = { "WebSite", NULL };

/* "https://www.site.example" and "http://site.example" are one site's. */
static struct slice bare_host(struct slice origin)
{
    static const struct slice fronts[] = { SLICE("www."), SLICE("m."), SLICE("amp.") };
    size_t at = slice_find(origin, '/');
    struct slice host = slice_from(origin, at + 2);
    for (size_t i = 0; i < sizeof fronts / sizeof *fronts; i++)
        if (slice_starts_nocase(host, fronts[i]))
            return slice_from(host, fronts[i].n);
    return host;
}

static struct slice bare_path(struct slice path)
{
    path = slice_sub(path, 0, slice_find(path, '?'));
    while (path.n && path.p[path.n - 1] == '/')
        path.n--;
    return path;
}

/* A URL of this page, or of something that it belongs to: a front of its path. */
static enum schema_about about_url(const struct script *x, struct slice url)
{
    struct arena *a = x->to->r->out->arena;
    struct slice origin, path, here, my_path;
    if (!url_split(a, url, &origin, &path) ||
        !url_split(a, x->to->r->x->url, &here, &my_path))
        return SCHEMA_PAGE; /* "#article", or nobody knows */
    if (!slice_eq_nocase(bare_host(origin), bare_host(here)))
        return SCHEMA_PART;
    path = bare_path(path);
    my_path = bare_path(my_path);
    bool front = path.n <= my_path.n && memcmp(path.p, my_path.p, path.n) == 0 &&
                 (path.n == my_path.n || my_path.p[path.n] == '/');
    return path.n == 0 || front ? SCHEMA_PAGE : SCHEMA_PART;
}

static struct slice url_of(const json_t *node)
{
    static const char *const members[] = { "url", "mainEntityOfPage", "@id" };
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        struct slice url = member_text(node, members[i]);
        if (url.n)
            return url;
    }
    return SLICE_EMPTY;
}

static struct schema_place place_of(const struct script *x, const json_t *node,
                                    const struct schema_place *given)
{
    static const char *const members[] = { "contentUrl", "url", "@id" };
    struct schema_place at = *given;
    if (at.about == SCHEMA_IMAGE || type_has(node, images)) {
        at.about = SCHEMA_IMAGE;
        for (size_t i = 0; i < 3 && (i == 0 || !at.image.n); i++)
            at.image = member_text(node, members[i]);
        return at;
    }
    if (type_has(node, media) && at.about == SCHEMA_PAGE)
        at.about = SCHEMA_PART;
    if (!type_has(node, sites)) {
        enum schema_about by_url = about_url(x, url_of(node));
        at.about = by_url > at.about ? by_url : at.about;
    }
    return at;
}

/* What stands in this member of a node is about: the same as the node, an image, or a part. */
static enum schema_about about_member(struct slice key, enum schema_about node)
{
    static const char *const same[] = { "@graph", "mainEntity", "mainEntityOfPage", "@included",
                                        NULL };
    static const char *const pictures[] = { "image", "primaryImageOfPage", "thumbnail",
                                            "associatedMedia", "logo", NULL };
    static const char *const others[] = {
        "@context", "@reverse", "isPartOf", "citation", "isBasedOn", "author", "creator",
        "publisher", "contributor", "editor", "sourceOrganization", "provider", "copyrightHolder",
        "about", "mentions", "subjectOf", "itemReviewed", "review", "comment", "exampleOfWork",
        "translationOfWork", "workTranslation", "offers", "potentialAction", "sponsor", "funder",
        "license", "usageInfo", "acquireLicensePage", NULL,
    };
    if (word_in(key, same))
        return node;
    for (const char *const *o = others; *o; o++)
        if (slice_eq(key, slice_cstr(*o)))
            return SCHEMA_NOBODY;
    for (const char *const *p = pictures; *p; p++)
        if (slice_eq(key, slice_cstr(*p)))
            return node == SCHEMA_NOBODY ? node : SCHEMA_IMAGE;
    return node == SCHEMA_PAGE ? SCHEMA_PART : node;
}

/* A node whose members, or a list whose elements, are being read. */
struct frame {
    struct json_ld_visit visit;
    struct schema_place at;
};

static void walk(struct script *x, json_t *root)
{
    struct frame stack[JSON_LD_DEPTH_MAX + 1];
    struct schema_place top = { .about = SCHEMA_PAGE, .flawed = x->flawed };
    size_t depth = 0;
    struct slice key = SLICE_EMPTY;
    json_t *j = root;
    for (;;) {
        if ((json_is_object(j) || json_is_array(j)) && top.about != SCHEMA_NOBODY &&
            depth <= JSON_LD_DEPTH_MAX) {
            if (json_is_object(j))
                top = place_of(x, j, &top);
            stack[depth++] = (struct frame){ .visit = { .of = j }, .at = top };
        }
        while (depth && !(j = json_ld_next_child(&stack[depth - 1].visit, &key)))
            depth--;
        if (!depth)
            return;
        top = x->at = stack[depth - 1].at;
        if (key.n && schema_name(key, &x->ns, &x->local))
            put_values(x, j);
        if (key.n) {
            top.about = about_member(key, top.about);
            top.image = SLICE_EMPTY;
        }
    }
}

/* ---- what cannot be mended ---- */

enum loose { LOOSE_NO_NAME, LOOSE_VALUE, LOOSE_OTHER };

/* What follows the quote behind a name: a colon and a plain value, or something else. */
static enum loose loose_value(struct slice s, struct slice *value)
{
    size_t colon = slice_find(s, ':');
    for (size_t i = 0; i < colon; i++)
        if (!ascii_is_space(s.p[i]) && !memchr("\"'\\&quot;", s.p[i], 9))
            return LOOSE_NO_NAME;
    if (colon == s.n)
        return LOOSE_NO_NAME;
    s = slice_trim_space(slice_from(s, colon + 1));
    while (slice_take(&s, '['))
        s = slice_trim_space(s);
    bool escaped = slice_take(&s, '\\');
    if (!s.n || (s.p[0] != '"' && s.p[0] != '\''))
        return LOOSE_OTHER;
    uint8_t quote = s.p[0];
    size_t quotes = 0;
    while (slice_take(&s, quote)) /* ""…"" is met, too */
        quotes++;
    *value = SLICE_EMPTY;
    if (quotes == 2 && (s.n == 0 || ascii_is_space(s.p[0]) || memchr(",]}", s.p[0], 3)))
        return LOOSE_VALUE; /* nothing in it */
    size_t end = slice_find(s, quote);
    *value = slice_sub(s, 0, end < s.n && escaped && end ? end - 1 : end);
    bool plain = end < s.n && slice_find(*value, '\n') == value->n;
    return plain ? LOOSE_VALUE : LOOSE_OTHER;
}

static void read_loosely(struct script *x, struct slice s)
{
    struct slice value;
    size_t found = 0;
    x->at = (struct schema_place){ .about = SCHEMA_PAGE, .flawed = true };
    for (size_t i = json_ld_next_name(s, 0); i < s.n; i = json_ld_next_name(s, i + 1)) {
        size_t from = i;
        while (from && (ascii_is_alnum(s.p[from - 1]) || memchr(":/._-#", s.p[from - 1], 6)))
            from--;
        if (!schema_name(slice_sub(s, from, i - from), &x->ns, &x->local))
            continue;
        enum loose what = loose_value(slice_from(s, i), &value);
        if (what == LOOSE_VALUE && found++ < LOOSE_MAX)
            put_text(x, value);
        else if (what != LOOSE_NO_NAME)
            x->to->r->out->overflow = true;
    }
}

/* One value behind the other, as some write them; what is none of them, loosely. */
static void read_mended(struct script *x, struct slice s)
{
    struct signals *out = x->to->r->out;
    struct slice rest = json_ld_mended(s, out->arena);
    x->flawed = true;
    out->overflow = out->overflow || !rest.p;
    while ((rest = slice_trim_space(rest)).n) {
        struct json_ld_result found;
        json_t *json = json_ld_parse(rest, true, &found);
        if (json)
            walk(x, json);
        if (!json || found.twice)
            read_loosely(x, slice_sub(rest, 0, json ? found.n : rest.n));
        rest = slice_from(rest, json ? found.n : rest.n);
        out->overflow = out->overflow || found.lost;
        json_decref(json);
    }
}

void json_ld_read(const struct schema_sink *to)
{
    struct slice s = to->s->text;
    struct script x = { .to = to };
    struct json_ld_result found;
    if (!json_ld_may_matter(s))
        return;
    json_t *json = json_ld_parse(s, false, &found);
    x.flawed = found.twice;
    if (json)
        walk(&x, json);
    else
        read_mended(&x, s);
    if (json && found.twice)
        read_loosely(&x, s);
    to->r->out->overflow = to->r->out->overflow || found.lost;
    json_decref(json);
}
