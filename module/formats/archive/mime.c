/* SPDX-License-Identifier: Apache-2.0 */
/* mime.c - MHTML (RFC 2557), multipart bodies (RFC 2046 section 5.1) and messages (RFC 5322),
 * also as answers of HTTP: multipart/mixed, /byteranges (RFC 9110 section 14.6), /form-data,
 * /x-mixed-replace.
 *
 * Lines: delimiters are looked for where a line begins, all else passes as it is. Multiparts
 * inside of multiparts are followed without recursion; a message inside is a member.
 *
 * The root: the part that a related multipart names, or its first one; every one of
 * alternatives, ranges and replacements; the text of a message.
 *
 * Limits: MIME_NESTED, MIME_BOUNDARY_MAX, MIME_HEAD_MAX; MIME_REPLACE_MAX of a stream of
 * replacements, of which one part is read. */
#include "core/member.h"
#include "formats/archive/mime_coding.h"
#include "formats/rows.h"
#include "http/headers.h"

#include <stdio.h>

#define MIME_NESTED 8
#define MIME_BOUNDARY_MAX 200 /* the specification allows 70 */
#define MIME_LINE (MIME_BOUNDARY_MAX + 16)
#define MIME_HEAD_MAX (32u << 10)
#define MIME_REPLACE_MAX (1u << 20)
#define MIME_TYPE_MAX 1024
#define HEAD_ARENA_MAX (128u << 10)

enum mime_state { MIME_HEAD, MIME_BODY, MIME_BETWEEN };
enum mime_kind { KIND_OTHER, KIND_RELATED, KIND_ANY /* each part is the whole */, KIND_REPLACE };

struct level { /* a multipart that is open */
    enum mime_kind kind;
    bool root; /* it speaks for the whole */
    unsigned parts;
    uint8_t boundary[MIME_BOUNDARY_MAX]; /* "--" in front */
    size_t n_boundary;                   /* 0: the first line that looks like one tells */
    uint8_t start[MIME_BOUNDARY_MAX];    /* Content-ID of the root */
    size_t n_start;
};

struct mime {
    const struct format_env *env;
    enum mime_state state;
    bool judged;   /* the first line was seen */
    bool message;  /* the body begins with a head of its own */
    bool headed;   /* which was read */
    bool closed;   /* the outermost multipart came to its end */
    bool broken;
    bool done;     /* nothing more is read */
    uint64_t pos;  /* of the next byte */
    uint64_t replaced; /* bytes of a replacement */
    struct level level[MIME_NESTED];
    unsigned n_level;
    unsigned parts;    /* those that are no multipart */
    /* the line */
    bool in_line; /* its beginning was no delimiter */
    uint8_t line[MIME_LINE];
    size_t n_line;
    uint8_t eol[2]; /* of the line before: a delimiter takes it along */
    unsigned n_eol;
    /* the part */
    uint8_t *head; /* MIME_HEAD_MAX */
    size_t n_head;
    bool head_over, inside, reading;
    struct mime_coding coding;
};

/* ---- fields ---- */

static struct slice field(const struct headers *h, const char *name)
{
    const struct header *line = headers_find(h, name);
    return line ? line->value : SLICE_EMPTY;
}

/* The value of a parameter, or an empty slice. */
static struct slice parameter(struct slice value, struct slice name)
{
    while (value.n) {
        size_t end = 0;
        for (bool quoted = false; end < value.n && (quoted || value.p[end] != ';'); end++)
            quoted ^= value.p[end] == '"';
        struct slice piece = slice_trim_space(slice_sub(value, 0, end));
        value = slice_from(value, end + 1);
        size_t eq = slice_find(piece, '=');
        if (eq == piece.n || !slice_eq_nocase(slice_trim_space(slice_sub(piece, 0, eq)), name))
            continue;
        piece = slice_trim_space(slice_from(piece, eq + 1));
        if (slice_take(&piece, '"'))
            piece = slice_sub(piece, 0, slice_find(piece, '"'));
        return piece;
    }
    return SLICE_EMPTY;
}

static bool is_multipart(struct slice type)
{
    return slice_starts_nocase(slice_trim_space(type), SLICE_OF("multipart/"));
}

static enum mime_kind kind_of(struct slice type)
{
    static const struct {
        struct slice name;
        enum mime_kind kind;
    } kinds[] = {
        { SLICE("multipart/related"), KIND_RELATED },
        { SLICE("multipart/alternative"), KIND_ANY },
        { SLICE("multipart/byteranges"), KIND_ANY },
        { SLICE("multipart/x-byteranges"), KIND_ANY },
        { SLICE("multipart/x-mixed-replace"), KIND_REPLACE },
    };
    type = slice_trim_space(slice_sub(type, 0, slice_find(type, ';')));
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (slice_eq_nocase(type, kinds[i].name))
            return kinds[i].kind;
    return KIND_OTHER;
}

/* ---- multiparts ---- */

static bool is_root(const struct mime *m, struct slice id)
{
    if (m->n_level == 0)
        return true;
    const struct level *l = &m->level[m->n_level - 1];
    if (!l->root || l->kind == KIND_ANY || l->kind == KIND_REPLACE)
        return l->root;
    if (l->n_start && slice_eq(slice_trim_space(id), slice_of(l->start, l->n_start)))
        return true;
    return l->parts == 1 && (l->kind == KIND_RELATED || m->message);
}

static void open_level(struct mime *m, struct slice type, bool root)
{
    if (m->n_level == MIME_NESTED) {
        member_missed(m->env->members);
        m->state = MIME_BETWEEN;
        return;
    }
    struct level *l = &m->level[m->n_level++];
    struct slice boundary = parameter(type, SLICE_OF("boundary"));
    struct slice start = parameter(type, SLICE_OF("start"));
    *l = (struct level){ .kind = kind_of(type), .root = root };
    if (boundary.n && boundary.n <= MIME_BOUNDARY_MAX - 2) {
        memcpy(l->boundary, "--", 2);
        memcpy(l->boundary + 2, boundary.p, boundary.n);
        l->n_boundary = boundary.n + 2;
    }
    if (start.n && start.n <= sizeof l->start) {
        memcpy(l->start, start.p, start.n);
        l->n_start = start.n;
    }
    m->state = MIME_BETWEEN;
}

/* ---- parts ---- */

static bool mime_put(void *ctx, struct slice bytes)
{
    struct mime *m = ctx;
    return member_bytes(m->env->members, bytes);
}

static void end_part(struct mime *m, bool whole)
{
    if (m->reading)
        (void)mime_coding_end(&m->coding, mime_put, m);
    if (m->reading)
        member_end(m->env->members, whole);
    m->reading = m->inside = false;
    m->n_head = 0;
}

static void begin_part(struct mime *m, const struct headers *h)
{
    struct slice coding = field(h, "content-transfer-encoding");
    struct slice name = field(h, "content-location");
    char number[24];
    if (name.n == 0)
        name = parameter(field(h, "content-disposition"), SLICE_OF("filename"));
    if (name.n == 0)
        name = parameter(field(h, "content-type"), SLICE_OF("name"));
    snprintf(number, sizeof number, "part %u", ++m->parts);
    m->coding = (struct mime_coding){ .kind = mime_coding_of(coding) };
    struct member member = {
        .name = name.n ? name : slice_cstr(number),
        .head = slice_of(m->head, m->n_head),
        .url = field(h, "content-location"),
        .root = is_root(m, field(h, "content-id")),
        .at = m->pos,
        .in_place = m->coding.kind == MIME_AS_IT_IS,
    };
    if (m->coding.kind == MIME_UNKNOWN)
        member_missed(m->env->members);
    m->state = MIME_BODY;
    m->inside = true;
    m->reading = member_begin(m->env->members, &member);
}

/* What the head of the whole, or of a part, says of what follows it. */
static void end_head(struct mime *m)
{
    struct arena arena;
    struct headers h = { NULL, 0 };
    arena_init(&arena, HEAD_ARENA_MAX, NULL, 0);
    bool whole = headers_parse(&h, &arena, slice_of(m->head, m->n_head)) == OPTOUT_OK;
    if (!whole || m->head_over)
        member_missed(m->env->members);
    m->head_over = false;
    struct slice type = field(&h, "content-type");
    bool of_whole = m->message && !m->headed;
    m->headed = true;
    m->n_eol = 0;
    if (of_whole && is_multipart(type))
        m->n_level = 0; /* the body's own head knows better than the answer's */
    if (of_whole && m->n_level) {
        m->state = MIME_BETWEEN; /* words in front of the first delimiter */
    } else {
        if (m->n_level)
            m->level[m->n_level - 1].parts++;
        if (is_multipart(type))
            open_level(m, type, is_root(m, field(&h, "content-id")));
        else
            begin_part(m, &h);
    }
    m->n_head = 0;
    arena_reset(&arena);
}

/* ---- text ---- */

/* A stream of parts that replace each other has no end: one is read. */
static void stop_replacing(struct mime *m)
{
    if (m->n_level == 0 || m->level[m->n_level - 1].kind != KIND_REPLACE)
        return;
    member_missed(m->env->members);
    m->closed = m->done = true;
    m->state = MIME_BETWEEN;
}

static void flush_eol(struct mime *m);

static void content(struct mime *m, struct slice s)
{
    if (s.n == 0)
        return;
    flush_eol(m);
    if (m->state == MIME_HEAD) {
        size_t room = MIME_HEAD_MAX - m->n_head, n = s.n < room ? s.n : room;
        memcpy(m->head + m->n_head, s.p, n);
        m->n_head += n;
        m->head_over |= n < s.n;
    } else if (m->state == MIME_BODY && m->reading) {
        m->replaced += s.n;
        if (mime_coding_feed(&m->coding, s, mime_put, m))
            return;
        member_end(m->env->members, true);
        m->reading = false;
        stop_replacing(m);
    }
}

static void flush_eol(struct mime *m)
{
    unsigned n = m->n_eol;
    m->n_eol = 0;
    content(m, slice_of(m->eol, n));
}

/* ---- lines ---- */

static void begin_between(struct mime *m, unsigned level, bool closes)
{
    if (m->state == MIME_HEAD && m->n_head)
        end_head(m); /* a part that is all head */
    bool another = m->inside || m->parts;
    end_part(m, true);
    m->n_eol = 0;
    m->n_level = level;
    m->state = closes ? MIME_BETWEEN : MIME_HEAD;
    if (level == 1)
        m->closed = closes;
    if (another && !closes)
        stop_replacing(m);
}

static bool delimits(struct slice line, struct slice boundary, bool *closes)
{
    if (boundary.n == 0 || !slice_eq(slice_sub(line, 0, boundary.n), boundary))
        return false;
    *closes = slice_eq(slice_from(line, boundary.n), SLICE_OF("--"));
    return *closes || line.n == boundary.n;
}

/* Whether this line, without its end, is a delimiter of a multipart that is open. */
static bool take_delimiter(struct mime *m, struct slice line)
{
    while (line.n && ascii_is_space(line.p[line.n - 1]))
        line.n--;
    if (line.n < 3 || line.p[0] != '-' || line.p[1] != '-')
        return false;
    for (unsigned i = m->n_level; i > 0; i--) {
        struct level *l = &m->level[i - 1];
        if (l->n_boundary == 0 && m->state == MIME_BETWEEN && i == m->n_level &&
            line.n <= sizeof l->boundary) {
            memcpy(l->boundary, line.p, line.n);
            l->n_boundary = line.n;
        }
        struct slice b = slice_of(l->boundary, l->n_boundary);
        bool closes = false, found = delimits(line, b, &closes);
        /* Cameras name the delimiter where they should name the boundary. */
        if (!found && b.n > 4 && b.p[2] == '-' && b.p[3] == '-')
            found = delimits(line, slice_from(b, 2), &closes);
        if (found) {
            begin_between(m, i, closes);
            return true;
        }
    }
    return false;
}

static bool is_field_line(struct slice line)
{
    size_t colon = slice_find(line, ':');
    for (size_t i = 0; i < colon; i++)
        if (line.p[i] <= ' ' || line.p[i] >= 0x7F)
            return false;
    return colon > 0 && colon < line.n;
}

/* The first line of the body that is not empty tells whether a head stands there, or the
 * first delimiter, or text in front of it. */
static void judge_first(struct mime *m, struct slice line)
{
    m->judged = true;
    m->message = is_field_line(line) || slice_starts_nocase(line, SLICE_OF("From "));
    if (m->message) {
        /* A mailbox: others may follow the message. */
        if (slice_starts_nocase(line, SLICE_OF("From ")))
            member_missed(m->env->members);
        return;
    }
    bool delimiter = line.n > 2 && line.p[0] == '-' && line.p[1] == '-';
    if (m->n_level == 0 && delimiter)
        open_level(m, SLICE_OF("multipart/mixed"), true);
    m->broken = m->n_level == 0;
    m->state = MIME_BETWEEN;
}

/* The beginning of a line is in m->line: all of it when `ended`. */
static void take_line(struct mime *m, bool ended)
{
    struct slice line = slice_of(m->line, m->n_line);
    bool first = !m->judged;
    if (ended && line.n && line.p[line.n - 1] == '\n')
        line.n--;
    if (ended && line.n && line.p[line.n - 1] == '\r')
        line.n--;
    struct slice end = slice_of(m->line + line.n, m->n_line - line.n);
    m->n_line = 0;
    if (first && line.n)
        judge_first(m, line);
    if (ended && take_delimiter(m, line))
        return;
    if (ended && line.n == 0 && m->state == MIME_HEAD) {
        if (!first)
            end_head(m);
        return;
    }
    content(m, line);
    if (!ended) {
        m->in_line = true;
        return;
    }
    flush_eol(m);
    m->n_eol = (unsigned)end.n;
    memcpy(m->eol, end.p, end.n);
}

/* Whether more of the line must be seen to know what it is: delimiters, empty lines, and the
 * very first one. */
static bool undecided_line(const struct mime *m)
{
    const uint8_t *p = m->line;
    if (m->n_line == MIME_LINE)
        return false;
    return !m->judged || m->n_line == 0 || (m->n_line == 1 && (p[0] == '-' || p[0] == '\r')) ||
           (p[0] == '-' && p[1] == '-');
}

static void begin_line(struct mime *m, struct slice *s)
{
    uint8_t c = s->p[0];
    m->line[m->n_line++] = c;
    *s = slice_from(*s, 1);
    m->pos++;
    if (c == '\n')
        take_line(m, true);
    else if (!undecided_line(m))
        take_line(m, false);
}

/* The rest of a line, to its end. A CR waits for what follows it. */
static void go_on(struct mime *m, struct slice *s)
{
    if (m->n_eol == 1 && m->eol[0] == '\r' && s->p[0] != '\n')
        flush_eol(m);
    size_t n = slice_find(*s, '\n');
    struct slice text = slice_sub(*s, 0, n);
    bool ended = n < s->n;
    m->pos += n + ended;
    *s = slice_from(*s, n + ended);
    bool cr = text.n && text.p[text.n - 1] == '\r';
    text.n -= cr;
    if (text.n || cr)
        content(m, text);
    if (cr)
        m->eol[m->n_eol++] = '\r';
    if (ended)
        m->eol[m->n_eol++] = '\n';
    m->in_line = !ended;
}

/* ---- the row ---- */

static void *mime_open(const struct format_env *env)
{
    struct mime *m = arena_alloc(env->arena, sizeof *m);
    if (!m)
        return NULL;
    m->env = env;
    m->head = arena_take(env->arena, MIME_HEAD_MAX);
    m->state = MIME_HEAD;
    if (is_multipart(env->content_type)) {
        open_level(m, env->content_type, true);
        m->state = MIME_HEAD;
    }
    return m->head ? m : NULL;
}

static enum optout_rc mime_feed(void *state, struct slice s)
{
    struct mime *m = state;
    while (s.n && !m->broken && !m->done) {
        if (m->in_line)
            go_on(m, &s);
        else
            begin_line(m, &s);
        if (m->replaced > MIME_REPLACE_MAX)
            stop_replacing(m);
    }
    if (m->broken)
        return OPTOUT_E_SYNTAX;
    return m->done ? OPTOUT_DONE : OPTOUT_MORE;
}

static enum optout_rc mime_end(void *state)
{
    struct mime *m = state;
    if (m->n_line)
        take_line(m, true);
    flush_eol(m);
    bool whole = m->state != MIME_HEAD && !m->broken;
    if (m->state == MIME_HEAD && m->n_head)
        end_head(m); /* what it states counts, whatever is missing */
    whole &= m->parts && (m->n_level == 0 || m->closed);
    end_part(m, whole);
    return whole ? OPTOUT_DONE : OPTOUT_E_SYNTAX;
}

/* A head of mail, or a delimiter in front of one. */
static bool mime_sniff(struct slice head)
{
    static const struct slice marks[] = {
        SLICE("MIME-Version:"), SLICE("Content-Type: multipart/"), SLICE("From: <Saved by"),
        SLICE("From: \"Saved by"),
    };
    bool first = true, delimiter = false;
    while (head.n) {
        size_t n = slice_find(head, '\n');
        struct slice line = slice_sub(head, 0, n);
        head = slice_from(head, n + 1);
        if (line.n && line.p[line.n - 1] == '\r')
            line.n--;
        if (first && line.n == 0)
            continue;
        if (delimiter)
            return slice_starts_nocase(line, SLICE_OF("Content-"));
        if (first && line.n > 2 && line.p[0] == '-' && line.p[1] == '-')
            delimiter = true;
        else if (first && slice_starts_nocase(line, SLICE_OF("From ")))
            first = false;
        else if (line.n == 0 || !(is_field_line(line) || (!first && ascii_is_space(line.p[0]))))
            return false;
        for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
            if (slice_starts_nocase(line, marks[i]))
                return true;
        first = false;
    }
    return false;
}

static const char *const mime_types[] = {
    "multipart/*", "message/rfc822", "message/global", "application/x-mimearchive",
    "application/mbox", NULL
};

const struct format format_mime = {
    .name = "mime",
    .title = "MHTML, multipart bodies, messages",
    .reads = "every part, as the body it is; the root part speaks for the whole; of a stream of "
             "replacements (multipart/x-mixed-replace) one part; to the end",
    .types = mime_types,
    .sniff = mime_sniff,
    .by_type = true,
    .supersedes = true,
    .to_end = true,
    .contains = true,
    .open = mime_open,
    .feed = mime_feed,
    .end = mime_end,
};
