/* SPDX-License-Identifier: Apache-2.0 */
/* Lines in files of others, c-icap.conf, squid.conf and optoutd.conf. What is added stands behind a
 * line that says so, what is taken out stays as a remark, so that all of it can be undone:
 *
 *     # optout setup added:
 *     Include optout-node.conf
 *     # optout setup took out: Port 1344
 */
#include "cli/node.h"

#include <stdio.h>

#define ADDED "# optout setup added:"
#define TOOK_OUT "# optout setup took out: "
#define INCLUDE_FILTER "Include optout-node.conf"
#define INCLUDE_DAEMON "Include optoutd-node.conf"
#define INCLUDE_SNIPPET "include " NODE_SNIPPET
#define ICAP_PORT 1344

/* The words of a directive; empty slices behind the last. Remarks have none. */
struct words {
    struct slice at[3];
};

static struct words words_of(struct slice line)
{
    struct words w = { { SLICE_EMPTY, SLICE_EMPTY, SLICE_EMPTY } };
    line = slice_trim_space(line);
    if (slice_begins(line, '#'))
        return w;
    for (size_t i = 0; i < sizeof w.at / sizeof *w.at && node_word(&line, &w.at[i]); i++)
        ;
    return w;
}

static bool word_is(struct slice word, const char *text)
{
    return slice_eq_nocase(word, slice_cstr(text));
}

/* "…/NAME" or "NAME". */
static bool names_file(struct slice word, const char *name)
{
    size_t n = strlen(name);
    return word.n >= n && slice_eq(slice_from(word, word.n - n), slice_cstr(name)) &&
           (word.n == n || word.p[word.n - n - 1] == '/');
}

static void change(struct node_changes *c, size_t line, bool take_out, const char *add)
{
    if (c->n < NODE_CHANGES_MAX)
        c->at[c->n++] = (struct node_change){ .line = line, .take_out = take_out, .add = add };
}

static void wish_out(struct node_changes *c, size_t line)
{
    if (c->n < NODE_CHANGES_MAX)
        c->at[c->n++] = (struct node_change){ .line = line, .take_out = true, .is_wish = true };
}

/* --- c-icap.conf and optoutd.conf -------------------------------------------------- */

/* A port, or one of an address: "1344", "0.0.0.0:1344", "127.0.0.1:1344". */
static unsigned port_of(struct slice word, struct slice *address)
{
    uint64_t port = 0;
    size_t colon = word.n;
    while (colon && word.p[colon - 1] != ':')
        colon--;
    *address = slice_sub(word, 0, colon ? colon - 1 : 0);
    return slice_to_u64(slice_from(word, colon), &port) && port <= 65535 ? (unsigned)port : 0;
}

unsigned node_icap_port(struct slice file)
{
    struct slice line, address;
    while (slice_split(&file, '\n', &line)) {
        struct words w = words_of(line);
        unsigned port = word_is(w.at[0], "Port") ? port_of(w.at[1], &address) : 0;
        if (port)
            return port;
    }
    return ICAP_PORT;
}

/* Who reaches the port uses the filter: it belongs on this machine alone. An address that
 * somebody has chosen is left as it is. */
static bool listens_to_all(const struct words *w)
{
    struct slice address;
    return word_is(w->at[0], "Port") && port_of(w->at[1], &address) &&
           (address.n == 0 || slice_eq(address, SLICE_OF("0.0.0.0")));
}

void node_c_icap_changes(struct slice file, struct node_changes *c)
{
    struct slice line, rest = file;
    bool included = false, moved = false;
    size_t number = 0;
    snprintf(c->port_line, sizeof c->port_line, "Port 127.0.0.1:%u", node_icap_port(file));
    while (slice_split(&rest, '\n', &line)) {
        struct words w = words_of(line);
        number++;
        if (listens_to_all(&w)) {
            change(c, number, true, moved ? NULL : c->port_line);
            moved = true;
        } else if (word_is(w.at[0], "Include") && names_file(w.at[1], "srv_optout.conf")) {
            change(c, number, true, NULL); /* optout-node.conf includes it */
        } else if (word_is(w.at[0], "AccessLog") && word_is(w.at[1], "/var/log/c-icap/access.log")) {
            wish_out(c, number); /* a line for each exchange, and nobody reads it */
        } else {
            included |= word_is(w.at[0], "Include") && names_file(w.at[1], "optout-node.conf");
        }
    }
    if (!included)
        change(c, SIZE_MAX, false, INCLUDE_FILTER);
}

void node_optoutd_changes(struct slice file, struct node_changes *c)
{
    struct slice line;
    while (slice_split(&file, '\n', &line)) {
        struct words w = words_of(line);
        if (word_is(w.at[0], "Include") && names_file(w.at[1], "optoutd-node.conf"))
            return;
    }
    change(c, SIZE_MAX, false, INCLUDE_DAEMON);
}

/* --- squid.conf ------------------------------------------------------------------------ */

static bool opens_port(const struct words *w, unsigned port)
{
    struct slice address;
    return (word_is(w->at[0], "http_port") || word_is(w->at[0], "https_port")) &&
           port_of(w->at[1], &address) == port;
}

bool node_squid_has_port(struct slice file, unsigned port)
{
    struct slice line;
    while (slice_split(&file, '\n', &line)) {
        struct words w = words_of(line);
        if (opens_port(&w, port))
            return true;
    }
    return false;
}

/* What an earlier run took out counts, too: the port stays on the addresses that it had. */
void node_squid_listen(struct slice file, unsigned port, char *out, size_t size)
{
    static const struct slice took_out = SLICE(TOOK_OUT);
    struct slice line;
    snprintf(out, size, "%u", port);
    while (slice_split(&file, '\n', &line)) {
        if (slice_starts_nocase(line, took_out))
            line = slice_from(line, took_out.n);
        struct words w = words_of(line);
        if (word_is(w.at[0], "http_port") && opens_port(&w, port) && w.at[1].n < size) {
            snprintf(out, size, "%.*s", SLICE_FMT(w.at[1]));
            return;
        }
    }
}

static bool includes_snippet(const struct words *w)
{
    return word_is(w->at[0], "include") &&
           (word_is(w->at[1], NODE_SNIPPET) || word_is(w->at[1], NODE_SQUID_DIR "/conf.d/*.conf") ||
            word_is(w->at[1], NODE_SQUID_DIR "/conf.d/*"));
}

/* The snippet says who may use the proxy, so it stands before the first line that does; and it
 * opens the port with the CA, so nobody else may. */
void node_squid_changes(const struct node *n, struct slice file, struct node_changes *c)
{
    struct slice line, rest = file;
    uint64_t port = 0;
    size_t number = 0, rules = 0;
    bool included = false, https = strcmp(n->answers.text[NODE_HTTPS], "yes") == 0;
    if (!slice_to_u64(slice_cstr(n->answers.text[NODE_PORT]), &port))
        port = 0;
    while (slice_split(&rest, '\n', &line)) {
        struct words w = words_of(line);
        number++;
        included |= includes_snippet(&w);
        if (!rules && word_is(w.at[0], "http_access"))
            rules = number;
    }
    if (!included)
        change(c, rules ? rules : SIZE_MAX, false, INCLUDE_SNIPPET);
    number = 0;
    while (https && slice_split(&file, '\n', &line)) {
        struct words w = words_of(line);
        number++;
        if (opens_port(&w, (unsigned)port))
            change(c, number, true, NULL);
    }
}

/* --- making and undoing them ----------------------------------------------------------------- */

static const struct node_change *change_at(const struct node_changes *c, size_t line, bool adds)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->at[i].line == line && (adds ? c->at[i].add != NULL : c->at[i].take_out))
            return &c->at[i];
    return NULL;
}

static void put_added(struct buf *out, const struct node_change *c)
{
    if (c)
        buf_printf(out, ADDED "\n%s\n", c->add);
}

static void edit(struct slice file, const struct node_changes *c, struct buf *out)
{
    struct slice line;
    size_t number = 0;
    while (file.n && slice_split(&file, '\n', &line)) {
        number++;
        put_added(out, change_at(c, number, true));
        if (change_at(c, number, false))
            buf_puts(out, TOOK_OUT);
        buf_append(out, line.p, line.n);
        buf_putc(out, '\n');
    }
    put_added(out, change_at(c, SIZE_MAX, true));
}

static struct slice line_of(struct slice file, size_t number)
{
    struct slice line = SLICE_EMPTY;
    while (number-- && slice_split(&file, '\n', &line))
        ;
    return slice_trim_space(line);
}

static void say_changes(struct node *n, const char *path, struct slice file,
                        const struct node_changes *c, bool allowed)
{
    char text[NODE_ANSWER_MAX];
    for (size_t i = 0; i < c->n; i++) {
        const struct node_change *at = &c->at[i];
        struct slice old = at->take_out ? line_of(file, at->line) : SLICE_EMPTY;
        if (at->take_out && at->add)
            snprintf(text, sizeof text, "line %zu: write \"%s\" in the place of \"%.*s\"", at->line,
                     at->add, (int)(old.n > 400 ? 400 : old.n), (const char *)old.p);
        else if (at->take_out)
            snprintf(text, sizeof text, "line %zu: take out \"%.*s\"", at->line,
                     (int)(old.n > 400 ? 400 : old.n), (const char *)old.p);
        else if (at->line == SIZE_MAX)
            snprintf(text, sizeof text, "add at its end \"%s\"", at->add);
        else
            snprintf(text, sizeof text, "line %zu: write before it \"%s\"", at->line, at->add);
        if (allowed)
            node_say(n, "edit", path, text);
        else if (!at->is_wish)
            node_leave(n, "%s%s: %s", n->root, path, text);
    }
}

bool node_lines_put(struct node *n, const char *path, struct slice file,
                    const struct node_changes *c, bool allowed, bool *changed)
{
    struct buf out;
    if (!c->n) {
        node_say(n, "same", path, NULL);
        return true;
    }
    say_changes(n, path, file, c, allowed);
    if (!allowed)
        return true;
    buf_init(&out, 2 * NODE_FILE_MAX);
    edit(file, c, &out);
    bool good = !out.failed && node_file_write(n, path, buf_slice(&out), 0644);
    buf_free(&out);
    *changed = true;
    return good;
}

/* What was added goes only as it was added: a line that somebody has changed is his. */
static bool is_added(struct slice line)
{
    static const char *const texts[] = { INCLUDE_FILTER, INCLUDE_DAEMON, INCLUDE_SNIPPET };
    struct words w = words_of(line);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (slice_eq(slice_trim_space(line), slice_cstr(texts[i])))
            return true;
    return word_is(w.at[0], "Port") && slice_starts_nocase(w.at[1], SLICE_OF("127.0.0.1:"));
}

static bool undo(struct slice file, struct buf *out)
{
    static const struct slice took_out = SLICE(TOOK_OUT);
    struct slice line;
    bool changed = false;
    while (file.n && slice_split(&file, '\n', &line)) {
        struct slice next = file, added;
        if (slice_eq(line, SLICE_OF(ADDED)) && slice_split(&next, '\n', &added)) {
            changed = true;
            if (is_added(added))
                file = next;
            continue;
        }
        if (line.n >= took_out.n && slice_eq(slice_sub(line, 0, took_out.n), took_out)) {
            changed = true;
            line = slice_from(line, took_out.n);
        }
        buf_append(out, line.p, line.n);
        buf_putc(out, '\n');
    }
    return changed;
}

bool node_lines_drop(struct node *n, const char *path, bool *changed)
{
    struct buf old, out;
    bool there, good;
    buf_init(&old, NODE_FILE_MAX);
    buf_init(&out, NODE_FILE_MAX);
    good = node_file_read(n, path, &old, &there);
    if (good && there && undo(buf_slice(&old), &out)) {
        node_say(n, "edit", path, "marked lines are as they were");
        *changed = true;
        good = !out.failed && node_file_write(n, path, buf_slice(&out), 0644);
    }
    buf_free(&old);
    buf_free(&out);
    return good;
}
