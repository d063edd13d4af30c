/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration and its data files as one value with one digest. */
#include "unit.h"

#include "core/file.h"
#include "policy/snapshot.h"
#include "standards/phrases_builtin.h"

#include <errno.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#define CATALOGUE "robo\ttrain\t-\tRobo Inc\thttps://robo.example/\n"
#define TABLE "robo\tchunked\tseen\n"

#define LEN(a) (sizeof(a) / sizeof *(a))

static char folder[32];

static const char *path_of(const char *name)
{
    static char path[2][512];
    static unsigned at;
    char *to = path[at++ % 2];
    snprintf(to, sizeof *path, "%s/%s", folder, name);
    return to;
}

static void write_text(const char *name, const char *text)
{
    FILE *f = fopen(path_of(name), "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

/* The configuration of these lines, where %s is the folder. */
static enum optout_rc load(struct snapshot *s, const char *lines, struct config_error *e)
{
    char text[512];
    snprintf(text, sizeof text, lines, folder, folder);
    write_text("main.conf", text);
    struct config_errors first = config_first_error(e);
    memset(e, 0, sizeof *e);
    return snapshot_load(s, path_of("main.conf"), &first);
}

static void digest_of(const char *lines, char hash[65])
{
    static struct snapshot s;
    struct config_error e;
    assert_int_equal(load(&s, lines, &e), OPTOUT_OK);
    memcpy(hash, s.config.hash, 65);
    assert_int_equal(strlen(hash), 64);
    snapshot_free(&s);
}

static void the_digest_is_that_of_contents(void **state)
{
    char none[65], first[65], second[65], moved[65], changed[65], again[65];
    (void)state;
    write_text("a.tsv", CATALOGUE);
    write_text("b.tsv", CATALOGUE);
    digest_of("optout.Contact x\n", none);
    digest_of("optout.Contact x\noptout.Agents %s/a.tsv\n", first);
    digest_of("optout.Agents %s/a.tsv\noptout.Contact x\n", second);
    digest_of("optout.Contact x\noptout.Agents %s/b.tsv\n", moved);
    assert_string_not_equal(none, first);
    assert_string_equal(first, second); /* lines in another order */
    assert_string_equal(first, moved);  /* the same text elsewhere */
    write_text("a.tsv", CATALOGUE "more\ttrain\t-\tMore Inc\thttps://more.example/\n");
    digest_of("optout.Contact x\noptout.Agents %s/a.tsv\n", changed);
    assert_string_not_equal(first, changed); /* another text in the same place */
    write_text("a.tsv", CATALOGUE);
    digest_of("optout.Contact x\noptout.Agents %s/a.tsv\n", again);
    assert_string_equal(first, again);
}

static void files_of_other_directives_are_others(void **state)
{
    char one[65], both[65], swapped[65];
    (void)state;
    write_text("a.tsv", "# nothing\n");
    write_text("c.tsv", "# no client\n");
    digest_of("optout.Agents %s/a.tsv\n", one);
    digest_of("optout.Agents %s/a.tsv\noptout.Clients %s/c.tsv\n", both);
    digest_of("optout.Agents %s/c.tsv\noptout.Clients %s/a.tsv\n", swapped);
    assert_string_not_equal(one, both);
    assert_string_not_equal(both, swapped);
}

/* SHA-256 of these bytes, in hex. */
static void hex_of(struct slice bytes, char hex[65])
{
    uint8_t sha256[32];
    assert_int_equal(EVP_Digest(bytes.p, bytes.n, sha256, NULL, EVP_sha256(), NULL), 1);
    for (size_t i = 0; i < sizeof sha256; i++)
        snprintf(hex + 2 * i, 3, "%02x", sha256[i]);
}

static void whoever_has_the_texts_can_compute_it(void **state)
{
    static struct snapshot s;
    struct config_error e;
    char hex[65], line[128];
    (void)state;
    write_text("a.tsv", CATALOGUE);
    write_text("c.tsv", TABLE);
    assert_int_equal(load(&s, "optout.Clients %s/c.tsv\noptout.Agents %s/a.tsv\n", &e), OPTOUT_OK);
    hex_of(buf_slice(&s.settings.text), hex);
    assert_string_equal(hex, s.config.hash);
    assert_int_equal(s.n_files, 3); /* the last one lists the phrase files */
    for (size_t i = 0; i < 2; i++) {
        struct slice text = i ? SLICE_OF(TABLE) : SLICE_OF(CATALOGUE);
        assert_true(slice_eq(buf_slice(&s.file[i].text), text));
        hex_of(text, hex);
        snprintf(line, sizeof line, "\noptout.%s \"sha256:%s\"\n", i ? "Clients" : "Agents", hex);
        assert_non_null(memmem(s.settings.text.p, s.settings.text.n, line, strlen(line)));
    }
    /* No path is in it, and both files have been read. */
    assert_null(memmem(s.settings.text.p, s.settings.text.n, folder, strlen(folder)));
    assert_non_null(agents_find(s.agents, SLICE_OF("robo")));
    assert_int_equal(clients_notice(s.clients, SLICE_OF("robo/1")), CLIENT_NOTICES_CHUNKED);
    snapshot_free(&s);
}

static void without_a_file_the_built_in_one(void **state)
{
    static struct snapshot s;
    struct config_error e;
    (void)state;
    struct config_errors first = config_first_error(&e);
    assert_int_equal(snapshot_load(&s, NULL, &first), OPTOUT_OK);
    assert_int_equal(s.n_files, 1);
    assert_null(s.agents);
    assert_ptr_equal(phrase_folder_compiled(&s.phrases), phrases_builtin());
    assert_int_equal(strlen(s.config.hash), 64);
    snapshot_free(&s);
}

/* ---- phrase files ---- */

#define PHRASES PHRASES_OF("xx")
#define PHRASES_OF(language)                                                                    \
    "language " language " Test\nstatus partial\nversion 1\nfunction-words the\nlook-for mining\n"         \
    "set mining usage tdm\n  data mining\nset reserve\n  reserved\n"                            \
    "phrase reserved plain\n  for a test\n  find mining & reserve\n"                           \
    "  hit Data mining is reserved.\n  hit All data mining is reserved.\n"

static void make_phrases(const char *name, const char *text)
{
    assert_true(mkdir(path_of("phrases"), 0755) == 0 || errno == EEXIST);
    write_text(name, text);
}

/* What stands in the folder as phrase files is listed, in the order of the names. */
static void phrase_files_are_named_by_their_list(void **state)
{
    static struct snapshot s;
    struct config_error e;
    char hex[2][65], list[200], line[128];
    (void)state;
    make_phrases("phrases/b.phr", PHRASES_OF("yy"));
    make_phrases("phrases/a.phr", "# nothing\n" PHRASES);
    make_phrases("phrases/a.phr~", "knit\n");
    assert_int_equal(load(&s, "optout.Phrases %s/phrases\n", &e), OPTOUT_OK);
    hex_of(SLICE_OF("# nothing\n" PHRASES), hex[0]);
    hex_of(SLICE_OF(PHRASES_OF("yy")), hex[1]);
    snprintf(list, sizeof list, "sha256:%s\nsha256:%s\n", hex[0], hex[1]);
    assert_int_equal(s.n_files, 1);
    assert_true(slice_eq(buf_slice(&s.file[0].text), slice_cstr(list)));
    hex_of(slice_cstr(list), hex[0]);
    snprintf(line, sizeof line, "\noptout.Phrases \"sha256:%s\"\n", hex[0]);
    assert_non_null(memmem(s.settings.text.p, s.settings.text.n, line, strlen(line)));
    assert_int_equal(s.phrases.n, 2);
    assert_true(slice_eq(buf_slice(&s.phrases.file[1].text), SLICE_OF(PHRASES_OF("yy"))));
    assert_non_null(phrase_folder_compiled(&s.phrases));
    assert_ptr_not_equal(phrase_folder_compiled(&s.phrases), phrases_builtin());
    snapshot_free(&s);
    unlink(path_of("phrases/a.phr~"));
}

/* A configuration that is read again has what the one before it had compiled, and may outlive it. */
static void the_same_phrase_files_are_compiled_once(void **state)
{
    static struct snapshot first, again, changed, last;
    struct config_error e;
    (void)state;
    make_phrases("phrases/a.phr", PHRASES);
    unlink(path_of("phrases/b.phr"));
    assert_int_equal(load(&first, "optout.Phrases %s/phrases\n", &e), OPTOUT_OK);
    assert_int_equal(load(&again, "optout.Contact x\noptout.Phrases %s/phrases\n", &e), OPTOUT_OK);
    assert_ptr_equal(phrase_folder_compiled(&first.phrases), phrase_folder_compiled(&again.phrases));
    make_phrases("phrases/a.phr", PHRASES "# more\n");
    assert_int_equal(load(&changed, "optout.Phrases %s/phrases\n", &e), OPTOUT_OK);
    assert_ptr_not_equal(phrase_folder_compiled(&first.phrases),
                         phrase_folder_compiled(&changed.phrases));
    const struct phrases *kept = phrase_folder_compiled(&first.phrases);
    snapshot_free(&first);
    make_phrases("phrases/a.phr", PHRASES);
    assert_int_equal(load(&last, "optout.Phrases %s/phrases\n", &e), OPTOUT_OK);
    assert_ptr_equal(phrase_folder_compiled(&last.phrases), kept);
    assert_true(phrases_ready(kept));
    snapshot_free(&again);
    snapshot_free(&changed);
    snapshot_free(&last);
}

static void the_digest_covers_phrase_files(void **state)
{
    char builtin[65], none[65], one[65], same[65], changed[65], again[65];
    (void)state;
    make_phrases("phrases/a.phr", PHRASES);
    unlink(path_of("phrases/b.phr"));
    digest_of("optout.Contact x\n", builtin);
    digest_of("optout.Contact x\noptout.Phrases none\n", none);
    digest_of("optout.Contact x\noptout.Phrases %s/phrases\n", one);
    digest_of("optout.Contact x\noptout.Phrases %s/phrases/a.phr\n", same);
    assert_string_not_equal(builtin, none);
    assert_string_not_equal(builtin, one);
    assert_string_not_equal(none, one);
    assert_string_equal(one, same); /* wherever they lie */
    make_phrases("phrases/a.phr", PHRASES "# more\n");
    digest_of("optout.Contact x\noptout.Phrases %s/phrases\n", changed);
    assert_string_not_equal(one, changed);
    make_phrases("phrases/a.phr", PHRASES);
    digest_of("optout.Contact x\noptout.Phrases %s/phrases\n", again);
    assert_string_equal(one, again);
}

/* The same bytes in a folder are the same configuration as the built-in files. */
static void the_built_in_phrase_folder_are_hashed_as_any(void **state)
{
    const struct phrase_text *text = phrases_builtin_texts;
    const size_t n = phrases_builtin_count;
    char builtin[65], copied[65], name[64];
    (void)state;
    assert_true(n > 0 && n < 100);
    unlink(path_of("phrases/a.phr"));
    for (size_t i = 0; i < n; i++) {
        snprintf(name, sizeof name, "phrases/%02zu.phr", i);
        FILE *f = fopen(path_of(name), "w");
        assert_non_null(f);
        assert_int_equal(fwrite(text[i].text.p, 1, text[i].text.n, f), text[i].text.n);
        assert_int_equal(fclose(f), 0);
    }
    digest_of("optout.Contact x\n", builtin);
    digest_of("optout.Contact x\noptout.Phrases %s/phrases\n", copied);
    assert_string_equal(builtin, copied);
    for (size_t i = 0; i < n; i++) {
        snprintf(name, sizeof name, "phrases/%02zu.phr", i);
        unlink(path_of(name));
    }
}

static void without_phrases_there_are_none(void **state)
{
    static struct snapshot s;
    struct config_error e;
    (void)state;
    assert_int_equal(load(&s, "optout.Phrases none\n", &e), OPTOUT_OK);
    assert_int_equal(s.n_files, 0);
    assert_int_equal(s.phrases.n, 0);
    assert_null(phrase_folder_compiled(&s.phrases));
    assert_non_null(memmem(s.settings.text.p, s.settings.text.n, "optout.Phrases \"none\"\n", 22));
    snapshot_free(&s);
}

/* All that is wrong with them, beside what is wrong elsewhere. */
static void every_fault_of_phrase_folder_is_told(void **state)
{
    static struct snapshot s;
    static struct config_error room[8];
    struct config_errors all = { .listed = room, .max = LEN(room) };
    char text[512];
    (void)state;
    make_phrases("phrases/a.phr", "knit one\n" PHRASES);
    make_phrases("phrases/b.phr", PHRASES "\nknit two\n");
    snprintf(text, sizeof text, "optout.Knit 1\noptout.Phrases %s/phrases\n", folder);
    write_text("main.conf", text);
    assert_int_equal(snapshot_load(&s, path_of("main.conf"), &all), OPTOUT_E_SYNTAX);
    assert_true(all.n >= 3);
    unsigned a = 0, b = 0;
    assert_string_equal(room[0].directive, "Knit");
    for (size_t i = 1; i < all.n && i < LEN(room); i++) {
        assert_string_equal(room[i].directive, "Phrases");
        assert_true(room[i].reason[0] && room[i].remedy[0]);
        a += !strcmp(room[i].file, path_of("phrases/a.phr")) && room[i].line == 1;
        b += !strcmp(room[i].file, path_of("phrases/b.phr")) && room[i].line > 1;
    }
    assert_true(a && b);
    unlink(path_of("phrases/a.phr"));
    unlink(path_of("phrases/b.phr"));
}

static void a_wrong_file_is_named(void **state)
{
    static const struct {
        const char *lines, *file, *error; /* `file` has the text "x" */
    } rows[] = {
        { "\noptout.Agents %s/none.tsv\n", "main.conf:2: Agents: ",
          "none.tsv cannot be read: No such file or directory; check its name and permissions" },
        { "optout.Clients %s\n", "main.conf:1: Clients: ",
          " cannot be read: Is a directory; check its name and permissions" },
        { "optout.Agents %s/x.tsv\n", "x.tsv:2: Agents: ", "; mend or remove the line" },
        { "optout.Clients %s/x.tsv\n", "x.tsv:2: Clients: ", "; mend or remove the line" },
        { "\noptout.Phrases %s/none\n", "main.conf:2: Phrases: ",
          "none cannot be read: No such file or directory; check its name and permissions" },
        { "optout.Phrases %s/empty\n", "main.conf:1: Phrases: ",
          "empty holds no phrase file (NAME.phr); name a folder that holds some, or write: "
          "Phrases none" },
    };
    (void)state;
    write_text("x.tsv", "# a table\nx\n");
    assert_int_equal(mkdir(path_of("empty"), 0755), 0);
    for (size_t i = 0; i < LEN(rows); i++) {
        static struct snapshot s;
        struct config_error e;
        struct buf text;
        assert_int_equal(load(&s, rows[i].lines, &e), OPTOUT_E_SYNTAX);
        buf_init(&text, 4096);
        config_error_print(&e, &text);
        buf_putc(&text, '\0');
        if (!strstr((const char *)text.p, rows[i].file) ||
            !strstr((const char *)text.p, rows[i].error))
            fail_msg("%zu: %s", i, (const char *)text.p);
        buf_free(&text);
    }
    rmdir(path_of("empty"));
}

/* Whatever else is wrong. */
static void every_wrong_file_is_named(void **state)
{
    static struct snapshot s;
    static struct config_error room[4];
    struct config_errors all = { .listed = room, .max = LEN(room) };
    char text[512];
    (void)state;
    write_text("x.tsv", "# a table\nx\n");
    snprintf(text, sizeof text, "optout.Clients %s/x.tsv\noptout.Knit 1\noptout.Agents %s\n",
             folder, folder);
    write_text("main.conf", text);
    assert_int_equal(snapshot_load(&s, path_of("main.conf"), &all), OPTOUT_E_SYNTAX);
    assert_int_equal(all.n, 3);
    assert_string_equal(room[0].directive, "Knit");
    assert_string_equal(room[1].directive, "Agents");
    assert_int_equal(room[1].line, 3);
    assert_string_equal(room[2].directive, "Clients");
    assert_string_equal(room[2].file, path_of("x.tsv"));
    assert_int_equal(room[2].line, 2);
}

static void a_file_that_is_too_long_is_refused(void **state)
{
    struct buf text;
    (void)state;
    write_text("long", "0123456789");
    buf_init(&text, 10);
    assert_int_equal(file_read(path_of("long"), &text), OPTOUT_OK);
    assert_true(slice_eq(buf_slice(&text), SLICE_OF("0123456789")));
    buf_free(&text);
    buf_init(&text, 9);
    assert_int_equal(file_read(path_of("long"), &text), OPTOUT_E_LIMIT);
    buf_free(&text);
    buf_init(&text, 9);
    assert_int_equal(file_read(path_of("absent"), &text), OPTOUT_E_IO);
    assert_int_equal(errno, ENOENT);
    buf_free(&text);
}

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/snapshot.XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    static const char *const names[] = { "main.conf", "a.tsv", "b.tsv", "c.tsv", "x.tsv", "long" };
    (void)state;
    for (size_t i = 0; i < LEN(names); i++)
        unlink(path_of(names[i]));
    rmdir(path_of("phrases"));
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_digest_is_that_of_contents),
        cmocka_unit_test(files_of_other_directives_are_others),
        cmocka_unit_test(whoever_has_the_texts_can_compute_it),
        cmocka_unit_test(without_a_file_the_built_in_one),
        cmocka_unit_test(phrase_files_are_named_by_their_list),
        cmocka_unit_test(the_same_phrase_files_are_compiled_once),
        cmocka_unit_test(the_digest_covers_phrase_files),
        cmocka_unit_test(the_built_in_phrase_folder_are_hashed_as_any),
        cmocka_unit_test(without_phrases_there_are_none),
        cmocka_unit_test(every_fault_of_phrase_folder_is_told),
        cmocka_unit_test(a_wrong_file_is_named),
        cmocka_unit_test(every_wrong_file_is_named),
        cmocka_unit_test(a_file_that_is_too_long_is_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
