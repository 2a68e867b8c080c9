import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTorchSession } from '../../apps/server/src/worker/torch-host.js';
import type { EngineSession, LayerSimilarity } from '../../packages/swm-core/src/engine/index.js';
import { randomLlama } from '../../packages/swm-core/src/engine/random-llama.js';
import { loadBackend, TfjsSession } from '../../packages/swm-core/src/engine/tfjs/index.js';
import { plainForward } from '../../packages/swm-core/src/engine/tfjs/plain-llama.js';
import { seededRandom } from '../../packages/swm-core/src/index.js';
import { sampledRows } from '../../packages/swm-core/src/measure/sampled-rows.js';
import { identityPlan } from '../../packages/swm-core/src/plan/index.js';
import { scratchFolder } from '../support/scratch-folder.js';
import { ENGINE_FOLDER, hasCompiledEngine, PYTHON } from '../support/stack.js';
import { writeModel } from '../support/write-model.js';

// 16 samples and a batch of 4, and more tokens than rows are taken.
const [BATCH, TOKENS, DEPTH, VOCABULARY] = [20, 16, 5, 64];
const source = randomLlama({
  num_hidden_layers: DEPTH,
  hidden_size: 16,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  intermediate_size: 24,
  vocab_size: VOCABULARY,
  rms_norm_eps: 1e-5,
  rope_theta: 10_000,
  tie_word_embeddings: true,
});
const bits = seededRandom(7);
const tokenIds = Array.from({ length: BATCH }, () => Array.from({ length: TOKENS }, () => bits() % VOCABULARY));
const scratch = scratchFolder('cka');

type Matrix = readonly (readonly number[])[];
let expected: {
  readonly cka: Readonly<Record<string, Matrix>>;
  readonly cosine: Matrix;
  readonly angular: Matrix;
  readonly blockInfluence: readonly number[];
};
let folder: string;

beforeAll(async () => {
  process.env.TF_CPP_MIN_LOG_LEVEL = '3';
  const samples = await plainForward(source, identityPlan(DEPTH), tokenIds);
  const states = Array.from({ length: DEPTH + 1 }, (_, boundary) =>
    samples.flatMap((sample) => sample.states[boundary] ?? []),
  );
  const file = join(scratch.path, 'states.json');
  writeFileSync(file, JSON.stringify({ states, batch: BATCH, tokenRows: sampledRows(BATCH * TOKENS) }));
  const script = join(import.meta.dirname, 'cka_reference.py');
  expected = JSON.parse(execFileSync(PYTHON, [script, file], { encoding: 'utf8', maxBuffer: 1 << 26 }));
  folder = await writeModel(join(scratch.path, 'model'), source, 1);
});
afterAll(() => scratch.remove());

function expectClose(found: Matrix, wanted: Matrix | undefined) {
  expect(found.length).toBe(wanted?.length);
  for (const [i, line] of found.entries())
    for (const [j, value] of line.entries())
      expect(Math.abs(value - (wanted?.[i]?.[j] ?? Number.NaN)), `[${i}][${j}]`).toBeLessThan(1e-5);
}

function expectReference(found: LayerSimilarity) {
  const forms = found.cka.map(({ rows, kernel, estimator }) => `${rows} ${kernel} ${estimator}`);
  expect(forms.toSorted()).toEqual(Object.keys(expected.cka).toSorted());
  for (const [index, { values, rows, rowCount }] of found.cka.entries()) {
    expect(rowCount).toBe(rows === 'samples' ? BATCH : 256);
    expectClose(values, expected.cka[forms[index] ?? '']);
  }
  expectClose(found.cosine, expected.cosine);
  expectClose([found.blockInfluence], [expected.blockInfluence]);
  // arccos of nearly equal vectors turns rounding into an angle; the diagonal is 0 by definition.
  expectClose(
    found.angularDistance,
    expected.angular.map((line, i) => line.with(i, 0)),
  );
  expect(found.layerForwards).toBe(DEPTH);
}

async function similarityOf(session: EngineSession): Promise<LayerSimilarity> {
  try {
    const { blockInfluence, angularDistance, layerForwards } = await session.layerStatistics();
    const similarity = await session.layerSimilarity();
    // The same numbers as methods get.
    expect(similarity).toMatchObject({ blockInfluence, angularDistance, layerForwards });
    return similarity;
  } finally {
    await session.close();
  }
}

describe('CKA, cosines, angles and influence as NumPy computes them', () => {
  it.each([...(hasCompiledEngine() ? (['tensorflow'] as const) : []), 'wasm' as const])('by %s', async (prefer) => {
    const backend = await loadBackend({ prefer, engineFolder: ENGINE_FOLDER });
    const before = backend.tf.memory().numTensors;
    expectReference(await similarityOf(await TfjsSession.open(backend, source, tokenIds)));
    expect(backend.tf.memory().numTensors).toBe(before);
  });

  it('by torch', async () => {
    const session = await openTorchSession({
      ...{ folder, tokenIds, python: PYTHON, dtype: 'f32', threads: 2, runId: 'test-cka' },
      signal: new AbortController().signal,
    });
    expectReference(await similarityOf(session));
  });

  it('and both name a layer that is the same for every token', async () => {
    // One token alone: all states of all boundaries are equal but for their positions, at the first layer but for nothing.
    const flat = Array.from({ length: 4 }, () => new Array<number>(8).fill(3));
    const error = { code: 'MEASURE.DEGENERATE_LAYER', message: expect.stringContaining('layer 0') };
    const backend = await loadBackend({ prefer: 'wasm', engineFolder: ENGINE_FOLDER });
    const torch = await openTorchSession({
      ...{ folder, tokenIds: flat, python: PYTHON, dtype: 'f32', threads: 2, runId: 'test-cka' },
      signal: new AbortController().signal,
    });
    for (const session of [await TfjsSession.open(backend, source, flat), torch]) {
      await expect(session.layerSimilarity()).rejects.toMatchObject(error);
      await session.close();
    }
  });
});
