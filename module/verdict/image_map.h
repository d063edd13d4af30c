/* SPDX-License-Identifier: Apache-2.0 */
/* image_map.h - which pages have said something of the images that they embed, and which images
 * those are.
 *
 * Two tables of fixed size in memory that all children share, or in a file: pages, with what they said, and
 * images, each with the page that embeds it. URLs are keys by a digest of their normal form
 * (origin and path as in http/url_path.h, without fragment). A page that is forgotten
 * takes its images with it; one that was read whole twice, those that were in neither. What does
 * not fit, or falls out before its time, is counted.
 *
 * All functions: any thread of any child; a map that is NULL holds nothing. */
#ifndef OPTOUT_VERDICT_IMAGE_MAP_H
#define OPTOUT_VERDICT_IMAGE_MAP_H

#include "audit/ulid.h"
#include "core/slice.h"
#include "verdict/evidence.h"

#include <sys/stat.h>

#define IMAGE_STATEMENTS 6    /* of a page, kept */
#define IMAGE_PAGE_URL 640    /* bytes of its URL that are kept; a longer one by its origin */
#define IMAGE_PAGES_EACH 16   /* images of the map for each page in it */
#define IMAGE_MAP_MAX (1u << 24)

/* A page, and what it said of its images. */
struct image_page {
    int64_t until_ms;   /* wall clock; not remembered beyond */
    int64_t since_ms;   /* when it was last read whole, */
    int64_t before_ms;  /* and the time before that: what was seen earlier alone is none of its images */
    uint64_t serial;    /* of these statements; more of them do not change it. 0: it says nothing */
    char id[ULID_TEXT]; /* of the record that tells of it */
    uint8_t n;          /* statements */
    uint8_t general;    /* bit 1 << i: the i-th is about all images of the page */
    bool more;          /* it said more than is kept */
    uint16_t n_url;
    struct evidence of[IMAGE_STATEMENTS];
    char url[IMAGE_PAGE_URL];
};
_Static_assert(IMAGE_STATEMENTS <= 8, "a bit for each");

#define IMAGE_KEY 16 /* bytes */
struct image_key {
    uint8_t p[IMAGE_KEY];
    uint32_t at; /* where to look first */
};

struct image_map;

/* Before fork; room for so many images (rounded up to a power of two, IMAGE_MAP_MAX at most).
 * NULL on failure. */
struct image_map *image_map_make(uint32_t images);
void image_map_free(struct image_map *m);
/* The same in a file, for one process that writes, optoutd, and others that read it. What was in it
 * stays, when it is of this layout and size; else it is made anew, which processes that have it
 * tell by image_map_is_of. Its disk space is taken at once. NULL with errno. */
struct image_map *image_map_create(const char *path, uint32_t images);
/* To read alone: of the functions below those that find. Whoever may write to the file may also cut
 * it, so that a look at the map may end in SIGBUS (site/store_guard.h). NULL: none, or of another
 * layout. */
struct image_map *image_map_attach(const char *path);
bool image_map_is_of(const struct image_map *m, const struct stat *file);
/* Whether nothing was ever put in: nobody has to look. */
bool image_map_is_empty(const struct image_map *m);

/* False: no http or https URL, or memory is used up. */
bool image_key_of(struct slice url, struct image_key *out);

/* Puts the page, which began to be read at `read_ms`, in the place of what was known of it; sets its
 * serial and the two times. As long as it is not `whole`, what it said before stands as well. */
void image_map_put_page(struct image_map *m, const struct image_key *page, struct image_page *p,
                        int64_t read_ms, bool whole);
/* A page that still holds at `now_ms` does so until then. */
void image_map_renew(struct image_map *m, const struct image_key *page, int64_t until_ms,
                     int64_t now_ms);
/* Silent or not. */
bool image_map_page(struct image_map *m, const struct image_key *page, int64_t now_ms,
                    struct image_page *out);
/* The page was read at `read_ms` and says nothing (any more): remembered until page->until_ms, so that
 * what was read before it does not count. It goes first when room is needed. */
void image_map_put_silence(struct image_map *m, const struct image_key *page,
                           const struct image_page *p, int64_t read_ms);
static inline bool image_page_is_silent(const struct image_page *p)
{
    return p->serial == 0;
}
/* Forgets it, and so its images. */
void image_map_drop_page(struct image_map *m, const struct image_key *page);
/* An image that the page of this key embeds, which began to be read at `read_ms`; `mask`: statements
 * beside the general ones that are about it. */
void image_map_put(struct image_map *m, const struct image_key *image, const struct image_key *page,
                   const struct image_page *p, uint8_t mask, int64_t read_ms);

/* The pages that embed this image, with the statements that are about it; at most `max`. Returns
 * how many. */
struct image_hit {
    struct image_key of; /* the page's */
    struct image_page page;
    uint8_t mask;
};
size_t image_map_find(struct image_map *m, const struct image_key *image, int64_t now_ms,
                      struct image_hit *out, size_t max);

/* Equal statements, wherever they stand. */
bool image_same_statement(const struct evidence *a, const struct evidence *b);
/* Something did not fit. The map counts its own. */
void image_map_lose(struct image_map *m, uint64_t n);
/* What did not fit or fell out before its time, and was not asked for yet: for whoever tells. */
uint64_t image_map_take_lost(struct image_map *m);

#endif
