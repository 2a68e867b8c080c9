import { taskOf } from '@swm/eval/protocol';
import type { Comparison as Compared } from '../../services/compare-service.js';
import { type GroupStandings, rowOf } from '../../services/standings.js';
import { leaderboardRowView } from '../leaderboard/leaderboard-view.js';
import type { Comparison, PairComparison } from './comparison.type.js';

/** One pair as the API shows it; `experimentIds` in the order of the comparison. */
function pairView(
  { first, second, low, high, tasks, ...test }: Compared['pairs'][number],
  experimentIds: readonly string[],
): PairComparison {
  const [firstId, secondId] = [experimentIds[first], experimentIds[second]];
  if (firstId === undefined || secondId === undefined) throw new Error('a pair of rows that are not compared');
  return {
    ...{ ...test, firstId, secondId, intervalLow: low, intervalHigh: high },
    tasks: tasks.map((task) => ({
      ...{ ...task, title: taskOf(task.task)?.title ?? task.task },
      onlyFirstCount: task.onlyFirst.length,
      onlySecondCount: task.onlySecond.length,
    })),
  };
}

/** A comparison as the API shows it. */
export function comparisonView({ entries, pairs }: Compared, standings: GroupStandings): Comparison {
  const ids = entries.map(({ experimentId }) => experimentId);
  return {
    rows: entries.flatMap((entry) => {
      const row = rowOf(entry, standings);
      return row ? leaderboardRowView(row) : [];
    }),
    pairs: pairs.map((pair) => pairView(pair, ids)),
  };
}
