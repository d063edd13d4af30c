# SPDX-License-Identifier: Apache-2.0
"""What a node learns of pages is known on the others: for two proxies, each with a filter and a
daemon of its own, and one Redis (fleet-proxies)."""
import hashlib
import socket
import struct
import time

import sites
from http_clients import RawConnection, WireError, request_bytes

NOIMAGEAI = '<html><head><meta name="robots" content="noimageai"></head><body><p>Look. %s</body></html>'
SVG = ["/robots.txt: 404", "/: 200 text/html", "  <html><body><p>Home.", "/silent.html: 200 text/html",
       "  <html><body><p>Nothing is said."]
TERMS = """<html lang="de"><head><title>AGB</title></head><body><h1>Nutzungsbedingungen</h1>
<p>Wir behalten uns eine Nutzung unserer Inhalte für Text und Data Mining im Sinne von § 44b UrhG
ausdrücklich vor.</p></body></html>"""


def until(ready, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if ready():
            return True
        time.sleep(0.1)
    return False


class Pair:
    """Two proxies A and B that run, and the Redis between them."""

    def __init__(self, origin, player, proxies, redis):
        self.origin, self.player, self.redis, self.wrong = origin, player, redis, []
        self.a, self.b = self.proxies = proxies

    def status(self, proxy):
        return proxy.daemon.status()["share"]

    def connected(self):
        if not until(lambda: all(self.status(p)["connected"] for p in self.proxies), 40):
            self.wrong.append("not connected to Redis")

    def site(self, name):
        site = sites.Site("%s-learned-%s" % (self.player.prefix, name), False)
        site.files = sites.read_files(SVG)
        self.origin.sites[site.host] = site
        return site

    def url(self, site, path):
        return "http://%s%s" % (self.origin.authority(site), path)

    def token(self, name):
        return "%s-learned-%s" % (self.player.prefix, name)

    def image(self, site, name):
        """The path of an image that is there, and whose records are found."""
        path = "/%s.svg?case=%s" % (name, self.token(name))
        site.files.update(sites.read_files([path + ": 200 image/svg+xml",
                                            '  <svg xmlns="http://www.w3.org/2000/svg"/>']))
        return path

    @staticmethod
    def page(site, path, text):
        site.files.update(sites.read_files([path + ": 200 text/html"]
                                           + ["  " + line for line in text.splitlines()]))

    def get(self, proxy, url, headers=()):
        try:
            connection = RawConnection(proxy.proxy_port, 20)
            try:
                r = connection.exchange("GET", request_bytes("GET", url, list(headers)))
            finally:
                connection.close()
        except (OSError, WireError) as e:
            return "%s: %s" % (type(e).__name__, e)
        return r

    def expect(self, what, got, wanted):
        if got != wanted:
            self.wrong.append("%s: %s, not %s" % (what, got, wanted))

    def answers(self, what, proxy, url, wanted, seconds=0, headers=()):
        """The status, at once or within so many seconds."""
        got = [None]

        def there():
            r = self.get(proxy, url, headers)
            got[0] = getattr(r, "status", r)
            return got[0] == wanted
        if not (until(there, seconds) if seconds else there()):
            self.wrong.append("%s: %s, not %s" % (what, got[0], wanted))

    def tagged(self, proxy, url):
        r = self.get(proxy, url)
        return any("natural-language" in v for v in getattr(r, "all", lambda _: [])("Optout"))

    def learned(self, proxy, what):
        return self.status(proxy)["learned"][what]

    def says_embedded(self, proxy, name, page):
        """The last record of an image rests on what that page says of its images."""
        records = proxy.records.of(self.token(name))
        if not records or not any(s.get("scope") == "embedded-images" and s.get("page") == page
                                  for s in records[-1].get("signals", [])):
            self.wrong.append("record of %s: %s" % (name, records[-1:]))


# --- steps -----------------------------------------------------------------------

def images(p):
    shop, cdn = p.site("shop"), p.site("cdn")
    near, far = p.image(shop, "near"), p.image(cdn, "far")
    p.page(shop, "/page.html", NOIMAGEAI % '<img src="%s"><img src="%s">' % (near, p.url(cdn, far)))
    for site, image in ((shop, near), (cdn, far)):       # B knows the sites, and nothing of the page
        p.answers("before", p.b, p.url(site, image), 200)
    p.answers("the page", p.a, p.url(shop, "/page.html"), 200)
    p.answers("image", p.b, p.url(shop, near), 451, 5)
    p.says_embedded(p.b, "near", p.url(shop, "/page.html"))
    p.answers("image of another host", p.b, p.url(cdn, far), 451)
    p.says_embedded(p.b, "far", p.url(shop, "/page.html"))
    later = p.image(cdn, "by-script")
    p.answers("image that no page names", p.b, p.url(cdn, later), 200)
    p.answers("the same with a Referer", p.b, p.url(cdn, later), 451, 0,
              ["Referer: " + p.url(shop, "/page.html")])
    # The page says it no more.
    p.page(shop, "/page.html", "<html><body><p>Look. <img src='%s'></body></html>" % near)
    p.answers("the page, which is silent", p.a, p.url(shop, "/page.html"), 200)
    p.answers("image of a silent page", p.b, p.url(shop, near), 200, 5)
    p.answers("image of another host", p.b, p.url(cdn, far), 200)


def terms(p):
    known, unknown = p.site("known"), p.site("unknown")
    other = "/other?case=" + p.token("other-page")
    for site in (known, unknown):
        p.page(site, "/agb", TERMS)
    p.page(unknown, other, "<html><body><p>A page.")
    p.answers("before", p.b, p.url(known, "/"), 200)
    told = p.learned(p.a, "told")
    for site in (known, unknown):
        p.answers("the terms", p.a, p.url(site, "/agb"), 200)
    if not until(lambda: p.tagged(p.b, p.url(known, "/")), 5):
        p.wrong.append("a page is not tagged of a site whose terms another node read")
    if not until(lambda: p.learned(p.a, "told") >= told + 2, 5):
        p.wrong.append("terms are not told")
    if not p.tagged(p.b, p.url(unknown, other)):
        p.wrong.append("the first page is not tagged of a site whose terms another node read")
    records = p.b.records.of(p.token("other-page"))
    if not records or not any(f["file"] == "terms" and f["source"] == "shared"
                              for f in records[-1]["site_files"]):
        p.wrong.append("the record does not say that terms are shared: %s" % records[-1:])
    p.page(known, "/agb", "<html><head><title>AGB</title></head><body><p>Bis bald.</body></html>")
    p.answers("the terms, which are silent", p.a, p.url(known, "/agb"), 200)
    if not until(lambda: not p.tagged(p.b, p.url(known, "/")), 5):
        p.wrong.append("a page is still tagged of a site whose terms say nothing any more")


def page_key(url):
    """The digest of origin and path, as Redis has it."""
    digest = hashlib.sha256(url.encode()).digest()
    return digest[:16] + digest[19:15:-1]


def value_of(page, image, seconds, ago=0):
    """A page as a node gives it that has read it so many seconds ago, by module/verdict/joins.c."""
    now = int(time.time() - ago) * 1000

    def text(s, size=1):
        return len(s).to_bytes(size, "big") + s.encode("latin-1")
    statement = text("robots-meta") + text("html") + bytes([2, 0, 0, 2]) \
        + text("\0\0\3\0\0\0") + bytes(8) + text("") + text("robots") + text("noimageai") + text("") \
        + text("")
    return b"\1\1" + struct.pack(">QQ", now, now + seconds * 1000) + page_key(page) + b"0" * 26 \
        + b"\1\1" + text(page, 2) + statement + b"\0\1" + page_key(image) + b"\0"


def put(p, key, value, ago=0):
    with socket.create_connection(("127.0.0.1", p.redis.port), 2) as s:
        message = b"%d@0123456789abcdef:nobody %s" % (int((time.time() - ago) * 1000), key)
        for words in ((b"SET", b"optout:1:doc:" + key, value, b"PX", b"60000"),
                      (b"PUBLISH", b"optout:1:changed", message)):
            s.sendall(b"*%d\r\n" % len(words)
                      + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words))
            s.recv(4096)


def kept(p, key):
    return p.redis.command("GETRANGE", "optout:1:doc:" + key, 0, 100000)


def hostile(p):
    shop = p.site("hostile")
    image = p.url(shop, p.image(shop, "forged"))
    page = p.url(shop, "/forged.html")
    p.answers("before", p.b, image, 200)
    refused = p.learned(p.b, "refused")
    good = value_of(page, image, 4)
    name = b"images:" + page_key(page).hex().encode()
    for n, bad in enumerate((b"\0", b"\xff" * 3000, good[:-1], good + b"\0", b"\2" + good[1:],
                             value_of(page + "x", image, 4), value_of(page, image, -4),
                             good.replace(b"\0\0\3\0\0\0", b"\0\0\1\0\0\0"))):
        put(p, name, bad)
        if not until(lambda n=n: p.learned(p.b, "refused") > refused + n, 3):
            p.wrong.append("value %d is not refused" % n)
    put(p, b"terms:" + p.url(shop, "").encode(), b"\1\x09" + b"\xff" * 100)
    if not until(lambda: p.learned(p.b, "refused") > refused + 8, 3):
        p.wrong.append("terms are not refused")
    p.answers("image of refused values", p.b, image, 200)
    put(p, name, good)
    p.answers("image of a good value", p.b, image, 451, 3)
    p.answers("image when that is over", p.b, image, 200, 6)
    # An older reading takes the place of a newer one, and gives it back.
    p.page(shop, "/page.html", NOIMAGEAI % "")
    page = p.url(shop, "/page.html")
    name = "images:" + page_key(page).hex()
    p.answers("the page", p.a, page, 200)
    if not until(lambda: len(kept(p, name)) > 100, 3):
        p.wrong.append("the page is not in Redis")
    newer = kept(p, name)
    put(p, name.encode(), value_of(page, image, 600, ago=60), ago=60)
    if not until(lambda: kept(p, name) == newer, 3):
        p.wrong.append("an older reading stays in the place of a newer one")


def killed(p):
    shop = p.site("alone")
    image = p.url(shop, p.image(shop, "alone"))
    p.page(shop, "/page.html", NOIMAGEAI % '<img src="%s">' % image)
    p.page(shop, "/agb", TERMS)
    for path in ("/", ):
        p.answers("before", p.b, p.url(shop, path), 200)
    p.redis.kill()
    begun = time.monotonic()
    p.answers("the page without Redis", p.a, p.url(shop, "/page.html"), 200)
    p.answers("the terms without Redis", p.a, p.url(shop, "/agb"), 200)
    p.answers("image, same node, without Redis", p.a, image, 451)
    p.answers("image, other node, without Redis", p.b, image, 200)
    if time.monotonic() - begun > 6:
        p.wrong.append("without Redis it takes %.1f s" % (time.monotonic() - begun))
    if not until(lambda: p.learned(p.a, "waiting") == 2, 3):
        p.wrong.append("%s wait to be told" % p.learned(p.a, "waiting"))
    p.redis.start()
    p.connected()
    p.answers("image when Redis is back", p.b, image, 451, 20)
    if not until(lambda: p.tagged(p.b, p.url(shop, "/")), 10):
        p.wrong.append("terms do not come when Redis is back")
    # A node that was not there when it was said.
    p.b.daemon.stop()
    away = p.url(shop, p.image(shop, "away"))
    p.page(shop, "/away.html", NOIMAGEAI % '<img src="%s">' % away)
    p.answers("the page while B is away", p.a, p.url(shop, "/away.html"), 200)
    p.answers("image, after B's daemon stopped", p.b, image, 451)
    p.b.daemon.start()
    p.answers("image when B is back", p.b, away, 451, 20)


STEPS = {"images": images, "terms": terms, "hostile": hostile, "killed": killed}


def learned(origin, player, proxies, redis, steps):
    """What is wrong after these steps of STEPS; the first that goes wrong is the last."""
    pair = Pair(origin, player, proxies, redis)
    for name in steps.split("+"):
        STEPS[name](pair)
        if pair.wrong:
            break
    return pair.wrong[:8]
