# SPDX-License-Identifier: Apache-2.0
"""Every site that the pages speak of, at one address: by http, and by https with the certificate
and key that the arguments name. Ends with its standard input.

    origin.py ADDRESS CERTIFICATE KEY"""
import http.server
import ssl
import sys
import threading

PAGE = "<!doctype html><title>A page</title><p>Tides come and go.\n"
RESERVED = {"tdm-reservation": "1"}
PAID = RESERVED | {"tdm-policy": "https://licences.example/tdm/policy.json"}
SITES = {  # host → path → (body, more header fields); a path that ends with "/" stands for all below it
    "demo.test": {"/tdm-paid.html": (PAGE, PAID)},
    "site.example": {"/page": (PAGE, RESERVED), "/open": (PAGE, {}),
                     "/broken": ("\x1f\x8b\x08\0no gzip", {"Content-Encoding": "gzip"}),
                     "/words": (PAGE + "<p>You may not use this page for text and data mining.\n", {})},
    "news.example": {"/robots.txt": ("User-agent: *\nDisallow: /closed/\n", {}),
                     "/archive/": (PAGE, {}), "/closed/": (PAGE, {})},
    "example.com": {"/robots.txt": ("User-agent: *\nAllow: /\n", {}),
                    "/": (PAGE, {})},
    "www.example.org": {"/": (PAGE, {})},
    "www.example.co.uk": {"/": (PAGE, PAID)},
    "a.example": {"/robots.txt": ("User-agent: *\nDisallow: /no/\n", {}), "/": (PAGE, {})},
}


class Site(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        pages = SITES.get(self.headers.get("Host", "").partition(":")[0], {})
        found = pages.get(self.path)
        for path, page in pages.items():
            if not found and path.endswith("/") and self.path.startswith(path) and "." not in self.path:
                found = page
        body, more = found or ("none\n", {})
        self.send_response(200 if found else 404)
        page = found and body.startswith("<")
        self.send_header("Content-Type", "text/html" if page else "text/plain")
        self.send_header("Content-Length", str(len(body)))
        for name, value in more.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body.encode("latin-1"))

    do_HEAD = do_GET

    def log_message(self, *args):
        pass


def serve(address, port, context=None):
    server = http.server.ThreadingHTTPServer((address, port), Site)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def main():
    address, certificate, key = sys.argv[1:]
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    serve(address, 80)
    serve(address, 3130)
    serve(address, 443, tls)
    print("ready", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
