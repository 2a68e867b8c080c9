import { join } from 'node:path';
import { createProtocol } from '@swm/eval/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MINI, QUESTIONS, writePublishedExperiment } from '../support/published-experiment.js';
import { startTestApi, type TestApi } from '../support/test-api.js';
import { writeTinyModel } from '../support/tiny-model.js';

let t: TestApi;
let teamId: string;
let modelId: string;
const ids = { dense: '', swm: '', shortGpt: '', twin: '' };
const dense = { method: { name: 'dense' }, planText: '0-5' } as const;
const swm = { method: { name: 'swm', profile: 'repaired', threshold: 0.8 }, planText: '0-3 [4-5]' } as const;
const shortGpt = { method: { name: 'short-gpt', targetLayers: 5 }, planText: '0-2 !3 4-5' } as const;

async function register(name: string, seed: number): Promise<string> {
  const source = writeTinyModel(join(t.scratch, name), seed);
  const { data } = await t.graphql(
    `mutation ($source: String!) { registerModel(input: { source: $source }) { model { id } } }`,
    { source },
  );
  return data.registerModel.model.id;
}

beforeAll(async () => {
  t = await startTestApi();
  modelId = await register('tiny', 1);
  teamId = (await t.db.team.findUniqueOrThrow({ where: { slug: 'local' } })).id;
  const base = { teamId, modelId };
  ids.dense = await writePublishedExperiment(t.db, { ...base, ...dense, right: 32 });
  ids.swm = await writePublishedExperiment(t.db, { ...base, ...swm, right: 30, shift: 8 });
  ids.shortGpt = await writePublishedExperiment(t.db, { ...base, ...shortGpt, right: 12 });
  ids.twin = await writePublishedExperiment(t.db, { ...base, ...dense, right: 32 });
});
afterAll(() => t.stop());

const COMPARE = `query ($ids: [ID!]!) { compare(experimentIds: $ids) { userErrors { code field message hint }
  comparison { rows { experimentId rank mean } pairs { firstId secondId difference intervalLow intervalHigh p pHolm verdict minimumDetectableDifference
    tasks { task title n difference p pHolm verdict minimumDetectableDifference onlyFirstCount onlySecondCount onlyFirst onlySecond } } } } }`;
const compare = async (experimentIds: readonly string[], token?: string) =>
  (await t.graphql(COMPARE, { ids: experimentIds }, token)).data.compare;

const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => first + index);

describe('compare', () => {
  test('says what differs, how surely, and which questions flipped', async () => {
    const { comparison, userErrors } = await compare([ids.dense, ids.shortGpt]);
    expect(userErrors).toEqual([]);
    expect(comparison.rows.map(({ experimentId }: { experimentId: string }) => experimentId)).toEqual([
      ids.dense,
      ids.shortGpt,
    ]);
    const [pair] = comparison.pairs;
    expect(pair).toMatchObject({ firstId: ids.dense, secondId: ids.shortGpt, verdict: 'FIRST_BETTER' });
    expect(pair.difference).toBeCloseTo(0.5, 12);
    expect(pair.intervalLow).toBeGreaterThan(0.4);
    expect(pair.intervalHigh).toBeLessThan(0.6);
    expect(pair.p).toBeLessThan(0.001);
    expect(pair.tasks.map(({ task }: { task: string }) => task)).toEqual(MINI.tasks.map(({ name }) => name));
    for (const task of pair.tasks) {
      expect(task).toMatchObject({ n: QUESTIONS, onlyFirstCount: 20, onlySecondCount: 0, verdict: 'FIRST_BETTER' });
      expect(task.p).toBeCloseTo(2 ** -19, 15);
      expect(task.pHolm).toBeCloseTo(7 * 2 ** -19, 12);
      expect(task.onlyFirst).toEqual(range(12, 31));
      expect(task.onlySecond).toEqual([]);
    }
  });

  test('ties what cannot be told apart, and says how large a difference it would find', async () => {
    const { comparison } = await compare([ids.dense, ids.swm]);
    const [pair] = comparison.pairs;
    // Lost 0 to 7, won 32 to 37.
    expect(pair).toMatchObject({ verdict: 'TIED', tasks: Array(7).fill({ verdict: 'TIED' }) });
    expect(pair.intervalLow).toBeLessThan(0);
    expect(pair.intervalHigh).toBeGreaterThan(0);
    expect(pair.minimumDetectableDifference).toBeGreaterThan(0.05);
    expect(pair.tasks[0]).toMatchObject({ onlyFirst: range(0, 7), onlySecond: range(32, 37) });
    // The smallest of 14 questions' exact p: 2 (C(14,0) + … + C(14,6)) / 2^14.
    expect(pair.tasks[0].p).toBeCloseTo(0.79052734375, 12);
  });

  test('takes several rows, every pair once, equal weights included; the same answer every time', async () => {
    const all = [ids.twin, ids.dense, ids.swm, ids.shortGpt];
    const { comparison } = await compare(all);
    expect(comparison.pairs).toHaveLength(6);
    const [twins] = comparison.pairs;
    expect(twins).toMatchObject({ difference: 0, intervalLow: 0, intervalHigh: 0, p: 1, verdict: 'TIED' });
    expect((await compare(all)).comparison).toEqual(comparison);
  });

  test('costs the same number of statements for two rows as for four', async () => {
    const count = async (experimentIds: readonly string[]) => {
      t.statements.length = 0;
      await compare(experimentIds);
      return t.statements.length;
    };
    const [two, four] = [await count([ids.dense, ids.swm]), await count(Object.values(ids))];
    expect(four).toBe(two);
    expect(four).toBeLessThanOrEqual(10);
  });
});

describe('refused with a reason', () => {
  const code = async (experimentIds: readonly string[], token?: string) => {
    const { comparison, userErrors } = await compare(experimentIds, token);
    expect(comparison).toBeNull();
    expect(userErrors).toHaveLength(1);
    expect(userErrors[0]).toMatchObject({ field: ['experimentIds'], hint: expect.any(String) });
    return userErrors[0].code;
  };

  test.each([
    ['no row', () => []],
    ['one row', () => [ids.dense]],
    ['one row twice', () => [ids.dense, ids.dense]],
    ['one row twice beside another', () => [ids.dense, ids.swm, ids.dense]],
    ['five rows', () => [...Object.values(ids), ids.dense]],
  ])('%s', async (_, experimentIds) => {
    expect(await code(experimentIds())).toBe('INPUT.COMPARED_ROWS');
  });

  test('rows of other protocols and other models', async () => {
    const { name, data } = MINI;
    // The digests of the built-in suite's protocol serve for the limited one.
    const dataSha256 = Object.fromEntries(MINI.tasks.map((task) => [task.name, task.dataSha256])) as never;
    const protocol = createProtocol({ name, data, limit: QUESTIONS, dataSha256 });
    const limited = await writePublishedExperiment(t.db, { teamId, modelId, ...dense, right: 20, protocol });
    expect(await code([ids.dense, limited])).toBe('SCORE.NOT_COMPARABLE');
    const other = await writePublishedExperiment(t.db, {
      ...{ teamId, modelId: await register('other', 7) },
      ...{ ...dense, right: 32, shift: 1 },
    });
    expect(await code([ids.dense, ids.swm, other])).toBe('SCORE.NOT_COMPARABLE');
  });

  test('a row without the outcomes of a task', async () => {
    const bare = await writePublishedExperiment(t.db, { teamId, modelId, ...swm, right: 9, shift: 3 });
    const { weightsDigest } = await t.db.leaderboardEntry.findUniqueOrThrow({ where: { experimentId: bare } });
    await t.db.scoreItems.deleteMany({ where: { weightsDigest, task: 'piqa' } });
    expect(await code([ids.dense, bare])).toBe('SCORE.NOT_COMPARABLE');
    // It has no rank either, and takes nobody else's.
    const { data } = await t.graphql(
      'query ($id: ID!) { experiment(id: $id) { row { rank deltaToDense deltaToDenseStderr } dense { rank } } }',
      { id: bare },
    );
    expect(data.experiment).toMatchObject({ row: { rank: null, deltaToDenseStderr: null }, dense: { rank: 1 } });
    await t.db.experiment.delete({ where: { id: bare } });
  });

  test('another team’s row looks exactly like a missing one', async () => {
    const { hashToken } = await import('../../apps/server/src/db/bootstrap.js');
    const token = `swm_strange_${'z'.repeat(20)}`;
    const team = await t.db.team.create({ data: { slug: 'strange', name: 'Strange' } });
    await t.db.apiToken.create({ data: { teamId: team.id, name: 'x', tokenHash: hashToken(token) } });
    const theirs = await compare([ids.dense, ids.swm], token);
    const missing = await compare([ids.dense, '01997f2e-0000-7000-8000-000000000000']);
    const unreadable = await compare([ids.dense, "x' OR 1=1"]);
    expect(theirs.userErrors[0].code).toBe('EXPERIMENT.NO_ROW');
    expect(theirs).toEqual(missing);
    expect(unreadable).toEqual(missing);
  });

  test('an experiment that is not published yet', async () => {
    await t.db.leaderboardEntry.delete({ where: { experimentId: ids.twin } });
    expect(await code([ids.dense, ids.twin])).toBe('EXPERIMENT.NO_ROW');
  });
});
