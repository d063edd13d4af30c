#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A site with one page that reserves text and data mining and one that says nothing, by http and,
with the certificate and key that the arguments name, by https. Prints its ports, and ends with its
standard input."""
import http.server
import ssl
import sys
import threading


class Site(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        found = self.path in ("/reserved.html", "/plain.html")
        body = b"<!doctype html><title>A page</title><p>Tides come and go.\n" if found else b"none\n"
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "text/html" if found else "text/plain")
        self.send_header("Content-Length", str(len(body)))
        if self.path == "/reserved.html":
            self.send_header("tdm-reservation", "1")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


def serve(context=None):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


ports = [serve()]
if len(sys.argv) == 3:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*sys.argv[1:])
    ports.append(serve(tls))
print(*ports, flush=True)
sys.stdin.read()
