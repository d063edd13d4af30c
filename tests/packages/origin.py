#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A site with one page that reserves text and data mining, one that says nothing and one that takes
as many seconds as its query says, by http and, with the certificate and key that the arguments name,
by https. Two arguments more are its ports, which otherwise are any. Prints its ports, and ends with
its standard input."""
import http.server
import ssl
import sys
import threading
import time
import urllib.parse


class Site(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        found = url.path in ("/reserved.html", "/plain.html", "/slow.html")
        body = b"<!doctype html><title>A page</title><p>Tides come and go.\n" if found else b"none\n"
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "text/html" if found else "text/plain")
        self.send_header("Content-Length", str(len(body)))
        if url.path == "/reserved.html":
            self.send_header("tdm-reservation", "1")
        self.end_headers()
        if url.path == "/slow.html":
            self.write_slowly(body, float(url.query))
        else:
            self.wfile.write(body)

    def write_slowly(self, body, seconds):
        for byte in body:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            time.sleep(seconds / len(body))

    def log_message(self, *args):
        pass


def serve(port, context=None):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Site)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


wanted = [int(port) for port in sys.argv[3:5]] or [0, 0]
ports = [serve(wanted[0])]
if len(sys.argv) > 2:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*sys.argv[1:3])
    ports.append(serve(wanted[1], tls))
print(*ports, flush=True)
sys.stdin.read()
