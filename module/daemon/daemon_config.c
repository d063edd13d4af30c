/* SPDX-License-Identifier: Apache-2.0 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "daemon/daemon_config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0"
#endif

#define MIB (1024ull * 1024)
#define GIB (1024ull * MIB)
#define DAY 86400

#define AT(field) offsetof(struct daemon_config, field)
#define ROOM(field) sizeof(((struct daemon_config *)0)->field)
#define TEXT(field) DIRECTIVE_TEXT, AT(field), 0, ROOM(field), NULL, NULL
#define NUMBER(field, min, max) DIRECTIVE_NUMBER, AT(field), min, max, NULL, NULL

static const char *const mode_words[] = { "0600", "0660", "0666", NULL };
const unsigned daemon_socket_modes[] = { 0600, 0660, 0666 };

const struct directive daemon_directives[] = {
    { "SiteStore", "DIR", "/var/lib/optout",
      "Where what is known of the sites is kept. The filter's SiteStore names the same folder.",
      TEXT(store_dir) },
    { "SiteStoreSize", "BYTES[K|M|G]", "1G",
      "How large the store may grow; beyond it what expires first is dropped.",
      DIRECTIVE_SIZE, AT(store_size), 8 * MIB, 1024 * GIB, NULL, NULL },
    { "Socket", "PATH", "/run/optout/optoutd.sock",
      "The local socket that the filter asks at. Its folder must exist.",
      TEXT(socket) },
    { "SocketMode", "0600|0660|0666", "0660",
      "Who may connect: the daemon's user, its group too, or everybody.",
      DIRECTIVE_WORD, AT(socket_mode), 0, 0, mode_words, NULL },
    { "SocketGroup", "NAME", "",
      "The group of the socket. Empty: the daemon's own.",
      TEXT(socket_group) },
    { "Agents", "FILE", OPTOUT_CONFIGDIR "/agents.tsv",
      "The catalogue of agent tokens. Read again on SIGHUP. The default file may be missing.",
      TEXT(agents_file) },
    { "SiteFiles", "NAME …",
      "robots.txt tdmrep.json ai.txt well-known/ai.txt trust.txt well-known/trust.txt",
      "What an origin is asked for. Licences that robots.txt names are always fetched.",
      DIRECTIVE_WORDS, AT(site_files), 0, 0, site_file_words, NULL },
    { "UserAgent", "TEXT", "optoutd/VERSION",
      "Who asks, when the question does not say on whose behalf.",
      TEXT(user_agent) },
    { "Proxy", "URL", "",
      "The proxy that is asked through, such as http://127.0.0.1:3129. Empty: directly.",
      TEXT(proxy) },
    { "CaFile", "FILE", "",
      "Certificates that https origins are checked with. Empty: the system's.",
      TEXT(ca_file) },
    { "AllowPrivate", "on|off", "off",
      "Whether private, loopback and link-local addresses may be asked.",
      DIRECTIVE_SWITCH, AT(allow_private), 0, 0, NULL, NULL },
    { "Timeout", "SECONDS", "10",
      "How long one file may take, its redirects included.",
      NUMBER(timeout_s, 1, 300) },
    { "ConnectTimeout", "SECONDS", "5",
      "How long connecting may take.",
      NUMBER(connect_timeout_s, 1, 300) },
    { "Concurrency", "N", "256",
      "How many requests are under way at a time, over all hosts.",
      NUMBER(concurrency, 1, 4096) },
    { "HostConnections", "N", "2",
      "How many requests are under way at a time to one host.",
      NUMBER(host_connections, 1, 16) },
    { "HostDelay", "MILLISECONDS", "0",
      "The pause between the beginnings of two requests to one host.",
      NUMBER(host_delay_ms, 0, 60000) },
    { "FreshnessFloor", "SECONDS", "300",
      "How long an answer holds at least, whatever it says itself.",
      NUMBER(lifetimes.floor, 1, 7 * DAY) },
    { "FreshnessCeiling", "SECONDS", "86400",
      "How long an answer holds at most.",
      NUMBER(lifetimes.ceiling, 1, 30 * DAY) },
    { "FreshnessDefault", "SECONDS", "86400",
      "How long a file holds whose answer does not say.",
      NUMBER(lifetimes.preset, 1, 30 * DAY) },
    { "FreshnessNone", "SECONDS", "3600",
      "How long it holds that there is no such file.",
      NUMBER(lifetimes.negative, 1, 30 * DAY) },
    { "Retry", "SECONDS", "300",
      "How long an origin that cannot be reached is left alone. Doubled with each failure up to "
      "an hour.",
      NUMBER(lifetimes.retry, 1, 3600) },
    { "StaleMax", "SECONDS", "172800",
      "How old a file may become that is kept because its origin cannot be reached, counted from "
      "when it was last got or confirmed. 0: none is kept.",
      NUMBER(stale_max_s, 0, 30 * DAY) },
    { "Share", "URL", "",
      "The Redis that a fleet of nodes shares answers in: redis://, rediss:// or unix:/path. "
      "Empty: this node alone.",
      TEXT(share) },
    { "ShareUser", "NAME", "",
      "The user at Redis. Empty: that of the URL, or none.",
      TEXT(share_user) },
    { "SharePasswordFile", "FILE", "",
      "A file whose first line is the password at Redis.",
      TEXT(share_password_file) },
    { "ShareCaFile", "FILE", "",
      "Certificates that Redis is checked with. Empty: the system's.",
      TEXT(share_ca_file) },
    { "ShareLease", "SECONDS", "15",
      "How long other nodes leave a file to the node that fetches it.",
      NUMBER(share_lease_s, 1, 300) },
    { "Node", "NAME", "",
      "Names this machine among the nodes. Empty: the host name.",
      TEXT(node) },
    { NULL, NULL, NULL, NULL, DIRECTIVE_OTHER, 0, 0, 0, NULL, NULL },
};

static const char *const prefixes[] = { "optoutd", NULL };
const struct directive_set daemon_directive_set = {
    daemon_directives, prefixes, NULL, "see optoutd.conf(5) or `optoutd --directives`"
};

void daemon_config_init(struct daemon_config *c)
{
    *c = (struct daemon_config){ .store_dir = "" };
    directives_preset(&daemon_directive_set, c);
    snprintf(c->user_agent, sizeof c->user_agent, "optoutd/" PACKAGE_VERSION);
}

struct path_rule {
    const char *directive;
    size_t offset;
    bool may_be_empty;
};

static const struct path_rule paths[] = {
    { "SiteStore", AT(store_dir), false },
    { "Socket", AT(socket), false },
    { "Agents", AT(agents_file), true },
    { "CaFile", AT(ca_file), true },
    { "SharePasswordFile", AT(share_password_file), true },
    { "ShareCaFile", AT(share_ca_file), true },
};

static enum optout_rc check_paths(const struct daemon_config *c, struct config_error *e)
{
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        const char *path = (const char *)c + paths[i].offset;
        snprintf(e->directive, sizeof e->directive, "%s", paths[i].directive);
        if (path[0] != '/' && !(paths[i].may_be_empty && !path[0]))
            return config_fail(e, "write an absolute path", "\"%.60s\" is not absolute", path);
    }
    return OPTOUT_OK;
}

static enum optout_rc check_proxy(const struct daemon_config *c, struct config_error *e)
{
    snprintf(e->directive, sizeof e->directive, "Proxy");
    if (c->proxy[0] && strncmp(c->proxy, "http://", 7) != 0 &&
        strncmp(c->proxy, "https://", 8) != 0)
        return config_fail(e, "write a URL such as http://127.0.0.1:3129", "\"%.60s\" is no URL "
                           "of an HTTP proxy", c->proxy);
    return OPTOUT_OK;
}

static enum optout_rc check_share(const struct daemon_config *c, struct config_error *e)
{
    snprintf(e->directive, sizeof e->directive, "Share");
    if (c->share[0] && strncmp(c->share, "redis://", 8) != 0 &&
        strncmp(c->share, "rediss://", 9) != 0 && strncmp(c->share, "unix:/", 6) != 0)
        return config_fail(e, "write redis://HOST[:PORT], rediss://HOST or unix:/PATH",
                           "\"%.60s\" is no URL of a Redis", c->share);
    snprintf(e->directive, sizeof e->directive, "FreshnessFloor");
    if (c->lifetimes.floor > c->lifetimes.ceiling)
        return config_fail(e, "lower it, or raise FreshnessCeiling",
                           "%u is more than FreshnessCeiling %u", c->lifetimes.floor,
                           c->lifetimes.ceiling);
    return OPTOUT_OK;
}

static enum optout_rc finish(struct daemon_config *c, struct config_error *e)
{
    snprintf(e->directive, sizeof e->directive, "Node");
    if (!c->node[0] && (gethostname(c->node, sizeof c->node - 1) != 0 || !c->node[0]))
        snprintf(c->node, sizeof c->node, "localhost");
    for (const char *p = c->node; *p; p++)
        if (!ascii_is_alnum((uint8_t)*p) && *p != '-' && *p != '.' && *p != '_')
            return config_fail(e, "use letters, digits, '-', '.' and '_'",
                               "\"%.60s\" cannot name a node", c->node);
    snprintf(e->directive, sizeof e->directive, "UserAgent");
    if (!c->user_agent[0])
        return config_fail(e, "name the product, such as ExampleBot/1.0", "is empty");
    enum optout_rc rc = check_paths(c, e);
    if (rc == OPTOUT_OK)
        rc = check_proxy(c, e);
    if (rc == OPTOUT_OK)
        rc = check_share(c, e);
    if (rc == OPTOUT_OK)
        e->directive[0] = '\0';
    return rc;
}

enum optout_rc daemon_config_load(struct daemon_config *c, const char *path,
                                  struct config_error *e)
{
    enum optout_rc rc = OPTOUT_OK;
    *e = (struct config_error){ { 0 }, 0, { 0 }, { 0 }, { 0 } };
    daemon_config_init(c);
    if (path)
        rc = directives_read(&daemon_directive_set, c, path, e);
    if (rc != OPTOUT_OK)
        return rc;
    rc = finish(c, e);
    if (rc != OPTOUT_OK && path)
        directives_locate(&daemon_directive_set, path, e);
    return rc;
}

void daemon_config_explain(struct buf *out)
{
    for (const struct directive *d = daemon_directives; d->name; d++) {
        buf_printf(out, "%s%s %s\n", d == daemon_directives ? "" : "\n", d->name, d->args);
        buf_printf(out, "    Default: %s\n    %s\n", *d->preset ? d->preset : "empty", d->help);
    }
}
