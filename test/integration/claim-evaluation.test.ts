import { randomUUID } from 'node:crypto';
import { taskProtocolId, taskProtocolJson, taskProtocolsOf } from '@swm/eval/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createPrisma } from '../../apps/server/src/db/client.js';
import type { PrismaClient } from '../../apps/server/src/db/generated/client.js';
import { claimEvaluation } from '../../apps/server/src/worker/claim-evaluation.js';
import { createTestDatabase } from '../support/database.js';
import { MINI } from '../support/published-experiment.js';

// Claims on a real database; that two workers keep them is shown in evaluation-cache.test.ts.

const TASKS = taskProtocolsOf(MINI)
  .slice(0, 3)
  .map((task) => ({ id: taskProtocolId(task), task: task.task, json: JSON.parse(taskProtocolJson(task)) }));
const [BOOLQ, PIQA, HELLASWAG] = TASKS.map((task) => [task]) as [typeof TASKS, typeof TASKS, typeof TASKS]; // three were cut out
const NAMES = TASKS.map(({ task }) => task);

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let db: PrismaClient;
let teams: readonly [string, string];

beforeAll(async () => {
  database = await createTestDatabase();
  db = createPrisma(database.url);
  await db.taskProtocol.createMany({ data: TASKS });
  const team = async (slug: string) => (await db.team.create({ data: { slug, name: slug } })).id;
  teams = [await team('one'), await team('two')];
});
afterAll(async () => {
  await db.$disconnect();
  await database.drop();
});
beforeEach(async () => {
  await db.taskEvaluation.deleteMany();
  await db.score.deleteMany();
});

/** A running experiment of a team, as the claim sees it. */
async function running(teamId = teams[0]) {
  const facts = { name: 'm', source: randomUUID(), provenance: '', architecture: 'llama', depth: 1 };
  const sizes = { parameterCount: 1n, layerParameterCount: 1n, sizeBytes: 1n };
  const { id: modelId } = await db.model.create({ data: { ...facts, ...sizes, teamId } });
  const asked = { methodName: 'DENSE', request: {}, requestHash: randomUUID(), latencyProtocol: 'NONE' };
  const lease = { state: 'RUNNING', attempt: 1, leaseExpiresAt: new Date(Date.now() + 60_000) } as const;
  const { id: experimentId } = await db.experiment.create({ data: { ...asked, ...lease, teamId, modelId } });
  const owner = { teamId, experimentId, attempt: 1 };
  return {
    experimentId,
    claim: (tasks = TASKS, attempt = 1) => claimEvaluation(db, { ...owner, attempt }, 'w', tasks),
    /** As the stage leaves it. */
    async finish(tasks = TASKS): Promise<void> {
      const about = { n: 8, value: 0.5, harnessVersion: '0.4.13', taskVersion: '1', taskHash: 'h', metric: 'acc' };
      await db.score.createMany({
        data: tasks.map(({ id, task }) => ({ ...about, task, weightsDigest: 'w', taskProtocolId: id })),
        skipDuplicates: true,
      });
      await db.taskEvaluation.updateMany({ where: { experimentId }, data: { doneAt: new Date() } });
    },
    becomes: (data: { state?: 'FAILED' | 'QUEUED'; attempt?: number; leaseExpiresAt?: Date }) =>
      db.experiment.update({ where: { id: experimentId }, data }),
  };
}

const missing = (tasks: readonly string[]) => ({ kind: 'claimed', missing: tasks });

describe('a claim', () => {
  it('is of what is not known, one task at a time', async () => {
    const [first, second] = [await running(), await running()];
    expect(await first.claim(BOOLQ)).toMatchObject(missing(['boolq']));
    await first.finish(BOOLQ);
    const all = await second.claim();
    expect(all).toMatchObject(missing(['piqa', 'hellaswag']));
    expect(all.kind === 'claimed' && all.scores.map(({ task, value }) => [task, value])).toEqual([['boolq', 0.5]]);
    await second.finish();
    expect(await first.claim()).toMatchObject(missing([]));
  });

  it('makes others wait for as much as one of its tasks, and no more', async () => {
    const [first, second] = [await running(), await running()];
    await first.claim([...BOOLQ, ...PIQA]);
    expect(await second.claim([...PIQA, ...HELLASWAG])).toMatchObject({ kind: 'held', seconds: expect.any(Number) });
    // Who waits holds nothing.
    expect(await first.claim(HELLASWAG)).toMatchObject(missing(['hellaswag']));
    expect(await (await running()).claim()).toMatchObject({ kind: 'held' });
  });

  it('is one however many ask at once', async () => {
    const all = await Promise.all(Array.from({ length: 6 }, () => running()));
    const claims = await Promise.all(all.map(({ claim }) => claim()));
    expect(claims.filter(({ kind }) => kind === 'claimed')).toHaveLength(1);
  });

  it.each([
    ['fails', { state: 'FAILED' }],
    ['is given back', { state: 'QUEUED' }],
    ['is claimed by another worker', { attempt: 2 }],
    ['is left by its worker', { leaseExpiresAt: new Date(Date.now() - 1000) }],
  ] as const)('ends when its experiment %s', async (_, change) => {
    const [first, second] = [await running(), await running()];
    await first.claim();
    await first.becomes(change);
    expect(await second.claim()).toMatchObject(missing(NAMES));
    expect(await first.claim(TASKS, 2)).toMatchObject({ kind: 'held' });
  });

  it('is taken again by the next attempt, and where scores have gone', async () => {
    const [first, second] = [await running(), await running()];
    await first.claim();
    expect(await first.claim(TASKS, 2)).toMatchObject(missing(NAMES));
    await first.finish();
    await db.score.deleteMany({ where: { task: 'piqa' } });
    expect(await second.claim()).toMatchObject(missing(['piqa']));
  });

  it('neither gives another team anything nor makes it wait', async () => {
    const [ours, theirs] = [await running(), await running(teams[1])];
    await ours.claim();
    expect(await theirs.claim()).toMatchObject(missing(NAMES));
    await ours.finish();
    expect(await (await running(teams[1])).claim()).toMatchObject({ kind: 'held' });
    await theirs.becomes({ state: 'FAILED' });
    expect(await (await running(teams[1])).claim()).toMatchObject(missing(NAMES));
  });
});
