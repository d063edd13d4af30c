/* SPDX-License-Identifier: Apache-2.0 */
/* ca_folder.h - which CA signed the certificates in the folder that Squid serves them from. */
#ifndef OPTOUT_DOCTOR_CA_FOLDER_H
#define OPTOUT_DOCTOR_CA_FOLDER_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>

#define CA_FOLDER_ROWS 4000u /* so many are looked at: a second at most */

struct ca_folder {
    unsigned looked_at, of_others; /* certificates of sites that Squid trusts */
    bool more;                     /* than CA_FOLDER_ROWS */
    char host[256];                /* the first of another CA: for which host, */
    char issuer[256];              /* and whose it is */
    char why[300];                 /* it could not be read */
};

/* By FOLDER/index.txt, as security_file_certgen writes it: subject and ways to sign, end, nothing, serial, name
 * in columns parted by tabs; the certificate is certs/SERIAL.pem. What Squid signs as not trusted, or lets sign
 * itself, has another signer by intent and is left out. False: `why` tells. */
bool ca_folder_read(const char *folder, X509 *const *ca, size_t n_ca, struct ca_folder *found);

#endif
