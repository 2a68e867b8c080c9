import { join } from 'node:path';
import { createProtocol } from '@swm/eval/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rebuildEntries } from '../../apps/server/src/db/leaderboard-entry.js';
import { MINI, QUESTIONS, writePublishedExperiment } from '../support/published-experiment.js';
import { startTestApi, type TestApi } from '../support/test-api.js';
import { writeTinyModel } from '../support/tiny-model.js';

let t: TestApi;
let modelId: string;
let teamId: string;
let protocolId: string;
const ids = { dense: '', swm: '', shortGpt: '' };

beforeAll(async () => {
  t = await startTestApi();
  const source = writeTinyModel(join(t.scratch, 'tiny'));
  const { data } = await t.graphql(
    `mutation ($source: String!) { registerModel(input: { source: $source }) { model { id } } }`,
    { source },
  );
  modelId = data.registerModel.model.id;
  teamId = (await t.db.team.findUniqueOrThrow({ where: { slug: 'local' } })).id;
  const base = { teamId, modelId };
  const swm = { name: 'swm', profile: 'repaired', threshold: 0.8 } as const;
  ids.dense = await writePublishedExperiment(t.db, { ...base, method: { name: 'dense' }, planText: '0-5', right: 32 });
  ids.swm = await writePublishedExperiment(t.db, { ...base, method: swm, planText: '0-3 [4-5]', right: 30, shift: 8 });
  ids.shortGpt = await writePublishedExperiment(t.db, {
    ...{ ...base, method: { name: 'short-gpt', targetLayers: 5 } as const, planText: '0-2 !3 4-5', right: 12 },
    latencyMs: null,
  });
  protocolId = (await t.db.leaderboardEntry.findUniqueOrThrow({ where: { experimentId: ids.dense } })).protocolId;
});
afterAll(() => t.stop());

const ROWS = `query ($modelId: ID!, $protocolId: ID!, $orderBy: LeaderboardOrder! = MEAN_DESC, $first: Int! = 50, $after: String) {
  leaderboard(modelId: $modelId, protocolId: $protocolId, orderBy: $orderBy, first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes {
    rank experimentId isDense outputDepth sourceDepth parameterCount removedRatio sizeBytes mean meanStderr meanIntervalLow meanIntervalHigh
    chanceCorrectedMean informativeMean deltaToDense deltaToDenseStderr weightsDigest publishedAt method { name title profile threshold } plan { text recipes { kind first last } }
    protocol { id label isDemonstration } scores { task title metric isHeadline value stderr intervalLow intervalHigh n chance majorityRate isInformative }
    latency { latencyMsMean latencyMsSd latencyMsP50 tokensPerSecond samplesMs machine } engine { backend } } } }`;
const rows = async (variables: object = {}) =>
  (await t.graphql(ROWS, { modelId, protocolId, ...variables })).data.leaderboard;

describe('leaderboard', () => {
  test('rows say what was achieved, with intervals, differences and shared ranks', async () => {
    const { nodes, totalCount } = await rows();
    expect(totalCount).toBe(3);
    const [dense, swm, shortGpt] = nodes;
    expect(dense).toMatchObject({
      experimentId: ids.dense,
      rank: 1,
      isDense: true,
      mean: expect.closeTo(0.8, 12),
      deltaToDense: null,
      removedRatio: 0,
    });
    // Eight questions of forty lost and six won, in each task: not to be told apart. Twenty lost are.
    expect(swm).toMatchObject({
      experimentId: ids.swm,
      rank: 1,
      isDense: false,
      outputDepth: 5,
      sourceDepth: 6,
      mean: 0.75,
    });
    expect(shortGpt).toMatchObject({
      experimentId: ids.shortGpt,
      rank: 3,
      mean: expect.closeTo(0.3, 12),
      latency: null,
    });
    expect(swm.deltaToDense).toBeCloseTo(-0.05, 12);
    expect(swm.deltaToDenseStderr).toBeGreaterThan(0);
    expect(swm.meanIntervalLow).toBeCloseTo(0.75 - 1.959964 * swm.meanStderr, 6);
    expect(swm.meanStderr).toBeCloseTo(Math.sqrt((0.75 * 0.25) / (QUESTIONS - 1) / 7), 12);
    expect(swm.removedRatio).toBeCloseTo(1952 / 12_240, 12);
    expect(swm.method).toEqual({ name: 'SWM', title: 'Sliding-Window Merging', profile: 'REPAIRED', threshold: 0.8 });
    expect(swm.plan).toEqual({
      text: '0-3 [4-5]',
      recipes: [
        { kind: 'KEEP', first: 0, last: 3 },
        { kind: 'MERGE', first: 4, last: 5 },
      ],
    });
    expect(swm.scores.filter(({ isHeadline }: { isHeadline: boolean }) => isHeadline)).toHaveLength(7);
    expect(swm.latency).toMatchObject({ latencyMsMean: 110, latencyMsP50: 110, samplesMs: [100, 110, 120] });
    expect(swm.latency.machine).toBe('Processor · 2 cores · torch 2.13 · transformers 5.23 · f32');
  });

  test('scores have intervals, and the means beside the plain one say what guessing hides', async () => {
    const { nodes } = await rows();
    const [dense, swm] = nodes;
    // Of seven tasks three have two choices, four have four.
    expect(dense.chanceCorrectedMean).toBeCloseTo((3 * 0.6 + 4 * (0.55 / 0.75)) / 7, 12);
    expect(swm.chanceCorrectedMean).toBeCloseTo((3 * 0.5 + 4 * (0.5 / 0.75)) / 7, 12);
    // Wilson's interval of 32 in 40.
    const [boolq] = dense.scores;
    expect(boolq).toMatchObject({ task: 'boolq', chance: 0.5, majorityRate: 0.5, isInformative: true });
    expect([boolq.intervalLow, boolq.intervalHigh]).toEqual([expect.closeTo(0.6524, 3), expect.closeTo(0.895, 3)]);
    expect(nodes.map(({ informativeMean }: { informativeMean: null }) => informativeMean)).toEqual([null, null, null]);
  });

  test('a task the dense model does not master is marked for every row, old rows say nothing', async () => {
    // The digests of the built-in suite's protocol serve for the limited ones.
    const dataSha256 = Object.fromEntries(MINI.tasks.map((task) => [task.name, task.dataSha256])) as never;
    const made: string[] = [];
    const boardOf = async (limit: number, majorityRates: Readonly<Record<string, number | null>>) => {
      const protocol = createProtocol({ name: MINI.name, data: MINI.data, limit, dataSha256 });
      const base = { teamId, modelId, protocol, majorityRates };
      // 32 of 40 are not significantly above a rate of 0.7 (p = 0.11), nor 20.
      const dense = { method: { name: 'dense' } as const, planText: '0-5', right: 32, shift: limit };
      const pruned = { method: { name: 'short-gpt', targetLayers: 5 } as const, planText: '0-2 !3 4-5', right: 20 };
      made.push(await writePublishedExperiment(t.db, { ...base, ...dense }));
      made.push(await writePublishedExperiment(t.db, { ...base, ...pruned, shift: limit }));
      const { protocolId: id } = await t.db.leaderboardEntry.findUniqueOrThrow({
        where: { experimentId: made.at(-1) ?? '' },
      });
      return (await rows({ protocolId: id })).nodes;
    };
    type Node = { informativeMean: number; scores: { task: string; isInformative: boolean | null }[] };
    const marks = ({ scores }: Node, value: boolean | null) =>
      new Set(scores.flatMap(({ task, isInformative }) => (isInformative === value ? [task] : [])));
    const marked = await boardOf(38, { boolq: 0.7 });
    for (const node of marked) expect(marks(node, false)).toEqual(new Set(['boolq']));
    expect(marked.map(({ informativeMean }: Node) => informativeMean)).toEqual([
      expect.closeTo(0.8, 12),
      expect.closeTo(0.5, 12),
    ]);
    const old = await boardOf(39, { boolq: null });
    for (const node of old) expect(marks(node, null)).toEqual(new Set(['boolq']));
    expect(old.map(({ informativeMean }: Node) => informativeMean)).toEqual([null, null]);
    // As this release finds what an earlier one has written.
    await t.db.$executeRaw`UPDATE leaderboard_entry SET figures = jsonb_set(figures, '{scores}',
      (SELECT jsonb_agg(score - 'majorityRate') FROM jsonb_array_elements(figures->'scores') score)) WHERE experiment_id = ANY(${made.slice(2)}::uuid[])`;
    const earlier = (await rows({ protocolId: old[0].protocol.id })).nodes;
    for (const node of earlier) expect(marks(node, null).size).toBe(7);
    const { data } = await t.graphql('query ($id: ID!) { experiment(id: $id) { scores { task isInformative } } }', {
      id: made[1],
    });
    expect(marks(data.experiment, false)).toEqual(new Set(['boolq']));
    await t.db.experiment.deleteMany({ where: { id: { in: made } } });
  });

  test('every order pages through all rows once, rows without a latency last', async () => {
    const expected = {
      MEAN_DESC: [ids.dense, ids.swm, ids.shortGpt],
      PUBLISHED_DESC: [ids.shortGpt, ids.swm, ids.dense],
      PARAMETERS_ASC: [ids.swm, ids.shortGpt, ids.dense],
      LATENCY_ASC: [ids.dense, ids.swm, ids.shortGpt],
    };
    for (const [orderBy, names] of Object.entries(expected)) {
      const seen: string[] = [];
      let after: string | null = null;
      do {
        const page: { nodes: { experimentId: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } } =
          await rows({
            ...{ orderBy, first: 1, after },
          });
        seen.push(...page.nodes.map(({ experimentId }) => experimentId));
        after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
      } while (after !== null);
      expect(seen, orderBy).toEqual(names);
    }
    const { pageInfo } = await rows({ first: 1 });
    const reply = await t.graphql(ROWS, { modelId, protocolId, orderBy: 'PUBLISHED_DESC', after: pageInfo.endCursor });
    expect(reply.errors?.[0]?.extensions.code).toBe('INPUT.CURSOR');
  });

  test('rows of another protocol are a group of their own', async () => {
    const { name, data } = MINI;
    // The digests of the built-in suite's protocol serve for the limited one.
    const dataSha256 = Object.fromEntries(MINI.tasks.map((task) => [task.name, task.dataSha256])) as never;
    const limited = createProtocol({ name, data, limit: QUESTIONS, dataSha256 });
    const id = await writePublishedExperiment(t.db, {
      ...{ teamId, modelId, method: { name: 'dense' } as const, planText: '0-5', right: 20, protocol: limited },
    });
    const { data: reply } = await t.graphql(
      `{ leaderboardGroups { rowCount model { id } protocol { id limit label isDemonstration } } }`,
    );
    expect(reply.leaderboardGroups).toMatchObject([
      { rowCount: 1, model: { id: modelId }, protocol: { limit: QUESTIONS, isDemonstration: true } },
      { rowCount: 3, model: { id: modelId }, protocol: { id: protocolId, limit: null } },
    ]);
    expect((await rows()).totalCount).toBe(3);
    await t.db.experiment.delete({ where: { id } });
  });

  test('an experiment shows its results, its row and the dense one', async () => {
    const { data } = await t.graphql(
      `query ($id: ID!) { experiment(id: $id) { state questionOutcomeCount layerForwards requestJson
        method { threshold } searchTrace { threshold candidates { index first last plan similarity accepted layerForwards cached } }
        plan { id text json rule } calibration { samples tokens tokenIds sha256 source } checkpoint { path weightsDigest removedRatio parameterCount }
        scores { task metric } latency { latencyMsMean } engine { backend fallbackReason } row { rank deltaToDense } dense { experimentId mean }
        events(after: 1) { lastSeq hasNextPage nodes { seq kind stage data } } } }`,
      { id: ids.swm },
    );
    expect(data.experiment).toMatchObject({
      state: 'SUCCEEDED',
      questionOutcomeCount: 7 * QUESTIONS,
      layerForwards: 12,
      searchTrace: { threshold: 0.8, candidates: [{ index: 0, first: 4, last: 5, similarity: 0.9, accepted: true }] },
      plan: { text: '0-3 [4-5]', rule: 'replace-top' },
      calibration: { samples: 2, tokens: 8, source: 'BUILTIN' },
      latency: { latencyMsMean: 110 },
      engine: { backend: 'wasm', fallbackReason: null },
      row: { rank: 1 },
      dense: { experimentId: ids.dense, mean: expect.closeTo(0.8, 12) },
      events: { lastSeq: 2, hasNextPage: false, nodes: [{ seq: 2, kind: 'candidate', stage: 'SEARCH_PLAN' }] },
    });
    expect(data.experiment.scores).toHaveLength(12);
    expect(data.experiment.calibration.tokenIds).toEqual([
      [1, 2, 3, 4, 5, 6, 7, 8],
      [8, 7, 6, 5, 4, 3, 2, 1],
    ]);
  });

  test('derived again, every entry is the same', async () => {
    const all = () => t.db.leaderboardEntry.findMany({ orderBy: { experimentId: 'asc' } });
    const before = await all();
    await t.db.leaderboardEntry.updateMany({ data: { mean: 0 } });
    await t.db.leaderboardEntry.delete({ where: { experimentId: ids.swm } });
    expect(await rebuildEntries(t.db)).toBe(3);
    expect(await all()).toEqual(before);
  });

  test('a list costs the same number of statements whether it has 3 rows or 23', async () => {
    const count = async (query: string) => {
      t.statements.length = 0;
      const reply = await t.graphql(query, { modelId, protocolId });
      expect(reply.errors).toBeUndefined();
      return t.statements.length;
    };
    const experiments = `{ experiments(first: 100) { totalCount nodes { id method { title } model { name } plan { text } protocol { label } checkpoint { removedRatio }
      stages { name state } row { mean rank } dense { mean } } } }`;
    const few = [await count(ROWS), await count(experiments)];
    for (let index = 0; index < 20; index += 1)
      await writePublishedExperiment(t.db, {
        ...{ teamId, modelId, method: { name: 'short-gpt', targetLayers: 4 } as const, planText: '0-1 !2-3 4-5' },
        ...{ right: 10 + index, shift: index },
      });
    expect((await rows()).nodes).toHaveLength(23);
    const many = [await count(ROWS), await count(experiments)];
    expect(many).toEqual(few);
    expect(Math.max(...many)).toBeLessThanOrEqual(14);
  });

  test('a group of more than 200 rows has intervals and no ranks, and still its dense row', async () => {
    const { totalCount } = await rows();
    for (let index = totalCount; index <= 200; index += 1)
      await writePublishedExperiment(t.db, {
        ...{ teamId, modelId, method: { name: 'short-gpt', targetLayers: 4 } as const, planText: '0-1 !2-3 4-5' },
        ...{ right: 10 + (index % 20), shift: index % 40, latencyMs: null },
      });
    const { nodes, totalCount: all } = await rows({ first: 100 });
    expect([all, nodes.length]).toEqual([201, 100]);
    for (const row of nodes) {
      expect(row).toMatchObject({ rank: null, deltaToDenseStderr: null, scores: expect.any(Array) });
      expect(row.meanIntervalLow).toBeLessThan(row.mean);
      expect(row.deltaToDense).toBe(row.isDense ? null : row.mean - nodes[0].mean);
    }
    expect(nodes[0]).toMatchObject({ experimentId: ids.dense, isDense: true });
  });

  test('another team sees no row of it', async () => {
    const { hashToken } = await import('../../apps/server/src/db/bootstrap.js');
    const token = `swm_strange_${'y'.repeat(20)}`;
    const team = await t.db.team.create({ data: { slug: 'strange', name: 'Strange' } });
    await t.db.apiToken.create({ data: { teamId: team.id, name: 'x', tokenHash: hashToken(token) } });
    const { data } = await t.graphql(ROWS, { modelId, protocolId }, token);
    expect(data.leaderboard).toMatchObject({ totalCount: 0, nodes: [] });
    const groups = await t.graphql('{ leaderboardGroups { rowCount } }', {}, token);
    expect(groups.data.leaderboardGroups).toEqual([]);
  });
});
