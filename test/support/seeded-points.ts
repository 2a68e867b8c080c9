/** `count` different whole numbers from 1 to `below`, ascending; the same for the same seed, so that a failure can be repeated. */
export function seededPoints(seed: number, count: number, below: number): number[] {
  let state = seed;
  const points = new Set<number>();
  while (points.size < count) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    points.add(1 + (state % below));
  }
  return [...points].sort((a, b) => a - b);
}
