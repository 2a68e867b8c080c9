import type { Outcomes, TaskOutcomes } from '@swm/eval/scoreboard';
import type { ScoreItems } from '../db/generated/client.js';

/** A task of a protocol with the metric that enters the mean. */
export interface ProtocolTask {
  readonly name: string;
  readonly headline: 'acc' | 'acc_norm';
}

/** What a paired comparison reads of the stored outcomes: not the log-likelihoods, which are a hundred times larger. */
export const OUTCOME_COLUMNS = { weightsDigest: true, task: true, n: true, correct: true, correctNorm: true } as const;

/** Outcomes by the headline metric of each task, by weights. A task without outcomes by its headline metric is missing. */
export function outcomesByDigest(
  items: readonly Pick<ScoreItems, keyof typeof OUTCOME_COLUMNS>[],
  tasks: readonly ProtocolTask[],
): ReadonlyMap<string, Outcomes> {
  const headlines = new Map(tasks.map(({ name, headline }) => [name, headline]));
  const byDigest = new Map<string, Map<string, TaskOutcomes>>();
  for (const { weightsDigest, task, n, correct, correctNorm } of items) {
    const bits = headlines.get(task) === 'acc_norm' ? correctNorm : correct;
    if (!bits) continue;
    const outcomes = byDigest.get(weightsDigest) ?? new Map();
    byDigest.set(weightsDigest, outcomes.set(task, { n, bits }));
  }
  return byDigest;
}
