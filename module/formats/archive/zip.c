/* SPDX-License-Identifier: Apache-2.0 */
/* zip.c - PKWARE APPNOTE 6.3.10: local headers (4.3.7), data (4.3.8), data descriptors (4.3.9),
 * central directory (4.3.12), its end (4.3.14 to 4.3.16), ZIP64 extra field (4.5.3).
 *
 * The walk: local headers in the order they come, data skipped by its length. Where that is
 * not told in front (bit 3), deflated data is inflated and dropped, and the end is where a
 * descriptor with the length that was counted stands in front of the next header.
 *
 * Limits: zip_internal.h; MAX_DISCARD bytes inflated to be dropped, and MAX_DISCARD_RATIO for
 * each byte read: beyond, ends are searched for. Of members that are not read nothing is kept,
 * so their number is not limited. */
#include "formats/rows.h"
#include "formats/archive/zip_internal.h"

#define MAX_DISCARD (64ull << 20)
#define MAX_DISCARD_RATIO 64

#define FLAG_ENCRYPTED 1u
#define FLAG_DESCRIPTOR 8u
#define DEFLATED 8

#define SIG_LOCAL 0x04034B50u
#define SIG_CENTRAL 0x02014B50u
#define SIG_END 0x06054B50u
#define SIG_END64 0x06064B50u
#define SIG_LOCATOR64 0x07064B50u

static const struct {
    uint32_t sig;
    unsigned size; /* of what is read at once, the signature included */
} records[] = {
    { SIG_LOCAL, ZIP_LOCAL_HEAD }, { SIG_CENTRAL, ZIP_CENTRAL_HEAD }, { SIG_END, ZIP_END_HEAD },
    { SIG_END64, ZIP64_END_HEAD }, { SIG_LOCATOR64, 20 },
};

static unsigned record_size(const uint8_t *sig)
{
    for (size_t i = 0; i < sizeof records / sizeof *records; i++)
        if (le32(sig) == records[i].sig)
            return records[i].size;
    return 0;
}

/* ---- reading on ---- */

static bool collect(struct zip *z, struct slice *b, unsigned want)
{
    size_t n = want - z->fixed_n < b->n ? want - z->fixed_n : b->n;
    memcpy(z->fixed + z->fixed_n, b->p, n);
    z->fixed_n += (unsigned)n;
    z->pos += n;
    *b = slice_from(*b, n);
    return z->fixed_n == want;
}

static void pass(struct zip *z, struct slice *b, size_t n)
{
    *b = slice_from(*b, n);
    z->pos += n;
}

/* The bytes collected but for the first `from` are read once more, before *b. */
static void push_back(struct zip *z, unsigned from, struct slice *b, bool from_back)
{
    uint8_t rest[sizeof z->back];
    unsigned n = z->fixed_n - from, m = 0;
    if (from_back && b->n && b->n <= sizeof rest - n) {
        m = (unsigned)b->n;
        memcpy(rest, b->p, m);
    }
    memcpy(z->back, z->fixed + from, n);
    memcpy(z->back + n, rest, m);
    z->back_n = n + m;
    z->pos -= n;
    z->fixed_n = 0;
    if (from_back)
        b->n = 0;
}

/* ---- headers ---- */

static bool plausible(const struct zip *z)
{
    const uint8_t *h = z->fixed;
    if (le32(h) == SIG_LOCAL)
        return h[4] <= 100 && le16(h + 8) < 100 && le16(h + 26) > 0;
    if (le32(h) == SIG_CENTRAL)
        return h[6] <= 100 && le16(h + 10) < 100 && le16(h + 28) > 0;
    return true;
}

static void begin_local(struct zip *z)
{
    const uint8_t *h = z->fixed;
    z->central = false;
    z->head = (struct zip_head){ .at = z->pos - ZIP_LOCAL_HEAD, .flags = le16(h + 6),
                                 .method = le16(h + 8), .packed = le32(h + 18),
                                 .size = le32(h + 22), .name_n = le16(h + 26),
                                 .extra_n = le16(h + 28) };
}

static void begin_central(struct zip *z)
{
    const uint8_t *h = z->fixed;
    uint64_t at = z->pos - ZIP_CENTRAL_HEAD;
    z->central = true;
    if (at != z->central_to) {
        z->central_from = at;
        z->n_listed = 0;
        z->missing = 0;
    }
    z->head = (struct zip_head){ .at = at, .flags = le16(h + 8), .method = le16(h + 10),
                                 .packed = le32(h + 20), .size = le32(h + 24),
                                 .name_n = le16(h + 28), .extra_n = le16(h + 30),
                                 .comment_n = le16(h + 32), .local = le32(h + 42) };
    z->central_to = at + ZIP_CENTRAL_HEAD + z->head.name_n + z->head.extra_n + z->head.comment_n;
}

/* A whole record head is in z->fixed. */
static void begin_record(struct zip *z, struct slice *b, bool from_back)
{
    uint32_t sig = le32(z->fixed);
    if (!plausible(z)) {
        z->state = ZIP_SCAN;
        push_back(z, 1, b, from_back);
        return;
    }
    z->state = ZIP_NAME;
    if (sig == SIG_LOCAL) {
        begin_local(z);
    } else if (sig == SIG_CENTRAL) {
        begin_central(z);
    } else {
        if (sig == SIG_END) {
            z->end_seen = true;
            z->end_at = z->pos - ZIP_END_HEAD;
            memcpy(z->end, z->fixed, ZIP_END_HEAD);
        } else if (sig == SIG_END64) {
            z->end64_seen = true;
            z->end64_at = z->pos - ZIP64_END_HEAD;
            memcpy(z->end64, z->fixed, ZIP64_END_HEAD);
        }
        /* Comments and what comes after are scanned, for another end may stand there. */
        z->state = ZIP_SCAN;
        push_back(z, 4, b, from_back);
        return;
    }
    z->fixed_n = 0;
    z->left = z->head.name_n;
}

static void begin_data(struct zip *z)
{
    const struct zip_head *h = &z->head;
    struct slice name = slice_of(h->name, h->name_kept);
    enum zip_kind kind = h->name_n <= ZIP_NAME_MAX ? zip_kind_of(z, name) : ZIP_OTHER;
    kind = zip_archive_local(z, kind);
    z->data = z->pos;
    z->data_left = h->packed;
    z->data_end = UINT64_MAX;
    z->last_n = 0;
    bool read = zip_member_begin(z, kind);
    if (!(h->flags & FLAG_DESCRIPTOR)) {
        z->state = read ? ZIP_DATA : ZIP_SKIP;
        return;
    }
    /* Its length is not known, whatever is written there. */
    if (h->method == DEFLATED && read) {
        z->state = ZIP_INFLATE;
    } else if (h->method == DEFLATED && !(h->flags & FLAG_ENCRYPTED)) {
        z->state = ZIP_INFLATE;
        int ok = z->z_open ? inflateReset(&z->z) : inflateInit2(&z->z, -MAX_WBITS);
        z->z_open |= ok == Z_OK;
        if (ok != Z_OK)
            z->state = ZIP_HUNT;
    } else {
        z->state = ZIP_HUNT;
    }
}

static void end_record(struct zip *z)
{
    if (!z->central) {
        begin_data(z);
        return;
    }
    const struct zip_head *h = &z->head;
    z->left = h->comment_n;
    z->state = ZIP_COMMENT;
    struct slice name = slice_of(h->name, h->name_kept);
    if (h->name_n > ZIP_NAME_MAX || zip_kind_of(z, name) == ZIP_OTHER) {
        zip_archive_listed(z);
        return;
    }
    if (z->n_listed == ZIP_LISTED_MAX) {
        zip_note(z, OPTOUT_E_LIMIT);
        return;
    }
    struct slice copy = arena_copy(z->env->arena, name, ZIP_NAME_MAX);
    if (!copy.p) {
        zip_note(z, OPTOUT_E_NOMEM);
        return;
    }
    z->listed[z->n_listed++] = (struct zip_listed){ .offset = h->local, .packed = h->packed,
                                                    .flags = h->flags, .method = h->method,
                                                    .name = copy };
}

static void take_name(struct zip *z, struct slice *b)
{
    size_t n = b->n < z->left ? b->n : z->left;
    size_t keep = ZIP_NAME_MAX - z->head.name_kept;
    if (keep > n)
        keep = n;
    if (keep)
        memcpy(z->head.name + z->head.name_kept, b->p, keep);
    z->head.name_kept += (unsigned)keep;
    z->left -= (unsigned)n;
    pass(z, b, n);
    if (z->left)
        return;
    z->left = z->head.extra_n;
    z->extra_n = z->extra_left = 0;
    z->state = ZIP_EXTRA;
    if (z->left == 0)
        end_record(z);
}

/* A ZIP64 field holds just those sizes that have no room in the head, in this order. */
static void read_zip64(struct zip *z)
{
    struct zip_head *h = &z->head;
    uint64_t *const fields[] = { &h->size, &h->packed, &h->local };
    unsigned at = 4;
    for (size_t i = 0; i < (z->central ? 3u : 2u); i++) {
        if (*fields[i] != UINT32_MAX || at + 8 > z->extra_n)
            continue;
        *fields[i] = le64(z->extra + at);
        at += 8;
    }
}

static void take_extra(struct zip *z, struct slice *b)
{
    while (z->left && b->n) {
        if (z->extra_left == 0) {
            if (z->extra_n >= 4)
                z->extra_n = 0;
            z->extra[z->extra_n++] = b->p[0];
            z->left--;
            pass(z, b, 1);
            if (z->extra_n == 4)
                z->extra_left = le16(z->extra + 2);
            continue;
        }
        size_t n = b->n < z->extra_left ? b->n : z->extra_left;
        if (n > z->left)
            n = z->left;
        size_t room = sizeof z->extra - z->extra_n, k = n < room ? n : room;
        memcpy(z->extra + z->extra_n, b->p, k);
        z->extra_n += (unsigned)k;
        z->extra_left -= (unsigned)n;
        z->left -= (unsigned)n;
        pass(z, b, n);
        if (z->extra_left == 0 && le16(z->extra) == 1)
            read_zip64(z);
    }
    if (z->left == 0)
        end_record(z);
}

/* ---- data ---- */

static void after_member(struct zip *z)
{
    z->fixed_n = 0;
    z->state = ZIP_SIGNATURE;
}

static void take_data(struct zip *z, struct slice *b)
{
    size_t n = b->n < z->data_left ? b->n : (size_t)z->data_left, used;
    bool more = z->state == ZIP_DATA && n &&
                zip_member_bytes(z, slice_sub(*b, 0, n), &used);
    if (z->state == ZIP_DATA && n && !more)
        z->state = ZIP_SKIP;
    z->data_left -= n;
    pass(z, b, n);
    if (z->data_left == 0) {
        zip_member_end(z, true);
        after_member(z);
    }
}

/* Keeps the bytes in front of z->pos, for they may be a data descriptor; those that leave are
 * of a stored member that is read. */
static void remember(struct zip *z, struct slice passed)
{
    size_t all = z->last_n + passed.n;
    size_t leave = all > sizeof z->last ? all - sizeof z->last : 0;
    size_t old = leave < z->last_n ? leave : z->last_n, used;
    if (z->state != ZIP_INFLATE && z->reading && leave) {
        (void)zip_member_bytes(z, slice_of(z->last, old), &used);
        (void)zip_member_bytes(z, slice_sub(passed, 0, leave - old), &used);
    }
    memmove(z->last, z->last + old, z->last_n - old);
    z->last_n -= old;
    struct slice keep = slice_from(passed, leave - old);
    if (keep.n)
        memcpy(z->last + z->last_n, keep.p, keep.n);
    z->last_n += keep.n;
}

/* Inflates to drop. Returns Z_OK, Z_STREAM_END, or an error; *n bytes were consumed. */
static int discard(struct zip *z, struct slice b, size_t *n)
{
    uint8_t out[16384];
    z->z.next_in = (Bytef *)(uintptr_t)b.p;
    z->z.avail_in = b.n > UINT32_MAX ? UINT32_MAX : (uInt)b.n;
    uInt before = z->z.avail_in;
    int rc = Z_OK;
    do {
        z->z.next_out = out;
        z->z.avail_out = sizeof out;
        rc = inflate(&z->z, Z_NO_FLUSH);
        z->discarded += sizeof out - z->z.avail_out;
        uint64_t at = z->pos + (before - z->z.avail_in);
        if (z->discarded > MAX_DISCARD && z->discarded / MAX_DISCARD_RATIO > at)
            rc = Z_DATA_ERROR;
    } while (rc == Z_OK && (z->z.avail_in || z->z.avail_out == 0));
    *n = before - z->z.avail_in;
    return rc == Z_BUF_ERROR ? Z_OK : rc;
}

/* Deflated data, read or dropped, until its own end. */
static void take_deflated(struct zip *z, struct slice *b)
{
    size_t n;
    bool ended, known = true;
    if (z->reading) {
        ended = !zip_member_bytes(z, *b, &n);
        /* Where it was given up its end is not known. */
        known = z->member_whole;
    } else {
        int rc = discard(z, *b, &n);
        ended = rc != Z_OK;
        known = rc == Z_STREAM_END;
    }
    remember(z, slice_sub(*b, 0, n));
    pass(z, b, n);
    if (!ended)
        return;
    z->state = ZIP_HUNT;
    z->data_end = known ? z->pos : UINT64_MAX;
}

/* How long the data descriptor in front of this signature is that counts what was passed:
 * with or without a signature of its own, with sizes of four bytes or of eight. 0: none. */
static size_t descriptor_size(const struct zip *z, uint64_t at)
{
    static const size_t sizes[] = { 12, 16, 20, 24 };
    uint64_t count = at - z->data;
    const uint8_t *end = z->last + z->last_n;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        if (z->last_n < sizes[i])
            break;
        uint64_t packed = i < 2 ? le32(end - 8) : le64(end - 16);
        uint64_t want = count - sizes[i];
        if (packed == (i < 2 ? (uint32_t)want : want))
            return sizes[i];
    }
    return 0;
}

/* Whether the member's data and its descriptor end in front of this signature. */
static bool data_ends(struct zip *z, uint64_t at)
{
    if (z->data_end != UINT64_MAX && at - z->data_end <= sizeof z->last)
        return true; /* the data itself told where it ends */
    size_t n = descriptor_size(z, at), used;
    if (n && z->reading)
        (void)zip_member_bytes(z, slice_of(z->last, z->last_n - n), &used);
    return n;
}

/* Looks for 'P' in data whose length is not known. */
static void hunt(struct zip *z, struct slice *b)
{
    size_t n = slice_find(*b, 'P');
    remember(z, slice_sub(*b, 0, n));
    pass(z, b, n);
    if (b->n == 0)
        return;
    z->state = ZIP_HUNT_SIGNATURE;
    z->fixed_n = 0;
}

static void hunt_signature(struct zip *z, struct slice *b, bool from_back)
{
    if (!collect(z, b, 4))
        return;
    uint64_t at = z->pos - 4;
    uint32_t sig = le32(z->fixed);
    if ((sig == SIG_LOCAL || sig == SIG_CENTRAL) && data_ends(z, at)) {
        zip_member_end(z, true);
        z->state = ZIP_FIXED;
        return;
    }
    /* One may be an end of the whole: it is noted by the scan, and the walk is lost. */
    if (sig == SIG_END && z->data_end == UINT64_MAX && !z->reading) {
        z->state = ZIP_FIXED;
        return;
    }
    z->state = ZIP_HUNT;
    remember(z, slice_of(z->fixed, 1));
    push_back(z, 1, b, from_back);
}

/* ---- the walk ---- */

static void take_signature(struct zip *z, struct slice *b, bool from_back)
{
    if (!collect(z, b, 4))
        return;
    z->state = ZIP_FIXED;
    if (record_size(z->fixed))
        return;
    z->state = ZIP_SCAN;
    push_back(z, 1, b, from_back);
}

static void scan(struct zip *z, struct slice *b)
{
    pass(z, b, slice_find(*b, 'P'));
    if (b->n)
        z->state = ZIP_SIGNATURE;
    z->fixed_n = 0;
}

static void zip_step(struct zip *z, struct slice *b, bool from_back)
{
    switch ((enum zip_state)z->state) {
    case ZIP_SIGNATURE:
        take_signature(z, b, from_back);
        break;
    case ZIP_SCAN:
        scan(z, b);
        break;
    case ZIP_FIXED:
        if (collect(z, b, record_size(z->fixed)))
            begin_record(z, b, from_back);
        break;
    case ZIP_NAME:
        take_name(z, b);
        break;
    case ZIP_EXTRA:
        take_extra(z, b);
        break;
    case ZIP_COMMENT: {
        size_t n = b->n < z->left ? b->n : z->left;
        z->left -= (unsigned)n;
        pass(z, b, n);
        if (z->left == 0)
            after_member(z);
        break;
    }
    case ZIP_SKIP:
    case ZIP_DATA:
        take_data(z, b);
        break;
    case ZIP_INFLATE:
        take_deflated(z, b);
        break;
    case ZIP_HUNT:
        hunt(z, b);
        break;
    case ZIP_HUNT_SIGNATURE:
        hunt_signature(z, b, from_back);
        break;
    }
}

void zip_walk(struct zip *z, struct slice bytes)
{
    while (z->back_n || bytes.n) {
        if (z->back_n == 0) {
            zip_step(z, &bytes, false);
            continue;
        }
        uint8_t copy[sizeof z->back];
        struct slice b = slice_of(copy, z->back_n);
        memcpy(copy, z->back, z->back_n);
        z->back_n = 0;
        while (b.n)
            zip_step(z, &b, true);
    }
}

/* ---- the row ---- */

static void *zip_open(const struct format_env *env)
{
    struct zip *z = arena_alloc(env->arena, sizeof *z);
    if (!z)
        return NULL;
    z->env = env;
    z->rc = OPTOUT_DONE;
    z->state = ZIP_SIGNATURE;
    return z;
}

static enum optout_rc zip_feed(void *state, struct slice bytes)
{
    struct zip *z = state;
    zip_walk(z, bytes);
    return z->rc == OPTOUT_E_NOMEM ? z->rc : OPTOUT_MORE;
}

static enum optout_rc zip_end(void *state)
{
    struct zip *z = state;
    zip_member_end(z, false);
    zip_check_directory(z);
    zip_settle_roles(z);
    zip_archive_end(z);
    if (z->z_open)
        (void)inflateEnd(&z->z);
    return z->rc;
}

static bool zip_sniff(struct slice head)
{
    if (head.n >= 8 && (le32(head.p) == 0x08074B50u || le32(head.p) == 0x30304B50u))
        head = slice_from(head, 4); /* the mark of a spanned archive that became one */
    return head.n >= 4 && (le32(head.p) == SIG_LOCAL || le32(head.p) == SIG_END);
}

#define OOXML "application/vnd.openxmlformats-officedocument."
#define ODF "application/vnd.oasis.opendocument."

static const char *const zip_types[] = {
    "application/epub+zip",
    OOXML "wordprocessingml.document",
    OOXML "wordprocessingml.template",
    OOXML "spreadsheetml.sheet",
    OOXML "spreadsheetml.template",
    OOXML "presentationml.presentation",
    OOXML "presentationml.slideshow",
    OOXML "presentationml.template",
    "application/vnd.ms-word.document.macroenabled.12",
    "application/vnd.ms-excel.sheet.macroenabled.12",
    "application/vnd.ms-powerpoint.presentation.macroenabled.12",
    ODF "text",
    ODF "text-template",
    ODF "text-master",
    ODF "spreadsheet",
    ODF "spreadsheet-template",
    ODF "presentation",
    ODF "presentation-template",
    ODF "graphics",
    ODF "graphics-template",
    ODF "chart",
    ODF "formula",
    ODF "image",
    "application/vnd.ms-xpsdocument",
    "application/oxps",
    "application/vnd.adobe.indesign-idml-package",
    "application/zip",
    "application/x-zip-compressed",
    "application/x-zip",
    "application/vnd.comicbook+zip",
    "application/x-cbz",
    "application/vnd.google-earth.kmz",
    "application/x-chrome-extension",
    "application/x-xpinstall",
    "application/x-maff",
    "application/wacz",
    "application/java-archive",
    "application/vnd.android.package-archive",
    NULL
};

const struct format format_zip = {
    .name = "zip",
    .title = "ZIP packages: EPUB, OOXML, ODF, XPS; ZIP archives",
    .reads = "package documents, META-INF/metadata.xml, content_credential.c2pa and rights among "
             "the document properties; other members of such packages are skipped, those of "
             "other archives are read, as the bodies they are; to the end, where the central "
             "directory is compared",
    .types = zip_types,
    .sniff = zip_sniff,
    .by_type = true,
    .supersedes = true,
    .to_end = true,
    .contains = true,
    .open = zip_open,
    .feed = zip_feed,
    .end = zip_end,
};
