import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../../apps/server/src/db/database.js';
import { isAlive } from '../../apps/server/src/db/embedded-users.js';
import { scratchFolder } from '../support/scratch-folder.js';

const isRoot = process.getuid?.() === 0;
const children: ChildProcess[] = [];
let scratch: ReturnType<typeof scratchFolder>;
let home: string;

beforeEach(() => {
  scratch = scratchFolder('pg');
  chmodSync(scratch.path, 0o755);
  home = join(scratch.path, 'home');
  mkdirSync(home);
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  const pid = postmasterPid();
  if (pid !== null) process.kill(pid, 'SIGQUIT');
  while (pid !== null && isAlive(pid)) await new Promise((resume) => setTimeout(resume, 50));
  scratch.remove();
});

function postmasterPid(): number | null {
  const file = join(home, 'postgres', 'data', 'postmaster.pid');
  if (!existsSync(file)) return null;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  return isAlive(pid) ? pid : null;
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query(sql);
  await client.end();
  return rows;
}

/** Another process that opens the database of `home`, prints its address and waits. */
async function startOther(): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  const program = `
    import { openDatabase } from ${JSON.stringify(new URL('../../apps/server/dist/db/database.js', import.meta.url).href)};
    const { url } = await openDatabase({ swmHome: ${JSON.stringify(home)} });
    console.log(url);
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [chunk] = await once(child.stdout, 'data');
  return { child, url: String(chunk).trim() };
}

describe('the embedded PostgreSQL', () => {
  test('starts from nothing with a migrated database, keeps its data, stops with its last user', async () => {
    const first = await openDatabase({ swmHome: home });
    await query(first.url, `INSERT INTO team (id, slug, name) VALUES (gen_random_uuid(), 'kept', 'Kept')`);
    const [server] = await query(
      first.url,
      `SELECT current_setting('server_version_num')::int / 10000 AS major, current_setting('listen_addresses') AS listens,
        current_setting('unix_socket_directories') AS sockets, current_setting('server_encoding') AS encoding,
        (SELECT datcollate FROM pg_database WHERE datname = 'swm') AS collation`,
    );
    expect(server).toEqual({ major: 18, listens: '127.0.0.1', sockets: '', encoding: 'UTF8', collation: 'C' });
    await first.stop();
    expect(postmasterPid()).toBeNull();
    const second = await openDatabase({ swmHome: home });
    expect(await query(second.url, 'SELECT slug FROM team')).toEqual([{ slug: 'kept' }]);
    await second.stop();
  });

  test('a second process attaches; the one that leaves last stops the server', async () => {
    const other = await startOther();
    const ours = await openDatabase({ swmHome: home });
    expect(ours.url).toBe(other.url);
    const pid = postmasterPid();
    other.child.kill('SIGKILL');
    await once(other.child, 'exit');
    expect(await query(ours.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(postmasterPid()).toBe(pid);
    await ours.stop();
    expect(postmasterPid()).toBeNull();
  });

  test('four processes at once start one server', async () => {
    const opened = await Promise.all(Array.from({ length: 4 }, () => startOther()));
    expect(new Set(opened.map(({ url }) => url)).size).toBe(1);
  });

  test('survives its starter: the next start attaches', async () => {
    const other = await startOther();
    const pid = postmasterPid();
    other.child.kill('SIGKILL');
    await once(other.child, 'exit');
    const ours = await openDatabase({ swmHome: home });
    expect([ours.url, postmasterPid()]).toEqual([other.url, pid]);
    await ours.stop();
  });

  test('recovers after the server itself was killed, with its stale postmaster.pid', async () => {
    const first = await openDatabase({ swmHome: home });
    await query(first.url, `INSERT INTO team (id, slug, name) VALUES (gen_random_uuid(), 'durable', 'Durable')`);
    const pid = postmasterPid();
    if (pid === null) throw new Error('no server');
    process.kill(pid, 'SIGKILL');
    while (isAlive(pid)) await new Promise((resume) => setTimeout(resume, 20));
    const second = await openDatabase({ swmHome: home });
    expect(await query(second.url, 'SELECT slug FROM team')).toEqual([{ slug: 'durable' }]);
    await second.stop();
    await first.stop();
  });

  test('starts under a folder closed to others: as root, with the data where its own user can go', async () => {
    chmodSync(scratch.path, 0o700);
    const database = await openDatabase({ swmHome: home });
    expect(await query(database.url, 'SELECT count(*)::int AS n FROM team')).toEqual([{ n: 0 }]);
    const place = realpathSync(join(home, 'postgres', 'data'));
    expect(place.startsWith(scratch.path)).toBe(!isRoot);
    await database.stop();
    rmSync(place, { recursive: true });
  });
});
