/**
 * `node look.mjs BROWSER PAGE`: opens a page of `spillway lab` in a real browser, in the light and the dark
 * scheme, wide and narrow, and prints what is wrong with it as JSON. playwright-core is installed beside it.
 */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const [executablePath, path] = process.argv.slice(2);
// Root has no sandbox of Chromium's, and the page is our own.
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
const problems = [];
const backgrounds = [];
let pictures = 0;
for (const colorScheme of ['light', 'dark'])
  for (const width of [1100, 390]) {
    const page = await browser.newPage({ colorScheme, viewport: { width, height: 900 } });
    const where = `${colorScheme}, ${width} pixels`;
    page.on('console', (message) => problems.push(`${where}: ${message.text()}`));
    page.on('pageerror', (error) => problems.push(`${where}: ${error}`));
    page.on('request', (request) => {
      if (!request.url().startsWith('file:')) problems.push(`${where}: it loads ${request.url()}`);
    });
    await page.goto(pathToFileURL(resolve(path)).href);
    const seen = await page.evaluate(inspect);
    problems.push(...seen.problems.map((problem) => `${where}: ${problem}`));
    backgrounds.push(seen.background);
    pictures = seen.pictures;
    await page.close();
  }
await browser.close();
if (new Set(backgrounds).size !== 2) problems.push(`the schemes look alike: ${backgrounds}`);
console.log(JSON.stringify({ problems, pictures }));

/** In the page. */
function inspect() {
  const found = [];
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth) found.push(`it is ${scrollWidth} pixels wide`);
  const svgs = [...document.querySelectorAll('svg')];
  for (const svg of svgs) {
    const frame = svg.getBoundingClientRect();
    for (const text of svg.querySelectorAll('text')) {
      const box = text.getBoundingClientRect();
      if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.bottom > frame.bottom + 1)
        found.push(`text outside of its picture: ${text.textContent}`);
    }
  }
  const numbers = (colour) => colour.match(/[\d.]+/g).map(Number);
  const luminance = (colour) => {
    const [r, g, b] = numbers(colour).map((value) =>
      value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const { backgroundColor } = getComputedStyle(one);
      if (numbers(backgroundColor)[3] !== 0) return backgroundColor;
    }
    return 'rgb(255, 255, 255)';
  };
  for (const element of document.querySelectorAll('h1, p, td, th, dd, dt, a, summary, pre, span, svg text')) {
    const style = getComputedStyle(element);
    const colour = element.namespaceURI.endsWith('svg') ? style.fill : style.color;
    const [a, b] = [luminance(colour), luminance(behind(element))].sort((x, y) => y - x);
    // WCAG 2, level AA.
    if ((a + 0.05) / (b + 0.05) < 4.5) {
      const words = element.textContent.slice(0, 40);
      found.push(`too little contrast: ${colour} on ${behind(element)}: ${words}`);
    }
  }
  const { backgroundColor } = getComputedStyle(document.documentElement);
  return { problems: [...new Set(found)], background: backgroundColor, pictures: svgs.length };
}
