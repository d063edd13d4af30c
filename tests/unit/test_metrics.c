/* SPDX-License-Identifier: Apache-2.0 */
/* test_metrics.c - the table, counting, files of processes that live, die and are damaged. */
#include "folder.h"

#include "core/clock.h"
#include "core/file.h"
#include "metrics/gather.h"
#include "metrics/metric_file.h"
#include "policy/profile.h"
#include "standards/standard.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define CUTS METRIC_CUTS /* a counter without labels */

static struct metric_sums sums;

static uint64_t gathered(unsigned cell)
{
    assert_int_equal(metrics_gather(dir, &sums), OPTOUT_OK);
    return sums.value[cell];
}

/* ---- the table ---- */

static void assert_member(enum metric_set set, unsigned i, const char *want)
{
    const char *got = metric_sets[set].member(i);
    assert_int_equal(strlen(got), strlen(want));
    for (size_t k = 0; want[k]; k++)
        assert_int_equal(got[k] == '_' ? '-' : got[k], want[k]);
}

static void labels_are_the_words_of_records(void **state)
{
    (void)state;
    assert_int_equal(metric_sets[METRIC_SET_DECISION].n, DECISION_COUNT);
    for (unsigned i = 0; i < DECISION_COUNT; i++)
        assert_member(METRIC_SET_DECISION, i, decision_name((enum decision_kind)i));
    assert_int_equal(metric_sets[METRIC_SET_ACTION].n, ACTION_COUNT);
    for (unsigned i = 0; i < ACTION_COUNT; i++)
        assert_member(METRIC_SET_ACTION, i, action_name((enum action)i));
    for (unsigned i = 0; i < STD_COUNT; i++)
        assert_member(METRIC_SET_STANDARD, i, standards[i]->name);
    for (unsigned i = 0; i < CARRIER_COUNT; i++)
        assert_member(METRIC_SET_CARRIER, i, carrier_name((enum carrier)i));
    for (unsigned i = 0; i < UNDECIDED_COUNT; i++)
        assert_member(METRIC_SET_REASON, i, undecided_name((enum undecided)i));
}

static void names_follow_the_rules_of_prometheus(void **state)
{
    (void)state;
    for (unsigned f = 0; f < METRIC_FAMILIES; f++) {
        const struct metric *m = &metric_table[f];
        size_t n = strlen(m->name);
        bool total = n > 6 && strcmp(m->name + n - 6, "_total") == 0;
        assert_int_equal(total, m->kind == METRIC_COUNTER);
        for (size_t i = 0; i < n; i++)
            assert_true((m->name[i] >= 'a' && m->name[i] <= 'z') || m->name[i] == '_');
        assert_true(m->help[0] >= '0' && m->help[strlen(m->help) - 1] != '.');
        for (unsigned g = 0; g < f; g++)
            assert_string_not_equal(m->name, metric_table[g].name);
    }
}

/* "name\tkind\tlabels\thelp" as a row of docs/metrics.md. */
static void doc_row(struct slice line, struct buf *out)
{
    struct slice field, label;
    for (unsigned k = 0; slice_split(&line, '\t', &field); k++) {
        buf_puts(out, k ? " |" : "|");
        if (k == 2) {
            for (const char *before = " "; field.n && slice_split(&field, ' ', &label);
                 before = ", ")
                buf_printf(out, "%s`%.*s`", before, SLICE_FMT(label));
            continue;
        }
        buf_printf(out, k ? " %.*s" : " `%.*s`", SLICE_FMT(field));
    }
    buf_puts(out, " |\n");
}

static void the_documentation_has_the_table(void **state)
{
    (void)state;
    char path[1024];
    struct buf names, want, doc;
    buf_init(&names, METRIC_TEXT_MAX);
    buf_init(&want, METRIC_TEXT_MAX);
    buf_init(&doc, METRIC_TEXT_MAX);
    snprintf(path, sizeof path, "%s/docs/metrics.md", getenv("OPTOUT_SRCDIR"));
    assert_int_equal(file_read(path, &doc), OPTOUT_OK);
    metrics_print_names(&names);
    struct slice rest = buf_slice(&names), line;
    while (slice_split(&rest, '\n', &line))
        if (line.n)
            doc_row(line, &want);
    buf_putc(&want, '\0');
    buf_putc(&doc, '\0');
    char *from = strstr((char *)doc.p, "|---|---|---|---|\n");
    assert_non_null(from);
    from += strlen("|---|---|---|---|\n");
    char *end = strstr(from, "<!-- end of the table -->");
    assert_non_null(end);
    *end = '\0';
    assert_string_equal(from, (char *)want.p);
    buf_free(&names);
    buf_free(&want);
    buf_free(&doc);
}

static void every_member_has_a_cell_of_its_own(void **state)
{
    (void)state;
    unsigned next = 0;
    for (unsigned f = 0; f < METRIC_FAMILIES; f++) {
        const struct metric *m = &metric_table[f];
        assert_int_equal(m->first, next);
        next += metric_sets[m->set[0]].n * metric_sets[m->set[1]].n * metric_sets[m->set[2]].n *
                m->cells;
    }
    assert_int_equal(next, METRIC_CELLS);
    assert_int_equal(METRIC_AT3(EXCHANGES, DECISION, ACTION, 1, 4, 3), METRIC_EXCHANGES_LAST);
    assert_int_equal(METRIC_AT2(SIGNALS, CARRIER, STD_COUNT - 1, CARRIER_COUNT - 1),
                     METRIC_SIGNALS_LAST);
}

/* ---- counting ---- */

static void *count_much(void *arg)
{
    (void)arg;
    for (int i = 0; i < 20000; i++) {
        metrics_count(CUTS);
        metrics_add(METRIC_HOLD_USED_BYTES, 7);
        metrics_observe(METRIC_SITE_WAIT_SECONDS, METRIC_WAIT_TIMES, 20000);
        metrics_take(METRIC_HOLD_USED_BYTES, 7);
    }
    return NULL;
}

static void run_threads(void)
{
    pthread_t t[12]; /* more than there are shards */
    for (size_t i = 0; i < 12; i++)
        assert_int_equal(pthread_create(&t[i], NULL, count_much, NULL), 0);
    for (size_t i = 0; i < 12; i++)
        pthread_join(t[i], NULL);
}

static void what_they_count_is_in_the_file(void **state)
{
    (void)state;
    assert_int_equal(metrics_open(dir, METRIC_FILTER, "1.2-3"), OPTOUT_OK);
    run_threads();
    assert_int_equal(gathered(CUTS), 240000); /* not what was counted before */
    assert_int_equal(sums.value[METRIC_HOLD_USED_BYTES], 0);
    assert_int_equal(sums.value[METRIC_SITE_WAIT_SECONDS + 1], 240000);
    assert_int_equal(sums.value[METRIC_SITE_WAIT_SECONDS_LAST], 240000ull * 20000);
    assert_int_equal(sums.value[METRIC_PROCESSES + METRIC_FILTER], 1);
    assert_int_equal(sums.ignored, 0);
    assert_int_equal(sums.n_builds, 1);
    assert_string_equal(sums.build[0].version, "1.2-3");
    metrics_close();
    assert_int_equal(gathered(CUTS), 240000);
    assert_int_equal(sums.value[METRIC_PROCESSES + METRIC_FILTER], 0);
    assert_int_equal(sums.n_builds, 0);
}

static void bounds_belong_to_their_bucket(void **state)
{
    (void)state;
    unsigned n, first = METRIC_FILTER_SECONDS;
    const uint32_t *bound = metric_bounds(METRIC_FILTER_TIMES, &n);
    assert_int_equal(metrics_open(dir, METRIC_FILTER, "1"), OPTOUT_OK);
    for (unsigned i = 0; i < n; i++) {
        assert_true(i == 0 || bound[i] > bound[i - 1]);
        metrics_observe(first, METRIC_FILTER_TIMES, bound[i]);
        metrics_observe(first, METRIC_FILTER_TIMES, bound[i] + 1);
    }
    assert_int_equal(metrics_own(first), 1);
    for (unsigned i = 1; i < n; i++)
        assert_int_equal(metrics_own(first + i), 2);
    assert_int_equal(metrics_own(first + n), 1);
    metrics_close();
}

static void cells_that_are_none_do_no_harm(void **state)
{
    (void)state;
    metrics_add(METRIC_CELLS, 1);
    metrics_set(UINT32_MAX, 1);
    metrics_observe(METRIC_CELLS - 2, METRIC_FILTER_TIMES, 1);
    assert_int_equal(metrics_own(METRIC_CELLS), 0);
}

/* ---- processes ---- */

static unsigned files_in_folder(void)
{
    char path[128];
    unsigned n = 0;
    snprintf(path, sizeof path, "%s/" METRIC_FOLDER, dir);
    DIR *d = opendir(path);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        n += metric_name_is_file(e->d_name);
    closedir(d);
    return n;
}

/* Counts `n`, as a program of either kind, and ends in one of the ways there are. */
static pid_t child_counting(unsigned n, unsigned way)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    if (metrics_open(dir, way % 2 ? METRIC_OPTOUTD : METRIC_FILTER, "1") != OPTOUT_OK)
        _exit(1);
    for (unsigned i = 0; i < n; i++) {
        metrics_count(CUTS);
        metrics_add(METRIC_HOLD_USED_BYTES, 1000);
        if (i % 50 == 0)
            usleep(100);
    }
    if (way % 3 == 0)
        kill(getpid(), SIGKILL);
    if (way % 3 == 1)
        metrics_close();
    _exit(0);
}

/* Sums and how many of them were taken, while children come, count, die and are folded. */
static void sums_never_fall(void **state)
{
    (void)state;
    uint64_t last = 0;
    unsigned alive = 0, begun = 0;
    while (begun < 60 || alive) {
        while (begun < 60 && alive < 6) {
            assert_true(child_counting(500, begun++) > 0);
            alive++;
        }
        uint64_t now = gathered(CUTS);
        assert_true(now >= last);
        last = now;
        assert_int_equal(sums.ignored, 0);
        while (alive && waitpid(-1, NULL, WNOHANG) > 0)
            alive--;
        if (begun % 7 == 0)
            metrics_fold(dir);
    }
    assert_int_equal(gathered(CUTS), 60 * 500);
    assert_int_equal(sums.value[METRIC_PROCESS_STARTS + METRIC_FILTER], 30);
    assert_int_equal(sums.value[METRIC_PROCESS_STARTS + METRIC_OPTOUTD], 30);
    assert_int_equal(sums.value[METRIC_PROCESSES + METRIC_FILTER], 0);
    assert_int_equal(sums.value[METRIC_HOLD_USED_BYTES], 0); /* of the dead: dropped */
    metrics_fold(dir);
    assert_int_equal(files_in_folder(), 0);
    assert_int_equal(gathered(CUTS), 60 * 500);
}

static void more_dead_than_one_fold_takes(void **state)
{
    (void)state;
    char path[128];
    assert_int_equal(metrics_open(dir, METRIC_FILTER, "1"), OPTOUT_OK);
    snprintf(path, sizeof path, "%s/" METRIC_FOLDER, dir);
    metrics_count(CUTS);
    metrics_close();
    /* Two hundred of them, each with an id of its own. */
    DIR *d = opendir(path);
    char name[512] = "";
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        if (metric_name_is_file(e->d_name))
            snprintf(name, sizeof name, "%s/%s", path, e->d_name);
    closedir(d);
    struct buf bytes;
    buf_init(&bytes, 1u << 20);
    assert_int_equal(file_read(name, &bytes), OPTOUT_OK);
    for (unsigned i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "%s/%u-1-0.count", path, i);
        uint64_t id = 1000 + i;
        memcpy(bytes.p + offsetof(struct metric_head, id), &id, sizeof id);
        int fd = open(name, O_WRONLY | O_CREAT, 0600);
        assert_true(file_write_all(fd, buf_slice(&bytes)));
        close(fd);
    }
    buf_free(&bytes);
    assert_int_equal(gathered(CUTS), 201);
    for (unsigned i = 0; i < 4; i++) {
        metrics_fold(dir);
        assert_int_equal(gathered(CUTS), 201);
    }
    assert_int_equal(files_in_folder(), 0);
}

/* Killed between the new total and the removal of the file that went into it. */
static void nothing_is_folded_twice(void **state)
{
    (void)state;
    char path[128], copy[128], command[512];
    assert_int_equal(metrics_open(dir, METRIC_FILTER, "1"), OPTOUT_OK);
    metrics_add(CUTS, 5);
    metrics_close();
    snprintf(path, sizeof path, "%s/" METRIC_FOLDER, dir);
    snprintf(copy, sizeof copy, "%s/kept", dir);
    snprintf(command, sizeof command, "mkdir %s && cp %s/*.count %s/", copy, path, copy);
    assert_int_equal(system(command), 0);
    metrics_fold(dir);
    assert_int_equal(files_in_folder(), 0);
    snprintf(command, sizeof command, "cp %s/*.count %s/", copy, path);
    assert_int_equal(system(command), 0);
    assert_int_equal(gathered(CUTS), 5);
    metrics_fold(dir);
    assert_int_equal(files_in_folder(), 0);
    assert_int_equal(gathered(CUTS), 5);
}

static void a_file_that_was_removed_is_made_again(void **state)
{
    (void)state;
    char command[160];
    assert_int_equal(metrics_open(dir, METRIC_FILTER, "1"), OPTOUT_OK);
    metrics_add(CUTS, 3);
    snprintf(command, sizeof command, "rm -rf %s/*", dir);
    assert_int_equal(system(command), 0);
    assert_int_equal(gathered(CUTS), 0);
    metrics_count(CUTS);
    metrics_touch(1);
    assert_int_equal(gathered(CUTS), 4);
    metrics_count(CUTS);
    assert_int_equal(gathered(CUTS), 5);
    metrics_close();
    assert_int_equal(gathered(CUTS), 5);
}

static void the_newest_says_what_the_disk_is(void **state)
{
    (void)state;
    int go[2];
    char byte = 0;
    assert_int_equal(pipe(go), 0);
    pid_t pid = fork();
    if (pid == 0) {
        close(go[1]);
        if (metrics_open(dir, METRIC_FILTER, "1") != OPTOUT_OK)
            _exit(1);
        metrics_set(METRIC_AUDIT_FREE_BYTES, 111);
        metrics_set(METRIC_AUDIT_LAST, 20);
        metrics_config("00000000000000aa33");
        metrics_touch(INT64_MAX - 1);
        _exit(read(go[0], &byte, 1) < 0);
    }
    close(go[0]);
    assert_int_equal(metrics_open(dir, METRIC_FILTER, "1"), OPTOUT_OK);
    metrics_set(METRIC_AUDIT_FREE_BYTES, 222);
    metrics_set(METRIC_AUDIT_LAST, 10);
    metrics_config("ff");
    metrics_touch(INT64_MAX);
    for (unsigned i = 0; i < 5000 && gathered(METRIC_AUDIT_LAST) != 20; i++)
        usleep(1000);
    assert_int_equal(sums.value[METRIC_AUDIT_LAST], 20);
    for (unsigned i = 0; i < 5000 && sums.n_configs != 2; i++, gathered(CUTS))
        usleep(1000);
    assert_int_equal(sums.value[METRIC_AUDIT_FREE_BYTES], 222);
    assert_int_equal(sums.n_configs, 2);
    assert_int_equal(sums.config[0] + sums.config[1], 0xaa + 0xff);
    close(go[1]);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    metrics_close();
}

static void a_full_disk_is_an_error_and_no_signal(void **state)
{
    (void)state;
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        struct rlimit small = { 4096, 4096 };
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &small);
        bool refused = metrics_open(dir, METRIC_FILTER, "1") == OPTOUT_E_IO && errno == EFBIG;
        metrics_count(CUTS);
        _exit(refused && metrics_own(CUTS) == 1 ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(files_in_folder(), 0);
    assert_int_equal(gathered(CUTS), 0);
}

/* Of all files of counters, together. */
static unsigned modes_of_files(void)
{
    char path[128];
    unsigned modes = 0;
    struct stat st;
    snprintf(path, sizeof path, "%s/" METRIC_FOLDER, dir);
    DIR *d = opendir(path);
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        if (metric_name_is_file(e->d_name) && fstatat(dirfd(d), e->d_name, &st, 0) == 0)
            modes |= st.st_mode & 0777;
    closedir(d);
    return modes;
}

/* As the packages have it: each user makes files, reads those of the other, and folds them, by the
 * group of the folder. */
static void as_user(uid_t user, unsigned n)
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        umask(0002); /* the widest that is usual */
        bool good = setgroups(0, NULL) == 0 && setgid(4242) == 0 && setuid(user) == 0 &&
                    metrics_open(dir, METRIC_FILTER, "1") == OPTOUT_OK;
        metrics_add(CUTS, n);
        good = good && metrics_gather(dir, &sums) == OPTOUT_OK && sums.value[CUTS] >= n &&
               sums.ignored == 0;
        _exit(good ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void two_users_share_the_folder(void **state)
{
    (void)state;
    char path[128];
    if (geteuid() != 0)
        skip(); /* needs root */
    snprintf(path, sizeof path, "%s/" METRIC_FOLDER, dir);
    assert_int_equal(mkdir(path, 0770), 0);
    assert_int_equal(chown(dir, 4240, 4242) + chmod(dir, 02770), 0);
    assert_int_equal(chown(path, 4240, 4242) + chmod(path, 02770), 0);
    for (unsigned i = 0; i < 6; i++)
        as_user(i % 2 ? 4240 : 4241, 10);
    assert_int_equal(files_in_folder(), 1); /* the last has folded the others */
    assert_int_equal(modes_of_files(), 0640); /* nobody cuts what somebody else has mapped */
    assert_int_equal(gathered(CUTS), 60);
}

static void a_lock_that_is_held_is_not_waited_for(void **state)
{
    (void)state;
    char path[128];
    uint64_t begun = clock_mono_us();
    assert_int_equal(metrics_open(dir, METRIC_FILTER, "1"), OPTOUT_OK);
    metrics_close();
    snprintf(path, sizeof path, "%s/" METRIC_FOLDER, dir);
    int folder = open(path, O_RDONLY | O_DIRECTORY), lock = metric_folder_lock(folder, true);
    assert_true(lock >= 0);
    metrics_fold(dir);
    assert_int_equal(files_in_folder(), 1);
    assert_int_equal(metrics_open(dir, METRIC_FILTER, "1"), OPTOUT_E_IO);
    assert_true(clock_mono_us() - begun < 10000000);
    close(lock);
    close(folder);
}

/* ---- files of others, and damage ---- */

static struct buf whole; /* the bytes of a file that counts 9 cuts */

static void make_whole(char path[400])
{
    char folder[128];
    assert_int_equal(metrics_open(dir, METRIC_FILTER, "1"), OPTOUT_OK);
    metrics_add(CUTS, 9);
    metrics_close();
    snprintf(folder, sizeof folder, "%s/" METRIC_FOLDER, dir);
    DIR *d = opendir(folder);
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        if (metric_name_is_file(e->d_name))
            snprintf(path, 400, "%s/%.200s", folder, e->d_name);
    closedir(d);
    buf_init(&whole, 1u << 20);
    assert_int_equal(file_read(path, &whole), OPTOUT_OK);
}

static void write_file(const char *path, struct slice bytes)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0 && (bytes.n == 0 || file_write_all(fd, bytes)));
    close(fd);
}

static void damaged_files_are_ignored_and_counted(void **state)
{
    (void)state;
    char path[400];
    make_whole(path);
    assert_int_equal(gathered(CUTS), 9);
    for (size_t n = 0; n < whole.n; n += n < 300 ? 1 : 997) {
        write_file(path, slice_sub(buf_slice(&whole), 0, n));
        assert_int_equal(gathered(CUTS), 0);
        assert_int_equal(sums.ignored, 1);
    }
    /* Magic, layout, shape and program; not the number of the process. */
    for (size_t at = 0; at < offsetof(struct metric_head, pid); at++) {
        if (at == offsetof(struct metric_head, program))
            continue; /* 0 becomes 1: another program's */
        whole.p[at] ^= 1;
        write_file(path, buf_slice(&whole));
        whole.p[at] ^= 1;
        assert_int_equal(gathered(CUTS), 0);
        assert_int_equal(sums.ignored, 1);
    }
    static const char *const versions[] = { "a\"b", "a\nb", "\xff", "a b",
                                            "01234567890123456789012345678901" };
    for (size_t i = 0; i < 5; i++) {
        memcpy(whole.p + offsetof(struct metric_head, version), versions[i],
               strlen(versions[i]));
        write_file(path, buf_slice(&whole));
        assert_int_equal(gathered(CUTS), 0);
        assert_int_equal(sums.ignored, 1);
    }
    metrics_fold(dir); /* of nobody who lives, and of no use */
    assert_int_equal(files_in_folder(), 0);
    buf_free(&whole);
}

static void what_is_no_file_is_left_alone(void **state)
{
    (void)state;
    char path[400], name[512];
    make_whole(path);
    snprintf(name, sizeof name, "%s/" METRIC_FOLDER "/fifo.count", dir);
    assert_int_equal(mkfifo(name, 0600), 0);
    snprintf(name, sizeof name, "%s/" METRIC_FOLDER "/folder.count", dir);
    assert_int_equal(mkdir(name, 0700), 0);
    snprintf(name, sizeof name, "%s/" METRIC_FOLDER "/link.count", dir);
    assert_int_equal(symlink(path, name), 0);
    assert_int_equal(gathered(CUTS), 9);
    assert_int_equal(sums.ignored, 3);
    metrics_fold(dir);
    assert_int_equal(gathered(CUTS), 9);
    buf_free(&whole);
}

static void values_that_are_too_large_do_not_turn_over(void **state)
{
    (void)state;
    char path[400];
    uint64_t huge = UINT64_MAX - 5;
    make_whole(path);
    memcpy(whole.p + offsetof(struct metric_file, value) + CUTS * 8, &huge, sizeof huge);
    write_file(path, buf_slice(&whole));
    assert_int_equal(gathered(CUTS), METRIC_VALUE_MAX);
    metrics_fold(dir);
    assert_int_equal(gathered(CUTS), METRIC_VALUE_MAX);
    assert_int_equal(metrics_open(dir, METRIC_FILTER, "1"), OPTOUT_OK);
    metrics_count(CUTS);
    assert_int_equal(gathered(CUTS), METRIC_VALUE_MAX);
    metrics_close();
    buf_free(&whole);
}

static void a_damaged_total_begins_anew(void **state)
{
    (void)state;
    char path[400], total[400];
    make_whole(path);
    metrics_fold(dir);
    snprintf(total, sizeof total, "%s/" METRIC_FOLDER "/total", dir);
    struct buf bytes;
    buf_init(&bytes, 1u << 20);
    assert_int_equal(file_read(total, &bytes), OPTOUT_OK);
    for (size_t at = 0; at < bytes.n; at += at < 64 ? 1 : 61) {
        bytes.p[at] ^= 0x40;
        write_file(total, buf_slice(&bytes));
        bytes.p[at] ^= 0x40;
        assert_int_equal(gathered(CUTS), 0);
        assert_int_equal(sums.ignored, 1);
    }
    assert_int_equal(metrics_open(dir, METRIC_FILTER, "1"), OPTOUT_OK);
    metrics_add(CUTS, 2);
    metrics_close();
    metrics_fold(dir);
    assert_int_equal(gathered(CUTS), 2);
    assert_int_equal(sums.ignored, 0);
    buf_free(&bytes);
    buf_free(&whole);
}

static void no_folder_holds_nothing(void **state)
{
    (void)state;
    assert_int_equal(metrics_gather("/nowhere/at/all", &sums), OPTOUT_OK);
    assert_int_equal(sums.value[CUTS], 0);
    assert_int_equal(metrics_gather("/dev/null", &sums), OPTOUT_E_IO);
    metrics_fold("/nowhere/at/all");
}

/* ---- printing ---- */

static void assert_has_line(const struct buf *text, const char *line)
{
    struct slice rest = buf_slice(text), one;
    while (slice_split(&rest, '\n', &one))
        if (slice_eq(one, slice_cstr(line)))
            return;
    fail_msg("there is no line \"%s\"", line);
}

static void text_is_what_prometheus_reads(void **state)
{
    (void)state;
    struct buf text;
    memset(&sums, 0, sizeof sums);
    sums.value[METRIC_AT3(EXCHANGES, DECISION, ACTION, METRIC_RESPMOD, DECISION_RESERVED,
                          ACTION_BLOCK)] = 3;
    sums.value[METRIC_AT2(SIGNALS, CARRIER, STD_ROBOTS_TXT, CARRIER_SITE_FILE)] = 4;
    unsigned first = METRIC_FILTER_SECONDS + METRIC_FILTER_TIMES_CELLS; /* respmod */
    sums.value[first] = 2;
    sums.value[first + METRIC_FILTER_BOUNDS] = 1;
    sums.value[first + METRIC_FILTER_BOUNDS + 1] = 7000050;
    sums.n_builds = 1;
    sums.build[0] = (struct metric_build){ METRIC_OPTOUTD, "0.5.0+x" };
    sums.n_configs = 1;
    sums.config[0] = 0x12ab;
    sums.ignored = 6;
    buf_init(&text, METRIC_TEXT_MAX);
    metrics_print(&sums, &text);
    assert_int_equal(text.failed, OPTOUT_OK);
    assert_int_equal(text.p[text.n - 1], '\n');
    static const char *const lines[] = {
        "# TYPE optout_exchanges_total counter",
        "optout_exchanges_total{vector=\"respmod\",decision=\"reserved\",action=\"block\"} 3",
        "optout_exchanges_total{vector=\"reqmod\",decision=\"clear\",action=\"pass\"} 0",
        "optout_signals_total{standard=\"robots-txt\",carrier=\"site-file\"} 4",
        "optout_undecided_total{reason=\"limit-phrases\"} 0",
        "# TYPE optout_filter_seconds histogram",
        "optout_filter_seconds_bucket{vector=\"respmod\",le=\"0.00001\"} 2",
        "optout_filter_seconds_bucket{vector=\"respmod\",le=\"5\"} 2",
        "optout_filter_seconds_bucket{vector=\"respmod\",le=\"+Inf\"} 3",
        "optout_filter_seconds_sum{vector=\"respmod\"} 7.00005",
        "optout_filter_seconds_count{vector=\"respmod\"} 3",
        "optout_site_wait_seconds_bucket{le=\"0.01\"} 0",
        "optout_site_wait_seconds_sum 0",
        "# TYPE optout_hold_used_bytes gauge",
        "optout_build_info{program=\"optoutd\",version=\"0.5.0+x\"} 1",
        "optout_config_info{digest=\"00000000000012ab\"} 1",
        "optout_metrics_ignored_files 6",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        assert_has_line(&text, lines[i]);
    buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_are_the_words_of_records),
        cmocka_unit_test(names_follow_the_rules_of_prometheus),
        cmocka_unit_test(the_documentation_has_the_table),
        cmocka_unit_test(every_member_has_a_cell_of_its_own),
        cmocka_unit_test_setup_teardown(what_they_count_is_in_the_file, make_dir, drop_dir),
        cmocka_unit_test_setup_teardown(bounds_belong_to_their_bucket, make_dir, drop_dir),
        cmocka_unit_test(cells_that_are_none_do_no_harm),
        cmocka_unit_test_setup_teardown(sums_never_fall, make_dir, drop_dir),
        cmocka_unit_test_setup_teardown(more_dead_than_one_fold_takes, make_dir, drop_dir),
        cmocka_unit_test_setup_teardown(nothing_is_folded_twice, make_dir, drop_dir),
        cmocka_unit_test_setup_teardown(a_file_that_was_removed_is_made_again, make_dir, drop_dir),
        cmocka_unit_test_setup_teardown(the_newest_says_what_the_disk_is, make_dir, drop_dir),
        cmocka_unit_test_setup_teardown(a_full_disk_is_an_error_and_no_signal, make_dir, drop_dir),
        cmocka_unit_test_setup_teardown(two_users_share_the_folder, make_dir, drop_dir),
        cmocka_unit_test_setup_teardown(a_lock_that_is_held_is_not_waited_for, make_dir, drop_dir),
        cmocka_unit_test_setup_teardown(damaged_files_are_ignored_and_counted, make_dir, drop_dir),
        cmocka_unit_test_setup_teardown(what_is_no_file_is_left_alone, make_dir, drop_dir),
        cmocka_unit_test_setup_teardown(values_that_are_too_large_do_not_turn_over, make_dir, drop_dir),
        cmocka_unit_test_setup_teardown(a_damaged_total_begins_anew, make_dir, drop_dir),
        cmocka_unit_test(no_folder_holds_nothing),
        cmocka_unit_test(text_is_what_prometheus_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
