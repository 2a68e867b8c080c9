import { readdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scratchFolder } from '../support/scratch-folder.js';
import { type Data, freePort, makeTinyModel, type Stack, startStack, waitFor } from '../support/stack.js';
import { accessibilityProblems, openBrowser, openPage, sidewaysScroll, tabTo } from './browser.js';
import { startWeb, type WebServer } from './web-server.js';

const LAYERS = 16;
const LIVE_TIMEOUT_MS = 300_000;

let stack: Stack;
let web: WebServer;
let browser: Browser;
let modelId: string;
const models = scratchFolder('e2e-models');
const ids = { dense: '', swm: '', shortGpt: '' };

const launch = (method: Data, more: Data = {}): Promise<string> =>
  stack.launch({ modelId, method, calibration: { samples: 4, tokens: 32 }, latency: 'QUICK', ...more });

/** The rows of the one group there is, as the API gives them. */
async function leaderboard(orderBy = 'MEAN_DESC'): Promise<Data[]> {
  const { leaderboardGroups: groups } = await stack.graphql('{ leaderboardGroups { model { id } protocol { id } } }');
  expect(groups).toHaveLength(1);
  const reply = await stack.graphql(
    `query ($modelId: ID!, $protocolId: ID!, $orderBy: LeaderboardOrder!) {
      leaderboard(modelId: $modelId, protocolId: $protocolId, orderBy: $orderBy) { nodes {
        experimentId rank outputDepth sourceDepth parameterCount isDense
        mean meanIntervalLow meanIntervalHigh chanceCorrectedMean informativeMean deltaToDense deltaToDenseStderr
        plan { text recipes { kind first last } }
        scores { task title isHeadline value stderr isInformative }
        latency { latencyMsMean latencyMsSd tokensPerSecond }
      } }
    }`,
    { modelId: groups[0].model.id, protocolId: groups[0].protocol.id, orderBy },
  );
  return reply.leaderboard.nodes;
}

const rowOf = (page: Page, id: string) => page.locator(`[data-experiment="${id}"]`);
const figure = async (page: Page, id: string, name: string): Promise<string> =>
  (await rowOf(page, id).locator(`[data-figure="${name}"]`).innerText()).trim();

// The digits shown, made here from the API's numbers and not by the pages' own code.
const percent = (value: number): string => (100 * value).toFixed(1);
const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
function signed(value: number): string {
  const text = Math.abs(100 * value).toFixed(1);
  return Number(text) === 0 ? `±${text}` : `${value < 0 ? '−' : '+'}${text}`;
}

beforeAll(async () => {
  // Making a model blocks this process: done first, no open connection grows stale meanwhile.
  makeTinyModel(join(models.path, 'model'), { layers: LAYERS });
  makeTinyModel(join(models.path, 'damaged'), { layers: 4, seed: 1 });
  stack = await startStack();
  [web, browser] = await Promise.all([startWeb({ apiUrl: stack.url, home: stack.home }), openBrowser()]);
  modelId = await stack.register(join(models.path, 'model'));
});

afterAll(async () => {
  await browser?.close();
  await web?.stop();
  await stack?.stop();
  models.remove();
});

describe('the pages in a real browser', () => {
  it('say what to do while there is nothing to show', async () => {
    const { page, problems, close } = await openPage(browser);
    await page.goto(`${web.url}/`);
    await page.getByRole('heading', { name: 'No rows yet' }).waitFor();
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Experiments' }).click();
    await page.getByRole('heading', { name: 'No experiments yet' }).waitFor();
    expect(problems).toEqual([]);
    await close();
  });

  it('follow a launch live to its row, without ever being loaded again', async () => {
    ids.dense = await launch({ dense: {} });
    ids.swm = await launch({ swm: { profile: 'REPAIRED', threshold: 0.5 } });
    ids.shortGpt = await launch({ shortGpt: {} }, { target: { layers: LAYERS - 4 } });
    const { page, problems, received, close } = await openPage(browser);
    await page.goto(`${web.url}/experiments/${ids.swm}`);
    const badge = page.getByRole('heading', { level: 1 }).locator('[data-state]');
    const seen = new Set<string>([(await badge.getAttribute('data-state')) ?? '']);
    await page.evaluate(() => Object.assign(globalThis, { neverLoadedAgain: true }));

    await waitFor(
      'SUCCEEDED on the page',
      async () => {
        const state = await badge.getAttribute('data-state');
        if (state) seen.add(state);
        const running = await page
          .locator('li[data-state="RUNNING"]')
          .evaluateAll((steps) => steps.map((step) => step.getAttribute('data-stage') ?? ''));
        for (const stage of running) seen.add(stage);
        if (state === 'FAILED') throw new Error(await page.getByRole('alert').innerText());
        return state === 'SUCCEEDED' || undefined;
      },
      LIVE_TIMEOUT_MS,
    );
    expect([...seen]).toEqual(expect.arrayContaining(['QUEUED', 'RUNNING', 'EVALUATE', 'SUCCEEDED']));
    expect(await page.evaluate(() => 'neverLoadedAgain' in globalThis)).toBe(true);

    await page.getByRole('link', { name: 'Leaderboard' }).first().click();
    await rowOf(page, ids.swm).waitFor();
    expect(problems).toEqual([]);
    expect(await received()).not.toContain(stack.token);
    await close();
  });

  it('draw as many trace points as candidates were logged, with their values and the threshold', async () => {
    const { page, close } = await openPage(browser);
    await page.goto(`${web.url}/experiments/${ids.swm}`);
    const { experiment } = await stack.graphql(
      `query ($id: ID!) { experiment(id: $id) {
        searchTrace { threshold candidates { index similarity accepted cached } } plan { text } questionOutcomeCount
        scores { task metric value stderr } latency { samplesMs }
      } }`,
      { id: ids.swm },
    );
    const logged = await stack.db.experimentEvent.count({ where: { experimentId: ids.swm, kind: 'candidate' } });
    const { candidates } = experiment.searchTrace;
    expect(logged).toBeGreaterThan(LAYERS - 3);
    expect(candidates).toHaveLength(logged);

    const points = await page
      .locator('[data-candidate]')
      .evaluateAll((marks) =>
        marks.map((mark) => ({ verdict: mark.getAttribute('data-verdict'), title: mark.textContent ?? '' })),
      );
    expect(points).toHaveLength(logged);
    for (const [index, { similarity, accepted }] of candidates.entries()) {
      expect(points[index]?.verdict).toBe(accepted ? 'accepted' : 'refused');
      expect(points[index]?.title).toContain(`similarity ${similarity.toFixed(4)}`);
    }
    expect(await page.locator('[data-threshold]').count()).toBe(1);
    expect(await page.locator('[data-figure="plan"]').innerText()).toBe(experiment.plan.text);
    for (const { task, metric, value, stderr } of experiment.scores)
      expect(await page.locator(`[data-score="${task} ${metric}"]`).innerText()).toBe(
        `${percent(value)} ± ${percent(stderr)}`,
      );
    expect(await page.locator('[data-sample]').count()).toBe(experiment.latency.samplesMs.length);
    expect(await page.locator('[data-log]').innerText()).not.toBe('');
    await close();
  });

  it('show the mean, interval, delta and latency of three rows as the API gives them', async () => {
    for (const id of Object.values(ids)) expect(await stack.finished(id)).toBe('SUCCEEDED');
    const rows = await leaderboard();
    expect(rows.map(({ experimentId }) => experimentId).sort()).toEqual(Object.values(ids).sort());
    const { page, problems, close } = await openPage(browser);
    await page.goto(`${web.url}/`);
    await rowOf(page, ids.dense).waitFor();
    await page.getByText('a demonstration no paper reports').waitFor();
    for (const row of rows) {
      const id = row.experimentId;
      expect(await figure(page, id, 'mean')).toBe(percent(row.mean));
      expect(await figure(page, id, 'interval')).toBe(
        `[${percent(row.meanIntervalLow)}, ${percent(row.meanIntervalHigh)}]`,
      );
      expect(await figure(page, id, 'chance-corrected')).toBe(percent(row.chanceCorrectedMean));
      if (typeof row.informativeMean === 'number')
        expect(await figure(page, id, 'informative-mean')).toBe(percent(row.informativeMean));
      expect(await figure(page, id, 'delta')).toBe(row.isDense ? '—' : signed(row.deltaToDense));
      if (!row.isDense) expect(await figure(page, id, 'delta-error')).toBe(`± ${percent(row.deltaToDenseStderr)}`);
      expect(await figure(page, id, 'latency')).toBe(whole(row.latency.latencyMsMean));
      expect(await figure(page, id, 'latency-sd')).toBe(`± ${whole(row.latency.latencyMsSd)}`);
      expect(await figure(page, id, 'rank')).toBe(String(row.rank));
      expect(await figure(page, id, 'layers')).toBe(`${row.outputDepth} / ${LAYERS}`);
      await rowOf(page, id)
        .getByRole('img', { name: `Plan ${row.plan.text}` })
        .waitFor();
      const headline = row.scores.filter(({ isHeadline }: Data) => isHeadline);
      expect(headline).toHaveLength(7);
      for (const { task, value } of headline) expect(await figure(page, id, task)).toBe(percent(value));
      // Nothing is rounded away on the way to the page.
      const exact = await rowOf(page, id).locator('[data-figure="mean"]').getAttribute('data-value');
      expect(Number(exact)).toBe(row.mean);
    }
    const marked = rows[0]?.scores.filter(
      ({ isHeadline, isInformative }: Data) => isHeadline && isInformative === false,
    );
    // Random weights master nothing: the marks are there for the checks of this page that follow.
    expect(marked.length).toBeGreaterThan(0);
    const marks = await page.locator('th [data-not-informative]').allInnerTexts();
    expect(marks).toEqual(marked.map(() => '≉ not informative'));
    expect(problems).toEqual([]);
    await close();
  });

  it.each(['light', 'dark'] as const)(
    'have no accessibility problem and never scroll sideways: %s',
    async (colorScheme) => {
      for (const width of [1280, 360]) {
        const { page, problems, close } = await openPage(browser, { colorScheme, viewport: { width, height: 800 } });
        for (const path of ['/', '/experiments', `/experiments/${ids.swm}`, '/nowhere']) {
          await page.goto(web.url + path, { waitUntil: 'networkidle' });
          expect({ path, width, found: await accessibilityProblems(page) }).toEqual({ path, width, found: [] });
          expect({ path, width, sideways: await sidewaysScroll(page) }).toEqual({ path, width, sideways: 0 });
        }
        // The browser itself reports the 404 it was sent to.
        expect(problems.filter((problem) => !problem.includes('404'))).toEqual([]);
        await close();
      }
    },
  );

  it('are sorted and opened by the keyboard alone, and keep their order in the address', async () => {
    const { page, problems, close } = await openPage(browser);
    await page.goto(`${web.url}/`);
    await rowOf(page, ids.dense).waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to content');
    await tabTo(page, 'sort by latency');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/?sort=latency');
    await page
      .getByRole('columnheader', { name: /Latency/, exact: false })
      .and(page.locator('[aria-sort="ascending"]'))
      .waitFor();
    const shown = await page
      .locator('[data-experiment]')
      .evaluateAll((rows) => rows.map((row) => row.getAttribute('data-experiment')));
    expect(shown).toEqual((await leaderboard('LATENCY_ASC')).map(({ experimentId }) => experimentId));
    await tabTo(page, 'Sliding-Window Merging');
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/experiments/${ids.swm}`);
    expect(problems).toEqual([]);
    await close();
  });

  it('show a failure with its code and its fix, and cancel what has not begun', async () => {
    await stack.killWorker();
    const folder = join(models.path, 'damaged');
    const damagedId = await stack.register(folder);
    const failing = await launch({ dense: {} }, { modelId: damagedId });
    const cancelled = await launch({ swm: { profile: 'RELEASED', threshold: 0.4 } }, { latency: 'NONE' });
    const weights = readdirSync(folder).find((name) => name.endsWith('.safetensors'));
    truncateSync(join(folder, weights ?? 'model.safetensors'), 1000);

    const { page, problems, close } = await openPage(browser);
    await page.goto(`${web.url}/experiments/${cancelled}`);
    await page.getByRole('button', { name: 'Cancel experiment' }).click();
    await page.locator('h1 [data-state="CANCELLED"]').waitFor();
    expect(await page.getByRole('button', { name: 'Cancel experiment' }).count()).toBe(0);

    stack.startWorker();
    await page.goto(`${web.url}/experiments/${failing}`);
    await page.locator('h1 [data-state="FAILED"]').waitFor({ timeout: 120_000 });
    const { experiment } = await stack.graphql(
      'query ($id: ID!) { experiment(id: $id) { error { code message fix } } }',
      {
        id: failing,
      },
    );
    const alert = page.locator(`[data-error="${experiment.error.code}"]`);
    expect(await alert.innerText()).toContain(experiment.error.message);
    expect(await alert.innerText()).toContain(experiment.error.fix);
    expect(problems).toEqual([]);
    await close();
  });

  it('say what to do when the API is away, and 404 where there is nothing', async () => {
    const { page, close } = await openPage(browser);
    const missing = await page.goto(`${web.url}/experiments/01997f2e-0000-7000-8000-000000000000`);
    expect(missing?.status()).toBe(404);
    await page.getByRole('heading', { name: 'There is nothing here' }).waitFor();

    const alone = await startWeb({ apiUrl: `http://127.0.0.1:${await freePort()}`, home: stack.home });
    try {
      await page.goto(`${alone.url}/`);
      await page.getByText('CLIENT.UNREACHABLE').waitFor();
      await page.getByText('npm start').waitFor();
    } finally {
      await alone.stop();
    }
    await close();
  });
});
