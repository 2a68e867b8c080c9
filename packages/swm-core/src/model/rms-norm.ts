// Letters: D the size of what is normed.
import type { Tensor, TensorOps } from './tensor-ops.js';

/** Root-mean-square norm over the last axis (arXiv 1910.07467). x […, D], weight broadcast to it, eps a scalar → […, D] */
export function rmsNorm<T extends Tensor>(tf: TensorOps, x: T, weight: Tensor, eps: Tensor): T {
  const meanSquare = tf.mean(tf.square(x), -1, true); // […, 1]
  return tf.mul(tf.mul(x, tf.rsqrt(tf.add(meanSquare, eps))), weight);
}
