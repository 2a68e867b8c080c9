import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawSamples } from '../../apps/server/src/worker/calibration-samples.js';
import { fileModelFolder } from '../../apps/server/src/worker/checkpoint-files.js';
import { openModel } from '../../packages/swm-core/src/checkpoint/index.js';
import type { EngineSession } from '../../packages/swm-core/src/engine/index.js';
import { randomLlama } from '../../packages/swm-core/src/engine/random-llama.js';
import { createTfjsEngine } from '../../packages/swm-core/src/engine/tfjs/index.js';
import {
  type Candidate,
  createMethod,
  readMethodRequest,
  runSearch,
} from '../../packages/swm-core/src/method/index.js';
import { formatPlan, parsePlan } from '../../packages/swm-core/src/plan/index.js';
import { scratchFolder } from '../support/scratch-folder.js';
import { ENGINE_FOLDER, hasCompiledEngine, PYTHON, REPOSITORY } from '../support/stack.js';
import { writeModel } from '../support/write-model.js';

const SMOLLM2 =
  process.env.SWM_SMOLLM2_FOLDER ??
  join(process.env.SWM_SETUP_HOME ?? join(REPOSITORY, '.swm'), 'models', 'smollm2-135m');

/** What merging_reference.py prints for one case. */
interface Reference {
  readonly plan: string;
  readonly evaluations: readonly {
    readonly first: number;
    readonly last: number;
    readonly similarity: number;
    readonly accepted: boolean;
  }[];
}

/** A merge rule as merging_reference.py and as a launch write it. */
interface Rule {
  readonly rule: string;
  readonly factor: number;
  readonly sideFrom: 'low' | 'top';
}
const RELEASED: Rule = { rule: 'replace-top', factor: 1, sideFrom: 'low' };
const RULES: readonly Rule[] = [
  RELEASED,
  { rule: 'replace-top', factor: 0.5, sideFrom: 'top' },
  { rule: 'sum-of-differences', factor: 1, sideFrom: 'low' },
  { rule: 'sum-of-differences', factor: 0.5, sideFrom: 'top' },
  { rule: 'mean', factor: 1, sideFrom: 'low' },
  { rule: 'mean', factor: 0.5, sideFrom: 'top' },
  { rule: 'keep-low', factor: 1, sideFrom: 'low' },
  { rule: 'keep-top', factor: 1, sideFrom: 'low' },
];

/** One search: what the reference is asked, and the request of the same. */
interface Case {
  readonly text: string;
  readonly request: object;
}
const swmCase = ({ rule, factor, sideFrom }: Rule, threshold: number): Case => ({
  text: `swm:${rule}:${factor}:${sideFrom}:${threshold}`,
  request: { name: 'swm', profile: 'released', rule, factor, sideFrom, threshold },
});
const lacoCase = (span: number, interval: number, lowest: number, threshold: number): Case => ({
  text: `laco:${span}:${interval}:${lowest}:${threshold}`,
  request: { name: 'laco', span, interval, lowest, threshold },
});

const python = (...args: string[]): string =>
  execFileSync(PYTHON, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, HF_HUB_OFFLINE: '1', TRANSFORMERS_OFFLINE: '1' },
  });

/** The token ids an experiment calibrates with by default, drawn as its calibrate stage draws them. [10][128] */
function defaultCalibration(): readonly (readonly number[])[] {
  const json = (name: string) => JSON.parse(readFileSync(join(SMOLLM2, name), 'utf8'));
  const tokenizer = new Tokenizer(json('tokenizer.json'), json('tokenizer_config.json'));
  const documents = readFileSync(join(REPOSITORY, 'packages/eval/tasks/calibration/builtin.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line): string => JSON.parse(line).text);
  const encode = (text: string) => tokenizer.encode(text, { add_special_tokens: false }).ids;
  return drawSamples({ documents, encode, samples: 10, tokens: 128, seed: 1234 });
}

/** Tests every case on a model: the same candidates, decisions and plan, every similarity to 1e-4. */
function compareWithReference(
  cases: readonly Case[],
  prepare: () => Promise<{ readonly folder: string; readonly tokenIds: readonly (readonly number[])[] }>,
  alsoCheck: (found: {
    readonly text: string;
    readonly candidates: readonly Candidate[];
    readonly plan: string;
    readonly depth: number;
    readonly layerForwards: number;
  }) => void = () => {},
): void {
  const scratch = scratchFolder('parity');
  let references: Readonly<Record<string, Reference>>;
  let session: EngineSession;
  let depth: number;

  beforeAll(async () => {
    process.env.TF_CPP_MIN_LOG_LEVEL = '3';
    process.env.NVIDIA_TF32_OVERRIDE = '0';
    const { folder, tokenIds } = await prepare();
    const tokensFile = join(scratch.path, 'tokens.json');
    writeFileSync(tokensFile, JSON.stringify(tokenIds));
    const script = join(import.meta.dirname, 'merging_reference.py');
    references = JSON.parse(python(script, folder, tokensFile, ...cases.map(({ text }) => text)));
    const engine = await createTfjsEngine({ prefer: 'auto', engineFolder: ENGINE_FOLDER });
    expect(engine.info.backend).toBe(hasCompiledEngine() ? 'tensorflow' : 'wasm');
    const files = await fileModelFolder(folder);
    const model = await openModel(files);
    depth = model.config.depth;
    session = await engine.open(model, tokenIds);
    await files.close();
  }, 1_200_000);
  afterAll(async () => {
    await session?.close();
    scratch.remove();
  });

  it.each(cases)('$text', async ({ text, request }) => {
    const reference = references[text];
    if (!reference) throw new Error(`merging_reference.py said nothing about ${text}`);
    const candidates: Candidate[] = [];
    const { plan, cursor } = await runSearch({
      method: createMethod(readMethodRequest(request)),
      depth,
      open: async () => session,
      onCandidate: async (candidate) => {
        candidates.push(candidate);
      },
    });
    const decisions = ({ first, last, accepted }: Pick<Candidate, 'first' | 'last' | 'accepted'>) => [
      first,
      last,
      accepted,
    ];
    expect(candidates.map(decisions)).toEqual(reference.evaluations.map(decisions));
    for (const [index, { similarity }] of candidates.entries())
      expect(Math.abs(similarity - (reference.evaluations[index]?.similarity ?? Number.NaN))).toBeLessThan(1e-4);
    // The rule is no part of a plan's text.
    expect(formatPlan(plan)).toBe(formatPlan(parsePlan(reference.plan)));
    alsoCheck({ text, candidates, plan: formatPlan(plan), depth, layerForwards: cursor.layerForwards });
  });
}

describe('every merge rule and LaCo on a random Llama, against independent PyTorch', () => {
  const scratch = scratchFolder('parity-model');
  afterAll(() => scratch.remove());
  const cases = [...RULES.flatMap((rule) => [swmCase(rule, 0.9), swmCase(rule, 0.7)]), lacoCase(3, 1, 0, 0.8)];
  const accepted: number[] = [];
  compareWithReference(
    cases,
    async () => {
      const source = randomLlama({
        ...{ num_hidden_layers: 9, hidden_size: 32, intermediate_size: 64, num_attention_heads: 4 },
        ...{ num_key_value_heads: 2, vocab_size: 64, tie_word_embeddings: true },
      });
      const folder = await writeModel(join(scratch.path, 'model'), source);
      const tokenIds = Array.from({ length: 3 }, (_, row) =>
        Array.from({ length: 12 }, (_, at) => (row * 31 + at * 7) % 64),
      );
      return { folder, tokenIds };
    },
    ({ candidates }) => accepted.push(candidates.filter((candidate) => candidate.accepted).length),
  );
  it('of which some accept windows and some refuse all', () => {
    expect(Math.max(...accepted)).toBeGreaterThan(2);
    expect(accepted).toHaveLength(cases.length);
  });
});

describe('SmolLM2-135M, against an independent PyTorch rendering of the published script', () => {
  // The long form (npm run verify -- method-parity) has every rule, and LaCo.
  const all = process.env.SWM_PARITY === 'all';
  const cases = [
    ...[0.9, 0.8, 0.7, 0.6].map((threshold) => swmCase(RELEASED, threshold)),
    ...(all
      ? [...RULES.slice(1).map((rule) => swmCase(rule, 0.8)), lacoCase(4, 2, 1, 0.8), lacoCase(3, 1, 0, 0.7)]
      : []),
  ];
  compareWithReference(
    cases,
    async () => {
      if (!existsSync(join(SMOLLM2, 'config.json')))
        python(join(REPOSITORY, 'packages/eval/python/convert_smollm2.py'), SMOLLM2);
      return { folder: SMOLLM2, tokenIds: defaultCalibration() };
    },
    ({ text, candidates, plan, depth, layerForwards }) => {
      if (!text.startsWith('swm:replace-top:1:')) return;
      // .7 must commit several windows, or this would prove little.
      if (text.endsWith(':0.7')) expect(plan.split('[').length - 1).toBeGreaterThan(1);
      // The script runs every layer for every candidate; the prefix cache must save more than half of that.
      expect(layerForwards).toBeLessThan((candidates.length * depth) / 2 + depth);
    },
  );
});
