import { CodedError } from '@swm/core/errors';

/** One task's headline figure: a proportion and its standard error. */
export interface TaskScore {
  readonly task: string;
  readonly value: number;
  /** null where the harness gives none (one question). */
  readonly stderr: number | null;
}

/** `SCORE.INVALID`: a figure that must never reach a table. */
export const invalidScore = (task: string, value: unknown): CodedError =>
  new CodedError({
    code: 'SCORE.INVALID',
    message: `The score of ${task} is ${String(value)}, not a proportion.`,
    fix: 'Evaluate again; if it repeats, the model’s logits are not finite.',
    details: { task, value },
  });

/**
 * Unweighted mean over exactly `tasks`, with its standard error (tasks are independent: √Σ se² / k). null when a task is missing,
 * never a mean of fewer. Throws `SCORE.INVALID` on NaN or a value outside [0, 1].
 */
export function meanScore(
  scores: readonly TaskScore[],
  tasks: readonly string[],
): { readonly mean: number; readonly stderr: number } | null {
  const byTask = new Map(scores.map((score) => [score.task, score]));
  let sum = 0;
  let variance = 0;
  for (const task of tasks) {
    const score = byTask.get(task);
    if (!score) return null;
    if (!(score.value >= 0 && score.value <= 1)) throw invalidScore(task, score.value);
    if (score.stderr !== null && !(score.stderr >= 0 && Number.isFinite(score.stderr)))
      throw invalidScore(task, score.stderr);
    sum += score.value;
    // Without a standard error nothing is known: the widest a proportion allows.
    variance += (score.stderr ?? 0.5) ** 2;
  }
  return tasks.length === 0 ? null : { mean: sum / tasks.length, stderr: Math.sqrt(variance) / tasks.length };
}
