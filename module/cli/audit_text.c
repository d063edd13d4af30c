/* SPDX-License-Identifier: Apache-2.0 */
/* audit_text.c - the log in sentences, for somebody who has never seen its format.
 *
 * Everything that came from the network passes visible_append. */
#include "cli/audit_text.h"

#include "cli/cli.h"
#include "core/undecided.h"

#include <string.h>

#define URL_COLUMNS 160
#define RAW_COLUMNS 72
#define SIGNALS_SHOWN 4 /* of a record that nobody decided by */
#define DAY_TEXT 10     /* "2026-11-30" */
#define CONFIG_SHOWN 16 /* digits of its id */

static const char *text_of(const json_t *o, const char *name)
{
    const char *text = json_string_value(json_object_get(o, name));
    return text ? text : "";
}

static json_int_t number_of(const json_t *o, const char *name)
{
    return json_integer_value(json_object_get(o, name));
}

/* What people call it; `name` itself when the pairs do not have it. */
static const char *in_words(const char *const (*pairs)[2], const char *name)
{
    for (; (*pairs)[0]; pairs++)
        if (strcmp(name, (*pairs)[0]) == 0)
            return (*pairs)[1];
    return name;
}

static void show(struct buf *out, const char *text, size_t columns)
{
    visible_append(out, slice_cstr(text), columns);
}

/* "12,345,678" */
static void show_number(struct buf *out, json_int_t n)
{
    char digits[24];
    int k = snprintf(digits, sizeof digits, "%lld", (long long)n);
    for (int i = 0; i < k; i++) {
        if (i && (k - i) % 3 == 0 && digits[i - 1] != '-')
            buf_putc(out, ',');
        buf_putc(out, digits[i]);
    }
}

/* "a, b and c" */
static void show_list(struct buf *out, const json_t *list)
{
    size_t n = json_array_size(list);
    for (size_t i = 0; i < n; i++) {
        const char *text = json_string_value(json_array_get(list, i));
        buf_puts(out, i == 0 ? "" : i + 1 == n ? " and " : ", ");
        show(out, text ? text : "?", 64);
    }
}

static void begin(struct buf *out, const json_t *line)
{
    struct slice time = slice_cstr(text_of(line, "time"));
    if (time.n < DAY_TEXT + 9)
        return;
    visible_append(out, slice_sub(time, 0, DAY_TEXT), 0);
    buf_putc(out, ' ');
    visible_append(out, slice_sub(time, DAY_TEXT + 1, 8), 0);
    buf_puts(out, "  ");
}

static void begin_detail(struct buf *out)
{
    buf_puts(out, "    ");
}

/* ---- who says what ---- */

/* "denies train-ai, allows search" */
static void show_preferences(struct buf *out, const json_t *preferences)
{
    static const char *const kinds[][2] = {
        { "deny", "denies " }, { "conditional", "has conditions for " }, { "allow", "allows " },
    };
    const char *between = "";
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        const char *name, *sep = kinds[k][1];
        json_t *value;
        bool any = false;
        json_object_foreach((json_t *)(uintptr_t)preferences, name, value) {
            if (strcmp(json_string_value(value) ? json_string_value(value) : "", kinds[k][0]) != 0)
                continue;
            buf_printf(out, "%s%s", any ? "" : between, sep);
            show(out, name, 64);
            sep = ", ";
            any = true;
        }
        between = any ? "; " : between;
    }
    if (!*between)
        buf_puts(out, "says nothing of any use");
}

static void show_place(struct buf *out, const json_t *signal)
{
    static const char *const carriers[][2] = {
        { "http-header", "the response head" }, { "http-status", "the HTTP status" },
        { "html", "the page" },                 { "site-file", "a file of the site" },
        { "xmp", "XMP metadata" },              { "jumbf", "its Content Credentials" },
        { "iim", "IPTC metadata" },             { "epub", "the package document" },
        { "feed", "the feed" },                 { "text", "a field for people" },
        { NULL, NULL },
    };
    const json_t *place = json_object_get(signal, "place");
    const char *carrier = text_of(signal, "carrier"), *kind = text_of(place, "kind");
    show(out, in_words(carriers, carrier), 64);
    if (!place)
        return;
    if (strcmp(kind, "part") == 0) {
        buf_puts(out, ", ");
        show(out, text_of(place, "part"), 64);
    } else {
        buf_printf(out, ", %s ", strcmp(kind, "byte") == 0 ? "byte" : "line");
        show_number(out, number_of(place, "at"));
    }
}

static void show_signal(struct buf *out, const json_t *signal)
{
    begin_detail(out);
    show(out, text_of(signal, "standard"), 64);
    buf_puts(out, " in ");
    show_place(out, signal);
    if (*text_of(signal, "grade")) {
        buf_puts(out, ", ");
        show(out, text_of(signal, "grade"), 64);
        buf_puts(out, " words, ");
        show(out, text_of(signal, "phrase"), 64);
    }
    buf_puts(out, ": \"");
    show(out, text_of(signal, "raw"), RAW_COLUMNS);
    buf_puts(out, "\" ");
    show_preferences(out, json_object_get(signal, "preferences"));
    if (*text_of(signal, "agent")) {
        buf_puts(out, ", to ");
        show(out, text_of(signal, "agent"), 64);
    }
    if (*text_of(signal, "page")) {
        buf_puts(out, ", in the page ");
        show(out, text_of(signal, "page"), URL_COLUMNS);
    }
    if (*text_of(signal, "note")) {
        buf_puts(out, " (");
        show(out, text_of(signal, "note"), 0);
        buf_putc(out, ')');
    }
    buf_putc(out, '\n');
}

static void show_signals(struct buf *out, const json_t *record)
{
    const json_t *list = json_object_get(record, "signals");
    size_t n = json_array_size(list), shown = 0, decided = 0;
    for (size_t i = 0; i < n; i++)
        decided += json_is_true(json_object_get(json_array_get(list, i), "deciding"));
    for (size_t i = 0; i < n && (decided || shown < SIGNALS_SHOWN); i++) {
        const json_t *signal = json_array_get(list, i);
        if (decided && !json_is_true(json_object_get(signal, "deciding")))
            continue;
        show_signal(out, signal);
        shown++;
    }
    if (n > shown) {
        begin_detail(out);
        buf_printf(out, "and %zu other statement%s\n", n - shown, n - shown == 1 ? "" : "s");
    }
}

/* ---- records ---- */

static void show_exchange(struct buf *out, const json_t *record, const char *verb, const char *colour)
{
    begin(out, record);
    buf_puts(out, colour);
    show(out, verb, 64);
    buf_puts(out, *colour ? "\033[0m " : " ");
    if (*text_of(record, "method") && strcmp(text_of(record, "method"), "GET") != 0) {
        show(out, text_of(record, "method"), 16);
        buf_putc(out, ' ');
    }
    show(out, *text_of(record, "url") ? text_of(record, "url") : "(no URL)", URL_COLUMNS);
    if (*text_of(record, "agent")) {
        buf_puts(out, " for ");
        show(out, text_of(record, "agent"), 64);
    }
    buf_puts(out, ".\n");
}

static void show_undecided(struct buf *out, const json_t *record)
{
    const json_t *list = json_object_get(record, "undecided");
    for (size_t i = 0; i < json_array_size(list); i++) {
        enum undecided u;
        const char *name = json_string_value(json_array_get(list, i));
        buf_puts(out, i ? "; " : "");
        if (name && undecided_from_name(slice_cstr(name), &u))
            buf_puts(out, undecided_text(u));
        else
            show(out, name ? name : "?", 64);
    }
}

static void show_reason(struct buf *out, const json_t *record)
{
    static const char *const why[][2] = {
        { "clear", "Nothing reserves it" },
        { "reserved", "Its publisher reserves it" },
        { "conditional", "Its publisher has conditions for that" },
        { "licensed", "A licence covers it" },
        { "undecided", "Whether it is reserved is not known" },
        { NULL, NULL },
    };
    begin_detail(out);
    show(out, in_words(why, text_of(record, "decision")), 64);
    if (json_array_size(json_object_get(record, "purpose"))) {
        buf_puts(out, " (");
        show_list(out, json_object_get(record, "purpose"));
        buf_puts(out, ", profile ");
        show(out, text_of(record, "profile"), 64);
        buf_putc(out, ')');
    }
    if (json_array_size(json_object_get(record, "undecided"))) {
        buf_puts(out, ": ");
        show_undecided(out, record);
    }
    buf_puts(out, ".\n");
}

static void show_read(struct buf *out, const json_t *record)
{
    const char *inspected = text_of(record, "inspected");
    begin_detail(out);
    if (strcmp(inspected, "none") == 0)
        buf_puts(out, "Decided before it was fetched");
    else if (strcmp(inspected, "headers") == 0)
        buf_puts(out, "Read: its headers");
    else if (strcmp(inspected, "site-file") == 0)
        buf_puts(out, "A file by which the site speaks, which everybody may read");
    else {
        buf_puts(out, "Read: ");
        show(out, inspected, 64);
        buf_puts(out, " and headers");
    }
    if (number_of(record, "seen")) {
        buf_puts(out, ", ");
        show_number(out, number_of(record, "seen"));
        buf_puts(out, " bytes");
        buf_puts(out, json_is_true(json_object_get(record, "whole")) ? ", all of it" : "");
    }
    buf_puts(out, ". Record ");
    show(out, text_of(record, "id"), 64);
    buf_puts(out, ".\n");
}

static void show_consequences(struct buf *out, const json_t *record)
{
    if (*text_of(record, "would")) {
        begin_detail(out);
        buf_puts(out, "Only watched: enforcing would have been \"");
        show(out, text_of(record, "would"), 64);
        buf_puts(out, "\".\n");
    }
    if (*text_of(record, "contact")) {
        begin_detail(out);
        buf_puts(out, "Where to turn to: ");
        show(out, text_of(record, "contact"), URL_COLUMNS);
        buf_putc(out, '\n');
    }
    if (*text_of(record, "earlier")) {
        begin_detail(out);
        buf_puts(out, "As decided in record ");
        show(out, text_of(record, "earlier"), 64);
        buf_puts(out, ".\n");
    }
}

static void show_record(struct buf *out, const json_t *record, bool colour)
{
    static const char *const verbs[][3] = {
        { "pass", "Passed", "\033[32m" }, { "tag", "Tagged", "\033[33m" },
        { "block", "Blocked", "\033[31m" }, { "cut", "Cut off", "\033[31m" },
    };
    const char *action = text_of(record, "action"), *verb = action, *paint = "";
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(action, verbs[i][0]) == 0) {
            verb = verbs[i][1];
            paint = colour ? verbs[i][2] : "";
        }
    }
    show_exchange(out, record, verb, paint);
    show_reason(out, record);
    show_signals(out, record);
    if (strcmp(action, "cut") == 0) {
        begin_detail(out);
        show_number(out, number_of(record, "released"));
        buf_puts(out, " bytes had left before that.\n");
    }
    show_consequences(out, record);
    show_read(out, record);
}

/* ---- what is no record ---- */

static void show_gap(struct buf *out, const json_t *line)
{
    static const char *const why[][2] = {
        { "writer-died", "the process that wrote it died" },
        { "write-failed", "they could not be written" },
        { "sync-failed", "the disk failed to keep them" },
        { "segment-removed", "somebody removed the file" },
        { NULL, NULL },
    };
    begin(out, line);
    if (json_is_integer(json_object_get(line, "lost"))) {
        buf_puts(out, "GAP: at most ");
        show_number(out, number_of(line, "lost"));
        buf_puts(out, " records are missing");
    } else {
        buf_puts(out, "GAP: records may be missing");
    }
    buf_puts(out, " of ");
    show(out, text_of(line, "segment"), 0);
    buf_puts(out, ": ");
    show(out, in_words(why, text_of(line, "reason")), 64);
    buf_puts(out, ".\n");
}

static void show_removal(struct buf *out, const json_t *line)
{
    begin(out, line);
    buf_puts(out, "Removed by rule: ");
    show(out, text_of(line, "segment"), 0);
    buf_puts(out, ", with ");
    show_number(out, number_of(line, "records"));
    buf_puts(out, " records");
    if (*text_of(line, "from")) {
        buf_puts(out, " from ");
        show(out, text_of(line, "from"), 64);
        buf_puts(out, " to ");
        show(out, text_of(line, "to"), 64);
    }
    buf_puts(out, ". AuditKeep (");
    show(out, text_of(line, "rule"), 64);
    buf_putc(out, ' ');
    show(out, text_of(line, "limit"), 64);
    buf_puts(out, ") on ");
    show(out, text_of(line, "node"), 64);
    buf_puts(out, "; SHA-256 ");
    show(out, text_of(line, "sha256"), 64);
    buf_puts(out, ".\n");
}

static void show_config(struct buf *out, const json_t *line)
{
    size_t i;
    const json_t *p;
    buf_puts(out, "What follows was decided on ");
    show(out, text_of(line, "node"), 64);
    buf_puts(out, " under the configuration ");
    visible_append(out, slice_sub(slice_cstr(text_of(line, "id")), 0, CONFIG_SHOWN), 0);
    buf_putc(out, ':');
    json_array_foreach(json_object_get(line, "profiles"), i, p) {
        buf_puts(out, i ? "; profile " : " profile ");
        show(out, text_of(p, "name"), 64);
        buf_puts(out, " fetches for ");
        show_list(out, json_object_get(p, "purpose"));
        if (strcmp(text_of(p, "mode"), "monitor") == 0)
            buf_puts(out, ", and only watches");
    }
    buf_puts(out, ".\n");
}

static void show_site(struct buf *out, const json_t *line)
{
    static const char *const states[][2] = {
        { "published", "has" }, { "unreachable", "does not answer for" },
        { "unparseable", "has an unreadable" }, { "none", "has no" },
    };
    const json_t *bundle = json_object_get(line, "bundle"), *files = json_object_get(bundle, "files");
    bool licence = *text_of(bundle, "licence");
    const char *sep = " ";
    buf_puts(out, licence ? "Known of the licence " : "Known of ");
    show(out, licence ? text_of(bundle, "licence") : text_of(bundle, "origin"), URL_COLUMNS);
    if (*text_of(bundle, "token")) {
        buf_puts(out, " as it answers ");
        show(out, text_of(bundle, "token"), 64);
    }
    buf_puts(out, ": it");
    for (size_t k = 0; k < sizeof states / sizeof *states; k++) {
        const char *verb = states[k][1];
        for (size_t i = 0; i < json_array_size(files); i++) {
            const json_t *file = json_array_get(files, i);
            if (strcmp(text_of(file, "state"), states[k][0]) != 0)
                continue;
            buf_printf(out, "%s%s%s", sep, verb, *verb ? " " : "");
            show(out, text_of(file, "file"), 64);
            sep = ", ";
            verb = "";
        }
    }
    buf_puts(out, ".\n");
}

void audit_text(const json_t *line, bool colour, struct buf *out)
{
    const char *event = text_of(line, "event");
    if (strcmp(event, "gap") == 0) {
        show_gap(out, line);
    } else if (strcmp(event, "removed") == 0) {
        show_removal(out, line);
    } else if (strcmp(event, "config") == 0) {
        show_config(out, line);
    } else if (strcmp(event, "site") == 0) {
        show_site(out, line);
    } else if (strcmp(event, "pending") == 0) {
        show_exchange(out, line, "Began, its verdict is still open:", "");
    } else {
        show_record(out, line, colour);
    }
}
