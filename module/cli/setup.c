/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/setup.h"

#include "cli/cli.h"
#include "policy/profile_line.h"

#include <stdio.h>

#define SITE_WAIT_MS 60000u /* --fetch: for what is not known of a site */

struct judge_basis setup_basis(const struct snapshot *s)
{
    return (struct judge_basis){ .config = &s->config,
                                 .settings = buf_slice(&s->settings.text),
                                 .agents = s->agents,
                                 .phrases = phrase_folder_compiled(&s->phrases) };
}

static bool said(enum optout_rc rc, const char *option, const struct config_error *e)
{
    if (rc != OPTOUT_OK)
        cli_error("%s: %s; %s", option, e->reason, e->remedy);
    return rc == OPTOUT_OK;
}

bool setup_profile(const struct setup_options *o, const struct config *c, struct profile *p)
{
    struct config_error e = { .line = 0 };
    if (o->purpose) {
        profile_init(p);
        memcpy(p->name, "ad-hoc", sizeof "ad-hoc");
        if (!said(purpose_parse(slice_cstr(o->purpose), &p->purpose, &e), "--purpose", &e))
            return false;
    } else {
        const struct profile *found = config_profile(c, slice_cstr(o->profile));
        if (!found) {
            cli_error("there is no profile '%s'%s", o->profile,
                      o->config_file ? "" : " in the built-in configuration; see --config");
            return false;
        }
        *p = *found;
    }
    for (size_t i = 0; i < o->n_agents; i++)
        if (!said(agents_parse(slice_cstr(o->agent[i]), p, &e), "--agent", &e))
            return false;
    return true;
}

bool setup_depth(const struct setup_options *o, struct config *c)
{
    if (!o->html_depth)
        return true;
    bool head = strcmp(o->html_depth, "head") == 0;
    c->html_depth = head ? HTML_DEPTH_HEAD : HTML_DEPTH_DOCUMENT;
    if (head || strcmp(o->html_depth, "document") == 0)
        return true;
    cli_error("--html-depth '%s': want 'head' or 'document'", o->html_depth);
    return false;
}

bool setup_site(const struct setup_options *o, bool urls, struct config *c, struct judge_basis *b)
{
    if (o->store)
        snprintf(c->site_store, sizeof c->site_store, "%s", o->store);
    if (o->socket)
        snprintf(c->site_socket, sizeof c->site_socket, "%s", o->socket);
    if (o->no_site || !urls)
        c->site_store[0] = '\0';
    c->site_waiters = o->fetch;
    c->site_wait_ms = SITE_WAIT_MS;
    if (o->fetch && (!c->site_store[0] || !c->site_socket[0])) {
        cli_error("--fetch: no daemon is known; name it with --socket, its store with --store");
        return false;
    }
    if (!c->site_store[0])
        return true;
    b->site = cli_open_store(c->site_store);
    if (!b->site && !o->store)
        cli_error("--no-site leaves site rules out");
    return b->site != NULL;
}
