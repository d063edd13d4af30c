/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/origin_key.h"

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#define DAY 86400L

static bool add_extension(X509 *cert, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    bool good = e && X509_add_ext(cert, e, -1) == 1;
    X509_EXTENSION_free(e);
    return good;
}

static bool set_serial(X509 *cert)
{
    uint64_t number = 0;
    return RAND_bytes((unsigned char *)&number, sizeof number) == 1 &&
           ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert), number >> 1) == 1;
}

static bool fill_in(X509 *cert, EVP_PKEY *key, const char *name)
{
    char names[300];
    unsigned char address[16];
    bool is_address = inet_pton(AF_INET, name, address) == 1 ||
                      inet_pton(AF_INET6, name, address) == 1;
    snprintf(names, sizeof names, "%s:%s", is_address ? "IP" : "DNS", name);
    X509_NAME *subject = X509_get_subject_name(cert);
    return X509_set_version(cert, X509_VERSION_3) == 1 && set_serial(cert) &&
           X509_gmtime_adj(X509_getm_notBefore(cert), -DAY) &&
           X509_gmtime_adj(X509_getm_notAfter(cert), DAY) &&
           X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                                      (const unsigned char *)"optout doctor", -1, -1, 0) == 1 &&
           X509_set_issuer_name(cert, subject) == 1 && X509_set_pubkey(cert, key) == 1 &&
           add_extension(cert, NID_subject_alt_name, names) &&
           X509_sign(cert, key, EVP_sha256()) > 0;
}

static bool make(SSL_CTX *ctx, const char *name)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    bool good = key && cert && fill_in(cert, key, name) &&
                SSL_CTX_use_certificate(ctx, cert) == 1 && SSL_CTX_use_PrivateKey(ctx, key) == 1;
    X509_free(cert);
    EVP_PKEY_free(key);
    return good;
}

SSL_CTX *origin_key_context(const char *file, const char *name)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    bool good = ctx && (file ? SSL_CTX_use_certificate_chain_file(ctx, file) == 1 &&
                                   SSL_CTX_use_PrivateKey_file(ctx, file, SSL_FILETYPE_PEM) == 1
                             : make(ctx, name));
    if (good)
        return ctx;
    SSL_CTX_free(ctx);
    return NULL;
}
