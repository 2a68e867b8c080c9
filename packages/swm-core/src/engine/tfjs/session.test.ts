import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ModelSource } from '../../checkpoint/model-source.js';
import { createPlan, identityPlan, type LayerPlan, type LayerRecipe, parsePlan } from '../../plan/index.js';
import type { EngineSession } from '../engine.js';
import { randomLlama } from '../random-llama.js';
import { loadBackend, type TfjsBackend, type TfjsBackendName } from './backend.js';
import { createTfjsEngine } from './index.js';
import { plainForward, plainLosses } from './plain-llama.js';
import { TfjsSession } from './session.js';

const ENGINE_FOLDER = resolve(process.env.SWM_ENGINE_FOLDER ?? join(import.meta.dirname, '../../../../../.swm/engine'));
const hasTensorflow = existsSync(join(ENGINE_FOLDER, 'node_modules/@tensorflow/tfjs-node-gpu'));
const backendNames: readonly TfjsBackendName[] = hasTensorflow ? ['tensorflow', 'wasm'] : ['wasm'];

const DEPTH = 6;
const config = {
  num_hidden_layers: DEPTH,
  hidden_size: 32,
  intermediate_size: 48,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  vocab_size: 64,
  rms_norm_eps: 1e-5,
  rope_theta: 10_000,
  tie_word_embeddings: true,
};
const tokenIds = [
  [5, 9, 20, 31, 7, 7, 60],
  [1, 2, 3, 4, 5, 6, 63],
  [63, 0, 63, 0, 11, 12, 13],
];

/** Plans of `DEPTH` layers with any mix of recipes, under any rule. */
const anyPlan: fc.Arbitrary<LayerPlan> = fc
  .tuple(
    fc.array(
      fc.tuple(fc.constantFrom('keep' as const, 'merge' as const, 'drop' as const), fc.integer({ min: 1, max: 3 })),
      {
        minLength: DEPTH,
        maxLength: DEPTH,
      },
    ),
    fc.constantFrom(
      'replace-top' as const,
      'keep-low' as const,
      'keep-top' as const,
      'sum-of-differences' as const,
      'mean' as const,
    ),
    fc.constantFrom(1, 0.5, 0),
    fc.constantFrom('low' as const, 'top' as const),
  )
  .map(([parts, name, factor, sideFrom]) => {
    const recipes: LayerRecipe[] = [];
    let first = 0;
    for (const [kind, span] of parts) {
      if (first === DEPTH) break;
      const last = Math.min(DEPTH - 1, first + span - 1);
      recipes.push({ kind: kind === 'merge' && last === first ? 'keep' : kind, first, last });
      first = last + 1;
    }
    return { sourceDepth: DEPTH, recipes, rule: { name, factor, sideFrom } };
  })
  .filter(({ recipes }) => recipes.some(({ kind }) => kind !== 'drop'))
  .map(createPlan);

const cosine = (a: readonly number[], b: readonly number[]): number => {
  const dot = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, value, at) => sum + value * (y[at] ?? 0), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
};
const expectClose = (actual: readonly number[], expected: readonly number[], tolerance: number) => {
  expect(actual.length).toBe(expected.length);
  for (const [at, value] of expected.entries())
    expect(Math.abs((actual[at] ?? Number.NaN) - value)).toBeLessThan(tolerance);
};

/** The model with one value of one tensor replaced. */
function withValue(source: ModelSource, tensor: string, value: number): ModelSource {
  return {
    ...source,
    readFloat32: async (name) => {
      const values = await source.readFloat32(name);
      return name === tensor ? values.with(3, value) : values;
    },
  };
}

describe.each(backendNames)('TfjsSession on %s', (name) => {
  const source = randomLlama(config);
  const dense = identityPlan(DEPTH);
  let backend: TfjsBackend;
  const open = (model = source, cacheBytes?: number) => TfjsSession.open(backend, model, tokenIds, cacheBytes);

  beforeAll(async () => {
    backend = await loadBackend({ prefer: name, engineFolder: ENGINE_FOLDER });
    expect(backend.info.backend).toBe(name);
  });

  it('gives, from any cached prefix and under any budget, what a plain f64 forward gives', async () => {
    const expectedDense = await plainForward(source, dense, tokenIds);
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyPlan, { minLength: 1, maxLength: 5 }),
        fc.constantFrom(0, 20_000, 1e9),
        async (plans, cacheBytes) => {
          const session = await open(source, cacheBytes);
          for (const plan of plans) {
            const expected = await plainForward(source, plan, tokenIds);
            const { perSample, mean } = await session.measure(plan, 'cosine');
            const cosines = expected.map(({ last }, sample) =>
              cosine(last.flat(), expectedDense[sample]?.last.flat() ?? []),
            );
            expectClose(perSample, cosines, 1e-5);
            expect(mean).toBeCloseTo(perSample.reduce((sum, value) => sum + value, 0) / tokenIds.length, 12);
            const losses = await session.measure(plan, 'nll');
            if (cacheBytes === 1e9) expect(losses.layerForwards).toBe(0);
            expectClose(losses.perSample, await plainLosses(source, expected, tokenIds), 1e-4);
          }
          await session.close();
        },
      ),
      { numRuns: 12 },
    );
  });

  it('takes logits from a head of its own where the model does not tie it', async () => {
    const untied = randomLlama({ ...config, tie_word_embeddings: false }, 2);
    const session = await open(untied);
    const plan = parsePlan('0-1 [2-3] !4 5');
    const { perSample } = await session.measure(plan, 'nll');
    expectClose(perSample, await plainLosses(untied, await plainForward(untied, plan, tokenIds), tokenIds), 1e-4);
    const { shape, values } = await session.logits(plan);
    expect(shape).toEqual([tokenIds.length, 7, 64]);
    expect(values.length).toBe(tokenIds.length * 7 * 64);
    await session.close();
  });

  it('gives block influence before the final norm, also for the last layer', async () => {
    const session = await open();
    const { blockInfluence, layerForwards } = await session.layerStatistics();
    const samples = await plainForward(source, dense, tokenIds);
    const expected = Array.from({ length: DEPTH }, (_, layer) => {
      const cosines = samples.flatMap(({ states }) =>
        (states[layer] ?? []).map((input, token) => cosine(input, states[layer + 1]?.[token] ?? [])),
      );
      return 1 - cosines.reduce((sum, value) => sum + value, 0) / cosines.length;
    });
    expectClose(blockInfluence, expected, 1e-6);
    expect(layerForwards).toBe(DEPTH);
    await session.close();
  });

  it('gives angular distances of the last token between all boundaries, before the final norm', async () => {
    const session = await open();
    const { angularDistance } = await session.layerStatistics();
    const samples = await plainForward(source, dense, tokenIds);
    const expected = Array.from({ length: DEPTH + 1 }, (_, a) =>
      Array.from({ length: DEPTH + 1 }, (_, b) => {
        if (a === b) return 0;
        const angles = samples.map(({ states }) => Math.acos(cosine(states[a]?.at(-1) ?? [], states[b]?.at(-1) ?? [])));
        return angles.reduce((sum, angle) => sum + angle, 0) / angles.length / Math.PI;
      }),
    );
    expect(angularDistance.length).toBe(DEPTH + 1);
    for (const [a, row] of angularDistance.entries()) expectClose(row, expected[a] ?? [], 1e-5);
    await session.close();
  });

  it('counts the layers it had to run', async () => {
    const session = await open();
    const forwards = async (text: string) => (await session.measure(parsePlan(text), 'cosine')).layerForwards;
    expect(await forwards('0-3 [4-5]')).toBe(DEPTH + 1); // the dense model once
    expect(await forwards('0-2 [3-5]')).toBe(1);
    expect(await forwards('0-1 [2-3] 4-5')).toBe(3);
    expect(await forwards('0-1 [2-3] [4-5]')).toBe(1);
    expect(await forwards('0-5')).toBe(0);
    expect(await forwards('!0 1-5')).toBe(5);
    await session.close();
  });

  // On a GPU each costs 40 to 100 µs, whatever its size: more of them must be on purpose.
  it('runs few operations a layer', async () => {
    const session = await open();
    const operations = async (text: string) => {
      const { kernels } = await backend.tf.profile(async () => {
        await session.measure(parsePlan(text), 'nll');
        return [];
      });
      return kernels.length;
    };
    await operations('!0-4 5'); // The embedding, and a tied head turned for wasm, are kept from here on.
    const layer = (await operations('!0-1 2-5')) - (await operations('!0-2 3-5'));
    expect(layer).toBe({ tensorflow: 41, wasm: 66 }[name]);
    await session.close();
  });

  it('leaves no tensor behind', async () => {
    const tensors = () => backend.tf.memory().numTensors;
    const before = tensors();
    const session = await open();
    const measureAll = async () => {
      await session.measure(parsePlan('0-1 [2-4] 5'), 'cosine');
      await session.measure(parsePlan('!0 1-5'), 'nll');
      await session.measure(parsePlan('0-1 [2-4] 5', { name: 'mean', factor: 1, sideFrom: 'low' }), 'cosine');
      await session.layerStatistics();
      await session.logits(dense);
      await session.measure(parsePlan('0-3 [4-5]'), 'cosine');
    };
    await measureAll();
    const settled = tensors();
    await measureAll();
    expect(tensors()).toBe(settled);
    await session.close();
    await session.close();
    expect(tensors()).toBe(before);
    await expect(session.measure(dense, 'nll')).rejects.toThrow('after close');
  });

  it('answers overlapping calls one at a time', async () => {
    const plans = ['0-3 [4-5]', '0-2 [3-5]', '!0 1-5', '0-5'].map((text) => parsePlan(text));
    const session = await open();
    const together = await Promise.all(plans.map((plan) => session.measure(plan, 'cosine')));
    const other = await open();
    for (const [at, plan] of plans.entries()) expect(await other.measure(plan, 'cosine')).toEqual(together[at]);
    await session.close();
    await other.close();
  });

  it('names the first layer whose output is not finite, and goes on without it', async () => {
    const before = backend.tf.memory().numTensors;
    const session = await open(withValue(source, 'model.layers.3.mlp.down_proj.weight', Number.NaN));
    const failure = {
      code: 'ENGINE.NON_FINITE',
      message: expect.stringContaining('output of layer 2 (source layer 3) is not finite under the plan 0 !1 2-5'),
    };
    await expect(session.measure(parsePlan('0 !1 2-5'), 'nll')).rejects.toMatchObject(failure);
    await expect(session.logits(parsePlan('0 !1 2-5'))).rejects.toMatchObject(failure);
    const denseFailure = { code: 'ENGINE.NON_FINITE', message: expect.stringContaining('output of layer 3') };
    await expect(session.measure(parsePlan('0-1 [2-3] 4-5'), 'cosine')).rejects.toMatchObject(denseFailure);
    await expect(session.layerStatistics()).rejects.toMatchObject(denseFailure);
    await expect(session.layerSimilarity()).rejects.toMatchObject(denseFailure);
    expect((await session.measure(parsePlan('0-2 !3 4-5'), 'nll')).mean).toBeGreaterThan(0);
    await session.close();
    expect(backend.tf.memory().numTensors).toBe(before);
  });

  it('finds an overflow in the embedding, the final norm and the head', async () => {
    const where = async (tensor: string) => {
      const untied = randomLlama({ ...config, tie_word_embeddings: false });
      const session = await open(withValue(untied, tensor, Number.POSITIVE_INFINITY));
      const error: unknown = await session.measure(dense, 'nll').catch((thrown: unknown) => thrown);
      await session.close();
      return error instanceof Error ? error.message : '';
    };
    // Value 3 is of token 0, which the third sample holds.
    expect(await where('model.embed_tokens.weight')).toContain("model's embedding is not finite");
    expect(await where('model.norm.weight')).toContain("model's final norm is not finite");
    expect(await where('lm_head.weight')).toContain("model's head");
  });

  it('refuses tokens that do not fit the model', async () => {
    const refused = { code: 'ENGINE.BAD_TOKENS' };
    for (const bad of [
      [],
      [[1]],
      [
        [1, 2],
        [1, 2, 3],
      ],
      [[1, 64]],
      [[1, -1]],
      [[1, 0.5]],
    ])
      await expect(TfjsSession.open(backend, source, bad)).rejects.toMatchObject(refused);
  });
});

describe('createTfjsEngine', () => {
  const noEngine = join(import.meta.dirname, 'no-such-folder');

  it('auto falls back to wasm and says why', async () => {
    const engine = await createTfjsEngine({ prefer: 'auto', engineFolder: noEngine });
    expect(engine.info).toMatchObject({ backend: 'wasm', package: '@tensorflow/tfjs-backend-wasm@4.22.0' });
    expect(engine.info.fallbackReason).toContain('tfjs-node-gpu');
    const told = await createTfjsEngine({ prefer: 'auto', engineFolder: noEngine, unavailableReason: 'no g++' });
    expect(told.info.fallbackReason).toBe('no g++');
  });

  it('never falls back from a backend that was named', async () => {
    const refused = createTfjsEngine({ prefer: 'tensorflow', engineFolder: noEngine });
    await expect(refused).rejects.toMatchObject({ code: 'ENGINE.UNAVAILABLE' });
  });

  it('refuses a model that the wasm heap cannot hold before reading a weight', async () => {
    const tiny = randomLlama(config);
    const [name] = [...tiny.tensors.keys()];
    const huge = { name: `${name}`, dtype: 'F32', shape: [1 << 15, 1 << 15], sizeBytes: 2 ** 32 } as const;
    const engine = await createTfjsEngine({ prefer: 'wasm', engineFolder: noEngine });
    const unread: ModelSource = {
      ...tiny,
      tensors: new Map([...tiny.tensors, [huge.name, huge]]),
      readFloat32: () => Promise.reject(new Error('a weight was read')),
    };
    await expect(engine.open(unread, tokenIds)).rejects.toMatchObject({ code: 'ENGINE.OUT_OF_MEMORY' });
  });

  // Two copies of tfjs-core share one engine object: whoever started last would run the other's ops.
  it.runIf(hasTensorflow)('keeps sessions on different backends apart, even when their calls overlap', async () => {
    const engines = [];
    for (const prefer of ['tensorflow', 'wasm', 'auto'] as const)
      engines.push(await createTfjsEngine({ prefer, engineFolder: ENGINE_FOLDER }));
    expect(engines.map(({ info }) => info.backend)).toEqual(['tensorflow', 'wasm', 'tensorflow']);
    const sessions: EngineSession[] = await Promise.all(
      engines.map((engine) => engine.open(randomLlama(config), tokenIds)),
    );
    const plan = parsePlan('0-2 [3-4] 5');
    const answers = await Promise.all(sessions.map((session) => session.measure(plan, 'cosine')));
    for (const answer of answers) expectClose(answer.perSample, answers[0]?.perSample ?? [], 1e-5);
    await Promise.all(sessions.map((session) => session.close()));
  });
});
