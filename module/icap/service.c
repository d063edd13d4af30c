/* SPDX-License-Identifier: Apache-2.0 */
/* service.c - srv_optout as c-icap knows it: life, directives, commands. */
#include "icap/counting.h"
#include "icap/drain.h"
#include "icap/log.h"
#include "icap/record_gate.h"
#include "icap/reqmod.h"
#include "icap/respmod.h"
#include "page/charset_table.h"
#include "policy/board.h"
#include "verdict/image_map.h"
#include "verdict/url_set.h"

#include <errno.h>
#include <malloc.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"

#define DIRECTIVES_MAX 64
/* In the environment once the service has started: it outlives a reload of the
 * module itself, which starts with fresh variables. */
#define RUNNING "OPTOUT_SERVICE_RUNNING"
#define OPTIONS_TTL 300 /* seconds the proxy may keep what OPTIONS said */

/* Set before there are threads, read-only afterwards. */
static struct {
    ci_service_xdata_t *xdata;
    char config_file[CONFIG_PATH_MAX];
    int preview_size; /* as configured */
    int connections, stream_connections; /* that a proxy may have to one of its services */
    struct shared shared;
    struct board *board; /* what each process says of its last command */
    char asked[BOARD_ASKED_MAX]; /* who asked for the configuration that is in force; a child
                                    that is forked later has it from the master */
} service_state;

/* ---- directives ---- */

/* What is used is read from c-icap's file by snapshot_open, which names file and
 * line and serves reload too. c-icap itself walks over the lines as well: a
 * scratch configuration takes them. */
static struct config scratch;

/* To the log, and to whoever starts the server: c-icap ends with status 0 and
 * without a word. */
static void say_wrong(const struct config_error *e)
{
    struct buf text;
    log_config_error("the configuration is wrong", e);
    buf_init(&text, 4096);
    config_error_print(e, &text);
    fprintf(stderr, "srv_optout: %.*s\n", SLICE_FMT(buf_slice(&text)));
    buf_free(&text);
}

/* A wrong configuration stops a start. It must not stop a server that runs and
 * was told to read its configuration again. */
static int refuse(const struct config_error *e)
{
    say_wrong(e);
    if (!getenv(RUNNING))
        exit(EXIT_FAILURE);
    return CI_ERROR;
}

static int on_directive(const char *name, const char **argv, void *data)
{
    (void)data;
    struct config_error e = { .reason = "" };
    int argc = 0;
    while (argv && argv[argc])
        argc++;
    if (config_apply(&scratch, name, argc, argv, &e) == OPTOUT_OK)
        return 1;
    say_wrong(&e);
    return 0;
}

static struct ci_conf_entry conf_table[DIRECTIVES_MAX];

/* Filled before c-icap looks at it, from the one table there is. */
__attribute__((constructor)) static void fill_conf_table(void)
{
    for (unsigned i = 0; directives[i].name && i + 1 < DIRECTIVES_MAX; i++)
        conf_table[i] = (struct ci_conf_entry){ directives[i].name, NULL, on_directive,
                                                directives[i].help };
}

/* ---- commands ---- */

/* To whoever asked; `e` when it was refused. The log has heard of it already. */
static void answer(enum board_command command, bool child, const char *asked,
                   const struct config_error *e)
{
    struct snapshot *s = snapshot_get();
    struct board_line line = { .pid = getpid(), .child = child, .command = (uint8_t)command,
                               .refused = e != NULL };
    snprintf(line.asked, sizeof line.asked, "%s", asked);
    snprintf(line.configuration, sizeof line.configuration, "%s", s ? s->config.hash : "");
    snapshot_put(s);
    if (e) {
        struct buf text;
        buf_init(&text, 4096);
        config_error_print(e, &text);
        snprintf(line.why, sizeof line.why, "%.*s", SLICE_FMT(buf_slice(&text)));
        buf_free(&text);
    }
    if (service_state.board && board_say(service_state.board, &line) != OPTOUT_OK)
        log_server(LOG_COMMAND_OUTCOME, "the outcome cannot be told beside the command pipe: %s",
                   strerror(errno));
}

static const char *who_asks(const char **argv)
{
    return argv && argv[0] ? argv[0] : "";
}

/* The master keeps a configuration too: children that it forks later inherit
 * it. Only children write records. */
static void on_reload(const char *name, int type, const char **argv)
{
    (void)name;
    bool child = type == CI_CMD_CHILDS_PROC;
    struct config_error e = { .reason = "" };
    struct snapshot *s = snapshot_renew(service_state.config_file, child, &e);
    if (!s) {
        count(METRIC_RELOADS + METRIC_REFUSED);
        log_config_error("reload refused, the old configuration stays", &e);
        answer(BOARD_RELOAD, child, who_asks(argv), &e);
        return;
    }
    log_server(LOG_CONFIG_LOADED, "%s reloaded, configuration %.16s", child ? "child" : "master",
               s->config.hash);
    if (child) {
        snapshot_keep(s);
        counting_config(&s->config);
    }
    snapshot_install(s);
    count(METRIC_RELOADS + METRIC_DONE);
    snprintf(service_state.asked, sizeof service_state.asked, "%s", who_asks(argv));
    answer(BOARD_RELOAD, child, service_state.asked, NULL);
}

static void on_reopen(const char *name, int type, const char **argv)
{
    (void)name;
    (void)type;
    struct config_error e = { .reason = "" };
    struct snapshot *s = snapshot_get();
    struct audit *a = s ? snapshot_audit(s, &e) : NULL;
    bool good = a && audit_reopen(a) == OPTOUT_OK;
    if (!good) {
        log_audit_failure(OPTOUT_E_IO, "reopening the audit log failed");
        (void)config_fail(&e, "see c-icap's log", "the audit log cannot be reopened");
    }
    snapshot_put(s);
    answer(BOARD_REOPEN, true, who_asks(argv), good ? NULL : &e);
}

/* Each exchange takes its memory and gives it back. What a thread keeps of it need not be asked of the
 * kernel again for the next one, page by page. */
#define KEEP_BYTES (2 << 20)
#define MAP_BYTES (1 << 20) /* larger pieces are mapped by themselves */

static void keep_memory(void)
{
    (void)mallopt(M_MMAP_THRESHOLD, MAP_BYTES);
    (void)mallopt(M_TRIM_THRESHOLD, KEEP_BYTES);
}

static void on_child_start(const char *name, int type, void *data)
{
    (void)name;
    (void)type;
    (void)data;
    struct config_error e = { .reason = "" };
    struct snapshot *s = snapshot_get();
    keep_memory();
    if (s)
        counting_open(&s->config);
    if (s && !snapshot_audit(s, &e))
        log_config_error("the audit log cannot be opened", &e);
    if (s)
        snapshot_keep(s);
    snapshot_put(s);
    drain_begin();
    answer(BOARD_START, true, service_state.asked, NULL);
}

static void on_child_cleanup(const char *name, pid_t pid, int reason, void *data)
{
    (void)name;
    (void)reason;
    (void)data;
    hold_budget_forget(service_state.shared.budget, pid);
    if (service_state.board && board_leave(service_state.board, pid) != OPTOUT_OK)
        log_server(LOG_COMMAND_OUTCOME, "the board beside the command pipe cannot be written: %s",
                   strerror(errno));
}

/* ---- life ---- */

static int on_init(ci_service_xdata_t *xdata, struct ci_server_conf *server)
{
    log_begin();
    service_state.xdata = xdata;
    snprintf(service_state.config_file, sizeof service_state.config_file, "%s",
             server->cfg_file ? server->cfg_file : "");
    struct config_error e = { .reason = "" };
    struct config_errors first = config_first_error(&e);
    if (config_load(&scratch, service_state.config_file, &first) != OPTOUT_OK) {
        if (first.n > 1)
            fprintf(stderr, "srv_optout: %zu errors; `optout config check` names all\n", first.n);
        return refuse(&e);
    }
    config_init(&scratch);
    ci_service_set_preview(xdata, (int)scratch.preview_size);
    ci_service_enable_204(xdata);
    ci_service_enable_206(xdata);
    ci_service_set_transfer_preview(xdata, "*");
    ci_service_set_xopts(xdata, CI_XCLIENTIP);
    ci_service_set_options_ttl(xdata, OPTIONS_TTL);
    counting_register();
    return CI_OK;
}

/* Each connection has a thread, used or not, and one that finds none is served when another one
 * ends: later than a proxy waits. So it is told how many it may open to a service, and keeps what
 * is more in a queue of its own. A profile has two services that are alike, for requests and for
 * responses, and one for streams: a third of the threads each, and a quarter, leave some for whoever
 * asks for OPTIONS. What the administrator says (MaxConnections) stands. */
static void limit_connections(ci_service_xdata_t *xdata, const struct ci_server_conf *server)
{
    int threads = server->MAX_SERVERS * server->THREADS_PER_CHILD;
    bool said = xdata->max_connections > 0;
    service_state.connections = said ? xdata->max_connections : threads < 3 ? 1 : threads / 3;
    service_state.stream_connections = said ? xdata->max_connections : threads < 4 ? 1 : threads / 4;
    ci_service_set_max_connections(xdata, service_state.connections);
}

static int on_post_init(ci_service_xdata_t *xdata, struct ci_server_conf *server)
{
    struct config_error e = { .reason = "" };
    struct snapshot *s = snapshot_renew(service_state.config_file, false, &e);
    if (!s)
        return refuse(&e);
    const struct phrases *phrases = phrase_folder_compiled(&s->phrases);
    if (!s->phrases.none && (!phrases || !phrases_ready(phrases))) { /* once, for all children */
        snapshot_put(s);
        return CI_ERROR;
    }
    charset_tables_ready(); /* likewise */
    service_state.shared.budget = hold_budget_make();
    service_state.shared.remembered = remember_make();
    service_state.shared.wholes = remember_make();
    service_state.shared.linked = url_set_make();
    service_state.shared.gate = record_gate_make();
    if (s->config.image_map)
        service_state.shared.images = image_map_make(s->config.image_map);
    if (!service_state.shared.budget || !service_state.shared.remembered ||
        !service_state.shared.wholes || !service_state.shared.linked || !service_state.shared.gate ||
        (s->config.image_map && !service_state.shared.images)) {
        snapshot_put(s);
        return CI_ERROR;
    }
    char istag[CI_SERVICE_ISTAG_SIZE + 1];
    snprintf(istag, sizeof istag, "%.20s", s->config.hash);
    ci_service_set_istag(xdata, istag);
    service_state.preview_size = (int)s->config.preview_size;
    ci_service_set_preview(xdata, service_state.preview_size);
    limit_connections(xdata, server);
    log_server(LOG_STARTED, "%s, %zu profiles, configuration %s", PACKAGE_VERSION,
               s->config.n_profiles, s->config.hash);
    snapshot_install(s);
    if (server->COMMANDS_SOCKET)
        service_state.board = board_make(server->COMMANDS_SOCKET);
    ci_command_register_ctl_cmd("optout_reload", CI_CMD_MONITOR_PROC | CI_CMD_CHILDS_PROC,
                                on_reload);
    ci_command_register_ctl_cmd("optout_reopen", CI_CMD_CHILDS_PROC, on_reopen);
    ci_command_register_action("optout_child_start", CI_CMD_CHILD_START, NULL, on_child_start);
    ci_command_register_child_cleanup("optout_child_cleanup", NULL, on_child_cleanup);
    drain_prepare();
    setenv(RUNNING, "1", 1);
    return CI_OK;
}

static void on_close(void)
{
    drain_end();
    snapshot_install(NULL);
    hold_budget_free(service_state.shared.budget);
    remember_free(service_state.shared.remembered);
    remember_free(service_state.shared.wholes);
    image_map_free(service_state.shared.images);
    url_set_free(service_state.shared.linked);
    record_gate_free(service_state.shared.gate);
    board_free(service_state.board);
    service_state.board = NULL;
    service_state.shared = (struct shared){ .budget = NULL };
}

/* ---- OPTIONS ---- */

/* A proxy asks once for every service that it has, and c-icap has one preview for all. A
 * service for streams must not wait for any: its URL says preview=0. One such answer is
 * made at a time, with its own size and number of connections; the marker stands for it until it is out. */
static pthread_mutex_t options_lock = PTHREAD_MUTEX_INITIALIZER;
static char options_marker;

/* "preview=BYTES" among the arguments of the ICAP URL, at most what is configured. */
static int preview_wanted(ci_request_t *req)
{
    struct slice rest = slice_cstr(req->args), piece;
    static const struct slice name = SLICE("preview=");
    uint64_t bytes;
    while (slice_split(&rest, '&', &piece))
        if (slice_starts_nocase(piece, name) && slice_to_u64(slice_from(piece, name.n), &bytes) &&
            bytes < (uint64_t)service_state.preview_size)
            return (int)bytes;
    return service_state.preview_size;
}

static void *begin_options(ci_request_t *req)
{
    pthread_mutex_lock(&options_lock);
    int preview = preview_wanted(req);
    ci_service_set_preview(service_state.xdata, preview);
    if (preview == 0)
        ci_service_set_max_connections(service_state.xdata, service_state.stream_connections);
    return &options_marker;
}

static void end_options(void)
{
    ci_service_set_preview(service_state.xdata, service_state.preview_size);
    ci_service_set_max_connections(service_state.xdata, service_state.connections);
    pthread_mutex_unlock(&options_lock);
}

/* ---- requests ---- */

static void *on_request(ci_request_t *req)
{
    uint16_t peer;
    memcpy(&peer, (const char *)&req->connection->claddr.sockaddr +
                      offsetof(struct sockaddr_in, sin_port), sizeof peer);
    drain_exchange_begins(req->connection->fd, peer);
    if (ci_req_type(req) == ICAP_OPTIONS)
        return begin_options(req);
    void *t = transaction_new(&service_state.shared);
    if (!t)
        drain_exchange_ends();
    return t;
}

static void on_release(void *data)
{
    struct transaction *t = data;
    drain_exchange_ends();
    if (data == &options_marker) {
        end_options();
        return;
    }
    if (!t || t->magic != TRANSACTION_MAGIC)
        return;
    if (t->judge.inspection && !t->recorded)
        transaction_abandon(t);
    transaction_free(t);
}

static int preview(struct transaction *t, ci_request_t *req, struct slice data)
{
    bool response = ci_req_type(req) == ICAP_RESPMOD;
    enum optout_rc rc = transaction_begin(t, req, response);
    if (rc == OPTOUT_E_UNSUP)
        log_server(LOG_PROFILE_UNKNOWN, "refused: no profile of the name in \"%.100s\"", req->args);
    if (rc != OPTOUT_OK)
        return CI_ERROR; /* an ICAP error: nothing passes that nobody judged */
    return response ? respmod_preview(t, req, data) : reqmod_preview(t, req, data);
}

static int on_preview(char *data, int n, ci_request_t *req)
{
    struct transaction *t = ci_service_data(req);
    if (!t)
        return CI_ERROR;
    transaction_clock_in(t);
    int answer = preview(t, req, slice_of(data, n > 0 ? (size_t)n : 0));
    transaction_clock_out(t);
    if (ci_req_type(req) != ICAP_RESPMOD && answer != CI_ERROR && !t->recorded &&
        !t->audit_failed)
        count_passed_request(t->spent_us);
    return answer;
}

static int on_end_of_data(ci_request_t *req)
{
    struct transaction *t = ci_service_data(req);
    if (!t)
        return CI_ERROR;
    transaction_clock_in(t);
    int answer = respmod_end_of_data(t, req);
    transaction_clock_out(t);
    return answer;
}

static int on_io(char *wbuf, int *wlen, char *rbuf, int *rlen, int iseof, ci_request_t *req)
{
    (void)iseof;
    struct transaction *t = ci_service_data(req);
    if (!t)
        return CI_ERROR;
    if (t->recorded) /* its time has been told */
        return respmod_io(t, req, wbuf, wlen, rbuf, rlen);
    transaction_clock_in(t);
    int answer = respmod_io(t, req, wbuf, wlen, rbuf, rlen);
    transaction_clock_out(t);
    return answer;
}

CI_DECLARE_MOD_DATA ci_service_module_t service = {
    .mod_name = "srv_optout",
    .mod_short_descr = "optout rights-reservation filter",
    .mod_type = ICAP_RESPMOD | ICAP_REQMOD,
    .mod_init_service = on_init,
    .mod_post_init_service = on_post_init,
    .mod_close_service = on_close,
    .mod_init_request_data = on_request,
    .mod_release_request_data = on_release,
    .mod_check_preview_handler = on_preview,
    .mod_end_of_data_handler = on_end_of_data,
    .mod_service_io = on_io,
    .mod_conf_table = conf_table,
};

/* For optout doctor, which reads the file of the module, not the process. */
CI_DECLARE_MOD_DATA const char optout_module_version[] = "optout-module-version " PACKAGE_VERSION;
/* c-icap 0.6 asks which release a module was built for; 0.5 ignores it. */
CI_DECLARE_MOD_DATA const uint64_t __ci_build_for = C_ICAP_HEX_VERSION;
