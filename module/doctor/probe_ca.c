/* SPDX-License-Identifier: Apache-2.0 */
/* probe_ca.c - the certificate and key that Squid signs with, and the folder of what it signed,
 * as files: those that squid.conf names at its ports. */
#include "core/clock.h"
#include "doctor/ca_folder.h"
#include "doctor/doctor.h"
#include "doctor/squid_survey.h"

#include <errno.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define SOON_DAYS 30
#define DAY_S 86400

static X509 *read_certificate(const char *path)
{
    FILE *f = fopen(path, "re");
    X509 *x = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;
    if (f)
        fclose(f);
    return x;
}

/* Nobody is there to be asked for a passphrase. */
static int no_passphrase(char *text, int size, int writes, void *ctx)
{
    (void)text, (void)size, (void)writes, (void)ctx;
    return -1;
}

static EVP_PKEY *read_key(const char *path)
{
    FILE *f = fopen(path, "re");
    EVP_PKEY *key = f ? PEM_read_PrivateKey(f, NULL, no_passphrase, NULL) : NULL;
    if (f)
        fclose(f);
    return key;
}

/* Whole days from now to the end of the certificate; below 0: over. */
static long days_left(const X509 *x)
{
    int days = 0, seconds = 0;
    ASN1_TIME *now = ASN1_TIME_set(NULL, (time_t)(clock_wall_ms() / 1000));
    if (!now || !ASN1_TIME_diff(&days, &seconds, now, X509_get0_notAfter(x)))
        days = 0;
    ASN1_TIME_free(now);
    return days < 0 || seconds < 0 ? -1 : days;
}

static bool has_begun(const X509 *x)
{
    time_t now = (time_t)(clock_wall_ms() / 1000);
    return X509_cmp_time(X509_get0_notBefore(x), &now) <= 0;
}

static void tell_dates(struct doctor *d, const char *path, const X509 *x)
{
    long days = days_left(x);
    if (!has_begun(x))
        findings_add(d->findings, FOUND_CA_EXPIRES, FINDING_ERROR, path,
                     "it is not valid yet: every https request fails", "look after the clock");
    else if (days < 0)
        findings_add(d->findings, FOUND_CA_EXPIRES, FINDING_ERROR, path,
                     "it is over: every https request fails", NULL);
    else if (days < SOON_DAYS)
        findings_found(d->findings, FOUND_CA_EXPIRES, "%s: %ld days are left", path, days);
    else
        findings_ok(d->findings, FOUND_CA_EXPIRES, "%s: %ld days are left", path, days);
}

/* A file that is not for us to read is not broken. */
static bool is_denied(const char *path)
{
    return access(path, R_OK) != 0 && errno == EACCES;
}

static void tell_unreadable(struct doctor *d, const char *path, const char *what)
{
    if (is_denied(path)) {
        findings_unknown(d->findings, FOUND_CA_UNUSABLE, "%s: %s", path, strerror(EACCES));
        return;
    }
    if (access(path, R_OK) != 0)
        findings_found(d->findings, FOUND_CA_UNUSABLE, "%s: %s", path, strerror(errno));
    else
        findings_found(d->findings, FOUND_CA_UNUSABLE, "%s holds no %s", path, what);
}

/* The folder may be closed to others; then the file's own mode says nothing. */
static void tell_mode(struct doctor *d, const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        findings_unknown(d->findings, FOUND_CA_KEY_OPEN, "%s: %s", path, strerror(errno));
    else if (st.st_mode & (S_IROTH | S_IWOTH))
        findings_found(d->findings, FOUND_CA_KEY_OPEN, "%s has the mode %04o", path,
                       st.st_mode & 07777u);
    else
        findings_ok(d->findings, FOUND_CA_KEY_OPEN, "%s has the mode %04o", path,
                    st.st_mode & 07777u);
}

static void tell_pair(struct doctor *d, const char *path, X509 *x, const char *key_path)
{
    EVP_PKEY *key = read_key(key_path);
    if (!key)
        tell_unreadable(d, key_path, "key that can be read without a passphrase");
    else if (X509_check_private_key(x, key) != 1)
        findings_found(d->findings, FOUND_CA_UNUSABLE, "%s is not the key of %s", key_path, path);
    else if (X509_check_ca(x) == 0)
        findings_found(d->findings, FOUND_CA_UNUSABLE, "%s is no certificate of a CA", path);
    else
        findings_ok(d->findings, FOUND_CA_UNUSABLE, "%s and %s", path, key_path);
    EVP_PKEY_free(key);
}

static void look_at_pair(struct doctor *d, const char *path, const char *key_path)
{
    X509 *x = read_certificate(path);
    if (x) {
        tell_dates(d, path, x);
        tell_pair(d, path, x, key_path);
    } else {
        findings_unknown(d->findings, FOUND_CA_EXPIRES, "%s: %s", path,
                         is_denied(path) ? strerror(EACCES) : "cannot be read");
        tell_unreadable(d, path, "certificate");
    }
    tell_mode(d, key_path);
    X509_free(x);
}

/* What the helper has begun: without it Squid ends at a reload, and -k parse does not look. */
static void look_at_folder(struct doctor *d, const char *folder)
{
    char path[SQUID_PATH_MAX + 16];
    snprintf(path, sizeof path, "%s/index.txt", folder);
    if (access(path, F_OK) == 0)
        findings_ok(d->findings, FOUND_CA_UNUSABLE, "%s", folder);
    else if (errno == EACCES)
        findings_unknown(d->findings, FOUND_CA_UNUSABLE, "%s: %s", folder, strerror(errno));
    else
        findings_add(d->findings, FOUND_CA_UNUSABLE, FINDING_ERROR, folder,
                     "the folder of certificates was never made: Squid ends at the next start or "
                     "reload",
                     "/usr/lib/squid/security_file_certgen -c -s FOLDER -M 16MB, then chown -R "
                     "proxy:proxy FOLDER");
}

/* A handshake that began before a reconfigure is finished after it with the CA of before, and what it made
 * lands in the new folder, from which it is served on. */
static void look_at_signers(struct doctor *d, const struct squid_facts *f)
{
    X509 *ca[SQUID_FILES_MAX] = { NULL };
    struct ca_folder found;
    size_t n = 0;
    for (size_t i = 0; i < f->n_tls; i++)
        if ((ca[n] = read_certificate(f->tls[i].certificate)))
            n++;
    if (n < f->n_tls)
        findings_unknown(d->findings, FOUND_CA_MIXED, "a certificate of tls-cert= cannot be read");
    else if (!ca_folder_read(f->certificates, ca, n, &found))
        findings_unknown(d->findings, FOUND_CA_MIXED, "%s", found.why);
    else if (found.of_others)
        findings_found(d->findings, FOUND_CA_MIXED, "%s: %u of %u, the first for %s by %s", f->certificates,
                       found.of_others, found.looked_at, found.host, found.issuer);
    else
        findings_ok(d->findings, FOUND_CA_MIXED, "%s: %s%u certificates", f->certificates,
                    found.more ? "the first " : "", found.looked_at);
    for (size_t i = 0; i < n; i++)
        X509_free(ca[i]);
}

static bool was_told(const struct squid_facts *f, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (strcmp(f->tls[k].certificate, f->tls[i].certificate) == 0 &&
            strcmp(f->tls[k].key, f->tls[i].key) == 0)
            return true;
    return false;
}

void probe_ca(struct doctor *d)
{
    static const enum finding_id all[] = { FOUND_CA_UNUSABLE, FOUND_CA_EXPIRES, FOUND_CA_KEY_OPEN,
                                           FOUND_CA_MIXED };
    bool good;
    struct squid_survey *s = squid_survey_new(d->options->squid_conf, "", &good);
    const struct squid_facts *f = s && good ? squid_survey_facts(s) : NULL;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!f)
            findings_unknown(d->findings, all[i], "%s",
                             s ? squid_survey_why(s) : "memory is used up");
        else if (!f->n_tls)
            findings_ok(d->findings, all[i], "no port is for ssl-bump");
    for (size_t i = 0; f && i < f->n_tls; i++)
        if (!was_told(f, i))
            look_at_pair(d, f->tls[i].certificate,
                         f->tls[i].key[0] ? f->tls[i].key : f->tls[i].certificate);
    if (f && f->n_tls && f->certificates[0]) {
        look_at_folder(d, f->certificates);
        look_at_signers(d, f);
    } else if (f && f->n_tls) {
        findings_ok(d->findings, FOUND_CA_MIXED, "no folder of certificates is named");
    }
    squid_survey_free(s);
}
