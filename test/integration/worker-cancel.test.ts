import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeTinyModel, type Stack, startStack, waitFor } from '../support/stack.js';

let stack: Stack;
let modelId: string;

beforeAll(async () => {
  stack = await startStack();
  modelId = await stack.register(makeTinyModel(join(stack.scratch, 'model'), { layers: 28 }));
});
afterAll(() => stack?.stop());

const cancel = (id: string) =>
  stack.graphql(
    'mutation ($input: CancelExperimentInput!) { cancelExperiment(input: $input) { experiment { state } userErrors { code } } }',
    { input: { id } },
  );

const launch = (threshold: number) =>
  stack.launch({
    modelId,
    method: { swm: { profile: 'REPAIRED', threshold } },
    calibration: { samples: 8, tokens: 64 },
    protocol: { name: 'MINI', data: 'BUILTIN' },
    latency: 'NONE',
  });

/** Nothing of it is left: no process, no row, no visible checkpoint. */
async function expectNothingLeft(id: string) {
  expect(stack.processesOf(id)).toEqual([]);
  expect(await stack.db.leaderboardEntry.count({ where: { experimentId: id } })).toBe(0);
  expect(await stack.db.score.count()).toBe(0);
  expect(await stack.db.checkpoint.count()).toBe(0);
  const checkpoints = join(stack.home, 'checkpoints');
  expect(existsSync(checkpoints) ? readdirSync(checkpoints).filter((name) => !name.startsWith('.')) : []).toEqual([]);
  expect(await stack.db.stage.count({ where: { experimentId: id, state: { in: ['RUNNING', 'PENDING'] } } })).toBe(0);
}

describe('cancel', () => {
  it('ends a search within 12 s and leaves nothing', async () => {
    const id = await launch(0.2);
    await waitFor('three candidates', async () =>
      (await stack.db.experimentEvent.count({ where: { experimentId: id, kind: 'candidate' } })) >= 3
        ? true
        : undefined,
    );
    const asked = performance.now();
    await cancel(id);
    expect(await stack.finished(id)).toBe('CANCELLED');
    expect(performance.now() - asked).toBeLessThan(12_000);
    await expectNothingLeft(id);
  });

  it('ends an evaluation within 12 s with its whole process tree', async () => {
    const id = await launch(0.3);
    await waitFor('lm-eval', async () =>
      (await stack.db.experimentEvent.count({ where: { experimentId: id, kind: 'process' } })) > 0 ? true : undefined,
    );
    expect(stack.processesOf(id).length).toBeGreaterThan(0);
    const asked = performance.now();
    await cancel(id);
    expect(await stack.finished(id)).toBe('CANCELLED');
    expect(performance.now() - asked).toBeLessThan(12_000);
    await expectNothingLeft(id);
  });

  it('is harmless twice and after the end', async () => {
    const id = await launch(0.4);
    await cancel(id);
    await cancel(id);
    expect(await stack.finished(id)).toBe('CANCELLED');
    const { cancelExperiment } = await cancel(id);
    expect(cancelExperiment).toEqual({ experiment: { state: 'CANCELLED' }, userErrors: [] });
  });
});
