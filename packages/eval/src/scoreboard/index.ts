export { binomialUpperTail } from './binomial.js';
export { type BootstrapDifference, bootstrapDifference, RESAMPLES } from './bootstrap.js';
export { chanceCorrected, chanceCorrectedMean } from './chance-corrected.js';
export { compareRows, type PairComparison, type TaskComparison, type Verdict } from './compare-rows.js';
export {
  type Discordance,
  discordances,
  flippedQuestions,
  type Outcomes,
  type TaskOutcomes,
} from './discordance.js';
export { holm } from './holm.js';
export { informativeMean, isInformative, majorityRate } from './informative.js';
export { type Interval, meanInterval, wilsonInterval, Z95 } from './interval.js';
export { type CurvePoint, type Interpolated, interpolateCurve } from './iso-view.js';
export { type LatencySummary, summarizeLatency } from './latency-summary.js';
export { mcnemarP } from './mcnemar.js';
export { invalidScore, meanScore, type TaskScore } from './mean-score.js';
export { twoSidedP } from './normal.js';
export {
  isSignificantlyBetter,
  minimumDetectableDifference,
  type PairedDifference,
  pairedDifference,
} from './paired.js';
export { type CostAndQuality, paretoFront } from './pareto.js';
export { ALPHA, RANKED_ROWS_MAX, rankRows } from './ranking.js';
export { retainedRatio } from './retention.js';
export { seededRandom } from './seeded-random.js';
