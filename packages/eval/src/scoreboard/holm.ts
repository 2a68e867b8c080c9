/**
 * Holm's (1979) adjusted p of a family of tests, in the order given: rejecting those up to 0.05 keeps the chance of a single wrong
 * rejection in the family at 0.05. Throws on NaN, which is a p of nothing.
 */
export function holm(ps: ArrayLike<number>): Float64Array {
  const sorted = Float64Array.from(ps);
  if (sorted.some(Number.isNaN)) throw new RangeError('a p that is NaN');
  const order = Uint32Array.from(sorted, (_, index) => index).sort((a, b) => (ps[a] ?? 1) - (ps[b] ?? 1));
  const adjusted = new Float64Array(ps.length);
  let least = 0;
  order.forEach((at, rank) => {
    least = Math.max(least, Math.min(1, (ps.length - rank) * (ps[at] ?? 1)));
    adjusted[at] = least;
  });
  return adjusted;
}
