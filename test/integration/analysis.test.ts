import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { detectPatches } from '../../packages/swm-core/src/measure/index.js';
import { scratchFolder } from '../support/scratch-folder.js';
import { type Data, makeTinyModel, type Stack, startStack } from '../support/stack.js';

const DEPTH = 6;
const scratch = scratchFolder('analysis');
let stack: Stack;
let modelId: string;

beforeAll(async () => {
  const folder = makeTinyModel(join(scratch.path, 'model'), { layers: DEPTH, seed: 3 });
  stack = await startStack();
  modelId = await stack.register(folder);
});
afterAll(async () => {
  await stack?.stop();
  scratch.remove();
});

const ANALYSE = `mutation ($input: AnalyseModelInput!) { analyseModel(input: $input) {
  experiment { id stages { name state } } wasDeduplicated userErrors { code field } } }`;
// 128 tokens: fewer than rows are taken of, so that every token counts.
const calibration = { samples: 4, tokens: 32 };

/** Asks for an analysis and waits for its end. */
async function analyse(input: Data = {}): Promise<Data> {
  const { analyseModel } = await stack.graphql(ANALYSE, { input: { modelId, calibration, ...input } });
  expect(analyseModel.userErrors).toEqual([]);
  expect(await stack.finished(analyseModel.experiment.id)).toBe('SUCCEEDED');
  return analyseModel;
}

/** What a page that draws heat maps asks for. */
async function readSimilarity(calibrationSha256?: string): Promise<Data> {
  const { model } = await stack.graphql(
    `query ($id: ID!, $sha: Sha256) { model(id: $id) { layerSimilarity(calibrationSha256: $sha) {
      calibrationSha256 measuredAt engine { name } experiment { id state layerForwards calibration { sha256 samples tokens } }
      cosine angular blockInfluence patches { first last minimum }
      all: patches(threshold: -1) { first last } none: patches(threshold: 1) { first }
      cka { rows kernel estimator rowCount values }
      rbf: cka(kernel: RBF, estimator: BIASED, rows: SAMPLES) { rowCount values }
      published: cka(estimator: MINIBATCH, rows: SAMPLES) { values }
      missing: cka(estimator: MINIBATCH) { values } noPatches: patches(estimator: MINIBATCH) { first } } } }`,
    { id: modelId, sha: calibrationSha256 ?? null },
  );
  return model.layerSimilarity;
}

it('measures the layers of a model once, for its page', async () => {
  expect(await readSimilarity()).toBeNull();
  const { experiment, wasDeduplicated } = await analyse();
  expect(wasDeduplicated).toBe(false);
  expect(await analyse()).toMatchObject({ experiment: { id: experiment.id }, wasDeduplicated: true });
  const { stages } = (
    await stack.graphql('query ($id: ID!) { experiment(id: $id) { stages { name state } } }', { id: experiment.id })
  ).experiment;
  expect(stages.map(({ name, state }: Data) => `${name} ${state}`)).toEqual([
    ...['RESOLVE_MODEL DONE', 'CALIBRATE DONE', 'ANALYSE_LAYERS DONE', 'SEARCH_PLAN SKIPPED'],
    ...['EXPORT_CHECKPOINT SKIPPED', 'EVALUATE SKIPPED', 'BENCHMARK_LATENCY SKIPPED', 'PUBLISH SKIPPED'],
  ]);

  const found = await readSimilarity();
  expect(found.experiment).toMatchObject({ id: experiment.id, state: 'SUCCEEDED', layerForwards: DEPTH });
  expect(found.experiment.calibration).toEqual({ sha256: found.calibrationSha256, ...calibration });
  expect(found.cka).toMatchObject({ rows: 'TOKENS', kernel: 'LINEAR', estimator: 'UNBIASED', rowCount: 128 });
  expect(found.rbf.rowCount).toBe(4);
  expect(found.missing).toBeNull();
  expect(found.noPatches).toBeNull();
  const square = (matrix: Data, size: number) =>
    matrix.length === size && matrix.every((line: Data) => line.length === size && line.every(Number.isFinite));
  for (const { values } of [found.cka, found.rbf, found.published]) expect(square(values, DEPTH)).toBe(true);
  for (const matrix of [found.cosine, found.angular]) expect(square(matrix, DEPTH + 1)).toBe(true);
  // A layer's influence is what its input and its output have not in common.
  for (const [layer, influence] of found.blockInfluence.entries())
    expect(found.cosine[layer][layer + 1]).toBeCloseTo(1 - influence, 10);
  expect(found.patches).toEqual(detectPatches(found.cka.values, 0.9));
  expect(found.all).toEqual([{ first: 0, last: DEPTH - 1 }]);
  expect(found.none).toEqual([]);
  expect(await readSimilarity(found.calibrationSha256)).toEqual(found);
  expect(await readSimilarity('0'.repeat(64))).toBeNull();
});

it('shows what was measured last of a calibration, and keeps those of others', async () => {
  const before = await readSimilarity();
  await analyse({ engine: 'TORCH' });
  const after = await readSimilarity();
  expect(after).toMatchObject({ calibrationSha256: before.calibrationSha256, engine: { name: 'torch' } });
  for (const [i, line] of after.cka.values.entries())
    for (const [j, value] of line.entries()) expect(value).toBeCloseTo(before.cka.values[i][j], 4);
  await analyse({ calibration: { samples: 3, tokens: 16 } });
  const other = await readSimilarity();
  // Three samples are too few to compare; their 48 tokens are not.
  expect(other).toMatchObject({ rbf: null, published: null, cka: { rowCount: 48 } });
  expect(await readSimilarity(before.calibrationSha256)).toEqual(after);
  expect(await stack.db.layerSimilarity.count()).toBe(2);
});

it('refuses what cannot be analysed, and operations with too many matrices', async () => {
  const { analyseModel } = await stack.graphql(ANALYSE, { input: { modelId, calibration: { samples: 0 } } });
  expect(analyseModel).toMatchObject({
    experiment: null,
    userErrors: [{ code: 'CALIBRATION.OUT_OF_RANGE', field: ['calibration', 'samples'] }],
  });
  const ask = (fields: string) => stack.graphql(`{ model(id: "${modelId}") { ${fields} } }`);
  const matrices = Array.from({ length: 20 }, (_, at) => `m${at}: cka { values }`).join(' ');
  await expect(ask(`layerSimilarity { ${matrices} }`)).rejects.toThrow('API.OPERATION_TOO_BIG');
  const others = Array.from(
    { length: 5 },
    (_, at) => `s${at}: layerSimilarity(calibrationSha256: "${at}${'0'.repeat(63)}")`,
  );
  await expect(ask(others.map((field) => `${field} { measuredAt }`).join(' '))).rejects.toThrow(
    'API.OPERATION_TOO_BIG',
  );
});
