// Letters: B batch, T tokens, N query heads, K kv heads, H head size.
import type { Tensor, TensorOps } from './tensor-ops.js';

/** Factors of queries (first, with the attention scale in them) and keys. */
export interface RopeTables {
  readonly cos: Tensor; // [N+K, T, H]
  readonly signedSin: Tensor; // [N+K, T, H], negative in the first half of each head
}

/**
 * Rotary tables for positions 0 … T-1 (Su et al., arXiv 2104.09864). Angles are rounded to f32 as Hugging Face's are: at position 4095
 * an exact angle would already differ from theirs by 1e-4. What scores are multiplied by is in the queries' factors: one product less.
 */
export function ropeTables(
  tf: TensorOps,
  input: {
    readonly tokens: number; // T
    readonly queryHeads: number; // N
    readonly kvHeads: number; // K
    readonly frequencies: readonly number[]; // [H/2]
    readonly scoreScale: number;
  },
): RopeTables {
  const { tokens: T, queryHeads: N, kvHeads: K, frequencies, scoreScale } = input;
  const half = frequencies.length;
  const H = 2 * half;
  const shape: [number, number, number] = [N + K, T, H];
  const cos = new Float32Array((N + K) * T * H);
  const signedSin = new Float32Array(cos.length);
  for (const [pair, frequency] of frequencies.entries()) {
    for (let position = 0; position < T; position += 1) {
      const angle = Math.fround(position * frequency);
      for (let head = 0; head < N + K; head += 1) {
        const scale = head < N ? scoreScale : 1;
        const low = (head * T + position) * H + pair;
        cos[low] = cos[low + half] = scale * Math.cos(angle);
        signedSin[low] = -scale * Math.sin(angle);
        signedSin[low + half] = scale * Math.sin(angle);
      }
    }
  }
  return { cos: tf.tensor(cos, shape), signedSin: tf.tensor(signedSin, shape) };
}

/** Rotates the first half of each head against the second (the Hugging Face layout). x [B, N+K, T, H] → [B, N+K, T, H] */
export function rotate(tf: TensorOps, x: Tensor, { cos, signedSin }: RopeTables): Tensor {
  const [low, high] = tf.split(x, 2, 3); // each [B, N+K, T, H/2]
  if (!low || !high) throw new TypeError('split(x, 2) gave fewer than two halves');
  return tf.add(tf.mul(x, cos), tf.mul(tf.concat([high, low], 3), signedSin));
}
