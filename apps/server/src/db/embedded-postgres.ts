import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { chown, mkdir, readFile, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { z } from 'zod';
import { embeddedFailed, folderNotTraversable, noPostgresUser } from './db-errors.js';
import { closedFolderAbove, type EmbeddedBinaries, embeddedBinaries, PUBLIC_FOLDER } from './embedded-binaries.js';
import { enter, isAlive, leave, withLock } from './embedded-users.js';

/** Crash recovery of a big database may take a while. */
const START_SECONDS = 60;

const settingsSchema = z.object({ port: z.int(), password: z.string() });
type Settings = z.infer<typeof settingsSchema>;

/** The user PostgreSQL runs as when we are root. */
interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** A running embedded PostgreSQL. The last process of ours that leaves stops it. */
export interface EmbeddedPostgres {
  /** The address of one of its databases. */
  url(database: string): string;
  /** Leaves; stops the server when no other live process uses it. */
  stop(): Promise<void>;
}

/**
 * PostgreSQL 18 from npm: data under `<home>/postgres`, on 127.0.0.1 only, in a session of its own, so that Ctrl-C reaches us
 * and not the database. A second start attaches to the running server, also to one whose starter was killed. Throws `DB.*`.
 */
export async function startEmbeddedPostgres(home: string): Promise<EmbeddedPostgres> {
  const folder = join(home, 'postgres');
  await mkdir(folder, { recursive: true });
  const isRoot = process.getuid?.() === 0;
  const owner = isRoot ? await postgresUser() : undefined;
  const binaries = await embeddedBinaries(isRoot ? 'another' : 'self');
  const settings = await withLock(folder, async () => {
    const attached = (await runningServer(folder)) ?? (await start({ folder, binaries, owner }));
    enter(folder);
    return attached;
  });
  const leaveAtExit = () => leaveAbruptly(folder);
  process.once('exit', leaveAtExit);
  return {
    url: (database) => urlOf(settings, database),
    stop: async () => {
      process.off('exit', leaveAtExit);
      await withLock(folder, async () => {
        if (!leave(folder) || postmasterPid(folder) === null) return;
        await pgCtl(binaries, owner, ['stop', '-D', await realpath(dataFolder(folder)), '-m', 'fast', '-w']);
      });
    },
  };
}

/** For a process that ends without `stop`: nothing may be waited for any more, so the server is only told to stop. */
function leaveAbruptly(folder: string): void {
  if (!leave(folder)) return;
  const pid = postmasterPid(folder);
  if (pid !== null) process.kill(pid, 'SIGINT'); // PostgreSQL's "fast" shutdown
}

const dataFolder = (folder: string): string => join(folder, 'data');
const urlOf = ({ port, password }: Settings, database: string): string =>
  `postgresql://swm:${password}@127.0.0.1:${port}/${database}`;

/** The settings of the server that runs on this folder's data; null when none does. Waits for one that is starting. */
async function runningServer(folder: string): Promise<Settings | null> {
  const settings = await readSettings(folder);
  const deadline = performance.now() + START_SECONDS * 1000;
  while (settings && postmasterPid(folder) !== null && performance.now() < deadline) {
    if (await canConnect(urlOf(settings, 'postgres'))) return settings;
    await sleep(200);
  }
  return null;
}

/** The process that holds the data folder; null when it is dead or, after a crash, its number is another program's now. */
function postmasterPid(folder: string): number | null {
  const file = join(dataFolder(folder), 'postmaster.pid');
  if (!existsSync(file)) return null;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  if (!isAlive(pid)) return null;
  const command = `/proc/${pid}/comm`;
  return existsSync(command) && !readFileSync(command, 'utf8').startsWith('postgres') ? null : pid;
}

async function start(options: {
  readonly folder: string;
  readonly binaries: EmbeddedBinaries;
  readonly owner: Owner | undefined;
}): Promise<Settings> {
  const { folder, binaries, owner } = options;
  const saved = await readSettings(folder);
  const password = saved?.password ?? randomBytes(18).toString('hex');
  const port = (saved && (await probePort(saved.port))) ?? (await probePort(0));
  if (port === null) throw embeddedFailed('no free port');
  const settings = { port, password };
  // The password must be on disk before the cluster that has it.
  await writeSettings(folder, settings);
  if (!existsSync(dataFolder(folder))) await initialise({ folder, binaries, owner, password });
  if (postmasterPid(folder) === null) await rm(join(dataFolder(folder), 'postmaster.pid'), { force: true });
  const flags = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=`;
  const data = await realpath(dataFolder(folder));
  const log = join(data, 'server.log');
  await pgCtl(binaries, owner, ['start', '-D', data, '-l', log, '-w', '-t', String(START_SECONDS), '-o', flags]);
  return settings;
}

async function readSettings(folder: string): Promise<Settings | null> {
  const text = await readFile(join(folder, 'server.json'), 'utf8').catch(() => null); // Absent on the first start.
  return text === null ? null : settingsSchema.parse(JSON.parse(text));
}

async function writeSettings(folder: string, settings: Settings): Promise<void> {
  const temporary = join(folder, `.server.json.${process.pid}`);
  await writeFile(temporary, JSON.stringify(settings), { mode: 0o600 });
  await rename(temporary, join(folder, 'server.json'));
}

async function canConnect(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  client.on('error', () => {}); // The server may go away just now; the caller asks again.
  return client.connect().then(
    () => client.end().then(() => true),
    () => false,
  );
}

/** A free port of this machine: `wanted`, or any for 0. Null when it is taken. */
function probePort(wanted: number): Promise<number | null> {
  return new Promise((resolvePort) => {
    const probe = createServer();
    probe.once('error', () => resolvePort(null));
    probe.listen(wanted, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolvePort(typeof address === 'object' && address ? address.port : null));
    });
  });
}

/** initdb into a folder aside, then renamed: a cluster is there whole or not at all. */
async function initialise(options: {
  readonly folder: string;
  readonly binaries: EmbeddedBinaries;
  readonly owner: Owner | undefined;
  readonly password: string;
}): Promise<void> {
  const { folder, binaries, owner, password } = options;
  const place = await clusterPlace(folder, owner);
  const temporary = `${place}.new`;
  const passwordFile = `${place}.password`;
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { mode: 0o700 });
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  try {
    if (owner) for (const path of [temporary, passwordFile]) await chown(path, owner.uid, owner.gid);
    const { code, output } = await run(
      binaries.initdb,
      [
        `--pgdata=${temporary}`,
        `--pwfile=${passwordFile}`,
        ...['--username=swm', '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-instructions'],
      ],
      owner,
    );
    if (code !== 0) throw embeddedFailed(output);
    await rename(temporary, place);
  } finally {
    await rm(passwordFile, { force: true });
  }
  if (place !== dataFolder(folder)) await symlink(place, dataFolder(folder));
}

/** `<folder>/data`; when PostgreSQL's user cannot walk there (root's home folder), a folder below /var/lib that `data` links to. */
async function clusterPlace(folder: string, owner: Owner | undefined): Promise<string> {
  if (!owner || closedFolderAbove(folder) === null) return dataFolder(folder);
  const closed = closedFolderAbove(PUBLIC_FOLDER);
  if (closed !== null) throw folderNotTraversable(closed);
  await mkdir(PUBLIC_FOLDER, { recursive: true, mode: 0o755 });
  return join(PUBLIC_FOLDER, `data-${createHash('sha256').update(folder).digest('hex').slice(0, 12)}`);
}

/** User `postgres` of this machine; made when there is none. */
async function postgresUser(): Promise<Owner> {
  const find = async (): Promise<Owner | undefined> => {
    const line = (await readFile('/etc/passwd', 'utf8')).split('\n').find((text) => text.startsWith('postgres:'));
    const [, , uid, gid] = line?.split(':') ?? [];
    return uid && gid ? { uid: Number(uid), gid: Number(gid) } : undefined;
  };
  const known = await find();
  if (known) return known;
  const { output } = await run('useradd', ['--system', '--user-group', '--no-create-home', 'postgres'], undefined);
  const made = await find();
  if (!made) throw noPostgresUser(output);
  return made;
}

async function pgCtl(binaries: EmbeddedBinaries, owner: Owner | undefined, args: readonly string[]): Promise<void> {
  const { code, output } = await run(binaries.pgCtl, args, owner);
  if (code !== 0) throw embeddedFailed(`pg_ctl ${args[0]}: ${output}`);
}

/**
 * Runs one of PostgreSQL's programs to its end. Not through @swm/eval, whose processes never outlive us: this server may,
 * so that the others who use it go on.
 */
function run(
  file: string,
  args: readonly string[],
  owner: Owner | undefined,
): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((resolveRun) => {
    const child = spawn(file, args, {
      ...owner,
      cwd: '/',
      env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const keep = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => resolveRun({ code: 127, output: error.message }));
    child.on('close', (code) => resolveRun({ code: code ?? 1, output }));
  });
}
