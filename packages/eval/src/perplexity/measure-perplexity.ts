import { CodedError } from '@swm/core/errors';
import { z } from 'zod';
import { taskDataChanged } from '../lm-eval/eval-errors.js';
import { isProgressBar } from '../lm-eval/progress.js';
import { parsePythonJson } from '../lm-eval/python-json.js';
import type { RunResult } from '../process/run.js';
import { type PerplexityProtocol, perplexityTextOf } from '../protocol/index.js';
import { howItEnded, type PythonScriptOptions, runPythonScript } from '../python-script.js';
import { textSha256 } from './text-files.js';

const measuredSchema = z.object({
  /** Mean loss of each segment, nats. */
  losses: z.array(z.number().min(0)).min(1),
  hasBos: z.boolean(),
  device: z.string(),
  torch: z.string(),
  transformers: z.string(),
});
/** A perplexity, and every segment's loss behind it. */
export type MeasuredPerplexity = z.infer<typeof measuredSchema> & { readonly value: number };

/** `PERPLEXITY.FAILED`: the model did not load, the text is too short, or a loss is not finite. */
const perplexityFailed = (run: RunResult, reason: string, cause?: unknown): CodedError =>
  new CodedError({
    code: 'PERPLEXITY.FAILED',
    message: `The perplexity could not be measured: ${reason.slice(0, 200)}`,
    fix: 'Read the log on the experiment’s page. A text needs four segments of tokens at least; a model with infinite losses is broken.',
    retryable: run.signal === 'SIGKILL',
    details: { exitCode: run.exitCode, signal: run.signal, lastLines: run.lastLines },
    cause,
  });

/** Reads what perplexity.py printed. All segments are of one length: the mean of their losses is the mean over all tokens. */
export function readPerplexity(json: string, protocol: PerplexityProtocol, run: RunResult): MeasuredPerplexity {
  let printed: unknown;
  try {
    printed = parsePythonJson(json);
  } catch (error) {
    throw perplexityFailed(run, 'it printed no result', error);
  }
  const parsed = measuredSchema.safeParse(printed);
  if (!parsed.success) throw perplexityFailed(run, 'its losses are not finite numbers', parsed.error);
  const { losses } = parsed.data;
  const { batchSize, limit } = protocol;
  const most = limit === null ? Number.POSITIVE_INFINITY : Math.ceil(limit / batchSize) * batchSize;
  if (losses.length % batchSize !== 0 || losses.length > most)
    throw perplexityFailed(run, `${losses.length} segments are not what was asked for`);
  const value = Math.exp(losses.reduce((sum, loss) => sum + loss, 0) / losses.length);
  if (!Number.isFinite(value)) throw perplexityFailed(run, 'it is infinite');
  return { ...parsed.data, value };
}

/**
 * The paper's perplexity of a model folder on a text (methods.md 4.2), by transformers in a process of its own. Throws
 * `PERPLEXITY.FAILED`, `EVAL.TASK_DATA_MISSING`, `EVAL.TASK_DATA_CHANGED`, `EVAL.PYTHON_MISSING`, or, once aborted, the signal's reason.
 */
export async function measurePerplexity(
  options: Omit<PythonScriptOptions, 'onLine'> & {
    readonly modelFolder: string;
    readonly protocol: PerplexityProtocol;
    readonly textFile: string;
    readonly onProgress?: ((done: number, total: number) => void) | undefined;
    readonly onLine?: ((line: string) => void) | undefined;
  },
): Promise<MeasuredPerplexity> {
  const { modelFolder, protocol, textFile, onProgress, onLine } = options;
  const { task, segmentTokens, batchSize, limit } = protocol;
  if ((await textSha256(textFile, perplexityTextOf(task).file)) !== protocol.dataSha256) throw taskDataChanged(task);
  let json = '';
  const args = [modelFolder, textFile, task, String(segmentTokens), String(batchSize), String(limit ?? 0)];
  const run = await runPythonScript('perplexity.py', args, {
    ...options,
    onLine: (line, stream) => {
      const step = /^segment (\d+)\/(\d+)$/.exec(line);
      if (step) onProgress?.(Number(step[1]), Number(step[2]));
      // A line of more than 64 KiB comes in pieces.
      else if (stream === 'stdout') json += line;
      else if (!isProgressBar(line)) onLine?.(line);
    },
  });
  if (run.exitCode !== 0) throw perplexityFailed(run, howItEnded(run));
  return readPerplexity(json, protocol, run);
}
