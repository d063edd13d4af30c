/* SPDX-License-Identifier: Apache-2.0 */
#include "vector.h"

#include "standards/natural_language.h"

#include <stdio.h>

#define TEXT_MAX (64u << 10)
#define PAGE_URL "https://site.example/page"

void vector_init(struct vector *v)
{
    buf_init(&v->head, TEXT_MAX);
    buf_init(&v->page, TEXT_MAX);
    buf_init(&v->texts, TEXT_MAX);
}

void vector_free(struct vector *v)
{
    buf_free(&v->head);
    buf_free(&v->page);
    buf_free(&v->texts);
}

void vector_begin(struct vector *v, const char *file)
{
    struct buf head = v->head, page = v->page, texts = v->texts;
    *v = (struct vector){ .file = file, .head = head, .page = page, .texts = texts,
                          .url = PAGE_URL, .format = "jpeg" };
    buf_clear(&v->head);
    buf_clear(&v->page);
    buf_clear(&v->texts);
}

static int hex(uint8_t c)
{
    if (ascii_is_digit(c))
        return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* \t \n \r \\ and \xHH; false for any other escape. */
static bool append_unescaped(struct buf *out, struct slice s)
{
    static const char names[] = "tnr\\", bytes[] = "\t\n\r\\";
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != '\\') {
            buf_putc(out, (char)s.p[i]);
            continue;
        }
        const char *name = i + 1 < s.n && s.p[i + 1] ? strchr(names, s.p[i + 1]) : NULL;
        if (name) {
            buf_putc(out, bytes[name - names]);
            i++;
        } else if (i + 3 < s.n && s.p[i + 1] == 'x' && hex(s.p[i + 2]) >= 0 &&
                   hex(s.p[i + 3]) >= 0) {
            buf_putc(out, (char)(hex(s.p[i + 2]) * 16 + hex(s.p[i + 3])));
            i += 3;
        } else {
            return false;
        }
    }
    return out->failed == OPTOUT_OK;
}

static struct slice word(struct slice *rest)
{
    *rest = slice_trim_ows(*rest);
    size_t end = slice_find(*rest, ' ');
    struct slice w = slice_sub(*rest, 0, end);
    *rest = slice_from(*rest, end);
    return w;
}

static const char *read_preference(struct prefs *into, struct slice text)
{
    enum usage u;
    struct slice name = word(&text), value = word(&text);
    if (slice_eq(name, SLICE_OF("none")) && value.n == 0)
        return NULL;
    if (!usage_from_name(name, &u))
        return "no such usage";
    for (unsigned p = PREF_ALLOW; p < PREF_COUNT; p++) {
        if (slice_eq(value, slice_cstr(preference_name((enum preference)p)))) {
            into->of[u] = (uint8_t)p;
            return NULL;
        }
    }
    return "no such preference";
}

static const char *read_expectation(struct vector *v, struct slice text)
{
    v->says_signals = true;
    if (slice_eq(slice_trim_ows(text), SLICE_OF("none")))
        return NULL;
    if (v->n_signals == EXPECT_MAX)
        return "too many signals";
    struct expectation *e = &v->signal[v->n_signals++];
    e->standard = word(&text);
    e->confidence = word(&text);
    e->agent = word(&text);
    e->scope = word(&text);
    e->note = slice_trim_ows(text);
    return e->scope.n ? NULL : "a signal needs standard, confidence, agent and scope";
}

static bool field(struct slice line, const char *name, struct slice *value)
{
    struct slice n = slice_cstr(name);
    if (!slice_starts_nocase(line, n))
        return false;
    *value = slice_trim_ows(slice_from(line, n.n));
    return true;
}

/* ---- what is not in the message ---- */

static struct source *new_source(struct vector *v, enum source_kind kind)
{
    if (v->n_sources == SOURCES_MAX)
        return NULL;
    struct source *s = &v->source[v->n_sources++];
    *s = (struct source){ .kind = kind, .from = v->texts.n, .to = v->texts.n };
    return s;
}

/* "PATH:" or "LABEL:"; the text comes in lines of its own. */
static const char *begin_text(struct vector *v, enum source_kind kind, struct slice value)
{
    struct source *s = value.n > 1 && value.p[value.n - 1] == ':' ? new_source(v, kind) : NULL;
    if (!s)
        return "want a name, a colon, and the text indented below it";
    s->name = slice_sub(value, 0, value.n - 1);
    v->in_text = true;
    return NULL;
}

static const char *add_text(struct vector *v, struct slice line)
{
    struct source *s = &v->source[v->n_sources - 1];
    size_t indent = line.n && line.p[0] == '\t' ? 1 : 2;
    bool good = append_unescaped(&v->texts, slice_from(line, indent < line.n ? indent : line.n));
    buf_putc(&v->texts, '\n');
    s->to = v->texts.n;
    return good ? NULL : "bad escape";
}

/* "NS NAME: VALUE"; a name may have colons in it. */
static const char *read_property(struct vector *v, struct slice text)
{
    struct slice ns = word(&text);
    struct slice rest = slice_trim_ows(text);
    size_t end = 0;
    while (end < rest.n && !(rest.p[end] == ':' && (end + 1 == rest.n || rest.p[end + 1] == ' ')))
        end++;
    struct source *s = ns.n && end && end < rest.n ? new_source(v, SOURCE_PROPERTY) : NULL;
    if (!s)
        return "want: property NAMESPACE NAME: VALUE";
    s->ns = ns;
    s->name = slice_sub(rest, 0, end);
    s->value = slice_trim_ows(slice_from(rest, end + 1));
    return NULL;
}

static const char *read_usages(struct slice list, uint8_t preference, struct prefs *to)
{
    struct slice piece;
    while (slice_split(&list, ',', &piece)) {
        enum usage u;
        if (!usage_from_name(piece, &u))
            return "no such usage";
        to->of[u] = preference;
    }
    prefs_spread(to);
    return NULL;
}

/* "GRADE USAGE,…": words of the page that were found to reserve these; "aside GRADE …": of a
 * part of it. */
static const char *read_words(struct vector *v, struct slice text)
{
    enum phrase_grade grade;
    struct signal said = { .standard = STD_NATURAL_LANGUAGE, .carrier = CARRIER_HTML,
                           .scope = SCOPE_PAGE, .raw = text, .place_kind = PLACE_BYTE };
    struct slice first = word(&text);
    if (slice_eq(first, SLICE_OF("aside"))) {
        signal_demote(&said, PACKET_COMPONENT);
        first = word(&text);
    } else if (slice_eq(first, SLICE_OF("terms"))) {
        said.scope = SCOPE_SITE;
        said.page = SLICE_OF("https://site.example/terms");
        first = word(&text);
    }
    if (!phrase_grade_from_name(first, &grade))
        return "no such grade";
    said.property = (uint8_t)grade;
    said.at = v->n_sources;
    uint8_t preference = grade == PHRASE_PERMISSION ? PREF_UNKNOWN : PREF_DENY;
    const char *why = read_usages(slice_trim_ows(text), preference, &said.prefs);
    struct source *s = why ? NULL : new_source(v, SOURCE_WORDS);
    if (s)
        s->words = said;
    return why;
}

static const char *read_unread(struct vector *v, struct slice name)
{
    enum undecided u;
    if (!undecided_from_name(name, &u))
        return "no such reason";
    v->unread |= undecided_bit(u);
    return NULL;
}

static const char *read_events(struct vector *v, struct slice text)
{
    static const char *const names[EVENT_COUNT] = {
        "site-file", "remembered", "refused", "begun", "broken", "left",
        "request", "known", "stale", "stopped", "tunnel", "no-record",
    };
    while (slice_trim_ows(text).n) {
        struct slice name = word(&text);
        unsigned i = 0;
        while (i < EVENT_COUNT && !slice_eq(name, slice_cstr(names[i])))
            i++;
        if (i == EVENT_COUNT)
            return "no such event";
        v->events |= 1u << i;
    }
    return NULL;
}

static bool copy_text(char *to, size_t size, struct slice s)
{
    return (size_t)snprintf(to, size, "%.*s", SLICE_FMT(s)) < size;
}

/* The lines that tell what the decision is about; *why when one of them is wrong. */
static bool read_surrounding(struct vector *v, struct slice line, const char **why)
{
    struct slice value;
    if (field(line, "site ", &value))
        *why = begin_text(v, SOURCE_SITE, value);
    else if (field(line, "assertion ", &value))
        *why = begin_text(v, SOURCE_ASSERTION, value);
    else if (field(line, "feed ", &value))
        *why = begin_text(v, SOURCE_FEED, value);
    else if (field(line, "page ", &value))
        *why = begin_text(v, SOURCE_PAGE, value);
    else if (field(line, "property ", &value))
        *why = read_property(v, value);
    else if (field(line, "phrase:", &value))
        *why = read_words(v, value);
    else if (field(line, "unread:", &value))
        *why = read_unread(v, value);
    else if (field(line, "event:", &value))
        *why = read_events(v, value);
    else if (field(line, "url:", &value) && slice_starts_nocase(value, SLICE_OF("https://")) &&
             slice_find(slice_from(value, 8), '/') < value.n - 8)
        *why = copy_text(v->url, sizeof v->url, value) ? NULL : "too long";
    else if (field(line, "file:", &value))
        *why = copy_text(v->format, sizeof v->format, value) ? NULL : "too long";
    else if (field(line, "profile:", &value))
        *why = copy_text(v->profile, sizeof v->profile, value) ? NULL : "too long";
    else
        return false;
    return true;
}

/* What a decision explains; *why when the line is wrong. */
static bool read_decision(struct vector *v, struct slice line, const char **why)
{
    static const struct {
        const char *name;
        size_t at, size;
    } words[] = {
#define WORDS(name, member) { "= " name " ", offsetof(struct vector, member), sizeof v->member }
        WORDS("decision", decision), WORDS("by", by), WORDS("contact", contact),
        WORDS("conflict", conflicts), WORDS("would", would), WORDS("rule", rules),
#undef WORDS
    };
    struct slice value;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (field(line, words[i].name, &value)) {
            v->says_why = v->says_why || words[i].at == offsetof(struct vector, by);
            *why = copy_text((char *)v + words[i].at, words[i].size, value) ? NULL : "too long";
            return true;
        }
    if (!slice_eq(slice_trim_space(line), SLICE_OF("= early")))
        return false;
    v->early = true;
    return true;
}

const char *vector_read_line(struct vector *v, struct slice line)
{
    struct slice value;
    uint64_t number;
    const char *why = NULL;
    if (v->in_text && (line.n == 0 || line.p[0] == '\t' ||
                       slice_eq(slice_sub(line, 0, 2), SLICE_OF("  "))))
        return add_text(v, line);
    v->in_text = false;
    if (slice_trim_space(line).n == 0 || read_surrounding(v, line, &why) ||
        read_decision(v, line, &why))
        return why;
    if (field(line, ">", &value)) {
        bool good = append_unescaped(&v->head, value);
        buf_puts(&v->head, "\r\n");
        return good ? NULL : "bad escape";
    }
    if (field(line, "html:", &value)) {
        bool good = append_unescaped(&v->page, value);
        buf_putc(&v->page, '\n');
        return good ? NULL : "bad escape";
    }
    if (field(line, "=images", &value))
        return read_preference(&v->want_images, value);
    if (field(line, "=", &value)) {
        v->says_what = true;
        return read_preference(&v->want, value);
    }
    if (field(line, "~", &value))
        return read_expectation(v, value);
    if (field(line, "status:", &value) && slice_to_u64(value, &number) && number < 1000) {
        v->status = (int)number;
        return NULL;
    }
    if (field(line, "content-type:", &value)) {
        buf_printf(&v->head, "Content-Type: %.*s\r\n", SLICE_FMT(value));
        return NULL;
    }
    if (field(line, "agent:", &value) && v->view.n < AGENTS_MAX) {
        v->view.agent[v->view.n++] = value;
        return NULL;
    }
    return "line not understood";
}
