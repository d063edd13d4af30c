/* SPDX-License-Identifier: Apache-2.0 */
/* tar.c - tape archives: POSIX.1-2024 pax section "pax Interchange Format" and "ustar
 * Interchange Format"; GNU tar manual, "Basic Tar Format"; the old one without a magic.
 *
 * Blocks of 512 bytes. A header is one whose checksum is right. Blocks of NULs end the
 * archive; what is joined behind them is read all the same.
 *
 * Limits: TAR_EXTENSION_MAX of a pax or GNU extension that is kept. */
#include "core/member.h"
#include "formats/rows.h"

#define BLOCK 512u
#define TAR_EXTENSION_MAX 8192u

enum tar_state { TAR_HEADER, TAR_DATA, TAR_EXTENSION, TAR_PADDING, TAR_AFTER };

struct tar {
    const struct format_env *env;
    enum tar_state state;
    uint8_t block[BLOCK];
    unsigned n;
    uint64_t pos;  /* of the next byte */
    uint64_t left; /* of data or padding */
    unsigned padding;
    bool reading; /* a member whose bytes are wanted */
    bool begun;   /* there was a header */
    bool inside;  /* a member that is not at its end */
    uint8_t kind;            /* typeflag of the extension */
    uint8_t extension[TAR_EXTENSION_MAX];
    size_t n_extension;
    char name[MEMBER_NAME_MAX]; /* told by an extension for the next member */
    size_t n_name;
    bool sized, sparse; /* so is this */
    uint64_t size;
};

/* ---- numbers ---- */

/* Octal digits, or base 256 with the first bit set. */
static bool number(const uint8_t *p, size_t n, uint64_t *value)
{
    uint64_t v = 0;
    size_t i = 0;
    if (p[0] & 0x80) {
        v = p[0] & 0x3F;
        for (i = 1; i < n; i++) {
            if (v >> 55)
                return false;
            v = v << 8 | p[i];
        }
        *value = v;
        return !(p[0] & 0x40);
    }
    while (i < n && p[i] == ' ')
        i++;
    for (; i < n && p[i] >= '0' && p[i] <= '7'; i++)
        v = v << 3 | (uint64_t)(p[i] - '0');
    *value = v;
    return i == n || p[i] == ' ' || p[i] == '\0';
}

/* Some wrote the sum of signed characters. */
static bool is_header(const uint8_t *b)
{
    uint64_t told;
    uint32_t sum = 0;
    int32_t with_signs = 0;
    if (!number(b + 148, 8, &told) || told == 0 || b[0] == '\0')
        return false;
    for (unsigned i = 0; i < BLOCK; i++) {
        uint8_t c = i >= 148 && i < 156 ? ' ' : b[i];
        sum += c;
        with_signs += (int8_t)c;
    }
    return told == sum || (with_signs >= 0 && told == (uint32_t)with_signs);
}

static bool is_nuls(const uint8_t *b)
{
    for (unsigned i = 0; i < BLOCK; i++)
        if (b[i])
            return false;
    return true;
}

/* ---- extensions ---- */

static void keep_name(struct tar *t, struct slice s)
{
    s = slice_sub(s, 0, slice_find(s, '\0'));
    t->n_name = s.n < sizeof t->name ? s.n : sizeof t->name;
    if (t->n_name)
        memcpy(t->name, s.p, t->n_name);
}

/* "LENGTH KEY=VALUE\n", the length counting all of it. */
static void read_pax(struct tar *t, struct slice s)
{
    while (s.n) {
        uint64_t n;
        size_t blank = slice_find(s, ' ');
        if (!slice_to_u64(slice_sub(s, 0, blank), &n) || n <= blank + 1 || n > s.n)
            return;
        struct slice line = slice_sub(s, blank + 1, (size_t)n - blank - 2);
        s = slice_from(s, (size_t)n);
        size_t eq = slice_find(line, '=');
        struct slice key = slice_sub(line, 0, eq), value = slice_from(line, eq + 1);
        if (slice_eq(key, SLICE_OF("path")))
            keep_name(t, value);
        else if (slice_eq(key, SLICE_OF("size")))
            t->sized = slice_to_u64(value, &t->size);
        else if (slice_starts_nocase(key, SLICE_OF("GNU.sparse.")))
            t->sparse = true;
    }
}

static void end_extension(struct tar *t)
{
    struct slice all = slice_of(t->extension, t->n_extension);
    if (t->kind == 'L')
        keep_name(t, all);
    else if (t->kind == 'x' || t->kind == 'X')
        read_pax(t, all);
}

/* ---- members ---- */

static struct slice field(const uint8_t *p, size_t n)
{
    struct slice s = slice_of(p, n);
    return slice_sub(s, 0, slice_find(s, '\0'));
}

/* The prefix of ustar is a folder; GNU puts times in its place. */
static void name_of(struct tar *t)
{
    const uint8_t *b = t->block;
    struct slice name = field(b, 100);
    struct slice prefix = memcmp(b + 257, "ustar\0", 6) == 0 ? field(b + 345, 155) : SLICE_EMPTY;
    if (t->n_name)
        return;
    if (prefix.n) {
        keep_name(t, prefix);
        if (t->n_name < sizeof t->name)
            t->name[t->n_name++] = '/';
    }
    size_t n = sizeof t->name - t->n_name;
    n = name.n < n ? name.n : n;
    if (n)
        memcpy(t->name + t->n_name, name.p, n);
    t->n_name += n;
}

static void begin_member(struct tar *t)
{
    name_of(t);
    struct member m = { .name = slice_of(t->name, t->n_name), .at = t->pos,
                        .in_place = true };
    t->inside = true;
    if (t->sparse) /* its bytes are not in a row */
        member_missed(t->env->members);
    else
        t->reading = member_begin(t->env->members, &m);
}

static void end_member(struct tar *t, bool whole)
{
    if (t->reading)
        member_end(t->env->members, whole);
    t->reading = t->inside = false;
    t->n_name = 0;
    t->sized = t->sparse = false;
}

/* Whether what this typeflag names has the bytes of a file. Flags that nobody defined are
 * read as files, as POSIX asks for. */
static bool is_file(uint8_t flag)
{
    static const uint8_t none[] = { '1', '2', '3', '4', '5', '6', 'V', 'M', 'D' };
    return !memchr(none, flag, sizeof none);
}

static void after_data(struct tar *t)
{
    if (t->state == TAR_EXTENSION)
        end_extension(t);
    else
        end_member(t, true);
    t->left = t->padding;
    t->state = t->left ? TAR_PADDING : TAR_HEADER;
}

static enum optout_rc take_header(struct tar *t)
{
    const uint8_t *b = t->block;
    uint64_t size;
    if (is_nuls(b)) {
        t->state = TAR_AFTER;
        return OPTOUT_MORE;
    }
    if (!is_header(b) || !number(b + 124, 12, &size))
        return t->state == TAR_AFTER && t->begun ? OPTOUT_DONE : OPTOUT_E_SYNTAX;
    t->begun = true;
    t->kind = b[156];
    bool extension = t->kind && strchr("xXgLK", t->kind);
    if (!extension && t->sized)
        size = t->size;
    /* Links and devices have none, whatever their size says; old folders are files whose name
     * ends in a slash. */
    if (t->kind && strchr("123456", t->kind))
        size = 0;
    if (size > INT64_MAX)
        return OPTOUT_E_SYNTAX;
    t->left = size;
    t->padding = (unsigned)(-size & (BLOCK - 1));
    t->n_extension = 0;
    t->state = extension ? TAR_EXTENSION : TAR_DATA;
    if (!extension) {
        t->sparse |= t->kind == 'S';
        t->sparse |= t->kind == 'M'; /* the rest of one that began on another tape */
        if (t->sparse || (is_file(t->kind) && size))
            begin_member(t);
        if (t->kind == 'S' && b[482]) { /* blocks of its map follow that nothing here counts */
            end_member(t, true);
            t->state = TAR_AFTER;
            return OPTOUT_DONE;
        }
    }
    if (t->left == 0)
        after_data(t);
    return OPTOUT_MORE;
}

static void take_data(struct tar *t, struct slice s)
{
    if (t->state == TAR_DATA && t->reading && !member_bytes(t->env->members, s)) {
        member_end(t->env->members, true);
        t->reading = false;
    }
    if (t->state != TAR_EXTENSION)
        return;
    size_t room = TAR_EXTENSION_MAX - t->n_extension;
    size_t n = s.n < room ? s.n : room;
    if (n)
        memcpy(t->extension + t->n_extension, s.p, n);
    t->n_extension += n;
}

/* ---- the row ---- */

static void *tar_open(const struct format_env *env)
{
    struct tar *t = arena_alloc(env->arena, sizeof *t);
    if (t)
        t->env = env;
    return t;
}

static enum optout_rc tar_feed(void *state, struct slice s)
{
    struct tar *t = state;
    while (s.n) {
        bool header = t->state == TAR_HEADER || t->state == TAR_AFTER;
        uint64_t want = header ? BLOCK - t->n : t->left;
        size_t n = want < s.n ? (size_t)want : s.n;
        struct slice piece = slice_sub(s, 0, n);
        s = slice_from(s, n);
        t->pos += n;
        if (header) {
            memcpy(t->block + t->n, piece.p, n);
            t->n += (unsigned)n;
            if (t->n < BLOCK)
                continue;
            t->n = 0;
            enum optout_rc rc = take_header(t);
            if (rc != OPTOUT_MORE)
                return rc;
            continue;
        }
        t->left -= n;
        if (t->state != TAR_PADDING)
            take_data(t, piece);
        if (t->left)
            continue;
        if (t->state == TAR_PADDING)
            t->state = TAR_HEADER;
        else
            after_data(t);
    }
    return OPTOUT_MORE;
}

/* The NULs at the end may be missing, and so may the last padding. */
static enum optout_rc tar_end(void *state)
{
    struct tar *t = state;
    bool broken = t->inside || t->state == TAR_EXTENSION || (t->state == TAR_HEADER && t->n);
    if (t->inside)
        end_member(t, false);
    return broken ? OPTOUT_E_SYNTAX : OPTOUT_DONE;
}

static bool tar_sniff(struct slice head)
{
    return head.n >= BLOCK && (is_header(head.p) || memcmp(head.p + 257, "ustar", 5) == 0);
}

static const char *const tar_types[] = {
    "application/x-tar", "application/tar", "application/x-ustar", "application/x-gtar", NULL
};

const struct format format_tar = {
    .name = "tar",
    .title = "tar archives",
    .reads = "every member, as the body it is; sparse ones are not read; to the end",
    .types = tar_types,
    .sniff = tar_sniff,
    .by_type = true,
    .to_end = true,
    .contains = true,
    .open = tar_open,
    .feed = tar_feed,
    .end = tar_end,
};
