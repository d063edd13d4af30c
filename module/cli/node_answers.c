/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/node.h"

#include "policy/profile_line.h"
#include "site/document.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <unistd.h>

#define FLEET_MAX 64 /* characters of a common name */
#define REMEMBERED "#: "

/* --- how each answer is checked ----------------------------------------------- */

/* Values stand between quotes in c-icap's files, and one on a line. */
static enum optout_rc check_text(struct slice v, struct config_error *e)
{
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] < ' ' || v.p[i] == 0x7F || v.p[i] == '"' || v.p[i] == '\\')
            return config_fail(e, "leave out quotes, backslashes and control characters",
                               "it has a character that no configuration can hold");
    return OPTOUT_OK;
}

static enum optout_rc check_fleet(struct slice v, struct config_error *e)
{
    if (v.n < 1 || v.n > FLEET_MAX)
        return config_fail(e, "write a name of 1 to 64 bytes", "%zu bytes are no name of a CA",
                           v.n);
    return check_text(v, e);
}

struct slice node_product(struct slice v)
{
    size_t n = 0;
    while (n < v.n && (ascii_is_alnum(v.p[n]) || v.p[n] == '-' || v.p[n] == '_' || v.p[n] == '.'))
        n++;
    return slice_sub(v, 0, n);
}

static enum optout_rc check_agents(struct slice v, struct config_error *e)
{
    struct profile p = { .n_agents = 0 };
    struct slice word;
    enum optout_rc rc = OPTOUT_OK;
    while (rc == OPTOUT_OK && node_word(&v, &word))
        rc = agents_parse(word, &p, e);
    return rc;
}

static enum optout_rc check_user_agent(struct slice v, struct config_error *e)
{
    struct slice product = node_product(v);
    bool ends = product.n == v.n || v.p[product.n] == '/' || v.p[product.n] == ' ';
    if (!product.n || !ends || v.n >= SITE_AGENT_MAX)
        return config_fail(e, "write what the crawler sends as User-Agent, such as "
                              "ExampleBot/1.0 (+https://example.org/bot)",
                           "it does not begin with the name of a product");
    enum optout_rc rc = check_agents(product, e);
    return rc == OPTOUT_OK ? check_text(v, e) : rc;
}

static const struct {
    const char *purpose, *name;
} usual_names[] = {
    { "train-ai", "training" },
    { "ai-use", "grounding" },
    { "tdm", "mining" },
};

/* Also the name of an ACL and of services in squid.conf, and part of a regular expression. */
static bool is_profile_name(struct slice s)
{
    if (!s.n || s.n >= PROFILE_NAME_MAX || !ascii_is_alpha(s.p[0]))
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_is_alnum(s.p[i]) && s.p[i] != '-' && s.p[i] != '_')
            return false;
    return true;
}

static struct slice usual_name(struct slice purposes)
{
    struct slice first = slice_sub(purposes, 0, slice_find(purposes, ','));
    for (size_t i = 0; i < sizeof usual_names / sizeof *usual_names; i++)
        if (slice_eq_nocase(first, slice_cstr(usual_names[i].purpose)))
            return slice_cstr(usual_names[i].name);
    return first;
}

enum optout_rc node_profile_parse(struct slice word, struct node_profile *p,
                                  struct config_error *e)
{
    usage_set set;
    size_t equals = slice_find(word, '=');
    struct slice purpose = equals < word.n ? slice_from(word, equals + 1) : word;
    struct slice name = equals < word.n ? slice_sub(word, 0, equals) : usual_name(purpose);
    enum optout_rc rc = purpose_parse(purpose, &set, e);
    if (rc != OPTOUT_OK)
        return rc;
    if (!is_profile_name(name))
        return config_fail(e, "write NAME=PURPOSE with a NAME of letters, digits, '-' and '_'",
                           "\"%.*s\" cannot name a profile", (int)(name.n > 40 ? 40 : name.n),
                           (const char *)name.p);
    if (purpose.n >= sizeof p->purpose)
        return config_fail(e, "name each purpose once", "the purposes are too long");
    snprintf(p->name, sizeof p->name, "%.*s", SLICE_FMT(name));
    snprintf(p->purpose, sizeof p->purpose, "%.*s", SLICE_FMT(purpose));
    return OPTOUT_OK;
}

static enum optout_rc check_profiles(struct slice v, struct config_error *e)
{
    struct node_profile p[NODE_LISTED_MAX];
    struct slice word;
    size_t n = 0;
    while (node_word(&v, &word)) {
        if (n == NODE_LISTED_MAX)
            return config_fail(e, "write more of them by hand", "more than %d profiles",
                               NODE_LISTED_MAX);
        enum optout_rc rc = node_profile_parse(word, &p[n], e);
        if (rc != OPTOUT_OK)
            return rc;
        for (size_t i = 0; i < n; i++)
            if (slice_eq_nocase(slice_cstr(p[i].name), slice_cstr(p[n].name)))
                return config_fail(e, "give each another name: NAME=PURPOSE",
                                   "two profiles are named \"%s\"", p[n].name);
        n++;
    }
    return n ? OPTOUT_OK : config_fail(e, "name one purpose at least", "there is none");
}

static bool is_network(struct slice s)
{
    char address[INET6_ADDRSTRLEN];
    unsigned char bytes[16];
    uint64_t bits = 0;
    size_t slash = slice_find(s, '/');
    if (slash >= sizeof address)
        return false;
    snprintf(address, sizeof address, "%.*s", (int)slash, (const char *)s.p);
    bool four = inet_pton(AF_INET, address, bytes) == 1;
    if (!four && inet_pton(AF_INET6, address, bytes) != 1)
        return false;
    return slash == s.n || (slice_to_u64(slice_from(s, slash + 1), &bits) &&
                            bits <= (four ? 32 : 128) && bits > 0);
}

static enum optout_rc check_networks(struct slice v, struct config_error *e)
{
    struct slice word;
    size_t n = 0;
    for (; node_word(&v, &word); n++) {
        if (!is_network(word))
            return config_fail(e, "write addresses or networks such as 10.20.0.0/16",
                               "\"%.*s\" is no network", (int)(word.n > 60 ? 60 : word.n),
                               (const char *)word.p);
        if (n == NODE_LISTED_MAX)
            return config_fail(e, "write larger networks", "more than %d networks",
                               NODE_LISTED_MAX);
    }
    return n ? OPTOUT_OK : config_fail(e, "name one at least", "nobody could use the proxy");
}

static enum optout_rc check_yes(struct slice v, struct config_error *e)
{
    if (slice_eq(v, SLICE_OF("yes")) || slice_eq(v, SLICE_OF("no")))
        return OPTOUT_OK;
    return config_fail(e, "write yes or no", "it is neither");
}

static enum optout_rc check_redis(struct slice v, struct config_error *e)
{
    static const struct slice schemes[] = { SLICE("redis://"), SLICE("rediss://"),
                                            SLICE("unix:/") };
    bool known = v.n == 0;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        known |= v.n > schemes[i].n && slice_starts_nocase(v, schemes[i]);
    if (!known || v.n >= CONFIG_PATH_MAX || slice_find(v, ' ') < v.n || slice_find(v, '#') < v.n)
        return config_fail(e, "write redis://HOST[:PORT], rediss://HOST or unix:/PATH",
                           "it is no URL of a Redis");
    if (slice_find(v, '@') < v.n)
        return config_fail(e, "leave it out; ShareUser and SharePasswordFile in optoutd.conf "
                              "say who it is",
                           "a password in a URL is read by everybody");
    return check_text(v, e);
}

static enum optout_rc check_contact(struct slice v, struct config_error *e)
{
    if (v.n >= CONFIG_PATH_MAX)
        return config_fail(e, "write a mail address or a URL", "it is too long");
    return check_text(v, e);
}

static enum optout_rc check_node(struct slice v, struct config_error *e)
{
    for (size_t i = 0; i < v.n; i++)
        if (!ascii_is_alnum(v.p[i]) && v.p[i] != '-' && v.p[i] != '.' && v.p[i] != '_')
            return config_fail(e, "use letters, digits, '-', '.' and '_'",
                               "it cannot name a node");
    return v.n < 64 ? OPTOUT_OK : config_fail(e, "shorten it", "more than 63 bytes");
}

static enum optout_rc check_port(struct slice v, struct config_error *e)
{
    uint64_t port;
    if (slice_to_u64(v, &port) && port >= 1 && port <= 65535)
        return OPTOUT_OK;
    return config_fail(e, "write a number from 1 to 65535", "it is no port");
}

const struct node_answer node_answer_table[NODE_ANSWERS] = {
    [NODE_FLEET] = { "fleet", "What is the crawl fleet called?",
                     "the name of its CA, which crawlers trust", false, true, check_fleet },
    [NODE_USER_AGENT] = { "user-agent", "What do its crawlers send as User-Agent?",
                          "such as ExampleBot/1.0 (+https://example.org/bot); optoutd asks for "
                          "site files under this name",
                          false, true, check_user_agent },
    [NODE_AGENTS] = { "agent", "Which other product tokens does it obey?",
                      "such as Google-Extended CCBot, by which robots.txt may address it too", true,
                      false, check_agents },
    [NODE_PROFILES] = { "purpose", "What is crawled for?",
                        "tdm, train-ml, train-ai, ai-use or search; each word is a profile, the "
                        "first is that of crawlers which name none; NAME=PURPOSE,PURPOSE gives "
                        "it a name",
                        true, true, check_profiles },
    [NODE_NETWORKS] = { "network", "From which networks do crawlers come?",
                        "such as 10.20.0.0/16", true, true, check_networks },
    [NODE_HTTPS] = { "https", "Shall Squid open HTTPS with a CA of the fleet?",
                     "yes or no; with no, https passes unread and each tunnel is recorded", false,
                     true, check_yes },
    [NODE_REDIS] = { "redis", "Which Redis do the nodes of the fleet share?",
                     "such as redis://cache.example:6379; nothing for one node alone", false,
                     false, check_redis },
    [NODE_CONTACT] = { "contact", NULL, "whom the block page names", false, false, check_contact },
    [NODE_NAME] = { "node", NULL, "the node's name in records", false, false, check_node },
    [NODE_PORT] = { "port", NULL, "the proxy's port", false, true, check_port },
};

/* --- taking and remembering them ------------------------------------------------- */

bool node_word(struct slice *rest, struct slice *word)
{
    *rest = slice_trim_space(*rest);
    size_t n = 0;
    while (n < rest->n && !ascii_is_space(rest->p[n]))
        n++;
    *word = slice_sub(*rest, 0, n);
    *rest = slice_from(*rest, n);
    return n > 0;
}

enum optout_rc node_answer_set(struct node_answers *a, enum node_answer_id id, struct slice value,
                               struct config_error *e)
{
    const struct node_answer *t = &node_answer_table[id];
    char text[NODE_ANSWER_MAX];
    const char *before = t->list && a->given[id] ? a->text[id] : "";
    value = slice_trim_space(value);
    int n = snprintf(text, sizeof text, "%s%s%.*s", before, *before ? " " : "",
                     (int)(value.n < NODE_ANSWER_MAX ? value.n : NODE_ANSWER_MAX),
                     value.n ? (const char *)value.p : "");
    if (n < 0 || (size_t)n >= sizeof text)
        return config_fail(e, "shorten it", "it is longer than %d bytes", NODE_ANSWER_MAX - 1);
    if (t->needed && !*text)
        return config_fail(e, t->hint, "it is needed");
    enum optout_rc rc = t->check(slice_cstr(text), e);
    if (rc != OPTOUT_OK)
        return rc;
    memcpy(a->text[id], text, sizeof text);
    a->given[id] = true;
    return OPTOUT_OK;
}

void node_answers_preset(struct node_answers *a, const char *root)
{
    char host[128] = "", certgen[NODE_PATH_MAX];
    memset(a, 0, sizeof *a);
    if (gethostname(host, sizeof host - 1) != 0 || !host[0])
        snprintf(host, sizeof host, "localhost");
    snprintf(certgen, sizeof certgen, "%s" NODE_CERTGEN, root);
    snprintf(a->text[NODE_FLEET], FLEET_MAX + 1, "Crawl fleet of %.*s", FLEET_MAX - 15, host);
    snprintf(a->text[NODE_PROFILES], NODE_ANSWER_MAX, "train-ai search");
    snprintf(a->text[NODE_NETWORKS], NODE_ANSWER_MAX, "127.0.0.0/8");
    snprintf(a->text[NODE_HTTPS], NODE_ANSWER_MAX, access(certgen, F_OK) == 0 ? "yes" : "no");
    snprintf(a->text[NODE_PORT], NODE_ANSWER_MAX, "3128");
}

void node_answers_print(const struct node_answers *a, struct buf *out)
{
    for (size_t i = 0; i < NODE_ANSWERS; i++)
        if (a->text[i][0])
            buf_printf(out, REMEMBERED "%s %s\n", node_answer_table[i].name, a->text[i]);
}

/* Somebody may have changed them: what is wrong is as if it were not there. */
static void recall_line(struct node_answers *a, struct slice line)
{
    struct config_error e = { .line = 0 };
    struct slice name = slice_sub(line, 0, slice_find(line, ' '));
    for (size_t i = 0; i < NODE_ANSWERS; i++) {
        if (!slice_eq(name, slice_cstr(node_answer_table[i].name)))
            continue;
        if (node_answer_set(a, (enum node_answer_id)i, slice_from(line, name.n), &e) == OPTOUT_OK)
            a->given[i] = false;
    }
}

void node_answers_recall(struct node_answers *a, struct slice file)
{
    static const struct slice mark = SLICE(REMEMBERED);
    struct slice line;
    while (slice_split(&file, '\n', &line))
        if (slice_starts_nocase(line, mark))
            recall_line(a, slice_from(line, mark.n));
}
