/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/packets.h"

#include "cli/cli.h"

#include <stdio.h>

#define ROW 16 /* bytes of a line of hexadecimal */

static void on_begin(void *ctx, unsigned handle, const char *format, const struct packet *p)
{
    static const char *const roles[PACKET_ROLE_COUNT] = {
        [PACKET_MAIN] = "", [PACKET_COMPONENT] = ", of a part", [PACKET_STALE] = ", superseded",
        [PACKET_SALVAGED] = ", salvaged", [PACKET_PENDING] = ", role still open",
    };
    struct packet_dump *d = ctx;
    for (size_t i = 0; i < PACKETS_OPEN_MAX; i++) {
        if (d->open[i].handle)
            continue;
        d->open[i].handle = handle;
        d->open[i].size = 0;
        buf_init(&d->open[i].bytes, PACKET_SHOWN_MAX);
        snprintf(d->open[i].head, sizeof d->open[i].head, "%s in %s, %.*s%s%.*s, byte %llu%s",
                 packet_kind_name(p->kind), format, SLICE_FMT(p->where), p->field.n ? " " : "",
                 SLICE_FMT(p->field), (unsigned long long)p->offset, roles[p->role]);
        return;
    }
}

static size_t find_dumped(const struct packet_dump *d, unsigned handle)
{
    size_t i = 0;
    while (i < PACKETS_OPEN_MAX && d->open[i].handle != handle)
        i++;
    return i;
}

static void on_bytes(void *ctx, unsigned handle, struct slice bytes)
{
    struct packet_dump *d = ctx;
    size_t i = find_dumped(d, handle);
    if (i == PACKETS_OPEN_MAX)
        return;
    d->open[i].size += bytes.n;
    struct slice shown = slice_sub(bytes, 0, PACKET_SHOWN_MAX - d->open[i].bytes.n);
    if (buf_append(&d->open[i].bytes, shown.p, shown.n) != OPTOUT_OK)
        d->failed = true;
}

/* Offset, bytes, characters: as hexdump -C prints them. */
static void print_hex(struct slice s, struct buf *out)
{
    for (size_t at = 0; at < s.n; at += ROW) {
        struct slice row = slice_sub(s, at, ROW);
        buf_printf(out, "%08zx ", at);
        for (size_t i = 0; i < ROW; i++)
            buf_printf(out, i < row.n ? " %02x" : "   ", i < row.n ? row.p[i] : 0);
        buf_puts(out, "  |");
        for (size_t i = 0; i < row.n; i++)
            buf_putc(out, row.p[i] >= 0x20 && row.p[i] < 0x7F ? (char)row.p[i] : '.');
        buf_puts(out, "|\n");
    }
}

static bool is_text(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < 0x20 && !ascii_is_space(s.p[i]))
            return false;
    return true;
}

/* A terminal is not to be driven by what a publisher wrote: lines are made visible. */
static void print_lines(struct slice s, struct buf *out)
{
    struct slice line;
    while (slice_split(&s, '\n', &line)) {
        visible_append(out, line, SIZE_MAX);
        buf_putc(out, '\n');
    }
}

static void on_end(void *ctx, unsigned handle, enum packet_end how)
{
    static const char *const ends[] = {
        [PACKET_WHOLE] = "", [PACKET_CUT] = ", cut short", [PACKET_LIMIT] = ", longer than is read",
        [PACKET_CORRUPT] = ", corrupt",
    };
    struct packet_dump *d = ctx;
    struct buf out;
    size_t i = find_dumped(d, handle);
    if (i == PACKETS_OPEN_MAX)
        return;
    struct slice bytes = buf_slice(&d->open[i].bytes);
    buf_init(&out, 8 * PACKET_SHOWN_MAX);
    visible_append(&out, slice_cstr(d->file), SIZE_MAX);
    buf_puts(&out, ": ");
    visible_append(&out, slice_cstr(d->open[i].head), SIZE_MAX);
    buf_printf(&out, ", %llu bytes%s%s\n", (unsigned long long)d->open[i].size, ends[how],
               d->open[i].size > bytes.n ? ", shown in part" : "");
    if (is_text(bytes))
        print_lines(bytes, &out);
    else
        print_hex(bytes, &out);
    buf_putc(&out, '\n');
    d->failed |= !cli_write(&out);
    buf_free(&out);
    buf_free(&d->open[i].bytes);
    d->open[i].handle = 0;
}

void packet_dump_init(struct packet_dump *d, const char *file)
{
    *d = (struct packet_dump){ .tap = { on_begin, on_bytes, on_end, d }, .file = file };
}
