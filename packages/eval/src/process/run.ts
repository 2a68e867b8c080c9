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
/** How long a program that is spoken to may take to end after its input has ended. */
const CLOSE_MS = 2_000;
/** The longest answer of a program that is spoken to. */
const MAX_ANSWER_CHARACTERS = 1 << 26;
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

function start({ file, args, cwd, env }: RunOptions, marker: string, stdin: 'ignore' | 'pipe') {
  const program = locate(file);
  const wrap = isExecutable(SETPRIV) ? [SETPRIV, '--pdeathsig', 'SIGKILL', '--', program] : [program];
  return execa(wrap[0] ?? program, [...wrap.slice(1), ...args], {
    cwd,
    env: { ...inherited(), ...env, [RUN_MARKER]: marker },
    extendEnv: false,
    detached: true,
    reject: false,
    buffer: false,
    stdin,
  });
}

/** Reads both streams by lines until told to stop; keeps the last ones, of a program that is spoken to those of stderr. */
function readStreams(
  child: ReturnType<typeof start>,
  onLine: RunOptions['onLine'],
  onFailure: (error: unknown) => void,
) {
  const lastLines: string[] = [];
  const isSpokenTo = child.stdin !== null;
  const keep = (stream: 'stdout' | 'stderr') => {
    const isAnswer = isSpokenTo && stream === 'stdout';
    const hand = (raw: string) => {
      const line = redact(raw);
      if (!isAnswer && !/\d+%\|/.test(line)) lastLines.push(line);
      if (lastLines.length > LAST_LINES) lastLines.shift();
      try {
        onLine?.(line, stream);
      } catch (error) {
        onFailure(error);
      }
    };
    return isAnswer ? splitLines(hand, MAX_ANSWER_CHARACTERS) : splitLines(hand);
  };
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

/** A program on its way: its process, how to end it early, and how it ended. */
interface Run {
  readonly child: ReturnType<typeof start>;
  readonly end: (why: 'cancelled') => void;
  readonly result: Promise<RunResult>;
}

/** Starts a program and sees it through; throws as `runProcess` does when it cannot start. */
async function begin(options: RunOptions, stdin: 'ignore' | 'pipe'): Promise<Run> {
  const { file, cwd, runId, signal } = options;
  signal?.throwIfAborted();
  const marker = markerOf(runId, randomUUID());
  if (!existsSync(cwd)) throw startFailed(file, 'its working folder does not exist');
  const started = performance.now();
  const child = start(options, marker, stdin);
  const exited = new Promise<Pick<RunResult, 'exitCode' | 'signal'>>((resolve) =>
    child.once('exit', (exitCode, by) => resolve({ exitCode, signal: by })),
  );
  const { pid } = child;
  if (pid === undefined) throw startFailed(file, 'no process was made', (await child).cause);
  return { child, ...seeThrough(options, { child, pid, marker, started, exited }) };
}

/** Watches a started program to its end; when `result` settles, nothing that it started is left. */
function seeThrough(
  { signal, timeoutMs, onLine, onStart }: RunOptions,
  run: {
    readonly child: ReturnType<typeof start>;
    readonly pid: number;
    readonly marker: string;
    readonly started: number;
    readonly exited: Promise<Pick<RunResult, 'exitCode' | 'signal'>>;
  },
): Pick<Run, 'end' | 'result'> {
  const { child, pid, marker, started, exited } = run;
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
  const conclude = async (): Promise<RunResult> => {
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
  };
  return { end, result: conclude() };
}

/**
 * Runs a program to its end: arguments as an array, no shell, its own process group, killed with this process and, on abort or
 * timeout, as a whole tree. Never rejects for how the program ended; throws `PROCESS.NOT_FOUND` or `PROCESS.START_FAILED` when it
 * cannot start. When it returns, nothing that it started is left.
 */
export async function runProcess(options: RunOptions): Promise<RunResult> {
  const { result } = await begin(options, 'ignore');
  return result;
}

/** A running program that is spoken to by lines. */
export interface LineProcess {
  /** One line to its stdin. Lost when the program has gone: `done` tells. */
  readonly send: (line: string) => void;
  /** Hands on every line of its stdout, secrets blotted, in order and from the first. Called once. */
  readonly onLine: (listener: (line: string) => void) => void;
  /** Ends its stdin, and after 2 s the whole tree; resolves when nothing of it is left. */
  readonly close: () => Promise<void>;
  /** How it ended, as `runProcess` gives it; rejects with what a listener threw. */
  readonly done: Promise<RunResult>;
}

/**
 * Starts a program and leaves it running, its stdin and stdout open to lines; everything else is as in `runProcess`. `options.onLine`
 * hears stderr alone.
 */
export async function openProcess(options: RunOptions): Promise<LineProcess> {
  const early: string[] = [];
  let hear = (line: string): void => void early.push(line);
  const onLine: RunOptions['onLine'] = (line, stream) =>
    stream === 'stdout' ? hear(line) : options.onLine?.(line, stream);
  const { child, end, result } = await begin({ ...options, onLine }, 'pipe');
  // A write to a program that has gone fails; its end is told by `done`, which somebody may not be waiting for yet.
  child.stdin?.on('error', () => undefined);
  result.catch(() => undefined);
  return {
    send: (line) => void child.stdin?.write(`${line}\n`),
    onLine: (listener) => {
      hear = listener;
      for (const line of early.splice(0)) listener(line);
    },
    close: async () => {
      child.stdin?.end();
      const timer = setTimeout(() => end('cancelled'), CLOSE_MS);
      await result.catch(() => undefined).finally(() => clearTimeout(timer));
    },
    done: result,
  };
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
