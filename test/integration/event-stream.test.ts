import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '@swm/core';
import { CodedError } from '@swm/core/errors';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hashToken } from '../../apps/server/src/db/bootstrap.js';
import type { Attempt } from '../../apps/server/src/worker/attempt.js';
import { claimExperiment } from '../../apps/server/src/worker/claim.js';
import { follow, messagesOf, openStream } from '../support/event-client.js';
import { startTestApi, type TestApi } from '../support/test-api.js';
import { writeTinyModel } from '../support/tiny-model.js';

let t: TestApi;
let modelId: string;
let calibrationSeed = 1;

beforeAll(async () => {
  t = await startTestApi();
  const { data } = await t.graphql(
    'mutation ($input: RegisterModelInput!) { registerModel(input: $input) { model { id } } }',
    { input: { source: writeTinyModel(join(t.scratch, 'tiny')) } },
  );
  modelId = data.registerModel.model.id;
});
afterAll(() => t.stop());

/** An experiment that a worker has claimed. */
async function claimed(): Promise<{ readonly id: string; readonly attempt: Attempt }> {
  calibrationSeed += 1;
  const { data } = await t.graphql(
    'mutation ($input: LaunchExperimentInput!) { launchExperiment(input: $input) { experiment { id } } }',
    { input: { modelId, method: { dense: {} }, calibration: { seed: calibrationSeed } } },
  );
  const id: string = data.launchExperiment.experiment.id;
  const worker = await t.db.worker.create({ data: { host: 'test', pid: 1, version: 'test' } });
  const claim = await claimExperiment(t.db, { experimentId: id, workerId: worker.id, onLost: () => {} });
  if (claim.kind !== 'claimed') throw new Error(claim.kind);
  return { id, attempt: claim.attempt };
}

const stopped = new CodedError({ code: 'TEST.STOPPED', message: 'The test is over.' });
const log = (attempt: Attempt, text: string) => attempt.emit({ kind: 'log', stage: null, data: { text } });
const seqsOf = async (events: AsyncIterable<{ readonly seq: number }>) => {
  const seqs: number[] = [];
  for await (const { seq } of events) seqs.push(seq);
  return seqs;
};

describe('experimentEvents', () => {
  test('gives what was written before and what is written meanwhile, and ends with the experiment', async () => {
    const { id, attempt } = await claimed();
    log(attempt, 'before');
    await attempt.flush();
    const seqs = seqsOf(follow(t, id, 0));
    await sleep(300);
    const began = performance.now();
    log(attempt, 'meanwhile');
    await attempt.flush();
    await attempt.fail(null, stopped);
    // QUEUED, RUNNING, two logs, FAILED
    expect(await seqs).toEqual([1, 2, 3, 4, 5]);
    expect(performance.now() - began).toBeLessThan(4000); // it was rung for, not found by looking again after 5 s
    expect(await seqsOf(follow(t, id, 4))).toEqual([5]);
    expect(await seqsOf(follow(t, id, 5))).toEqual([]);
  });

  test('200 connections dropped at random, the API restarted and its listening connection cut: each event once, in order', async () => {
    const { id, attempt } = await claimed();
    const bits = seededRandom(20_261_125);
    const random = () => bits() >>> 8;
    let isWriting = true;
    const writing = (async () => {
      for (let count = 0; isWriting; count += 1) {
        for (let burst = random() % 4; burst >= 0; burst -= 1) log(attempt, `${count}.${burst}`);
        await attempt.flush();
        await sleep(random() % 8);
      }
      await attempt.fail(null, stopped);
    })();
    const seen: number[] = [];
    for (let drop = 0; drop < 200; drop += 1) {
      const connection = new AbortController();
      let left = random() % 6;
      // Some are dropped before their first event, and some while they wait for one.
      const timer = setTimeout(() => connection.abort(), 1 + (random() % 60));
      try {
        for await (const { seq } of follow(t, id, seen.at(-1) ?? 0, connection.signal)) {
          seen.push(seq);
          left -= 1;
          if (left < 0) break;
        }
      } catch (error) {
        if (!connection.signal.aborted) throw error;
      }
      clearTimeout(timer);
      connection.abort();
      if (drop % 40 === 20) await t.restart();
      if (drop % 40 === 30) await cutListeners(t.databaseUrl);
    }
    isWriting = false;
    await writing;
    for await (const { seq } of follow(t, id, seen.at(-1) ?? 0)) seen.push(seq);
    const last = await t.db.experiment.findUniqueOrThrow({ where: { id }, select: { eventSeq: true } });
    expect(seen.length).toBeGreaterThan(200);
    expect(seen).toEqual(Array.from({ length: last.eventSeq }, (_, index) => index + 1));
  });

  test('is refused like any request: another team, no token, a query, a mistake, a page of another site', async () => {
    const { id, attempt } = await claimed();
    const query = 'subscription ($id: ID!) { experimentEvents(id: $id) { seq } }';
    const codesOf = async (response: Response) => {
      if (response.headers.get('content-type')?.startsWith('application/json'))
        return (await response.json()).errors.map(
          ({ extensions }: { extensions: { code: string } }) => extensions.code,
        );
      const { value: message } = await messagesOf(response).next();
      expect(message.errors[0].extensions.requestId).toMatch(/^[\w-]{36}$/);
      return [message.errors[0].extensions.code];
    };
    const missing = await openStream(t, { query, variables: { id: randomUUID() } });
    expect(await codesOf(missing)).toEqual(['EXPERIMENT.NOT_FOUND']);
    const foreign = await openStream(t, { query, variables: { id } }, { token: await otherTeam() });
    expect(await codesOf(foreign)).toEqual(['EXPERIMENT.NOT_FOUND']);
    expect((await openStream(t, { query, variables: { id } }, { token: 'swm_nobodys_token_at_all' })).status).toBe(401);
    const asQuery = await openStream(t, { query: '{ methods { name } }' });
    expect([asQuery.status, await codesOf(asQuery)]).toEqual([400, ['API.SUBSCRIPTION_EXPECTED']]);
    const wrong = await openStream(t, { query: 'subscription { experimentEvents { nothing } }' });
    expect([wrong.status, await codesOf(wrong)]).toEqual([400, ['GRAPHQL_VALIDATION_FAILED']]);
    const unreadable = await openStream(t, { query: 'subscription {' });
    expect([unreadable.status, await codesOf(unreadable)]).toEqual([400, ['GRAPHQL_PARSE_FAILED']]);
    const fields = Array.from({ length: 1001 }, (_, index) => `f${index}: seq`).join(' ');
    const big = await openStream(t, { query: `subscription { experimentEvents(id: "${id}") { ${fields} } }` });
    expect([big.status, await codesOf(big)]).toEqual([400, ['API.OPERATION_TOO_BIG']]);
    await attempt.fail(null, stopped);
  });

  test('is answered at its own address alone', async () => {
    const { status, data, errors } = await t.graphql('subscription { experimentEvents(id: "x") { seq } }');
    expect([status, data, errors?.map(({ extensions }) => extensions.code)]).toEqual([
      400,
      undefined,
      ['API.SUBSCRIPTION_ELSEWHERE'],
    ]);
  });

  test('is refused where too many are open, until one has ended', async () => {
    const { id, attempt } = await claimed();
    const body = { query: 'subscription ($id: ID!) { experimentEvents(id: $id) { seq } }', variables: { id } };
    const connections = Array.from({ length: 200 }, () => new AbortController());
    for (const { signal } of connections) expect((await openStream(t, body, { signal })).status).toBe(200);
    const refused = await openStream(t, body);
    expect([refused.status, (await refused.json()).errors[0].extensions.code]).toEqual([429, 'API.TOO_MANY_STREAMS']);
    for (const connection of connections) connection.abort();
    await sleep(200);
    expect((await openStream(t, body)).status).toBe(200);
    await attempt.fail(null, stopped);
  });

  test('ends when its token is revoked', async () => {
    const { id, attempt } = await claimed();
    const tokenHash = hashToken('swm_short_lived_token');
    const { teamId } = await t.db.experiment.findUniqueOrThrow({ where: { id } });
    await t.db.apiToken.create({ data: { teamId, name: 'short', tokenHash } });
    const query = 'subscription ($id: ID!) { experimentEvents(id: $id) { seq } }';
    const response = await openStream(t, { query, variables: { id } }, { token: 'swm_short_lived_token' });
    expect(response.status).toBe(200);
    await t.db.apiToken.update({ where: { tokenHash }, data: { revokedAt: new Date() } });
    const began = performance.now();
    await expect(seqsOf(messagesOf(response))).rejects.toThrow();
    expect(performance.now() - began).toBeLessThan(10_000); // I-37
    await attempt.fail(null, stopped);
  });
});

async function cutListeners(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'swm-events'`,
  );
  await client.end();
}

async function otherTeam(): Promise<string> {
  const token = `swm_stranger_${'x'.repeat(20)}`;
  const team = await t.db.team.create({ data: { slug: 'stranger', name: 'Stranger' } });
  await t.db.apiToken.create({ data: { teamId: team.id, name: 'stranger', tokenHash: hashToken(token) } });
  return token;
}
