/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/sockets.h"

#include "core/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_BYTES_MAX (16u << 20)
#define LISTEN "0A"

/* Addresses stand there as words of the machine's own order, in hex: 127.0.0.1 of a
 * little-endian one is 0100007F. */
static bool is_loopback(const char *address)
{
    static const char mapped[] = "0000000000000000FFFF0000";
    size_t n = strlen(address);
    if (n == 32 && strcmp(address, "00000000000000000000000001000000") == 0)
        return true;
    if (n == 32 && strncmp(address, mapped, sizeof mapped - 1) == 0)
        address += sizeof mapped - 1;
    else if (n != 8)
        return false;
    return strcmp(address + 6, "7F") == 0;
}

static void take_line(struct slice line, unsigned port, struct listening *l)
{
    char text[256], address[33], state[3];
    unsigned at;
    if (line.n >= sizeof text)
        return;
    memcpy(text, line.p, line.n);
    text[line.n] = '\0';
    if (sscanf(text, " %*d: %32[0-9A-F]:%4x %*s %2s", address, &at, state) != 3 || at != port ||
        strcmp(state, LISTEN) != 0)
        return;
    if (is_loopback(address))
        l->loopback = true;
    else
        l->open = true;
}

void sockets_read(struct slice text, unsigned port, struct listening *l)
{
    struct slice line;
    while (text.p && slice_split(&text, '\n', &line))
        if (line.n)
            take_line(line, port, l);
}

bool sockets_listening(unsigned port, struct listening *l)
{
    static const char *const files[] = { "/proc/net/tcp", "/proc/net/tcp6" };
    bool any = false;
    *l = (struct listening){ .open = false };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct buf text;
        buf_init(&text, FILE_BYTES_MAX);
        if (file_read(files[i], &text) == OPTOUT_OK) {
            sockets_read(buf_slice(&text), port, l);
            any = true;
        }
        buf_free(&text);
    }
    return any;
}
