/* SPDX-License-Identifier: Apache-2.0 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "daemon/share_tls.h"

#include <errno.h>
#include <stdio.h>

#ifdef HAVE_LIBSSL

#include <arpa/inet.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <sys/epoll.h>

struct share_tls {
    SSL_CTX *ctx;
};

struct share_tls_session {
    SSL *ssl;
    char why[160];
};

struct share_tls *share_tls_new(const char *ca_file, char *why, size_t why_size)
{
    struct share_tls *t = calloc(1, sizeof *t);
    if (t)
        t->ctx = SSL_CTX_new(TLS_client_method());
    if (!t || !t->ctx) {
        snprintf(why, why_size, "TLS cannot be started");
        share_tls_free(t);
        return NULL;
    }
    SSL_CTX_set_min_proto_version(t->ctx, TLS1_2_VERSION);
    SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER, NULL);
    /* A short write leaves the rest in a buffer that may have moved meanwhile. */
    SSL_CTX_set_mode(t->ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    int good = ca_file ? SSL_CTX_load_verify_locations(t->ctx, ca_file, NULL)
                       : SSL_CTX_set_default_verify_paths(t->ctx);
    if (good != 1) {
        snprintf(why, why_size, "no certificate authorities in %s",
                 ca_file ? ca_file : "the system's store");
        share_tls_free(t);
        return NULL;
    }
    return t;
}

void share_tls_free(struct share_tls *t)
{
    if (!t)
        return;
    SSL_CTX_free(t->ctx);
    free(t);
}

static bool expect_host(SSL *ssl, const char *host)
{
    uint8_t address[sizeof(struct in6_addr)];
    if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
    return SSL_set_tlsext_host_name(ssl, host) == 1 && SSL_set1_host(ssl, host) == 1;
}

struct share_tls_session *share_tls_open(struct share_tls *t, int fd, const char *host)
{
    struct share_tls_session *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->ssl = SSL_new(t->ctx);
    if (!s->ssl || SSL_set_fd(s->ssl, fd) != 1 || !expect_host(s->ssl, host)) {
        share_tls_close(s);
        return NULL;
    }
    return s;
}

void share_tls_close(struct share_tls_session *s)
{
    if (!s)
        return;
    SSL_free(s->ssl);
    free(s);
}

/* What a call that returned `rc` below 1 means. */
static int explain(struct share_tls_session *s, int rc, uint32_t *events)
{
    int saved = errno;
    int e = SSL_get_error(s->ssl, rc);
    if (e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE) {
        *events |= e == SSL_ERROR_WANT_READ ? EPOLLIN : EPOLLOUT;
        errno = EAGAIN;
        return -1;
    }
    if (e == SSL_ERROR_ZERO_RETURN)
        return 0;
    unsigned long code = ERR_peek_last_error();
    long verified = SSL_get_verify_result(s->ssl);
    if (verified != X509_V_OK)
        snprintf(s->why, sizeof s->why, "%s", X509_verify_cert_error_string(verified));
    else if (code)
        ERR_error_string_n(code, s->why, sizeof s->why);
    else
        snprintf(s->why, sizeof s->why, "%s", saved ? strerror(saved) : "closed by the server");
    ERR_clear_error();
    errno = EPROTO;
    return -1;
}

int share_tls_shake(struct share_tls_session *s, uint32_t *events)
{
    ERR_clear_error();
    errno = 0;
    int rc = SSL_connect(s->ssl);
    return rc == 1 ? 1 : explain(s, rc, events);
}

static int int_size(size_t n)
{
    return n > INT_MAX ? INT_MAX : (int)n;
}

ssize_t share_tls_read(struct share_tls_session *s, void *p, size_t n, uint32_t *events)
{
    ERR_clear_error();
    errno = 0;
    int rc = SSL_read(s->ssl, p, int_size(n));
    return rc > 0 ? rc : explain(s, rc, events);
}

ssize_t share_tls_write(struct share_tls_session *s, const void *p, size_t n, uint32_t *events)
{
    ERR_clear_error();
    errno = 0;
    int rc = SSL_write(s->ssl, p, int_size(n));
    return rc > 0 ? rc : explain(s, rc, events);
}

void share_tls_why(const struct share_tls_session *s, char *why, size_t why_size)
{
    snprintf(why, why_size, "TLS: %s", s->why);
}

#else

struct share_tls *share_tls_new(const char *ca_file, char *why, size_t why_size)
{
    (void)ca_file;
    snprintf(why, why_size, "this build has no TLS: let a TLS proxy such as stunnel listen on a "
                            "Unix socket and give unix:/path");
    return NULL;
}

void share_tls_free(struct share_tls *t)
{
    (void)t;
}

struct share_tls_session *share_tls_open(struct share_tls *t, int fd, const char *host)
{
    (void)t;
    (void)fd;
    (void)host;
    return NULL;
}

void share_tls_close(struct share_tls_session *s)
{
    (void)s;
}

int share_tls_shake(struct share_tls_session *s, uint32_t *events)
{
    (void)s;
    (void)events;
    errno = ENOSYS;
    return -1;
}

ssize_t share_tls_read(struct share_tls_session *s, void *p, size_t n, uint32_t *events)
{
    (void)p;
    (void)n;
    return share_tls_shake(s, events);
}

ssize_t share_tls_write(struct share_tls_session *s, const void *p, size_t n, uint32_t *events)
{
    (void)p;
    (void)n;
    return share_tls_shake(s, events);
}

void share_tls_why(const struct share_tls_session *s, char *why, size_t why_size)
{
    (void)s;
    snprintf(why, why_size, "no TLS");
}

#endif
