/* SPDX-License-Identifier: Apache-2.0 */
/* test_joins.c - a page with its images as nodes hand it to each other, whatever comes instead, and
 * the map in a file that optoutd writes and the filter reads. */
#include "unit.h"

#include "core/clock.h"
#include "folder.h"
#include "guard_fixture.h"
#include "verdict/fleet_images.h"
#include "verdict/joins.h"

#include <fcntl.h>
#include <unistd.h>

#define NOW 1795500000000
#define PAGE "https://shop.example/page.html"
#define IMAGE "https://cdn.example/a.png"

static struct image_key key_of(const char *url)
{
    struct image_key k;
    assert_true(image_key_of(slice_cstr(url), &k));
    return k;
}

static struct joins page_of(const char *url, enum preference what)
{
    struct joins j = { .of = key_of(url), .read_ms = NOW, .whole = true };
    struct signal s = { .standard = STD_ROBOTS_META, .carrier = CARRIER_HTML,
                        .scope = SCOPE_EMBEDDED_IMAGES, .confidence = CONF_EXACT,
                        .place_kind = PLACE_BYTE, .at = 77, .name = SLICE("robots"),
                        .raw = SLICE("noimageai"), .url = SLICE("https://shop.example/licence") };
    s.prefs.of[USAGE_TRAIN_AI] = (uint8_t)what;
    s.prefs.of[USAGE_SEARCH] = PREF_ALLOW;
    evidence_of(&j.page.of[0], &s);
    s.raw = SLICE_OF("noai");
    s.prefs.of[USAGE_SEARCH] = PREF_UNKNOWN;
    evidence_of(&j.page.of[1], &s);
    j.page.n = 2;
    j.page.general = 1;
    j.page.until_ms = NOW + 1000;
    memset(j.page.id, '0', sizeof j.page.id - 1);
    j.page.n_url = (uint16_t)strlen(url);
    memcpy(j.page.url, url, strlen(url));
    return j;
}

static struct buf print(const struct joins *j, size_t images)
{
    static struct join_image image[JOINS_IMAGES + 1];
    struct buf out;
    for (size_t i = 0; i < images; i++) {
        image[i] = (struct join_image){ key_of(IMAGE), 2 };
        image[i].key.p[0] ^= (uint8_t)i;
        image[i].key.p[1] ^= (uint8_t)(i >> 8);
    }
    buf_init(&out, JOINS_MAX);
    assert_int_equal(joins_print(j, image, images, &out), OPTOUT_OK);
    return out;
}

static void what_is_printed_is_read_and_allows_nothing(void **state)
{
    struct joins j = page_of(PAGE, PREF_DENY), got;
    struct buf value = print(&j, 3);
    struct join_image image;
    (void)state;
    assert_true(joins_read(buf_slice(&value), NOW, &got));
    assert_memory_equal(&got.of, &j.of, sizeof got.of);
    assert_slice(slice_of(got.page.url, got.page.n_url), PAGE);
    assert_int_equal(got.read_ms, NOW);
    assert_int_equal(got.page.until_ms, NOW + 1000);
    assert_true(got.whole);
    assert_int_equal(got.page.n, 2);
    struct signal s = evidence_signal(&got.page.of[0]);
    assert_int_equal(s.standard, STD_ROBOTS_META);
    assert_int_equal(s.scope, SCOPE_EMBEDDED_IMAGES);
    assert_int_equal(s.prefs.of[USAGE_TRAIN_AI], PREF_DENY);
    assert_int_equal(s.prefs.of[USAGE_SEARCH], PREF_UNKNOWN);
    assert_int_equal(s.at, 77);
    assert_slice(s.name, "robots");
    assert_slice(s.raw, "noimageai");
    assert_slice(s.url, "https://shop.example/licence");
    size_t n = 0;
    while (joins_next(&got.images, &image))
        n += image.mask == 2;
    assert_int_equal(n, 3);
    buf_free(&value);
}

static void the_most_that_is_printed_fits(void **state)
{
    struct joins j = page_of(PAGE, PREF_DENY), got;
    struct buf value;
    (void)state;
    for (size_t i = 0; i < IMAGE_STATEMENTS; i++) {
        j.page.of[i] = j.page.of[0];
        j.page.of[i].n_agent = sizeof j.page.of[i].agent;
        j.page.of[i].n_raw = sizeof j.page.of[i].raw;
        j.page.of[i].n_part = sizeof j.page.of[i].part;
        j.page.of[i].n_url = sizeof j.page.of[i].url;
    }
    j.page.n = IMAGE_STATEMENTS;
    memset(j.page.url + strlen(PAGE), 'x', sizeof j.page.url - strlen(PAGE));
    j.page.n_url = IMAGE_PAGE_URL;
    value = print(&j, JOINS_IMAGES + 1);
    assert_true(joins_read(buf_slice(&value), NOW, &got));
    assert_int_equal(got.images.n, JOINS_IMAGES * 21);
    buf_free(&value);
}

static void refused(const struct joins *j, size_t images, const char *what)
{
    struct joins got;
    struct buf value = print(j, images);
    if (joins_read(buf_slice(&value), NOW, &got))
        fail_msg("%s is read", what);
    buf_free(&value);
}

static void what_cannot_be_is_refused(void **state)
{
    struct joins j = page_of(PAGE, PREF_ALLOW), got;
    (void)state;
    refused(&j, 1, "what allows");
    j = page_of(PAGE, PREF_DENY);
    j.page.until_ms = NOW;
    refused(&j, 1, "what is over");
    j = page_of(PAGE, PREF_DENY);
    j.page.until_ms = NOW + JOINS_LIFE_MAX_MS + 1;
    refused(&j, 1, "what holds for ever");
    j.read_ms = NOW + JOINS_AHEAD_MS + 1;
    refused(&j, 1, "what comes from the future");
    j = page_of(PAGE, PREF_DENY);
    memcpy(j.page.url, "file:", 5);
    refused(&j, 1, "a page without a host");
    j = page_of(PAGE, PREF_DENY);
    j.page.url[9] = '\n';
    refused(&j, 1, "a URL of two lines");
    j = page_of(PAGE, PREF_DENY);
    j.page.id[3] = '"';
    refused(&j, 1, "an id that is none");
    j = page_of(PAGE, PREF_DENY);
    j.page.general = 4;
    refused(&j, 1, "a statement that is not there");
    j.page.n = 1;
    j.page.general = 1;
    refused(&j, 1, "an image of a statement that is not there");
    j.page.n = 0;
    j.page.general = 0;
    refused(&j, 1, "images of a silent page");
    struct buf value = print(&j, 0);
    assert_true(joins_read(buf_slice(&value), NOW, &got)); /* it says nothing any more */
    value.p[0] = 2;
    assert_false(joins_read(buf_slice(&value), NOW, &got)); /* of another version */
    buf_free(&value);
}

static void every_shortened_or_lengthened_value_is_refused(void **state)
{
    struct joins j = page_of(PAGE, PREF_DENY), got;
    struct buf value = print(&j, 2);
    (void)state;
    for (size_t n = 0; n < value.n; n++)
        assert_false(joins_read(slice_of(value.p, n), NOW, &got));
    assert_int_equal(buf_putc(&value, 0), OPTOUT_OK);
    assert_false(joins_read(buf_slice(&value), NOW, &got));
    buf_free(&value);
}

/* No change of a byte makes it allow, or says more than there is room for. */
static void no_changed_byte_makes_it_allow(void **state)
{
    struct joins j = page_of(PAGE, PREF_DENY), got;
    struct buf value = print(&j, 2);
    unsigned read = 0;
    (void)state;
    for (size_t i = 0; i < value.n * 8; i++) {
        value.p[i / 8] ^= (uint8_t)(1u << i % 8);
        if (joins_read(buf_slice(&value), NOW, &got)) {
            read++;
            assert_true(got.page.n <= IMAGE_STATEMENTS);
            for (size_t k = 0; k < got.page.n; k++)
                for (size_t u = 0; u < USAGE_COUNT; u++)
                    assert_int_not_equal(got.page.of[k].prefs.of[u], PREF_ALLOW);
        }
        value.p[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    assert_true(read > 100); /* times, ids, texts */
    buf_free(&value);
}

/* ---- into a map ---- */

static size_t apply(struct image_map *m, struct joins j, int64_t read_ms, size_t images)
{
    struct joins got;
    j.read_ms = read_ms;
    struct buf value = print(&j, images);
    assert_true(joins_read(buf_slice(&value), NOW, &got));
    bool taken = joins_apply(&got, m, NOW);
    buf_free(&value);
    return taken;
}

static size_t pages_of(struct image_map *m, const char *image, int64_t now_ms)
{
    struct image_hit hit[4];
    struct image_key key = key_of(image);
    return image_map_find(m, &key, now_ms, hit, 4);
}

static void the_newer_reading_counts(void **state)
{
    struct image_map *m = image_map_make(0);
    struct joins j = page_of(PAGE, PREF_DENY), silent = j;
    (void)state;
    silent.page.n = silent.page.general = 0;
    assert_true(apply(m, silent, NOW - 20, 0)); /* nothing is known of it */
    assert_false(apply(m, j, NOW - 30, 1));
    assert_int_equal(pages_of(m, IMAGE, NOW), 0);
    assert_true(apply(m, j, NOW - 10, 1));
    assert_int_equal(pages_of(m, IMAGE, NOW), 1);
    assert_false(apply(m, j, NOW - 10, 1)); /* told again */
    assert_false(apply(m, silent, NOW - 20, 0));
    assert_int_equal(pages_of(m, IMAGE, NOW), 1);
    assert_int_equal(pages_of(m, IMAGE, NOW + 999), 1);
    assert_int_equal(pages_of(m, IMAGE, NOW + 1000), 0);
    assert_true(apply(m, silent, NOW - 5, 0));
    assert_int_equal(pages_of(m, IMAGE, NOW), 0);
    assert_false(apply(m, j, NOW - 10, 1)); /* a node that was away comes back with it */
    assert_int_equal(pages_of(m, IMAGE, NOW), 0);
    assert_true(apply(m, j, NOW - 4, 0)); /* it speaks again, and embeds another image */
    assert_int_equal(pages_of(m, IMAGE, NOW), 0);
    assert_true(apply(m, j, NOW - 3, 1));
    assert_int_equal(pages_of(m, IMAGE, NOW), 1);
    image_map_free(m);
}

/* However many pages say nothing, those that do have their places. */
static void silence_takes_no_place(void **state)
{
    struct image_map *m = image_map_make(0);
    struct joins j = page_of(PAGE, PREF_DENY), silent = j;
    (void)state;
    silent.page.n = silent.page.general = 0;
    silent.page.until_ms = NOW + 100000;
    for (uint8_t i = 1; i < 9; i++) {
        silent.of.p[0] = (uint8_t)(j.of.p[0] ^ i);
        assert_true(apply(m, silent, NOW - 5, 0));
    }
    for (uint8_t i = 0; i < 8; i++) {
        j.of.p[1] ^= (uint8_t)(i ^ (i + 1));
        assert_true(apply(m, j, NOW - 4, 0));
    }
    assert_int_equal(image_map_take_lost(m), 0);
    struct image_page page;
    for (uint8_t i = 0; i < 8; i++) {
        assert_true(image_map_page(m, &j.of, NOW, &page) && !image_page_is_silent(&page));
        j.of.p[1] ^= (uint8_t)((8 - i) ^ (7 - i));
    }
    image_map_free(m);
}

/* ---- in a file ---- */

static char path[600];

static void a_file_stays_and_is_read_by_others(void **state)
{
    struct image_hit hit[4];
    struct image_page page;
    struct image_key key = key_of(IMAGE), of = key_of(PAGE);
    struct joins j = page_of(PAGE, PREF_DENY);
    (void)state;
    snprintf(path, sizeof path, "%s/%s", dir, FLEET_IMAGES_FILE);
    assert_null(image_map_attach(path));
    struct image_map *m = image_map_create(path, 2000);
    assert_non_null(m);
    assert_false(fleet_images_are_there(dir));
    keep_store_guard();
    assert_true(apply(m, j, NOW, 1));
    assert_true(fleet_images_are_there(dir));
    assert_int_equal(fleet_images_find(dir, &key, NOW, hit, 4), 1);
    assert_int_equal(hit[0].mask, 3);
    assert_true(fleet_images_page(dir, &of, NOW, &page));
    assert_slice(slice_of(page.url, page.n_url), PAGE);
    image_map_free(m);
    m = image_map_create(path, 2000); /* the daemon starts again */
    assert_int_equal(pages_of(m, IMAGE, NOW), 1);
    image_map_free(m);
    m = image_map_create(path, 4000); /* another size: made anew */
    assert_non_null(m);
    assert_int_equal(pages_of(m, IMAGE, NOW), 0);
    assert_int_equal(fleet_images_find(dir, &key, NOW, hit, 4), 1); /* as it was, for a second */
    clock_advance(1001);
    assert_int_equal(fleet_images_find(dir, &key, NOW, hit, 4), 0);
    assert_true(apply(m, j, NOW, 1));
    assert_int_equal(fleet_images_find(dir, &key, NOW, hit, 4), 1);
    image_map_free(m);
}

/* Whoever may write to the file may also cut it, or write nonsense. */
static void a_file_that_is_hurt_harms_nobody(void **state)
{
    struct image_hit hit[4];
    struct image_key key = key_of(IMAGE);
    (void)state;
    keep_store_guard();
    clock_advance(1001);
    assert_true(fleet_images_are_there(dir));
    assert_int_equal(truncate(path, 100), 0);
    assert_int_equal(fleet_images_find(dir, &key, NOW, hit, 4), 0);
    clock_advance(1001);
    assert_false(fleet_images_are_there(dir));
    struct image_map *m = image_map_create(path, 2000);
    assert_non_null(m);
    assert_true(apply(m, page_of(PAGE, PREF_DENY), NOW, 1));
    clock_advance(1001);
    assert_int_equal(fleet_images_find(dir, &key, NOW, hit, 4), 1);
    int fd = open(path, O_RDWR);
    for (off_t at = 4096; at < 400000; at += 8) /* every number is too large, every place is free */
        assert_int_equal(pwrite(fd, "\xfe\xff\xff\xff\xff\xff\xff\xff", 8, at), 8);
    close(fd);
    for (unsigned i = 0; i < 256; i++) {
        key.at = i;
        (void)fleet_images_find(dir, &key, NOW, hit, 4);
    }
    image_map_free(m);
    assert_int_equal(unlink(path), 0);
    clock_advance(1001);
    assert_false(fleet_images_are_there(dir));
    assert_int_equal(symlink("/dev/null", path), 0);
    assert_null(image_map_attach(path)); /* no link is followed */
    assert_false(fleet_images_are_there(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_printed_is_read_and_allows_nothing),
        cmocka_unit_test(the_most_that_is_printed_fits),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(every_shortened_or_lengthened_value_is_refused),
        cmocka_unit_test(no_changed_byte_makes_it_allow),
        cmocka_unit_test(the_newer_reading_counts),
        cmocka_unit_test(silence_takes_no_place),
        cmocka_unit_test(a_file_stays_and_is_read_by_others),
        cmocka_unit_test(a_file_that_is_hurt_harms_nobody),
    };
    return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
