/* SPDX-License-Identifier: Apache-2.0 */
/* audit_resolve.c - a record as it would be if it stood alone. */
#include "cli/audit_text.h"

#include "audit/reference.h"

#include <stdlib.h>
#include <string.h>

static const char *text_of(const json_t *o, const char *name)
{
    return json_string_value(json_object_get(o, name));
}

/* ---- lines that are referred to, parsed once ---- */

#define SLOTS 64
#define PARSED_MAX (64u << 10) /* bytes of a line; a longer one is parsed each time */

struct audit_lines {
    struct {
        char id[REFERENCE_ID_SIZE];
        const uint8_t *line; /* as `references` has it: where another has come, it differs */
        json_t *parsed;
    } slot[SLOTS];
};

struct audit_lines *audit_lines_new(void)
{
    return calloc(1, sizeof(struct audit_lines));
}

void audit_lines_free(struct audit_lines *lines)
{
    for (size_t i = 0; lines && i < SLOTS; i++)
        json_decref(lines->slot[i].parsed);
    free(lines);
}

static json_t *parse(struct slice line)
{
    return json_loadb((const char *)line.p, line.n, JSON_ALLOW_NUL, NULL);
}

static size_t slot_of(struct slice id)
{
    size_t h = 0;
    for (size_t i = 0; i < id.n; i++)
        h = h * 31 + id.p[i];
    return h % SLOTS;
}

/* To be released; shared, so that nobody changes it. */
static json_t *find_line(const struct audit_said *said, const char *text)
{
    struct slice id = text ? slice_cstr(text) : SLICE_EMPTY;
    struct slice line = references_find(said->references, id);
    if (line.n == 0 || line.n > PARSED_MAX)
        return line.n ? parse(line) : NULL;
    size_t at = slot_of(id);
    if (said->lines->slot[at].line != line.p ||
        memcmp(said->lines->slot[at].id, id.p, sizeof said->lines->slot[at].id) != 0) {
        json_decref(said->lines->slot[at].parsed);
        memcpy(said->lines->slot[at].id, id.p, sizeof said->lines->slot[at].id);
        said->lines->slot[at].line = line.p;
        said->lines->slot[at].parsed = parse(line);
    }
    return json_incref(said->lines->slot[at].parsed);
}

/* ---- a record ---- */

static void set_missing(json_t *record, const char *name, json_t *value)
{
    if (!json_object_get(record, name))
        (void)json_object_set(record, name, value);
    json_decref(value);
}

/* The profile's purpose and mode stand with the configuration. */
static void fill_profile(json_t *record, const json_t *config)
{
    size_t i;
    const json_t *p;
    const char *name = text_of(record, "profile");
    json_array_foreach(json_object_get(config, "profiles"), i, p) {
        const char *its = text_of(p, "name");
        if (!its || !name || strcmp(its, name) != 0)
            continue;
        json_t *purpose = json_object_get(p, "purpose");
        set_missing(record, "purpose", purpose ? json_incref(purpose) : json_array());
        set_missing(record, "mode", json_string(text_of(p, "mode")));
    }
}

static const char *fill_config(json_t *record, const struct audit_said *said)
{
    const char *id = text_of(record, "config"), *profile;
    json_t *config = find_line(said, id);
    if (!config)
        return id ? id : "config";
    set_missing(record, "node", json_string(text_of(config, "node")));
    profile = text_of(config, "profile");
    set_missing(record, "profile", json_string(profile ? profile : ""));
    fill_profile(record, config);
    json_decref(config);
    return NULL;
}

static const char *fill_site(const json_t *record, const struct audit_said *said)
{
    size_t i;
    json_t *entry;
    const char *missing = NULL;
    json_array_foreach(json_object_get(record, "site"), i, entry) {
        bool within = i < REFERENCES_MAX; /* no writer names more: memory has an end */
        json_t *line = within ? find_line(said, text_of(entry, "id")) : NULL;
        if (line)
            (void)json_object_set(entry, "bundle", json_object_get(line, "bundle"));
        else if (!missing)
            missing = text_of(entry, "id");
        json_decref(line);
    }
    return missing;
}

static void fill_defaults(json_t *record)
{
    bool final = !json_object_get(record, "event");
    bool response = !json_object_get(record, "vector");
    set_missing(record, "event", json_string("final"));
    set_missing(record, "vector", json_string("respmod"));
    set_missing(record, "method", json_string("GET"));
    set_missing(record, "status", response ? json_integer(200) : json_null());
    set_missing(record, "seen", json_integer(0));
    set_missing(record, "whole", json_boolean(json_object_get(record, "sha256") != NULL));
    if (json_is_true(json_object_get(record, "whole")))
        set_missing(record, "length", json_incref(json_object_get(record, "seen")));
    if (final)
        set_missing(record, "action", json_string("pass"));
    static const char *const lists[] = { "undecided", "signals", "conflicts", "site" };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        set_missing(record, lists[i], json_array());
    set_missing(record, "usage", json_object());
    static const char *const texts[] = { "agent", "transaction", "url", "media_type", "length",
                                         "sha256", "decision", "action", "contact" };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        set_missing(record, texts[i], json_null());
}

static void fill_signals(const json_t *record)
{
    size_t i;
    json_t *signal;
    json_array_foreach(json_object_get(record, "signals"), i, signal) {
        set_missing(signal, "agent", json_null());
        set_missing(signal, "place", json_null());
        set_missing(signal, "preferences", json_object());
        set_missing(signal, "confidence", json_string("exact"));
        set_missing(signal, "url", json_null());
        set_missing(signal, "image", json_null());
        set_missing(signal, "page", json_null());
        set_missing(signal, "note", json_null());
        set_missing(signal, "deciding", json_false());
    }
}

const char *audit_resolve(json_t *record, const struct audit_said *said)
{
    const char *event = text_of(record, "event");
    if (json_integer_value(json_object_get(record, "v")) != 2 ||
        (event && strcmp(event, "pending") != 0))
        return NULL;
    const char *config = fill_config(record, said), *site = fill_site(record, said);
    fill_defaults(record);
    fill_signals(record);
    return config ? config : site;
}
