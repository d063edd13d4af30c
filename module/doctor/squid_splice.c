/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/squid_splice.h"

#include "core/file.h"

#include <errno.h>
#include <stdio.h>

static bool copy(char *to, size_t size, struct slice from)
{
    if (from.n >= size)
        return false;
    if (from.n)
        memcpy(to, from.p, from.n);
    to[from.n] = '\0';
    return true;
}

static bool is_one_of(struct slice word, const char *const *words)
{
    for (; *words; words++)
        if (slice_eq(word, slice_cstr(*words)))
            return true;
    return false;
}

static struct splice_acl *acl_of(struct squid_splices *s, struct slice name)
{
    for (size_t i = 0; i < s->n_acls; i++)
        if (slice_eq_nocase(name, slice_cstr(s->acl[i].name)))
            return &s->acl[i];
    return NULL;
}

/* ".", ".com" and a name without a dot; of "any" and "none" Squid makes no names. */
static bool is_wide(struct slice host)
{
    struct slice name = host;
    bool domain = slice_take(&name, '.');
    return name.n == 0 || (domain && slice_find(name, '.') == name.n);
}

static void take_value(struct squid_splices *s, struct splice_acl *a, struct slice value)
{
    if (value.n > 1 && value.p[0] == '"') {
        value = slice_sub(value, 1, slice_find(slice_from(value, 1), '"'));
        if (s->n_files < SPLICE_FILES_MAX && copy(s->file[s->n_files].path, SPLICE_PATH_MAX, value))
            s->file[s->n_files++].acl = (size_t)(a - s->acl);
        else
            s->more = true;
    } else if (!slice_begins(value, '-')) {
        a->values++;
        a->wide |= is_wide(value);
    }
}

void squid_splices_take_acl(struct squid_splices *s, struct slice args)
{
    static const char *const hosts[] = { "dstdomain", "ssl::server_name", NULL };
    struct slice name, type, value;
    if (!squid_word(&args, &name) || !squid_word(&args, &type))
        return;
    bool of_hosts = is_one_of(type, hosts);
    struct splice_acl *a = acl_of(s, name);
    if (!a && !of_hosts)
        return;
    if (!a && s->n_acls < SPLICE_ACLS_MAX && copy(s->acl[s->n_acls].name, SPLICE_NAME_MAX, name)) {
        a = &s->acl[s->n_acls++];
        a->hosts = true;
    }
    if (!a) {
        s->more = true;
        return;
    }
    a->hosts &= of_hosts;
    while (a->hosts && squid_word(&args, &value))
        take_value(s, a, value);
}

void squid_splices_take_bump(struct squid_splices *s, const struct squid_place *at,
                             struct slice args)
{
    static const char *const splices[] = { "splice", "none", NULL };
    struct slice word;
    if (!squid_word(&args, &word) || !is_one_of(word, splices))
        return;
    if (s->n_lines == SPLICE_LINES_MAX) {
        s->more = true;
        return;
    }
    struct splice_line *l = &s->line[s->n_lines++];
    *l = (struct splice_line){ .at = *at };
    if (squid_word(&args, &word))
        s->more |= !copy(l->acl, sizeof l->acl, word);
}

/* One value a line; what follows a # is a comment. */
static void measure_file(const char *path, struct splice_size *out)
{
    struct buf text;
    unsigned line = 0;
    struct slice row, word;
    buf_init(&text, SPLICE_FILE_MAX);
    enum optout_rc rc = file_read(path, &text);
    if (rc != OPTOUT_OK) {
        out->known = false;
        snprintf(out->why, sizeof out->why, "%s: %s", path,
                 rc == OPTOUT_E_IO ? strerror(errno) : "is longer than 4 MiB");
    }
    struct slice rest = buf_slice(&text);
    while (rc == OPTOUT_OK && slice_next_row(&rest, &row, &line))
        if (squid_word(&row, &word)) {
            out->values++;
            out->wide |= is_wide(word);
        }
    buf_free(&text);
}

void squid_splice_measure(const struct squid_splices *s, const struct splice_line *l,
                          struct splice_size *out)
{
    *out = (struct splice_size){ .known = false };
    for (size_t i = 0; i < s->n_acls; i++) {
        const struct splice_acl *a = &s->acl[i];
        if (!slice_eq_nocase(slice_cstr(l->acl), slice_cstr(a->name)))
            continue;
        out->known = a->hosts;
        out->values = a->values;
        out->wide = a->wide;
        for (size_t k = 0; a->hosts && k < s->n_files; k++)
            if (s->file[k].acl == i)
                measure_file(s->file[k].path, out);
    }
    if (!out->known && !out->why[0])
        snprintf(out->why, sizeof out->why, "%s is no list of hosts",
                 l->acl[0] ? l->acl : "what it takes");
}
