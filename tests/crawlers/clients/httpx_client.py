# SPDX-License-Identifier: Apache-2.0
"""URL PROXY CA: one GET with httpx, the proxy from the environment."""
import os
import sys

import httpx
from say import say

url, proxy, ca = sys.argv[1:4]
os.environ.update(HTTP_PROXY=proxy, HTTPS_PROXY=proxy, ALL_PROXY=proxy)
try:
    with httpx.Client(verify=ca or True, timeout=30, headers={"User-Agent": "TestBot/1.0"}) as c:
        r = c.get(url)
        say(r.status_code, len(r.content))
except httpx.HTTPError as e:
    say(0, 0, e)
