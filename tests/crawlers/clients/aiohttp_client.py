# SPDX-License-Identifier: Apache-2.0
"""URL PROXY CA: one GET with aiohttp; proxy and certificates are told per request."""
import asyncio
import ssl
import sys

import aiohttp
from say import say

url, proxy, ca = sys.argv[1:4]


async def main():
    context = ssl.create_default_context(cafile=ca or None)
    headers = {"User-Agent": "TestBot/1.0"}
    async with aiohttp.ClientSession(headers=headers,
                                     timeout=aiohttp.ClientTimeout(total=30)) as session:
        async with session.get(url, proxy=proxy, ssl=context) as r:
            return r.status, len(await r.read())
try:
    say(*asyncio.run(main()))
except (aiohttp.ClientError, asyncio.TimeoutError) as e:
    say(0, 0, e)
