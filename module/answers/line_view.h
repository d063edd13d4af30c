/* SPDX-License-Identifier: Apache-2.0 */
/* line_view.h - one line of the log as those see it who count: with what it left out and
 * refers to, as values (docs/audit-format.md).
 *
 * Everything but the names of our own lists came from the network: it is UTF-8, may hold any
 * character and is escaped by whoever prints it. A view is valid until its line is left. */
#ifndef OPTOUT_ANSWERS_LINE_VIEW_H
#define OPTOUT_ANSWERS_LINE_VIEW_H

#include "answers/segment_scan.h"
#include "audit/reference.h"
#include "core/arena.h"
#include "core/signal.h"
#include "core/undecided.h"

enum line_event { LINE_FINAL, LINE_PENDING, LINE_GAP, LINE_REMOVED };
enum line_decision { SAID_NONE, SAID_CLEAR, SAID_RESERVED, SAID_CONDITIONAL, SAID_LICENSED,
                     SAID_UNDECIDED };
enum line_action { DID_NONE, DID_PASS, DID_TAG, DID_BLOCK, DID_CUT };

#define LINE_REASONS_MAX 32

struct statement_view {
    struct slice standard, carrier, scope, agent, raw, confidence, grade, phrase, url, page, note;
    struct slice place_kind, part; /* kind empty: it has no place */
    uint64_t at;
    struct prefs prefs;
    bool raw_cut, deciding;
};

struct line_view {
    enum line_event event;
    struct slice id, time, node;
    int64_t time_ms;

    /* records */
    struct slice profile, agent, method, url, media_type, inspected, contact, earlier, config;
    struct slice host;   /* lower case, without port; empty: no URL */
    enum line_decision decision;
    enum line_action action, would; /* would: as action, but in monitor mode */
    bool monitor, request, whole;   /* request: judged before the origin was asked */
    int status;                     /* 0: none */
    int64_t length;                 /* -1: not announced */
    uint64_t seen, released;        /* bytes */
    usage_set purpose, conflicts;
    struct slice reason[LINE_REASONS_MAX]; /* of `undecided`, in its order */
    size_t reasons;
    const struct statement_view *signal;
    size_t signals;
    struct slice site[REFERENCES_MAX]; /* ids of what was known of the site */
    size_t sites;
    const struct scan_line *line; /* it is of; for line_view_bundle */
    struct slice config_line; /* JSON of its configuration; or empty */

    /* gaps: `reason[0]` is theirs; removals: their rule, and `lost` is the number of records */
    struct slice segment;
    int64_t lost; /* -1: not known */
    uint64_t torn_bytes;
    int64_t from_ms, to_ms; /* of what was removed; 0: not known */
};

/* What a configuration says of a profile: asked for by nearly every record anew. */
#define PROFILES_KNOWN 8
struct profile_view {
    char config[REFERENCE_ID_SIZE], profile[64];
    size_t config_n, profile_n;
    usage_set purpose;
    bool monitor;
};

#define LINE_SIGNALS_MAX SIGNALS_MAX /* a record has no more */

/* What views need from line to line. One thread; it is large. */
struct line_viewer {
    struct line_view view;
    struct arena arena; /* of one line: texts that had escapes */
    struct buf scratch;
    struct profile_view known[PROFILES_KNOWN]; /* those that were asked for last */
    size_t next_known;
    struct statement_view signal[LINE_SIGNALS_MAX];
    max_align_t first[512];
};

void line_viewer_init(struct line_viewer *w);
void line_viewer_free(struct line_viewer *w);
/* A record, pending or not, a gap or a removal; valid until the next one, and no longer than `line`.
 * NULL: the line has no time, or memory is used up. */
const struct line_view *line_view_of(struct line_viewer *w, const struct scan_line *line);
/* A JSON string of the line as text, in the view's memory; "" when it is none. */
struct slice line_view_text(struct line_viewer *w, struct slice value);

/* What `site[i]` stands for, as JSON (docs/audit-format.md, Bundles); empty: it is missing. */
struct slice line_view_bundle(const struct line_view *v, size_t i);

/* The preferences as a text that is the same for the same ones: "train-ai=deny search=allow";
 * "" when there are none. */
#define PREFS_TEXT 160
size_t prefs_text(const struct prefs *p, char out[PREFS_TEXT]);
const char *decision_word(enum line_decision d); /* "clear" …; "" for none */
const char *action_word(enum line_action a);

#endif
