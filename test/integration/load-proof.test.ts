import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Data, makeTinyModel, PYTHON, type Stack, startStack } from '../support/stack.js';

// What is listed was opened by stock transformers and gave the loss of its plan (C9); families.test.ts shows it of what is right.

const PLAN = { manual: { plan: '0 [1-2] !3 4-5' } };
let stack: Stack;
let modelId: string;

beforeAll(async () => {
  stack = await startStack();
  modelId = await stack.register(makeTinyModel(join(stack.scratch, 'model'), { layers: 6 }));
});
afterAll(() => stack?.stop());

const launch = (more: Data): Promise<string> =>
  stack.launch({
    ...{ modelId, method: PLAN, latency: 'NONE', calibration: { samples: 3, tokens: 32 } },
    ...{ protocol: { name: 'MINI', data: 'BUILTIN', limit: 2, tasks: ['PIQA'] }, ...more },
  });

const experimentOf = async (id: string): Promise<Data> =>
  (
    await stack.graphql(
      'query ($id: ID!) { experiment(id: $id) { error { code } row { mean } checkpoint { path loadProof { log } } } }',
      { id },
    )
  ).experiment;

/** Exchanges one tensor of two layers, and makes the manifest agree, as a writer with a fault would. */
function swapTensors(folder: string): void {
  const file = join(folder, 'model.safetensors');
  const script = `from safetensors.torch import load_file, save_file
import sys
w = load_file(sys.argv[1])
a, b = (f"model.layers.{i}.self_attn.q_proj.weight" for i in (1, 2))
w[a], w[b] = w[b], w[a]
save_file(w, sys.argv[1], metadata={"format": "pt"})`;
  execFileSync(PYTHON, ['-c', script, file]);
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
  const bytes = readFileSync(file);
  const entry = manifest.files.find(({ name }: { name: string }) => name === 'model.safetensors');
  Object.assign(entry, { sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
}

it('a checkpoint with one tensor swapped is not listed', async () => {
  const exported = await launch({ stopAfter: 'EXPORT_CHECKPOINT' });
  expect(await stack.finished(exported)).toBe('SUCCEEDED');
  const { checkpoint } = await experimentOf(exported);
  expect(checkpoint.loadProof).toBeNull();
  swapTensors(checkpoint.path);

  const swapped = await launch({});
  expect(await stack.finished(swapped)).toBe('FAILED');
  expect(await experimentOf(swapped)).toMatchObject({ error: { code: 'LOAD_PROOF.LOSS_DIFFERS' }, row: null });
  const log = readFileSync(join(stack.home, 'experiments', swapped, 'load-proof.log'), 'utf8')
    .trim()
    .split('\n');
  const { difference, tolerance } = JSON.parse(log.at(-1) ?? '');
  expect(difference).toBeGreaterThan(10 * tolerance);
  expect(await stack.db.leaderboardEntry.count()).toBe(0);
  expect(await stack.db.stage.count({ where: { name: 'evaluate', runs: { gt: 0 } } })).toBe(0);
});
