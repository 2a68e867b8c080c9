import { z } from 'zod';
import type { Protocol, TaskDescription, TaskName } from '../protocol/index.js';
import { HARNESS_VERSION, TASKS } from '../protocol/index.js';
import { localName } from './command.js';
import { badResults, nonFiniteScores, partialResults, versionMismatch } from './eval-errors.js';
import { NON_FINITE, parsePythonJson } from './python-json.js';

/** One metric of one task, as the harness gives it. */
export interface LmEvalScore {
  readonly task: TaskName;
  readonly metric: 'acc' | 'acc_norm';
  /** A proportion. */
  readonly value: number;
  /** null for a single question. */
  readonly stderr: number | null;
  readonly n: number;
  readonly harnessVersion: string;
  readonly taskVersion: string;
  /** The harness's fingerprint of questions, prompts and targets. */
  readonly taskHash: string;
}

const resultsSchema = z.object({
  results: z.record(z.string(), z.record(z.string(), z.unknown())),
  versions: z.record(z.string(), z.union([z.string(), z.number()])),
  'n-shot': z.record(z.string(), z.number()),
  'n-samples': z.record(z.string(), z.object({ original: z.int(), effective: z.int() })),
  task_hashes: z.record(z.string(), z.string()),
  lm_eval_version: z.string(),
  config: z.object({ model_dtype: z.string() }),
});
type Results = z.infer<typeof resultsSchema>;

function readMetric(
  values: Readonly<Record<string, unknown>>,
  task: string,
  metric: string,
): { value: number; stderr: number | null } {
  const value = values[`${metric},none`];
  const stderr = values[`${metric}_stderr,none`];
  if (NON_FINITE.test(String(value)) || NON_FINITE.test(String(stderr))) throw nonFiniteScores(`${metric} of ${task}`);
  if (typeof value !== 'number' || value < 0 || value > 1)
    throw badResults(`${metric} of ${task} is ${JSON.stringify(value)}`);
  // One question has no standard error: the harness writes "N/A".
  if (stderr === 'N/A') return { value, stderr: null };
  if (typeof stderr !== 'number' || stderr < 0)
    throw badResults(`the standard error of ${task} is ${JSON.stringify(stderr)}`);
  return { value, stderr };
}

function parseResults(text: string): Results {
  let value: unknown;
  try {
    value = parsePythonJson(text);
  } catch (error) {
    throw badResults('the file is not JSON', error);
  }
  const parsed = resultsSchema.safeParse(value);
  if (!parsed.success) throw badResults(z.prettifyError(parsed.error), parsed.error);
  return parsed.data;
}

/** Refuses a run that is not what the protocol says: other versions, shots, dtype, or number of questions (I-30). */
function checkTask(
  results: Results,
  protocol: Protocol,
  { name, version }: TaskDescription,
  available: number | undefined,
): { n: number } {
  const local = localName(name);
  const count = results['n-samples'][local];
  if (!results.results[local] || !count) throw partialResults(`${name} is missing`);
  if (Number(results.versions[local]) !== version)
    throw versionMismatch(`task ${name}`, String(results.versions[local]), String(version));
  if (results['n-shot'][local] !== 0) throw badResults(`${name} was not asked zero-shot`);
  if (count.original !== available)
    throw partialResults(`${name} was read with ${count.original} of ${available} questions`);
  const wanted = Math.min(protocol.limit ?? available, available);
  if (count.effective !== wanted) throw partialResults(`${name} has ${count.effective} of ${wanted} questions`);
  return { n: count.effective };
}

/**
 * Every metric of every task of the protocol, in the order of the catalogue, or a coded error: `EVAL.BAD_RESULTS`, `EVAL.PARTIAL`,
 * `EVAL.NON_FINITE`, `EVAL.VERSION_MISMATCH`. `counts`: the questions in each task's file.
 */
export function readResults(text: string, protocol: Protocol, counts: ReadonlyMap<TaskName, number>): LmEvalScore[] {
  const results = parseResults(text);
  const harnessVersion = results.lm_eval_version;
  if (harnessVersion !== HARNESS_VERSION) throw versionMismatch('lm_eval', harnessVersion, HARNESS_VERSION);
  if (results.config.model_dtype !== `torch.${protocol.dtype}`)
    throw badResults(`the model ran in ${results.config.model_dtype}`);
  const asked = TASKS.filter(({ name }) => protocol.tasks.some((task) => task.name === name));
  return asked.flatMap((task) => {
    const { name, metrics } = task;
    const { n } = checkTask(results, protocol, task, counts.get(name));
    const local = localName(name);
    const taskHash = results.task_hashes[local];
    if (taskHash === undefined) throw badResults(`${name} has no fingerprint`);
    const taskVersion = String(results.versions[local]);
    const values = results.results[local] ?? {};
    return metrics.map((metric) => ({
      ...{ task: name, metric, n, harnessVersion, taskVersion, taskHash },
      ...readMetric(values, name, metric),
    }));
  });
}
