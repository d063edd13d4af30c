# SPDX-License-Identifier: Apache-2.0
"""What the benchmark's origin serves: made at run time, the same on every run.

The HTML is built like a news page (metadata, structured data, navigation, prose
with links, pictures, inline scripts), because what an inspection costs depends
on how many tags there are, not on how many bytes."""
import json
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
import media  # noqa: E402

WORDS = """about above across after again along among area around article author back because
been before being below between both build called came change city clear close coast common
could country course cover craft cross current daily dawn days deep detail different during
each early earth east either element enough even evening every example far field figure final
first follow forest found free from garden general glass good great green ground group grow
half hand harbour have heard heavy here high hill history home horse hour house however
include island item keep kind known land large last later least leave left letter level light
line list little local long look made main make many market matter mean measure meeting
middle might mile mind minute moment month more morning most mountain move much museum music
name near need never night north note number object often old once only open order other over
page paper part past people period picture piece place plain plan plant point port present
press problem public quarter quick quiet rail rain range rather reach read ready reason record
red report rest result river road room round rule salt same school science scene sea season
second section seem sense series set several shape shore short should show side simple since
small snow some song sound source south space spring stand station still stone story street
strong study such summer sun surface system table take team tell term test than that their
them then there these they thing think third this those though thread through time today
together told took tool toward town track trade trail tree turn under until upon valley value
very view village visit voice walk wall warm watch water weather week well west what wheel
when where which while white whole wide wind window winter with within without wood word work
world would write year young""".split()

RESERVED_META = '<meta name="tdm-reservation" content="1">\n'
RESERVED_FIELD = ("Content-Usage", "train-ai=n")


class Writer:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def words(self, low, high):
        return " ".join(self.random.choices(WORDS, k=self.random.randint(low, high)))

    def sentence(self):
        text = self.words(7, 18)
        return text[0].upper() + text[1:] + self.random.choice((".", ".", ".", "?", ", &amp;c."))

    def path(self):
        return "/".join(self.random.choices(WORDS, k=3)) + f"-{self.random.randint(100, 99999)}"

    def link(self):
        return (f'<a class="inline-link" href="/{self.path()}.html?ref=body" '
                f'data-track="click-{self.random.randint(1, 999)}">{self.words(1, 4)}</a>')

    def paragraph(self):
        parts = [self.sentence() for _ in range(self.random.randint(2, 6))]
        if self.random.random() < 0.7:
            parts.insert(self.random.randint(0, len(parts)), self.link())
        if self.random.random() < 0.3:
            parts.insert(0, f"<strong>{self.words(1, 3)}</strong>")
        return "<p>" + " ".join(parts) + "</p>\n"

    def figure(self):
        name = self.path()
        return (f'<figure class="media media--wide" id="fig{self.random.randint(1, 9999)}">\n'
                f'  <img src="/img/{name}.jpg" srcset="/img/{name}-480.jpg 480w, '
                f'/img/{name}-960.jpg 960w" sizes="(max-width: 600px) 480px, 960px" '
                f'alt="{self.words(4, 9)}" loading="lazy" width="960" height="640">\n'
                f'  <figcaption>{self.sentence()}</figcaption>\n</figure>\n')

    def script(self):
        calls = "".join(f'  q.push(["{self.random.choice(WORDS)}", {self.random.random():.6f}]);\n'
                        for _ in range(self.random.randint(3, 12)))
        return ("<script>\n(function (w) {\n  var q = w.q = w.q || [];\n"
                f"  if (q.length < {self.random.randint(2, 99)}) {{ q.t = 1; }}\n{calls}"
                "})(window);\n</script>\n")

    def menu(self):
        items = "".join(f'  <li class="nav__item"><a href="/{self.path()}/" '
                        f'title="{self.words(2, 4)}">{self.words(1, 2)}</a></li>\n'
                        for _ in range(self.random.randint(5, 11)))
        return f'<ul class="nav" role="list">\n{items}</ul>\n'

    def teaser(self):
        return (f'<article class="card"><h3 class="card__title"><a href="/{self.path()}">'
                f'{self.words(4, 9)}</a></h3>\n<time datetime="2026-0{self.random.randint(1, 9)}-1'
                f'{self.random.randint(0, 9)}">{self.random.randint(1, 28)} days ago</time>'
                f'<p>{self.sentence()}</p><!-- card {self.random.randint(1, 999)} --></article>\n')

    def block(self):
        return self.random.choices(
            (self.paragraph, self.figure, self.script, self.menu, self.teaser),
            weights=(10, 2, 1, 1, 3))[0]()

    def head(self, statement, full):
        title = self.words(4, 8)
        text = ('<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
                f"<title>{title}</title>\n"
                '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
                f'<meta name="description" content="{self.words(8, 14)}">\n{statement}'
                f'<link rel="stylesheet" href="/css/{self.path()}.css">\n')
        if full:
            story = {"@context": "https://schema.org", "@type": "NewsArticle", "headline": title,
                     "articleBody": " ".join(self.sentence() for _ in range(12))}
            text += "".join(f'<meta property="og:{name}" content="{self.words(2, 8)}">\n'
                            for name in ("title", "description", "type", "site_name", "locale"))
            text += "".join(f'<link rel="preload" as="script" href="/js/{self.path()}.js">\n'
                            for _ in range(6))
            text += (f'<link rel="canonical" href="http://bench.test/{self.path()}">\n'
                     '<style>\n.card{display:grid;gap:1rem}.nav>li{margin:0}\n</style>\n'
                     f'<script type="application/ld+json">{json.dumps(story)}</script>\n')
            text += self.script() + self.script()
        return text + "</head>\n<body>\n"


def html(size, statement="", seed=1, sentence=""):
    """A page of exactly `size` bytes; `statement` goes into its head, `sentence` into its text."""
    w = Writer(seed)
    end = "</body>\n</html>\n"
    text = w.head(statement, full=size > 8192)
    text += f"<p>{sentence}</p>\n" if sentence else ""
    wordy = WORDY_EVERY // 2
    while True:
        block = w.block() if size > 8192 else w.paragraph()
        if len(text) > wordy:
            block += f"<p>{WORDY}</p>\n"
            wordy += WORDY_EVERY
        if len(text) + len(block) + len(end) + 7 > size:
            break
        text += block
    filler = size - len(text) - len(end) - 7
    text += "<p>" + (w.words(filler, filler)[:filler] if filler else "") + "</p>" + end
    assert len(text) == size and text.isascii()
    return text.encode()


def script(size, seed=2):
    """A program: a type that no statement is read from."""
    w, text = Writer(seed), ""
    while len(text) < size:
        text += w.script()[len("<script>\n"):-len("</script>\n")]
    return text[:size].encode()


def picture(*words):
    """A JPEG of 1 MiB; words as media.py knows them."""
    return media.make(["jpeg", f"size={1 << 20}", *words])


def picture_end():
    """The same with what it states behind 900 KB of colour profile."""
    front = media.make(["jpeg", "plus=DMI-ALLOWED", "at=end", "size=900000"])
    return front + media.filling((1 << 20) - len(front))


REFUSED = ("GPTBot", "ChatGPT-User", "CCBot", "ClaudeBot", "Google-Extended", "Bytespider",
           "Amazonbot", "PerplexityBot", "meta-externalagent", "Applebot-Extended")


def robots():
    """As a publisher's: 32 rules for everybody, agents by name that may fetch nothing."""
    w = Writer(3)
    lines = ["User-agent: *", "Disallow: /refused/"]
    for i in range(30):
        kind = "Allow" if i % 6 == 5 else "Disallow"
        tail = ("/", "/*/print$", "?page=", "/*.json$")[i % 4]
        lines.append(f"{kind}: /{w.random.choice(WORDS)}/{w.random.choice(WORDS)}{tail}")
    lines += ["Disallow: /*?session="]
    for name in REFUSED:
        lines += ["", f"User-agent: {name}", "Disallow: /"]
    return ("\n".join(lines) + "\n\nSitemap: http://bench.test/sitemap.xml\n").encode()


def tdmrep():
    return json.dumps([{"location": "/premium/*", "tdm-reservation": 1,
                        "tdm-policy": "http://bench.test/policy.json"},
                       {"location": "/*", "tdm-reservation": 0}], indent=2).encode()


# Real pages hold a word that phrases look for about once in 42 KB of HTML (bench_words counts the
# places), and it means something else nearly always. A topic is no reservation, but must be read.
WORDY = "The train leaves from platform two, and the data of the trip is on the wall."
WORDY_EVERY = 42 << 10
TOPIC = "The firm trains its language models on the letters of its readers."

# path on the origin -> (Content-Type, bytes, further response header or None)
def site():
    plain = picture()
    return {
        "clean/2k.html": ("text/html", html(2048), None),
        "reserved/2k.html": ("text/html", html(2048, RESERVED_META), None),
        "topic/2k.html": ("text/html", html(2048, sentence=TOPIC), None),
        "clean/64k.html": ("text/html", html(65536), None),
        "reserved/64k.html": ("text/html", html(65536), RESERVED_FIELD),
        "clean/2k.js": ("text/javascript", script(2048), None),
        "clean/1m.jpg": ("image/jpeg", plain, None),
        "clean/1m-front.jpg": ("image/jpeg", picture("plus=DMI-ALLOWED"), None),
        "clean/1m-end.jpg": ("image/jpeg", picture_end(), None),
        "reserved/1m.jpg": ("image/jpeg", plain, RESERVED_FIELD),
        "refused/2k.html": ("text/html", html(2048), None),
        "robots.txt": ("text/plain", robots(), None),
        ".well-known/tdmrep.json": ("application/json", tdmrep(), None),
    }


def write_site(folder):
    """Writes the files and returns nginx locations for those that need a header."""
    locations = []
    for path, (_, body, header) in site().items():
        os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
        with open(os.path.join(folder, path), "wb") as f:
            f.write(body)
        if header:
            locations.append(f'location = /{path} {{ add_header {header[0]} "{header[1]}"; }}')
    return "\n        ".join(locations)


def write_corpus(folder, count=40):
    """Pages of several sizes for the engine benches, where no real ones are at hand."""
    os.makedirs(folder, exist_ok=True)
    for i in range(count):
        with open(os.path.join(folder, f"page{i:02}.html"), "wb") as f:
            f.write(html(16384 + 7919 * (i % 20), seed=100 + i))
