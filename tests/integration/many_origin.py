# SPDX-License-Identifier: Apache-2.0
"""An origin for very many addresses, in a process of its own: `many_origin.py RULES` prints
its port, answers until its input ends, then prints as JSON how often each path of each
address was asked for."""
import asyncio
import json
import socket
import sys

ROBOTS = b"User-agent: *\nDisallow: /private/\n" + b"".join(
    b"Disallow: /another/%d\n" % i for i in range(int(sys.argv[1])))
PAGE = b"<!doctype html>\n<title>One of many</title>\n<p>The quick brown fox.\n"
ANSWERS = {
    b"/robots.txt": (b"200 OK", b"text/plain", ROBOTS),
    b"/": (b"200 OK", b"text/html", PAGE),
    b"": (b"404 Not Found", b"text/plain", b""),
}
WIRE = {path: b"HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n"
              b"Connection: close\r\n\r\n%s" % (status, kind, len(body), body)
        for path, (status, kind, body) in ANSWERS.items()}
counts = {}


class Exchange(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
        self.head = b""

    def data_received(self, data):
        self.head += data
        if b"\r\n\r\n" not in self.head:
            return
        path = self.head.split(b" ", 2)[1].split(b"?")[0]
        address = self.transport.get_extra_info("sockname")[0]
        of = counts.setdefault(address, {})
        name = path.decode("latin-1")
        of[name] = of.get(name, 0) + 1
        if path.startswith((b"/open/", b"/private/")):
            path = b"/"
        self.transport.write(WIRE.get(path, WIRE[b""]))
        self.transport.close()


async def main():
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
    s.bind(("0.0.0.0", 0))
    s.listen(4096)
    await asyncio.get_running_loop().create_server(Exchange, sock=s)
    print(s.getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    print(json.dumps(counts), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
