import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashToken } from '../../apps/server/src/db/bootstrap.js';
import { scratchFolder } from '../support/scratch-folder.js';
import { type Data, makeTinyModel, type Stack, startStack, waitFor } from '../support/stack.js';

const DEPTH = 8;
const PLAN = '0-3 [4-6] 7';
const calibration = { samples: 4, tokens: 32 };
const scratch = scratchFolder('what-if');
let stack: Stack;
let modelId: string;

beforeAll(async () => {
  const folder = makeTinyModel(join(scratch.path, 'model'), { layers: DEPTH, seed: 5 });
  stack = await startStack({ env: { SWM_WARM_IDLE_SECONDS: '5' } });
  modelId = await stack.register(folder);
});
afterAll(async () => {
  await stack?.stop();
  scratch.remove();
});

const FIELDS = `id state value perSample quantity layerForwards cached calibrationSha256 measuredAt parameterCount removedRatio
  plan { id text outputDepth rule } model { id parameterCount } engine { name backend dtype } error { code message }`;
const MEASURE = `mutation ($input: MeasurePlanInput!) { measurePlan(input: $input) {
  measurement { ${FIELDS} } userErrors { code field } } }`;

const ask = async (input: Data): Promise<Data> =>
  (await stack.graphql(MEASURE, { input: { modelId, calibration, plan: PLAN, ...input } })).measurePlan;

const read = async (id: string): Promise<Data> =>
  (await stack.graphql(`query ($id: ID!) { planMeasurement(id: $id) { ${FIELDS} } }`, { id })).planMeasurement;

/** Asks, and reads the answer when it is there. */
async function measure(input: Data = {}): Promise<Data> {
  const { measurement, userErrors } = await ask(input);
  expect(userErrors).toEqual([]);
  if (measurement.state !== 'QUEUED') return measurement;
  return waitFor('the answer', async () => {
    const found = await read(measurement.id);
    return found.state === 'QUEUED' ? undefined : found;
  });
}

const meanOf = (numbers: readonly number[]) => numbers.reduce((sum, value) => sum + value, 0) / numbers.length;

describe('measurePlan', () => {
  let first: Data;

  it('measures a plan, and gives the same answer again for nothing', async () => {
    first = await measure();
    expect(first).toMatchObject({
      state: 'DONE',
      quantity: 'COSINE',
      cached: false,
      error: null,
      model: { id: modelId },
    });
    expect(first.plan).toMatchObject({ text: PLAN, outputDepth: 6, rule: 'replace-top' });
    expect(first.layerForwards).toBeGreaterThan(0);
    expect(first.perSample).toHaveLength(calibration.samples);
    expect(first.value).toBeCloseTo(meanOf(first.perSample), 12);
    const removed = 1 - Number(first.parameterCount) / Number(first.model.parameterCount);
    expect(first.removedRatio).toBeCloseTo(removed, 12);

    const again = (await ask({ plan: '0-1 2-3 [4-6] 7' })).measurement;
    expect(again).toEqual({ ...first, cached: true, layerForwards: 0 });
    expect(await read(first.id)).toEqual(first);
  });

  it('keeps its session warm: other plans and quantities cost only the layers they do not share', async () => {
    const other = await measure({ plan: '0-3 [4-5] 6-7' });
    expect(other).toMatchObject({ state: 'DONE', cached: false });
    expect(other.layerForwards).toBeLessThanOrEqual(3);
    const perplexity = await measure({ quantity: 'PERPLEXITY' });
    expect(perplexity.value).toBeCloseTo(Math.exp(meanOf(perplexity.perSample)), 9);
    // The same shape under another rule is another plan.
    const mean = await measure({ rule: 'MEAN' });
    expect(mean.plan.id).not.toBe(first.plan.id);
    expect(mean.value).not.toBe(first.value);
    expect(stack.log().match(/warm session opened/g)).toHaveLength(1);
  });

  it('says what a search said of the same plan, and knows what it measured', async () => {
    const id = await stack.launch({
      ...{ modelId, calibration, latency: 'NONE', stopAfter: 'SEARCH_PLAN' },
      method: { swm: { threshold: 0.5 } },
    });
    expect(await stack.finished(id)).toBe('SUCCEEDED');
    expect(stack.log()).toMatch(/warm session closed: (an experiment computes|idle)/);
    const { searchTrace, calibration: matrix } = (
      await stack.graphql(
        'query ($id: ID!) { experiment(id: $id) { calibration { sha256 } searchTrace { candidates { plan similarity cached } } } }',
        { id },
      )
    ).experiment;
    const measured = searchTrace.candidates.filter(({ cached }: Data) => !cached);
    const asked = await stack.db.planMeasurement.findMany({ include: { plan: true } });
    expect(asked.map(({ plan }) => plan.text)).toEqual(expect.arrayContaining(measured.map(({ plan }: Data) => plan)));

    expect(first.calibrationSha256).toBe(matrix.sha256);
    for (const { plan, similarity } of measured.slice(0, 3)) {
      const known = await measure({ plan });
      expect(known.value).toBeCloseTo(similarity, 6);
    }
    const news = measured.find(({ plan }: Data) => ![PLAN, '0-3 [4-5] 6-7'].includes(plan));
    // Equal to the last bit: it is the number that the search wrote.
    expect(await measure({ plan: news.plan })).toMatchObject({
      value: news.similarity,
      cached: true,
      layerForwards: 0,
    });
  });

  it('closes its session when nobody asks', async () => {
    await measure({ plan: '0-2 [3-4] 5-7' });
    await waitFor(
      'the end of the session',
      () => (/warm session closed: idle/.test(stack.log()) ? true : undefined),
      20_000,
    );
  });

  it('refuses what is no plan of the model, at the field', async () => {
    const errors = async (input: Data) => (await ask(input)).userErrors;
    expect(await errors({ plan: '0-3 [4-6' })).toEqual([{ code: 'PLAN.INVALID', field: ['plan'] }]);
    expect(await errors({ plan: '0-3 [4-6] 7-8' })).toEqual([{ code: 'PLAN.WRONG_DEPTH', field: ['plan'] }]);
    expect(await errors({ rule: 'MEAN', factor: 7 })).toEqual([{ code: 'METHOD.INVALID_OPTION', field: ['factor'] }]);
    expect(await errors({ calibration: { samples: 1024, tokens: 128 } })).toEqual([
      { code: 'MEASURE.CALIBRATION_TOO_LARGE', field: ['calibration'] },
    ]);
    expect(await errors({ calibration: { samples: 0 }, plan: '' })).toEqual([
      { code: 'METHOD.INVALID_OPTION', field: ['plan'] },
      { code: 'CALIBRATION.OUT_OF_RANGE', field: ['calibration', 'samples'] },
    ]);
    expect(await stack.db.measurementRequest.count({ where: { state: 'FAILED' } })).toBe(0);
  });

  it('fails with the reason where it cannot be measured, and tries again when asked again', async () => {
    // Longer than any document.
    const impossible = { calibration: { samples: 2, tokens: 4096 } };
    const failed = await measure(impossible);
    expect(failed).toMatchObject({
      state: 'FAILED',
      value: null,
      cached: null,
      error: { code: 'CALIBRATION.TOO_FEW' },
    });
    const again = await measure(impossible);
    expect(again).toMatchObject({ id: failed.id, state: 'FAILED' });
  });

  it("treats another team's model and measurement as missing", async () => {
    const token = `swm_other_${'x'.repeat(20)}`;
    const { id: teamId } = await stack.db.team.create({ data: { slug: 'other', name: 'Other' } });
    await stack.db.apiToken.create({ data: { teamId, name: 'other', tokenHash: hashToken(token) } });
    const asOther = async (query: string, variables: Data) => {
      const reply = await fetch(`${stack.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({ query, variables }),
      });
      return ((await reply.json()) as Data).data; // the query's own shape
    };
    expect((await asOther(MEASURE, { input: { modelId, plan: PLAN, calibration } })).measurePlan).toEqual({
      measurement: null,
      userErrors: [{ code: 'MODEL.NOT_FOUND', field: ['modelId'] }],
    });
    expect(await asOther('query ($id: ID!) { planMeasurement(id: $id) { id } }', { id: first.id })).toEqual({
      planMeasurement: null,
    });
  });

  it('is answered by the next worker when the first one dies', async () => {
    await stack.killWorker();
    const started = performance.now();
    const [one, two] = await Promise.all([ask({ plan: '0-1 [2-6] 7' }), ask({ plan: '0-1 [2-6] 7' })]);
    // Nobody answers, but the API does.
    expect(performance.now() - started).toBeGreaterThan(2_500);
    expect(one.measurement).toMatchObject({ state: 'QUEUED', value: null, cached: null, engine: null });
    expect(two.measurement.id).toBe(one.measurement.id);
    stack.startWorker();
    expect(await measure({ plan: '0-1 [2-6] 7' })).toMatchObject({ id: one.measurement.id, state: 'DONE' });
  });

  it('lets a team have so many questions open, waits no longer for many than for one, and holds no connection', async () => {
    await stack.killWorker();
    const seeds = Array.from({ length: 20 }, (_, seed) => seed);
    const inputs = seeds.map((seed) => ({ modelId, plan: PLAN, calibration: { ...calibration, seed } }));
    const types = seeds.map((seed) => `$i${seed}: MeasurePlanInput!`);
    const fields = seeds.map((seed) => `m${seed}: measurePlan(input: $i${seed}) { measurement { state } }`);
    const variables = Object.fromEntries(inputs.map((input, seed) => [`i${seed}`, input]));
    const started = performance.now();
    const answers: Data = await stack.graphql(`mutation (${types.join(', ')}) { ${fields.join(' ')} }`, variables);
    // One after the other they would wait for a minute.
    expect(performance.now() - started).toBeLessThan(20_000);
    expect(Object.values(answers)).toEqual(inputs.map(() => ({ measurement: { state: 'QUEUED' } })));
    expect((await ask({ calibration: { ...calibration, seed: 99 } })).userErrors).toEqual([
      { code: 'MEASURE.TOO_MANY_QUEUED', field: [] },
    ]);

    let waiting = inputs.length;
    const waits = inputs.map((input) => ask(input).finally(() => (waiting -= 1)));
    // The pool has ten connections.
    for (let time = 0; time < 5; time += 1) await stack.graphql('{ viewer { team { slug } } }');
    expect(waiting).toBe(inputs.length);
    for (const { measurement } of await Promise.all(waits)) expect(measurement.state).toBe('QUEUED');
  });
});
