/* SPDX-License-Identifier: Apache-2.0 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "daemon/daemon_config.h"

#include "daemon/listen_address.h"

#include <stdio.h>
#include <string.h>

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
    { "MetricsListen", "ADDRESS:PORT|PATH|off", "127.0.0.1:10451",
      "Where Prometheus reads /metrics: a numeric address and a port, or a local socket with mode and "
      "group of Socket. Nobody is asked who he is. In use by another: optoutd runs without and tries "
      "again.",
      TEXT(metrics_listen) },
    { "Agents", "FILE", OPTOUT_CONFIGDIR "/agents.tsv",
      "The catalogue of agent tokens. Read again on SIGHUP. The default file may be missing.",
      TEXT(agents_file) },
    { "SiteFiles", "NAME …",
      "robots.txt tdmrep.json ai.txt well-known/ai.txt trust.txt well-known/trust.txt",
      "What an origin is asked for. Licences that robots.txt names are always fetched.",
      DIRECTIVE_WORDS, AT(site_files), 0, 0, site_file_words, NULL },
    { "SiteTerms", "on|off", "off",
      "Whether a page is fetched that another page of its origin, which passed the filter, links to "
      "as its terms (rel=terms-of-service, license or copyright): three of an origin at most, where "
      "its robots.txt lets the crawler, and not again while what they said holds. What they reserve "
      "in words counts for the whole origin (the filter's SiteTerms).",
      DIRECTIVE_SWITCH, AT(site_terms), 0, 0, NULL, NULL },
    { "Phrases", "PATH", "",
      "The phrase files that such pages are read with: what the filter's Phrases names. Empty: the "
      "built-in ones. `none`: no page of terms is fetched.",
      TEXT(phrases) },
    { "UserAgent", "TEXT", "optoutd/" PACKAGE_VERSION,
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
    { "ShareImages", "N", "131072",
      "How many images of pages that reserve them (noimageai) are known of all nodes that share; "
      "about 260 bytes each, in a file of SiteStore. 0: each node knows of its own alone.",
      NUMBER(share_images, 0, 16777216) },
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
}

static enum optout_rc check_user_agent(const struct directive *d, const void *target,
                                       struct config_error *e)
{
    if (*directive_text(d, target))
        return OPTOUT_OK;
    return config_fail(e, "name the product, such as ExampleBot/1.0", "is empty");
}

/* Empty, or begins with one of them. */
static bool begins_with(const char *text, const char *const *schemes)
{
    bool good = !*text;
    for (; !good && *schemes; schemes++)
        good = strncmp(text, *schemes, strlen(*schemes)) == 0;
    return good;
}

/* In a message: an address with a password in it is not for the log. */
static const char *shown(const char *url)
{
    return strchr(url, '@') ? "what stands there" : url;
}

static enum optout_rc check_proxy(const struct directive *d, const void *target,
                                  struct config_error *e)
{
    static const char *const schemes[] = { "http://", "https://", NULL };
    const char *url = directive_text(d, target);
    if (begins_with(url, schemes))
        return OPTOUT_OK;
    return config_fail(e, "write a URL such as http://127.0.0.1:3129",
                       "\"%.60s\" is no URL of an HTTP proxy", shown(url));
}

static enum optout_rc check_metrics_listen(const struct directive *d, const void *target,
                                           struct config_error *e)
{
    struct listen_address address;
    const char *text = directive_text(d, target);
    if (listen_address_read(text, &address))
        return OPTOUT_OK;
    return config_fail(e, "write 127.0.0.1:10451, [::1]:10451, /run/optout/metrics.sock or off",
                       "\"%.60s\" is no numeric address with a port, no path, and not off", text);
}

static enum optout_rc check_share(const struct directive *d, const void *target,
                                  struct config_error *e)
{
    static const char *const schemes[] = { "redis://", "rediss://", "unix:/", NULL };
    const char *url = directive_text(d, target);
    if (begins_with(url, schemes))
        return OPTOUT_OK;
    return config_fail(e, "write redis://HOST[:PORT], rediss://HOST or unix:/PATH",
                       "\"%.60s\" is no URL of a Redis", shown(url));
}

static enum optout_rc check_freshness(const struct directive *d, const void *target,
                                      struct config_error *e)
{
    const struct daemon_config *c = target;
    (void)d;
    if (c->lifetimes.floor <= c->lifetimes.ceiling)
        return OPTOUT_OK;
    return config_fail(e, "lower it, or raise FreshnessCeiling",
                       "%u is more than FreshnessCeiling %u", c->lifetimes.floor,
                       c->lifetimes.ceiling);
}

static enum optout_rc check_phrases(const struct directive *d, const void *target,
                                    struct config_error *e)
{
    return strcmp(directive_text(d, target), "none") == 0
               ? OPTOUT_OK
               : directive_is_absolute_or_empty(d, target, e);
}

static const struct directive_check checks[] = {
    { "Node", NULL, directive_names_node },
    { "UserAgent", NULL, check_user_agent },
    { "SiteStore", NULL, directive_is_absolute },
    { "Socket", NULL, directive_is_absolute },
    { "MetricsListen", NULL, check_metrics_listen },
    { "Agents", NULL, directive_is_absolute_or_empty },
    { "Phrases", NULL, check_phrases },
    { "CaFile", NULL, directive_is_absolute_or_empty },
    { "SharePasswordFile", NULL, directive_is_absolute_or_empty },
    { "ShareCaFile", NULL, directive_is_absolute_or_empty },
    { "Proxy", NULL, check_proxy },
    { "Share", NULL, check_share },
    { "FreshnessFloor", "FreshnessCeiling", check_freshness },
    { NULL, NULL, NULL },
};

enum optout_rc daemon_config_load(struct daemon_config *c, const char *path,
                                  struct config_errors *all)
{
    enum optout_rc rc = OPTOUT_OK;
    daemon_config_init(c);
    if (path)
        rc = directives_read(&daemon_directive_set, c, path, all);
    node_preset(c->node, sizeof c->node);
    enum optout_rc whole = directives_check(&daemon_directive_set, checks, c, path, all);
    return rc != OPTOUT_OK ? rc : whole;
}

void daemon_config_explain(struct buf *out)
{
    for (const struct directive *d = daemon_directives; d->name; d++) {
        buf_printf(out, "%s%s %s\n", d == daemon_directives ? "" : "\n", d->name, d->args);
        buf_printf(out, "    Default: %s\n    %s\n", *d->preset ? d->preset : "empty", d->help);
    }
}
