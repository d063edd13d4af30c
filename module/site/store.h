/* SPDX-License-Identifier: Apache-2.0 */
/* store.h - what is known of every origin: one LMDB file that all processes map.
 *
 * A key is an origin ("https://example.com"), an origin and a product token
 * ("https://example.com\ngptbot", where the site answers agents differently), or
 * "rsl " and the URL of a licence document. A value is the documents of that
 * key, each with its metadata and its compiled rules, 8-byte aligned.
 *
 * Processes: open after fork, once per process. Any thread reads, without lock;
 * writers take LMDB's own lock (one at a time in all processes). A child that
 * dies in the middle of anything leaves the store whole.
 *
 * Layout: DIR/rules/data.mdb, DIR/rules/lock.mdb, DIR/originals/ab/abcd… (one
 * file per SHA-256, written once), DIR/damaged-TIME/ (set aside). */
#ifndef OPTOUT_SITE_STORE_H
#define OPTOUT_SITE_STORE_H

#include "site/store_value.h"

struct store;

struct store_options {
    const char *dir;   /* made when missing, with its parents' permissions left alone */
    uint64_t size_max; /* bytes of data.mdb; beyond it what expires first is dropped */
    bool read_only;    /* the command line tool: makes and mends nothing */
    bool verify;       /* walk the whole store first, in a child process: the daemon
                          at its start. What is damaged is set aside */
    /* Told of what went wrong and was mended (set aside, deleted, not to be opened); may
     * be NULL. Must not call the store. */
    void (*told)(void *ctx, const char *text);
    void *told_ctx;
};

#define STORE_SIZE_PRESET (1ull << 30)
#define STORE_READERS 4096
#define STORE_KEY_MAX 511 /* LMDB's; longer keys are replaced by their SHA-256 */

/* A damaged store is set aside and a new one begun. OPTOUT_E_IO with errno when
 * the folder cannot be used; `why` (at least 200 bytes) says which part. Folders
 * are made 0770 and files 0660, less the umask: the filter and the daemon share
 * them through a group. A store that is deleted, replaced, cut or written over is
 * noticed as soon as it is of no use, at the latest a tenth of a second of use later,
 * and opened or begun anew. Installs handlers for SIGBUS and SIGSEGV (store_guard.h). */
enum optout_rc store_open(const struct store_options *o, struct store **out, char *why,
                          size_t why_size) OPTOUT_CHECKED;
void store_close(struct store *s);

/* Called once, on a copy: must not block, must not call the store. The slices of `v` are
 * valid during the call only. `v->asked` is true when discovery has looked for
 * everything it looks for. */
typedef void store_visit(void *ctx, const struct store_value *v);

/* True when the key is there (visited). A value that fails its check is not
 * there; it counts as damage and is dropped by the next writer. */
bool store_read(struct store *s, struct slice key, store_visit *visit, void *ctx);
/* The same for who writes back what was read: OPTOUT_DONE: it is not there. OPTOUT_E_IO with errno:
 * nobody knows. */
enum optout_rc store_find(struct store *s, struct slice key, store_visit *visit,
                          void *ctx) OPTOUT_CHECKED;

/* Puts these documents in the place of those of their kind; others stay. `asked`
 * marks the key as looked for (never unmarks it). Evicts when full.
 * OPTOUT_E_LIMIT: the documents alone exceed the store. */
enum optout_rc store_write(struct store *s, struct slice key, const struct site_document *d,
                           size_t n, bool asked) OPTOUT_CHECKED;
/* As store_write, and marks the key when a document of each of `kinds` (bit 1 << enum
 * site_kind) is in it then: what was written before may be gone. OPTOUT_MORE: written,
 * not marked. */
enum optout_rc store_write_last(struct store *s, struct slice key, const struct site_document *d,
                                size_t n, uint32_t kinds) OPTOUT_CHECKED;
enum optout_rc store_forget(struct store *s, struct slice key) OPTOUT_CHECKED; /* OK if absent */

/* Every key in order, starting after `after` (empty: from the first); stops when
 * `each` returns false. Inside one read transaction. */
typedef bool store_each_visit(void *ctx, const struct store_value *v);
void store_each(struct store *s, struct slice after, store_each_visit *each, void *ctx);

struct store_stat {
    uint64_t keys, bytes_used, bytes_max, evicted, set_aside;
};
void store_stat(struct store *s, struct store_stat *out);

/* Frees reader slots of dead processes; returns how many. For the daemon, now and then. */
int store_tidy(struct store *s);

/* Keeps an original as evidence, once per SHA-256; written beside and renamed.
 * Already there: OPTOUT_OK at once. */
enum optout_rc store_keep_original(struct store *s, const uint8_t sha256[32],
                                   struct slice body) OPTOUT_CHECKED;
/* Reads one back into `out` (appended). OPTOUT_E_IO when it is not there. */
enum optout_rc store_original(struct store *s, const uint8_t sha256[32], struct buf *out)
    OPTOUT_CHECKED;

/* Keys. */
struct slice store_key_origin(struct arena *a, struct slice origin, struct slice token);
struct slice store_key_licence(struct arena *a, struct slice url);

#endif
