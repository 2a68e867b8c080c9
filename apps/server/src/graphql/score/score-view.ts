import { TASKS, taskOf } from '@swm/eval/protocol';
import { wilsonInterval } from '@swm/eval/scoreboard';
import type { InformativeTasks } from '../../services/standings.js';
import type { ScoreType } from './score.type.js';

type StoredScore = Omit<
  ScoreType,
  'title' | 'isHeadline' | 'chance' | 'intervalLow' | 'intervalHigh' | 'isInformative'
>;

const position = (task: string): number => TASKS.findIndex(({ name }) => name === task);

/** Stored scores as the API shows them, in the order of the suite; `informative` says which tasks tell something of the model. */
export function scoreViews(scores: readonly StoredScore[], informative: InformativeTasks = new Map()): ScoreType[] {
  return scores
    .map((score) => {
      const task = taskOf(score.task);
      const { title, headline, chance } = task ?? { title: score.task, headline: 'acc', chance: 0 };
      const interval = wilsonInterval(score.value * score.n, score.n);
      return {
        ...{ ...score, title, isHeadline: headline === score.metric, chance },
        ...{ intervalLow: interval.low, intervalHigh: interval.high },
        isInformative: informative.get(score.task) ?? null,
      };
    })
    .sort((a, b) => position(a.task) - position(b.task) || (a.metric < b.metric ? -1 : 1));
}
