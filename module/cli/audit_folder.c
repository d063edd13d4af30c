/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/audit_folder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool audit_folder_add(struct audit_folder *f, const char *path)
{
    bool ok = segment_list_add(&f->list, path);
    int why = errno;
    struct audit_source *more = realloc(f->sources, (f->list.n + 1) * sizeof *more);
    if (!more) {
        errno = ENOMEM;
        return false;
    }
    f->sources = more;
    for (; f->n < f->list.n; f->n++)
        more[f->n] = (struct audit_source){ .reader = NULL };
    errno = why;
    return ok;
}

static enum optout_rc open_at(struct audit_source *s, const char *path)
{
    free(s->path);
    s->path = strdup(path);
    if (!s->path) {
        errno = ENOMEM;
        return OPTOUT_E_NOMEM;
    }
    enum optout_rc rc = segment_reader_open(s->path, &s->reader);
    if (rc != OPTOUT_OK)
        return rc;
    s->said.references = references_new();
    s->said.lines = audit_lines_new();
    if (s->said.references && s->said.lines)
        return OPTOUT_OK;
    audit_source_end(s);
    s->ended = false;
    errno = ENOMEM;
    return OPTOUT_E_NOMEM;
}

enum optout_rc audit_source_open(struct audit_folder *f, size_t at)
{
    enum optout_rc rc = open_at(&f->sources[at], f->list.file[at].path);
    /* Closed since it was found, it has another name. */
    if (rc == OPTOUT_E_IO && errno == ENOENT && segment_find_again(&f->list.file[at]))
        rc = open_at(&f->sources[at], f->list.file[at].path);
    return rc;
}

void audit_source_end(struct audit_source *s)
{
    segment_reader_close(s->reader);
    references_free(s->said.references);
    audit_lines_free(s->said.lines);
    s->reader = NULL;
    s->said = (struct audit_said){ .references = NULL };
    s->ended = true;
}

void audit_folder_free(struct audit_folder *f)
{
    for (size_t i = 0; i < f->n; i++) {
        audit_source_end(&f->sources[i]);
        free(f->sources[i].path);
    }
    free(f->sources);
    segment_list_free(&f->list);
}
