/* SPDX-License-Identifier: Apache-2.0 */
#include "answers/line_view.h"

#include "core/clock.h"
#include "syntax/json_scan.h"

#define ARENA_MAX (8u << 20) /* of one line, which is shorter */

static size_t add_word(char *out, size_t n, const char *word)
{
    size_t k = strlen(word);
    if (n + k + 1 > PREFS_TEXT)
        return n;
    memcpy(out + n, word, k + 1);
    return n + k;
}

size_t prefs_text(const struct prefs *p, char out[PREFS_TEXT])
{
    size_t n = 0;
    out[0] = '\0';
    for (unsigned u = 0; u < USAGE_COUNT; u++) {
        if (p->of[u] == PREF_UNKNOWN)
            continue;
        n = add_word(out, n, n ? " " : "");
        n = add_word(out, n, usage_name((enum usage)u));
        n = add_word(out, n, "=");
        n = add_word(out, n, preference_name((enum preference)p->of[u]));
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
    memset(w->known, 0, sizeof w->known);
    w->next_known = 0;
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

static enum preference preference_of(struct slice value)
{
    struct slice word;
    for (unsigned p = PREF_ALLOW; p < PREF_COUNT && json_is_text(value, &word); p++)
        if (slice_eq(word, slice_cstr(preference_name((enum preference)p))))
            return (enum preference)p;
    return PREF_UNKNOWN;
}

static void read_prefs(struct slice object, struct prefs *out)
{
    struct json_scan s;
    struct slice name, value;
    enum usage u;
    if (!json_scan_open(&s, object))
        return;
    while (json_scan_next(&s, &name, &value))
        if (usage_from_name(name, &u))
            out->of[u] = (uint8_t)preference_of(value);
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

/* Members of a signal, in the order in which they are written. */
#define SIGNAL_MEMBERS(X)                                                                  \
    X(STANDARD, "standard") X(CARRIER, "carrier") X(SCOPE, "scope") X(AGENT, "agent")      \
    X(PLACE, "place") X(RAW, "raw") X(RAW_CUT, "raw_cut") X(GRADE, "grade")                \
    X(PHRASE, "phrase") X(PREFERENCES, "preferences") X(CONFIDENCE, "confidence")          \
    X(URL, "url") X(PAGE, "page") X(NOTE, "note") X(DECIDING, "deciding")

enum signal_member {
#define MEMBER_ID(id, name) MEMBER_##id,
    SIGNAL_MEMBERS(MEMBER_ID)
#undef MEMBER_ID
    MEMBER_COUNT
};

static const struct slice member_names[MEMBER_COUNT] = {
#define MEMBER_NAME(id, name) SLICE(name),
    SIGNAL_MEMBERS(MEMBER_NAME)
#undef MEMBER_NAME
};

/* From the one that is expected next; MEMBER_COUNT: it is none of them. */
static unsigned find_member(struct slice name, unsigned next)
{
    for (unsigned i = 0; i < MEMBER_COUNT; i++) {
        unsigned at = next + i < MEMBER_COUNT ? next + i : next + i - MEMBER_COUNT;
        if (slice_eq(name, member_names[at]))
            return at;
    }
    return MEMBER_COUNT;
}

static void take_member(struct line_viewer *w, unsigned member, struct slice value,
                        struct statement_view *out)
{
    struct slice *const texts[MEMBER_COUNT] = {
        [MEMBER_STANDARD] = &out->standard, [MEMBER_CARRIER] = &out->carrier,
        [MEMBER_SCOPE] = &out->scope,       [MEMBER_AGENT] = &out->agent,
        [MEMBER_RAW] = &out->raw,           [MEMBER_GRADE] = &out->grade,
        [MEMBER_PHRASE] = &out->phrase,     [MEMBER_CONFIDENCE] = &out->confidence,
        [MEMBER_URL] = &out->url,           [MEMBER_PAGE] = &out->page,
        [MEMBER_NOTE] = &out->note,
    };
    if (texts[member])
        *texts[member] = line_view_text(w, value);
    else if (member == MEMBER_PREFERENCES)
        read_prefs(value, &out->prefs);
    else if (member == MEMBER_PLACE)
        read_place(w, value, out);
    else if (member == MEMBER_DECIDING)
        out->deciding = slice_eq(value, SLICE_OF("true"));
    else
        out->raw_cut = slice_eq(value, SLICE_OF("true"));
}

static void read_signal(struct line_viewer *w, struct slice object, struct statement_view *out)
{
    struct json_scan s;
    struct slice name, value;
    unsigned next = 0;
    *out = (struct statement_view){ .at = 0 };
    if (!json_scan_open(&s, object))
        return;
    while (json_scan_next(&s, &name, &value)) {
        unsigned member = find_member(name, next);
        if (member == MEMBER_COUNT)
            continue;
        take_member(w, member, value, out);
        next = member + 1 < MEMBER_COUNT ? member + 1 : 0;
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

/* NULL: it is not known. */
static const struct profile_view *find_profile(const struct line_viewer *w)
{
    for (size_t i = 0; i < PROFILES_KNOWN; i++) {
        const struct profile_view *p = &w->known[i];
        if (p->config_n && slice_eq(slice_of(p->profile, p->profile_n), w->view.profile) &&
            slice_eq(slice_of(p->config, p->config_n), w->view.config))
            return p;
    }
    return NULL;
}

/* Asks the configuration, as if the record said nothing itself; what can be asked for again
 * is kept. */
static const struct profile_view *learn_profile(struct line_viewer *w, const struct scan_line *line)
{
    const struct line_view *v = &w->view;
    struct profile_view *p = &w->known[w->next_known];
    struct scan_line asked = *line;
    asked.view.value[FIELD_MODE] = asked.view.value[FIELD_PURPOSE] = SLICE_EMPTY;
    *p = (struct profile_view){
        .purpose = read_usages(said_text(w, &asked, FIELD_PURPOSE)),
        .monitor = slice_eq(scan_text(&asked, FIELD_MODE, &w->scratch), SLICE_OF("monitor")),
    };
    if (v->config.n != sizeof p->config || v->profile.n > sizeof p->profile)
        return p;
    w->next_known = (w->next_known + 1) % PROFILES_KNOWN;
    p->config_n = v->config.n;
    p->profile_n = v->profile.n;
    memcpy(p->config, v->config.p, v->config.n);
    if (v->profile.n)
        memcpy(p->profile, v->profile.p, v->profile.n);
    return p;
}

/* Purpose and mode, which stand with the configuration unless the record says them. */
static void read_profile(struct line_viewer *w, const struct scan_line *line)
{
    const struct profile_view *p = find_profile(w);
    const struct slice *own = line->view.value;
    if (!p)
        p = learn_profile(w, line);
    w->view.purpose = own[FIELD_PURPOSE].n ? read_usages(own[FIELD_PURPOSE]) : p->purpose;
    w->view.monitor = own[FIELD_MODE].n
                          ? slice_eq(text_of(w, line, FIELD_MODE), SLICE_OF("monitor"))
                          : p->monitor;
}

static void read_record(struct line_viewer *w, const struct scan_line *line)
{
    struct line_view *v = &w->view;
    const struct record_view *config = scan_config(line);
    v->node = said_text(w, line, FIELD_NODE);
    v->profile = said_text(w, line, FIELD_PROFILE);
    v->config = text_of(w, line, FIELD_CONFIG);
    read_profile(w, line);
    v->config_line = config ? config->line : SLICE_EMPTY;
    v->contact = text_of(w, line, FIELD_CONTACT);
    v->earlier = text_of(w, line, FIELD_EARLIER);
    read_sites(w, line->view.value[FIELD_SITE]);
    read_message(w, line);
    read_verdict(w, line);
    read_signals(w, line->view.value[FIELD_SIGNALS]);
    v->signal = w->signal;
}

static int64_t time_of(struct line_viewer *w, const struct scan_line *line, enum record_field f)
{
    char text[CLOCK_TEXT] = "";
    int64_t ms;
    struct slice t = text_of(w, line, f);
    if (t.n != CLOCK_TEXT - 1)
        return 0;
    memcpy(text, t.p, t.n);
    return clock_read(text, &ms) ? ms : 0;
}

static void read_removal(struct line_viewer *w, const struct scan_line *line)
{
    w->view.node = text_of(w, line, FIELD_NODE);
    w->view.reason[w->view.reasons++] = text_of(w, line, FIELD_RULE);
    w->view.segment = text_of(w, line, FIELD_SEGMENT);
    w->view.lost = record_number(&line->view, FIELD_RECORDS, 0);
    w->view.from_ms = time_of(w, line, FIELD_FROM);
    w->view.to_ms = time_of(w, line, FIELD_TO);
}

static void read_gap(struct line_viewer *w, const struct scan_line *line)
{
    w->view.node = text_of(w, line, FIELD_NODE);
    w->view.reason[w->view.reasons++] = text_of(w, line, FIELD_REASON);
    w->view.segment = text_of(w, line, FIELD_SEGMENT);
    w->view.lost = record_number(&line->view, FIELD_LOST, -1);
    w->view.torn_bytes = count_of(line, FIELD_TORN_BYTES);
}

/* A number of `n` digits at `at`; -1: they are none. */
static int digits(struct slice s, size_t at, size_t n)
{
    int v = 0;
    for (size_t i = at; i < at + n; i++) {
        if (!ascii_is_digit(s.p[i]))
            return -1;
        v = v * 10 + (s.p[i] - '0');
    }
    return v;
}

/* As clock_read(), in a tenth of the time: there is one in every line. */
static bool read_time(struct line_viewer *w, const struct scan_line *line)
{
    static const char form[] = "....-..-..T..:..:......Z";
    struct slice t = w->view.time = text_of(w, line, FIELD_TIME);
    if (t.n != sizeof form - 1 || t.p[4] != '-' || t.p[7] != '-' || t.p[10] != 'T' ||
        t.p[13] != ':' || t.p[16] != ':' || t.p[19] != '.' || t.p[23] != 'Z')
        return false;
    int year = digits(t, 0, 4), month = digits(t, 5, 2), day = digits(t, 8, 2);
    int hour = digits(t, 11, 2), minute = digits(t, 14, 2), second = digits(t, 17, 2);
    int ms = digits(t, 20, 3);
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 23 ||
        minute < 0 || minute > 59 || second < 0 || second > 60 || ms < 0)
        return false;
    w->view.time_ms = clock_from_civil(year, month, day, hour, minute, second) * 1000 + ms;
    return true;
}

const struct line_view *line_view_of(struct line_viewer *w, const struct scan_line *line)
{
    arena_reset(&w->arena);
    w->view = (struct line_view){
        .event = line->kind == SCAN_GAP       ? LINE_GAP
                 : line->kind == SCAN_REMOVED ? LINE_REMOVED
                 : line->kind == SCAN_PENDING ? LINE_PENDING
                                              : LINE_FINAL,
        .line = line,
    };
    w->view.id = text_of(w, line, FIELD_ID);
    if (!read_time(w, line))
        return NULL;
    if (line->kind == SCAN_GAP)
        read_gap(w, line);
    else if (line->kind == SCAN_REMOVED)
        read_removal(w, line);
    else
        read_record(w, line);
    return &w->view;
}
