# SPDX-License-Identifier: Apache-2.0
"""The result as text: what was measured, and ratios against the budget."""
import statistics

import cells as plan

# Parts that print themselves: title, and what they are called in the result.
PARTS = [("c-icap alone", "icap"), ("peers", "peers"), ("system calls", "syscalls"),
         ("instructions", "callgrind"), ("formats", "formats"), ("memory", "held")]
FIELDS = ("rate", "p50", "p99", "squid", "cicap", "cpu")


def medians(rounds, arm):
    rows = [r[arm] for r in rounds if arm in r]
    return {f: statistics.median(row[f] for row in rows) for f in FIELDS} if rows else None


def ratios(rounds, arm, base, field):
    """Median of the paired ratios, and the middle half of them."""
    values = sorted(r[arm][field] / r[base][field] for r in rounds
                    if arm in r and base in r and r[base][field] > 0)
    if not values:
        return None
    if len(values) < 2:
        return values[0], values[0], values[0]
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return middle, low, high


def quiet(rounds, arm, base, field):
    """Ratio of the lower quartiles: what is left when others load the machine least."""
    both = [sorted(r[a][field] for r in rounds if a in r) for a in (arm, base)]
    low = [v[(len(v) - 1) // 4] for v in both]
    return low[0] / low[1]


def verdict(ratio, budget):
    if budget is None:
        return "-"
    middle, low, high = ratio
    word = "met" if middle <= budget else "MISSED"
    return word if (high <= budget or low > budget) else word + " (within the spread)"


def measured(cells):
    yield (f"{'cell':22}{'arm':8}{'req/s':>8}{'× alone':>9}{'p50 ms':>8}{'p99 ms':>8}"
           f"{'Squid µs':>10}{'c-icap µs':>10}{'sum µs':>8}{'up B':>9}{'back B':>9}  answer")
    for cell in cells:
        for arm in ("alone", "null", "again", "both", "optout"):
            m = medians(cell["rounds"], arm)
            if not m:
                continue
            share = ratios(cell["rounds"], arm, "alone", "rate")
            c = cell["counts"].get(arm, {})
            errors = sum(r[arm]["errors"] for r in cell["rounds"] if arm in r)
            yield (f"{cell['name']:22}{arm:8}{m['rate']:8.0f}"
                   f"{'%9.2f' % share[0] if share else '        -'}{m['p50']:8.2f}{m['p99']:8.2f}"
                   f"{m['squid']:10.1f}{m['cicap']:10.1f}{m['cpu']:8.1f}"
                   f"{c.get('up', '-'):>9}{c.get('back', '-'):>9}  {c.get('icap', '-')}"
                   + (f"  {errors} errors" if errors else ""))


def compared(cells):
    yield (f"{'cell':22}{'CPU/request':>22}{'quiet':>7}{'req/s':>8}{'p50':>7}{'p99':>22}"
           f"  {'budget CPU, p99':18}verdict CPU; p99")
    for cell in cells:
        arm = plan.OTHER_ARM.get(cell["name"], "optout")
        cpu, p99 = (ratios(cell["rounds"], arm, "null", f) for f in ("cpu", "p99"))
        if not cpu:
            continue
        rate, p50 = (ratios(cell["rounds"], arm, "null", f)[0] for f in ("rate", "p50"))
        limit = cell["budget"]
        limits = ", ".join(f"{limit[k]:.2f}" if limit[k] else "-" for k in ("cpu", "p99"))
        span = [f"{m:.3f} [{lo:.3f} {hi:.3f}]" for m, lo, hi in (cpu, p99)]
        calm = quiet(cell["rounds"], arm, "null", "cpu")
        yield (f"{cell['name']:22}{span[0]:>22}{calm:7.3f}{rate:8.3f}{p50:7.3f}{span[1]:>22}"
               f"  {limits:18}{verdict(cpu, limit['cpu'])}; {verdict(p99, limit['p99'])}")


def engine_verdicts(lines):
    for begin, most, unit in plan.ENGINE_BUDGETS:
        found = [line["line"].split("\t") for line in lines if line["line"].startswith(begin)]
        if not found:
            yield f"{begin}: not measured"
        for name, value, *_ in found:
            word = "met" if float(value) <= most else "MISSED"
            yield f"{name:44}{value:>10} {unit}  budget {most:<8}{word}"


def remarks(cells):
    for cell in cells:
        counts = cell["counts"]
        kinds = {arm: c["icap"] for arm, c in counts.items()}
        if len(set(kinds.values())) > 1:
            yield (f"{cell['name']}: the two answer in different ways ("
                   + ", ".join(f"{arm} {kind}" for arm, kind in kinds.items())
                   + "): the ratio compares two kinds of answer")
        for arm, kind in kinds.items():
            if cell["expected_icap"] not in kind:
                yield f"{cell['name']}: {arm} answered {kind}, expected {cell['expected_icap']}"


def text(result):
    m, cells = result["machine"], result["cells"]
    lines = [f"optout benchmark, {result['time']}",
             f"{m['cpu']}, {m['cores']} cores, load {m['load']:.2f} at the start; {m['squid']}; "
             f"c-icap {m['c-icap-config']}",
             f"{result['rounds']} rounds of {result['seconds']:g} s per arm, 16 connections, arms "
             "in turn; medians" * bool(cells) + "; ".join(result["set"]), ""]
    if cells:
        lines += list(measured(cells)) + [""]
        lines += ["optout / null: median of the paired ratios [middle half]"]
        lines += list(compared(cells)) + [""]
        lines += [f"note: {line}" for line in remarks(cells)]
    lines += [f"FAILED {f['name']}: {f['why']}" for f in result["failed"]]
    if result["engine"]:
        lines += ["", f"engine, on {result['engine']['source']}"]
        lines += ["  " + row["line"] for row in result["engine"]["lines"]]
        lines += ["", "engine budgets"]
        lines += ["  " + line for line in engine_verdicts(result["engine"]["lines"])]
    for title, part in PARTS:
        if result[part]:
            lines += ["", title] + ["  " + row for row in result[part]["lines"]]
    return "\n".join(lines).rstrip() + "\n"
