/* SPDX-License-Identifier: Apache-2.0 */
/* RESP2 as any Redis speaks it: https://redis.io/docs/latest/develop/reference/protocol-spec/ */
#include "doctor/redis.h"

#include "core/buf.h"
#include "core/clock.h"
#include "doctor/wire.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define REPLY_MAX (256u << 10)

struct talk {
    struct wire wire;
    struct buf in;
    size_t used; /* of `in`: taken already */
    char *why;   /* of struct redis_said */
    size_t why_size;
};

static bool fail(struct talk *t, const char *why)
{
    if (!t->why[0])
        snprintf(t->why, t->why_size, "%s", t->wire.timed_out ? "it does not answer in time" : why);
    return false;
}

/* ---- the way there ------------------------------------------------------------------- */

static bool dial_unix(struct talk *t, const char *path, uint64_t end_us)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof to) != 0) {
        int error = errno;
        if (fd >= 0)
            close(fd);
        return fail(t, strerror(error));
    }
    return wire_take(&t->wire, fd, end_us) || fail(t, strerror(errno));
}

static bool dial(struct talk *t, const struct share_address *a, uint64_t end_us)
{
    struct wire_place to = { .port = (uint16_t)strtoul(a->port, NULL, 10) };
    if (a->path[0])
        return dial_unix(t, a->path, end_us);
    snprintf(to.host, sizeof to.host, "%s", a->host);
    return wire_dial(&t->wire, &to, end_us) ||
           fail(t, errno ? strerror(errno) : "its name cannot be looked up");
}

/* With a certificate that is checked, by name and by who signed it. */
static bool shake(struct talk *t, SSL_CTX *ctx, const char *host, const char *ca_file)
{
    if (!ctx || (ca_file[0] ? SSL_CTX_load_verify_locations(ctx, ca_file, NULL)
                            : SSL_CTX_set_default_verify_paths(ctx)) != 1)
        return fail(t, "TLS: the certificates that it is checked with cannot be read");
    if (!wire_shake(&t->wire, ctx, host)) {
        const char *reason = ERR_reason_error_string(ERR_peek_last_error());
        if (t->wire.timed_out) { /* a Redis without TLS waits for the end of a line */
            snprintf(t->why, t->why_size, "TLS: no handshake in time; it may speak none at this port");
            return false;
        }
        return fail(t, reason ? reason : "TLS: no handshake");
    }
    X509 *x = SSL_get1_peer_certificate(t->wire.ssl);
    long verdict = SSL_get_verify_result(t->wire.ssl);
    bool named = x && X509_check_host(x, host, 0, 0, NULL) == 1;
    X509_free(x);
    return verdict != X509_V_OK ? fail(t, X509_verify_cert_error_string(verdict))
           : named              ? true
                                : fail(t, "TLS: its certificate is for another name");
}

/* With TLS 1.3 the client is through before the server has said what it misses. */
static const char *why_it_ended(const struct talk *t, bool error)
{
    if (t->wire.ssl && !t->used)
        return "TLS: it ends the connection behind the handshake; it may want a certificate of the "
               "client";
    return error ? strerror(errno) : "it closes the connection";
}

static bool receive(struct talk *t)
{
    uint8_t *room = buf_room(&t->in, 4096);
    if (!room)
        return fail(t, "its answer is too long");
    ssize_t n = wire_read(&t->wire, room, 4096);
    t->in.n += n > 0 ? (size_t)n : 0;
    return n > 0 || fail(t, why_it_ended(t, n < 0));
}

/* ---- questions ------------------------------------------------------------------------------ */

static void print_command(struct buf *out, const char *const *word)
{
    size_t n = 0;
    while (word[n])
        n++;
    buf_printf(out, "*%zu\r\n", n);
    for (size_t i = 0; i < n; i++)
        buf_printf(out, "$%zu\r\n%s\r\n", strlen(word[i]), word[i]);
}

/* A line up to its CR LF. */
static bool read_line(struct talk *t, struct slice *line)
{
    for (;;) {
        struct slice rest = slice_from(buf_slice(&t->in), t->used);
        size_t lf = slice_find(rest, '\n');
        if (lf < rest.n) {
            *line = slice_trim_space(slice_sub(rest, 0, lf));
            t->used += lf + 1;
            return true;
        }
        if (!receive(t))
            return false;
    }
}

/* A status or a text; an error is told in `why`. */
static bool ask(struct talk *t, const char *const *word, struct slice *answer)
{
    struct buf out;
    struct slice line;
    uint64_t n = 0;
    buf_init(&out, 8192);
    print_command(&out, word);
    bool good = out.failed == OPTOUT_OK && (wire_write(&t->wire, buf_slice(&out)) || fail(t, why_it_ended(t, true)));
    buf_free(&out);
    if (!good || !read_line(t, &line))
        return false;
    if (slice_begins(line, '-')) {
        char text[200];
        snprintf(text, sizeof text, "%.*s", SLICE_FMT(slice_sub(line, 1, 190)));
        return fail(t, text);
    }
    *answer = slice_from(line, 1);
    if (!slice_begins(line, '$'))
        return slice_begins(line, '+') || fail(t, "speaks something else");
    if (!slice_to_u64(*answer, &n) || n > REPLY_MAX / 2)
        return fail(t, "its answer is too long");
    while (t->in.n - t->used < n + 2)
        if (!receive(t))
            return false;
    *answer = slice_sub(slice_from(buf_slice(&t->in), t->used), 0, (size_t)n);
    t->used += (size_t)n + 2;
    return true;
}

void redis_read_info(struct slice info, struct redis_said *said)
{
    static const struct slice memory = SLICE("maxmemory:"), policy = SLICE("maxmemory_policy:");
    struct slice line;
    while (info.p && slice_split(&info, '\n', &line)) {
        line = slice_trim_space(line);
        if (slice_starts_nocase(line, memory))
            said->told |= slice_to_u64(slice_from(line, memory.n), &said->memory);
        else if (slice_starts_nocase(line, policy))
            snprintf(said->policy, sizeof said->policy, "%.*s",
                     SLICE_FMT(slice_sub(slice_from(line, policy.n), 0, 60)));
    }
}

static void talk(struct talk *t, const struct share_address *a, struct redis_said *said)
{
    const char *with_user[] = { "AUTH", a->user, a->password, NULL };
    const char *alone[] = { "AUTH", a->password, NULL };
    static const char *const ping[] = { "PING", NULL }, *const info[] = { "INFO", "memory", NULL };
    struct slice answer;
    if (a->password[0] && !ask(t, a->user[0] ? with_user : alone, &answer))
        return;
    if (!ask(t, ping, &answer))
        return;
    said->answered = true;
    if (ask(t, info, &answer))
        redis_read_info(answer, said);
}

void redis_ask(const struct share_address *a, const char *ca_file, unsigned ms,
               struct redis_said *said)
{
    *said = (struct redis_said){ .answered = false };
    struct talk t = { .wire = WIRE_NONE, .why = said->why, .why_size = sizeof said->why };
    SSL_CTX *ctx = a->tls ? SSL_CTX_new(TLS_client_method()) : NULL;
    buf_init(&t.in, REPLY_MAX);
    if (dial(&t, a, clock_mono_us() + ms * 1000ull) &&
        (!a->tls || shake(&t, ctx, a->host, ca_file)))
        talk(&t, a, said);
    wire_close(&t.wire);
    SSL_CTX_free(ctx);
    buf_free(&t.in);
}
