/* SPDX-License-Identifier: Apache-2.0 */
/* faults_store.h - the store on a disk that fails, and on an LMDB that does. What was acknowledged
 * is there and whole; what was refused was told with a reason, and is there as a whole or not at
 * all; a mark never stands without its files. */
#ifndef OPTOUT_TESTS_FAULTS_STORE_H
#define OPTOUT_TESTS_FAULTS_STORE_H

#include "faults_fixture.h"

#include "guard_fixture.h"
#include "site/store.h"
#include "site/terms.h"

#include <lmdb.h>

WRAPPED(void *, aligned_alloc, (size_t a, size_t n), (a, n), (errno = ENOMEM, NULL))
WRAPPED(int, mdb_env_create, (MDB_env **env), (env), ENOMEM)
WRAPPED(int, mdb_env_open, (MDB_env *env, const char *path, unsigned flags, mdb_mode_t mode),
        (env, path, flags, mode), EIO)
WRAPPED(int, mdb_txn_begin, (MDB_env *env, MDB_txn *up, unsigned flags, MDB_txn **txn),
        (env, up, flags, txn), ENOMEM)
WRAPPED(int, mdb_txn_renew, (MDB_txn *txn), (txn), MDB_READERS_FULL)
WRAPPED(int, mdb_dbi_open, (MDB_txn *txn, const char *name, unsigned flags, MDB_dbi *dbi),
        (txn, name, flags, dbi), MDB_DBS_FULL)
WRAPPED(int, mdb_get, (MDB_txn *txn, MDB_dbi dbi, MDB_val *k, MDB_val *v), (txn, dbi, k, v), EIO)
WRAPPED(int, mdb_put, (MDB_txn *txn, MDB_dbi dbi, MDB_val *k, MDB_val *v, unsigned flags),
        (txn, dbi, k, v, flags), EIO)
WRAPPED(int, mdb_del, (MDB_txn *txn, MDB_dbi dbi, MDB_val *k, MDB_val *v), (txn, dbi, k, v), EIO)
WRAPPED(int, mdb_cursor_open, (MDB_txn *txn, MDB_dbi dbi, MDB_cursor **c), (txn, dbi, c), ENOMEM)
/* Whether it succeeds or not, the transaction is gone. */
WRAPPED(int, mdb_txn_commit, (MDB_txn *txn), (txn), (mdb_txn_abort(txn), ENOSPC))

#define FILES 2 /* of the origin, written together with the mark */
static const char origin[] = "https://a.example", other[] = "https://b.example";
static const uint8_t sum[32] = { 0xab };
static const struct slice original = SLICE("User-agent: *\nDisallow: /\n");

/* What the calls of a run said. */
struct store_said {
    enum optout_rc open, keep, write, again, forget;
};

static enum optout_rc with_reason(const char *what, enum optout_rc rc)
{
    if (rc != OPTOUT_OK && rc != OPTOUT_E_NOMEM && errno == 0)
        fail_msg("%s fails without a reason, %s", what, what_failed());
    return rc;
}

static void fill_documents(struct site_document d[FILES], uint8_t mark, uint8_t rules[3000])
{
    memset(rules, mark, 3000);
    for (size_t i = 0; i < FILES; i++)
        d[i] = (struct site_document){ .kind = i ? SITE_TDMREP : SITE_ROBOTS,
                                       .state = SITE_PUBLISHED, .expires_ms = 5000 + mark,
                                       .rules = slice_of(rules, 3000) };
}

struct store_found {
    bool asked, whole;
    uint8_t mark[FILES];
};

static void look_at_files(void *ctx, const struct store_value *value)
{
    struct store_found *f = ctx;
    f->asked = value->asked;
    f->whole = true;
    for (size_t i = 0; i < FILES; i++) {
        struct slice r = value->d[i ? SITE_TDMREP : SITE_ROBOTS].rules;
        f->mark[i] = r.n ? r.p[0] : 0;
        for (size_t k = 1; k < r.n; k++)
            f->whole = f->whole && r.p[k] == r.p[0];
    }
}

static struct store *open_now(char why[256], enum optout_rc *rc)
{
    struct store *s = NULL;
    struct store_options o = { .dir = dir, .size_max = 4u << 20 };
    errno = 0;
    *rc = store_open(&o, &s, why, 256);
    return *rc == OPTOUT_OK ? s : NULL;
}

static struct store_said store_said;

static bool use_store(void)
{
    struct store_said said = { .open = OPTOUT_E_IO, .keep = OPTOUT_E_IO, .write = OPTOUT_E_IO, .again = OPTOUT_E_IO,
                         .forget = OPTOUT_E_IO };
    struct site_document d[FILES];
    static uint8_t rules[3000];
    struct store_found f;
    char why[256] = "";
    struct store *s = open_now(why, &said.open);
    if (!s) {
        if (said.open != OPTOUT_E_NOMEM && !why[0])
            fail_msg("store_open fails without a word, %s", what_failed());
        store_said = said;
        return true;
    }
    keep_store_guard();
    errno = 0;
    said.keep = with_reason("store_keep_original", store_keep_original(s, sum, original));
    fill_documents(d, 1, rules);
    errno = 0;
    said.write = with_reason("store_write", store_write(s, SLICE_OF(origin), d, FILES, true));
    (void)store_read(s, SLICE_OF(origin), look_at_files, &f);
    fill_documents(d, 2, rules);
    errno = 0;
    said.again = with_reason("store_write", store_write(s, SLICE_OF(origin), d, FILES, true));
    if (store_write(s, SLICE_OF(other), d, 1, false) == OPTOUT_OK) {
        errno = 0;
        said.forget = with_reason("store_forget", store_forget(s, SLICE_OF(other)));
    }
    store_close(s);
    store_said = said;
    return said.open || said.keep || said.write || said.again || said.forget;
}

/* Two writes of the same files: what is there is of one of them, and of the last that was
 * acknowledged or of one that came after. */
static void check_files(struct store *s, const struct store_said *said)
{
    struct store_found f = { .whole = false };
    bool there = store_read(s, SLICE_OF(origin), look_at_files, &f);
    const char *name = what_failed();
    bool written = said->write == OPTOUT_OK || said->again == OPTOUT_OK;
    if (written && !there)
        fail_msg("%s: what was acknowledged is not there", name);
    if (!there)
        return;
    if (!f.whole || f.mark[0] != f.mark[1] || f.mark[0] == 0)
        fail_msg("%s: one of two files was written", name);
    if (!f.asked)
        fail_msg("%s: the files are there without the mark", name);
    if (said->again == OPTOUT_OK && f.mark[0] != 2)
        fail_msg("%s: the last write that was acknowledged is lost", name);
}

static void check_store(void)
{
    const struct store_said *said = &store_said;
    struct store_found f;
    struct buf out;
    char why[256];
    enum optout_rc rc;
    struct store *s = open_now(why, &rc);
    if (!s)
        fail_msg("%s: never to be opened again: %s", what_failed(), why);
    check_files(s, said);
    if (said->forget == OPTOUT_OK && store_read(s, SLICE_OF(other), look_at_files, &f))
        fail_msg("%s: what was forgotten is there", what_failed());
    buf_init(&out, 1 << 20);
    rc = store_original(s, sum, &out);
    if (said->keep == OPTOUT_OK && rc != OPTOUT_OK)
        fail_msg("%s: the original is not there", what_failed());
    if (rc == OPTOUT_OK && !slice_eq(buf_slice(&out), original))
        fail_msg("%s: half an original", what_failed());
    buf_free(&out);
    store_close(s);
}

/* ---- terms of an origin: those of the last write that was acknowledged, or of one that came after ---- */

#define TERMS_PAGE "https://a.example/agb"

struct terms_said {
    bool opened, put[4]; /* two that reserve, one of them says nothing any more, a third that reserves */
};
static struct terms_said terms_said;

static enum optout_rc put_terms(struct store *s, const char *url, size_t n, int64_t at_ms)
{
    struct terms_page p = { .url = slice_cstr(url), .n = n, .fetched_ms = at_ms,
                            .expires_ms = at_ms + 1000, .has_sha256 = true };
    for (size_t i = 0; i < n; i++) {
        p.hit[i] = (struct terms_hit){ .grade = 2, .text = SLICE("All rights reserved."),
                                       .name = SLICE("en/x@1") };
        p.hit[i].prefs.of[USAGE_TDM] = PREF_DENY;
    }
    errno = 0;
    return with_reason("terms_put", terms_put(s, SLICE_OF(origin), &p, at_ms));
}

static bool use_terms(void)
{
    struct store_said said;
    char why[256] = "";
    memset(&terms_said, 0, sizeof terms_said);
    struct store *s = open_now(why, &said.open);
    terms_said.opened = s != NULL;
    if (!s)
        return true;
    keep_store_guard();
    terms_said.put[0] = put_terms(s, TERMS_PAGE, 2, 100) == OPTOUT_OK;
    (void)terms_known(s, SLICE_OF(origin), SLICE_OF(TERMS_PAGE), 150);
    terms_said.put[1] = put_terms(s, "https://a.example/first", 1, 160) == OPTOUT_OK;
    terms_said.put[2] = put_terms(s, TERMS_PAGE, 0, 200) == OPTOUT_OK;
    terms_said.put[3] = put_terms(s, "https://a.example/legal", 1, 300) == OPTOUT_OK;
    if (put_terms(s, "https://b.example/", 1, 300) == OPTOUT_OK && terms_forget(s, SLICE_OF(other)) != OPTOUT_OK)
        terms_said.put[0] = false;
    store_close(s);
    return !terms_said.put[0] || !terms_said.put[1] || !terms_said.put[2] || !terms_said.put[3];
}

static void check_terms(void)
{
    struct terms_page p;
    struct buf list;
    char why[256];
    enum optout_rc rc;
    bool first = false, legal = false, reserves = false;
    struct store *s = open_now(why, &rc);
    if (!s)
        fail_msg("%s: never to be opened again: %s", what_failed(), why);
    buf_init(&list, 1u << 20);
    assert_int_equal(terms_list(s, SLICE_OF(origin), &list), OPTOUT_OK);
    struct slice rest = buf_slice(&list);
    while (rest.n) {
        if (!terms_next(&rest, &p))
            fail_msg("%s: half a list of terms", what_failed());
        first |= slice_eq(p.url, SLICE_OF("https://a.example/first"));
        legal |= slice_eq(p.url, SLICE_OF("https://a.example/legal"));
        reserves |= slice_eq(p.url, SLICE_OF(TERMS_PAGE)) && p.n;
    }
    if ((terms_said.put[1] && !first) || (terms_said.put[3] && !legal))
        fail_msg("%s: terms that were stored are not there", what_failed());
    if (terms_said.put[2] && reserves)
        fail_msg("%s: what was taken back reserves", what_failed());
    buf_free(&list);
    store_close(s);
}

static const struct faulty faulty_terms = { "terms", NULL, use_terms, check_terms };
static const struct faulty faulty_store = { "store", NULL, use_store, check_store };

#endif
