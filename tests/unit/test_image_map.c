/* SPDX-License-Identifier: Apache-2.0 */
/* test_image_map.c - pages and their images under many threads and processes, when there is no
 * room, and after writers that died. Built once more with ThreadSanitizer by test_threads.sh. */
#include "unit.h"

#include "verdict/image_map.c"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOW 1000000
#define LATER (NOW + 100000)

static struct image_key key_of(const char *host, unsigned i)
{
    struct image_key k;
    char url[64];
    snprintf(url, sizeof url, "http://%s/%u", host, i);
    assert_true(image_key_of(slice_cstr(url), &k));
    return k;
}

/* A page whose parts belong together: a mixture is told. */
static struct image_page page_of(unsigned i)
{
    struct image_page p = { .until_ms = LATER, .n = IMAGE_STATEMENTS, .general = 1 };
    p.n_url = (uint16_t)(1 + i % IMAGE_PAGE_URL);
    memset(p.url, 'a' + (int)(i % 20), sizeof p.url);
    for (unsigned k = 0; k < IMAGE_STATEMENTS; k++) {
        p.of[k].at = i;
        memset(p.of[k].raw, 'a' + (int)(i % 20), sizeof p.of[k].raw);
    }
    return p;
}

static bool is_one(const struct image_page *p)
{
    struct image_page want = page_of((unsigned)p->of[0].at);
    return p->n_url == want.n_url && !memcmp(p->url, want.url, sizeof p->url) &&
           !memcmp(p->of, want.of, sizeof p->of);
}

static struct image_map *map;

static size_t pages_of(struct image_key image, int64_t now)
{
    struct image_hit hit[4];
    return image_map_find(map, &image, now, hit, 4);
}

static void an_image_is_known_by_its_page(void **state)
{
    struct image_key page = key_of("h", 1), other = key_of("h", 2), image = key_of("i", 1);
    struct image_page p = page_of(1), q = page_of(2);
    (void)state;
    map = image_map_make(0);
    assert_true(image_map_is_empty(map));
    assert_int_equal(pages_of(image, NOW), 0);
    image_map_put_page(map, &page, &p, NOW, true);
    image_map_put(map, &image, &page, &p, 0, NOW);
    assert_false(image_map_is_empty(map));
    assert_int_equal(pages_of(image, NOW), 1);
    assert_int_equal(pages_of(image, LATER), 0);
    assert_int_equal(pages_of(key_of("i", 2), NOW), 0);
    image_map_put_page(map, &other, &q, NOW, true);
    image_map_put(map, &image, &other, &q, 0, NOW);
    assert_int_equal(pages_of(image, NOW), 2);
    image_map_drop_page(map, &page);
    assert_int_equal(pages_of(image, NOW), 1);
    assert_int_equal(image_map_take_lost(map), 0);
    image_map_free(map);
}

/* What is not found in a page that was read whole stays until it is so again. */
static void an_image_goes_when_two_readings_have_not_seen_it(void **state)
{
    struct image_key page = key_of("h", 1), a = key_of("i", 1), b = key_of("i", 2);
    struct image_page p = page_of(1);
    struct image_hit hit;
    (void)state;
    map = image_map_make(0);
    image_map_put_page(map, &page, &p, NOW, true);
    image_map_put(map, &a, &page, &p, 2, NOW);
    image_map_put(map, &a, &page, &p, 4, NOW);
    image_map_put(map, &b, &page, &p, 2, NOW);
    assert_int_equal(image_map_find(map, &a, NOW, &hit, 1), 1);
    assert_int_equal(hit.mask, 7);
    for (int i = 1; i < 9; i++) /* of a part nothing follows */
        image_map_put_page(map, &page, &p, NOW + i, false);
    image_map_put_page(map, &page, &p, NOW + 10, true);
    image_map_put(map, &a, &page, &p, 0, NOW + 10);
    assert_int_equal(image_map_find(map, &a, NOW, &hit, 1), 1);
    assert_int_equal(hit.mask, 1); /* as it was said last */
    assert_int_equal(image_map_find(map, &b, NOW, &hit, 1), 1);
    assert_int_equal(hit.mask, 3);
    image_map_put_page(map, &page, &p, NOW + 10, true); /* the same once more */
    assert_int_equal(pages_of(b, NOW), 1);
    image_map_put_page(map, &page, &p, NOW + 20, true);
    assert_int_equal(pages_of(b, NOW), 0);
    assert_int_equal(pages_of(a, NOW), 1);
    image_map_free(map);
}

/* Bits that mean other statements now are nobody's; the general ones stay. */
static void other_statements_have_other_bits(void **state)
{
    struct image_key page = key_of("h", 1), a = key_of("i", 1);
    struct image_page p = page_of(1), q = page_of(1), got;
    struct image_hit hit;
    (void)state;
    p.n = 2;
    q.n = 1;
    map = image_map_make(0);
    image_map_put_page(map, &page, &p, NOW, true);
    image_map_put(map, &a, &page, &p, 2, NOW);
    image_map_put_page(map, &page, &q, NOW + 1, false); /* it may say the second later on */
    assert_true(image_map_page(map, &page, NOW, &got));
    assert_int_equal(got.n, 2);
    q.of[0].n_raw = 3;
    image_map_put_page(map, &page, &q, NOW + 2, true);
    assert_int_equal(image_map_find(map, &a, NOW, &hit, 1), 1);
    assert_int_equal(hit.mask, 1);
    assert_int_equal(hit.page.n, 1);
    image_map_renew(map, &page, LATER + 5, NOW);
    assert_int_equal(pages_of(a, LATER + 4), 1);
    image_map_renew(map, &page, LATER + 9, LATER + 6); /* it is over */
    assert_int_equal(pages_of(a, LATER + 6), 0);
    image_map_free(map);
}

static void urls_are_told_by_what_is_asked_for(void **state)
{
    static const char *const same[] = { "http://h/a%20b.jpg", "HTTP://H:80/a b.jpg#x",
                                        "http://u@h/x/../%61%20b.jpg" };
    struct image_key k, other;
    (void)state;
    assert_true(image_key_of(slice_cstr(same[0]), &k));
    for (size_t i = 1; i < sizeof same / sizeof *same; i++) {
        assert_true(image_key_of(slice_cstr(same[i]), &other));
        assert_memory_equal(&k, &other, sizeof k);
    }
    assert_true(image_key_of(SLICE_OF("https://h/a%20b.jpg"), &other));
    assert_memory_not_equal(&k, &other, sizeof k);
    assert_false(image_key_of(SLICE_OF("ftp://h/a"), &other));
    assert_false(image_key_of(SLICE_OF(""), &other));
}

/* Ten times what there is room for: the newest are there, and all others are counted. */
static void what_has_no_room_is_counted(void **state)
{
    (void)state;
    map = image_map_make(0);
    unsigned n = map->images * 10, there = 0;
    struct image_key page = key_of("h", 1);
    struct image_page p = page_of(1);
    image_map_put_page(map, &page, &p, NOW, true);
    for (unsigned i = 0; i < n; i++) {
        struct image_key image = key_of("i", i);
        image_map_put(map, &image, &page, &p, 0, NOW + (int64_t)i / 8);
        assert_int_equal(pages_of(image, NOW), 1);
    }
    for (unsigned i = 0; i < n; i++)
        there += pages_of(key_of("i", i), NOW) == 1;
    assert_int_equal(image_map_take_lost(map) + there, n);
    assert_int_equal(image_map_take_lost(map), 0);
    for (unsigned i = 2; i < 10 * map->pages; i++) {
        struct image_key other = key_of("h", i);
        struct image_page q = page_of(i), got;
        image_map_put_page(map, &other, &q, NOW, true);
        assert_true(image_map_page(map, &other, NOW, &got) && is_one(&got));
    }
    assert_true(image_map_take_lost(map) >= 8 * map->pages);
    image_map_free(map);
}

/* What nobody needs any more makes way without being missed. */
static void what_is_over_makes_way(void **state)
{
    (void)state;
    map = image_map_make(0);
    for (unsigned round = 0; round < 10; round++) {
        struct image_key page = key_of("h", 1);
        struct image_page p = page_of(1);
        image_map_put_page(map, &page, &p, NOW + round, true);
        for (unsigned i = 0; i < map->images / 8; i++) {
            struct image_key image = key_of("i", round * map->images + i);
            image_map_put(map, &image, &page, &p, 0, NOW + round);
        }
        image_map_drop_page(map, &page);
    }
    assert_int_equal(image_map_take_lost(map), 0);
    image_map_free(map);
}

/* ---- threads, processes --------------------------------------------------------- */

#define THREADS 4
#define ROUNDS 4000
#define PAGES 24 /* few, so that all meet in the same places */

static atomic_uint mixed, found;

static void write_and_ask(unsigned seed, unsigned rounds)
{
    for (unsigned k = 0; k < rounds; k++) {
        unsigned i = (unsigned)rand_r(&seed) % PAGES;
        struct image_key page = key_of("h", i), image = key_of("i", i % 7);
        struct image_page p = page_of(i + PAGES * ((unsigned)rand_r(&seed) % 9));
        struct image_hit hit[4];
        if (k % 4 == 0) {
            image_map_put_page(map, &page, &p, NOW, true);
            image_map_put(map, &image, &page, &p, 0, NOW + k);
        } else if (k % 32 == 1) {
            image_map_drop_page(map, &page);
        } else {
            size_t n = image_map_find(map, &image, NOW, hit, 4);
            for (size_t h = 0; h < n; h++) {
                atomic_fetch_add(&found, 1);
                if (!is_one(&hit[h].page) || hit[h].page.of[0].at % PAGES % 7 != i % 7)
                    atomic_fetch_add(&mixed, 1);
            }
        }
    }
}

static void *hammer(void *ctx)
{
    write_and_ask(*(unsigned *)ctx, ROUNDS);
    return NULL;
}

static void many_threads_never_mix_two_pages(void **state)
{
    pthread_t thread[THREADS];
    unsigned seed[THREADS];
    (void)state;
    map = image_map_make(0);
    atomic_store(&mixed, 0);
    atomic_store(&found, 0);
    for (unsigned i = 0; i < THREADS; i++) {
        seed[i] = i + 1;
        assert_int_equal(pthread_create(&thread[i], NULL, hammer, &seed[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    assert_int_equal(atomic_load(&mixed), 0);
    assert_true(atomic_load(&found) > 100);
    image_map_free(map);
}

static void processes_share_it(void **state)
{
    int status;
    (void)state;
    map = image_map_make(0);
    for (unsigned i = 0; i < 3; i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            write_and_ask(i + 10, 20000);
            _exit(atomic_load(&mixed) != 0 || atomic_load(&found) < 100);
        }
    }
    for (unsigned i = 0; i < 3; i++) {
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    assert_false(image_map_is_empty(map));
    image_map_free(map);
}

static void a_place_survives_its_writer(void **state)
{
    struct image_key page = key_of("h", 1), image = key_of("i", 1);
    struct image_page p = page_of(1), got;
    int status;
    (void)state;
    pid_t dead = fork();
    if (dead == 0)
        _exit(0);
    assert_int_equal(waitpid(dead, &status, 0), dead);
    map = image_map_make(0);
    for (size_t i = 0; i < map->pages; i++)
        atomic_store(&map->page[i].state, (uint64_t)dead << 32 | 7);
    for (size_t i = 0; i < map->images; i++)
        atomic_store(&map->image[i].state, (uint64_t)dead << 32 | 7);
    assert_false(image_map_page(map, &page, NOW, &got));
    image_map_put_page(map, &page, &p, NOW, true);
    image_map_put(map, &image, &page, &p, 0, NOW);
    assert_true(image_map_page(map, &page, NOW, &got) && is_one(&got));
    assert_int_equal(pages_of(image, NOW), 1);
    assert_int_equal(image_map_take_lost(map), 0);
    /* One that lives is left alone, and that is counted. */
    for (size_t i = 0; i < map->images; i++)
        atomic_store(&map->image[i].state, (uint64_t)getpid() << 32 | 7);
    image_map_put(map, &image, &page, &p, 0, NOW);
    assert_int_equal(pages_of(image, NOW), 0);
    assert_int_equal(image_map_take_lost(map), 1);
    image_map_free(map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_image_is_known_by_its_page),
        cmocka_unit_test(an_image_goes_when_two_readings_have_not_seen_it),
        cmocka_unit_test(other_statements_have_other_bits),
        cmocka_unit_test(urls_are_told_by_what_is_asked_for),
        cmocka_unit_test(what_has_no_room_is_counted),
        cmocka_unit_test(what_is_over_makes_way),
        cmocka_unit_test(many_threads_never_mix_two_pages),
        cmocka_unit_test(processes_share_it),
        cmocka_unit_test(a_place_survives_its_writer),
    };
    test_threads_alone();
    return cmocka_run_group_tests_name("image_map", tests, NULL, NULL);
}
