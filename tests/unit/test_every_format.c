/* SPDX-License-Identifier: Apache-2.0 */
/* test_every_format.c - a file of every format, through the whole inspection: what it states
 * is found, one that states nothing is clear, one that breaks off is undecided, for a reason. */
#include "unit.h"

#include "inspect/inspect.h"
#include "standards/phrases.h"
#include "media_fixture.h"

#define XMP 1u
#define STORE 2u
#define PAGE 4u /* a page inside; it is told as XMP is */
#define EXIF 8u /* says it in words */
#define KINDS 4

struct row {
    void (*make)(struct buf *b, struct media *m);
    unsigned what;    /* it carries */
    const char *type; /* of a head that names it; NULL: its bytes are enough */
    bool pointed_to;  /* what it states stands before what points to it: cut, it says nothing */
    const char *as;   /* format that reads it where it states something, if it is another */
};

static const struct row rows[FORMATS_COUNT] = {
    [FORMAT_ID_jpeg] = { make_jpeg, XMP | STORE | EXIF, NULL, false, NULL },
    [FORMAT_ID_png] = { make_png, XMP | STORE | EXIF, NULL, false, NULL },
    [FORMAT_ID_gif] = { make_gif, XMP | STORE, NULL, false, NULL },
    [FORMAT_ID_webp] = { make_webp, XMP | STORE | EXIF, NULL, false, NULL },
    [FORMAT_ID_tiff] = { make_tiff, XMP | STORE, NULL, true, NULL },
    [FORMAT_ID_psd] = { make_psd, XMP, NULL, false, NULL },
    [FORMAT_ID_heif] = { make_heif, XMP | STORE | EXIF, NULL, false, NULL },
    [FORMAT_ID_jxl] = { make_jxl, XMP | STORE | EXIF, NULL, false, NULL },
    [FORMAT_ID_jp2] = { make_jp2, XMP | STORE | EXIF, NULL, false, NULL },
    [FORMAT_ID_pdf] = { make_pdf, XMP | STORE, NULL, false, NULL },
    [FORMAT_ID_zip] = { make_zip, XMP | STORE, NULL, false, NULL },
    [FORMAT_ID_mp4] = { make_mp4, XMP | STORE, NULL, false, NULL },
    [FORMAT_ID_mp3] = { make_mp3, XMP | STORE, NULL, false, NULL },
    [FORMAT_ID_flac] = { make_flac, XMP | STORE, NULL, false, "mp3" }, /* by the tag in front */
    [FORMAT_ID_ogg] = { make_ogg, STORE, NULL, false, NULL },
    [FORMAT_ID_wav] = { make_wav, XMP | STORE, NULL, false, NULL },
    [FORMAT_ID_avi] = { make_avi, XMP | STORE, NULL, false, NULL },
    [FORMAT_ID_aiff] = { make_aiff, XMP, NULL, false, NULL },
    [FORMAT_ID_svg] = { make_svg, XMP | STORE, NULL, false, NULL },
    [FORMAT_ID_font] = { make_font, STORE, NULL, false, NULL },
    [FORMAT_ID_feed] = { make_feed, EXIF, NULL, false, NULL },
    [FORMAT_ID_jsonfeed] = { make_jsonfeed, EXIF, "application/feed+json", false, NULL },
    [FORMAT_ID_xmp] = { make_xmp, XMP, "application/rdf+xml", false, NULL },
    [FORMAT_ID_c2pa] = { make_c2pa, STORE, NULL, false, NULL },
    [FORMAT_ID_eps] = { make_eps, XMP, NULL, false, NULL },
    [FORMAT_ID_tar] = { make_tar, PAGE, NULL, false, NULL },
    [FORMAT_ID_mime] = { make_mime, PAGE, "multipart/related; boundary=b", false, NULL },
    [FORMAT_ID_warc] = { make_warc, PAGE, NULL, false, NULL },
    [FORMAT_ID_sxg] = { make_sxg, 0, NULL, false, NULL }, /* nobody looks into it */
    [FORMAT_ID_text] = { make_text, STORE, "text/plain", false, NULL },
};

struct file {
    struct buf bytes;
    struct media media;
};

static struct file file_of(const struct row *r, unsigned what)
{
    struct file f = { .media = { .padding = 100 } };
    if (what & (XMP | PAGE))
        f.media.xmp = SLICE_OF(MEDIA_XMP);
    if (what & STORE)
        f.media.store = slice_of(minimal_store, sizeof minimal_store);
    if (what & EXIF)
        f.media.exif = SLICE_OF(MEDIA_EXIF);
    buf_init(&f.bytes, 1u << 20);
    r->make(&f.bytes, &f.media);
    assert_int_equal(f.bytes.failed, OPTOUT_OK);
    return f;
}

struct outcome {
    struct arena arena;
    struct exchange x;
    struct inspection *i;
    const struct signals *s;
    undecided_set undecided;
};

static enum optout_rc look_back(void *ctx, uint64_t offset, void *to, size_t n)
{
    const struct slice *body = ctx;
    assert_true(offset <= body->n && n <= body->n - offset);
    memcpy(to, body->p + offset, n);
    return OPTOUT_OK;
}

static struct outcome inspect(const struct row *r, struct slice body, size_t step, bool held)
{
    struct outcome o = { .x = { .url = SLICE("https://o.example/d/f"), .status = 200, .minor = 1,
                                .has_body = true } };
    struct inspect_options how = { .expand_max = 1u << 20, .expand_ratio = 1000,
                                   .phrases = phrases_builtin() };
    char head[100] = "";
    if (held)
        how.back = (struct lookback){ look_back, &body };
    arena_init(&o.arena, 8u << 20, NULL, 0);
    if (r->type)
        snprintf(head, sizeof head, "Content-Type: %s\n", r->type);
    struct slice kept = arena_copy(&o.arena, slice_cstr(head), SIZE_MAX);
    assert_int_equal(headers_parse(&o.x.response, &o.arena, kept), OPTOUT_OK);
    o.i = inspect_open(&o.arena, &o.x, &how);
    assert_non_null(o.i);
    enum optout_rc rc = OPTOUT_MORE;
    for (struct slice rest = body; rest.n && rc == OPTOUT_MORE; rest = slice_from(rest, step))
        rc = inspect_feed(o.i, slice_sub(rest, 0, step));
    inspect_close(o.i, INSPECT_WHOLE);
    o.s = inspect_signals(o.i);
    o.undecided = inspect_undecided(o.i);
    return o;
}

static bool restricts(const struct signals *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->v[i].prefs.of[USAGE_TRAIN_AI] >= PREF_CONDITIONAL)
            return true;
    return false;
}

struct want {
    const char *format;
    bool restricted;
    undecided_set undecided;
};

static void expect(const char *what, struct outcome o, struct want w)
{
    if (restricts(o.s) != w.restricted || o.undecided != w.undecided ||
        strcmp(inspect_format(o.i), w.format) != 0)
        fail_msg("%s: %srestricted, undecided %#x, as %s; want %srestricted, %#x, as %s", what,
                 restricts(o.s) ? "" : "not ", o.undecided, inspect_format(o.i),
                 w.restricted ? "" : "not ", w.undecided, w.format);
    arena_reset(&o.arena);
}

static const undecided_set malformed = 1u << UNDECIDED_MALFORMED;

/* Nothing stated is clear; all it can state is found; what ends within that is told. */
static void check_row(const struct row *r, size_t step, bool held)
{
    static const char *const names[KINDS] = { "XMP", "a store", "a page", "EXIF" };
    const char *name = format_names[r - rows], *as = r->as ? r->as : name;
    undecided_set never = r->what ? 0 : undecided_bit(UNDECIDED_CONTAINER);
    struct file f = file_of(r, 0);
    expect("nothing", inspect(r, buf_slice(&f.bytes), step, held),
           (struct want){ name, false, never });
    buf_free(&f.bytes);
    for (size_t k = 0; k < KINDS; k++) {
        if (!(r->what & 1u << k))
            continue;
        f = file_of(r, 1u << k);
        expect(names[k], inspect(r, buf_slice(&f.bytes), step, held),
               (struct want){ as, true, 0 });
        /* What was read of a packet before its end stays; an element and a text need theirs. */
        struct slice cut = slice_of(f.bytes.p, f.media.stated - 20);
        expect("cut", inspect(r, cut, step, held),
               (struct want){ as, !(r->pointed_to || 1u << k & (PAGE | EXIF)), malformed });
        buf_free(&f.bytes);
    }
}

static void run_row(void **state)
{
    const struct row *r = *state;
    assert_non_null(r->make);
    check_row(r, SIZE_MAX, false);
    check_row(r, SIZE_MAX, true);
    check_row(r, 1, false);
    check_row(r, 1, true);
}

/* More than is kept of a body that nobody holds has gone by before its directory comes. */
static void what_went_by_is_looked_back_at(void **state)
{
    (void)state;
    struct row r = rows[FORMAT_ID_tiff];
    struct file f = { .media = { .store = slice_of(minimal_store, sizeof minimal_store),
                                 .padding = 2u << 20 } };
    buf_init(&f.bytes, 8u << 20);
    r.make(&f.bytes, &f.media);
    expect("held", inspect(&r, buf_slice(&f.bytes), 4096, true), (struct want){ "tiff", true, 0 });
    expect("gone", inspect(&r, buf_slice(&f.bytes), 4096, false),
           (struct want){ "tiff", false, undecided_bit(UNDECIDED_LIMIT_METADATA) });
    buf_free(&f.bytes);
}

int main(void)
{
    struct CMUnitTest tests[FORMATS_COUNT + 1] = {
        [FORMATS_COUNT] = cmocka_unit_test(what_went_by_is_looked_back_at),
    };
    for (size_t i = 0; i < FORMATS_COUNT; i++)
        tests[i] = (struct CMUnitTest){ .name = format_names[i], .test_func = run_row,
                                        .initial_state = (void *)(uintptr_t)&rows[i] };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
