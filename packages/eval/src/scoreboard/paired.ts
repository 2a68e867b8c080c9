import { type Discordance, discordances, type Outcomes } from './discordance.js';
import { Z95 } from './interval.js';

/** One-sided 80 % quantile of the normal distribution: the usual power. */
const Z80 = 0.8416212335729143;

export interface PairedDifference {
  /** Mean over tasks of (a - b), unweighted. */
  readonly difference: number;
  readonly stderr: number;
}

/** Variance of one task's paired difference, half a question added to each cell (Agresti and Min 2005). */
export function pairedVariance(n: number, discordant: number, surplus: number): number {
  const share = (discordant + 1) / (n + 2);
  const shrunk = surplus / (n + 2);
  return (share - shrunk ** 2) / n;
}

/**
 * Paired difference of two rows' means on the same questions: per task d = (onlyA - onlyB)/n; its variance after Agresti and Min
 * (2005), so that rows without a single discordant question are not told apart by a zero. Tasks are strata of equal weight. null when
 * the rows do not share all tasks with equal counts.
 */
export function pairedDifference(a: Outcomes, b: Outcomes, tasks: readonly string[]): PairedDifference | null {
  const strata = discordances(a, b, tasks);
  if (!strata) return null;
  let sum = 0;
  let variance = 0;
  for (const { n, onlyA, onlyB } of strata) {
    sum += (onlyA - onlyB) / n;
    variance += pairedVariance(n, onlyA + onlyB, onlyA - onlyB);
  }
  return { difference: sum / strata.length, stderr: Math.sqrt(variance) / strata.length };
}

/** Whether a's mean is above b's at 95 %, two-sided: one pair alone. Rows that agree on every question never differ. */
export function isSignificantlyBetter(a: Outcomes, b: Outcomes, tasks: readonly string[]): boolean {
  const paired = pairedDifference(a, b, tasks);
  return paired !== null && paired.difference > Z95 * paired.stderr;
}

/**
 * The smallest true difference of means that a paired test at 95 % finds with 80 % power, given how many questions there are and how
 * often the two rows differ (Connor 1987, the variance at no difference). One stratum gives a task's own. null without strata.
 */
export function minimumDetectableDifference(strata: readonly Discordance[]): number | null {
  if (strata.length === 0) return null;
  const variance = strata.reduce((sum, { n, onlyA, onlyB }) => sum + pairedVariance(n, onlyA + onlyB, 0), 0);
  return ((Z95 + Z80) * Math.sqrt(variance)) / strata.length;
}
