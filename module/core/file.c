/* SPDX-License-Identifier: Apache-2.0 */
#include "core/file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define PIECE 65536u

enum optout_rc file_read_fd(int fd, struct buf *out)
{
    uint8_t piece[PIECE];
    for (;;) {
        ssize_t n = read(fd, piece, sizeof piece);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return OPTOUT_E_IO;
        if (n == 0)
            return OPTOUT_OK;
        enum optout_rc rc = buf_append(out, piece, (size_t)n);
        if (rc != OPTOUT_OK)
            return rc;
    }
}

enum optout_rc file_read(const char *path, struct buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return OPTOUT_E_IO;
    enum optout_rc rc = file_read_fd(fd, out);
    int why = errno;
    close(fd);
    errno = why;
    return rc;
}

bool file_write_all(int fd, struct slice s)
{
    while (s.n) {
        ssize_t n = write(fd, s.p, s.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            errno = n ? errno : 0;
            return false;
        }
        s = slice_from(s, (size_t)n);
    }
    return true;
}
