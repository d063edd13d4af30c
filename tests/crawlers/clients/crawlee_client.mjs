// SPDX-License-Identifier: Apache-2.0
// URL PROXY CA: Crawlee's CheerioCrawler with its defaults. got, below it, takes the CA
// from NODE_EXTRA_CA_CERTS.
import { CheerioCrawler, Configuration, log, ProxyConfiguration } from "@crawlee/cheerio";
import { say } from "./say.mjs";

const [url, proxy] = process.argv.slice(2);
log.setLevel(log.LEVELS.OFF);
let got = [0, 0, new Error("nothing reached the handler")];
const crawler = new CheerioCrawler({
  proxyConfiguration: new ProxyConfiguration({ proxyUrls: [proxy] }),
  maxRequestRetries: Number(process.env.RETRIES ?? 3),
  requestHandler({ response, body }) {
    got = [response.statusCode, body.length];
  },
  failedRequestHandler({ response }, error) {
    got = [response?.statusCode ?? 0, 0, error];
  },
}, new Configuration({ persistStorage: false }));
await crawler.run([url]);
say(...got);
process.exit(0);
