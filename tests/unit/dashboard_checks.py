# SPDX-License-Identifier: Apache-2.0
"""The dashboard and the alerts, without Grafana and without Prometheus: the JSON is a classic model
that Grafana 10 and later import, no panel lies over another, and every name is one that is counted.
Prints TAP."""
import json
import pathlib
import re
import sys

source = pathlib.Path(sys.argv[1])
dashboard_path = source / "conf/grafana/optout.json"
rules_path = source / "conf/prometheus/optout.rules.yml"
count = failures = 0

UNITS = {"none", "short", "s", "bytes", "Bps", "reqps", "cps", "percentunit"}
KINDS = {"timeseries", "stat", "table", "row"}  # not graph and singlestat, which are gone from Grafana
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}


def ok(problems, name):
    """A test that is passed when there are no problems."""
    global count, failures
    count += 1
    failures += bool(problems)
    print("%sok %d - %s" % ("not " if problems else "", count, name))
    for problem in list(problems)[:20]:
        print("# %s" % (problem,))


def counted():
    """Names of series with their labels, as docs/metrics.md has them, and those of optout-ship."""
    text = (source / "docs/metrics.md").read_text(encoding="utf-8")
    names = {}
    for name, kind, labels in re.findall(r"(?m)^\| `(optout_\w+)` \| (\w+) \| ([^|]*)\|", text):
        labels = set(re.findall(r"`(\w+)`", labels))
        if kind == "histogram":
            names.update({name + "_bucket": labels | {"le"}, name + "_sum": labels, name + "_count": labels})
        else:
            names[name] = labels
    ship = (source / "module/ship/tell.c").read_text(encoding="utf-8")
    names.update({"optout_ship_" + n: set() for n in re.findall(r'\{ "(\w+)", "(?:counter|gauge)"', ship)})
    return names


def members():
    text = (source / "docs/metrics.md").read_text(encoding="utf-8")
    at = text.index("Members of the labels")
    return {label: set(re.findall(r"`([^`]+)`", row)) for label, row in
            re.findall(r"(?m)^\| `(\w+)` \| (`.*`) \|$", text[at:])}


def wrong_selectors(expr, names, sets):
    """Names that nobody counts, labels that they do not have, members that are none."""
    expr = re.sub(r"(?m)^\s*#.*$", "", expr)
    for name, selector in re.findall(r"(?<![\w:])(optout_\w+)(\{[^}]*\})?", expr):
        if name not in names:
            yield "%s is not counted" % name
            continue
        for label, how, value in re.findall(r'(\w+)\s*(=~|!=|!~|=)\s*"([^"]*)"', selector):
            if label in ("instance", "job"):
                continue
            if label not in names[name]:
                yield "%s has no label %s" % (name, label)
            elif label in sets and not set(value.split("|")) <= sets[label]:
                yield '%s: %s has no member "%s"' % (name, label, value)


def overlaps(panels):
    taken = {}
    for p in panels:
        g = p["gridPos"]
        if g["x"] < 0 or g["w"] < 1 or g["h"] < 1 or g["x"] + g["w"] > 24:
            yield "%s is wider than the grid" % p["title"]
        for x in range(g["x"], g["x"] + g["w"]):
            for y in range(g["y"], g["y"] + g["h"]):
                other = taken.setdefault((x, y), p["title"])
                if other != p["title"]:
                    yield "%s lies over %s" % (p["title"], other)
                    return


def model_problems(d):
    """What Grafana's import refuses or shows wrongly."""
    if d.get("id", 0) is not None:
        yield "id must be null: the importing Grafana gives one"
    if not re.fullmatch(r"[a-zA-Z0-9_-]{1,40}", d.get("uid", "")):
        yield "uid"
    if not 36 <= d.get("schemaVersion", 0) <= 39:
        yield "schemaVersion: newer ones are not read by Grafana 10"
    if "__inputs" in d or "__requires" in d:
        yield "__inputs works in the import dialog alone, not from files"
    for name in ("title", "version", "time", "refresh", "templating", "panels"):
        if name not in d:
            yield "no %s" % name
    variables = {v["name"]: v for v in d["templating"]["list"]}
    if variables.get("datasource", {}).get("type") != "datasource":
        yield "no variable for the data source"
    used = set(re.findall(r"\$(?:\{)?(\w+)", json.dumps(d["panels"]))) - {"__rate_interval", "__range"}
    if used != set(variables):
        yield "variables used and made: %s, %s" % (sorted(used), sorted(variables))


def panel_problems(p):
    if p["type"] not in KINDS:
        yield "type %s" % p["type"]
    if p["type"] == "row":
        return
    if not p.get("description", "").endswith("."):
        yield "no description"
    if p.get("datasource") != DATASOURCE:
        yield "datasource"
    defaults = p["fieldConfig"]["defaults"]
    if defaults.get("unit") not in UNITS:
        yield "unit %s" % defaults.get("unit")
    if p["fieldConfig"].get("overrides") is None:
        yield "no overrides"
    refs = [t["refId"] for t in p["targets"]]
    if not refs or len(set(refs)) != len(refs):
        yield "refIds %s" % refs
    for t in p["targets"]:
        if t.get("datasource") != DATASOURCE:
            yield "datasource of %s" % t["refId"]
        if not t.get("legendFormat") and p["type"] != "table":
            yield "no legend of %s" % t["refId"]
        if re.search(r"rate\([^)]*\[(?!\$__rate_interval|\$__range)", t["expr"]):
            yield "a fixed range in %s: it shows nothing at other scrape intervals" % t["expr"]
        if (p["type"] in ("stat", "table")) != bool(t.get("instant")):
            yield "instant in %s" % t["refId"]
        if re.search(r"rate\(", t["expr"]) and defaults["unit"] in ("none", "bytes"):
            yield "a rate has a unit per second"


def check_dashboard(names, sets):
    d = json.loads(dashboard_path.read_text(encoding="utf-8"))
    panels = d["panels"]
    ok(list(model_problems(d)), "the dashboard is a classic model")
    ids = [p["id"] for p in panels]
    ok([i for i in set(ids) if ids.count(i) > 1 or not isinstance(i, int)], "ids of panels are numbers and differ")
    titles = [p["title"] for p in panels]
    ok([t for t in set(titles) if titles.count(t) > 1], "titles differ")
    ok(list(overlaps(panels)), "no panel lies over another")
    ok(["%s: %s" % (p["title"], w) for p in panels for w in panel_problems(p)],
       "panels have description, unit, source, queries")
    exprs = [t["expr"] for p in panels for t in p.get("targets", [])]
    ok(["%s in %s" % (w, e) for e in exprs for w in wrong_selectors(e, names, sets)],
       "the dashboard asks for what is counted")
    ok([e for e in exprs if 'optout_ship_' not in e and re.search(r'optout_\w+(?!\w)(?!\{)', e)],
       "each query is for the nodes that are chosen")


def check_rules(names, sets):
    text = rules_path.read_text(encoding="utf-8")
    recorded = re.findall(r"- record: (\S+)", text)
    exprs = re.sub(r"(?m)^\s*(- record|- name|- alert|runbook|summary|description):.*$", "", text)
    for name in recorded:
        exprs = exprs.replace(name, "")
    ok(list(wrong_selectors(exprs, names, sets)), "the rules ask for what is counted")
    guide = (source / "docs/metrics.md").read_text(encoding="utf-8")
    sections = set(re.findall(r"(?m)^#+ (\w+)$", guide))
    problems = []
    alerts = re.findall(r"(?ms)^      - alert: (\w+)\n(.*?)(?=^      - |^  - |\Z)", text)
    for name, body in alerts:
        for wanted in ("severity: (critical|warning|info)$", "summary: \".+\"$", "description: \".+\\.\"$",
                       "runbook: docs/metrics.md#%s$" % name.lower()):
            if not re.search("(?m)" + wanted, body):
                problems.append("%s: no %s" % (name, wanted))
        if name not in sections:
            problems.append("docs/metrics.md has no section %s" % name)
    ok(problems, "each alert has severity, summary, description and a section")
    ok([s for s in sections if s.startswith("Optout") and s not in dict(alerts)], "no section of an alert that is gone")
    ok([] if len(alerts) > 20 else [len(alerts)], "the alerts were found")


def main():
    names, sets = counted(), members()
    ok([] if len(names) > 50 and "optout_ship_reachable" in names else sorted(names), "the tables of metrics were found")
    ok([] if list(wrong_selectors('rate(optout_cut_total[5m])', names, sets)) and
       list(wrong_selectors('optout_exchanges_total{decision="maybe"}', names, sets)) and
       list(wrong_selectors('optout_cuts_total{action="cut"}', names, sets)) else ["not seen"],
       "a name, a label and a member that are none are seen")
    check_dashboard(names, sets)
    check_rules(names, sets)
    print("1..%d" % count)
    return failures > 0


sys.exit(main())
