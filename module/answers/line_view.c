/* SPDX-License-Identifier: Apache-2.0 */
#include "answers/line_view.h"

#include "core/clock.h"
#include "syntax/json_scan.h"

#include <stdio.h>

#define ARENA_MAX (8u << 20) /* of one line, which is shorter */

size_t prefs_text(const struct prefs *p, char out[PREFS_TEXT])
{
    size_t n = 0;
    out[0] = '\0';
    for (unsigned u = 0; u < USAGE_COUNT; u++) {
        int k = p->of[u] == PREF_UNKNOWN ? 0
                : snprintf(out + n, PREFS_TEXT - n, "%s%s=%s", n ? " " : "",
                           usage_name((enum usage)u), preference_name((enum preference)p->of[u]));
        n += (size_t)(k > 0 ? k : 0);
    }
    return n;
}


/* ---- out of a line ---- */

static const char *const decisions[] = { "", "clear", "reserved", "conditional", "licensed",
                                         "undecided" };
static const char *const actions[] = { "", "pass", "tag", "block", "cut" };

const char *decision_word(enum line_decision d)
{
    return decisions[d];
}

const char *action_word(enum line_action a)
{
    return actions[a];
}

void line_viewer_init(struct line_viewer *w)
{
    arena_init(&w->arena, ARENA_MAX, w->first, sizeof w->first);
    buf_init(&w->scratch, READER_LINE_MAX);
}

void line_viewer_free(struct line_viewer *w)
{
    arena_reset(&w->arena);
    buf_free(&w->scratch);
}

struct slice line_view_text(struct line_viewer *w, struct slice value)
{
    struct slice inner;
    if (!json_is_text(value, &inner))
        return SLICE_OF("");
    if (!memchr(inner.p, '\\', inner.n))
        return inner;
    buf_clear(&w->scratch);
    json_unescape(inner, &w->scratch);
    return arena_copy(&w->arena, buf_slice(&w->scratch), SIZE_MAX);
}

static struct slice text_of(struct line_viewer *w, const struct scan_line *line,
                            enum record_field f)
{
    return line_view_text(w, line->view.value[f]);
}

/* What may stand with the configuration: copied, for it may be in `scratch`. */
static struct slice said_text(struct line_viewer *w, const struct scan_line *line,
                              enum record_field f)
{
    struct slice s = scan_text(line, f, &w->scratch);
    return s.p == w->scratch.p && s.n ? arena_copy(&w->arena, s, SIZE_MAX) : s;
}

static unsigned word_of(struct slice s, const char *const *words, unsigned n)
{
    for (unsigned i = 1; i < n; i++)
        if (slice_eq(s, slice_cstr(words[i])))
            return i;
    return 0;
}

static usage_set read_usages(struct slice list)
{
    struct json_scan s;
    struct slice none, one, name;
    usage_set set = 0;
    enum usage u;
    if (!list.n || !json_scan_open(&s, list))
        return 0;
    while (json_scan_next(&s, &none, &one))
        if (json_is_text(one, &name) && usage_from_name(name, &u))
            set |= usage_bit(u);
    return set;
}

static void read_prefs(struct slice object, struct prefs *out)
{
    struct json_scan s;
    struct slice name, value, word;
    enum usage u;
    if (!json_scan_open(&s, object))
        return;
    while (json_scan_next(&s, &name, &value))
        for (unsigned p = PREF_ALLOW; p < PREF_COUNT; p++)
            if (json_is_text(value, &word) && usage_from_name(name, &u) &&
                slice_eq(word, slice_cstr(preference_name((enum preference)p))))
                out->of[u] = (uint8_t)p;
}

static void read_place(struct line_viewer *w, struct slice object, struct statement_view *out)
{
    struct json_scan s;
    struct slice name, value;
    if (!json_scan_open(&s, object))
        return;
    while (json_scan_next(&s, &name, &value)) {
        if (slice_eq(name, SLICE_OF("kind")))
            out->place_kind = line_view_text(w, value);
        else if (slice_eq(name, SLICE_OF("part")))
            out->part = line_view_text(w, value);
        else if (slice_eq(name, SLICE_OF("at")) && !slice_to_u64(value, &out->at))
            out->at = 0;
    }
}

static void read_signal(struct line_viewer *w, struct slice object, struct statement_view *out)
{
    const struct {
        struct slice name;
        struct slice *to;
    } texts[] = {
        { SLICE("standard"), &out->standard }, { SLICE("carrier"), &out->carrier },
        { SLICE("scope"), &out->scope },       { SLICE("raw"), &out->raw },
        { SLICE("agent"), &out->agent },       { SLICE("confidence"), &out->confidence },
        { SLICE("grade"), &out->grade },       { SLICE("phrase"), &out->phrase },
        { SLICE("url"), &out->url },           { SLICE("page"), &out->page },
        { SLICE("note"), &out->note },
    };
    struct json_scan s;
    struct slice name, value;
    *out = (struct statement_view){ .at = 0 };
    if (!json_scan_open(&s, object))
        return;
    while (json_scan_next(&s, &name, &value)) {
        if (slice_eq(name, SLICE_OF("preferences")))
            read_prefs(value, &out->prefs);
        else if (slice_eq(name, SLICE_OF("place")))
            read_place(w, value, out);
        else if (slice_eq(name, SLICE_OF("deciding")))
            out->deciding = slice_eq(value, SLICE_OF("true"));
        else if (slice_eq(name, SLICE_OF("raw_cut")))
            out->raw_cut = slice_eq(value, SLICE_OF("true"));
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
            if (slice_eq(name, texts[i].name))
                *texts[i].to = line_view_text(w, value);
    }
}

static void read_signals(struct line_viewer *w, struct slice list)
{
    struct json_scan s;
    struct slice none, one;
    if (!list.n || !json_scan_open(&s, list))
        return;
    while (w->view.signals < LINE_SIGNALS_MAX && json_scan_next(&s, &none, &one))
        read_signal(w, one, &w->signal[w->view.signals++]);
}

static void read_reasons(struct line_viewer *w, struct slice list)
{
    struct json_scan s;
    struct slice none, one;
    if (!list.n || !json_scan_open(&s, list))
        return;
    while (w->view.reasons < LINE_REASONS_MAX && json_scan_next(&s, &none, &one))
        w->view.reason[w->view.reasons++] = line_view_text(w, one);
}

static void read_sites(struct line_viewer *w, struct slice list)
{
    struct json_scan s;
    struct slice none, one, id;
    if (!list.n || !json_scan_open(&s, list))
        return;
    while (w->view.sites < REFERENCES_MAX && json_scan_next(&s, &none, &one))
        if (json_is_text(json_member(one, SLICE_OF("id")), &id))
            w->view.site[w->view.sites++] = id;
}

struct slice line_view_bundle(const struct line_view *v, size_t i)
{
    struct slice line = scan_reference(v->line, v->site[i]);
    return line.n ? json_member(line, SLICE_OF("bundle")) : SLICE_EMPTY;
}

static void read_host(struct line_viewer *w)
{
    struct slice host = record_host(w->view.url);
    uint8_t *low = arena_take(&w->arena, host.n);
    for (size_t i = 0; low && i < host.n; i++)
        low[i] = ascii_lower(host.p[i]);
    w->view.host = low ? slice_of(low, host.n) : SLICE_EMPTY;
}

static uint64_t count_of(const struct scan_line *line, enum record_field f)
{
    return (uint64_t)record_number(&line->view, f, 0);
}

static void read_verdict(struct line_viewer *w, const struct scan_line *line)
{
    struct line_view *v = &w->view;
    v->decision = (enum line_decision)word_of(text_of(w, line, FIELD_DECISION), decisions, 6);
    v->action = v->event == LINE_FINAL
                    ? (enum line_action)word_of(record_text(&line->view, FIELD_ACTION, &w->scratch),
                                                actions, 5)
                    : DID_NONE;
    v->would = (enum line_action)word_of(text_of(w, line, FIELD_WOULD), actions, 5);
    v->monitor = slice_eq(scan_text(line, FIELD_MODE, &w->scratch), SLICE_OF("monitor"));
    v->conflicts = read_usages(line->view.value[FIELD_CONFLICTS]);
    v->released = count_of(line, FIELD_RELEASED);
    read_reasons(w, line->view.value[FIELD_UNDECIDED]);
}

static void read_message(struct line_viewer *w, const struct scan_line *line)
{
    struct line_view *v = &w->view;
    v->agent = text_of(w, line, FIELD_AGENT);
    v->url = text_of(w, line, FIELD_URL);
    v->media_type = text_of(w, line, FIELD_MEDIA_TYPE);
    v->inspected = text_of(w, line, FIELD_INSPECTED);
    v->request = slice_eq(text_of(w, line, FIELD_VECTOR), SLICE_OF("reqmod"));
    v->whole = record_is_whole(&line->view);
    v->status = (int)record_number(&line->view, FIELD_STATUS, 0);
    v->length = record_number(&line->view, FIELD_LENGTH, -1);
    v->seen = count_of(line, FIELD_SEEN);
    read_host(w);
}

static void read_record(struct line_viewer *w, const struct scan_line *line)
{
    struct line_view *v = &w->view;
    const struct record_view *config = scan_config(line);
    v->node = said_text(w, line, FIELD_NODE);
    v->profile = said_text(w, line, FIELD_PROFILE);
    v->purpose = read_usages(said_text(w, line, FIELD_PURPOSE));
    v->config = text_of(w, line, FIELD_CONFIG);
    v->config_line = config ? config->line : SLICE_EMPTY;
    v->contact = text_of(w, line, FIELD_CONTACT);
    v->earlier = text_of(w, line, FIELD_EARLIER);
    read_sites(w, line->view.value[FIELD_SITE]);
    read_message(w, line);
    read_verdict(w, line);
    read_signals(w, line->view.value[FIELD_SIGNALS]);
    v->signal = w->signal;
}

static void read_gap(struct line_viewer *w, const struct scan_line *line)
{
    w->view.node = text_of(w, line, FIELD_NODE);
    w->view.reason[w->view.reasons++] = text_of(w, line, FIELD_REASON);
    w->view.segment = text_of(w, line, FIELD_SEGMENT);
    w->view.lost = record_number(&line->view, FIELD_LOST, -1);
    w->view.torn_bytes = count_of(line, FIELD_TORN_BYTES);
}

static bool read_time(struct line_viewer *w, const struct scan_line *line)
{
    char text[CLOCK_TEXT] = "";
    w->view.time = text_of(w, line, FIELD_TIME);
    if (w->view.time.n != CLOCK_TEXT - 1)
        return false;
    memcpy(text, w->view.time.p, CLOCK_TEXT - 1);
    return clock_read(text, &w->view.time_ms);
}

const struct line_view *line_view_of(struct line_viewer *w, const struct scan_line *line)
{
    arena_reset(&w->arena);
    w->view = (struct line_view){
        .event = line->kind == SCAN_GAP       ? LINE_GAP
                 : line->kind == SCAN_PENDING ? LINE_PENDING
                                              : LINE_FINAL,
        .line = line,
    };
    w->view.id = text_of(w, line, FIELD_ID);
    if (!read_time(w, line))
        return NULL;
    if (line->kind == SCAN_GAP)
        read_gap(w, line);
    else
        read_record(w, line);
    return &w->view;
}
