# SPDX-License-Identifier: Apache-2.0
"""icap_load, as the benchmark uses it: one process for each arm, its connections kept open."""
import json
import os
import subprocess

import pages
import servers

SAYS = "Optout: decision=reserved"  # the heads of tags and pages, and of no other
PATIENCE = 60  # seconds for a round


def arguments(cell, port, service, url, body, says=SAYS):
    """The options of one cell (cells.IcapCell) for one service."""
    kind, _, field = pages.site()[cell.path]
    argv = ["--port", str(port), "--service", service, "--vectors", cell.vectors, "--url", url,
            "--body", body, "--type", kind, "--answer-req", cell.answer_req,
            "--answer-resp", cell.answer_resp]
    if field:
        argv += ["--field", ": ".join(field)]
    return argv + (["--says", says] if says else [])


class Client:
    """A round for each call; a wrong answer is a BenchError."""

    def __init__(self, program, argv, requests, connections):
        self.process = subprocess.Popen(
            [os.path.abspath(program), *argv, "--paced", "--requests", str(requests),
             "--connections", str(connections)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def round(self):
        try:
            self.process.stdin.write("\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
            result = json.loads(line) if line else {"errors": 1}
        except (BrokenPipeError, ValueError):
            result = {"errors": 1}
        if result["errors"]:
            raise servers.BenchError(self.close() or "icap_load ended")
        return result

    def close(self):
        """What it had to say."""
        if self.process.returncode is not None:
            return ""
        try:
            return self.process.communicate(timeout=PATIENCE)[1]
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.communicate()[1]


def once(program, argv, requests=1, connections=1):
    """One run; its result."""
    client = Client(program, argv, requests, connections)
    try:
        return client.round()
    finally:
        client.close()
