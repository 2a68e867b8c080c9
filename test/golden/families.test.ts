import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileModelFolder } from '../../apps/server/src/worker/checkpoint-files.js';
import { openTorchSession, type TorchDtype } from '../../apps/server/src/worker/torch-host.js';
import { exportCheckpoint, openModel } from '../../packages/swm-core/src/checkpoint/index.js';
import { MemoryFolder } from '../../packages/swm-core/src/checkpoint/memory-folder.js';
import type { EngineSession } from '../../packages/swm-core/src/engine/index.js';
import { createTfjsEngine } from '../../packages/swm-core/src/engine/tfjs/index.js';
import { formatPlan, identityPlan, type LayerPlan, parsePlan } from '../../packages/swm-core/src/plan/index.js';
import { areClose } from '../support/close-logits.js';
import { scratchFolder } from '../support/scratch-folder.js';
import { ENGINE_FOLDER, hasCompiledEngine, PYTHON } from '../support/stack.js';
import { FAMILIES, makeTinyFamilies } from '../support/tiny-families.js';

const scratch = scratchFolder('families');
const backends = hasCompiledEngine() ? (['tensorflow', 'wasm'] as const) : (['wasm'] as const);
const DEPTH = 6;
/** Longer than the families' window of 5. */
const TOKENS = [
  [0, 9, 200, 31, 7, 7, 640, 12, 1000, 3, 77, 512],
  [0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
];
/** Every rule. After each, renumbering would give some layer of every family with both types another one than its projections had. */
const PLANS = [
  parsePlan('0 [1-2] 3-5'),
  parsePlan('[0-2] 3 !4 5', { name: 'mean', factor: 1, sideFrom: 'top' }),
  parsePlan('0 [1-2] [3-4] 5', { name: 'sum-of-differences', factor: 0.5, sideFrom: 'low' }),
  parsePlan('0-1 [2-3] 4-5', { name: 'keep-low', factor: 1, sideFrom: 'low' }),
  parsePlan('!0 1-3 [4-5]', { name: 'keep-top', factor: 1, sideFrom: 'top' }),
] as const;
/** `layer_types` of the exports, s(liding) and f(ull); families that have none are not listed. */
const LAYER_TYPES: Readonly<Record<string, readonly string[]>> = {
  qwen2: ['fffss', 'ffs', 'ffss', 'fffss', 'fffs'],
  qwen3: ['fffff', 'fff', 'ffff', 'fffff', 'ffff'],
  gemma2: ['ssfsf', 'sff', 'sssf', 'sfssf', 'fsff'],
  gemma3_text: ['sfssf', 'fsf', 'sfsf', 'ssfsf', 'sfsf'],
};

const sourceOf = (family: string): string => join(scratch.path, family);
const exportOf = (family: string, index: number): string => join(scratch.path, `${family}-${index}`);

const openTorch = (family: string, dtype: TorchDtype): Promise<EngineSession> =>
  openTorchSession({
    ...{ folder: sourceOf(family), tokenIds: TOKENS, python: PYTHON, dtype, threads: 2, runId: 'test-families' },
    signal: new AbortController().signal,
  });

async function openTfjs(prefer: (typeof backends)[number], family: string): Promise<EngineSession> {
  const engine = await createTfjsEngine({ prefer, engineFolder: ENGINE_FOLDER });
  const files = await fileModelFolder(sourceOf(family));
  const session = await engine.open(await openModel(files), TOKENS);
  await files.close();
  return session;
}

async function exportTo(folder: string, source: string, plan: LayerPlan): Promise<void> {
  const files = await fileModelFolder(source);
  const target = new MemoryFolder();
  const facts = { modelName: 'tiny', modelRevision: '0', method: 'golden', tool: 'test' };
  await exportCheckpoint({ model: await openModel(files), plan, facts, openSink: target.openSink });
  await files.close();
  mkdirSync(folder);
  for (const [name, bytes] of target.files) writeFileSync(join(folder, name), bytes);
}

describe('every family against transformers', () => {
  let figures: Readonly<Record<string, { readonly logits: readonly number[]; readonly taylor: readonly number[] }>>;
  beforeAll(async () => {
    process.env.TF_CPP_MIN_LOG_LEVEL = '3';
    process.env.NVIDIA_TF32_OVERRIDE = '0';
    makeTinyFamilies(scratch.path);
    for (const family of FAMILIES)
      for (const [index, plan] of PLANS.entries()) await exportTo(exportOf(family, index), sourceOf(family), plan);
    const tokensFile = join(scratch.path, 'tokens.json');
    writeFileSync(tokensFile, JSON.stringify(TOKENS));
    const folders = FAMILIES.flatMap((family) => [
      sourceOf(family),
      ...PLANS.map((_, index) => exportOf(family, index)),
    ]);
    const script = join(import.meta.dirname, 'folder_logits.py');
    const printed = execFileSync(PYTHON, [script, tokensFile, '--taylor', ...folders], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    figures = JSON.parse(printed);
  });
  afterAll(() => scratch.remove());

  /** Dense, and under these of the plans, as their exports give them. */
  async function expectReference(
    session: EngineSession,
    family: string,
    { planCount, floorShare }: { planCount: number; floorShare: number },
  ): Promise<void> {
    const cases = [
      [sourceOf(family), identityPlan(DEPTH)],
      ...PLANS.slice(0, planCount).map((plan, index) => [exportOf(family, index), plan] as const),
    ] as const;
    for (const [folder, plan] of cases) {
      const { values } = await session.logits(plan);
      expect(areClose(values, figures[folder]?.logits ?? [], floorShare), folder).toBe(true);
    }
  }

  it.each(backends.flatMap((prefer) => FAMILIES.map((family) => [prefer, family] as const)))(
    'on %s, %s: logits',
    async (prefer, family) => {
      const session = await openTfjs(prefer, family);
      await expectReference(session, family, { planCount: 2, floorShare: 1e-6 });
      await session.close();
    },
  );

  it.each(FAMILIES)('on torch, %s: logits, Taylor scores, and what tfjs measures', async (family) => {
    const [torch, tfjs] = [await openTorch(family, 'f32'), await openTfjs(backends[0], family)];
    for (const plan of PLANS)
      for (const quantity of ['cosine', 'nll'] as const) {
        const [found, wanted] = [await torch.measure(plan, quantity), await tfjs.measure(plan, quantity)];
        expect(areClose(found.perSample, wanted.perSample), formatPlan(plan)).toBe(true);
        expect(found.layerForwards).toBe(wanted.layerForwards);
      }
    // Sums of layers amplify f32 rounding, which differs from CPU to CPU: 1e-5 of the largest logit is 4e-5.
    await expectReference(torch, family, { planCount: PLANS.length, floorShare: 1e-5 });
    const { scores } = await torch.blockGradients();
    expect(areClose(scores, figures[sourceOf(family)]?.taylor ?? [])).toBe(true);
    await torch.close();
    await tfjs.close();
  });

  // transformers' own bf16 logits of this model lie 2.3 % from its f32 ones, by their root mean squares.
  it('on torch in bf16, gemma2: logits as near to f32 as those of transformers', async () => {
    const torch = await openTorch('gemma2', 'bf16');
    const { values } = await torch.logits(identityPlan(DEPTH));
    const wanted = figures[sourceOf('gemma2')]?.logits ?? [];
    const norm = (numbers: readonly number[]) => Math.sqrt(numbers.reduce((sum, number) => sum + number * number, 0));
    const errors = wanted.map((target, at) => (values[at] ?? Number.NaN) - target);
    expect(norm(errors) / norm(wanted)).toBeLessThan(0.025);
    await torch.close();
  });

  it.each(FAMILIES)('%s: layer types of the exports follow their projections', (family) => {
    const found = PLANS.map((_, index) => {
      const { layer_types: types }: { layer_types?: readonly string[] } = JSON.parse(
        readFileSync(join(exportOf(family, index), 'config.json'), 'utf8'),
      );
      return types?.map((type) => type[0]).join('');
    });
    expect(found).toEqual(LAYER_TYPES[family] ?? PLANS.map(() => undefined));
  });
});
