#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""urls_daemon.py SOCKET LOG COMMAND… - stands in for optoutd in test_cli_urls.sh.

Answers each question for an origin after a moment that differs from origin to origin: runs
COMMAND with the origin behind it, which puts it into the store, and says `known`. Origins
with `late` in their name get that answer, and nothing is put. LOG has a line a question: the
origin, and how many were under way."""
import os
import socket
import struct
import subprocess
import sys
import threading
import time

ANSWER = 6


def receive(talk, count):
    data = b""
    while len(data) < count:
        piece = talk.recv(count - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


class Daemon:
    def __init__(self, path, log, command):
        self.command, self.log, self.busy = command, open(log, "a"), 0
        self.lock, self.writing = threading.Lock(), threading.Lock()
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(path)
        self.socket.listen(128)

    def answer(self, origin):
        with self.lock:
            self.busy += 1
            self.log.write("%s %d\n" % (origin, self.busy))
            self.log.flush()
        time.sleep(0.02 + sum(origin.encode()) % 7 * 0.02)
        word = "late"
        if "late" not in origin:
            with self.writing:
                subprocess.run(self.command + [origin], check=True)
            word = "known"
        with self.lock:
            self.busy -= 1
        return word

    def serve(self, talk):
        try:
            while True:
                head = receive(talk, 16)
                size, tag = struct.unpack(">II", head[8:])
                body = receive(talk, size)
                length = struct.unpack(">I", body[:4])[0]
                word = self.answer(body[4:4 + length].decode()).encode()
                fields = struct.pack(">I", len(word)) + word + struct.pack(">I", 0)
                talk.sendall(b"OPT1" + struct.pack(">BBHII", ANSWER, 2, 0, len(fields), tag) + fields)
        except (EOFError, OSError):
            talk.close()

    def run(self):
        while True:
            talk, _ = self.socket.accept()
            threading.Thread(target=self.serve, args=(talk,), daemon=True).start()


if __name__ == "__main__":
    Daemon(sys.argv[1], sys.argv[2], sys.argv[3:]).run()
