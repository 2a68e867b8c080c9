// Letters: R rows, D hidden, F mlp.
import type { DecoderContext } from './decoder-context.js';
import { project, type Tensor, type Tensor2D, type TensorOps } from './tensor-ops.js';

export interface MlpWeights {
  /** gate and up stacked: 2*F outputs. */
  readonly gateUp: Tensor2D;
  readonly down: Tensor2D;
}

/** SiLU, or GELU by its tanh approximation. x [R, F] → [R, F] */
function activate(tf: TensorOps, x: Tensor, gelu: DecoderContext['gelu']): Tensor {
  if (!gelu) return tf.mul(x, tf.sigmoid(x));
  const slope = tf.add(tf.mul(tf.square(x), gelu.cubic), gelu.linear);
  return tf.mul(x, tf.sigmoid(tf.mul(x, slope)));
}

/** Gated MLP: down(activation(gate(x)) * up(x)). x [R, D] → [R, D] */
export function mlp(
  tf: TensorOps,
  weights: MlpWeights,
  x: Tensor2D,
  { layout, gelu }: Pick<DecoderContext, 'layout' | 'gelu'>,
): Tensor2D {
  const [gate, up] = tf.split(project(tf, layout, x, weights.gateUp), 2, 1); // each [R, F]
  if (!gate || !up) throw new TypeError('split(gateUp, 2) gave fewer than two parts');
  return project(tf, layout, tf.mul(activate(tf, gate, gelu), up), weights.down);
}
