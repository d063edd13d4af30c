/* SPDX-License-Identifier: Apache-2.0 */
/* given_files.h - the files that optoutd.conf names. They are read at the start;
 * `optoutd --check` looks at them too, so that what it calls right will start. */
#ifndef OPTOUT_DAEMON_GIVEN_FILES_H
#define OPTOUT_DAEMON_GIVEN_FILES_H

#include "core/buf.h"
#include "daemon/daemon_config.h"
#include "daemon/share_url.h"
#include "policy/phrase_folder.h"
#include "standards/agents.h"

/* The catalogue of agents and its text (buf_free in any case). Without a file, and where the
 * default one is missing, both are empty: the built-in agents are used alone. False: the
 * reason, with the line of the catalogue (e->file) or none. */
enum optout_rc given_agents(const struct daemon_config *c, struct agents **agents,
                            struct buf *text, struct config_error *e) OPTOUT_CHECKED;

/* What pages of terms are read with (phrase_folder_free in any case); none when SiteTerms is off. */
enum optout_rc given_phrases(const struct daemon_config *c, const char *path,
                             struct phrase_folder *out, struct config_errors *all) OPTOUT_CHECKED;

/* The first line of the file, without its end. False with `why`, which never
 * repeats it. */
bool given_password(const char *path, char out[SHARE_PASSWORD_MAX], char *why, size_t why_size);

/* Everything but the folders, which only the daemon's user may see. `path` is the configuration
 * that names them, or NULL. */
enum optout_rc given_check(const struct daemon_config *c, const char *path,
                           struct config_errors *all) OPTOUT_CHECKED;

#endif
