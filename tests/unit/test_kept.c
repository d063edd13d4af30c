/* SPDX-License-Identifier: Apache-2.0 */
/* What the digest of a configuration stands for is kept beside the originals. */
#include "unit.h"

#include "icap/snapshot.h"
#include "site/site.h"
#include "site/store.h"

#define TABLE "robo\tchunked\tseen\n"

static void write_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void assert_kept(struct store *store, const uint8_t sha256[32], struct slice want)
{
    struct buf text;
    buf_init(&text, 1u << 20);
    assert_int_equal(store_original(store, sha256, &text), OPTOUT_OK);
    assert_true(slice_eq(buf_slice(&text), want));
    buf_free(&text);
}

static void settings_and_data_files_are_kept(void **state)
{
    char folder[] = "/tmp/kept.XXXXXX", path[64], table[64], lines[256], command[64];
    struct config_error e;
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/main.conf", folder);
    snprintf(table, sizeof table, "%s/c.tsv", folder);
    write_text(table, TABLE);
    snprintf(lines, sizeof lines, "optout.SiteStore %s/store\noptout.Clients %s\n", folder, table);
    write_text(path, lines);
    struct snapshot *s = snapshot_open(path, &e);
    assert_non_null(s);
    struct site *site = snapshot_site(s);
    assert_non_null(site);
    struct buf nothing;
    buf_init(&nothing, 1u << 20);
    assert_int_equal(store_original(site_store(site), s->settings.sha256, &nothing), OPTOUT_E_IO);
    buf_free(&nothing);
    snapshot_keep(s);
    snapshot_keep(s); /* once each */
    assert_kept(site_store(site), s->settings.sha256, buf_slice(&s->settings.text));
    assert_int_equal(s->n_files, 2);
    assert_kept(site_store(site), s->file[0].sha256, SLICE_OF(TABLE));
    assert_kept(site_store(site), s->file[1].sha256, buf_slice(&s->phrases.list));
    assert_true(s->phrases.n > 0); /* the built-in ones too */
    for (size_t i = 0; i < s->phrases.n; i++)
        assert_kept(site_store(site), s->phrases.file[i].sha256,
                    buf_slice(&s->phrases.file[i].text));
    snapshot_put(s);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(settings_and_data_files_are_kept) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
