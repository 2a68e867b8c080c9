import { drawBinomial, logFactorials } from './binomial.js';
import type { Discordance } from './discordance.js';
import type { Interval } from './interval.js';
import { quantile } from './quantile.js';

/** Resamples of a comparison. */
export const RESAMPLES = 10_000;

/** Sums of fractions that cancel leave this much at most. */
const ROUNDING = 1e-12;

export interface BootstrapDifference extends Interval {
  /** Mean over tasks of (a - b), unweighted: of the rows themselves. */
  readonly difference: number;
  /** Two-sided: twice the share of resamples on the far side of no difference; never 0. */
  readonly p: number;
}

/**
 * Paired bootstrap over questions, stratified by task, of the difference of two rows' unweighted means (Efron and Tibshirani 1993,
 * percentile interval, 95 %). Drawing n of a task's questions with replacement is drawing how many of them are discordant and whose
 * those are: two binomials, however many questions there are. `random` gives uniform numbers in [0, 1). Throws without strata.
 */
export function bootstrapDifference(
  strata: readonly Discordance[],
  options: { readonly random: () => number; readonly resamples?: number },
): BootstrapDifference {
  const { random, resamples = RESAMPLES } = options;
  if (strata.length === 0) throw new RangeError('a comparison without a task');
  const table = logFactorials(Math.max(...strata.map(({ n }) => n)));
  const means = new Float64Array(resamples);
  let difference = 0;
  for (const { n, onlyA, onlyB } of strata) {
    const discordant = onlyA + onlyB;
    difference += (onlyA - onlyB) / n / strata.length;
    for (let index = 0; discordant > 0 && index < resamples; index += 1) {
      const drawn = drawBinomial(n, discordant / n, random(), table);
      const drawnA = drawBinomial(drawn, onlyA / discordant, random(), table);
      means[index] = (means[index] ?? 0) + (2 * drawnA - drawn) / n / strata.length;
    }
  }
  means.sort();
  const below = means.reduce((sum, mean) => sum + (mean <= ROUNDING ? 1 : 0), 0);
  const above = means.reduce((sum, mean) => sum + (mean >= -ROUNDING ? 1 : 0), 0);
  const p = Math.min(1, (2 * (Math.min(below, above) + 1)) / (resamples + 1));
  return { difference, low: quantile(means, 0.025), high: quantile(means, 0.975), p };
}
