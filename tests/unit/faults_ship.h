/* SPDX-License-Identifier: Apache-2.0 */
/* faults_ship.h - optout-ship on a disk that fails: the segments that it reads and the positions that it
 * keeps. No line is passed over, whatever failed; a position is the old one or the new one, whole, and
 * never beyond what was taken; a line that is shipped twice was so because something was refused. */
#ifndef OPTOUT_TESTS_FAULTS_SHIP_H
#define OPTOUT_TESTS_FAULTS_SHIP_H

#include "faults_fixture.h"

#include "core/log.h"
#include "ship/source.h"

#define SHIP_LINES 6u
#define SHIP_NAME "node-20260301T100000Z-1-1.jsonl"

static unsigned shipped[SHIP_LINES]; /* how often each line was taken */
static uint64_t ship_saved;          /* the last position that was acknowledged */
static bool ship_refused;

static void prepare_ship(void)
{
    char text[SHIP_LINES * 16];
    size_t n = 0;
    memset(shipped, 0, sizeof shipped);
    ship_saved = 0;
    ship_refused = false;
    for (unsigned i = 0; i < SHIP_LINES; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "{\"line\":%u}\n", i);
    write_text(SHIP_NAME, slice_of(text, n));
}

static bool was_refused(const char *what, bool good)
{
    if (!good && errno == 0)
        fail_msg("%s fails without a reason, %s", what, what_failed());
    ship_refused |= !good;
    return !good;
}

/* Ships so many lines, each of which is taken. False: something was refused, and it is tried again later. */
static bool ship_lines(struct source *s, unsigned most)
{
    for (unsigned i = 0; i < most; i++) {
        unsigned line = SHIP_LINES;
        errno = 0;
        enum optout_rc rc = source_next(s);
        if (rc == OPTOUT_DONE && s->damaged)
            fail_msg("%s: a segment that is whole is damaged", what_failed());
        if (rc == OPTOUT_DONE)
            return true;
        if (rc != OPTOUT_OK)
            return !was_refused("source_next", rc == OPTOUT_E_NOMEM);
        if (sscanf((const char *)s->line.p, "{\"line\":%u}", &line) != 1 || line >= SHIP_LINES)
            fail_msg("%s: a strange line", what_failed());
        shipped[line]++;
        source_sent(s, 1);
        source_taken(s, s->window.sent, 1);
    }
    return true;
}

static void save(struct source *s, const struct folder *f)
{
    errno = 0;
    if (!was_refused("source_save", source_save(s, f)))
        ship_saved = s->position.lines;
}

/* One run of the program; `most`: then it ends in the middle. */
static void ship_run(unsigned most)
{
    struct folder f = { .path = dir, .state = dir };
    errno = 0;
    if (was_refused("folder_look", folder_look(&f)))
        goto out;
    struct segment *segment = folder_take(&f, false);
    if (!segment)
        goto out; /* shipped, as its position says */
    errno = 0;
    struct source *s = source_open(&f, segment);
    if (was_refused("source_open", s != NULL))
        goto out;
    if (ship_lines(s, most / 2)) {
        save(s, &f);
        (void)ship_lines(s, most - most / 2);
    }
    save(s, &f);
    source_close(s);
out:
    folder_free(&f);
}

static bool use_ship(void)
{
    ship_run(SHIP_LINES / 2);
    ship_run(2 * SHIP_LINES);
    return ship_refused;
}

static void check_ship(void)
{
    bool refused = ship_refused;
    unsigned twice = 0;
    struct position p;
    enum optout_rc rc = position_load(dir, SHIP_NAME, &p);
    if (rc != OPTOUT_OK && !(rc == OPTOUT_DONE && ship_saved == 0))
        fail_msg("%s: the position is not whole", what_failed());
    for (unsigned i = 0; rc == OPTOUT_OK && i < p.lines; i++)
        if (!shipped[i])
            fail_msg("%s: the position is beyond line %u, which was not shipped", what_failed(), i);
    if (rc == OPTOUT_OK && p.lines < ship_saved && !refused)
        fail_msg("%s: the position is an older one", what_failed());
    ship_run(2 * SHIP_LINES); /* and once more, when all is well again */
    for (unsigned i = 0; i < SHIP_LINES; i++) {
        if (!shipped[i])
            fail_msg("%s: line %u is lost", what_failed(), i);
        twice += shipped[i] > 1;
    }
    if (twice && !failed_call)
        fail_msg("%u lines are shipped twice, and nothing failed", twice);
    if (position_load(dir, SHIP_NAME, &p) != OPTOUT_OK || p.state != POSITION_DONE ||
        p.lines != SHIP_LINES)
        fail_msg("%s: the position does not say that all is shipped", what_failed());
}

static const struct faulty faulty_ship = { "positions of optout-ship", prepare_ship, use_ship, check_ship };

#endif
