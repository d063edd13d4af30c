/* SPDX-License-Identifier: Apache-2.0 */
/* phrase_folder.h - the phrase files that a directive Phrases names.
 *
 * A folder (its files NAME.phr, in the order of their names), one file, or nothing: the built-in
 * ones. "none" turns reservations in words off. */
#ifndef OPTOUT_POLICY_PHRASE_FOLDER_H
#define OPTOUT_POLICY_PHRASE_FOLDER_H

#include "policy/config_fault.h"
#include "standards/phrases.h"

#define PHRASE_FILES_MAX 64
#define PHRASE_FILE_MAX (1u << 20) /* bytes of one */

struct phrase_file {
    char path[CONFIG_PATH_MAX];
    uint8_t sha256[32];
    struct buf text;
};

struct phrase_folder {
    struct phrase_file *file;
    size_t n;
    struct buf list;     /* "sha256:HEX", a line for each: all that a digest is taken over */
    struct phrases *own; /* compiled, shared by all folders with these texts; NULL: the built-in
                            ones, or none */
    bool none;
};

/* Is told what is wrong: in a phrase file, or, without e->file, with what is named. */
typedef void phrase_folder_fault(void *ctx, struct config_error *e);

/* Reads and compiles; texts that another folder of this process, loaded and not yet freed, or before a
 * fork, had compiled are not compiled again. By any thread. Everything that is wrong is told. Free it
 * in any case. */
enum optout_rc phrase_folder_load(struct phrase_folder *f, const char *named,
                                 phrase_folder_fault *fault, void *ctx) OPTOUT_CHECKED;
/* What is looked for; NULL: none, or memory is used up. The built-in ones are compiled at
 * their first use. */
const struct phrases *phrase_folder_compiled(const struct phrase_folder *f);
void phrase_folder_free(struct phrase_folder *f);

#endif
