/* SPDX-License-Identifier: Apache-2.0 */
/* The format: squid/src/security/cert_generators/file/certificate_db.cc. */
#include "doctor/ca_folder.h"

#include "core/slice.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_MAX_BYTES 8192u
#define FILE_MAX (64u << 10) /* a certificate with its key is 4 KiB */
#define INDEX_MAX (64u << 20)
#define COLUMNS 5u

/* The folder is Squid's: what it holds in the place of a file must not hold up who looks. */
static FILE *open_file(const char *path, off_t max)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > max)) {
        close(fd);
        fd = -1;
        errno = EINVAL;
    }
    FILE *f = fd >= 0 ? fdopen(fd, "r") : NULL;
    if (!f && fd >= 0)
        close(fd);
    return f;
}

static bool is_of(X509 *x, X509 *const *ca, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (X509_check_issued(ca[i], x) == X509_V_OK && X509_verify(x, X509_get0_pubkey(ca[i])) == 1)
            return true;
    return false;
}

/* Squid names a file by the serial in hexadecimal; anything else would be a path of somebody's own. */
static bool is_serial(struct slice s)
{
    if (s.n == 0 || s.n > 64)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!(s.p[i] >= '0' && s.p[i] <= '9') && !(s.p[i] >= 'A' && s.p[i] <= 'F'))
            return false;
    return true;
}

static void note_other(struct ca_folder *found, X509 *x, struct slice subject)
{
    static const struct slice cn = SLICE("/CN=");
    size_t plus = slice_find(subject, '+');
    struct slice host = slice_sub(subject, 0, plus);
    if (found->of_others++)
        return;
    if (slice_starts_nocase(host, cn))
        host = slice_from(host, cn.n);
    snprintf(found->host, sizeof found->host, "%.*s", SLICE_FMT(host));
    X509_NAME_oneline(X509_get_issuer_name(x), found->issuer, sizeof found->issuer);
}

/* What has gone meanwhile is of no matter: Squid deletes the oldest. */
static bool look_at(const char *folder, struct slice serial, struct slice subject, X509 *const *ca, size_t n,
                    struct ca_folder *found)
{
    char path[1200];
    snprintf(path, sizeof path, "%s/certs/%.*s.pem", folder, SLICE_FMT(serial));
    FILE *f = open_file(path, FILE_MAX);
    if (!f && errno != ENOENT) {
        snprintf(found->why, sizeof found->why, "%.200s: %s", path, strerror(errno));
        return false;
    }
    X509 *x = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;
    if (f)
        fclose(f);
    if (x) {
        found->looked_at++;
        if (!is_of(x, ca, n))
            note_other(found, x, subject);
    }
    X509_free(x);
    return true;
}

static bool read_row(const char *folder, struct slice line, X509 *const *ca, size_t n, struct ca_folder *found)
{
    static const struct slice trusted = SLICE("+Sign=signTrusted");
    struct slice column[COLUMNS] = { { NULL, 0 } };
    size_t columns = 0;
    while (columns < COLUMNS && slice_split(&line, '\t', &column[columns]))
        columns++;
    if (columns < COLUMNS - 1 || slice_find_nocase(column[0], trusted) == column[0].n || !is_serial(column[3]))
        return true;
    return look_at(folder, column[3], column[0], ca, n, found);
}

bool ca_folder_read(const char *folder, X509 *const *ca, size_t n_ca, struct ca_folder *found)
{
    char path[1100], line[LINE_MAX_BYTES];
    *found = (struct ca_folder){ .looked_at = 0 };
    snprintf(path, sizeof path, "%.1000s/index.txt", folder);
    FILE *f = open_file(path, INDEX_MAX);
    bool good = f != NULL;
    if (!f)
        snprintf(found->why, sizeof found->why, "%.200s: %s", path, strerror(errno));
    for (unsigned rows = 0; good && fgets(line, sizeof line, f); rows++) {
        found->more = rows >= CA_FOLDER_ROWS;
        if (found->more)
            break;
        good = read_row(folder, slice_cstr(line), ca, n_ca, found);
    }
    if (f)
        fclose(f);
    return good;
}
