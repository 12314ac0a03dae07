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
  ignoreDefaultArgs: ["--hide-scrollbars"], // as for a user
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
  hover: (target) => page.locator(target).first().hover(),
  scroll: (target) => page.locator(target).first().evaluate((element) => { element.scrollIntoView(); }),
  // Whether some of it is to be seen without scrolling.
  inside: (target) =>
    page.locator(target).first().evaluate((element) => {
      const { top, bottom } = element.getBoundingClientRect();
      return bottom > 0 && top < window.innerHeight;
    }),
  // Whether something of it is out of sight in it while no bar says that it scrolls.
  hidden: (target) =>
    page.locator(target).first().evaluate((element) => {
      const { borderLeftWidth, borderRightWidth, overflowY } = getComputedStyle(element);
      const bar = element.offsetWidth - element.clientWidth - parseFloat(borderLeftWidth) - parseFloat(borderRightWidth);
      return element.scrollHeight > element.clientHeight + 1 && (bar < 8 || !["auto", "scroll"].includes(overflowY));
    }),
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
  overflow: () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
  // Elements whose text has too little contrast, as WCAG AA defines it.
  pale: () => page.evaluate(pale),
  // Shapes of lanes of which neither the inside nor the edge has enough contrast (WCAG 1.4.11).
  dim: () => page.evaluate(dim),
  picture: (path) => page.screenshot({ path, fullPage: true }).then(() => undefined),
  // The same of what is in the window.
  view: (path) => page.screenshot({ path }).then(() => undefined),
};

// What both that run in the page need.
await page.addInitScript(() => {
  globalThis.channels = (color) => color.match(/[\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => {
    const linear = [r, g, b].map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  globalThis.contrast = (one, two) => {
    const [low, high] = [luminance(one), luminance(two)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
});

// Runs in the page, or in a picture that stands alone.
function dim() {
  const paper = document.querySelector("svg > rect.paper");
  const ground = channels(paper ? getComputedStyle(paper).fill : getComputedStyle(document.body).backgroundColor);
  const behind = ground[3] === 0 ? channels(getComputedStyle(document.documentElement).backgroundColor) : ground;
  // Of a pattern only its ground counts, but that of a cycle is its lines.
  const inside = (fill, isRing) => {
    const pattern = /url\("#(.*)"\)/.exec(fill);
    if (!pattern) return fill;
    const [ground, lines] = document.getElementById(pattern[1]).children;
    return isRing ? getComputedStyle(lines).stroke : getComputedStyle(ground).fill;
  };
  const found = {};
  for (const shape of document.querySelectorAll("rect[data-from], rect.ring, .sign rect, g[transform] > rect[class]")) {
    const { fill, stroke } = getComputedStyle(shape);
    const seen = [inside(fill, shape.classList.contains("ring")), stroke].filter((color) => color.startsWith("rgb"));
    const ratios = seen.map((color) => contrast(channels(color), behind));
    if (Math.max(0, ...ratios) < 3) found[shape.getAttribute("class")] = Math.max(...ratios).toFixed(2);
  }
  return found;
}

// Runs in the page.
function pale() {
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
    const ratio = contrast(channels(style.color), behind(element));
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
