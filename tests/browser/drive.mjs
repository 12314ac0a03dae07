// Opens a page from disk in Chromium, does what standard input asks for, and prints what it saw.
//
// In:  { "page": "/tmp/x.html", "width": 1280, "height": 800, "scheme": "light", "motion": "no-preference",
//        "acts": [ { "click": "#next" }, { "press": "u" }, { "text": "#verdict" }, ... ] }
// Out: { "seen": [one value for each act that looks], "errors": [...], "requests": [...] }

import { chromium } from "playwright-core";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";

const wish = JSON.parse(readFileSync(0, "utf8"));
const browser = await chromium.launch({
  executablePath: process.env.PATH.split(delimiter).map((folder) => join(folder, "chromium")).find(existsSync),
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
});
const page = await browser.newPage({
  viewport: { width: wish.width ?? 1280, height: wish.height ?? 800 },
  colorScheme: wish.scheme ?? "light",
  reducedMotion: wish.motion ?? "no-preference",
});
const [errors, requests, seen] = [[], [], []];
const address = pathToFileURL(wish.page).href;
page.on("console", (message) => {
  if (["error", "warning"].includes(message.type())) errors.push(message.text());
});
page.on("pageerror", (error) => errors.push(String(error)));
page.on("request", (request) => {
  if (request.url() !== address) requests.push(request.url());
});
page.on("dialog", (dialog) => {
  errors.push(`dialog: ${dialog.message()}`);
  dialog.dismiss();
});

// What each act does; those that give a value are told.
const acts = {
  click: (target) => page.locator(target).first().click(),
  press: (key) => page.keyboard.press(key),
  focus: (target) => page.locator(target).first().focus(),
  // A slider, moved as its user does: the page hears of it.
  slide: ([target, value]) =>
    page.locator(target).evaluate((slider, value) => {
      slider.value = value;
      slider.dispatchEvent(new Event("input", { bubbles: true }));
    }, value),
  // As it stands on the screen: what is hidden has no text.
  text: (target) => page.locator(target).first().innerText(),
  count: (target) => page.locator(target).count(),
  attribute: ([target, name]) => page.locator(target).first().getAttribute(name),
  value: (target) => page.locator(target).first().inputValue(),
  // Waits until it is so; the browser's own limit ends it.
  until: ([target, text]) => page.locator(target).filter({ hasText: text }).first().waitFor(),
  // Pixels by which the page is wider than the window.
  overflow: () => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth),
  // Elements whose text has too little contrast, as WCAG AA defines it.
  pale: () => page.evaluate(pale),
  picture: (path) => page.screenshot({ path, fullPage: true }).then(() => undefined),
};

// Runs in the page.
function pale() {
  const channels = (color) => color.match(/[\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => {
    const linear = [r, g, b].map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = channels(getComputedStyle(at).backgroundColor);
      if (color[3] !== 0) return color;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (!own || element.closest("script, style, svg") || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const [one, two] = [luminance(channels(style.color)), luminance(behind(element))];
    const ratio = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) found.push(`${ratio.toFixed(2)} ${element.outerHTML.slice(0, 80)}`);
  }
  return found;
}

try {
  await page.goto(address);
  for (const act of wish.acts) {
    const [[name, argument]] = Object.entries(act);
    const value = await acts[name](argument);
    if (value !== undefined) seen.push(value);
  }
} catch (error) {
  errors.push(String(error));
}
await browser.close();
console.log(JSON.stringify({ seen, errors, requests }));
