import { CodedError } from '@swm/core/errors';
import { z } from 'zod';
import { isProgressBar } from '../lm-eval/progress.js';
import { parsePythonJson } from '../lm-eval/python-json.js';
import type { RunResult } from '../process/run.js';
import { howItEnded, type PythonScriptOptions, runPythonScript } from '../python-script.js';

const stockLossSchema = z.object({
  /** Mean next-token loss of each row, nats. */
  losses: z.array(z.number().min(0)).min(1),
  device: z.string(),
  parameters: z.int(),
  layers: z.int(),
  torch: z.string(),
  transformers: z.string(),
});
/** What stock transformers says of a folder. */
export type StockLoss = z.infer<typeof stockLossSchema>;

/** `LOAD_PROOF.FAILED`: stock transformers did not open the folder, or had no loss for it. */
const loadFailed = (run: RunResult, reason: string, cause?: unknown): CodedError =>
  new CodedError({
    code: 'LOAD_PROOF.FAILED',
    message: `Stock transformers could not open the exported checkpoint: ${reason.slice(0, 200)}`,
    fix: 'Read the log on the experiment’s page; npm run doctor checks the environment. If the model itself opens, report it.',
    retryable: run.signal === 'SIGKILL',
    details: { exitCode: run.exitCode, signal: run.signal, lastLines: run.lastLines },
    cause,
  });

function readStockLoss(json: string, rows: number, run: RunResult): StockLoss {
  let value: unknown;
  try {
    value = parsePythonJson(json);
  } catch (error) {
    throw loadFailed(run, 'it printed no result', error);
  }
  const parsed = stockLossSchema.safeParse(value);
  if (!parsed.success) throw loadFailed(run, 'its losses are not finite numbers', parsed.error);
  if (parsed.data.losses.length !== rows) throw loadFailed(run, `${rows} losses were expected`);
  return parsed.data;
}

/**
 * Opens a model folder in a clean process with stock transformers, float32, and measures its next-token loss on these tokens, [B][T].
 * A folder with weights missing or left over is refused. Throws `LOAD_PROOF.FAILED`, `EVAL.PYTHON_MISSING`, or, once aborted, the
 * signal's reason.
 */
export async function measureStockLoss(
  options: Omit<PythonScriptOptions, 'onLine'> & {
    readonly modelFolder: string;
    readonly tokenIds: readonly (readonly number[])[];
    readonly onLine?: ((line: string) => void) | undefined;
  },
): Promise<StockLoss> {
  const { modelFolder, tokenIds, onLine } = options;
  let json = '';
  const run = await runPythonScript('stock_loss.py', [modelFolder, JSON.stringify(tokenIds)], {
    ...options,
    onLine: (line, stream) => {
      if (stream === 'stdout') json = line;
      if (!isProgressBar(line)) onLine?.(line);
    },
  });
  if (run.exitCode !== 0) throw loadFailed(run, howItEnded(run));
  return readStockLoss(json, tokenIds.length, run);
}
