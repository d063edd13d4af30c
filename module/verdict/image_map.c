/* SPDX-License-Identifier: Apache-2.0 */
#include "verdict/image_map.h"

#include "http/url.h"
#include "http/url_path.h"
#include "syntax/digest.h"
#include "verdict/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define WAYS 8u /* places where a key may stand */
#define IMAGES_MIN 1024u
#define KEY_MEMORY (256u << 10) /* bytes for one URL in its normal form */

struct page_content {
    uint8_t key[IMAGE_KEY];
    struct image_page page;
};
/* What tells whether a page is there stands in front. */
#define PAGE_PEEK (offsetof(struct page_content, page.serial) + sizeof(uint64_t))

struct image_content { /* what tells whether it is the one stands in front */
    uint8_t key[IMAGE_KEY], page[IMAGE_KEY];
    uint32_t page_at; /* struct image_key of the page */
    uint32_t mask;
    uint64_t serial;  /* of the page; 0: a place that nobody uses */
    int64_t read_ms;  /* when the page was, in which it stood */
};

struct page_entry {
    place_word state;
    place_word word[PLACE_WORDS(struct page_content)];
};
struct image_entry {
    place_word state;
    place_word word[PLACE_WORDS(struct image_content)];
};

/* What stands before the tables, in the memory that is shared. */
struct shared_head {
    uint64_t magic, layout; /* of a file */
    uint64_t images;        /* the same as in struct image_map */
    atomic_ullong added;    /* 0: nobody has to look */
    atomic_ullong lost;
};
#define HEAD_SIZE ((sizeof(struct shared_head) + 63) / 64 * 64)
#define MAGIC 0x31504d496f707430u

/* A process' own. What bounds the tables is not read from memory that others write. */
struct image_map {
    struct shared_head *head;
    size_t size;            /* of the mapping, in bytes */
    uint32_t images, pages; /* how many places, powers of two */
    struct page_entry *page;
    struct image_entry *image;
    struct stat file;       /* of a file: which one it is */
};

static uint32_t places_for(uint32_t images)
{
    uint32_t n = IMAGES_MIN;
    while (n < images && n < IMAGE_MAP_MAX)
        n *= 2;
    return n;
}

static size_t size_for(uint32_t places)
{
    return HEAD_SIZE + places / IMAGE_PAGES_EACH * sizeof(struct page_entry) +
           places * sizeof(struct image_entry);
}

/* The mapping is given back when there is no memory. */
static struct image_map *map_over(uint8_t *p, uint32_t places)
{
    struct image_map *m = calloc(1, sizeof *m);
    size_t pages = places / IMAGE_PAGES_EACH;
    if (!m) {
        munmap(p, size_for(places));
        return NULL;
    }
    m->size = size_for(places);
    m->images = places;
    m->pages = (uint32_t)pages;
    m->head = (struct shared_head *)(void *)p;
    m->page = (struct page_entry *)(void *)(p + HEAD_SIZE);
    m->image = (struct image_entry *)(void *)(p + HEAD_SIZE + pages * sizeof(struct page_entry));
    return m;
}

struct image_map *image_map_make(uint32_t images)
{
    uint32_t places = places_for(images);
    uint8_t *p = mmap(NULL, size_for(places), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                      -1, 0);
    return p == MAP_FAILED ? NULL : map_over(p, places);
}

void image_map_free(struct image_map *m)
{
    if (m)
        munmap(m->head, m->size);
    free(m);
}

/* ---- in a file ---- */

/* Whatever makes the bytes of a page or an image mean something else makes another number. */
static uint64_t layout(void)
{
    static const uint64_t parts[] = { 1, sizeof(struct page_content), sizeof(struct image_content),
                                      sizeof(struct evidence), STD_COUNT, CARRIER_COUNT,
                                      USAGE_COUNT, IMAGE_STATEMENTS };
    uint64_t n = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        n = n * 0x100000001b3u + parts[i];
    return n;
}

static bool is_ours(const struct shared_head *h, uint32_t wanted, const struct stat *st)
{
    return h->magic == MAGIC && h->layout == layout() && h->images >= IMAGES_MIN &&
           h->images <= IMAGE_MAP_MAX && places_for((uint32_t)h->images) == h->images &&
           (!wanted || h->images == wanted) &&
           (uint64_t)st->st_size == size_for((uint32_t)h->images);
}

/* NULL with errno: it could not be read; 0: not one of ours, or of another version or size. */
static struct image_map *map_open_file(int fd, uint32_t wanted, int protection)
{
    struct shared_head h;
    struct stat st;
    if (fstat(fd, &st) != 0)
        return NULL;
    ssize_t n = pread(fd, &h, sizeof h, 0);
    if (n != (ssize_t)sizeof h || !is_ours(&h, wanted, &st)) {
        errno = n < 0 ? errno : n < (ssize_t)sizeof h && st.st_size >= (off_t)sizeof h ? EIO : 0;
        return NULL;
    }
    uint8_t *p = mmap(NULL, (size_t)st.st_size, protection, MAP_SHARED, fd, 0);
    struct image_map *m = p != MAP_FAILED ? map_over(p, (uint32_t)h.images) : NULL;
    if (m)
        m->file = st;
    return m;
}

static struct image_map *map_file(int fd, uint32_t wanted, int protection)
{
    struct image_map *m = map_open_file(fd, wanted, protection);
    int why = errno;
    close(fd);
    errno = why;
    return m;
}

/* Beside its name and renamed, so that nobody maps half of it. Its room is taken first: a full disk
 * is an error here and no fault later. */
static int make_file(const char *path, uint32_t places)
{
    char fresh[1100];
    struct shared_head h = { .magic = MAGIC, .layout = layout(), .images = places };
    if (snprintf(fresh, sizeof fresh, "%s.new", path) >= (int)sizeof fresh)
        return ENAMETOOLONG;
    (void)unlink(fresh);
    int fd = open(fresh, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (fd < 0)
        return errno;
    int rc = posix_fallocate(fd, 0, (off_t)size_for(places));
    if (!rc && pwrite(fd, &h, sizeof h, 0) != (ssize_t)sizeof h)
        rc = errno;
    if (!rc && rename(fresh, path) != 0)
        rc = errno;
    close(fd);
    if (rc)
        (void)unlink(fresh);
    return rc;
}

/* It may be one of ours all the same. */
static bool is_passing(int why)
{
    return why == EMFILE || why == ENFILE || why == ENOMEM || why == EIO || why == EINTR;
}

struct image_map *image_map_create(const char *path, uint32_t images)
{
    uint32_t places = places_for(images);
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    struct image_map *m = fd >= 0 ? map_file(fd, places, PROT_READ | PROT_WRITE) : NULL;
    if (m || is_passing(errno))
        return m;
    int rc = make_file(path, places);
    if (rc == 0 && (fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)) >= 0)
        return map_file(fd, places, PROT_READ | PROT_WRITE);
    errno = rc ? rc : errno;
    return NULL;
}

struct image_map *image_map_attach(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    return fd >= 0 ? map_file(fd, 0, PROT_READ) : NULL;
}

bool image_map_is_of(const struct image_map *m, const struct stat *file)
{
    return m->file.st_dev == file->st_dev && m->file.st_ino == file->st_ino &&
           m->file.st_size == file->st_size;
}

/* ---- both ---- */

bool image_map_is_empty(const struct image_map *m)
{
    return !m || atomic_load_explicit(&m->head->added, memory_order_relaxed) == 0;
}

void image_map_lose(struct image_map *m, uint64_t n)
{
    if (m)
        atomic_fetch_add(&m->head->lost, n);
}

uint64_t image_map_take_lost(struct image_map *m)
{
    return m && atomic_load_explicit(&m->head->lost, memory_order_relaxed) ? atomic_exchange(&m->head->lost, 0)
                                                                     : 0;
}

/* The digest keeps a publisher from choosing URLs that push others out. */
bool image_key_of(struct slice url, struct image_key *out)
{
    _Alignas(16) uint8_t first[4096];
    struct arena a;
    struct slice origin, path;
    uint8_t digest[32];
    arena_init(&a, KEY_MEMORY, first, sizeof first);
    url = url_as_sent(&a, url);
    bool good = url.p && url_split(&a, url, &origin, &path);
    path = good ? url_path_normal(&a, path) : SLICE_EMPTY;
    struct digest *d = good && path.p ? digest_open() : NULL;
    if (d) {
        digest_feed(d, origin);
        digest_feed(d, path);
    }
    good = digest_close(d, digest);
    arena_reset(&a);
    if (!good)
        return false;
    memcpy(out->p, digest, IMAGE_KEY);
    out->at = 0; /* the same on every machine */
    for (size_t i = 0; i < sizeof out->at; i++)
        out->at |= (uint32_t)digest[IMAGE_KEY + i] << (8 * i);
    return true;
}

/* ---- pages ---- */

/* Where the page stands; NULL: nowhere. */
static struct page_entry *find_page(struct image_map *m, const uint8_t key[IMAGE_KEY], uint32_t at,
                                    struct page_content *peek)
{
    for (uint32_t i = 0; i < WAYS; i++) {
        struct page_entry *e = &m->page[(at + i) & (m->pages - 1)];
        if (place_copy(&e->state, e->word, peek, PAGE_PEEK) &&
            memcmp(peek->key, key, IMAGE_KEY) == 0)
            return e;
    }
    return NULL;
}

/* The page's own place, a deserted or an expired one, or else the one that expires first. */
static struct page_entry *place_for_page(struct image_map *m, const struct image_key *k,
                                         int64_t now_ms, bool *lost)
{
    struct page_entry *best = NULL;
    struct page_content peek;
    int64_t best_until = INT64_MAX;
    for (uint32_t i = 0; i < WAYS; i++) {
        struct page_entry *e = &m->page[(k->at + i) & (m->pages - 1)];
        if (place_is_deserted(&e->state)) {
            best = e;
            best_until = INT64_MIN;
        }
        if (!place_copy(&e->state, e->word, &peek, PAGE_PEEK))
            continue;
        if (memcmp(peek.key, k->p, IMAGE_KEY) == 0) {
            *lost = false;
            return e;
        }
        int64_t until = peek.page.until_ms;
        if (image_page_is_silent(&peek.page) && until > now_ms)
            until = now_ms; /* after what is over, before what says something */
        if (until < best_until) {
            best = e;
            best_until = until;
        }
    }
    *lost = best_until > now_ms;
    return best;
}

static uint64_t new_serial(void)
{
    uint64_t serial;
    do
        arc4random_buf(&serial, sizeof serial);
    while (serial == 0);
    return serial;
}

/* It may come out of a file. */
static bool is_sound(const struct image_page *p)
{
    bool good = p->n <= IMAGE_STATEMENTS && p->n_url <= IMAGE_PAGE_URL;
    for (size_t i = 0; good && i < p->n; i++) {
        const struct evidence *e = &p->of[i];
        good = e->standard < STD_COUNT && e->carrier < CARRIER_COUNT && e->scope < SCOPE_COUNT &&
               e->confidence < CONF_COUNT && e->place_kind <= PLACE_PART;
        for (size_t u = 0; u < USAGE_COUNT; u++)
            good = good && e->prefs.of[u] < PREF_COUNT;
    }
    return good;
}

static bool read_page(struct image_map *m, const uint8_t key[IMAGE_KEY], uint32_t at,
                      int64_t now_ms, struct image_page *out)
{
    struct page_content c;
    struct page_entry *e = find_page(m, key, at, &c);
    if (!e || c.page.until_ms <= now_ms || !place_copy(&e->state, e->word, &c, sizeof c) ||
        memcmp(c.key, key, IMAGE_KEY) != 0 || c.page.until_ms <= now_ms)
        return false;
    *out = c.page;
    out->id[ULID_TEXT - 1] = '\0';
    return is_sound(out);
}

bool image_map_page(struct image_map *m, const struct image_key *k, int64_t now_ms,
                    struct image_page *out)
{
    return !image_map_is_empty(m) && read_page(m, k->p, k->at, now_ms, out);
}

bool image_same_statement(const struct evidence *a, const struct evidence *b)
{
    return a->standard == b->standard && a->carrier == b->carrier && a->property == b->property &&
           a->confidence == b->confidence && memcmp(&a->prefs, &b->prefs, sizeof a->prefs) == 0 &&
           a->n_agent == b->n_agent && memcmp(a->agent, b->agent, a->n_agent) == 0 &&
           a->n_raw == b->n_raw && memcmp(a->raw, b->raw, a->n_raw) == 0 &&
           a->n_url == b->n_url && memcmp(a->url, b->url, a->n_url) == 0;
}

/* Whether the shorter list is how the longer one begins: bits of both mean the same then. */
static bool begin_equal(const struct image_page *a, const struct image_page *b)
{
    for (size_t i = 0; i < a->n && i < b->n; i++)
        if (!image_same_statement(&a->of[i], &b->of[i]))
            return false;
    return true;
}

/* What a part of the page has not said yet, it may say in the rest. */
static void keep_said(struct image_page *p, const struct image_page *old)
{
    if (old->n > p->n) {
        memcpy(p->of, old->of, sizeof p->of);
        p->n = old->n;
    }
    p->general |= old->general;
    p->more |= old->more;
}

void image_map_put_page(struct image_map *m, const struct image_key *k, struct image_page *p,
                        int64_t read_ms, bool whole)
{
    struct page_content c;
    struct image_page old;
    bool lost;
    if (!m)
        return;
    bool known = image_map_page(m, k, read_ms, &old);
    bool same = known && !image_page_is_silent(&old) && begin_equal(p, &old);
    p->serial = same ? old.serial : new_serial();
    p->since_ms = known ? old.since_ms : read_ms;
    p->before_ms = known ? old.before_ms : read_ms;
    if (whole && known && read_ms > p->since_ms) {
        p->before_ms = p->since_ms;
        p->since_ms = read_ms;
    }
    memset(&c, 0, sizeof c);
    memcpy(c.key, k->p, IMAGE_KEY);
    c.page = *p;
    if (same && !whole)
        keep_said(&c.page, &old);
    struct page_entry *e = place_for_page(m, k, read_ms, &lost);
    bool written = e && place_write(&e->state, e->word, &c, sizeof c);
    atomic_fetch_add(&m->head->added, 1);
    if (lost || !written)
        image_map_lose(m, 1);
}

void image_map_renew(struct image_map *m, const struct image_key *k, int64_t until_ms,
                     int64_t now_ms)
{
    struct page_content c;
    struct page_entry *e = image_map_is_empty(m) ? NULL : find_page(m, k->p, k->at, &c);
    if (!e || !place_copy(&e->state, e->word, &c, sizeof c) ||
        memcmp(c.key, k->p, IMAGE_KEY) != 0 || c.page.until_ms <= now_ms ||
        c.page.until_ms >= until_ms)
        return;
    c.page.until_ms = until_ms;
    if (!place_write(&e->state, e->word, &c, sizeof c))
        return; /* it is written anew */
}

void image_map_put_silence(struct image_map *m, const struct image_key *k,
                           const struct image_page *p, int64_t read_ms)
{
    struct page_content c;
    bool lost;
    if (!m)
        return;
    memset(&c, 0, sizeof c);
    memcpy(c.key, k->p, IMAGE_KEY);
    c.page.until_ms = p->until_ms;
    c.page.since_ms = c.page.before_ms = read_ms;
    memcpy(c.page.id, p->id, sizeof c.page.id);
    c.page.n_url = p->n_url;
    memcpy(c.page.url, p->url, p->n_url);
    struct page_entry *e = place_for_page(m, k, read_ms, &lost);
    bool written = e && place_write(&e->state, e->word, &c, sizeof c);
    atomic_fetch_add(&m->head->added, 1);
    if (lost || !written)
        image_map_lose(m, 1);
}

void image_map_drop_page(struct image_map *m, const struct image_key *k)
{
    struct page_content c, none = { .page = { .n = 0 } };
    if (image_map_is_empty(m))
        return;
    struct page_entry *e = find_page(m, k->p, k->at, &c);
    if (e)
        (void)place_write(&e->state, e->word, &none, sizeof none); /* else it is written anew */
}

/* ---- images ---- */

/* Whether the page of an image still says what it said. */
static bool is_live(struct image_map *m, const struct image_content *c, int64_t now_ms)
{
    struct page_content p;
    return c->serial && find_page(m, c->page, c->page_at, &p) && p.page.until_ms > now_ms &&
           p.page.before_ms <= c->read_ms;
}

/* The place of this image of this page, a deserted one, or one that nobody needs, or else the
 * oldest. */
static struct image_entry *place_for_image(struct image_map *m, const struct image_content *new,
                                           uint32_t at, int64_t now_ms, bool *lost)
{
    struct image_entry *best = NULL;
    struct image_content c;
    int64_t best_put = INT64_MAX;
    for (uint32_t i = 0; i < WAYS; i++) {
        struct image_entry *e = &m->image[(at + i) & (m->images - 1)];
        if (place_is_deserted(&e->state)) {
            best = e;
            best_put = INT64_MIN;
        }
        if (!place_copy(&e->state, e->word, &c, sizeof c))
            continue;
        if (memcmp(c.key, new->key, IMAGE_KEY) == 0 && memcmp(c.page, new->page, IMAGE_KEY) == 0) {
            *lost = false;
            return e;
        }
        int64_t put = is_live(m, &c, now_ms) ? c.read_ms : INT64_MIN;
        if (put < best_put || !best) {
            best = e;
            best_put = put;
        }
    }
    *lost = best_put != INT64_MIN;
    return best;
}

void image_map_put(struct image_map *m, const struct image_key *image, const struct image_key *page,
                   const struct image_page *p, uint8_t mask, int64_t read_ms)
{
    struct image_content c, old;
    bool lost;
    if (!m)
        return;
    memset(&c, 0, sizeof c);
    memcpy(c.key, image->p, IMAGE_KEY);
    memcpy(c.page, page->p, IMAGE_KEY);
    c.page_at = page->at;
    c.serial = p->serial;
    c.read_ms = read_ms;
    c.mask = mask;
    struct image_entry *e = place_for_image(m, &c, image->at, read_ms, &lost);
    if (e && place_copy(&e->state, e->word, &old, sizeof old) && old.serial == c.serial &&
        memcmp(old.key, c.key, IMAGE_KEY) == 0 && memcmp(old.page, c.page, IMAGE_KEY) == 0) {
        if ((old.mask | c.mask) == old.mask && old.read_ms >= read_ms)
            return; /* srcset says it again and again */
        c.mask |= old.read_ms == read_ms ? old.mask : 0;
    }
    bool written = e && place_write(&e->state, e->word, &c, sizeof c);
    if (lost || !written)
        image_map_lose(m, 1);
}

size_t image_map_find(struct image_map *m, const struct image_key *image, int64_t now_ms,
                      struct image_hit *out, size_t max)
{
    size_t n = 0;
    if (image_map_is_empty(m))
        return 0;
    for (uint32_t i = 0; i < WAYS && n < max; i++) {
        struct image_entry *e = &m->image[(image->at + i) & (m->images - 1)];
        struct image_content c;
        struct image_hit *hit = &out[n];
        if (!place_copy(&e->state, e->word, &c, IMAGE_KEY) || /* most are another's */
            memcmp(c.key, image->p, IMAGE_KEY) != 0 ||
            !place_copy(&e->state, e->word, &c, sizeof c) || !c.serial ||
            memcmp(c.key, image->p, IMAGE_KEY) != 0 ||
            !read_page(m, c.page, c.page_at, now_ms, &hit->page))
            continue;
        memcpy(hit->of.p, c.page, IMAGE_KEY);
        hit->of.at = c.page_at;
        /* Which of other statements were about it is not known of these. */
        hit->mask = hit->page.general;
        if (hit->page.serial == c.serial)
            hit->mask |= (uint8_t)c.mask;
        n += (hit->mask || hit->page.more) && hit->page.before_ms <= c.read_ms;
    }
    return n;
}
