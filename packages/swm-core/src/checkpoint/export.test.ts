import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  createPlan,
  identityPlan,
  type LayerPlan,
  type LayerRecipe,
  type MergeRule,
  outputDepth,
  outputLayers,
  parsePlan,
} from '../plan/index.js';
import { configOfPlan } from './config-of-plan.js';
import { exportCheckpoint } from './export.js';
import { generateLlama } from './generated-llama.js';
import { MemoryFolder } from './memory-folder.js';
import { openModel, type StoredModel, storedTensor } from './open-model.js';
import { outputTensors } from './output-tensors.js';
import { parameterCounts } from './parameter-counts.js';
import { tensorDigests, weightsDigest } from './weights-digest.js';

const facts = { modelName: 'tiny/llama', modelRevision: 'abc', method: 'swm', tool: 'test 1' };
const DEPTH = 6;
/** Small enough to shard a tiny model. */
const SMALL_SHARD = 3000;

async function exported(model: StoredModel, plan: LayerPlan, maxShardBytes?: number) {
  const target = new MemoryFolder();
  const limit = maxShardBytes === undefined ? {} : { maxShardBytes };
  const written = await exportCheckpoint({ model, plan, facts, openSink: target.openSink, ...limit });
  return { target, written, copy: await openModel(target) };
}

const anyPlan: fc.Arbitrary<LayerPlan> = fc
  .array(fc.tuple(fc.constantFrom('keep', 'merge', 'drop'), fc.integer({ min: 1, max: 3 })), {
    minLength: DEPTH,
    maxLength: DEPTH,
  })
  .map((draws) => {
    const recipes: LayerRecipe[] = [];
    for (const [kind, span] of draws) {
      const first = (recipes.at(-1)?.last ?? -1) + 1;
      if (first === DEPTH) break;
      const last = Math.min(DEPTH - 1, first + span - 1);
      recipes.push({ kind: kind === 'merge' && first === last ? 'keep' : kind, first, last });
    }
    return recipes;
  })
  .filter((recipes) => recipes.some(({ kind }) => kind !== 'drop'))
  .chain((recipes) =>
    fc.constantFrom('replace-top' as const, 'keep-low' as const, 'keep-top' as const).map((name) =>
      createPlan({
        sourceDepth: DEPTH,
        recipes,
        rule: { name, factor: 1, sideFrom: name === 'keep-top' ? 'top' : 'low' },
      }),
    ),
  );

/** methods.md 1.5, one element of a window from the low layer to the top. */
function mergedByHand(rule: MergeRule, [low, middle, top]: readonly [number, number, number]): number {
  const { name, factor: f } = rule;
  if (name === 'mean') return low + f * ((low + middle + top) / 3 - low);
  if (name === 'sum-of-differences') return low + f * (middle - low + (top - low));
  const second = low + f * (middle - low);
  return second + f * (top - second);
}

const anyModel = fc.record({
  seed: fc.nat(1000),
  shards: fc.constantFrom(1, 3),
  dtype: fc.constantFrom('BF16' as const, 'F16' as const, 'F32' as const),
  config: fc.record({ tie_word_embeddings: fc.boolean() }),
});

describe('exportCheckpoint', () => {
  test('the identity plan gives byte-equal tensors and the same digest, however it is sharded', async () => {
    await fc.assert(
      fc.asyncProperty(anyModel, fc.constantFrom(undefined, SMALL_SHARD, 1), async (drawn, maxShardBytes) => {
        const model = await openModel(generateLlama(drawn));
        const { copy, written } = await exported(model, identityPlan(DEPTH), maxShardBytes);
        expect([...copy.tensors.keys()]).toEqual([...model.tensors.keys()]);
        for (const name of model.tensors.keys()) {
          expect(Buffer.from(await copy.readTensor(name)).equals(await model.readTensor(name))).toBe(true);
        }
        const digest = await weightsDigest(model, await tensorDigests(model));
        expect(written.weightsDigest).toBe(digest);
        expect(await weightsDigest(copy, await tensorDigests(copy))).toBe(digest);
      }),
      { numRuns: 40 },
    );
  });

  test('any re-wiring takes each tensor from the layer the plan says; digest and counts are foretold', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyModel,
        anyPlan,
        fc.constantFrom(undefined, SMALL_SHARD),
        async (drawn, plan, maxShardBytes) => {
          const model = await openModel(generateLlama(drawn));
          const foretold = await weightsDigest(model, await tensorDigests(model), plan);
          const { copy, written } = await exported(model, plan, maxShardBytes);
          expect(copy.config.depth).toBe(outputDepth(plan));
          for (const [layer, { projectionsFrom, sideFrom }] of outputLayers(plan).entries()) {
            for (const [suffix, from] of [
              ['self_attn.q_proj', projectionsFrom],
              ['mlp.down_proj', projectionsFrom],
              ['input_layernorm', sideFrom],
            ] as const) {
              const bytes = await copy.readTensor(`model.layers.${layer}.${suffix}.weight`);
              expect(Buffer.from(bytes).equals(await model.readTensor(`model.layers.${from}.${suffix}.weight`))).toBe(
                true,
              );
            }
          }
          expect(written.weightsDigest).toBe(foretold);
          expect(await weightsDigest(copy, await tensorDigests(copy))).toBe(foretold);
          expect(written.parameters).toBe(parameterCounts(copy).total);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('rules with arithmetic compute each projection, norms are copied; digest and counts are foretold', async () => {
    const rules = fc.record({
      name: fc.constantFrom('replace-top' as const, 'sum-of-differences' as const, 'mean' as const),
      factor: fc.constantFrom(1, 0.5, 0),
      sideFrom: fc.constantFrom('low' as const, 'top' as const),
    });
    await fc.assert(
      fc.asyncProperty(anyModel, rules, fc.constantFrom(undefined, SMALL_SHARD), async (drawn, rule, maxShardBytes) => {
        const model = await openModel(generateLlama(drawn));
        const plan = parsePlan('0 [1-3] !4 5', rule);
        const foretold = await weightsDigest(model, await tensorDigests(model), plan);
        const { copy, written } = await exported(model, plan, maxShardBytes);
        expect([written.weightsDigest, await weightsDigest(copy, await tensorDigests(copy))]).toEqual([
          foretold,
          foretold,
        ]);
        for (const suffix of ['self_attn.k_proj', 'mlp.down_proj']) {
          const [low, middle, top] = await Promise.all(
            [1, 2, 3].map((layer) => model.readFloat32(`model.layers.${layer}.${suffix}.weight`)),
          );
          const found = await copy.readFloat32(`model.layers.1.${suffix}.weight`);
          expect(copy.tensors.get(`model.layers.1.${suffix}.weight`)?.dtype).toBe(drawn.dtype);
          for (const [at, value] of found.entries()) {
            const expected = mergedByHand(rule, [low?.[at] ?? 0, middle?.[at] ?? 0, top?.[at] ?? 0]);
            const unit = { F32: 2 ** -23, F16: 2 ** -10, BF16: 2 ** -7 }[drawn.dtype];
            expect(Math.abs(value - expected)).toBeLessThanOrEqual(unit * Math.abs(expected) + 6e-8);
          }
        }
        const side = await copy.readTensor('model.layers.1.input_layernorm.weight');
        const from = rule.sideFrom === 'low' ? 1 : 3;
        expect(Buffer.from(side).equals(await model.readTensor(`model.layers.${from}.input_layernorm.weight`))).toBe(
          true,
        );
      }),
      { numRuns: 60 },
    );
  });

  test('a sum of equal layers is the layer, bit for bit, in pieces of any size', async () => {
    const model = await openModel(generateLlama({ seed: 4 }));
    const same = { ...model, tensors: new Map(model.tensors) };
    for (const [name, tensor] of model.tensors) {
      const twin = name.replace('.layers.2.', '.layers.1.');
      if (twin !== name) same.tensors.set(twin, { ...tensor, name: twin });
    }
    const plan = parsePlan('0 [1-2] 3-5', { name: 'mean', factor: 1, sideFrom: 'low' });
    const { copy } = await exported(same, plan);
    for (const name of ['self_attn.q_proj', 'mlp.up_proj']) {
      const bytes = await copy.readTensor(`model.layers.1.${name}.weight`);
      expect(Buffer.from(bytes).equals(await model.readTensor(`model.layers.2.${name}.weight`))).toBe(true);
    }
    const [computed] = outputTensors(plan, same).filter(({ origin }) => origin.includes('*'));
    if (!computed) throw new Error('nothing is computed');
    const whole = await computed.source.read(0, computed.sizeBytes);
    for (const [offset, length] of [
      [1, 1],
      [3, 8],
      [0, 7],
    ] as const)
      expect(await computed.source.read(offset, length)).toEqual(whole.slice(offset, offset + length));
  });

  test('a sum that leaves the dtype is refused with the tensor’s name', async () => {
    const model = await openModel(generateLlama({ seed: 1, dtype: 'F16' }));
    const plan = parsePlan('[0-4] 5', { name: 'sum-of-differences', factor: 1e6, sideFrom: 'low' });
    await expect(exported(model, plan)).rejects.toMatchObject({
      code: 'MERGE.NON_FINITE',
      message: expect.stringContaining('model.layers.0.self_attn.q_proj.weight'),
    });
  });

  test('a plan of another depth is refused', async () => {
    const model = await openModel(generateLlama({ seed: 1 }));
    await expect(exported(model, identityPlan(7))).rejects.toMatchObject({ code: 'CHECKPOINT.PLAN_DEPTH' });
  });

  test('config keeps its spelling but for depth, layer types and what names the source', async () => {
    const folder = generateLlama({ seed: 1, config: { layer_types: Array(DEPTH).fill('full_attention') } });
    const text = new TextDecoder().decode(folder.files.get('config.json')).replace('10000', '10000.0');
    const named = text.replace('{', '{"_name_or_path":"/home/me/x","auto_map":{"AutoConfig":"evil.py"},');
    folder.files.set('config.json', new TextEncoder().encode(named));
    const { target } = await exported(await openModel(folder), parsePlan('0 [1-3] 4 !5'));
    const config = new TextDecoder().decode(target.files.get('config.json'));
    expect(config).toContain('"rope_theta": 10000.0,');
    expect(JSON.parse(config)).toEqual({
      ...JSON.parse(text),
      num_hidden_layers: 3,
      layer_types: Array(3).fill('full_attention'),
    });
  });

  test('tokenizer and generation settings are copied, code and pickles are not', async () => {
    const folder = generateLlama({ seed: 1 });
    const copied = ['tokenizer.json', 'tokenizer_config.json', 'generation_config.json', 'chat_template.jinja'];
    for (const name of [...copied, 'modeling_evil.py', 'pytorch_model.bin', 'notes.txt'])
      folder.files.set(name, new TextEncoder().encode(name));
    const { target, written } = await exported(await openModel(folder), identityPlan(DEPTH));
    for (const name of copied) expect(target.files.get(name)).toEqual(folder.files.get(name));
    expect([...target.files.keys()].sort()).toEqual(
      [...copied, 'README.md', 'config.json', 'model.safetensors'].sort(),
    );
    expect([...written.fileNames].sort()).toEqual([...target.files.keys()].sort());
  });

  test('the card states the plan, and user text in it is inert', async () => {
    const model = await openModel(generateLlama({ seed: 1 }));
    const target = new MemoryFolder();
    const hostile = { ...facts, modelName: 'a`|<script>\n---\nx: y' };
    const written = await exportCheckpoint({
      model,
      plan: parsePlan('0 [1-3] 4 !5'),
      facts: hostile,
      openSink: target.openSink,
    });
    const card = new TextDecoder().decode(target.files.get('README.md'));
    expect(card).toContain('| Plan (source layers) | `0 [1-3] 4 !5` |');
    expect(card).toContain(written.weightsDigest);
    expect(card.match(/^---$/gm)).toHaveLength(2); // The fences of the front matter, and no third.
    expect(card).not.toContain('<script>');
  });

  test('an abort, a failing sink and a failing source end the export', async () => {
    const folder = generateLlama({ seed: 1 });
    const model = await openModel(folder);
    const plan = identityPlan(DEPTH);
    const stop = new AbortController();
    stop.abort();
    const target = new MemoryFolder();
    await expect(
      exportCheckpoint({ model, plan, facts, openSink: target.openSink, signal: stop.signal }),
    ).rejects.toThrow('abort');
    const full = async () => ({ write: () => Promise.reject(new Error('full')), close: () => Promise.resolve() });
    await expect(exportCheckpoint({ model, plan, facts, openSink: full })).rejects.toThrow('full');
    const name = 'model.layers.2.mlp.up_proj.weight';
    const lost = { sizeBytes: 1e9, read: () => Promise.reject(new Error('lost')) };
    const cut = {
      ...model,
      tensors: new Map(model.tensors).set(name, { ...storedTensor(model.tensors, name), source: lost }),
    };
    await expect(exportCheckpoint({ model: cut, plan, facts, openSink: target.openSink })).rejects.toThrow('lost');
  });
});

/** Every family with whatever makes its layers differ. */
const FAMILY_CONFIGS: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ['llama', { rope_scaling: { rope_type: 'linear', factor: 2 } }],
  ['mistral', { sliding_window: 3 }],
  ['qwen2', { use_sliding_window: true, sliding_window: 3, max_window_layers: 4 }],
  ['qwen3', { use_sliding_window: true, sliding_window: 3, max_window_layers: 6 }],
  ['gemma2', {}],
  ['gemma3_text', { sliding_window_pattern: 3 }],
  ['phi3', {}],
  ['olmo2', {}],
];

describe('every family', () => {
  const plans = ['0 [1-2] 3-5', '[0-4] 5', '!0-3 4-5'].map((text) => parsePlan(text));

  test.each(FAMILY_CONFIGS)('%s: what is exported is read back as it was foretold', async (family, settings) => {
    const config = { model_type: family, architectures: null, head_dim: 4, ...settings };
    const model = await openModel(generateLlama({ seed: 3, config }));
    for (const plan of plans) {
      const { copy, written } = await exported(model, plan);
      const { raw, ...expected } = configOfPlan(model.config, plan);
      expect(copy.config).toMatchObject(expected);
      expect(written.weightsDigest).toBe(await weightsDigest(copy, await tensorDigests(copy)));
      expect(written.parameters).toBe(parameterCounts(copy).total);
    }
  });

  test('no rule by the number of a layer is left in config.json', async () => {
    const settings = { use_sliding_window: true, sliding_window: 3, max_window_layers: 4, num_key_value_heads: 2 };
    const config = { model_type: 'qwen2', architectures: null, ...settings };
    const windows = await exported(await openModel(generateLlama({ seed: 3, config })), parsePlan('0 [1-3] 4-5'));
    expect(windows.copy.config.raw).toMatchObject({ max_window_layers: 2, layer_types: expect.any(Array) });
    const gemma = { model_type: 'gemma3_text', architectures: null, sliding_window_pattern: 3 };
    const pattern = await exported(
      await openModel(generateLlama({ seed: 3, config: gemma })),
      parsePlan('0 [1-3] 4-5'),
    );
    expect(pattern.copy.config.raw).not.toHaveProperty('sliding_window_pattern');
  });
});

describe('weightsDigest', () => {
  const digestOf = async (folder: MemoryFolder) => {
    const model = await openModel(folder);
    return weightsDigest(model, await tensorDigests(model));
  };

  test('changes with a weight, a setting that counts and the tokenizer; not with the layout or the name', async () => {
    const base = await digestOf(generateLlama({ seed: 5 }));
    expect(await digestOf(generateLlama({ seed: 5, shards: 4 }))).toBe(base);
    expect(await digestOf(generateLlama({ seed: 5, config: { _name_or_path: 'x', transformers_version: '9' } }))).toBe(
      base,
    );
    const rope = { rope_theta: null, rope_parameters: { rope_type: 'default', rope_theta: 10_000 } };
    expect(await digestOf(generateLlama({ seed: 5, config: rope }))).toBe(base);
    expect(await digestOf(generateLlama({ seed: 6 }))).not.toBe(base);
    expect(await digestOf(generateLlama({ seed: 5, config: { rms_norm_eps: 1e-6 } }))).not.toBe(base);
    const withTokenizer = generateLlama({ seed: 5 });
    withTokenizer.files.set('tokenizer.json', new Uint8Array(2));
    expect(await digestOf(withTokenizer)).not.toBe(base);
  });

  test('of a plain Llama is what it was before other families were known', async () => {
    const model = await openModel(generateLlama({ seed: 1 }));
    const digests = await tensorDigests(model);
    expect(await weightsDigest(model, digests)).toBe(
      'dfc029117ffcf81ef8303a652320600d0ee0b21cdbe6d1079bbdf8b070819cc8',
    );
    expect(await weightsDigest(model, digests, parsePlan('0 [1-3] !4 5'))).toBe(
      '0a631e4523a567f6c7324fdc50cd11e486401f792c42f4423f9f32fd9489dd03',
    );
  });

  test.each([
    ['gemma2', { attn_logit_softcapping: 40 }],
    ['gemma2', { query_pre_attn_scalar: 100 }],
    ['gemma2', { sliding_window: 7 }],
    ['gemma2', { final_logit_softcapping: null }],
    ['gemma3_text', { rope_local_base_freq: 5000 }],
    ['gemma3_text', { sliding_window_pattern: 2 }],
    ['llama', { rope_scaling: { rope_type: 'linear', factor: 2 } }],
    ['llama', { hidden_act: 'gelu_pytorch_tanh' }],
  ])('of a %s changes with %j', async (family, setting) => {
    const config = { model_type: family, architectures: null };
    const base = await digestOf(generateLlama({ seed: 5, config }));
    expect(await digestOf(generateLlama({ seed: 5, config: { ...config, ...setting } }))).not.toBe(base);
  });

  test('counts of SmolLM2-135M (methods.md 6)', async () => {
    const config = {
      hidden_size: 576,
      intermediate_size: 1536,
      num_attention_heads: 9,
      num_key_value_heads: 3,
      vocab_size: 64,
      num_hidden_layers: 2,
    };
    const counts = parameterCounts(await openModel(generateLlama({ seed: 1, config })));
    expect(counts.perLayer).toEqual([3_540_096, 3_540_096]);
    expect(counts.total).toBe(2 * 3_540_096 + 64 * 576 + 576);
  });
});
