/* SPDX-License-Identifier: Apache-2.0 */
/* setup.h - what the commands that judge stored responses let be chosen. */
#ifndef OPTOUT_CLI_SETUP_H
#define OPTOUT_CLI_SETUP_H

#include "policy/snapshot.h"
#include "verdict/judge.h"

/* As given; texts are argv's, NULL: not given. */
struct setup_options {
    const char *config_file, *profile, *purpose, *html_depth;
    const char *store, *socket;
    const char *const *agent;
    size_t n_agents;
    bool fetch, no_site;
};

/* Each of these has printed a message when it returns false. */

/* --profile or --purpose, and --agent. */
bool setup_profile(const struct setup_options *o, const struct config *c, struct profile *p);
bool setup_depth(const struct setup_options *o, struct config *c);
/* The store of the configuration counts as in the proxy, but without `urls` there is no
 * site. The daemon is asked only by --fetch. */
bool setup_site(const struct setup_options *o, bool urls, struct config *c, struct judge_basis *b);
/* Borrows from `s`. */
struct judge_basis setup_basis(const struct snapshot *s);

#endif
