import { execFile } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import {
  createProtocol,
  protocolId,
  protocolJson,
  protocolLabel,
  TASK_NAMES,
  taskProtocolId,
  taskProtocolJson,
  taskProtocolsOf,
} from '@swm/eval/protocol';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPrisma } from '../../apps/server/src/db/client.js';
import type { PrismaClient } from '../../apps/server/src/db/generated/client.js';
import { MIGRATIONS_FOLDER, migrate } from '../../apps/server/src/db/migrate.js';
import { createTestDatabase } from '../support/database.js';
import { scratchFolder } from '../support/scratch-folder.js';

const ROOT = resolve(import.meta.dirname, '../..');
let database: Awaited<ReturnType<typeof createTestDatabase>>;
let db: PrismaClient;
const scratch = scratchFolder('migrations');

beforeAll(async () => {
  database = await createTestDatabase();
  db = createPrisma(database.url);
});
afterAll(async () => {
  await db.$disconnect();
  await database.drop();
  scratch.remove();
});

/** The Prisma CLI as people run it. */
async function prisma(...args: string[]): Promise<{ readonly code: number; readonly output: string }> {
  const run = promisify(execFile)(process.execPath, [join(ROOT, 'tools/prisma.mjs'), ...args], {
    env: { ...process.env, DATABASE_URL: database.url },
  });
  return run.then(
    ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
    (error) => ({ code: error.code, output: error.stdout + error.stderr }),
  );
}

describe('the migrations', () => {
  test('give exactly schema.prisma, and our plain-SQL migrator leaves nothing for the CLI', async () => {
    const diff = await prisma(
      'migrate',
      'diff',
      '--from-migrations',
      'prisma/migrations',
      '--to-schema',
      'prisma/schema.prisma',
      '--exit-code',
    );
    expect(diff).toMatchObject({ code: 0, output: expect.stringContaining('No difference') });
    const live = await prisma(
      'migrate',
      'diff',
      '--from-config-datasource',
      '--to-schema',
      'prisma/schema.prisma',
      '--exit-code',
    );
    expect(live).toMatchObject({ code: 0, output: expect.stringContaining('No difference') });
    const deploy = await prisma('migrate', 'deploy');
    expect(deploy).toMatchObject({ code: 0, output: expect.stringContaining('No pending migrations') });
  });

  test('a rogue column is found', async () => {
    await db.$executeRaw`ALTER TABLE team ADD COLUMN rogue text`;
    const drift = await prisma(
      'migrate',
      'diff',
      '--from-config-datasource',
      '--to-schema',
      'prisma/schema.prisma',
      '--exit-code',
    );
    await db.$executeRaw`ALTER TABLE team DROP COLUMN rogue`;
    expect(drift).toMatchObject({ code: 2, output: expect.stringContaining('rogue') });
  });

  test('are applied once by any number of processes, whole or not at all', async () => {
    const empty = await createTestDatabase();
    const client = createPrisma(empty.url);
    try {
      await client.$executeRaw`DROP SCHEMA public CASCADE`;
      await client.$executeRaw`CREATE SCHEMA public`;
      const applied = await Promise.all(Array.from({ length: 5 }, () => migrate(empty.url)));
      expect(applied.flat()).toEqual(
        readdirSync(MIGRATIONS_FOLDER)
          .filter((name) => /^\d/.test(name))
          .toSorted(),
      );

      const folder = join(scratch.path, 'migrations');
      cpSync(MIGRATIONS_FOLDER, folder, { recursive: true });
      mkdirSync(join(folder, '9999_broken'));
      writeFileSync(join(folder, '9999_broken', 'migration.sql'), 'CREATE TABLE half (id int); SELECT 1/0;');
      await expect(migrate(empty.url, folder)).rejects.toMatchObject({ code: 'DB.MIGRATION_FAILED' });
      expect(await client.$queryRaw`SELECT to_regclass('half')::text AS half`).toEqual([{ half: null }]);

      writeFileSync(join(folder, '9999_broken', 'migration.sql'), 'CREATE TABLE whole (id int);');
      expect(await migrate(empty.url, folder)).toEqual(['9999_broken']);
      await expect(migrate(empty.url)).rejects.toMatchObject({ code: 'DB.SCHEMA_NEWER' });
      appendFileSync(join(folder, '0001_spine', 'migration.sql'), '-- edited');
      await expect(migrate(empty.url, folder)).rejects.toMatchObject({ code: 'DB.MIGRATION_CHANGED' });
    } finally {
      await client.$disconnect();
      await empty.drop();
    }
  });

  test('an address where nobody answers is a coded error', async () => {
    await expect(migrate('postgresql://swm@127.0.0.1:1/swm')).rejects.toMatchObject({ code: 'DB.UNREACHABLE' });
  });
});

describe('scores by task', () => {
  const BY_TASK = '0005_scores_by_task';
  const request = { name: 'MINI', data: 'BUILTIN', limit: null } as const;
  const digestsOf = (digit: string) => Object.fromEntries(TASK_NAMES.map((name) => [name, digit.repeat(64)]));
  const protocols = [
    createProtocol({ ...request, dataSha256: digestsOf('a') }),
    // The same questions under another name: one and the same score a task.
    createProtocol({ ...request, name: 'PAPER', data: 'LOCAL', dataSha256: digestsOf('a') }),
    createProtocol({ ...request, limit: 40, dataSha256: digestsOf('a') }),
    createProtocol({ ...request, name: 'MODERN', data: 'LOCAL', dataSha256: digestsOf('b') }),
  ];

  test('keep every score that was stored by protocol', async () => {
    const old = await createTestDatabase();
    const folder = join(scratch.path, 'by-protocol');
    for (const name of readdirSync(MIGRATIONS_FOLDER).filter((entry) => entry < BY_TASK))
      cpSync(join(MIGRATIONS_FOLDER, name), join(folder, name), { recursive: true });
    const client = new pg.Client({ connectionString: old.url });
    await client.connect();
    const insert = (table: string, row: Readonly<Record<string, unknown>>) =>
      client.query(
        `INSERT INTO ${table} (${Object.keys(row).map((name) => `"${name}"`)}) VALUES (${Object.keys(row).map((_, index) => `$${index + 1}`)})`,
        Object.values(row),
      );
    try {
      await client.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
      await migrate(old.url, folder);
      for (const [at, protocol] of protocols.entries()) {
        const id = protocolId(protocol);
        const { name, data, limit } = protocol;
        const json = protocolJson(protocol);
        await insert('protocol', { id, name, data, limit, json, label: protocolLabel(protocol) });
        for (const [index, task] of TASK_NAMES.entries()) {
          const key = { weights_digest: 'w', protocol_id: id, task, n: 8 };
          const score = { ...key, metric: 'acc', value: (10 * at + index) / 100, created_at: new Date(1e12 + at) };
          await insert('score', { ...score, harness_version: '0.4.13', task_version: '1', task_hash: 'h' });
          const bits = { correct: Buffer.of(10 * at + index), choice_counts: Buffer.alloc(8, 2) };
          await insert('score_items', { ...key, ...bits, log_likelihoods: Buffer.alloc(0) });
        }
      }
      await migrate(old.url);
      const { rows } = await client.query(
        `SELECT s.value::float8, get_byte(i.correct, 0) AS bits, t.task, t.id, t.json FROM score s
         JOIN score_items i USING (weights_digest, task_protocol_id) JOIN task_protocol t ON t.id = s.task_protocol_id`,
      );
      const wanted = [0, 2, 3].flatMap((at) =>
        taskProtocolsOf(protocols[at] ?? expect.fail('no such protocol')).map((task, index) => ({
          ...{ value: (10 * at + index) / 100, bits: 10 * at + index, task: task.task, id: taskProtocolId(task) },
          json: JSON.parse(taskProtocolJson(task)),
        })),
      );
      expect(rows.toSorted((a, b) => a.bits - b.bits)).toEqual(wanted);
      const { rows: links } = await client.query('SELECT protocol_id, count(*)::int FROM protocol_task GROUP BY 1');
      expect(links).toHaveLength(protocols.length);
      expect(links.every(({ count }) => count === TASK_NAMES.length)).toBe(true);
    } finally {
      await client.end();
      await old.drop();
    }
  });
});

describe('the tables refuse numbers that mean nothing (I-25, I-26)', () => {
  const score = {
    weightsDigest: 'w',
    taskProtocolId: 'p',
    task: 't',
    harnessVersion: '1',
    taskVersion: '1',
    taskHash: 'h',
  };
  beforeAll(async () => {
    await db.taskProtocol.create({ data: { id: 'p', task: 't', json: {} } });
  });

  test.each([
    ['NaN', { value: Number.NaN }],
    ['above one', { value: 1.1 }],
    ['infinite', { value: Number.POSITIVE_INFINITY }],
    ['a negative error', { stderr: -0.1 }],
    ['an error that is NaN', { stderr: Number.NaN }],
    ['no questions', { n: 0 }],
    ['a majority that is NaN', { majority: Number.NaN }],
    ['a majority of nobody', { majority: 0 }],
  ])('%s', async (_, wrong) => {
    const { value, stderr, n, majority } = { value: 0.5, stderr: 0.1, n: 1, majority: 0.5, ...wrong };
    const insert = db.$executeRaw`
      INSERT INTO score (weights_digest, task_protocol_id, task, metric, value, stderr, n, harness_version, task_version, task_hash, majority_rate)
      VALUES ('w', 'p', 't', 'acc', ${String(value)}::float8, ${String(stderr)}::float8, ${n}, '1', '1', 'h', ${String(majority)}::float8)`;
    await expect(insert).rejects.toThrow(/score_\w+/);
    expect(await db.score.count()).toBe(0);
  });

  test('good ones are taken', async () => {
    await db.score.create({ data: { ...score, metric: 'acc', value: 1, stderr: null, n: 1 } });
    expect(await db.score.count()).toBe(1);
    const empty = { weightsDigest: 'w', machineId: 'm', protocol: 'QUICK', machine: {}, promptTokens: 1, newTokens: 1 };
    await expect(db.latency.create({ data: { ...empty, samplesMs: [] } })).rejects.toThrow(/latency_samples/);
    await expect(db.latency.create({ data: { ...empty, samplesMs: [1, 0] } })).rejects.toThrow(/latency_samples/);
    await db.latency.create({ data: { ...empty, samplesMs: [1, 2] } });
  });
});
