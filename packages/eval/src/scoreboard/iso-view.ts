/** One row of a method's curve: cost (parameters, milliseconds), its mean and the mean's standard error. */
export interface CurvePoint {
  readonly cost: number;
  readonly value: number;
  readonly stderr: number;
}

export interface Interpolated {
  readonly value: number;
  /** Standard error of the value from the neighbours' own; they share their questions, so it is not reduced. */
  readonly stderr: number;
  /** How far a parabola through a third point is from the straight line here: 0 at a measured point, null with two points only. */
  readonly interpolationError: number | null;
}

/** Points in order of cost; rows of equal cost become their mean. Points that are not finite are left out. */
function curveOf(points: readonly CurvePoint[]): CurvePoint[] {
  const byCost = new Map<number, CurvePoint[]>();
  for (const point of points) {
    const { cost, value, stderr } = point;
    if ([cost, value, stderr].every(Number.isFinite)) byCost.set(cost, [...(byCost.get(cost) ?? []), point]);
  }
  const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  return [...byCost]
    .map(([cost, same]) => ({
      cost,
      value: meanOf(same.map(({ value }) => value)),
      stderr: meanOf(same.map(({ stderr }) => stderr)),
    }))
    .sort((a, b) => a.cost - b.cost);
}

const slope = (a: CurvePoint, b: CurvePoint): number => (b.value - a.value) / (b.cost - a.cost);

/** Newton's error of the straight line from `a` to `b` at `cost`, by the third point `c`: |f[a, b, c] (x - a)(x - b)|. */
const lineError = (a: CurvePoint, b: CurvePoint, c: CurvePoint, cost: number): number =>
  Math.abs(((slope(b, c) - slope(a, b)) / (c.cost - a.cost)) * (cost - a.cost) * (cost - b.cost));

/**
 * A method's curve at a cost, straight between its two neighbours, so that methods can be compared at equal parameters or latency. The
 * interpolation error is the larger one by the next point on either side. null outside the measured range: nothing is extrapolated.
 */
export function interpolateCurve(points: readonly CurvePoint[], cost: number): Interpolated | null {
  const curve = curveOf(points);
  const exact = curve.find((point) => point.cost === cost);
  if (exact) return { value: exact.value, stderr: exact.stderr, interpolationError: 0 };
  const next = curve.findIndex((point) => point.cost > cost);
  const [before, low, high, after] = [curve[next - 2], curve[next - 1], curve[next], curve[next + 1]];
  if (next < 1 || !low || !high) return null;
  const weight = (cost - low.cost) / (high.cost - low.cost);
  const errors = [before, after].flatMap((third) => (third ? [lineError(low, high, third, cost)] : []));
  return {
    value: low.value + weight * (high.value - low.value),
    stderr: (1 - weight) * low.stderr + weight * high.stderr,
    interpolationError: errors.length === 0 ? null : Math.max(...errors),
  };
}
