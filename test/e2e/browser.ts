import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    // Containers give no sandbox and little shared memory.
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });

/** A page in a context of its own, with everything that went wrong in it and every text that reached it. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const problems: string[] = [];
  const received: Promise<string>[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => problems.push(`error: ${error.message}`));
  page.on('response', (response) => {
    // A body is gone when its page has moved on; what came later was read.
    received.push(response.text().catch(() => ''));
  });
  return {
    page,
    problems,
    received: async () => (await Promise.all(received)).join('\n'),
    close: () => context.close(),
  };
}

/** What axe finds, one line a violation. Evaluated through the debugger: the page's own policy lets no foreign script in. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    // axe has just put itself there.
    const { axe } = globalThis as unknown as { axe: typeof import('axe-core') };
    const { violations } = await axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
  });
}

/** How far the whole page could be scrolled sideways, in pixels. */
export const sidewaysScroll = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** Presses Tab until the focused element's text contains `text`; fails after `presses`. */
export async function tabTo(page: Page, text: string, presses = 60): Promise<void> {
  const seen: string[] = [];
  for (let press = 0; press < presses; press += 1) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(() => document.activeElement?.textContent ?? '');
    if (focused.includes(text) && (await page.evaluate(() => document.activeElement?.tagName === 'A'))) return;
    seen.push(focused.slice(0, 30));
  }
  throw new Error(`Tab never reached a link "${text}", only: ${seen.join(' | ')}`);
}
