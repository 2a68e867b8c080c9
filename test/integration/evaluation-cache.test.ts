import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { scratchFolder } from '../support/scratch-folder.js';
import { makeTinyModel, PYTHON, REPOSITORY, type Stack, startStack, waitFor } from '../support/stack.js';
import { writeWikiText } from '../support/wikitext.js';

// The real harness and two workers on a tiny model: the same bytes are never scored twice (C1).

const BASE = {
  ...{ method: { dense: {} }, calibration: { samples: 2, tokens: 16 }, latency: 'NONE' },
  protocol: { name: 'MINI', data: 'BUILTIN', limit: 3, tasks: ['PIQA', 'BOOLQ'] },
};
const data = scratchFolder('task-data');
let stack: Stack;
let folder: string;

beforeAll(async () => {
  writeWikiText(join(data.path, 'wikitext2.txt'));
  stack = await startStack({ env: { SWM_TASK_DATA: data.path } });
  stack.startWorker(); // A second one.
  folder = makeTinyModel(join(stack.scratch, 'model'), { layers: 2 });
});
afterAll(async () => {
  await stack?.stop();
  data.remove();
});

/** Registers the same model as another folder with other shards and another name, or, flipped, one bit away from it. */
function resave(name: string, ...flip: readonly 'flip'[]): Promise<string> {
  const copy = join(stack.scratch, name);
  execFileSync(PYTHON, [join(REPOSITORY, 'test/support/resave_model.py'), folder, copy, ...flip], { stdio: 'pipe' });
  return stack.register(copy);
}

const launch = (modelId: string, change: { tasks?: readonly string[]; perplexity?: readonly string[] } = {}) =>
  stack.launch({ ...BASE, modelId, protocol: { ...BASE.protocol, ...change } });

/** Command lines of the harness that an experiment started. */
async function harnessRuns(experimentId: string): Promise<readonly unknown[]> {
  const events = await stack.db.experimentEvent.findMany({
    where: { experimentId, stage: 'evaluate', kind: 'process' },
  });
  return events.filter(({ data }) => typeof data === 'object' && data !== null && !('exitCode' in data));
}

const evaluation = async (experimentId: string) =>
  stack.db.stage.findUniqueOrThrow({ where: { experimentId_name: { experimentId, name: 'evaluate' } } });

const scoresOf = async (id: string) =>
  (
    await stack.graphql(
      '{ experiment(id: "ID") { protocol { label } scores { task metric value n isHeadline } perplexities { text metric value segmentTokens segmentCount } row { mean perplexities { value } } } }'.replace(
        'ID',
        id,
      ),
    )
  ).experiment;

it('an equal evaluation waits for the one that runs, takes over where it is given up, and is used again', async () => {
  const [first, second, third] = [await stack.register(folder), await resave('second'), await resave('third')];
  const given = await launch(first);
  await waitFor('lm-eval', async () => ((await harnessRuns(given)).length > 0 ? true : undefined));
  const joined = await launch(second);
  const snoozed = { experimentId: joined, kind: 'state', data: { path: ['reason'], equals: 'snooze' } };
  await waitFor('a wait', async () =>
    (await stack.db.experimentEvent.count({ where: snoozed })) > 0 ? true : undefined,
  );
  expect(await harnessRuns(joined)).toEqual([]);
  await stack.graphql('mutation ($id: ID!) { cancelExperiment(input: { id: $id }) { experiment { id } } }', {
    id: given,
  });
  expect(await stack.finished(given)).toBe('CANCELLED');

  // The second evaluates for itself; a third waits for it, holds no worker, and starts no process.
  await waitFor('lm-eval', async () => ((await harnessRuns(joined)).length > 0 ? true : undefined));
  const reusing = await launch(third);
  expect(await stack.finished(joined)).toBe('SUCCEEDED');
  expect(await stack.finished(reusing)).toBe('SUCCEEDED');
  expect(await harnessRuns(joined)).toHaveLength(1);
  expect(await harnessRuns(reusing)).toEqual([]);
  const { output, durationMs } = await evaluation(reusing);
  expect(output).toMatchObject({ wasReused: true, reusedTasks: ['boolq', 'piqa'], questionCount: 6, run: null });
  expect(durationMs).toBeLessThan(1000);
  const scores = await scoresOf(joined);
  expect(scores.protocol.label).toMatch(/2 of 7 tasks \(BoolQ, PIQA\).*limit 3/);
  expect(await scoresOf(reusing)).toEqual(scores);
});

it('an added task and an added perplexity run alone; one flipped bit is another model', async () => {
  const added = await launch(await stack.register(folder), {
    ...{ tasks: ['BOOLQ', 'PIQA', 'ARC_EASY'], perplexity: ['WIKITEXT2'] },
  });
  const flipped = await launch(await resave('flipped', 'flip'), { tasks: ['PIQA'] });
  expect(await stack.finished(added)).toBe('SUCCEEDED');
  expect(await stack.finished(flipped)).toBe('SUCCEEDED');

  const runs = await harnessRuns(added);
  expect(runs).toHaveLength(1);
  const { output } = await evaluation(added);
  expect(output).toMatchObject({ wasReused: false, reusedTasks: ['boolq', 'piqa'], questionCount: 9 });
  const { resultsFile } = (output as { run: { resultsFile: string } }).run; // as the stage's schema has it
  const results = JSON.parse(readFileSync(join(stack.home, 'experiments', added, resultsFile), 'utf8'));
  expect(Object.keys(results.results)).toEqual(['arc_easy_local']);
  const { scores, row, perplexities } = await scoresOf(added);
  const headline = scores.filter(({ isHeadline }: { isHeadline: boolean }) => isHeadline);
  expect(headline.map(({ task }: { task: string }) => task)).toEqual(['boolq', 'piqa', 'arc_easy']);
  expect(row.mean).toBeCloseTo(headline.reduce((sum: number, { value }: { value: number }) => sum + value, 0) / 3, 12);

  // Three segments asked for, in whole batches of four; the mean knows nothing of it.
  const [perplexity] = perplexities;
  expect(perplexity).toMatchObject({
    text: 'wikitext2',
    metric: 'paper_perplexity@128',
    segmentTokens: 128,
    segmentCount: 4,
  });
  expect(perplexity.value).toBeGreaterThan(1);
  expect(row.perplexities).toEqual([{ value: perplexity.value }]);
  const { segmentLosses } = await stack.db.perplexity.findFirstOrThrow();
  expect(segmentLosses).toHaveLength(4 * Float32Array.BYTES_PER_ELEMENT);

  expect(await harnessRuns(flipped)).toHaveLength(1);
  expect((await evaluation(flipped)).output).toMatchObject({ wasReused: false, reusedTasks: [] });

  const known = await launch(await stack.register(folder), { tasks: ['ARC_EASY'], perplexity: ['WIKITEXT2'] });
  expect(await stack.finished(known)).toBe('SUCCEEDED');
  expect(await harnessRuns(known)).toEqual([]);
  expect((await evaluation(known)).output).toMatchObject({ wasReused: true, reusedTasks: ['arc_easy', 'wikitext2'] });
  expect((await scoresOf(known)).perplexities).toEqual(perplexities);
});
