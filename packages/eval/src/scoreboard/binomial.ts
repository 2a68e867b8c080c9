/** ln(k!) for k = 0 … n, summed with compensation (Kahan): each is right to its last digit or so. */
export function logFactorials(n: number): Float64Array {
  const table = new Float64Array(n + 1);
  let sum = 0;
  let lost = 0;
  for (let k = 2; k <= n; k += 1) {
    const term = Math.log(k) - lost;
    const next = sum + term;
    lost = next - sum - term;
    sum = next;
    table[k] = sum;
  }
  return table;
}

/** ln P(X = k) of Binomial(n, p), 0 < p < 1; `table` holds ln(k!) up to n at least. */
function logMass(k: number, n: number, p: number, table: Float64Array): number {
  const choose = (table[n] ?? 0) - (table[k] ?? 0) - (table[n - k] ?? 0);
  return choose + k * Math.log(p) + (n - k) * Math.log1p(-p);
}

/** P(X >= k) of Binomial(n, p), summed in log space: the p of a one-sided exact test. */
export function binomialUpperTail(k: number, n: number, p: number): number {
  if (k <= 0) return 1;
  if (k > n || p <= 0) return 0;
  if (p >= 1) return 1;
  const table = logFactorials(n);
  let sum = 0;
  for (let i = n; i >= k; i -= 1) sum += Math.exp(logMass(i, n, p, table));
  return Math.min(1, sum);
}

/**
 * One draw of Binomial(n, p) from one uniform `u` in [0, 1): masses are taken off it from the mode outwards, so that about one standard
 * deviation of steps is enough. `table` holds ln(k!) up to n at least.
 */
export function drawBinomial(n: number, p: number, u: number, table: Float64Array): number {
  if (n === 0 || p <= 0) return 0;
  if (p >= 1) return n;
  const mode = Math.min(n, Math.floor((n + 1) * p));
  const odds = p / (1 - p);
  let above = Math.exp(logMass(mode, n, p, table));
  let below = above;
  let rest = u - above;
  for (let high = mode, low = mode; rest >= 0 && (high < n || low > 0); ) {
    if (high < n) {
      above *= ((n - high) / (high + 1)) * odds;
      high += 1;
      rest -= above;
      if (rest < 0) return high;
    }
    if (low > 0) {
      below *= low / (n - low + 1) / odds;
      low -= 1;
      rest -= below;
      if (rest < 0) return low;
    }
  }
  // All masses taken off: what is left of u is rounding.
  return mode;
}
