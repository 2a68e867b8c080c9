import { invalidScore } from './mean-score.js';

/** Share of the way from guessing to perfect: (accuracy - chance) / (1 - chance). Below 0 for worse than guessing. Throws `SCORE.INVALID`. */
export function chanceCorrected(task: string, value: number, chance: number): number {
  if (!(value >= 0 && value <= 1)) throw invalidScore(task, value);
  if (!(chance >= 0 && chance < 1)) throw invalidScore(task, chance);
  return (value - chance) / (1 - chance);
}

/**
 * Unweighted mean of the chance-corrected scores over exactly `tasks`: guessing alone gives 0, whatever the number of choices. null
 * when a task is missing. Throws `SCORE.INVALID`.
 */
export function chanceCorrectedMean(
  scores: readonly { readonly task: string; readonly value: number }[],
  tasks: readonly { readonly name: string; readonly chance: number }[],
): number | null {
  const byTask = new Map(scores.map(({ task, value }) => [task, value]));
  let sum = 0;
  for (const { name, chance } of tasks) {
    const value = byTask.get(name);
    if (value === undefined) return null;
    sum += chanceCorrected(name, value, chance);
  }
  return tasks.length === 0 ? null : sum / tasks.length;
}
