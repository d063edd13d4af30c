# SPDX-License-Identifier: Apache-2.0
"""Which stack plays which scenarios, and when. Scenarios mostly wait, so several stacks run
at the same time; a scenario that must be alone is alone on its stack, not on the machine."""

ALONE_ON_A_STACK = 7             # a stack takes some five seconds to start and to stop


class Unit:
    """One stack: the scenarios that it plays at the same time, then those one by one."""

    def __init__(self, config, number, together, alone):
        self.config = config
        self.folder = "%s-%d" % (config, number)
        self.together = together
        self.alone = alone


def units(cases):
    """The stacks for these scenarios; those with much to wait for come first."""
    found = []
    for config in dict.fromkeys(c.config for c in cases):
        mine = [c for c in cases if c.config == config]
        together = [c for c in mine if not c.alone]
        alone = [c for c in mine if c.alone]
        first = ALONE_ON_A_STACK if len(together) < 20 else 0
        found.append(Unit(config, 0, together, alone[:first]))
        # Neighbours are of one kind, and one kind takes long: every nth instead.
        rest = alone[first:]
        n = -(-len(rest) // ALONE_ON_A_STACK)
        found += [Unit(config, i + 1, [], rest[i::n]) for i in range(n)]
    return sorted((u for u in found if u.together or u.alone),
                  key=lambda u: -(10 * len(u.alone) + len(u.together) / 10))
