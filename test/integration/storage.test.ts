import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parsePlan, planJson, RELEASED_RULE } from '@swm/core/plan';
import { createProtocol, locateTaskFiles } from '@swm/eval';
import { TASKS } from '@swm/eval/protocol';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createPrisma } from '../../apps/server/src/db/client.js';
import type { ExperimentState, PrismaClient } from '../../apps/server/src/db/generated/client.js';
import { inspectModel } from '../../apps/server/src/models/inspect-model.js';
import { collectGarbage } from '../../apps/server/src/worker/collect-garbage.js';
import { reserveDisk } from '../../apps/server/src/worker/disk-reservation.js';
import { keepDigests } from '../../apps/server/src/worker/kept-digests.js';
import { discardCheckpoint } from '../../apps/server/src/worker/retire-checkpoint.js';
import { needWhole } from '../../apps/server/src/worker/verified-checkpoint.js';
import { createTestDatabase } from '../support/database.js';
import { writeProtocol } from '../support/published-experiment.js';
import { scratchFolder } from '../support/scratch-folder.js';
import { makeTinyModel, type Stack, startStack, waitFor } from '../support/stack.js';
import { writeTinyModel } from '../support/tiny-model.js';

describe('with rows and folders of a test', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let scratch: ReturnType<typeof scratchFolder>;
  let db: PrismaClient;
  let home: string;
  let modelId: string;
  let teamId: string;

  beforeEach(async () => {
    database = await createTestDatabase();
    scratch = scratchFolder('storage');
    home = join(scratch.path, 'home');
    mkdirSync(join(home, 'checkpoints'), { recursive: true });
    mkdirSync(join(home, 'experiments'));
    db = createPrisma(database.url);
    teamId = (await db.team.create({ data: { slug: 't', name: 'T' } })).id;
    const sizes = { depth: 6, parameterCount: 1n, layerParameterCount: 1n, sizeBytes: 1n };
    const model = { teamId, name: 'M', source: '/m', provenance: '', folder: '/m', architecture: 'llama', ...sizes };
    modelId = (await db.model.create({ data: model })).id;
    const plan = parsePlan('0-2 [3-5]', RELEASED_RULE);
    const json = JSON.parse(planJson(plan));
    await db.plan.create({ data: { id: 'p', json, text: '0-2 [3-5]', sourceDepth: 6, outputDepth: 4 } });
  });
  afterEach(async () => {
    await db.$disconnect();
    await database.drop();
    scratch.remove();
  });

  const experiment = async (state: ExperimentState, more: { finishedAt?: Date; checkpointId?: string } = {}) => {
    const facts = {
      teamId,
      modelId,
      methodName: 'SWM',
      request: {},
      requestHash: randomUUID(),
      latencyProtocol: 'NONE',
    };
    return (await db.experiment.create({ data: { ...facts, state, ...more } })).id;
  };
  /** A checkpoint with its folder of ten bytes. */
  const checkpoint = async (name: string, sizeBytes = 10n) => {
    const folder = join(home, 'checkpoints', name);
    mkdirSync(folder);
    writeFileSync(join(folder, 'weights'), '0123456789');
    const key = { modelId, planId: 'p', recoveryId: name };
    return (
      await db.checkpoint.create({ data: { ...key, weightsDigest: name, folder, sizeBytes, parameterCount: 1n } })
    ).id;
  };
  const folderOf = (parent: string, name: string) => {
    mkdirSync(join(home, parent, name));
    writeFileSync(join(home, parent, name, 'file'), 'abc');
  };
  const collect = (isDryRun: boolean) => collectGarbage({ db, swmHome: home, isDryRun, now: new Date() });

  it('a clean-up removes what nobody needs, says so before, and nothing else', async () => {
    const dead = execFileSync('sh', ['-c', 'echo $$']).toString().trim();
    const used = await checkpoint('used');
    await experiment('SUCCEEDED', { checkpointId: used });
    const longAgo = new Date(Date.now() - 8 * 24 * 3600 * 1000);
    const ids = {
      running: await experiment('RUNNING'),
      cancelled: await experiment('CANCELLED', { finishedAt: new Date() }),
      failed: await experiment('FAILED', { finishedAt: new Date() }),
      failedLongAgo: await experiment('FAILED', { finishedAt: longAgo }),
      unknown: randomUUID(),
    };
    for (const id of Object.values(ids)) folderOf('experiments', id);
    folderOf('experiments', 'notes of mine');
    for (const name of [`.tmp-${dead}-x`, '.tmp-1-x', 'orphan']) folderOf('checkpoints', name);

    const expected = [
      join('checkpoints', `.tmp-${dead}-x`),
      join('checkpoints', 'orphan'),
      ...[ids.cancelled, ids.failedLongAgo, ids.unknown].map((id) => join('experiments', id)),
    ].sort();
    const said = await collect(true);
    expect(said.map(({ path }) => path).sort()).toEqual(expected);
    expect(said.every(({ sizeBytes }) => sizeBytes === 3)).toBe(true);
    for (const path of expected) expect(existsSync(join(home, path)), path).toBe(true);
    expect(await collect(false)).toEqual(said);
    expect(readdirSync(join(home, 'checkpoints')).sort()).toEqual(['.tmp-1-x', 'used']);
    expect(readdirSync(join(home, 'experiments')).sort()).toEqual([ids.running, ids.failed, 'notes of mine'].sort());
    expect(await collect(false)).toEqual([]);
  });

  it('a clean-up leaves what an export may be about to use', async () => {
    folderOf('checkpoints', 'just written');
    const id = await experiment('RUNNING');
    await db.stage.create({ data: { experimentId: id, name: 'export-checkpoint', position: 3, state: 'RUNNING' } });
    expect(await collect(false)).toEqual([]);
    await db.stage.updateMany({ data: { state: 'DONE' } });
    expect((await collect(false)).map(({ path }) => path)).toEqual([join('checkpoints', 'just written')]);
  });

  it('a checkpoint in use is not discarded; one that is not, leaves its row', async () => {
    const checkpointId = await checkpoint('c');
    const [mine, other] = [
      await experiment('SUCCEEDED', { checkpointId }),
      await experiment('RUNNING', { checkpointId }),
    ];
    expect(await discardCheckpoint(db, mine)).toBeNull();
    await db.experiment.update({ where: { id: other }, data: { state: 'SUCCEEDED' } });
    const hidden = await Promise.all([discardCheckpoint(db, mine), discardCheckpoint(db, other)]);
    expect(hidden.filter((path) => path !== null)).toHaveLength(1);
    expect(existsSync(join(home, 'checkpoints', 'c'))).toBe(false);
    expect(await db.checkpoint.findUniqueOrThrow({ where: { id: checkpointId } })).toMatchObject({
      discardedAt: expect.any(Date),
    });
  });

  const reserve = (experimentId: string, neededBytes: number, teamQuotaBytes: number | null = null) =>
    db.$transaction((tx) =>
      reserveDisk(tx, { experimentId, teamId, folder: join(home, 'checkpoints'), neededBytes, teamQuotaBytes }),
    );

  it('of experiments that each fit, those that do not fit together wait for each other', async () => {
    const { bavail, bsize } = statfsSync(home);
    const most = 0.6 * bavail * bsize;
    const ids = await Promise.all(Array.from({ length: 4 }, () => experiment('RUNNING')));
    const promised = await Promise.all(ids.map((id) => reserve(id, most)));
    expect(promised.filter(Boolean)).toHaveLength(1);
    const holder = ids[promised.indexOf(true)] ?? '';
    const waiting = ids.find((id) => id !== holder) ?? '';
    expect(await reserve(holder, most)).toBe(true); // Its own promise is no obstacle to it.
    await db.experiment.update({ where: { id: holder }, data: { state: 'SUCCEEDED' } });
    expect(await reserve(waiting, most)).toBe(true);
    await expect(reserve(waiting, 2 * bavail * bsize)).rejects.toMatchObject({
      code: 'STORAGE.NO_SPACE',
      message: expect.stringMatching(/GB free; .* needs about/),
    });
  });

  it('a team’s quota holds, whoever asks at once; what was discarded does not count', async () => {
    const checkpointId = await checkpoint('c', 600n);
    const ids = await Promise.all(Array.from({ length: 4 }, () => experiment('RUNNING')));
    expect((await Promise.all(ids.map((id) => reserve(id, 300, 1000)))).filter(Boolean)).toHaveLength(1);
    await expect(reserve(ids[0] ?? '', 401, 1000)).rejects.toMatchObject({ code: 'STORAGE.QUOTA_EXCEEDED' });
    await discardCheckpoint(db, await experiment('SUCCEEDED', { checkpointId }));
    expect((await Promise.all(ids.map((id) => reserve(id, 300, 1000)))).filter(Boolean)).toHaveLength(3);
  });

  it('of the dense model the source itself is looked at before it is loaded', async () => {
    const folder = writeTinyModel(join(scratch.path, 'model'));
    const { revision } = await inspectModel(folder, { onDigests: (hashed) => keepDigests(home, hashed) });
    const dense = { folder, weightsDigest: revision, isIdentity: true };
    await needWhole(home, dense, 'M');
    const file = join(folder, 'model.safetensors');
    const bytes = readFileSync(file);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    writeFileSync(file, bytes);
    await expect(needWhole(home, dense, 'M')).rejects.toMatchObject({ code: 'MODEL.CHANGED' });
  });
});

describe('a worker that discards what is published', () => {
  let stack: Stack;
  let modelId: string;
  const LIMIT = 7;

  beforeAll(async () => {
    stack = await startStack({ env: { SWM_CHECKPOINTS: 'discard' } });
    modelId = await stack.register(makeTinyModel(join(stack.scratch, 'model'), { layers: 4 }));
  });
  afterAll(() => stack?.stop());

  const launch = (more: Readonly<Record<string, unknown>>) =>
    stack.launch({
      ...{
        modelId,
        method: { lastN: {} },
        target: { layers: 3 },
        calibration: { samples: 1, tokens: 8 },
        latency: 'NONE',
      },
      ...{ protocol: { name: 'MINI', data: 'BUILTIN', limit: LIMIT }, ...more },
    });
  /** The experiment's end, with its error for the message where that is not success. */
  const succeed = async (id: string) => {
    const state = await stack.finished(id);
    const { errorCode, errorMessage } = await stack.db.experiment.findUniqueOrThrow({ where: { id } });
    expect({ state, errorCode, errorMessage }).toEqual({ state: 'SUCCEEDED', errorCode: null, errorMessage: null });
  };
  const checkpointOf = async (id: string) => {
    const row = await stack.db.experiment.findUniqueOrThrow({ where: { id }, include: { checkpoint: true } });
    if (!row.checkpoint) throw new Error('no checkpoint');
    return row.checkpoint;
  };

  it('keeps an export, discards it once published, and exports the same bytes again on demand', async () => {
    const exported = await launch({ stopAfter: 'EXPORT_CHECKPOINT' });
    await succeed(exported);
    const { folder, weightsDigest } = await checkpointOf(exported);
    const manifest = readFileSync(join(folder, 'manifest.json'), 'utf8');

    // Scores of these weights as an earlier experiment of the team would have left them: the harness need not run.
    const { sha256: dataSha256 } = await locateTaskFiles('BUILTIN', undefined);
    const protocol = createProtocol({ name: 'MINI', data: 'BUILTIN', limit: LIMIT, dataSha256 });
    const idOf = await writeProtocol(stack.db, protocol);
    const about = { n: LIMIT, harnessVersion: '0.4.13', taskVersion: '1', taskHash: 'h', value: 0.5, stderr: 0.1 };
    await stack.db.score.createMany({
      data: TASKS.flatMap(({ name: task, metrics }) =>
        metrics.map((metric) => ({ weightsDigest, taskProtocolId: idOf(task), task, metric, ...about })),
      ),
    });
    const whole = await launch({});
    await succeed(whole);
    expect(await stack.db.leaderboardEntry.count({ where: { experimentId: whole } })).toBe(1);
    await waitFor('the end of the folder', () =>
      readdirSync(join(stack.home, 'checkpoints')).length === 0 ? true : undefined,
    );
    expect(await checkpointOf(whole)).toMatchObject({ weightsDigest, discardedAt: expect.any(Date) });

    const again = await launch({ stopAfter: 'EXPORT_CHECKPOINT', idempotencyKey: 'again', engine: 'WASM' });
    await succeed(again);
    expect(await checkpointOf(again)).toMatchObject({ folder, weightsDigest, discardedAt: null });
    expect(readFileSync(join(folder, 'manifest.json'), 'utf8')).toBe(manifest);

    // Damaged since: found when it is to be used again, and written anew.
    writeFileSync(join(folder, 'config.json'), '{}');
    const healed = await launch({ stopAfter: 'EXPORT_CHECKPOINT', engine: 'TENSORFLOW' });
    await succeed(healed);
    expect(readFileSync(join(folder, 'manifest.json'), 'utf8')).toBe(manifest);
    expect(readFileSync(join(folder, 'config.json'), 'utf8')).not.toBe('{}');
  });
});
