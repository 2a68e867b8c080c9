/** Two-sided 95 % quantile of the normal distribution. */
export const Z95 = 1.959963984540054;

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Wilson's 95 % interval of a proportion `successes / n` (Wilson 1927). n > 0. */
export function wilsonInterval(successes: number, n: number): Interval {
  const p = successes / n;
  const z2 = Z95 ** 2;
  const centre = (p + z2 / (2 * n)) / (1 + z2 / n);
  const half = (Z95 / (1 + z2 / n)) * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n * n));
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}

/** The 95 % interval of a mean with this standard error, kept inside [0, 1]. */
export const meanInterval = (mean: number, stderr: number): Interval => ({
  low: Math.max(0, mean - Z95 * stderr),
  high: Math.min(1, mean + Z95 * stderr),
});
