/* SPDX-License-Identifier: Apache-2.0 */
/* segment_scan.h - one segment of the log, record by record, as it is meant: what records
 * refer to at hand, a pending record joined with its final one, what is missing or damaged
 * handed out like all else. scan.h does this for many segments on all cores.
 *
 * One scan belongs to one thread at a time. Memory: that of one reader with its references
 * (audit/reader.h), and PENDINGS_BYTES_MAX. */
#ifndef OPTOUT_ANSWERS_SEGMENT_SCAN_H
#define OPTOUT_ANSWERS_SEGMENT_SCAN_H

#include "answers/record_view.h"
#include "audit/reader.h"
#include "core/rc.h"

enum scan_kind {
    SCAN_RECORD,  /* a final record; its pending one is not handed out */
    SCAN_PENDING, /* a pending record without a final one: see `open` of struct scan_line */
    SCAN_GAP,     /* records may be missing here */
    SCAN_REMOVED, /* a segment was removed by rule: what it had is told */
    SCAN_DAMAGE   /* what stands there, or is missing there, says `damage` */
};

struct segment_scan;

/* What is handed out; lives until the callback returns. */
struct scan_line {
    enum scan_kind kind;
    struct slice raw;      /* the line, without its LF; empty with some damage */
    struct record_view view; /* of records, gaps and removals; of damage undefined */
    uint64_t number;       /* of the line in its segment, from 1 */
    struct slice before;   /* SCAN_GAP: time of the last record before it; empty: it is the first */
    bool open;             /* SCAN_PENDING: its segment is still being written, so the end may come */
    const char *damage;    /* SCAN_DAMAGE: one clause in English */
    struct slice segment;  /* the name that it has once closed, without folders */
    struct segment_scan *scan; /* NULL: of damage to a segment that could not be opened */
};

/* What the fixed beginning of a line says, before anything is parsed. */
struct scan_head {
    struct slice id, time; /* 26 and 24 characters */
    bool pending;
};

struct scan_reader {
    /* NULL: every record is handed out. Else asked for each record line with the beginning
     * that this format's writers give it, before it is parsed: false passes it over. A line
     * that begins otherwise is never asked about. What is passed over is not looked at: it
     * may be damaged. Gaps, removals and damage are always handed out. */
    bool (*wants)(const void *self, struct slice raw, const struct scan_head *head);
    /* False: no more of this segment. */
    bool (*line)(void *part, const struct scan_line *line);
    const void *self; /* for `wants` */
    void *part;       /* for `line` */
    /* Optional. The closed name, to be freed, of the n-th segment, from 0, that the same
     * process wrote after this one; NULL: there is none. A record that is pending when a segment
     * is full has its end there: SCAN_AHEAD_MAX of them, and a day, are looked through. */
    char *(*next)(const void *where, unsigned n);
    const void *where; /* for `next` */
};
#define SCAN_AHEAD_MAX 16u

/* OPTOUT_E_IO (errno says why), OPTOUT_E_NOMEM. */
enum optout_rc segment_scan_open(const char *path, struct segment_scan **out) OPTOUT_CHECKED;
void segment_scan_close(struct segment_scan *s); /* NULL is fine */
/* Hands out what there is:
 *   OPTOUT_DONE  to the end of the segment, or `line` wanted no more
 *   OPTOUT_MORE  the segment is being written: it may be called again for what comes
 *   OPTOUT_E_IO, OPTOUT_E_NOMEM  ended early; handed out as damage, too
 * At MORE, records whose end has not come are handed out as `open` only when `to_end`. */
enum optout_rc segment_scan_read(struct segment_scan *s, const struct scan_reader *to,
                                 bool to_end) OPTOUT_CHECKED;

/* Bytes of the file that have been read so far; from any thread while it is open. */
uint64_t segment_scan_bytes(const struct segment_scan *s);
/* For `line`, of what it was handed: */

/* The line that is referred to as `id`, `{"v":2,"event":…}`; empty when the segment has none.
 * Lives until the callback returns. */
struct slice scan_reference(const struct scan_line *line, struct slice id);
/* All of them, for who resolves whole records. */
const struct references *segment_scan_references(const struct segment_scan *s);
/* As record_text(), and also `profile`, `mode`, `node` and `purpose` (a JSON array) as the
 * configuration says where the record leaves them out. */
struct slice scan_text(const struct scan_line *line, enum record_field f, struct buf *scratch);
/* The configuration line of a record, members found; NULL when it is missing. */
const struct record_view *scan_config(const struct scan_line *line);

#endif
