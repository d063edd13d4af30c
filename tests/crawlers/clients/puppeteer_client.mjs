// SPDX-License-Identifier: Apache-2.0
// URL PROXY CA: a page in Debian's Chromium, driven by puppeteer-core. Chromium takes CAs
// from its own store only; here the proxy's is allowed by the hash of its key.
import puppeteer from "puppeteer-core";
import { say } from "./say.mjs";

const [url, proxy] = process.argv.slice(2);
const browser = await puppeteer.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--user-agent=TestBot/1.0", "--proxy-server=" + proxy,
    "--proxy-bypass-list=<-loopback>",
    ...(process.env.CA_HASH ? ["--ignore-certificate-errors-spki-list=" + process.env.CA_HASH]
      : [])],
});
let status = 0, size = 0;
try {
  const page = await browser.newPage();
  const r = await page.goto(url, { timeout: 30000 });
  status = r.status();
  if (process.env.CAREFUL) {                     // only this tells that something is missing
    size = (await r.buffer()).length;
  } else {
    size = (await page.content()).length;
  }
  say(status, size);
} catch (e) {
  say(status, size, e);
}
await browser.close();
process.exit(0);
