import { CodedError } from '@swm/core/errors';
import { z } from 'zod';
import { isProgressBar } from '../lm-eval/progress.js';
import type { RunResult } from '../process/run.js';
import { howItEnded, type PythonScriptOptions, runPythonScript } from '../python-script.js';

export type LatencyProtocolName = 'QUICK' | 'PAPER';

/** Recorded runs and new tokens of each protocol, as in python/latency.py. */
const EXPECTED = { QUICK: { samples: 5, newTokens: 32 }, PAPER: { samples: 20, newTokens: 128 } } as const;

/** Runs of each protocol, warm-up included. */
export const LATENCY_RUNS: Readonly<Record<LatencyProtocolName, number>> = { QUICK: 7, PAPER: 30 };

const measuredSchema = z.object({
  /** Milliseconds a generation, in order, warm-up left out. */
  samplesMs: z.array(z.number().positive()).min(1),
  promptTokens: z.int(),
  newTokens: z.int(),
  device: z.string(),
  dtype: z.string(),
  threads: z.int(),
  torch: z.string(),
  transformers: z.string(),
  parameters: z.int(),
  /** How often a second other work took a core away while samples were taken. */
  involuntarySwitchesPerSecond: z.number().min(0),
});
/** What the machine did: raw samples, and everything they depend on beside the model. */
export type MeasuredLatency = z.infer<typeof measuredSchema>;

/** `LATENCY.FAILED`: the model could not be loaded or did not generate. */
const latencyFailed = (run: RunResult, reason: string, cause?: unknown): CodedError =>
  new CodedError({
    code: 'LATENCY.FAILED',
    message: `Timing failed: ${reason.slice(0, 200)}`,
    fix: 'Read the log on the experiment’s page; npm run doctor checks the environment.',
    retryable: run.signal === 'SIGKILL',
    details: { exitCode: run.exitCode, signal: run.signal, lastLines: run.lastLines },
    cause,
  });

/** Reads what latency.py printed; anything but a complete run of the protocol is `LATENCY.FAILED`. */
export function readLatency(json: string, protocol: LatencyProtocolName, run: RunResult): MeasuredLatency {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw latencyFailed(run, 'it printed no result', error);
  }
  const parsed = measuredSchema.safeParse(value);
  if (!parsed.success) throw latencyFailed(run, 'its result cannot be read', parsed.error);
  const { samples, newTokens } = EXPECTED[protocol];
  if (parsed.data.samplesMs.length !== samples || parsed.data.newTokens !== newTokens)
    throw latencyFailed(run, `${samples} runs of ${newTokens} tokens were expected`);
  return parsed.data;
}

/**
 * Times generation with transformers in one process of its own (methods.md 4.3); a second measurement on the machine waits for the
 * first. Throws `LATENCY.FAILED`, `EVAL.PYTHON_MISSING`, or, once aborted, the signal's reason.
 */
export async function measureLatency(
  options: Omit<PythonScriptOptions, 'onLine'> & {
    readonly modelFolder: string;
    readonly protocol: LatencyProtocolName;
    readonly onProgress?: ((done: number, total: number) => void) | undefined;
    readonly onLine?: ((line: string) => void) | undefined;
  },
): Promise<MeasuredLatency> {
  const { modelFolder, protocol, onProgress, onLine } = options;
  let json = '';
  const run = await runPythonScript('latency.py', [modelFolder, protocol], {
    ...options,
    onLine: (line, stream) => {
      const step = /^run (\d+)\/(\d+)$/.exec(line);
      if (step) onProgress?.(Number(step[1]), Number(step[2]));
      else if (stream === 'stdout') json = line;
      else if (!isProgressBar(line)) onLine?.(line);
    },
  });
  if (run.exitCode !== 0) throw latencyFailed(run, howItEnded(run));
  return readLatency(json, protocol, run);
}
