export { type Interval, meanInterval, wilsonInterval, Z95 } from './interval.js';
export { type LatencySummary, summarizeLatency } from './latency-summary.js';
export { invalidScore, meanScore, type TaskScore } from './mean-score.js';
export {
  isSignificantlyBetter,
  type Outcomes,
  type PairedDifference,
  pairedDifference,
  rankRows,
  type TaskOutcomes,
} from './paired.js';
export { retainedRatio } from './retention.js';
