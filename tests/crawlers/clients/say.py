# SPDX-License-Identifier: Apache-2.0
"""What a client got, as one line of JSON."""
import json


def say(status, size, error=""):
    text = "%s: %s" % (type(error).__name__, error) if isinstance(error, Exception) else error
    print("GOT " + json.dumps({"status": status, "size": size, "error": text[:300]}), flush=True)
