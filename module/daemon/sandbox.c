/* SPDX-License-Identifier: Apache-2.0 */
/* sandbox.c - limits of the kernel and a filter of its calls, for one thread that reads and
 * writes one descriptor.
 *
 * seccomp(2) and Documentation/userspace-api/seccomp_filter.rst; set by prctl, which the filter of
 * a systemd unit allows where it may forbid seccomp. No library: one short list, the same on both
 * processors, for it names no call that only one of them has. Calls of another processor mode
 * (32 bits, x32) have other numbers, so these are refused before the list is looked at. */
#include "daemon/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define IS_SANITIZED 1
#endif
#endif

#if defined(__x86_64__) && defined(__LP64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__) && defined(__LP64__) && defined(__AARCH64EL__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#endif

#define KEPT_FD 3
#define X32_BIT 0x40000000u

const char *sandbox_missing(void)
{
#if defined(IS_SANITIZED)
    return "this is a build with sanitizers";
#elif !defined(NATIVE_ARCH)
    return "there is no list of calls for this processor";
#else
    return NULL;
#endif
}

/* ---- descriptors ---- */

static bool close_from(unsigned first)
{
#ifdef SYS_close_range
    if (syscall(SYS_close_range, first, ~0u, 0u) == 0)
        return true;
#endif
    struct rlimit l;
    if (getrlimit(RLIMIT_NOFILE, &l) != 0)
        return false;
    for (rlim_t fd = first; fd < l.rlim_cur; fd++)
        (void)close((int)fd);
    return true;
}

bool sandbox_close_all(int keep)
{
#ifdef IS_SANITIZED
    static const int standard = 2;
#else
    static const int standard = 3;
#endif
    int null = open("/dev/null", O_RDWR), high = fcntl(keep, F_DUPFD, KEPT_FD + 1);
    if (null < 0 || high < 0)
        return false;
    for (int fd = 0; fd < standard; fd++)
        if (null != fd && dup2(null, fd) < 0)
            return false;
    return dup2(high, KEPT_FD) == KEPT_FD && close_from(KEPT_FD + 1);
}

bool sandbox_bind(int parent)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)prctl(PR_SET_DUMPABLE, 0);
    return getppid() == parent; /* or it ended before it could tell */
}

/* ---- limits ---- */

static bool limit(__rlimit_resource_t what, rlim_t most)
{
    struct rlimit l = { most, most };
    return setrlimit(what, &l) == 0;
}

static bool set_limits(const struct sandbox_limits *l)
{
    bool good = limit(RLIMIT_NOFILE, 0) && limit(RLIMIT_NPROC, 0) && limit(RLIMIT_CORE, 0) &&
                limit(RLIMIT_CPU, l->cpu_s);
#ifndef IS_SANITIZED /* whose shadow is terabytes of addresses, and which report to a file */
    good = good && limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_AS, l->memory);
#endif
    return good;
}

/* ---- the filter ---- */

#if defined(NATIVE_ARCH) && !defined(IS_SANITIZED)

#define AT(field) (uint32_t)offsetof(struct seccomp_data, field)
/* The low half of an argument, on a machine that stores it first. */
#define LOW_OF_ARGUMENT(i) (AT(args) + (uint32_t)(i) * 8u)
#define LOAD(at) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (at))
#define ANSWER(what) BPF_STMT(BPF_RET | BPF_K, (what))
#define ALLOW(call)                                     \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (call), 0, 1),  \
    ANSWER(SECCOMP_RET_ALLOW)
/* Memory, but none that can be run: argument 2 is its protection. */
#define ALLOW_UNLESS_RUN(call)                              \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (call), 0, 4),      \
    LOAD(LOW_OF_ARGUMENT(2)),                               \
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1),  \
    ANSWER(SECCOMP_RET_KILL_PROCESS),                       \
    ANSWER(SECCOMP_RET_ALLOW)

static const struct sock_filter program[] = {
    LOAD(AT(arch)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCH, 1, 0),
    ANSWER(SECCOMP_RET_KILL_PROCESS),
    LOAD(AT(nr)),
    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1),
    ANSWER(SECCOMP_RET_KILL_PROCESS),
    ALLOW(SYS_read),
    ALLOW(SYS_write),
    ALLOW(SYS_brk),
    ALLOW_UNLESS_RUN(SYS_mmap),
    ALLOW(SYS_munmap),
    ALLOW(SYS_mremap),
    ALLOW(SYS_madvise),
    ALLOW_UNLESS_RUN(SYS_mprotect),
    ALLOW(SYS_futex),
    ALLOW(SYS_getrandom),
    ALLOW(SYS_clock_gettime), /* where the kernel gives no page for it */
    ALLOW(SYS_sysinfo),       /* qsort, before glibc 2.37 */
    ALLOW(SYS_rt_sigprocmask),
    ALLOW(SYS_rt_sigreturn),
    ALLOW(SYS_restart_syscall), /* a read that was stopped and goes on */
    ALLOW(SYS_exit),
    ALLOW(SYS_exit_group),
    ANSWER(SECCOMP_RET_KILL_PROCESS),
};

static bool set_filter(void)
{
    struct sock_fprog p = { sizeof program / sizeof *program,
                            (struct sock_filter *)(uintptr_t)program };
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p) == 0;
}

#else

static bool set_filter(void)
{
    errno = ENOSYS;
    return false;
}

#endif

bool sandbox_enter(const struct sandbox_limits *l)
{
    bool limited = set_limits(l); /* what one of them refuses, the other may do */
    int why = errno;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !set_filter())
        return false;
    errno = why;
    return limited;
}
