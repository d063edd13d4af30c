/* SPDX-License-Identifier: Apache-2.0 */
/* share_url.h - where Redis is, as one line of configuration says it. */
#ifndef OPTOUT_DAEMON_SHARE_URL_H
#define OPTOUT_DAEMON_SHARE_URL_H

#include "core/slice.h"

#define SHARE_HOST_MAX 256 /* with the NUL, as all of these */
#define SHARE_PATH_MAX 108 /* sun_path */
#define SHARE_USER_MAX 256
#define SHARE_PASSWORD_MAX 1024
#define SHARE_DB_MAX 65535u

struct share_address {
    bool tls;
    char host[SHARE_HOST_MAX]; /* name or address, without brackets; "" for a socket */
    char port[6];
    char path[SHARE_PATH_MAX]; /* of the Unix socket; "" for a host */
    char user[SHARE_USER_MAX];
    char password[SHARE_PASSWORD_MAX];
    unsigned db;
};

/* redis:// or rediss://[user[:password]@]host[:port][/db], unix:/path[?db=N].
 * User, password and path may be percent-encoded (RFC 3986 section 2.1). False
 * with `why`, which never repeats the password. */
bool share_url_read(const char *url, struct share_address *out, char *why, size_t why_size);

#endif
