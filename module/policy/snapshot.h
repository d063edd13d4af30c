/* SPDX-License-Identifier: Apache-2.0 */
/* snapshot.h - the configuration with every data file that it names, as one value.
 *
 * Whoever judges loads it here: the service, its reload, the command line tool. The digest
 * of a configuration (config.hash, in each record) is the SHA-256 of `settings`, which
 * names data files by the SHA-256 of their bytes: the same digest never means two decisions,
 * and the same file under another name is no other configuration. Phrase files are named
 * together, by their list; the built-in ones too. Immutable once loaded. */
#ifndef OPTOUT_POLICY_SNAPSHOT_H
#define OPTOUT_POLICY_SNAPSHOT_H

#include "policy/clients.h"
#include "policy/config.h"
#include "policy/phrase_folder.h"
#include "policy/terms_pages.h"
#include "standards/agents.h"

#define DATA_FILES_MAX 5
#define DATA_FILE_SIZE_MAX (4u << 20) /* bytes of one */

struct data_file {
    size_t path; /* where struct config has its name */
    uint8_t sha256[32];
    struct buf text;
};

struct snapshot {
    struct config config;
    struct data_file settings; /* what config.hash is taken over; no file */
    struct data_file file[DATA_FILES_MAX]; /* those that are named */
    size_t n_files;
    struct agents *agents;   /* the catalogue; NULL: the built-in one */
    struct clients *clients; /* NULL: no table */
    struct terms_pages *terms; /* NULL: the built-in table */
    struct phrase_folder phrases;
};

/* `path` NULL: the built-in configuration. On failure everything that is wrong is added to `all`,
 * with its place, and nothing is to be freed. */
enum optout_rc snapshot_load(struct snapshot *s, const char *path,
                             struct config_errors *all) OPTOUT_CHECKED;
void snapshot_free(struct snapshot *s);

#endif
