# SPDX-License-Identifier: Apache-2.0
"""URL PROXY CA: one GET with requests, as its manual shows it."""
import sys

import requests
from say import say

url, proxy, ca = sys.argv[1:4]
try:
    r = requests.get(url, proxies={"http": proxy, "https": proxy}, verify=ca or True, timeout=30,
                     headers={"User-Agent": "TestBot/1.0"})
    say(r.status_code, len(r.content))
except requests.RequestException as e:
    say(0, 0, e)
