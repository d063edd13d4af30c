/* SPDX-License-Identifier: Apache-2.0 */
/* The CA that Squid signs with, as `./start tls` makes it: RSA of 3072 bits, because every TLS
 * library verifies it, for two years, without a certificate below it that could sign. */
#include "cli/node.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_BITS 3072u
#define CA_DAYS 730
#define SECONDS_A_DAY 86400
#define DATABASE_SIZE "16MB" /* as the templates have it */
#define SQUID_USER "proxy"
#define SPOOL "/var/spool/squid"

static bool refused(const char *what)
{
    char why[256];
    ERR_error_string_n(ERR_get_error(), why, sizeof why);
    cli_error("the CA cannot be made: %s: %s", what, why);
    return false;
}

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

static bool add_serial(X509 *cert)
{
    unsigned char bytes[16];
    if (RAND_bytes(bytes, sizeof bytes) != 1)
        return false;
    bytes[0] &= 0x7F;
    BIGNUM *number = BN_bin2bn(bytes, sizeof bytes, NULL);
    bool good = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert));
    BN_free(number);
    return good;
}

static bool fill(X509 *cert, EVP_PKEY *key, const char *name)
{
    X509_NAME *subject = X509_get_subject_name(cert);
    return X509_set_version(cert, 2) == 1 && add_serial(cert) &&
           X509_gmtime_adj(X509_getm_notBefore(cert), 0) &&
           X509_gmtime_adj(X509_getm_notAfter(cert), (long)CA_DAYS * SECONDS_A_DAY) &&
           X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1,
                                      -1, 0) == 1 &&
           X509_set_issuer_name(cert, subject) == 1 && X509_set_pubkey(cert, key) == 1 &&
           add_extension(cert, NID_subject_key_identifier, "hash") &&
           add_extension(cert, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
           add_extension(cert, NID_key_usage, "critical,keyCertSign,cRLSign") &&
           X509_sign(cert, key, EVP_sha256()) > 0;
}

static bool write_pem(struct node *n, const char *path, BIO *pem, unsigned mode)
{
    char *text;
    long size = BIO_get_mem_data(pem, &text);
    return size > 0 && node_file_write(n, path, slice_of(text, (size_t)size), mode);
}

static void say_made(const struct node *n, X509 *cert)
{
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    char text[3 * EVP_MAX_MD_SIZE + 32] = "SHA-256 fingerprint";
    if (X509_digest(cert, EVP_sha256(), sum, &size) != 1)
        return;
    for (size_t i = 0, at = strlen(text); i < size; i++, at += 3)
        snprintf(text + at, sizeof text - at, "%s%02X", i ? ":" : " ", sum[i]);
    node_say(n, "write", NODE_CA_CERT, text);
}

/* The key first: a certificate without its key would be given to crawlers. */
static bool make(struct node *n, EVP_PKEY *key, X509 *cert)
{
    /* Memory of its own kind, that is wiped when it is given back. */
    BIO *secret = BIO_new(BIO_s_secmem()), *open = BIO_new(BIO_s_mem());
    bool good = secret && open &&
                PEM_write_bio_PKCS8PrivateKey(secret, key, NULL, NULL, 0, NULL, NULL) == 1 &&
                PEM_write_bio_X509(open, cert) == 1;
    if (!good)
        refused("it cannot be printed");
    good = good && write_pem(n, NODE_CA_KEY, secret, 0600) && write_pem(n, NODE_CA_CERT, open, 0644);
    BIO_free(secret);
    BIO_free(open);
    if (good) {
        node_say(n, "write", NODE_CA_KEY, "for Squid alone, mode 0600");
        say_made(n, cert);
    }
    return good;
}

static X509 *read_cert(const char *path)
{
    BIO *in = BIO_new_file(path, "r");
    X509 *cert = in ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;
    BIO_free(in);
    return cert;
}

static EVP_PKEY *read_key(const char *path)
{
    BIO *in = BIO_new_file(path, "r");
    EVP_PKEY *key = in ? PEM_read_bio_PrivateKey(in, NULL, NULL, "") : NULL;
    BIO_free(in);
    return key;
}

/* A CA that is there is somebody's: it is looked at, never replaced. */
static bool look(struct node *n)
{
    char cert_path[NODE_PATH_MAX], key_path[NODE_PATH_MAX];
    node_path(n, NODE_CA_CERT, cert_path);
    node_path(n, NODE_CA_KEY, key_path);
    X509 *cert = read_cert(cert_path);
    EVP_PKEY *key = read_key(key_path);
    struct stat st;
    if (!cert || !key)
        cli_error("%s: no %s can be read there; put the right one there, or move both files away "
                  "for a new CA",
                  cert ? key_path : cert_path, cert ? "private key" : "certificate");
    else if (X509_check_private_key(cert, key) != 1)
        cli_error("%s does not belong to %s; put the right one there, or move both files away for "
                  "a new CA",
                  key_path, cert_path);
    bool good = cert && key && X509_check_private_key(cert, key) == 1;
    if (good && X509_cmp_current_time(X509_get0_notAfter(cert)) <= 0)
        node_leave(n, "%s: the CA has expired; see HTTPS in the guide", cert_path);
    if (good && stat(key_path, &st) == 0 && (st.st_mode & 077))
        node_leave(n, "%s: others can read the key; chmod 600 it", key_path);
    X509_free(cert);
    EVP_PKEY_free(key);
    ERR_clear_error();
    if (good)
        node_say(n, "same", NODE_CA_CERT, NULL);
    return good;
}

bool node_ca_make(struct node *n)
{
    if (node_exists(n, NODE_CA_KEY) || node_exists(n, NODE_CA_CERT))
        return look(n);
    n->changed = true;
    if (n->dry) {
        node_say(n, "write", NODE_CA_KEY, "for Squid alone, mode 0600");
        node_say(n, "write", NODE_CA_CERT, "for every crawler to trust");
        return true;
    }
    EVP_PKEY *key = EVP_RSA_gen(KEY_BITS);
    X509 *cert = X509_new();
    bool good = key && cert && fill(cert, key, n->answers.text[NODE_FLEET]);
    if (!good)
        refused("libcrypto");
    good = good && make(n, key, cert);
    EVP_PKEY_free(key);
    X509_free(cert);
    return good;
}

/* --- Squid's database of certificates ------------------------------------------------- */

static bool make_spool(const struct node *n)
{
    const struct passwd *user = getpwnam(SQUID_USER);
    if (node_exists(n, SPOOL))
        return true;
    if (user && mkdir(SPOOL, 0750) == 0 && chown(SPOOL, user->pw_uid, user->pw_gid) == 0)
        return true;
    cli_error("%s cannot be made: %s", SPOOL, user ? strerror(errno) : "there is no user proxy");
    return false;
}

bool node_certificates_make(struct node *n)
{
    static const char *const argv[] = { NODE_CERTGEN, "-c", "-s", NODE_CERTIFICATES, "-M",
                                        DATABASE_SIZE, NULL };
    if (node_exists(n, NODE_CERTIFICATES)) {
        node_say(n, "same", NODE_CERTIFICATES, NULL);
        return true;
    }
    if (*n->root) { /* the user of Squid there may be another number here */
        node_leave(n, "on the node itself, once: install -d -o proxy -g proxy -m 750 " SPOOL " && "
                      "setpriv --reuid=proxy --regid=proxy --clear-groups " NODE_CERTGEN
                      " -c -s " NODE_CERTIFICATES " -M " DATABASE_SIZE);
        return true;
    }
    node_say(n, "make", NODE_CERTIFICATES, "Squid's database of certificates");
    n->changed = true;
    if (n->dry)
        return true;
    if (!make_spool(n))
        return false;
    if (node_run(argv, SQUID_USER, false) == 0)
        return true;
    cli_error("%s: " NODE_CERTGEN " could not make it (above)", NODE_CERTIFICATES);
    return false;
}
