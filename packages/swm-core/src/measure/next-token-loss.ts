// Letters: B batch, T tokens, D hidden, V vocab, R rows.
import type { DecoderContext } from '../model/decoder-context.js';
import { logitsOf } from '../model/logits.js';
import type { Tensor2D, TensorOps } from '../model/tensor-ops.js';

/** Rows of logits computed at once: 128 x 49,152 x 4 B = 25 MB. */
const LOGIT_ROWS = 128;

/**
 * Mean next-token loss of each sample, in nats; a sample's last token has no target.
 * last [B*T, D] after the final norm, head [V, D] or [D, V] by its layout, tokenIds [B*T] → [B]
 */
export async function nextTokenLosses(input: {
  readonly tf: TensorOps;
  readonly context: Pick<DecoderContext, 'layout' | 'logitSoftcap' | 'tokens'>;
  readonly last: Tensor2D;
  readonly head: Tensor2D;
  readonly tokenIds: Int32Array;
}): Promise<number[]> {
  const { tf, context, last, head, tokenIds } = input;
  const { tokens } = context; // T
  const losses: number[] = [];
  for (let first = 0; first < tokenIds.length; first += tokens) {
    let sum = 0;
    for (let offset = 0; offset < tokens - 1; offset += LOGIT_ROWS) {
      const count = Math.min(LOGIT_ROWS, tokens - 1 - offset); // R
      const row = first + offset;
      const targets = tokenIds.slice(row + 1, row + 1 + count);
      const chunk = tf.tidy(() =>
        tokenLosses(tf, logitsOf(tf, tf.slice(last, [row, 0], [count, -1]), head, context), targets),
      );
      for (const value of await chunk.data()) sum += value;
      chunk.dispose();
    }
    losses.push(sum / (tokens - 1));
  }
  return losses;
}

/** -log softmax of each row's target. logits [R, V], targets [R] → [R] */
function tokenLosses(tf: TensorOps, logits: Tensor2D, targets: Int32Array) {
  const [, vocabulary] = logits.shape;
  const positions = targets.map((target, row) => row * vocabulary + target);
  const chosen = tf.gather(tf.reshape(logits, [-1]), tf.tensor1d(positions, 'int32')); // [R]
  return tf.sub(tf.logSumExp(logits, 1), chosen);
}
