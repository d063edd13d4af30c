// SPDX-License-Identifier: Apache-2.0
// URL PROXY CA: a page in Debian's Chromium, driven by playwright-core, which has a switch
// for certificates instead of a CA.
import { chromium } from "playwright-core";
import { say } from "./say.mjs";

const [url, proxy] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium", proxy: { server: proxy, bypass: "<-loopback>" },
  args: ["--no-sandbox"],
});
let status = 0, size = 0;
try {
  const context = await browser.newContext({
    ignoreHTTPSErrors: Boolean(process.env.CA_HASH), userAgent: "TestBot/1.0",
  });
  const page = await context.newPage();
  const r = await page.goto(url, { timeout: 30000 });
  status = r.status();
  size = (await page.content()).length;
  say(status, size);
} catch (e) {
  say(status, size, e);
}
await browser.close();
process.exit(0);
