import { execFileSync } from 'node:child_process';
import { readFileSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openTorchSession } from '../../apps/server/src/worker/torch-host.js';
import { processesOf } from '../../packages/eval/src/process/process-tree.js';
import type { ModelSource } from '../../packages/swm-core/src/checkpoint/index.js';
import type { EngineSession } from '../../packages/swm-core/src/engine/index.js';
import { randomLlama } from '../../packages/swm-core/src/engine/random-llama.js';
import { loadBackend, type TfjsBackend, TfjsSession } from '../../packages/swm-core/src/engine/tfjs/index.js';
import {
  createPlan,
  formatPlan,
  identityPlan,
  type LayerPlan,
  type MergeRuleName,
  parsePlan,
} from '../../packages/swm-core/src/plan/index.js';
import { scratchFolder } from '../support/scratch-folder.js';
import { ENGINE_FOLDER, PYTHON } from '../support/stack.js';
import { writeModel } from '../support/write-model.js';

const DEPTH = 7;
const CONFIG = {
  num_hidden_layers: DEPTH,
  hidden_size: 24,
  num_attention_heads: 6,
  num_key_value_heads: 2,
  intermediate_size: 40,
  vocab_size: 96,
  rms_norm_eps: 1e-5,
  rope_theta: 10_000,
  tie_word_embeddings: true,
};
const TOKENS = [
  [3, 9, 95, 31, 7, 7, 64, 12, 0],
  [1, 2, 3, 4, 5, 6, 7, 8, 9],
  [50, 40, 30, 20, 10, 0, 5, 15, 25],
];
const scratch = scratchFolder('torch');
const sessions = new Set<EngineSession>();
let backend: TfjsBackend;

beforeAll(async () => {
  process.env.TF_CPP_MIN_LOG_LEVEL = '3';
  backend = await loadBackend({ prefer: 'auto', engineFolder: ENGINE_FOLDER });
});
afterEach(async () => {
  for (const session of sessions) await session.close();
  sessions.clear();
  expect(processesOf('test-torch')).toEqual([]);
});
afterAll(() => scratch.remove());

type Overrides = Partial<Parameters<typeof openTorchSession>[0]>;

/** The real Python process on a folder. */
async function openTorch(folder: string, overrides: Overrides = {}): Promise<EngineSession> {
  const session = await openTorchSession({
    ...{ folder, tokenIds: TOKENS, python: PYTHON, dtype: 'f32', threads: 2, runId: 'test-torch' },
    signal: new AbortController().signal,
    ...overrides,
  });
  sessions.add(session);
  return session;
}

let written = 0;
/** The same model in both engines. */
async function openBoth(source: ModelSource, options: { shards?: number; cacheBytes?: number } = {}) {
  const { shards = 1, cacheBytes = 1e9 } = options;
  written += 1;
  const folder = await writeModel(join(scratch.path, `model-${written}`), source, shards);
  const torch = await openTorch(folder, { cacheBytes });
  const tfjs = await TfjsSession.open(backend, source, TOKENS, cacheBytes);
  sessions.add(tfjs);
  return { torch, tfjs, folder };
}

/** Every number within a ten-thousandth of the other, or, where it is a difference of large terms, of the largest. */
function expectClose(values: Iterable<number>, expected: Iterable<number>, rtol = 1e-4) {
  const [found, wanted] = [[...values], [...expected]];
  expect(found.length).toBe(wanted.length);
  const floor = 1e-6 * Math.max(...wanted.map(Math.abs));
  for (const [index, value] of found.entries()) {
    const target = wanted[index] ?? Number.NaN;
    expect(Math.abs(value - target)).toBeLessThanOrEqual(rtol * Math.abs(target) + floor);
  }
}

const RULES: readonly MergeRuleName[] = ['replace-top', 'keep-low', 'keep-top'];

/** Any plan of DEPTH layers that keeps one, under any rule that only re-wires. */
const anyPlan: fc.Arbitrary<LayerPlan> = fc
  .tuple(
    fc.array(fc.constantFrom('keep', 'keep', 'drop', 'open', 'open'), { minLength: DEPTH, maxLength: DEPTH }),
    fc.constantFrom(...RULES),
    fc.constantFrom('low' as const, 'top' as const),
  )
  .map(([kinds, name, sideFrom]) => {
    const recipes: { kind: 'keep' | 'merge' | 'drop'; first: number; last: number }[] = [];
    for (let first = 0; first < DEPTH; ) {
      let last = first;
      while (kinds[first] === 'open' && kinds[last + 1] === 'open') last += 1;
      const kind = last > first ? 'merge' : kinds[first] === 'drop' ? 'drop' : 'keep';
      recipes.push({ kind, first, last });
      first = last + 1;
    }
    if (recipes.every(({ kind }) => kind === 'drop')) recipes.splice(0, 1, { kind: 'keep', first: 0, last: 0 });
    return createPlan({ sourceDepth: DEPTH, rule: { name, factor: 1, sideFrom }, recipes });
  });

describe('the torch engine beside the tfjs engine', () => {
  it.each([
    ['a tied head', { tie_word_embeddings: true }, 1, 1e9],
    ['a head of its own, three shards', { tie_word_embeddings: false }, 3, 1e9],
    ['a cache for every third boundary, heads wider than hidden / N', { head_dim: 8 }, 1, 6 * 3 * 9 * 24 * 4],
    ['no cache to speak of, one kv head a query head', { num_key_value_heads: 6 }, 1, 0],
  ])('gives the same numbers at the same cost: %s', async (_, config, shards, cacheBytes) => {
    const { torch, tfjs } = await openBoth(randomLlama({ ...CONFIG, ...config }), { shards, cacheBytes });
    const asked = fc.tuple(anyPlan, fc.constantFrom('cosine' as const, 'nll' as const));
    for (const [plan, quantity] of fc.sample(asked, { numRuns: 40, seed: 5 })) {
      const [found, wanted] = [await torch.measure(plan, quantity), await tfjs.measure(plan, quantity)];
      expectClose(found.perSample, wanted.perSample);
      expectClose([found.mean], [wanted.mean]);
      expect([formatPlan(plan), found.layerForwards]).toEqual([formatPlan(plan), wanted.layerForwards]);
    }
    for (const plan of [identityPlan(DEPTH), parsePlan('0 [1-3] !4 5-6')]) {
      const [found, wanted] = [await torch.logits(plan), await tfjs.logits(plan)];
      expect(found.shape).toEqual(wanted.shape);
      expectClose(found.values, wanted.values);
    }
    const [found, wanted] = [await torch.layerStatistics(), await tfjs.layerStatistics()];
    expectClose(found.blockInfluence, wanted.blockInfluence);
    expectClose(found.angularDistance.flat(), wanted.angularDistance.flat());
    expect(found.layerForwards).toBe(wanted.layerForwards);
  });

  it('says what it is', async () => {
    const { torch } = await openBoth(randomLlama(CONFIG));
    expect(torch.info).toMatchObject({
      ...{ name: 'torch', dtype: 'f32', tf32: false, threads: 2, batchSamples: TOKENS.length },
      package: expect.stringMatching(/^torch@\d+\.\d+/),
      deviceName: expect.stringMatching(/./),
    });
    const isOnGpu = torch.info.backend !== 'cpu';
    expect(torch.info.device).toBe(isOnGpu ? 'gpu' : 'cpu');
  });

  it.each(['bf16', 'f16'] as const)('measures in %s close to f32', async (dtype) => {
    const { torch, folder } = await openBoth(randomLlama(CONFIG));
    const short = await openTorch(folder, { dtype });
    expect(short.info.dtype).toBe(dtype);
    for (const text of ['0-4 [5-6]', '0 [1-3] 4-6', '!0 1-6']) {
      const [found, wanted] = await Promise.all(
        [short, torch].map((session) => session.measure(parsePlan(text), 'cosine')),
      );
      expect(Math.abs((found?.mean ?? Number.NaN) - (wanted?.mean ?? Number.NaN))).toBeLessThan(0.02);
    }
  });
});

/** `source` with one value of one tensor replaced. */
function withValue(source: ModelSource, tensor: string, value: number): ModelSource {
  const readFloat32 = async (name: string) => {
    const values = Float32Array.from(await source.readFloat32(name));
    if (name === tensor) values[3] = value;
    return values;
  };
  const readTensor = async (name: string) => new Uint8Array((await readFloat32(name)).buffer);
  return { ...source, readFloat32, readTensor };
}

describe('block gradients', () => {
  it.each([true, false])('are what autograd finds through transformers, head tied: %s', async (isTied) => {
    const config = { ...CONFIG, tie_word_embeddings: isTied };
    const { torch, tfjs, folder } = await openBoth(randomLlama(config));
    const tokensFile = join(scratch.path, 'tokens.json');
    writeFileSync(tokensFile, JSON.stringify(TOKENS));
    const script = join(import.meta.dirname, 'block_gradients.py');
    const expected = JSON.parse(
      execFileSync(PYTHON, [script, folder, tokensFile], { encoding: 'utf8', stdio: 'pipe' }),
    );
    const { scores, layerForwards } = await torch.blockGradients();
    expectClose(scores, expected);
    expect(layerForwards).toBe(2 * DEPTH);
    const none = { code: 'ENGINE.NO_GRADIENTS' };
    await expect(tfjs.blockGradients()).rejects.toMatchObject(none);
    const short = await openTorch(folder, { dtype: 'bf16' });
    await expect(short.blockGradients()).rejects.toMatchObject(none);
  });
});

describe('the torch engine on what is wrong', () => {
  it('blames a NaN on its layer, in the words of the tfjs engine, and goes on without it', async () => {
    const source = withValue(randomLlama(CONFIG), 'model.layers.3.mlp.down_proj.weight', Number.NaN);
    const { torch, tfjs } = await openBoth(source);
    const messages = async (work: (session: EngineSession) => Promise<unknown>) =>
      Promise.all([torch, tfjs].map((session) => work(session).catch((error: unknown) => error)));
    for (const work of [
      (session: EngineSession) => session.measure(parsePlan('0 !1 2-6'), 'nll'),
      (session: EngineSession) => session.measure(parsePlan('0-1 [2-3] 4-6'), 'cosine'),
      (session: EngineSession) => session.logits(parsePlan('0 !1 2-6')),
      (session: EngineSession) => session.layerStatistics(),
      (session: EngineSession) => session.layerSimilarity(),
    ]) {
      const [found, wanted] = await messages(work);
      expect(found).toMatchObject({ code: 'ENGINE.NON_FINITE', message: expect.stringContaining('source layer 3') });
      expect(`${found}`).toBe(`${wanted}`);
    }
    expect((await torch.measure(parsePlan('0-2 !3 4-6'), 'nll')).mean).toBeGreaterThan(0);
  });

  it.each(['model.embed_tokens.weight', 'model.norm.weight', 'lm_head.weight'])(
    'finds an overflow in %s',
    async (tensor) => {
      const untied = randomLlama({ ...CONFIG, tie_word_embeddings: false });
      const { torch, tfjs } = await openBoth(withValue(untied, tensor, Number.POSITIVE_INFINITY));
      const [found, wanted] = await Promise.all(
        [torch, tfjs].map((session) => session.measure(identityPlan(DEPTH), 'nll').catch(String)),
      );
      expect(found).toContain('is not finite under the plan');
      expect(found).toBe(wanted);
    },
  );

  it('computes merged layers as the tfjs engine does, under every rule', async () => {
    const { torch, tfjs } = await openBoth(randomLlama(CONFIG));
    for (const name of ['replace-top', 'sum-of-differences', 'mean'] as const)
      for (const sideFrom of ['low', 'top'] as const) {
        const plan = parsePlan('0 [1-3] 4 [5-6]', { name, factor: 0.5, sideFrom });
        const [a, b] = [await torch.measure(plan, 'cosine'), await tfjs.measure(plan, 'cosine')];
        expectClose(a.perSample, b.perSample, 1e-5);
        expect(a.layerForwards).toBe(b.layerForwards);
      }
  });

  it('refuses plans of another model and tokens outside it', async () => {
    const { torch, folder } = await openBoth(randomLlama(CONFIG));
    await expect(torch.measure(parsePlan('0-3 [4-5]'), 'cosine')).rejects.toThrow(RangeError);
    await expect(openTorch(folder, { tokenIds: [[1, 96]] })).rejects.toMatchObject({ code: 'ENGINE.BAD_TOKENS' });
    await torch.close();
    await expect(torch.measure(identityPlan(DEPTH), 'nll')).rejects.toThrow('after close');
  });

  it('opens nothing but plain files of the folder', () => {
    const folder = join(scratch.path, 'hostile');
    const read = (weightMap: Readonly<Record<string, string>>) => {
      writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify({ weight_map: weightMap }));
      const program = `import sys; sys.path.insert(0, sys.argv[1])
from safetensors_folder import SafetensorsFolder
from engine_error import EngineError
try: SafetensorsFolder(sys.argv[2]).read("model.norm.weight", [24]); print("read")
except EngineError as error: print(error.code, error)`;
      const scripts = join(import.meta.dirname, '../../packages/swm-core/python');
      return execFileSync(PYTHON, ['-c', program, scripts, folder], { encoding: 'utf8', stdio: 'pipe' }).trim();
    };
    return writeModel(folder, randomLlama(CONFIG), 2).then(() => {
      const index = JSON.parse(readFileSync(join(folder, 'model.safetensors.index.json'), 'utf8')).weight_map;
      const shard = index['model.norm.weight'];
      expect(read(index)).toBe('read');
      const outside = 'ENGINE.WEIGHTS_UNREADABLE The index names a file outside';
      for (const name of [`../hostile/${shard}`, `${folder}/${shard}`, 'a..b.safetensors', 'pytorch_model.bin'])
        expect(read({ ...index, 'model.norm.weight': name })).toContain(outside);
      expect(read({})).toContain('The weight model.norm.weight is missing');
      expect(read({ ...index, 'model.norm.weight': 'gone.safetensors' })).toContain('is not a regular file');
      symlinkSync(join(folder, shard), join(folder, 'link.safetensors'));
      expect(read({ ...index, 'model.norm.weight': 'link.safetensors' })).toContain('is not a regular file');
      unlinkSync(join(folder, shard));
      expect(read(index)).toContain('is not a regular file');
    });
  });
});

describe('layers over several devices', () => {
  it('lie on one device where they fit, else in runs by free memory, or nowhere', () => {
    const program = `import json, sys; sys.path.insert(0, sys.argv[1])
from placement import place_layers
print(json.dumps([place_layers(*case) for case in json.loads(sys.argv[2])]))`;
    const scripts = join(import.meta.dirname, '../../packages/swm-core/python');
    // [layers, bytes of one, bytes of all, free bytes of each device]
    const cases = [
      [4, 10, 60, [100, 100]],
      [4, 10, 60, [50, 100]],
      [4, 10, 60, [45, 45]],
      [6, 10, 62, [32, 100, 32]],
      [6, 10, 62, [32, 45, 32]],
      [4, 10, 60, [30, 30]],
    ];
    const answer = execFileSync(PYTHON, ['-c', program, scripts, JSON.stringify(cases)], { encoding: 'utf8' });
    expect(JSON.parse(answer)).toEqual([
      [0, 0, 0, 0],
      [1, 1, 1, 1],
      [0, 0, 1, 1],
      [1, 1, 1, 1, 1, 1],
      [0, 0, 1, 1, 1, 2],
      null,
    ]);
  });
});

describe('the torch engine out of memory', () => {
  it('halves its batch, records it, and gives the same numbers; at one sample it says how much was missing', async () => {
    process.env.CUDA_VISIBLE_DEVICES = ''; // the limit is one of the process's address space
    const [samples, tokens] = [4, 2048];
    const wide = { ...CONFIG, num_hidden_layers: 3, hidden_size: 128, num_attention_heads: 2, num_key_value_heads: 1 };
    const source = randomLlama({ ...wide, intermediate_size: 2048 });
    const tokenIds = Array.from({ length: samples }, (_, row) =>
      Array.from({ length: tokens }, (_, at) => (at * (row + 3)) % 96),
    );
    const folder = await writeModel(join(scratch.path, 'wide'), source);
    /** A session, and a way to say how many more bytes its process may map from now on; undefined for no limit. */
    const open = async (threads: number) => {
      let pid = 0;
      const onStart = (started: number) => {
        pid = started;
      };
      const session = await openTorch(folder, { tokenIds, threads, onStart, cacheBytes: 0 });
      const allow = (moreBytes: number | undefined) => {
        const mapped = Number(/^VmSize:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
        const limit = moreBytes === undefined ? 'unlimited' : String(mapped + moreBytes);
        execFileSync('prlimit', ['--pid', String(pid), `--as=${limit}:unlimited`]);
      };
      return { session, allow };
    };
    const { session, allow } = await open(2);
    const plans = ['0 [1-2]', '!0 1-2'].map((text) => parsePlan(text));
    const expected = [];
    for (const plan of plans) expected.push(await session.measure(plan, 'cosine'));
    expect(session.info.batchSamples).toBe(samples);

    const gradients = await session.blockGradients();
    allow(120e6); // one sample's MLP takes about 70 MB, all of them 270
    for (const [index, plan] of plans.entries()) {
      const { perSample } = await session.measure(plan, 'cosine');
      expectClose(perSample, expected[index]?.perSample ?? [], 1e-6);
    }
    expect(session.info.batchSamples).toBe(1);
    allow(400e6);
    expectClose((await session.blockGradients()).scores, gradients.scores);
    expect(session.info.batchSamples).toBe(1);

    const starved = await open(1);
    starved.allow(30e6); // the outputs of the MLP's first product take 34 MB a sample
    await expect(starved.session.measure(identityPlan(3), 'nll')).rejects.toMatchObject({
      ...{
        code: 'ENGINE.OUT_OF_MEMORY',
        message: expect.stringMatching(/needed 34 MB on cpu, where \d+ MB were free/),
      },
      details: { neededBytes: 2048 * 4096 * 4 },
    });
    starved.allow(undefined);
    const [first] = plans;
    if (!first) throw new Error('no plan');
    expectClose((await starved.session.measure(first, 'cosine')).perSample, expected[0]?.perSample ?? [], 1e-6);
  });
});
