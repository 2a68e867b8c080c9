// Letters: R rows, D hidden, F mlp.
import { project, type Tensor2D, type TensorOps, type WeightLayout } from './tensor-ops.js';

export interface MlpWeights {
  /** gate and up stacked: 2*F outputs. */
  readonly gateUp: Tensor2D;
  readonly down: Tensor2D;
}

/** SwiGLU: down(silu(gate(x)) * up(x)). x [R, D] → [R, D] */
export function mlp(tf: TensorOps, weights: MlpWeights, x: Tensor2D, layout: WeightLayout): Tensor2D {
  const [gate, up] = tf.split(project(tf, layout, x, weights.gateUp), 2, 1); // each [R, F]
  if (!gate || !up) throw new TypeError('split(gateUp, 2) gave fewer than two parts');
  return project(tf, layout, tf.mul(tf.mul(gate, tf.sigmoid(gate)), up), weights.down);
}
