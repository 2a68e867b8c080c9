import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededPoints } from '../support/seeded-points.js';
import { hasCompiledEngine, makeTinyModel, type Stack, startStack, waitFor } from '../support/stack.js';

const KILLS = 5;
/** Seeded, so that a failure can be repeated. */
const SEED = 20_261_125;

let stack: Stack;
let modelId: string;

beforeAll(async () => {
  stack = await startStack();
  modelId = await stack.register(makeTinyModel(join(stack.scratch, 'model'), { layers: 32 }));
});
afterAll(() => stack?.stop());

const launch = (engine: string, samples: number, idempotencyKey: string) =>
  stack.launch({
    ...{ modelId, engine, idempotencyKey },
    method: { swm: { profile: 'REPAIRED', threshold: 0.3 } },
    calibration: { samples, tokens: 128 },
    latency: 'NONE',
    stopAfter: 'SEARCH_PLAN',
  });

const events = (id: string, kind: string) =>
  stack.db.experimentEvent.findMany({ where: { experimentId: id, kind }, orderBy: { seq: 'asc' } });

/** Every candidate but for its cost: a search that goes on elsewhere begins with an empty cache. */
const trace = async (id: string) =>
  (await events(id, 'candidate')).map(({ data }) => {
    const { layerForwards: _, ...candidate } = data as Record<string, unknown>; // as the search logged it
    return candidate;
  });

async function shown(id: string) {
  const { experiment } = await stack.graphql(
    `query ($id: ID!) { experiment(id: $id) { plan { text } layerForwards
      engine { name backend package device dtype tf32 deviceName threads batchSamples fallbackReason }
      searchTrace { candidates { first last similarity layerForwards } } } }`,
    { id },
  );
  return experiment;
}

describe('an experiment on the torch engine', () => {
  it('finds the plan of the engine that AUTO chooses, at the same cost, and says what ran', async () => {
    const [auto, torch] = [await launch('AUTO', 8, 'auto'), await launch('TORCH', 8, 'torch')];
    expect([await stack.finished(auto), await stack.finished(torch)]).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    const [wanted, found] = [await shown(auto), await shown(torch)];
    expect(wanted.engine.backend).toBe(hasCompiledEngine() ? 'tensorflow' : 'wasm');
    expect(found.engine).toEqual({
      ...{
        name: 'torch',
        backend: expect.stringMatching(/^(cpu|cuda|mps)$/),
        package: expect.stringMatching(/^torch@2\./),
      },
      ...{
        device: expect.stringMatching(/^[cg]pu$/),
        dtype: 'f32',
        tf32: false,
        deviceName: expect.stringMatching(/./),
      },
      ...{ threads: expect.any(Number), batchSamples: 8, fallbackReason: null },
    });
    expect(found.plan.text).toContain('[');
    expect(found.plan).toEqual(wanted.plan);
    expect(found.layerForwards).toBe(wanted.layerForwards);
    expect(found.searchTrace.candidates.length).toBe(wanted.searchTrace.candidates.length);
    for (const [index, candidate] of found.searchTrace.candidates.entries()) {
      const { similarity, ...rest } = wanted.searchTrace.candidates[index];
      expect(candidate).toMatchObject(rest);
      expect(Math.abs(candidate.similarity - similarity)).toBeLessThan(1e-4);
    }
    expect(stack.processesOf(torch)).toEqual([]);
  });

  it(`goes on from its cursor when its process is killed at ${KILLS} candidates`, async () => {
    const calm = await launch('TORCH', 24, 'calm');
    expect(await stack.finished(calm)).toBe('SUCCEEDED');
    const expected = await trace(calm);
    // An equal request would be answered by the calm run: the disturbed one must search for itself.
    await stack.db.experiment.update({ where: { id: calm }, data: { requestHash: 'calm' } });

    const started = performance.now();
    const id = await launch('TORCH', 24, 'disturbed');
    let last = 0;
    for (const [kills, point] of seededPoints(SEED, KILLS, expected.length - 12).entries()) {
      // At least one candidate further than at the last kill: a search that never moves is given up after three attempts.
      const pids = await waitFor(`candidate ${point}`, async () => {
        const count = (await events(id, 'candidate')).length;
        const found = stack.processesOf(id);
        if (count <= last || count < point || found.length === 0) return undefined;
        last = count;
        return found;
      });
      for (const pid of pids) process.kill(pid, 'SIGKILL');
      await waitFor('the retry', async () => {
        const retries = (await events(id, 'state')).filter(
          ({ data }) => (data as { reason?: string }).reason === 'retry',
        );
        return retries.length === kills + 1 ? true : undefined;
      });
    }
    expect(await stack.finished(id)).toBe('SUCCEEDED');
    expect(performance.now() - started).toBeLessThan(KILLS * 60_000);
    expect(await trace(id)).toEqual(expected);
    expect((await shown(id)).plan).toEqual((await shown(calm)).plan);
    const indices = (await trace(id)).map(({ index }) => index);
    expect(indices).toEqual([...indices.keys()]); // none twice
    const retried = (await events(id, 'state')).find(({ data }) => (data as { reason?: string }).reason === 'retry');
    expect(retried?.data).toMatchObject({
      error: { code: 'ENGINE.CRASHED', message: expect.stringContaining('SIGKILL') },
    });
  });

  it('is cancelled within 12 s with its whole process tree', async () => {
    const id = await launch('TORCH', 20, 'cancelled');
    await waitFor('two candidates', async () => ((await events(id, 'candidate')).length >= 2 ? true : undefined));
    expect(stack.processesOf(id).length).toBeGreaterThan(0);
    const asked = performance.now();
    await stack.graphql(
      'mutation ($input: CancelExperimentInput!) { cancelExperiment(input: $input) { userErrors { code } } }',
      { input: { id } },
    );
    expect(await stack.finished(id)).toBe('CANCELLED');
    expect(performance.now() - asked).toBeLessThan(12_000);
    expect(stack.processesOf(id)).toEqual([]);
  });
});

describe('a torch engine that cannot be used', () => {
  it('is never replaced by another: the experiment fails and says what is missing', async () => {
    const bare = await startStack({ env: { SWM_PYTHON: '/usr/bin/python3', SWM_ENGINE: 'torch' } });
    try {
      const id = await bare.launch({
        modelId: await bare.register(join(stack.scratch, 'model')),
        method: { swm: { profile: 'REPAIRED', threshold: 0.3 } },
        calibration: { samples: 4, tokens: 32 },
        latency: 'NONE',
        stopAfter: 'SEARCH_PLAN',
      });
      expect(await bare.finished(id)).toBe('FAILED');
      const { errorCode, errorMessage } = await bare.db.experiment.findUniqueOrThrow({ where: { id } });
      expect([errorCode, errorMessage]).toEqual(['ENGINE.UNAVAILABLE', expect.stringContaining("No module named '")]);
    } finally {
      await bare.stop();
    }
  });
});
