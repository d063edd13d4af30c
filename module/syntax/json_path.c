/* SPDX-License-Identifier: Apache-2.0 */
#include "syntax/json_path.h"

#include "syntax/json_scan.h"

bool json_path_parse(struct slice text, struct json_path *path)
{
    struct slice name;
    path->n = 0;
    while (slice_split(&text, '.', &name)) {
        if (name.n == 0 || path->n == JSON_PATH_MAX)
            return false;
        path->name[path->n++] = name;
    }
    return path->n != 0;
}

static bool has_escapes(struct slice s)
{
    return slice_find(s, '\\') < s.n;
}

static bool is_called(struct slice written, struct slice name, struct buf *room)
{
    if (!has_escapes(written))
        return slice_eq(written, name);
    buf_clear(room);
    json_unescape(written, room);
    return slice_eq(buf_slice(room), name);
}

/* The member of one object, which is gone through to its end. */
static enum json_found find_member(struct slice object, struct slice name, struct buf *room,
                                   struct slice *value)
{
    struct json_scan s;
    struct slice written, held;
    size_t n = 0;
    if (!slice_begins(slice_trim_space(object), '{') || !json_scan_open(&s, object))
        return JSON_BROKEN;
    while (json_scan_next(&s, &written, &held)) {
        if (is_called(written, name, room)) {
            *value = held;
            n++;
        }
    }
    if (!s.ended)
        return JSON_BROKEN;
    return n == 0 ? JSON_NOT_THERE : n == 1 ? JSON_FOUND : JSON_TWICE;
}

/* What json_unescape writes for what no string may hold. */
static bool has_replacement(struct slice s)
{
    return s.n >= 3 && memmem(s.p, s.n, "\xEF\xBF\xBD", 3) != NULL;
}

static enum json_found take_text(struct slice value, struct buf *room, struct slice *text)
{
    if (!json_is_text(value, text))
        return JSON_NOT_THERE;
    if (!has_escapes(*text))
        return JSON_FOUND;
    bool there = has_replacement(*text);
    buf_clear(room);
    json_unescape(*text, room);
    *text = buf_slice(room);
    if (room->failed)
        return JSON_BROKEN;
    return has_replacement(*text) && !there ? JSON_NOT_THERE : JSON_FOUND;
}

enum json_found json_path_find(struct slice text, const struct json_path *path, struct buf *room,
                               struct slice *value)
{
    struct slice held = text;
    buf_clear(room);
    for (size_t i = 0; i < path->n; i++) {
        enum json_found found = find_member(held, path->name[i], room, &held);
        if (found == JSON_BROKEN && i)
            return JSON_NOT_THERE; /* all of the text is sound: this member is no object */
        if (found != JSON_FOUND)
            return found;
    }
    return take_text(held, room, value);
}
