# SPDX-License-Identifier: Apache-2.0
"""What those parts of the benches that `make check` runs have in common."""
import glob


class Tap:
    def __init__(self):
        self.n = self.bad = 0

    def case(self, right, name, why=""):
        self.n += 1
        self.bad += not right
        print(f"{'ok' if right else 'not ok'} {self.n} - {name}", flush=True)
        for line in [] if right else str(why).splitlines():
            print(f"# {line}", flush=True)


def preload(module):
    """c-icap is not built with the sanitizers that the module may be built with. Both services
    are called `service`. None: their runtime was not found."""
    with open(module, "rb") as f:
        if b"__asan_init" not in f.read():
            return []
    runtime = sorted(glob.glob("/usr/lib/*/libasan.so.*"))
    return ["env", f"LD_PRELOAD={runtime[0]}",
            "ASAN_OPTIONS=detect_leaks=0:detect_odr_violation=0"] if runtime else None
