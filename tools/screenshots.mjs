// Takes pictures of the running pages (npm start or npm run demo first): the leaderboard and the newest experiment with a search,
// light and dark, at desktop and phone width. Usage: node tools/screenshots.mjs [folder=docs/images]
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { chromium } from 'playwright-core';
import { CHROMIUM, ROOT } from './paths.mjs';
import { WEB_URL } from './services.mjs';

const folder = resolve(ROOT, process.argv[2] ?? 'docs/images');
if (!CHROMIUM) throw new Error('Chromium was not found. Install it (Debian: apt install chromium) or set CHROMIUM.');
mkdirSync(folder, { recursive: true });
// Containers give no sandbox and little shared memory.
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-dev-shm-usage'] });

/** Opens `path` in a fresh context and takes one picture; returns the page's first link to a Sliding-Window Merging experiment. */
async function take(name, path, { colorScheme, width, isFullPage }) {
  const context = await browser.newContext({
    colorScheme,
    viewport: { width, height: width < 600 ? 800 : 1240 },
    deviceScaleFactor: 1.25,
  });
  const page = await context.newPage();
  await page.goto(WEB_URL + path, { waitUntil: 'networkidle' });
  const [link = null] = await page
    .locator('a[href^="/experiments/"]', { hasText: 'Sliding-Window Merging' })
    .evaluateAll((links) => links.map((found) => found.getAttribute('href')));
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: isFullPage });
  await context.close();
  return link;
}

try {
  const experiment = await take('leaderboard', '/', { colorScheme: 'light', width: 1600, isFullPage: true });
  await take('leaderboard-dark', '/', { colorScheme: 'dark', width: 1600, isFullPage: true });
  await take('leaderboard-phone', '/', { colorScheme: 'light', width: 360, isFullPage: false });
  if (experiment) {
    await take('experiment', experiment, { colorScheme: 'light', width: 1280, isFullPage: true });
    await take('experiment-phone', experiment, { colorScheme: 'dark', width: 360, isFullPage: true });
  }
  console.log(`pictures in ${folder}`);
} finally {
  await browser.close();
}
