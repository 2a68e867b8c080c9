import { quantile } from './quantile.js';

export interface LatencySummary {
  readonly latencyMsMean: number;
  /** Population standard deviation, as the published scripts give it. */
  readonly latencyMsSd: number;
  readonly latencyMsP50: number;
  readonly latencyMsP95: number;
  readonly tokensPerSecond: number;
}

/** What raw samples (milliseconds a run of `newTokens`) say; null without samples. Throughput is the mean over runs (methods.md 4.3). */
export function summarizeLatency(samplesMs: readonly number[], newTokens: number): LatencySummary | null {
  if (samplesMs.length === 0 || !samplesMs.every((sample) => Number.isFinite(sample) && sample > 0)) return null;
  const n = samplesMs.length;
  const mean = samplesMs.reduce((sum, sample) => sum + sample, 0) / n;
  const variance = samplesMs.reduce((sum, sample) => sum + (sample - mean) ** 2, 0) / n;
  const sorted = samplesMs.toSorted((a, b) => a - b);
  return {
    latencyMsMean: mean,
    latencyMsSd: Math.sqrt(variance),
    latencyMsP50: quantile(sorted, 0.5),
    latencyMsP95: quantile(sorted, 0.95),
    tokensPerSecond: samplesMs.reduce((sum, sample) => sum + (1000 * newTokens) / sample, 0) / n,
  };
}
