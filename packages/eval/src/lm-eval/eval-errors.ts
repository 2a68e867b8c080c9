import { CodedError } from '@swm/core/errors';
import type { RunResult } from '../process/run.js';

const logOf = (run: RunResult) => ({ exitCode: run.exitCode, signal: run.signal, lastLines: run.lastLines });

/** `EVAL.PYTHON_MISSING`: the Python environment has not been set up. */
export const pythonMissing = (cause?: unknown): CodedError =>
  new CodedError({
    code: 'EVAL.PYTHON_MISSING',
    message: 'The Python environment that scores models is missing.',
    fix: 'Run `npm run setup:python` (Python 3.11 or newer with venv), or set SWM_PYTHON to an environment of yours.',
    cause,
  });

/** `EVAL.MODULE_MISSING`: the environment lacks a package. */
export const moduleMissing = (module: string, run?: RunResult): CodedError =>
  new CodedError({
    code: 'EVAL.MODULE_MISSING',
    message: `The Python environment lacks the package ${module}.`,
    fix: 'Run `npm run setup:python`; in an environment of yours, install packages/eval/python/requirements.txt.',
    details: run ? logOf(run) : {},
  });

/** `EVAL.VERSION_MISMATCH`: another harness, or another version of a task, than the protocol is defined for. */
export const versionMismatch = (what: string, found: string, wanted: string): CodedError =>
  new CodedError({
    code: 'EVAL.VERSION_MISMATCH',
    message: `The environment holds version ${found} of ${what}; the protocol is defined for ${wanted}.`,
    fix: 'Install the pinned versions (npm run setup:python does).',
    details: { what, found, wanted },
  });

/** `EVAL.TASK_DATA_MISSING`: a task's JSON Lines file is not there. */
export const taskDataMissing = (file: string, cause?: unknown): CodedError =>
  new CodedError({
    code: 'EVAL.TASK_DATA_MISSING',
    message: `The task data ${file} is missing.`,
    fix: 'Set SWM_TASK_DATA to a folder with boolq, piqa, hellaswag, winogrande, arc_easy, arc_challenge and openbookqa as .jsonl files.',
    cause,
  });

/** `EVAL.TASK_DATA_CHANGED`: a task's file is no longer the one whose digest is in the protocol. */
export const taskDataChanged = (task: string): CodedError =>
  new CodedError({
    code: 'EVAL.TASK_DATA_CHANGED',
    message: `The data of ${task} is no longer what the protocol names by its digest.`,
    fix: 'Put the file back, or launch again: other data is another protocol.',
    details: { task },
  });

/** `EVAL.TASK_DATA_INVALID`: a task's file is there, but not each line is a question of the stock task. */
export const taskDataInvalid = (reason: string, run?: RunResult): CodedError =>
  new CodedError({
    code: 'EVAL.TASK_DATA_INVALID',
    message: `The task data cannot be read: ${reason}.`,
    fix: 'Each line must be a JSON object with the fields of the stock task, as in packages/eval/tasks/mini.',
    details: run ? logOf(run) : {},
  });

/** `EVAL.NO_RESULTS`: lm-eval ended well but wrote nothing (a full disk does that). */
export const noResults = (run: RunResult, found: number): CodedError =>
  new CodedError({
    code: 'EVAL.NO_RESULTS',
    message: found === 0 ? 'lm-eval ended without writing results.' : 'lm-eval left more than one results file.',
    fix: 'Check free disk space under SWM_HOME and the log, then launch again.',
    retryable: true,
    details: logOf(run),
  });

/** `EVAL.BAD_RESULTS`: the results file is not what the harness writes. */
export const badResults = (reason: string, cause?: unknown): CodedError =>
  new CodedError({
    code: 'EVAL.BAD_RESULTS',
    message: `lm-eval's results cannot be used: ${reason}.`,
    fix: 'Check that the environment holds the pinned versions (npm run doctor), then launch again.',
    cause,
  });

/** `EVAL.PARTIAL`: tasks or questions are missing. */
export const partialResults = (reason: string): CodedError =>
  new CodedError({
    code: 'EVAL.PARTIAL',
    message: `lm-eval did not answer everything: ${reason}.`,
    fix: 'Look at the log for skipped tasks, then launch again.',
  });

/** `EVAL.NON_FINITE`: NaN or infinite figures or log-likelihoods. */
export const nonFiniteScores = (where: string): CodedError =>
  new CodedError({
    code: 'EVAL.NON_FINITE',
    message: `The model gives numbers that are not finite (${where}), so its scores mean nothing.`,
    fix: 'Check the source weights; a plan that breaks the model this badly cannot be ranked.',
  });

/** `EVAL.GPU_OUT_OF_MEMORY`: the accelerator's memory did not suffice. */
const gpuOutOfMemory = (run: RunResult, report: string): CodedError =>
  new CodedError({
    code: 'EVAL.GPU_OUT_OF_MEMORY',
    message: `Scoring ran out of GPU memory: ${report.slice(0, 300)}`,
    fix: 'Free memory on the GPU (nvidia-smi says who holds it), or use a smaller model or a larger GPU; then launch again.',
    details: logOf(run),
  });

/** `EVAL.OUT_OF_MEMORY`: the host ran out of memory. */
const outOfMemory = (run: RunResult): CodedError =>
  new CodedError({
    code: 'EVAL.OUT_OF_MEMORY',
    message: 'Scoring ran out of the machine’s memory.',
    fix: 'Free memory on the machine (or use one with more), then launch again.',
    details: logOf(run),
  });

/** `EVAL.KILLED`: a signal from outside ended lm-eval, and the system reports no shortage of memory. */
const killed = (run: RunResult): CodedError =>
  new CodedError({
    code: 'EVAL.KILLED',
    message: `lm-eval was ended from outside by ${run.signal ?? 'a signal'}.`,
    fix: 'Launch again; if it repeats, look at the machine’s log for what ends processes.',
    retryable: true,
    details: logOf(run),
  });

/** `EVAL.TIMED_OUT`: longer than the limit of a run. */
const timedOut = (run: RunResult): CodedError =>
  new CodedError({
    code: 'EVAL.TIMED_OUT',
    message: 'Scoring took longer than its limit.',
    fix: 'Use a limit, or a faster machine.',
    details: logOf(run),
  });

/** `EVAL.FAILED`: lm-eval ended with an error of its own. */
const failed = (run: RunResult): CodedError => {
  const cause =
    run.lastLines.findLast((line) => /^\w*(Error|Exception)\b/.test(line)) ?? run.lastLines.at(-1) ?? 'no output';
  return new CodedError({
    code: 'EVAL.FAILED',
    message: `lm-eval ended with ${run.exitCode === null ? `signal ${run.signal}` : `code ${run.exitCode}`}: ${cause.slice(0, 200)}`,
    fix: 'Read the log on the experiment’s page; npm run doctor checks the environment.',
    details: logOf(run),
  });
};

/** What the last lines say the data lack: Arrow's report, or the field a prompt's template did not find. */
const dataComplaint = (log: string): string | undefined =>
  /(?:DatasetGenerationError|JSON parse error|CastError|ArrowInvalid)[^\n]{0,120}/.exec(log)?.[0] ??
  /(?:UndefinedError: [^\n]{1,120}|task\.build_requests\(\) did not find any docs)/.exec(log)?.[0];

/**
 * The coded error of a run that did not end with 0, by how it ended and its last lines. `wasHostShort`: the kernel ended a process for
 * want of memory meanwhile.
 */
export function errorOfRun(run: RunResult, wasHostShort = false): CodedError {
  if (run.timedOut) return timedOut(run);
  const log = run.lastLines.join('\n');
  const module = /ModuleNotFoundError: No module named '([\w.]+)'/.exec(log)?.[1];
  if (module) return moduleMissing(module, run);
  const gpu = /(?:CUDA out of memory|HIP out of memory|CUDA error: out of memory)[^\n]*/.exec(log)?.[0];
  if (gpu) return gpuOutOfMemory(run, gpu);
  const wasKilled = run.signal === 'SIGKILL' || run.exitCode === 137;
  if ((wasKilled && wasHostShort) || /\bMemoryError\b|can't allocate memory|Cannot allocate memory/.test(log))
    return outOfMemory(run);
  if (run.signal !== null || wasKilled) return killed(run);
  const complaint = dataComplaint(log);
  if (complaint) return taskDataInvalid(complaint, run);
  return failed(run);
}
