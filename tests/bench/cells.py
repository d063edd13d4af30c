# SPDX-License-Identifier: Apache-2.0
"""What is measured: one row per page and action, with its null counterpart and
its budget (ratio to the null module; None: reported only)."""
from collections import namedtuple

# vectors: "resp" asks both arms in RESPMOD alone, "both" in REQMOD and RESPMOD
# site: optout has a store that knows the origin's site files
Cell = namedtuple("Cell", "name path depth action null cpu p99 vectors site",
                  defaults=("resp", False))

CELLS = [
    # null against null: how far two runs of the same thing differ
    Cell("calibration", "clean/2k.html", "document", "pass", "p204", None, None),
    Cell("headers-2k/pass", "clean/2k.js", "document", "pass", "p204", 1.05, 1.10),
    Cell("html-2k/pass", "clean/2k.html", "document", "pass", "p204", 1.05, 1.10),
    Cell("html-2k/tag", "reserved/2k.html", "document", "tag", "t206", 1.05, None),
    Cell("html-2k/block", "reserved/2k.html", "document", "block", "b206", None, None),
    Cell("html-64k-head/pass", "clean/64k.html", "head", "pass", "p204", 1.10, None),
    Cell("html-64k/pass", "clean/64k.html", "document", "pass", "hold", 1.10, None),
    Cell("html-64k/tag", "reserved/64k.html", "document", "tag", "t206", 1.05, None),
    Cell("html-64k/block", "reserved/64k.html", "document", "block", "b206", None, None),
    # metadata where most files have it, nowhere, and behind 900 KB of colour profile
    Cell("jpeg-1m-front", "clean/1m-front.jpg", "document", "pass", "p204", 1.05, 1.10),
    Cell("jpeg-1m-none", "clean/1m.jpg", "document", "pass", "p204", 1.05, 1.10),
    Cell("jpeg-1m-end", "clean/1m-end.jpg", "document", "pass", "hold", None, None),
    Cell("image-1m/tag", "reserved/1m.jpg", "document", "tag", "t206", 1.05, None),
    Cell("image-1m/block", "reserved/1m.jpg", "document", "block", "b206", None, None),
    Cell("site/headers-2k", "clean/2k.js", "document", "pass", "p204", 1.05, 1.10,
         site=True),
    Cell("site/html-2k", "clean/2k.html", "document", "pass", "p204", 1.05, 1.10, site=True),
    Cell("site-both/headers-2k", "clean/2k.js", "document", "pass", "p204", 1.05, 1.10,
         "both", True),
    Cell("site-both/html-2k", "clean/2k.html", "document", "pass", "p204", 1.05, 1.10,
         "both", True),
    # robots.txt forbids it: answered in REQMOD, never fetched
    Cell("site-both/refused", "refused/2k.html", "document", "block", "q451", None, None,
         "both", True),
    # null in REQMOD and RESPMOD against null in RESPMOD alone: a second vector's price
    Cell("vectors", "clean/2k.html", "document", "pass", "p204", None, None),
]

# c-icap alone. `profile` and `null` as action and null above; answers as icap_load names them;
# `requests` in a round of one arm; `budget` in µs of CPU above null.
IcapCell = namedtuple("IcapCell", "name vectors path null answer_req answer_resp profile requests "
                                  "budget")

ICAP_CELLS = [
    IcapCell("icap/headers-2k", "resp", "clean/2k.js", "p204", "204", "204", "pass", 500, 12),
    IcapCell("icap/html-2k", "resp", "clean/2k.html", "p204", "204", "204", "pass", 500, 12),
    # it speaks of training, and reserves nothing: its text is read
    IcapCell("icap/html-2k/topic", "resp", "topic/2k.html", "p204", "204", "204", "pass", 500, None),
    IcapCell("icap/request", "req", "clean/2k.html", "p204", "204", "204", "pass", 500, None),
    IcapCell("icap/both/html-2k", "both", "clean/2k.html", "p204", "204", "204", "pass", 500, 18),
    IcapCell("icap/html-64k", "resp", "clean/64k.html", "hold", "204", "200-body", "pass", 150, 45),
    IcapCell("icap/html-2k/tag", "resp", "reserved/2k.html", "t206", "204", "206-original", "tag",
             500, None),
    IcapCell("icap/html-2k/block", "resp", "reserved/2k.html", "b206", "204", "206-page", "block",
             500, None),
    # robots.txt forbids it: asked in REQMOD alone, as it is never fetched
    IcapCell("icap/refused", "req", "refused/2k.html", "q451", "200-page", "204", "block", 500,
             None),
]

# Filters that Debian packages. `ways`: of each cell that it can do, the ICAP path and the answer.
Peer = namedtuple("Peer", "name package module conf ways")

PEER_CELLS = [
    IcapCell("peers/html-2k", "resp", "clean/2k.html", None, None, None, None, 500, None),
    IcapCell("peers/html-64k", "resp", "clean/64k.html", None, None, None, None, 100, None),
    IcapCell("peers/request", "req", "clean/2k.html", None, None, None, None, 500, None),
]
NULL_WAYS = {"peers/html-2k": ("srv_null?p204", "204"),
             "peers/html-64k": ("srv_null?hold", "200-body"),
             "peers/request": ("srv_null?p204", "204")}
OPTOUT_WAYS = {"peers/html-2k": ("optout?profile=pass", "204"),
               "peers/html-64k": ("optout?profile=pass", "200-body"),
               "peers/request": ("optout?profile=pass", "204")}
PEERS = [
    Peer("contentfiltering", "libc-icap-mod-contentfiltering", "srv_content_filtering.so",
         "Service peer_content srv_content_filtering.so\n"
         "srv_content_filtering.Match Rights body /tdm-reservation|noai/i score=10\n"
         "srv_content_filtering.Profile default block score{Rights>5}\n",
         {"peers/html-2k": ("srv_content_filtering", "200-body"),
          "peers/html-64k": ("srv_content_filtering", "200-body")}),
    Peer("urlcheck", "libc-icap-mod-urlcheck", "srv_url_check.so",
         "Service peer_url srv_url_check.so\n"
         'url_check.LookupTableDB denied url hash:@RUN@/denied.txt "Denied"\n'
         "url_check.Profile default block denied\n"
         "url_check.Profile default pass ALL\n",
         {"peers/request": ("url_check", "204")}),
]
# It answers RESPMOD only with the field that its answer to REQMOD had, which Squid hands on.
E2GUARDIAN_FIELD = "X-ICAP-E2G: -,G,0,0,0,"
E2GUARDIAN_WAYS = {"peers/html-2k": ("response", "200-body"),
                   "peers/html-64k": ("response", "200-body"),
                   "peers/request": ("request", "200-request")}

# ICAP status that the null module gives; optout has to give the same one.
ICAP_STATUS = {"p204": "204", "t206": "206", "b206": "206", "hold": "200", "q451": "200"}

# The arm that is compared with null.
OTHER_ARM = {"calibration": "again", "vectors": "both"}

ICAP_CONF = """icap_enable on
icap_preview_enable on
icap_206_enable on
icap_persistent_connections on
icap_service_failure_limit -1
icap_connect_timeout 3 seconds
icap_io_timeout 20 seconds
adaptation_send_client_ip on
adaptation_meta X-Squid-Xact "%master_xaction"
"""
OPTOUT_CONF = """Service optout @RUN@/srv_optout.so
optout.Profile pass purpose=train-ai reserved=block
optout.Profile tag purpose=train-ai reserved=tag
optout.Profile block purpose=train-ai reserved=block
optout.HtmlDepth @DEPTH@
optout.AuditDir @RUN@/audit
optout.AuditSync write
"""
SITE_CONF = """optout.SiteStore @RUN@/site
optout.SiteSocket @RUN@/optoutd.sock
"""
DAEMON_CONF = """optoutd.SiteStore @RUN@/site
optoutd.Socket @RUN@/optoutd.sock
optoutd.AllowPrivate on
"""

# Engine: lines of its programs whose name begins so, and the most they may show.
ENGINE_BUDGETS = [
    ("site-rules.40-rules.star", 300, "ns"),
    ("site-rules.40-rules.own-group", 300, "ns"),
    ("site-rules.40-rules.refused", 300, "ns"),
    ("site-rules.1000-rules.0-signals", 1000, "ns"),
    ("site-rules.1000-rules.refused", 1000, "ns"),
]
