// SPDX-License-Identifier: Apache-2.0
// URL PROXY CA: one request with undici through its ProxyAgent, which without proxyTunnel:
// false opens a tunnel for http:// too, and nothing is inspected in it.
import fs from "node:fs";
import { ProxyAgent, request } from "undici";
import { say } from "./say.mjs";

const [url, proxy, ca] = process.argv.slice(2);
const tls = ca ? { requestTls: { ca: fs.readFileSync(ca) } } : {};
const dispatcher = new ProxyAgent({ uri: proxy, proxyTunnel: false, ...tls });
let status = 0;
try {
  const r = await request(url, { dispatcher, headers: { "user-agent": "TestBot/1.0" } });
  status = r.statusCode;
  say(status, (await r.body.arrayBuffer()).byteLength);
} catch (e) {
  say(status, 0, e);
}
process.exit(0);
