import { bootstrapDifference } from './bootstrap.js';
import { type Discordance, discordances, flippedQuestions, type Outcomes } from './discordance.js';
import { holm } from './holm.js';
import type { Interval } from './interval.js';
import { mcnemarP } from './mcnemar.js';
import { minimumDetectableDifference } from './paired.js';
import { ALPHA } from './ranking.js';
import { seededRandom } from './seeded-random.js';

export type Verdict = 'FIRST_BETTER' | 'SECOND_BETTER' | 'TIED';

/** What every paired test says; differences are first minus second. */
interface PairedTest {
  readonly difference: number;
  readonly p: number;
  /** Adjusted for the family of tests shown together. */
  readonly pHolm: number;
  readonly verdict: Verdict;
  /** What these questions would find in four pairs of five. */
  readonly minimumDetectableDifference: number;
}

/** One task of a pair, by McNemar's exact test. */
export interface TaskComparison extends PairedTest {
  readonly task: string;
  readonly n: number;
  /** Questions that this row alone answered rightly, by their place in the data (0-based). */
  readonly onlyFirst: readonly number[];
  readonly onlySecond: readonly number[];
}

/** Two rows' means, by a paired bootstrap with its 95 % interval, and every task. */
export interface PairComparison extends PairedTest, Interval {
  /** Places of the two rows in the list. */
  readonly first: number;
  readonly second: number;
  readonly tasks: readonly TaskComparison[];
}

type Unadjusted<Test extends PairedTest> = Omit<Test, 'pHolm' | 'verdict'>;
interface UnadjustedPair extends Omit<Unadjusted<PairComparison>, 'tasks'> {
  readonly tasks: readonly Unadjusted<TaskComparison>[];
}

function verdictOf(difference: number, pHolm: number): Verdict {
  if (pHolm > ALPHA || difference === 0) return 'TIED';
  return difference > 0 ? 'FIRST_BETTER' : 'SECOND_BETTER';
}

/** Adjusts each test for all of them. */
const asFamily = <Test extends { readonly difference: number; readonly p: number }>(tests: readonly Test[]) => {
  const adjusted = holm(tests.map(({ p }) => p));
  return tests.map((test, index) => {
    const pHolm = adjusted[index] ?? 1;
    return { ...test, pHolm, verdict: verdictOf(test.difference, pHolm) };
  });
};

function compareTasks(
  a: Outcomes,
  b: Outcomes,
  tasks: readonly string[],
  strata: readonly Discordance[],
): Unadjusted<TaskComparison>[] {
  return tasks.flatMap((task, index) => {
    const [left, right, stratum] = [a.get(task), b.get(task), strata[index]];
    if (!left || !right || !stratum) return [];
    const { n, onlyA, onlyB } = stratum;
    const flipped = flippedQuestions(left, right);
    return {
      ...{ task, n, onlyFirst: flipped.onlyA, onlySecond: flipped.onlyB, p: mcnemarP(onlyA, onlyB) },
      difference: (onlyA - onlyB) / n,
      minimumDetectableDifference: minimumDetectableDifference([stratum]) ?? Number.NaN,
    };
  });
}

/**
 * Every pair of the rows: the means by a paired bootstrap, seeded so that the same rows give the same figures, the tasks by McNemar's
 * exact test. Two families are held at 95 % by Holm: all means, and all tasks of all pairs. null when rows do not share all tasks.
 */
export function compareRows(
  rows: readonly Outcomes[],
  tasks: readonly string[],
  seed: number,
): PairComparison[] | null {
  const pairs: UnadjustedPair[] = [];
  for (const [first, a] of rows.entries())
    for (const [offset, b] of rows.slice(first + 1).entries()) {
      const strata = discordances(a, b, tasks);
      if (!strata) return null;
      pairs.push({
        ...{ first, second: first + 1 + offset, tasks: compareTasks(a, b, tasks, strata) },
        ...bootstrapDifference(strata, { random: seededRandom(seed) }),
        minimumDetectableDifference: minimumDetectableDifference(strata) ?? Number.NaN,
      });
    }
  const tests = asFamily(pairs.flatMap((pair) => pair.tasks));
  return asFamily(pairs).map((pair, index) => ({
    ...pair,
    tasks: tests.slice(index * tasks.length, (index + 1) * tasks.length),
  }));
}
