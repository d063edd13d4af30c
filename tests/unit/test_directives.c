/* SPDX-License-Identifier: Apache-2.0 */
/* Every directive of the filter and of optoutd, given a value that is not its
 * default in a file: it must be taken, and only what it names may change. A
 * directive without a value here fails the test. */
#include "unit.h"

#include "daemon/daemon_config.h"
#include "policy/config.h"

#include <unistd.h>

struct given {
    const char *directive, *value;
    uint64_t number;     /* of a size, number, word or switch */
    const char *printed; /* by the filter; NULL: "optout.DIRECTIVE VALUE" */
};

#define TEXT_VALUE 0

static const struct given of_filter[] = {
    { "Profile", "one purpose=search agents=onebot", 0, NULL },
    { "DefaultProfile", "one", 0, NULL },
    { "PreviewSize", "4096", 4096, NULL },
    { "HtmlDepth", "head", HTML_DEPTH_HEAD, NULL },
    { "ExpandMax", "1M", 1 << 20, "optout.ExpandMax 1048576" },
    { "ExpandRatio", "50", 50, NULL },
    { "HoldMode", "locked", HOLD_LOCKED, NULL },
    { "HoldMax", "2M", 2 << 20, "optout.HoldMax 2097152" },
    { "HoldFormat", "mp4 65536", 0, NULL },
    { "HoldMemory", "128K", 128 << 10, "optout.HoldMemory 131072" },
    { "HoldTotal", "3M", 3 << 20, "optout.HoldTotal 3145728" },
    { "HoldTime", "9", 9, NULL },
    { "SpoolDir", "/one/spool", TEXT_VALUE, "optout.SpoolDir \"/one/spool\"" },
    { "SiteStore", "/one/store", TEXT_VALUE, "optout.SiteStore \"/one/store\"" },
    { "SiteStoreSize", "64M", 64 << 20, "optout.SiteStoreSize 67108864" },
    { "SiteSocket", "/one/socket", TEXT_VALUE, "optout.SiteSocket \"/one/socket\"" },
    { "SiteWait", "77", 77, NULL },
    { "SiteWaiters", "3", 3, NULL },
    { "SiteFile", "ai.txt none=deny unreachable=deny unparseable=clear", 0, NULL },
    { "Agents", "/one/agents", TEXT_VALUE, "optout.Agents \"/one/agents\"" },
    { "Clients", "/one/clients", TEXT_VALUE, "optout.Clients \"/one/clients\"" },
    { "Clients", "/one/clients", TEXT_VALUE, "optout.Clients \"/one/clients\"" },
    { "ImageMap", "77", 77, NULL },
    { "SiteTerms", "off", false, NULL },
    { "TermsPages", "/one/terms", TEXT_VALUE, "optout.TermsPages \"/one/terms\"" },
    { "ImageTime", "301", 301, NULL },
    { "Phrases", "/one/phrases", TEXT_VALUE, "optout.Phrases \"/one/phrases\"" },
    { "BlockStatus", "403", 403, NULL },
    { "BlockedBy", "https://one.example/", TEXT_VALUE,
      "optout.BlockedBy \"https://one.example/\"" },
    { "Contact", "\"one two\"", TEXT_VALUE, "optout.Contact \"one two\"" },
    { "Node", "one", TEXT_VALUE, "optout.Node \"one\"" },
    { "AuditDir", "/one/audit", TEXT_VALUE, "optout.AuditDir \"/one/audit\"" },
    { "AuditSync", "each", AUDIT_SYNC_EACH, NULL },
    { "AuditBatchInterval", "55", 55, NULL },
    { "AuditRotateSize", "5K", 5 << 10, "optout.AuditRotateSize 5120" },
    { "AuditRotateAge", "44", 44, NULL },
    { "AuditKeep", "30d 2G shipped=/a", 0, "optout.AuditKeep 30d 2048M \"shipped=/a\"" },
    { "OnAuditFailure", "pass", ACTION_PASS, NULL },
    { "AuditQuery", "drop", AUDIT_QUERY_DROP, NULL },
    { "AuditClient", "on", true, NULL },
    { "AuditBodyHash", "off", false, NULL },
};

static const struct given of_daemon[] = {
    { "SiteStore", "/one/store", TEXT_VALUE, NULL },
    { "SiteStoreSize", "64M", 64 << 20, NULL },
    { "Socket", "/one/socket", TEXT_VALUE, NULL },
    { "SocketMode", "0666", 2, NULL },
    { "SocketGroup", "one", TEXT_VALUE, NULL },
    { "MetricsListen", "[::1]:9", TEXT_VALUE, NULL },
    { "Agents", "/one/agents", TEXT_VALUE, NULL },
    { "SiteFiles", "ai.txt tdmrep.json", 1u << SITE_AI_TXT | 1u << SITE_TDMREP, NULL },
    { "SiteTerms", "on", true, NULL },
    { "Phrases", "/one/phrases", TEXT_VALUE, NULL },
    { "UserAgent", "One/1.0", TEXT_VALUE, NULL },
    { "Proxy", "http://127.0.0.1:1", TEXT_VALUE, NULL },
    { "CaFile", "/one/ca", TEXT_VALUE, NULL },
    { "AllowPrivate", "on", true, NULL },
    { "Timeout", "11", 11, NULL },
    { "ConnectTimeout", "12", 12, NULL },
    { "Concurrency", "13", 13, NULL },
    { "HostConnections", "14", 14, NULL },
    { "HostDelay", "15", 15, NULL },
    { "FreshnessFloor", "16", 16, NULL },
    { "FreshnessCeiling", "17", 17, NULL },
    { "FreshnessDefault", "18", 18, NULL },
    { "FreshnessNone", "19", 19, NULL },
    { "Retry", "20", 20, NULL },
    { "StaleMax", "21", 21, NULL },
    { "Share", "redis://one.example", TEXT_VALUE, NULL },
    { "ShareUser", "one", TEXT_VALUE, NULL },
    { "SharePasswordFile", "/one/password", TEXT_VALUE, NULL },
    { "ShareCaFile", "/one/share-ca", TEXT_VALUE, NULL },
    { "ShareLease", "22", 22, NULL },
    { "ShareImages", "23", 23, NULL },
    { "Node", "one", TEXT_VALUE, NULL },
};

#define LEN(v) (sizeof(v) / sizeof *(v))

static const struct given *given_of(const char *directive, const struct given *g, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(g[i].directive, directive) == 0)
            return &g[i];
    fail_msg("%s has no value in this test", directive);
    return NULL;
}

/* The file of these lines; the caller unlinks it. */
static void write_lines(char path[32], const char *prefix, const struct given *g, size_t n)
{
    strcpy(path, "/tmp/directives.XXXXXX");
    int fd = mkstemp(path);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    assert_non_null(f);
    for (size_t i = 0; i < n; i++)
        fprintf(f, "%s.%s %s\n", prefix, g[i].directive, g[i].value);
    assert_int_equal(fclose(f), 0);
}

/* The bytes that a directive fills. */
static size_t room_of(const struct directive *d)
{
    switch (d->kind) {
    case DIRECTIVE_SIZE: return sizeof(uint64_t);
    case DIRECTIVE_WORD: return sizeof(uint8_t);
    case DIRECTIVE_SWITCH: return sizeof(bool);
    case DIRECTIVE_TEXT: return strcmp(d->name, "SiteSocket") == 0 ? CONFIG_PATH_MAX : d->max;
    case DIRECTIVE_OTHER: return 0;
    default: return sizeof(uint32_t);
    }
}

static uint64_t number_at(const struct directive *d, const void *at)
{
    uint64_t wide;
    uint32_t narrow;
    switch (d->kind) {
    case DIRECTIVE_SIZE: memcpy(&wide, at, sizeof wide); return wide;
    case DIRECTIVE_WORD: return *(const uint8_t *)at;
    case DIRECTIVE_SWITCH: return *(const bool *)at;
    default: memcpy(&narrow, at, sizeof narrow); return narrow;
    }
}

static void assert_taken(const struct directive *d, const struct given *g, const void *preset,
                         const void *loaded)
{
    const char *was = (const char *)preset + d->offset, *is = (const char *)loaded + d->offset;
    char text[256];
    if (d->kind == DIRECTIVE_OTHER)
        return; /* seen in what is printed */
    if (memcmp(was, is, room_of(d)) == 0)
        fail_msg("%s %s is the default, or was not taken", d->name, g->value);
    if (d->kind != DIRECTIVE_TEXT) {
        assert_int_equal(number_at(d, is), g->number);
        return;
    }
    snprintf(text, sizeof text, "%s", g->value[0] == '"' ? g->value + 1 : g->value);
    text[strcspn(text, "\"")] = '\0';
    assert_string_equal(is, text);
}

/* One directive alone must leave the fields of all others as they are. */
static void assert_alone(const struct directive *table, const struct directive *d,
                         const void *preset, const void *loaded)
{
    for (const struct directive *o = table; o->name; o++)
        if (o != d && o->kind != DIRECTIVE_OTHER &&
            memcmp((const char *)preset + o->offset, (const char *)loaded + o->offset,
                   room_of(o)) != 0)
            fail_msg("%s changes %s", d->name, o->name);
}

/* What the tables call defaults can be applied: nothing else sets them. */
static void assert_presets(const struct directive_set *set, void *target)
{
    struct config_error e;
    for (const struct directive *d = set->table; d->name; d++) {
        const char *preset = d->preset;
        if (d->kind != DIRECTIVE_OTHER && d->kind != DIRECTIVE_WORDS &&
            directives_apply(set, target, d->name, 1, &preset, &e) != OPTOUT_OK)
            fail_msg("%s: %s", d->name, e.reason);
    }
}

static void every_default_can_be_applied(void **state)
{
    static struct daemon_config d;
    static struct config c;
    (void)state;
    assert_presets(&daemon_directive_set, &d);
    assert_presets(&service_directives, &c);
    daemon_config_init(&d);
    assert_int_equal(d.site_files, (1u << SITE_LICENCE) - 1);
    assert_int_equal(daemon_socket_modes[d.socket_mode], 0660);
    assert_int_equal(d.lifetimes.negative, 3600);
    assert_int_equal(d.stale_max_s, 172800);
    config_init(&c);
    assert_int_equal(c.block_status, 451);
    assert_int_equal(c.on_audit_failure, ACTION_BLOCK);
    assert_int_equal(c.hold_max, 16u << 20);
    assert_true(c.audit_body_hash && !c.audit_client);
    assert_string_equal(c.spool_dir, "/var/tmp");
}

static void every_directive_of_optoutd_is_taken(void **state)
{
    static struct daemon_config preset, loaded;
    struct config_error e;
    struct config_errors all = config_first_error(&e);
    char path[32];
    (void)state;
    write_lines(path, "optoutd", of_daemon, LEN(of_daemon));
    assert_int_equal(daemon_config_load(&loaded, path, &all), OPTOUT_OK);
    unlink(path);
    daemon_config_init(&preset);
    for (const struct directive *d = daemon_directives; d->name; d++)
        assert_taken(d, given_of(d->name, of_daemon, LEN(of_daemon)), &preset, &loaded);
}

static void each_of_optoutd_changes_its_own(void **state)
{
    static struct daemon_config preset, loaded;
    struct config_error e;
    struct config_errors all = config_first_error(&e);
    char path[32];
    (void)state;
    daemon_config_init(&preset);
    for (const struct directive *d = daemon_directives; d->name; d++) {
        write_lines(path, "optoutd", given_of(d->name, of_daemon, LEN(of_daemon)), 1);
        daemon_config_init(&loaded);
        assert_int_equal(directives_read(&daemon_directive_set, &loaded, path, &all), OPTOUT_OK);
        unlink(path);
        assert_alone(daemon_directives, d, &preset, &loaded);
    }
}

static void assert_printed(const struct buf *text, const struct given *g)
{
    char line[256];
    snprintf(line, sizeof line, "\noptout.%s %s", g->directive, g->value);
    if (g->printed)
        snprintf(line, sizeof line, "\n%s\n", g->printed);
    if (!memmem(text->p, text->n, line, strlen(line)))
        fail_msg("%s is not printed as \"%s\"", g->directive, line + 1);
}

/* The digest of what has been applied. */
static void digest(struct config *c)
{
    struct config_error e;
    struct buf text;
    uint8_t sha256[32];
    buf_init(&text, CONFIG_TEXT_MAX);
    assert_true(config_digest(c, &text, sha256, &e) == OPTOUT_OK);
    buf_free(&text);
}

static void every_directive_of_the_filter_is_taken_and_printed(void **state)
{
    static struct config preset, loaded, again;
    struct config_error e;
    struct config_errors all = config_first_error(&e);
    struct buf text;
    char path[32];
    (void)state;
    write_lines(path, "optout", of_filter, LEN(of_filter));
    assert_int_equal(config_load(&loaded, path, &all), OPTOUT_OK);
    unlink(path);
    config_init(&preset);
    buf_init(&text, 1 << 20);
    buf_putc(&text, '\n');
    config_print(&loaded, &text);
    for (const struct directive *d = directives; d->name; d++) {
        const struct given *g = given_of(d->name, of_filter, LEN(of_filter));
        /* Two that the mode and the profile bend are compared as they are given. */
        assert_taken(d, g, &preset, &loaded);
        assert_printed(&text, g);
    }
    strcpy(path, "/tmp/directives.XXXXXX");
    int fd = mkstemp(path);
    assert_int_equal(write(fd, text.p, text.n), (ssize_t)text.n);
    close(fd);
    assert_int_equal(config_load(&again, path, &all), OPTOUT_OK);
    digest(&again);
    digest(&loaded);
    assert_string_equal(again.hash, loaded.hash);
    unlink(path);
    buf_free(&text);
}

static void each_of_the_filter_changes_its_own(void **state)
{
    static struct config preset, loaded;
    struct config_error e;
    struct config_errors all = config_first_error(&e);
    char path[32];
    (void)state;
    config_init(&preset);
    for (const struct directive *d = directives; d->name; d++) {
        if (strcmp(d->name, "DefaultProfile") == 0)
            continue; /* names a profile of another line */
        write_lines(path, "optout", given_of(d->name, of_filter, LEN(of_filter)), 1);
        config_init(&loaded);
        assert_int_equal(directives_read(&service_directives, &loaded, path, &all), OPTOUT_OK);
        unlink(path);
        assert_alone(directives, d, &preset, &loaded);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_default_can_be_applied),
        cmocka_unit_test(every_directive_of_optoutd_is_taken),
        cmocka_unit_test(each_of_optoutd_changes_its_own),
        cmocka_unit_test(every_directive_of_the_filter_is_taken_and_printed),
        cmocka_unit_test(each_of_the_filter_changes_its_own),
    };
    return cmocka_run_group_tests_name("directives", tests, NULL, NULL);
}
