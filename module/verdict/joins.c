/* SPDX-License-Identifier: Apache-2.0 */
/* joins.c - the form of a page with its images.
 *
 *   u8 version, u8 flags, u64 read_ms, u64 until_ms, key of the page, id of its record (26),
 *   u8 statements, u8 general, u16 and its URL,
 *   statements: standard and carrier by name, u8 confidence, property, flags, place kind,
 *     u8 usages and one preference each, u64 at, agent, name, raw, part, URL (u8 and bytes each),
 *   u16 images: key, u8 mask each. A key is 16 bytes and u32.
 *
 * Numbers are big-endian. Standards and carriers go by name, for their numbers differ between
 * versions. Whatever changes the form, or the numbers of properties, changes the version. */
#include "verdict/joins.h"

#include "core/wire.h"
#include "standards/standard.h"

#define VERSION 1
#define ID_SIZE (ULID_TEXT - 1)
#define KEY_SIZE (IMAGE_KEY + 4)

enum { IS_WHOLE = 1, HAS_MORE = 2, FLAGS_ALL = 3 };
enum { IS_ASIDE = 1, IS_CUT = 2, STATEMENT_FLAGS_ALL = 3 };

/* ---- printing ---- */

static void put_key(struct buf *out, const struct image_key *k)
{
    (void)buf_append(out, k->p, IMAGE_KEY);
    wire_put(out, k->at, 4);
}

static void put_statement(struct buf *out, const struct evidence *e)
{
    struct signal s = evidence_signal(e);
    const struct slice text[] = { s.agent, s.name, s.raw, s.part, s.url };
    wire_put_text(out, slice_cstr(standards[e->standard]->name), 1, 64);
    wire_put_text(out, slice_cstr(carrier_name((enum carrier)e->carrier)), 1, 64);
    wire_put(out, e->confidence, 1);
    wire_put(out, e->property, 1);
    wire_put(out, (e->aside ? IS_ASIDE : 0u) | (e->raw_cut ? IS_CUT : 0u), 1);
    wire_put(out, e->place_kind, 1);
    wire_put_text(out, slice_of(e->prefs.of, sizeof e->prefs.of), 1, USAGE_COUNT);
    wire_put(out, e->at, 8);
    for (size_t i = 0; i < sizeof text / sizeof *text; i++)
        wire_put_text(out, text[i], 1, UINT8_MAX);
}

enum optout_rc joins_print(const struct joins *j, const struct join_image *image, size_t n,
                           struct buf *out)
{
    const struct image_page *p = &j->page;
    wire_put(out, VERSION, 1);
    wire_put(out, (j->whole ? IS_WHOLE : 0u) | (p->more ? HAS_MORE : 0u), 1);
    wire_put(out, (uint64_t)j->read_ms, 8);
    wire_put(out, (uint64_t)p->until_ms, 8);
    put_key(out, &j->of);
    (void)buf_append(out, p->id, ID_SIZE);
    wire_put(out, p->n, 1);
    wire_put(out, p->general, 1);
    wire_put_text(out, slice_of(p->url, p->n_url), 2, IMAGE_PAGE_URL);
    for (size_t i = 0; i < p->n; i++)
        put_statement(out, &p->of[i]);
    n = n < JOINS_IMAGES ? n : JOINS_IMAGES;
    wire_put(out, n, 2);
    for (size_t i = 0; i < n; i++) {
        put_key(out, &image[i].key);
        wire_put(out, image[i].mask, 1);
    }
    return out->failed;
}

/* ---- reading ---- */

static bool take_number(struct slice *from, size_t bytes, uint64_t max, uint8_t *to)
{
    uint64_t v;
    bool good = wire_take(from, bytes, max, &v);
    *to = good ? (uint8_t)v : 0;
    return good;
}

static bool take_key(struct slice *from, struct image_key *k)
{
    uint64_t at = 0;
    bool good = wire_take_bytes(from, k->p, IMAGE_KEY) && wire_take(from, 4, UINT32_MAX, &at);
    k->at = (uint32_t)at;
    return good;
}

static bool take_standard(struct slice *from, uint8_t *id)
{
    struct slice name;
    if (!wire_take_text(from, 1, 64, &name))
        return false;
    for (*id = 0; *id < STD_COUNT; ++*id)
        if (slice_eq(name, slice_cstr(standards[*id]->name)))
            return true;
    return false;
}

static bool take_carrier(struct slice *from, uint8_t *id)
{
    struct slice name;
    if (!wire_take_text(from, 1, 64, &name))
        return false;
    for (*id = 0; *id < CARRIER_COUNT; ++*id)
        if (slice_eq(name, slice_cstr(carrier_name((enum carrier)*id))))
            return true;
    return false;
}

bool joins_take_prefs(struct slice *from, struct prefs *p)
{
    struct slice of;
    if (!wire_take_text(from, 1, USAGE_COUNT, &of) || of.n != USAGE_COUNT)
        return false;
    for (size_t u = 0; u < USAGE_COUNT; u++)
        if (of.p[u] >= PREF_COUNT)
            return false;
    memcpy(p->of, of.p, USAGE_COUNT);
    prefs_drop_allow(p);
    return true;
}

/* Of another version of the sender there may be standards that are not known here: what they say is
 * not taken, and the page is not either. */
static bool take_statement(struct slice *from, struct evidence *e)
{
    struct signal s = { .scope = SCOPE_EMBEDDED_IMAGES };
    struct slice *text[] = { &s.agent, &s.name, &s.raw, &s.part, &s.url };
    const size_t room[] = { sizeof e->agent, sizeof e->name, sizeof e->raw, sizeof e->part,
                            sizeof e->url };
    uint8_t flags;
    if (!take_standard(from, &s.standard) || !take_carrier(from, &s.carrier) ||
        !take_number(from, 1, CONF_COUNT - 1, &s.confidence) ||
        !take_number(from, 1, UINT8_MAX, &s.property) ||
        !take_number(from, 1, STATEMENT_FLAGS_ALL, &flags) ||
        !take_number(from, 1, PLACE_PART, &s.place_kind) || !joins_take_prefs(from, &s.prefs) ||
        !wire_take(from, 8, UINT64_MAX, &s.at))
        return false;
    for (size_t i = 0; i < sizeof text / sizeof *text; i++)
        if (!wire_take_text(from, 1, room[i], text[i]))
            return false;
    s.aside = flags & IS_ASIDE;
    s.raw_cut = flags & IS_CUT;
    evidence_of(e, &s);
    return signal_restricts(&s);
}

static bool take_url(struct slice *from, struct image_page *p)
{
    struct slice url;
    if (!wire_take_text(from, 2, IMAGE_PAGE_URL, &url) ||
        !(slice_starts_nocase(url, SLICE_OF("http://")) ||
          slice_starts_nocase(url, SLICE_OF("https://"))))
        return false;
    for (size_t i = 0; i < url.n; i++)
        if (url.p[i] <= 0x20 || url.p[i] == 0x7f)
            return false;
    p->n_url = (uint16_t)url.n;
    memcpy(p->url, url.p, url.n);
    return true;
}

static bool take_id(struct slice *from, char id[ULID_TEXT])
{
    bool good = wire_take_bytes(from, id, ID_SIZE);
    id[ID_SIZE] = '\0';
    for (size_t i = 0; good && i < ID_SIZE; i++)
        good = (id[i] >= '0' && id[i] <= '9') || (id[i] >= 'A' && id[i] <= 'Z');
    return good;
}

static bool take_times(struct slice *from, int64_t now_ms, struct joins *j)
{
    uint64_t read, until;
    if (!wire_take(from, 8, INT64_MAX, &read) || !wire_take(from, 8, INT64_MAX, &until))
        return false;
    j->read_ms = (int64_t)read;
    j->page.until_ms = (int64_t)until;
    return j->read_ms <= now_ms + JOINS_AHEAD_MS && j->page.until_ms > now_ms &&
           j->page.until_ms - j->read_ms <= JOINS_LIFE_MAX_MS;
}

static bool take_page(struct slice *from, struct image_page *p)
{
    if (!take_id(from, p->id) || !take_number(from, 1, IMAGE_STATEMENTS, &p->n) ||
        !take_number(from, 1, (1u << p->n) - 1, &p->general) || !take_url(from, p))
        return false;
    for (size_t i = 0; i < p->n; i++)
        if (!take_statement(from, &p->of[i]))
            return false;
    return true;
}

static bool take_images(struct slice from, struct joins *j)
{
    struct join_image image;
    uint64_t n;
    if (!wire_take(&from, 2, JOINS_IMAGES, &n) || from.n != n * (KEY_SIZE + 1))
        return false;
    j->images = from;
    while (joins_next(&from, &image))
        if (image.mask >> j->page.n)
            return false;
    return j->page.n || j->page.more || n == 0;
}

bool joins_read(struct slice value, int64_t now_ms, struct joins *out)
{
    uint8_t flags;
    memset(out, 0, sizeof *out);
    if (!slice_take(&value, VERSION) || !take_number(&value, 1, FLAGS_ALL, &flags) ||
        !take_times(&value, now_ms, out) || !take_key(&value, &out->of) ||
        !take_page(&value, &out->page))
        return false;
    out->whole = flags & IS_WHOLE;
    out->page.more = flags & HAS_MORE;
    return take_images(value, out);
}

bool joins_next(struct slice *images, struct join_image *out)
{
    return take_key(images, &out->key) && take_number(images, 1, UINT8_MAX, &out->mask);
}

/* ---- into the map ---- */

bool joins_apply(const struct joins *j, struct image_map *m, int64_t now_ms)
{
    struct image_page known, page = j->page;
    struct slice rest = j->images;
    struct join_image image;
    if (image_map_page(m, &j->of, now_ms, &known) && known.since_ms >= j->read_ms)
        return false;
    if (!page.n && !page.more) {
        image_map_put_silence(m, &j->of, &page, j->read_ms);
        return true;
    }
    image_map_put_page(m, &j->of, &page, j->read_ms, j->whole);
    while (joins_next(&rest, &image))
        image_map_put(m, &image.key, &j->of, &page, image.mask, j->read_ms);
    return true;
}
