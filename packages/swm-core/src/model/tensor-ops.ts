import type * as tfjs from '@tensorflow/tfjs-core';

/**
 * The functional ops of tfjs-core, handed to every function of the forward pass: the `tensorflow` backend brings its own copy
 * of tfjs-core, and a tensor lives in the copy that made it.
 */
export type TensorOps = typeof tfjs;
export type Tensor = tfjs.Tensor;
export type Tensor2D = tfjs.Tensor2D;

/** How a backend likes its weights: `out-in` as stored (multiplied transposed), `in-out` transposed once on load. */
export type WeightLayout = 'out-in' | 'in-out';

/** x [R, I] times a weight of either layout → [R, O]. */
export function project(tf: TensorOps, layout: WeightLayout, x: Tensor2D, weight: Tensor2D): Tensor2D {
  return tf.matMul(x, weight, false, layout === 'out-in');
}
