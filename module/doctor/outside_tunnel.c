/* SPDX-License-Identifier: Apache-2.0 */
/* outside_tunnel.c - what the proxy makes of CONNECT: opened, passed through, or refused. */
#include "doctor/outside.h"

#include "core/clock.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>

#define TUNNEL_SECONDS 6u
#define RAW_WAIT_US 1500000u /* for bytes of ours to arrive at the origin */
#define RAW "OPTOUT-DOCTOR neither HTTP nor TLS\r\n\r\n"

/* --- certificates ---------------------------------------------------------- */

static void print_name(const X509_NAME *name, char *to, size_t size)
{
    BIO *out = BIO_new(BIO_s_mem());
    int n = out && X509_NAME_print_ex(out, name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB) >= 0
                ? BIO_read(out, to, (int)size - 1)
                : 0;
    to[n > 0 ? n : 0] = '\0';
    BIO_free(out);
}

static void check_trust(struct outside *o, struct tunnel *t, X509 *leaf, STACK_OF(X509) *chain)
{
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    if (ctx && X509_STORE_CTX_init(ctx, o->trust, leaf, chain) == 1) {
        X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_SERVER);
        t->trusted = X509_verify_cert(ctx) == 1;
        snprintf(t->why, sizeof t->why, "%s",
                 X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
    }
    X509_STORE_CTX_free(ctx);
    ERR_clear_error();
}

static bool is_origins(const struct outside *o, const X509 *cert)
{
    uint8_t theirs[32], ours[32];
    unsigned n = sizeof theirs;
    return X509_digest(cert, EVP_sha256(), theirs, &n) == 1 &&
           origin_certificate(o->origin, ours) && memcmp(theirs, ours, sizeof ours) == 0;
}

/* Whether the certificate that the proxy's own file holds signed this one. */
static void check_file(struct outside *o, struct tunnel *t, X509 *leaf)
{
    FILE *f = o->port.cert[0] ? fopen(o->port.cert, "re") : NULL;
    X509 *ca = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;
    EVP_PKEY *key = ca ? X509_get0_pubkey(ca) : NULL;
    t->file_read = key != NULL;
    t->by_file = key && X509_verify(leaf, key) == 1;
    X509_free(ca);
    if (f)
        fclose(f);
    ERR_clear_error();
}

static void look_at_certificate(struct outside *o, struct tunnel *t, SSL *ssl)
{
    X509 *leaf = SSL_get0_peer_certificate(ssl);
    const unsigned char *alpn;
    unsigned n;
    SSL_get0_alpn_selected(ssl, &alpn, &n);
    snprintf(t->alpn, sizeof t->alpn, "%.*s", (int)n, n ? (const char *)alpn : "");
    if (!leaf)
        return;
    print_name(X509_get_issuer_name(leaf), t->issuer, sizeof t->issuer);
    t->ours = is_origins(o, leaf);
    /* Squid names the one that signs for origins it does not trust so. */
    t->for_strangers = strstr(t->issuer, "Not trusted by") != NULL;
    check_trust(o, t, leaf, SSL_get_peer_cert_chain(ssl));
    check_file(o, t, leaf);
}

/* --- tunnels --------------------------------------------------------------- */

static void speak_tls(struct outside *o, struct tunnel *t, const struct wire_place *to)
{
    struct wire w = WIRE_NONE;
    uint64_t end = clock_mono_us() + TUNNEL_SECONDS * 1000000ull;
    t->made = true;
    if (outside_connect(o, &w, to, end, &t->status)) {
        t->shaken = wire_shake(&w, o->tls, to->host);
        if (t->shaken)
            look_at_certificate(o, t, w.ssl);
    }
    wire_close(&w);
}

/* Says what is neither HTTP nor TLS, and sees whether it arrives. The origin counts such bytes. */
static void speak_raw(struct outside *o, struct tunnel *t, const struct wire_place *to)
{
    struct wire w = WIRE_NONE;
    uint64_t now = clock_mono_us();
    unsigned before = origin_count(o->origin, "raw");
    t->made = true;
    if (outside_connect(o, &w, to, now + TUNNEL_SECONDS * 1000000ull, &t->status) &&
        wire_write(&w, SLICE_OF(RAW))) {
        for (uint64_t end = clock_mono_us() + RAW_WAIT_US; clock_mono_us() < end;) {
            struct pollfd p = { .fd = w.fd, .events = POLLIN };
            t->raw_arrived = origin_count(o->origin, "raw") > before;
            if (t->raw_arrived || poll(&p, 1, 50) > 0)
                break; /* or the proxy answers by itself, or hangs up */
        }
        t->raw_arrived = origin_count(o->origin, "raw") > before;
    }
    wire_close(&w);
}

/* A port of this machine that nobody listens at: a proxy that opens tunnels answers with a page of
 * its own there, in TLS, and no origin's certificate is in the way. */
static struct wire_place closed_place(const struct outside *o)
{
    struct wire_place at = origin_place(o->origin, true);
    at.port = 1;
    return at;
}

void outside_tunnel(struct outside *o, int which)
{
    struct wire_place https = origin_place(o->origin, true), http = origin_place(o->origin, false);
    struct wire_place closed = closed_place(o);
    switch (which) {
    case TUNNEL_TLS: speak_tls(o, &o->tunnel[which], &https); break;
    case TUNNEL_CLOSED_PORT: speak_tls(o, &o->tunnel[which], &closed); break;
    case TUNNEL_RAW_TLS: speak_raw(o, &o->tunnel[which], &https); break;
    /* After the one before: both are counted under one name. */
    default: speak_raw(o, &o->tunnel[which], &http);
    }
}
