import { tmpdir } from 'node:os';
import { openModel } from '@swm/core/checkpoint';
import type { EngineSession } from '@swm/core/engine';
import { createTorchEngine, TORCH_ENGINE_SCRIPT } from '@swm/core/engine/torch';
import { CodedError, isCodedError } from '@swm/core/errors';
import { openProcess, type RunResult } from '@swm/eval';
import { fileModelFolder } from './checkpoint-files.js';

export type TorchDtype = 'f32' | 'bf16' | 'f16';

/** `ENGINE.UNAVAILABLE`: there is no Python to run the engine. */
const pythonMissing = (cause: unknown): CodedError =>
  new CodedError({
    code: 'ENGINE.UNAVAILABLE',
    message: 'The torch engine runs in the Python environment, which is missing.',
    fix: 'Run `npm run setup:python`, or launch with engine AUTO or WASM.',
    cause,
  });

const howItEnded = ({ exitCode, signal, lastLines }: RunResult): string =>
  `${exitCode === null ? `ended by signal ${signal}` : `exit code ${exitCode}`}${lastLines.length > 0 ? `, ${lastLines.at(-1)}` : ''}`;

/**
 * Opens a model and its calibration in the torch engine's side process, which the platform marks with `runId`. Aborting the signal ends
 * the process and all it started. Throws what the engine throws, the signal's reason, or what a bad model folder throws.
 */
export async function openTorchSession(options: {
  readonly folder: string;
  readonly tokenIds: readonly (readonly number[])[];
  readonly python: string;
  readonly dtype: TorchDtype;
  readonly threads: number;
  readonly runId: string;
  readonly signal: AbortSignal;
  readonly cacheBytes?: number;
  readonly onStart?: (pid: number) => void;
  /** Lines of the process's stderr. */
  readonly onLine?: (line: string) => void;
}): Promise<EngineSession> {
  const { folder, tokenIds, python, dtype, threads, runId, signal, cacheBytes, onStart, onLine } = options;
  const program = await openProcess({
    file: python,
    args: [TORCH_ENGINE_SCRIPT, 'auto', dtype],
    // Never the model's folder: nothing in it is ever imported (I-24).
    cwd: tmpdir(),
    env: {
      PYTHONUNBUFFERED: '1',
      PYTHONNOUSERSITE: '1',
      PYTHONDONTWRITEBYTECODE: '1',
      // Plain f32, also in libraries that do not ask torch.
      NVIDIA_TF32_OVERRIDE: '0',
      OMP_NUM_THREADS: String(threads),
      // Threads that wait sleep: on a machine shared with others, spinning at every operation's end made a layer take 2.7 times as long.
      OMP_WAIT_POLICY: 'PASSIVE',
    },
    runId,
    signal,
    onStart,
    onLine,
  }).catch((error: unknown) => {
    throw isCodedError(error) && error.code === 'PROCESS.NOT_FOUND' ? pythonMissing(error) : error;
  });
  const done = program.done.then((run) => {
    signal.throwIfAborted();
    return howItEnded(run);
  });
  try {
    const engine = await createTorchEngine({
      transport: { ...program, done },
      folder,
      ...(cacheBytes === undefined ? {} : { cacheBytes }),
    });
    const files = await fileModelFolder(folder);
    try {
      return await engine.open(await openModel(files), tokenIds);
    } finally {
      await files.close();
    }
  } catch (error) {
    await program.close();
    throw error;
  }
}
