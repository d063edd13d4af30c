/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_segment_scan.c - a segment with any bytes in it, as questions are put to it: what is
 * passed over by its bytes is never what a look at each record finds, and an index that is made
 * of it never denies what is there. */
#include "answers/question.h"
#include "answers/segment_index.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define QUESTIONS 5u

static int fd = -1;
static char path[64], index_path[96];
static struct domains *domains;
static struct question *questions[QUESTIONS];

static void check(bool ok)
{
    if (!ok)
        abort();
}

static void ask(unsigned i, enum asked kind, const char *value)
{
    check(question_add(questions[i], kind, slice_cstr(value)) == OPTOUT_OK);
}

static void set_up(void)
{
    const char *folder = getenv("TMPDIR");
    snprintf(path, sizeof path, "%.40s/%ld.jsonl", folder ? folder : "/tmp", (long)getpid());
    snprintf(index_path, sizeof index_path, "%s.idx", path);
    fd = memfd_create("segment", MFD_CLOEXEC);
    char target[64];
    snprintf(target, sizeof target, "/proc/self/fd/%d", fd);
    (void)unlink(path);
    check(fd >= 0 && symlink(target, path) == 0 && (domains = domains_new()) != NULL);
    for (unsigned i = 0; i < QUESTIONS; i++)
        check((questions[i] = question_new(domains)) != NULL);
    ask(0, ASKED_HOST, "news.example");
    ask(0, ASKED_HOST, ".b.example");
    ask(1, ASKED_DECISION, "reserved");
    ask(1, ASKED_STANDARD, "tdmrep");
    ask(2, ASKED_DOMAIN, "www.news.example");
    ask(2, ASKED_REASON, "unread");
    ask(3, ASKED_URL_PREFIX, "https://news.example/");
    ask(3, ASKED_ACTION, "pass");
    question_since(questions[4], "2025-11-24T16:00:00.000Z");
    question_until(questions[4], "2025-11-24T17:00:00.000Z");
    ask(4, ASKED_PROFILE, "train");
    for (unsigned i = 0; i < QUESTIONS; i++)
        check(question_ready(questions[i]) == OPTOUT_OK);
}

struct outcome {
    const struct question *q;
    struct buf scratch;
    uint64_t hash;
    size_t found;
    bool odd; /* what the filter does not write: then bytes tell less than a parser */
};

/* The first id of the line is its id. */
static bool is_odd(const struct scan_line *line)
{
    const uint8_t *id = memmem(line->raw.p, line->raw.n, "\"id\":\"", 6);
    const uint8_t *time = memmem(line->raw.p, line->raw.n, "\"time\":\"", 8);
    return memmem(line->raw.p, line->raw.n, "\\u", 2) || memmem(line->raw.p, line->raw.n, "\\/", 2) || !id ||
           !time || line->view.value[FIELD_ID].p != id + 5 || line->view.value[FIELD_TIME].p != time + 7;
}

static bool take(void *part, const struct scan_line *line)
{
    struct outcome *o = part;
    if (line->kind == SCAN_DAMAGE || line->kind == SCAN_GAP) {
        o->odd |= line->kind == SCAN_DAMAGE;
        return true;
    }
    o->odd |= is_odd(line);
    if (!question_matches(o->q, line, &o->scratch))
        return true;
    o->found++;
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < line->raw.n; i++)
        h = (h ^ line->raw.p[i]) * 1099511628211u;
    o->hash += h; /* in any order */
    return true;
}

static struct outcome put(const struct question *q, bool by_bytes)
{
    struct outcome o = { .q = q };
    struct scan_reader to = { .wants = by_bytes ? question_wants : NULL, .line = take, .self = q, .part = &o };
    struct segment_scan *s;
    buf_init(&o.scratch, 4u << 20);
    check(segment_scan_open(path, &s) == OPTOUT_OK && segment_scan_read(s, &to, true) == OPTOUT_DONE);
    segment_scan_close(s);
    buf_free(&o.scratch);
    return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (fd < 0)
        set_up();
    check(ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
    struct segment_file file = { .name = path, .path = path };
    struct segment_index *ix = segment_index_make(&file) == OPTOUT_OK ? segment_index_open(&file) : NULL;
    check(ix != NULL);
    for (unsigned i = 0; i < QUESTIONS; i++) {
        struct outcome all = put(questions[i], false), some = put(questions[i], true);
        check(all.odd || (all.hash == some.hash && all.found == some.found));
        check(!all.found || segment_index_may_have(ix, questions[i]));
    }
    segment_index_free(ix);
    unlink(index_path);
    return 0;
}
