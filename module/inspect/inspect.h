/* SPDX-License-Identifier: Apache-2.0 */
/* inspect.h - drives standards and formats over one response.
 *
 * open (head) → feed (body bytes as sent) … → close. It knows when it is done:
 * no later byte could change the signals. One inspection belongs to one thread
 * at a time. */
#ifndef OPTOUT_INSPECT_INSPECT_H
#define OPTOUT_INSPECT_INSPECT_H

#include "core/arena.h"
#include "formats/format.h"
#include "core/signal.h"
#include "core/undecided.h"
#include "http/exchange.h"

struct packet_tap;     /* inspect/packets.h */
struct phrases;        /* standards/phrases.h */
struct members_budget; /* inspect/members.h */

/* Is told of the images that a page embeds, from the moment on when the page has stated something
 * of such. */
struct image_sink {
    /* As written in the page, and the URL that it is relative to; both valid during the call.
     * An empty reference: there is one whose URL was too long. */
    void (*image)(void *ctx, struct slice base, struct slice reference);
    void *ctx;
};

/* Is told of links by which a page calls another its terms (rel=terms-of-service, rel=license, rel=copyright), of
 * LINKED_TERMS_MAX a page. */
#define LINKED_TERMS_MAX 4
struct terms_sink {
    void (*linked)(void *ctx, struct slice base, struct slice reference); /* as of images */
    void *ctx;
};

struct inspect_options {
    bool html_head_only;   /* HtmlDepth head */
    uint64_t expand_max;   /* bytes a content coding may decode to */
    uint32_t expand_ratio; /* decoded bytes per coded byte */
    const struct phrases *phrases; /* what is looked for in words; NULL: they are not read */
    struct signal_scale scale; /* of whoever will decide; empty: not known */
    struct lookback back;  /* reads body bytes, as sent, that were fed before; may be NULL */
    const struct packet_tap *tap; /* is shown every packet inside files; NULL: nobody looks */
    struct image_sink images; /* `image` NULL: nobody asks for them */
    struct terms_sink terms;  /* the same */
    size_t capture_max;    /* not 0: a site file, kept decoded up to so many bytes */
    /* Of a file inside a container; all zero of a response. */
    unsigned depth;                /* how many containers it is in */
    struct members_budget *budget; /* shared with them */
};

enum inspect_end {
    INSPECT_WHOLE,     /* the body came to its announced end */
    INSPECT_TRUNCATED, /* it broke off before */
    INSPECT_STOPPED    /* the caller reads no further, by a limit of its own */
};

struct inspection;

/* Reads the head: header signals are there when it returns. Memory from the
 * arena, which must outlive it; library contexts are freed by inspect_close.
 * NULL when memory is used up. `x` is borrowed. */
struct inspection *inspect_open(struct arena *arena, const struct exchange *x,
                                const struct inspect_options *o);
/* OPTOUT_MORE: feed on. OPTOUT_DONE: no later byte can change the signals.
 * Never an error: what goes wrong becomes an undecided reason. */
enum optout_rc inspect_feed(struct inspection *i, struct slice bytes);
/* Takes bytes of the body as sent into its SHA-256. Apart from feeding, because
 * hashing costs more than reading: a caller that will not see the whole body
 * need not pay for it. Every byte or none, in order. */
void inspect_hash(struct inspection *i, struct slice bytes);
/* Ends the reading; the signals stay readable. A second call does nothing. */
void inspect_close(struct inspection *i, enum inspect_end end);
/* True when the head alone tells everything: no body, or a type that no format
 * reads. The body need not be fed. */
bool inspect_head_only(const struct inspection *i);

/* What is stated; statements that come from elsewhere (site files) are added to it. */
struct signals *inspect_signals(struct inspection *i);
undecided_set inspect_undecided(const struct inspection *i);
void inspect_add_undecided(struct inspection *i, enum undecided u);
/* "headers" (nothing of the body is read), "html", "site-file", or the names of the formats
 * that it was read as, joined by '+': "jpeg", "pdf+zip". */
const char *inspect_format(struct inspection *i);
/* The title of the page; empty when there is none, or it was not read. */
struct slice inspect_title(const struct inspection *i);
/* Whether it was read as a page. */
bool inspect_is_page(const struct inspection *i);
/* The file formats alone. */
format_set inspect_formats(const struct inspection *i);
/* The body of a site file that came to its end; valid until inspect_close. *cut: it was longer
 * than capture_max. False when it came not whole, or could not be decoded to its end. */
bool inspect_captured(struct inspection *i, struct slice *body, bool *cut);
/* True when more of the body would have been read: what it may state later is not known. */
bool inspect_reads_on(const struct inspection *i);
/* The response is a part of a body that is known whole, or speaks of it without sending
 * it: it is not undecided for that. */
void inspect_whole_is_known(struct inspection *i);
/* All of a body that can state something was read: nothing of it is undecided. */
bool inspect_body_was_read(const struct inspection *i);
uint64_t inspect_seen(const struct inspection *i);      /* body bytes fed */
/* True and the digest when every byte was hashed and the body closed whole. */
bool inspect_sha256(const struct inspection *i, uint8_t out[32]);

#endif
