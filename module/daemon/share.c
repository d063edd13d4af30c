/* SPDX-License-Identifier: Apache-2.0 */
/* share.c - questions to Redis and what its replies mean.
 *
 * A question: GETRANGE doc (GET that cannot bring more than value_max, whoever wrote
 * it); when it is absent and the lease is wanted, SET lease NX PX and GETRANGE doc
 * again, together. The second look is needed: between the first and the lease another
 * node may have put the value and given its lease back.
 *
 * The lease's value is this node's token, so that one that ran out and went to
 * another node is not given back by us.
 *
 * A message: [FETCHED "@"] TOKEN SP KEY. FETCHED, decimal milliseconds, is missing
 * when the key was forgotten. A token begins with 16 hex digits and a colon. */
#include "daemon/share.h"

#include "daemon/share_conn.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_KEY 4096u
#define MAX_NODE 64u
#define MAX_TOLD 320u
#define TELL_AGAIN_MS 60000 /* the same error reply to the same command */
#define UNHEARD_US 40000 /* shorter than the first wait of a connection */
#define REPLY_SLACK (64u << 10)

#define PREFIX_DOC "optout:1:doc:"
#define PREFIX_LEASE "optout:1:lease:"
#define CHANNEL "optout:1:changed"

enum kind {
    KIND_GET = CONN_PUSHED + 1,
    KIND_LEASE,
    KIND_LOOK_AGAIN,
    KIND_PUT,
    KIND_PUBLISH,
    KIND_RELEASE,
    KIND_RELEASE_GET, /* where EVAL is not allowed */
    KIND_RELEASE_DEL,
    KIND_FORGET,
    KIND_COUNT
};

struct question {
    struct question *next; /* of those that are answered */
    share_answer *answer;  /* NULL: a release */
    void *ctx;
    enum share_result result;
    bool lease, refresh, leased, looks_again, failed;
    size_t n;
    uint8_t key[];
};

struct share {
    struct share_options o;
    struct share_address address;
    char ca_file[1024];
    struct conn *commands, *messages;
    struct question *first, **last; /* whose answer is known and was put off */
    struct timer later;             /* when they are told */
    bool no_eval;
    bool messages_wrong; /* told of */
    char unheard_why[200];
    struct timer unheard; /* `messages` was lost */
    enum conn_event state;
    char refused[MAX_TOLD]; /* as last told */
    char token[MAX_NODE + 20];
    struct {
        char code[24];
        int64_t until_ms;
    } error[KIND_COUNT];
    struct share_stat stat;
};

/* --- telling --- */

static void tell(struct share *s, const char *what, const char *why)
{
    char text[MAX_TOLD];
    snprintf(text, sizeof text, "%s%s%s", what, *why ? ": " : "", why);
    for (char *p = text; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            *p = '?';
    if (s->o.told)
        s->o.told(s->o.ctx, text);
}

static void tell_connected(struct share *s)
{
    if (s->o.connected && conn_is_up(s->commands))
        s->o.connected(s->o.ctx);
}

static void on_commands_event(void *ctx, enum conn_event e, const char *why)
{
    struct share *s = ctx;
    char said[sizeof s->refused];
    bool news = s->state != e && !(s->state == CONN_LOST && e == CONN_AWAY);
    if (e == CONN_LOST)
        s->stat.lost++;
    snprintf(said, sizeof said, "%s", why);
    if (e == CONN_REFUSED && strcmp(said, s->refused) != 0)
        news = true;
    /* An attempt that finds nobody says no more than the refusal before it. */
    if (e == CONN_AWAY && s->state == CONN_REFUSED)
        return;
    s->state = e;
    if (e == CONN_UP)
        tell_connected(s);
    if (!news)
        return;
    memcpy(s->refused, said, sizeof said);
    if (e == CONN_UP) {
        memset(s->error, 0, sizeof s->error);
        s->no_eval = false;
    }
    tell(s, e == CONN_UP        ? "Redis: connected"
            : e == CONN_LOST    ? "Redis: connection lost, this node goes on alone"
            : e == CONN_REFUSED ? "Redis: refused"
                                : "Redis: away, this node goes on alone", why);
}

/* Told only when commands are still answered, and a moment later: when Redis ends, this
 * connection may be the first of the two to end. */
static void on_unheard(void *ctx)
{
    struct share *s = ctx;
    if (!conn_is_up(s->commands))
        return;
    s->messages_wrong = true;
    tell(s, "Redis: not told of changes", s->unheard_why);
}

static void on_messages_event(void *ctx, enum conn_event e, const char *why)
{
    struct share *s = ctx;
    if (e == CONN_UP) {
        if (s->messages_wrong)
            tell(s, "Redis: told of changes again", "");
        s->messages_wrong = false;
        loop_timer_stop(s->o.loop, &s->unheard);
        tell_connected(s);
    } else if (!s->messages_wrong && !s->unheard.place) {
        snprintf(s->unheard_why, sizeof s->unheard_why, "%s", why);
        loop_timer(s->o.loop, &s->unheard, UNHEARD_US);
    }
}

static void note_error(struct share *s, unsigned kind, const redisReply *r)
{
    char code[sizeof s->error[0].code], why[200];
    struct slice text = slice_of(r->str, r->len);
    snprintf(code, sizeof code, "%.*s", (int)slice_find(slice_sub(text, 0, 23), ' '), r->str);
    int64_t now = share_now_ms();
    if (strcmp(code, s->error[kind].code) == 0 && now < s->error[kind].until_ms)
        return;
    memcpy(s->error[kind].code, code, sizeof code);
    s->error[kind].until_ms = now + TELL_AGAIN_MS;
    snprintf(why, sizeof why, "%.*s", SLICE_FMT(slice_sub(text, 0, sizeof why - 1)));
    tell(s, "Redis: error", why);
}

/* --- commands --- */

struct name {
    size_t n;
    uint8_t p[MAX_KEY + 128];
};

static struct slice name_of(struct name *out, struct slice prefix, struct slice key)
{
    memcpy(out->p, prefix.p, prefix.n);
    memcpy(out->p + prefix.n, key.p, key.n);
    return slice_of(out->p, prefix.n + key.n);
}

static struct slice key_of(const struct question *q)
{
    return slice_of(q->key, q->n);
}

static struct slice number(char out[24], uint64_t v)
{
    snprintf(out, 24, "%llu", (unsigned long long)v);
    return slice_cstr(out);
}

#define SEND(s, kind, q, argv) \
    conn_send((s)->commands, kind, q, sizeof(argv) / sizeof((argv)[0]), argv)

static bool send_look(struct share *s, enum kind kind, struct question *q)
{
    struct name doc;
    char last[24];
    const struct slice argv[] = { SLICE("GETRANGE"),
                                  name_of(&doc, SLICE_OF(PREFIX_DOC), key_of(q)), SLICE("0"),
                                  number(last, s->o.value_max) };
    return SEND(s, kind, q, argv);
}

static bool send_lease(struct share *s, struct question *q)
{
    struct name lease;
    char ms[24];
    const struct slice argv[] = { SLICE("SET"), name_of(&lease, SLICE_OF(PREFIX_LEASE), key_of(q)),
                                  slice_cstr(s->token), SLICE("NX"), SLICE("PX"),
                                  number(ms, s->o.lease_ms) };
    return SEND(s, KIND_LEASE, q, argv);
}

static bool send_publish(struct share *s, struct slice key, int64_t fetched_ms)
{
    struct name message;
    char begin[sizeof s->token + 24];
    if (fetched_ms == SHARE_FORGOTTEN)
        snprintf(begin, sizeof begin, "%s ", s->token);
    else
        snprintf(begin, sizeof begin, "%lld@%s ", (long long)fetched_ms, s->token);
    const struct slice argv[] = { SLICE("PUBLISH"), SLICE(CHANNEL),
                                  name_of(&message, slice_cstr(begin), key) };
    return SEND(s, KIND_PUBLISH, NULL, argv);
}

static struct question *question_new(struct slice key)
{
    struct question *q = key.n > MAX_KEY ? NULL : calloc(1, sizeof *q + key.n);
    if (!q)
        return NULL;
    q->n = key.n;
    if (key.n)
        memcpy(q->key, key.p, key.n);
    return q;
}

static bool send_release(struct share *s, struct question *q)
{
    struct name lease;
    char last[24];
    struct slice name = name_of(&lease, SLICE_OF(PREFIX_LEASE), key_of(q));
    const struct slice eval[] = {
        SLICE("EVAL"),
        SLICE("if redis.call('get',KEYS[1])==ARGV[1] then return redis.call('del',KEYS[1]) "
              "else return 0 end"),
        SLICE("1"), name, slice_cstr(s->token)
    };
    const struct slice look[] = { SLICE("GETRANGE"), name, SLICE("0"),
                                  number(last, sizeof s->token) };
    return s->no_eval ? SEND(s, KIND_RELEASE_GET, q, look) : SEND(s, KIND_RELEASE, q, eval);
}

void share_release(struct share *s, struct slice key)
{
    struct question *q = conn_is_up(s->commands) ? question_new(key) : NULL;
    if (q && !send_release(s, q))
        free(q);
}

static void release_by_hand(struct share *s, const struct question *q, const redisReply *r)
{
    struct name lease;
    if (r->type != REDIS_REPLY_STRING ||
        !slice_eq(slice_of(r->str, r->len), slice_cstr(s->token)))
        return;
    const struct slice argv[] = { SLICE("DEL"),
                                  name_of(&lease, SLICE_OF(PREFIX_LEASE), key_of(q)) };
    SEND(s, KIND_RELEASE_DEL, NULL, argv);
}

static void on_release(struct share *s, unsigned kind, struct question *q, const redisReply *r)
{
    bool sent = false;
    if (kind == KIND_RELEASE_GET) {
        release_by_hand(s, q, r);
    } else if (r->type == REDIS_REPLY_ERROR) { /* no right, or not all it needs */
        s->no_eval = true;
        sent = send_release(s, q);
    }
    if (!sent)
        free(q);
}

/* --- answers --- */

static void answer(struct share *s, struct question *q, enum share_result result,
                   struct slice value)
{
    s->stat.found += result == SHARE_FOUND;
    s->stat.absent += result == SHARE_ABSENT;
    s->stat.leased += result == SHARE_LEASED;
    s->stat.held += result == SHARE_HELD;
    q->answer(q->ctx, result, value);
    free(q);
}

/* Not from within share_get, as long as there is memory to put it off. */
static void defer(struct share *s, struct question *q, enum share_result result)
{
    if (!loop_timer(s->o.loop, &s->later, 0)) {
        answer(s, q, result, SLICE_EMPTY);
        return;
    }
    q->result = result;
    q->next = NULL;
    *s->last = q;
    s->last = &q->next;
}

static void deliver(void *ctx)
{
    struct share *s = ctx;
    struct question *q = s->first;
    s->first = NULL;
    s->last = &s->first;
    while (q) {
        struct question *next = q->next;
        answer(s, q, q->result, SLICE_EMPTY);
        q = next;
    }
}

/* Absent is also what is empty or too long: we put no such thing, and whoever
 * fetches puts something better in its place. */
static bool has_value(const struct share *s, const redisReply *r, struct slice *value)
{
    bool there = r->type == REDIS_REPLY_STRING && r->len > 0 && r->len <= s->o.value_max;
    *value = there ? slice_of(r->str, r->len) : SLICE_EMPTY;
    return there;
}

static void take_lease(struct share *s, struct question *q)
{
    if (!send_lease(s, q)) {
        defer(s, q, SHARE_AWAY);
        return;
    }
    q->looks_again = !q->refresh && send_look(s, KIND_LOOK_AGAIN, q);
}

static void on_get(struct share *s, struct question *q, const redisReply *r)
{
    struct slice value;
    if (r->type != REDIS_REPLY_STRING && r->type != REDIS_REPLY_NIL)
        answer(s, q, SHARE_AWAY, SLICE_EMPTY);
    else if (has_value(s, r, &value))
        answer(s, q, SHARE_FOUND, value);
    else if (q->lease)
        take_lease(s, q);
    else
        answer(s, q, SHARE_ABSENT, SLICE_EMPTY);
}

static void on_lease(struct share *s, struct question *q, const redisReply *r)
{
    q->leased = r->type == REDIS_REPLY_STATUS;
    q->failed = !q->leased && r->type != REDIS_REPLY_NIL;
    if (!q->looks_again)
        answer(s, q, q->failed ? SHARE_AWAY : q->leased ? SHARE_LEASED : SHARE_HELD, SLICE_EMPTY);
}

static void on_look_again(struct share *s, struct question *q, const redisReply *r)
{
    struct slice value;
    bool readable = r->type == REDIS_REPLY_STRING || r->type == REDIS_REPLY_NIL;
    bool found = readable && has_value(s, r, &value);
    if (q->leased && (found || !readable))
        share_release(s, key_of(q));
    if (found)
        answer(s, q, SHARE_FOUND, value);
    else if (q->failed || !readable)
        answer(s, q, SHARE_AWAY, SLICE_EMPTY);
    else
        answer(s, q, q->leased ? SHARE_LEASED : SHARE_HELD, SLICE_EMPTY);
}

/* The connection was lost before the reply. */
static void on_no_reply(struct share *s, unsigned kind, struct question *q)
{
    if (kind == KIND_RELEASE || kind == KIND_RELEASE_GET)
        free(q);
    else if (q && !(kind == KIND_LEASE && q->looks_again)) /* the second reply ends it */
        defer(s, q, SHARE_AWAY);
}

static void on_commands_reply(void *ctx, unsigned kind, void *what, const redisReply *r)
{
    struct share *s = ctx;
    struct question *q = what;
    if (!r) {
        on_no_reply(s, kind, q);
        return;
    }
    /* EVAL forbidden is no trouble: there is another way. */
    if (r->type == REDIS_REPLY_ERROR && kind != KIND_RELEASE)
        note_error(s, kind, r);
    switch ((enum kind)kind) {
    case KIND_GET:
        on_get(s, q, r);
        break;
    case KIND_LEASE:
        on_lease(s, q, r);
        break;
    case KIND_LOOK_AGAIN:
        on_look_again(s, q, r);
        break;
    case KIND_PUT:
        s->stat.put += r->type == REDIS_REPLY_STATUS;
        break;
    case KIND_RELEASE:
    case KIND_RELEASE_GET:
        on_release(s, kind, q, r);
        break;
    case KIND_PUBLISH:
    case KIND_RELEASE_DEL:
    case KIND_FORGET:
    case KIND_COUNT:
        break;
    }
}

/* Cuts FETCHED off the front of a message. */
static int64_t take_fetched(struct slice *text)
{
    uint64_t ms;
    size_t n = 0;
    while (n < text->n && text->p[n] >= '0' && text->p[n] <= '9')
        n++;
    if (n == 0 || n == text->n || text->p[n] != '@')
        return SHARE_FORGOTTEN;
    bool good = slice_to_u64(slice_sub(*text, 0, n), &ms) && ms < INT64_MAX;
    *text = slice_from(*text, n + 1);
    return good ? (int64_t)ms : SHARE_FORGOTTEN;
}

/* ["message", channel, message] */
static void on_message(void *ctx, unsigned kind, void *what, const redisReply *r)
{
    struct share *s = ctx;
    (void)kind;
    (void)what;
    if (!r || r->type != REDIS_REPLY_ARRAY || r->elements != 3)
        return;
    const redisReply *body = r->element[2];
    if (!body || body->type != REDIS_REPLY_STRING)
        return;
    struct slice text = slice_of(body->str, body->len);
    int64_t fetched_ms = take_fetched(&text);
    size_t space = slice_find(text, ' ');
    struct slice key = slice_from(text, space + 1);
    if (space == text.n || key.n == 0 || key.n > MAX_KEY ||
        slice_eq(slice_sub(text, 0, space), slice_cstr(s->token)))
        return;
    if (s->o.changed)
        s->o.changed(s->o.ctx, key, fetched_ms);
}

/* --- what callers ask --- */

void share_get(struct share *s, struct slice key, bool lease, bool refresh, share_answer *on_answer,
               void *ctx)
{
    struct question *q = question_new(key);
    if (!q) { /* no memory to put it off, or no key */
        on_answer(ctx, SHARE_AWAY, SLICE_EMPTY);
        return;
    }
    q->answer = on_answer;
    q->ctx = ctx;
    q->lease = lease;
    q->refresh = refresh;
    if (!conn_is_up(s->commands))
        defer(s, q, SHARE_AWAY);
    else if (refresh && lease)
        take_lease(s, q);
    else if (refresh)
        defer(s, q, SHARE_ABSENT);
    else if (!send_look(s, KIND_GET, q))
        defer(s, q, SHARE_AWAY);
}

static bool send_put(struct share *s, struct slice key, struct slice value, int64_t ttl_ms)
{
    struct name doc;
    char ms[24];
    if (!value.n || value.n > s->o.value_max || ttl_ms <= 0)
        return false;
    const struct slice argv[] = { SLICE("SET"), name_of(&doc, SLICE_OF(PREFIX_DOC), key), value,
                                  SLICE("PX"), number(ms, (uint64_t)ttl_ms) };
    return SEND(s, KIND_PUT, NULL, argv);
}

void share_put(struct share *s, struct slice key, struct slice value, int64_t fetched_ms,
               int64_t ttl_ms)
{
    if (!conn_is_up(s->commands) || key.n > MAX_KEY)
        return;
    bool sent = send_put(s, key, value, ttl_ms);
    share_release(s, key);
    if (sent)
        (void)send_publish(s, key, fetched_ms);
}

bool share_set(struct share *s, struct slice key, struct slice value, int64_t fetched_ms,
               int64_t ttl_ms)
{
    return conn_is_up(s->commands) && key.n <= MAX_KEY && send_put(s, key, value, ttl_ms) &&
           send_publish(s, key, fetched_ms);
}

bool share_say(struct share *s, struct slice key, int64_t fetched_ms)
{
    return conn_is_up(s->commands) && key.n <= MAX_KEY && send_publish(s, key, fetched_ms);
}

bool share_flush(struct share *s, unsigned max_ms)
{
    return conn_flush(s->commands, share_now_ms() + max_ms);
}

void share_forget(struct share *s, struct slice key)
{
    struct name doc;
    if (!conn_is_up(s->commands) || key.n > MAX_KEY)
        return;
    const struct slice argv[] = { SLICE("DEL"), name_of(&doc, SLICE_OF(PREFIX_DOC), key) };
    if (SEND(s, KIND_FORGET, NULL, argv))
        (void)send_publish(s, key, SHARE_FORGOTTEN);
}

/* --- opening and closing --- */

static void make_token(struct share *s, const char *node)
{
    uint64_t random;
    arc4random_buf(&random, sizeof random);
    snprintf(s->token, sizeof s->token, "%016llx:%.*s", (unsigned long long)random, (int)MAX_NODE,
             node ? node : "");
    for (char *p = s->token; *p; p++)
        if ((unsigned char)*p <= ' ')
            *p = '_';
}

static bool override(const char *by, char *out, size_t size)
{
    if (!by)
        return true;
    if (strlen(by) >= size)
        return false;
    strcpy(out, by);
    return true;
}

static void set_presets(struct share_options *o)
{
    if (!o->lease_ms)
        o->lease_ms = 15000;
    if (!o->timeout_ms)
        o->timeout_ms = 1000;
    if (!o->value_max)
        o->value_max = (1u << 20) + (64u << 10);
}

static bool has_certificates(const char *file)
{
    X509_STORE *store = X509_STORE_new();
    bool good = store && X509_STORE_load_locations(store, file, NULL) == 1;
    X509_STORE_free(store);
    ERR_clear_error();
    return good;
}

static bool set_address(struct share *s, const struct share_options *o, char *why, size_t why_size)
{
    if (!share_url_read(o->url, &s->address, why, why_size))
        return false;
    if (!override(o->user, s->address.user, sizeof s->address.user) ||
        !override(o->password, s->address.password, sizeof s->address.password)) {
        snprintf(why, why_size, "the user or password of Redis is too long");
        return false;
    }
    if (s->address.tls && o->ca_file &&
        (!override(o->ca_file, s->ca_file, sizeof s->ca_file) || !has_certificates(o->ca_file))) {
        snprintf(why, why_size, "no certificate authorities in %s", o->ca_file);
        return false;
    }
    return true;
}

static bool open_connections(struct share *s)
{
    struct conn_setup setup = {
        .loop = s->o.loop,
        .address = &s->address,
        .ca_file = s->ca_file,
        .timeout_ms = s->o.timeout_ms,
        .reply_max = s->o.value_max + REPLY_SLACK,
        .reply = on_commands_reply,
        .event = on_commands_event,
        .ctx = s,
    };
    s->commands = conn_new(&setup);
    setup.channel = CHANNEL;
    setup.reply_max = MAX_KEY + REPLY_SLACK;
    setup.reply = on_message;
    setup.event = on_messages_event;
    s->messages = conn_new(&setup);
    return s->commands && s->messages;
}

struct share *share_open(const struct share_options *o, char *why, size_t why_size)
{
    struct share *s = calloc(1, sizeof *s);
    if (!s) {
        snprintf(why, why_size, "out of memory");
        return NULL;
    }
    s->o = *o;
    s->last = &s->first;
    s->later = (struct timer){ .fire = deliver, .ctx = s };
    s->unheard = (struct timer){ .fire = on_unheard, .ctx = s };
    set_presets(&s->o);
    bool good = set_address(s, o, why, why_size);
    make_token(s, o->node);
    if (good && !open_connections(s)) {
        snprintf(why, why_size, "out of memory");
        good = false;
    }
    /* What was borrowed is not looked at again. */
    s->o.url = s->o.user = s->o.password = s->o.ca_file = s->o.node = NULL;
    if (good)
        return s;
    share_close(s);
    return NULL;
}

void share_close(struct share *s)
{
    if (!s)
        return;
    conn_end(s->messages);
    conn_end(s->commands);
    while (s->first)
        deliver(s);
    loop_timer_stop(s->o.loop, &s->later);
    loop_timer_stop(s->o.loop, &s->unheard);
    conn_free(s->messages);
    conn_free(s->commands);
    explicit_bzero(&s->address, sizeof s->address);
    free(s);
}

void share_stat(const struct share *s, struct share_stat *out)
{
    *out = s->stat;
    out->connected = conn_is_up(s->commands);
}
