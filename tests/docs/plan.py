# SPDX-License-Identifier: Apache-2.0
"""What is done with each block of the pages, in the order in which it is done. A block is named by its
page and how it begins; one that nothing here names fails the test, as does a line that names none.

    run      its commands are run as they stand there
    printed  what a command prints: first line and names are compared
    config   lines of a configuration, which its reader has to take
    by       run by another test, which has to hold these words
    shown    neither commands nor configuration"""
from dataclasses import dataclass, field

import node


@dataclass
class Step:
    kind: str
    page: str
    start: str
    holds: tuple = ()       # by: tests, each with words that it holds; shown: what it is
    status: dict = field(default_factory=dict)   # of commands that do not end with 0, or of several
    replace: dict = field(default_factory=dict)  # what stands for something of the reader
    before: str = ""        # commands that make what this one needs
    after: str = ""         # commands that must end with 0 then
    like: tuple = ()        # what has to be in the output
    command: str = ""       # printed: what prints it
    what: str = ""          # config: of which program
    python: str = ""        # it is Python, and this stands before it; left out where that fails
    needs: str = ""         # a program that may be missing
    slow: bool = False      # only in the long run
    cwd: str = ""


def run(page, start, **more):
    return Step("run", page, start, **more)


def by(page, start, *holds):
    return Step("by", page, start, holds=holds)


def printed(page, start, command):
    return Step("printed", page, start, command=command)


def shown(page, start, what):
    return Step("shown", page, start, holds=(what,))


def config(page, start, what):
    return Step("config", page, start, what=what)


README, GUIDE, ANSWERS, FORMAT = "README.md", "docs/operator-guide.md", "docs/answers.md", "docs/audit-format.md"
SCALE, CRAWLERS, HTTPS, METRICS = "docs/at-scale.md", "docs/crawlers.md", "docs/https.md", "docs/metrics.md"
TROUBLE, PHRASES, SPEED, BUILDING = "docs/troubleshooting.md", "docs/phrases.md", "docs/performance.md", "docs/architecture.md"
MAN, MAN_SHIP = "docs/man/optout.1", "docs/man/optout-ship.8"
MAN_CONF, MAN_DAEMON = "docs/man/srv_optout.conf.5.in", "docs/man/optoutd.conf.5.in"

LOG, TOP = node.LOG, node.TOP
PACKAGES = (("tests/packages/lib.sh", '"$TOP/start" deb'),
            ("tests/packages/in_root", "apt install --no-install-recommends", "optout setup --yes --edit --start"))
NO_KAFKA = {"--brokers kafka-1:9092,kafka-2:9092": "--brokers none -X test.mock.num.brokers=1 --once"}
ANY_WARNING = {"optout doctor": (0, 1, 3)}  # a busy machine, and what this one does not have
PATIENT = {"optout reload": "optout reload --wait 60"}  # a machine that tests something else, too
ONE_SITE = {"URL": "http://site.example/open"}

# The node, from the packages' state to one that filters: all else is tried on it.
SET_UP = [
    run(GUIDE, "optout setup --yes --edit --start --https", status={"optout setup": (0, 1)}, like=(r"\b0 errors",)),
]
START_IN_SHORT = {"--start ": ""}, "systemctl start optoutd c-icap squid"  # the doctor takes seconds

STEPS = [
    shown(README, " crawlers ──►", "a picture"),
    by(README, "./start$", ("scripts/check.sh", '"$TOP/start" up')),
    run(README, "curl -ix http://127.0.0.1:3128", like=(r"^HTTP/1.1 451 ", r"^Optout: decision=conditional")),
    by(README, "./start deb &&", *PACKAGES, ("tests/unit/test_setup.sh", "questions")),
    printed(README, "HTTP/1.1 451", "curl -sSo /dev/null -D - -x http://127.0.0.1:3128 http://site.example/page"),

    by(GUIDE, "./start deb ", *PACKAGES, ("tests/unit/test_setup.sh", "questions")),
    by(GUIDE, "./start deb\n", *PACKAGES),
    run(GUIDE, "curl -ix http://NODE:3128 --cacert", cwd="/etc/squid/optout", like=(r"^HTTP/1.1 200",)),
    by(GUIDE, "podman build", ("tests/packages/container", "conf/container/Containerfile", "--build-arg BASE=")),
    by(GUIDE, "autoreconf -fi", ("scripts/build.sh", "autoreconf -i -f", "configure", "install")),
    config(GUIDE, "acl first_schemes", "squid"),
    config(GUIDE, "Port 127.0.0.1:1344", "c-icap"),
    run(GUIDE, "install -d -o c-icap -g adm"),
    run(GUIDE, "optout config check", like=(r"^optout.AuditDir ", r"^# [0-9a-f]{64}$")),
    printed(GUIDE, "/etc/c-icap/srv_optout.conf:", """
        (sed '219q' /etc/c-icap/srv_optout.conf; echo 'optout.PreviewSize 70000'
         sed -n '221,300p' /etc/c-icap/srv_optout.conf; echo 'optout.AuditDir "audit"') >trial.conf
        mv /etc/c-icap/srv_optout.conf kept.conf && mv trial.conf /etc/c-icap/srv_optout.conf
        optout config check /etc/c-icap/c-icap.conf 2>&1 || [ $? = 2 ]
        mv kept.conf /etc/c-icap/srv_optout.conf"""),
    run(GUIDE, "c-icap-client -i 127.0.0.1 -p 1344 -s optout",
        like=("Preview: 32768", "Allow 204: Yes|Allow: 204", "RESPMOD")),
    run(GUIDE, "squid -k parse && optout config squid"),
    shown(GUIDE, "Squid ── REQMOD", "a picture"),
    run(GUIDE, "install -d -o c-icap -g c-icap", before="mkdir -p /etc/systemd/system",
        after="chown -R optout:c-icap /var/lib/optout /run/optout"),
    run(GUIDE, "optout site show https://example.com/page", 
        replace={"SHA256": "$(cd /var/lib/optout/originals && ls */* | head -n 1 | cut -d/ -f2)"},
        before="optout site fetch https://example.com"),
    config(GUIDE, "optout.Profile training undecided.", "optout"),
    config(GUIDE, "optoutd.SiteTerms on", "optoutd"),
    shown(GUIDE, "redis://[user", "forms of URLs; tests/unit/test_share.c reads each"),
    by(GUIDE, "ACL SETUSER", ("tests/unit/optoutd_scenarios.py", "SETUSER")),
    shown(GUIDE, "; the file that optoutd connects to", "configuration of stunnel, which is none of ours"),
    config(GUIDE, "optoutd.Share unix:", "optoutd"),
    shown(GUIDE, "origins within a day", "arithmetic"),
    shown(GUIDE, "ThreadsPerChild = ", "arithmetic"),
    run(GUIDE, "./start tls", slow=True, cwd=TOP, replace={"./start tls": "./start tls --force"},
        before="rm -rf /var/spool/squid/optout_certs", after="systemctl restart squid"),
    config(GUIDE, "# Trains a generative model", "optout"),
    run(GUIDE, "optout audit cat | grep -A3", cwd=LOG),
    run(GUIDE, "cp -r /usr/share/doc/optout/examples/phrases", slow=True, replace=PATIENT, like=("reloaded",)),
    config(GUIDE, "acl streams", "squid"),
    config(GUIDE, "# Videos: 4 MB", "optout"),
    config(GUIDE, "   optout.Profile training purpose=train-ai agents=ExampleTrainer mode", "optout"),
    run(GUIDE, "   cat /var/log/c-icap/optout/*.jsonl | jq"),
    run(GUIDE, "$ curl -x http://127.0.0.1:3128 -H 'Accept"),
    printed(GUIDE, "HTTP/1.1 451", "curl -sSo /dev/null -D - -x http://127.0.0.1:3128 http://demo.test:3130/tdm-paid.html"),
    run(GUIDE, "optout explain 01M8"),
    config(GUIDE, "logformat exchange", "squid"),
    shown(GUIDE, "1795536036.074", "a line of Squid's log"),
    run(GUIDE, "  optout reopen"),
    run(GUIDE, "  optout audit cat -f", replace={"cat -f\n": "cat -f & sleep 0.3; kill $!\n", "/srv/optout/audit": LOG}),
    run(GUIDE, "  optout-ship", replace=NO_KAFKA | {"AuditDir": LOG}, needs="optout-ship"),
    by(GUIDE, "journalctl MESSAGE_ID", ("tests/unit/test_log.c", "MESSAGE_ID", "docs/operator-guide.md")),
    run(GUIDE, "optout reload ", replace=PATIENT, like=(r"^reloaded by \d+ processes, configuration [0-9a-f]{16}$",)),
    run(GUIDE, "curl -s http://127.0.0.1:10451/metrics"),
    run(GUIDE, "c-icap-client -i 127.0.0.1 -p 1344 -s 'info", like=("Service optout",)),
    run(GUIDE, "systemctl stop squid &&", slow=True),
    run(GUIDE, "optout doctor$", slow=True, status=ANY_WARNING),
    run(GUIDE, "optout doctor --proxy http://crawl-proxy", slow=True, status=ANY_WARNING, before="""
        cp /etc/squid/optout/fleet-ca.crt /etc/ssl/fleet-ca.pem"""),
    config(GUIDE, "  request_header_access Range", "squid"),

    run(ANSWERS, "optout explain 01KAV"),
    run(ANSWERS, "optout audit query --url https"),
    run(ANSWERS, "optout audit query --host news", after="head -n 1 archive.csv | grep ,",
        status={"--decision pending": 1}),
    run(ANSWERS, "optout urls <frontier.txt", after="grep -x https://a.example/yes allowed.txt"),
    run(ANSWERS, "optout urls --column url --state"),
    run(ANSWERS, "$ optout urls --all <list"),
    by(ANSWERS, "duckdb -c", ("tests/peers/duckdb", "docs/answers.md")),
    run(ANSWERS, "optout warc --store", after="[ $(wc -l <verdicts.jsonl) -ge 3 ]"),
    run(ANSWERS, "optout site fetch https://news.example"),
    run(ANSWERS, "optout audit report -o report.html", after="grep -c '</html>' report.html half-year.html"),
    run(ANSWERS, "optout audit publisher example.co.uk"),
    run(ANSWERS, "optout audit query --domain example.co.uk", status={"optout audit query": 1}),
    run(ANSWERS, "optout audit leads"),

    run(SCALE, "optout audit query --count-by node", replace={"FOLDER": "/var/log/optout"}),
    by(SCALE, "duckdb -cmd", ("tests/peers/duckdb", "figures.py"), ("tests/peers/figures.py", "docs/at-scale.md")),
    by(SCALE, "cd /var/log/optout", ("tests/peers/clickhouse", "figures.py"),
       ("tests/peers/figures.py", "docs/at-scale.md")),
    by(SCALE, "CREATE TABLE exchanges", ("tests/peers/clickhouse", "figures.py")),
    run(SCALE, "optout-ship --brokers kafka-1", replace=NO_KAFKA, needs="optout-ship"),
    run(SCALE, "mkdir try && optout-ship", needs="optout-ship"),
    run(SCALE, "# GNU xargs", after="ls /srv/logs/*.reserved && rm /srv/logs/*.reserved"),
    by(SCALE, "each = \"\"\"sh -c 'while read", ("tests/peers/spark_check.py", "segments by RDD.pipe")),
    by(SCALE, "pieces = [", ("tests/peers/spark_check.py", "pieces of a WARC file by RDD.pipe")),
    by(SCALE, "hadoop jar", ("tests/peers/spark_check.py", "the mapper of Hadoop streaming")),
    run(SCALE, "# map.sh", replace={"cut -f2": "<paths.txt cut -f2"}),

    run(FORMAT, "optout reopen"),
    run(FORMAT, "# what was decided and done", cwd=LOG),
    by(FORMAT, "-- per day and profile", ("tests/peers/figures.py", "docs/audit-format.md")),

    config(CRAWLERS, "table inet crawl", "nftables"),
    run(CRAWLERS, "curl --fail-with-body", replace=ONE_SITE, cwd="/etc/squid/optout", after="rm page"),
    run(CRAWLERS, "wget -e use_proxy", replace=ONE_SITE, cwd="/etc/squid/optout", after="rm open"),
    run(CRAWLERS, "aria2c", replace=ONE_SITE, cwd="/etc/squid/optout", needs="aria2c", after="rm open"),
    by(CRAWLERS, "httrack URL", ("tests/crawlers/clients.py", "httrack")),
    by(CRAWLERS, "# settings.py", ("tests/crawlers/clients/scrapy_client.py", "scrapy")),
    run(CRAWLERS, "from requests.adapters", cwd="/etc/squid/optout", python="import requests\n"),
    run(CRAWLERS, "client = httpx", cwd="/etc/squid/optout", python="import httpx\n"),
    by(CRAWLERS, "context = ssl", ("tests/crawlers/clients/aiohttp_client.py", "session.get(")),
    by(CRAWLERS, "import { fetch, ProxyAgent }", ("tests/crawlers/clients/undici_client.mjs", "proxyTunnel: false")),
    by(CRAWLERS, "const crawler = new Cheerio", ("tests/crawlers/clients/crawlee_client.mjs", "new CheerioCrawler(")),
    by(CRAWLERS, "const browser", ("tests/crawlers/clients/puppeteer_client.mjs", "puppeteer.launch(", "--proxy-server=")),
    by(CRAWLERS, "pool := x509", ("tests/crawlers/clients/go_client.go", "http.Transport{Proxy:", "io.")),
    by(CRAWLERS, "HttpClient client", ("tests/crawlers/clients/JavaClient.java", "ProxySelector.of("),
       ("tests/crawlers/clients.py", "keytool", "-importcert")),

    shown(HTTPS, "GET https://site.example/page", "a request"),
    run(METRICS, "optout metrics >"),

    shown(SPEED, "records a second", "arithmetic"),
    shown(SPEED, "10 MiB + StartServers", "arithmetic"),

    run(PHRASES, "optout phrases check FOLDER", slow=True, replace={"FOLDER": "/usr/share/doc/optout/examples/phrases"}),
    config(PHRASES, "# English.", "phrases"),

    run(TROUBLE, "optout doctor   ", slow=True, status=ANY_WARNING),
    run(TROUBLE, "optout doctor --local --quiet --skip", slow=True, status=ANY_WARNING),
    run(TROUBLE, "optout doctor --proxy", slow=True, status=ANY_WARNING),
    config(TROUBLE, "acl doctor_here", "squid"),
    config(TROUBLE, "sslproxy_cert_error", "squid"),

    shown(BUILDING, " Squid ── ICAP", "a picture"),
    shown(BUILDING, " optoutd ── daemon/fetch", "a picture"),
    run(BUILDING, "for d in module/*/", cwd=TOP),
    by(BUILDING, "autoreconf -fi &&", ("scripts/build.sh", "autoreconf -i -f", "configure"),
       ("scripts/check.sh", "distcheck")),
    run(BUILDING, "clang -g", cwd=TOP, slow=True, needs="clang",
        replace={"-max_total_time=30": "-max_total_time=1"}, after="rm -r /tmp/fuzz_structured /tmp/found"),

    run(MAN, "$ curl -sS -D head -o body"),
    run(MAN, "$ optout inspect --json --purpose"),
    run(MAN, "$ optout inspect --json --content-type"),
    run(MAN, "$ optout config check"),
    run(MAN, "$ squid -k parse &&"),
    run(MAN, "$ optout urls"),
    run(MAN, "$ optout warc --removal"),
    run(MAN_SHIP, "kafka-topics", replace={"kafka-topics": "true"} | NO_KAFKA, needs="optout-ship"),
    config(MAN_DAEMON, "optoutd.Proxy", "optoutd"),
    config(MAN_CONF, "optout.Profile training purpose", "optout"),
    config(MAN_CONF, "optout.Profile trial", "optout"),
    config(MAN_CONF, "optout.AuditSync", "optout"),
]
