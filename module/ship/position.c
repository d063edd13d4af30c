/* SPDX-License-Identifier: Apache-2.0 */
#include "ship/position.h"

#include "core/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

static const char *const state_names[POSITION_STATES] = { "open", "done", "damaged" };

/* ---- reading ---- */

/* "NAME VALUE\n" off the front. */
static bool take_row(struct slice *text, struct slice name, struct slice *value)
{
    struct slice row = slice_sub(*text, 0, slice_find(*text, '\n'));
    if (row.n == text->n || row.n <= name.n || row.p[name.n] != ' ' ||
        !slice_eq(slice_sub(row, 0, name.n), name))
        return false;
    *value = slice_from(row, name.n + 1);
    *text = slice_from(*text, row.n + 1);
    return true;
}

static bool read_number(struct slice s, uint64_t *out)
{
    uint64_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9' || i >= 18)
            return false;
        n = n * 10 + (uint64_t)(s.p[i] - '0');
    }
    *out = n;
    return s.n > 0;
}

static bool read_first(struct slice s, char out[POSITION_FIRST])
{
    for (size_t i = 0; i < s.n; i++)
        if (!(s.p[i] >= '0' && s.p[i] <= '9') && !(s.p[i] >= 'a' && s.p[i] <= 'f'))
            return false;
    if (s.n != 0 && s.n != POSITION_FIRST - 1)
        return false;
    memset(out, 0, POSITION_FIRST);
    if (s.n)
        memcpy(out, s.p, s.n);
    return true;
}

bool position_parse(struct slice text, struct slice segment, struct position *out)
{
    struct slice version, name, first, lines, state;
    if (!take_row(&text, SLICE_OF("optout-ship"), &version) ||
        !take_row(&text, SLICE_OF("segment"), &name) ||
        !take_row(&text, SLICE_OF("first"), &first) ||
        !take_row(&text, SLICE_OF("lines"), &lines) ||
        !take_row(&text, SLICE_OF("state"), &state) || text.n != 0)
        return false;
    if (!slice_eq(version, SLICE_OF("1")) || !slice_eq(name, segment) ||
        !read_first(first, out->first) || !read_number(lines, &out->lines))
        return false;
    for (unsigned i = 0; i < POSITION_STATES; i++) {
        out->state = (enum position_state)i;
        if (slice_eq(state, slice_cstr(state_names[i])))
            return out->lines == 0 || out->first[0];
    }
    return false;
}

static bool path_of(const char *folder, const char *segment, const char *suffix,
                    char path[PATH_MAX])
{
    int n = snprintf(path, PATH_MAX, "%s/%s%s", folder, segment, suffix);
    if (n > 0 && n < PATH_MAX)
        return true;
    errno = ENAMETOOLONG;
    return false;
}

enum optout_rc position_load(const char *folder, const char *segment, struct position *out)
{
    char path[PATH_MAX];
    struct buf text;
    if (!path_of(folder, segment, POSITION_SUFFIX, path))
        return OPTOUT_E_IO;
    buf_init(&text, POSITION_FILE_MAX);
    enum optout_rc rc = file_read(path, &text);
    if (rc == OPTOUT_E_IO && errno == ENOENT)
        rc = OPTOUT_DONE;
    else if (rc == OPTOUT_E_LIMIT)
        rc = OPTOUT_E_SYNTAX;
    else if (rc == OPTOUT_OK && !position_parse(buf_slice(&text), slice_cstr(segment), out))
        rc = OPTOUT_E_SYNTAX;
    int why = errno;
    buf_free(&text);
    errno = why;
    return rc;
}

/* ---- writing ---- */

static bool sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return ok;
}

bool position_save(const char *folder, const char *segment, const struct position *p)
{
    char path[PATH_MAX], made[PATH_MAX], text[POSITION_FILE_MAX];
    if (!path_of(folder, segment, POSITION_SUFFIX, path) ||
        !path_of(folder, segment, POSITION_SUFFIX ".new", made))
        return false;
    int n = snprintf(text, sizeof text,
                     "optout-ship 1\nsegment %s\nfirst %s\nlines %llu\nstate %s\n", segment,
                     p->first, (unsigned long long)p->lines, state_names[p->state]);
    int fd = open(made, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (fd < 0)
        return false;
    bool ok = file_write_all(fd, slice_of(text, (size_t)n)) && fsync(fd) == 0;
    ok = close(fd) == 0 && ok && rename(made, path) == 0 && sync_folder(folder);
    if (!ok) {
        int why = errno;
        (void)unlink(made);
        errno = why;
    }
    return ok;
}

bool position_remove(const char *folder, const char *segment)
{
    char path[PATH_MAX];
    return path_of(folder, segment, POSITION_SUFFIX, path) && unlink(path) == 0;
}
