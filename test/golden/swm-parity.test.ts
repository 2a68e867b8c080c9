import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawSamples } from '../../apps/server/src/worker/calibration-samples.js';
import { fileModelFolder } from '../../apps/server/src/worker/checkpoint-files.js';
import { openModel } from '../../packages/swm-core/src/checkpoint/index.js';
import type { EngineSession } from '../../packages/swm-core/src/engine/index.js';
import { createTfjsEngine } from '../../packages/swm-core/src/engine/tfjs/index.js';
import { type Candidate, createMethod, runSearch } from '../../packages/swm-core/src/method/index.js';
import { formatPlan, parsePlan } from '../../packages/swm-core/src/plan/index.js';
import { scratchFolder } from '../support/scratch-folder.js';
import { ENGINE_FOLDER, hasCompiledEngine, PYTHON, REPOSITORY } from '../support/stack.js';

const DEPTH = 30;
const THRESHOLDS = [0.9, 0.8, 0.7, 0.6];
const FOLDER =
  process.env.SWM_SMOLLM2_FOLDER ??
  join(process.env.SWM_SETUP_HOME ?? join(REPOSITORY, '.swm'), 'models', 'smollm2-135m');

/** What swm_reference.py prints for one threshold. */
interface Reference {
  readonly plan: string;
  readonly evaluations: readonly {
    readonly first: number;
    readonly last: number;
    readonly similarity: number;
    readonly accepted: boolean;
  }[];
}

const python = (...args: string[]): string =>
  execFileSync(PYTHON, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, HF_HUB_OFFLINE: '1', TRANSFORMERS_OFFLINE: '1' },
  });

/** The token ids an experiment calibrates with by default, drawn as its calibrate stage draws them. [10][128] */
function defaultCalibration(): readonly (readonly number[])[] {
  const json = (name: string) => JSON.parse(readFileSync(join(FOLDER, name), 'utf8'));
  const tokenizer = new Tokenizer(json('tokenizer.json'), json('tokenizer_config.json'));
  const documents = readFileSync(join(REPOSITORY, 'packages/eval/tasks/calibration/builtin.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line): string => JSON.parse(line).text);
  const encode = (text: string) => tokenizer.encode(text, { add_special_tokens: false }).ids;
  return drawSamples({ documents, encode, samples: 10, tokens: 128, seed: 1234 });
}

describe('Sliding-Window Merging on SmolLM2-135M against an independent PyTorch rendering of the published script', () => {
  const scratch = scratchFolder('parity');
  let references: Readonly<Record<string, Reference>>;
  let session: EngineSession;

  beforeAll(async () => {
    process.env.TF_CPP_MIN_LOG_LEVEL = '3';
    process.env.NVIDIA_TF32_OVERRIDE = '0';
    if (!existsSync(join(FOLDER, 'config.json')))
      python(join(REPOSITORY, 'packages/eval/python/convert_smollm2.py'), FOLDER);
    const tokenIds = defaultCalibration();
    const tokensFile = join(scratch.path, 'tokens.json');
    writeFileSync(tokensFile, JSON.stringify(tokenIds));
    const script = join(import.meta.dirname, 'swm_reference.py');
    references = JSON.parse(python(script, FOLDER, tokensFile, ...THRESHOLDS.map(String)));
    const engine = await createTfjsEngine({ prefer: 'auto', engineFolder: ENGINE_FOLDER });
    expect(engine.info.backend).toBe(hasCompiledEngine() ? 'tensorflow' : 'wasm');
    const model = await fileModelFolder(FOLDER);
    session = await engine.open(await openModel(model), tokenIds);
    await model.close();
  }, 1_200_000);
  afterAll(async () => {
    await session?.close();
    scratch.remove();
  });

  it.each(THRESHOLDS)(
    'at %d finds the same plan by the same candidates, every similarity to 1e-4',
    async (threshold) => {
      const reference = references[String(threshold)];
      if (!reference) throw new Error(`swm_reference.py said nothing about ${threshold}`);
      const candidates: Candidate[] = [];
      const { plan, cursor } = await runSearch({
        method: createMethod({ name: 'swm', profile: 'released', threshold }),
        depth: DEPTH,
        open: async () => session,
        onCandidate: async (candidate) => {
          candidates.push(candidate);
        },
      });
      expect(formatPlan(plan)).toBe(formatPlan(parsePlan(reference.plan)));
      const decisions = (list: Reference['evaluations']) =>
        list.map(({ first, last, accepted }) => [first, last, accepted]);
      expect(candidates.map(({ first, last, accepted }) => [first, last, accepted])).toEqual(
        decisions(reference.evaluations),
      );
      for (const [index, { similarity }] of candidates.entries())
        expect(Math.abs(similarity - (reference.evaluations[index]?.similarity ?? Number.NaN))).toBeLessThan(1e-4);
      // .7 must commit several windows, or this would prove little.
      if (threshold === 0.7) expect(plan.recipes.filter(({ kind }) => kind === 'merge').length).toBeGreaterThan(1);
      // The script runs every layer for every candidate; the prefix cache must save more than half of that.
      expect(cursor.layerForwards).toBeLessThan((candidates.length * DEPTH) / 2 + DEPTH);
    },
  );
});
