import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { exportCheckpoint, openModel, tensorDigests, weightsDigest } from '@swm/core/checkpoint';
import {
  formatPlan,
  type LayerPlan,
  type MergeRule,
  outputDepth,
  parsePlan,
  planJson,
  RELEASED_RULE,
} from '@swm/core/plan';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fileModelFolder, publishCheckpoint, verifyManifest } from '../../apps/server/src/worker/checkpoint-files.js';

const REPOSITORY = resolve(import.meta.dirname, '../..');
const PYTHON = process.env.SWM_PYTHON ?? join(REPOSITORY, '.swm/python/bin/python');
const REWIRE = join(import.meta.dirname, 'rewire.py');
const MERGE_RULES = join(import.meta.dirname, 'merge_rules.py');
const KEEP_TOP: MergeRule = { name: 'keep-top', factor: 1, sideFrom: 'top' };
const KEEP_LOW: MergeRule = { name: 'keep-low', factor: 1, sideFrom: 'low' };

/** What rewire.py prints of one plan. */
interface Findings {
  readonly problems: readonly string[];
  readonly layers: number;
  readonly parameters: number;
  readonly bitEqual: boolean;
  readonly isFinite: boolean;
  readonly logitSum: number;
  readonly generated: number;
  readonly sameTokens: boolean;
}

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'swm-golden-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function python(script: string, ...args: string[]): string {
  if (!existsSync(PYTHON)) throw new Error(`No Python environment at ${PYTHON}: run npm run setup:python.`);
  const env = { ...process.env, HF_HUB_OFFLINE: '1', TRANSFORMERS_OFFLINE: '1' };
  return execFileSync(PYTHON, [script, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] }).toString();
}

/** Exports as the worker does: folder to published folder. */
async function publish(source: string, folder: string, plan: LayerPlan, maxShardBytes: number) {
  const files = await fileModelFolder(source);
  try {
    const model = await openModel(files);
    const foretold = await weightsDigest(model, await tensorDigests(model), plan);
    const facts = { modelName: 'tiny', modelRevision: 'seed 1234', method: 'golden', tool: 'test' };
    let parameters = 0;
    const manifest = await publishCheckpoint({
      folder,
      write: async (openSink) => {
        const written = await exportCheckpoint({ model, plan, facts, openSink, maxShardBytes });
        parameters = written.parameters;
        const { planId, weightsDigest: digest } = written;
        return { sourceRevision: 'seed 1234', plan: planJson(plan), planId, weightsDigest: digest, tools: {} };
      },
    });
    return { manifest, parameters, foretold };
  } finally {
    await files.close();
  }
}

const VARIANTS = [
  {
    variant: 'tied',
    maxShardBytes: 5e9,
    plans: [parsePlan('0-5'), parsePlan('0 [1-3] 4-5'), parsePlan('[0-1] [2-3] [4-5]'), parsePlan('0-2 !3 4 !5')],
  },
  {
    variant: 'untied',
    maxShardBytes: 200_000,
    plans: [
      parsePlan('0-7'),
      parsePlan('0-3 [4-6] 7'),
      parsePlan('[0-1] 2 [3-5] [6-7]'),
      parsePlan('0 !1-2 3-7'),
      parsePlan('0 [1-2] !3 4 [5-7]'),
      parsePlan('0-3 [4-6] 7', { ...RELEASED_RULE, sideFrom: 'top' }),
      parsePlan('0-2 [3-6] 7', KEEP_TOP),
      parsePlan('0-2 [3-6] 7', KEEP_LOW),
    ],
  },
];

describe.each(VARIANTS)('a $variant model in stock transformers', ({ variant, maxShardBytes, plans }) => {
  test('the exported checkpoints equal the re-wired dense model bit for bit, and generate', async () => {
    const source = join(root, variant);
    python(REWIRE, 'build', source, variant);
    const isSharded = readdirSync(source).includes('model.safetensors.index.json');
    expect(isSharded).toBe(variant === 'untied');
    const exported = [];
    for (const [index, plan] of plans.entries()) {
      const folder = join(root, `${variant}-${index}`);
      const { manifest, parameters, foretold } = await publish(source, folder, plan, maxShardBytes);
      expect(await verifyManifest(folder)).toEqual(manifest);
      expect(manifest.weightsDigest).toBe(foretold);
      expect(readdirSync(folder).includes('model.safetensors.index.json')).toBe(isSharded);
      exported.push({ folder, parameters, rule: plan.rule, recipes: plan.recipes });
    }
    const plansFile = join(root, `${variant}.json`);
    writeFileSync(plansFile, JSON.stringify(exported));
    const lines = python(REWIRE, 'check', source, plansFile).trim().split('\n');
    const findings = lines.map((line) => JSON.parse(line) as Findings); // Written by rewire.py, compared in full below.
    for (const [index, plan] of plans.entries()) {
      expect(findings[index], formatPlan(plan)).toEqual({
        problems: [],
        layers: outputDepth(plan),
        parameters: exported[index]?.parameters,
        bitEqual: true,
        isFinite: true,
        logitSum: expect.any(Number),
        generated: 8,
        sameTokens: true,
      });
    }
    // Were all plans alike in their logits, equality above would prove nothing.
    expect(new Set(findings.map(({ logitSum }) => logitSum)).size).toBe(plans.length);
  });
});

const RULES: readonly MergeRule[] = (
  ['replace-top', 'sum-of-differences', 'mean', 'keep-low', 'keep-top'] as const
).flatMap((name) =>
  [1, 0.5, 0].flatMap((factor) => (['low', 'top'] as const).map((sideFrom) => ({ name, factor, sideFrom }))),
);

describe.each([
  ['tied', 5e9, '0 [1-3] !4 5'],
  ['untied', 200_000, '[0-1] 2 [3-6] 7'],
  ['qwen2', 5e9, '0 [1-3] !4 5'],
  ['qwen3', 5e9, '[0-1] !2 [3-5]'],
] as const)('merge rules on a %s model', (variant, maxShardBytes, text) => {
  test('every tensor is what the formulas give: bit-equal without arithmetic, else to 1e-6', async () => {
    const source = join(root, `rules-${variant}`);
    python(REWIRE, 'build', source, variant);
    const cases = [];
    const digests = new Set<string>();
    for (const [index, rule] of RULES.entries()) {
      const plan = parsePlan(text, rule);
      const folder = join(root, `rules-${variant}-${index}`);
      const { manifest, foretold } = await publish(source, folder, plan, maxShardBytes);
      expect(manifest.weightsDigest).toBe(foretold);
      digests.add(foretold);
      cases.push({ folder, rule, recipes: plan.recipes });
    }
    const casesFile = join(root, `rules-${variant}.json`);
    writeFileSync(casesFile, JSON.stringify(cases));
    const lines = python(MERGE_RULES, source, casesFile).trim().split('\n');
    expect(lines).toHaveLength(RULES.length);
    let computed = 0;
    for (const [index, line] of lines.entries()) {
      const found: { isSame: boolean; error: number; computed: number } = JSON.parse(line);
      const { name, factor, sideFrom } = RULES[index] ?? RELEASED_RULE;
      expect(found.isSame, `${name} ${factor} ${sideFrom}`).toBe(true);
      expect(found.error, `${name} ${factor} ${sideFrom}`).toBeLessThan(1e-6);
      if (found.computed > 0) computed += 1;
    }
    expect(computed).toBe(10); // replace-top .5, sum-of-differences and mean 1 and .5, two sides each
    // Factor 0 is the low layer's projections under three rules; keep-low and keep-top are one model each, equal to two of the others.
    expect(digests.size).toBe(14);
  });
});
