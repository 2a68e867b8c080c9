// Letters: T tokens, G heads a group.
import type { Tensor, TensorOps } from './tensor-ops.js';

/**
 * 0 where a token may look: itself and those before it, `window` tokens in all; -1e9 elsewhere. Once for each head of a group.
 * → [G*T, T]
 */
export function attentionMask(tf: TensorOps, tokens: number, group: number, window: number): Tensor {
  const values = new Float32Array(group * tokens * tokens).fill(-1e9);
  for (let row = 0; row < group * tokens; row += 1) {
    const position = row % tokens;
    const first = Math.max(0, position - window + 1);
    values.fill(0, row * tokens + first, row * tokens + position + 1);
  }
  return tf.tensor(values, [group * tokens, tokens]);
}
