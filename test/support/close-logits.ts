/** Whether logits equal the reference's: to 1e-4, and to a millionth of the largest besides, since one near zero is a difference of large terms. */
export function areClose(values: ArrayLike<number>, wanted: readonly number[]): boolean {
  const floor = 1e-6 * wanted.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  return (
    values.length === wanted.length &&
    wanted.every((target, at) => Math.abs((values[at] ?? Number.NaN) - target) <= 1e-4 * Math.abs(target) + floor)
  );
}
