// SPDX-License-Identifier: Apache-2.0
// URL PROXY CA: fetch with undici's ProxyAgent (see undici_client.mjs); the CA comes by
// NODE_EXTRA_CA_CERTS.
import { fetch, ProxyAgent } from "undici";
import { say } from "./say.mjs";

const [url, proxy] = process.argv.slice(2);
let status = 0;
try {
  const r = await fetch(url, {
    dispatcher: new ProxyAgent({ uri: proxy, proxyTunnel: false }),
    headers: { "user-agent": "TestBot/1.0" },
  });
  status = r.status;
  say(status, (await r.arrayBuffer()).byteLength);
} catch (e) {
  say(status, 0, e);
}
process.exit(0);
