import { createHash } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { countOutOfMemoryKills } from '../process/host-memory.js';
import { runProcess } from '../process/run.js';
import { HARNESS_VERSION, type Protocol, type TaskName } from '../protocol/index.js';
import { majorityRate } from '../scoreboard/index.js';
import { type LmEvalCommand, localName, taskFileOf, writeLmEvalRun } from './command.js';
import { badResults, errorOfRun, noResults, partialResults, taskDataChanged } from './eval-errors.js';
import { isProgressBar, isTruncation, type LmEvalProgress, readProgress } from './progress.js';
import { readPythonFacts } from './python-facts.js';
import { type LmEvalScore, readResults } from './results.js';
import { readSamples, type TaskItems } from './samples.js';
import { inspectTaskFile } from './task-rows.js';

/** How the harness ran: the evidence kept beside every score. */
export interface LmEvalRun {
  readonly argv: readonly string[];
  readonly pid: number;
  readonly exitCode: number;
  /** Relative to the run folder. */
  readonly resultsFile: string;
  readonly resultsSha256: string;
  readonly harnessVersion: string;
  /** Prompts cut from the left. */
  readonly truncations: number;
  readonly durationMs: number;
}

/** A figure with what always giving the commonest right choice would score on the same questions. */
export interface EvaluatedScore extends LmEvalScore {
  readonly majorityRate: number | null;
}

export interface Evaluation {
  readonly scores: readonly EvaluatedScore[];
  readonly items: readonly TaskItems[];
  readonly run: LmEvalRun;
}

export interface EvaluateOptions {
  readonly python: string;
  readonly modelFolder: string;
  readonly protocol: Protocol;
  /** Absolute path of the JSON Lines file of each task of the protocol. */
  readonly taskFiles: Readonly<Partial<Record<TaskName, string>>>;
  /** A folder of its own; emptied first. */
  readonly runFolder: string;
  /** Marks the processes. */
  readonly runId: string;
  readonly device: string;
  readonly threads: number;
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: LmEvalProgress) => void) | undefined;
  readonly onLine?: ((line: string) => void) | undefined;
  readonly onStart?: ((process: { readonly pid: number; readonly argv: readonly string[] }) => void) | undefined;
}

async function findFiles(folder: string, pattern: RegExp): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** The protocol names its data by digest; what is scored must be that. Returns the number of questions of each task. */
async function checkTaskFiles({ protocol, taskFiles }: EvaluateOptions): Promise<ReadonlyMap<TaskName, number>> {
  const counts = new Map<TaskName, number>();
  for (const { name, dataSha256 } of protocol.tasks) {
    const { sha256, count } = await inspectTaskFile(name, taskFileOf(taskFiles, name));
    if (sha256 !== dataSha256) throw taskDataChanged(name);
    counts.set(name, count);
  }
  return counts;
}

/** Share of set bits among the first n. */
const proportion = (bits: Uint8Array, n: number): number =>
  bits.reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0) / n;

/** Every score must be the mean of the questions on file; sums of ones are exact, so equality is too, up to the last division. */
function checkAgainstItems(scores: readonly LmEvalScore[], items: TaskItems): void {
  for (const { metric, value, n } of scores.filter(({ task }) => task === items.task)) {
    if (items.n !== n) throw partialResults(`${items.task} has ${items.n} of ${n} answered questions on file`);
    const bits = metric === 'acc' ? items.correct : items.correctNorm;
    if (bits === null || Math.abs(proportion(bits, n) - value) > 1e-12)
      throw badResults(`${metric} of ${items.task} is not the mean of its questions`);
  }
}

async function readItems(
  resultsFolder: string,
  protocol: Protocol,
  scores: readonly LmEvalScore[],
): Promise<TaskItems[]> {
  const all: TaskItems[] = [];
  for (const { name } of protocol.tasks) {
    const [file] = await findFiles(resultsFolder, new RegExp(`^samples_${localName(name)}_.*\\.jsonl$`));
    if (!file) throw partialResults(`the questions of ${name} are missing`);
    const items = readSamples(await readFile(file, 'utf8'), name);
    checkAgainstItems(scores, items);
    all.push(items);
  }
  return all;
}

/** Runs the harness to a good end and reads everything it wrote. */
async function runHarness(
  options: EvaluateOptions,
  command: LmEvalCommand,
  counts: ReadonlyMap<TaskName, number>,
): Promise<Evaluation> {
  const { python, protocol, runFolder, runId, signal, timeoutMs, onProgress, onLine, onStart } = options;
  const argv = [python, ...command.args];
  const shortages = countOutOfMemoryKills();
  let truncations = 0;
  const run = await runProcess({
    ...{ file: python, args: command.args, cwd: command.cwd, env: command.env, runId, signal, timeoutMs },
    onStart: (pid) => onStart?.({ pid, argv }),
    onLine: (line) => {
      const progress = readProgress(line);
      if (progress) onProgress?.(progress);
      if (isTruncation(line)) truncations += 1;
      if (!isProgressBar(line)) onLine?.(line);
    },
  });
  signal?.throwIfAborted();
  if (run.exitCode !== 0) throw errorOfRun(run, countOutOfMemoryKills() > shortages);
  const files = await findFiles(command.resultsFolder, /^results_.*\.json$/);
  const [file] = files;
  if (!file || files.length > 1) throw noResults(run, files.length);
  const bytes = await readFile(file);
  const scores = readResults(bytes.toString('utf8'), protocol, counts);
  const items = await readItems(command.resultsFolder, protocol, scores);
  const majorities = new Map(items.map(({ task, gold }) => [task, majorityRate(gold)]));
  return {
    scores: scores.map((score) => ({ ...score, majorityRate: majorities.get(score.task) ?? null })),
    items,
    run: {
      argv,
      pid: run.pid,
      exitCode: run.exitCode,
      resultsFile: relative(runFolder, file),
      resultsSha256: createHash('sha256').update(bytes).digest('hex'),
      harnessVersion: HARNESS_VERSION,
      truncations,
      durationMs: run.durationMs,
    },
  };
}

/**
 * Scores a model folder by the real lm-evaluation-harness under a protocol. Success is exit 0 *and* one results file *and* every task
 * and question in it, judged as its log-likelihoods say (lm-eval.md 1.5); everything else throws a coded `EVAL.*` error, or, once
 * aborted, the signal's reason.
 */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const { python, runFolder, runId, signal } = options;
  await rm(runFolder, { recursive: true, force: true });
  const counts = await checkTaskFiles(options);
  const { tasksFolder } = await readPythonFacts({ python, runId, signal });
  const command = await writeLmEvalRun({ ...options, tasksFolder });
  try {
    return await runHarness(options, command, counts);
  } finally {
    // A copy of the task files; what the harness wrote stays.
    await rm(command.cacheFolder, { recursive: true, force: true });
  }
}
