import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  createProtocol,
  type EvaluateOptions,
  type Evaluation,
  evaluate,
  type LmEvalProgress,
  locateTaskFiles,
  markedProcesses,
  measureLatency,
  TASK_NAMES,
  TASKS,
  type TaskItems,
} from '@swm/eval';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runReference } from '../support/lm-eval-reference.js';
import { scratchFolder } from '../support/scratch-folder.js';

// The real lm-evaluation-harness on a random two-layer Llama that transformers makes on the spot.
const REPOSITORY = resolve(import.meta.dirname, '../..');
const PYTHON = resolve(REPOSITORY, process.env.SWM_PYTHON ?? '.swm/python/bin/python');
const MINI = join(REPOSITORY, 'packages/eval/tasks/mini');
const THREADS = 2;

const scratch = scratchFolder('lm-eval');
const model = join(scratch.path, 'tiny');
const LIMITED = { name: 'PAPER', data: 'LOCAL', limit: 4, folder: MINI } as const;
let runs = 0;

async function score(
  change: Partial<EvaluateOptions> = {},
  protocol: { name: 'MINI' | 'PAPER'; data: 'BUILTIN' | 'LOCAL'; limit: number | null; folder?: string } = {
    ...{ name: 'MINI', data: 'BUILTIN', limit: null },
  },
): Promise<Evaluation> {
  const { files, sha256 } = await locateTaskFiles(protocol.data, protocol.folder);
  runs += 1;
  return evaluate({
    ...{ python: PYTHON, modelFolder: model, device: 'cpu', threads: THREADS, runId: 'test-lm-eval', taskFiles: files },
    protocol: createProtocol({ ...protocol, dataSha256: sha256 }),
    runFolder: join(scratch.path, `run-${runs}`),
    ...change,
  });
}

/** Changes the weights of a copy of the model by a line of Python; `w` holds the tensors. */
function changedModel(name: string, line: string): string {
  const folder = join(scratch.path, name);
  cpSync(model, folder, { recursive: true });
  const file = join(folder, 'model.safetensors');
  const script = `from safetensors.torch import load_file, save_file\nimport sys\nw = load_file(sys.argv[1])\n${line}\nsave_file(w, sys.argv[1], metadata={"format": "pt"})`;
  execFileSync(PYTHON, ['-c', script, file]);
  return folder;
}

beforeAll(() => {
  const calibration = join(REPOSITORY, 'packages/eval/tasks/calibration/builtin.jsonl');
  const args = [join(REPOSITORY, 'test/support/tiny_model.py'), model, calibration, '2'];
  execFileSync(PYTHON, args, { stdio: 'pipe' });
});
afterAll(() => scratch.remove());

const bit = (bits: Uint8Array, index: number) => ((bits[index >> 3] ?? 0) >> (index & 7)) & 1;
const likelihoods = (items: TaskItems, question: number): number[] => {
  const before = items.choiceCounts.slice(0, question).reduce((sum, count) => sum + count, 0);
  return [...items.logLikelihoods.slice(before, before + (items.choiceCounts[question] ?? 0))];
};

describe('the seven tasks of the built-in suite', () => {
  let ours: Evaluation;
  const progress: LmEvalProgress[] = [];
  const lines: string[] = [];
  const started: { pid: number; argv: readonly string[] }[] = [];

  beforeAll(async () => {
    ours = await score({
      onProgress: (step) => progress.push(step),
      onLine: (line) => lines.push(line),
      onStart: (process) => started.push(process),
    });
  });

  it('give exactly the scores, standard errors and counts of an independent run', () => {
    const workFolder = join(scratch.path, 'reference');
    const reference = runReference({
      ...{ python: PYTHON, modelFolder: model, dataFolder: MINI, workFolder, threads: THREADS },
    });
    for (const { name, metrics } of TASKS) {
      const { figures, count, questions } = reference[name] ?? expect.fail(`${name} is missing`);
      const scores = ours.scores.filter(({ task }) => task === name);
      expect(scores.map(({ metric }) => metric)).toEqual(metrics);
      for (const { metric, value, stderr, n } of scores) {
        expect({ name, metric, value, stderr, n }).toEqual({
          ...{ name, metric, n: count },
          value: figures[`${metric},none`],
          stderr: figures[`${metric}_stderr,none`],
        });
      }
      expect(Object.keys(figures).filter((key) => /^acc(_norm)?,none$/.test(key))).toHaveLength(metrics.length);
      const items = ours.items.find(({ task }) => task === name) ?? expect.fail(`${name} has no questions`);
      expect(items.n).toBe(count);
      const times = [0, 1, 2, 3, 4].map((choice) => items.gold.filter((gold) => gold === choice).length);
      for (const { majorityRate } of scores) expect(majorityRate).toBe(Math.max(...times) / count);
      questions.forEach((question, index) => {
        expect(bit(items.correct, index)).toBe(question.acc);
        expect(likelihoods(items, index)).toEqual(question.logLikelihoods.map(Math.fround));
      });
    }
  });

  it('come with at least 210 questions and the evidence of the run', async () => {
    expect(ours.items.map(({ task }) => task)).toEqual(TASK_NAMES);
    expect(ours.items.reduce((sum, { n }) => sum + n, 0)).toBeGreaterThanOrEqual(210);
    const { run } = ours;
    expect(started).toEqual([{ pid: run.pid, argv: run.argv }]);
    expect(run).toMatchObject({ exitCode: 0, harnessVersion: '0.4.13', truncations: 0 });
    const folder = join(scratch.path, 'run-1');
    const bytes = readFileSync(join(folder, run.resultsFile));
    expect(run.resultsSha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(existsSync(join(folder, 'hf'))).toBe(false);
    expect(ours.scores.every(({ taskHash }) => /^[0-9a-f]{64}$/.test(taskHash))).toBe(true);
    expect(markedProcesses('test-lm-eval')).toEqual([]);
  });

  it('report their progress and their log', () => {
    expect([...new Set(progress.map(({ phase }) => phase))]).toEqual(['loading', 'building', 'scoring', 'saving']);
    const choices = ours.items.reduce((sum, { logLikelihoods }) => sum + logLikelihoods.length, 0);
    const scoring = progress.filter(({ phase }) => phase === 'scoring');
    expect(scoring.every(({ total }) => total === choices)).toBe(true);
    expect(scoring.at(-1)?.done).toBe(choices);
    expect(lines.some((line) => line.includes('Initializing hf model'))).toBe(true);
    expect(lines.filter((line) => /\d+%\|/.test(line))).toEqual([]);
  });

  it('are asked from the first on under a limit', async () => {
    const limited = await score({}, LIMITED);
    expect(limited.scores.every(({ n }) => n === 4)).toBe(true);
    for (const items of limited.items) {
      const all = ours.items.find(({ task }) => task === items.task) ?? expect.fail('a task is missing');
      for (let question = 0; question < 4; question += 1) {
        const [few, full] = [likelihoods(items, question), likelihoods(all, question)];
        expect(few).toHaveLength(full.length);
        // Another batch is another order of additions.
        few.forEach((value, choice) => {
          expect(Math.abs(value - (full[choice] ?? Number.NaN))).toBeLessThan(1e-3);
        });
      }
    }
  });
});

describe('what goes wrong', () => {
  it('a model whose logits are not finite has no score', async () => {
    const modelFolder = changedModel('nan', 'w["model.norm.weight"][:] = float("nan")');
    await expect(score({ modelFolder }, LIMITED)).rejects.toMatchObject({ code: 'EVAL.NON_FINITE' });
  });

  it('a folder without weights is told with the log', async () => {
    const modelFolder = changedModel('bare', '');
    execFileSync('rm', [join(modelFolder, 'model.safetensors')]);
    const failure = score({ modelFolder });
    await expect(failure).rejects.toMatchObject({ code: 'EVAL.FAILED', details: { exitCode: 1 } });
    const { details } = await failure.catch((error) => error);
    expect(details.lastLines.length).toBeGreaterThan(5);
    expect(details.lastLines.length).toBeLessThanOrEqual(50);
  });

  it('a cancel ends it within 10 s with its whole tree', async () => {
    const controller = new AbortController();
    const reason = new Error('asked to stop');
    let asked = 0;
    const run = score({
      signal: controller.signal,
      onProgress: () => {
        asked ||= performance.now();
        controller.abort(reason);
      },
    });
    await expect(run).rejects.toBe(reason);
    expect(asked).toBeGreaterThan(0);
    expect(performance.now() - asked).toBeLessThan(10_000);
    expect(markedProcesses('test-lm-eval')).toEqual([]);
  });

  it('a kill from outside is told from a want of memory, and may be tried again', async () => {
    const run = score({
      onProgress: () => {
        for (const pid of markedProcesses('test-lm-eval')) process.kill(pid, 'SIGKILL');
      },
    });
    await expect(run).rejects.toMatchObject({ code: 'EVAL.KILLED', retryable: true });
  });
});

describe('latency', () => {
  it('keeps every recorded sample, one measurement on the machine at a time', async () => {
    const measure = (steps: number[], log: string[]) =>
      measureLatency({
        ...{ python: PYTHON, modelFolder: model, protocol: 'QUICK', runId: 'test-lm-eval', threads: THREADS },
        onProgress: (done, total) => steps.push(done, total),
        onLine: (line) => log.push(line),
      });
    const steps: [number[], number[]] = [[], []];
    const log: string[] = [];
    const both = await Promise.all([measure(steps[0], log), measure(steps[1], log)]);
    for (const measured of both) {
      expect(measured).toMatchObject({ newTokens: 32, device: 'cpu', dtype: 'float32', threads: THREADS });
      expect(measured.samplesMs).toHaveLength(5);
      expect(measured.promptTokens).toBeGreaterThan(5);
    }
    for (const seen of steps) expect(seen.filter((_, index) => index % 2 === 0)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(log.join('\n')).not.toMatch(/Traceback/);
  });
});
