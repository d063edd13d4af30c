/* SPDX-License-Identifier: Apache-2.0 */
#include "icap/hold.h"

#include "core/process.h"
#include "metrics/metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define BUDGET_SLOTS 256 /* children that can hold at the same time */

struct hold_budget {
    atomic_ullong used;
    struct {
        atomic_int pid;
        atomic_ullong bytes;
    } slot[BUDGET_SLOTS];
};

struct hold_block {
    struct hold_block *next;
    size_t from, to;  /* the bytes that are still to be read */
    off_t spooled_at; /* -1: in memory */
    uint8_t bytes[];  /* HOLD_BLOCK of them when in memory */
};

/* ---- the budget ---- */

struct hold_budget *hold_budget_make(void)
{
    void *p = mmap(NULL, sizeof(struct hold_budget), PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

void hold_budget_free(struct hold_budget *b)
{
    if (b)
        munmap(b, sizeof *b);
}

uint64_t hold_budget_used(const struct hold_budget *b)
{
    return atomic_load(&b->used);
}

void hold_budget_forget(struct hold_budget *b, pid_t child)
{
    for (size_t i = 0; b && i < BUDGET_SLOTS; i++) {
        if (atomic_load(&b->slot[i].pid) != (int)child)
            continue;
        atomic_fetch_sub(&b->used, atomic_exchange(&b->slot[i].bytes, 0));
        atomic_store(&b->slot[i].pid, 0);
    }
}

/* This process's own account; without one its share is only part of the sum. */
static atomic_ullong *budget_account(struct hold_budget *b)
{
    int me = (int)process_self();
    size_t start = (size_t)me % BUDGET_SLOTS;
    for (size_t k = 0; k < BUDGET_SLOTS; k++) {
        size_t i = (start + k) % BUDGET_SLOTS;
        int owner = 0;
        if (atomic_load(&b->slot[i].pid) == me ||
            atomic_compare_exchange_strong(&b->slot[i].pid, &owner, me))
            return &b->slot[i].bytes;
    }
    return NULL;
}

static bool budget_take(struct hold *h)
{
    if (atomic_fetch_add(&h->budget->used, HOLD_BLOCK) + HOLD_BLOCK > h->total_max) {
        atomic_fetch_sub(&h->budget->used, HOLD_BLOCK);
        metrics_count(METRIC_HOLD_FULL);
        return false;
    }
    metrics_add(METRIC_HOLD_USED_BYTES, HOLD_BLOCK);
    atomic_ullong *account = budget_account(h->budget);
    if (account)
        atomic_fetch_add(account, HOLD_BLOCK);
    return true;
}

static void budget_return(struct hold *h)
{
    metrics_take(METRIC_HOLD_USED_BYTES, HOLD_BLOCK);
    atomic_fetch_sub(&h->budget->used, HOLD_BLOCK);
    atomic_ullong *account = budget_account(h->budget);
    if (account)
        atomic_fetch_sub(account, HOLD_BLOCK);
}

/* ---- the queue ---- */

void hold_init(struct hold *h, struct hold_budget *b, uint64_t total_max, uint64_t memory_max,
               const char *spool_dir)
{
    *h = (struct hold){
        .budget = b,
        .total_max = total_max,
        .memory_max = memory_max,
        .spool_dir = spool_dir,
        .fd = -1,
    };
}

static int open_spool(const char *dir)
{
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
        return fd;
    char path[4200]; /* file systems without O_TMPFILE */
    snprintf(path, sizeof path, "%.4096s/optout-hold-XXXXXX", dir);
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    return fd;
}

static struct hold_block *make_spooled(struct hold *h)
{
    if (h->fd < 0 && (h->fd = open_spool(h->spool_dir)) < 0)
        return NULL;
    struct hold_block *b = h->unused;
    if (b) {
        h->unused = b->next;
        return b;
    }
    if ((b = malloc(sizeof *b)) != NULL) {
        b->spooled_at = h->spool_end;
        h->spool_end += HOLD_BLOCK;
    }
    return b;
}

static struct hold_block *make_block(struct hold *h)
{
    bool memory = h->in_memory + HOLD_BLOCK <= h->memory_max;
    struct hold_block *b = memory ? malloc(sizeof *b + HOLD_BLOCK) : make_spooled(h);
    if (!b)
        return NULL;
    if (memory) {
        b->spooled_at = -1;
        h->in_memory += HOLD_BLOCK;
    }
    b->next = NULL;
    b->from = b->to = 0;
    return b;
}

static enum optout_rc add_block(struct hold *h)
{
    if (!budget_take(h))
        return OPTOUT_E_LIMIT;
    errno = 0;
    struct hold_block *b = make_block(h);
    if (!b) {
        budget_return(h);
        return errno == ENOMEM || errno == 0 ? OPTOUT_E_NOMEM : OPTOUT_E_IO;
    }
    if (h->tail)
        h->tail->next = b;
    else
        h->head = b;
    h->tail = b;
    return OPTOUT_OK;
}

static enum optout_rc write_all(int fd, struct slice s, off_t at)
{
    while (s.n) {
        ssize_t n = pwrite(fd, s.p, s.n, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return OPTOUT_E_IO;
        s = slice_from(s, (size_t)n);
        at += n;
    }
    return OPTOUT_OK;
}

static enum optout_rc read_all(int fd, uint8_t *to, size_t n, off_t at)
{
    while (n) {
        ssize_t k = pread(fd, to, n, at);
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return OPTOUT_E_IO;
        to += k;
        at += k;
        n -= (size_t)k;
    }
    return OPTOUT_OK;
}

enum optout_rc hold_append(struct hold *h, struct slice bytes)
{
    while (bytes.n) {
        if (!h->tail || h->tail->to == HOLD_BLOCK) {
            enum optout_rc rc = add_block(h);
            if (rc != OPTOUT_OK)
                return rc;
        }
        struct hold_block *b = h->tail;
        struct slice part = slice_sub(bytes, 0, HOLD_BLOCK - b->to);
        if (b->spooled_at < 0)
            memcpy(b->bytes + b->to, part.p, part.n);
        else if (write_all(h->fd, part, b->spooled_at + (off_t)b->to) != OPTOUT_OK)
            return OPTOUT_E_IO;
        b->to += part.n;
        h->size += part.n;
        bytes = slice_from(bytes, part.n);
    }
    return OPTOUT_OK;
}

static void drop_head(struct hold *h)
{
    struct hold_block *b = h->head;
    h->head = b->next;
    if (!h->head)
        h->tail = NULL;
    budget_return(h);
    if (b->spooled_at < 0) {
        h->in_memory -= HOLD_BLOCK;
        free(b);
    } else {
        b->next = h->unused;
        h->unused = b;
    }
}

enum optout_rc hold_keep(struct hold *h, struct slice bytes)
{
    uint64_t before = h->size;
    enum optout_rc rc = hold_append(h, bytes);
    if (rc != OPTOUT_E_LIMIT)
        return rc;
    h->total_max = UINT64_MAX;
    rc = hold_append(h, slice_from(bytes, (size_t)(h->size - before)));
    return rc == OPTOUT_OK ? OPTOUT_E_LIMIT : rc;
}

enum optout_rc hold_read(struct hold *h, void *to, size_t n, size_t *got)
{
    *got = 0;
    while (n && h->head) {
        struct hold_block *b = h->head;
        size_t k = b->to - b->from;
        k = k < n ? k : n;
        uint8_t *out = (uint8_t *)to + *got;
        if (b->spooled_at < 0)
            memcpy(out, b->bytes + b->from, k);
        else if (read_all(h->fd, out, k, b->spooled_at + (off_t)b->from) != OPTOUT_OK)
            return OPTOUT_E_IO;
        b->from += k;
        h->size -= k;
        h->taken += k;
        *got += k;
        n -= k;
        if (b->from == b->to && (b->to == HOLD_BLOCK || h->size == 0))
            drop_head(h);
    }
    return OPTOUT_OK;
}

enum optout_rc hold_peek(const struct hold *h, uint64_t offset, void *to, size_t n)
{
    if (offset < h->taken || offset - h->taken > h->size || n > h->size - (offset - h->taken))
        return OPTOUT_E_LIMIT;
    uint64_t skip = offset - h->taken;
    uint8_t *out = to;
    for (const struct hold_block *b = h->head; b && n; b = b->next) {
        size_t k = b->to - b->from;
        if (skip >= k) {
            skip -= k;
            continue;
        }
        size_t from = b->from + (size_t)skip;
        k = b->to - from < n ? b->to - from : n;
        if (b->spooled_at < 0)
            memcpy(out, b->bytes + from, k);
        else if (read_all(h->fd, out, k, b->spooled_at + (off_t)from) != OPTOUT_OK)
            return OPTOUT_E_IO;
        out += k;
        n -= k;
        skip = 0;
    }
    return n ? OPTOUT_E_LIMIT : OPTOUT_OK;
}

void hold_free(struct hold *h)
{
    while (h->head)
        drop_head(h);
    while (h->unused) {
        struct hold_block *b = h->unused;
        h->unused = b->next;
        free(b);
    }
    if (h->fd >= 0)
        close(h->fd);
    h->fd = -1;
}
