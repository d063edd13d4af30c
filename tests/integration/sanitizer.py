# SPDX-License-Identifier: Apache-2.0
"""What a build with sanitizers needs to run, and what it reports. c-icap is never built so: the
runtime is preloaded into it."""
import ctypes
import glob
import os

ADDR_NO_RANDOMIZE = 0x0040000

patience = 1                      # what a time is multiplied by before it is too long; a run sets it


class Missing(Exception):
    """A runtime that is not there, or cannot work here."""


class Sanitizer:
    """A build without any."""
    name = ""
    slower = 1                    # how many times as long a start may take
    patience = 1                  # and everything that a scenario waits for

    def __init__(self):
        self.seen = set()         # files of reports that were told

    def environment(self, folder):
        """Of what runs our code, with the reports in that folder."""
        return dict(os.environ)

    def preload(self):
        return {}

    def reports(self, folder):
        """Lines of what was reported in a folder and in those inside of it, each once."""
        found = []
        for path in glob.glob(glob.escape(folder) + "/**/*san.*", recursive=True):
            name = os.path.basename(path)
            if path in self.seen or not name.startswith(("asan.", "ubsan.", "tsan.")):
                continue
            self.seen.add(path)
            with open(path, errors="replace") as f:
                report = self.ours(f.read())
            if report:
                found += ["--- " + name] + report.split("\n")[:60]
        for name in ("c-icap.out", "server.log"):
            try:
                with open(os.path.join(folder, name), errors="replace") as f:
                    found += [line.rstrip() for line in f
                              if "runtime error" in line or "ThreadSanitizer" in line]
            except OSError:
                pass
        return found

    def ours(self, report):
        return report


class Address(Sanitizer):
    """AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer: --enable-sanitizers."""
    name = "asan"
    slower = 2.5

    def environment(self, folder):
        suppressions = os.path.join(folder, "lsan.supp")
        with open(suppressions, "w") as f:
            # OpenSSL keeps the algorithms it has looked up, and forgets where at exit.
            f.write("leak:EVP_MD_fetch\n")
        return dict(os.environ,
                    ASAN_OPTIONS="log_path=%s/asan:detect_leaks=1:abort_on_error=0:"
                    "detect_odr_violation=0:fast_unwind_on_malloc=0" % folder,
                    LSAN_OPTIONS="suppressions=%s:print_suppressions=0" % suppressions,
                    UBSAN_OPTIONS="print_stacktrace=1:log_path=%s/ubsan" % folder)

    def preload(self):
        return {"LD_PRELOAD": runtime("asan")}

    def ours(self, report):
        """Leaves out the leaks that are c-icap's own: those without a function of the module in
        their stack."""
        if "LeakSanitizer" not in report or "ERROR: AddressSanitizer" in report:
            return report
        return "\n\n".join(block for block in report.split("\n\n")
                           if "srv_optout" in block and "leak of" in block)


class Thread(Sanitizer):
    """ThreadSanitizer: --enable-thread-sanitizer. A race ends nothing, so that all are told."""
    name = "tsan"
    slower, patience = 10, 4

    def __init__(self, folder):
        super().__init__()
        # Its runtime wants its places free; what is started from here has them.
        if ctypes.CDLL(None, use_errno=True).personality(ADDR_NO_RANDOMIZE) == -1:
            raise Missing("addresses cannot be laid out as ThreadSanitizer wants them: %s"
                          % os.strerror(ctypes.get_errno()))
        os.environ["TSAN_OPTIONS"] = self.options(folder)

    @staticmethod
    def options(folder):
        # Children of c-icap start threads after a fork.
        return "log_path=%s/tsan:die_after_fork=0:exitcode=0" % folder

    def environment(self, folder):
        return dict(os.environ, TSAN_OPTIONS=self.options(folder))

    def preload(self):
        return {"LD_PRELOAD": runtime("tsan")}


def of(args, folder):
    """By the options of the command line; the folder takes what no stack reports."""
    if args.asan and args.tsan:
        raise Missing("--asan and --tsan are two builds")
    if args.tsan:
        return Thread(folder)
    return Address() if args.asan else Sanitizer()


def runtime(name):
    for pattern in ("/usr/lib/*/lib%s.so.*", "/usr/lib/gcc/*/*/lib%s.so"):
        found = sorted(glob.glob(pattern % name))
        if found:
            return found[0]
    raise Missing("lib%s was not found; it comes with gcc" % name)
