import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileModelFolder } from '../../apps/server/src/worker/checkpoint-files.js';
import { exportCheckpoint, openModel } from '../../packages/swm-core/src/checkpoint/index.js';
import { MemoryFolder } from '../../packages/swm-core/src/checkpoint/memory-folder.js';
import { createTfjsEngine } from '../../packages/swm-core/src/engine/tfjs/index.js';
import { identityPlan, type LayerPlan, parsePlan } from '../../packages/swm-core/src/plan/index.js';
import { areClose } from '../support/close-logits.js';
import { scratchFolder } from '../support/scratch-folder.js';
import { ENGINE_FOLDER, hasCompiledEngine, PYTHON } from '../support/stack.js';
import { FAMILIES, makeTinyFamilies } from '../support/tiny-families.js';

const scratch = scratchFolder('families');
const backends = [...(hasCompiledEngine() ? (['tensorflow'] as const) : []), 'wasm' as const];
const DEPTH = 6;
/** Longer than the families' window of 5. */
const TOKENS = [
  [0, 9, 200, 31, 7, 7, 640, 12, 1000, 3, 77, 512],
  [0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
];
/** After both, renumbering would give some layer of every windowed family another type than its projections had. */
const PLANS = [
  parsePlan('0 [1-2] 3-5'),
  parsePlan('[0-2] 3 !4 5', { name: 'mean', factor: 1, sideFrom: 'top' }),
] as const;
/** `layer_types` of the exports, s(liding) and f(ull); families that have none are not listed. */
const LAYER_TYPES: Readonly<Record<string, readonly string[]>> = {
  qwen2: ['fffss', 'ffs'],
  qwen3: ['fffff', 'fff'],
  gemma2: ['ssfsf', 'sff'],
  gemma3_text: ['sfssf', 'fsf'],
};

const sourceOf = (family: string): string => join(scratch.path, family);
const exportOf = (family: string, index: number): string => join(scratch.path, `${family}-${index}`);

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
  let logits: Readonly<Record<string, { readonly logits: readonly number[] }>>;
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
    const printed = execFileSync(PYTHON, [script, tokensFile, ...folders], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    logits = JSON.parse(printed);
  });
  afterAll(() => scratch.remove());

  describe.each(backends)('on %s', (prefer) => {
    it.each(FAMILIES)('%s: logits dense, and under merges as their exports give them', async (family) => {
      const engine = await createTfjsEngine({ prefer, engineFolder: ENGINE_FOLDER });
      const files = await fileModelFolder(sourceOf(family));
      const session = await engine.open(await openModel(files), TOKENS);
      const cases = [
        [sourceOf(family), identityPlan(DEPTH)],
        ...PLANS.map((plan, index) => [exportOf(family, index), plan] as const),
      ] as const;
      for (const [folder, plan] of cases) {
        const { values } = await session.logits(plan);
        expect(areClose(values, logits[folder]?.logits ?? []), folder).toBe(true);
      }
      await session.close();
      await files.close();
    });
  });

  it.each(FAMILIES)('%s: layer types of the exports follow their projections', (family) => {
    const found = PLANS.map((_, index) => {
      const { layer_types: types }: { layer_types?: readonly string[] } = JSON.parse(
        readFileSync(join(exportOf(family, index), 'config.json'), 'utf8'),
      );
      return types?.map((type) => type[0]).join('');
    });
    expect(found).toEqual(LAYER_TYPES[family] ?? [undefined, undefined]);
  });
});
