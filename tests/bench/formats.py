# SPDX-License-Identifier: Apache-2.0
"""optout against exiftool and exiv2 on the same files, format by format, and what
hostile files cost. bench_formats.c does optout's part; README.md says how to read it.

By itself: formats.py PROGRAM [ROUNDS [FORMAT…]]"""
import collections
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "integration"))
import media  # noqa: E402

SIZE = 1000000     # bytes of a generated file
# Files by which the longer of two runs of a tool is longer, at least.
BATCH = {"exiftool": 32, "exiv2": 256}
TOOL_STUCK = 15     # seconds after which a tool is taken to be stuck
PER_FORMAT = 24    # corpus files of one format; more are thinned out evenly
CORPUS_MAX = 8 << 20  # bytes; the few that are longer are left out
HOSTILE_MS = 50.0  # per MB: the budget
HOSTILE_MIN = 65536  # bytes; a file below counts as long as this

# How long the body is, and where the statement stands; "none": nothing is stated.
RECIPES = [
    "jpeg plus", "jpeg plus at=end", "jpeg", "png plus", "png plus at=end", "png", "gif plus",
    "webp plus", "tiff plus", "psd plus", "jp2 plus", "jxl plus", "heif plus", "mp4 plus",
    "mp4 plus at=end", "mp4", "mp3 plus", "flac plus", "ogg c2pa", "wav plus", "avi plus",
    "aiff plus", "pdf plus", "pdf", "epub tdm", "docx plus", "svg plus", "font c2pa", "eps plus",
    "text c2pa",
]
VALUES = {"plus": "plus=DMI-PROHIBITED", "tdm": "tdm=1"}
CORPUS_FOLDERS = ("media/real", "media/derived", "c2pa/real", "c2pa/derived")
TYPES = {"zip": "application/zip", "text": "text/plain", "eps": "application/postscript"}

EXIFTOOL = ["exiftool", "-q", "-XMP:all", "-j"]
EXIV2 = ["exiv2", "-px"]
FIELDS = ("path format bytes touched packets signals ns least file memory "
          "undecided").split()
File = collections.namedtuple("File", FIELDS)


def optout(program, files, content_type=None):
    command = [os.path.abspath(program)] + (["-t", content_type] if content_type else []) + files
    out = subprocess.run(command, capture_output=True, text=True, timeout=600, check=True)
    rows = [line.split("\t") for line in out.stdout.splitlines() if not line.startswith("#")]
    return [File(*(int(v) if v.isdigit() else v for v in row)) for row in rows]


def cpu(command, files):
    """CPU seconds of one run, user and system."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command + files, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, timeout=4 * TOOL_STUCK)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def per_file(command, files):
    """What one file more costs a process that runs already: start-up is in both runs."""
    more = -(-BATCH[command[0]] // len(files))
    once, often = cpu(command, files), cpu(command, files * (1 + more))
    return max(often - once, 1e-9) / (more * len(files))


def found(command, files):
    """In how many of the files the tool finds XMP; -1: it does not come to an end."""
    try:
        out = subprocess.run(command + files, capture_output=True, timeout=TOOL_STUCK).stdout
    except subprocess.TimeoutExpired:
        return -1
    text = out.decode(errors="replace")
    if command is EXIFTOOL:
        return sum(len(row) > 1 for row in json.loads(text or "[]"))
    if len(files) == 1:
        return int("Xmp." in text)
    lines = [line for line in text.splitlines() if " Xmp." in line]
    return sum(any(line.startswith(path) for line in lines) for path in files)


def compare(program, name, files, content_type, rounds, reads):
    """One row: medians over the rounds, in each of which all three run in turn. `reads`
    remembers which tool read which format: only then is it measured."""
    tools = {tool[0]: tool for tool in (EXIFTOOL, EXIV2) if shutil.which(tool[0])}
    finds = {tool: found(command, files) for tool, command in tools.items()}
    reads.update((tool, name.split("/")[0]) for tool, n in finds.items() if n > 0)
    able = {tool for tool in tools if finds[tool] >= 0 and (tool, name.split("/")[0]) in reads}
    samples = collections.defaultdict(list)
    for _ in range(rounds):
        ours = optout(program, files, content_type)
        mine = sum(f.file for f in ours) / 1e9 / len(ours)
        samples["memory"].append(sum(f.ns for f in ours) / 1e9)
        for tool, command in tools.items():
            if tool in able:
                spent = per_file(command, files)
                samples[tool].append(1 / spent)
                samples[tool + "_ratio"].append(spent / mine)
    total = sum(f.bytes for f in ours)
    row = {"name": name, "files": len(ours), "bytes": total,
           "touched": sum(f.touched for f in ours) / total,
           "packets": sum(f.packets for f in ours), "memory": max(f.memory for f in ours),
           "found": sum(f.packets > 0 for f in ours), "tools_found": finds,
           "signals": sum(f.signals for f in ours),
           "undecided": sum(f.undecided != "-" for f in ours)}
    for key, values in samples.items():
        row[key] = statistics.median(values)
    return row


def generated(folder, wanted=()):
    """(name, files, Content-Type) of each recipe; the files are written to `folder`."""
    for recipe in RECIPES:
        kind, *words = recipe.split()
        if wanted and kind not in wanted:
            continue
        name = kind + ("" if words else "/none") + ("/end" if "at=end" in words else "")
        path = os.path.join(folder, name.replace("/", "-"))
        with open(path, "wb") as f:
            f.write(media.make([kind] + [VALUES.get(w, w) for w in words] + [f"size={SIZE}"]))
        yield name, [path], media.TYPES[kind], bool(words)


def below(folder):
    return sorted(os.path.join(d, f) for d, _, files in os.walk(folder) for f in files)


def corpus_files(program, corpus, wanted=()):
    """The same of real files, by what they turn out to be."""
    paths = [p for sub in CORPUS_FOLDERS for p in below(os.path.join(corpus, sub))
             if os.path.getsize(p) <= CORPUS_MAX]
    groups = collections.defaultdict(list)
    for f in optout(program, paths) if paths else ():
        if f.format not in ("headers", "html") and "+" not in f.format:
            groups[f.format].append(f.path)
    for kind in sorted(groups):
        if wanted and kind not in wanted:
            continue
        files = groups[kind]
        step = max(1, -(-len(files) // PER_FORMAT))
        yield kind, files[::step], TYPES.get(kind)


def hostile(program, corpus):
    """Each file as what it looks like, and as what names itself a text."""
    files = below(os.path.join(corpus, "hostile"))
    if not files:
        return
    for row in optout(program, files) + optout(program, files, "text/plain"):
        cost = row.least / 1e6 / (max(row.bytes, HOSTILE_MIN) / 1e6)
        yield cost, row


def head():
    return (f"{'format':14}{'files':>6}{'KB':>8}{'µs/file':>9}{'MB/s':>9}{'touched':>9}"
            f"{'metadata':>9}{'read':>6}  {'exiftool/s':>11}{'read':>6}{'ratio':>8}"
            f"  {'exiv2/s':>9}{'read':>6}{'ratio':>8}")


def line(row):
    text = (f"{row['name']:14}{row['files']:6}{row['bytes'] / 1000:8.0f}"
            f"{row['memory'] * 1e6 / row['files']:9.1f}{row['bytes'] / row['memory'] / 1e6:9.0f}"
            f"{row['touched'] * 100:8.1f}%{row['packets']:9}{row['found']:6}")
    for tool, width in (("exiftool", 13), ("exiv2", 11)):
        if tool in row:
            text += (f"{row[tool]:{width}.0f}{row['tools_found'][tool]:6}"
                     f"{row[tool + '_ratio']:8.1f}")
        else:
            times = row["tools_found"].get(tool)
            text += f"{'-' if times != -1 else 'stuck':>{width}}{'-':>6}{'-':>8}"
    return text + (f"  {row['undecided']} undecided" if row["undecided"] else "")


def measure_hostile(program, corpus, put):
    rows = sorted(hostile(program, corpus), key=lambda r: r[0], reverse=True)
    if not rows:
        put("hostile: no files")
        return None
    worst, file = rows[0]
    slowest = max(rows, key=lambda r: r[1].least)[1]
    put(f"hostile: {len(rows) // 2} files, with and without a type; worst {worst:.2f} ms "
        f"per MB (budget {HOSTILE_MS:.0f}: {'met' if worst <= HOSTILE_MS else 'MISSED'}), of "
        f"{os.path.relpath(file.path, corpus)}, {file.bytes} bytes read as {file.format}; "
        f"a file below {HOSTILE_MIN >> 10} KiB counts as that long")
    put(f"hostile: slowest {slowest.least / 1e6:.3f} ms, "
        f"{os.path.relpath(slowest.path, corpus)}, {slowest.bytes} bytes; most memory "
        f"{max(row.memory for _, row in rows) >> 10} KiB")
    return {"files": len(rows) // 2, "worst_ms_per_mb": worst, "worst": file.path,
            "slowest_ms": slowest.least / 1e6, "slowest": slowest.path}


def measure(program, corpus, rounds, say=print, wanted=()):
    """Everything; returns {"rows", "hostile", "lines"}."""
    result = {"rows": [], "hostile": None, "lines": [], "wrong": False}
    reads = set()

    def put(text):
        say("  " + text)
        result["lines"].append(text)
    for tool in (EXIFTOOL, EXIV2):
        if not shutil.which(tool[0]):
            put(f"{tool[0]} is not installed: nothing is compared with it")
    put(head())
    with tempfile.TemporaryDirectory(prefix="optout-formats.") as folder:
        for name, files, content_type, stated in generated(folder, wanted):
            row = compare(program, name, files, content_type, rounds, reads)
            result["rows"].append(row)
            put(line(row))
            if stated and not row["signals"] or row["undecided"]:
                put(f"WRONG: {name}: {row['signals']} signals, {row['undecided']} undecided")
                result["wrong"] = True
    if not corpus or not os.path.isdir(os.path.join(corpus, "media")):
        put("OPTOUT_CORPUS has no media: real and hostile files were not measured")
        return result
    put("real files")
    for name, files, content_type in corpus_files(program, corpus, wanted):
        row = compare(program, name, files, content_type, min(rounds, 3), reads)
        result["rows"].append(dict(row, corpus=True))
        put(line(row))
    result["hostile"] = measure_hostile(program, corpus, put)
    return result


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    measure(sys.argv[1], os.environ.get("OPTOUT_CORPUS"),
            int(sys.argv[2]) if len(sys.argv) > 2 else 3, wanted=sys.argv[3:])
