/* SPDX-License-Identifier: Apache-2.0 */
#include "core/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#define PARTS_OF_FIELD 4
#define LONG_MARK 9 /* a line end and the length, 64 bits, little-endian */
#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)

bool journal_has(int fd)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long dev, ino;
    char rest;
    struct stat st;
    return stream && sscanf(stream, "%llu:%llu%c", &dev, &ino, &rest) == 2 && fstat(fd, &st) == 0 &&
           st.st_dev == (dev_t)dev && st.st_ino == (ino_t)ino;
}

int journal_socket(void)
{
    return socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

static struct iovec part(const void *p, size_t n)
{
    return (struct iovec){ .iov_base = (void *)(uintptr_t)p, .iov_len = n };
}

/* NAME=value, or, with a line end in the value, NAME, its length and the value. */
static void print_field(const struct journal_field *f, uint8_t mark[LONG_MARK],
                        struct iovec parts[PARTS_OF_FIELD])
{
    bool is_long = slice_find(f->value, '\n') < f->value.n;
    mark[0] = is_long ? '\n' : '=';
    for (unsigned i = 0; i < 8; i++)
        mark[1 + i] = (uint8_t)((uint64_t)f->value.n >> (8 * i));
    parts[0] = part(f->name, strlen(f->name));
    parts[1] = part(mark, is_long ? LONG_MARK : 1);
    parts[2] = part(f->value.p, f->value.n);
    parts[3] = part("\n", 1);
}

static bool send_parts(int fd, struct sockaddr_un *to, struct iovec *parts, size_t n)
{
    struct msghdr m = { .msg_name = to, .msg_namelen = sizeof *to, .msg_iov = parts,
                        .msg_iovlen = n };
    return sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

static bool send_descriptor(int fd, struct sockaddr_un *to, int passed)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } control = { .room = { 0 } };
    struct msghdr m = { .msg_name = to, .msg_namelen = sizeof *to, .msg_control = control.room,
                        .msg_controllen = sizeof control.room };
    control.head = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof passed),
                                     .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
    memcpy(CMSG_DATA(&control.head), &passed, sizeof passed);
    return sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

static bool send_as_file(int fd, struct sockaddr_un *to, struct iovec *parts, size_t n)
{
    size_t all = 0;
    for (size_t i = 0; i < n; i++)
        all += parts[i].iov_len;
    int file = memfd_create("optout-log", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (file < 0)
        return false;
    ssize_t written = writev(file, parts, (int)n);
    bool good = written >= 0 && (size_t)written == all && fcntl(file, F_ADD_SEALS, SEALS) == 0 &&
                send_descriptor(fd, to, file);
    int why = errno;
    close(file);
    errno = why;
    return good;
}

bool journal_send(int fd, const char *path, const struct journal_field *fields, size_t n)
{
    struct iovec parts[JOURNAL_FIELDS_MAX * PARTS_OF_FIELD];
    uint8_t marks[JOURNAL_FIELDS_MAX][LONG_MARK];
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    size_t length = strlen(path);
    if (n > JOURNAL_FIELDS_MAX || length >= sizeof to.sun_path) {
        errno = EINVAL;
        return false;
    }
    memcpy(to.sun_path, path, length);
    for (size_t i = 0; i < n; i++)
        print_field(&fields[i], marks[i], parts + i * PARTS_OF_FIELD);
    if (send_parts(fd, &to, parts, n * PARTS_OF_FIELD))
        return true;
    return (errno == EMSGSIZE || errno == ENOBUFS) &&
           send_as_file(fd, &to, parts, n * PARTS_OF_FIELD);
}
