import { tmpdir } from 'node:os';
import { isCodedError } from '@swm/core/errors';
import { pythonMissing } from './lm-eval/eval-errors.js';
import { type RunResult, runProcess } from './process/run.js';
import { pythonScript } from './python-folder.js';

export interface PythonScriptOptions {
  readonly python: string;
  readonly runId: string;
  readonly threads: number;
  readonly signal?: AbortSignal | undefined;
  readonly onLine?: ((line: string, stream: 'stdout' | 'stderr') => void) | undefined;
}

/**
 * Runs a script of packages/eval/python in a clean process of its own. Returns how it ended, whatever its exit code. Throws
 * `EVAL.PYTHON_MISSING`, or, once aborted, the signal's reason.
 */
export async function runPythonScript(
  script: string,
  args: readonly string[],
  options: PythonScriptOptions,
): Promise<RunResult> {
  const { python, runId, threads, signal, onLine } = options;
  const run = await runProcess({
    file: python,
    args: [pythonScript(script), ...args],
    // Never the model's folder: nothing in it is ever imported (I-24).
    cwd: tmpdir(),
    env: {
      PYTHONUNBUFFERED: '1',
      PYTHONNOUSERSITE: '1',
      TOKENIZERS_PARALLELISM: 'false',
      OMP_NUM_THREADS: String(threads),
    },
    ...{ runId, signal, onLine },
  }).catch((error: unknown) => {
    throw isCodedError(error) && error.code === 'PROCESS.NOT_FOUND' ? pythonMissing(error) : error;
  });
  signal?.throwIfAborted();
  return run;
}

/** The end of a run that went wrong, in words. */
export const howItEnded = ({ exitCode, signal, lastLines }: RunResult): string =>
  `${exitCode === null ? `ended by signal ${signal}` : `ended with code ${exitCode}`}: ${lastLines.at(-1) ?? 'no output'}`;
