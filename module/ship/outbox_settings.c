/* SPDX-License-Identifier: Apache-2.0 */
#include "ship/outbox_settings.h"

#include "core/file.h"
#include "core/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SETTINGS_FILE_MAX (256u << 10)
#define SETTING_MAX 4096 /* bytes of a row */

/* Where librdkafka's own preset would lose or hoard, or take its time. */
static const struct {
    const char *name, *value;
} presets[] = {
    { "enable.idempotence", "true" },  /* no line twice, none out of order, of one producer */
    { "delivery.timeout.ms", "0" },    /* never give a line up: it would be missing for ever */
    { "linger.ms", "50" },
    { "queue.buffering.max.kbytes", "65536" }, /* OUTBOX_KBYTES; its own is 1 GiB */
    { "queue.buffering.max.messages", "20000" }, /* OUTBOX_MESSAGES */
    { "compression.codec", "zstd" },
    { "socket.keepalive.enable", "true" },
    { "ssl.endpoint.identification.algorithm", "https" },
    { "client.id", "optout-ship" },
    { "log.queue", "true" },
    { "log.connection.close", "false" },
};

struct outbox_settings *outbox_settings_new(void)
{
    struct outbox_settings *s = calloc(1, sizeof *s);
    char why[512];
    if (!s)
        return NULL;
    s->conf = rd_kafka_conf_new();
    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++)
        if (rd_kafka_conf_set(s->conf, presets[i].name, presets[i].value, why, sizeof why) !=
            RD_KAFKA_CONF_OK) /* another library than the one that this was written for */
            log_event(LOG_CONFIG_WRONG, "librdkafka %s: %s", rd_kafka_version_str(), why);
    return s;
}

void outbox_settings_free(struct outbox_settings *s)
{
    if (!s)
        return;
    rd_kafka_conf_destroy(s->conf);
    free(s);
}

bool outbox_set(struct outbox_settings *s, const char *name, const char *value, char *why,
                size_t size)
{
    return rd_kafka_conf_set(s->conf, name, value, why, size) == RD_KAFKA_CONF_OK;
}

bool outbox_setting_is_secret(const char *name)
{
    return strstr(name, "password") || strstr(name, "secret") || strstr(name, ".pem") ||
           strcmp(name, "sasl.oauthbearer.config") == 0;
}

bool outbox_settings_name_servers(const struct outbox_settings *s)
{
    char value[2];
    size_t size = 0;
    static const char *const names[] = { "bootstrap.servers", "test.mock.num.brokers" };
    if (rd_kafka_conf_get(s->conf, names[0], NULL, &size) == RD_KAFKA_CONF_OK && size > 1)
        return true;
    size = sizeof value;
    return rd_kafka_conf_get(s->conf, names[1], value, &size) == RD_KAFKA_CONF_OK &&
           value[0] != '0';
}

/* ---- the file ---- */

static bool set_row(struct outbox_settings *s, struct slice row, bool open_to_others, char *why,
                    size_t size)
{
    char name[256], value[SETTING_MAX];
    size_t at = slice_find(row, '=');
    struct slice left = slice_trim_ows(slice_sub(row, 0, at));
    struct slice right = slice_trim_ows(slice_from(row, at + 1));
    if (at == row.n || left.n == 0 || left.n >= sizeof name || right.n >= sizeof value) {
        snprintf(why, size, "this is not NAME=VALUE");
        return false;
    }
    snprintf(name, sizeof name, "%.*s", SLICE_FMT(left));
    snprintf(value, sizeof value, "%.*s", SLICE_FMT(right));
    if (open_to_others && outbox_setting_is_secret(name)) {
        snprintf(why, size, "%.200s is secret, and others may read this file: chmod o= it", name);
        return false;
    }
    return outbox_set(s, name, value, why, size);
}

static bool set_rows(struct outbox_settings *s, struct slice text, bool open_to_others, char *why,
                     size_t size)
{
    for (unsigned line = 1; text.n; line++) {
        struct slice row = slice_trim_space(slice_sub(text, 0, slice_find(text, '\n')));
        text = slice_from(text, slice_find(text, '\n') + 1);
        if (row.n == 0 || row.p[0] == '#' || row.p[0] == '!')
            continue;
        char what[512];
        if (set_row(s, row, open_to_others, what, sizeof what))
            continue;
        snprintf(why, size, "line %u: %s", line, what);
        return false;
    }
    return true;
}

bool outbox_read_settings(struct outbox_settings *s, const char *path, char *why, size_t size)
{
    struct stat st = { 0 };
    struct buf text;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    buf_init(&text, SETTINGS_FILE_MAX);
    enum optout_rc rc =
        fd >= 0 && fstat(fd, &st) == 0 ? file_read_fd(fd, &text) : OPTOUT_E_IO;
    bool ok = rc == OPTOUT_OK &&
              set_rows(s, buf_slice(&text), (st.st_mode & (S_IRWXG | S_IRWXO)) != 0, why, size);
    if (rc != OPTOUT_OK)
        snprintf(why, size, "%s", rc == OPTOUT_E_IO ? strerror(errno) : "too long");
    if (fd >= 0)
        close(fd);
    buf_free(&text);
    return ok;
}
