/* SPDX-License-Identifier: Apache-2.0 */
/* test_store_damage.c - the store of site rules is damaged while it is in use: by
 * whoever cuts its file, writes over it, or copies an older one there. Two processes
 * read, a third learns again what it finds missing, as optoutd does. Nobody may die,
 * nothing wrong may be read, and what was known must soon be known again. */
#include "unit.h"

#include "core/clock.h"
#include "site/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ORIGINS 60
#define READERS 2     /* processes, of as many threads */
#define SETTLED_MS 1000 /* a second, on a machine that does nothing else */
#define PATIENCE_MS 15000

static char dir[64], data_path[96];

/* Of all processes. */
static struct board {
    atomic_bool stop;
    atomic_uint wrong, refused;
    atomic_uint round[READERS][READERS], missing[READERS][READERS]; /* of the last whole round */
} *board;

static int make_dir(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "%s/optout-damage-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(dir))
        return -1;
    snprintf(data_path, sizeof data_path, "%s/rules/data.mdb", dir);
    board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return board == MAP_FAILED ? -1 : 0;
}

static int drop_dir(void **state)
{
    char command[128];
    (void)state;
    munmap(board, sizeof *board);
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command) == 0 ? 0 : -1;
}

static void key_of(unsigned i, char key[64])
{
    snprintf(key, 64, "https://origin%u.example", i);
}

/* Some in a leaf, some on pages of their own. */
static size_t size_of(unsigned i)
{
    return i % 3 ? 300 + 40 * i : 2500 + 100 * i;
}

static struct store *open_store(void)
{
    struct store *s = NULL;
    char why[256] = "";
    struct store_options o = { .dir = dir, .size_max = 64u << 20 };
    if (store_open(&o, &s, why, sizeof why) != OPTOUT_OK) {
        fprintf(stderr, "store_open: %s\n", why);
        _exit(9);
    }
    return s;
}

static bool write_origin(struct store *s, unsigned i)
{
    static uint8_t rules[16384];
    char key[64];
    key_of(i, key);
    for (size_t k = 0; k < size_of(i); k++)
        rules[k] = (uint8_t)(i + k * 7);
    struct site_document d = { .kind = SITE_ROBOTS, .state = SITE_PUBLISHED, .status = 200,
                               .expires_ms = 4102444800000, .url = SLICE_OF("https://x/robots.txt"),
                               .rules = slice_of(rules, size_of(i)) };
    return store_write(s, slice_cstr(key), &d, 1, true) == OPTOUT_OK;
}

static void visit(void *ctx, const struct store_value *value)
{
    unsigned i = *(unsigned *)ctx;
    struct slice r = value->d[SITE_ROBOTS].rules;
    bool right = value->asked && r.n == size_of(i);
    for (size_t k = 0; right && k < r.n; k++)
        right = r.p[k] == (uint8_t)(i + k * 7);
    if (!right)
        atomic_fetch_add(&board->wrong, 1);
}

static bool read_origin(struct store *s, unsigned i)
{
    char key[64];
    key_of(i, key);
    return store_read(s, slice_cstr(key), visit, &i);
}

struct reader {
    struct store *s;
    atomic_uint *round, *missing;
};

static void *read_on(void *ctx)
{
    struct reader *r = ctx;
    while (!atomic_load(&board->stop)) {
        unsigned missing = 0;
        for (unsigned i = 0; i < ORIGINS; i++)
            missing += !read_origin(r->s, i);
        atomic_store(r->missing, missing);
        atomic_fetch_add(r->round, 1);
        usleep(1000);
    }
    return NULL;
}

static int run_reader(unsigned n)
{
    pthread_t thread[READERS];
    struct reader r[READERS];
    struct store *s = open_store();
    for (unsigned i = 0; i < READERS; i++) {
        r[i] = (struct reader){ s, &board->round[n][i], &board->missing[n][i] };
        if (pthread_create(&thread[i], NULL, read_on, &r[i]) != 0)
            return 8;
    }
    for (unsigned i = 0; i < READERS; i++)
        pthread_join(thread[i], NULL);
    store_close(s);
    return 0;
}

/* What is missing is written, and something is always written anew. */
static int run_writer(void)
{
    struct store *s = open_store();
    for (unsigned turn = 0; !atomic_load(&board->stop); turn++) {
        for (unsigned i = 0; i < ORIGINS; i++)
            if ((i == turn % ORIGINS || !read_origin(s, i)) && !write_origin(s, i))
                atomic_fetch_add(&board->refused, 1);
        usleep(500);
    }
    store_close(s);
    return 0;
}

/* ---- damage ---- */

static void write_at(off_t from, off_t n, int fill)
{
    static uint8_t bytes[1 << 16];
    unsigned seed = 1;
    int fd = open(data_path, O_RDWR);
    for (int i = 0; i < 1000 && fd < 0 && errno == ENOENT; i++) {
        usleep(1000); /* as in cut_to */
        fd = open(data_path, O_RDWR);
    }
    for (off_t at = from; at < from + n; at += (off_t)sizeof bytes) {
        size_t more = from + n - at < (off_t)sizeof bytes ? (size_t)(from + n - at)
                                                          : sizeof bytes;
        for (size_t i = 0; i < more; i++)
            bytes[i] = fill < 0 ? (uint8_t)(rand_r(&seed) >> 7) : (uint8_t)fill;
        assert_int_equal(pwrite(fd, bytes, more, at), (ssize_t)more);
    }
    close(fd);
}

static off_t size_now(void)
{
    struct stat st;
    return stat(data_path, &st) == 0 ? st.st_size : 0;
}

static void random_pages(void) { write_at(8192, size_now() - 8192, -1); }
static void random_all(void) { write_at(0, size_now(), -1); }
static void random_metas(void) { write_at(0, 8192, -1); }
static void random_metas_within(void) { write_at(16, 100, -1); }
static void zeros_pages(void) { write_at(8192, size_now() - 8192, 0); }
static void zeros_all(void) { write_at(0, size_now(), 0); }
static void ones_pages(void) { write_at(8192, size_now() - 8192, 0xFF); }
static void zeros_half(void) { write_at(size_now() / 2, size_now() / 2, 0); }
/* For a moment there is none: somebody sets the last one aside. */
static void cut_to(off_t n)
{
    for (int i = 0; i < 1000 && truncate(data_path, n) != 0; i++) {
        assert_int_equal(errno, ENOENT);
        usleep(1000);
    }
}

static void cut_to_nothing(void) { cut_to(0); }
static void cut_to_metas(void) { cut_to(8192); }
static void cut_in_half(void) { cut_to(size_now() / 2); }
static void cut_within_a_page(void) { cut_to(8192 + 100); }
static void nothing(void) { usleep(300000); }

static void text_over_it(void)
{
    int fd = open(data_path, O_WRONLY | O_TRUNC);
    assert_int_equal(write(fd, "not a store\n", 12), 12);
    close(fd);
}

/* As cp does: the file is cut to nothing, then filled. */
static void older_copy(void)
{
    char command[256];
    snprintf(command, sizeof command, "cp '%s' '%s/older'", data_path, dir);
    assert_int_equal(system(command), 0);
    usleep(200000);
    snprintf(command, sizeof command, "cp '%s/older' '%s'", dir, data_path);
    assert_int_equal(system(command), 0);
}

static unsigned set_aside(void)
{
    unsigned n = 0;
    DIR *d = opendir(dir);
    for (struct dirent *e; d && (e = readdir(d));)
        n += strncmp(e->d_name, "damaged-", 8) == 0;
    if (d)
        closedir(d);
    return n;
}

/* Every reader has begun and ended a round since, and missed nothing in it. */
static bool all_known(unsigned since[READERS][READERS])
{
    for (unsigned n = 0; n < READERS; n++)
        for (unsigned i = 0; i < READERS; i++)
            if (atomic_load(&board->round[n][i]) - since[n][i] < 2 ||
                atomic_load(&board->missing[n][i]))
                return false;
    return true;
}

static int64_t wait_until_known(void)
{
    unsigned since[READERS][READERS];
    uint64_t begun = clock_mono_us();
    for (unsigned n = 0; n < READERS; n++)
        for (unsigned i = 0; i < READERS; i++)
            since[n][i] = atomic_load(&board->round[n][i]);
    while (!all_known(since)) {
        if (clock_mono_us() - begun > PATIENCE_MS * 1000u)
            return -1;
        usleep(2000);
    }
    return (int64_t)((clock_mono_us() - begun) / 1000);
}

static pid_t start(int (*run)(unsigned), unsigned n)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(run ? run(n) : run_writer());
    return pid;
}

static void damaged_by(const char *name, void (*damage)(void), bool must_set_aside)
{
    pid_t pid[READERS + 1];
    int64_t took;
    memset(board, 0, sizeof *board);
    pid[READERS] = start(NULL, 0);
    for (unsigned n = 0; n < READERS; n++)
        pid[n] = start(run_reader, n);
    assert_true(wait_until_known() >= 0);
    unsigned before = set_aside();
    for (int turn = 0; turn < 2; turn++) {
        damage();
        took = wait_until_known();
        print_message("# %s: known again after %lld ms\n", name, (long long)took);
        assert_true(took >= 0);
    }
    atomic_store(&board->stop, true);
    for (unsigned n = 0; n <= READERS; n++) {
        int status = -1;
        assert_int_equal(waitpid(pid[n], &status, 0), pid[n]);
        if (status != 0)
            fail_msg("%s: process %u ended with %d", name, n, status);
    }
    assert_int_equal(atomic_load(&board->wrong), 0);
    assert_int_equal(atomic_load(&board->refused), 0);
    if (must_set_aside != (set_aside() > before) && before < 3)
        fail_msg("%s: %u set aside before, %u after", name, before, set_aside());
}

#define DAMAGE(function, aside)                       \
    static void test_##function(void **state)         \
    {                                                 \
        (void)state;                                  \
        damaged_by(#function, function, aside);       \
    }
DAMAGE(random_pages, true)
DAMAGE(random_all, true)
DAMAGE(random_metas, true)
DAMAGE(random_metas_within, true)
DAMAGE(zeros_pages, true)
DAMAGE(zeros_all, true)
DAMAGE(zeros_half, true)
DAMAGE(ones_pages, true)
DAMAGE(cut_to_nothing, true)
DAMAGE(cut_to_metas, true)
DAMAGE(cut_in_half, true)
DAMAGE(cut_within_a_page, true)
DAMAGE(text_over_it, true)
DAMAGE(older_copy, true)
DAMAGE(nothing, false)

#define CASE(function) cmocka_unit_test_setup_teardown(test_##function, make_dir, drop_dir)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(nothing),       CASE(random_pages),   CASE(random_all),  CASE(random_metas),
        CASE(random_metas_within), CASE(zeros_pages), CASE(zeros_all), CASE(zeros_half),
        CASE(ones_pages),    CASE(cut_to_nothing), CASE(cut_to_metas), CASE(cut_in_half),
        CASE(cut_within_a_page), CASE(text_over_it), CASE(older_copy),
    };
    return cmocka_run_group_tests_name("store_damage", tests, NULL, NULL);
}
