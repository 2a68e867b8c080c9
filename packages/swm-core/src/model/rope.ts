// Letters: B batch, T tokens, N heads, H head size.
import type { Tensor, TensorOps } from './tensor-ops.js';

export interface RopeTables {
  readonly cos: Tensor; // [T, 1, H/2]
  readonly sin: Tensor; // [T, 1, H/2]
}

/**
 * Rotary tables for positions 0 … T-1 (Su et al., arXiv 2104.09864; plain type, base `theta`). Frequencies and angles are rounded to
 * f32 as Hugging Face's are: at position 4095 an exact angle would already differ from theirs by 1e-4.
 */
export function ropeTables(tf: TensorOps, tokens: number, headSize: number, theta: number): RopeTables {
  const half = headSize / 2;
  const cos = new Float32Array(tokens * half);
  const sin = new Float32Array(tokens * half);
  for (let pair = 0; pair < half; pair += 1) {
    const frequency = Math.fround(1 / Math.fround(theta ** Math.fround((2 * pair) / headSize)));
    for (let position = 0; position < tokens; position += 1) {
      const angle = Math.fround(position * frequency);
      cos[position * half + pair] = Math.cos(angle);
      sin[position * half + pair] = Math.sin(angle);
    }
  }
  return { cos: tf.tensor(cos, [tokens, 1, half]), sin: tf.tensor(sin, [tokens, 1, half]) };
}

/** Rotates the first half of each head against the second (the Hugging Face layout). x [B, T, N, H] → [B, T, N, H] */
export function rotate(tf: TensorOps, x: Tensor, { cos, sin }: RopeTables): Tensor {
  const [low, high] = tf.split(x, 2, 3); // each [B, T, N, H/2]
  if (!low || !high) throw new TypeError('split(x, 2) gave fewer than two halves');
  return tf.concat([tf.sub(tf.mul(low, cos), tf.mul(high, sin)), tf.add(tf.mul(high, cos), tf.mul(low, sin))], 3);
}
