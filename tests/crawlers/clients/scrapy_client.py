# SPDX-License-Identifier: Apache-2.0
"""URL PROXY CA: a Scrapy spider with its settings as they come, but for robots.txt (the
proxy looks after it) and the proxy, which Scrapy takes from the environment. Scrapy does
not verify certificates unless it is told to: CA is not used."""
import logging
import os
import sys

import scrapy
from say import say
from scrapy.crawler import CrawlerProcess

url, proxy, _ = sys.argv[1:4]
os.environ.update(http_proxy=proxy, https_proxy=proxy, no_proxy="")
seen = {"status": 0, "size": 0, "error": "nothing reached the spider"}


class Spider(scrapy.Spider):
    name = "one"

    def start_requests(self):
        yield scrapy.Request(url, callback=self.parse, errback=self.failed)

    def parse(self, response):
        flags = ",".join(response.flags)
        seen.update(status=response.status, size=len(response.body), error=flags)

    def failed(self, failure):
        response = getattr(failure.value, "response", None)
        seen.update(status=getattr(response, "status", 0),
                    error="%s: %s" % (failure.type.__name__, failure.value))


logging.disable(logging.CRITICAL)
process = CrawlerProcess({"USER_AGENT": "TestBot/1.0", "ROBOTSTXT_OBEY": False,
                          "LOG_ENABLED": False, "TELNETCONSOLE_ENABLED": False,
                          "REQUEST_FINGERPRINTER_IMPLEMENTATION": "2.7"})
process.crawl(Spider)
process.start()
say(seen["status"], seen["size"], seen["error"])
