import { TASKS, taskOf } from '@swm/eval/protocol';
import type { ScoreType } from './score.type.js';

type StoredScore = Omit<ScoreType, 'title' | 'isHeadline' | 'chance'>;

const position = (task: string): number => TASKS.findIndex(({ name }) => name === task);

/** Stored scores as the API shows them, in the order of the suite. */
export function scoreViews(scores: readonly StoredScore[]): ScoreType[] {
  return scores
    .map((score) => {
      const task = taskOf(score.task);
      const { title, headline, chance } = task ?? { title: score.task, headline: 'acc', chance: 0 };
      return { ...score, title, isHeadline: headline === score.metric, chance };
    })
    .sort((a, b) => position(a.task) - position(b.task) || (a.metric < b.metric ? -1 : 1));
}
