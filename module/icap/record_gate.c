/* SPDX-License-Identifier: Apache-2.0 */
#include "icap/record_gate.h"

#include "core/clock.h"

#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>

struct record_gate {
    _Atomic uint64_t trial_us; /* the next trial, on the clock of all processes; 0: open */
    _Atomic uint64_t refused;
};

struct record_gate *record_gate_make(void)
{
    void *p = mmap(NULL, sizeof(struct record_gate), PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

void record_gate_free(struct record_gate *g)
{
    if (g)
        munmap(g, sizeof *g);
}

enum gate_state record_gate_ask(struct record_gate *g)
{
    uint64_t trial = g ? atomic_load_explicit(&g->trial_us, memory_order_relaxed) : 0;
    if (trial == 0)
        return GATE_OPEN;
    uint64_t now = clock_mono_us();
    /* Whoever moves the time on is the one who tries; if it dies, another does a second later. */
    if (now >= trial && atomic_compare_exchange_strong(&g->trial_us, &trial, now + GATE_TRIAL_US))
        return GATE_TRY;
    return trial == 0 ? GATE_OPEN : GATE_CLOSED;
}

bool record_gate_close(struct record_gate *g)
{
    uint64_t open = 0;
    return g && atomic_compare_exchange_strong(&g->trial_us, &open, 1); /* a trial is due at once */
}

void record_gate_count(struct record_gate *g)
{
    if (g)
        atomic_fetch_add(&g->refused, 1);
}

uint64_t record_gate_open(struct record_gate *g)
{
    if (!g)
        return 0;
    atomic_store(&g->trial_us, 0);
    return atomic_exchange(&g->refused, 0);
}
