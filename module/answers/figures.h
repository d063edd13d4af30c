/* SPDX-License-Identifier: Apache-2.0 */
/* figures.h - what is counted of any group of records: a host, an hour, a format. One list
 * names the members of JSON, the columns of tables and what is added up. */
#ifndef OPTOUT_ANSWERS_FIGURES_H
#define OPTOUT_ANSWERS_FIGURES_H

#include "answers/line_view.h"
#include "syntax/json.h"

/* Name, and what it is. Bytes are bytes of bodies as sent, content coding included. */
#define FIGURES(X)                                                                      \
    X(RECORDS, "records")         /* exchanges that came to an end */                    \
    X(CLEAR, "clear")             /* decisions */                                        \
    X(RESERVED, "reserved")                                                              \
    X(CONDITIONAL, "conditional")                                                        \
    X(LICENSED, "licensed")                                                              \
    X(UNDECIDED, "undecided")                                                            \
    X(PASS, "pass")               /* actions */                                          \
    X(TAG, "tag")                                                                        \
    X(BLOCK, "block")                                                                    \
    X(CUT, "cut")                                                                        \
    X(WOULD, "would_refuse")      /* monitor mode: enforcing would have blocked or cut */ \
    X(CONFLICTS, "conflicts")     /* one standard allows what another restricts */       \
    X(DECIDING, "deciding")       /* of statements: records that they decided */         \
    X(READ, "read")               /* answers of whose body anything was seen */          \
    X(FETCHED, "fetched_bytes")   /* seen of answers */                                  \
    X(DELIVERED, "delivered_bytes") /* passed on, tagged or not */                       \
    X(KEPT, "kept_bytes")         /* content that may be retained: see sums.h */        \
    X(KEPT_RECORDS, "kept_records")                                                      \
    X(KEPT_TEXT, "kept_text_bytes")                                                      \
    X(KEPT_IMAGE, "kept_image_bytes")                                                    \
    X(KEPT_AUDIO, "kept_audio_bytes")                                                    \
    X(KEPT_VIDEO, "kept_video_bytes")                                                    \
    X(KEPT_OTHER, "kept_other_bytes")                                                    \
    X(REFUSED, "refused_bytes")   /* announced or seen of what was blocked or cut */     \
    X(RELEASED, "released_bytes") /* had left before a cut */                            \
    X(LOST, "lost")               /* of gaps: at most so many records */                 \
    X(LOST_UNKNOWN, "lost_unknown") /* gaps of which that is not known */

enum figure {
#define FIGURE_ID(id, name) F_##id,
    FIGURES(FIGURE_ID)
#undef FIGURE_ID
    FIGURE_COUNT
};

enum modality { MODE_TEXT, MODE_IMAGE, MODE_AUDIO, MODE_VIDEO, MODE_OTHER, MODE_COUNT };

struct figures {
    uint64_t of[FIGURE_COUNT];
};

const char *figure_name(enum figure f);
const char *modality_name(enum modality m); /* "text" … "other" */
/* By its media type, else by what was read in it. */
enum modality modality_of(const struct line_view *v);
void figures_add(struct figures *to, const struct figures *more);
/* What one final record adds. `tagged_kept`: what was delivered under a restricting tag
 * counts as kept. */
void figures_of(const struct line_view *v, bool tagged_kept, struct figures *out);

/* Each figure as a member of the object that is open; a time (0: null), likewise. */
void figures_json(struct json *j, const struct figures *f);
void figures_json_time(struct json *j, const char *key, int64_t ms);

#endif
