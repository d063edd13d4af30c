// SPDX-License-Identifier: Apache-2.0
// report.js BROWSER PAGE PICTURES: looks at one page as different readers do. Prints what is
// wrong; exit status 0 nothing, 1 something, 3 the browser does not start.
"use strict";
const fs = require("fs");
const puppeteer = require("puppeteer-core");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const [browserPath, file, pictures] = process.argv.slice(2);
const modes = [
    { name: "light", scheme: "light", media: "screen", width: 1200, height: 900 },
    { name: "dark", scheme: "dark", media: "screen", width: 1200, height: 900 },
    { name: "phone", scheme: "light", media: "screen", width: 390, height: 800 },
    { name: "print", scheme: "dark", media: "print", width: 794, height: 1123 },
];
let wrong = 0;

function complain(mode, text) {
    console.log(`${mode.name}: ${text}`);
    wrong = 1;
}

// What axe-core cannot see on a page that is wider than its window.
function tooWide() {
    return document.documentElement.scrollWidth > document.documentElement.clientWidth + 1;
}

async function judge(page, mode) {
    // With scripts off and the page's own policy: what a reader has.
    await page.setJavaScriptEnabled(false);
    await page.setBypassCSP(false);
    let requests = 0;
    const count = (r) => { if (++requests > 1) complain(mode, "asks for " + r.url()); };
    page.on("request", count);
    await page.goto("file://" + file);
    page.off("request", count);
    await page.screenshot({ path: `${pictures}-${mode.name}.png`, fullPage: mode.name !== "phone" });
    if (mode.media === "print")
        await page.pdf({ path: `${pictures}.pdf`, preferCSSPageSize: true });

    await page.setJavaScriptEnabled(true);
    await page.setBypassCSP(true);
    await page.goto("file://" + file);
    await page.evaluate(axe);
    const found = await page.evaluate(() => window.axe.run({ resultTypes: ["violations"] }));
    for (const v of found.violations)
        complain(mode, `${v.id} (${v.impact}): ${v.nodes.length}, such as ${v.nodes[0].html.slice(0, 160)}`);
    console.log(`${mode.name}: ${found.passes.length} rules of axe-core hold`);
    if (await page.evaluate(tooWide))
        complain(mode, "is wider than its window");
}

async function main() {
    let browser;
    try {
        browser = await puppeteer.launch({ executablePath: browserPath, args: ["--no-sandbox"] });
    } catch (e) {
        console.error(String(e));
        return 3;
    }
    for (const mode of modes) {
        const page = await browser.newPage();
        page.on("console", (m) => complain(mode, "console: " + m.text()));
        page.on("pageerror", (e) => complain(mode, "error: " + e));
        await page.setViewport({ width: mode.width, height: mode.height });
        await page.emulateMediaType(mode.media);
        await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: mode.scheme }]);
        await judge(page, mode);
        await page.close();
    }
    await browser.close();
    return wrong;
}

main().then((status) => process.exit(status), (e) => { console.error(e); process.exit(1); });
