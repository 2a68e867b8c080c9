import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { METHODS } from '../../packages/swm-core/src/method/index.js';
import { formatPlan, parsePlan, removedLayers } from '../../packages/swm-core/src/plan/index.js';
import { scratchFolder } from '../support/scratch-folder.js';
import { type Data, makeTinyModel, PYTHON, REPOSITORY, type Stack, startStack } from '../support/stack.js';

const DEPTH = 14;
const REMOVED = 3;
const target = { layers: DEPTH - REMOVED };
const scratch = scratchFolder('methods');
let stack: Stack;
let modelId: string;
/** What methods_reference.py printed. */
let reference: Data;

/** Every method, to the same depth. */
const LAUNCHES: Readonly<Record<string, Data>> = {
  SWM: { method: { swm: {} }, target },
  LACO: { method: { laco: { span: 2, interval: 1, lowest: 0 } }, target },
  SHORT_GPT: { method: { shortGpt: {} }, target },
  UIDL: { method: { uidl: {} }, target },
  SLEB: { method: { sleb: {} }, target },
  SHORTENED_PPL: { method: { shortenedPpl: {} }, target },
  SHORTENED_TAYLOR: { method: { shortenedTaylor: {} }, target },
  SHORTENED_MAGNITUDE: { method: { shortenedMagnitude: {} }, target },
  LAST_N: { method: { lastN: {} }, target },
  RANDOM: { method: { random: { seed: 5 } }, target },
  MANUAL: { method: { manual: { plan: '0-4 [5-7] !8 9-13' } } },
  DENSE: { method: { dense: {} } },
};
/** As far as each search can be judged by a list of numbers of another program. */
const JUDGED = ['SHORT_GPT', 'UIDL', 'SLEB', 'SHORTENED_PPL', 'SHORTENED_TAYLOR', 'SHORTENED_MAGNITUDE'];

beforeAll(async () => {
  const folder = makeTinyModel(join(scratch.path, 'model'), { layers: DEPTH, seed: 3 });
  stack = await startStack();
  modelId = await stack.register(folder);
});
afterAll(async () => {
  await stack?.stop();
  scratch.remove();
});

async function run(name: string): Promise<Data> {
  const base = { modelId, calibration: { samples: 4, tokens: 32 }, latency: 'NONE', stopAfter: 'SEARCH_PLAN' };
  const id = await stack.launch({ ...base, ...LAUNCHES[name] });
  expect(await stack.finished(id)).toBe('SUCCEEDED');
  const { experiment } = await stack.graphql(
    `query ($id: ID!) { experiment(id: $id) { method { name title } plan { text outputDepth rule } layerForwards engine { backend }
      calibration { tokenIds } searchTrace { candidates { first quantity similarity accepted } } } }`,
    { id },
  );
  return experiment;
}

it('is asked for every method there is', () => {
  expect(Object.keys(LAUNCHES)).toEqual(METHODS.map(({ name }) => name.toUpperCase().replaceAll('-', '_')));
});

it.each(Object.keys(LAUNCHES))('%s finds a plan of the depth asked for', async (name) => {
  const { method, plan, engine, searchTrace, calibration } = await run(name);
  expect(method.name).toBe(name);
  expect(plan.outputDepth).toBe(name === 'DENSE' ? DEPTH : DEPTH - REMOVED);
  const layers = removedLayers(parsePlan(plan.text));
  if (name === 'MANUAL') expect(plan.text).toBe(formatPlan(parsePlan('0-4 [5-7] !8 9-13')));
  if (name === 'LAST_N') expect(layers).toEqual([10, 11, 12]);
  if (name === 'RANDOM') expect(layers.every((layer) => layer >= 4 && layer <= 11)).toBe(true);
  if (['SHORTENED_MAGNITUDE', 'LAST_N', 'RANDOM', 'MANUAL', 'DENSE'].includes(name)) expect(engine).toBeNull();
  else if (name === 'SHORTENED_TAYLOR') expect(engine.backend).toMatch(/cpu|cuda|mps/);
  else expect(engine.backend).toMatch(/tensorflow|wasm/);
  if (!JUDGED.includes(name)) return;

  reference ??= judge(calibration.tokenIds);
  expect(layers).toEqual(reference[name].removed);
  if (name !== 'SHORTENED_PPL' && name !== 'SLEB') return;
  // We go from the top down within a round, the script from the bottom up.
  const found: Data[] = searchTrace.candidates;
  expect(new Set(found.map(({ quantity }) => quantity))).toEqual(new Set(['PERPLEXITY']));
  expect(found).toHaveLength(reference[name].scores.length);
  const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b);
  const scores = sorted(reference[name].scores);
  for (const [index, value] of sorted(found.map(({ similarity }) => similarity)).entries())
    expect(Math.abs(value / (scores[index] ?? Number.NaN) - 1)).toBeLessThan(1e-4);
});

/** The same methods by an independent program, on the same samples. */
function judge(tokenIds: readonly (readonly number[])[]): Data {
  const tokens = join(scratch.path, 'tokens.json');
  writeFileSync(tokens, JSON.stringify(tokenIds));
  const script = join(REPOSITORY, 'test/golden/methods_reference.py');
  const env = { ...process.env, HF_HUB_OFFLINE: '1', TRANSFORMERS_OFFLINE: '1' };
  const args = [script, join(scratch.path, 'model'), tokens, String(REMOVED)];
  return JSON.parse(execFileSync(PYTHON, args, { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'pipe'] }));
}
