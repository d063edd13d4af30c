/* SPDX-License-Identifier: Apache-2.0 */
/* message.c - a message between filter and daemon, as bytes.
 *
 * Limits: MESSAGE_MAX bytes, MESSAGE_FIELDS_MAX fields. */
#include "site/message.h"

#define LENGTH_SIZE 4 /* bytes before each field */

static const uint8_t magic[4] = { 'O', 'P', 'T', '1' };

static void put_u32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

static uint32_t get_u32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

enum optout_rc message_print(const struct message *m, struct buf *out)
{
    size_t total = MESSAGE_HEAD;
    if (m->n > MESSAGE_FIELDS_MAX || m->verb < MESSAGE_ASK || m->verb > MESSAGE_LAST)
        return OPTOUT_E_LIMIT;
    for (size_t i = 0; i < m->n; i++) {
        if (m->field[i].n > MESSAGE_MAX - LENGTH_SIZE - total)
            return OPTOUT_E_LIMIT;
        total += LENGTH_SIZE + m->field[i].n;
        if (total > MESSAGE_MAX - LENGTH_SIZE)
            return OPTOUT_E_LIMIT;
    }
    uint8_t *p = buf_room(out, total);
    if (!p)
        return out->failed;
    memcpy(p, magic, sizeof magic);
    p[4] = m->verb;
    p[5] = (uint8_t)m->n;
    p[6] = p[7] = 0;
    put_u32(p + 8, (uint32_t)(total - MESSAGE_HEAD));
    put_u32(p + 12, m->tag);
    p += MESSAGE_HEAD;
    for (size_t i = 0; i < m->n; i++) {
        put_u32(p, (uint32_t)m->field[i].n);
        if (m->field[i].n)
            memcpy(p + LENGTH_SIZE, m->field[i].p, m->field[i].n);
        p += LENGTH_SIZE + m->field[i].n;
    }
    out->n += total;
    return OPTOUT_OK;
}

/* What the head says, as far as it is there: a stranger's first bytes are
 * refused at once, not after 16 of them. */
static bool head_fits(struct slice bytes)
{
    size_t n = bytes.n < sizeof magic ? bytes.n : sizeof magic;
    if (n && memcmp(bytes.p, magic, n) != 0)
        return false;
    if (bytes.n > 4 && (bytes.p[4] < MESSAGE_ASK || bytes.p[4] > MESSAGE_LAST))
        return false;
    if (bytes.n > 5 && bytes.p[5] > MESSAGE_FIELDS_MAX)
        return false;
    if ((bytes.n > 6 && bytes.p[6] != 0) || (bytes.n > 7 && bytes.p[7] != 0))
        return false;
    return bytes.n < 12 || get_u32(bytes.p + 8) <= MESSAGE_MAX - MESSAGE_HEAD;
}

enum optout_rc message_read(struct slice bytes, struct message *m, size_t *used)
{
    if (!head_fits(bytes))
        return OPTOUT_E_SYNTAX;
    if (bytes.n < MESSAGE_HEAD)
        return OPTOUT_MORE;
    size_t follow = get_u32(bytes.p + 8);
    size_t n = bytes.p[5];
    if (follow < n * LENGTH_SIZE)
        return OPTOUT_E_SYNTAX;
    if (bytes.n - MESSAGE_HEAD < follow)
        return OPTOUT_MORE;
    *m = (struct message){ .verb = bytes.p[4], .tag = get_u32(bytes.p + 12), .n = n };
    struct slice rest = slice_sub(bytes, MESSAGE_HEAD, follow);
    for (size_t i = 0; i < n; i++) {
        if (rest.n < LENGTH_SIZE)
            return OPTOUT_E_SYNTAX;
        size_t length = get_u32(rest.p);
        rest = slice_from(rest, LENGTH_SIZE);
        if (length > rest.n)
            return OPTOUT_E_SYNTAX;
        m->field[i] = slice_of(rest.p, length);
        rest = slice_from(rest, length);
    }
    if (rest.n != 0)
        return OPTOUT_E_SYNTAX;
    *used = MESSAGE_HEAD + follow;
    return OPTOUT_OK;
}
