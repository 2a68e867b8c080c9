import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fileModelFolder } from '../../apps/server/src/worker/checkpoint-files.js';
import { openModel } from '../../packages/swm-core/src/checkpoint/index.js';
import { createTfjsEngine } from '../../packages/swm-core/src/engine/tfjs/index.js';
import { createMethod, runSearch } from '../../packages/swm-core/src/method/index.js';
import { formatPlan } from '../../packages/swm-core/src/plan/index.js';
import { scratchFolder } from '../support/scratch-folder.js';
import { ENGINE_FOLDER, makeTinyModel, REPOSITORY, type Stack, startStack } from '../support/stack.js';

const scratch = scratchFolder('fallback');
const LAYERS = 10;
const THRESHOLD = 0.6;
let stack: Stack;
let setUp: ReturnType<typeof spawnSync>;

beforeAll(async () => {
  setUp = spawnSync(process.execPath, [join(REPOSITORY, 'tools/setup-engine.mjs')], {
    encoding: 'utf8',
    env: { ...process.env, SWM_HOME: scratch.path, CXX: 'g++-that-is-hidden' },
  });
  stack = await startStack({ env: { SWM_ENGINE_FOLDER: join(scratch.path, 'engine') } });
});
afterAll(async () => {
  await stack?.stop();
  scratch.remove();
});

it('without a compiler the search runs on wasm, says why, and finds the plan of the compiled engine', async () => {
  expect(setUp.status).toBe(0);
  expect(setUp.stdout).toContain('searches will run on wasm');

  const folder = makeTinyModel(join(scratch.path, 'model'), { layers: LAYERS });
  const id = await stack.launch({
    modelId: await stack.register(folder),
    method: { swm: { profile: 'REPAIRED', threshold: THRESHOLD } },
    calibration: { samples: 4, tokens: 32 },
    latency: 'NONE',
    stopAfter: 'SEARCH_PLAN',
  });
  expect(await stack.finished(id)).toBe('SUCCEEDED');
  const { experiment } = await stack.graphql(
    `query ($id: ID!) { experiment(id: $id) { engine { name backend package fallbackReason } plan { text }
      calibration { tokenIds } searchTrace { candidates { similarity } } } }`,
    { id },
  );
  expect(experiment.engine).toEqual({
    ...{ name: 'tfjs', backend: 'wasm', package: '@tensorflow/tfjs-backend-wasm@4.22.0' },
    fallbackReason: expect.stringContaining("'g++-that-is-hidden' not found"),
  });

  const engine = await createTfjsEngine({ prefer: 'auto', engineFolder: ENGINE_FOLDER });
  const files = await fileModelFolder(folder);
  const session = await engine.open(await openModel(files), experiment.calibration.tokenIds);
  const similarities: number[] = [];
  const { plan } = await runSearch({
    method: createMethod({ name: 'swm', profile: 'repaired', threshold: THRESHOLD }),
    depth: LAYERS,
    open: async () => session,
    onCandidate: async ({ similarity }) => {
      similarities.push(similarity);
    },
  });
  await session.close();
  await files.close();
  expect(experiment.plan.text).toBe(formatPlan(plan));
  const { candidates } = experiment.searchTrace;
  expect(candidates).toHaveLength(similarities.length);
  for (const [index, similarity] of similarities.entries())
    expect(Math.abs(candidates[index].similarity - similarity)).toBeLessThan(1e-4);
});
