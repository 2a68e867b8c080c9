import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededPoints } from '../support/seeded-points.js';
import { makeTinyModel, type Stack, startStack, waitFor } from '../support/stack.js';

/** Seeded, so that a failure can be repeated: the candidates of the search after which the worker is killed. */
const SEED = 20_261_124;

let stack: Stack;
let modelId: string;

/** A launch that differs from another only by its calibration seed would give another plan: the key tells the two apart. */
const launch = (key: string, threshold: number) =>
  stack.launch({
    modelId,
    method: { swm: { profile: 'REPAIRED', threshold } },
    calibration: { samples: 4, tokens: 32 },
    protocol: { name: 'MINI', data: 'BUILTIN', limit: 30 },
    latency: 'NONE',
    idempotencyKey: key,
  });

const candidates = (id: string) => stack.db.experimentEvent.count({ where: { experimentId: id, kind: 'candidate' } });

/** What must be the same whatever happened on the way: everything but times, ids and processes. */
async function outcome(id: string) {
  const experiment = await stack.db.experiment.findUniqueOrThrow({
    where: { id },
    include: { stages: { orderBy: { position: 'asc' } }, checkpoint: true, entry: true },
  });
  const trace = await stack.db.experimentEvent.findMany({
    where: { experimentId: id, kind: 'candidate' },
    orderBy: { seq: 'asc' },
  });
  const closings = await stack.db.experimentEvent.findMany({
    where: { experimentId: id, kind: 'stage' },
    orderBy: { seq: 'asc' },
  });
  const events = await stack.db.experimentEvent.findMany({
    where: { experimentId: id },
    select: { seq: true },
    orderBy: { seq: 'asc' },
  });
  const scores = await stack.db.score.findMany({
    where: { weightsDigest: experiment.checkpoint?.weightsDigest ?? '' },
    orderBy: [{ task: 'asc' }, { metric: 'asc' }],
  });
  return {
    state: experiment.state,
    planId: experiment.planId,
    layerForwards: experiment.layerForwards,
    digest: experiment.checkpoint?.weightsDigest,
    mean: experiment.entry?.mean,
    trace: trace.map(({ data }) => {
      const { layerForwards: _, ...candidate } = data as Record<string, unknown>; // a resumed session starts with an empty cache
      return candidate;
    }),
    closings: closings
      .map(({ stage, data }) => [stage, (data as { state: string }).state] as const)
      .filter(([, state]) => state === 'DONE'),
    scores: scores.map(({ task, metric, value, stderr, n }) => ({ task, metric, value, stderr, n })),
    hasGaplessEvents: events.every(({ seq }, index) => seq === index + 1),
  };
}

beforeAll(async () => {
  stack = await startStack();
  modelId = await stack.register(makeTinyModel(join(stack.scratch, 'model'), { layers: 20 }));
});
afterAll(() => stack?.stop());

describe('a worker killed by SIGKILL', () => {
  it('at three points of the search and two of the evaluation changes nothing', async () => {
    const calm = await launch('calm', 0.2);
    expect(await stack.finished(calm)).toBe('SUCCEEDED');
    const expected = await outcome(calm);
    expect(expected.hasGaplessEvents).toBe(true);
    // The scores of the calm run would be reused: the disturbed one must evaluate for itself.
    await stack.db.scoreItems.deleteMany();
    await stack.db.score.deleteMany();
    await stack.db.checkpoint.deleteMany({
      where: { NOT: { id: (await stack.db.experiment.findUniqueOrThrow({ where: { id: calm } })).checkpointId ?? '' } },
    });
    await stack.db.experiment.update({ where: { id: calm }, data: { requestHash: 'calm' } });

    const id = await launch('disturbed', 0.2);
    for (const point of seededPoints(SEED, 3, expected.trace.length - 3)) {
      await waitFor(`candidate ${point}`, async () => ((await candidates(id)) >= point ? true : undefined));
      await stack.killWorker();
      stack.startWorker();
    }
    for (let kill = 0; kill < 2; kill += 1) {
      // Before it, the load proof has a process too.
      const evaluating = { experimentId: id, name: 'evaluate', state: 'RUNNING' } as const;
      await waitFor('lm-eval', async () =>
        (await stack.db.stage.count({ where: evaluating })) > 0 && stack.processesOf(id).length > 0 ? true : undefined,
      );
      await stack.killWorker();
      // Children die with their parent (I-12).
      await waitFor('the end of its children', () => (stack.processesOf(id).length === 0 ? true : undefined), 5_000);
      stack.startWorker();
    }
    expect(await stack.finished(id)).toBe('SUCCEEDED');
    const disturbed = await outcome(id);
    expect({ ...disturbed, layerForwards: null }).toEqual({ ...expected, layerForwards: null });
    const runs = await stack.db.stage.findMany({ where: { experimentId: id }, orderBy: { position: 'asc' } });
    // One run more a kill, at most; a closed stage is never entered again.
    expect(runs.reduce((sum, stage) => sum + stage.runs, 0)).toBeLessThanOrEqual(6 + 5);
    expect(
      runs
        .filter(({ name }) => ['resolve-model', 'calibrate', 'export-checkpoint', 'publish'].includes(name))
        .map(({ runs: count }) => count),
    ).toEqual([1, 1, 1, 1]);
  });
});
