import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileModelFolder } from '../../apps/server/src/worker/checkpoint-files.js';
import { openModel } from '../../packages/swm-core/src/checkpoint/index.js';
import { createTfjsEngine } from '../../packages/swm-core/src/engine/tfjs/index.js';
import { outputLayers, parsePlan } from '../../packages/swm-core/src/plan/index.js';
import { areClose } from '../support/close-logits.js';
import { scratchFolder } from '../support/scratch-folder.js';
import { ENGINE_FOLDER, hasCompiledEngine, makeTinyModel, PYTHON } from '../support/stack.js';

const scratch = scratchFolder('engine');
const python = (...args: string[]): string =>
  execFileSync(PYTHON, args, { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe'] });
const backends = [...(hasCompiledEngine() ? (['tensorflow'] as const) : []), 'wasm' as const];

beforeAll(() => {
  process.env.TF_CPP_MIN_LOG_LEVEL = '3';
  process.env.NVIDIA_TF32_OVERRIDE = '0';
});
afterAll(() => scratch.remove());

describe('the engine against transformers', () => {
  const plans = ['0-7', '0-2 [3-5] 6-7', '0 [1-2] [3-4] [5-6] 7', '0-1 !2 3-7', '0-2 [3-6] !7'].map((text) =>
    parsePlan(text),
  );
  const tokens = [
    [5, 9, 200, 31, 7, 7, 640, 12],
    [1, 2, 3, 4, 5, 6, 7, 8],
  ];
  let folder: string;
  let expected: number[][];

  beforeAll(() => {
    folder = makeTinyModel(join(scratch.path, 'tiny'), { layers: 8 });
    writeFileSync(join(scratch.path, 'tokens.json'), JSON.stringify(tokens));
    const wiring = plans.map((plan) =>
      outputLayers(plan).map(({ projectionsFrom, sideFrom }) => [projectionsFrom, sideFrom]),
    );
    writeFileSync(join(scratch.path, 'plans.json'), JSON.stringify(wiring));
    expected = JSON.parse(
      python(
        join(import.meta.dirname, 'logits.py'),
        folder,
        join(scratch.path, 'tokens.json'),
        join(scratch.path, 'plans.json'),
      ),
    );
  });

  it.each(backends)('%s gives the same logits for every plan, from any cached prefix', async (prefer) => {
    const engine = await createTfjsEngine({ prefer, engineFolder: ENGINE_FOLDER });
    expect(engine.info.backend).toBe(prefer);
    const model = await fileModelFolder(folder);
    const session = await engine.open(await openModel(model), tokens);
    // Twice, the second time in reverse: every walk starts from another cached prefix.
    for (const index of [...plans.keys(), ...[...plans.keys()].reverse()]) {
      const plan = plans[index];
      if (!plan) throw new Error('no plan');
      const { values } = await session.logits(plan);
      expect(areClose(values, expected[index] ?? [])).toBe(true);
    }
    await session.close();
    await model.close();
  });
});
