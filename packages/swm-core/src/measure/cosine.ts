// Letters: B batch, T tokens, D hidden, R = B*T rows.
import type { Tensor2D, TensorOps } from '../model/tensor-ops.js';

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

/**
 * The same cosine of two states that lie on a backend: a row's products are summed there in f32, a sample's rows here in f64, so three
 * numbers a row are read back and not the states (21 MB each at Llama-2-7B's width). a, b [B*T, D] → [B]
 */
export async function cosinePerSampleOnBackend(
  tf: TensorOps,
  a: Tensor2D,
  b: Tensor2D,
  tokens: number, // T
): Promise<number[]> {
  const sums = tf.tidy(() =>
    tf.stack([tf.mul(a, b), tf.square(a), tf.square(b)].map((products) => tf.sum(products, 1))),
  ); // [3, R]
  const values = Float64Array.from(await sums.data());
  sums.dispose();
  const [rows] = a.shape;
  const sumOf = (product: number, sample: number) => {
    const first = product * rows + sample * tokens;
    return values.subarray(first, first + tokens).reduce((sum, value) => sum + value, 0);
  };
  return Array.from(
    { length: rows / tokens },
    (_, sample) => sumOf(0, sample) / Math.sqrt(sumOf(1, sample) * sumOf(2, sample)),
  );
}

/** Plain mean. */
export const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
