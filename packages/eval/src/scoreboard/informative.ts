import { binomialUpperTail } from './binomial.js';
import { meanScore, type TaskScore } from './mean-score.js';

/** A task tells something of a model that beats always giving the commonest answer by more than this chance explains. */
const ALPHA = 0.05;

/** Share of the commonest right choice among a task's questions: what always giving that answer scores. null without questions. */
export function majorityRate(gold: ArrayLike<number>): number | null {
  const counts = new Map<number, number>();
  for (let question = 0; question < gold.length; question += 1) {
    const choice = gold[question] ?? 0;
    counts.set(choice, (counts.get(choice) ?? 0) + 1);
  }
  return gold.length === 0 ? null : Math.max(...counts.values()) / gold.length;
}

/**
 * Whether a task is informative for a model: its dense accuracy `value` on `n` questions is significantly above the majority rate
 * (one-sided exact binomial, 95 %). Where it is not, pruning can break the model into one answer and *raise* the score.
 */
export const isInformative = (value: number, n: number, majority: number): boolean =>
  binomialUpperTail(Math.round(value * n), n, majority) <= ALPHA;

/**
 * Unweighted mean without the tasks that are not informative. null where all are, where none is, or where one is not known (`tasks`
 * lacks it or says null): the plain mean stands alone then. Throws `SCORE.INVALID`.
 */
export function informativeMean(
  scores: readonly TaskScore[],
  tasks: ReadonlyMap<string, boolean | null>,
): number | null {
  const known = [...tasks];
  if (known.some(([, informative]) => informative === null)) return null;
  const kept = known.flatMap(([task, informative]) => (informative ? [task] : []));
  return kept.length === known.length ? null : (meanScore(scores, kept)?.mean ?? null);
}
