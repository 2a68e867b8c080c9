// Letters: R rows, D hidden, V vocab.
import type { DecoderContext } from './decoder-context.js';
import { project, type Tensor2D, type TensorOps } from './tensor-ops.js';

/** Logits of states after the final norm, capped where the model caps them. x [R, D], head [V, D] or [D, V] by layout → [R, V] */
export function logitsOf(
  tf: TensorOps,
  x: Tensor2D,
  head: Tensor2D,
  { layout, logitSoftcap }: Pick<DecoderContext, 'layout' | 'logitSoftcap'>,
): Tensor2D {
  return tf.tidy(() => {
    const logits = project(tf, layout, x, head);
    return logitSoftcap ? tf.mul(tf.tanh(tf.div(logits, logitSoftcap)), logitSoftcap) : logits;
  });
}
