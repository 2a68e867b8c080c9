/**
 * Cosine of two flattened samples, accumulated in f64 (methods.md 1.3: one cosine a sample over all its tokens, not a mean of
 * per-token cosines). `a` and `b` hold samples of `size` numbers one after the other.
 */
export function cosinePerSample(a: Float32Array, b: Float32Array, size: number): number[] {
  if (a.length !== b.length || a.length % size !== 0) {
    throw new RangeError(
      `cosinePerSample: expected two equal lengths that ${size} divides, got ${a.length} and ${b.length}`,
    );
  }
  return Array.from({ length: a.length / size }, (_, sample) => {
    let dot = 0;
    let aa = 0;
    let bb = 0;
    for (let index = sample * size; index < (sample + 1) * size; index += 1) {
      const x = a[index] as number; // index < length
      const y = b[index] as number; // index < length
      dot += x * y;
      aa += x * x;
      bb += y * y;
    }
    return dot / Math.sqrt(aa * bb);
  });
}

/** Plain mean. */
export const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
