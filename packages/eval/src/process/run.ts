import { randomUUID } from 'node:crypto';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { splitLines } from './line-splitter.js';
import { programNotFound, startFailed } from './process-errors.js';
import {
  canListProcesses,
  isGroupAlive,
  markerOf,
  type ProcessWatch,
  RUN_MARKER,
  signalAll,
  watchMarked,
  watchRun,
} from './process-tree.js';
import { redact } from './redact.js';
import { WATCHDOG_SCRIPT } from './watchdog.js';

/** SIGTERM first; what still lives after this long gets SIGKILL (I-10). */
const GRACE_MS = 5_000;
/** How long the streams may stay open after the last process of a run has gone. */
const DRAIN_MS = 1_000;
const LAST_LINES = 50;
/** util-linux; the kernel then ends the child when its parent thread dies (I-12). */
const SETPRIV = '/usr/bin/setpriv';
/** What a child gets of our environment: where programs, temporary files and the chosen GPU are. Never a token. */
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'LD_LIBRARY_PATH', 'CUDA_VISIBLE_DEVICES'] as const;

export interface RunOptions {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The environment of the child: nothing else is inherited but PATH, HOME, TMPDIR, LD_LIBRARY_PATH and CUDA_VISIBLE_DEVICES. */
  readonly env: Readonly<Record<string, string>>;
  /** Marks the child and all its descendants, for finding them again. Runs may share it. */
  readonly runId: string;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
  /** Each line as it comes, secrets blotted; a carriage return ends one, too. What it throws ends the run and is thrown. */
  readonly onLine?: ((line: string, stream: 'stdout' | 'stderr') => void) | undefined;
  readonly onStart?: ((pid: number) => void) | undefined;
}

export interface RunResult {
  /** null when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
  readonly cancelled: boolean;
  readonly durationMs: number;
  readonly pid: number;
  /** The last lines of both streams, progress bars left out, secrets blotted. */
  readonly lastLines: readonly string[];
}

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** The path of a program; a bare name is looked up here, because under setpriv a missing one would look like a failing one. */
function locate(file: string): string {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const candidates = file.includes('/') ? [file] : folders.map((folder) => join(folder, file));
  const found = candidates.find(isExecutable);
  if (found === undefined) throw programNotFound(file);
  return found;
}

const inherited = (): Record<string, string> =>
  Object.fromEntries(
    INHERITED.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );

/** Ends a run: its group, its session, its descendants, and whatever carries its marker; kills what does not go within the grace. */
async function endTree(tree: ProcessWatch, leader: number): Promise<void> {
  const isAlive = () => (canListProcesses() ? tree.alive().length > 0 : isGroupAlive(leader));
  const signal = (name: NodeJS.Signals) => signalAll([-leader, ...tree.alive()], name);
  if (!isAlive()) return;
  signal('SIGTERM');
  const deadline = performance.now() + GRACE_MS;
  while (isAlive() && performance.now() < deadline) await sleep(50);
  for (let round = 0; round < 40 && isAlive(); round += 1) {
    signal('SIGKILL');
    await sleep(50);
  }
}

/** Starts the shell that ends the run should this process be killed; the function tells it that all went well. */
function startWatchdog(marker: string, leader: number): () => void {
  const watchdog = execa('/bin/sh', ['-c', WATCHDOG_SCRIPT, 'sh', marker, String(leader)], {
    cwd: '/',
    env: { PATH: process.env.PATH ?? '' },
    extendEnv: false,
    detached: true,
    reject: false,
    buffer: false,
    stdin: 'pipe',
    stdout: 'ignore',
    stderr: 'ignore',
  });
  // Somebody may have killed the watchdog; the run does not need it.
  watchdog.stdin?.on('error', () => undefined);
  return () => watchdog.stdin?.end('done\n');
}

function start({ file, args, cwd, env }: RunOptions, marker: string) {
  const program = locate(file);
  const wrap = isExecutable(SETPRIV) ? [SETPRIV, '--pdeathsig', 'SIGKILL', '--', program] : [program];
  return execa(wrap[0] ?? program, [...wrap.slice(1), ...args], {
    cwd,
    env: { ...inherited(), ...env, [RUN_MARKER]: marker },
    extendEnv: false,
    detached: true,
    reject: false,
    buffer: false,
    stdin: 'ignore',
  });
}

/** Reads both streams by lines until told to stop; keeps the last ones. */
function readStreams(
  child: ReturnType<typeof start>,
  onLine: RunOptions['onLine'],
  onFailure: (error: unknown) => void,
) {
  const lastLines: string[] = [];
  const keep = (stream: 'stdout' | 'stderr') =>
    splitLines((raw) => {
      const line = redact(raw);
      if (!/\d+%\|/.test(line)) lastLines.push(line);
      if (lastLines.length > LAST_LINES) lastLines.shift();
      try {
        onLine?.(line, stream);
      } catch (error) {
        onFailure(error);
      }
    });
  const readers = (['stdout', 'stderr'] as const).map((name) => {
    const splitter = keep(name);
    const stream = child[name];
    stream?.setEncoding('utf8').on('data', splitter.push);
    const closed = new Promise<void>((resolve) => (stream ? stream.once('close', resolve) : resolve()));
    return { splitter, stream, closed };
  });
  return {
    lastLines,
    /** All that was written, or what came until the streams, held open by a stranger, were given up. */
    drain: async () => {
      await Promise.race([
        Promise.all(readers.map(({ closed }) => closed)),
        sleep(DRAIN_MS, undefined, { ref: false }),
      ]);
      for (const { splitter, stream } of readers) {
        stream?.destroy();
        splitter.end();
      }
    },
  };
}

/**
 * Runs a program to its end: arguments as an array, no shell, its own process group, killed with this process and, on abort or
 * timeout, as a whole tree. Never rejects for how the program ended; throws `PROCESS.NOT_FOUND` or `PROCESS.START_FAILED` when it
 * cannot start. When it returns, nothing that it started is left.
 */
export async function runProcess(options: RunOptions): Promise<RunResult> {
  const { file, cwd, runId, signal, timeoutMs, onLine, onStart } = options;
  signal?.throwIfAborted();
  const marker = markerOf(runId, randomUUID());
  if (!existsSync(cwd)) throw startFailed(file, 'its working folder does not exist');
  const started = performance.now();
  const child = start(options, marker);
  const exited = new Promise<Pick<RunResult, 'exitCode' | 'signal'>>((resolve) =>
    child.once('exit', (exitCode, by) => resolve({ exitCode, signal: by })),
  );
  const { pid } = child;
  if (pid === undefined) throw startFailed(file, 'no process was made', (await child).cause);
  const tree = watchRun(marker, pid);
  const release = startWatchdog(marker, pid);
  let ending: Promise<void> | undefined;
  let ended: 'cancelled' | 'timedOut' | 'failed' | undefined;
  let failure: unknown;
  const end = (why: NonNullable<typeof ended>) => {
    ended ??= why;
    ending ??= endTree(tree, pid);
  };
  const fail = (error: unknown) => {
    failure ??= error;
    end('failed');
  };
  const onAbort = () => end('cancelled');
  const killOnExit = () => signalAll([-pid, ...tree.alive()], 'SIGKILL');
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => end('timedOut'), timeoutMs);
  signal?.addEventListener('abort', onAbort, { once: true });
  process.once('exit', killOnExit);
  const streams = readStreams(child, onLine, fail);
  try {
    try {
      onStart?.(pid);
    } catch (error) {
      fail(error);
    }
    const exit = await exited;
    clearTimeout(timer);
    // Grandchildren may outlive their parent, holding its streams open; the run is over only when they are gone.
    await (ending ?? endTree(tree, pid));
    await streams.drain();
    if (ended === 'failed') throw failure;
    const { lastLines } = streams;
    const durationMs = performance.now() - started;
    return { ...exit, timedOut: ended === 'timedOut', cancelled: ended === 'cancelled', durationMs, pid, lastLines };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
    process.removeListener('exit', killOnExit);
    release();
  }
}

/**
 * Ends what a dead worker's runs left behind: every process whose run id begins with `prefix`, and its descendants; SIGTERM, after a
 * second SIGKILL. Returns how many there were; none is left.
 */
export async function reapOrphans(prefix: string): Promise<number> {
  const { alive } = watchMarked(prefix);
  const orphans = alive();
  signalAll(orphans, 'SIGTERM');
  const deadline = performance.now() + 1_000;
  while (alive().length > 0 && performance.now() < deadline) await sleep(50);
  for (let round = 0; round < 40 && alive().length > 0; round += 1) {
    signalAll(alive(), 'SIGKILL');
    await sleep(50);
  }
  return orphans.length;
}
